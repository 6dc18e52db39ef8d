"""Boundaries of areas as GeoJSON.

Data card
---------
Source : Office for National Statistics, Open Geography portal (GeoJSON of a boundary layer), or
    police neighbourhoods of data.police.uk as `police_neighbourhood` puts them.
Form : RFC 7946: a FeatureCollection of polygons, coordinates longitude then latitude, WGS 84.
Properties : a code and a name, such as ``LSOA21CD`` and ``LSOA21NM``; the rest is left out.
Accuracy : generalised boundaries are moved by up to 20 m (BGC) or 200 m (BSC): for maps, not to
    decide in which area a point lies.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bcsp_analysis import project
from bcsp_analysis.errors import BoundaryError, CutOffError, DuplicateRowError
from bcsp_analysis.sources import cells

LONGITUDE, LATITUDE = (-9.0, 2.5), (49.0, 61.5)
"""Range of coordinates in the United Kingdom, degrees."""

_CODE = re.compile(r"(?:F_)?[A-Z]+[0-9]{2}CD|code|id", re.IGNORECASE)
_WGS84 = re.compile(r"CRS84|EPSG:+4326", re.IGNORECASE)
_RING = 4  # the fewest positions of a ring: a triangle, closed


@dataclass(frozen=True)
class Area:
    """One area: its code, its name ("" where it has none), and its polygons.

    polygons : tuple
        Each a tuple of rings, the outer one first, each ring a tuple of (longitude, latitude).
    """

    code: str
    name: str
    polygons: tuple[tuple[tuple[tuple[float, float], ...], ...], ...]


@dataclass(frozen=True)
class Boundaries:
    """The areas of a file, in its order, and where it was read."""

    areas: tuple[Area, ...]
    file: str

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the areas."""
        return tuple(area.code for area in self.areas)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north, degrees."""
        points = [point for area in self.areas for ring in area.polygons for point in ring[0]]
        east, north = (max(point[axis] for point in points) for axis in (0, 1))
        west, south = (min(point[axis] for point in points) for axis in (0, 1))
        return west, south, east, north


def load(file: Path, code: str = "", name: str = "") -> Boundaries:
    """Read boundaries.

    Parameters
    ----------
    file : Path
        GeoJSON.
    code, name : str
        Properties; may be left out where one property ends in a year and CD (``LSOA21CD``), and
        the name has the same beginning (``LSOA21NM``).

    Raises
    ------
    MissingFileError, EncodingError
        See `cells.read_text`.
    BoundaryError
        Not JSON, or not a FeatureCollection of polygons; a ring that is not closed; coordinates
        that are not longitude and latitude in the United Kingdom; no property of codes.
    CutOffError
        The service says that it left features out.
    DuplicateRowError
        A code twice.
    """
    content = _read(file)
    where = project.relative(file)
    features = content.get("features")
    if content.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise _wrong(where, repr(content.get("type")), "a FeatureCollection with features")
    _check_whole(content, features, where)
    if not features:
        raise _wrong(where, "no features", "an area or more; an empty reply is no boundary")
    _check_system(content, where)
    code = code or _code_property(features[0], where)
    name = name or _name_property(code)
    seen: dict[str, int] = {}
    found = []
    for number, feature in enumerate(features, start=1):
        area = _area(feature, f"{where}, feature {number}", code, name)
        first = seen.setdefault(area.code, number)
        if first != number:
            raise DuplicateRowError(
                "the same area twice",
                where=f"{where}, feature {number}",
                found=f"{area.code}, also feature {first}",
                expected="each code once",
            )
        found.append(area)
    return Boundaries(tuple(found), where)


def check_covers(boundaries: Boundaries, codes: Collection[str]) -> None:
    """Refuse boundaries that lack one of `codes`.

    Raises
    ------
    BoundaryError
        Names the areas that are missing.
    """
    missing = sorted(set(codes) - set(boundaries.codes))
    if missing:
        raise BoundaryError(
            "areas without a boundary",
            where=boundaries.file,
            found=f"without {', '.join(missing[:8])}"
            + (f" and {len(missing) - 8} more" if len(missing) > 8 else ""),
            expected="a boundary for every area that is counted",
            hint="the codes may be of another year than the boundaries",
        )


def police_neighbourhood(code: str, name: str, points: Sequence[Any], where: str) -> dict[str, Any]:
    """A GeoJSON feature from the list of points that data.police.uk gives for a neighbourhood.

    Parameters
    ----------
    points : sequence of dict
        ``{"latitude": "52.4", "longitude": "-1.8"}`` each, texts as the service sends them.

    Raises
    ------
    BoundaryError
        No points (an empty reply is no boundary), or a point that is none.
    """
    try:
        ring = [(float(point["longitude"]), float(point["latitude"])) for point in points]
    except (TypeError, KeyError, ValueError) as error:
        raise _wrong(where, repr(error), "points with latitude and longitude") from error
    if ring and ring[0] != ring[-1]:
        ring.append(ring[0])
    _ring(ring, where)
    return {
        "type": "Feature",
        "properties": {"code": code, "name": name},
        "geometry": {"type": "Polygon", "coordinates": [[list(point) for point in ring]]},
    }


def _read(file: Path) -> dict[str, Any]:
    def refuse(text: str) -> float:
        raise ValueError(f"{text} is no number")

    try:
        content = json.loads(cells.read_text(file), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise _wrong(project.relative(file), str(error)[:120], "JSON") from error
    if not isinstance(content, dict):
        raise _wrong(project.relative(file), type(content).__name__, "a FeatureCollection")
    return content


def _check_whole(content: dict[str, Any], features: list[Any], where: str) -> None:
    properties = content.get("properties")
    inner = properties if isinstance(properties, dict) else {}
    if content.get("exceededTransferLimit") or inner.get("exceededTransferLimit"):
        raise CutOffError(
            "boundaries that the service cut off",
            where=where,
            found=f"{len(features)} features, exceededTransferLimit",
            expected="all of them",
            hint="run `bcsp fetch areas`, which asks page by page",
        )


def _check_system(content: dict[str, Any], where: str) -> None:
    """Files of before 2016 may name a coordinate system; only WGS 84 can be drawn as it is."""
    if "crs" in content and not _WGS84.search(json.dumps(content["crs"])):
        raise _wrong(where, json.dumps(content["crs"])[:120], "WGS 84, longitude and latitude")


def _code_property(feature: Any, where: str) -> str:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    names = list(properties) if isinstance(properties, dict) else []
    found = [name for name in names if _CODE.fullmatch(name)]
    if len(found) != 1:
        raise _wrong(
            f"{where}, properties",
            ", ".join(found or names) or "none",
            "one property of codes, such as LSOA21CD; or name it",
        )
    return found[0]


def _name_property(code: str) -> str:
    """``LSOA21CD`` has ``LSOA21NM`` beside it, ``code`` has ``name``."""
    return code[:-2] + "NM" if code.casefold().endswith("cd") else "name"


def _area(feature: Any, where: str, code: str, name: str) -> Area:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict) or not str(properties.get(code) or "").strip():
        raise _wrong(where, f"no {code}", f"the code of the area in {code}")
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise _wrong(where, repr(kind), "Polygon or MultiPolygon")
    coordinates = geometry.get("coordinates")
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(polygons, list) or not polygons:
        raise _wrong(where, "no coordinates", "a polygon or more")
    return Area(
        code=str(properties[code]).strip(),
        name=str(properties.get(name) or "").strip(),
        polygons=tuple(tuple(_rings(polygon, where)) for polygon in polygons),
    )


def _rings(polygon: Any, where: str) -> Iterator[tuple[tuple[float, float], ...]]:
    if not isinstance(polygon, list) or not polygon:
        raise _wrong(where, repr(polygon)[:60], "a list of rings")
    for ring in polygon:
        yield _ring(ring, where)


def _ring(ring: Any, where: str) -> tuple[tuple[float, float], ...]:
    if not isinstance(ring, list) or len(ring) < _RING:
        found = f"{len(ring)} points" if isinstance(ring, list) else repr(ring)[:60]
        raise _wrong(where, found, f"a ring of {_RING} points or more")
    points = tuple(_point(point, where) for point in ring)
    if points[0] != points[-1]:
        raise _wrong(where, f"{points[0]} ... {points[-1]}", "a ring that ends where it begins")
    return points


def _point(point: Any, where: str) -> tuple[float, float]:
    if (
        not isinstance(point, list | tuple)
        or len(point) < 2
        or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in point[:2])
        or not all(math.isfinite(x) for x in point[:2])
    ):
        raise _wrong(where, repr(point)[:60], "a point: longitude and latitude")
    east, north = float(point[0]), float(point[1])
    if LONGITUDE[0] <= east <= LONGITUDE[1] and LATITUDE[0] <= north <= LATITUDE[1]:
        return east, north
    if LONGITUDE[0] <= north <= LONGITUDE[1] and LATITUDE[0] <= east <= LATITUDE[1]:
        hint = "longitude and latitude are the wrong way round"
    elif abs(east) > 180 or abs(north) > 90:
        hint = "metres of the National Grid? download the layer with outSR=4326"
    else:
        hint = "outside the United Kingdom"
    raise _wrong(where, f"({east:g}, {north:g})", "longitude and latitude in degrees", hint)


def _wrong(where: str, found: str, expected: str, hint: str = "") -> BoundaryError:
    return BoundaryError(
        "boundaries that cannot be used", where=where, found=found, expected=expected, hint=hint
    )
