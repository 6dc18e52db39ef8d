"""Incidents by area and month: one complete table, its windows, and larger areas made of smaller.

The table that every function of this package takes has one row an area (index ``area``, str,
unique) and one column a month (DatetimeIndex, first days of months, without a gap); cells are whole
numbers of zero or more. An area without incidents is a row of zeros, not an absent row.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from bcsp_analysis.errors import DataError, DuplicateRowError, MissingMonthError, ModelError
from bcsp_analysis.periods import Month, Span

_NAMED = 5  # codes that an error lists


def monthly_counts(
    rows: pd.DataFrame,
    *,
    areas: Iterable[str] | None = None,
    span: Span | None = None,
    area: str = "lsoa_code",
    count: str = "incidents",
) -> pd.DataFrame:
    """Make the complete table from tidy counts; a pair of area and month without a row is zero.

    Rows without a location (an empty code) are left out; `unlocated` counts them.

    Parameters
    ----------
    rows : DataFrame
        Incidents of one category, as `store.counts(by=("month", "lsoa_code"))` gives them: codes
        (str) in `area`, ``month`` (``"2023-04"``, Period or timestamp), whole numbers in `count`;
        one row for each pair.
    areas : iterable of str, optional
        All areas of the place, in the order wanted; those of `rows`, sorted, where it is left out.
    span : Span, optional
        Months that are known to be complete: one without a row has no incident, months outside are
        left out. Where no span is given, every month from the first to the last must have a row.
    area, count : str
        Names of the columns.

    Raises
    ------
    DataError
        Columns missing, no row with a location, a row of an area that `areas` does not hold, a
        count that is not a whole number of zero or more.
    DuplicateRowError
        A pair of area and month twice.
    MissingMonthError
        No span, and a month between the first and the last without any row.
    """
    absent = [name for name in (area, "month", count) if name not in rows.columns]
    placed = rows if absent else rows[rows[area].astype("str") != ""]
    if absent or placed.empty:
        raise DataError(
            "monthly counts that hold nothing to count",
            found=f"no column {', '.join(absent)}" if absent else "no row with a location",
            expected=f"rows with the columns {area}, month and {count}",
        )
    data = pd.DataFrame(
        {
            "area": placed[area].astype("str").to_numpy(),
            "month": _months(placed["month"]),
            "count": _whole(placed[count]),
        }
    )
    twice = data[data.duplicated(["area", "month"])]
    if len(twice):
        row = twice.iloc[0]
        raise DuplicateRowError(
            "an area twice in one month", found=f"{row['area']}, {row['month']:%Y-%m}"
        )
    months = _wanted(pd.DatetimeIndex(data["month"]), span)
    data = data[data["month"].isin(months)]
    place, held = pd.factorize(data["area"].to_numpy(), sort=True)
    cells = np.zeros((len(held), len(months)), dtype="int64")
    cells[place, months.get_indexer(pd.DatetimeIndex(data["month"]))] = data["count"].to_numpy()
    table = pd.DataFrame(cells, index=pd.Index(held, dtype="str"), columns=months)
    if areas is not None:
        table = _all_areas(table, list(dict.fromkeys(areas)))
    return table.rename_axis(index="area", columns="month")


def unlocated(
    rows: pd.DataFrame,
    span: Span,
    *,
    area: str = "lsoa_code",
    count: str = "incidents",
) -> int:
    """Incidents of the span that have no location, and so are in no area."""
    without = rows[rows[area].astype("str") == ""]
    months = _months(without["month"])
    first, last = pd.Timestamp(span.first.start), pd.Timestamp(span.last.start)
    inside = (months >= first) & (months <= last)
    return int(_whole(without[count])[inside].sum())


def check_counts(counts: pd.DataFrame, *, months: int = 1, what_for: str) -> pd.DataFrame:
    """The table, checked.

    Raises
    ------
    ModelError
        No area, an area twice, cells that are no counts, no incident at all, or fewer than `months`
        months.
    MissingMonthError
        Columns that are not consecutive months.
    """
    problems = [
        (counts.empty, "an empty table", "a row for each area, a column for each month"),
        (not counts.index.is_unique, "an area twice", "each area once"),
        (counts.shape[1] < months, f"{counts.shape[1]} months", f"{months} or more"),
    ]
    for wrong, found, expected in problems:
        if wrong:
            raise ModelError(
                f"counts by area cannot be used for {what_for}", found=found, expected=expected
            )
    values = counts.to_numpy("float64", na_value=np.nan)
    if not (np.isfinite(values).all() and (values >= 0).all() and (values % 1 == 0).all()):
        raise ModelError(
            f"counts by area cannot be used for {what_for}",
            found="cells that are missing, below zero or no whole numbers",
            expected="whole numbers of zero or more; an area without incidents has zeros",
        )
    if not values.any():
        raise ModelError(f"{what_for} without a single incident", found=f"{len(counts)} areas")
    _check_months(pd.DatetimeIndex(counts.columns))
    return counts.astype("int64")


def window(counts: pd.DataFrame, months: int) -> pd.Series:
    """Incidents by area in the last `months` months: int64, named ``count``."""
    return counts.iloc[:, -months:].sum(axis=1).astype("int64").rename("count")


def span_of(counts: pd.DataFrame, months: int | None = None) -> Span:
    """Months of the table, or its last `months`."""
    columns = pd.DatetimeIndex(counts.columns)[-(months or counts.shape[1]) :]
    first, last = columns[0], columns[-1]
    return Span(Month(first.year, first.month), Month(last.year, last.month))


def larger_areas(table: pd.DataFrame, lookup: pd.Series) -> pd.DataFrame:
    """Sums for the areas that `lookup` names: LSOAs to wards, also of denominators.

    Parameters
    ----------
    table : DataFrame
        Index ``area``: the counts, or denominators such as residents, one column each.
    lookup : Series
        The larger area (str) of each area; index ``area``.

    Returns
    -------
    DataFrame
        Index ``area`` (the larger ones, sorted), columns as in `table`; missing where a part is.

    Raises
    ------
    DataError
        An area of the table without a larger one, or twice in the lookup.
    """
    if not lookup.index.is_unique:
        raise DuplicateRowError(
            "an area twice in the lookup", found=str(lookup.index[lookup.index.duplicated()][0])
        )
    larger = lookup.reindex(table.index)
    unknown = [str(area) for area in table.index[larger.isna()]]
    if unknown:
        raise DataError(
            "areas that the lookup does not know",
            found=f"{len(unknown)} of {len(table)}: {_some(unknown)}",
            expected="every area of the counts",
            hint="use a lookup of the same vintage of areas (2011 or 2021)",
        )
    groups = table.groupby(larger.to_numpy(), sort=True)
    sums = groups.sum(min_count=1).where(groups.count().eq(groups.size(), axis=0))
    if (table.dtypes == "int64").all():
        sums = sums.astype("int64")
    return sums.rename_axis("area")


def _months(months: pd.Series) -> pd.DatetimeIndex:
    try:
        if isinstance(months.dtype, pd.PeriodDtype):
            stamps = pd.DatetimeIndex(months.dt.to_timestamp())
        elif pd.api.types.is_datetime64_any_dtype(months):
            stamps = pd.DatetimeIndex(months)
        else:
            stamps = pd.DatetimeIndex(pd.to_datetime(months.astype("str"), format="%Y-%m"))
    except ValueError as problem:
        raise DataError(
            "months that cannot be read", found=str(problem), expected='text such as "2023-04"'
        ) from problem
    if stamps.hasnans:
        raise DataError("a row without a month", expected='text such as "2023-04"')
    return stamps.to_period("M").to_timestamp()


def _whole(counts: pd.Series) -> np.ndarray:
    values = pd.to_numeric(counts, errors="coerce").to_numpy("float64", na_value=np.nan)
    wrong = ~np.isfinite(values) | (values < 0) | (values % 1 != 0)
    if wrong.any():
        raise DataError(
            "a count that is none",
            where=f"row {int(wrong.argmax()) + 1}",
            found=str(counts.iloc[int(wrong.argmax())]),
            expected="a whole number of zero or more",
        )
    return values.astype("int64")


def _wanted(months: pd.DatetimeIndex, span: Span | None) -> pd.DatetimeIndex:
    """Months of the table: those of the span, or all from the first to the last."""
    if span is not None:
        return pd.date_range(span.first.start, span.last.start, freq="MS")
    held = months.unique().sort_values()
    _check_months(held)
    return pd.date_range(held[0], held[-1], freq="MS")


def _check_months(months: pd.DatetimeIndex) -> None:
    """MissingMonthError where months are no consecutive first days."""
    wanted = pd.date_range(months[0].replace(day=1), months[-1], freq="MS")
    if len(months) == len(wanted) and (months == wanted).all():
        return
    gaps = [f"{month:%Y-%m}" for month in wanted.difference(months)]
    raise MissingMonthError(
        "months without any incident in any area, or months that are not in order",
        found=f"missing: {_some(gaps)}" if gaps else "a month twice, or no first day of a month",
        expected=f"every month from {months[0]:%Y-%m} to {months[-1]:%Y-%m}",
        hint="load the missing months, or give the span that is known to be complete: an area"
        " without incidents needs no row, a month does",
    )


def _all_areas(table: pd.DataFrame, areas: list[str]) -> pd.DataFrame:
    wanted = set(areas)
    strangers = [str(area) for area in table.index if area not in wanted]
    if strangers:
        raise DataError(
            "incidents in areas that the list of areas does not hold",
            found=f"{len(strangers)} areas: {_some(strangers)}",
            expected=f"one of the {len(areas)} areas of the place",
            hint="leave out other places before counting, and use one vintage of areas",
        )
    return table.reindex(areas, fill_value=0)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
