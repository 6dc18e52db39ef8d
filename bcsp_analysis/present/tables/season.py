"""Tables of the season: the data behind the chart of month indices."""

from __future__ import annotations

import calendar

from bcsp_analysis.markup import escape
from bcsp_analysis.models.seasonality import SeasonalityResult
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.numbers import number, p_value, probability, signed_percent
from bcsp_analysis.present.text.season import month_names


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


def _steps(result: SeasonalityResult) -> str:
    return ", ".join(month.label for month in result.breaks) or "none"


def _contrast(result: SeasonalityResult) -> str:
    at, low, high = (
        signed_percent(100 * (value - 1), 0)
        for value in (result.statement.ratio, result.statement.low, result.statement.high)
    )
    return f"{at} ({low} to {high})"
