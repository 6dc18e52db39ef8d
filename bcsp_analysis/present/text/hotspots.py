"""Sentences on hot spots: never more than the counts can bear."""

from __future__ import annotations

import math
from collections.abc import Collection

import pandas as pd

from bcsp_analysis.markup import escape, escape_own, plain, plain_own
from bcsp_analysis.models.hotspots import BY_COUNT, HotSpots
from bcsp_analysis.present.disclosure import SHORTHAND
from bcsp_analysis.present.text.numbers import (
    begun,
    listing,
    number,
    percent,
    plural,
    probability,
    spelled,
)
from bcsp_analysis.sources.boundaries import Boundaries

_NAMED = 5  # areas that a sentence lists
DENOMINATORS = {
    BY_COUNT: "by number",
    "residents": "for its residents",
    "households": "for its households",
    "area_km2": "for its size",
    "workplace": "for the people who work there",
    "ambient": "for the people who are there by day",
}
PER_THOUSAND = {
    "residents": "residents",
    "households": "households",
    "workplace": "people who work there",
    "ambient": "people who are there by day",
}


def kinds(spots: HotSpots, count: int | None = None) -> str:
    """``"LSOAs"``, ``"12 wards"``, ``"one constituency"``."""
    many = f"{spots.kind[:-1]}ies" if spots.kind.endswith("y") else f"{spots.kind}s"
    return many if count is None else plural(count, spots.kind, many)


def unit(spots: HotSpots, denominator: str) -> str:
    """What a rate on this denominator counts."""
    if denominator == BY_COUNT:
        return "incidents"
    if denominator == "area_km2":
        return "incidents per square kilometre"
    if denominator in PER_THOUSAND:
        return f"incidents per {number(1000)} {PER_THOUSAND[denominator]}"
    per = spots.rankings[denominator].per
    return f"incidents per {number(per)} of {denominator}"


def told_by(denominator: str) -> str:
    """``"for its residents"``: how a ranking on this denominator is spoken of."""
    return DENOMINATORS.get(denominator, f"by {denominator}")


def hotspots_title(
    spots: HotSpots, hidden: Collection[str] = (), denominator: str = BY_COUNT
) -> str:
    """Title of the ranked chart, plain text: the finding on first place."""
    candidates = spots.rankings[denominator].candidates
    most = "the most incidents" if denominator == BY_COUNT else f"most {told_by(denominator)}"
    if spots.n == 1:
        return plain(f"{spots.category}: one {spots.kind}, so no order")
    if len(candidates) == 1 and candidates[0] not in set(hidden):
        return plain_own(f"{plain(spots.category)}: {plain(spots.name(candidates[0]))} has {most}")
    return plain(
        f"{spots.category}: which {spots.kind} has {most} cannot be told; "
        f"{spelled(len(candidates))} could be first"
    )


def hotspots(spots: HotSpots, hidden: Collection[str] = ()) -> str:
    """Which area is first, and which others could be; how far down the order means something."""
    ranking = spots.by_count
    first = ranking.candidates[0]
    withheld = set(hidden)
    if first in withheld:
        return f"The counts of {spots.span.label} are too small to name places."
    row = ranking.table.loc[first].to_dict()
    others = [area for area in ranking.candidates[1:] if area not in withheld]
    head = f"**{escape_own(hotspots_title(spots, hidden))}.**"
    said = f"{escape(spots.name(first))} had {number(row['count'])} incidents in {spots.span.label}"
    if spots.n == 1:
        return f"{head} {said}."
    if not others:
        sure = (
            f"{said}; the probability that no other of the {kinds(spots, spots.n)} has a higher "
            f"level is {probability(float(row['top1']))}."
        )
    else:
        sure = (
            f"{said}, but the probability that its level is truly the highest of the "
            f"{kinds(spots, spots.n)} is {probability(float(row['top1']))}. "
            f"{_together(spots, others)} cannot be told apart from it."
        )
    return f"{head} {sure} {ten_highest(spots, withheld)}".strip()


def _together(spots: HotSpots, areas: list[str]) -> str:
    names = [escape(spots.name(area)) for area in areas[:_NAMED]]
    more = len(areas) - len(names)
    return listing([*names, f"{spelled(more)} more"]) if more else listing(names)


def ten_highest(spots: HotSpots, hidden: Collection[str] = ()) -> str:
    """How sure the list of the ten highest is; empty where there are hardly more than ten areas."""
    table = spots.by_count.table
    if spots.n < 20:
        return ""
    listed = table[~table.index.isin(list(hidden))].nsmallest(10, "rank")["top10"]
    sure = int((listed >= 0.95).sum())
    if sure == 10:
        return "The ten highest are surely the ten highest."
    return (
        f"Of the ten with the highest counts, {spelled(sure)} {'is' if sure == 1 else 'are'} among "
        f"the ten highest with a probability of {percent(95)} or more; the others might well stand "
        "further down."
    )


def hotspot_swings(spots: HotSpots) -> str:
    """How far an area's total moves from year to year beyond chance."""
    found = spots.dispersion
    if found.df == 0:
        return (
            "There is no earlier period to learn from how far a place swings by itself: incidents "
            "are taken as independent, so that the ranges are the narrowest that they can be."
        )
    span = plural(found.block, "month")
    level = "The level of a place is what its counts swing about."
    if found.alpha == 0:
        return (
            f"{level} From one period of {span} to the next, counts of single {kinds(spots)} moved "
            "no more than chance and what all have in common would make them."
        )
    return (
        f"{level} From one period of {span} to the next, the count of one moved by about "
        f"{percent(100 * math.sqrt(found.alpha))} up or down beyond chance and beyond what all "
        "have in common. The ranges here allow for that."
    )


def hotspot_denominators(spots: HotSpots, hidden: Collection[str] = ()) -> str:
    """Who comes first on each denominator, and whether it is the same place."""
    withheld = set(hidden)
    leaders = {}
    for name, ranking in spots.rankings.items():
        first = ranking.table.sort_values("rank", kind="stable").index[0]
        leaders[name] = SHORTHAND if first in withheld else spots.name(str(first))
    if len(leaders) == 1:
        return (
            "No residents, size or workplace figures are loaded: the order is by number alone, in "
            "which large and busy places come first."
        )
    by_name: dict[str, list[str]] = {}
    for which, name in leaders.items():
        by_name.setdefault(name, []).append(told_by(which))
    same = len(by_name) == 1
    told = "; ".join(f"{escape(name)} {listing(ways)}" for name, ways in by_name.items())
    return (
        f"In first place: {told}. "
        + (
            "It is the same place on every count."
            if same
            else "What is first depends on what is asked: no single list of hot spots holds for "
            "every purpose."
        )
        + _without(spots)
    )


def _without(spots: HotSpots) -> str:
    parts = [
        f"{kinds(spots, len(areas))} {told_by(name)}"
        for name, areas in spots.rates.without.items()
        if areas
    ]
    return f" Without a figure: {listing(parts)}." if parts else ""


def hotspot_unlocated(spots: HotSpots) -> str:
    """Incidents without a location, which no list of places can hold."""
    if not spots.unlocated:
        return ""
    share = 100 * spots.unlocated / (spots.total + spots.unlocated)
    verb = "incident has" if spots.unlocated == 1 else "incidents have"
    size = "less than 1%" if share < 0.5 else percent(share)
    return (
        f"{number(spots.unlocated)} {verb} no location ({size} of all in {spots.span.label}) and "
        "stand in no area."
    )


def hotspot_hidden_note(spots: HotSpots, hidden: Collection[str], suppress_below: int) -> str:
    """How many areas are not shown, and why; empty where all are."""
    many = len(set(hidden) & set(map(str, spots.names.index)))
    if not many:
        return ""
    return (
        f"{begun(kinds(spots, many))} {'is' if many == 1 else 'are'} not shown "
        f"({escape(SHORTHAND)}): counts from one to {spelled(suppress_below - 1)} are not printed, "
        "nor what would give them back by subtraction."
    )


def hotspot_rounded_note(spots: HotSpots, rounding: pd.Series, suppress_below: int) -> str:
    """Which counts are not exact, and by how much; empty where all are.

    Parameters
    ----------
    spots : HotSpots
    rounding : Series
        By area: by how much its count may be off.
    suppress_below : int
        The edition's threshold.
    """
    many = len(rounding)
    if not many:
        return ""
    return (
        f"The {'count' if many == 1 else 'counts'} of {kinds(spots, many)} "
        f"{'is' if many == 1 else 'are'} rounded, by {number(rounding.max())} at most: a month "
        f"with fewer than {spelled(suppress_below)} incidents, and one that would give it back by "
        f"subtraction, stands here as the middle of a range of {spelled(suppress_below)}."
    )


def hotspot_map_note(boundaries: Boundaries | None) -> str:
    """What stands in the place of a map where none can be drawn."""
    if boundaries is not None:
        return ""
    return (
        "No boundaries are loaded, so there is no map; the chart above and the table below show "
        "every place. `bcsp fetch areas` downloads boundaries."
    )


def class_counts(frame: pd.DataFrame) -> pd.Series:
    """Number of areas in each class of a shown frame, classes without any left out."""
    counts = frame["shown_as"].value_counts(sort=False)
    return counts[counts > 0]
