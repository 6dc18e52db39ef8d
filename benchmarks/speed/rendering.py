"""How long the embedded engine takes for a hundred pages, and how much memory.

The pages are the project's own, over and over until there are as many as asked for. What it is
compared with is the obvious way: pandoc started once a page, with the same text (the outputs
of cells in their places) and without any of the engine's work: no callouts, tabs, numbers, links or
furniture. Seconds of CPU can be compared on a machine in use, wall time cannot.

``python -m benchmarks.speed.rendering`` prints the rows.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pypandoc

from bcsp_analysis.publish.pandoc import render_site
from bcsp_analysis.publish.pandoc.project import load_project

ROOT = Path(__file__).parents[2]
PAGES = 100
_PANDOC = [
    *("--from=markdown", "--to=html5", "--mathml", "--section-divs", "--toc", "--standalone"),
    *("--syntax-highlighting=none", "--metadata=title=Page"),
]
_OUTPUT = re.compile(r"^(`{3,})\{\.output-markdown\}\n(.*?)\n\1$", re.M | re.S)


class Row(NamedTuple):
    """A measured quantity; ``ratio`` is that of the obvious way to this one, None without one."""

    name: str
    value: float
    unit: str
    ratio: float | None


def measure(pages: int = PAGES, jobs: int = 2) -> list[Row]:
    """Render ``pages`` pages and convert their texts with one pandoc process each.

    Returns
    -------
    list of Row
        Seconds of wall time and of CPU (all processes), and the peak of the memory of all
        processes together in MB (proportional share of what they share; Linux only).
    """
    with tempfile.TemporaryDirectory() as folder:
        project = many_pages(Path(folder) / "project", pages)
        with _peak_memory() as peak:
            start, cpu = time.perf_counter(), _cpu_seconds()
            report = render_site(project, output=Path(folder) / "site", jobs=jobs)
            wall, cpu = time.perf_counter() - start, _cpu_seconds() - cpu
        if len(report.pages) != pages:
            raise RuntimeError(f"{len(report.pages)} pages were rendered, not {pages}")
        plain = _one_process_a_page(project)
    name = f"rendering, {pages} pages, {jobs} at a time"
    rows = [
        Row(f"{name}: wall time", wall, "s", None),
        Row(f"{name}: CPU", cpu, "s", plain / cpu),
    ]
    return [*rows, *(Row(f"{name}: peak memory", mb, "MB", None) for mb in peak)]


def many_pages(root: Path, pages: int) -> Path:
    """A project of so many pages in ``root``: this one's, copied until there are enough."""
    shutil.copytree(ROOT / "site", root / "site")
    text = (ROOT / "_quarto.yml").read_text("utf-8")
    (root / "_quarto.yml").write_text(text.replace("- notebooks/*.ipynb", "- notebooks/*/*.ipynb"))
    shutil.copy(ROOT / "index.qmd", root)
    sources = sorted((ROOT / "notebooks").glob("*.ipynb"))
    own = 1 + len(list((ROOT / "site").glob("[!_]*.qmd")))
    for number in range(pages - own):
        target = root / "notebooks" / str(number // len(sources))
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(sources[number % len(sources)], target)
    return root


def _one_process_a_page(root: Path) -> float:
    """Seconds of CPU for the pages' Markdown, each through a pandoc process of its own."""
    texts = ["\n".join(doc.lines) for doc in load_project(root).pages.values()]
    texts = [_OUTPUT.sub(r"\2", text) for text in texts]
    command = [pypandoc.get_pandoc_path(), *_PANDOC]
    start = _cpu_seconds()
    for text in texts:
        subprocess.run(command, input=text.encode(), capture_output=True, check=True)
    return _cpu_seconds() - start


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)


@contextmanager
def _peak_memory() -> Iterator[list[float]]:
    """A list that holds, afterwards, the peak of this process and its children in MB."""
    peak: list[float] = []
    if not Path("/proc/self/smaps_rollup").exists():
        yield peak
        return
    done, seen = threading.Event(), [0.0]

    def watch() -> None:
        while not done.wait(0.1):
            seen.append(sum(_share(pid) for pid in [os.getpid(), *_children()]))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()
    peak.append(max(seen))


def _children() -> list[int]:
    lists = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return [int(pid) for path in lists for pid in path.read_text().split()]


def _share(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it has ended
        return 0.0
    return next(int(row.split()[1]) for row in text.split("\n") if row.startswith("Pss:")) / 1000


if __name__ == "__main__":
    for row in measure(*map(int, sys.argv[1:])):
        ratio = "" if row.ratio is None else f"  (pandoc started for each page: x {row.ratio:.2f})"
        sys.stdout.write(f"{row.name}: {row.value:.1f} {row.unit}{ratio}\n")
