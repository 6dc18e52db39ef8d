"""Tables of the audit and of the claims."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bcsp_analysis.markup import escape, plain, plain_own, prose
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.claims import Assessment
from bcsp_analysis.measures.findings import Finding, Seriousness
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.boxes import folded
from bcsp_analysis.present.text.checks import in_words, printed_parts
from bcsp_analysis.present.text.numbers import listing, number

_SHOWN_IN_A_CELL = 4  # printed figures; more are listed under the table

# A statement of two halves has a page of its own for one of them, with a verdict of its own.
_APART = {
    "season": " The two halves of the statement are judged apart: that these months are raised, "
    "and that it is so likely. The page on the season answers the second."
}


def findings(audit: AuditResult, seriousness: str, *, label: str) -> str:
    """Findings of one seriousness: what is printed, what other figures imply, and which ones.

    Without any, one sentence that says so.
    """
    level = Seriousness(seriousness)
    chosen = [finding for finding in audit.findings if finding.seriousness is level]
    if not chosen:
        return "There is no finding of this kind."
    columns = [
        Column("Figure", share=5),
        Column("Printed", share=2),
        Column("Implied", share=2),
        Column("Why, and from which figures", share=9),
    ]
    rows, lists = [], []
    for finding in chosen:
        common, parts = printed_parts(finding)
        shown = prose(finding.follows_from)
        if len(parts) > _SHOWN_IN_A_CELL:
            shown = f"{number(len(parts))} printed figures, listed under the table"
            lists.append(_listed(finding, common, parts))
        rows.append(
            [
                f"**{prose(finding.where)}**",
                in_words(finding.printed),
                in_words(finding.implied),
                f"{prose(finding.explanation)} *From:* {shown}.",
            ]
        )
    table = pipe(columns, rows, caption=f"Findings, {level.value}.", label=label)
    return "\n\n".join([_cards("findings", table), *lists])


def _cards(kind: str, table: str) -> str:
    """A table that a phone shows as one card for each row."""
    return f"::: {{.cards .{kind}}}\n{table}\n:::"


def _listed(finding: Finding, common: str, parts: list[str]) -> str:
    """The printed figures behind one finding, behind a line that opens them."""
    beginning = f"{prose(common)}: " if common else ""
    title = plain_own(f"{plain(finding.where)}: the {number(len(parts))} printed figures")
    title = re.sub(r"[{}\\`<>\"*_$\[\]]", "", title)  # it stands in a quoted attribute
    return folded(f"{beginning}{listing([prose(part) for part in parts])}.", title=title)


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
        Column("What the report says", share=6),
        Column("Verdict", share=3),
        Column("Why", share=9),
    ]
    rows = []
    for one in assessed:
        needs = f" It would take: {prose(one.claim.needs)}" if one.claim.needs else ""
        rows.append(
            [
                f"{prose(one.claim.statement)} (section {prose(one.claim.place)})",
                f"**{one.outcome.verdict.value}**",
                f"{prose(one.outcome.reason)}{_APART.get(one.claim.test, '')}{needs}",
            ]
        )
    table = pipe(columns, rows, caption="Statements of the report, decided.", label=label)
    return _cards("statements", table)
