"""The record of forecasts: what each edition expected, written down before it could be known.

Data card
---------
Source : data/forecasts/<edition>.csv, written by ``bcsp forecast`` and not changed afterwards.
Rows : one edition, series, quarter and method each.
Unit : incidents in the quarter.
"""

from __future__ import annotations

import csv
import io
import math
from numbers import Real
from pathlib import Path

import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.errors import (
    DataError,
    DuplicateRowError,
    FigureError,
    HeaderError,
    PeriodError,
)
from bcsp_analysis.periods import Month, Quarter
from bcsp_analysis.sources import cells

FOLDER = ("data", "forecasts")
KEY = ("edition", "series", "quarter", "method")
RANGE = ("low95", "low80", "point", "high80", "high95")  # in rising order
COLUMNS = (
    "edition",
    "made_on",
    "series",
    "quarter",
    "method",
    "published",
    "point",
    "low80",
    "high80",
    "low95",
    "high95",
)
"""Slug of the edition, last month of the history (ISO), name of the series, slug of the quarter,
method, whether its range was the published one (yes or no), and incidents in the quarter."""

YES_NO = ("yes", "no")
_PLACES = 1  # decimals of the figures in a file
_ALIKE = 0.002  # share by which the same forecast may differ between machines


def folder() -> Path:
    """Folder with one file for each edition."""
    return project.path(*FOLDER)


def path(edition: str) -> Path:
    """File of one edition's forecasts."""
    return folder() / f"{edition}.csv"


def load(file: Path) -> pd.DataFrame:
    """Read the forecasts of one edition.

    Returns
    -------
    DataFrame
        `COLUMNS`; text, and float64 in the columns of `RANGE`; indexed by the row in the file.

    Raises
    ------
    MissingFileError, EncodingError, HeaderError, DataError
        See `cells.read_table` and `check`; also an edition that the file is not named after.
    DuplicateRowError, FigureError, PeriodError
        See `check`.
    """
    table = check(cells.read_table(file, COLUMNS), cells.place(file))
    other = table["edition"] != file.stem
    if other.any():
        row = int(table.index[other][0])
        raise DataError(
            "a forecast in the file of another edition",
            where=cells.place(file, row, "edition"),
            found=repr(table.at[row, "edition"]),
            expected=file.stem,
        )
    return table


def load_before(quarter: Quarter) -> pd.DataFrame:
    """The forecasts of all editions of earlier quarters, oldest first; no row where there is none.

    Raises
    ------
    PeriodError
        A file whose name does not begin with a quarter; and the errors of `load`.
    """
    files = sorted(folder().glob("*.csv"), key=_edition_quarter)
    tables = [load(file) for file in files if _edition_quarter(file) < quarter]
    if not tables:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(tables, ignore_index=True)


def check(record: pd.DataFrame, where: str = "the record of forecasts") -> pd.DataFrame:
    """A record with figures as float64, everything else as it was.

    Parameters
    ----------
    record : DataFrame
        `COLUMNS` at least; figures as text or numbers.
    where : str
        Its file, for the messages.

    Raises
    ------
    HeaderError, DuplicateRowError
        Columns missing; a forecast twice.
    FigureError
        A figure that is not a number of 0 or more; a range whose ends cross.
    PeriodError
        A month or a quarter that cannot be read.
    DataError
        An empty name; neither yes nor no; a forecast that was made when its quarter was over.
    """
    missing = [column for column in COLUMNS if column not in record.columns]
    if missing:
        raise HeaderError(
            "a record of forecasts without its columns",
            where=where,
            found=f"no {', '.join(missing)}",
            expected=", ".join(COLUMNS),
        )
    rows = record.copy()
    twice = rows.duplicated(list(KEY))
    if twice.any():
        raise DuplicateRowError(
            "a forecast twice in the record",
            where=f"{where}, row {rows.index[twice][0]}",
            found=", ".join(str(rows.loc[twice, column].iloc[0]) for column in KEY),
            expected="each edition, series, quarter and method once",
        )
    for label, row in rows.iterrows():
        _check_words(row, f"{where}, row {label}")
    for column in RANGE:
        figures = [
            _figure(cell, f"{where}, row {row}, column {column}")
            for row, cell in rows[column].items()
        ]
        rows[column] = pd.Series(figures, index=rows.index, dtype="float64")
    _check_ends(rows, where)
    return rows


def text(record: pd.DataFrame) -> str:
    """The record as the text of its file."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for _, row in record.iterrows():
        writer.writerow(
            f"{row[column]:.{_PLACES}f}" if column in RANGE else row[column] for column in COLUMNS
        )
    return stream.getvalue()


def alike(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two records say the same, but for what machines differ by in the last digits."""
    words = [column for column in COLUMNS if column not in RANGE]
    first, second = (table.sort_values(list(KEY)).reset_index(drop=True) for table in (one, other))
    if len(first) != len(second) or not (first[words] == second[words]).all(axis=None):
        return False
    figures = first[list(RANGE)].to_numpy(), second[list(RANGE)].to_numpy()
    apart = abs(figures[0] - figures[1])
    return bool((apart <= 10.0**-_PLACES + _ALIKE * abs(figures[1])).all())


def write(edition: str, record: pd.DataFrame, *, replace: bool = False) -> str:
    """Write down the forecasts of an edition, beside the old file and then in its place.

    Returns
    -------
    str
        ``"written"``, ``"unchanged"`` (the file says the same and stays as it is) or
        ``"replaced"``.

    Raises
    ------
    DataError
        The file says something else, and `replace` is not set: a forecast that is rewritten
        afterwards is none. Nothing was changed.
    """
    file = path(edition)
    done = "written"
    if file.exists():
        done = "replaced"
        if not replace:
            held = load(file)
            if alike(held, record):
                return "unchanged"
            raise _rewritten(file, held, record)
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    beside.write_text(text(record), encoding="utf-8", newline="\n")
    beside.replace(file)
    return done


def _rewritten(file: Path, held: pd.DataFrame, record: pd.DataFrame) -> DataError:
    made = sorted({str(month) for month in record["made_on"]})
    was = sorted({str(month) for month in held["made_on"]})
    return DataError(
        "another forecast of this edition is written down already; nothing was changed",
        where=project.relative(file),
        found=f"{len(held)} rows from figures to {', '.join(was)}",
        expected=f"what the figures give now: {len(record)} rows to {', '.join(made)}",
        hint="a forecast that is rewritten afterwards is none; where the first was a mistake and "
        "its quarters are not known yet, --replace writes the new one in its place",
    )


def _edition_quarter(file: Path) -> Quarter:
    try:
        return Quarter.parse(file.stem[:10])
    except PeriodError as error:
        raise PeriodError(
            "the name of a file of forecasts does not begin with a quarter",
            where=project.relative(file),
            expected="the name of its edition, such as 2023-24-q2.csv",
        ) from error


def _check_words(row: pd.Series, where: str) -> None:
    for column in ("edition", "series", "method"):
        if not str(row[column]).strip():
            raise DataError("an empty cell", where=f"{where}, column {column}")
    if row["published"] not in YES_NO:
        raise DataError(
            "a cell that says neither yes nor no",
            where=f"{where}, column published",
            found=repr(row["published"]),
            expected=" or ".join(YES_NO),
        )
    try:
        quarter, made = Quarter.parse(str(row["quarter"])), Month.parse(str(row["made_on"]))
    except PeriodError as error:
        raise PeriodError(
            error.problem, where=where, found=error.found, expected=error.expected
        ) from error
    if made >= quarter.span.last:
        raise DataError(
            "a forecast of a quarter that was over",
            where=where,
            found=f"made on {made}, {quarter.label}",
            expected="a history that ends before the quarter does",
        )


def _figure(cell: object, where: str) -> float:
    if isinstance(cell, Real):
        value = float(cell)
    else:
        figure = cells.parse_figure(str(cell))
        value = math.nan if figure is None or figure.percent else figure.value
    if not 0 <= value < math.inf:
        raise FigureError(
            "a recorded range that cannot be scored",
            where=where,
            found=repr(cell),
            expected="a number of 0 or more",
        )
    return value


def _check_ends(rows: pd.DataFrame, where: str) -> None:
    # A point can lie outside its own range where a model's futures are skewed; ends cannot cross.
    ends = [column for column in RANGE if column != "point"]
    crossed = (rows[ends].diff(axis=1).iloc[:, 1:] < 0).any(axis=1)
    if crossed.any():
        label = rows.index[crossed][0]
        raise FigureError(
            "a recorded range whose ends cross",
            where=f"{where}, row {label}",
            found=", ".join(f"{column} {rows.loc[label, column]}" for column in ends),
            expected="low95 <= low80 <= high80 <= high95",
        )
