"""Charts of hot spots: ranked areas with their ranges, concentration, ways of choosing."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from matplotlib.axes import Axes

from bcsp_analysis.markup import plain
from bcsp_analysis.models.hotspots import BY_COUNT, Contest, HotSpots, NamedPlaces
from bcsp_analysis.present import areas_shown, style
from bcsp_analysis.present.text import numbers
from bcsp_analysis.present.text.hotspot_patterns import (
    hotspot_accuracy_title,
    hotspot_concentration_title,
)
from bcsp_analysis.present.text.hotspots import hotspots_title, kinds, unit
from bcsp_analysis.present.text.named_places import named_places_title
from bcsp_analysis.present.text.numbers import begun

_ROW = 0.4  # inches


@style.styled
def hotspot_ranks(
    spots: HotSpots,
    hidden: Collection[str] = (),
    *,
    area: str,
    source: str,
    rows: int = 15,
    denominator: str = BY_COUNT,
) -> style.Chart:
    """The highest areas, one row each: count or rate, range of the level, range of the rank.

    Filled markers could be first; open ones could not. The dashed line is the average of all.
    """
    ranking = spots.rankings[denominator]
    frame = areas_shown.leading(areas_shown.shown(spots, hidden, denominator=denominator), rows)
    chart, ax = _ranked(
        frame,
        hotspots_title(spots, hidden, denominator),
        f"{begun(unit(spots, denominator))}, the highest {kinds(spots)} of "
        f"{numbers.number(ranking.n)}, {area}, {spots.span.label}",
        "Marker: as counted, filled where it could be the highest. Line: likely range of the "
        f"level. Dashed: average of all. Right: likely range of the rank.\n{source}",
    )
    if not frame.empty:
        ax.axvline(ranking.mean, color=style.GREY, linewidth=1, linestyle="--", zorder=0)
    return chart


@style.styled
def named_places(
    result: NamedPlaces, *, area: str, subject: str, period: str, source: str
) -> style.Chart:
    """The places that a report names, in the same form."""
    frame = result.table.reset_index(names="name").assign(rate=result.table["count"].to_numpy())
    chart, _ = _ranked(
        frame,
        named_places_title(result),
        f"{subject}, incidents, {area}, {period}",
        f"Marker: as printed, filled where it could be the highest of these. Line: likely range "
        f"of the level. Right: likely range of the rank among these.\n{source}",
    )
    return chart


def _ranked(frame: pd.DataFrame, title: str, subtitle: str, foot: str) -> tuple[style.Chart, Axes]:
    height = _ROW * max(len(frame), 1) + 0.1
    chart, (ax,) = style.frame(title, subtitle, foot, heights=(height,), left=0.12, right=0.75)
    if frame.empty:
        ax.text(0, 0.5, "No count that may be shown.", va="center", transform=ax.transAxes)
        ax.set_axis_off()
        return chart, ax
    limit = 1.05 * float(frame[["high", "rate"]].max().max())
    for place, (_, row) in enumerate(frame.iterrows()):
        y = place + 0.24
        first = int(row["rank_low"]) == 1
        ax.plot((row["low"], row["high"]), (y, y), color=style.BLUE, linewidth=1.8)
        ax.plot(
            row["rate"],
            y,
            marker="o",
            markerfacecolor=style.BLUE if first else "white",
            markeredgecolor=style.BLUE,
            clip_on=False,
        )
        ax.text(0, place - 0.17, plain(str(row["name"])), va="center", fontsize=9.5,
                bbox=style.label_box())  # fmt: skip
        ax.text(1.03 * limit, y, _ranks(row), va="center", fontsize=9.5)
    ax.text(1.03 * limit, -0.62, "Rank", va="center", fontsize=9.5, weight="bold")
    ax.set(xlim=(0, limit), ylim=(len(frame) - 0.4, -0.85), yticks=[])
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_formatter(lambda value, _: numbers.tick(value))
    ax.locator_params(axis="x", nbins=5)
    return chart, ax


def _ranks(row: pd.Series) -> str:
    low, high = int(row["rank_low"]), int(row["rank_high"])
    return (
        numbers.number(low) if low == high else f"{numbers.number(low)} to {numbers.number(high)}"
    )


@style.styled
def hotspot_concentration(spots: HotSpots, *, area: str, source: str) -> style.Chart:
    """Share of the incidents by share of the areas, above the same curve of an even world."""
    found = spots.concentration
    curve, tenth = 100 * found.curve, found.tops.loc[0.1].to_dict()
    chart, (ax,) = style.frame(
        hotspot_concentration_title(spots),
        f"Share of incidents in the highest {kinds(spots)}, {area}, {spots.span.label}",
        f"Solid: as counted. Dashed: if as many incidents fell on all {kinds(spots)} alike, with "
        f"the range of chance. Dot: the highest tenth.\n{source}",
        heights=(2.7,),
        left=0.62,
        right=0.3,
        below=0.52,
    )
    across = 100 * found.curve.index.to_numpy("float64")
    ax.fill_between(across, curve["even_low"], curve["even_high"], color=style.PALE)
    ax.plot(across, curve["even"], color=style.GREY, linestyle="--", linewidth=1.4)
    ax.plot(across, curve["incidents"], color=style.BLUE)
    at = 100 * tenth["number"] / found.n
    ax.plot(at, 100 * tenth["incidents"], marker="o", color=style.BLUE)
    ax.annotate(
        numbers.percent(100 * tenth["incidents"]),
        (at, 100 * tenth["incidents"]),
        xytext=(8, -12),
        textcoords="offset points",
        weight="bold",
    )
    _label_curves(ax, found.curve)
    ax.set(xlim=(0, 100), ylim=(0, 104), xlabel=f"{kinds(spots)}, highest first")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: numbers.percent(value))
    ax.grid(axis="y")
    return chart


def _label_curves(ax: Axes, curve: pd.DataFrame) -> None:
    """Names under the curves, right of the middle, where there is always room on either side."""
    place = int(abs(curve.index.to_numpy("float64") - 0.55).argmin())
    at = float(curve.index.to_numpy("float64")[place])
    for name, column, colour in (
        ("as counted", "incidents", style.BLUE),
        ("by chance", "even", style.GREY),
    ):
        ax.annotate(
            name,
            (100 * at, 100 * float(curve[column].iloc[place])),
            xytext=(6, -14),
            textcoords="offset points",
            color=colour,
            bbox=style.label_box(),
        )


@style.styled
def hotspot_accuracy(spots: HotSpots, *, area: str, source: str) -> style.Chart:
    """Share of later incidents that each way of choosing would have held."""
    found = spots.accuracy
    title = hotspot_accuracy_title(spots)
    if found is None:
        chart, (ax,) = style.frame(title, area, source, heights=(0.4,), left=0.12)
        ax.text(0, 0.5, "Nothing to score yet.", va="center", transform=ax.transAxes)
        ax.set_axis_off()
        return chart
    chart, (ax,) = style.frame(
        title,
        f"Share of the incidents of the next {numbers.plural(found.ahead, 'month')} in "
        f"{kinds(spots, found.chosen)} chosen beforehand, {area}, {found.span.label}",
        "Marker: mean, filled for the baseline, a cross where it is worse. Line: lowest to highest "
        "of the rounds. Dotted: chosen at random. Dashed: the best choice, known only afterwards."
        f"\n{source}",
        heights=(_ROW * len(found.by_method) + 0.1,),
        left=0.2,
        right=0.3,
    )
    for place, (name, row) in enumerate(found.by_method.iterrows()):
        rounds = 100 * found.rounds["hit_rate"].xs(name, level="method")
        y = place + 0.24
        ax.plot((rounds.min(), rounds.max()), (y, y), color=style.BLUE, linewidth=1.4)
        worse, base = row["verdict"] == Contest.WORSE, row["verdict"] == Contest.BASELINE
        ax.plot(
            100 * row["hit_rate"],
            y,
            marker="X" if worse else "o",
            markerfacecolor=style.BLUE if base else "white",
            markeredgecolor=style.PLUM if worse else style.BLUE,
            markersize=7.5,
        )
        told = f"{plain(str(name))}  {numbers.percent(100 * row['hit_rate'], 1)}"
        ax.text(0, place - 0.17, told, va="center", fontsize=9.5, bbox=style.label_box())
    ax.axvline(100 * found.share, color=style.GREY, linewidth=1, linestyle=":", zorder=0)
    ax.axvline(100 * found.best_rate, color=style.GREY, linewidth=1, linestyle="--", zorder=0)
    top = 100 * max(found.best_rate, float(found.rounds["hit_rate"].max()))
    ax.set(xlim=(0, min(100, 1.08 * top)), ylim=(len(found.by_method) - 0.4, -0.6), yticks=[])
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_formatter(lambda value, _: numbers.percent(value))
    return chart
