"""The files of a store, and how a new state of it takes the place of the old one.

A store is a folder::

    current.json                what the store holds now; names every other file
    counts/NAME-000007.parquet  monthly counts of one force; the number is the generation
    record-000007.json          every file that was read, and what came of it
    lookup-000007.json          stable areas, where a lookup was given
    ingest-report.json, .md     report of the last ingest that changed the store
    .lock

Files with a number are never changed. A new generation is written beside the old one and flushed to
the disk; then ``current.json`` is replaced in one step. Whatever ends a program before that step (a
full disk, a power cut) leaves the last state whole. Files of the generation before stay until the
next ingest, for readers that are under way.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from bcsp_analysis import project
from bcsp_analysis.errors import StoreBusyError, StoreError

SETTING = "BCSP_STORE"
POINTER = "current.json"
FORMAT = 1
COUNTS = "counts"


@dataclass(frozen=True)
class State:
    """What ``current.json`` holds.

    Parameters
    ----------
    generation : int
        0 for a store that was never written.
    partitions : dict
        File of counts by force, relative to the store.
    months : dict
        Incidents by force and ISO month.
    new_codes : dict
        By force, the first ISO month with an LSOA code of 2021; forces without one are left out.
    flags : tuple of dict
        Fields of `completeness.Flag`.
    record, lookup : str
        Files, relative to the store; empty where there is none.
    before : tuple of str
        Files of the generation before, still kept.
    """

    generation: int = 0
    partitions: dict[str, str] = field(default_factory=dict)
    months: dict[str, dict[str, int]] = field(default_factory=dict)
    new_codes: dict[str, str] = field(default_factory=dict)
    flags: tuple[dict[str, Any], ...] = ()
    record: str = ""
    lookup: str = ""
    before: tuple[str, ...] = ()

    @property
    def files(self) -> set[str]:
        """Every file that this state needs."""
        return {*self.partitions.values(), self.record, self.lookup} - {""}


def default_folder() -> Path:
    """``BCSP_STORE``, else ``data/store`` of the project."""
    setting = os.environ.get(SETTING, "").strip()
    return Path(setting) if setting else project.path("data", "store")


def read_state(folder: Path) -> State | None:
    """State of a store; None where there is none.

    Raises
    ------
    StoreError
        ``current.json`` cannot be read, is of another format, or names a file that is not there.
    """
    file = folder / POINTER
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StoreError(
            "a store cannot be read", where=project.relative(file), found=str(error)
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise StoreError(
            "a store of another format",
            where=project.relative(file),
            found=repr(content.get("format") if isinstance(content, dict) else content)[:80],
            expected=str(FORMAT),
            hint="ingest the files again into a new store",
        )
    state = _state(content, file)
    missing = sorted(name for name in state.files if not (folder / name).is_file())
    if missing:
        raise StoreError(
            "a file of the store is missing",
            where=project.relative(folder / missing[0]),
            hint="ingest the files again into a new store",
        )
    return state


def _state(content: dict[str, Any], file: Path) -> State:
    try:
        fields = {name: content[name] for name in vars(State())}
        return State(
            **{**fields, "flags": tuple(fields["flags"]), "before": tuple(fields["before"])}
        )
    except (KeyError, TypeError) as error:
        raise StoreError(
            "a store cannot be read", where=project.relative(file), found=repr(error)
        ) from error


def read_json(folder: Path, name: str) -> Any:
    """Content of one of the store's JSON files; StoreError where it cannot be read."""
    try:
        return json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(
            "a file of the store cannot be read",
            where=project.relative(folder / name),
            found=str(error),
            hint="ingest the files again into a new store",
        ) from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other ingests out of a store. The system frees the lock when the program ends.

    Raises
    ------
    StoreBusyError
        Another ingest holds it.
    StoreError
        The folder cannot be made or written.
    """
    with named_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / ".lock").open("a+b")
    with stream:
        try:
            _lock(stream)
        except OSError as error:
            raise StoreBusyError(
                "another ingest is writing into the store",
                where=project.relative(folder),
                hint="wait until it has ended, or choose another store with --store",
            ) from error
        yield


def _lock(stream: IO[bytes]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def named_errors(folder: Path) -> Iterator[None]:
    """Turn the system's errors while writing into StoreError."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise StoreError(
            "the disk is full" if full else "the store cannot be written",
            where=project.relative(folder),
            found=str(error),
            expected="room for the new counts beside the old ones" if full else "",
            hint="what the store held before is unchanged; make room and ingest again"
            if full
            else "what the store held before is unchanged",
        ) from error


def write(file: Path, writer: Callable[[IO[bytes]], None]) -> None:
    """Write a file and see that it is on the disk before returning."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stream:
        writer(stream)
        stream.flush()
        os.fsync(stream.fileno())


def write_json(file: Path, content: Any) -> None:
    """Write a JSON file, UTF-8, and see that it is on the disk."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    write(file, lambda stream: _put(stream, text.encode()))


def _put(stream: IO[bytes], data: bytes) -> None:
    stream.write(data)


def replace(file: Path, data: bytes) -> None:
    """Replace a file in one step."""
    beside = file.with_name(f"{file.name}.new")
    write(beside, lambda stream: _put(stream, data))
    os.replace(beside, file)
    _flush_folder(file.parent)


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # no handle of a folder there; NTFS keeps its own journal
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def publish(folder: Path, state: State) -> None:
    """Make a written generation the current one. Everything before this can be undone."""
    _flush_folder(folder)
    if (folder / COUNTS).is_dir():
        _flush_folder(folder / COUNTS)
    content = {
        "format": FORMAT,
        "generation": state.generation,
        "partitions": state.partitions,
        "months": state.months,
        "new_codes": state.new_codes,
        "flags": state.flags,
        "record": state.record,
        "lookup": state.lookup,
        "before": state.before,
    }
    replace(folder / POINTER, json.dumps(content, ensure_ascii=False, indent=1).encode())


def clean(folder: Path, keep: Iterable[str]) -> None:
    """Remove files of older generations and of ingests that did not end."""
    kept = set(keep)
    for pattern in (f"{COUNTS}/*.parquet", "record-*.json", "lookup-*.json", "*.new"):
        for file in folder.glob(pattern):
            if file.relative_to(folder).as_posix() not in kept:
                # A reader elsewhere may hold it open; then the next ingest removes it.
                with suppress(OSError):
                    file.unlink()
