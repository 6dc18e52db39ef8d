"""Provenance of what ships: where each data file comes from, its licence, and its checksum.

Data card
---------
Source : data/sources.toml, written for the project.
Rows : one source each, with the files that were taken from it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any

from bcsp_analysis import project
from bcsp_analysis.errors import ChecksumError, MissingFileError, RegisterError
from bcsp_analysis.sources import cells

_DIGEST = re.compile(r"[0-9a-f]{64}")
_OPTIONAL = {"licence_url", "companions", "note"}


@dataclass(frozen=True)
class ShippedFile:
    """A data file, named from the project's root, and the sha256 that `digest` should give."""

    file: str
    sha256: str


@dataclass(frozen=True)
class Source:
    """Where one or more shipped files come from.

    Parameters
    ----------
    id, title, publisher : str
        What it is and who published it.
    licence, licence_url, attribution : str
        Terms, their address ("" where there is none), and the line to print beside the data.
    landing_page : str
        Public address; "" for the project's own registers.
    period : str
        Months that the data covers, in words.
    file, sha256 : str
        Main file, named from the project's root, and its checksum.
    companions : tuple of ShippedFile
        Further files of the same source.
    known_gaps : tuple of str
        What is missing or known to be wrong, a sentence each.
    note : str
        Anything else a reader should know.
    """

    id: str
    title: str
    publisher: str
    licence: str
    attribution: str
    landing_page: str
    period: str
    file: str
    sha256: str
    known_gaps: tuple[str, ...]
    licence_url: str = ""
    companions: tuple[ShippedFile, ...] = ()
    note: str = ""

    @property
    def files(self) -> tuple[ShippedFile, ...]:
        """All files of the source, the main one first."""
        return (ShippedFile(self.file, self.sha256), *self.companions)


def load_sources(path: Path | None = None) -> dict[str, Source]:
    """Read the register of sources.

    Parameters
    ----------
    path : Path, optional
        The register; data/sources.toml of the project where none is given.

    Returns
    -------
    dict of str to Source
        By id, in the order of the register.

    Raises
    ------
    MissingFileError, EncodingError
        The register is not there, or not UTF-8 text.
    RegisterError
        It is not TOML; an entry lacks a key, has one that is unknown or of the wrong type; an id or
        a file is named twice; a file lies outside the project; a checksum has the wrong form.
    """
    file = path or project.path("data", "sources.toml")
    sources: dict[str, Source] = {}
    owners: dict[str, str] = {}
    entries = cells.read_toml(file).get("source", [])
    if not entries or not isinstance(entries, list):
        raise RegisterError("the register of sources is empty", where=cells.place(file))
    for number, entry in enumerate(entries, start=1):
        where = f"{cells.place(file)}, source {number}"
        source = _read_source(entry, where)
        if source.id in sources:
            raise RegisterError("a source id twice", where=where, found=source.id)
        for shipped in source.files:
            if shipped.file in owners:
                raise RegisterError(
                    "a file belongs to two sources",
                    where=where,
                    found=f"{shipped.file}, also of {owners[shipped.file]}",
                )
            owners[shipped.file] = source.id
        sources[source.id] = source
    return sources


def verify(sources: Mapping[str, Source], root: Path | None = None) -> None:
    """Compare every shipped file with its checksum.

    Raises
    ------
    MissingFileError
        A file of the register is not there.
    ChecksumError
        A file is not the one that the register describes; names file, found and expected.
    """
    base = root or project.root()
    for source in sources.values():
        for shipped in source.files:
            found = digest(base / shipped.file)
            if found != shipped.sha256:
                raise ChecksumError(
                    "a data file is not the one that its record describes",
                    where=f"{shipped.file} ({source.id})",
                    found=found,
                    expected=shipped.sha256,
                    hint="restore the file; if the change is meant, put the value found into "
                    "data/sources.toml",
                )


def digest(file: Path) -> str:
    """sha256 of a text file, with line ends read as LF so that every system's checkout agrees.

    Raises
    ------
    MissingFileError
        There is no such file.
    """
    if not file.is_file():
        raise MissingFileError(
            "a shipped file is missing",
            where=project.relative(file),
            hint="restore it from the repository",
        )
    return hashlib.sha256(file.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def _read_source(entry: Any, where: str) -> Source:
    known = {field.name for field in fields(Source)}
    keys = set(entry) if isinstance(entry, dict) else set()
    missing, unknown = sorted(known - _OPTIONAL - keys), sorted(keys - known)
    if missing or unknown:
        raise RegisterError(
            "an entry with the wrong keys",
            where=where,
            found=f"missing: {', '.join(missing) or '-'}; unknown: {', '.join(unknown) or '-'}",
            expected=", ".join(sorted(known)),
        )
    texts = {
        key: _text(value, f"{where}, {key}")
        for key, value in entry.items()
        if key not in {"companions", "known_gaps"}
    }
    companions = _list(entry.get("companions", []), f"{where}, companions")
    gaps = _list(entry["known_gaps"], f"{where}, known_gaps")
    source = Source(
        **texts,
        companions=tuple(_read_companion(item, where) for item in companions),
        known_gaps=tuple(_text(gap, f"{where}, known_gaps") for gap in gaps),
    )
    for shipped in source.files:
        _check_file(shipped, where)
    return source


def _read_companion(item: Any, where: str) -> ShippedFile:
    if not isinstance(item, dict) or set(item) != {"file", "sha256"}:
        raise RegisterError(
            "a companion with the wrong keys",
            where=f"{where}, companions",
            found=repr(item),
            expected="file and sha256",
        )
    return ShippedFile(
        _text(item["file"], f"{where}, companions"), _text(item["sha256"], f"{where}, companions")
    )


def _check_file(shipped: ShippedFile, where: str) -> None:
    path = PurePosixPath(shipped.file)
    if path.is_absolute() or ".." in path.parts or "\\" in shipped.file or ":" in shipped.file:
        raise RegisterError(
            "a file outside the project",
            where=where,
            found=repr(shipped.file),
            expected="a path from the project's root, with forward slashes",
        )
    if not _DIGEST.fullmatch(shipped.sha256):
        raise RegisterError(
            "a checksum of the wrong form",
            where=f"{where}, {shipped.file}",
            found=repr(shipped.sha256),
            expected="64 hexadecimal digits in lower case",
        )


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise RegisterError(
            "a value of the wrong type", where=where, found=repr(value), expected="text in quotes"
        )
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise RegisterError(
            "a value of the wrong type", where=where, found=repr(value), expected="a list"
        )
    return value
