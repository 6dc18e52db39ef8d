"""Outlook: coverage of the ranges of quarters, and how often a winner is named that is none."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from bcsp_analysis.models import forecast
from bcsp_analysis.models.forecast_methods import YEAR
from bcsp_analysis.periods import Quarter
from benchmarks.calibration import truth
from benchmarks.calibration.outcomes import Key, Outcome, Setting

LEVEL = 5000.0
YEARLY_SD, TIE = 0.10, 0.4
SEASON_PCT, PHI, AUTOCORRELATION = 15.0, 10.0, 0.3
KINDS = ("random walk by year", "steady season", "wandering level")
WANDERING_SD = 0.04
YEARS, AHEAD = (3, 5), 6
RUNS = {3: (300, 80, 80), 5: (60, 60, 60)}


def settings() -> list[Setting]:
    """Last year's months are the best forecast there is; a steady season; a level that wanders."""
    return [
        Setting(f"{kind} years={years}", partial(run, kind, years), runs)
        for years in YEARS
        for kind, runs in zip(KINDS, RUNS[years], strict=True)
    ]


def run(kind: str, years: int, random: np.random.Generator) -> Outcome:
    """One history that ends with a quarter, and the two quarters that follow."""
    whole = simulate(random, kind, 12 * years + AHEAD)
    history, after = whole.iloc[:-AHEAD], whole.iloc[-AHEAD:]
    result = forecast.forecast(history, quarters=2)
    base = Key("", "", kind, years=years)
    outcome: dict[Key, tuple[float, int]] = {}
    actual = [float(after.iloc[i : i + 3].sum()) for i in (0, 3)]
    names = [*result.accuracy.index, *result.failed]
    for name in names:
        rows = _rows(result.ranges, result.quarters, name)
        outcome |= _coverage(base, name, rows, actual)
    outcome |= _coverage(
        base, "published", _rows(result.ranges, result.quarters, result.chosen), actual
    )
    asked = "outlook-false" if kind == KINDS[0] else "outlook-winner"
    outcome[base.of(asked, "published")] = (result.winner is not None, 1)
    lowest = str(result.accuracy["mase"].idxmin())
    outcome[base.of(asked, "smallest error, untested")] = (
        lowest != forecast.forecast_accuracy.NAIVE,
        1,
    )
    return outcome


def _rows(ranges: pd.DataFrame, quarters: tuple[Quarter, ...], name: str) -> list[pd.Series]:
    wanted = [(q.slug, name) for q in quarters if (q.slug, name) in ranges.index]
    return [ranges.T[place] for place in wanted]


def _coverage(base: Key, method: str, rows: list[pd.Series], actual: list[float]) -> Outcome:
    pairs = list(zip(rows, actual, strict=False))
    return {
        base.of(f"outlook-range{level}", method): (
            sum(row[f"low{level}"] <= total <= row[f"high{level}"] for row, total in pairs),
            len(pairs),
        )
        for level in (80, 95)
    }


def simulate(random: np.random.Generator, kind: str, length: int) -> pd.Series:
    """Monthly counts of one kind.

    Parameters
    ----------
    kind : str
        ``"random walk by year"``: each month is that of last year, changed by a tenth or so, the
        changes of neighbouring months tied to each other; ``"steady season"``: level and season
        stay, errors fade; ``"wandering level"``: a season on a random walk.
    """
    index = truth.months("2018-07", length)
    season = truth.wave(SEASON_PCT, random.uniform(1, 13))
    means = truth.expected(index, LEVEL, season=season)
    if kind == "steady season":
        return truth.series(index, truth.counts(random, means, PHI, AUTOCORRELATION), kind)
    if kind == "wandering level":
        means = means * np.exp(truth.wandering(random, length, WANDERING_SD))
        return truth.series(index, truth.counts(random, means, 1.0, 0.0), kind)
    errors = YEARLY_SD * truth.fading(random, (length,), TIE)
    for t in range(YEAR, length):
        errors[t] += errors[t - YEAR]
    return truth.series(index, truth.counts(random, means * np.exp(errors), 1.0, 0.0), kind)
