"""One area's change against the pooled changes of others, and where one more was to be expected.

Every distribution is a mixture over the standard deviation between areas, weighed by its restricted
likelihood (`random_effects`): with three other areas hardly anything is known of their spread, and
the ranges say so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bcsp_analysis.models import intervals, random_effects
from bcsp_analysis.models.change import ChangeResult
from bcsp_analysis.models.random_effects import Heterogeneity


@dataclass(frozen=True)
class Difference:
    """One change over another: the ratio of two ratios of rates.

    log : float
        Logarithm of the ratio.
    ratio, low, high : float
        Ratio and its interval; above 1: the first rose more, or fell less.
    p_value : float
        Two-sided, for both changes being the same.
    """

    log: float
    ratio: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Pool:
    """The other areas together, and one area held against them.

    Attributes
    ----------
    mean, mean_low, mean_high : float
        Average change of the others, a ratio of rates per day, each area counting as much as it
        is sure and the areas alike.
    expected_low, expected_high : float
        Where the counted change of an area of this size was to be expected if it were one of
        them, with the probability 1 - `chance`.
    spread_low, spread_high : float
        Where the underlying change of one more area like them lies with the probability `level`.
    difference : Difference
        The area's change over the average of the others.
    p_value : float
        Two-sided, for the area being one of them: of a change as far out as this.
    heterogeneity : Heterogeneity
        Between the others, on the log scale: .05 means that true changes differ by about 5%.
    n : int
        Others.
    level, chance : float
    """

    mean: float
    mean_low: float
    mean_high: float
    expected_low: float
    expected_high: float
    spread_low: float
    spread_high: float
    difference: Difference
    p_value: float
    heterogeneity: Heterogeneity
    n: int
    level: float
    chance: float


def pool(own: ChangeResult, others: Sequence[ChangeResult], *, level: float, chance: float) -> Pool:
    """Pool the changes of other areas, and hold an area's change against them.

    Parameters
    ----------
    own : ChangeResult
    others : sequence of ChangeResult
        Three or more, none with a count of zero.
    level : float
        Of the intervals.
    chance : float
        Probability with which one more area like them lies outside the band of expectation.

    Raises
    ------
    ModelError
        Fewer than two others.
    """
    # In one order, so that the rounding of sums does not depend on the order in which areas come.
    estimates = sorted((log_ratio(result), variance(result)) for result in others)
    fit = random_effects.fit(
        [np.array([effect]) for effect, _ in estimates],
        [np.array([[error]]) for _, error in estimates],
        level=level,
    )
    centres, certain = fit.means[:, 0], fit.mean_covariances[:, 0, 0]
    at, own_variance = log_ratio(own), variance(own)
    mean = _Mixture(fit.weights, centres, certain)
    spread = _Mixture(fit.weights, centres, certain + fit.taus**2)
    expected = _Mixture(fit.weights, centres, certain + fit.taus**2 + own_variance)
    apart = _Mixture(fit.weights, at - centres, certain + own_variance)
    low, high = apart.interval(level)
    average = float(fit.mean[0][0])
    mean_low, mean_high = np.exp(mean.interval(level))
    expected_low, expected_high = np.exp(expected.interval(1 - chance))
    spread_low, spread_high = np.exp(spread.interval(level))
    return Pool(
        mean=math.exp(average),
        mean_low=float(mean_low),
        mean_high=float(mean_high),
        expected_low=float(expected_low),
        expected_high=float(expected_high),
        spread_low=float(spread_low),
        spread_high=float(spread_high),
        difference=Difference(
            log=at - average,
            ratio=math.exp(at - average),
            low=math.exp(low),
            high=math.exp(high),
            p_value=apart.two_sided(0.0),
        ),
        p_value=expected.two_sided(at),
        heterogeneity=fit.heterogeneity,
        n=len(others),
        level=level,
        chance=chance,
    )


def difference(first: ChangeResult, second: ChangeResult, *, level: float) -> Difference:
    """The first change over the second, each with its own overdispersion.

    Student's t with the degrees of freedom of Satterthwaite (1946), Biometrics Bulletin 2, 110-114.
    """
    pieces = [_sampling(result) for result in (first, second)]
    total = sum(pieces)
    freedom = [
        piece**2 / result.dispersion_df
        for piece, result in zip(pieces, (first, second), strict=True)
    ]
    df = total**2 / sum(freedom) if sum(freedom) else math.inf
    log, se = log_ratio(first) - log_ratio(second), math.sqrt(total)
    reach = intervals.quantile(1 - (1 - level) / 2, df) * se
    return Difference(
        log=log,
        ratio=math.exp(log),
        low=math.exp(log - reach),
        high=math.exp(log + reach),
        p_value=intervals.two_sided(log / se, df),
    )


def log_ratio(result: ChangeResult) -> float:
    """Logarithm of the ratio of rates per day; both counts are above zero."""
    return math.log(result.after / result.after_days) - math.log(result.before / result.before_days)


def variance(result: ChangeResult) -> float:
    """Its sampling variance with the spread of Student's t, which its dispersion's df ask for."""
    df = result.dispersion_df
    return _sampling(result) * (1.0 if math.isinf(df) else df / max(df - 2, 1.0))


def _sampling(result: ChangeResult) -> float:
    return result.dispersion * (1 / result.before + 1 / result.after)


@dataclass(frozen=True)
class _Mixture:
    """Normal distributions with weights that sum to 1."""

    weights: np.ndarray
    centres: np.ndarray
    variances: np.ndarray

    def below(self, value: float) -> float:
        from scipy import special

        z = (value - self.centres) / np.sqrt(self.variances)
        return float(self.weights @ special.ndtr(z))

    def two_sided(self, value: float) -> float:
        """Twice the smaller tail beyond a value."""
        below = self.below(value)
        return min(1.0, 2 * min(below, 1 - below))

    def interval(self, level: float) -> tuple[float, float]:
        """Its central interval."""
        from scipy import optimize

        ends = 12 * np.sqrt(self.variances)
        low, high = float((self.centres - ends).min()), float((self.centres + ends).max())
        tail = (1 - level) / 2
        return tuple(  # type: ignore[return-value]
            float(optimize.brentq(lambda x, q=q: self.below(x) - q, low, high, xtol=1e-10))
            for q in (tail, 1 - tail)
        )
