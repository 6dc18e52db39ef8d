"""The record of a store: every file that was read, what it held, and what came of it.

Files are known by the digest of their content, so that a copy of a file is not read as another
release. Where a file lay is remembered with its size and time of change: a file whose size and time
are the same is taken to have the same content, which is what makes a second ingest quick.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bcsp_analysis.errors import StoreError
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import store_files

KEPT = "kept"
SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Repeats:
    """Rows of a file that repeat another; the first of them is not one.

    Parameters
    ----------
    without_id : int
        Blank id, and same category and place as a row before: nothing tells them apart, and each
        is counted.
    same : int
        Same id, category, place and outcome as a row before. Not counted.
    other_outcome : int
        Same id, category and place, another outcome. Not counted.
    other_place : int
        Same id, another category or place: a separate offence. Counted.
    """

    without_id: int = 0
    same: int = 0
    other_outcome: int = 0
    other_place: int = 0

    @property
    def ids(self) -> int:
        """Rows that repeat an id."""
        return self.same + self.other_outcome + self.other_place


@dataclass(frozen=True)
class Place:
    """A file where it lay, when it was read."""

    size: int
    modified: int
    digest: str


@dataclass(frozen=True)
class Part:
    """One month of one force in a file.

    Parameters
    ----------
    month, force : str
        ISO month; as the rows name it.
    rows, incidents : int
        Rows of the file; incidents counted.
    categories : dict
        Rows and incidents by category.
    no_location, no_area, new_codes : int
        Rows without location; located but without LSOA; with a code of 2021 only.
    state : str
        `KEPT` (in the store) or `SUPERSEDED` (a later release is).
    by, decided_by : str
        Digest of the file that superseded it, and by what that was decided.
    """

    month: str
    force: str
    rows: int
    incidents: int
    categories: dict[str, tuple[int, int]]
    no_location: int
    no_area: int
    new_codes: int
    state: str = KEPT
    by: str = ""
    decided_by: str = ""


@dataclass(frozen=True)
class FileRecord:
    """One file, by content.

    Parameters
    ----------
    where, key : str
        How messages name it; the place where it lay.
    path, member : str
        That place again: the file on disk, and the name inside the archive.
    archive : str
        ISO month of its archive, empty for a loose file.
    order, modified : int
        Number in the order of reading, over all ingests; time of change in nanoseconds.
    read : str
        When it was read, ISO time in UTC.
    unsettled : float | None
        Share of outcomes "Under investigation"; None where it has no outcomes.
    repeats : Repeats
        Rows that repeat a Crime ID.
    parts : tuple of Part
        Its months and forces, as a rule one.
    """

    where: str
    key: str
    path: str
    member: str
    archive: str
    order: int
    modified: int
    read: str
    unsettled: float | None
    repeats: Repeats
    parts: tuple[Part, ...]


@dataclass
class Record:
    """All files of a store.

    Parameters
    ----------
    places : dict
        Where files lay, by address.
    files : dict
        Files by digest.
    districts : dict
        Incidents by force and district of the small area's name; blank where there is none.
    """

    places: dict[str, Place] = field(default_factory=dict)
    files: dict[str, FileRecord] = field(default_factory=dict)
    districts: dict[str, dict[str, int]] = field(default_factory=dict)

    def holding(self) -> dict[tuple[str, str], list[str]]:
        """Digests of the files on which the store stands, by month and force."""
        held: dict[tuple[str, str], list[str]] = {}
        for digest, file in self.files.items():
            for part in file.parts:
                if part.state == KEPT:
                    held.setdefault((part.month, part.force), []).append(digest)
        return held

    def part(self, digest: str, month: str, force: str) -> Part:
        """What a file holds of a month and force."""
        parts = self.files[digest].parts
        return next(part for part in parts if (part.month, part.force) == (month, force))

    def supersede(self, digest: str, month: str, force: str, by: str, decided_by: str) -> None:
        """Note that another file is the later release of a month and force."""
        file = self.files[digest]
        parts = tuple(
            replace(part, state=SUPERSEDED, by=by, decided_by=decided_by)
            if (part.month, part.force) == (month, force)
            else part
            for part in file.parts
        )
        self.files[digest] = replace(file, parts=parts)

    def kept(self) -> Iterator[Part]:
        """Every month of a force on which the store stands."""
        parts = (part for file in self.files.values() for part in file.parts)
        return (part for part in parts if part.state == KEPT)

    def first_new_codes(self) -> dict[str, str]:
        """First month with an LSOA code of 2021, by force; forces without one are left out."""
        first: dict[str, str] = {}
        for part in self.kept():
            if part.new_codes:
                first[part.force] = min(part.month, first.get(part.force, part.month))
        return dict(sorted(first.items()))

    def totals(self) -> dict[str, dict[Month, dict[str, int]]]:
        """Incidents by force, month and category of what the store holds."""
        result: dict[str, dict[Month, dict[str, int]]] = {}
        for part in self.kept():
            counts = {name: pair[1] for name, pair in part.categories.items()}
            result.setdefault(part.force, {})[Month.parse(part.month)] = counts
        return {force: dict(sorted(months.items())) for force, months in sorted(result.items())}


def load(folder: Path, name: str) -> Record:
    """Record of a store; an empty one where there is none yet.

    Raises
    ------
    StoreError
        The file cannot be read.
    """
    if not name:
        return Record()
    content = store_files.read_json(folder, name)
    try:
        return Record(
            {key: Place(*values) for key, values in content["places"].items()},
            {digest: _file(entry) for digest, entry in content["files"].items()},
            content["districts"],
        )
    except (KeyError, TypeError) as error:
        raise StoreError(
            "the record of a store cannot be read", where=name, found=repr(error)
        ) from error


def _file(entry: dict[str, Any]) -> FileRecord:
    parts = tuple(
        Part(**{**part, "categories": {k: tuple(v) for k, v in part["categories"].items()}})
        for part in entry["parts"]
    )
    return FileRecord(**{**entry, "repeats": Repeats(**entry["repeats"]), "parts": parts})


def save(folder: Path, name: str, record: Record) -> None:
    """Write a record."""
    places = {
        key: (place.size, place.modified, place.digest) for key, place in record.places.items()
    }
    files = {digest: asdict(file) for digest, file in record.files.items()}
    content = {"places": places, "files": files, "districts": record.districts}
    store_files.write_json(folder / name, content)
