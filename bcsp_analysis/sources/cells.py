"""Reading tables as text, cell by cell, and reading the figures in the cells.

Every loader of a CSV file starts here: cells stay text until a column is known to hold figures,
so that nothing is guessed and a wrong cell is named by file, row and column.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
import pickle
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bcsp_analysis import project
from bcsp_analysis.errors import (
    DataError,
    DuplicateRowError,
    EncodingError,
    FigureError,
    HeaderError,
    MissingFileError,
    MissingMonthError,
    PeriodError,
    RegisterError,
    UnknownMeasureError,
)
from bcsp_analysis.periods import Month

if TYPE_CHECKING:
    import pandas as pd

ROW = "row"
"""Name of the index of `read_table`: the row as a spreadsheet numbers it, heading row = 1."""

# Digits are named one by one: "\d" would let digits of other scripts pass.
_FIGURE = re.compile(
    r"(?P<sign>[+\-\u2212])?"
    r"(?P<whole>0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)"
    r"(?:\.(?P<fraction>[0-9]+))?"
    r"(?P<percent>%)?"
)
_SHORTHAND = frozenset({"n/a", "na", "-", "\u2013", "\u2014", "..", "[c]", "[x]", "[z]", "[low]"})
_STATEMENT = re.compile(r"[^\W\d_]{4,}$|[^\W\d_]{2,}\W.*[^\W\d_]{2,}", re.DOTALL)


@dataclass(frozen=True)
class Figure:
    """A figure as a table prints it.

    Parameters
    ----------
    value : float
        Its value; per cent stay per cent (``"-11.3%"`` is -11.3).
    decimals : int
        Printed decimal places.
    percent : bool
        Whether a per cent sign follows it.
    """

    value: float
    decimals: int
    percent: bool


def parse_figure(text: str) -> Figure | None:
    """Read a printed figure; None where the text is not wholly one.

    A sign (ASCII or Unicode minus), thousands commas in the right places or none, a decimal point,
    a per cent sign: ``"41,880"``, ``"-11.3%"``, ``"+1,271"``. ``"1,23"`` and ``"3,3O2"`` are None.
    """
    match = _FIGURE.fullmatch(text.strip())
    if not match:
        return None
    fraction = match["fraction"] or ""
    value = float(match["whole"].replace(",", "") + "." + (fraction or "0"))
    if not math.isfinite(value):
        return None
    negative = match["sign"] in {"-", "\u2212"}
    return Figure(-value if negative else value, len(fraction), match["percent"] is not None)


def says_no_figure(text: str) -> bool:
    """Whether a cell states in words that there is no figure: ``"N/A"``, ``"No data available"``.

    Two words, a word of four letters or more, or a known shorthand count as a statement; anything
    else (``"O"``, ``"l,234"``) may be a figure that was mistyped.
    """
    stripped = text.strip()
    if stripped.casefold() in _SHORTHAND:
        return True
    return bool(_STATEMENT.match(stripped))


def place(file: Path, row: int | None = None, column: str = "") -> str:
    """``"data/x.csv, row 7, column q_this_year"``."""
    parts = [project.relative(file)]
    if row is not None:
        parts.append(f"row {row}")
    if column:
        parts.append(f"column {column}")
    return ", ".join(parts)


def no_figure(file: Path, row: int, column: str, found: str, expected: str) -> FigureError:
    """The error for a cell that should hold a figure and does not."""
    return FigureError(
        "a cell holds no figure that can be read",
        where=place(file, row, column),
        found=repr(found),
        expected=expected,
        hint="compare the cell with its source and correct it",
    )


def read_month(file: Path, row: int, column: str, cell: str) -> Month:
    """Read a cell of ISO text such as ``"2023-04"``.

    Raises
    ------
    PeriodError
        Anything else; names file, row and column.
    """
    try:
        return Month.parse(cell)
    except PeriodError as error:
        raise PeriodError(
            "a cell holds no month that can be read",
            where=place(file, row, column),
            found=repr(cell),
            expected='ISO text, "2023-04"',
            hint="a spreadsheet program may have rewritten it as a date; format the column as text",
        ) from error


def check_complete(months: Iterable[Month], where: str) -> None:
    """Refuse months with a gap between the first and the last of them.

    Raises
    ------
    MissingMonthError
        Names the months that are missing.
    """
    held = set(months)
    first, last = min(held), max(held)
    missing = [first + i for i in range(last - first) if first + i not in held]
    if missing:
        names = ", ".join(str(month) for month in missing[:6])
        more = f" and {len(missing) - 6} more" if len(missing) > 6 else ""
        raise MissingMonthError(
            "a monthly series has a gap",
            where=where,
            found=f"{first} to {last} without {names}{more}",
            expected="every month from the first to the last",
            hint="add the missing rows; a month without any incident is a row with 0",
        )


def read_text(file: Path) -> str:
    """Text of a UTF-8 file, with or without byte order mark.

    Raises
    ------
    MissingFileError
        There is no such file.
    EncodingError
        The file is not UTF-8 text.
    """
    if not file.is_file():
        raise MissingFileError(
            "a data file is missing",
            where=project.relative(file),
            hint="check the name in the edition or register that names it",
        )
    raw = file.read_bytes()
    problem = ""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"byte {raw[error.start]:#04x} at position {error.start}"
    else:
        if "\x00" in text:
            problem = f"a zero byte at position {text.index(chr(0))}"
    if problem:
        raise EncodingError(
            "a file is not UTF-8 text",
            where=project.relative(file),
            found=problem,
            expected="UTF-8",
            hint='in a spreadsheet program, save it as "CSV UTF-8 (comma delimited)"',
        )
    return text


def read_toml(file: Path) -> dict[str, Any]:
    """Content of a TOML file.

    Raises
    ------
    MissingFileError, EncodingError
        See `read_text`.
    RegisterError
        The text is not TOML.
    """
    try:
        content: dict[str, Any] = pickle.loads(_parsed(read_text(file)))
        return content
    except tomllib.TOMLDecodeError as error:
        raise RegisterError(
            "a file is not valid TOML", where=place(file), found=str(error), expected="TOML"
        ) from error


@lru_cache(maxsize=16)
def _parsed(text: str) -> bytes:
    """Content of TOML, pickled: a build asks for one register many times, and parsing is slow."""
    return pickle.dumps(tomllib.loads(text))


def read_table(
    file: Path, columns: Sequence[str], key: Sequence[str] = (), *, may_be_empty: bool = False
) -> pd.DataFrame:
    """Read a CSV file whose columns are known; every cell stays text.

    Parameters
    ----------
    file : Path
        UTF-8, comma-separated, one heading row.
    columns : sequence of str
        Columns that the file must have, no more and no fewer; their order in the file is free.
    key : sequence of str
        Columns whose values together must not repeat.
    may_be_empty : bool
        Whether the heading row alone is a table too.

    Returns
    -------
    DataFrame
        `columns` in the order given, dtype str, indexed by the row in the file (heading row = 1).
        Blank cells are ``""``; rows without any text are left out.

    Raises
    ------
    MissingFileError, EncodingError, HeaderError
    DuplicateRowError
        The same key twice.
    DataError
        A row has more or fewer cells than the heading, quotes are not closed, or there is no row.
    """
    import pandas as pd  # what only reads registers does without

    lines = records(file)
    header = next(lines, (1, []))[1]
    _check_header(file, header, columns)
    numbers: list[int] = []
    rows: list[list[str]] = []
    for number, record in lines:
        if len(record) != len(header):
            raise DataError(
                "a row has the wrong number of cells",
                where=place(file, number),
                found=f"{len(record)} cells",
                expected=f"{len(header)} cells",
                hint="put quotes around a cell that holds a comma",
            )
        numbers.append(number)
        rows.append(record)
    if not rows and not may_be_empty:
        raise DataError("a table has no rows", where=place(file), expected="a row or more")
    index = pd.Index(numbers, name=ROW)
    table = pd.DataFrame(rows, columns=header, index=index, dtype="str")[list(columns)]
    _check_key(file, table, key)
    return table


def records(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows of a CSV file as they stand, each with its number (first row = 1); empty rows left out.

    Raises
    ------
    MissingFileError, EncodingError
        See `read_text`.
    DataError
        Quotes that are not closed, or text after a closing quote.
    """
    reader = csv.reader(io.StringIO(read_text(file), newline=""), strict=True)
    number = 0
    try:
        for number, record in enumerate(reader, start=1):
            if any(record):
                yield number, record
    except csv.Error as error:
        raise DataError(
            "a table is not well-formed",
            where=place(file, number + 1),
            found=str(error),
            expected="comma-separated cells, quotes closed and doubled inside a quoted cell",
        ) from error


def _check_header(file: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    if sorted(header) == sorted(columns):
        return
    missing = [name for name in columns if name not in header]
    unknown = [name for name in header if name not in columns]
    repeated = sorted({name for name in header if header.count(name) > 1})
    differences = [
        f"{label}: {', '.join(map(repr, names))}"
        for label, names in (("missing", missing), ("unknown", unknown), ("twice", repeated))
        if names
    ]
    other = len(header) == 1 and (";" in header[0] or "\t" in header[0])
    raise HeaderError(
        "a table has the wrong columns",
        where=place(file, 1),
        found="; ".join(differences),
        expected=",".join(columns),
        hint="save the file with commas between the cells"
        if other
        else "the columns are described in data/README.md",
    )


def _check_key(file: Path, table: pd.DataFrame, key: Sequence[str]) -> None:
    if not key:
        return
    seen: dict[tuple[str, ...], int] = {}
    for number, values in zip(table.index, table[list(key)].itertuples(index=False), strict=True):
        first = seen.setdefault(tuple(values), number)
        if first != number:
            raise DuplicateRowError(
                "the same row twice",
                where=place(file, number),
                found=f"{', '.join(values)}, also in row {first}",
                expected=f"each {' and '.join(key)} once",
                hint="remove the row that is wrong",
            )


def known_measure(file: Path, row: int, measure: str, known: Collection[str]) -> str:
    """The measure's id; UnknownMeasureError names the nearest of those known."""
    if measure in known:
        return measure
    near = difflib.get_close_matches(measure, known, n=3, cutoff=0.5)
    raise UnknownMeasureError(
        "a measure is not in the catalogue",
        where=place(file, row, "measure_id"),
        found=repr(measure),
        expected=f"perhaps {' or '.join(near)}" if near else "an id of data/measures.toml",
        hint="correct the id, or add the measure to data/measures.toml",
    )
