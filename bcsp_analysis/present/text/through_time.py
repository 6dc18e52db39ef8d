"""Sentences on methods beside the answer on prices: leads, the long run, foretelling.

None of them enters the answer; each sentence says so where it finds something.
"""

from __future__ import annotations

import math

import pandas as pd

from bcsp_analysis.models.association_result import AssociationResult
from bcsp_analysis.models.bounds import BoundsResult, LongRun
from bcsp_analysis.present.text.living import hypothesis_price
from bcsp_analysis.present.text.numbers import (
    listing,
    more_or_fewer,
    number,
    p_value,
    plural,
    spelled,
)

_CHANCE = 0.05  # share of marks beyond a band of 1.96 standard errors


def running_ahead(result: AssociationResult) -> str:
    """How many pre-whitened correlations lie outside the band, and how many chance would give."""
    found = result.cross_correlations
    outside = [
        (name, int(str(lag)), float(row["correlation"]))
        for name, correlations in found.items()
        for lag, row in correlations.values.iterrows()
        if row["outside"]
    ]
    marks = sum(len(correlations.values) for correlations in found.values())
    chance = (
        f"chance alone would be expected to put about {spelled(round(_CHANCE * marks))} of "
        f"{number(marks)} there"
    )
    head = "**Month against month, with the drift of each filtered out.**"
    if not outside:
        return f"{head} No correlation lies outside its band; {chance}."
    named = "; ".join(
        f"{hypothesis_price(result, name)}, {_when(lag)}: {number(value, 2)}"
        for name, lag, value in outside
    )
    verb = "lies" if len(outside) == 1 else "lie"
    return f"{head} {_first(spelled(len(outside)))} {verb} outside the band ({named}); {chance}."


def _when(lag: int) -> str:
    if lag == 0:
        return "same month"
    return f"{plural(abs(lag), 'month')} {'ahead' if lag > 0 else 'still to come'}"


def long_run(result: AssociationResult) -> str:
    """What the bounds tests say, and why none of them enters the answer."""
    if result.bounds is None:
        return ""
    said = {
        reading: [name for name, test in result.bounds.items() if test.reading is reading]
        for reading in LongRun
    }
    words = {
        LongRun.RELATED: "they do with",
        LongRun.UNRELATED: "they do not with",
        LongRun.INCONCLUSIVE: "it cannot be said of",
    }
    parts = [
        f"{words[reading]} {_prices(result, names)}" for reading, names in said.items() if names
    ]
    text = f"**Do they move together in the long run?** By the bounds test {'; '.join(parts)}."
    related = said[LongRun.RELATED]
    if not related:
        return text
    signs = "; ".join(_direction(result, name, result.bounds[name]) for name in related)
    return (
        f"{text} {_first(signs)}. That stands beside the answer and does not enter it: this test "
        f"allows for no trend, and within {plural(result.n, 'month')} two series that each drift "
        "one way seem to move together, or against each other, whatever links them. The answer "
        "rests on the questions fixed beforehand, which allow for the trend."
    )


def _direction(result: AssociationResult, name: str, test: BoundsResult) -> str:
    row = result.hypotheses.loc[[name]].iloc[0]
    effect = _effect(result, name, test)
    way = "as was expected" if effect > 0 else "against what was expected"
    return (
        f"a usual swing of the {hypothesis_price(result, name)} would go with "
        f"{more_or_fewer(100 * math.expm1(effect * row['sign']))}, {way}"
    )


def _effect(result: AssociationResult, name: str, test: BoundsResult) -> float:
    """Long-run effect of a usual swing, log scale, above zero where it is as expected."""
    row = result.hypotheses.loc[[name]].iloc[0]
    effect = float(test.long_run["effect"][str(row["predictor"])])
    return effect * float(row["sd"]) * float(row["sign"])


def foretelling(result: AssociationResult) -> str:
    """Whether past prices help to foretell incidents, beside the direction that cannot be."""
    rows = result.causality
    if rows is None:
        return ""
    found, fooled = _foretold(result)
    smallest = p_value(float(_one_way(rows, "price first")["small_sample_p_bh"].min()))
    first = (
        f"The past of {_prices(result, found)} does (smallest corrected p-value {smallest})."
        if found
        else f"The past of no rate does, once corrected (smallest p-value {smallest})."
    )
    return (
        f"**Do past prices help to foretell incidents?** {first} "
        f"{_placebo(result, fooled)}{_beside(found, fooled)}"
    )


def _one_way(rows: pd.DataFrame, direction: str) -> pd.DataFrame:
    return rows[rows.index.get_level_values("direction") == direction].droplevel("direction")


def _foretold(result: AssociationResult) -> tuple[list[str], list[str]]:
    """Hypotheses whose price foretells incidents, and those whose placebo says the same.

    The placebo is not corrected: it must not be let off by the number of tests.
    """
    if result.causality is None:
        return [], []
    ahead = _one_way(result.causality, "price first")
    placebo = _one_way(result.causality, "incidents first")
    found = ahead.index[ahead["small_sample_p_bh"] < result.alpha]
    fooled = placebo.index[placebo["small_sample_p"] < result.alpha]
    return [str(name) for name in found], [str(name) for name in fooled]


def _placebo(result: AssociationResult, fooled: list[str]) -> str:
    head = "The other way round is a placebo: one area's incidents cannot move national prices."
    if not fooled:
        return f"{head} The test does not say that they do, as it should not."
    placebo = _one_way(result.causality, "incidents first")  # type: ignore[arg-type]
    smallest = p_value(float(placebo["small_sample_p"].min()))
    return (
        f"{head} Of {_prices(result, fooled)} the test says that they do (p-value {smallest}): "
        "so it is fooled here, and what it says of prices cannot be relied upon."
    )


def _beside(found: list[str], fooled: list[str]) -> str:
    if not found or fooled:
        return ""
    return " That stands beside the answer and does not enter it: to foretell is not to cause."


def other_methods(result: AssociationResult) -> str:
    """In short what the methods beside the answer find; the other functions tell each of them."""
    parts = []
    if result.bounds is not None:
        related = [n for n, test in result.bounds.items() if test.reading is LongRun.RELATED]
        against = [n for n in related if _effect(result, n, result.bounds[n]) < 0]
        signs = f", {_against(len(against), len(related))}" if related else ""
        parts.append(
            f"a test of the long run finds a relation with {_of(len(related), len(result.bounds))}"
            f"{signs}"
        )
    if result.causality is not None:
        found, fooled = _foretold(result)
        count = len(result.hypotheses)
        checked = (
            f"but falls for its own placebo for {_of(len(fooled), count)}"
            if fooled
            else "and its placebo stays silent, as it should"
        )
        parts.append(
            "a test of whether past prices help to foretell incidents says so of "
            f"{_of(len(found), count)}, {checked}"
        )
    told = f": {'; '.join(parts)}" if parts else ""
    return (
        "Other methods that readers may know stand beside the answer and do not enter it, because "
        "in so few years they are easily fooled by series that drift"
        f"{told}."
    )


def _of(count: int, all_of: int) -> str:
    return f"{spelled(count)} of {plural(all_of, 'rate')}"


def _against(against: int, related: int) -> str:
    if against == related:
        return "against what was expected"
    if against:
        return "partly against what was expected"
    return "as was expected"


def inflation(result: AssociationResult) -> str:
    """How much wider the ranges are because trend, season and steps explain the prices."""
    low, high = (
        number(math.sqrt(float(value)))
        for value in (
            result.hypotheses["variance_inflation"].min(),
            result.hypotheses["variance_inflation"].max(),
        )
    )
    times = low if low == high else f"{low} to {high}"
    return (
        f"That makes the likely ranges about {times} times as wide as they would be if these rates "
        "moved on their own. No method can make up for it; only more years, or areas with prices "
        "or incomes of their own."
    )


def _prices(result: AssociationResult, names: list[str]) -> str:
    return listing(f"the {hypothesis_price(result, name)}" for name in names)


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]
