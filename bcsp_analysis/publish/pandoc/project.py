"""The project: its pages with their order and addresses, and the navigation between them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bcsp_analysis.errors import SiteError

from .document import Document, Warning_
from .notebook import read_notebook
from .settings import Settings, as_list, in_project, merge, read_text, read_yaml, settings

_CONFIG = "_quarto.yml"
_ALL = ["**/*.qmd", "**/*.ipynb"]
_WEBSITE = re.compile(
    "title|description|site-(url|path)|favicon|search|navbar|sidebar|page-(navigation|footer)"
    "|bread-crumbs|reader-mode"
)


@dataclass
class Item:
    """An entry of the navigation: ``href`` is an address in the site, or of another one."""

    text: str = ""
    href: str = ""
    source: str = ""
    label: str = ""
    items: list[Item] = field(default_factory=list)
    separator: bool = False

    def walk(self) -> Iterator[Item]:
        """The entry and all below it."""
        yield self
        for item in self.items:
            yield from item.walk()


@dataclass
class Project:
    """A website project: ``config`` is ``_quarto.yml``, ``pages`` are its documents by source."""

    root: Path
    config: Settings
    text: str
    pages: dict[str, Document] = field(default_factory=dict)
    warnings: list[Warning_] = field(default_factory=list)

    @cached_property
    def addresses(self) -> set[str]:
        """The addresses of all pages in the site."""
        return {doc.address for doc in self.pages.values()}

    def part(self, name: str) -> Settings:
        """A part of the configuration, empty where there is none."""
        value = self.config.get(name)
        return value if isinstance(value, dict) else {}

    def warn(self, message: str, needle: str) -> None:
        """Note a warning at the first line of ``_quarto.yml`` that holds ``needle``."""
        rows = self.text.split("\n")
        line = next((i for i, row in enumerate(rows, 1) if needle in row), 1)
        self.warnings.append(Warning_(_CONFIG, line, message))

    def items(self, entries: Any, where: str) -> list[Item]:
        """Entries of navbar, sidebar or footer as written, turned into items."""
        out = []
        for entry in as_list(entries):
            item = {"href": entry} if isinstance(entry, str) else entry
            href, text = item.get("href") or item.get("file") or "", item.get("text") or ""
            text = str(text or item.get("section") or "")
            if text in self.pages and not href:
                href, text = text, ""
            page = self.pages.get(in_project(href.partition("#")[0], "") if href else "")
            if not page and re.search(r"\.(qmd|ipynb)(#|$)|[*]|^auto$", href):
                self.warn(f"{where} names a page that is not there: {href}", href)
                continue
            title = str(page.meta.get("title") or page.stem) if page else href
            name = text or re.sub(r"[*`]|\b_|_\b", "", title)
            address = page.address + "".join(href.partition("#")[1:]) if page else href
            below = self.items(item.get("menu") or item.get("contents"), where)
            label = str(item.get("aria-label") or "")
            rule = bool(text) and set(text) == {"-"}
            out.append(Item(name, address, page.source if page else "", label, below, rule))
        return out


def load_project(root: Path) -> Project:
    """Read ``_quarto.yml`` and every page of the project. Raises SiteError naming file and line."""
    if not (root / _CONFIG).is_file():
        raise SiteError("not a website project", where=str(root), expected="a _quarto.yml")
    text = read_text(root / _CONFIG, _CONFIG)
    project = Project(root, read_yaml(text, _CONFIG), text)
    if project.part("project").get("type") != "website":
        raise SiteError("not a website project", where=f"{_CONFIG}:1", expected="type: website")
    for key, value in project.part("website").items():
        plain_card = key in ("open-graph", "twitter-card") and isinstance(value, bool)
        if not plain_card and not _WEBSITE.fullmatch(key):
            project.warn(f"website: {key} is not supported", f"{key}:")
    own = {k: v for k, v in project.config.items() if k not in ("project", "website")}
    base = settings(own, "")
    if re.search(r"\.scss\b", str(base.get("theme"))):
        project.warn("theme files are not compiled; plain rules belong in css", ".scss")
    variables = _optional(root, "_variables.yml")
    for source in _sources(project):
        meta = base
        for folder in [*reversed(Path(source).parents)]:
            extra = _optional(root, (folder / "_metadata.yml").as_posix())
            meta = merge(meta, settings(extra, folder.as_posix())) if extra else meta
        doc = Document(source, meta, root, variables)
        if source.endswith(".ipynb"):
            read_notebook(doc, read_text(root / source, source))
        else:
            doc.write_page(read_text(root / source, source), (source, 1))
        if doc.meta.get("draft") is not True:
            project.pages[source] = doc
    if len(project.addresses) < len(project.pages):
        raise SiteError(
            "two pages with one address", where=f"{_CONFIG}:1", found=str([*project.pages])
        )
    return project


def _optional(root: Path, name: str) -> Settings:
    return read_yaml(read_text(root / name, name), name) if (root / name).is_file() else {}


def _sources(project: Project) -> list[str]:
    """Sources in the order of ``project: render``, negated patterns taken out."""
    root, found = project.root, dict[str, None]()
    output = root / str(project.part("project").get("output-dir", "_site"))
    patterns = [str(pattern) for pattern in as_list(project.part("project").get("render"))]
    for pattern in patterns if any(p[0] != "!" for p in patterns) else [*_ALL, *patterns]:
        plain = pattern.lstrip("!/").rstrip("/")
        paths = sorted(root.glob(f"{plain}/**/*" if (root / plain).is_dir() else plain))
        names = [p.relative_to(root).as_posix() for p in paths if output not in p.parents]
        if pattern.startswith("!"):
            found = {name: None for name in found if name not in names}
            continue
        for name in names:
            hidden = any(part.startswith(("_", ".")) for part in name.split("/"))
            if not hidden and (name.endswith((".qmd", ".ipynb")) or name == plain[:-3] + ".md"):
                found[name] = None
    if not found:
        raise SiteError("no pages to render", where=f"{_CONFIG}:1", expected="project: render")
    return list(found)


def trail(entries: list[Item], source: str) -> list[Item]:
    """The entries from the top of a sidebar down to a page, empty where it is not in it."""
    for item in entries:
        if item.source == source:
            return [item]
        if below := trail(item.items, source):
            first = next(i for i in item.walk() if i.href)
            return [Item(item.text, first.href, first.source), *below]
    return []


def neighbours(entries: list[Item], source: str) -> dict[str, Item]:
    """The ``previous`` and the ``next`` page in a sidebar's order; a separator ends a sequence."""
    flat = [i for item in entries for i in item.walk() if i.separator or i.source]
    at = next((n for n, item in enumerate(flat) if item.source == source), None)
    if at is None:
        return {}
    found = {"previous": flat[at - 1 : at][:1], "next": flat[at + 1 : at + 2]}
    return {side: items[0] for side, items in found.items() if items and not items[0].separator}


def relative(address: str, page: str) -> str:
    """An address in the site as seen from a page; addresses of other sites stay as they are."""
    if re.match(r"[A-Za-z][\w+.-]*:|//|#", address):
        return address
    path, mark, anchor = address.partition("#")
    seen = os.path.relpath(path or ".", os.path.dirname(page) or ".").replace(os.sep, "/")
    seen = quote(seen, safe="/.~-_()!,;=@+$&'") + ("/" if path.endswith("/") else "")
    return seen + mark + anchor
