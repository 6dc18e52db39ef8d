"""What the home page and the papers made of it lead with: what is clear, and what to correct."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from bcsp_analysis import ledger
from bcsp_analysis.markup import escape
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.measures.findings import Seriousness
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.models.comparison import PrintedComparison, Standing
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present.text.comparison import compared, distance, of_standing
from bcsp_analysis.present.text.grades import CLEAR, inner_title
from bcsp_analysis.present.text.numbers import listing, number, plural, spelled
from bcsp_analysis.present.text.yardsticks import lender, wider_category

# What a printed column is called in a short list of figures to correct.
_FIGURES = {
    "ytd_this_year": "year to date",
    "ytd_last_year": "year to date of last year",
    "difference": "difference",
    "pct_difference": "per cent",
    "travel": "arrow",
}
_NEAR = 0.05  # of a ratio: so near to a round one, the round one says it


def what_is_clear(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    comparison: str,
    similar: Mapping[str, PrintedComparison],
    area: str,
) -> str:
    """The results that are clear, in one sentence, and in another what is not.

    Parameters
    ----------
    comparison : str
        Id of a comparison with the year before, such as ``"year_to_date"``.
    similar : mapping of measure id to PrintedComparison
        The printed comparison with similar areas.

    Returns
    -------
    str
        Markdown. The first sentence is left out where nothing is clear, the second where every
        measure changed clearly.
    """
    results = judged.results[comparison]
    told = []
    for verdict, verb in ((Verdict.INCREASE, "rose"), (Verdict.DECREASE, "fell")):
        ids = [name for name, result in results.items() if result.verdict is verdict]
        if ids:
            told.append(f"{_named(ids, catalogue)} {verb}")
    beside = _against_others(compared(similar), catalogue, area)
    told += [beside] if beside else []
    sentences = [f"**What is clear:** {'; '.join(told)}."] if told else []
    open_ones = [name for name, result in results.items() if result.verdict not in CLEAR]
    if len(open_ones) == len(results):
        sentences.append("**What is not clear:** whether anything rose or fell since last year.")
    elif open_ones:
        sentences.append(
            "**What is not clear:** whether any of the other "
            f"{plural(len(open_ones), 'measure')} rose or fell since last year."
        )
    return " ".join(sentences)


def _against_others(used: Sequence[PrintedComparison], catalogue: Catalogue, area: str) -> str:
    """``"for its size, X records more a than the mean of similar areas, and less b"``, or none."""
    more, less = (
        listing(_with_size(one, catalogue) for one in of_standing(used, standing))
        for standing in (Standing.MORE, Standing.FEWER)
    )
    if not more and not less:
        return ""
    mean = "than the mean of similar areas"
    words = f"more {more} {mean}, and less {less}" if more and less else ""
    return (
        f"for its size, {escape(area)} records "
        f"{words or (f'more {more} {mean}' if more else f'less {less} {mean}')}"
    )


def _with_size(result: PrintedComparison, catalogue: Catalogue) -> str:
    place = ""
    if result.rank == result.group_size:
        place = f", the highest of {number(result.group_size)}"
    elif result.rank == 1:
        place = f", the lowest of {number(result.group_size)}"
    return f"{escape(inner_title(catalogue[result.measure_id]))} ({_size(result)}{place})"


def _size(result: PrintedComparison) -> str:
    """``"about twice the mean"`` where that is near enough, else ``"62% more"``."""
    for round_ratio, words in (
        (1.5, "about half as much again"),
        (2.0, "about twice the mean"),
        (3.0, "about three times the mean"),
    ):
        if abs(result.ratio - round_ratio) < _NEAR:
            return ledger.number(result.ratio, words)
    return distance(result)


def _named(ids: Iterable[str], catalogue: Catalogue) -> str:
    return listing(escape(inner_title(catalogue[name])) for name in ids)


def to_correct(
    audit: AuditResult, catalogue: Catalogue, *, only: Collection[str] | None = None
) -> str:
    """Every measure with a finding of the audit that is serious, and the figures that it is about.

    Parameters
    ----------
    only : collection of str, optional
        Ids of the measures to look at. Without it, what is wrong elsewhere in the report is
        counted too.

    Returns
    -------
    str
        Markdown, one sentence; empty where nothing has to be corrected.
    """
    serious = [one for one in audit.findings if one.seriousness is Seriousness.HIGH]
    held = {measure.id for measure in catalogue}
    columns: dict[str, list[str]] = {}
    for finding in serious:
        if finding.measure_id in held and (only is None or finding.measure_id in only):
            columns.setdefault(finding.measure_id, []).append(
                _FIGURES.get(finding.column, "another figure")
            )
    parts = [
        f"{escape(inner_title(measure))} ({listing(dict.fromkeys(columns[measure.id]))})"
        for measure in catalogue
        if measure.id in columns
    ]
    elsewhere = sum(one.measure_id not in held for one in serious) if only is None else 0
    if elsewhere:
        parts.append(f"{spelled(elsewhere)} in headings and in the text")
    return f"**Printed figures to have corrected:** {listing(parts)}." if parts else ""


def borrowed(judged: QuarterlyAssessment, catalogue: Catalogue, comparison: str) -> str:
    """For how many measures another history stands in; empty where each has its own."""
    ids = list(judged.results[comparison])
    without = [
        name
        for name in ids
        if wider_category(judged, catalogue[name]) or lender(judged, catalogue[name], comparison)
    ]
    if not without:
        return ""
    return (
        f"For {spelled(len(without))} of {plural(len(ids), 'measure')} there is no monthly "
        "history of their own, so we borrowed one."
    )
