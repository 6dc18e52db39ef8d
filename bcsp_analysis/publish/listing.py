"""Results as text for a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bcsp_analysis.models.change import ChangeResult

INDEPENDENT = "incidents taken as independent: counts of police usually swing more"
LOG_WIDTH = 140  # columns of a table that goes to a file


def print_findings(findings: Iterable[Mapping[str, str]]) -> None:
    """The audit's findings as a table, on the width that the terminal has."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE, pad_edge=False)
    headings = ("seriousness", "rule", "where", "printed", "implied", "follows from")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for finding in findings:
        # Text, not markup: brackets in a printed label are brackets.
        table.add_row(*(Text(str(finding[heading.replace(" ", "_")])) for heading in headings))
    width = None if sys.stdout.isatty() else LOG_WIDTH
    Console(width=width, highlight=False, markup=False).print(table)


def checks(
    checked: Mapping[str, int], findings: Iterable[Mapping[str, str]], *, everything: bool = False
) -> str:
    """How many checks each rule made and how many findings came of them, in one line or in all."""
    found: dict[str, int] = {}
    for finding in findings:
        found[finding["rule"]] = found.get(finding["rule"], 0) + 1
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


def change(result: ChangeResult, *, condition: str = "") -> str:
    """One comparison of two counts, line by line.

    With a `condition` (`INDEPENDENT`) the verdict is given only as what holds under it.
    """
    verdict = f"verdict: {result.verdict}"
    if condition:
        verdict = f"{condition}\nverdict on that condition only: {result.verdict}"
    lines = [
        f"from {result.before:g} in {result.before_days:g} days "
        f"to {result.after:g} in {result.after_days:g} days",
        verdict,
        _turning(result),
    ]
    if result.pct_change is not None:
        lines.append(
            f"change of the count: {result.pct_change:+.1f}% ({100 * result.level:g}% interval, "
            f"quasi-Poisson, {_signed(result.pct_low)} to {_signed(result.pct_high)})"
        )
    if result.rate_ratio is not None:
        lines += [f"ratio of the rates per day: {result.rate_ratio:.3f}", *_intervals(result)]
    lines += [
        f"p-value: {result.p_value:.3g}",
        f"overdispersion: {result.dispersion:g}, {result.dispersion_source}",
        f"method: {result.method}",
        result.citation,
    ]
    return "\n".join(lines)


def _intervals(result: ChangeResult) -> list[str]:
    """The three intervals of the ratio, each with what it takes for granted."""
    independent = "incidents independent"
    kinds = (
        ("exact", result.exact_low, result.exact_high, independent),
        ("score", result.score_low, result.score_high, independent),
        ("quasi-Poisson", result.low, result.high, f"overdispersion {result.dispersion:g}"),
    )
    return [
        f"  {100 * result.level:g}% interval, {name}: {low:.3f} to {high:.3f} ({assumed})"
        for name, low, high, assumed in kinds
    ]


def _turning(result: ChangeResult) -> str:
    """The overdispersion at which the verdict would be another one."""
    turn = result.flip_dispersion
    if turn is None:
        return "no overdispersion of 1 or more would turn this verdict"
    if result.verdict in ("clear increase", "clear decrease"):
        return f"not clear any more from an overdispersion of {turn:.1f} on"
    return f"clear only below an overdispersion of {turn:.1f}"


def _signed(value: float | None) -> str:
    return "without end" if value is None or value == float("inf") else f"{value:+.1f}%"
