"""A dated shock as an interrupted series: did level or slope change when it came.

Segmented quasi-Poisson regression: straight trend, season by harmonics, steps at recording
changes, and from the shock on a new level and a new slope. Level and slope change at some month in
any series that wanders. So the errors fade from month to month as in the other models; and because
three years of a walk still pass that test in one of five cases, the same model is run at every
other month that leaves nine months on either side, and the shock must stand out among them.

Source: Lopez Bernal, Cummins and Gasparrini (2017), International Journal of Epidemiology 46,
348-355 (model (c), harmonics, quasi-Poisson).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import intervals, monthly
from bcsp_analysis.models.monthly import MonthlyFit
from bcsp_analysis.periods import Month, Span

QUESTION = "the effect of a dated shock"
SIDE = 9
HARMONICS = 2
POWER = 0.80
CAUTION = 0.4
"""Share of alpha that dated shocks, and of 1 - confidence that their ranges, may use: a model that
may turn at the very month errs more often than Student's t says, in series that wander like a
random walk most of all. The calibration bench measures what is left of that
(`data/calibration.csv`, shock-false and range-interval)."""
CITATION = (
    "Lopez Bernal, Cummins and Gasparrini (2017), International Journal of Epidemiology 46,"
    " 348-355; errors that fade: Cochrane and Orcutt (1949), JASA 44, 32-61"
)


class ShockAnswer(StrEnum):
    """What may be said of a shock."""

    FOUND = "a change at that time"
    NOT_DETECTABLE = "not detectable"
    OPPOSITE = "opposite to what was expected"
    CONTRADICTED = "the control series changed as well"


@dataclass(frozen=True)
class Change:
    """One change in per cent, with its interval and two-sided p-value."""

    pct: float
    low_pct: float
    high_pct: float
    p_value: float


@dataclass(frozen=True)
class InterruptedResult:
    """One series before and after one month.

    Attributes
    ----------
    name : str
    month : Month
        First month after.
    before, after : int
        Months used on either side.
    level : Change
        Of the level at that month. Ranges use `CAUTION` of what the confidence leaves outside.
    slope : Change or None
        Of the trend, for a year; None where the model has no new slope.
    mean : Change
        Both together, averaged over the months after: incidents against a trend carried on.
    joint_p : float
        For neither level nor slope having changed, F.
    plain_level : Change
        As the textbook has it, months taken as independent; for comparison only.
    plain_joint_p : float
    detectable_pct : float
        Smallest rise of the level that had an 80% chance to be seen.
    other_months, as_large : int
        Other months at which the same model could be run, and how many of them show at least as
        large a change (F); 0 and 0 where they were not asked for.
    dispersion : float
        Pearson, months taken as independent.
    harmonics : int
    breaks : tuple of Month
        Steps that entered.
    n : int
    period : Span
        Of the series.
    alpha, confidence : float
        Of the detectable change, and of the intervals.
    """

    name: str
    month: Month
    before: int
    after: int
    level: Change
    slope: Change | None
    mean: Change
    joint_p: float
    plain_level: Change
    plain_joint_p: float
    detectable_pct: float
    other_months: int
    as_large: int
    dispersion: float
    harmonics: int
    breaks: tuple[Month, ...]
    n: int
    period: Span
    alpha: float
    confidence: float
    method: str = (
        "segmented quasi-Poisson regression on days, straight trend, harmonics of the year, steps,"
        " and a new level and slope from the month on"
    )
    citation: str = CITATION


@dataclass(frozen=True)
class _Segments:
    """The months used and the shape of the regression."""

    series: pd.Series
    exposure: np.ndarray
    month: Month
    slope: bool
    harmonics: int
    breaks: tuple[Month, ...]

    def columns(self) -> pd.DataFrame:
        """Level, trend in years, harmonics, steps, and what is new from the month on."""
        index = pd.DatetimeIndex(self.series.index)
        columns = monthly.design(index, season=False, trend=0, breaks=self.breaks)
        years = (monthly.position(index) - _position(self.month)) / 12
        columns["trend"] = years
        turn = 2 * np.pi * np.asarray(index.month) / 12
        for pair in range(1, self.harmonics + 1):
            columns[f"sine_{pair}"] = np.sin(pair * turn)
            columns[f"cosine_{pair}"] = np.cos(pair * turn)
        columns["shock_level"] = (years >= 0).astype(float)
        if self.slope:
            columns["shock_slope"] = np.clip(years, 0, None)
        return columns

    def fit(self) -> _ShockFit:
        """Fit the regression by maximum quasi-likelihood."""
        import statsmodels.api as sm
        from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

        columns = self.columns()
        after, months = int(columns["shock_level"].sum()), len(self.series)
        place = f"{self.series.name}, {self.month}"
        if min(after, months - after) < SIDE or months < columns.shape[1] + 6:
            raise ModelError(
                f"{QUESTION} needs months on either side",
                where=place,
                found=f"{months - after} before and {after} after, {columns.shape[1]} coefficients",
                expected=f"at least {SIDE} on either side and six more than coefficients",
                hint="load a longer history of the same source",
            )
        matrix = columns.to_numpy()
        if np.linalg.matrix_rank(matrix) < matrix.shape[1] or self.series.sum() == 0:
            raise ModelError(
                f"{QUESTION} cannot be told from a change of recording",
                where=place,
                found="columns that always move together, or no incident at all",
            )
        family = sm.families.Poisson()
        model = sm.GLM(self.series.to_numpy(), matrix, family=family, offset=np.log(self.exposure))
        with warnings.catch_warnings():
            # A series that the model follows exactly is no fault.
            warnings.simplefilter("ignore", PerfectSeparationWarning)
            result = model.fit(maxiter=200)
        fitted = pd.Series(result.fittedvalues, index=self.series.index).clip(lower=1e-6)
        coefficients = pd.Series(result.params, index=columns.columns)
        return _ShockFit(MonthlyFit(self.series, fitted, columns, coefficients))


@dataclass(frozen=True)
class _ShockFit:
    model: MonthlyFit

    @property
    def names(self) -> list[str]:
        return self.model.named("shock_")

    def fading(self) -> _Estimates:
        """With errors that fade from month to month."""
        effects, covariance = self.model.generalised()
        own = covariance.loc[self.names, self.names].to_numpy()
        return _Estimates(self.names, effects[self.names].to_numpy(), own, float(self.model.df))

    def plain(self) -> _Estimates:
        """With independent months and Pearson's dispersion."""
        weighted = self.model.columns.to_numpy() * np.sqrt(self.model.fitted.to_numpy())[:, None]
        covariance = self.model.dispersion * np.linalg.inv(weighted.T @ weighted)
        places = self.model.columns.columns.get_indexer(pd.Index(self.names))
        effects = self.model.coefficients[self.names].to_numpy()
        own = covariance[np.ix_(places, places)]
        return _Estimates(self.names, effects, own, float(self.model.df))


@dataclass(frozen=True)
class _Estimates:
    names: list[str]
    effects: np.ndarray
    covariance: np.ndarray
    df: float

    def joint(self) -> tuple[float, float]:
        """F of all effects together, and its p-value."""
        from scipy import stats

        pull = np.linalg.solve(self.covariance, self.effects)
        statistic = float(self.effects @ pull) / len(self.effects)
        return statistic, float(stats.f.sf(statistic, len(self.effects), self.df))

    def error(self, weights: np.ndarray) -> float:
        return math.sqrt(float(weights @ self.covariance @ weights))

    def change(self, weights: np.ndarray, confidence: float, *, normal: bool = False) -> Change:
        df, outside = (math.inf, 1.0) if normal else (self.df, CAUTION)
        effect, error = float(weights @ self.effects), self.error(weights)
        reach = intervals.quantile(1 - outside * (1 - confidence) / 2, df) * error
        return Change(
            pct=_percent(effect),
            low_pct=_percent(effect - reach),
            high_pct=_percent(effect + reach),
            p_value=intervals.two_sided(effect / error, df),
        )


def interrupted(
    counts: pd.Series,
    month: Month,
    *,
    slope: bool = True,
    harmonics: int = HARMONICS,
    breaks: Iterable[Month] = (),
    exclude: Iterable[Month] = (),
    exposure: pd.Series | None = None,
    elsewhere: bool = True,
    alpha: float = 0.05,
    confidence: float = 0.95,
) -> InterruptedResult:
    """Compare a series before and after a month.

    Parameters
    ----------
    counts : Series
        Incidents a month, complete "MS" DatetimeIndex.
    month : Month
        First month after the shock, with at least nine months on either side.
    slope : bool
        Whether the trend may change as well.
    harmonics : int
        Pairs of sine and cosine for the season.
    breaks, exclude : iterable of Month
        Recording changes, each a step, and months left out.
    exposure : Series, optional
        On the index of `counts`; days of the month where none is given.
    elsewhere : bool
        Whether to run the model at the other months as well.

    Raises
    ------
    ModelError
        Too few months on a side, or changes that cannot be told apart.
    """
    checked = monthly.check_series(counts, at_least=2 * SIDE, what_for=QUESTION)
    days = monthly.days_in(checked.index)
    weights = days if exposure is None else exposure.to_numpy("float64")
    leave_out = {str(gone) for gone in exclude}
    keep = ~pd.DatetimeIndex(checked.index).strftime("%Y-%m").isin(leave_out)
    steps = tuple(sorted(set(breaks) - {month}))
    segments = _Segments(checked[keep], weights[keep], month, slope, harmonics, steps)
    fit = segments.fit()
    fading, plain = fit.fading(), fit.plain()
    statistic, joint_p = fading.joint()
    others = _at_other_months(segments) if elsewhere else []
    level, new_slope = np.eye(len(fit.names))[0], np.eye(len(fit.names))[-1]
    later = fit.model.columns["shock_level"] == 1
    mean = fit.model.columns.loc[later, fit.names].mean().to_numpy()
    factor = intervals.quantile(1 - alpha / 2, fading.df) + intervals.quantile(POWER, fading.df)
    return InterruptedResult(
        name=str(counts.name or "the series"),
        month=month,
        before=int((~later).sum()),
        after=int(later.sum()),
        level=fading.change(level, confidence),
        slope=fading.change(new_slope, confidence) if slope else None,
        mean=fading.change(mean, confidence),
        joint_p=joint_p,
        plain_level=plain.change(level, confidence, normal=True),
        plain_joint_p=plain.joint()[1],
        detectable_pct=_percent(factor * fading.error(level)),
        other_months=len(others),
        as_large=sum(other >= statistic for other in others),
        dispersion=fit.model.dispersion,
        harmonics=harmonics,
        breaks=tuple(step for step in steps if f"step_{step}" in fit.model.columns),
        n=len(segments.series),
        period=monthly.period_of(checked.index),
        alpha=alpha,
        confidence=confidence,
    )


def _at_other_months(segments: _Segments) -> list[float]:
    """F of the same model at every other month that allows it."""
    found = []
    for stamp in pd.DatetimeIndex(segments.series.index):
        other = monthly.month_of(stamp)
        if other == segments.month or other in segments.breaks:
            continue
        try:
            fit = replace(segments, month=other).fit()
        except ModelError:
            continue
        found.append(fit.fading().joint()[0])
    return found


def judge(
    result: InterruptedResult,
    p_adjusted: float,
    *,
    sign: int,
    control: InterruptedResult | None,
    alpha: float,
) -> ShockAnswer:
    """Answer to one shock.

    A change counts where its corrected p-value is below `alpha` and no other month shows one as
    large; it must then have the sign expected, and the control series none of the same direction.

    Parameters
    ----------
    result : InterruptedResult
        With the other months.
    p_adjusted : float
        `joint_p`, corrected for the family.
    sign : int
        Direction that was expected, 1 or -1.
    """
    if not (p_adjusted < alpha and result.as_large == 0):
        return ShockAnswer.NOT_DETECTABLE
    if result.mean.pct * sign < 0:
        return ShockAnswer.OPPOSITE
    if control and control.joint_p < alpha and control.mean.pct * result.mean.pct > 0:
        return ShockAnswer.CONTRADICTED
    return ShockAnswer.FOUND


def can_be_tested(counts: pd.Series, month: Month) -> bool:
    """Whether a series has nine months on either side of a month."""
    after = int((monthly.position(counts.index) >= _position(month)).sum())
    return min(after, len(counts) - after) >= SIDE


def _percent(log_ratio: float) -> float:
    return 100 * math.expm1(log_ratio)


def _position(month: Month) -> int:
    return month.year * 12 + month.number - 1
