"""Sentences on the whole quarterly table: how many measures changed, and how sure that is."""

from __future__ import annotations

from collections.abc import Hashable

from bcsp_analysis.editions import Rules
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.models.change import ChangeResult, Verdict
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.models.ratios import RatioOfRatios
from bcsp_analysis.periods import Quarter
from bcsp_analysis.present.text.change import CLEAR, short_title
from bcsp_analysis.present.text.markup import escape
from bcsp_analysis.present.text.numbers import (
    listing,
    more_or_fewer,
    number,
    percent,
    plural,
    spelled,
)


def summary(judged: QuarterlyAssessment, catalogue: Catalogue, comparison: str) -> str:
    """How many measures have which verdict; clear ones by name."""
    results = judged.results[comparison]
    by_verdict: dict[Verdict, list[str]] = {verdict: [] for verdict in Verdict}
    for measure_id, result in results.items():
        by_verdict[result.verdict].append(escape(short_title(catalogue[measure_id])))
    kind = judged.table.comparisons[comparison]
    changed, few, unclear = (
        len(by_verdict[verdict])
        for verdict in (Verdict.RECORDING_CHANGED, Verdict.TOO_FEW, Verdict.NO_CLEAR_CHANGE)
    )
    lines = [
        f"**{kind.title}: {_clear(by_verdict, len(results))}.**",
        f"For {spelled(unclear)} the figures leave open whether anything changed."
        if unclear
        else "",
        f"{spelled(changed).capitalize()} cannot be compared, because recording changed in between."
        if changed
        else "",
        f"{spelled(few).capitalize()} {'has' if few == 1 else 'have'} too few cases."
        if few
        else "",
    ]
    return " ".join(line for line in lines if line)


def _clear(by_verdict: dict[Verdict, list[str]], measures: int) -> str:
    up, down = by_verdict[Verdict.INCREASE], by_verdict[Verdict.DECREASE]
    of = f"of {plural(measures, 'measure')} with figures"
    if not up and not down:
        return f"{of}, none shows a clear increase or a clear decrease"
    named = [
        f"{spelled(len(names))} {'shows' if len(names) == 1 else 'show'} a {verdict.value} "
        f"({listing(names)})"
        for verdict, names in ((Verdict.INCREASE, up), (Verdict.DECREASE, down))
        if names
    ]
    return f"{of}, {listing(named)}"


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
    return (
        f"A change is called clear where it is at least {number(rules.materiality_pct)}% per day "
        f"and its p-value, corrected for all measures together, is below {number(rules.alpha, 2)}. "
        f"Below {number(rules.small_count)} cases in both periods there are too few to say. Likely "
        f"ranges are {percent(100 * rules.level)} intervals. \\[c\\]: not shown, because a count "
        f"of the row is below {number(rules.suppress_below)}. \\[x\\]: not printed in the report. "
        "\\[z\\]: does not apply, such as a percentage of none."
    )


def headline(judged: QuarterlyAssessment, comparison: str) -> str:
    """The summary in one short line: title of a chart of all measures."""
    results = judged.results[comparison].values()
    clear = sum(result.verdict in CLEAR for result in results)
    changed = sum(result.verdict is Verdict.RECORDING_CHANGED for result in results)
    found = (
        f"{spelled(clear).capitalize()} of {len(results)} measures "
        f"{'changes' if clear <= 1 else 'change'} clearly"
    )
    return f"{found}; for {spelled(changed)} recording changed" if changed else found


def flip(result: ChangeResult) -> str:
    """At which variation of the counts by themselves the verdict would be another one."""
    used = f"variation {number(result.dispersion, 1)} times that of pure chance"
    if result.flip_dispersion is None:
        return f"The verdict rests on a {used}; no other variation would change it."
    limit = number(result.flip_dispersion, 1)
    if result.verdict_if_recorded_alike in CLEAR:
        return f"The verdict rests on a {used}; above {limit} times the change would not be clear."
    return (
        f"The verdict rests on a {used}; only if the true variation were below {limit} times would "
        "the difference count as clear."
    )


def variation_notes(judged: QuarterlyAssessment, catalogue: Catalogue, comparison: str) -> str:
    """Verdicts that hang on the variation: those that are clear, and those that nearly are."""
    results = judged.results[comparison]
    turning = {name: result for name, result in results.items() if result.flip_dispersion}
    named = [
        f"- **{escape(short_title(catalogue[name]))}.** {flip(result)}"
        for name, result in turning.items()
        if result.p_value < result.alpha or result.verdict_if_recorded_alike in CLEAR
    ]
    return "\n".join(named) or "No verdict is close to turning."


def step(result: RatioOfRatios | None, measure: Measure, judged: QuarterlyAssessment) -> str:
    """Whether this year's step from the first to the second quarter exceeds last year's.

    `result` is None where the table does not hold or imply the four quarters.
    """
    quarter = judged.table.quarter
    last = quarter.year_before
    head = f"**{escape(short_title(measure))}, from the first to the second quarter.**"
    if result is None:
        return f"{head} The table does not hold the four quarters that this comparison needs."
    if result.ratio is None or result.first is None or result.second is None:
        return f"{head} A count of none among the four quarters: the steps cannot be compared."
    steps = (
        f"Per day, the second quarter of {last.financial_year} had "
        f"{more_or_fewer(100 * (result.first - 1))} than the first, and that of "
        f"{quarter.financial_year} {more_or_fewer(100 * (result.second - 1))}."
    )
    compared = (
        f"This year's step is {number(result.ratio, 2)} times last year's, likely between "
        f"{number(result.low, 2)} and {number(result.high, 2)} times."
    )
    if result.low <= 1 <= result.high:
        sense = "The figures leave open whether the two steps differ at all."
        if result.flip_dispersion is not None:
            sense += (
                f" They would tell them apart only if such counts varied less than "
                f"{number(result.flip_dispersion, 1)} times as much as pure chance; the monthly "
                f"history gives {number(result.dispersion, 1)} times."
            )
    else:
        word = "larger" if result.low > 1 else "smaller"
        sense = (
            f"A season that is the same each year cannot explain this: the step is {word} than "
            "last year's."
        )
    implied = (
        f"The report does not print {last.previous.months_label}; it is what its figures imply."
    )
    return " ".join((head, steps, compared, sense, implied))
