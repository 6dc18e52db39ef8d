"""The workbook of an edition: what its pages show, as accessible tables in xlsx and ods.

The sheets follow the Government Analysis Function's "Releasing statistics in spreadsheets": cover,
contents and notes first, one table a sheet with one marked header row, no merged or empty cells,
shorthand in place of figures that are missing or hidden.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bcsp_analysis import project
from bcsp_analysis.editions import Edition
from bcsp_analysis.publish.places import HAND_WRITTEN

if TYPE_CHECKING:
    from bcsp_analysis.publish.workbook_parts import Sheet, Workbook
    from bcsp_analysis.start import Start

NAMES = ("measures.xlsx", "measures.ods")


def make(edition: Edition) -> Workbook:
    """Everything that the workbook of an edition holds, before it is written to a file."""
    from bcsp_analysis.markup import plain
    from bcsp_analysis.publish import workbook_front as front
    from bcsp_analysis.publish.workbook_parts import Workbook
    from bcsp_analysis.start import Start

    page = Start(edition, MappingProxyType({}))
    tables = [front.notes(page), front.sources(page), *_tables(page)]
    listed = [front.contents(tables), *tables]
    return Workbook(
        title=plain(edition.title),
        subject=plain(f"Community safety, {edition.area}, {edition.quarter.label}"),
        published=edition.published,
        sheets=(front.cover(page, [front.CONTENTS, front.NOTES, front.SOURCES]), *listed),
    )


def _tables(page: Start) -> Iterator[Sheet]:
    from bcsp_analysis.publish import workbook_quarter as quarter
    from bcsp_analysis.publish import workbook_series as series

    yield quarter.printed(page)
    yield quarter.changes(page, "year_to_date", "Changes_year_to_date")
    yield quarter.changes(page, "quarter_on_year", "Changes_quarter_on_year")
    yield quarter.comparison(page)
    yield quarter.audit(page)
    yield quarter.claims(page)
    yield series.monthly(page)
    pages = [replace(page, parameters=MappingProxyType({"series": n})) for n in _series(page)]
    yield series.control_charts(pages)
    yield series.seasons(pages)
    yield series.cost_of_living(pages)
    yield series.outlook(pages)


def _series(page: Start) -> Iterator[str]:
    """Values of the parameter `series` of the edition's pages, each once, in their order."""
    found = (one.parameters.get("series") for one in page.edition.pages)
    return (name for name in dict.fromkeys(found) if isinstance(name, str))


def linked() -> bool:
    """Whether a hand-written page of the project leads to the workbook: else a site needs none."""
    pages = sorted(project.path(HAND_WRITTEN).rglob("*.qmd"))
    return any(f"({name})" in page.read_text("utf-8") for page in pages for name in NAMES)


def files(workbook: Workbook) -> dict[str, bytes]:
    """Content of each file by its name."""
    from bcsp_analysis.publish.workbook_ods import ods
    from bcsp_analysis.publish.workbook_xlsx import xlsx

    return dict(zip(NAMES, (xlsx(workbook), ods(workbook)), strict=True))


def write(edition: Edition, folder: Path) -> tuple[Path, ...]:
    """Write ``measures.xlsx`` and ``measures.ods``; whatever fails, the last good ones stay."""
    made = files(make(edition))
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        beside = folder / f".{name}.{os.getpid()}"
        try:
            beside.write_bytes(content)
            beside.replace(folder / name)
        finally:
            beside.unlink(missing_ok=True)
    return tuple(folder / name for name in made)
