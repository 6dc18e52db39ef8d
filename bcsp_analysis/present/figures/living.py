"""Charts of prices and incidents: both series stacked, and the effect of each lag."""

from __future__ import annotations

import math

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

from bcsp_analysis.models.cost_of_living import AssociationResult
from bcsp_analysis.present import style
from bcsp_analysis.present.figures.series import draw_monthly
from bcsp_analysis.present.text import numbers
from bcsp_analysis.present.text.living import living_title, price_name

_LARGEST = 150.0  # per cent; an interval that goes on is cut with an arrow


@style.styled
def price_and_incidents(
    series: pd.Series, prices: pd.Series, *, title: str, unit: str, area: str, source: str
) -> style.Chart:
    """Incidents above, the price below, on the same months; never on one pair of axes.

    Parameters
    ----------
    series, prices : Series
        On monthly DatetimeIndexes; only the months of `series` are drawn.
    unit : str
        Unit of the price.
    """
    chart, (upper, lower) = style.frame(
        title,
        f"Above: incidents a month, {series.name}, {area}. Below: {price_name(str(prices.name))}, "
        f"{unit}, United Kingdom",
        source,
        heights=(1.5, 1.3),
        left=0.62,
        below=0.46,
        between=0.3,
    )
    draw_monthly(upper, series)
    upper.tick_params(axis="x", labelbottom=False)
    within = prices.loc[series.index[0] : series.index[-1]]
    draw_monthly(lower, within, from_zero=bool(within.min() >= 0))
    lower.lines[0].set(color=style.PLUM, marker="s")
    lower.set_xlim(upper.get_xlim())
    return chart


@style.styled
def lags(result: AssociationResult, *, area: str, source: str) -> style.Chart:
    """Effect of each lag by itself, one panel a price; lags before zero are prices to come."""
    names = list(result.hypotheses.index)
    chart, panels = style.frame(
        living_title(result),
        f"Change in incidents for a usual swing of the rate, by months it runs ahead, {area}, "
        f"{result.period.label}",
        source,
        heights=(1.25,) * len(names),
        left=0.62,
        between=0.55,
        above=0.2,
    )
    furthest = float(result.lags[["low_pct", "high_pct"]].abs().to_numpy().max())
    limit = min(_LARGEST, 10 * math.ceil(furthest / 10))
    for ax, name in zip(panels, names, strict=True):
        row = result.hypotheses.loc[name]
        ax.axvspan(row["first_lag"] - 0.5, row["last_lag"] + 0.5, color="#F0F0F0")
        ax.axhline(0, color=style.GREY, linewidth=1)
        for lag, values in result.lags.loc[name].iterrows():
            _draw_lag(ax, float(str(lag)), values, limit)
        name_of = price_name(str(row["predictor"]), str(row["transformation"]))
        ax.set_title(name_of.capitalize(), loc="left", fontsize=9.5)
        ax.set(ylim=(-limit, limit))
        ax.yaxis.set_major_locator(mpl.ticker.MaxNLocator(4))
        ax.xaxis.set_major_locator(mpl.ticker.MultipleLocator(1))
        ax.xaxis.set_major_formatter(lambda value, _: numbers.tick(value))
        ax.yaxis.set_major_formatter(lambda value, _: numbers.signed_percent(value, 0))
    return chart


def _draw_lag(ax: Axes, lag: float, values: pd.Series, limit: float) -> None:
    future = lag < 0
    ends = max(float(values["low_pct"]), -limit), min(float(values["high_pct"]), limit)
    ax.plot((lag, lag), ends, color=style.BLUE, linewidth=1.6)
    if values["high_pct"] > limit:
        ax.plot(lag, limit, marker="^", color=style.BLUE, markersize=6, clip_on=False)
    if values["low_pct"] < -limit:
        ax.plot(lag, -limit, marker="v", color=style.BLUE, markersize=6, clip_on=False)
    ax.plot(
        lag,
        min(max(float(values["effect_pct"]), -limit), limit),
        marker="s" if future else "o",
        markerfacecolor="white" if future else style.BLUE,
        markeredgecolor=style.BLUE,
    )
