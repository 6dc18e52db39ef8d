"""Sentences on what others published, beside what could have been seen here."""

from __future__ import annotations

import pandas as pd

from bcsp_analysis.markup import escape, prose
from bcsp_analysis.models.association_result import AssociationResult
from bcsp_analysis.present.text.numbers import more_or_fewer, number, percent, plural, spelled


def published(result: AssociationResult) -> str:
    """Published effects beside the smallest that could have been seen here."""
    rows = result.published
    if rows is None or rows.empty:
        return "No published effect is in the register."
    sized = rows[rows["smallest_detectable_pct"].notna() & rows["effect_pct"].notna()]
    number_of = plural(len(rows), "published finding")
    if sized.empty:
        return (
            f"The register holds {number_of}; none gives a size that could be put beside what "
            "could be seen here."
        )
    lines = "\n".join(_beside_ours(row) for _, row in sized.iterrows())
    count = spelled(len(sized))
    verb = "gives" if len(sized) == 1 else "give"
    return (
        f"Of {number_of} in the register {count} {verb} a size that can be put beside what could "
        f"be seen here:\n\n{lines}\n\n{_smaller(sized)}{_subject(result, sized)}"
    )


def _beside_ours(row: pd.Series) -> str:
    seen = more_or_fewer(float(row["smallest_detectable_pct"]))
    kind = "a change of the level" if row["comparable"] == "step" else "a usual swing of a rate"
    return (
        f"- {_first(prose(str(row['per'])))}: **{effect_size(row)}**, {prose(str(row['of']))} "
        f"({prose(str(row['study']))}; {prose(str(row['place']))}). Here, for {kind}, less than "
        f"{seen} would probably have been missed."
    )


def effect_size(row: pd.Series) -> str:
    """A published effect in per cent, or its range; ``"no size"`` where none was published."""
    if pd.isna(row["effect_pct"]):
        return "no size"
    low = float(row["effect_pct"])
    if pd.isna(row["high_pct"]):
        return percent(low, 0 if low.is_integer() else 1)
    high = float(row["high_pct"])
    places = 0 if low.is_integer() and high.is_integer() else 1
    return f"{number(low, places)} to {percent(high, places)}"


def _smaller(sized: pd.DataFrame) -> str:
    largest = sized[["effect_pct", "high_pct"]].abs().max(axis=1)
    below = int((largest < sized["smallest_detectable_pct"]).sum())
    orders = "The changes behind them are not the same, so this compares orders of size, no more."
    if below == len(sized):
        which = {1: "That is", 2: "Both are"}.get(below, "All of them are")
        return (
            f"**{which} smaller than what could probably have been seen here.** So these figures "
            f"can neither confirm what was published nor speak against it. {orders}"
        )
    if below:
        verb = "is" if below == 1 else "are"
        return (
            f"{_first(spelled(below))} of them {verb} smaller than what could probably have been "
            f"seen here; of {'it' if below == 1 else 'these'} the figures can say nothing. {orders}"
        )
    return f"None of them is smaller than what could probably have been seen here. {orders}"


def _subject(result: AssociationResult, sized: pd.DataFrame) -> str:
    name = escape(result.name[:1].lower() + result.name[1:])
    if not sized["same_subject"].any():
        return f" None of them is about {name}."
    if not sized["same_subject"].all():
        return f" Not all of them are about {name}."
    return ""


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]
