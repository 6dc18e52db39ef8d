"""Two time series side by side: whether each wanders, and whether one runs ahead of the other."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import monthly
from bcsp_analysis.periods import Span

LONGEST_LAG = 6
LONGEST_FILTER = 6
CITATION = (
    "Box, Jenkins and Reinsel (2008), Time Series Analysis, 4th ed., section 12.1 (pre-whitening);"
    " Said and Dickey (1984), Biometrika 71, 599-607; Kwiatkowski et al. (1992), Journal of"
    " Econometrics 54, 159-178"
)


class Stationarity(StrEnum):
    """What the two tests say together."""

    STATIONARY = "stationary"
    WANDERS = "wanders"
    CONFLICT = "the tests disagree, treated as wandering"


@dataclass(frozen=True)
class StationarityResult:
    """ADF (hypothesis: wanders) and KPSS (hypothesis: stationary), each with a constant.

    adf, adf_p, kpss, kpss_p : float
        Statistics and p-values; KPSS p-values are known from .01 to .10 only and stop there.
    adf_lags, kpss_lags : int
    reading : Stationarity
    n : int
    """

    adf: float
    adf_p: float
    adf_lags: int
    kpss: float
    kpss_p: float
    kpss_lags: int
    reading: Stationarity
    n: int


@dataclass(frozen=True)
class CrossCorrelation:
    """Correlation of a filtered series with the filtered predictor some months before.

    values : DataFrame
        Index ``lag`` (months by which the predictor runs ahead; negative: behind); columns
        ``correlation`` and ``outside`` (bool: beyond the band).
    band : float
        1.96 over the square root of n: what unrelated series stay within 19 times out of 20.
    filter_order : int
        Order of the autoregression that whitened the predictor's changes.
    n : int
    period : Span
        Months in common after filtering.
    method, citation : str
    """

    values: pd.DataFrame
    band: float
    filter_order: int
    n: int
    period: Span
    method: str = (
        "autoregression fitted to the predictor's changes, both series filtered by it, correlated"
    )
    citation: str = CITATION


def stationarity(
    values: pd.Series, *, adf_lags: int | None = None, kpss_lags: int | None = None
) -> StationarityResult:
    """ADF and KPSS together; where they disagree the series counts as wandering.

    Parameters
    ----------
    values : Series
        No missing value, at least 20.
    adf_lags, kpss_lags : int, optional
        Else by AIC, and by the rule of Hobijn, Franses and Ooms.

    Raises
    ------
    ModelError
        Too few values.
    """
    from statsmodels.tools.sm_exceptions import InterpolationWarning
    from statsmodels.tsa.stattools import adfuller, kpss

    array = values.to_numpy(dtype="float64")
    if len(array) < 20 or np.ptp(array) == 0:
        raise ModelError(
            "stationarity cannot be tested",
            where=str(values.name),
            found=f"{len(array)} values",
            expected="at least 20 that are not all alike",
        )
    autolag = "AIC" if adf_lags is None else None
    dickey_fuller = adfuller(array, maxlag=adf_lags, autolag=autolag, result_object=True)
    with warnings.catch_warnings():
        # The table of p-values ends at .01 and .10; the result says so.
        warnings.simplefilter("ignore", InterpolationWarning)
        level = kpss(array, nlags="auto" if kpss_lags is None else kpss_lags, result_object=True)
    wanders, settled = dickey_fuller.pvalue >= 0.05, level.pvalue >= 0.05
    reading = Stationarity.CONFLICT
    if wanders != settled:
        reading = Stationarity.WANDERS if wanders else Stationarity.STATIONARY
    return StationarityResult(
        adf=float(dickey_fuller.statistic),
        adf_p=float(dickey_fuller.pvalue),
        adf_lags=int(dickey_fuller.lags),
        kpss=float(level.statistic),
        kpss_p=float(level.pvalue),
        kpss_lags=int(level.lags),
        reading=reading,
        n=len(array),
    )


def prewhitened(series: pd.Series, predictor: pd.Series) -> CrossCorrelation:
    """Cross-correlation after both have passed the filter that whitens the predictor's changes.

    The raw correlation of two series that each wander is large whether or not one has to do with
    the other; after the filter unrelated series stay within the band.

    Parameters
    ----------
    series : Series
        What may follow, such as the logarithm of the seasonally adjusted counts; monthly.
    predictor : Series
        What may run ahead; it may reach further back and forth, and the filter is fitted on all
        of it.

    Raises
    ------
    ModelError
        Fewer than 24 months in common.
    """
    from statsmodels.tsa.ar_model import AutoReg, ar_select_order

    changes = predictor.dropna().diff().dropna()
    order = ar_select_order(changes.to_numpy(), LONGEST_FILTER, ic="aic").ar_lags
    length = max(order) if order else 0
    weights = AutoReg(changes.to_numpy(), length).fit().params[1:] if length else np.empty(0)
    taps = np.concatenate([[1.0], -weights])
    white_predictor = _filtered(changes, taps)
    white_series = _filtered(series.diff().dropna(), taps)
    common = white_series.index.intersection(white_predictor.index)
    if len(common) < 24:
        raise ModelError(
            "the cross-correlation needs a longer history",
            where=f"{series.name} and {predictor.name}",
            found=f"{len(common)} months in common after filtering",
            expected="at least 24",
        )
    rows = {}
    for lag in range(-LONGEST_LAG, LONGEST_LAG + 1):
        ahead = white_predictor.shift(lag, freq="MS").reindex(white_series.index)
        pair = pd.concat([white_series, ahead], axis=1).dropna()
        rows[lag] = float(np.corrcoef(pair.to_numpy().T)[0, 1])
    band = 1.96 / float(np.sqrt(len(common)))
    table = pd.DataFrame({"correlation": pd.Series(rows)}).rename_axis("lag")
    table["outside"] = table["correlation"].abs() > band
    return CrossCorrelation(
        values=table,
        band=band,
        filter_order=length,
        n=len(common),
        period=monthly.period_of(common),
    )


def _filtered(values: pd.Series, taps: np.ndarray) -> pd.Series:
    white = np.convolve(values.to_numpy(), taps, mode="valid")
    return pd.Series(white, index=values.index[len(taps) - 1 :], name=values.name)
