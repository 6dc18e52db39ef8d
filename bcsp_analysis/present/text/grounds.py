"""What data a page stands on, in a sentence or two."""

from __future__ import annotations

from bcsp_analysis.markup import escape
from bcsp_analysis.present.text.numbers import listing, number, percent
from bcsp_analysis.sources.standing import Standing


def stands_on(standing: Standing) -> str:
    """Where the monthly figures come from, and what is known to be wrong with them."""
    span = f"{standing.span.first.label} to {standing.span.last.label}"
    if standing.loaded:
        told = (
            "**What this page stands on.** Street-level extracts of data.police.uk, loaded by the "
            f"analyst: {escape(standing.place)}, {span}, files of "
            f"{escape(listing(standing.forces))}. The files place an incident at a point nearby, "
            "not where it happened."
        )
        if standing.unlocated_share:
            share = percent(100 * standing.unlocated_share, 1)
            told += f" {share} of the force's incidents have no place and are in no count here."
        return told
    told = (
        f"**What this page stands on.** Monthly figures of {escape(standing.place)}, {span}, that "
        "were read off published charts"
    )
    if standing.largest_error:
        told += f"; each can be up to {number(standing.largest_error)} incidents off"
    told += "."
    if standing.faulty:
        months = listing([month.label for month in standing.faulty])
        told += f" {months} are known to be too low; they are shown and not judged."
    return told
