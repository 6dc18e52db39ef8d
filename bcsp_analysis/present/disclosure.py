"""Which measures and areas have counts so small that computed pages do not show them."""

from __future__ import annotations

import pandas as pd

SHORTHAND = "[c]"  # confidential, as official statistics in spreadsheets write it


def hidden_measures(counts: pd.DataFrame, suppress_below: int) -> frozenset[str]:
    """Measures of which no count is shown.

    A count from 1 up to, not including, `suppress_below` is small. Quarters, years to date and
    implied quarters of a row give each other back by subtraction, so one small count hides the
    whole row.

    Parameters
    ----------
    counts : DataFrame
        Numeric, index measure_id; every column that is printed or implied.
    suppress_below : int
        The edition's threshold; 0 or 1 shows everything.
    """
    small = (counts > 0) & (counts < suppress_below)
    return frozenset(str(name) for name in counts.index[small.fillna(False).any(axis=1)])


def hidden_areas(
    counts: pd.DataFrame | pd.Series, suppress_below: int, groups: pd.Series | None = None
) -> frozenset[str]:
    """Areas of which no figure is shown, where the total of all areas or of each group is.

    Primary: areas with a count from 1 up to, not including, `suppress_below`. Secondary: where the
    total less what is shown would give a hidden count back, the area with the fewest incidents of
    those still shown is hidden as well, and so on: there is nothing to give back while two or more
    are hidden whose counts add up to the threshold or more, and are not all as small or all as
    large as small counts can be.

    Rates, intervals and ranks of a hidden area are hidden with it: they give the count away. The
    total of a group is for the caller to hide where all its areas are.

    Parameters
    ----------
    counts : DataFrame or Series
        Numeric, index area; every column that is printed with its total.
    suppress_below : int
        The edition's threshold; 0 or 1 shows everything.
    groups : Series, optional
        The larger area of each area, where totals of these are printed; one group where left out.
    """
    table = counts.to_frame() if isinstance(counts, pd.Series) else counts
    belongs = pd.Series("", index=table.index) if groups is None else groups.reindex(table.index)
    small = ((table > 0) & (table < suppress_below)).fillna(False).any(axis=1)
    hidden: set[str] = set()
    for _, group in table.groupby(belongs, sort=False, dropna=False):
        hidden |= _hidden_in_group(group, small.loc[group.index], suppress_below)
    return frozenset(hidden)


def _hidden_in_group(group: pd.DataFrame, small: pd.Series, suppress_below: int) -> set[str]:
    out = small.copy()
    order = group[~small].sum(axis=1)
    order = order[order.sort_values(kind="stable").index]
    spare = [*order[order > 0].index, *order[order == 0].index]
    while spare and not all(
        _kept(group.loc[out, name], small[out], suppress_below) for name in group.columns
    ):
        out[spare.pop(0)] = True
    return {str(area) for area in group.index[out]}


def _kept(hidden: pd.Series, primary: pd.Series, suppress_below: int) -> bool:
    """Whether the sum of these hidden counts gives none of them back."""
    small = hidden[(hidden > 0) & (hidden < suppress_below)]
    if small.empty:
        return True
    ends = len(hidden), len(hidden) * (suppress_below - 1)
    at_an_end = bool(primary.all()) and hidden.sum() in ends
    return len(hidden) > 1 and hidden.sum() >= suppress_below and not at_an_end
