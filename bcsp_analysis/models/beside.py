"""What stands beside the answer on the cost of living: dated shocks, and what others published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from bcsp_analysis.models import multiplicity, shocks
from bcsp_analysis.models.shocks import CAUTION, InterruptedResult
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import published_effects
from bcsp_analysis.sources.published_effects import PublishedEffect
from bcsp_analysis.sources.shocks import Shock

Interrupt = Callable[[str, Month, bool, float], InterruptedResult]
"""Interrupts a series, by name, at a month; with the other months where the third says so; the last
is the level for the smallest change that could have been seen."""


def shock_table(
    series: str,
    subjects: Iterable[str],
    control: str,
    register: Iterable[Shock],
    interrupt: Interrupt,
    *,
    alpha: float,
) -> pd.DataFrame | None:
    """Dated shocks held against one series; None where the register names none that it covers.

    Parameters
    ----------
    series, control : str
        The series that the table is about, and the one that should not change.
    subjects : iterable of str
        All series that are tested: with every shock they are the family that is corrected for.
    register : iterable of Shock
        Those that can be tested on `series`.

    Returns
    -------
    DataFrame
        See `AssociationResult.shocks`.
    """
    dated = list(register)
    if not dated:
        return None
    names = sorted({*subjects, series})
    each = CAUTION * alpha / (len(names) * len(dated))
    own = {shock.id: interrupt(series, shock.month, True, each) for shock in dated}
    family = {(series, name): result.joint_p for name, result in own.items()}
    for other in names:
        for shock in dated:
            if other != series:
                family[other, shock.id] = interrupt(other, shock.month, False, each).joint_p
    adjusted = {
        name: min(1.0, p / CAUTION) for name, p in multiplicity.holm_by_name(family).items()
    }
    rows = {
        shock.id: _row(shock, own[shock.id], adjusted[series, shock.id], control, interrupt, alpha)
        for shock in dated
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("shock")


def _row(
    shock: Shock,
    result: InterruptedResult,
    adjusted: float,
    control: str,
    interrupt: Interrupt,
    alpha: float,
) -> dict[str, object]:
    other = interrupt(control, shock.month, False, alpha)
    row: dict[str, object] = {
        "title": shock.title,
        "month": shock.month,
        "sign": shock.sign,
        "answer": shocks.judge(result, adjusted, sign=shock.sign, control=other, alpha=alpha),
        "before": result.before,
        "after": result.after,
        "n": result.n,
    }
    for name, change in (("level", result.level), ("slope", result.slope), ("mean", result.mean)):
        if change is not None:
            row[f"{name}_pct"] = change.pct
            row[f"{name}_low_pct"] = change.low_pct
            row[f"{name}_high_pct"] = change.high_pct
    return row | {
        "joint_p": result.joint_p,
        "p_adjusted": adjusted,
        "plain_joint_p": result.plain_joint_p,
        "other_months": result.other_months,
        "as_large": result.as_large,
        "detectable_pct": result.detectable_pct,
        "control": control,
        "control_mean_pct": other.mean.pct,
        "control_p": other.joint_p,
    }


def published_table(
    effects: Sequence[PublishedEffect],
    series: str,
    *,
    smallest_price: float,
    dated: pd.DataFrame | None,
) -> pd.DataFrame | None:
    """Published effects with the smallest effect that could have been seen here.

    Parameters
    ----------
    smallest_price : float
        Smallest detectable effect of one standard deviation of a price, per cent.
    dated : DataFrame or None
        As `shock_table` returns it.
    """
    if not effects:
        return None
    table = published_effects.table(effects, series)
    step = np.nan if dated is None else float(dated["detectable_pct"].min())
    seen = {"price": smallest_price, "step": step, "no": np.nan}
    table["smallest_detectable_pct"] = table["comparable"].map(seen).astype("float64")
    return table
