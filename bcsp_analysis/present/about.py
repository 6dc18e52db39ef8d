"""What belongs to one measure: findings on its cells, claims that name it, pages of its history."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from bcsp_analysis.editions import Edition, Page
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.measures.claims import Assessment
from bcsp_analysis.measures.findings import Finding
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.sources.report import PrintedTable

# Comparisons in the order in which a page leads with them.
COMPARISONS = ("year_to_date", "quarter_on_year", "quarter_on_quarter")


def main_comparison(judged: QuarterlyAssessment, measure_id: str) -> str | None:
    """The comparison that a page about a measure leads with; None where it has no two counts."""
    return next((name for name in COMPARISONS if judged.result(measure_id, name)), None)


def within(judged: QuarterlyAssessment, measures: Iterable[Measure]) -> QuarterlyAssessment:
    """The same assessment with the results of these measures alone.

    Each result keeps the correction for the whole family that it was judged in.
    """
    ids = [measure.id for measure in measures]
    results = {
        comparison: {name: found[name] for name in ids if name in found}
        for comparison, found in judged.results.items()
    }
    return replace(judged, results=results)


def findings_on(audit: AuditResult, measure: Measure) -> tuple[Finding, ...]:
    """Findings of the audit about printed cells of the measure, the serious ones first."""
    order = ("high", "medium", "low")
    found = [finding for finding in audit.findings if finding.measure_id == measure.id]
    return tuple(sorted(found, key=lambda finding: order.index(finding.seriousness.value)))


def claims_about(assessed: Iterable[Assessment], measure: Measure) -> tuple[Assessment, ...]:
    """Claims of the report that name the measure, or a monthly category that bears its name.

    What a claim is about is read off the arguments of its test. A wider category that only stands
    in for the measure is not the measure.
    """
    title, history = measure.title.casefold(), measure.history.casefold()
    own = measure.history if history and title.startswith(history) else None
    found = []
    for one in assessed:
        arguments = one.claim.arguments
        named = {arguments.get("measure"), arguments.get("series"), *arguments.get("measures", ())}
        if measure.id in named or own in named - {None}:
            found.append(one)
    return tuple(found)


def changes_of(changes: Iterable[RecordingChange], measure: Measure) -> tuple[RecordingChange, ...]:
    """Recording changes that touch the measure, or may."""
    return tuple(c for c in changes if c.touches(measure.id) or c.may_touch(measure.id))


def hidden_names(
    hidden: Iterable[str], catalogue: Catalogue, table: PrintedTable
) -> tuple[str, ...]:
    """What sentences may call the measures of which no count is shown, in small letters."""
    names: list[str] = []
    for measure_id in sorted(hidden):
        names.append(catalogue[measure_id].short_title.casefold())
        if measure_id in table.text.index:
            names.append(table.cell(measure_id, "printed_label").casefold())
    return tuple(dict.fromkeys(names))


def quotes(text: str, names: Sequence[str]) -> bool:
    """Whether a text names one of them, so that a figure in it may be theirs."""
    return any(name in text.casefold() for name in names)


def withheld(finding: Finding, hidden: Collection[str], names: Sequence[str]) -> bool:
    """Whether no figure of a finding is quoted: it is about a measure of which no count is shown.

    Parameters
    ----------
    finding : Finding
    hidden, names : collection of str
        Ids of these measures, and what sentences call them (`hidden_names`).
    """
    quoted = f"{finding.where} {finding.follows_from} {finding.explanation}"
    return finding.measure_id in hidden or quotes(quoted, names)


def page_of(edition: Edition, parameter: str, value: str) -> Page | None:
    """The page of the edition whose parameter has this value; None where there is none."""
    return next((page for page in edition.pages if page.parameters.get(parameter) == value), None)


def across(catalogue: Catalogue) -> tuple[Measure, ...]:
    """Measures of no single priority, which span them all."""
    return catalogue.in_priority("")
