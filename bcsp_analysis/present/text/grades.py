"""The short forms of a verdict: its grade, and what a measure is called beside it."""

from __future__ import annotations

from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.models.change import ChangeResult, Verdict
from bcsp_analysis.present.text.numbers import spelled

CLEAR = (Verdict.INCREASE, Verdict.DECREASE)


def short_title(measure: Measure) -> str:
    """The measure's title without what stands in brackets: for headings, tables and charts."""
    return measure.short_title


def inner_title(measure: Measure) -> str:
    """The short title as it stands inside a sentence."""
    title = short_title(measure)
    return title[:1].lower() + title[1:]


def points(result: ChangeResult) -> str:
    """``"up"`` or ``"down"`` where the range leaves out no change and yet no verdict is clear.

    Empty for clear changes, for differences too small to matter, and for ranges that leave the
    direction open.
    """
    if result.verdict_if_recorded_alike is not Verdict.NO_CLEAR_CHANGE:
        return ""
    if result.per_day_pct is None or abs(result.per_day_pct) < result.materiality_pct:
        return ""
    return "up" if result.low > 1 else "down" if result.high < 1 else ""


def grade(result: ChangeResult) -> str:
    """``"points up, short of our bar for 22 measures together"``; empty where nothing points."""
    way = points(result)
    if not way or result.verdict is not Verdict.NO_CLEAR_CHANGE:
        return ""
    return f"points {way}, {short_of(result)}"


def short_of(result: ChangeResult) -> str:
    """``"short of our bar for 22 measures together"``."""
    return f"short of our bar for {spelled(result.family_size)} measures together"
