"""Monthly counts of the store: series and tables by area, category, force and month.

A month that was not read is never zero, and a month that is flagged (`completeness`) is not used
unless the caller says so. Expressions are Ibis, so that the same queries run on a cluster.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Literal

import pandas as pd

from bcsp_analysis.errors import DataError, MissingMonthError
from bcsp_analysis.periods import Month
from bcsp_analysis.sources.store_selection import (
    NAME_END,
    Area,
    Store,
    check_category,
    check_vintage,
    forces,
    frame,
    lookup,
    months,
    names_codes,
    open_store,
    select,
    table_of,
    unknown,
)
from bcsp_analysis.sources.street_rules import AREA_CODE

if TYPE_CHECKING:
    from ibis.expr.types import Table

__all__ = ["Area", "Store", "areas", "counts", "forces", "lookup", "months", "open_store", "series"]

MAIN_SHARE = 0.05
"""A force with a smaller share of an area's incidents need not have every month: the British
Transport Police, or a neighbour."""

ALL = "All incidents"

Incomplete = Literal["refuse", "mask", "keep"]


def series(
    store: Store,
    *,
    area: Area = None,
    category: str | None = None,
    force: str | None = None,
    first: Month | None = None,
    last: Month | None = None,
    incomplete: Incomplete = "refuse",
) -> pd.Series:
    """Incidents a month.

    Parameters
    ----------
    area : see `Area`
        A code of a small area stands for its comparable area where the store has a lookup.
    category : str
        A police.uk category; all together if not given.
    force : str
        Only what this force reports; all forces if not given.
    first, last : Month
        The months that all main forces of the area hold, if not given. A main force is one with
        `MAIN_SHARE` of the area's incidents or more; the months of the others need not be complete.
    incomplete : str
        What to do with months that are flagged or not held: ``refuse`` raises, ``mask`` makes them
        missing values; ``keep`` takes the flagged ones as they are.

    Returns
    -------
    Series of float64
        On a complete DatetimeIndex of frequency MS named ``month``; its name is the category, or
        `ALL`. A month without incidents is 0.

    Raises
    ------
    MissingMonthError
        Names the months that are not held or flagged, and the force.
    AreaCodeError
        A code begins or ends where those of 2021 come in, and the store has no lookup.
    DataError
        The area, category or force is not in the store.
    """
    check_category(category)
    rows = _monthly(store, area, force)
    if rows.empty:
        raise _unknown_area(store, area)
    by_force = rows.groupby("force")["incidents"].sum()
    main = [str(name) for name in by_force[by_force >= MAIN_SHARE * by_force.sum()].index]
    held = {name: {Month.parse(month) for month in store.state.months[name]} for name in main}
    begin = first or max(min(each) for each in held.values())
    end = last or min(max(each) for each in held.values())
    if end < begin:
        raise MissingMonthError(
            "the main forces of an area share no month",
            found="; ".join(f"{n}: {min(each)} to {max(each)}" for n, each in held.items()),
            hint="name one of them",
        )
    if names_codes(area):
        check_vintage(store, rows, begin, end)
    span = [begin + step for step in range(end - begin + 1)]
    absent = _absent(span, held)
    flagged = _flagged(store, main, span, category)
    if incomplete == "refuse":
        _refuse({**flagged, **absent}, category)
    elif incomplete == "keep":
        _refuse(absent, category)
    chosen = rows if category is None else rows[rows["category"] == category]
    index = pd.date_range(begin.start, end.start, freq="MS", name="month")
    counts = chosen.groupby("month")["incidents"].sum()
    counts.index = pd.to_datetime(counts.index, format="%Y-%m")
    values = counts.reindex(index, fill_value=0).astype("float64").rename(category or ALL)
    if incomplete == "mask":
        masked = pd.DatetimeIndex([month.start for month in {**flagged, **absent}])
        values[values.index.isin(masked)] = float("nan")
    return values


def _absent(span: Sequence[Month], held: dict[str, set[Month]]) -> dict[Month, str]:
    return {
        month: f"not held of {name}"
        for name, each in held.items()
        for month in span
        if month not in each
    }


def _flagged(
    store: Store, names: Collection[str], span: Sequence[Month], category: str | None
) -> dict[Month, str]:
    wanted = {str(month): month for month in span}
    return {
        wanted[flag.month]: f"{flag.part.lower()} {flag.status}, {flag.force}"
        for flag in store.flags
        if flag.force in names and flag.month in wanted and flag.concerns(category)
    }


def _refuse(faults: dict[Month, str], category: str | None) -> None:
    if not faults:
        return
    named = [f"{month} ({reason})" for month, reason in sorted(faults.items())]
    more = f" and {len(named) - 12} more" if len(named) > 12 else ""
    raise MissingMonthError(
        "months of a series are missing or incomplete",
        where=category or ALL,
        found=", ".join(named[:12]) + more,
        expected="every month whole",
        hint="ingest a later release of these months, or name other months",
    )


def counts(
    store: Store,
    by: Sequence[str] = ("month", "category"),
    *,
    area: Area = None,
    category: str | None = None,
    force: str | None = None,
    first: Month | None = None,
    last: Month | None = None,
    incomplete: Literal["refuse", "keep"] = "refuse",
) -> pd.DataFrame:
    """Counts by any of month, force, lsoa_code, lsoa_name and category.

    Parameters
    ----------
    by : sequence of str
        Columns to group by.
    area, category, force, first, last
        As in `series`; `first` and `last` only narrow what is there.
    incomplete : str
        ``refuse`` raises where a flagged month of a force is among them; ``keep`` counts it.

    Returns
    -------
    DataFrame
        The columns of `by` (str; months as ISO text), ``incidents`` and ``rows`` (int64), sorted.
        What has no incident has no row. Codes are those of the files, of either vintage.

    Raises
    ------
    MissingMonthError
        A flagged month is among them.
    DataError
        A column, area, category or force that is not there.
    """
    check_category(category)
    known = ("month", "force", "lsoa_code", "lsoa_name", "category")
    if not by or any(name not in known for name in by):
        raise DataError("no such column of counts", found=", ".join(by), expected=", ".join(known))
    table = select(store, area, force)
    if category is not None:
        table = table.filter(table.category == category)
    if first is not None:
        table = table.filter(table.month >= str(first))
    if last is not None:
        table = table.filter(table.month <= str(last))
    if incomplete == "refuse":
        held = months(store, force)
        span = [m for m in held if (first or m) <= m <= (last or m)]
        _refuse(_flagged(store, [force] if force else _forces_of(table), span, category), category)
    grouped = table.group_by(*by).aggregate(
        incidents=table.incidents.sum().cast("int64"), rows=table.rows.sum().cast("int64")
    )
    return frame(grouped.order_by(*by), by)


def areas(store: Store) -> pd.DataFrame:
    """Small areas of the store.

    Returns
    -------
    DataFrame
        ``lsoa_code``, ``lsoa_name``, ``district`` (str), ``first``, ``last`` (str, ISO months with
        incidents), ``incidents`` (int64), ``comparable`` (str: comparable area of the store's
        lookup, the code itself where it has none), sorted by code. Rows without LSOA are left out.
    """
    table = table_of(store)
    table = table.filter(table.lsoa_code != "")
    grouped = table.group_by("lsoa_code", "lsoa_name").aggregate(
        first=table.month.min(),
        last=table.month.max(),
        incidents=table.incidents.sum().cast("int64"),
    )
    result = frame(
        grouped.order_by("lsoa_code", "lsoa_name"), ["lsoa_code", "lsoa_name", "first", "last"]
    )
    result.insert(2, "district", result["lsoa_name"].str[:-NAME_END])
    found = lookup(store)
    result["comparable"] = [found.get(code, code) for code in result["lsoa_code"]]
    return result.astype({"comparable": "str"})


def _monthly(store: Store, area: Area, force: str | None) -> pd.DataFrame:
    table = select(store, area, force)
    keys = ["month", "force", "category"]
    if names_codes(area):
        keys.append("lsoa_code")
    grouped = table.group_by(*keys).aggregate(incidents=table.incidents.sum().cast("int64"))
    return frame(grouped, keys)


def _forces_of(table: Table) -> list[str]:
    from bcsp_analysis.sources import engines

    by_force = table.group_by("force").aggregate(incidents=table.incidents.sum())
    found = engines.evaluate(by_force).to_pydict()
    total = sum(found["incidents"])
    pairs = zip(found["force"], found["incidents"], strict=True)
    return [name for name, incidents in pairs if incidents >= MAIN_SHARE * total]


def _unknown_area(store: Store, area: Area) -> DataError:
    if isinstance(area, str) and not AREA_CODE.fullmatch(area):
        return unknown("no such area in the store", area, sorted(set(areas(store)["district"])))
    return DataError(
        "no such area in the store",
        found=str(area)[:200],
        expected="a code of a small area in which there was an incident",
        hint="`bcsp ingest` files of the force that covers it",
    )
