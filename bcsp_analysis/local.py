"""What an edition's street-level extracts say of places: hot spots, localities, other areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bcsp_analysis import run_cache
from bcsp_analysis.errors import EditionError, ParameterError
from bcsp_analysis.inputs import SERIES, Inputs, unknown
from bcsp_analysis.places import Places

if TYPE_CHECKING:
    import pandas as pd

    from bcsp_analysis.models.hotspots import HotSpots
    from bcsp_analysis.models.localities import Family, LocalitiesOverview, LocalityResult
    from bcsp_analysis.models.other_areas import OtherAreas
    from bcsp_analysis.periods import Span
    from bcsp_analysis.sources.area_folder import AreaFolder
    from bcsp_analysis.sources.boundaries import Boundaries
    from bcsp_analysis.sources.registry import Source
    from bcsp_analysis.sources.stored import Stored

KIND_NAMES: Mapping[str, str] = {
    "lsoa": "small area",
    "msoa": "neighbourhood",
    "ward": "ward",
    "neighbourhood": "police neighbourhood",
    "partnership": "local partnership",
    "constituency": "constituency",
}
"""Kinds of areas, as `sources.area_folder.KINDS` has them, in words."""

LOCALITY_KINDS = ("ward", "partnership", "constituency")
"""Kinds whose areas have a page each."""


@dataclass(frozen=True)
class Local:
    """Places of an edition that stands on a store; each answer is worked out when asked for.

    Parameters
    ----------
    inputs : Inputs
        The edition's data.
    parameters : mapping of str to str
        Those of the page: ``kind`` and ``locality`` where it has them.
    """

    inputs: Inputs
    parameters: Mapping[str, str]

    @cached_property
    def stored(self) -> Stored:
        """The edition's store.

        Raises
        ------
        EditionError
            The edition stands on a file of monthly counts, which hold no places.
        """
        if self.inputs.stored is None:
            raise EditionError(
                "the page needs street-level extracts, and the edition has none",
                where=f"{self.inputs.edition.file.name}, [data]",
                found=f"monthly = {self.inputs.edition.data.incidents.name}",
                expected='store = "data/store"',
                hint="`bcsp local PATH` makes an edition from extracts",
            )
        return self.inputs.stored

    @cached_property
    def folder(self) -> AreaFolder:
        """Lookups and boundaries of the place.

        Raises
        ------
        EditionError
            The edition names no folder of them.
        """
        from bcsp_analysis.sources.area_folder import AreaFolder

        areas = self.inputs.edition.data.areas
        if areas is None:
            raise EditionError(
                "the page needs lookups of areas, and the edition names none",
                where=f"{self.inputs.edition.file.name}, [data]",
                expected='areas = "data/downloads/areas"',
                hint="`bcsp fetch areas` downloads them",
            )
        return AreaFolder(areas, self.inputs.area)

    @property
    def kind(self) -> str:
        """Kind of area that the page is about; ParameterError where it has none."""
        if "kind" not in self.parameters:
            raise ParameterError(
                "the page has no kind of area",
                expected=f"start(edition, kind=...) with one of {', '.join(KIND_NAMES)}",
            )
        return self.parameters["kind"]

    @property
    def kind_name(self) -> str:
        """The same in words."""
        return KIND_NAMES[self.kind]

    @property
    def code(self) -> str:
        """Code of the page's locality.

        Raises
        ------
        ParameterError
            The page has none, or one that the lookup does not have.
        """
        code = self.parameters.get("locality", "")
        if code not in self.places.names:
            raise unknown("locality", code, tuple(self.places.names), self.places.lookup.file)
        return code

    @property
    def name(self) -> str:
        """Name of the page's locality."""
        return self.places.names[self.code]

    @cached_property
    def places(self) -> Places:
        """Areas of the page's kind."""
        return Places(self.folder, self.stored, self.kind)

    @property
    def shapes(self) -> Boundaries | None:
        """Boundaries of the areas of the page's kind; None where these are not loaded."""
        return self.places.shapes

    @property
    def span(self) -> Span:
        """Months of every series."""
        return self.stored.span

    def counts(self, category: str) -> pd.DataFrame:
        """Incidents of a category by area of the page's kind and month.

        Returns
        -------
        DataFrame of int64
            Index ``area``: every area of the kind, one without incidents has zeros; columns: the
            months of `span`. Incidents in areas that the lookup lacks (less than one in a hundred,
            else it is refused) are left out.
        """
        return run_cache.shared("counts", (self.kind, category), lambda: self._count(category))

    def _count(self, category: str) -> pd.DataFrame:
        from bcsp_analysis.models import hotspots

        rows = self.stored.small_areas(category)
        rows = rows[rows["lsoa_code"].isin(self.places.units.index)]
        table = hotspots.monthly_counts(rows, areas=list(self.places.units.index), span=self.span)
        return self.places.summed(table)

    def hot_spots(self, category: str) -> HotSpots:
        """Hot spots of a category among the areas of the page's kind.

        Of localities, whose months have pages of their own, from what these pages show.
        """
        import pandas as pd

        from bcsp_analysis.models import hotspots

        return hotspots.analyse(
            self._counts_as_shown(category),
            category=category,
            kind=self.kind_name,
            names=pd.Series(self.places.names_of_areas, dtype="str").rename_axis("area"),
            denominators=self.places.denominators,
            neighbours=self.places.neighbours,
            months=12,
            alpha=self.inputs.rules.alpha,
            fdr=self.inputs.rules.alpha,
        )

    def _counts_as_shown(self, category: str) -> pd.DataFrame:
        """The counts; of localities the middle of the band where a month is shown as one."""
        if self.kind not in LOCALITY_KINDS:
            return self.counts(category)
        shown = self._judged(category).shown
        return (shown.low + shown.high) // 2

    def rounding(self, spots: HotSpots) -> pd.Series:
        """By how much the count of an area in the window may be off, for those that may.

        Returns
        -------
        Series of int64
            Index ``area``; empty where every count is exact.
        """
        import pandas as pd

        if self.kind not in LOCALITY_KINDS:
            return pd.Series(dtype="int64")
        shown = self._judged(spots.category).shown
        window = shown.low.columns[-spots.months :]
        most = (shown.high[window] - (shown.low[window] + shown.high[window]) // 2).sum(axis=1)
        return most[most > 0]

    def hidden(self, spots: HotSpots) -> frozenset[str]:
        """Areas of which no count is shown, by the edition's threshold.

        A locality is hidden whose own page shows nothing. The two small areas with fewest incidents
        of a ward are hidden where a month of the ward is not shown exactly: their total of the year
        would give the month back. Areas that cut across wards are not held against them.
        """
        from bcsp_analysis.present import disclosure

        below = self.inputs.rules.suppress_below
        found = disclosure.hidden_areas(spots.rates.counts[["count"]], below)
        if self.kind in LOCALITY_KINDS:
            return found | self._judged(spots.category).shown.hidden
        if self.kind != "lsoa":
            return found
        wards = Local(self.inputs, {"kind": "ward"})
        belongs = wards.places.units["to_code"]
        counts = spots.rates.counts["count"]
        for ward in wards._banded(spots.category, spots.months):
            members = counts.index[belongs.reindex(counts.index) == ward]
            found |= {str(area) for area in counts[members].nsmallest(2).index}
        return found

    def _banded(self, category: str, months: int) -> frozenset[str]:
        """Localities of the kind with a month in the window that is not shown exactly."""
        shown = self._judged(category).shown
        window = shown.low.columns[-months:]
        apart = (shown.low[window] < shown.high[window]).any(axis=1)
        return frozenset(map(str, apart.index[apart])) | frozenset(map(str, shown.hidden))

    def locality(self, series: str) -> LocalityResult:
        """The page's locality: its months, year against year, share of the city, season."""
        from bcsp_analysis.models import localities

        category = SERIES[series]
        return localities.analyse(
            self.counts(category),
            self.code,
            name=self.name,
            kind=self.kind_name,
            category=category,
            baseline=self.inputs.rules.baseline_months,
            fewer_is=self.inputs.catalogue.of_history(category).fewer_is,
            family=len(self.places.names),
            judged=self._judged(category),
            groupings=self._groupings,
            **self._rules(category),
        )

    def overview(self, series: str) -> LocalitiesOverview:
        """All localities of the page's kind."""
        from bcsp_analysis.models import localities

        category = SERIES[series]
        rates = self.places.denominators
        return localities.overview(
            self.counts(category),
            names=self.places.names,
            kind=self.kind_name,
            category=category,
            residents=None if rates is None else rates.get("residents"),
            fewer_is=self.inputs.catalogue.of_history(category).fewer_is,
            judged=self._judged(category),
            groupings=self._groupings,
            **self._rules(category),
        )

    def _judged(self, category: str) -> Family:
        """All localities of the kind judged together, so that every page has the same answers."""
        from bcsp_analysis.models import localities

        if category not in self._families:
            self._families[category] = run_cache.shared(
                "families",
                (self.kind, category),
                lambda: localities.families(
                    self.counts(category), groupings=self._groupings, **self._rules(category)
                ),
            )
        return self._families[category]

    @cached_property
    def _families(self) -> dict[str, Family]:
        return {}

    def _rules(self, category: str) -> dict[str, Any]:
        from bcsp_analysis.measures import recording

        rules, span = self.inputs.rules, (self.span.first, self.span.last)
        confirmed = [change for change in self.inputs.recording if change.confirmed]
        return {
            "breaks": recording.steps(self.inputs.recording, category, *span),
            "confirmed": recording.steps(confirmed, category, *span),
            "faulty": recording.faulty_months(self.inputs.recording, category),
            "level": rules.level,
            "alpha": rules.alpha,
            "materiality_pct": rules.materiality_pct,
            "small_count": rules.small_count,
            "suppress_below": rules.suppress_below,
        }

    @property
    def _groupings(self) -> tuple[pd.Series, ...]:
        """Larger areas whose totals are published beside those of the kind, by area."""
        if self.kind != "ward" or "partnership" not in self.folder.kinds:
            return ()
        wards, above = self.folder.lookup("ward").table, self.folder.lookup("partnership").table
        pairs = wards["to_code"].to_frame("ward").assign(above=above["to_code"])
        return (pairs.drop_duplicates("ward").set_index("ward")["above"].rename_axis("area"),)

    def links(self, kind: str) -> dict[str, str]:
        """Addresses of the pages of a kind's localities by code, from the page that lists them."""
        found = {}
        for page in self.inputs.edition.pages:
            given = page.parameters
            if page.under and given.get("kind") == kind and given.get("locality"):
                above = page.under.rpartition("/")[0]
                place = page.address.removeprefix(f"{above}/" if above else "")
                found[str(given["locality"])] = f"{place}.ipynb"
        return found

    def areas_monthly(self, category: str) -> dict[str, pd.Series]:
        """Monthly incidents of every district of the store, the edition's own among them."""
        return {name: self.stored.series(category, area=name) for name in self.stored.districts}

    def other_areas(self, category: str) -> OtherAreas:
        """The change of the area from year to year against that of the store's other districts.

        The register's national changes are taken out of the history of every area.
        """
        from bcsp_analysis.measures import recording
        from bcsp_analysis.models import other_areas

        rules = self._rules(category)
        last = self.span.last
        confirmed = [change for change in self.inputs.recording if change.confirmed]
        between = recording.steps(confirmed, category, last + -23, last)
        quarter = self.inputs.quarter
        return other_areas.compare(
            self.areas_monthly(category),
            self.inputs.area,
            breaks=dict.fromkeys(self.forces_of, rules["breaks"]),
            quarter=quarter if quarter.span.last in self.span else None,
            residents=self.folder.residents_of_districts(),
            forces=self.forces_of,
            recording_changed=bool(between),
            level=rules["level"],
            alpha=rules["alpha"],
            materiality_pct=rules["materiality_pct"],
            small_count=max(rules["small_count"], rules["suppress_below"]),
        )

    @property
    def forces_of(self) -> dict[str, str]:
        """Police force of each district of the store."""
        return self.stored.districts

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Records of the store and of the folder of lookups."""
        from bcsp_analysis.present import provenance

        data = self.inputs.edition.data
        return provenance.used(data.incidents, *([data.areas] if data.areas else []))
