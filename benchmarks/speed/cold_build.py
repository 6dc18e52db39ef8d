"""All notebooks of the default edition: forked kernels in parallel against papermill in turn.

    python -m benchmarks.speed.cold_build --repeats 3

Three ways, in turn in each round, on a copy of the project's data and notebooks:

- papermill: the ``papermill`` command, notebook after notebook, each in an ordinary kernel.
- suite: `run_pages` as ``bcsp build`` calls it, two notebooks at a time.
- floor: what cannot be saved: the CPU seconds that the cells of the suite's run used, spread
  evenly over the cores, and the server's imports once.

Clock times depend on what else the machine does; the CPU seconds beside them depend less on it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EDITION = "2023-24-q2"
JOBS = 2
# Appended to each notebook of the copy: what its own cells have used.
_METER = "import resource, time; print('cpu', time.process_time() - _begun)"
_BEGIN = "import time; _begun = time.process_time()"


@dataclass(frozen=True)
class Timing:
    """Seconds on the clock, and CPU seconds of all processes."""

    clock: float
    cpu: float


@dataclass(frozen=True)
class Round:
    """One round: each way once."""

    papermill: Timing
    suite: Timing
    floor: Timing

    def faster(self) -> float:
        """How many times as fast as papermill the suite is."""
        return self.papermill.clock / self.suite.clock

    def above_floor(self) -> float:
        """How many times the floor the suite takes."""
        return self.suite.clock / self.floor.clock


def timed(work: Callable[[], object]) -> Timing:
    """Time some work, with the processes that it starts and waits for."""
    began, used = time.perf_counter(), _cpu()
    work()
    return Timing(time.perf_counter() - began, _cpu() - used)


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


@contextmanager
def project() -> Iterator[Path]:
    """A copy of what a build reads, each notebook with a first and a last cell that meter it."""
    with tempfile.TemporaryDirectory(prefix="bcsp-bench-") as folder:
        copy = Path(folder)
        for part in ("data", "editions", "notebooks"):
            shutil.copytree(ROOT / part, copy / part)
        for file in (copy / "notebooks").rglob("*.ipynb"):
            content = json.loads(file.read_text(encoding="utf-8"))
            first = next(i for i, c in enumerate(content["cells"]) if c["cell_type"] == "code")
            content["cells"].insert(first, _cell("meter-begin", _BEGIN))
            content["cells"].append(_cell("meter-end", _METER))
            file.write_text(json.dumps(content), encoding="utf-8")
        before = os.environ.get("BCSP_PROJECT")
        os.environ["BCSP_PROJECT"] = folder
        try:
            yield copy
        finally:
            if before is None:
                del os.environ["BCSP_PROJECT"]
            else:
                os.environ["BCSP_PROJECT"] = before


def _cell(name: str, source: str) -> dict[str, object]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def with_papermill(copy: Path) -> None:
    """Run the ``papermill`` command on notebook after notebook, as its manual has it."""
    from bcsp_analysis import editions

    for page in editions.load(EDITION).pages:
        values = {"edition": EDITION, **page.parameters}
        given = [part for name, value in values.items() for part in ("-p", name, str(value))]
        subprocess.run(
            [
                *(sys.executable, "-m", "papermill", "--no-progress-bar", "--kernel", "python3"),
                *("--log-level", "ERROR", "--cwd", str(page.notebook.parent), *given),
                *(str(page.notebook), str(copy / "out.ipynb")),
            ],
            check=True,
            capture_output=True,
        )


def with_the_suite(copy: Path) -> None:
    """Run all pages as ``bcsp build`` does."""
    from bcsp_analysis import editions
    from bcsp_analysis.publish import notebooks

    notebooks.run_pages(editions.load(EDITION), copy / "build", jobs=JOBS)


def floor(copy: Path) -> Timing:
    """What the cells of the suite's last run used, on all cores evenly, and one preload."""
    used = 0.0
    for file in (copy / "build").rglob("*.ipynb"):
        last = json.loads(file.read_text(encoding="utf-8"))["cells"][-1]
        used += float("".join(last["outputs"][0]["text"]).split()[1])
    imports = timed(_import_once)
    cores = min(JOBS, os.cpu_count() or 1)
    return Timing(used / cores + imports.clock, used + imports.cpu)


def _import_once() -> None:
    program = (
        "import bcsp_analysis\n"
        "from bcsp_analysis.publish.kernels import preload\n"
        "for name in preload.modules(own=True):\n    preload.load(name)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def rounds(repeats: int) -> list[Round]:
    """Each way once a round."""
    found = []
    for _ in range(repeats):
        with project() as copy:
            papermill = timed(lambda copy=copy: with_papermill(copy))  # type: ignore[misc]
            suite = timed(lambda copy=copy: with_the_suite(copy))  # type: ignore[misc]
            found.append(Round(papermill, suite, floor(copy)))
    return found


def table(found: list[Round]) -> str:
    """Medians, and the smallest and largest, as a Markdown table."""
    lines = ["| way | clock, s | CPU, s |", "|---|--:|--:|"]
    for name in ("papermill", "suite", "floor"):
        timings: list[Timing] = [getattr(one, name) for one in found]
        lines.append(
            f"| {name} | {_spread([t.clock for t in timings])}"
            f" | {_spread([t.cpu for t in timings])} |"
        )
    lines.append("")
    lines.append(f"The suite is {_spread([r.faster() for r in found])} times as fast as papermill,")
    lines.append(f"and takes {_spread([r.above_floor() for r in found])} times the floor.")
    return "\n".join(lines)


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    print(table(rounds(parser.parse_args().repeats)))


if __name__ == "__main__":
    main()
