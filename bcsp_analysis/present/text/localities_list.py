"""Sentences on all localities of a kind side by side."""

from __future__ import annotations

import pandas as pd

from bcsp_analysis.markup import escape, escape_own, plain, plain_own
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.models.localities import LocalitiesOverview
from bcsp_analysis.present.text.localities import many, year_of
from bcsp_analysis.present.text.numbers import (
    interval,
    listing,
    more_or_fewer,
    number,
    percent,
    spelled,
)

_NAMED = 5  # localities that a sentence lists


def localities_title(overview: LocalitiesOverview) -> str:
    """Title of the chart, plain text: how many changes are clear."""
    up, down = (len(_with(overview, v)) for v in (Verdict.INCREASE, Verdict.DECREASE))
    whole = many(overview.kind, overview.n)
    if overview.recording_changed:
        said = "recording changed, the two years cannot be compared"
    elif up or down:
        said = f"of {whole}, {spelled(up)} with a clear increase, {spelled(down)} with a decrease"
    else:
        said = f"no clear change in any of {whole}"
    return plain_own(f"{plain(overview.category)}: {said}")


def localities(overview: LocalitiesOverview, *, area: str) -> str:
    """The answer: which localities changed clearly, as Markdown."""
    head = f"**{escape_own(localities_title(overview))}.**"
    before, after = overview.whole
    total = (
        f"{escape(area)} as a whole had {number(after)} incidents with a place in "
        f"{year_of(overview.compared)}, {number(before)} in "
        f"{year_of(overview.compared, earlier=True)}."
    )
    told = [
        _listed(overview, verdict, word)
        for verdict, word in (
            (Verdict.INCREASE, "A clear increase"),
            (Verdict.DECREASE, "A clear decrease"),
        )
    ]
    return " ".join(part for part in (head, total, *told, _shares(overview)) if part)


def _with(overview: LocalitiesOverview, verdict: Verdict, column: str = "verdict") -> pd.DataFrame:
    table = overview.table[~overview.table["hidden"]]
    return table[table[column] == str(verdict)]


def _listed(overview: LocalitiesOverview, verdict: Verdict, word: str) -> str:
    rows = _with(overview, verdict)
    if rows.empty:
        return ""
    rows = rows.sort_values("pct", ascending=verdict is Verdict.DECREASE, kind="stable")
    told = [
        f"{escape(str(row['name']))} ({more_or_fewer(row['pct'])}, "
        f"{interval(row['pct_low'], row['pct_high'])})"
        for row in rows.head(_NAMED).to_dict("records")
    ]
    more = len(rows) - len(told)
    return f"{word}: {listing([*told, f'{spelled(more)} more'] if more else told)}."


def _shares(overview: LocalitiesOverview) -> str:
    moved = [
        len(_with(overview, verdict, "share_verdict"))
        for verdict in (Verdict.INCREASE, Verdict.DECREASE)
    ]
    if not any(moved):
        return "No share of the whole clearly moved."
    return (
        f"The share of the whole clearly grew in {spelled(moved[0])} and clearly shrank in "
        f"{spelled(moved[1])}."
    )


def localities_family(overview: LocalitiesOverview) -> str:
    """What chance alone would do among so many."""
    by_chance = (1 - overview.level) * overview.n
    return (
        f"If nothing changed anywhere, about {spelled(max(1, round(by_chance)))} of "
        f"{number(overview.n)} likely ranges would leave out *no change* by chance. A change is "
        "called clear only if the chance of one or more false alarms among them all is "
        f"{percent(100 * overview.alpha)} or less, and if it is {percent(overview.materiality_pct)}"
        " or more. *No clear change* does not mean that nothing changed."
    )


def localities_ranks(overview: LocalitiesOverview) -> str:
    """How far the order of the localities means something."""
    table = overview.table[~overview.table["hidden"]]
    if len(table) < 2:
        return ""
    first = [str(name) for name in table.loc[table["rank_low"] == 1, "name"]]
    wide = (table["rank_high"] - table["rank_low"]).median()
    lead = (
        f"{escape(first[0])} had the most incidents, and no other comes near."
        if len(first) == 1
        else f"{listing(escape(name) for name in first[:_NAMED])} could each be first."
        if len(first) <= _NAMED
        else f"{spelled(len(first)).capitalize()} of them could be first."
    )
    return (
        f"{lead} A rank is uncertain by {number(wide)} places from end to end of its likely range "
        "for half of them or more: neighbours in the list cannot be told apart."
        if wide >= 1
        else lead
    )


def localities_small(overview: LocalitiesOverview) -> str:
    """How many localities are not shown or shown by a range; empty without any."""
    table = overview.table
    out = int(table["hidden"].sum())
    ranged = int((table["low"] < table["high"]).fillna(False).sum())
    told = []
    if out:
        verb = "is" if out == 1 else "are"
        told.append(
            f"{many(overview.kind, out).capitalize()} {verb} not shown: counts below "
            f"{spelled(overview.suppress_below)} a month are not printed, and here they are the "
            "rule."
        )
    if ranged:
        told.append(
            f"For {many(overview.kind, ranged)} the incidents are a range: a month below "
            f"{spelled(overview.suppress_below)} is not printed, nor what would give it back by "
            "subtraction."
        )
    return " ".join(told)
