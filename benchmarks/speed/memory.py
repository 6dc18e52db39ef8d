"""The memory of this process and everything that it started, while some work is done (Linux)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_EVERY = 0.2  # seconds


@contextmanager
def peak() -> Iterator[list[float]]:
    """A list that holds, afterwards, the peak in MB; shared memory counts once."""
    found = [0.0]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_EVERY):
            found[0] = max(found[0], sum(map(_share, descendants(os.getpid()))))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def descendants(pid: int) -> list[int]:
    """A process and all that came from it."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for tasks in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                waiting += [int(child) for child in tasks.read_text().split()]
            except OSError:  # it has ended
                continue
    return found


def _share(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return (
        next((int(row.split()[1]) for row in text.splitlines() if row.startswith("Pss:")), 0) / 1000
    )
