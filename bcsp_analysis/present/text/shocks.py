"""Sentences on dated shocks: what each came with, and why most of it is not counted.

A change counts only by its `answer`; a range that leaves out no change is explained, not called.
"""

from __future__ import annotations

import pandas as pd

from bcsp_analysis.markup import escape, escape_own
from bcsp_analysis.models.association_result import AssociationResult
from bcsp_analysis.models.shocks import SIDE, ShockAnswer
from bcsp_analysis.present.text.numbers import (
    interval,
    listing,
    more_or_fewer,
    number,
    p_value,
    plural,
    spelled,
)


def shocks_title(result: AssociationResult) -> str:
    """Title of the chart of the dated shocks: the answers, plain text."""
    rows = result.shocks
    if rows is None:
        return f"{result.name}: no dated shock can be tested on these months"
    told = {
        ShockAnswer.FOUND: "a change as expected",
        ShockAnswer.OPPOSITE: "a change against what was expected",
        ShockAnswer.CONTRADICTED: "a change that the control series shows too",
    }
    found = [
        f"{told[answer]} from {_dates(rows[rows['answer'] == answer])}"
        for answer in told
        if (rows["answer"] == answer).any()
    ]
    if found:
        return f"{result.name}: {listing(found)}"
    where = "to the dated shock" if len(rows) == 1 else f"to any of {spelled(len(rows))} shocks"
    return f"{result.name}: no change can be tied {where}"


def _dates(rows: pd.DataFrame) -> str:
    return listing(month.label for month in rows["month"])


def shocks(result: AssociationResult) -> str:
    """The answer to the dated shocks together, and what would probably have been missed."""
    rows = result.shocks
    if rows is None:
        return (
            f"No dated shock of the register has {spelled(SIDE)} months of figures on either side."
        )
    head = f"**{escape_own(shocks_title(result))}.**"
    hidden = rows[rows["answer"] == ShockAnswer.NOT_DETECTABLE]
    if hidden.empty:
        return f"{head} That is a change at a time, not a reason for it."
    loud = hidden[hidden["p_adjusted"] < result.alpha]
    least = _rise(float(hidden["detectable_pct"].min()))
    parts = [
        head,
        f"Before and after {_dates(loud)} incidents differ by more than chance explains, but other "
        "months show as much, so it is not counted."
        if len(loud)
        else "",
        f"At {_dates(hidden) if len(hidden) < len(rows) else 'these dates'} a rise of the level "
        f"{least} would probably have been missed, so that nothing can be tied to them is no "
        "proof that nothing happened.",
    ]
    return " ".join(part for part in parts if part)


def shocks_each(result: AssociationResult) -> str:
    """Markdown list: what was expected of each shock, what came, and what may be said of it."""
    if result.shocks is None:
        return ""
    return "\n".join(f"- {_shock(result, row)}" for _, row in result.shocks.iterrows())


def _shock(result: AssociationResult, row: pd.Series) -> str:
    expected = "More" if row["sign"] > 0 else "Fewer"
    return (
        f"**{row['month'].label}, {escape(str(row['title']))}: {escape(str(row['answer']))}.** "
        f"{expected} incidents were expected. {_seen(row)} {_judged(result, row)}{_limit(row)}"
    )


def _seen(row: pd.Series) -> str:
    return (
        f"In the {number(row['after'])} months from then on there were "
        f"{more_or_fewer(row['mean_pct'])} than the trend of the {number(row['before'])} months "
        f"before, carried on, would have given "
        f"({interval(row['mean_low_pct'], row['mean_high_pct'])})."
    )


def _judged(result: AssociationResult, row: pd.Series) -> str:
    control = escape(str(row["control"]))
    others = number(row["other_months"])
    answer = ShockAnswer(row["answer"])
    if answer is ShockAnswer.FOUND:
        return (
            f"No other of {others} months shows as large a change, nor does {control} change the "
            "same way. That is a change at that time; whether the shock is the reason it cannot "
            "tell from anything else of that month."
        )
    if answer is ShockAnswer.OPPOSITE:
        return (
            f"No other of {others} months shows as large a change; but it goes against what was "
            "expected, so it does not support the statement of the report."
        )
    if answer is ShockAnswer.CONTRADICTED:
        return (
            f"No other of {others} months shows as large a change; but {control}, which should "
            "have stayed as it was, changed the same way, so the shock cannot be told from "
            "whatever moved both."
        )
    return _not_counted(result, row)


def _not_counted(result: AssociationResult, row: pd.Series) -> str:
    p_adjusted = float(row["p_adjusted"])
    chance = p_adjusted >= result.alpha
    as_large = int(row["as_large"])
    others = _as_large(as_large, int(row["other_months"]))
    clear = row["mean_low_pct"] > 0 or row["mean_high_pct"] < 0
    against = row["mean_pct"] * row["sign"] < 0 and (clear or not chance)
    direction = " It also goes against what was expected." if against else ""
    if not chance:
        return (
            f"By its corrected p-value ({p_value(p_adjusted)}) that is more than chance explains. "
            f"It is not counted all the same: {others}. A series that drifts changes course at "
            f"some month whatever happens, so the date is not what stands out.{direction}"
        )
    if as_large:
        return (
            f"Chance can explain it (corrected p-value {p_value(p_adjusted)}), and {others}."
            f"{direction}"
        )
    return (
        f"No other month shows as large a change, but corrected for all series and shocks "
        f"chance can explain it (p-value {p_value(p_adjusted)}).{direction}"
    )


def _as_large(count: int, months: int) -> str:
    verb = "shows" if count == 1 else "show"
    return f"{spelled(count)} of {number(months)} other months {verb} at least as large a change"


def _limit(row: pd.Series) -> str:
    if row["answer"] != ShockAnswer.NOT_DETECTABLE:
        return ""
    rise = _rise(float(row["detectable_pct"]))
    return f" A rise of the level {rise} would probably have been missed."


def _rise(pct: float) -> str:
    """``"by less than 13%"``, ``"to less than 3.1 times as many"``."""
    words = more_or_fewer(pct)
    if words.endswith(" more"):
        return f"by less than {words.removesuffix(' more')}"
    return f"to less than {words}"


def shocks_numbered(result: AssociationResult) -> str:
    """Markdown list of what the numbers on the chart stand for; empty where it has none."""
    if result.shocks is None:
        return ""
    return "\n".join(
        f"- **{number(place)}**, {row['month'].label}: {escape(str(row['title']))}."
        for place, (_, row) in enumerate(result.shocks.iterrows(), start=1)
    )


def shocks_limit(result: AssociationResult) -> str:
    """What a comparison before and after is worth with so few months."""
    if result.shocks is None:
        return ""
    fewest = int(result.shocks["before"].min())
    return (
        "Each comparison carries the trend of the months before on over the months after. A trend "
        f"of {plural(fewest, 'month')} carried on for years is worth little; that is why every "
        "other month is asked the same question, and why a date counts only if none of them "
        "shows as much."
    )
