"""The fitted seasonal model: month effects, their uncertainty, and what is read off them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from bcsp_analysis.models import monthly, season_tests
from bcsp_analysis.models.monthly import MonthlyFit
from bcsp_analysis.models.season_statement import SeasonEstimates
from bcsp_analysis.periods import Month

DRAWS = 4000
SEED = 2023
MONTHS = range(1, 13)


@dataclass(frozen=True)
class Peak:
    """The highest and the lowest month, with how sure that is.

    month, trough : int
        Calendar month of the largest and smallest index.
    probability, trough_probability : float
        That this month, among all twelve, is truly the largest or smallest.
    candidates, trough_candidates : tuple of int
        Months that cannot be told from the highest (the lowest), likeliest first: of so many such
        sets, as the confidence level says, hold it (Hsu 1981, Annals of Statistics 9, 1026-1034:
        multiple comparisons with the best). The fewest likeliest months would hold it less often,
        because the month that is estimated highest owes that to chance as well.
    """

    month: int
    probability: float
    candidates: tuple[int, ...]
    trough: int
    trough_probability: float
    trough_candidates: tuple[int, ...]


@dataclass(frozen=True)
class SeasonModel:
    """One fit of the seasonal model.

    counts : Series
        Checked incidents, every month.
    breaks, exclude : tuple of Month
    level : float
    """

    counts: pd.Series
    breaks: tuple[Month, ...]
    exclude: tuple[Month, ...]
    level: float

    @cached_property
    def fit(self) -> MonthlyFit:
        """With month effects."""
        columns = monthly.design(self.counts.index, breaks=self.breaks)
        return monthly.fit(self.counts, columns, exclude=self.exclude, what_for="seasonality")

    @cached_property
    def detrended(self) -> pd.Series:
        """Pearson residuals of the model without month effects."""
        columns = monthly.design(self.counts.index, season=False, breaks=self.breaks)
        plain = monthly.fit(self.counts, columns, exclude=self.exclude, what_for="seasonality")
        return plain.pearson

    @cached_property
    def _effects(self) -> tuple[pd.Series, pd.DataFrame]:
        return month_effects(self.fit)

    @property
    def effects(self) -> pd.Series:
        """Month effects on the log scale, index 1..12, summing to zero."""
        return self._effects[0]

    @property
    def covariance(self) -> pd.DataFrame:
        """Covariance of the twelve effects."""
        return self._effects[1]

    @cached_property
    def errors(self) -> pd.Series:
        """Standard errors of the twelve effects."""
        return pd.Series(np.sqrt(np.diag(self.covariance)), index=self.effects.index)

    @cached_property
    def draws(self) -> np.ndarray:
        """Plausible month effects, shape (DRAWS, 12): multivariate t, fixed seed."""
        random = np.random.default_rng(SEED)
        values, vectors = np.linalg.eigh(self.covariance.to_numpy())
        root = vectors * np.sqrt(np.clip(values, 0, None))
        normal = random.normal(size=(DRAWS, 12)) @ root.T
        spread = np.sqrt(random.chisquare(self.fit.df, size=(DRAWS, 1)) / self.fit.df)
        return self.effects.to_numpy() + normal / spread

    @property
    def per_day(self) -> pd.Series:
        """Incidents per day, every month."""
        return (self.counts / monthly.days_in(self.counts.index)).rename("per_day")

    @property
    def logs(self) -> pd.Series:
        """Logarithm of incidents per day; half an incident stands for none."""
        floor = 0.5 if (self.counts == 0).any() else 0.0
        return np.log((self.counts + floor) / monthly.days_in(self.counts.index))

    @property
    def without_steps(self) -> pd.Series:
        """Incidents per day as if no step had happened, every month, above zero.

        Months that were left out hold what the model expects of them.
        """
        columns = monthly.design(self.counts.index, breaks=self.breaks)[self.fit.columns.columns]
        expected = np.exp(columns @ self.fit.coefficients)
        used = self.logs.index.isin(self.fit.counts.index)
        values = np.exp(self.logs).where(used, expected)
        steps = self.fit.named("step_")
        return (values / np.exp(columns[steps] @ self.fit.coefficients[steps])).rename("per_day")

    @property
    def trend(self) -> pd.Series:
        """Incidents per day that trend and steps alone expect, months used."""
        columns = self.fit.columns
        others = [str(name) for name in columns if name not in self.fit.named("month_")]
        expected = np.exp(columns[others] @ self.fit.coefficients[others])
        return expected.rename("trend")

    def indices(self) -> pd.DataFrame:
        """Month indices with intervals and probabilities (see `SeasonalityResult.indices`)."""
        from scipy import stats

        reach = stats.t.ppf(1 - (1 - self.level) / 2, self.fit.df)
        largest = np.abs((self.draws - self.effects.to_numpy()) / self.errors.to_numpy()).max(1)
        reach_all = max(float(np.quantile(largest, self.level)), reach)
        stl = season_tests.stl_indices(self.logs)
        return pd.DataFrame(
            {
                "index": np.exp(self.effects),
                "low": np.exp(self.effects - reach * self.errors),
                "high": np.exp(self.effects + reach * self.errors),
                "low_all": np.exp(self.effects - reach_all * self.errors),
                "high_all": np.exp(self.effects + reach_all * self.errors),
                "above": (self.draws > 0).mean(axis=0),
                "peak": month_shares(self.draws.argmax(axis=1)),
                "trough": month_shares(self.draws.argmin(axis=1)),
                "stl": stl,
            }
        ).rename_axis("month")

    def peak(self) -> Peak:
        """The highest and the lowest month."""
        return peak_of(self.effects.to_numpy(), self.draws, self.level)

    def steps(self) -> pd.DataFrame:
        """Steps that entered: ratio of levels after over before, with interval."""
        from scipy import stats

        names = self.fit.named("step_")
        size = self.fit.coefficients[names]
        errors = np.sqrt(np.diag(self.fit.covariance.loc[names, names]))
        reach = stats.t.ppf(1 - (1 - self.level) / 2, self.fit.df) * errors
        return pd.DataFrame(
            {"ratio": np.exp(size), "low": np.exp(size - reach), "high": np.exp(size + reach)}
        ).rename(index=lambda name: name.removeprefix("step_"))

    def estimates(self) -> SeasonEstimates:
        """What a statement about months is scored on."""
        likelihood = self.fit.likelihood
        variance = max(1.0, float((likelihood["weight"] * likelihood["dispersion"]).sum()))
        present_level = float((self.fit.fitted.iloc[-12:]).mean())
        used = self.per_day.loc[self.fit.counts.index]
        return SeasonEstimates(
            effects=self.effects,
            covariance=self.covariance,
            draws=self.draws,
            df=float(self.fit.df),
            noise=float(np.sqrt(variance / present_level)),
            above_trend=used > self.trend,
            per_day_years=season_tests.complete_years(used),
        )


def month_effects(fit: MonthlyFit) -> tuple[pd.Series, pd.DataFrame]:
    """Twelve month effects, log scale, summing to zero, and their covariance; index 1..12.

    December is minus the sum of the others.
    """
    names = [f"month_{month}" for month in MONTHS[:-1]]
    matrix = pd.DataFrame(0.0, index=list(MONTHS), columns=fit.columns.columns)
    matrix.loc[1:11, names] = np.eye(11)
    matrix.loc[12, names] = -1.0
    return (matrix @ fit.coefficients).rename("effect"), matrix @ fit.covariance @ matrix.T


def peak_of(effects: np.ndarray, draws: np.ndarray, level: float) -> Peak:
    """The highest and the lowest of twelve months, and how sure that is.

    Parameters
    ----------
    effects : ndarray, shape (12,)
    draws : ndarray, shape (n, 12)
        Plausible values of them.
    """
    tops = month_shares(draws.argmax(axis=1))
    lows = month_shares(draws.argmin(axis=1))
    top, low = int(effects.argmax()) + 1, int(effects.argmin()) + 1
    return Peak(
        month=top,
        probability=float(tops[top - 1]),
        candidates=_likeliest(rivals_of_best(effects, draws, level), tops),
        trough=low,
        trough_probability=float(lows[low - 1]),
        trough_candidates=_likeliest(rivals_of_best(-effects, -draws, level), lows),
    )


def month_shares(places: np.ndarray) -> np.ndarray:
    """Share of draws in which each of the twelve months is the one, from places 0 to 11."""
    return np.bincount(places, minlength=12) / len(places)


def rivals_of_best(effects: np.ndarray, draws: np.ndarray, level: float) -> np.ndarray:
    """Which of some effects cannot be told from the largest, shape (k,), bool.

    Hsu's multiple comparisons with the best, for any covariance: i is left out where some other
    effect exceeds it by more standard errors than the largest of the k - 1 standardised errors
    against i reaches with probability `level`.

    Parameters
    ----------
    effects : ndarray, shape (k,)
    draws : ndarray, shape (n, k)
        Plausible values of them; their spread is that of the estimates.
    """
    errors = draws - effects
    kept = np.ones(len(effects), bool)
    for place in range(len(effects)):
        others = np.arange(len(effects)) != place
        apart = errors[:, others] - errors[:, [place]]
        spread = np.sqrt((apart**2).mean(axis=0))
        reach = np.quantile((apart / spread).max(axis=1), level)
        kept[place] = ((effects[others] - effects[place]) / spread).max() <= reach
    return kept


def _likeliest(kept: np.ndarray, shares: np.ndarray) -> tuple[int, ...]:
    """Calendar months that are kept, the likeliest first."""
    return tuple(int(p) + 1 for p in np.argsort(-shares, kind="stable") if kept[p])
