"""Runs experiments on all cores; what comes out does not depend on how many there are."""

from __future__ import annotations

import gc
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context

from benchmarks.calibration.outcomes import Outcome, Setting

Progress = Callable[[str, int, int], None]
"""Name of an experiment, runs done, runs in all."""


def chunks(runs: int, size: int) -> Iterator[range]:
    """The runs 0 to `runs` in pieces."""
    for start in range(0, runs, size):
        yield range(start, min(start + size, runs))


def run_all(
    experiments: Mapping[str, list[Setting]],
    seed: int,
    *,
    jobs: int | None = None,
    chunk: int = 10,
    progress: Progress = lambda name, done, total: None,
) -> dict[str, list[Outcome]]:
    """Every run of every setting, in order.

    Parameters
    ----------
    experiments : mapping of name to settings
    seed : int
    jobs : int, optional
        Processes; 1 runs here, without any.
    chunk : int
        Runs that a process takes at a time.
    """
    tasks = [
        (name, place, numbers)
        for name, settings in experiments.items()
        for place, setting in enumerate(settings)
        for numbers in chunks(setting.runs, chunk)
    ]
    totals = {name: sum(s.runs for s in settings) for name, settings in experiments.items()}
    done = dict.fromkeys(experiments, 0)
    found: dict[tuple[str, int, int], list[Outcome]] = {}

    def keep(task: tuple[str, int, range], outcomes: list[Outcome]) -> None:
        name, place, numbers = task
        found[name, place, numbers.start] = outcomes
        done[name] += len(numbers)
        progress(name, done[name], totals[name])

    workers = jobs or os.cpu_count() or 1
    if workers == 1:
        for name, place, numbers in tasks:
            piece = run_some(name, experiments[name][place], seed, numbers)
            keep((name, place, numbers), piece)
    else:
        # "spawn" is what every system has; a fork would copy the parent's threads half-way.
        pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start)
        try:
            with _uninterrupted():
                waiting = {
                    pool.submit(run_some, name, experiments[name][place], seed, numbers): (
                        (name, place, numbers)
                    )
                    for name, place, numbers in tasks
                }
            for future in as_completed(waiting):
                keep(waiting[future], future.result())
        finally:
            # An interrupted or failed run does not wait for what is still in the queue.
            with _uninterrupted():
                pool.shutdown(wait=True, cancel_futures=True)
    ordered: dict[str, list[Outcome]] = {name: [] for name in experiments}
    for name, place, numbers in tasks:
        ordered[name] += found[name, place, numbers.start]
    return ordered


def run_some(experiment: str, setting: Setting, seed: int, numbers: range) -> list[Outcome]:
    """Some runs of one setting."""
    with warnings.catch_warnings():
        # Simulated series reach corners of which the fits warn; what they answer is what counts.
        warnings.simplefilter("ignore")
        return [setting.run(setting.generator(experiment, seed, n)) for n in numbers]


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """No Ctrl-C here, nor ever in the processes that begin here: it is the parent's business.

    A process that is hit while it starts, or an end that is broken off, would leave the others
    waiting for good.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _start() -> None:
    """What is loaded by now stays: collecting garbage again and again takes a third of the time."""

    import bcsp_analysis.models.quarterly  # noqa: F401

    gc.collect()
    gc.freeze()
