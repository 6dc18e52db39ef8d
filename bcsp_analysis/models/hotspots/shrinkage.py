"""Empirical-Bayes rates of areas: pulled towards all areas, or towards the neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bcsp_analysis.models.hotspots.neighbours import Links

CITATION = (
    "Marshall (1991), Mapping disease and mortality rates using empirical Bayes estimators, Applied"
    " Statistics 40, 283-294"
)


@dataclass(frozen=True)
class Shrinkage:
    """Rates pulled towards the rate of all areas, the more the less an area's count can tell.

    Attributes
    ----------
    mean : float
        Rate of all areas together, incidents over denominator.
    between : float
        Variance of the true rates between areas; 0 where the rates differ no more than chance.
    weight : ndarray
        Share of an area's own rate in its shrunken rate, 0 to 1.
    rate, shrunken : ndarray
        The area's own rate and the shrunken one.
    """

    mean: float
    between: float
    weight: np.ndarray
    rate: np.ndarray
    shrunken: np.ndarray


def shrink(count: np.ndarray, size: np.ndarray, alpha: float = 0.0) -> Shrinkage:
    """Poisson-gamma shrinkage by the method of moments.

    With m = sum O / sum n and s² = sum n (r - m)² / sum n, the variance between areas is
    A = s² - m/n̄, and 0 where that is negative; a rate keeps the weight A / (A + m/n). Swings over
    time of relative variance `alpha` add alpha (m² + A) to the variance of a rate about its own
    level; that is taken out of A, and put beside m/n, alike.

    Parameters
    ----------
    count, size : ndarray
        Incidents and denominators (above zero), at least one incident in all.
    alpha : float
        0 gives Marshall's estimator.
    """
    rate = count / size
    mean = float(count.sum() / size.sum())
    spread = float((size * (rate - mean) ** 2).sum() / size.sum())
    between = (spread - mean / size.mean() - alpha * mean**2) / (1 + alpha)
    between = max(0.0, float(between)) if len(count) > 1 else 0.0
    weight = between / (between + mean / size + alpha * (mean**2 + between))
    return Shrinkage(mean, between, weight, rate, mean + weight * (rate - mean))


def shrink_locally(count: np.ndarray, size: np.ndarray, linked: Links) -> np.ndarray:
    """Rates pulled towards those of the neighbourhood: each area with its neighbours.

    The same moments as `shrink` without overdispersion, taken over the area and its neighbours
    alone. An area without neighbours keeps its own rate.
    """

    def around(values: np.ndarray) -> np.ndarray:
        return values + linked.sums(values)

    exposure, members = around(size), linked.degree + 1
    mean = around(count) / exposure
    rate = count / size
    squares = around(size * rate**2) - 2 * mean * around(count) + mean**2 * exposure
    between = np.maximum(squares / exposure - mean * members / exposure, 0)
    total = between + mean / size
    weight = np.divide(between, total, out=np.zeros(len(rate)), where=total > 0)
    return mean + weight * (rate - mean)
