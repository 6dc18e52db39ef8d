"""Sentences on a statement of likelihood about some months, such as "highly likely"."""

from __future__ import annotations

import calendar

from bcsp_analysis.models.season_statement import StatementResult, StatementVerdict
from bcsp_analysis.models.seasonality import Presence, SeasonalityResult
from bcsp_analysis.present.text.numbers import (
    interval,
    more_or_fewer,
    number,
    percent,
    plural,
    probability,
    spelled,
)
from bcsp_analysis.present.text.season import month_names, tests_disagree


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
        f"{number(scored.above)} lay above the fitted trend of their time "
        f"({probability(scored.share)}, likely between {probability(scored.share_low)} and "
        f"{probability(scored.share_high)}). Against the plain mean of their own year, trend and "
        f"all, it is {number(scored.above_own_year)} of {number(scored.own_year_month_years)}."
    )
    modelled = (
        "For a single such month in a coming year the model gives a probability of "
        f"{probability(scored.probability)}, likely between "
        f"{probability(scored.probability_low)} and "
        f"{probability(scored.probability_high)}."
    )
    parts = (
        f"**{statement_title(scored)}.** “Highly likely” is taken as {low} to {high}. {counted}",
        modelled,
        _against_yardstick(scored),
        statement_limit(scored),
    )
    return " ".join(part for part in parts if part)


def _against_yardstick(scored: StatementResult) -> str:
    """Where the model and the counted share point different ways."""
    needed = scored.yardstick[0]
    if scored.probability_high < needed <= scored.share_high:
        return (
            f"The model's whole range lies below {percent(100 * needed)}; the counted share, which "
            "is less exact, still reaches it."
        )
    return ""


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
        f"other months, {interval(low, high)}, with trend and recording changes taken out. As "
        f"recorded, trend and all, they lay above the others in {spelled(scored.years_agreeing)} "
        f"of {plural(scored.years, 'year')}; a year here begins with "
        f"{calendar.month_name[result.period.first.number]}, the first month of the series."
    )
    if scored.low <= 1 <= scored.high:
        return f"{text} That leaves open whether they differ."
    if result.presence.verdict is Presence.PRESENT:
        return text
    tests = (
        "the tests of all twelve months do not agree"
        if tests_disagree(result.presence)
        else "no test of all twelve months settles it"
    )
    return (
        f"{text} By this model the difference is more than chance explains; but {tests}, so this "
        "page does not call it a season."
    )
