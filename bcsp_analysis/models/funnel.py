"""Areas of a group against each other: funnel limits, overdispersion, and ranks with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import intervals, poisson_limits
from bcsp_analysis.periods import Span

WARNING, ACTION = 0.95, 0.998
FEWEST_AREAS = 3
FEWEST_FOR_OVERDISPERSION = 8
DRAWS = 4000
SEED = 2023
CITATION = (
    "Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202, doi 10.1002/sim.1970;"
    " overdispersion: Spiegelhalter (2005), Quality and Safety in Health Care 14, 347-351; ranks:"
    " Goldstein and Spiegelhalter (1996), Journal of the Royal Statistical Society A 159, 385-443"
)
APART_CITATION = (
    "an area against the others: Ohlssen, Sharples and Spiegelhalter (2007), Journal of the Royal"
    " Statistical Society A 170, 865-890; degrees of freedom: Tukey and McLaughlin (1963), Sankhya"
    " A 25, 331-352"
)


class Overdispersion(StrEnum):
    """How more variation between areas than chance explains enters the limits."""

    NONE = "none"
    MULTIPLICATIVE = "multiplicative"
    ADDITIVE = "additive"


class Position(StrEnum):
    """Where an area lies."""

    FAR_HIGHER = "higher (99.8%)"
    HIGHER = "higher (95%)"
    SIMILAR = "no clear difference"
    LOWER = "lower (95%)"
    FAR_LOWER = "lower (99.8%)"


METHODS = {
    Overdispersion.NONE: "funnel of exact Poisson limits at 95% and 99.8%",
    Overdispersion.MULTIPLICATIVE: (
        "funnel at 95% and 99.8% on the square-root scale, limits widened by the winsorised"
        " overdispersion"
    ),
    Overdispersion.ADDITIVE: (
        "funnel at 95% and 99.8% on the square-root scale, variance between areas added"
    ),
}


@dataclass(frozen=True)
class FunnelResult:
    """Areas of a group on a funnel.

    Attributes
    ----------
    table : DataFrame
        Index ``area``, in the order given, areas with data only. ``count``, ``denominator``,
        ``rate`` and the limits ``low95``, ``high95``, ``low998``, ``high998`` (per `per`),
        ``expected`` (count at the group's rate), ``z`` (square-root scale, without overdispersion),
        ``position`` (Position), ``position_chance`` (the same against limits of chance alone),
        ``improvement`` ("better", "worse", "neither" or "" where there is no clear difference),
        ``rank`` (1 the lowest rate; equal rates share the lower rank), ``rank_low`` and
        ``rank_high`` (95% interval).
    target : float
        Rate of all areas with data together, without `apart`, per `per`.
    per : float
    overdispersion : Overdispersion
    phi : float
        Mean square of the winsorised z, over what winsorising leaves of the variance of independent
        incidents: 1 without overdispersion.
    phi_plain : float
        The same without that correction, as other programs print it.
    tau : float
        Standard deviation between areas of the rate over the target on the square-root scale;
        about half the relative standard deviation of the rates. 0 unless additive.
    n : int
        Areas of the group.
    n_available : int
        Areas with data.
    apart : str
        Area that is judged against the others; "" where every area is part of the group's rate.
    df : float
        Degrees of freedom of the limits; infinite without overdispersion.
    target_variance : float
        Variance of the target, relative and on the square-root scale; 0 unless an area is `apart`.
    missing : tuple of str
        Areas without count or denominator.
    dispersion : float
        Of one area's count over time, in the intervals of the ranks.
    winsorised : float
        Share of the z at each end that was pulled in.
    period : Span or None
        Months of the counts, where they were given.
    method, citation : str
    """

    table: pd.DataFrame
    target: float
    per: float
    overdispersion: Overdispersion
    phi: float
    phi_plain: float
    tau: float
    n: int
    n_available: int
    apart: str
    df: float
    target_variance: float
    missing: tuple[str, ...]
    dispersion: float
    winsorised: float
    period: Span | None
    method: str
    draws: int = DRAWS
    seed: int = SEED
    citation: str = CITATION

    def limits(
        self, denominators: ArrayLike, *, overdispersion: Overdispersion | None = None
    ) -> pd.DataFrame:
        """The funnel's lines: columns ``low95`` .. ``high998``, per `per`, index denominator.

        `overdispersion` NONE gives the limits of chance alone; without it, the result's own mode.
        """
        sizes = np.asarray(denominators, float)
        lines = _limits(
            sizes * self.target / self.per,
            overdispersion or self.overdispersion,
            self.phi,
            self.tau,
            self.df,
            self.target_variance,
        )
        frame = pd.DataFrame(lines, index=pd.Index(sizes, name="denominator"))
        return frame.mul(self.per / sizes, axis=0)


def funnel(
    areas: pd.DataFrame,
    *,
    per: float = 1000.0,
    overdispersion: Overdispersion = Overdispersion.ADDITIVE,
    winsorise: float = 0.1,
    fewer_is: str = "neither",
    dispersion: float = 1.0,
    apart: str = "",
    period: Span | None = None,
) -> FunnelResult:
    """Put the areas of a group on a funnel and rank them.

    Winsorising takes outliers out of the estimate of the overdispersion, but also a third of the
    variance of a group without outliers (at 10% an end): uncorrected, twice as many areas lie
    outside the 95% limits as should. The mean square is therefore divided by what winsorising
    leaves of a standard normal variance, and limits take Student's t with the areas less one.

    A large area pulls the group's rate and the spread towards itself, and its limits then hardly
    ever leave it out. With `apart` both come from the other areas, the limits allow for how well
    their rate is known, and the degrees of freedom count only areas that winsorising leaves alone.

    Parameters
    ----------
    areas : DataFrame
        Columns ``area`` (str), ``count`` and ``denominator`` (numbers, missing where not known).
    per : float
        Rates are given per this many of the denominator.
    overdispersion : Overdispersion
        NONE needs three areas with data, the others eight.
    winsorise : float
        Share pulled in at each end, 0 up to below a half.
    fewer_is : str
        "better" or "neither", `Measure.fewer_is`.
    dispersion : float
        Overdispersion of one area's count over time, 1 or more; widens the intervals of the ranks.
    apart : str
        An area with data that is judged against the others.
    period : Span, optional
        Months of the counts.

    Raises
    ------
    ModelError
        Columns missing, an area twice, a count below zero, a denominator of zero or less, too few
        areas with data, no incident at all, a setting out of range, or no data of `apart`.
    """
    table = _checked(areas)
    known = table[["count", "denominator"]].notna().all(axis=1)
    missing = tuple(str(area) for area in table.index[~known])
    data = table[known].astype("float64")
    if apart and apart not in data.index:
        raise ModelError("no data of the area that is to be judged", found=apart)
    group = data.drop(index=apart) if apart else data
    least = FEWEST_AREAS if overdispersion is Overdispersion.NONE else FEWEST_FOR_OVERDISPERSION
    if len(group) < least:
        raise ModelError(
            "too few areas with data for a funnel",
            found=f"{len(group)} of {len(table)}; without data: {', '.join(missing) or 'none'}",
            expected=f"{least} or more" + (f", {apart} not counted" if apart else ""),
            hint="load more areas"
            + ("" if least == FEWEST_AREAS else ", or leave overdispersion out"),
        )
    if not (0 <= winsorise < 0.5 and per > 0 and dispersion >= 1):
        raise ModelError(
            "a funnel with a setting out of range",
            found=f"winsorise {winsorise}, per {per}, dispersion {dispersion}",
            expected="winsorise from 0 to below 0.5, per above 0, dispersion 1 or more",
        )
    if group["count"].sum() == 0:
        raise ModelError("a funnel without a single incident", found=f"{len(group)} areas")
    rate = float(group["count"].sum() / group["denominator"].sum())
    count, denominator = data["count"].to_numpy(), data["denominator"].to_numpy()
    expected = rate * denominator
    z = pd.Series(2 * (np.sqrt(count) - np.sqrt(expected)), index=data.index)
    inside = rate * group["denominator"].to_numpy()
    phi, plain = winsorised_phi(z[group.index].to_numpy(), winsorise)
    tau = 0.0
    if overdispersion is Overdispersion.ADDITIVE:
        tau = float(np.sqrt(between_variance(phi, inside)))
    df, uncertain = float("inf"), 0.0
    if overdispersion is not Overdispersion.NONE:
        df = len(group) - 1.0
        if apart:
            df -= 2 * math.ceil(winsorise * len(group))
            uncertain = _target_variance(inside, overdispersion, phi, tau)
    lines = _limits(expected, overdispersion, phi, tau, df, uncertain)
    data["rate"] = per * count / denominator
    data["expected"], data["z"] = expected, z
    for name, limit in lines.items():
        data[name] = limit * per / denominator
    chance = _limits(expected, Overdispersion.NONE, phi, tau, df, 0.0)
    positions = _places(count, lines)
    data["position"], data["position_chance"] = positions, _places(count, chance)
    data["improvement"] = [improvement(position, fewer_is) for position in positions]
    data["rank"] = data["rate"].rank(method="min").astype("int64")
    data["rank_low"], data["rank_high"] = _rank_intervals(count, denominator, dispersion)
    return FunnelResult(
        table=data,
        target=per * rate,
        per=per,
        overdispersion=overdispersion,
        phi=phi,
        phi_plain=plain,
        tau=tau,
        n=len(table),
        n_available=len(data),
        apart=apart,
        df=df,
        target_variance=uncertain,
        missing=missing,
        dispersion=dispersion,
        winsorised=winsorise,
        period=period,
        method=METHODS[overdispersion] + (f"; {apart} against the others" if apart else ""),
        citation=f"{CITATION}; {APART_CITATION}" if apart else CITATION,
    )


def winsorised_phi(z: np.ndarray, share: float) -> tuple[float, float]:
    """Mean square of z with the outer `share` at each end pulled in to its quantile.

    Returns
    -------
    (float, float)
        Divided by what the same does to a standard normal variance, and as it is.
    """
    from scipy import stats

    low, high = np.quantile(z, [share, 1 - share])
    plain = float(np.mean(np.clip(z, low, high) ** 2))
    if share == 0:
        return plain, plain
    edge = stats.norm.isf(share)
    left = 1 - 2 * share - 2 * edge * stats.norm.pdf(edge) + 2 * share * edge**2
    return plain / float(left), plain


def between_variance(phi: float, expected: np.ndarray) -> float:
    """Variance between areas on the scale of sqrt(count / expected), DerSimonian and Laird's way.

    0 where `phi` shows no more variation than chance.
    """
    areas = len(expected)
    weights = 4 * np.asarray(expected, float)  # one over the variance of sqrt(count / expected)
    excess = areas * phi - (areas - 1)
    return max(0.0, float(excess / (weights.sum() - (weights**2).sum() / weights.sum())))


def place(count: float, low95: float, high95: float, low998: float, high998: float) -> Position:
    """Position of a count between its limits; on a limit is not outside it."""
    if count > high998:
        return Position.FAR_HIGHER
    if count < low998:
        return Position.FAR_LOWER
    if count > high95:
        return Position.HIGHER
    return Position.LOWER if count < low95 else Position.SIMILAR


def _places(counts: np.ndarray, lines: dict[str, np.ndarray]) -> list[Position]:
    return [place(x, *row) for x, *row in zip(counts, *lines.values(), strict=True)]


def improvement(position: Position, fewer_is: str) -> str:
    """Better or worse, where fewer is better; "" without a clear difference."""
    if position is Position.SIMILAR:
        return ""
    if fewer_is == "neither":
        return "neither"
    return "better" if position in (Position.LOWER, Position.FAR_LOWER) else "worse"


def _target_variance(expected: np.ndarray, mode: Overdispersion, phi: float, tau: float) -> float:
    """Variance of the rate of areas together over its expectation, on the square-root scale."""
    shares = expected / expected.sum()
    own = 1 / (4 * float(expected.sum()))
    if mode is Overdispersion.MULTIPLICATIVE:
        return own * max(phi, 1.0)
    return own + tau**2 * float((shares**2).sum())


def _limits(
    expected: np.ndarray,
    mode: Overdispersion,
    phi: float,
    tau: float,
    df: float,
    target_variance: float,
) -> dict[str, np.ndarray]:
    """Limits of the count, ``low95``, ``high95``, ``low998``, ``high998`` in this order."""
    lines = {}
    for name, level in (("95", WARNING), ("998", ACTION)):
        if mode is Overdispersion.NONE:
            low, high = poisson_limits.control(expected, level)
        else:
            reach = intervals.quantile(1 - (1 - level) / 2, df)
            own = 1 / (4 * expected)
            within = own + tau**2 if mode is Overdispersion.ADDITIVE else own * max(phi, 1.0)
            width = reach * np.sqrt(within + target_variance)
            low = expected * np.maximum(1 - width, 0) ** 2
            high = expected * (1 + width) ** 2
        lines[f"low{name}"], lines[f"high{name}"] = low, high
    return lines


def _rank_intervals(
    count: np.ndarray, denominator: np.ndarray, dispersion: float
) -> tuple[np.ndarray, np.ndarray]:
    """95% intervals of the ranks: rates drawn from their gamma distributions, ranked each time."""
    random = np.random.default_rng(SEED)
    rates = random.gamma(count / dispersion + 0.5, size=(DRAWS, len(count))) / denominator
    ranks = rates.argsort(axis=1).argsort(axis=1) + 1
    low, high = np.quantile(ranks, [0.025, 0.975], axis=0, method="inverted_cdf")
    return low.astype("int64"), high.astype("int64")


def _checked(areas: pd.DataFrame) -> pd.DataFrame:
    columns = ["area", "count", "denominator"]
    absent = [column for column in columns if column not in areas.columns]
    if absent:
        raise ModelError(
            "a comparator table without its columns",
            found=f"no {', '.join(absent)}",
            expected=", ".join(columns),
        )
    table = areas[columns].set_index("area")
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise ModelError("an area twice in the comparator table", found=str(twice[0]))
    table = table.apply(pd.to_numeric, errors="coerce").astype("float64")
    wrong = (table["count"] < 0) | (table["denominator"] <= 0) | np.isinf(table).any(axis=1)
    if wrong.any():
        row = table[wrong].iloc[0]
        raise ModelError(
            "a comparator that cannot be compared",
            where=str(table.index[wrong][0]),
            found=f"count {row['count']}, denominator {row['denominator']}",
            expected="a count of zero or more and a denominator above zero",
        )
    return table
