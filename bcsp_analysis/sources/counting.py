"""From incidents to monthly counts: the rules, and the one expression that applies them.

Repeated ids
------------
A blank Crime ID names nothing: anti-social behaviour has none, nor has anything from the British
Transport Police, and rows that are equal in every cell are still separate incidents.

An id that is not blank names one crime. Within a month of a force some rows repeat one:

- same category and place: one crime, however many outcomes it has had. It counts once.
- another category or another place: separate offences under one number. Each counts.

Ids do not repeat across months (none of the files examined does), so rows of different months are
never compared. ``rows`` keeps the number of rows beside ``incidents``, for comparison with figures
that others have counted row by row.

Places
------
A row without LSOA is never dropped. Its ``lsoa_code`` is blank and its ``lsoa_name`` says why:
`NO_LOCATION` where it has no coordinates either, `NO_AREA` where it has (Northern Ireland, and the
layout of 2010 to 2012).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from bcsp_analysis.sources import arrow_columns, street
from bcsp_analysis.sources.record import Repeats

if TYPE_CHECKING:
    from ibis.expr.types import Table

NO_LOCATION = "No location"
NO_AREA = "Located, but no LSOA"

KEYS = ("month", "force", "lsoa_code", "lsoa_name", "category")
SCHEMA = pa.schema(
    [
        ("source", pa.int32()),
        *((name, pa.dictionary(pa.int32(), pa.string())) for name in KEYS),
        ("incidents", pa.int32()),
        ("rows", pa.int32()),
    ]
)
"""Columns of `count`: ``source`` numbers the file; ``incidents`` and ``rows`` as said above."""

_ID_LENGTH = 64


def prepare(incidents: pa.Table, source: int) -> tuple[pa.Table, Repeats]:
    """Mark the rows that are not incidents of their own.

    Parameters
    ----------
    incidents : pyarrow.Table
        As `street.read` returns it.
    source : int
        Number of the file, returned with its counts.

    Returns
    -------
    pyarrow.Table
        `KEYS`; ``placed`` (bool), whether the row has coordinates; ``counts`` (int8), 0 for a row
        that repeats a crime and 1 for every other; ``source`` (int32).
    Repeats
        What was found about the ids.
    """
    rows = len(incidents)
    ids = street.only_chunk(incidents, "crime_id")
    at = _repeated(ids)
    counts = np.ones(rows, np.int8)
    repeats = Repeats()
    if len(at):
        names = ["crime_id", "month", "force", "category", "x", "y", "lsoa_code", "outcome"]
        cells = incidents.select(names).take(arrow_columns.array(at))
        repeats, first = _repeats(list(zip(*map(_values, cells.columns), strict=True)))
        counts[at[~np.array(first)]] = 0
    x, y, *_ = street.places(incidents)
    without_id = _alike(incidents, x, y, np.flatnonzero(_lengths(ids) == 0))
    columns = [street.only_chunk(incidents, name) for name in KEYS]
    added = [(x != 0) | (y != 0), counts, np.full(rows, source, np.int32)]
    prepared = pa.table(
        [*columns, *map(arrow_columns.array, added)], names=[*KEYS, "placed", "counts", "source"]
    )
    return prepared, replace(repeats, without_id=without_id)


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Values of a column, texts by their number: within one file that is the same."""
    array = column.chunk(0)
    return (array.indices if pa.types.is_dictionary(array.type) else array).to_pylist()


def _repeats(rows: list[tuple[object, ...]]) -> tuple[Repeats, list[bool]]:
    """How rows of repeated ids repeat each other; whether each is the first of its crime.

    The last cell of a row is the outcome, the first the id; a crime is all but the outcome.
    """
    seen: set[tuple[object, ...]] = set()
    first: list[bool] = []
    for *crime, _ in rows:
        first.append(tuple(crime) not in seen)
        seen.add(tuple(crime))
    repeats = Repeats(
        same=len(rows) - len(set(rows)),
        other_outcome=len(set(rows)) - len(seen),
        other_place=len(seen) - len({crime[0] for crime in seen}),
    )
    return repeats, first


def _alike(incidents: pa.Table, x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> int:
    """How many of these rows have category and place of a row before."""
    if len(rows) == 0:
        return 0
    category, code = (
        arrow_columns.codes(street.only_chunk(incidents, name))[rows]
        for name in ("category", "lsoa_code")
    )
    keys = [category, code, x[rows], y[rows]]
    order = np.lexsort(keys)
    same = [key[order][1:] == key[order][:-1] for key in keys]
    return int(np.logical_and.reduce(same).sum())


def _offsets(ids: pa.Array) -> np.ndarray:
    return np.frombuffer(ids.buffers()[1], np.int32)[ids.offset : ids.offset + len(ids) + 1]


def _lengths(ids: pa.Array) -> np.ndarray:
    return np.diff(_offsets(ids))


def _repeated(ids: pa.Array) -> np.ndarray:
    """Rows whose id is not blank and occurs more than once."""
    lengths = _lengths(ids)
    filled = np.flatnonzero(lengths)
    if len(filled) == 0:
        return filled
    if (lengths[filled] == _ID_LENGTH).all():
        # Ids are digests of one length: a number made of their first bytes tells nearly all of
        # them apart, and numbers sort much faster than text. What is left is compared in full.
        first, last = (int(offset) for offset in _offsets(ids)[[0, -1]])
        digests = np.frombuffer(ids.buffers()[2], np.uint8)[first:last].view(np.uint64)
        digests = digests.reshape(-1, _ID_LENGTH // 8)
        keys = digests[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ digests[:, 1]
        ordered = np.sort(keys)
        shared = ordered[1:][ordered[1:] == ordered[:-1]]
        marks = np.zeros(1 << 16, bool)
        marks[shared & np.uint64(0xFFFF)] = True
        filled = filled[marks[keys & np.uint64(0xFFFF)]]
    written = ids.take(arrow_columns.array(filled)).to_pylist()
    seen: dict[str, int] = {}
    for text in written:
        seen[text] = seen.get(text, 0) + 1
    return filled[np.array([bool(text.strip()) and seen[text] > 1 for text in written], bool)]


def expression(incidents: Table) -> Table:
    """Counts by file, month, force, small area and category.

    Parameters
    ----------
    incidents : ibis Table
        Columns of `prepare`, with a number for each text of `KEYS` (int32): numbers are grouped
        much faster than texts; and ``blank`` (bool), whether the small area has no code.

    Returns
    -------
    ibis Table
        ``source``, `KEYS` (numbers still), ``located`` (bool: without code, but with a place),
        ``incidents`` and ``rows``, in no particular order.
    """
    flagged = incidents.mutate(located=incidents.blank & incidents.placed)
    return flagged.group_by("source", *KEYS, "located").aggregate(
        incidents=flagged.counts.sum().cast("int32"), rows=flagged.count().cast("int32")
    )


def count(incidents: pa.Table, engine: str = "") -> pa.Table:
    """Evaluate `expression` on rows with texts.

    Parameters
    ----------
    incidents : pyarrow.Table
        Tables of `prepare`, one below the other.
    engine : str
        See `engines.connect`.

    Returns
    -------
    pyarrow.Table
        Columns of `SCHEMA`, in no particular order.
    """
    # Only here: the engine is loaded while the first files are being read.
    from bcsp_analysis.sources import engines

    unified = incidents.unify_dictionaries().combine_chunks()
    texts: dict[str, list[str]] = {}
    for at, name in enumerate(unified.column_names):
        if name in KEYS:
            array = unified.column(name).chunk(0)
            texts[name] = array.dictionary.to_pylist()
            unified = unified.set_column(at, name, array.indices)
    blank = _blank(texts)[arrow_columns.numbers(unified.column("lsoa_code").chunk(0))]
    unified = unified.append_column("blank", arrow_columns.array(blank))
    return _with_texts(engines.evaluate_on(unified, expression, engine), texts)


def _blank(texts: Mapping[str, list[str]]) -> np.ndarray:
    """For each number of a small area, whether it stands for no code."""
    return np.array([not text for text in texts["lsoa_code"]], bool)


def _with_texts(counts: pa.Table, texts: Mapping[str, list[str]]) -> pa.Table:
    """The texts of the numbers, and the name of a place without an LSOA."""
    chunks = {name: counts.column(name).combine_chunks() for name in counts.column_names}
    names = texts["lsoa_name"]
    blank = _blank(texts)[arrow_columns.numbers(chunks["lsoa_code"])]
    unnamed = np.where(arrow_columns.flags(chunks["located"]), len(names), len(names) + 1)
    named = np.where(blank, unnamed, arrow_columns.numbers(chunks["lsoa_name"])).astype(np.int32)
    columns = []
    for field in SCHEMA:
        if field.name == "lsoa_name":
            columns.append(arrow_columns.coded(named, [*names, NO_AREA, NO_LOCATION]))
        elif field.name in texts:
            known = arrow_columns.texts(texts[field.name])
            columns.append(pa.DictionaryArray.from_arrays(chunks[field.name], known))
        else:
            columns.append(chunks[field.name].cast(field.type))
    return pa.table(columns, schema=SCHEMA)
