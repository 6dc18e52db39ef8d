"""Tables of the quarterly page: verdicts, printed beside computed, counts, variation."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.models.change import ChangeResult, Verdict
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present.disclosure import SHORTHAND
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.change import short_title
from bcsp_analysis.present.text.markup import escape
from bcsp_analysis.present.text.numbers import number, signed, signed_percent
from bcsp_analysis.sources.report import ARROWS, PrintedTable

NOT_AVAILABLE = "[x]"  # shorthand of official statistics
NOT_APPLICABLE = "[z]"
_BEYOND = 900.0  # per cent; a larger end of an interval says no more than "over"
_CHECKED = ("ytd_this_year", "difference", "pct_difference", "travel")
_WORDS = {1: "up", -1: "down", 0: "level"}


def verdicts(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    comparison: str,
    *,
    label: str,
    hidden: Iterable[str] = (),
) -> str:
    """Counts, change on paper, likely range and verdict of every measure in one comparison."""
    kind = judged.table.comparisons[comparison]
    withheld = set(hidden)
    columns = [
        Column("Measure", share=4),
        Column("Verdict", share=4),
        Column("Change on paper", figures=True),
        Column("Likely range", figures=True, share=3),
        Column(escape(kind.before_span.label), figures=True),
        Column(escape(kind.after_span.label), figures=True),
    ]
    rows = [
        [escape(short_title(measure)), *_judged(judged, measure, comparison, withheld)]
        for measure in catalogue
        if measure.id in judged.table.counts.index
    ]
    return pipe(columns, rows, caption=f"Changes and verdicts, {kind.title}.", label=label)


def _judged(
    judged: QuarterlyAssessment, measure: Measure, comparison: str, withheld: set[str]
) -> list[str]:
    result = judged.result(measure.id, comparison)
    if result is None:
        return ["no figures"] + [escape(NOT_AVAILABLE)] * 4
    if measure.id in withheld:
        return [verdict_words(result, measure)] + [escape(SHORTHAND)] * 4
    return [
        verdict_words(result, measure),
        escape(NOT_APPLICABLE) if result.pct_change is None else signed_percent(result.pct_change),
        _range(result),
        number(result.before),
        number(result.after),
    ]


def _range(result: ChangeResult) -> str:
    if result.pct_low is None or result.pct_high is None:
        return escape(NOT_APPLICABLE)
    return f"{_end(result.pct_low)} to {_end(result.pct_high)}"


def _end(pct: float) -> str:
    if math.isinf(pct) or pct > _BEYOND:
        return f"over {signed_percent(_BEYOND, 0)}"
    return signed_percent(pct, 0)


def verdict_words(result: ChangeResult, measure: Measure) -> str:
    """The verdict; with "for the better" or "for the worse" where it is clear and that is plain."""
    words = result.verdict.value
    if measure.fewer_is == "better":
        if result.verdict is Verdict.INCREASE:
            words += ", for the worse"
        elif result.verdict is Verdict.DECREASE:
            words += ", for the better"
    return f"**{words}**" if result.verdict in (Verdict.INCREASE, Verdict.DECREASE) else words


def printed_and_computed(
    table: PrintedTable,
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    audit: AuditResult,
    *,
    label: str,
    hidden: Iterable[str] = (),
) -> str:
    """The year's change as the report prints it, and as its own counts give it."""
    withheld = set(hidden)
    columns = [
        Column("Measure", share=4),
        Column("As printed", share=4),
        Column("As computed", share=4),
        Column("Where they differ", share=4),
    ]
    rows = []
    for name, cells in table.text.iterrows():
        measure = catalogue[str(name)]
        title = escape(short_title(measure))
        if measure.id in withheld:
            rows.append([title, *[escape(SHORTHAND)] * 2, _differing(audit, measure.id)])
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
                _differing(audit, measure.id),
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


def _differing(audit: AuditResult, measure_id: str) -> str:
    names = {
        "ytd_this_year": "year to date",
        "difference": "difference",
        "pct_difference": "percentage",
        "travel": "arrow",
    }
    found = {finding.column for finding in audit.of_measure(measure_id)}
    differing = [names[column] for column in _CHECKED if column in found]
    return ", ".join(differing) or "none"


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


def variation(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    comparison: str,
    *,
    label: str,
    hidden: Iterable[str] = (),
) -> str:
    """How much each measure varies by itself, and at which variation its verdict would turn."""
    columns = [
        Column("Measure", share=4),
        Column("Varies, times pure chance", figures=True),
        Column("Verdict would turn at", figures=True),
        Column("Where the variation comes from", share=6),
    ]
    rows = []
    withheld = set(hidden)
    for name, result in judged.results[comparison].items():
        if name in withheld:  # how much a small count varies would tell its size
            cells = [escape(SHORTHAND)] * 3
            rows.append([escape(short_title(catalogue[name])), *cells])
            continue
        turn = escape(NOT_APPLICABLE)
        if result.flip_dispersion is not None:
            turn = number(result.flip_dispersion, 1)
        rows.append(
            [
                escape(short_title(catalogue[name])),
                number(result.dispersion, 1),
                turn,
                escape(result.dispersion_source),
            ]
        )
    kind = judged.table.comparisons[comparison]
    return pipe(
        columns,
        rows,
        caption=f"How much the counts vary by themselves, {kind.title}.",
        label=label,
    )


def similar_areas(table: PrintedTable, catalogue: Catalogue, *, label: str) -> str:
    """The comparison with similar areas as the report prints it."""
    columns = [
        Column("Measure", share=4),
        Column(escape(table.headings["msg_rank"]), figures=True),
        Column(escape(table.headings["group_rate"]), figures=True),
        Column(escape(table.headings["area_rate"]), figures=True),
        Column("Counted", share=4),
    ]
    filled = table.text[table.text["msg_rank"].str.strip() != ""]
    rows = [
        [
            escape(short_title(catalogue[str(name)])),
            *(escape(str(cells[c])) for c in ("msg_rank", "group_rate", "area_rate")),
            escape(str(cells["iquanta_basis"]))
            if str(cells["iquanta_basis"]).strip()
            else "as the measure",
        ]
        for name, cells in filled.iterrows()
    ]
    return pipe(
        columns,
        rows,
        caption=f"Comparison with similar areas as printed: {table.headings['iquanta']}.",
        label=label,
    )
