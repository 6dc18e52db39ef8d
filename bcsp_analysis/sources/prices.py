"""Monthly consumer prices of the United Kingdom.

Data card
---------
Source : Office for National Statistics, consumer price inflation time series (dataset MM23).
Rows : one month each.
Unit : index, 2015 = 100, or per cent change over twelve months; the column name says which.
Known gaps : national figures only; they describe no single city and are revised now and then.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from bcsp_analysis.errors import DuplicateRowError
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import cells

SERIES: Mapping[str, str] = {
    "cpi_index_2015_100": "D7BT",
    "cpi_12m_rate_pct": "D7G7",
    "cpih_index_2015_100": "L522",
    "cpih_12m_rate_pct": "L55O",
    "cpih_food_index_2015_100": "L523",
    "cpi_food_12m_rate_pct": "D7G8",
    "cpih_rents_index_2015_100": "L536",
    "cpih_energy_index_2015_100": "L53D",
    "cpih_motor_fuel_index_2015_100": "L549",
}
"""Column to identifier of the ONS time series."""


def load_monthly(file: Path) -> pd.DataFrame:
    """Read monthly prices.

    Parameters
    ----------
    file : Path
        CSV with the column ``month`` and those of `SERIES`.

    Returns
    -------
    DataFrame of float64
        The columns of `SERIES` on a complete DatetimeIndex of frequency MS named ``month``.

    Raises
    ------
    MissingFileError, EncodingError, HeaderError, DataError
        See `cells.read_table`.
    PeriodError
        A month that is not ISO text.
    FigureError
        A cell that is not a number, or an index that is not above 0.
    DuplicateRowError, MissingMonthError
        A month twice, or a gap.
    """
    table = cells.read_table(file, ["month", *SERIES])
    rows: dict[Month, int] = {}
    values: dict[str, list[float]] = {column: [] for column in SERIES}
    for label, record in table.iterrows():
        row = int(str(label))
        month = cells.read_month(file, row, "month", record["month"])
        if month in rows:
            raise DuplicateRowError(
                "the same month twice",
                where=cells.place(file, row),
                found=f"{month}, also in row {rows[month]}",
                expected="each month once",
                hint="remove the row that is wrong",
            )
        rows[month] = row
        for column in SERIES:
            values[column].append(_read_value(file, row, column, record[column]))
    cells.check_complete(rows, cells.place(file))
    index = pd.DatetimeIndex([month.start for month in rows], name="month")
    return pd.DataFrame(values, index=index, dtype="float64").sort_index().asfreq("MS")


def _read_value(file: Path, row: int, column: str, cell: str) -> float:
    figure = cells.parse_figure(cell)
    if figure is None or figure.percent:
        raise cells.no_figure(file, row, column, cell, "a number without a per cent sign")
    if "index" in column and figure.value <= 0:
        raise cells.no_figure(file, row, column, cell, "an index above 0")
    return figure.value
