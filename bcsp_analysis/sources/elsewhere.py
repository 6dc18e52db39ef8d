"""Monthly incidents of other police forces, to compare the shape of their year with ours.

Data card
---------
Source : data.police.uk street-level crime files of whole forces, counted one incident a row.
Rows : one force, category and month each; a month that is not listed was not held, it is not zero.
Unit : incidents a month, whole force area.
Known gaps : a few separate runs of months a force; the runs come from different releases, so that
    a step between two of them may be a change of release, not of crime. Months of 2020 and early
    2021 hold breaches of Covid regulations as anti-social behaviour.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pandas as pd

from bcsp_analysis.errors import DataError, DuplicateRowError, PeriodError
from bcsp_analysis.sources import cells

COLUMNS = ("force", "crime_type", "month", "release_run", "incidents")


def load_monthly(file: Path) -> pd.DataFrame:
    """Read monthly incidents of several forces.

    Parameters
    ----------
    file : Path
        CSV with the columns of `COLUMNS`.

    Returns
    -------
    DataFrame
        ``force``, ``crime_type`` (str), ``month`` (datetime64, first day), ``release_run`` (int64,
        1 for a force's first run of months), ``incidents`` (float64), sorted by force, category
        and month. Months may be missing.

    Raises
    ------
    MissingFileError, EncodingError, HeaderError, DataError
        See `cells.read_table`; also an empty force or category.
    PeriodError
        A month that is not ISO text, or a run that begins before the run before it has ended.
    FigureError
        Incidents that are not a whole number, 0 or more; a run that is not a whole number, 1 up.
    DuplicateRowError
        The same month of a force and category twice.
    """
    table = cells.read_table(file, COLUMNS)
    rows: list[tuple[str, str, pd.Timestamp, int, float]] = []
    seen: dict[tuple[str, str, pd.Timestamp], int] = {}
    for label, record in table.iterrows():
        row = int(str(label))
        force, crime_type = (_text(file, row, name, record[name]) for name in COLUMNS[:2])
        month = pd.Timestamp(cells.read_month(file, row, "month", record["month"]).start)
        key = (force, crime_type, month)
        first = seen.setdefault(key, row)
        if first != row:
            raise DuplicateRowError(
                "the same month of a force and category twice",
                where=cells.place(file, row),
                found=f"{force}, {crime_type}, {month:%Y-%m}, also in row {first}",
                expected="each month once",
                hint="remove the row that is wrong",
            )
        run = int(_whole(file, row, "release_run", record["release_run"], least=1))
        incidents = _whole(file, row, "incidents", record["incidents"], least=0)
        rows.append((*key, run, incidents))
    rows.sort(key=lambda row: row[:3])
    _check_runs(file, rows)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    kinds = {"force": "str", "crime_type": "str", "release_run": "int64", "incidents": "float64"}
    return frame.astype(kinds)


def histories(frame: pd.DataFrame, crime_type: str) -> dict[str, pd.DataFrame]:
    """One category of every force.

    Parameters
    ----------
    frame : DataFrame
        As `load_monthly` returns it.

    Returns
    -------
    dict of force to DataFrame
        Index ``month`` (DatetimeIndex of the months held, in order, gaps possible); columns
        ``incidents`` (float64) and ``release_run`` (int64).

    Raises
    ------
    DataError
        No such category.
    """
    rows = frame[frame["crime_type"] == crime_type]
    if rows.empty:
        raise DataError(
            "no such category in the figures of other forces",
            found=repr(crime_type),
            expected=" or ".join(sorted(set(frame["crime_type"]))),
        )
    return {
        str(force): part.set_index("month")[["incidents", "release_run"]].sort_index()
        for force, part in rows.groupby("force")
    }


def _check_runs(file: Path, rows: list[tuple[str, str, pd.Timestamp, int, float]]) -> None:
    for before, after in pairwise(rows):
        if before[:2] == after[:2] and after[3] < before[3]:
            raise PeriodError(
                "runs of months that are not in the order of time",
                where=f"{cells.place(file)}, {after[0]}, {after[1]}",
                found=f"{before[2]:%Y-%m} in run {before[3]}, {after[2]:%Y-%m} in run {after[3]}",
                expected="a later month in the same or a later run",
            )


def _text(file: Path, row: int, column: str, cell: str) -> str:
    if not cell.strip():
        raise DataError(
            "an empty cell", where=cells.place(file, row, column), expected=f"the {column}"
        )
    return cell.strip()


def _whole(file: Path, row: int, column: str, cell: str, *, least: int) -> float:
    figure = cells.parse_figure(cell)
    if figure is None or figure.percent or figure.value < least or not figure.value.is_integer():
        raise cells.no_figure(file, row, column, cell, f"a whole number, {least} or more")
    return figure.value
