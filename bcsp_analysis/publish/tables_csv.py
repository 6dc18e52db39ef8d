"""The figures of every measure as CSV files for readers, beside the site's pages.

One tidy table a file: UTF-8, one header row, numbers as numbers, ISO dates, the shorthand of
official statistics where there is no number. No cell starts a formula.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from bcsp_analysis.editions import Edition
from bcsp_analysis.markup import plain
from bcsp_analysis.models.comparison import Apart
from bcsp_analysis.present import provenance
from bcsp_analysis.present.disclosure import SHORTHAND
from bcsp_analysis.present.tables.quarterly import NOT_APPLICABLE, NOT_AVAILABLE
from bcsp_analysis.publish.csv_text import as_csv
from bcsp_analysis.start import Start

if TYPE_CHECKING:
    from bcsp_analysis.measures.catalogue import Measure
    from bcsp_analysis.periods import Span

FOLDER = "downloads/measures"
README = "README.txt"
_OWN = " Own calculation of this project."
_PLACES = 4  # decimals of a computed figure


@dataclass(frozen=True)
class Row:
    """One figure of a measure; every field is text, as it stands in the file."""

    measure_id: str
    measure: str
    figure: str
    period_start: str
    period_end: str
    compared_start: str
    compared_end: str
    value: str
    unit: str
    as_printed: str
    verdict: str
    source: str
    licence: str


COLUMNS = tuple(field.name for field in fields(Row))
_MEANINGS = {
    "measure_id": "id of the measure; the same in every edition",
    "measure": "title of the measure",
    "figure": "what the row holds: count, implied count (not printed, follows from others), "
    "change, lower and upper end of the likely range, rate, rank",
    "period_start, period_end": "first and last day that the figure covers (ISO 8601)",
    "compared_start, compared_end": "first and last day of the period that it is compared with",
    "value": "the figure, a number with a point and without separators",
    "unit": "what the number counts",
    "as_printed": "the cell of the report, where it prints one; years to date that do not add up "
    "stand here as they are printed",
    "verdict": "for a change: what may be said of it",
    "source, licence": "where the figure comes from and how it may be used",
}


def files(edition: Edition) -> dict[str, bytes]:
    """A CSV file for every measure of the catalogue, and a text that explains them.

    Parameters
    ----------
    edition : Edition
        The publication.

    Returns
    -------
    dict of str to bytes
        ``downloads/measures/ID.csv`` and ``downloads/measures/README.txt``, by place in the site.
    """
    page = Start(edition, MappingProxyType({}))
    made = {
        f"{FOLDER}/{measure.id}.csv": written(rows_of(page, measure)) for measure in page.catalogue
    }
    made[f"{FOLDER}/{README}"] = _readme(page).encode("utf-8")
    return made


def written(rows: Iterable[Row]) -> bytes:
    """Rows as a CSV file, header first."""
    return as_csv([COLUMNS, *([getattr(row, column) for column in COLUMNS] for row in rows)])


def rows_of(page: Start, measure: Measure) -> Iterator[Row]:
    """Every figure of one measure: counts, changes with their ranges, rates and ranks.

    A measure without figures, or whose counts are hidden, has the same rows with shorthand.
    """
    if measure.id not in page.table.text.index:
        return
    yield from _counts(page, measure)
    yield from _changes(page, measure)
    yield from _similar(page, measure)


def _row(page: Start, measure: Measure, span: Span, *, computed: bool = False, **told: str) -> Row:
    source = provenance.used(page.edition.data.report)[0]
    cells = {
        "compared_start": NOT_APPLICABLE,
        "compared_end": NOT_APPLICABLE,
        "as_printed": NOT_APPLICABLE,
        "verdict": NOT_APPLICABLE,
        **told,
    }
    if measure.id in page.hidden:
        cells["value"] = SHORTHAND
        if cells["as_printed"] != NOT_APPLICABLE:
            cells["as_printed"] = SHORTHAND
    first, last = _days(span)
    return Row(
        measure_id=measure.id,
        measure=measure.short_title,
        period_start=first,
        period_end=last,
        source=f"{source.attribution}{_OWN if computed else ''}",
        licence=source.licence,
        **cells,
    )


def _days(span: Span) -> tuple[str, str]:
    """First and last day, ISO."""
    last = (span.last + 1).start - datetime.timedelta(days=1)
    return span.first.start.isoformat(), last.isoformat()


def _number(value: object) -> str:
    """A number with a point and at most four decimals; shorthand where there is none."""
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return NOT_AVAILABLE
    number = float(value)  # type: ignore[arg-type]
    if math.isinf(number):
        return NOT_APPLICABLE
    return f"{number:.{_PLACES}f}".rstrip("0").rstrip(".")


def _counts(page: Start, measure: Measure) -> Iterator[Row]:
    judged = page.assessment.table
    counts, quarter = judged.counts.loc[measure.id], judged.quarter
    spans = {
        "q_last_year": quarter.year_before.span,
        "q_previous": quarter.previous.span,
        "q_this_year": quarter.span,
        "ytd_last_year": quarter.year_to_date.year_before,
        "ytd_this_year": quarter.year_to_date,
    }
    if quarter.number == 2:
        yield _row(
            page,
            measure,
            quarter.year_before.previous.span,
            computed=True,
            figure="implied count",
            value=_number(counts["implied_earlier_last_year"]),
            unit=measure.unit,
            as_printed=NOT_AVAILABLE,
        )
    for column, span in spans.items():
        yield _row(
            page,
            measure,
            span,
            figure="count",
            value=_number(counts[column]),
            unit=measure.unit,
            as_printed=page.table.cell(measure.id, column).strip() or NOT_AVAILABLE,
        )


def _changes(page: Start, measure: Measure) -> Iterator[Row]:
    for kind in page.assessment.table.comparisons.values():
        result = page.assessment.result(measure.id, kind.id)
        figures = {
            "change by the counts": result.pct_change if result else None,
            "likely range, lower end": result.pct_low if result else None,
            "likely range, upper end": result.pct_high if result else None,
        }
        compared = _days(kind.before_span)
        printed = kind.id == "year_to_date"
        for figure, value in figures.items():
            change = figure == "change by the counts"
            yield _row(
                page,
                measure,
                kind.after_span,
                computed=True,
                figure=figure,
                compared_start=compared[0],
                compared_end=compared[1],
                value=_number(value) if result is None or value is not None else NOT_APPLICABLE,
                unit="per cent",
                as_printed=page.table.cell(measure.id, "pct_difference").strip() or NOT_AVAILABLE
                if printed and change
                else NOT_APPLICABLE,
                verdict=result.verdict.value if result else "no figures",
            )


def _similar(page: Start, measure: Measure) -> Iterator[Row]:
    """Rates and rank as printed; a basis that is not the row's own says so in the unit."""
    result = page.comparison.get(measure.id)
    if result is None:
        return
    basis = f" ({result.basis})" if result.basis and result.apart is Apart.OTHER else ""
    rates = f"per 1,000 {result.denominator}{basis}"
    for figure, column, unit in (
        ("rate of the area", "area_rate", rates),
        ("mean rate of the most similar group", "group_rate", rates),
        ("rank in the most similar group, 1 is the lowest rate", "msg_rank", "rank"),
    ):
        yield _row(
            page,
            measure,
            result.period,
            figure=figure,
            value=_number(page.table.figure(measure.id, column)),
            unit=unit,
            as_printed=page.table.cell(measure.id, column).strip() or NOT_AVAILABLE,
            verdict=result.standing.value,
        )


def _readme(page: Start) -> str:
    """What the columns mean, the shorthand, and sources with their licences."""
    used = provenance.used(page.edition.data.report, page.edition.data.incidents)
    lines = [
        plain(page.edition.title),
        "",
        "One CSV file for each measure: UTF-8, comma, one header row.",
        "",
        "Columns",
        *(f"  {names}: {meaning}" for names, meaning in _MEANINGS.items()),
        "",
        "Shorthand",
        f"  {SHORTHAND}: not shown, a count of the measure is below {page.rules.suppress_below}",
        f"  {NOT_AVAILABLE}: not available, not printed in the report",
        f"  {NOT_APPLICABLE}: does not apply",
        "",
        "Sources and licences",
    ]
    for source in used:
        lines += [
            f"  {plain(source.title)}, {plain(source.publisher)}. {plain(source.period)}.",
            f"    Licence: {plain(source.licence)}. {plain(source.attribution)}",
            *([f"    {plain(source.note)}"] if source.note else []),
        ]
    lines.append("  Changes and likely ranges: worked out by this project from these figures.")
    return "\n".join(lines) + "\n"
