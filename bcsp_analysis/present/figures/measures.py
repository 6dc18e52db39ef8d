"""Chart of one measure: its quarters and, where there are any, the months that stand behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import pandas as pd

from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.periods import Quarter
from bcsp_analysis.present import style
from bcsp_analysis.present.about import main_comparison
from bcsp_analysis.present.figures import marks
from bcsp_analysis.present.figures.changes import draw_no_quarters, draw_quarters, drawn_at
from bcsp_analysis.present.figures.series import changes_of, draw_changes, draw_monthly
from bcsp_analysis.present.text.change import verdict_title
from bcsp_analysis.present.text.grades import inner_title, short_title
from bcsp_analysis.present.text.quarterly import quarters_of
from bcsp_analysis.present.text.yardsticks import wider_category

_QUARTERS, _NO_QUARTERS, _MONTHS = 2.1, 0.5, 1.6  # inches
_LEFT, _TITLE_LINE = 0.62, 0.18  # inches of tick labels, and of a line of a panel's title
_WIDE = style.WIDTH - _LEFT - 0.15  # inches, of a panel's title


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
    every measure has its chart. What the letters stand for is said by the page (`measure_marks`).

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
    bars = _bars(judged, measure, hidden)
    quarter = judged.table.quarter
    drawn, monthly = _drawn(bars, measure, register, months)
    letters = marks.letters_of(drawn, monthly)
    below = (
        ()
        if months is None
        else style.wrapped(
            _title_below(judged, measure, str(months.name)), style.SUBTITLE, bold=True, width=_WIDE
        )
    )
    chart, axes = style.frame(
        _title(judged, measure),
        f"{measure.unit.capitalize()} a quarter, {area}",
        source,
        heights=(_QUARTERS if bars else _NO_QUARTERS, *((_MONTHS,) if below else ())),
        left=_LEFT,
        below=0.46,
        between=0.62 + _TITLE_LINE * len(below),
    )
    if bars:
        draw_quarters(axes[0], bars, changes=drawn, measure_id=measure.id, letters=letters)
    else:
        words = "not shown" if measure.id in hidden else "not printed"
        shown = sorted({quarter.year_before, quarter.previous, quarter})
        draw_no_quarters(axes[0], shown, words)
    if months is not None:
        draw_monthly(axes[1], months)
        draw_changes(axes[1], months, register, letters)
        axes[1].set_title(
            "\n".join(below), loc="left", fontsize=style.SUBTITLE, weight="bold", linespacing=1.2
        )
    return chart


def _title_below(judged: QuarterlyAssessment, measure: Measure, category: str) -> str:
    """Of which incidents the months are, and whether they are those of the measure alone."""
    if wider_category(judged, measure):
        name = f"{category[:1].lower()}{category[1:]}"
        return f"All {name}, monthly: not {inner_title(measure)} alone"
    return f"{category}, monthly"


def measure_marks(
    judged: QuarterlyAssessment,
    measure: Measure,
    *,
    changes: Iterable[RecordingChange],
    months: pd.Series | None = None,
    hidden: Collection[str] = (),
) -> str:
    """What the letters of a measure's chart stand for, as a Markdown list.

    The parameters are those of `measure`. A change that is drawn in both panels is told once.
    """
    above, below = _drawn(_bars(judged, measure, hidden), measure, tuple(changes), months)
    only_below = [change for change in below if change not in above]
    letters = marks.letters_of(above, below)
    told = []
    for month in letters:
        for drawn, of_measure in ((above, measure.id), (only_below, "")):
            at = [change for change in drawn if change.month == month]
            told.append(marks.listed(at, of_measure, letters))
    return "\n".join(filter(None, told)) or "No change of recording falls into what is drawn."


def _bars(
    judged: QuarterlyAssessment, measure: Measure, hidden: Collection[str]
) -> list[tuple[Quarter, float, bool]]:
    return [] if measure.id in hidden else quarters_of(judged, measure.id)


def _drawn(
    bars: Sequence[tuple[Quarter, float, bool]],
    measure: Measure,
    register: Iterable[RecordingChange],
    months: pd.Series | None,
) -> tuple[tuple[RecordingChange, ...], tuple[RecordingChange, ...]]:
    """The changes that fall into the quarters, and those that fall into the months."""
    register = tuple(register)
    monthly = () if months is None else changes_of(months, register)
    return drawn_at(bars, measure, register) if bars else (), monthly


def _title(judged: QuarterlyAssessment, measure: Measure) -> str:
    comparison = main_comparison(judged, measure.id)
    if comparison is None:
        return f"{short_title(measure)}: no figures"
    return verdict_title(judged.results[comparison][measure.id], measure)
