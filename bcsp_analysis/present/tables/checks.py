"""Tables of the audit and of the claims."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from bcsp_analysis.markup import escape, plain, plain_own, prose
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.claims import Assessment
from bcsp_analysis.measures.findings import Finding, Seriousness
from bcsp_analysis.present.about import quotes, withheld
from bcsp_analysis.present.disclosure import SHORTHAND
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


def findings(
    audit: AuditResult,
    seriousness: str,
    hidden: Collection[str] = (),
    names: Sequence[str] = (),
    *,
    label: str,
) -> str:
    """Findings of one seriousness: what is printed, what other figures imply, and which ones.

    Without any, one sentence that says so.

    Parameters
    ----------
    audit : AuditResult
    seriousness : str
        One of `Seriousness`.
    hidden, names : collection of str
        Ids of measures of which no count is shown, and what texts call them: of findings about them
        the place and the rule are told, no figure.
    label : str
        Id of the table.
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
        if withheld(finding, hidden, names):
            rows.append(
                [f"**{prose(finding.where)}**", *[escape(SHORTHAND)] * 2, _told_of(finding)]
            )
            continue
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


def _told_of(finding: Finding) -> str:
    return (
        "A count of this measure is so small that none of its figures is quoted here. Rule: "
        f"{escape(finding.rule)}."
    )


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


def claims(assessed: Iterable[Assessment], names: Sequence[str] = (), *, label: str) -> str:
    """Every claim with its place, its verdict and the reason.

    Reasons that speak of a measure of which no count is shown, one of `names`, are not told.
    """
    columns = [
        Column("What the report says", share=6),
        Column("Verdict", share=3),
        Column("Why", share=9),
    ]
    rows = []
    for one in assessed:
        reason = prose(one.outcome.reason)
        if quotes(one.outcome.reason, names):
            reason = "It stands on counts so small that they are not quoted here."
        needs = f" It would take: {prose(one.claim.needs)}" if one.claim.needs else ""
        rows.append(
            [
                f"{prose(one.claim.statement)} (section {prose(one.claim.place)})",
                f"**{one.outcome.verdict.value}**",
                f"{reason}{_APART.get(one.claim.test, '')}{needs}",
            ]
        )
    table = pipe(columns, rows, caption="Statements of the report, decided.", label=label)
    return _cards("statements", table)
