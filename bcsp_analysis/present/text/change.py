"""Verdicts on changes as sentences. A sentence never says more than its verdict.

Whether there are more or fewer, and whether that is better or worse, are two things: the second is
said only of clear changes, and only where the catalogue says that fewer is better.
"""

from __future__ import annotations

from collections.abc import Iterable

from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.measures.performance import Comparison
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.change import ChangeResult, Verdict
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present.text.markup import escape
from bcsp_analysis.present.text.numbers import (
    interval,
    listing,
    more_or_fewer,
    number,
    p_value,
    spelled,
)

CLEAR = (Verdict.INCREASE, Verdict.DECREASE)
_OWN_EFFECT = {
    "down": "The new way of recording makes counts smaller by itself.",
    "up": "The new way of recording makes counts larger by itself.",
    "unknown": "Whether the new way of recording makes counts larger or smaller is not known.",
}


def short_title(measure: Measure) -> str:
    """The measure's title without what stands in brackets: for headings, tables and charts."""
    return measure.title.split(" (")[0]


def change(
    judged: QuarterlyAssessment, measure: Measure, comparison: str, hidden: Iterable[str] = ()
) -> str:
    """The verdict on one measure in one comparison, with its reasons, as Markdown.

    Parameters
    ----------
    judged : QuarterlyAssessment
    measure : Measure
    comparison : str
        Id of a comparison, such as ``"year_to_date"``.
    hidden : iterable of str
        Measures of which no count may be shown (`disclosure.hidden_measures`).
    """
    result = judged.result(measure.id, comparison)
    if result is None:
        return f"**{escape(short_title(measure))}: no figures.** The report prints none to compare."
    return change_sentence(
        result,
        measure,
        judged.table.comparisons[comparison],
        certain=judged.recording[comparison].get(measure.id, ()),
        possible=judged.possible[comparison].get(measure.id, ()),
        hidden=measure.id in set(hidden),
    )


def change_sentence(
    result: ChangeResult,
    measure: Measure,
    comparison: Comparison,
    *,
    certain: Iterable[RecordingChange] = (),
    possible: Iterable[RecordingChange] = (),
    hidden: bool = False,
) -> str:
    """The same from a single result: the verdict, then what it rests on, point by point."""
    certain, possible = tuple(certain), tuple(possible)
    points = [
        ("On paper", _on_paper(result, measure, comparison, hidden)),
        ("Recording", _recording(result, certain, possible)),
        ("How sure", _how_sure(result, hidden)),
        ("Better or worse", _worth(result, measure)),
    ]
    lines = [f"- *{name}:* {text}" for name, text in points if text]
    return "\n".join([f"**{verdict_title(result, measure, markup=True)}.**", "", *lines])


def verdict_title(result: ChangeResult, measure: Measure, *, markup: bool = False) -> str:
    """``"Knife crime: no clear change"``: title of a chart, or beginning of a sentence."""
    title = short_title(measure)
    text = {
        Verdict.RECORDING_CHANGED: "recording changed, the counts cannot be compared",
    }.get(result.verdict, result.verdict.value)
    return f"{escape(title) if markup else title}: {text}"


def arithmetic(result: ChangeResult, measure: Measure, comparison: Comparison) -> str:
    """Both counts and what they make on paper, without a judgement."""
    unit = escape(measure.unit)
    before, after = comparison.before_span.label, comparison.after_span.label
    if result.before == result.after == 0:
        return f"no {unit} from {before}, none from {after}."
    counts = (
        f"{number(result.before) if result.before else 'no'} {unit} from {before}, "
        f"{number(result.after) if result.after else 'none'} from {after}"
    )
    if result.pct_change is None:
        return f"{counts}; from none, no percentage can be worked out."
    return f"{counts}: {more_or_fewer(result.pct_change)}."


def _on_paper(result: ChangeResult, measure: Measure, comparison: Comparison, hidden: bool) -> str:
    if hidden:
        return "the counts are not shown, because at least one figure of this measure is too small."
    return arithmetic(result, measure, comparison)


def _recording(
    result: ChangeResult,
    certain: tuple[RecordingChange, ...],
    possible: tuple[RecordingChange, ...],
) -> str:
    parts = []
    if result.verdict is Verdict.RECORDING_CHANGED:
        named = listing(recording_change(c) for c in certain)
        effects = {_OWN_EFFECT[c.direction] for c in certain}
        parts.append(
            f"it changed in between{', ' + named if named else ''}. The two figures do not count "
            "the same thing, so how much of the difference is real cannot be told from them."
        )
        parts += effects if len(effects) == 1 else []
    if possible:
        parts.append(
            f"a change may play a part as well, {listing(recording_change(c) for c in possible)}; "
            "that it touched this measure is not established."
        )
    return _sentences(parts)


def _sentences(parts: list[str]) -> str:
    """Joined; only the first begins small, since it follows a label."""
    return " ".join(
        part if place == 0 else part[0].upper() + part[1:] for place, part in enumerate(parts)
    )


def _how_sure(result: ChangeResult, hidden: bool) -> str:
    level = (
        interval(result.pct_low, result.pct_high)
        if not hidden and result.pct_low is not None and result.pct_high is not None
        else ""
    )
    allowing = (
        "allowing for how much such counts vary anyway, the underlying change is " + level
        if level
        else ""
    )
    if result.verdict is Verdict.TOO_FEW:
        return "chance alone moves such small figures by as much as this."
    if result.verdict is Verdict.RECORDING_CHANGED:
        return _alike(result, level)
    if result.verdict in CLEAR:
        return f"{allowing}." if allowing else ""
    if not level:
        return "the figures leave open whether anything changed."
    if (result.pct_low or 0) <= 0 <= (result.pct_high or 0):
        return f"{allowing}: the figures leave open whether anything changed."
    return f"{allowing} if it is taken alone. {_why_not_clear(result)}".strip()


def _alike(result: ChangeResult, level: str) -> str:
    alike = result.verdict_if_recorded_alike
    if alike in CLEAR:
        size = f" ({level})" if level else ""
        return (
            "taken as if both had been recorded alike, these counts would be a "
            f"{alike.value}{size}."
        )
    return "even taken as if both had been recorded alike, these counts would show no clear change."


def _why_not_clear(result: ChangeResult) -> str:
    """Why a change whose interval leaves out none is still not called clear."""
    if result.per_day_pct is not None and abs(result.per_day_pct) < result.materiality_pct:
        return f"A difference of less than {number(result.materiality_pct)}% is not called clear."
    if result.p_adjusted is None:
        return ""
    return (
        f"With {spelled(result.family_size)} comparisons made at once, a result like this is too "
        f"likely to be chance to be called clear (adjusted p-value {p_value(result.p_adjusted)}; "
        f"the limit is {number(result.alpha, 2)})."
    )


def _worth(result: ChangeResult, measure: Measure) -> str:
    if result.verdict not in CLEAR:
        return ""
    if measure.fewer_is != "better":
        return (
            "more records of this are not plainly good or bad; they can mean more harm, more trust "
            "in reporting, or more police activity."
        )
    worse = result.verdict is Verdict.INCREASE
    return f"fewer is better here, so this is a change for the {'worse' if worse else 'better'}."


def recording_change(change: RecordingChange) -> str:
    """``from May 2023, “title of the change”``, as Markdown."""
    return f"from {change.month.label}, “{escape(change.title)}”"
