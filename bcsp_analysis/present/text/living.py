"""Sentences on prices and incidents. An association is never called a cause, and an answer of
"not detectable" always comes with the smallest effect that would probably have been seen."""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd

from bcsp_analysis.markup import escape, escape_own, plain
from bcsp_analysis.models.cost_of_living import Answer, AssociationResult
from bcsp_analysis.present.text.numbers import (
    interval,
    listing,
    more_or_fewer,
    number,
    p_value,
    percent,
    plural,
    signed_percent,
    spelled,
)

_PRICES = {
    "cpi_12m_rate_pct": "annual rate of consumer price rises",
    "cpih_12m_rate_pct": "annual rate of consumer price rises with housing",
    "cpi_food_12m_rate_pct": "annual rate of food price rises",
    "cpih_food_index_2015_100": "food prices",
    "cpih_rents_index_2015_100": "rents",
    "cpih_energy_index_2015_100": "energy prices",
    "cpih_motor_fuel_index_2015_100": "motor fuel prices",
}
_YEARLY = "change over twelve months"
_DOUBLE, _TREBLE = 100.0, 200.0  # per cent more


def price_name(predictor: str, transformation: str = "as published") -> str:
    """What a predictor is called in a sentence, plain text: a rate of rises, or a price."""
    name = _PRICES.get(predictor, plain(predictor.replace("_", " ")))
    if transformation != _YEARLY:
        return name
    return f"annual rate of {name.removesuffix('s')} rises"


def predictor_name(result: AssociationResult, predictor: str) -> str:
    """The same for a column of prices as the hypotheses of `result` use it."""
    rows = result.hypotheses[result.hypotheses["predictor"] == predictor]
    return price_name(predictor, *rows["transformation"].astype(str).head(1))


def living_title(result: AssociationResult) -> str:
    """The answer in a few words: title of the chart of lags, plain text."""
    found = {
        Answer.FOUND: "an association can be seen",
        Answer.NOT_DETECTABLE: "we cannot tell whether they are linked",
        Answer.OPPOSITE: "an association opposite to what was expected",
        Answer.CONTRADICTED: "what is seen is contradicted by a placebo",
    }
    return f"{result.name} and prices: {found[result.answer]}"


def living_question(result: AssociationResult, *, said_of: str) -> str:
    """What the report says of prices, and why another series is asked the same."""
    said = f"The report thinks the rise in {escape(said_of[:1].lower() + said_of[1:])} likely to be"
    said += " linked with the cost of living."
    if result.name == said_of:
        return f"{said} This page puts that statement to the figures."
    return (
        f"{said} It says nothing of the kind about {escape(result.name[:1].lower())}"
        f"{escape(result.name[1:])}. This page puts the same question to it, because published "
        "studies that link hardship with crime speak of violence too; the table of what was "
        "expected names them."
    )


def living(result: AssociationResult, *, said_of: str) -> str:
    """The answer for one series, with what would probably have been seen.

    Parameters
    ----------
    said_of : str
        The series of which the report says that prices are behind it.
    """
    head = f"**{escape_own(living_title(result))}.**"
    basis = f"{plural(result.n, 'month')}, {result.period.label}"
    parts = {
        Answer.FOUND: _found,
        Answer.NOT_DETECTABLE: _not_detectable,
        Answer.OPPOSITE: _opposite,
        Answer.CONTRADICTED: _contradicted,
    }[result.answer](result)
    return f"{head} {parts}{_statement_stands(result, said_of)} Basis: {basis}."


def _statement_stands(result: AssociationResult, said_of: str) -> str:
    if result.answer is not Answer.NOT_DETECTABLE:
        return ""
    what = "The report's statement" if result.name == said_of else "Such a link"
    return (
        f" {what} is neither supported nor ruled out: that no link can be seen is no proof that "
        "there is no link."
    )


def _named(result: AssociationResult, answer: Answer) -> str:
    rows = result.hypotheses[result.hypotheses["answer"] == answer]
    return listing(
        f"the {_row_name(row)} ({more_or_fewer(row['effect_pct'])} for a usual swing, "
        f"{interval(row['low_pct'], row['high_pct'])})"
        for _, row in rows.iterrows()
    )


def _row_name(row: pd.Series) -> str:
    return price_name(str(row["predictor"]), str(row["transformation"]))


def hypothesis_price(result: AssociationResult, name: str) -> str:
    """The rate or price that one hypothesis is about, by the id of the hypothesis."""
    return _row_name(_hypothesis(result, name))


def _hypothesis(result: AssociationResult, name: str) -> pd.Series:
    return result.hypotheses.loc[[name]].iloc[0]


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
    return smallest_effect(result)


def _limits(result: AssociationResult) -> pd.Series:
    """Smallest detectable effect of each hypothesis, corrected for all of them; per cent."""
    return result.hypotheses["detectable_adjusted_pct"]


def smallest_effect(result: AssociationResult) -> str:
    """How much higher incidents would have had to be for a link to be seen, with its price."""
    limits = _limits(result)
    at = str(limits.idxmin())
    rate = hypothesis_price(result, at)
    others = " (for the other rates by even more)" if len(limits) > 1 else ""
    return (
        f"{escape(result.name)} would have had to {_higher(float(limits.min()))} for a usual swing "
        f"of the {rate}{others} before {_length(result.n)} of figures could probably show it. "
        "A smaller effect would probably have been missed."
    )


def _length(months: int) -> str:
    whole = months % 12 == 0
    return plural(months // 12, "year") if whole else plural(months, "month")


def _higher(pct: float) -> str:
    if pct >= _TREBLE:
        return "more than treble"
    if pct >= _DOUBLE:
        return "more than double"
    return f"be {percent(pct)} higher"


def smallest_effect_title(result: AssociationResult, predictor: str) -> str:
    """Title of the chart of incidents and one rate: how large their link would have had to be.

    Plain text; the answer alone where no hypothesis is about `predictor`.
    """
    limits = _limits(result)[result.hypotheses["predictor"] == predictor]
    if limits.empty:
        return living_title(result)
    return (
        f"{result.name}: less than {more_or_fewer(float(limits.min()))} for a usual swing of this "
        "rate would probably have been missed"
    )


def swings(result: AssociationResult) -> str:
    """What a usual swing, one standard deviation, is for each predictor."""
    named = listing(
        f"{number(row['sd'], 1 if row['sd'] < 10 else 0)} percentage points of the "
        f"{_row_name(row)}{' (by logarithms)' if row['transformation'] == _YEARLY else ''}"
        for _, row in result.hypotheses.iterrows()
    )
    return f"A usual swing is one standard deviation over the months used: {named}."


def estimates(result: AssociationResult) -> str:
    """Each estimate with its range and its own smallest detectable effect."""
    texts = []
    for name, row in result.hypotheses.iterrows():
        low, high = float(row["low_pct"]), float(row["high_pct"])
        fits = "; that fits no effect as well" if low <= 0 <= high else ""
        limit = more_or_fewer(float(_limits(result).loc[str(name)]))
        texts.append(
            f"- {_row_name(row).capitalize()}: {more_or_fewer(row['effect_pct'])} "
            f"({interval(low, high)}){fits}. Less than {limit} would probably "
            "have been missed."
        )
    return "\n".join(texts)


def limits_note(result: AssociationResult) -> str:
    """For how many hypotheses the smallest detectable effects allow."""
    family = len(result.family)
    if family == 1:
        return "The smallest detectable effect is that of the one hypothesis there is."
    return f"The smallest detectable effects allow for all {spelled(family)} hypotheses."


def lags_off_line(result: AssociationResult) -> str:
    """How many marks of the chart of lags lie off the line, and how many chance would give."""
    rows = result.lags
    off = rows[rows["p_value"] < result.alpha]
    expected = number(result.alpha * len(rows), 1)
    chance = (
        f"Chance alone would be expected to give {expected} of {number(len(rows))} "
        f"({percent(100 * result.alpha)}), though neighbouring months are not independent."
    )
    if off.empty:
        return f"None of the {number(len(rows))} marks lies off the line. {chance}"
    marks = "; ".join(_mark(result, label, row) for label, row in off.iterrows())
    mixed = (off["effect_pct"] > 0).any() and (off["effect_pct"] < 0).any()
    sides = " They point in both directions." if mixed else ""
    within = sum(_fixed_beforehand(result, label) for label in off.index)
    verb = "lies" if len(off) == 1 else "lie"
    return (
        f"Of {number(len(rows))} marks, {spelled(len(off))} {verb} off the line: {marks}."
        f"{sides} {chance} Inside the bands fixed beforehand: {spelled(within)}."
    )


def _parts(label: Hashable) -> tuple[str, int]:
    """Hypothesis and lag of a row of `lags`."""
    name, lag = label  # type: ignore[misc]
    return str(name), int(lag)  # type: ignore[has-type]


def _mark(result: AssociationResult, label: Hashable, row: pd.Series) -> str:
    name, lag = _parts(label)
    months = plural(abs(lag), "month")
    where = "same month" if lag == 0 else f"{months} {'ahead' if lag > 0 else 'still to come'}"
    return (
        f"{hypothesis_price(result, name)}, {where}: "
        f"{signed_percent(row['effect_pct'], 0)} ({signed_percent(row['low_pct'], 0)} to "
        f"{signed_percent(row['high_pct'], 0)})"
    )


def _fixed_beforehand(result: AssociationResult, label: Hashable) -> bool:
    name, lag = _parts(label)
    row = result.hypotheses.loc[name]
    return bool(row["first_lag"] <= lag <= row["last_lag"])


def where_others(result: AssociationResult) -> str:
    """What the estimates for the comparison series show."""
    rows = result.comparison
    if rows.empty:
        return "No series for comparison is in the register."
    series = listing(dict.fromkeys(escape(str(name)) for name in rows["series"]))
    effects = rows["effect_pct"]
    count = f"all {spelled(len(rows))} estimates"
    if (effects < 0).all():
        sign = f"{count} are negative, against what the studies found"
    elif (effects > 0).all():
        sign = f"{count} are positive, as in the studies"
    else:
        down = plural(int((effects < 0).sum()), "estimate")
        sign = f"{down} of {number(len(rows))} point downwards"
    open_ = int(((rows["low_pct"] <= 0) & (rows["high_pct"] >= 0)).sum())
    ranges = "every range fits" if open_ == len(rows) else f"{spelled(open_)} of the ranges fit"
    least = float(rows["detectable_pct"].min())
    return (
        f"{series}: {sign} ({signed_percent(float(effects.min()), 0)} to "
        f"{signed_percent(float(effects.max()), 0)}), and {ranges} no effect as well. Less than "
        f"{percent(least)} more for a usual swing, each taken alone, would probably have been "
        "missed here too. So the comparison neither confirms what the studies found nor speaks "
        "against it."
    )


def left_to_learn_from(result: AssociationResult) -> str:
    """How much of the prices trend, season and recording changes explain already."""
    shares = 100 * result.hypotheses["r_squared"]
    low, high = (percent(float(share), 1) for share in (shares.min(), shares.max()))
    known = low if low == high else f"between {low} and {high}"
    rest = percent(100 - float(shares.min()), 1)
    return (
        f"Trend, calendar month and recording changes explain {known} of the movement of these "
        f"rates. What is left to learn from is at most {rest} of it."
    )


def plain_correlations(result: AssociationResult) -> str:
    """What a plain correlation would have said, and why it is not used."""
    named = listing(
        f"{_row_name(row)} {number(row['naive_correlation'], 2)} (p-value "
        f"{p_value(row['naive_p'])})"
        for _, row in result.hypotheses.iterrows()
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
    names = listing(hypothesis_price(result, str(name)) for name in off.index)
    return (
        f"Without {left_out}, which are known to be wrong, the range for the {names} leaves out no "
        "effect; it is not corrected for the number of questions."
    )
