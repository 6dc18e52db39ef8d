"""The writer of tables: a Markdown pipe table in a region that scrolls sideways on a phone."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bcsp_analysis.markup import escape_own, plain_own

_LABEL = re.compile(r"tbl-[a-z0-9]+(?:-[a-z0-9]+)*")
_FITS_A_PHONE = 11  # shares; a table with more keeps a width of its own there and scrolls
_DASHES = 4  # a column's share of the width; more than pandoc's line of 72 in all


@dataclass(frozen=True)
class Column:
    """A column: its heading (Markdown), whether it holds figures, and its share of the width."""

    heading: str
    figures: bool = False
    share: int = 2


def pipe(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], *, caption: str, label: str
) -> str:
    """A table as Markdown.

    Parameters
    ----------
    columns : sequence of Column
        Columns of figures are aligned to the right.
    rows : sequence of rows
        Cells are Markdown on one line; text from data has been escaped. An empty cell is refused:
        it says why instead.
    caption : str
        Plain text: what the table shows, where and when.
    label : str
        Id for cross-references, ``"tbl-changes"``.

    Raises
    ------
    ValueError
        A row of another length, an empty cell, a line break or a bar in a cell, or a label of
        another form.
    """
    if not _LABEL.fullmatch(label):
        raise ValueError(f"not a label of a table: {label!r}")
    for row in rows:
        _check(row, len(columns), label)
    lines = [
        _line(column.heading for column in columns),
        "|" + "|".join(_rule(column) for column in columns) + "|",
        *(_line(row) for row in rows),
    ]
    wide = " .wide" if sum(column.share for column in columns) > _FITS_A_PHONE else ""
    attributes = (
        f'.table-region{wide} tabindex="0" role="region" aria-label="{_attribute(caption)}"'
        f"{_headings(columns) if wide else ''}"
    )
    below = f": {escape_own(caption)} {{#{label}}}"
    return "\n".join((f"::: {{{attributes}}}", "", *lines, "", below, "", ":::"))


def _check(row: Sequence[str], length: int, label: str) -> None:
    if len(row) != length:
        raise ValueError(f"{label}: a row of {len(row)} cells for {length} columns: {row}")
    for cell in row:
        if not cell.strip() or "\n" in cell or re.search(r"(?<!\\)\|", cell):
            raise ValueError(f"{label}: a cell that a pipe table cannot hold: {cell!r}")


def _line(cells: object) -> str:
    return f"| {' | '.join(cells)} |"  # type: ignore[arg-type]


def _rule(column: Column) -> str:
    dashes = "-" * (_DASHES * column.share - 1)
    return f"{dashes}:" if column.figures else f":{dashes}"


def _headings(columns: Sequence[Column]) -> str:
    """The headings for the style sheet, which names the cells of a row that stands as a card."""
    words = (re.sub(r"[^\w .,%()/-]", "", plain_own(column.heading)) for column in columns)
    named = "; ".join(f"--h{at}: '{word}: '" for at, word in enumerate(words, start=1))
    return f' style="{_attribute(named)}"'


def _attribute(text: str) -> str:
    """Text inside a quoted attribute of a div, where no markup can be escaped by a backslash."""
    safe = html.escape(plain_own(text))
    return re.sub(r"[{}\\`<>]", lambda match: f"&#{ord(match[0])};", safe)
