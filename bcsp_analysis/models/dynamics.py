"""A monthly series and a price through time: wandering, running ahead, and the long run.

All on the logarithm of incidents per day; what compares movements uses it without season and
steps. These are descriptions beside the answer on the cost of living, which they do not enter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from bcsp_analysis.models import bounds, causality, cross_correlation, monthly, multiplicity
from bcsp_analysis.models.bounds import BoundsResult
from bcsp_analysis.models.cross_correlation import CrossCorrelation, Stationarity
from bcsp_analysis.periods import Month

QUESTION = "the movement of a series with prices"


def logs(counts: pd.Series) -> pd.Series:
    """Logarithm of incidents per day; half an incident stands for none."""
    floor = 0.5 if (counts == 0).any() else 0.0
    return np.log((counts + floor) / monthly.days_in(counts.index)).rename(counts.name)


def without_season(counts: pd.Series, breaks: Iterable[Month]) -> pd.Series:
    """Logarithm of incidents per day without calendar month and recording steps."""
    columns = monthly.design(counts.index, breaks=breaks)
    model = monthly.fit(counts, columns, what_for=QUESTION)
    fixed = [*model.named("month_"), *model.named("step_")]
    usual = model.columns[fixed].to_numpy() @ model.coefficients[fixed].to_numpy()
    return (logs(counts) - usual).rename(counts.name)


def stationarity(counts: pd.Series, prices: Mapping[str, pd.Series]) -> pd.DataFrame:
    """ADF and KPSS of the series and of each price over the same months.

    Returns
    -------
    DataFrame
        Index ``series``: name of the series or price; ``adf``, ``adf_p``, ``kpss``, ``kpss_p``,
        ``reading``, ``n``.
    """
    tested = {str(counts.name): logs(counts)}
    tested |= {name: price.reindex(counts.index) for name, price in prices.items()}
    rows = {}
    for name, values in tested.items():
        result = cross_correlation.stationarity(values)
        rows[name] = {
            "adf": result.adf,
            "adf_p": result.adf_p,
            "kpss": result.kpss,
            "kpss_p": result.kpss_p,
            "reading": result.reading,
            "n": result.n,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("series")


def running_ahead(counts: pd.Series, price: pd.Series, breaks: Iterable[Month]) -> CrossCorrelation:
    """Pre-whitened cross-correlation; `price` may reach further back and forth than `counts`."""
    return cross_correlation.prewhitened(without_season(counts, breaks), price)


def long_run(
    counts: pd.Series, price: pd.Series, breaks: Iterable[Month], *, alpha: float
) -> BoundsResult:
    """Bounds test of the series on one price, in its own months."""
    series = without_season(counts, breaks)
    predictor = price.reindex(series.index).to_frame()
    return bounds.bounds_test(series, predictor, alpha=alpha)


def foretelling(
    counts: pd.Series, prices: Mapping[str, pd.Series], breaks: Iterable[Month], *, alpha: float
) -> pd.DataFrame:
    """Toda and Yamamoto's test in both directions for each hypothesis.

    A city's incidents cannot move national prices, so the second direction is a placebo.

    Parameters
    ----------
    prices : mapping of hypothesis id to Series

    Returns
    -------
    DataFrame
        Index (hypothesis, direction), direction ``"price first"`` or ``"incidents first"``;
        ``statistic``, ``p_value`` (chi-squared), ``small_sample_p`` (F), ``small_sample_p_bh``
        (that corrected by Benjamini and Hochberg within its direction), ``lags``, ``surplus``,
        ``n``.
    """
    series = without_season(counts, breaks)
    rows = {}
    for name, values in prices.items():
        price = values.reindex(series.index)
        wandering = _wanders(series) or _wanders(price)
        for direction, (effect, cause) in {
            "price first": (series, price),
            "incidents first": (price, series),
        }.items():
            result = causality.toda_yamamoto(effect, cause, surplus=int(wandering))
            rows[name, direction] = {
                "statistic": result.statistic,
                "p_value": result.p_value,
                "small_sample_p": result.small_sample_p,
                "lags": result.lags,
                "surplus": result.surplus,
                "n": result.n,
            }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(["hypothesis", "direction"])
    table["small_sample_p_bh"] = table.groupby("direction")["small_sample_p"].transform(
        lambda p: multiplicity.benjamini_hochberg(p.to_numpy())
    )
    return table


def _wanders(values: pd.Series) -> bool:
    return cross_correlation.stationarity(values).reading is not Stationarity.STATIONARY
