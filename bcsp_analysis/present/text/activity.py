"""Sentences on the activity that the report prints. They count; they judge nothing."""

from __future__ import annotations

import pandas as pd

from bcsp_analysis.markup import escape, plain, plain_own, prose
from bcsp_analysis.present import selection
from bcsp_analysis.present.text.numbers import listing, number, plural, signed


def activity_summary(figures: pd.DataFrame) -> str:
    """How many figures of activity the report prints, and for how many periods."""
    rows = figures[figures["section"].str.match(r"[2-9]") & (figures["section"] != "3.2")]
    if rows.empty:
        return "No figure of activity is entered for this report."
    sections, periods = rows["section"].nunique(), rows["period"].nunique()
    return (
        f"The report prints {plural(len(rows), 'figure')} of activity and context in "
        f"{plural(sections, 'section')}, for {plural(periods, 'different period')}. "
        f"{_with_an_earlier(rows)} The figures show what was done, not whether it made places "
        "safer."
    )


def _with_an_earlier(rows: pd.DataFrame) -> str:
    """Which figures are printed for two periods: the same item, one of them with words added."""
    pairs = [
        f"{prose(str(one['item']))} ({prose(str(other['printed']))} in "
        f"{prose(str(other['period']))}, {prose(str(one['printed']))} in "
        f"{prose(str(one['period']))})"
        for _, one in rows.iterrows()
        for _, other in rows.iterrows()
        if str(other["item"]).startswith(f"{one['item']} ")
        and one["section"] == other["section"]
        and one["unit"] == other["unit"]
        and one["period"] != other["period"]
    ]
    if not pairs:
        return "None stands beside a figure for an earlier period."
    return (
        f"Only {plural(len(pairs), 'figure')} can be held against an earlier period: "
        f"{listing(pairs)}."
    )


def largest_kind(counts: pd.Series) -> str:
    """Title of a chart of kinds: which one is the largest, plain text."""
    if counts.empty:
        return "No kinds are printed"
    return f"{plain(str(counts.idxmax()))} is the most frequent of {number(len(counts))} kinds"


def kinds_subtitle(figures: pd.DataFrame, item: str) -> str:
    """What a chart of kinds shows, and for when, plain text."""
    whole = selection.whole(figures, item)
    return plain(item) if whole is None else plain(f"{item}, {whole['period']}")


def kinds_total(figures: pd.DataFrame, item: str) -> str:
    """The printed total beside the sum of its printed kinds."""
    whole, kinds = selection.whole(figures, item), selection.kinds(figures, item)
    if kinds.empty:
        return "No figure by kind is entered for this report."
    parts = float(kinds.sum())
    if whole is None or pd.isna(whole["value"]):
        return f"The printed kinds add up to {number(parts)}; no total is printed."
    total = float(whole["value"])
    if parts == total:
        return f"The printed total is {number(total)}, and the kinds add up to it."
    return (
        f"The printed total is {escape(str(whole['printed']))}; the kinds add up to "
        f"{number(parts)} ({signed(parts - total)})."
    )


def places_title(neighbourhoods: pd.DataFrame) -> str:
    """Title of the chart of neighbourhoods, plain text."""
    names = [plain(str(name)) for name in neighbourhoods["neighbourhood"]]
    if not names:
        return "The report names no neighbourhood"
    return f"The report gives counts for {listing(names)}"


def places_counts(neighbourhoods: pd.DataFrame) -> str:
    """The counts of the named neighbourhoods in one sentence."""
    if neighbourhoods.empty:
        return "The report names no neighbourhood."
    counts = [
        f"{prose(str(row['neighbourhood']))} ({number(float(row['incidents']))})"
        for _, row in neighbourhoods.iterrows()
    ]
    notes = [str(note) for note in dict.fromkeys(neighbourhoods["note"]) if str(note).strip()]
    period = listing([prose(str(period)) for period in dict.fromkeys(neighbourhoods["period"])])
    return (
        f"Incidents in {period}: {listing(counts)}."
        f"{''.join(f' Note: {prose(note)}.' for note in notes)}"
    )


def places_subtitle(neighbourhoods: pd.DataFrame) -> str:
    """What the chart of neighbourhoods shows, plain text."""
    periods = listing(dict.fromkeys(neighbourhoods["period"]))
    return plain_own(
        f"Anti-social behaviour incidents by neighbourhood, {plain(periods)}, as printed"
    )
