"""Small tables of counts and small maps for the tests of the hot spots."""

from __future__ import annotations

import itertools
import json

import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.sources.boundaries import Area, Boundaries

REFERENCE = project.path("tests", "reference", "hotspots")


def table(rows: list[list[int]], first: str = "2023-01") -> pd.DataFrame:
    months = pd.date_range(first, periods=len(rows[0]), freq="MS", name="month")
    return pd.DataFrame(
        rows, index=pd.Index([f"A{i}" for i in range(len(rows))], name="area"), columns=months
    )


def series(*counts: float) -> pd.Series:
    return pd.Series(counts, index=[f"A{i}" for i in range(len(counts))])


def sids() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "sids2.csv", dtype={"area": "str"}).set_index("area")


def counties() -> Boundaries:
    content = json.loads((REFERENCE / "sids2.geojson").read_text())
    return Boundaries(
        tuple(
            Area(
                feature["properties"]["area"],
                feature["properties"]["name"],
                _polygons(feature["geometry"]),
            )
            for feature in content["features"]
        ),
        "sids2.geojson",
    )


def _polygons(geometry):
    parts = geometry["coordinates"]
    return tuple(
        tuple(tuple(map(tuple, ring)) for ring in part)
        for part in ([parts] if geometry["type"] == "Polygon" else parts)
    )


def square(code: str, x: float, y: float, *holes: tuple, size: float = 1.0) -> Area:
    outer = ((x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y))
    return Area(code, "", ((outer, *holes),))


def grid(columns: int, rows: int) -> Boundaries:
    areas = [
        square(f"{x}-{y}", x / 100, 52 + y / 100, size=0.01)
        for y, x in itertools.product(range(rows), range(columns))
    ]
    return Boundaries(tuple(areas), "grid.geojson")
