"""Tables of localities; they hold what is shown of a locality and nothing else."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from typing import Any

import pandas as pd

from bcsp_analysis.markup import escape, plain
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.models.localities import LocalitiesOverview, LocalityResult, SeasonShown
from bcsp_analysis.periods import month_label
from bcsp_analysis.present.disclosure import SHORTHAND
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.control_charts import rule_numbers
from bcsp_analysis.present.text.localities import banded, many
from bcsp_analysis.present.text.numbers import end_percent, number, percent, signed_percent

CONFIDENTIAL, NOT_APPLICABLE, NONE = escape(SHORTHAND), escape("[z]"), "none"


def locality_months(result: LocalityResult, *, label: str) -> str:
    """Every month with its usual range, what marks it, and the twelve months that it ends."""
    if result.months is None or result.rolling is None:
        return "Nothing that may be shown."
    columns = [
        Column("Month", share=4),
        Column("Incidents", figures=True, share=3),
        Column("Usual range", figures=True, share=3),
        Column("Rules that mark it", share=3),
        Column("Twelve months to it", figures=True, share=3),
    ]
    rolling = result.rolling.to_dict("index")
    rows = [
        [
            month_label(pd.Timestamp(str(stamp))),
            banded(int(row["low"]), int(row["high"])),
            _usual(row),
            _marked(row),
            _sum(rolling[stamp]) if stamp in rolling else NOT_APPLICABLE,
        ]
        for stamp, row in result.months.to_dict("index").items()
    ]
    caption = (
        f"{result.category} in {plain(result.name)}: incidents by month and in twelve months, "
        f"{result.period.label}. [z]: not applicable."
    )
    return pipe(columns, rows[::-1], caption=caption, label=label)


def _usual(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["usual_low"]):
        return NOT_APPLICABLE
    return f"{number(row['usual_low'])} to {number(row['usual_high'])}"


def _marked(row: Mapping[Any, Any]) -> str:
    if row["faulty"]:
        return "known to be wrong, not judged"
    if pd.isna(row["usual_low"]):
        return NOT_APPLICABLE
    return rule_numbers(row["rules"]) or NONE


def _sum(row: Mapping[Any, Any]) -> str:
    low, high = int(row["low"]), int(row["high"])
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def locality_season(result: LocalityResult, *, label: str, area: str) -> str:
    """Month indices per day of the season that is shown, and those of the whole beside it."""
    season = result.season
    if season is None:
        return "No season that may be shown."
    own = season.own if season.shown is SeasonShown.OWN else None
    columns = [
        Column("Month", share=3),
        *(
            [
                Column(escape(result.name), figures=True, share=2),
                Column("Likely range", figures=True, share=3),
            ]
            if own is not None
            else []
        ),
        Column(escape(area), figures=True, share=2),
    ]
    rows = []
    for month in range(1, 13):
        cells = [calendar.month_name[month]]
        if own is not None:
            row = own.indices.loc[month].to_dict()
            cells += [
                number(100 * row["index"]),
                f"{number(100 * row['low'])} to {number(100 * row['high'])}",
            ]
        rows.append([*cells, number(100 * season.whole.loc[month])])
    caption = (
        f"{result.category}: incidents per day by calendar month, average month = {number(100)}, "
        f"{result.period.label}."
    )
    return pipe(columns, rows, caption=caption, label=label)


def localities(
    overview: LocalitiesOverview, *, label: str, links: Mapping[str, str] | None = None
) -> str:
    """All localities: incidents, rank, change with its likely range, verdict, share.

    Parameters
    ----------
    links : mapping of code to str, optional
        Target of the link that a locality's name becomes; one without a target stays plain.
    """
    with_rates = overview.per is not None
    columns = [
        Column(escape(overview.kind.capitalize()), share=4),
        Column("Incidents", figures=True, share=2),
        Column("Rank, likely range", figures=True, share=2),
        *(
            [
                Column(f"Per {number(overview.per)} residents", figures=True, share=2),
                Column("Rank of that", figures=True, share=2),
            ]
            if with_rates and overview.per is not None
            else []
        ),
        Column("Change on the year before", figures=True, share=2),
        Column("Likely range", figures=True, share=3),
        Column("Verdict", share=3),
        Column("Share of all", figures=True, share=2),
        Column("Share moved", share=3),
    ]
    rows = [
        [
            _linked(str(area), row["name"], links or {}),
            *_figures(row, with_rates=with_rates),
        ]
        for area, row in overview.table.to_dict("index").items()
    ]
    caption = (
        f"{overview.category}: {many(overview.kind, overview.n)} by incidents in "
        f"{overview.compared.after.label}, against {overview.compared.before.label}. Rank 1 has "
        "the most. [c]: too few to show. [z]: not applicable."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _linked(area: str, name: str, links: Mapping[str, str]) -> str:
    target = links.get(area, "")
    return f"[{escape(name)}]({target})" if target else escape(name)


def _figures(row: Mapping[Any, Any], *, with_rates: bool) -> list[str]:
    if row["hidden"]:
        return [CONFIDENTIAL] * (9 if with_rates else 7)
    rates = []
    if with_rates:
        known = not pd.isna(row["rate_rank"])
        rates = [number(row["rate"], 1), _range(row, "rate_")] if known else [NOT_APPLICABLE] * 2
    return [
        _sum(row),
        _range(row, ""),
        *rates,
        *_change(row),
        str(row["verdict"]),
        percent(100 * row["share"], 1),
        _share_verdict(str(row["share_verdict"])),
    ]


def _range(row: Mapping[Any, Any], prefix: str) -> str:
    low, high = int(row[f"{prefix}rank_low"]), int(row[f"{prefix}rank_high"])
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def _change(row: Mapping[Any, Any]) -> tuple[str, str]:
    few = row["verdict"] == str(Verdict.TOO_FEW)
    if few or pd.isna(row["pct"]):
        return NOT_APPLICABLE, NOT_APPLICABLE
    return (
        signed_percent(row["pct"], 0),
        f"{end_percent(row['pct_low'])} to {end_percent(row['pct_high'])}",
    )


def _share_verdict(verdict: str) -> str:
    return {
        str(Verdict.INCREASE): "clearly grew",
        str(Verdict.DECREASE): "clearly shrank",
        str(Verdict.NO_CLEAR_CHANGE): "not clearly",
    }.get(verdict, verdict)
