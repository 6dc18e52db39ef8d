"""Sentences on what hot spots have in common: clusters, how they last, what they foretell."""

from __future__ import annotations

from collections.abc import Collection

from bcsp_analysis.markup import escape, escape_own, plain, plain_own
from bcsp_analysis.models.hotspots import Accuracy, Contest, HotSpots
from bcsp_analysis.models.hotspots.clusters import Cluster
from bcsp_analysis.present.text.hotspots import kinds
from bcsp_analysis.present.text.numbers import begun, listing, number, percent, plural


def hotspot_clusters_title(spots: HotSpots) -> str:
    """Title of the map of clusters, plain text."""
    found = spots.clusters
    high = 0 if found is None else int((found.table["cluster"] == Cluster.HIGH).sum())
    if not high:
        return plain(f"{spots.category}: no group of neighbouring {kinds(spots)} stands out")
    return plain(
        f"{spots.category}: {kinds(spots, high)} {'is' if high == 1 else 'are'} high together with "
        f"{'its' if high == 1 else 'their'} neighbours"
    )


def hotspot_clusters(spots: HotSpots) -> str:
    """How many areas are high together with their neighbours; what that does not say."""
    found = spots.clusters
    if found is None:
        return (
            f"Which {kinds(spots)} are neighbours is not known, so clusters cannot be looked for: "
            "boundaries, or the middles of the areas, are needed."
        )
    table = found.table["cluster"]
    low, alone = int((table == Cluster.LOW).sum()), int((table == Cluster.ALONE).sum())
    parts = [
        f"**{escape_own(hotspot_clusters_title(spots))}.**",
        f"Neighbours are {escape(found.neighbours_method)}.",
        f"{begun(kinds(spots, low))} {'is' if low == 1 else 'are'} low together with "
        f"{'its' if low == 1 else 'their'} neighbours."
        if low
        else "",
        f"{begun(kinds(spots, alone))} {'has' if alone == 1 else 'have'} no neighbour and "
        "cannot be part of a cluster."
        if alone
        else "",
        f"Of those named, at most about {percent(100 * found.fdr)} are to be expected by chance."
        if low or (table == Cluster.HIGH).any()
        else "That is not proof that there is none.",
        "A place that is high by itself, among quiet neighbours, is no cluster, and is "
        "no less of a hot spot for that.",
    ]
    return " ".join(part for part in parts if part)


def hotspot_lasting_title(spots: HotSpots) -> str:
    """Title of what lasts, plain text."""
    found = spots.persistence
    many = 0 if found is None else int(found.table["lasting"].sum())
    months = 0 if found is None else found.months
    return plain(
        f"{spots.category}: {kinds(spots, many)} among the highest in at least half of "
        f"{plural(months, 'month')}"
    )


def hotspot_lasting(spots: HotSpots, hidden: Collection[str] = ()) -> str:
    """How many areas were among the highest tenth month after month, beside chance."""
    found = spots.persistence
    if found is None:
        return "Fewer than three months are loaded: whether hot spots last cannot be seen."
    withheld = set(hidden)
    areas = [area for area in found.lasting if area not in withheld]
    months = plural(found.months, "month")
    share = percent(100 * found.share)
    chance = (
        "Chance alone would hardly ever make one"
        if found.lasting_by_chance < 0.05
        else f"Chance alone would make about {number(found.lasting_by_chance, 1)}"
    )
    if not found.lasting:
        return (
            f"**No {spots.kind} was among the highest {share} in half of {months} "
            f"({found.span.label}).** {chance}. High counts come and go."
        )
    top = found.table.loc[found.lasting[0]].to_dict()
    most = (
        f" Most often it was {escape(spots.name(areas[0]))}, in {number(top['months'])} of "
        f"{months}."
        if areas and areas[0] == found.lasting[0]
        else ""
    )
    return (
        f"**{begun(kinds(spots, len(found.lasting)))} "
        f"{'was' if len(found.lasting) == 1 else 'were'} among the highest {share} in at least "
        f"{number(found.lasting_from)} of {months} ({found.span.label}).** {chance} if the "
        f"highest were drawn anew every month.{most}"
    )


def hotspot_accuracy_title(spots: HotSpots) -> str:
    """Title of the chart of ways of choosing, plain text: whether any beats last year's list."""
    found = spots.accuracy
    if found is None:
        return plain(f"{spots.category}: too few months to score a choice of hot spots")
    better = _verdicts(found, Contest.BETTER)
    if better:
        return plain(f"{spots.category}: {listing(better)} chose better than {found.baseline}")
    return plain(f"{spots.category}: no way of choosing is shown to beat the {found.baseline}")


def _verdicts(found: Accuracy, verdict: Contest) -> list[str]:
    return [str(name) for name in found.by_method.index[found.by_method["verdict"] == verdict]]


def hotspot_accuracy(spots: HotSpots) -> str:
    """What last year's list would have been worth, and whether anything does better."""
    found = spots.accuracy
    if found is None:
        title = escape_own(hotspot_accuracy_title(spots))
        return f"**{title}.** It takes a year of months to choose from and three more to score."
    base = found.by_method.loc[found.baseline].to_dict()
    ahead = plural(found.ahead, "month")
    rounds = plural(found.number_of_rounds, "round")
    parts = [
        f"**{escape_own(hotspot_accuracy_title(spots))}.**",
        f"The {kinds(spots, found.chosen)} with most incidents in the {escape(found.baseline)} "
        f"held {percent(100 * base['hit_rate'])} of the incidents of the {ahead} that followed, "
        f"{number(base['pai'], 1)} times their {found.measured_by}; drawn at random, as many would "
        f"hold {percent(100 * found.share)}, and the best choice, known only afterwards, "
        f"{percent(100 * found.best_rate)} (means of {rounds}, {found.span.label}).",
    ]
    worse = _verdicts(found, Contest.WORSE)
    same = _verdicts(found, Contest.SAME)
    few = _verdicts(found, Contest.TOO_FEW)
    if same:
        parts.append(f"Cannot be told apart from it: {escape(listing(same))}.")
    if worse:
        parts.append(f"Worse: {escape(listing(worse))}.")
    if few:
        parts.append(f"{begun(rounds)} are too few to compare the ways of choosing.")
    return " ".join(parts)


def hotspot_concentration_title(spots: HotSpots) -> str:
    """Title of the curve, plain text: what the highest tenth holds, and chance would give it."""
    top = spots.concentration.tops.loc[0.1].to_dict()
    held, even = percent(100 * top["incidents"]), percent(100 * top["even"])
    what = kinds(spots, int(top["number"]))
    verb = "holds" if int(top["number"]) == 1 else "hold"
    if not spots.concentration.more_than_even:
        return plain_own(
            f"{plain(spots.category)}: {what} {verb} {held}, no more than chance could make"
        )
    return plain_own(
        f"{plain(spots.category)}: {what} {verb} {held} of the incidents; by chance {even}"
    )


def _likely(low: float, high: float) -> str:
    """The range of a share; nothing where both ends read the same."""
    ends = percent(low), percent(high)
    return "" if ends[0] == ends[1] else f" (likely between {ends[0]} and {ends[1]})"


def hotspot_concentration(spots: HotSpots) -> str:
    """Share of the incidents in few areas, beside an even world with as many incidents."""
    found = spots.concentration
    top, half = found.tops.loc[0.1].to_dict(), found.halves.loc[0.5].to_dict()
    share = top["number"] / found.n
    told = (
        f"The highest {kinds(spots, int(top['number'])).removeprefix('one ')} of {number(found.n)} "
        f"({percent(100 * share)}) {'holds' if top['number'] == 1 else 'hold'} "
        f"{percent(100 * top['incidents'])} of {number(found.total)} incidents. If incidents fell "
        f"on all alike, chance alone would give as many {percent(100 * top['even'])}"
        f"{_likely(100 * top['even_low'], 100 * top['even_high'])}."
    )
    if found.more_than_even:
        sense = (
            f"So incidents are concentrated beyond chance. Half of them lie in "
            f"{kinds(spots, int(half['number']))}, {percent(100 * half['areas'])} of all; in the "
            f"even world it would take {percent(100 * half['even'])}."
        )
    else:
        sense = (
            "So these counts do not show that incidents are more concentrated than chance makes "
            "them."
        )
    return f"{told} {sense}"
