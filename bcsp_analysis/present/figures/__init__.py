"""Charts, drawn from results and nothing else. No statistics are computed here."""

from bcsp_analysis.present.figures.changes import change_intervals, quarters
from bcsp_analysis.present.figures.counts import counts
from bcsp_analysis.present.figures.living import lags, price_and_incidents
from bcsp_analysis.present.figures.season import adjusted, month_indices, months_above
from bcsp_analysis.present.figures.series import marks_explained, monthly

__all__ = [
    "adjusted",
    "change_intervals",
    "counts",
    "lags",
    "marks_explained",
    "month_indices",
    "monthly",
    "months_above",
    "price_and_incidents",
    "quarters",
]
