"""The page of one measure in words: the answer first, then what it counts and what it rests on.

No sentence says more than its verdict, and none gives a count of a measure whose counts are hidden.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bcsp_analysis.editions import Edition
from bcsp_analysis.markup import escape, prose
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.models.change import ChangeResult, Verdict
from bcsp_analysis.models.needed import NeededChange, needed_change
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present.about import main_comparison
from bcsp_analysis.present.selection import doubted
from bcsp_analysis.present.text.change import arithmetic, verdict_title
from bcsp_analysis.present.text.grades import CLEAR, inner_title, points, short_title
from bcsp_analysis.present.text.grounds import stands_on
from bcsp_analysis.present.text.links import measure_link, priority_link
from bcsp_analysis.present.text.numbers import (
    interval,
    listing,
    more_or_fewer,
    number,
    p_value,
    percent,
    plural,
)
from bcsp_analysis.present.text.turning import flip
from bcsp_analysis.present.text.yardsticks import other_category
from bcsp_analysis.sources.report import PrintedTable
from bcsp_analysis.sources.standing import Standing

HIDDEN_COUNTS = "the counts are not shown, because at least one figure of this measure is too small"
_NOT_PLAIN = (
    "More records of this are not plainly worse, nor fewer better: they can mean more harm, more "
    "trust in reporting, or more police activity."
)


def measure_answer(
    judged: QuarterlyAssessment,
    measure: Measure,
    *,
    hidden: Collection[str],
    table: PrintedTable,
    audit: AuditResult,
    similar: str = "",
) -> str:
    """The answer first: verdict, this quarter, similar areas, what it does not say.

    Parameters
    ----------
    judged : QuarterlyAssessment
    measure : Measure
    hidden : collection of str
        Measures of which no count may be shown.
    table : PrintedTable
        Says what stands in the place of figures that are missing.
    audit : AuditResult
        A measure whose printed years to date do not agree says so.
    similar : str
        From `similar_in_short`; may be empty.
    """
    comparison = main_comparison(judged, measure.id)
    if comparison is None:
        return measure_missing(measure, table)
    result = judged.results[comparison][measure.id]
    withheld = measure.id in hidden
    title = verdict_title(result, measure, markup=True, doubt=measure.id in doubted(audit))
    parts = [
        f"**{title}.** {_counted(judged, measure, comparison, withheld)} {_sure(result, withheld)}",
        _this_quarter(judged, measure, comparison, withheld),
        f"*Against similar areas.* {similar}" if similar else "",
        f"*What this does not say.* {_does_not_say(result, measure)}",
    ]
    return "\n\n".join(part for part in parts if part)


def measure_missing(measure: Measure, table: PrintedTable) -> str:
    """What is missing of a measure without counts, and what the report prints in their place."""
    said = [reason for (name, _), reason in table.reasons.items() if name == measure.id]
    quoted = [f"\u201c{prose(reason.rstrip('.'))}\u201d" for reason in dict.fromkeys(said)]
    printed = listing(quoted)
    place = f" In their place it prints: {printed}." if printed else ""
    return (
        f"**{escape(short_title(measure))}: no figures.** The report prints no two counts of it "
        f"that could be compared, so whether it changed cannot be told.{place} *What is missing:* "
        f"{escape(measure.unit)} in this quarter, in the quarter before and in the same months a "
        f"year earlier, from {escape(measure.recorded_by)}."
    )


def _counted(judged: QuarterlyAssessment, measure: Measure, comparison: str, withheld: bool) -> str:
    if withheld:
        return f"{HIDDEN_COUNTS.capitalize()}."
    told = arithmetic(
        judged.results[comparison][measure.id], measure, judged.table.comparisons[comparison]
    )
    return told[:1].upper() + told[1:]


def _sure(result: ChangeResult, withheld: bool) -> str:
    """How sure the verdict is, in words; never more than the verdict."""
    if result.verdict is Verdict.TOO_FEW:
        return "With so few cases chance alone moves the figures by as much as this."
    if result.verdict is Verdict.RECORDING_CHANGED:
        return (
            "Recording changed in between: the two do not count the same thing, so how much of "
            "the difference is real cannot be told."
        )
    likely = ""
    if not withheld and result.pct_low is not None and result.pct_high is not None:
        likely = f"The underlying change is {interval(result.pct_low, result.pct_high)}"
    if result.verdict in CLEAR:
        bar = (
            "more than such counts move by themselves, with "
            f"{plural(result.family_size, 'measure')} looked at together in each comparison"
        )
        return f"{likely}: {bar}." if likely else f"That is {bar}."
    if result.low <= 1 <= result.high:
        open_ = "the figures leave open whether anything changed"
        return f"{likely}: {open_}." if likely else f"{open_.capitalize()}."
    reason = (
        f"with {plural(result.family_size, 'measure')} looked at together in each comparison that "
        "is not enough to call it clear"
        if points(result)
        else f"a change of less than {percent(result.materiality_pct)} is not called one"
    )
    return f"{likely}, taken alone; {reason}." if likely else f"{reason.capitalize()}."


def _this_quarter(
    judged: QuarterlyAssessment, measure: Measure, leading: str, withheld: bool
) -> str:
    result = judged.result(measure.id, "quarter_on_year")
    if result is None or withheld or leading == "quarter_on_year":
        return ""
    kind = judged.table.comparisons["quarter_on_year"]
    change = more_or_fewer(result.pct_change)
    return (
        f"*This quarter alone.* {kind.after_span.label}: **{number(result.after)}** "
        f"{escape(measure.unit)}, against {number(result.before)} a year earlier"
        f"{f' ({change})' if change else ''}: {result.verdict.value}."
    )


def _does_not_say(result: ChangeResult, measure: Measure) -> str:
    parts = []
    if result.verdict is Verdict.NO_CLEAR_CHANGE:
        parts.append("That nothing changed: a difference that is not clear can still be real.")
    elif result.verdict is Verdict.RECORDING_CHANGED:
        parts.append("That there is more or less of it than before.")
    elif result.verdict is Verdict.TOO_FEW:
        parts.append("That it did not change, or that it is rare: only what was recorded counts.")
    parts.append("It counts what was recorded, not what happened, and it does not say why.")
    if measure.fewer_is != "better":
        parts.append(_NOT_PLAIN)
    elif result.verdict in CLEAR:
        worse = result.verdict is Verdict.INCREASE
        parts.append(f"Fewer is better here: a change for the {'worse' if worse else 'better'}.")
    return " ".join(parts)


def measure_definition(measure: Measure, catalogue: Catalogue, edition: Edition) -> str:
    """What is counted, who records it, where it belongs, how to read its direction: a list."""
    parts = [other for other in catalogue if measure.id in other.nested_in]
    wholes = [catalogue[name] for name in measure.nested_in]
    reading = (
        "fewer is better."
        if measure.fewer_is == "better"
        else _NOT_PLAIN[:1].lower() + _NOT_PLAIN[1:]
    )
    priority = (
        priority_link(edition, catalogue, measure.priority)
        if measure.priority
        else "none of its own; it spans all of them"
    )
    lines = {
        "Counted": f"{escape(measure.unit)}, recorded by {escape(measure.recorded_by)}; the "
        f"report\u2019s row is \u201c{prose(measure.printed)}\u201d",
        "In full": prose(measure.title) if measure.title != short_title(measure) else "",
        "Priority": priority,
        "Part of": listing([measure_link(edition, whole, inside=True) for whole in wholes]),
        "Holds": listing([measure_link(edition, part, inside=True) for part in parts]),
        "Rate": f"per {number(1000)} {escape(measure.denominator)}" if measure.denominator else "",
    }
    told = [f"- *{name}:* {text}." for name, text in lines.items() if text]
    told.append(f"- *How to read it:* {reading}")
    if measure.note:
        told.append(f"- *To know:* {prose(measure.note)}")
    return "\n".join(told)


def measure_needed(judged: QuarterlyAssessment, measure: Measure, hidden: Collection[str]) -> str:
    """The smallest change that would have been called clear, in one sentence."""
    comparison = main_comparison(judged, measure.id)
    if comparison is None:
        return "Without two counts there is nothing to test."
    if measure.id in hidden:
        return "How large a change would have been clear is not shown: it would tell the counts."
    found = needed_change(judged, measure, comparison)
    if found is None:
        return "From a count of none no change in per cent can be worked out."
    result = judged.results[comparison][measure.id]
    aside = ", had recording not changed" if result.verdict is Verdict.RECORDING_CHANGED else ""
    if found.only_to_none:
        return _blunt(found, aside)
    ways = []
    if found.fall_pct is not None:
        ways.append(f"a fall by {percent(-found.fall_pct)}")
    if found.rise_pct is not None:
        ways.append(f"a rise by {percent(found.rise_pct)}")
    if not ways:
        return f"No change, however large, would have been called clear{aside}."
    return (
        f"**The smallest change that we would have called clear is {listing(ways, last='or')}"
        f"{aside}.** Of true changes of just that size about half would be found; smaller ones "
        "would mostly be missed."
    )


def _blunt(found: NeededChange, aside: str) -> str:
    """Where only a fall to none passes: a limit of the test, whose range explodes at few cases."""
    test = "No fall short of none can pass this test, which is blunt where few are left"
    if found.rise_pct is None:
        return f"**{test}; no rise would have been called clear either{aside}.**"
    return (
        f"**{test}; a rise would have had to reach {percent(found.rise_pct)}{aside}.** Of true "
        "rises of just that size about half would be found; smaller ones would mostly be missed. "
        "That a fall is not called clear says little here."
    )


def measure_tests(judged: QuarterlyAssessment, measure: Measure, hidden: Collection[str]) -> str:
    """The rule, the p-values, and the swing behind the verdict: for analysts."""
    comparison = main_comparison(judged, measure.id)
    if comparison is None:
        return "No test: there are no two counts."
    result = judged.results[comparison][measure.id]
    rule = (
        f"A change is called clear from {percent(result.materiality_pct)} per day on and below an "
        f"adjusted p-value of {number(result.alpha, 2)}; fewer than "
        f"{number(result.small_count)} cases in both periods are too few to say."
    )
    if measure.id in hidden:
        return f"{rule} p-values and swing are not shown: they would tell the counts."
    adjusted = (
        f"{p_value(result.p_adjusted)} with Holm\u2019s correction for "
        f"{plural(result.family_size, 'measure')}"
        if result.p_adjusted is not None
        else "not corrected"
    )
    source = result.dispersion_source
    return (
        f"{rule} For {escape(inner_title(measure))}, "
        f"{judged.table.comparisons[comparison].title}, the p-value is {p_value(result.p_value)} "
        f"by itself and {adjusted}. {flip(result)}\n\n*Where the swing comes from.* "
        f"{escape(source[:1].upper() + source[1:])}."
    )


def measure_months(
    judged: QuarterlyAssessment,
    measure: Measure,
    monthly: Mapping[str, object],
    standing: Standing,
    links: str,
) -> str:
    """Which monthly figures stand for the measure, and where they are looked at.

    Parameters
    ----------
    monthly : mapping
        Keyed by the monthly categories at hand.
    standing : Standing
        What these come from.
    links : str
        From `series_links`; may be empty.
    """
    name = escape(measure.history[:1].lower() + measure.history[1:])
    if measure.history not in monthly:
        return (
            "There are no monthly figures of this measure, so whether it has a season, or an "
            "unusual month, cannot be told."
        )
    if measure.history in judged.wider:
        kind = (
            f"another category, {name}, which does not hold all of it,"
            if other_category(judged, measure)
            else f"the wider category {name}"
        )
        told = (
            f"There are no monthly figures of the measure itself. Those of {kind} stand in for how "
            "much it swings; what they show is not what it does."
        )
    else:
        told = f"Its monthly figures are those of the category {name}."
    return f"{told} {links}".strip() + f"\n\n{stands_on(standing)}"
