"""All localities of a kind side by side: last twelve months, change, share, rank."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from bcsp_analysis.models import locality_family
from bcsp_analysis.models.hotspots import ranks
from bcsp_analysis.models.hotspots.dispersion import over_time
from bcsp_analysis.models.hotspots.ranks import Ranking, rank
from bcsp_analysis.models.locality_family import Compared, Family, check_judged, families
from bcsp_analysis.models.locality_months import YEAR, ShownMonths
from bcsp_analysis.periods import Month, Span


@dataclass(frozen=True)
class LocalitiesOverview:
    """All localities of a kind.

    Attributes
    ----------
    kind, category : str
    table : DataFrame
        Index ``area``, those with the most incidents first, hidden ones last. ``name``,
        ``hidden``; then, missing where hidden: ``low``, ``high`` (Int64, incidents of the later
        year, equal where exact), ``pct``, ``pct_low``, ``pct_high`` (change of the counts, per
        cent), ``verdict``, ``share``, ``share_low``, ``share_high``, ``share_verdict``, ``rank``,
        ``rank_low``, ``rank_high`` (Int64, by count), and with residents ``rate``,
        ``rate_rank``, ``rate_rank_low``, ``rate_rank_high``.
    compared : Compared
    whole : tuple of int
        Incidents of all localities, earlier and later year.
    per : float or None
        Residents to whom rates are given.
    fewer_is : str
    suppress_below : int
    recording_changed : bool
    alpha, level, materiality_pct : float
    n : int
        Localities.
    period : Span
        From the first to the last month compared.
    method, citation : str
    """

    kind: str
    category: str
    table: pd.DataFrame
    compared: Compared
    whole: tuple[int, int]
    per: float | None
    fewer_is: str
    suppress_below: int
    recording_changed: bool
    alpha: float
    level: float
    materiality_pct: float
    n: int
    period: Span
    method: str = locality_family.Family.method
    citation: str = f"{locality_family.CITATION}; {ranks.CITATION}"


def overview(
    counts: pd.DataFrame,
    *,
    names: Mapping[str, str] | pd.Series,
    kind: str,
    category: str,
    breaks: Collection[Month] = (),
    confirmed: Collection[Month] | None = None,
    faulty: Collection[Month] = (),
    level: float,
    alpha: float,
    materiality_pct: float,
    small_count: int,
    suppress_below: int,
    fewer_is: str,
    groupings: Sequence[pd.Series] = (),
    residents: pd.Series | None = None,
    per: float = 1000.0,
    judged: Family | None = None,
) -> LocalitiesOverview:
    """All localities of a kind in one table.

    Parameters
    ----------
    counts, breaks .. groupings, judged
        As in `analyse`.
    names : mapping or Series of str
        By code; a locality without one goes by its code.
    residents : Series, optional
        Index ``area``; rates and their ranks are given where it holds a number above zero.
    per : float
        Residents to whom a rate is given.

    Raises
    ------
    ModelError
        As `analyse`.
    """
    found = judged or families(
        counts,
        breaks=breaks,
        confirmed=confirmed,
        faulty=faulty,
        level=level,
        alpha=alpha,
        materiality_pct=materiality_pct,
        small_count=small_count,
        suppress_below=suppress_below,
        groupings=groupings,
    )
    shown, years = found.shown, found.compared
    check_judged(counts, found)
    table = pd.DataFrame(index=shown.low.index)
    table["name"] = [str(dict(names).get(area, area)) for area in table.index]
    table["hidden"] = table.index.isin(list(shown.hidden))
    for end, cells in (("low", shown.low), ("high", shown.high)):
        table[end] = cells[years.months_after].sum(axis=1).astype("Int64")
    table = table.join(_judgements(found)).join(_ranks(shown, years, residents, per))
    figures = table.columns.drop(["name", "hidden"])
    table.loc[table["hidden"], figures] = pd.NA
    windows = (years.months_before, years.months_after)
    return LocalitiesOverview(
        kind=kind,
        category=category,
        table=table.sort_values(["hidden", "rank", "name"], kind="stable", na_position="last"),
        compared=years,
        whole=tuple(int(shown.whole.loc[months].sum()) for months in windows),  # type: ignore[arg-type]
        per=per if residents is not None else None,
        fewer_is=fewer_is,
        suppress_below=suppress_below,
        recording_changed=found.recording_changed,
        alpha=alpha,
        level=level,
        materiality_pct=materiality_pct,
        n=found.n,
        period=years.period,
    )


def _judgements(found: Family) -> pd.DataFrame:
    rows = {
        area: {
            "pct": own.pct_change,
            "pct_low": own.pct_low,
            "pct_high": own.pct_high,
            "verdict": str(own.verdict),
            "share": found.shares[area].share,
            "share_low": found.shares[area].low,
            "share_high": found.shares[area].high,
            "share_verdict": str(found.shares[area].change.verdict),
        }
        for area, own in found.changes.items()
    }
    numbers = dict.fromkeys(
        ("pct", "pct_low", "pct_high", "share", "share_low", "share_high"), "float64"
    )
    return pd.DataFrame.from_dict(rows, orient="index").astype(numbers)


def _ranks(
    shown: ShownMonths, years: Compared, residents: pd.Series | None, per: float
) -> pd.DataFrame:
    """Ranks by count and, where residents are given, by rate, with their likely ranges."""
    estimates = shown.estimate.round().astype("int64")
    swings = over_time(estimates, YEAR)
    totals = estimates[years.months_after].sum(axis=1)
    frame = _places(rank(totals, dispersion=swings), "")
    if residents is not None:
        by_rate = rank(totals, residents.rename("residents"), dispersion=swings, per=per)
        frame = frame.join(by_rate.table["rate"]).join(_places(by_rate, "rate_"))
    return frame.reindex(shown.low.index)


def _places(ranking: Ranking, prefix: str) -> pd.DataFrame:
    columns = ["rank", "rank_low", "rank_high"]
    return ranking.table[columns].astype("Int64").add_prefix(prefix)
