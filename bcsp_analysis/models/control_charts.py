"""Control charts of a monthly series: is the latest month more than the usual ups and downs?

Counts are first made comparable: per month of mean length and, unless told otherwise, over the
usual season, or every summer would be a signal. Limits come from the first months of a phase, fixed
in advance, and a phase ends where the register says that recording changed. The chart says whether
a month is higher or lower than chance; whether that is better or worse is said apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import chart_rules, monthly
from bcsp_analysis.models.chart_limits import METHODS, Kind, Limits, limits, moving_range_sigma
from bcsp_analysis.models.chart_rules import Rule
from bcsp_analysis.models.monthly import MonthlyFit
from bcsp_analysis.periods import Month, Span

__all__ = [
    "ControlChart",
    "Kind",
    "Limits",
    "Rule",
    "Variation",
    "chart",
    "limits",
    "moving_range_sigma",
]

SHORTEST_BASELINE = 12
BASELINE = 24
SHORTEST_FOR_SEASON = 24
DRAWS = 2000
SEED = 2023
CITATION = (
    "Montgomery (2013), Introduction to Statistical Quality Control, 7th ed., chapters 6 and 7;"
    " Laney (2002), Quality Engineering 14, 531-537, doi 10.1081/QEN-120003555; rules:"
    " NHS England, Making Data Count"
)


class Variation(StrEnum):
    """What the chart says of the latest month."""

    COMMON = "within the usual ups and downs"
    HIGHER = "higher than the usual ups and downs"
    LOWER = "lower than the usual ups and downs"
    NO_LIMITS = "too few months since recording changed"


@dataclass(frozen=True)
class ControlChart:
    """A control chart.

    Attributes
    ----------
    name : str
    kind : Kind
    months : DataFrame
        Index: month. ``value``, ``centre``, ``low``, ``high``, ``near_low``, ``near_high``
        (incidents in a month of mean length, season taken out if `season` is given; limits missing
        in a phase without them), ``phase`` (1 up), ``baseline`` (the month sets the limits),
        ``excluded`` (shown, but neither sets limits nor is judged), ``rules`` (names of the rules
        that mark the month, joined by "; "), ``direction`` ("higher", "lower", "") and
        ``improvement`` ("better", "worse", "neither", "" without a signal).
    phases : DataFrame
        Index ``phase``: ``first``, ``last`` (ISO months), ``n``, ``baseline`` (months behind the
        limits, 0 without limits), ``centre``, ``spread``, ``signals`` (months marked).
    season : Series or None
        Usual season by calendar month, 1..12, geometric mean 1; None where it is left in.
    false_alarms : DataFrame
        What the rules do to a series in which nothing happens. Index ``independent`` and, where
        the history allows it, ``correlated`` (months as alike as these). ``any_signal``: chance of
        one or more marked months on the whole chart; ``months_marked``: share of months.
    autocorrelation : float or None
        Of one month's error with the next, trend and season taken out.
    fewer_is : str
        "better" or "neither".
    baseline : int
        Months asked for as baseline of a phase.
    screened : bool
        Moving ranges beyond 3.267 times their mean left out of the mean.
    breaks, excluded : tuple of Month
    n : int
        Months judged.
    period : Span
    method, citation : str
    """

    name: str
    kind: Kind
    months: pd.DataFrame
    phases: pd.DataFrame
    season: pd.Series | None
    false_alarms: pd.DataFrame
    autocorrelation: float | None
    fewer_is: str
    baseline: int
    screened: bool
    breaks: tuple[Month, ...]
    excluded: tuple[Month, ...]
    n: int
    period: Span
    method: str
    draws: int = DRAWS
    seed: int = SEED
    citation: str = CITATION

    @property
    def signals(self) -> pd.DataFrame:
        """The marked months."""
        return self.months[self.months["rules"] != ""]

    @property
    def latest(self) -> Variation:
        """What the chart says of the latest month that is not excluded."""
        last = self.months[~self.months["excluded"]].iloc[-1]
        if np.isnan(last["centre"]):
            return Variation.NO_LIMITS
        by_direction = {"higher": Variation.HIGHER, "lower": Variation.LOWER}
        return by_direction.get(str(last["direction"]), Variation.COMMON)

    def within(self, span: Span) -> pd.DataFrame:
        """The rows of `months` that lie in a span, such as a quarter."""
        return self.months[[monthly.month_of(stamp) in span for stamp in self.months.index]]


def chart(
    series: pd.Series,
    *,
    kind: Kind = Kind.LANEY,
    baseline: int = BASELINE,
    breaks: Iterable[Month] = (),
    exclude: Iterable[Month] = (),
    season: pd.Series | bool = True,
    fewer_is: str = "neither",
    screen: bool = False,
) -> ControlChart:
    """Chart a monthly series.

    Parameters
    ----------
    series : Series
        Incidents a month, complete "MS" DatetimeIndex.
    kind : Kind
    baseline : int
        First months of each phase that set its limits, 12 or more, fixed before looking. A phase
        with fewer months, but at least 12, takes them all; one with fewer than 12 has no limits.
    breaks : iterable of Month
        Recording changes; a phase begins with each that has months on both sides.
    exclude : iterable of Month
        Months with a known fault: drawn, but neither setting limits nor judged.
    season : Series or bool
        The usual season by calendar month (index 1..12, above zero), for example pooled over
        several areas; True: from this series, by a regression with trend and steps (24 months or
        more); False: left in. A season from the same months takes part of what is unusual in one
        of them for season, which makes signals fewer, not more.
    fewer_is : str
        "better" or "neither", `Measure.fewer_is`.
    screen : bool
        As in `moving_range_sigma`.

    Raises
    ------
    ModelError
        A baseline below 12 months, a series shorter than that, or a season that cannot be used or
        estimated.
    """
    question = "a control chart"
    if baseline < SHORTEST_BASELINE:
        raise ModelError(
            f"the baseline of {question} is too short to set limits",
            found=f"{baseline} months",
            expected=f"{SHORTEST_BASELINE} months or more",
        )
    if fewer_is not in ("better", "neither"):
        raise ModelError(
            "a direction that is neither", found=repr(fewer_is), expected="better or neither"
        )
    counts = monthly.check_series(series, at_least=SHORTEST_BASELINE, what_for=question)
    index = pd.DatetimeIndex(counts.index)
    steps = tuple(b for b in sorted(set(breaks)) if monthly.month_of(index[0]) < b)
    steps = tuple(b for b in steps if b <= monthly.month_of(index[-1]))
    left_out = tuple(sorted(set(exclude)))
    skipped = np.array([monthly.month_of(stamp) in left_out for stamp in index])
    if skipped.all():
        raise ModelError(f"{question} without a month to judge", found="every month excluded")
    usual, model = _season(counts, steps, left_out, season)
    exposure = monthly.days_in(index) / monthly.MEAN_MONTH_DAYS
    if usual is not None:
        exposure = exposure * usual.loc[np.asarray(index.month)].to_numpy()
    phase = 1 + sum(np.array([monthly.month_of(stamp) >= b for stamp in index]) for b in steps)
    phase = np.broadcast_to(phase, len(index))
    parts = [
        _phase(
            counts[phase == p], exposure[phase == p], skipped[phase == p], kind, baseline, screen
        )
        for p in range(1, len(steps) + 2)
    ]
    months = pd.concat([part.assign(phase=p) for p, part in enumerate(parts, start=1)])
    months["improvement"] = [_improvement(d, fewer_is) for d in months["direction"]]
    order = ["value", "centre", "low", "high", "near_low", "near_high", "phase", "baseline"]
    months = months[[*order, "excluded", "rules", "direction", "improvement", "spread"]]
    months.index = index.rename("month")
    return ControlChart(
        name=str(series.name or "the series"),
        kind=kind,
        months=months.drop(columns="spread"),
        phases=_phases(months),
        season=usual,
        false_alarms=_false_alarms(months, kind, model, screen),
        autocorrelation=None if model is None else model.autocorrelation,
        fewer_is=fewer_is,
        baseline=baseline,
        screened=screen,
        breaks=steps,
        excluded=left_out,
        n=int((~skipped).sum()),
        period=monthly.period_of(index),
        method=METHODS[kind] + ("; months over their usual season" if usual is not None else ""),
    )


def _season(
    counts: pd.Series,
    steps: tuple[Month, ...],
    left_out: tuple[Month, ...],
    season: pd.Series | bool,
) -> tuple[pd.Series | None, MonthlyFit | None]:
    """The season to take out, and the fitted series where it is long enough for one."""
    model = None
    if season is True or len(counts) >= SHORTEST_FOR_SEASON:
        question = "the season of a control chart"
        checked = monthly.check_series(counts, at_least=SHORTEST_FOR_SEASON, what_for=question)
        columns = monthly.design(checked.index, breaks=steps)
        try:
            model = monthly.fit(checked, columns, exclude=left_out, what_for=question)
        except ModelError:
            if season is True:
                raise
    if season is True and model is not None:
        effects = model.coefficients[model.named("month_")].to_numpy()
        effects = np.append(effects, -effects.sum())
        return pd.Series(np.exp(effects), index=range(1, 13), name="season"), model
    if season is False:
        return None, model
    given = pd.Series(season).astype("float64")
    months = set(given.index) == set(range(1, 13)) and len(given) == 12
    if not months or not (np.isfinite(given) & (given > 0)).all():
        raise ModelError(
            "a season that cannot be taken out",
            found=f"index {list(given.index)}",
            expected="one number above zero for each calendar month, index 1 to 12",
        )
    given = given.sort_index()
    return (given / np.exp(np.log(given).mean())).rename("season"), model


def _phase(
    counts: pd.Series,
    exposure: np.ndarray,
    skipped: np.ndarray,
    kind: Kind,
    baseline: int,
    screen: bool,
) -> pd.DataFrame:
    """The rows of one phase."""
    rows = pd.DataFrame(
        {"value": counts.to_numpy() / exposure, "excluded": skipped}, index=counts.index
    )
    lines = ["centre", "low", "high", "near_low", "near_high", "spread"]
    rows[lines] = np.nan
    rows["baseline"], rows["rules"], rows["direction"] = False, "", ""
    judged = ~skipped
    if judged.sum() < SHORTEST_BASELINE:
        return rows
    base = judged & (np.cumsum(judged) <= baseline)
    found = limits(kind, counts.to_numpy(), exposure, base=base, screen=screen)
    rows["baseline"], rows["centre"], rows["spread"] = base, found.centre, found.spread
    for distance, low, high in ((3, "low", "high"), (2, "near_low", "near_high")):
        rows[low] = np.maximum(found.centre - distance * found.sigma, 0.0)
        rows[high] = found.centre + distance * found.sigma
    values = rows["value"].to_numpy()[judged]
    marks = chart_rules.judge(values, found.centre, found.sigma[judged], floor=0.0)
    names = ["; ".join(rule for rule in Rule if marks[rule][i]) for i in range(len(values))]
    rows.loc[judged, "rules"] = names
    words = {1: "higher", -1: "lower", 0: ""}
    rows.loc[judged, "direction"] = [words[int(d)] for d in chart_rules.directions(marks)]
    return rows


def _improvement(direction: str, fewer_is: str) -> str:
    if not direction or fewer_is == "neither":
        return "neither" if direction else ""
    return "better" if direction == "lower" else "worse"


def _phases(months: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {
            "phase": phase,
            "first": f"{part.index[0]:%Y-%m}",
            "last": f"{part.index[-1]:%Y-%m}",
            "n": int((~part["excluded"]).sum()),
            "baseline": int(part["baseline"].sum()),
            "centre": part["centre"].iloc[0],
            "spread": part["spread"].iloc[0],
            "signals": int((part["rules"] != "").sum()),
        }
        for phase, part in months.groupby("phase")
    ]
    return pd.DataFrame(rows).set_index("phase")


def _false_alarms(
    months: pd.DataFrame, kind: Kind, model: MonthlyFit | None, screen: bool
) -> pd.DataFrame:
    """The rules on simulated charts with these phases, on which nothing happens."""
    dispersion = 1.0 if model is None else max(1.0, model.dispersion)
    settings = {"independent": 0.0}
    if model is not None:
        settings["correlated"] = model.autocorrelation
    rows = {}
    for name, correlation in settings.items():
        random = np.random.default_rng(SEED)
        marked = []
        for _, part in months[~months["excluded"]].groupby("phase"):
            base = int(part["baseline"].sum())
            if base:
                z = _correlated(random, len(part), correlation) * np.sqrt(dispersion)
                marked.append(_marked(z, kind, base, screen))
        shares = np.concatenate(marked, axis=-1) if marked else np.zeros((DRAWS, 1), bool)
        rows[name] = {
            "any_signal": float(shares.any(axis=-1).mean()),
            "months_marked": float(shares.mean()),
        }
    return pd.DataFrame(rows).T.rename_axis("errors")


def _correlated(random: np.random.Generator, length: int, correlation: float) -> np.ndarray:
    """Standard normal series whose correlation fades by a factor a month, shape (DRAWS, length)."""
    series = random.normal(size=(DRAWS, length))
    for t in range(1, length):
        fresh = np.sqrt(1 - correlation**2) * series[:, t]
        series[:, t] = correlation * series[:, t - 1] + fresh
    return series


def _marked(z: np.ndarray, kind: Kind, base: int, screen: bool) -> np.ndarray:
    centre = z[:, :base].mean(axis=-1, keepdims=True)
    sigma = np.ones_like(centre)
    if kind in (Kind.INDIVIDUALS, Kind.LANEY):
        sigma = moving_range_sigma(z[:, :base], screen=screen)[:, None]
    return chart_rules.directions(chart_rules.judge(z, centre, sigma)) != 0
