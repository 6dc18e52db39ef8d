"""Change between two counts, held to numbers from other programs, papers and hand calculation."""

from __future__ import annotations

import math
from dataclasses import replace
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import rates

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import change, monthly
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.periods import Month

COUNTS = st.integers(min_value=0, max_value=50_000)
ABOVE_ZERO = st.integers(min_value=1, max_value=50_000)
DAYS = st.sampled_from([28, 30, 31, 90, 91, 92, 183])
DISPERSIONS = st.floats(min_value=1, max_value=100)

# Benjamini and Hochberg (1995), section 3.2, the fifteen p-values of the thrombolysis trial.
BENJAMINI_HOCHBERG = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
    0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip


def test_quarter_on_quarter_interval_of_independent_incidents() -> None:
    # Recomputed in the project's statistical notes with R-style formulas, four decimals.
    result = change.compare(2493, 3332, 92, 92)
    assert result.rate_ratio == pytest.approx(1.33654, abs=5e-6)
    assert (result.low, result.high) == pytest.approx((1.2689, 1.4077), abs=5e-5)
    assert (result.score_low, result.score_high) == pytest.approx((1.2690, 1.4077), abs=5e-5)
    assert (result.exact_low, result.exact_high) == pytest.approx((1.2686, 1.4083), abs=5e-5)
    assert result.p_exact == pytest.approx(3.87e-28, rel=2e-3)
    assert stats.norm.isf(result.p_value / 2) == pytest.approx(10.954, abs=5e-4)
    assert result.verdict is Verdict.INCREASE


@pytest.mark.parametrize(
    ("before", "after", "days", "expected"),
    [
        (2951, 3332, (1, 1), (1.1291, 1.0745, 1.1865)),
        (2951, 3332, (91, 92), (1.1168, 1.0629, 1.1736)),
        (5143, 6283, (183, 183), (1.2217, 1.1775, 1.2675)),
        (2025, 2140, (183, 183), (1.0568, 0.9945, 1.1230)),
    ],
)
def test_further_comparisons_of_the_table(
    before: int, after: int, days: tuple[int, int], expected: tuple[float, float, float]
) -> None:
    # The project's statistical notes, four decimals; the second per day, 91 against 92 days.
    result = change.compare(before, after, *days)
    assert (result.rate_ratio, result.low, result.high) == pytest.approx(expected, abs=6e-5)


def test_robbery_year_to_date_is_no_clear_change() -> None:
    # p .075 in the project's statistical notes.
    result = change.compare(2025, 2140, 183, 183)
    assert result.p_value == pytest.approx(0.075, abs=5e-4)
    assert result.verdict is Verdict.NO_CLEAR_CHANGE


def test_exact_interval_agrees_with_exactci() -> None:
    # R exactci, poisson.exact(c(60, 30), c(51477.5, 54308.7)), central interval, as carried in
    # statsmodels/stats/tests/test_rates_poisson.py; the rates are those of Gu et al. (2008).
    result = change.compare(30, 60, 54308.7, 51477.5)
    expected = (1.339735721772650, 3.388365573616252)
    assert (result.exact_low, result.exact_high) == pytest.approx(expected, rel=1e-12)


def test_log_ratio_test_agrees_with_gu_et_al() -> None:
    # Gu, Ng, Tang and Schucany (2008), example 1, Wald test on the log scale: one-sided .000420.
    result = change.compare(30, 60, 54308.7, 51477.5)
    assert result.p_value / 2 == pytest.approx(0.000420, abs=2.5e-6)


@pytest.mark.parametrize(
    ("phi", "low", "high"),
    [(10, 1.134, 1.575), (20, 1.060, 1.686), (30, 1.006, 1.776), (60, 0.894, 1.998)],
)
def test_interval_widens_with_the_dispersion(phi: float, low: float, high: float) -> None:
    # The table of the project's statistical notes, three decimals.
    result = change.compare(2493, 3332, 92, 92, dispersion=phi)
    assert (result.low, result.high) == pytest.approx((low, high), abs=6e-4)


def test_flip_is_where_the_interval_reaches_one() -> None:
    # By hand: (ln(3332/2493) / 1.959964)² / (1/2493 + 1/3332) = 31.24.
    flip = change.compare(2493, 3332, 92, 92, dispersion=5).flip_dispersion
    assert flip == pytest.approx(31.24, abs=0.01)
    assert change.compare(2493, 3332, 92, 92, dispersion=flip).low == pytest.approx(1, abs=1e-12)


def _estimated(value: float, df: float) -> change.Dispersion:
    """A dispersion that is estimated, with these degrees of freedom."""
    return replace(change.overdispersion(_history(phi=5, autocorrelation=0, seed=7)),
                   value=value, df=df)  # fmt: skip


def test_a_known_dispersion_turns_the_verdict_where_no_t_penalty_applies() -> None:
    # By hand, theft from shops: ln(4219/2948) = 0.35845, 1/2948 + 1/4219 = 0.00057623. Known:
    # (0.35845 / 1.959964)² / 0.00057623 = 58.05. With 4 degrees of freedom t = 2.77645 (tables):
    # (0.35845 / 2.77645)² / 0.00057623 = 28.93.
    result = change.compare(2948, 4219, 183, 183, dispersion=_estimated(40, 4))
    assert result.flip_if_known == pytest.approx(58.05, abs=0.02)
    assert result.flip_dispersion == pytest.approx(28.93, abs=0.02)
    assert result.verdict is Verdict.NO_CLEAR_CHANGE
    # Put to the test: the same 40, known, is clear; 28.9 and 29.0 with 4 degrees lie on both sides.
    verdicts = {
        phi: change.compare(2948, 4219, 183, 183, dispersion=phi).verdict
        for phi in (40, 58.0, 58.1, _estimated(28.9, 4), _estimated(29.0, 4))
    }
    assert list(verdicts.values()) == [
        Verdict.INCREASE,
        Verdict.INCREASE,
        Verdict.NO_CLEAR_CHANGE,
        Verdict.INCREASE,
        Verdict.NO_CLEAR_CHANGE,
    ]


def test_a_dispersion_given_as_a_number_has_one_turning_point() -> None:
    given_value = change.compare(2493, 3332, 92, 92, dispersion=60)
    assert given_value.flip_if_known == given_value.flip_dispersion
    nothing = change.compare(1000, 1000, 92, 92, dispersion=60)
    assert (nothing.flip_dispersion, nothing.flip_if_known) == (None, None)


def test_two_steps_are_told_apart_sooner_by_a_known_dispersion() -> None:
    # 6.1 by the project's notes on the field; with 4 degrees of freedom by hand
    # 6.117 x (1.959964 / 2.77645)² = 3.05.
    result = change.ratio_of_ratios(2650, 2493, 2951, 3332, dispersion=_estimated(32, 4))
    assert result.flip_if_known == pytest.approx(6.1, abs=0.05)
    assert result.flip_dispersion == pytest.approx(3.05, abs=0.01)


def test_ratio_of_ratios_of_the_two_summers() -> None:
    # The project's notes on the field: 1.200 (1.115 to 1.292); reaches 1 at about 6.1;
    # 1.018 to 1.416 at 5, 0.950 to 1.516 at 10.
    result = change.ratio_of_ratios(2650, 2493, 2951, 3332)
    assert (result.ratio, result.low, result.high) == pytest.approx((1.200, 1.115, 1.292), abs=6e-4)
    assert result.flip_dispersion == pytest.approx(6.1, abs=0.05)
    for phi, low, high in ((5, 1.018, 1.416), (10, 0.950, 1.516)):
        wider = change.ratio_of_ratios(2650, 2493, 2951, 3332, dispersion=phi)
        assert (wider.low, wider.high) == pytest.approx((low, high), abs=6e-4)


def test_ratio_of_ratios_counts_days() -> None:
    # By hand: 10 a day in all four periods, so both ratios are 1.
    result = change.ratio_of_ratios(900, 910, 920, 910, days=(90, 91, 92, 91))
    assert result.ratio == pytest.approx(1)
    assert result.flip_dispersion is None


def test_ratio_of_ratios_with_a_zero_says_nothing() -> None:
    result = change.ratio_of_ratios(1, 0, 0, 1)
    assert (result.ratio, result.low, result.high, result.p_value) == (None, 0, math.inf, 1)


def test_zero_before() -> None:
    # Exact conditional by hand: 8 of 8 in the later half; lower limit .025^(1/8) = .63058.
    result = change.compare(0, 8, 92, 92)
    share = 0.025 ** (1 / 8)
    assert result.low == pytest.approx(share / (1 - share))
    assert result.p_value == pytest.approx(2 * 0.5**8)
    assert (result.high, result.rate_ratio, result.pct_change) == (math.inf, math.inf, None)
    assert result.verdict is Verdict.INCREASE


def test_both_zero_is_too_few_to_say() -> None:
    result = change.compare(0, 0, 92, 92, dispersion=30)
    assert (result.rate_ratio, result.low, result.high, result.p_value) == (None, 0, math.inf, 1)
    assert result.verdict is Verdict.TOO_FEW


def test_flip_with_a_zero_count_meets_the_level() -> None:
    flip = change.compare(40, 0, 91, 92).flip_dispersion
    assert flip is not None
    at_flip = change.compare(40, 0, 91, 92, dispersion=flip)
    assert at_flip.p_value == pytest.approx(0.05)
    assert at_flip.high == pytest.approx(1)


@example(0, 1, 28, 28, 7.0)  # a limit of 6e-12, whose counterpart lies near the end of the scale
@given(COUNTS, COUNTS, DAYS, DAYS, DISPERSIONS)
def test_swapping_the_periods_inverts_the_ratio(
    a: int, b: int, days_a: int, days_b: int, phi: float
) -> None:
    forward = change.compare(a, b, days_a, days_b, dispersion=phi)
    back = change.compare(b, a, days_b, days_a, dispersion=phi)
    assert forward.p_value == pytest.approx(back.p_value, rel=1e-6, abs=1e-300)
    assert forward.low * back.high == pytest.approx(1, rel=1e-6) or forward.low == 0
    assert forward.exact_low * back.exact_high == pytest.approx(1, rel=1e-6) or not forward.low


@given(COUNTS, COUNTS, DAYS, DAYS, DISPERSIONS, st.floats(min_value=0.5, max_value=0.999))
def test_every_interval_contains_the_estimate(
    a: int, b: int, days_a: int, days_b: int, phi: float, level: float
) -> None:
    result = change.compare(a, b, days_a, days_b, dispersion=phi, level=level)
    limits = (result.low, result.high, result.exact_low, result.exact_high)
    assert not any(math.isnan(x) for x in (*limits, result.p_value, result.score_high))
    assert 0 <= result.p_value <= 1
    if result.rate_ratio is None:
        return
    for low, high in (
        (result.low, result.high),
        (result.exact_low, result.exact_high),
        (result.score_low, result.score_high),
    ):
        assert low <= result.rate_ratio * (1 + 1e-9)
        assert high >= result.rate_ratio * (1 - 1e-9)


@given(COUNTS, COUNTS, DISPERSIONS, st.floats(min_value=0.01, max_value=20))
def test_more_dispersion_never_narrows(a: int, b: int, phi: float, more: float) -> None:
    narrow = change.compare(a, b, 92, 92, dispersion=phi)
    wide = change.compare(a, b, 92, 92, dispersion=phi + more)
    assert wide.low <= narrow.low * (1 + 1e-9)
    assert wide.high >= narrow.high * (1 - 1e-9)
    assert wide.p_value >= narrow.p_value * (1 - 1e-9)


@given(ABOVE_ZERO, ABOVE_ZERO, DAYS, DISPERSIONS)
def test_counts_and_dispersion_scale_together(a: int, b: int, days: int, phi: float) -> None:
    once = change.compare(a, b, days, 92, dispersion=phi)
    twice = change.compare(2 * a, 2 * b, days, 92, dispersion=2 * phi)
    assert (once.low, once.high) == pytest.approx((twice.low, twice.high))


@given(COUNTS, COUNTS, DAYS, DAYS, DISPERSIONS)
def test_interval_and_p_value_agree(a: int, b: int, days_a: int, days_b: int, phi: float) -> None:
    result = change.compare(a, b, days_a, days_b, dispersion=phi)
    if abs(result.p_value - 0.05) > 1e-9:
        assert (result.p_value < 0.05) == (not result.low <= 1 <= result.high)


@given(ABOVE_ZERO, ABOVE_ZERO, DAYS, DAYS)
def test_score_interval_agrees_with_statsmodels(a: int, b: int, days_a: int, days_b: int) -> None:
    # statsmodels: confint_poisson_2indep, whose ratio is the first count's rate over the second's;
    # it searches for the limits, to eight decimals. For some large counts its search stops at a
    # place that leaves out its own estimate (15,026 and 11,299 in 28 days each): not compared.
    result = change.compare(a, b, days_a, days_b)
    expected = rates.confint_poisson_2indep(b, days_b, a, days_a, compare="ratio", method="score")
    assume(expected[0] <= (b / days_b) / (a / days_a) <= expected[1])
    limits = (result.score_low, result.score_high)
    assert limits == pytest.approx(expected, rel=1e-3, abs=1e-8)


@given(ABOVE_ZERO, ABOVE_ZERO, DAYS, DAYS)
def test_the_score_test_stands_at_its_level_at_the_limits(
    a: int, b: int, days_a: int, days_b: int
) -> None:
    # The definition of the interval, by statsmodels' own test of a ratio.
    result = change.compare(a, b, days_a, days_b)
    for limit in (result.score_low, result.score_high):
        test = rates.test_poisson_2indep(b, days_b, a, days_a, value=limit, method="score")
        assert test.pvalue == pytest.approx(0.05, rel=1e-4)


@given(COUNTS, COUNTS)
def test_exact_interval_agrees_with_scipy(a: int, b: int) -> None:
    # scipy.stats.binomtest of the later count among both, p over 1 - p.
    result = change.compare(a, b, 92, 92)
    if a + b:
        share = stats.binomtest(b, a + b).proportion_ci(0.95, "exact")
        assert result.exact_low == pytest.approx(share.low / (1 - share.low), rel=1e-6)
        if a:
            assert result.exact_high == pytest.approx(share.high / (1 - share.high), rel=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"before": -1},
        {"after": math.nan},
        {"before_days": 0},
        {"dispersion": 0.9},
        {"dispersion": math.nan},
        {"level": 1},
    ],
)
def test_impossible_input_is_named(wrong: dict[str, float]) -> None:
    arguments = {"before": 1, "after": 2, "before_days": 92, "after_days": 92} | wrong
    with pytest.raises(ModelError) as caught:
        change.compare(**arguments)
    assert caught.value.expected


def _with_p_values(p_values: list[float]) -> dict[str, change.ChangeResult]:
    """Comparisons of 1,000 with as many as give these p-values; dispersion sets the p-value."""
    results = {}
    for place, p in enumerate(p_values):
        z = stats.norm.isf(p / 2)
        if z == 0:
            results[str(place)] = change.compare(1000, 1000, 92, 92)
            continue
        phi = (math.log(1.6) / z) ** 2 / (1 / 1000 + 1 / 1600)
        results[str(place)] = change.compare(1000, 1600, 92, 92, dispersion=max(phi, 1))
    return results


def test_family_rejects_as_in_benjamini_and_hochberg() -> None:
    # Benjamini and Hochberg (1995): Bonferroni rejects 3 of the 15, their method 4; Holm 3.
    family = change.family(_with_p_values(BENJAMINI_HOCHBERG), materiality_pct=3, small_count=50)
    assert [result.p_value for result in family.values()] == pytest.approx(BENJAMINI_HOCHBERG)
    assert sum(r.p_adjusted < 0.05 for r in family.values()) == 3
    assert sum(r.p_fdr < 0.05 for r in family.values()) == 4
    assert sum(r.verdict is Verdict.INCREASE for r in family.values()) == 3


@settings(max_examples=40)
@given(st.lists(st.floats(min_value=1e-6, max_value=1), min_size=1, max_size=25))
def test_holm_threshold_decides_as_the_adjusted_p_value(p_values: list[float]) -> None:
    from statsmodels.stats.multitest import multipletests

    with mock.patch("gc.collect"):  # statsmodels collects garbage at each call
        adjusted = multipletests(p_values, method="holm")[1]
    for place, p in enumerate(p_values):
        threshold = change.holm_threshold(p_values[:place] + p_values[place + 1 :], 0.05)
        if abs(p - threshold) > 1e-12:
            assert (p < threshold) == (adjusted[place] < 0.05)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(ABOVE_ZERO, ABOVE_ZERO, DISPERSIONS), min_size=1, max_size=8))
def test_verdict_turns_at_the_flip(cases: list[tuple[int, int, float]]) -> None:
    results = {
        str(i): change.compare(a, b, 91, 92, dispersion=phi) for i, (a, b, phi) in enumerate(cases)
    }
    settings = {"materiality_pct": 2, "small_count": 5}
    family = change.family(results, **settings)
    name = "0"
    flip = family[name].flip_dispersion
    if flip is None or flip < 1.01:
        return
    a, b, _ = cases[0]
    verdicts = []
    for phi in (flip * 0.999, flip * 1.001):
        moved = results | {name: change.compare(a, b, 91, 92, dispersion=phi)}
        verdicts.append(change.family(moved, **settings)[name].verdict)
    assert verdicts[0] in (Verdict.INCREASE, Verdict.DECREASE)
    assert verdicts[1] is Verdict.NO_CLEAR_CHANGE


def test_family_rules_in_their_order() -> None:
    results = {
        "few": change.compare(8, 3, 92, 92),
        "collapse": change.compare(400, 3, 92, 92),
        "small-move": change.compare(40_000, 39_000, 92, 92),
        "fall": change.compare(40_000, 30_000, 92, 92),
        "rules": change.compare(40_000, 30_000, 92, 92),
        "few-and-rules": change.compare(1, 1, 92, 92),
    }
    family = change.family(
        results, materiality_pct=5, small_count=50, recording={"rules", "few-and-rules"}
    )
    assert {name: str(result.verdict) for name, result in family.items()} == {
        "few": "too few to say",
        "collapse": "clear decrease",
        "small-move": "no clear change",
        "fall": "clear decrease",
        "rules": "recording changed",
        "few-and-rules": "too few to say",
    }
    assert family["rules"].verdict_if_recorded_alike is Verdict.DECREASE
    assert family["small-move"].flip_dispersion is None


def test_materiality_is_judged_per_day() -> None:
    # 91 to 92 days is 1.1 per cent of calendar: the same count is a fall per day of that size.
    result = change.compare(910_000, 920_000, 91, 92)
    assert result.per_day_pct == pytest.approx(0)
    assert result.pct_change == pytest.approx(1.0989, abs=1e-4)
    assert result.pct_low < result.pct_change < result.pct_high


def test_recording_change_of_a_stranger_is_refused() -> None:
    with pytest.raises(ModelError, match="family"):
        change.family({}, materiality_pct=3, small_count=50, recording={"no-such"})


def _history(
    *, phi: float, autocorrelation: float, seed: int, months: int = 36, level: float = 1000
) -> pd.Series:
    """Counts around a level with season and trend; gamma rates whose errors fade by month."""
    random = np.random.default_rng(seed)
    index = pd.date_range("2018-01-01", periods=months, freq="MS")
    calendar = np.asarray(index.month)
    expected = level * monthly.days_in(index) / monthly.MEAN_MONTH_DAYS
    expected *= np.exp(0.15 * np.cos(2 * np.pi * (calendar - 7) / 12) + 0.004 * np.arange(months))
    errors = np.empty(months)
    errors[0] = random.normal()
    for i in range(1, months):
        fresh = math.sqrt(1 - autocorrelation**2) * random.normal()
        errors[i] = autocorrelation * errors[i - 1] + fresh
    if phi > 1:
        shape = expected / (phi - 1)
        expected = stats.gamma.ppf(stats.norm.cdf(errors), shape, scale=expected / shape)
    return pd.Series(random.poisson(expected).astype(float), index, name="simulated")


def test_inflation_of_totals_by_hand() -> None:
    # Variance of the sum of three AR(1) months over three variances: 1 + (4 r + 2 r²) / 3.
    from bcsp_analysis.models.dispersion import inflation

    assert inflation(0.5, 3) == pytest.approx(1 + (4 * 0.5 + 2 * 0.25) / 3)
    assert inflation(0.5, 1) == 1
    assert inflation(0.0, 6) == 1


@pytest.mark.parametrize(("phi", "autocorrelation"), [(1, 0.0), (5, 0.0), (20, 0.0), (20, 0.5)])
def test_dispersion_of_simulated_histories(phi: float, autocorrelation: float) -> None:
    # Truth known: phi (1 + (4 r + 2 r²) / 3). It lies within the 95% range that each estimate
    # claims by its degrees of freedom: in 11 histories all or all but one (two or more misses have
    # a probability of 10%), and the median estimate is near it.
    truth = 1 + (phi - 1) * (1 + (4 * autocorrelation + 2 * autocorrelation**2) / 3)
    found = [
        change.overdispersion(
            _history(phi=phi, autocorrelation=autocorrelation, seed=seed, months=72)
        )
        for seed in range(11)
    ]
    values = np.array([each.value for each in found])
    low, high = (
        np.array([each.value * each.df / stats.chi2.ppf(q, each.df) for each in found])
        for q in (0.975, 0.025)
    )
    # An estimate of 1 stands for one or less: never below independent incidents.
    inside = ((low <= truth) & (truth <= high)) | ((values == 1) & (truth == 1))
    assert inside.sum() >= 10
    assert 0.75 * truth < np.median(values) < 1.6 * truth


def test_a_history_learns_from_others_that_are_alike_and_little_from_others_that_are_not() -> None:
    from bcsp_analysis.models import persistence

    at = persistence.AUTOCORRELATIONS

    def likelihood(centre: float, spread: float) -> np.ndarray:
        return np.exp(-0.5 * ((at - centre) / spread) ** 2)

    vague = likelihood(0.2, 0.4)
    alone = persistence.weigh([vague])[0]
    alike = persistence.weigh([vague, *[likelihood(0.5, 0.05)] * 3])[0]
    apart = persistence.weigh([vague, likelihood(-0.7, 0.05), likelihood(0.0, 0.05),
                               likelihood(0.7, 0.05)])[0]  # fmt: skip

    def spread(weights: np.ndarray) -> float:
        return float(np.sqrt(weights @ (at - weights @ at) ** 2))

    for weights in (alone, alike, apart):
        assert weights.sum() == pytest.approx(1)
    # A conjugate check by hand: others at .5 with no spread among them pull a vague .2 to .5.
    assert alike @ at == pytest.approx(0.5, abs=0.06)
    assert spread(alike) < 0.5 * spread(alone)
    assert spread(apart) > 0.8 * spread(alone)
    # One that is known well is hardly moved by others.
    known = persistence.weigh([likelihood(0.1, 0.02), *[likelihood(0.6, 0.05)] * 3])[0]
    assert known @ at == pytest.approx(0.1, abs=0.02)


def test_variances_that_agree_keep_their_degrees_of_freedom() -> None:
    from bcsp_analysis.models.dispersion import _matched

    value, df = _matched(np.full(4, 0.25), np.full(4, 7.0), 17.0)
    assert (value, df) == (pytest.approx(7.0), pytest.approx(17.0))
    # Two variances a factor e² apart, each known exactly: by hand the logarithm has a variance of
    # 1, which a chi-squared has with trigamma(df / 2) = 1, so df = 2 x 1.42625512 (the inverse of
    # the trigamma function at 1; Abramowitz and Stegun, table 6.1: trigamma(1.425) = 1.00129...).
    _, df = _matched(np.full(2, 0.5), np.exp([-1.0, 1.0]), 1e9)
    assert df == pytest.approx(2 * 1.4262551, rel=1e-5)


def test_dispersion_is_never_below_one() -> None:
    index = pd.date_range("2018-01-01", periods=36, freq="MS")
    even = pd.Series(np.round(100 * monthly.days_in(index)), index, name="even")
    result = change.overdispersion(even)
    assert result.value == 1
    assert result.monthly == 1


def test_faulty_months_can_be_left_out() -> None:
    history = _history(phi=3, autocorrelation=0, seed=4)
    spoilt = history.copy()
    faulty = [Month(2020, 6), Month(2020, 7)]
    spoilt["2020-06":"2020-07"] *= 2
    with_fault = change.overdispersion(spoilt)
    without = change.overdispersion(spoilt, exclude=faulty)
    assert without.value < with_fault.value / 3
    assert without.value == pytest.approx(change.overdispersion(history, exclude=faulty).value)
    assert (without.n, without.excluded) == (34, tuple(faulty))


def test_a_step_is_not_dispersion() -> None:
    history = _history(phi=3, autocorrelation=0, seed=5, months=48)
    history["2020-05":] *= 0.7
    plain = change.overdispersion(history)
    stepped = change.overdispersion(history, breaks=[Month(2020, 5)])
    assert stepped.value < plain.value / 2


def test_longer_totals_vary_more_where_errors_persist() -> None:
    history = _history(phi=20, autocorrelation=0.6, seed=6, months=72)
    quarter = change.overdispersion(history, months=3)
    half_year = change.overdispersion(history, months=6)
    assert half_year.value > quarter.value > quarter.monthly


def test_dispersion_carries_its_degrees_of_freedom_into_the_interval() -> None:
    # Student's t with 21 degrees of freedom reaches 2.0796 (tables), the normal 1.9600.
    measured = change.overdispersion(_history(phi=5, autocorrelation=0, seed=7))
    # 36 months, 12 of them for the calendar and 3 for the trend, leave 21; the autocorrelation
    # takes its share of these.
    assert 2 < measured.df < 21
    history = replace(measured, df=21.0)
    estimated = change.compare(2493, 3332, 92, 92, dispersion=history)
    given_value = change.compare(2493, 3332, 92, 92, dispersion=history.value)
    widths = [math.log(r.high / r.low) for r in (estimated, given_value)]
    assert widths[0] / widths[1] == pytest.approx(2.0796 / 1.9600, rel=1e-4)
    assert "simulated" in estimated.dispersion_source


def test_the_fallback_grows_with_the_count_up_to_the_largest_history() -> None:
    # Variance mu + alpha mu² gives phi = 1 + alpha mu: half the count, half the excess (by hand).
    calm, swinging = (
        change.overdispersion(_history(phi=phi, autocorrelation=0, seed=8)) for phi in (2, 20)
    )
    histories = [calm, swinging]
    at_size = change.fallback_dispersion(histories, swinging.total)
    assert at_size.value == pytest.approx(swinging.value)
    half = change.fallback_dispersion(histories, swinging.total / 2)
    assert half.value == pytest.approx(1 + (swinging.value - 1) / 2)
    assert change.fallback_dispersion(histories, 0).value == 1
    assert change.fallback_dispersion(histories, 1e9).value == swinging.value
    assert "no monthly history" in half.source
    with pytest.raises(ModelError, match="fallback"):
        change.fallback_dispersion([], 100)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda s: s.iloc[:20], "longer history"),
        (lambda s: s.drop(s.index[5]), "every month"),
        (lambda s: s.iloc[::-1], "every month"),
        (lambda s: s.mask(s.index == s.index[3]), "count for every month"),
        (lambda s: s - 5000, "count for every month"),
        (lambda s: s.reset_index(drop=True), "monthly series"),
        (lambda s: s * 0, "tell its influences apart"),
    ],
)
def test_unusable_histories_are_named(spoil: object, message: str) -> None:
    history = _history(phi=2, autocorrelation=0, seed=9)
    with pytest.raises(ModelError, match=message) as caught:
        change.overdispersion(spoil(history))  # type: ignore[operator]
    assert caught.value.found


def test_coverage_of_the_widened_interval() -> None:
    # Truth known: ratio 1 per day apart from season and trend of the simulation; 60 histories,
    # the first and the last quarter of the year compared with the truth. Nominal 95 per cent;
    # five standard errors of simulation below it is 81.
    hits = 0
    for seed in range(60):
        history = _history(phi=10, autocorrelation=0.3, seed=100 + seed)
        before, after = history.iloc[-15:-12].sum(), history.iloc[-3:].sum()
        result = change.compare(before, after, 92, 92, dispersion=change.overdispersion(history))
        hits += result.low <= math.exp(0.004 * 12) <= result.high
    assert hits / 60 > 0.81
