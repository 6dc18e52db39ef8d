"""Other areas: whether what changed here changed elsewhere too.

Each area's change is a ratio of rates per day, months against the same months a year before. The
other areas' changes are pooled with a spread between areas of their own, and the area's change is
held against where one more area like them was to be expected. The others spread by more than
chance, and only a change outside that spread is called another one. A recording change that touches
all areas alike cancels; areas that one touches alone are compared with nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import area_comparison, area_movement, funnel, monthly, random_effects
from bcsp_analysis.models.area_comparison import (
    FEWEST_OTHERS,
    YEAR,
    Comparison,
    Elsewhere,
    LeftOut,
    Setting,
)
from bcsp_analysis.models.area_movement import Movement
from bcsp_analysis.models.funnel import FunnelResult, Overdispersion
from bcsp_analysis.periods import Month, Quarter, Span

__all__ = ["FEWEST_OTHERS", "Comparison", "Elsewhere", "LeftOut", "OtherAreas", "compare"]

QUESTION = "a comparison with other areas"
CITATION = (
    f"{random_effects.CITATION}; prediction interval: Higgins, Thompson and Spiegelhalter (2009),"
    " Journal of the Royal Statistical Society A 172, 137-159"
)


@dataclass(frozen=True)
class OtherAreas:
    """An area beside others.

    Attributes
    ----------
    name : str
        Series.
    own : str
        The area.
    areas : tuple of str
        All of them, the area first, then by name.
    forces : dict of area to str
        Police force of each area, where given.
    year : Comparison
        The last twelve months against the twelve before.
    asked : Quarter or None
        The quarter asked for.
    quarter : Comparison or None
        It against the same quarter a year before; None where it was not asked for, or less than
        half of its months can be compared.
    movement : Movement or None
        How alike the areas move from month to month; None without two years in common with any.
    rates : FunnelResult or None
        Incidents of the last twelve months per 1,000 residents; None where the residents are not
        given for every area compared, or there are too few areas.
    residents_given : bool
    breaks : dict of area to tuple of Month
        Recording changes, as given.
    n : int
        Areas.
    span : Span
        Months of the area's own series.
    level, alpha, materiality_pct, small_count : float
    method, citation : str
    """

    name: str
    own: str
    areas: tuple[str, ...]
    forces: dict[str, str]
    year: Comparison
    asked: Quarter | None
    quarter: Comparison | None
    movement: Movement | None
    rates: FunnelResult | None
    residents_given: bool
    breaks: dict[str, tuple[Month, ...]]
    n: int
    span: Span
    level: float
    alpha: float
    materiality_pct: float
    small_count: float
    method: str = (
        "ratios of rates per day, each area with its own overdispersion; the others pooled with"
        " random effects, the between-area variance averaged over its restricted likelihood; the"
        " area held against the predictive distribution of one more area"
    )
    citation: str = CITATION

    @property
    def period(self) -> Span:
        """Months of the area's own series."""
        return self.span


def compare(
    series: Mapping[str, pd.Series],
    own: str,
    *,
    breaks: Mapping[str, tuple[Month, ...]],
    residents: Mapping[str, float] | None = None,
    quarter: Quarter | None = None,
    faulty: Mapping[str, tuple[Month, ...]] | None = None,
    forces: Mapping[str, str] | None = None,
    recording_changed: bool | None = None,
    level: float = 0.95,
    alpha: float = 0.05,
    materiality_pct: float = 0.0,
    small_count: float = 10.0,
) -> OtherAreas:
    """Compare the change of one area with those of others.

    Parameters
    ----------
    series : mapping of area to Series
        Incidents a month, float64 on a complete "MS" DatetimeIndex; lengths may differ.
    own : str
        The area that is compared with the others.
    breaks : mapping of area to tuple of Month
        Recording changes that touch each area; an area that is not named has none known.
    residents : mapping of area to float, optional
        For rates, which are worked out only where every area has them.
    quarter : Quarter, optional
        Compared with the same quarter a year before, beside the last twelve months.
    faulty : mapping of area to tuple of Month, optional
        Months with a known fault; they and their counterpart a year apart are not compared.
    forces : mapping of area to str, optional
        Carried through to the result.
    recording_changed : bool, optional
        Whether a confirmed recording change lies between the two years of the areas, for the
        verdict of each area's own change; without it any of `breaks` counts as one.
    alpha : float
        Chance of one or more false "more" or "less" in both comparisons together.
    materiality_pct : float
        Smallest difference to the others, in per cent, worth the word.
    small_count : float
        An area with a smaller count in either period is not compared and shows no figure; at
        least the edition's disclosure threshold.

    Raises
    ------
    ModelError
        `own` is not in `series`; a series that is none; less than two years of the area's own; no
        area with a history from which its swings can be learned; settings out of range.
    """
    _check(series, own, level, alpha)
    ordered = {own: series[own]} | {name: series[name] for name in sorted(series) if name != own}
    known = {name: tuple(breaks.get(name, ())) for name in ordered}
    faults = {name: tuple((faulty or {}).get(name, ())) for name in ordered}
    span = monthly.period_of(ordered[own].index)
    latest = Span(span.last + (1 - YEAR), span.last)
    asked = [latest, *([quarter.span] if quarter else [])]
    setting = Setting(
        series=ordered,
        own=own,
        breaks=known,
        faulty=faults,
        dispersions=area_comparison.dispersions(
            ordered, known, faults, sorted({len(p) for p in asked})
        ),
        level=level,
        alpha=alpha,
        materiality_pct=materiality_pct,
        small_count=small_count,
        chance=alpha / len(asked),
        recording_changed=recording_changed,
        held={name: area_comparison.held_months(ordered[name], faults[name]) for name in ordered},
    )
    year = area_comparison.compared(setting, latest)
    if year is None:
        raise ModelError(
            f"{QUESTION} needs two years of the area itself",
            where=own,
            found=f"{span.label}, faulty: {', '.join(map(str, faults[own])) or 'none'}",
            expected="half of the last twelve months, each with the same month a year before",
            hint="load earlier months of the same source",
        )
    rates = _rates(setting, year, residents)
    return OtherAreas(
        name=str(series[own].name or "the series"),
        own=own,
        areas=tuple(ordered),
        forces={name: forces[name] for name in ordered if forces and name in forces},
        year=year,
        asked=quarter,
        quarter=area_comparison.compared(setting, quarter.span) if quarter else None,
        movement=area_movement.movement(
            {n: s for n, s in ordered.items() if n in {own, *year.changes}},
            own,
            faulty=faults,
            level=level,
        ),
        rates=rates,
        residents_given=bool(residents) and set(year.changes) <= set(residents or {}),
        breaks=known,
        n=len(ordered),
        span=span,
        level=level,
        alpha=alpha,
        materiality_pct=materiality_pct,
        small_count=small_count,
    )


def _check(series: Mapping[str, pd.Series], own: str, level: float, alpha: float) -> None:
    if own not in series:
        raise ModelError(
            f"{QUESTION} without the area itself",
            found=", ".join(sorted(series)) or "no area",
            expected=own,
        )
    if not (0 < level < 1 and 0 < alpha < 1):
        raise ModelError(
            f"{QUESTION} with a setting out of range",
            found=f"level {level}, alpha {alpha}",
            expected="both between 0 and 1",
        )
    for name, counts in series.items():
        monthly.check_series(counts.rename(name), at_least=1, what_for=QUESTION)


def _rates(
    setting: Setting, year: Comparison, residents: Mapping[str, float] | None
) -> FunnelResult | None:
    """Rates of the areas that hold all months of the year compared."""
    names = [n for n in year.changes if year.common.get(n, year.months) == year.months]
    others = len(names) - 1
    if (
        not residents
        or not set(year.changes) <= set(residents)
        or setting.own not in names
        or others < funnel.FEWEST_AREAS
    ):
        return None
    spread = others >= funnel.FEWEST_FOR_OVERDISPERSION
    return funnel.funnel(
        pd.DataFrame(
            {
                "area": names,
                "count": [year.changes[name].after for name in names],
                "denominator": [residents[name] for name in names],
            }
        ),
        overdispersion=Overdispersion.ADDITIVE if spread else Overdispersion.NONE,
        dispersion=year.changes[setting.own].dispersion,
        apart=setting.own,
        period=year.period,
    )
