"""Ingest: street-level extracts in, monthly counts out.

By default one file that cannot be read stops everything: all refusals are listed and the store
stays as it was, because a month that is silently absent makes a wrong series. With `skip_refused`
the rest goes in, and the report says what was left out.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from bcsp_analysis.errors import BcspError, RefusedFilesError
from bcsp_analysis.sources import (
    completeness,
    extracts,
    ingest_report,
    ingest_text,
    record,
    store_files,
)
from bcsp_analysis.sources.extracts import Extract, Found
from bcsp_analysis.sources.ingest_report import IngestReport
from bcsp_analysis.sources.record import Record
from bcsp_analysis.sources.store_files import State

if TYPE_CHECKING:
    from bcsp_analysis.sources.draft import Draft
    from bcsp_analysis.sources.reading import Read

_NAMED_REFUSALS = 20

Tell = Callable[[str], None]


def ingest(
    paths: Sequence[Path],
    folder: Path | None = None,
    *,
    lookup: Path | None = None,
    skip_refused: bool = False,
    tell: Tell | None = None,
) -> IngestReport:
    """Read street-level extracts into a store.

    Parameters
    ----------
    paths : sequence of Path
        Files, archives and folders; see `extracts.find`.
    folder : Path
        The store; `store_files.default_folder` if not given.
    lookup : Path
        ONS change file of small areas, 2011 to 2021; see `vintages`. It stays with the store.
    skip_refused : bool
        Go on without the files that cannot be read.
    tell : function of str
        Is told of each file that was read.

    Returns
    -------
    IngestReport
        Also in the store, as ``ingest-report.json`` and ``ingest-report.md``, where the ingest
        changed it.

    Raises
    ------
    MissingFileError
        A path is not there, or holds no street-level file.
    RefusedFilesError
        Files were refused and `skip_refused` is not set, or nothing else was left.
    ReleaseError
        Two files of one month and force, and nothing tells which is the later.
    AreaCodeError
        Less than 99% of a force's rows have a code of the lookup.
    StoreError, StoreBusyError
        The store cannot be read or written, or another ingest is writing into it.
    EngineError
        The engine that ``BCSP_ENGINE`` names is not there.
    """
    began = time.perf_counter()
    store = folder or store_files.default_folder()
    found = extracts.find(paths)
    with store_files.locked(store), store_files.named_errors(store):
        state = store_files.read_state(store) or State()
        held = record.load(store, state.record)
        new = [extract for extract in found.extracts if not _is_known(extract, held)]
        if not (new or lookup or found.refused):
            return ingest_report.build(store, state, held, found, began=began)
        return _change(store, state, held, found, new, lookup, skip_refused, began, tell)


def _is_known(extract: Extract, held: Record) -> bool:
    place = held.places.get(extract.key)
    return place is not None and (place.size, place.modified) == (extract.size, extract.modified)


def _change(
    store: Path,
    state: State,
    held: Record,
    found: Found,
    new: Sequence[Extract],
    lookup: Path | None,
    skip_refused: bool,
    began: float,
    tell: Tell | None,
) -> IngestReport:
    # Only here: an ingest that finds nothing new needs neither engine nor Arrow.
    from bcsp_analysis.sources import draft as drafts
    from bcsp_analysis.sources import vintages

    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    draft = drafts.Draft(
        store, state.generation + 1, held, dict(state.partitions), now, [*found.refused]
    )
    store_files.clean(store, state.files)
    try:
        _read(draft, new, skip_refused, tell)
        _check_refusals(draft.refused, skip_refused, nothing_left=not held.files)
        areas = vintages.read_lookup(lookup) if lookup else _held_lookup(store, state)
        matches = vintages.match(drafts.rows_by_code(draft), areas) if areas else ()
        following = _next_state(draft, state, bool(lookup), areas)
    except BaseException:
        store_files.clean(store, state.files)
        raise
    report = ingest_report.build(
        store,
        following,
        draft.record,
        found,
        new=new,
        same=draft.same,
        changed=bool(draft.changed),
        refused=draft.refused,
        differences=draft.differences,
        matches=matches,
        began=began,
    )
    store_files.publish(store, following)
    store_files.replace(store / "ingest-report.json", report.json().encode())
    store_files.replace(store / "ingest-report.md", ingest_text.markdown(report).encode())
    store_files.clean(store, {*following.files, *following.before})
    return report


def _read(draft: Draft, new: Sequence[Extract], skip_refused: bool, tell: Tell | None) -> None:
    from bcsp_analysis.sources import draft as drafts
    from bcsp_analysis.sources import reading

    def told(reads: Iterable[Read]) -> Iterable[Read]:
        for read in reads:
            if tell:
                tell(read.extract.where)
            yield read

    reads = told(reading.read_all(new, dict(draft.record.files)))
    for _, same_force in groupby(reads, key=lambda read: read.extract.force):
        drafts.add(draft, same_force, counting_on=lambda: skip_refused or not draft.refused)


def _check_refusals(
    refused: Sequence[BcspError], skip_refused: bool, *, nothing_left: bool
) -> None:
    if not refused or (skip_refused and not nothing_left):
        return
    listed = [
        f"{error.where}: {error.problem} ({type(error).__name__}"
        + (f"; found {error.found})" if error.found else ")")
        for error in refused[:_NAMED_REFUSALS]
    ]
    if len(refused) > _NAMED_REFUSALS:
        listed.append(f"and {len(refused) - _NAMED_REFUSALS} more")
    raise RefusedFilesError(
        "the only file was refused"
        if len(refused) == 1 and nothing_left
        else "one file was refused; the store is as it was"
        if len(refused) == 1
        else f"{len(refused)} files were refused; the store is as it was",
        where="\n    ".join(["", *listed]).rstrip(),
        hint="put the files right; or leave them out with --skip-refused, and their months are "
        "missing",
    )


def _held_lookup(store: Path, state: State) -> dict[str, str]:
    return store_files.read_json(store, state.lookup) if state.lookup else {}


def _next_state(draft: Draft, state: State, new_lookup: bool, areas: dict[str, str]) -> State:
    """Write what belongs to the new generation beside its counts, and describe it."""
    number = f"{draft.generation:06d}"
    record_file, lookup_file = f"record-{number}.json", state.lookup
    record.save(draft.folder, record_file, draft.record)
    if new_lookup:
        lookup_file = f"lookup-{number}.json"
        store_files.write_json(draft.folder / lookup_file, areas)
    totals = draft.record.totals()
    following = State(
        draft.generation,
        dict(sorted(draft.partitions.items())),
        {
            force: {str(month): sum(counts.values()) for month, counts in months.items()}
            for force, months in totals.items()
        },
        draft.record.first_new_codes(),
        tuple(asdict(flag) for flag in completeness.judge(totals)),
        record_file,
        lookup_file,
    )
    return State(**{**vars(following), "before": tuple(sorted(state.files - following.files))})
