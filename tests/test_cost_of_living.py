"""Cost of living: the register of hypotheses, the tests of association, and when they say no."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bcsp_analysis.errors import ModelError, RegisterError
from bcsp_analysis.models import association, cost_of_living, cross_correlation, monthly
from bcsp_analysis.models.cost_of_living import Answer
from bcsp_analysis.models.cross_correlation import Stationarity
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import hypotheses
from bcsp_analysis.sources.hypotheses import Hypothesis

ROOT = Path(__file__).parents[1]
PRICE = "cpi_12m_rate_pct"


def hypothesis(series: str = "asb", role: str = "subject", **changes: object) -> Hypothesis:
    values: dict[str, object] = {
        "id": f"{series}-prices",
        "series": series,
        "role": role,
        "predictor": PRICE,
        "transformation": "as published",
        "first_lag": 0,
        "last_lag": 1,
        "sign": 0 if role == "control" else 1,
        "reason": "made up for the test",
    }
    return Hypothesis(**(values | changes))  # type: ignore[arg-type]


def price_table(values: np.ndarray, first: str = "2008-01-01") -> pd.DataFrame:
    index = pd.date_range(first, periods=len(values), freq="MS", name="month")
    return pd.DataFrame({PRICE: values}, index=index)


def counts_from(log_level: np.ndarray, seed: int, first: str = "2010-01-01") -> pd.Series:
    """Poisson counts of about 1,000 a month around a given logarithm."""
    index = pd.date_range(first, periods=len(log_level), freq="MS")
    expected = 1000 * monthly.days_in(index) / monthly.MEAN_MONTH_DAYS * np.exp(log_level)
    counts = np.random.default_rng(seed).poisson(expected).astype(float)
    return pd.Series(counts, index, name="asb")


def walk(seed: int, months: int, step: float) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(0, step, months))


# The register


def test_the_shipped_register_asks_what_the_data_can_answer() -> None:
    register = hypotheses.load(ROOT / "data" / "hypotheses.toml")
    monthly_figures = pd.read_csv(ROOT / "data" / "monthly" / "birmingham.csv")
    price_columns = pd.read_csv(ROOT / "data" / "prices" / "prices_monthly.csv").columns
    assert {h.series for h in register} <= set(monthly_figures["crime_type"])
    assert {h.predictor for h in register} <= set(price_columns)
    questions = {
        role: {(h.predictor, h.transformation, h.lags) for h in register if h.role == role}
        for role in hypotheses.ROLES
    }
    assert questions["subject"] <= questions["control"]
    assert all(h.sign == 1 for h in register if h.role == "subject")


ENTRY = {
    "id": "a",
    "series": "asb",
    "role": "subject",
    "predictor": PRICE,
    "transformation": "as published",
    "lags": [0, 3],
    "sign": "up",
    "reason": "because",
}


def write_register(folder: Path, *entries: dict[str, object]) -> Path:
    file = folder / "hypotheses.toml"
    text = ""
    for entry in entries:
        text += "[[hypothesis]]\n"
        for key, value in entry.items():
            shown = value if isinstance(value, list | int | float) else f'"{value}"'
            text += f"{key} = {shown}\n"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"role": "object"}, "not allowed"),
        ({"sign": "sideways"}, "not allowed"),
        ({"predictor": "cpi"}, "not allowed"),
        ({"transformation": "squared"}, "not allowed"),
        ({"sign": "none"}, "no expected direction"),
        ({"role": "control"}, "no expected direction"),
        ({"lags": [3, 0]}, "lags that cannot"),
        ({"lags": [0, 7]}, "lags that cannot"),
        ({"lags": 3}, "lags that cannot"),
        ({"reason": " "}, "empty text"),
        ({"extra": "x"}, "other keys"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, change: dict[str, object], message: str) -> None:
    file = write_register(tmp_path, ENTRY | change)
    with pytest.raises(RegisterError, match=message) as caught:
        hypotheses.load(file)
    assert "hypothesis 1 (a)" in caught.value.where


def test_a_question_asked_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="twice"):
        hypotheses.load(write_register(tmp_path, ENTRY, ENTRY | {"id": "b"}))
    with pytest.raises(RegisterError, match="no hypothesis to test"):
        hypotheses.load(write_register(tmp_path, ENTRY | {"role": "control", "sign": "none"}))


@settings(max_examples=30)
@given(st.lists(st.integers(min_value=-3, max_value=9), max_size=3))
def test_only_lags_in_order_pass(tmp_path_factory: pytest.TempPathFactory, lags: list[int]) -> None:
    file = write_register(tmp_path_factory.mktemp("register"), ENTRY | {"lags": lags})
    if len(lags) == 2 and 0 <= lags[0] <= lags[1] <= 6:
        assert list(hypotheses.load(file)[0].lags) == list(range(lags[0], lags[1] + 1))
    else:
        with pytest.raises(RegisterError):
            hypotheses.load(file)


# The pieces


def test_unit_root_tests_of_real_gdp() -> None:
    # ADF, constant, 4 lags: 0.97505319, p .99399563 (Stata); KPSS, level, 3 lags: 5.0169 (R
    # tseries); both as carried in statsmodels' own tests, with their tolerances.
    gdp = sm.datasets.macrodata.load_pandas().data["realgdp"]
    result = cross_correlation.stationarity(gdp, adf_lags=4, kpss_lags=3)
    assert result.adf == pytest.approx(0.97505319, abs=1e-5)
    assert result.adf_p == pytest.approx(0.99399563, abs=1e-5)
    assert result.kpss == pytest.approx(5.0169, abs=1e-3)
    assert result.reading is Stationarity.WANDERS


def test_reading_of_the_two_tests_together() -> None:
    noise = pd.Series(np.random.default_rng(1).normal(size=200), name="noise")
    assert cross_correlation.stationarity(noise).reading is Stationarity.STATIONARY
    assert cross_correlation.stationarity(noise.cumsum()).reading is Stationarity.WANDERS


@pytest.mark.parametrize(
    ("mean", "dispersion", "months", "low", "high"),
    [
        (1000, 1, 60, 1.1, 2.6),
        (1000, 20, 36, 6.8, 15.9),
        (1000, 20, 60, 5.2, 12.1),
        (1000, 20, 120, 3.7, 8.4),
        (1000, 40, 60, 7.5, 17.5),
        (60, 1.5, 60, 5.9, 13.6),
    ],
)
def test_smallest_detectable_effect(
    mean: float, dispersion: float, months: int, low: float, high: float
) -> None:
    # The table of the project's statistical notes, per cent, R² 0 and .8.
    for r_squared, expected in ((0.0, low), (0.8, high)):
        effect = association.detectable_effect(
            mean, months, dispersion=dispersion, r_squared=r_squared
        )
        assert 100 * effect == pytest.approx(expected, abs=0.06)


def test_detectable_factor_is_2_8_with_many_months() -> None:
    # 1.960 + 0.842 (tables of the normal distribution); 2.086 + 0.860 with 20 degrees of freedom.
    for df, factor in ((1e9, 2.802), (20.0, 2.946)):
        one = association.Estimate(0.0, 0.01, df, 1.0, 0.0, 0.01, 1.0, 0.5, 1.0, 36)
        assert one.detectable(0.05) == pytest.approx(math.expm1(factor * 0.01), abs=2e-5)
    assert one.variance_inflation == 2


def test_lags_by_hand() -> None:
    prices = price_table(np.arange(60.0))[PRICE]
    index = pd.date_range("2010-01-01", periods=3, freq="MS")
    # January 2010 is position 24: lags 0 to 3 are 24, 23, 22, 21; leads 1 to 3 are 25, 26, 27.
    assert association.lagged_mean(prices, index, range(4)).iloc[0] == 22.5
    assert association.lagged_mean(prices, index, (-1, -2, -3)).iloc[0] == 26
    with pytest.raises(ModelError, match="prices for every month"):
        association.lagged_mean(prices, index, [25])


def test_change_over_twelve_months_by_hand() -> None:
    prices = price_table(100 * 1.05 ** (np.arange(36) / 12))
    change = association.transformed(prices, PRICE, "change over twelve months")
    assert change.iloc[12:].to_numpy() == pytest.approx(100 * math.log(1.05))
    assert change.iloc[:12].isna().all()
    with pytest.raises(ModelError, match="no such price"):
        association.transformed(prices, "rent", "as published")


def _fit(seed: int = 3) -> monthly.MonthlyFit:
    counts = counts_from(walk(seed, 60, 0.03), seed)
    columns = monthly.design(counts.index)
    columns["price"] = walk(seed + 1, 60, 1.0)
    return monthly.fit(counts, columns, what_for="the test")


def test_reweighting_agrees_with_generalised_least_squares() -> None:
    # statsmodels GLS of the working response, variances 1 / expected and correlation 0.5^|i - j|:
    # the same coefficients and, up to the scale, the same covariance.
    model = _fit()
    _, variance, move, covariance = model._generalised(0.5, model.pearson.to_numpy())
    spread = 1 / np.sqrt(model.fitted.to_numpy())
    sigma = model.correlation(0.5) * np.outer(spread, spread)
    response = (
        model.columns.to_numpy() @ model.coefficients.to_numpy()
        + ((model.counts - model.fitted) / model.fitted).to_numpy()
    )
    expected = sm.GLS(response, model.columns.to_numpy(), sigma=sigma).fit()
    assert model.coefficients.to_numpy() + move == pytest.approx(expected.params, abs=1e-8)
    assert variance == pytest.approx(expected.scale)
    assert np.sqrt(np.diag(covariance)) == pytest.approx(expected.bse)


def test_newey_west_errors_agree_with_statsmodels() -> None:
    # statsmodels GLM with cov_type="HAC", 3 lags (4 (60/100)^(2/9)), small-sample correction.
    model = _fit()
    expected = sm.GLM(
        model.counts.to_numpy(),
        model.columns.to_numpy(),
        family=sm.families.Poisson(),
        offset=np.log(monthly.days_in(model.counts.index)),
    ).fit(cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": True})
    assert np.sqrt(np.diag(model.hac_covariance())) == pytest.approx(expected.bse, rel=1e-5)


def test_prewhitening_finds_the_lag() -> None:
    # Truth known: the series follows the price after two months.
    price = price_table(walk(5, 144, 1.0))[PRICE]
    series = (0.1 * price.shift(2, freq="MS")).reindex(price.index[30:102])
    noise = np.random.default_rng(6).normal(0, 0.02, len(series))
    result = cross_correlation.prewhitened(series + noise, price)
    assert result.values["correlation"].idxmax() == 2
    assert bool(result.values.loc[2, "outside"])
    assert result.band == pytest.approx(1.96 / math.sqrt(result.n))


def test_prewhitening_tames_two_walks() -> None:
    # Two unrelated walks: raw correlation beyond the band more often than not, after the filter at
    # about the 5 per cent that the band stands for (40 pairs, 13 lags).
    raw, filtered = [], []
    for seed in range(40):
        price = price_table(walk(100 + seed, 144, 1.0))[PRICE]
        series = pd.Series(walk(900 + seed, 72, 1.0), price.index[36:108], name="other")
        result = cross_correlation.prewhitened(series, price)
        filtered.append(result.values["outside"].mean())
        plain = np.corrcoef(series, price.reindex(series.index))[0, 1]
        raw.append(abs(plain) > result.band)
    assert np.mean(raw) > 0.5
    assert np.mean(filtered) < 0.08


def test_month_to_month_effect_by_hand() -> None:
    # No noise: the logarithm per day moves by .02 for each unit of the price.
    index = pd.date_range("2010-01-01", periods=48, freq="MS")
    price = pd.Series(walk(8, 48, 1.0), index)
    counts = pd.Series(1e6 * monthly.days_in(index) * np.exp(0.02 * price.to_numpy()), index)
    effect, p_value = association.month_to_month(counts, price)
    assert effect == pytest.approx(0.02 * price.std(), rel=1e-6)
    assert p_value < 1e-6


def test_month_to_month_leaves_both_sides_of_a_gap_out() -> None:
    index = pd.date_range("2010-01-01", periods=48, freq="MS")
    price = pd.Series(walk(8, 48, 1.0), index)
    counts = pd.Series(1e6 * monthly.days_in(index) * np.exp(0.02 * price.to_numpy()), index)
    counts["2012-03"] *= 5
    effect, _ = association.month_to_month(counts, price, exclude=[Month(2012, 3)])
    assert effect == pytest.approx(0.02 * price.std(), rel=1e-6)


# The answer


@pytest.mark.parametrize(
    ("effect", "p", "step", "placebo", "answer"),
    [
        (0.1, 0.01, (0.1, 0.01), (0.1, 0.5), Answer.FOUND),
        (0.1, 0.06, (0.1, 0.01), (0.1, 0.5), Answer.NOT_DETECTABLE),
        (0.1, 0.01, (0.1, 0.06), (0.1, 0.5), Answer.NOT_DETECTABLE),
        (0.1, 0.01, (-0.1, 0.01), (0.1, 0.5), Answer.NOT_DETECTABLE),
        (-0.1, 0.01, (-0.1, 0.01), (0.1, 0.5), Answer.OPPOSITE),
        (0.1, 0.01, (0.1, 0.01), (0.1, 0.04), Answer.CONTRADICTED),
        (0.1, 0.01, (0.1, 0.01), (-0.1, 0.04), Answer.FOUND),
    ],
)
def test_answers(
    effect: float,
    p: float,
    step: tuple[float, float],
    placebo: tuple[float, float],
    answer: Answer,
) -> None:
    found = cost_of_living.judge(
        effect, p, sign=1, month_to_month=step, placebos=[(0.0, 1.0), placebo], alpha=0.05
    )
    assert found is answer


REGISTER = (hypothesis(), hypothesis("vehicle", "control"))


def analyse(
    asb: pd.Series, vehicle: pd.Series, prices: pd.DataFrame, **settings_: object
) -> cost_of_living.AssociationResult:
    return cost_of_living.analyse(
        "asb", {"asb": asb, "vehicle": vehicle}, prices, REGISTER, **settings_
    )


def _priced(effect: float, seed: int, months: int = 96) -> tuple[pd.Series, pd.DataFrame]:
    """Counts that follow the mean of this and the last month's price."""
    values = walk(seed, months + 60, 1.0)
    prices = price_table(values)
    index = pd.date_range("2010-01-01", periods=months, freq="MS")
    mean = association.lagged_mean(prices[PRICE], index, range(2)).to_numpy()
    return counts_from(effect * (mean - mean.mean()), seed + 1), prices


def test_a_real_association_is_found() -> None:
    # Truth known: 4 per cent for each unit of the price.
    counts, prices = _priced(0.04, 20)
    result = analyse(counts, counts_from(np.zeros(96), 22), prices)
    row = result.hypotheses.loc["asb-prices"]
    assert result.answer is Answer.FOUND
    assert row["low_pct"] < 100 * math.expm1(0.04 * row["sd"]) < row["high_pct"]
    assert row["p_adjusted"] == row["p_value"]
    assert result.family == ("asb-prices",)


def test_what_the_control_does_as_well_is_no_finding() -> None:
    counts, prices = _priced(0.04, 20)
    control, _ = _priced(0.04, 20)
    assert analyse(counts, control, prices).answer is Answer.CONTRADICTED


def test_two_series_that_wander_are_not_taken_for_cause_and_effect() -> None:
    # No effect in truth, both series walk: the plain correlation says yes most of the time, the
    # answer at most in 5 of 100; 30 pairs, one is 3.3 per cent, three would be 10.
    naive, found = 0, 0
    for seed in range(30):
        prices = price_table(walk(300 + seed, 120, 1.0))
        counts = counts_from(walk(700 + seed, 48, 0.06), seed)
        index = counts.index
        price = association.lagged_mean(prices[PRICE], index, range(2))
        estimate = association.estimate(counts, {"price": price})["price"]
        step = association.month_to_month(counts, price)
        answer = cost_of_living.judge(
            estimate.effect,
            estimate.p_value,
            sign=1,
            month_to_month=step,
            placebos=[],
            alpha=0.05,
        )
        found += answer is not Answer.NOT_DETECTABLE
        naive += stats.pearsonr(counts, price).pvalue < 0.05
    assert naive / 30 > 0.5
    assert found <= 2


def test_everything_a_page_needs_is_there() -> None:
    rng = np.random.default_rng(40)
    counts, prices = _priced(0.0, 41, months=60)
    result = cost_of_living.analyse(
        "asb",
        {"asb": counts, "vehicle": counts_from(rng.normal(0, 0.05, 60), 42), "shops": counts},
        prices,
        (*REGISTER, hypothesis("shops", "comparison")),
        breaks={"asb": [Month(2012, 5)]},
        faulty=[Month(2014, 11), Month(2014, 12)],
    )
    assert result.answer is Answer.NOT_DETECTABLE
    assert (result.n, str(result.period.first)) == (60, "2010-01")
    assert result.detectable_pct > 0
    assert not result.hypotheses.isna().any().any()
    assert list(result.comparison.index) == ["shops-prices"]
    assert [lag for _, lag in result.lags.index] == list(range(-3, 7))
    assert list(result.stationarity.index) == ["asb", PRICE]
    assert set(result.cross_correlations) == {"asb-prices"}
    assert result.sensitivity is not None
    assert result.breaks == (Month(2012, 5),)
    unlike = result.sensitivity.loc["asb-prices", "effect_pct"]
    assert unlike != result.hypotheses.loc["asb-prices", "effect_pct"]


def test_the_family_counts_every_subject() -> None:
    # Holm by hand: two hypotheses, the smaller p-value counts double.
    counts, prices = _priced(0.04, 20)
    other = counts_from(np.zeros(96), 60).rename("violence")
    register = (*REGISTER, hypothesis("violence"))
    histories = {"asb": counts, "violence": other, "vehicle": counts_from(np.zeros(96), 61)}
    row = cost_of_living.analyse("asb", histories, prices, register).hypotheses.iloc[0]
    assert row["p_adjusted"] == pytest.approx(2 * row["p_value"])


@settings(max_examples=8, deadline=None)
@given(st.floats(min_value=0.01, max_value=100), st.floats(min_value=-50, max_value=50))
def test_the_unit_of_the_price_does_not_matter(scale: float, shift: float) -> None:
    counts, prices = _priced(0.02, 70, months=48)
    index = counts.index
    price = association.lagged_mean(prices[PRICE], index, range(2))
    plain = association.estimate(counts, {"price": price})["price"]
    other = association.estimate(counts, {"price": scale * price + shift})["price"]
    assert other.effect == pytest.approx(plain.effect, abs=1e-7)
    assert other.p_value == pytest.approx(plain.p_value, rel=1e-4)
    assert other.sd == pytest.approx(scale * plain.sd)


def test_unusable_input_is_named() -> None:
    counts, prices = _priced(0.0, 80, months=48)
    vehicle = counts_from(np.zeros(48), 81)
    histories = {"asb": counts, "vehicle": vehicle}
    with pytest.raises(ModelError, match="nothing was asked"):
        cost_of_living.analyse("vehicle", histories, prices, REGISTER)
    with pytest.raises(ModelError, match="without its control"):
        cost_of_living.analyse("asb", histories, prices, REGISTER[:1])
    with pytest.raises(ModelError, match="no such series"):
        cost_of_living.analyse("asb", {"asb": counts}, prices, REGISTER)
    with pytest.raises(ModelError, match="longer history"):
        cost_of_living.analyse("asb", histories | {"asb": counts.iloc[:29]}, prices, REGISTER)
    with pytest.raises(ModelError, match="prices for every month"):
        cost_of_living.analyse("asb", histories, prices.iloc[24:], REGISTER)
    with pytest.raises(ModelError, match="does not move"):
        cost_of_living.analyse("asb", histories, prices * 0 + 5, REGISTER)
