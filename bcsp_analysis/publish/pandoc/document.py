"""One source file as Quarto Markdown: front matter, included files, the outputs of cells.

Shortcodes and includes are worked on in what the author wrote, line by line. Cell outputs are added
as code blocks, which the filter turns into content one by one: data can neither run a shortcode nor
open a div.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bcsp_analysis.errors import SiteError

from .settings import Settings, in_project, merge, read_text, read_yaml, settings, show_date

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S | re.M)
_SHORTCODE = re.compile(r"\{\{\{<.*?>\}\}\}|\{\{<\s*(\S+)\s*(.*?)\s*>\}\}")
_INCLUDE = re.compile(r"^ {0,3}\{\{<\s*include\s+(.+?)(?<!\.ipynb)\s*>\}\}\s*$")
_CELL = re.compile(
    r"^(?P<ticks>`{3,}|~{3,})\s*\{(?P<brace>\{?)(?P<language>\w+)([ ,][^}]*)?\}+\s*$"
)
_SHORTCODES = ("meta", "var", "env", "kbd", "pagebreak", "video", "embed", "placeholder")
_UNSUPPORTED = (
    *("listing", "about", "filters", "shortcodes", "engine", "jupyter", "bibliography", "csl"),
    *("date-format", "lightbox", "code-line-numbers"),
)

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
    ``media`` the images of its outputs."""

    source: str
    meta: Settings
    root: Path = Path()
    variables: Settings = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
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

    def add(self, text: str, origin: Origin) -> None:
        """Append lines as they are; all of them come from ``origin``."""
        lines = text.split("\n")
        self.lines += lines
        self.origins += [origin] * len(lines)

    def warn(self, message: str, at: str | int | Origin = 0) -> None:
        """Note a warning: at file and line, a line of the Markdown, or the first with a text."""
        if isinstance(at, str):
            at = next((i for i, line in enumerate(self.lines) if at and at in line), 0)
        if isinstance(at, int):
            at = self.origins[at] if at < len(self.origins) else (self.source, 1)
        if (warning := Warning_(*at, message)) not in self.warnings:
            self.warnings.append(warning)

    def write(self, text: str, origin: Origin, inside: tuple[str, ...] = ()) -> None:
        """Append what an author wrote, with the files that it includes in their place.

        ``inside`` names the files that include each other down to this text.
        """
        cell = ""  # the fence of a code cell in a .qmd, which nothing executes
        for number, line in enumerate(text.split("\n"), origin[1]):
            place = (origin[0], number)
            if cell:
                cell = "" if line.rstrip() == cell else cell
            elif (match := _CELL.match(line)) and not match["brace"]:
                self.warn("a code cell in a .qmd is not executed: it is left out", place)
                cell = match["ticks"]
            elif match:
                self.add(match["ticks"] + match["language"], place)
            elif "{{<" in line and (match := _INCLUDE.match(line)):
                self._include(in_project(match[1].strip("\"'"), self.folder), place, inside)
            else:
                self.add(self._shortcodes(line, place), place)

    def write_page(self, text: str, origin: Origin, inside: tuple[str, ...] = ()) -> None:
        """Append what an author wrote; the front matter at its beginning becomes settings."""
        if match := _FRONT_MATTER.match(text):
            self._front_matter(match[1], (origin[0], origin[1] + 1))
            text = text[match.end() :]
            origin = (origin[0], origin[1] + match[0].count("\n"))
        self.write(text, origin, inside)

    def _front_matter(self, text: str, origin: Origin) -> None:
        rows = [(row, (origin[0], origin[1] + n)) for n, row in enumerate(text.split("\n"))]
        told = "\n".join(self._shortcodes(row, place) for row, place in rows)
        self.meta = merge(self.meta, settings(read_yaml(told, *origin), self.folder))
        for row, place in rows:
            key = row.partition(":")[0]
            if key in ("date", "date-modified"):
                where, lang = f"{place[0]}:{place[1]}", str(self.meta.get("lang", "en"))
                self.meta[key] = show_date(self.meta[key], lang, where)
            elif key in _UNSUPPORTED:
                self.warn(f"{key} is not supported", place)

    def _include(self, name: str, place: Origin, inside: tuple[str, ...]) -> None:
        where = f"{place[0]}:{place[1]}"
        if name in inside:
            raise SiteError("a file that includes itself", where=where, found=name)
        if not (self.root / name).is_file():
            raise SiteError("an included file that is not there", where=where, found=name)
        before = self.meta
        text = read_text(self.root / name, name).rstrip("\n")
        self.write_page(text, (name, 1), (*inside, name))
        if self.meta != before:
            self.warn(f"its front matter replaces settings of {self.source}", (name, 1))

    def _shortcodes(self, text: str, origin: Origin) -> str:
        """The text with the values of ``meta`` and ``var``; every other shortcode is a warning."""

        def shown(match: re.Match[str]) -> str:
            if match[1] is None:  # {{{< >}}} is how a shortcode is written that is not one
                return match[0][1:-1]
            value: Any = {"meta": self.meta, "var": self.variables}.get(match[1])
            for key in match[2].split(".") if value else ():
                value = value.get(key) if isinstance(value, dict) else None
            if isinstance(value, str | int | float):
                return str(value).lower() if isinstance(value, bool) else str(value)
            self.warn(f"shortcode not supported, or without a value: {match[0]}", origin)
            return f"**?{match[1]}:{match[2]}**" if match[1] in _SHORTCODES else match[0]

        return _SHORTCODE.sub(shown, text) if "{{<" in text else text
