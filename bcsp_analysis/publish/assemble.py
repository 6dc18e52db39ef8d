"""Lays an edition's executed pages and the hand-written ones at their addresses, ready to render.

The repository's ``_quarto.yml`` names committed files, so that a plain ``quarto render`` works on
a clone. Here the same file is carried over to the folder of one edition: each committed notebook
is replaced by the edition's pages, and ``site/x.qmd`` becomes ``x.qmd``. Links follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bcsp_analysis.editions import Edition
from bcsp_analysis.errors import SiteError
from bcsp_analysis.publish import laid, markdown, navigation
from bcsp_analysis.publish.laid import LaidPage
from bcsp_analysis.publish.pandoc.settings import read_text, read_yaml
from bcsp_analysis.publish.places import CONFIG, Places, followed, of_edition


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
    pages: Sequence[LaidPage] | None = None,
) -> Assembled:
    """Write the website project of an edition.

    Parameters
    ----------
    edition : Edition
        Whose pages to lay out.
    executed : Path
        Folder with the executed pages, ``ADDRESS.ipynb``.
    folder : Path
        Holds the project afterwards and nothing else; files that are as they were stay untouched.
    downloads : mapping of str to bytes
        Files for readers by their place in the site, made for this edition.
    pages : sequence of LaidPage, optional
        The edition's pages where they have been laid already.

    Raises
    ------
    SiteError
        ``_quarto.yml`` is missing or names a page that is not there; or two pages have one address.
    """
    places = of_edition(edition)
    config = _config(places)
    if pages is None:
        pages = laid.pages(edition, executed, places)
    else:
        for page in pages:
            places.ask(page.asked)
    listed = {**downloads, **laid.tables(pages)}
    files = {f"{page.page.address}.ipynb": page.notebook for page in pages}
    for source, place in places.written.items():
        files[place] = _text(source, place, places)
    found: set[str] = set()
    while waiting := set(places.partials) - found:  # an included text may include another
        for source in sorted(waiting):
            files[places.partials[source]] = _text(source, places.partials[source], places)
        found |= waiting
    sources = [f"{page.address}.ipynb" for page in edition.pages] + sorted(places.written.values())
    settings = navigation.rewritten(config, places, sources)
    for source, place in places.extras.items():
        files[place] = (places.root / source).read_bytes()
    settings["project"]["resources"] += sorted(listed)
    _write(folder, {**files, **listed, CONFIG: _dump(settings)})
    under = {f"{page.address}.ipynb" for page in edition.pages if page.under}
    missing = sorted(set(sources) - set(navigation.navigated(settings)) - under - {"404.qmd"})
    places.warnings += [f"{CONFIG}: no navigation leads to {source}" for source in missing]
    return Assembled(folder, tuple(sources), tuple(dict.fromkeys(places.warnings)))


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder hold these files and no others."""
    wanted = {folder / name: content for name, content in files.items()}
    folder.mkdir(parents=True, exist_ok=True)
    for there in sorted(folder.rglob("*"), reverse=True):  # what is in a folder before the folder
        if there.is_dir() and not there.is_symlink():
            if not any(there.iterdir()):
                there.rmdir()
        elif there not in wanted:
            there.unlink()
    for file, content in wanted.items():
        if not (file.is_file() and file.read_bytes() == content):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


def _config(places: Places) -> dict[str, Any]:
    file = places.root / CONFIG
    if not file.is_file():
        raise SiteError("the project has no description of its site", where=CONFIG)
    return read_yaml(read_text(file, CONFIG), CONFIG)


def _text(source: str, place: str, places: Places) -> bytes:
    """A hand-written text as it stands at its place: links followed, marks filled."""
    matter, body = markdown.split_front_matter(read_text(places.root / source, source), source)
    body = markdown.rewrite_links(
        markdown.fill(body, places.marks),
        lambda link: followed(link, source, place, places, {}),
    )
    filled = {
        key: markdown.fill(value, places.marks) if isinstance(value, str) else value
        for key, value in matter.items()
    }
    return ((markdown.front_matter(filled) if matter else "") + body).encode("utf-8")


def _dump(settings: Mapping[str, Any]) -> bytes:
    import yaml

    text: str = yaml.safe_dump(dict(settings), allow_unicode=True, sort_keys=False, width=1000)
    return text.encode("utf-8")
