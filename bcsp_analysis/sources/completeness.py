"""Months that a force cannot have delivered whole: judged against the months around them.

A force's two record systems fail separately, so recorded crime (everything but anti-social
behaviour) and anti-social behaviour are judged on their own.

The rule for one such series: what is usual for a month is the median of the nearest six months
held within a year of it. A month with less than a third of that is ``missing`` where it has
nothing and ``incomplete`` where it has something, provided that at least 30 incidents are usual.
Where no month within a year is held, the nearest six at any distance stand in, and a month falls
short with less than a tenth: over years, levels move. The month that falls short most is taken
out first and no longer counts as a neighbour; then the rest is judged again, so that two bad months
in a row are both found.

Why a third: over 274 real months of five forces, 2014 to 2025, the deepest true fall was 0.41 of
the usual (City of London, recorded crime, May 2020); months known to be faulty had 0.11 or less.

A single category is ``missing`` where it has nothing while at least 30 incidents are usual in the
three months held before and in the three after it. Falling short of that is left to the eye:
categories move.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bcsp_analysis.periods import Month
from bcsp_analysis.sources.street_rules import ASB

RECORDED_CRIME = "Recorded crime"
"""All categories but anti-social behaviour, in flags."""

SHARE = 1 / 3
FAR_SHARE = 1 / 10
ENOUGH = 30
NEIGHBOURS = 6
REACH = 12  # months

Totals = Mapping[str, Mapping[Month, Mapping[str, int]]]
"""Incidents by force, month and category."""


@dataclass(frozen=True, order=True)
class Flag:
    """A month of a force that should not be used as it is.

    Parameters
    ----------
    force, month : str
        As in the counts; ISO month.
    part : str
        `RECORDED_CRIME`, or a category.
    status : str
        ``missing`` or ``incomplete``.
    incidents : int
        What the month has.
    usual : float
        Median of its neighbours, incidents a month.
    """

    force: str
    month: str
    part: str
    status: str
    incidents: int
    usual: float

    def concerns(self, category: str | None) -> bool:
        """Whether a series of this category, or of all where it is None, holds the fault."""
        if category is None or category == self.part:
            return True
        return self.part == RECORDED_CRIME and category != ASB


def judge(totals: Totals) -> tuple[Flag, ...]:
    """Flags of all forces, by force, month and part."""
    flags: list[Flag] = []
    for force, months in totals.items():
        for part in (RECORDED_CRIME, ASB):
            series = {month: _total(counts, part) for month, counts in months.items()}
            flags += [_flag(force, month, part, *found) for month, found in short(series).items()]
        crime = {flag.month for flag in flags if (flag.force, flag.part) == (force, RECORDED_CRIME)}
        whole = {month: counts for month, counts in months.items() if str(month) not in crime}
        for category in sorted({name for counts in whole.values() for name in counts} - {ASB}):
            series = {month: counts.get(category, 0) for month, counts in whole.items()}
            flags += [_flag(force, month, category, 0, usual) for month, usual in absent(series)]
    return tuple(sorted(flags))


def _total(counts: Mapping[str, int], part: str) -> int:
    if part == ASB:
        return counts.get(ASB, 0)
    return sum(number for category, number in counts.items() if category != ASB)


def _flag(force: str, month: Month, part: str, incidents: int, usual: float) -> Flag:
    status = "incomplete" if incidents else "missing"
    return Flag(force, str(month), part, status, incidents, usual)


def short(series: Mapping[Month, int]) -> dict[Month, tuple[int, float]]:
    """Months of one series that fall short of the usual: incidents and what is usual."""
    good = dict(series)
    found: dict[Month, tuple[int, float]] = {}
    while True:
        worst: tuple[float, Month, float] | None = None
        for month, incidents in good.items():
            usual, share = _usual(month, good)
            if usual < ENOUGH or incidents >= share * usual:
                continue
            candidate = (incidents / usual, month, usual)
            worst = candidate if worst is None else min(worst, candidate)
        if worst is None:
            return dict(sorted(found.items()))
        _, month, usual = worst
        found[month] = (good.pop(month), usual)


def _usual(month: Month, series: Mapping[Month, int]) -> tuple[float, float]:
    """What is usual around a month, 0 where nothing is known; and the share that is too little."""
    by_distance = sorted((abs(other - month), other) for other in series if other != month)
    near = [other for distance, other in by_distance if distance <= REACH]
    chosen = (near or [other for _, other in by_distance])[:NEIGHBOURS]
    usual = statistics.median(series[other] for other in chosen) if chosen else 0.0
    return usual, SHARE if near else FAR_SHARE


def absent(series: Mapping[Month, int]) -> list[tuple[Month, float]]:
    """Months without any incident of a category that is plainly there on both sides of them."""
    held = sorted(series)
    found = []
    for position, month in enumerate(held):
        if series[month]:
            continue
        sides = (held[max(0, position - 3) : position], held[position + 1 : position + 4])
        usual = [_side(month, side, series) for side in sides]
        if min(usual) >= ENOUGH:
            found.append((month, min(usual)))
    return found


def _side(month: Month, side: Sequence[Month], series: Mapping[Month, int]) -> float:
    near = [series[other] for other in side if abs(other - month) <= REACH]
    return statistics.median(near) if near else 0.0


def gaps(totals: Totals) -> dict[str, tuple[Month, ...]]:
    """Months that are not held, between the first and the last of each force."""
    missing = {}
    for force, months in totals.items():
        first, last = min(months), max(months)
        span = [first + step for step in range(last - first)]
        missing[force] = tuple(month for month in span if month not in months)
    return {force: months for force, months in missing.items() if months}
