"""Where the project lies: its root folder, and paths below it."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from bcsp_analysis.errors import MissingFileError

MARK = Path("data") / "sources.toml"


@cache
def _search(start: Path, override: str) -> Path:
    if override:
        if (Path(override) / MARK).is_file():
            return Path(override).resolve()
        raise MissingFileError(
            "BCSP_PROJECT does not name a project folder",
            where=override,
            expected=f"a folder that holds {MARK.as_posix()}",
            hint="unset BCSP_PROJECT, or set it to the folder of the project",
        )
    for folder in (start, *start.parents, Path(__file__).resolve().parents[1]):
        if (folder / MARK).is_file():
            return folder
    raise MissingFileError(
        "no project found",
        where=str(start),
        expected=f"a folder here or above that holds {MARK.as_posix()}",
        hint="change into the project folder, or set BCSP_PROJECT to it",
    )


def root() -> Path:
    """Folder of the project: ``BCSP_PROJECT``, else the nearest folder above the working directory
    that holds ``data/sources.toml``, else the folder of an editable installation.

    Raises
    ------
    MissingFileError
        None of them is a project.
    """
    return _search(Path.cwd(), os.environ.get("BCSP_PROJECT", ""))


def path(*parts: str) -> Path:
    """Path below the project's root."""
    return root().joinpath(*parts)


def relative(file: Path) -> str:
    """How messages name a file: relative to the root where it lies inside, with forward slashes."""
    try:
        return file.resolve().relative_to(root()).as_posix()
    except (ValueError, MissingFileError):
        return file.as_posix()
