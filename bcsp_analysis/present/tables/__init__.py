"""Display-ready tables as Markdown text: pipe tables with a caption and an id, never HTML."""

from bcsp_analysis.present.tables.checks import checks_made, claims, findings
from bcsp_analysis.present.tables.living import (
    effect_tests,
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
    at_a_glance,
    compared_counts,
    first_and_second,
    printed_and_computed,
    verdicts,
)
from bcsp_analysis.present.tables.season import by_steps, month_indices, presence, statement_months
from bcsp_analysis.present.tables.yardsticks import similar_areas, variation

__all__ = [
    "Column",
    "all_counts",
    "at_a_glance",
    "by_steps",
    "checks_made",
    "claims",
    "compared_counts",
    "effect_tests",
    "effects",
    "expectations",
    "findings",
    "first_and_second",
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
