"""Sentences on the whole quarterly table: how many measures changed, and how sure that is."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from bcsp_analysis.editions import Edition, Rules
from bcsp_analysis.markup import escape
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.change import ChangeResult, Verdict
from bcsp_analysis.models.needed import widened_without_cap
from bcsp_analysis.models.quarterly import QuarterlyAssessment, Sensitivity, pandemic_end
from bcsp_analysis.models.ratios import RatioOfRatios
from bcsp_analysis.periods import Quarter, day_label
from bcsp_analysis.present.selection import doubted
from bcsp_analysis.present.text.grades import CLEAR, grade, inner_title, points
from bcsp_analysis.present.text.numbers import (
    listing,
    more_or_fewer,
    number,
    percent,
    plural,
    spelled,
)
from bcsp_analysis.present.text.turning import telling_apart
from bcsp_analysis.present.text.yardsticks import (
    inner_names,
    lender,
    other_category,
    wider_category,
    yardstick,
)


def standing(edition: Edition) -> str:
    """To which month the figures run, whose they are, and who worked them out."""
    put = ""
    if edition.published is not None:
        day = edition.published
        put = f" of {day_label(day)}"
    return (
        f"The figures run to the end of **{edition.quarter.span.last.label}**. They are those that "
        f"the partnership's public report{put} prints for {escape(edition.area)}; everything that "
        "goes beyond them is worked out by this project, not by the partnership or the authors of "
        "the report."
    )


def summary(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    comparison: str,
    audit: AuditResult | None = None,
) -> str:
    """How many measures have which verdict; clear ones, and those that point one way, by name."""
    results = judged.results[comparison]
    by_verdict: dict[Verdict, list[str]] = {verdict: [] for verdict in Verdict}
    for measure_id, result in results.items():
        by_verdict[result.verdict].append(measure_id)
    unclear = by_verdict[Verdict.NO_CLEAR_CHANGE]
    pointing = [name for name in unclear if grade(results[name])]
    open_ones = [name for name in unclear if name not in pointing]
    doubts = doubted(audit) & set(unclear) if audit is not None else frozenset()
    changed, few = len(by_verdict[Verdict.RECORDING_CHANGED]), len(by_verdict[Verdict.TOO_FEW])
    lines = [
        f"**{judged.table.comparisons[comparison].title}: "
        f"{_clear(by_verdict, catalogue, len(results))}.**",
        _pointing(results, pointing, catalogue),
        f"For {'the other ' if pointing else ''}{spelled(len(open_ones))} the figures leave open "
        "whether anything changed."
        if open_ones
        else "",
        f"{spelled(changed).capitalize()} cannot be compared, because recording changed."
        if changed
        else "",
        f"{spelled(few).capitalize()} {'has' if few == 1 else 'have'} too few cases."
        if few
        else "",
        f"The printed figures of {_named(sorted(doubts), catalogue)} do not agree with each other "
        "(see the audit)."
        if doubts
        else "",
    ]
    return " ".join(line for line in lines if line)


def _named(ids: list[str], catalogue: Catalogue) -> str:
    return listing(escape(inner_title(catalogue[name])) for name in ids)


def _pointing(results: dict[str, ChangeResult], ids: list[str], catalogue: Catalogue) -> str:
    if not ids:
        return ""
    ways = []
    for way in ("up", "down"):
        names = [name for name in ids if points(results[name]) == way]
        if names:
            ways.append(f"{_named(names, catalogue)} {way}")
    verbs = "points one way but falls" if len(ids) == 1 else "point one way but fall"
    return f"{spelled(len(ids)).capitalize()} {verbs} short: {', '.join(ways)}."


def _clear(by_verdict: dict[Verdict, list[str]], catalogue: Catalogue, measures: int) -> str:
    up, down = by_verdict[Verdict.INCREASE], by_verdict[Verdict.DECREASE]
    if not up and not down:
        return f"none of {plural(measures, 'measure')} passes the test for a clear change"
    named = [
        f"{spelled(len(names))} {'shows' if len(names) == 1 else 'show'} a {verdict.value} "
        f"({_named(names, catalogue)})"
        for verdict, names in ((Verdict.INCREASE, up), (Verdict.DECREASE, down))
        if names
    ]
    return f"of {plural(measures, 'measure')} with figures, {listing(named)}"


def quarter_counts(judged: QuarterlyAssessment, measure: Measure) -> str:
    """The counts of one measure by quarter: the data behind its chart, in one sentence."""
    shown = [
        f"{quarter.months_label} {number(value)}{' (implied, not printed)' if implied else ''}"
        for quarter, value, implied in quarters_of(judged, measure.id)
    ]
    if not shown:
        return "The report prints no quarter of this measure."
    return f"*In figures:* {escape(measure.unit)} by quarter: {'; '.join(shown)}."


def quarters_of(judged: QuarterlyAssessment, measure_id: str) -> list[tuple[Quarter, float, bool]]:
    """Quarter, count, and whether it is only implied, in order of time, as far as there are any."""
    quarter = judged.table.quarter
    columns = [
        (quarter.year_before, "q_last_year", False),
        (quarter.previous, "q_previous", False),
        (quarter, "q_this_year", False),
    ]
    if quarter.number == 2:
        columns.append((quarter.year_before.previous, "implied_earlier_last_year", True))
    row = judged.table.counts.loc[measure_id]
    counts: dict[Hashable, float] = row.dropna().astype("float64").to_dict()
    return sorted(
        (q, counts[column], implied) for q, column, implied in columns if column in counts
    )


def table_notes(rules: Rules) -> str:
    """The rules behind the verdicts of a table, and its shorthand."""
    limit = number(rules.suppress_below)
    return (
        f"A change is called clear where it is a change of at least {number(rules.materiality_pct)}"
        "%, allowing for the number of days in each period, and where a table in which nothing "
        f"changed would hold a result like it in fewer than {percent(100 * rules.alpha)} of cases, "
        f"all its measures counted (adjusted p-value below {number(rules.alpha, 2)}). A measure "
        "points up or down where its own likely range leaves out no change, but that bar for all "
        f"measures together is not met. Below {number(rules.small_count)} cases in both periods "
        f"there are too few to say. Likely ranges are {percent(100 * rules.level)} intervals. "
        "*Would have had to change by*: the smallest fall and the smallest rise, in the counts, "
        "that we would have called clear, recording changes aside. Of true changes of just that "
        "size, about half would be found. “To none” is not such a size: it means that no fall "
        "short of none can pass the test, which is blunt where few are left.\n\n"
        f"\\[c\\]: hidden, because a count of the row is below {limit}. The report prints such "
        "counts; this site does not. "
        "\\[x\\]: not printed in the report. \\[z\\]: does not apply, such as a percentage of "
        "none."
    )


def headline(judged: QuarterlyAssessment, comparison: str) -> str:
    """The summary in one short line: title of a chart of all measures."""
    results = judged.results[comparison].values()
    clear = sum(result.verdict in CLEAR for result in results)
    pointing = sum(bool(grade(result)) for result in results)
    changed = sum(result.verdict is Verdict.RECORDING_CHANGED for result in results)
    parts = [
        f"{spelled(clear).capitalize()} of {plural(len(results), 'measure')} "
        f"{'changes' if clear <= 1 else 'change'} clearly",
        f"{spelled(pointing)} {'points' if pointing == 1 else 'point'} one way" if pointing else "",
        f"for {spelled(changed)} recording changed" if changed else "",
    ]
    return "; ".join(part for part in parts if part)


def step(result: RatioOfRatios | None, measure: Measure, judged: QuarterlyAssessment) -> str:
    """Whether this year's step from the first to the second quarter exceeds last year's.

    The answer stands first. `result` is None where the table lacks one of the
    four quarters.
    """
    quarter = judged.table.quarter
    last = quarter.year_before
    title = escape(inner_title(measure))
    if result is None:
        return "**We cannot tell.** The table does not hold the four quarters that this needs."
    if result.ratio is None or result.first is None or result.second is None:
        return "**We cannot tell.** A count of none among the four quarters: no steps to compare."
    steps = (
        f"Per day, the second quarter of {last.financial_year} had "
        f"{more_or_fewer(100 * (result.first - 1))} {title} than the first, and that of "
        f"{quarter.financial_year} {more_or_fewer(100 * (result.second - 1))}."
    )
    compared = (
        f"This year's step is {number(result.ratio, 2)} times last year's, likely between "
        f"{number(result.low, 2)} and {number(result.high, 2)} times."
    )
    if result.low <= 1 <= result.high:
        answer = "We cannot tell."
        sense = "That leaves open whether the two steps differ at all."
        if result.flip_if_known is not None:
            sense += telling_apart(result)
    else:
        word = "larger" if result.low > 1 else "smaller"
        answer = f"{'Yes' if result.low > 1 else 'No'}: the step is {word} than last year's."
        sense = "A season that is the same each year cannot explain this."
    implied = (
        f"The report does not print {last.previous.months_label}; it is what its figures imply."
    )
    return " ".join((f"**{answer}**", steps, compared, sense, implied))


def readings_summary(readings: Sensitivity, catalogue: Catalogue, comparison: str) -> str:
    """On which yardsticks the verdicts rest, and which of them another reading would change."""
    results = readings.published.results[comparison]
    judged = readings.published
    wider = [n for n in results if wider_category(judged, catalogue[n])]
    apart = sum(other_category(judged, catalogue[n]) for n in wider)
    without = sum(bool(lender(judged, catalogue[n], comparison)) for n in results)
    borrowed = len(wider) + without
    changing = [
        name
        for name, result in results.items()
        if set(readings.verdicts(name, comparison).values()) - {result.verdict}
    ]
    hanging = [n for n in results if n not in changing and readings.borderline(n, comparison)]
    tried = listing(f"“{escape(name)}”" for name in readings.others)
    most = "most verdicts rest" if 2 * borrowed > len(results) else "some verdicts rest"
    parts = [
        f"{most.capitalize()} on a borrowed or uncertain yardstick. "
        f"{spelled(borrowed).capitalize()} of "
        f"{spelled(len(results))} measures have no monthly figures of their own"
        + _standing_in(len(wider) - apart, apart, without)
        + ", and all histories are short.",
        f"Under each other reading tried ({tried}) "
        + (
            f"these verdicts change: {_named(changing, catalogue)}."
            if changing
            else "every verdict stays the same."
        ),
        "Whether the change would be clear had recording not changed does hang on the reading for "
        f"{_named(hanging, catalogue)}."
        if hanging
        else "",
    ]
    return " ".join(part for part in parts if part)


def _standing_in(wider: int, another: int, without: int) -> str:
    """``" (for seven those of a wider category, for one those of another category stand in)"``."""
    kinds = [(n, k) for n, k in ((wider, "a wider"), (another, "another")) if n]
    if not kinds:
        return ""
    if len(kinds) == 1 and not without:
        return f" (those of {kinds[0][1]} category stand in)"
    told = listing(f"for {spelled(n)} those of {kind} category" for n, kind in kinds)
    return f" ({told} stand in)"


def histories(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    comparison: str,
    changes: Iterable[RecordingChange],
) -> str:
    """What the yardsticks stand on: months of the pandemic in them, and how they are carried over.

    `changes` is the register of recording changes, which knows when records of Covid breaches end.
    """
    ids = list(judged.results[comparison])
    used = [yardstick(judged, catalogue[name], comparison) for name in ids]
    periods = sorted({d.period for d in used if d.period is not None}, key=lambda p: p.first)
    end = pandemic_end(changes)
    parts = [
        "How much a measure swings by itself comes from monthly figures"
        + (f" of {listing(dict.fromkeys(p.label for p in periods))}" if periods else "")
        + ", so it is itself uncertain."
    ]
    if end is not None and any(period.first < end for period in periods):
        parts.append(
            f"Up to {end.label} they hold months of the pandemic and its lockdowns. Counts swung "
            "then for reasons that the compared years do not share."
        )
    apart = [name for name in ids if other_category(judged, catalogue[name])]
    wider = [wider_category(judged, catalogue[name]) for name in ids if name not in apart]
    if any(wider):
        parts.append(
            f"Measures that are part of a wider category ({inner_names(filter(None, wider))}) are "
            "taken to swing as much for their size as the whole category. That is an assumption: "
            "a part may swing more or less than its whole."
        )
    if apart:
        lent = inner_names(wider_category(judged, catalogue[name]) for name in apart)
        parts.append(
            f"For {_named(apart, catalogue)} another category stands in, {lent}, which does not "
            f"hold all of {'it' if len(apart) == 1 else 'them'}: a bolder assumption still."
        )
    if any(lender(judged, catalogue[name], comparison) for name in ids):
        parts.append(
            "For measures without monthly figures the most restless history stands in. The "
            "borrowed swing grows with the count, up to the largest swing of the histories: "
            f"careful, not exact.{_capped(judged, catalogue, comparison)}"
        )
    return " ".join(parts)


def _capped(judged: QuarterlyAssessment, catalogue: Catalogue, comparison: str) -> str:
    """For which measures it is the cap on the borrowed swing that decides; else empty."""
    ids = [
        name
        for name in judged.results[comparison]
        if widened_without_cap(judged, catalogue[name], comparison)
    ]
    if not ids:
        return ""
    its = "its range" if len(ids) == 1 else "their ranges"
    return (
        f" For {_named(ids, catalogue)} that limit decides, and it is a judgement: without it "
        f"{its} would be wider."
    )
