"""Ingest against pandas, bare DuckDB and Polars on the same files, in one run: times and ratios.

    python benchmarks/ingest/bench.py --rows 2000000
    python benchmarks/ingest/bench.py --rows 20000000 --forces 43

Every contender runs in a new process, in turn, several times. Each reads all files and counts by
month, force, small area and category; the ingest also checks every cell, recognises repeated
crimes, hashes the files and writes the store. "Work" is timed once everything is imported, "whole
command" from the start of the process to its end, for the ingest that of ``bcsp ingest``. Times
and memory are medians, with the smallest and the largest in brackets; a ratio is the median of the
ratios within each round, which depends less on what else the machine is doing.

"pandas, one thread" is pandas with ``mode.max_threads`` 1: before 3.1 it read files only so. Polars
takes part where it is installed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

KEYS = ["Month", "Reported by", "LSOA code", "Crime type"]
HEADER = [
    *("Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location"),
    *("LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context"),
]
QUERIES = 20
MOST_DISTURBED = 0.1  # cores that others use


def files_of(folder: Path) -> list[str]:
    """The CSV files of a generated folder."""
    return sorted(str(file) for file in folder.glob("*/*-street.csv"))


def with_pandas(folder: Path, _: Path) -> Callable[[], int]:
    """`pandas.read_csv` of every column, file by file, then one groupby."""
    import pandas as pd

    def work() -> int:
        frame = pd.concat([pd.read_csv(file) for file in files_of(folder)], ignore_index=True)
        return int(frame.groupby(KEYS, dropna=False).size().sum())

    return work


def with_pandas_in_one_thread(folder: Path, store: Path) -> Callable[[], int]:
    """As `with_pandas`, reading in one thread, as pandas before 3.1 did."""
    import pandas as pd

    pd.set_option("mode.max_threads", 1)
    return with_pandas(folder, store)


def with_polars(folder: Path, _: Path) -> Callable[[], int]:
    """Polars, streaming, with declared columns: read and count, nothing else."""
    import polars as pl

    schema = {name: pl.Float64 if name.endswith("itude") else pl.String for name in HEADER}

    def work() -> int:
        rows = pl.scan_csv(files_of(folder), schema=schema)
        found = rows.group_by(KEYS).len().collect(engine="streaming")
        return int(found["len"].sum())

    return work


def with_duckdb(folder: Path, _: Path) -> Callable[[], int]:
    """DuckDB on the CSV files with declared columns: read and count, nothing else."""
    import duckdb

    types = {name: "DOUBLE" if name.endswith("itude") else "VARCHAR" for name in HEADER}
    names = ", ".join(f'"{key}"' for key in KEYS)

    def work() -> int:
        connection = duckdb.connect()
        found = connection.sql(
            f"SELECT {names}, count(*)::BIGINT AS n FROM read_csv({files_of(folder)}, "
            f"columns = {types}, header = true) GROUP BY ALL"
        ).to_arrow_table()
        return sum(found.column("n").to_pylist())

    return work


def with_ingest(folder: Path, store: Path) -> Callable[[], int]:
    """The ingest, from files to a published store."""
    from bcsp_analysis.sources import draft, engines, ingest, reading

    # Imported before the clock starts, as the libraries of the others are.
    assert draft
    assert reading
    engines.connect()
    shutil.rmtree(store, ignore_errors=True)

    def work() -> int:
        report = ingest.ingest([folder], store)
        return sum(file.rows for file in report.files)

    return work


def again(folder: Path, store: Path) -> Callable[[], int]:
    """The ingest of files that have not changed."""
    from bcsp_analysis.sources import ingest

    return lambda: sum(file.rows for file in ingest.ingest([folder], store).files)


CONTENDERS = {
    "pandas": with_pandas,
    "pandas, one thread": with_pandas_in_one_thread,
    "DuckDB": with_duckdb,
    "Polars": with_polars,
    "ingest": with_ingest,
    "again": again,
}
COMPARED = ("pandas", "pandas, one thread", "DuckDB", "Polars")
LIBRARIES = ("pandas", "pyarrow", "duckdb", "ibis-framework", "polars")


def measure(name: str, folder: Path, store: Path) -> None:
    """Run one contender in this process and print what it took, as JSON."""
    work = CONTENDERS[name](folder, store)
    began, used = time.perf_counter(), time.process_time()
    rows = work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = peak / (1 << 20 if sys.platform == "darwin" else 1000)
    print(json.dumps({"rows": rows, "seconds": seconds, "cpu": cpu, "megabytes": megabytes}))


def query(store: Path) -> None:
    """Time the series of one small area, first and later, and print the seconds as JSON."""
    from bcsp_analysis.sources import store as stores

    opened = stores.open_store(store)
    held = stores.areas(opened)
    # Areas that are in use to the end: without a lookup the others are refused.
    code = (
        held.loc[held["last"] == held["last"].max()].nlargest(1, "incidents")["lsoa_code"].iloc[0]
    )
    times = []
    for _ in range(QUERIES):
        began = time.perf_counter()
        stores.series(opened, area=code, category="Burglary", incomplete="keep")
        times.append(time.perf_counter() - began)
    size = sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
    print(json.dumps({"first": times[0], "median": sorted(times)[QUERIES // 2], "bytes": size}))


def in_process(*arguments: str) -> dict[str, Any]:
    """Run this file in a new process and read what it prints."""
    command = [sys.executable, str(Path(__file__).resolve()), *arguments]
    began = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    whole = time.perf_counter() - began
    return {**json.loads(done.stdout.splitlines()[-1]), "whole": whole}


def command(folder: Path, store: Path) -> dict[str, Any]:
    """Seconds that ``bcsp ingest`` takes into an empty store."""
    shutil.rmtree(store, ignore_errors=True)
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "bcsp_analysis", "ingest", str(folder), "--store", str(store)],
        check=True,
        capture_output=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    return {"whole": time.perf_counter() - began}


def busy_seconds() -> float:
    """CPU seconds that all processes of the machine have used since it started (Linux)."""
    times = [int(text) for text in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return (sum(times) - times[3] - times[4]) / os.sysconf("SC_CLK_TCK")


def undisturbed(run: Callable[[], dict[str, Any]], patience: float) -> dict[str, Any]:
    """What a run found, once nobody else used the machine during it.

    Parameters
    ----------
    patience : float
        Seconds after which the run counts that was disturbed least; 0 takes the first one.
    """
    until = time.monotonic() + patience
    best: tuple[float, dict[str, Any]] | None = None
    while True:
        busy, began = busy_seconds() if patience else 0.0, time.perf_counter()
        own = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = run()
        if not patience:
            return found
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        ours = used.ru_utime + used.ru_stime - own.ru_utime - own.ru_stime
        others = (busy_seconds() - busy - ours) / (time.perf_counter() - began)
        if best is None or others < best[0]:
            best = others, found
        if best[0] <= MOST_DISTURBED or time.monotonic() > until:
            return best[1] | {"others": best[0]}
        time.sleep(2)


def machine() -> str:
    """Cores, memory and versions, for the table's caption."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    versions = [
        f"{name} {importlib.metadata.version(name)}"
        for name in LIBRARIES
        if importlib.util.find_spec(name.split("-")[0])
    ]
    python = f"Python {platform.python_version()}"
    return ", ".join([f"{os.cpu_count()} cores", f"{memory:.0f} GB", python, *versions])


def spread(runs: list[dict[str, Any]], what: str, digits: int = 2) -> str:
    """Median, smallest and largest, as text."""
    found = [run[what] for run in runs]
    low, middle, high = min(found), statistics.median(found), max(found)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def ratio(ours: list[dict[str, Any]], theirs: list[dict[str, Any]], what: str) -> str:
    """How many times the ingest takes what another one takes."""
    pairs = zip(ours, theirs, strict=True)
    return f"{statistics.median(one[what] / other[what] for one, other in pairs):.2f}"


def compare(folder: Path, rows: int, repeats: int, without: list[str], patience: float) -> None:
    """Run all contenders in turn and print the table."""
    store = folder.parent / f"{folder.name}-store"
    names = [
        name
        for name in (*COMPARED, "ingest")
        if name not in without and (name != "Polars" or importlib.util.find_spec("polars"))
    ]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(repeats):
        for name in names:
            run = partial(in_process, "--only", name, str(folder), str(store))
            runs[name].append(undisturbed(run, patience))
            assert runs[name][-1]["rows"] == rows, (name, runs[name][-1])
        whole = undisturbed(partial(command, folder, store), patience)
        runs["ingest"][-1]["whole"] = whole["whole"]
        if patience:
            shares = [each[-1]["others"] for each in runs.values()] + [whole["others"]]
            shown = ", ".join(f"{share:.2f}" for share in shares)
            print(f"cores that others used: {shown}", file=sys.stderr, flush=True)
    print(f"{rows:,} rows, {len(files_of(folder)):,} files; {machine()}; median of {repeats}\n")
    print("| | work, s | CPU, s | whole command, s | peak MB | ingest: work | CPU | whole |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for name, found in runs.items():
        cells = [spread(found, what) for what in ("seconds", "cpu", "whole")]
        cells.append(spread(found, "megabytes", 0))
        for what in ("seconds", "cpu", "whole"):
            times = f"{ratio(runs['ingest'], found, what)} times"
            cells.append("" if name == "ingest" else times)
        print("| " + " | ".join([name, *cells]) + " |")
    last = partial(in_process, "--only", "again", str(folder), str(store))
    repeated = undisturbed(last, patience)
    asked = undisturbed(partial(in_process, "--query", str(store)), patience)
    print(
        f"\nUnchanged files again: {repeated['seconds']:.2f} s of work, {repeated['whole']:.2f} s "
        f"with the start of the process, {repeated['megabytes']:.0f} MB."
    )
    print(
        f"Series of one area: {asked['median'] * 1000:.0f} ms, the first of a process "
        f"{asked['first'] * 1000:.0f} ms; store {asked['bytes'] / 1e6:.1f} MB."
    )


def main() -> None:
    """Generate, compare, or run one contender, as the command line asks."""
    if sys.argv[1:2] == ["--only"]:
        measure(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
        return
    if sys.argv[1:2] == ["--query"]:
        query(Path(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--forces", type=int, default=1)
    parser.add_argument("--months", type=int, default=72)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--without", nargs="*", default=[], choices=COMPARED)
    parser.add_argument(
        "--patience",
        type=float,
        default=0,
        help="seconds for which a run is repeated while others use the machine (Linux)",
    )
    parser.add_argument("--folder", type=Path, help="generated before, and kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch) / "extracts"
        if not folder.is_dir():
            import generate

            generate.generate(
                folder, rows=given.rows, months=given.months, forces_wanted=given.forces
            )
        compare(folder, given.rows, given.repeats, given.without, given.patience)


if __name__ == "__main__":
    main()
