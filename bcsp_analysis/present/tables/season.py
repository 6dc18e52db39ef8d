"""Tables of the season: the data behind the chart of month indices."""

from __future__ import annotations

import calendar

import pandas as pd

from bcsp_analysis.markup import escape
from bcsp_analysis.models.monthly import MEAN_MONTH_DAYS
from bcsp_analysis.models.seasonality import SeasonalityResult
from bcsp_analysis.periods import month_label
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.numbers import (
    interval,
    more_or_fewer,
    number,
    p_value,
    percent,
    plural,
    probability,
    signed_percent,
)
from bcsp_analysis.present.text.season import month_names, months_or, season_finding


def month_indices(result: SeasonalityResult, *, label: str) -> str:
    """Each month's index with its range, and the probability that it lies above the average."""
    columns = [
        Column("Month", share=3),
        Column("Index", figures=True),
        Column("Likely range", figures=True, share=3),
        Column("Above average", figures=True, share=3),
    ]
    rows = [
        [
            calendar.month_name[int(str(month))],
            number(100 * row["index"]),
            f"{number(100 * row['low'])} to {number(100 * row['high'])}",
            probability(row["above"]),
        ]
        for month, row in result.indices.iterrows()
    ]
    caption = (
        f"{result.name}: incidents per day by month, average month = 100, and the probability that "
        f"a month truly lies above the average, {result.period.label}."
    )
    return pipe(columns, rows, caption=caption, label=label)


def statement_months(result: SeasonalityResult, *, label: str) -> str:
    """The months of the statement: years counted, and the model's probability."""
    columns = [
        Column("Month", share=3),
        Column("Years above fitted trend", figures=True, share=4),
        Column("Model's probability", figures=True, share=4),
    ]
    rows = [
        [
            calendar.month_name[int(str(month))],
            f"{number(row['above'])} of {number(row['years'])}",
            probability(row["probability"]),
        ]
        for month, row in result.statement.by_month.iterrows()
    ]
    caption = (
        f"{result.name}: single months above the fitted trend of their time, {result.period.label}."
    )
    return pipe(columns, rows, caption=caption, label=label)


def presence(result: SeasonalityResult, *, label: str) -> str:
    """The tests for a season."""
    columns = [
        Column("Test", share=4),
        Column("Statistic", figures=True),
        Column("Compared with", share=4),
        Column("p-value", figures=True),
    ]
    rows = [
        [
            escape(test.name),
            number(test.statistic, 2),
            escape(test.distribution),
            p_value(test.p_value),
        ]
        for test in result.presence.tests
    ]
    caption = (
        f"{result.name}: tests for differences between calendar months, {result.period.label}."
    )
    return pipe(columns, rows, caption=caption, label=label)


def by_steps(result: SeasonalityResult, other: SeasonalityResult, *, label: str) -> str:
    """The answer with every recording change as a step, beside the confirmed ones alone."""
    columns = [
        Column("What", share=4),
        Column("All changes", figures=True, share=3),
        Column("Confirmed alone", figures=True, share=3),
    ]
    runs = result, other
    months = month_names(result.statement.months)
    rows = [
        ["Steps", *(_steps(run) for run in runs)],
        [f"{months} against the others", *(_contrast(run) for run in runs)],
        ["Chance of such a month to lie above its trend", *(_chance(run) for run in runs)],
        *(
            [f"p-value, {escape(first.name)}", p_value(first.p_value), p_value(second.p_value)]
            for first, second in zip(result.presence.tests, other.presence.tests, strict=True)
        ),
    ]
    caption = (
        f"{result.name}: all recording changes as steps, and the confirmed ones alone, "
        f"{result.period.label}."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _chance(result: SeasonalityResult) -> str:
    said = result.statement
    ends = f"{probability(said.probability_low)} to {probability(said.probability_high)}"
    return f"{probability(said.probability)} ({ends})"


def _steps(result: SeasonalityResult) -> str:
    return ", ".join(month.label for month in result.breaks) or "none"


def _contrast(result: SeasonalityResult) -> str:
    at, low, high = (
        signed_percent(100 * (value - 1), 0)
        for value in (result.statement.ratio, result.statement.low, result.statement.high)
    )
    return f"{at} ({low} to {high})"


def beside_stl(result: SeasonalityResult, *, label: str) -> str:
    """The model's index of each month beside STL's, which has no range."""
    columns = [
        Column("Month", share=3),
        Column("Model", figures=True),
        Column("Likely range", figures=True, share=3),
        Column("STL", figures=True),
    ]
    rows = [
        [
            calendar.month_name[int(str(month))],
            number(100 * row["index"]),
            f"{number(100 * row['low'])} to {number(100 * row['high'])}",
            number(100 * row["stl"]),
        ]
        for month, row in result.indices.iterrows()
    ]
    caption = f"{result.name}: index of each month by two methods, {result.period.label}."
    return pipe(columns, rows, caption=caption, label=label)


def adjusted(result: SeasonalityResult, *, label: str) -> str:
    """Incidents per day of every month as recorded, and without the pattern of the months."""
    columns = [
        Column("Month", share=4),
        Column("As recorded", figures=True, share=3),
        Column("Without the pattern", figures=True, share=4),
    ]
    without = result.adjusted / MEAN_MONTH_DAYS
    rows = [
        [month_label(pd.Timestamp(str(month))), number(recorded, 1), number(left, 1)]
        for month, recorded, left in zip(without.index, result.per_day, without, strict=True)
    ]
    caption = (
        f"{result.name}: incidents per day, as recorded and without the pattern of the months."
    )
    return pipe(columns, rows, caption=caption, label=label)


def years_support(result: SeasonalityResult, other: SeasonalityResult, *, label: str) -> str:
    """What so few years can and cannot support.

    Parameters
    ----------
    result, other : SeasonalityResult
        With every recording change of the register as a step, and with the confirmed ones alone.
    """
    scored = result.statement
    months = month_names(scored.months)
    columns = [Column("What is asked", share=4), Column("What the figures allow", share=7)]
    rows = [
        ["Do calendar months differ?", _do_months_differ(result, other)],
        [f"Do {months} lie above the other months on average?", _on_average(result)],
        ["Which month is highest?", _highest(result)],
        [f"Is each of {months} highly likely to lie above its trend?", _highly_likely(result)],
        ["Could counting years alone show that?", _by_counting(result)],
    ]
    caption = (
        f"{result.name}: what {plural(int(result.years), 'year')} of figures can and cannot "
        f"support, {result.period.label}."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _do_months_differ(result: SeasonalityResult, other: SeasonalityResult) -> str:
    first, second = season_finding(result), season_finding(other)
    if first == second:
        return f"{first[:1].upper()}{first[1:]}"
    return f"With every recording change as a step: {first}; with the confirmed alone: {second}"


def _on_average(result: SeasonalityResult) -> str:
    scored = result.statement
    at, low, high = (100 * (value - 1) for value in (scored.ratio, scored.low, scored.high))
    sense = "Yes, by this model" if low > 0 else "No, below them" if high < 0 else "Left open"
    return f"{sense}: {more_or_fewer(at)} ({interval(low, high)})"


def _highest(result: SeasonalityResult) -> str:
    peak = result.peak
    names = months_or(peak.candidates)
    if len(peak.candidates) == 1:
        return f"{names}, with a probability of {probability(peak.probability)}"
    sure = percent(100 * result.level)
    return f"Not one of them for certain: at a confidence of {sure} it is {names}"


def _highly_likely(result: SeasonalityResult) -> str:
    scored = result.statement
    verdict = scored.verdict.value
    return (
        f"{verdict[:1].upper()}{verdict[1:]}: {probability(scored.probability)} for a single "
        f"month, likely between {probability(scored.probability_low)} and "
        f"{probability(scored.probability_high)}"
    )


def _by_counting(result: SeasonalityResult) -> str:
    scored = result.statement
    if scored.years >= scored.years_needed:
        return f"Yes, if all of {plural(scored.years, 'year')} agreed"
    return (
        f"No: {plural(scored.years, 'year')} in agreement show no more than "
        f"{percent(100 * scored.bound_if_all_agree)}; {number(scored.years_needed)} are needed"
    )
