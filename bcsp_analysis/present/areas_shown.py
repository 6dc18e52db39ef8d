"""What a page shows of its areas: one frame, from which the map, the chart and the tables are made.

So a map and the table beside it cannot disagree, and what is hidden in one is hidden in all.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from bcsp_analysis.models.hotspots import HotSpots
from bcsp_analysis.models.hotspots.clusters import Cluster
from bcsp_analysis.models.hotspots.ranks import Standing

LEVELS, CLUSTERS = "levels", "clusters"
TOO_FEW = "too few to show"
NO_RATE = "no rate"
CLASSES = {
    LEVELS: (*(str(one) for one in Standing), NO_RATE, TOO_FEW),
    CLUSTERS: (*(str(one) for one in Cluster), TOO_FEW),
}


def shown(
    spots: HotSpots,
    hidden: Collection[str] = (),
    *,
    by: str = LEVELS,
    denominator: str = "areas",
) -> pd.DataFrame:
    """Figures and class of every area, those of hidden areas left out.

    Parameters
    ----------
    spots : HotSpots
    hidden : collection of str
        Areas of which no figure is shown, from `disclosure.hidden_areas`.
    by : str
        "levels": the class is where the area's level lies; "clusters": what it is together with its
        neighbours.
    denominator : str
        Ranking that is shown, a key of `spots.rankings`.

    Returns
    -------
    DataFrame
        Index ``area``, highest first, then those without a figure. ``name`` (str), ``count``
        (Int64, missing where hidden), ``rate``, ``low``, ``high`` (float64), ``rank``,
        ``rank_low``, ``rank_high`` (Int64), ``top1``, ``top10`` (float64), ``shown_as``
        (categorical, the class, in the order of `CLASSES`).

    Raises
    ------
    ValueError
        Clusters of a result without any, or an unknown `by`.
    """
    if by not in CLASSES or (by == CLUSTERS and spots.clusters is None):
        raise ValueError(f"no classes {by!r} in this result")
    ranking = spots.rankings[denominator].table
    areas = pd.Index(spots.names.index, name="area")
    figures = ranking.reindex(areas)
    frame = pd.DataFrame({"name": spots.names.astype("str").to_numpy()}, index=areas)
    frame["count"] = spots.rates.counts["count"].reindex(areas).astype("Int64")
    for column in ("rate", "low", "high", "top1", "top10"):
        frame[column] = figures[column].astype("float64")
    for column in ("rank", "rank_low", "rank_high"):
        frame[column] = figures[column].astype("Int64")
    classes = (
        figures["standing"].fillna(NO_RATE)
        if by == LEVELS or spots.clusters is None
        else spots.clusters.table["cluster"].reindex(areas)
    )
    withheld = frame.index.isin(list(hidden))
    frame.loc[withheld, frame.columns.drop("name")] = pd.NA
    frame["shown_as"] = pd.Categorical(
        classes.astype("str").mask(withheld, TOO_FEW), categories=list(CLASSES[by]), ordered=True
    )
    return frame.sort_values(["rank", "name"], kind="stable", na_position="last")


def clusters_shown(spots: HotSpots, hidden: Collection[str] = ()) -> pd.DataFrame | None:
    """The frame with clusters as classes; None where none could be looked for."""
    return None if spots.clusters is None else shown(spots, hidden, by=CLUSTERS)


def leading(frame: pd.DataFrame, rows: int) -> pd.DataFrame:
    """The highest rows of what `shown` gives, hidden areas left out."""
    return frame[frame["rank"].notna()].head(rows)
