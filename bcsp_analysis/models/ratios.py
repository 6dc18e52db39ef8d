"""Ratio of ratios: whether one change is larger than another."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bcsp_analysis.models import intervals
from bcsp_analysis.models.dispersion import Dispersion
from bcsp_analysis.periods import Span


@dataclass(frozen=True)
class RatioOfRatios:
    """Whether the second change differs from the first.

    Attributes
    ----------
    counts : tuple of four float
        First before, first after, second before, second after.
    days : tuple of four float
    first, second : float or None
        The two ratios of rates per day.
    ratio : float or None
        Second over first; None where a count is zero.
    low, high : float
        Its interval at `level`, widened by `dispersion`.
    period : Span or None
        From the first to the last month counted; None where no dates were given.
    p_value : float
        Two-sided, for both changes being the same.
    flip_dispersion : float or None
        The level of overdispersion, estimated with as many degrees of freedom, at which the
        interval just reaches 1; None below 1.
    flip_if_known : float or None
        The same if the level were known, not estimated.
    """

    counts: tuple[float, float, float, float]
    days: tuple[float, float, float, float]
    first: float | None
    second: float | None
    ratio: float | None
    low: float
    high: float
    p_value: float
    dispersion: float
    dispersion_df: float
    dispersion_source: str
    flip_dispersion: float | None
    level: float
    method: str
    period: Span | None = None
    citation: str = intervals.CITATION
    flip_if_known: float | None = None

    @property
    def n(self) -> float:
        """Incidents of all four counts."""
        return sum(self.counts)


def ratio_of_ratios(
    first_before: float,
    first_after: float,
    second_before: float,
    second_after: float,
    *,
    days: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
    dispersion: float | Dispersion = 1.0,
    dispersion_source: str = "",
    level: float = 0.95,
    period: Span | None = None,
) -> RatioOfRatios:
    """Whether one change is larger than another: did this year rise more than last year did.

    A season that is the same each year cancels. se² = phi (sum of the reciprocals of the counts).

    Parameters
    ----------
    first_before, first_after, second_before, second_after : float
        Counts; the first change and the second change.
    days : four float
        Days of each; the default suits pairs of equal length.
    period : Span, optional
        From the first to the last month counted.

    Raises
    ------
    ModelError
        As `compare`. A zero count is no error: nothing can be said, the interval is 0 to infinity.
    """
    counts = (first_before, first_after, second_before, second_after)
    intervals.check_counts(counts, days, level)
    phi, df, source = intervals.dispersion_of(dispersion, dispersion_source)
    first = intervals.ratio(first_before, first_after, days[1] / days[0])
    second = intervals.ratio(second_before, second_after, days[3] / days[2])
    ratio, low, high, p_value, flip, known = None, 0.0, math.inf, 1.0, None, None
    if min(counts) > 0 and first and second:
        ratio = second / first
        variance = sum(1 / count for count in counts)
        reach = intervals.quantile(1 - (1 - level) / 2, df)
        se = math.sqrt(phi * variance)
        low, high = ratio * math.exp(-reach * se), ratio * math.exp(reach * se)
        p_value = intervals.two_sided(math.log(ratio) / se, df)
        flip = intervals.at_least_one((math.log(ratio) / reach) ** 2 / variance)
        normal = intervals.quantile(1 - (1 - level) / 2, math.inf)
        known = intervals.at_least_one((math.log(ratio) / normal) ** 2 / variance)
    return RatioOfRatios(
        counts=tuple(float(count) for count in counts),  # type: ignore[arg-type]
        days=tuple(float(day) for day in days),  # type: ignore[arg-type]
        first=first,
        second=second,
        ratio=ratio,
        low=low,
        high=high,
        p_value=p_value,
        dispersion=phi,
        dispersion_df=df,
        dispersion_source=source,
        flip_dispersion=flip,
        flip_if_known=known,
        level=level,
        period=period,
        method="ratio of two ratios of rates per day, quasi-Poisson, log scale",
    )
