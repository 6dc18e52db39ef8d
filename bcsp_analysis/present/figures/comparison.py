"""Charts of the comparison with similar areas: ratios to the group's mean, and funnels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes

from bcsp_analysis.markup import plain
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.models.comparators import Comparators
from bcsp_analysis.models.comparison import Apart, PrintedComparison, Standing
from bcsp_analysis.models.funnel import FunnelResult, Overdispersion
from bcsp_analysis.present import style
from bcsp_analysis.present.text import numbers
from bcsp_analysis.present.text.comparators import (
    POSITION_WORDS,
    RANKS_TITLE,
    funnels_title,
    position,
    spread_known,
)
from bcsp_analysis.present.text.comparison import compared, comparison_title, distance
from bcsp_analysis.present.text.grades import short_title

# Shape, fill and colour say the standing together, beside its words.
_LOOK = {
    Standing.MORE: ("^", style.PLUM, style.PLUM),
    Standing.FEWER: ("v", style.TEAL, style.TEAL),
    Standing.NO_CLEAR: ("o", "white", style.BLUE),
    Standing.TOO_FEW: ("o", "white", style.GREY),
    Standing.APART: ("s", "white", style.GREY),
}
_ROW = 0.34  # inches
_WIDE = {0.25: -75, 0.5: -50, 1.0: 0, 2.0: 100, 4.0: 300}  # ticks: times the mean, per cent
_CLOSE = {0.5: -50, 0.75: -25, 1.0: 0, 1.5: 50, 2.0: 100}
_CLOSE_UP_TO = 3.0  # times the mean; further out the close ticks would print over each other
_NEAREST, _FURTHEST = 2.0, 5.0  # the axis reaches at least, and at most, this many times the mean
_PANELS = 6
_PANEL = 1.7  # inches


@style.styled
def ratios(
    results: Mapping[str, PrintedComparison], catalogue: Catalogue, *, area: str, source: str
) -> style.Chart:
    """Each measure's rate over the group's mean with its likely range, one row each, log axis.

    Comparisons that are set apart stand below, without a range. A range that goes on is cut with an
    arrow; measures whose counts are hidden are named, not drawn.
    """
    used = compared(results)
    unusable = [r for r in results.values() if r.apart and r.apart is not Apart.HIDDEN]
    hidden = [short_title(catalogue[r.measure_id]) for r in results.values()
              if r.apart is Apart.HIDDEN]  # fmt: skip
    rows: list[str | PrintedComparison] = [*(["Compared"] if used else []), *used]
    rows += [*(["Set apart: no verdict"] if unusable else []), *unusable]
    period = f", {used[0].period.label}" if used else ""
    note = f"Not drawn, counts hidden: {numbers.listing(hidden)}.\n" if hidden else ""
    chart, (ax,) = style.frame(
        comparison_title(results, plain(area)),
        f"Rate of {plain(area)} against the mean of its most similar group, with the likely "
        f"range{period}",
        f"{note}{source}",
        heights=(_ROW * max(len(rows), 1) + 0.1,),
        left=0.12,
        right=0.2,
        below=0.46,
    )
    if not rows:
        _say(ax, "No rates of similar areas are printed.")
        return chart
    reach = _reach([r for r in rows if isinstance(r, PrintedComparison)])
    ax.set(xscale="log", xlim=(1 / reach, reach), ylim=(len(rows) - 0.35, -0.75), yticks=[])
    ax.spines["left"].set_visible(False)
    labels = _CLOSE if reach < _CLOSE_UP_TO else _WIDE
    ticks = [tick for tick in labels if 1 / reach <= tick <= reach]
    ax.set_xticks(
        ticks,
        [
            numbers.signed_percent(labels[t], 0) if labels[t] else "group\u2019s\nmean"
            for t in ticks
        ],
    )
    ax.minorticks_off()
    for place, row in enumerate(rows):
        if isinstance(row, str):
            ax.text(1 / reach, place - 0.05, row, weight="bold", va="center")
        else:
            _draw_ratio(ax, place, short_title(catalogue[row.measure_id]), row, ticks, reach)
    return chart


def _reach(drawn: list[PrintedComparison]) -> float:
    """How many times the mean the axis goes to either side."""
    ends = [end for r in drawn for end in (r.ratio, *(() if r.apart else (r.low, r.high)))]
    furthest = max((max(end, 1 / end) if end else math.inf for end in ends), default=1.0)
    return min(max(1.06 * furthest, 1.06 * _NEAREST), _FURTHEST)


def _draw_ratio(
    ax: Axes, place: int, title: str, result: PrintedComparison, ticks: list[float], reach: float
) -> None:
    marker, face, edge = _LOOK[result.standing]
    if result.leans:
        face = edge
    y, first, last = place + 0.22, 1 / reach, reach
    for tick in ticks:  # in the row of the bar only, so that no line runs through a label
        colour = style.GREY if tick == 1 else style.PALE
        ax.plot((tick, tick), (y - 0.15, y + 0.2), color=colour, linewidth=1, zorder=1)
    words = _words(result)
    if not result.apart:
        ends = min(max(result.low, first), last), max(min(result.high, last), first)
        ax.plot(ends, (y, y), color=edge, solid_capstyle="butt")
        cut = result.low < first, result.high > last
        for end, over, arrow in zip(ends, cut, ("<", ">"), strict=True):
            ax.plot(end, y, marker=arrow if over else "|", color=edge, markersize=7, clip_on=False)
    inside = min(max(result.ratio, first), last)
    ax.plot(
        inside,
        y,
        marker=marker,
        markersize=6,
        markerfacecolor=face,
        markeredgecolor=edge,
        clip_on=False,
    )
    ax.text(first, place - 0.17, f"{title}: {words}", va="center", fontsize=9.5)


def _words(result: PrintedComparison) -> str:
    """Distance and standing as the row of the chart says them."""
    if result.apart is Apart.OTHER:
        return "other offences counted"
    if result.apart:
        return "does not fit the counts"
    if result.standing is Standing.TOO_FEW:
        return result.standing.value
    how_sure = "clear" if result.standing is not Standing.NO_CLEAR else "not clear"
    return f"{distance(result)}, {'short of our bar' if result.leans else how_sure}"


@style.styled
def among_areas(
    group: Comparators | None,
    results: Mapping[str, PrintedComparison],
    catalogue: Catalogue,
    *,
    area: str,
    source: str,
) -> style.Chart:
    """The area among the areas of its group: funnels where a table of them is loaded, else ranks.

    Of the funnels those are drawn on which the area lies furthest from the group's rate.
    """
    if group is not None and group.funnels:
        return _funnels(group, catalogue, source)
    return _ranks(results, catalogue, plain(area), source)


def _ranks(
    results: Mapping[str, PrintedComparison], catalogue: Catalogue, area: str, source: str
) -> style.Chart:
    """One row a measure: a place for every area of the group, the area's own one filled."""
    ranked = sorted(
        (r for r in compared(results) if r.rank is not None), key=lambda r: -(r.rank or 0)
    )
    chart, (ax,) = style.frame(
        RANKS_TITLE,
        f"Rank of {area} in its most similar group, {numbers.number(1)} the lowest rate"
        + (f", {ranked[0].period.label}" if ranked else ""),
        source,
        heights=(_ROW * max(len(ranked), 1) + 0.1,),
        left=0.2,
        right=0.2,
    )
    if not ranked:
        _say(ax, "No ranks of similar areas are printed.")
        return chart
    size = ranked[0].group_size
    for place, result in enumerate(ranked):
        y, rank = place + 0.22, result.rank or 0
        others = [other for other in range(1, size + 1) if other != rank]
        ax.plot(
            others,
            [y] * len(others),
            marker="o",
            linestyle="none",
            markersize=5,
            markerfacecolor="white",
            markeredgecolor=style.GREY,
        )
        ax.plot(rank, y, marker="D", markersize=7, color=style.PLUM)
        title = short_title(catalogue[result.measure_id])
        said = f"{title}: {numbers.number(rank)} of {numbers.number(size)}"
        ax.text(0.7, place - 0.17, said, va="center", fontsize=9.5)
    ax.set(xlim=(0.5, size + 0.5), ylim=(len(ranked) - 0.35, -0.55), yticks=[])
    ax.spines["left"].set_visible(False)
    ends = f"{numbers.number(1)}, lowest rate", f"{numbers.number(size)}, highest"
    ax.set_xticks((1, size), ends)
    lowest, highest = ax.get_xticklabels()
    lowest.set_horizontalalignment("left")
    highest.set_horizontalalignment("right")
    return chart


def _funnels(group: Comparators, catalogue: Catalogue, source: str) -> style.Chart:
    names = _furthest(group)
    shown, more = names[:_PANELS], len(names) - _PANELS
    note = (
        f"{numbers.plural(more, 'more measure')} in the table below.\n".capitalize()
        if more > 0
        else ""
    )
    chart, panels = style.frame(
        funnels_title(group),
        f"Rate per {numbers.number(1000)} of {plain(group.area)} (diamond) and of the other areas "
        "of its group, by size",
        f"{note}Dashed: {numbers.percent(95)} limits, solid: {numbers.percent(99.8, 1)}. Black: by "
        f"chance alone; blue: with the spread of the others.\n{source}",
        heights=(_PANEL,) * len(shown),
        left=0.62,
        between=0.72,
        below=0.46,
        above=0.2,
    )
    for ax, name in zip(panels, shown, strict=True):
        _draw_funnel(ax, group.funnels[name], group.area)
        result = group.funnels[name]
        place = (
            POSITION_WORDS[position(result, group.area)]
            if spread_known(result)
            else "too few areas to say"
        )
        ax.set_title(f"{short_title(catalogue[name])}: {place}", loc="left", fontsize=9.5)
        of = catalogue[name].denominator
        ax.set_xlabel(f"Thousand {of}" if of else "Size in thousands", fontsize=9)
    return chart


def _furthest(group: Comparators) -> list[str]:
    """Measures by how far the area lies from the others, over the width of the limits.

    Funnels that lack the spread of the group come last.
    """

    def place(name: str) -> tuple[bool, float]:
        result = group.funnels[name]
        row: Any = result.table.loc[group.area]
        above = row["rate"] > result.target
        half = row["high998"] - result.target if above else result.target - row["low998"]
        return not spread_known(result), -abs(row["rate"] - result.target) / max(half, 1e-12)

    return sorted(group.funnels, key=place)


def _draw_funnel(ax: Axes, result: FunnelResult, area: str) -> None:
    sizes = result.table["denominator"].to_numpy("float64")
    line = np.geomspace(0.7 * sizes.min(), 1.15 * sizes.max(), 80)
    ax.axhline(result.target, color=style.GREY, linewidth=1)
    chance = result.limits(line, overdispersion=Overdispersion.NONE)
    kinds = [(chance, style.GREY, 1.0)]
    if spread_known(result):
        kinds.append((result.limits(line), style.BLUE, 1.4))
    for limits, colour, width in kinds:
        for column in limits:
            dash = "--" if "95" in str(column) else "-"
            ax.plot(line / 1000, limits[column], color=colour, linestyle=dash, linewidth=width)
    others = result.table.drop(index=area)
    ax.plot(
        others["denominator"] / 1000,
        others["rate"],
        marker="o",
        linestyle="none",
        markerfacecolor="white",
        markeredgecolor=style.BLUE,
        zorder=3,
    )
    own: Any = result.table.loc[area]
    at = own["denominator"] / 1000, own["rate"]
    ax.plot(*at, marker="D", markersize=8, color=style.PLUM, linestyle="none", zorder=4)
    furthest = max(float(limits["high998"].max()) for limits, _, _ in kinds)
    top = 1.1 * max(float(result.table["rate"].max()), furthest)
    right = at[0] > float(np.median(line)) / 1000
    ax.set(ylim=(0, top), xlim=(line[0] / 1000, line[-1] / 1000))
    ax.annotate(
        plain(area),
        at,
        xytext=(-9 if right else 9, 0),
        textcoords="offset points",
        ha="right" if right else "left",
        va="center",
        fontsize=9,
        bbox=style.label_box(),
        zorder=5,
    )
    ax.xaxis.set_major_formatter(lambda value, _: numbers.tick(value))
    ax.yaxis.set_major_locator(mpl.ticker.MaxNLocator(4, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(lambda value, _: numbers.tick(value, 0 if top > 4 else 1))


def _say(ax: Axes, words: str) -> None:
    ax.text(0, 0.5, words, va="center", transform=ax.transAxes)
    ax.set_axis_off()
