"""One document through pandoc, and its HTML made ready for the site."""

from __future__ import annotations

import html
import re
import struct
from dataclasses import dataclass, field
from urllib.parse import unquote

from markupsafe import Markup

from .document import Document
from .project import Project, relative
from .settings import in_project
from .worker import Worker

_MARKDOWN = ("title", "subtitle", "description", "abstract")
_TAG = re.compile(r"<(a|img|link|source|video|audio|iframe|script)\b([^>]*?)( ?/?)>")
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*("[^"]*"|'[^']*')""")
_NOTE = re.compile(r"^\[\^(\S+?)\]:.*(?:\n(?:(?: {4}|\t).*|[ \t]*(?=\n(?: {4}|\t))))*", re.M)
_OUTPUT = re.compile(r"^(`{3,})(\{\.output-\w+\})\n(.*?)\n\1$", re.M | re.S)
_CODE = re.compile(r"<(pre|code|annotation)\b.*?</\1>", re.S)


@dataclass
class Page:
    """The converted parts of a page, what it links to (address, as written), what it shows."""

    parts: dict[str, Markup | str]
    links: list[tuple[str, str]] = field(default_factory=list)
    files: set[str] = field(default_factory=set)


def convert(doc: Document, project: Project, worker: Worker, footer: dict[str, str]) -> Page:
    """Convert a document; its warnings are added to it.

    ``footer`` holds Markdown of the project by its name among the parts of the page. Raises
    SiteError when pandoc fails.
    """
    meta, (text, notes) = doc.meta, _with_notes("\n".join(doc.lines))
    own = {key: str(meta[key]) for key in _MARKDOWN if meta.get(key)}
    outputs: list[str] = []

    def held(match: re.Match[str]) -> str:
        """An output by its number, in as many lines: pandoc would read all of its text twice."""
        outputs.append(match[3])
        lines = f"{len(outputs)}" + "\n" * match[3].count("\n")
        return f"{match[1]}{match[2]}\n{lines}\n{match[1]}"

    request = {
        "text": _OUTPUT.sub(held, text) + "\n",
        "outputs": outputs,
        "texts": own | footer,
        "notes": notes,
        "numbered": meta.get("number-depth", 6) if meta.get("number-sections") else 0,
        "toc_depth": meta.get("toc-depth", 3),
        "flags": {key: True for key, value in meta.items() if value is True},
        "crossref": {key: str(value) for key, value in (meta.get("crossref") or {}).items()},
    }
    answer = worker.convert(request, f"{doc.source}:1")
    for said in answer["warnings"]:
        doc.warn(said["message"], said["line"] - 1 if said.get("line") else said["needle"])
    if ":::" in answer["body"]:
        for found in re.findall(r":::+(?: [^\s<]+)?", _CODE.sub("", answer["body"])):
            doc.warn("the text ::: is shown as it is", html.unescape(found))
    page = Page({f"plain_{name}": plain for name, plain in answer["plain"].items()})
    seen, root = _Links(doc, project, page), _Links(doc, project, page, folder="")
    texts = {**answer["texts"], "toc": answer["toc"], "body": _finish(answer["body"])}
    for name, shown in texts.items():
        page.parts[name] = Markup((root if name in footer else seen).rewrite(shown).strip())
    return page


def _with_notes(text: str) -> tuple[str, dict[str, str]]:
    """The Markdown with the footnotes that only outputs explain, and all notes by their label."""
    notes = {match[1]: match[0] for match in _NOTE.finditer(text)}
    written = _OUTPUT.sub("", text) if notes else ""
    lacking = [n for k, n in notes.items() if f"[^{k}]" in written and f"[^{k}]:" not in written]
    return "\n\n".join([text, *lacking]), notes


class _Links:
    """Rewrites the links and images of one page, and notes what they lead to."""

    def __init__(
        self, doc: Document, project: Project, page: Page, folder: str | None = None
    ) -> None:
        self.doc, self.project, self.page = doc, project, page
        self.folder = doc.folder if folder is None else folder

    def rewrite(self, text: str) -> str:
        """HTML with its links and images made ready; they start from the folder."""
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
            inner += self._image(target, values)
        return f"<{tag}{inner}{end}>"

    def _image(self, target: str, values: dict[str, str]) -> str:
        """What an image lacks: a text, and the size that keeps its place while it loads."""
        out, path = "", self.project.root / in_project(unquote(target), self.folder)
        if "alt" not in values:
            out = ' alt=""'
            self.doc.warn(f"an image without alternative text: {target}", target)
        media = self.doc.media.get(unquote(target))
        size = image_size(media or (path.read_bytes() if path.is_file() else b""))
        width = values.get("width", str(size[0]) if size else "")
        if size and width.isdigit() and "height" not in values:
            out += "" if "width" in values else f' width="{width}"'
            out += f' height="{round(int(width) * size[1] / size[0])}"'
        return out

    def _target(self, target: str, tag: str) -> str:
        doc, (path, mark, anchor) = self.doc, target.partition("#")
        if re.match(r"[A-Za-z][\w+.-]*:|//", target):
            if tag != "a" and not target.startswith("data:"):
                doc.warn(f"the page asks another host: {target}", target)
            return target
        if not path:
            self.page.links.append((doc.address + target, target))
        if not path or "?" in path:
            return target
        name = in_project(unquote(path), self.folder)
        found = self.project.pages.get(name)
        if found or name in self.project.addresses:
            address = (found.address if found else name) + mark + anchor
            self.page.links.append((address, target))
            return relative(address, doc.address)
        file = self.project.root / name
        if file.is_file() and not name.startswith("..") and file.suffix not in (".qmd", ".ipynb"):
            self.page.files.add(name)
        elif unquote(target) not in doc.media and not file.is_dir():
            kind = "an image" if tag == "img" else "a page or file"
            doc.warn(f"{kind} that is not there: {target}", target)
        moved = path.startswith("/") or self.folder != doc.folder
        return relative(name + mark + anchor, doc.address) if moved else target


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in CSS pixels of a PNG or SVG image, None where they cannot be told."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return (width, height) if width and height else None
    head = re.search(rb"<svg\b[^>]*>", data[:4000])
    text = head[0].decode("utf-8", "replace") if head else ""
    units = {"": 1.0, "px": 1.0, "pt": 4 / 3, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
    told = dict(re.findall(r"""\s(width|height|viewBox)=["']([^"']*)["']""", text))
    sizes = [
        re.fullmatch(r"([\d.]+)(px|pt|in|cm|mm|)", told.get(k, "")) for k in ("width", "height")
    ]
    found = [float(m[1]) * units[m[2]] for m in sizes if m]
    if len(found) < 2:
        found = [float(x) for x in re.findall(r"[-\d.]+", told.get("viewBox", ""))[2:4]]
    return (round(found[0]), round(found[1])) if len(found) == 2 and min(found) >= 1 else None


def _finish(text: str) -> str:
    """A heading over the footnotes, captions that are read out, no empty header cells."""
    text = re.sub(r"<th([^>]*)></th>", r"<td\1></td>", text)
    text = re.sub(r'(<section id="footnotes"[^>]*>)\s*<hr />', r"\1<h2>Footnotes</h2>", text)
    return text.replace('<figcaption aria-hidden="true">', "<figcaption>")
