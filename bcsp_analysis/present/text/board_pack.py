"""Words of the board pack: the answers of the site in short, as Markdown, and its methods."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bcsp_analysis.editions import Edition, Rules
from bcsp_analysis.markup import escape, plain
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.measures.performance import Comparison
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.periods import day_label
from bcsp_analysis.present.text.change import change, verdict_title
from bcsp_analysis.present.text.grades import short_title
from bcsp_analysis.present.text.numbers import listing, number, percent, plural
from bcsp_analysis.present.text.quarterly import quarter_counts
from bcsp_analysis.present.text.recording_between import recording_change

_POINT = re.compile(r"^- \*(?P<label>[^*]+):\* (?P<words>.*)$", re.M)
_BOLD = re.compile(r"(?P<bold>\*\*(?:(?!\*\*).)+\*\*)(?P<rest>[^\n]*)")
_LEFT_TO_THE_SITE = ("Recording", "How firm")  # points that the first page has no room for


def subtitle(edition: Edition) -> str:
    """Whose pack it is, for which quarter, and when the report was published: plain text."""
    quarter = edition.quarter
    day = edition.published
    put = f"report published {day_label(day)}" if day else "report not yet published"
    return f"Board pack for {edition.area}: {quarter.label}, {quarter.months_label}; {put}"


def verdict_and_rest(told: str) -> tuple[str, str]:
    """The bold sentence with which an answer begins, and what follows it in its paragraph."""
    found = _BOLD.match(told)
    return (found["bold"], found["rest"].strip()) if found else (told, "")


def message(
    judged: QuarterlyAssessment,
    measure: Measure,
    comparison: str,
    hidden: Iterable[str] = (),
    *,
    audit: AuditResult | None = None,
) -> str:
    """The answer of the site on one measure in one paragraph: verdict, counts, how sure.

    The sentences are those of `change`; that recording changed is told once for all measures.
    """
    told = change(judged, measure, comparison, hidden, audit=audit)
    verdict, _, _ = told.partition("\n")
    kept = [
        f"*{point['label']}:* {point['words']}"
        for point in _POINT.finditer(told)
        if point["label"] not in _LEFT_TO_THE_SITE
    ]
    return " ".join((verdict, *kept))


def recording_in_short(judged: QuarterlyAssessment, comparison: str) -> str:
    """For how many measures recording changed between the two periods, and what changed."""
    touched = [
        name
        for name, result in judged.results[comparison].items()
        if result.verdict is Verdict.RECORDING_CHANGED
    ]
    named = dict.fromkeys(
        recording_change(change)
        for name in touched
        for change in judged.recording[comparison].get(name, ())
    )
    if not named:
        return ""
    return (
        f"**Recording changed for {plural(len(touched), 'measure')}**: {listing(named)}. "
        "The two counts of such a measure do not count the same thing, so how much of the "
        "difference is real cannot be told from them."
    )


def quarters_alternative(judged: QuarterlyAssessment, measure: Measure, comparison: str) -> str:
    """Alternative text of the chart of a measure's quarters: its finding, and what it shows.

    Markdown; the counts are those of `quarter_counts`.
    """
    result = judged.result(measure.id, comparison)
    found = f"{verdict_title(result, measure, markup=True)}. " if result is not None else ""
    return (
        f"{found}Bars for the quarters of two years on an axis from zero; a lettered line marks a "
        f"change in recording. {quarter_counts(judged, measure)}"
    )


def quarters_caption(measure: Measure) -> str:
    """Caption of the same chart, plain text."""
    return (
        f"{plain(short_title(measure))} by quarter; a hatched bar is implied by the report, not "
        "printed in it."
    )


def table_caption(comparison: Comparison) -> str:
    """Caption of the table of all measures, plain text."""
    return (
        f"Every measure, {comparison.title}: both counts, the change that they give, the likely "
        "range of the underlying change, what would have been a clear change, and the verdict."
    )


def table_reading(judged: QuarterlyAssessment, rules: Rules) -> str:
    """How to read the table of all measures, and its shorthand."""
    size = max((len(results) for results in judged.results.values()), default=0)
    return (
        f"*Likely range*: {percent(100 * rules.level)} interval of the underlying change. *Clear*: "
        "more than the ups and downs that such counts have anyway, with all "
        f"{plural(size, 'measure')} looked at together. *Points up* or *down*, *not confirmed*: "
        "more than its own ups and downs, but short of that bar. *Recording changed*: the two "
        "counts do not count the same thing, and the change is only what they give.\n\n"
        f"\\[c\\]: hidden, because a count of the row is below {number(rules.suppress_below)}. "
        "\\[x\\]: not printed in the report. \\[z\\]: does not apply, such as a percentage of "
        "none."
    )


def methods_in_short(judged: QuarterlyAssessment, rules: Rules) -> str:
    """How the verdicts come about, in five sentences, and where the site says more."""
    size = max((len(results) for results in judged.results.values()), default=0)
    return " ".join(
        (
            "Counts are taken from the printed table and compared per day with the same months of "
            "the year before.",
            "The likely range is widened by how much the measure’s own monthly history swings "
            "beyond pure chance; where there is no such history, that of a wider category or the "
            "most restless one stands in.",
            f"All {plural(size, 'measure')} are judged together with Holm’s correction, which "
            f"keeps the chance of even one false *clear* below {percent(100 * rules.alpha)}, and "
            f"a change of less than {percent(rules.materiality_pct)} is never called clear.",
            "Where a confirmed change of recording lies between two periods there is no other "
            f"verdict than that, and below {number(rules.small_count)} cases in both there are "
            "too few to say.",
            "Better or worse is said only of clear changes, and only where fewer is plainly "
            "better.",
            "The pages *Methods*, *Performance* and *Audit* of the site say more.",
        )
    )


def restricted(area: str) -> str:
    """What has to be said beside the rates of similar areas."""
    return (
        f"The rates that compare {escape(plain(area))} with similar areas come from iQuanta, which "
        "is restricted and not under the Open Government Licence. They are quoted from the public "
        "report."
    )
