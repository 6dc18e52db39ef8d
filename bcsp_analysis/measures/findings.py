"""What the audit reports: findings, and how serious each is for a reader."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bcsp_analysis.sources.report import PrintedTable


class Seriousness(StrEnum):
    """What a finding means for a reader of the printed figure.

    low: only the last printed digit is touched, or the comparison rests on an assumption; high: the
    direction is reversed, the size is off by a tenth or more of what is implied, or a part is
    larger than its whole; medium: everything between.
    """

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True)
class Finding:
    """One printed figure that other printed figures do not bear out.

    `id` is the same in every run on the same table. `printed` is text as printed, `implied` what
    the figures listed in `follows_from` give, and `explanation` one neutral sentence.
    """

    id: str
    rule: str
    where: str
    measure_id: str
    column: str
    printed: str
    implied: str
    follows_from: str
    seriousness: Seriousness
    explanation: str


@dataclass(frozen=True)
class Check:
    """One application of a rule: the finding, or None where the figures agree."""

    rule: str
    place: str
    finding: Finding | None


def cell_finding(
    table: PrintedTable,
    rule: str,
    measure_id: str,
    column: str,
    *,
    implied: str,
    follows_from: str,
    seriousness: Seriousness,
    explanation: str,
    suffix: str = "",
) -> Finding:
    """A finding about one cell of the table; `suffix` tells apart two of the same rule and cell."""
    return Finding(
        id=":".join(filter(None, [rule.replace(" ", "-"), measure_id, column, suffix])),
        rule=rule,
        where=f"{table.cell(measure_id, 'printed_label')}, {column_name(table, column)}",
        measure_id=measure_id,
        column=column,
        printed=table.cell(measure_id, column),
        implied=implied,
        follows_from=follows_from,
        seriousness=seriousness,
        explanation=explanation,
    )


def column_name(table: PrintedTable, column: str) -> str:
    """What a column holds, in words that do not depend on its printed heading."""
    quarter = table.quarter
    names = {
        "q_last_year": quarter.year_before.months_label,
        "q_this_year": quarter.months_label,
        "q_previous": quarter.previous.months_label,
        "ytd_this_year": f"year to date {quarter.financial_year}",
        "ytd_last_year": f"year to date {quarter.year_before.financial_year}",
        "difference": "difference between the two years",
        "pct_difference": "difference in per cent",
        "travel": "arrow",
        "msg_rank": "rank in the most similar group",
        "area_rate": "rate per 1,000",
        "group_rate": "group's rate per 1,000",
        "force_rank": "rank in the police force",
    }
    return names[column]


def cited(table: PrintedTable, measure_id: str, column: str) -> str:
    """A cell as a reader finds it: what it holds, and how it is printed."""
    return f"{column_name(table, column)} ({table.cell(measure_id, column)})"


def count_text(value: float | Decimal) -> str:
    """A count as the report writes it: ``"2,140"``, with a minus sign where negative."""
    number = Decimal(str(value))
    return f"{number:,.0f}" if number == number.to_integral_value() else f"{number:,}"


def signed_text(value: float | Decimal) -> str:
    """A difference with its sign: ``"+115"``, ``"-115"``, ``"0"``."""
    return f"{'+' if value > 0 else ''}{count_text(value)}"


def size_of_gap(printed: float, implied: float) -> Seriousness:
    """High where the printed figure is off by a tenth or more of the implied one, else medium."""
    return Seriousness.HIGH if abs(printed - implied) >= 0.1 * abs(implied) else Seriousness.MEDIUM
