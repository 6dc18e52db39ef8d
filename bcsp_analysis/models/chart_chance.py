"""What the rules of a control chart do to a series in which nothing happens.

Charts are made up with the phases of the one at hand: no trend, no step, no season left, only
chance. They are judged by the same rules, once with months that know nothing of each other and once
with months as alike as those of the history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bcsp_analysis.models import chart_rules
from bcsp_analysis.models.chart_limits import Kind, moving_range_sigma
from bcsp_analysis.models.chart_rules import Rule
from bcsp_analysis.models.monthly import MonthlyFit

DRAWS = 2000
SEED = 2023
CARRIED = 0.7
"""Carry-over from month to month at which the charts are tried as well: what a few years of months,
trend taken out, can say of it is little, and comes out too low."""


@dataclass(frozen=True)
class Chance:
    """Marks on charts of nothing.

    Attributes
    ----------
    charts : DataFrame
        Index ``independent`` and, where the history allows it, ``correlated``. ``any_signal``:
        chance of one or more marked months on the whole chart; ``months_marked``: share of the
        months with limits; ``as_many``: chance of as many marked months as seen, or more.
    rules : DataFrame
        Index: the rules, in their order; a column for each row of `charts`: share of the months
        with limits that the rule marks.

    as_many_more_alike : float or None
        ``as_many`` with a carry-over of `CARRIED`; None without a history.
    """

    charts: pd.DataFrame
    rules: pd.DataFrame
    as_many_more_alike: float | None = None


def of_nothing(
    phases: Sequence[tuple[int, int]],
    kind: Kind,
    *,
    seen: int,
    fit: MonthlyFit | None = None,
    screen: bool = False,
) -> Chance:
    """Judge made-up charts.

    Parameters
    ----------
    phases : sequence of (int, int)
        Months of each phase with limits, and how many of them set the limits.
    kind : Kind
    seen : int
        Marked months of the chart at hand.
    fit : MonthlyFit, optional
        The history, trend and season taken out. How alike its months are is not known but only
        more or less likely, so each chart draws the correlation from that likelihood.
    screen : bool
        As in `moving_range_sigma`.
    """
    settings = {"independent": (np.zeros(DRAWS), np.ones(DRAWS))}
    if fit is not None:
        settings["independent"] = np.zeros(DRAWS), np.full(DRAWS, max(1.0, fit.dispersion))
        settings["correlated"] = _drawn(fit)
    charts, rules = {}, {}
    for name, (correlation, dispersion) in settings.items():
        marks = _marks(phases, kind, correlation, dispersion, screen)
        marked = chart_rules.directions(marks) != 0
        charts[name] = {
            "any_signal": float(marked.any(axis=-1).mean()),
            "months_marked": float(marked.mean()),
            "as_many": float((marked.sum(axis=-1) >= seen).mean()),
        }
        rules[name] = {rule.value: float((marks[rule] != 0).mean()) for rule in Rule}
    more = None
    if fit is not None:
        carried = np.full(DRAWS, CARRIED)
        marks = _marks(phases, kind, carried, settings["independent"][1], screen)
        more = float(((chart_rules.directions(marks) != 0).sum(axis=-1) >= seen).mean())
    return Chance(
        pd.DataFrame(charts).T.rename_axis("errors"), pd.DataFrame(rules).rename_axis("rule"), more
    )


def _marks(
    phases: Sequence[tuple[int, int]],
    kind: Kind,
    correlation: np.ndarray,
    dispersion: np.ndarray,
    screen: bool,
) -> dict[Rule, np.ndarray]:
    """Marks of each rule on made-up charts of these phases."""
    random = np.random.default_rng(SEED)
    judged = []
    for length, base in phases:
        z = _series(random, length, correlation) * np.sqrt(dispersion)[:, None]
        judged.append(_judged(z, kind, base, screen))
    return {rule: _joined([part[rule] for part in judged]) for rule in Rule}


def _drawn(fit: MonthlyFit) -> tuple[np.ndarray, np.ndarray]:
    """A correlation for each chart, and the dispersion that goes with it."""
    table = fit.likelihood
    at = np.random.default_rng(SEED + 1).choice(len(table), DRAWS, p=table["weight"].to_numpy())
    dispersions = np.maximum(table["dispersion"].to_numpy(), 1.0)
    return table.index.to_numpy(float)[at], dispersions[at]


def _series(random: np.random.Generator, length: int, correlation: np.ndarray) -> np.ndarray:
    """Standard normal series, shape (DRAWS, length), each correlated by its factor a month."""
    series = random.normal(size=(DRAWS, length))
    for t in range(1, length):
        fresh = np.sqrt(1 - correlation**2) * series[:, t]
        series[:, t] = correlation * series[:, t - 1] + fresh
    return series


def _judged(z: np.ndarray, kind: Kind, base: int, screen: bool) -> dict[Rule, np.ndarray]:
    centre = z[:, :base].mean(axis=-1, keepdims=True)
    sigma = np.ones_like(centre)
    if kind in (Kind.INDIVIDUALS, Kind.LANEY):
        sigma = moving_range_sigma(z[:, :base], screen=screen)[:, None]
    return chart_rules.judge(z, centre, sigma)


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """All phases side by side; one month without a mark where no phase has limits."""
    return np.concatenate(parts, axis=-1) if parts else np.zeros((DRAWS, 1), "int8")
