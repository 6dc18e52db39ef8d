"""Charts of localities: months with their usual range and rolling years; all changes at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import matplotlib as mpl
import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bcsp_analysis.markup import plain
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.models.localities import LocalitiesOverview, LocalityResult
from bcsp_analysis.present import style
from bcsp_analysis.present.figures.series import draw_changes
from bcsp_analysis.present.text import numbers
from bcsp_analysis.present.text.localities import locality_title, many
from bcsp_analysis.present.text.localities_list import localities_title

_LEFT = 0.62  # inches of tick labels
_RIBBON, _LINE = "#E4E9EF", "#6B6B6B"
_MARKS = {"higher": "^", "lower": "v"}
_LOOKS = {
    str(Verdict.INCREASE): ("^", style.PLUM),
    str(Verdict.DECREASE): ("v", style.TEAL),
    str(Verdict.RECORDING_CHANGED): ("s", style.GREY),
}
_CLEAR = (str(Verdict.INCREASE), str(Verdict.DECREASE))
_CUT = (-80.0, 150.0)  # per cent; a range that goes on is cut at the edge of the panel
_TICKS = (-50, 0, 50, 100)  # per cent
_LABELLED = 12  # clear changes that are named beside their ranges


@style.styled
def locality(
    result: LocalityResult,
    *,
    area: str,
    source: str,
    changes: Iterable[RecordingChange] = (),
) -> style.Chart:
    """Months with their usual range above, sums of twelve months below, both from zero.

    A count or sum that is not shown exactly is a bar over the values that it can have.

    Parameters
    ----------
    changes : iterable of RecordingChange
        The register; lettered lines where a change touches the category.
    """
    chart, axes = style.frame(
        locality_title(result),
        f"Incidents a month above, in twelve months below, {plain(result.name)}, {area}, "
        f"{result.period.label}",
        source,
        heights=(2.2, 1.3),
        left=_LEFT,
        above=0.4,
        between=0.32,
        below=0.46,
    )
    if result.months is None or result.rolling is None:
        for ax in axes:
            ax.set_axis_off()
        axes[0].text(
            0, 0.5, "No count that may be shown.", va="center", transform=axes[0].transAxes
        )
        return chart
    months, year = axes
    handles = _months(months, result.months)
    style.key(months, handles, left=_LEFT)
    _years(year, result)
    for ax in axes:
        _dates(ax, result.months.index)
    months.tick_params(axis="x", labelbottom=False)
    draw_changes(months, result.months["estimate"].rename(result.category), changes)
    year.set_title("Twelve months to each month", loc="left", fontsize=9.5, pad=3)
    return chart


def _months(ax: Axes, months: pd.DataFrame) -> list[Artist]:
    """The usual range, a line through the months, a mark for each; what they stand for."""
    top = float(np.nanmax([months["high"].max(), months["usual_high"].max()]))
    handles: list[Artist] = []
    for _, part in _phases(months):
        edges = [*map(_before, part.index), _before(part.index[-1]) + 30.4375]
        ax.stairs(part["usual_high"], edges, baseline=part["usual_low"], fill=True, color=_RIBBON)
        ax.stairs(part["usual"], edges, baseline=None, color=_LINE, linewidth=1)
    if months["usual"].notna().any():
        handles += [
            Patch(facecolor=_RIBBON, edgecolor=style.PALE, label="usual range"),
            Line2D([], [], color=_LINE, linewidth=1, label="usual level"),
        ]
    exact = months["low"] == months["high"]
    ax.plot(months.index, months["estimate"], color=style.BLUE, linewidth=0.9)
    ax.vlines(
        months.index[~exact],
        months.loc[~exact, "low"],
        months.loc[~exact, "high"],
        color=style.ORANGE,
        linewidth=3.2,
        zorder=3,
    )
    if (~exact).any():
        handles.append(Line2D([], [], color=style.ORANGE, linewidth=3.2, label="shown as a range"))
    plain = exact & (months["direction"] == "") & ~months["faulty"]
    ax.plot(months.index[plain], months.loc[plain, "estimate"], "o", ms=2.8, color=style.BLUE)
    for direction, marker in _MARKS.items():
        marked = months["direction"] == direction
        look: dict[str, Any] = {"linestyle": "None", "marker": marker, "ms": 6, "color": style.BLUE}
        ax.plot(months.index[marked], months.loc[marked, "estimate"], **look)
        if marked.any():
            word = "more" if direction == "higher" else "fewer"
            handles.append(Line2D([], [], **{**look, "label": f"marked: {word}"}))
    wrong = months["faulty"] & exact
    if wrong.any():
        look = {"linestyle": "None", "marker": "s", "ms": 4.5, "mfc": "white", "mec": style.GREY}
        ax.plot(months.index[wrong], months.loc[wrong, "estimate"], **look)
        handles.append(Line2D([], [], **{**look, "label": "known wrong"}))
    ax.set_ylim(0, 1.16 * max(top, 1.0))
    return handles


def _phases(months: pd.DataFrame) -> list[tuple[Any, pd.DataFrame]]:
    """Stretches of months that have a usual range."""
    limited = months["usual"].notna()
    runs = (limited != limited.shift()).cumsum()[limited]
    return list(months[limited].groupby(runs))


def _years(ax: Axes, result: LocalityResult) -> None:
    """Sums of twelve months, the two that are compared as dots."""
    rolling = result.rolling
    if rolling is None:
        return
    exact = rolling["low"] == rolling["high"]
    ax.fill_between(
        rolling.index, rolling["low"], rolling["high"], where=~exact, color=style.ORANGE, alpha=0.5
    )
    ax.plot(rolling.index, rolling["estimate"], color=style.BLUE, linewidth=1.6)
    compared = (result.compared.before, result.compared.after)
    ends = rolling.loc[[pd.Timestamp(span.last.start) for span in compared]]
    ax.plot(ends.index, ends["estimate"], "o", ms=5.5, color=style.BLUE)
    ax.set_ylim(0, 1.22 * max(float(rolling["high"].max()), 1.0))


def _dates(ax: Axes, index: pd.Index) -> None:
    ax.set_xlim(_before(index[0]) - 15, _before(index[-1]) + 60)
    ax.xaxis.set_major_locator(mdates.YearLocator())
    ax.xaxis.set_major_formatter(style.years())
    ax.yaxis.set_major_locator(mpl.ticker.MaxNLocator(4, integer=True))
    ax.yaxis.set_major_formatter(lambda value, _: numbers.tick(value))
    ax.grid(axis="y")


def _before(stamp: pd.Timestamp) -> float:
    """The place on the axis where a month's column begins, half a month before its mark."""
    return float(mdates.date2num(stamp)) - 15.2


@style.styled
def localities(overview: LocalitiesOverview, *, area: str, source: str) -> style.Chart:
    """The change of every locality with its likely range, largest rise first.

    Clear changes are triangles and named, as long as there are not too many; the others are dots.
    """
    table = overview.table[~overview.table["hidden"] & overview.table["pct"].notna()]
    table = table.sort_values("pct", ascending=False, kind="stable")
    row = 0.16 if len(table) < 25 else 0.062
    chart, (ax,) = style.frame(
        localities_title(overview),
        f"Change of each {overview.kind} with its likely range, {area}, "
        f"{overview.compared.after.label} against the year before",
        f"One line each, {many(overview.kind, len(table))}. {_told(overview)} Arrows: the range "
        f"goes on.\n{source}",
        heights=(max(row * len(table), 0.6) + 0.18,),
        left=0.2,
        right=0.2,
    )
    ax.axvline(0, color=style.GREY, linewidth=1)
    for place, held in enumerate(table.to_dict("records")):
        _change(ax, place, held)
    _names(ax, table, row)
    ax.set(xlim=_CUT, ylim=(len(table) - 0.5 + 0.09 / row, -0.7), yticks=[])
    ax.set_xticks(_TICKS)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    ax.xaxis.set_major_formatter(
        lambda value, _: numbers.signed_percent(value, 0).replace("+0", "0")
    )
    return chart


def _told(overview: LocalitiesOverview) -> str:
    if overview.recording_changed:
        return "Squares: recording changed, not comparable."
    return "Triangles: clear change, judged together. Dots: no clear change."


def _change(ax: Axes, place: int, held: dict[Any, Any]) -> None:
    marker, colour = _LOOKS.get(held["verdict"], ("o", style.GREY))
    low, high = float(held["pct_low"]), float(held["pct_high"])
    ends = (max(low, _CUT[0]), min(high, _CUT[1]))
    if ends[0] < ends[1]:
        width = 1.8 if held["verdict"] in _CLEAR else 1.1
        ax.plot(ends, (place, place), color=colour, linewidth=width, zorder=2)
    for end, cut, arrow in ((ends[0], low < _CUT[0], "<"), (ends[1], high > _CUT[1], ">")):
        if cut:
            ax.plot(end, place, marker=arrow, color=colour, ms=4, clip_on=False)
    at = min(max(float(held["pct"]), _CUT[0]), _CUT[1])
    size = 6.5 if held["verdict"] in _CLEAR else 3
    face = "white" if marker == "s" else colour
    look: dict[str, Any] = {"mfc": face, "mec": colour, "ms": size, "clip_on": False, "zorder": 3}
    ax.plot(at, place, marker=marker, **look)


def _names(ax: Axes, table: pd.DataFrame, row: float) -> None:
    """Names of the clear changes, apart from each other, rises at the left and falls at the right.

    A rise leaves the left of its line free, a fall the right.
    """
    clear = table[table["verdict"].isin(_CLEAR)]
    if len(clear) > _LABELLED:
        return
    apart = 0.16 / row
    for verdict, ha, x in (
        (str(Verdict.INCREASE), "left", _CUT[0]),
        (str(Verdict.DECREASE), "right", _CUT[1]),
    ):
        places = [table.index.get_loc(code) for code in clear.index[clear["verdict"] == verdict]]
        names = clear.loc[clear["verdict"] == verdict, "name"]
        for y, name in zip(_spread(places, apart, len(table)), names, strict=True):
            ax.text(x, y, str(name), ha=ha, va="center", fontsize=9.5, bbox=style.label_box())


def _spread(places: list[Any], apart: float, rows: int) -> list[float]:
    """Places of labels, each at least so far from the one before, all within the panel."""
    found: list[float] = []
    for place in places:
        found.append(max(float(place), found[-1] + apart) if found else float(place))
    over = max(0.0, found[-1] - (rows - 0.5)) if found else 0.0
    return [place - over for place in found]
