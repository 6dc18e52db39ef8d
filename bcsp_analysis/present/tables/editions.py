"""Editions beside each other: what is published, and the verdicts then and now."""

from __future__ import annotations

from collections.abc import Sequence

from bcsp_analysis.editions import ARCHIVE, Edition
from bcsp_analysis.markup import escape_own
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.periods import day_label
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.tables.quarterly import verdict_label
from bcsp_analysis.present.text.links import measure_link

_LEADING = "year_to_date"
_BESIDE = 4  # editions whose verdicts fit beside each other
NO_FIGURES = "no figures"

Judged = Sequence[tuple[Edition, QuarterlyAssessment]]
"""Editions of one area with their verdicts, the newest first."""


def editions(judged: Judged, *, label: str) -> str:
    """Every edition, its months and the day of its report; earlier ones lead to their site."""
    columns = [
        Column("Edition", share=3),
        Column("Months reported", share=4),
        Column("Report published", share=3),
    ]
    rows = []
    for place, (edition, _) in enumerate(judged):
        title = escape_own(edition.quarter.label)
        rows.append(
            [
                f"**{title}**, this edition"
                if place == 0
                else f"[{title}]({ARCHIVE}/{edition.slug}/index.html)",
                edition.quarter.months_label,
                "not yet" if edition.published is None else day_label(edition.published),
            ]
        )
    return pipe(columns, rows, caption="Editions, the newest first.", label=label)


def verdicts_by_edition(judged: Judged, catalogue: Catalogue, *, label: str) -> str:
    """Verdicts of the year to date in the latest editions, side by side."""
    shown = judged[:_BESIDE]
    newest = shown[0][0]
    columns = [Column("Measure", share=4)]
    columns += [Column(escape_own(edition.quarter.label), share=3) for edition, _ in shown]
    rows = [
        [
            measure_link(newest, measure),
            *(_verdict(found, measure.id) for _, found in shown),
        ]
        for measure in catalogue
        if any(measure.id in found.results[_LEADING] for _, found in shown)
    ]
    caption = "Verdicts on the year to date, by edition, as each edition judged them."
    return pipe(columns, rows, caption=caption, label=label)


def _verdict(judged: QuarterlyAssessment, measure_id: str) -> str:
    result = judged.results[_LEADING].get(measure_id)
    return NO_FIGURES if result is None else verdict_label(result)
