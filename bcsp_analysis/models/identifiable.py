"""Is the season identifiable: X-11's stable and moving seasonality tests, M7, the combined test.

They stand beside the verdict of `season_tests`, which alone decides; both are on incidents per day.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from bcsp_analysis.models import monthly, season_tests, x11
from bcsp_analysis.models.season_tests import SeasonTest
from bcsp_analysis.periods import Span

PERIOD = 12
STABLE_ALPHA = 0.001
RANK_ALPHA = 0.001
MOVING_ALPHA = 0.05
FEWEST_YEARS = 3
CITATION = (
    "Lothian and Morry (1978), A Test for the Presence of Identifiable Seasonality When Using the"
    " X-11-ARIMA Program, Statistics Canada; Ladiray and Quenneville (2001), Seasonal Adjustment"
    " with the X-11 Method, chapter 5; thresholds as in X-13ARIMA-SEATS"
)


class Identifiable(StrEnum):
    """Outcome of the combined test."""

    PRESENT = "identifiable season present"
    PROBABLY_NOT = "identifiable season probably not present"
    NOT_PRESENT = "identifiable season not present"


@dataclass(frozen=True)
class IdentifiableSeason:
    """X-11's tests on the final seasonal-irregular ratios (table D8).

    stable : SeasonTest
        F of twelve months against what is left (one-way analysis of variance).
    moving : SeasonTest
        F of the years, on the absolute distance of the ratios from 1 (two-way analysis of
        variance, months and years); large where the season changes its size.
    ranks : SeasonTest
        Kruskal-Wallis.
    m7 : float
        sqrt((7 / F_stable + 3 F_moving / F_stable) / 2); below 1 the season stands out.
    verdict : Identifiable
    n, years : int
        Months, and complete years (from the first month) of the moving test.
    period : Span
    rule : str
        How the verdict follows from the tests, in one sentence.
    """

    stable: SeasonTest
    moving: SeasonTest
    ranks: SeasonTest
    m7: float
    verdict: Identifiable
    n: int
    years: int
    period: Span
    rule: str
    method: str = "X-11, multiplicative; tests on the final seasonal-irregular ratios (D8)"
    citation: str = CITATION


def assess(values: pd.Series, *, ahead: Sequence[float] = ()) -> IdentifiableSeason | None:
    """Run the tests; None below 36 months.

    Parameters
    ----------
    values : Series
        Above zero, complete "MS" DatetimeIndex, free of month length and steps.
    ahead : sequence of float
        Forecasts to extend the series by.

    Raises
    ------
    ModelError
        A value that is not above zero.
    """
    if len(values) < x11.SHORTEST_SERIES:
        return None
    ratios = x11.final_ratios(values, ahead=ahead)
    # A series without a trace of noise leaves nothing to hold the months against.
    if np.ptp(ratios.to_numpy()) < 1e-9:
        return None
    stable, ranks = stable_f(ratios), ranks_as_x11(ratios)
    moving = moving_f(ratios)
    return IdentifiableSeason(
        stable=stable,
        moving=moving,
        ranks=ranks,
        m7=m7(stable.statistic, moving.statistic),
        verdict=combined(stable, moving, ranks),
        n=len(ratios),
        years=moving.n // PERIOD,
        period=monthly.period_of(ratios.index),
        rule=(
            "not present where the stable F has p of .001 or more, or the moving F has p of .05 or"
            " less and (T1 + T2) / 2 is 1 or more, with T1 = 7 / F_stable and T2 = 3 F_moving /"
            " F_stable; probably not present where T1 or T2 is 1 or more, or Kruskal-Wallis has p"
            " above .001; else present"
        ),
    )


def stable_f(ratios: pd.Series) -> SeasonTest:
    """F of the twelve calendar months, one-way analysis of variance."""
    from scipy import stats

    distribution = f"F({PERIOD - 1}, {len(ratios) - PERIOD})"
    return _of_months("stable F (D8)", stats.f_oneway, distribution, ratios)


def ranks_as_x11(ratios: pd.Series) -> SeasonTest:
    """Kruskal-Wallis test of the twelve calendar months with the chi-squared p-value of X-11."""
    from scipy import stats

    return _of_months("Kruskal-Wallis", stats.kruskal, f"chi-squared({PERIOD - 1})", ratios)


def _of_months(
    name: str, test: Callable[..., tuple[float, float]], distribution: str, ratios: pd.Series
) -> SeasonTest:
    statistic, p_value = test(*_by_month(ratios))
    return SeasonTest(name, float(statistic), distribution, float(p_value), len(ratios))


def _by_month(ratios: pd.Series) -> list[np.ndarray]:
    calendar = np.asarray(pd.DatetimeIndex(ratios.index).month)
    return [ratios[calendar == month].to_numpy() for month in range(1, PERIOD + 1)]


def moving_f(ratios: pd.Series) -> SeasonTest:
    """F of the years on the absolute distance of the ratios from 1, two-way analysis of variance.

    Years of twelve months from the first month on, so that three years of data are three years
    whatever month they begin in; X-13 takes calendar years, the same where a series begins in
    January.
    """
    from scipy import stats

    table = (season_tests.complete_years(ratios) - 1).abs().to_numpy()
    years = len(table)
    mean = table.mean()
    by_year, by_month = table.mean(axis=1) - mean, table.mean(axis=0) - mean
    left = table - mean - by_year[:, None] - by_month[None, :]
    within, between = (PERIOD - 1) * (years - 1), years - 1
    spread = float((left**2).sum()) / within
    movement = float(PERIOD * (by_year**2).sum()) / between
    statistic = movement / spread if spread > 0 else 0.0
    return SeasonTest(
        name="moving F (D8)",
        statistic=statistic,
        distribution=f"F({between}, {within})",
        p_value=float(stats.f.sf(statistic, between, within)),
        n=table.size,
    )


def m7(stable: float, moving: float) -> float:
    """M7: sqrt((7 / F_stable + 3 F_moving / F_stable) / 2).

    Each ratio counts 9 at most, as in X-13's quality report, so that M7 ends at 3.
    """
    if stable <= 0:
        return 3.0
    return math.sqrt((min(7 / stable, 9.0) + min(3 * moving / stable, 9.0)) / 2)


def combined(stable: SeasonTest, moving: SeasonTest, ranks: SeasonTest) -> Identifiable:
    """Combined test of Lothian and Morry."""
    if not stable.p_value < STABLE_ALPHA:
        return Identifiable.NOT_PRESENT
    first, second = 7 / stable.statistic, 3 * moving.statistic / stable.statistic
    if moving.p_value <= MOVING_ALPHA and (first + second) / 2 >= 1:
        return Identifiable.NOT_PRESENT
    if first >= 1 or second >= 1 or ranks.p_value > RANK_ALPHA:
        return Identifiable.PROBABLY_NOT
    return Identifiable.PRESENT
