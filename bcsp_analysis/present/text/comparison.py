"""The comparison with the most similar group in words. No sentence says more than its result.

The printed columns allow one question: whether the area's rate lies off the group's mean by more
than its own ups and downs. That is never called unusual, and better or worse is said only where the
catalogue says that fewer is better.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bcsp_analysis.markup import escape
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.comparators import Comparators
from bcsp_analysis.models.comparison import SPREAD, Apart, PrintedComparison, Standing
from bcsp_analysis.models.funnel import Overdispersion
from bcsp_analysis.present.text.grades import inner_title
from bcsp_analysis.present.text.numbers import (
    begun,
    interval,
    listing,
    more_or_fewer,
    number,
    percent,
    plural,
    signed,
    spelled,
)

Results = Mapping[str, PrintedComparison]

NONE_PRINTED = "The report prints no rate of similar areas that can be compared."
DECIDED = (Standing.MORE, Standing.FEWER)
_CLOSE = 10.0  # per cent; a mean may well be off by less


def compared(results: Results) -> list[PrintedComparison]:
    """The comparisons that are not set apart, the highest against the mean first."""
    used = (result for result in results.values() if not result.apart)
    return sorted(used, key=lambda result: -result.ratio)


def similar_areas(results: Results, catalogue: Catalogue, area: str) -> str:
    """For how many measures the area lies clearly off the group's mean, and for which.

    The short statement that other pages carry, two paragraphs: what *clearly* means, the closest
    call, and what is set apart stand in the second.
    """
    if not results:
        return NONE_PRINTED
    used = compared(results)
    found = [f"**{_headline(used, area)}**"]
    for standing in DECIDED:
        clear = of_standing(used, standing)
        if clear:
            outermost = clear if standing is Standing.MORE else clear[::-1]
            found.append(f"{standing.value.capitalize()}: {_with_ranks(outermost, catalogue)}.")
    found += _undecided(used, catalogue)
    limits = [_meaning(used[0], area), closest_call(results, catalogue)] if used else []
    limits.append(set_apart(results, catalogue))
    return "\n\n".join(" ".join(filter(None, part)) for part in (found, limits)).strip()


def of_standing(used: Sequence[PrintedComparison], standing: Standing) -> list[PrintedComparison]:
    """Those of one standing, in the order given."""
    return [result for result in used if result.standing is standing]


def _headline(used: Sequence[PrintedComparison], area: str) -> str:
    name, total = escape(area), len(used)
    if not used:
        return f"{name} cannot be compared with similar areas: no printed rate can be used."
    more, fewer = (len(of_standing(used, standing)) for standing in DECIDED)
    group = "the mean of its most similar group"
    if not more and not fewer:
        of = out_of(0, total).capitalize()
        return f"{of} shows {name} clearly off {group}, for its size."
    first, word, second = (more, "more", fewer) if more else (fewer, "fewer", more)
    rest = f" and clearly fewer for {spelled(second)}" if second else ""
    return (
        f"For its size, {name} records clearly {word} than {group} for "
        f"{out_of(first, total)}{rest}."
    )


def out_of(count: int, total: int) -> str:
    """``"four of eight measures"``, ``"all eight measures"``."""
    if count == total:
        return "the one measure compared" if total == 1 else f"all {plural(total, 'measure')}"
    if total == 1:
        return "not even the one measure compared"
    return f"{spelled(count)} of {plural(total, 'measure')}"


def comparison_title(results: Results, area: str) -> str:
    """Title of the chart of ratios: the finding, plain text."""
    used = compared(results)
    if not used:
        return f"{area}: no printed rate of similar areas can be used"
    more, fewer = (len(of_standing(used, standing)) for standing in DECIDED)
    total = plural(len(used), "measure")
    if not more and not fewer:
        return f"{area} is clearly off the group\u2019s mean for none of {total}"
    return (
        f"{area}: clearly more than the group\u2019s mean for {spelled(more)} of {total}, "
        f"clearly fewer for {spelled(fewer)}"
    )


def _with_ranks(found: Iterable[PrintedComparison], catalogue: Catalogue) -> str:
    return listing(
        f"{_title(result, catalogue)} ({distance(result)}{_place(result)})" for result in found
    )


def distance(result: PrintedComparison) -> str:
    """How far the rate lies from the mean: ``"62% more"``."""
    return more_or_fewer(100 * (result.ratio - 1))


def likely(result: PrintedComparison) -> str:
    """The range of `distance`, ``"likely between 40% and 87% more"``."""
    return interval(100 * (result.low - 1), 100 * (result.high - 1))


def _undecided(used: Sequence[PrintedComparison], catalogue: Catalogue) -> list[str]:
    unclear = of_standing(used, Standing.NO_CLEAR)
    told = []
    leaning = [result for result in unclear if result.leans]
    if leaning:
        told.append(f"Points one way, short of our bar: {_with_ranks(leaning, catalogue)}.")
    for words, found in (
        ("No clear difference", [result for result in unclear if not result.leans]),
        ("Too few to say", of_standing(used, Standing.TOO_FEW)),
    ):
        if found:
            told.append(f"{words}: {listing(_title(result, catalogue) for result in found)}.")
    return told


def _meaning(result: PrintedComparison, area: str) -> str:
    matters = f" and by {percent(result.materiality_pct)} or more" if result.materiality_pct else ""
    return (
        f"*Clearly* means by more than {escape(area)}\u2019s own count goes up and down{matters}, "
        f"with {_all_printed(result)}. It does not mean unusual among the "
        f"{result.group_size} areas: the rates of the others are not printed."
    )


def _all_printed(result: PrintedComparison) -> str:
    if result.family_size == 1:
        return "one comparison printed"
    return f"all {spelled(result.family_size)} printed comparisons looked at together"


def closest_call(results: Results, catalogue: Catalogue) -> str:
    """The clear difference that a small fault of the mean would take back; empty without one."""
    clear = [result for result in compared(results) if result.standing in DECIDED]
    if not clear:
        return ""
    nearest = min(clear, key=lambda result: abs(result.margin_pct))
    size = abs(nearest.margin_pct)
    if size >= _CLOSE:
        return ""
    way = "higher" if nearest.margin_pct > 0 else "lower"
    return (
        f"Closest call: {_title(nearest, catalogue)}; a mean only {percent(size, 1)} {way} would "
        "lie within its likely range."
    )


def set_apart(results: Results, catalogue: Catalogue) -> str:
    """Comparisons without a verdict, by name and reason; empty where there is none."""
    told = []
    for reason in Apart:
        names = [_title(r, catalogue) for r in results.values() if reason and r.apart is reason]
        if names:
            told.append(f"{listing(names)} ({reason.value})")
    return f"Set apart, without a verdict: {'; '.join(told)}." if told else ""


def furthest(results: Results, catalogue: Catalogue, area: str) -> str:
    """The clear difference that lies furthest above the mean, and the one furthest below."""
    used = compared(results)
    told = []
    for standing, word in ((Standing.MORE, "above"), (Standing.FEWER, "below")):
        found = of_standing(used, standing)
        if found:
            result = found[0] if standing is Standing.MORE else found[-1]
            told.append(
                f"Furthest {word} the mean: **{_title(result, catalogue)}**, "
                f"{distance(result)} ({likely(result)}). Over {result.period.label} that is "
                f"{incidents(result)} than {escape(area)} would have at the group\u2019s rate."
            )
    return " ".join(told)


def incidents(result: PrintedComparison) -> str:
    """The distance as a number of incidents, ``"about 2,160 more (likely between ...)"``."""
    word = "more" if result.incidents > 0 else "fewer"
    ends = sorted((result.incidents_low, result.incidents_high), key=abs)
    if ends[0] * ends[1] > 0:
        near, far = (number(abs(tens(end))) for end in ends)
        return f"about {number(abs(tens(result.incidents)))} {word} (likely {near} to {far})"
    low, high = (signed(tens(e)) for e in (result.incidents_low, result.incidents_high))
    return f"about {number(abs(tens(result.incidents)))} {word} (likely {low} to {high})"


def tens(value: float) -> float:
    """To the nearest ten from a hundred up: the population behind a rate is not known exactly."""
    return value if abs(value) < 100 else 10 * round(value / 10)


def better_or_worse(results: Results, catalogue: Catalogue) -> str:
    """For which clear differences better or worse can be said."""
    clear = [result for result in compared(results) if result.standing in DECIDED]
    neither = [_title(r, catalogue) for r in clear if r.improvement == "neither"]
    if not clear:
        return ""
    text = "More is called worse and fewer better only where fewer is plainly better."
    if neither:
        text += (
            f" Neither is said of {listing(neither)}: more can mean more reporting or more police "
            "work."
        )
    return text


def ranks(results: Results, catalogue: Catalogue) -> str:
    """The highest and the lowest printed rank, and where rank and mean point apart."""
    ranked = [result for result in compared(results) if result.rank is not None]
    if not ranked:
        return "No rank is printed for a measure that can be compared."
    size = ranked[0].group_size
    top = max(result.rank or 0 for result in ranked)
    bottom = min(result.rank or 0 for result in ranked)
    of = number(size)
    told = [f"Rank {number(1)} is the lowest rate of the {of} areas, rank {of} the highest."]
    told.append(f"Highest rank: {_ranked(ranked, top, catalogue)}.")
    if bottom < top:
        told.append(f"Lowest rank: {_ranked(ranked, bottom, catalogue)}.")
    apart = [r for r in ranked if ((r.rank or 0) - (size + 1) / 2) * (r.ratio - 1) < 0]
    told += [_point_apart(result, catalogue) for result in apart]
    return " ".join(told)


def _place(result: PrintedComparison) -> str:
    """``", highest of 15"``, ``", rank 13 of 15"``."""
    if not result.rank:
        return ""
    size = number(result.group_size)
    ends = {1: f", lowest of {size}", result.group_size: f", highest of {size}"}
    return ends.get(result.rank, f", rank {number(result.rank)} of {size}")


def _ranked(ranked: Sequence[PrintedComparison], rank: int, catalogue: Catalogue) -> str:
    found = [result for result in ranked if result.rank == rank]
    lower, higher = found[0].areas_lower or 0, found[0].areas_higher or 0
    return (
        f"{listing(_title(result, catalogue) for result in found)}, {number(rank)} "
        f"({plural(lower, 'area')} with a lower rate, {spelled(higher)} with a higher one)"
    )


def _point_apart(result: PrintedComparison, catalogue: Catalogue) -> str:
    upper = result.ratio < 1
    half, side, tail = ("upper", "below", "above") if upper else ("lower", "above", "below")
    return (
        f"{begun(_title(result, catalogue))} ranks {number(result.rank or 0)}, in the {half} half, "
        f"and yet lies {side} the mean, as happens where a few areas lie far {tail} the others."
    )


def cannot_say(results: Results, group: Comparators | None) -> str:
    """Markdown list of what the printed columns leave open; a table of all areas answers some."""
    answered = group is not None and all(
        result.measure_id in group.funnels
        and group.funnels[result.measure_id].overdispersion is not Overdispersion.NONE
        for result in compared(results)
    )
    open_points = dict.fromkeys(point for r in results.values() for point in r.cannot_say)
    return "\n".join(
        f"- {begun(point)}." for point in open_points if not (answered and point in SPREAD)
    )


def mean_itself(results: Results) -> str:
    """Why no clear difference hangs on whether the area is part of the mean."""
    if not any(result.standing in DECIDED for result in compared(results)):
        return ""
    return (
        "Whether the area itself is part of the mean takes no clear difference back: without it "
        "the mean would lie further from the area\u2019s rate, on the same side."
    )


def recorded_within(
    results: Results, changes: Iterable[RecordingChange], catalogue: Catalogue
) -> str:
    """Recording changes within the months of the rates, and the measures that they touch."""
    used = compared(results)
    if not used:
        return ""
    register, span = tuple(changes), used[0].period
    touched = {
        change.id: _touched(change, used, catalogue)
        for change in register
        if span.first < change.month <= span.last
    }
    told = " ".join(
        f"In {change.month.label}: {escape(change.title)}; {touched[change.id]}."
        for change in register
        if touched.get(change.id)
    )
    if not told:
        return f"The register holds no recording change within {span.label}."
    return (
        f"Within {span.label} recording changed. {told} Areas that changed on different days, or "
        "record differently anyway, differ in their rates for that reason alone."
    )


def _touched(
    change: RecordingChange, used: Sequence[PrintedComparison], catalogue: Catalogue
) -> str:
    """``"it touches a and b, and perhaps the others"``; empty where it touches none."""
    ids = [result.measure_id for result in used]
    sure = [name for name in ids if change.confirmed and change.touches(name)]
    maybe = [n for n in ids if n not in sure and (change.touches(n) or change.may_touch(n))]
    named = listing(escape(inner_title(catalogue[name])) for name in sure)
    if len(maybe) > 1 and len(sure) + len(maybe) == len(ids):
        perhaps = "perhaps the others" if sure else "perhaps all of them"
    else:
        perhaps = listing(escape(inner_title(catalogue[name])) for name in maybe)
        perhaps = f"perhaps {perhaps}" if maybe else ""
    both = ", and ".join(part for part in (named, perhaps) if part)
    return f"it touches {both}" if both else ""


def comparison_rules(results: Results) -> str:
    """The rule of the verdicts with its settings."""
    if not results:
        return ""
    one = next(iter(results.values()))
    return (
        f"*Clearly more* or *clearly fewer*: the p-value against the group\u2019s mean, corrected "
        f"with Holm\u2019s method for the {plural(one.family_size, 'printed comparison')}, is "
        f"below {number(one.alpha, 2)}, and the rate lies {percent(one.materiality_pct)} or more "
        f"from the mean. *Likely* ranges hold at {percent(100 * one.level)} for each measure by "
        f"itself. *Too few to say*: fewer than {number(one.small_count)} incidents, and as few at "
        "the mean. Measures that are set apart count in the correction."
    )


def _title(result: PrintedComparison, catalogue: Catalogue) -> str:
    return escape(inner_title(catalogue[result.measure_id]))
