"""The text of an executed page: its title, its description, and what its marks stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bcsp_analysis import project
from bcsp_analysis.errors import NotebookError
from bcsp_analysis.markup import escape
from bcsp_analysis.publish import markdown

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from bcsp_analysis.editions import Page


def fill(notebook: NotebookNode, page: Page, marks: Mapping[str, str]) -> None:
    """Fill the marks of an executed page, and its title and description from the edition.

    Raises
    ------
    NotebookError
        The page has no title.
    """
    where = project.relative(page.notebook)
    first = notebook.cells[0] if notebook.cells else None
    matter: dict[str, Any] = {}
    if first is not None and first.cell_type == "raw":
        matter, _ = markdown.split_front_matter(first.source, where)
    if not matter.get("title") and not page.title:
        raise NotebookError(
            "a page has no title",
            where=f"{where}, cell 1 (page {page.address})",
            expected="a raw first cell of front matter with a title, or a title in the edition",
        )
    for key, given in (("title", page.title), ("description", page.description)):
        if given:
            matter[key] = escape(given)
        elif isinstance(matter.get(key), str):
            matter[key] = markdown.fill(matter[key], marks)
    if first is None or first.cell_type != "raw":
        import nbformat

        first = nbformat.v4.new_raw_cell(id="front-matter")
        notebook.cells.insert(0, first)
    first.source = markdown.front_matter(matter).rstrip("\n")
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = markdown.fill(cell.source, marks)
