"""Relations that the printed figures imply about each other, outside the rows of the table.

Data card
---------
Source : read out of the report for the project (relations.toml of a report's folder).
Rows : one relation each; the file's own head says what each kind means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bcsp_analysis.errors import RegisterError
from bcsp_analysis.sources import cells

# Kind of relation to its operands: True where an operand is a list of figures.
OPERANDS: Mapping[str, Mapping[str, bool]] = {
    "sum": {"total": False, "parts": True},
    "at_most": {"part": True, "whole": True},
    "share": {"share": False, "part": False, "whole": False},
    "difference": {"result": False, "minuend": False, "subtrahend": False},
    "percentage": {"result": False, "after": False, "before": False},
    "equal": {"figures": True},
    "descending": {"figures": True},
    "count_of_directions": {"figure": False, "of": False},
    "count_of_rows": {"figure": False},
    "count_of_items": {"figure": False},
}
SETTINGS: Mapping[str, Mapping[str, type]] = {
    "count_of_directions": {"column": str, "direction": str},
    "count_of_rows": {"column": str},
    "count_of_items": {"items": int},
}
DIRECTIONS = ("down", "up")
_COMMON = ("id", "kind", "place", "certain", "note")


@dataclass(frozen=True)
class Relation:
    """What some printed figures imply about each other.

    Parameters
    ----------
    id, kind : str
        Its name, and one of the keys of `OPERANDS`.
    place : str
        Where in the report the figures are printed.
    operands : mapping of str to tuple of str
        Role (``"total"``, ``"parts"``, ...) to figures: an id of the printed figures, or
        ``"measure-id.column"`` of the quarterly table.
    settings : mapping of str to str or int
        ``column``, ``direction`` or ``items``, for the kinds that count rows or entries.
    certain : bool
        False where the relation rests on the assumption that `note` names.
    note : str
        What a reader should know about it.
    """

    id: str
    kind: str
    place: str
    operands: Mapping[str, tuple[str, ...]]
    settings: Mapping[str, str | int]
    certain: bool
    note: str

    @property
    def names(self) -> tuple[str, ...]:
        """All figures that the relation names."""
        return tuple(name for names in self.operands.values() for name in names)


def load_relations(file: Path) -> list[Relation]:
    """Read the relations of a report, in the order of the file.

    Raises
    ------
    MissingFileError, EncodingError
        The file is not there, or not UTF-8 text.
    RegisterError
        It is not TOML; a kind is unknown; an entry has the wrong keys or a value of the wrong type;
        an id is given twice.
    """
    relations: dict[str, Relation] = {}
    entries = cells.read_toml(file).get("relation", [])
    for number, entry in enumerate(entries, start=1):
        where = f"{cells.place(file)}, relation {number}"
        relation = _read_relation(entry, where)
        if relation.id in relations:
            raise RegisterError("a relation id twice", where=where, found=relation.id)
        relations[relation.id] = relation
    return list(relations.values())


def _read_relation(entry: dict[str, Any], where: str) -> Relation:
    kind = str(entry.get("kind", ""))
    if kind not in OPERANDS:
        raise RegisterError(
            "no such kind of relation",
            where=where,
            found=repr(kind),
            expected=" or ".join(OPERANDS),
        )
    roles, settings = OPERANDS[kind], SETTINGS.get(kind, {})
    expected = {*_COMMON, *roles, *settings}
    if set(entry) != expected:
        raise RegisterError(
            "a relation with the wrong keys",
            where=where,
            found=", ".join(sorted(entry)),
            expected=", ".join(sorted(expected)),
        )
    types: dict[str, type] = {"id": str, "place": str, "note": str, "certain": bool, **settings}
    for key, kind_of_value in types.items():
        if type(entry[key]) is not kind_of_value:
            raise _wrong(f"{where}, {key}", entry[key], kind_of_value.__name__)
    if "direction" in settings and entry["direction"] not in DIRECTIONS:
        raise _wrong(f"{where}, direction", entry["direction"], " or ".join(DIRECTIONS))
    return Relation(
        id=entry["id"],
        kind=kind,
        place=entry["place"],
        operands={
            role: _read_names(entry[role], many, f"{where}, {role}") for role, many in roles.items()
        },
        settings={key: entry[key] for key in settings},
        certain=entry["certain"],
        note=entry["note"],
    )


def _read_names(value: Any, many: bool, where: str) -> tuple[str, ...]:
    names = value if many else [value]
    if not isinstance(names, list) or not names or not all(isinstance(n, str) and n for n in names):
        raise _wrong(where, value, "a list of names of figures" if many else "a name of a figure")
    return tuple(names)


def _wrong(where: str, found: Any, expected: str) -> RegisterError:
    return RegisterError(
        "a value that is not allowed", where=where, found=repr(found), expected=expected
    )
