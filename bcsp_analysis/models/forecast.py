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
from bcsp_analysis.models import forecast_accuracy, forecast_methods, forecast_ranges, monthly
from bcsp_analysis.models.forecast_accuracy import (
    FEWEST_ORIGINS,
    NAIVE,
    SHORTEST_TRAINING,
    Method,
    mean_absolute_scaled_error,
)
from bcsp_analysis.models.forecast_methods import YEAR, NaiveBasis, Paths
from bcsp_analysis.models.forecast_record import RECORD, Score, score
from bcsp_analysis.periods import Month, Quarter, Span

__all__ = [
    "RECORD",
    "Finding",
    "ForecastResult",
    "Score",
    "forecast",
    "mean_absolute_scaled_error",
    "reach",
    "score",
]

COUNT_MODEL = "count model"
TOGETHER = "together"  # the total of the last quarters, among single ones
KNOW_STEPS = (NAIVE, COUNT_MODEL)
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
        many of its months those are; ``year_before``: incidents in the same quarter a year before,
        missing where the history does not hold all of it.
    together : DataFrame
        Index: method; the first five columns for the total of the quarters `ahead`, from the same
        futures, so that months that miss on the same side widen it.
    months : DataFrame
        Index: coming month; the same five columns for single months, by the chosen method.
    accuracy : DataFrame
        Index: method, best first. ``mase`` (mean absolute scaled error, 1 to 6 months ahead),
        ``error_pct`` (mean absolute error in per cent of the mean count), ``skill`` (per cent by
        which its scaled error is smaller than that of the seasonal naive method), ``p_better``
        (one-sided, Holm-adjusted over the models; missing for the seasonal naive method and
        without enough origins or half-years), ``forecasts`` (months forecast), ``totals`` (totals
        of three months forecast), ``inside80`` and ``inside95`` (how many of those lay in their
        range).
    finding : Finding
    winner : str or None
        Only where `finding` is BETTER. Within a year of a recording change only a method that
        knows of it can be one: the trials are from before it.
    chosen : str
        The method whose ranges are published: the winner, else the seasonal naive method.
    failed : dict of str to str
        Methods that gave no answer, and why.
    origins : int
        Months from which was forecast for the comparison.
    half_years : int
        Half-years that do not overlap in which those forecasts lie.
    clear_origins : int
        Origins at which enough changes on the year lay clear of recording changes.
    early_origins : int
        Origins from before the latest of the recording changes of the last twelve months.
    basis : NaiveBasis
        What the range of the seasonal naive method stands on.
    breaks : tuple of Month
        Recording changes: steps of the count model, and known to the seasonal naive method; the
        other methods do not know them.
    excluded : tuple of Month
        Faulty months at the end of the history.
    without_excluded : DataFrame or None
        Ranges of the same quarters by the chosen method from the history before them, index
        ``quarter`` (slug, and ``"together"``), the five columns; None where there are none.
    unaware : DataFrame or None
        Likewise by the seasonal naive method where it knows of no recording change; None where
        there is none, or another method is chosen.
    last_year : float
        Incidents in the last twelve months of the history.
    n : int
    period : Span
    alpha : float
    draws, seed : int
    method, citation : str
    """

    name: str
    quarters: tuple[Quarter, ...]
    ranges: pd.DataFrame
    together: pd.DataFrame
    months: pd.DataFrame
    accuracy: pd.DataFrame
    finding: Finding
    winner: str | None
    chosen: str
    failed: dict[str, str]
    origins: int
    half_years: int
    clear_origins: int
    early_origins: int
    basis: NaiveBasis
    breaks: tuple[Month, ...]
    excluded: tuple[Month, ...]
    without_excluded: pd.DataFrame | None
    unaware: pd.DataFrame | None
    last_year: float
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
    def ahead(self) -> tuple[Quarter, ...]:
        """The last four of the quarters, or all where there are fewer."""
        return _ahead(self.quarters)

    @property
    def range_together(self) -> pd.Series:
        """The published range of the total of the quarters `ahead`."""
        return self.together.T[self.chosen]

    @property
    def recent_breaks(self) -> tuple[Month, ...]:
        """Recording changes in the last twelve months, which last year's months do not know."""
        return _recent(self.breaks, self.period.last)

    @property
    def leading(self) -> int:
        """The range to lead with: 95 where the 80% range held too few totals in trials, else 80."""
        totals, inside = (
            float(self.accuracy[name][self.chosen]) for name in ("totals", "inside80")
        )
        held = inside / totals if self.origins and totals else 1.0
        return 95 if held < forecast_ranges.SHORT else 80

    @staticmethod
    def too_wide(row: pd.Series, level: int = 80) -> bool:
        """Whether a range of a row helps nobody: its ends lie more than a factor 2 apart."""
        return bool(row[f"high{level}"] > forecast_ranges.WIDE * row[f"low{level}"])

    def to_record(self, edition: str) -> pd.DataFrame:
        """Rows for the record of forecasts, columns as in `RECORD`, one a quarter and method.

        `made_on` is the last month of the history.
        """
        rows = self.ranges.reset_index().assign(
            edition=edition, made_on=str(self.period.last), series=self.name
        )
        rows["published"] = np.where(rows["method"] == self.chosen, "yes", "no")
        return rows[list(RECORD)]


def reach(last: Month, quarter: Quarter) -> int:
    """How many quarters to forecast so that the last four follow a quarter.

    Parameters
    ----------
    last : Month
        Last month of the history. Where it completes quarters after this one, four follow those.
    quarter : Quarter
        Quarter of the edition.
    """
    first = (last + 1).quarter
    end = max(quarter.next, first) + (forecast_ranges.TOGETHER - 1)
    return 4 * (end.year - first.year) + end.number - first.number + 1


def forecast(
    series: pd.Series,
    *,
    first: Quarter | None = None,
    quarters: int = 2,
    breaks: Iterable[Month] = (),
    faulty: Iterable[Month] = (),
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
        Recording changes: the seasonal naive method and the count model know of them.
    faulty : iterable of Month
        Months known to be wrong. The methods cannot skip a month: those at the end of the series
        stay in, and a second forecast stands on the months before them.
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
    methods = _methods(steps)
    futures, failed = _futures(methods, counts, coming[-1])
    usable = {name: method for name, method in methods.items() if name in futures}
    trial = forecast_accuracy.compare(usable, counts, SEED)
    winner = _winner(trial.accuracy, alpha, bool(_recent(steps, period.last)))
    chosen = winner or NAIVE
    excluded = _faulty_end(period, faulty)
    return ForecastResult(
        name=str(series.name or "the series"),
        quarters=coming,
        ranges=forecast_ranges.of_quarters(futures, coming, counts),
        together=forecast_ranges.of_all(futures, _ahead(coming), counts),
        months=forecast_ranges.of_months(futures[chosen], counts),
        accuracy=trial.accuracy,
        finding=_finding(trial, winner),
        winner=winner,
        chosen=chosen,
        failed=failed,
        origins=len(trial.origins),
        half_years=trial.half_years,
        clear_origins=_clear(counts, steps, trial.origins),
        early_origins=_early(period, steps, trial.origins),
        basis=forecast_methods.naive_basis(counts, steps),
        breaks=steps,
        excluded=excluded,
        without_excluded=None
        if not excluded
        else _other(methods[chosen], counts.iloc[: -len(excluded)], coming),
        unaware=_other(_methods(())[NAIVE], counts, coming) if steps and chosen == NAIVE else None,
        last_year=float(counts.iloc[-YEAR:].sum()),
        n=len(counts),
        period=period,
        alpha=alpha,
    )


def _methods(steps: tuple[Month, ...]) -> dict[str, Method]:
    return {
        NAIVE: partial(forecast_methods.seasonal_naive, breaks=steps),
        "exponential smoothing": forecast_methods.exponential_smoothing,
        "SARIMA": forecast_methods.sarima,
        COUNT_MODEL: partial(forecast_methods.count_model, breaks=steps),
    }


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


def _ahead(quarters: tuple[Quarter, ...]) -> tuple[Quarter, ...]:
    return quarters[-forecast_ranges.TOGETHER :]


def _recent(breaks: tuple[Month, ...], last: Month) -> tuple[Month, ...]:
    return tuple(b for b in breaks if last - b < YEAR)


def _futures(
    methods: dict[str, Method], counts: pd.Series, end: Quarter
) -> tuple[dict[str, Paths], dict[str, str]]:
    futures, failed = {}, {}
    horizon = end.span.last - monthly.month_of(counts.index[-1])
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


def _faulty_end(period: Span, faulty: Iterable[Month]) -> tuple[Month, ...]:
    """The run of faulty months with which the history ends."""
    wrong, last = set(faulty), period.last
    while last in wrong and last > period.first:
        last += -1
    return tuple(Span(last + 1, period.last)) if last < period.last else ()


def _other(method: Method, history: pd.Series, coming: tuple[Quarter, ...]) -> pd.DataFrame | None:
    """Ranges of the coming quarters by another reading; None where it gives none."""
    if len(history) < SHORTEST_TRAINING:
        return None
    futures = _futures({"": method}, history, coming[-1])[0]
    if not futures:
        return None
    ranges = forecast_ranges.of_quarters(futures, coming, history).droplevel("method")
    ranges.loc[TOGETHER] = forecast_ranges.of_all(futures, _ahead(coming), history).iloc[0]
    return ranges[list(forecast_ranges.COLUMNS)]


def _clear(counts: pd.Series, steps: tuple[Month, ...], origins: tuple[int, ...]) -> int:
    bases = [forecast_methods.naive_basis(counts.iloc[:origin], steps) for origin in origins]
    return sum(basis.clear for basis in bases)


def _early(period: Span, steps: tuple[Month, ...], origins: tuple[int, ...]) -> int:
    recent = _recent(steps, period.last)
    return sum(origin <= recent[-1] - period.first for origin in origins) if recent else 0


def _winner(accuracy: pd.DataFrame, alpha: float, recent_break: bool) -> str | None:
    better = accuracy[(accuracy["p_better"] < alpha) & (accuracy["skill"] > 0)]
    if recent_break:
        better = better[better.index.isin(KNOW_STEPS)]
    return str(better.index[0]) if len(better) else None


def _finding(trial: forecast_accuracy.Trial, winner: str | None) -> Finding:
    if len(trial.origins) < FEWEST_ORIGINS:
        return Finding.TOO_SHORT
    if winner is not None:
        return Finding.BETTER
    # Errors that are smaller by chance are no advantage, but they are not "no better" either.
    ahead = (trial.accuracy["skill"] > 0).any()
    return Finding.NOT_CLEARLY if ahead else Finding.NO_BETTER
