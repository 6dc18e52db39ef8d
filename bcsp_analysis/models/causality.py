"""Does the past of one series help to foretell another: Granger causality for series that wander.

A vector autoregression in levels with more lags than are needed; only the needed ones are tested,
the surplus lags take up the wandering, so that the Wald statistic keeps its chi-squared
distribution whether or not the series wander or move together.

Source: Toda and Yamamoto (1995), Journal of Econometrics 66, 225-250.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import monthly
from bcsp_analysis.periods import Span

LONGEST_LAG = 3
CITATION = "Toda and Yamamoto (1995), Journal of Econometrics 66, 225-250"


@dataclass(frozen=True)
class CausalityResult:
    """One direction of one pair of series.

    effect, cause : str
    statistic : float
        Wald, of the first `lags` lags of `cause` in the equation of `effect`.
    p_value : float
        Chi-squared with `lags` degrees of freedom.
    small_sample_p : float
        The statistic over its degrees of freedom against F; the one to use with few periods.
    lags, surplus : int
        Lags tested, and lags added for the wandering.
    trend : str
        ``"c"``: constant; ``"ct"``: constant and straight trend.
    df : int
        Residual degrees of freedom.
    n : int
        Periods in the equation.
    period : Span or None
        Of the series; None where their index is not of dates.
    """

    effect: str
    cause: str
    statistic: float
    p_value: float
    small_sample_p: float
    lags: int
    surplus: int
    trend: str
    df: int
    n: int
    period: Span | None
    method: str = "vector autoregression in levels with surplus lags, Wald test"
    citation: str = CITATION


def toda_yamamoto(
    effect: pd.Series,
    cause: pd.Series,
    *,
    lags: int | None = None,
    surplus: int = 1,
    trend: str = "ct",
) -> CausalityResult:
    """Test that the past of `cause` adds nothing to foretelling `effect`.

    Parameters
    ----------
    effect, cause : Series
        On the same index, no missing value.
    lags : int, optional
        Of the vector autoregression; else by AIC, up to 3.
    surplus : int
        Highest order of integration of the two: 1 for series that wander, 0 for stationary ones.
    trend : str
        ``"c"`` or ``"ct"``.

    Raises
    ------
    ModelError
        Fewer than six periods more than coefficients, or series that cannot be told apart.
    """
    from scipy import stats

    pair = pd.DataFrame({"effect": effect, "cause": cause}).astype("float64")
    chosen = _lags(pair, trend) if lags is None else lags
    columns = _columns(pair, chosen + surplus, trend)
    target = pair["effect"].to_numpy()[chosen + surplus :]
    df = len(target) - columns.shape[1]
    usable = df >= 6 and np.isfinite(pair.to_numpy()).all()
    if not usable or np.linalg.matrix_rank(columns.to_numpy()) < columns.shape[1]:
        raise ModelError(
            "causality cannot be tested",
            where=f"{cause.name} and {effect.name}",
            found=f"{len(target)} periods for {columns.shape[1]} coefficients",
            expected=f"at least {columns.shape[1] + 6} periods without a gap, and series that vary",
            hint="load earlier periods of the same source",
        )
    matrix = columns.to_numpy()
    inverse = np.linalg.inv(matrix.T @ matrix)
    coefficients = inverse @ matrix.T @ target
    left = target - matrix @ coefficients
    covariance = inverse * float(left @ left) / df
    names = [f"cause_{lag}" for lag in range(1, chosen + 1)]
    tested = columns.columns.get_indexer(pd.Index(names))
    own, spread = coefficients[tested], covariance[np.ix_(tested, tested)]
    statistic = float(own @ np.linalg.solve(spread, own))
    return CausalityResult(
        effect=str(effect.name),
        cause=str(cause.name),
        statistic=statistic,
        p_value=float(stats.chi2.sf(statistic, chosen)),
        small_sample_p=float(stats.f.sf(statistic / chosen, chosen, df)),
        lags=chosen,
        surplus=surplus,
        trend=trend,
        df=df,
        n=len(target),
        period=monthly.span_of(effect.index),
    )


def _columns(pair: pd.DataFrame, lags: int, trend: str) -> pd.DataFrame:
    """Lags of both series, constant and trend, periods without a full past left out."""
    lagged = {
        f"{name}_{lag}": pair[name].shift(lag)
        for lag in range(1, lags + 1)
        for name in ("effect", "cause")
    }
    columns = pd.DataFrame(lagged).iloc[lags:]
    columns["constant"] = 1.0
    if trend == "ct":
        columns["trend"] = np.arange(len(columns)) / len(columns)
    return columns


def _lags(pair: pd.DataFrame, trend: str) -> int:
    """Lags by AIC of both equations together, all judged on the same periods."""
    values = []
    for lags in range(1, LONGEST_LAG + 1):
        columns = _columns(pair, lags, trend).iloc[LONGEST_LAG - lags :].to_numpy()
        target = pair.to_numpy()[LONGEST_LAG:]
        left = target - columns @ np.linalg.lstsq(columns, target, rcond=None)[0]
        spread = np.linalg.slogdet(left.T @ left / len(target))[1]
        values.append(spread + 2 * 2 * columns.shape[1] / len(target))
    return int(np.argmin(values)) + 1
