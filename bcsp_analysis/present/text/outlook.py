"""Sentences on the outlook: ranges, never a promise, a target or a cause.

Counts are rounded to three figures: a range has no more to give. A range too wide to help is
called that, and one that held too few totals in trials does not lead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

from bcsp_analysis.markup import escape_own
from bcsp_analysis.models.forecast import (
    NAIVE,
    TOGETHER,
    ForecastResult,
)
from bcsp_analysis.periods import Month, Quarter, Span
from bcsp_analysis.present.text.numbers import (
    listing,
    more_or_fewer,
    number,
    percent,
    plural,
    rounded,
)

METHODS = {NAIVE: "last year's same months"}
FIGURES = 3  # that a forecast is rounded to


def method_name(method: str) -> str:
    """A method as the page calls it."""
    return METHODS.get(method, method)


def about(count: float) -> str:
    """A count rounded to three figures: ``"14,600"``, ``"1,930"``, ``"87"``."""
    size = 10 ** max(0, len(str(int(abs(count)))) - FIGURES)
    return number(float(rounded(count / size)) * size)


def likely(row: pd.Series, level: int) -> str:
    """``"between 1,380 and 2,810"``."""
    return f"between {about(row[f'low{level}'])} and {about(row[f'high{level}'])}"


def months_named(months: Iterable[Month]) -> str:
    """``"June and July 2023"``, ``"April 2021 and May 2023"``."""
    known = sorted(months)
    if len({month.year for month in known}) == 1 and len(known) > 1:
        return f"{listing(month.name for month in known[:-1])} and {known[-1].label}"
    return listing(month.label for month in known)


def months_known(result: ForecastResult, quarter: Quarter) -> str:
    """``" (1 of 3 months known)"``; empty where none is."""
    observed = int(result.range_of(quarter)["observed"])
    of = number(len(quarter.months))
    return f" ({number(observed)} of {of} months known)" if observed else ""


def together_span(result: ForecastResult) -> Span:
    """The months whose total has a range of its own."""
    return Span(result.ahead[0].span.first, result.ahead[-1].span.last)


def outlook_title(result: ForecastResult) -> str:
    """Title of the chart: the range of the next quarter, or that it is too wide to help."""
    coming, level = result.ahead[0], result.leading
    row = result.range_of(coming)
    if result.too_wide(row, result.leading):
        return f"{result.name}: the figures cannot say how many are to come"
    which = f" ({percent(95)} range)" if level == 95 else ""
    return f"{result.name}: {likely(row, level)} expected, {coming.months_label}{which}"


def outlook(result: ForecastResult) -> str:
    """The answer: the next two quarters and the next four together, Markdown."""
    span = together_span(result)
    quarters = result.ahead[:2]
    rows = [
        (f"{quarter.months_label}{months_known(result, quarter)}", result.range_of(quarter))
        for quarter in quarters
    ]
    rows.append(
        (
            f"{span.label}, {plural(len(result.ahead), 'quarter')} together",
            result.range_together,
        )
    )
    lines = [
        f"- **{label}:** about {about(row['point'])}, {_both(row, result.leading)}."
        for label, row in rows
    ]
    head = f"**{escape_own(outlook_title(result))}.**"
    explained = (
        f"The {percent(80)} range should hold the count four times out of five, the {percent(95)} "
        f"range nineteen times out of twenty.{_held(result)} The last twelve months had "
        f"{number(result.last_year)}."
    )
    parts = [f"{head}\n\n" + "\n".join(lines), explained, _too_wide(result, rows)]
    return "\n\n".join(part for part in parts if part)


def _both(row: pd.Series, level: int) -> str:
    """Both ranges, the one that leads first."""
    if level == 95:
        return (
            f"{likely(row, 95)} ({percent(95)} range; the {percent(80)} range is {likely(row, 80)})"
        )
    return (
        f"{likely(row, 80)} ({percent(80)} range), or {likely(row, 95)} to be safer "
        f"({percent(95)} range)"
    )


def _held(result: ForecastResult) -> str:
    """What the trials say of that promise, beside it."""
    row: Any = result.accuracy.loc[result.chosen]
    totals = int(row["totals"]) if result.origins else 0
    if not totals:
        return ""
    if result.leading == 95:
        return (
            f" In trials on the past the {percent(80)} range held {number(row['inside80'])} of "
            f"{number(totals)} totals, clearly fewer than it should; the {percent(95)} range held "
            f"{number(row['inside95'])}. So the {percent(95)} range leads here, and the narrower "
            "one may be too narrow."
        )
    return (
        f" In trials on the past the {percent(80)} range held {number(row['inside80'])} of "
        f"{number(totals)} totals."
    )


def _too_wide(result: ForecastResult, rows: list[tuple[str, pd.Series]]) -> str:
    wide = [label for label, row in rows if result.too_wide(row, result.leading)]
    if not wide:
        return ""
    which = "each of these" if len(wide) == len(rows) else listing(wide)
    narrow = "even the narrower" if result.leading == 80 else "the leading"
    return (
        f"For {which} {narrow} range has an upper end more than twice its lower one. "
        "That cannot tell a rise from a fall: the figures cannot say."
    )


def outlook_compared(result: ForecastResult) -> str:
    """The next quarter's range beside its count a year before; empty where that is not held."""
    coming = result.ahead[0]
    row = result.range_of(coming)
    before = row["year_before"]
    if math.isnan(before):
        return ""
    head = f"In {coming.year_before.months_label} it was {number(before)}"
    if result.chosen == NAIVE and not result.basis.moves and not row["observed"]:
        return (
            f"{head}. The middle of the range is that count, by the way it is made, so it foretells"
            " neither a rise nor a fall."
        )
    more = "more" if before < row["point"] else "fewer"
    inside = _readings_with(result, coming, float(before))
    if result.leading == 95 and row["low95"] <= before <= row["high95"]:
        sense = (
            f"inside the {percent(95)} range, which leads here: neither a rise nor a fall on the "
            "year is foretold"
        )
    elif row["low80"] <= before <= row["high80"]:
        sense = f"inside the {percent(80)} range: neither a rise nor a fall on the year is foretold"
    elif inside:
        sense = (
            f"outside the {percent(80)} range as published, but inside it "
            f"{listing(inside, 'and')}: whether {more} are to come hangs on that choice, and "
            "the figures do not settle it"
        )
    elif row["low95"] <= before <= row["high95"]:
        sense = (
            f"outside the {percent(80)} range, inside the {percent(95)} range: {more} are likely, "
            "not certain"
        )
    else:
        sense = f"outside both ranges: {more} are to be expected"
    return f"{head}, {sense}.{_recorded_since(result, coming)}"


def _readings_with(result: ForecastResult, coming: Quarter, count: float) -> list[str]:
    """Other readings of the same method whose 80% range holds a count."""
    found = []
    for name, other in (
        (f"without {months_named(result.excluded)}", result.without_excluded),
        ("as if recording had never changed", result.unaware),
    ):
        if other is not None:
            row: Any = other.T[coming.slug]
            if row["low80"] <= count <= row["high80"]:
                found.append(name)
    return found


def _recorded_since(result: ForecastResult, coming: Quarter) -> str:
    between = [m for m in result.breaks if coming.year_before.span.first < m]
    if not between:
        return ""
    return (
        f" Recording changed in between ({months_named(between)}): that is no finding on what "
        "happens, only on what is recorded."
    )


def outlook_without_faulty(result: ForecastResult) -> str:
    """What the range would be from the months before the faulty ones; empty without such."""
    other = result.without_excluded
    if other is None:
        return ""
    coming, span = result.ahead[0], together_span(result)
    rows: Any = other.T
    plural_form = len(result.excluded) > 1
    parts = [
        f"{label} {likely(row, 80)} instead of {likely(published, 80)}"
        for label, row, published in (
            (coming.months_label, rows[coming.slug], result.range_of(coming)),
            (span.label, rows[TOGETHER], result.range_together),
        )
    ]
    shift = 100 * (rows[coming.slug]["point"] / result.range_of(coming)["point"] - 1)
    moved = (
        "The middle of the next quarter stays the same"
        if not rounded(shift, 1)
        else f"The middle of the next quarter would be {more_or_fewer(shift)}"
    )
    return (
        f"{months_named(result.excluded)} {'are' if plural_form else 'is'} known to be wrong and "
        f"{'stand' if plural_form else 'stands'} at the end, where a forecast hangs on "
        f"{'them' if plural_form else 'it'} most. No method can skip a month; from the months "
        f"before the {percent(80)} ranges would be: {'; '.join(parts)}. {moved}."
    )
