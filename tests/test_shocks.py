"""Dated shocks as interrupted series, published effects, and what stands beside the answer."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bcsp_analysis.errors import ModelError, RegisterError
from bcsp_analysis.models import beside, cost_of_living, dynamics, monthly, shocks
from bcsp_analysis.models.shocks import Change, ShockAnswer
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import hypotheses, prices, published_effects
from bcsp_analysis.sources import shocks as shock_register
from bcsp_analysis.sources.shocks import Shock

ROOT = Path(__file__).parents[1]
REFERENCE = Path(__file__).parent / "reference" / "models"
BAN = Month(2005, 1)


@pytest.fixture(scope="module")
def sicily() -> pd.DataFrame:
    file = REFERENCE / "sicily.csv"
    return pd.read_csv(file, parse_dates=["month"], index_col="month").asfreq("MS")


def counts(
    log_level: np.ndarray, seed: int | None = 1, *, level: float = 1000, first: str = "2018-01-01"
) -> pd.Series:
    index = pd.date_range(first, periods=len(log_level), freq="MS")
    season = 0.15 * np.cos(2 * np.pi * (np.asarray(index.month) - 7) / 12)
    expected = level * monthly.days_in(index) / monthly.MEAN_MONTH_DAYS
    expected = expected * np.exp(log_level + season)
    if seed is None:
        return pd.Series(expected, index, name="asb")
    drawn = np.random.default_rng(seed).poisson(expected).astype(float)
    return pd.Series(drawn, index, name="asb")


# The published example


def test_sicily_smoking_ban_step(sicily: pd.DataFrame) -> None:
    # Data and model of Lopez Bernal et al. (2017): step at January 2005, trend, two pairs of
    # harmonics, quasi-Poisson, standardised population as exposure. A GLM with Pearson's scale on
    # them gives a risk ratio of .885 (.839 to .933) and a dispersion of 2.262.
    result = shocks.interrupted(
        sicily["events"], BAN, slope=False, exposure=sicily["standard_population"], elsewhere=False
    )
    plain = result.plain_level
    ratios = [1 + pct / 100 for pct in (plain.pct, plain.low_pct, plain.high_pct)]
    assert ratios == pytest.approx([0.885, 0.839, 0.933], abs=5e-4)
    assert result.dispersion == pytest.approx(2.262, abs=5e-4)
    assert (result.before, result.after, result.slope) == (36, 23, None)
    # Errors that fade: the same fall, a wider interval.
    assert result.level.pct == pytest.approx(plain.pct, abs=0.3)
    assert result.level.low_pct < plain.low_pct
    assert result.level.high_pct > plain.high_pct


def test_ranges_leave_outside_what_the_caution_allows(sicily: pd.DataFrame) -> None:
    # At a confidence of 95% and a caution of 0.4 the range is Student's of 98%: of 52 degrees of
    # freedom the quantiles at .975 and .99 are 2.0066 and 2.4002 (tables of the t distribution).
    options = {"slope": False, "exposure": sicily["standard_population"], "elsewhere": False}
    found = shocks.interrupted(sicily["events"], BAN, **options).level
    middle, top = math.log1p(found.pct / 100), math.log1p(found.high_pct / 100)
    # the p-value is Student's own: its quantile gives the error back
    quantile = float(stats.t.isf(found.p_value / 2, 52))
    error = abs(middle) / quantile
    assert (top - middle) / error == pytest.approx(2.4002, abs=2e-4)


def test_sicily_smoking_ban_agrees_with_statsmodels(sicily: pd.DataFrame) -> None:
    # statsmodels GLM with Pearson's scale on the model with a new slope, and without harmonics.
    months = np.arange(len(sicily))
    after = (months >= 36).astype(float)
    base = np.column_stack([np.ones(59), months, after])
    turn = 2 * np.pi * np.asarray(sicily.index.month) / 12
    waves = [f(k * turn) for k in (1, 2) for f in (np.sin, np.cos)]
    slope = np.clip(months - 36, 0, None) / 12
    for harmonics, columns in ((0, [base]), (2, [base, np.column_stack([slope, *waves])])):
        result = shocks.interrupted(
            sicily["events"],
            BAN,
            slope=harmonics > 0,
            harmonics=harmonics,
            exposure=sicily["standard_population"],
            elsewhere=False,
        )
        expected = sm.GLM(
            sicily["events"].to_numpy(),
            np.column_stack(columns),
            family=sm.families.Poisson(),
            offset=np.log(sicily["standard_population"].to_numpy()),
        ).fit(scale="X2")
        low, high = expected.conf_int()[2]
        found = [result.plain_level.pct, result.plain_level.low_pct, result.plain_level.high_pct]
        ours = 100 * np.expm1([expected.params[2], low, high])
        assert found == pytest.approx(list(ours), abs=1e-6)
        assert result.dispersion == pytest.approx(expected.scale)


# Known truth


def test_a_known_change_is_recovered() -> None:
    # No noise: level up by a tenth, slope by .12 a year, mean over the 24 months after.
    months = np.arange(60)
    years = np.clip(months - 36, 0, None) / 12
    path = 0.002 * months + 0.1 * (months >= 36) + 0.12 * years
    result = shocks.interrupted(counts(path, None), Month(2021, 1), harmonics=1)
    assert result.level.pct == pytest.approx(100 * math.expm1(0.1), abs=0.2)
    assert result.slope is not None
    assert result.slope.pct == pytest.approx(100 * math.expm1(0.12), abs=0.3)
    mean = 0.1 + 0.12 * years[36:].mean()
    assert result.mean.pct == pytest.approx(100 * math.expm1(mean), abs=0.2)
    assert result.as_large == 0
    assert result.joint_p < 1e-6


def test_a_recording_step_is_not_taken_for_the_shock() -> None:
    months = np.arange(60)
    series = counts(0.0 - 0.4 * (months >= 24), seed=3)
    month = Month(2021, 1)
    told = shocks.interrupted(series, month, breaks=[Month(2020, 1)])
    assert told.breaks == (Month(2020, 1),)
    assert told.joint_p > 0.05
    assert abs(told.level.pct) < 6
    # A step in the month of the shock itself would take its place and is not entered.
    assert shocks.interrupted(series, month, breaks=[month]).breaks == ()


def test_months_can_be_left_out() -> None:
    series = counts(np.zeros(60), seed=None)
    series["2020-03":"2020-05"] *= 3
    gone = [Month(2020, 3), Month(2020, 4), Month(2020, 5)]
    result = shocks.interrupted(series, Month(2021, 1), exclude=gone)
    assert result.level.pct == pytest.approx(0, abs=0.1)
    assert (result.before, result.after, result.n) == (33, 24, 57)


def test_false_alarms_where_the_series_wanders() -> None:
    # No shock in truth, the logarithm walks by .05 a month over three years: the textbook says yes
    # most of the time, the answer to a single shock at most in 5 of 100; of 40 series two are 5 per
    # cent, six would be 15.
    plain, found = 0, 0
    for seed in range(40):
        path = np.cumsum(np.random.default_rng(100 + seed).normal(0, 0.05, 36))
        series, month = counts(path, seed), Month(2019, 7)
        result = shocks.interrupted(series, month, elsewhere=False)
        plain += result.plain_joint_p < 0.05
        if result.joint_p < 0.05:
            result = shocks.interrupted(series, month)
            answer = shocks.judge(result, result.joint_p, sign=1, control=None, alpha=0.05)
            found += answer is not ShockAnswer.NOT_DETECTABLE
    assert plain >= 20
    assert found <= 5


def test_other_months_show_as_much_where_nothing_happened() -> None:
    # With nothing special about the month, its rank among all possible months is anything.
    ranks = []
    for seed in range(12):
        path = np.cumsum(np.random.default_rng(seed).normal(0, 0.05, 42))
        result = shocks.interrupted(counts(path, seed), Month(2019, 10))
        assert result.other_months == 24
        ranks.append(result.as_large / result.other_months)
    assert 0.2 < np.mean(ranks) < 0.8


@settings(max_examples=10, deadline=None)
@given(st.integers(min_value=2, max_value=40), st.integers(min_value=-5, max_value=5))
def test_size_and_years_do_not_matter(factor: int, years: int) -> None:
    series = counts(np.zeros(48), seed=9)
    # Moved by fours, so that the leap years stay where they are.
    moved = series.shift(48 * years, freq="MS")
    plain = shocks.interrupted(series, Month(2020, 1), elsewhere=False)
    shifted = shocks.interrupted(moved, Month(2020, 1) + 48 * years, elsewhere=False)
    larger = shocks.interrupted(factor * series, Month(2020, 1), elsewhere=False)
    assert shifted.level.pct == pytest.approx(plain.level.pct, abs=1e-6)
    assert larger.plain_level.pct == pytest.approx(plain.plain_level.pct, abs=1e-6)


def test_impossible_months_are_named() -> None:
    series = counts(np.zeros(40))
    assert shocks.can_be_tested(series, Month(2018, 10))
    assert not shocks.can_be_tested(series, Month(2018, 9))
    with pytest.raises(ModelError, match="either side") as caught:
        shocks.interrupted(series, Month(2018, 9))
    assert "2018-09" in caught.value.where
    with pytest.raises(ModelError, match="change of recording"):
        shocks.interrupted(series * 0, Month(2019, 6))


# The answer


def change(pct: float) -> Change:
    return Change(pct, pct - 1, pct + 1, 0.01)


@pytest.mark.parametrize(
    ("p", "as_large", "mean", "control_p", "control_mean", "answer"),
    [
        (0.01, 0, 10.0, 0.5, 10.0, ShockAnswer.FOUND),
        (0.06, 0, 10.0, 0.5, 10.0, ShockAnswer.NOT_DETECTABLE),
        (0.01, 1, 10.0, 0.5, 10.0, ShockAnswer.NOT_DETECTABLE),
        (0.01, 0, -10.0, 0.5, 10.0, ShockAnswer.OPPOSITE),
        (0.01, 0, 10.0, 0.01, 10.0, ShockAnswer.CONTRADICTED),
        (0.01, 0, 10.0, 0.01, -10.0, ShockAnswer.FOUND),
    ],
)
def test_answers(
    p: float,
    as_large: int,
    mean: float,
    control_p: float,
    control_mean: float,
    answer: ShockAnswer,
) -> None:
    any_result = shocks.interrupted(counts(np.zeros(40)), Month(2019, 6), elsewhere=False)
    result = replace(any_result, as_large=as_large, mean=change(mean))
    control = replace(any_result, joint_p=control_p, mean=change(control_mean))
    assert shocks.judge(result, p, sign=1, control=control, alpha=0.05) is answer


def test_table_of_shocks_corrects_for_all_subjects_and_shocks() -> None:
    # Holm by hand: two subjects and two shocks, p-values .001, .02, .03 and .5 become .004, .06,
    # .06 and .5.
    p_values = {("a", 1): 0.001, ("a", 2): 0.03, ("b", 1): 0.02, ("b", 2): 0.5, ("c", 1): 0.9}
    p_values[("c", 2)] = 0.9
    base = shocks.interrupted(counts(np.zeros(40)), Month(2019, 6), elsewhere=False)
    register = [
        Shock(f"s{number}", "made up", Month(2019, 6) + number, 1, "because", "nowhere")
        for number in (1, 2)
    ]

    levels = []

    def interrupt(
        series: str, month: Month, elsewhere: bool, alpha: float
    ) -> shocks.InterruptedResult:
        levels.append(alpha)
        number = month - Month(2019, 6)
        return replace(base, name=series, month=month, joint_p=p_values[series, number])

    table = beside.shock_table("a", ["a", "b"], "c", register, interrupt, alpha=0.05)
    assert table is not None
    # Holm's .004 and .06, times 2.5 for series that wander.
    assert list(table["p_adjusted"]) == pytest.approx([0.01, 0.15])
    # Bonferroni's level for two series by two shocks, .0125, over 2.5.
    assert levels[:4] == pytest.approx([0.005] * 4)
    assert list(table.index) == ["s1", "s2"]
    assert list(table["control"]) == ["c", "c"]
    assert beside.shock_table("a", ["a"], "c", [], interrupt, alpha=0.05) is None


# Beside the answer on the cost of living


@pytest.fixture(scope="module")
def shipped() -> cost_of_living.AssociationResult:
    from bcsp_analysis.sources import police

    frame = police.load_monthly(ROOT / "data" / "monthly" / "birmingham.csv")
    histories = {name: police.series(frame, name) for name in frame["crime_type"].unique()}
    return cost_of_living.analyse(
        "Anti-social behaviour",
        histories,
        prices.load_monthly(ROOT / "data" / "prices" / "prices_monthly.csv"),
        hypotheses.load(),
        breaks={"Anti-social behaviour": [Month(2021, 4), Month(2021, 7)]},
        shocks=shock_register.load(),
        published=published_effects.load(),
    )


def test_result_carries_what_stands_beside_the_answer(
    shipped: cost_of_living.AssociationResult,
) -> None:
    assert shipped.bounds is not None
    assert set(shipped.bounds) == set(shipped.hypotheses.index)
    assert all(result.case == 3 for result in shipped.bounds.values())
    assert shipped.causality is not None
    assert set(shipped.causality.index.get_level_values("hypothesis")) == set(shipped.bounds)
    assert not shipped.causality.isna().any().any()
    assert shipped.shocks is not None
    assert [str(month) for month in shipped.shocks["month"]] == ["2021-10", "2022-04", "2022-10"]
    assert not shipped.shocks.isna().any().any()
    assert (shipped.shocks["p_adjusted"] >= shipped.shocks["joint_p"]).all()
    assert shipped.published is not None
    step = shipped.published.loc["tiratelli-2022", "smallest_detectable_pct"]
    assert step == pytest.approx(shipped.shocks["detectable_pct"].min())
    price = shipped.published.loc["draca-2019", "smallest_detectable_pct"]
    assert price == pytest.approx(shipped.detectable_pct)
    assert np.isnan(shipped.published.loc["hale-1998", "smallest_detectable_pct"])


def test_answer_does_not_depend_on_what_stands_beside_it(
    shipped: cost_of_living.AssociationResult,
) -> None:
    from bcsp_analysis.sources import police

    frame = police.load_monthly(ROOT / "data" / "monthly" / "birmingham.csv")
    histories = {name: police.series(frame, name) for name in frame["crime_type"].unique()}
    alone = cost_of_living.analyse(
        "Anti-social behaviour",
        histories,
        prices.load_monthly(ROOT / "data" / "prices" / "prices_monthly.csv"),
        hypotheses.load(),
        breaks={"Anti-social behaviour": [Month(2021, 4), Month(2021, 7)]},
        through_time=False,
    )
    assert alone.answer is shipped.answer
    pd.testing.assert_frame_equal(alone.hypotheses, shipped.hypotheses)
    assert (alone.bounds, alone.causality, alone.shocks, alone.published) == (None,) * 4


def test_incidents_first_is_a_placebo() -> None:
    # Truth known: incidents follow the price after a month; the price does not follow incidents.
    price = np.random.default_rng(12).normal(size=130).cumsum()
    index = pd.date_range("2010-01-01", periods=120, freq="MS")
    path = 0.04 * (price[9:129] - price[9:129].mean())
    series = counts(path, 13, first="2010-01-01")
    table = dynamics.foretelling(
        series, {"h": pd.Series(price[10:130], index, name="price")}, (), alpha=0.05
    )
    assert table.loc[("h", "price first"), "small_sample_p"] < 0.001
    assert table.loc[("h", "incidents first"), "small_sample_p"] > 0.01
    assert table.loc[("h", "price first"), "surplus"] == 1


def test_season_and_steps_are_taken_out_of_the_logarithm() -> None:
    months = np.arange(60)
    series = counts(0.3 * (months >= 30), None, level=1e6)
    plain = dynamics.without_season(series, [Month(2020, 7)])
    assert np.ptp(plain.to_numpy()) < 0.01


# The registers

SHOCK = {
    "id": "a",
    "title": "b",
    "month": "2021-10",
    "sign": "up",
    "reason": "because",
    "source": "nowhere",
}
EFFECT = {
    "id": "a",
    "study": "b",
    "address": "https://example.org",
    "place": "here",
    "effect_pct": 3.0,
    "of": "thefts",
    "per": "prices",
    "comparable": "price",
    "subjects": ["asb"],
    "note": "none",
}


def write(folder: Path, table: str, *entries: dict[str, object]) -> Path:
    file = folder / "register.toml"
    text = ""
    for entry in entries:
        text += f"[[{table}]]\n"
        for key, value in entry.items():
            shown = value if isinstance(value, int | float | list) else f'"{value}"'
            text += f"{key} = {shown}\n"
    file.write_text(text, encoding="utf-8")
    return file


def test_shipped_shocks_lie_in_the_shipped_history() -> None:
    register = shock_register.load(ROOT / "data" / "shocks.toml")
    assert {shock.sign for shock in register} == {1}
    assert all("https://" in shock.source for shock in register)
    frame = pd.read_csv(ROOT / "data" / "monthly" / "birmingham.csv")
    held = set(frame["month"])
    assert {str(shock.month) for shock in register} <= held


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sign": "sideways"}, "not allowed"),
        ({"month": "October 2021"}, "month that cannot be read"),
        ({"title": " "}, "empty text"),
        ({"extra": "x"}, "other keys"),
    ],
)
def test_a_wrong_shock_is_named(tmp_path: Path, change: dict[str, str], message: str) -> None:
    with pytest.raises(RegisterError, match=message) as caught:
        shock_register.load(write(tmp_path, "shock", SHOCK | change))
    assert "shock 1 (a)" in caught.value.where


def test_a_shock_twice_or_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="twice"):
        shock_register.load(write(tmp_path, "shock", SHOCK, SHOCK | {"id": "other"}))
    with pytest.raises(RegisterError, match="empty"):
        shock_register.load(write(tmp_path, "other", SHOCK))


def test_shipped_published_effects() -> None:
    # Table of the project's statistical notes: 6.5% (Universal Credit), 3 to 4% (prices of goods).
    register = {effect.id: effect for effect in published_effects.load()}
    assert register["tiratelli-2022"].effect_pct == 6.5
    draca = register["draca-2019"]
    assert (draca.effect_pct, draca.high_pct) == (3.0, 4.0)
    assert all(effect.address.startswith("https://") for effect in register.values())
    frame = pd.read_csv(ROOT / "data" / "monthly" / "birmingham.csv")
    named = {subject for effect in register.values() for subject in effect.subjects}
    assert named <= {*frame["crime_type"], published_effects.ALL}
    table = published_effects.table(register.values(), "Anti-social behaviour")
    assert len(table) == len(register)
    assert list(table["same_subject"]) == sorted(table["same_subject"], reverse=True)
    assert table.loc["scottish-government", "same_subject"]
    assert not table.loc["draca-2019", "same_subject"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"comparable": "perhaps"}, "not allowed"),
        ({"subjects": "asb"}, "no list"),
        ({"high_pct": 2.0}, "contradict"),
        ({"effect_pct": "much"}, "not a number"),
        ({"note": ""}, "empty text"),
        ({"extra": "x"}, "other keys"),
    ],
)
def test_a_wrong_effect_is_named(tmp_path: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(RegisterError, match=message) as caught:
        published_effects.load(write(tmp_path, "effect", EFFECT | change))
    assert "effect 1 (a)" in caught.value.where


def test_effects_without_a_figure_are_not_comparable(tmp_path: Path) -> None:
    bare = {key: value for key, value in EFFECT.items() if key != "effect_pct"}
    with pytest.raises(RegisterError, match="contradict"):
        published_effects.load(write(tmp_path, "effect", bare))
    loaded = published_effects.load(write(tmp_path, "effect", bare | {"comparable": "no"}))
    assert loaded[0].effect_pct is None
    with pytest.raises(RegisterError, match="twice"):
        published_effects.load(write(tmp_path, "effect", EFFECT, EFFECT))
