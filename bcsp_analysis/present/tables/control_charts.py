"""Tables of a control chart: its months, its marks, its rules, and the same drawn otherwise."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping

import pandas as pd

from bcsp_analysis.markup import escape
from bcsp_analysis.models.control_charts import ControlChart, Rule
from bcsp_analysis.periods import Span, month_label
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.control_charts import rule_numbers
from bcsp_analysis.present.text.numbers import number, probability

NONE, NOT_APPLICABLE = "none", "[z]"
_ASKED = {
    Rule.OUTSIDE: "Is the month beyond a limit?",
    Rule.TREND: "Is it one of seven or more that each rise, or each fall?",
    Rule.NEAR: (
        "Is it more than two thirds of the way to a limit, and so is another of three months in a "
        "row on the same side?"
    ),
    Rule.SIDE: "Is it one of seven or more in a row on the same side of the usual level?",
}


def control_chart_data(result: ControlChart, *, label: str) -> str:
    """The months behind the chart: as recorded, made comparable, with their limits."""
    columns = [
        Column("Month", share=4),
        Column("Incidents", figures=True),
        Column("Made comparable", figures=True, share=3),
        Column("Usual level", figures=True),
        Column("Limits", figures=True, share=3),
        Column("Rules that mark it", share=3),
    ]
    rows = [
        [
            month_label(pd.Timestamp(str(month))),
            number(row["count"]),
            number(row["value"]),
            *_limits(row),
            _marked(row),
        ]
        for month, row in result.months.iterrows()
    ]
    return pipe(
        columns,
        rows,
        caption=(
            f"{result.name}: incidents by month, as recorded and in a month of mean length"
            f"{' without the usual season' if result.season is not None else ''}, "
            f"{result.period.label}. {NOT_APPLICABLE}: no limits."
        ),
        label=label,
    )


def _limits(row: pd.Series) -> tuple[str, str]:
    if pd.isna(row["centre"]):
        return NOT_APPLICABLE, NOT_APPLICABLE
    return number(row["centre"]), f"{number(row['low'])} to {number(row['high'])}"


def _marked(row: pd.Series) -> str:
    if row["excluded"]:
        return "known to be wrong, not judged"
    if pd.isna(row["centre"]):
        return NOT_APPLICABLE
    return rule_numbers(row["rules"]) or NONE


def marked_months(result: ControlChart, *, label: str) -> str:
    """The marked months, with the direction in a column of its own."""
    marked = result.signals
    if not len(marked):
        return "No month is marked."
    columns = [
        Column("Month", share=4),
        Column("Against the usual level", figures=True, share=3),
        Column("Marked as", share=2),
        Column("Rules", share=2),
    ]
    rows = [
        [
            month_label(pd.Timestamp(str(month))),
            f"{number(row['value'])} against {number(row['centre'])}",
            str(row["direction"]),
            rule_numbers(row["rules"]),
        ]
        for month, row in marked.iterrows()
    ]
    caption = f"{result.name}: months that the rules mark, {result.period.label}."
    return pipe(columns, rows, caption=caption, label=label)


def chart_rules(result: ControlChart, *, label: str) -> str:
    """The rules in plain words, and how often each marks a month on which nothing happened."""
    alike = "correlated" in result.rule_alarms
    columns = [
        Column("Rule", share=5),
        Column("By chance, months independent", figures=True, share=3),
        *([Column("By chance, months as alike as these", figures=True, share=3)] if alike else []),
    ]
    rows = [
        [f"{number(at)}. {_ASKED[rule]}", *_shares(result.rule_alarms.loc[rule.value])]
        for at, rule in enumerate(Rule, start=1)
    ]
    rows.append(["Any of the four", *_shares(result.false_alarms["months_marked"])])
    caption = (
        f"{result.name}: the rules, and the share of months that each marks on "
        f"{number(result.draws)} made-up charts on which nothing happens."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _shares(values: Iterable[object]) -> list[str]:
    return [probability(float(str(value))) for value in values]


def chart_readings(readings: Mapping[str, ControlChart], *, label: str) -> str:
    """What each reading says of the same latest month."""
    published = next(iter(readings.values()))
    month = published.latest_month
    columns = [
        Column("Reading", share=4),
        Column(month.label, share=4),
        Column("Months marked", figures=True, share=3),
    ]
    rows = [
        [
            escape(_capital(name)),
            chart.variation(month).value,
            _marked_of(chart),
        ]
        for name, chart in readings.items()
    ]
    caption = (
        f"{published.name}: what the chart says of {month.label} where one choice is made "
        "otherwise; marked months of those with limits."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _marked_of(chart: ControlChart) -> str:
    limited = chart.phases.loc[chart.phases["baseline"] > 0, "n"].sum()
    return f"{number(len(chart.signals))} of {number(int(limited))}"


def limits_by_kind(kinds: Mapping[str, ControlChart], *, label: str) -> str:
    """Limits of the latest month that has any, by each kind of chart."""
    columns = [
        Column("Kind of limits", share=3),
        Column("Limits", figures=True, share=3),
        Column("Months marked", figures=True, share=2),
        Column("By chance", figures=True, share=2),
    ]
    first = next(iter(kinds.values()))
    month = first.latest_with_limits
    if month is None:
        return "No month has limits."
    rows = [
        [
            escape(str(kind)),
            _limits(chart.within(Span(month, month)).iloc[0])[1],
            _marked_of(chart),
            probability(chart.false_alarms["months_marked"].iloc[-1]),
        ]
        for kind, chart in kinds.items()
    ]
    caption = (
        f"{first.name}: limits of {month.label} by kind, months marked, and the share of months "
        "that each would mark where nothing happens."
    )
    return pipe(columns, rows, caption=caption, label=label)


def season_taken_out(readings: Mapping[str, ControlChart], *, label: str) -> str:
    """The season that each reading takes out, average month = 100."""
    seasons = {name: chart.season for name, chart in readings.items() if chart.season is not None}
    kept: dict[str, pd.Series] = {}
    for name, season in seasons.items():
        if not any(season.equals(other) for other in kept.values()):
            kept[name] = season
    if not kept:
        return "No season is taken out."
    columns = [
        Column("Month", share=3),
        *(Column(escape(_capital(n)), figures=True, share=4) for n in kept),
    ]
    rows = [
        [calendar.month_name[month], *(number(100 * s.loc[month]) for s in kept.values())]
        for month in range(1, 13)
    ]
    name = next(iter(readings.values())).name
    caption = f"{name}: the season taken out, incidents per day, average month = {number(100)}."
    return pipe(columns, rows, caption=caption, label=label)
