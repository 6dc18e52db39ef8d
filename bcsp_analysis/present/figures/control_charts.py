"""The control chart: months, usual level and limits, and below it which rules mark which months.

Signal and improvement are two things and drawn as two: a marked month is a filled triangle that
points to more or to fewer, and its colour says whether that is better or worse. Colours as in the
NHS Making Data Count programme: blue for better, orange for worse, grey for neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import matplotlib as mpl
import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.control_charts import ControlChart, Rule
from bcsp_analysis.present import style
from bcsp_analysis.present.figures.series import draw_changes
from bcsp_analysis.present.text import numbers
from bcsp_analysis.present.text.control_charts import control_chart_title

_COLOURS = {"better": style.BLUE, "worse": style.ORANGE, "neither": style.GREY}
_SHAPES = {"higher": "^", "lower": "v"}
_LINE, _BAND = "#6B6B6B", "#F0F0F0"
_ROW = 0.17  # inches of each rule's row
_LEFT = 0.62  # inches of tick labels


@style.styled
def control_chart(
    result: ControlChart,
    *,
    area: str,
    source: str,
    changes: Iterable[RecordingChange] = (),
) -> style.Chart:
    """Months with their limits; below, one row a rule with the months that it marks.

    Parameters
    ----------
    changes : iterable of RecordingChange
        The register; lettered lines where a change touches the series.
    """
    comparable = "season taken out, " if result.season is not None else ""
    chart, (ax, strip) = style.frame(
        control_chart_title(result),
        f"Incidents in a month of average length, {comparable}{area}, {result.period.label}. "
        "The axis does not start at zero",
        source,
        heights=(2.9, _ROW * len(Rule) + 0.06),
        left=_LEFT,
        above=0.56,
        between=0.16,
        below=0.46,
    )
    _limits(ax, result)
    _months(ax, result)
    for panel in (ax, strip):
        _dates(panel, result)
    ax.yaxis.set_major_locator(mpl.ticker.MaxNLocator(5))
    ax.yaxis.set_major_formatter(lambda value, _: numbers.tick(value))
    ax.tick_params(axis="x", labelbottom=False)
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.1 * (high - low))  # room for the letters
    draw_changes(ax, result.months["value"].rename(result.name), changes)
    _rules(strip, result)
    _key(ax, result)
    return chart


def _limits(ax: Axes, result: ControlChart) -> None:
    """Usual level and limits of each phase, and the months that set them."""
    months = result.months
    for _, phase in months[months["centre"].notna()].groupby("phase"):
        base = phase.index[phase["baseline"]]
        ax.axvspan(_edge(base[0], -0.5), _edge(base[-1], 0.5), color=_BAND, zorder=0)
        edges = [*(_edge(stamp, -0.5) for stamp in phase.index), _edge(phase.index[-1], 0.5)]
        for name in ("low", "high"):
            ax.stairs(
                phase[name].to_numpy(),
                edges,
                baseline=None,
                color=_LINE,
                linestyle="--",
                linewidth=1,
            )
        ax.stairs(phase["centre"].to_numpy(), edges, baseline=None, color=style.GREY, linewidth=1.4)


def _months(ax: Axes, result: ControlChart) -> None:
    """A line through the judged months, and a mark for every month by what it is."""
    months = result.months
    judged = months[~months["excluded"]]
    for _, phase in judged.groupby("phase"):
        ax.plot(phase.index, phase["value"], color=_LINE, linewidth=1)
    for improvement, direction in _marked_kinds(result):
        kind = judged[(judged["improvement"] == improvement) & (judged["direction"] == direction)]
        ax.plot(kind.index, kind["value"], linestyle="None", **_mark(improvement, direction))
    unmarked = judged[judged["rules"] == ""]
    for rows, look in (
        (unmarked[unmarked["centre"].notna()], _plain()),
        (unmarked[unmarked["centre"].isna()], _without_limits()),
    ):
        ax.plot(rows.index, rows["value"], linestyle="None", **look)
    left_out = months[months["excluded"]]
    ax.plot(left_out.index, left_out["value"], linestyle="None", **_hollow())


def _rules(strip: Axes, result: ControlChart) -> None:
    """One row a rule; every month that it marks as a triangle, as above."""
    for place, rule in enumerate(Rule):
        strip.axhline(place, color=style.PALE, linewidth=0.8)
        named = [rule in names.split("; ") for names in result.months["rules"]]
        marked = result.months[named]
        for (improvement, direction), part in marked.groupby(["improvement", "direction"]):
            strip.plot(
                part.index,
                [place] * len(part),
                linestyle="None",
                **{**_mark(str(improvement), str(direction)), "markersize": 5},
            )
    strip.set_ylim(len(Rule) - 0.5, -0.5)
    names = [f"Rule {numbers.number(at)}" for at in range(1, len(Rule) + 1)]
    strip.set_yticks(range(len(Rule)), names)
    strip.tick_params(axis="y", length=0, labelsize=9)
    strip.spines["left"].set_visible(False)


def _key(ax: Axes, result: ControlChart) -> None:
    """What the shapes and lines stand for, over the chart."""
    handles: list[Line2D | Patch] = [
        Line2D([], [], linestyle="None", label=_word(*kind), **{**_mark(*kind), "markersize": 9})
        for kind in _marked_kinds(result)
    ]
    months = result.months
    limited = months["centre"].notna()
    if (~months["excluded"] & limited & (months["rules"] == "")).any():
        handles.append(Line2D([], [], linestyle="None", label="not marked", **_plain()))
    if (~months["excluded"] & ~limited).any():
        handles.append(Line2D([], [], linestyle="None", label="no limits", **_without_limits()))
    if months["excluded"].any():
        handles.append(Line2D([], [], linestyle="None", label="known wrong", **_hollow()))
    if limited.any():
        handles += [
            Line2D([], [], color=style.GREY, linewidth=1.4, label="usual level"),
            Line2D([], [], color=_LINE, linestyle="--", linewidth=1, label="limits"),
            Patch(facecolor=_BAND, edgecolor=style.PALE, label="sets the limits"),
        ]
    style.key(ax, handles, left=_LEFT)


def _marked_kinds(result: ControlChart) -> list[tuple[str, str]]:
    """Improvement and direction of the signals there are, more first."""
    signals = result.signals
    found = set(zip(signals["improvement"], signals["direction"], strict=True))
    return sorted(((str(i), str(d)) for i, d in found), key=lambda kind: kind[1])


def _word(improvement: str, direction: str) -> str:
    side = "more" if direction == "higher" else "fewer"
    return side if improvement == "neither" else f"{side}: {improvement}"


def _mark(improvement: str, direction: str) -> dict[str, Any]:
    return {
        "marker": _SHAPES[direction],
        "markersize": 7.5,
        "markerfacecolor": _COLOURS[improvement],
        "markeredgecolor": style.GREY,
        "markeredgewidth": 0.5,
        "color": _COLOURS[improvement],
        "zorder": 3,
    }


def _plain() -> dict[str, Any]:
    return {"marker": "o", "markersize": 3.5, "color": _LINE, "zorder": 2.5}


def _without_limits() -> dict[str, Any]:
    return {**_plain(), "markersize": 4.5, "markerfacecolor": "white", "markeredgecolor": _LINE}


def _hollow() -> dict[str, Any]:
    return {
        "marker": "s",
        "markersize": 6,
        "markerfacecolor": "white",
        "markeredgecolor": style.GREY,
        "color": style.GREY,
        "zorder": 3,
    }


def _dates(ax: Axes, result: ControlChart) -> None:
    index = result.months.index
    ax.set_xlim(_edge(index[0], -1.0), _edge(index[-1], 1.0))
    ax.xaxis.set_major_locator(mdates.YearLocator())
    ax.xaxis.set_major_formatter(style.years())
    ax.xaxis.set_minor_locator(mdates.MonthLocator(bymonth=(4, 7, 10)))


def _edge(stamp: pd.Timestamp, months: float) -> float:
    """A place on the axis, some months away from the place of a month."""
    return float(mdates.date2num(stamp)) + months * 30.4375
