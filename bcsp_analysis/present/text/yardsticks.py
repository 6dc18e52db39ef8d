"""Where the swing that a verdict is held against comes from: its own, wider or other figures."""

from __future__ import annotations

from collections.abc import Iterable

from bcsp_analysis.markup import escape
from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.models import quarterly
from bcsp_analysis.models.change import Dispersion
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present.text.numbers import listing, number


def yardstick(judged: QuarterlyAssessment, measure: Measure, comparison: str) -> Dispersion:
    """The variation that the verdict on a measure was held against, with its history."""
    counts = judged.table.change(measure.id, comparison)
    months = len(judged.table.comparisons[comparison].after_span)
    mean = (float(counts["before"]) + float(counts["after"])) / 2
    return quarterly.dispersion_of(judged.dispersions, measure.history, months, mean)


def lender(judged: QuarterlyAssessment, measure: Measure, comparison: str) -> str:
    """The series whose swing stands in for a measure without monthly figures; else empty."""
    months = len(judged.table.comparisons[comparison].after_span)
    if (measure.history, months) in judged.dispersions:
        return ""
    return yardstick(judged, measure, comparison).name


def wider_category(judged: QuarterlyAssessment, measure: Measure) -> str:
    """The monthly category that holds more than the measure and stands in for it; else empty."""
    return measure.history if measure.history in judged.wider else ""


def other_category(judged: QuarterlyAssessment, measure: Measure) -> bool:
    """Whether the category that stands in for the measure does not hold all of it."""
    return measure.outside_history and bool(wider_category(judged, measure))


def inner_names(series: Iterable[str]) -> str:
    """Names of series as they stand inside a sentence, each once."""
    return listing(dict.fromkeys(escape(name[:1].lower() + name[1:]) for name in series))


def borrowed_swing(borrowed_from: str, capped: float | None, wider: str, another: bool) -> str:
    """Whose swing stands in for that of the measure; empty where it has its own."""
    if borrowed_from:
        lent = (
            "we have no monthly figures for it; it is taken to swing as much as "
            f"{inner_names([borrowed_from])}, the most restless history at hand"
        )
        if capped is None:
            return f"{lent}."
        return (
            f"{lent}, but no more than the largest swing of any history. Here that cap decides: "
            f"without it the likely range would be about {number(capped, 1)} times as wide."
        )
    if not wider:
        return ""
    name = inner_names([wider])
    lent = (
        f"another category, {name}, which does not hold all of it"
        if another
        else f"the wider category {name}"
    )
    return (
        f"we have monthly figures only of {lent}; it is taken to swing as much as that, which is "
        "an assumption."
    )
