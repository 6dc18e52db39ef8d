"""Counts, rates and ranks of areas, held to esda, Marshall's formula and hand calculation."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_areas import REFERENCE, series, sids, table

from bcsp_analysis.errors import DataError, DuplicateRowError, MissingMonthError, ModelError
from bcsp_analysis.models import hotspots, poisson_limits
from bcsp_analysis.models.funnel import Position
from bcsp_analysis.models.hotspots import levels, neighbours, shrinkage
from bcsp_analysis.periods import Month, Span

# --- the table of counts -------------------------------------------------------------------------


def tidy(*rows: tuple[str, object, object]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["lsoa_code", "month", "incidents"])


def test_a_pair_without_a_row_is_zero_and_rows_without_place_are_counted_apart() -> None:
    rows = tidy(("B", "2023-01", 4), ("A", "2023-02", 2), ("", "2023-02", 7), ("", "2023-03", 1))
    made = hotspots.monthly_counts(rows, areas=["A", "B", "C"])
    assert made.to_numpy().tolist() == [[0, 2], [4, 0], [0, 0]]
    assert (made.dtypes == "int64").all()
    assert list(made.index) == ["A", "B", "C"]
    span = Span(Month(2023, 1), Month(2023, 2))
    assert hotspots.unlocated(rows, span) == 7


def test_a_month_without_any_row_is_missing_unless_it_is_known_to_be_complete() -> None:
    rows = tidy(("A", "2023-01", 4), ("A", "2023-03", 2))
    with pytest.raises(MissingMonthError, match="months without any incident") as caught:
        hotspots.monthly_counts(rows)
    assert "2023-02" in caught.value.found
    span = Span(Month(2023, 1), Month(2023, 4))
    assert hotspots.monthly_counts(rows, span=span).to_numpy().tolist() == [[4, 0, 2, 0]]
    short = Span(Month(2023, 2), Month(2023, 3))
    assert hotspots.monthly_counts(rows, span=short).to_numpy().tolist() == [[0, 2]]


@pytest.mark.parametrize(
    ("rows", "error", "found"),
    [
        (tidy(("A", "2023-01", 1), ("A", "2023-01", 2)), DuplicateRowError, "A, 2023-01"),
        (tidy(("A", "2023-01", -1)), DataError, "-1"),
        (tidy(("A", "2023-01", 1.5)), DataError, "1.5"),
        (tidy(("A", "2023-01", None)), DataError, ""),
        (tidy(("A", "2023-13", 1)), DataError, ""),
        (tidy(("A", None, 1)), DataError, ""),
        (tidy(("", "2023-01", 1)), DataError, "no row with a location"),
        (tidy(("Z", "2023-01", 1)), DataError, "1 areas: Z"),
        (pd.DataFrame({"area": ["A"]}), DataError, "no column lsoa_code, month, incidents"),
    ],
)
def test_rows_that_cannot_be_counted_are_named(rows, error, found) -> None:
    with pytest.raises(error) as caught:
        hotspots.monthly_counts(rows, areas=["A"])
    assert found in caught.value.found


@given(
    cells=st.lists(
        st.tuples(st.sampled_from("ABCDE"), st.integers(0, 5), st.integers(0, 9)),
        min_size=1,
        unique_by=lambda cell: cell[:2],
    )
)
def test_no_incident_is_lost_whatever_the_order(cells) -> None:
    rows = tidy(*((area, f"2023-{month + 1:02d}", count) for area, month, count in cells))
    span = Span(Month(2023, 1), Month(2023, 6))
    made = hotspots.monthly_counts(rows, span=span)
    assert made.to_numpy().sum() == rows["incidents"].sum()
    for area, month, count in cells:
        assert made.loc[area].iloc[month] == count
    again = hotspots.monthly_counts(rows.iloc[::-1], span=span)
    pd.testing.assert_frame_equal(made, again)


def test_periods_and_stamps_are_months_too() -> None:
    text = tidy(("A", "2023-01", 4), ("A", "2023-02", 2))
    stamps = text.assign(month=pd.to_datetime(text["month"]))
    periods = text.assign(month=pd.PeriodIndex(text["month"], freq="M"))
    made = hotspots.monthly_counts(text)
    pd.testing.assert_frame_equal(made, hotspots.monthly_counts(stamps))
    pd.testing.assert_frame_equal(made, hotspots.monthly_counts(periods))


def test_larger_areas_add_up_and_a_missing_part_leaves_the_whole_missing() -> None:
    counts = table([[1, 2], [3, 4], [5, 6]])
    lookup = pd.Series({"A0": "W2", "A1": "W1", "A2": "W2"})
    made = hotspots.larger_areas(counts, lookup)
    assert made.loc["W2"].tolist() == [6, 8]
    assert made.loc["W1"].tolist() == [3, 4]
    assert (made.dtypes == "int64").all()
    people = pd.DataFrame({"residents": [10.0, 20.0, np.nan]}, index=counts.index)
    summed = hotspots.larger_areas(people, lookup)["residents"]
    assert summed["W1"] == 20
    assert math.isnan(summed["W2"])
    with pytest.raises(DataError, match="does not know") as caught:
        hotspots.larger_areas(counts, lookup.drop("A1"))
    assert "1 of 3: A1" in caught.value.found
    with pytest.raises(DuplicateRowError):
        hotspots.larger_areas(counts, pd.concat((lookup, lookup)))


@pytest.mark.parametrize(
    "wrong",
    [
        table([[0, 0], [0, 0]]),
        table([[1, 2]]).iloc[:0],
        pd.concat((table([[1, 2]]), table([[3, 4]]))),
        table([[1, 2]]) - 5,
        table([[1, 2]]) + 0.5,
        table([[1, 2]]).astype("float64").where(lambda t: t != 1),
    ],
)
def test_a_table_that_holds_no_counts_is_refused(wrong) -> None:
    for use in (hotspots.over_time, hotspots.area_rates, hotspots.persistence):
        with pytest.raises(ModelError):
            use(wrong)


def test_months_out_of_order_or_with_a_gap_are_refused() -> None:
    whole = table([[1, 2, 3]])
    for wrong in (whole.iloc[:, [0, 2]], whole.iloc[:, ::-1], whole.iloc[:, [0, 0, 1]]):
        with pytest.raises(MissingMonthError):
            hotspots.over_time(wrong)


# --- variation over time -------------------------------------------------------------------------


def test_dispersion_meets_its_degrees_of_freedom_by_hand() -> None:
    # Two areas, two blocks of one month: totals (10, 30), (30, 10); every expectation is 20, every
    # squared distance 100, one degree of freedom: 4 * 100 / (20 + alpha * 400) = 1, alpha = 0.95.
    found = hotspots.over_time(table([[10, 30], [30, 10]]), months=1)
    assert found.alpha == pytest.approx(0.95)
    assert (found.block, found.blocks, found.df) == (1, 2, 1)
    assert found.phi([20]) == pytest.approx([20])


def test_what_all_areas_have_in_common_is_no_variation_of_their_own() -> None:
    assert hotspots.over_time(table([[10, 40], [20, 80], [5, 20]]), months=1).alpha == 0


def test_swings_that_were_put_in_are_found() -> None:
    random = np.random.default_rng(7)
    level = random.gamma(2, 40, size=800)
    swings = random.gamma(1 / 0.04, 0.04, size=(800, 3))
    yearly = level[:, None] * swings / 12
    counts = table(random.poisson(np.repeat(yearly, 12, axis=1)).tolist())
    assert hotspots.over_time(counts, months=12).alpha == pytest.approx(0.04, rel=0.15)
    steady = table(random.poisson(np.repeat(level / 12, 36).reshape(800, 36)).tolist())
    assert hotspots.over_time(steady, months=12).alpha < 0.004


def test_a_short_history_lends_shorter_blocks_and_a_single_month_none() -> None:
    short = hotspots.over_time(table([[1, 2, 3, 4, 5], [5, 4, 3, 2, 1]]), months=12)
    assert (short.block, short.blocks) == (2, 2)
    assert "short" in short.method
    one = hotspots.over_time(table([[3], [4]]), months=12)
    assert (one.alpha, one.df) == (0, 0)
    single = hotspots.over_time(table([[3, 9, 1, 7]]), months=2)
    assert (single.alpha, single.df) == (0, 0)


# --- rates ---------------------------------------------------------------------------------------


def test_intervals_are_those_of_one_count_at_a_time() -> None:
    values = series(0, 3, 9, 10, 65)
    phi = np.array([1.0, 1.0, 1.0, 2.0, 1.0])
    made = hotspots.rates.limits(values, phi)
    for (low, high), value, one in zip(
        made[["low95", "high95"]].itertuples(index=False), values, phi, strict=True
    ):
        assert (low, high) == pytest.approx(poisson_limits.interval(value, 0.95, one))
    # PHEindicatormethods, testdata_Byars_Wilson.xlsx: 65 events.
    assert made.loc["A4", ["low95", "high95"]].tolist() == pytest.approx(
        [50.163188, 82.849139], abs=5e-7
    )


def test_rates_on_several_denominators_by_hand() -> None:
    counts = table([[10, 20], [0, 30], [40, 0]])
    sizes = pd.DataFrame(
        {"residents": [1000.0, 2000.0, np.nan], "area_km2": [2.0, 1.0, 0.0]}, index=counts.index
    )
    found = hotspots.area_rates(counts, sizes, months=2)
    assert found.rates["residents"]["rate"].tolist() == pytest.approx([30, 15])
    assert found.rates["area_km2"]["rate"].tolist() == pytest.approx([15, 30])
    assert found.overall["residents"] == pytest.approx(20)  # 60 incidents, 3,000 residents
    assert found.without == {"residents": ("A2",), "area_km2": ("A2",)}
    assert (found.total, found.n) == (100, 3)
    assert found.span.label == "January to February 2023"


def test_positions_follow_the_interval_against_the_overall_rate() -> None:
    counts = table([[5], [100], [40], [0]] + [[40]] * 20)
    found = hotspots.area_rates(counts, pd.DataFrame({"residents": 1000.0}, index=counts.index),
                                months=1)  # fmt: skip
    frame = found.rates["residents"]
    assert frame["position"].iloc[:4].tolist() == [
        Position.FAR_LOWER, Position.FAR_HIGHER, Position.SIMILAR, Position.FAR_LOWER,
    ]  # fmt: skip


@pytest.mark.parametrize("column", [[-1.0, 1.0], [np.nan, np.nan], [0.0, 0.0], [np.inf, 1.0]])
def test_a_denominator_that_gives_no_rates_is_refused(column) -> None:
    counts = table([[1], [2]])
    with pytest.raises(ModelError, match="denominator"):
        hotspots.area_rates(counts, pd.DataFrame({"x": column}, index=counts.index), months=1)


# --- shrinkage -----------------------------------------------------------------------------------


def test_global_shrinkage_is_marshalls_as_in_esda() -> None:
    data = sids()
    made = shrinkage.shrink(data["cases"].to_numpy(float), data["births"].to_numpy(float))
    assert made.shrunken == pytest.approx(data["empirical_bayes"].to_numpy(), rel=1e-9)
    # esda/tests/test_smoothing.py, TestSRate.eb: the first five, as printed there.
    printed = [0.0016973, 0.0017054, 0.0017731, 0.0020129, 0.0035349]
    assert made.shrunken[:5] == pytest.approx(printed, abs=5e-8)


def test_local_shrinkage_is_marshalls_as_in_esda() -> None:
    data = sids()
    near = {area: str(names).split() for area, names in data["neighbours"].items()}
    made = shrinkage.shrink_locally(
        data["cases"].to_numpy(float),
        data["births"].to_numpy(float),
        neighbours.links(data.index, near),
    )
    assert made == pytest.approx(data["spatial_empirical_bayes"].to_numpy(), rel=1e-9)
    # esda/tests/test_smoothing.py, TestSRate.s_ebr10: St Louis, the first ten.
    stl = pd.read_csv(REFERENCE / "stl.csv", dtype={"area": "str"}).set_index("area")
    near = {area: str(names).split() for area, names in stl["neighbours"].items()}
    made = shrinkage.shrink_locally(
        stl["cases"].to_numpy(float),
        stl["population"].to_numpy(float),
        neighbours.links(stl.index, near),
    )
    printed = [
        4.01485749e-05, 3.62437513e-05, 4.93034844e-05, 5.09387329e-05, 3.72735210e-05,
        3.69333797e-05, 5.40245456e-05, 2.99806055e-05, 3.73034109e-05, 3.47270722e-05,
    ]  # fmt: skip
    assert made[:10] == pytest.approx(printed, rel=1e-7)


def test_a_negative_variance_between_areas_counts_as_none() -> None:
    # By hand: counts 9, 10, 11 of 10 each: s² = 0.02/3, m/n̄ = 0.1: negative, so all have the mean.
    made = shrinkage.shrink(np.array([9.0, 10.0, 11.0]), np.full(3, 10.0))
    assert made.between == 0
    assert made.shrunken == pytest.approx([1, 1, 1])


def test_swings_over_time_take_their_part_of_the_variance() -> None:
    # By hand: counts 50 and 150 of 1 each, alpha 0.1: m = 100, s² = 2500,
    # A = (2500 - 100 - 1000) / 1.1 = 1272.7; C = A / (A + 100 + 0.1 * (10000 + A)) = 0.50909.
    made = shrinkage.shrink(np.array([50.0, 150.0]), np.ones(2), alpha=0.1)
    assert made.between == pytest.approx(1400 / 1.1)
    assert made.weight == pytest.approx([0.509091, 0.509091], abs=1e-6)


counts_and_sizes = st.lists(
    st.tuples(st.integers(0, 400), st.integers(1, 5000)), min_size=1, max_size=25
).filter(lambda rows: any(count for count, _ in rows))


@given(rows=counts_and_sizes, alpha=st.sampled_from([0.0, 0.05, 1.0]))
def test_a_shrunken_rate_lies_between_the_own_rate_and_the_mean(rows, alpha) -> None:
    count, size = np.array(rows, dtype=float).T
    made = shrinkage.shrink(count, size, alpha)
    slack = 1e-9 * max(made.rate.max(), 1)
    assert (made.shrunken >= np.minimum(made.rate, made.mean) - slack).all()
    assert (made.shrunken <= np.maximum(made.rate, made.mean) + slack).all()
    assert ((made.weight >= 0) & (made.weight <= 1)).all()


# --- ranks ---------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(rows=counts_and_sizes, alpha=st.sampled_from([0.0, 0.1]), seed=st.integers(0, 99))
def test_ranks_do_not_hang_on_names_or_order(rows, alpha, seed) -> None:
    names = [f"A{i}" for i in range(len(rows))]
    counts = pd.Series([c for c, _ in rows], index=names)
    sizes = pd.Series([float(s) for _, s in rows], index=names, name="residents")
    first = hotspots.rank(counts, sizes, dispersion=alpha, draws=200).table
    order = np.random.default_rng(seed).permutation(len(rows))
    moved_to = {names[old]: f"B{new}" for new, old in enumerate(order)}
    second = hotspots.rank(
        counts.iloc[order].rename(moved_to), sizes.iloc[order].rename(moved_to),
        dispersion=alpha, draws=200,
    ).table  # fmt: skip
    pd.testing.assert_frame_equal(
        first.rename(moved_to).sort_index(), second.sort_index(), check_exact=True
    )


@settings(max_examples=25, deadline=None)
@given(rows=counts_and_sizes)
def test_ranks_and_probabilities_are_possible_ones(rows) -> None:
    counts = pd.Series([c for c, _ in rows])
    sizes = pd.Series([float(s) for _, s in rows])
    found = hotspots.rank(counts, sizes, draws=200)
    made, n = found.table, len(rows)
    assert ((made["rank_low"] >= 1) & (made["rank_low"] <= made["rank_high"])).all()
    assert (made["rank_high"] <= n).all()
    assert (made["low"] <= made["high"]).all()
    for top in (1, 3, 10):
        assert made[f"top{top}"].sum() == pytest.approx(min(top, n))
        assert made[f"top{top}"].between(0, 1 + 1e-9).all()
    assert (made["top1"] <= made["top3"] + 1e-9).all()
    assert set(found.candidates) <= {str(area) for area in counts.index}


def test_areas_that_are_alike_share_every_figure() -> None:
    made = hotspots.rank(series(20, 20, 20, 20)).table
    assert len(made.drop_duplicates()) == 1
    row = made.iloc[0]
    assert (row["rank"], row["rank_low"], row["rank_high"]) == (1, 1, 4)
    assert row["top1"] == pytest.approx(0.25)
    assert row["shrunken"] == pytest.approx(20)


def test_a_single_area_is_first_and_zero_counts_have_a_place() -> None:
    alone = hotspots.rank(series(7)).table.iloc[0]
    assert (alone["rank_low"], alone["rank_high"], alone["top1"]) == (1, 1, 1)
    assert alone["shrunken"] == 7
    some = hotspots.rank(series(0, 0, 0, 60)).table
    assert some.loc["A3", "top1"] > 0.99
    assert (some["low"] >= 0).all()
    assert some.loc["A0", "rank_high"] == 4
    with pytest.raises(ModelError, match="without a single incident"):
        hotspots.rank(series(0, 0))


def test_two_large_counts_rank_as_their_difference_says() -> None:
    # Independent normal approximation, by hand: 1,050 v 1,000; the difference 50 has a standard
    # error of sqrt(2,050) = 45.3, z = 1.104, chance that the first is truly higher 0.865; shrinkage
    # towards each other lowers it.
    found = hotspots.rank(series(1050, 1000), draws=20_000).table
    assert 0.70 < found.loc["A0", "top1"] < 0.865
    far = hotspots.rank(series(1500, 1000)).table
    assert far["top1"].tolist() == [1, 0]
    swinging = hotspots.rank(series(1500, 1000), dispersion=0.1).table
    assert 0.5 < swinging.loc["A0", "top1"] < 0.95


def test_denominators_change_the_order_and_areas_without_one_are_named() -> None:
    sizes = pd.Series([1000.0, 100.0, np.nan], index=["A0", "A1", "A2"], name="residents")
    found = hotspots.rank(series(100, 90, 500), sizes, per=1000)
    assert found.table["rank"].to_dict() == {"A0": 2, "A1": 1}
    assert found.table["rate"].tolist() == pytest.approx([100, 900])
    assert found.mean == pytest.approx(1000 * 190 / 1100)
    assert (found.without, found.denominator, found.n) == (("A2",), "residents", 2)
    assert found.candidates == ("A1",)


@pytest.mark.parametrize(
    ("counts", "settings_"),
    [
        (series(1, 2), {"dispersion": -0.1}),
        (series(1, 2), {"per": 0}),
        (series(1, 2), {"level": 1.0}),
        (series(-1, 2), {}),
        (series(float("nan"), 2), {}),
        (pd.Series([1, 2], index=["A", "A"]), {}),
        (series(1, 2), {"denominator": pd.Series([np.nan, 0.0], index=["A0", "A1"])}),
    ],
)
def test_a_ranking_that_cannot_be_made_is_refused(counts, settings_) -> None:
    with pytest.raises(ModelError):
        hotspots.rank(counts, **settings_)


def test_the_same_seed_gives_the_same_ranks() -> None:
    counts = series(*range(40))
    first, again = (hotspots.rank(counts, seed=5).table for _ in range(2))
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert not first.equals(hotspots.rank(counts, seed=6).table)


def test_the_busiest_centre_is_not_pulled_down_by_half() -> None:
    # Areas about 70, a factor of two apart, and one of 3,000, all swinging by a fifth. By hand on
    # the log scale: weight of the own level 0.49 / (0.49 + 0.05) = 0.91, so about 4.0 + 0.91 * 4.0
    # = 7.64, give or take 1.96 * sqrt(0.91 * 0.05) = 0.42: from 1,370 to 3,170.
    random = np.random.default_rng(1)
    others = random.poisson(70 * np.exp(random.normal(-0.25, 0.7, 400)))
    made = hotspots.rank(pd.Series([3000, *others]), dispersion=0.05, draws=500).table.iloc[0]
    assert made["low"] == pytest.approx(1370, rel=0.25)
    assert made["high"] == pytest.approx(3170, rel=0.25)
    assert made["top1"] == 1


@pytest.mark.parametrize(("mean", "alpha"), [(3, 0.0), (60, 0.0), (60, 0.05)])
@pytest.mark.parametrize("apart", [0.1, 0.8])
def test_rank_intervals_hold_the_true_rank(mean: float, alpha: float, apart: float) -> None:
    # Simulated worlds of which the true ranks are known: 30 areas, 20 worlds, 600 intervals of 95%.
    # Were they exact, fewer than 92% would hold by chance in one of 2,000 such tests.
    random = np.random.default_rng(11)
    held = level_held = 0
    for _ in range(20):
        truth = mean * np.exp(random.normal(0, apart, 30))
        swings = random.gamma(1 / alpha, alpha, 30) if alpha else 1.0
        counts = pd.Series(random.poisson(truth * swings))
        made = hotspots.rank(counts, dispersion=alpha, draws=500).table
        rank = pd.Series(-truth).rank()
        held += int(((made["rank_low"] <= rank) & (rank <= made["rank_high"])).sum())
        level_held += int(((made["low"] <= truth) & (truth <= made["high"])).sum())
    assert held / 600 > 0.92
    assert level_held / 600 > 0.90


def test_probabilities_of_being_first_come_true_as_often_as_they_say() -> None:
    random = np.random.default_rng(3)
    said = came = 0.0
    for _ in range(150):
        truth = 60 * np.exp(random.normal(0, 0.3, 8))
        made = hotspots.rank(pd.Series(random.poisson(truth)), draws=300).table["top1"]
        said += made.max()
        came += made.argmax() == truth.argmax()
    # 150 worlds: the standard error of the share is about 0.04.
    assert said / 150 == pytest.approx(came / 150, abs=0.1)


def test_levels_of_independent_counts_are_those_of_a_poisson_likelihood() -> None:
    # One area far from a prior that is nearly flat: the posterior of 400 is near normal on the log
    # scale with standard deviation 1 / sqrt(400).
    count = np.array([400.0, 4.0, 40.0, 4000.0, 1.0, 90.0])
    drawn = levels.draw_levels(count, np.ones(6), 0.0, 20_000, np.random.default_rng(1))
    assert drawn.shape == (6, 20_000)
    assert drawn[0].std() == pytest.approx(0.05, rel=0.03)
    assert drawn[0].mean() == pytest.approx(math.log(400), abs=0.01)
