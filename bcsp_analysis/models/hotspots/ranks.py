"""Ranks of areas with their intervals: which of them can be told apart, and which cannot."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models.hotspots import levels, shrinkage
from bcsp_analysis.models.hotspots.dispersion import AreaDispersion

TOPS = (1, 3, 10)
DRAWS, FEWEST_DRAWS = 4000, 1000
SEED = 2023
_VALUES = 16_000_000  # draws times areas; beyond it fewer draws are made
_CHUNK = 100  # draws that are ranked at a time
CITATION = (
    f"{shrinkage.CITATION}; {levels.CITATION}; ranks: Goldstein and Spiegelhalter (1996),"
    " Journal of the Royal Statistical Society A 159, 385-443"
)


class Standing(StrEnum):
    """Where an area's level lies, as far as its count can tell."""

    FAR_ABOVE = "more than twice the average"
    ABOVE = "above the average"
    SAME = "cannot be told from the average"
    BELOW = "below the average"


@dataclass(frozen=True)
class Ranking:
    """Areas ranked by their level on one denominator, 1 the highest.

    Attributes
    ----------
    table : DataFrame
        Index ``area``, areas with the denominator, in the order given. ``count`` (int64),
        ``denominator``, ``rate``, ``shrunken`` (empirical Bayes), ``low``, ``high`` (95% interval
        of the level), all rates per `per`; ``weight`` (share of the own rate in the shrunken one),
        ``rank`` (of the shrunken rate; equal rates share the better rank), ``rank_low``,
        ``rank_high`` (95% interval), ``top1``, ``top3``, ``top10`` (probability of being truly
        among that many highest), ``standing`` (str, a Standing: the whole interval of the level
        lies on that side). Areas with the same count and denominator have the same row.
    denominator : str
        Its name; "areas" where every area counts alike.
    per : float
    mean : float
        Rate of all areas together, per `per`.
    between_sd : float
        Standard deviation of the true rates between areas, per `per`; 0 where the counts differ no
        more than chance.
    alpha : float
        Relative variance of an area's swings over time that widened the intervals.
    level : float
    without : tuple of str
        Areas without the denominator, which are not ranked.
    n, total : int
        Ranked areas and their incidents.
    draws, seed : int
    method, citation : str
    """

    table: pd.DataFrame
    denominator: str
    per: float
    mean: float
    between_sd: float
    alpha: float
    level: float
    without: tuple[str, ...]
    n: int
    total: int
    draws: int
    seed: int
    method: str = (
        "rates: Poisson-gamma empirical Bayes by moments; intervals and ranks: draws of the levels"
        " behind the counts, swinging over time, log-normal between areas"
    )
    citation: str = CITATION

    @property
    def candidates(self) -> tuple[str, ...]:
        """Areas whose rank interval holds the first place, most probable first."""
        held = self.table[self.table["rank_low"] == 1]
        order = held.sort_values(["top1", "shrunken"], ascending=False, kind="stable")
        return tuple(str(area) for area in order.index)


def rank(
    counts: pd.Series,
    denominator: pd.Series | None = None,
    *,
    dispersion: AreaDispersion | float = 0.0,
    per: float = 1.0,
    level: float = 0.95,
    draws: int | None = None,
    seed: int = SEED,
) -> Ranking:
    """Rank areas by the level behind their counts.

    Parameters
    ----------
    counts : Series
        Incidents in one window, index ``area``.
    denominator : Series, optional
        Index ``area``, named, above zero, missing where not known. Every area counts alike where it
        is left out.
    dispersion : AreaDispersion or float
        Swings over time: the estimate, or its alpha.
    per : float
        Rates are given per this many of the denominator.
    level : float
        Of the intervals.
    draws, seed : int
        4,000 draws are made, fewer (1,000 at least) for very many areas.

    Raises
    ------
    ModelError
        No incident at all, counts below zero, an area twice, no area with the denominator, or a
        setting out of range.
    """
    alpha = dispersion.alpha if isinstance(dispersion, AreaDispersion) else float(dispersion)
    if not (alpha >= 0 and per > 0 and 0 < level < 1 and (draws is None or draws >= 1)):
        raise ModelError(
            "a ranking with a setting out of range",
            found=f"alpha {alpha}, per {per}, level {level}, draws {draws}",
            expected="alpha of zero or more, per above zero, level between 0 and 1, some draws",
        )
    data, without = _ranked(counts, denominator)
    # In an order that depends on the figures alone, so that no name moves a rank.
    data = data.sort_values(["denominator", "count"], kind="stable")
    count, size = data["count"].to_numpy("float64"), data["denominator"].to_numpy("float64")
    made = draws or int(np.clip(_VALUES // len(data), FEWEST_DRAWS, DRAWS))
    shrunk = shrinkage.shrink(count, size, alpha)
    drawn = levels.draw_levels(count, size, alpha, made, np.random.default_rng(seed))
    data["rate"], data["shrunken"] = per * shrunk.rate, per * shrunk.shrunken
    alike = _alike(count, size)
    low, high = _quantiles(drawn, alike, level)
    data["low"], data["high"] = per * np.exp(low), per * np.exp(high)
    data["weight"] = shrunk.weight
    data["rank"] = data["shrunken"].rank(ascending=False, method="min").astype("int64")
    places = _places(drawn)
    low, high = _quantiles(places, alike, level)
    data["rank_low"], data["rank_high"] = low.astype("int64"), high.astype("int64")
    for top in TOPS:
        share = (places <= top).mean(axis=1)
        data[f"top{top}"] = np.bincount(alike, share)[alike] / np.bincount(alike)[alike]
    data["standing"] = _standings(data["low"], data["high"], per * shrunk.mean)
    return Ranking(
        table=data.reindex([area for area in counts.index if area in data.index]),
        denominator=str(denominator.name or "denominator") if denominator is not None else "areas",
        per=per,
        mean=per * shrunk.mean,
        between_sd=per * float(np.sqrt(shrunk.between)),
        alpha=alpha,
        level=level,
        without=without,
        n=len(data),
        total=int(count.sum()),
        draws=made,
        seed=seed,
    )


def _ranked(
    counts: pd.Series, denominator: pd.Series | None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Counts with denominators above zero, and the areas left out."""
    if not counts.index.is_unique or (denominator is not None and not denominator.index.is_unique):
        raise ModelError("an area twice in a ranking")
    if counts.isna().any() or (counts < 0).any():
        raise ModelError("a ranking of counts below zero, or missing ones")
    size = (
        pd.Series(1.0, index=counts.index)
        if denominator is None
        else pd.to_numeric(denominator.reindex(counts.index), errors="coerce").astype("float64")
    )
    held = (size > 0) & np.isfinite(size)
    data = pd.DataFrame({"count": counts.astype("int64"), "denominator": size})[held]
    if data.empty or not data["count"].any():
        raise ModelError(
            "a ranking without a single incident, or without any denominator",
            found=f"{len(data)} of {len(counts)} areas with a denominator above zero",
            hint="check that counts and denominators use the same vintage of areas",
        )
    return data, tuple(str(area) for area in counts.index[~held])


def _standings(low: pd.Series, high: pd.Series, mean: float) -> np.ndarray:
    return np.select(
        [low > 2 * mean, low > mean, high < mean],
        [Standing.FAR_ABOVE, Standing.ABOVE, Standing.BELOW],
        Standing.SAME,
    )


def _alike(count: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Number of the group of areas with the same figures, which the figures cannot tell apart."""
    _, groups = np.unique(np.column_stack((size, count)), axis=0, return_inverse=True)
    return groups.reshape(-1)


def _places(drawn: np.ndarray) -> np.ndarray:
    """Rank of every area in every draw, 1 the highest: (areas, draws)."""
    areas, draws = drawn.shape
    kind = np.uint16 if areas <= np.iinfo(np.uint16).max else np.uint32
    ranks = np.empty((areas, draws), dtype=kind)
    numbers = np.arange(areas, 0, -1, dtype=kind)
    for start in range(0, draws, _CHUNK):
        some = np.ascontiguousarray(drawn[:, start : start + _CHUNK].T)
        placed = np.empty(some.shape, dtype=kind)
        np.put_along_axis(placed, some.argsort(axis=1), numbers[None, :], axis=1)
        ranks[:, start : start + _CHUNK] = placed.T
    return ranks


def _quantiles(draws: np.ndarray, alike: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Limits that hold `level` of the draws of each area; areas alike share theirs."""
    tails = ((1 - level) / 2, 1 - (1 - level) / 2)
    limits = np.empty((2, len(draws)))
    sizes = np.bincount(alike)
    single = sizes[alike] == 1
    limits[:, single] = _limits(draws[single], tails)
    order = np.argsort(alike, kind="stable")
    starts = np.concatenate(([0], sizes.cumsum()))
    for group in np.flatnonzero(sizes > 1):
        members = order[starts[group] : starts[group + 1]]
        limits[:, members] = _limits(draws[members].reshape(1, -1), tails)
    return limits[0], limits[1]


def _limits(draws: np.ndarray, tails: tuple[float, float]) -> np.ndarray:
    """The draws below which these shares lie, by row: (2, rows)."""
    number = draws.shape[1]
    places = [max(0, math.ceil(tail * number - 1e-9) - 1) for tail in tails]
    return np.partition(draws, places, axis=1)[:, places].T.astype("float64")
