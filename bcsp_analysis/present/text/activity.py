"""Sentences on the activity that the report prints. They count; they judge nothing."""

from __future__ import annotations

import pandas as pd

from bcsp_analysis.present import selection
from bcsp_analysis.present.text.markup import escape, plain
from bcsp_analysis.present.text.numbers import listing, number, plural, signed


def activity_summary(figures: pd.DataFrame) -> str:
    """How many figures of activity the report prints, and for how many periods."""
    rows = figures[figures["section"].str.match(r"[2-9]") & (figures["section"] != "3.2")]
    sections, periods = rows["section"].nunique(), rows["period"].nunique()
    return (
        f"The report prints {plural(len(rows), 'figure')} of activity and context in "
        f"{plural(sections, 'section')}, for {plural(periods, 'different period')}. None stands "
        "beside a figure for an earlier period: they show what was done, not whether it was more "
        "than before nor whether it made places safer."
    )


def largest_kind(counts: pd.Series) -> str:
    """Title of a chart of kinds: which one is the largest, plain text."""
    if counts.empty:
        return "No kinds are printed"
    return f"{plain(str(counts.idxmax()))} is the most frequent of {len(counts)} kinds"


def kinds_subtitle(figures: pd.DataFrame, item: str) -> str:
    """What a chart of kinds shows, and for when, plain text."""
    whole = selection.whole(figures, item)
    return plain(item) if whole is None else plain(f"{item}, {whole['period']}")


def kinds_total(figures: pd.DataFrame, item: str) -> str:
    """The printed total beside the sum of its printed kinds."""
    whole = selection.whole(figures, item)
    parts = float(selection.kinds(figures, item).sum())
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
    return f"The report prints {listing(names)}, and no other"


def places_subtitle(neighbourhoods: pd.DataFrame) -> str:
    """What the chart of neighbourhoods shows, plain text."""
    periods = listing(dict.fromkeys(neighbourhoods["period"]))
    return plain(f"Anti-social behaviour incidents by neighbourhood, {periods}, as printed")
