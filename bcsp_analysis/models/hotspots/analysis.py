"""Everything about the hot spots of one category, from the counts of its areas by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import pandas as pd

from bcsp_analysis.models.hotspots.clusters import FEWEST_AREAS, Clusters, getis_ord, normal_scores
from bcsp_analysis.models.hotspots.counts import check_counts, span_of, window
from bcsp_analysis.models.hotspots.curves import Concentration, concentration
from bcsp_analysis.models.hotspots.dispersion import AreaDispersion, over_time
from bcsp_analysis.models.hotspots.lasting import QUARTER, Persistence, persistence
from bcsp_analysis.models.hotspots.neighbours import Neighbours
from bcsp_analysis.models.hotspots.prospective import AHEAD, Accuracy, accuracy
from bcsp_analysis.models.hotspots.ranks import Ranking, rank
from bcsp_analysis.models.hotspots.rates import AreaRates, area_rates
from bcsp_analysis.periods import Span

BY_COUNT = "areas"  # the ranking in which every area counts alike


@dataclass(frozen=True)
class HotSpots:
    """Hot spots of one category.

    Attributes
    ----------
    category, kind : str
        Category of incidents; what the areas are, in the singular ("LSOA", "ward").
    names : Series
        Name of each area for readers, index ``area``.
    rates : AreaRates
        Counts and rates in the last `months` months.
    rankings : mapping of denominator to Ranking
        "areas" (by count) first, then one a denominator.
    clusters : Clusters or None
        Of the normal scores of the counts. None without neighbours, or with fewer than three areas.
    persistence : Persistence or None
        None with fewer than three months.
    accuracy : Accuracy or None
        None where the history is too short to score a single round, or holds one area.
    concentration : Concentration
    dispersion : AreaDispersion
    span : Span
        The window.
    history : Span
        All months.
    months, n, total : int
        Length of the window; areas; incidents in the window.
    unlocated : int
        Incidents of the window without a location, which are in no area.
    method, citation : str
        Of the rankings; the other parts have their own.
    """

    category: str
    kind: str
    names: pd.Series
    rates: AreaRates
    rankings: Mapping[str, Ranking]
    clusters: Clusters | None
    persistence: Persistence | None
    accuracy: Accuracy | None
    concentration: Concentration
    dispersion: AreaDispersion
    span: Span
    history: Span
    months: int
    n: int
    total: int
    unlocated: int = 0
    withheld: ClassVar[bool] = True  # a page hides the small ones of its counts
    method: str = Ranking.method
    citation: str = Ranking.citation

    @property
    def period(self) -> Span:
        """The window."""
        return self.span

    @property
    def by_count(self) -> Ranking:
        """The ranking by count."""
        return self.rankings[BY_COUNT]

    def name(self, area: str) -> str:
        """Name of an area for readers."""
        return str(self.names[area])


def analyse(
    counts: pd.DataFrame,
    *,
    category: str,
    kind: str = "LSOA",
    names: pd.Series | None = None,
    denominators: pd.DataFrame | None = None,
    neighbours: Neighbours | Mapping[str, Sequence[str]] | None = None,
    months: int = 12,
    unlocated: int = 0,
    fdr: float = 0.05,
    alpha: float = 0.05,
) -> HotSpots:
    """Rank the areas of a place, find clusters, measure how lasting and how predictable they are.

    Parameters
    ----------
    counts : DataFrame
        Index ``area``, one column a month; `counts.monthly_counts` makes it.
    category, kind : str
    names : Series, optional
        Index ``area``; areas without one go by their code.
    denominators : DataFrame, optional
        As in `area_rates`; where ``area_km2`` is held for all areas, PAI is taken over land.
    neighbours : Neighbours or mapping, optional
        From `neighbours.touching` or `neighbours.nearest`.
    months : int
        Length of the window that is ranked; shortened to what the table holds.
    unlocated : int
        Incidents of the window without a location, from `counts.unlocated`.
    fdr, alpha : float
        As in `getis_ord` and `accuracy`.

    Raises
    ------
    ModelError
        Unusable counts or denominators.
    """
    table = check_counts(counts, what_for="hot spots")
    length = min(months, table.shape[1])
    swings = over_time(table, length)
    rates = area_rates(table, denominators, months=length, dispersion=swings)
    totals = window(table, length)
    rankings = {BY_COUNT: rank(totals, dispersion=swings)}
    for name, frame in rates.rates.items():
        rankings[name] = rank(
            totals,
            frame["denominator"].rename(name),
            dispersion=swings,
            per=rates.per[name],
        )
    sizes = rates.rates["area_km2"]["denominator"] if "area_km2" in rates.rates else None
    scorable = table.shape[1] >= length + AHEAD and len(table) > 1
    return HotSpots(
        category=category,
        kind=kind,
        names=_names(names, table.index),
        rates=rates,
        rankings=MappingProxyType(rankings),
        clusters=getis_ord(normal_scores(totals), neighbours, fdr=fdr)
        if neighbours is not None and len(table) >= FEWEST_AREAS
        else None,
        persistence=persistence(table) if table.shape[1] >= QUARTER else None,
        accuracy=accuracy(
            table,
            neighbours=neighbours,
            area_km2=sizes if sizes is not None and len(sizes) == len(table) else None,
            window=length,
            alpha=alpha,
        )
        if scorable
        else None,
        concentration=concentration(totals),
        dispersion=swings,
        span=rates.span,
        history=span_of(table),
        months=length,
        n=len(table),
        total=rates.total,
        unlocated=unlocated,
    )


def _names(names: pd.Series | None, areas: pd.Index) -> pd.Series:
    codes = pd.Series([str(area) for area in areas], index=areas, name="name")
    return codes if names is None else names.reindex(areas).fillna(codes).rename("name")
