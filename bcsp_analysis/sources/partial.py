"""A download under way: what has come so far, and of which version of the file.

Beside ``x.zip`` lie ``x.zip.part`` (bytes so far), ``x.zip.part.json`` (address and version) and,
once it is whole, ``x.zip.fetched.json`` (where it came from, when, its checksum). Nothing touches
``x.zip`` before the new file is whole and checked; then it is replaced in one step.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from bcsp_analysis import project
from bcsp_analysis.errors import DownloadError


@dataclass(frozen=True)
class Version:
    """Which version of a file: its address, what the server calls it, and its length if known."""

    address: str
    etag: str = ""
    last_modified: str = ""
    length: int | None = None

    @property
    def validator(self) -> str:
        """What If-Range may hold: a strong entity tag, else a date; "" where neither is given."""
        if self.etag and not self.etag.startswith("W/"):
            return self.etag
        return self.last_modified


@dataclass(frozen=True)
class Fetched:
    """A file that is whole: the record beside it.

    file : name; size : bytes; sha256 : checksum; source : id in data/downloads.toml; address,
    etag, last_modified : where it came from; fetched : date and time, UTC.
    """

    file: str
    size: int
    sha256: str
    source: str
    address: str
    etag: str
    last_modified: str
    fetched: str


class Partial:
    """The files beside a download."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.part = file.with_name(file.name + ".part")
        self._about = file.with_name(file.name + ".part.json")
        self._record = file.with_name(file.name + ".fetched.json")

    @property
    def size(self) -> int:
        """Bytes that have come so far."""
        return self.part.stat().st_size if self.part.is_file() else 0

    def version(self, address: str) -> Version | None:
        """What the bytes so far are of; None where that is not known, or is another address."""
        known = _read(self._about)
        try:
            version = Version(**known) if known else None
        except TypeError:
            return None
        return version if version and version.address == address and self.size else None

    def begin(self, version: Version) -> None:
        """Forget what has come and begin anew with this version."""
        self.part.write_bytes(b"")
        _write(self._about, asdict(version))

    def drop(self) -> None:
        """Remove what has come so far."""
        for file in (self.part, self._about):
            file.unlink(missing_ok=True)

    @contextmanager
    def appending(self) -> Iterator[IO[bytes]]:
        """The part, open at its end; what was written is on disk when it closes."""
        with self.part.open("ab") as stream:
            try:
                yield stream
            finally:
                stream.flush()
                os.fsync(stream.fileno())

    def replace(self, record: Fetched) -> None:
        """Put the whole part in the place of the file."""
        os.replace(self.part, self.file)
        self._about.unlink(missing_ok=True)
        _write(self._record, asdict(record))

    def record(self) -> Fetched | None:
        """The record of the file, where the file is still the one that it describes."""
        known = _read(self._record)
        try:
            record = Fetched(**known) if known else None
        except TypeError:
            return None
        if record and self.file.is_file() and self.file.stat().st_size == record.size:
            return record
        return None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Only one command at a time fetches a file; the system frees the lock when it ends.

        Raises
        ------
        DownloadError
            Another command is at it.
        """
        name = self.file.with_name(self.file.name + ".lock")
        with name.open("a") as stream:
            try:
                _lock(stream)
            except OSError as error:
                raise DownloadError(
                    "another command is fetching this file",
                    where=project.relative(self.file),
                    hint="wait until it is done",
                ) from error
            try:
                yield
            finally:
                stream.close()
                name.unlink(missing_ok=True)


def checksum(file: Path) -> str:
    """sha256 of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _lock(stream: IO[str]) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _read(file: Path) -> dict[str, Any]:
    """Content of a record; a broken one is as none at all."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write(file: Path, content: dict[str, object]) -> None:
    scratch = file.with_name(file.name + ".new")
    scratch.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8", newline="\n")
    os.replace(scratch, file)
