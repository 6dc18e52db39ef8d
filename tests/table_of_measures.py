"""A copy of the project whose quarterly table says what a test wants."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from pathlib import Path

from small_project import ROOT

TABLE = Path("data/report/2023-24-q2/performance.csv")


def copy(folder: Path, cells: Mapping[str, Mapping[str, str]] | None = None) -> Path:
    """Data, editions, notebooks and hand-written pages of the project, with other printed cells.

    `cells` is measure id to column to text.
    """
    for name in ("data", "editions", "notebooks", "site"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("_quarto.yml", "index.qmd"):
        shutil.copy(ROOT / name, folder / name)
    write(folder / TABLE, cells or {})
    return folder


def write(file: Path, cells: Mapping[str, Mapping[str, str]]) -> None:
    """Put other cells into a quarterly table."""
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        columns, rows = list(reader.fieldnames or ()), list(reader)
    known = {row["measure_id"] for row in rows}
    assert set(cells) <= known
    for row in rows:
        row.update(cells.get(row["measure_id"], {}))
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def counts(before: int, after: int) -> dict[str, str]:
    """Cells of a row whose quarters all hold these counts: each year to date is twice as many."""
    return {
        "q_last_year": str(before),
        "q_this_year": str(after),
        "q_previous": str(after),
        "ytd_this_year": str(2 * after),
        "ytd_last_year": str(2 * before),
        "difference": f"{2 * (after - before):+d}",
        "pct_difference": "",
        "travel": "",
    }
