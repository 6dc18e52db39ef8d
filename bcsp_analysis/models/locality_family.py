"""The last twelve months of every locality against the twelve before, judged as one family."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import change, dispersion, intervals, monthly, multiplicity
from bcsp_analysis.models.change import ChangeResult, Verdict
from bcsp_analysis.models.dispersion import Dispersion
from bcsp_analysis.models.locality_months import YEAR, ShownMonths, as_shown
from bcsp_analysis.models.locality_swings import swings
from bcsp_analysis.periods import Month, Span

POWER = 0.8
CITATION = (
    f"{multiplicity.CITATION}; {intervals.CITATION}; {dispersion.CITATION}; share: Wilson (1927),"
    " Journal of the American Statistical Association 22, 209-212"
)


@dataclass(frozen=True)
class Compared:
    """The two years that are compared.

    Attributes
    ----------
    before, after : Span
        Twelve months each.
    months_before, months_after : DatetimeIndex
        Months counted: those of `after` that are not known to be faulty and whose month a year
        before is not either, and these; the same calendar months in both.
    """

    before: Span
    after: Span
    months_before: pd.DatetimeIndex
    months_after: pd.DatetimeIndex

    @property
    def period(self) -> Span:
        """From the first month of the one year to the last of the other."""
        return Span(self.before.first, self.after.last)

    @property
    def left_out(self) -> tuple[Month, ...]:
        """Months of the later year that are not counted, because they or their twins are faulty."""
        counted = {monthly.month_of(stamp) for stamp in self.months_after}
        return tuple(month for month in self.after if month not in counted)


@dataclass(frozen=True)
class ShareResult:
    """A locality's share of all incidents, and whether it moved.

    Attributes
    ----------
    share, low, high : float
        Share in the later year, 0 to 1, with its interval.
    before : float
        Share in the earlier year.
    change : ChangeResult
        The locality against all others: its ratio is that of the later year's incidents to the
        earlier year's, over the same ratio of all other localities. `before_days` and `after_days`
        hold the incidents of all other localities, in which the locality's are counted, and the
        dispersion holds their chance as well.
    """

    share: float
    low: float
    high: float
    before: float
    change: ChangeResult


@dataclass(frozen=True)
class Family:
    """All localities judged together.

    Attributes
    ----------
    shown : ShownMonths
    compared : Compared
    changes : dict of area to ChangeResult
        The later year against the earlier one, Holm's correction over all localities.
    shares : dict of area to ShareResult
        Likewise, a family of their own.
    dispersions : dict of area to Dispersion
    recording_changed : bool
        A recording change between the two years touches all localities.
    n : int
        Localities.
    method, citation : str
    """

    shown: ShownMonths
    compared: Compared
    changes: dict[str, ChangeResult]
    shares: dict[str, ShareResult]
    dispersions: dict[str, Dispersion]
    recording_changed: bool
    n: int
    method: str = (
        "ratio of two years' rates per day, quasi-Poisson, overdispersion from the locality's own"
        " monthly history; share: conditional on the city's total, against all other localities;"
        " Holm's correction over all localities"
    )
    citation: str = CITATION


def families(
    counts: pd.DataFrame,
    *,
    breaks: Collection[Month] = (),
    confirmed: Collection[Month] | None = None,
    faulty: Collection[Month] = (),
    level: float = 0.95,
    alpha: float = 0.05,
    materiality_pct: float,
    small_count: float,
    suppress_below: int,
    groupings: Sequence[pd.Series] = (),
) -> Family:
    """Judge the change and the share of all localities.

    Parameters
    ----------
    counts : DataFrame
        Index ``area``: all localities of one kind, together the whole; one column a month, at
        least 24 of them and complete.
    breaks : collection of Month
        Recording changes; each enters the history as a step.
    confirmed : collection of Month, optional
        Those of them that make two years incomparable; all of them where left out.
    faulty : collection of Month
        Months known to be wrong: not compared, nor their twins a year apart.
    level, alpha, materiality_pct, small_count
        As in `change.compare` and `change.family`.
    suppress_below, groupings
        As in `locality_months.as_shown`.

    Raises
    ------
    ModelError
        Unusable counts, or no month left to compare.
    """
    shown = as_shown(counts, suppress_below, groupings=groupings)
    years = compared(pd.DatetimeIndex(shown.low.columns), faulty)
    found = swings(shown.estimate, len(years.months_after), breaks=breaks, faulty=faulty)
    changed = _between(breaks if confirmed is None else confirmed, years.period)
    raw = _changes(shown, years, found, level)
    windows = (years.months_before, years.months_after)
    whole = tuple(float(shown.whole.loc[months].sum()) for months in windows)
    judge = partial(
        change.family, alpha=alpha, materiality_pct=materiality_pct, small_count=small_count
    )
    relative = judge({area: _relative(own, whole) for area, own in raw.items()})
    return Family(
        shown=shown,
        compared=years,
        changes=judge(raw, recording=set(raw) if changed else ()),
        shares={area: _share(own, relative[area], whole, level) for area, own in raw.items()},
        dispersions=found,
        recording_changed=changed,
        n=len(raw),
    )


def compared(index: pd.DatetimeIndex, faulty: Collection[Month]) -> Compared:
    """The last twelve months up to the latest that is not faulty, and the twelve before."""
    wrong = set(faulty)
    sound = [stamp for stamp in index if monthly.month_of(stamp) not in wrong]
    if not sound or len(index[index <= sound[-1]]) < 2 * YEAR:
        raise ModelError(
            "two years cannot be compared",
            found=f"{len(sound)} months that are not known to be wrong",
            expected=f"{2 * YEAR} months up to the latest of them",
            hint="load earlier months of the same source",
        )
    last = monthly.month_of(sound[-1])
    after = Span(last + -(YEAR - 1), last)
    kept = [m for m in after if m not in wrong and m + -YEAR not in wrong]
    if not kept:
        raise ModelError("two years cannot be compared", found="every month known to be wrong")
    return Compared(
        before=after.year_before,
        after=after,
        months_before=pd.DatetimeIndex([(m + -YEAR).start for m in kept]),
        months_after=pd.DatetimeIndex([m.start for m in kept]),
    )


def smallest_seen(result: ChangeResult) -> tuple[float, float] | None:
    """The fall and the rise, per cent, that would have been called clear with a chance of 80%.

    From the earlier count, at the threshold that Holm's method asks of the first of the family;
    None where that count is zero.
    """
    if result.before <= 0:
        return None
    df = result.dispersion_df
    reach = intervals.quantile(1 - result.alpha / (2 * result.family_size), df)
    reach += intervals.quantile(POWER, df)
    size = reach * math.sqrt(result.dispersion * 2 / result.before)
    least = result.materiality_pct
    return min(100 * math.expm1(-size), -least), max(100 * math.expm1(size), least)


def _between(changes: Collection[Month], period: Span) -> bool:
    """Whether one of these months makes the months of a period differ in what they count."""
    return any(period.first < month <= period.last for month in changes)


def _changes(
    shown: ShownMonths, years: Compared, dispersions: dict[str, Dispersion], level: float
) -> dict[str, ChangeResult]:
    """Each locality's change; what its bands leave open widens the interval."""
    windows = (years.months_before, years.months_after)
    days = [float(monthly.days_in(months).sum()) for months in windows]
    totals = [shown.estimate[months].sum(axis=1).to_dict() for months in windows]
    unknown = [shown.variance[months].sum(axis=1).to_dict() for months in windows]
    found = {}
    for area in shown.estimate.index:
        before, after = (float(total[area]) for total in totals)
        wider = dispersions[str(area)]
        if before > 0 and after > 0:
            open_still = unknown[0][area] / before**2 + unknown[1][area] / after**2
            extra = open_still / (1 / before + 1 / after)
            wider = replace(wider, value=wider.value + extra)
        found[str(area)] = change.compare(
            before, after, days[0], days[1], dispersion=wider, level=level, period=years.period
        )
    return found


def _relative(own: ChangeResult, whole: tuple[float, ...]) -> ChangeResult:
    """The locality against all others: incidents counted in those of the others.

    Their chance is let in through the dispersion, which makes the interval that of a ratio of two
    ratios (`ratios.ratio_of_ratios`), and keeps the exact one for counts of zero.
    """
    before, after = max(whole[0] - own.before, 1.0), max(whole[1] - own.after, 1.0)
    phi = own.dispersion
    if own.before > 0 and own.after > 0:
        phi *= 1 + (1 / before + 1 / after) / (1 / own.before + 1 / own.after)
    return change.compare(
        own.before,
        own.after,
        before,
        after,
        dispersion=_as_dispersion(own, phi),
        level=own.level,
        period=own.period,
    )


def _as_dispersion(result: ChangeResult, value: float) -> Dispersion:
    """A dispersion with the degrees of freedom and the source of a result's."""
    return Dispersion(
        value=value,
        df=result.dispersion_df,
        months=YEAR,
        total=result.n / 2,
        monthly=value,
        autocorrelation=math.nan,
        name="",
        n=0,
        period=result.period,
        excluded=(),
        source=result.dispersion_source,
        method="carried over to a locality against all others",
    )


def _share(
    own: ChangeResult, relative: ChangeResult, whole: tuple[float, ...], level: float
) -> ShareResult:
    """Wilson's interval; incidents are worth one over the dispersion of independent ones."""
    from statsmodels.stats.proportion import proportion_confint

    before, after = (max(total, 1.0) for total in whole)
    low, high = proportion_confint(
        min(own.after, after) / own.dispersion,
        after / own.dispersion,
        alpha=1 - level,
        method="wilson",
    )
    return ShareResult(
        share=min(own.after / after, 1.0),
        low=float(np.clip(low, 0, 1)),
        high=float(np.clip(high, 0, 1)),
        before=min(own.before / before, 1.0),
        change=relative,
    )


def check_judged(counts: pd.DataFrame, found: Family) -> None:
    """Refuse a family that was judged on other counts (ModelError)."""
    areas = found.shown.low.index
    same = set(areas) == set(counts.index) and found.shown.low.columns.equals(counts.columns)
    if not same or not (counts.sum() == found.shown.whole).all():
        raise ModelError(
            "localities that were judged on other counts",
            found=f"{len(areas)} localities, {found.shown.low.shape[1]} months",
            expected=f"{len(counts)} localities, {counts.shape[1]} months, the same totals",
        )


def clear(result: ChangeResult) -> bool:
    """Whether a verdict names a direction."""
    return result.verdict in (Verdict.INCREASE, Verdict.DECREASE)
