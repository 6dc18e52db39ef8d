"""Display-ready tables as Markdown text: pipe tables with a caption and an id, never HTML."""

from bcsp_analysis.present.tables.calibration import calibration
from bcsp_analysis.present.tables.checks import checks_made, claims, findings
from bcsp_analysis.present.tables.comparison import (
    among_areas,
    similar_areas,
    similar_areas_tests,
)
from bcsp_analysis.present.tables.control_charts import (
    chart_readings,
    chart_rules,
    control_chart_data,
    limits_by_kind,
    marked_months,
    season_taken_out,
)
from bcsp_analysis.present.tables.editions import editions, verdicts_by_edition
from bcsp_analysis.present.tables.elsewhere import (
    alone_and_pooled,
    likeness,
    months_held,
    profiles,
)
from bcsp_analysis.present.tables.hotspots import (
    hotspot_accuracy,
    hotspot_concentration,
    hotspot_denominators,
    hotspot_lasting,
    hotspot_ranks,
    map_classes,
    named_places,
    shown_areas,
)
from bcsp_analysis.present.tables.living import (
    effect_tests,
    effects,
    expectations,
    lags,
    placebos,
    wandering,
    where_others_found_it,
)
from bcsp_analysis.present.tables.localities import localities, locality_months, locality_season
from bcsp_analysis.present.tables.measures import (
    measure_changes,
    measure_claims,
    measure_findings,
    measure_printed,
    priority_activity,
    strip,
    strips,
)
from bcsp_analysis.present.tables.other_areas import (
    other_areas_changes,
    other_areas_pairs,
    other_areas_quarter,
    other_areas_rates,
)
from bcsp_analysis.present.tables.outlook import (
    forecast_score,
    outlook_accuracy,
    outlook_methods,
    outlook_quarters,
    outlook_readings,
    printed_gaps,
    score_by_method,
)
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.tables.plain import monthly, printed_figures
from bcsp_analysis.present.tables.published import published
from bcsp_analysis.present.tables.quarterly import (
    all_counts,
    at_a_glance,
    compared_counts,
    first_and_second,
    glance_rows,
    printed_and_computed,
    verdicts,
)
from bcsp_analysis.present.tables.recording import missing, recording_changes
from bcsp_analysis.present.tables.season import (
    adjusted,
    beside_stl,
    by_steps,
    month_indices,
    presence,
    statement_months,
    years_support,
)
from bcsp_analysis.present.tables.shocks import shock_changes, shock_tests, shocks_expected
from bcsp_analysis.present.tables.through_time import (
    bounds,
    cross_correlations,
    foretelling,
    identification,
)
from bcsp_analysis.present.tables.yardsticks import p_values, variation

__all__ = [
    "Column",
    "adjusted",
    "all_counts",
    "alone_and_pooled",
    "among_areas",
    "at_a_glance",
    "beside_stl",
    "bounds",
    "by_steps",
    "calibration",
    "chart_readings",
    "chart_rules",
    "checks_made",
    "claims",
    "compared_counts",
    "control_chart_data",
    "cross_correlations",
    "editions",
    "effect_tests",
    "effects",
    "expectations",
    "findings",
    "first_and_second",
    "forecast_score",
    "foretelling",
    "glance_rows",
    "hotspot_accuracy",
    "hotspot_concentration",
    "hotspot_denominators",
    "hotspot_lasting",
    "hotspot_ranks",
    "identification",
    "lags",
    "likeness",
    "limits_by_kind",
    "localities",
    "locality_months",
    "locality_season",
    "map_classes",
    "marked_months",
    "measure_changes",
    "measure_claims",
    "measure_findings",
    "measure_printed",
    "missing",
    "month_indices",
    "monthly",
    "months_held",
    "named_places",
    "other_areas_changes",
    "other_areas_pairs",
    "other_areas_quarter",
    "other_areas_rates",
    "outlook_accuracy",
    "outlook_methods",
    "outlook_quarters",
    "outlook_readings",
    "p_values",
    "pipe",
    "placebos",
    "presence",
    "printed_and_computed",
    "printed_figures",
    "printed_gaps",
    "priority_activity",
    "profiles",
    "published",
    "recording_changes",
    "score_by_method",
    "season_taken_out",
    "shock_changes",
    "shock_tests",
    "shocks_expected",
    "shown_areas",
    "similar_areas",
    "similar_areas_tests",
    "statement_months",
    "strip",
    "strips",
    "variation",
    "verdicts",
    "verdicts_by_edition",
    "wandering",
    "where_others_found_it",
    "years_support",
]
