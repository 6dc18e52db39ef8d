"""Charts, drawn from results and nothing else. No statistics are computed here."""

from bcsp_analysis.present.figures.changes import change_intervals, quarter_marks, quarters
from bcsp_analysis.present.figures.comparison import among_areas, ratios
from bcsp_analysis.present.figures.control_charts import control_chart
from bcsp_analysis.present.figures.counts import counts
from bcsp_analysis.present.figures.elsewhere import season_elsewhere
from bcsp_analysis.present.figures.hotspots import (
    hotspot_accuracy,
    hotspot_concentration,
    hotspot_ranks,
    named_places,
)
from bcsp_analysis.present.figures.living import lags, price_and_incidents
from bcsp_analysis.present.figures.localities import localities, locality
from bcsp_analysis.present.figures.maps import areas_map, hotspot_map
from bcsp_analysis.present.figures.measures import measure, measure_marks
from bcsp_analysis.present.figures.other_areas import other_areas, other_areas_rolling
from bcsp_analysis.present.figures.outlook import outlook
from bcsp_analysis.present.figures.recording import recording
from bcsp_analysis.present.figures.season import adjusted, month_indices, months_above
from bcsp_analysis.present.figures.series import marks_explained, monthly
from bcsp_analysis.present.figures.shocks import dated_shocks

__all__ = [
    "adjusted",
    "among_areas",
    "areas_map",
    "change_intervals",
    "control_chart",
    "counts",
    "dated_shocks",
    "hotspot_accuracy",
    "hotspot_concentration",
    "hotspot_map",
    "hotspot_ranks",
    "lags",
    "localities",
    "locality",
    "marks_explained",
    "measure",
    "measure_marks",
    "month_indices",
    "monthly",
    "months_above",
    "named_places",
    "other_areas",
    "other_areas_rolling",
    "outlook",
    "price_and_incidents",
    "quarter_marks",
    "quarters",
    "ratios",
    "recording",
    "season_elsewhere",
]
