"""Whether what came is what was asked for: looked at before anything is replaced.

A service that is down, a proxy that wants a password and a link that has moved all answer with a
web page and the status of a success; a full disk and a broken line leave half a file.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bcsp_analysis.errors import ContentError
from bcsp_analysis.sources.downloadable import Downloadable

_HEAD = 65_536
_PAGE = (b"<!doctype html", b"<html", b"<head", b"<?xml version")
_MAX_RATIO = 500
_FREE = 100_000_000  # bytes below which the ratio of an archive is not looked at


def check(file: Path, wanted: Downloadable) -> None:
    """Refuse a file that is not of the kind and size that the register says.

    Raises
    ------
    ContentError
        Too small or too large; a web page; a damaged or unsafe archive, or one without the parts
        that are needed; a table without its columns or rows; JSON that is empty or lacks keys.
    """
    size = file.stat().st_size
    if not wanted.min_bytes <= size <= wanted.max_bytes:
        raise ContentError(
            "a download of an unlikely size",
            where=wanted.title,
            found=f"{size:,} bytes",
            expected=f"{wanted.min_bytes:,} to {wanted.max_bytes:,}",
            hint="open the landing page: " + wanted.landing_page,
        )
    if wanted.kind == "zip":
        refuse_page(start(file), wanted.title)
        check_zip(file, wanted.contains, wanted.title)
    elif wanted.kind == "csv":
        refuse_page(start(file), wanted.title)
        check_csv(file, wanted.contains, wanted.title)
    elif wanted.kind == "json":
        parsed_list(file.read_bytes(), wanted.contains, wanted.title)
    elif wanted.kind == "features":
        parsed_features(file.read_bytes(), wanted.title)
    else:
        page_text(file.read_bytes(), wanted.contains, wanted.title)


def start(file: Path) -> bytes:
    """The first bytes of a file."""
    with file.open("rb") as stream:
        return stream.read(_HEAD)


def refuse_page(head: bytes, what: str, content_type: str = "") -> None:
    """Refuse content that begins like a web page.

    Raises
    ------
    ContentError
        It does, or its content type says that it is one.
    """
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:40].lower()
    if begins.startswith(_PAGE) or content_type.casefold().startswith("text/html"):
        raise ContentError(
            "a web page came instead of data",
            where=what,
            found=repr(begins.decode("latin-1")) if begins else content_type,
            expected="the file itself",
            hint="a proxy may want you to sign in: open the address in a browser once",
        )


def check_zip(file: Path, endings: Sequence[str], what: str) -> list[str]:
    """Names in an archive, once every part fits its checksum.

    Raises
    ------
    ContentError
        It is no archive, is cut off or damaged, unpacks beyond measure, or has no part with one of
        the endings.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            names = packed.namelist()
            size = sum(part.file_size for part in packed.infolist())
            if size > max(_FREE, _MAX_RATIO * file.stat().st_size):
                raise _wrong(what, f"{size:,} bytes when unpacked", "no zip bomb")
            damaged = packed.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise _wrong(what, str(error), "a whole zip archive") from error
    except (RuntimeError, ValueError) as error:  # a password; a broken field
        raise _wrong(what, str(error), "a zip archive without a password") from error
    if damaged:
        raise _wrong(what, f"{damaged} does not fit its checksum", "a whole zip archive")
    missing = [end for end in endings if not any(name.lower().endswith(end) for name in names)]
    if missing:
        raise _wrong(what, ", ".join(names[:4]) or "an empty archive", f"names in {missing[0]}")
    return names


def check_csv(file: Path, columns: Sequence[str], what: str) -> None:
    """Refuse a table that lacks one of `columns` in its first row, or has no second row.

    Raises
    ------
    ContentError
        See above; also text that is not UTF-8.
    """
    head = start(file)
    whole = len(head) < _HEAD
    try:
        text = head.decode("utf-8-sig", "strict" if whole else "ignore")
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _wrong(what, str(error), "a table of comma-separated values, UTF-8") from error
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    header = filled[0] if filled else []
    missing = [name for name in columns if name not in {cell.strip() for cell in header}]
    if missing:
        raise _wrong(what, ",".join(header)[:120] or "nothing", f"a column {missing[0]}")
    if len(filled) < 2:
        raise _wrong(what, "a heading alone", "a row or more; an empty reply is not zero")


def parsed_list(content: bytes, keys: Sequence[str], what: str) -> list[dict[str, Any]]:
    """A JSON reply that is a list of objects, each with `keys`.

    Raises
    ------
    ContentError
        It is none, or empty: a service that answers ``[]`` has no data, which is not zero
        incidents.
    """
    parsed = _json(content, what)
    if parsed == []:
        raise _wrong(what, "[]", "a list that is not empty; an empty reply is not zero incidents")
    if not isinstance(parsed, list):
        raise _wrong(what, type(parsed).__name__, "a list")
    for number, item in enumerate(parsed, start=1):
        if not isinstance(item, dict) or not set(keys) <= set(item):
            raise _wrong(what, f"item {number}: {str(item)[:80]}", "keys " + ", ".join(keys))
    return parsed


def parsed_features(content: bytes, what: str) -> dict[str, Any]:
    """A page of a feature service.

    Raises
    ------
    ContentError
        It is none; a service that reports an error does so with the status of a success.
    """
    parsed = _json(content, what)
    if not isinstance(parsed, dict) or "error" in parsed:
        raise _wrong(what, str(parsed)[:120], "a page of features")
    if not isinstance(parsed.get("features"), list):
        raise _wrong(what, ", ".join(map(str, parsed))[:120] or "nothing", "a list of features")
    return parsed


def page_text(content: bytes, texts: Sequence[str], what: str) -> str:
    """Text of a web page, once every one of `texts` occurs in it.

    Raises
    ------
    ContentError
        One of them does not.
    """
    page = content.decode("utf-8", "replace")
    missing = [text for text in texts if text not in page]
    if missing:
        raise _wrong(what, page[:60], f"a page with {missing[0]!r}")
    return page


def _json(content: bytes, what: str) -> Any:
    refuse_page(content[:_HEAD], what)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _wrong(what, str(error)[:120], "JSON") from error


def _wrong(what: str, found: str, expected: str) -> ContentError:
    return ContentError(
        "a download that is not what was asked for",
        where=what,
        found=found,
        expected=expected,
        hint="nothing was replaced; try again later, or compare data/downloads.toml",
    )
