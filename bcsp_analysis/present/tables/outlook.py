"""Tables of the outlook: ranges, how far the methods were off, and how forecasts turned out."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from bcsp_analysis.markup import escape
from bcsp_analysis.models.forecast import NAIVE, TOGETHER, ForecastResult, Score
from bcsp_analysis.models.forecast_accuracy import FEWEST_HALF_YEARS
from bcsp_analysis.models.forecast_record import PrintedCheck
from bcsp_analysis.periods import Quarter
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.numbers import (
    listing,
    number,
    p_value,
    percent,
    signed_percent,
    spelled,
)
from bcsp_analysis.present.text.outlook import (
    about,
    method_name,
    months_known,
    months_named,
    together_span,
)

NOT_TESTED, NOT_HELD = "not tested", "not held"


def outlook_quarters(result: ForecastResult, *, label: str) -> str:
    """The published range of every quarter forecast, and of the last four together."""
    columns = [
        Column("Quarter", share=5),
        Column("Middle", figures=True, share=3),
        Column(f"{percent(80)} range", figures=True, share=4),
        Column(f"{percent(95)} range", figures=True, share=4),
        Column("A year before", figures=True, share=3),
    ]
    rows = [
        [
            f"{quarter.label}, {quarter.months_label}{months_known(result, quarter)}",
            *_range(row),
            _held(row["year_before"]),
        ]
        for quarter in result.quarters
        for row in [result.range_of(quarter)]
    ]
    name = f"{together_span(result).label}, together"
    rows.append([name, *_range(result.range_together), NOT_HELD])
    caption = (
        f"{result.name}: incidents expected by quarter, from {method_name(result.chosen)}, history "
        f"{result.period.label}. Four counts in five should lie in the {percent(80)} range, "
        f"nineteen in twenty in the {percent(95)} range. Rounded to three figures."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _range(row: pd.Series) -> list[str]:
    return [about(row["point"]), *(_ends(row, level) for level in (80, 95))]


def _ends(row: pd.Series, level: int) -> str:
    return f"{about(row[f'low{level}'])} to {about(row[f'high{level}'])}"


def _held(count: float) -> str:
    return NOT_HELD if math.isnan(count) else number(count)


def outlook_accuracy(result: ForecastResult, *, label: str) -> str:
    """How far each method was off in the trials on the past, and how often its ranges held."""
    columns = [
        Column("Method", share=4),
        Column("Average error", figures=True),
        Column("Scaled error", figures=True),
        Column("Less error than last year's months", figures=True, share=3),
        Column("p-value", figures=True),
        Column(f"In the {percent(80)} range", figures=True),
        Column(f"In the {percent(95)} range", figures=True),
    ]
    rows = [
        [
            _capital(method_name(str(name))),
            _or_none(row["error_pct"], lambda value: percent(value, 1)),
            _or_none(row["mase"], lambda value: number(value, 2)),
            "[z]" if name == NAIVE else _or_none(row["skill"], lambda v: signed_percent(v, 0)),
            NOT_TESTED if math.isnan(row["p_better"]) else p_value(row["p_better"]),
            f"{number(row['inside80'])} of {number(row['totals'])}",
            f"{number(row['inside95'])} of {number(row['totals'])}",
        ]
        for name, row in result.accuracy.iterrows()
    ]
    caption = (
        f"{result.name}: trials on the past, up to six months ahead, best method first. Average "
        "error in per cent of the mean count; scaled error as explained above; p-values allow for "
        f"every method tried. [z]: it is the yardstick itself.{_untested(result)}"
    )
    return pipe(columns, rows, caption=caption, label=label)


def _untested(result: ForecastResult) -> str:
    if result.accuracy["p_better"].notna().any():
        return ""
    return (
        f" {_capital(NOT_TESTED)}: a test needs {spelled(FEWEST_HALF_YEARS)} separate half-years "
        "of trials."
    )


def _or_none(value: float, told: Any) -> str:
    return "none" if math.isnan(value) else str(told(value))


def outlook_methods(result: ForecastResult, *, label: str) -> str:
    """The ranges of every method, the published one named."""
    columns = [
        Column("Quarter", share=3),
        Column("Method", share=4),
        Column("Middle", figures=True),
        Column(f"{percent(80)} range", figures=True, share=3),
        Column(f"{percent(95)} range", figures=True, share=3),
    ]
    names = list(result.together.index)
    ranges: Any = result.ranges.T
    rows = [
        [quarter.label, _named(result, name), *_range(ranges[quarter.slug, name])]
        for quarter in result.quarters
        for name in names
    ]
    together: Any = result.together.T
    last = f"{result.ahead[0].label} to {result.ahead[-1].label}"
    rows += [[last, _named(result, name), *_range(together[name])] for name in names]
    caption = f"{result.name}: the ranges of every method, history {result.period.label}."
    return pipe(columns, rows, caption=caption, label=label)


def _named(result: ForecastResult, name: str) -> str:
    mark = " (published)" if name == result.chosen else ""
    return f"{_capital(method_name(name))}{mark}"


def outlook_readings(result: ForecastResult, *, label: str) -> str:
    """The published range beside the same method with one choice changed at a time."""
    coming, span = result.ahead[0], together_span(result)
    columns = [
        Column("Made from", share=5),
        Column(f"{coming.months_label}, {percent(80)} range", figures=True, share=3),
        Column(f"{span.label}, {percent(80)} range", figures=True, share=3),
    ]
    rows = [
        ["As published", _ends(result.range_of(coming), 80), _ends(result.range_together, 80)],
    ]
    for name, other in (
        (f"Without {months_named(result.excluded)}", result.without_excluded),
        ("As if recording had never changed", result.unaware),
    ):
        if other is not None:
            ranges: Any = other.T
            rows.append([name, _ends(ranges[coming.slug], 80), _ends(ranges[TOGETHER], 80)])
    caption = f"{result.name}: the same ranges with one choice changed at a time."
    return pipe(columns, rows, caption=caption, label=label)


def printed_gaps(check: PrintedCheck | None, *, label: str) -> str:
    """Quarters that the report and the monthly figures both hold; empty where there are none."""
    if check is None or check.apart.empty:
        return ""
    columns = [
        Column("Quarter", share=3),
        Column("Report", figures=True),
        Column("Monthly figures", figures=True, share=3),
        Column("Report against monthly", figures=True, share=3),
    ]
    rows = [
        [
            str(quarter),
            number(row["printed"]),
            number(row["monthly"]),
            signed_percent(row["gap_pct"]),
        ]
        for quarter, row in check.apart.iterrows()
    ]
    caption = (
        "Incidents in the quarters that both sources hold: as the report prints them, or as its "
        "sums imply, and from the monthly figures."
    )
    return pipe(columns, rows, caption=caption, label=label)


def forecast_score(score: Score | None, *, label: str) -> str:
    """Earlier editions' published ranges and what came; empty where there is nothing to score."""
    if score is None or score.published.empty:
        return ""
    columns = [
        Column("Quarter", share=3),
        Column("Forecast by", share=3),
        Column("Middle", figures=True),
        Column(f"{percent(80)} range", figures=True, share=3),
        Column(f"{percent(95)} range", figures=True, share=3),
        Column("Counted", figures=True),
        Column("Inside", share=3),
    ]
    rows = [
        [
            Quarter.parse(row["quarter"]).label,
            f"{escape(row['edition'])}, {number(row['known'])} of {number(3)} months known",
            *_range(row),
            number(row["observed"]),
            _inside(row),
        ]
        for _, row in score.published.iterrows()
    ]
    caption = f"{score.name}: what earlier editions expected, and what was counted."
    return pipe(columns, rows, caption=caption, label=label)


def _inside(row: pd.Series) -> str:
    held = [f"{level}%" for level in (80, 95) if row[f"inside{level}"]]
    return listing(held) if held else "neither"


def score_by_method(score: Score | None, *, label: str) -> str:
    """How the ranges of every method turned out; empty where there is nothing to score."""
    if score is None or not score.n:
        return ""
    columns = [
        Column("Method", share=4),
        Column("Average error", figures=True, share=3),
        Column(f"In the {percent(80)} range", figures=True, share=3),
        Column(f"In the {percent(95)} range", figures=True, share=3),
    ]
    rows = [
        [
            _capital(method_name(str(name))),
            _or_none(row["mean_error_pct"], lambda value: percent(value, 1)),
            f"{number(row['inside80'])} of {number(row['scored'])}",
            f"{number(row['inside95'])} of {number(row['scored'])}",
        ]
        for name, row in score.summary.iterrows()
    ]
    caption = f"{score.name}: forecasts of earlier editions by method, against what was counted."
    return pipe(columns, rows, caption=caption, label=label)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
