"""Corrections for many tests: Holm's, and Benjamini and Hochberg's.

statsmodels has both in one function that collects garbage at each call, which takes a tenth of a
second and more once a site's data are loaded, and is called for every family of every page.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

Name = TypeVar("Name", bound=Hashable)
CITATION = (
    "Holm (1979), Scandinavian Journal of Statistics 6, 65-70; Benjamini and Hochberg (1995),"
    " Journal of the Royal Statistical Society B 57, 289-300"
)


def holm(p_values: ArrayLike) -> np.ndarray:
    """Adjusted p-values that keep the chance of any false find, shape (tests,), float64.

    The smallest of m is multiplied by m, the next by m - 1 and so on; none is smaller than the one
    before it nor above 1.

    Parameters
    ----------
    p_values : array of float, shape (tests,)
        From 0 to 1, none missing.
    """
    values = np.asarray(p_values, float)
    order = np.argsort(values, kind="stable")
    steps = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def holm_by_name(p_values: Mapping[Name, float]) -> dict[Name, float]:
    """The same for tests with names."""
    return dict(zip(p_values, holm(list(p_values.values())).tolist(), strict=True))


def benjamini_hochberg(p_values: ArrayLike) -> np.ndarray:
    """Adjusted p-values that limit the share of false finds, shape (tests,), float64."""
    from scipy import stats

    values = np.asarray(p_values, float)
    return stats.false_discovery_control(values) if len(values) else values
