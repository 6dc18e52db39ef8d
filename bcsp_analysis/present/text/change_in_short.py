"""The verdict on a change in a few lines, for pages that hold several; the rest is a link away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

from bcsp_analysis.editions import Edition
from bcsp_analysis.markup import escape
from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present.text.change import Grounds, listed, no_figures, told_of
from bcsp_analysis.present.text.links import measure_link


def change_in_short(
    judged: QuarterlyAssessment,
    measure: Measure,
    comparison: str,
    edition: Edition,
    hidden: Iterable[str] = (),
    **grounds: Unpack[Grounds],
) -> str:
    """Verdict, counts, recording and likely range, with the way to all that they rest on.

    It says nothing that `change` does not say, and leaves out which recording changes there were,
    whose swing stands in, and what other readings give: the page of the measure says that.

    Parameters
    ----------
    edition : Edition
        Whose pages the last line leads to, as far as it has one for the measure.
    judged, measure, comparison, hidden, **grounds
        As of `change`.
    """
    told = told_of(judged, measure, comparison, hidden, **grounds)
    if told is None:
        return no_figures(measure)
    points = {
        name: told.recording if name == "Recording" else text
        for name, text in told.points.items()
        if name != "How firm"
    }
    link = measure_link(edition, measure)
    more = "" if link == escape(measure.short_title) else f"\n\nWhy, and how firm that is: {link}."
    return listed(told.title, points) + more
