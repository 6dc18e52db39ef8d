"""Outlook: the range in which the coming quarters are expected, and what it stands on.

Four methods forecast the series from many earlier months as if the rest were not known yet. A
method is named the winner only where it is clearly better than taking last year's same months;
otherwise the published range is that of last year's same months, and the result says so. What was
forecast is written down, so that the next edition can score it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import forecast_accuracy, forecast_methods, monthly
from bcsp_analysis.models.forecast_accuracy import (
    FEWEST_ORIGINS,
    NAIVE,
    SHORTEST_TRAINING,
    Method,
    mean_absolute_scaled_error,
)
from bcsp_analysis.models.forecast_methods import LEVELS, YEAR, Paths
from bcsp_analysis.models.forecast_record import RECORD, Score, score
from bcsp_analysis.periods import Month, Quarter, Span

__all__ = [
    "RECORD",
    "Finding",
    "ForecastResult",
    "Score",
    "forecast",
    "mean_absolute_scaled_error",
    "score",
]

FEWEST_A_MONTH = 5.0
DRAWS = 4000
SEED = 2023
CITATION = (
    "Hyndman and Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed., chapters"
    " 5, 8 and 9; scaled error: Hyndman and Koehler (2006), International Journal of Forecasting"
    " 22, 679-688, doi 10.1016/j.ijforecast.2006.03.001; comparison: Coroneo and Iacone (2020),"
    " Journal of Applied Econometrics 35, 391-409"
)


class Finding(StrEnum):
    """What the comparison of methods allows to say."""

    BETTER = "a model is clearly better than last year's same months"
    NOT_CLEARLY = "not clearly better than last year's same months"
    NO_BETTER = "no better than last year's same months"
    TOO_SHORT = "too short a history to compare methods"


@dataclass(frozen=True)
class ForecastResult:
    """Expected ranges of the coming quarters.

    Attributes
    ----------
    name : str
    quarters : tuple of Quarter
    ranges : DataFrame
        Index (``quarter`` slug, ``method``); ``point``, ``low80``, ``high80``, ``low95``,
        ``high95``: incidents in the quarter, months already observed included; ``observed``: how
        many of its months those are.
    months : DataFrame
        Index: coming month; the same columns without ``observed`` for single months, by the chosen
        method.
    accuracy : DataFrame
        Index: method, best first. ``mase`` (mean absolute scaled error, 1 to 6 months ahead),
        ``skill`` (per cent by which its error is smaller than that of the seasonal naive method),
        ``p_better`` (one-sided, Holm-adjusted over the models; missing for the seasonal naive
        method and without enough origins), ``forecasts`` (months forecast), ``totals`` (totals of
        three months forecast), ``inside80`` and ``inside95`` (how many of those lay in their
        range).
    finding : Finding
    winner : str or None
        Only where `finding` is BETTER.
    chosen : str
        The method whose ranges are published: the winner, else the seasonal naive method.
    failed : dict of str to str
        Methods that gave no answer, and why.
    origins : int
        Months from which was forecast for the comparison.
    breaks : tuple of Month
        Recording changes that the count model takes as steps; the other methods do not know them.
    n : int
    period : Span
    alpha : float
    draws, seed : int
    method, citation : str
    """

    name: str
    quarters: tuple[Quarter, ...]
    ranges: pd.DataFrame
    months: pd.DataFrame
    accuracy: pd.DataFrame
    finding: Finding
    winner: str | None
    chosen: str
    failed: dict[str, str]
    origins: int
    breaks: tuple[Month, ...]
    n: int
    period: Span
    alpha: float
    draws: int = DRAWS
    seed: int = SEED
    method: str = (
        "ranges from simulated futures; methods compared by rolling origin, 24 months or more of"
        " training, up to six months ahead"
    )
    citation: str = CITATION

    def range_of(self, quarter: Quarter) -> pd.Series:
        """The published range of one quarter."""
        return self.ranges.T[quarter.slug, self.chosen]

    @property
    def recent_breaks(self) -> tuple[Month, ...]:
        """Recording changes in the last twelve months, which last year's months do not know."""
        return tuple(b for b in self.breaks if self.period.last - b < YEAR)

    def to_record(self, edition: str) -> pd.DataFrame:
        """Rows for the record of forecasts, columns as in `RECORD`, one a quarter and method.

        `made_on` is the last month of the history.
        """
        rows = self.ranges.reset_index().assign(
            edition=edition, made_on=str(self.period.last), series=self.name
        )
        return rows[list(RECORD)]


def forecast(
    series: pd.Series,
    *,
    first: Quarter | None = None,
    quarters: int = 2,
    breaks: Iterable[Month] = (),
    alpha: float = 0.05,
) -> ForecastResult:
    """Forecast the coming quarters of a monthly series.

    Parameters
    ----------
    series : Series
        Incidents a month, complete "MS" DatetimeIndex, 24 months or more, five a month or more on
        average; methods are compared from 36 months on.
    first : Quarter, optional
        First quarter to forecast; without it, the one that holds the first month not yet observed.
    quarters : int
        How many, 1 to 8.
    breaks : iterable of Month
        Recording changes, taken as steps by the count model.
    alpha : float
        Chance of naming a model that is no better, over all models.

    Raises
    ------
    ModelError
        Too short a history, too few incidents, no quarter asked for, or one that the history
        covers already.
    """
    question = "a forecast"
    counts = monthly.check_series(series, at_least=SHORTEST_TRAINING, what_for=question)
    if counts.mean() < FEWEST_A_MONTH:
        raise ModelError(
            "too few incidents for a forecast",
            where=str(series.name),
            found=f"{counts.mean():.1f} a month",
            expected=f"{FEWEST_A_MONTH:.0f} a month or more",
            hint="take a wider category",
        )
    period = monthly.period_of(counts.index)
    coming = _coming(period, first, quarters)
    steps = tuple(sorted(b for b in set(breaks) if period.first < b <= period.last))
    methods: dict[str, Method] = {
        NAIVE: forecast_methods.seasonal_naive,
        "exponential smoothing": forecast_methods.exponential_smoothing,
        "SARIMA": forecast_methods.sarima,
        "count model": partial(forecast_methods.count_model, breaks=steps),
    }
    horizon = coming[-1].span.last - period.last
    futures, failed = _futures(methods, counts, horizon)
    usable = {name: method for name, method in methods.items() if name in futures}
    accuracy, origins = forecast_accuracy.compare(usable, counts, SEED)
    winner = _winner(accuracy, alpha)
    chosen = winner or NAIVE
    return ForecastResult(
        name=str(series.name or "the series"),
        quarters=coming,
        ranges=_ranges(futures, coming, counts),
        months=_months(futures[chosen], counts),
        accuracy=accuracy,
        finding=_finding(accuracy, origins, winner),
        winner=winner,
        chosen=chosen,
        failed=failed,
        origins=origins,
        breaks=steps,
        n=len(counts),
        period=period,
        alpha=alpha,
    )


def _coming(period: Span, first: Quarter | None, quarters: int) -> tuple[Quarter, ...]:
    start = (period.last + 1).quarter
    begin = first or start
    if not 1 <= quarters <= 8 or begin < start:
        raise ModelError(
            "these quarters cannot be forecast",
            found=f"{quarters} from {begin.label}, history to {period.last.label}",
            expected=f"one to eight quarters, the first not before {start.label}",
        )
    return tuple(begin + i for i in range(quarters))


def _futures(
    methods: dict[str, Method], counts: pd.Series, horizon: int
) -> tuple[dict[str, Paths], dict[str, str]]:
    futures, failed = {}, {}
    for name, method in methods.items():
        try:
            paths = method(counts, horizon, DRAWS, SEED)
        except (ModelError, ValueError, np.linalg.LinAlgError) as error:
            if name == NAIVE:
                raise
            failed[name] = str(error).splitlines()[0]
            continue
        if np.isfinite(paths.draws).all() and np.isfinite(paths.point).all():
            futures[name] = paths
        else:
            failed[name] = "its futures run away"
    return futures, failed


def _summary(draws: np.ndarray, point: np.ndarray) -> dict[str, np.ndarray]:
    """Point and range, per column of `draws`."""
    quantiles = np.quantile(draws, list(LEVELS.values()), axis=0)
    return {"point": point} | dict(zip(LEVELS, quantiles, strict=True))


def _ranges(
    futures: dict[str, Paths], quarters: tuple[Quarter, ...], counts: pd.Series
) -> pd.DataFrame:
    last = monthly.month_of(counts.index[-1])
    index = pd.DatetimeIndex(counts.index)
    known = dict(zip(map(monthly.month_of, index), counts.to_numpy(), strict=True))
    rows = []
    for quarter in quarters:
        observed = [known[month] for month in quarter.months if month in known]
        ahead = [month - last - 1 for month in quarter.months if month not in known]
        for name, paths in futures.items():
            draws = paths.draws[:, ahead].sum(axis=1) + sum(observed)
            point = paths.point[ahead].sum() + sum(observed)
            row = {key: float(value) for key, value in _summary(draws, point).items()}
            rows.append({"quarter": quarter.slug, "method": name, "observed": len(observed)} | row)
    columns = ["point", "low80", "high80", "low95", "high95", "observed"]
    return pd.DataFrame(rows).set_index(["quarter", "method"])[columns]


def _months(paths: Paths, counts: pd.Series) -> pd.DataFrame:
    index = forecast_methods.future_index(counts.index, len(paths.point)).rename("month")
    frame = pd.DataFrame(_summary(paths.draws, paths.point), index=index)
    return frame[["point", "low80", "high80", "low95", "high95"]]


def _winner(accuracy: pd.DataFrame, alpha: float) -> str | None:
    better = accuracy[(accuracy["p_better"] < alpha) & (accuracy["skill"] > 0)]
    return str(better.index[0]) if len(better) else None


def _finding(accuracy: pd.DataFrame, origins: int, winner: str | None) -> Finding:
    if origins < FEWEST_ORIGINS:
        return Finding.TOO_SHORT
    if winner is not None:
        return Finding.BETTER
    # Errors that are smaller by chance are no advantage, but they are not "no better" either.
    ahead = (accuracy["skill"] > 0).any()
    return Finding.NOT_CLEARLY if ahead else Finding.NO_BETTER
