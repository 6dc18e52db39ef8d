"""Results as text for a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bcsp_analysis.measures.findings import Finding
    from bcsp_analysis.models.change import ChangeResult

LOG_WIDTH = 140  # columns of a table that goes to a file


def print_findings(findings: Iterable[Finding]) -> None:
    """The audit's findings as a table, on the width that the terminal has."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE, pad_edge=False)
    for heading in ("seriousness", "rule", "where", "printed", "implied", "follows from"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        cells = (
            finding.seriousness,
            finding.rule,
            finding.where,
            finding.printed,
            finding.implied,
            finding.follows_from,
        )
        # Text, not markup: brackets in a printed label are brackets.
        table.add_row(*(Text(str(cell)) for cell in cells))
    width = None if sys.stdout.isatty() else LOG_WIDTH
    Console(width=width, highlight=False, markup=False).print(table)


def checks(
    checked: Mapping[str, int], findings: Iterable[Finding], *, everything: bool = False
) -> str:
    """How many checks each rule made and how many findings came of them, in one line or in all."""
    found: dict[str, int] = {}
    for finding in findings:
        found[finding.rule] = found.get(finding.rule, 0) + 1
    total = (
        f"{sum(found.values())} findings from {sum(checked.values())} checks "
        f"by {len(checked)} rules"
    )
    if not everything:
        return total
    width = max((len(rule) for rule in checked), default=0)
    lines = [
        f"{rule:<{width}}  {number:>5} checks  {found.get(rule, 0):>5} findings"
        for rule, number in checked.items()
    ]
    return "\n".join([*lines, total])


def change(result: ChangeResult) -> str:
    """One comparison of two counts, line by line."""
    percent = f"{100 * result.level:g}%"
    lines = [
        f"from {result.before:g} in {result.before_days:g} days "
        f"to {result.after:g} in {result.after_days:g} days",
        f"verdict: {result.verdict}",
    ]
    if result.pct_change is not None:
        lines.append(
            f"change of the count: {result.pct_change:+.1f}% "
            f"({percent} interval {_signed(result.pct_low)} to {_signed(result.pct_high)})"
        )
    if result.rate_ratio is not None:
        lines.append(
            f"ratio of the rates per day: {result.rate_ratio:.3f} "
            f"({percent} interval {result.low:.3f} to {result.high:.3f})"
        )
    lines += [
        f"p-value: {result.p_value:.3g}",
        f"overdispersion: {result.dispersion:g}, {result.dispersion_source}",
    ]
    if result.flip_dispersion is not None:
        lines.append(f"the verdict changes at an overdispersion of {result.flip_dispersion:.1f}")
    return "\n".join([*lines, f"method: {result.method}", result.citation])


def _signed(value: float | None) -> str:
    return "without end" if value is None or value == float("inf") else f"{value:+.1f}%"
