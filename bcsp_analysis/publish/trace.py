"""Marks on a page that lead from its numbers to where they come from.

Every output that states numbers gets a mark: a link to a note at the end of the page, which says
source, months covered and method. Both engines show the note when the mark is hovered, focused or
tapped, and it is printed with the page. Outputs with the same note share a number. Notes of
Markdown are not used: a second mark for the same note would repeat it, and a caption is no place
for them in either engine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from bcsp_analysis.markup import escape, escape_own, plain_own
from bcsp_analysis.publish import ledger_file
from bcsp_analysis.publish.stated import CALCULATED, Cell, ExecutedPage

if TYPE_CHECKING:
    from nbformat import NotebookNode

HEADING = "Where the numbers come from"
ID = "trace"
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_CAPTION = re.compile(r"^(?P<text>: .*?)(?P<id> \{#tbl-[\w-]+\})$", re.M)
_FIGURE = re.compile(r'^(?P<before>#\| fig-cap: )(?P<text>".*")$', re.M)
_DIV = re.compile(r"^:::+ *(?P<opens>\{.*\})?$")
_NO_SENTENCE = re.compile(r"^(?:$|:::|\||: |#|```|<|    )")
_MOST_ROWS = 4  # named in a note; where there are more, the whole table is meant


def mark(notebook: NotebookNode, page: ExecutedPage, titles: Mapping[str, str]) -> None:
    """Add marks to the outputs of an executed notebook, and their notes as its last cell.

    A page that states no number stays as it is.

    Parameters
    ----------
    notebook : NotebookNode
        Executed; its cells are changed.
    page : ExecutedPage
        What its cells state.
    titles : mapping of str to str
        Titles of measures by id, for rows that a note names.
    """
    import nbformat

    notes: dict[str, int] = {}
    measure = str(page.page.parameters.get("measure", ""))
    for cell in page.cells:
        if not traced(cell):
            continue
        note = note_of(cell, titles, measure)
        first = note not in notes
        number = notes.setdefault(note, len(notes) + 1)
        if not _mark_cell(notebook.cells[cell.number - 1], number, first=first) and first:
            del notes[note]
    if notes:
        notebook.cells.append(
            nbformat.v4.new_markdown_cell(notes_text(notes), id="where-numbers-come-from")
        )


def traced(cell: Cell) -> bool:
    """Whether a cell states numbers from data: dates in a list of sources need no other source."""
    return any(s.kind == CALCULATED for s in cell.stated) or bool(
        cell.stated and ledger_file.sources(cell)
    )


def note_of(cell: Cell, titles: Mapping[str, str], measure: str = "") -> str:
    """What the note of a cell says, Markdown on one line.

    Parameters
    ----------
    cell : Cell
    titles : mapping of str to str
        Titles of measures by id.
    measure : str
        Id of the measure that the whole page is about, if it is about one.
    """
    sources = [escape(title) for title in ledger_file.sources(cell)]
    calculated = any(stated.kind == CALCULATED for stated in cell.stated)
    if not sources:
        said = ["Set by the rules of this edition, not read from data."]
    else:
        word = "Calculated from" if calculated else "As it stands in"
        said = [f"{word}: {'; '.join(sources)}."]
    if rows := _rows(cell, titles, measure):
        said.append(f"Rows: {'; '.join(rows)}.")
    if periods := ledger_file.periods(cell):
        said.append(f"Months covered: {'; '.join(map(escape_own, periods))}.")
    if methods := ledger_file.methods(cell):
        said.append(f"Method: {'; '.join(map(escape_own, methods))}.")
    return " ".join(said)


def _rows(cell: Cell, titles: Mapping[str, str], measure: str) -> list[str]:
    """Measures whose rows hold the numbers, where that is known of each and they are few."""
    if measure:
        return [escape(titles[measure])]
    named: dict[str, None] = {}
    for stated in cell.stated:
        if stated.kind != CALCULATED or not any(map(str.isdigit, stated.text)):
            continue
        found = ledger_file.keys(stated) & titles.keys()
        if not found:
            return []
        named |= dict.fromkeys(sorted(found))
    return [escape(titles[row]) for row in named] if len(named) <= _MOST_ROWS else []


def notes_text(notes: Mapping[str, int]) -> str:
    """The notes as the last part of a page, each with a way back to its first mark."""
    lines = [f"## {HEADING} {{#{ID}s}}", "", "::: {.footnotes}", ""]
    for note, number in sorted(notes.items(), key=lambda item: item[1]):
        back = (
            f'[↩](#{ID}-from-{number}){{.footnote-back role="doc-backlink" '
            f'aria-label="Back to the numbers of note {number}"}}'
        )
        lines.append(f"{number}. [{note} {back}]{{#{ID}-{number}}}")
    return "\n".join([*lines, "", ":::"])


def mark_text(number: int, *, first: bool) -> str:
    """The mark of a note, Markdown: a raised number that leads to it."""
    ident = f"#{ID}-from-{number} " if first else ""
    raised = str(number).translate(_RAISED)
    return (
        f'[{raised}](#{ID}-{number}){{{ident}.footnote-ref role="doc-noteref" '
        f'aria-label="Note {number}: where these numbers come from"}}'
    )


def _mark_cell(cell: NotebookNode, number: int, *, first: bool) -> bool:
    """Put the mark in captions and at the end of the text of a cell; whether there was a place."""
    marks = _marks(number, first)
    found = False
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if "text/markdown" in data:
            data["text/markdown"], placed = marked_markdown(data["text/markdown"], marks)
            found |= placed
        elif data.keys() & {"image/svg+xml", "image/png"}:
            cell.source, placed = marked_caption(cell.source, marks)
            found |= placed
    return found


def _marks(number: int, first: bool) -> Iterator[str]:
    """The mark again and again; only the first one of a note carries an id."""
    yield mark_text(number, first=first)
    while True:
        yield mark_text(number, first=False)


def marked_caption(source: str, marks: Iterator[str]) -> tuple[str, bool]:
    """Code of a figure's cell with a mark at the end of its caption, and whether it has one."""

    def with_mark(found: re.Match[str]) -> str:
        caption = json.dumps(f"{json.loads(found['text'])}{next(marks)}", ensure_ascii=False)
        return found["before"] + caption

    text, count = _FIGURE.subn(with_mark, source)
    return text, bool(count)


def marked_markdown(text: str, marks: Iterator[str]) -> tuple[str, bool]:
    """An output with a mark in the caption of each table and at the end of its last sentence.

    Sentences outside boxes that can be closed come before those inside; an output of tables alone
    has marks in captions alone.
    """
    text, captions = _CAPTION.subn(lambda m: f"{m['text']}{next(marks)}{m['id']}", text)
    lines = text.split("\n")
    place = _last_sentence(lines)
    if place is None:
        return text, bool(captions)
    lines[place] = f"{lines[place].rstrip()}{next(marks)}"
    return "\n".join(lines), True


def _last_sentence(lines: list[str]) -> int | None:
    """Number of the last line of plain text, outside boxes that can be closed if there is one."""
    boxes: list[bool] = []
    outside = inside = None
    for at, line in enumerate(lines):
        if div := _DIV.match(line.strip()):
            if div["opens"]:
                boxes.append("collapse" in line)
            elif boxes:
                boxes.pop()
        elif not _NO_SENTENCE.match(line) and plain_own(line):
            if any(boxes):
                inside = at
            else:
                outside = at
    return inside if outside is None else outside
