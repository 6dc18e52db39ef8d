"""Tables of the dated shocks: what was expected, what was found, and the tests behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from bcsp_analysis.markup import escape, prose
from bcsp_analysis.models.association_result import AssociationResult
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.tables.published import address
from bcsp_analysis.present.text.numbers import number, p_value, signed_percent
from bcsp_analysis.sources.shocks import Shock

NONE_TESTED = "No dated shock can be tested on these months."
_ADDRESSED = re.compile(r"(.+), (https?://\S+)")
_EXPECTED = {1: "more incidents", -1: "fewer incidents"}


def shocks_expected(result: AssociationResult, register: Iterable[Shock], *, label: str) -> str:
    """The shocks as they were fixed beforehand, with reason and source."""
    if result.shocks is None:
        return NONE_TESTED
    columns = [
        Column("First month", share=2),
        Column("Shock", share=3),
        Column("Expected", share=2),
        Column("Why, and where it is from", share=6),
    ]
    rows = [
        [
            shock.month.label,
            prose(shock.title),
            _EXPECTED[shock.sign],
            f"{prose(shock.reason)} {_cited(shock.source)}",
        ]
        for shock in register
        if shock.id in result.shocks.index
    ]
    caption = f"{result.name}: dated shocks, fixed before anything was estimated."
    return pipe(columns, rows, caption=caption, label=label)


def _cited(source: str) -> str:
    """Sources apart by semicolons, each a link where an address follows its name."""
    named = []
    for part in source.split("; "):
        found = _ADDRESSED.fullmatch(part)
        named.append(f"[{prose(found[1])}]({address(found[2])})" if found else prose(part))
    return f"{'Source' if len(named) == 1 else 'Sources'}: {'; '.join(named)}."


def shock_changes(result: AssociationResult, *, label: str) -> str:
    """Change of level, trend and mean at each shock, with its range."""
    if result.shocks is None:
        return NONE_TESTED
    columns = [
        Column("Shock", share=3),
        Column("Months before, after", figures=True),
        Column("Level at once", figures=True, share=4),
        Column("Trend, a year", figures=True, share=4),
        Column("Mean of the months after", figures=True, share=4),
    ]
    rows = [
        [
            row["month"].label,
            f"{number(row['before'])}, {number(row['after'])}",
            _range(row, "level"),
            _range(row, "slope"),
            _range(row, "mean"),
        ]
        for _, row in result.shocks.iterrows()
    ]
    caption = (
        f"{result.name}: change at each dated shock against the trend before it, with its likely "
        f"range, {result.period.label}."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _range(row: pd.Series, name: str) -> str:
    if f"{name}_pct" not in row or pd.isna(row[f"{name}_pct"]):
        return "not in the model"
    at, low, high = (signed_percent(row[f"{name}{end}_pct"], 0) for end in ("", "_low", "_high"))
    return f"{at} ({low} to {high})"


def shock_tests(result: AssociationResult, *, label: str) -> str:
    """The tests behind the answers."""
    if result.shocks is None:
        return NONE_TESTED
    control = ", ".join(dict.fromkeys(result.shocks["control"].astype(str)))
    columns = [
        Column("Shock", share=2),
        Column("p, as textbooks have it", figures=True),
        Column("p, months linked", figures=True),
        Column("Corrected for all", figures=True),
        Column("Other months as large", figures=True),
        Column("Smaller rise probably missed", figures=True),
        Column(escape(f"Control: {control}"), figures=True, share=3),
        Column("Answer", share=2),
    ]
    rows = [
        [
            row["month"].label,
            p_value(row["plain_joint_p"]),
            p_value(row["joint_p"]),
            p_value(row["p_adjusted"]),
            f"{number(row['as_large'])} of {number(row['other_months'])}",
            signed_percent(row["detectable_pct"], 0),
            f"{signed_percent(row['control_mean_pct'], 0)} (p {p_value(row['control_p'])})",
            escape(str(row["answer"])),
        ]
        for _, row in result.shocks.iterrows()
    ]
    caption = (
        f"{result.name}: tests of level and trend together at each dated shock; corrected (Holm) "
        "for all series and shocks."
    )
    return pipe(columns, rows, caption=caption, label=label)
