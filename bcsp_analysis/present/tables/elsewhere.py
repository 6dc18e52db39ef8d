"""Tables of the season elsewhere: the answer alone and with other forces, and their months."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from bcsp_analysis.markup import escape
from bcsp_analysis.models.pooling import PooledSeason
from bcsp_analysis.models.season_model import Peak
from bcsp_analysis.models.season_statement import StatementResult
from bcsp_analysis.models.seasonality import SeasonalityResult
from bcsp_analysis.periods import month_label
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.elsewhere import pooled_usable
from bcsp_analysis.present.text.numbers import (
    listing,
    number,
    p_value,
    percent,
    probability,
    signed_percent,
)
from bcsp_analysis.present.text.season import month_names, months_or

NOT_HELD = "No figures of other forces are at hand."
_NOT_ASKED = "not asked"


def alone_and_pooled(
    result: SeasonalityResult,
    pooled: PooledSeason | None,
    *,
    confirmed: PooledSeason | None = None,
    label: str,
) -> str:
    """The answer alone and with the other forces, as used and in two other readings.

    Parameters
    ----------
    confirmed : PooledSeason, optional
        With confirmed recording changes alone as steps in the area's own series.
    """
    if pooled is None:
        return NOT_HELD
    readings = {
        "With the others": pooled,
        "The same, confirmed recording changes alone": confirmed,
        "The same, every month of the others": pooled.sensitivity,
    }
    headings = [heading for heading, run in readings.items() if run is not None]
    runs = [run for run in readings.values() if run is not None]
    columns = [
        Column("What", share=4),
        Column("Alone", share=4),
        *(Column(heading, share=4) for heading in headings),
    ]
    own = result.statement
    rows = [
        [f"{month_names(own.months)} against the other months", *_each(result, runs, _contrast)],
        ["Single month above its trend", *_each(result, runs, _likelihood)],
        ["“Highly likely”", *_each(result, runs, lambda s: escape(s.verdict.value))],
        ["Highest month", *_peaks(result, runs, lambda p: (p.month, p.probability, p.candidates))],
        [
            "Lowest month",
            *_peaks(result, runs, lambda p: (p.trough, p.trough_probability, p.trough_candidates)),
        ],
        ["Weight of its own figures", "all", *(percent(100 * _weight(run)) for run in runs)],
        [
            f"How alike the areas are, {number(0)} to {number(1)}",
            _NOT_ASKED,
            *(_alike(run) for run in runs),
        ],
        ["p-value: they share no season", _NOT_ASKED, *(p_value(run.mean_p) for run in runs)],
        [
            "p-value: the area belongs with them",
            _NOT_ASKED,
            *(p_value(run.own_apart_p) for run in runs),
        ],
    ]
    caption = (
        f"{result.name}: the answer alone, {result.period.label}, and with "
        f"{number(pooled.n_forces - 1)} other forces ({listing(pooled.forces)})."
    )
    if not pooled_usable(result, pooled):
        caption += " The answer with them is printed for the record and not used."
    return pipe(columns, rows, caption=caption, label=label)


def _each(
    result: SeasonalityResult, runs: list[PooledSeason], cell: Callable[[StatementResult], str]
) -> list[str]:
    return [cell(result.statement), *(cell(run.statement) for run in runs)]


def _peaks(
    result: SeasonalityResult,
    runs: list[PooledSeason],
    parts: Callable[[Peak], tuple[int, float, tuple[int, ...]]],
) -> list[str]:
    return [_month(*parts(result.peak)), *(_month(*parts(run.peak)) for run in runs)]


def _contrast(scored: StatementResult) -> str:
    at, low, high = (
        signed_percent(100 * (value - 1), 0) for value in (scored.ratio, scored.low, scored.high)
    )
    return f"{at} ({low} to {high})"


def _likelihood(scored: StatementResult) -> str:
    at, low, high = (
        probability(value)
        for value in (scored.probability, scored.probability_low, scored.probability_high)
    )
    return f"{at} ({low} to {high})"


def _month(month: int, chance: float, candidates: tuple[int, ...]) -> str:
    name = f"{calendar.month_name[month]}, {probability(chance)}"
    if len(candidates) == 1:
        return name
    return f"{name} ({months_or(candidates)})"


def _weight(pooled: PooledSeason) -> float:
    return float(pooled.indices["weight"].mean())


def _alike(pooled: PooledSeason) -> str:
    at, low, high = (
        number(value, 2) for value in (pooled.alike, pooled.alike_low, pooled.alike_high)
    )
    return f"{at} ({low} to {high})"


def profiles(
    result: SeasonalityResult, pooled: PooledSeason | None, *, label: str, area: str
) -> str:
    """Month indices of the area, of each force, and of the area drawn towards them."""
    if pooled is None:
        return NOT_HELD
    usable = pooled_usable(result, pooled)
    columns = [
        Column("Month", share=3),
        Column(escape(f"{area} alone"), figures=True, share=3),
        *([Column("With the others", figures=True, share=5)] if usable else []),
        *(Column(escape(force), figures=True, share=3) for force in pooled.forces),
    ]
    rows = [
        [
            calendar.month_name[int(str(month))],
            number(100 * row["own"]),
            *([_drawn(row)] if usable else []),
            *(
                number(100 * float(pooled.profiles[force][int(str(month))]))
                for force in pooled.forces
            ),
        ]
        for month, row in pooled.indices.iterrows()
    ]
    caption = f"{result.name}: incidents per day by month in each area, average month = 100."
    return pipe(columns, rows, caption=caption, label=label)


def _drawn(row: pd.Series) -> str:
    low, high = number(100 * row["pooled_low"]), number(100 * row["pooled_high"])
    return f"{number(100 * row['pooled'])} ({low} to {high})"


def likeness(result: SeasonalityResult, pooled: PooledSeason | None, *, label: str) -> str:
    """How far the area's own month effects go with those of each other force."""
    if pooled is None:
        return NOT_HELD
    columns = [
        Column("Force", share=4),
        Column("Correlation with the area", figures=True, share=3),
        Column("Likely range", figures=True, share=3),
    ]
    rows = [
        [
            escape(str(force)),
            number(row["correlation"], 2),
            f"{number(row['low'], 2)} to {number(row['high'], 2)}",
        ]
        for force, row in pooled.correlations.iterrows()
    ]
    caption = (
        f"{result.name}: correlation of estimated month effects, twelve months; chance in either "
        "lowers it."
    )
    return pipe(columns, rows, caption=caption, label=label)


def months_held(
    pooled: PooledSeason | None, histories: Mapping[str, pd.DataFrame], *, label: str
) -> str:
    """Which months of each other force are held, and how many of them were used.

    Parameters
    ----------
    histories : mapping of force to DataFrame
        As `sources.elsewhere.histories` returns it.
    """
    if pooled is None:
        return NOT_HELD
    columns = [
        Column("Force", share=3),
        Column("Months held, in runs", share=6),
        Column("Held", figures=True),
        Column("Used", figures=True),
    ]
    rows = [
        [
            escape(force),
            "; ".join(_runs(histories[force])),
            number(len(histories[force])),
            number(int(pooled.months_used[force])),
        ]
        for force in pooled.forces
    ]
    caption = f"{pooled.name}: months of other forces; each run comes from a release of its own."
    return pipe(columns, rows, caption=caption, label=label)


def _runs(history: pd.DataFrame) -> list[str]:
    """Stretches of months without a gap, from one release each."""
    index = pd.DatetimeIndex(history.index)
    position = np.asarray(index.year * 12 + index.month)
    new = (np.diff(position) != 1) | (np.diff(history["release_run"].to_numpy()) != 0)
    stretches = np.split(np.arange(len(index)), np.flatnonzero(new) + 1)
    return [
        month_label(index[part[0]])
        if len(part) == 1
        else f"{month_label(index[part[0]])} to {month_label(index[part[-1]])}"
        for part in stretches
    ]
