"""Tables of recording changes and of missing data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bcsp_analysis.markup import escape, prose
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.measures.missing import Gap, Where
from bcsp_analysis.measures.recording import EVERY_MEASURE, Kind, RecordingChange
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.boxes import folded
from bcsp_analysis.present.text.grades import inner_title, short_title
from bcsp_analysis.present.text.numbers import listing, plural

_DIRECTION = {"down": "fewer", "up": "more", "unknown": "not known"}
_KIND = {
    Kind.RECORDING: "change of recording",
    Kind.INSPECTION: "inspection",
    Kind.RELABELLING: "new labels",
    Kind.FAULT: "fault in figures",
}
_MANY = 5  # measures named in a cell; more are counted there and named below the table
_NAMED = "Show all measures by name"


def recording_changes(
    changes: Iterable[RecordingChange], catalogue: Catalogue, *, label: str
) -> str:
    """The register: month, change, whether confirmed, what it touches, how it moves counts."""
    columns = [
        Column("From", share=3),
        Column("Entry", share=6),
        Column("Kind", share=3),
        Column("Confirmed", share=2),
        Column("Touches", share=4),
        Column("Moves counts to", share=3),
    ]
    register = list(changes)
    rows = [
        [
            change.month.label,
            prose(change.title),
            _KIND[change.kind],
            "yes" if change.confirmed else "no",
            _touched(change, catalogue),
            _moves(change, catalogue),
        ]
        for change in register
    ]
    if not rows:
        return "The register holds no change."
    table = pipe(columns, rows, caption="Entries of the register, the oldest first.", label=label)
    named = [
        f"- **{change.month.label}**, {prose(change.title)}: "
        f"{_touched(change, catalogue, in_full=True)}."
        for change in register
        if max(len(change.affects), len(change.may_affect)) > _MANY
    ]
    return _with_names(table, named)


def _moves(change: RecordingChange, catalogue: Catalogue) -> str:
    """What it does to counts; measures that it moves otherwise are named."""
    others = [
        f"of {escape(inner_title(catalogue[name]))} {_DIRECTION[way]}"
        for name, way in change.moves.items()
    ]
    return "; ".join([_DIRECTION[change.direction], *others])


def _touched(change: RecordingChange, catalogue: Catalogue, *, in_full: bool = False) -> str:
    """The measures that it touches, and those that it may; else the monthly figures."""
    parts = []
    for ids, words in ((change.affects, ""), (change.may_affect, "perhaps ")):
        if EVERY_MEASURE in ids:
            parts.append(f"{words}all measures")
        elif ids:
            measures = [catalogue[name] for name in ids]
            more = "more " if parts and len(ids) > _MANY and not in_full else ""
            parts.append(words + _named(measures, more=more, in_full=in_full))
    if parts:
        return "; ".join(parts)
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
    named = [
        f"- {prose(gap.what.rstrip('.'))}: {_named(gap.measures, in_full=True)}."
        for gap in chosen
        if len(gap.measures) > _MANY
    ]
    return _with_names(table, named)


def _with_names(table: str, named: Sequence[str]) -> str:
    """The table as cards, and below it, folded, the measures that its cells only count."""
    cards = f"::: {{.cards}}\n{table}\n:::"
    return f"{cards}\n\n{folded(chr(10).join(named), _NAMED)}" if named else cards


def _named(measures: Sequence[Measure], *, more: str = "", in_full: bool = False) -> str:
    if len(measures) > _MANY and not in_full:
        return plural(len(measures), f"{more}measure")
    return listing(escape(short_title(m)) for m in measures)
