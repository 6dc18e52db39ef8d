"""Where files of the repository lie in the assembled site, and where links lead there."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from bcsp_analysis import project
from bcsp_analysis.editions import Edition, Page
from bcsp_analysis.errors import SiteError
from bcsp_analysis.publish import parameters

CONFIG = "_quarto.yml"
HAND_WRITTEN = "site"  # its files lie at the root of the assembled site
PAGE_ENDINGS = (".qmd", ".ipynb")
ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|#|\?|$")
CHOICE = re.compile(r"([a-z_]+)=(.+)")


_ASKED = ("extras", "published", "partials", "warnings")


@dataclass
class Places:
    """Where files of the repository lie in the assembled site; collects what has to be copied."""

    root: Path
    pages: dict[str, list[Page]]  # by path of the committed notebook
    written: dict[str, str]  # hand-written source -> place
    marks: Mapping[str, str]  # what marks stand for on every page
    extras: dict[str, str] = field(default_factory=dict)  # other file -> place
    published: set[str] = field(default_factory=set)  # places that readers can ask for
    partials: dict[str, str] = field(default_factory=dict)  # included text -> place
    warnings: list[str] = field(default_factory=list)

    def apart(self) -> Places:
        """The same places, of which nothing has been asked yet."""
        return Places(self.root, self.pages, self.written, self.marks)

    def addresses(self) -> str:
        """Everything that a link may lead to, as one text."""
        pages = {
            source: [[page.address, dict(page.parameters)] for page in held]
            for source, held in self.pages.items()
        }
        return json.dumps([pages, self.written], sort_keys=True)

    def asked(self) -> dict[str, Any]:
        """What links have asked for so far, as JSON knows it."""
        found = {name: getattr(self, name) for name in _ASKED}
        return found | {"published": sorted(self.published)}

    def ask(self, asked: Mapping[str, Any]) -> None:
        """Ask for what links have asked for elsewhere."""
        self.extras |= asked["extras"]
        self.published |= set(asked["published"])
        self.partials |= asked["partials"]
        self.warnings += asked["warnings"]

    def of_page(self, source: str, wish: Mapping[str, Any]) -> str | None:
        """Place of a page source; of several pages the one whose parameters fit the wish best."""
        if source in self.written:
            return self.written[source]
        pages = self.fitting(source, wish) or self.pages.get(source)
        return f"{pages[0].address}.ipynb" if pages else None

    def fitting(self, source: str, wish: Mapping[str, Any]) -> list[Page]:
        """Pages of a notebook that have all the wished parameters."""
        return [
            page
            for page in self.pages.get(source, ())
            if all(page.parameters.get(name) == value for name, value in wish.items())
        ]

    def of_file(self, source: str, *, publish: bool) -> str | None:
        """Place of any other file, which is copied there; None where there is no such file.

        With `publish` it becomes a part of the site, not only of its sources.
        """
        if not (self.root / source).is_file() or source.startswith("../"):
            return None
        included = posixpath.basename(source).startswith("_") and source.endswith((".qmd", ".md"))
        (self.partials if included else self.extras)[source] = moved(source)
        if publish and not included:
            self.published.add(moved(source))
        return moved(source)


def of_edition(edition: Edition) -> Places:
    """Places of an edition's pages and of the hand-written ones.

    Raises
    ------
    SiteError
        Two pages have one address.
    """
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


def moved(source: str) -> str:
    """Path in the assembled site of a file of the repository that is not a notebook."""
    return source.removeprefix(f"{HAND_WRITTEN}/")


def followed(text: str, source: str, place: str, places: Places, own: Mapping[str, Any]) -> str:
    """A link as written in the repository's file, for the same text at its place in the site.

    A link to a notebook with several pages leads to the one with the linking page's own
    parameters, else to the first; a fragment such as ``#series=violence`` asks for one.
    """
    path, mark, fragment = text.partition("#")
    if ELSEWHERE.match(text) or "?" in path:
        return text
    wanted = unquote(path)
    start = "" if wanted.startswith("/") else posixpath.dirname(source)
    found = posixpath.normpath(posixpath.join(start, wanted.lstrip("/")))
    choice = CHOICE.fullmatch(fragment)
    wish = {choice[1]: choice[2]} if choice else own
    if choice and found in places.pages and not places.fitting(found, wish):
        places.warnings.append(f"{source}: no page of {found} has {fragment}")
    target = places.of_page(found, wish)
    page_file = found.endswith(PAGE_ENDINGS) and not posixpath.basename(found).startswith("_")
    if target is None and page_file and (places.root / found).is_file():
        places.warnings.append(f"{source}: links to {found}, which is no page of the edition")
    target = target or places.of_file(found, publish=True)
    if target is None:
        return text
    anchor = "" if choice and found in places.pages else mark + fragment
    # The footer's text stands on pages of any depth.
    from_root = wanted.startswith("/") or source == CONFIG
    shown = (
        f"/{target}" if from_root else posixpath.relpath(target, posixpath.dirname(place) or ".")
    )
    return (shown if wanted == path else quote(shown)) + anchor
