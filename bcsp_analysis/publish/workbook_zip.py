"""Packed files of a spreadsheet that come out the same whenever they are made."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable, Mapping

Change = Callable[[bytes], bytes]


def repacked(packed: bytes, day: datetime.datetime, changes: Mapping[str, Change]) -> bytes:
    """The same zip with one date for all its parts, and some parts changed.

    A part called ``mimetype`` stays uncompressed: programs look for it at a fixed place.
    """
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as old,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            entry = zipfile.ZipInfo(name, day.timetuple()[:6])
            entry.create_system = 3  # or the platform that packs would show
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            new.writestr(entry, changes[name](content) if name in changes else content)
    return written.getvalue()
