"""The catalogue of measures: what each is, whose priority, and how to read its direction."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bcsp_analysis import project
from bcsp_analysis.errors import DataError, RegisterError, UnknownMeasureError
from bcsp_analysis.sources import cells

FEWER_IS = ("better", "neither")
DENOMINATORS = ("residents", "households", "")


@dataclass(frozen=True)
class Measure:
    """One measure of the quarterly table.

    `nested_in` names the measures of which this one is a part; `fewer_is` says whether fewer
    reports are plainly better or neither; `history` names the monthly category that serves as its
    history (empty: none), `outside_history` that this category stands in without holding the
    measure; `denominator` is what its rate is per 1,000 of.
    """

    id: str
    title: str
    printed: str
    unit: str
    priority: str
    nested_in: tuple[str, ...]
    fewer_is: str
    recorded_by: str
    history: str
    denominator: str
    note: str
    outside_history: bool = False

    @property
    def short_title(self) -> str:
        """The title without what stands in brackets: for headings, tables and charts."""
        return self.title.split(" (")[0]


@dataclass(frozen=True)
class Catalogue:
    """All measures by id, in the order of the printed table, and the titles of the priorities.

    `disjoint` holds (whole, parts): measures that cannot share a record with each other.
    """

    measures: dict[str, Measure]
    priorities: dict[str, str]
    disjoint: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __getitem__(self, measure_id: str) -> Measure:
        """The measure with this id; UnknownMeasureError names the nearest ids."""
        try:
            return self.measures[measure_id]
        except KeyError:
            near = difflib.get_close_matches(measure_id, self.measures, n=3)
            raise UnknownMeasureError(
                "no such measure",
                found=repr(measure_id),
                expected=" or ".join(near) if near else "an id of data/measures.toml",
                hint="correct the id, or add the measure to data/measures.toml",
            ) from None

    def __iter__(self) -> Iterator[Measure]:
        return iter(self.measures.values())

    def __len__(self) -> int:
        return len(self.measures)

    def in_priority(self, priority: str) -> tuple[Measure, ...]:
        """The measures of one priority, in the order of the printed table."""
        return tuple(m for m in self if m.priority == priority)

    def of_history(self, category: str) -> Measure:
        """The measure whose history a monthly category is; of several the widest, named first.

        Raises
        ------
        DataError
            No measure names the category as its history.
        """
        for measure in self:
            if measure.history == category:
                return measure
        raise DataError(
            "no measure has this monthly category as its history",
            where="data/measures.toml, history",
            found=category,
            hint="name the category as the history of a measure",
        )


def load(file: Path | None = None) -> Catalogue:
    """Read the catalogue.

    Raises
    ------
    MissingFileError, RegisterError
        The file is not there; or an entry lacks a key, repeats an id, or names a measure or a
        priority that does not exist.
    """
    file = file or project.path("data", "measures.toml")
    where = project.relative(file)
    raw = cells.read_toml(file)
    priorities = {p["id"]: p["title"] for p in raw.get("priority", [])}
    measures: dict[str, Measure] = {}
    for number, entry in enumerate(raw.get("measure", []), start=1):
        place = f"{where}, measure {number} ({entry.get('id', 'no id')})"
        measure = _measure(entry, place)
        if measure.id in measures:
            raise RegisterError("a measure id twice", where=place, found=measure.id)
        if measure.priority and measure.priority not in priorities:
            raise RegisterError(
                "unknown priority",
                where=place,
                found=measure.priority,
                expected=", ".join(priorities),
            )
        measures[measure.id] = measure
    for measure in measures.values():
        for whole in measure.nested_in:
            if whole not in measures or whole == measure.id:
                raise RegisterError(
                    "nested in a measure that is not there",
                    where=f"{where}, measure {measure.id}, nested_in",
                    found=whole,
                    expected="the id of another measure",
                )
    catalogue = Catalogue(measures, priorities)
    return replace(catalogue, disjoint=_disjoint(raw.get("disjoint", []), catalogue, where))


def _disjoint(
    entries: list[dict[str, Any]], catalogue: Catalogue, where: str
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for number, entry in enumerate(entries, start=1):
        place = f"{where}, disjoint {number}"
        if set(entry) != {"whole", "parts"}:
            raise RegisterError(
                "an entry with the wrong keys",
                where=place,
                found=", ".join(sorted(entry)),
                expected="whole, parts",
            )
        for part in entry["parts"]:
            if entry["whole"] not in catalogue[part].nested_in:
                raise RegisterError(
                    "a part that is not nested in its whole",
                    where=place,
                    found=part,
                    expected=f"nested_in of {part} names {entry['whole']}",
                )
        found.append((catalogue[entry["whole"]].id, tuple(entry["parts"])))
    return tuple(found)


def _measure(entry: dict[str, Any], place: str) -> Measure:
    fields = Measure.__dataclass_fields__
    missing = sorted(set(fields) - {"note", "outside_history"} - set(entry))
    unknown = sorted(set(entry) - set(fields))
    if missing or unknown:
        raise RegisterError(
            "an entry with the wrong keys",
            where=place,
            found=f"missing: {', '.join(missing) or '-'}; unknown: {', '.join(unknown) or '-'}",
            expected=", ".join(fields),
        )
    for key, allowed in (("fewer_is", FEWER_IS), ("denominator", DENOMINATORS)):
        if entry[key] not in allowed:
            raise RegisterError(
                "a value that is not allowed",
                where=f"{place}, {key}",
                found=repr(entry[key]),
                expected=" or ".join(repr(a) for a in allowed),
            )
    return Measure(**{"note": "", **entry, "nested_in": tuple(entry["nested_in"])})
