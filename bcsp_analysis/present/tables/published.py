"""Table of what others published, beside the smallest effect that could have been seen here."""

from __future__ import annotations

import pandas as pd

from bcsp_analysis.markup import plain, prose
from bcsp_analysis.models.association_result import AssociationResult
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.numbers import signed_percent
from bcsp_analysis.present.text.published import effect_size


def published(result: AssociationResult, *, label: str) -> str:
    """Published effects, those on the same subject first, with their studies."""
    if result.published is None or result.published.empty:
        return "No published effect is in the register."
    columns = [
        Column("Study", share=4),
        Column("Place", share=3),
        Column("What, and for which change", share=5),
        Column("Effect", figures=True, share=2),
        Column("Less would be missed here", figures=True, share=2),
    ]
    rows = [
        [
            f"[{prose(str(row['study']))}]({address(str(row['address']))})",
            prose(str(row["place"])),
            f"{prose(str(row['of']))}; for: {prose(str(row['per']))}. {prose(str(row['note']))}",
            effect_size(row),
            _seen(row),
        ]
        for _, row in result.published.iterrows()
    ]
    caption = (
        f"{result.name}: published effects, those on the same kind of incident first, and the "
        "smallest effect of the same kind that could probably have been seen here."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _seen(row: pd.Series) -> str:
    value = row["smallest_detectable_pct"]
    return "another kind" if pd.isna(value) else signed_percent(float(value), 0)


def address(link: str) -> str:
    """A link target that cannot end the link."""
    return "<" + plain(link).translate({ord(c): None for c in "<>{} |"}) + ">"
