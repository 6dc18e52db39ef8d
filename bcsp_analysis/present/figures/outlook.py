"""The outlook: months as recorded, and the ranges in which the coming ones are expected."""

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
from bcsp_analysis.models.forecast import ForecastResult
from bcsp_analysis.present import style
from bcsp_analysis.present.figures.series import draw_changes, draw_monthly
from bcsp_analysis.present.text import numbers
from bcsp_analysis.present.text.outlook import outlook_title

_WIDER, _NARROWER = "#C3D5E6", "#7FA5C8"  # tints of the line's blue
_ROOM = 1.14  # of the tallest value, for the letters of recording changes
_LEFT = 0.62  # inches of tick labels


@style.styled
def outlook(
    series: pd.Series,
    result: ForecastResult,
    *,
    area: str,
    source: str,
    changes: Iterable[RecordingChange] = (),
) -> style.Chart:
    """The monthly series and the fan of single months to come: 80% range inside the 95% range.

    Parameters
    ----------
    series : Series
        The series that the result was made from.
    changes : iterable of RecordingChange
        The register; lettered lines where a change touches the series.
    """
    chart, (ax,) = style.frame(
        outlook_title(result),
        f"Incidents a month, {area}, {result.period.label} and the months to come",
        source,
        heights=(2.6,),
        left=_LEFT,
        below=0.46,
        above=0.46,
    )
    draw_monthly(ax, series)
    _fan(ax, result)
    _wrong(ax, series, result)
    top = max(float(series.max()), float(result.months["high95"].max()))
    ax.set_ylim(0, _ROOM * top)
    ax.set_xlim(
        mdates.date2num(series.index[0]) - 20, mdates.date2num(result.months.index[-1]) + 20
    )
    ax.yaxis.set_major_locator(mpl.ticker.MaxNLocator(5))
    draw_changes(ax, series, changes)
    _key(ax, bool(result.excluded))
    return chart


def _fan(ax: Axes, result: ForecastResult) -> None:
    months = result.months
    for level, colour in ((95, _WIDER), (80, _NARROWER)):
        ax.fill_between(
            months.index,
            months[f"low{level}"],
            months[f"high{level}"],
            color=colour,
            linewidth=0,
            zorder=1,
        )
    ax.plot(months.index, months["point"], color=style.BLUE, linestyle=(0, (2, 1.2)), linewidth=1.4)


def _wrong(ax: Axes, series: pd.Series, result: ForecastResult) -> None:
    """Months at the end that are known to be wrong, as hollow squares."""
    if result.excluded:
        wrong = series.iloc[-len(result.excluded) :]
        ax.plot(wrong.index, wrong, linestyle="None", zorder=3, **_hollow())


def _hollow() -> dict[str, Any]:
    return {
        "marker": "s",
        "markersize": 5.5,
        "markerfacecolor": "white",
        "markeredgecolor": style.BLUE,
        "color": style.BLUE,
    }


def _key(ax: Axes, wrong: bool) -> None:
    """What lines and bands stand for, over the chart."""
    handles: list[Line2D | Patch] = [
        Line2D(
            [], [], color=style.BLUE, marker="o", markersize=3.5, linewidth=1.4, label="counted"
        ),
        Patch(facecolor=_NARROWER, label=f"{numbers.percent(80)} range"),
        Line2D([], [], color=style.BLUE, linestyle=(0, (2, 1.2)), linewidth=1.4, label="middle"),
        Patch(facecolor=_WIDER, label=f"{numbers.percent(95)} range"),
    ]
    if wrong:
        handles.append(Line2D([], [], linestyle="None", label="known wrong", **_hollow()))
    style.key(ax, handles, left=_LEFT)
