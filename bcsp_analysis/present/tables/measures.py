"""Tables of measures: one measure as printed and compared, and many measures as a strip."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import pandas as pd

from bcsp_analysis.editions import Edition
from bcsp_analysis.markup import escape, prose
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.measures.claims import Assessment
from bcsp_analysis.measures.findings import column_name
from bcsp_analysis.models.change import ChangeResult
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present.about import across, claims_about, findings_on, quotes, withheld
from bcsp_analysis.present.disclosure import SHORTHAND
from bcsp_analysis.present.selection import doubted, of_sections
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.tables.plain import printed_figures
from bcsp_analysis.present.tables.quarterly import (
    DISAGREE,
    NOT_APPLICABLE,
    NOT_AVAILABLE,
    by_the_counts,
    likely_range,
    verdict_words,
)
from bcsp_analysis.present.text.boxes import folded
from bcsp_analysis.present.text.checks import in_words
from bcsp_analysis.present.text.grades import short_title
from bcsp_analysis.present.text.links import measure_link, priority_link
from bcsp_analysis.present.text.numbers import number, signed, signed_percent
from bcsp_analysis.present.text.sparkline import sparkline
from bcsp_analysis.sources.report import PrintedTable

_MANY = 12  # rows; a longer table of activity stands behind a line that opens it
_WORDS = {1: "up", -1: "down", 0: "level"}
# Printed columns, and the computed ones beside them.
_PRINTED = {
    "q_last_year": "q_last_year",
    "q_previous": "q_previous",
    "q_this_year": "q_this_year",
    "ytd_last_year": "ytd_last_year",
    "ytd_this_year": "ytd_this_year",
}


def measure_printed(
    table: PrintedTable,
    judged: QuarterlyAssessment,
    measure: Measure,
    *,
    label: str,
    hidden: Collection[str] = (),
) -> str:
    """Every count and change of one row as printed, and what its counts give.

    A quarter that the report only implies stands in it too, without a printed figure.
    """
    columns = [
        Column("Figure", share=4),
        Column("As printed", figures=True, share=3),
        Column("By the counts", figures=True, share=3),
    ]
    caption = f"{short_title(measure)}: every figure of its row, as printed and by the counts."
    if measure.id not in table.text.index:
        return "The report's table has no row for this measure."
    rows = [
        [escape(_capital(what)), printed, computed]
        for what, printed, computed in _cells(table, judged, measure)
    ]
    if measure.id in hidden:
        rows = [[what, *[escape(SHORTHAND)] * 2] for what, _, _ in rows]
    return pipe(columns, rows, caption=caption, label=label)


def _cells(
    table: PrintedTable, judged: QuarterlyAssessment, measure: Measure
) -> Iterable[tuple[str, str, str]]:
    counts = judged.table.counts.loc[measure.id]
    quarter = judged.table.quarter
    if quarter.number == 2:
        implied = counts["implied_earlier_last_year"]
        name = f"{quarter.year_before.previous.months_label}, implied"
        yield name, escape(NOT_AVAILABLE), _count(implied)
    for printed, computed in _PRINTED.items():
        cell = _printed(table, measure, printed)
        yield column_name(table, printed), cell, _count(counts[computed])
    change = judged.table.change(measure.id, "year_to_date")
    difference, pct = change["difference"], change["pct_change"]
    none = escape(NOT_AVAILABLE)
    missing = bool(pd.isna(difference))
    yield (
        column_name(table, "difference"),
        _printed(table, measure, "difference"),
        none if missing else signed(float(difference)),
    )
    undefined = none if missing else escape(NOT_APPLICABLE)
    yield (
        column_name(table, "pct_difference"),
        _printed(table, measure, "pct_difference"),
        undefined if pd.isna(pct) else signed_percent(float(pct)),
    )
    sign = 0 if missing else int(difference > 0) - int(difference < 0)
    arrow = table.cell(measure.id, "travel").strip()
    yield (
        column_name(table, "travel"),
        in_words(arrow) if arrow else none,
        none if missing else _WORDS[sign],
    )


def _printed(table: PrintedTable, measure: Measure, column: str) -> str:
    return escape(table.cell(measure.id, column).strip()) or escape(NOT_AVAILABLE)


def _count(value: object) -> str:
    return escape(NOT_AVAILABLE) if pd.isna(value) else number(float(value))  # type: ignore[call-overload,arg-type]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def measure_changes(
    judged: QuarterlyAssessment,
    measure: Measure,
    *,
    label: str,
    hidden: Collection[str] = (),
) -> str:
    """Every comparison of one measure: change, likely range, verdict."""
    if not any(judged.result(measure.id, kind) for kind in judged.table.comparisons):
        return "No comparison can be made: the report prints no two counts of this measure."
    columns = [
        Column("Compared", share=4),
        Column("Change by the counts", figures=True),
        Column("Likely range", figures=True),
        Column("Verdict", share=3),
    ]
    rows = []
    for kind in judged.table.comparisons.values():
        result = judged.result(measure.id, kind.id)
        if result is None:
            cells = [escape(NOT_AVAILABLE)] * 2 + ["no figures"]
        else:
            shown = [by_the_counts(result), likely_range(result)]
            if measure.id in hidden:
                shown = [escape(SHORTHAND)] * 2
            cells = [*shown, verdict_words(result, measure)]
        rows.append([escape(kind.title), *cells])
    caption = f"{short_title(measure)}: every comparison that the table allows."
    return pipe(columns, rows, caption=caption, label=label)


def measure_findings(
    audit: AuditResult,
    measure: Measure,
    *,
    label: str,
    hidden: Collection[str],
    names: Sequence[str],
) -> str:
    """Findings of the audit on printed cells of one measure.

    Figures stay out where the measure's own counts are hidden, and where the finding quotes a
    measure whose counts are: `names`, from `about.hidden_names`.
    """
    found = findings_on(audit, measure)
    if not found:
        return "The audit has no finding on a printed figure of this measure."
    columns = [
        Column("Figure", share=5),
        Column("Printed", share=2),
        Column("Implied", share=2),
        Column("Why, and from which figures", share=9),
    ]
    rows = []
    for finding in found:
        told = [
            in_words(finding.printed),
            in_words(finding.implied),
            f"{prose(finding.explanation)} *From:* {prose(finding.follows_from)}. *How serious:* "
            f"{finding.seriousness.value}.",
        ]
        if withheld(finding, hidden, names):
            told = [escape(SHORTHAND)] * 2 + [
                f"{escape(SHORTHAND)} *How serious:* {finding.seriousness.value}."
            ]
        rows.append([f"**{prose(finding.where)}**", *told])
    caption = f"{short_title(measure)}: printed figures that other printed figures do not bear out."
    return f"::: {{.cards .findings}}\n{pipe(columns, rows, caption=caption, label=label)}\n:::"


def measure_claims(
    assessed: Iterable[Assessment], measure: Measure, *, label: str, names: Sequence[str]
) -> str:
    """Statements of the report that name the measure, each with its outcome."""
    found = claims_about(assessed, measure)
    if not found:
        return "No statement of the report that is in the register names this measure."
    columns = [
        Column("What the report says", share=6),
        Column("Verdict", share=3),
        Column("Why", share=9),
    ]
    rows = []
    for one in found:
        needs = f" It would take: {prose(one.claim.needs)}" if one.claim.needs else ""
        reason = one.outcome.reason
        shown = escape(SHORTHAND) if quotes(reason, names) else prose(reason)
        rows.append(
            [
                f"{prose(one.claim.statement)} (section {prose(one.claim.place)})",
                f"**{one.outcome.verdict.value}**",
                f"{shown}{needs}",
            ]
        )
    caption = f"{short_title(measure)}: statements of the report, decided."
    return f"::: {{.cards .statements}}\n{pipe(columns, rows, caption=caption, label=label)}\n:::"


def strip(
    judged: QuarterlyAssessment,
    measures: Iterable[Measure],
    edition: Edition,
    *,
    title: str,
    label: str,
    hidden: Collection[str] = (),
    audit: AuditResult | None = None,
) -> str:
    """Measures by name, linked: quarters as a small picture, latest count, change, verdict.

    The columns fit a phone.
    """
    kind = judged.table.comparisons["year_to_date"]
    quarter = judged.table.quarter
    doubts = doubted(audit) if audit is not None else frozenset()
    columns = [
        Column("Measure", share=4),
        Column("This quarter", figures=True, share=2),
        Column("Change", figures=True, share=2),
        Column("Verdict", share=3),
    ]
    rows = []
    for measure in measures:
        if measure.id not in judged.table.counts.index:
            continue
        name = measure_link(edition, measure)
        result = judged.result(measure.id, "year_to_date")
        value: Any = judged.table.counts.at[measure.id, "q_this_year"]
        shown = escape(NOT_AVAILABLE) if pd.isna(value) else number(float(value))
        picture = sparkline(judged, measure.id)
        if measure.id in hidden:
            rows.append([name, *[escape(SHORTHAND)] * 2, _verdict(result, measure, doubts)])
            continue
        change = escape(NOT_AVAILABLE) if result is None else by_the_counts(result)
        rows.append([name, f"{shown} {picture}".strip(), change, _verdict(result, measure, doubts)])
    if not rows:
        return "The quarterly table holds no measure of this priority."
    caption = f"{title}: counts of {quarter.months_label}; change, {kind.title}."
    return pipe(columns, rows, caption=caption, label=label)


def _verdict(result: ChangeResult | None, measure: Measure, doubts: Collection[str]) -> str:
    """The verdict in few words; what they mean is told beside the strip."""
    if result is None:
        return "no figures"
    words = verdict_words(result, measure)
    return f"{words}; {DISAGREE}" if measure.id in doubts else words


def strips(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    edition: Edition,
    *,
    hidden: Collection[str] = (),
    audit: AuditResult | None = None,
) -> str:
    """Every measure of the table, those of each priority in a table of their own, with its link."""
    told: dict[str, Any] = {"hidden": hidden, "audit": audit}
    spanning = across(catalogue)
    parts = []
    if spanning:
        parts.append(
            strip(judged, spanning, edition, title="All priorities", label="tbl-strip", **told)
        )
    for priority, title in catalogue.priorities.items():
        parts.append(f"**{priority_link(edition, catalogue, priority)}**")
        own = catalogue.in_priority(priority)
        label = f"tbl-strip-{priority}"
        parts.append(strip(judged, own, edition, title=title, label=label, **told))
    return "\n\n".join(parts)


def priority_activity(
    sections: pd.DataFrame, figures: pd.DataFrame, priority: str, *, title: str, label: str
) -> str:
    """The printed figures of activity of one priority, section by section; folded where many.

    Parameters
    ----------
    sections, figures : DataFrame
        As `sources.sections.load` and `sources.printed.load_printed` give them.
    """
    own = sections.loc[sections["priority"] == priority, "section"]
    held = [str(section) for section in own if section in set(figures["section"])]
    if not held:
        return "There is nothing to list."
    rows = of_sections(figures, *held)
    caption = f"{title}: figures of activity, as printed."
    table = printed_figures(rows, caption=caption, label=label)
    return table if len(rows) <= _MANY else folded(table, "Show what the report prints")
