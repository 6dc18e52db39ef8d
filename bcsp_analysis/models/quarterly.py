"""Every change of the quarterly table judged: one family of measures for each comparison."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bcsp_analysis.measures import recording
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.measures.performance import Comparison, QuarterlyTable
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models import change, intervals, multiplicity
from bcsp_analysis.models.change import ChangeResult, Dispersion, RatioOfRatios, Verdict
from bcsp_analysis.models.dispersion import SHORTEST_HISTORY, History, overdispersions
from bcsp_analysis.models.monthly import month_of
from bcsp_analysis.periods import Month, Span


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
    wider : frozenset of category
        Histories that more than one measure uses, so that they are wider than each of them: how
        much the category swings is taken for the measure as well, which is an assumption.
    alpha, materiality_pct, small_count, level : float
        The rules by which the results were judged; see `change.family`.
    method, citation : str
    """

    table: QuarterlyTable
    results: dict[str, dict[str, ChangeResult]]
    recording: dict[str, dict[str, tuple[RecordingChange, ...]]]
    possible: dict[str, dict[str, tuple[RecordingChange, ...]]]
    dispersions: dict[tuple[str, int], Dispersion]
    wider: frozenset[str]
    alpha: float
    materiality_pct: float
    small_count: float
    level: float
    method: str = (
        "quasi-Poisson comparisons of counts per day, one family of measures for each comparison,"
        " corrected with Holm's method"
    )
    citation: str = f"{intervals.CITATION}; {multiplicity.CITATION}"

    @property
    def n(self) -> int:
        """Changes judged, over all comparisons."""
        return sum(len(results) for results in self.results.values())

    @property
    def period(self) -> Span:
        """From the first to the last month that any comparison counts."""
        comparisons = self.table.comparisons.values()
        return Span(
            min(c.before_span.first for c in comparisons),
            max(c.after_span.last for c in comparisons),
        )

    @property
    def covers(self) -> str:
        """Which months are counted, in words, and which the swings are learned from."""
        comparisons = self.table.comparisons.values()
        spans = {span for c in comparisons for span in (c.before_span, c.after_span)}
        counted = sorted({month for span in spans for month in span})
        runs: list[Span] = []
        for month in counted:
            if runs and runs[-1].last + 1 == month:
                runs[-1] = Span(runs[-1].first, month)
            else:
                runs.append(Span(month, month))
        learned = {found.period.label: None for found in self.dispersions.values() if found.period}
        swings = f"; swings learned from {' and '.join(learned)}" if learned else ""
        return "; ".join(run.label for run in runs) + swings

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
        period = Span(last.previous.span.first, this.span.last)
        return change.ratio_of_ratios(*counts, days=days, dispersion=dispersion, period=period)


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
    steps: Iterable[RecordingChange] | None = None,
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
    steps : iterable of RecordingChange, optional
        The changes to be taken out of the histories, where they are not those of the register.
    """
    register = tuple(changes)
    taken_out = register if steps is None else tuple(steps)
    lengths = {len(c.after_span) for c in table.comparisons.values()}
    judged = {comparison.after_span.first for comparison in table.comparisons.values()}
    dispersions = history_dispersions(monthly, taken_out, lengths, judged=judged)
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
    used = Counter(measure.history for measure in catalogue if measure.history in monthly)
    return QuarterlyAssessment(
        table,
        results,
        certain,
        possible,
        dispersions,
        wider=frozenset(category for category, measures in used.items() if measures > 1),
        alpha=alpha,
        materiality_pct=materiality_pct,
        small_count=small_count,
        level=level,
    )


@dataclass(frozen=True)
class Sensitivity:
    """How far the verdicts hang on how much the counts are taken to vary by themselves.

    published : QuarterlyAssessment
    others : dict of a reading's name to QuarterlyAssessment
        The same table judged with another reading of the histories (see `readings`).
    """

    published: QuarterlyAssessment
    others: dict[str, QuarterlyAssessment]

    def dispersions(self, measure_id: str, comparison: str) -> tuple[float, float]:
        """Smallest and largest overdispersion of the measure over all readings."""
        values = [r.dispersion for r in self._results(measure_id, comparison)]
        return min(values), max(values)

    def verdicts(self, measure_id: str, comparison: str) -> dict[str, Verdict]:
        """The verdict of each other reading, by its name."""
        found = {name: a.result(measure_id, comparison) for name, a in self.others.items()}
        return {name: result.verdict for name, result in found.items() if result is not None}

    def borderline(self, measure_id: str, comparison: str) -> bool:
        """Whether another reading gives another verdict than the published one."""
        results = self._results(measure_id, comparison)
        return len({(r.verdict, r.verdict_if_recorded_alike) for r in results}) > 1

    def _results(self, measure_id: str, comparison: str) -> list[ChangeResult]:
        found = [a.result(measure_id, comparison) for a in (self.published, *self.others.values())]
        return [result for result in found if result is not None]


def readings(
    monthly: Mapping[str, pd.Series], changes: Iterable[RecordingChange]
) -> dict[str, tuple[dict[str, pd.Series], tuple[RecordingChange, ...]]]:
    """Other defensible readings of the histories, by name: the series and the steps of each.

    Two choices decide how much of a history counts as its own swing: whether steps that nobody has
    confirmed are taken out, and whether the months of the pandemic belong to it. The second cut
    comes at the last change of the register that touches anti-social behaviour records of Covid
    breaches; a history that it leaves too short is kept whole.
    """
    register = tuple(changes)
    after = pandemic_end(register)
    later = {
        name: _from(series, after) if after is not None else series
        for name, series in monthly.items()
    }
    return {
        "confirmed recording changes only": (
            dict(monthly),
            tuple(c for c in register if c.confirmed),
        ),
        "without the months of the pandemic": (later, register),
    }


def pandemic_end(changes: Iterable[RecordingChange]) -> Month | None:
    """Month in which, by the register, records of Covid breaches end; None where it has none."""
    return max((c.month for c in changes if c.id.startswith("covid-")), default=None)


def _from(series: pd.Series, first: Month) -> pd.Series:
    cut = series.loc[pd.Timestamp(first.start) :]
    return cut if len(cut) >= SHORTEST_HISTORY else series


def history_dispersions(
    monthly: Mapping[str, pd.Series],
    changes: Iterable[RecordingChange],
    lengths: Iterable[int],
    *,
    judged: Iterable[Month] = (),
) -> dict[tuple[str, int], Dispersion]:
    """Overdispersion of each category's totals, by (category, months of the total).

    What the register of changes explains does not count: its changes are taken out as steps, and
    the months that it knows to be faulty are left out. Nor does the change that is to be judged: a
    history that reaches into the later period gets a step at its first month, or a true change
    would pass for the measure's own swing and never be clear.

    Parameters
    ----------
    judged : iterable of Month
        First months of the periods that are compared with earlier ones.
    """
    register, begun = tuple(changes), tuple(judged)
    histories = {
        name: History(
            series,
            recording.faulty_months(register, name),
            (
                *recording.steps(
                    register, name, month_of(series.index[0]), month_of(series.index[-1])
                ),
                *begun,
            ),
        )
        for name, series in monthly.items()
    }
    return overdispersions(histories, lengths)


def dispersion_of(
    dispersions: Mapping[tuple[str, int], Dispersion], history: str, months: int, count: float
) -> Dispersion:
    """Dispersion of totals of this length of the monthly category, else the fallback for a count.

    The category may be wider than the measure (`QuarterlyAssessment.wider`).
    """
    of_category = dispersions.get((history, months))
    if of_category is not None:
        return of_category
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
        period=Span(comparison.before_span.first, comparison.after_span.last),
    )
