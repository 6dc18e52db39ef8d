"""Display-ready tables as Markdown text: pipe tables with a caption and an id, never HTML."""

from bcsp_analysis.present.tables.checks import checks_made, claims, findings
from bcsp_analysis.present.tables.living import (
    effects,
    expectations,
    lags,
    placebos,
    wandering,
    where_others_found_it,
)
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.tables.plain import monthly, printed_figures
from bcsp_analysis.present.tables.quarterly import (
    all_counts,
    printed_and_computed,
    similar_areas,
    variation,
    verdicts,
)
from bcsp_analysis.present.tables.season import month_indices, presence, statement_months

__all__ = [
    "Column",
    "all_counts",
    "checks_made",
    "claims",
    "effects",
    "expectations",
    "findings",
    "lags",
    "month_indices",
    "monthly",
    "pipe",
    "placebos",
    "presence",
    "printed_and_computed",
    "printed_figures",
    "similar_areas",
    "statement_months",
    "variation",
    "verdicts",
    "wandering",
    "where_others_found_it",
]
