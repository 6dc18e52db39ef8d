"""Counts and rates of areas with their intervals, on as many denominators as are at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import poisson_limits
from bcsp_analysis.models.funnel import ACTION, WARNING, Position
from bcsp_analysis.models.hotspots.counts import check_counts, span_of, window
from bcsp_analysis.models.hotspots.dispersion import AreaDispersion, over_time
from bcsp_analysis.periods import Span

PER: Mapping[str, float] = MappingProxyType({"area_km2": 1.0})
PER_OTHERWISE = 1000.0


@dataclass(frozen=True)
class AreaRates:
    """Counts and rates of all areas in one window of months.

    Attributes
    ----------
    counts : DataFrame
        Index ``area``: ``count`` (int64), ``low95``, ``high95``, ``low998``, ``high998`` (limits of
        the count behind it), ``phi`` (overdispersion that they are widened by).
    rates : mapping of denominator to DataFrame
        Index ``area``, areas with that denominator only: ``denominator``, ``rate``, the four limits
        (all per `per`), ``position`` (str, a Position against the rate of all areas together).
    overall : mapping of denominator to float
        Rate of all areas with that denominator together.
    without : mapping of denominator to tuple of str
        Areas whose denominator is missing or zero: they have no rate.
    per : mapping of denominator to float
    span : Span
    n : int
        Areas.
    total : int
        Incidents.
    dispersion : AreaDispersion
    method, citation : str
    """

    counts: pd.DataFrame
    rates: Mapping[str, pd.DataFrame]
    overall: Mapping[str, float]
    without: Mapping[str, tuple[str, ...]]
    per: Mapping[str, float]
    span: Span
    n: int
    total: int
    dispersion: AreaDispersion
    method: str = (
        "Byar's interval (exact below ten) of the count over its overdispersion, times the"
        " overdispersion"
    )
    citation: str = poisson_limits.CITATION


def area_rates(
    counts: pd.DataFrame,
    denominators: pd.DataFrame | None = None,
    *,
    months: int = 12,
    dispersion: AreaDispersion | None = None,
    per: Mapping[str, float] = PER,
) -> AreaRates:
    """Count and rate of every area in the last `months` months, with 95% and 99.8% limits.

    The intervals are those of the level that an area's count swings about over time, not of the
    incidents of this one window, which are known.

    Parameters
    ----------
    counts : DataFrame
        Index ``area``, one column a month.
    denominators : DataFrame, optional
        Index ``area``, one column of numbers a denominator, such as ``residents``, ``area_km2``,
        ``workplace``; missing where not known.
    months : int
        Length of the window; the table must hold as many.
    dispersion : AreaDispersion, optional
        Estimated from `counts` where it is left out.
    per : mapping of denominator to float
        Rates are given per this many; 1,000 where a denominator is not named, 1 for ``area_km2``.

    Raises
    ------
    ModelError
        Unusable counts, too few months, a denominator below zero, or one that no area has.
    """
    table = check_counts(counts, months=months, what_for="rates")
    swings = dispersion if dispersion is not None else over_time(table, months)
    totals = window(table, months)
    if not totals.any():
        raise ModelError("rates without a single incident", found=f"the last {months} months")
    phi = swings.phi(totals)
    frame = totals.to_frame().join(limits(totals, phi))
    frame["phi"] = phi
    sizes = _denominators(denominators, totals.index)
    scales = {name: per.get(str(name), PER_OTHERWISE) for name in sizes}
    rates = {name: _rates(frame, sizes[name], scales[name]) for name in sizes}
    known = {name: sizes[name][sizes[name] > 0].index for name in sizes}
    return AreaRates(
        counts=frame,
        rates=MappingProxyType(rates),
        overall=MappingProxyType(
            {
                name: float(
                    scales[name] * totals[known[name]].sum() / sizes[name][known[name]].sum()
                )
                for name in sizes
            }
        ),
        without=MappingProxyType(
            {
                name: tuple(str(area) for area in totals.index.difference(known[name], sort=False))
                for name in sizes
            }
        ),
        per=MappingProxyType(scales),
        span=span_of(table, months),
        n=len(totals),
        total=int(totals.sum()),
        dispersion=swings,
    )


def limits(counts: pd.Series, phi: np.ndarray) -> pd.DataFrame:
    """Limits of the expectation behind each count: ``low95``, ``high95``, ``low998``, ``high998``.

    As `poisson_limits.interval`, for all areas at once.
    """
    worth = counts.to_numpy("float64") / phi
    found = {}
    for name, level in (("95", WARNING), ("998", ACTION)):
        many = poisson_limits.byar(worth, level)
        few = poisson_limits.exact(worth, level)
        enough = worth >= poisson_limits.BYAR_FROM
        found[f"low{name}"] = np.where(enough, many[0], few[0]) * phi
        found[f"high{name}"] = np.where(enough, many[1], few[1]) * phi
    return pd.DataFrame(found, index=counts.index)


def _denominators(denominators: pd.DataFrame | None, areas: pd.Index) -> dict[str, pd.Series]:
    if denominators is None:
        return {}
    if not denominators.index.is_unique:
        raise ModelError("an area twice in the denominators")
    sizes = {}
    for name in denominators.columns:
        size = pd.to_numeric(denominators[name], errors="coerce").astype("float64").reindex(areas)
        if (size < 0).any() or np.isinf(size).any() or not (size > 0).any():
            raise ModelError(
                "a denominator that gives no rates",
                where=f"column {name}",
                found=f"{int((size > 0).sum())} of {len(areas)} areas have one above zero",
                expected="numbers above zero, missing where not known",
                hint="check that counts and denominators use the same vintage of areas",
            )
        sizes[str(name)] = size
    return sizes


def _rates(frame: pd.DataFrame, size: pd.Series, per: float) -> pd.DataFrame:
    held = size[size > 0]
    rows = frame.loc[held.index]
    scale = per / held
    made = pd.DataFrame({"denominator": held, "rate": rows["count"] * scale})
    for name in ("low95", "high95", "low998", "high998"):
        made[name] = rows[name] * scale
    overall = per * rows["count"].sum() / held.sum()
    # The overall rate lies below an area's interval where the area lies above it.
    made["position"] = np.select(
        [
            made["low998"] > overall,
            made["low95"] > overall,
            made["high998"] < overall,
            made["high95"] < overall,
        ],
        [Position.FAR_HIGHER, Position.HIGHER, Position.FAR_LOWER, Position.LOWER],
        Position.SIMILAR,
    )
    return made
