"""How large a change would have had to be for its verdict to be clear."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.models import change, intervals, quarterly
from bcsp_analysis.models.change import ChangeResult, Dispersion
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.periods import Span

_STEP = 0.01  # of the logarithm of the later count: where the search looks before it refines
_FARTHEST = 100.0  # times the earlier count
_HALVINGS = 40


@dataclass(frozen=True)
class NeededChange:
    """The smallest rise and the smallest fall that would have been called clear.

    Attributes
    ----------
    rise_pct, fall_pct : float or None
        Per cent of the earlier count, the fall below zero; None where no rise up to a hundredfold,
        or no fall at all, would have been clear.
    before : float
        The earlier count, which stays as it was.
    threshold : float
        The p-value that the measure had to meet, the other measures of its family held.
    dispersion_df : float
        Degrees of freedom behind the variation of the counts.
    n : int
        Measures judged together.
    period : Span or None
    method, citation : str
    """

    rise_pct: float | None
    fall_pct: float | None
    before: float
    threshold: float
    dispersion_df: float
    n: int
    period: Span | None
    citation: str
    method: str = (
        "the verdict's own rules put to other later counts, with the variation that they would"
        " have been held against"
    )

    @property
    def only_to_none(self) -> bool:
        """Whether no fall short of none is clear.

        That is a limit of the test and not of what could happen: its range on the scale of
        logarithms grows without bound as the later count nears none.
        """
        return self.fall_pct is not None and self.fall_pct <= -100


def needed_change(
    judged: QuarterlyAssessment, measure: Measure, comparison: str
) -> NeededChange | None:
    """The change from which on a measure would have had a clear verdict, had recording not changed.

    The earlier count, the histories and the other measures stay as they are; the later count is
    moved until the rules of `change.family` would call the change clear. A variation that depends
    on the size of the counts (`quarterly.dispersion_of`) moves with it. It is a point of turning,
    not a power of 80 per cent: of true changes of just this size about half would be found.
    That is not said of a fall that is clear only at none (`NeededChange.only_to_none`).

    Returns
    -------
    NeededChange or None
        None where the measure has no counts to compare, or its earlier count is zero.
    """
    result = judged.result(measure.id, comparison)
    if result is None or not result.before:
        return None
    others = [r.p_value for name, r in judged.results[comparison].items() if name != measure.id]
    threshold = change.holm_threshold(others, result.alpha)
    months = len(judged.table.comparisons[comparison].after_span)

    def dispersion(after: float) -> Dispersion:
        mean = (result.before + after) / 2
        return quarterly.dispersion_of(judged.dispersions, measure.history, months, mean)

    clear = _rule(result, threshold, dispersion)
    return NeededChange(
        rise_pct=_pct(result, _first(result, clear, 1)),
        fall_pct=_pct(result, _first(result, clear, -1)),
        before=result.before,
        threshold=threshold,
        dispersion_df=result.dispersion_df,
        n=result.family_size,
        period=result.period,
        citation=result.citation,
    )


def widened_without_cap(
    judged: QuarterlyAssessment, measure: Measure, comparison: str
) -> float | None:
    """How many times as wide the likely range would be were a borrowed variation not capped.

    A borrowed variation grows with the count, up to the largest of any history
    (`dispersion.fallback_dispersion`). The factor is one of widths on the scale of logarithms.

    Returns
    -------
    float or None
        Above 1; None where the measure has a history, no counts, or the cap does not decide.
    """
    result = judged.result(measure.id, comparison)
    months = len(judged.table.comparisons[comparison].after_span)
    if result is None or (measure.history, months) in judged.dispersions:
        return None
    known = [d for (_, length), d in judged.dispersions.items() if length == months]
    count = (result.before + result.after) / 2
    share = change.fallback_dispersion(known, 1.0).value - 1  # far below any cap: the growth alone
    uncapped, used = 1 + share * count, change.fallback_dispersion(known, count).value
    capped = not math.isclose(uncapped, used) and uncapped > used
    return math.sqrt(uncapped / used) if capped else None


def _rule(
    result: ChangeResult, threshold: float, dispersion: Callable[[float], Dispersion]
) -> Callable[[float], bool]:
    """Whether a later count would have been called clear."""
    days_ratio = result.after_days / result.before_days
    reaches: dict[float, float] = {}

    def clear(after: float) -> bool:
        if max(result.before, after) < result.small_count:
            return False
        variation = dispersion(after)
        phi, df = variation.value, variation.df
        if after == 0:
            return intervals.p_value(result.before, after, days_ratio, phi, df) < threshold
        if df not in reaches:
            reaches[df] = intervals.quantile(1 - threshold / 2, df)
        size = abs(math.log(after / result.before / days_ratio))
        return size > reaches[df] * math.sqrt(phi * (1 / result.before + 1 / after))

    return clear


def _first(result: ChangeResult, clear: Callable[[float], bool], way: int) -> float | None:
    """The first later count in one direction that is clear, from the smallest that matters on."""
    last: float | None = None
    for after in _counts(result, way):
        if clear(after):
            return after if last is None or after == 0 else _between(last, after, clear)
        last = after
    return None


def _counts(result: ChangeResult, way: int) -> Iterator[float]:
    """Later counts from the edge of what is material to a hundredfold, or down to one and none."""
    level = result.before * result.after_days / result.before_days
    after = level * (1 + way * result.materiality_pct / 100)
    while 1 <= after <= _FARTHEST * result.before:
        yield after
        after *= math.exp(way * _STEP)
    if way < 0:
        yield 0.0


def _between(unclear: float, clear_one: float, clear: Callable[[float], bool]) -> float:
    for _ in range(_HALVINGS):
        middle = (unclear + clear_one) / 2
        unclear, clear_one = (unclear, middle) if clear(middle) else (middle, clear_one)
    return clear_one


def _pct(result: ChangeResult, after: float | None) -> float | None:
    return None if after is None else 100 * (after / result.before - 1)
