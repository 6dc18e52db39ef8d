"""Draws of the levels that may lie behind the counts of areas.

The count O of an area with denominator n is negative binomial with mean n exp(eta) and relative
variance `alpha` (Poisson where that is 0): alpha is how far an area swings about its own level over
time. The levels eta of all areas are normal about a common mean. Crime is so uneven that a gamma
distribution, whose tail is lighter, would pull the busiest centres down by half. How far the areas
truly lie apart (the spread) is drawn as well, from its likelihood with a prior that is flat in the
shrinkage of an average area; with few areas, fixing it would make ranks look surer than they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

CITATION = (
    "log-normal levels: Aitchison and Ho (1989), Biometrika 76, 643-653; prior of their spread:"
    " Daniels (1999), A prior for the variance in hierarchical models, Canadian Journal of"
    " Statistics 27, 567-578"
)
_SPREADS = (0.02, 5.0)  # standard deviations of eta that are weighed: 2% apart to a factor of 150
_COARSE, _FINE = 24, 21  # points at which the spread is weighed
_FAR = 12.0  # log units below the likeliest value at which a value no longer counts
_MOST = 4000  # areas from which the spread is estimated
_NODES = np.arange(-8.0, 6.01, 0.25)  # standard deviations about the mode, long to the left
_STEPS, _LARGEST_STEP = 12, 2.0  # of Newton's method


@dataclass(frozen=True)
class _Posterior:
    """Levels of all areas given the spread: nodes and weights (areas, nodes), and their moments."""

    nodes: np.ndarray
    weights: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    log_marginal: float


@dataclass(frozen=True)
class _Spread:
    """One spread with the mean that fits it best, and how sharply the data settle that mean."""

    spread: float
    middle: float
    information: float
    log_weight: float


def draw_levels(
    count: np.ndarray, size: np.ndarray, alpha: float, draws: int, random: np.random.Generator
) -> np.ndarray:
    """Logarithms of the rates that may lie behind the counts: float32, (areas, draws).

    Parameters
    ----------
    count, size : ndarray of float64
        Incidents and denominators (above zero); one incident at least. In the order of the figures.
    alpha : float
        Relative variance of a count about its level over time.
    draws : int
    random : Generator
    """
    # Every so many of very many areas, in the order given, settle the spread just as well.
    some = slice(None, None, math.ceil(len(count) / _MOST))
    spreads = _spreads(count[some], size[some], alpha)
    logs = np.array([one.log_weight for one in spreads])
    chances = np.exp(logs - logs.max())
    made = np.empty((len(count), draws), dtype="float32")
    start = 0
    for one, many in zip(spreads, random.multinomial(draws, chances / chances.sum()), strict=True):
        if not many:
            continue
        found = _posterior(count, size, alpha, one.middle, one.spread)
        shares = found.weights.cumsum(axis=1) - found.weights / 2
        chosen = random.random((len(count), many))
        for area in range(len(count)):
            made[area, start : start + many] = np.interp(
                chosen[area], shares[area], found.nodes[area]
            )
        # The common mean is not known either; a level moves with it by the part that it is shrunk.
        moved = random.standard_normal(many) / np.sqrt(one.information)
        shrunk = found.variance / one.spread**2
        made[:, start : start + many] += (shrunk[:, None] * moved).astype("float32")
        start += many
    return made


def _spreads(count: np.ndarray, size: np.ndarray, alpha: float) -> list[_Spread]:
    """Spreads between areas, as densely as their weights ask for; equal steps of the logarithm."""
    low, high = np.log(_SPREADS)
    coarse = np.linspace(low, high, _COARSE)
    found = _weighed(coarse, count, size, alpha)
    logs = np.array([one.log_weight for one in found])
    near = coarse[logs > logs.max() - _FAR]
    step = coarse[1] - coarse[0]
    fine = np.linspace(max(low, near[0] - step), min(high, near[-1] + step), _FINE)
    return _weighed(fine, count, size, alpha)


def _weighed(
    log_spreads: np.ndarray, count: np.ndarray, size: np.ndarray, alpha: float
) -> list[_Spread]:
    rate = (count.sum() + 0.5) / size.sum()  # a start; not 0 where a part has no incident
    usual = 1 / (rate * size.mean()) + alpha  # variance of an average area's level by itself
    middle = float(np.log(rate))
    made = []
    for spread in np.exp(log_spreads):
        for _ in range(3):
            found = _posterior(count, size, alpha, middle, spread)
            information = float((1 - found.variance / spread**2).sum() / spread**2)
            step = float((found.mean - middle).sum()) / spread**2 / information
            middle += float(np.clip(step, -1, 1))
            if abs(step) < 1e-3:
                break
        kept = spread**2 / (spread**2 + usual)
        prior = np.log(kept) + np.log1p(-kept)
        made.append(
            _Spread(
                float(spread),
                middle,
                information,
                found.log_marginal - 0.5 * np.log(information) + float(prior),
            )
        )
    return made


def _posterior(
    count: np.ndarray, size: np.ndarray, alpha: float, middle: float, spread: float
) -> _Posterior:
    """Numerical posterior of every area's level, on nodes about its mode."""
    at = np.log((count + 0.5) / size)
    inverse = 1 / spread**2
    worth = (count + 0.5) / (1 + alpha * (count + 0.5))
    at = (worth * at + inverse * middle) / (worth + inverse)
    for _ in range(_STEPS):
        slope, bend = _slopes(at, count, size, alpha)
        step = (slope - (at - middle) * inverse) / (bend + inverse)
        at = at + np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
        if np.abs(step).max() < 1e-6:
            break
    _, bend = _slopes(at, count, size, alpha)
    scale = 1 / np.sqrt(bend + inverse)
    nodes = at[:, None] + scale[:, None] * _NODES
    logs = _log_likelihood(nodes, count[:, None], size[:, None], alpha)
    logs -= (nodes - middle) ** 2 * inverse / 2
    top = logs.max(axis=1, keepdims=True)
    weights = np.exp(logs - top)
    total = weights.sum(axis=1, keepdims=True)
    weights /= total
    mean = (weights * nodes).sum(axis=1)
    log_marginal = top[:, 0] + np.log(total[:, 0] * scale) - np.log(spread)
    return _Posterior(
        nodes=nodes,
        weights=weights,
        mean=mean,
        variance=(weights * (nodes - mean[:, None]) ** 2).sum(axis=1),
        log_marginal=float(log_marginal.sum()),
    )


def _log_likelihood(
    level: np.ndarray, count: np.ndarray, size: np.ndarray, alpha: float
) -> np.ndarray:
    expected = size * np.exp(level)
    if alpha == 0:
        return count * level - expected
    return count * level - (count + 1 / alpha) * np.log1p(alpha * expected)


def _slopes(
    level: np.ndarray, count: np.ndarray, size: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray]:
    """First derivative of the log likelihood, and the second with its sign turned."""
    expected = size * np.exp(level)
    damped = 1 + alpha * expected
    return (count - expected) / damped, (1 + alpha * count) * expected / damped**2
