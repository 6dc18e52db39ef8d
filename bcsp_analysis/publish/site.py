"""Renders a website project with the engine that is there, and puts the result in place at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from bcsp_analysis.errors import SiteError
from bcsp_analysis.publish import quarto

OUTPUT = "_site"


class Engine(StrEnum):
    """Which program renders a site; AUTO takes Quarto where it is found."""

    AUTO = "auto"
    QUARTO = "quarto"
    PANDOC = "pandoc"


@dataclass(frozen=True)
class Choice:
    """The engine that was taken, and why, in a sentence."""

    engine: Engine
    reason: str
    quarto: quarto.Quarto | None = None


@dataclass(frozen=True)
class RenderedPage:
    """A page of the site: its source and the seconds that it took to render."""

    source: str
    seconds: float


class _Page(Protocol):
    """What either engine says about a page."""

    @property
    def source(self) -> str: ...

    @property
    def seconds(self) -> float: ...


@dataclass(frozen=True)
class Site:
    """A site in its place: its folder, the engine, its pages, and what the engine warned of."""

    output: Path
    choice: Choice
    pages: tuple[RenderedPage, ...]
    warnings: tuple[str, ...]


def choose(engine: str) -> Choice:
    """Decide on an engine: ``auto``, ``quarto`` or ``pandoc``.

    Raises
    ------
    SiteError
        Quarto is asked for and does not run here; or the name is another one.
    """
    if engine not in list(Engine):
        raise SiteError(
            "no such engine", found=repr(engine), expected="one of " + ", ".join(Engine)
        )
    if engine == Engine.PANDOC:
        return Choice(Engine.PANDOC, "the embedded engine renders the site, as asked")
    found, finding = quarto.find()
    if found:
        return Choice(Engine.QUARTO, f"{finding}; it renders the site", found)
    if engine == Engine.QUARTO:
        raise SiteError(
            "quarto is asked for and does not run here",
            found=finding,
            hint="install Quarto, or use --engine pandoc",
        )
    return Choice(Engine.PANDOC, f"{finding}; the embedded engine renders the site")


def render(
    source: Path,
    output: Path | None = None,
    *,
    choice: Choice,
    jobs: int = 2,
    sources: Sequence[str] = (),
    folders: Mapping[str, Path] = MappingProxyType({}),
    on_page: Callable[[RenderedPage], None] | None = None,
    kept: Path | None = None,
) -> Site:
    """Render a website project; the site in `output` is replaced only when all went well.

    Parameters
    ----------
    source : Path
        Folder with ``_quarto.yml``.
    output : Path, optional
        Where the site goes; the ``output-dir`` of the project where it is not given.
    choice : Choice
        From `choose`.
    jobs : int
        Pages at a time, where the engine can.
    sources : sequence of str
        Pages, ``asb/season.ipynb``, without which the site is not complete.
    folders : mapping of str to Path
        Finished folders that become part of the site, by their place in it.
    on_page : callable, optional
        Called with each page that is done.
    kept : Path, optional
        Folder in which the embedded engine keeps rendered pages from one time to the next; pages
        that would come out the same are taken from there and are none of `Site.pages`.

    Raises
    ------
    SiteError
        The folder is no website project, or a page could not be rendered.
    """
    source = source.resolve()
    if not (source / "_quarto.yml").is_file():
        raise SiteError(
            "no website project", where=str(source), expected="a folder that holds _quarto.yml"
        )
    output = (output or source / _output_dir(source)).resolve()
    _refuse_to_replace(output, source)
    recover(output)
    # Quarto writes below its project only; the embedded engine can leave sources untouched.
    fresh = (source if choice.quarto else output.parent) / f".{output.name}.{os.getpid()}"
    pages: list[RenderedPage] = []

    def done(page: _Page) -> None:
        pages.append(RenderedPage(page.source, page.seconds))
        if on_page:
            on_page(pages[-1])

    try:
        if choice.quarto:
            warnings = quarto.render(choice.quarto, source, fresh.name, on_page=done).warnings
        else:
            from bcsp_analysis.publish import pandoc

            report = pandoc.render_site(source, output=fresh, jobs=jobs, on_page=done, kept=kept)
            warnings = tuple(str(warning) for warning in report.warnings)
        _check_complete(fresh, source, sources)
        for place, folder in folders.items():
            shutil.copytree(folder, fresh / place)
        put_in_place(fresh, output)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Site(output, choice, tuple(pages), warnings)


def _check_complete(fresh: Path, source: Path, sources: Sequence[str]) -> None:
    lacking = [s for s in sources if not (fresh / s).with_suffix(".html").is_file()]
    if lacking or not any(fresh.rglob("*.html")):
        raise SiteError(
            "the engine did not write every page",
            where=str(source),
            found="without " + (", ".join(lacking) or "any page"),
            expected=f"{len(sources) or 'its'} pages",
        )


def _output_dir(source: Path) -> str:
    from bcsp_analysis.publish.pandoc.settings import read_text, read_yaml

    config = read_yaml(read_text(source / "_quarto.yml", "_quarto.yml"), "_quarto.yml")
    settings = config.get("project")
    return str((settings if isinstance(settings, dict) else {}).get("output-dir") or OUTPUT)


def _refuse_to_replace(output: Path, source: Path) -> None:
    """A wrong --output must never cost anybody a folder that is no site."""
    if output == source or source.is_relative_to(output):
        raise SiteError("the site would replace its own sources", where=str(output))
    if not output.exists():
        return
    if not output.is_dir() or (any(output.iterdir()) and not (output / "index.html").is_file()):
        raise SiteError(
            "the output folder holds something that is no site",
            where=str(output),
            expected="a folder that is empty, not there, or a site with index.html",
            hint="name another folder, or move what is in it",
        )


def put_in_place(fresh: Path, output: Path) -> None:
    """Swap a finished site in by renaming; the last one comes back if that fails half-way."""
    output.parent.mkdir(parents=True, exist_ok=True)
    beside = output.with_name(f".{output.name}.new")
    old = _old(output)
    shutil.rmtree(beside, ignore_errors=True)
    shutil.move(fresh, beside)  # a copy where `output` is on another disk
    if not output.exists():
        beside.rename(output)
        return
    shutil.rmtree(old, ignore_errors=True)
    try:
        output.rename(old)
        beside.rename(output)
    except BaseException:
        recover(output)
        raise
    shutil.rmtree(old, ignore_errors=True)


def recover(output: Path) -> None:
    """Bring back the last good site where a swap was cut off between its two renames."""
    old = _old(output)
    if old.is_dir() and not output.exists():
        old.rename(output)


def _old(output: Path) -> Path:
    return output.with_name(f".{output.name}.old")
