"""Monthly counts with a known truth, built by hand and not by the code that is put to the test.

Expected counts are days x level x trend x season x steps. A month's count is negative binomial with
a given variance over mean; the errors of the months hang together through a normal series of a
given autocorrelation behind them (a Gaussian copula: Cario and Nelson 1997, INFORMS Journal on
Computing 9, 61-79), so that mean and variance of every month are exactly as asked.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

MEAN_MONTH = 365.25 / 12


def months(first: str, number: int) -> pd.DatetimeIndex:
    """Month starts from ``"2020-08"`` on."""
    return pd.date_range(f"{first}-01", periods=number, freq="MS", name="month")


def expected(
    index: pd.DatetimeIndex,
    level: float,
    *,
    trend_pct: float = 0.0,
    season: np.ndarray | None = None,
    steps: Mapping[str, float] | None = None,
) -> np.ndarray:
    """Expected incidents of each month.

    Parameters
    ----------
    level : float
        Of a month of mean length in the middle of the series, before season and steps.
    trend_pct : float
        Per cent a year, the same every year.
    season : array, shape (12,), optional
        Logarithm of each calendar month's index.
    steps : mapping of ISO month to ratio, optional
        From that month on, the level is multiplied.
    """
    n = len(index)
    years = (np.arange(n) - (n - 1) / 2) / 12
    log = np.log(level * index.days_in_month / MEAN_MONTH) + years * np.log1p(trend_pct / 100)
    if season is not None:
        log = log + season[index.month - 1]
    for month, ratio in (steps or {}).items():
        log = log + np.log(ratio) * np.asarray(index >= pd.Timestamp(f"{month}-01"))
    return np.exp(np.asarray(log, float))


def wave(amplitude_pct: float, peak: float) -> np.ndarray:
    """A season with one wave a year: at its peak so many per cent above the geometric mean."""
    calendar = np.arange(1, 13)
    return np.log1p(amplitude_pct / 100) * np.cos(2 * np.pi * (calendar - peak) / 12)


def fading(
    random: np.random.Generator, shape: tuple[int, ...], rho: float | np.ndarray
) -> np.ndarray:
    """Standard normal series along the first axis, correlated by rho^k at a distance of k."""
    series = random.normal(size=shape)
    fresh = np.sqrt(1 - np.square(rho))
    for t in range(1, shape[0]):
        series[t] = rho * series[t - 1] + fresh * series[t]
    return series


def counts(
    random: np.random.Generator, means: np.ndarray, phi: np.ndarray | float, rho: np.ndarray | float
) -> np.ndarray:
    """Counts with these means, a variance of phi times the mean, and errors correlated by `rho`.

    Parameters
    ----------
    means : array, shape (months,) or (months, series)
    phi : number or array that broadcasts to it, 1 or more
    rho : number or array, one for each series
        Of the normal series behind the counts; that of counts that are not small is hardly less.
    """
    from scipy import special, stats

    chance = np.clip(special.ndtr(fading(random, means.shape, rho)), 1e-15, 1 - 1e-15)
    spread = np.broadcast_to(np.asarray(phi, float), means.shape)
    over = np.maximum(spread - 1, 1e-9)
    clustered = stats.nbinom.ppf(chance, means / over, 1 / (1 + over))
    return np.where(spread > 1, clustered, stats.poisson.ppf(chance, means))


def wandering(random: np.random.Generator, length: int, sd: float) -> np.ndarray:
    """A random walk of the logarithm that begins at 0."""
    return np.append(0.0, np.cumsum(random.normal(scale=sd, size=length - 1)))


def series(index: pd.DatetimeIndex, values: np.ndarray, name: str) -> pd.Series:
    """As the models take it."""
    return pd.Series(values, index=index, name=name, dtype="float64")
