"""A workbook before it is written: sheets of clean cells, the same for every file format.

What a cell may hold is settled here, once: text on one line without control characters, figures
that a spreadsheet can keep, and never nothing.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from bcsp_analysis.markup import plain
from bcsp_analysis.present.disclosure import SHORTHAND
from bcsp_analysis.present.tables.quarterly import NOT_APPLICABLE, NOT_AVAILABLE
from bcsp_analysis.present.text import rounded

__all__ = [
    "HIDDEN",
    "LOW",
    "NOT_APPLICABLE",
    "NOT_AVAILABLE",
    "Cell",
    "Column",
    "Figure",
    "Heading",
    "Link",
    "Sheet",
    "Workbook",
    "figure",
    "text",
]

HIDDEN = SHORTHAND
LOW = "[low]"

LONGEST_TEXT = 32_767  # UTF-16 units in a cell of a spreadsheet
LONGEST_HEADING = 255
LONGEST_NAME = 31
LONGEST_ADDRESS = 2_000
CONTENTS, NOTES = "Contents", "Notes"
_FIRST = (
    f"This sheet holds one table; the sheet {NOTES} explains shorthand such as {NOT_AVAILABLE}."
)
_BACK = "Back to the contents"
_CUT = " [cut: too long for a cell]"
_DIGITS = 15  # significant ones that a spreadsheet keeps
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True)
class Figure:
    """A number, the decimals with which it is shown, and whether thousands are set apart."""

    value: float
    places: int = 0
    grouped: bool = True


@dataclass(frozen=True)
class Link:
    """Words that lead to a sheet of the workbook (`sheet`) or to an address on the web."""

    words: str
    sheet: str = ""
    address: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading between the lines of a sheet without a table."""

    words: str


Cell = str | Figure | Link


@dataclass(frozen=True)
class Column:
    """Heading of a column, and its width in characters."""

    heading: str
    width: int = 14


@dataclass(frozen=True)
class Sheet:
    """One sheet: a title, lines below it, and one table or none.

    Parameters
    ----------
    name : str
        On the tab: at most 31 characters, none that a spreadsheet refuses.
    title : str
    lines : tuple of str, Heading or Link
        Under the title, a row each.
    columns : tuple of Column
    rows : tuple of tuple of Cell
        Without rows there is no table, and `lines` say why.

    Raises
    ------
    ValueError
        A name that cannot stand on a tab, headings that are not distinct, a row of another length,
        or an empty cell.
    """

    name: str
    title: str
    lines: tuple[str | Heading | Link, ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > LONGEST_NAME:
            raise ValueError(f"not a name of a sheet: {self.name!r}")
        if _NOT_IN_A_NAME.search(self.name):
            raise ValueError(f"a name of a sheet with a character it cannot have: {self.name!r}")
        headings = [column.heading.casefold() for column in self.columns]
        if len(set(headings)) < len(headings) or "" in headings:
            raise ValueError(f"{self.name}: headings that are empty or not distinct: {headings}")
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.name}: a row of {len(row)} cells for {len(headings)}")
            if any(not words(cell) for cell in row):
                raise ValueError(f"{self.name}: an empty cell in {row}")

    @property
    def top(self) -> int:
        """Number of the row, from 1, in which the headings stand."""
        return 2 + len(self.lines)

    @property
    def figured(self) -> tuple[bool, ...]:
        """For each column whether any of its cells holds a figure."""
        return tuple(
            any(isinstance(row[at], Figure) for row in self.rows) for at in range(len(self.columns))
        )


@dataclass(frozen=True)
class Workbook:
    """Sheets in order, with what the properties of the document say.

    `published` is None as long as the edition has no date.
    """

    title: str
    subject: str
    published: datetime.date | None
    sheets: tuple[Sheet, ...]
    language: str = "en-GB"

    def __post_init__(self) -> None:
        names = [sheet.name.casefold() for sheet in self.sheets]
        if len(set(names)) < len(names):
            raise ValueError(f"two sheets of one name: {names}")

    @property
    def day(self) -> datetime.datetime:
        """The date that the files carry, so that they come out the same whenever they are made."""
        day = self.published or datetime.date(1980, 1, 1)
        return datetime.datetime(max(day.year, 1980), day.month, day.day)


def words(cell: Cell | Heading) -> str:
    """What a cell shows as text; a figure as Python writes it."""
    if isinstance(cell, Figure):
        return repr(cell.value)
    return cell if isinstance(cell, str) else cell.words


def text(typed: object, missing: str = NOT_AVAILABLE) -> str:
    """Text of a cell as it was typed, on one line; `missing` where nothing is left of it."""
    return cut(plain(str(typed)), LONGEST_TEXT) or missing


def cut(words: str, longest: int) -> str:
    """At most `longest` UTF-16 units; what is left out is said."""
    units = words.encode("utf-16-le")
    if len(units) <= 2 * longest:
        return words
    kept = units[: 2 * (longest - len(_CUT))].decode("utf-16-le", errors="ignore")
    return kept + _CUT


def year(number: int) -> Figure:
    """A year: without a comma for its thousands."""
    return Figure(float(number), grouped=False)


def columns(*given: tuple[str, int]) -> tuple[Column, ...]:
    """Columns from headings, cleaned, and widths."""
    return tuple(Column(cut(text(heading), LONGEST_HEADING), width) for heading, width in given)


def figure(value: object, places: int = 0, missing: str = NOT_APPLICABLE) -> Cell:
    """A number for a cell; `missing` where there is none or it has no end.

    A number that would be shown as 0 and is not 0 becomes ``[low]``.
    """
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return missing
    number = float(f"{float(value):.{_DIGITS}g}")  # type: ignore[arg-type]
    if math.isinf(number):
        return missing
    if 0 < abs(number) < 1 and rounded(number, places) == 0:
        return LOW
    return Figure(number, places)


def link(words: str, address: str) -> Cell:
    """A link to the web where the address is one that a spreadsheet can follow, else its words."""
    shown = text(words)
    address = plain(address)
    usable = re.match(r"https?://[^\s<>\"{}|\\^`]+$", address)
    if not usable or len(address) > LONGEST_ADDRESS:
        return shown
    return Link(shown, address=address)


def sentences(*paragraphs: str) -> tuple[str, ...]:
    """Plain sentences, one a line: long lines above a table run out of sight."""
    found = []
    for paragraph in paragraphs:
        found += re.split(r"(?<=[.?!])\s+(?=[A-Z\u201c])", plain(paragraph))
    return tuple(cut(sentence, LONGEST_TEXT) for sentence in found if sentence)


def table(
    name: str,
    title: str,
    lines: Iterable[str],
    heads: tuple[Column, ...],
    rows: Iterable[tuple[Cell, ...]],
    *,
    otherwise: str,
) -> Sheet:
    """A sheet with one table; without rows, one with the sentence `otherwise`."""
    found = tuple(rows)
    if not found:
        return Sheet(name, text(title), (otherwise,))
    back = () if name == CONTENTS else (Link(_BACK, sheet=CONTENTS),)
    told = (_FIRST, *sentences(*lines), *back)
    return Sheet(name, text(title), told, heads, found)
