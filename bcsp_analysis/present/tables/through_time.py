"""Tables of methods beside the answer on prices: identification, leads, long run, foretelling."""

from __future__ import annotations

import math

import pandas as pd

from bcsp_analysis.markup import escape
from bcsp_analysis.models.association_result import AssociationResult
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.living import hypothesis_price
from bcsp_analysis.present.text.numbers import number, p_value, percent

NOT_MADE = "These tests were not made."
_DIRECTIONS = {"price first": "price first", "incidents first": "incidents first (placebo)"}


def identification(result: AssociationResult, *, label: str) -> str:
    """How much of each price trend, season and steps explain, and what that does to ranges."""
    columns = [
        Column("Predictor", share=4),
        Column("Explained already", figures=True, share=2),
        Column("Variance inflation", figures=True, share=2),
        Column("Range wider by", figures=True, share=2),
    ]
    rows = [
        [
            _name(result, str(name)),
            percent(100 * row["r_squared"], 1),
            number(row["variance_inflation"]),
            f"{number(math.sqrt(row['variance_inflation']))} times",
        ]
        for name, row in result.hypotheses.iterrows()
    ]
    caption = (
        f"{result.name}: how far trend, calendar month and recording changes explain each "
        f"predictor, {result.period.label}."
    )
    return pipe(columns, rows, caption=caption, label=label)


def cross_correlations(result: AssociationResult, *, label: str) -> str:
    """Pre-whitened correlation at each lead; those outside the band are bold."""
    found = result.cross_correlations
    names = list(found)
    columns = [
        Column("Months ahead", share=2),
        *(Column(_name(result, name), figures=True, share=3) for name in names),
    ]
    lags = found[names[0]].values.index
    rows = [
        [number(float(str(lag))), *(_correlation(found[name].values.loc[lag]) for name in names)]
        for lag in lags
    ]
    rows.append(["Band", *(f"\u00b1{number(found[name].band, 2)}" for name in names)])
    rows.append(["Months", *(number(found[name].n) for name in names)])
    caption = (
        f"{result.name}: correlation with the rate some months before, both filtered (below zero: "
        "the rate still to come). Bold: outside the band of unrelated series."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _correlation(row: pd.Series) -> str:
    value = number(row["correlation"], 2)
    return f"**{value}**" if row["outside"] else value


def bounds(result: AssociationResult, *, label: str) -> str:
    """The bounds tests: three statistics, each with its two critical values."""
    if result.bounds is None:
        return NOT_MADE
    columns = [
        Column("Predictor", share=3),
        Column("F of the levels", figures=True, share=3),
        Column("t of its own level", figures=True, share=3),
        Column("F of the price", figures=True, share=3),
        Column("Months", figures=True),
        Column("Read as", share=3),
    ]
    rows = [
        [
            _name(result, name),
            _between(test.f, test.f_low, test.f_high),
            _between(test.t, test.t_low, test.t_high),
            _between(test.f_predictors, test.f_predictors_low, test.f_predictors_high),
            number(test.n),
            escape(test.reading.value),
        ]
        for name, test in result.bounds.items()
    ]
    level = percent(100 * result.alpha)
    caption = (
        f"{result.name}: bounds tests of a long-run relation with each rate; in brackets the "
        f"critical values ({level}) for rates that keep to a level and for rates that wander."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _between(value: float, low: float, high: float) -> str:
    if math.isnan(low):
        return "not used"
    return f"{number(value, 1)} ({number(low, 1)}, {number(high, 1)})"


def foretelling(result: AssociationResult, *, label: str) -> str:
    """Toda and Yamamoto's tests in both directions; the second is a placebo."""
    if result.causality is None:
        return NOT_MADE
    columns = [
        Column("Predictor", share=3),
        Column("Direction", share=3),
        Column("Wald", figures=True),
        Column("p-value", figures=True),
        Column("Corrected", figures=True),
        Column("Lags, surplus", figures=True),
        Column("Months", figures=True),
    ]
    rows = [
        [
            _name(result, str(name)),
            escape(_DIRECTIONS[str(direction)]),
            number(row["statistic"], 1),
            p_value(row["small_sample_p"]),
            p_value(row["small_sample_p_bh"]),
            f"{number(row['lags'])}, {number(row['surplus'])}",
            number(row["n"]),
        ]
        for name in result.hypotheses.index
        for direction, row in result.causality.loc[str(name)].iterrows()
    ]
    caption = (
        f"{result.name}: whether the past of one helps to foretell the other (Toda and Yamamoto; "
        "F, corrected by Benjamini and Hochberg within a direction). Incidents first is a placebo."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _name(result: AssociationResult, hypothesis: str) -> str:
    return escape(hypothesis_price(result, hypothesis).capitalize())
