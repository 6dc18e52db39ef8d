"""Rendered pages of the last time, for those whose sources and surroundings are the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from bcsp_analysis.publish import records

from .document import Document, Warning_
from .page import Page
from .project import Project

_HERE = Path(__file__).parent
_IMAGES = (".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp")  # a page states their sizes


@dataclass(frozen=True)
class Rendered:
    """A page in the template, what it was made of, and what it warned of on the way."""

    html: str
    page: Page
    warnings: list[Warning_]


class Kept:
    """Rendered pages in a folder, one file each; without a folder none is kept.

    Parameters
    ----------
    folder : Path or None
        Where they are.
    project : Project
        Whose pages.
    around : sequence of str
        What stands around every page: navigation, footer.
    """

    def __init__(self, folder: Path | None, project: Project, around: Iterable[str]) -> None:
        self._folder = folder
        self._around = _digest(_surroundings(project, around)) if folder else ""

    def find(self, doc: Document) -> Rendered | None:
        """The page as it was rendered from the same document."""
        if self._folder is None:
            return None
        try:
            held = json.loads(self._file(doc).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if held["key"] != self._key(doc):
            return None
        parts = {name: Markup(text) if safe else text for name, (safe, text) in held["parts"]}
        page = Page(parts, [(a, b) for a, b in held["links"]], set(held["files"]))
        return Rendered(held["html"], page, [Warning_(*one) for one in held["warnings"]])

    def key(self, doc: Document) -> str:
        """What the page hangs on, to be taken before it is rendered."""
        return self._key(doc) if self._folder else ""

    def put(self, doc: Document, key: str, made: Rendered) -> None:
        """Keep a page."""
        if self._folder is None:
            return
        parts = [[n, [isinstance(t, Markup), str(t)]] for n, t in made.page.parts.items()]
        content: dict[str, Any] = {
            "key": key,
            "html": made.html,
            "parts": parts,
            "links": made.page.links,
            "files": sorted(made.page.files),
            "warnings": [astuple(one) for one in made.warnings],
        }
        records.write(self._file(doc), json.dumps(content, ensure_ascii=False))

    def _file(self, doc: Document) -> Path:
        assert self._folder is not None
        return self._folder / f"{doc.source}.json"

    def _key(self, doc: Document) -> str:
        media = {name: hashlib.sha256(data).hexdigest() for name, data in doc.media.items()}
        own = [repr(doc.meta), repr(doc.lines), repr(doc.origins), repr(sorted(media.items()))]
        return _digest([self._around, doc.source, *own])


def _surroundings(project: Project, around: Iterable[str]) -> list[str]:
    engine = [p for p in sorted(_HERE.rglob("*")) if p.is_file() and "__pycache__" not in p.parts]
    found = [records.environment(), *(_of_file(file) for file in engine)]
    found += [repr(project.config), repr(sorted(project.addresses)), *around]
    for file in sorted(project.root.rglob("*")):
        name = file.relative_to(project.root).as_posix()
        if file.is_file() and name not in project.pages:
            found.append(f"{name} {_of_file(file) if file.suffix in _IMAGES else ''}")
    return found


def _of_file(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _digest(parts: Iterable[str]) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(f"{len(part)} {part}\n".encode())
    return found.hexdigest()
