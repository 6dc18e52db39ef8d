"""Comparison with the most similar group: rank, rate and distance, from the printed columns.

Two things are printed: the area's own rate and the group's mean rate. How far the areas of the
group lie apart is not, so a result says whether the area's rate differs from the mean by more than
its own ups and downs, never that it is unusual in the group, and lists what cannot be said. With a
table of all areas, `comparators` puts each between limits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.measures.benchmark_rules import Benchmark
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models import change, intervals, multiplicity, poisson_limits, quarterly
from bcsp_analysis.models.dispersion import Dispersion
from bcsp_analysis.periods import Span
from bcsp_analysis.sources.report import PrintedTable

PER = 1000.0
# What only the other areas' rates would tell, and what not even they do.
SPREAD = (
    "whether this distance from the mean is unusual among the areas of the group: how far they lie"
    " apart is not printed",
    "how many places of the rank chance alone could move: the other areas' rates are not printed",
)
CANNOT_SAY = (
    *SPREAD,
    "what the mean is taken over: whether the area itself is part of it, and whether large areas"
    " weigh more, is not printed",
)


class Standing(StrEnum):
    """What may be said of the area's rate against the group's mean."""

    MORE = "clearly more"
    FEWER = "clearly fewer"
    NO_CLEAR = "no clear difference"
    TOO_FEW = "too few to say"
    APART = "set apart"


class Apart(StrEnum):
    """Why a printed comparison gets no verdict."""

    NO = ""
    HIDDEN = "its counts are too small to be shown"
    OTHER = "the rate counts other offences than the row"
    UNFIT = "the rate does not fit the printed counts"


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
    period : Span
        Months that the rates cover.
    area_rate, group_rate : float
        As printed, per 1,000 of the denominator.
    count, expected : float
        Incidents that the area's rate stands for in `period`, and those at the group's rate.
    ratio, low, high : float
        Area's rate over the group's mean with its interval at `level`, widened by the
        overdispersion of the area's count; the mean is taken as it is.
    incidents, incidents_low, incidents_high : float
        `count` less `expected`, and the interval of the difference.
    p_value, p_adjusted : float
        Two-sided, for a rate that is the mean; by itself, and after Holm's correction.
    standing : Standing
    improvement : str
        "better", "worse", "neither" or "" where `standing` is neither more nor fewer.
    apart : Apart
        Why there is no verdict.
    fewer_is : str
        "better" or "neither", `Measure.fewer_is`.
    rank, group_size, areas_lower, areas_higher : int or None
        Printed rank (1 the lowest rate), areas in the group, how many have a lower and how many a
        higher rate; None where no rank is printed.
    force_rank, force_size : int or None
        The same within the police force.
    dispersion, dispersion_df : float
    dispersion_source : str
    flip_dispersion : float or None
        Largest overdispersion, estimated as well as this one was (`dispersion_df`), at which the
        difference would still be clear; None where none is.
    flip_if_known : float or None
        The same, were the overdispersion known.
    level, alpha, materiality_pct, small_count : float
        The settings that decided; materiality is per cent of the mean.
    family_size : int
        Comparisons judged together.
    cannot_say : tuple of str
    method, citation : str
    """

    measure_id: str
    basis: str
    denominator: str
    population: float
    period: Span
    area_rate: float
    group_rate: float
    count: float
    expected: float
    ratio: float
    low: float
    high: float
    incidents: float
    incidents_low: float
    incidents_high: float
    p_value: float
    p_adjusted: float
    standing: Standing
    improvement: str
    apart: Apart
    fewer_is: str
    rank: int | None
    group_size: int
    areas_lower: int | None
    areas_higher: int | None
    force_rank: int | None
    force_size: int
    dispersion: float
    dispersion_df: float
    dispersion_source: str
    flip_dispersion: float | None
    flip_if_known: float | None
    level: float
    alpha: float
    materiality_pct: float
    small_count: float
    family_size: int = 1
    cannot_say: tuple[str, ...] = CANNOT_SAY
    method: str = (
        "interval of the area's own rate by Byar's method (exact below ten), overdispersed, against"
        " the group's mean taken as fixed; Holm over all printed comparisons"
    )
    citation: str = f"{poisson_limits.CITATION}; {multiplicity.CITATION}"

    @property
    def n(self) -> float:
        """Incidents behind the area's rate."""
        return self.count

    @property
    def leans(self) -> str:
        """``"more"`` or ``"fewer"`` where only the correction for many stands in the way."""
        if self.standing is not Standing.NO_CLEAR or not self._material:
            return ""
        return "more" if self.low > 1 else "fewer" if self.high < 1 else ""

    @property
    def margin_pct(self) -> float:
        """Per cent by which the mean would have to be off for the range to reach it; 0 if it does.

        Above 0 the mean would have to be higher, below 0 lower.
        """
        nearest = self.low if self.low > 1 else self.high if self.high < 1 else 1.0
        return 100 * (nearest - 1)

    @property
    def _material(self) -> bool:
        return abs(100 * (self.ratio - 1)) >= self.materiality_pct


def printed(
    table: PrintedTable,
    catalogue: Catalogue,
    benchmark: Benchmark,
    changes: Iterable[RecordingChange],
    monthly: Mapping[str, pd.Series],
    *,
    apart: Mapping[str, Apart] | None = None,
    alpha: float = 0.05,
    materiality_pct: float = 0.0,
    small_count: float = 0.0,
    level: float = 0.95,
) -> dict[str, PrintedComparison]:
    """Every measure of which both rates are printed, in the order of print.

    A group's mean of zero can be compared with nothing and is left out like a blank.

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
    apart : mapping of measure id to Apart
        Comparisons that get no verdict; they count in the family all the same.
    alpha, materiality_pct, small_count, level
        The edition's rules; see `family`.

    Raises
    ------
    ModelError
        No history at all, or one too short for the overdispersion.
    """
    months = len(benchmark.span)
    dispersions = quarterly.history_dispersions(monthly, changes, [months])
    found = {}
    for measure_id, figures in table.figures.iterrows():
        measure = catalogue[str(measure_id)]
        if figures[["area_rate", "group_rate"]].isna().any() or not measure.denominator:
            continue
        if float(figures["group_rate"]) == 0:
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
            apart=(apart or {}).get(measure.id, Apart.NO),
            level=level,
        )
    return family(found, alpha=alpha, materiality_pct=materiality_pct, small_count=small_count)


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
    apart: Apart = Apart.NO,
    level: float = 0.95,
) -> PrintedComparison:
    """Compare one printed rate with the group's printed mean, by itself.

    Parameters
    ----------
    measure : Measure
        With a denominator.
    area_rate, group_rate : float
        Per 1,000, in `benchmark.span`; the group's above zero.
    rank, force_rank : int or None
        1 the lowest rate.
    dispersion : Dispersion or float
        Of the area's count in a span of that length.

    Raises
    ------
    ModelError
        A rate below zero, a mean of zero, or a dispersion below 1.
    """
    if not (0 <= area_rate < math.inf and 0 < group_rate < math.inf):
        raise ModelError(
            "rates that cannot be compared",
            where=f"measure {measure.id}",
            found=f"{area_rate} against {group_rate}",
            expected="a rate of zero or more and a mean above zero",
        )
    population = benchmark.population(measure.denominator)
    count, expected = area_rate * population / PER, group_rate * population / PER
    phi, df, source = intervals.dispersion_of(dispersion, "")
    low, high = poisson_limits.interval(count, level, phi, df)
    p_value = poisson_limits.p_value(count, expected, phi, df)
    return _judge(
        PrintedComparison(
            measure_id=measure.id,
            basis=basis,
            denominator=measure.denominator,
            population=population,
            period=benchmark.span,
            area_rate=area_rate,
            group_rate=group_rate,
            count=count,
            expected=expected,
            ratio=area_rate / group_rate,
            low=low / expected,
            high=high / expected,
            incidents=count - expected,
            incidents_low=low - expected,
            incidents_high=high - expected,
            p_value=p_value,
            p_adjusted=p_value,
            standing=Standing.NO_CLEAR,
            improvement="",
            apart=apart,
            fewer_is=measure.fewer_is,
            rank=rank,
            group_size=benchmark.group_size,
            areas_lower=None if rank is None else rank - 1,
            areas_higher=None if rank is None else benchmark.group_size - rank,
            force_rank=force_rank,
            force_size=benchmark.force_size,
            dispersion=phi,
            dispersion_df=df,
            dispersion_source=source,
            flip_dispersion=None,
            flip_if_known=None,
            level=level,
            alpha=1 - level,
            materiality_pct=0.0,
            small_count=0.0,
        ),
        threshold=1 - level,
    )


def family(
    results: Mapping[str, PrintedComparison],
    *,
    alpha: float = 0.05,
    materiality_pct: float,
    small_count: float,
) -> dict[str, PrintedComparison]:
    """Judge all printed comparisons together.

    More or fewer is clear where Holm's adjusted p-value is below `alpha` and the rate lies at least
    `materiality_pct` per cent from the mean. Where both the count and what it would be at the mean
    are below `small_count`, there are too few to say. Comparisons that are set apart get no verdict
    and count in the family all the same, so that it does not depend on what the audit found.
    """
    if not results:
        return {}
    p_values = [result.p_value for result in results.values()]
    holm = multiplicity.holm(p_values)
    judged = {}
    for place, (name, result) in enumerate(results.items()):
        settled = replace(
            result,
            p_adjusted=float(holm[place]),
            alpha=alpha,
            materiality_pct=materiality_pct,
            small_count=small_count,
            family_size=len(results),
        )
        others = p_values[:place] + p_values[place + 1 :]
        judged[name] = _judge(settled, threshold=change.holm_threshold(others, alpha))
    return judged


def _judge(result: PrintedComparison, threshold: float) -> PrintedComparison:
    standing, flip, known = Standing.NO_CLEAR, None, None
    if result.apart:
        standing = Standing.APART
    elif max(result.count, result.expected) < result.small_count:
        standing = Standing.TOO_FEW
    elif result._material:
        counts, df = (result.count, result.expected), result.dispersion_df
        flip = poisson_limits.turning_dispersion(*counts, threshold, df)
        known = poisson_limits.turning_dispersion(*counts, threshold)
        if result.p_adjusted < result.alpha:
            standing = Standing.MORE if result.ratio > 1 else Standing.FEWER
    better = {Standing.MORE: "worse", Standing.FEWER: "better"}.get(standing, "")
    improvement = "neither" if better and result.fewer_is == "neither" else better
    return replace(
        result,
        standing=standing,
        improvement=improvement,
        flip_dispersion=flip,
        flip_if_known=known,
    )


def _rank(value: float) -> int | None:
    return None if pd.isna(value) else int(value)
