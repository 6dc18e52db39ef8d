"""Earlier editions beside the newest: each site is built once, kept, and copied into the new site.

An edition in the archive is the site that was built when it was first needed, and stays as it is
until it is made anew on purpose; each of its pages says that it is an earlier edition.
"""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from bcsp_analysis import editions, project
from bcsp_analysis.editions import ARCHIVE, Edition
from bcsp_analysis.errors import SiteError

BUILD = "build"
_MAIN = re.compile(r"<main\b[^>]*>", re.IGNORECASE)
_BETWEEN = re.compile(rf'href="((?:\.\./)*)(?:\./)?{ARCHIVE}/')


def earlier(edition: Edition) -> tuple[Edition, ...]:
    """Every earlier edition of the same area, the latest first.

    Raises
    ------
    EditionError
        The file of one of them cannot be used.
    """
    found: list[Edition] = []
    before = editions.earlier(edition)
    while before is not None:
        found.append(before)
        before = editions.earlier(before)
    return tuple(found)


def place(edition: Edition) -> str:
    """Where the site of an earlier edition stands in a newer one: ``"archive/2023-24-q1"``."""
    return f"{ARCHIVE}/{edition.slug}"


def collect(
    newest: Edition, make: Callable[[Edition, Path], object], *, anew: bool = False
) -> dict[str, Path]:
    """Sites of the earlier editions, ready to be copied, by their place in the new site.

    Parameters
    ----------
    newest : Edition
        The edition that is published.
    make : callable
        Builds the site of an edition in a folder.
    anew : bool
        Whether to build those again that are kept already.
    """
    found = {}
    for edition in earlier(newest):
        kept = project.path(BUILD, ARCHIVE, edition.slug, "kept")
        if anew or not kept.is_dir():
            _keep(edition, kept, make)
        marked = project.path(BUILD, ARCHIVE, edition.slug, "marked")
        _mark(edition, newest, kept, marked)
        found[place(edition)] = marked
    return found


def _keep(edition: Edition, kept: Path, make: Callable[[Edition, Path], object]) -> None:
    fresh = kept.with_name("fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.parent.mkdir(parents=True, exist_ok=True)
    make(edition, fresh)
    shutil.rmtree(kept, ignore_errors=True)
    fresh.replace(kept)


def _mark(edition: Edition, newest: Edition, kept: Path, marked: Path) -> None:
    """A copy in which every page says what it is and leads to the newest edition."""
    shutil.rmtree(marked, ignore_errors=True)
    shutil.copytree(kept, marked)
    for page in sorted(marked.rglob("*.html")):
        depth = len(page.relative_to(marked).parts) + 1
        page.write_text(
            as_earlier(page.read_text(encoding="utf-8"), edition, newest, "../" * depth, page),
            encoding="utf-8",
            newline="\n",
        )


def as_earlier(page: str, edition: Edition, newest: Edition, root: str, file: Path) -> str:
    """A page of an earlier edition with a note at its beginning, and links between editions.

    Parameters
    ----------
    page : str
        HTML.
    root : str
        The way from the page to the newest edition's home, ``"../../"``.
    file : Path
        Of the page, for messages.

    Raises
    ------
    SiteError
        The page has no main part.
    """
    note = (
        f'\n<p class="earlier-edition" role="note">This is an earlier edition, '
        f"{html.escape(edition.quarter.label)}. "
        f'<a href="{root}index.html">The newest is {html.escape(newest.quarter.label)}</a>.</p>\n'
    )
    text, found = _MAIN.subn(lambda match: match[0] + note, page, count=1)
    if not found:
        raise SiteError(
            "a page of an earlier edition has no main part",
            where=project.relative(file),
            expected="an element <main>",
            hint="build the earlier edition again: bcsp build --archive-anew",
        )
    # Editions lie beside each other: from inside one of them the others are one folder up.
    return _BETWEEN.sub(r'href="\1../', text)
