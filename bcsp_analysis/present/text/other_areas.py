"""Sentences on other areas: whether they saw the same, and what the comparison cannot tell.

*More* or *less than elsewhere* is said only outside the range in which one more area like the
others was to be expected. No difference shown is not called the same change; months that move
together are not given a cause; counts of areas of different size are never ranked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from bcsp_analysis.markup import escape, escape_own, plain
from bcsp_analysis.models.area_pool import Difference
from bcsp_analysis.models.change import ChangeResult
from bcsp_analysis.models.other_areas import (
    FEWEST_OTHERS,
    Comparison,
    Elsewhere,
    LeftOut,
    OtherAreas,
)
from bcsp_analysis.periods import Month, Span
from bcsp_analysis.present.text.numbers import (
    interval,
    listing,
    more_or_fewer,
    number,
    percent,
    plural,
    spelled,
)

_NAMED = 6  # areas that a sentence lists
_MANY = 20.0  # per cent; changes of areas that differ by more are called far apart
ELSEWHERE_MEANS = "the average of the other areas"


def pct(ratio: float) -> float:
    """A ratio as per cent more or fewer."""
    return 100 * (ratio - 1)


def per_day(result: ChangeResult) -> float:
    """Per cent change of the rate per day; both counts are above zero."""
    return pct(float(result.rate_ratio or 1))


def likely(low: float, high: float) -> str:
    """``"likely between 2% and 9% more"`` of the ends of a ratio."""
    return interval(pct(low), pct(high))


def other_areas_title(result: OtherAreas, compared: Comparison | None = None) -> str:
    """Title of the chart, plain text: whether other areas saw the same."""
    held = compared or result.year
    own, name = plain(result.own), plain(result.name)
    if held.verdict is Elsewhere.TOO_FEW_INCIDENTS:
        return f"{name}: too few incidents in {own} to compare"
    if held.verdict is Elsewhere.TOO_FEW_AREAS or held.pool is None:
        return f"{name}: too few other areas to compare {own} with"
    if held.verdict is Elsewhere.NO_CLEAR:
        return f"{name}: no clear difference between {own} and elsewhere"
    return f"{name} {_moved(held, own)}"


def _moved(compared: Comparison, own: str) -> str:
    """``"rose more in Birmingham than elsewhere"``, by the directions that are clear."""
    held, pool = compared.change, compared.pool
    assert held is not None
    assert pool is not None
    if held.low > 1 or held.high < 1:
        up = held.low > 1
        word = "rose" if up else "fell"
        if (pool.mean > 1) is up and pool.mean != 1:
            degree = "more" if (compared.verdict is Elsewhere.MORE) is up else "less"
            return f"{word} {degree} in {own} than elsewhere"
        return f"{word} in {own}, but not clearly elsewhere"
    if pool.mean_low > 1 or pool.mean_high < 1:
        return f"{'rose' if pool.mean > 1 else 'fell'} elsewhere, but not clearly in {own}"
    return f"did not change in {own} as it did elsewhere"


def _own(compared: Comparison) -> float:
    held = compared.change
    return float(held.rate_ratio or 1) if held else 1.0


def other_areas(result: OtherAreas) -> str:
    """The answer for the last twelve months, Markdown."""
    return _answer(result, result.year)


def other_areas_quarter(result: OtherAreas) -> str:
    """The answer for the edition's quarter, Markdown."""
    if result.asked is None:
        return "**The quarter of this edition is not compared.**"
    if result.quarter is None:
        return (
            f"**{result.asked.label} is not compared.** Less than half of its months, each with "
            f"the same month a year before, are held for {escape(result.own)}."
        )
    return _answer(result, result.quarter)


def _answer(result: OtherAreas, compared: Comparison) -> str:
    head = f"**{escape_own(other_areas_title(result, compared))}.**"
    own = escape(result.own)
    if compared.change is None:
        return (
            f"{head} Fewer than {number(result.small_count)} incidents were counted in one of the "
            f"two periods, {_periods(compared)}."
        )
    here = (
        f"{when(compared.period)} {own} had {_told(compared.change)} as against the same "
        "months a year before."
    )
    if compared.pool is None:
        return f"{head} {here} {_too_few(compared, own)}".strip()
    return f"{head} {here} {_beside(compared, own)} {_bearing(result, compared, own)}"


def _told(result: ChangeResult) -> str:
    """``"12% more incidents per day (likely between 5% and 19% more)"``."""
    return f"{_incidents(per_day(result))} per day ({likely(result.low, result.high)})"


def when(period: Span, *, capital: bool = True) -> str:
    """``"From October 2022 to September 2023"``, with or without a capital."""
    word = "in" if len(period) == 1 else "from"
    return f"{word.capitalize() if capital else word} {period.label}"


def _incidents(change: float) -> str:
    """``"12% more incidents"``, ``"the same number of incidents"``."""
    word = more_or_fewer(change)
    return f"{word} {'incidents' if change else 'of incidents'}"


def _beside(compared: Comparison, own: str) -> str:
    pool = compared.pool
    assert pool is not None
    rose = sum(per_day(compared.changes[name]) > 0 for name in compared.pooled)
    fell = sum(per_day(compared.changes[name]) < 0 for name in compared.pooled)
    return (
        f"In {plural(pool.n, 'other area')} it was {more_or_fewer(pct(pool.mean))} on average "
        f"({likely(pool.mean_low, pool.mean_high)}); {_both_ways(rose, fell, pool.n)}."
    )


def _both_ways(rose: int, fell: int, areas: int) -> str:
    if areas in (rose, fell):
        return f"all {spelled(areas)} counted {'more' if rose else 'fewer'}"
    level = areas - rose - fell
    same = [f"{spelled(level)} as many"] if level else []
    return f"{listing([f'{spelled(rose)} counted more', *same, f'{spelled(fell)} fewer'])}"


def _bearing(result: OtherAreas, compared: Comparison, own: str) -> str:
    """Where the area lies against the range to be expected, and what follows."""
    pool = compared.pool
    assert pool is not None
    expected = _range(pool.expected_low, pool.expected_high)
    head = f"If {own} were one of them, anything {expected} was to be expected"
    outside = not pool.expected_low <= _own(compared) <= pool.expected_high
    if compared.verdict in (Elsewhere.MORE, Elsewhere.LESS):
        return f"{head}; its change lies outside. {_gap(pool.difference)}"
    if outside:
        return (
            f"{head}. Its change lies outside, but it differs from {ELSEWHERE_MEANS} by less than "
            f"the {percent(result.materiality_pct)} from which this publication speaks of a "
            "difference."
        )
    text = f"{head}; its change lies inside."
    if pool.difference.p_value < compared.chance:
        return (
            f"{text} It differs from {ELSEWHERE_MEANS} by more than chance, but areas differ from "
            "each other as well."
        )
    return f"{text} That does not show that the change was the same."


def _range(low: float, high: float) -> str:
    return interval(pct(low), pct(high)).removeprefix("likely ").replace("about", "around")


def _gap(difference: Difference) -> str:
    gap, low, high = (pct(v) for v in (difference.ratio, difference.low, difference.high))
    return (
        f"Had it changed as {ELSEWHERE_MEANS} did, there would have been "
        f"{_turned(gap, low, high)} than were counted."
    )


def _turned(gap: float, low: float, high: float) -> str:
    """What the average would have made of the counts: the gap seen from the other side."""
    at, one, other = (100 * (1 / (1 + value / 100) - 1) for value in (gap, high, low))
    return f"{_incidents(at)} ({interval(one, other)})"


def _too_few(compared: Comparison, own: str) -> str:
    held = len(compared.pooled)
    need = (
        f"A comparison needs {spelled(FEWEST_OTHERS)} other areas with the same months, recorded "
        f"alike; there {'is' if held == 1 else 'are'} {spelled(held)}."
    )
    pairs = [
        f"{escape(name)} had {_told(compared.changes[name])}"
        for name in compared.differences
        if compared.left_out.get(name) is not LeftOut.RECORDING
    ][:_NAMED]
    if not pairs:
        return need
    return (
        f"{need} {listing(pairs)}; how far areas differ from each other anyway cannot be told from "
        "so few."
    )


def _periods(compared: Comparison) -> str:
    return f"{compared.period.label} and the same months a year before"


def other_areas_months(result: OtherAreas, compared: Comparison | None = None) -> str:
    """Which months are common, and which areas are not pooled and why, Markdown."""
    held = compared or result.year
    own = escape(result.own)
    parts = [f"Months compared: {_months(held.months)}, each with the same month a year before."]
    if held.missing:
        verb = "is" if len(held.missing) == 1 else "are"
        parts.append(
            f"{_months(held.missing)} {verb} left out: not held for {own}, or known to be wrong, "
            "in that month or a year before."
        )
    for why in LeftOut:
        names = [name for name, reason in held.left_out.items() if reason is why]
        if names:
            parts.append(f"Not in the average, {why.value}: {_some(names)}.")
    short = [
        f"{escape(name)} ({_months(months)})"
        for name, months in held.common.items()
        if months != held.months
    ]
    if short:
        parts.append(f"Months in common, where not all are: {'; '.join(short[:_NAMED])}.")
    return " ".join(parts)


def _some(names: Iterable[str]) -> str:
    """The first few names, and how many more."""
    listed = [escape(name) for name in names]
    shown = listed[:_NAMED]
    more = len(listed) - len(shown)
    return listing([*shown, f"{spelled(more)} more"] if more else shown)


def _months(months: tuple[Month, ...]) -> str:
    """``"October 2022 to March 2023 and May 2023"``."""
    runs: list[list[Month]] = []
    for month in months:
        if runs and runs[-1][-1] + 1 == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    return listing(Span(run[0], run[-1]).label for run in runs)


def other_areas_recording(result: OtherAreas) -> str:
    """Recording changes inside the months compared, and the caveat that always stands."""
    own = escape(result.own)
    first, last = result.year.months[0] + -12, result.year.months[-1]
    inside = sorted({m for m in result.breaks[result.own] if first < m <= last})
    parts = []
    if inside:
        parts.append(
            f"Recording changed in {own} within these months ({_each(inside)}). A change that "
            "touches all areas in the same month drops out of the comparison, as far as it is as "
            "large everywhere; areas that it does not touch are not in the average."
        )
    parts.append(
        "The register of recording changes knows national ones and those of the area's own police "
        "force. Another force may have changes of its own that it does not know: a difference can "
        f"be one of recording.{_same_force(result)}"
    )
    return " ".join(parts)


def _each(months: Iterable[Month]) -> str:
    return listing(month.label for month in months)


def _same_force(result: OtherAreas) -> str:
    force = result.forces.get(result.own)
    if force is None:
        return ""
    others = [name for name in result.year.pooled if name in result.forces]
    same = sum(result.forces[name] == force for name in others)
    if not others:
        return ""
    if same == len(others):
        return (
            f" All areas in the average belong to the same force, {escape(force)}: what its whole "
            "area has in common with the rest of the country, this comparison cannot show."
        )
    return (
        f" Of {plural(len(others), 'area')} in the average, {spelled(same)} "
        f"{'belongs' if same == 1 else 'belong'} to the same force, {escape(force)}."
    )


def other_areas_spread(result: OtherAreas, compared: Comparison | None = None) -> str:
    """How far the others' changes lie apart, and how often chance would call a difference."""
    held = compared or result.year
    pool = held.pool
    if pool is None:
        return ""
    widest = 100 * math.expm1(pool.heterogeneity.between_high)
    size = "less than 1%" if widest < 1 else f"up to {percent(widest)}"
    apart = (
        f"Beyond chance, the changes of the others typically differ by {size}; one more area "
        f"like them would have an underlying change {_range(pool.spread_low, pool.spread_high)}."
    )
    far = " They lie far apart, so that only a large difference could stand out."
    return (
        f"{apart}{far if widest > _MANY else ''} If {escape(result.own)} is one of them, it is "
        f"called different by chance with a probability of at most {percent(100 * held.chance, 1)}."
    )
