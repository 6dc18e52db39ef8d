"""Lays an edition's executed pages and the hand-written ones at their addresses, ready to render.

The repository's ``_quarto.yml`` names committed files, so that a plain ``quarto render`` works on
a clone. Here the same file is carried over to the folder of one edition: each committed notebook
is replaced by the edition's pages, and ``site/x.qmd`` becomes ``x.qmd``. Links follow.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bcsp_analysis import project
from bcsp_analysis.editions import Edition, Page
from bcsp_analysis.errors import SiteError
from bcsp_analysis.measures import catalogue
from bcsp_analysis.publish import markdown, navigation, notebooks, page_tables, parameters, trace
from bcsp_analysis.publish.pandoc.settings import read_text, read_yaml
from bcsp_analysis.publish.places import CONFIG, HAND_WRITTEN, Places, followed, moved
from bcsp_analysis.publish.stated import ExecutedPage


@dataclass(frozen=True)
class Assembled:
    """A website project ready for an engine: its folder, the sources of its pages, and warnings."""

    folder: Path
    sources: tuple[str, ...]
    warnings: tuple[str, ...]


def assemble(
    edition: Edition,
    executed: Path,
    folder: Path,
    downloads: Mapping[str, bytes] = MappingProxyType({}),
    stated: Sequence[ExecutedPage] = (),
) -> Assembled:
    """Write the website project of an edition.

    Parameters
    ----------
    edition : Edition
        Whose pages to lay out.
    executed : Path
        Folder with the executed pages, ``ADDRESS.ipynb``.
    folder : Path
        Replaced as a whole.
    downloads : mapping of str to bytes
        Files for readers by their place in the site, made for this edition.
    stated : sequence of ExecutedPage
        What the executed pages state; their numbers get marks that lead to their sources.

    Raises
    ------
    SiteError
        ``_quarto.yml`` is missing or names a page that is not there; or two pages have one address.
    """
    places = _places(edition)
    config = _config(places)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    traces = {page.page.address: page for page in stated}
    titles = {measure.id: measure.title for measure in catalogue.load()} if traces else {}
    files = dict(downloads)
    for page in edition.pages:
        files |= _lay_notebook(page, executed, folder, places, traces.get(page.address), titles)
    for source, place in places.written.items():
        _lay_text(source, place, folder, places)
    laid: set[str] = set()
    while waiting := set(places.partials) - laid:  # an included text may include another
        for source in sorted(waiting):
            _lay_text(source, places.partials[source], folder, places)
        laid |= waiting
    sources = [f"{page.address}.ipynb" for page in edition.pages] + sorted(places.written.values())
    settings = navigation.rewritten(config, places, sources)
    for source, place in places.extras.items():
        _copy(places.root / source, folder / place)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    settings["project"]["resources"] += sorted(files)
    (folder / CONFIG).write_text(_dump(settings), encoding="utf-8", newline="\n")
    listed = {f"{page.address}.ipynb" for page in edition.pages if page.under}
    missing = sorted(set(sources) - set(navigation.navigated(settings)) - listed - {"404.qmd"})
    places.warnings += [f"{CONFIG}: no navigation leads to {source}" for source in missing]
    return Assembled(folder, tuple(sources), tuple(dict.fromkeys(places.warnings)))


def _places(edition: Edition) -> Places:
    root = project.root()
    pages: dict[str, list[Page]] = {}
    for page in edition.pages:
        pages.setdefault(page.notebook.relative_to(root).as_posix(), []).append(page)
    taken = {page.address: f"page {page.address} of the edition" for page in edition.pages}
    written: dict[str, str] = {}
    for file in sorted([*root.glob("*.qmd"), *(root / HAND_WRITTEN).rglob("*.qmd")]):
        source = file.relative_to(root).as_posix()
        if any(part.startswith(("_", ".")) for part in source.split("/")):
            continue
        address = moved(source).removesuffix(".qmd")
        if source == "index.qmd" and "index" in taken:
            # The landing page of a clone gives way to the edition's own home page.
            pages[source] = [page for page in edition.pages if page.address == "index"]
            continue
        if address in taken:
            raise SiteError(
                "two pages have the same address",
                where=source,
                found=f"{address}, as {taken[address]}",
                expected="an address of its own for each page",
            )
        taken[address] = source
        written[source] = moved(source)
    return Places(root, pages, written, parameters.mark_values(edition, {}))


def _config(places: Places) -> dict[str, Any]:
    file = places.root / CONFIG
    if not file.is_file():
        raise SiteError("the project has no description of its site", where=CONFIG)
    return read_yaml(read_text(file, CONFIG), CONFIG)


# --- pages -------------------------------------------------------------------------------------


def _lay_notebook(
    page: Page,
    executed: Path,
    folder: Path,
    places: Places,
    traced: ExecutedPage | None,
    titles: Mapping[str, str],
) -> dict[str, bytes]:
    """Lay one page at its place; the files of its tables, by their place."""
    import nbformat

    source = page.notebook.relative_to(places.root).as_posix()
    place = f"{page.address}.ipynb"
    notebook = nbformat.read(executed / place, as_version=4)
    tables = page_tables.tables(notebook)
    if traced is not None:
        trace.mark(notebook, traced, titles)

    def link(text: str) -> str:
        return followed(text, source, place, places, page.parameters)

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = markdown.rewrite_links(cell.source, link)
        for output in cell.get("outputs", []):
            if "text/markdown" in output.get("data", {}):
                text = output.data["text/markdown"]
                output.data["text/markdown"] = markdown.rewrite_links(text, link)
    if tables:
        listed = page_tables.listed(page.address, tables)
        notebook.cells.append(nbformat.v4.new_markdown_cell(listed, id="tables-as-files"))
    notebooks.write(notebook, folder / place)
    return page_tables.files(page.address, tables)


def _lay_text(source: str, place: str, folder: Path, places: Places) -> None:
    matter, body = markdown.split_front_matter(read_text(places.root / source, source), source)
    body = markdown.rewrite_links(
        markdown.fill(body, places.marks),
        lambda link: followed(link, source, place, places, {}),
    )
    filled = {
        key: markdown.fill(value, places.marks) if isinstance(value, str) else value
        for key, value in matter.items()
    }
    target = folder / place
    target.parent.mkdir(parents=True, exist_ok=True)
    text = (markdown.front_matter(filled) if matter else "") + body
    target.write_text(text, encoding="utf-8", newline="\n")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _dump(settings: Mapping[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(dict(settings), allow_unicode=True, sort_keys=False, width=1000)
