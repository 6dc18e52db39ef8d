"""Overdispersion: how much more totals vary than independent incidents would."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import monthly, persistence
from bcsp_analysis.models.monthly import MonthlyFit
from bcsp_analysis.models.persistence import AUTOCORRELATIONS
from bcsp_analysis.periods import Month, Span

CITATION = (
    f"{persistence.CITATION};"
    " McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., section 4.5 (Pearson"
    " estimate); Patterson and Thompson (1971), Biometrika 58, 545-554 (restricted likelihood);"
    " Satterthwaite (1946), Biometrics Bulletin 2, 110-114 (degrees of freedom)"
)
SHORTEST_HISTORY = 24
QUESTION = "overdispersion"


@dataclass(frozen=True)
class Dispersion:
    """How much more totals of a measure vary than independent incidents would.

    Attributes
    ----------
    value : float
        Variance over mean of totals of `months` months, 1 or more.
    df : float
        Degrees of freedom behind it, fewer than the residual ones because the autocorrelation is
        estimated as well; infinite where it was given, not estimated.
    months : int
        Length of the totals for which it holds: 3 for a quarter.
    total : float
        Mean total of that many months, incidents.
    monthly : float
        Pearson's chi-squared over its degrees of freedom, single months taken as independent.
    autocorrelation : float
        Of one month's residual with the next.
    name : str
        The series it comes from.
    n : int
        Months used.
    period : Span or None
    excluded : tuple of Month
        Months left out.
    source : str
        One sentence for readers.
    method, citation : str
    """

    value: float
    df: float
    months: int
    total: float
    monthly: float
    autocorrelation: float
    name: str
    n: int
    period: Span | None
    excluded: tuple[Month, ...]
    source: str
    method: str
    citation: str = CITATION


@dataclass(frozen=True)
class History:
    """A monthly history from which overdispersion is estimated.

    series : Series
        Incidents a month, complete "MS" DatetimeIndex, at least 24 months.
    exclude : tuple of Month
        Months with a known fault.
    breaks : tuple of Month
        Recording changes, each taken out as a step.
    """

    series: pd.Series
    exclude: tuple[Month, ...] = ()
    breaks: tuple[Month, ...] = ()


def overdispersion(
    series: pd.Series,
    *,
    months: int = 3,
    exclude: Iterable[Month] = (),
    breaks: Iterable[Month] = (),
) -> Dispersion:
    """Overdispersion of totals of a few months, from one monthly history by itself.

    As `overdispersions`, with no other history to learn from how long swings last.
    """
    history = History(series, tuple(exclude), tuple(breaks))
    return overdispersions({"": history}, [months])["", months]


def overdispersions(
    histories: Mapping[str, History], lengths: Iterable[int]
) -> dict[tuple[str, int], Dispersion]:
    """Overdispersion of totals of a few months, from monthly histories of one area.

    Trend (one spline function a year), calendar month and month length are taken out first. What
    is left has a variance of phi times the expected count and fades in correlation from month to
    month; totals of m months then vary by phi (1 + 2 sum_k (1 - k/m) rho^k) times theirs. Few
    months say little of rho, so every rho from -.9 to .9 counts by its restricted likelihood and
    by what the other histories suggest (see `persistence`); what the overdispersion of the totals
    differs by between them lowers its degrees of freedom (Satterthwaite's match, on the
    logarithm). Never below 1.

    Parameters
    ----------
    histories : mapping of name to History
    lengths : iterable of int
        Months of the totals to be compared: 3 for quarters, 6 for half a year to date.

    Returns
    -------
    dict of (name, months) to Dispersion

    Raises
    ------
    ModelError
        Too short a history, or totals of no month.
    """
    wanted = sorted(set(lengths))
    if wanted and wanted[0] < 1:
        raise ModelError(f"{QUESTION} of totals of no month", found=str(wanted[0]), expected="1 up")
    models = {name: _model(history) for name, history in histories.items()}
    tables = {name: model.restricted(AUTOCORRELATIONS) for name, model in models.items()}
    weights = persistence.weigh([table["weight"].to_numpy() for table in tables.values()])
    return {
        (name, months): of_totals(
            histories[name], models[name], weight, tables[name]["dispersion"].to_numpy(), months
        )
        for name, weight in zip(tables, weights, strict=True)
        for months in wanted
    }


def _model(history: History) -> MonthlyFit:
    counts = monthly.check_series(history.series, at_least=SHORTEST_HISTORY, what_for=QUESTION)
    columns = monthly.design(counts.index, breaks=history.breaks)
    return monthly.fit(counts, columns, exclude=history.exclude, what_for=QUESTION)


def of_totals(
    history: History, model: MonthlyFit, weights: np.ndarray, variances: np.ndarray, months: int
) -> Dispersion:
    """Overdispersion of totals of `months` months of one history, weighed over autocorrelations.

    Parameters
    ----------
    history, model : History, MonthlyFit
        The history, and its fit.
    weights, variances : ndarray, shape (autocorrelations,)
        How likely each of `AUTOCORRELATIONS` is, and the dispersion that goes with it.
    months : int
        Length of the totals.
    """
    inflations = np.array([inflation(rho, months) for rho in AUTOCORRELATIONS])
    value, df = _matched(weights, variances * inflations, float(model.df))
    name = str(history.series.name or "the series")
    period = monthly.period_of(history.series.index)
    return Dispersion(
        value=max(1.0, value),
        df=df,
        months=months,
        total=float(model.counts.mean()) * months,
        monthly=max(1.0, model.dispersion),
        autocorrelation=float(weights @ AUTOCORRELATIONS),
        name=name,
        n=len(model.counts),
        period=period,
        excluded=tuple(month for month in sorted(set(history.exclude)) if month in period),
        source=f"monthly history of {name}, {period.label}, {len(model.counts)} months",
        method=(
            "quasi-Poisson regression on trend, calendar month and days;"
            f" residual variance carried over to totals of {months} months"
        ),
    )


def _matched(weights: np.ndarray, variances: np.ndarray, df: float) -> tuple[float, float]:
    """The scaled chi-squared that spreads, on the logarithm, as the weighed variances together do.

    Parameters
    ----------
    weights : array
        Of each variance, summing to 1.
    variances : array
        Each with `df` degrees of freedom.

    Returns
    -------
    tuple of float
        Variance and degrees of freedom; those given where all variances are alike.
    """
    from scipy import optimize, special

    logs = np.log(np.maximum(variances, 1e-12))
    centre = float(weights @ logs)
    spread = float(weights @ (logs - centre) ** 2) + float(special.polygamma(1, df / 2))
    half = optimize.brentq(lambda x: float(special.polygamma(1, x)) - spread, 1e-3, df)

    def offset(x: float) -> float:
        return math.log(x) - float(special.digamma(x))

    return math.exp(centre + offset(df / 2) - offset(half)), 2 * half


def inflation(autocorrelation: float, months: int) -> float:
    """How much a total of several correlated months varies more than one of independent months."""
    return 1 + 2 * sum((1 - lag / months) * autocorrelation**lag for lag in range(1, months))


def fallback_dispersion(dispersions: Iterable[Dispersion], count: float) -> Dispersion:
    """For a measure without a history of its own: what the histories at hand suggest for its size.

    Overdispersion grows with the count. Where totals swing by a share that does not depend on
    their size, the variance is mu + alpha mu², and phi is 1 + alpha mu: the negative binomial
    form. The largest alpha of the histories is taken, and phi is never above their largest phi.

    Parameters
    ----------
    dispersions : iterable of Dispersion
        Of the histories at hand, for totals of the same length.
    count : float
        Mean of the two compared counts.

    Raises
    ------
    ModelError
        There is no history.
    """
    known = list(dispersions)
    if not known:
        raise ModelError(
            "no fallback for the overdispersion",
            found="no measure with a monthly history",
            expected="at least one",
            hint="load a monthly history, or give a dispersion as a number",
        )
    swinging = max(known, key=lambda d: (d.value - 1) / d.total)
    alpha = (swinging.value - 1) / swinging.total
    scaled, largest = 1 + alpha * count, max(d.value for d in known)
    value = min(scaled, largest)
    size = "a count of this size" if scaled <= largest else "this count, up to the largest of them"
    return replace(
        swinging,
        value=value,
        source=(
            f"no monthly history of its own; the largest relative swing of the {len(known)}"
            f" histories at hand, {swinging.name}, carried over to {size}"
        ),
        method="negative binomial carry-over, variance mu + alpha mu²",
    )
