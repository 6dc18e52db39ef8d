"""Sentences on seasonality. Without an agreed season no month is called high or low season."""

from __future__ import annotations

import calendar
import itertools
from collections.abc import Hashable, Iterable, Sequence

from bcsp_analysis.markup import escape, escape_own
from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.monthly import MEAN_MONTH_DAYS
from bcsp_analysis.models.season_tests import PresenceResult
from bcsp_analysis.models.seasonality import ChangeParts, Presence, SeasonalityResult
from bcsp_analysis.present.text.grades import short_title
from bcsp_analysis.present.text.numbers import (
    interval,
    listing,
    more_or_fewer,
    number,
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


def season_title(result: SeasonalityResult, confirmed: SeasonalityResult | None = None) -> str:
    """Title of the chart of month indices: the finding."""
    return f"{result.name}: {season_finding(result, confirmed)}"


def season_finding(result: SeasonalityResult, confirmed: SeasonalityResult | None = None) -> str:
    """Whether there is a season, in a few words, without the name of the series.

    With `confirmed`, the same with confirmed recording changes alone, a season that is not found
    there is said to hang on the others.
    """
    if confirmed is not None and hangs(result, confirmed):
        return f"{_probably(result)}, but that hangs on {_unconfirmed(result, confirmed)}"
    presence = result.presence
    if presence.verdict is Presence.PRESENT:
        return "a season is there"
    if presence.verdict is Presence.TOO_SHORT:
        return f"{plural(result.n, 'month')} are too few to look for a season"
    if tests_disagree(presence):
        return "the tests for a season disagree"
    return f"no season can be detected in {plural(result.n, 'month')}"


def hangs(result: SeasonalityResult, confirmed: SeasonalityResult) -> bool:
    """Whether a season is found only with recording changes that are not confirmed."""
    return (
        result.presence.verdict is Presence.PRESENT
        and confirmed.presence.verdict is not Presence.PRESENT
    )


def _probably(result: SeasonalityResult) -> str:
    scored = result.statement
    months = month_names(scored.months)
    if scored.low > 1:
        return f"probably higher from {months}"
    return f"probably lower from {months}" if scored.high < 1 else "probably months that differ"


def _unconfirmed(result: SeasonalityResult, confirmed: SeasonalityResult) -> str:
    """The steps that are taken out and not confirmed: how many, and when."""
    dropped = [month.label for month in result.breaks if month not in confirmed.breaks]
    return f"{plural(len(dropped), 'unconfirmed recording change')} ({listing(dropped)})"


def tests_disagree(presence: PresenceResult) -> bool:
    """Whether some tests find a difference between months and the verdict still is none."""
    return presence.verdict is Presence.NOT_DETECTABLE and bool(_rejecting(presence))


def _rejecting(presence: PresenceResult) -> list[str]:
    return [test.name for test in presence.tests if test.p_value < presence.alpha]


def _others(presence: PresenceResult) -> list[str]:
    return [test.name for test in presence.tests if test.p_value >= presence.alpha]


def season_question(result: SeasonalityResult, *, said_of: str) -> str:
    """What the report says of the months, and why another series is asked the same."""
    months = month_names(result.statement.months)
    subject = escape(_in_text(said_of))
    said = f"The report says that {subject} is highly likely to be raised from {months}."
    if result.name == said_of:
        return f"{said} This page puts that statement to the figures."
    return (
        f"{said} It says nothing of the kind about {escape(_in_text(result.name))}. This page puts "
        "the same question to it for comparison: a pattern that both show is more likely to come "
        "from the time of year than from the way in which one of them is recorded."
    )


def _in_text(name: str) -> str:
    """A name as it stands inside a sentence."""
    return name[:1].lower() + name[1:]


def series_title(result: SeasonalityResult) -> str:
    """Title of the chart of the series: its range, per day. It names no trend."""
    low, high = float(result.per_day.min()), float(result.per_day.max())
    return f"{result.name}: between {number(low)} and {number(high)} incidents a day"


def season(result: SeasonalityResult, confirmed: SeasonalityResult | None = None) -> str:
    """Whether there is a season, in plain words; `season_tests` has the p-values.

    Parameters
    ----------
    confirmed : SeasonalityResult, optional
        The same with confirmed recording changes alone; where no season is found there, the
        headline says so.
    """
    head = f"**{escape_own(season_title(result, confirmed))}.**"
    basis = f"Basis: {plural(result.n, 'month')}, {result.period.label}."
    years = plural(int(result.years), "year")
    alike = "That is not proof that they are alike"
    if result.presence.verdict is Presence.PRESENT:
        sense = (
            "Incidents per day differ between the calendar months by more than chance, the trend "
            "and the recording changes explain"
        )
        hanging = confirmed is not None and hangs(result, confirmed)
        sense += ", if all of these changes took place." if hanging else "."
    elif result.presence.verdict is Presence.TOO_SHORT:
        sense = "A verdict needs three whole years."
    elif tests_disagree(result.presence):
        sense = (
            f"{_looks(result)}, but the tests do not agree and {years} are too few to be sure. "
            "Neither is it shown that the months differ, nor that they are alike."
        )
    else:
        sense = (
            "No test finds that calendar months differ. "
            f"{alike}: {years} hold every month only {spelled(int(result.years))} times."
        )
    return " ".join((head, sense, basis))


def _looks(result: SeasonalityResult) -> str:
    scored = result.statement
    months = month_names(scored.months)
    if scored.low > 1:
        return f"It looks higher from {months}"
    if scored.high < 1:
        return f"It looks lower from {months}"
    return "Some months stand out"


def season_tests(result: SeasonalityResult) -> str:
    """The tests by name, which of them find a difference, and the rule of the verdict."""
    presence = result.presence
    found, not_found = _rejecting(presence), _others(presence)
    named = f"Tests that find a difference: {listing(found) or 'none'}"
    if not_found:
        named += f"; that find none: {listing(not_found)}"
    return f"{named}. A season counts as {escape(presence.rule)}."


def rank_tests_limit(result: SeasonalityResult) -> str:
    """What the p-values of the rank tests are worth with so few years."""
    tests = [t for t in result.presence.tests if t.name in ("Kruskal-Wallis", "Friedman")]
    if not tests:
        return ""
    compared = listing(dict.fromkeys(escape(test.distribution) for test in tests))
    return (
        f"{listing(test.name for test in tests)} look only at the order of the months; their "
        f"p-values are by {compared}. With {spelled(int(result.years))} values for each month "
        "they see a strong season and miss a weak one."
    )


def months_clear(result: SeasonalityResult) -> str:
    """Months whose interval for all twelve at once leaves out the average, and what that means."""
    table = result.indices
    high = [int(str(month)) for month in table.index[table["low_all"] > 1]]
    low = [int(str(month)) for month in table.index[table["high_all"] < 1]]
    if not high and not low:
        return "No month stays clear of the average once all twelve are looked at together."
    sides = [
        f"{month_names(months)} {'lies' if len(months) == 1 else 'lie'} {where} the average month"
        for months, where in ((high, "above"), (low, "below"))
        if months
    ]
    text = f"{listing(sides)}, also with all twelve looked at together."
    if result.presence.verdict is Presence.PRESENT:
        return text
    return (
        f"{text} These ranges rest on one model of trend, months and steps; not all the other "
        "tests confirm it. That is a lead to follow with more years, not a finding."
    )


def with_confirmed_only(result: SeasonalityResult, other: SeasonalityResult) -> str:
    """How the answer changes where only confirmed recording changes enter as steps.

    Parameters
    ----------
    result, other : SeasonalityResult
        With every change of the register, and with the confirmed ones alone.
    """
    dropped = [month.label for month in result.breaks if month not in other.breaks]
    if not dropped:
        return "Every recording change that enters as a step is confirmed."
    here, there = result.statement, other.statement
    first, second = (
        f"{more_or_fewer(100 * (s.ratio - 1))} ({interval(100 * (s.low - 1), 100 * (s.high - 1))})"
        for s in (here, there)
    )
    changed = season_title(result) != season_title(other) or (here.low > 1) != (there.low > 1)
    head = (
        "**The answer hangs on recording changes that are not confirmed.**"
        if changed
        else "**Recording changes that are not confirmed do not turn the answer.**"
    )
    return (
        f"{head} With the steps of {listing(dropped)}, which are not confirmed, "
        f"{month_names(here.months)} had {first} per day than the other months; with confirmed "
        f"changes alone {second}, and {season_finding(other)}."
    )


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
    """The months that cannot be told from it; nothing where there is no other."""
    if len(candidates) == 1:
        return ""
    return f"; at a confidence of {percent(100 * result.level)} it is {months_or(candidates)}"


def months_or(candidates: Sequence[int]) -> str:
    """``"June or July"``; ``"any month"`` where none is left out."""
    if len(candidates) == 12:
        return "any month"
    return listing((calendar.month_name[month] for month in candidates), "or")


def _month(month: int) -> str:
    return calendar.month_name[month]


def _index(result: SeasonalityResult, month: int) -> str:
    row: dict[Hashable, float] = result.indices.loc[month].to_dict()
    at, low, high = (100 * (row[column] - 1) for column in ("index", "low", "high"))
    return f"{more_or_fewer(at)} per day than the average month ({interval(low, high)})"


def change_parts(
    parts: ChangeParts, measure: Measure, changes: Iterable[RecordingChange] = ()
) -> str:
    """How much of a change days and the months' pattern make, and what is left.

    Parameters
    ----------
    changes : iterable of RecordingChange
        Those that lie between the two counts and touch the measure.
    """
    before, after = parts.before.label, parts.after.label
    total, days, season_part = (
        more_or_fewer(100 * (value - 1)) for value in (parts.total, parts.calendar, parts.season)
    )
    season_range = interval(100 * (parts.season_low - 1), 100 * (parts.season_high - 1))
    rest = more_or_fewer(100 * (parts.remainder - 1))
    rest_range = interval(100 * (parts.remainder_low - 1), 100 * (parts.remainder_high - 1))
    if parts.remainder_low <= 1 <= parts.remainder_high:
        sense = (
            "So the figures leave open whether anything but days and the pattern of these years "
            "was at work."
        )
    else:
        sense = "So days and the pattern of these years do not explain the difference."
    first, second = (number(count) for count in parts.counts)
    return (
        f"**{escape(short_title(measure))}, {before} and {after}.** {first}, then {second} "
        f"{escape(measure.unit)}: by the counts {total}. The number of days alone would give "
        f"{days}; the months themselves, by the pattern of these years, {season_part} "
        f"({season_range}). What neither explains is {rest} ({rest_range}). "
        f"{sense}{_recorded_otherwise(changes)}"
    )


def _recorded_otherwise(changes: Iterable[RecordingChange]) -> str:
    named = [f"{change.month.label}, {escape(change.title)}" for change in changes]
    if not named:
        return ""
    return (
        f" Between the first and the last of these months recording changed ({'; '.join(named)}), "
        "which touches this count: what is left may be that change as well as a change in what "
        "happened."
    )


def without_faulty(result: SeasonalityResult) -> str:
    """Whether leaving out the months with a known fault changes the answers."""
    other = result.sensitivity
    if other is None:
        return ""
    left_out = listing(month.label for month in other.excluded)
    same = (
        other.presence.verdict is result.presence.verdict
        and tests_disagree(other.presence) == tests_disagree(result.presence)
        and other.statement.verdict is result.statement.verdict
    )
    found = (
        "both answers stay the same"
        if same
        else f"the answers become: {_verdict(other.presence)}; “highly likely” "
        f"{other.statement.verdict.value}"
    )
    return f"Without {left_out}, which are known to be wrong, {found}."


def strength(result: SeasonalityResult) -> str:
    """How strong STL finds the season, beside what it finds where there is none."""
    found, chance = number(result.strength, 2), number(result.strength_by_chance, 2)
    above = result.strength > result.strength_by_chance
    within = int(
        (
            (result.indices["stl"] >= result.indices["low"])
            & (result.indices["stl"] <= result.indices["high"])
        ).sum()
    )
    sense = "more than" if above else "no more than"
    return (
        f"STL, a method without a model, gives the season a strength of {found} on a scale from "
        f"{number(0)} to {number(1)}. In chance alone of the same length it finds more than "
        f"{chance} one time in twenty: this is {sense} chance gives so often. Its index lies "
        f"within the model's range for {number(within)} of {number(12)} months. It does not "
        "enter the rule of this page."
    )


def adjusted_title(result: SeasonalityResult) -> str:
    """Title of the chart of the series with and without the pattern of the months."""
    per_day = result.adjusted / MEAN_MONTH_DAYS
    return (
        f"{result.name}: without the pattern of the months between {number(per_day.min())} and "
        f"{number(per_day.max())} incidents a day"
    )


def adjusted_pattern(result: SeasonalityResult) -> str:
    """What taking out the pattern of the months leaves, and what that is worth."""
    low, high = float(result.per_day.min()), float(result.per_day.max())
    text = (
        f"As recorded the series lies between {number(low)} and {number(high)} incidents a day. "
        "The dashed line is the same series without the pattern of the months; what is left in it "
        "is trend, recording and chance."
    )
    if result.presence.verdict is Presence.PRESENT:
        return f"{text} The pattern is an estimate with the ranges shown above, not a known size."
    return (
        f"{text} No season is agreed here, so part of what is taken out is chance itself: the line "
        "helps the eye and replaces no count."
    )


def official_test(result: SeasonalityResult) -> str:
    """What X-11's combined test says, beside the tests that decide; empty where it was not made."""
    found = result.identifiable
    if found is None:
        return ""
    return (
        f"X-11, the method of official seasonal adjustment, comes to its own verdict: "
        f"{escape(found.verdict.value)} (M7 {number(found.m7, 2)}, {plural(found.n, 'month')}). It "
        "does not enter the rule of this page."
    )


def _verdict(presence: PresenceResult) -> str:
    return "the tests disagree" if tests_disagree(presence) else presence.verdict.value
