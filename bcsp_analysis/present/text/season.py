"""Sentences on seasonality. Without an agreed season no month is called high or low season."""

from __future__ import annotations

import calendar
import itertools
from collections.abc import Hashable, Sequence

from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.models.season_statement import StatementResult, StatementVerdict
from bcsp_analysis.models.seasonality import ChangeParts, Presence, SeasonalityResult
from bcsp_analysis.present.text.change import short_title
from bcsp_analysis.present.text.markup import escape
from bcsp_analysis.present.text.numbers import (
    interval,
    listing,
    more_or_fewer,
    number,
    p_value,
    percent,
    plural,
    probability,
    spelled,
)


def month_names(months: Sequence[int]) -> str:
    """``"April to August"`` where they follow each other, else ``"June, July and December"``."""
    names = [calendar.month_name[month] for month in months]
    follows = all(b - a == 1 for a, b in itertools.pairwise(months))
    return f"{names[0]} to {names[-1]}" if len(names) > 2 and follows else listing(names)


def season_title(result: SeasonalityResult) -> str:
    """Title of the chart of month indices: the finding."""
    found = {
        Presence.PRESENT: "a season is there",
        Presence.NOT_DETECTABLE: f"no season can be detected in {plural(result.n, 'month')}",
        Presence.TOO_SHORT: f"{plural(result.n, 'month')} are too few to look for a season",
    }
    return f"{result.name}: {found[result.presence.verdict]}"


def series_title(result: SeasonalityResult) -> str:
    """Title of the chart of the series: its range, per day. It names no trend."""
    low, high = float(result.per_day.min()), float(result.per_day.max())
    return f"{result.name}: between {number(low)} and {number(high)} incidents a day"


def season(result: SeasonalityResult) -> str:
    """Whether there is a season, from which tests, over which months."""
    head = f"**{escape(season_title(result))}.**"
    months = f"{plural(result.n, 'month')}, {result.period.label}"
    tests = listing(f"{test.name} {p_value(test.p_value)}" for test in result.presence.tests)
    basis = f"Basis: {months}; p-values: {tests}; {escape(result.presence.rule)}."
    sense = {
        Presence.PRESENT: (
            "Incidents per day differ between the calendar months by more than chance, the trend "
            "and the recording changes explain."
        ),
        Presence.NOT_DETECTABLE: (
            "The tests do not agree that calendar months differ. That is not proof that they are "
            f"alike: {plural(int(result.years), 'year')} hold every month only "
            f"{spelled(int(result.years))} times."
        ),
        Presence.TOO_SHORT: "A verdict needs three whole years.",
    }
    return " ".join((head, sense[result.presence.verdict], basis))


def peak_month(result: SeasonalityResult) -> str:
    """The highest and lowest month, with how sure that is."""
    peak = result.peak
    return (
        f"On average over these years {_month(peak.month)} lies highest, "
        f"{_index(result, peak.month)}, and {_month(peak.trough)} lowest, "
        f"{_index(result, peak.trough)}. How sure: {_month(peak.month)} is truly the highest month "
        f"with a probability of {probability(peak.probability)}"
        f"{_rivals(result, peak.candidates)}. {_month(peak.trough)} is truly the lowest with "
        f"{probability(peak.trough_probability)}{_rivals(result, peak.trough_candidates)}."
    )


def _rivals(result: SeasonalityResult, candidates: Sequence[int]) -> str:
    """The months that share the first place with the confidence level; nothing where it is one."""
    if len(candidates) == 1:
        return ""
    names = listing((calendar.month_name[month] for month in candidates), "or")
    return f"; with {percent(100 * result.level)} it is {names}"


def _month(month: int) -> str:
    return calendar.month_name[month]


def _index(result: SeasonalityResult, month: int) -> str:
    row: dict[Hashable, float] = result.indices.loc[month].to_dict()
    at, low, high = (100 * (row[column] - 1) for column in ("index", "low", "high"))
    return f"{more_or_fewer(at)} per day than the average month ({interval(low, high)})"


def statement_title(statement: StatementResult) -> str:
    """The verdict on the report's statement in a few words."""
    months = month_names(statement.months)
    found = {
        StatementVerdict.HOLDS: f"{months}: “highly likely” holds",
        StatementVerdict.FAILS: f"{months}: “highly likely” does not hold",
        StatementVerdict.UNDECIDED: f"{months}: “highly likely” cannot be decided",
    }
    return found[statement.verdict]


def statement(result: SeasonalityResult) -> str:
    """The report's statement on the months of the season, scored as a probability claim."""
    scored = result.statement
    months = month_names(scored.months)
    low, high = (percent(100 * value) for value in scored.yardstick)
    counted = (
        f"Of {number(scored.month_years)} single months from {months}, "
        f"{number(scored.above)} lay above the trend of their time "
        f"({probability(scored.share)}, likely between {probability(scored.share_low)} and "
        f"{probability(scored.share_high)})."
    )
    modelled = (
        "For a single such month in a coming year the model gives a probability of "
        f"{probability(scored.probability)}, likely between "
        f"{probability(scored.probability_low)} and {probability(scored.probability_high)}."
    )
    return (
        f"**{statement_title(scored)}.** “Highly likely” is taken as {low} to {high}. {counted} "
        f"{modelled} {statement_limit(scored)}"
    )


def statement_limit(scored: StatementResult) -> str:
    """What counting so few years can show at best."""
    return (
        f"Counting alone could not settle it: {plural(scored.years, 'year')} in agreement show no "
        f"more than {percent(100 * scored.bound_if_all_agree)}; it would take "
        f"{plural(scored.years_needed, 'year')}, all in agreement, to show "
        f"{percent(100 * scored.yardstick[0])}."
    )


def months_together(result: SeasonalityResult) -> str:
    """How the months of the statement compare with the others, all years together."""
    scored = result.statement
    at, low, high = (100 * (value - 1) for value in (scored.ratio, scored.low, scored.high))
    text = (
        f"Taken together, {month_names(scored.months)} had {more_or_fewer(at)} per day than the "
        f"other months, {interval(low, high)}; in {spelled(scored.years_agreeing)} of "
        f"{plural(scored.years, 'year')} they lay above the others."
    )
    if scored.low <= 1 <= scored.high:
        return f"{text} That leaves open whether they differ."
    if result.presence.verdict is not Presence.PRESENT:
        return (
            f"{text} That is more than chance explains; but the tests of all twelve months do not "
            "agree, so this page does not call it a season."
        )
    return text


def change_parts(parts: ChangeParts, measure: Measure) -> str:
    """How much of a change days and the usual season make, and what is left."""
    before, after = parts.before.label, parts.after.label
    total, days, season_part = (
        more_or_fewer(100 * (value - 1)) for value in (parts.total, parts.calendar, parts.season)
    )
    season_range = interval(100 * (parts.season_low - 1), 100 * (parts.season_high - 1))
    rest = more_or_fewer(100 * (parts.remainder - 1))
    rest_range = interval(100 * (parts.remainder_low - 1), 100 * (parts.remainder_high - 1))
    if parts.remainder_low <= 1 <= parts.remainder_high:
        sense = "So the figures leave open whether anything but days and season was at work."
    else:
        sense = "So days and the usual season do not explain the difference."
    first, second = (number(count) for count in parts.counts)
    return (
        f"**{escape(short_title(measure))}, {before} and {after}.** {first}, then {second} "
        f"{escape(measure.unit)}: on paper {total}. The number of days alone would give {days}; "
        f"the months themselves, by the pattern of these years, {season_part} ({season_range}). "
        f"What neither explains is {rest} ({rest_range}). {sense}"
    )


def without_faulty(result: SeasonalityResult) -> str:
    """Whether leaving out the months with a known fault changes the answers."""
    other = result.sensitivity
    if other is None:
        return ""
    left_out = listing(month.label for month in other.excluded)
    same = (
        other.presence.verdict is result.presence.verdict
        and other.statement.verdict is result.statement.verdict
    )
    found = (
        "both answers stay the same"
        if same
        else f"the answers become: {other.presence.verdict.value}; “highly likely” "
        f"{other.statement.verdict.value}"
    )
    return f"Without {left_out}, which are known to be wrong, {found}."
