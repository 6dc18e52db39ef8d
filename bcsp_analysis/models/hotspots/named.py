"""A few places that a report names with their counts: what those counts alone allow to say."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import intervals, multiplicity, poisson_limits
from bcsp_analysis.models.dispersion import Dispersion

DRAWS, SEED = 20_000, 2023
CANNOT_SAY = (
    "whether places that are not named have as many incidents: their counts are not printed, and"
    " the highest of many counts are partly high by chance",
    "which place has more incidents for its residents, its size or the people who pass through:"
    " none of these is printed with the counts",
    "whether the order is a standing one: there is one count a place, and the report does not print"
    " of which months it is (the passage is about the quarter)",
)
CITATION = (
    f"{intervals.CITATION}; Goldstein and Spiegelhalter (1996), Journal of the Royal Statistical"
    " Society A 159, 385-443 (ranks)"
)


@dataclass(frozen=True)
class NamedPlaces:
    """Counts of a few named places against each other.

    Attributes
    ----------
    table : DataFrame
        Index ``place``, most incidents first: ``count``, ``low``, ``high`` (interval of the level
        behind it), ``rank_low``, ``rank_high`` (interval of its rank among these places, 1 the
        highest), ``highest`` (probability that its level is the highest of them).
    pairs : DataFrame
        Index ``higher``, ``lower`` (places): ``ratio``, ``low``, ``high`` (of the levels),
        ``p_value``, ``p_adjusted`` (Holm over all pairs), ``apart`` (bool: they can be told apart),
        ``apart_if_independent`` (bool: could be if incidents were independent of each other).
    needed : int or None
        Fewest incidents in the first place at which it could be told apart from the second, taken
        by themselves; None for a single place.
    phi : float
        Overdispersion of a count of their size.
    phi_source : str
    level, alpha : float
    cannot_say : tuple of str
    n : int
    draws, seed : int
    method, citation : str
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    needed: int | None
    phi: float
    phi_source: str
    level: float
    alpha: float
    n: int
    cannot_say: tuple[str, ...] = CANNOT_SAY
    draws: int = DRAWS
    seed: int = SEED
    method: str = "ratios of counts, quasi-Poisson; ranks from gamma draws of each count's level"
    citation: str = CITATION

    @property
    def order_holds(self) -> bool:
        """Whether every two places that follow each other can be told apart."""
        names = list(self.table.index)
        return all(bool(self.pairs.at[pair, "apart"]) for pair in itertools.pairwise(names))


def named_places(
    counts: pd.Series,
    *,
    dispersion: Dispersion | float = 1.0,
    source: str = "",
    alpha: float = 0.05,
) -> NamedPlaces:
    """Judge which of the named places can be told apart, from their counts alone.

    Equal time is taken for all; nothing is known of residents or size.

    Parameters
    ----------
    counts : Series
        Incidents, index the names; one place or more.
    dispersion : Dispersion or float
        Of a count of their size, 1 or more; `dispersion.fallback_dispersion` carries a city's over.
    source : str
        A sentence on where the dispersion comes from.
    alpha : float
        Chance of telling any two places apart by mistake.

    Raises
    ------
    ModelError
        No place, a place twice, a missing count or one below zero, a dispersion below 1.
    """
    if counts.empty or not counts.index.is_unique:
        raise ModelError("named places that are missing, or named twice")
    ordered = counts.astype("float64").sort_values(ascending=False, kind="stable")
    values = ordered.to_numpy()
    intervals.check_counts(tuple(values), (1.0,), 1 - alpha)
    phi, df, told = intervals.dispersion_of(dispersion, source)
    table = pd.DataFrame({"count": values.astype("int64")}, index=ordered.index.rename("place"))
    bounds = [poisson_limits.interval(float(value), 1 - alpha, phi, df) for value in values]
    table["low"], table["high"] = zip(*bounds, strict=True)
    random = np.random.default_rng(SEED)
    levels = random.gamma(values / phi + 0.5, size=(DRAWS, len(values)))
    ranks = (-levels).argsort(axis=1).argsort(axis=1) + 1
    low, high = np.quantile(ranks, (alpha / 2, 1 - alpha / 2), axis=0, method="inverted_cdf")
    table["rank_low"], table["rank_high"] = low.astype("int64"), high.astype("int64")
    table["highest"] = (ranks == 1).mean(axis=0)
    return NamedPlaces(
        table=table,
        pairs=_pairs(ordered, phi, df, alpha),
        needed=_needed(values[1], phi, df, alpha) if len(values) > 1 else None,
        phi=phi,
        phi_source=told,
        level=1 - alpha,
        alpha=alpha,
        n=len(values),
    )


def _pairs(ordered: pd.Series, phi: float, df: float, alpha: float) -> pd.DataFrame:
    rows = {}
    for (first, more), (second, fewer) in itertools.combinations(ordered.items(), 2):
        low, high, _ = intervals.widened(fewer, more, 1.0, phi, df, 1 - alpha)
        rows[(first, second)] = {
            "ratio": more / fewer if fewer else (math.inf if more else math.nan),
            "low": low,
            "high": high,
            "p_value": intervals.p_value(fewer, more, 1.0, phi, df),
            "independent": intervals.exact_p(fewer, more, 1.0),
        }
    columns = ["ratio", "low", "high", "p_value", "independent"]
    names = pd.MultiIndex.from_tuples(rows, names=["higher", "lower"]) if rows else None
    frame = pd.DataFrame(list(rows.values()), index=names, columns=columns)
    if frame.empty:
        return frame.assign(p_adjusted=[], apart=[], apart_if_independent=[])
    frame["p_adjusted"] = multiplicity.holm(frame["p_value"])
    frame["apart"] = frame["p_adjusted"] < alpha
    alone = multiplicity.holm(frame.pop("independent"))
    return frame.assign(apart_if_independent=alone < alpha)


def _needed(second: float, phi: float, df: float, alpha: float) -> int:
    """Fewest incidents that differ from `second` with that alpha."""
    enough = int(second) + 1
    while intervals.p_value(second, enough, 1.0, phi, df) >= alpha:
        enough += 1
    return enough
