"""The area among all areas of its group, in words: only limits widened by the group's spread count.

*Unusual* is said only beyond the 99.8% limits with the variation between areas in them: that is the
level of which a whole page of measures can stand a few.
"""

from __future__ import annotations

from typing import Any

from bcsp_analysis.markup import escape, plain
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.models.comparators import TOO_FEW, Comparators
from bcsp_analysis.models.funnel import ACTION, FunnelResult, Overdispersion, Position
from bcsp_analysis.present.text.comparison import out_of
from bcsp_analysis.present.text.grades import inner_title
from bcsp_analysis.present.text.numbers import listing, number, percent, plural
from bcsp_analysis.sources.comparators import COLUMNS

FAR = {Position.FAR_HIGHER: "above", Position.FAR_LOWER: "below"}
EDGE = {Position.HIGHER: "high", Position.LOWER: "low"}
POSITION_WORDS = {
    Position.FAR_HIGHER: "above the outer limits",
    Position.HIGHER: "high, between the limits",
    Position.SIMILAR: "within the limits",
    Position.LOWER: "low, between the limits",
    Position.FAR_LOWER: "below the outer limits",
}
RANKS_TITLE = "Ranks are printed; how far the areas lie apart is not"


def funnels(group: Comparators | None, catalogue: Catalogue) -> str:
    """For which measures the area is unusual among the areas of its group."""
    if group is None:
        return (
            "**Not known: the rates of the other areas are not printed.** The counts and "
            "populations of all areas in the group would tell."
        )
    if not group.funnels:
        return f"**No measure of the table has figures for a funnel.** {_without(group, catalogue)}"
    return " ".join(
        part
        for part in (
            f"**{_headline(group, escape(group.area))}**",
            _named(group, catalogue),
            _by_chance_alone(group, catalogue),
            _edge(group, catalogue),
            _without(group, catalogue),
        )
        if part
    )


def position(result: FunnelResult, area: str) -> Position:
    """Where the area lies, with the limits of the result's own mode."""
    return Position(str(result.table.at[area, "position"]))


def spread_known(result: FunnelResult) -> bool:
    """Whether the limits hold the variation between areas."""
    return result.overdispersion is not Overdispersion.NONE


def unusual(group: Comparators) -> dict[str, Position]:
    """Measures of which the area lies beyond the outer limits, the group's spread in them."""
    places = {
        name: position(result, group.area)
        for name, result in group.funnels.items()
        if spread_known(result)
    }
    return {name: place for name, place in places.items() if place in FAR}


def funnels_title(group: Comparators) -> str:
    """Title of the funnels, plain text: the finding."""
    return _headline(group, plain(group.area)).removesuffix(".")


def _headline(group: Comparators, area: str) -> str:
    judged = sum(spread_known(result) for result in group.funnels.values())
    if not judged:
        return f"{area} stands among too few areas with figures to say what is unusual."
    if judged == 1 and not unusual(group):
        return f"{area} is not unusual in its group for the one measure compared."
    return f"{area} is unusual in its group for {out_of(len(unusual(group)), judged)}."


def _named(group: Comparators, catalogue: Catalogue) -> str:
    found = unusual(group)
    told = []
    for place, word in FAR.items():
        names = [n for n, where in found.items() if where is place]
        if names:
            told.append(
                f"{word} the outer limits for {listing(_told(group, n, catalogue) for n in names)}"
            )
    if not told:
        return ""
    return f"It lies {'; '.join(told)}."


def _told(group: Comparators, name: str, catalogue: Catalogue) -> str:
    result = group.funnels[name]
    row: Any = result.table.loc[group.area]
    low, high = number(row["rank_low"]), number(row["rank_high"])
    span = low if low == high else f"{low} to {high}"
    return (
        f"{_title(name, catalogue)} (rank {number(row['rank'])} of {number(result.n_available)}, "
        f"likely {span})"
    )


def _by_chance_alone(group: Comparators, catalogue: Catalogue) -> str:
    names = [
        _title(name, catalogue)
        for name, result in group.funnels.items()
        if Position(str(result.table.at[group.area, "position_chance"])) in FAR
        and name not in unusual(group)
    ]
    if not names:
        return ""
    return (
        f"For {listing(names)} it differs from the rate of the others by more than chance, but not "
        "beyond what the areas of the group differ by anyway, as far as that is known."
    )


def _edge(group: Comparators, catalogue: Catalogue) -> str:
    names = [
        f"{_title(name, catalogue)} ({EDGE[place]})"
        for name, result in group.funnels.items()
        if spread_known(result) and (place := position(result, group.area)) in EDGE
    ]
    if not names:
        return ""
    return (
        f"Between the inner and the outer limits: {listing(names)}. Of many measures some lie "
        "there by chance."
    )


def _without(group: Comparators, catalogue: Catalogue) -> str:
    told = [
        f"{_title(name, catalogue)} ({reason}"
        + (f", {_areas(group.available[name])}" if reason == TOO_FEW else "")
        + ")"
        for name, reason in group.left_out.items()
    ]
    alone = [
        f"{_title(name, catalogue)} ({_areas(group.available[name])})"
        for name, result in group.funnels.items()
        if not spread_known(result)
    ]
    parts = [f"Without a funnel: {listing(told)}." if told else ""]
    if alone:
        parts.append(
            f"Too few areas with figures to see how far they lie apart: {listing(alone)}; their "
            "limits are those of chance alone."
        )
    return " ".join(part for part in parts if part)


def _areas(available: tuple[int, int]) -> str:
    return f"{number(available[0])} of {number(available[1])} areas"


def table_needed(group: Comparators | None) -> str:
    """What a funnel needs and where to put it; empty where the edition names a table."""
    if group is not None:
        return ""
    columns = listing(f"`{column}`" for column in COLUMNS)
    return (
        "For analysts: the edition names no table of the areas in the group. It is a CSV file with "
        "one row for each area and measure, the edition\u2019s own area included, and the columns "
        f"{columns}; a blank count is not known, not zero. The edition file names it as "
        "`comparators` under `[data]`."
    )


def funnel_notes(group: Comparators | None, catalogue: Catalogue) -> str:
    """Period, areas without figures, whose the limits are, false alarms; empty without a table."""
    if group is None or not group.funnels:
        return ""
    judged = len(group.funnels)
    return " ".join(
        part
        for part in (
            f"Period of the counts: {_periods(group, catalogue)}.",
            _missing(group),
            f"{escape(group.area)} is compared with the other areas: the group\u2019s rate and its "
            "spread are theirs, so that it cannot hide itself.",
            f"With {plural(judged, 'funnel')}, one or more would be called unusual by chance with "
            f"a probability of about {percent(100 * judged * (1 - ACTION), 1)}, if the rates of "
            "the areas spread as the limits suppose.",
            "Ranks hold their likely range if each area\u2019s count swings as much over time as "
            f"that of {escape(group.area)}.",
        )
        if part
    )


def _periods(group: Comparators, catalogue: Catalogue) -> str:
    spans = {name: group.periods[name].label for name in group.funnels}
    labels = dict.fromkeys(spans.values())
    if len(labels) == 1:
        return next(iter(labels))
    return "; ".join(
        f"{label} ({listing(_title(n, catalogue) for n in spans if spans[n] == label)})"
        for label in labels
    )


def _missing(group: Comparators) -> str:
    gaps: dict[str, int] = {}
    for result in group.funnels.values():
        for area in result.missing:
            gaps[area] = gaps.get(area, 0) + 1
    if not gaps:
        return ""
    told = listing(f"{escape(area)} ({plural(count, 'measure')})" for area, count in gaps.items())
    return f"Without figures: {told}."


def _title(name: str, catalogue: Catalogue) -> str:
    return escape(inner_title(catalogue[name]))
