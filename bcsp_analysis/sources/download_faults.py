"""What to say when a download is refused, too large, not what was asked for, or has no room."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bcsp_analysis.errors import BcspError, ContentError, DownloadError
from bcsp_analysis.sources.downloadable import Downloadable

SPARE = 50_000_000
"""Bytes of the disk that are left free."""


def refused(address: str, status: int, text: str, wanted: Downloadable) -> DownloadError:
    """The error for a status that another attempt does not change."""
    unpublished = "it may not be published (yet); the landing page says what is: "
    hints = {
        404: unpublished + wanted.landing_page,
        407: "the proxy wants you to sign in: ask your IT for the value of HTTPS_PROXY",
        410: unpublished + wanted.landing_page,
    }
    return DownloadError(
        "a service refuses a download",
        where=address,
        found=text,
        hint=hints.get(status, "open the landing page: " + wanted.landing_page),
    )


def too_large(wanted: Downloadable, size: int) -> ContentError:
    """The error for more bytes than the register allows."""
    return ContentError(
        "a download of an unlikely size",
        where=wanted.title,
        found=f"{size:,} bytes or more",
        expected=f"{wanted.max_bytes:,} at most",
        hint="if it has really grown, raise max_bytes in data/downloads.toml",
    )


def not_it(error: BcspError, wanted: Downloadable) -> ContentError:
    """A loader's refusal of what came, as an error of the download."""
    if isinstance(error, ContentError):
        return error
    return ContentError(
        error.problem,
        where=wanted.title,
        found=error.found,
        expected=error.expected,
        hint=error.hint or "nothing was replaced; try again later",
    )


def check_room(file: Path, needed: int) -> None:
    """Refuse to begin what the disk cannot hold.

    Raises
    ------
    DownloadError
        Fewer than `needed` and `SPARE` bytes are free.
    """
    free = shutil.disk_usage(file.parent).free
    if needed + SPARE > free:
        raise DownloadError(
            "the disk has no room for a download",
            where=os.fspath(file.parent),
            found=f"{free / 1e9:.1f} GB free",
            expected=f"{(needed + SPARE) / 1e9:.1f} GB",
            hint="make room, then run the same command again; it goes on where it stopped",
        )
