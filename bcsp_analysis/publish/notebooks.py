"""Runs the notebooks of an edition with papermill: parameters checked first, good pages kept."""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bcsp_analysis import ledger, observed, project, run_cache
from bcsp_analysis.editions import Edition, Page
from bcsp_analysis.errors import NotebookError
from bcsp_analysis.publish import page_records, page_text, parameters, records
from bcsp_analysis.publish.execution import CELL_SECONDS, KERNEL, execute
from bcsp_analysis.publish.kernels import client
from bcsp_analysis.publish.page_records import Given
from bcsp_analysis.publish.workers import in_parallel

if TYPE_CHECKING:
    from nbformat import NotebookNode

NOTED = ".stated.jsonl"  # beside an executed page: what its cells stated (see `ledger`)


@dataclass(frozen=True)
class PageRun:
    """A page that ran: its executed notebook, the seconds that it took, and what it warned of."""

    page: Page
    file: Path
    seconds: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Job:
    """What a worker process needs: plain values only."""

    told: Given
    target: Path
    root: Path
    cell_seconds: int
    shared: str
    installed: str


def run_pages(
    edition: Edition,
    folder: Path,
    *,
    only: Collection[str] | None = None,
    jobs: int = 2,
    on_page: Callable[[PageRun], None] | None = None,
    tell: Callable[[str], None] | None = None,
    cell_seconds: int = CELL_SECONDS,
) -> tuple[PageRun, ...]:
    """Execute the pages of an edition into ``folder/ADDRESS.ipynb``, several at a time.

    Parameters
    ----------
    edition : Edition
        Whose pages to run.
    folder : Path
        Where executed notebooks go. A page that fails leaves the file of its last good run.
    only : collection of str, optional
        Addresses of the pages to run; all of them if not given.
    jobs : int
        Notebooks at a time, 1 or more.
    on_page : callable, optional
        Called in this process with each page that is done.
    tell : callable, optional
        Hears why kernels are ordinary processes, where they are.
    cell_seconds : int
        Longest time for one cell.

    Returns
    -------
    tuple of PageRun
        In the order of the edition.

    Raises
    ------
    ParameterError
        Before anything ran.
    NotebookError
        One or more pages failed; the others have run to their end.
    """
    parameters.check(edition)
    runs: dict[str, PageRun] = {}
    failures: dict[str, NotebookError] = {}
    with client.serving() as reason, run_cache.sharing() as shared:
        if reason and tell:
            tell(f"ordinary kernels: {reason}")
        wanted = [page for page in edition.pages if only is None or page.address in only]
        queue = [_job(edition, page, folder, cell_seconds, shared) for page in _in_turn(wanted)]
        for job, result in in_parallel(_run, queue, jobs, tell=tell):
            if isinstance(result, NotebookError):
                failures[job.told.page.address] = result
                continue
            page = job.told.page
            runs[page.address] = PageRun(page, job.target, *result)
            if on_page:
                on_page(runs[page.address])
    if failures:
        in_order = [failures[p.address] for p in wanted if p.address in failures]
        raise _together(in_order, len(queue))
    return tuple(runs[page.address] for page in wanted)


def _in_turn(pages: Sequence[Page]) -> list[Page]:
    """The first page of each notebook, then the second of each, and so on.

    Pages of one notebook need the same shared results: side by side, one would wait for another.
    """
    before: Counter[Path] = Counter()
    rounds: dict[int, list[Page]] = {}
    for page in pages:
        rounds.setdefault(before[page.notebook], []).append(page)
        before[page.notebook] += 1
    return [page for number in sorted(rounds) for page in rounds[number]]


def _job(edition: Edition, page: Page, folder: Path, cell_seconds: int, shared: str) -> _Job:
    return _Job(
        told=page_records.given(edition, page),
        target=folder / f"{page.address}.ipynb",
        root=project.root(),
        cell_seconds=cell_seconds,
        shared=shared,
        installed=records.environment(),
    )


def _together(failures: list[NotebookError], of: int) -> NotebookError:
    if len(failures) == 1:
        return failures[0]
    return NotebookError(
        f"{len(failures)} of {of} notebook runs failed",
        found="".join(
            f"\n  - {str(failure).replace(chr(10), chr(10) + '  ')}" for failure in failures
        ),
        hint="correct them and run the command again; the last good site is still in place",
    )


def _run(job: _Job) -> tuple[float, tuple[str, ...]]:
    """Run one page in a worker process: the seconds that it took, and what it wrote to stderr."""
    os.environ["BCSP_PROJECT"] = str(job.root)
    os.environ[run_cache.SETTING] = job.shared
    began, at = time.perf_counter(), time.time_ns()
    page, given = job.told.page, job.told.of_code | job.told.of_text
    with tempfile.TemporaryDirectory(prefix="bcsp-", ignore_cleanup_errors=True) as scratch:
        noted, read = Path(scratch, "stated.jsonl"), Path(scratch, "read.json")
        os.environ |= {ledger.SETTING: str(noted), observed.SETTING: str(read)}
        try:
            notebook = execute(
                page.notebook,
                job.told.parameters,
                label=f"page {page.address}",
                cell_seconds=job.cell_seconds,
            )
        finally:
            del os.environ[ledger.SETTING], os.environ[observed.SETTING]
        warnings = take_stderr(notebook)
        clean(notebook)
        page_text.fill(notebook, page, job.told.marks)
        write(notebook, job.target)
        beside = job.target.with_suffix(NOTED)
        beside.write_bytes(noted.read_bytes() if noted.exists() else b"")
        outputs = (job.target, beside)
        page_records.keep(
            job.target,
            given,
            read,
            outputs,
            began=at,
            said=warnings,
            installed=job.installed,
        )
    return time.perf_counter() - began, warnings


def take_stderr(notebook: NotebookNode) -> tuple[str, ...]:
    """Remove what cells wrote to stderr, which often names paths, and return it by cell."""
    taken = []
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                taken.append(f"cell {number}: {output.text.strip()}")
        if "outputs" in cell:
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
    return tuple(taken)


def clean(notebook: NotebookNode) -> None:
    """Leave in an executed notebook only what the same run gives again, and hide its parameters."""
    notebook.metadata = type(notebook.metadata)(
        kernelspec={"display_name": "Python 3", "language": "python", "name": KERNEL},
        language_info={"name": "python"},
    )
    count = 0
    for cell in notebook.cells:
        for key in ("papermill", "execution", "ExecuteTime", "collapsed", "scrolled"):
            cell.metadata.pop(key, None)
        if "injected-parameters" in parameters.tags(cell):
            cell.id = "injected-parameters"
            cell.metadata["tags"] = ["injected-parameters", "remove-cell"]
        if not cell.metadata.get("tags"):
            cell.metadata.pop("tags", None)
        if cell.cell_type == "code":
            count += bool(cell.source.strip())
            cell.execution_count = count if cell.source.strip() else None
            cell.outputs = _merged(cell.outputs)
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = cell.execution_count


def _merged(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Printed text in one piece, however many messages it came in."""
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else None
        if (
            last is not None
            and output.output_type == last.output_type == "stream"
            and output.name == last.name
        ):
            last.text += output.text
        else:
            merged.append(output)
    return merged


def written(notebook: NotebookNode) -> str:
    """A notebook as it stands in a file."""
    import nbformat

    return str(nbformat.writes(notebook, version=4)).rstrip("\n") + "\n"


def write(notebook: NotebookNode, target: Path) -> None:
    """Write a notebook beside its target, then put it in place in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.write_text(written(notebook), encoding="utf-8", newline="\n")
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def execute_in_place(notebook: Path, *, cell_seconds: int = CELL_SECONDS) -> tuple[str, ...]:
    """Run a committed notebook with its own defaults and store the outputs in it.

    The same run gives the same file: counts from 1, no times, no versions. What the cells wrote to
    stderr is left out and returned.

    Raises
    ------
    NotebookError
        A cell failed; the file stays as it was.
    """
    executed = execute(notebook, cell_seconds=cell_seconds)
    warnings = take_stderr(executed)
    clean(executed)
    write(executed, notebook)
    return warnings


@dataclass(frozen=True)
class Refreshed:
    """A committed notebook that ran with its own defaults: seconds, and what it warned of."""

    file: Path
    seconds: float
    warnings: tuple[str, ...]


def refresh(files: Sequence[Path], *, jobs: int = 2) -> Iterator[Refreshed]:
    """Run committed notebooks in place, several at a time; each one as soon as it is done.

    Raises
    ------
    NotebookError
        After all have run, for those that failed; their files stay as they were.
    """
    root = project.root()
    failures = []
    with client.serving(), run_cache.sharing():
        for item, result in in_parallel(_refresh, [(file.resolve(), root) for file in files], jobs):
            if isinstance(result, NotebookError):
                failures.append(result)
            else:
                yield Refreshed(item[0], *result)
    if failures:
        raise _together(sorted(failures, key=lambda failure: failure.where), len(files))


def _refresh(item: tuple[Path, Path]) -> tuple[float, tuple[str, ...]]:
    file, root = item
    os.environ["BCSP_PROJECT"] = str(root)
    began = time.perf_counter()
    warnings = execute_in_place(file)
    return time.perf_counter() - began, warnings
