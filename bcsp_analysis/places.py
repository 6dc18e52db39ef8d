"""Areas of one kind in a place: names, small areas, residents, boundaries and neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from bcsp_analysis.sources.area_folder import AreaFolder
    from bcsp_analysis.sources.areas import AreaLookup
    from bcsp_analysis.sources.boundaries import Boundaries
    from bcsp_analysis.sources.stored import Stored


@dataclass(frozen=True)
class Places:
    """Areas of one kind, made of the comparable small areas of a store.

    Parameters
    ----------
    folder : AreaFolder
        Lookups and boundaries.
    stored : Stored
        What the store holds of the place.
    kind : str
        One of `sources.area_folder.KINDS`.
    """

    folder: AreaFolder
    stored: Stored
    kind: str

    @property
    def lookup(self) -> AreaLookup:
        """Small areas of the place and their areas of the kind."""
        return self.folder.lookup(self.kind)

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of every area of the kind by code, in the order of names."""
        return names(self.folder, self.kind)

    @cached_property
    def units(self) -> pd.DataFrame:
        """Comparable small areas and their areas of the kind, see `Stored.units`."""
        return self.stored.units(self.lookup)

    def summed(self, table: pd.DataFrame) -> pd.DataFrame:
        """Rows by comparable small area, as rows by area of the kind."""
        from bcsp_analysis.models import hotspots

        if self.kind == "lsoa":
            return table
        return hotspots.larger_areas(table, self.units["to_code"])

    @cached_property
    def denominators(self) -> pd.DataFrame | None:
        """Residents, households and square kilometres by area, where the files are there."""
        import pandas as pd

        found = {
            kind: held
            for kind in ("residents", "households")
            if (held := self.folder.denominator(kind)) is not None
        }
        if self.folder.shapes is not None:
            from bcsp_analysis.models import hotspots

            found["area_km2"] = hotspots.area_km2(self.folder.shapes)
        if not found:
            return None
        return self.summed(self._by_unit(pd.DataFrame(found)))

    def _by_unit(self, table: pd.DataFrame) -> pd.DataFrame:
        """Sums by comparable small area of a table by small area of 2021."""
        comparable = self._comparable
        held = table.reindex(self.lookup.table.index)
        units = [comparable.get(code, code) for code in held.index]
        return held.groupby(units).sum(min_count=1).reindex(self.units.index).rename_axis("area")

    @cached_property
    def _comparable(self) -> Mapping[str, str]:
        from bcsp_analysis.sources import store

        return store.lookup(self.stored.store)

    def _area_of(self, code: str) -> str:
        """Area of the kind in which a small area of 2021 is counted."""
        unit = self._comparable.get(code, code)
        return unit if self.kind == "lsoa" else str(self.units.at[unit, "to_code"])

    @cached_property
    def shapes(self) -> Boundaries | None:
        """Boundaries of the areas, made of those of small areas; None where these are not there."""
        from bcsp_analysis.sources.boundaries import Area, Boundaries

        held = self.folder.shapes
        if held is None:
            return None
        parts: dict[str, list[Area]] = {}
        for area in held.areas:
            parts.setdefault(self._area_of(area.code), []).append(area)
        return Boundaries(
            tuple(
                Area(code, self.names_of_areas.get(code, code), sum((a.polygons for a in each), ()))
                for code, each in sorted(parts.items())
            ),
            held.file,
        )

    @cached_property
    def neighbours(self) -> dict[str, tuple[str, ...]] | None:
        """Areas that have small areas whose boundaries meet; None without boundaries."""
        from bcsp_analysis.models import hotspots

        if self.folder.shapes is None:
            return None
        found: dict[str, set[str]] = {}
        for code, others in hotspots.touching(self.folder.shapes).mapping.items():
            own = self._area_of(code)
            found.setdefault(own, set()).update(map(self._area_of, others))
        return {area: tuple(sorted(others - {area})) for area, others in sorted(found.items())}

    @cached_property
    def names_of_areas(self) -> dict[str, str]:
        """Names for readers by code; small areas go by their neighbourhood's, where it is known."""
        if self.kind != "lsoa":
            return self.names
        held = {str(code): str(name) for code, name in self.units["name"].items()}
        if "msoa" not in self.folder.kinds:
            return held
        around = self.folder.lookup("msoa").table["to_name"].to_dict()
        return {
            code: f"{around[code]}, {name.rsplit(' ', 1)[-1]}" if code in around else name
            for code, name in held.items()
        }


def names(folder: AreaFolder, kind: str) -> dict[str, str]:
    """Name of every area of a kind by code, in the order of names; the code where it has none."""
    table = folder.lookup(kind).table.drop_duplicates("to_code")
    held = {
        str(code): str(name) or str(code)
        for code, name in zip(table["to_code"], table["to_name"], strict=True)
    }
    return dict(sorted(held.items(), key=lambda item: (item[1], item[0])))
