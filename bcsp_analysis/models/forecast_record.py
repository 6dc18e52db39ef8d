"""How recorded forecasts turned out, and what the report's own counts say of the latest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.measures.performance import QuarterlyTable
from bcsp_analysis.models import forecast_ranges, monthly
from bcsp_analysis.periods import Month, Quarter
from bcsp_analysis.sources import forecasts

if TYPE_CHECKING:
    from bcsp_analysis.models.forecast import ForecastResult

RECORD = forecasts.COLUMNS
"""Columns of the record, see `sources.forecasts`."""


@dataclass(frozen=True)
class Score:
    """How recorded forecasts of one series turned out.

    Attributes
    ----------
    name : str
    rows : DataFrame
        The record's rows of this series whose quarter is complete now, with ``observed``
        (incidents), ``error`` (observed less point), ``error_pct`` (per cent of observed, missing
        where that is zero), ``inside80``, ``inside95`` (bool) and ``known`` (months of the quarter
        that were known when the forecast was made).
    summary : DataFrame
        Index: method. ``scored`` (rows), ``inside80``, ``inside95`` (how many), ``mean_error_pct``
        (mean absolute error in per cent).
    waiting : tuple of str
        Slugs of recorded quarters that are not complete yet.
    n : int
        Rows scored.
    method : str
    """

    name: str
    rows: pd.DataFrame
    summary: pd.DataFrame
    waiting: tuple[str, ...]
    n: int
    method: str = "observed total of the quarter against the range written down before"

    @property
    def published(self) -> pd.DataFrame:
        """The rows whose range was the published one."""
        return self.rows[self.rows["published"] == "yes"]


@dataclass(frozen=True)
class PrintedCheck:
    """The report's count of the quarter under way beside the range for it.

    Attributes
    ----------
    quarter : Quarter
    printed : float
        The report's count.
    expected : Series
        The published range: ``point``, ``low80`` ... and ``observed`` as in `ForecastResult`.
    apart : DataFrame
        Index: quarters that both sources hold in full. ``printed``, ``monthly`` (incidents),
        ``gap_pct`` (by how many per cent the printed count is higher).
    """

    quarter: Quarter
    printed: float
    expected: pd.Series
    apart: pd.DataFrame

    def inside(self, level: int) -> bool:
        """Whether the printed count lies in the 80 or the 95% range."""
        low, high = self.expected[f"low{level}"], self.expected[f"high{level}"]
        return bool(low <= self.printed <= high)

    def inside_if_counted_alike(self, level: int) -> int:
        """For how many of the other quarters' gaps, taken off, it lies in the 80 or 95% range."""
        low, high = self.expected[f"low{level}"], self.expected[f"high{level}"]
        counts = self.printed / (1 + self.apart["gap_pct"] / 100)
        return int(counts.between(low, high).sum())


def score(record: pd.DataFrame, observed: pd.Series) -> Score:
    """Score the recorded forecasts of one series.

    Parameters
    ----------
    record : DataFrame
        Columns of `RECORD` at least, text or numbers, of one or more series and editions.
    observed : Series
        Incidents a month as known now, complete "MS" DatetimeIndex; its name picks the rows.

    Raises
    ------
    HeaderError, DuplicateRowError, FigureError, PeriodError, DataError
        The record is not one, see `sources.forecasts.check`.
    ModelError
        The record holds nothing of this series.
    """
    counts = monthly.check_series(observed, at_least=1, what_for="scoring forecasts")
    name = str(observed.name)
    rows = _of_series(forecasts.check(record), name)
    seen = forecast_ranges.known(counts)
    quarters = [Quarter.parse(slug) for slug in rows["quarter"]]
    made = [Month.parse(text) for text in rows["made_on"]]
    complete = [all(month in seen for month in quarter.months) for quarter in quarters]
    rows["observed"] = [
        sum(seen.get(month, np.nan) for month in quarter.months) for quarter in quarters
    ]
    rows["known"] = [
        sum(m <= month for m in quarter.months)
        for quarter, month in zip(quarters, made, strict=True)
    ]
    waiting = dict.fromkeys(rows.loc[[not whole for whole in complete], "quarter"])
    scored = rows[complete].copy()
    scored["error"] = scored["observed"] - scored["point"]
    scored["error_pct"] = 100 * scored["error"] / scored["observed"].replace(0, np.nan)
    for level in ("80", "95"):
        scored[f"inside{level}"] = scored["observed"].between(
            scored[f"low{level}"], scored[f"high{level}"]
        )
    groups = scored.assign(size=scored["error_pct"].abs()).groupby("method", sort=False)
    summary = groups.agg(
        scored=("observed", "size"),
        inside80=("inside80", "sum"),
        inside95=("inside95", "sum"),
        mean_error_pct=("size", "mean"),
    )
    return Score(name, scored, summary, tuple(waiting), len(scored))


def _of_series(record: pd.DataFrame, name: str) -> pd.DataFrame:
    rows = record[record["series"] == name].copy()
    if rows.empty:
        recorded = sorted(set(record["series"]))
        raise ModelError(
            "no forecast of this series in the record",
            found=repr(name),
            expected=" or ".join(recorded) or "a row",
        )
    return rows


def counts_alike(catalogue: Catalogue, category: str) -> bool:
    """Whether a monthly category counts what one measure of the report does.

    One that stands in as the history of several measures is wider than each of them.
    """
    return sum(measure.history == category for measure in catalogue) == 1


def against_printed(
    result: ForecastResult, observed: pd.Series, table: QuarterlyTable, measure_id: str
) -> PrintedCheck | None:
    """Set the report's count of its quarter beside the range that the monthly figures give for it.

    Parameters
    ----------
    result : ForecastResult
    observed : Series
        The monthly series that it was made from.
    table : QuarterlyTable
        The report's counts.
    measure_id : str
        The measure that counts the same kind of incident.

    Returns
    -------
    PrintedCheck or None
        None where the monthly figures hold the whole quarter, so that there is nothing to expect,
        or the report has no count of it.
    """
    printed = _printed(table, measure_id)
    if table.quarter not in result.quarters or table.quarter not in printed:
        return None
    seen = forecast_ranges.known(observed)
    rows = {
        quarter: (count, sum(seen[month] for month in quarter.months))
        for quarter, count in sorted(printed.items())
        if all(month in seen for month in quarter.months)
    }
    apart = pd.DataFrame.from_dict(rows, orient="index", columns=["printed", "monthly"])
    apart["gap_pct"] = 100 * (apart["printed"] / apart["monthly"] - 1)
    return PrintedCheck(
        table.quarter, printed[table.quarter], result.range_of(table.quarter), apart
    )


def _printed(table: QuarterlyTable, measure_id: str) -> dict[Quarter, float]:
    """Counts of whole quarters that the table prints or implies."""
    counts: Any = table.counts.loc[measure_id]
    found = {
        span.first.quarter: counts[column]
        for each in table.comparisons.values()
        for column, span in ((each.before, each.before_span), (each.after, each.after_span))
        if span == span.first.quarter.span and pd.notna(counts[column])
    }
    return {quarter: float(count) for quarter, count in found.items()}
