"""Charts of the season: month indices, and how often single months lay above the trend."""

from __future__ import annotations

import calendar
from collections.abc import Iterable

import pandas as pd

from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.monthly import MEAN_MONTH_DAYS
from bcsp_analysis.models.season_statement import StatementResult
from bcsp_analysis.models.seasonality import SeasonalityResult
from bcsp_analysis.present import style
from bcsp_analysis.present.figures.series import draw_changes, draw_monthly
from bcsp_analysis.present.text import numbers
from bcsp_analysis.present.text.season import season_title
from bcsp_analysis.present.text.season_statement import statement_title

_LETTERS = [calendar.month_abbr[month][0] for month in range(1, 13)]


@style.styled
def month_indices(
    result: SeasonalityResult,
    *,
    area: str,
    source: str,
    confirmed: SeasonalityResult | None = None,
) -> style.Chart:
    """Each month's rate per day against the average month, with both kinds of interval.

    The thick bar is the interval of one month for itself, the thin one holds for all twelve at
    once; the months of the report's statement are filled. With `confirmed`, the result with
    confirmed recording changes alone, the title says whether the finding hangs on the others.
    """
    chart, (ax,) = style.frame(
        season_title(result, confirmed),
        f"Incidents per day, average month = 100, {area}, {result.period.label}",
        source,
        heights=(2.5,),
        left=0.5,
    )
    ax.axhline(100, color=style.GREY, linewidth=1)
    for month in range(1, 13):
        row = 100 * result.indices.loc[month]
        filled = month in result.statement.months
        ax.plot((month, month), (row["low_all"], row["high_all"]), color=style.BLUE, linewidth=1)
        ax.plot((month, month), (row["low"], row["high"]), color=style.BLUE, linewidth=3.4)
        ax.plot(
            month,
            row["index"],
            marker="o" if filled else "s",
            markerfacecolor=style.ORANGE if filled else "white",
            markeredgecolor=style.BLUE,
            markersize=7.5,
        )
    ax.set(xlim=(0.4, 12.6))
    ax.set_xticks(range(1, 13), _LETTERS)
    ax.yaxis.set_major_formatter(lambda value, _: numbers.tick(value))
    ax.grid(axis="y")
    return chart


@style.styled
def months_above(scored: StatementResult, *, area: str, source: str) -> style.Chart:
    """The model's probability for each month of the statement, beside the yardstick."""
    low, high = (100 * value for value in scored.yardstick)
    chart, (ax,) = style.frame(
        statement_title(scored),
        f"Probability that a single month lies above its fitted trend, {area}",
        source,
        heights=(0.42 * len(scored.months) + 0.1,),
        left=1.35,
        right=0.25,
    )
    ax.axvspan(low, high, color=style.PALE)
    labels = []
    for place, month in enumerate(scored.months):
        row = scored.by_month.loc[month]
        above, years = (numbers.number(float(str(row[name]))) for name in ("above", "years"))
        held = f"{above} of {years}"
        labels.append(f"{calendar.month_name[month]} ({held})")
        ax.plot(100 * row["probability"], place, marker="o", color=style.BLUE, clip_on=False)
        ax.plot(
            100 * row["share"],
            place,
            marker="D",
            markerfacecolor="white",
            markeredgecolor=style.ORANGE,
            clip_on=False,
            zorder=1.5,
        )
    ax.set(xlim=(0, 100), ylim=(len(scored.months) - 0.5, -0.5))
    ax.set_yticks(range(len(scored.months)), labels)
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_major_formatter(lambda value, _: numbers.percent(value))
    return chart


@style.styled
def adjusted(
    result: SeasonalityResult,
    *,
    title: str,
    area: str,
    source: str,
    changes: Iterable[RecordingChange] = (),
) -> style.Chart:
    """The series per day as recorded, and with the month pattern taken out."""
    chart, (ax,) = style.frame(
        title,
        f"Incidents per day, {result.name}, {area}, {result.period.label}",
        "Line with dots: as recorded. Dashed: without the pattern of the months.\n" + source,
        heights=(2.3,),
        left=0.5,
        below=0.46,
    )
    draw_monthly(ax, result.per_day)
    without: pd.Series = result.adjusted / MEAN_MONTH_DAYS
    ax.plot(without.index, without, color=style.ORANGE, linestyle="--", linewidth=1.6)
    draw_changes(ax, result.per_day.rename(result.name), changes)
    return chart
