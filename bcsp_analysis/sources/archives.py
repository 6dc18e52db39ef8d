"""Reading archives and compressed files into memory, never onto the disk.

Limits: one file may hold `FILE_LIMIT` bytes once it is read (the largest force's month has about
25 MB); what is packed may grow `RATIO_LIMIT` times (street-level CSV packs about 7 to 1); an
archive may list `MEMBER_LIMIT` files (one of three years lists about 5,000).
"""

from __future__ import annotations

import gzip
import io
import re
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bcsp_analysis import project
from bcsp_analysis.errors import ArchiveError, DataError, MissingFileError, TruncatedError

if TYPE_CHECKING:
    from bcsp_analysis.sources.extracts import Extract

FILE_LIMIT = 1 << 30
RATIO_LIMIT = 200
RATIO_FREE = 10 << 20  # bytes below which the ratio is not looked at: small files can repeat a lot
MEMBER_LIMIT = 50_000

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 22
_DRIVE = re.compile(r"[A-Za-z]:")
_PACKED = (".zip", ".7z", ".rar", ".tar", ".tgz", ".tar.gz", ".bz2", ".xz")


def is_zip(file: Path) -> bool:
    """Whether a file begins as a zip archive does, whatever its name."""
    return start_of(file, 4) in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


def start_of(file: Path, size: int = 60) -> bytes:
    """First bytes of a file."""
    with file.open("rb") as stream:
        return stream.read(size)


def members(file: Path) -> list[str]:
    """Names of the files in an archive, none of them unpacked.

    Raises
    ------
    ArchiveError
        The archive is damaged or cut off, a name leaves it, two members have one name, a member is
        encrypted or an archive itself, or what it declares is beyond the limits.
    """
    with _opened(file) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
    where = project.relative(file)
    if len(infos) > MEMBER_LIMIT:
        raise ArchiveError(
            "an archive lists too many files",
            where=where,
            found=f"{len(infos):,}",
            expected=f"{MEMBER_LIMIT:,} at most",
        )
    seen: set[str] = set()
    for info in infos:
        _check_member(info, f"{where}/{info.filename}", seen)
    # Members that share their packed bytes each look harmless; together they do not.
    _check_ratio(sum(info.file_size for info in infos), file.stat().st_size, where)
    return [info.filename for info in infos]


def _check_member(info: zipfile.ZipInfo, where: str, seen: set[str]) -> None:
    # The library rewrites backslashes and cuts names at a zero byte; judge what the archive says.
    name = info.orig_filename.replace("\\", "/")
    if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/") or "\x00" in name:
        raise ArchiveError(
            "a name in an archive leaves the archive",
            where=where,
            found=repr(info.orig_filename),
            expected="names below the archive's own folder",
            hint="do not use this archive; download it again from its publisher",
        )
    if info.flag_bits & 0x1:
        raise ArchiveError("a file in an archive is encrypted", where=where, expected="none")
    if info.filename.lower().endswith(_PACKED):
        raise ArchiveError(
            "an archive holds an archive",
            where=where,
            expected="street-level CSV files",
            hint="unpack the outer archive and name the inner one",
        )
    if info.filename in seen:
        raise ArchiveError("an archive holds two files of one name", where=where)
    seen.add(info.filename)
    if info.file_size > FILE_LIMIT:
        raise _too_large(where, info.file_size)
    _check_ratio(info.file_size, info.compress_size, where)


def _check_ratio(size: int, packed: int, where: str) -> None:
    if size > RATIO_FREE and size > RATIO_LIMIT * max(packed, 1):
        raise ArchiveError(
            "packed data grows beyond measure",
            where=where,
            found=f"{size:,} bytes from {packed:,}",
            expected=f"{RATIO_LIMIT} times at most",
            hint="do not use this file; download it again from its publisher",
        )


def _too_large(where: str, size: int) -> ArchiveError:
    return ArchiveError(
        "a file is too large to be a street-level extract",
        where=where,
        found=f"{size:,} bytes or more",
        expected=f"{FILE_LIMIT:,} at most",
        hint="split it by month and force, as data.police.uk publishes it",
    )


@contextmanager
def reader() -> Iterator[Callable[[Extract], bytes]]:
    """A function that gives the content of an extract; keeps each archive open while it is used.

    The function may be called from several threads. It raises MissingFileError, ArchiveError,
    TruncatedError, and DataError for a file that the system does not let it read.
    """
    with ExitStack() as stack:
        archives: dict[Path, zipfile.ZipFile] = {}
        lock = threading.Lock()

        def content(extract: Extract) -> bytes:
            if not extract.member:
                return _file_content(extract.path, extract.where)
            with lock:
                if extract.path not in archives:
                    archives[extract.path] = stack.enter_context(_opened(extract.path))
            return _member_content(archives[extract.path], extract.member, extract.where)

        yield content


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(file)
    except FileNotFoundError as error:
        raise MissingFileError("an archive is gone", where=project.relative(file)) from error
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise _damaged(project.relative(file), error) from error
    with archive:
        yield archive


def _member_content(archive: zipfile.ZipFile, member: str, where: str) -> bytes:
    try:
        with archive.open(member) as stream:
            data = _limited(stream, where, archive.getinfo(member).compress_size)
    except KeyError as error:
        raise MissingFileError("a file is gone from its archive", where=where) from error
    except _DAMAGE as error:
        raise _damaged(where, error) from error
    return _unpacked(data, where) if data[:2] == _GZIP else data


def _file_content(file: Path, where: str) -> bytes:
    try:
        size = file.stat().st_size
        if size > FILE_LIMIT:
            raise _too_large(where, size)
        data = file.read_bytes()
    except FileNotFoundError as error:
        raise MissingFileError("a file is gone", where=where) from error
    except OSError as error:
        raise DataError("a file cannot be read", where=where, found=str(error)) from error
    return _unpacked(data, where) if data[:2] == _GZIP else data


def _unpacked(data: bytes, where: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return _limited(stream, where, len(data))
    except EOFError as error:
        raise TruncatedError(
            "a compressed file ends too early",
            where=where,
            expected="a complete gzip file",
            hint="download it again",
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(where, error) from error


def _limited(stream: IO[bytes] | gzip.GzipFile, where: str, packed: int) -> bytes:
    """All of a stream; stops as soon as it grows beyond the limits, whatever it declared."""
    chunks: list[bytes] = []
    size = 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > FILE_LIMIT:
            raise _too_large(where, size)
        _check_ratio(size, packed, where)
        chunks.append(chunk)
    return b"".join(chunks)


_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


def _damaged(where: str, error: Exception) -> ArchiveError:
    return ArchiveError(
        "a compressed file is damaged or cut off",
        where=where,
        found=str(error) or type(error).__name__,
        expected="a complete zip archive or gzip file",
        hint="download it again",
    )
