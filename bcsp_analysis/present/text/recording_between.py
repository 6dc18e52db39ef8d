"""Sentences on recording changes between two counts: whether, which, and what they do to counts."""

from __future__ import annotations

from bcsp_analysis.markup import escape
from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.change import ChangeResult, Verdict
from bcsp_analysis.present.text.numbers import listing, sentences

_OWN_EFFECT = {
    "down": "The new way of recording makes counts smaller by itself.",
    "up": "The new way of recording makes counts larger by itself.",
    "unknown": "Whether the new way of recording makes counts larger or smaller is not known.",
}
_EFFECT_IF = {
    "down": "if it did, it makes counts smaller by itself",
    "up": "if it did, it makes counts larger by itself",
    "unknown": "whether it would make counts larger or smaller is not known",
}


def effect_if(change: RecordingChange, measure: Measure) -> str:
    """What a change that may touch the measure does to its counts, if it does: a clause."""
    return _EFFECT_IF[change.direction_of(measure.id)]


def between(
    result: ChangeResult,
    measure: Measure,
    certain: tuple[RecordingChange, ...],
    possible: tuple[RecordingChange, ...],
) -> str:
    """Which changes lie between the two counts, or may, and what follows; empty without any."""
    parts = []
    if result.verdict is Verdict.RECORDING_CHANGED:
        named = listing(recording_change(c) for c in certain)
        parts.append(
            f"it changed in between{', ' + named if named else ''}. The two figures do not count "
            "the same thing, so how much of the difference is real cannot be told from them."
        )
        parts += sorted({_straddling(c) for c in certain})
        parts.append(_own_effect(result, measure, certain))
    if possible:
        ways = {effect_if(c, measure) for c in possible}
        effect = f"; {ways.pop()}" if len(ways) == 1 else ""
        parts.append(
            f"a change may play a part as well, {listing(recording_change(c) for c in possible)}; "
            f"that it touched this measure is not established{effect}."
        )
    return sentences([part for part in parts if part])


def between_in_short(
    result: ChangeResult,
    measure: Measure,
    certain: tuple[RecordingChange, ...],
    possible: tuple[RecordingChange, ...],
) -> str:
    """The same without the names of the changes."""
    if result.verdict is Verdict.RECORDING_CHANGED:
        since = _since(certain) if certain else "in between"
        apart = f"it changed {since}, so the two figures do not count the same thing."
        return f"{apart} {_own_effect(result, measure, certain)}".rstrip()
    if possible:
        return (
            f"a change {_since(possible)} may play a part; that it touched this measure is not "
            "established."
        )
    return ""


def _since(changes: tuple[RecordingChange, ...]) -> str:
    """``"from May 2023"``; several months in order, each once."""
    months = sorted({change.month for change in changes})
    return f"from {listing(month.label for month in months)}"


def _own_effect(
    result: ChangeResult, measure: Measure, certain: tuple[RecordingChange, ...]
) -> str:
    """Which way the changes move the counts by themselves, where that is not said elsewhere."""
    effects = {_OWN_EFFECT[change.direction_of(measure.id)] for change in certain}
    return effects.pop() if len(effects) == 1 and not same_way(result, measure, certain) else ""


def _straddling(change: RecordingChange) -> str:
    """That a quarter lies on both sides of the change, where it does."""
    quarter = change.month.quarter
    if change.month == quarter.span.first:
        return ""
    return f"{quarter.span.label} straddles it: that quarter was counted partly either way."


def same_way(result: ChangeResult, measure: Measure, certain: tuple[RecordingChange, ...]) -> str:
    """``"lowers"`` or ``"raises"`` where a would-be clear change goes the way of the recording."""
    ways = {Verdict.DECREASE: ("down", "lowers"), Verdict.INCREASE: ("up", "raises")}
    direction, verb = ways.get(result.verdict_if_recorded_alike, ("", ""))
    found = {c.direction_of(measure.id) for c in certain}
    return verb if found == {direction} else ""


def recording_change(change: RecordingChange) -> str:
    """``from May 2023, “title”``, as Markdown; a title that names the month stands alone."""
    named = f"“{escape(change.title)}”"
    return named if change.month.label in change.title else f"from {change.month.label}, {named}"
