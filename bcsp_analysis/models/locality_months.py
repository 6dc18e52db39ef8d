"""Monthly counts of localities as they may be shown: small ones as a band, nothing to give back.

Everything that is said of a locality is worked out from what is shown of it, never from the counts
themselves. So no total, change, share, chart or interval can tell more than the months do, and
none is left to be subtracted from another, whichever editions are laid side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import monthly

YEAR = 12  # months
MOST_SMALL = 6  # small months of a year; with more of them a locality is not shown at all
_STEPS = 50  # of the estimate within bands; it has settled long before
CITATION = (
    "bands and partners: Willenborg and de Waal (2001), Elements of Statistical Disclosure Control,"
    " chapters 4 and 6; counts within bands: Dempster, Laird and Rubin (1977), Journal of the Royal"
    " Statistical Society B 39, 1-38"
)


@dataclass(frozen=True)
class ShownMonths:
    """What may be shown of the monthly counts of all localities.

    Attributes
    ----------
    low, high : DataFrame
        Index ``area``, one column a month, int64: the band in which the count lies; the count
        itself where both are equal.
    estimate, variance : DataFrame
        float64: expected count within the band and its variance, for a Poisson count with the
        locality's own mean month; the count itself, and 0, where it is shown.
    hidden : frozenset of str
        Localities of which nothing is shown.
    whole : Series
        Incidents of all localities together by month, int64; they are published.
    suppress_below : int
    """

    low: pd.DataFrame
    high: pd.DataFrame
    estimate: pd.DataFrame
    variance: pd.DataFrame
    hidden: frozenset[str]
    whole: pd.Series
    suppress_below: int


def check_counts(counts: pd.DataFrame, *, at_least: int = 2 * YEAR) -> pd.DataFrame:
    """Counts that localities can be judged by, int64, in the order of their codes.

    Raises
    ------
    ModelError
        No locality, one of them twice, months missing or too few, a count that is negative,
        missing or not whole, or no incident at all.
    """
    question = "a page of a locality"
    if not len(counts) or not counts.index.is_unique:
        raise ModelError(
            f"{question} needs every locality once",
            found=f"{len(counts)} rows, {counts.index.nunique()} codes",
        )
    values = counts.to_numpy("float64")
    if not np.isfinite(values).all() or (values < 0).any() or (values % 1 != 0).any():
        raise ModelError(f"{question} needs whole counts of zero or more")
    whole = pd.Series(values.sum(axis=0), index=counts.columns, name="all localities")
    monthly.check_series(whole, at_least=at_least, what_for=question)
    if not whole.sum():
        raise ModelError(f"{question} without a single incident", found="zeros only")
    table = counts.astype("int64").set_axis(counts.index.astype("str"), axis=0)
    return table.sort_index().rename_axis(index="area", columns="month")


def as_shown(
    counts: pd.DataFrame, suppress_below: int, *, groupings: Sequence[pd.Series] = ()
) -> ShownMonths:
    """Put small counts, and what would give them back, into bands.

    A month below `suppress_below` is shown as a band from zero to one less ("fewer than 5"). Where
    the published total less the other localities would leave a single value for it, the locality
    with the most incidents of that month is shown as a band as well: of the same width, beginning
    at a multiple of it ("145 to 149"). What must not be given back is every month that is small,
    and every month of a locality that is not shown at all, because more than six months of one of
    the last two years are small. Small months find their partners first and by their own month
    alone, so that an edition of another time does the same to the same counts.

    What is promised: for every month and every published total, more than one value of each such
    count agrees with all that is printed, unless everything in that total is a band. It is not
    promised against somebody who replays the choice of the partners, nor where counts of a month
    are published anew after a revision, nor where another page prints totals of the same
    localities from the counts themselves. A total whose localities are all bands is for the caller
    to hide.

    Parameters
    ----------
    counts : DataFrame
        Index ``area``, all localities of the whole; one column a month.
    suppress_below : int
        The edition's threshold; 0 or 1 shows everything.
    groupings : sequence of Series
        Index ``area``: the larger area of each locality, where totals of these are published too.

    Raises
    ------
    ModelError
        As `check_counts`; a grouping that lacks a locality.
    """
    table = check_counts(counts)
    values = table.to_numpy()
    width = max(1, suppress_below)
    small = values < width if width > 1 else np.zeros(values.shape, bool)
    members = _members(table.index, groupings)
    banded = _with_partners(values, small, small, members, width)
    last_years = (small[:, -YEAR:], small[:, -2 * YEAR : -YEAR])
    out = np.any([year.sum(axis=1) > MOST_SMALL for year in last_years], axis=0)
    guarded = small | out[:, None]
    banded = _with_partners(values, banded | guarded, guarded, members, width)
    low = np.where(banded, values // width * width, values)
    estimate, variance = _within(low, banded, width)

    def framed(cells: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(cells, index=table.index, columns=table.columns)

    return ShownMonths(
        low=framed(low),
        high=framed(np.where(banded, low + width - 1, values)),
        estimate=framed(estimate),
        variance=framed(variance),
        hidden=frozenset(str(area) for area in table.index[out]),
        whole=table.sum().rename("all localities"),
        suppress_below=suppress_below,
    )


def _members(areas: pd.Index, groupings: Sequence[pd.Series]) -> list[np.ndarray]:
    """Places of the localities in each published total: the whole, then each larger area."""
    found = [np.arange(len(areas))]
    for grouping in groupings:
        belongs = grouping.reindex(areas)
        if belongs.isna().any():
            raise ModelError(
                "a locality without the larger area whose total is published",
                found=str(belongs.index[belongs.isna()][0]),
            )
        found += [np.flatnonzero(belongs == larger) for larger in belongs.unique()]
    return found


def _with_partners(
    values: np.ndarray,
    banded: np.ndarray,
    guarded: np.ndarray,
    members: list[np.ndarray],
    width: int,
) -> np.ndarray:
    """The cells shown as bands, with the largest others beside them where one alone would show."""
    out = banded.copy()
    for month in np.flatnonzero(guarded.any(axis=0)):
        column, shown_as = values[:, month], out[:, month]
        while True:
            added = [_add_partner(column, shown_as, guarded[:, month], m, width) for m in members]
            if not any(added):
                break
    return out


def _add_partner(
    column: np.ndarray,
    banded: np.ndarray,
    guarded: np.ndarray,
    members: np.ndarray,
    width: int,
) -> bool:
    """Band the largest shown count of a total that would give a guarded one back."""
    bands = members[banded[members]]
    spare = members[~banded[members]]
    # What is known of the bands is the sum of what each holds above its lower end; at either end
    # of what that can be, all of them are known.
    above = (column[bands] % width).sum()
    safe = len(bands) > 1 and 0 < above < len(bands) * (width - 1)
    if safe or not len(spare) or not guarded[bands].any():
        return False
    banded[spare[np.argmax(column[spare])]] = True
    return True


def _within(low: np.ndarray, banded: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Expectation and variance of each count within its band, for its locality's mean month.

    The mean is that of maximum likelihood for Poisson counts known by bands: it equals the mean of
    the expectations that it gives rise to.
    """
    from scipy import special

    estimate, variance = low.astype("float64"), np.zeros(low.shape)
    offsets = np.arange(width)
    for row in np.flatnonzero(banded.any(axis=1)):
        cells = banded[row]
        held = low[row, cells][:, None] + offsets
        estimate[row, cells] = held.mean(axis=1)
        for _ in range(_STEPS):
            mean = max(estimate[row].mean(), 1e-9)
            weights = special.softmax(held * np.log(mean) - special.gammaln(held + 1), axis=1)
            estimate[row, cells] = (weights * held).sum(axis=1)
        apart = held - estimate[row, cells][:, None]
        variance[row, cells] = (weights * apart**2).sum(axis=1)
    return estimate, variance
