"""Which larger area holds the middle of each small one, for areas without a published lookup.

Police neighbourhoods have boundaries but no table of small areas. A small area is taken for the
neighbourhood in which its middle lies, as best-fit lookups of the Office for National Statistics
are made from middles (of population; here of area).
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from bcsp_analysis.errors import BoundaryError
from bcsp_analysis.sources.boundaries import Boundaries


def containing(inner: Boundaries, outer: Boundaries) -> pd.Series:
    """Code of the outer area that holds the middle of each inner one.

    A middle in several (neighbourhoods can overlap) goes to the first in the order of the file; one
    in none to the area whose own middle is nearest.

    Returns
    -------
    Series of str
        Index ``code`` (inner areas), in their order.

    Raises
    ------
    BoundaryError
        Half of the middles or more lie in no outer area: the files are of different places.
    """
    middles = np.array([middle(area.polygons) for area in inner.areas])
    found = np.full(len(middles), -1, dtype="int64")
    for number, area in enumerate(outer.areas):
        free = found < 0
        found[free & _within(middles, area.polygons)] = number
    lost = found < 0
    if lost.mean() >= 0.5:
        raise BoundaryError(
            "boundaries of another place",
            where=outer.file,
            found=f"{lost.sum()} of {len(lost)} small areas lie in none of them",
            expected="areas that cover the place",
        )
    centres = np.array([middle(area.polygons) for area in outer.areas])
    for place in np.flatnonzero(lost):
        away = (centres - middles[place]) * [np.cos(np.radians(middles[place][1])), 1.0]
        found[place] = (away**2).sum(axis=1).argmin()
    codes = np.array(outer.codes, dtype=object)[found]
    return pd.Series(codes, pd.Index(inner.codes, name="code"), dtype="str")


Polygons = tuple[tuple[tuple[tuple[float, float], ...], ...], ...]


def middle(polygons: Polygons) -> np.ndarray:
    """Centre of gravity (longitude, latitude) of the outer rings; shoelace formula."""
    total = np.zeros(3)
    for polygon in polygons:
        ring = np.array(polygon[0], dtype="float64")
        x, y = (ring - ring[0]).T
        cross = x[:-1] * y[1:] - x[1:] * y[:-1]
        size = cross.sum() / 2
        if size == 0:
            continue
        centre = np.array([((x[:-1] + x[1:]) * cross).sum(), ((y[:-1] + y[1:]) * cross).sum()])
        total += abs(size) * np.array([1.0, *(ring[0] + centre / (6 * size))])
    if total[0] == 0:
        return np.array(polygons[0][0][0], dtype="float64")
    return total[1:] / total[0]


def _within(points: np.ndarray, polygons: Polygons) -> np.ndarray:
    """Whether each point lies inside: an odd number of edges to its right (holes count alike)."""
    inside = np.zeros(len(points), dtype=bool)
    x, y = points.T
    for polygon in polygons:
        for ring in polygon:
            edges = np.array(ring, dtype="float64")
            for (ax, ay), (bx, by) in itertools.pairwise(edges):
                if ay == by:
                    continue
                crosses = (ay > y) != (by > y)
                inside ^= crosses & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return inside
