"""What is counted: right and wrong answers by question, and their shares with Monte Carlo error."""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from bcsp_analysis.sources.calibration import POOLED, Check, judged


@dataclass(frozen=True)
class Key:
    """What a count belongs to; a part that does not apply is None.

    check, method, subject : str
        The question, who answers it, and of what.
    phi, autocorrelation : float
        Variance over mean of a month's count, and the correlation of one month's error with the
        next.
    years : float
        Length of the history.
    size_pct : float
        Size of the true effect, per cent; 0 for none.
    """

    check: str
    method: str
    subject: str
    phi: float | None = None
    autocorrelation: float | None = None
    years: float | None = None
    size_pct: float | None = None

    def of(self, check: str, method: str, subject: str = "") -> Key:
        """The key of another question about the same truth."""
        return replace(self, check=check, method=method, subject=subject or self.subject)

    def pooled(self) -> Key:
        """The key of the same question over all levels of variation."""
        subject = f"{self.subject}, {POOLED}" if self.subject else POOLED
        return replace(self, subject=subject, phi=None, autocorrelation=None)


Outcome = Mapping[Key, tuple[float, int]]
"""Of one simulated truth: how many of how many cases had what the check counts."""


def with_pooled(outcome: Outcome) -> Outcome:
    """The same counts once more under the keys over all levels of variation."""
    return {**outcome, **{key.pooled(): found for key, found in outcome.items()}}


Aim = tuple[float | None, float | None]


@dataclass(frozen=True)
class Setting:
    """One truth, simulated many times.

    name : str
        Unique in its experiment; the seeds of its runs follow from it.
    run : callable
        One simulated truth and what was counted on it; must pickle.
    runs : int
    """

    name: str
    run: Callable[[np.random.Generator], Outcome]
    runs: int

    def generator(self, experiment: str, seed: int, number: int) -> np.random.Generator:
        """Random numbers of one run, whatever runs before it or beside it."""
        key = (zlib.crc32(experiment.encode()), zlib.crc32(self.name.encode()))
        parent = np.random.SeedSequence(seed, spawn_key=(*key, number))
        return np.random.default_rng(parent)


def tally(outcomes: Iterable[Outcome], aims: Callable[[Key], Aim]) -> list[Check]:
    """Shares over all runs, in the order in which their keys appear first.

    Cases of one run share its history, so the Monte Carlo error is that of a ratio of run totals
    (Cochran 1977, Sampling Techniques, section 6.4). Where no or every case had what is counted, it
    is that of half a case more or less.
    """
    counted: dict[Key, list[tuple[float, int]]] = defaultdict(list)
    for outcome in outcomes:
        for key, found in outcome.items():
            if found[1]:
                counted[key].append(found)
    return [_check(key, np.array(found, float), aims(key)) for key, found in counted.items()]


def _check(key: Key, found: np.ndarray, aim: Aim) -> Check:
    hits, cases = found.T
    runs, total = len(found), float(cases.sum())
    share = float(hits.sum()) / total
    spread = hits - share * cases
    error = math.sqrt(float(spread @ spread) * runs / max(runs - 1, 1)) / total
    near = (float(hits.sum()) + 0.5) / (total + 1)
    if share in (0.0, 1.0):
        error = math.sqrt(near * (1 - near) / total)
    return judged(
        check=key.check,
        method=key.method,
        subject=key.subject,
        phi=key.phi,
        autocorrelation=key.autocorrelation,
        years=key.years,
        size_pct=key.size_pct,
        runs=runs,
        cases=int(total),
        share=share,
        mc_error=error,
        aim_low=aim[0],
        aim_high=aim[1],
    )
