"""Every change of the quarterly table judged: one family of measures for each comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bcsp_analysis.measures import recording
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.measures.performance import Comparison, QuarterlyTable
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models import change
from bcsp_analysis.models.change import ChangeResult, Dispersion, RatioOfRatios
from bcsp_analysis.models.monthly import month_of


@dataclass(frozen=True)
class QuarterlyAssessment:
    """Verdicts on the quarterly table.

    table : QuarterlyTable
    results : dict of comparison id to dict of measure id to ChangeResult
        Measures without both counts are left out.
    recording : dict of comparison id to dict of measure id to tuple of RecordingChange
        The confirmed changes behind a verdict "recording changed".
    possible : the same for unconfirmed changes, and those that only may affect the measure.
    dispersions : dict of (category, months) to Dispersion
        From each monthly history, for totals of three months and of the year to date.
    """

    table: QuarterlyTable
    results: dict[str, dict[str, ChangeResult]]
    recording: dict[str, dict[str, tuple[RecordingChange, ...]]]
    possible: dict[str, dict[str, tuple[RecordingChange, ...]]]
    dispersions: dict[tuple[str, int], Dispersion]

    def result(self, measure_id: str, comparison: str) -> ChangeResult | None:
        """The result of one measure in one comparison; None where a count is missing."""
        return self.results[comparison].get(measure_id)

    def ratio_of_ratios(self, measure: Measure) -> RatioOfRatios | None:
        """Whether this year's step from the first to the second quarter exceeds last year's.

        Only a second-quarter table implies last year's first quarter; else, or where a count is
        missing, None.
        """
        if self.table.quarter.number != 2:
            return None
        columns = ["implied_earlier_last_year", "q_last_year", "q_previous", "q_this_year"]
        row: Any = self.table.counts.loc[measure.id, columns]
        if row.isna().any():
            return None
        counts = [float(count) for count in row.tolist()]
        months = len(self.table.quarter.span)
        dispersion = dispersion_of(
            self.dispersions, measure.history, months, sum(counts) / len(counts)
        )
        this, last = self.table.quarter, self.table.quarter.year_before
        days = (last.previous.days, last.days, this.previous.days, this.days)
        return change.ratio_of_ratios(*counts, days=days, dispersion=dispersion)


def assess(
    table: QuarterlyTable,
    catalogue: Catalogue,
    changes: Iterable[RecordingChange],
    monthly: Mapping[str, pd.Series],
    *,
    alpha: float,
    materiality_pct: float,
    small_count: float,
    level: float = 0.95,
) -> QuarterlyAssessment:
    """Judge every measure in every comparison of the table.

    Parameters
    ----------
    table : QuarterlyTable
    catalogue : Catalogue
        Says which monthly category serves as a measure's history.
    changes : iterable of RecordingChange
        The register: confirmed changes between two periods decide the verdict, and those that
        touch a category are taken out of its history as steps.
    monthly : mapping of category to Series
        Monthly incidents, float64 on an "MS" index.
    alpha, materiality_pct, small_count, level
        The edition's rules; see `change.family`.
    """
    register = tuple(changes)
    lengths = {len(c.after_span) for c in table.comparisons.values()}
    dispersions = {
        (name, months): history_dispersion(series, register, months)
        for name, series in monthly.items()
        for months in sorted(lengths)
    }
    results: dict[str, dict[str, ChangeResult]] = {}
    certain: dict[str, dict[str, tuple[RecordingChange, ...]]] = {}
    possible: dict[str, dict[str, tuple[RecordingChange, ...]]] = {}
    for comparison in table.comparisons.values():
        first, last = comparison.before_span.first, comparison.after_span.last
        singles = {
            measure.id: _compare(table, measure, comparison, dispersions, level)
            for measure in catalogue
            if measure.id in table.counts.index
        }
        compared = {name: result for name, result in singles.items() if result is not None}
        certain[comparison.id] = {
            name: recording.between(register, name, first, last) for name in compared
        }
        possible[comparison.id] = {
            name: recording.between(register, name, first, last, possible=True) for name in compared
        }
        results[comparison.id] = change.family(
            compared,
            alpha=alpha,
            materiality_pct=materiality_pct,
            small_count=small_count,
            recording=[name for name, found in certain[comparison.id].items() if found],
        )
    return QuarterlyAssessment(table, results, certain, possible, dispersions)


def history_dispersion(
    series: pd.Series, changes: Iterable[RecordingChange], months: int
) -> Dispersion:
    """Overdispersion of a category's totals, without what the register of changes explains.

    Its changes are taken out as steps, and the months that it knows to be faulty are left out.
    """
    register = tuple(changes)
    first, last = month_of(series.index[0]), month_of(series.index[-1])
    name = str(series.name)
    return change.overdispersion(
        series,
        months=months,
        breaks=recording.steps(register, name, first, last),
        exclude=recording.faulty_months(register, name),
    )


def dispersion_of(
    dispersions: Mapping[tuple[str, int], Dispersion], history: str, months: int, count: float
) -> Dispersion:
    """The measure's own dispersion for totals of this length, else the fallback for its count."""
    own = dispersions.get((history, months))
    if own is not None:
        return own
    return change.fallback_dispersion(
        (d for (_, length), d in dispersions.items() if length == months), count
    )


def _compare(
    table: QuarterlyTable,
    measure: Measure,
    comparison: Comparison,
    dispersions: Mapping[tuple[str, int], Dispersion],
    level: float,
) -> ChangeResult | None:
    counts = table.change(measure.id, comparison.id)
    if pd.isna(counts["before"]) or pd.isna(counts["after"]):
        return None
    before, after = float(counts["before"]), float(counts["after"])
    dispersion = dispersion_of(
        dispersions, measure.history, len(comparison.after_span), (before + after) / 2
    )
    return change.compare(
        before,
        after,
        comparison.before_span.days,
        comparison.after_span.days,
        dispersion=dispersion,
        level=level,
    )
