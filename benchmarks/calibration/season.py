"""Season: false alarms of the presence rule, its power, and coverage of the monthly indices."""

from __future__ import annotations

from functools import partial

import numpy as np

from bcsp_analysis.models import season_tests
from bcsp_analysis.models.monthly import month_of
from bcsp_analysis.models.season_model import SeasonModel
from bcsp_analysis.models.season_tests import Presence
from benchmarks.calibration import truth
from benchmarks.calibration.outcomes import Key, Outcome, Setting, with_pooled

LEVEL = 1000.0
YEARS = (3, 5, 8)
PHIS = (1.0, 10.0, 40.0)
AUTOCORRELATIONS = (0.0, 0.3, 0.6)
AMPLITUDES = (5.0, 10.0, 15.0, 20.0, 30.0)
TREND_PCT, STEP = 10.0, 0.15
RUNS_NONE, RUNS_SEASON = 200, 200
# Where the amplitude counts, the variation is that of the middle.
PHI, AUTOCORRELATION = 10.0, 0.3


def settings() -> list[Setting]:
    """No season over all levels of variation, then seasons of growing size."""
    found = [
        Setting(f"none years={y} phi={p:g} rho={r:g}", partial(run, y, p, r, 0.0), RUNS_NONE)
        for y in YEARS
        for p in PHIS
        for r in AUTOCORRELATIONS
    ]
    found += [
        Setting(f"years={y} amplitude={a:g}", partial(run, y, PHI, AUTOCORRELATION, a), RUNS_SEASON)
        for y in YEARS
        for a in AMPLITUDES
    ]
    return found


def run(
    years: int, phi: float, rho: float, amplitude_pct: float, random: np.random.Generator
) -> Outcome:
    """One series with trend and a recording change: is a season seen, do the indices hold."""

    index = truth.months("2015-04", 12 * years)
    step = index[int(random.integers(6, len(index) - 6))]
    season = truth.wave(amplitude_pct, random.uniform(1, 13))
    means = truth.expected(
        index,
        LEVEL,
        trend_pct=random.uniform(-TREND_PCT, TREND_PCT),
        season=season,
        steps={f"{step:%Y-%m}": random.uniform(1 - STEP, 1 + STEP)},
    )
    counts = truth.series(index, truth.counts(random, means, phi, rho), "simulated")
    model = SeasonModel(counts, (month_of(step),), (), 0.95)
    presence = season_tests.presence(model.logs, model.fit, model.detrended)
    base = Key("", "", "", phi=phi, autocorrelation=rho, years=years, size_pct=amplitude_pct)
    seen = presence.verdict is Presence.PRESENT
    asked = "season-power" if amplitude_pct else "season-false"
    outcome: dict[Key, tuple[float, int]] = {base.of(asked, "published"): (seen, 1)}
    if not amplitude_pct:
        alone = {test.name: test.p_value < presence.alpha for test in presence.tests}
        outcome |= {base.of(asked, name): (found, 1) for name, found in alone.items()}
        outcome = dict(with_pooled(outcome))
    indices = model.indices()
    true = np.exp(season)
    single = ((indices["low"] <= true) & (true <= indices["high"])).sum()
    together = ((indices["low_all"] <= true) & (true <= indices["high_all"])).all()
    outcome[base.of("season-index", "published", "one month")] = (int(single), 12)
    outcome[base.of("season-index", "published", "all twelve")] = (bool(together), 1)
    return outcome
