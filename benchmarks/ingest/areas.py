"""Lookups, boundaries and residents for generated extracts, as `bcsp fetch areas` writes them.

    python benchmarks/ingest/areas.py FOLDER --district Birmingham --wards 69

Small areas lie on a grid, so that neighbours are known; names of wards are numbers.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np

try:
    from benchmarks.ingest import generate
except ModuleNotFoundError:  # run as a file
    import generate  # type: ignore[no-redef]

FIRST_WARD = 5011118
CELL = 0.005  # degrees


def write(
    folder: Path,
    *,
    district: str = "Birmingham",
    wards: int = 69,
    seed: int = 1,
    forces: int = 1,
) -> None:
    """Write the files for one district of the first force that `generate` makes with that seed.

    The changes of small areas are those of so many forces, as the real file has the whole country.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = [
        generate.small_areas(force, seed + number)
        for number, force in enumerate(generate.forces(forces))
    ]
    after, changes = made[0][1], [row for each in made for row in each[2]]
    own = [
        (str(code), str(name))
        for code, name in zip(after.codes, after.names, strict=True)
        if str(name).startswith(f"{district} ")
    ]
    number = {code: index * wards // len(own) for index, (code, _) in enumerate(own)}
    code = {ward: f"E0{FIRST_WARD + ward}" for ward in range(wards)}
    _table(
        folder / "lsoa-ward.csv",
        ["LSOA21CD", "LSOA21NM", "WD22CD", "WD22NM", "LAD22CD", "LAD22NM"],
        [
            [lsoa, name, code[number[lsoa]], f"Ward {number[lsoa] + 1:02d}", "E08000025", district]
            for lsoa, name in own
        ],
    )
    _table(
        folder / "lsoa-constituency.csv",
        ["LSOA21CD", "PCON24CD", "PCON24NM"],
        [
            [lsoa, f"E1400{1090 + seat}", f"Seat {seat + 1}"]
            for lsoa, _ in own
            for seat in [number[lsoa] * 10 // wards]
        ],
    )
    _table(
        folder / "local-partnerships.csv",
        ["WD22CD", "local_partnership"],
        [[code[ward], f"Partnership {ward * 6 // wards + 1}"] for ward in range(wards)],
    )
    _table(
        folder / "lsoa-changes.csv",
        ["LSOA11CD", "LSOA11NM", "LSOA21CD", "LSOA21NM", "CHGIND"],
        [list(row) for row in changes],
    )
    stems = sorted({name.rstrip("ABCDEFGHIJKLMNO") for _, name in own})
    _table(
        folder / "msoa-names.csv",
        ["msoa21cd", "msoa21nm", "msoa21hclnm", "localauthorityname"],
        [
            [f"E0{2001827 + index}", stem, f"Neighbourhood {index + 1}", district]
            for index, stem in enumerate(stems)
        ],
    )
    random = np.random.default_rng(seed)
    for kind, mean in (("residents", 1700), ("households", 650)):
        _table(
            folder / f"lsoa-{kind}.csv",
            ["area_code", kind],
            [[lsoa, int(random.normal(mean, mean / 10))] for lsoa, _ in own],
        )
    side = int(np.ceil(np.sqrt(len(own))))
    features = [
        {
            "type": "Feature",
            "properties": {"LSOA21CD": lsoa, "LSOA21NM": name},
            "geometry": {"type": "Polygon", "coordinates": [_square(index % side, index // side)]},
        }
        for index, (lsoa, name) in enumerate(own)
    ]
    content = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "lsoa-boundaries.geojson").write_text(content + "\n", encoding="utf-8")


def _square(x: int, y: int) -> list[list[float]]:
    west, south = -2.0 + CELL * x, 52.4 + CELL * y
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    return [[round(west + CELL * a, 6), round(south + CELL * b, 6)] for a, b in corners]


def _table(file: Path, header: list[str], rows: list[list[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Write the files as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--district", default="Birmingham")
    parser.add_argument("--wards", type=int, default=69)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--forces", type=int, default=1)
    given = parser.parse_args()
    write(
        given.folder,
        district=given.district,
        wards=given.wards,
        seed=given.seed,
        forces=given.forces,
    )


if __name__ == "__main__":
    main()
