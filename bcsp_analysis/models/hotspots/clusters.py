"""Where high counts lie together: Getis and Ord's local statistic with conditional permutations.

Written here rather than taken from esda, which brings geopandas, scikit-learn and GDAL (about 200
megabytes, five seconds to import); the tests hold the statistic to esda's figures, and the p-values
to the count of all possible neighbourhoods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import multiplicity
from bcsp_analysis.models.hotspots.neighbours import Links, Neighbours, links

PERMUTATIONS = 99_999
SEED = 2023
FEWEST_AREAS = 3
_BATCH = 10_000  # permutations at a time, for the memory
CITATION = (
    "Getis and Ord (1992), Geographical Analysis 24, 189-206; Ord and Getis (1995), Geographical"
    " Analysis 27, 286-306; false discovery rate: Benjamini and Hochberg (1995), Journal of the"
    " Royal Statistical Society B 57, 289-300; Caldas de Castro and Singer (2006), Geographical"
    " Analysis 38, 180-208"
)


class Cluster(StrEnum):
    """What an area is, together with its neighbours."""

    HIGH = "high together with its neighbours"
    NONE = "no cluster"
    LOW = "low together with its neighbours"
    ALONE = "no neighbours"


@dataclass(frozen=True)
class Clusters:
    """Getis and Ord's local statistic of every area.

    Attributes
    ----------
    table : DataFrame
        Index ``area``: ``value``, ``neighbours`` (number), ``z`` (standard normal where values do
        not cluster; missing for areas without neighbours), ``p_value`` (two-sided, from
        permutations), ``q_value`` (smallest false discovery rate at which the area counts),
        ``cluster`` (str, a Cluster): named where the neighbours are unusual and the area with them
        is too.
    fdr : float
        Share of false ones accepted among the clusters named.
    star : bool
        Whether an area's own value enters (Gi*), or its neighbours' alone (Gi).
    smallest_p : float
        Below this no p-value can fall with so many permutations.
    n : int
        Areas.
    neighbours_method : str
    permutations, seed : int
    method, citation : str
    """

    table: pd.DataFrame
    fdr: float
    star: bool
    smallest_p: float
    n: int
    neighbours_method: str
    permutations: int
    seed: int
    method: str = (
        "Getis-Ord local statistic, binary weights; an area's value is held and the others are"
        " shuffled over its neighbours; Benjamini-Hochberg"
    )
    citation: str = CITATION


def getis_ord(
    values: pd.Series,
    neighbours: Neighbours | Mapping[str, Sequence[str]],
    *,
    star: bool = True,
    fdr: float = 0.05,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> Clusters:
    """Find areas that are high, or low, together with their neighbours.

    The p-value asks whether the neighbours' values are higher (lower) than those of as many areas
    taken at random from all others. An area that is high alone is no cluster by this rule, however
    large its own z. Hundreds of permutations cannot bear a correction for thousands of areas: their
    smallest p-value is too large; the default can.

    Parameters
    ----------
    values : Series
        Counts, rates or their `normal_scores`, index ``area``.
    neighbours : Neighbours or mapping of str to sequence of str
        Every area of `values` is a key; neighbours that `values` does not hold are left out.
    star : bool
        Whether the area's own value enters.
    fdr : float
        Benjamini and Hochberg's false discovery rate, two-sided.
    permutations, seed : int

    Raises
    ------
    ModelError
        Fewer than three areas, missing values, an area twice, an area that the neighbours do not
        know, or a setting out of range.
    """
    told = neighbours.method if isinstance(neighbours, Neighbours) else "as given"
    y = values.to_numpy("float64")
    _check(y, fdr, permutations)
    linked = links(values.index, neighbours)
    sums, degree = linked.sums(y), linked.degree
    z = np.where(degree > 0, scores(y, linked, star), np.nan)
    p_value, upper = _p_values(y, sums, degree, permutations, np.random.default_rng(seed))
    p_value[degree == 0] = np.nan
    table = pd.DataFrame(
        {"value": y, "neighbours": degree, "z": z, "p_value": p_value}, index=values.index
    )
    table["q_value"] = _adjusted(p_value)
    table["cluster"] = [
        _named(*row, fdr) for row in zip(z, table["q_value"], upper, degree, strict=True)
    ]
    return Clusters(
        table=table,
        fdr=fdr,
        star=star,
        smallest_p=2 / (permutations + 1),
        n=len(y),
        neighbours_method=told,
        permutations=permutations,
        seed=seed,
    )


def normal_scores(values: pd.Series) -> pd.Series:
    """Blom's normal scores of the ranks, equal values sharing theirs.

    One city centre with twenty times the usual count turns up among the neighbours of some of the
    permutations, and no other cluster then looks unusual beside it. By ranks it counts as the
    highest area and no more than that.
    """
    from scipy import special

    ranks = values.rank(method="average")
    return pd.Series(special.ndtri((ranks - 0.375) / (len(values) + 0.25)), index=values.index)


def _check(y: np.ndarray, fdr: float, permutations: int) -> None:
    problems = [
        (len(y) < FEWEST_AREAS, f"{len(y)} areas", f"{FEWEST_AREAS} or more"),
        (not np.isfinite(y).all(), "missing values", "a number for each area"),
        (not (0 < fdr < 1 and permutations >= 1), f"fdr {fdr}", "a rate between 0 and 1"),
    ]
    for wrong, found, expected in problems:
        if wrong:
            raise ModelError("clusters cannot be looked for", found=found, expected=expected)


def scores(y: np.ndarray, linked: Links, star: bool = True) -> np.ndarray:
    """Ord and Getis's standardised statistic; 0 where it does not exist."""
    sums, n, squares = linked.sums(y), float(len(y)), (y**2).sum()
    if star:
        total, weight, sums = np.full(len(y), y.sum()), linked.degree + 1.0, sums + y
    else:
        n, squares = n - 1, squares - y**2
        total, weight = y.sum() - y, linked.degree.astype("float64")
    mean = total / n
    variance = squares / n - mean**2
    differ = (variance > 1e-12 * squares / n) & (weight < n)  # else rounding is all there is
    spread = np.sqrt(np.maximum(variance * (n * weight - weight**2) / (n - 1), 0))
    return np.divide(
        sums - weight * mean, spread, out=np.zeros(len(y)), where=differ & (spread > 0)
    )


def _p_values(
    y: np.ndarray,
    sums: np.ndarray,
    degree: np.ndarray,
    permutations: int,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Two-sided p-values, and whether it is the upper tail in which the neighbours lie.

    Twice the smaller tail; what is as far out as the observed counts as well.

    Every permutation takes a few areas at random from all but the last one; their values, summed
    over the first k, serve all areas with k neighbours at once. Where the area in question is
    itself among them, the last one stands in for it.
    """
    n, most = len(y), int(degree.max())
    above, below = np.zeros(n), np.zeros(n)
    slack = 1e-9 * max(1.0, float(np.abs(y).max()))  # equal sums stay equal whatever their order
    for start in range(0, permutations if most else 0, _BATCH):
        taken = _samples(n - 1, most, min(_BATCH, permutations - start), random)
        running = y[taken].cumsum(axis=1)
        ordered = np.sort(running, axis=0)
        for k in np.unique(degree[degree > 0]):
            those = np.flatnonzero(degree == k)
            column = ordered[:, k - 1]
            above[those] += len(column) - np.searchsorted(column, sums[those] - slack, "left")
            below[those] += np.searchsorted(column, sums[those] + slack, "right")
        _stand_in(y, sums, degree, taken, running, slack, above, below)
    smaller = (np.minimum(above, below) + 1) / (permutations + 1)
    return np.minimum(1.0, 2 * smaller), above < below


def _stand_in(
    y: np.ndarray,
    sums: np.ndarray,
    degree: np.ndarray,
    taken: np.ndarray,
    running: np.ndarray,
    slack: float,
    above: np.ndarray,
    below: np.ndarray,
) -> None:
    """Correct the counts of permutations in which an area was its own neighbour."""
    row, column = np.nonzero(_columns(taken) < degree[taken])
    area = taken[row, column]
    wrong = running[row, degree[area] - 1]
    right = wrong + y[-1] - y[area]
    over, under = sums[area] - slack, sums[area] + slack
    np.add.at(above, area, (right >= over).astype(float) - (wrong >= over))
    np.add.at(below, area, (right <= under).astype(float) - (wrong <= under))


def _columns(taken: np.ndarray) -> np.ndarray:
    """Number of the column of each cell."""
    return np.broadcast_to(np.arange(taken.shape[1]), taken.shape)


def _samples(n: int, k: int, rows: int, random: np.random.Generator) -> np.ndarray:
    """`rows` samples of `k` different numbers below `n`, in random order."""
    if n <= 8 * k * k:
        return np.argsort(random.random((rows, n)), axis=1)[:, :k]
    made = random.integers(0, n, size=(rows, k))
    while True:
        ordered = np.sort(made, axis=1)
        twice = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
        if not twice.any():
            return made
        made[twice] = random.integers(0, n, size=(int(twice.sum()), k))


def _adjusted(p_value: np.ndarray) -> np.ndarray:
    q_value = np.full(len(p_value), np.nan)
    known = np.isfinite(p_value)
    if known.any():
        q_value[known] = multiplicity.benjamini_hochberg(p_value[known])
    return q_value


def _named(z: float, q_value: float, upper: bool, degree: int, fdr: float) -> Cluster:
    """High or low only where the neighbours and the whole with the area itself point one way."""
    if not degree:
        return Cluster.ALONE
    if q_value <= fdr and upper and z > 0:
        return Cluster.HIGH
    if q_value <= fdr and not upper and z < 0:
        return Cluster.LOW
    return Cluster.NONE
