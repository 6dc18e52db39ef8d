"""Time series of the Office for National Statistics, as its CSV generator writes them.

Data card
---------
Source : Office for National Statistics, "download as CSV" of a time series page
    (``/generator?format=csv&uri=/economy/.../timeseries/d7g7/mm23``).
Rows : two quoted columns. First the description (``Title``, ``CDID``, ``Source dataset ID``,
    ``PreUnit``, ``Unit``, ``Release date``, ``Next release``, ``Important notes``), then years
    (``1989``), quarters (``1989 Q1``) and months (``2023 JUL``), stacked.
Unit : as the row ``Unit`` or the title says: an index with its reference year, or per cent.
Vintages : series are revised; a file is known by its CDID and release date, and `revisions`
    compares two of them.
Encoding : UTF-8, with a byte order mark.
Known gaps : quarters and years are checked for form and left out; the months are what is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.errors import DataError, DuplicateRowError, HeaderError, PeriodError
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import cells

DESCRIPTION = (
    "Title",
    "CDID",
    "Source dataset ID",
    "PreUnit",
    "Unit",
    "Release date",
    "Next release",
    "Important notes",
)
"""Names of the rows that describe a series."""

_REQUIRED = ("Title", "CDID", "Release date")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH = re.compile(rf"((?:19|20|21)[0-9]{{2}}) ({'|'.join(_MONTHS)})")
_YEAR_OR_QUARTER = re.compile(r"(?:19|20|21)[0-9]{2}(?: Q[1-4])?")
_CDID = re.compile(r"[A-Z0-9]{4}")
_BASE_YEAR = re.compile(r"\b([12][0-9]{3})\s*=\s*100\b")
_DATE_FORMS = ("%d-%m-%Y", "%d %B %Y")


@dataclass(frozen=True)
class OnsSeries:
    """One release of one series.

    Parameters
    ----------
    cdid, title, dataset, unit, notes : str
        As the file has them; the identifier in capitals.
    release_date : date
        Which vintage this is.
    next_release : str
        As written.
    base_year : int or None
        Year in which an index is 100, where title or unit say so.
    monthly : Series of float64
        On a complete DatetimeIndex of frequency MS named ``month``; the name is the identifier.
    file : str
        Where it was read.
    """

    cdid: str
    title: str
    dataset: str
    unit: str
    notes: str
    release_date: date
    next_release: str
    base_year: int | None
    monthly: pd.Series
    file: str


def load_series(file: Path) -> OnsSeries:
    """Read one series.

    Raises
    ------
    MissingFileError, EncodingError, DataError
        See `cells.records`; a row without exactly two cells; no month at all.
    HeaderError
        A row of the description is missing, unknown or there twice; a malformed identifier.
    PeriodError
        A release date that is none, or a row that is no year, quarter or month.
    FigureError
        A period without a number.
    DuplicateRowError, MissingMonthError
        A period twice, or a gap between the first and the last month.
    """
    description: dict[str, str] = {}
    values: dict[Month, float] = {}
    seen: dict[str, int] = {}
    for row, record in cells.records(file):
        if len(record) != 2:
            raise DataError(
                "a row has the wrong number of cells",
                where=cells.place(file, row),
                found=f"{len(record)} cells",
                expected="2: a period and its figure",
                hint="download one series at a time, not the whole dataset",
            )
        label, cell = record[0].strip(), record[1].strip()
        first = seen.setdefault(label, row)
        if first != row:
            raise DuplicateRowError(
                "the same row twice",
                where=cells.place(file, row),
                found=f"{label}, also in row {first}",
                expected="each period and each line of the description once",
            )
        if not label[:1].isdigit():
            _describe(file, row, label, cell, description, started=bool(values))
            continue
        month = _period(file, row, label)
        figure = cells.parse_figure(cell)
        if figure is None or figure.percent:
            raise cells.no_figure(file, row, label, cell, "a number without a per cent sign")
        if month is not None:
            values[month] = figure.value
    return _series(file, description, values)


def latest(series: Iterable[OnsSeries]) -> dict[str, OnsSeries]:
    """The latest release of each series, by identifier.

    Raises
    ------
    DataError
        Two files of one series and one release date that differ.
    """
    chosen: dict[str, OnsSeries] = {}
    for each in series:
        known = chosen.setdefault(each.cdid, each)
        if known.release_date == each.release_date and not known.monthly.equals(each.monthly):
            raise DataError(
                "two files of one release that differ",
                where=each.file,
                found=f"{each.cdid}, released {each.release_date}, other figures than {known.file}",
                expected="the same figures in both",
                hint="download the series again",
            )
        if each.release_date > known.release_date:
            chosen[each.cdid] = each
    return chosen


def revisions(earlier: OnsSeries, later: OnsSeries) -> pd.DataFrame:
    """Months whose figure differs between two releases of one series.

    Returns
    -------
    DataFrame
        Index ``month``; ``earlier``, ``later`` and ``difference`` (later - earlier), float64.

    Raises
    ------
    DataError
        They are not releases of one series, or not in this order.
    """
    if earlier.cdid != later.cdid or earlier.release_date > later.release_date:
        raise DataError(
            "two releases that cannot be compared",
            where=later.file,
            found=f"{earlier.cdid} of {earlier.release_date}, {later.cdid} of {later.release_date}",
            expected="an earlier and a later release of one series",
        )
    both = pd.DataFrame({"earlier": earlier.monthly, "later": later.monthly}).dropna()
    both["difference"] = both["later"] - both["earlier"]
    return both[both["difference"] != 0]


def _describe(
    file: Path, row: int, label: str, cell: str, description: dict[str, str], *, started: bool
) -> None:
    if label not in DESCRIPTION or started:
        raise HeaderError(
            "not a time series of the Office for National Statistics",
            where=cells.place(file, row),
            found=repr(label),
            expected=", ".join(DESCRIPTION) + ", then years, quarters and months",
            hint="use the CSV download of the page of one series",
        )
    description[label] = cell


def _period(file: Path, row: int, label: str) -> Month | None:
    """The month of a row; None for a year or a quarter."""
    match = _MONTH.fullmatch(label)
    if match:
        return Month(int(match[1]), _MONTHS.index(match[2]) + 1)
    if _YEAR_OR_QUARTER.fullmatch(label):
        return None
    raise PeriodError(
        "a row that is no year, quarter or month",
        where=cells.place(file, row),
        found=repr(label),
        expected='"1989", "1989 Q1" or "2023 JUL"',
        hint="a spreadsheet program may have rewritten it as a date; download the file again",
    )


def _series(file: Path, description: dict[str, str], values: dict[Month, float]) -> OnsSeries:
    for name in _REQUIRED:
        if not description.get(name):
            raise HeaderError(
                "a time series without its description",
                where=cells.place(file),
                found=", ".join(description) or "no description",
                expected=f"a row {name!r} with a text",
                hint="use the CSV download of the page of one series",
            )
    cdid = description["CDID"].upper()
    if not _CDID.fullmatch(cdid):
        raise HeaderError(
            "not the identifier of a series",
            where=cells.place(file, None, "CDID"),
            found=repr(cdid),
            expected='four letters or digits, "D7G7"',
        )
    if not values:
        raise DataError(
            "a time series without months",
            where=cells.place(file),
            found=f"{cdid}: only years or quarters, or nothing",
            expected='rows such as "2023 JUL"',
            hint="an empty reply is no series: download it again",
        )
    cells.check_complete(values, f"{cells.place(file)}, {cdid}")
    months = sorted(values)
    index = pd.DatetimeIndex([month.start for month in months], name="month", freq="MS")
    base = _BASE_YEAR.search(description["Title"]) or _BASE_YEAR.search(description.get("Unit", ""))
    return OnsSeries(
        cdid=cdid,
        title=description["Title"],
        dataset=description.get("Source dataset ID", ""),
        unit=description.get("Unit", ""),
        notes=description.get("Important notes", ""),
        release_date=_release_date(file, description["Release date"]),
        next_release=description.get("Next release", ""),
        base_year=int(base[1]) if base else None,
        monthly=pd.Series([values[month] for month in months], index, dtype="float64", name=cdid),
        file=project.relative(file),
    )


def _release_date(file: Path, text: str) -> date:
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise PeriodError(
        "a release date that cannot be read",
        where=cells.place(file, None, "Release date"),
        found=repr(text),
        expected='"16-08-2023" or "16 August 2023"',
    )
