"""Tables of the quarterly page: verdicts, counts, printed beside computed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from bcsp_analysis.editions import Edition
from bcsp_analysis.markup import escape, escape_own
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.models.change import ChangeResult, Verdict
from bcsp_analysis.models.comparison import PrintedComparison, Standing
from bcsp_analysis.models.needed import needed_change
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present.disclosure import SHORTHAND
from bcsp_analysis.present.selection import doubted
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.grades import CLEAR, grade, points, short_title
from bcsp_analysis.present.text.links import measure_link
from bcsp_analysis.present.text.numbers import (
    end_percent,
    number,
    rounded,
    signed,
    signed_percent,
)
from bcsp_analysis.present.text.turning import needed
from bcsp_analysis.sources.report import ARROWS, PrintedTable

NOT_AVAILABLE = "[x]"  # shorthand of official statistics
NOT_APPLICABLE = "[z]"
DISAGREE = "printed figures disagree"  # the audit says which
_NEEDED = "Would have had to change by"
_BEYOND = 900.0  # per cent; a larger end of an interval says no more than "over"
_WORDS = {1: "up", -1: "down", 0: "level"}


def verdicts(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    comparison: str,
    *,
    label: str,
    hidden: Iterable[str] = (),
    audit: AuditResult | None = None,
    edition: Edition | None = None,
) -> str:
    """Verdict, likely range and the change that would have been clear, of every measure.

    The columns still fit a phone. With `audit`, a measure whose printed years to date do not agree
    says so; with `edition`, names lead to the pages of the measures.
    """
    kind = judged.table.comparisons[comparison]
    withheld = set(hidden)
    doubts = doubted(audit) if audit is not None else frozenset()
    columns = [
        Column("Measure", share=3),
        Column("Verdict", share=3),
        Column("Likely range", figures=True),
        Column(_NEEDED, figures=True, share=3),
    ]
    rows = []
    for measure in _rows_of(judged, catalogue):
        result = judged.result(measure.id, comparison)
        words, spread, enough = "no figures", escape(NOT_AVAILABLE), escape(NOT_AVAILABLE)
        if result is not None:
            words = verdict_words(result, measure)
            words += f"; {DISAGREE}" if measure.id in doubts else ""
            spread, enough = likely_range(result), _needed(judged, measure, comparison)
        if result is not None and measure.id in withheld:
            spread = enough = escape(SHORTHAND)
        rows.append([_name(measure, edition), words, spread, enough])
    return pipe(columns, rows, caption=f"Verdicts, {kind.title}.", label=label)


def compared_counts(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    comparison: str,
    *,
    label: str,
    hidden: Iterable[str] = (),
    edition: Edition | None = None,
) -> str:
    """Both counts of every measure in one comparison, and the change that they give.

    With `edition`, names lead to the pages of the measures.
    """
    kind = judged.table.comparisons[comparison]
    withheld = set(hidden)
    columns = [
        Column("Measure", share=3),
        Column(escape_own(kind.before_span.label), figures=True, share=3),
        Column(escape_own(kind.after_span.label), figures=True, share=3),
        Column("Change by the counts", figures=True),
    ]
    rows = []
    for measure in _rows_of(judged, catalogue):
        result = judged.result(measure.id, comparison)
        if result is None:
            cells = [escape(NOT_AVAILABLE)] * 3
        elif measure.id in withheld:
            cells = [escape(SHORTHAND)] * 3
        else:
            cells = [number(result.before), number(result.after), by_the_counts(result)]
        rows.append([_name(measure, edition), *cells])
    return pipe(columns, rows, caption=f"Counts compared, {kind.title}.", label=label)


def glance_rows(
    judged: QuarterlyAssessment,
    comparison: str,
    similar: Mapping[str, PrintedComparison],
    asked: Sequence[str],
) -> list[str]:
    """Measures to show at a glance: those asked for, and those about which the results say most.

    Parameters
    ----------
    similar : mapping of measure id to PrintedComparison
        The printed comparison with similar areas.
    asked : sequence of str
        Ids that stand first.

    Returns
    -------
    list of str
        Ids, each once: `asked`; those that lie clearly off the mean of similar areas; those that
        changed clearly, or point one way.
    """
    apart = [n for n, one in similar.items() if one.standing in (Standing.MORE, Standing.FEWER)]
    moving = [
        name
        for name, result in judged.results[comparison].items()
        if result.verdict in CLEAR or grade(result)
    ]
    return list(dict.fromkeys((*asked, *apart, *moving)))


def at_a_glance(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    comparison: str,
    ids: Sequence[str],
    *,
    label: str,
    hidden: Iterable[str] = (),
    edition: Edition | None = None,
) -> str:
    """A few measures by name: change by the counts with its range below, and the verdict.

    The columns fit a phone. With `edition`, names lead to the pages of the measures.
    """
    kind = judged.table.comparisons[comparison]
    withheld = set(hidden)
    columns = [
        Column("Measure", share=4),
        Column("Change by the counts, [likely range]{.range}", figures=True, share=3),
        Column("Verdict", share=3),
    ]
    rows = []
    for name in ids:
        result = judged.result(name, comparison)
        title = _name(catalogue[name], edition)
        if result is None:
            rows.append([title, escape(NOT_AVAILABLE), "no figures"])
            continue
        shown = f"{by_the_counts(result)} [{likely_range(result)}]{{.range}}"
        if name in withheld:
            shown = escape(SHORTHAND)
        rows.append([title, shown, verdict_words(result, catalogue[name])])
    return pipe(columns, rows, caption=f"At a glance, {kind.title}.", label=label)


def _name(measure: Measure, edition: Edition | None) -> str:
    return escape(short_title(measure)) if edition is None else measure_link(edition, measure)


def first_and_second(
    judged: QuarterlyAssessment, catalogue: Catalogue, ids: Sequence[str], *, label: str
) -> str:
    """Change on the same quarter of last year, of the first quarter beside the second."""
    kinds = ("implied_first_quarters", "quarter_on_year")
    if any(kind not in judged.table.comparisons for kind in kinds):
        return "Only the table of a second quarter holds or implies both quarters of both years."
    columns = [
        Column("Measure", share=4),
        *(Column(escape(judged.table.comparisons[k].title), figures=True, share=3) for k in kinds),
    ]
    rows = []
    for name in ids:
        found = [judged.result(name, kind) for kind in kinds]
        cells = [escape(NOT_AVAILABLE) if r is None else by_the_counts(r) for r in found]
        rows.append([escape(short_title(catalogue[name])), *cells])
    caption = "Change by the counts on the same quarter of last year, first and second quarter."
    return pipe(columns, rows, caption=caption, label=label)


def _rows_of(judged: QuarterlyAssessment, catalogue: Catalogue) -> list[Measure]:
    return [measure for measure in catalogue if measure.id in judged.table.counts.index]


def by_the_counts(result: ChangeResult) -> str:
    """Change of the counts in per cent; the shorthand where it does not apply."""
    if result.pct_change is None:
        return escape(NOT_APPLICABLE)
    return signed_percent(result.pct_change)


def likely_range(result: ChangeResult) -> str:
    """Both ends of the interval in whole per cent; the shorthand where it does not apply."""
    if result.pct_low is None or result.pct_high is None:
        return escape(NOT_APPLICABLE)
    return f"{_end(result.pct_low)} to {_end(result.pct_high)}"


def _needed(judged: QuarterlyAssessment, measure: Measure, comparison: str) -> str:
    return needed(needed_change(judged, measure, comparison), escape(NOT_APPLICABLE))


def _end(pct: float) -> str:
    if math.isinf(pct) or pct > _BEYOND:
        return f"over {signed_percent(_BEYOND, 0)}"
    return end_percent(pct)


def verdict_words(result: ChangeResult, measure: Measure) -> str:
    """The verdict in few words; where it is not clear and yet points one way, that stands instead.

    "For the better" or "for the worse" is said where the verdict is clear and that is plain.
    """
    if result.verdict in CLEAR:
        words = result.verdict.value
        if measure.fewer_is == "better":
            worse = result.verdict is Verdict.INCREASE
            words += f", for the {'worse' if worse else 'better'}"
        return f"**{words}**"
    return verdict_label(result)


def verdict_label(result: ChangeResult) -> str:
    """``"no clear change"``, ``"points up, not confirmed"``: the verdict where room is short."""
    return f"points {points(result)}, not confirmed" if grade(result) else result.verdict.value


def printed_and_computed(
    table: PrintedTable,
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    *,
    label: str,
    hidden: Iterable[str] = (),
    edition: Edition | None = None,
) -> str:
    """The year's change as the report prints it, and as its own counts give it.

    With `edition`, names lead to the pages of the measures.
    """
    withheld = set(hidden)
    columns = [
        Column("Measure", share=3),
        Column("As printed", share=3),
        Column("By the counts", share=3),
        Column("Where they differ"),
    ]
    rows = []
    for name, cells in table.text.iterrows():
        measure = catalogue[str(name)]
        title = _name(measure, edition)
        if measure.id in withheld:
            rows.append([title, *[escape(SHORTHAND)] * 2, _differing(table, judged, measure.id)])
            continue
        computed = judged.table.change(measure.id, "year_to_date")
        if pd.isna(computed["difference"]):
            rows.append([title, *[escape(NOT_AVAILABLE)] * 3])
            continue
        printed = [escape(str(cells[c])) for c in ("difference", "pct_difference")]
        arrow = ARROWS.get(str(cells["travel"]).strip())
        rows.append(
            [
                title,
                "; ".join([*filter(None, printed), _arrow(arrow)]),
                _computed(float(computed["difference"]), computed["pct_change"]),
                _differing(table, judged, measure.id),
            ]
        )
    caption = (
        f"Change of the year to date, {judged.table.comparisons['year_to_date'].title}: printed "
        "difference, percentage and arrow, and the same from the printed counts."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _arrow(sign: int | None) -> str:
    return "no arrow" if sign is None else f"arrow {_WORDS[sign]}"


def _computed(difference: float, pct: object) -> str:
    sign = (difference > 0) - (difference < 0)
    share = escape(NOT_APPLICABLE) if pd.isna(pct) else signed_percent(float(pct))  # type: ignore[arg-type, call-overload]
    return f"{signed(difference)}; {share}; {_WORDS[sign]}"


def _differing(table: PrintedTable, judged: QuarterlyAssessment, measure_id: str) -> str:
    """Printed cells that are not what the counts give, at the decimals that are printed."""
    counts = judged.table.counts.loc[measure_id]
    computed = judged.table.change(measure_id, "year_to_date")
    arrow = ARROWS.get(table.cell(measure_id, "travel").strip())
    difference = computed["difference"]
    way = 0 if pd.isna(difference) else int(difference > 0) - int(difference < 0)
    found = {
        "year to date": _unlike(table, measure_id, "ytd_this_year", counts["ytd_this_year"]),
        "difference": _unlike(table, measure_id, "difference", difference),
        "percentage": _unlike(table, measure_id, "pct_difference", computed["pct_change"]),
        "arrow": arrow is not None and not pd.isna(difference) and arrow != way,
    }
    return ", ".join(name for name, differs in found.items() if differs) or "none"


def _unlike(table: PrintedTable, measure_id: str, column: str, computed: object) -> bool:
    printed = table.figure(measure_id, column)
    if printed is None or pd.isna(computed):  # type: ignore[call-overload]
        return False
    places = int(table.decimals.at[measure_id, column])  # type: ignore[arg-type]
    return rounded(float(computed), places) != rounded(printed, places)  # type: ignore[arg-type]


def all_counts(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    *,
    label: str,
    hidden: Iterable[str] = (),
) -> str:
    """Every count of the table, with the quarters of last year that it only implies."""
    quarter = judged.table.quarter
    last = quarter.year_before
    withheld = set(hidden)
    parts = [
        ("q_last_year", last.months_label),
        ("q_previous", quarter.previous.months_label),
        ("q_this_year", quarter.months_label),
        ("ytd_last_year", quarter.year_to_date.year_before.label),
        ("ytd_this_year", f"{quarter.year_to_date.label}, computed"),
        ("ytd_printed", f"{quarter.year_to_date.label}, printed"),
    ]
    if quarter.number == 2:
        parts.insert(0, ("implied_earlier_last_year", f"{last.previous.months_label}, implied"))
    columns = [Column("Measure", share=4), *(Column(escape(t), figures=True) for _, t in parts)]
    rows = []
    for name, counts in judged.table.counts.iterrows():
        cells = [
            escape(SHORTHAND)
            if name in withheld
            else escape(NOT_AVAILABLE)
            if pd.isna(counts[column])
            else number(float(counts[column]))
            for column, _ in parts
        ]
        rows.append([escape(short_title(catalogue[str(name)])), *cells])
    return pipe(columns, rows, caption="Counts of the quarterly table.", label=label)
