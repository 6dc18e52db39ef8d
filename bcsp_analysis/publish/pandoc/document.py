"""One source file as Quarto Markdown: front matter, included files, shortcodes.

Shortcodes and includes are worked on in what the author wrote. Cell outputs are held back until
that is done and then travel in code blocks, which the filter turns into content one by one: data
can neither run a shortcode nor open a div.
"""

from __future__ import annotations

import html
import os
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bcsp_analysis.errors import SiteError

from .settings import Settings, in_project, merge, read_text, read_yaml, settings

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S | re.M)
_SHORTCODE = re.compile(r"\{\{\{<.*?>\}\}\}|\{\{<\s*(\S+)\s*(.*?)\s*>\}\}")
_INCLUDE = re.compile(r"^ {0,3}\{\{<\s*include\s+(.+?)(?<!\.ipynb)\s*>\}\}\s*$")
_HELD = re.compile("^\ue000(\\d+)\ue001$")
_UNSUPPORTED = ("listing", "about", "filters", "shortcodes", "engine", "jupyter")

Origin = tuple[str, int]


@dataclass(frozen=True)
class Warning_:
    """Something that a page asks for and does not get. Prints as ``file:line: message``."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass
class Document:
    """A page's settings and Markdown: ``origins`` are file and line of each of its ``lines``,
    ``media`` the images of its outputs, ``held`` the texts that wait for their place."""

    source: str
    meta: Settings
    lines: list[str] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    warnings: list[Warning_] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The page's path in the site."""
        return posixpath.splitext(self.source)[0] + ".html"

    @property
    def stem(self) -> str:
        """The source's name without folder and suffix."""
        return Path(self.source).stem

    @property
    def folder(self) -> str:
        """The folder of the source in the project, empty for the root."""
        return posixpath.dirname(self.source)

    def add(self, text: str, origin: Origin, step: int = 1) -> None:
        """Append lines that begin at ``origin``; with ``step`` 0 all are from there."""
        for number, line in enumerate(text.split("\n")):
            self.lines.append(line)
            self.origins.append((origin[0], origin[1] + number * step))

    def warn(self, message: str, at: str | int | Origin = 0) -> None:
        """Note a warning: at file and line, a line of the Markdown, or the first with a text."""
        if isinstance(at, str):
            at = next((i for i, line in enumerate(self.lines) if at and at in line), 0)
        if isinstance(at, int):
            at = self.origins[at] if at < len(self.origins) else (self.source, 1)
        if (warning := Warning_(*at, message)) not in self.warnings:
            self.warnings.append(warning)


def take_front_matter(doc: Document, text: str, origin: Origin) -> None:
    """Add ``text``; the front matter at its beginning becomes settings of the page."""
    if match := _FRONT_MATTER.match(text):
        doc.meta = merge(
            doc.meta, settings(read_yaml(match[1], origin[0], origin[1] + 1), doc.folder)
        )
        for number, row in enumerate(match[0].split("\n")):
            key = row.split(":")[0]
            if key in ("date", "date-modified"):
                doc.meta[f"{key}-line"] = f"{origin[0]}:{origin[1] + number}"
            elif key in _UNSUPPORTED:
                doc.warn(f"{key} is not supported", (origin[0], origin[1] + number))
        text = text[match.end() :]
        origin = (origin[0], origin[1] + match[0].count("\n"))
    doc.add(text, origin)


def include_files(doc: Document, root: Path, inside: tuple[str, ...] = ()) -> None:
    """Put included files in the place of their shortcodes; their paths start from this page."""
    lines, origins, doc.lines, doc.origins = doc.lines, doc.origins, [], []
    for line, origin in zip(lines, origins, strict=True):
        match = _INCLUDE.match(line) if "{{<" in line else None
        if not match:
            doc.add(line, origin)
            continue
        name, where = in_project(match[1].strip("\"'"), doc.folder), f"{origin[0]}:{origin[1]}"
        if name in inside:
            raise SiteError("a file that includes itself", where=where, found=name)
        if not (root / name).is_file():
            raise SiteError("an included file that is not there", where=where, found=name)
        part = Document(doc.source, doc.meta, warnings=doc.warnings)
        take_front_matter(part, read_text(root / name, name).rstrip("\n"), (name, 1))
        if part.meta != doc.meta:
            doc.warn(f"its front matter replaces settings of {doc.source}", (name, 1))
        include_files(part, root, (*inside, name))
        doc.meta = part.meta
        doc.lines += part.lines
        doc.origins += part.origins


def finish(doc: Document, variables: Settings) -> None:
    """Run the shortcodes in what the author wrote, then put what was held back in its place."""
    lines, origins, doc.lines, doc.origins = doc.lines, doc.origins, [], []
    for line, origin in zip(lines, origins, strict=True):
        if (held := _HELD.match(line)) and int(held[1]) < len(doc.held):
            text = doc.held[int(held[1])]
        else:
            text = run_shortcodes(doc, line, variables, origin)
        doc.add(text, origin, 0)
    for key in ("title", "subtitle", "description", "abstract", "pagetitle"):
        if isinstance(doc.meta.get(key), str):
            doc.meta[key] = run_shortcodes(doc, doc.meta[key], variables, (doc.source, 1))


def run_shortcodes(doc: Document, text: str, variables: Settings, origin: Origin) -> str:
    """The text with its shortcodes replaced; an unknown one stays as it is, with a warning."""

    def look_up(kind: str, name: str) -> str:
        tree: Any = doc.meta if kind == "meta" else variables
        for part in name.split("."):
            if isinstance(tree, list) and part.isdigit() and 0 < int(part) <= len(tree):
                tree = tree[int(part) - 1]
            else:
                tree = tree.get(part) if isinstance(tree, dict) else None
        if tree is None or isinstance(tree, dict | list):
            doc.warn(f"{kind} {name} is not there, or not a single value", origin)
            return f"**?{kind}:{name}**" if tree is None else f"**?invalid {kind} type:{name}**"
        return str(tree).lower() if isinstance(tree, bool) else str(tree)

    def run(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][1:-1]
        name, words = match[1], [w.strip('"') for w in re.findall(r'"[^"]*"|\S+', match[2])]
        if name in ("meta", "var") and words:
            return look_up(name, words[0])
        if name == "env" and words:
            return os.environ.get(words[0]) or " ".join(words[1:])
        if name == "kbd":
            return f"<kbd>{html.escape(' '.join(words))}</kbd>"
        if name == "pagebreak":
            return '<div style="page-break-after: always;"></div>'
        doc.warn(f"shortcode {name!r} is not known, or cannot stand here", origin)
        return match[0]

    return _SHORTCODE.sub(run, text)
