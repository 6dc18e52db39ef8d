"""Monthly incidents of one place from a store: the city's series, and its areas of any kind.

Codes of small areas changed in 2023. Areas of a kind are therefore made of *comparable* small areas
(`vintages`), each taken as a whole: a split area whose parts are in two wards goes to the ward with
more of its parts, before and after the change alike, so that no series steps where codes change.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.errors import AreaCodeError, MissingMonthError
from bcsp_analysis.periods import Month, Span
from bcsp_analysis.sources import counting, store, vintages
from bcsp_analysis.sources.areas import MATCH_NEEDED, AreaLookup
from bcsp_analysis.sources.registry import Source
from bcsp_analysis.sources.store import Area, Store
from bcsp_analysis.sources.street_rules import CATEGORIES

OUTSIDE_SHARE = 0.02
"""A district with a smaller share of its force's largest district's incidents is a neighbour's, in
which the force happened to record some: its series would be far from whole."""


@dataclass(frozen=True)
class Stored:
    """What a store holds of one place, up to one month.

    Parameters
    ----------
    folder : Path
        The store.
    place : str
        District, as the names of small areas begin: ``"Birmingham"``.
    last : Month
        Months after it are left out: an edition does not know them.
    first : Month, optional
        Months before it are left out.
    """

    folder: Path
    place: str
    last: Month
    first: Month | None = None

    @cached_property
    def store(self) -> Store:
        """The opened store; StoreError where it cannot be."""
        return store.open_store(self.folder)

    @cached_property
    def span(self) -> Span:
        """Months of every series of the place.

        Raises
        ------
        DataError, MissingMonthError
            The place is not in the store, or no month of it is left.
        """
        held = store.series(self.store, area=self.place, incomplete="mask").index
        begin, end = (Month(stamp.year, stamp.month) for stamp in (held[0], held[-1]))
        begin, end = max(begin, self.first or begin), min(end, self.last)
        if end < begin:
            raise MissingMonthError(
                "the store has no month that the edition covers",
                where=project.relative(self.folder),
                found=f"{held[0]:%Y-%m} to {held[-1]:%Y-%m}",
                expected=f"months up to {self.last}",
                hint="ingest the files of these months",
            )
        return Span(begin, end)

    def series(self, category: str, area: Area = None) -> pd.Series:
        """Monthly incidents of a category, float64 on a complete monthly DatetimeIndex.

        Of the whole place, or of another district or collection of codes over the same months.
        """
        return store.series(
            self.store,
            area=self.place if area is None else area,
            category=category,
            first=self.span.first,
            last=self.span.last,
        )

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """Categories with an incident of the place in every month of the span.

        Categories have been renamed and split (2011, 2013): one that is not there throughout is no
        series.
        """
        held = store.counts(
            self.store,
            ("category", "month"),
            area=self.place,
            first=self.span.first,
            last=self.span.last,
        )
        months = held.groupby("category")["month"].nunique()
        return tuple(name for name in CATEGORIES if months.get(name, 0) == len(self.span))

    @cached_property
    def districts(self) -> dict[str, str]:
        """Every district of the store and the force with most of its incidents, by name.

        Districts of which not every month of the span is held are left out, and those that are
        `OUTSIDE_SHARE` of their force's largest or less.
        """
        table = store.counts(
            self.store,
            ("lsoa_name", "force"),
            first=self.span.first,
            last=self.span.last,
            incomplete="keep",
        )
        table = table[~table["lsoa_name"].isin([counting.NO_LOCATION, counting.NO_AREA])]
        table = table.assign(district=table["lsoa_name"].str[: -store.NAME_END])
        by = table.groupby(["district", "force"], as_index=False)[["incidents"]].sum()
        largest = by.groupby("force")["incidents"].transform("max")
        by = by[by["incidents"] > OUTSIDE_SHARE * largest].sort_values("incidents")
        found = dict(zip(by["district"], by["force"], strict=True))
        held = {force: set(months) for force, months in self.store.state.months.items()}
        months = {str(month) for month in self.span}
        return {name: force for name, force in sorted(found.items()) if months <= held[force]}

    @cached_property
    def unlocated_share(self) -> float:
        """Share of the incidents of the place's main force, over the span, without a location."""
        by = store.counts(
            self.store,
            ("lsoa_name",),
            force=self.districts[self.place],
            first=self.span.first,
            last=self.span.last,
            incomplete="keep",
        )
        without = by["lsoa_name"].isin([counting.NO_LOCATION, counting.NO_AREA])
        return float(by.loc[without, "incidents"].sum() / by["incidents"].sum())

    def small_areas(self, category: str) -> pd.DataFrame:
        """Tidy counts of the place: ``lsoa_code`` (comparable area), ``month``, ``incidents``."""
        table = store.counts(
            self.store,
            ("lsoa_code", "month"),
            area=self.place,
            category=category,
            first=self.span.first,
            last=self.span.last,
        )
        comparable = store.lookup(self.store)
        unit = [comparable.get(code, code) for code in table["lsoa_code"]]
        table = table.assign(lsoa_code=pd.array(unit, dtype="str"))
        return table.groupby(["lsoa_code", "month"], as_index=False)[["incidents"]].sum()

    def units(self, lookup: AreaLookup) -> pd.DataFrame:
        """The comparable small areas of the place, each with its larger area.

        Returns
        -------
        DataFrame
            Index ``code`` (comparable area): ``name``, ``to_code``, ``to_name`` (str),
            ``straddles`` (bool: its parts lie in several larger areas).

        Raises
        ------
        AreaCodeError
            Fewer than `areas.MATCH_NEEDED` of the incidents have a code that the lookup knows.
        """
        comparable = store.lookup(self.store)
        parts: dict[str, list[str]] = {}
        for code in lookup.table.index:
            parts.setdefault(comparable.get(code, code), []).append(code)
        rows = []
        for unit, codes in parts.items():
            held = lookup.table.loc[codes]
            common = Counter(held["to_code"]).most_common()
            chosen = held[held["to_code"] == common[0][0]].iloc[0]
            rows.append((unit, chosen["name"], chosen["to_code"], chosen["to_name"], common[1:]))
        table = pd.DataFrame(rows, columns=["code", "name", "to_code", "to_name", "straddles"])
        table["straddles"] = table["straddles"].map(bool)
        table = table.astype({"code": "str", "name": "str", "to_code": "str", "to_name": "str"})
        self._check_match(set(parts), lookup)
        return table.set_index("code").sort_index()

    def _check_match(self, units: set[str], lookup: AreaLookup) -> None:
        by_code = self._incidents_by_code
        lost = by_code[~by_code.index.isin(list(units))].sort_values(ascending=False)
        share = 1 - float(lost.sum() / by_code.sum())
        if share < MATCH_NEEDED:
            raise AreaCodeError(
                "too many incidents in areas that the lookup does not know",
                where=lookup.file,
                found=f"{share:.1%} match; most incidents: "
                + ", ".join(f"{code} ({count:,})" for code, count in lost.head(8).items()),
                expected=f"{MATCH_NEEDED:.0%} or more",
                hint="give the ONS change file once: "
                "`bcsp ingest PATH --lookup data/downloads/areas/lsoa-changes.csv`"
                if any(not vintages.is_new(code) for code in lost.index)
                else "the lookup may be of another year, or of another place",
            )

    @cached_property
    def _incidents_by_code(self) -> pd.Series:
        table = store.counts(
            self.store,
            ("lsoa_code",),
            area=self.place,
            first=self.span.first,
            last=self.span.last,
            incomplete="keep",
        )
        comparable = store.lookup(self.store)
        unit = [comparable.get(code, code) for code in table["lsoa_code"]]
        return table.groupby(unit)["incidents"].sum()


def record(folder: Path) -> Source:
    """The register's kind of record for a store, which `data/sources.toml` cannot know."""
    opened = store.open_store(folder)
    months = store.months(opened)
    return Source(
        id="street-level-extracts",
        title=f"Street-level extracts of {', '.join(store.forces(opened))}",
        publisher="Home Office and police forces, data.police.uk",
        licence="Open Government Licence v3.0",
        licence_url="https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        attribution="Contains public sector information licensed under the Open Government Licence"
        " v3.0. Source: data.police.uk.",
        landing_page="https://data.police.uk/data/",
        period=f"{months[0].label} to {months[-1].label}",
        file=project.relative(folder),
        sha256="",
        known_gaps=(
            "Incidents are placed at anonymous points nearby, not where they happened.",
            "Incidents without a location are in no district or smaller area.",
        ),
    )
