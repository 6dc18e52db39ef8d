"""Sentences on recording changes and on missing data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bcsp_analysis.measures.missing import Gap, Where
from bcsp_analysis.measures.recording import Kind, RecordingChange
from bcsp_analysis.periods import Span
from bcsp_analysis.present.text.numbers import begun, listing, number, plural, spelled


def recording_summary(changes: Sequence[RecordingChange], compared: Span) -> str:
    """How many changes the register holds, what else, and which lie between the periods compared.

    Inspections, new labels of published categories and faults in published figures stand in the
    register too, since they touch charts and tests; they are not counted as changes of recording.
    """
    found = _of(changes, Kind.RECORDING)
    if not found:
        return " ".join(
            (
                "**The register holds no change of recording.** That is no proof that there was "
                "none.",
                *_besides(changes),
            )
        )
    confirmed = sum(change.confirmed for change in found)
    inside = [c for c in found if compared.first < c.month <= compared.last]
    head = (
        f"**{begun(plural(len(found), 'change'))} of recording, {spelled(confirmed)} of them "
        "confirmed.**"
    )
    told = (
        f"{begun(spelled(len(inside)))} of them {'falls' if len(inside) == 1 else 'fall'} within "
        f"{compared.label}, the months that are compared: "
        f"{listing(change.month.label for change in inside)}. Across such a month a count may move "
        "although nothing happened."
        if inside
        else f"None falls within {compared.label}, the months that are compared."
    )
    return " ".join((head, told, *_besides(changes)))


def _of(changes: Iterable[RecordingChange], kind: Kind) -> list[RecordingChange]:
    return [change for change in changes if change.kind is kind]


_BESIDES = {
    Kind.INSPECTION: ("inspection of recording", "inspections of recording"),
    Kind.RELABELLING: (
        "relabelling of published categories",
        "relabellings of published categories",
    ),
    Kind.FAULT: ("fault in published figures", "faults in published figures"),
}


def _besides(changes: Iterable[RecordingChange]) -> list[str]:
    """What the register holds besides changes of recording: one sentence, or nothing."""
    register = list(changes)
    held = [
        plural(len(found), *words)
        for kind, words in _BESIDES.items()
        if (found := _of(register, kind))
    ]
    return [f"The register also holds {listing(held)}."] if held else []


def recording_title(changes: Sequence[RecordingChange]) -> str:
    """Title of the timeline, plain text."""
    found = _of(changes, Kind.RECORDING)
    unconfirmed = sum(not change.confirmed for change in found)
    if not found:
        return "No change of recording is known"
    if not unconfirmed:
        return "All known changes of recording are confirmed"
    return (
        f"{number(unconfirmed)} of {number(len(found))} known changes of recording are not "
        "confirmed"
    )


def missing_summary(gaps: Iterable[Gap]) -> str:
    """What is missing, by the figures that it is missing in; measures are counted, not rows."""
    found = list(gaps)
    if not found:
        return "**Nothing is known to be missing.** That is no proof that nothing is."
    where = listing(_IN[one] for one in Where if any(gap.where is one for gap in found))
    of_measures = [
        f"{gap.what[:1].lower()}{gap.what[1:].rstrip('.')} ({plural(len(gap.measures), 'measure')})"
        for gap in found
        if gap.measures
    ]
    told = f" Of single measures: {'; '.join(of_measures)}." if of_measures else ""
    return (
        f"**Figures are missing in {where}.**{told} A gap is not a zero: what is missing is shown "
        "as missing and enters no sum."
    )


_IN = {
    Where.TABLE: "the report's table",
    Where.MONTHLY: "the monthly figures",
    Where.SOURCE: "what the sources say of themselves",
}
