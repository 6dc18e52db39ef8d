"""Bounds test: do two or more series move together in the long run, wandering or not.

An autoregressive distributed-lag model is written as an error-correction model; three statistics
of its lagged levels (F of all, t of the series' own, F of the predictors') are each held against
two critical values, one for predictors that are all stationary and one for predictors that all
wander. Above both there is a long-run relation, below both there is none, between them nothing can
be said. The third statistic is needed because a series that does not wander passes the first two
whatever the predictor.

Source: Pesaran, Shin and Smith (2001), Journal of Applied Econometrics 16, 289-326; Sam, McNown and
Goh (2019), Economic Modelling 80, 130-141 (the third statistic).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import monthly
from bcsp_analysis.periods import Span

LONGEST_LAG = 3
CASES = {2: "constant inside the long-run relation", 3: "constant outside it"}
DRAWS = 20_000
SEED = 2001
CITATION = (
    "Pesaran, Shin and Smith (2001), Journal of Applied Econometrics 16, 289-326; Sam, McNown and"
    " Goh (2019), Economic Modelling 80, 130-141"
)


class LongRun(StrEnum):
    """What the bounds test says."""

    RELATED = "a long-run relation"
    UNRELATED = "no long-run relation"
    INCONCLUSIVE = "between the bounds, cannot be said"


@dataclass(frozen=True)
class NullDistribution:
    """What the three statistics do where there is no long-run relation.

    f, t, f_predictors : ndarray, shape (2, draws)
        Sorted, first for stationary predictors, then for wandering ones.
    """

    f: np.ndarray
    t: np.ndarray
    f_predictors: np.ndarray

    def f_limits(self, alpha: float) -> tuple[float, float]:
        """Critical values of F for stationary and for wandering predictors."""
        low, high = np.quantile(self.f, 1 - alpha, axis=1)
        return float(low), float(high)

    def f_predictors_limits(self, alpha: float) -> tuple[float, float]:
        """Critical values of the predictors' F for stationary and for wandering predictors."""
        low, high = sorted(np.quantile(self.f_predictors, 1 - alpha, axis=1))
        return float(low), float(high)

    def t_limits(self, alpha: float) -> tuple[float, float]:
        """Critical values of t for stationary and for wandering predictors."""
        low, high = np.quantile(self.t, alpha, axis=1)
        return float(low), float(high)

    def f_p_values(self, statistic: float) -> tuple[float, float]:
        """p-values of F for stationary and for wandering predictors."""
        low, high = (self.f >= statistic).mean(axis=1)
        return float(low), float(high)


@dataclass(frozen=True)
class BoundsResult:
    """Bounds test of one series on its predictors.

    series : str
    predictors : tuple of str
    orders : tuple of int
        Lags of the series, then of each predictor; by BIC where they were not given.
    f, f_low, f_high : float
        F of the lagged levels; critical values for stationary and for wandering predictors.
    p_low, p_high : float
        p-values of F against each.
    t, t_low, t_high : float
        t of the series' own lagged level and its critical values (constant outside only; else
        nan).
    f_predictors, f_predictors_low, f_predictors_high : float
        F of the predictors' lagged levels alone, and its critical values.
    adjustment : float
        Share of a deviation from the long-run relation that is made up in a period; negative.
    long_run : DataFrame
        Index predictor; ``effect`` of one unit in the long run and its ``error``. Without a
        long-run relation it means nothing.
    reading : LongRun
        From all three; t only where it has critical values.
    case : int
    n : int
        Periods in the regression.
    period : Span or None
        Of the series; None where its index is not of dates.
    draws, seed : int
        Of the simulated critical values, made for `n` periods.
    """

    series: str
    predictors: tuple[str, ...]
    orders: tuple[int, ...]
    f: float
    f_low: float
    f_high: float
    p_low: float
    p_high: float
    t: float
    t_low: float
    t_high: float
    f_predictors: float
    f_predictors_low: float
    f_predictors_high: float
    adjustment: float
    long_run: pd.DataFrame
    reading: LongRun
    case: int
    n: int
    period: Span | None
    alpha: float
    draws: int = DRAWS
    seed: int = SEED
    method: str = "autoregressive distributed lags as error-correction model; F of the levels"
    citation: str = CITATION


def bounds_test(
    series: pd.Series,
    predictors: pd.DataFrame,
    *,
    orders: tuple[int, ...] | None = None,
    case: int = 3,
    alpha: float = 0.05,
) -> BoundsResult:
    """Bounds test of a series on predictors.

    Parameters
    ----------
    series : Series
        No missing value, index with a frequency.
    predictors : DataFrame
        On the same index, one column each.
    orders : tuple of int, optional
        Lags of the series (1 up), then of each predictor (1 up); else by BIC, up to 3, the same
        for all predictors.
    case : int
        2 or 3, see `CASES`.

    Raises
    ------
    ModelError
        Too few periods, an unknown case, or predictors that cannot be told apart.
    """
    if case not in CASES:
        raise ModelError(
            "the bounds test knows two cases",
            found=str(case),
            expected=", ".join(f"{number} ({text})" for number, text in CASES.items()),
        )
    most = max(orders) if orders else LONGEST_LAG
    needed = (most + 1) * (predictors.shape[1] + 1) + most + 12
    if len(series) < needed:
        raise ModelError(
            "the bounds test needs a longer history",
            where=str(series.name),
            found=f"{len(series)} periods",
            expected=f"at least {needed}",
        )
    chosen = orders or _orders(series, predictors)
    fit = _fitted(series, predictors, chosen, hold_back=None)
    own = f"{series.name}.L1"
    null = null_distribution(predictors.shape[1], int(fit.nobs), case)
    statistic = float(fit.bounds_test(case=case).statistic)
    f_low, f_high = null.f_limits(alpha)
    p_low, p_high = null.f_p_values(statistic)
    t = float(fit.tvalues[own]) if case == 3 else float("nan")
    t_low, t_high = null.t_limits(alpha) if case == 3 else (float("nan"), float("nan"))
    names = [str(name) for name in predictors]
    x_statistic = _f_of(fit, [f"{name}.L1" for name in names])
    x_low, x_high = null.f_predictors_limits(alpha)
    return BoundsResult(
        series=str(series.name),
        predictors=tuple(names),
        orders=chosen,
        f=statistic,
        f_low=f_low,
        f_high=f_high,
        p_low=p_low,
        p_high=p_high,
        t=t,
        t_low=t_low,
        t_high=t_high,
        f_predictors=x_statistic,
        f_predictors_low=x_low,
        f_predictors_high=x_high,
        adjustment=float(fit.params[own]),
        long_run=pd.DataFrame(
            {"effect": -fit.ci_params[names], "error": fit.ci_bse[names]}
        ).rename_axis("predictor"),
        reading=_reading(
            (statistic, f_low, f_high), (-t, -t_low, -t_high), (x_statistic, x_low, x_high)
        ),
        case=case,
        n=int(fit.nobs),
        period=monthly.span_of(series.index),
        alpha=alpha,
    )


def _reading(*statistics: tuple[float, float, float]) -> LongRun:
    """From statistics with lower and upper critical value; those without one are passed over."""
    known = [(value, low, high) for value, low, high in statistics if not np.isnan(low)]
    if all(value > high for value, _, high in known):
        return LongRun.RELATED
    if any(value < low for value, low, _ in known):
        return LongRun.UNRELATED
    return LongRun.INCONCLUSIVE


def _f_of(fit, names: list[str]) -> float:  # type: ignore[no-untyped-def]
    """F of some coefficients of a fit, Student's errors."""
    effects = fit.params[names].to_numpy()
    covariance = fit.cov_params().loc[names, names].to_numpy()
    return float(effects @ np.linalg.solve(covariance, effects)) / len(names)


def _orders(series: pd.Series, predictors: pd.DataFrame) -> tuple[int, ...]:
    choices = [
        (own, *(other,) * predictors.shape[1])
        for own in range(1, LONGEST_LAG + 1)
        for other in range(1, LONGEST_LAG + 1)
    ]
    # All on the same periods, or the shorter lags would be judged on more of them.
    values = [_fitted(series, predictors, choice, hold_back=LONGEST_LAG).bic for choice in choices]
    return choices[int(np.argmin(values))]


def _fitted(  # type: ignore[no-untyped-def]
    series: pd.Series, predictors: pd.DataFrame, orders: tuple[int, ...], *, hold_back: int | None
):
    from statsmodels.tsa.ardl import UECM

    lags = dict(zip(predictors.columns, orders[1:], strict=True))
    try:
        return UECM(series, orders[0], predictors, lags, trend="c", hold_back=hold_back).fit()
    except (ValueError, np.linalg.LinAlgError) as error:
        raise ModelError(
            "the bounds test did not reach an answer", where=str(series.name), found=str(error)
        ) from error


@cache
def null_distribution(
    predictors: int, periods: int, case: int, *, draws: int = DRAWS, seed: int = SEED
) -> NullDistribution:
    """Simulated distribution of F and t without a long-run relation, as in the source's tables.

    A random walk is regressed in differences on its own lagged level and those of independent
    predictors, white noise in the first row and random walks in the second. It is made for the
    number of periods at hand; the tables are for 1,000. (The critical values of statsmodels 0.15
    are those of one predictor more.)
    """
    random = np.random.default_rng(seed)
    f, t, x = np.empty((2, draws)), np.empty((2, draws)), np.empty((2, draws))
    step = max(1, 2_000_000 // (periods * (predictors + 1)))
    for begin in range(0, draws, step):
        size = min(step, draws - begin)
        shocks = random.normal(size=(size, periods + 1, predictors + 1))
        walk = np.cumsum(shocks[:, :, :1], axis=1)
        for row, others in enumerate((shocks[:, :, 1:], np.cumsum(shocks[:, :, 1:], axis=1))):
            levels = np.concatenate([walk, others], axis=2)[:, :-1]
            where = slice(begin, begin + size)
            found = _statistics(shocks[:, 1:, 0], levels, case)
            f[row, where], t[row, where], x[row, where] = found
    return NullDistribution(np.sort(f, axis=1), np.sort(t, axis=1), np.sort(x, axis=1))


def _statistics(
    changes: np.ndarray, levels: np.ndarray, case: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each draw F of the levels (and the constant, case 2), t of the first, F of the others."""
    size, periods, count = levels.shape
    columns = np.concatenate([np.ones((size, periods, 1)), levels], axis=2)
    squares = np.einsum("dti,dtj->dij", columns, columns)
    products = np.einsum("dti,dt->di", columns, changes)
    inverse = np.linalg.inv(squares)
    effects = np.einsum("dij,dj->di", inverse, products)
    total = (changes**2).sum(axis=1)
    left = total - np.einsum("di,di->d", effects, products)
    variance = left / (periods - count - 1)
    alone = total if case == 2 else total - periods * changes.mean(axis=1) ** 2
    f = (alone - left) / (count + (case == 2)) / variance
    others = effects[:, 2:]
    pull = np.linalg.solve(inverse[:, 2:, 2:], others[:, :, None])[:, :, 0]
    f_others = (others * pull).sum(axis=1) / (count - 1) / variance
    return f, effects[:, 1] / np.sqrt(variance * inverse[:, 1, 1]), f_others
