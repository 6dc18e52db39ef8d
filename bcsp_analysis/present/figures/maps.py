"""A map of areas in classes, drawn from the same frame as the table beside it.

Polygons are drawn as paths of matplotlib: one compound path a class, so that its hatching runs
through all its areas. Classes differ in lightness and in hatching, not in colour alone; the highest
areas carry numbers, which the table beside the map explains.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from bcsp_analysis.errors import BoundaryError
from bcsp_analysis.models.hotspots import HotSpots
from bcsp_analysis.models.hotspots.clusters import Cluster
from bcsp_analysis.models.hotspots.ranks import Standing
from bcsp_analysis.models.hotspots.shapes import centroids, rings
from bcsp_analysis.present import areas_shown, style
from bcsp_analysis.present.text import numbers
from bcsp_analysis.present.text.hotspot_patterns import hotspot_clusters_title
from bcsp_analysis.present.text.hotspots import class_counts, hotspots_title
from bcsp_analysis.sources.boundaries import Boundaries

MID, LIGHT, PALEST = "#6BACE6", "#BFD9F0", "#EDEDED"
_LOOKS: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        Standing.FAR_ABOVE: (style.BLUE, None),
        Standing.ABOVE: (LIGHT, "////"),
        Standing.SAME: (PALEST, None),
        Standing.BELOW: ("white", "...."),
        Cluster.HIGH: (style.BLUE, None),
        Cluster.NONE: (PALEST, None),
        Cluster.LOW: ("white", "...."),
        Cluster.ALONE: (PALEST, "----"),
        areas_shown.NO_RATE: ("white", "----"),
        areas_shown.TOO_FEW: ("white", "xxxx"),
    }
)
# Where areas are too small for hatching to be seen, four steps of lightness stand by themselves.
_MANY = 300  # areas
_PLAIN: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        **_LOOKS,
        Standing.ABOVE: (MID, None),
        Standing.SAME: (style.PALE, None),
        Standing.BELOW: ("white", None),
        Cluster.NONE: (style.PALE, None),
        Cluster.LOW: (MID, None),
        areas_shown.TOO_FEW: ("white", "xxxxxxx"),
    }
)
_THICK, _THIN = 0.5, 0.2  # points
_LINE = 0.3  # inches a row of the key
_TALLEST = 5.2  # inches
_NUMBERED = 10


@style.styled
def areas_map(
    frame: pd.DataFrame,
    boundaries: Boundaries,
    *,
    title: str,
    subtitle: str,
    source: str,
    numbered: int = _NUMBERED,
    note: str = "",
) -> style.Chart:
    """Draw every area of `frame` in its class.

    Parameters
    ----------
    frame : DataFrame
        From `areas_shown.shown`. Every area needs a boundary; boundaries of other areas are not
        drawn.
    boundaries : Boundaries
    title, subtitle, source : str
    numbered : int
        So many of the highest areas carry their rank as a number.
    note : str
        A sentence above the source.

    Raises
    ------
    BoundaryError
        Areas without a boundary.
    """
    shapes = _shapes(frame, boundaries)
    counts = class_counts(frame)
    west, south, east, north = _bounds(shapes)
    narrower = math.cos(math.radians((south + north) / 2))
    width = style.WIDTH - 0.12
    height = min(_TALLEST, width * (north - south) / ((east - west) * narrower))
    foot = "\n".join(part for part in (_told(frame, numbered), note, source) if part)
    chart, (ax, key) = style.frame(
        title,
        subtitle,
        foot,
        heights=(height, _LINE * len(counts)),
        left=0.06,
        right=0.06,
        below=0.1,
        between=0.12,
    )
    looks = _LOOKS if len(frame) <= _MANY else _PLAIN
    for name in counts.index:
        paths = [shapes[str(area)] for area in frame.index[frame["shown_as"] == name]]
        _fill(ax, paths, str(name), looks[str(name)], _THICK if len(frame) <= _MANY else _THIN)
    ax.set(xlim=(west, east), ylim=(south, north))
    ax.set_aspect(1 / narrower, adjustable="box", anchor="C")
    ax.set_axis_off()
    beside = len(frame) > _MANY  # a number would cover its area
    _number(chart, ax, areas_shown.leading(frame, numbered), boundaries, beside)
    _draw_key(key, counts, looks)
    return chart


def hotspot_map(
    spots: HotSpots,
    frame: pd.DataFrame | None,
    boundaries: Boundaries | None,
    *,
    area: str,
    source: str,
    by: str = areas_shown.LEVELS,
) -> style.Chart | None:
    """Map of hot spots, in the classes of levels or of clusters.

    None without boundaries, or without a frame: the ranked chart and the table then stand alone.
    """
    if boundaries is None or frame is None:
        return None
    of_levels = by == areas_shown.LEVELS
    return areas_map(
        frame,
        boundaries,
        title=hotspots_title(spots) if of_levels else hotspot_clusters_title(spots),
        subtitle=f"{area}, {spots.span.label}",
        source=source,
        numbered=_NUMBERED if of_levels else 0,
    )


def _shapes(frame: pd.DataFrame, boundaries: Boundaries) -> dict[str, Path]:
    wanted = {str(area) for area in frame.index}
    found = {
        area.code: Path.make_compound_path(
            *(Path(_turned(ring, sign), closed=True) for ring, sign in rings(area))
        )
        for area in boundaries.areas
        if area.code in wanted
    }
    missing = sorted(wanted - set(found))
    if missing:
        raise BoundaryError(
            "areas without a boundary cannot be mapped",
            where=boundaries.file,
            found=f"{len(missing)} of {len(wanted)}: {', '.join(missing[:5])}",
            expected="a boundary for every area of the counts",
            hint="boundaries and counts may be of different years (2011 or 2021)",
        )
    return found


def _turned(ring: np.ndarray, sign: int) -> np.ndarray:
    """The ring, outer ones anticlockwise and holes clockwise: else a hole would be filled."""
    x, y = (ring - ring[0]).T
    around = float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())
    return ring if around * sign >= 0 else ring[::-1]


def _bounds(shapes: Mapping[str, Path]) -> tuple[float, float, float, float]:
    points = np.concatenate([np.asarray(path.vertices) for path in shapes.values()])
    margin = 0.01 * float(np.ptp(points[:, 0]))
    west, south = points.min(axis=0) - margin
    east, north = points.max(axis=0) + margin
    return float(west), float(south), float(east), float(north)


def _fill(
    ax: Axes, paths: Collection[Path], name: str, look: tuple[str, str | None], line: float
) -> None:
    face, hatch = look
    whole = Path.make_compound_path(*paths)
    ax.add_patch(PathPatch(whole, facecolor=face, edgecolor="none", linewidth=0, gid=name))
    if hatch:
        ax.add_patch(
            PathPatch(whole, facecolor="none", edgecolor=style.BLUE, linewidth=0, hatch=hatch)
        )
    # Thousands of smoothed lines would make the picture three times as large as it needs to be.
    edges = PathPatch(whole, facecolor="none", edgecolor="#6B6B6B", linewidth=line)
    edges.set_antialiased(line > _THIN)
    ax.add_patch(edges)


def _told(frame: pd.DataFrame, numbered: int) -> str:
    if areas_shown.leading(frame, numbered).empty:
        return ""
    return f"Numbers: ranks, {numbers.number(1)} the highest; the table of the areas names them."


def _number(
    chart: style.Chart, ax: Axes, highest: pd.DataFrame, boundaries: Boundaries, beside: bool
) -> None:
    """Write the ranks of the highest areas, moved aside where two would touch."""
    areas = tuple(area for area in boundaries.areas if area.code in highest.index)
    middles = centroids(Boundaries(areas, boundaries.file))
    taken: list[np.ndarray] = []
    chart.draw_without_rendering()
    for area, row in highest.iterrows():
        at = ax.transData.transform(middles.loc[str(area)].to_numpy("float64"))
        place = _free(at, taken, chart.dpi, int(beside))
        taken.append(place)
        ax.annotate(
            numbers.number(row["rank"]),
            tuple(ax.transData.inverted().transform(at)),
            xytext=tuple((place - at) * 72 / chart.dpi),
            textcoords="offset points",
            ha="center",
            va="center",
            weight="bold",
            fontsize=9,
            color="#1A1A1A",
            path_effects=[withStroke(linewidth=2.6, foreground="white")],
            arrowprops={"arrowstyle": "-", "color": "#1A1A1A", "linewidth": 0.8, "shrinkB": 0}
            if np.hypot(*(place - at)) > 1
            else None,
            annotation_clip=False,
        )


def _free(at: np.ndarray, taken: list[np.ndarray], dpi: float, first: int) -> np.ndarray:
    """The nearest place to `at`, in pixels, that no other number takes; `first` steps away."""
    step = 13.0 * dpi / 72  # points; a number of two digits is about that wide
    for circle in range(first, 9):
        for turn in range(max(1, 8 * circle)):
            angle = 2 * math.pi * turn / max(1, 8 * circle)
            place = at + circle * step * np.array([math.cos(angle), math.sin(angle)])
            if all(np.hypot(*(place - other)) >= step for other in taken):
                return np.asarray(place)
    return at


def _draw_key(ax: Axes, counts: pd.Series, looks: Mapping[str, tuple[str, str | None]]) -> None:
    """Each class with its look, its name and the number of its areas."""
    ax.set(xlim=(0, style.WIDTH), ylim=(len(counts), 0))
    ax.set_axis_off()
    for place, (name, many) in enumerate(counts.items()):
        face, hatch = looks[str(name)]
        box = Rectangle((0.02, place + 0.18), 0.36, 0.64, facecolor=face, edgecolor=style.BLUE)
        box.set(linewidth=0.8, hatch=hatch)
        ax.add_patch(box)
        told = f"{str(name)[:1].upper()}{str(name)[1:]}: {numbers.number(many)}"
        ax.text(0.48, place + 0.5, told, va="center", fontsize=9.5)
