"""Street-level extracts of any size, made to look like those of data.police.uk.

What is kept of the real files: one CSV for each force and month in a folder for the month; a few
small areas with many incidents and many with few; anti-social behaviour without an id; repeated
ids with other outcomes; rows without location; recent crimes still under investigation; from one
month on, codes of 2021 where an area was split; sites of incidents on a small set of points.

    python benchmarks/ingest/generate.py FOLDER --rows 2000000 --months 72 --forces 1
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)
ASB = "Anti-social behaviour"
UNDER_INVESTIGATION = "Under investigation"
NO_SUSPECT = "Investigation complete; no suspect identified"
# Shares of a large force's rows, rounded; anti-social behaviour as in the West Midlands.
CATEGORIES = {
    ASB: 0.176,
    "Bicycle theft": 0.008,
    "Burglary": 0.055,
    "Criminal damage and arson": 0.08,
    "Drugs": 0.02,
    "Other crime": 0.025,
    "Other theft": 0.065,
    "Possession of weapons": 0.013,
    "Public order": 0.07,
    "Robbery": 0.025,
    "Shoplifting": 0.075,
    "Theft from the person": 0.02,
    "Vehicle crime": 0.11,
    "Violence and sexual offences": 0.258,
}
SETTLED = (NO_SUSPECT, "Unable to prosecute suspect", "Offender given a caution")
WEST_MIDLANDS = {
    "Birmingham": 639,
    "Coventry": 195,
    "Dudley": 201,
    "Sandwell": 186,
    "Solihull": 134,
    "Walsall": 167,
    "Wolverhampton": 158,
}
FIRST_CODE_OF_2021 = 1033769
NO_LOCATION = 0.02
REPEATED = 0.004
SPLIT_AREAS = 0.03
POINTS_IN_AREA = 25


@dataclass(frozen=True)
class Force:
    """One force: its file-name part, its name, and the small areas of its districts."""

    slug: str
    name: str
    districts: dict[str, int]
    first_code: int
    longitude: float
    latitude: float


@dataclass(frozen=True)
class Areas:
    """Small areas of one force at one time: codes, names and how incidents spread over them."""

    codes: np.ndarray
    names: np.ndarray
    shares: np.ndarray
    longitudes: np.ndarray
    latitudes: np.ndarray


def forces(count: int) -> list[Force]:
    """The West Midlands first, then as many invented forces as are wanted."""
    result = [Force("west-midlands", "West Midlands Police", WEST_MIDLANDS, 1008881, -1.9, 52.48)]
    for number in range(1, count):
        result.append(
            Force(
                f"force-{number:02d}",
                f"Force {number:02d} Constabulary",
                {f"District {number:02d}{letter}": 150 for letter in "ABCD"},
                1010600 + 600 * (number - 1) if number < 39 else 1000001 + 600 * (number - 39),
                -3.0 + 0.09 * number,
                51.0 + 0.08 * number,
            )
        )
    return result


def small_areas(
    force: Force, seed: int
) -> tuple[Areas, Areas, list[tuple[str, str, str, str, str]]]:
    """Areas of 2011, areas of 2021, and the lookup between them (ONS columns)."""
    random = np.random.default_rng(seed)
    names = [
        f"{district} {1 + number // 5:03d}{'ABCDE'[number % 5]}"
        for district, count in force.districts.items()
        for number in range(count)
    ]
    codes = [f"E0{force.first_code + number}" for number in range(len(names))]
    shares = random.pareto(1.3, len(names)) + 0.3
    shares /= shares.sum()
    points = (len(names), POINTS_IN_AREA)
    longitudes = (
        force.longitude + random.normal(0, 0.1, (len(names), 1)) + random.normal(0, 0.004, points)
    )
    latitudes = (
        force.latitude + random.normal(0, 0.08, (len(names), 1)) + random.normal(0, 0.003, points)
    )
    before = Areas(np.array(codes), np.array(names), shares, longitudes, latitudes)

    split = set(random.choice(len(names), max(1, round(SPLIT_AREAS * len(names))), replace=False))
    rows, lookup, new_code = [], [], FIRST_CODE_OF_2021 + (force.first_code - 1000001) // 10
    for index, (code, name) in enumerate(zip(codes, names, strict=True)):
        if index not in split:
            rows.append((index, code, name, 1.0))
            lookup.append((code, name, code, name, "U"))
            continue
        for part in (1, 2):
            rows.append(
                (index, f"E0{new_code}", f"{name[:-1]}{'FGHIJKLMNO'[(2 * index + part) % 10]}", 0.5)
            )
            lookup.append((code, name, f"E0{new_code}", rows[-1][2], "S"))
            new_code += 1
    index = np.array([row[0] for row in rows])
    after = Areas(
        np.array([row[1] for row in rows]),
        np.array([row[2] for row in rows]),
        shares[index] * np.array([row[3] for row in rows]),
        longitudes[index],
        latitudes[index],
    )
    return before, after, lookup


def month_rows(
    force: Force, areas: Areas, month: str, count: int, settled: float, random: np.random.Generator
) -> Iterator[str]:
    """The lines of one file, sorted by area as the real ones are, rows without location last."""
    repeats = round(REPEATED * count)
    count -= repeats
    area = np.sort(random.choice(len(areas.codes), count, p=areas.shares / areas.shares.sum()))
    point = random.integers(0, POINTS_IN_AREA, count)
    category = random.choice(
        list(CATEGORIES), count, p=np.array(list(CATEGORIES.values())) / sum(CATEGORIES.values())
    )
    located = random.random(count) >= NO_LOCATION
    ids = random.bytes(32 * count).hex()
    outcome = np.where(
        random.random(count) < settled, random.choice(SETTLED, count), UNDER_INVESTIGATION
    )
    again = set(random.choice(np.flatnonzero(category != ASB), repeats, replace=False))
    last = []
    for row in range(count):
        crime_id = "" if category[row] == ASB else ids[64 * row : 64 * row + 64]
        result = "" if category[row] == ASB else outcome[row]
        a, p = area[row], point[row]
        if located[row]:
            place = (
                f"{areas.longitudes[a, p]:.6f},{areas.latitudes[a, p]:.6f},On or near Road {a}-{p},"
                f"{areas.codes[a]},{areas.names[a]}"
            )
        else:
            place = ",,No Location,,"
        start = f"{crime_id},{month},{force.name},{force.name},{place},{category[row]},"
        lines = [f"{start}{result},"]
        if row in again:
            lines.append(f"{start}{SETTLED[row % 3]},")
        if located[row]:
            yield from lines
        else:
            last += lines
    yield from last


def months_from(first: str, count: int) -> list[str]:
    """ISO months."""
    year, number = map(int, first.split("-"))
    return [
        f"{year + (number - 1 + step) // 12}-{(number - 1 + step) % 12 + 1:02d}"
        for step in range(count)
    ]


def generate(
    folder: Path,
    *,
    rows: int,
    months: int = 72,
    first: str = "2018-01",
    forces_wanted: int = 1,
    vintage_month: str = "2023-07",
    form: str = "folder",
    seed: int = 1,
) -> list[Path]:
    """Write the extracts; one file for each force and month, or one archive of all of them.

    Parameters
    ----------
    form : str
        ``folder``, ``gz`` (each file compressed) or ``zip`` (one archive).
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = months_from(first, months)
    chosen = forces(forces_wanted)
    weights = np.array([2.0] + [1.0] * (len(chosen) - 1))
    season = 1 + 0.12 * np.sin(np.arange(months) / 12 * 2 * np.pi)
    share = np.outer(weights / weights.sum(), season / season.sum())
    counts = np.floor(share * rows).astype(int)
    counts[0, 0] += rows - counts.sum()
    lookup: list[tuple[str, str, str, str, str]] = []
    written: list[Path] = []
    archive = (
        zipfile.ZipFile(folder / f"{names[-1]}.zip", "w", zipfile.ZIP_DEFLATED)
        if form == "zip"
        else None
    )
    for number, force in enumerate(chosen):
        before, after, table = small_areas(force, seed + number)
        lookup += table
        for step, month in enumerate(names):
            random = np.random.default_rng([seed, number, step])
            areas = after if month >= vintage_month else before
            settled = min(1.0, (months - step) / 12)
            lines = month_rows(force, areas, month, int(counts[number, step]), settled, random)
            text = "\r\n".join([HEADER, *lines, ""]).encode()
            member = f"{month}/{month}-{force.slug}-street.csv"
            if archive is not None:
                archive.writestr(member, text)
                continue
            file = folder / (member + (".gz" if form == "gz" else ""))
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(gzip.compress(text, 6) if form == "gz" else text)
            written.append(file)
    if archive is not None:
        archive.close()
        written.append(folder / f"{names[-1]}.zip")
    table_text = io.StringIO()
    writer = csv.writer(table_text, lineterminator="\n")
    writer.writerow(["LSOA11CD", "LSOA11NM", "LSOA21CD", "LSOA21NM", "CHGIND"])
    writer.writerows(lookup)
    (folder / "lsoa-2011-to-2021.csv").write_text(table_text.getvalue(), encoding="utf-8")
    return written


def main() -> None:
    """Write extracts as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--months", type=int, default=72)
    parser.add_argument("--first", default="2018-01")
    parser.add_argument("--forces", type=int, default=1)
    parser.add_argument("--form", choices=["folder", "gz", "zip"], default="folder")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    files = generate(
        given.folder,
        rows=given.rows,
        months=given.months,
        first=given.first,
        forces_wanted=given.forces,
        form=given.form,
        seed=given.seed,
    )
    print(f"{len(files)} files, {sum(file.stat().st_size for file in files) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
