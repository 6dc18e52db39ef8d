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


# --- recording changes and the seasonal naive method ----------------------------------------------


def daily(rates: np.ndarray | list[float], start: str = "2019-04-01") -> pd.Series:
    """Incidents a month from rates a day, so that methods per day see the rates themselves."""
    index = pd.date_range(start, periods=len(rates), freq="MS", name="month")
    values = np.asarray(rates, float) * np.asarray(index.days_in_month)
    return pd.Series(values, index=index, name="made up")


def step_at(series: pd.Series, at: int) -> Month:
    return Month(series.index[at].year, series.index[at].month)


def test_changes_across_a_recording_change_are_left_out_where_six_others_remain() -> None:
    # Rates of 10 a day for a year, then 4. Changes on the year across the step are log 0.4, all
    # others 0: without the former the range is a point. 30 months hold 18 changes, 6 of them clear.
    counts = daily([10.0] * 12 + [4.0] * 18)
    step = step_at(counts, 12)
    known = forecast_methods.seasonal_naive(counts, 6, 50, 1, breaks=[step])
    assert np.ptp(known.draws, axis=0) == pytest.approx(np.zeros(6), abs=1e-9)
    basis = forecast_methods.naive_basis(counts, [step])
    assert (basis.used, basis.left_out, basis.across, basis.clear) == (6, 12, 12, True)
    unaware = forecast_methods.seasonal_naive(counts, 6, 50, 1)
    assert np.ptp(unaware.draws, axis=0).min() > 100
    # One month less, and five are too few.
    shorter = counts.iloc[:-1]
    basis = forecast_methods.naive_basis(shorter, [step])
    assert (basis.used, basis.left_out, basis.across, basis.clear) == (17, 0, 12, False)
    kept = forecast_methods.seasonal_naive(shorter, 6, 50, 1, breaks=[step])
    assert (kept.draws == forecast_methods.seasonal_naive(shorter, 6, 50, 1).draws).all()


def test_months_from_before_a_recording_change_are_moved_by_the_changes_since() -> None:
    # 10 a day, from three months before the end 8: nine of the coming twelve months are taken from
    # before the step and moved by -20%, three are taken as they are; the second year repeats.
    counts = daily([10.0] * 45 + [8.0] * 3)
    step = step_at(counts, 45)
    paths = forecast_methods.seasonal_naive(counts, 24, 50, 1, breaks=[step])
    days = np.asarray(forecast_methods.future_index(counts.index, 24).days_in_month)
    assert paths.point / days == pytest.approx(np.full(24, 8.0))
    assert forecast_methods.naive_basis(counts, [step]).moves == {step: pytest.approx(-20)}
    unmoved = forecast_methods.seasonal_naive(counts, 12, 50, 1)
    assert unmoved.point / days[:12] == pytest.approx([10.0] * 9 + [8.0] * 3)


def test_two_recording_changes_of_the_last_year_are_told_apart() -> None:
    # 10 a day, then 8 (a step of -20%), then 4 (a step of -50%).
    counts = daily([10.0] * 43 + [8.0] * 3 + [4.0] * 2)
    first, second = step_at(counts, 43), step_at(counts, 46)
    moves = forecast_methods.naive_basis(counts, [first, second]).moves
    assert moves == {first: pytest.approx(-20), second: pytest.approx(-50)}
    paths = forecast_methods.seasonal_naive(counts, 12, 50, 1, breaks=[first, second])
    days = np.asarray(forecast_methods.future_index(counts.index, 12).days_in_month)
    assert paths.point / days == pytest.approx(np.full(12, 4.0))


def test_recording_changes_outside_the_history_change_nothing() -> None:
    rng = np.random.default_rng(3)
    counts = monthly(rng.poisson(400, 40))
    outside = [Month(2010, 1), Month(2019, 4), Month(2022, 8)]  # the first month is no step
    plain = forecast_methods.seasonal_naive(counts, 6, 50, 1)
    assert (
        forecast_methods.seasonal_naive(counts, 6, 50, 1, breaks=outside).draws == plain.draws
    ).all()
    assert forecast_methods.naive_basis(counts, outside).across == 0


def simulated(rng: np.random.Generator, months: int, steps: dict[int, float]) -> np.ndarray:
    """A season, overdispersion 8, a level that wanders by 2% a month, steps of its logarithm."""
    at = np.arange(months)
    level = np.cumsum(rng.normal(0, 0.02, months)) + 0.15 * np.sin(2 * np.pi * at / 12)
    for first, size in steps.items():
        level = level + size * (at >= first)
    mean = 900 * np.exp(level)
    return rng.negative_binomial(mean / 7, 1 / 8)


@pytest.mark.parametrize(
    ("name", "steps", "wider"),
    [("none", {}, 1.0), ("early", {8: -0.4, 11: -0.4}, 4.0), ("recent", {33: -0.2}, 0.5)],
)
def test_ranges_keep_their_promise_with_and_without_recording_changes(
    name: str, steps: dict[int, float], wider: float
) -> None:
    # Truth known, 36 months as in the shipped figures, 300 runs. Two quarters of each run miss
    # together: bounds are those of as many totals as runs, passed once in a thousand by luck; the
    # year's total, on which errors gather, may fall short by 5 points.
    rng = np.random.default_rng(23)
    hits = {"80": 0, "95": 0, "year80": 0, "year95": 0}
    widths: list[float] = []
    runs = 300
    for run in range(runs):
        whole = simulated(rng, 50, steps)
        counts = monthly(whole[:36], "2020-08-01")
        breaks = [step_at(counts, at) for at in steps]
        paths = forecast_methods.seasonal_naive(counts, 14, 400, run, breaks=breaks)
        unaware = forecast_methods.seasonal_naive(counts, 14, 400, run)
        for start in (2, 5):
            total = whole[36 + start : 39 + start].sum()
            ends = np.quantile(paths.draws[:, start : start + 3].sum(1), [0.025, 0.1, 0.9, 0.975])
            hits["80"] += ends[1] <= total <= ends[2]
            hits["95"] += ends[0] <= total <= ends[3]
            plain = np.quantile(unaware.draws[:, start : start + 3].sum(1), [0.025, 0.975])
            widths.append(math.log(plain[1] / plain[0]) / math.log(ends[3] / ends[0]))
        year, ends = (
            whole[38:50].sum(),
            np.quantile(paths.draws[:, 2:14].sum(1), [0.025, 0.1, 0.9, 0.975]),
        )
        hits["year80"] += ends[1] <= year <= ends[2]
        hits["year95"] += ends[0] <= year <= ends[3]
    for level, share in (("80", 0.8), ("95", 0.95)):
        low, high = stats.binom.ppf([0.001, 0.999], runs, share)
        assert 2 * low <= hits[level] <= 2 * high, (name, hits)
        assert hits[f"year{level}"] >= stats.binom.ppf(0.001, runs, share - 0.05), (name, hits)
    assert np.median(widths) >= wider  # what knowing of the changes is worth


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


@pytest.mark.parametrize(
    ("n", "half_years", "tested"), [(36, 2, False), (47, 2, False), (48, 4, True), (60, 6, True)]
)
def test_two_half_years_of_trials_name_no_winner(n: int, half_years: int, tested: bool) -> None:
    # Twelve trials, 1, 2 and 3 months apart, by hand: 12 / 6, 24 / 6 and 36 / 6 half-years. A
    # method that knows the future is better than any other; two half-years cannot show it.
    rng = np.random.default_rng(2)
    counts = monthly(rng.poisson(400, n + 24))

    def oracle(history: pd.Series, months: int, draws: int, seed: int) -> forecast_methods.Paths:
        coming = counts.to_numpy()[len(history) : len(history) + months]
        return forecast_methods.Paths(coming, np.tile(coming, (draws, 1)))

    methods = {forecast_accuracy.NAIVE: forecast_methods.seasonal_naive, "oracle": oracle}
    trial = forecast_accuracy.compare(methods, counts.iloc[:n], 1)
    assert trial.half_years == half_years
    assert trial.accuracy.at["oracle", "mase"] == 0
    assert trial.accuracy.at["oracle", "error_pct"] == 0
    assert (trial.accuracy.at["oracle", "p_better"] < 0.05) == tested


def test_average_error_in_per_cent_by_hand() -> None:
    # Rates that rise from 10 to 11 a day after two years: last year's months are one in eleven
    # short, 100 / 11 per cent of what was counted.
    trial = forecast_accuracy.compare(
        {forecast_accuracy.NAIVE: forecast_methods.seasonal_naive},
        daily([10.0] * 24 + [11.0] * 12),
        1,
    )
    row = trial.accuracy.loc[forecast_accuracy.NAIVE]
    assert row["error_pct"] == pytest.approx(100 / 11)
    assert row["forecasts"] == 57  # seven times six months, then 5, 4, 3, 2 and 1
    assert row["totals"] == 17  # seven times two, then one each for 5, 4 and 3 months


def test_within_a_year_of_a_recording_change_no_method_wins_that_does_not_know_it() -> None:
    table = pd.DataFrame(
        {"p_better": [0.001, 0.02, np.nan], "skill": [50.0, 20.0, 0.0]},
        index=["SARIMA", outlook.COUNT_MODEL, outlook.NAIVE],
    )
    assert outlook._winner(table, 0.05, recent_break=False) == "SARIMA"
    assert outlook._winner(table, 0.05, recent_break=True) == outlook.COUNT_MODEL
    assert outlook._winner(table.iloc[[0, 2]], 0.05, recent_break=True) is None


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


@pytest.mark.parametrize(
    ("last", "quarter", "first", "count"),
    [
        # By hand. History to July 2023, report of July to September 2023: that quarter and four.
        ("2023-07", "2023-24-q2", "2023-24-q2", 5),
        ("2023-09", "2023-24-q2", "2023-24-q3", 4),  # history as long as the report
        ("2023-06", "2023-24-q2", "2023-24-q2", 5),
        ("2023-05", "2023-24-q2", "2023-24-q1", 6),  # a quarter behind
        ("2024-01", "2023-24-q2", "2023-24-q4", 4),  # ahead of the report: a quarter is over
        ("2023-12", "2023-24-q2", "2023-24-q4", 4),
        ("2024-01", "2023-24-q3", "2023-24-q4", 4),  # the next edition, its next quarter begun
    ],
)
def test_four_quarters_follow_the_editions_own(
    last: str, quarter: str, first: str, count: int
) -> None:
    end = Month.parse(last)
    assert (end + 1).quarter == Quarter.parse(first)
    assert outlook.reach(end, Quarter.parse(quarter)) == count


def test_four_quarters_together_have_a_range_of_their_own() -> None:
    rng = np.random.default_rng(5)
    counts = monthly(rng.poisson(400 * np.exp(np.cumsum(rng.normal(0, 0.03, 28)))))  # to July 2021
    result = outlook.forecast(counts, quarters=5)
    assert [q.slug for q in result.ahead] == [
        "2021-22-q3", "2021-22-q4", "2022-23-q1", "2022-23-q2",
    ]  # fmt: skip
    single = pd.DataFrame([result.range_of(quarter) for quarter in result.ahead])
    together = result.range_together
    assert together["point"] == pytest.approx(single["point"].sum())
    # Not the sum of the ends, and not so narrow as if quarters missed independently.
    low, high = single["low95"].sum(), single["high95"].sum()
    assert low < together["low95"] < together["high95"] < high
    below = np.sqrt(((single["point"] - single["low95"]) ** 2).sum())
    assert together["point"] - together["low95"] > below
    assert result.last_year == counts.iloc[-12:].sum()
    assert result.ranges.loc[("2021-22-q3", result.chosen), "year_before"] == (
        counts["2020-10":"2020-12"].sum()
    )
    assert math.isnan(result.ranges.loc[("2022-23-q2", result.chosen), "year_before"])


def test_the_total_of_a_series_without_noise_is_exact() -> None:
    result = outlook.forecast(daily([10.0] * 36), quarters=4)  # to March 2022
    assert result.ahead == result.quarters
    assert result.range_together["low95"] == result.range_together["high95"]
    assert result.range_together["point"] == pytest.approx(3650)
    assert not result.too_wide(result.range_together)


@pytest.mark.parametrize(("low", "high", "wide"), [(100, 200, False), (100, 201, True)])
def test_a_range_is_too_wide_from_a_factor_of_two(low: float, high: float, wide: bool) -> None:
    assert outlook.ForecastResult.too_wide(pd.Series({"low80": low, "high80": high})) == wide


def test_months_already_counted_are_part_of_the_total() -> None:
    # History to July 2021 and four quarters from July 2021 on: 31 days are known, 334 to come.
    result = outlook.forecast(daily([10.0] * 28), quarters=4)
    assert result.ahead == result.quarters
    assert result.ranges["observed"].unstack().iloc[:, 0].tolist() == [1, 0, 0, 0]
    assert result.range_together["point"] == pytest.approx(3650)


def test_trials_from_before_a_recent_recording_change_are_counted() -> None:
    # 36 months from April 2019, trials after 24 to 35 of them. A change in the 34th month, January
    # 2022: trials after 24 to 33 months did not see it.
    rng = np.random.default_rng(3)
    counts = monthly(rng.poisson(400, 36))
    assert outlook.forecast(counts, breaks=[Month(2022, 1)]).early_origins == 10
    assert outlook.forecast(counts, breaks=[Month(2020, 1)]).early_origins == 0


def test_faulty_months_at_the_end_are_set_aside_in_a_second_forecast() -> None:
    rng = np.random.default_rng(5)
    counts = monthly(rng.poisson(400, 32))  # to November 2021
    months = [Month(2021, 11), Month(2021, 10), Month(2020, 2)]  # the last lies in the middle
    result = outlook.forecast(counts, quarters=4, faulty=months)
    assert result.excluded == (Month(2021, 10), Month(2021, 11))
    assert result.n == 32
    shorter = outlook.forecast(counts.iloc[:-2], first=Quarter(2021, 3), quarters=4)
    for quarter in result.quarters:
        expected = shorter.ranges.loc[(quarter.slug, result.chosen)]
        found = result.without_excluded.loc[quarter.slug]
        assert found.tolist() == pytest.approx(expected[list(found.index)].tolist())
    assert outlook.forecast(counts, faulty=[Month(2020, 2)]).without_excluded is None
    # Without them the history would be too short.
    short = outlook.forecast(counts.iloc[:25], faulty=[Month(2021, 3), Month(2021, 4)])
    assert len(short.excluded) == 2
    assert short.without_excluded is None


def test_what_the_register_is_worth_is_told_beside() -> None:
    rng = np.random.default_rng(5)
    counts = monthly(rng.poisson([1000] * 12 + [500] * 24))
    result = outlook.forecast(counts, breaks=[Month(2020, 4)])
    plain = outlook.forecast(counts)
    row = result.unaware.loc[result.quarters[0].slug]
    expected = plain.ranges.loc[(result.quarters[0].slug, forecast_accuracy.NAIVE)]
    assert row.tolist() == pytest.approx(expected[list(row.index)].tolist())
    assert row["high80"] / row["low80"] > 2
    published = result.range_of(result.quarters[0])
    assert published["high80"] / published["low80"] < 1.2
    assert plain.unaware is None


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
        "quarter": "2023-24-q3", "method": "seasonal naive", "published": "yes", "point": 90,
        "low80": 80, "high80": 110, "low95": 70, "high95": 130,
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
        (record_of(low95=-70), FigureError),
        (record_of(point=math.inf), FigureError),
        (record_of(published="perhaps"), DataError),
        (record_of(method=" "), DataError),
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
