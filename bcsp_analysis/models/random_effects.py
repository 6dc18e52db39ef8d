"""Random effects: several estimates of the same quantities that share a mean but are not equal.

Estimates y_k of p quantities, with known error covariances S_k, are taken as y_k ~ N(t_k, S_k) and
t_k ~ N(m, tau² I): one between-group standard deviation tau for all p. Everything about tau is
averaged over its restricted likelihood with a uniform prior on tau, so that with few groups the
intervals say that tau is hardly known.

Source: Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., section 5.4; restricted likelihood
and Q: Viechtbauer (2005), Journal of Educational and Behavioral Statistics 30, 261-293.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bcsp_analysis.errors import ModelError

CITATION = (
    "Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., section 5.4; Viechtbauer (2005),"
    " Journal of Educational and Behavioral Statistics 30, 261-293"
)
GRID = 400


@dataclass(frozen=True)
class Heterogeneity:
    """How unlike the groups are.

    between : float
        Standard deviation between groups, restricted maximum likelihood.
    between_low, between_high : float
        Interval of it from its restricted likelihood with a uniform prior.
    q, q_df, q_p : float
        Cochran's Q against the hypothesis that all groups are equal; chi-squared.
    i_squared : float
        Share of the variation between estimates that is not chance: max(0, (Q - df) / Q).
    """

    between: float
    between_low: float
    between_high: float
    q: float
    q_df: int
    q_p: float
    i_squared: float


@dataclass(frozen=True)
class RandomEffects:
    """Fit of the model.

    heterogeneity : Heterogeneity
    taus, weights : ndarray, shape (GRID,)
        Values of the between-group standard deviation and their probabilities.
    means, mean_covariances : ndarray, shapes (GRID, p) and (GRID, p, p)
        Mean of the groups given each value.
    estimates, covariances : ndarray, shapes (k, p) and (k, p, p)
        As given.
    """

    heterogeneity: Heterogeneity
    taus: np.ndarray
    weights: np.ndarray
    means: np.ndarray
    mean_covariances: np.ndarray
    estimates: np.ndarray
    covariances: np.ndarray

    @property
    def mean(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean of the groups and its covariance, averaged over the between-group variance."""
        return _mixed(self.weights, self.means, self.mean_covariances)

    def group(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """One group's own quantities, drawn towards the mean, and their covariance."""
        means, covariances = self._group_given_tau(place)
        return _mixed(self.weights, means, covariances)

    def own_weight(self, place: int) -> np.ndarray:
        """Matrix by which the group's own estimate enters; the mean enters by the rest, (p, p)."""
        return np.einsum("t,tij->ij", self.weights, self._own_weights(place))

    def draws(self, place: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Plausible values: of the group (count, p), of the mean (count, p), of tau (count,).

        The draws of group and mean share tau but are otherwise independent of each other.
        """
        random = np.random.default_rng(seed)
        chosen = random.choice(len(self.taus), size=count, p=self.weights)
        means, covariances = self._group_given_tau(place)
        group = _drawn(random, chosen, means, covariances)
        return group, _drawn(random, chosen, self.means, self.mean_covariances), self.taus[chosen]

    def _own_weights(self, place: int) -> np.ndarray:
        identity = np.eye(self.estimates.shape[1])
        variances = self.taus[:, None, None] ** 2 * identity
        return variances @ np.linalg.inv(self.covariances[place] + variances)

    def _group_given_tau(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        own = self._own_weights(place)
        rest = np.eye(own.shape[1]) - own
        means = np.einsum("tij,j->ti", own, self.estimates[place])
        means = means + np.einsum("tij,tj->ti", rest, self.means)
        spread = own @ self.covariances[place]
        spread = spread + rest @ self.mean_covariances @ np.swapaxes(rest, 1, 2)
        return means, (spread + np.swapaxes(spread, 1, 2)) / 2


def fit(
    estimates: Sequence[np.ndarray],
    covariances: Sequence[np.ndarray],
    *,
    level: float = 0.95,
    between: float | None = None,
) -> RandomEffects:
    """Fit the model to the estimates of two groups or more.

    Parameters
    ----------
    estimates : sequence of ndarray, shape (p,)
    covariances : sequence of ndarray, shape (p, p)
        Positive definite.
    level : float
        Of the interval for the between-group standard deviation.
    between : float, optional
        Take the between-group standard deviation as known instead of averaging over it.

    Raises
    ------
    ModelError
        Fewer than two groups, or a covariance that is not positive definite.
    """
    y = np.array([np.atleast_1d(e) for e in estimates], dtype="float64")
    s = np.array([np.atleast_2d(c) for c in covariances], dtype="float64")
    if len(y) < 2 or np.linalg.eigvalsh(s).min() <= 0:
        raise ModelError(
            "groups cannot be pooled",
            found=f"{len(y)} groups" if len(y) < 2 else "an estimate without uncertainty",
            expected="two groups or more, each with its standard errors",
        )
    best = _most_likely(y, s)
    if between is None:
        spread = float(np.sqrt(max(np.var(y, axis=0).max(), s.diagonal(axis1=1, axis2=2).max())))
        # Denser near zero, where the likelihood is.
        taus = 8 * max(spread, best) * np.linspace(0, 1, GRID) ** 2
        widths = np.gradient(taus)
    else:
        taus, widths = np.array([between]), np.ones(1)
    pieces = [_given_tau(tau, y, s) for tau in taus]
    logs = np.array([piece[0] for piece in pieces])
    weights = np.exp(logs - logs.max()) * widths
    weights /= weights.sum()
    low, high = np.interp([(1 - level) / 2, (1 + level) / 2], np.cumsum(weights), taus)
    return RandomEffects(
        heterogeneity=_heterogeneity(best, float(low), float(high), y, s),
        taus=taus,
        weights=weights,
        means=np.array([piece[1] for piece in pieces]),
        mean_covariances=np.array([piece[2] for piece in pieces]),
        estimates=y,
        covariances=s,
    )


def _given_tau(tau: float, y: np.ndarray, s: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Restricted log-likelihood, mean of the groups, and its covariance."""
    totals = s + tau**2 * np.eye(y.shape[1])
    precisions = np.linalg.inv(totals)
    covariance = np.linalg.inv(precisions.sum(axis=0))
    mean = covariance @ np.einsum("kij,kj->i", precisions, y)
    apart = y - mean
    misfit = np.einsum("ki,kij,kj->", apart, precisions, apart)
    logs = np.linalg.slogdet(totals)[1].sum() - np.linalg.slogdet(covariance)[1]
    return float(-0.5 * (logs + misfit)), mean, covariance


def _most_likely(y: np.ndarray, s: np.ndarray) -> float:
    from scipy.optimize import minimize_scalar

    largest = 10 * float(np.sqrt(np.var(y, axis=0).max() + s.diagonal(axis1=1, axis2=2).max()))
    found = minimize_scalar(
        lambda tau: -_given_tau(tau, y, s)[0],
        bounds=(0, largest),
        method="bounded",
        options={"xatol": largest * 1e-9},
    )
    at_zero = _given_tau(0.0, y, s)[0]
    return float(found.x) if -found.fun > at_zero + 1e-9 else 0.0


def _heterogeneity(
    best: float, low: float, high: float, y: np.ndarray, s: np.ndarray
) -> Heterogeneity:
    from scipy import stats

    mean = _given_tau(0.0, y, s)[1]
    apart = y - mean
    q = float(np.einsum("ki,kij,kj->", apart, np.linalg.inv(s), apart))
    df = y.shape[1] * (len(y) - 1)
    return Heterogeneity(
        between=best,
        between_low=low,
        between_high=high,
        q=q,
        q_df=df,
        q_p=float(stats.chi2.sf(q, df)),
        i_squared=max(0.0, (q - df) / q) if q else 0.0,
    )


def _mixed(
    weights: np.ndarray, means: np.ndarray, covariances: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    mean = weights @ means
    apart = means - mean
    spread = np.einsum("t,tij->ij", weights, covariances)
    return mean, spread + apart.T @ (weights[:, None] * apart)


def _drawn(
    random: np.random.Generator, chosen: np.ndarray, means: np.ndarray, covariances: np.ndarray
) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariances)
    roots = vectors * np.sqrt(np.clip(values, 0, None))[:, None, :]
    normal = random.normal(size=(len(chosen), means.shape[1]))
    return means[chosen] + np.einsum("nij,nj->ni", roots[chosen], normal)
