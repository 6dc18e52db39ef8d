"""Monthly series, with recording changes where they fall."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

import matplotlib as mpl
import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes

from bcsp_analysis.markup import escape
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.periods import Month
from bcsp_analysis.present import style
from bcsp_analysis.present.figures import marks
from bcsp_analysis.present.text import numbers

_CLOSE = 2  # months; letters nearer than that would print over each other


@style.styled
def monthly(
    series: pd.Series,
    *,
    title: str,
    area: str,
    source: str,
    changes: Iterable[RecordingChange] = (),
    unit: str = "Incidents",
) -> style.Chart:
    """A monthly series on an axis from zero, with the recording changes that touch it.

    Parameters
    ----------
    series : Series
        Float64 on a monthly DatetimeIndex, named by its category.
    title : str
        The finding.
    """
    first, last = _month(series.index[0]), _month(series.index[-1])
    chart, (ax,) = style.frame(
        title,
        f"{unit} a month, {series.name}, {area}, {first.label} to {last.label}",
        source,
        heights=(2.3,),
        left=0.62,
        below=0.46,
    )
    draw_monthly(ax, series)
    draw_changes(ax, series, changes)
    return chart


def draw_changes(
    ax: Axes,
    series: pd.Series,
    changes: Iterable[RecordingChange],
    letters: Mapping[Month, str] | None = None,
) -> None:
    """A lettered line at every recording change that touches a monthly series, by its name.

    The limits of the axes must be set before. `letters` are those of the whole chart.
    """
    lettered = marks.lettered(changes_of(series, changes), letters=letters)
    for letter, month, certain in lettered:
        marks.line(ax, mdates.date2num(month.start), letter, certain=certain)
    _keep_apart(ax, [month for _, month, _ in lettered])


def marks_explained(series: pd.Series, changes: Iterable[RecordingChange]) -> str:
    """Markdown list of what the letters of `monthly` stand for; empty where it has none."""
    drawn = changes_of(series, changes)
    lines = []
    for letter, month, _ in marks.lettered(drawn):
        titles = [
            escape(change.title) + ("" if change.confirmed else " (not confirmed)")
            for change in drawn
            if change.month == month
        ]
        lines.append(f"- **{letter}**, {month.label}: {'; '.join(titles)}.")
    return "\n".join(lines)


def changes_of(
    series: pd.Series, changes: Iterable[RecordingChange]
) -> tuple[RecordingChange, ...]:
    """The changes of the register that touch a monthly series in its months."""
    first, last = _month(series.index[0]), _month(series.index[-1])
    return marks.relevant(changes, first, last, category=str(series.name))


def _keep_apart(ax: Axes, months: list[Month]) -> None:
    """Letters of lines that stand close together go to either side of them."""
    labels = ax.texts[-len(months) :] if months else []
    for (left, right), (before, after) in zip(
        itertools.pairwise(labels), itertools.pairwise(months), strict=True
    ):
        if before + _CLOSE > after:
            left.set_horizontalalignment("right")
            right.set_horizontalalignment("left")


def draw_monthly(ax: Axes, series: pd.Series, *, from_zero: bool = True) -> None:
    """A line with a dot for each month; years on the axis."""
    ax.plot(series.index, series, color=style.BLUE, marker="o", markersize=3.5, linewidth=1.4)
    if from_zero:
        ax.set_ylim(0, 1.18 * float(series.max()))
    ax.xaxis.set_major_locator(mdates.YearLocator())
    ax.xaxis.set_major_formatter(style.years())
    ax.xaxis.set_minor_locator(mdates.MonthLocator(bymonth=(4, 7, 10)))
    ax.yaxis.set_major_locator(mpl.ticker.MaxNLocator(4))
    ax.yaxis.set_major_formatter(lambda value, _: numbers.tick(value))
    ax.grid(axis="y")


def _month(stamp: pd.Timestamp) -> Month:
    return Month(stamp.year, stamp.month)
