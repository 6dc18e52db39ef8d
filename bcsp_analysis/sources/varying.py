"""Tables whose columns vary from one release to the next: read as text, columns found by name.

`cells.read_table` is for tables whose columns are known; publishers' downloads add, drop and
rename columns, and what matters is that the ones that are needed are there, once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from bcsp_analysis.errors import DataError, HeaderError
from bcsp_analysis.sources import cells

_UNREADABLE_NAMES = 12


def read(file: Path) -> pd.DataFrame:
    """A CSV file with any columns; every cell stays text.

    Returns
    -------
    DataFrame
        Columns as the heading row names them (spaces around a name removed), dtype str, indexed by
        the row in the file (heading row = 1). Columns without a name whose cells are all blank,
        which a comma at the end of each row makes, are left out.

    Raises
    ------
    MissingFileError, EncodingError
        See `cells.read_text`.
    HeaderError
        A name twice, a column with cells but no name, or another separator than a comma.
    DataError
        A row with more or fewer cells than the heading, quotes not closed, or no row.
    """
    lines = cells.records(file)
    header = [name.strip() for name in next(lines, (1, []))[1]]
    _check_names(file, header)
    numbers: list[int] = []
    rows: list[list[str]] = []
    for number, record in lines:
        if len(record) != len(header):
            raise DataError(
                "a row has the wrong number of cells",
                where=cells.place(file, number),
                found=f"{len(record)} cells",
                expected=f"{len(header)} cells",
                hint="the file may be cut off, or a cell with a comma lacks its quotes",
            )
        numbers.append(number)
        rows.append(record)
    if not rows:
        raise DataError(
            "a table has no rows",
            where=cells.place(file),
            expected="a row or more",
            hint="an empty reply is not zero: download it again",
        )
    table = pd.DataFrame(rows, columns=header, index=pd.Index(numbers, name=cells.ROW), dtype="str")
    return _named(file, table)


def column(
    file: Path, header: Sequence[str], names: Sequence[str], what: str, *, required: bool = True
) -> str | None:
    """The one column that has one of `names`, whatever its capitals, spaces and underscores.

    Raises
    ------
    HeaderError
        None of them is there (only where `required`), or more than one.
    """
    wanted = {_plain(name) for name in names}
    found = [name for name in header if _plain(name) in wanted]
    if len(found) == 1:
        return found[0]
    if not found and not required:
        return None
    raise HeaderError(
        "a table lacks a column" if not found else "two columns for one thing",
        where=cells.place(file, 1),
        found=", ".join(map(repr, found or header[:_UNREADABLE_NAMES])),
        expected=f"{what}: one of {', '.join(names)}",
    )


def columns(
    file: Path, header: Sequence[str], wanted: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """`column` for several things at once: what to the name in the file.

    Raises
    ------
    HeaderError
        See `column`; all are required.
    """
    found = {}
    for what, names in wanted.items():
        name = column(file, header, names, what)
        assert name is not None  # required columns are there or an error
        found[what] = name
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\s_]+", " ", name).strip().casefold()


def _check_names(file: Path, header: Sequence[str]) -> None:
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    if repeated:
        raise HeaderError(
            "a column name twice",
            where=cells.place(file, 1),
            found=", ".join(map(repr, repeated)),
            expected="each column once",
        )
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        raise HeaderError(
            "a table with another separator",
            where=cells.place(file, 1),
            found=repr(header[0][:60]),
            expected="commas between the cells",
            hint="save the file as comma-separated values",
        )


def _named(file: Path, table: pd.DataFrame) -> pd.DataFrame:
    unnamed = [number for number, name in enumerate(table.columns) if not name]
    for number in unnamed:
        filled = table.iloc[:, number].str.strip() != ""
        if filled.any():
            raise HeaderError(
                "a column without a name",
                where=cells.place(file, 1),
                found=f"column {number + 1}, with {table.iloc[:, number][filled].iloc[0]!r} below",
                expected="a name over every column",
            )
    return table.iloc[:, [n for n in range(table.shape[1]) if n not in unnamed]]
