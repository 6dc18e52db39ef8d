"""One locality, or all of a kind: latest month, year against year, share, usual range, season."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import chart_season, control_charts, monthly, seasonality
from bcsp_analysis.models.control_charts import ControlChart, Kind
from bcsp_analysis.models.locality_family import (
    Compared,
    Family,
    ShareResult,
    check_judged,
    families,
    smallest_seen,
)
from bcsp_analysis.models.locality_months import YEAR, ShownMonths
from bcsp_analysis.models.locality_overview import LocalitiesOverview, overview
from bcsp_analysis.models.locality_results import (
    FEWEST_A_CALENDAR_MONTH,
    FEWEST_A_MONTH,
    Charted,
    LocalityResult,
    LocalSeason,
    SeasonShown,
)
from bcsp_analysis.models.season_tests import Presence
from bcsp_analysis.periods import Month

__all__ = [
    "FEWEST_A_CALENDAR_MONTH",
    "FEWEST_A_MONTH",
    "Charted",
    "Compared",
    "Family",
    "LocalSeason",
    "LocalitiesOverview",
    "LocalityResult",
    "SeasonShown",
    "ShareResult",
    "analyse",
    "families",
    "overview",
    "smallest_seen",
]


def analyse(
    counts: pd.DataFrame,
    area: str,
    *,
    name: str,
    kind: str,
    category: str,
    breaks: Collection[Month] = (),
    confirmed: Collection[Month] | None = None,
    faulty: Collection[Month] = (),
    baseline: int,
    level: float,
    alpha: float,
    materiality_pct: float,
    small_count: int,
    suppress_below: int,
    fewer_is: str,
    family: int | None = None,
    season: pd.Series | bool = True,
    groupings: Sequence[pd.Series] = (),
    judged: Family | None = None,
) -> LocalityResult:
    """Everything about one locality.

    Parameters
    ----------
    counts : DataFrame
        Index ``area``: all localities of the kind, one column a month ("MS"), complete; one
        without incidents is zeros. At least 24 months.
    area : str
        The locality's code.
    name, kind, category : str
    breaks, confirmed, faulty, level, alpha, materiality_pct, small_count, suppress_below, groupings
        As in `families`.
    baseline : int
        Months behind the limits of the chart, as in `control_charts.chart`.
    fewer_is : str
        "better" or "neither".
    family : int, optional
        Number of localities that the caller believes to be judged together.
    season : Series or bool
        Month indices of the whole (1..12); True: from the column sums. False: none is taken out.
    judged : Family, optional
        Of the same counts by the same rules, so that it is worked out once for all pages.

    Raises
    ------
    ModelError
        An area that is not in `counts`, another number of localities than `family`, `judged` of
        other counts, or counts that cannot be used.
    """
    rules: dict[str, Any] = {
        "level": level,
        "alpha": alpha,
        "materiality_pct": materiality_pct,
        "small_count": small_count,
        "suppress_below": suppress_below,
    }
    found = judged or families(
        counts, breaks=breaks, confirmed=confirmed, faulty=faulty, groupings=groupings, **rules
    )
    _check(area, family, found)
    check_judged(counts, found)
    shown = found.shown
    index = pd.DatetimeIndex(shown.low.columns)
    hidden = area in shown.hidden
    months = _months(shown, area, faulty)
    usual = _season_of_whole(shown.whole, tuple(breaks), tuple(faulty), season)
    charted, chart = (
        (None, None)
        if hidden
        else _charted(months, category, breaks, faulty, baseline, usual, fewer_is)
    )
    return LocalityResult(
        area=area,
        name=name,
        kind=kind,
        category=category,
        hidden=hidden,
        months=None if hidden else months.join(_usual(chart, index)),
        rolling=None if hidden else _rolling(months),
        latest=found.compared.after.last,
        compared=found.compared,
        change=None if hidden else found.changes[area],
        share=None if hidden else found.shares[area],
        smallest_seen=None if hidden else smallest_seen(found.changes[area]),
        charted=charted,
        chart=chart,
        season=None
        if hidden
        else _season(months, category, usual, breaks, faulty, alpha=alpha, level=level),
        fewer_is=fewer_is,
        suppress_below=suppress_below,
        family_size=found.n,
        n=len(index),
        period=monthly.period_of(index),
        settings=rules | {"baseline": baseline, "breaks": tuple(breaks), "faulty": tuple(faulty)},
    )


def _check(area: str, family: int | None, found: Family) -> None:
    areas = found.shown.low.index
    if area not in areas:
        raise ModelError(
            "a locality that is not among the counts",
            found=repr(area),
            expected=f"one of {len(areas)} codes such as {areas[0]}",
        )
    if family is not None and family != found.n:
        raise ModelError(
            "a family of another size", found=f"{found.n} localities", expected=str(family)
        )


def _months(shown: ShownMonths, area: str, faulty: Collection[Month]) -> pd.DataFrame:
    wrong = set(faulty)
    frame = pd.DataFrame(
        {
            "low": shown.low.loc[area],
            "high": shown.high.loc[area],
            "estimate": shown.estimate.loc[area],
        }
    )
    frame["faulty"] = [monthly.month_of(stamp) in wrong for stamp in frame.index]
    return frame


def _rolling(months: pd.DataFrame) -> pd.DataFrame:
    """Sums of twelve months."""
    sums = months[["low", "high", "estimate"]].rolling(YEAR).sum().iloc[YEAR - 1 :]
    sums = sums.astype({"low": "int64", "high": "int64"})
    sums["faulty"] = months["faulty"].rolling(YEAR).max().iloc[YEAR - 1 :].astype(bool)
    return sums


def _season_of_whole(
    whole: pd.Series, breaks: tuple[Month, ...], faulty: tuple[Month, ...], season: pd.Series | bool
) -> pd.Series | None:
    counts = whole.astype("float64")
    return chart_season.usual(counts, breaks, faulty, season)[0]


def _charted(
    months: pd.DataFrame,
    category: str,
    breaks: Collection[Month],
    faulty: Collection[Month],
    baseline: int,
    season: pd.Series | None,
    fewer_is: str,
) -> tuple[Charted, ControlChart | None]:
    """A chart by Laney's limits, by Poisson's where those would be narrower than chance alone."""
    series = months["estimate"].rename(category)
    if series[~months["faulty"]].mean() < FEWEST_A_MONTH:
        return Charted.TOO_FEW, None
    found = None
    for kind in (Kind.LANEY, Kind.U):
        found = control_charts.chart(
            series,
            kind=kind,
            baseline=baseline,
            breaks=breaks,
            exclude=faulty,
            season=False if season is None else season,
            fewer_is=fewer_is,
        )
        if not (found.phases["spread"] < 1).any():
            break
    limited = found is not None and found.latest_with_limits is not None
    return (Charted.YES, found) if limited else (Charted.TOO_SHORT, found)


def _usual(chart: ControlChart | None, index: pd.DatetimeIndex) -> pd.DataFrame:
    """The chart's limits in incidents of each month as recorded, and what marks it."""
    frame = pd.DataFrame(np.nan, index=index, columns=["usual", "usual_low", "usual_high"])
    frame["direction"], frame["rules"] = "", ""
    if chart is None:
        return frame
    exposure = monthly.days_in(index) / monthly.MEAN_MONTH_DAYS
    if chart.season is not None:
        exposure = exposure * chart.season.loc[index.month.to_numpy()].to_numpy()
    for column, line in (("usual", "centre"), ("usual_low", "low"), ("usual_high", "high")):
        frame[column] = chart.months[line].to_numpy() * exposure
    for column in ("direction", "rules"):
        frame[column] = chart.months[column].to_numpy()
    return frame


def _season(
    months: pd.DataFrame,
    category: str,
    whole: pd.Series | None,
    breaks: Collection[Month],
    faulty: Collection[Month],
    *,
    alpha: float,
    level: float,
) -> LocalSeason | None:
    """The locality's own season where its counts can show one, else that of the whole."""
    if whole is None:
        return None
    sound = months.loc[~months["faulty"], "estimate"]
    by_month = sound.groupby(pd.DatetimeIndex(sound.index).month).sum()
    fewest = int(by_month.reindex(range(1, 13), fill_value=0).min())
    if fewest < FEWEST_A_CALENDAR_MONTH:
        return LocalSeason(SeasonShown.WHOLE_TOO_FEW, whole, whole, None, fewest)
    own = seasonality.analyse(
        months["estimate"].rename(category),
        breaks=breaks,
        exclude=faulty,
        alpha=alpha,
        level=level,
    )
    if own.presence.verdict is not Presence.PRESENT:
        return LocalSeason(SeasonShown.WHOLE_NOT_SEEN, whole, whole, own, fewest)
    return LocalSeason(SeasonShown.OWN, own.indices["index"], whole, own, fewest)
