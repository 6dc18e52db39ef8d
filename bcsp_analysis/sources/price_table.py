"""The table of monthly prices, made from series of the Office for National Statistics.

Data card
---------
Source : one CSV file of `ons` for each column of `prices.SERIES`.
Rows : one month each, the months that every series has.
Unit : index, 2015 = 100, or per cent change over twelve months. An index with another reference
    year is multiplied by a constant so that its mean of 2015 is 100, which is how the office
    itself moves a reference year; the table says of which columns that is true.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.errors import DataError, MissingFileError
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import ons, prices

BASE_YEAR = 2015
_INDEX_DECIMALS = 3
_RATE = re.compile(r"\bRATE\b", re.IGNORECASE)


@dataclass(frozen=True)
class PriceTable:
    """Prices a month, ready to be written.

    Parameters
    ----------
    monthly : DataFrame of float64
        As `prices.load_monthly` returns it.
    released : date
        Latest release date among the series.
    rescaled : tuple of str
        Columns whose reference year was another one.
    """

    monthly: pd.DataFrame
    released: date
    rescaled: tuple[str, ...]


def from_series(series: Iterable[ons.OnsSeries], first: Month | None = None) -> PriceTable:
    """Put the columns of `prices.SERIES` together.

    Parameters
    ----------
    series : iterable of OnsSeries
        Several releases of one series are allowed; the latest is taken. Others are left out.
    first : Month, optional
        First month that is wanted; by default the first that every series has.

    Raises
    ------
    MissingFileError
        A series that a column needs is not there.
    DataError
        A series whose title does not fit its column; no month in common; no month of 2015 to
        rescale an index with.
    """
    chosen = ons.latest(series)
    missing = sorted(set(prices.SERIES.values()) - set(chosen))
    if missing:
        raise MissingFileError(
            "price series are missing",
            found=", ".join(sorted(set(chosen) & set(prices.SERIES.values()))) or "none of them",
            expected=", ".join(missing),
            hint="download each of them, or run `bcsp fetch prices`",
        )
    columns: dict[str, pd.Series] = {}
    rescaled: list[str] = []
    for column, cdid in prices.SERIES.items():
        each = chosen[cdid]
        _check_kind(column, each)
        columns[column] = each.monthly
        if "index" in column and each.base_year not in (None, BASE_YEAR):
            columns[column] = _rescale(each)
            rescaled.append(column)
    table = pd.DataFrame(columns).dropna()
    if first:
        table = table.loc[pd.Timestamp(first.start) :]
    if table.empty:
        raise DataError(
            "price series without a month in common",
            found="; ".join(f"{each.cdid} {_span(each)}" for each in chosen.values()),
            expected=f"months from {first}" if first else "months that every series has",
        )
    table.index.name = "month"
    released = max(chosen[cdid].release_date for cdid in prices.SERIES.values())
    return PriceTable(table.asfreq("MS"), released, tuple(rescaled))


def text(table: PriceTable) -> str:
    """The table as the CSV text that `prices.load_monthly` reads."""
    out = io.StringIO()
    rows = table.monthly.copy()
    rows.index = pd.Index([f"{stamp:%Y-%m}" for stamp in rows.index], name="month")
    rows.to_csv(out, lineterminator="\n")
    return out.getvalue()


def changes(table: PriceTable, shipped: pd.DataFrame) -> pd.DataFrame:
    """What differs from a table that is there already.

    Returns
    -------
    DataFrame
        Index column name; ``new_months`` and ``revised_months`` (int64), ``largest`` (float64,
        largest absolute revision, 0 where there is none).
    """
    new = table.monthly.index.difference(shipped.index)
    both = table.monthly.index.intersection(shipped.index)
    difference = (table.monthly.loc[both] - shipped.loc[both, table.monthly.columns]).abs()
    # figures are printed with up to three decimals: less than half a unit of the last is equal
    revised = difference > 0.5 * 10**-_INDEX_DECIMALS
    return pd.DataFrame(
        {
            "new_months": len(new),
            "revised_months": revised.sum().astype("int64"),
            "largest": difference.where(revised).max().fillna(0.0),
        }
    )


def load_folder(folder: Path) -> list[ons.OnsSeries]:
    """Every ``*.csv`` of a folder as a series, in the order of the names.

    Raises
    ------
    MissingFileError
        There is no such folder or no such file in it.
    BcspError
        See `ons.load_series`.
    """
    files = sorted(folder.glob("*.csv")) if folder.is_dir() else []
    if not files:
        raise MissingFileError(
            "no time series in a folder",
            where=project.relative(folder),
            expected="CSV files of the Office for National Statistics",
            hint="run `bcsp fetch prices`",
        )
    return [ons.load_series(file) for file in files]


def _check_kind(column: str, series: ons.OnsSeries) -> None:
    """An index must be above 0, and a rate must not be one: a swapped file is found here."""
    says_rate = _RATE.search(series.title) is not None
    wants_rate = column.endswith("_pct")
    if says_rate != wants_rate or (not wants_rate and (series.monthly <= 0).any()):
        raise DataError(
            "a series that does not fit its column",
            where=f"{series.file}, {series.cdid}",
            found=repr(series.title),
            expected=f"{'an annual rate' if wants_rate else 'an index above 0'} for {column}",
            hint="compare the identifier with the page of the series",
        )


def _rescale(series: ons.OnsSeries) -> pd.Series:
    year = series.monthly.loc[str(BASE_YEAR) : str(BASE_YEAR)]
    if len(year) != 12:
        raise DataError(
            "an index that cannot be brought to its reference year",
            where=f"{series.file}, {series.cdid}",
            found=f"{series.base_year} = 100, {len(year)} months of {BASE_YEAR}",
            expected=f"all twelve months of {BASE_YEAR}",
        )
    return (series.monthly / year.mean() * 100).round(_INDEX_DECIMALS)


def _span(series: ons.OnsSeries) -> str:
    index = series.monthly.index
    return f"{index[0]:%Y-%m} to {index[-1]:%Y-%m}"
