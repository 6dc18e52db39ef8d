"""The quarters of a measure as a row of blocks, with words for those who do not see it."""

from __future__ import annotations

from bcsp_analysis.markup import escape_own
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present.text.numbers import number
from bcsp_analysis.present.text.quarterly import quarters_of

_BLOCKS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"  # an eighth of the height each
_GAP = "\u00b7"  # a quarter that is not printed


def sparkline(judged: QuarterlyAssessment, measure_id: str) -> str:
    """Blocks whose height is the count on a scale from zero, oldest quarter first; Markdown.

    A quarter between two others that the report does not print is a dot. Empty where fewer than
    two quarters have a count, or all counts are zero.
    """
    quarters = quarters_of(judged, measure_id)
    top = max((value for _, value, _ in quarters), default=0.0)
    if len(quarters) < 2 or top <= 0:
        return ""
    held = {quarter: value for quarter, value, _ in quarters}
    implied = {quarter for quarter, _, is_implied in quarters if is_implied}
    shown, words = "", []
    quarter, last = quarters[0][0], quarters[-1][0]
    while quarter <= last:
        value = held.get(quarter)
        shown += _GAP if value is None else _block(value / top)
        if value is not None:
            mark = " implied" if quarter in implied else ""
            words.append(f"{quarter.months_label} {number(value)}{mark}")
        quarter = quarter.next
    described = escape_own(f"By quarter: {'; '.join(words)}").replace("\\", "")
    return f'[{shown}]{{.spark role="img" aria-label="{described}"}}'


def spark_legend(judged: QuarterlyAssessment) -> str:
    """How to read the blocks of `sparkline`, in one sentence; says where one is not printed."""
    implied = any(
        is_implied
        for name in judged.table.counts.index
        for *_, is_implied in quarters_of(judged, name)
    )
    first = " The first block is implied by the report's figures, not printed." if implied else ""
    return (
        "The blocks are the quarters of a measure, the oldest on the left, on a scale from zero."
        f"{first} A dot has no figure: the report does not print that quarter."
    )


def _block(share: float) -> str:
    return _BLOCKS[max(0, min(len(_BLOCKS) - 1, round(share * len(_BLOCKS)) - 1))]
