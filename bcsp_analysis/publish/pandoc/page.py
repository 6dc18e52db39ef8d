"""One document through pandoc, and its HTML made ready for the site."""

from __future__ import annotations

import html
import json
import re
import struct
import subprocess
import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

import pypandoc
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from bcsp_analysis.errors import SiteError

from .document import Document
from .project import Project, relative
from .settings import Settings, in_project

_HERE = Path(__file__).parent
_PANDOC = [pypandoc.get_pandoc_path(), "--from=markdown", "--to=html5", "--wrap=none"]
_FILTER = [
    *("--mathml", "--section-divs", "--syntax-highlighting=none", "--toc"),
    *(f"--lua-filter={_HERE / 'quarto.lua'}", f"--template={_HERE / 'parts.html'}"),
]
_MARKDOWN = ("title", "subtitle", "description", "abstract")
_PARTS = (*_MARKDOWN, "toc", "body", "plain_title", "plain_description")  # as in parts.html
_CUT = uuid.uuid4().hex
_TAG = re.compile(r"<(a|img|link|source|video|audio|iframe|script)\b([^>]*?)( ?/?)>")
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*("[^"]*"|'[^']*')""")


@dataclass
class Page:
    """The converted parts of a page, what it links to (address, as written), what it shows."""

    parts: dict[str, Markup | str]
    links: list[tuple[str, str]] = field(default_factory=list)
    files: set[str] = field(default_factory=set)


def convert(doc: Document, project: Project) -> Page:
    """Convert a document; its warnings are added to it. Raises SiteError when pandoc fails."""
    meta = doc.meta
    data: Settings = {key: str(meta[key]) for key in _MARKDOWN if meta.get(key)}
    files = {
        key: [str(project.root / f) for f in meta.get(key, [])] for key in ("bibliography", "csl")
    }
    data |= {key: value for key, value in files.items() if value}
    data["lang"], data["link-citations"] = str(meta.get("lang", "en")), True
    data["engine"] = {
        "numbered": str(meta.get("number-depth", 6) if meta.get("number-sections") else 0),
        "flags": [key for key, value in meta.items() if value is True],
        "crossref": {key: str(value) for key, value in (meta.get("crossref") or {}).items()},
    }
    head = ["---", json.dumps(data, ensure_ascii=False), "---", ""]
    done = subprocess.run(
        [*_PANDOC, *_FILTER, f"--toc-depth={meta.get('toc-depth', 3)}", f"--variable=cut={_CUT}"],
        input="\n".join([*head, *doc.lines, ""]),
        capture_output=True,
        encoding="utf-8",
        cwd=project.root / doc.folder,
        check=False,
    )
    if done.returncode:
        where = f"{doc.source}:1"
        raise SiteError("pandoc could not convert the page", where=where, found=done.stderr[-800:])
    _report(doc, done.stderr, len(head))
    texts = dict(zip(_PARTS, done.stdout.split(_CUT), strict=True))
    page = Page({name: html.unescape(text.strip()) for name, text in texts.items()})
    links = _Links(doc, project, page)
    for name in (*_MARKDOWN, "toc", "body"):
        text = links.rewrite(texts[name])
        page.parts[name] = Markup(_finish(text) if name == "body" else text.strip())
    return page


def convert_texts(project: Project, texts: list[str]) -> list[str]:
    """Short Markdown texts of ``_quarto.yml`` as HTML, their links seen from the site's root."""
    joined = f"\n\n{_CUT}\n\n".join(texts)
    done = subprocess.run(_PANDOC, input=joined, capture_output=True, encoding="utf-8", check=True)
    doc = Document("_quarto.yml", {}, project.text.split("\n"), warnings=project.warnings)
    doc.origins = [("_quarto.yml", number) for number in range(1, len(doc.lines) + 1)]
    return _Links(doc, project, Page({})).rewrite(done.stdout).split(f"<p>{_CUT}</p>")


def _report(doc: Document, errors: str, offset: int) -> None:
    """Turn what filter and pandoc say into warnings with file and line."""
    for error in re.split(r"\n(?=@warn|\[)", errors.strip()):
        if error.startswith("@warn"):
            _, needle, message = error.split("\t")
            doc.warn(message, needle)
        elif error.startswith("[WARNING]"):
            message = " ".join(error.removeprefix("[WARNING]").split())
            line = re.search(r"\bline (\d+)", message)
            name = re.search(r"citation (\S+) not found", message)
            message = re.sub(r"(at|source )? ?\bline \d+ column \d+", "", message)
            doc.warn(message, int(line[1]) - offset - 1 if line else f"@{name[1]}" if name else 0)


class _Links:
    """Rewrites the links and images of one page, and notes what they lead to."""

    def __init__(self, doc: Document, project: Project, page: Page) -> None:
        self.doc, self.project, self.page = doc, project, page
        self.addresses = {other.address for other in project.pages.values()}

    def rewrite(self, text: str) -> str:
        """HTML with its links and images made ready."""
        return _TAG.sub(self._tag, text)

    def _tag(self, match: re.Match[str]) -> str:
        tag, inner, end = match.groups()
        values = {m[1]: html.unescape(m[2][1:-1]) for m in _ATTRIBUTE.finditer(inner)}
        name = "href" if tag in ("a", "link") else "src"
        target = values.get(name)
        if not target:
            return match[0]
        new = self._target(target, tag)
        if new != target:
            old = rf"""(?<![\w-]){name}\s*=\s*("[^"]*"|'[^']*')"""
            inner = re.sub(old, lambda _: f'{name}="{html.escape(new)}"', inner, count=1)
        if tag == "img":
            if "alt" not in values:
                inner += ' alt=""'
                self.doc.warn(f"an image without alternative text: {target}", target)
            size = self._size(target) if "height" not in values else None
            width = values.get("width", str(size[0]) if size else "")
            if size and width.isdigit():
                inner += "" if "width" in values else f' width="{width}"'
                inner += f' height="{round(int(width) * size[1] / size[0])}"'
        return f"<{tag}{inner}{end}>"

    def _target(self, target: str, tag: str) -> str:
        doc, (path, mark, anchor) = self.doc, target.partition("#")
        if re.match(r"[A-Za-z][\w+.-]*:|//", target):
            if tag != "a" and not target.startswith("data:"):
                doc.warn(f"the page asks another host: {target}", target)
            return target
        if not path and not anchor.startswith("ref-"):
            self.page.links.append((doc.address + target, target))
        if not path or "?" in path:
            return target
        name = in_project(unquote(path), doc.folder)
        found = self.project.pages.get(name)
        if found or name in self.addresses:
            address = (found.address if found else name) + mark + anchor
            self.page.links.append((address, target))
            return relative(address, doc.address)
        file = self.project.root / name
        if file.is_file() and not name.startswith("..") and file.suffix not in (".qmd", ".ipynb"):
            self.page.files.add(name)
        elif unquote(target) not in doc.media and not file.is_dir():
            kind = "an image" if tag == "img" else "a page or file"
            doc.warn(f"{kind} that is not there: {target}", target)
        return relative(name + mark + anchor, doc.address) if path.startswith("/") else target

    def _size(self, target: str) -> tuple[int, int] | None:
        target = unquote(target)
        path = self.project.root / in_project(target, self.doc.folder)
        data = self.doc.media.get(target) or (path.read_bytes() if path.is_file() else b"")
        return image_size(data)


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in CSS pixels of a PNG or SVG image, None where they cannot be told."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
    else:
        head = re.search(rb"<svg\b[^>]*>", data[:4000])
        text = head[0].decode("utf-8", "replace") if head else ""
        units = {"": 1.0, "px": 1.0, "pt": 4 / 3, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
        sizes = re.findall(r"""\s(width|height)=["']([\d.]+)(px|pt|in|cm|mm|)["']""", text)
        found = {name: float(value) * units[unit] for name, value, unit in sizes}
        box = re.search(r"""viewBox=["'][-\d.]+[ ,]+[-\d.]+[ ,]+([\d.]+)[ ,]+([\d.]+)""", text)
        if box and len(found) < 2:
            found = {"width": float(box[1]), "height": float(box[2])}
        width, height = round(found.get("width", 0)), round(found.get("height", 0))
    return (width, height) if width and height else None


def _finish(text: str) -> str:
    """Highlighted code, tables that scroll, a heading over the footnotes."""
    count, depth = 0, 0

    def table(match: re.Match[str]) -> str:
        nonlocal count, depth
        depth += 1 if match[0] != "</table>" else -1
        if match[0] == "</table>":
            return "</table></section>" if depth == 0 else match[0]
        if depth > 1:
            return match[0]
        count += 1
        label = f'aria-label="Table {count} of this page"'
        return f'<section class="scroll" tabindex="0" {label}>{match[0]}'

    text = re.sub(r"<pre([^>]*)><code>(.*?)</code></pre>", _code, text, flags=re.S)
    text = re.sub(r"<th([^>]*)></th>", r"<td\1></td>", text)
    text = re.sub(r"<table\b[^>]*>|</table>", table, text)
    text = re.sub(r'(<section id="footnotes"[^>]*>)\s*<hr />', r"\1<h2>Footnotes</h2>", text)
    text = text.replace('<figcaption aria-hidden="true">', "<figcaption>")
    text = text.replace('<math display="block"', '<math display="block" tabindex="0"')
    return text.replace('<input type="checkbox"', '<input type="checkbox" disabled')


def _code(match: re.Match[str]) -> str:
    classes = re.search(r'class="([^" ]*)', match[1])
    attributes = re.sub(r' class="([^"]*)"', r' class="sourceCode \1"', match[1])
    group = 'tabindex="0" role="group" aria-label="Code"'
    text = html.unescape(re.sub(r"<[^>]+>", "", match[2]))
    body = _highlight(classes[1], text) if classes else match[2]
    attributes = attributes if classes else f' class="sourceCode"{attributes}'
    return f"<pre{attributes} {group}><code>{body}</code></pre>"


@lru_cache(maxsize=2000)
def _highlight(language: str, text: str) -> str:
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return html.escape(text, quote=False)
    return str(highlight(text, lexer, HtmlFormatter(nowrap=True))).removesuffix("\n")
