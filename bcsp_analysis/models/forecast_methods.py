"""Four ways to carry a monthly count series forward, each as a forecast and as simulated futures.

Three of them work on the logarithm of incidents per day; where a month has none, half an incident
stands for it. Futures are whole paths, so that the range of a quarter's total keeps the tie between
its months: they tend to miss on the same side. Their spread allows for a variance that was
estimated from few months (Student's t).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bcsp_analysis.models import monthly
from bcsp_analysis.periods import Month

YEAR = 12
SARIMA_ORDERS = (((0, 1, 1), (0, 1, 1, YEAR)), ((0, 1, 1), (0, 1, 0, YEAR)))
ETS_TRENDS = ({"trend": None, "damped_trend": False}, {"trend": "add", "damped_trend": True})
WAVES = 2
FEWEST_DF = 4.0
FEWEST_CHANGES = 6  # changes on the year that a spread can be taken from
SLOW = 0.95  # how much of the shared part of changes on the year a month passes on to the next
LARGEST_LOG = 30.0  # futures of a model of few months can run away; no rate per day is so large
LEVELS = {"low95": 0.025, "low80": 0.1, "high80": 0.9, "high95": 0.975}


@dataclass(frozen=True)
class Paths:
    """A forecast of the months that follow a series.

    point : array, shape (months,)
        Incidents a month.
    draws : array, shape (draws, months)
        Simulated futures, incidents a month.
    """

    point: np.ndarray
    draws: np.ndarray


@dataclass(frozen=True)
class NaiveBasis:
    """What the range of the seasonal naive method stands on.

    used, left_out : int
        Changes on the year that give the spread, and those left out because they lie across a
        recording change. Where fewer than six would be left none is left out.
    across : int
        Changes on the year that lie across a recording change.
    moves : dict of Month to float
        Recording changes of the last twelve months: per cent by which months from before are
        moved, going by the changes on the year since.
    """

    used: int
    left_out: int
    across: int
    moves: dict[Month, float]

    @property
    def clear(self) -> bool:
        """Whether no change on the year in the spread lies across a recording change."""
        return self.left_out == self.across


@dataclass(frozen=True)
class SarimaFit:
    """A fitted SARIMA model.

    parameters : dict of str to float
        As statsmodels names them: ``ma.L1``, ``ma.S.L12``, ``sigma2`` ...
    loglik, aicc : float
        Of the differenced series.
    forecast : array, shape (steps,)
    weights : array, shape (steps,)
        How a shock of 1 now moves the following months (psi weights, the first is 1).
    df : float
        Differenced observations less coefficients.
    """

    parameters: dict[str, float]
    loglik: float
    aicc: float
    forecast: np.ndarray
    weights: np.ndarray
    df: float


def future_index(index: pd.Index, months: int) -> pd.DatetimeIndex:
    """The month starts that follow an index."""
    return pd.date_range(index[-1], periods=months + 1, freq="MS")[1:]


def seasonal_naive(
    counts: pd.Series, months: int, draws: int, seed: int, breaks: Iterable[Month] = ()
) -> Paths:
    """Each month as in the last year seen, per day.

    Its errors are the changes on the year: no drift, the spread and month-to-month tie of those in
    the series, and one more of them for each further year. Part of the errors is shared by all
    months of a year, so that the range of a year's total is not taken for narrower than it is.

    A change on the year across a recording change says more of the recording than of the
    incidents: it is left out of the spread where six or more others remain. A coming month that is
    taken from the far side of a recording change is moved by the changes on the year seen since,
    and its range allows for how few these are.
    """
    logs, floor = _logs(counts)
    changes = logs[YEAR:] - logs[:-YEAR]
    across, ahead = _across(pd.DatetimeIndex(counts.index), months, breaks)
    variance, tie, df = _spread(changes, _usable(across))
    point = np.resize(logs[-YEAR:], months)
    random = np.random.default_rng(seed)
    heavy = np.sqrt(variance) * _heavy(random, draws, df)
    errors = heavy * _shared(random, draws, months, tie)
    if ahead.any():
        move = ahead @ np.linalg.pinv(across)
        point = np.resize(point[:YEAR] + (move @ changes)[:YEAR], months)
        # Drawn apart from the errors ahead: what they share is not counted on to cancel out.
        errors -= (heavy * _shared(random, draws, len(changes), tie)) @ move.T
    for month in range(YEAR, months):
        errors[:, month] += errors[:, month - YEAR]
    return _counts(counts.index, point, point + errors, floor)


def naive_basis(counts: pd.Series, breaks: Iterable[Month] = ()) -> NaiveBasis:
    """What the range of `seasonal_naive` stands on."""
    logs, _ = _logs(counts)
    changes = logs[YEAR:] - logs[:-YEAR]
    index = pd.DatetimeIndex(counts.index)
    inside = _inside(index, breaks)
    across, ahead = _across(index, YEAR, inside)
    used = int(_usable(across).sum())
    sizes = np.linalg.pinv(across) @ changes
    moves = {
        step: float(100 * np.expm1(size))
        for step, size, column in zip(inside, sizes, ahead.T, strict=True)
        if column.any()
    }
    return NaiveBasis(used, len(changes) - used, int(across.any(axis=1).sum()), moves)


def exponential_smoothing(counts: pd.Series, months: int, draws: int, seed: int) -> Paths:
    """ETS with additive errors and season, without trend or with a damped one, by AICc.

    Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing.
    """
    logs, floor = _logs(counts)
    fits = [fit_ets(logs, period=YEAR, **options) for options in ETS_TRENDS]
    best = min(fits, key=lambda fit: fit.aicc)
    df = max(FEWEST_DF, len(logs) - YEAR - len(best.params))
    scale = np.sqrt(float(np.sum(np.asarray(best.resid) ** 2)) / df)
    random = np.random.default_rng(seed)
    shocks = scale * random.normal(size=(draws, months)) * _heavy(random, draws, df)
    with quiet():
        paths = np.asarray(
            best.simulate(months, anchor="end", repetitions=draws, random_errors=shocks.T)
        )
        point = np.asarray(best.forecast(months))
    return _counts(counts.index, point, paths.reshape(months, draws).T, floor)


def sarima(counts: pd.Series, months: int, draws: int, seed: int) -> Paths:
    """SARIMA(0,1,1)(0,1,1)12, or the same without its seasonal coefficient, by AICc.

    Box and Jenkins (1976), Time Series Analysis, chapter 9.
    """
    logs, floor = _logs(counts)
    fits = [fit_sarima(logs, *orders, steps=months) for orders in SARIMA_ORDERS]
    best = min(fits, key=lambda fit: fit.aicc)
    differenced = len(logs) - YEAR - 1
    df = max(FEWEST_DF, best.df)
    scale = np.sqrt(best.parameters["sigma2"] * differenced / df)
    random = np.random.default_rng(seed)
    shocks = scale * random.normal(size=(draws, months)) * _heavy(random, draws, df)
    spread = np.array(
        [[best.weights[t - s] if t >= s else 0.0 for s in range(months)] for t in range(months)]
    )
    return _counts(counts.index, best.forecast, best.forecast + shocks @ spread.T, floor)


def count_model(
    counts: pd.Series, months: int, draws: int, seed: int, breaks: Iterable[Month] = ()
) -> Paths:
    """Quasi-Poisson regression on days, a straight trend, two waves a year and steps.

    The latest month's error fades into the forecast as the model's errors fade.
    """
    question = "a forecast"
    index = pd.DatetimeIndex(counts.index)
    ahead = future_index(index, months)
    columns = _waves(index, ahead, breaks)
    model = monthly.fit(counts, columns.loc[index], what_for=question)
    used = list(model.columns)
    coming = columns.loc[ahead, used].to_numpy()
    linear = np.minimum(coming @ model.coefficients.to_numpy(), LARGEST_LOG)
    likelihood = model.likelihood
    tie = model.autocorrelation
    dispersion = max(1.0, float((likelihood["weight"] * likelihood["dispersion"]).sum()))
    days = monthly.days_in(ahead)
    expected = days * np.exp(linear)
    last = float(np.log(max(counts.iloc[-1], 0.5) / model.fitted.iloc[-1]))
    fading = last * tie ** np.arange(1, months + 1)
    random = np.random.default_rng(seed)
    heavy = _heavy(random, draws, float(model.df))
    root = _root(model.covariance.to_numpy())
    coefficients = heavy * (random.normal(size=(draws, len(used))) @ root.T)
    noise = _fading(random, draws, months, tie, from_zero=True)
    noise = heavy * noise * np.sqrt(dispersion / np.maximum(expected, 1e-6))
    paths = linear + fading + coefficients @ coming.T + noise
    return Paths(expected * np.exp(fading), days * np.exp(np.minimum(paths, LARGEST_LOG)))


def fit_ets(
    values: np.ndarray, *, period: int, trend: str | None = None, damped_trend: bool = False
) -> Any:
    """ETS(A, trend, A) as statsmodels fits it, initial states by its heuristic.

    Returns
    -------
    statsmodels ETSResults
    """
    with quiet():
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel

        model = ETSModel(
            pd.Series(values),
            error="add",
            trend=trend,
            damped_trend=damped_trend,
            seasonal="add",
            seasonal_periods=period,
            initialization_method="heuristic",
        )
        return model.fit(disp=False, maxiter=200)


def fit_sarima(
    values: np.ndarray,
    order: tuple[int, int, int],
    seasonal_order: tuple[int, int, int, int],
    *,
    steps: int = 1,
) -> SarimaFit:
    """A SARIMA model by exact maximum likelihood of the differenced series (statsmodels)."""
    with quiet():
        from statsmodels.tsa.statespace.sarimax import SARIMAX

        # The variance is worked out for given coefficients, not searched for: three times faster.
        options = {"order": order, "seasonal_order": seasonal_order, "concentrate_scale": True}
        differenced = SARIMAX(values, simple_differencing=True, **options)
        fitted = differenced.fit(disp=False, maxiter=50, cov_type="none")
        whole = SARIMAX(values, **options).filter(fitted.params)
        forecast = np.asarray(whole.forecast(steps))
        weights = np.asarray(whole.impulse_responses(steps - 1)).ravel()
    names = list(fitted.model.param_names)
    size, n = len(names) + 1, int(fitted.nobs)
    correction = size * (size + 1) / (n - size - 1) if n > size + 1 else np.inf
    return SarimaFit(
        parameters=dict(zip(names, map(float, fitted.params), strict=True))
        | {"sigma2": float(fitted.scale)},
        loglik=float(fitted.llf),
        aicc=float(2 * (size - fitted.llf + correction)),
        forecast=forecast,
        weights=weights,
        df=float(n - size),
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings of fits that have little to go on; their forecasts are scored."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        import statsmodels.tools.sm_exceptions  # noqa: F401  it resets the filters when imported

        warnings.simplefilter("ignore")
        yield


def _waves(
    index: pd.DatetimeIndex, ahead: pd.DatetimeIndex, breaks: Iterable[Month]
) -> pd.DataFrame:
    """Level, trend in years, sine and cosine pairs and steps, for past and coming months."""
    whole = pd.DatetimeIndex(index.append(ahead))
    at = monthly.position(whole)
    columns = monthly.design(whole, season=False, trend=0, breaks=breaks)
    columns["trend_1"] = (at - at[: len(index)].mean()) / YEAR
    turn = 2 * np.pi * (np.asarray(whole.month) - 0.5) / YEAR
    for wave in range(1, WAVES + 1):
        columns[f"sine_{wave}"] = np.sin(wave * turn)
        columns[f"cosine_{wave}"] = np.cos(wave * turn)
    return columns


def _inside(index: pd.DatetimeIndex, breaks: Iterable[Month]) -> list[Month]:
    """Recording changes that have months of the series on both sides, in order."""
    first, last = monthly.month_of(index[0]), monthly.month_of(index[-1])
    return sorted(b for b in set(breaks) if first < b <= last)


def _across(
    index: pd.DatetimeIndex, months: int, breaks: Iterable[Month]
) -> tuple[np.ndarray, np.ndarray]:
    """Which changes on the year lie across which recording change: past ones, and coming ones.

    Two arrays of 0 and 1, shapes (months seen less twelve, recording changes) and (months,
    recording changes). In the second year ahead a month is taken from the first, and none is.
    """
    inside = _inside(index, breaks)
    steps = np.array([b - monthly.month_of(index[0]) for b in inside], dtype=int)
    at = np.arange(YEAR, len(index) + months)[:, None]
    across = ((at - YEAR < steps) & (steps <= at)).astype(float)
    return across[: len(index) - YEAR], across[len(index) - YEAR :]


def _usable(across: np.ndarray) -> np.ndarray:
    """Changes on the year that the spread is taken from: clear of recording changes, or all."""
    clear: np.ndarray = across.sum(axis=1) == 0
    return clear if clear.sum() >= FEWEST_CHANGES else np.ones_like(clear)


def _spread(changes: np.ndarray, usable: np.ndarray) -> tuple[float, float, float]:
    """Mean square of changes on the year, their month-to-month tie, and degrees of freedom."""
    kept = np.where(usable, changes, 0.0)
    total = float(kept @ kept)
    if total == 0:
        return 0.0, 0.0, FEWEST_DF
    tie = float(np.clip(kept[1:] @ kept[:-1] / total, 0.0, SLOW))
    count = int(usable.sum())
    return total / count, tie, max(FEWEST_DF, count * (1 - tie) / (1 + tie))


def _shared(random: np.random.Generator, draws: int, months: int, tie: float) -> np.ndarray:
    """Standard normal errors with correlation `tie` of neighbours, shape (draws, months).

    They are the sum of a part that fades slowly and one that is new every month.
    """
    slow = tie / SLOW
    fresh = random.normal(size=(draws, months))
    return np.sqrt(slow) * _fading(random, draws, months, SLOW) + np.sqrt(1 - slow) * fresh


def _logs(counts: pd.Series) -> tuple[np.ndarray, float]:
    """Logarithm of incidents per day, and what stood in for none."""
    floor = 0.5 if (counts == 0).any() else 0.0
    return np.log((counts.to_numpy() + floor) / monthly.days_in(counts.index)), floor


def _counts(index: pd.Index, point: np.ndarray, paths: np.ndarray, floor: float) -> Paths:
    days = monthly.days_in(future_index(index, len(point)))
    draws = days * np.exp(np.minimum(paths, LARGEST_LOG)) - floor
    return Paths(np.maximum(days * np.exp(point) - floor, 0.0), np.maximum(draws, 0.0))


def _fading(
    random: np.random.Generator, draws: int, months: int, tie: float, *, from_zero: bool = False
) -> np.ndarray:
    """Standard normal errors whose correlation fades by `tie` a month, shape (draws, months).

    With `from_zero` the error of the month before the first is known to be 0.
    """
    fresh = random.normal(size=(draws, months)) * np.sqrt(1 - tie**2)
    errors = np.empty_like(fresh)
    previous = np.zeros(draws) if from_zero else random.normal(size=draws)
    for month in range(months):
        previous = tie * previous + fresh[:, month]
        errors[:, month] = previous
    return errors


def _heavy(random: np.random.Generator, draws: int, df: float) -> np.ndarray:
    """Factor of each path that turns normal errors into Student's t with `df`, shape (draws, 1)."""
    return np.sqrt(df / random.chisquare(df, size=(draws, 1)))


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.clip(values, 0, None))
