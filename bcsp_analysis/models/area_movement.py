"""How alike areas move from month to month, and their rolling years on a common base."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bcsp_analysis.models import intervals, monthly
from bcsp_analysis.periods import Month, Span

FEWEST_MONTHS = 24
FEWEST_FREE = 6
YEAR = 12
TOGETHER = "the others together"
CITATION = (
    "Fisher (1921), Metron 1, 3-32 (interval of a correlation); Bartlett (1935), Journal of the"
    " Royal Statistical Society 98, 536-543 (correlation of series that fade)"
)


@dataclass(frozen=True)
class Movement:
    """Likeness of month-to-month movement.

    Attributes
    ----------
    table : DataFrame
        Index area, the others by name: ``correlation`` of deseasonalised, detrended logarithms of
        the counts per day with the area's own, ``low``, ``high`` (Fisher's z, months made fewer
        where swings last), ``months`` (int, in common).
    together, together_low, together_high : float
        The same with the mean movement of all others that hold the area's own months; of one
        other, its own. Not a number where none holds enough of them.
    together_n : int
        Areas in that mean.
    share_above : float
        Share of the others whose interval lies above zero.
    rolling : DataFrame
        Totals of twelve months to each month, the first month that all hold as 100; index of month
        starts, one column an area, the area itself first. Empty without such months.
    n : int
        Months of the area's own that were used.
    period : Span
    level : float
    """

    table: pd.DataFrame
    together: float
    together_low: float
    together_high: float
    together_n: int
    share_above: float
    rolling: pd.DataFrame
    n: int
    period: Span
    level: float
    method: str = (
        "logarithm of the count per day less calendar month and smooth trend, correlated over the"
        " months in common"
    )
    citation: str = CITATION


def movement(
    series: Mapping[str, pd.Series],
    own: str,
    *,
    faulty: Mapping[str, tuple[Month, ...]],
    level: float = 0.95,
) -> Movement | None:
    """Likeness of the area's months with those of every other; None without any.

    Steps of recording are left in: they are movement like any other, and where all areas share one
    it is common.

    Parameters
    ----------
    series : mapping of area to Series
        Checked monthly counts.
    faulty : mapping of area to tuple of Month
        Months to leave out of each.
    """
    moves = {
        name: found
        for name, counts in series.items()
        if (found := _moves(counts, faulty.get(name, ()))) is not None
    }
    if own not in moves or len(moves) < 2:
        return None
    here, used = moves.pop(own)
    rows = {
        name: row
        for name, (there, columns) in moves.items()
        if (row := correlation(here, there, max(used, columns), level)) is not None
    }
    if not rows:
        return None
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("area")
    whole = [moves[n][0] for n in rows if here.index.isin(moves[n][0].index).all()]
    together = None
    if whole:
        average = pd.concat(whole, axis=1).mean(axis=1)
        together = correlation(here, average, used, level)
    together = together or {"correlation": math.nan, "low": math.nan, "high": math.nan}
    return Movement(
        table=table.astype({"months": "int64"}),
        together=together["correlation"],
        together_low=together["low"],
        together_high=together["high"],
        together_n=len(whole),
        share_above=float((table["low"] > 0).mean()),
        rolling=rolling(series, faulty),
        n=len(here),
        period=monthly.period_of(here.index),
        level=level,
    )


def rolling(
    series: Mapping[str, pd.Series], faulty: Mapping[str, tuple[Month, ...]]
) -> pd.DataFrame:
    """Totals of twelve months without a faulty one on a common base, see `Movement`."""
    totals = {}
    for name, counts in series.items():
        held = counts.to_numpy(dtype="float64", copy=True)
        held[~_sound(counts, faulty.get(name, ()))] = np.nan
        totals[name] = pd.Series(held, index=counts.index).rolling(YEAR).sum()
    table = pd.DataFrame(totals)
    shared = table[(table > 0).all(axis=1)]
    if shared.empty:
        return table.iloc[:0]
    return 100 * table.loc[shared.index[0] :] / shared.iloc[0]


def _sound(counts: pd.Series, faulty: tuple[Month, ...]) -> np.ndarray:
    """Which months are not faulty, bool."""
    wrong = {str(month) for month in faulty}
    return ~np.isin(pd.DatetimeIndex(counts.index).strftime("%Y-%m"), list(wrong))


def _moves(counts: pd.Series, faulty: tuple[Month, ...]) -> tuple[pd.Series, int] | None:
    """What is left of the logarithms without season and trend, and how many columns took it out."""
    used = counts[_sound(counts, faulty)]
    if len(used) < FEWEST_MONTHS:
        return None
    columns = monthly.design(used.index).to_numpy()
    if len(used) - columns.shape[1] < FEWEST_FREE:
        return None
    # Half an incident more, so that a month without any has a logarithm.
    logs = np.log((used.to_numpy() + 0.5) / monthly.days_in(used.index))
    fitted = columns @ np.linalg.lstsq(columns, logs, rcond=None)[0]
    left = pd.Series(logs - fitted, index=used.index)
    return (left, columns.shape[1]) if left.std() > 1e-9 else None


def correlation(
    one: pd.Series, other: pd.Series, columns: int, level: float
) -> dict[str, float] | None:
    """Correlation of two series over the months in common; None with too few.

    Fisher's z, the months made fewer by the `columns` that were taken out of the series, and where
    both fade from month to month (Bartlett's factor).

    Returns
    -------
    dict or None
        ``correlation``, ``low``, ``high`` at `level`, ``months``.
    """
    both = pd.concat([one, other], axis=1, join="inner")
    if len(both) < FEWEST_MONTHS or len(both) - columns < FEWEST_FREE:
        return None
    first, second = both.iloc[:, 0], both.iloc[:, 1]
    found = float(np.clip(np.corrcoef(first, second)[0, 1], -1 + 1e-9, 1 - 1e-9))
    fades = max(0.0, _lag_one(first) * _lag_one(second))
    free = (len(both) - columns) * (1 - fades) / (1 + fades)
    reach = intervals.quantile(1 - (1 - level) / 2, math.inf) / math.sqrt(max(free - 2, 1.0))
    z = math.atanh(found)
    return {
        "correlation": found,
        "low": math.tanh(z - reach),
        "high": math.tanh(z + reach),
        "months": len(both),
    }


def _lag_one(values: pd.Series) -> float:
    """Correlation of one value with the next, over neighbours in the index."""
    centred = values.to_numpy() - values.mean()
    return float(centred[1:] @ centred[:-1] / (centred @ centred))
