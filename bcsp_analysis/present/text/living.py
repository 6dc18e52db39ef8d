"""Sentences on prices and incidents. An association is never called a cause, and an answer of
"not detectable" always comes with the smallest effect that could have been seen."""

from __future__ import annotations

from bcsp_analysis.models.cost_of_living import Answer, AssociationResult
from bcsp_analysis.present.text.markup import escape, plain
from bcsp_analysis.present.text.numbers import (
    interval,
    listing,
    more_or_fewer,
    number,
    p_value,
    percent,
    plural,
)

_PRICES = {
    "cpi_12m_rate_pct": "consumer prices",
    "cpih_12m_rate_pct": "consumer prices with housing",
    "cpi_food_12m_rate_pct": "food prices",
    "cpih_food_index_2015_100": "food prices",
    "cpih_rents_index_2015_100": "rents",
    "cpih_energy_index_2015_100": "energy prices",
    "cpih_motor_fuel_index_2015_100": "motor fuel prices",
}


def price_name(predictor: str) -> str:
    """What a column of prices is called in a sentence, plain text."""
    return _PRICES.get(predictor, plain(predictor.replace("_", " ")))


def living_title(result: AssociationResult) -> str:
    """The answer in a few words: title of the chart of lags, plain text."""
    found = {
        Answer.FOUND: "an association can be seen",
        Answer.NOT_DETECTABLE: "no association can be seen",
        Answer.OPPOSITE: "an association opposite to what was expected",
        Answer.CONTRADICTED: "what is seen is contradicted by a placebo",
    }
    return f"{result.name} and prices: {found[result.answer]}"


def living(result: AssociationResult) -> str:
    """The answer for one series, with what could have been seen."""
    head = f"**{escape(living_title(result))}.**"
    basis = f"{plural(result.n, 'month')}, {result.period.label}"
    parts = {
        Answer.FOUND: _found,
        Answer.NOT_DETECTABLE: _not_detectable,
        Answer.OPPOSITE: _opposite,
        Answer.CONTRADICTED: _contradicted,
    }[result.answer](result)
    return f"{head} {parts} Basis: {basis}; p-values corrected for all questions together."


def _named(result: AssociationResult, answer: Answer) -> str:
    rows = result.hypotheses[result.hypotheses["answer"] == answer]
    return listing(
        f"{price_name(str(row['predictor']))} ({more_or_fewer(row['effect_pct'])} for each "
        f"standard deviation of the price, {interval(row['low_pct'], row['high_pct'])})"
        for _, row in rows.iterrows()
    )


def _found(result: AssociationResult) -> str:
    return (
        f"Incidents went with {_named(result, Answer.FOUND)}, as was expected beforehand; later "
        "prices and the control series do not show the same. That is an association, not a cause."
    )


def _opposite(result: AssociationResult) -> str:
    return (
        f"Incidents went with {_named(result, Answer.OPPOSITE)}, against what was expected "
        "beforehand. That does not support the statement of the report."
    )


def _contradicted(result: AssociationResult) -> str:
    return (
        f"Incidents went with {_named(result, Answer.CONTRADICTED)}; but prices that were still to "
        "come, or the control series, show the same, so prices cannot be the reason."
    )


def _not_detectable(result: AssociationResult) -> str:
    return (
        "None of the expectations that were written down beforehand can be seen in the figures. "
        f"That is no proof that there is no link. {smallest_effect(result)}"
    )


def smallest_effect(result: AssociationResult) -> str:
    """The smallest effect that had a good chance to be seen."""
    return (
        "To be seen with a chance of four in five, one standard deviation of the price would have "
        f"had to bring at least {more_or_fewer(result.detectable_pct)} incidents. A smaller effect "
        "would most likely go unseen."
    )


def smallest_effect_title(result: AssociationResult) -> str:
    """Title of the chart of both series: how large a link would have had to be, plain text."""
    return (
        f"{result.name}: only an effect of {percent(result.detectable_pct)} or more could be seen"
    )


def left_to_learn_from(result: AssociationResult) -> str:
    """How much of the prices trend, season and recording changes explain already."""
    shares = 100 * result.hypotheses["r_squared"]
    low, high = (percent(float(share), 1) for share in (shares.min(), shares.max()))
    known = low if low == high else f"between {low} and {high}"
    rest = percent(100 - float(shares.min()), 1)
    return (
        f"Trend, calendar month and recording changes explain {known} of the movement of these "
        f"prices. What is left to learn from is at most {rest} of it."
    )


def plain_correlations(result: AssociationResult) -> str:
    """What a plain correlation would have said, and why it is not used."""
    rows = result.hypotheses
    named = listing(
        f"{price_name(str(row['predictor']))} {number(row['naive_correlation'], 2)} (p-value "
        f"{p_value(row['naive_p'])})"
        for _, row in rows.iterrows()
    )
    return (
        f"Plain correlations with incidents are: {named}. They are printed because readers will "
        "meet them, not because they mean something: two series that both drift over the same "
        "years correlate whatever they count."
    )


def living_without_faulty(result: AssociationResult) -> str:
    """Whether the ranges leave out none once the months with a known fault are left out."""
    if result.sensitivity is None:
        return ""
    rows = result.sensitivity
    off = rows[(rows["low_pct"] > 0) | (rows["high_pct"] < 0)]
    left_out = listing(month.label for month in result.faulty)
    if off.empty:
        return (
            f"Without {left_out}, which are known to be wrong, every range still holds no effect "
            "as well."
        )
    names = listing(price_name(str(result.hypotheses["predictor"].loc[name])) for name in off.index)
    return (
        f"Without {left_out}, which are known to be wrong, the range for {names} leaves out no "
        "effect; it is not corrected for the number of questions."
    )
