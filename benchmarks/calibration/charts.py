"""Control charts: how often one shows a signal when nothing happens, and what it says of that."""

from __future__ import annotations

from functools import partial

import numpy as np

from bcsp_analysis.models import control_charts
from bcsp_analysis.models.control_charts import Kind
from benchmarks.calibration import truth
from benchmarks.calibration.outcomes import Key, Outcome, Setting

LEVEL, MONTHS, BASELINE, SEASON_PCT = 1000.0, 36, 12, 15.0
PHIS, AUTOCORRELATIONS = (1.0, 10.0), (0.0, 0.3, 0.6)
RUNS = 150


def settings() -> list[Setting]:
    """Nothing happens, with months that are independent and months that are not."""
    return [
        Setting(f"phi={phi:g} rho={rho:g}", partial(run, phi, rho), RUNS)
        for phi in PHIS
        for rho in AUTOCORRELATIONS
    ]


def run(phi: float, rho: float, random: np.random.Generator) -> Outcome:
    """One series with a season and nothing else; is any month marked."""
    index = truth.months("2020-08", MONTHS)
    season = truth.wave(SEASON_PCT, random.uniform(1, 13))
    means = truth.expected(index, LEVEL, season=season)
    counts = truth.series(index, truth.counts(random, means, phi, rho), "simulated")
    base = Key("", "", "", phi=phi, autocorrelation=rho)
    outcome: dict[Key, tuple[float, int]] = {}
    for kind, name in ((Kind.LANEY, "published"), (Kind.C, "c chart")):
        chart = control_charts.chart(counts, kind=kind, baseline=BASELINE)
        outcome[base.of("chart-false", name, "any month marked")] = (len(chart.signals) > 0, 1)
        outcome[base.of("chart-false", name, "share of months marked")] = (
            len(chart.signals),
            chart.n,
        )
        if kind is Kind.LANEY:
            said = float(chart.false_alarms["any_signal"].iloc[-1])
            outcome[base.of("chart-said", name, "any month marked")] = (said, 1)
    return outcome
