"""What an edition's figures lack: the ledger of missing data, and what follows from each gap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.measures.recording import RecordingChange, faulty_months
from bcsp_analysis.periods import Month, Quarter
from bcsp_analysis.sources.registry import Source
from bcsp_analysis.sources.report import COUNTS, IQUANTA, PrintedTable

NO_COUNTS = "No change can be worked out."
NO_COMPARISON = "No comparison with similar areas."
NO_HISTORY = "How much it varies by itself is borrowed from other measures."
TOO_EARLY = "Trend, season and cost of living end there; the quarter's last months are not in them."
FAULTY = "Shown, and left out where the page says so."


class Where(StrEnum):
    """Which figures have the gap."""

    TABLE = "the report's table"
    MONTHLY = "monthly figures"
    SOURCE = "a source"


@dataclass(frozen=True)
class Gap:
    """Something that is not there.

    where : Where
    what : str
        What is missing, one sentence or the beginning of one.
    measures : tuple of Measure
        Those concerned; none where it does not belong to single measures.
    follows : str
        What cannot be said for that reason; "" where the page says nothing more.
    source : str
        Title of the source, for gaps that a source states.
    """

    where: Where
    what: str
    measures: tuple[Measure, ...] = ()
    follows: str = ""
    source: str = ""


def ledger(
    table: PrintedTable,
    catalogue: Catalogue,
    monthly: Mapping[str, pd.Series],
    changes: Iterable[RecordingChange],
    quarter: Quarter,
    sources: Iterable[Source],
) -> tuple[Gap, ...]:
    """Every gap of an edition's figures, those of the report's table first.

    Parameters
    ----------
    monthly : mapping of category to Series
        Monthly incidents, complete "MS" DatetimeIndex.
    changes : iterable of RecordingChange
        The register, which knows faulty months.
    quarter : Quarter
        The quarter reported.
    sources : iterable of Source
        Records of what the edition stands on, with the gaps that they state.
    """
    return (
        *_of_table(table, catalogue),
        *_of_months(catalogue, monthly, tuple(changes), quarter),
        *(
            Gap(Where.SOURCE, gap, source=source.title)
            for source in sources
            for gap in source.known_gaps
        ),
    )


def _of_table(table: PrintedTable, catalogue: Catalogue) -> list[Gap]:
    blank = table.figures.isna()
    counts = blank[list(COUNTS)]
    groups = (
        ("No count is printed.", NO_COUNTS, counts.all(axis=1)),
        ("Some counts are not printed.", NO_COUNTS, counts.any(axis=1) & ~counts.all(axis=1)),
        (
            "No rate or rank among similar areas is printed.",
            NO_COMPARISON,
            blank[list(IQUANTA)].all(axis=1),
        ),
        (
            "Some figures of the comparison are not printed.",
            NO_COMPARISON,
            blank[list(IQUANTA)].any(axis=1) & ~blank[list(IQUANTA)].all(axis=1),
        ),
    )
    return [
        Gap(Where.TABLE, what, tuple(catalogue[str(m)] for m in blank.index[rows]), follows)
        for what, follows, rows in groups
        if rows.any()
    ]


def _of_months(
    catalogue: Catalogue,
    monthly: Mapping[str, pd.Series],
    changes: tuple[RecordingChange, ...],
    quarter: Quarter,
) -> list[Gap]:
    found = []
    without = tuple(m for m in catalogue if m.history not in monthly)
    if without:
        found.append(Gap(Where.MONTHLY, "No monthly counts are at hand.", without, NO_HISTORY))
    gaps: dict[tuple[str, str], list[str]] = {}  # what and what follows, of which categories
    for category, series in monthly.items():
        end = pd.DatetimeIndex(series.index).max()
        last = Month(end.year, end.month)
        if last < quarter.span.last:
            gaps.setdefault((f"No month after {last.label} is held", TOO_EARLY), []).append(
                category
            )
        for month in faulty_months(changes, category):
            gaps.setdefault((f"{month.label} is known to be faulty", FAULTY), []).append(category)
    found += [
        Gap(Where.MONTHLY, f"{what} ({'; '.join(categories)}).", follows=follows)
        for (what, follows), categories in gaps.items()
    ]
    return found
