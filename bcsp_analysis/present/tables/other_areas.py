"""Tables of other areas: their changes, the area beside each, likeness of months, and rates."""

from __future__ import annotations

from typing import Any

from bcsp_analysis.markup import escape
from bcsp_analysis.models.funnel import Position
from bcsp_analysis.models.other_areas import Comparison, OtherAreas
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.comparators import POSITION_WORDS, spread_known
from bcsp_analysis.present.text.numbers import number, percent, signed_percent
from bcsp_analysis.present.text.other_areas import pct, per_day

AVERAGE = "Average of the others"
_NONE = "–"


def other_areas_changes(
    result: OtherAreas, compared: Comparison | None = None, *, label: str
) -> str:
    """Counts and change of every area that is compared, and of the others on average."""
    held = compared or result.year
    if not held.changes:
        return "No area has incidents enough to be compared."
    columns = [
        Column("Area", share=3),
        *([Column("Police force", share=3)] if result.forces else []),
        Column("A year before", figures=True),
        Column("Now", figures=True),
        Column("Change per day", figures=True),
        Column("Likely range", share=3),
        Column("In the average", share=3),
    ]
    rows = []
    for name, found in held.changes.items():
        own = name == result.own
        title = f"**{escape(name)}** (this area)" if own else escape(name)
        rows.append(
            [
                title,
                *([escape(result.forces.get(name, _NONE))] if result.forces else []),
                number(found.before),
                number(found.after),
                signed_percent(per_day(found)),
                _ends(found.low, found.high),
                _NONE if own else _why(held, name),
            ]
        )
    if held.pool is not None:
        pool = held.pool
        rows.append(
            [
                AVERAGE,
                *([_NONE] if result.forces else []),
                _NONE,
                _NONE,
                signed_percent(pct(pool.mean)),
                _ends(pool.mean_low, pool.mean_high),
                _NONE,
            ]
        )
    caption = (
        f"{result.name}: incidents in {held.period.label} and in the same months a year before. "
        "Areas are in the order of their names, not ranked."
    )
    return pipe(columns, rows, caption=caption, label=label)


def other_areas_quarter(result: OtherAreas, *, label: str) -> str:
    """The same for the quarter; a sentence where it is not compared."""
    if result.quarter is None:
        return "The quarter is not compared."
    return other_areas_changes(result, result.quarter, label=label)


def _why(held: Comparison, name: str) -> str:
    reason = held.left_out.get(name)
    return f"no: {reason.value}" if reason else "yes"


def _ends(low: float, high: float) -> str:
    return f"{signed_percent(pct(low))} to {signed_percent(pct(high))}"


def other_areas_pairs(result: OtherAreas, *, label: str) -> str:
    """The area's change over that of each other area, months in common, and likeness of months."""
    held, moves = result.year, result.movement
    if not held.differences:
        return "There is no other area to compare with."
    columns = [
        Column("Other area", share=3),
        Column("Months in common", figures=True),
        Column(f"{escape(result.own)} over it", figures=True),
        Column("Likely range", share=3),
        Column("Months move together", share=3),
    ]
    rows = []
    for name, found in held.differences.items():
        alike = _NONE
        if moves is not None and name in moves.table.index:
            row: Any = moves.table.loc[name]
            alike = (
                f"{number(row['correlation'], 2)} "
                f"({number(row['low'], 2)} to {number(row['high'], 2)})"
            )
        rows.append(
            [
                escape(name),
                number(len(held.common[name])),
                signed_percent(pct(found.ratio)),
                _ends(found.low, found.high),
                alike,
            ]
        )
    caption = (
        f"{result.name}: the change of {result.own} over that of each other area (above zero: it "
        "rose more, or fell less), with the likely range of each pair by itself, and the "
        "correlation of their months with season and trend taken out."
    )
    return pipe(columns, rows, caption=caption, label=label)


def other_areas_rates(result: OtherAreas, *, label: str) -> str:
    """Incidents per 1,000 residents; empty where rates are not worked out."""
    found = result.rates
    if found is None:
        return ""
    limits = spread_known(found)
    columns = [
        Column("Area", share=3),
        Column("Incidents", figures=True),
        Column("Residents", figures=True),
        Column(f"Per {number(1000)} residents", figures=True),
        *(
            [Column(f"Limits ({percent(95)})", share=3), Column("Position", share=3)]
            if limits
            else []
        ),
    ]
    rows = []
    for name, row in found.table.iterrows():
        own = name == result.own
        rows.append(
            [
                f"**{escape(str(name))}** (this area)" if own else escape(str(name)),
                number(row["count"]),
                number(row["denominator"]),
                number(row["rate"], 1),
                *(
                    [
                        f"{number(row['low95'], 1)} to {number(row['high95'], 1)}",
                        POSITION_WORDS[Position(str(row["position"]))],
                    ]
                    if limits
                    else []
                ),
            ]
        )
    caption = (
        f"{result.name}: incidents per {number(1000)} residents, {result.year.period.label}, in "
        "the order of names."
    )
    return pipe(columns, rows, caption=caption, label=label)
