"""Persistence, accuracy, concentration and named places, held to papers and hand calculation."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from small_areas import grid, series, table

from bcsp_analysis import project
from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import dispersion, hotspots
from bcsp_analysis.models.hotspots import curves, prospective
from bcsp_analysis.models.hotspots.prospective import Contest
from bcsp_analysis.sources import police, report

# --- persistence ---------------------------------------------------------------------------------


def test_months_among_the_highest_by_hand() -> None:
    # Ten areas, so one place a month. Month 1: A0 alone. 2: A0 and A1 tie for it, so nobody. 3: A1.
    rows = [[9, 5, 1], [2, 5, 4]] + [[1, 1, 0]] * 8
    found = hotspots.persistence(table(rows), share=0.1)
    assert found.highest == 1
    assert found.table["months"].tolist()[:3] == [1, 1, 0]
    assert found.table["run"].tolist()[:2] == [0, 1]
    assert found.expected == pytest.approx(0.2)  # two places in three months, ten areas
    # Poisson-binomial by hand: at least one of two draws of one in ten: 1 - 0.9 * 0.9 = 0.19.
    assert found.table.loc["A0", "p_value"] == pytest.approx(0.19)
    assert found.table.loc["A2", "p_value"] == pytest.approx(1)
    # quarter: 15, 11, 2 ...: A0 alone
    assert found.table["quarters"].tolist()[:2] == [1, 0]
    assert found.by_months["areas"].tolist() == [2, 0, 0]
    assert found.by_months["by_chance"].tolist() == pytest.approx([1.9, 0.1, 0])


def test_chance_is_binomial_where_every_month_has_the_same_places() -> None:
    random = np.random.default_rng(1)
    rows = [random.permutation(40) + 1 for _ in range(36)]
    found = hotspots.persistence(table(np.array(rows).T.tolist()))
    chance = stats.binom(36, 0.1)
    assert found.by_months["by_chance"].to_numpy() == pytest.approx(
        40 * chance.sf(np.arange(36)), rel=1e-9
    )
    assert found.lasting_by_chance == pytest.approx(40 * chance.sf(17))
    assert found.expected == pytest.approx(3.6)
    assert not found.lasting


def test_a_lasting_hot_spot_is_found_and_only_the_last_months_count() -> None:
    rows = [[0] * 4 + [9] * 36, [9] * 4 + [0] * 36] + [[1] * 40] * 18
    found = hotspots.persistence(table(rows), months=36, share=0.05)
    assert found.lasting == ("A0",)
    assert found.table["months"].tolist()[:3] == [36, 0, 0]
    assert found.table.loc["A0", "run"] == 36
    assert (found.months, found.quarters, found.lasting_from) == (36, 12, 18)
    assert found.lasting_by_chance < 1e-6


def test_areas_without_incidents_are_never_among_the_highest() -> None:
    found = hotspots.persistence(table([[0, 0, 3], [0, 0, 0]]), share=0.9)
    assert found.table["months"].tolist() == [1, 0]
    for share, months in ((0.0, 36), (1.0, 36), (0.1, 2)):
        with pytest.raises(ModelError):
            hotspots.persistence(table([[1, 2, 3]]), share=share, months=months)
    with pytest.raises(ModelError):
        hotspots.persistence(table([[1, 2]]))


@given(
    rows=st.lists(st.lists(st.integers(0, 6), min_size=6, max_size=6), min_size=1, max_size=20)
    .filter(lambda rows: any(map(any, rows)))
)  # fmt: skip
def test_no_month_holds_more_than_its_places(rows) -> None:
    found = hotspots.persistence(table(rows))
    assert found.table["months"].sum() <= 6 * found.highest
    assert found.table["months"].mean() == pytest.approx(found.expected)
    assert (found.by_months["by_chance"].diff().dropna() <= 1e-9).all()


# --- accuracy ------------------------------------------------------------------------------------


def test_scores_of_ptools() -> None:
    # ptools, tests/testthat/test-pai.R: observed 6, 3, 0, predicted 3, 2, 1, areas alike: PAI 2,
    # 1.5, 1, and PEI 1, for one, two, three areas.
    later, predicted = np.array([6.0, 3.0, 0.0]), np.array([3.0, 2.0, 1.0])
    for chosen, pai in ((1, 2.0), (2, 1.5), (3, 1.0)):
        made = prospective.scores(predicted, later, chosen)
        assert made[3:] == pytest.approx((pai, 1.0))


def test_scores_with_land_by_hand() -> None:
    # PAI = (n / N) / (a / A) as Chainey, Tompson and Uhlig define it: 20% of the incidents on 10%
    # of the land make 2; of the best two areas (50 and 30) the chosen two hold 20 of 80.
    later = np.array([20.0, 0.0, 50.0, 30.0])
    sizes = np.array([0.6, 0.4, 5.0, 4.0])
    hits, total, hit_rate, pai, pei = prospective.scores(np.array([9.0, 8, 1, 1]), later, 2, sizes)
    assert (hits, total) == (20, 100)
    assert (hit_rate, pai, pei) == pytest.approx((0.2, 2.0, 0.25))


def test_a_tie_is_decided_by_lot_in_expectation() -> None:
    # One of three tied areas is chosen: hits are the mean of 3, 6 and 0.
    made = prospective.scores(np.array([5.0, 5.0, 5.0, 1.0]), np.array([3.0, 6.0, 0.0, 1.0]), 1)
    assert made[0] == pytest.approx(3)
    assert made[2] == pytest.approx(0.3)
    assert made[3] == pytest.approx(0.3 / 0.25)


def test_rounds_by_hand() -> None:
    # Two areas, one chosen. Window 2, ahead 1, five months: origins at months 3, 4 and 5.
    found = hotspots.accuracy(table([[9, 0, 4, 0, 8], [0, 8, 6, 5, 2]]), share=0.5, window=2,
                              ahead=1)  # fmt: skip
    rows = found.rounds.loc["last 2 months"]
    # month 3 by months 1-2: 9 v 8, A0: 4 of 10. Month 4 by 2-3: 4 v 14, A1: 5 of 5. Month 5: A1.
    assert rows["hit_rate"].tolist() == pytest.approx([0.4, 1.0, 0.2])
    assert rows["pai"].tolist() == pytest.approx([0.8, 2.0, 0.4])
    assert rows["pei"].tolist() == pytest.approx([4 / 6, 1.0, 2 / 8])
    assert found.by_method.loc["last 2 months", "hit_rate"] == pytest.approx(1.6 / 3)
    assert found.best_rate == pytest.approx((0.6 + 1.0 + 0.8) / 3)
    assert (found.number_of_rounds, found.chosen, found.baseline) == (3, 1, "last 2 months")
    assert found.span.label == "March to May 2023"
    assert found.by_method.loc["last 2 months", "verdict"] == Contest.BASELINE


def test_the_paired_interval_is_the_t_interval_of_the_differences() -> None:
    random = np.random.default_rng(8)
    found = hotspots.accuracy(table(random.poisson(3, size=(60, 36)).tolist()))
    rates = {name: found.rounds.loc[name, "hit_rate"] for name in found.by_method.index}
    apart = rates["last 3 months"] - rates["last 12 months"]
    test = stats.ttest_1samp(apart, 0)
    row = found.by_method.loc["last 3 months"]
    low, high = test.confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx((low, high))
    assert row["p_value"] == pytest.approx(test.pvalue)
    assert found.number_of_rounds == 8


def test_months_to_come_are_not_looked_at() -> None:
    random = np.random.default_rng(5)
    rows = random.poisson(4, size=(30, 18))
    first = hotspots.accuracy(table(rows.tolist()))
    rows[:, -3:] = rows[::-1, -3:]
    second = hotspots.accuracy(table(rows.tolist()))
    earlier = first.rounds.index.get_level_values("first") < pd.Timestamp("2024-04-01")
    pd.testing.assert_frame_equal(first.rounds[earlier], second.rounds[earlier])
    assert not first.rounds.equals(second.rounds)


def test_moving_hot_spots_are_followed_by_recent_months_and_stable_ones_by_long_memory() -> None:
    random = np.random.default_rng(6)
    moving = np.full((100, 36), 2.0)
    for start in range(0, 36, 6):
        moving[random.choice(100, 10, replace=False), start : start + 6] = 12
    found = hotspots.accuracy(table(random.poisson(moving).tolist())).by_method
    assert found.loc["last 3 months", "hit_rate"] > found.loc["last 12 months", "hit_rate"]
    stable = random.poisson(np.exp(random.normal(0, 0.5, 400))[:, None] * np.ones((1, 72)))
    lasting = hotspots.accuracy(table(stable.tolist())).by_method
    assert lasting.loc["all months so far", "verdict"] == Contest.BETTER
    assert lasting.loc["last 3 months", "verdict"] == Contest.WORSE


def test_neighbours_add_two_ways_and_land_changes_the_index() -> None:
    near = hotspots.touching(grid(5, 4))
    counts = table(np.random.default_rng(2).poisson(3, size=(20, 20)).tolist())
    counts.index = pd.Index(list(near.mapping), name="area")
    plain = hotspots.accuracy(counts)
    found = hotspots.accuracy(counts, neighbours=near)
    assert set(found.by_method.index) - set(plain.by_method.index) == {
        "shrunken towards the neighbours", "Getis-Ord score",
    }  # fmt: skip
    land = hotspots.accuracy(counts, area_km2=pd.Series(2.0, index=counts.index))
    assert land.measured_by == "share of the land"
    pd.testing.assert_frame_equal(land.rounds, plain.rounds)
    with pytest.raises(ModelError, match="sizes of areas"):
        hotspots.accuracy(counts, area_km2=pd.Series(2.0, index=counts.index[:5]))


def test_too_few_rounds_give_no_verdict_and_too_few_months_no_result() -> None:
    random = np.random.default_rng(2)
    counts = table(random.poisson(3, size=(20, 18)).tolist())
    found = hotspots.accuracy(counts)
    assert found.number_of_rounds == 2
    assert set(found.by_method["verdict"]) == {Contest.BASELINE, Contest.TOO_FEW}
    one = hotspots.accuracy(counts.iloc[:, :15])
    assert one.by_method["low"].isna().all()
    assert (one.by_method["p_value"] == 1).all()
    for wrong in ({"share": 1.0}, {"window": 0}, {"ahead": 0}, {"alpha": 0.0}, {"window": 30}):
        with pytest.raises(ModelError):
            hotspots.accuracy(counts, **wrong)
    with pytest.raises(ModelError, match="single area"):
        hotspots.accuracy(counts.iloc[:1])


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.lists(st.integers(0, 9), min_size=8, max_size=8), min_size=2, max_size=12)
    .filter(lambda rows: any(map(any, rows))),
    seed=st.integers(0, 50),
)  # fmt: skip
def test_scores_do_not_hang_on_the_order_of_the_areas_and_stay_in_range(rows, seed) -> None:
    counts = table(rows)
    if not counts.iloc[:, 3:].to_numpy().any():
        return
    first = hotspots.accuracy(counts, share=0.3, window=3, ahead=1)
    assert first.rounds["hit_rate"].between(0, 1).all()
    assert first.rounds["pei"].between(0, 1 + 1e-9).all()
    order = np.random.default_rng(seed).permutation(len(rows))
    second = hotspots.accuracy(counts.iloc[order], share=0.3, window=3, ahead=1)
    pd.testing.assert_frame_equal(first.rounds, second.rounds)


# --- concentration -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "gini", "generalised"),
    [
        # lorenzgini (Bernasco and Steenbeek), examples of the function gini, biased versions.
        ([10, 8, 2, 0, 0, 0, 0, 0, 0, 0], 0.78, 0.78),
        ([5, 2, 1, 0, 0, 0, 0, 0, 0, 0], 0.8, 0.75),
        ([10] + [0] * 9, 0.9, 0.9),
        ([10] + [0] * 99, 0.99, 0.9),
        # its vignette, figure 2 (plain); one incident in each of five places is as even as can be
        ([3, 1, 1] + [0] * 7, 0.78, 0.56),
        ([1] * 5 + [0] * 5, 0.5, 0.0),
        ([4] * 6, 0.0, 0.0),
    ],
)
def test_gini_coefficients_of_lorenzgini(counts, gini, generalised) -> None:
    assert curves.gini(np.array(counts)) == pytest.approx(gini, abs=1e-12)
    assert curves.generalised_gini(np.array(counts)) == pytest.approx(generalised, abs=1e-12)


def test_the_curve_by_hand() -> None:
    found = hotspots.concentration(series(22, 18, 17, 12, 11, 8, 6, 3, 2, 1), simulations=99)
    assert found.curve["incidents"].tolist() == pytest.approx(
        [0, 0.22, 0.40, 0.57, 0.69, 0.80, 0.88, 0.94, 0.97, 0.99, 1]
    )
    assert found.tops.loc[0.2, ["number", "incidents"]].tolist() == pytest.approx([2, 0.40])
    assert found.tops.loc[0.05, "number"] == 1
    assert found.halves.loc[0.5, ["number", "areas"]].tolist() == pytest.approx([3, 0.3])
    assert found.halves.loc[0.25, "number"] == 2
    assert (found.n, found.total) == (10, 100)


def test_an_even_world_is_not_called_concentrated_and_an_uneven_one_is() -> None:
    random = np.random.default_rng(9)
    even = hotspots.concentration(pd.Series(random.multinomial(600, np.full(400, 1 / 400))))
    assert not even.more_than_even
    # By chance alone a tenth of the areas holds far more than a tenth of so few incidents.
    top = even.tops.loc[0.1]
    assert top["even"] > 0.2
    assert top["even_low"] <= top["incidents"] <= top["even_high"]
    assert abs(top["beyond"]) < 0.02
    uneven = hotspots.concentration(pd.Series(random.poisson(random.gamma(0.8, 4, 400))))
    assert uneven.more_than_even
    assert uneven.tops.loc[0.1, "beyond"] > 0.1


def test_the_even_world_has_the_mean_of_the_multinomial() -> None:
    # The highest of two areas with two incidents: 2 with chance a half, else 1: 0.75 on average.
    found = hotspots.concentration(series(2, 0), simulations=4000)
    assert found.curve["even"].iloc[1] == pytest.approx(0.75, abs=0.02)
    assert found.curve["incidents"].iloc[1] == 1


@settings(deadline=None)
@given(counts=st.lists(st.integers(0, 60), min_size=1, max_size=300).filter(any))
def test_curves_rise_to_one_and_coefficients_stay_in_range(counts) -> None:
    found = hotspots.concentration(pd.Series(counts), simulations=5)
    for column in ("incidents", "even"):
        curve = found.curve[column].to_numpy()
        assert curve[0] == 0
        assert curve[-1] == pytest.approx(1)
        assert (np.diff(curve) >= -1e-12).all()
    assert -1e-9 <= found.gini_generalised <= found.gini + 1e-9 < 1 + 1e-9
    assert (found.halves["areas"] <= 1).all()


@pytest.mark.parametrize("wrong", [series(), series(0, 0), series(-1, 2), series(math.nan, 2)])
def test_concentration_of_nothing_is_refused(wrong) -> None:
    with pytest.raises(ModelError):
        hotspots.concentration(wrong)


# --- named places --------------------------------------------------------------------------------


def test_the_three_neighbourhoods_of_the_report_cannot_be_told_apart() -> None:
    places = report.load_neighbourhoods(
        project.path("data", "report", "2023-24-q2", "neighbourhoods.csv")
    )
    counts = places.set_index("neighbourhood")["incidents"]
    found = hotspots.named_places(counts)
    first, second = found.table.index[:2]
    assert found.table["count"].tolist() == [152, 132, 125]
    # Exact conditional test by scipy: 152 of 284 against a half, and 152 of 277.
    exact = stats.binomtest(152, 284, 0.5).pvalue
    assert exact == pytest.approx(0.26, abs=0.01)
    # By hand: ln(152 / 132) / sqrt(1/152 + 1/132) = 1.186, two-sided 0.2357.
    assert found.pairs.loc[(first, second), "p_value"] == pytest.approx(0.2357, abs=0.0005)
    assert not found.pairs["apart"].any()
    assert not found.pairs["apart_if_independent"].any()
    assert not found.order_holds
    assert found.table["rank_low"].tolist() == [1, 1, 1]
    # The first lies below the third with 0.053, below both in less than half of these cases.
    assert found.table["rank_high"].tolist() == [2, 3, 3]
    # Normal approximation by hand: 152 above 132 with probability 0.882, above 125 with 0.947.
    assert 0.80 < found.table.loc[first, "highest"] < 0.882
    assert found.table["highest"].sum() == pytest.approx(1)
    # By hand: ln(166 / 132) / sqrt(1/166 + 1/132) = 1.962, just beyond 1.960.
    assert found.needed == 166


def test_the_citys_own_swings_leave_still_less_to_say() -> None:
    frame = police.load_monthly(project.path("data", "monthly", "birmingham.csv"))
    history = dispersion.overdispersion(police.series(frame, "Anti-social behaviour"), months=3)
    counts = pd.Series({"A": 152.0, "B": 132.0, "C": 125.0})
    phi = dispersion.fallback_dispersion([history], float(counts.mean()))
    found, plain = hotspots.named_places(counts, dispersion=phi), hotspots.named_places(counts)
    assert found.phi > 1
    assert found.phi_source == phi.source
    assert found.pairs["p_value"].iloc[0] > plain.pairs["p_value"].iloc[0]
    assert found.table.loc["A", "highest"] < plain.table.loc["A", "highest"]
    assert found.needed > plain.needed


def test_places_far_apart_are_told_apart_and_one_place_has_no_pair() -> None:
    far = hotspots.named_places(pd.Series({"A": 90, "B": 400, "C": 190}))
    assert list(far.table.index) == ["B", "C", "A"]
    assert far.order_holds
    assert far.pairs["apart"].all()
    assert far.pairs.loc[("B", "A"), "ratio"] == pytest.approx(400 / 90)
    one = hotspots.named_places(pd.Series({"A": 9}))
    assert one.pairs.empty
    assert (one.needed, one.order_holds) == (None, True)
    none = hotspots.named_places(pd.Series({"A": 0, "B": 0}))
    assert not none.pairs["apart"].any()
    assert math.isnan(none.pairs["ratio"].iloc[0])


@pytest.mark.parametrize(
    ("counts", "phi"),
    [
        (pd.Series(dtype=float), 1.0),
        (pd.Series([1, 2], index=["A", "A"]), 1.0),
        (pd.Series({"A": -1.0}), 1.0),
        (pd.Series({"A": math.nan}), 1.0),
        (pd.Series({"A": 1.0}), 0.5),
    ],
)
def test_named_places_that_cannot_be_judged_are_refused(counts, phi) -> None:
    with pytest.raises(ModelError):
        hotspots.named_places(counts, dispersion=phi)


# --- all together --------------------------------------------------------------------------------


def test_everything_from_one_table() -> None:
    boundaries = grid(6, 5)
    random = np.random.default_rng(4)
    counts = table(random.poisson(random.gamma(2, 2, 30)[:, None] * np.ones((1, 24))).tolist())
    counts.index = pd.Index(boundaries.codes, name="area")
    sizes = pd.DataFrame({"residents": 1500.0}, index=counts.index)
    sizes["area_km2"] = hotspots.area_km2(boundaries)
    found = hotspots.analyse(
        counts,
        category="Anti-social behaviour",
        names=pd.Series({"0-0": "Corner"}),
        denominators=sizes,
        neighbours=hotspots.touching(boundaries),
        unlocated=3,
    )
    assert list(found.rankings) == ["areas", "residents", "area_km2"]
    assert (found.name("0-0"), found.name("1-0")) == ("Corner", "1-0")
    assert found.total == counts.iloc[:, -12:].to_numpy().sum()
    assert (found.by_count.table["count"] == counts.iloc[:, -12:].sum(axis=1)).all()
    assert found.accuracy.measured_by == "share of the land"
    assert found.clusters.n == found.n == 30
    assert found.history.label == "January 2023 to December 2024"
    assert found.span.label == "January to December 2024"
    assert found.unlocated == 3
    assert found.rates.dispersion is found.dispersion


def test_a_short_history_of_one_area_leaves_out_what_it_cannot_say() -> None:
    found = hotspots.analyse(table([[3, 4]]), category="x", neighbours={"A0": []})
    assert found.months == 2
    assert (found.clusters, found.persistence, found.accuracy) == (None, None, None)
    assert found.by_count.table.loc["A0", "top1"] == 1
    assert found.by_count.denominator == hotspots.BY_COUNT
