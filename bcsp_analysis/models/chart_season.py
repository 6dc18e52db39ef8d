"""The usual season that is taken out of a control chart before its months are judged."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import monthly
from bcsp_analysis.models.monthly import MonthlyFit
from bcsp_analysis.periods import Month

SHORTEST_FOR_SEASON = 24


class SeasonFrom(StrEnum):
    """Where the season comes from that is taken out of the months."""

    SAME_MONTHS = "these months alone"
    GIVEN = "other months as well"
    LEFT_IN = "left in"


def usual(
    counts: pd.Series,
    steps: tuple[Month, ...],
    left_out: tuple[Month, ...],
    season: pd.Series | bool,
) -> tuple[pd.Series | None, MonthlyFit | None, SeasonFrom]:
    """The season to take out, the fitted series where it is long enough, and where it comes from.

    Parameters
    ----------
    counts : Series
        Checked monthly counts.
    steps, left_out : tuple of Month
        Recording changes, and months that are not used.
    season : Series or bool
        As in `control_charts.chart`.

    Raises
    ------
    ModelError
        A season that cannot be taken out, or not be estimated.
    """
    model = None
    if season is True or len(counts) >= SHORTEST_FOR_SEASON:
        question = "the season of a control chart"
        checked = monthly.check_series(counts, at_least=SHORTEST_FOR_SEASON, what_for=question)
        columns = monthly.design(checked.index, breaks=steps)
        try:
            model = monthly.fit(checked, columns, exclude=left_out, what_for=question)
        except ModelError:
            if season is True:
                raise
    if season is True and model is not None:
        effects = model.coefficients[model.named("month_")].to_numpy()
        effects = np.append(effects, -effects.sum())
        own = pd.Series(np.exp(effects), index=range(1, 13), name="season")
        return own, model, SeasonFrom.SAME_MONTHS
    if season is False:
        return None, model, SeasonFrom.LEFT_IN
    given = pd.Series(season).astype("float64")
    months = set(given.index) == set(range(1, 13)) and len(given) == 12
    if not months or not (np.isfinite(given) & (given > 0)).all():
        raise ModelError(
            "a season that cannot be taken out",
            found=f"index {list(given.index)}",
            expected="one number above zero for each calendar month, index 1 to 12",
        )
    given = given.sort_index()
    scaled = (given / np.exp(np.log(given).mean())).rename("season")
    return scaled, model, SeasonFrom.GIVEN
