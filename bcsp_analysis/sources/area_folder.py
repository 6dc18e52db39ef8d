"""The folder of lookups, names, boundaries and denominators that goes with a store.

Data card
---------
Source : `bcsp fetch areas` writes it; see `areas`, `boundaries` and `denominators` for each file.
Files : each is used where it is there; ``lsoa-ward.csv`` must be.

========================  =========================================================================
lsoa-ward.csv             small areas of the place, with their names, and the ward of each
lsoa-changes.csv          what became of the small areas of 2011; it goes into the store
lsoa-constituency.csv     small areas and constituencies
local-partnerships.csv    wards (``WD..CD``) and ``local_partnership``: the partnership's own file
msoa-names.csv            House of Commons Library names of MSOAs
lsoa-boundaries.geojson   boundaries of small areas
*-neighbourhoods.geojson  boundaries of police neighbourhoods, one file
lsoa-residents.csv        residents by small area
lsoa-households.csv       households by small area
fetched.json              where each file that was fetched comes from (`fetched`)
========================  =========================================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.errors import AreaCodeError, DuplicateRowError, MissingFileError
from bcsp_analysis.sources import areas, boundaries, denominators
from bcsp_analysis.sources.areas import LOCAL_PARTNERSHIP, AreaLookup
from bcsp_analysis.sources.boundaries import Boundaries
from bcsp_analysis.sources.store_selection import NAME_END

WARDS = "lsoa-ward.csv"
CHANGES = "lsoa-changes.csv"
_LOOKUPS = {"constituency": "lsoa-constituency.csv"}
_PARTNERSHIPS = "local-partnerships.csv"
_MSOA_NAMES = "msoa-names.csv"
_SHAPES = "lsoa-boundaries.geojson"
_RESIDENTS = "lsoa-residents.csv"
_NEIGHBOURHOODS = "*-neighbourhoods.geojson"

KINDS = ("lsoa", "msoa", "ward", "neighbourhood", "partnership", "constituency")
"""Kinds of areas that a page can be about, smallest first."""


@dataclass(frozen=True)
class AreaFolder:
    """Lookups and shapes of one place.

    Parameters
    ----------
    folder : Path
        Where the files are.
    place : str
        Name of the district, ``"Birmingham"``: small areas whose name begins otherwise are left
        out, so that a lookup of the whole country serves as well.
    """

    folder: Path
    place: str

    @cached_property
    def wards(self) -> AreaLookup:
        """Small areas of the place and their wards.

        Raises
        ------
        MissingFileError
            There is no ``lsoa-ward.csv``.
        AreaCodeError
            None of its small areas has a name of the place.
        """
        return self._of_place(areas.load_lookup(self._file(WARDS), "lsoa", "ward"))

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of `KINDS` for which the files are there."""
        held = {
            "lsoa": True,
            "msoa": (self.folder / _MSOA_NAMES).is_file(),
            "ward": True,
            "neighbourhood": self._neighbourhood_file() is not None and self.shapes is not None,
            "partnership": (self.folder / _PARTNERSHIPS).is_file(),
            "constituency": (self.folder / _LOOKUPS["constituency"]).is_file(),
        }
        return tuple(kind for kind in KINDS if held[kind])

    def lookup(self, kind: str) -> AreaLookup:
        """Small areas of the place and the larger area of a kind.

        Raises
        ------
        MissingFileError
            The file of that kind is not there.
        """
        return self._lookups[kind] if kind in self._lookups else self._load(kind)

    @cached_property
    def _lookups(self) -> dict[str, AreaLookup]:
        return {}

    def _load(self, kind: str) -> AreaLookup:
        if kind == "lsoa":
            table = self.wards.table
            own = table.assign(to_code=table.index, to_name=table["name"])
            found = AreaLookup("lsoa", "lsoa", self.wards.year, self.wards.year, own, WARDS)
        elif kind == "ward":
            found = self.wards
        elif kind == "msoa":
            found = areas.msoa_by_name(self.wards, self._file(_MSOA_NAMES))
        elif kind == "partnership":
            own_file = self._file(_PARTNERSHIPS)
            found = areas.through(
                self.wards,
                areas.load_lookup(own_file, "ward", LOCAL_PARTNERSHIP, year=self.wards.to_year),
            )
        elif kind == "neighbourhood":
            found = self._neighbourhoods()
        elif kind in _LOOKUPS:
            found = self._of_place(areas.load_lookup(self._file(_LOOKUPS[kind]), "lsoa", kind))
        else:
            raise ValueError(f"{kind!r} is not one of {KINDS}")
        self._lookups[kind] = found
        return found

    def _of_place(self, lookup: AreaLookup) -> AreaLookup:
        table = lookup.table
        if (table["name"] == "").all():
            # no names in the file: those of the wards say what belongs to the place
            here = table.index.isin(self.wards.table.index) if lookup.to != "ward" else True
            chosen = table[here]
        else:
            chosen = table[
                table["name"].str.fullmatch(rf"{re.escape(self.place)} [0-9]{{3}}[A-Z]+")
            ]
        if chosen.empty:
            raise AreaCodeError(
                "a lookup without a small area of the place",
                where=lookup.file,
                found=", ".join(lookup.table["name"].head(3)),
                expected=f'names such as "{self.place} 001A"',
            )
        years = lookup.kind, lookup.to, lookup.year, lookup.to_year
        return AreaLookup(*years, pd.DataFrame(chosen), lookup.file)

    @cached_property
    def shapes(self) -> Boundaries | None:
        """Boundaries of the small areas of the place; None where there is no file."""
        file = self.folder / _SHAPES
        if not file.is_file():
            return None
        held = boundaries.load(file)
        here = set(self.wards.table.index)
        chosen = tuple(area for area in held.areas if area.code in here)
        if missing := here - {area.code for area in chosen}:
            raise AreaCodeError(
                "boundaries that lack small areas of the place",
                where=held.file,
                found=", ".join(sorted(missing)[:8]),
                expected=f"every small area of {WARDS}",
            )
        return Boundaries(chosen, held.file)

    def denominator(self, kind: str) -> pd.Series | None:
        """Residents or households by small area, float64; None where there is no file.

        Raises
        ------
        AreaCodeError
            A small area of the place is not in it.
        """
        file = self.folder / f"lsoa-{kind}.csv"
        if not file.is_file():
            return None
        table = denominators.load(file, kind)
        codes = pd.Index(self.wards.table.index)
        denominators.check_covers(table, codes, project.relative(file))
        return table.reindex(codes)

    def residents_of_districts(self) -> dict[str, float]:
        """Residents of every district in the lookup of wards by name, sums of its small areas.

        A district with a small area whose residents are not in the file is left out; without the
        file all are.
        """
        file = self.folder / _RESIDENTS
        if not file.is_file():
            return {}
        residents = denominators.load(file, "residents")
        names = areas.load_lookup(self._file(WARDS), "lsoa", "ward").table["name"]
        named = names[names != ""]
        sums = residents.reindex(named.index).groupby(named.str[:-NAME_END])
        whole = sums.sum()[sums.count() == sums.size()]
        return {str(name): float(total) for name, total in whole.items()}

    def neighbourhood_shapes(self) -> Boundaries:
        """Boundaries of police neighbourhoods."""
        file = self._neighbourhood_file()
        return boundaries.load(file if file else self._file("FORCE-neighbourhoods.geojson"))

    def _neighbourhoods(self) -> AreaLookup:
        from bcsp_analysis.sources import containing

        if self.shapes is None:
            self._file(_SHAPES)  # says what is missing
            raise AssertionError("a file that is there gives shapes")
        outer = self.neighbourhood_shapes()
        inside = containing.containing(self.shapes, outer)
        names = {area.code: area.name or area.code for area in outer.areas}
        table = self.wards.table.assign(to_code=inside, to_name=inside.map(names))
        return AreaLookup("lsoa", "neighbourhood", self.wards.year, "", table, outer.file)

    def _neighbourhood_file(self) -> Path | None:
        found = sorted(self.folder.glob(_NEIGHBOURHOODS))
        if len(found) > 1:
            raise DuplicateRowError(
                "neighbourhoods of several forces",
                where=project.relative(self.folder),
                found=", ".join(file.name for file in found),
                expected="the file of one force",
                hint="keep the file of the force that covers the place",
            )
        return found[0] if found else None

    def _file(self, name: str) -> Path:
        file = self.folder / name
        if not file.is_file():
            raise MissingFileError(
                "a file about areas is not there",
                where=project.relative(file),
                expected=_SAID.get(name, "a file that `bcsp fetch areas` writes"),
                hint="`bcsp fetch areas` downloads what is public; see data/README.md for the rest",
            )
        return file


_SAID = {
    _PARTNERSHIPS: "the partnership's own table, with the columns WD22CD and local_partnership",
    "FORCE-neighbourhoods.geojson": "the file that `bcsp fetch neighbourhoods` writes",
}
