"""Work in several processes: each result as it comes, and nothing left behind at an interrupt.

Where a fork server runs, each item gets a process forked from it, which has everything imported.
Elsewhere a few processes start afresh and share the items.
"""

from __future__ import annotations

import concurrent.futures
import importlib
import multiprocessing
import os
import pickle
import selectors
import signal
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TypeVar

from bcsp_analysis.errors import NotebookError
from bcsp_analysis.publish.kernels import client

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(
    work: Callable[[Item], Result],
    queue: Sequence[Item],
    jobs: int,
    *,
    tell: Callable[[str], None] | None = None,
) -> Iterator[tuple[Item, Result | NotebookError]]:
    """Work on each item in another process; each result, or what failed, as soon as it is there.

    Parameters
    ----------
    work : callable
        Of a module, so that another process finds it; takes and returns what pickle can carry.
    queue : sequence
        Items.
    jobs : int
        Items at a time.
    tell : callable, optional
        Hears why processes are not forked, where a server was there to do it.
    """
    with tempfile.TemporaryDirectory(prefix="bcsp-", ignore_cleanup_errors=True) as scratch:
        server = os.environ.get(client.ADDRESS, "")
        left = list(queue)
        if server and not client.choice():
            left = yield from _forked(server, work, left, jobs, scratch, tell)
        if left:
            yield from _pooled(work, left, jobs, scratch)


# --- processes forked from a server -------------------------------------------------------------


class _Answering:
    """An item at work in a forked process; what the process has to say comes through a pipe."""

    def __init__(
        self, server: str, work: Callable[[Item], Result], item: Item, scratch: str
    ) -> None:
        reading, writing = os.pipe()
        log = os.open(Path(scratch, f"{writing}.log"), os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            # What a kernel prints while it is being ended is no message to the user; what a
            # notebook prints comes with its outputs.
            self.process = client.fork(
                server,
                f"{__name__}:answer",
                (f"{work.__module__}:{work.__qualname__}", item, scratch),
                (nothing, log, log, writing),
            )
        except client.ForkError:
            os.close(reading)
            raise
        finally:
            for file in (writing, log, nothing):
                os.close(file)
        self.item = item
        self.reading = reading
        self.parts: list[bytes] = []

    def read(self) -> bool:
        """Take what has come; whether it was the last."""
        part = os.read(self.reading, 2**20)
        self.parts.append(part)
        return not part

    def outcome(self) -> Result | NotebookError:
        """What it said; anything that was raised but a NotebookError is raised here."""
        said = b"".join(self.parts)
        if not said:
            return _ended_from_outside()
        done, value = pickle.loads(said)
        if not done and not isinstance(value, NotebookError):
            raise value
        result: Result | NotebookError = value
        return result

    def close(self) -> None:
        """End it, if it has not ended."""
        os.close(self.reading)
        self.process.close()


def _forked(
    server: str,
    work: Callable[[Item], Result],
    queue: list[Item],
    jobs: int,
    scratch: str,
    tell: Callable[[str], None] | None,
) -> Generator[tuple[Item, Result | NotebookError], None, list[Item]]:
    """Work on items in forked processes; returns those for which the server forked none."""
    left = list(reversed(queue))
    # One more than asked for: Jupyter pauses at the start and at the end of every kernel, and a
    # core would stand still meanwhile.
    at_a_time = jobs + 1 if jobs > 1 else 1
    with selectors.DefaultSelector() as selector:
        at_work: set[_Answering] = set()
        try:
            while left or at_work:
                while left and len(at_work) < at_a_time:
                    try:
                        begun = _Answering(server, work, left[-1], scratch)
                    except client.ForkError as error:
                        if at_work:
                            break  # asked again when one of them is done
                        if tell:
                            tell(f"ordinary kernels: {error.found}")
                        return left[::-1]
                    left.pop()
                    at_work.add(begun)
                    selector.register(begun.reading, selectors.EVENT_READ, begun)
                for key, _ in selector.select():
                    if key.data.read():
                        selector.unregister(key.data.reading)
                        at_work.remove(key.data)
                        key.data.close()
                        yield key.data.item, key.data.outcome()
        finally:
            for running in at_work:
                running.close()
    return []


def answer(asked: tuple[str, object, str], result: int) -> None:
    """Be the process of one item: work on it, and write what came of it to a file descriptor."""
    name, item, scratch = asked
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = scratch
    module, _, function = name.partition(":")
    said: tuple[bool, object]
    try:
        said = (True, getattr(importlib.import_module(module), function)(item))
    except Exception as error:
        said = (False, error)
    with open(result, "wb") as file:
        file.write(pickle.dumps(said))


# --- processes that start afresh ----------------------------------------------------------------


def _pooled(
    work: Callable[[Item], Result], queue: list[Item], jobs: int, scratch: str
) -> Iterator[tuple[Item, Result | NotebookError]]:
    before = set(multiprocessing.active_children())
    with concurrent.futures.ProcessPoolExecutor(
        max_workers=max(1, min(jobs, len(queue))),
        # Workers start afresh: a fork of a process with threads (a progress bar) can hang.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin_worker,
        initargs=(scratch,),
    ) as pool:
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
        return _ended_from_outside()


def _ended_from_outside() -> NotebookError:
    return NotebookError(
        "the process that ran a notebook was ended from outside",
        hint="often too little memory; try --jobs 1",
    )
