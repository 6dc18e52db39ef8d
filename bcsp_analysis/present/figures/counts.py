"""Printed counts side by side: places, kinds of intervention."""

from __future__ import annotations

import pandas as pd

from bcsp_analysis.present import style
from bcsp_analysis.present.text import numbers

_ROW = 0.36  # inches


@style.styled
def counts(values: pd.Series, *, title: str, subtitle: str, source: str) -> style.Chart:
    """One dot a row on an axis from zero, the largest count on top, labelled with its value.

    Parameters
    ----------
    values : Series
        Counts; the index holds the labels. Without any, the chart says so.
    """
    ordered = values.astype("float64").sort_values(ascending=False, kind="stable")
    chart, (ax,) = style.frame(
        title, subtitle, source, heights=(_ROW * max(len(ordered), 1) + 0.1,), left=0.12
    )
    if ordered.empty:
        ax.text(0, 0.5, "No such figures are printed.", va="center", transform=ax.transAxes)
        ax.set_axis_off()
        return chart
    limit = 1.14 * float(ordered.max())
    for place, (label, value) in enumerate(ordered.items()):
        ax.plot((0, value), (place + 0.22,) * 2, color=style.BLUE, linewidth=1.4)
        ax.plot(value, place + 0.22, marker="o", color=style.BLUE)
        ax.text(0, place - 0.17, str(label), va="center", fontsize=9.5)
        ax.text(
            value + 0.025 * limit, place + 0.22, numbers.number(value), va="center", fontsize=9.5
        )
    ax.set(xlim=(0, limit), ylim=(len(ordered) - 0.4, -0.6), yticks=[])
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_formatter(lambda value, _: numbers.tick(value))
    return chart
