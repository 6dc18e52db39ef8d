"""Sentences on how forecasts turned out: the report's own count, earlier editions, the record."""

from __future__ import annotations

import math

import pandas as pd

from bcsp_analysis.markup import escape
from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.models.forecast import ForecastResult, Score
from bcsp_analysis.models.forecast_record import PrintedCheck
from bcsp_analysis.periods import Quarter
from bcsp_analysis.present.text.grades import short_title
from bcsp_analysis.present.text.numbers import (
    listing,
    number,
    percent,
    plural,
    signed_percent,
    spelled,
)
from bcsp_analysis.present.text.outlook import about, likely, months_named
from bcsp_analysis.sources import forecasts


def printed_beside(
    check: PrintedCheck | None, result: ForecastResult, measure: Measure, *, alike: bool
) -> str:
    """The report's count of its quarter beside the range for it, Markdown.

    Parameters
    ----------
    check : PrintedCheck or None
    result : ForecastResult
    measure : Measure
        The report's measure nearest to the monthly series.
    alike : bool
        Whether the two count the same kind of incident.
    """
    if not alike:
        return (
            f"**No count of the report can be set beside this range.** The monthly category "
            f"{escape(result.name)} holds more than the report's nearest measure, "
            f"{escape(short_title(measure))}, so the two counts are of different things."
        )
    if check is None:
        return (
            "**There is nothing to set beside the range yet:** the report has no count of a "
            "quarter that was still to come when the monthly figures end."
        )
    row = check.expected
    first = (
        f"**The report prints {number(check.printed)} for {check.quarter.months_label}: "
        f"{_place(check)}.** From the monthly figures to {result.period.last.label} about "
        f"{about(row['point'])} were to be expected, {likely(row, 80)} ({percent(80)}) and "
        f"{likely(row, 95)} ({percent(95)})."
    )
    reasons = [
        "the printed count was known when this page was made",
        _known(result, int(row["observed"])),
        _gaps(check),
    ]
    told = "; ".join(reason for reason in reasons if reason)
    return f"{first} That is a look, not a test: {told}."


def _place(check: PrintedCheck) -> str:
    if check.inside(80):
        return f"inside the {percent(80)} range"
    side = "above" if check.printed > check.expected["high80"] else "below"
    alike, of = check.inside_if_counted_alike(80), len(check.apart)
    if check.inside(95) and alike:
        return (
            f"{side} the {percent(80)} range as printed, inside it in {spelled(alike)} of the "
            f"{plural(of, 'way')} to bring the two sources into line"
        )
    if check.inside(95):
        return f"{side} the {percent(80)} range, inside the {percent(95)} range"
    return f"{side} both ranges"


def _known(result: ForecastResult, observed: int) -> str:
    if not observed:
        return ""
    months = [result.period.last + -i for i in range(observed)]
    wrong = [month for month in months if month in result.excluded]
    verb = "was" if observed == 1 else "were"
    text = f"{months_named(months)} {verb} in the figures already"
    if not wrong:
        return text
    if len(wrong) == observed:
        return f"{text} and {'is' if observed == 1 else 'are'} known to be wrong"
    return f"{text}, {months_named(wrong)} known to be wrong"


def _gaps(check: PrintedCheck) -> str:
    gaps = check.apart["gap_pct"]
    if not len(gaps):
        return "no quarter is held by both sources, so it is not known how alike they count"
    held = {level: check.inside_if_counted_alike(level) for level in (80, 95)}
    return (
        f"the two sources do not count alike, the report has {_apart(gaps.min(), gaps.max())} the "
        f"monthly figures in the {plural(len(gaps), 'quarter')} that both hold. With each of these "
        f"gaps taken off in turn, the printed count would lie inside the {percent(80)} range "
        f"{_times(held[80])} and inside the {percent(95)} range {_times(held[95])}"
    )


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{spelled(count)} times")


def _apart(low: float, high: float) -> str:
    """How the printed counts differ: ``"1.5% to 6.0% more than"``."""
    if low > 0 or high < 0:
        near, far = sorted((abs(low), abs(high)))
        ends = dict.fromkeys((percent(near, 1), percent(far, 1)))
        return f"{' to '.join(ends)} {'more' if low > 0 else 'fewer'} than"
    return f"{signed_percent(low)} to {signed_percent(high)} against"


def forecast_score(score: Score | None) -> str:
    """How earlier editions' published ranges turned out, Markdown."""
    if score is None:
        return "**Nothing to score yet:** no earlier edition wrote down a forecast of this series."
    waiting = listing(Quarter.parse(slug).months_label for slug in score.waiting)
    if not score.n:
        return (
            "**Nothing to score yet:** the quarters that earlier editions forecast are not over "
            f"in the figures at hand ({waiting})."
        )
    rows = score.published
    inside = {level: int(rows[f"inside{level}"].sum()) for level in (80, 95)}
    off = float(rows["error_pct"].abs().mean())
    text = (
        f"**Of {plural(len(rows), 'quarter')} forecast by earlier editions "
        f"{_lay(inside[80])} inside the {percent(80)} range and {_lay(inside[95])} inside the "
        f"{percent(95)} range.**"
    )
    if not math.isnan(off):
        text += f" The middle was off by {percent(off, 1)} on average."
    if waiting:
        text += f" Still to be scored: {waiting}."
    return text


def _lay(count: int) -> str:
    return f"{spelled(count)} lay" if count else "none lay"


def forecast_written(result: ForecastResult, written: pd.DataFrame | None, edition: str) -> str:
    """Whether this page's forecast is written down for the next edition to score, Markdown.

    Parameters
    ----------
    written : DataFrame or None
        This edition's rows of the series in the record.
    edition : str
        Its slug.
    """
    file = "/".join((*forecasts.FOLDER, f"{edition}.csv"))
    if written is None or written.empty:
        return (
            "This forecast is **not written down yet**. The command `bcsp forecast` does that; "
            "after that it cannot be changed unseen, and the next edition can score it."
        )
    if forecasts.alike(written, result.to_record(edition)):
        return (
            f"This forecast, with the ranges of every method, is written down in `{file}`. The "
            "next edition scores it."
        )
    made = listing(sorted({str(month) for month in written["made_on"]}))
    return (
        f"The forecast written down in `{file}`, from figures to {made}, **is not the one on this "
        "page**: figures or methods have changed since. The next edition scores the one that is "
        "written down."
    )
