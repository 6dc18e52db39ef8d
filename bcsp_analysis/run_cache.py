"""Results that many pages of one build need, worked out once.

A build sets `SETTING` to a folder of its own and removes it at its end, so nothing outlives the
code and the data that it was made from. Without the setting everything is worked out anew.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from bcsp_analysis import ledger, observed

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

SETTING = "BCSP_RUN_CACHE"

T = TypeVar("T")


@contextmanager
def sharing() -> Iterator[str]:
    """Give a folder to the results of one build, until the block ends; the one there already is.

    This process uses it too, and so does every process that is started meanwhile.
    """
    there = os.environ.get(SETTING, "")
    if there:
        yield there
        return
    with tempfile.TemporaryDirectory(prefix="bcsp-shared-", ignore_cleanup_errors=True) as folder:
        os.environ[SETTING] = folder
        try:
            yield folder
        finally:
            del os.environ[SETTING]


def shared(name: str, key: object, make: Callable[[], T]) -> T:
    """What `make` gives, or what another page of the same build has put there.

    Parameters
    ----------
    name : str
        What is worked out.
    key : object
        Everything that it hangs on besides the edition's data, with a stable ``repr``.
    """
    folder = os.environ.get(SETTING, "")
    if not folder:
        return make()
    digest = hashlib.sha256(f"{name}\n{key!r}".encode()).hexdigest()
    file = Path(folder) / f"{digest}.pickle"
    if file.is_file():
        return _held(file)
    with _alone(file):
        return _held(file) if file.is_file() else _kept(file, make)


def _held(file: Path) -> Any:
    """What another page has put there; only processes of this build write to the folder."""
    found, files, seen, words = pickle.loads(file.read_bytes())
    ledger.opened(files)
    ledger.said(words)
    observed.note(seen)
    return found


def _kept(file: Path, make: Callable[[], T]) -> T:
    before = ledger.so_far()
    with ledger.working_out() as files, observed.working_out() as seen:
        made = make()
    words = ledger.said_since(before)
    ledger.opened(files)
    # It may stand on answers that were there already.
    seen.files |= set(files)
    seen.modules |= observed.modules_so_far()
    beside = file.with_suffix(f".{os.getpid()}")
    beside.write_bytes(pickle.dumps((made, files, seen.closed(), words)))
    beside.replace(file)
    return made


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Wait while another process works the same result out; the system lets go for one that died.

    Without such locks (Windows) pages that ask at the same time work it out at the same time.
    """
    if fcntl is None:
        yield
        return
    with file.with_suffix(".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
