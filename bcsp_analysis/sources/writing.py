"""Writing a file that is read and found good before it takes the place of another."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def write_checked(file: Path, text: str, check: Callable[[Path], object]) -> None:
    """Write a text beside `file`, let `check` read it, then put it in the place of `file`.

    Raises
    ------
    BcspError
        As `check` does; then `file` is as it was.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    # the ending stays, for readers that go by it
    scratch = file.with_name(f"{file.stem}.part{file.suffix}")
    scratch.write_text(text, encoding="utf-8", newline="\n")
    try:
        check(scratch)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    os.replace(scratch, file)
