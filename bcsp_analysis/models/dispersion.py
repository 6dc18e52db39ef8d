"""Overdispersion: how much more totals vary than independent incidents would."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import monthly
from bcsp_analysis.periods import Month, Span

CITATION = (
    "McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., section 4.5 (Pearson"
    " estimate); Patterson and Thompson (1971), Biometrika 58, 545-554 (restricted likelihood)"
)
SHORTEST_HISTORY = 24


@dataclass(frozen=True)
class Dispersion:
    """How much more totals of a measure vary than independent incidents would.

    Attributes
    ----------
    value : float
        Variance over mean of totals of `months` months, 1 or more.
    df : float
        Residual degrees of freedom behind it; infinite where it was given, not estimated.
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


def overdispersion(
    series: pd.Series,
    *,
    months: int = 3,
    exclude: Iterable[Month] = (),
    breaks: Iterable[Month] = (),
) -> Dispersion:
    """Overdispersion of totals of a few months, from a monthly history.

    Trend (one spline function a year), calendar month and month length are taken out first. What
    is left has a variance of phi times the expected count and fades in correlation from month to
    month; totals of m months then vary by phi (1 + 2 sum_k (1 - k/m) rho^k) times theirs. phi and
    rho are weighed by their restricted likelihood. Never below 1.

    Parameters
    ----------
    series : Series
        Incidents a month, complete "MS" DatetimeIndex, at least 24 months.
    months : int
        Length of the totals to be compared: 3 for quarters, 6 for half a year to date.
    exclude : iterable of Month
        Months with a known fault.
    breaks : iterable of Month
        Recording changes, each taken out as a step.

    Raises
    ------
    ModelError
        Too short a history, or `months` below 1.
    """
    question = "overdispersion"
    if months < 1:
        raise ModelError(f"{question} of totals of no month", found=str(months), expected="1 up")
    excluded = tuple(sorted(set(exclude)))
    counts = monthly.check_series(series, at_least=SHORTEST_HISTORY, what_for=question)
    columns = monthly.design(counts.index, breaks=breaks)
    model = monthly.fit(counts, columns, exclude=excluded, what_for=question)
    weighed = sum(
        weight * dispersion * inflation(rho, months)
        for rho, weight, dispersion in model.likelihood.itertuples()
    )
    value = max(1.0, float(weighed))
    name = str(series.name or "the series")
    period = monthly.period_of(counts.index)
    return Dispersion(
        value=value,
        df=float(model.df),
        months=months,
        total=float(model.counts.mean()) * months,
        monthly=max(1.0, model.dispersion),
        autocorrelation=model.autocorrelation,
        name=name,
        n=len(model.counts),
        period=period,
        excluded=tuple(month for month in excluded if month in period),
        source=f"monthly history of {name}, {period.label}, {len(model.counts)} months",
        method=(
            "quasi-Poisson regression on trend, calendar month and days;"
            f" residual variance carried over to totals of {months} months"
        ),
    )


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
