"""More of a measure's page in words: similar areas, recording, what would change the answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from bcsp_analysis.markup import escape, prose
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.measures.claims import Assessment, ClaimVerdict
from bcsp_analysis.measures.findings import Finding, Seriousness
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.models.comparison import Apart, PrintedComparison, Standing
from bcsp_analysis.models.needed import widened_without_cap
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present.about import changes_of, claims_about, findings_on, main_comparison
from bcsp_analysis.present.disclosure import SHORTHAND
from bcsp_analysis.present.text.comparison import DECIDED, distance, likely
from bcsp_analysis.present.text.grades import inner_title
from bcsp_analysis.present.text.numbers import listing, number, plural, spelled
from bcsp_analysis.present.text.recording_between import effect_if
from bcsp_analysis.present.text.yardsticks import other_category
from bcsp_analysis.sources.report import PrintedTable

_DIRECTIONS = {
    "down": "it makes counts smaller by itself",
    "up": "it makes counts larger by itself",
    "unknown": "whether it makes counts larger or smaller is not known",
}
_CAUTION = (
    "Whether that is unusual among them cannot be told: the rates of the others are not printed."
)


def measure_similar(
    results: Mapping[str, PrintedComparison], measure: Measure, table: PrintedTable, area: str
) -> str:
    """The measure against similar areas as far as the report prints a rate; else that it does not.

    Parameters
    ----------
    results : mapping of str to PrintedComparison
        Every measure with printed rates, by id.
    table : PrintedTable
        The rates as printed.
    area : str
        Name of the area.
    """
    result = results.get(measure.id)
    if result is None:
        return (
            "**Not known: the report prints no rate of similar areas for this measure.** The "
            "counts and residents of those areas would tell."
        )
    if result.apart is Apart.HIDDEN:
        return f"**Not shown ({escape(SHORTHAND)}):** {escape(result.apart.value)}."
    printed = _rates(result, table, area)
    if result.apart:
        basis = f" ({prose(result.basis)})" if result.basis else ""
        return f"**Cannot be told: {escape(result.apart.value)}{basis}.** {printed}"
    return " ".join(
        part for part in (_standing(result, area), printed, _rank(result), _CAUTION) if part
    )


def similar_in_short(results: Mapping[str, PrintedComparison], measure: Measure, area: str) -> str:
    """The same in one sentence, for the answer of a page."""
    result = results.get(measure.id)
    if result is None:
        return "No rate is printed, so this cannot be told."
    if result.apart:
        return f"This cannot be told: {escape(result.apart.value)}."
    of = number(result.group_size)
    rank = "" if result.rank is None else f", rank {number(result.rank)} of {of}"
    if result.standing is Standing.TOO_FEW:
        return "Too few cases to compare."
    size = f"({distance(result)} than their mean{rank}, counted from the lowest rate)"
    if result.standing in DECIDED:
        word = "more" if result.standing is Standing.MORE else "fewer"
        return f"For its size {escape(area)} records **clearly {word}** {size}."
    if result.leans:
        return (
            f"For its size {escape(area)} points to {result.leans}, short of our bar for a clear "
            f"difference {size}."
        )
    return f"For its size {escape(area)} does not differ clearly from them {size}."


def _rates(result: PrintedComparison, table: PrintedTable, area: str) -> str:
    own, group = (
        escape(table.cell(result.measure_id, column).strip())
        for column in ("area_rate", "group_rate")
    )
    return (
        f"The report prints {own} per {number(1000)} {escape(result.denominator)} for "
        f"{escape(area)} and a mean of {group} for its most similar group, {result.period.label}."
    )


def _standing(result: PrintedComparison, area: str) -> str:
    size = f"{distance(result)}, {likely(result)}"
    name = escape(area)
    if result.standing in DECIDED:
        worth = (
            f" That is {result.improvement}, as fewer is better here."
            if result.improvement in ("better", "worse")
            else " More or fewer is not plainly worse or better here."
        )
        word = "more" if result.standing is Standing.MORE else "fewer"
        return f"**For its size, {name} records clearly {word} than similar areas:** {size}.{worth}"
    if result.standing is Standing.TOO_FEW:
        return "**Too few cases to compare.**"
    leaning = f" It points to {result.leans}, short of our bar." if result.leans else ""
    return f"**No clear difference from similar areas:** {size}.{leaning}"


def _rank(result: PrintedComparison) -> str:
    if result.rank is None or result.areas_lower is None or result.areas_higher is None:
        return "No rank is printed."
    return (
        f"Its rank is {number(result.rank)} of {number(result.group_size)}, counted from the "
        f"lowest rate: {plural(result.areas_lower, 'area')} "
        f"{'has' if result.areas_lower == 1 else 'have'} a lower rate, "
        f"{spelled(result.areas_higher)} a higher one."
    )


def measure_recording(
    changes: Iterable[RecordingChange], measure: Measure, judged: QuarterlyAssessment
) -> str:
    """The register's changes that touch the measure or may, newest first, as a list."""
    found = changes_of(changes, measure)
    if not found:
        return "The register holds no change of recording that touches this measure."
    span = judged.period
    lines = []
    for change in sorted(found, key=lambda one: one.month, reverse=True):
        inside = span.first < change.month <= span.last
        where = "between the compared figures" if inside else "outside the compared figures"
        sure = (
            f"touches this measure; {_DIRECTIONS[change.direction_of(measure.id)]}"
            if change.confirmed and change.touches(measure.id)
            else "may touch this measure; that it did is not established; "
            f"{effect_if(change, measure)}"
        )
        note = f" {prose(change.note)}" if inside and change.note else ""
        lines.append(
            f"- **{change.month.label}**, {where}: {prose(change.title)}. It {sure}.{note}"
        )
    return "\n".join(lines)


def measure_checks(
    audit: AuditResult, assessed: Sequence[Assessment], measure: Measure, table: PrintedTable
) -> str:
    """How many printed figures of the measure the audit doubts, and how its claims came out."""
    findings, claims = findings_on(audit, measure), claims_about(assessed, measure)
    name = escape(inner_title(measure))
    if findings:
        one = len(findings) == 1
        told = (
            f"**{plural(len(findings), 'printed figure').capitalize()} of {name} "
            f"{'does' if one else 'do'} not agree with other printed figures.** "
            f"{_serious(findings)} Where two printed figures differ, "
            "which of them is right is not known."
        )
    elif measure.id in table.figures.index and table.figures.loc[measure.id].notna().any():
        told = (
            f"**The printed figures of {name} agree with each other.** That does not prove them "
            "right."
        )
    else:
        told = f"**No figure of {name} is printed that could be checked.**"
    if not claims:
        return f"{told} No statement of the report that is in the register names it."
    counted = [
        f"{verdict.value} ({spelled(count)})"
        for verdict in ClaimVerdict
        if (count := sum(one.outcome.verdict is verdict for one in claims))
    ]
    return (
        f"{told} {plural(len(claims), 'statement').capitalize()} of the report "
        f"{'names' if len(claims) == 1 else 'name'} it: {listing(counted)}."
    )


def _serious(findings: Sequence[Finding]) -> str:
    high = sum(finding.seriousness is Seriousness.HIGH for finding in findings)
    if not high:
        return "None of them turns its message."
    if high == len(findings):
        return "That is serious." if high == 1 else "All of them are serious."
    return f"Of these, {spelled(high)} {'is' if high == 1 else 'are'} serious."


def measure_caveats(judged: QuarterlyAssessment, measure: Measure, hidden: Collection[str]) -> str:
    """What holds back this measure in particular, as a list; empty where nothing does."""
    comparison = main_comparison(judged, measure.id)
    lines = []
    if measure.id in hidden:
        lines.append(
            "Its counts are so small that they are not shown on this site; the public report "
            "prints them."
        )
    if comparison and measure.history in judged.wider:
        told = (
            "another category, which does not hold all of it: that is an assumption."
            if other_category(judged, measure)
            else "a wider category, which is an assumption: a part may swing more or less than its "
            "whole."
        )
        lines.append(f"How much it swings is taken from {told}")
    elif comparison and not _has_history(judged, measure):
        lines.append(_borrowed(widened_without_cap(judged, measure, comparison)))
    if measure.unit == "records":
        lines.append("Whether crimes, reports or referrals are counted is not printed.")
    return "\n".join(f"- {line}" for line in lines)


def _borrowed(capped: float | None) -> str:
    """That its swing is borrowed, and whether it is the cap on it that decides."""
    lent = "How much it swings is borrowed from the most restless history at hand"
    if capped is None:
        return f"{lent}, which is careful, not exact."
    return (
        f"{lent} and capped at the largest swing of any history. For a count of this size the cap "
        f"decides, and it is a judgement: without it the likely range would be about "
        f"{number(capped, 1)} times as wide."
    )


def _has_history(judged: QuarterlyAssessment, measure: Measure) -> bool:
    return any(category == measure.history for category, _ in judged.dispersions)


def measure_needs(
    judged: QuarterlyAssessment,
    measure: Measure,
    results: Mapping[str, PrintedComparison],
    audit: AuditResult,
) -> str:
    """What would change the answer, read off the results, as one paragraph."""
    comparison = main_comparison(judged, measure.id)
    wanted = []
    if comparison is None:
        wanted.append("any two counts of it, of the same months of two years")
    else:
        result = judged.results[comparison][measure.id]
        if result.verdict is Verdict.RECORDING_CHANGED:
            wanted.append(
                "the day on which the new way of recording began here, and the counts in the old "
                "way for the months after it"
            )
        if result.verdict is Verdict.TOO_FEW:
            wanted.append("counts of several years put together")
        elif not _has_history(judged, measure) or measure.history in judged.wider:
            wanted.append("monthly counts of the measure itself over five years or more")
        else:
            wanted.append("a monthly history of five years or more")
    if findings_on(audit, measure):
        wanted.append("a corrected row of the report\u2019s table, drawn from one extract")
    if measure.id not in results:
        wanted.append("rates of similar areas")
    elif not results[measure.id].apart:
        wanted.append("the rates of the other areas of its group")
    return f"**What would change this answer.** {_sentence(wanted)}"


def _sentence(parts: Sequence[str]) -> str:
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def measure_download(measure: Measure, folder: str) -> str:
    """A link to the measure's figures as a CSV file, from a page one folder down."""
    return (
        f"[These figures as a table (CSV)](../{folder}/{measure.id}.csv). "
        f"[What its columns mean, sources and licences](../{folder}/README.txt)."
    )
