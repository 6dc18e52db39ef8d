"""Control charts, held to handbooks, other programs' published tests and hand calculation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import (
    chart_chance,
    chart_readings,
    chart_rules,
    chart_season,
    control_charts,
)
from bcsp_analysis.models import monthly as months
from bcsp_analysis.models.chart_readings import CONFIRMED_ONLY, OWN_SEASON, PUBLISHED, WHOLE_PHASE
from bcsp_analysis.models.chart_rules import Rule
from bcsp_analysis.models.chart_season import SeasonFrom
from bcsp_analysis.models.control_charts import Kind, Variation
from bcsp_analysis.periods import Month, Span

# NIST/SEMATECH e-Handbook of Statistical Methods, section 6.3.3.1 (pmc331): defects of 25 wafers.
WAFERS = [
    16, 14, 28, 16, 12, 20, 10, 12, 10, 17, 19, 17, 14, 16, 15, 13, 14, 16, 11, 20, 11, 19, 16,
    31, 13,
]  # fmt: skip
# The same handbook, section 6.3.2.2 (pmc322): flow rate of ten batches.
FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
# R: set.seed(123); rnorm(20), the series of NHSRplotthedots' test-ptd_spc_standard.R.
NORMAL = [
    -0.56047565, -0.23017749, 1.55870831, 0.07050839, 0.12928774, 1.71506499, 0.46091621,
    -1.26506123, -0.68685285, -0.44566197, 1.22408180, 0.35981383, 0.40077145, 0.11068272,
    -0.55584113, 1.78691314, 0.49785048, -1.96661716, 0.70135590, -0.47279141,
]  # fmt: skip
# Mohammed and others (2013), Quality and Safety in Health Care 22, 362-368: attendances seen within
# four hours and all attendances of twenty weeks; limits as in PowerBI-SPC's uprime.test.ts.
SEEN = [
    266501, 264225, 276532, 281461, 269071, 261215, 270409, 279778, 270483, 270320, 267923,
    271478, 255353, 256820, 261835, 259144, 255910, 260863, 264465, 260989,
]  # fmt: skip
ATTENDED = [
    280443, 276823, 291681, 296155, 282343, 275888, 283867, 295251, 284468, 282529, 279618,
    283932, 266629, 268091, 276803, 271578, 266005, 273520, 278574, 273772,
]  # fmt: skip
# R: set.seed(19); y <- rnorm(24); y[13:24] <- rnorm(12, mean = 2), of the vignette of qicharts2.
SHIFTED = [
    -1.18945375, 0.38858123, -0.34433335, -0.54789614, 0.98066222, -0.23664601, 0.80973970,
    -0.74477953, -0.25978701, -0.18308383, 0.51862999, 0.88346510, 1.00128475, 2.53482999,
    1.87623205, 4.11930331, 0.48652413, 2.25519487, 3.50474144, 1.60991953, 2.57935817,
    2.21035584, 2.94404278, 0.17330677,
]  # fmt: skip
# Montgomery, Introduction to Statistical Quality Control, chapter on attributes; the data are also
# `circuit` (trial samples) and `pcmanufact` of the R package qcc.
BOARDS = [
    21, 24, 16, 12, 15, 5, 28, 20, 31, 25, 20, 24, 16, 19, 10, 17, 13, 22, 18, 39, 30, 24, 16,
    19, 17, 15,
]  # fmt: skip
COMPUTERS = [10, 12, 8, 14, 10, 16, 11, 7, 10, 15, 9, 5, 7, 11, 12, 6, 8, 10, 7, 5]
LANEY_HIGH = [
    0.9657, 0.9658, 0.9654, 0.9653, 0.9656, 0.9658, 0.9656, 0.9653, 0.9656, 0.9656, 0.9657,
    0.9656, 0.966, 0.966, 0.9658, 0.9659, 0.966, 0.9658, 0.9657, 0.9658,
]  # fmt: skip
LANEY_LOW = [
    0.9401, 0.940, 0.9404, 0.9405, 0.9402, 0.94, 0.9402, 0.9405, 0.9402, 0.9402, 0.9401, 0.9402,
    0.9398, 0.9398, 0.94, 0.9399, 0.9398, 0.94, 0.9401, 0.94,
]  # fmt: skip


LENGTHS = pd.date_range("2019-01-01", periods=60, freq="MS").days_in_month.tolist()


def monthly(values: list[float] | np.ndarray, start: str = "2019-01-01") -> pd.Series:
    index = pd.date_range(start, periods=len(values), freq="MS", name="month")
    return pd.Series(np.asarray(values, float), index=index, name="made up")


# --- limits ----------------------------------------------------------------------------------


def test_c_chart_of_the_nist_handbook() -> None:
    found = control_charts.limits(Kind.C, np.array(WAFERS))
    assert sum(WAFERS) == 400
    assert found.centre == 16
    assert found.centre + 3 * found.sigma[0] == 28
    assert found.centre - 3 * found.sigma[0] == 4


def test_individuals_chart_of_the_nist_handbook() -> None:
    # Printed there: mean 50.81, mean moving range 1.8778, limits 55.8041 and 45.8159.
    found = control_charts.limits(Kind.INDIVIDUALS, np.array(FLOW))
    assert found.centre == pytest.approx(50.81, abs=1e-9)
    assert found.sigma[0] * 1.128 == pytest.approx(1.8778, abs=5e-5)
    assert found.centre + 3 * found.sigma[0] == pytest.approx(55.8041, abs=5e-5)
    assert found.centre - 3 * found.sigma[0] == pytest.approx(45.8159, abs=5e-5)


def test_individuals_chart_of_the_vignette_of_qicharts2() -> None:
    # Printed there by summary(): CL, aLCL, aLCL.95, aUCL.95, aUCL.
    found = control_charts.limits(Kind.INDIVIDUALS, np.array(SHIFTED))
    assert found.centre == pytest.approx(1.057091, abs=1e-6)
    assert found.centre - 3 * found.sigma[0] == pytest.approx(-2.114884, abs=1e-6)
    assert found.centre - 2 * found.sigma[0] == pytest.approx(-1.057559, abs=1e-6)
    assert found.centre + 2 * found.sigma[0] == pytest.approx(3.171742, abs=1e-6)
    assert found.centre + 3 * found.sigma[0] == pytest.approx(4.229067, abs=1e-6)
    # ... and of the same chart: longest run 13, no point outside the limits (sigma.signal 0).
    marks = chart_rules.judge(np.array(SHIFTED), found.centre, found.sigma)
    assert not marks[Rule.OUTSIDE].any()
    assert (marks[Rule.SIDE][:13] == -1).all()


def test_c_chart_of_montgomery() -> None:
    # Printed: 516 nonconformities, centre 19.85, limits 33.22 and 6.48, from the rounded centre;
    # samples 6 and 20 lie outside.
    found = control_charts.limits(Kind.C, np.array(BOARDS))
    assert sum(BOARDS) == 516
    assert found.centre == pytest.approx(19.85, abs=5e-3)
    assert found.centre + 3 * found.sigma[0] == pytest.approx(33.22, abs=1.5e-2)
    assert found.centre - 3 * found.sigma[0] == pytest.approx(6.48, abs=5e-3)
    marks = chart_rules.judge(np.array(BOARDS, float), found.centre, found.sigma)
    assert np.flatnonzero(marks[Rule.OUTSIDE]).tolist() == [5, 19]


def test_u_chart_of_montgomery() -> None:
    # Printed: 193 nonconformities in twenty samples of five computers; 1.93, limits 3.79 and 0.07.
    found = control_charts.limits(Kind.U, np.array(COMPUTERS), np.full(20, 5))
    assert found.centre == pytest.approx(1.93, abs=1e-9)
    assert found.centre + 3 * found.sigma[0] == pytest.approx(3.79, abs=5e-3)
    assert found.centre - 3 * found.sigma[0] == pytest.approx(0.07, abs=5e-3)


@pytest.mark.parametrize(
    ("value_15", "screen", "mean", "low", "high"),
    [
        (-0.55584113, True, 0.1416238, -3.01138, 3.294627),
        (10.0, True, 0.6694159, -2.383666, 3.722497),
        (10.0, False, 0.6694159, -4.596625, 5.935457),
    ],
)
def test_screened_moving_ranges_as_in_nhsrplotthedots(
    value_15: float, screen: bool, mean: float, low: float, high: float
) -> None:
    # tests/testthat/_snaps/ptd_spc_standard.md; its limits are 2.66 mean moving ranges away.
    values = np.array(NORMAL)
    values[14] = value_15
    found = control_charts.limits(Kind.INDIVIDUALS, values, screen=screen)
    assert found.centre == pytest.approx(mean, abs=1e-7)
    mean_range = found.sigma[0] * 1.128
    assert found.centre - 2.66 * mean_range == pytest.approx(low, abs=1e-6)
    assert found.centre + 2.66 * mean_range == pytest.approx(high, abs=1e-6)


def test_u_chart_of_powerbi_spc() -> None:
    # u.test.ts there: hospital infections of the Capital Region of Denmark per 10,000 risk days.
    # All 24 months set the centre; limits of three of them.
    cases = [
        575, 521, 585, 528, 507, 519, 457, 505, 494, 512, 543, 506, 509, 521, 549, 531, 509, 528,
        419, 512, 495, 513, 454, 490,
    ]  # fmt: skip
    days = [
        310466.8333, 282346.7917, 309089.7083, 287977.3333, 297743.375, 286988.25, 261120.3333,
        268720.75, 284437.875, 290449.5, 288104.4583, 279961.375, 289803.9583, 275950.5833,
        290824.4583, 285495.75, 282515.2083, 273927.875, 253085.625, 262410.7083, 275529.25,
        282405.0833, 259530.7917, 256235.4583,
    ]  # fmt: skip
    found = control_charts.limits(Kind.U, np.array(cases), np.array(days) / 10_000)
    high, low = found.centre + 3 * found.sigma, found.centre - 3 * found.sigma
    assert high[[0, 1, 18]] == pytest.approx([20.5349, 20.6467, 20.7823], abs=5e-5)
    assert low[[0, 1, 18]] == pytest.approx([15.9366, 15.8248, 15.6892], abs=5e-5)
    near = found.centre + 2 * found.sigma
    assert near[[0, 1, 18]] == pytest.approx([19.7685, 19.8431, 19.9334], abs=5e-5)


def test_laney_chart_of_powerbi_spc() -> None:
    found = control_charts.limits(Kind.LANEY, np.array(SEEN), np.array(ATTENDED))
    assert found.centre + 3 * found.sigma == pytest.approx(LANEY_HIGH, abs=5.1e-5)
    assert found.centre - 3 * found.sigma == pytest.approx(LANEY_LOW, abs=5.1e-5)


def test_laney_spread_is_the_moving_range_and_not_the_standard_deviation_of_z() -> None:
    # A step in the middle of the baseline: by hand, every moving range but one is 0.
    counts = np.array([100.0] * 10 + [144.0] * 10)
    found = control_charts.limits(Kind.LANEY, counts)
    z = (counts - 122) / np.sqrt(122)
    assert found.spread == pytest.approx(44 / np.sqrt(122) / 19 / 1.128)
    assert found.spread < 0.12 * z.std(ddof=1)


def test_limits_come_from_the_baseline_alone() -> None:
    base = np.array([True] * 10 + [False] * 5)
    counts = np.array([*FLOW, 90, 10, 90, 10, 90])
    found = control_charts.limits(Kind.INDIVIDUALS, counts, base=base)
    alone = control_charts.limits(Kind.INDIVIDUALS, np.array(FLOW))
    assert (found.centre, found.sigma[0]) == (alone.centre, alone.sigma[0])


# --- rules: the cases of NHSRplotthedots' test-ptd_calculate_point_type.R, and edges ------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        ([1, 2, 3, 4, 5, 6], [0] * 6),
        ([1, 2, 3, 3, 4, 5, 6], [0] * 7),
        ([1, 2, 3, 4, 5, 6, 7], [1] * 7),
        ([2, 1, 2, 3, 4, 5, 6, 7, 3], [0, 1, 1, 1, 1, 1, 1, 1, 0]),
        ([7, 6, 5, 4, 3, 2, 1], [-1] * 7),
        ([2, 7, 6, 5, 4, 3, 2, 1, 3], [0, -1, -1, -1, -1, -1, -1, -1, 0]),
        # A peak that ends seven rising and begins seven falling belongs to the fall.
        ([1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3, 2, 1], [1] * 6 + [-1] * 7),
    ],
)
def test_seven_rising_or_falling(values: list[float], expected: list[int]) -> None:
    assert chart_rules.trend(np.array(values, float)).tolist() == expected


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ([], []),
        ([1] * 6, [0] * 6),
        ([1] * 6 + [-1], [0] * 7),
        ([1] * 7, [1] * 7),
        ([1] * 8 + [-1], [1] * 8 + [0]),
        ([-1] * 8 + [1], [-1] * 8 + [0]),
        ([1, 1, 1, 0, 1, 1, 1, 1], [0] * 8),
        ([0] * 9, [0] * 9),
        ([1] * 7 + [-1] * 7, [1] * 7 + [-1] * 7),
    ],
)
def test_seven_on_one_side_of_the_mean(sides: list[int], expected: list[int]) -> None:
    assert chart_rules.one_side(np.array(sides, float), 0.0).tolist() == expected


@pytest.mark.parametrize(
    ("close", "side", "expected"),
    [
        ([], [], []),
        ([1, 1], [1, 1], [0, 0]),
        ([1, 0, 1], [1, 1, 1], [1, 0, 1]),
        ([0, 1, 1], [1, 1, 1], [0, 1, 1]),
        ([1, 1, 0], [1, 1, 1], [1, 1, 0]),
        ([0, 0, 1, 0, 1, 0, 0], [1] * 7, [0, 0, 1, 0, 1, 0, 0]),
        ([1, 0, 0, 1], [1] * 4, [0, 0, 0, 0]),
        ([1, 0, 0, 1, 1], [1] * 5, [0, 0, 0, 1, 1]),
        ([1, 0, 1], [1, -1, 1], [0, 0, 0]),
        ([0, 0, 1, 1, 0, 0, 0], [-1, 1, -1, 1, -1, 1, -1], [0] * 7),
        ([1, 1, 1], [-1, -1, -1], [-1, -1, -1]),
    ],
)
def test_two_of_three_near_a_limit(close: list[int], side: list[int], expected: list[int]) -> None:
    # Centre 0, near limits at 2: a value near a limit is 2.5 away, another 1.
    values = np.array([s * (2.5 if c else 1.0) for c, s in zip(close, side, strict=True)])
    assert chart_rules.two_of_three(values, 0.0, -2.0, 2.0).tolist() == expected


def test_a_value_outside_the_limits_counts_as_one_of_two_near_them() -> None:
    marks = chart_rules.judge(np.array([0.5, 3.5, 2.5]), 0.0, 1.0)
    assert marks[Rule.OUTSIDE].tolist() == [0, 1, 0]
    assert marks[Rule.NEAR].tolist() == [0, 1, 1]


def test_on_a_limit_is_not_outside_it() -> None:
    values = np.array([3.0, 3.0 + 1e-12, 3.001, -3.0, -3.001])
    assert chart_rules.outside(values, -3.0, 3.0).tolist() == [0, 0, 1, 0, -1]


def test_precedence_decides_the_direction() -> None:
    # Rising through the mean: the last value is part of a rise and below nothing.
    values = np.array([-3.5, -2.9, -1.0, 0.5, 1.0, 1.5, 1.9])
    marks = chart_rules.judge(values, 0.0, 1.0)
    assert marks[Rule.OUTSIDE][0] == -1
    assert chart_rules.directions(marks).tolist() == [-1, 1, 1, 1, 1, 1, 1]


SERIES = st.lists(st.integers(-5, 5), max_size=40).map(lambda x: np.array(x, float))


@given(values=SERIES)
def test_rules_treat_both_directions_alike(values: np.ndarray) -> None:
    plain = chart_rules.judge(values, 0.0, 1.2)
    turned = chart_rules.judge(-values, 0.0, 1.2)
    for rule in Rule:
        assert plain[rule].shape == values.shape
        assert (plain[rule] == -turned[rule]).all()
        assert set(plain[rule]) <= {-1, 0, 1}


@given(values=SERIES, scale=st.floats(0.01, 1000), shift=st.floats(-100, 100))
def test_rules_do_not_depend_on_the_unit(values: np.ndarray, scale: float, shift: float) -> None:
    plain = chart_rules.judge(values, 0.3, 1.1)
    other = chart_rules.judge(values * scale + shift, 0.3 * scale + shift, 1.1 * scale)
    for rule in (Rule.OUTSIDE, Rule.NEAR, Rule.SIDE):
        assert (plain[rule] == other[rule]).all()


@given(values=SERIES)
def test_many_series_at_once_are_judged_like_each_alone(values: np.ndarray) -> None:
    together = chart_rules.judge(np.stack([values, -values, values + 1]), 0.0, 1.2)
    alone = chart_rules.judge(values + 1, 0.0, 1.2)
    for rule in Rule:
        assert (together[rule][2] == alone[rule]).all()


# --- charts ------------------------------------------------------------------------------------


def test_a_baseline_below_twelve_says_what_was_needed() -> None:
    with pytest.raises(ModelError, match="baseline") as caught:
        control_charts.chart(monthly([100] * 36), baseline=11)
    assert caught.value.found == "11 months"
    assert caught.value.expected == "12 months or more"


def test_a_short_series_says_what_was_needed() -> None:
    with pytest.raises(ModelError) as caught:
        control_charts.chart(monthly([100] * 11), season=False)
    assert (caught.value.found, caught.value.expected) == ("11 months", "at least 12 months")


def test_a_constant_series_has_no_signal() -> None:
    days = pd.date_range("2019-01-01", periods=36, freq="MS").days_in_month
    for kind in Kind:
        chart = control_charts.chart(monthly(np.asarray(days) * 7.0), kind=kind, season=False)
        assert len(chart.signals) == 0
        assert chart.latest is Variation.COMMON
        assert chart.months["value"].to_numpy() == pytest.approx(7 * 30.4375)


def test_a_season_is_no_signal_once_it_is_taken_out() -> None:
    index = pd.date_range("2018-01-01", periods=60, freq="MS")
    wave = 1 + 0.4 * np.sin(2 * np.pi * np.arange(1, 13) / 12)
    expected = 1000 * np.tile(wave, 5) * np.asarray(index.days_in_month) / 30.4375
    rng = np.random.default_rng(4)
    series = [monthly(rng.poisson(expected).astype(float), "2018-01-01") for _ in range(6)]
    left_in = np.mean([len(control_charts.chart(s, season=False).signals) for s in series])
    own = [control_charts.chart(s) for s in series]
    taken_out = np.mean([len(chart.signals) for chart in own])
    chance = 60 * np.mean([c.false_alarms.at["independent", "months_marked"] for c in own])
    assert left_in > 20
    assert taken_out < 2 * chance
    # A season from elsewhere does the same; only its shape counts, not its level.
    given_season = control_charts.chart(series[0], season=pd.Series(5 * wave, range(1, 13)))
    assert given_season.season is not None
    assert np.log(given_season.season).mean() == pytest.approx(0, abs=1e-12)
    assert given_season.months["centre"].iloc[0] == pytest.approx(
        1000 * np.exp(np.log(wave).mean()), rel=0.02
    )


def test_a_recording_change_begins_a_phase_with_limits_of_its_own() -> None:
    rng = np.random.default_rng(5)
    counts = monthly(np.r_[rng.poisson(400, 30), rng.poisson(200, 14), rng.poisson(300, 5)])
    breaks = [Month(2021, 7), Month(2022, 9)]
    chart = control_charts.chart(counts, kind=Kind.C, breaks=breaks, season=False)
    assert chart.phases["n"].tolist() == [30, 14, 5]
    assert chart.phases["baseline"].tolist() == [24, 14, 0]
    assert chart.phases["centre"][1] == pytest.approx(400, rel=0.05)
    assert chart.phases["centre"][2] == pytest.approx(200, rel=0.05)
    last = chart.months[chart.months["phase"] == 3]
    assert last[["centre", "low", "high", "near_low", "near_high"]].isna().all(axis=None)
    assert (last["rules"] == "").all()
    assert chart.latest is Variation.NO_LIMITS
    assert chart.within(Span(Month(2022, 9), Month(2022, 11))).shape[0] == 3
    # Without the change the same fall is a signal.
    whole = control_charts.chart(counts, kind=Kind.C, season=False)
    assert (whole.months["direction"].iloc[30:44] == "lower").all()


def test_every_kind_of_chart_has_the_limits_of_its_formula() -> None:
    # By hand, months of 31 and 28 days apart in exposure: x over m = days / 30.4375.
    counts = monthly(np.tile([310.0, 280.0, 325.0, 300.0], 6))
    exposure = np.asarray(pd.DatetimeIndex(counts.index).days_in_month) / 30.4375
    published = control_charts.chart(counts, season=False)
    drawn = chart_readings.by_kind(counts, published)
    assert set(drawn) == set(Kind)
    values = counts.to_numpy() / exposure
    pooled = counts.sum() / exposure.sum()
    wide = {
        Kind.INDIVIDUALS: 2.66 * np.abs(np.diff(values)).mean(),
        Kind.C: 3 * np.sqrt(values.mean()),
        Kind.U: 3 * np.sqrt(pooled / exposure),
    }
    z = (values - pooled) / np.sqrt(pooled / exposure)
    wide[Kind.LANEY] = wide[Kind.U] * np.abs(np.diff(z)).mean() / 1.128
    for kind, chart in drawn.items():
        centre = pooled if kind in (Kind.U, Kind.LANEY) else values.mean()
        assert chart.kind is kind
        assert chart.months["centre"].to_numpy() == pytest.approx(centre)
        # 2.66 stands for 3 / 1.128, rounded
        high = (chart.months["high"] - chart.months["centre"]).to_numpy()
        assert high == pytest.approx(np.broadcast_to(wide[kind], 24), rel=2e-4)


def test_a_month_beyond_a_limit_is_told_from_one_in_a_pattern() -> None:
    # 24 months around 200 set the limits 157.6 to 242.4 (c chart by hand); then seven at 210.
    base = np.tile([195.0, 205.0], 12) * np.asarray(LENGTHS[:24]) / 30.4375
    after = np.full(7, 210.0) * np.asarray(LENGTHS[24:31]) / 30.4375
    chart = control_charts.chart(monthly(np.r_[base, after]), kind=Kind.C, season=False)
    assert chart.months["high"].iloc[0] == pytest.approx(200 + 3 * np.sqrt(200))
    # the seventh month of the run marks all seven, and the month before them, 205, an eighth
    assert chart.latest is Variation.PATTERN_HIGHER
    assert chart.stretches[["n", "direction", "outside", "baseline"]].values.tolist() == [
        [8, "higher", 0, 1]
    ]
    assert chart.stretches["level_pct"].iloc[0] == pytest.approx(100 * ((7 * 210 + 205) / 1600 - 1))
    assert chart.variation(Month(2021, 7)) is Variation.PATTERN_HIGHER
    assert chart.variation(Month(2019, 1)) is Variation.COMMON
    after[-1] = 300.0
    beyond = control_charts.chart(monthly(np.r_[base, after]), kind=Kind.C, season=False)
    assert beyond.latest is Variation.HIGHER
    with pytest.raises(KeyError):
        beyond.variation(Month(2030, 1))


def test_runs_of_marked_months_end_with_their_phase_and_direction() -> None:
    # Two levels that swap, in two phases of 24 months each: all runs by hand.
    low, high = 150.0, 250.0
    values = np.r_[[low] * 12, [high] * 12, [high] * 12, [low] * 12]
    counts = monthly(values * np.asarray(LENGTHS[:48]) / 30.4375)
    chart = control_charts.chart(
        counts, kind=Kind.C, breaks=[Month(2021, 1)], season=False, fewer_is="better"
    )
    assert chart.stretches[["first", "last", "n", "phase", "improvement"]].values.tolist() == [
        ["2019-01", "2019-12", 12, 1, "better"],
        ["2020-01", "2020-12", 12, 1, "worse"],
        ["2021-01", "2021-12", 12, 2, "worse"],
        ["2022-01", "2022-12", 12, 2, "better"],
    ]
    assert chart.phases["baseline_signals"].tolist() == [24, 24]
    assert (chart.stretches["n"].sum()) == len(chart.signals)


def test_the_latest_month_with_limits_is_another_one_where_a_phase_has_none() -> None:
    counts = monthly(np.tile([195.0, 205.0], 15))
    chart = control_charts.chart(counts, breaks=[Month(2021, 5)], season=False)
    assert chart.latest is Variation.NO_LIMITS
    assert chart.latest_month == Month(2021, 6)
    assert chart.latest_with_limits == Month(2021, 4)
    short = control_charts.chart(counts.iloc[:14], exclude=[Month(2019, 2)] * 3, season=False)
    assert short.latest_with_limits == Month(2020, 2)
    none = control_charts.chart(
        counts.iloc[:12], exclude=[Month(2019, 2), Month(2019, 12)], season=False
    )
    assert none.latest_with_limits is None
    assert none.latest_month == Month(2019, 11)
    assert none.variation(Month(2019, 12)) is Variation.EXCLUDED
    assert none.stretches.empty


def test_signal_and_improvement_are_told_apart() -> None:
    counts = monthly(np.r_[np.tile([195.0, 205.0], 14), [400.0]])
    better = control_charts.chart(counts, kind=Kind.C, season=False, fewer_is="better")
    neither = control_charts.chart(counts, kind=Kind.C, season=False)
    assert better.latest is neither.latest is Variation.HIGHER
    assert better.months["improvement"].iloc[-1] == "worse"
    assert neither.months["improvement"].iloc[-1] == "neither"
    assert better.months["improvement"].iloc[0] == ""
    low = control_charts.chart(
        monthly(np.r_[np.tile([195.0, 205.0], 14), [90.0]]),
        kind=Kind.C,
        season=False,
        fewer_is="better",
    )
    assert low.latest is Variation.LOWER
    assert low.months["improvement"].iloc[-1] == "better"


def test_an_excluded_month_is_shown_but_neither_judged_nor_used() -> None:
    rng = np.random.default_rng(8)
    values = rng.poisson(300, 30).astype(float)
    faulty = values.copy()
    faulty[[5, 29]] = 3.0
    months = [Month(2019, 6), Month(2021, 6)]
    clean = control_charts.chart(monthly(values), exclude=months, season=False)
    chart = control_charts.chart(monthly(faulty), exclude=months, season=False)
    assert chart.months["centre"].equals(clean.months["centre"])
    assert chart.months["rules"].iloc[[5, 29]].tolist() == ["", ""]
    assert chart.n == 28
    assert chart.months["value"].iloc[5] == pytest.approx(3 * 30.4375 / 30)


@pytest.mark.parametrize(
    "season",
    [
        pd.Series(1.0, range(1, 12)),
        pd.Series(0.0, range(1, 13)),
        pd.Series([np.nan] * 12, range(1, 13)),
    ],
)
def test_a_season_that_cannot_be_used_is_refused(season: pd.Series) -> None:
    with pytest.raises(ModelError, match="season"):
        control_charts.chart(monthly([100.0] * 30), season=season)


def test_gaps_and_directions_that_are_none_are_refused() -> None:
    counts = monthly([100.0] * 30)
    with pytest.raises(ModelError, match="every month"):
        control_charts.chart(counts.drop(counts.index[7]), season=False)
    with pytest.raises(ModelError):
        control_charts.chart(counts, season=False, fewer_is="worse")


@settings(max_examples=25, deadline=None)
@given(
    data=st.lists(st.integers(0, 3000), min_size=14, max_size=60),
    scale=st.integers(2, 9),
    kind=st.sampled_from([Kind.INDIVIDUALS, Kind.LANEY]),
)
def test_empirical_limits_scale_with_the_counts(data: list[int], scale: int, kind: Kind) -> None:
    # Limits by moving ranges follow the unit; Poisson limits would not.
    values = np.array(data, float) + 1
    plain = control_charts.limits(kind, values)
    scaled = control_charts.limits(kind, values * scale)
    assert scaled.centre == pytest.approx(plain.centre * scale)
    assert scaled.sigma == pytest.approx(plain.sigma * scale)


@settings(max_examples=8, deadline=None)
@given(
    data=st.lists(st.integers(0, 500), min_size=26, max_size=60),
    kind=st.sampled_from(list(Kind)),
    at=st.integers(1, 50),
)
def test_lines_are_in_order_and_phases_cover_the_series(
    data: list[int], kind: Kind, at: int
) -> None:
    chart = control_charts.chart(
        monthly(data), kind=kind, breaks=[Month(2019, 1) + at], season=False
    )
    judged = chart.months.dropna(subset=["centre"])
    lines = judged[["low", "near_low", "centre", "near_high", "high"]].to_numpy()
    assert (np.diff(lines, axis=1) >= -1e-9).all()
    assert (lines >= 0).all()
    assert chart.phases["n"].sum() == len(data) == len(chart.months)
    assert (chart.months["rules"] != "").equals(chart.months["direction"] != "")


# --- what the rules do where nothing happens ------------------------------------------------------


def test_false_alarms_are_those_of_charts_on_which_nothing_happens() -> None:
    # Stable overdispersed series, charted one by one: a different path to the same chance.
    rng = np.random.default_rng(11)
    runs = 200
    days = np.asarray(pd.date_range("2019-01-01", periods=36, freq="MS").days_in_month)
    alarms, marked = 0, 0
    for _ in range(runs):
        mean = 1000 * days / 30.4375
        counts = monthly(rng.negative_binomial(mean / 9, 0.1).astype(float))
        base = np.arange(36) < 24
        found = control_charts.limits(Kind.LANEY, counts.to_numpy(), days / 30.4375, base=base)
        marks = chart_rules.judge(counts.to_numpy() / (days / 30.4375), found.centre, found.sigma)
        signals = chart_rules.directions(marks) != 0
        alarms, marked = alarms + signals.any(), marked + signals.sum()
    stated = control_charts.chart(counts, season=False).false_alarms.loc["independent"]
    error = np.sqrt(stated["any_signal"] * (1 - stated["any_signal"]) / runs)
    assert alarms / runs == pytest.approx(stated["any_signal"], abs=3.5 * error)
    assert marked / runs / 36 == pytest.approx(stated["months_marked"], abs=0.02)


def test_poisson_limits_are_false_alarms_on_overdispersed_counts() -> None:
    rng = np.random.default_rng(3)
    counts = monthly(rng.negative_binomial(1000 / 19, 1 / 20, 48).astype(float))
    poisson = control_charts.chart(counts, kind=Kind.U).false_alarms
    laney = control_charts.chart(counts, kind=Kind.LANEY).false_alarms
    assert poisson.loc["independent", "any_signal"] > 0.99
    assert laney.loc["independent", "any_signal"] < 0.5


def test_months_that_are_alike_make_more_false_alarms_and_the_chart_says_so() -> None:
    rng = np.random.default_rng(21)
    level = np.zeros(60)
    for t in range(1, 60):
        level[t] = 0.8 * level[t - 1] + 0.12 * rng.normal()
    chart = control_charts.chart(monthly(rng.poisson(1000 * np.exp(level)).astype(float)))
    assert chart.autocorrelation is not None
    assert chart.autocorrelation > 0.3
    alarms = chart.false_alarms["any_signal"]
    assert alarms["correlated"] > alarms["independent"] + 0.1


def test_a_point_outside_known_limits_by_chance_is_the_tail_of_the_normal_distribution() -> None:
    # c chart, 24 of 36 months set the centre: a month's distance from it has variance 1 - 1/24
    # inside the baseline and 1 + 1/24 outside. Normal tails by scipy.
    found = chart_chance.of_nothing([(36, 24)], Kind.C, seen=0)
    inside, outside = (2 * stats.norm.sf(3 / np.sqrt(1 + s / 24)) for s in (-1, 1))
    expected = (24 * inside + 12 * outside) / 36
    share = found.rules.at["outside the limits", "independent"]
    assert share == pytest.approx(expected, abs=4 * np.sqrt(expected / (36 * chart_chance.DRAWS)))
    assert found.charts.at["independent", "as_many"] == 1.0
    assert list(found.rules.index) == [rule.value for rule in Rule]


def test_seven_in_a_row_by_chance_are_those_of_a_coin() -> None:
    # With a known centre each side is a coin toss: a month is in a run of exactly l with chance
    # l / 2^(l + 1), so in one of seven or more with 8 / 128. The ends of a series of 613 and a
    # centre that is its own mean take a little off.
    found = chart_chance.of_nothing([(613, 600)], Kind.C, seen=0)
    share = found.rules.at["seven on one side of the mean", "independent"]
    assert 8 / 128 - 0.004 < share < 8 / 128


def test_as_many_marks_as_seen_become_rarer_the_more_are_seen() -> None:
    shares = [
        chart_chance.of_nothing([(30, 12)], Kind.LANEY, seen=seen).charts["as_many"].iloc[0]
        for seen in (0, 1, 5, 31)
    ]
    assert shares[0] == 1.0
    assert shares[3] == 0.0
    assert shares == sorted(shares, reverse=True)
    one = chart_chance.of_nothing([(30, 12)], Kind.LANEY, seen=1).charts.iloc[0]
    assert one["as_many"] == one["any_signal"]


def test_a_chart_without_limits_has_no_chance_of_a_mark() -> None:
    found = chart_chance.of_nothing([], Kind.LANEY, seen=0)
    assert found.charts["months_marked"].tolist() == [0.0]
    assert (found.rules == 0).all(axis=None)


def test_a_season_of_the_same_months_makes_limits_too_narrow() -> None:
    # Stable series with a known season. Taking the true season out leaves limits as wide as the
    # chance in it; a season read off the same months takes part of that chance away.
    index = pd.date_range("2020-08-01", periods=36, freq="MS")
    wave = pd.Series(1 + 0.3 * np.sin(2 * np.pi * np.arange(1, 13) / 12), range(1, 13))
    expected = 900 * wave.loc[index.month].to_numpy() * np.asarray(index.days_in_month) / 30.4375
    exposure = np.asarray(index.days_in_month) / 30.4375
    rng = np.random.default_rng(17)
    ratios = []
    for _ in range(60):
        counts = pd.Series(rng.negative_binomial(expected / 9, 0.1).astype(float), index)
        seasons = [chart_season.usual(counts, (), (), season) for season in (True, wave)]
        assert [s[2] for s in seasons] == [SeasonFrom.SAME_MONTHS, SeasonFrom.GIVEN]
        own, known = (
            control_charts.limits(
                Kind.LANEY, counts.to_numpy(), exposure * s[0].loc[index.month].to_numpy()
            ).spread
            for s in seasons
        )
        ratios.append(own / known)
    assert np.mean(ratios) < 0.95


# --- the same drawn otherwise ---------------------------------------------------------------------


def test_readings_change_one_choice_at_a_time() -> None:
    rng = np.random.default_rng(6)
    counts = monthly(rng.poisson(400, 40).astype(float))
    published = control_charts.chart(
        counts,
        baseline=12,
        breaks=[Month(2020, 1)],
        exclude=[Month(2021, 5)],
        season=pd.Series(1.0, range(1, 13)),
        fewer_is="better",
    )
    found = chart_readings.readings(counts, published, confirmed=[])
    assert next(iter(found)) == PUBLISHED
    assert found[PUBLISHED] is published
    assert found[OWN_SEASON].season_from is SeasonFrom.SAME_MONTHS
    assert found[chart_readings.SEASON_LEFT_IN].season is None
    assert found[CONFIRMED_ONLY].breaks == ()
    assert found[WHOLE_PHASE].phases["baseline"].tolist() == [12, 27]
    for name, chart in found.items():
        assert chart.excluded == published.excluded, name
        assert chart.fewer_is == "better", name
        assert (chart.breaks == published.breaks) == (name != CONFIRMED_ONLY)
    same = chart_readings.readings(counts, published, confirmed=[Month(2020, 1)])
    assert CONFIRMED_ONLY not in same
    kinds = chart_readings.by_kind(counts, published)
    pd.testing.assert_frame_equal(kinds[Kind.LANEY].months, published.months)


def test_readings_of_a_short_series_leave_out_what_it_cannot_bear() -> None:
    counts = monthly([200.0 + i % 3 for i in range(20)])
    published = control_charts.chart(counts, baseline=12, season=False)
    found = chart_readings.readings(counts, published)
    assert list(found) == [PUBLISHED, WHOLE_PHASE]


def test_the_autocorrelation_of_a_chart_is_drawn_from_what_the_history_allows() -> None:
    rng = np.random.default_rng(9)
    counts = monthly(rng.poisson(500, 48).astype(float))
    fit = months.fit(counts, months.design(counts.index), what_for="a test")
    drawn, dispersion = chart_chance._drawn(fit)
    assert drawn.mean() == pytest.approx(fit.autocorrelation, abs=4 * drawn.std() / np.sqrt(2000))
    assert set(drawn) <= set(fit.likelihood.index)
    assert (dispersion >= 1).all()
