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
from bcsp_analysis.models import chart_chance, chart_rules, chart_season, monthly
from bcsp_analysis.models.chart_limits import METHODS, Kind, Limits, limits, moving_range_sigma
from bcsp_analysis.models.chart_rules import Rule
from bcsp_analysis.models.chart_season import SeasonFrom
from bcsp_analysis.periods import Month, Span

__all__ = [
    "ControlChart",
    "Kind",
    "Limits",
    "Rule",
    "SeasonFrom",
    "Variation",
    "chart",
    "limits",
    "moving_range_sigma",
]

SHORTEST_BASELINE = 12
BASELINE = 24
_STRETCH = (
    *("first", "last", "n", "phase", "direction", "improvement"),
    *("rules", "outside", "baseline", "level_pct"),
)
CITATION = (
    "Montgomery (2013), Introduction to Statistical Quality Control, 7th ed., chapters 6 and 7;"
    " Laney (2002), Quality Engineering 14, 531-537, doi 10.1081/QEN-120003555; rules:"
    " NHS England, Making Data Count"
)


class Variation(StrEnum):
    """What the chart says of one month.

    A month beyond a limit is unusual by itself. One that only belongs to a pattern of several
    months (`PATTERN_HIGHER`, `PATTERN_LOWER`) lies within the limits: the months together are
    unusual, not this one.
    """

    COMMON = "within the usual ups and downs"
    HIGHER = "higher than the usual ups and downs"
    LOWER = "lower than the usual ups and downs"
    PATTERN_HIGHER = "within the limits, but part of a pattern towards more"
    PATTERN_LOWER = "within the limits, but part of a pattern towards fewer"
    NO_LIMITS = "too few months recorded in the same way"
    EXCLUDED = "known to be wrong, not judged"


@dataclass(frozen=True)
class ControlChart:
    """A control chart.

    Attributes
    ----------
    name : str
    kind : Kind
    months : DataFrame
        Index: month. ``count`` (incidents as recorded); ``value``, ``centre``, ``low``, ``high``,
        ``near_low``, ``near_high`` (incidents in a month of mean length, season taken out if
        `season` is given; limits missing in a phase without them); ``phase`` (1 up), ``baseline``
        (the month sets the limits),
        ``excluded`` (shown, but neither sets limits nor is judged), ``rules`` (names of the rules
        that mark the month, joined by "; "), ``direction`` ("higher", "lower", "") and
        ``improvement`` ("better", "worse", "neither", "" without a signal).
    phases : DataFrame
        Index ``phase``: ``first``, ``last`` (ISO months), ``n``, ``baseline`` (months behind the
        limits, 0 without limits), ``centre``, ``spread``, ``signals`` (months marked),
        ``baseline_signals`` (those among them that set the limits: where there are any, the usual
        level was not a steady one).
    season : Series or None
        Usual season by calendar month, 1..12, geometric mean 1; None where it is left in.
    season_from : SeasonFrom
    false_alarms, rule_alarms : DataFrame
        What the rules do to charts on which nothing happens: `chart_chance.Chance.charts` and
        `chart_chance.Chance.rules`.
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
    season_from: SeasonFrom
    false_alarms: pd.DataFrame
    as_many_more_alike: float | None
    rule_alarms: pd.DataFrame
    autocorrelation: float | None
    fewer_is: str
    baseline: int
    screened: bool
    breaks: tuple[Month, ...]
    excluded: tuple[Month, ...]
    n: int
    period: Span
    method: str
    draws: int = chart_chance.DRAWS
    seed: int = chart_chance.SEED
    citation: str = CITATION

    @property
    def signals(self) -> pd.DataFrame:
        """The marked months."""
        return self.months[self.months["rules"] != ""]

    @property
    def stretches(self) -> pd.DataFrame:
        """Marked months that follow each other in one phase and direction, a row for each run.

        ``first``, ``last`` (ISO months), ``n`` (marked months), ``phase``, ``direction``,
        ``improvement``, ``rules`` (every rule that marks one of them), ``outside`` (months beyond
        a limit), ``baseline`` (months that set the limits), ``level_pct`` (their total against the
        usual level, per cent).
        """
        judged = self.months[~self.months["excluded"]]
        change = judged[["phase", "direction"]].ne(judged[["phase", "direction"]].shift())
        runs = [part for _, part in judged.groupby(change.any(axis=1).cumsum())]
        rows = [_stretch(part) for part in runs if part["direction"].iloc[0]]
        return pd.DataFrame(rows, columns=_STRETCH)

    @property
    def latest_month(self) -> Month:
        """The latest month that is not excluded."""
        return monthly.month_of(self.months.index[~self.months["excluded"]][-1])

    @property
    def latest_with_limits(self) -> Month | None:
        """The latest month that is judged against limits; None where no phase has any."""
        judged = self.months.index[~self.months["excluded"] & self.months["centre"].notna()]
        return monthly.month_of(judged[-1]) if len(judged) else None

    @property
    def latest(self) -> Variation:
        """What the chart says of the latest month that is not excluded."""
        return self.variation(self.latest_month)

    def variation(self, month: Month) -> Variation:
        """What the chart says of one of its months; KeyError where it has no such month."""
        row = self.months.loc[pd.Timestamp(month.start)]
        if row["excluded"]:
            return Variation.EXCLUDED
        if np.isnan(row["centre"]):
            return Variation.NO_LIMITS
        if not row["direction"]:
            return Variation.COMMON
        higher = row["direction"] == "higher"
        if Rule.OUTSIDE in row["rules"].split("; "):
            return Variation.HIGHER if higher else Variation.LOWER
        return Variation.PATTERN_HIGHER if higher else Variation.PATTERN_LOWER

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
        month for season: that month stands out less, the same calendar month of other years lies
        on the other side, and the limits, which see less chance than there is, are too narrow.
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
    usual, model, source = chart_season.usual(counts, steps, left_out, season)
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
    months["count"] = counts.to_numpy()
    lines = ["value", "centre", "low", "high", "near_low", "near_high"]
    judged = ["phase", "baseline", "excluded", "rules", "direction", "improvement"]
    months = months[["count", *lines, *judged, "spread"]]
    months.index = index.rename("month")
    phases = _phases(months)
    limited = phases.loc[phases["baseline"] > 0, ["n", "baseline"]]
    chance = chart_chance.of_nothing(
        list(limited.itertuples(index=False, name=None)),
        kind,
        seen=int((months["rules"] != "").sum()),
        fit=model,
        screen=screen,
    )
    return ControlChart(
        name=str(series.name or "the series"),
        kind=kind,
        months=months.drop(columns="spread"),
        phases=phases,
        season=usual,
        season_from=source,
        false_alarms=chance.charts,
        as_many_more_alike=chance.as_many_more_alike,
        rule_alarms=chance.rules,
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
            "baseline_signals": int(((part["rules"] != "") & part["baseline"]).sum()),
        }
        for phase, part in months.groupby("phase")
    ]
    return pd.DataFrame(rows).set_index("phase")


def _stretch(part: pd.DataFrame) -> dict[str, object]:
    """One run of marked months."""
    named = {rule for names in part["rules"] for rule in names.split("; ")}
    return {
        "first": f"{part.index[0]:%Y-%m}",
        "last": f"{part.index[-1]:%Y-%m}",
        "n": len(part),
        "phase": int(part["phase"].iloc[0]),
        "direction": part["direction"].iloc[0],
        "improvement": part["improvement"].iloc[0],
        "rules": "; ".join(rule for rule in Rule if rule in named),
        "outside": sum(Rule.OUTSIDE in names.split("; ") for names in part["rules"]),
        "baseline": int(part["baseline"].sum()),
        "level_pct": 100 * float(part["value"].sum() / part["centre"].sum() - 1),
    }
