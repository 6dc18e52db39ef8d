"""The partnership's printed report, as printed: the quarterly table and the figures in its text.

Data card
---------
Source : Birmingham Community Safety Partnership, Annual Report 2022/23 (see data/sources.toml).
Rows : one measure each in the quarterly table, one figure each in the other files.
Cells : text exactly as printed; nothing is corrected here, the audit compares what is printed.
Known gaps : deliberate fires hold statements instead of figures; comparison columns are blank for
    measures that iQuanta does not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bcsp_analysis.errors import (
    FigureError,
    HeaderError,
    PeriodError,
    RegisterError,
)
from bcsp_analysis.periods import Month, Quarter, Span
from bcsp_analysis.sources import cells
from bcsp_analysis.sources.printed import load_neighbourhoods, load_printed
from bcsp_analysis.sources.relations import Relation, load_relations

__all__ = [
    "Iquanta",
    "PrintedTable",
    "Relation",
    "load_headings",
    "load_iquanta",
    "load_neighbourhoods",
    "load_performance",
    "load_printed",
    "load_relations",
    "missing_figures",
]

COUNTS = ("q_last_year", "q_this_year", "q_previous", "ytd_this_year", "ytd_last_year")
CHANGES = ("difference", "pct_difference")
RANKS = ("msg_rank", "force_rank")
RATES = ("group_rate", "area_rate")
IQUANTA = ("msg_rank", "group_rate", "area_rate", "force_rank")
NUMERIC = (*COUNTS, *CHANGES, *IQUANTA)
COLUMNS = ("measure_id", "printed_label", *COUNTS, *CHANGES, "travel", *IQUANTA, "iquanta_basis")
GROUP_HEADINGS = ("change", "iquanta")
ARROWS: Mapping[str, int] = {
    "\u2191": 1,  # upwards arrow
    "\u25b2": 1,  # upwards triangle
    "\u2193": -1,  # downwards arrow
    "\u25bc": -1,  # downwards triangle
    "\u2194": 0,  # left right arrow
    "\u2192": 0,  # rightwards arrow
}
"""Printed arrows and the sign of the change that each stands for."""


@dataclass(frozen=True)
class PrintedTable:
    """The quarterly table as printed.

    Parameters
    ----------
    quarter : Quarter
        The quarter that the table reports.
    file : str
        Where it was read, for messages.
    text : DataFrame of str
        Index ``measure_id`` in printed order; ``printed_label`` and every other column as printed.
    figures : DataFrame of Float64
        The columns of `NUMERIC`: counts, per cent, rates per 1,000, ranks; missing where the cell
        is blank or says that there is no figure.
    decimals : DataFrame of Int64
        Printed decimal places of each figure.
    headings : dict of str to str
        Column to printed heading, ``change`` and ``iquanta`` for the headings over several columns.
    reasons : dict of (measure_id, column) to str
        Cells that state in words that there is no figure.
    """

    quarter: Quarter
    file: str
    text: pd.DataFrame
    figures: pd.DataFrame
    decimals: pd.DataFrame
    headings: dict[str, str]
    reasons: dict[tuple[str, str], str]

    def figure(self, measure_id: str, column: str) -> float | None:
        """One figure; None where none is printed."""
        value: Any = self.figures.at[measure_id, column]
        return None if pd.isna(value) else float(value)

    def cell(self, measure_id: str, column: str) -> str:
        """One cell as printed."""
        return str(self.text.at[measure_id, column])


def load_performance(folder: Path, quarter: Quarter, known_ids: Iterable[str]) -> PrintedTable:
    """Read ``performance.csv`` and ``headings.csv`` of a report's folder.

    Parameters
    ----------
    folder : Path
        Folder of one report.
    quarter : Quarter
        The quarter that the table reports.
    known_ids : iterable of str
        Measures of the catalogue.

    Raises
    ------
    MissingFileError, EncodingError, HeaderError, DuplicateRowError, DataError
        See `cells.read_table`.
    UnknownMeasureError
        A measure that the catalogue does not hold; names the nearest ones.
    FigureError
        A cell that is neither a figure of its column's kind, nor blank, nor a statement in words.
    """
    file = folder / "performance.csv"
    table = cells.read_table(file, COLUMNS, key=["measure_id"])
    known = list(known_ids)
    values: dict[str, list[float | None]] = {column: [] for column in NUMERIC}
    places: dict[str, list[int | None]] = {column: [] for column in NUMERIC}
    reasons: dict[tuple[str, str], str] = {}
    for row, record in table.iterrows():
        number = int(str(row))
        cells.known_measure(file, number, record["measure_id"], known)
        _check_arrow(file, number, record["travel"])
        for column in NUMERIC:
            cell = str(record[column])
            figure = _read_cell(file, number, column, cell)
            values[column].append(None if figure is None else figure.value)
            places[column].append(None if figure is None else figure.decimals)
            if figure is None and cell.strip():
                reasons[record["measure_id"], column] = cell
    index = pd.Index(table["measure_id"], name="measure_id")
    return PrintedTable(
        quarter=quarter,
        file=cells.place(file),
        text=table.set_index("measure_id"),
        figures=pd.DataFrame(values, index=index, dtype="Float64"),
        decimals=pd.DataFrame(places, index=index, dtype="Int64"),
        headings=load_headings(folder / "headings.csv"),
        reasons=reasons,
    )


def missing_figures(table: PrintedTable) -> list[tuple[str, str]]:
    """Cells that should hold a figure and are blank, as (measure_id, column), in printed order.

    The counts, the difference, its percentage and its arrow belong to every measure. The iQuanta
    columns belong to a measure as soon as one of them is filled. A row that holds no figure at all
    but says why is complete.
    """
    missing: list[tuple[str, str]] = []
    for measure, record in table.text.iterrows():
        blank = [
            column
            for column in (*COUNTS, *CHANGES, "travel", *IQUANTA)
            if not str(record[column]).strip()
        ]
        explained = any((measure, column) in table.reasons for column in COUNTS)
        if explained and table.figures.loc[str(measure)].isna().all():
            continue
        if set(IQUANTA) <= set(blank):
            blank = [column for column in blank if column not in IQUANTA]
        missing += [(str(measure), column) for column in blank]
    return missing


def load_headings(file: Path) -> dict[str, str]:
    """Printed heading of each column of the quarterly table: column to text as printed.

    Raises
    ------
    HeaderError
        A column that the table does not have, or one that has no heading row.
    """
    table = cells.read_table(file, ["column", "printed_heading"], key=["column"])
    headings = dict(zip(table["column"], table["printed_heading"], strict=True))
    required = {"printed_label", *NUMERIC, "travel"}
    known = required | set(GROUP_HEADINGS)
    if not required <= set(headings) <= known:
        raise HeaderError(
            "the headings do not fit the table",
            where=cells.place(file),
            found=f"missing: {sorted(required - set(headings))}; "
            f"unknown: {sorted(set(headings) - known)}",
            expected=f"one row for each of {', '.join(sorted(required))}",
        )
    return headings


@dataclass(frozen=True)
class Iquanta:
    """What the comparison columns of the table stand on.

    Parameters
    ----------
    span : Span
        Months that the rates and ranks cover.
    group_size, force_size : int
        Areas in the most similar group and in the police force, the area itself included.
    where : dict of str to str
        Where each of these is printed or taken from.
    """

    span: Span
    group_size: int
    force_size: int
    where: dict[str, str]


def load_iquanta(file: Path) -> Iquanta:
    """Read ``iquanta.toml`` of a report's folder.

    Raises
    ------
    MissingFileError, EncodingError
        The file is not there, or not UTF-8 text.
    RegisterError
        It is not TOML, has other keys than documented, or a value out of range.
    """
    content = cells.read_toml(file)
    expected: dict[str, type] = {
        "period_end": str,
        "months": int,
        "group_size": int,
        "force_size": int,
        "where": dict,
    }
    sizes = ("months", "group_size", "force_size")
    if (
        set(content) != set(expected)
        or any(type(content[key]) is not kind for key, kind in expected.items())
        or any(content[key] < 1 for key in sizes)
        or content["months"] > 120
    ):
        raise RegisterError(
            "the description of the comparison columns cannot be used",
            where=cells.place(file),
            found=", ".join(f"{key} = {value!r}" for key, value in content.items()),
            expected="period_end (month), months, group_size, force_size (1 or more), [where]",
        )
    try:
        last = Month.parse(content["period_end"])
    except PeriodError as error:
        raise RegisterError(
            "not a month",
            where=f"{cells.place(file)}, period_end",
            found=error.found,
            expected=error.expected,
        ) from error
    return Iquanta(
        span=Span(last + (1 - content["months"]), last),
        group_size=content["group_size"],
        force_size=content["force_size"],
        where={key: str(value) for key, value in content["where"].items()},
    )


def _check_arrow(file: Path, row: int, cell: str) -> None:
    text = cell.strip()
    if text and text not in ARROWS and not cells.says_no_figure(text):
        raise FigureError(
            "a cell holds no arrow that is known",
            where=cells.place(file, row, "travel"),
            found=repr(cell),
            expected=f"one of {' '.join(ARROWS)}, or nothing",
            hint="compare the cell with the report and correct it",
        )


def _read_cell(file: Path, row: int, column: str, cell: str) -> cells.Figure | None:
    """Figure of a cell; None where the cell is blank or says that there is none."""
    if not cell.strip():
        return None
    figure = cells.parse_figure(cell)
    if figure is None:
        if cells.says_no_figure(cell):
            return None
        raise cells.no_figure(file, row, column, cell, 'a figure such as "3,302", or blank')
    problem = _problem(column, figure)
    if problem:
        raise cells.no_figure(file, row, column, cell, problem)
    return figure


def _problem(column: str, figure: cells.Figure) -> str:
    """What the column expects, where the figure is not of its kind."""
    if figure.percent and column != "pct_difference":
        return "a figure without a per cent sign"
    if column in (*COUNTS, "difference") and not figure.value.is_integer():
        return "a whole number"
    if column in COUNTS and figure.value < 0:
        return "a count, not below 0"
    if column in RANKS and (figure.value < 1 or not figure.value.is_integer()):
        return "a rank, 1 or more"
    if column in RATES and figure.value < 0:
        return "a rate, not below 0"
    return ""
