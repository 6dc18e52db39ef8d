"""Tables of the audit and of the claims."""

from __future__ import annotations

from collections.abc import Iterable

from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.claims import Assessment
from bcsp_analysis.measures.findings import Seriousness
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.markup import escape
from bcsp_analysis.present.text.numbers import number


def findings(audit: AuditResult, seriousness: str, *, label: str) -> str:
    """Findings of one seriousness: what is printed, what other figures imply, and which ones.

    Without any, one sentence that says so.
    """
    level = Seriousness(seriousness)
    chosen = [finding for finding in audit.findings if finding.seriousness is level]
    if not chosen:
        return "There is no finding of this kind."
    columns = [
        Column("Where, and which figures say so", share=7),
        Column("Printed", figures=True),
        Column("Implied", figures=True),
    ]
    rows = [
        [
            f"**{escape(finding.where)}.** {escape(finding.explanation)} *From:* "
            f"{escape(finding.follows_from)}.",
            escape(finding.printed) or "nothing",
            escape(finding.implied) or "nothing",
        ]
        for finding in chosen
    ]
    return pipe(columns, rows, caption=f"Findings, {level.value}.", label=label)


def checks_made(audit: AuditResult, *, label: str) -> str:
    """How often each rule could be applied, and how often the figures did not agree."""
    found = dict.fromkeys(audit.checked, 0)
    for finding in audit.findings:
        found[finding.rule] += 1
    columns = [
        Column("Rule", share=4),
        Column("Places checked", figures=True, share=3),
        Column("Findings", figures=True, share=3),
    ]
    rows = [
        [escape(rule), number(times), number(found[rule])] for rule, times in audit.checked.items()
    ]
    rows.append(
        [
            "all rules",
            number(sum(audit.checked.values())),
            number(len(audit.findings)),
        ]
    )
    return pipe(columns, rows, caption="Checks made, by rule.", label=label)


def claims(assessed: Iterable[Assessment], *, label: str) -> str:
    """Every claim with its place, its verdict and the reason."""
    columns = [
        Column("What the report says", share=4),
        Column("Verdict, and why", share=6),
    ]
    rows = []
    for one in assessed:
        needs = f" It would take: {escape(one.claim.needs)}" if one.claim.needs else ""
        rows.append(
            [
                f"{escape(one.claim.statement)} (section {escape(one.claim.place)})",
                f"**{one.outcome.verdict.value}.** {escape(one.outcome.reason)}{needs}",
            ]
        )
    return pipe(columns, rows, caption="Statements of the report, decided.", label=label)
