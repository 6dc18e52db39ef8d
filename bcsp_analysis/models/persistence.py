"""How long swings last: the autocorrelation of several histories, taken as one of a family.

Three years of months say little of one series' autocorrelation. Histories of the same area say a
little about each other's, so each is weighed by its own restricted likelihood and by a normal
distribution of autocorrelations whose mean and spread all the others inform. The spread has a
half-normal prior (Gelman 2006): histories may be alike or not, and the figures decide.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

AUTOCORRELATIONS = np.linspace(-0.9, 0.9, 37)
SPREAD_SCALE = 0.3
CITATION = "Gelman (2006), Bayesian Analysis 1, 515-534 (prior of the spread)"
_MEANS = np.linspace(-0.8, 0.8, 33)
_SPREADS = np.array([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6])


def weigh(likelihoods: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Weight of each autocorrelation for each history.

    Parameters
    ----------
    likelihoods : sequence of array, shape (37,)
        Restricted likelihood of `AUTOCORRELATIONS`, one array a history, up to a factor.

    Returns
    -------
    list of array, shape (37,)
        Each summing to 1.
    """
    family = _family()
    evidence = [family @ likelihood for likelihood in likelihoods]
    weights = []
    for own, likelihood in enumerate(likelihoods):
        others = evidence[:own] + evidence[own + 1 :]
        belief = _prior()[:, None] * np.prod([np.ones(family.shape[:2]), *others], axis=0)
        weight = likelihood * np.einsum("sm,smr->r", belief, family)
        weights.append(weight / weight.sum())
    return weights


def _family() -> np.ndarray:
    """Normal distributions on the grid, shape (spreads, means, autocorrelations)."""
    apart = AUTOCORRELATIONS[None, None] - _MEANS[None, :, None]
    density = np.exp(-0.5 * (apart / _SPREADS[:, None, None]) ** 2)
    return np.asarray(density / density.sum(axis=2, keepdims=True))


def _prior() -> np.ndarray:
    density = np.exp(-0.5 * (_SPREADS / SPREAD_SCALE) ** 2) * np.gradient(_SPREADS)
    return np.asarray(density / density.sum())
