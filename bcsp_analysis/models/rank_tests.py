"""Rank tests of calendar months against each other, with p-values by permutation.

With three values a month the usual chi-squared approximation is conservative: it misses seasons
that the same ranks show. What the ranks do where months are alike is therefore drawn, not
approximated: every order of the values is then as likely as any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

DRAWS = 20_000
SEED = 1952
REFERENCE = f"{DRAWS:,} permutations"
CITATION = (
    "Kruskal and Wallis (1952), JASA 47, 583-621; Friedman (1937), JASA 32, 675-701; Phipson and"
    " Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9(1), 39 (p-values"
    " from drawn permutations)"
)


@dataclass(frozen=True)
class RankTest:
    """A rank test.

    statistic : float
        H of Kruskal and Wallis, or Friedman's chi-squared, corrected for ties.
    p_value : float
        (1 + draws at least as large) / (1 + draws).
    approximate_p : float
        By the chi-squared distribution, for comparison.
    """

    statistic: float
    p_value: float
    approximate_p: float


def kruskal_wallis(groups: Sequence[np.ndarray]) -> RankTest:
    """Whether independent groups have the same level.

    Parameters
    ----------
    groups : sequence of array
        Two or more, none empty, not all values equal.
    """
    from scipy import stats

    sizes = tuple(len(group) for group in groups)
    ranks = stats.rankdata(np.concatenate(groups))
    statistic, approximate = stats.kruskal(*groups)
    drawn = _drawn_between(tuple(np.sort(ranks)), sizes)
    return RankTest(float(statistic), _share(drawn, _between(ranks[None], sizes)), approximate)


def friedman(table: np.ndarray) -> RankTest:
    """Whether columns have the same level, compared within rows.

    Parameters
    ----------
    table : array, shape (rows, columns)
        Two rows or more, three columns or more.
    """
    from scipy import stats

    ranks = stats.rankdata(table, axis=1)
    statistic, approximate = stats.friedmanchisquare(*table.T)
    drawn = _drawn_within(tuple(map(tuple, np.sort(ranks, axis=1))))
    observed = (ranks.sum(axis=0) ** 2).sum()
    return RankTest(float(statistic), _share(drawn, observed), float(approximate))


def _share(drawn: np.ndarray, observed: float | np.ndarray) -> float:
    # Sums of the same ranks in another order may differ in the last digit.
    as_large = int((drawn >= float(np.squeeze(observed)) * (1 - 1e-12)).sum())
    return (1 + as_large) / (1 + len(drawn))


def _between(ranks: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """Sum over groups of squared rank sums over sizes: rises with H, the ranks being the same."""
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return (np.add.reduceat(ranks, starts, axis=1) ** 2 / np.asarray(sizes)).sum(axis=1)


@cache
def _drawn_between(ranks: tuple[float, ...], sizes: tuple[int, ...]) -> np.ndarray:
    random = np.random.default_rng(SEED)
    return _between(random.permuted(np.tile(ranks, (DRAWS, 1)), axis=1), sizes)


@cache
def _drawn_within(rows: tuple[tuple[float, ...], ...]) -> np.ndarray:
    random = np.random.default_rng(SEED)
    sums = np.zeros((DRAWS, len(rows[0])))
    for row in rows:
        sums += random.permuted(np.tile(row, (DRAWS, 1)), axis=1)
    return (sums**2).sum(axis=1)
