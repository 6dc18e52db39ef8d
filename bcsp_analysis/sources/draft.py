"""The next state of a store while an ingest makes it.

Nothing here counts before `store_files.publish`: counts are written into new files beside the old
ones, one force after the other, so that what is in memory is the counts of one force.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from bcsp_analysis.errors import BcspError
from bcsp_analysis.sources import (
    archives,
    arrow_columns,
    counting,
    partitions,
    releases,
    street,
)
from bcsp_analysis.sources.extracts import Extract
from bcsp_analysis.sources.reading import Read
from bcsp_analysis.sources.record import FileRecord, Part, Place, Record
from bcsp_analysis.sources.releases import Difference, Release

_ROWS_AT_ONCE = 400_000
IN_PLACE = "the file at this place was replaced"


@dataclass
class Draft:
    """What an ingest has made so far.

    Parameters
    ----------
    folder, generation : Path, int
        The store, and the number of the state that is being made.
    record, partitions : Record, dict
        As they will be published.
    read_at : str
        ISO time that new files are recorded with.
    refused : list
        Errors of the files that were refused.
    same : dict
        Places of files whose content another file has, with the digest.
    """

    folder: Path
    generation: int
    record: Record
    partitions: dict[str, str]
    read_at: str
    refused: list[BcspError] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    same: dict[str, str] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)


def add(draft: Draft, reads: Iterable[Read], *, counting_on: Callable[[], bool]) -> None:
    """Count the files of one force and write its counts.

    Parameters
    ----------
    reads : iterable of Read
        Files whose name gives the same force, or none.
    counting_on : function
        Whether counts are still wanted: after a refusal that ends the ingest the remaining files
        are only looked at, so that every refusal can be listed.
    """
    counted: list[pa.Table] = []
    waiting: list[pa.Table] = []
    new: dict[int, Read] = {}
    seen: set[str] = set()
    for read in reads:
        if read.error is not None:
            draft.refused.append(read.error)
            continue
        if read.incidents is None or read.digest in seen or read.digest in draft.record.files:
            draft.same[read.extract.key] = read.digest
            _note_place(draft, read)
            continue
        if counting_on():
            seen.add(read.digest)
            new[read.number] = Read(
                read.extract, read.number, read.digest, None, read.repeats, read.unsettled
            )
            waiting.append(read.incidents)
            if sum(map(len, waiting)) >= _ROWS_AT_ONCE:
                counted.append(counting.count(pa.concat_tables(waiting)))
                waiting.clear()
        del read
    if waiting:
        counted.append(counting.count(pa.concat_tables(waiting)))
        waiting.clear()
    if counted and counting_on():
        counts = partitions.one_dictionary(pa.concat_tables(counted))
        counted.clear()
        _take_in(draft, new, counts)


def _note_place(draft: Draft, read: Read) -> None:
    extract = read.extract
    draft.record.places[extract.key] = Place(extract.size, extract.modified, read.digest)


def _take_in(draft: Draft, new: dict[int, Read], counts: pa.Table) -> None:
    replaced = {
        read.extract.key: draft.record.places.get(read.extract.key) for read in new.values()
    }
    parts = _parts(counts)
    for number, read in new.items():
        draft.record.files[read.digest] = _file_record(draft, read, parts[number])
        _note_place(draft, read)
    numbers = {read.digest: number for number, read in new.items()}
    holding = draft.record.holding()
    winners: dict[str, dict[str, int]] = {}
    with archives.reader() as content:
        for month, force in sorted({(p.month, p.force) for found in parts.values() for p in found}):
            candidates = holding[month, force]
            here = {digest: numbers[digest] for digest in candidates if digest in numbers}
            winner = candidates[0]
            if len(candidates) > 1:
                winner = _decide(draft, month, force, candidates, here, new, replaced, content)
            if winner in here:
                winners.setdefault(force, {})[month] = here[winner]
    for force, months in winners.items():
        _write(draft, force, months, counts)


def _parts(counts: pa.Table) -> dict[int, tuple[Part, ...]]:
    """Months and forces of each file, by its number."""
    keys = ("source", "month", "force")
    categories: dict[tuple[int, str, str], dict[str, tuple[int, int]]] = {}
    for (*file, category), rows, incidents in partitions.totals(counts, (*keys, "category")):
        categories.setdefault(tuple(file), {})[category] = (rows, incidents)
    special = {
        what: {key: rows for key, rows, _ in partitions.totals(counts, keys, chosen)}
        for what, chosen in (
            ("no_location", partitions.has_name(counts, counting.NO_LOCATION)),
            ("no_area", partitions.has_name(counts, counting.NO_AREA)),
            ("new_codes", partitions.has_new_code(counts)),
        )
    }
    found: dict[int, list[Part]] = {}
    for key, rows, incidents in partitions.totals(counts, keys):
        number, month, force = key
        part = Part(
            month,
            force,
            rows,
            incidents,
            categories[key],
            special["no_location"].get(key, 0),
            special["no_area"].get(key, 0),
            special["new_codes"].get(key, 0),
        )
        found.setdefault(number, []).append(part)
    return {
        number: tuple(sorted(each, key=lambda part: (part.month, part.force)))
        for number, each in found.items()
    }


def _file_record(draft: Draft, read: Read, parts: tuple[Part, ...]) -> FileRecord:
    extract = read.extract
    return FileRecord(
        extract.where,
        extract.key,
        extract.path.as_posix(),
        extract.member,
        extract.release,
        (draft.generation << 16) + extract.given,
        extract.modified,
        draft.read_at,
        read.unsettled,
        read.repeats,
        parts,
    )


def _decide(
    draft: Draft,
    month: str,
    force: str,
    candidates: list[str],
    here: dict[str, int],
    new: dict[int, Read],
    replaced: dict[str, Place | None],
    content: Callable[[Extract], bytes],
) -> str:
    """Digest of the file that a month and force stand on; notes the others as superseded."""
    record = draft.record
    gone = {
        place.digest
        for number in here.values()
        if (place := replaced[new[number].extract.key]) is not None
    }
    standing = [digest for digest in candidates if digest not in gone] or candidates
    winner, reason = releases.latest(
        [_release(record, digest) for digest in standing], f"{force}, {month}"
    )
    for digest in candidates:
        if digest == winner.source:
            continue
        why = reason if digest in standing else IN_PLACE
        record.supersede(digest, month, force, winner.source, why)
        draft.differences.append(
            _difference(record, month, force, digest, winner.source, why, content)
        )
    return winner.source


def _release(record: Record, digest: str) -> Release:
    file = record.files[digest]
    return Release(digest, file.where, file.archive, file.unsettled, file.order, file.modified)


def _difference(
    record: Record,
    month: str,
    force: str,
    earlier: str,
    later: str,
    reason: str,
    content: Callable[[Extract], bytes],
) -> Difference:
    before, after = (record.files[digest] for digest in (earlier, later))
    parts = [record.part(digest, month, force) for digest in (earlier, later)]
    rows = [{name: pair[0] for name, pair in part.categories.items()} for part in parts]
    tables = [_content_again(record, digest, content) for digest in (earlier, later)]
    ids: dict[str, int] = {}
    if tables[0] is not None and tables[1] is not None:
        ids = releases.id_differences(
            *(_only(table, month, force) for table in tables if table is not None)
        )
    return Difference(
        force,
        month,
        before.where,
        after.where,
        reason,
        parts[0].rows,
        parts[1].rows,
        **ids,
        categories=releases.category_differences(*rows),
    )


def _content_again(
    record: Record, digest: str, content: Callable[[Extract], bytes]
) -> pa.Table | None:
    """A file read a second time; None where it is gone or another one lies in its place."""
    file = record.files[digest]
    try:
        data = content(Extract(Path(file.path), file.member, file.where))
    except BcspError:
        return None
    if hashlib.sha256(data).hexdigest() != digest:
        return None
    return street.read(data, file.where)


def _only(table: pa.Table, month: str, force: str) -> pa.Table:
    of_force = street.is_text(table, "force", force.strip(string.whitespace))
    return table.filter(arrow_columns.array(of_force & street.is_text(table, "month", month)))


def _write(draft: Draft, force: str, months: dict[str, int], counts: pa.Table) -> None:
    """Put the winning months of a force in the place of what is there."""
    chosen = partitions.rows_of(counts, force, months)
    current = draft.partitions.get(force)
    old = partitions.read(draft.folder / current) if current else None
    merged = partitions.merge(old, set(months), counts.filter(arrow_columns.array(chosen)))
    name = partitions.name(force, draft.generation, len(draft.changed))
    draft.changed.add(name)
    partitions.write(draft.folder / name, merged)
    draft.partitions[force] = name
    districts: dict[str, int] = {}
    for (place,), _, incidents in partitions.totals(merged, ["lsoa_name"]):
        district = partitions.district(place)
        districts[district] = districts.get(district, 0) + incidents
    draft.record.districts[force] = districts


def rows_by_code(draft: Draft) -> dict[str, dict[str, int]]:
    """Rows by force and LSOA code, rows without a code left out."""
    result: dict[str, dict[str, int]] = {}
    for force, name in draft.partitions.items():
        counts = partitions.one_dictionary(partitions.read(draft.folder / name))
        result[force] = {
            code: rows for (code,), rows, _ in partitions.totals(counts, ["lsoa_code"]) if code
        }
    return result
