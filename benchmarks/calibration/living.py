"""Cost of living: how often something is found where nothing is, and found where something is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd

from bcsp_analysis.measures import recording
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models import association, cost_of_living, monthly, multiplicity
from bcsp_analysis.models.association import Estimate
from bcsp_analysis.models.association_result import Answer
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import hypotheses
from bcsp_analysis.sources.hypotheses import Hypothesis
from benchmarks.calibration import prices, truth
from benchmarks.calibration.outcomes import Key, Outcome, Setting

FIRST, MONTHS = "2020-08", 36
LEVELS = {
    "Anti-social behaviour": 1140.0,
    "Violence and sexual offences": 5900.0,
    "Shoplifting": 500.0,
    "Vehicle crime": 1140.0,
}
PHI, AUTOCORRELATION, ALPHA, LEVEL = 10.0, 0.6, 0.05, 0.95
SEASON_PCT, TREND_PCT, STEP = 10.0, 20.0, 0.15
WANDERING_SD, WANDERING_PHI = 0.04, 2.0
COUNTS = {"fading": "counts that come back", "wandering": "counts that wander"}
PRICES = {
    "as shipped": "the real prices",
    "wandering": "made-up prices that wander",
    "trending": "made-up prices that trend",
}
# Kind of the counts and of the prices; neither knows of the other.
TRUTHS = (
    ("fading", "as shipped"),
    ("wandering", "as shipped"),
    ("wandering", "wandering"),
    ("fading", "trending"),
)
EFFECTS = (5.0, 10.0, 20.0, 40.0)
TESTED = "asb-prices"
RUNS_NONE, RUNS_EFFECT = 400, 120


class Prices:
    """The predictors of the register, each worked out once."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._table = table
        self._known: dict[tuple[object, ...], pd.Series] = {}

    def mean(self, hypothesis: Hypothesis, lags: Iterable[int] | None = None) -> pd.Series:
        """Mean over the lags of the hypothesis, or over others, in the months of the histories."""
        wanted = tuple(hypothesis.lags if lags is None else lags)
        key = (hypothesis.predictor, hypothesis.transformation, *wanted)
        if key not in self._known:
            path = association.transformed(
                self._table, hypothesis.predictor, hypothesis.transformation
            )
            index = truth.months(FIRST, MONTHS)
            self._known[key] = association.lagged_mean(path, index, wanted)
        return self._known[key]


@dataclass(frozen=True)
class Answers:
    """What is said of each hypothesis of the family, by its id."""

    answers: dict[str, Answer]
    estimates: dict[str, Estimate]


def settings() -> list[Setting]:
    """No effect in four kinds of world; then known effects with real and with wandering prices."""
    found = [
        Setting(f"none {c} counts {p} prices", partial(run, c, p, 0.0), RUNS_NONE)
        for c, p in TRUTHS
    ]
    found += [
        Setting(f"effect={e:g} {p} prices", partial(run, "fading", p, e), RUNS_EFFECT)
        for p in ("as shipped", "wandering")
        for e in EFFECTS
    ]
    return found


@cache
def register() -> tuple[tuple[Hypothesis, ...], tuple[RecordingChange, ...]]:
    """The shipped hypotheses and recording changes."""
    return hypotheses.load(), recording.load()


@cache
def steps() -> dict[str, tuple[Month, ...]]:
    """Months at which the register says that each history may step."""
    span = monthly.period_of(truth.months(FIRST, MONTHS))
    return {n: recording.steps(register()[1], n, span.first, span.last) for n in LEVELS}


def run(kind: str, price_kind: str, effect_pct: float, random: np.random.Generator) -> Outcome:
    """One set of histories and prices, held against the whole register of hypotheses."""
    table = Prices(prices.simulate(random, price_kind))
    tested = next(h for h in register()[0] if h.id == TESTED)
    true = float(np.log1p(effect_pct / 100))
    moved = {tested.series: true * _standard(table, tested)} if effect_pct else {}
    histories = simulate(random, kind, moved)
    found = answers(histories, table)
    base = Key("", "", f"{COUNTS[kind]}, {PRICES[price_kind]}", size_pct=effect_pct)
    low, high = found.estimates[TESTED].limits(LEVEL)
    outcome: dict[Key, tuple[float, int]] = {
        base.of("living-interval", "published"): (low <= true <= high, 1)
    }
    if effect_pct:
        own = [h.id for h in register()[0] if h.series == tested.series and h.role == "subject"]
        said = any(found.answers[name] is Answer.FOUND for name in own)
        return outcome | {base.of("living-power", "published"): (said, 1)}
    something = any(answer is not Answer.NOT_DETECTABLE for answer in found.answers.values())
    outcome[base.of("living-false", "published")] = (something, 1)
    outcome[base.of("living-false", "published, association found")] = (
        any(answer is Answer.FOUND for answer in found.answers.values()),
        1,
    )
    return {**outcome, **_naive(base, histories, table)}


def _standard(table: Prices, hypothesis: Hypothesis) -> np.ndarray:
    """The price as the hypothesis has it, over its standard deviation in the months counted."""
    mean = table.mean(hypothesis).to_numpy()
    return (mean - mean.mean()) / mean.std(ddof=1)


def simulate(
    random: np.random.Generator, kind: str, moved: Mapping[str, np.ndarray]
) -> dict[str, pd.Series]:
    """Histories with trend, season, recording changes and, in `moved`, what prices add.

    Parameters
    ----------
    kind : str
        ``"fading"``: errors that fade from month to month; ``"wandering"``: the level itself is a
        random walk and never comes back.
    moved : mapping of series to array
        Logarithm of the factor that prices put on each month.
    """
    index = truth.months(FIRST, MONTHS)
    found = {}
    for name, level in LEVELS.items():
        means = truth.expected(
            index,
            level,
            trend_pct=random.uniform(-TREND_PCT, TREND_PCT),
            season=truth.wave(SEASON_PCT, random.uniform(1, 13)),
            steps={str(m): random.uniform(1 - STEP, 1 + STEP) for m in steps()[name]},
        )
        phi, rho = PHI, AUTOCORRELATION
        if kind == "wandering":
            means = means * np.exp(truth.wandering(random, len(index), WANDERING_SD))
            phi, rho = WANDERING_PHI, 0.0
        if name in moved:
            means = means * np.exp(moved[name])
        found[name] = truth.series(index, truth.counts(random, means, phi, rho), name)
    return found


def answers(histories: Mapping[str, pd.Series], table: Prices) -> Answers:
    """The answers of `cost_of_living.analyse` to every hypothesis of the family.

    Its steps and its judgement, without what stands beside the answer; what only a hypothesis that
    passed the first test is held against is estimated only then.
    """
    hypotheses_, _ = register()
    subjects = [h for h in hypotheses_ if h.role == "subject"]
    estimates = {h.id: _estimate(histories, table, h) for h in subjects}
    p_values = [estimates[h.id].p_value for h in subjects]
    adjusted = multiplicity.holm(p_values)
    found = {}
    for hypothesis, p_adjusted in zip(subjects, adjusted, strict=True):
        if p_adjusted >= ALPHA:
            found[hypothesis.id] = Answer.NOT_DETECTABLE
            continue
        found[hypothesis.id] = _judged(
            histories, table, hypothesis, estimates[hypothesis.id], float(p_adjusted)
        )
    return Answers(found, estimates)


def _judged(
    histories: Mapping[str, pd.Series],
    table: Prices,
    hypothesis: Hypothesis,
    estimate: Estimate,
    p_adjusted: float,
) -> Answer:
    counts = histories[hypothesis.series]
    control = next(
        h
        for h in register()[0]
        if h.role == "control"
        and (h.predictor, h.transformation, h.lags)
        == (hypothesis.predictor, hypothesis.transformation, hypothesis.lags)
    )
    price = table.mean(hypothesis)
    lead = _estimate(histories, table, hypothesis, leads=cost_of_living.LEADS)
    other = _estimate(histories, table, control)
    return cost_of_living.judge(
        estimate.effect,
        p_adjusted,
        sign=hypothesis.sign,
        month_to_month=association.month_to_month(counts, price, breaks=steps()[hypothesis.series]),
        placebos=((lead.effect, lead.p_value), (other.effect, other.p_value)),
        alpha=ALPHA,
    )


def _estimate(
    histories: Mapping[str, pd.Series],
    table: Prices,
    hypothesis: Hypothesis,
    leads: tuple[int, ...] = (),
) -> Estimate:
    counts = histories[hypothesis.series]
    predictors = {"price": table.mean(hypothesis)}
    if leads:
        predictors["lead"] = table.mean(hypothesis, leads)
    breaks = steps()[hypothesis.series]
    return association.estimate(counts, predictors, breaks=breaks)["lead" if leads else "price"]


def _naive(base: Key, histories: Mapping[str, pd.Series], table: Prices) -> Outcome:
    """Least squares of the logarithm on the price alone, as is often done; and with HAC errors."""
    import statsmodels.api as sm

    plain, robust = [], []
    for h in (h for h in register()[0] if h.role == "subject"):
        counts = histories[h.series]
        columns = sm.add_constant(table.mean(h).to_numpy())
        model = sm.OLS(np.log(np.maximum(counts.to_numpy(), 0.5)), columns)
        plain.append(model.fit().pvalues[1] < ALPHA)
        lags = int(4 * (len(counts) / 100) ** (2 / 9))
        hac = model.fit(cov_type="HAC", cov_kwds={"maxlags": lags}, use_t=True)
        robust.append(hac.pvalues[1] < ALPHA)
    return {
        base.of("living-false", "one regression"): (sum(plain), len(plain)),
        base.of("living-false", "one regression, HAC errors"): (sum(robust), len(robust)),
        base.of("living-false", "any of six regressions"): (any(plain), 1),
        base.of("living-false", "any of six regressions, HAC errors"): (any(robust), 1),
    }
