"""Tables of what the verdicts stand against: the swing of the counts, and the p-values."""

from __future__ import annotations

import math
from collections.abc import Iterable

from bcsp_analysis.markup import escape
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.models.change import ChangeResult, Verdict
from bcsp_analysis.models.quarterly import QuarterlyAssessment, Sensitivity
from bcsp_analysis.present.disclosure import SHORTHAND
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.tables.quarterly import NOT_APPLICABLE
from bcsp_analysis.present.text.change import other_readings
from bcsp_analysis.present.text.grades import short_title
from bcsp_analysis.present.text.numbers import number, p_value, plural
from bcsp_analysis.present.text.yardsticks import (
    inner_names,
    lender,
    other_category,
    wider_category,
    yardstick,
)


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

    It turns at one level where the variation is estimated from as little history, and at another
    where it is known. "None" stands where no level from pure chance up would turn it. `readings`
    adds the range of the variation over other readings of the histories, and whether
    one of them gives another verdict.
    """
    columns = [
        Column("Measure", share=4),
        Column("Swing used, times pure chance", figures=True),
        Column("Degrees of freedom behind it", figures=True),
        Column("Over all readings", figures=True, share=3),
        Column("Would turn at, so estimated", figures=True),
        Column("Would turn at, were it known", figures=True, share=3),
        Column("With other readings", share=3),
        Column("Where the swing comes from", share=6),
    ]
    rows = []
    withheld = set(hidden)
    for name, result in judged.results[comparison].items():
        measure = catalogue[name]
        if name in withheld:  # how much a small count varies would tell its size
            cells = [escape(SHORTHAND)] * 7
            rows.append([escape(short_title(measure)), *cells])
            continue
        rows.append(
            [
                escape(short_title(measure)),
                number(result.dispersion, 1),
                _degrees(result),
                " to ".join(number(v, 1) for v in readings.dispersions(name, comparison)),
                _turn(result, result.flip_dispersion),
                _turn(result, result.flip_if_known),
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


def p_values(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    comparison: str,
    *,
    label: str,
    hidden: Iterable[str] = (),
) -> str:
    """The p-value of each measure alone, and after either correction for all measures together."""
    columns = [
        Column("Measure", share=4),
        Column("Alone", figures=True),
        Column("Holm (decides)", figures=True),
        Column("Benjamini and Hochberg", figures=True, share=3),
    ]
    withheld = set(hidden)
    rows = []
    for name, result in judged.results[comparison].items():
        values = (result.p_value, result.p_adjusted, result.p_fdr)
        cells = [escape(NOT_APPLICABLE) if v is None else p_value(v) for v in values]
        if name in withheld:
            cells = [escape(SHORTHAND)] * 3
        rows.append([escape(short_title(catalogue[name])), *cells])
    kind = judged.table.comparisons[comparison]
    return pipe(columns, rows, caption=f"p-values, {kind.title}.", label=label)


def _degrees(result: ChangeResult) -> str:
    return "known" if math.isinf(result.dispersion_df) else number(result.dispersion_df, 1)


def _turn(result: ChangeResult, level: float | None) -> str:
    if level is not None:
        return number(level, 1)
    few = result.verdict_if_recorded_alike is Verdict.TOO_FEW
    moved = result.per_day_pct is None or abs(result.per_day_pct) >= result.materiality_pct
    return "none" if moved and not few else escape(NOT_APPLICABLE)


def _kept(readings: Sensitivity, name: str, comparison: str) -> str:
    published = readings.published.results[comparison][name].verdict
    if any(verdict is not published for verdict in readings.verdicts(name, comparison).values()):
        return "another verdict"
    if other_readings(readings, name, comparison):
        return "the same verdict; another one had recording not changed"
    return "the same verdict"


def _where_from(judged: QuarterlyAssessment, measure: Measure, comparison: str) -> str:
    history = yardstick(judged, measure, comparison)
    name = inner_names([history.name])
    if lender(judged, measure, comparison):
        return f"Borrowed from {name}: no monthly figures of its own"
    period = f", {history.period.label}" if history.period is not None else ""
    out = len(history.excluded)
    faulty = f", {plural(out, 'faulty month')} left out" if out else ""
    of_which = f"{name}{period}, {number(history.n)} months used{faulty}"
    if wider_category(judged, measure):
        kind = "another category," if other_category(judged, measure) else "the wider category"
        return f"Taken from {kind} {of_which}"
    return f"Its own: {of_which}"
