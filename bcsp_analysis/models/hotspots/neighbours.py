"""Which areas are neighbours: those whose boundaries meet, or the nearest where there are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from bcsp_analysis.errors import BoundaryError, ModelError
from bcsp_analysis.models.hotspots import shapes
from bcsp_analysis.sources.boundaries import Boundaries

NEAREST = 6  # an area of a plane cut into areas has six neighbours on average
_STEPS_A_DEGREE = 1e6  # of about 0.1 metre, within which corners are one and the same


@dataclass(frozen=True)
class Neighbours:
    """Neighbours of every area, itself not among them.

    Attributes
    ----------
    mapping : mapping of str to tuple of str
        Every area with its neighbours, none where it has none.
    islands : tuple of str
        Areas without neighbours.
    method : str
        How they were found, for readers.
    """

    mapping: Mapping[str, tuple[str, ...]]
    islands: tuple[str, ...]
    method: str


@dataclass(frozen=True)
class Links:
    """Neighbours by number, for sums over them.

    Attributes
    ----------
    area, other : ndarray of int64
        Each pair of an area and one of its neighbours, in the order of the areas.
    degree : ndarray of int64
        Neighbours of each area.
    """

    area: np.ndarray
    other: np.ndarray
    degree: np.ndarray

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sum of the neighbours' values of each area, the area's own left out."""
        return np.bincount(self.area, values[self.other], minlength=len(self.degree))


def links(areas: pd.Index, neighbours: Neighbours | Mapping[str, Sequence[str]]) -> Links:
    """Neighbours of these areas among each other, each once.

    Raises
    ------
    ModelError
        An area twice, or one that the neighbours do not know.
    """
    mapping = neighbours.mapping if isinstance(neighbours, Neighbours) else neighbours
    unknown = [str(area) for area in areas if area not in mapping]
    if unknown or not areas.is_unique:
        raise ModelError(
            "areas of which the neighbours are not known",
            found=f"{len(unknown)} of {len(areas)}: {', '.join(unknown[:5])}"
            if unknown
            else "an area twice",
            expected="each area once, with its neighbours or none",
            hint="make the neighbours from boundaries or middles of the same vintage of areas",
        )
    place = {area: number for number, area in enumerate(areas)}
    near = [
        sorted({place[other] for other in mapping[area] if other in place and other != area})
        for area in areas
    ]
    degree = np.array([len(others) for others in near], dtype="int64")
    return Links(
        area=np.repeat(np.arange(len(near)), degree),
        other=np.array([other for others in near for other in others], dtype="int64"),
        degree=degree,
    )


def touching(boundaries: Boundaries) -> Neighbours:
    """Areas whose boundaries have a corner in common ("queen" contiguity).

    Boundaries drawn as one net (as those of the Office for National Statistics are, generalised or
    not) meet in corners that both areas have; corners within about 0.1 metre of each other are one.

    Raises
    ------
    BoundaryError
        No boundary, or an area twice.
    """
    names = list(boundaries.codes)
    if len(set(names)) < len(names):
        raise BoundaryError("an area twice", where=boundaries.file)
    area, places = shapes.corners(boundaries)
    steps = np.rint((places - places.min(axis=0)) * _STEPS_A_DEGREE).astype("int64")
    key = (steps[:, 0] << 32) | steps[:, 1]
    order = np.lexsort((area, key))
    key, area = key[order], area[order]
    first = np.ones(len(key), dtype=bool)
    first[1:] = (key[1:] != key[:-1]) | (area[1:] != area[:-1])
    key, area = key[first], area[first]
    pairs, step = [np.empty((0, 2), dtype="int64")], 1
    while (same := key[step:] == key[:-step]).any():
        pairs.append(np.column_stack((area[:-step][same], area[step:][same])))
        step += 1
    return _made(names, np.unique(np.concatenate(pairs), axis=0), "areas whose boundaries meet")


def nearest(centroids: pd.DataFrame, k: int = NEAREST) -> Neighbours:
    """The `k` areas whose middles lie nearest; of two areas, either may be near to the other.

    A stand-in where no boundaries are at hand: in a place of many sizes of areas, a large area's
    neighbours need not be those that it touches.

    Parameters
    ----------
    centroids : DataFrame
        Index ``area``; ``x``, ``y``: longitude and latitude, or eastings and northings in metres.
    k : int

    Raises
    ------
    ModelError
        No area, an area twice, a missing coordinate, or `k` below 1.
    """
    points = centroids[["x", "y"]].to_numpy("float64")
    if not len(points) or not np.isfinite(points).all() or k < 1 or not centroids.index.is_unique:
        raise ModelError(
            "nearest areas of middles that are missing",
            found=f"{len(points)} areas, {int((~np.isfinite(points)).any(axis=1).sum())} without a"
            f" place; k = {k}",
            expected="x and y of each area once, k of 1 or more",
        )
    from scipy import spatial

    if (np.abs(points) <= (180, 90)).all():  # degrees, of which those of longitude are shorter
        points = points * [np.cos(np.radians(points[:, 1].mean())), 1.0]
    wanted = min(k, len(points) - 1)
    names = [str(area) for area in centroids.index]
    if not wanted:
        return _made(names, np.empty((0, 2), dtype="int64"), "no other area")
    # One more than wanted: an area is nearest to itself, or to another in the very same place.
    _, found = spatial.cKDTree(points).query(points, k=wanted + 1)
    mapping = {
        names[i]: tuple(names[j] for j in row if j != i)[:wanted] for i, row in enumerate(found)
    }
    return Neighbours(
        MappingProxyType(mapping), (), f"the {wanted} areas whose middles lie nearest"
    )


def _made(names: list[str], pairs: np.ndarray, method: str) -> Neighbours:
    lists: dict[int, list[int]] = {place: [] for place in range(len(names))}
    for one, other in pairs.tolist():
        lists[one].append(other)
        lists[other].append(one)
    mapping = {
        names[place]: tuple(names[other] for other in sorted(near)) for place, near in lists.items()
    }
    islands = tuple(name for name, near in mapping.items() if not near)
    return Neighbours(MappingProxyType(mapping), islands, method)
