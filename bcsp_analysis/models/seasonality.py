"""Seasonality of a monthly series: is there one, when, how much, and what may be said of it.

Month length comes first: everything is per day. Then a quasi-Poisson model with trend, calendar
month and steps at recording changes gives an index for each month with its interval; tests decide
whether there is a season to speak of; STL stands beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import (
    identifiable,
    intervals,
    monthly,
    season_statement,
    season_tests,
)
from bcsp_analysis.models.dispersion import Dispersion
from bcsp_analysis.models.identifiable import Identifiable, IdentifiableSeason
from bcsp_analysis.models.season_model import DRAWS, SEED, Peak, SeasonModel
from bcsp_analysis.models.season_statement import (
    SeasonEstimates,
    StatementResult,
    StatementVerdict,
)
from bcsp_analysis.models.season_tests import Presence, PresenceResult
from bcsp_analysis.periods import Month, Span

__all__ = [
    "ChangeParts",
    "Identifiable",
    "IdentifiableSeason",
    "Peak",
    "Presence",
    "SeasonalityResult",
    "Sensitivity",
    "StatementVerdict",
    "analyse",
    "decompose",
]

SHORTEST_HISTORY = 24
APRIL_TO_AUGUST = (4, 5, 6, 7, 8)
HIGHLY_LIKELY = (0.80, 0.90)
CITATION = (
    "McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., chapter 6; simultaneous"
    " intervals: Hothorn, Bretz and Westfall (2008), Biometrical Journal 50, 346-363"
)


@dataclass(frozen=True)
class Sensitivity:
    """The same analysis without some months.

    excluded : tuple of Month
    indices : DataFrame
        As in `SeasonalityResult`.
    presence : PresenceResult
    statement : StatementResult
    peak : Peak
    n : int
    identifiable : IdentifiableSeason or None
    """

    excluded: tuple[Month, ...]
    indices: pd.DataFrame
    presence: PresenceResult
    statement: StatementResult
    peak: Peak
    n: int
    identifiable: IdentifiableSeason | None = None


@dataclass(frozen=True)
class SeasonalityResult:
    """Seasonality of one series.

    Attributes
    ----------
    name : str
    n : int
        Months used.
    years : float
        Twelfths of them.
    period : Span
    breaks, excluded : tuple of Month
        Steps that entered the model, and months left out of it.
    indices : DataFrame
        Index ``month`` 1..12; float64 columns ``index`` (rate per day over the geometric mean of
        the twelve), ``low``, ``high`` (each month for itself), ``low_all``, ``high_all`` (all
        twelve at once), ``above`` (probability of lying above the mean), ``peak``, ``trough``
        (probability of being the largest, the smallest) and ``stl`` (STL's index, no interval).
    presence : PresenceResult
    strength, strength_by_chance : float
        Of STL, 0 to 1, and what white noise of the same length exceeds once in twenty.
    peak : Peak
    adjusted : Series
        Incidents in a month of mean length without the season, every month of the series.
    per_day, trend : Series
        Incidents per day as recorded, every month; as the trend and steps alone expect, months
        used.
    statement : StatementResult
    steps : DataFrame
        One row a step that entered: ``ratio``, ``low``, ``high``; index Month as ISO text.
    dispersion, autocorrelation : float
        Of single months (Pearson), and of one month's residual with the next.
    effects, effect_covariance : Series, DataFrame
        Month effects on the log scale and their covariance, index 1..12.
    df : float
    sensitivity : Sensitivity or None
        Without the months given as `faulty`.
    level : float
    seed, draws : int
    method, citation : str
    identifiable : IdentifiableSeason or None
        X-11's tests, M7 and the combined test, beside `presence`, whose rule they do not enter;
        None below 36 months.
    estimates : SeasonEstimates or None
        What the statement was scored on.
    """

    name: str
    n: int
    years: float
    period: Span
    breaks: tuple[Month, ...]
    excluded: tuple[Month, ...]
    indices: pd.DataFrame
    presence: PresenceResult
    strength: float
    strength_by_chance: float
    peak: Peak
    adjusted: pd.Series
    per_day: pd.Series
    trend: pd.Series
    statement: StatementResult
    steps: pd.DataFrame
    dispersion: float
    autocorrelation: float
    effects: pd.Series
    effect_covariance: pd.DataFrame
    df: float
    sensitivity: Sensitivity | None
    level: float
    seed: int = SEED
    draws: int = DRAWS
    method: str = (
        "quasi-Poisson regression on days, spline trend, calendar month (sum to zero) and steps;"
        " errors overdispersed and autocorrelated; Student's t"
    )
    citation: str = CITATION
    identifiable: IdentifiableSeason | None = None
    estimates: SeasonEstimates | None = None


@dataclass(frozen=True)
class ChangeParts:
    """A change between two spans of months taken apart; the parts multiply to the total.

    before, after : Span
    counts : (float, float)
    total : float
        After over before.
    calendar : float
        Days of the one over days of the other.
    season, season_low, season_high : float
        Usual season per day, with its interval.
    remainder, remainder_low, remainder_high : float
        What neither explains, with an interval that holds the uncertainty of the season and the
        overdispersed chance of both counts.
    """

    before: Span
    after: Span
    counts: tuple[float, float]
    total: float
    calendar: float
    season: float
    season_low: float
    season_high: float
    remainder: float
    remainder_low: float
    remainder_high: float
    dispersion: float
    dispersion_source: str
    level: float
    method: str = "count ratio = days ratio x season ratio x remainder, log scale"
    citation: str = CITATION

    @property
    def n(self) -> float:
        """Incidents of both counts."""
        return sum(self.counts)

    @property
    def period(self) -> Span:
        """From the first to the last month counted."""
        return Span(self.before.first, self.after.last)


def analyse(
    series: pd.Series,
    *,
    breaks: Iterable[Month] = (),
    exclude: Iterable[Month] = (),
    faulty: Iterable[Month] = (),
    months: Sequence[int] = APRIL_TO_AUGUST,
    yardstick: tuple[float, float] = HIGHLY_LIKELY,
    alpha: float = 0.05,
    level: float = 0.95,
) -> SeasonalityResult:
    """Analyse the seasonality of a monthly series.

    Parameters
    ----------
    series : Series
        Incidents a month, complete "MS" DatetimeIndex, at least 24 months (36 for a verdict).
    breaks : iterable of Month
        Recording changes; each enters as a step from that month on.
    exclude : iterable of Month
        Months left out of the main analysis.
    faulty : iterable of Month
        Months that a second run leaves out as well (`sensitivity`).
    months : sequence of int
        Calendar months of the statement to score, some but not all.
    yardstick : (float, float)
        Range of probability that the statement's words stand for.
    alpha : float
        Of the presence tests.
    level : float
        Of the intervals.

    Raises
    ------
    ModelError
        Too short a history, or one that the model cannot be fitted to.
    """
    question = "seasonality"
    counts = monthly.check_series(series, at_least=SHORTEST_HISTORY, what_for=question)
    if not set(months) < set(range(1, 13)) or not months:
        raise ModelError(
            "the statement's months cannot be compared with the others",
            found=str(tuple(months)),
            expected="one to eleven calendar months, 1 to 12",
        )
    excluded = tuple(sorted(set(exclude)))
    left_out = tuple(sorted(set(faulty)))
    model = SeasonModel(counts, tuple(breaks), excluded, level)
    indices, steps, estimates = model.indices(), model.steps(), model.estimates()
    chance = season_tests.strength_by_chance(len(counts))
    return SeasonalityResult(
        name=str(series.name or "the series"),
        n=len(model.fit.counts),
        years=len(model.fit.counts) / 12,
        period=monthly.period_of(counts.index),
        breaks=tuple(Month.parse(label) for label in steps.index),
        excluded=excluded,
        indices=indices,
        presence=season_tests.presence(model.logs, model.fit, model.detrended, alpha=alpha),
        strength=season_tests.strength(model.logs),
        strength_by_chance=chance,
        peak=model.peak(),
        adjusted=_adjusted(counts, indices["index"]),
        per_day=model.per_day,
        trend=model.trend,
        statement=season_statement.score(estimates, months, yardstick=yardstick, level=level),
        steps=steps,
        dispersion=max(1.0, model.fit.dispersion),
        autocorrelation=model.fit.autocorrelation,
        effects=model.effects,
        effect_covariance=model.covariance,
        df=float(model.fit.df),
        sensitivity=_without(model, left_out, months, yardstick, alpha) if left_out else None,
        level=level,
        identifiable=identifiable.assess(model.without_steps),
        estimates=estimates,
    )


def _without(
    model: SeasonModel,
    left_out: tuple[Month, ...],
    months: Sequence[int],
    yardstick: tuple[float, float],
    alpha: float,
) -> Sensitivity:
    exclude = tuple(sorted({*model.exclude, *left_out}))
    other = SeasonModel(model.counts, model.breaks, exclude, model.level)
    return Sensitivity(
        excluded=left_out,
        indices=other.indices(),
        presence=season_tests.presence(other.logs, other.fit, other.detrended, alpha=alpha),
        statement=season_statement.score(
            other.estimates(), months, yardstick=yardstick, level=model.level
        ),
        peak=other.peak(),
        n=len(other.fit.counts),
        identifiable=identifiable.assess(other.without_steps),
    )


def decompose(
    result: SeasonalityResult,
    before: Span,
    after: Span,
    counts: tuple[float, float],
    *,
    dispersion: float | Dispersion,
    dispersion_source: str = "",
) -> ChangeParts:
    """Take a change between two spans apart into days, usual season and remainder.

    Parameters
    ----------
    result : SeasonalityResult
        Of the same measure.
    before, after : Span
        Months of the two counts.
    counts : (float, float)
        Incidents before and after, above zero; they may come from another source than the series.
    dispersion : float or Dispersion
        Of totals as long as the spans.

    Raises
    ------
    ModelError
        A count of zero or less.
    """
    intervals.check_counts(counts, (before.days, after.days), result.level)
    if min(counts) <= 0:
        raise ModelError("a change from or to zero has no parts", found=str(counts))
    phi, df, source = intervals.dispersion_of(dispersion, dispersion_source)
    first, first_slope = _season_of(before, result.effects)
    second, second_slope = _season_of(after, result.effects)
    slope = second_slope - first_slope
    gradient = slope.to_numpy()
    variance = float(gradient @ result.effect_covariance.to_numpy() @ gradient)
    season = second - first
    calendar = after.days / before.days
    total = counts[1] / counts[0]
    remainder = math.log(total / calendar) - season
    season_reach = intervals.quantile(1 - (1 - result.level) / 2, result.df) * math.sqrt(variance)
    chance = phi * (1 / counts[0] + 1 / counts[1])
    reach = intervals.quantile(1 - (1 - result.level) / 2, min(result.df, df))
    reach *= math.sqrt(variance + chance)
    return ChangeParts(
        before=before,
        after=after,
        counts=(float(counts[0]), float(counts[1])),
        total=total,
        calendar=calendar,
        season=math.exp(season),
        season_low=math.exp(season - season_reach),
        season_high=math.exp(season + season_reach),
        remainder=math.exp(remainder),
        remainder_low=math.exp(remainder - reach),
        remainder_high=math.exp(remainder + reach),
        dispersion=phi,
        dispersion_source=source,
        level=result.level,
    )


def _season_of(span: Span, effects: pd.Series) -> tuple[float, pd.Series]:
    """Logarithm of a span's mean index, weighted by days, and its slope in the month effects."""
    days = pd.Series(0.0, index=effects.index)
    for month in span:
        days[month.number] += month.days
    weighted = days * np.exp(effects)
    return math.log(float(weighted.sum() / days.sum())), weighted / weighted.sum()


def _adjusted(counts: pd.Series, index: pd.Series) -> pd.Series:
    calendar = np.asarray(pd.DatetimeIndex(counts.index).month)
    usual = index.reindex(calendar).to_numpy() * monthly.days_in(counts.index)
    return (counts * monthly.MEAN_MONTH_DAYS / usual).rename("adjusted")
