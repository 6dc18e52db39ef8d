"""Work in several processes: each result as it comes, and nothing left behind at an interrupt."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from bcsp_analysis.errors import NotebookError

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(
    work: Callable[[Item], Result], queue: Sequence[Item], jobs: int
) -> Iterator[tuple[Item, Result | NotebookError]]:
    """Work on each item in a process pool; each result, or what failed, as soon as it is there.

    Parameters
    ----------
    work : callable
        Of a module, so that another process finds it; takes and returns what pickle can carry.
    queue : sequence
        Items.
    jobs : int
        Items at a time.
    """
    before = set(multiprocessing.active_children())
    with (
        tempfile.TemporaryDirectory(prefix="bcsp-", ignore_cleanup_errors=True) as scratch,
        concurrent.futures.ProcessPoolExecutor(
            max_workers=max(1, min(jobs, len(queue))),
            # Workers start afresh: a fork of a process with threads (a progress bar) can hang.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin_worker,
            initargs=(scratch,),
        ) as pool,
    ):
        futures: dict[concurrent.futures.Future[Result], Item] = {
            pool.submit(work, item): item for item in queue
        }
        try:
            for future in concurrent.futures.as_completed(futures):
                outcome: Result | NotebookError = _outcome(future)
                yield futures[future], outcome
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in set(multiprocessing.active_children()) - before:
                worker.kill()  # its kernel follows as soon as it is alone
            raise


def _begin_worker(scratch: str) -> None:
    """Leave interrupts and temporary files to the process that started this one; end with it."""
    tempfile.tempdir = scratch
    # What a kernel prints while it is being ended is no message to the user; what a notebook
    # prints comes with its outputs.
    log = os.open(os.path.join(scratch, f"{os.getpid()}.log"), os.O_CREAT | os.O_WRONLY)
    os.dup2(log, 2)
    os.close(log)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setsid"):
        os.setsid()
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _outcome(future: concurrent.futures.Future[Result]) -> Result | NotebookError:
    try:
        return future.result()
    except NotebookError as error:
        return error
    except BrokenProcessPool:
        return NotebookError(
            "the process that ran a notebook was ended from outside",
            hint="often too little memory; try --jobs 1",
        )
