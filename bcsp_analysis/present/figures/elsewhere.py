"""Chart of the season elsewhere: an area's year alone, drawn towards others, and theirs."""

from __future__ import annotations

import calendar
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bcsp_analysis.models.pooling import PooledSeason
from bcsp_analysis.models.seasonality import SeasonalityResult
from bcsp_analysis.present import style
from bcsp_analysis.present.text import numbers
from bcsp_analysis.present.text.elsewhere import elsewhere_title, pooled_usable

_LETTERS = [calendar.month_abbr[month][0] for month in range(1, 13)]
_MONTHS = range(1, 13)
_FORCE_MARKS = ("s", "^", "v", "P", "X")
_FORCE_LINES = ((0, (5, 2)), (0, (1, 1.4)), (0, (5, 1.5, 1, 1.5)))
_APART = 0.19  # inches between the middles of two labels
_HEIGHT = 3.0  # inches
_END = 12.4  # of the axis of months


@style.styled
def season_elsewhere(
    result: SeasonalityResult, pooled: PooledSeason, *, area: str, source: str
) -> style.Chart:
    """Month indices of the area, of each other force, and of the area drawn towards them.

    Told apart by mark and kind of line, each named beside its end. The pooled year is drawn
    only where it may be used.
    """
    chart, (ax,) = style.frame(
        elsewhere_title(result, pooled, area=area),
        "Incidents per day, average month of each area = 100",
        source,
        heights=(_HEIGHT,),
        left=0.5,
        right=1.46,
    )
    ax.axhline(100, color=style.GREY, linewidth=1)
    names: list[tuple[float, str, Line2D]] = []
    for place, force in enumerate(pooled.forces):
        values = 100 * pooled.profiles[force]
        (drawn,) = ax.plot(
            _MONTHS,
            values,
            color=style.GREY,
            linewidth=1.1,
            linestyle=_FORCE_LINES[place % len(_FORCE_LINES)],
            marker=_FORCE_MARKS[place % len(_FORCE_MARKS)],
            markersize=4.5,
            markerfacecolor="white",
            markeredgecolor=style.GREY,
        )
        names.append((float(values.iloc[-1]), force, drawn))
    table = 100 * pooled.indices
    if pooled_usable(result, pooled):
        ax.fill_between(_MONTHS, table["pooled_low"], table["pooled_high"], color="#FCD9C8")
        (drawn,) = ax.plot(_MONTHS, table["pooled"], color=style.ORANGE, linewidth=2.4, zorder=3)
        names.append((float(table["pooled"].iloc[-1]), f"{area}\nwith the others", drawn))
    ax.vlines(_MONTHS, table["own_low"], table["own_high"], color=style.BLUE, linewidth=1.2)
    (drawn,) = ax.plot(_MONTHS, table["own"], color=style.BLUE, marker="o", linewidth=0, zorder=4)
    names.append((float(table["own"].iloc[-1]), f"{area}\nalone", drawn))
    ax.set(xlim=(0.4, _END))
    ax.set_xticks(_MONTHS, _LETTERS)
    ax.yaxis.set_major_formatter(lambda value, _: numbers.tick(value))
    ax.grid(axis="y")
    _name_lines(ax, names)
    return chart


def _name_lines(ax: Axes, names: Sequence[tuple[float, str, Line2D]]) -> None:
    """Name and sample of each line beside its end, moved apart where ends are close."""
    low, high = ax.get_ylim()
    inch = (high - low) / _HEIGHT
    ordered = sorted(names, key=lambda entry: entry[:2], reverse=True)
    places: list[float] = []
    free = high
    for at, name, _ in ordered:
        half = _APART * (name.count("\n") + 1) / 2 * inch
        places.append(min(at, free - half))
        free = places[-1] - half
    short = max(0.0, low - free)  # all move up by what would stand below the axes
    for (_, name, line), place in zip(ordered, places, strict=True):
        y = place + short
        single = line.get_linewidth() == 0
        x = [_END + 0.7] if single else [_END + 0.3, _END + 0.7, _END + 1.1]
        sample = Line2D(x, [y] * len(x), clip_on=False, zorder=5)
        sample.update_from(line)
        sample.set(clip_on=False, markevery=[len(x) // 2])
        sample.set_transform(ax.transData)
        ax.add_line(sample)
        ax.text(_END + 1.35, y, name, va="center", fontsize=9, linespacing=1.1)
