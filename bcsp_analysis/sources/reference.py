"""Single figures on the area: residents, households, numbers of small areas.

Data card
---------
Source : Office for National Statistics, as each entry of ``data/reference.toml`` says.
Reference date : each figure has its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bcsp_analysis.errors import RegisterError
from bcsp_analysis.sources import cells


@dataclass(frozen=True)
class ReferenceFigure:
    """One figure with its unit, its date and its source."""

    id: str
    title: str
    value: float
    unit: str
    date: date
    source: str
    note: str


def load(file: Path) -> dict[str, ReferenceFigure]:
    """Read the reference figures, by id.

    Raises
    ------
    MissingFileError, EncodingError
        The file is not there, or not UTF-8 text.
    RegisterError
        An entry lacks a key, repeats an id, or holds a value that is no number above zero or no
        ISO date.
    """
    figures: dict[str, ReferenceFigure] = {}
    for number, entry in enumerate(cells.read_toml(file).get("figure", []), start=1):
        where = f"{cells.place(file)}, figure {number} ({entry.get('id', 'no id')})"
        if set(entry) != set(ReferenceFigure.__dataclass_fields__):
            raise RegisterError(
                "an entry with the wrong keys",
                where=where,
                found=", ".join(sorted(entry)),
                expected=", ".join(ReferenceFigure.__dataclass_fields__),
            )
        value = entry["value"]
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise RegisterError(
                "not a figure", where=where, found=repr(value), expected="a number above zero"
            )
        try:
            day = date.fromisoformat(str(entry["date"]))
        except ValueError:
            raise RegisterError(
                "not a date", where=where, found=repr(entry["date"]), expected='"2021-03-21"'
            ) from None
        if entry["id"] in figures:
            raise RegisterError("a figure id twice", where=where, found=entry["id"])
        figures[entry["id"]] = ReferenceFigure(**{**entry, "value": float(value), "date": day})
    return figures
