"""Every other 95% range that a page prints: how often it holds the truth.

One experiment each for what is read off a single monthly history (season, steps, what is left of a
change, the rate among similar areas), for the season pooled with other forces, for one year's step
against another's, and for the size of a dated shock.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from bcsp_analysis.measures.benchmark_rules import Benchmark
from bcsp_analysis.models import comparison, dispersion, pooling, quarterly, seasonality
from bcsp_analysis.models import shocks as interrupted_series
from bcsp_analysis.models.monthly import month_of, period_of
from bcsp_analysis.models.seasonality import SeasonalityResult
from bcsp_analysis.periods import Month, Span
from benchmarks.calibration import change, living, partnership, shock, truth
from benchmarks.calibration.outcomes import Key, Outcome, Setting

CHECK = "range-interval"
PHIS = (1.0, 10.0, 40.0)
AUTOCORRELATIONS = (0.0, 0.3, 0.6)
UNLIKE_PCT = (2.0, 8.0)
EFFECT_PCT = 20.0
LEVEL, YEARS, AMPLITUDE_PCT, TREND_PCT, STEP = 1000.0, 3, 15.0, 10.0, 0.15
FORCES, YEARS_ELSEWHERE = 3, 5
RESIDENTS, GROUP_RATE = 1_000_000.0, 10.0
STATEMENT = seasonality.APRIL_TO_AUGUST
RUNS = 150


def settings() -> list[Setting]:
    """All levels of variation; forces that are alike and that are not; two kinds of series."""
    levels = [(phi, rho) for phi in PHIS for rho in AUTOCORRELATIONS]
    found = [Setting(f"season phi={p:g} rho={r:g}", partial(season, p, r), RUNS) for p, r in levels]
    found += [Setting(f"steps phi={p:g} rho={r:g}", partial(steps, p, r), RUNS) for p, r in levels]
    found += [Setting(f"pooled {u:g}", partial(pooled, u), RUNS) for u in UNLIKE_PCT]
    return found + [Setting(f"shock {kind}", partial(shocks, kind), RUNS) for kind in shock.KINDS]


def season(phi: float, rho: float, random: np.random.Generator) -> Outcome:
    """One history with trend, season and a recording change: all that is read off it."""
    index = truth.months("2020-08", 12 * YEARS)
    wave = truth.wave(AMPLITUDE_PCT, random.uniform(1, 13))
    step, ratio = index[int(random.integers(9, 27))], random.uniform(1 - STEP, 1 + STEP)
    means = truth.expected(
        index,
        LEVEL,
        trend_pct=random.uniform(-TREND_PCT, TREND_PCT),
        season=wave,
        steps={f"{step:%Y-%m}": ratio},
    )
    counts = truth.series(index, truth.counts(random, means, phi, rho), "simulated")
    found = seasonality.analyse(counts, breaks=[month_of(step)], months=STATEMENT)
    inside = {
        "size of a step at a recording change": _within(ratio, *_first(found.steps)),
        "months that may be the highest": (wave.argmax() + 1 in found.peak.candidates, 1),
        **_statement(found, means, wave, phi),
        **_change(found, counts, means, wave, (month_of(step),)),
        **_similar_areas(counts, means, (month_of(step),)),
    }
    base = Key("", "", "", phi=phi, autocorrelation=rho, years=YEARS)
    return {base.of(CHECK, "published", name): held for name, held in inside.items()}


def _first(sizes: pd.DataFrame) -> tuple[float, float]:
    return float(sizes["low"].iloc[0]), float(sizes["high"].iloc[0])


def _within(value: float, low: float, high: float) -> tuple[bool, int]:
    return bool(low <= value <= high), 1


def _statement(
    found: SeasonalityResult, means: np.ndarray, wave: np.ndarray, phi: float
) -> dict[str, tuple[bool, int]]:
    """April to August: their rate on the other months, and the chance of a single month."""
    from scipy import stats

    said = [month - 1 for month in STATEMENT]
    others = [place for place in range(12) if place not in said]
    contrast = float(np.exp(wave[said].mean() - wave[others].mean()))
    calendar = np.asarray(pd.DatetimeIndex(found.per_day.index).month) - 1
    last = np.arange(len(means)) >= len(means) - 12
    chances = []
    for place in said:
        mean = float(means[last & (calendar == place)][0])
        usual = mean / np.exp(wave[place])
        over = max(phi - 1, 1e-9)
        above = stats.nbinom(mean / over, 1 / (1 + over)) if phi > 1 else stats.poisson(mean)
        chances.append(float(above.sf(np.floor(usual))))
    scored = found.statement
    return {
        "April to August against the other months": _within(contrast, scored.low, scored.high),
        "chance of a single month from April to August": _within(
            float(np.mean(chances)), scored.probability_low, scored.probability_high
        ),
    }


def _change(
    found: SeasonalityResult,
    counts: pd.Series,
    means: np.ndarray,
    wave: np.ndarray,
    breaks: tuple[Month, ...],
) -> dict[str, tuple[bool, int]]:
    """The last quarter on the one before: the season's part, and what is left."""
    parts = [np.arange(len(means) - 6, len(means) - 3), np.arange(len(means) - 3, len(means))]
    spans = [Span(month_of(counts.index[p[0]]), month_of(counts.index[p[-1]])) for p in parts]
    days = np.asarray(pd.DatetimeIndex(counts.index).days_in_month, float)
    calendar = np.asarray(pd.DatetimeIndex(counts.index).month) - 1
    usual = [float(days[p] @ np.exp(wave[calendar[p]]) / days[p].sum()) for p in parts]
    rates = [float(means[p].sum() / days[p].sum()) for p in parts]
    varies = dispersion.overdispersion(counts, months=3, breaks=breaks)
    totals = (float(counts.iloc[parts[0]].sum()), float(counts.iloc[parts[1]].sum()))
    taken = seasonality.decompose(found, spans[0], spans[1], totals, dispersion=varies)
    by_season = usual[1] / usual[0]
    left = rates[1] / rates[0] / by_season
    return {
        "the season's part of a change": _within(by_season, taken.season_low, taken.season_high),
        "what is left when the season is taken off": _within(
            left, taken.remainder_low, taken.remainder_high
        ),
    }


def _similar_areas(
    counts: pd.Series, means: np.ndarray, breaks: tuple[Month, ...]
) -> dict[str, tuple[bool, int]]:
    """The rate of the last twelve months on a group's mean."""
    year = period_of(pd.DatetimeIndex(counts.index[-12:]))
    benchmark = Benchmark(year, group_size=15, force_size=7, residents=RESIDENTS, households=0.0)
    catalogue, _, _ = partnership.fixed()
    held = comparison.against_mean(
        catalogue["robbery-personal"],
        area_rate=comparison.PER * float(counts.iloc[-12:].sum()) / RESIDENTS,
        group_rate=GROUP_RATE,
        rank=None,
        force_rank=None,
        benchmark=benchmark,
        dispersion=dispersion.overdispersion(counts, months=12, breaks=breaks),
    )
    true = comparison.PER * float(means[-12:].sum()) / RESIDENTS / GROUP_RATE
    return {"rate on the mean of similar areas": _within(true, held.low, held.high)}


def steps(phi: float, rho: float, random: np.random.Generator) -> Outcome:
    """One year's step from the first to the second quarter on the year before's, none being due.

    Where nothing changes, trend apart, the season of both years is the same and the ratio is 1.
    """
    made = partnership.simulate(random, phi=phi, rho=rho, borrowed="share")
    catalogue, register, _ = partnership.fixed()
    judged = quarterly.assess(
        made.table,
        catalogue,
        register,
        made.monthly,
        alpha=change.ALPHA,
        materiality_pct=change.MATERIALITY_PCT,
        small_count=change.SMALL_COUNT,
    )
    base = Key("", "", "", phi=phi, autocorrelation=rho)
    outcome: dict[Key, tuple[float, int]] = {}
    for group, own in (("own history", True), ("borrowed", False)):
        names = [name for name in made.judged if (name in made.own) == own]
        ratios = [judged.ratio_of_ratios(catalogue[name]) for name in names]
        held = [r.low <= 1 <= r.high for r in ratios if r is not None]
        subject = f"one year's step on another's, {group}"
        outcome[base.of(CHECK, "published", subject)] = (sum(held), len(held))
    return outcome


def pooled(unlike_pct: float, random: np.random.Generator) -> Outcome:
    """Month indices drawn towards those of other forces that are so far apart."""
    common = truth.wave(AMPLITUDE_PCT, random.uniform(1, 13))
    waves = [_apart(random, common, unlike_pct) for _ in range(FORCES + 1)]
    own = _history(random, "2020-08", YEARS, LEVEL, waves[0])
    others: Mapping[str, pd.DataFrame] = {
        f"force {number}": pd.DataFrame(
            {
                "incidents": _history(random, "2018-08", YEARS_ELSEWHERE, 2 * LEVEL, wave),
                "release_run": 1,
            }
        )
        for number, wave in enumerate(waves[1:], start=1)
    }
    found = pooling.pool(seasonality.analyse(own), others, exclude=())
    true = np.exp(waves[0])
    held = (found.indices["pooled_low"] <= true) & (true <= found.indices["pooled_high"])
    base = Key("", "", "", phi=living.PHI, autocorrelation=0.3, years=YEARS, size_pct=unlike_pct)
    key = base.of(CHECK, "published", "month's index pooled with other forces")
    return {key: (int(held.sum()), 12)}


def _apart(random: np.random.Generator, common: np.ndarray, unlike_pct: float) -> np.ndarray:
    """A season that lies about so many per cent off the common one, month by month."""
    off = random.normal(scale=np.log1p(unlike_pct / 100), size=12)
    return common + off - off.mean()


def _history(
    random: np.random.Generator, first: str, years: int, level: float, wave: np.ndarray
) -> pd.Series:
    index = truth.months(first, 12 * years)
    trend = random.uniform(-TREND_PCT, TREND_PCT) / 2
    means = truth.expected(index, level, trend_pct=trend, season=wave)
    return truth.series(index, truth.counts(random, means, living.PHI, 0.3), "simulated")


def shocks(kind: str, random: np.random.Generator) -> Outcome:
    """The size of a step of the level at a dated shock."""
    index = truth.months(living.FIRST, living.MONTHS)
    tested = shock.register()[min(shock.TESTED, len(shock.register())) - 1]
    after = np.asarray(index >= pd.Timestamp(tested.month.start))
    name = shock.SUBJECTS[0]
    histories = living.simulate(random, kind, {name: np.log1p(EFFECT_PCT / 100) * after})
    found = interrupted_series.interrupted(
        histories[name], tested.month, breaks=living.steps()[name], elsewhere=False
    )
    base = Key("", "", "", size_pct=EFFECT_PCT)
    key = base.of(CHECK, "published", f"size of a dated shock, {living.COUNTS[kind]}")
    return {key: _within(EFFECT_PCT, found.level.low_pct, found.level.high_pct)}
