"""Dated shocks: how often a change is found at one of them where none came."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial

import numpy as np
import pandas as pd

from bcsp_analysis.models import multiplicity
from bcsp_analysis.models import shocks as interrupted_series
from bcsp_analysis.models.shocks import InterruptedResult, ShockAnswer
from bcsp_analysis.sources import shocks
from bcsp_analysis.sources.shocks import Shock
from benchmarks.calibration import living, truth
from benchmarks.calibration.outcomes import Key, Outcome, Setting

SUBJECTS = ("Anti-social behaviour", "Violence and sexual offences")
CONTROL = "Vehicle crime"
KINDS = ("fading", "wandering")
EFFECTS = (10.0, 20.0, 40.0)
TESTED = 2
RUNS_NONE, RUNS_EFFECT = 400, 100


def settings() -> list[Setting]:
    """No shock, with errors that fade and with a level that wanders; then a step of known size."""
    found = [Setting(f"none {kind}", partial(run, kind, 0.0), RUNS_NONE) for kind in KINDS]
    return found + [Setting(f"step={e:g}", partial(run, "fading", e), RUNS_EFFECT) for e in EFFECTS]


@cache
def register() -> tuple[Shock, ...]:
    """Shocks with nine months on either side."""
    index = truth.months(living.FIRST, living.MONTHS)
    blank = truth.series(index, np.ones(len(index)), "simulated")
    return tuple(s for s in shocks.load() if interrupted_series.can_be_tested(blank, s.month))


def run(kind: str, effect_pct: float, random: np.random.Generator) -> Outcome:
    """One set of histories, held against every dated shock."""
    index = truth.months(living.FIRST, living.MONTHS)
    tested = register()[min(TESTED, len(register())) - 1]
    after = np.asarray(index >= pd.Timestamp(tested.month.start))
    moved = {SUBJECTS[0]: np.log1p(effect_pct / 100) * after} if effect_pct else {}
    found, family = answers(living.simulate(random, kind, moved))
    base = Key("", "", living.COUNTS[kind], size_pct=effect_pct)
    if effect_pct:
        said = found[SUBJECTS[0], tested.id] is ShockAnswer.FOUND
        return {base.of("shock-power", "published"): (said, 1)}
    something = any(answer is not ShockAnswer.NOT_DETECTABLE for answer in found.values())
    plain = [result.plain_joint_p < living.ALPHA for result in family]
    return {
        base.of("shock-false", "published"): (something, 1),
        base.of("shock-false", "one textbook regression"): (sum(plain), len(plain)),
        base.of("shock-false", "any of the textbook regressions"): (any(plain), 1),
    }


def answers(
    histories: Mapping[str, pd.Series],
) -> tuple[dict[tuple[str, str], ShockAnswer], list[InterruptedResult]]:
    """The answers of `beside.shock_table` by series and shock, and the regressions of the family.

    The other months and the control are asked only where the first test is passed.
    """

    def interrupt(series: str, shock: Shock, elsewhere: bool) -> InterruptedResult:
        breaks = living.steps()[series]
        return interrupted_series.interrupted(
            histories[series], shock.month, breaks=breaks, elsewhere=elsewhere
        )

    family = {(s, k): interrupt(s, k, False) for s in SUBJECTS for k in register()}
    p_values = [result.joint_p for result in family.values()]
    corrected = multiplicity.holm(p_values) / interrupted_series.CAUTION
    found = {}
    for (series, shock), p_adjusted in zip(family, corrected, strict=True):
        found[series, shock.id] = (
            interrupted_series.judge(
                interrupt(series, shock, True),
                float(p_adjusted),
                sign=shock.sign,
                control=interrupt(CONTROL, shock, False),
                alpha=living.ALPHA,
            )
            if p_adjusted < living.ALPHA
            else ShockAnswer.NOT_DETECTABLE
        )
    return found, list(family.values())
