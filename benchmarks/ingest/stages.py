"""Where the CPU time of an ingest goes, stage by stage.

    python benchmarks/ingest/stages.py FOLDER

One thread reads, one file after the other, and the engine has one. Times are CPU seconds of the
thread that did the work.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def main() -> None:
    """Ingest the folder into a store that is thrown away, and print the table."""
    from bcsp_analysis.sources import (
        archives,
        counting,
        draft,
        engines,
        ingest,
        partitions,
        reading,
        store_files,
        street,
    )

    reading.WORKERS = engines._THREADS = 1
    engines.connect()
    spent: Counter[str] = Counter()

    def timed(module: ModuleType | Any, name: str, stage: str) -> None:
        plain = getattr(module, name)

        def wrapped(*arguments: Any, **options: Any) -> Any:
            began = time.thread_time()
            try:
                return plain(*arguments, **options)
            finally:
                spent[stage] += time.thread_time() - began

        setattr(module, name, wrapped)

    timed(archives, "_file_content", "reading the bytes")
    timed(reading.hashlib, "sha256", "SHA-256 of the content")
    timed(street, "check_encoding", "encoding and quotes")
    timed(street.street_faults, "quotes_are_sound", "encoding and quotes")
    timed(street, "_parse", "parsing the CSV")
    timed(street, "_declared", "parsing the CSV")
    timed(street, "_is_right", "months, forces, categories, codes, places")
    timed(counting, "prepare", "repeated ids")
    timed(draft, "_take_in", "record, merge with the store")
    timed(partitions, "write", "writing Parquet")
    timed(store_files, "publish", "writing Parquet")
    timed(engines, "evaluate_on", "counting (the engine)")
    with tempfile.TemporaryDirectory() as store:
        used, began = time.process_time(), time.perf_counter()
        ingest.ingest([Path(sys.argv[1])], Path(store))
        whole, wall = time.process_time() - used, time.perf_counter() - began
    spent["record, merge with the store"] -= spent["writing Parquet"]
    spent["all else"] = whole - sum(spent.values())
    print("| stage | CPU, s | share |\n|---|--:|--:|")
    for stage, seconds in spent.items():
        print(f"| {stage} | {seconds:.2f} | {seconds / whole:.0%} |")
    print(f"| all | {whole:.2f} | ({wall:.2f} s in one thread) |")


if __name__ == "__main__":
    main()
