"""A statement such as "highly likely to rise from April to August", scored as a probability claim.

Three ways to count, from the plainest to the one that uses most of the data: years in which those
months together lay above the others; single months above the trend of their time; and the
probability that the fitted model gives to a single such month in a coming year.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from bcsp_analysis.models import monthly
from bcsp_analysis.periods import Span

CITATION = (
    "Clopper and Pearson (1934), Biometrika 26, 404-413; Professional Head of Intelligence"
    " Assessment, Probability Yardstick (2025)"
)


class StatementVerdict(StrEnum):
    """What the data say about the statement."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNDECIDED = "cannot be decided"


@dataclass(frozen=True)
class StatementResult:
    """The statement that each of `months` is likely, as likely as `yardstick`, to lie above trend.

    Attributes
    ----------
    months : tuple of int
        Calendar months, 1 to 12.
    yardstick : (float, float)
        Range of probability that the words stand for.
    ratio, low, high : float
        Rate per day in those months over that in the others (geometric means), with interval.
    p_value : float
        Two-sided, for no difference.
    by_month : DataFrame
        Index month; columns ``years``, ``above`` (int: of those, how many lay above the trend),
        ``share``, ``low``, ``high`` (float), ``probability`` (float: model).
    month_years, above : int
        Single months counted, and those above the trend of their time.
    share, share_low, share_high : float
        Their share with its Clopper-Pearson interval, which takes months as independent.
    own_year_month_years, above_own_year : int
        The same against the plain mean of their own twelve months, trend and all; complete years
        only, counted from the first month of the series.
    years, years_agreeing : int
        Complete years, and those in which the months' mean rate lay above that of the others.
    years_share_low : float
        One-sided 95% lower bound of the share of such years.
    probability, probability_low, probability_high : float
        Model: that a single such month in a year like the last lies above its trend, averaged over
        the months; interval from the uncertainty of the month effects.
    bound_if_all_agree : float
        The most that counting this many years could ever show (one-sided 95%).
    years_needed : int
        Years, all in agreement, before counting alone could show the lower end of the yardstick.
    verdict : StatementVerdict
        Holds where the whole interval of the model's probability reaches the lower end of the
        yardstick; does not hold where neither that interval nor the one of the counted share
        reaches it; else undecided.
    level : float
    n : int
        Months that the model was fitted to.
    period : Span
        From the first to the last of them.
    method, citation : str
    """

    months: tuple[int, ...]
    yardstick: tuple[float, float]
    ratio: float
    low: float
    high: float
    p_value: float
    by_month: pd.DataFrame
    month_years: int
    above: int
    share: float
    share_low: float
    share_high: float
    own_year_month_years: int
    above_own_year: int
    years: int
    years_agreeing: int
    years_share_low: float
    probability: float
    probability_low: float
    probability_high: float
    bound_if_all_agree: float
    years_needed: int
    verdict: StatementVerdict
    level: float
    n: int
    period: Span
    method: str = (
        "contrast of month effects per day; share of single months above the trend; probability of"
        " a single month above its trend from the month effects and the month-to-month noise"
    )
    citation: str = CITATION


@dataclass(frozen=True)
class SeasonEstimates:
    """What the statement is scored on.

    Attributes
    ----------
    effects, covariance : Series, DataFrame
        Month effects on the log scale, index 1..12, and their covariance.
    draws : ndarray, shape (n, 12)
        Plausible month effects.
    df : float
        Residual degrees of freedom.
    noise : float
        Standard deviation of a single month about its expectation, log scale, at present levels.
    above_trend : Series of bool
        For every month used: whether its rate lay above the trend of its time.
    per_day_years : DataFrame
        Rates per day of complete years, one a row, columns 1..12.
    """

    effects: pd.Series
    covariance: pd.DataFrame
    draws: np.ndarray
    df: float
    noise: float
    above_trend: pd.Series
    per_day_years: pd.DataFrame


def bound_if_all_agree(years: int, *, confidence: float = 0.95) -> float:
    """One-sided lower bound of a share when all of `years` agree: (1 - confidence)^(1/years)."""
    return (1 - confidence) ** (1 / years) if years else 0.0


def years_needed(share: float, *, confidence: float = 0.95) -> int:
    """Years that must all agree before that bound reaches `share`."""
    return math.ceil(math.log(1 - confidence) / math.log(share) - 1e-12)


def clopper_pearson(hits: int, of: int, level: float) -> tuple[float, float]:
    """Exact two-sided interval of a share; 0 to 1 where nothing was counted."""
    from scipy import stats

    if of == 0:
        return 0.0, 1.0
    limits = stats.binomtest(hits, of).proportion_ci(level, method="exact")
    return float(limits.low), float(limits.high)


def score(
    estimates: SeasonEstimates,
    months: Sequence[int],
    *,
    yardstick: tuple[float, float],
    level: float,
) -> StatementResult:
    """Score the statement for `months` (see `StatementResult`)."""
    from scipy import stats

    chosen = tuple(sorted(set(months)))
    others = [month for month in range(1, 13) if month not in chosen]
    weights = pd.Series(0.0, index=range(1, 13))
    weights.loc[list(chosen)] = 1 / len(chosen)
    weights.loc[others] = -1 / len(others)
    vector = weights.to_numpy()
    contrast = float(vector @ estimates.effects.to_numpy())
    se = math.sqrt(float(vector @ estimates.covariance.to_numpy() @ vector))
    reach = float(stats.t.ppf(1 - (1 - level) / 2, estimates.df)) * se

    by_month = _by_month(estimates, chosen, level)
    counted, above = int(by_month["years"].sum()), int(by_month["above"].sum())
    share_low, share_high = clopper_pearson(above, counted, level)

    rates = estimates.per_day_years
    agreeing = int((rates[list(chosen)].mean(axis=1) > rates[others].mean(axis=1)).sum())
    own = rates[list(chosen)].gt(rates.mean(axis=1), axis=0)

    in_months = _probability_above(
        estimates.draws[:, [month - 1 for month in chosen]], estimates.noise
    ).mean(axis=1)
    tail = (1 - level) / 2
    low, high = (float(q) for q in np.quantile(in_months, [tail, 1 - tail]))
    return StatementResult(
        months=chosen,
        yardstick=yardstick,
        ratio=math.exp(contrast),
        low=math.exp(contrast - reach),
        high=math.exp(contrast + reach),
        p_value=float(2 * stats.t.sf(abs(contrast) / se, estimates.df)),
        by_month=by_month,
        month_years=counted,
        above=above,
        share=above / counted,
        share_low=share_low,
        share_high=share_high,
        own_year_month_years=int(own.size),
        above_own_year=int(own.to_numpy().sum()),
        years=len(rates),
        years_agreeing=agreeing,
        years_share_low=_lower_bound(agreeing, len(rates)),
        probability=float(in_months.mean()),
        probability_low=low,
        probability_high=high,
        bound_if_all_agree=bound_if_all_agree(len(rates)),
        years_needed=years_needed(yardstick[0]),
        verdict=_verdict(low, max(high, share_high), yardstick[0]),
        level=level,
        n=len(estimates.above_trend),
        period=monthly.period_of(pd.DatetimeIndex(estimates.above_trend.index)),
    )


def _verdict(low: float, high: float, needed: float) -> StatementVerdict:
    if low >= needed:
        return StatementVerdict.HOLDS
    return StatementVerdict.FAILS if high < needed else StatementVerdict.UNDECIDED


def _by_month(estimates: SeasonEstimates, months: Sequence[int], level: float) -> pd.DataFrame:
    calendar = np.asarray(pd.DatetimeIndex(estimates.above_trend.index).month)
    rows = {}
    for month in months:
        flags = estimates.above_trend.to_numpy()[calendar == month]
        low, high = clopper_pearson(int(flags.sum()), len(flags), level)
        probability = _probability_above(estimates.draws[:, month - 1], estimates.noise).mean()
        rows[month] = (
            len(flags),
            int(flags.sum()),
            float(flags.mean()) if len(flags) else float("nan"),
            low,
            high,
            float(probability),
        )
    columns = ["years", "above", "share", "low", "high", "probability"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename_axis("month")


def _probability_above(effects: np.ndarray, noise: float) -> np.ndarray:
    from scipy import stats

    return np.asarray(stats.norm.cdf(effects / noise))


def _lower_bound(hits: int, of: int) -> float:
    from scipy import stats

    return float(stats.beta.ppf(0.05, hits, of - hits + 1)) if hits else 0.0
