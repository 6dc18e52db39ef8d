"""Bounds test and Toda and Yamamoto's test, held to published examples and to known truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.datasets import danish_data
from statsmodels.tsa.api import VAR

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import bounds, causality
from bcsp_analysis.models.bounds import LongRun

REFERENCE = Path(__file__).parent / "reference" / "models"


@pytest.fixture(scope="module")
def danish() -> pd.DataFrame:
    """Money demand in Denmark, 1974 to 1987, quarters (Johansen and Juselius 1990)."""
    table = danish_data.load_pandas().data
    table.index.freq = None
    return table.asfreq("QS")


@pytest.fixture(scope="module")
def coffee() -> pd.DataFrame:
    file = REFERENCE / "coffee_prices.csv"
    return pd.read_csv(file, parse_dates=["month"], index_col="month").asfreq("MS")


def series(values: np.ndarray, name: str) -> pd.Series:
    return pd.Series(values, pd.date_range("2015-01-01", periods=len(values), freq="MS"), name=name)


def walk(seed: int, periods: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=periods + 30).cumsum()[30:]


# Bounds


def test_danish_money_demand(danish: pd.DataFrame) -> None:
    # R package ARDL (Natsiopoulos and Tzeremes 2022), ARDL(3,1,3,2): F 5.1168 with the constant
    # inside the relation, t -4.5479, error correction -.41685; long run 0.996 (income), -4.538
    # (bond rate), 2.892 (deposit rate).
    names = ["lry", "ibo", "ide"]
    inside = bounds.bounds_test(danish["lrm"], danish[names], orders=(3, 1, 3, 2), case=2)
    assert inside.f == pytest.approx(5.1168, abs=5e-5)
    assert inside.adjustment == pytest.approx(-0.41685, abs=5e-6)
    assert inside.long_run["effect"].to_numpy() == pytest.approx([0.996, -4.538, 2.892], abs=5e-4)
    assert np.isnan(inside.t)
    outside = bounds.bounds_test(danish["lrm"], danish[names], orders=(3, 1, 3, 2), case=3)
    assert outside.t == pytest.approx(-4.5479, abs=5e-5)
    assert inside.reading is LongRun.RELATED
    assert (inside.n, inside.orders) == (52, (3, 1, 3, 2))


@pytest.mark.parametrize(
    ("predictors", "case", "five", "one"),
    [
        (1, 2, (3.62, 4.16), (4.94, 5.58)),
        (3, 2, (2.79, 3.67), (3.65, 4.66)),
        (1, 3, (4.94, 5.73), (6.84, 7.84)),
        (3, 3, (3.23, 4.35), (4.29, 5.61)),
    ],
)
def test_critical_values_of_pesaran_shin_and_smith(
    predictors: int, case: int, five: tuple[float, float], one: tuple[float, float]
) -> None:
    # Pesaran, Shin and Smith (2001), tables CI(ii) and CI(iii), F for 1,000 periods; table CII(iii)
    # t: -2.86, -3.22 (one predictor), -2.86, -3.78 (three). 4,000 draws here, 40,000 there.
    null = bounds.null_distribution(predictors, 1000, case, draws=4000)
    assert null.f_limits(0.05) == pytest.approx(five, abs=0.2)
    assert null.f_limits(0.01) == pytest.approx(one, abs=0.4)
    high = {1: -3.22, 3: -3.78}[predictors]
    assert null.t_limits(0.05) == pytest.approx((-2.86, high), abs=0.12)


def test_p_value_of_the_danish_example(danish: pd.DataFrame) -> None:
    # R package ARDL: p .004418 against wandering predictors, critical values for 1,000 periods;
    # 10,000 draws leave a standard error of .0007.
    null = bounds.null_distribution(3, 1000, 2, draws=10_000)
    assert null.f_p_values(5.1168)[1] == pytest.approx(0.004418, abs=0.002)


def test_statistics_of_the_simulation_agree_with_least_squares() -> None:
    # statsmodels OLS of one draw: F of the levels, t of the first, F of the others.
    import statsmodels.api as sm

    random = np.random.default_rng(3)
    changes, levels = random.normal(size=(1, 40)), random.normal(size=(1, 40, 3))
    f, t, x = bounds._statistics(changes, levels, 3)
    fit = sm.OLS(changes[0], sm.add_constant(levels[0])).fit()
    assert f[0] == pytest.approx(fit.fvalue)
    assert t[0] == pytest.approx(fit.tvalues[1])
    assert x[0] == pytest.approx(float(fit.f_test(np.eye(4)[2:]).fvalue))
    f_constant = bounds._statistics(changes, levels, 2)[0]
    assert f_constant[0] == pytest.approx(float(fit.f_test(np.eye(4)).fvalue))


def test_related_series_are_found_and_unrelated_are_not() -> None:
    # Truth known: of 20 pairs that move together most are found; a series that does not wander
    # passes F and t whatever the predictor, and is held back by the predictors' own statistic.
    related, unrelated, held_back = 0, 0, 0
    for seed in range(20):
        price = series(walk(seed, 60), "price")
        noise = np.random.default_rng(500 + seed).normal(size=60)
        together = bounds.bounds_test(
            series(0.8 * price.to_numpy() + noise, "y"), price.to_frame(), orders=(1, 1)
        )
        alone = bounds.bounds_test(series(noise, "y"), price.to_frame(), orders=(1, 1))
        related += together.reading is LongRun.RELATED
        unrelated += alone.reading is LongRun.RELATED
        held_back += alone.f > alone.f_high and alone.t < alone.t_high
    assert related >= 16
    assert unrelated <= 3
    assert held_back >= 16


def test_reading_by_hand() -> None:
    nothing = float("nan")
    related = [(7.0, 5.0, 6.0), (4.0, 2.9, 3.3), (8.0, 3.0, 5.0)]
    assert bounds._reading(*related) is LongRun.RELATED
    assert bounds._reading(*related[:2], (4.0, 3.0, 5.0)) is LongRun.INCONCLUSIVE
    assert bounds._reading(*related[:2], (2.0, 3.0, 5.0)) is LongRun.UNRELATED
    assert bounds._reading(related[0], (nothing, nothing, nothing), related[2]) is LongRun.RELATED


def test_orders_are_chosen_by_bic() -> None:
    # Truth known: the series follows its own last two changes; one lag of the level is too few.
    random = np.random.default_rng(4)
    changes = np.zeros(200)
    for at in range(2, 200):
        changes[at] = -0.6 * changes[at - 1] - 0.5 * changes[at - 2] + random.normal()
    result = bounds.bounds_test(
        series(changes.cumsum(), "y"), series(walk(5, 200), "price").to_frame()
    )
    assert result.orders[0] == 3


def test_unusable_requests_of_the_bounds_test_are_named() -> None:
    price = series(walk(1, 40), "price").to_frame()
    with pytest.raises(ModelError, match="longer history"):
        bounds.bounds_test(series(walk(2, 40), "y").iloc[:20], price.iloc[:20])
    with pytest.raises(ModelError, match="two cases"):
        bounds.bounds_test(series(walk(2, 40), "y"), price, case=5)


# Toda and Yamamoto


def test_coffee_prices_of_giles(coffee: pd.DataFrame) -> None:
    # Giles (2011) as computed in R by Pfeiffer (2012): VAR with 6 lags and one more, constant and
    # trend, January 1976 to March 2011. Robusta does not foretell Arabica: chi-squared 8.6,
    # p .2; Arabica foretells Robusta: 12.3, p .056.
    one = causality.toda_yamamoto(coffee["arabica"], coffee["robusta"], lags=6)
    assert one.statistic == pytest.approx(8.6, abs=0.05)
    assert one.p_value == pytest.approx(0.2, abs=0.005)
    other = causality.toda_yamamoto(coffee["robusta"], coffee["arabica"], lags=6)
    assert other.statistic == pytest.approx(12.3, abs=0.05)
    assert other.p_value == pytest.approx(0.056, abs=5e-4)
    assert (one.lags, one.surplus, one.n, one.df) == (6, 1, 416, 400)


def test_lags_agree_with_statsmodels(coffee: pd.DataFrame) -> None:
    # statsmodels VAR.select_order, AIC up to 3, constant and trend: 3 for the prices, 1 for noise.
    chosen = VAR(coffee).select_order(3, trend="ct").aic
    assert causality.toda_yamamoto(coffee["arabica"], coffee["robusta"]).lags == chosen == 3
    random = np.random.default_rng(8)
    noise = pd.DataFrame(random.normal(size=(120, 2)), coffee.index[:120], columns=["a", "b"])
    chosen = VAR(noise).select_order(3, trend="ct").aic
    assert causality.toda_yamamoto(noise["a"], noise["b"]).lags == max(int(chosen), 1)


def test_without_surplus_it_is_the_ordinary_test(coffee: pd.DataFrame) -> None:
    # statsmodels VAR.test_causality, F, constant only, on changes, which do not wander.
    changes = coffee.diff().dropna()
    model = VAR(changes).fit(2, trend="c")
    expected = model.test_causality("arabica", ["robusta"], kind="wald")
    ours = causality.toda_yamamoto(
        changes["arabica"], changes["robusta"], lags=2, surplus=0, trend="c"
    )
    assert ours.statistic == pytest.approx(float(expected.test_statistic), rel=1e-6)
    assert ours.p_value == pytest.approx(float(expected.pvalue), rel=1e-5)


def test_false_alarms_with_three_years() -> None:
    # No effect in truth, both walk: at most 5 per cent; 100 pairs, four standard errors above it
    # is 13. The plain chi-squared says yes more often than F.
    found, plain = 0, 0
    for seed in range(100):
        result = causality.toda_yamamoto(
            series(walk(seed, 36), "y"), series(walk(900 + seed, 36), "x")
        )
        found += result.small_sample_p < 0.05
        plain += result.p_value < 0.05
    assert found <= 13
    assert plain >= found


@settings(max_examples=20, deadline=None)
@given(
    st.floats(min_value=0.01, max_value=100),
    st.floats(min_value=-50, max_value=50),
    st.floats(min_value=0.01, max_value=100),
)
def test_units_do_not_matter(scale: float, shift: float, other: float) -> None:
    effect, cause = series(walk(1, 60), "y"), series(walk(2, 60), "x")
    plain = causality.toda_yamamoto(effect, cause, lags=2)
    moved = causality.toda_yamamoto(other * effect, scale * cause + shift, lags=2)
    assert moved.statistic == pytest.approx(plain.statistic, rel=1e-5)


def test_unusable_series_are_named() -> None:
    effect, cause = series(walk(1, 36), "y"), series(walk(2, 36), "x")
    with pytest.raises(ModelError, match="cannot be tested") as caught:
        causality.toda_yamamoto(effect.iloc[:14], cause.iloc[:14], lags=2)
    assert caught.value.where == "x and y"
    with pytest.raises(ModelError, match="cannot be tested"):
        causality.toda_yamamoto(effect, cause.where(cause.index != cause.index[5]), lags=2)
    with pytest.raises(ModelError, match="cannot be tested"):
        causality.toda_yamamoto(effect, cause * 0 + 3, lags=2)
