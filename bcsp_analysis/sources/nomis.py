"""Counts by area from Nomis, the labour market and census service.

Data card
---------
Source : Office for National Statistics, Nomis API, ``NM_162_1.data.csv`` (claimant count),
    ``NM_2002_1.data.csv`` (mid-year population) and others with the same columns.
Rows : one date, area and measure each.
Columns : upper case; ``DATE_NAME`` ("July 2023", or "2022" where the figures are of a year),
    ``GEOGRAPHY_NAME``, ``GEOGRAPHY_CODE``, ``OBS_VALUE``, ``OBS_STATUS_NAME``; any other column
    that ends in ``_NAME`` says what is counted. The rest is left out.
Unit : as ``MEASURES_NAME`` and ``MEASURE_NAME`` say.
Not known : a row whose status is not that of a value has no figure, whatever its cell holds; it is
    not zero.
Known gaps : without an account the service sends 25,000 rows at most and does not say so; the
    figures of the last month are provisional and are revised a month later.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from bcsp_analysis.errors import (
    CutOffError,
    DataError,
    DuplicateRowError,
    FigureError,
    PeriodError,
)
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import cells, varying

GUEST_LIMIT = 25_000
"""Rows that the service sends at most without an account."""

NEEDED = ("DATE_NAME", "GEOGRAPHY_NAME", "GEOGRAPHY_CODE", "OBS_VALUE", "OBS_STATUS_NAME")
VALUES = ("Normal Value", "Provisional value", "Estimated value")
"""Statuses of a row that holds a figure."""

_CODE = re.compile(r"[A-Z][0-9]{8}")
_MONTH = re.compile(r"([A-Z][a-z]+) ((?:19|20|21)[0-9]{2})")
_YEAR = re.compile(r"(?:19|20|21)[0-9]{2}")
_NAMES = {Month(2000, number).name: number for number in range(1, 13)}
_NOT_PART_OF_THE_KEY = {*NEEDED, "OBS_STATUS", "OBS_CONF", "OBS_CONF_NAME"}


def load(file: Path) -> pd.DataFrame:
    """Read a reply of the service.

    Returns
    -------
    DataFrame
        ``date`` (datetime64, first day of the month; 1 January for a figure of a year),
        ``frequency`` (str, "month" or "year"), ``area``, ``area_code``, ``what`` (str: the other
        names, joined with ", "), ``value`` (float64, missing where there is no figure), ``status``
        (str), in the order of the file.

    Raises
    ------
    MissingFileError, EncodingError, HeaderError, DataError
        See `varying.read`; an area code of another form.
    CutOffError
        As many rows as the service sends at most, or not as many as it says there are.
    PeriodError
        A date that is neither a month nor a year.
    FigureError
        A row with the status of a value and no number, 0 or more.
    DuplicateRowError
        The same date, area and measure twice.
    """
    table = varying.read(file)
    names = varying.columns(file, list(table.columns), {name: [name] for name in NEEDED})
    _check_whole(file, table)
    key = [
        name
        for name in table.columns
        if name.endswith("_NAME") and name not in _NOT_PART_OF_THE_KEY and name != "DATE_NAME"
    ]
    rows = []
    seen: dict[tuple[str, ...], int] = {}
    for label, record in zip(table.index, table.to_dict("records"), strict=True):
        row = int(str(label))
        date, frequency = _date(file, row, record[names["DATE_NAME"]].strip())
        code = _code(file, row, record[names["GEOGRAPHY_CODE"]].strip())
        what = ", ".join(record[name].strip() for name in key)
        first = seen.setdefault((str(date), frequency, code, what), row)
        if first != row:
            raise DuplicateRowError(
                "the same figure twice",
                where=cells.place(file, row),
                found=f"{date}, {code}, {what}, also in row {first}",
                expected="each date, area and measure once",
                hint="name what tells the rows apart in the `select` of the query",
            )
        status = record[names["OBS_STATUS_NAME"]].strip()
        value = _value(file, row, record[names["OBS_VALUE"]], status)
        area = record[names["GEOGRAPHY_NAME"]].strip()
        rows.append((pd.Timestamp(date.start), frequency, area, code, what, value, status))
    frame = pd.DataFrame(
        rows, columns=["date", "frequency", "area", "area_code", "what", "value", "status"]
    )
    texts = ("frequency", "area", "area_code", "what", "status")
    return frame.astype({**dict.fromkeys(texts, "str"), "value": "float64"})


def series(frame: pd.DataFrame, area_code: str, what: str = "") -> pd.Series:
    """One area and measure as a complete monthly series.

    Parameters
    ----------
    frame : DataFrame
        As `load` returns it.
    area_code : str
        ONS code, ``E08000025``.
    what : str
        A value of ``frame["what"]``; may be left out where the area has one only.

    Returns
    -------
    Series of float64
        On a complete DatetimeIndex of frequency MS named ``month``; the name is `what`.

    Raises
    ------
    DataError
        No such area or measure, several measures and none named, or figures of years.
    FigureError
        A month without a figure; names its status.
    MissingMonthError
        A gap.
    """
    rows = _select(frame, area_code, what)
    if set(rows["frequency"]) != {"month"}:
        raise DataError(
            "figures of years where months are needed",
            found=f"{area_code}, {rows['what'].iloc[0]}",
            expected="a date of the form July 2023 in every row",
        )
    empty = rows[rows["value"].isna()]
    if len(empty):
        raise FigureError(
            "a month without a figure",
            where=f"{area_code}, {rows['what'].iloc[0]}",
            found=f"{empty['date'].iloc[0]:%Y-%m}: {empty['status'].iloc[0]}",
            expected="a figure for every month",
            hint="shorten the span, or ask for an area that is not suppressed",
        )
    months = [Month(stamp.year, stamp.month) for stamp in rows["date"]]
    cells.check_complete(months, f"{area_code}, {rows['what'].iloc[0]}")
    index = pd.DatetimeIndex(rows["date"], name="month")
    name = str(rows["what"].iloc[0])
    return pd.Series(rows["value"].to_numpy("float64"), index, name=name).sort_index().asfreq("MS")


def by_area(frame: pd.DataFrame, date: pd.Timestamp, what: str = "") -> pd.Series:
    """One measure of every area at one date, such as residents at mid-2022.

    Returns
    -------
    Series of float64
        Indexed by ``area_code``; missing where there is no figure.

    Raises
    ------
    DataError
        No such date or measure, or several measures and none named.
    """
    rows = frame[frame["date"] == date]
    rows = _one_measure(rows, what, f"{date:%Y-%m}")
    return rows.set_index("area_code")["value"].rename(str(rows["what"].iloc[0]))


def _select(frame: pd.DataFrame, area_code: str, what: str) -> pd.DataFrame:
    return _one_measure(frame[frame["area_code"] == area_code], what, area_code)


def _one_measure(rows: pd.DataFrame, what: str, of: str) -> pd.DataFrame:
    held = list(dict.fromkeys(rows["what"]))
    chosen = rows[rows["what"] == what] if what else rows
    if chosen.empty or (not what and len(held) > 1):
        raise DataError(
            "no such figures" if what or not held else "several measures",
            found=f"{of}, {what}" if what or not held else f"{of}: {'; '.join(held)}",
            expected="; ".join(held) or "an area and date of the file",
            hint="name the measure" if held else "an empty reply is not zero: ask again",
        )
    return chosen


def _check_whole(file: Path, table: pd.DataFrame) -> None:
    said = {
        _count(file, int(str(row)), cell)
        for row, cell in table.get("RECORD_COUNT", pd.Series(dtype="str")).items()
    }
    whole = said == {len(table)}
    if (said and not whole) or (len(table) >= GUEST_LIMIT and not whole):
        raise CutOffError(
            "a reply that may be cut off",
            where=cells.place(file),
            found=f"{len(table):,} rows"
            + (f" of {max(said):,} that the service counts" if said else ""),
            expected=f"fewer than {GUEST_LIMIT:,}, which is all the service sends without an "
            "account",
            hint="ask for fewer areas or dates at a time",
        )


def _count(file: Path, row: int, cell: str) -> int:
    figure = cells.parse_figure(cell)
    if figure is None or figure.percent or figure.value < 0 or not figure.value.is_integer():
        raise cells.no_figure(file, row, "RECORD_COUNT", cell, "a whole number, 0 or more")
    return int(figure.value)


def _date(file: Path, row: int, text: str) -> tuple[Month, str]:
    month = _MONTH.fullmatch(text)
    if month and month[1] in _NAMES:
        return Month(int(month[2]), _NAMES[month[1]]), "month"
    if _YEAR.fullmatch(text):
        return Month(int(text), 1), "year"
    raise PeriodError(
        "a date that is neither a month nor a year",
        where=cells.place(file, row, "DATE_NAME"),
        found=repr(text),
        expected='"July 2023" or "2022"',
        hint="a spreadsheet program may have rewritten it; download the file again",
    )


def _code(file: Path, row: int, text: str) -> str:
    if not _CODE.fullmatch(text):
        raise DataError(
            "not a code of an area",
            where=cells.place(file, row, "GEOGRAPHY_CODE"),
            found=repr(text),
            expected='one capital letter and eight digits, "E08000025"',
        )
    return text


def _value(file: Path, row: int, cell: str, status: str) -> float:
    if status.casefold() not in {value.casefold() for value in VALUES}:
        return float("nan")
    figure = cells.parse_figure(cell)
    if figure is None or figure.percent or figure.value < 0:
        raise cells.no_figure(file, row, "OBS_VALUE", cell, "a number, 0 or more")
    return figure.value
