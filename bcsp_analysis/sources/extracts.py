"""Finding street-level extracts: in folders, in archives, compressed or plain.

data.police.uk names its files ``2023-09-west-midlands-street.csv``; beside them lie
``-outcomes.csv`` and ``-stop-and-search.csv``, which are passed over. Text between ``-street`` and
``.csv`` is allowed, so that two releases of a month can lie in one folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bcsp_analysis import project
from bcsp_analysis.errors import BcspError, DataError, MissingFileError, PeriodError
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import archives

_STREET = re.compile(
    r"(?P<month>\d{4}-\d{2})-(?P<force>[a-z][a-z0-9-]*?)-street(?:\.[^/]+)?\.csv(?:\.gz)?", re.I
)
_OTHER_KINDS = {"-outcomes": "outcomes", "-stop-and-search": "stop and search"}
_ARCHIVE_MONTH = re.compile(r"\d{4}-\d{2}")
_HIDDEN = (".", "__MACOSX")
_TABLES = (".csv", ".csv.gz")


@dataclass(frozen=True)
class Extract:
    """One street-level file, where it lies, and what its name says.

    Parameters
    ----------
    path, member : Path, str
        File on disk, absolute; name inside the archive, empty where the file is not an archive.
    where : str
        How messages and the record name the file.
    month, force : Month | None, str
        From the file name; None and empty where the name does not follow the pattern.
    release : str
        ISO month of the archive that holds it: its own name, else its newest month; empty for a
        loose file, which says nothing about its release.
    size, modified : int
        Bytes on disk and time of change in nanoseconds, of the archive where it is in one.
    given : int
        Number of the path under which it was found.
    """

    path: Path
    member: str
    where: str
    month: Month | None = None
    force: str = ""
    release: str = ""
    size: int = 0
    modified: int = 0
    given: int = 0

    @property
    def name(self) -> str:
        """File name without folders."""
        return (self.member or self.path.name).rsplit("/", 1)[-1]

    @property
    def key(self) -> str:
        """Address of the content on this machine."""
        return f"{self.path.as_posix()}!{self.member}" if self.member else self.path.as_posix()


@dataclass(frozen=True)
class PassedOver:
    """A file that is not a street-level extract, and why it was passed over."""

    where: str
    reason: str


@dataclass(frozen=True)
class Found:
    """What lies under the paths that were given."""

    extracts: tuple[Extract, ...]
    passed_over: tuple[PassedOver, ...]
    refused: tuple[BcspError, ...]


def find(paths: Sequence[Path]) -> Found:
    """All street-level files under `paths`, each once, by force and month.

    A folder is searched with its subfolders. A file that is named itself is taken whatever its
    name says, unless it is of another kind.

    Raises
    ------
    MissingFileError
        A path is not there, or there is no street-level file under any of them.
    """
    found: dict[str, Extract] = {}
    passed: list[PassedOver] = []
    refused: list[BcspError] = []
    for number, path in enumerate(paths):
        for item in _under(path):
            if isinstance(item, Extract):
                found.setdefault(item.key, replace(item, given=number))
            elif isinstance(item, PassedOver):
                passed.append(item)
            else:
                refused.append(item)
    if not found and not refused:
        raise MissingFileError(
            "no street-level file was found",
            where=", ".join(project.relative(path) for path in paths),
            found=f"{len(passed)} other files" if passed else "nothing",
            expected="files such as 2023-09-west-midlands-street.csv, in folders or archives",
        )
    ordered = sorted(found.values(), key=lambda e: (e.force, str(e.month or ""), e.where))
    return Found(tuple(ordered), tuple(dict.fromkeys(passed)), tuple(refused))


def _under(path: Path) -> Iterator[Extract | PassedOver | BcspError]:
    # Resolved once: doing it for each of thousands of files takes longer than all the rest.
    place, base = project.relative(path), path.resolve()
    if base.is_dir():
        for folder, folders, files in os.walk(base):
            folders[:] = sorted(name for name in folders if not name.startswith(_HIDDEN))
            inside = Path(folder).relative_to(base).as_posix()
            shown = place if inside == "." else f"{place}/{inside}"
            for name in sorted(files):
                if not name.startswith(_HIDDEN):
                    yield from _file(Path(folder, name), f"{shown}/{name}", named=False)
    elif base.is_file():
        yield from _file(base, place, named=True)
    else:
        raise MissingFileError("there is no such file or folder", where=place)


def _file(file: Path, where: str, *, named: bool) -> Iterator[Extract | PassedOver | BcspError]:
    try:
        status = file.stat()
        if archives.is_zip(file):
            yield from _members(file, where, status)
            return
    except BcspError as error:
        yield error
        return
    except OSError as error:
        yield DataError("a file cannot be read", where=where, found=str(error))
        return
    kind = _other_kind(file.name)
    match = _STREET.fullmatch(file.name)
    if kind:
        yield PassedOver(where, kind)
    elif match or named:
        yield _extract(file, "", where, match, "", status)
    elif file.name.lower().endswith(".zip"):
        yield DataError(
            "a file is named as an archive and is none",
            where=where,
            found=repr(archives.start_of(file)),
            expected="a zip archive",
            hint="download it again; an unfinished download or an error page looks like this",
        )
    else:
        tables = file.name.lower().endswith(_TABLES)
        yield PassedOver(where, "no street-level name" if tables else "not a table")


def _members(
    file: Path, where: str, status: os.stat_result
) -> Iterator[Extract | PassedOver | BcspError]:
    matches: list[tuple[str, re.Match[str]]] = []
    for member in archives.members(file):
        name = member.rsplit("/", 1)[-1]
        if any(part.startswith(_HIDDEN) for part in member.split("/")):
            continue
        match = _STREET.fullmatch(name)
        if match:
            matches.append((member, match))
        else:
            yield PassedOver(f"{where}/{member}", _other_kind(name) or "no street-level name")
    stem = _ARCHIVE_MONTH.fullmatch(file.stem)
    release = stem[0] if stem else max((match["month"] for _, match in matches), default="")
    for member, match in matches:
        yield _extract(file, member, f"{where}/{member}", match, release, status)


def _extract(
    file: Path,
    member: str,
    where: str,
    match: re.Match[str] | None,
    release: str,
    status: os.stat_result,
) -> Extract | BcspError:
    month, force = None, ""
    if match is not None:
        try:
            month, force = Month.parse(match["month"]), match["force"].lower()
        except PeriodError as error:
            return PeriodError(
                "a file name holds an impossible month",
                where=where,
                found=error.found,
                expected="a name such as 2023-09-west-midlands-street.csv",
            )
    size, modified = status.st_size, status.st_mtime_ns
    return Extract(file, member, where, month, force, release, size, modified)


def _other_kind(name: str) -> str:
    stem = name.lower().removesuffix(".gz").removesuffix(".csv")
    return next((kind for end, kind in _OTHER_KINDS.items() if stem.endswith(end)), "")
