"""Comparison with the most similar group: rank, rate and distance.

From the printed columns alone only two things can be compared: the area's own rate and the group's
mean rate. How far the areas of the group lie apart is not printed, so the result says whether the
area's rate differs from the mean by more than its own ups and downs, and lists what cannot be said.
With a full comparator table, `funnel` puts every area between limits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from bcsp_analysis.measures.benchmark_rules import Benchmark
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models import poisson_limits, quarterly
from bcsp_analysis.models.dispersion import Dispersion
from bcsp_analysis.models.funnel import (
    ACTION,
    WARNING,
    FunnelResult,
    Overdispersion,
    Position,
    funnel,
    improvement,
    place,
)
from bcsp_analysis.periods import Span
from bcsp_analysis.sources.report import PrintedTable

__all__ = [
    "CANNOT_SAY",
    "FunnelResult",
    "Overdispersion",
    "Position",
    "PrintedComparison",
    "against_mean",
    "funnel",
    "printed",
]

PER = 1000.0
CANNOT_SAY = (
    "whether this distance from the mean is unusual among the areas of the group: how far they lie"
    " apart is not printed",
    "how many places of the rank chance alone could move: the other areas' rates are not printed",
    "what the mean is taken over: whether the area itself is part of it, and whether large areas"
    " weigh more, is not printed",
)


@dataclass(frozen=True)
class PrintedComparison:
    """One measure in the printed comparison columns.

    Attributes
    ----------
    measure_id : str
    basis : str
        What the printed rate is of, where the report says that it differs from the row.
    denominator : str
        "residents" or "households".
    population : float
        How many of them the area has.
    span : Span
        Months that the rates cover.
    area_rate, group_rate : float
        As printed, per 1,000 of the denominator.
    low95, high95, low998, high998 : float
        Intervals of the area's own rate, widened by the overdispersion of its count.
    count : float
        Incidents that the area's rate stands for in `span`: rate times population.
    ratio, ratio_low, ratio_high : float
        Area's rate over the group's mean, with its 95% interval; the mean is taken as it is.
    difference : float
        Area's rate less the group's mean.
    incidents : float
        The same as a number of incidents in `span`.
    position : Position
        Of the area's rate against the mean.
    improvement : str
        "better", "worse", "neither" or "".
    rank, group_size, areas_lower, areas_higher : int or None
        Printed rank (1 the lowest rate), areas in the group, how many have a lower and how many a
        higher rate; None where no rank is printed.
    force_rank, force_size : int or None
        The same within the police force.
    dispersion : float
    dispersion_source : str
    cannot_say : tuple of str
    method, citation : str
    """

    measure_id: str
    basis: str
    denominator: str
    population: float
    span: Span
    area_rate: float
    group_rate: float
    low95: float
    high95: float
    low998: float
    high998: float
    count: float
    ratio: float
    ratio_low: float
    ratio_high: float
    difference: float
    incidents: float
    position: Position
    improvement: str
    rank: int | None
    group_size: int
    areas_lower: int | None
    areas_higher: int | None
    force_rank: int | None
    force_size: int
    dispersion: float
    dispersion_source: str
    cannot_say: tuple[str, ...] = CANNOT_SAY
    method: str = (
        "interval of the area's own rate by Byar's method (exact below ten), overdispersed, against"
        " the group's mean taken as fixed"
    )
    citation: str = poisson_limits.CITATION


def printed(
    table: PrintedTable,
    catalogue: Catalogue,
    benchmark: Benchmark,
    changes: Iterable[RecordingChange],
    monthly: Mapping[str, pd.Series],
) -> dict[str, PrintedComparison]:
    """Every measure of which both rates are printed, in the order of print.

    Parameters
    ----------
    table : PrintedTable
    catalogue : Catalogue
    benchmark : Benchmark
        Period of the rates, populations, sizes of the groups.
    changes : iterable of RecordingChange
        Taken out of the histories as steps.
    monthly : mapping of category to Series
        Monthly incidents, from which the overdispersion of totals of that length is taken.

    Raises
    ------
    ModelError
        No history at all, or one too short for the overdispersion.
    """
    register, months = tuple(changes), len(benchmark.span)
    dispersions = {
        (name, months): quarterly.history_dispersion(series, register, months)
        for name, series in monthly.items()
    }
    found = {}
    for measure_id, figures in table.figures.iterrows():
        measure = catalogue[str(measure_id)]
        if figures[["area_rate", "group_rate"]].isna().any() or not measure.denominator:
            continue
        population = benchmark.population(measure.denominator)
        count = float(figures["area_rate"]) * population / PER
        found[measure.id] = against_mean(
            measure,
            area_rate=float(figures["area_rate"]),
            group_rate=float(figures["group_rate"]),
            rank=_rank(figures["msg_rank"]),
            force_rank=_rank(figures["force_rank"]),
            benchmark=benchmark,
            dispersion=quarterly.dispersion_of(dispersions, measure.history, months, count),
            basis=str(table.text.at[measure_id, "iquanta_basis"]).strip(),
        )
    return found


def against_mean(
    measure: Measure,
    *,
    area_rate: float,
    group_rate: float,
    rank: int | None,
    force_rank: int | None,
    benchmark: Benchmark,
    dispersion: Dispersion | float,
    basis: str = "",
) -> PrintedComparison:
    """Compare one printed rate with the group's printed mean.

    Parameters
    ----------
    measure : Measure
        With a denominator.
    area_rate, group_rate : float
        Per 1,000, in `benchmark.span`.
    rank, force_rank : int or None
        1 the lowest rate.
    dispersion : Dispersion or float
        Of the area's count in a span of that length.
    """
    population = benchmark.population(measure.denominator)
    count = area_rate * population / PER
    phi, df, source = (
        (dispersion.value, dispersion.df, dispersion.source)
        if isinstance(dispersion, Dispersion)
        else (float(dispersion), math.inf, "given as a number")
    )
    low95, high95 = _interval(count, WARNING, phi, df, population)
    low998, high998 = _interval(count, ACTION, phi, df, population)
    # The mean lies outside the rate's interval where the rate lies outside the mean's.
    position = _mirrored(place(group_rate, low95, high95, low998, high998))
    return PrintedComparison(
        measure_id=measure.id,
        basis=basis,
        denominator=measure.denominator,
        population=population,
        span=benchmark.span,
        area_rate=area_rate,
        group_rate=group_rate,
        low95=low95,
        high95=high95,
        low998=low998,
        high998=high998,
        count=count,
        ratio=area_rate / group_rate if group_rate else math.inf,
        ratio_low=low95 / group_rate if group_rate else math.inf,
        ratio_high=high95 / group_rate if group_rate else math.inf,
        difference=area_rate - group_rate,
        incidents=(area_rate - group_rate) * population / PER,
        position=position,
        improvement=improvement(position, measure.fewer_is),
        rank=rank,
        group_size=benchmark.group_size,
        areas_lower=None if rank is None else rank - 1,
        areas_higher=None if rank is None else benchmark.group_size - rank,
        force_rank=force_rank,
        force_size=benchmark.force_size,
        dispersion=phi,
        dispersion_source=source,
    )


def _interval(
    count: float, level: float, phi: float, df: float, population: float
) -> tuple[float, float]:
    low, high = poisson_limits.interval(count, level, phi, df)
    return low * PER / population, high * PER / population


def _mirrored(position: Position) -> Position:
    opposite = {
        Position.FAR_HIGHER: Position.FAR_LOWER,
        Position.HIGHER: Position.LOWER,
        Position.LOWER: Position.HIGHER,
        Position.FAR_LOWER: Position.FAR_HIGHER,
    }
    return opposite.get(position, position)


def _rank(value: float) -> int | None:
    return None if pd.isna(value) else int(value)
