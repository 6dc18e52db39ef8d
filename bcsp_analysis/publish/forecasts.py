"""Writes down what an edition expects, so that the next one can score it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bcsp_analysis import project, start
from bcsp_analysis.editions import Edition
from bcsp_analysis.errors import EditionError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Written:
    """What became of an edition's forecast.

    file : Path
    done : str
        ``"written"``, ``"unchanged"`` or ``"replaced"``.
    rows : int
    series : tuple of str
        Names of the series.
    sha256 : str
        Checksum of the file.
    recorded : bool
        Whether ``data/sources.toml`` has this checksum.
    """

    file: Path
    done: str
    rows: int
    series: tuple[str, ...]
    sha256: str
    recorded: bool


def write(edition: Edition, *, replace: bool = False) -> Written:
    """Forecast every series of an edition and write down the ranges of all methods.

    Raises
    ------
    EditionError
        No page of the edition has a series.
    DataError
        Another forecast is written down already, see `sources.forecasts.write`.
    ModelError
        A series that cannot be forecast.
    """
    from bcsp_analysis.sources import forecasts, registry

    rows = record(edition)
    done = forecasts.write(edition.slug, rows, replace=replace)
    file = forecasts.path(edition.slug)
    digest = registry.digest(file)
    known = {
        shipped.file: shipped.sha256
        for source in registry.load_sources().values()
        for shipped in source.files
    }
    return Written(
        file,
        done,
        len(rows),
        tuple(dict.fromkeys(rows["series"])),
        digest,
        known.get(project.relative(file)) == digest,
    )


def record(edition: Edition) -> pd.DataFrame:
    """What the models expect now for every series of an edition, columns as in the record."""
    import pandas as pd

    pages = [start.start(edition.slug, series=name) for name in _series(edition)]
    if not pages:
        raise EditionError(
            "no page of the edition has a series to forecast",
            where=project.relative(edition.file),
            expected='a page with parameters = { series = "asb" }',
        )
    tables = [page.outlook.to_record(edition.slug) for page in pages]
    return pd.concat(tables, ignore_index=True)


def _series(edition: Edition) -> Iterator[str]:
    """Values of the parameter `series`, each once, in the order of the pages."""
    found = (page.parameters.get("series") for page in edition.pages)
    return (name for name in dict.fromkeys(found) if isinstance(name, str))
