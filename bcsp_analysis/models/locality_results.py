"""What may be said of one locality, and of all of a kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from bcsp_analysis.models import control_charts, locality_family, seasonality
from bcsp_analysis.models.change import ChangeResult
from bcsp_analysis.models.control_charts import ControlChart
from bcsp_analysis.models.locality_family import Compared, ShareResult
from bcsp_analysis.models.seasonality import SeasonalityResult
from bcsp_analysis.periods import Month, Span

FEWEST_A_MONTH = 9  # mean; below it the lower limit, three standard errors down, is below zero
FEWEST_A_CALENDAR_MONTH = 100  # incidents; below it chance alone moves a month by a tenth or more
CITATION = (
    f"{locality_family.CITATION}; {control_charts.CITATION}; {seasonality.CITATION}; limits only"
    " from nine incidents a month: a c chart's lower limit, mean - 3 sqrt(mean), is above zero"
    " only there (Montgomery 2013, section 7.3)"
)


class Charted(StrEnum):
    """Whether a locality's months are held against limits."""

    YES = "limits drawn"
    TOO_FEW = "too few incidents for limits"
    TOO_SHORT = "too few months recorded in the same way"


class SeasonShown(StrEnum):
    """Whose season a page of a locality shows."""

    OWN = "its own"
    WHOLE_TOO_FEW = "that of all localities, its own counts are too few"
    WHOLE_NOT_SEEN = "that of all localities, its own counts show none"


@dataclass(frozen=True)
class LocalSeason:
    """The season that a page shows.

    Attributes
    ----------
    shown : SeasonShown
    profile : Series
        Month indices, 1..12, geometric mean 1: the one shown.
    whole : Series
        Those of all localities together, taken out of the months of the chart.
    own : SeasonalityResult or None
        Where the counts are many enough to look for a season.
    fewest : int
        Incidents of the calendar month with the fewest, over all years.
    """

    shown: SeasonShown
    profile: pd.Series
    whole: pd.Series
    own: SeasonalityResult | None
    fewest: int


@dataclass(frozen=True)
class LocalityResult:
    """What may be said of one locality; nothing in it tells more than its months as shown.

    Attributes
    ----------
    area, name, kind, category : str
        Code; name for readers; what it is, in the singular ("ward"); category of incidents.
    hidden : bool
        Too few incidents to be shown: every figure below is None.
    months : DataFrame or None
        Index ``month``: ``low``, ``high`` (int64, the band of the count, the count where they are
        equal), ``estimate`` (float64), ``faulty`` (bool), ``usual``, ``usual_low``,
        ``usual_high`` (float64, incidents of this very month by the chart's limits, missing
        without), ``direction`` ("higher", "lower", ""), ``rules`` as in `ControlChart`.
    rolling : DataFrame or None
        Index: the last of twelve months; ``low``, ``high``, ``estimate``, ``faulty`` (a month in it
        is).
    latest : Month
        Latest month not known to be faulty.
    compared : Compared
    change : ChangeResult or None
    share : ShareResult or None
    smallest_seen : (float, float) or None
        Fall and rise, per cent, that would have been called clear four times in five.
    charted : Charted or None
    chart : ControlChart or None
    season : LocalSeason or None
    fewer_is : str
    suppress_below : int
    family_size : int
        Localities judged together.
    n : int
        Months.
    period : Span
    settings : mapping of str to object
        What was decided beforehand: level, alpha, materiality, baseline and so on.
    method, citation : str
    """

    area: str
    name: str
    kind: str
    category: str
    hidden: bool
    months: pd.DataFrame | None
    rolling: pd.DataFrame | None
    latest: Month
    compared: Compared
    change: ChangeResult | None
    share: ShareResult | None
    smallest_seen: tuple[float, float] | None
    charted: Charted | None
    chart: ControlChart | None
    season: LocalSeason | None
    fewer_is: str
    suppress_below: int
    family_size: int
    n: int
    period: Span
    settings: Mapping[str, object]
    method: str = locality_family.Family.method
    citation: str = CITATION
