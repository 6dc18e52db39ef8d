"""Sentences on the season elsewhere: an area's year alone, and drawn towards that of other forces.

The pooled answer is about places like these and says so with its weight; where the area does not
seem to belong with the others, or they share no season, it is not given at all.
"""

from __future__ import annotations

import calendar
import itertools
from collections.abc import Sequence

from bcsp_analysis.markup import escape, escape_own
from bcsp_analysis.models.pooling import RESTRICTIONS, PooledSeason
from bcsp_analysis.models.season_statement import StatementResult
from bcsp_analysis.models.seasonality import SeasonalityResult
from bcsp_analysis.periods import Month
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
from bcsp_analysis.present.text.season import month_names, season_finding

# How alike profiles are called; correlation of the true profiles of two areas.
_MUCH, _SOME = 0.75, 0.5
_MOSTLY, _PARTLY = 2 / 3, 1 / 3  # weight of the area's own figures
_BELOW = "[The season elsewhere](#the-season-elsewhere)"


def belongs(result: SeasonalityResult, pooled: PooledSeason) -> bool:
    """Whether the area's own year is not shown to be another than that of the other forces."""
    return pooled.own_apart_p >= result.presence.alpha


def pooled_usable(result: SeasonalityResult, pooled: PooledSeason) -> bool:
    """Whether the pooled answer may be given: the areas share a season and the area belongs."""
    return belongs(result, pooled) and pooled.mean_p < result.presence.alpha


def elsewhere_title(result: SeasonalityResult, pooled: PooledSeason, *, area: str) -> str:
    """Title of the chart of profiles: the finding, plain text."""
    areas = plural(pooled.n_forces, "area")
    if not belongs(result, pooled):
        found = f"the year of {area} is not that of the other forces"
    elif not pooled_usable(result, pooled):
        found = f"no season common to {areas} can be shown"
    elif pooled.alike_low >= _MUCH:
        found = f"the year has much the same shape in {areas}"
    elif pooled.alike_low >= _SOME:
        found = f"the year has a similar shape in {areas}, how similar is unsure"
    elif pooled.alike_high < _SOME:
        found = f"the year has little in common in {areas}"
    else:
        found = f"how much the year of {areas} has in common is unsure"
    return f"{result.name}: {found}"


def elsewhere_in_short(result: SeasonalityResult, pooled: PooledSeason | None, *, area: str) -> str:
    """One paragraph for the answer of the page; empty where there are no other forces."""
    if pooled is None:
        return ""
    if not belongs(result, pooled):
        return (
            f"**Other forces do not help here.** The year of {escape(area)} does not look like "
            f"theirs: {_BELOW}."
        )
    if not pooled_usable(result, pooled):
        return f"**Other forces do not help here.** They share no season with it: {_BELOW}."
    return (
        f"**With other forces beside it.** Drawn towards the year of {_others(pooled)}, "
        f"{month_names(pooled.statement.months)} had {_contrast(pooled.statement)} per day than "
        f"the other months. {_weight_in_short(pooled, area)} {_BELOW}."
    )


def season_elsewhere(result: SeasonalityResult, pooled: PooledSeason | None, *, area: str) -> str:
    """The answer without and with the other forces, and what the second one is worth."""
    if pooled is None:
        return (
            f"No figures of other forces on {escape(result.name[:1].lower() + result.name[1:])} "
            f"are at hand. This page stands on {escape(area)} alone."
        )
    months = month_names(result.statement.months)
    head = f"**{escape_own(elsewhere_title(result, pooled, area=area))}.**"
    alone = (
        f"By itself {escape(area)} had {_contrast(result.statement)} per day from {months} than in "
        f"the other months; by its own tests, with every recording change as a step: "
        f"{season_finding(result)}."
    )
    if not belongs(result, pooled):
        return (
            f"{head} {alone} The year of {_others(pooled)} is another one, by more than chance "
            f"explains (p-value {p_value(pooled.own_apart_p)}). {escape(area)} does not seem to "
            "belong with them, so their year should not be used for it, and no answer with them is "
            "given."
        )
    if not pooled_usable(result, pooled):
        return (
            f"{head} {alone} Together with {_others(pooled)} no season that they share can be "
            f"shown (p-value {p_value(pooled.mean_p)}), so there is none to draw towards."
        )
    drawn = (
        f"Drawn towards the year of {_others(pooled)} it is {_contrast(pooled.statement)}"
        f"{_open(pooled.statement)}."
    )
    return "\n\n".join(
        (f"{head} {alone} {drawn}", _weight(pooled, area), _likelihood(result, pooled))
    )


def _others(pooled: PooledSeason) -> str:
    return listing(escape(force) for force in pooled.forces)


def _contrast(scored: StatementResult) -> str:
    at, low, high = (100 * (value - 1) for value in (scored.ratio, scored.low, scored.high))
    return f"{more_or_fewer(at)} ({interval(low, high)})"


def _open(scored: StatementResult) -> str:
    return ", which leaves open whether they differ" if scored.low <= 1 <= scored.high else ""


def _weight(pooled: PooledSeason, area: str) -> str:
    """How much of the pooled answer is the area's own, and what it is an answer about."""
    weight = float(pooled.indices["weight"].mean())
    own = f"{escape(area)}’s own figures have a weight of about {percent(100 * weight)} in that"
    if weight < _PARTLY:
        return (
            f"{own}; the rest is the others. So it says what the year looks like in such places; "
            f"it does not say that {escape(area)} has shown it."
        )
    if weight < _MOSTLY:
        return f"{own}: it rests on the others as much as on {escape(area)} itself."
    return f"{own}: the others change little."


def _weight_in_short(pooled: PooledSeason, area: str) -> str:
    weight = float(pooled.indices["weight"].mean())
    own = f"{escape(area)}’s own figures weigh about {percent(100 * weight)} in that"
    if weight < _PARTLY:
        return f"{own}: it is the year of such places, not what {escape(area)} has shown."
    return f"{own}."


def _likelihood(result: SeasonalityResult, pooled: PooledSeason) -> str:
    own, drawn = result.statement, pooled.statement
    first, second = (
        f"{probability(s.probability)} (likely between {probability(s.probability_low)} and "
        f"{probability(s.probability_high)})"
        for s in (own, drawn)
    )
    head = (
        f"That a single month from {month_names(own.months)} lies above its trend has a "
        f"probability of {first} alone and {second} with the other forces. "
    )
    if own.verdict is drawn.verdict:
        return f"{head}“Highly likely” {own.verdict.value}, without them and with them."
    return f"{head}“Highly likely” {own.verdict.value} alone; with them it {drawn.verdict.value}."


def pooled_peak(result: SeasonalityResult, pooled: PooledSeason | None) -> str:
    """The highest month alone and with the other forces; empty where these are not used."""
    if pooled is None or not pooled_usable(result, pooled):
        return ""
    own, drawn = result.peak, pooled.peak
    first, second = probability(own.probability), probability(drawn.probability)
    if own.month == drawn.month:
        return (
            f"The highest month is {calendar.month_name[own.month]}, with a probability of {first} "
            f"alone and {second} with the other forces."
        )
    return (
        f"The highest month is {calendar.month_name[own.month]} alone, with a probability of "
        f"{first}, and {calendar.month_name[drawn.month]} with the other forces, with {second}."
    )


def pooling_explained(pooled: PooledSeason | None) -> str:
    """Partial pooling in two plain sentences; empty where nothing is pooled."""
    if pooled is None:
        return ""
    return (
        "Each area's months are drawn towards the year that all areas have in common. They are "
        "drawn the more, the less sure the area's own figures are and the more the areas are found "
        "to be alike."
    )


def how_alike(result: SeasonalityResult, pooled: PooledSeason | None) -> str:
    """How alike the profiles are, in words and on a scale."""
    if pooled is None:
        return ""
    between = 100 * pooled.heterogeneity.between_high
    common = (
        "A season common to them is more than chance explains"
        if pooled.mean_p < result.presence.alpha
        else "A season common to them is not shown"
    )
    apart = (
        "That the area belongs with the others is not ruled out"
        if belongs(result, pooled)
        else "The area does not seem to belong with the others"
    )
    return (
        f"How alike the areas are: on a scale from {number(0)}, nothing in common, to {number(1)}, "
        "the same shape, "
        f"{number(pooled.alike, 2)} (likely between {number(pooled.alike_low, 2)} and "
        f"{number(pooled.alike_high, 2)}); the true figure of a month typically differs between "
        f"areas by less than {percent(between, 0 if between >= 1 else 1)}. {common} (p-value "
        f"{p_value(pooled.mean_p)}). {apart} (p-value {p_value(pooled.own_apart_p)})."
    )


def elsewhere_months(result: SeasonalityResult, pooled: PooledSeason | None, *, area: str) -> str:
    """Which months of the other forces were used and which left out, and why."""
    if pooled is None:
        return ""
    used = listing(
        f"{escape(str(force))} {number(int(months))}"
        for force, months in pooled.months_used.items()
    )
    text = f"Months used: {used}."
    if not pooled.excluded:
        return text
    kept = sum(month in pooled.excluded for month in result.period)
    own = (
        f" {escape(area)}’s own figures hold {spelled(kept)} of these months, which stay in."
        if kept
        else ""
    )
    reason = (
        ", months of legal limits on contact, which show the rules and their breaches more than "
        "the time of year"
        if all(month in RESTRICTIONS for month in pooled.excluded)
        else ""
    )
    return f"{text} Left out of their figures: {_span(pooled.excluded)}{reason}.{own}"


def _span(months: Sequence[Month]) -> str:
    """``"March 2020 to June 2021"`` where they follow each other, else each by name."""
    follow = all(before + 1 == after for before, after in itertools.pairwise(months))
    if len(months) > 2 and follow:
        return f"{months[0].label} to {months[-1].label}"
    return listing(month.label for month in months)


def elsewhere_sensitivity(result: SeasonalityResult, pooled: PooledSeason | None) -> str:
    """What the pooled answer becomes with the months that were left out of the others."""
    if pooled is None or pooled.sensitivity is None:
        return ""
    other = pooled.sensitivity
    head = f"With {_span(pooled.excluded)} left in,"
    first, second = pooled_usable(result, pooled), pooled_usable(result, other)
    if not second:
        return (
            f"{head} the other forces {'could not be used' if first else 'cannot be used either'} "
            f"(p-values {p_value(other.mean_p)} for no common season, "
            f"{p_value(other.own_apart_p)} for the area belonging with them)."
        )
    scored = other.statement
    changed = (
        ""
        if first
        else " That alone is no reason to use them: these months are left out for a reason."
    )
    return (
        f"{head} {month_names(scored.months)} had {_contrast(scored)} per day, a single month lies "
        f"above its trend with {probability(scored.probability)} (likely between "
        f"{probability(scored.probability_low)} and {probability(scored.probability_high)}), and "
        f"“highly likely” {scored.verdict.value}.{changed}"
    )


def pooled_confirmed_only(
    result: SeasonalityResult, pooled: PooledSeason | None, other: PooledSeason | None
) -> str:
    """Whether the pooled answer hangs on recording changes that are not confirmed.

    Parameters
    ----------
    other : PooledSeason or None
        With confirmed recording changes alone as steps in the area's own series.
    """
    if pooled is None or other is None or not pooled_usable(result, pooled):
        return ""
    head = "With confirmed recording changes alone as steps in the area's own series"
    if not pooled_usable(result, other):
        return f"{head} the other forces could not be used: the answer with them hangs on the rest."
    first, second = pooled.statement, other.statement
    same = (
        (first.low > 1) == (second.low > 1)
        and (first.high < 1) == (second.high < 1)
        and first.verdict is second.verdict
    )
    sense = "does not turn on the rest" if same else "turns on the rest"
    return (
        f"{head} {month_names(second.months)} had {_contrast(second)} per day, and “highly likely” "
        f"{second.verdict.value}: the answer with the other forces {sense}."
    )


def elsewhere_limit(result: SeasonalityResult, pooled: PooledSeason | None, *, area: str) -> str:
    """One line on what the year of other places cannot say; empty where it is not used."""
    if pooled is None or not pooled_usable(result, pooled):
        return ""
    return (
        "The other figures are those of whole police force areas, not of a single partnership. "
        "What they share says what the year looks like in such places, not that "
        f"{escape(area)}’s own figures have shown it. Only the shape of their year is used, never "
        "its level."
    )
