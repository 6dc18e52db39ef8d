"""The page of one priority in words: what changed, what was done, what is open, what to ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from bcsp_analysis.editions import Edition
from bcsp_analysis.markup import escape, prose
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.measures.claims import Assessment, ClaimVerdict
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.models.comparison import PrintedComparison, Standing
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present.about import across, claims_about, within
from bcsp_analysis.present.selection import doubted
from bcsp_analysis.present.text.change import verdict_title
from bcsp_analysis.present.text.grades import grade, inner_title
from bcsp_analysis.present.text.home import to_correct
from bcsp_analysis.present.text.links import measure_link
from bcsp_analysis.present.text.numbers import listing, number, plural
from bcsp_analysis.present.text.quarterly import summary

_LEADING = "year_to_date"


def priority_answer(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    priority: str,
    edition: Edition,
    audit: AuditResult | None = None,
) -> str:
    """How many measures of the priority have which verdict, and those without figures by name."""
    measures = catalogue.in_priority(priority)
    spanning = listing([measure_link(edition, one, inside=True) for one in across(catalogue)])
    wider = f" What spans all priorities, {spanning}, stands beside them below." if spanning else ""
    if not measures:
        return (
            f"**We cannot say: the quarterly table holds no measure of this priority.** No count "
            f"of the report says whether {_inside(catalogue.priorities[priority])} succeeds.{wider}"
        )
    found = [one for one in measures if judged.result(one.id, _LEADING)]
    missing = [one for one in measures if one not in found]
    parts = []
    if found:
        parts.append(_verdicts(judged, found, catalogue, audit))
        family = next(iter(judged.results[_LEADING].values())).family_size
        parts.append(f"The bar is the one for all {number(family)} measures of the table together.")
    else:
        parts.append("**We cannot say: no measure of this priority has figures.**")
    if missing:
        parts.append(f"Without figures: {_links(missing, edition)}.")
    return " ".join(parts) + wider


def _verdicts(
    judged: QuarterlyAssessment,
    found: Sequence[Measure],
    catalogue: Catalogue,
    audit: AuditResult | None,
) -> str:
    """How many measures have which verdict, or the verdict of the only one; what to correct."""
    correct = ""
    if audit is not None:
        correct = to_correct(audit, catalogue, only=[measure.id for measure in found])
    if len(found) == 1:
        told = f"**{verdict_title(judged.results[_LEADING][found[0].id], found[0], markup=True)}.**"
    else:
        told = summary(within(judged, found), catalogue, _LEADING)
    return " ".join(filter(None, (told, correct)))


def _inside(title: str) -> str:
    return escape(title[:1].lower() + title[1:])


def _links(measures: Iterable[Measure], edition: Edition | None) -> str:
    """Names inside a sentence; on the page of a measure, without an edition, unlinked."""
    if edition is None:
        return listing([escape(inner_title(measure)) for measure in measures])
    return listing([measure_link(edition, measure, inside=True) for measure in measures])


def priority_activity(sections: pd.DataFrame, figures: pd.DataFrame, priority: str) -> str:
    """How many figures of activity the report prints for the priority, and who put them there.

    Parameters
    ----------
    sections : DataFrame
        As `sources.sections.load` gives them.
    figures : DataFrame
        Printed figures outside the table, as `printed.load_printed` gives them.
    """
    own = sections[sections["priority"] == priority]
    held = own[own["section"].isin(set(figures["section"]))]
    rows = figures[figures["section"].isin(set(held["section"]))]
    if rows.empty:
        return (
            "**The report prints no figure of activity for this priority.** That says nothing of "
            "how much was done."
        )
    by_project = held[held["assigned_by"] == "project"]
    put = ""
    if not by_project.empty:
        titles = listing([prose(_lower(str(title))) for title in by_project["title"]])
        put = (
            f" That {titles} {'belongs' if len(by_project) == 1 else 'belong'} here is this "
            "project's reading; the report names no priority for it."
        )
    return (
        f"**The report prints {plural(len(rows), 'figure')} in "
        f"{plural(held['section'].nunique(), 'section')}.** They count what was done, not whether "
        f"it made anyone safer, and they are for periods of different length.{put}"
    )


def _lower(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def priority_open(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    priority: str,
    edition: Edition,
    *,
    audit: AuditResult,
    claims: Sequence[Assessment],
    comparison: Mapping[str, PrintedComparison],
) -> str:
    """What the figures leave open, read off the results, as a list."""
    measures = catalogue.in_priority(priority)
    if not measures:
        return (
            "- Whether there is more or less of what this priority is about: the report prints no "
            "measure of it."
        )
    groups = _groups(judged, measures)
    told = [
        (Verdict.RECORDING_CHANGED, "Whether {} rose or fell: recording changed in between."),
        (Verdict.TOO_FEW, "Whether {} changed: too few cases to say."),
        ("points", "Whether the change of {} is more than chance: short of our bar."),
        (Verdict.NO_CLEAR_CHANGE, "Which way {} {is} going: the figures leave it open."),
        ("missing", "What became of {}: no figures are printed."),
    ]
    lines = [
        line.format(_links(groups[key], edition), **{"is": _is(groups[key])})
        for key, line in told
        if groups[key]
    ]
    doubts = [one for one in measures if one.id in doubted(audit)]
    if doubts:
        lines.append(
            f"Which printed figures of {_links(doubts, edition)} are right: they do not agree with "
            "each other."
        )
    alone = [
        one for one in measures if one.id not in comparison and judged.result(one.id, _LEADING)
    ]
    if alone:
        lines.append(
            f"How {_links(alone, edition)} {'compares' if len(alone) == 1 else 'compare'} with "
            "similar areas: no rate is printed."
        )
    lines += _untested(claims, measures)
    return "\n".join(f"- {line}" for line in lines) or "- Nothing that these figures could decide."


def _is(measures: Sequence[Measure]) -> str:
    return "is" if len(measures) == 1 else "are"


def _groups(
    judged: QuarterlyAssessment, measures: Iterable[Measure]
) -> dict[Verdict | str, list[Measure]]:
    """Measures by verdict; those that point one way, and those without figures, by themselves."""
    groups: dict[Verdict | str, list[Measure]] = {verdict: [] for verdict in Verdict}
    groups |= {"points": [], "missing": []}
    for measure in measures:
        result = judged.result(measure.id, _LEADING)
        key: Verdict | str = "missing" if result is None else result.verdict
        if result is not None and grade(result):
            key = "points"
        groups[key].append(measure)
    return groups


def _untested(claims: Sequence[Assessment], measures: Sequence[Measure]) -> list[str]:
    """Statements of the report about the measures that cannot be tested, each once."""
    found: dict[str, str] = {}
    for measure in measures:
        for one in claims_about(claims, measure):
            if one.outcome.verdict is ClaimVerdict.CANNOT_BE_TESTED:
                needs = f" It would take: {prose(one.claim.needs)}" if one.claim.needs else ""
                found[one.claim.id] = (
                    "Whether the report is right that \u201c"
                    f"{prose(one.claim.statement.rstrip('.'))}\u201d: it cannot be tested.{needs}"
                )
    return list(found.values())


def priority_ask(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    priority: str,
    edition: Edition,
    *,
    audit: AuditResult,
    comparison: Mapping[str, PrintedComparison],
) -> str:
    """Questions for the next meeting that follow from the results, each to somebody, as a list."""
    measures = catalogue.in_priority(priority)
    if not measures:
        return (
            "- *To the partnership:* which count, recorded by whom, is to show whether this "
            "priority succeeds, and from when on?"
        )
    return measures_ask(
        judged, measures, edition.area, audit=audit, comparison=comparison, edition=edition
    )


def measures_ask(
    judged: QuarterlyAssessment,
    measures: Sequence[Measure],
    area: str,
    *,
    audit: AuditResult,
    comparison: Mapping[str, PrintedComparison],
    edition: Edition | None = None,
) -> str:
    """The same for any measures, such as the one of a page; linked to theirs with an edition."""
    groups = _groups(judged, measures)
    lines = [
        *_by_recorder(
            groups[Verdict.RECORDING_CHANGED],
            "from which day did the new way of recording apply, and what would the counts of "
            "{} be in the old way?",
            edition,
        ),
        *_by_recorder(
            groups["missing"],
            "when can there be figures of {} again, and for how far back?",
            edition,
        ),
        *_by_recorder(
            groups[Verdict.NO_CLEAR_CHANGE],
            "can there be monthly counts of {} over five years or more, so that a change can be "
            "told from the usual ups and downs?",
            edition,
        ),
    ]
    if groups["points"]:
        lines.append(
            "*To the partnership:* do records that others than the police keep show the same "
            f"change of {_links(groups['points'], edition)}?"
        )
    more = [
        one
        for one in measures
        if one.id in comparison and comparison[one.id].standing is Standing.MORE
    ]
    if more:
        lines.append(
            f"*To similar areas:* what do they do about {_links(more, edition)}, of which "
            f"{escape(area)} records clearly more for its size?"
        )
    doubts = [one for one in measures if one.id in doubted(audit)]
    if doubts:
        lines.append(
            f"*To the authors of the report:* which printed figures of {_links(doubts, edition)} "
            "are right?"
        )
    either = [one for one in measures if one.fewer_is != "better" and one not in groups["missing"]]
    if either:
        lines.append(
            "*To those who report and record:* has anything changed in who reports "
            f"{_links(either, edition)}, or in how much it is looked for? More records of this can "
            "mean more trust or more police activity."
        )
    return "\n".join(f"- {line}" for line in lines) or "- Nothing follows from the results."


def _by_recorder(measures: Iterable[Measure], question: str, edition: Edition | None) -> list[str]:
    """The question once to each body that records the measures."""
    bodies: dict[str, list[Measure]] = {}
    for measure in measures:
        bodies.setdefault(measure.recorded_by, []).append(measure)
    return [
        f"*To {escape(body)}:* {question.format(_links(found, edition))}"
        for body, found in bodies.items()
    ]
