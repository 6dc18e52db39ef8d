"""Sentences on recording changes and on missing data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bcsp_analysis.measures.missing import Gap, Where
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.periods import Span
from bcsp_analysis.present.text.numbers import begun, listing, number, plural, spelled


def recording_summary(changes: Sequence[RecordingChange], compared: Span) -> str:
    """How many changes the register holds, and which lie between the periods compared."""
    if not changes:
        return (
            "**The register holds no change of recording.** That is no proof that there was none."
        )
    confirmed = sum(change.confirmed for change in changes)
    inside = [c for c in changes if compared.first < c.month <= compared.last]
    head = (
        f"**{begun(plural(len(changes), 'change'))} of recording, {number(confirmed)} of them"
        " confirmed.**"
    )
    if not inside:
        return f"{head} None falls within {compared.label}, the months that are compared."
    months = listing(f"{change.month.label}" for change in inside)
    return (
        f"{head} {begun(spelled(len(inside)))} of them "
        f"{'falls' if len(inside) == 1 else 'fall'} within {compared.label}, the months that are "
        f"compared: {months}. Across such a month a count may move although nothing happened."
    )


def recording_title(changes: Sequence[RecordingChange]) -> str:
    """Title of the timeline, plain text."""
    unconfirmed = sum(not change.confirmed for change in changes)
    if not changes:
        return "No change of recording is known"
    if not unconfirmed:
        return "All known changes of recording are confirmed"
    return f"{number(unconfirmed)} of {number(len(changes))} known changes are not confirmed"


def missing_summary(gaps: Iterable[Gap]) -> str:
    """How many gaps there are, by the figures that they are in."""
    found = list(gaps)
    if not found:
        return "**Nothing is known to be missing.** That is no proof that nothing is."
    counts = [
        f"{number(sum(gap.where is where for gap in found))} in {_IN[where]}"
        for where in Where
        if any(gap.where is where for gap in found)
    ]
    return (
        f"**{begun(plural(len(found), 'gap'))}: {listing(counts)}.** A gap is not a zero: what is"
        " missing is shown as missing and enters no sum."
    )


_IN = {
    Where.TABLE: "the report's table",
    Where.MONTHLY: "the monthly figures",
    Where.SOURCE: "what the sources say of themselves",
}
