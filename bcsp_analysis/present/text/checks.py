"""Sentences on the audit and on the claims, neutral in tone: printed, implied, who says so."""

from __future__ import annotations

from collections.abc import Sequence

from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.claims import Assessment, ClaimVerdict
from bcsp_analysis.measures.findings import Seriousness
from bcsp_analysis.present.text.markup import escape
from bcsp_analysis.present.text.numbers import listing, number, plural, spelled

_MEANING = {
    Seriousness.HIGH: "the direction, or the size by a tenth or more, would be read wrongly",
    Seriousness.MEDIUM: "the figure is off, its message stands",
    Seriousness.LOW: "only the last printed digit is touched, or the comparison rests on an "
    "assumption",
}


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
        f"{escape(finding.where.split(', column')[0])} (printed {escape(finding.printed)}, its "
        f"counts {escape(finding.implied)})"
        for finding in rows
    ]
    return (
        f"In {plural(len(rows), 'row')} the printed arrow and the printed counts disagree on the "
        f"direction: {listing(named)}."
    )


def claims_summary(assessed: Sequence[Assessment]) -> str:
    """How many statements hold, do not hold, hold in part, cannot be tested."""
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
