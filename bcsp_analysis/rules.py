"""The thresholds of an edition: what its pages may say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bcsp_analysis import checked


@dataclass(frozen=True)
class Rules:
    """What a page of the edition may say.

    Parameters
    ----------
    materiality_pct : float
        Smallest change, in percent, that a verdict may call an increase or a decrease.
    small_count : int
        A count below it is too small for a verdict.
    suppress_below : int
        A count from 1 up to, not including, this one is not shown; 0 shows everything.
    alpha : float
        Rate of false alarms accepted over the whole family of measures.
    level : float
        Coverage of the intervals, such as 0.95.
    baseline_months : int
        First months of a phase that set the limits of a control chart, 12 or more.
    """

    materiality_pct: float
    small_count: int
    suppress_below: int
    alpha: float
    level: float
    baseline_months: int


def read(table: Mapping[str, Any], where: str) -> Rules:
    """The table ``[rules]`` of the edition file `where`.

    Raises
    ------
    EditionError
        A key that is unknown, missing, of the wrong type or out of range.
    """
    where = f"{where}, [rules]"
    keys = checked.keys(
        table,
        where,
        required={
            "materiality_pct": float,
            "small_count": int,
            "suppress_below": int,
            "alpha": float,
            "level": float,
            "baseline_months": int,
        },
    )
    for key in ("alpha", "level"):
        checked.in_range(0 < keys[key] < 1, keys[key], f"{where}, key {key}", "between 0 and 1")
    for key in ("materiality_pct", "small_count", "suppress_below"):
        low = 0 <= keys[key] < float("inf")
        checked.in_range(low, keys[key], f"{where}, key {key}", "0 or more")
    months = keys["baseline_months"]
    checked.in_range(months >= 12, months, f"{where}, key baseline_months", "12 or more")
    return Rules(
        materiality_pct=float(keys["materiality_pct"]),
        small_count=keys["small_count"],
        suppress_below=keys["suppress_below"],
        alpha=float(keys["alpha"]),
        level=float(keys["level"]),
        baseline_months=months,
    )
