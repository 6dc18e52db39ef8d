"""Every speed that the suite is held to, in one table: ``make bench``, or with fewer runs

    python -m benchmarks.speed --quick

Prints the table and writes it to ``benchmarks/results.md``. Ratios are against the obvious way in
the same run; clock times depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions, version
from pathlib import Path

from benchmarks.speed import cold_build, memory, rendering

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results.md"
COMMAND = (sys.executable, "-m", "bcsp_analysis")
LOCKED = re.compile(r"^([A-Za-z0-9][\w.-]*)==", re.MULTILINE)
AREAS = 309  # community safety partnerships of England and Wales
ONE = {"04-seasonality": 'series = "asb"'}
EIGHT = {
    "02-performance": "",
    "03-audit": "",
    "04-seasonality": 'series = "asb"',
    "05-cost-of-living": 'series = "asb"',
    "06-activity": "",
    "07-control-charts": 'series = "asb"',
    "08-outlook": 'series = "asb"',
    "09-comparison": "",
}
LIBRARIES = ("pandas", "numpy", "ipykernel", "papermill", "pypandoc_binary")


@dataclass(frozen=True)
class Row:
    """A measured quantity: its runs, what it is compared with, and what it is meant to be."""

    name: str
    values: Sequence[float]
    unit: str = "s"
    ratio: str = ""
    aim: str = ""

    def cells(self) -> list[str]:
        """Median, smallest to largest, ratio, aim."""
        middle = statistics.median(self.values)
        spread = f"{min(self.values):.2f} to {max(self.values):.2f}" if self.values[1:] else ""
        return [self.name, f"{middle:.2f} {self.unit}", spread, self.ratio, self.aim]


def timed(work: Callable[[], object], repeats: int) -> list[float]:
    """Seconds on the clock of some work, so many times."""
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found


def bcsp(*arguments: str, project: Path | None = None) -> str:
    """Run the command in a process of its own; what it printed.

    Raises
    ------
    RuntimeError
        It failed; with what it said.
    """
    settings = {"BCSP_PROJECT": str(project)} if project else {}
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    done = subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **settings, "PYTHONPATH": paths},
        cwd=project or ROOT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"bcsp {' '.join(arguments)}: {done.stderr.strip()[:400]}")
    return done.stdout


# --- the rows ------------------------------------------------------------------------------------


def start_up(quick: bool) -> Iterator[Row]:
    """How long it takes until a command answers."""
    repeats = 5 if quick else 11
    bare = timed(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), repeats)
    aims = {"--help": "below 0.15 s", "audit": "below 0.5 s"}
    for name, aim in aims.items():
        found = timed(lambda name=name: bcsp(name), repeats)  # type: ignore[misc]
        times = statistics.median(found) / statistics.median(bare)
        yield Row(f"`bcsp {name}`", found, "s", f"{times:.1f} times a bare Python", aim)


def cold(quick: bool) -> Iterator[Row]:
    """All notebooks of the edition against papermill in turn, and against the floor."""
    rounds = cold_build.rounds(1 if quick else 2)
    faster = statistics.median(one.faster() for one in rounds)
    above = statistics.median(one.above_floor() for one in rounds)
    yield Row("all notebooks, papermill in turn", [one.papermill.clock for one in rounds])
    yield Row(
        "all notebooks, as `bcsp build` runs them",
        [one.suite.clock for one in rounds],
        "s",
        f"papermill takes {faster:.1f} times as long; {above:.2f} times the floor",
        "5 times; 1.5 times the floor",
    )


def project_copy(folder: Path) -> Path:
    """What a build reads, to be edited."""
    for part in ("data", "editions", "notebooks", "site"):
        shutil.copytree(ROOT / part, folder / part)
    for name in ("_quarto.yml", "index.qmd"):
        shutil.copy(ROOT / name, folder)
    return folder


def warm(quick: bool) -> Iterator[Row]:
    """A whole build, then builds after no change, a changed word, a changed figure."""
    repeats = 3 if quick else 5
    build = ("build", "--engine", "pandoc")
    with tempfile.TemporaryDirectory(prefix="bcsp-bench-") as name:
        copy = project_copy(Path(name))
        first = timed(lambda: bcsp(*build, project=copy), 1)
        whole = statistics.median(first)
        yield Row("whole build of a clone", first)

        def row(text: str, found: list[float], aim: str) -> Row:
            times = whole / statistics.median(found)
            return Row(text, found, "s", f"a whole build takes {times:.0f} times as long", aim)

        none = timed(lambda: bcsp(*build, project=copy), repeats)
        yield row("build, nothing changed", none, "below 1 s")
        word = []
        for number in range(repeats):
            add_a_word(copy / "notebooks" / "03-audit.ipynb", number)
            word += timed(lambda: bcsp(*build, project=copy), 1)
        yield row("build, one word of one notebook changed", word, "below 3 s")
        change_a_price(copy)
        planned = bcsp(*build, "--explain", project=copy)
        pages = sum(line.startswith("run ") for line in planned.splitlines())
        figure = timed(lambda: bcsp(*build, project=copy), 1)
        yield row(f"build, one price changed ({pages} pages read prices)", figure, "")


def add_a_word(notebook: Path, number: int) -> None:
    """Change the text of a notebook, not its code."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    last = [cell for cell in content["cells"] if cell["cell_type"] == "markdown"][-1]
    last["source"] = "".join(last["source"]) + f"\n\nWord {number}."
    notebook.write_text(json.dumps(content), encoding="utf-8")


def change_a_price(copy: Path) -> None:
    """Change the last digit of the price table, and its checksum in the list of sources."""
    from bcsp_analysis.sources import registry

    file, sources = copy / "data/prices/prices_monthly.csv", copy / "data/sources.toml"
    before = registry.digest(file)
    text = file.read_text(encoding="utf-8").rstrip("\n")
    file.write_text(f"{text[:-1]}{(int(text[-1]) + 1) % 10}\n", encoding="utf-8")
    listed = sources.read_text(encoding="utf-8").replace(before, registry.digest(file))
    sources.write_text(listed, encoding="utf-8")


def render(quick: bool) -> Iterator[Row]:
    """A hundred pages by the embedded engine."""
    aims = {"wall time": "below 6 s", "peak memory": "below 400 MB"}
    repeats = [
        rendering.measure(40 if quick else rendering.PAGES) for _ in range(1 if quick else 3)
    ]
    for rows in zip(*repeats, strict=True):
        ratios = [row.ratio for row in rows if row.ratio is not None]
        told = f"pandoc for each page: {statistics.median(ratios):.2f} times" if ratios else ""
        aim = "" if quick else aims.get(rows[0].name.rpartition(": ")[2], "")
        yield Row(rows[0].name, [row.value for row in rows], rows[0].unit, told, aim)


def scaling(quick: bool, runs: Sequence[int] = (1, 10, 40, 400)) -> Iterator[Row]:
    """Time and memory against the number of notebook runs."""
    for number in runs[:2] if quick else runs:
        yield from _many(f"{number} runs of one notebook", number, ONE)


def areas(quick: bool) -> Iterator[Row]:
    """Eight notebooks for each of so many areas, all on the figures of this one."""
    number = 3 if quick else AREAS
    yield from _many(f"{len(EIGHT)} notebooks for {number} areas", number, EIGHT)


def _many(text: str, number: int, notebooks: Mapping[str, str]) -> Iterator[Row]:
    """A row for the time and one for the memory of ``number`` runs of each notebook."""
    with tempfile.TemporaryDirectory(prefix="bcsp-bench-") as name:
        copy = project_copy(Path(name))
        edition = many_pages(copy, number, notebooks)
        with memory.peak() as peak:
            seconds = timed(lambda: run_pages(copy, edition), 1)
    yield Row(text, seconds, "s", f"{seconds[0] / number / len(notebooks):.2f} s a run")
    yield Row(f"{text}: peak memory", peak, "MB")


def many_pages(copy: Path, number: int, notebooks: Mapping[str, str]) -> str:
    """An edition of the copy with so many pages of each notebook; its name."""
    held = (copy / "editions" / "2023-24-q2.toml").read_text(encoding="utf-8")
    pages = "".join(
        f'\n[[pages]]\nnotebook = "notebooks/{name}.ipynb"\naddress = "page-{i}/{name}"\n'
        f"parameters = {{ {given} }}\n"
        for i in range(number)
        for name, given in notebooks.items()
    )
    name = "2023-24-q2-many"
    file = copy / "editions" / f"{name}.toml"
    file.write_text(held[: held.index("[[pages]]")] + pages.lstrip(), encoding="utf-8")
    return name


def run_pages(copy: Path, edition: str) -> None:
    """Run all pages of an edition, in a process of its own."""
    program = (
        "from pathlib import Path\nfrom bcsp_analysis import editions\n"
        "from bcsp_analysis.publish import notebooks\n"
        "if __name__ == '__main__':\n"
        f"    notebooks.run_pages(editions.load({edition!r}), Path('build').resolve())\n"
    )
    (copy / "run.py").write_text(program, encoding="utf-8")
    settings = {"BCSP_PROJECT": str(copy), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(copy / "run.py")]
    subprocess.run(command, check=True, cwd=copy, env={**os.environ, **settings})


def installed(quick: bool) -> Iterator[Row]:
    """How much `make site` installs, by what its installers noted in this environment."""
    del quick
    locked = LOCKED.findall((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    wanted = {_plain(name) for name in locked}
    found = {_plain(one.name): one for one in distributions() if _plain(one.name) in wanted}
    sizes = [file.size or 0 for one in found.values() for file in one.files or ()]
    yield Row("what `make site` installs: distributions", [len(found)], "")
    yield Row("what `make site` installs: size", [sum(sizes) / 1e6], "MB")


def _plain(name: str) -> str:
    """A distribution's name as the packaging specifications compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


SECTIONS: dict[str, Callable[[bool], Iterator[Row]]] = {
    "start-up": start_up,
    "cold": cold,
    "warm": warm,
    "rendering": render,
    "scaling": scaling,
    "areas": areas,
    "install": installed,
}
BY_NAME = ("areas",)  # takes as long as all others together, so that it is measured when asked for


# --- the report ----------------------------------------------------------------------------------


def machine(quick: bool) -> str:
    """What it was measured on."""
    free = Path("/proc/meminfo")
    total = int(free.read_text().split()[1]) / 1e6 if free.exists() else float("nan")
    load = f", load before {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    today = datetime.date.today().isoformat()
    lines = [
        f"{today}, {os.cpu_count()} cores, {total:.0f} GB of memory{load}.",
        f"Python {platform.python_version()}, {platform.system()}; {versions}.",
    ]
    if quick:
        lines.append("A quick run: fewer repeats, sizes and comparisons than `make bench`.")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Measures the suite's speed.")
    parser.add_argument("--quick", action="store_true", help="fewer runs, smaller sizes")
    parser.add_argument(
        "--only", nargs="*", choices=SECTIONS, help="these sections, written nowhere"
    )
    asked = parser.parse_args()
    told = machine(asked.quick)
    lines = ["| what | median | spread | ratio | aim |", "|---|--:|---|---|---|"]
    for name in asked.only or [name for name in SECTIONS if name not in BY_NAME]:
        try:
            rows = [row.cells() for row in SECTIONS[name](asked.quick)]
        except (RuntimeError, subprocess.CalledProcessError) as error:
            rows = [[name, "not measured", "", str(error).splitlines()[0][:120], ""]]
        for cells in rows:
            lines.append(f"| {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    table = "\n".join(lines)
    if not asked.only:
        head = "# Speed\n\nWritten by `make bench`. Median of several runs, smallest to largest.\n"
        RESULTS.write_text(f"{head}\n{told}\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
