"""Sheets of the monthly series: months, control charts, seasons, cost of living, outlook."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.measures.recording import EVERY_MEASURE, RecordingChange
from bcsp_analysis.models.monthly import month_of
from bcsp_analysis.periods import Month, Span
from bcsp_analysis.present import text as words
from bcsp_analysis.present.text.control_charts import rule_numbers
from bcsp_analysis.present.text.outlook import method_name, together_span
from bcsp_analysis.present.unmarked import unmarked
from bcsp_analysis.publish.workbook_parts import (
    LOW,
    NOT_APPLICABLE,
    NOT_AVAILABLE,
    Cell,
    Column,
    Sheet,
    columns,
    figure,
    table,
    text,
    year,
)
from bcsp_analysis.start import Start

NONE = "none"
BREAK, UNRELIABLE = "[b]", "[u]"
_SERIES = 30
_MONTH = (("Month", 18), ("Year", 8), ("Number of the month", 12))
_EXPECTED = {1: "more incidents", -1: "fewer incidents", 0: "no effect"}
_HEADED = re.compile(r"\A\s*\*\*[^*]*\*\*\s*")
_NO_SERIES = "No page of the edition is about a monthly series."


def monthly(page: Start) -> Sheet:
    """Incidents of every month and category, with recording changes and faulty months marked."""
    return table(
        "Monthly_series",
        f"Incidents by month, {page.area}",
        (
            f"{BREAK}: from this month on, recording changed or may have changed. {UNRELIABLE}: "
            "known to be faulty.",
            stands_on(page),
        ),
        columns(
            ("Series", _SERIES), *_MONTH, ("Incidents", 12), ("Recording changes and faults", 80)
        ),
        (
            (
                text(name),
                *_month(month),
                figure(value, missing=NOT_AVAILABLE),
                _marks(page.recording, month, name, month_of(series.index[0])),
            )
            for name, series in page.all_monthly.items()
            for stamp, value in series.items()
            for month in [month_of(stamp)]  # type: ignore[arg-type]
        ),
        otherwise="The edition has no monthly figures.",
    )


def stands_on(page: Start) -> str:
    """What the monthly figures come from, without the words that head it on a page."""
    return unmarked(_HEADED.sub("", words.stands_on(page.standing)))


def _month(month: Month) -> tuple[Cell, Cell, Cell]:
    return month.label, year(month.year), figure(month.number)


def _marks(changes: Iterable[RecordingChange], month: Month, category: str, first: Month) -> str:
    told = []
    for change in changes:
        if not {category, EVERY_MEASURE} & set(change.categories):
            continue
        if month in change.faulty_months:
            told.append(f"{UNRELIABLE} {change.title}")
        elif change.month == month and first < month and not change.faulty_months:
            told.append(f"{BREAK} {change.title} ({change.status})")
    return text("; ".join(told), NONE)


def _of_series(
    name: str,
    title: str,
    lines: tuple[str, ...],
    heads: tuple[Column, ...],
    rows_of: Callable[[Start], Iterator[tuple[Cell, ...]]],
    pages: Iterable[Start],
) -> Sheet:
    """A sheet with the rows of each series; one that the model refuses is named with its reason."""
    rows: list[tuple[Cell, ...]] = []
    refused = []
    for page in pages:
        try:
            rows += list(rows_of(page))
        except ModelError as error:
            found = f" ({error.found})" if error.found else ""
            refused.append(text(f"{page.category} is left out: {error.problem}{found}."))
    otherwise = " ".join(refused) or _NO_SERIES
    return table(name, title, (*lines, *refused), heads, rows, otherwise=otherwise)


def control_charts(pages: Iterable[Start]) -> Sheet:
    """The months of each control chart, with limits and marks."""
    return _of_series(
        "Control_charts",
        "Control charts: is a month more than the usual ups and downs?",
        (
            "Made comparable: in a month of mean length, without the usual season.",
            f"{NOT_APPLICABLE}: no limits, because too few months were recorded in the same way.",
            "The four rules stand on the pages of the site and on its methods page.",
        ),
        columns(
            ("Series", _SERIES),
            *_MONTH,
            ("Incidents", 12),
            ("Made comparable", 14),
            ("Usual level", 12),
            ("Lower limit", 12),
            ("Upper limit", 12),
            ("Stretch recorded in the same way", 14),
            ("Rules that mark it", 16),
            ("Marked as", 16),
        ),
        _chart_rows,
        pages,
    )


def _chart_rows(page: Start) -> Iterator[tuple[Cell, ...]]:
    chart = page.control_chart
    for stamp, row in chart.months.iterrows():
        judged = not row["excluded"] and not pd.isna(row["centre"])
        rules = rule_numbers(row["rules"])
        marked = f"rule {rules}" if rules else NONE
        excluded = "known to be faulty, not judged" if row["excluded"] else NOT_APPLICABLE
        yield (
            text(chart.name),
            *_month(month_of(stamp)),  # type: ignore[arg-type]
            figure(row["count"], missing=NOT_AVAILABLE),
            figure(row["value"]),
            figure(row["centre"]),
            figure(row["low"]),
            figure(row["high"]),
            figure(row["phase"]),
            marked if judged else excluded,
            text(row["direction"], NONE if judged else NOT_APPLICABLE),
        )


def seasons(pages: Iterable[Start]) -> Sheet:
    """Month indices of each series."""
    return _of_series(
        "Season",
        "Season: how far each month of the year lies off the average month",
        (
            "Index: incidents per day, average month = 100.",
            "Probability: that the month truly lies above the average.",
        ),
        columns(
            ("Series", _SERIES),
            ("Month of the year", 18),
            ("Number of the month", 12),
            ("Index", 12),
            ("Likely range, lower end", 14),
            ("Likely range, upper end", 14),
            ("All twelve at once, lower end", 14),
            ("All twelve at once, upper end", 14),
            ("Probability of lying above the average, per cent", 18),
        ),
        _indices,
        pages,
    )


def _indices(page: Start) -> Iterator[tuple[Cell, ...]]:
    result = page.seasonality
    for month, row in result.indices.iterrows():
        number = int(str(month))
        yield (
            text(result.name),
            calendar.month_name[number],
            figure(number),
            *(
                figure(100 * row[column], 1)
                for column in ("index", "low", "high", "low_all", "high_all")
            ),
            figure(100 * row["above"], 1) if row["above"] else LOW,
        )


def cost_of_living(pages: Iterable[Start]) -> Sheet:
    """Hypotheses fixed beforehand, with effect, range, tests and answer."""
    return _of_series(
        "Cost_of_living",
        "Cost of living: hypotheses fixed beforehand, and what was found",
        (
            "Effect: change in incidents for one usual swing (standard deviation) of the price.",
            "“Not detectable” does not mean that there is none: an effect smaller than the one "
            "named under “Less would probably be missed” could well have been missed.",
        ),
        columns(
            ("Series", _SERIES),
            ("When this is higher", 40),
            ("First month before", 12),
            ("Last month before", 12),
            ("Expected", 18),
            ("Usual swing, points", 12),
            ("Effect on incidents, per cent", 14),
            ("Likely range, lower end, per cent", 14),
            ("Likely range, upper end, per cent", 14),
            ("Less would probably be missed, per cent", 14),
            ("p-value", 12),
            ("Corrected p-value", 12),
            ("Answer", 28),
            ("Why it was expected", 80),
        ),
        _hypotheses,
        pages,
    )


def _hypotheses(page: Start) -> Iterator[tuple[Cell, ...]]:
    from bcsp_analysis.present.text.living import price_name

    result = page.cost_of_living
    for _, row in result.hypotheses.iterrows():
        name = price_name(str(row["predictor"]), str(row["transformation"]))
        yield (
            text(result.name),
            text(name[:1].upper() + name[1:]),
            figure(row["first_lag"]),
            figure(row["last_lag"]),
            _EXPECTED[int(row["sign"])],
            figure(row["sd"], 1),
            *(
                figure(row[column], 1)
                for column in ("effect_pct", "low_pct", "high_pct", "detectable_adjusted_pct")
            ),
            figure(row["p_value"], 3),
            figure(row["p_adjusted"], 3),
            text(str(row["answer"])),
            text(row["reason"]),
        )


def outlook(pages: Iterable[Start]) -> Sheet:
    """Published ranges of the coming quarters, and of several together."""
    return _of_series(
        "Outlook",
        "Outlook: the range in which the coming quarters are expected",
        (
            "Four counts in five should lie in the 80% range, nineteen in twenty in the 95% range.",
            "The range of quarters together is not the sum of theirs.",
            "A range is what the past allows, no target and no promise.",
        ),
        columns(
            ("Series", _SERIES),
            ("Period", 34),
            ("Method", 28),
            ("Months known", 12),
            ("Middle, incidents", 14),
            ("80% range, lower end", 14),
            ("80% range, upper end", 14),
            ("95% range, lower end", 14),
            ("95% range, upper end", 14),
            ("A year before, incidents", 14),
        ),
        _ranges,
        pages,
    )


def _ranges(page: Start) -> Iterator[tuple[Cell, ...]]:
    result = page.outlook
    method = text(method_name(result.chosen))
    for quarter in result.quarters:
        row = result.range_of(quarter)
        yield (
            text(result.name),
            f"{quarter.label}, {quarter.months_label}",
            method,
            figure(row["observed"]),
            *_ends(row),
            figure(row["year_before"], missing=NOT_AVAILABLE),
        )
    known = _known(result.period, together_span(result))
    yield (
        text(result.name),
        f"{together_span(result).label}, together",
        method,
        figure(known),
        *_ends(result.range_together),
        NOT_AVAILABLE,
    )


def _known(history: Span, span: Span) -> int:
    return sum(month in history for month in span)


def _ends(row: Any) -> tuple[Cell, ...]:
    return tuple(figure(row[name]) for name in ("point", "low80", "high80", "low95", "high95"))
