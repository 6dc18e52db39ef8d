"""What changed since the last edition: verdicts, and counts that both reports print."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import pandas as pd

from bcsp_analysis.editions import Edition
from bcsp_analysis.markup import escape
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present.text.links import measure_link
from bcsp_analysis.present.text.numbers import listing, number, plural, spelled

_LEADING = "year_to_date"


def since_last(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    edition: Edition,
    earlier: Edition | None,
    before: QuarterlyAssessment | None,
    *,
    hidden: Collection[str] = (),
) -> str:
    """What is different from the edition before this one; that there is none, where there is none.

    Parameters
    ----------
    judged, before : QuarterlyAssessment
        Of this edition and of the earlier one; `before` is None with `earlier`.
    edition, earlier : Edition
    hidden : collection of str
        Measures of which no count may be shown in either edition.
    """
    if earlier is None or before is None:
        return (
            "**This is the first edition held here.** There is no earlier one whose verdicts and "
            "counts could be set beside it; from the next edition on this place says what changed."
        )
    parts = [
        f"**Against the edition of {escape(earlier.quarter.label)}: "
        f"{_verdicts(judged, before, catalogue, edition)}**",
        _revised(judged, before, catalogue, edition, earlier, hidden),
    ]
    return " ".join(part for part in parts if part)


def _verdicts(
    judged: QuarterlyAssessment,
    before: QuarterlyAssessment,
    catalogue: Catalogue,
    edition: Edition,
) -> str:
    now, then = judged.results[_LEADING], before.results[_LEADING]
    both = [name for name in now if name in then]
    if not both:
        return "no measure has figures in both."
    turned = [
        f"{measure_link(edition, catalogue[name], inside=True)} (then {then[name].verdict.value}, "
        f"now {now[name].verdict.value})"
        for name in both
        if now[name].verdict is not then[name].verdict
    ]
    new = [name for name in now if name not in then]
    gone = [name for name in then if name not in now and name in catalogue.measures]
    told = (
        f"the verdict on {spelled(len(turned))} of {plural(len(both), 'measure')} is another one:"
        f"** {listing(turned)}.**"
        if turned
        else f"the verdict on {_all(len(both))} is the same."
    )
    for ids, words in ((new, "New with figures"), (gone, "Without figures now")):
        if ids:
            told += f" {words}: {listing(measure_link(edition, catalogue[n]) for n in ids)}."
    return told


def _all(count: int) -> str:
    return "the one measure in both" if count == 1 else f"all {count} measures in both"


def _revised(
    judged: QuarterlyAssessment,
    before: QuarterlyAssessment,
    catalogue: Catalogue,
    edition: Edition,
    earlier: Edition,
    hidden: Collection[str],
) -> str:
    """Counts of the earlier edition's quarter that this report prints otherwise."""
    columns = {
        edition.quarter.previous: "q_previous",
        edition.quarter.year_before: "q_last_year",
    }
    column = columns.get(earlier.quarter)
    if column is None:
        return "The two reports have no quarter in common."
    pairs = list(_pairs(judged, before, column, hidden))
    if not pairs:
        return "The two reports print no count of the same quarter."
    revised = [
        f"{measure_link(edition, catalogue[name], inside=True)} ({number(then)} then, "
        f"{number(now)} now)"
        for name, then, now in pairs
        if then != now
    ]
    common = f"{plural(len(pairs), 'count')} of {earlier.quarter.months_label} that both print"
    if not revised:
        return f"The {common} {'is' if len(pairs) == 1 else 'are'} the same."
    verb = "differs" if len(revised) == 1 else "differ"
    return f"Of the {common}, {spelled(len(revised))} {verb}: {listing(revised)}."


def _pairs(
    judged: QuarterlyAssessment,
    before: QuarterlyAssessment,
    column: str,
    hidden: Collection[str],
) -> Iterator[tuple[str, float, float]]:
    for name in judged.table.counts.index:
        if name in hidden or name not in before.table.counts.index:
            continue
        then: Any = before.table.counts.at[name, "q_this_year"]
        now: Any = judged.table.counts.at[name, column]
        if not pd.isna(then) and not pd.isna(now):
            yield str(name), float(then), float(now)
