"""Is there a season at all: presence tests, their joint verdict, and the strength of the season."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
import pandas as pd

from bcsp_analysis.models import monthly, rank_tests
from bcsp_analysis.models.monthly import MonthlyFit
from bcsp_analysis.models.rank_tests import RankTest
from bcsp_analysis.periods import Span

PERIOD = 12
SHORTEST_FOR_A_VERDICT = 36
CITATION = (
    f"{rank_tests.CITATION}; QS: Maravall,"
    " https://palatej.github.io/pages/stats/tests/seasonality/qs.html"
)
STRENGTH_CITATION = (
    "Cleveland et al. (1990), Journal of Official Statistics 6, 3-73 (STL); Wang, Smith and Hyndman"
    " (2006), Data Mining and Knowledge Discovery 13, 335-364 (strength)"
)


class Presence(StrEnum):
    """Whether a series has a season."""

    PRESENT = "season present"
    NOT_DETECTABLE = "no season detectable"
    TOO_SHORT = "too short to say"


@dataclass(frozen=True)
class SeasonTest:
    """One test of the hypothesis that all calendar months are alike.

    name : str
    statistic : float
    distribution : str
        Reference distribution, such as ``"F(11, 21)"``.
    p_value : float
    n : int
        Months used.
    """

    name: str
    statistic: float
    distribution: str
    p_value: float
    n: int


@dataclass(frozen=True)
class PresenceResult:
    """The tests together.

    tests : tuple of SeasonTest
        Those that the length of the series allows.
    verdict : Presence
    rule : str
        How the verdict follows from the tests, in one sentence.
    alpha : float
    n : int
        Months used.
    period : Span
    method, citation : str
    """

    tests: tuple[SeasonTest, ...]
    verdict: Presence
    rule: str
    alpha: float
    n: int
    period: Span
    method: str = (
        "F of the month effects with overdispersed and autocorrelated errors; Kruskal-Wallis and"
        " Friedman by permutation of the detrended months; QS of the differenced logarithm"
    )
    citation: str = CITATION

    def __getitem__(self, name: str) -> SeasonTest:
        for test in self.tests:
            if test.name == name:
                return test
        raise KeyError(name)


def f_test(fit: MonthlyFit) -> SeasonTest:
    """F of the eleven month effects, with overdispersed and autocorrelated errors."""
    from scipy import stats

    names = fit.named("month_")
    effects = fit.coefficients[names].to_numpy()
    covariance = fit.covariance.loc[names, names].to_numpy()
    statistic = float(effects @ np.linalg.solve(covariance, effects) / len(names))
    return SeasonTest(
        name="F",
        statistic=statistic,
        distribution=f"F({len(names)}, {fit.df})",
        p_value=float(stats.f.sf(statistic, len(names), fit.df)),
        n=len(fit.counts),
    )


def kruskal_wallis(detrended: pd.Series) -> SeasonTest:
    """Rank test of the twelve calendar months as independent groups; by permutation."""
    calendar = np.asarray(pd.DatetimeIndex(detrended.index).month)
    groups = [detrended[calendar == month].to_numpy() for month in range(1, PERIOD + 1)]
    return _by_ranks("Kruskal-Wallis", rank_tests.kruskal_wallis(groups), len(detrended))


def friedman(detrended: pd.Series) -> SeasonTest | None:
    """Rank test of months within years; by permutation.

    A year is twelve months counted from the first month of the series; one with a month left out
    does not count. None below three years.
    """
    years = complete_years(detrended)
    if len(years) < 3:
        return None
    return _by_ranks("Friedman", rank_tests.friedman(years.to_numpy()), years.size)


def _by_ranks(name: str, test: RankTest, n: int) -> SeasonTest:
    return SeasonTest(name, test.statistic, rank_tests.REFERENCE, test.p_value, n)


def complete_years(series: pd.Series) -> pd.DataFrame:
    """Years of twelve months counted from the first month, one a row; columns are months 1..12.

    Index: position of the year, 0 for the first. Years with a month missing are left out.
    """
    at = monthly.position(series.index).astype(int)
    table = pd.DataFrame(
        {"year": (at - at[0]) // PERIOD, "month": at % PERIOD + 1, "value": series.to_numpy()}
    ).pivot_table(index="year", columns="month", values="value", aggfunc="first")
    return table.reindex(columns=range(1, PERIOD + 1)).dropna()


def qs(values: Iterable[float], *, period: int = PERIOD) -> SeasonTest:
    """QS: positive autocorrelation at one and two periods; chi-squared(2).

    QS = n (n + 2) [r_s² / (n - s) + r_2s² / (n - 2s)], negative r set to zero, 0 where r_s is not
    positive. `values` must already be stationary, such as the differenced logarithm.
    """
    from scipy import stats

    array = np.asarray(list(values), dtype="float64")
    n = len(array)
    centred = array - array.mean()
    total = float(centred @ centred)
    statistic = 0.0
    if total > 0 and n > 2 * period:
        first, second = (
            max(0.0, float(centred[lag:] @ centred[:-lag]) / total) for lag in (period, 2 * period)
        )
        if first > 0:
            parts = first**2 / (n - period) + second**2 / (n - 2 * period)
            statistic = n * (n + 2) * parts
    return SeasonTest(
        name="QS",
        statistic=statistic,
        distribution="chi-squared(2)",
        p_value=float(stats.chi2.sf(statistic, 2)),
        n=n,
    )


def presence(
    logs: pd.Series, fit: MonthlyFit, detrended: pd.Series, *, alpha: float = 0.05
) -> PresenceResult:
    """All tests and their joint verdict.

    The history must span 36 months and hold each calendar month twice. A season counts as
    present where the F test and at least one rank test agree at `alpha`: the first weighs size and
    autocorrelation, the others cannot be carried by one odd month.

    Parameters
    ----------
    logs : Series
        Logarithm of incidents per day, every month.
    fit : MonthlyFit
        With month effects.
    detrended : Series
        Residuals of the same model without them.
    """
    tests = [f_test(fit), kruskal_wallis(detrended), friedman(detrended), qs(logs.diff().dropna())]
    known = tuple(test for test in tests if test is not None)
    ranks = [test for test in known if test.name in ("Kruskal-Wallis", "Friedman")]
    if len(logs) < SHORTEST_FOR_A_VERDICT or _fewest_years(detrended) < 2:
        verdict = Presence.TOO_SHORT
    elif known[0].p_value < alpha and any(test.p_value < alpha for test in ranks):
        verdict = Presence.PRESENT
    else:
        verdict = Presence.NOT_DETECTABLE
    rule = f"present where F and at least one of the rank tests have p below {alpha:g}"
    return PresenceResult(
        tests=known,
        verdict=verdict,
        rule=rule,
        alpha=alpha,
        n=len(fit.counts),
        period=monthly.period_of(pd.DatetimeIndex(logs.index)),
    )


def _fewest_years(series: pd.Series) -> int:
    """Times that the rarest calendar month occurs."""
    calendar = pd.Series(np.asarray(pd.DatetimeIndex(series.index).month))
    return int(calendar.value_counts().reindex(range(1, PERIOD + 1), fill_value=0).min())


def strength(logs: pd.Series) -> float:
    """Strength of the season by STL, 0 (none) to 1: max(0, 1 - Var(R) / Var(S + R)).

    Parameters
    ----------
    logs : Series
        Logarithm of incidents per day, every month, at least 24.
    """
    from statsmodels.tsa.seasonal import STL

    parts = STL(logs.to_numpy(), period=PERIOD).fit()
    together = float(np.var(parts.seasonal + parts.resid))
    return max(0.0, 1 - float(np.var(parts.resid)) / together) if together else 0.0


def stl_indices(logs: pd.Series) -> np.ndarray:
    """STL's mean season of each calendar month over the geometric mean of the twelve, shape (12,).

    Parameters
    ----------
    logs : Series
        Logarithm of incidents per day, complete "MS" DatetimeIndex.
    """
    from statsmodels.tsa.seasonal import STL

    seasonal = pd.Series(STL(logs.to_numpy(), period=PERIOD).fit().seasonal)
    means = seasonal.groupby(np.asarray(pd.DatetimeIndex(logs.index).month)).mean()
    return np.exp(means - means.mean()).to_numpy()


@cache
def strength_by_chance(months: int, *, quantile: float = 0.95, draws: int = 200) -> float:
    """Strength that white noise of the same length reaches with probability 1 - `quantile`.

    In three years STL finds a strong "season" in noise; without this the figure means nothing.
    """
    random = np.random.default_rng(months)
    noise = random.normal(size=(draws, months))
    return float(np.quantile([strength(pd.Series(row)) for row in noise], quantile))
