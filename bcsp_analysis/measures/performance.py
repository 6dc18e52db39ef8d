"""The quarterly table, recomputed from its printed counts on the prior-period base.

Change in per cent is ``100 * (after - before) / before``; where the count before is zero it is
undefined and missing. Nothing is rounded here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from bcsp_analysis.periods import Quarter, Span
from bcsp_analysis.sources.report import COUNTS, PrintedTable


@dataclass(frozen=True)
class Comparison:
    """One way to compare two counts of the table.

    `before` and `after` are columns of the computed table; the spans are the months they cover.
    """

    id: str
    title: str
    before: str
    after: str
    before_span: Span
    after_span: Span


@dataclass(frozen=True)
class QuarterlyTable:
    """The computed table.

    counts : DataFrame, Float64, index measure_id, in the order of print
        The printed counts, with `ytd_this_year` recomputed from its quarters where all of them are
        printed, `ytd_printed` as printed, and `implied_earlier_last_year`: the quarters before
        this one in last year's year to date, which the report does not print.
    changes : DataFrame, Float64, index (measure_id, comparison)
        `before`, `after`, `difference`, `pct_change` (per cent of before).
    comparisons : dict of Comparison by id
        ``"quarter_on_year"``, ``"quarter_on_quarter"``, ``"year_to_date"`` and, in the second
        quarter, ``"implied_first_quarters"``: this year's printed first quarter on last year's
        implied one.
    """

    quarter: Quarter
    counts: pd.DataFrame
    changes: pd.DataFrame
    comparisons: dict[str, Comparison]

    def change(self, measure_id: str, comparison: str) -> pd.Series:
        """Before, after, difference and per cent of one measure in one comparison."""
        row: Any = self.changes.loc[(measure_id, comparison)]
        return pd.Series(row)


def quarterly_table(table: PrintedTable) -> QuarterlyTable:
    """Recompute the printed table.

    Parameters
    ----------
    table : PrintedTable
        As read from the edition's ``performance.csv``.
    """
    quarter = table.quarter
    counts = table.figures[list(COUNTS)].astype("Float64")
    counts["ytd_printed"] = counts["ytd_this_year"]
    if quarter.number == 1:
        counts["ytd_this_year"] = counts["q_this_year"].fillna(counts["ytd_printed"])
    elif quarter.number == 2:
        quarters = counts["q_previous"] + counts["q_this_year"]
        counts["ytd_this_year"] = quarters.fillna(counts["ytd_printed"])
    counts["implied_earlier_last_year"] = counts["ytd_last_year"] - counts["q_last_year"]
    comparisons = comparisons_of(quarter)
    parts = {
        comparison.id: _change(counts[comparison.before], counts[comparison.after])
        for comparison in comparisons.values()
    }
    changes = pd.concat(parts, names=["comparison"]).reorder_levels([1, 0])
    order = pd.MultiIndex.from_product([counts.index, list(comparisons)])
    changes = changes.reindex(order)
    changes.index.names = ["measure_id", "comparison"]
    return QuarterlyTable(quarter, counts, changes, comparisons)


def comparisons_of(quarter: Quarter) -> dict[str, Comparison]:
    """The comparisons that a table of this quarter allows, by id."""
    this, last, previous = quarter.span, quarter.year_before.span, quarter.previous.span
    found = [
        Comparison(
            "quarter_on_year",
            f"{quarter.months_label} compared with {last.label}",
            "q_last_year",
            "q_this_year",
            last,
            this,
        ),
        Comparison(
            "quarter_on_quarter",
            f"{quarter.months_label} compared with {previous.label}",
            "q_previous",
            "q_this_year",
            previous,
            this,
        ),
        Comparison(
            "year_to_date",
            f"{quarter.year_to_date.label} compared with {quarter.year_to_date.year_before.label}",
            "ytd_last_year",
            "ytd_this_year",
            quarter.year_to_date.year_before,
            quarter.year_to_date,
        ),
    ]
    if quarter.number == 2:
        found.append(
            Comparison(
                "implied_first_quarters",
                f"{previous.label} compared with {previous.year_before.label} (implied)",
                "implied_earlier_last_year",
                "q_previous",
                previous.year_before,
                previous,
            )
        )
    return {comparison.id: comparison for comparison in found}


def _change(before: pd.Series, after: pd.Series) -> pd.DataFrame:
    difference = after - before
    per_cent = 100 * difference / before.where(before != 0)
    return pd.DataFrame(
        {"before": before, "after": after, "difference": difference, "pct_change": per_cent}
    )
