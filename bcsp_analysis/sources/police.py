"""Monthly incidents by police.uk category.

Data card
---------
Source : data.police.uk street-level data, read off published charts (see data/sources.toml).
Rows : one month and category each; category names as police.uk writes them.
Unit : incidents a month; ``max_error`` is the bound of the reading error, either side.
Known gaps : June and July 2023 about 6 to 7% too low in every category, May perhaps 1 to 2%;
    April 2021 of anti-social behaviour disagrees with another chart by 6%; anti-social behaviour of
    2020 and early 2021 holds records of breaches of Covid regulations.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pandas as pd

from bcsp_analysis.errors import DataError, DuplicateRowError
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import cells

COLUMNS = ("month", "crime_type", "incidents", "max_error")


def load_monthly(file: Path) -> pd.DataFrame:
    """Read monthly incidents.

    Parameters
    ----------
    file : Path
        CSV with the columns of `COLUMNS`.

    Returns
    -------
    DataFrame
        ``month`` (datetime64, first day of the month), ``crime_type`` (str), ``incidents`` and
        ``max_error`` (float64, incidents), sorted by category and month.

    Raises
    ------
    MissingFileError, EncodingError, HeaderError, DataError
        See `cells.read_table`.
    PeriodError
        A month that is not ISO text.
    FigureError
        Incidents that are not a whole number, 0 or more; a bound that is not 0 or more.
    DuplicateRowError
        The same month and category twice.
    MissingMonthError
        A category with a gap between its first and last month.
    """
    table = cells.read_table(file, COLUMNS)
    rows: list[tuple[Month, str, float, float]] = []
    seen: dict[tuple[Month, str], int] = {}
    for label, record in table.iterrows():
        row = int(str(label))
        month = cells.read_month(file, row, "month", record["month"])
        crime_type = _read_category(file, row, record["crime_type"])
        first = seen.setdefault((month, crime_type), row)
        if first != row:
            raise DuplicateRowError(
                "the same month of a category twice",
                where=cells.place(file, row),
                found=f"{month}, {crime_type}, also in row {first}",
                expected="each month of a category once",
                hint="remove the row that is wrong",
            )
        incidents = _read_count(file, row, "incidents", record["incidents"], whole=True)
        bound = _read_count(file, row, "max_error", record["max_error"], whole=False)
        rows.append((month, crime_type, incidents, bound))
    for crime_type in sorted({row[1] for row in rows}):
        months = (row[0] for row in rows if row[1] == crime_type)
        cells.check_complete(months, f"{cells.place(file)}, {crime_type}")
    rows.sort(key=lambda row: (row[1], row[0]))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["month"] = pd.to_datetime([month.start for month in frame["month"]])
    return frame.astype({"crime_type": "str", "incidents": "float64", "max_error": "float64"})


def series(frame: pd.DataFrame, crime_type: str) -> pd.Series:
    """One category as a complete monthly series.

    Parameters
    ----------
    frame : DataFrame
        As `load_monthly` returns it.
    crime_type : str
        A category of ``frame["crime_type"]``.

    Returns
    -------
    Series of float64
        Incidents a month on a complete DatetimeIndex of frequency MS, named `crime_type`.

    Raises
    ------
    DataError
        No such category; names the nearest ones.
    DuplicateRowError, MissingMonthError
        A month twice, or a gap.
    """
    rows = frame[frame["crime_type"] == crime_type]
    if rows.empty:
        categories = sorted(set(frame["crime_type"]))
        near = difflib.get_close_matches(crime_type, categories, n=3, cutoff=0.4)
        raise DataError(
            "no such category in the monthly figures",
            found=repr(crime_type),
            expected=" or ".join(near or categories),
        )
    index = pd.DatetimeIndex(rows["month"])
    if index.has_duplicates:
        raise DuplicateRowError(
            "the same month of a category twice",
            found=f"{crime_type}, {index[index.duplicated()][0]:%Y-%m}",
            expected="each month of a category once",
        )
    cells.check_complete((Month(stamp.year, stamp.month) for stamp in index), crime_type)
    values = pd.Series(rows["incidents"].to_numpy("float64"), index=index, name=crime_type)
    result = values.sort_index().asfreq("MS")
    result.index.name = "month"
    return result


def _read_category(file: Path, row: int, cell: str) -> str:
    if not cell.strip():
        raise DataError(
            "a row names no category",
            where=cells.place(file, row, "crime_type"),
            expected="a police.uk category, such as Anti-social behaviour",
        )
    return cell.strip()


def _read_count(file: Path, row: int, column: str, cell: str, *, whole: bool) -> float:
    figure = cells.parse_figure(cell)
    if (
        figure is None
        or figure.percent
        or figure.value < 0
        or (whole and not figure.value.is_integer())
    ):
        expected = "a whole number, 0 or more" if whole else "a number, 0 or more"
        raise cells.no_figure(file, row, column, cell, expected)
    return figure.value
