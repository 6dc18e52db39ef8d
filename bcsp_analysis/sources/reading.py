"""Reading many extracts: two at a time, in order, and no more ahead than memory should hold."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from bcsp_analysis.errors import BcspError
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import archives, arrow_columns, counting, street
from bcsp_analysis.sources.extracts import Extract
from bcsp_analysis.sources.record import FileRecord, Repeats
from bcsp_analysis.sources.street_rules import UNDER_INVESTIGATION, Expected, is_force

WORKERS = 2
# Far enough for the readers to go on while the engine is loaded or a force is written.
_AHEAD = 32
_ROWS_AHEAD = 2_000_000


@dataclass(frozen=True)
class Read:
    """What came of reading one extract.

    Parameters
    ----------
    digest : str
        SHA-256 of its content, uncompressed; empty where it could not be read at all.
    incidents : pyarrow.Table | None
        As `counting.prepare` returns it; None where `error` is set or the content is known.
    unsettled : float | None
        Share of its outcomes that are "Under investigation"; None where it has none.
    """

    extract: Extract
    number: int
    digest: str = ""
    incidents: pa.Table | None = None
    repeats: Repeats = field(default_factory=Repeats)
    unsettled: float | None = None
    error: BcspError | None = None


def read_all(extracts: Iterable[Extract], known: Mapping[str, FileRecord]) -> Iterator[Read]:
    """Read extracts in their order.

    Parameters
    ----------
    extracts : iterable of Extract
        What to read; each gets a number from 0.
    known : mapping
        Files, by digest, whose content need not be looked at again.
    """
    executor = ThreadPoolExecutor(WORKERS, "read")
    with archives.reader() as content:
        waiting: deque[Future[Read]] = deque()
        try:
            for number, extract in enumerate(extracts):
                waiting.append(executor.submit(_read, extract, number, content, known))
                while len(waiting) > _AHEAD or _rows(waiting) > _ROWS_AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            executor.shutdown(cancel_futures=True)


def _rows(waiting: Iterable[Future[Read]]) -> int:
    """Rows of the files that have been read and not yet been handed on."""
    done = [future.result().incidents for future in waiting if future.done()]
    return sum(len(incidents) for incidents in done if incidents is not None)


def _read(
    extract: Extract,
    number: int,
    content: Callable[[Extract], bytes],
    known: Mapping[str, FileRecord],
) -> Read:
    read = Read(extract, number)
    try:
        data = content(extract)
        read = replace(read, digest=hashlib.sha256(data).hexdigest())
        if read.digest in known and _fits(extract, known[read.digest]):
            return read
        table = street.read(data, extract.where, Expected(extract.month, extract.force))
        incidents, repeats = counting.prepare(table, number)
        return replace(read, incidents=incidents, repeats=repeats, unsettled=unsettled(table))
    except BcspError as error:
        return replace(read, error=error)


def _fits(extract: Extract, file: FileRecord) -> bool:
    """Whether a known content is what the name of this file says; else it is read, and refused."""
    return all(
        extract.month in (None, Month.parse(part.month)) and is_force(part.force, extract.force)
        for part in file.parts
    )


def unsettled(table: pa.Table) -> float | None:
    """Share of a table's outcomes that are "Under investigation"; None where it has no outcomes."""
    outcomes = street.only_chunk(table, "outcome")
    names = outcomes.dictionary.to_pylist()
    counts = np.bincount(arrow_columns.codes(outcomes), minlength=len(names))
    given = sum(int(count) for name, count in zip(names, counts, strict=True) if name)
    under = sum(
        int(count) for name, count in zip(names, counts, strict=True) if name == UNDER_INVESTIGATION
    )
    return under / given if given else None
