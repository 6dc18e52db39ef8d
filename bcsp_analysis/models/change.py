"""Change between two counts: how large, how sure, and what the words may say.

Change is a ratio of rates per day, after over before, with three intervals. Two take incidents as
independent of each other: the exact conditional one and the score one. The published one is
widened by the overdispersion of the measure's own monthly history, because incidents cluster and
totals vary from quarter to quarter by far more than chance alone. All measures of an edition are
judged as one family.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import intervals, multiplicity
from bcsp_analysis.models.dispersion import Dispersion, fallback_dispersion, overdispersion
from bcsp_analysis.models.ratios import RatioOfRatios, ratio_of_ratios
from bcsp_analysis.periods import Span

__all__ = [
    "ChangeResult",
    "Dispersion",
    "RatioOfRatios",
    "Verdict",
    "compare",
    "fallback_dispersion",
    "family",
    "holm_threshold",
    "overdispersion",
    "ratio_of_ratios",
]


class Verdict(StrEnum):
    """What may be said of a change."""

    INCREASE = "clear increase"
    DECREASE = "clear decrease"
    NO_CLEAR_CHANGE = "no clear change"
    TOO_FEW = "too few to say"
    RECORDING_CHANGED = "recording changed"


@dataclass(frozen=True)
class ChangeResult:
    """One comparison of two counts.

    Attributes
    ----------
    before, after : float
        Counts of incidents.
    before_days, after_days : float
        Days in which they were counted.
    rate_ratio : float or None
        Rate per day after, over rate per day before; infinite where only `before` is zero, None
        where both are.
    low, high : float
        Its interval at `level`, widened by `dispersion`.
    exact_low, exact_high, score_low, score_high : float
        Intervals for independent incidents: exact conditional, and score.
    pct_change, pct_low, pct_high : float or None
        Per cent change of the counts on the prior-period base, with the interval `low`..`high`
        carried over to it; None where `before` is zero.
    p_value : float
        Two-sided, for no change per day, with `dispersion`.
    p_exact : float
        Two-sided, exact, for independent incidents.
    p_adjusted, p_fdr : float or None
        After Holm's and Benjamini and Hochberg's correction for the family; None before it.
    dispersion, dispersion_df : float
    dispersion_source : str
    verdict : Verdict
    verdict_if_recorded_alike : Verdict
        What the verdict would be if no recording change lay between the two periods.
    flip_dispersion : float or None
        The level of overdispersion at which `verdict_if_recorded_alike` turns into another, all
        else held, the degrees of freedom behind its estimate too; None where no level from 1 up
        does.
    flip_if_known : float or None
        The same if the level were known, not estimated: with the normal in place of Student's t.
    level : float
    alpha, materiality_pct, small_count : float
        The settings that decided the verdict; materiality is judged per day.
    family_size : int
        Comparisons judged together.
    period : Span or None
        From the first to the last month counted; None where no dates were given.
    method, citation : str
    """

    before: float
    after: float
    before_days: float
    after_days: float
    rate_ratio: float | None
    low: float
    high: float
    exact_low: float
    exact_high: float
    score_low: float
    score_high: float
    pct_change: float | None
    pct_low: float | None
    pct_high: float | None
    p_value: float
    p_exact: float
    p_adjusted: float | None
    p_fdr: float | None
    dispersion: float
    dispersion_df: float
    dispersion_source: str
    verdict: Verdict
    verdict_if_recorded_alike: Verdict
    flip_dispersion: float | None
    level: float
    alpha: float
    materiality_pct: float
    small_count: float
    family_size: int
    method: str
    period: Span | None = None
    citation: str = intervals.CITATION
    flip_if_known: float | None = None

    @property
    def n(self) -> float:
        """Incidents of both counts."""
        return self.before + self.after

    @property
    def per_day_pct(self) -> float | None:
        """Per cent change of the rate per day; None where `before` is zero."""
        if self.rate_ratio is None or math.isinf(self.rate_ratio):
            return None
        return 100 * (self.rate_ratio - 1)


def compare(
    before: float,
    after: float,
    before_days: float,
    after_days: float,
    *,
    dispersion: float | Dispersion = 1.0,
    dispersion_source: str = "",
    level: float = 0.95,
    materiality_pct: float = 0.0,
    small_count: float = 0.0,
    period: Span | None = None,
) -> ChangeResult:
    """Compare two counts per day.

    The published interval is exp(ln RR ± t sqrt(phi (1/a + 1/b))), t from the degrees of freedom
    of the dispersion (normal where it is given as a number). Where a count is zero, the exact
    conditional interval of both counts divided by the dispersion takes its place: it exists for
    every pair of counts and is the exact one for a dispersion of 1.

    Parameters
    ----------
    before, after : float
        Counts, zero or more.
    before_days, after_days : float
        Days in which they were counted, above zero.
    dispersion : float or Dispersion
        1 or more; from `overdispersion`, `fallback_dispersion` or given.
    dispersion_source : str
        A sentence on where a number given as `dispersion` comes from.
    level : float
        Confidence level; the verdict of the single comparison uses alpha = 1 - level.
    materiality_pct, small_count : float
        As in `family`.
    period : Span, optional
        From the first to the last month counted.

    Raises
    ------
    ModelError
        A count below zero or no number, days of zero, a dispersion below 1, a level outside 0..1.
    """
    intervals.check_counts((before, after), (before_days, after_days), level)
    phi, df, source = intervals.dispersion_of(dispersion, dispersion_source)
    days_ratio = after_days / before_days
    low, high, method = intervals.widened(before, after, days_ratio, phi, df, level)
    exact = intervals.exact(before, after, days_ratio, level)
    score = intervals.score(before, after, days_ratio, level)
    pct = 100 * (after - before) / before if before else None
    p_value = intervals.p_value(before, after, days_ratio, phi, df)
    result = ChangeResult(
        before=float(before),
        after=float(after),
        before_days=float(before_days),
        after_days=float(after_days),
        rate_ratio=intervals.ratio(before, after, days_ratio),
        low=low,
        high=high,
        exact_low=exact[0],
        exact_high=exact[1],
        score_low=score[0],
        score_high=score[1],
        pct_change=pct,
        pct_low=100 * (low * days_ratio - 1) if before else None,
        pct_high=100 * (high * days_ratio - 1) if before else None,
        p_value=p_value,
        p_exact=intervals.exact_p(before, after, days_ratio),
        p_adjusted=None,
        p_fdr=None,
        dispersion=phi,
        dispersion_df=df,
        dispersion_source=source,
        verdict=Verdict.NO_CLEAR_CHANGE,
        verdict_if_recorded_alike=Verdict.NO_CLEAR_CHANGE,
        flip_dispersion=None,
        level=level,
        alpha=1 - level,
        materiality_pct=materiality_pct,
        small_count=small_count,
        family_size=1,
        method=method,
        period=period,
    )
    return _judge(result, p=p_value, threshold=result.alpha, recording=False)


def family(
    results: Mapping[str, ChangeResult],
    *,
    alpha: float = 0.05,
    materiality_pct: float,
    small_count: float,
    recording: Collection[str] = (),
) -> dict[str, ChangeResult]:
    """Judge all comparisons of an edition together.

    An increase or decrease is clear where Holm's adjusted p-value is below `alpha` and the rate
    per day moved by at least `materiality_pct` per cent. Counts are too few to say where *both*
    are below `small_count`: a fall from many to a handful is information, a fall from eight to
    three is not. A confirmed recording change between the two periods comes before both, but not
    before "too few". Every comparison counts in the family, also those that another rule decides,
    so that the correction does not depend on how the data fell.

    Parameters
    ----------
    results : mapping of measure id to ChangeResult
    alpha : float
        Chance of one or more false "clear" in the whole family.
    materiality_pct : float
        Smallest change worth the word, per cent per day.
    small_count : float
    recording : collection of measure id
        Measures that a confirmed recording change affects between the two periods.

    Raises
    ------
    ModelError
        `recording` names a measure that is not in `results`, or `alpha` is not within 0..1.
    """
    strangers = sorted(set(recording) - set(results))
    if strangers or not 0 < alpha < 1:
        raise ModelError(
            "the family of comparisons cannot be judged",
            found=f"recording changes for {strangers}" if strangers else f"alpha = {alpha}",
            expected="ids of compared measures" if strangers else "a chance between 0 and 1",
        )
    if not results:
        return {}
    p_values = [result.p_value for result in results.values()]
    holm = multiplicity.holm(p_values)
    fdr = multiplicity.benjamini_hochberg(p_values)
    judged = {}
    for place, (name, result) in enumerate(results.items()):
        others = p_values[:place] + p_values[place + 1 :]
        settled = replace(
            result,
            p_adjusted=float(holm[place]),
            p_fdr=float(fdr[place]),
            alpha=alpha,
            materiality_pct=materiality_pct,
            small_count=small_count,
            family_size=len(results),
            citation=f"{intervals.CITATION}; {multiplicity.CITATION}",
        )
        judged[name] = _judge(
            settled,
            p=float(holm[place]),
            threshold=holm_threshold(others, alpha),
            recording=name in recording,
        )
    return judged


def holm_threshold(others: Iterable[float], alpha: float) -> float:
    """Largest p-value at which one more test is rejected by Holm's method, the others held.

    The step-down walks through the others until one fails at alpha / (m - passed), m counting the
    further test as well; that is the threshold which the further test has to meet.
    """
    ordered = sorted(others)
    size = len(ordered) + 1
    passed = 0
    while passed < len(ordered) and ordered[passed] <= alpha / (size - passed):
        passed += 1
    return alpha / (size - passed)


def _flip(result: ChangeResult, threshold: float, df: float) -> float | None:
    """The dispersion, with `df` degrees of freedom, at which the p-value meets `threshold`."""
    days_ratio = result.after_days / result.before_days
    if result.before > 0 and result.after > 0:
        reach = intervals.quantile(1 - threshold / 2, df)
        change = math.log(result.after / result.before / days_ratio)
        return intervals.at_least_one(
            (change / reach) ** 2 / (1 / result.before + 1 / result.after)
        )
    # One count is zero: p = 2 share^(count / phi).
    share = (days_ratio if result.after else 1.0) / (1 + days_ratio)
    return intervals.at_least_one(
        (result.before + result.after) * math.log(share) / math.log(threshold / 2)
    )


def _judge(result: ChangeResult, *, p: float, threshold: float, recording: bool) -> ChangeResult:
    few = max(result.before, result.after) < result.small_count
    ratio = result.rate_ratio
    material = ratio is not None and (
        math.isinf(ratio) or abs(100 * (ratio - 1)) >= result.materiality_pct
    )
    if few or ratio is None:
        alike, flip, known = Verdict.TOO_FEW, None, None
    elif not material:
        alike, flip, known = Verdict.NO_CLEAR_CHANGE, None, None
    else:
        flip = _flip(result, threshold, result.dispersion_df)
        known = _flip(result, threshold, math.inf)
        clear = p < result.alpha
        direction = Verdict.INCREASE if ratio > 1 else Verdict.DECREASE
        alike = direction if clear else Verdict.NO_CLEAR_CHANGE
    final = Verdict.RECORDING_CHANGED if recording and alike is not Verdict.TOO_FEW else alike
    return replace(
        result,
        verdict=final,
        verdict_if_recorded_alike=alike,
        flip_dispersion=flip,
        flip_if_known=known,
    )
