"""Months against the same months a year before, in one area and in others.

A recording change that touches all areas alike cancels; areas that one touches alone, and areas
that lack some of the months, are shown beside the area but not pooled.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import area_pool, change, dispersion, monthly
from bcsp_analysis.models.area_pool import Difference, Pool
from bcsp_analysis.models.change import ChangeResult
from bcsp_analysis.models.dispersion import Dispersion, History
from bcsp_analysis.periods import Month, Span

FEWEST_OTHERS = 3
FEWEST_SHARE = 0.5  # of the months compared that two areas must both hold
YEAR = 12
SMALLEST_BATCH = 40
"""Areas whose swings are taken as of one family at a time; the evidence of hundreds at once would
be a number too small for the computer."""


class Elsewhere(StrEnum):
    """What may be said of the area's change beside those of other areas."""

    MORE = "rose more than elsewhere, or fell less"
    LESS = "rose less than elsewhere, or fell more"
    NO_CLEAR = "no clear difference"
    TOO_FEW_AREAS = "too few areas to say"
    TOO_FEW_INCIDENTS = "too few incidents to say"


class LeftOut(StrEnum):
    """Why an area is not among those pooled."""

    FEW_INCIDENTS = "too few incidents"
    FEW_MONTHS = "too few months in common"
    SOME_MONTHS = "some of the months are not held"
    RECORDING = "recording changed there only, or here only, in the months compared"


@dataclass(frozen=True)
class Comparison:
    """One set of months against the same months a year before, in every area.

    Attributes
    ----------
    months : tuple of Month
        The later months, each compared with the same month a year before.
    missing : tuple of Month
        Months of the period that the area lacks, or whose figures or year before are faulty.
    changes : dict of area to ChangeResult
        Over the months that the area and the other both hold; the area itself first, over all
        `months`; then the others by name. Judged together (Holm).
    common : dict of area to tuple of Month
        The later months in which the other area was compared.
    differences : dict of area to Difference
        The area's change over that of each other area, over the months in common.
    pooled : tuple of str
        Areas of the pool, by name.
    left_out : dict of area to LeftOut
        The others and why not.
    pool : Pool or None
        None with fewer than `FEWEST_OTHERS` areas to pool, or too few incidents here.
    verdict : Elsewhere
    chance : float
        Chance of a false "more" or "less" in this comparison; the band of the pool is at one less.
    """

    own: str
    months: tuple[Month, ...]
    missing: tuple[Month, ...]
    changes: dict[str, ChangeResult]
    common: dict[str, tuple[Month, ...]]
    differences: dict[str, Difference]
    pooled: tuple[str, ...]
    left_out: dict[str, LeftOut]
    pool: Pool | None
    verdict: Elsewhere
    chance: float

    @property
    def change(self) -> ChangeResult | None:
        """The area's own change; None with too few incidents."""
        return self.changes.get(self.own)

    @property
    def period(self) -> Span:
        """From the first to the last of the later months."""
        return Span(self.months[0], self.months[-1])


@dataclass(frozen=True)
class Setting:
    """What both comparisons of a page have in common."""

    series: Mapping[str, pd.Series]
    own: str
    breaks: Mapping[str, tuple[Month, ...]]
    faulty: Mapping[str, tuple[Month, ...]]
    dispersions: Mapping[tuple[str, int], Dispersion]
    level: float
    alpha: float
    materiality_pct: float
    small_count: float
    chance: float
    recording_changed: bool | None
    held: Mapping[str, Mapping[Month, float]]


def dispersions(
    series: Mapping[str, pd.Series],
    breaks: Mapping[str, tuple[Month, ...]],
    faulty: Mapping[str, tuple[Month, ...]],
    lengths: Collection[int],
) -> dict[tuple[str, int], Dispersion]:
    """Overdispersion of each area's totals of each length; left out where its history is short."""
    histories = {
        name: History(series[name].rename(name), faulty[name], breaks[name])
        for name in sorted(series)
    }
    batches = max(1, len(histories) // SMALLEST_BATCH)
    found: dict[tuple[str, int], Dispersion] = {}
    for at in range(batches):
        part = {name: histories[name] for name in list(histories)[at::batches]}
        found |= _learned(part, lengths)
    return found


def _learned(
    histories: Mapping[str, History], lengths: Collection[int]
) -> dict[tuple[str, int], Dispersion]:
    """Overdispersion of the histories from which it can be learned."""
    try:
        return dispersion.overdispersions(histories, lengths)
    except ModelError:
        if len(histories) == 1:
            return {}
    able = {n: h for n, h in histories.items() if _learned({n: h}, lengths)}
    return dispersion.overdispersions(able, lengths)


def held_months(counts: pd.Series, faulty: Collection[Month]) -> dict[Month, float]:
    """Incidents by month, without the faulty ones."""
    index = pd.DatetimeIndex(counts.index)
    months = {monthly.month_of(at): float(n) for at, n in zip(index, counts, strict=True)}
    return {month: value for month, value in months.items() if month not in set(faulty)}


def _pairs(held: Mapping[Month, float], months: Collection[Month]) -> tuple[Month, ...]:
    """Months that are there together with the same month a year before."""
    return tuple(m for m in months if m in held and m + -YEAR in held)


def compared(setting: Setting, period: Span) -> Comparison | None:
    """One comparison; None where the area lacks more than half of the months."""
    own = setting.own
    months = _pairs(setting.held[own], tuple(period))
    if len(months) < FEWEST_SHARE * len(period):
        return None
    changes: dict[str, ChangeResult] = {}
    common: dict[str, tuple[Month, ...]] = {}
    here: dict[str, ChangeResult] = {}  # the area's own change over the months in common
    left_out: dict[str, LeftOut] = {}
    base = _change(setting, own, months, len(period))
    if base is not None:
        changes[own] = base
    for name in setting.series:
        if name == own:
            continue
        shared = _pairs(setting.held[name], months)
        if len(shared) < FEWEST_SHARE * len(period):
            left_out[name] = LeftOut.FEW_MONTHS
            continue
        its = _change(setting, name, shared, len(period))
        if its is None:
            left_out[name] = LeftOut.FEW_INCIDENTS
            continue
        changes[name], common[name] = its, shared
        mine = _change(setting, own, shared, len(period))
        if mine is not None:
            here[name] = mine
        if _touched(setting, name, shared) != _touched(setting, own, shared):
            left_out[name] = LeftOut.RECORDING
        elif shared != months:
            left_out[name] = LeftOut.SOME_MONTHS
    pooled = tuple(name for name in common if name not in left_out)
    pool = None
    if base is not None and len(pooled) >= FEWEST_OTHERS:
        pool = area_pool.pool(
            base, [changes[name] for name in pooled], level=setting.level, chance=setting.chance
        )
    return Comparison(
        own=own,
        months=months,
        missing=tuple(month for month in period if month not in months),
        changes=_judged(setting, changes, months),
        common=common,
        differences={
            name: area_pool.difference(mine, changes[name], level=setting.level)
            for name, mine in here.items()
        },
        pooled=pooled,
        left_out=left_out,
        pool=pool,
        verdict=_verdict(setting, base, pool),
        chance=setting.chance,
    )


def _change(
    setting: Setting, name: str, months: tuple[Month, ...], length: int
) -> ChangeResult | None:
    """Change of one area over some months; None where a count is small."""
    held = setting.held[name]
    after = sum(held[month] for month in months)
    before = sum(held[month + -YEAR] for month in months)
    if min(before, after) < max(setting.small_count, 1):
        return None
    phi = setting.dispersions.get((name, length))
    if phi is None:
        others = [d for (_, months), d in setting.dispersions.items() if months == length]
        phi = dispersion.fallback_dispersion(others, (before + after) / 2)
    return change.compare(
        before,
        after,
        sum((month + -YEAR).days for month in months),
        sum(month.days for month in months),
        dispersion=phi,
        level=setting.level,
        period=Span(months[0] + -YEAR, months[-1]),
    )


def _touched(setting: Setting, name: str, months: tuple[Month, ...]) -> frozenset[Month]:
    """Recording changes of an area that make the two sides of its comparison differ."""
    return frozenset(m for m in setting.breaks[name] if months[0] + -YEAR < m <= months[-1])


def _judged(
    setting: Setting, changes: dict[str, ChangeResult], months: tuple[Month, ...]
) -> dict[str, ChangeResult]:
    known = setting.recording_changed
    recorded = {
        name
        for name in changes
        if (bool(_touched(setting, name, months)) if known is None else known)
    }
    return change.family(
        changes,
        alpha=setting.alpha,
        materiality_pct=setting.materiality_pct,
        small_count=setting.small_count,
        recording=recorded,
    )


def _verdict(setting: Setting, base: ChangeResult | None, pool: Pool | None) -> Elsewhere:
    if base is None:
        return Elsewhere.TOO_FEW_INCIDENTS
    if pool is None:
        return Elsewhere.TOO_FEW_AREAS
    material = abs(100 * math.expm1(pool.difference.log)) >= setting.materiality_pct
    if pool.p_value >= setting.chance or not material:
        return Elsewhere.NO_CLEAR
    return Elsewhere.MORE if pool.difference.log > 0 else Elsewhere.LESS
