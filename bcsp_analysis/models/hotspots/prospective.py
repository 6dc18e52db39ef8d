"""Would earlier months have shown where incidents fell next? Hot spots scored on months to come."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import intervals, multiplicity
from bcsp_analysis.models.hotspots import clusters, shrinkage
from bcsp_analysis.models.hotspots.counts import check_counts, span_of
from bcsp_analysis.models.hotspots.neighbours import Neighbours, links
from bcsp_analysis.periods import Span

WINDOW, AHEAD = 12, 3
QUARTER, YEAR = 3, 12
HALF_LIFE = 6.0  # months
FEWEST_ORIGINS = 3
CITATION = (
    "Chainey, Tompson and Uhlig (2008), Security Journal 21, 4-28 (hit rate, prediction accuracy"
    " index); Hunt (2016), Do crime hot spots move?, American University (prediction efficiency"
    " index); Drawve and Wooditch (2019), Journal of Criminal Justice 64, 101625"
)


class Contest(StrEnum):
    """How a way of choosing does against the baseline."""

    BASELINE = "the baseline"
    BETTER = "better"
    WORSE = "worse"
    SAME = "cannot be told apart"
    TOO_FEW = "too few rounds to say"


@dataclass(frozen=True)
class Accuracy:
    """Ways of choosing hot spots, scored on later months.

    Attributes
    ----------
    by_method : DataFrame
        Index ``method``, the baseline first: ``hit_rate`` (share of the later incidents that fell
        in the chosen areas), ``pai`` (hit rate over the chosen share of area), ``pei`` (hits over
        the most that as many areas could have had), means over the rounds; ``difference`` (hit
        rate less the baseline's), ``low``, ``high`` (its interval), ``p_value``, ``p_adjusted``
        (Holm), ``verdict`` (str, a Contest).
    rounds : DataFrame
        Index ``method`` and ``first`` (first month scored): ``hits`` (expected where a tie is
        decided by lot), ``total``, ``hit_rate``, ``pai``, ``pei``.
    baseline : str
    share : float
        Share of the areas chosen, which is the hit rate to be expected of areas drawn at random.
    best_rate : float
        Hit rate of the best choice of as many areas, known only afterwards; mean over the rounds.
    chosen : int
        Areas chosen.
    window, ahead : int
        Months that the baseline looks back, and months scored in each round.
    number_of_rounds : int
    measured_by : str
        What share of area PAI is taken over.
    span : Span
        Months scored.
    n : int
        Areas.
    level, alpha : float
    method, citation : str
    """

    by_method: pd.DataFrame
    rounds: pd.DataFrame
    baseline: str
    share: float
    best_rate: float
    chosen: int
    window: int
    ahead: int
    number_of_rounds: int
    measured_by: str
    span: Span
    n: int
    level: float
    alpha: float
    method: str = (
        "rolling origin, rounds that do not overlap; paired t interval of the hit rates' difference"
    )
    citation: str = CITATION


def accuracy(
    counts: pd.DataFrame,
    *,
    neighbours: Neighbours | Mapping[str, Sequence[str]] | None = None,
    area_km2: pd.Series | None = None,
    share: float = 0.1,
    window: int = WINDOW,
    ahead: int = AHEAD,
    alpha: float = 0.05,
) -> Accuracy:
    """Choose hot spots from the months up to t, score them on the next ones, move on, compare.

    Ways of choosing: the last `window` months (the baseline), the last three, the same months of
    the year before, all months so far, months that weigh less the older they are (half-life six
    months), and, with neighbours, the empirical-Bayes level shrunken towards the neighbourhood and
    the Getis-Ord score.

    Parameters
    ----------
    counts : DataFrame
        Index ``area``, one column a month; `window` + `ahead` months or more.
    neighbours : Neighbours or mapping, optional
    area_km2 : Series, optional
        Index ``area``, all areas, above zero: PAI is then taken over the share of land, else over
        the share of the number of areas.
    share : float
        Of the areas that are chosen, rounded down, one at least.
    window, ahead : int
        Months.
    alpha : float
        For the verdicts, after Holm's correction over the ways of choosing.

    Raises
    ------
    ModelError
        Unusable counts, too few months, fewer than two areas, missing sizes, or a setting out of
        range.
    """
    if not (0 < share < 1 and window >= 1 and ahead >= 1 and 0 < alpha < 1):
        raise ModelError(
            "hot spots cannot be scored",
            found=f"share {share}, window {window}, ahead {ahead}, alpha {alpha}",
            expected="share and alpha between 0 and 1, months of 1 or more",
        )
    table = check_counts(counts, months=window + ahead, what_for="scoring hot spots")
    if len(table) < 2:
        raise ModelError("hot spots of a single area cannot be scored", found="one area")
    sizes = _sizes(area_km2, table.index)
    chosen = max(1, int(share * len(table) + 1e-9))
    ways = _ways(table, neighbours, window, ahead)
    origins = list(range(table.shape[1] - ahead, window - 1, -ahead))[::-1]
    monthly = table.to_numpy("float64")
    rows, best = [], []
    for origin in origins:
        later = monthly[:, origin : origin + ahead].sum(axis=1)
        if not later.any():
            continue
        best.append(float(np.sort(later)[::-1][:chosen].sum() / later.sum()))
        for name, score in ways.items():
            scored = score(monthly[:, :origin])
            rows.append((name, table.columns[origin], *scores(scored, later, chosen, sizes)))
    names = ["method", "first", "hits", "total", "hit_rate", "pai", "pei"]
    rounds = pd.DataFrame(rows, columns=names).set_index(["method", "first"])
    baseline = next(iter(ways))
    return Accuracy(
        by_method=_compared(rounds, list(ways), alpha),
        rounds=rounds,
        baseline=baseline,
        share=chosen / len(table),
        best_rate=float(np.mean(best)),
        chosen=chosen,
        window=window,
        ahead=ahead,
        number_of_rounds=rounds.index.get_level_values("first").nunique(),
        measured_by="share of the number of areas" if area_km2 is None else "share of the land",
        span=span_of(table, table.shape[1] - origins[0]),
        n=len(table),
        level=1 - alpha,
        alpha=alpha,
    )


def scores(
    predicted: np.ndarray, later: np.ndarray, chosen: int, sizes: np.ndarray | None = None
) -> tuple[float, float, float, float, float]:
    """Hits, total, hit rate, PAI and PEI of the `chosen` areas with the highest prediction.

    PAI = (n / N) / (a / A). Areas that tie for the last places are drawn by lot: what is given is
    the expectation, so that the order of the areas does not matter.

    Parameters
    ----------
    predicted, later : ndarray
        Score of each area, and its incidents in the months scored (one at least in all).
    chosen : int
    sizes : ndarray, optional
        Size of each area; all alike where left out.
    """
    size = np.ones(len(later)) if sizes is None else sizes
    part = _chosen(predicted, chosen)
    hits, total = float((part * later).sum()), float(later.sum())
    hit_rate = hits / total
    covered = float((part * size).sum() / size.sum())
    best = float(np.sort(later)[::-1][:chosen].sum())
    return hits, total, hit_rate, hit_rate / covered, hits / best


def _chosen(predicted: np.ndarray, chosen: int) -> np.ndarray:
    """Chance of each area to be among the chosen: 1, 0, and a share where a tie is drawn by lot."""
    if chosen >= len(predicted):
        return np.ones(len(predicted))
    border = -np.partition(-predicted, chosen - 1)[chosen - 1]
    above, ties = predicted > border, predicted == border
    return above + ties * (chosen - above.sum()) / ties.sum()


def _ways(
    table: pd.DataFrame,
    neighbours: Neighbours | Mapping[str, Sequence[str]] | None,
    window: int,
    ahead: int,
) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Ways of choosing by name: from the months so far (areas by months) to a score an area."""

    def recent(past: np.ndarray) -> np.ndarray:
        age = np.arange(past.shape[1])[::-1]
        return past @ np.exp(-math.log(2) * age / HALF_LIFE)

    def last(months: int) -> Callable[[np.ndarray], np.ndarray]:
        return lambda past: past[:, -months:].sum(axis=1)

    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {f"last {window} months": last(window)}
    if window > QUARTER:
        ways[f"last {QUARTER} months"] = last(QUARTER)
    if window >= YEAR >= ahead:
        ways["same months of the year before"] = lambda past: past[
            :, past.shape[1] - YEAR : past.shape[1] - YEAR + ahead
        ].sum(axis=1)
    ways["all months so far"] = lambda past: past.sum(axis=1)
    ways["recent months weigh more"] = recent
    if neighbours is None:
        return ways
    linked = links(table.index, neighbours)
    ways["shrunken towards the neighbours"] = lambda past: shrinkage.shrink_locally(
        last(window)(past), np.ones(len(past)), linked
    )
    ways["Getis-Ord score"] = lambda past: clusters.scores(last(window)(past), linked)
    return ways


def _sizes(area_km2: pd.Series | None, areas: pd.Index) -> np.ndarray | None:
    if area_km2 is None:
        return None
    sizes = pd.to_numeric(area_km2.reindex(areas), errors="coerce").to_numpy("float64")
    if not (sizes > 0).all() or not np.isfinite(sizes).all():
        raise ModelError(
            "sizes of areas that are missing",
            found=f"{int((~(sizes > 0)).sum())} of {len(areas)} areas without a size above zero",
            expected="a size for every area, or none at all",
        )
    return sizes


def _compared(rounds: pd.DataFrame, names: list[str], alpha: float) -> pd.DataFrame:
    means = rounds.groupby("method")[["hit_rate", "pai", "pei"]].mean().reindex(names)
    methods = rounds.index.get_level_values("method")
    rates = np.array([rounds["hit_rate"].to_numpy("float64")[methods == name] for name in names])
    number = rates.shape[1]
    reach = intervals.quantile(1 - alpha / 2, number - 1) if number > 1 else math.nan
    apart = rates - rates[0]
    mean = apart.mean(axis=1)
    se = (
        apart.std(axis=1, ddof=1) / math.sqrt(number) if number > 1 else np.full(len(names), np.nan)
    )
    means["difference"], means["low"], means["high"] = mean, mean - reach * se, mean + reach * se
    means["p_value"] = [
        _p_value(float(one), float(error), number) for one, error in zip(mean, se, strict=True)
    ]
    return _judged(means, number, alpha)


def _p_value(mean: float, se: float, number: int) -> float:
    """Two-sided t test of a mean difference; 1 where it is nothing in every round."""
    if number < 2 or (se == 0 and mean == 0):
        return 1.0
    return intervals.two_sided(mean / se, number - 1) if se else 0.0


def _judged(means: pd.DataFrame, number: int, alpha: float) -> pd.DataFrame:
    others = means.index[1:]
    means["p_adjusted"] = 1.0
    means.loc[others, "p_adjusted"] = multiplicity.holm(means.loc[others, "p_value"])
    p_adjusted, difference = means["p_adjusted"].to_numpy(), means["difference"].to_numpy()
    means["verdict"] = [
        Contest.BASELINE,
        *(
            _verdict(p, apart, number, alpha)
            for p, apart in zip(p_adjusted[1:], difference[1:], strict=True)
        ),
    ]
    return means


def _verdict(p_adjusted: float, difference: float, number: int, alpha: float) -> Contest:
    if number < FEWEST_ORIGINS:
        return Contest.TOO_FEW
    if p_adjusted >= alpha:
        return Contest.SAME
    return Contest.BETTER if difference > 0 else Contest.WORSE
