"""The Parquet files of a store: monthly counts of one force each, sorted by small area.

Sorted so, the series of one area lies in one or two row groups, and repeated texts pack to nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bcsp_analysis.sources import arrow_columns, counting, store_files
from bcsp_analysis.sources.counting import NO_AREA, NO_LOCATION
from bcsp_analysis.sources.vintages import is_new

_ROWS_IN_GROUP = 1 << 15
_MOST_CELLS = 1 << 22
_LARGEST_KEY = 1 << 62
_ORDER = ("lsoa_code", "lsoa_name", "category", "month")
SCHEMA = pa.schema([field for field in counting.SCHEMA if field.name != "source"])
"""Columns of a partition: those of `counting.SCHEMA` without ``source``."""


def name(force: str, generation: int, number: int) -> str:
    """File of a force's counts, relative to the store; `number` is unique within a generation."""
    slug = re.sub(r"[^a-z0-9]+", "-", force.casefold()).strip("-")[:60] or "force"
    return f"{store_files.COUNTS}/{slug}-{number:03d}-{generation:06d}.parquet"


def read(file: Path) -> pa.Table:
    """Counts of one force, columns of `SCHEMA`."""
    return pq.read_table(file, schema=SCHEMA)


def merge(old: pa.Table | None, without: Collection[str], new: pa.Table) -> pa.Table:
    """Old counts without some months, and new ones, in the order of the store.

    Parameters
    ----------
    old : pyarrow.Table | None
        As `read` returns it.
    without : collection of str
        ISO months that the new counts replace.
    new : pyarrow.Table
        Columns of `SCHEMA` at least.
    """
    parts = [new.select(SCHEMA.names)]
    if old is not None:
        parts.append(old.filter(arrow_columns.array(~_holds(old, "month", without))))
    return _sorted(one_dictionary(pa.concat_tables(parts)))


def one_dictionary(table: pa.Table) -> pa.Table:
    """The table in one chunk, with one dictionary for each column."""
    return table.unify_dictionaries().combine_chunks()


def _holds(table: pa.Table, column: str, texts: Collection[str]) -> np.ndarray:
    """Which rows hold one of some texts."""
    if len(table) == 0:
        return np.zeros(0, bool)
    array = one_dictionary(table.select([column])).column(0).chunk(0)
    wanted = np.array([text in texts for text in array.dictionary.to_pylist()], bool)
    return wanted[arrow_columns.codes(array)]


def _sorted(table: pa.Table) -> pa.Table:
    """Rows and dictionaries in order, so that the same counts make the same file."""
    if len(table) == 0:
        return table
    ranked: dict[str, tuple[np.ndarray, list[str]]] = {}
    for column in counting.KEYS:
        array = table.column(column).chunk(0)
        texts = array.dictionary.to_pylist()
        codes = arrow_columns.codes(array)
        found = np.flatnonzero(np.bincount(codes, minlength=len(texts))).tolist()
        used = sorted(found, key=texts.__getitem__)
        rank = np.zeros(len(texts), np.int32)
        rank[used] = np.arange(len(used), dtype=np.int32)
        ranked[column] = rank[codes], [texts[code] for code in used]
    order = _order([ranked[column][0] for column in _ORDER])
    columns = [
        arrow_columns.coded(ranked[name][0][order], ranked[name][1])
        if name in ranked
        else table.column(name).take(arrow_columns.array(order))
        for name in SCHEMA.names
    ]
    return pa.table(columns, schema=SCHEMA)


def _order(ranks: Sequence[np.ndarray]) -> np.ndarray:
    """Order of rows by several columns of numbers, the first column deciding first."""
    shape = tuple(int(rank.max()) + 1 for rank in ranks)
    if math.prod(shape) > _LARGEST_KEY:
        return np.lexsort(list(reversed(ranks)))
    # One number for each row sorts several times as fast as four.
    return np.argsort(np.ravel_multi_index(tuple(ranks), shape), kind="stable")


def write(file: Path, counts: pa.Table) -> None:
    """Write the counts of one force and see that they are on the disk."""
    store_files.write(
        file,
        lambda stream: pq.write_table(
            counts,
            stream,
            compression="zstd",
            row_group_size=_ROWS_IN_GROUP,
            # Months and categories of a group of areas are nearly all there are.
            write_statistics=["lsoa_code", "lsoa_name"],
        ),
    )


def totals(
    counts: pa.Table, keys: Sequence[str], rows: np.ndarray | None = None
) -> list[tuple[tuple[Any, ...], int, int]]:
    """Sums of ``rows`` and ``incidents`` by some columns.

    Parameters
    ----------
    counts : pyarrow.Table
        In one chunk, with one dictionary for each column.
    keys : sequence of str
        Columns of text, or ``source``.
    rows : ndarray of bool
        Which rows to add up; all if not given.

    Returns
    -------
    list of (key, rows, incidents)
    """
    if len(counts) == 0:
        return []
    chosen = slice(None) if rows is None else rows
    codes: list[np.ndarray] = []
    meanings: list[Sequence[Any]] = []
    for key in keys:
        array = counts.column(key).chunk(0)
        if pa.types.is_dictionary(array.type):
            codes.append(arrow_columns.codes(array)[chosen])
            meanings.append(array.dictionary.to_pylist())
        else:
            numbers = arrow_columns.numbers(array)
            codes.append(numbers[chosen])
            meanings.append(range(int(numbers.max()) + 1))
    shape = tuple(len(meaning) for meaning in meanings)
    groups = np.ravel_multi_index(tuple(codes), shape)
    cells = math.prod(shape)
    if cells > _MOST_CELLS:
        found, groups = np.unique(groups, return_inverse=True)
        cells = len(found)
    added = [
        arrow_columns.numbers(counts.column(name).chunk(0))[chosen]
        for name in ("rows", "incidents")
    ]
    sums = [np.bincount(groups, number, cells).astype(np.int64) for number in added]
    if cells == math.prod(shape):
        found = np.flatnonzero(sums[0])
        sums = [total[found] for total in sums]
    positions = zip(*(axis.tolist() for axis in np.unravel_index(found, shape)), strict=True)
    return [
        (tuple(meaning[at] for meaning, at in zip(meanings, position, strict=True)), row, incident)
        for position, row, incident in zip(positions, *(s.tolist() for s in sums), strict=True)
    ]


def has_name(counts: pa.Table, place: str) -> np.ndarray:
    """Which rows have this name of a small area."""
    return _holds(counts, "lsoa_name", {place})


def has_new_code(counts: pa.Table) -> np.ndarray:
    """Which rows have a code of the vintage of 2021 only."""
    codes = counts.column("lsoa_code").chunk(0).dictionary.to_pylist()
    return _holds(counts, "lsoa_code", {code for code in codes if is_new(code)})


def rows_of(counts: pa.Table, force: str, months: Mapping[str, int]) -> np.ndarray:
    """Which rows are of a force and of the files that give its months (numbers by ISO month)."""
    source = arrow_columns.numbers(counts.column("source").chunk(0))
    array = counts.column("month").chunk(0)
    wanted = np.array([months.get(text, -1) for text in array.dictionary.to_pylist()])
    return (source == wanted[arrow_columns.codes(array)]) & _holds(counts, "force", {force})


def district(lsoa_name: str) -> str:
    """District of a small area's name: ``Birmingham`` of ``Birmingham 031A``; blank where none."""
    if lsoa_name in (NO_LOCATION, NO_AREA):
        return ""
    return lsoa_name.rpartition(" ")[0]
