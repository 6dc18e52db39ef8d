"""Chart of one measure: its quarters and, where there are any, the months that stand behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present import style
from bcsp_analysis.present.about import main_comparison
from bcsp_analysis.present.figures import marks
from bcsp_analysis.present.figures.changes import draw_no_quarters, draw_quarters
from bcsp_analysis.present.figures.series import draw_changes, draw_monthly, marks_in_words
from bcsp_analysis.present.text.change import short_title, verdict_title
from bcsp_analysis.present.text.quarterly import quarters_of

_QUARTERS, _NO_QUARTERS, _MONTHS = 2.1, 0.5, 1.6  # inches


@style.styled
def measure(
    judged: QuarterlyAssessment,
    measure: Measure,
    *,
    area: str,
    source: str,
    changes: Iterable[RecordingChange] = (),
    months: pd.Series | None = None,
    hidden: Collection[str] = (),
) -> style.Chart:
    """The quarters of a measure as printed or implied; the title is the verdict.

    Where no count is printed, or none may be shown, words stand in the place of the bars, so that
    every measure has its chart.

    Parameters
    ----------
    changes : iterable of RecordingChange
        The register; drawn where they touch what is drawn.
    months : Series, optional
        Monthly incidents of the category behind the measure, named by it; a second panel.
    hidden : collection of str
        Measures of which no count may be shown.
    """
    register = tuple(changes)
    bars = [] if measure.id in hidden else quarters_of(judged, measure.id)
    quarter = judged.table.quarter
    panels = [_QUARTERS if bars else _NO_QUARTERS]
    notes = ""
    if bars:
        first, last = bars[0][0], bars[-1][0]
        drawn = marks.relevant(register, first.span.first, last.span.last, measure_id=measure.id)
        notes = marks.explained(drawn, measure.id)
    below = ""
    if months is not None:
        panels.append(_MONTHS)
        below = f" Below, incidents a month of the category \u201c{months.name}\u201d"
        told = {"Above": notes, "Below": marks_in_words(months, register)}
        notes = "\n".join(f"{where}: {text}" for where, text in told.items() if text)
    chart, axes = style.frame(
        _title(judged, measure),
        f"{measure.unit.capitalize()} a quarter, {area}.{below}".rstrip(),
        "\n".join(filter(None, (notes, source))),
        heights=tuple(panels),
        left=0.62,
        below=0.46,
        between=0.62,
    )
    if bars:
        draw_quarters(axes[0], bars, changes=drawn, measure_id=measure.id)
    else:
        words = "not shown" if measure.id in hidden else "not printed"
        shown = sorted({quarter.year_before, quarter.previous, quarter})
        draw_no_quarters(axes[0], shown, words)
    if months is not None:
        draw_monthly(axes[1], months)
        draw_changes(axes[1], months, register)
    return chart


def _title(judged: QuarterlyAssessment, measure: Measure) -> str:
    comparison = main_comparison(judged, measure.id)
    if comparison is None:
        return f"{short_title(measure)}: no figures"
    return verdict_title(judged.results[comparison][measure.id], measure)
