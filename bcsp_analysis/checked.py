"""Keys of an edition file, each checked on its own: known, of its type, in range, really there."""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bcsp_analysis import project
from bcsp_analysis.errors import EditionError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_KINDS: dict[type, str] = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "a table",
    list: "a list",
    datetime.date: 'a date, "2023-12-31"',
}


def keys(
    table: Mapping[str, Any],
    where: str,
    required: Mapping[str, type | tuple[type, ...]],
    optional: Mapping[str, type | tuple[type, ...]] | None = None,
) -> dict[str, Any]:
    """The table, once its keys are exactly those that are known, each of its type."""
    known = {**required, **(optional or {})}
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise EditionError(
                "an edition file has a key that nothing reads",
                where=f"{where}, key {key}",
                found=key,
                expected="one of " + ", ".join(known),
                hint=f"did you mean {near[0]}?" if near else "remove it",
            )
        of_type(value, known[key], f"{where}, key {key}")
    for key in required:
        if key not in table:
            raise EditionError(
                "an edition file lacks a key",
                where=where,
                expected=f"{key} = ({_kinds(required[key])})",
                hint="add it; the edition before shows how",
            )
    return dict(table)


def of_type(value: Any, kinds: type | tuple[type, ...], where: str) -> None:
    """EditionError where a value has none of the types."""
    allowed = kinds if isinstance(kinds, tuple) else (kinds,)
    # In Python true is a number and a time stamp is a date; in an edition file they are not.
    plain = type(value) in allowed
    number = float in allowed and type(value) is int
    if not (plain or number):
        raise EditionError(
            "a key of an edition file has the wrong type",
            where=where,
            found=f"{value!r} ({_KINDS.get(type(value), type(value).__name__)})",
            expected=_kinds(allowed),
        )


def _kinds(kinds: type | tuple[type, ...]) -> str:
    return " or ".join(_KINDS[kind] for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))


def line(text: str, where: str, *, empty: bool = False) -> str:
    """The text without spaces around it; EditionError where it is empty or has line breaks."""
    if _CONTROL.search(text) or not (text.strip() or empty):
        raise EditionError(
            "a text of an edition file is empty or not a single line",
            where=where,
            found=repr(text),
            expected="one line of text",
        )
    return text.strip()


def inside(text: str, where: str) -> Path:
    """Path that an edition names, which must exist inside the project.

    Raises
    ------
    EditionError
        The path is absolute, leaves the project, or is not there.
    """
    root = project.root()
    path = (root / text).resolve()
    if not text or Path(text).is_absolute() or "\\" in text or not path.is_relative_to(root):
        raise EditionError(
            "a path of an edition file leaves the project",
            where=where,
            found=repr(text),
            expected="a path below the project folder, with forward slashes",
        )
    if not path.exists():
        raise EditionError(
            "an edition file names a file that is not there",
            where=where,
            found=text,
            expected="an existing file or folder",
            hint="correct the name, or put the file in its place",
        )
    return path


def in_range(holds: bool, value: float, where: str, expected: str) -> None:
    """EditionError where a number does not hold what is `expected` of it."""
    if not holds:
        raise EditionError(
            "a number of an edition file is out of range",
            where=where,
            found=str(value),
            expected=expected,
        )
