"""Centre and width of a control chart: individuals, c, u and Laney's u' chart."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

D2 = 1.128  # mean range of two normal values, in standard deviations
D4 = 3.267  # upper limit of moving ranges over their mean


class Kind(StrEnum):
    """What the width of the limits is taken from."""

    INDIVIDUALS = "individuals"
    C = "c"
    U = "u"
    LANEY = "Laney u'"


METHODS = {
    Kind.INDIVIDUALS: "individuals (XmR) chart, limits at the mean ± 2.66 mean moving ranges",
    Kind.C: "c chart, limits at the mean ± 3 square roots of it",
    Kind.U: "u chart, limits at the mean rate ± 3 Poisson standard errors",
    Kind.LANEY: (
        "Laney u' chart, limits at the mean rate ± 3 Poisson standard errors times the standard"
        " deviation of the standardised rates by their moving range"
    ),
}


@dataclass(frozen=True)
class Limits:
    """Centre line and standard deviation of each value.

    centre : float
    sigma : array of float
        Limits lie three of these from the centre, near limits two.
    spread : float
        sigma over that of independent incidents: Laney's sigma z. 1 for c and u charts.
    """

    centre: float
    sigma: np.ndarray
    spread: float


def moving_range_sigma(values: np.ndarray, *, screen: bool = False) -> np.ndarray:
    """Standard deviation by the mean moving range of two, along the last axis.

    With `screen`, moving ranges of 3.267 times their mean and more are left out and the mean is
    taken once more (Nelson 1982, Journal of Quality Technology 14, 172-174).
    """
    ranges = np.abs(np.diff(np.asarray(values, float), axis=-1))
    mean = ranges.mean(axis=-1)
    if screen:
        kept = ranges < D4 * mean[..., None]
        # Ranges that are all equal, or all zero, leave nothing to screen.
        counted = kept.sum(axis=-1)
        screened = np.where(kept, ranges, 0).sum(axis=-1) / np.maximum(counted, 1)
        mean = np.where(counted > 0, screened, mean)
    return np.asarray(mean / D2)


def limits(
    kind: Kind,
    counts: np.ndarray,
    exposure: np.ndarray | None = None,
    *,
    base: np.ndarray | None = None,
    screen: bool = False,
) -> Limits:
    """Centre and standard deviation of a control chart.

    The charted value is the count over its exposure; on the c chart exposures are taken as equal.

    Parameters
    ----------
    kind : Kind
    counts : array of float
    exposure : array of float, optional
        What each count is counted in, such as months of mean length; 1 without it.
    base : array of bool, optional
        Values that set centre and width; all without it. At least two.
    screen : bool
        As in `moving_range_sigma`; only individuals and Laney's charts use moving ranges.

    Notes
    -----
    Laney's sigma z is the mean moving range of z over 1.128. A variant takes the standard
    deviation of z instead; then a shift inside the baseline widens the limits and hides itself.
    """
    counts = np.asarray(counts, float)
    exposure = np.ones_like(counts) if exposure is None else np.asarray(exposure, float)
    chosen = np.ones(len(counts), bool) if base is None else np.asarray(base, bool)
    values = counts / exposure
    if kind is Kind.INDIVIDUALS:
        centre = float(values[chosen].mean())
        sigma = float(moving_range_sigma(values[chosen], screen=screen))
        poisson = np.sqrt(centre) if centre > 0 else 1.0
        return Limits(centre, np.full_like(values, sigma), float(sigma / poisson))
    if kind is Kind.C:
        centre = float(values[chosen].mean())
        return Limits(centre, np.full_like(values, np.sqrt(centre)), 1.0)
    centre = float(counts[chosen].sum() / exposure[chosen].sum())
    poisson = np.sqrt(centre / exposure)
    spread = 1.0
    if kind is Kind.LANEY and centre > 0:
        z = (values[chosen] - centre) / poisson[chosen]
        spread = float(moving_range_sigma(z, screen=screen))
    return Limits(centre, poisson * spread, spread)
