"""Pooling with other forces: random effects held to published examples, runs of months, truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis import project
from bcsp_analysis.errors import DataError, DuplicateRowError, FigureError, ModelError, PeriodError
from bcsp_analysis.models import monthly, pooling, random_effects, seasonality
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import elsewhere, police

SHAPE = np.array([0.85, 0.88, 1.0, 1.08, 1.1, 1.2, 1.25, 1.1, 1.0, 0.98, 0.9, 0.78])
SHAPE = SHAPE / np.exp(np.log(SHAPE).mean())


def single(values: list[float], variances: list[float], **settings_: float):
    """Random effects of one quantity."""
    y, v = np.array(values), np.array(variances)
    return random_effects.fit(list(y[:, None]), list(v[:, None, None]), **settings_)


# Random effects

TEACHERS = [0.03, 0.12, -0.14, 1.18, 0.26, -0.06, -0.02, -0.32, 0.27, 0.80]
TEACHERS += [0.54, 0.18, -0.02, 0.23, -0.18, -0.06, 0.30, 0.07, -0.07]
TEACHER_VARIANCES = [0.0156, 0.0216, 0.0279, 0.1391, 0.1362, 0.0106, 0.0106, 0.0484, 0.0269, 0.0630]
TEACHER_VARIANCES += [0.0912, 0.0497, 0.0835, 0.0841, 0.0253, 0.0279, 0.0193, 0.0088, 0.0303]


def test_teacher_expectancy_of_raudenbush_and_bryk() -> None:
    # Raudenbush and Bryk (1985), Journal of Educational Statistics 10, 75-98, as computed by
    # metafor (test_analysis_example_raudenbush1985): tau² .0188, mean .0837, z 1.6208, Q 35.8295;
    # empirical Bayes estimates of the 19 studies and their intervals.
    published = [0.0543, 0.1006, -0.0064, 0.2144, 0.1051, -0.0082, 0.0174, -0.0293, 0.1604, 0.2485]
    published += [0.1618, 0.1102, 0.0646, 0.1105, -0.0288, 0.0258, 0.1905, 0.0744, 0.0248]
    lows = [-0.1324, -0.1033, -0.2228, -0.0533, -0.1622, -0.1737, -0.1481, -0.2689, -0.0543, 0]
    lows += [-0.097, -0.1303, -0.192, -0.1463, -0.2405, -0.1906, -0.0076, -0.0808, -0.1954]
    found = single(TEACHERS, TEACHER_VARIANCES).heterogeneity
    assert found.between**2 == pytest.approx(0.0188, abs=5e-5)
    assert (found.q, found.q_df) == (pytest.approx(35.8295, abs=5e-5), 18)
    fixed = single(TEACHERS, TEACHER_VARIANCES, between=found.between)
    mean, covariance = fixed.mean
    assert mean[0] == pytest.approx(0.0837, abs=5e-5)
    assert mean[0] / np.sqrt(covariance[0, 0]) == pytest.approx(1.6208, abs=2e-4)
    groups = [fixed.group(place) for place in range(19)]
    assert [group[0][0] for group in groups] == pytest.approx(published, abs=2e-4)
    reached = [group[0][0] - 1.959964 * np.sqrt(group[1][0, 0]) for group in groups]
    assert reached == pytest.approx(lows, abs=3e-4)


def test_bcg_vaccine_trials() -> None:
    # Colditz et al. (1994), JAMA 271, 698-702, logarithm of the risk ratio, by metafor's rma():
    # REML tau² .3132, mean -.7145 with standard error .1798; Q 152.2330 on 12.
    trials = [(4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619)]
    trials += [(33, 5036, 47, 5761), (180, 1361, 372, 1079), (8, 2537, 10, 619)]
    trials += [(505, 87886, 499, 87892), (29, 7470, 45, 7232), (17, 1699, 65, 1600)]
    trials += [(186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825)]
    ratios = [np.log(a / (a + b) / (c / (c + d))) for a, b, c, d in trials]
    variances = [1 / a - 1 / (a + b) + 1 / c - 1 / (c + d) for a, b, c, d in trials]
    found = single(ratios, variances).heterogeneity
    assert found.between**2 == pytest.approx(0.3132, abs=1e-4)
    assert found.q == pytest.approx(152.2330, abs=5e-5)
    assert found.i_squared == pytest.approx((152.2330 - 12) / 152.2330, abs=1e-6)
    mean, covariance = single(ratios, variances, between=found.between).mean
    assert mean[0] == pytest.approx(-0.7145, abs=1e-4)
    assert np.sqrt(covariance[0, 0]) == pytest.approx(0.1798, abs=1e-4)


def test_eight_schools() -> None:
    # Gelman et al. (2013), Bayesian Data Analysis, table 5.3 (200 simulation draws, therefore
    # rough): medians and 2.5 and 97.5 per cent points of schools A, C and G; uniform prior on tau.
    effects = [28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0]
    errors = [15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0]
    fit = single(effects, [error**2 for error in errors])
    for place, published in ((0, (-2, 10, 31)), (2, (-11, 7, 19)), (6, (-1, 10, 26))):
        draws = fit.draws(place, 20000, 1)[0][:, 0]
        assert np.quantile(draws, [0.025, 0.5, 0.975]) == pytest.approx(published, abs=2.0)
    assert fit.mean[0][0] == pytest.approx(8, abs=0.2)
    assert fit.heterogeneity.between == 0


def test_several_quantities_with_equal_errors_by_hand() -> None:
    # Three groups, two quantities, error variance 1 each. Sums of squares about the means 8 and 26:
    # the mean square is 34 / 4 = 8.5, so tau² = 8.5 - 1 = 7.5 and each group keeps 7.5 / 8.5 of
    # its distance from the mean.
    y = [np.array([-2.0, 1.0]), np.array([0.0, -4.0]), np.array([2.0, 3.0])]
    fit = random_effects.fit(y, [np.eye(2)] * 3)
    assert fit.heterogeneity.between**2 == pytest.approx(7.5, rel=1e-5)
    assert fit.heterogeneity.q == pytest.approx(34)
    known = random_effects.fit(y, [np.eye(2)] * 3, between=np.sqrt(7.5))
    assert known.group(1)[0] == pytest.approx([0, -4 * 7.5 / 8.5])
    assert known.own_weight(1) == pytest.approx(np.eye(2) * 7.5 / 8.5)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(min_value=-3, max_value=3), min_size=3, max_size=6),
    st.floats(min_value=0.1, max_value=10),
    st.floats(min_value=-5, max_value=5),
)
def test_unit_and_origin_do_not_matter(values: list[float], scale: float, shift: float) -> None:
    variances = [0.3 + 0.2 * place for place in range(len(values))]
    plain = single(values, variances)
    other = single([scale * y + shift for y in values], [scale**2 * v for v in variances])
    assert other.heterogeneity.q == pytest.approx(plain.heterogeneity.q, abs=1e-6)
    for place in range(len(values)):
        expected = scale * plain.group(place)[0][0] + shift
        assert other.group(place)[0][0] == pytest.approx(expected, abs=2e-3 * scale)


def test_what_cannot_be_pooled_is_named() -> None:
    with pytest.raises(ModelError, match="cannot be pooled"):
        single([1.0], [1.0])
    with pytest.raises(ModelError, match="cannot be pooled") as caught:
        single([1.0, 2.0], [1.0, 0.0])
    assert "without uncertainty" in caught.value.found


# One force


def counts(
    index: pd.DatetimeIndex, seed: int | None, *, shape: np.ndarray = SHAPE, level: float = 2000
) -> pd.Series:
    expected = level * monthly.days_in(index) / monthly.MEAN_MONTH_DAYS
    expected = expected * shape[np.asarray(index.month) - 1]
    if seed is None:
        return pd.Series(expected, index)
    random = np.random.default_rng(seed)
    noisy = expected * random.gamma(1 / 0.05**2, 0.05**2, size=len(index))
    return pd.Series(random.poisson(noisy).astype(float), index)


def in_runs(
    seed: int | None, *, shape: np.ndarray = SHAPE, steps: tuple[float, ...] = (1.0, 0.6, 1.4)
) -> pd.DataFrame:
    """Eleven months, three years less two months, and four months, each with its own level."""
    runs = [("2014-01-01", 11), ("2016-12-01", 34), ("2024-01-01", 4)]
    parts = []
    for number, ((first, months), step) in enumerate(zip(runs, steps, strict=True), start=1):
        index = pd.date_range(first, periods=months, freq="MS")
        values = counts(index, None if seed is None else 10 * seed + number, shape=shape)
        part = pd.DataFrame({"incidents": np.round(step * values), "release_run": number})
        parts.append(part)
    table = pd.concat(parts)
    return table.drop(pd.Timestamp("2018-06-01"))


def test_steps_between_runs_do_not_touch_the_season() -> None:
    # No noise: the shape comes back whatever the levels of the runs, a gap within one included.
    season = pooling.force_season(in_runs(None))
    other = pooling.force_season(in_runs(None, steps=(1.0, 3.0, 0.2)))
    assert np.exp(season.effects.to_numpy()) == pytest.approx(SHAPE, rel=2e-3)
    assert other.effects.to_numpy() == pytest.approx(season.effects.to_numpy(), abs=2e-3)
    # 48 months less the level, eleven months, two further levels and one trend.
    assert (season.n, season.df) == (48, 33)


def test_a_trend_within_a_long_run_is_taken_out() -> None:
    history = in_runs(None)
    position = np.arange(len(history))
    trend = np.where(history["release_run"] == 2, np.exp(0.01 * position), 1.0)
    history["incidents"] *= trend
    season = pooling.force_season(history)
    assert np.exp(season.effects.to_numpy()) == pytest.approx(SHAPE, rel=2e-3)


def test_months_can_be_left_out_of_a_force() -> None:
    history = in_runs(None)
    history.loc["2018-01-01":"2018-03-01", "incidents"] *= 4
    away = [Month(2018, 1), Month(2018, 2), Month(2018, 3)]
    season = pooling.force_season(history, exclude=away)
    assert np.exp(season.effects.to_numpy()) == pytest.approx(SHAPE, rel=2e-3)
    assert season.n == 45


def test_a_force_with_too_little_is_named() -> None:
    history = in_runs(1)
    with pytest.raises(ModelError, match="longer history") as caught:
        pooling.force_season(history[history["release_run"] == 1], name="Elsewhere")
    assert caught.value.where == "Elsewhere"
    with pytest.raises(ModelError, match="tell its influences apart"):
        pooling.force_season(history[history.index.month != 7])


# Together


@pytest.fixture(scope="module")
def own() -> seasonality.SeasonalityResult:
    index = pd.date_range("2020-08-01", periods=36, freq="MS")
    return seasonality.analyse(counts(index, 5, level=1000).rename("a"))


def test_like_forces_sharpen_the_indices(own: seasonality.SeasonalityResult) -> None:
    # Truth known: one shape for all. The pooled intervals are narrower, hold the truth in most
    # months, and the area's own data count for less than half.
    forces = {name: in_runs(seed) for seed, name in enumerate(("b", "c", "d"), start=1)}
    pooled = pooling.pool(own, forces, exclude=())
    table = pooled.indices
    width = (table["pooled_high"] - table["pooled_low"]).mean()
    assert width < 0.8 * (table["own_high"] - table["own_low"]).mean()
    inside = table["pooled_low"].lt(SHAPE) & table["pooled_high"].gt(SHAPE)
    assert inside.sum() >= 10
    assert pooled.heterogeneity.q_p > 0.01
    assert pooled.own_apart_p > 0.01
    assert pooled.mean_p < 1e-6
    assert pooled.alike_low > 0.8
    assert (table["weight"] < 0.5).all()
    assert (pooled.correlations["correlation"] > 0.8).all()
    assert pooled.peak.month in (6, 7)
    assert float(np.log(table["pooled"]).sum()) == pytest.approx(0, abs=1e-9)
    assert float(table["peak"].sum()) == pytest.approx(1)


def test_unlike_forces_leave_the_indices_alone(own: seasonality.SeasonalityResult) -> None:
    # Truth known: the others' year runs the other way round.
    forces = {name: in_runs(seed, shape=1 / SHAPE) for seed, name in ((1, "b"), (2, "c"))}
    pooled = pooling.pool(own, forces, exclude=())
    table = pooled.indices
    assert (table["weight"] > 0.8).all()
    assert table["pooled"].to_numpy() == pytest.approx(table["own"].to_numpy(), rel=0.05)
    assert pooled.heterogeneity.q_p < 1e-6
    assert pooled.own_apart_p < 1e-6
    assert (pooled.correlations["correlation"] < -0.8).all()


def test_pooling_by_hand_with_tau_nil(own: seasonality.SeasonalityResult) -> None:
    # One other force: where the between-force variance is nil the pooled profile is the mean of
    # both, weighted by their inverse covariances (in eleven directions that sum to zero).
    other = pooling.force_season(in_runs(1))
    fit = random_effects.fit(
        [own.effects.to_numpy()[:11], other.effects.to_numpy()[:11]],
        [own.effect_covariance.to_numpy()[:11, :11], other.covariance.to_numpy()[:11, :11]],
        between=0.0,
    )
    precisions = [np.linalg.inv(covariance) for covariance in fit.covariances]
    both = np.linalg.solve(
        precisions[0] + precisions[1],
        precisions[0] @ fit.estimates[0] + precisions[1] @ fit.estimates[1],
    )
    assert fit.group(0)[0] == pytest.approx(both)
    assert fit.group(1)[0] == pytest.approx(both)


def test_order_of_the_forces_does_not_matter(own: seasonality.SeasonalityResult) -> None:
    forces = {name: in_runs(seed) for seed, name in ((1, "b"), (2, "c"))}
    turned = dict(reversed(forces.items()))
    one, two = pooling.pool(own, forces), pooling.pool(own, turned)
    pd.testing.assert_series_equal(one.indices["pooled"], two.indices["pooled"], rtol=1e-6)
    assert two.forces == ("c", "b")


def test_without_another_force_nothing_is_pooled(own: seasonality.SeasonalityResult) -> None:
    with pytest.raises(ModelError, match="no other force"):
        pooling.pool(own, {})


# What ships

SHIPPED = project.path("data", "elsewhere", "monthly.csv")


@pytest.mark.parametrize("category", ["Anti-social behaviour", "Violence and sexual offences"])
def test_shipped_forces_are_pooled_with_and_without_restricted_months(category: str) -> None:
    frame = police.load_monthly(project.path("data", "monthly", "birmingham.csv"))
    result = seasonality.analyse(police.series(frame, category))
    histories = elsewhere.histories(elsewhere.load_monthly(SHIPPED), category)
    pooled = pooling.pool(result, histories)
    assert pooled.forces == ("Bedfordshire", "Lancashire", "Leicestershire")
    assert pooled.n_forces == 4
    # Months held less those from March 2020 to June 2021 (16; 13 of Lancashire's).
    assert pooled.months_used.to_dict() == {
        "Bedfordshire": 36,
        "Lancashire": 34,
        "Leicestershire": 34,
    }
    assert pooled.sensitivity is not None
    assert pooled.sensitivity.months_used.to_dict() == {
        "Bedfordshire": 36,
        "Lancashire": 47,
        "Leicestershire": 50,
    }
    pd.testing.assert_series_equal(
        pooled.indices["own"], result.indices["index"], check_names=False
    )
    assert pooled.statement.above == result.statement.above
    assert pooled.statement.probability != result.statement.probability


def test_shipped_months_are_those_of_the_source() -> None:
    # Read off the source's own list of months; incidents of three rows read off its files.
    frame = elsewhere.load_monthly(SHIPPED)
    spans = frame.groupby(["force", "crime_type", "release_run"])["month"].agg(["min", "max"])
    for force, last in (("Bedfordshire", 2), ("Lancashire", 3), ("Leicestershire", 3)):
        runs = spans.loc[force, "Anti-social behaviour"]
        assert list(runs.index) == list(range(1, last + 1))
        assert f"{runs['max'].iloc[0]:%Y-%m}" == "2014-11"
        pd.testing.assert_frame_equal(runs, spans.loc[force, "Violence and sexual offences"])
    lancashire = elsewhere.histories(frame, "Anti-social behaviour")["Lancashire"]
    assert len(lancashire) == 47
    missing = {pd.Timestamp(f"2020-{month:02}-01") for month in (6, 8, 9)}
    assert not missing & set(lancashire.index)
    assert lancashire.loc["2020-04-01", "incidents"] == 11636


HEADER = "force,crime_type,month,release_run,incidents\n"


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ("A,x,2020-01,1,5\nA,x,2020-01,1,6\n", DuplicateRowError, "twice"),
        ("A,x,2020-01,1,5.5\n", FigureError, "no figure"),
        ("A,x,2020-01,1,\n", FigureError, "no figure"),
        ("A,x,2020-01,0,5\n", FigureError, "no figure"),
        ("A,x,2020-01,1,-5\n", FigureError, "no figure"),
        ("A,x,01/2020,1,5\n", PeriodError, "no month"),
        ("A,x,2020-01,2,5\nA,x,2020-02,1,5\n", PeriodError, "order of time"),
        (",x,2020-01,1,5\n", DataError, "empty cell"),
        ("A, ,2020-01,1,5\n", DataError, "empty cell"),
    ],
)
def test_a_wrong_row_is_named(
    tmp_path: Path, rows: str, error: type[Exception], message: str
) -> None:
    file = tmp_path / "monthly.csv"
    file.write_text(HEADER + rows, encoding="utf-8")
    with pytest.raises(error, match=message):
        elsewhere.load_monthly(file)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "B"]),
            st.integers(min_value=0, max_value=40),
            st.integers(min_value=0, max_value=10**6),
        ),
        min_size=1,
        max_size=30,
        unique_by=lambda row: row[:2],
    )
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int, int]]
) -> None:
    file = tmp_path_factory.mktemp("elsewhere") / "monthly.csv"
    lines = [f"{force},x,{Month(2020, 1) + at},{1 + at // 12},{n}\n" for force, at, n in rows]
    file.write_text(HEADER + "".join(lines), encoding="utf-8")
    histories = elsewhere.histories(elsewhere.load_monthly(file), "x")
    assert sum(len(history) for history in histories.values()) == len(rows)
    for force, at, n in rows:
        stamp = pd.Timestamp((Month(2020, 1) + at).start)
        assert histories[force].loc[stamp, "incidents"] == n
        assert histories[force].loc[stamp, "release_run"] == 1 + at // 12
    with pytest.raises(DataError, match="no such category"):
        elsewhere.histories(elsewhere.load_monthly(file), "y")
