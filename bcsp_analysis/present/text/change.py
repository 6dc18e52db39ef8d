"""Verdicts on changes as sentences. A sentence never says more than its verdict.

Whether there are more or fewer, and whether that is better or worse, are two things: the second is
said only of clear changes, and only where the catalogue says that fewer is better.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypedDict, Unpack

import pandas as pd

from bcsp_analysis.markup import escape
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.measures.performance import Comparison
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.change import ChangeResult, Verdict
from bcsp_analysis.models.needed import widened_without_cap
from bcsp_analysis.models.quarterly import QuarterlyAssessment, Sensitivity
from bcsp_analysis.present.selection import doubted
from bcsp_analysis.present.text.grades import CLEAR, grade, points, short_of, short_title
from bcsp_analysis.present.text.numbers import (
    interval,
    listing,
    more_or_fewer,
    number,
    p_value,
    sentences,
    spelled,
)
from bcsp_analysis.present.text.recording_between import between, between_in_short, same_way
from bcsp_analysis.present.text.yardsticks import (
    borrowed_swing,
    lender,
    other_category,
    wider_category,
)
from bcsp_analysis.sources.report import PrintedTable

DOUBT = "its printed figures do not agree with each other (see the audit)"
_JUST = 2.0  # times the limit; an adjusted p-value below that has just missed it


class Told(NamedTuple):
    """A verdict and what it rests on, as Markdown; `recording` is a short form of that point."""

    title: str
    points: dict[str, str]
    recording: str


class Grounds(TypedDict, total=False):
    """What a verdict may be told with, besides its counts.

    table : PrintedTable
        With it, the change that the report prints for the year to date stands first.
    audit : AuditResult
        With it, a measure whose printed years to date do not agree says so.
    readings : Sensitivity
        With it, a verdict that another reading of the variation would change says so.
    """

    table: PrintedTable | None
    audit: AuditResult | None
    readings: Sensitivity | None


def change(
    judged: QuarterlyAssessment,
    measure: Measure,
    comparison: str,
    hidden: Iterable[str] = (),
    **grounds: Unpack[Grounds],
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
    **grounds
        See `Grounds`.
    """
    told = told_of(judged, measure, comparison, hidden, **grounds)
    return listed(told.title, told.points) if told else no_figures(measure)


def no_figures(measure: Measure) -> str:
    """That the report prints nothing of a measure that could be compared."""
    return f"**{escape(short_title(measure))}: no figures.** The report prints none to compare."


def told_of(
    judged: QuarterlyAssessment,
    measure: Measure,
    comparison: str,
    hidden: Iterable[str],
    **grounds: Unpack[Grounds],
) -> Told | None:
    """What `change` says, in its parts; None where there are no figures."""
    result = judged.result(measure.id, comparison)
    if result is None:
        return None
    table, audit, readings = grounds.get("table"), grounds.get("audit"), grounds.get("readings")
    withheld = measure.id in set(hidden)
    printed = ""
    if table is not None and comparison == "year_to_date" and not withheld:
        printed = table.cell(measure.id, "pct_difference").strip()
    return tell(
        result,
        measure,
        judged.table.comparisons[comparison],
        certain=judged.recording[comparison].get(measure.id, ()),
        possible=judged.possible[comparison].get(measure.id, ()),
        hidden=withheld,
        printed=printed,
        not_adding_up=_not_adding_up(judged, measure, comparison),
        borrowed_from=lender(judged, measure, comparison),
        capped=widened_without_cap(judged, measure, comparison),
        wider=wider_category(judged, measure),
        another=other_category(judged, measure),
        doubt=audit is not None and measure.id in doubted(audit),
        others=other_readings(readings, measure.id, comparison) if readings is not None else "",
    )


def tell(
    result: ChangeResult,
    measure: Measure,
    comparison: Comparison,
    *,
    certain: Iterable[RecordingChange] = (),
    possible: Iterable[RecordingChange] = (),
    hidden: bool = False,
    printed: str = "",
    not_adding_up: float | None = None,
    borrowed_from: str = "",
    capped: float | None = None,
    wider: str = "",
    another: bool = False,
    doubt: bool = False,
    others: str = "",
) -> Told:
    """The same from a single result: the verdict, then what it rests on, point by point.

    `printed` is the change as the report prints it, `not_adding_up` the printed count that the sum
    of its quarters replaces, `borrowed_from` the series whose swing stands in, `capped` how many
    times as wide the range would be without the cap on it, `wider` the category that stands in,
    `another` that the measure is no part of it, `others` the sentence of `other_readings`.
    """
    certain, possible = tuple(certain), tuple(possible)
    borrowed = borrowed_swing(borrowed_from, capped, wider, another)
    found = [
        ("The report prints", f"{escape(printed)}." if printed else ""),
        (
            "Its own counts give" if printed else "The counts give",
            _by_the_counts(result, measure, comparison, hidden, not_adding_up),
        ),
        ("Recording", between(result, measure, certain, possible)),
        ("How sure", sentences(_how_sure(result, measure, certain, hidden))),
        ("How firm", sentences(_how_firm(result, borrowed, others))),
        ("Better or worse", _worth(result, measure)),
    ]
    title = verdict_title(result, measure, markup=True, doubt=doubt)
    points = {name: text for name, text in found if text}
    return Told(title, points, between_in_short(result, measure, certain, possible))


def listed(title: str, points: Mapping[str, str]) -> str:
    """A bold title and a list of named points, as Markdown."""
    return "\n".join([f"**{title}.**", "", *(f"- *{n}:* {text}" for n, text in points.items())])


def verdict_title(
    result: ChangeResult, measure: Measure, *, markup: bool = False, doubt: bool = False
) -> str:
    """``"Knife crime: no clear change"``: title of a chart, or beginning of a sentence."""
    title = short_title(measure)
    text = {
        Verdict.RECORDING_CHANGED: "recording changed, the counts cannot be compared",
    }.get(result.verdict, result.verdict.value)
    parts = [text, grade(result) and f"it {grade(result)}", DOUBT if doubt else ""]
    return f"{escape(title) if markup else title}: {'; '.join(filter(None, parts))}"


def _not_adding_up(judged: QuarterlyAssessment, measure: Measure, comparison: str) -> float | None:
    """The printed year to date where the sum of its quarters took its place, else None."""
    if comparison != "year_to_date":
        return None
    row: Any = judged.table.counts.loc[measure.id]
    printed, used = row["ytd_printed"], row["ytd_this_year"]
    differ: bool = not pd.isna(printed) and not pd.isna(used) and printed != used
    return float(printed) if differ else None


def other_readings(readings: Sensitivity, measure_id: str, comparison: str) -> str:
    """Other readings of the variation that give another verdict; empty where none does."""
    published = readings.published.result(measure_id, comparison)
    parts = []
    for name, assessment in readings.others.items():
        other = assessment.result(measure_id, comparison)
        if published is None or other is None:
            continue
        reading = f"with the reading “{escape(name)}”"
        if other.verdict is not published.verdict:
            parts.append(f"{reading} the verdict would be {other.verdict.value}")
        elif other.verdict_if_recorded_alike is not published.verdict_if_recorded_alike:
            alike = other.verdict_if_recorded_alike
            shown = f"a {alike.value}" if alike in CLEAR else alike.value
            parts.append(f"{reading} the counts, taken as recorded alike, would show {shown}")
    return f"{listing(parts)}." if parts else ""


def arithmetic(result: ChangeResult, measure: Measure, comparison: Comparison) -> str:
    """Both counts and what they make, without a judgement."""
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


def _by_the_counts(
    result: ChangeResult,
    measure: Measure,
    comparison: Comparison,
    hidden: bool,
    not_adding_up: float | None,
) -> str:
    if hidden:
        return "the counts are not shown, because at least one figure of this measure is too small."
    told = arithmetic(result, measure, comparison)
    if not_adding_up is None:
        return told
    return (
        f"{told} The later count is the sum of its printed quarters; the report prints "
        f"{number(not_adding_up)}, which they do not add up to."
    )


def _how_sure(
    result: ChangeResult, measure: Measure, certain: tuple[RecordingChange, ...], hidden: bool
) -> list[str]:
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
        return ["chance alone moves such small figures by as much as this."]
    if result.verdict is Verdict.RECORDING_CHANGED:
        return _alike(result, measure, certain, level)
    if result.verdict in CLEAR:
        return [f"{allowing}."] if allowing else []
    if not level:
        return ["the figures leave open whether anything changed."]
    if result.low <= 1 <= result.high:
        return [f"{allowing}: the figures leave open whether anything changed."]
    return [part for part in (f"{allowing} if it is taken alone.", _why_not_clear(result)) if part]


def _alike(
    result: ChangeResult, measure: Measure, certain: tuple[RecordingChange, ...], level: str
) -> list[str]:
    alike = result.verdict_if_recorded_alike
    size = f" ({level})" if level else ""
    if alike in CLEAR:
        word = "rise" if alike is Verdict.INCREASE else "fall"
        verb = same_way(result, measure, certain)
        way = f", in a way that {verb} counts by itself" if verb else ""
        return [
            f"if recording had not changed this would count as a clear {word}{size}.",
            f"It did change{way}, so it is not called one.",
        ]
    way = points(result)
    graded = f", though it would point {way}, {short_of(result)}" if way else ""
    return [f"if recording had not changed there would be no clear change either{size}{graded}."]


def _why_not_clear(result: ChangeResult) -> str:
    """Why a change whose interval leaves out none is still not called clear."""
    if result.per_day_pct is not None and abs(result.per_day_pct) < result.materiality_pct:
        return (
            f"A difference of less than {number(result.materiality_pct)}%, allowing for the number "
            "of days in each period, is not called clear."
        )
    if result.p_adjusted is None:
        return ""
    missed = "just missed" if result.p_adjusted < _JUST * result.alpha else "missed"
    return (
        f"With {spelled(result.family_size)} comparisons made at once, it {missed} our limit for "
        f"results that chance could give (adjusted p-value {p_value(result.p_adjusted)}; "
        f"the limit is {number(result.alpha, 2)})."
    )


def _how_firm(result: ChangeResult, borrowed: str, others: str) -> list[str]:
    known = borrowed if result.verdict is not Verdict.TOO_FEW else ""
    return [part for part in (known, others) if part]


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
