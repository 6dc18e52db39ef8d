"""Sentences on the few places that a report names with their counts."""

from __future__ import annotations

from bcsp_analysis.markup import escape, escape_own, plain
from bcsp_analysis.models.hotspots import NamedPlaces
from bcsp_analysis.present.text.numbers import interval, listing, number, percent, probability


def named_places_title(result: NamedPlaces) -> str:
    """Title of the chart of the named places, plain text: whether their order holds."""
    names = [plain(str(name)) for name in result.table.index]
    if result.n == 1:
        return f"{names[0]} is the only place that is named"
    if result.order_holds:
        return f"{listing(names)}: the counts bear this order"
    if not result.pairs["apart"].any():
        return f"{listing(names)} cannot be told apart by their counts"
    return f"{listing(names)}: the counts bear only part of this order"


def named_places(result: NamedPlaces) -> str:
    """Whether the first is higher than the second, what would have to be seen, and how sure."""
    head = f"**{escape_own(named_places_title(result))}.**"
    if result.n == 1:
        return head
    first, second = result.table.index[:2]
    pair = result.pairs.loc[(first, second)]
    counts = result.table["count"]
    told = (
        f"{escape(first)} had {number(counts[first])} incidents and {escape(second)} "
        f"{number(counts[second])}: as levels, {_likely(pair)} in the first than in the second."
    )
    parts = [head, told]
    if not pair["apart"]:
        parts.append(
            f"With {number(counts[second])} in the second, it would take about "
            f"{number(result.needed or 0)} in the first before the two could be told apart."
        )
    if pair["apart_if_independent"] and not pair["apart"]:
        parts.append(
            "Were incidents independent of each other they could be; but counts of this kind swing "
            "more than that."
        )
    elif not result.pairs["apart_if_independent"].any():
        parts.append("Not even if every incident were independent of the others could any two be.")
    row = result.table.loc[first]
    parts.append(
        f"The probability that {escape(first)} truly has the highest level of these "
        f"{number(result.n)} is {probability(float(row['highest']))}."
    )
    return " ".join(parts)


def _likely(pair: object) -> str:
    low, high = float(pair["low"]), float(pair["high"])  # type: ignore[index]
    if high == float("inf"):
        return f"likely at least {number(low, 1)} times as many"
    return interval(100 * (low - 1), 100 * (high - 1))


def named_places_limits(result: NamedPlaces) -> str:
    """Markdown list of what no reading of these counts can say."""
    return "\n".join(f"- {one[0].upper()}{one[1:]}." for one in result.cannot_say)


def named_places_basis(result: NamedPlaces) -> str:
    """Where the swings come from that widen the ranges."""
    if result.phi == 1:
        return "Incidents are taken as independent of each other: the ranges are the narrowest."
    return (
        f"The ranges allow for counts that vary {number(result.phi, 1)} times as much as "
        f"independent incidents would: {escape(result.phi_source)}. Telling any two apart by "
        f"mistake has a chance of {percent(100 * result.alpha)}."
    )
