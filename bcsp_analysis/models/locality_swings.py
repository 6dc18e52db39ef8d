"""Overdispersion of many localities at once: that of `dispersion.overdispersions`, much sooner.

Localities of one place share their months, their season's columns and their recording changes, so
that the regression of each is the same but for its counts, and all are solved in one go. A page of
one locality needs every other's overdispersion, because all are judged together.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from bcsp_analysis.models import dispersion, monthly, persistence
from bcsp_analysis.models.dispersion import QUESTION, SHORTEST_HISTORY, Dispersion, History
from bcsp_analysis.models.monthly import MonthlyFit
from bcsp_analysis.models.persistence import AUTOCORRELATIONS
from bcsp_analysis.periods import Month

_STEPS, _CLOSE = 100, 1e-9  # of the iteration; largest move of a coefficient at its end
_LOWEST, _HIGHEST = -16.0, 16.0  # log expected count; a month without incidents drives it down


def swings(
    counts: pd.DataFrame,
    months: int,
    *,
    breaks: Collection[Month] = (),
    faulty: Collection[Month] = (),
) -> dict[str, Dispersion]:
    """Overdispersion of totals of `months` months, for each locality.

    A locality without any incident borrows that of the others (`dispersion.fallback_dispersion`).

    Parameters
    ----------
    counts : DataFrame
        Index ``area``, one column a month, float64.
    breaks, faulty : collection of Month
        As in `dispersion.History`.

    Raises
    ------
    ModelError
        Too short a history, or one whose influences cannot be told apart.
    """
    whole = monthly.check_series(
        counts.sum().rename("all localities"), at_least=SHORTEST_HISTORY, what_for=QUESTION
    )
    columns = monthly.design(whole.index, breaks=breaks)
    kept = monthly.fit(whole, columns, exclude=faulty, what_for=QUESTION).columns
    held = counts[kept.index]
    held = held[held.sum(axis=1) > 0]
    models = _fits(held, kept)
    tables = _restricted(list(models.values()))
    # Any factor will do; with a largest weight of 1 the product over many does not vanish.
    weights = persistence.weigh([weight / weight.max() for weight, _ in tables])
    histories = {str(area): row.rename(str(area)) for area, row in counts.iterrows()}
    found = {
        area: dispersion.of_totals(
            History(histories[area], tuple(faulty), tuple(breaks)),
            models[area],
            weight,
            variances,
            months,
        )
        for area, weight, (_, variances) in zip(models, weights, tables, strict=True)
    }
    means = (counts.mean(axis=1) * months).to_dict()
    return {
        area: found[area]
        if area in found
        else dispersion.fallback_dispersion(found.values(), means[area])
        for area in histories
    }


def _fits(held: pd.DataFrame, columns: pd.DataFrame) -> dict[str, MonthlyFit]:
    """The quasi-Poisson regression of each locality, by Newton's method."""
    counts, x = held.to_numpy("float64"), columns.to_numpy("float64")
    offset = np.log(monthly.days_in(held.columns))
    log_mean = np.log(np.maximum(counts.mean(axis=1, keepdims=True), 0.1)) * np.ones_like(counts)
    coefficients = np.zeros((len(counts), x.shape[1]))
    for _ in range(_STEPS):
        mean = np.exp(log_mean)
        target = log_mean - offset + (counts - mean) / mean
        normal = x.T @ (mean[..., None] * x)
        normal += 1e-10 * np.eye(x.shape[1]) * np.einsum("app->a", normal)[:, None, None]
        moved = np.linalg.solve(normal, ((mean * target) @ x)[..., None])[..., 0]
        change = np.abs(moved - coefficients).max()
        coefficients = moved
        log_mean = np.clip(coefficients @ x.T + offset, _LOWEST, _HIGHEST)
        if change < _CLOSE:
            break
    fitted = np.maximum(np.exp(log_mean), 1e-6)
    return {
        str(area): MonthlyFit(
            held.loc[area],
            pd.Series(fitted[row], index=held.columns, name="fitted"),
            columns,
            pd.Series(coefficients[row], index=columns.columns),
        )
        for row, area in enumerate(held.index)
    }


def _restricted(models: list[MonthlyFit]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weight and variance of every autocorrelation, as `MonthlyFit.restricted`, for each model."""
    fitted = np.array([model.fitted.to_numpy() for model in models])
    counts = np.array([model.counts.to_numpy() for model in models])
    root = np.sqrt(fitted)
    residuals = (counts - fitted) / root
    weighted = models[0].columns.to_numpy()[None] * root[..., None]
    df = models[0].df
    logs, variances = [], []
    for rho in AUTOCORRELATIONS:
        lower = np.linalg.cholesky(models[0].correlation(rho))
        white = np.linalg.inv(lower)
        q, r = np.linalg.qr(white @ weighted)
        target = residuals @ white.T
        left = target - np.einsum("anp,ap->an", q, np.einsum("anp,an->ap", q, target))
        variance = (left**2).sum(axis=1) / df
        determinants = np.log(np.diag(lower)).sum() + np.log(
            np.abs(np.diagonal(r, axis1=1, axis2=2))
        ).sum(axis=1)
        logs.append(-0.5 * df * np.log(np.maximum(variance, 1e-12)) - determinants)
        variances.append(variance)
    weights = np.exp(np.array(logs) - np.max(logs, axis=0))
    weights /= weights.sum(axis=0)
    return list(zip(weights.T, np.array(variances).T, strict=True))
