"""Sentences on the outlook: ranges, never a promise, a target or a cause.

Counts are rounded to three figures: a range has no more to give. A range too wide to help is
called that. A method is named better only where the result names it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

from bcsp_analysis.markup import escape, escape_own
from bcsp_analysis.models.forecast import (
    COUNT_MODEL,
    NAIVE,
    TOGETHER,
    Finding,
    ForecastResult,
)
from bcsp_analysis.models.forecast_methods import YEAR
from bcsp_analysis.periods import Month, Quarter, Span
from bcsp_analysis.present.text.numbers import (
    begun,
    listing,
    more_or_fewer,
    number,
    p_value,
    percent,
    plural,
    rounded,
    signed_percent,
    spelled,
)

METHODS = {NAIVE: "last year's same months"}
FIGURES = 3  # that a forecast is rounded to
_SHORT, _AMPLE = 0.7, 0.95  # share of trial totals inside the 80% range that is remarked on
_EXPECTED = {80: 0.8, 95: 0.95}


def method_name(method: str) -> str:
    """A method as the page calls it."""
    return METHODS.get(method, method)


def _in_text(method: str) -> str:
    """A method's name inside a sentence."""
    return f"the {COUNT_MODEL}" if method == COUNT_MODEL else method_name(method)


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
    coming = result.ahead[0]
    row = result.range_of(coming)
    if result.too_wide(row):
        return f"{result.name}: the figures cannot say how many are to come"
    return f"{result.name}: {likely(row, 80)} expected, {coming.months_label}"


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
        f"- **{label}:** about {about(row['point'])}, {likely(row, 80)} ({percent(80)} range), or "
        f"{likely(row, 95)} to be safer ({percent(95)} range)."
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


def _held(result: ForecastResult) -> str:
    """What the trials say of that promise, beside it."""
    row: Any = result.accuracy.loc[result.chosen]
    totals = int(row["totals"]) if result.origins else 0
    if not totals:
        return ""
    return (
        f" In trials on the past the {percent(80)} range held {number(row['inside80'])} of "
        f"{number(totals)} totals."
    )


def _too_wide(result: ForecastResult, rows: list[tuple[str, pd.Series]]) -> str:
    wide = [label for label, row in rows if result.too_wide(row)]
    if not wide:
        return ""
    which = "each of these" if len(wide) == len(rows) else listing(wide)
    return (
        f"For {which} even the narrower range has an upper end more than twice its lower one. "
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
    if row["low80"] <= before <= row["high80"]:
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


def outlook_why(result: ForecastResult) -> str:
    """Which method the range is made by, and why, Markdown."""
    return f"{_finding(result)}\n\n{_made(result)}"


def _finding(result: ForecastResult) -> str:
    if result.finding is Finding.BETTER and result.winner is not None:
        row: Any = result.accuracy.loc[result.winner]
        return (
            f"**{begun(_in_text(result.winner))} does better than repeating last year.** In "
            f"trials on the past its errors were {percent(row['skill'])} smaller (p-value "
            f"{p_value(row['p_better'])}, allowing for every method tried)."
        )
    if result.finding is Finding.TOO_SHORT:
        return (
            f"**{begun(plural(result.n, 'month'))} are too few to compare methods,** so the "
            "simplest is taken: repeating last year."
        )
    if result.finding is Finding.NO_BETTER:
        others = len(result.accuracy) - 1
        none = f"none of the {spelled(others)} models" if others > 1 else "no model"
        return (
            f"**No model is shown to do better than repeating last year.** In trials on the past "
            f"{none} had a smaller scaled error (explained below).{_closer_in_counts(result)}"
        )
    return f"**No model is shown to do better than repeating last year.** {_ahead(result)}"


def _closer_in_counts(result: ForecastResult) -> str:
    """Models whose average error is smaller all the same: the two yardsticks can differ."""
    errors = result.accuracy["error_pct"]
    if errors.idxmin() == NAIVE:
        return ""
    best = str(errors.idxmin())
    return (
        f" By the average error {_in_text(best)} came a little closer: "
        f"{percent(errors[best], 1)} against {percent(errors[NAIVE], 1)}."
    )


def _ahead(result: ForecastResult) -> str:
    better = result.accuracy[result.accuracy["skill"] > 0]
    best, smaller = str(better.index[0]), float(better["skill"].iloc[0])
    closer = listing(_in_text(str(name)) for name in better.index)
    which = f", {_in_text(best)}" if len(better) > 1 else ""
    text = (
        f"In trials on the past {closer} came closer{which} with a scaled error (explained below) "
        f"{percent(smaller)} smaller. "
    )
    p = float(better["p_better"].min())
    if math.isnan(p):
        text += (
            f"But the trials lie in {plural(result.half_years, 'separate half-year')} only, and "
            "that can be luck."
        )
    else:
        text += f"But that is not clear of luck (p-value {p_value(p)})."
    if result.early_origins:
        text += (
            f" {begun(spelled(result.early_origins))} of the {number(result.origins)} trials "
            f"set out before the recording change of {result.recent_breaks[-1].label}."
        )
    return text


def _made(result: ForecastResult) -> str:
    if result.chosen != NAIVE:
        return "The range is that method's."
    text = (
        "The middle is the count of the same months a year earlier, per day, and the range is "
        "how far counts have been from those of the year before."
    )
    return " ".join((text, *(_move(result, month) for month in result.basis.moves)))


def _move(result: ForecastResult, month: Month) -> str:
    since = result.period.last - month + 1
    wrong = [m for m in result.excluded if m >= month]
    text = (
        f"Recording changed in {month.label}: months from before it are moved by "
        f"{signed_percent(result.basis.moves[month], 0)}, as the "
        f"{_since(since)} since {'was' if since == 1 else 'were'} against a year before. Whatever "
        "else changed in that time is in this figure too"
    )
    if wrong and since == 1:
        text += ", and that month is known to be wrong"
    elif wrong:
        verb = "is" if len(wrong) == 1 else "are"
        text += f", and {spelled(len(wrong))} of these months {verb} known to be wrong"
    return f"{text}. From {(month + YEAR).label} on, months are taken from after it as counted."


def _since(months: int) -> str:
    return "month" if months == 1 else plural(months, "month")


def outlook_trials(result: ForecastResult) -> str:
    """What the trials on the past were, and what their figures mean, Markdown."""
    chosen: Any = result.accuracy.loc[result.chosen]
    forecasts, totals = int(chosen["forecasts"]), int(chosen["totals"])
    if not result.origins:
        return "No month of the history has enough months before it for a trial."
    parts = [
        f"Each method was set back to {plural(result.origins, 'month')} of the past and asked for "
        f"up to six months that it had not seen: {plural(forecasts, 'month')}, and "
        f"{plural(totals, 'total')} of three months. Neighbouring trials share most of their "
        f"months; together they are worth about {plural(result.half_years, 'separate half-year')}.",
        "*Scaled error* is the average error over the average change from one year to the next in "
        f"the history before the trial (analysts call it MASE): {number(1)} is as far off as such "
        "a change." + _long_yardstick(result),
        _coverage(result, totals),
    ]
    return "\n\n".join(part for part in parts if part)


def _long_yardstick(result: ForecastResult) -> str:
    if not result.basis.across:
        return ""
    return (
        " Changes across a recording change count in that yardstick: where they were large, every "
        "method's scaled error looks small."
    )


def _coverage(result: ForecastResult, totals: int) -> str:
    if not totals:
        return ""
    row: Any = result.accuracy.loc[result.chosen]
    told = listing(
        f"{number(row[f'inside{level}'])} in the {percent(level)} range "
        f"({number(share * totals)} expected)"
        for level, share in _EXPECTED.items()
    )
    text = f"Of the {number(totals)} totals the published method's ranges held {told}."
    share = row["inside80"] / totals
    if share < _SHORT:
        text += (
            " That falls short. Totals that overlap miss together, so it can be chance; but the "
            f"{percent(80)} range may be too narrow for this series."
        )
    elif share > _AMPLE:
        text += " That is more than promised: ranges in the trials were wide."
    if result.chosen == NAIVE and result.clear_origins < result.origins:
        text += (
            f" From {spelled(result.origins - result.clear_origins)} of the "
            f"{number(result.origins)} months too few changes on the year lay clear of recording "
            "changes, and the ranges were wider than today's."
        )
    return text


def outlook_basis(result: ForecastResult) -> str:
    """What gives the range its width, and what it would be without the register, Markdown."""
    basis = result.basis
    if result.chosen != NAIVE:
        return ""
    text = f"The width comes from {plural(basis.used, 'change')} on the year, month by month."
    if basis.left_out:
        text += (
            f" {begun(spelled(basis.left_out))} more lie across a recording change "
            f"({months_named(result.breaks)}) and say more of recording than of incidents; they "
            "are left out."
        )
    elif basis.across:
        text += (
            f" {begun(spelled(basis.across))} of them lie across a recording change "
            f"({months_named(result.breaks)}); too few others are there to do without."
        )
    if result.unaware is None:
        return text
    coming = result.ahead[0]
    row: Any = result.unaware.loc[coming.slug]
    return (
        f"{text} Taken for incidents that came and went, with no recording change at all, they "
        f"would put {coming.months_label} {likely(row, 80)} ({percent(80)}) and {likely(row, 95)} "
        f"({percent(95)})."
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


def outlook_failed(result: ForecastResult) -> str:
    """Methods that gave no answer, and why; empty where all did."""
    if not result.failed:
        return ""
    told = listing(f"{_in_text(name)} ({escape(reason)})" for name, reason in result.failed.items())
    return f"No forecast from {told}."
