"""X-11's ratios and the tests on them, held to the Census Bureau's program and to SAS."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis import project
from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import identifiable, monthly, seasonality, x11
from bcsp_analysis.models.identifiable import Identifiable
from bcsp_analysis.models.season_tests import Presence, SeasonTest
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import police

REFERENCE = Path(__file__).parent / "reference" / "models"


@pytest.fixture(scope="module")
def air() -> pd.Series:
    table = pd.read_csv(REFERENCE / "air_passengers.csv", parse_dates=["month"], index_col="month")
    return table["passengers"].astype(float).asfreq("MS")


@pytest.fixture(scope="module")
def x13() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "x13_air_d8.csv", parse_dates=["month"], index_col="month")


@pytest.fixture(scope="module")
def forecasts(air: pd.Series) -> np.ndarray:
    """Twelve months ahead by the airline model on the logarithm."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    model = SARIMAX(
        np.log(air.to_numpy()),
        order=(0, 1, 1),
        seasonal_order=(0, 1, 1, 12),
        simple_differencing=False,
    )
    return np.exp(model.fit(disp=False).forecast(12))


def per_day(category: str) -> pd.Series:
    frame = police.load_monthly(project.path("data", "monthly", "birmingham.csv"))
    counts = police.series(frame, category)
    return counts / monthly.days_in(counts.index)


# The ratios


@pytest.mark.parametrize(
    ("months", "column"), [(144, "d8"), (60, "d8_first_60"), (36, "d8_first_36")]
)
def test_ratios_are_those_of_the_census_program(
    air: pd.Series, x13: pd.DataFrame, months: int, column: str
) -> None:
    # X-13ARIMA-SEATS 1.1 build 61, table D8 of x11{} on the airline series, whole and its first
    # five and three years (with three years its seasonal factors are plain means).
    ours = x11.final_ratios(air.iloc[:months])
    assert ours.to_numpy() == pytest.approx(x13[column].dropna().to_numpy(), abs=1e-10)


def test_ratios_of_a_series_extended_by_forecasts(
    air: pd.Series, x13: pd.DataFrame, forecasts: np.ndarray
) -> None:
    # The same program with arima{model=(0,1,1)(0,1,1)} on the logarithm, a year of forecasts; ours
    # are of statsmodels' exact likelihood, a few hundredths of a per cent away.
    assert forecasts[0] == pytest.approx(450.422140, rel=2e-3)
    ours = x11.final_ratios(air, ahead=forecasts)
    assert ours.to_numpy() == pytest.approx(x13["d8_extended"].to_numpy(), abs=5e-4)


def test_henderson_weights_as_published() -> None:
    # Ladiray and Quenneville (2001), table of the 13-term average: -.019, -.028, 0, .066, .147,
    # .214, .240 and their mirror image; last-point weights for I/C = 3.5 -.092, -.058, .012, .120,
    # .244, .353, .421.
    half = [-0.01935, -0.02786, 0.0, 0.06549, 0.14736, 0.21434, 0.24006]
    weights = x11.henderson_weights(13)
    assert weights == pytest.approx(half + half[-2::-1], abs=5e-6)
    last = [-0.092, -0.058, 0.012, 0.120, 0.244, 0.353, 0.421]
    assert x11.end_weights(weights, 7, 3.5) == pytest.approx(last, abs=6e-4)
    for terms in (9, 13, 23):
        assert x11.henderson_weights(terms).sum() == pytest.approx(1)


def test_extreme_weights_by_hand() -> None:
    # 100 values alternating 1.01 and .99 have a spread of .01 around 1. One value 2 spreads out of
    # that is half way between the limits, one of 3 spreads has no weight and does not widen it.
    irregular = 1 + 0.01 * np.resize([1.0, -1.0], 36)
    irregular[10], irregular[20] = 1.02, 1.10
    weights = x11.extreme_weights(irregular)
    spread = np.sqrt((34 * 0.01**2 + 0.02**2) / 35)
    assert weights[20] == 0
    assert weights[10] == pytest.approx(2.5 - 0.02 / spread)
    assert (np.delete(weights, [10, 20]) == 1).all()


@settings(max_examples=20, deadline=None)
@given(st.floats(min_value=0.01, max_value=1e4), st.integers(min_value=36, max_value=100))
def test_ratios_do_not_depend_on_the_unit(factor: float, months: int) -> None:
    random = np.random.default_rng(months)
    index = pd.date_range("2012-05-01", periods=months, freq="MS")
    series = pd.Series(100 * np.exp(random.normal(0, 0.1, months)), index)
    plain, scaled = x11.final_ratios(series), x11.final_ratios(factor * series)
    assert scaled.to_numpy() == pytest.approx(plain.to_numpy(), rel=1e-9)


def test_unusable_series_are_named(air: pd.Series) -> None:
    with pytest.raises(ModelError, match="longer history"):
        x11.final_ratios(air.iloc[:35])
    with pytest.raises(ModelError, match="above zero"):
        x11.final_ratios(air - air.min())
    with pytest.raises(ModelError, match="above zero"):
        x11.final_ratios(air, ahead=[1.0, float("nan")])


# The tests


def test_tests_of_the_airline_series(air: pd.Series) -> None:
    # X-13ARIMA-SEATS 1.1 build 61, default x11{}: stable F 191.610, Kruskal-Wallis 131.981, moving
    # F 2.681 (p .41%), M7 .198, identifiable seasonality present.
    result = identifiable.assess(air)
    assert result is not None
    assert result.stable.statistic == pytest.approx(191.610, abs=5e-4)
    assert result.ranks.statistic == pytest.approx(131.981, abs=5e-4)
    assert result.moving.statistic == pytest.approx(2.681, abs=5e-4)
    assert result.moving.p_value == pytest.approx(0.0041, abs=5e-5)
    assert result.moving.distribution == "F(11, 121)"
    assert result.m7 == pytest.approx(0.198, abs=5e-4)
    assert result.verdict is Identifiable.PRESENT
    assert (result.n, result.years) == (144, 12)


def test_tests_of_the_airline_series_with_forecasts(air: pd.Series, forecasts: np.ndarray) -> None:
    # X-13ARIMA-SEATS 1.1 build 61 with the airline model: 190.714, 131.856, 2.874, M7 .202. SAS,
    # The X13 Procedure, example "Seasonal Adjustment": stable F 190.9544, Kruskal-Wallis 131.9546
    # (its moving F of 3.37 leaves a year out, 10 and 110 degrees of freedom).
    result = identifiable.assess(air, ahead=forecasts)
    assert result is not None
    assert result.stable.statistic == pytest.approx(190.714, rel=1e-3)
    assert result.ranks.statistic == pytest.approx(131.856, rel=1e-3)
    assert result.moving.statistic == pytest.approx(2.874, rel=1e-2)
    assert result.m7 == pytest.approx(0.202, abs=1e-3)
    assert result.stable.statistic == pytest.approx(190.9544, rel=2e-3)
    assert result.ranks.statistic == pytest.approx(131.9546, rel=2e-3)
    assert result.verdict is Identifiable.PRESENT


@pytest.mark.parametrize(
    ("category", "stable", "ranks", "moving", "m7"),
    [
        ("Anti-social behaviour", 10.190, 29.583, 0.153, 0.605),
        ("Violence and sexual offences", 4.521, 23.336, 2.300, 1.240),
    ],
)
def test_tests_of_the_shipped_series(
    category: str, stable: float, ranks: float, moving: float, m7: float
) -> None:
    # X-13ARIMA-SEATS 1.1 build 61, x11{} on incidents per day, the first month labelled January so
    # that its years are ours; it prints "identifiable seasonality probably not present" for both.
    result = identifiable.assess(per_day(category))
    assert result is not None
    assert result.stable.statistic == pytest.approx(stable, abs=5e-4)
    assert result.ranks.statistic == pytest.approx(ranks, abs=5e-4)
    assert result.moving.statistic == pytest.approx(moving, abs=6e-4)
    assert result.m7 == pytest.approx(m7, abs=5e-4)
    assert result.verdict is Identifiable.PROBABLY_NOT


def test_m7_by_hand() -> None:
    # sqrt((7/14 + 3 x 2/14) / 2) = sqrt(.4642857); each ratio counts 9 at most.
    assert identifiable.m7(14, 2) == pytest.approx(0.6813851)
    assert identifiable.m7(0.1, 0.0) == pytest.approx(np.sqrt(4.5))
    assert identifiable.m7(0.0, 5.0) == 3


def test_moving_f_by_hand() -> None:
    # Three years whose distances from 1 are 1, 2 and 6 hundredths in even months and one hundredth
    # less in odd ones, but for one month: two-way analysis of variance by statsmodels, no
    # interaction.
    import statsmodels.formula.api as smf
    from statsmodels.stats.anova import anova_lm

    index = pd.date_range("2019-08-01", periods=36, freq="MS")
    sizes = np.repeat([2.0, 3.0, 7.0], 12) - np.resize([0.0, 1.0], 36)
    sizes[7] += 3
    ratios = pd.Series(1 + np.resize([0.01, -0.01], 36) * sizes, index)
    table = pd.DataFrame(
        {"size": sizes, "year": np.repeat([0, 1, 2], 12), "month": np.resize(np.arange(12), 36)}
    )
    expected = anova_lm(smf.ols("size ~ C(year) + C(month)", table).fit())
    moving = identifiable.moving_f(ratios)
    assert moving.statistic == pytest.approx(expected.loc["C(year)", "F"])
    assert moving.p_value == pytest.approx(expected.loc["C(year)", "PR(>F)"])
    assert moving.distribution == "F(2, 22)"


def outcome(statistic: float, p_value: float) -> SeasonTest:
    return SeasonTest("made up", statistic, "", p_value, 36)


@pytest.mark.parametrize(
    ("stable", "moving", "ranks", "verdict"),
    [
        ((20, 1e-6), (1.0, 0.5), 1e-4, Identifiable.PRESENT),
        ((20, 0.001), (1.0, 0.5), 1e-4, Identifiable.NOT_PRESENT),
        ((8, 1e-6), (4.0, 0.01), 1e-4, Identifiable.NOT_PRESENT),  # (7/8 + 12/8) / 2 = 1.19
        ((8, 1e-6), (4.0, 0.06), 1e-4, Identifiable.PROBABLY_NOT),  # T2 = 1.5
        ((6, 1e-6), (0.1, 0.9), 1e-4, Identifiable.PROBABLY_NOT),  # T1 = 1.17
        ((20, 1e-6), (1.0, 0.5), 0.002, Identifiable.PROBABLY_NOT),
    ],
)
def test_combined_test(
    stable: tuple[float, float],
    moving: tuple[float, float],
    ranks: float,
    verdict: Identifiable,
) -> None:
    # The flow chart of Lothian and Morry (1978) as X-13ARIMA-SEATS applies it.
    found = identifiable.combined(outcome(*stable), outcome(*moving), outcome(30.0, ranks))
    assert found is verdict


def test_no_season_is_not_identified() -> None:
    # No season in truth: stable F must pass .1 per cent; 60 series, three would be 5 per cent.
    found = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        index = pd.date_range("2015-01-01", periods=36, freq="MS")
        series = pd.Series(100 * np.exp(random.normal(0, 0.1, 36)), index)
        result = identifiable.assess(series)
        found += result is not None and result.verdict is not Identifiable.NOT_PRESENT
    assert found <= 2


def test_short_or_flat_series_have_no_result() -> None:
    index = pd.date_range("2015-01-01", periods=40, freq="MS")
    assert identifiable.assess(pd.Series(5.0, index)) is None
    assert identifiable.assess(pd.Series(np.arange(1.0, 41), index).iloc[:35]) is None


# Beside the verdict


def counts(seed: int) -> pd.Series:
    index = pd.date_range("2018-04-01", periods=48, freq="MS")
    season = 1 + 0.25 * np.cos(2 * np.pi * (np.asarray(index.month) - 7) / 12)
    expected = 1000 * season * monthly.days_in(index) / monthly.MEAN_MONTH_DAYS
    return pd.Series(np.random.default_rng(seed).poisson(expected).astype(float), index, name="a")


def test_result_carries_the_tests_without_changing_the_verdict() -> None:
    series = counts(1)
    result = seasonality.analyse(series, faulty=[Month(2019, 6)])
    alone = identifiable.assess(series / monthly.days_in(series.index))
    assert alone is not None
    assert result.identifiable is not None
    assert result.identifiable.stable.statistic == pytest.approx(alone.stable.statistic)
    assert result.identifiable.m7 == pytest.approx(alone.m7)
    assert result.identifiable.verdict is Identifiable.PRESENT
    assert result.presence.verdict is Presence.PRESENT
    assert result.sensitivity is not None
    assert result.sensitivity.identifiable is not None
    assert seasonality.analyse(series.iloc[:30]).identifiable is None


def test_steps_and_faulty_months_are_taken_out_first() -> None:
    # A step of -40% and three months tripled hide the season from the raw ratios; with the step in
    # the model and the months left out the statistics come close to those of the clean series.
    clean = counts(2)
    broken = clean.copy()
    broken["2020-01":] = np.round(broken["2020-01":] * 0.6)
    broken["2021-05":"2021-07"] *= 3
    faulty = [Month(2021, 5) + i for i in range(3)]
    result = seasonality.analyse(broken, breaks=[Month(2020, 1)], faulty=faulty)
    reference = seasonality.analyse(clean).identifiable
    assert result.identifiable is not None
    assert result.sensitivity is not None
    beside = result.sensitivity.identifiable
    assert reference is not None
    assert beside is not None
    assert result.identifiable.stable.statistic < reference.stable.statistic / 5
    assert beside.stable.statistic > reference.stable.statistic / 2
