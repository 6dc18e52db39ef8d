"""Sentences on how areas move together from month to month, and on where their levels lie.

Months that move together are not given a cause; counts of areas of different size are not ranked.
"""

from __future__ import annotations

import math
from typing import Any

from bcsp_analysis.markup import escape, escape_own, plain
from bcsp_analysis.models.other_areas import OtherAreas
from bcsp_analysis.present.text.comparators import POSITION_WORDS, position, spread_known
from bcsp_analysis.present.text.numbers import number, plural, spelled
from bcsp_analysis.present.text.other_areas import when


def other_areas_movement_title(result: OtherAreas) -> str:
    """Whether the months move together, plain text."""
    own, found = plain(result.own), result.movement
    if found is None or math.isnan(found.together):
        return f"{plain(result.name)}: too few months in common to see what moves together"
    if found.together_low > 0:
        return f"{plain(result.name)}: months of {own} move with those of other areas"
    if found.together_high < 0:
        return f"{plain(result.name)}: months of {own} move against those of other areas"
    return f"{plain(result.name)}: whether {own} moves with other areas is unsure"


def other_areas_rolling_title(result: OtherAreas) -> str:
    """Title of the chart of rolling years, plain text: where the lines end."""
    table = result.movement.rolling if result.movement else None
    if table is None or table.empty:
        return f"{plain(result.name)}: too few months in common for rolling years"
    last: Any = table[table[result.own].notna()].iloc[-1].dropna()
    others = last.drop(result.own)
    here = number(last[result.own])
    if others.empty:
        return f"{plain(result.name)}: {plain(result.own)} stands at {here}"
    low, high = number(others.min()), number(others.max())
    there = f"at {low}" if low == high else f"between {low} and {high}"
    return f"{plain(result.name)}: {plain(result.own)} stands at {here}, other areas {there}"


def other_areas_movement(result: OtherAreas) -> str:
    """How alike the months move, in words and on a scale; no cause is named."""
    found = result.movement
    head = f"**{escape_own(other_areas_movement_title(result))}.**"
    if found is None or math.isnan(found.together):
        return f"{head} It takes two years of the same months."
    text = (
        f"{head} With season and trend taken out, the months of {escape(result.own)} and "
        f"{_those_of(found.together_n)} have a correlation of "
        f"{number(found.together, 2)} (likely between {number(found.together_low, 2)} and "
        f"{number(found.together_high, 2)}; {number(1)} is the same movement, {number(0)} none in "
        f"common), over {plural(found.n, 'month')}."
    )
    clear = int((found.table["low"] > 0).sum())
    text += (
        f" Taken one by one, {spelled(clear)} of {spelled(len(found.table))} clearly "
        f"{'moves' if clear < 2 else 'move'} with it."
    )
    if found.together_low > 0:
        return (
            f"{text} Movement in common points to causes that areas share, such as national rules "
            "of recording or the weather. Which one it is, it does not say."
        )
    return f"{text} Chance in small counts hides movement in common."


def _those_of(areas: int) -> str:
    if areas == 1:
        return "those of one other area"
    return f"the average movement of {spelled(areas)} other areas"


def other_areas_rates(result: OtherAreas) -> str:
    """Rates, where residents are known; else why areas are not ranked."""
    found = result.rates
    if found is None:
        why = (
            "there are too few areas with the same months"
            if result.residents_given
            else "the residents of every area are not loaded"
        )
        return (
            "**Areas are not ranked.** Counts of areas of different size cannot be ranked, and "
            f"rates are not worked out: {why}."
        )
    own = escape(result.own)
    row: Any = found.table.loc[result.own]
    where = POSITION_WORDS[position(found, result.own)]
    head = (
        f"**{own} had {number(row['rate'], 1)} incidents per 1,000 residents "
        f"{when(result.year.period, capital=False)}; the other areas together "
        f"{number(found.target, 1)}.** "
    )
    ranked = (
        f"Its rank among {number(len(found.table))}, from the lowest rate, is likely between "
        f"{number(row['rank_low'])} and {number(row['rank_high'])}."
        if row["rank_low"] != row["rank_high"]
        else f"Its rank among {number(len(found.table))}, from the lowest rate, is "
        f"{number(row['rank'])}."
    )
    visitors = (
        "Residents are not all who are there: places with many visitors have high rates anyway."
    )
    if not spread_known(found):
        return (
            f"{head}{ranked} There are too few areas to see how far rates lie apart anyway, so "
            f"nothing is called unusual. {visitors}"
        )
    return (
        f"{head}{ranked} It lies {where} that allow for how far the rates of the others lie apart. "
        f"{visitors}"
    )
