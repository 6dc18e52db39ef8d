"""Sentences on the audit and on the claims, neutral in tone: printed, implied, who says so."""

from __future__ import annotations

from collections.abc import Sequence

from bcsp_analysis.markup import escape
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.claims import Assessment, ClaimVerdict
from bcsp_analysis.measures.findings import Finding, Seriousness
from bcsp_analysis.present.text.numbers import listing, number, plural, spelled
from bcsp_analysis.sources.report import ARROWS

_MEANING = {
    Seriousness.HIGH: "the direction is reversed, the size is off by a tenth or more, or a part is "
    "larger than its whole",
    Seriousness.MEDIUM: "the figure is off by less, so its message stands",
    Seriousness.LOW: "only the last printed digit is touched, or the comparison rests on an "
    "assumption",
}


_DIRECTIONS = {1: "up", -1: "down", 0: "level"}


def in_words(printed: str) -> str:
    """A printed figure as Markdown; an arrow is named before it is shown: ``"down ↓"``."""
    if not printed.strip():
        return "nothing"
    sign = ARROWS.get(printed.strip())
    return escape(printed) if sign is None else f"{_DIRECTIONS[sign]} {escape(printed)}"


def printed_parts(finding: Finding) -> tuple[str, list[str]]:
    """What a finding follows from, each printed figure by itself, and what their names share.

    ``"Interventions: begging (147); Interventions: other (45)"`` gives ``"Interventions"`` and
    ``["begging (147)", "other (45)"]``.
    """
    parts = finding.follows_from.split("; ")
    shared = {part.partition(": ")[0] for part in parts}
    if len(parts) == 1 or len(shared) > 1 or not all(": " in part for part in parts):
        return "", parts
    common = shared.pop()
    return common, [part.removeprefix(f"{common}: ") for part in parts]


def audit_summary(audit: AuditResult) -> str:
    """How many checks were made, and what they found, by seriousness."""
    checks = sum(audit.checked.values())
    if not audit.findings:
        return (
            f"**{number(checks)} checks, no finding.** The printed figures agree with each other; "
            "that does not prove them right."
        )
    levels = [
        f"{number(audit.count(level))} {level.value} ({meaning})"
        for level, meaning in _MEANING.items()
        if audit.count(level)
    ]
    return (
        f"**{number(checks)} checks, {plural(len(audit.findings), 'finding')}.** A finding is a "
        "printed figure that other printed figures do not bear out. By how much it matters to a "
        f"reader: {listing(levels)}."
    )


def turned_arrows(audit: AuditResult) -> str:
    """Rows whose printed arrow points the other way than their counts."""
    rows = [finding for finding in audit.findings if finding.rule == "arrow"]
    if not rows:
        return "Every printed arrow points the way in which its counts move."
    named = [
        f"{escape(finding.where.rpartition(', ')[0])} (printed {in_words(finding.printed)}, its "
        f"counts {in_words(finding.implied)})"
        for finding in rows
    ]
    return (
        f"In {plural(len(rows), 'row')} the printed arrow and the two printed years to date "
        f"disagree on the direction: {listing(named)}."
    )


def claims_summary(assessed: Sequence[Assessment]) -> str:
    """How many statements hold, do not hold, hold in part, cannot be tested."""
    if not assessed:
        return "No statement of this report is in the register yet."
    counted = {
        verdict: sum(one.outcome.verdict is verdict for one in assessed) for verdict in ClaimVerdict
    }
    verbs = {
        ClaimVerdict.HOLDS: ("holds", "hold"),
        ClaimVerdict.DOES_NOT_HOLD: ("does not hold", "do not hold"),
        ClaimVerdict.IN_PART: ("holds in part", "hold in part"),
        ClaimVerdict.CANNOT_BE_TESTED: (
            "cannot be tested with the data at hand",
            "cannot be tested with the data at hand",
        ),
    }
    parts = [
        f"{spelled(count)} {verbs[verdict][count != 1]}"
        for verdict, count in counted.items()
        if count
    ]
    return f"Of {plural(len(assessed), 'statement')} in the register, {listing(parts)}."
