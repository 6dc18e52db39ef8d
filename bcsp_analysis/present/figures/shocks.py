"""Chart of a series with the dated shocks that were held against it."""

from __future__ import annotations

from collections.abc import Iterable

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes

from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.association_result import AssociationResult
from bcsp_analysis.periods import Month
from bcsp_analysis.present import style
from bcsp_analysis.present.figures.series import draw_changes, draw_monthly
from bcsp_analysis.present.text.numbers import number
from bcsp_analysis.present.text.shocks import shocks_title


@style.styled
def dated_shocks(
    result: AssociationResult,
    series: pd.Series,
    *,
    area: str,
    source: str,
    changes: Iterable[RecordingChange] = (),
) -> style.Chart:
    """The series with a numbered line at each shock, and a lettered one at recording changes.

    Parameters
    ----------
    series : Series
        Incidents a month, of which `result` is the analysis.
    """
    chart, (ax,) = style.frame(
        shocks_title(result),
        f"Incidents a month, {result.name}, {area}, {result.period.label}",
        source,
        heights=(2.3,),
        left=0.62,
        below=0.46,
        above=0.2,
    )
    draw_monthly(ax, series)
    draw_changes(ax, series, changes)
    months = [] if result.shocks is None else list(result.shocks["month"])
    for place, month in enumerate(months, start=1):
        _line(ax, month, number(place))
    return chart


def _line(ax: Axes, month: Month, number: str) -> None:
    at = mdates.date2num(month.start)
    ax.axvline(at, color=style.ORANGE, linewidth=1.8, zorder=1)
    ax.annotate(
        number,
        (at, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 8),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=9.5,
        weight="bold",
        bbox={"boxstyle": "circle,pad=0.22", "facecolor": "white", "edgecolor": style.ORANGE},
    )
