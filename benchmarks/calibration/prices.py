"""Prices for the bench: as shipped, or made up so that they cannot have to do with any count."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.sources import prices
from benchmarks.calibration import truth

KINDS = ("as shipped", "wandering", "trending")
RATES = ("cpi_12m_rate_pct", "cpi_food_12m_rate_pct")
ENERGY = "cpih_energy_index_2015_100"


@cache
def shipped() -> pd.DataFrame:
    """The monthly prices of the project."""
    return prices.load_monthly(project.path("data", "prices", "prices_monthly.csv"))


def simulate(random: np.random.Generator, kind: str) -> pd.DataFrame:
    """The columns that the hypotheses name, over the months of the shipped prices.

    Parameters
    ----------
    kind : str
        ``"as shipped"``; ``"wandering"``: random walks that share half of their steps;
        ``"trending"``: straight lines of random slope with errors that fade.
    """
    index = pd.DatetimeIndex(shipped().index)
    if kind == "as shipped":
        return shipped()
    n = len(index)
    if kind == "wandering":
        common = truth.wandering(random, n, 1.0)
        paths = [(common + truth.wandering(random, n, 1.0)) / np.sqrt(2) for _ in range(3)]
    elif kind == "trending":
        years = np.arange(n) / 12
        slopes = random.choice([-1, 1], size=3) * random.uniform(1.0, 3.0, size=3)
        paths = [s * years + 0.7 * truth.fading(random, (n,), 0.8) for s in slopes]
    else:
        raise ValueError(f"no such kind of prices: {kind!r}")
    rates = {name: 2 + 0.5 * path for name, path in zip(RATES, paths[:2], strict=True)}
    energy = 100 * np.exp(0.03 * paths[2])
    return pd.DataFrame({**rates, ENERGY: energy}, index=index)
