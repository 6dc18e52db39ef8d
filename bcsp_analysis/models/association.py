"""One price against one monthly series: how strong, how sure, and how sure it could have been."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import intervals, monthly
from bcsp_analysis.periods import Month

POWER = 0.80
QUESTION = "the association with prices"


@dataclass(frozen=True)
class Estimate:
    """Effect of one predictor, per standard deviation of it, on the log scale.

    effect, error : float
        Coefficient and standard error with overdispersed errors that fade from month to month.
    df : float
    p_value : float
        Two-sided, Student's t.
    hac_effect, hac_error, hac_p_value : float
        The same coefficient without reweighting, with Newey and West's errors; for comparison
        only, because with so few months they are far too narrow.
    r_squared : float
        Share of the predictor that trend, calendar month and steps explain: what is left to learn
        from is 1 - r_squared.
    sd : float
        One standard deviation of the predictor, in its own unit.
    n : int
    """

    effect: float
    error: float
    df: float
    p_value: float
    hac_effect: float
    hac_error: float
    hac_p_value: float
    r_squared: float
    sd: float
    n: int

    @property
    def variance_inflation(self) -> float:
        """1 / (1 - r_squared)."""
        return 1 / max(1 - self.r_squared, 1e-12)

    def limits(self, level: float) -> tuple[float, float]:
        """Interval of the effect on the log scale."""
        reach = intervals.quantile(1 - (1 - level) / 2, self.df) * self.error
        return self.effect - reach, self.effect + reach

    def detectable(self, alpha: float) -> float:
        """Smallest effect that had an 80% chance of p < `alpha`: exp((t_a + t_b) se) - 1.

        With many degrees of freedom and alpha .05 the factor is the usual 2.8.
        """
        factor = intervals.quantile(1 - alpha / 2, self.df) + intervals.quantile(POWER, self.df)
        return math.expm1(factor * self.error)


def detectable_effect(
    mean: float, months: int, *, dispersion: float, r_squared: float, factor: float = 2.8
) -> float:
    """Smallest detectable effect per standard deviation, before any data: exp(2.8 se) - 1.

    se = sqrt(dispersion / (mean months (1 - r_squared))); no autocorrelation, so it flatters.
    """
    return math.expm1(factor * math.sqrt(dispersion / (mean * months * (1 - r_squared))))


def transformed(prices: pd.DataFrame, predictor: str, transformation: str) -> pd.Series:
    """A price column as published, or as its change over twelve months in per cent (logarithms).

    Raises
    ------
    ModelError
        No such column or transformation.
    """
    if predictor not in prices:
        raise ModelError(
            f"{QUESTION}: no such price",
            found=predictor,
            expected=", ".join(map(str, prices.columns)),
        )
    column = prices[predictor].astype("float64")
    if transformation == "as published":
        return column
    if transformation == "change over twelve months":
        return (100 * (column / column.shift(12)).map(math.log)).rename(predictor)
    raise ModelError(
        f"{QUESTION}: no such transformation",
        found=transformation,
        expected="as published, or change over twelve months",
    )


def lagged_mean(prices: pd.Series, index: pd.Index, lags: Iterable[int]) -> pd.Series:
    """Mean of a price over its lags, for each month of `index`; a negative lag is a lead.

    Raises
    ------
    ModelError
        The prices do not cover every month that is needed.
    """
    lags = list(lags)
    wanted = pd.concat([prices.shift(lag, freq="MS").reindex(index) for lag in lags], axis=1)
    gaps = wanted.index[wanted.isna().any(axis=1)]
    if len(gaps):
        raise ModelError(
            f"{QUESTION} needs prices for every month",
            where=str(prices.name),
            found=f"no price for {len(gaps)} months, the first {gaps[0]:%Y-%m}",
            expected=f"prices from {max(lags)} months before to {max(-min(lags), 0)} months after",
            hint="load a longer price series",
        )
    return wanted.mean(axis=1).rename(str(prices.name))


def estimate(
    counts: pd.Series,
    predictors: dict[str, pd.Series],
    *,
    breaks: Iterable[Month] = (),
    exclude: Iterable[Month] = (),
) -> dict[str, Estimate]:
    """Quasi-Poisson regression on trend, calendar month, steps and the predictors together.

    Parameters
    ----------
    counts : Series
        Checked incidents a month.
    predictors : dict of name to Series
        On the index of `counts`; each is put on its own standard deviation.

    Raises
    ------
    ModelError
        A predictor that does not vary beyond what the other columns explain.
    """
    columns = monthly.design(counts.index, breaks=breaks)
    scales = {}
    for name, predictor in predictors.items():
        scales[name] = float(predictor.std())
        if not scales[name] > 0:
            raise ModelError(f"{QUESTION}: a price that does not move", where=name)
        columns[name] = (predictor - predictor.mean()) / scales[name]
    model = monthly.fit(counts, columns, exclude=exclude, what_for=QUESTION)
    effects, covariance = model.generalised()
    errors = pd.Series(np.sqrt(np.diag(covariance)), index=effects.index)
    hac = model.hac_covariance()
    hac_errors = pd.Series(np.sqrt(np.clip(np.diag(hac), 0, None)), index=effects.index)
    return {
        name: Estimate(
            effect=float(effects[name]),
            error=float(errors[name]),
            df=float(model.df),
            p_value=intervals.two_sided(float(effects[name] / errors[name]), model.df),
            hac_effect=float(model.coefficients[name]),
            hac_error=float(hac_errors[name]),
            hac_p_value=intervals.two_sided(
                float(model.coefficients[name] / hac_errors[name]), model.df
            ),
            r_squared=_r_squared(model.columns, name),
            sd=scales[name],
            n=len(model.counts),
        )
        for name in predictors
    }


def month_to_month(
    counts: pd.Series,
    predictor: pd.Series,
    *,
    breaks: Iterable[Month] = (),
    exclude: Iterable[Month] = (),
) -> tuple[float, float]:
    """Effect on the change from one month to the next, and its two-sided p-value.

    Least squares of the change of the logarithm per day on the change of the predictor, per
    standard deviation of its level, with calendar month and a pulse at each step. A trend that two
    series share cannot make this one.
    """
    import statsmodels.api as sm

    logs = np.log((counts + 0.5 * (counts == 0).any()) / monthly.days_in(counts.index))
    columns = monthly.design(counts.index, trend=1, breaks=breaks).drop(columns=["trend_1"])
    for name in [str(column) for column in columns if str(column).startswith("step_")]:
        columns[name] = columns[name].diff()
    columns["predictor"] = predictor.diff() / predictor.std()
    columns["change"] = logs.diff()
    leave_out = {str(month) for month in exclude}
    labels = pd.DatetimeIndex(columns.index).strftime("%Y-%m")
    touched = labels.isin(leave_out)
    columns = columns[~(touched | np.append(False, touched[:-1]))].dropna()
    target = columns.pop("change")
    # A pulse in a month that is left out has nothing to stand on.
    columns = columns.loc[:, (columns != 0).any()]
    result = sm.OLS(target.to_numpy(), columns.to_numpy()).fit()
    place = columns.columns.get_loc("predictor")
    return float(result.params[place]), float(result.pvalues[place])


def _r_squared(columns: pd.DataFrame, name: str) -> float:
    target = columns[name].to_numpy()
    others = columns.drop(columns=name).to_numpy()
    left = target - others @ np.linalg.lstsq(others, target, rcond=None)[0]
    total = target - target.mean()
    return float(1 - left @ left / (total @ total))
