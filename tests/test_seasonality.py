"""Seasonality, held to published series, to hand calculation and to simulated truth."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import (
    monthly,
    rank_tests,
    season_model,
    season_statement,
    season_tests,
    seasonality,
)
from bcsp_analysis.models.season_statement import StatementVerdict
from bcsp_analysis.models.season_tests import Presence
from bcsp_analysis.periods import Month, Quarter, Span

REFERENCE = Path(__file__).parent / "reference" / "models"
SHAPE = np.array([0.9, 0.85, 0.95, 1.0, 1.1, 1.2, 1.25, 1.15, 1.0, 0.95, 0.9, 0.8])
# Geometric mean 1, as the model's indices have.
SHAPE = SHAPE / np.exp(np.log(SHAPE).mean())


@pytest.fixture(scope="module")
def air() -> pd.Series:
    table = pd.read_csv(REFERENCE / "air_passengers.csv", parse_dates=["month"], index_col="month")
    return table["passengers"].astype(float).asfreq("MS")


def simulate(
    *,
    seed: int,
    months: int = 60,
    shape: np.ndarray = SHAPE,
    level: float = 1000,
    noise: float = 0.0,
    growth: float = 0.003,
    first: str = "2018-04-01",
) -> pd.Series:
    """Poisson counts with season, growth and a gamma factor of relative spread `noise`."""
    random = np.random.default_rng(seed)
    index = pd.date_range(first, periods=months, freq="MS")
    calendar = np.asarray(index.month)
    expected = level * monthly.days_in(index) / monthly.MEAN_MONTH_DAYS
    expected = expected * shape[calendar - 1] * np.exp(growth * np.arange(months))
    if noise:
        expected = expected * random.gamma(1 / noise**2, noise**2, size=months)
    return pd.Series(random.poisson(expected).astype(float), index, name="simulated")


def exact(months: int, shape: np.ndarray = SHAPE) -> pd.Series:
    """Expected counts without any noise, large enough that rounding does not matter."""
    index = pd.date_range("2018-01-01", periods=months, freq="MS")
    calendar = np.asarray(index.month)
    return pd.Series(1e5 * monthly.days_in(index) * shape[calendar - 1], index, name="exact")


def test_qs_of_the_airline_series(air: pd.Series) -> None:
    # R seastests / JDemetra+, differenced and twice differenced logarithm, as carried in the
    # project's statistical notes: 206.688 and 176.33.
    logs = np.log(air)
    assert season_tests.qs(logs.diff().dropna()).statistic == pytest.approx(206.688, abs=5e-4)
    assert season_tests.qs(logs.diff().diff().dropna()).statistic == pytest.approx(176.33, abs=5e-3)


def test_strength_of_the_airline_series(air: pd.Series) -> None:
    # The project's statistical notes: STL strength of the logarithm .976.
    assert season_tests.strength(np.log(air)) == pytest.approx(0.976, abs=5e-4)


def test_indices_of_the_airline_series(air: pd.Series) -> None:
    # R decompose(AirPassengers, "multiplicative"), indices January to December of the monthly
    # totals. Ours are per day: brought back to months of their length and to a mean of 1. The
    # same columns under equal weights for all years, as R has, agree within .01; the count model
    # weighs the later years more, whose summers stand out more (R's own index for July is 1.18
    # on the first six years and 1.27 on the last six), and agrees within .025.
    published = [0.9102, 0.8836, 1.0074, 0.9759, 0.9814, 1.1128]
    published += [1.2266, 1.2199, 1.0605, 0.9218, 0.8012, 0.8988]
    result = seasonality.analyse(air)
    days = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    columns = monthly.design(air.index)
    equal = np.linalg.lstsq(columns.to_numpy(), np.log(air / monthly.days_in(air.index)))[0]
    effects = pd.Series(equal, columns.columns).filter(like="month_").to_numpy()
    for logs, tolerance in (
        (np.append(effects, -effects.sum()), 0.01),
        (np.log(result.indices["index"].to_numpy()), 0.025),
    ):
        ours = np.exp(logs) * days
        assert ours / ours.mean() == pytest.approx(published, abs=tolerance)
    assert result.presence.verdict is Presence.PRESENT
    assert set(result.peak.candidates) <= {7, 8}
    assert (result.peak.trough, result.peak.trough_candidates) == (11, (11,))
    assert result.strength > result.strength_by_chance


def test_qs_by_hand() -> None:
    # A pure 12-month pattern over 4 years: r_12 = 36/48, r_24 = 24/48 (same sums of squares), so
    # QS = 48 x 50 x (.75² / 36 + .5² / 24) = 62.5.
    result = season_tests.qs(np.tile(SHAPE, 4))
    assert result.statistic == pytest.approx(62.5)


def test_qs_is_zero_without_positive_autocorrelation() -> None:
    alternating = np.concatenate([SHAPE - SHAPE.mean(), -(SHAPE - SHAPE.mean())] * 2)
    assert season_tests.qs(alternating).statistic == 0


def test_rank_tests_at_their_largest() -> None:
    # The project's statistical notes: with three years the largest possible Friedman statistic is
    # 33.0 (chi-squared p .0005) and the largest Kruskal-Wallis statistic 34.8 (p .0003). Of 12!²
    # and 36! / (3!)^12 equally likely orders next to none is as large: the least p there can be.
    index = pd.date_range("2019-01-01", periods=36, freq="MS")
    separate = pd.Series(np.tile(np.arange(12) * 10.0, 3) + np.repeat([0, 1, 2], 12), index)
    friedman = season_tests.friedman(separate)
    assert friedman is not None
    assert friedman.statistic == pytest.approx(33.0)
    assert friedman.p_value == pytest.approx(1 / 20_001)
    ranks = season_tests.kruskal_wallis(separate)
    assert ranks.statistic == pytest.approx(34.8, abs=0.05)
    assert ranks.p_value == pytest.approx(1 / 20_001)
    rows = separate.to_numpy().reshape(3, 12)
    assert rank_tests.friedman(rows).approximate_p == pytest.approx(0.0005, abs=5e-5)
    groups = rank_tests.kruskal_wallis(list(rows.T))
    assert groups.approximate_p == pytest.approx(0.0003, abs=5e-5)


# Exact tails of the null distribution, from published tables: Kruskal and Wallis (1952), table 6.1,
# groups of 5, 5, 5; Friedman (1937) as in Siegel (1956), Nonparametric Statistics, table N,
# 3 conditions and 5 blocks, 4 conditions and 3 blocks. Tolerance: three standard errors of 20,000
# drawn orders.
@pytest.mark.parametrize(
    ("values", "statistic", "tail"),
    [
        # Rank sums 23, 40, 57 and 20, 40, 60.
        ([[1, 2, 3, 7, 10], [4, 5, 8, 9, 14], [6, 11, 12, 13, 15]], 5.78, 0.049),
        ([[1, 2, 3, 4, 10], [5, 7, 8, 9, 11], [6, 12, 13, 14, 15]], 8.00, 0.009),
    ],
)
def test_kruskal_wallis_against_the_exact_table(
    values: list[list[float]], statistic: float, tail: float
) -> None:
    test = rank_tests.kruskal_wallis([np.array(group, float) for group in values])
    assert test.statistic == pytest.approx(statistic, abs=0.005)
    assert test.p_value == pytest.approx(tail, abs=3 * np.sqrt(tail / 20_000))


@pytest.mark.parametrize(
    ("rows", "statistic", "tail"),
    [
        ([[1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 3, 2], [2, 3, 1]], 4.8, 0.124),
        ([[1, 2, 3], [1, 2, 3], [1, 2, 3], [1, 3, 2], [1, 3, 2]], 7.6, 0.024),
        ([[1, 2, 3, 4], [1, 2, 4, 3], [1, 3, 2, 4]], 7.0, 0.054),
    ],
)
def test_friedman_against_the_exact_table(
    rows: list[list[float]], statistic: float, tail: float
) -> None:
    test = rank_tests.friedman(np.array(rows, float))
    assert test.statistic == pytest.approx(statistic, abs=0.005)
    assert test.p_value == pytest.approx(tail, abs=3 * np.sqrt(tail / 20_000))


def test_years_with_a_month_left_out_do_not_enter_friedman() -> None:
    index = pd.date_range("2019-08-01", periods=48, freq="MS")
    series = pd.Series(np.arange(48.0), index)
    years = season_tests.complete_years(series.drop(pd.Timestamp("2020-09-01")))
    assert list(years.index) == [0, 2, 3]
    assert years.loc[0, 8] == 0
    assert years.loc[2, 1] == 29


def test_month_length_alone_is_no_season() -> None:
    # 3,000 a day throughout: totals differ by month, rates do not.
    flat = exact(48, np.ones(12))
    result = seasonality.analyse(flat)
    assert result.indices["index"].to_numpy() == pytest.approx(np.ones(12), abs=1e-6)
    assert result.adjusted.to_numpy() == pytest.approx(1e5 * 30.4375)
    assert result.presence["F"].p_value > 0.99


def test_known_season_is_recovered() -> None:
    result = seasonality.analyse(exact(48))
    assert result.indices["index"].to_numpy() == pytest.approx(SHAPE, abs=1e-4)
    assert (result.peak.month, result.peak.trough) == (7, 12)
    assert result.trend.to_numpy() == pytest.approx(1e5, rel=1e-4)
    months = [4, 5, 6, 7, 8]
    others = [m for m in range(1, 13) if m not in months]
    ratio = np.exp(
        np.log(SHAPE)[[m - 1 for m in months]].mean()
        - np.log(SHAPE)[[m - 1 for m in others]].mean()
    )
    assert result.statement.ratio == pytest.approx(ratio, rel=1e-4)


def test_step_is_estimated_and_not_taken_for_season() -> None:
    series = simulate(seed=1, months=60)
    series["2021-07":] = np.round(series["2021-07":] * 0.6)
    result = seasonality.analyse(series, breaks=[Month(2021, 7)])
    step = result.steps.loc["2021-07"]
    assert step["low"] < 0.6 < step["high"]
    assert result.breaks == (Month(2021, 7),)
    inside = result.indices["low_all"].lt(SHAPE) & result.indices["high_all"].gt(SHAPE)
    assert inside.all()


def test_breaks_outside_the_series_do_not_enter() -> None:
    result = seasonality.analyse(simulate(seed=2), breaks=[Month(2010, 1), Month(2030, 1)])
    assert result.breaks == ()


def test_simultaneous_intervals_hold_the_truth() -> None:
    # Truth known: all twelve at once in nominally 95 of 100 series. 40 series; four standard
    # errors of simulation below it is 81 per cent.
    hits = 0
    for seed in range(40):
        indices = seasonality.analyse(simulate(seed=seed, noise=0.08)).indices
        hits += bool((indices["low_all"].lt(SHAPE) & indices["high_all"].gt(SHAPE)).all())
        assert (indices["low_all"] <= indices["low"]).all()
        assert (indices["high_all"] >= indices["high"]).all()
    assert hits / 40 > 0.81


def test_what_cannot_be_told_from_the_best_is_hsus_set() -> None:
    # Hsu (1981), equal variances: a mean is left out where it lies below the largest by more than
    # d s sqrt(2 / n), with d the one-sided critical value of Dunnett's comparisons with a control.
    # Dunnett (1955), table 1a: three treatments, infinite df, joint confidence 95%: d = 2.06.
    random = np.random.default_rng(5)
    reach = 2.06 * math.sqrt(2)
    for off, kept in ((0.97, True), (1.03, False)):
        effects = np.array([0.0, -off * reach, -20.0, -30.0])
        draws = effects + random.normal(size=(200_000, 4))
        found = season_model.rivals_of_best(effects, draws, 0.95)
        assert found.tolist() == [True, kept, False, False]


def test_false_alarms_of_the_presence_verdict() -> None:
    # No season in truth: at most 5 per cent; 60 series, three standard errors above it is 13.
    flat = np.ones(12)
    found = sum(
        seasonality.analyse(
            simulate(seed=500 + seed, shape=flat, noise=0.1, months=36)
        ).presence.verdict
        is Presence.PRESENT
        for seed in range(60)
    )
    assert found / 60 < 0.13


def test_a_strong_season_is_found_in_three_years() -> None:
    result = seasonality.analyse(simulate(seed=3, months=36, noise=0.03))
    assert result.presence.verdict is Presence.PRESENT
    assert {test.name for test in result.presence.tests} == {
        "F",
        "Kruskal-Wallis",
        "Friedman",
        "QS",
    }


def test_short_history_gives_no_verdict() -> None:
    result = seasonality.analyse(simulate(seed=4, months=30))
    assert result.presence.verdict is Presence.TOO_SHORT


def test_what_years_can_support() -> None:
    # The project's statistical notes: 3 years 37%, 5 years 55%, 10 years 74%, 14 years 81%.
    bounds = [season_statement.bound_if_all_agree(years) for years in (3, 5, 10, 14)]
    assert bounds == pytest.approx([0.37, 0.55, 0.74, 0.81], abs=5e-3)
    assert season_statement.years_needed(0.80) == 14
    assert season_statement.years_needed(0.90) == 29


def test_clopper_pearson_by_hand() -> None:
    # None of 3: upper limit 1 - .025^(1/3); all of 15: lower limit .025^(1/15).
    assert season_statement.clopper_pearson(0, 3, 0.95)[1] == pytest.approx(1 - 0.025 ** (1 / 3))
    assert season_statement.clopper_pearson(15, 15, 0.95)[0] == pytest.approx(0.025 ** (1 / 15))
    assert season_statement.clopper_pearson(0, 0, 0.95) == (0, 1)


def test_statement_counts_by_hand() -> None:
    # No noise and no trend: every April to August lies above, in each of four years.
    shape = np.where(np.isin(np.arange(1, 13), [4, 5, 6, 7, 8]), 1.2, 1.0)
    statement = seasonality.analyse(exact(48, shape)).statement
    assert (statement.month_years, statement.above) == (20, 20)
    assert (statement.own_year_month_years, statement.above_own_year) == (20, 20)
    assert (statement.years, statement.years_agreeing) == (4, 4)
    assert statement.years_share_low == pytest.approx(0.05 ** (1 / 4))
    assert statement.bound_if_all_agree == pytest.approx(0.05 ** (1 / 4))
    assert statement.ratio == pytest.approx(1.2, rel=1e-5)
    assert statement.verdict is StatementVerdict.HOLDS
    assert list(statement.by_month.index) == [4, 5, 6, 7, 8]
    assert (statement.by_month["years"] == 4).all()


def test_statement_fails_where_the_season_runs_the_other_way() -> None:
    shape = np.where(np.isin(np.arange(1, 13), [4, 5, 6, 7, 8]), 0.8, 1.0)
    statement = seasonality.analyse(exact(60, shape)).statement
    assert statement.above == 0
    assert statement.verdict is StatementVerdict.FAILS


def test_statement_of_a_flat_noisy_series_is_not_supported() -> None:
    flat = simulate(seed=6, shape=np.ones(12), noise=0.1, months=36)
    statement = seasonality.analyse(flat).statement
    assert statement.verdict is not StatementVerdict.HOLDS
    assert statement.probability_low < 0.8


def test_faulty_months_run_beside() -> None:
    series = simulate(seed=7, months=48)
    series["2022-01":"2022-03"] *= 3
    faulty = [Month(2022, 1), Month(2022, 2), Month(2022, 3)]
    result = seasonality.analyse(series, faulty=faulty)
    beside = result.sensitivity
    assert beside is not None
    assert (result.n, beside.n, beside.excluded) == (48, 45, tuple(faulty))
    distance = [
        float(np.abs(np.log(indices["index"] / SHAPE)).max())
        for indices in (result.indices, beside.indices)
    ]
    assert distance[1] < distance[0] / 3
    assert beside.presence.verdict is Presence.PRESENT


def test_parts_of_a_change_by_hand() -> None:
    # Second quarter of 2023/24 against the first: 92 and 91 days; the season of the exact series
    # is the day-weighted mean of its shape; the count doubled beyond both.
    result = seasonality.analyse(exact(48))
    first, second = Quarter(2023, 1).span, Quarter(2023, 2).span
    season = [
        sum(SHAPE[m.number - 1] * m.days for m in span) / span.days for span in (first, second)
    ]
    usual = season[1] / season[0]
    counts = (1000.0, 2000 * 92 / 91 * usual)
    parts = seasonality.decompose(result, first, second, counts, dispersion=4)
    assert parts.calendar == pytest.approx(92 / 91)
    assert parts.season == pytest.approx(usual, rel=1e-4)
    assert parts.remainder == pytest.approx(2, rel=1e-4)
    width = math.log(parts.remainder_high / parts.remainder_low)
    # t with 33 - the exact season adds nothing - of four times the Poisson variance.
    assert width >= 2 * 1.96 * math.sqrt(4 * (1 / counts[0] + 1 / counts[1]))


@settings(max_examples=25, deadline=None)
@given(
    st.integers(min_value=0, max_value=30),
    st.integers(min_value=1, max_value=12),
    st.integers(min_value=1, max_value=9000),
    st.integers(min_value=1, max_value=9000),
)
def test_parts_multiply_to_the_change(start: int, length: int, a: int, b: int) -> None:
    first = Span(Month(2020, 1) + start, Month(2020, 1) + (start + length - 1))
    second = Span(first.last + 1, first.last + length)
    parts = seasonality.decompose(RESULT, first, second, (a, b), dispersion=3)
    assert parts.calendar * parts.season * parts.remainder == pytest.approx(b / a)
    assert parts.remainder_low <= parts.remainder <= parts.remainder_high
    if length == 12:
        assert parts.season == pytest.approx(1, abs=0.005)


RESULT = seasonality.analyse(simulate(seed=8, noise=0.05))


@settings(max_examples=8, deadline=None)
@given(st.integers(min_value=2, max_value=50), st.sampled_from([-48, 48, 96]))
def test_size_and_years_do_not_move_the_indices(factor: int, shift: int) -> None:
    # 48 months later the calendar is the same, leap year and all.
    series = simulate(seed=9, months=36, noise=0.05)
    plain = seasonality.analyse(series)
    moved = seasonality.analyse(series.shift(shift, freq="MS"))
    larger = seasonality.analyse(series * factor)
    assert moved.indices.to_numpy() == pytest.approx(plain.indices.to_numpy(), abs=1e-6)
    assert larger.indices["index"].to_numpy() == pytest.approx(plain.indices["index"].to_numpy())


def test_results_are_the_same_each_time() -> None:
    series = simulate(seed=10, noise=0.1)
    pd.testing.assert_frame_equal(
        seasonality.analyse(series).indices, seasonality.analyse(series).indices
    )


def test_indices_are_centred_and_shares_add_up() -> None:
    indices = RESULT.indices
    assert float(np.log(indices["index"]).sum()) == pytest.approx(0, abs=1e-9)
    assert float(indices["peak"].sum()) == pytest.approx(1)
    assert float(indices["trough"].sum()) == pytest.approx(1)
    assert (indices["low"] < indices["index"]).all()
    assert (indices["high"] > indices["index"]).all()
    assert list(indices.index) == list(range(1, 13))


def test_adjusted_series_has_neither_season_nor_month_length() -> None:
    adjusted = seasonality.analyse(exact(48)).adjusted
    assert adjusted.to_numpy() == pytest.approx(1e5 * 30.4375, rel=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"months": []}, "statement's months"),
        ({"months": list(range(1, 13))}, "statement's months"),
        ({"months": [13]}, "statement's months"),
        ({"exclude": [Month(2018, 4) + i for i in range(40)]}, "longer history"),
        ({"exclude": [Month(2018, 4) + 12 * i for i in range(5)]}, "tell its influences"),
    ],
)
def test_impossible_requests_are_named(arguments: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        seasonality.analyse(simulate(seed=11), **arguments)


def test_short_or_broken_series_are_named() -> None:
    with pytest.raises(ModelError, match="longer history") as caught:
        seasonality.analyse(simulate(seed=12, months=20))
    assert "20 months" in caught.value.found
    with pytest.raises(ModelError, match="every month"):
        seasonality.analyse(simulate(seed=12).drop(pd.Timestamp("2019-05-01")))
    span = Quarter(2020, 1).span
    with pytest.raises(ModelError, match="no parts"):
        seasonality.decompose(RESULT, span, span, (0, 5), dispersion=1)
