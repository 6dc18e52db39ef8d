"""Which rows of the data a page shows: printed figures by section, the measure of a series."""

from __future__ import annotations

import pandas as pd

from bcsp_analysis.errors import DataError
from bcsp_analysis.measures.catalogue import Catalogue, Measure


def measure_of(catalogue: Catalogue, category: str) -> Measure:
    """The measure that a monthly category is the history of; of several the widest, named first.

    Raises
    ------
    DataError
        No measure names the category as its history.
    """
    for measure in catalogue:
        if measure.history == category:
            return measure
    raise DataError(
        "no measure has this monthly category as its history",
        where="data/measures.toml, history",
        found=category,
        hint="name the category as the history of a measure",
    )


def of_sections(figures: pd.DataFrame, *sections: str) -> pd.DataFrame:
    """Rows of `figures` that the given sections print, in the order of the sections."""
    return pd.concat([figures[figures["section"] == section] for section in sections])


def kinds(figures: pd.DataFrame, whole: str) -> pd.Series:
    """Counts of the kinds of one whole: items ``"whole: kind"``, indexed by the kind."""
    beginning = f"{whole}: "
    rows = figures[figures["item"].str.startswith(beginning) & figures["value"].notna()]
    labels = rows["item"].str.removeprefix(beginning).str.capitalize()
    return pd.Series(rows["value"].to_numpy("float64"), index=labels.to_numpy(), name=whole)


def whole(figures: pd.DataFrame, item: str) -> pd.Series | None:
    """The row that prints the total of its kinds; None where there is none."""
    rows = figures[figures["item"] == item]
    return None if rows.empty else rows.iloc[0]


def places(neighbourhoods: pd.DataFrame) -> pd.Series:
    """Incidents by neighbourhood, as printed."""
    return pd.Series(
        neighbourhoods["incidents"].to_numpy("float64"),
        index=neighbourhoods["neighbourhood"].to_numpy(),
        name="incidents",
    )
