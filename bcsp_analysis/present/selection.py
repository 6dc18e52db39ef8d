"""Which rows of the data a page shows: printed figures by section, the measure of a series."""

from __future__ import annotations

import pandas as pd

from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.findings import Seriousness
from bcsp_analysis.sources.report import PrintedTable


def doubted(audit: AuditResult) -> frozenset[str]:
    """Measures whose years to date the audit seriously doubts: no verdict on them stands firm."""
    return frozenset(
        finding.measure_id
        for finding in audit.findings
        if finding.seriousness is Seriousness.HIGH
        and finding.column in ("ytd_this_year", "ytd_last_year")
    )


def not_fitting(audit: AuditResult) -> frozenset[str]:
    """Measures whose rate in the comparison with similar areas does not fit their counts."""
    return frozenset(f.measure_id for f in audit.findings if f.rule == "rate and count")


def other_offences(table: PrintedTable) -> frozenset[str]:
    """Measures whose comparison with similar areas counts other offences than the row itself."""
    basis = table.text["iquanta_basis"].str.strip()
    other = (basis != "") & ~basis.str.lower().str.startswith("per ")
    return frozenset(str(name) for name in table.text.index[other])


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
