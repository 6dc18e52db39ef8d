"""Every table of the pages, those behind charts included, as CSV files for readers.

The files are read off the executed pages, so that they hold what the page shows and no more: what
is suppressed there is suppressed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bcsp_analysis.errors import NotebookError
from bcsp_analysis.markup import escape
from bcsp_analysis.present.unmarked import unmarked
from bcsp_analysis.publish.csv_text import as_csv

if TYPE_CHECKING:
    from nbformat import NotebookNode

FOLDER = "downloads/tables"
_TABLE = re.compile(
    r"^(?P<head>\|.*\|)\n\|[-:|]+\|\n(?P<rows>(?:\|.*\|\n)*)"
    r"\n: (?P<caption>.*) \{#(?P<label>tbl-[a-z0-9-]+)\}$",
    re.MULTILINE,
)
_BETWEEN = re.compile(r"(?<!\\)\|")
# A typographic minus is a sign where a number follows; no program reads it as one.
_NUMBER = re.compile(r"[\N{MINUS SIGN}+-]?\d[\d,]*(?:\.\d+)?%?")


@dataclass(frozen=True)
class PageTable:
    """One table of a page: its id, its caption, its headings and its rows as text."""

    label: str
    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def file(self) -> str:
        """Name of its file: ``"year-to-date.csv"``."""
        return f"{self.label.removeprefix('tbl-')}.csv"

    def csv(self) -> bytes:
        """UTF-8, one header row; numbers without separators, no cell starts a formula."""
        return as_csv([self.headings, *([_value(cell) for cell in row] for row in self.rows)])


def tables(notebook: NotebookNode) -> tuple[PageTable, ...]:
    """Tables of an executed page, in order.

    Raises
    ------
    NotebookError
        Two tables of the page have the same id.
    """
    found: dict[str, PageTable] = {}
    for text in _texts(notebook):
        for match in _TABLE.finditer(text):
            table = PageTable(
                match["label"],
                unmarked(match["caption"]),
                _cells(match["head"]),
                tuple(_cells(line) for line in match["rows"].splitlines()),
            )
            if table.label in found:
                raise NotebookError(
                    "two tables of a page have one id",
                    where=table.label,
                    expected="an id of its own for each table",
                )
            found[table.label] = table
    return tuple(found.values())


def files(address: str, found: tuple[PageTable, ...]) -> dict[str, bytes]:
    """The files of one page by their place in the site."""
    return {f"{FOLDER}/{address}/{table.file}": table.csv() for table in found}


def listed(address: str, found: tuple[PageTable, ...]) -> str:
    """A section of the page with a link to each file, Markdown; empty without a table."""
    if not found:
        return ""
    up = "../" * address.count("/")
    links = "\n".join(
        f"- [{_caption(table)}]({up}{FOLDER}/{address}/{table.file})" for table in found
    )
    return (
        "## Tables of this page as files\n\n"
        "CSV files, which any spreadsheet opens. They hold what the page shows.\n\n"
        f'::: {{.callout-note collapse="true" title="Show the list" icon="false"}}\n{links}\n:::'
    )


def _texts(notebook: NotebookNode) -> Iterator[str]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            text = output.get("data", {}).get("text/markdown", "")
            yield "".join(text) if isinstance(text, list) else text


def _cells(line: str) -> tuple[str, ...]:
    return tuple(unmarked(cell) for cell in _BETWEEN.split(line.strip())[1:-1])


def _value(cell: str) -> str:
    """A number as programs read it; any other text as it is."""
    if not _NUMBER.fullmatch(cell):
        return cell
    return cell.replace("\N{MINUS SIGN}", "-").replace(",", "").removeprefix("+")


def _caption(table: PageTable) -> str:
    return escape(table.caption.rstrip("."))
