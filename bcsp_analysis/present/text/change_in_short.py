"""The verdict on a change in a few lines, for pages that hold several; the rest is a link away."""

from __future__ import annotations

from collections.abc import Iterable

from bcsp_analysis.editions import Edition
from bcsp_analysis.markup import escape
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present.text.change import Told, listed, no_figures, told_of
from bcsp_analysis.present.text.links import measure_link
from bcsp_analysis.present.text.numbers import listing
from bcsp_analysis.sources.report import PrintedTable

_EFFECT = {
    "down": "this makes counts smaller by itself",
    "up": "this makes counts larger by itself",
    "unknown": "whether this makes counts larger or smaller is not known",
}


def change_in_short(
    judged: QuarterlyAssessment,
    measure: Measure,
    comparison: str,
    edition: Edition,
    hidden: Iterable[str] = (),
    *,
    table: PrintedTable | None = None,
    audit: AuditResult | None = None,
) -> str:
    """Verdict, counts, recording and likely range, with the way to all that they rest on.

    It says nothing that `change` does not say, and leaves out which recording changes there were,
    whose swing stands in, and what other readings give: the page of the measure says that.

    Parameters
    ----------
    edition : Edition
        Whose pages the last line leads to, as far as it has one for the measure.
    judged, measure, comparison, hidden, table, audit
        As of `change`.
    """
    told = told_of(judged, measure, comparison, hidden, table=table, audit=audit)
    if told is None:
        return no_figures(measure)
    points = {
        name: _recording(told, measure) if name == "Recording" else text
        for name, text in told.points.items()
        if name != "How firm"
    }
    link = measure_link(edition, measure)
    more = "" if link == escape(measure.short_title) else f"\n\nWhy, and how firm that is: {link}."
    return listed(told.title, points) + more


def _recording(told: Told, measure: Measure) -> str:
    """When recording changed, and which way that moves the counts."""
    if told.verdict is Verdict.RECORDING_CHANGED:
        since = _since(told.certain) if told.certain else "in between"
        effects = {_EFFECT[change.direction_of(measure.id)] for change in told.certain}
        effect = f" ({effects.pop()})" if len(effects) == 1 else ""
        return f"it changed {since}{effect}, so the two figures do not count the same thing."
    if told.possible:
        return (
            f"a change {_since(told.possible)} may play a part; that it touched this measure is "
            "not established."
        )
    return ""


def _since(changes: tuple[RecordingChange, ...]) -> str:
    """``"from May 2023"``; several months in order, each once."""
    months = sorted({change.month for change in changes})
    return f"from {listing(month.label for month in months)}"
