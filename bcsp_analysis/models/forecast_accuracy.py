"""How well each method would have forecast a series: rolling origin, scaled errors, ranges hit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import multiplicity
from bcsp_analysis.models.forecast_methods import LEVELS, YEAR, Paths

SHORTEST_TRAINING = 24
HORIZON = 6  # months ahead that methods are compared on: the next two quarters
MOST_ORIGINS = 12
FEWEST_ORIGINS = 12
FEWEST_HALF_YEARS = 3  # with two, the spread of the differences hangs on a single number
DRAWS = 1000
NAIVE = "seasonal naive"
Method = Callable[[pd.Series, int, int, int], Paths]


@dataclass(frozen=True)
class Trial:
    """How methods would have forecast one series.

    accuracy : DataFrame
        As `ForecastResult.accuracy`, best method first.
    origins : tuple of int
        Months of training at each origin.
    """

    accuracy: pd.DataFrame
    origins: tuple[int, ...]

    @property
    def half_years(self) -> int:
        """Half-years that do not overlap in which the forecasts lie."""
        return _half_years(self.origins)


def mean_absolute_scaled_error(
    training: np.ndarray, actual: np.ndarray, predicted: np.ndarray, season: int = YEAR
) -> float:
    """Mean absolute error over that of the seasonal naive method inside the training data.

    nan where the training data repeat themselves exactly. Hyndman and Koehler (2006).
    """
    errors = np.abs(np.asarray(actual, float) - np.asarray(predicted, float))
    return float(errors.mean()) / _scale(np.asarray(training, float), season)


def _scale(training: np.ndarray, season: int) -> float:
    """Mean absolute change on the season before; nan where nothing ever changed."""
    scale = float(np.abs(training[season:] - training[:-season]).mean())
    return scale if scale > 0 else float("nan")


def _origins(n: int) -> list[int]:
    """Lengths of training: the latest twelve, a month apart, up to three where there are enough."""
    step = int(np.clip((n - SHORTEST_TRAINING) // MOST_ORIGINS, 1, 3))
    lengths = list(range(n - 1, SHORTEST_TRAINING - 1, -step))
    return sorted(lengths[:MOST_ORIGINS])


def compare(methods: Mapping[str, Method], counts: pd.Series, seed: int) -> Trial:
    """Accuracy of each method from many origins of one series.

    Parameters
    ----------
    methods : mapping of name to method
        The seasonal naive method, `NAIVE`, among them.
    counts : Series
        Checked incidents a month.
    seed : int
    """
    origins = _origins(len(counts))
    actual = [counts.iloc[origin : origin + HORIZON].to_numpy() for origin in origins]
    mean = _mean(np.concatenate([[], *actual]))
    errors: dict[str, list[np.ndarray]] = {name: [] for name in methods}
    inside: dict[str, list[tuple[bool, bool]]] = {name: [] for name in methods}
    misses: dict[str, list[np.ndarray]] = {name: [] for name in methods}
    for origin, after in zip(origins, actual, strict=True):
        training = counts.iloc[:origin]
        scale = _scale(training.to_numpy(), YEAR)
        for name, method in methods.items():
            paths = _attempt(method, methods[NAIVE], training, len(after), seed)
            misses[name].append(np.abs(after - paths.point))
            errors[name].append(misses[name][-1] / scale)
            inside[name] += _inside(paths, after)
    mase = {name: _mean(np.concatenate([[], *parts])) for name, parts in errors.items()}
    losses = {name: np.array([part.mean() for part in parts]) for name, parts in errors.items()}
    table = pd.DataFrame(
        {
            "mase": mase,
            "error_pct": {
                name: 100 * _mean(np.concatenate([[], *parts])) / mean if mean > 0 else np.nan
                for name, parts in misses.items()
            },
            "skill": {name: _skill(value, mase[NAIVE]) for name, value in mase.items()},
            "p_better": _p_better(losses, origins),
            "forecasts": {name: sum(map(len, parts)) for name, parts in errors.items()},
            "totals": {name: len(hits) for name, hits in inside.items()},
            "inside80": {name: sum(hit for hit, _ in hits) for name, hits in inside.items()},
            "inside95": {name: sum(hit for _, hit in hits) for name, hits in inside.items()},
        }
    ).rename_axis("method")
    return Trial(table.sort_values("mase", kind="stable"), tuple(origins))


def _attempt(method: Method, naive: Method, training: pd.Series, months: int, seed: int) -> Paths:
    """The method's forecast from one origin; where it gives none, the naive one counts for it."""
    try:
        paths = method(training, months, DRAWS, seed)
    except (ModelError, ValueError, np.linalg.LinAlgError):
        return naive(training, months, DRAWS, seed)
    if np.isfinite(paths.draws).all() and np.isfinite(paths.point).all():
        return paths
    return naive(training, months, DRAWS, seed)


def _inside(paths: Paths, after: np.ndarray) -> list[tuple[bool, bool]]:
    """For each whole quarter ahead: does its total lie in the 80% and in the 95% range?"""
    hits = []
    for start in range(0, len(after) - 2, 3):
        total = after[start : start + 3].sum()
        bounds = np.quantile(paths.draws[:, start : start + 3].sum(axis=1), list(LEVELS.values()))
        low95, low80, high80, high95 = bounds
        hits.append((bool(low80 <= total <= high80), bool(low95 <= total <= high95)))
    return hits


def _half_years(origins: Sequence[int]) -> int:
    if len(origins) < 2:
        return len(origins)
    return (origins[-1] - origins[0] + origins[1] - origins[0]) // HORIZON


def _p_better(losses: Mapping[str, np.ndarray], origins: list[int]) -> dict[str, float]:
    """Holm-adjusted p-values of each model's advantage over the seasonal naive method."""
    models = [name for name in losses if name != NAIVE]
    p_values = dict.fromkeys(losses, float("nan"))
    differences = {name: losses[name] - losses[NAIVE] for name in models}
    usable = all(np.isfinite(part).all() for part in differences.values())
    # Forecasts that overlap repeat each other: twelve origins a month apart hold two half-years.
    waves = _half_years(origins) - 1
    enough = len(origins) >= FEWEST_ORIGINS and waves + 1 >= FEWEST_HALF_YEARS
    if not (enough and models and usable):
        return p_values
    raw = [advantage_p(differences[name], waves) for name in models]
    adjusted = multiplicity.holm(raw)
    return p_values | dict(zip(models, map(float, adjusted), strict=True))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _skill(error: float, naive: float) -> float:
    """Per cent by which an error is smaller; nan against a forecast without any error."""
    return 100 * (1 - error / naive) if naive > 0 else float("nan")


def advantage_p(differences: np.ndarray, waves: int) -> float:
    """One-sided p-value of a mean loss difference below zero, losses correlated in time.

    The long-run variance is the mean square of the first `waves` cosine weighted averages, the
    statistic Student's t with as many degrees of freedom (Lazarus, Lewis, Stock and Watson 2018,
    Journal of Business and Economic Statistics 36, 541-559; for forecasts Coroneo and Iacone 2020).
    """
    from scipy import stats

    n = len(differences)
    at = np.pi * (np.arange(n) + 0.5) / n
    averages = [np.sqrt(2 / n) * (differences @ np.cos(wave * at)) for wave in range(1, waves + 1)]
    variance = float(np.mean(np.square(averages)))
    mean = float(np.mean(differences))
    if variance <= 0:
        return 0.0 if mean < 0 else 1.0
    return float(stats.t.cdf(mean / np.sqrt(variance / n), waves))
