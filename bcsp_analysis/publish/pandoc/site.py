"""Rendering a project: every page through pandoc and the template, then what the pages share."""

from __future__ import annotations

import html
import json
import re
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import unquote

import jinja2

from bcsp_analysis.errors import SiteError

from .document import Document, Warning_
from .kept import Kept, Rendered
from .page import Page, convert
from .project import Item, Project, load_project, neighbours, relative, trail
from .settings import as_list
from .worker import Worker

_HERE = Path(__file__).parent
_LIBRARY = "site_libs/bcsp"


@dataclass(frozen=True)
class PageReport:
    """One rendered page: its source, its address in the site, how long it took, its warnings."""

    source: str
    address: str
    seconds: float
    warnings: tuple[Warning_, ...]


@dataclass(frozen=True)
class SiteReport:
    """A rendered site: where it is, its pages in the order of the project, all warnings."""

    output: Path
    pages: tuple[PageReport, ...]
    warnings: tuple[Warning_, ...]


def render_site(
    root: Path,
    *,
    output: Path | None = None,
    jobs: int = 2,
    on_page: Callable[[PageReport], None] | None = None,
    kept: Path | None = None,
) -> SiteReport:
    """Render the website project in ``root``.

    Parameters
    ----------
    root : Path
        Folder that holds ``_quarto.yml``.
    output : Path, optional
        Where the site goes, by default the project's ``output-dir``: a folder that is empty or
        not there. `bcsp_analysis.publish.site` puts a finished site in the place of the last one.
    jobs : int
        How many pages are rendered at the same time.
    on_page : callable, optional
        Called with the report of each page, in the order of the project.
    kept : Path, optional
        Folder of rendered pages. A page that would come out as it is there is taken from there; it
        is no page of the report, and `on_page` does not hear of it.

    Raises
    ------
    SiteError
        For a fault that leaves no page to show; it names file and line. The folder then holds
        only part of a site.
    """
    project = load_project(root.resolve())
    plan = project.part("project")
    target = (output or project.root / str(plan.get("output-dir", "_site"))).resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise SiteError("the folder for the site is not empty", where=str(target))
    reports = []
    builder = _Builder(project, target, max(1, jobs), kept)
    with closing(builder), ThreadPoolExecutor(max(1, jobs)) as pool:
        try:
            for report in pool.map(builder.page, project.pages.values()):
                if report is None:
                    continue
                reports.append(report)
                if on_page:
                    on_page(report)
        finally:
            pool.shutdown(cancel_futures=True)
    builder.finish([str(pattern) for pattern in as_list(plan.get("resources"))])
    warnings = [w for doc in project.pages.values() for w in doc.warnings]
    return SiteReport(target, tuple(reports), tuple(dict.fromkeys([*warnings, *project.warnings])))


class _Builder:
    """What the pages of a site share while it is rendered."""

    def __init__(self, project: Project, output: Path, jobs: int, kept: Path | None) -> None:
        self.project, self.output, self.website = project, output, project.part("website")
        self.ids: dict[str, set[str]] = {}
        self.pages: dict[str, Page] = {}
        self.workers: SimpleQueue[Worker | None] = SimpleQueue()
        for _ in range(jobs):
            self.workers.put(None)  # started with the first page that needs it
        navbar = self.website.get("navbar") or {}
        self.navbar = [project.items(navbar.get(side), "navbar") for side in ("left", "right")]
        bars = as_list(self.website.get("sidebar"))
        self.sidebars = [project.items(bar.get("contents"), "sidebar") for bar in bars]
        footer = self.website.get("page-footer") or {}
        footer = {"center": footer} if isinstance(footer, str) else footer
        footer = {side: footer[side] for side in ("left", "center", "right") if footer.get(side)}
        self.texts = {f"footer-{s}": text for s, text in footer.items() if isinstance(text, str)}
        self.footer = {
            side: f"footer-{side}"
            if isinstance(value, str)
            else project.items(value, "page-footer")
            for side, value in footer.items()
        }
        loader = jinja2.FileSystemLoader(_HERE)
        environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)
        environment.lstrip_blocks = True
        self.template = environment.get_template("page.html.j2")
        around = (self.navbar, self.sidebars, self.texts, self.footer)
        self.kept = Kept(kept, project, map(repr, around))

    def close(self) -> None:
        """End the workers, which no page uses any more."""
        while not self.workers.empty():
            if worker := self.workers.get():
                worker.close()

    def page(self, doc: Document) -> PageReport | None:
        """Render and write one page, or write it as it is kept; then there is no report."""
        start = time.perf_counter()
        made = self.kept.find(doc)
        if made:
            self._write(doc, made)
            return None
        key, told = self.kept.key(doc), len(doc.warnings)
        worker = self.workers.get()
        try:
            worker = worker or Worker()
            page = convert(doc, self.project, worker, self.texts)
        finally:
            self.workers.put(worker)
        made = Rendered(self.html(doc, page), page, doc.warnings[told:])
        self.kept.put(doc, key, made)
        self._write(doc, made)
        seconds = time.perf_counter() - start
        return PageReport(doc.source, doc.address, seconds, tuple(doc.warnings))

    def _write(self, doc: Document, made: Rendered) -> None:
        self.pages[doc.source] = made.page
        self.ids[doc.address] = set(re.findall(r'\sid="([^"]+)"', made.html))
        doc.warnings += [warning for warning in made.warnings if warning not in doc.warnings]
        folder = f"{doc.folder}/" if doc.folder else ""
        media = {folder + name: data for name, data in doc.media.items()}
        for name, data in {doc.address: made.html.encode(), **media}.items():
            (self.output / name).parent.mkdir(parents=True, exist_ok=True)
            (self.output / name).write_bytes(data)

    def html(self, doc: Document, page: Page) -> str:
        """The page in the template."""
        meta, site, parts = doc.meta, str(self.website.get("title", "")), page.parts
        holding = [bar for bar in self.sidebars if trail(bar, doc.source)]
        sidebar = (holding or (self.sidebars if len(self.sidebars) == 1 else [[]]))[0]
        title = str(parts.get("plain_title", ""))
        name = str(meta.get("pagetitle") or title or doc.stem)
        crumbs = [crumb for crumb in trail(sidebar, doc.source) or [Item(title)] if crumb.text]
        beside = neighbours(sidebar, doc.source) if self.website.get("page-navigation") else {}
        authors = [a if isinstance(a, dict) else {"name": a} for a in as_list(meta.get("author"))]
        facts = {
            "author": [a.get("name") for a in authors],
            "affiliation": [x for a in authors for x in as_list(a.get("affiliation"))],
            **{key: as_list(meta.get(key)) for key in ("date", "date-modified")},
        }
        return self.template.render(
            meta=meta,
            parts=parts,
            site_title=site,
            document_title=name if name == site or not site else f"{name} – {site}",
            website=self.website,
            navbar=self.navbar,
            sidebar=[] if meta.get("sidebar") is False else sidebar,
            crumbs=[] if self.website.get("bread-crumbs") is False else crumbs,
            neighbours=beside,
            footer={s: parts[v] if isinstance(v, str) else v for s, v in self.footer.items()},
            facts={key: values for key, values in facts.items() if values},
            lists={key: as_list(meta.get(key)) for key in ("css", "categories", "keywords")},
            source=doc.source,
            library=_LIBRARY,
            url=lambda address: relative(address, doc.address),
        )

    def finish(self, resources: list[str]) -> None:
        """Write what the pages need: styles, script, search index, files. Check the anchors."""
        root, project = self.project.root, self.project
        shutil.copytree(_HERE / "assets", self.output / _LIBRARY)
        entries = [e for s, doc in project.pages.items() for e in _sections(doc, self.pages[s])]
        index = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
        (self.output / "search-index.js").write_text(f"window.searchIndex={index};\n", "utf-8")
        files = {f for page in self.pages.values() for f in page.files}
        files |= {str(f) for doc in project.pages.values() for f in as_list(doc.meta.get("css"))}
        for pattern in (resource.strip("/") for resource in resources):
            paths = [*root.glob(f"{pattern}/**/*" if (root / pattern).is_dir() else pattern)]
            files |= {path.relative_to(root).as_posix() for path in paths if path.is_file()}
            if not paths:
                project.warn(f"resources: nothing is called {pattern}", pattern)
        for name in sorted(files):
            if not (root / name).is_file():
                project.warn(f"no such file: {name}", Path(name).name)
            elif not (target := self.output / name).exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(root / name, target)
        for source, page in self.pages.items():
            for address, written in page.links:
                path, _, anchor = address.partition("#")
                if anchor and unquote(anchor) not in self.ids[path]:
                    message = f"{path} has nothing with the anchor of this link: {written}"
                    project.pages[source].warn(message, written)


def _sections(doc: Document, page: Page) -> list[list[str]]:
    """Search entries of a page: address, page title, heading, text, for each section."""
    title, out = page.parts.get("plain_title") or doc.stem, []
    for piece in re.split(r'(?=<section id="[^"]+" class="level)', page.parts["body"]):
        head = re.match(r'<section id="([^"]+)"[^>]*>\s*<h\d[^>]*>(.*?)</h\d>', piece, re.S)
        text = _plain(piece[head.end() :] if head else piece)
        heading = _plain(head[2]) if head else ""
        if text or heading:
            out.append([doc.address + (f"#{head[1]}" if head else ""), title, heading, text])
    return out


def _plain(text: str) -> str:
    text = re.sub(r"<(script|style|annotation)\b.*?</\1>|<[^>]+>", " ", text, flags=re.S)
    return " ".join(html.unescape(text).split())
