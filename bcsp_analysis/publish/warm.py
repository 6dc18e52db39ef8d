"""What a build can leave as it is, because nothing that it stands on has changed.

A build ends with a record of everything that went into the site. While that holds, the next build
has nothing to do, and finds out without importing what it would need. Where something changed,
the records of the pages say which of them run again, or have their text laid anew.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bcsp_analysis import observed, project
from bcsp_analysis.publish import records

if TYPE_CHECKING:
    from bcsp_analysis.editions import Edition
    from bcsp_analysis.publish.page_records import Given

IMPORTED = time.time_ns()  # or later: modules that changed since may not be what this process has
_SITE = "site"
_LISTED = "the site"


# --- the whole site ------------------------------------------------------------------------------


def told(edition: Edition) -> dict[str, str]:
    """An edition as something that work is given."""
    return {"the edition": records.digest(repr(edition).replace(str(project.root()), ""))}


def _told(edition: Edition, engine: str, output: Path) -> dict[str, str]:
    """What a site is built with, besides files."""
    program = shutil.which("quarto") or ""
    stamp = str(os.stat(program).st_mtime_ns) if program else ""
    given = {"the engine": engine, "the output": str(output), "quarto": f"{program} {stamp}"}
    return told(edition) | given


def _file(slug: str, output: Path) -> Path:
    place = records.digest(str(output))[:12]
    return project.path("build", _SITE, f".{slug}-{place}{records.SUFFIX}")


def changes(edition: Edition, engine: str, output: Path) -> tuple[list[str], tuple[str, ...]]:
    """Why a site has to be built, a phrase each, and what the last build of it warned of.

    Nothing is imported or read that has not changed since.
    """
    judging = records.Judge()
    record = records.load(_file(edition.slug, output))
    found = list(judging.changes(record, _told(edition, engine, output), whole=True))
    if record is not None and record.given.get(_LISTED) != _listed(output):
        found.append(f"{output} is not as it was left")
    judging.stamps.save()
    return found, tuple(record.said) if record else ()


@contextmanager
def recorded(edition: Edition, engine: str, output: Path) -> Iterator[SiteRecord]:
    """Note what a build reads until the block ends; `SiteRecord.keep` then writes it down."""
    given = _told(edition, engine, output)
    _file(edition.slug, output).unlink(missing_ok=True)  # until the site is whole
    with observed.watching() as seen:
        yield SiteRecord(edition.slug, output, given, seen, time.time_ns())


@dataclass
class SiteRecord:
    """What a build has read so far: in this process, and behind the records that it `held` to."""

    slug: str
    output: Path
    given: dict[str, str]
    seen: observed.Seen
    began: int
    held: list[Path] = field(default_factory=list)

    def keep(self, said: Iterable[str]) -> None:
        """Write down what the site stands on, once it is in its place."""
        judging = records.Judge()
        package = {str(file) for file in records.PACKAGE.rglob("*") if file.is_file()}
        read = {"files": self.seen.files | package, "folders": self.seen.folders}
        record = judging.record(
            read,
            began=self.began,
            given=self.given,
            said=said,
            whole=True,
            imported=IMPORTED,
        )
        for file in self.held:
            one = records.load(file)
            for name in one.files if one else ():
                if not name.startswith(records.PAGES):
                    record.files.setdefault(name, judging.of(name, whole=True))
            for name in one.folders if one else ():
                record.folders.setdefault(name, records.of_names(records.full(name, judging.root)))
        judging.stamps.save()
        record.given[_LISTED] = _listed(self.output)
        records.save(record, _file(self.slug, self.output))


def _listed(folder: Path) -> str:
    """Digest of names, sizes and times of everything in a folder."""
    found = []
    waiting = [str(folder)]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            else:
                status = entry.stat(follow_symlinks=False)
                found.append((entry.path, status.st_size, status.st_mtime_ns))
    return records.digest(json.dumps(sorted(found)))


# --- pages ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """Pages by address: those that run, with the reasons, and those whose text is laid anew."""

    run: dict[str, tuple[str, ...]]
    lay: dict[str, Given]
    kept: tuple[str, ...]


def plan(edition: Edition, executed: Path, *, fresh: bool = False) -> Plan:
    """What has to be done for the pages of an edition.

    Parameters
    ----------
    edition : Edition
        Whose pages.
    executed : Path
        Folder with the executed pages and their records.
    fresh : bool
        Whether every page runs, whatever its record says.
    """
    from bcsp_analysis.publish import page_records

    run: dict[str, tuple[str, ...]] = {}
    lay: dict[str, Given] = {}
    kept = []
    judging = page_records.judge()
    for page in edition.pages:
        target = executed / f"{page.address}.ipynb"
        if fresh:
            run[page.address] = ("every page runs, as asked",)
            continue
        told = page_records.given(edition, page)
        if why := tuple(page_records.why_run(judging, told, target)):
            run[page.address] = why
        elif page_records.text_changed(told, target):
            lay[page.address] = told
        else:
            kept.append(page.address)
    judging.stamps.save()
    return Plan(run, lay, tuple(kept))


def lay_anew(told: Given, target: Path) -> None:
    """Put the text of a page as it is now around the outputs of its last run.

    The file is the same as a new run would have made.
    """
    import nbformat

    from bcsp_analysis.publish import notebooks, page_records, page_text, parameters

    record = records.load(page_records.file_of(target))
    assert record is not None  # as `plan` found
    given = told.of_code | told.of_text
    page = nbformat.read(told.page.notebook, as_version=4)
    ran = [cell for cell in nbformat.read(target, as_version=4).cells if cell.cell_type == "code"]
    cells = []
    for cell in page.cells:
        if cell.cell_type == "code":
            cell.outputs = ran.pop(0).outputs
        cells.append(cell)
        if "parameters" in parameters.tags(cell):
            cells.append(ran.pop(0))  # the values of the page
    page.cells = cells
    notebooks.clean(page)
    page_text.fill(page, told.page, told.marks)
    notebooks.write(page, target)
    record.given = given
    beside = target.with_suffix(notebooks.NOTED)
    page_records.judge().keep(record, (target, beside), page_records.file_of(target))


def explained(found: Plan, edition: Edition) -> str:
    """Which pages run and why, in the order of the edition."""
    lines = []
    for page in edition.pages:
        if page.address in found.run:
            lines.append(f"run {page.address}: {_short(found.run[page.address])}")
        elif page.address in found.lay:
            name = project.relative(page.notebook)
            lines.append(f"lay anew {page.address}: text of the page changed ({name})")
    if found.kept:
        lines.append(f"as it is: {_number(len(found.kept))}")
    return "\n".join(lines)


def _short(reasons: tuple[str, ...]) -> str:
    more = f", and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    return "; ".join(plain(one) for one in reasons[:3]) + more


def plain(reason: str) -> str:
    """A reason with files of the package named from its folder."""
    return reason.replace(records.OWN, f"{records.PACKAGE.name}/")


def reasons(papers: Mapping[str, tuple[str, ...]]) -> str:
    """Which files beside the pages are made again, and why."""
    return "\n".join(f"make {name}: {_short(why)}" for name, why in papers.items() if why)


def _number(pages: int) -> str:
    return "1 page" if pages == 1 else f"{pages} pages"
