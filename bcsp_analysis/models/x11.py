"""The seasonal-irregular ratios of X-11 (table D8), on which the tests for a season stand.

The census method in its multiplicative monthly form: two rounds that find and tame extreme values,
then a third whose trend is taken out of the series as it was. Choices are the defaults of
X-13ARIMA-SEATS: sigma limits 1.5 and 2.5, 3x3 and then 3x5 seasonal averages (with less than five
years of ratios the plain mean of each month), Henderson trend of 9, 13 or 23 terms by the ratio of
irregular to trend, Musgrave's weights at the ends. Years are counted from the first month.

Source: Ladiray and Quenneville (2001), Seasonal Adjustment with the X-11 Method, chapters 3 and 4;
Doherty (2001), Australian and New Zealand Journal of Statistics 43, 261-267 (end weights).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError

PERIOD = 12
SHORTEST_SERIES = 36
SIGMA_LIMITS = (1.5, 2.5)
CITATION = "Ladiray and Quenneville (2001), Seasonal Adjustment with the X-11 Method, Springer"

_FIVE_YEARS = 5 * PERIOD
_CENTRED_YEAR = np.convolve(np.full(PERIOD, 1 / PERIOD), [0.5, 0.5])
# Ratio of irregular to trend for which the end weights of each Henderson average are made.
_END_RATIO = {9: 1.0, 13: 3.5, 23: 4.5}
# Seasonal averages: centre, then from the last value backwards one set of weights for each end.
_SEASONAL_3X3 = (
    np.array([1, 2, 3, 2, 1]) / 9,
    (np.array([11, 11, 5]) / 27, np.array([7, 10, 7, 3]) / 27),
)
_SEASONAL_3X5 = (
    np.array([1, 2, 3, 3, 3, 2, 1]) / 15,
    (
        np.array([17, 17, 17, 9]) / 60,
        np.array([15, 15, 15, 11, 4]) / 60,
        np.array([9, 13, 13, 13, 8, 4]) / 60,
    ),
)
_Filter = tuple[np.ndarray, tuple[np.ndarray, ...]]


def final_ratios(values: pd.Series, *, ahead: Sequence[float] = ()) -> pd.Series:
    """Ratios of a monthly series to its final trend, nothing replaced in them (table D8).

    Parameters
    ----------
    values : Series
        Above zero, complete "MS" DatetimeIndex, at least 36 months; free of month length and steps.
    ahead : sequence of float
        Forecasts of the months that follow, where the series is to be extended.

    Returns
    -------
    Series of float64
        On the index of `values`, around 1.

    Raises
    ------
    ModelError
        Too short a series, or a value that is not above zero.
    """
    raw = np.concatenate([values.to_numpy("float64"), np.asarray(ahead, dtype="float64")])
    _check(values, raw)
    observed = len(values)
    modified = raw
    for first in (True, False):
        trend = _trend_of(modified, observed, tame=first, longest=13 if first else 23)
        modified = _tamed(raw, modified, trend, tame=first)
    ratios = raw / _trend_of(modified, observed, tame=False, longest=23)
    return pd.Series(ratios[:observed], index=values.index, name="ratio")


def _check(values: pd.Series, raw: np.ndarray) -> None:
    if len(values) < SHORTEST_SERIES:
        raise ModelError(
            "X-11 needs a longer history",
            where=str(values.name),
            found=f"{len(values)} months",
            expected=f"at least {SHORTEST_SERIES} months",
            hint="load earlier months of the same source",
        )
    if not (np.isfinite(raw) & (raw > 0)).all():
        raise ModelError(
            "X-11 in its multiplicative form needs values above zero",
            where=str(values.name),
            found=str(raw[~(np.isfinite(raw) & (raw > 0))][0]),
            expected="numbers above zero, forecasts included",
        )


def _trend_of(series: np.ndarray, observed: int, *, tame: bool, longest: int) -> np.ndarray:
    """Trend by way of a first, rough season (tables 2 to 7)."""
    ratios = series / _centred_year(series)
    if tame:
        ratios = _without_extremes(ratios, _SEASONAL_3X3)
    season = _carried_outwards(_season(ratios, _SEASONAL_3X3))
    return henderson_trend(series / season, observed=observed, longest=longest)


def _tamed(raw: np.ndarray, modified: np.ndarray, trend: np.ndarray, *, tame: bool) -> np.ndarray:
    """The series with its extreme irregular values drawn in (tables 8 to 20 and the next 1)."""
    ratios = modified / trend
    if tame:
        ratios = _without_extremes(ratios, _SEASONAL_3X5)
    irregular = raw / _season(ratios, _SEASONAL_3X5) / trend
    weights = extreme_weights(irregular)
    return raw / (irregular / (1 + weights * (irregular - 1)))


def _centred_year(series: np.ndarray) -> np.ndarray:
    """2x12 moving average; half a year at either end is missing (nan)."""
    result = np.full(len(series), np.nan)
    half = PERIOD // 2
    result[half:-half] = np.convolve(series, _CENTRED_YEAR, mode="valid")
    return result


def _bounds(values: np.ndarray) -> tuple[int, int]:
    """First position that holds a value, and the one behind the last."""
    held = np.flatnonzero(~np.isnan(values))
    return int(held[0]), int(held[-1]) + 1


def _season(ratios: np.ndarray, average: _Filter) -> np.ndarray:
    """Seasonal factors: an average of each calendar month, centred on 1 over every year."""
    first, last = _bounds(ratios)
    held = ratios[first:last]
    stable = len(held) < _FIVE_YEARS
    factors = np.empty(len(held))
    for month in range(PERIOD):
        same = held[month::PERIOD]
        factors[month::PERIOD] = same.mean() if stable else _seasonal_average(same, average)
    centre = _centred_year(factors)
    start, end = _bounds(centre)
    centre[:start], centre[end:] = centre[start], centre[end - 1]
    result = np.full(len(ratios), np.nan)
    result[first:last] = factors / centre
    return result


def _seasonal_average(values: np.ndarray, average: _Filter) -> np.ndarray:
    centre, ends = average
    result = np.empty(len(values))
    half = len(centre) // 2
    if len(values) >= len(centre):
        result[half:-half] = np.convolve(values, centre, mode="valid")
    for place, weights in enumerate(ends):
        if len(weights) > len(values):  # five years: the third value from an end is the middle one
            weights = np.full(len(values), 1 / len(values))
        result[-1 - place] = weights @ values[::-1][: len(weights)]
        result[place] = weights @ values[: len(weights)]
    return result


def _carried_outwards(factors: np.ndarray) -> np.ndarray:
    """Missing factors at the ends are those of the nearest year."""
    result = factors.copy()
    first, last = _bounds(factors)
    for place in range(first - 1, -1, -1):
        result[place] = result[place + PERIOD]
    for place in range(last, len(result)):
        result[place] = result[place - PERIOD]
    return result


def _without_extremes(ratios: np.ndarray, average: _Filter) -> np.ndarray:
    """Ratios whose extreme values are replaced from other years of the same month."""
    weights = extreme_weights(ratios / _season(ratios, average))
    first, last = _bounds(ratios)
    result = ratios.copy()
    for month in range(first, min(first + PERIOD, last)):
        places = slice(month, last, PERIOD)
        result[places] = _replaced(ratios[places], weights[places])
    return result


def _replaced(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Below full weight: mean with the four nearest values of full weight, or of the month."""
    full = np.flatnonzero(weights == 1)
    result = values.copy()
    for place in map(int, np.flatnonzero(weights < 1)):
        near = _nearest(place, full, len(values))
        if len(near) < 4:
            result[place] = values.mean()
        else:
            total = weights[place] * values[place] + result[near].sum()
            result[place] = total / (4 + weights[place])
    return result


def _nearest(place: int, full: np.ndarray, count: int) -> np.ndarray:
    """Two on either side where there are two; four from one side within two places of an end."""
    before, after = full[full < place][::-1], full[full > place]
    if place < 2:
        return np.concatenate([before[::-1], after])[:4]
    if place >= count - 2:
        return np.concatenate([after[::-1], before])[:4]
    from_before = 2 if len(after) >= 2 else 4 - len(after)
    from_after = 2 if len(before) >= 2 else 4 - len(before)
    return np.concatenate([before[:from_before], after[:from_after]])


def extreme_weights(irregular: np.ndarray) -> np.ndarray:
    """Weight of each irregular value: 1 within 1.5 standard deviations of 1, 0 beyond 2.5.

    The standard deviation is that of five years around the value's own, estimated once with all
    values and again without those beyond 2.5.

    Parameters
    ----------
    irregular : ndarray
        Around 1; nan at the ends where there is none.

    Returns
    -------
    ndarray
        nan where `irregular` is.
    """
    lower, upper = SIGMA_LIMITS
    first, last = _bounds(irregular)
    distance = np.abs(irregular - 1)
    counted = np.zeros(len(irregular), dtype=bool)
    counted[first:last] = True
    weights = np.where(counted, 1.0, np.nan)
    windows = list(_windows(first, last))
    outside = counted.copy()
    for own, around in windows:
        limit = upper * _root_mean_square(distance[around])
        outside[own] = distance[own] > limit
    counted &= ~outside
    for own, around in windows:
        spread = _root_mean_square(distance[around][counted[around]])
        if spread > 0:
            sizes = distance[own] / spread
            weights[own] = np.clip((upper - sizes) / (upper - lower), 0, 1)
    return weights


def _root_mean_square(distances: np.ndarray) -> float:
    return float(np.sqrt(np.mean(distances**2))) if len(distances) else 0.0


def _windows(first: int, last: int) -> Iterator[tuple[slice, slice]]:
    """Months judged together, and the five years whose spread they are judged by."""
    begun, ended = first // PERIOD * PERIOD, -(-last // PERIOD) * PERIOD - _FIVE_YEARS
    whole_first, whole_last = -(-first // PERIOD) * PERIOD, last // PERIOD * PERIOD - _FIVE_YEARS
    if ended <= begun or whole_last < whole_first:
        yield slice(first, last), slice(first, last)
        return
    two, three = 2 * PERIOD, 3 * PERIOD
    yield slice(first, begun + three), slice(first, whole_first + _FIVE_YEARS)
    for year in range(begun + PERIOD, ended, PERIOD):
        yield slice(year + two, year + three), slice(year, year + _FIVE_YEARS)
    yield slice(ended + two, last), slice(whole_last, last)


def henderson_trend(series: np.ndarray, *, observed: int, longest: int = 23) -> np.ndarray:
    """Henderson trend, its length chosen by the ratio of irregular to trend movements.

    Below 1 it has 9 terms, below 3.5 or where `longest` is 13 it has 13, else 23. Only the first
    `observed` values are months that happened; the ratio is of them.
    """
    trend = _henderson(series, 13)
    middle = slice(6, observed - 6)
    smooth, irregular = trend[middle], (series / trend)[middle]
    movement = float(np.abs(np.diff(smooth) / smooth[:-1]).sum())
    noise = float(np.abs(np.diff(irregular) / irregular[:-1]).sum())
    ratio = noise / movement if movement else np.inf
    if ratio < 1:
        return _henderson(series, 9)
    return trend if ratio < 3.5 or longest == 13 else _henderson(series, 23)


def _henderson(series: np.ndarray, terms: int) -> np.ndarray:
    weights = henderson_weights(terms)
    half = terms // 2
    result = np.empty(len(series))
    result[half:-half] = np.convolve(series, weights, mode="valid")
    for place in range(half):
        end = end_weights(weights, half + 1 + place, _END_RATIO[terms])
        result[-1 - place] = end @ series[-len(end) :]
        result[place] = end[::-1] @ series[: len(end)]
    return result


def henderson_weights(terms: int) -> np.ndarray:
    """Symmetric weights of the Henderson average of an odd number of terms."""
    half = terms // 2
    n = half + 2
    i = np.arange(-half, half + 1)
    shape = ((n - 1) ** 2 - i**2) * (n**2 - i**2) * ((n + 1) ** 2 - i**2)
    shape = 315 * shape * (3 * n**2 - 16 - 11 * i**2)
    scale = 8 * n * (n**2 - 1) * (4 * n**2 - 1) * (4 * n**2 - 9) * (4 * n**2 - 25)
    return shape / scale


def end_weights(weights: np.ndarray, held: int, ratio: float) -> np.ndarray:
    """Musgrave's weights where only the first `held` of the symmetric average's terms exist.

    Parameters
    ----------
    weights : ndarray
        Symmetric, oldest first.
    held : int
        Terms that exist, at least half of them.
    ratio : float
        Irregular over trend movement (I/C) that the series is taken to have.
    """
    slope = 4 / (np.pi * ratio**2)
    at = np.arange(1, len(weights) + 1) - (held + 1) / 2
    lost, lean = weights[held:].sum(), (at * weights)[held:].sum()
    correction = at[:held] * slope / (1 + held * (held - 1) * (held + 1) / 12 * slope)
    return weights[:held] + lost / held + lean * correction
