"""Sentences on how an outlook is made, and how its methods did in trials on the past.

A method is named better only where the result names it.
"""

from __future__ import annotations

import math
from typing import Any

from bcsp_analysis.markup import escape
from bcsp_analysis.models.forecast import COUNT_MODEL, NAIVE, Finding, ForecastResult
from bcsp_analysis.models.forecast_methods import YEAR
from bcsp_analysis.periods import Month
from bcsp_analysis.present.text.numbers import (
    begun,
    listing,
    number,
    p_value,
    percent,
    plural,
    signed_percent,
    spelled,
)
from bcsp_analysis.present.text.outlook import likely, method_name, months_named

_AMPLE = 0.95  # share of trial totals inside the 80% range that is remarked on
_EXPECTED = {80: 0.8, 95: 0.95}


def _in_text(method: str) -> str:
    """A method's name inside a sentence."""
    return f"the {COUNT_MODEL}" if method == COUNT_MODEL else method_name(method)


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
    if result.leading == 95:
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


def outlook_failed(result: ForecastResult) -> str:
    """Methods that gave no answer, and why; empty where all did."""
    if not result.failed:
        return ""
    told = listing(f"{_in_text(name)} ({escape(reason)})" for name, reason in result.failed.items())
    return f"No forecast from {told}."
