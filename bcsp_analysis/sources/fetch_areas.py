"""Fetching what says where things are: lookups, changes, names, boundaries, residents.

A feature service sends a page at a time and says whether it left features out; all pages are
asked for, and the number of features is held against the service's own count.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bcsp_analysis.errors import ContentError, DownloadError
from bcsp_analysis.sources import (
    areas,
    boundaries,
    contents,
    denominators,
    download,
    fetched,
    lsoa_changes,
)
from bcsp_analysis.sources.download import Connection
from bcsp_analysis.sources.downloadable import Downloadable
from bcsp_analysis.sources.writing import write_checked

PAGE = 1000
"""Features asked for at a time; the services send 1,000 to 2,000 at most."""

_MOST_PAGES = 500


@dataclass(frozen=True)
class AreaFile:
    """A file that was written: where, what it is, and how many rows or features it has."""

    file: Path
    title: str
    rows: int


def everything(
    connection: Connection,
    register: Mapping[str, Downloadable],
    area_code: str,
    area_name: str,
    folder: Path,
) -> Iterator[AreaFile]:
    """Download lookups, changes, names, boundaries, residents and households of a district.

    Parameters
    ----------
    area_code, area_name : str
        The district: ``E08000025``, ``Birmingham``.
    folder : Path
        Where the files are to be.

    Yields
    ------
    AreaFile
        One after the other, as each is written.

    Raises
    ------
    DownloadError, ContentError
        See `download.fetch` and `features`.
    BcspError
        A file that its loader refuses; then what was there stays.
    """
    if len(area_code) != 9 or not area_code.isalnum():
        raise DownloadError("not the code of a district", found=area_code, expected="E08000025")
    code = {"area_code": area_code}
    name = {"area_name": area_name.replace("'", "''")}
    tables: dict[str, tuple[Callable[[Path], object], dict[str, str]]] = {
        "lsoa-ward": (lambda file: areas.load_lookup(file, "lsoa", "ward"), code),
        "lsoa-constituency": (lambda file: areas.load_lookup(file, "lsoa", "constituency"), code),
        "lsoa-changes": (lsoa_changes.load, {}),
    }
    for key, (check, values) in tables.items():
        yield _table(connection, register[key], folder / f"{key}.csv", check, values)
    file = folder / "msoa-names.csv"
    download.fetch(
        connection, register["msoa-names"], file, lambda path: areas.load_names(path, "msoa")
    )
    yield _noted(register["msoa-names"], file, len(areas.load_names(file, "msoa")))
    for key, values in {"lsoa-boundaries": name, "ward-boundaries": code}.items():
        yield _shapes(connection, register[key], folder / f"{key}.geojson", values)
    for kind in denominators.KINDS:
        yield _census(connection, register[f"lsoa-{kind}"], folder, kind)


def features(
    connection: Connection, wanted: Downloadable, values: Mapping[str, str]
) -> list[dict[str, Any]]:
    """All features of a query, page by page.

    Raises
    ------
    ContentError
        No feature; a page that is none; fewer features than the service counts; pages without end.
    """
    counted = _count(connection, wanted, values)
    found: list[dict[str, Any]] = []
    for _ in range(_MOST_PAGES):
        more = f"&resultOffset={len(found)}&resultRecordCount={PAGE}"
        page = contents.parsed_features(
            download.read(connection, _with(wanted, more), **values), wanted.title
        )
        found.extend(page["features"])
        connection.settings.listener.size(wanted.title, len(found), counted)
        inner = page.get("properties")
        cut = page.get("exceededTransferLimit") or (
            isinstance(inner, dict) and inner.get("exceededTransferLimit")
        )
        if not page["features"] or not (cut or len(found) < counted):
            break
    if not found or len(found) != counted:
        raise ContentError(
            "a service left features out" if found else "a service has no features",
            where=wanted.title,
            found=f"{len(found):,}",
            expected=f"{counted:,}, which it counts" if counted else "one or more",
            hint="compare the code and name of the district, and data/downloads.toml",
        )
    return found


def _count(connection: Connection, wanted: Downloadable, values: Mapping[str, str]) -> int:
    reply = download.read(connection, _with(wanted, "&returnCountOnly=true"), **values)
    contents.refuse_page(reply, wanted.title)
    try:
        parsed = json.loads(reply)
        # a GeoJSON reply puts the count among the properties of the collection
        inner = parsed.get("properties", {})
        return int(parsed["count"] if "count" in parsed else inner["count"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ContentError(
            "a download that is not what was asked for",
            where=wanted.title,
            found=reply[:120].decode("utf-8", "replace"),
            expected='{"count": 659}',
        ) from error


def _with(wanted: Downloadable, more: str) -> Downloadable:
    return dataclasses.replace(wanted, address=wanted.address + more)


def _table(
    connection: Connection,
    wanted: Downloadable,
    file: Path,
    check: Callable[[Path], object],
    values: Mapping[str, str],
) -> AreaFile:
    rows: list[dict[str, Any]] = []
    for number, feature in enumerate(features(connection, wanted, values), start=1):
        attributes = feature.get("attributes") if isinstance(feature, dict) else None
        if not isinstance(attributes, dict) or (rows and set(attributes) != set(rows[0])):
            raise ContentError(
                "a feature without the attributes of the others",
                where=f"{wanted.title}, feature {number}",
                found=str(feature)[:120],
                expected=", ".join(rows[0]) if rows else "attributes",
            )
        rows.append(attributes)
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: "" if x is None else x for key, x in row.items()} for row in rows)
    write_checked(file, out.getvalue(), check)
    return _noted(wanted, file, len(rows))


def _shapes(
    connection: Connection, wanted: Downloadable, file: Path, values: Mapping[str, str]
) -> AreaFile:
    found = features(connection, wanted, values)
    text = json.dumps({"type": "FeatureCollection", "features": found}, ensure_ascii=False)
    write_checked(file, text + "\n", boundaries.load)
    return _noted(wanted, file, len(found))


def _census(connection: Connection, wanted: Downloadable, folder: Path, kind: str) -> AreaFile:
    archive = folder / wanted.address.rsplit("/", 1)[-1]
    download.fetch(connection, wanted, archive)
    ending = wanted.contains[0]
    with zipfile.ZipFile(archive) as packed:
        member = next(name for name in packed.namelist() if name.lower().endswith(ending))
        text = packed.read(member).decode("utf-8-sig", "replace")
    file = folder / f"lsoa-{kind}.csv"
    write_checked(file, text, lambda path: denominators.load(path, kind))
    return _noted(wanted, file, len(denominators.load(file, kind)))


def _noted(wanted: Downloadable, file: Path, rows: int) -> AreaFile:
    """A file in its place, once it is written down where it came from."""
    fetched.note(file, wanted)
    return AreaFile(file, wanted.title, rows)
