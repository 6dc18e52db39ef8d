"""How lasting hot spots are: in how many months an area is among the highest tenth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models.hotspots.counts import check_counts, span_of
from bcsp_analysis.periods import Span

MONTHS = 36
QUARTER = 3
CITATION = (
    "Johnson, Lab and Bowers (2008), Built Environment 34, 32-45 (stable and fluid hot spots); Hong"
    " (2013), Computational Statistics and Data Analysis 59, 41-51 (Poisson-binomial distribution)"
)


@dataclass(frozen=True)
class Persistence:
    """Months and quarters that each area spent among the highest.

    Attributes
    ----------
    table : DataFrame
        Index ``area``: ``months`` and ``quarters`` (int64, in how many it was among the highest),
        ``p_value`` (chance of as many months or more if the highest were drawn at random each
        month), ``lasting`` (bool, in at least half of the months), ``run`` (int64, months without
        a break up to the last one).
    by_months : DataFrame
        Index ``months`` from 1 up to the number of months: ``areas`` (that were among the highest
        in at least as many), ``by_chance`` (how many would be expected at random).
    share : float
        Share of the areas that counts as highest.
    highest : int
        Areas that this share allows in a month; ties that do not fit leave places empty.
    months, quarters : int
    lasting_from : int
        Months from which an area counts as lasting.
    expected : float
        Months among the highest to be expected by chance, the same for every area.
    lasting_by_chance : float
        Areas expected to be lasting by chance.
    span : Span
    n : int
        Areas.
    method, citation : str
    """

    table: pd.DataFrame
    by_months: pd.DataFrame
    share: float
    highest: int
    months: int
    quarters: int
    lasting_from: int
    expected: float
    lasting_by_chance: float
    span: Span
    n: int
    method: str = (
        "among the highest share of areas in single months and quarters, ties at the border left"
        " out; chance: the same number of areas drawn at random every month (Poisson-binomial)"
    )
    citation: str = CITATION

    @property
    def lasting(self) -> tuple[str, ...]:
        """Lasting areas, most months first."""
        held = self.table[self.table["lasting"]]
        order = held.sort_values(["months", "quarters"], ascending=False, kind="stable")
        return tuple(str(area) for area in order.index)


def persistence(counts: pd.DataFrame, *, months: int = MONTHS, share: float = 0.1) -> Persistence:
    """Count the months and quarters in which each area was among the highest.

    An area is among the highest where no more areas than the share allows have as many incidents or
    more, and it has at least one: areas that tie for the last places are all left out, so that no
    lot decides.

    Parameters
    ----------
    counts : DataFrame
        Index ``area``, one column a month.
    months : int
        The last so many months, or all where there are fewer; whole quarters are counted back from
        the end.
    share : float
        Between 0 and 1; of the areas, rounded down, but one at least.

    Raises
    ------
    ModelError
        Unusable counts, fewer than three months, or a share out of range.
    """
    table = check_counts(counts, months=QUARTER, what_for="persistence").iloc[:, -months:]
    if not 0 < share < 1 or months < QUARTER:
        raise ModelError(
            "persistence with a setting out of range",
            found=f"share {share}, {months} months",
            expected="a share between 0 and 1, three months or more",
        )
    monthly = table.to_numpy("float64")
    areas, available = monthly.shape
    places = max(1, int(share * areas + 1e-9))
    quarters = available // QUARTER
    quarterly = monthly[:, -quarters * QUARTER :].reshape(areas, quarters, QUARTER).sum(axis=2)
    among = _among_highest(monthly, places)
    tail = _at_least(among.mean(axis=0))
    made = among.sum(axis=1)
    lasting_from = (available + 1) // 2
    result = pd.DataFrame(
        {
            "months": made.astype("int64"),
            "quarters": _among_highest(quarterly, places).sum(axis=1).astype("int64"),
            "p_value": tail[made],
            "lasting": made >= lasting_from,
            "run": np.cumprod(among[:, ::-1], axis=1).sum(axis=1).astype("int64"),
        },
        index=table.index,
    )
    steps = np.arange(1, available + 1)
    by_months = pd.DataFrame(
        {
            "areas": (made[:, None] >= steps).sum(axis=0).astype("int64"),
            "by_chance": areas * tail[1:],
        },
        index=pd.Index(steps, name="months"),
    )
    return Persistence(
        table=result,
        by_months=by_months,
        share=share,
        highest=places,
        months=available,
        quarters=quarters,
        lasting_from=lasting_from,
        expected=float(among.mean(axis=0).sum()),
        lasting_by_chance=float(areas * tail[lasting_from]),
        span=span_of(table),
        n=areas,
    )


def _among_highest(counts: np.ndarray, places: int) -> np.ndarray:
    """Whether each area is among the highest `places` of each column; border ties are not."""
    if places >= len(counts):
        return counts > 0
    border = -np.partition(-counts, places, axis=0)[places]
    return (counts > border) & (counts > 0)


def _at_least(chances: np.ndarray) -> np.ndarray:
    """Chance of at least 0, 1, ... successes in independent trials with these chances."""
    distribution = np.ones(1)
    for chance in chances:
        distribution = np.convolve(distribution, (1 - chance, chance))
    return np.minimum(1.0, distribution[::-1].cumsum()[::-1])
