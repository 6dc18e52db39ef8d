"""Geometry of areas, as far as hot spots need it: corners, middles and sizes.

Boundaries are in degrees (WGS 84), as `sources.boundaries` reads them. What is needed is the
shoelace formula and shared corners, so no geometry library is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from bcsp_analysis.errors import BoundaryError
from bcsp_analysis.sources.boundaries import Area, Boundaries

EARTH_KM = 6371.0088  # mean radius, International Union of Geodesy and Geophysics


def rings(area: Area) -> Iterator[tuple[np.ndarray, int]]:
    """Rings of an area, (corners, 2), the first corner repeated; 1 with each, -1 for a hole."""
    for polygon in area.polygons:
        for number, ring in enumerate(polygon):
            yield np.array(ring, dtype="float64"), -1 if number else 1


def corners(boundaries: Boundaries) -> tuple[np.ndarray, np.ndarray]:
    """Number of the area (int64) and place (corners, 2) of every corner of all areas."""
    parts = [
        (ring, number) for number, area in enumerate(boundaries.areas) for ring, _ in rings(area)
    ]
    if not parts:
        raise BoundaryError("no boundary at all", where=boundaries.file)
    numbers = np.repeat([number for _, number in parts], [len(ring) for ring, _ in parts])
    return numbers.astype("int64"), np.concatenate([ring for ring, _ in parts])


def centroids(boundaries: Boundaries) -> pd.DataFrame:
    """Middles of the areas, holes left out: index ``area``, ``x``, ``y`` (degrees).

    Raises
    ------
    BoundaryError
        An area that encloses nothing.
    """
    middles = {}
    for area in boundaries.areas:
        moments = np.array([sign * _moments(ring) for ring, sign in rings(area)]).sum(axis=0)
        if not moments[0] > 0:
            raise BoundaryError(
                "a boundary that encloses nothing", where=f"{boundaries.file}, area {area.code}"
            )
        middles[area.code] = moments[1:] / moments[0]
    frame = pd.DataFrame.from_dict(middles, orient="index", columns=["x", "y"])
    return frame.rename_axis("area")


def _moments(ring: np.ndarray) -> np.ndarray:
    """Size of a ring in the plane and its first moments, whichever way round it runs."""
    origin = ring[0]  # near the ring, so that large coordinates do not cost digits
    x, y = (ring - origin).T
    cross = x[:-1] * y[1:] - x[1:] * y[:-1]
    size = cross.sum() / 2
    sums = np.array([((x[:-1] + x[1:]) * cross).sum() / 6, ((y[:-1] + y[1:]) * cross).sum() / 6])
    sign = 1.0 if size >= 0 else -1.0
    return sign * np.concatenate(([size], sums + origin * size))


def area_km2(boundaries: Boundaries) -> pd.Series:
    """Size of each area in square kilometres on the sphere, float64, index ``area``.

    Within half a per cent of the size on the ellipsoid; published measurements are to be preferred.
    """
    sizes = {
        area.code: sum(sign * _on_sphere(ring) for ring, sign in rings(area))
        for area in boundaries.areas
    }
    return pd.Series(sizes, dtype="float64", name="area_km2").rename_axis("area")


def _on_sphere(ring: np.ndarray) -> float:
    longitude, sine = np.radians(ring[:, 0]), np.sin(np.radians(ring[:, 1]))
    turned = np.diff(longitude) * (sine[:-1] + sine[1:]) / 2
    return float(abs(turned.sum()) * EARTH_KM**2)
