"""How much the counts of areas swing over time, beyond chance and beyond what all areas share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bcsp_analysis.models.hotspots.counts import check_counts

CITATION = (
    "Breslow (1984), Extra-Poisson variation in log-linear models, Applied Statistics 33, 38-44"
    " (moment estimate)"
)
_LARGEST = 1e6  # relative variance; far beyond any count of incidents


@dataclass(frozen=True)
class AreaDispersion:
    """Variation of an area's totals from one block of months to the next.

    Attributes
    ----------
    alpha : float
        Variance of the swings of an area's expectation over its square: a total of expectation mu
        varies by mu + alpha mu². 0 where totals vary no more than independent incidents.
    months : int
        Length of the totals for which it is used.
    block : int
        Length of the blocks from which it is estimated; shorter than `months` where the history
        does not hold two of them. 0 where there was only one month.
    blocks : int
        Number of blocks.
    df : int
        Degrees of freedom behind it: (areas with incidents - 1) (blocks - 1).
    method, citation : str
    """

    alpha: float
    months: int
    block: int
    blocks: int
    df: int
    method: str
    citation: str = CITATION

    def phi(self, expected: ArrayLike) -> np.ndarray:
        """Variance over mean of totals with these expectations: 1 or more."""
        return 1 + self.alpha * np.asarray(expected, float)


def over_time(counts: pd.DataFrame, months: int = 12) -> AreaDispersion:
    """Estimate the overdispersion of totals of `months` months from the history of all areas.

    The history is cut into blocks of that length, counted back from its end. An area is expected
    to have its own share of every block's total, so that what all areas have in common (season,
    recording, trend) is taken out; alpha is the value at which Pearson's statistic meets its
    degrees of freedom. Real shifts of an area's share from year to year count as its swings: a
    rank that holds for one year only is not a standing rank.

    Parameters
    ----------
    counts : DataFrame
        Index ``area``, one column a month.
    months : int
        Length of the totals that are to be judged, 1 or more.
    """
    table = check_counts(counts, what_for="variation over time").to_numpy("float64")
    available = table.shape[1]
    block = min(months, available // 2)
    if block == 0:
        return AreaDispersion(0.0, months, 0, 1, 0, "none: one month only, taken as independent")
    blocks = available // block
    totals = table[:, -blocks * block :].reshape(len(table), blocks, block).sum(axis=2)
    totals = totals[totals.sum(axis=1) > 0]
    df = max(0, (len(totals) - 1) * (blocks - 1))
    shorter = f", from blocks of {block} months, as the history is short" if block < months else ""
    return AreaDispersion(
        alpha=_alpha(totals, df) if df else 0.0,
        months=months,
        block=block,
        blocks=blocks,
        df=df,
        method=(
            f"negative binomial, moment estimate from {blocks} blocks of {block} months after area"
            f" and block are taken out{shorter}"
            if df
            else "none: a single area shows no swings of its own"
        ),
    )


def _alpha(totals: np.ndarray, df: int) -> float:
    """The relative variance at which the sum of squares over their variances equals `df`."""
    expected = np.outer(totals.sum(axis=1), totals.sum(axis=0)) / totals.sum()
    expected = np.maximum(expected, 1e-12)  # a block without any incident
    squares = (totals - expected) ** 2

    def pearson(alpha: float) -> float:
        return float((squares / (expected + alpha * expected**2)).sum())

    if pearson(0.0) <= df:
        return 0.0
    from scipy import optimize

    return float(optimize.brentq(lambda alpha: pearson(alpha) - df, 0.0, _LARGEST))
