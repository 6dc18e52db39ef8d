"""The model of a monthly count series on which the other models stand.

A quasi-Poisson regression of the count on the days of the month (offset), a smooth trend, calendar
months coded to sum to zero, steps at recording changes and, where a model asks for them, further
columns. The errors may be correlated from month to month; how much is estimated by restricted
maximum likelihood, because the plain autocorrelation of residuals is biased towards zero once
fifteen or so coefficients have been taken out of 36 months.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.periods import Month, Span

MEAN_MONTH_DAYS = 30.4375  # 365.25 / 12
LARGEST_AUTOCORRELATION = 0.9
_NEAR_UNIT_ROOT = np.append(np.linspace(0.0, 0.9, 19), [0.94, 0.97, 0.99])
_AUTOCORRELATIONS = np.linspace(0.0, LARGEST_AUTOCORRELATION, 19)


def month_of(stamp: pd.Timestamp) -> Month:
    """The calendar month in which a time stamp lies."""
    return Month(stamp.year, stamp.month)


def check_series(series: pd.Series, *, at_least: int, what_for: str) -> pd.Series:
    """A monthly series that a model can use, as float64.

    Parameters
    ----------
    series : Series
        Counts on a complete month-start ("MS") DatetimeIndex.
    at_least : int
        Smallest number of months.
    what_for : str
        The question, for the message.

    Raises
    ------
    ModelError
        Another index, a gap, a missing or negative value, or too few months.
    """
    name = str(series.name or "the series")
    index = series.index
    if not isinstance(index, pd.DatetimeIndex) or len(index) == 0:
        raise ModelError(
            f"{what_for} needs a monthly series",
            where=name,
            found=f"an index of type {type(index).__name__} with {len(index)} entries",
            expected="a DatetimeIndex of month starts",
        )
    complete = pd.date_range(index[0], index[-1], freq="MS")
    if len(complete) != len(index) or not (complete == index).all():
        gaps = ", ".join(f"{month:%Y-%m}" for month in complete.difference(index)[:5])
        raise ModelError(
            f"{what_for} needs every month once, in order",
            where=name,
            found=f"missing {gaps}" if gaps else "months that are repeated or out of order",
            expected=f"{len(complete)} months from {index[0]:%Y-%m} to {index[-1]:%Y-%m}",
            hint="load the missing months; a month without data is not a month with none",
        )
    values = series.astype("float64")
    if not np.isfinite(values).all() or (values < 0).any():
        bad = values.index[~(np.isfinite(values) & (values >= 0))][0]
        raise ModelError(
            f"{what_for} needs a count for every month",
            where=f"{name}, {bad:%Y-%m}",
            found=str(values[bad]),
            expected="a number of zero or more",
        )
    if len(values) < at_least:
        raise ModelError(
            f"{what_for} needs a longer history",
            where=name,
            found=f"{len(values)} months",
            expected=f"at least {at_least} months",
            hint="load earlier months of the same source",
        )
    return values


def days_in(index: pd.Index) -> np.ndarray:
    """Days of each month, float64."""
    return np.asarray(pd.DatetimeIndex(index).days_in_month, dtype="float64")


def period_of(index: pd.Index) -> Span:
    """From the first to the last month of an index."""
    return Span(month_of(index[0]), month_of(index[-1]))


def span_of(index: pd.Index) -> Span | None:
    """The same; None where the index is not of dates, as in a series of numbered periods."""
    return period_of(index) if isinstance(index, pd.DatetimeIndex) else None


def position(index: pd.Index) -> np.ndarray:
    """Months since the year 0, so that a dropped month leaves a gap of two."""
    months = pd.DatetimeIndex(index)
    return np.asarray(months.year * 12 + months.month - 1, dtype="float64")


def natural_spline(at: np.ndarray, functions: int) -> np.ndarray:
    """Natural cubic spline without its constant, one column a function, on time scaled to 0..1.

    Knots are evenly spaced and the curve is straight beyond the outer ones (Hastie, Tibshirani
    and Friedman, The Elements of Statistical Learning, 2nd ed., equations 5.4 and 5.5).
    """
    scaled = (at - at[0]) / (at[-1] - at[0])
    knots = np.linspace(0.0, 1.0, functions + 1)

    def bend(knot: float) -> np.ndarray:
        cut = np.clip(scaled - knot, 0, None) ** 3 - np.clip(scaled - knots[-1], 0, None) ** 3
        return cut / (knots[-1] - knot)

    last = bend(knots[-2])
    return np.column_stack([scaled, *(bend(knot) - last for knot in knots[:-2])])


def design(
    index: pd.Index,
    *,
    season: bool = True,
    trend: int | None = None,
    breaks: Iterable[Month] = (),
) -> pd.DataFrame:
    """Columns of the regression, float64, indexed by month.

    Parameters
    ----------
    season : bool
        Eleven columns ``month_1`` .. ``month_11``, coded so that the twelve effects sum to zero.
    trend : int, optional
        Number of spline columns ``trend_1`` ..; without it one for every twelve months, 0 for none.
    breaks : iterable of Month
        One column ``step_2023-05`` for each that has months on both sides, 1 from that month on.
    """
    at = position(index)
    columns: dict[str, np.ndarray] = {"level": np.ones(len(index))}
    functions = max(1, round((at[-1] - at[0] + 1) / 12)) if trend is None else trend
    if functions:
        spline = natural_spline(at, functions)
        columns |= {f"trend_{i + 1}": spline[:, i] for i in range(functions)}
    if season:
        calendar = np.asarray(pd.DatetimeIndex(index).month)
        december = (calendar == 12).astype(float)
        columns |= {f"month_{m}": (calendar == m).astype(float) - december for m in range(1, 12)}
    for month in sorted(set(breaks)):
        step = (at >= month.year * 12 + month.number - 1).astype(float)
        if 0 < step.sum() < len(step):
            columns[f"step_{month}"] = step
    return pd.DataFrame(columns, index=index, dtype="float64")


@dataclass(frozen=True)
class MonthlyFit:
    """A fitted quasi-Poisson regression.

    Attributes
    ----------
    counts, fitted : Series
        Incidents in each month used, as recorded and as expected by the model.
    columns : DataFrame
        The regression's columns.
    coefficients : Series
        On the log scale, one for each column.
    """

    counts: pd.Series
    fitted: pd.Series
    columns: pd.DataFrame
    coefficients: pd.Series

    @property
    def df(self) -> int:
        """Residual degrees of freedom."""
        return len(self.counts) - self.columns.shape[1]

    def named(self, prefix: str) -> list[str]:
        """Columns whose name starts so, in order."""
        return [str(name) for name in self.columns if str(name).startswith(prefix)]

    @property
    def pearson(self) -> pd.Series:
        """Pearson residuals, (count - expected) / sqrt(expected)."""
        return (self.counts - self.fitted) / np.sqrt(self.fitted)

    @property
    def dispersion(self) -> float:
        """Pearson's chi-squared over its degrees of freedom, months taken as independent."""
        return float((self.pearson**2).sum() / self.df)

    @cached_property
    def _weighted(self) -> np.ndarray:
        return self.columns.to_numpy() * np.sqrt(self.fitted.to_numpy())[:, None]

    def correlation(self, autocorrelation: float) -> np.ndarray:
        """Correlation of the months used when it fades by the factor `autocorrelation` a month."""
        return autocorrelation**self._apart

    @cached_property
    def _apart(self) -> np.ndarray:
        at = position(self.counts.index)
        return np.abs(at[:, None] - at[None, :])

    @cached_property
    def likelihood(self) -> pd.DataFrame:
        """How well each autocorrelation agrees with the residuals.

        Index: autocorrelation from 0 to 0.9 (a negative one is not credited: it would narrow the
        intervals). Columns: ``weight`` (restricted likelihood times 1 - autocorrelation, summing
        to 1: errors that never fade are the trend's business) and ``dispersion`` (residual
        variance over expected count that goes with it).
        """
        table = self.restricted(_AUTOCORRELATIONS)
        weights = table["weight"] * (1 - table.index)
        return table.assign(weight=weights / weights.sum())

    def restricted(self, autocorrelations: np.ndarray) -> pd.DataFrame:
        """The same for any autocorrelations, each counting as much as any other beforehand.

        Index: autocorrelation, above -1 and below 1; columns ``weight``, ``dispersion``.
        """
        residuals = self.pearson.to_numpy()
        rows = [self._generalised(rho, residuals)[:2] for rho in autocorrelations]
        logs, dispersions = np.array(rows).T
        weights = np.exp(logs - logs.max())
        return pd.DataFrame(
            {"weight": weights / weights.sum(), "dispersion": dispersions},
            index=pd.Index(autocorrelations, name="autocorrelation"),
        )

    def _generalised(
        self, rho: float, residuals: np.ndarray
    ) -> tuple[float, float, np.ndarray, np.ndarray]:
        """Restricted log-likelihood, variance, move of the coefficients, and their covariance."""
        root = np.linalg.cholesky(self.correlation(rho))
        columns = np.linalg.solve(root, self._weighted)
        target = np.linalg.solve(root, residuals)
        q, r = np.linalg.qr(columns)
        move = np.linalg.solve(r, q.T @ target)
        left = target - columns @ move
        variance = float(left @ left / self.df)
        determinants = np.log(np.diag(root)).sum() + np.log(np.abs(np.diag(r))).sum()
        log_likelihood = -0.5 * self.df * np.log(max(variance, 1e-12)) - determinants
        inverse = np.linalg.inv(r)
        return log_likelihood, variance, move, max(variance, 1.0) * inverse @ inverse.T

    def generalised(self) -> tuple[pd.Series, pd.DataFrame]:
        """Coefficients reweighted for fading errors, and their covariance.

        One step of generalised least squares from the fitted model, averaged over every
        autocorrelation from 0 to 0.99 by its restricted likelihood; the covariance holds what the
        estimates differ by between them. For a predictor that trends as the counts do, errors that
        hardly fade are the danger, so none is played down here.
        """
        residuals = self.pearson.to_numpy()
        steps = [self._generalised(rho, residuals) for rho in _NEAR_UNIT_ROOT]
        logs = np.array([step[0] for step in steps])
        weights = np.exp(logs - logs.max()) * np.gradient(_NEAR_UNIT_ROOT)
        weights /= weights.sum()
        moves = np.array([step[2] for step in steps])
        mean = weights @ moves
        apart = moves - mean
        covariance = sum(w * step[3] for w, step in zip(weights, steps, strict=True))
        covariance = covariance + apart.T @ (weights[:, None] * apart)
        names = self.columns.columns
        return self.coefficients + mean, pd.DataFrame(covariance, index=names, columns=names)

    @property
    def autocorrelation(self) -> float:
        """Correlation of one month's error with the next, averaged over its likelihood."""
        return float((self.likelihood.index * self.likelihood["weight"]).sum())

    def hac_covariance(self) -> pd.DataFrame:
        """Covariance of the coefficients by Newey and West (1987), Econometrica 55, 703-708.

        Lags by the usual rule 4 (n / 100)^(2/9), with the small-sample factor n / (n - p).
        """
        from statsmodels.stats.sandwich_covariance import S_hac_simple

        n = len(self.counts)
        bread = np.linalg.inv(self._weighted.T @ self._weighted)
        scores = self.columns.to_numpy() * (self.counts - self.fitted).to_numpy()[:, None]
        middle = S_hac_simple(scores, nlags=int(4 * (n / 100) ** (2 / 9)))
        names = self.columns.columns
        return pd.DataFrame(bread @ middle @ bread * n / self.df, index=names, columns=names)

    @cached_property
    def covariance(self) -> pd.DataFrame:
        """Covariance of the coefficients with overdispersed, autocorrelated errors.

        The usual sandwich with the fading correlation in the middle, averaged over the likelihood
        of the autocorrelation; never narrower than Poisson.
        """
        bread = np.linalg.inv(self._weighted.T @ self._weighted)
        half = self._weighted @ bread
        total = np.zeros_like(bread)
        for rho, weight, dispersion in self.likelihood.itertuples():
            if weight > 1e-6:
                total += weight * max(dispersion, 1.0) * (half.T @ self.correlation(rho) @ half)
        names = self.columns.columns
        return pd.DataFrame(total, index=names, columns=names)


def fit(
    series: pd.Series,
    columns: pd.DataFrame,
    *,
    exclude: Iterable[Month] = (),
    what_for: str,
) -> MonthlyFit:
    """Fit the regression by maximum quasi-likelihood.

    Parameters
    ----------
    series : Series
        Checked counts (`check_series`).
    columns : DataFrame
        From `design`, on the same index; further columns may be added.
    exclude : iterable of Month
        Months to leave out, such as months with a known fault.
    what_for : str
        The question, for the message.

    Raises
    ------
    ModelError
        Fewer than six months more than coefficients, or columns that cannot be told apart.
    """
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import PerfectSeparationError, PerfectSeparationWarning

    leave_out = {str(month) for month in exclude}
    keep = ~pd.DatetimeIndex(series.index).strftime("%Y-%m").isin(leave_out)
    counts, columns = series[keep], columns[keep]
    # A step whose months are all left out has nothing to stand on.
    steady = [c for c in columns if c != "level" and np.ptp(columns[c].to_numpy()) == 0]
    columns = columns.drop(columns=steady)
    name = str(series.name or "the series")
    if len(counts) - columns.shape[1] < 6:
        raise ModelError(
            f"{what_for} needs a longer history",
            where=name,
            found=f"{len(counts)} months for {columns.shape[1]} coefficients",
            expected=f"at least {columns.shape[1] + 6} months",
            hint="load earlier months of the same source",
        )
    if np.linalg.matrix_rank(columns.to_numpy()) < columns.shape[1] or counts.sum() == 0:
        raise ModelError(
            f"{what_for} cannot tell its influences apart",
            where=name,
            found="months in which they always move together, or no incident at all",
            expected="each calendar month at least once, and influences that vary on their own",
        )
    model = sm.GLM(
        counts.to_numpy(),
        columns.to_numpy(),
        family=sm.families.Poisson(),
        offset=np.log(days_in(counts.index)),
    )
    try:
        with warnings.catch_warnings():
            # A series that the model follows exactly is no fault: its dispersion is 1.
            warnings.simplefilter("ignore", PerfectSeparationWarning)
            result = model.fit(maxiter=200)
    except (PerfectSeparationError, np.linalg.LinAlgError, ValueError) as error:
        raise ModelError(
            f"{what_for} did not reach an answer", where=name, found=str(error)
        ) from error
    fitted = pd.Series(result.fittedvalues, index=counts.index, name="fitted")
    # A calendar month without a single incident drives its effect to minus infinity.
    fitted = fitted.clip(lower=1e-6)
    return MonthlyFit(counts, fitted, columns, pd.Series(result.params, index=columns.columns))
