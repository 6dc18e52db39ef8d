"""The area among the areas of its group: a funnel for every measure of the comparator table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models import funnel, quarterly
from bcsp_analysis.models.funnel import FunnelResult, Overdispersion
from bcsp_analysis.models.monthly import month_of
from bcsp_analysis.periods import Span

TOO_FEW = "too few areas with figures"
NO_INCIDENT = "not a single incident in the other areas"
HIDDEN = "counts too small to be shown"
NOT_ITSELF = "no figures of the area itself"


@dataclass(frozen=True)
class Comparators:
    """Every measure of a comparator table.

    Attributes
    ----------
    area : str
        The edition's area, as the table names it.
    funnels : dict of measure id to FunnelResult
        Rates per 1,000; in the order of the table.
    periods : dict of measure id to Span
        Months of the counts, of every measure in the table.
    available : dict of measure id to (int, int)
        Areas with figures, and areas listed, of every measure in the table.
    left_out : dict of measure id to str
        Measures without a funnel, and why.
    """

    area: str
    funnels: dict[str, FunnelResult]
    periods: dict[str, Span]
    available: dict[str, tuple[int, int]]
    left_out: dict[str, str]


def compare(
    table: pd.DataFrame,
    catalogue: Catalogue,
    changes: Iterable[RecordingChange],
    monthly: Mapping[str, pd.Series],
    *,
    area_code: str,
    suppress_below: int = 0,
    hidden: Collection[str] = (),
) -> Comparators:
    """Put the area on a funnel against the others, measure by measure.

    With eight other areas or more that have figures, variation between areas is added to the
    limits; with three to seven they are those of chance alone. The area's own overdispersion over
    time widens the ranks of all areas alike: that of the others is not known.

    Parameters
    ----------
    table : DataFrame
        As `comparators.load` of the sources returns it.
    catalogue : Catalogue
    changes : iterable of RecordingChange
        Taken out of the histories as steps.
    monthly : mapping of category to Series
        Monthly incidents of the area.
    area_code : str
        Code of the edition's area.
    suppress_below : int
        A measure with a count from 1 up to, not including, this one gets no funnel: with the
        group's rate, one hidden point could be worked out from the others.
    hidden : collection of measure id
        Measures of which no count is shown.

    Raises
    ------
    ModelError
        No history at all, or one too short for the overdispersion.
    """
    own = table[table["area_code"] == area_code]
    periods = {
        str(name): Span(
            month_of(rows["period_first"].iloc[0]), month_of(rows["period_last"].iloc[0])
        )
        for name, rows in table.groupby("measure_id", sort=False)
    }
    dispersions = quarterly.history_dispersions(
        monthly, changes, {len(period) for period in periods.values()}
    )
    funnels: dict[str, FunnelResult] = {}
    available: dict[str, tuple[int, int]] = {}
    left_out: dict[str, str] = {}
    for name, rows in table.groupby("measure_id", sort=False):
        measure = catalogue[str(name)]
        known = rows.dropna(subset=["count", "denominator"])
        available[measure.id] = len(known), len(rows)
        itself = known[known["area_code"] == area_code]
        others = known[known["area_code"] != area_code]
        small = ((known["count"] > 0) & (known["count"] < suppress_below)).any()
        reasons = {
            HIDDEN: measure.id in hidden or small,
            NOT_ITSELF: itself.empty,
            TOO_FEW: len(others) < funnel.FEWEST_AREAS,
            NO_INCIDENT: others["count"].sum() == 0,
        }
        reason = next((text for text, holds in reasons.items() if holds), "")
        if reason:
            left_out[measure.id] = reason
            continue
        count = float(itself["count"].iloc[0])
        enough = len(others) >= funnel.FEWEST_FOR_OVERDISPERSION
        funnels[measure.id] = funnel.funnel(
            rows,
            per=1000.0,
            overdispersion=Overdispersion.ADDITIVE if enough else Overdispersion.NONE,
            fewer_is=measure.fewer_is,
            apart=str(itself["area"].iloc[0]),
            period=periods[measure.id],
            dispersion=quarterly.dispersion_of(
                dispersions, measure.history, len(periods[measure.id]), count
            ).value,
        )
    return Comparators(str(own["area"].iloc[0]), funnels, periods, available, left_out)
