"""The table of what the verdicts stand against: the swing of the counts."""

from __future__ import annotations

from collections.abc import Iterable

from bcsp_analysis.markup import escape
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.models.quarterly import QuarterlyAssessment, Sensitivity
from bcsp_analysis.present.disclosure import SHORTHAND
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.tables.quarterly import NOT_APPLICABLE
from bcsp_analysis.present.text.change import lender, other_readings, short_title, yardstick
from bcsp_analysis.present.text.numbers import number, plural


def variation(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    comparison: str,
    *,
    label: str,
    readings: Sensitivity,
    hidden: Iterable[str] = (),
) -> str:
    """How much each measure varies by itself, and at which variation its verdict would turn.

    `readings` adds the range of the variation over other readings of the histories, and whether
    one of them gives another verdict.
    """
    columns = [
        Column("Measure", share=4),
        Column("Swing used, times pure chance", figures=True),
        Column("Over all readings", figures=True, share=3),
        Column("Would turn at", figures=True),
        Column("With other readings", share=3),
        Column("Where the swing comes from", share=6),
    ]
    rows = []
    withheld = set(hidden)
    for name, result in judged.results[comparison].items():
        measure = catalogue[name]
        if name in withheld:  # how much a small count varies would tell its size
            cells = [escape(SHORTHAND)] * 5
            rows.append([escape(short_title(measure)), *cells])
            continue
        turn = escape(NOT_APPLICABLE)
        if result.flip_dispersion is not None:
            turn = number(result.flip_dispersion, 1)
        rows.append(
            [
                escape(short_title(measure)),
                number(result.dispersion, 1),
                " to ".join(number(v, 1) for v in readings.dispersions(name, comparison)),
                turn,
                _kept(readings, name, comparison),
                _where_from(judged, measure, comparison),
            ]
        )
    kind = judged.table.comparisons[comparison]
    return pipe(
        columns,
        rows,
        caption=f"How much the counts vary by themselves, {kind.title}.",
        label=label,
    )


def _kept(readings: Sensitivity, name: str, comparison: str) -> str:
    published = readings.published.results[comparison][name].verdict
    if any(verdict is not published for verdict in readings.verdicts(name, comparison).values()):
        return "another verdict"
    if other_readings(readings, name, comparison):
        return "the same verdict; another one had recording not changed"
    return "the same verdict"


def _where_from(judged: QuarterlyAssessment, measure: Measure, comparison: str) -> str:
    history = yardstick(judged, measure, comparison)
    name = escape(history.name[:1].lower() + history.name[1:])
    if lender(judged, measure, comparison):
        return f"Borrowed from {name}: no monthly figures of its own"
    period = f", {history.period.label}" if history.period is not None else ""
    out = len(history.excluded)
    faulty = f", {plural(out, 'faulty month')} left out" if out else ""
    return f"Its own: {name}{period}, {number(history.n)} months used{faulty}"
