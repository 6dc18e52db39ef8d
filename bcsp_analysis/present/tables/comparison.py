"""Tables of the comparison with similar areas: printed and tested, and the funnels of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bcsp_analysis.markup import escape
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.models.comparators import Comparators
from bcsp_analysis.models.comparison import Apart, PrintedComparison, Standing
from bcsp_analysis.present.disclosure import SHORTHAND
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.tables.quarterly import NOT_APPLICABLE
from bcsp_analysis.present.text.comparators import (
    POSITION_WORDS,
    position,
    spread_known,
)
from bcsp_analysis.present.text.comparison import compared, tens
from bcsp_analysis.present.text.grades import short_title
from bcsp_analysis.present.text.numbers import number, p_value, signed, signed_percent
from bcsp_analysis.sources.report import PrintedTable

Results = Mapping[str, PrintedComparison]


def similar_areas(
    results: Results, table: PrintedTable, catalogue: Catalogue, *, label: str
) -> str:
    """Rates and ranks as printed, the distance in incidents with its range, and the verdict.

    Measures that are set apart stand last, with the reason in place of a verdict.
    """
    columns = [
        Column("Measure", share=4),
        Column(escape(table.headings["area_rate"]), figures=True, share=3),
        Column(escape(table.headings["group_rate"]), figures=True, share=3),
        Column(escape(table.headings["msg_rank"]), figures=True),
        Column("Incidents off the group\u2019s rate, likely range", figures=True, share=5),
        Column("Verdict", share=5),
    ]
    rows = []
    for result in (*compared(results), *(r for r in results.values() if r.apart)):
        title = escape(short_title(catalogue[result.measure_id]))
        if result.apart is Apart.HIDDEN:
            rows.append([title, *[escape(SHORTHAND)] * 4, escape(result.apart.value)])
            continue
        printed = [
            escape(table.cell(result.measure_id, column).strip()) or escape(NOT_APPLICABLE)
            for column in ("area_rate", "group_rate", "msg_rank")
        ]
        rows.append([title, *printed, _distance(result), _verdict(result)])
    if not rows:
        return "The report prints no rates of similar areas."
    one = next(iter(results.values()))
    caption = (
        f"Rates and ranks as printed ({table.headings['iquanta']}), and the distance from the "
        f"group's mean, {one.period.label}. MSG: most similar group; rank {number(1)} is the "
        "lowest rate."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _distance(result: PrintedComparison) -> str:
    if result.apart or result.standing is Standing.TOO_FEW:
        return escape(NOT_APPLICABLE)
    low, high = (signed(tens(e)) for e in (result.incidents_low, result.incidents_high))
    return f"{signed(tens(result.incidents))} ({low} to {high})"


def _verdict(result: PrintedComparison) -> str:
    """The standing in words, with better or worse where that is plain."""
    if result.apart:
        basis = f": {escape(result.basis)}" if result.apart is Apart.OTHER and result.basis else ""
        return f"{result.standing.value}: {result.apart.value}{basis}"
    if result.improvement in ("better", "worse"):
        return f"**{result.standing.value}**, {result.improvement}"
    if result.standing in (Standing.MORE, Standing.FEWER):
        return f"**{result.standing.value}**"
    return result.standing.value + (f"; points to {result.leans}" if result.leans else "")


def similar_areas_tests(results: Results, catalogue: Catalogue, *, label: str) -> str:
    """Ratios with ranges, p-values, the swing of each count and where it comes from."""
    columns = [
        Column("Measure", share=4),
        Column("Rate on the mean", figures=True, share=3),
        Column("p-value", figures=True),
        Column("Corrected", figures=True),
        Column("Swing used, times pure chance", figures=True, share=3),
        Column("Would turn at, so estimated", figures=True),
        Column("Would turn at, were it known", figures=True, share=3),
        Column("Rank in the force", figures=True, share=3),
        Column("Where the swing comes from", share=6),
    ]
    used = compared(results)
    if not used:
        return "No comparison is tested."
    rows = [
        [
            escape(short_title(catalogue[r.measure_id])),
            f"{signed_percent(100 * (r.ratio - 1), 0)} "
            f"({signed_percent(100 * (r.low - 1), 0)} to {signed_percent(100 * (r.high - 1), 0)})",
            p_value(r.p_value),
            p_value(r.p_adjusted),
            number(r.dispersion, 1),
            _turn(r.flip_dispersion),
            _turn(r.flip_if_known),
            escape(NOT_APPLICABLE)
            if r.force_rank is None
            else f"{number(r.force_rank)} of {number(r.force_size)}",
            escape(r.dispersion_source[:1].upper() + r.dispersion_source[1:]),
        ]
        for r in used
    ]
    caption = f"Tests against the group's printed mean, {used[0].period.label}."
    return pipe(columns, rows, caption=caption, label=label)


def _turn(dispersion: float | None) -> str:
    return escape(NOT_APPLICABLE) if dispersion is None else number(dispersion, 1)


def among_areas(
    group: Comparators | None, results: Results, catalogue: Catalogue, *, label: str
) -> str:
    """Data of the chart of the areas: every funnel, or without a table the printed ranks."""
    if group is not None and group.funnels:
        return _funnels(group, catalogue, label)
    ranked = sorted(
        (r for r in compared(results) if r.rank is not None), key=lambda r: -(r.rank or 0)
    )
    if not ranked:
        return "The report prints no ranks of similar areas."
    columns = [
        Column("Measure", share=4),
        Column("Rank", figures=True),
        Column("Areas with a lower rate", figures=True, share=3),
        Column("Areas with a higher rate", figures=True, share=3),
    ]
    rows = [
        [
            escape(short_title(catalogue[result.measure_id])),
            *(number(n or 0) for n in (result.rank, result.areas_lower, result.areas_higher)),
        ]
        for result in ranked
    ]
    caption = (
        f"Printed rank among {number(ranked[0].group_size)} areas, {ranked[0].period.label}; "
        f"{number(1)} is the lowest rate. Equal rates are not told apart."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _funnels(group: Comparators, catalogue: Catalogue, label: str) -> str:
    columns = [
        Column("Measure", share=4),
        Column("Its rate", figures=True),
        Column("Rate of the others", figures=True),
        Column("Areas with figures", figures=True, share=3),
        Column("Against limits with the group\u2019s spread", share=4),
        Column("Against chance alone", share=4),
        Column("Rank, likely range", figures=True, share=4),
    ]
    rows = []
    for name, result in group.funnels.items():
        own: Any = result.table.loc[group.area]
        rows.append(
            [
                escape(short_title(catalogue[name])),
                number(own["rate"], 3),
                number(result.target, 3),
                f"{number(result.n_available)} of {number(result.n)}",
                POSITION_WORDS[position(result, group.area)]
                if spread_known(result)
                else escape(NOT_APPLICABLE),
                POSITION_WORDS[own["position_chance"]],
                f"{number(own['rank'])}, {number(own['rank_low'])} to {number(own['rank_high'])}",
            ]
        )
    caption = (
        f"{group.area} among the areas of its group, rates per {number(1000)}; rank {number(1)} is "
        "the lowest."
    )
    return pipe(columns, rows, caption=caption, label=label)
