"""What an ingest did: per file, per force, and what was found wrong."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bcsp_analysis import project
from bcsp_analysis.errors import BcspError
from bcsp_analysis.sources import completeness, engine_setting
from bcsp_analysis.sources.completeness import Flag
from bcsp_analysis.sources.extracts import Extract, Found, PassedOver
from bcsp_analysis.sources.record import SUPERSEDED as OUT_OF_DATE
from bcsp_analysis.sources.record import Record, Repeats
from bcsp_analysis.sources.releases import Difference
from bcsp_analysis.sources.store_files import State
from bcsp_analysis.sources.vintages import Match

ADDED = "kept"
UNCHANGED = "already in the store"
SUPERSEDED = "superseded"
SAME = "same content as another file"
SMALL_DISTRICT = 0.01


@dataclass(frozen=True)
class FileReport:
    """One month of one force in a file.

    Parameters
    ----------
    state : str
        `ADDED`, `UNCHANGED`, `SUPERSEDED` or `SAME`; `by` is the other file, `decided_by` why it
        is the later release.
    rows, incidents : int
        Rows of the file, and incidents counted.
    categories : dict
        Rows by category.
    repeats : Repeats
        Rows that repeat a Crime ID, over the whole file.
    no_location, no_area, new_codes : int
        Rows without location; located but without LSOA; with a code of 2021 only.
    """

    where: str
    month: str
    force: str
    state: str
    rows: int
    incidents: int
    categories: dict[str, int]
    repeats: Repeats
    no_location: int
    no_area: int
    new_codes: int
    by: str = ""
    decided_by: str = ""


@dataclass(frozen=True)
class Refusal:
    """A file that was refused: the error in its parts."""

    kind: str
    problem: str
    where: str
    found: str
    expected: str
    next_step: str


@dataclass(frozen=True)
class ForceReport:
    """One force in the store, after the ingest.

    Parameters
    ----------
    first, last : str
        ISO months.
    months : int
        How many are held.
    not_held : tuple of str
        ISO months between them that are not.
    districts : dict
        Incidents by district of the small area's name.
    elsewhere : int
        Incidents in districts that hold less than 1% of the force's located incidents: as a rule
        outside the force, so that an area is chosen by its LSOA, not by its force.
    first_new_code : str
        First month with a code of 2021; empty where there is none.
    """

    force: str
    first: str
    last: str
    months: int
    not_held: tuple[str, ...]
    incidents: int
    no_location: int
    no_area: int
    districts: dict[str, int]
    elsewhere: int
    first_new_code: str


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did.

    Parameters
    ----------
    changed : bool
        Whether the counts of the store are others than before.
    generation : int
        Number of the store's state.
    """

    store: str
    generation: int
    changed: bool
    written: str
    seconds: float
    engine: str
    files: tuple[FileReport, ...]
    refused: tuple[Refusal, ...]
    passed_over: tuple[PassedOver, ...]
    differences: tuple[Difference, ...]
    flags: tuple[Flag, ...]
    forces: tuple[ForceReport, ...]
    matches: tuple[Match, ...] = ()

    def data(self) -> dict[str, Any]:
        """The report as plain data."""
        return asdict(self)

    def json(self) -> str:
        """The report as JSON text."""
        return json.dumps(self.data(), ensure_ascii=False, indent=1)


def build(
    store: Path,
    state: State,
    held: Record,
    found: Found,
    *,
    new: Sequence[Extract] = (),
    same: Mapping[str, str] | None = None,
    changed: bool = False,
    refused: Sequence[BcspError] = (),
    differences: Sequence[Difference] = (),
    matches: Sequence[Match] = (),
    began: float,
) -> IngestReport:
    """The report of an ingest, from the state and record that it left.

    Parameters
    ----------
    new, same : sequence of Extract, mapping
        Files that were read; places of those with the content of another file, with its digest.
    began : float
        `time.perf_counter` at the start.
    """
    keys = {extract.key for extract in new}
    return IngestReport(
        store=project.relative(store),
        generation=state.generation,
        changed=changed,
        written=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        seconds=round(time.perf_counter() - began, 3),
        engine=engine_setting.name(),
        files=tuple(_files(found.extracts, held, keys, same or {})),
        refused=tuple(_refusal(error) for error in refused),
        passed_over=found.passed_over,
        differences=tuple(differences),
        flags=tuple(Flag(**flag) for flag in state.flags),
        forces=tuple(_forces(held)),
        matches=tuple(matches),
    )


def _files(
    extracts: Iterable[Extract], held: Record, new: Collection[str], same: Mapping[str, str]
) -> Iterator[FileReport]:
    for extract in extracts:
        place = held.places.get(extract.key)
        if place is None or place.digest not in held.files:
            continue  # refused: it is listed there
        file = held.files[place.digest]
        for part in file.parts:
            state, by = (ADDED if extract.key in new else UNCHANGED), ""
            if part.state == OUT_OF_DATE:
                state, by = SUPERSEDED, held.files[part.by].where
            elif extract.key in same:
                copied = file.key != extract.key
                state, by = (SAME, file.where) if copied else (UNCHANGED, "")
            yield FileReport(
                extract.where,
                part.month,
                part.force,
                state,
                part.rows,
                part.incidents,
                {name: pair[0] for name, pair in part.categories.items()},
                file.repeats,
                part.no_location,
                part.no_area,
                part.new_codes,
                by,
                part.decided_by,
            )


def _refusal(error: BcspError) -> Refusal:
    return Refusal(
        type(error).__name__, error.problem, error.where, error.found, error.expected, error.hint
    )


def _forces(held: Record) -> Iterator[ForceReport]:
    totals = held.totals()
    gaps = completeness.gaps(totals)
    new_codes = held.first_new_codes()
    for force, months in totals.items():
        own = [part for part in held.kept() if part.force == force]
        districts = {name: n for name, n in held.districts.get(force, {}).items() if name}
        located = sum(districts.values())
        yield ForceReport(
            force,
            str(min(months)),
            str(max(months)),
            len(months),
            tuple(map(str, gaps.get(force, ()))),
            sum(part.incidents for part in own),
            sum(part.no_location for part in own),
            sum(part.no_area for part in own),
            dict(sorted(districts.items(), key=lambda item: (-item[1], item[0]))),
            sum(n for n in districts.values() if n < SMALL_DISTRICT * located),
            new_codes.get(force, ""),
        )
