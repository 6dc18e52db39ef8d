"""The same control chart drawn otherwise: does the answer hang on a choice that was made?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import control_charts
from bcsp_analysis.models.chart_limits import Kind
from bcsp_analysis.models.chart_season import SeasonFrom
from bcsp_analysis.models.control_charts import ControlChart
from bcsp_analysis.periods import Month

PUBLISHED = "as published"
OWN_SEASON = "the season of these months alone"
SEASON_LEFT_IN = "the season left in"
CONFIRMED_ONLY = "confirmed recording changes only"
WHOLE_PHASE = "limits from all months of a phase"


def readings(
    series: pd.Series, published: ControlChart, *, confirmed: Iterable[Month] | None = None
) -> dict[str, ControlChart]:
    """The published chart, and the same with one choice changed at a time.

    Parameters
    ----------
    series : Series
        Of the published chart.
    published : ControlChart
    confirmed : iterable of Month, optional
        The recording changes that are confirmed; that reading is left out without them, and where
        they are all.

    Returns
    -------
    dict of str to ControlChart
        `PUBLISHED` first. A reading for which the series is too short is left out.
    """
    found = {PUBLISHED: published}
    if published.season_from is not SeasonFrom.SAME_MONTHS:
        # A series too short for a season of its own is no fault of the published chart.
        with contextlib.suppress(ModelError):
            found[OWN_SEASON] = _redrawn(series, published, season=True)
    if published.season_from is not SeasonFrom.LEFT_IN:
        found[SEASON_LEFT_IN] = _redrawn(series, published, season=False)
    if confirmed is not None and set(confirmed) != set(published.breaks):
        found[CONFIRMED_ONLY] = _redrawn(series, published, breaks=tuple(confirmed))
    found[WHOLE_PHASE] = _redrawn(series, published, baseline=max(len(series), published.baseline))
    return found


def by_kind(series: pd.Series, published: ControlChart) -> dict[Kind, ControlChart]:
    """The published chart with each kind of limits."""
    return {kind: _redrawn(series, published, kind=kind) for kind in Kind}


def _redrawn(series: pd.Series, published: ControlChart, **changed: object) -> ControlChart:
    season: pd.Series | bool = False if published.season is None else published.season
    if published.season_from is SeasonFrom.SAME_MONTHS:
        season = True
    settings: dict[str, object] = {
        "kind": published.kind,
        "baseline": published.baseline,
        "breaks": published.breaks,
        "exclude": published.excluded,
        "season": season,
        "fewer_is": published.fewer_is,
        "screen": published.screened,
    }
    return control_charts.chart(series, **(settings | changed))  # type: ignore[arg-type]
