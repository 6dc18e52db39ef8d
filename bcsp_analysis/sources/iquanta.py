"""Exports of iQuanta, read through a column map.

Data card
---------
Source : iQuanta, a restricted system of the Home Office, exported to a spreadsheet or CSV file by
    someone who may. Its layout is not publicly documented: a column map says what each column is,
    and a column that the map leaves out is refused.
Rows : one area and one measure each, at one period end.
Column map : a TOML file, described in data/README.md. Which end rank 1 is and what the denominator
    counts must be said there; a rank of 15 out of 15 is the worst or the best accordingly.
Unit : counts in incidents; rates per `rate_per` of the denominator.
Not known : a blank cell has no figure; it is not zero.
Licence : not under the Open Government Licence; rates of other areas need permission before they
    are published.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.errors import (
    ColumnMapError,
    DataError,
    DuplicateRowError,
    HeaderError,
    PeriodError,
    UnknownMeasureError,
)
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import cells, varying, workbooks
from bcsp_analysis.sources.column_map import FIGURES, ColumnMap

_MONTH_FORMS = ("%b %Y", "%B %Y", "%b-%y", "%b-%Y", "%d/%m/%Y", "%Y-%m-%d", "%d %B %Y")
# Populations are often rounded: a rate may be off by this share beside its own rounding.
_RATE_SHARE = 0.005


@dataclass(frozen=True)
class IquantaExport:
    """What an export holds, with the meaning of its columns.

    Parameters
    ----------
    rows : DataFrame
        ``measure_id``, ``area``, ``area_code`` (str), ``period_first``, ``period_last``
        (datetime64, first day of the month), and float64, missing where the export has no such
        column or a blank: ``count``, ``denominator``, ``rate``, ``rank``, ``group_mean``,
        ``n_in_group``.
    column_map : ColumnMap
        Rank direction, denominator and the rest of the meaning.
    file : str
        Where it was read.
    """

    rows: pd.DataFrame
    column_map: ColumnMap
    file: str


def load(file: Path, column_map: ColumnMap, known: Mapping[str, str]) -> IquantaExport:
    """Read an export.

    Parameters
    ----------
    file : Path
        CSV, xlsx or ods.
    column_map : ColumnMap
        As `column_map.load` returns it.
    known : mapping of str to str
        Measures of the catalogue to their denominators, "" where they have none.

    Raises
    ------
    MissingFileError, EncodingError, WorkbookError, DataError
        See `varying.read` and `workbooks.opened`.
    HeaderError
        A column that the map names is missing.
    ColumnMapError
        A column, a measure or an area of the export that the map does not name; another denominator
        than the catalogue has for a measure; a rate that its count contradicts; ranks that run
        against the rates, so that the direction is the wrong way round.
    UnknownMeasureError
        The map names a measure that the catalogue does not have.
    FigureError, PeriodError
        A cell that is neither blank nor a figure; a period end that is no month.
    DuplicateRowError
        The same area, measure and period twice.
    """
    _check_measures(column_map, known)
    table = _table(file, column_map)
    _check_columns(file, table, column_map)
    rows = [
        _row(file, int(str(label)), dict(zip(table.columns, record, strict=True)), column_map)
        for label, *record in table.itertuples(name=None)
    ]
    names = ["row", "measure_id", "area", "area_code", "period_first", "period_last", *FIGURES]
    frame = pd.DataFrame(rows, columns=[*names, "rate_rounding"]).astype(
        dict.fromkeys(names[1:4], "str") | dict.fromkeys([*FIGURES, "rate_rounding"], "float64")
    )
    _check_repeats(file, frame)
    _check_rates(file, frame, column_map)
    _check_ranks(file, frame, column_map)
    return IquantaExport(
        frame.drop(columns=["row", "rate_rounding"]), column_map, project.relative(file)
    )


def implied_count(export: IquantaExport) -> pd.Series:
    """Count that rate and denominator imply, to hold against the police's own count.

    Returns
    -------
    Series of float64
        ``rate * denominator / rate_per``, in the order of ``export.rows``; missing where either is.
    """
    product = export.rows["rate"] * export.rows["denominator"] / export.column_map.rate_per
    return product.rename("implied_count")


def _check_measures(column_map: ColumnMap, known: Mapping[str, str]) -> None:
    for text, measure in column_map.measures.items():
        where = f"{column_map.file}, [measures], {text!r}"
        if measure not in known:
            raise UnknownMeasureError(
                "a measure is not in the catalogue",
                where=where,
                found=repr(measure),
                expected="an id of data/measures.toml",
            )
        said = column_map.denominators.get(measure, column_map.denominator)
        if known[measure] not in ("", said):
            raise ColumnMapError(
                "another denominator than the catalogue has",
                where=where,
                found=f"{measure} per {said}",
                expected=f"per {known[measure]}",
                hint="name the measure under [denominators], or map the column that has them",
            )


def _table(file: Path, column_map: ColumnMap) -> pd.DataFrame:
    if file.suffix.lower() == ".csv":
        return varying.read(file)
    with workbooks.opened(file) as workbook:
        sheet = column_map.sheet or workbook.sheet_names[0]
        rows = [[_text(cell) for cell in row] for row in workbooks.rows(file, workbook, sheet)]
    header = rows[column_map.heading_row - 1] if len(rows) >= column_map.heading_row else []
    below = list(enumerate(rows, start=1))[column_map.heading_row :]
    filled = [(number, row) for number, row in below if any(row)]
    if not filled:
        raise DataError(
            "a table has no rows",
            where=f"{cells.place(file)}, sheet {sheet}",
            found=f"{len(rows)} rows, the heading in row {column_map.heading_row}",
            expected="rows below the heading",
            hint="set heading_row and sheet in the column map",
        )
    numbers = pd.Index([number for number, _ in filled], name=cells.ROW)
    table = pd.DataFrame([row for _, row in filled], index=numbers, dtype="str")
    named = [n for n, name in enumerate(header) if name or any(row[n] for _, row in filled)]
    table = table[named]
    table.columns = [header[n] for n in named]
    return table


def _text(cell: workbooks.Cell) -> str:
    if isinstance(cell, datetime.date):  # a datetime too
        return cell.strftime("%Y-%m-%d")
    return workbooks.text(cell)


def _check_columns(file: Path, table: pd.DataFrame, column_map: ColumnMap) -> None:
    header = list(table.columns)
    repeated = sorted({name for name in header if header.count(name) > 1})
    missing = sorted(set(column_map.columns.values()) - set(header))
    if missing or repeated:
        raise HeaderError(
            "an export lacks a column" if missing else "a column name twice",
            where=cells.place(file, column_map.heading_row),
            found=", ".join(map(repr, header)) if missing else ", ".join(repeated),
            expected=", ".join(map(repr, missing)) if missing else "each column once",
            hint=f"compare the heading with {column_map.file}",
        )
    known = {*column_map.columns.values(), *column_map.ignored}
    unmapped = [name for name in header if name not in known]
    if unmapped:
        raise ColumnMapError(
            "an export has a column that the map does not explain",
            where=cells.place(file, column_map.heading_row),
            found=", ".join(map(repr, unmapped)),
            expected="every column under [columns] or in `ignored`",
            hint=f"find out what it is, then add it to {column_map.file}",
        )


def _row(file: Path, row: int, record: dict[str, str], column_map: ColumnMap) -> tuple[object, ...]:
    names = column_map.columns
    measure = _mapped(file, row, names["measure"], record, column_map.measures, "measures")
    area = record[names["area"]].strip()
    if "area_code" in names:
        code = record[names["area_code"]].strip()
    else:
        code = _mapped(file, row, names["area"], record, column_map.areas, "areas")
    if not area or not code:
        raise DataError(
            "an empty cell", where=cells.place(file, row), expected="an area and its code"
        )
    last = _month(file, row, names["period_end"], record[names["period_end"]].strip())
    figures = {
        what: _figure(file, row, what, names[what], record[names[what]])
        for what in FIGURES
        if what in names
    }
    values = [figure.value if (figure := figures.get(what)) else None for what in FIGURES]
    rate = figures.get("rate")
    rounding = 0.5 * 10**-rate.decimals if rate else None
    first = last + (1 - column_map.months)
    stamps = (pd.Timestamp(first.start), pd.Timestamp(last.start))
    return row, measure, area, code, *stamps, *values, rounding


def _mapped(
    file: Path, row: int, name: str, record: dict[str, str], known: dict[str, str], table: str
) -> str:
    text = record[name].strip()
    if text not in known:
        raise ColumnMapError(
            "an export has a text that the map does not explain",
            where=cells.place(file, row, name),
            found=repr(text),
            expected=f"one of the texts under [{table}]: {', '.join(known)}",
            hint=f"add it to [{table}] of the column map",
        )
    return known[text]


def _month(file: Path, row: int, name: str, text: str) -> Month:
    for form in _MONTH_FORMS:
        try:
            found = datetime.datetime.strptime(text, form)
        except ValueError:
            continue
        return Month(found.year, found.month)
    raise PeriodError(
        "a period end that is no month",
        where=cells.place(file, row, name),
        found=repr(text),
        expected='a month or its last day: "Jun 2023", "30/06/2023", "2023-06-30"',
    )


def _figure(file: Path, row: int, what: str, name: str, cell: str) -> cells.Figure | None:
    if not cell.strip():
        return None
    figure = cells.parse_figure(cell)
    least, whole = FIGURES[what]
    if (
        figure is None
        or figure.percent
        or figure.value < least
        or (whole and not figure.value.is_integer())
    ):
        expected = f"a{' whole' if whole else ''} number, {least:g} or more, or blank"
        raise cells.no_figure(file, row, name, cell, expected)
    return figure


def _check_repeats(file: Path, frame: pd.DataFrame) -> None:
    key = ["measure_id", "area_code", "period_last"]
    twice = frame[frame.duplicated(key)]
    if len(twice):
        found = twice.iloc[0]
        raise DuplicateRowError(
            "the same area twice for one measure and period",
            where=cells.place(file, int(found["row"])),
            found=f"{found['measure_id']}, {found['area']}, {found['period_last']:%Y-%m}",
            expected="each area, measure and period once",
            hint="two texts of the map may lead to one measure",
        )


def _check_rates(file: Path, frame: pd.DataFrame, column_map: ColumnMap) -> None:
    """A rate that count and denominator contradict means that a column is not what the map says."""
    both = frame[(frame["denominator"] > 0) & frame["count"].notna() & frame["rate"].notna()]
    implied = both["count"] / both["denominator"] * column_map.rate_per
    allowed = 1.001 * both["rate_rounding"] + _RATE_SHARE * both["rate"]
    bad = (implied - both["rate"]).abs() > allowed
    if bad.any():
        row = both[bad].iloc[0]
        raise ColumnMapError(
            "a rate that its count and denominator contradict",
            where=cells.place(file, int(row["row"]), column_map.columns["rate"]),
            found=f"{row['rate']:g}, implied {implied[bad].iloc[0]:.4g}",
            expected=f"count / denominator x {column_map.rate_per:g}",
            hint="check rate_per, months, and whether the denominator is residents or households",
        )


def _check_ranks(file: Path, frame: pd.DataFrame, column_map: ColumnMap) -> None:
    """Ranks must run with the rates in the direction that the map states."""
    for (measure, last), group in frame.groupby(["measure_id", "period_last"], sort=False):
        known = group.dropna(subset=["rank", "rate"]).sort_values("rank")
        beyond = known[known["rank"] > known["n_in_group"]]
        steps = known["rate"].diff().dropna()
        wrong = steps < 0 if column_map.rank_1_is == "lowest rate" else steps > 0
        if wrong.any() or len(beyond):
            row = known.loc[beyond.index[0] if len(beyond) else steps.index[wrong][0]]
            raise ColumnMapError(
                "ranks that run against the rates"
                if not len(beyond)
                else "a rank beyond the size of the group",
                where=cells.place(file, int(row["row"]), column_map.columns["rank"]),
                found=f"{measure}, {last:%Y-%m}: rank {row['rank']:g} with rate {row['rate']:g}",
                expected=f"rank 1 is the {column_map.rank_1_is}",
                hint="correct rank_1_is in the column map, or the mapped columns",
            )
