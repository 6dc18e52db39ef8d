"""Intervals of a count, and the limits between which a count of known expectation should lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bcsp_analysis.models import intervals

BYAR_FROM = 10.0
CITATION = (
    "Breslow and Day (1987), Statistical Methods in Cancer Research II, page 69 (Byar);"
    " Ulm (1990), American Journal of Epidemiology 131, 373-375 (exact); Samuels, Beaumont and"
    " Breslow (1991), American Journal of Epidemiology 133, 1191-1197 (Byar's test)"
)


def exact(count: ArrayLike, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Exact Poisson limits of the expectation behind a count; also for counts that are not whole.

    Parameters
    ----------
    count : number or array, 0 or more
    level : float
        Confidence level.
    """
    from scipy import stats

    counts = np.asarray(count, float)
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(counts > 0, stats.gamma.ppf(tail, np.maximum(counts, 1e-12)), 0.0)
    return low, stats.gamma.ppf(1 - tail, counts + 1)


def byar(count: ArrayLike, level: float, df: float = float("inf")) -> tuple[np.ndarray, np.ndarray]:
    """Byar's approximation; with finite `df` Student's t stands for the normal distribution."""
    counts = np.asarray(count, float)
    reach = intervals.quantile(1 - (1 - level) / 2, df)
    above = counts + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        low = counts * (1 - 1 / (9 * counts) - reach / (3 * np.sqrt(counts))) ** 3
    high = above * (1 - 1 / (9 * above) + reach / (3 * np.sqrt(above))) ** 3
    # A wide reach makes the cube negative: nothing is then known from below.
    return np.where(counts > 0, np.maximum(low, 0.0), 0.0), high


def interval(
    count: float, level: float, dispersion: float = 1.0, df: float = float("inf")
) -> tuple[float, float]:
    """Limits of the expectation behind a count: Byar's from ten up, exact ones below.

    Overdispersion phi makes the count worth count / phi independent incidents; their limits are
    multiplied by phi again. With finite `df` the exact limits take the tail of the normal
    distribution beyond Student's quantile.
    """
    from scipy import stats

    worth = count / dispersion
    if worth >= BYAR_FROM:
        method = byar(worth, level, df)
    else:
        reach = intervals.quantile(1 - (1 - level) / 2, df)
        method = exact(worth, 1 - 2 * float(stats.norm.sf(reach)))
    return float(method[0]) * dispersion, float(method[1]) * dispersion


def p_value(
    count: float, expected: float, dispersion: float = 1.0, df: float = float("inf")
) -> float:
    """Two-sided p-value of a count against a known expectation, above zero.

    Below 1 - level exactly where `interval` at that level leaves `expected` out.
    """
    from scipy import stats

    worth, mean = count / dispersion, expected / dispersion
    if worth >= BYAR_FROM:
        own = worth if worth > mean else worth + 1
        z = 3 * np.sqrt(own) * (1 - 1 / (9 * own) - (mean / own) ** (1 / 3))
        # Between the two limits of level 0 both forms give the wrong sign: no evidence at all.
        return intervals.two_sided(z, df) if (z > 0) == (worth > mean) else 1.0
    # The gamma distribution of scipy has no answer for a shape that is all but zero.
    at_least = stats.gamma.cdf(mean, worth) if worth > np.finfo(float).tiny else 1.0
    tail = min(0.5, at_least, stats.gamma.sf(mean, worth + 1))
    return intervals.two_sided(float(stats.norm.isf(tail)), df)


def turning_dispersion(
    count: float, expected: float, threshold: float, df: float = float("inf")
) -> float | None:
    """Largest overdispersion at which the p-value stays below `threshold`, by halving.

    None where not even pure chance, an overdispersion of 1, leaves it below.
    """

    def clear(phi: float) -> bool:
        return p_value(count, expected, phi, df) < threshold

    if not clear(1.0):
        return None
    low, high = 1.0, 2.0
    while clear(high):
        low, high = high, 2 * high
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if clear(middle) else (low, middle)
    return low


def control(expected: ArrayLike, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Counts between which a Poisson count lies unless its chance is below (1 - level) / 2.

    The limits are interpolated between whole counts so that a count lies above the upper one
    exactly where its own exact interval lies above `expected`, and likewise below; 0 where not even
    no incident would be too few.
    """
    from scipy import special

    means = np.asarray(expected, float)
    tail = (1 - level) / 2
    high = special.gdtrib(1.0, tail, means)
    low = special.gdtrib(1.0, 1 - tail, means) - 1
    return np.where(np.exp(-means) < tail, np.maximum(low, 0.0), 0.0), high
