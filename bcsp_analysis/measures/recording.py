"""The register of recording changes: dates after which a count no longer counts the same thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from bcsp_analysis import project
from bcsp_analysis.errors import PeriodError, RegisterError
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import cells

EVERY_MEASURE = "*"
STATUSES = ("confirmed", "unconfirmed")
DIRECTIONS = ("down", "up", "unknown")


class Kind(StrEnum):
    """What an entry of the register is: only the first kind changes what is counted."""

    RECORDING = "recording"
    INSPECTION = "inspection"
    RELABELLING = "relabelling"
    FAULT = "fault"


@dataclass(frozen=True)
class RecordingChange:
    """One entry of the register: a change of how incidents are recorded or published.

    `month` is the first month that the change touches; `affects` and `may_affect` hold measure ids
    (``"*"``: every measure), `categories` the monthly categories; `status` says whether the
    change itself is confirmed by its source, not that its size is known. `faulty_months` are set
    where it does not shift the level for good but spoils some months of the monthly figures.
    `kind` is what the entry is, `direction` what it does to counts; `moves` holds the measures to
    which it does something else (`direction_of`).
    """

    id: str
    title: str
    month: Month
    status: str
    affects: tuple[str, ...]
    may_affect: tuple[str, ...]
    categories: tuple[str, ...]
    direction: str
    source: str
    note: str
    kind: Kind
    faulty_months: tuple[Month, ...] = ()
    moves: Mapping[str, str] = field(default_factory=dict)

    @property
    def confirmed(self) -> bool:
        """Whether the change itself is confirmed by its source."""
        return self.status == "confirmed"

    def touches(self, measure_id: str) -> bool:
        """Whether the register says that the measure is affected."""
        return measure_id in self.affects or EVERY_MEASURE in self.affects

    def may_touch(self, measure_id: str) -> bool:
        """Whether the register says that the measure may be affected."""
        return measure_id in self.may_affect or EVERY_MEASURE in self.may_affect

    def direction_of(self, measure_id: str) -> str:
        """What it does to counts of the measure by itself, one of `DIRECTIONS`."""
        return self.moves.get(measure_id, self.direction)


def load(
    file: Path | None = None, catalogue: Catalogue | None = None
) -> tuple[RecordingChange, ...]:
    """Read the register, oldest change first; with a catalogue, check the measure ids too.

    Raises
    ------
    RegisterError, MissingFileError
        An entry lacks a key, repeats an id, or holds a value that is not allowed.
    """
    file = file or project.path("data", "recording_changes.toml")
    where = project.relative(file)
    changes: dict[str, RecordingChange] = {}
    for number, entry in enumerate(cells.read_toml(file).get("change", []), start=1):
        place = f"{where}, change {number} ({entry.get('id', 'no id')})"
        change = _change(entry, place)
        if change.id in changes:
            raise RegisterError("a change id twice", where=place, found=change.id)
        for measure_id in (*change.affects, *change.may_affect):
            if catalogue is not None and measure_id != EVERY_MEASURE:
                catalogue[measure_id]
        changes[change.id] = change
    return tuple(sorted(changes.values(), key=lambda change: change.month))


_OPTIONAL = frozenset({"note", "faulty_months", "moves"})


def _change(entry: Mapping[str, Any], place: str) -> RecordingChange:
    missing = sorted(set(RecordingChange.__dataclass_fields__) - _OPTIONAL - set(entry))
    if missing:
        raise RegisterError(
            "an entry without all its keys", where=place, found=f"no {', '.join(missing)}"
        )
    moves = dict(entry.get("moves", {}))
    for key, allowed, values in (
        ("status", STATUSES, [entry["status"]]),
        ("kind", tuple(Kind), [entry["kind"]]),
        ("direction", DIRECTIONS, [entry["direction"]]),
        ("moves", DIRECTIONS, list(moves.values())),
    ):
        wrong = [value for value in values if value not in allowed]
        if wrong:
            raise RegisterError(
                "a value that is not allowed",
                where=f"{place}, {key}",
                found=repr(wrong[0]),
                expected=" or ".join(allowed),
            )
    change = RecordingChange(
        id=entry["id"],
        title=entry["title"],
        month=_month(entry["month"], f"{place}, month"),
        status=entry["status"],
        affects=tuple(entry["affects"]),
        may_affect=tuple(entry["may_affect"]),
        categories=tuple(entry["categories"]),
        direction=entry["direction"],
        source=entry["source"],
        note=entry.get("note", ""),
        kind=Kind(entry["kind"]),
        faulty_months=tuple(
            _month(text, f"{place}, faulty_months") for text in entry.get("faulty_months", [])
        ),
        moves=moves,
    )
    untouched = [n for n in moves if not (change.touches(n) or change.may_touch(n))]
    if untouched:
        raise RegisterError(
            "a direction for a measure that the change does not touch",
            where=f"{place}, moves",
            found=untouched[0],
            expected="a measure named under affects or may_affect",
        )
    return change


def _month(text: str, place: str) -> Month:
    try:
        return Month.parse(text)
    except PeriodError as error:
        raise RegisterError(
            "not a month", where=place, found=error.found, expected=error.expected
        ) from error


def between(
    changes: Iterable[RecordingChange],
    measure_id: str,
    first: Month,
    last: Month,
    *,
    possible: bool = False,
) -> tuple[RecordingChange, ...]:
    """Changes that make counts of `measure_id` from `first` to `last` differ in what they count.

    A change in the first month itself touches all months alike and does not count. Only confirmed
    changes that affect the measure are returned; with `possible`, instead, the unconfirmed ones and
    those that only may affect it.
    """
    inside = [c for c in changes if first < c.month <= last]
    certain = [c for c in inside if c.confirmed and c.touches(measure_id)]
    if not possible:
        return tuple(certain)
    return tuple(
        c for c in inside if c not in certain and (c.touches(measure_id) or c.may_touch(measure_id))
    )


def steps(
    changes: Iterable[RecordingChange], category: str, first: Month, last: Month
) -> tuple[Month, ...]:
    """Months inside a monthly series at which the register says that its level may step.

    Confirmed and unconfirmed changes count alike: a step that is not there costs one degree of
    freedom, one that is missed passes for chance. A change that spoils single months is no step.
    Each month once, in order.
    """
    return tuple(
        sorted(
            {
                c.month
                for c in changes
                if first < c.month <= last and _in_category(c, category) and not c.faulty_months
            }
        )
    )


def faulty_months(changes: Iterable[RecordingChange], category: str) -> tuple[Month, ...]:
    """Months of a monthly series that the register knows to be faulty, in order."""
    return tuple(sorted({m for c in changes if _in_category(c, category) for m in c.faulty_months}))


def _in_category(change: RecordingChange, category: str) -> bool:
    return category in change.categories or EVERY_MEASURE in change.categories
