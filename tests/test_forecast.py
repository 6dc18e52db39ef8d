"""Outlook, held to published fits, closed forms, hand calculation and simulated truth."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bcsp_analysis.errors import (
    DataError,
    DuplicateRowError,
    FigureError,
    HeaderError,
    ModelError,
    PeriodError,
)
from bcsp_analysis.models import forecast as outlook
from bcsp_analysis.models import forecast_accuracy, forecast_methods
from bcsp_analysis.models.forecast import Finding
from bcsp_analysis.periods import Month, Quarter

REFERENCE = Path(__file__).parent / "reference" / "models2"
METHODS = (
    forecast_methods.seasonal_naive,
    forecast_methods.exponential_smoothing,
    forecast_methods.sarima,
    forecast_methods.count_model,
)

# Quarterly visitor nights in Australia, 1999 to 2015 (austourists of the R package fpp2), in the
# order of print in statsmodels' test_exponential_smoothing.py.
AUSTOURISTS = [
    30.052513, 19.148496, 25.317692, 27.591437, 32.076456, 23.487961, 28.475940, 35.123753,
    36.838485, 25.007017, 30.722230, 28.693759, 36.640986, 23.824609, 29.311683, 31.770309,
    35.177877, 19.775244, 29.601750, 34.538842, 41.273599, 26.655862, 28.279859, 35.191153,
    42.205664, 24.649171, 32.667335, 37.257354, 45.242460, 29.350481, 36.344207, 41.782081,
    49.276598, 31.275401, 37.850625, 38.837044, 51.236900, 31.838552, 41.323421, 42.799003,
    55.708358, 33.407145, 42.316638, 45.157123, 59.576080, 34.837330, 44.841681, 46.971250,
    60.019031, 38.371179, 46.975864, 50.733796, 61.646873, 39.299569, 52.671209, 54.332317,
    66.834358, 40.871188, 51.828536, 57.491910, 65.251470, 43.061208, 54.760757, 59.834475,
    73.257027, 47.696624, 61.097768, 66.055761,
]  # fmt: skip


def air_passengers() -> np.ndarray:
    """Box and Jenkins (1976), series G: international airline passengers, 1949 to 1960."""
    return pd.read_csv(REFERENCE / "air_passengers.csv")["passengers"].to_numpy(float)


def monthly(values: np.ndarray | list[float], start: str = "2019-04-01") -> pd.Series:
    index = pd.date_range(start, periods=len(values), freq="MS", name="month")
    return pd.Series(np.asarray(values, float), index=index, name="made up")


# --- methods -------------------------------------------------------------------------------------


def test_sarima_of_air_passengers() -> None:
    # R: arima(log(AirPassengers), c(0,1,1), list(order = c(0,1,1), period = 12)):
    # ma1 -0.4018, sma1 -0.5569, sigma^2 0.001348, log likelihood 244.7.
    fit = forecast_methods.fit_sarima(np.log(air_passengers()), (0, 1, 1), (0, 1, 1, 12), steps=14)
    assert fit.parameters["ma.L1"] == pytest.approx(-0.4018, abs=1e-4)
    assert fit.parameters["ma.S.L12"] == pytest.approx(-0.5569, abs=1e-4)
    assert fit.parameters["sigma2"] == pytest.approx(0.001348, abs=1e-6)
    assert fit.loglik == pytest.approx(244.70, abs=0.005)
    # Psi weights of the airline model: 1, then 1 + theta; at lag 12 and 13 the season comes in.
    theta, big = fit.parameters["ma.L1"], fit.parameters["ma.S.L12"]
    assert fit.weights[:12] == pytest.approx([1.0] + [1 + theta] * 11)
    assert fit.weights[12] == pytest.approx(1 + theta + 1 + big)
    assert fit.aicc == pytest.approx(2 * 3 - 2 * fit.loglik + 2 * 3 * 4 / (131 - 4))


@pytest.mark.parametrize(
    ("options", "alpha", "gamma", "published"),
    [
        ({}, 0.54216695, 0.39203017, [75.32914757, 50.16726775, 62.21021038, 65.90296904]),
        (
            {"trend": "add", "damped_trend": True},
            0.35445427,
            0.39993387,
            [76.07768073, 51.61741109, 63.96457729, 68.27886241],
        ),
    ],
)
def test_ets_against_r(options: dict, alpha: float, gamma: float, published: list[float]) -> None:
    # R's forecast::ets on austourists, models ANA and AAdA, from statsmodels'
    # tsa/tests/results/fit_ets_results_seasonal.json. R also estimates the initial states, we take
    # statsmodels' heuristic ones, so forecasts agree to half a per cent, not to the last digit.
    fit = forecast_methods.fit_ets(np.array(AUSTOURISTS), period=4, **options)
    assert np.asarray(fit.forecast(4)) == pytest.approx(published, rel=5e-3)
    parameters = dict(zip(fit.model.param_names, np.asarray(fit.params), strict=False))
    assert parameters["smoothing_level"] == pytest.approx(alpha, abs=0.01)
    assert parameters["smoothing_seasonal"] == pytest.approx(gamma, abs=0.01)


def test_seasonal_naive_by_hand() -> None:
    # From April 2022: each month as a year before, per day. February 2024 has a day more than
    # February 2023; months beyond twelve repeat the same last year.
    values = np.arange(100.0, 148.0)
    paths = forecast_methods.seasonal_naive(monthly(values), 13, 50, 1)
    by_hand = values[-12:].copy()
    by_hand[10] *= 29 / 28
    assert monthly(values).index[-1] == pd.Timestamp("2023-03-01")
    assert paths.point[:12] == pytest.approx(by_hand)
    assert paths.point[12] == pytest.approx(values[-12])


def test_seasonal_naive_range_has_the_spread_of_changes_on_the_year() -> None:
    # A season that walks at random, year by year: changes are independent, standard deviation 0.1.
    rng = np.random.default_rng(9)
    steps = rng.normal(0, 0.1, (40, 12))
    counts = monthly(1000 * np.exp(np.cumsum(steps, axis=0)).ravel(), "1980-01-01")
    days = np.asarray(counts.index.days_in_month)
    paths = forecast_methods.seasonal_naive(counts * days / 30, 24, 20_000, 1)
    logs = np.log(paths.draws / paths.point)
    assert logs[:, 5].std() == pytest.approx(0.1, rel=0.06)
    assert logs[:, 17].std() == pytest.approx(0.1 * math.sqrt(2), rel=0.06)
    assert abs(np.corrcoef(logs[:, 3], logs[:, 4])[0, 1]) < 0.1


def test_count_model_finds_its_own_truth() -> None:
    # Level 500 a mean month, growing 6% a year, one wave of 20%: expected counts are known.
    index = pd.date_range("2015-04-01", periods=104, freq="MS")
    at = np.arange(104)
    turn = 2 * np.pi * (np.asarray(index.month) - 0.5) / 12
    mean = 500 * np.exp(0.06 * at / 12 + 0.2 * np.sin(turn)) * np.asarray(index.days_in_month)
    mean = mean / 30.4375
    rng = np.random.default_rng(2)
    counts = monthly(rng.poisson(mean[:96]), "2015-04-01")
    paths = forecast_methods.count_model(counts, 8, 4000, 1)
    assert paths.point == pytest.approx(mean[96:], rel=0.03)
    # Poisson noise of one month plus little for the coefficients.
    assert paths.draws[:, 0].std() == pytest.approx(math.sqrt(mean[96]), rel=0.25)


def test_count_model_takes_a_recording_change_as_a_step() -> None:
    rng = np.random.default_rng(6)
    counts = monthly(np.r_[rng.poisson(1000, 36), rng.poisson(600, 12)])
    with_step = forecast_methods.count_model(counts, 3, 500, 1, breaks=[Month(2022, 4)])
    assert with_step.point == pytest.approx([600] * 3, rel=0.06)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_futures(method: forecast_accuracy.Method) -> None:
    rng = np.random.default_rng(3)
    counts = monthly(rng.poisson(200, 40))
    first, second = method(counts, 5, 200, 7), method(counts, 5, 200, 7)
    assert (first.draws == second.draws).all()
    assert (method(counts, 5, 200, 8).draws != first.draws).any()


@settings(max_examples=6, deadline=None)
@given(
    data=st.lists(st.integers(0, 12), min_size=24, max_size=30).filter(lambda x: sum(x) > 0),
    months=st.integers(1, 14),
)
def test_small_counts_and_zeros_give_finite_futures(data: list[int], months: int) -> None:
    for method in METHODS:
        try:
            paths = method(monthly(data), months, 50, 1)
        except ModelError:
            assert method is forecast_methods.count_model
            continue
        assert paths.draws.shape == (50, months)
        assert np.isfinite(paths.draws).all()
        assert (paths.draws >= 0).all()
        assert (paths.point >= 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_ranges_of_simulated_series_hold_what_they_promise(
    method: forecast_accuracy.Method,
) -> None:
    # Truth: 60 months, a season, overdispersion 8, a level that wanders by 2% a month. So few hits
    # as the bounds would happen once in two thousand times to ranges that keep their promise.
    rng = np.random.default_rng(17)
    hits80 = hits95 = 0
    runs = 24
    for run in range(runs):
        index = pd.date_range("2018-01-01", periods=66, freq="MS")
        level = np.cumsum(rng.normal(0, 0.02, 66))
        wave = 0.15 * np.sin(2 * np.pi * np.asarray(index.month) / 12)
        mean = 900 * np.exp(level + wave) * np.asarray(index.days_in_month) / 30.4375
        counts = monthly(rng.negative_binomial(mean / 7, 1 / 8), "2018-01-01")
        paths = method(counts.iloc[:60], 6, 400, run)
        for low, hits in ((0.1, 80), (0.025, 95)):
            for start in (0, 3):
                total = counts.iloc[60 + start : 63 + start].sum()
                bounds = np.quantile(paths.draws[:, start : start + 3].sum(1), [low, 1 - low])
                inside = bounds[0] <= total <= bounds[1]
                hits80, hits95 = hits80 + inside * (hits == 80), hits95 + inside * (hits == 95)
    # The two quarters of a series miss together: as many as half as many totals, doubled.
    assert hits80 >= 2 * stats.binom.ppf(0.0005, runs, 0.8)
    assert hits95 >= 2 * stats.binom.ppf(0.0005, runs, 0.95)


# --- comparison of methods -----------------------------------------------------------------------


def test_mean_absolute_scaled_error_by_hand() -> None:
    # Season of 2: changes |3-1|, |6-2|, |5-3| have mean 8/3; errors 1, 3 have mean 2.
    training = [1.0, 2.0, 3.0, 6.0, 5.0]
    found = outlook.mean_absolute_scaled_error(training, [10.0, 10.0], [9.0, 13.0], season=2)
    assert found == pytest.approx(2 / (8 / 3))
    assert math.isnan(outlook.mean_absolute_scaled_error([1, 2, 1, 2], [3], [4], season=2))


def test_advantage_by_closed_form() -> None:
    # One wave: Student's t with one degree of freedom is Cauchy, p = 1/2 + atan(t) / pi.
    differences = np.array([-1.0, -2.0, -3.0, -2.0])
    wave = np.cos(np.pi * (np.arange(4) + 0.5) / 4)
    average = math.sqrt(2 / 4) * float(differences @ wave)
    t = -2.0 / math.sqrt(average**2 / 4)
    expected = 0.5 + math.atan(t) / math.pi
    assert forecast_accuracy.advantage_p(differences, 1) == pytest.approx(expected)
    assert forecast_accuracy.advantage_p(-differences, 1) == pytest.approx(1 - expected)


@pytest.mark.parametrize(("overlap", "waves"), [(6, 1), (2, 5)])
def test_advantage_of_overlapping_forecasts_by_luck_is_rare(overlap: int, waves: int) -> None:
    # Losses that are averages of `overlap` shared shocks, no advantage: twelve origins a month
    # apart (one wave) and three months apart (five). Nominal 5%, up to 9% allowed.
    rng = np.random.default_rng(1)
    shocks = rng.normal(size=(3000, 12 + overlap - 1))
    windows = np.lib.stride_tricks.sliding_window_view(shocks, overlap, axis=1).mean(axis=2)
    p_values = [forecast_accuracy.advantage_p(row, waves) for row in windows]
    assert np.mean(np.array(p_values) < 0.05) < 0.09


@pytest.mark.parametrize(("n", "origins"), [(24, 0), (35, 11), (36, 12), (48, 12), (200, 12)])
def test_origins_leave_two_years_of_training(n: int, origins: int) -> None:
    lengths = forecast_accuracy._origins(n)
    assert len(lengths) == origins
    assert all(24 <= length < n for length in lengths)


def test_a_clear_trend_beats_last_years_months() -> None:
    rng = np.random.default_rng(12)
    at = np.arange(96)
    counts = monthly(rng.poisson(800 * np.exp(0.012 * at)))
    result = outlook.forecast(counts, quarters=2)
    assert result.finding is Finding.BETTER
    assert result.winner == result.chosen == result.accuracy.index[0]
    assert result.accuracy.at[result.winner, "p_better"] < 0.05
    assert result.origins == 12


def test_months_that_repeat_are_no_better_forecast_by_a_model() -> None:
    # Truth: each calendar month walks by itself from year to year, so that the same month of last
    # year is the best forecast there is; two waves cannot follow such a season.
    rng = np.random.default_rng(4)
    year = np.log(rng.integers(200, 1800, 12))
    walk = np.cumsum(rng.normal(0, 0.1, (5, 12)), axis=0)
    index = pd.date_range("2019-04-01", periods=60, freq="MS")
    counts = monthly(np.exp(year + walk).ravel() * np.asarray(index.days_in_month) / 30)
    result = outlook.forecast(counts)
    assert result.winner is None
    assert result.chosen == "seasonal naive"
    assert result.finding in (Finding.NO_BETTER, Finding.NOT_CLEARLY)
    assert result.accuracy.loc["count model", "skill"] < -100


def test_thirty_months_are_too_few_to_compare_methods() -> None:
    rng = np.random.default_rng(4)
    result = outlook.forecast(monthly(rng.poisson(300, 30)))
    assert result.finding is Finding.TOO_SHORT
    assert result.origins == 6
    assert result.accuracy["p_better"].isna().all()
    assert result.chosen == "seasonal naive"


def test_a_series_that_repeats_exactly_is_forecast_exactly() -> None:
    index = pd.date_range("2019-01-01", periods=36, freq="MS")
    counts = monthly(np.asarray(index.days_in_month) * 10.0, "2019-01-01")
    result = outlook.forecast(counts)
    assert result.finding is Finding.NO_BETTER
    row = result.range_of(Quarter.parse("2021/22 Q4"))
    assert row["point"] == row["low95"] == row["high95"] == pytest.approx(900)


# --- result --------------------------------------------------------------------------------------


def test_a_quarter_that_has_begun_holds_what_was_observed() -> None:
    rng = np.random.default_rng(3)
    counts = monthly(rng.poisson(400, 28))  # April 2019 to July 2021
    result = outlook.forecast(counts, quarters=4)
    assert [q.slug for q in result.quarters] == [
        "2021-22-q2", "2021-22-q3", "2021-22-q4", "2022-23-q1",
    ]  # fmt: skip
    observed = result.ranges["observed"].unstack().iloc[:, 0]
    assert observed.tolist() == [1, 0, 0, 0]
    naive = result.ranges.loc[("2021-22-q2", "seasonal naive")]
    by_hand = counts.iloc[-1] + counts["2020-08-01"] + counts["2020-09-01"]
    assert naive["point"] == pytest.approx(by_hand)
    ends = result.ranges[["low95", "low80", "high80", "high95"]].to_numpy()
    assert (np.diff(ends, axis=1) >= 0).all()
    assert (ends[:4, 0] >= counts.iloc[-1]).all()
    assert result.months.index[0] == pd.Timestamp("2021-08-01")
    assert len(result.months) == 11


def test_quarters_that_are_over_and_series_that_are_too_short_are_refused() -> None:
    counts = monthly(np.full(30, 100.0))  # to September 2021
    with pytest.raises(ModelError, match="cannot be forecast"):
        outlook.forecast(counts, first=Quarter(2021, 2))
    with pytest.raises(ModelError, match="cannot be forecast"):
        outlook.forecast(counts, quarters=0)
    with pytest.raises(ModelError, match="longer history"):
        outlook.forecast(counts.iloc[:23])
    with pytest.raises(ModelError, match="too few incidents"):
        outlook.forecast(counts / 25)


def test_recording_changes_of_the_last_year_are_told() -> None:
    rng = np.random.default_rng(3)
    counts = monthly(rng.poisson(400, 30))
    breaks = [Month(2020, 6), Month(2021, 5), Month(2030, 1)]
    result = outlook.forecast(counts, breaks=breaks)
    assert result.breaks == (Month(2020, 6), Month(2021, 5))
    assert result.recent_breaks == (Month(2021, 5),)


# --- the record ----------------------------------------------------------------------------------


def test_what_was_forecast_is_scored_by_the_next_edition() -> None:
    rng = np.random.default_rng(3)
    counts = monthly(rng.poisson(400, 40))  # to July 2022
    then = outlook.forecast(counts.iloc[:28], quarters=2)  # known to July 2021
    record = then.to_record("2021-22-q2")
    assert list(record.columns) == list(outlook.RECORD)
    assert len(record) == 2 * len(then.ranges.index.unique("method"))
    assert set(record["made_on"]) == {"2021-07"}
    # Through a file and back.
    record = pd.read_csv(io.StringIO(record.to_csv(index=False)), dtype=str)
    score = outlook.score(record, counts.iloc[:32])  # known to November 2021: one quarter complete
    assert score.waiting == ("2021-22-q3",)
    assert score.n == len(then.ranges.index.unique("method"))
    assert set(score.rows["observed"]) == {counts["2021-07":"2021-09"].sum()}
    assert set(score.rows["known"]) == {1}
    later = outlook.score(record, counts)
    assert later.waiting == ()
    assert later.n == len(record)


def record_of(**changes: object) -> pd.DataFrame:
    row = {
        "edition": "2023-24-q2", "made_on": "2023-07", "series": "made up",
        "quarter": "2023-24-q3", "method": "seasonal naive", "point": 90, "low80": 80,
        "high80": 110, "low95": 70, "high95": 130,
    }  # fmt: skip
    return pd.DataFrame([{**row, **changes}])


@pytest.mark.parametrize(
    ("month", "inside80", "inside95", "error_pct"),
    [(30, True, True, 0.0), (26, False, True, -15.38), (22, False, False, -36.36)],
)
def test_score_by_hand(month: int, inside80: bool, inside95: bool, error_pct: float) -> None:
    # Three months of 30, 26 and 22 are 90, 78 and 66 against 90 (80 to 110; 70 to 130).
    observed = monthly([month] * 12, "2023-01-01")
    score = outlook.score(record_of(), observed)
    row = score.rows.iloc[0]
    assert (row["inside80"], row["inside95"]) == (inside80, inside95)
    assert row["error_pct"] == pytest.approx(error_pct, abs=0.01)
    summary = score.summary.loc["seasonal naive"]
    assert summary["scored"] == 1
    assert summary["inside95"] == inside95
    assert summary["mean_error_pct"] == pytest.approx(abs(error_pct), abs=0.01)


@pytest.mark.parametrize(
    ("record", "error"),
    [
        (record_of().drop(columns="low80"), HeaderError),
        (pd.concat([record_of(), record_of()]), DuplicateRowError),
        (record_of(low80="many"), FigureError),
        (record_of(low95=85), FigureError),
        (record_of(quarter="autumn"), PeriodError),
        (record_of(made_on="July"), PeriodError),
        (record_of(made_on="2023-12"), DataError),
        (record_of(series="another"), ModelError),
    ],
)
def test_records_that_cannot_be_scored_are_refused(
    record: pd.DataFrame, error: type[Exception]
) -> None:
    with pytest.raises(error):
        outlook.score(record, monthly([30.0] * 12, "2023-01-01"))
