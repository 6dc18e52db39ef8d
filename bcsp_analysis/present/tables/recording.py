"""Tables of recording changes and of missing data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bcsp_analysis.markup import escape, prose
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.measures.missing import Gap, Where
from bcsp_analysis.measures.recording import EVERY_MEASURE, RecordingChange
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.change import short_title
from bcsp_analysis.present.text.numbers import listing, number

_DIRECTION = {"down": "fewer", "up": "more", "unknown": "not known"}
_MANY = 5  # measures named in a cell; of more the number is given


def recording_changes(
    changes: Iterable[RecordingChange], catalogue: Catalogue, *, label: str
) -> str:
    """The register: month, change, whether confirmed, what it touches, how it moves counts."""
    columns = [
        Column("From", share=3),
        Column("Change", share=6),
        Column("Confirmed", share=2),
        Column("Touches", share=4),
        Column("Moves counts to", share=2),
    ]
    rows = [
        [
            change.month.label,
            prose(change.title),
            "yes" if change.confirmed else "no",
            _touched(change, catalogue),
            _DIRECTION[change.direction],
        ]
        for change in changes
    ]
    if not rows:
        return "The register holds no change."
    table = pipe(columns, rows, caption="Changes of recording, the oldest first.", label=label)
    return f"::: {{.cards}}\n{table}\n:::"


def _touched(change: RecordingChange, catalogue: Catalogue) -> str:
    for ids, words in ((change.affects, ""), (change.may_affect, "perhaps ")):
        if EVERY_MEASURE in ids:
            return f"{words}all measures"
        if ids:
            return words + _named([catalogue[name] for name in ids])
    if EVERY_MEASURE in change.categories:
        return "monthly figures of all categories"
    if change.categories:
        return f"monthly figures: {listing(escape(name) for name in change.categories)}"
    return "nothing that this site shows"


def missing(gaps: Iterable[Gap], where: str, *, label: str) -> str:
    """The gaps of one kind of figures: what is missing, of what, and what follows.

    Parameters
    ----------
    where : str
        A value of `Where`.
    """
    chosen = [gap for gap in gaps if gap.where is Where(where)]
    if not chosen:
        return "Nothing is known to be missing."
    if Where(where) is Where.SOURCE:
        columns = [Column("Source", share=4), Column("What it lacks", share=8)]
        rows = [[prose(gap.source), prose(gap.what)] for gap in chosen]
    else:
        columns = [
            Column("Missing", share=5),
            Column("Measures", share=5),
            Column("What follows", share=5),
        ]
        rows = [
            [prose(gap.what), _named(gap.measures) or "not of single measures", prose(gap.follows)]
            for gap in chosen
        ]
    table = pipe(columns, rows, caption=f"Missing data: {Where(where).value}.", label=label)
    return f"::: {{.cards}}\n{table}\n:::"


def _named(measures: Sequence[Measure]) -> str:
    if len(measures) > _MANY:
        first = listing(escape(short_title(m)) for m in measures[:_MANY])
        return f"{number(len(measures))} measures, among them {first}"
    return listing(escape(short_title(m)) for m in measures)
