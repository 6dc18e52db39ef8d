"""Charts of other areas: changes with their likely ranges, and rolling years on a common base."""

from __future__ import annotations

from typing import Any

import matplotlib.dates as mdates
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bcsp_analysis.markup import plain
from bcsp_analysis.models.other_areas import Comparison, OtherAreas
from bcsp_analysis.present import style
from bcsp_analysis.present.text import numbers
from bcsp_analysis.present.text.other_areas import (
    other_areas_title,
    pct,
    per_day,
)
from bcsp_analysis.present.text.other_areas_movement import other_areas_rolling_title

_ROW = 0.36  # inches of a row with its name
_NAMED = 16  # others whose names there is room for
_TALLEST = 5.6  # inches of the rows without names
_BAND = "#DCE6EF"
_FURTHEST = 120.0  # per cent; a range that goes on is cut with an arrow
_LOOK: dict[str, dict[str, Any]] = {
    "own": {"marker": "D", "color": style.BLUE, "markersize": 7, "zorder": 4},
    "pooled": {"marker": "o", "color": style.GREY, "markersize": 5, "zorder": 3},
    "apart": {
        "marker": "o",
        "color": style.GREY,
        "markerfacecolor": "white",
        "markersize": 5,
        "zorder": 3,
    },
    "mean": {"marker": "s", "color": style.ORANGE, "markersize": 7, "zorder": 4},
}
_LEFT = 0.12


@style.styled
def other_areas(
    result: OtherAreas, compared: Comparison | None = None, *, source: str
) -> style.Chart:
    """Change of every area with its likely range, the area and the average of the others first.

    The shaded band is where the area was to be expected if it were one of the others. The other
    areas follow in the order of their changes; their names are left out where there are many.
    """
    held = compared or result.year
    rows = _rows(result, held)
    if not rows:
        words = "No area has incidents enough to be compared."
        return _empty(other_areas_title(result, held), held.period.label, words, source)
    others = sum(look in ("pooled", "apart") for _, look, *_ in rows)
    heights = [
        _ROW if others <= _NAMED or look in ("own", "mean") else min(_ROW, _TALLEST / others)
        for _, look, *_ in rows
    ]
    unnamed = "" if others <= _NAMED else " Names of the other areas are in the table below."
    chart, (ax,) = style.frame(
        other_areas_title(result, held),
        f"Change of incidents per day, {held.period.label} on the same months a year before, "
        f"with the likely range.{unnamed}",
        source,
        heights=(sum(heights) + 0.12,),
        left=_LEFT,
        right=0.24,
        below=0.3,
        above=_key_height(held, rows),
    )
    reach = _reach(held, rows)
    ax.set(xlim=(-min(reach, 100.0), reach), ylim=(sum(heights) + 0.06, -0.06), yticks=[])
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_formatter(
        lambda value, _: numbers.signed_percent(value, 0).replace("+0%", "0%")
    )
    ax.locator_params(axis="x", nbins=5)
    if held.pool is not None:
        ax.axvspan(
            max(pct(held.pool.expected_low), -100.0),
            min(pct(held.pool.expected_high), reach),
            color=_BAND,
            zorder=0,
        )
    top = 0.0
    for row, height in zip(rows, heights, strict=True):
        _draw(ax, top, height, row, reach)
        top += height
    style.key(ax, _handles(held, rows), left=_LEFT)
    return chart


Row = tuple[str, str, float, float, float]
"""Name, look, change, and the ends of its likely range, per cent."""


def _rows(result: OtherAreas, held: Comparison) -> list[Row]:
    rows: list[Row] = []
    if held.change is not None:
        rows.append(_row(held, result.own, "own"))
    if held.pool is not None:
        pool = held.pool
        rows.append(
            (
                "Average of the other areas",
                "mean",
                pct(pool.mean),
                pct(pool.mean_low),
                pct(pool.mean_high),
            )
        )
    others = [
        _row(held, name, "pooled" if name in set(held.pooled) else "apart")
        for name in held.changes
        if name != result.own
    ]
    return rows + sorted(others, key=lambda row: (-row[2], row[0]))


def _row(held: Comparison, name: str, look: str) -> Row:
    found = held.changes[name]
    return plain(name), look, per_day(found), pct(found.low), pct(found.high)


def _reach(held: Comparison, rows: list[Row]) -> float:
    """How far the axis goes to either side."""
    ends = [abs(value) for row in rows for value in row[2:]]
    if held.pool is not None:
        ends += [abs(pct(held.pool.expected_low)), abs(pct(held.pool.expected_high))]
    return min(max(10.0, *ends) * 1.06, _FURTHEST)


def _draw(ax: Axes, top: float, height: float, row: Row, reach: float) -> None:
    name, look, at, low, high = row
    named = height == _ROW
    y = top + height * (0.72 if named else 0.5)
    edge = -min(reach, 100.0)
    ends = max(low, edge), min(high, reach)
    colour = _LOOK[look]["color"]
    thick = 2.0 if look in ("own", "mean") else 1.2
    # In the row of the bar only, so that no line runs through a name.
    line = (top + 0.42 * height, top + height) if named else (top, top + height)
    ax.plot((0, 0), line, color=style.GREY, linewidth=1, solid_capstyle="butt", zorder=1)
    ax.plot(ends, (y, y), color=colour, linewidth=thick, solid_capstyle="butt", zorder=2)
    for end, cut, arrow in ((ends[0], low < edge, "<"), (ends[1], high > reach, ">")):
        if cut:
            ax.plot(end, y, marker=arrow, color=colour, markersize=6, clip_on=False)
    look_of = dict(_LOOK[look])
    if not named:
        look_of["markersize"] = max(1.5, min(4.0, height * 40))
    ax.plot(min(max(at, edge), reach), y, linestyle="None", clip_on=False, **look_of)
    if named:
        own = look == "own"
        words = f"{name}{' (this area)' if own else ''}  {numbers.end_percent(at)}"
        ax.text(
            edge,
            top + height * 0.26,
            words,
            va="center",
            fontsize=9.5,
            weight="bold" if own or look == "mean" else "normal",
            zorder=5,
        )


def _handles(held: Comparison, rows: list[Row]) -> list[Line2D | Patch]:
    words = {
        "own": "this area",
        "mean": "average",
        "pooled": "in the average",
        "apart": "not in the average",
    }
    drawn = {look for _, look, *_ in rows}
    handles: list[Line2D | Patch] = [
        Line2D([], [], linestyle="None", label=word, **_LOOK[look])
        for look, word in words.items()
        if look in drawn
    ]
    if held.pool is not None:
        handles.append(Patch(facecolor=_BAND, edgecolor=style.PALE, label="to be expected"))
    return handles


def _key_height(held: Comparison, rows: list[Row]) -> float:
    return 0.2 * -(-len(_handles(held, rows)) // 3)


@style.styled
def other_areas_rolling(result: OtherAreas, *, source: str) -> style.Chart:
    """Totals of twelve months on a common base: the area's line among those of the others."""
    found = result.movement
    if found is None or found.rolling.empty:
        words = "No two areas hold the same twelve months."
        return _empty(other_areas_rolling_title(result), result.span.label, words, source)
    table = found.rolling
    chart, (ax,) = style.frame(
        other_areas_rolling_title(result),
        f"{result.name}, incidents of twelve months up to each month; the first that all areas "
        "hold = 100. The axis does not start at zero",
        source,
        heights=(2.6,),
        left=0.5,
        right=0.2,
        below=0.46,
        above=0.24,
    )
    for name in table.columns:
        if name != result.own:
            ax.plot(table.index, table[name], color="#8A8A8A", linewidth=0.9, zorder=2)
    ax.plot(table.index, table[result.own], color=style.BLUE, linewidth=2.6, zorder=3)
    ends = table[result.own].dropna()
    ax.plot(ends.index[-1], ends.iloc[-1], linestyle="None", clip_on=False, **_LOOK["own"])
    ax.axhline(100, color=style.GREY, linewidth=1, linestyle=":", zorder=1)
    ax.grid(axis="y")
    ax.xaxis.set_major_locator(mdates.YearLocator())
    ax.xaxis.set_major_formatter(style.years())
    ax.xaxis.set_minor_locator(mdates.MonthLocator(bymonth=(4, 7, 10)))
    ax.yaxis.set_major_formatter(lambda value, _: numbers.tick(value))
    style.key(
        ax,
        [
            Line2D([], [], linewidth=2.6, label="this area", **_LOOK["own"]),
            Line2D([], [], color="#8A8A8A", linewidth=0.9, label="other areas, one line each"),
        ],
        left=0.5,
    )
    return chart


def _empty(title: str, subtitle: str, words: str, source: str) -> style.Chart:
    """A chart that says why there is nothing to draw."""
    chart, (ax,) = style.frame(title, subtitle, source, heights=(0.5,), left=_LEFT, below=0.1)
    ax.axis("off")
    ax.text(0, 0.5, words, transform=ax.transAxes, va="center")
    return chart
