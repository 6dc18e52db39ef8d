"""Residents and households by area: what rates are per.

Data card
---------
Source : Office for National Statistics: mid-year estimates or Census 2021 by small area, as a
    reply of Nomis (`nomis`), as a census bulk file (``geography code`` beside a column of totals),
    or as a table made from them with ``area_code``.
Rows : one area each; where a Nomis reply has several dates or measures, one must be named.
Unit : people or households, usual residents at the date of the source.
Known gaps : estimates of small areas are modelled and rounded or perturbed by up to a few people;
    daytime visitors, who are the ones at risk in a town centre, are not counted.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from bcsp_analysis.errors import AreaCodeError, DuplicateRowError, HeaderError
from bcsp_analysis.sources import cells, nomis, varying

KINDS = ("residents", "households")
_TOTAL = re.compile(r"\bTotal\b", re.IGNORECASE)

CODE_COLUMNS = ("area_code", "geography code", "LSOA21CD", "LSOA 2021 Code", "LSOA code")
"""Names of the column of codes, whatever their capitals, spaces and underscores."""


def load(file: Path, kind: str, *, column: str = "", date: str = "", what: str = "") -> pd.Series:
    """Read one denominator.

    Parameters
    ----------
    file : Path
        CSV.
    kind : str
        "residents" or "households": the name of the result, and of the column unless `column` says
        another one.
    column : str
        Column of the totals; may be left out where it is `kind`, the only one besides codes, names
        and dates, or the only one with the word Total.
    date, what : str
        Year of a Nomis reply with several, and its measure.

    Returns
    -------
    Series of float64
        Indexed by ``area_code``, named `kind`; every value above or equal to 0.

    Raises
    ------
    MissingFileError, EncodingError, DataError
        See `varying.read` and `nomis.load`.
    HeaderError
        No column of codes, or none or several that could be the totals.
    FigureError
        A total that is not a number, 0 or more.
    DuplicateRowError
        An area twice.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not one of {KINDS}")
    table = varying.read(file)
    if "OBS_VALUE" in table.columns:
        return _from_nomis(file, kind, date, what)
    code = varying.column(file, list(table.columns), CODE_COLUMNS, "codes of areas")
    totals = _totals(file, list(table.columns), str(code), column or kind)
    values: dict[str, float] = {}
    rows: dict[str, int] = {}
    for label, area, cell in table[[str(code), totals]].itertuples():
        row = int(str(label))
        area = area.strip()
        first = rows.setdefault(area, row)
        if first != row:
            raise DuplicateRowError(
                "an area twice",
                where=cells.place(file, row),
                found=f"{area}, also in row {first}",
                expected="each area once",
            )
        figure = cells.parse_figure(cell)
        if figure is None or figure.percent or figure.value < 0:
            raise cells.no_figure(file, row, totals, cell, "a number, 0 or more")
        values[area] = figure.value
    index = pd.Index(list(values), name="area_code", dtype="str")
    return pd.Series(list(values.values()), index, dtype="float64", name=kind)


def check_covers(denominator: pd.Series, codes: pd.Index, where: str) -> None:
    """Refuse a denominator that lacks one of `codes`, or has no one there.

    Raises
    ------
    AreaCodeError
        Names the areas.
    """
    missing = [str(code) for code in codes if not denominator.get(code, 0) > 0]
    if missing:
        raise AreaCodeError(
            f"areas without {denominator.name}",
            where=where,
            found=", ".join(missing[:8]) + (f" and {len(missing) - 8} more" * (len(missing) > 8)),
            expected="a number above 0 for every area",
            hint="the codes may be of another year than the counts",
        )


def _from_nomis(file: Path, kind: str, date: str, what: str) -> pd.Series:
    frame = nomis.load(file)
    dates = sorted(set(frame["date"]))
    chosen = pd.Timestamp(f"{date}-01-01") if date else dates[-1]
    if not date and len(dates) > 1:
        raise HeaderError(
            "several dates",
            where=cells.place(file),
            found=", ".join(f"{each:%Y}" for each in dates),
            expected="one date, or the date named",
        )
    series = nomis.by_area(frame, chosen, what)
    missing = series[series.isna()]
    if len(missing):
        raise AreaCodeError(
            f"areas without {kind}",
            where=cells.place(file),
            found=", ".join(map(str, missing.index[:8])),
            expected="a figure for every area",
        )
    return series.rename(kind)


def _totals(file: Path, header: list[str], code: str, wanted: str) -> str:
    found = varying.column(file, header, [wanted], wanted, required=False)
    if found:
        return found
    rest = [name for name in header if name != code and not _describes(name)]
    total = [name for name in rest if _TOTAL.search(name)]
    for names in (rest, total):
        if len(names) == 1:
            return names[0]
    raise HeaderError(
        "which column holds the totals is not clear",
        where=cells.place(file, 1),
        found=", ".join(map(repr, rest)) or "no further column",
        expected=f"a column {wanted!r}, or one further column",
        hint="name the column",
    )


def _describes(name: str) -> bool:
    plain = name.casefold()
    return plain in ("date", "year", "geography", "area", "name") or plain.endswith(("nm", "name"))
