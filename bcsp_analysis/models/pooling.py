"""The season elsewhere: a short history's month indices drawn towards those of other forces.

Three years show each calendar month three times. Other forces show more of them, and the shape of
the year is much alike between places; so each force's indices are taken as one of a family with a
common mean, and the area's own are pulled towards it by as much as the forces are found alike and
its own are unsure. The level of other forces, and steps between their runs of months, play no part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import monthly, random_effects, season_statement
from bcsp_analysis.models.random_effects import Heterogeneity, RandomEffects
from bcsp_analysis.models.season_model import (
    DRAWS,
    MONTHS,
    SEED,
    Peak,
    month_effects,
    month_shares,
    peak_of,
)
from bcsp_analysis.models.season_statement import StatementResult
from bcsp_analysis.models.seasonality import SeasonalityResult
from bcsp_analysis.periods import Month, Span

QUESTION = "the season of another force"
RESTRICTIONS = Span(Month(2020, 3), Month(2021, 6))
"""Months of legal restrictions on contact in England (26 March 2020 to 18 July 2021), whose counts
show the rules and their breaches, not the time of year."""
_TREND_FROM = 24
CITATION = f"{random_effects.CITATION}; Efron and Morris (1975), JASA 70, 311-319 (shrinkage)"


@dataclass(frozen=True)
class PooledSeason:
    """Month indices of one area with those of other forces.

    Attributes
    ----------
    name : str
        Category.
    forces : tuple of str
        The others, in the order of `profiles`.
    n_forces : int
        The area itself included.
    n : int
        Months used, of all forces.
    period : Span
        From the first to the last month of any force.
    months_used : Series of int
        Index force, the others.
    excluded : tuple of Month
        Months left out of the others.
    indices : DataFrame
        Index ``month`` 1..12; float64 ``own``, ``own_low``, ``own_high`` (the area by itself),
        ``pooled``, ``pooled_low``, ``pooled_high`` (drawn towards the mean), ``mean``,
        ``mean_low``, ``mean_high`` (of the forces), ``weight`` (0 to 1, of the area's own data in
        the pooled index), ``above`` (probability that the pooled index lies above 1), ``peak``,
        ``trough`` (that it is the largest, the smallest). All per day over the geometric mean.
    profiles : DataFrame
        Index ``month``; the index of each other force by itself, one column each.
    heterogeneity : Heterogeneity
        Between forces, on the log scale of the indices; tau .05 means that true indices differ
        between forces by about 5%.
    alike, alike_low, alike_high : float
        Correlation, over the twelve months, of the true profiles of two forces of this family.
    correlations : DataFrame
        Index force; ``correlation`` of its estimated month effects with the area's own, ``low``,
        ``high`` (Fisher's z, twelve months); chance in either lowers it.
    mean_p : float
        For no season common to the forces.
    own_apart_p : float
        For the area having the common profile of the others; small where it does not belong to
        the family and should not be pooled.
    peak : Peak
        Of the pooled indices.
    statement : StatementResult
        Scored on the pooled indices; counted shares are the area's own.
    sensitivity : PooledSeason or None
        The same with the excluded months left in.
    level : float
    method, citation : str
    """

    name: str
    forces: tuple[str, ...]
    n_forces: int
    n: int
    period: Span
    months_used: pd.Series
    excluded: tuple[Month, ...]
    indices: pd.DataFrame
    profiles: pd.DataFrame
    heterogeneity: Heterogeneity
    alike: float
    alike_low: float
    alike_high: float
    correlations: pd.DataFrame
    mean_p: float
    own_apart_p: float
    peak: Peak
    statement: StatementResult
    sensitivity: PooledSeason | None
    level: float
    method: str = (
        "quasi-Poisson month effects of each force, a level for each run of months and a straight"
        " trend within runs of two years or more; multivariate random effects with one"
        " between-force variance, averaged over its restricted likelihood"
    )
    citation: str = CITATION


@dataclass(frozen=True)
class ForceSeason:
    """Month effects of one force by itself.

    effects : Series, covariance : DataFrame
        Log scale, index 1..12, summing to zero.
    df : float
    n : int
        Months used.
    """

    effects: pd.Series
    covariance: pd.DataFrame
    df: float
    n: int

    @property
    def variance(self) -> np.ndarray:
        """Covariance with the spread of Student's t, shape (12, 12)."""
        return self.covariance.to_numpy() * self.df / max(self.df - 2, 1.0)


def pool(
    own: SeasonalityResult,
    elsewhere: Mapping[str, pd.DataFrame],
    *,
    exclude: Iterable[Month] = RESTRICTIONS,
) -> PooledSeason:
    """Draw an area's month indices towards those of other forces.

    Parameters
    ----------
    own : SeasonalityResult
        Of the same category in the area.
    elsewhere : mapping of force to DataFrame
        Index of the months held, gaps possible; columns ``incidents`` and ``release_run``.
    exclude : iterable of Month
        Months left out of the other forces.

    Raises
    ------
    ModelError
        No other force, or too few months of one.
    """
    excluded = tuple(sorted(set(exclude)))
    result = _pool(own, elsewhere, excluded)
    if not excluded:
        return result
    return replace(result, sensitivity=_pool(own, elsewhere, ()))


def force_season(
    history: pd.DataFrame, *, exclude: Iterable[Month] = (), name: str = ""
) -> ForceSeason:
    """Month effects of a force whose months come in runs.

    Parameters
    ----------
    history : DataFrame
        Index DatetimeIndex of the months held, in order; ``incidents``, ``release_run``.

    Raises
    ------
    ModelError
        Fewer than six months more than coefficients, or a calendar month that is not held.
    """
    counts = history["incidents"].astype("float64").rename(name or QUESTION)
    fit = monthly.fit(counts, _columns(history), exclude=exclude, what_for=QUESTION)
    effects, covariance = month_effects(fit)
    return ForceSeason(effects, covariance, float(fit.df), len(fit.counts))


def _columns(history: pd.DataFrame) -> pd.DataFrame:
    """Calendar months, a level for each run, a straight trend in runs of two years or more."""
    columns = monthly.design(history.index, trend=0)
    at, runs = monthly.position(history.index), history["release_run"].to_numpy()
    for run in np.unique(runs):
        inside = runs == run
        if run != runs[0]:
            columns[f"run_{run}"] = inside.astype(float)
        if np.ptp(at[inside]) + 1 >= _TREND_FROM:
            columns[f"trend_{run}"] = np.where(inside, (at - at[inside].mean()) / 12, 0.0)
    return columns


def _pool(
    own: SeasonalityResult, elsewhere: Mapping[str, pd.DataFrame], excluded: tuple[Month, ...]
) -> PooledSeason:
    if not elsewhere:
        raise ModelError(
            "there is no other force to pool with", where=own.name, expected="one force or more"
        )
    others = {
        force: force_season(history, exclude=excluded, name=f"{force}, {own.name}")
        for force, history in elsewhere.items()
    }
    mine = ForceSeason(own.effects, own.effect_covariance, own.df, own.n)
    contrasts = _contrasts()
    seasons = [mine, *others.values()]
    fit = random_effects.fit(
        [season.effects.to_numpy() @ contrasts for season in seasons],
        [contrasts.T @ season.variance @ contrasts for season in seasons],
        level=own.level,
    )
    draws, mean_draws, taus = fit.draws(0, DRAWS, SEED)
    in_months = draws @ contrasts.T
    alike = _alike(mean_draws, taus)
    tail = (1 - own.level) / 2
    alike_low, alike_high = (float(q) for q in np.quantile(alike, [tail, 1 - tail]))
    profiles = pd.DataFrame({name: np.exp(season.effects) for name, season in others.items()})
    return PooledSeason(
        name=own.name,
        forces=tuple(others),
        n_forces=len(seasons),
        n=sum(season.n for season in seasons),
        period=_period(own, elsewhere),
        months_used=pd.Series({name: season.n for name, season in others.items()}, dtype="int64"),
        excluded=excluded,
        indices=_indices(own, fit, contrasts, in_months),
        profiles=profiles.rename_axis("month"),
        heterogeneity=fit.heterogeneity,
        alike=float(alike.mean()),
        alike_low=alike_low,
        alike_high=alike_high,
        correlations=_correlations(mine, others, own.level),
        mean_p=_flat(*fit.mean, df=fit.heterogeneity.q_df),
        own_apart_p=_apart(fit.estimates, fit.covariances),
        peak=peak_of(contrasts @ fit.group(0)[0], in_months, own.level),
        statement=_statement(own, fit, contrasts, in_months),
        sensitivity=None,
        level=own.level,
    )


def _period(own: SeasonalityResult, elsewhere: Mapping[str, pd.DataFrame]) -> Span:
    spans = [own.period, *(monthly.period_of(history.index) for history in elsewhere.values())]
    return Span(min(span.first for span in spans), max(span.last for span in spans))


def _contrasts() -> np.ndarray:
    """Eleven orthonormal directions of twelve effects that sum to zero, shape (12, 11)."""
    matrix = np.linalg.qr(np.column_stack([np.ones(12), np.eye(12)[:, :11]]))[0]
    return matrix[:, 1:]


def _indices(
    own: SeasonalityResult, fit: RandomEffects, contrasts: np.ndarray, draws: np.ndarray
) -> pd.DataFrame:
    from scipy import stats

    reach = float(stats.norm.ppf(1 - (1 - own.level) / 2))
    weight = np.diag(contrasts @ fit.own_weight(0) @ contrasts.T)
    columns = {
        "own": own.indices["index"].to_numpy(),
        "own_low": own.indices["low"].to_numpy(),
        "own_high": own.indices["high"].to_numpy(),
    }
    for name, (effects, covariance) in (("pooled", fit.group(0)), ("mean", fit.mean)):
        values = contrasts @ effects
        errors = np.sqrt(np.diag(contrasts @ covariance @ contrasts.T))
        columns[name] = np.exp(values)
        columns[f"{name}_low"] = np.exp(values - reach * errors)
        columns[f"{name}_high"] = np.exp(values + reach * errors)
    columns["weight"] = weight / np.diag(contrasts @ contrasts.T)
    columns["above"] = (draws > 0).mean(axis=0)
    columns["peak"] = month_shares(draws.argmax(axis=1))
    columns["trough"] = month_shares(draws.argmin(axis=1))
    return pd.DataFrame(columns, index=pd.Index(MONTHS, name="month"))


def _alike(means: np.ndarray, taus: np.ndarray) -> np.ndarray:
    """Correlation of two forces' profiles: common variance over common and own variance."""
    common = (means**2).sum(axis=1) / means.shape[1]
    return common / (common + taus**2)


def _correlations(
    mine: ForceSeason, others: Mapping[str, ForceSeason], level: float
) -> pd.DataFrame:
    from scipy import stats

    reach = float(stats.norm.ppf(1 - (1 - level) / 2)) / np.sqrt(len(MONTHS) - 3)
    rows = {}
    for name, season in others.items():
        correlation = float(np.corrcoef(mine.effects, season.effects)[0, 1])
        low, high = np.tanh(np.arctanh(correlation) + np.array([-reach, reach]))
        rows[name] = {"correlation": correlation, "low": float(low), "high": float(high)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("force")


def _flat(mean: np.ndarray, covariance: np.ndarray, *, df: float) -> float:
    """p-value of a mean profile without any season, F."""
    from scipy import stats

    statistic = float(mean @ np.linalg.solve(covariance, mean)) / len(mean)
    return float(stats.f.sf(statistic, len(mean), df))


def _apart(estimates: np.ndarray, covariances: np.ndarray) -> float:
    """p-value of the first profile being the common one of the others, chi-squared."""
    from scipy import stats

    precisions = np.linalg.inv(covariances[1:])
    spread = np.linalg.inv(precisions.sum(axis=0))
    common = spread @ np.einsum("kij,kj->i", precisions, estimates[1:])
    apart = estimates[0] - common
    statistic = float(apart @ np.linalg.solve(covariances[0] + spread, apart))
    return float(stats.chi2.sf(statistic, len(apart)))


def _statement(
    own: SeasonalityResult, fit: RandomEffects, contrasts: np.ndarray, draws: np.ndarray
) -> StatementResult:
    effects, covariance = fit.group(0)
    if own.estimates is None:
        raise ModelError(
            "the season was analysed without what a statement is scored on", where=own.name
        )
    estimates = replace(
        own.estimates,
        effects=pd.Series(contrasts @ effects, index=list(MONTHS), name="effect"),
        covariance=pd.DataFrame(
            contrasts @ covariance @ contrasts.T, index=list(MONTHS), columns=list(MONTHS)
        ),
        draws=draws,
        df=float(fit.heterogeneity.q_df),
    )
    return season_statement.score(
        estimates, own.statement.months, yardstick=own.statement.yardstick, level=own.level
    )
