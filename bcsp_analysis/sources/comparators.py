"""Counts and populations of every area of the most similar group: what a funnel needs.

Data card
---------
Source : an export of iQuanta or of published tables that an analyst has put into this form. Nothing
    of the kind ships: iQuanta is a restricted system of the Home Office.
Rows : one area of the group and one measure each, the edition's own area among them.
Columns : ``measure_id`` (id of data/measures.toml), ``area`` (name as it is to be shown),
    ``area_code`` (ONS code, ``E08000025``), ``count`` (incidents, a whole number), ``denominator``
    (residents or households, as the measure has it), ``period_first`` and ``period_last`` (months,
    ``2022-08``; the same where it is one month).
Not known : a blank ``count`` or ``denominator``; it is not zero, and the area stays in the list.
Text : names are kept as they are typed, also where they look like a formula or markup.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from bcsp_analysis.errors import DataError, DuplicateRowError, PeriodError
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import cells

COLUMNS = (
    "measure_id",
    "area",
    "area_code",
    "count",
    "denominator",
    "period_first",
    "period_last",
)
_CODE = re.compile(r"[A-Z][0-9]{8}")


def load(file: Path, known_ids: Collection[str], area_code: str) -> pd.DataFrame:
    """Read the table of the areas in the group.

    Parameters
    ----------
    file : Path
        CSV with the columns of `COLUMNS`.
    known_ids : collection of str
        Measures of the catalogue.
    area_code : str
        Code of the edition's area, which every measure must have a row for.

    Returns
    -------
    DataFrame
        Columns of `COLUMNS` in the order of the file: str; ``count`` and ``denominator`` float64,
        missing where not known; ``period_first`` and ``period_last`` datetime64, first day of the
        month.

    Raises
    ------
    MissingFileError, EncodingError, HeaderError, DataError
        See `cells.read_table`; also an empty name, a code of another form, a code with two names or
        a name with two codes, and a measure without the edition's own area.
    UnknownMeasureError
        A measure that the catalogue does not have.
    FigureError
        A count that is not a whole number, 0 or more; a denominator that is not above 0.
    PeriodError
        A month that is not ISO text, a period that ends before it begins, or two periods for one
        measure.
    DuplicateRowError
        The same area twice for one measure.
    """
    table = cells.read_table(file, COLUMNS)
    rows = []
    for label, record in table.iterrows():
        row = int(str(label))
        measure = cells.known_measure(file, row, record["measure_id"].strip(), known_ids)
        first, last = _period(file, row, record["period_first"], record["period_last"])
        rows.append(
            (
                measure,
                _name(file, row, record["area"]),
                _area_code(file, row, record["area_code"].strip()),
                _figure(file, row, "count", record["count"]),
                _figure(file, row, "denominator", record["denominator"]),
                pd.Timestamp(first.start),
                pd.Timestamp(last.start),
            )
        )
    kinds = dict.fromkeys(COLUMNS[:3], "str") | dict.fromkeys(("count", "denominator"), "float64")
    frame = pd.DataFrame(rows, columns=list(COLUMNS), index=table.index).astype(kinds)
    _check_areas(file, frame)
    _check_measures(file, frame, area_code)
    return frame.reset_index(drop=True)


def _check_areas(file: Path, frame: pd.DataFrame) -> None:
    """One code for a name, one name for a code, each once in a measure."""
    codes: dict[str, str] = {}
    names: dict[str, str] = {}
    seen: dict[tuple[str, str], int] = {}
    for label, measure, area, code in frame[["measure_id", "area", "area_code"]].itertuples():
        row = int(str(label))
        first = seen.setdefault((measure, code), row)
        if first != row:
            raise DuplicateRowError(
                "the same area twice for one measure",
                where=cells.place(file, row),
                found=f"{measure}, {area} ({code}), also in row {first}",
                expected="each area of the group once for a measure",
                hint="remove the row that is wrong",
            )
        known_code, known_name = codes.setdefault(area, code), names.setdefault(code, area)
        if known_code != code or known_name != area:
            raise DataError(
                "an area with two names or two codes",
                where=cells.place(file, row, "area_code"),
                found=f"{area!r} with {code}; before: {known_name!r} with {known_code}",
                expected="one name for a code and one code for a name",
            )


def _check_measures(file: Path, frame: pd.DataFrame, area_code: str) -> None:
    """One period for a measure, and the edition's own area in it."""
    for measure, rows in frame.groupby("measure_id", sort=False):
        periods = rows[["period_first", "period_last"]]
        other = (periods != periods.iloc[0]).any(axis=1)
        if other.any():
            row = int(str(rows.index[other][0]))
            first, last = periods.loc[row]
            raise PeriodError(
                "two periods for one measure",
                where=cells.place(file, row, "period_first"),
                found=f"{measure}, {first:%Y-%m} to {last:%Y-%m}",
                expected=f"the period of row {rows.index[0]}",
                hint="rates of different months cannot stand in one funnel",
            )
        if area_code not in set(rows["area_code"]):
            raise DataError(
                "the area of the edition is missing",
                where=cells.place(file, None, "area_code"),
                found=f"{len(rows)} areas for {measure}, none with the code {area_code}",
                expected=f"a row with {area_code} for every measure",
                hint="leave count and denominator blank where they are not known",
            )


def _name(file: Path, row: int, cell: str) -> str:
    if not cell.strip():
        raise DataError(
            "an empty cell", where=cells.place(file, row, "area"), expected="the name of an area"
        )
    return cell.strip()


def _area_code(file: Path, row: int, cell: str) -> str:
    if not _CODE.fullmatch(cell):
        raise DataError(
            "not a code of an area",
            where=cells.place(file, row, "area_code"),
            found=repr(cell),
            expected='one capital letter and eight digits, "E08000025"',
        )
    return cell


def _figure(file: Path, row: int, column: str, cell: str) -> float:
    """A figure, NaN where the cell is blank."""
    if not cell.strip():
        return float("nan")
    figure = cells.parse_figure(cell)
    whole = column == "count"
    if (
        figure is None
        or figure.percent
        or figure.value < 0
        or (figure.value == 0 and not whole)
        or (whole and not figure.value.is_integer())
    ):
        expected = "a whole number, 0 or more" if whole else "a number above 0"
        raise cells.no_figure(file, row, column, cell, f"{expected}, or blank where not known")
    return figure.value


def _period(file: Path, row: int, first_cell: str, last_cell: str) -> tuple[Month, Month]:
    first = cells.read_month(file, row, "period_first", first_cell)
    last = cells.read_month(file, row, "period_last", last_cell)
    if last < first:
        raise PeriodError(
            "a period that ends before it begins",
            where=cells.place(file, row, "period_last"),
            found=f"{first} to {last}",
            expected="the last month in the same month or later",
        )
    return first, last
