"""How concentrated incidents are, beside what an even world with the same number would show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError

SHARES = (0.05, 0.1, 0.2, 0.25, 0.5)
SIMULATIONS = 499
SEED = 2023
_POINTS = 201  # of the curve
_VALUES = 40_000_000  # simulations times areas; beyond it fewer are made
_FEWEST = 99
CITATION = (
    "Bernasco and Steenbeek (2017), More places than crimes, Journal of Quantitative Criminology"
    " 33, 451-467 (generalised Gini); Chalfin, Kaplan and Cuellar (2021), Measuring marginal crime"
    " concentration, Journal of Research in Crime and Delinquency 58, 467-504 (against an even"
    " world)"
)


@dataclass(frozen=True)
class Concentration:
    """Share of the incidents by share of the areas, highest first.

    Attributes
    ----------
    curve : DataFrame
        Index ``areas`` (share, 0 to 1): ``incidents`` (share), ``even`` (mean share where every
        incident falls on any area with the same chance), ``even_low``, ``even_high`` (95% of such
        worlds).
    tops : DataFrame
        Index ``areas`` (share): ``number`` (areas that it makes, rounded down, one at least),
        ``incidents``, ``even``, ``even_low``, ``even_high``, and ``beyond`` (incidents less even:
        the part that chance alone does not make).
    halves : DataFrame
        Index ``incidents`` (share: 0.25, 0.5): ``number`` and ``areas`` (fewest areas that hold it,
        and their share), ``even`` (mean share in an even world).
    gini, gini_generalised, gini_even : float
        Gini coefficient; the same against the most even spread that so few incidents can have;
        mean of the generalised one in an even world.
    more_than_even : bool
        Whether the generalised coefficient lies above those of 95% of even worlds.
    n, total : int
        Areas and incidents.
    simulations, seed : int
    method, citation : str
    """

    curve: pd.DataFrame
    tops: pd.DataFrame
    halves: pd.DataFrame
    gini: float
    gini_generalised: float
    gini_even: float
    more_than_even: bool
    n: int
    total: int
    simulations: int
    seed: int
    method: str = (
        "concentration curve and generalised Gini; even world: as many incidents, each in any area"
        " with the same chance, independent of each other"
    )
    citation: str = CITATION


def concentration(
    counts: pd.Series, *, simulations: int | None = None, seed: int = SEED
) -> Concentration:
    """Measure how concentrated incidents are, and what chance alone would look like.

    With few incidents to an area, chance alone heaps them up: a tenth of the areas then holds far
    more than a tenth of the incidents in a world where all areas are alike.

    Parameters
    ----------
    counts : Series
        Incidents in one window, index ``area``.
    simulations : int, optional
        Even worlds: 499, fewer (99 at least) for very many areas.
    seed : int

    Raises
    ------
    ModelError
        No area, counts below zero or missing, or no incident.
    """
    values = counts.to_numpy("float64")
    if not len(values) or not np.isfinite(values).all() or (values < 0).any() or not values.any():
        raise ModelError(
            "concentration of incidents that are not there",
            found=f"{len(values)} areas with {float(np.nansum(values)):.0f} incidents",
            expected="counts of zero or more, one incident at least",
        )
    areas, total = len(values), int(values.sum())
    made = simulations or int(np.clip(_VALUES // areas, _FEWEST, SIMULATIONS))
    random = np.random.default_rng(seed)
    points = _shares(areas)
    observed = _cumulated(values)
    even, ginis, halves = [], [], []
    for _ in range(made):
        world = random.multinomial(total, np.full(areas, 1 / areas))
        cumulated = _cumulated(world.astype("float64"))
        even.append(cumulated[points])
        ginis.append(generalised_gini(world))
        halves.append([_needed(cumulated, share) for share in (0.25, 0.5)])
    worlds = np.array(even)
    low, high = np.quantile(worlds, (0.025, 0.975), axis=0)
    curve = pd.DataFrame(
        {
            "incidents": observed[points],
            "even": worlds.mean(axis=0),
            "even_low": low,
            "even_high": high,
        },
        index=pd.Index(points / areas, name="areas"),
    )
    own = generalised_gini(values)
    return Concentration(
        curve=curve,
        tops=_tops(curve, areas),
        halves=_halves(observed, np.array(halves), areas),
        gini=gini(values),
        gini_generalised=own,
        gini_even=float(np.mean(ginis)),
        more_than_even=bool(own > np.quantile(ginis, 0.95)),
        n=areas,
        total=total,
        simulations=made,
        seed=seed,
    )


def gini(counts: np.ndarray) -> float:
    """Gini coefficient of the counts of all areas, those without incidents included."""
    ordered = np.sort(np.asarray(counts, float))
    n = len(ordered)
    return float(2 * (np.arange(1, n + 1) * ordered).sum() / (n * ordered.sum()) - (n + 1) / n)


def generalised_gini(counts: np.ndarray) -> float:
    """Gini coefficient against the most even spread that the number of incidents allows.

    The plain one where there are as many incidents as areas; with fewer, one incident in each of so
    many areas counts as even.
    """
    values = np.asarray(counts, float)
    return float(max(1.0, len(values) / values.sum()) * (gini(values) - 1) + 1)


def _shares(areas: int) -> np.ndarray:
    """Numbers of areas at which the curve is read, among them those of the named shares."""
    grid = np.rint(np.linspace(0, areas, min(areas + 1, _POINTS))).astype("int64")
    named = [_number(areas, share) for share in SHARES]
    return np.unique(np.concatenate((grid, np.array(named, dtype="int64"))))


def _number(areas: int, share: float) -> int:
    return max(1, int(share * areas + 1e-9))


def _cumulated(counts: np.ndarray) -> np.ndarray:
    """Share of the incidents in the highest 0, 1, ... areas."""
    return np.concatenate(([0.0], np.sort(counts)[::-1].cumsum() / counts.sum()))


def _needed(cumulated: np.ndarray, share: float) -> int:
    """Fewest areas that hold `share` of the incidents."""
    return int(np.searchsorted(cumulated, share - 1e-12))


def _tops(curve: pd.DataFrame, areas: int) -> pd.DataFrame:
    numbers = [_number(areas, share) for share in SHARES]
    rows = curve.loc[[number / areas for number in numbers]].copy()
    rows.index = pd.Index(SHARES, name="areas")
    rows.insert(0, "number", numbers)
    rows["beyond"] = rows["incidents"] - rows["even"]
    return rows


def _halves(observed: np.ndarray, worlds: np.ndarray, areas: int) -> pd.DataFrame:
    shares = (0.25, 0.5)
    numbers = [_needed(observed, share) for share in shares]
    return pd.DataFrame(
        {
            "number": numbers,
            "areas": np.array(numbers) / areas,
            "even": worlds.mean(axis=0) / areas,
        },
        index=pd.Index(shares, name="incidents"),
    )
