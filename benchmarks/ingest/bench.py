"""Ingest against pandas and bare DuckDB on the same files, in one run; prints times and ratios.

    python benchmarks/ingest/bench.py --rows 2000000
    python benchmarks/ingest/bench.py --rows 20000000 --forces 43 --without pandas

Every contender runs in a process of its own, in turn, several times; the quickest run counts. Each
reads all files and counts by month, force, small area and category. The ingest does more: it checks
every cell, recognises repeated crimes, hashes the files and writes the store. Seconds are those of
the work once everything is imported; CPU seconds are of all threads; peak memory is of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

KEYS = ["Month", "Reported by", "LSOA code", "LSOA name", "Crime type"]
HEADER = [
    *("Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location"),
    *("LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context"),
]
QUERIES = 20


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


CONTENDERS = {"pandas": with_pandas, "duckdb": with_duckdb, "ingest": with_ingest, "again": again}


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
    return {**json.loads(done.stdout.splitlines()[-1]), "process": whole}


def machine() -> str:
    """Cores and memory, for the table's caption."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}"


def compare(folder: Path, rows: int, repeats: int, without: list[str]) -> None:
    """Run all contenders in turn and print the table."""
    store = folder.parent / f"{folder.name}-store"
    names = [name for name in ("pandas", "duckdb", "ingest") if name not in without]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(repeats):
        for name in names:
            runs[name].append(in_process("--only", name, str(folder), str(store)))
            assert runs[name][-1]["rows"] == rows, (name, runs[name][-1])
    best = {name: min(each, key=lambda run: run["seconds"]) for name, each in runs.items()}
    print(f"{rows:,} rows, {len(files_of(folder))} files; {machine()}; best of {repeats}")
    print("| | seconds | CPU seconds | whole process | peak MB | ingest takes: seconds | CPU |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    ours = best["ingest"]
    for name, run in best.items():
        print(
            f"| {name} | {run['seconds']:.2f} | {run['cpu']:.2f} | {run['process']:.2f} "
            f"| {run['megabytes']:.0f} | {ours['seconds'] / run['seconds']:.2f} times "
            f"| {ours['cpu'] / run['cpu']:.2f} times |"
        )
    repeated = in_process("--only", "again", str(folder), str(store))
    asked = in_process("--query", str(store))
    print(f"unchanged files again: {repeated['seconds']:.2f} s, {repeated['megabytes']:.0f} MB")
    print(
        f"series of one area: {asked['median'] * 1000:.0f} ms, the first of a process "
        f"{asked['first'] * 1000:.0f} ms; store {asked['bytes'] / 1e6:.1f} MB"
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
    parser.add_argument("--without", nargs="*", default=[], choices=["pandas", "duckdb"])
    parser.add_argument("--folder", type=Path, help="generated before, and kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch) / "extracts"
        if not folder.is_dir():
            import generate

            generate.generate(
                folder, rows=given.rows, months=given.months, forces_wanted=given.forces
            )
        compare(folder, given.rows, given.repeats, given.without)


if __name__ == "__main__":
    main()
