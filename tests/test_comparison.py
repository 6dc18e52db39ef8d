"""Comparison with the group, held to public-health workbooks, papers and hand calculation."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bcsp_analysis.errors import ModelError
from bcsp_analysis.measures.benchmark_rules import Benchmark
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.models import comparison, funnel, poisson_limits
from bcsp_analysis.models.comparison import Apart, Standing
from bcsp_analysis.models.dispersion import Dispersion
from bcsp_analysis.models.funnel import Overdispersion, Position
from bcsp_analysis.periods import Month, Quarter, Span
from bcsp_analysis.sources.report import PrintedTable

YEAR = Span(Month(2022, 8), Month(2023, 7))
BENCHMARK = Benchmark(YEAR, group_size=15, force_size=7, residents=1_000_000, households=400_000)


def measure(measure_id: str = "robbery", **changes: object) -> Measure:
    fields = {
        "id": measure_id, "title": "", "printed": "", "unit": "crimes", "priority": "",
        "nested_in": (), "fewer_is": "better", "recorded_by": "", "history": "",
        "denominator": "residents", "note": "",
    }  # fmt: skip
    return Measure(**{**fields, **changes})


def areas(counts: list[float], denominators: list[float] | None = None) -> pd.DataFrame:
    sizes = [1000.0] * len(counts) if denominators is None else denominators
    names = [f"area {i}" for i in range(len(counts))]
    return pd.DataFrame({"area": names, "count": counts, "denominator": sizes})


# --- intervals of a count ------------------------------------------------------------------------


def test_byar_of_the_phe_workbook() -> None:
    # PHEindicatormethods, tests/testthat/testdata_Byars_Wilson.xlsx and testdata_Rate.xlsx: 65.
    low, high = poisson_limits.interval(65, 0.95)
    assert (low, high) == pytest.approx((50.163188, 82.849139), abs=5e-7)
    low, high = poisson_limits.interval(65, 0.998)
    assert (low, high) == pytest.approx((42.880261, 94.000291), abs=5e-7)


def test_exact_interval_of_fifteen_events() -> None:
    # R package DescTools, in statsmodels' test_rates_poisson.py: 15 events of 400. (What it calls
    # Byar's adds a half to the count at both ends; Breslow and Day, and PHE, do not.)
    low, high = poisson_limits.exact(15, 0.95)
    published = (0.0209884653319583, 0.0618505471787146)
    assert (low / 400, high / 400) == pytest.approx(published, rel=1e-12)


@pytest.mark.parametrize(
    ("expected", "limits"),
    [
        (15, (0.5596924, 1.649348, 0.3862650, 2.082907)),
        (20, (0.6108260, 1.544419, 0.4479107, 1.902094)),
        (30, (0.6746958, 1.427562, 0.5289724, 1.702771)),
    ],
)
def test_exact_limits_of_funnelplotr(expected: float, limits: tuple[float, ...]) -> None:
    # FunnelPlotR, tests/testthat/test-poisson_limits.R: limits of the ratio, 95% and 99.8%.
    found = (*poisson_limits.exact(expected, 0.95), *poisson_limits.exact(expected, 0.998))
    assert [float(x) / expected for x in found] == pytest.approx(limits, abs=6e-7)


def test_few_events_take_the_exact_interval_and_none_has_a_lower_limit_of_none() -> None:
    assert poisson_limits.interval(9, 0.95) == pytest.approx(
        tuple(map(float, poisson_limits.exact(9, 0.95)))
    )
    low, high = poisson_limits.interval(0, 0.95)
    # With none observed the upper limit is -ln(0.025): the chance of none at that expectation.
    assert (low, high) == pytest.approx((0, -math.log(0.025)))


def test_few_degrees_of_freedom_widen_the_limits_of_few_events_too() -> None:
    # Student's t with five degrees of freedom: 2.570582; the normal tail beyond it is 0.0050764.
    low, high = poisson_limits.interval(6, 0.95, df=5)
    exact = poisson_limits.exact(6, 1 - 2 * 0.0050764)
    assert (low, high) == pytest.approx((float(exact[0]), float(exact[1])), rel=1e-5)
    plain = poisson_limits.interval(6, 0.95)
    assert low < plain[0] < plain[1] < high


def test_overdispersion_widens_as_fewer_independent_incidents_would() -> None:
    low, high = poisson_limits.interval(650, 0.95, dispersion=10)
    assert (low, high) == pytest.approx((501.63188, 828.49139), abs=5e-5)
    wide = poisson_limits.interval(650, 0.95, dispersion=10, df=5)
    assert wide[0] < low < high < wide[1]


@given(count=st.integers(0, 100_000), level=st.sampled_from([0.95, 0.998]))
def test_intervals_hold_the_count_and_grow_with_level_and_dispersion(
    count: int, level: float
) -> None:
    low, high = poisson_limits.interval(count, level)
    assert 0 <= low <= count <= high
    wider = poisson_limits.interval(count, level, dispersion=4)
    assert wider[0] <= low * (1 + 1e-9)
    assert wider[1] >= high * (1 - 1e-9)


def test_p_values_meet_the_limits_of_the_phe_workbook() -> None:
    # The same intervals of 65: a mean on a limit of the 95% or 99.8% interval has that p-value.
    for mean, p_value in (
        (50.163188, 0.05),
        (82.849139, 0.05),
        (42.880261, 0.002),
        (94.000291, 0.002),
    ):
        assert poisson_limits.p_value(65, mean) == pytest.approx(p_value, rel=1e-5)
        assert poisson_limits.p_value(650, 10 * mean, dispersion=10) == pytest.approx(
            p_value, rel=1e-5
        )


def test_p_value_of_byar_by_the_published_formula() -> None:
    # Samuels, Beaumont and Breslow (1991), abstract: Z = sqrt(9D) (1 - 1/(9D) - (E/D)^(1/3)) where
    # the observed D lie above the expected E. For D = 15, E = 8: sqrt(135) = 11.61895,
    # 1/135 = 0.0074074, (8/15)^(1/3) = 0.8109613, Z = 2.11034, two-sided p = 0.03483.
    assert poisson_limits.p_value(15, 8) == pytest.approx(0.03483, abs=2e-5)


def test_p_value_of_few_events_is_exact() -> None:
    # Nine larynx cancers where 3.92 were expected: twice the chance of nine or more.
    tail = 1 - sum(math.exp(-3.92) * 3.92**k / math.factorial(k) for k in range(9))
    assert poisson_limits.p_value(9, 3.92) == pytest.approx(2 * tail, rel=1e-9)
    # None where 3.7 were expected: twice exp(-3.7); as many as expected: no evidence.
    assert poisson_limits.p_value(0, 3.7) == pytest.approx(2 * math.exp(-3.7), rel=1e-9)
    assert poisson_limits.p_value(5, 5) == 1
    assert poisson_limits.p_value(500, 500) == 1


@given(
    count=st.floats(0, 20_000),
    expected=st.floats(0.1, 20_000),
    dispersion=st.floats(1, 60),
    level=st.sampled_from([0.8, 0.95, 0.998]),
    df=st.sampled_from([5.0, 17.0, math.inf]),
)
def test_p_value_and_interval_agree(
    count: float, expected: float, dispersion: float, level: float, df: float
) -> None:
    low, high = poisson_limits.interval(count, level, dispersion, df)
    p_value = poisson_limits.p_value(count, expected, dispersion, df)
    if min(abs(low - expected), abs(high - expected)) > 1e-6 * expected:
        assert (p_value < 1 - level) == (not low <= expected <= high)


@given(count=st.integers(0, 3000), expected=st.floats(0.5, 3000))
def test_a_count_is_outside_its_limits_where_its_exact_interval_misses_the_expectation(
    count: int, expected: float
) -> None:
    for level in (0.95, 0.998):
        low, high = poisson_limits.control(expected, level)
        own_low, own_high = poisson_limits.exact(count, level)
        # Within rounding of the boundary both answers are right.
        if min(abs(own_low - expected), abs(own_high - expected)) > 1e-6 * expected:
            assert (count > high) == (own_low > expected)
            assert (count < low) == (own_high < expected)


# PHEindicatormethods, tests/testthat/testdata_funnel_rate_outputs.csv: annual populations at which
# a count of three years lies on the limits (columns: events, lower 95%, upper 95%, lower 99.8%,
# upper 99.8%); baseline 116.1720835 per 100,000 a year.
PHE_FUNNEL = [
    (1, 1598.675694, 7.264481402, 2649.348525, 0.287087625),
    (5, 3348.002593, 465.8280129, 4721.370883, 212.14848),
    (10, 5276.757672, 1375.943768, 6924.776769, 849.4639547),
    (32, 12961.93593, 6280.33083, 15387.79019, 4968.583185),
    (159, 53290.17651, 38806.26443, 57946.64861, 35253.30678),
    (1360, 411529.9259, 369759.5622, 424043.2424, 358342.3275),
]


@pytest.mark.parametrize("row", PHE_FUNNEL)
def test_funnel_lines_of_the_phe_workbook(row: tuple[float, ...]) -> None:
    # Its own search for the population stops within 1e-7 of a share, hence the tolerance.
    events, *populations = row
    expected = np.array(populations) * 3 * 116.1720835 / 100_000
    for level, low_at, high_at in ((0.95, 0, 1), (0.998, 2, 3)):
        low = poisson_limits.control(expected[low_at], level)[0]
        high = poisson_limits.control(expected[high_at], level)[1]
        assert float(low) == pytest.approx(events, rel=1e-5)
        assert float(high) == pytest.approx(events, rel=1e-5)


# --- funnel --------------------------------------------------------------------------------------

# The same package, testdata_funnel_rate_dsr_inputs.csv: counts, populations and published
# significance of crude rates, all forty areas (the group's mean is taken over all of them).
PHE_RATES = [
    (2419, 264102, "H1"), (2337, 259711, "H1"), (2291, 289247, "H1"), (2242, 265029, "H1"),
    (2218, 284649, "H1"), (2159, 293578, "H1"), (2130, 286718, "H1"), (2111, 307381, ""),
    (2105, 274145, "H1"), (2083, 297424, "H25"), (2078, 272628, "H1"), (2062, 269656, "H1"),
    (2061, 294692, "H25"), (2033, 277710, "H1"), (2033, 259213, "H1"), (2010, 285516, "H25"),
    (2004, 269449, "H1"), (2002, 290888, ""), (1977, 287112, ""), (1944, 286492, ""),
    (1932, 287012, ""), (1922, 291277, ""), (1912, 289859, ""), (1881, 289653, ""),
    (1844, 282519, ""), (1835, 274220, ""), (1833, 280271, ""), (1825, 284206, ""),
    (1816, 274508, ""), (1809, 288384, "L25"), (1798, 287072, "L25"), (1754, 282744, "L1"),
    (1746, 289208, "L1"), (1709, 287736, "L1"), (1694, 296175, "L1"), (1688, 303255, "L1"),
    (1649, 285959, "L1"), (1553, 274661, "L1"), (1332, 281425, "L1"), (0, 297820, "L1"),
]  # fmt: skip
PHE_WORDS = {
    "H1": Position.FAR_HIGHER, "H25": Position.HIGHER, "": Position.SIMILAR,
    "L25": Position.LOWER, "L1": Position.FAR_LOWER,
}  # fmt: skip
# testdata_funnel_ratio_inputs.csv: every seventeenth row; the target is 1.
PHE_RATIOS = [
    (8, 6.239860227, ""), (136, 141.2693466, ""), (203, 154.185022, "H1"),
    (516, 429.2131093, "H1"), (374, 281.3299233, "H1"), (16, 36.38844667, "L1"),
    (103, 108.6039646, ""), (48, 86.81497558, "L1"), (70, 93.22146757, "L25"),
    (42, 74.53416149, "L1"), (104, 77.0199215, "H25"), (64, 60.80182405, ""),
    (107, 118.2189813, ""), (56, 70.8591674, ""), (58, 57.18229321, ""), (82, 121.1942063, "L1"),
    (29, 31.19956966, ""), (110, 106.785749, ""),
]  # fmt: skip


def test_positions_of_the_phe_rates() -> None:
    counts, populations, words = zip(*PHE_RATES, strict=True)
    table = areas(list(counts), list(populations))
    result = funnel.funnel(table, per=100_000, overdispersion=Overdispersion.NONE)
    assert result.table["position"].tolist() == [PHE_WORDS[word] for word in words]


@pytest.mark.parametrize(("observed", "expected", "word"), PHE_RATIOS)
def test_positions_of_the_phe_ratios(observed: float, expected: float, word: str) -> None:
    lines = [
        float(limit) for level in (0.95, 0.998) for limit in poisson_limits.control(expected, level)
    ]
    assert funnel.place(observed, *lines) is PHE_WORDS[word]


def test_winsorised_phi_by_hand() -> None:
    # Eleven values, a tenth at each end: quantiles are the second and the tenth, so -9 becomes -4
    # and 20 becomes 4; (2 * 16 + 2 * 16 + 2 * (9 + 4 + 1) + 0) / 11.
    z = np.array([-9, -4, -3, -2, -1, 0, 1, 2, 3, 4, 20], float)
    corrected, plain = funnel.winsorised_phi(z, 0.1)
    assert plain == pytest.approx((4 * 16 + 2 * (9 + 4 + 1)) / 11)
    # What is left of a normal variance, by integration.
    edge = stats.norm.ppf(0.9)
    left = stats.norm.expect(lambda x: np.clip(x, -edge, edge) ** 2)
    assert corrected == pytest.approx(plain / left, rel=1e-6)
    assert funnel.winsorised_phi(z, 0.0) == pytest.approx(((z**2).mean(),) * 2)


def test_variance_between_areas_by_hand() -> None:
    # Equal sizes: weights w each, tau^2 = (I phi - (I - 1)) / (w (I - 1)); w = 4 times expected.
    found = funnel.between_variance(3.0, np.full(10, 50.0))
    assert found == pytest.approx((10 * 3 - 9) / (200 * 9))
    assert funnel.between_variance(0.8, np.full(10, 50.0)) == 0


@pytest.mark.parametrize("mode", [Overdispersion.ADDITIVE, Overdispersion.MULTIPLICATIVE])
def test_areas_that_differ_by_no_more_than_they_always_do_are_rarely_outside(
    mode: Overdispersion,
) -> None:
    # Truth: fifteen areas of unequal size whose rates differ by 20% (standard deviation) and none
    # is out of line. Without the correction for winsorising twice as many would be flagged.
    rng = np.random.default_rng(5)
    flagged, far, plain = 0, 0, 0
    for run in range(150):
        sizes = rng.uniform(100_000, 400_000, 15)
        counts = rng.poisson(sizes * 0.02 * np.exp(rng.normal(0, 0.2, 15)))
        table = areas(counts.tolist(), sizes.tolist())
        positions = funnel.funnel(table, overdispersion=mode).table["position"]
        flagged += (positions != Position.SIMILAR).sum()
        far += positions.isin([Position.FAR_HIGHER, Position.FAR_LOWER]).sum()
        if run < 10:
            exact = funnel.funnel(table, overdispersion=Overdispersion.NONE).table["position"]
            plain += (exact != Position.SIMILAR).sum()
    assert 0.02 < flagged / 2250 < 0.06
    assert far / 2250 < 0.006
    assert plain / 150 > 0.6


def test_one_area_out_of_line_is_found_and_does_not_hide_itself() -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(5000 * np.exp(rng.normal(0, 0.05, 15)))
    counts[6] = 9000
    result = funnel.funnel(areas(counts.tolist(), [250_000.0] * 15), fewer_is="better")
    row = result.table.loc["area 6"]
    assert (row["position"], row["improvement"]) == (Position.FAR_HIGHER, "worse")
    assert (row["rank"], row["rank_low"], row["rank_high"]) == (15, 15, 15)
    assert result.tau > 0
    assert result.phi == pytest.approx(result.phi_plain / 0.6786545589, rel=1e-6)


def test_a_large_area_cannot_hide_itself() -> None:
    # By hand, no overdispersion: three areas of 100, 120 and 110 per 1,000 and a fourth, as large
    # as the three, of 220. Its own limits lie around 110, not around the 165 of all four.
    table = areas([100.0, 120.0, 110.0, 660.0], [1000.0, 1000.0, 1000.0, 3000.0])
    plain = funnel.funnel(table, overdispersion=Overdispersion.NONE)
    assert plain.target == pytest.approx(165)
    apart = funnel.funnel(table, overdispersion=Overdispersion.NONE, apart="area 3")
    assert apart.target == pytest.approx(110)
    assert apart.table.at["area 3", "expected"] == pytest.approx(330)
    assert apart.table.at["area 3", "position"] == Position.FAR_HIGHER
    assert apart.table.loc[["area 0", "area 1", "area 2"], "position"].eq(Position.SIMILAR).all()


def test_limits_against_the_others_by_hand() -> None:
    # Nine others, each 1,000 incidents expected, with phi as given by their z: with no spread
    # between them tau is 0, and the variance of sqrt(rate / target) is 1 / (4 * 2000) for an area
    # of double size plus 1 / (4 * 9000) for the others together. Winsorising a tenth pulls one of
    # nine in at each end: six degrees of freedom; t(0.975, 6) = 2.446912.
    counts = [1000.0] * 9 + [2200.0]
    table = areas(counts, [1000.0] * 9 + [2000.0])
    result = funnel.funnel(table, apart="area 9")
    assert (result.tau, result.df) == (0, 6)
    reach = 2.446912 * math.sqrt(1 / 8000 + 1 / 36_000)
    assert result.table.at["area 9", "high95"] == pytest.approx(1000 * (1 + reach) ** 2, rel=1e-6)
    assert result.table.at["area 9", "low95"] == pytest.approx(1000 * (1 - reach) ** 2, rel=1e-6)


@pytest.mark.parametrize(("size", "spread"), [(1_100_000, 0.25), (250_000, 0.1)])
def test_an_area_like_the_others_is_rarely_called_out_of_line(
    size: float, spread: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Truth: fifteen areas whose rates differ by `spread` (standard deviation of the log), the
    # judged one of any size among them. Aim: 5% beyond the inner limits; 250 runs have a
    # standard error of 1.4 points.
    monkeypatch.setattr(funnel, "DRAWS", 10)  # ranks are not looked at here
    rng = np.random.default_rng(11)
    outside = far = 0
    for _ in range(250):
        sizes = np.r_[size, rng.uniform(150_000, 600_000, 14)]
        counts = rng.poisson(sizes * 0.02 * np.exp(rng.normal(0, spread, 15)))
        table = areas(counts.tolist(), sizes.tolist())
        position = funnel.funnel(table, apart="area 0").table.at["area 0", "position"]
        outside += position != Position.SIMILAR
        far += position in (Position.FAR_HIGHER, Position.FAR_LOWER)
    assert 0.01 < outside / 250 < 0.09
    assert far / 250 <= 0.012


def test_the_area_that_is_judged_needs_figures() -> None:
    table = areas([100.0, 120.0, 110.0, np.nan])
    for name in ("area 3", "elsewhere"):
        with pytest.raises(ModelError, match="to be judged") as caught:
            funnel.funnel(table, overdispersion=Overdispersion.NONE, apart=name)
        assert caught.value.found == name
    with pytest.raises(ModelError, match="too few") as caught:
        funnel.funnel(table, overdispersion=Overdispersion.NONE, apart="area 0")
    assert "area 0 not counted" in caught.value.expected


def test_areas_without_data_are_counted_and_named() -> None:
    table = areas([100.0, 120.0, np.nan, 90.0, 130.0])
    table.loc[4, "denominator"] = np.nan
    result = funnel.funnel(table, overdispersion=Overdispersion.NONE)
    assert (result.n, result.n_available) == (5, 3)
    assert result.missing == ("area 2", "area 4")
    assert result.table.index.tolist() == ["area 0", "area 1", "area 3"]
    assert result.target == pytest.approx(1000 * 310 / 3000)
    with pytest.raises(ModelError, match="too few areas") as caught:
        funnel.funnel(table)
    assert "3 of 5" in caught.value.found
    assert "area 2, area 4" in caught.value.found


def test_ranks_by_hand_and_their_intervals() -> None:
    counts = [400.0, 100.0, 4000.0, 100.0, 410.0]
    result = funnel.funnel(areas(counts), overdispersion=Overdispersion.NONE)
    assert result.table["rank"].tolist() == [3, 1, 5, 1, 4]
    # 400 and 410 cannot be told apart, 100 and 100 neither; 4,000 is surely the highest.
    assert result.table["rank_low"].tolist() == [3, 1, 5, 1, 3]
    assert result.table["rank_high"].tolist() == [4, 2, 5, 2, 4]
    wide = funnel.funnel(areas(counts), overdispersion=Overdispersion.NONE, dispersion=100)
    assert (wide.table["rank_high"] - wide.table["rank_low"]).sum() > 4


def test_rank_interval_against_the_chance_of_two_areas_changing_places() -> None:
    # Two areas, 100 and 130 on equal denominators: the lower one is truly higher with a chance of
    # about Phi(-30 / sqrt(230)) = 2.4%, just below the tail of a 95% interval; 128 is above it.
    for other, low in ((130, 2), (124, 1)):
        table = areas([100.0, float(other), 5000.0])
        found = funnel.funnel(table, overdispersion=Overdispersion.NONE).table
        chance = stats.norm.cdf(-(other - 100) / math.sqrt(100 + other))
        assert (chance < 0.025) == (low == 2)
        assert found.loc["area 1", "rank_low"] == low


def test_lines_of_the_funnel_meet_the_limits_of_the_areas() -> None:
    rng = np.random.default_rng(1)
    sizes = rng.uniform(1e5, 5e5, 12)
    table = areas(rng.poisson(sizes * 0.01).tolist(), sizes.tolist())
    for mode in Overdispersion:
        result = funnel.funnel(table, overdispersion=mode)
        lines = result.limits(sizes)
        for column in ("low95", "high95", "low998", "high998"):
            assert lines[column].to_numpy() == pytest.approx(result.table[column].to_numpy())
        chance = result.limits(sizes, overdispersion=Overdispersion.NONE)
        exact = funnel.funnel(table, overdispersion=Overdispersion.NONE)
        assert chance["high998"].to_numpy() == pytest.approx(exact.table["high998"].to_numpy())
        assert result.table["position_chance"].tolist() == exact.table["position"].tolist()


@settings(max_examples=30, deadline=None)
@given(
    data=st.lists(
        st.tuples(st.integers(0, 5000), st.integers(500, 500_000)), min_size=8, max_size=20
    ).filter(lambda rows: sum(count for count, _ in rows) > 0),
    mode=st.sampled_from(list(Overdispersion)),
    order=st.randoms(use_true_random=False),
)
def test_a_funnel_does_not_depend_on_the_order_of_the_areas(
    data: list[tuple[int, int]], mode: Overdispersion, order: object
) -> None:
    counts, sizes = zip(*data, strict=True)
    table = areas(list(counts), list(sizes))
    result = funnel.funnel(table, overdispersion=mode)
    mixed = table.sample(frac=1, random_state=3)
    again = funnel.funnel(mixed, overdispersion=mode)
    assert again.target == pytest.approx(result.target)
    same = again.table.loc[result.table.index]
    assert same["position"].tolist() == result.table["position"].tolist()
    assert same["rank"].tolist() == result.table["rank"].tolist()
    limits = result.table[["low998", "low95", "high95", "high998"]].to_numpy()
    assert (np.diff(limits, axis=1) >= -1e-9).all()
    assert (limits >= 0).all()
    ranks = result.table[["rank_low", "rank_high"]].to_numpy()
    assert ((ranks >= 1) & (ranks <= len(data)) & (np.diff(ranks, axis=1) >= 0)).all()


@pytest.mark.parametrize(
    "table",
    [
        areas([1.0] * 9).drop(columns="denominator"),
        areas([1.0] * 8 + [-1.0]),
        areas([1.0] * 9, [1000.0] * 8 + [0.0]),
        areas([0.0] * 9),
        pd.concat([areas([5.0] * 8), areas([5.0])]),
        areas([1.0] * 8 + [math.inf]),
        areas([1.0] * 2),
    ],
)
def test_tables_that_cannot_be_compared_are_refused(table: pd.DataFrame) -> None:
    with pytest.raises(ModelError):
        funnel.funnel(table, overdispersion=Overdispersion.NONE)


@pytest.mark.parametrize("setting", [{"winsorise": 0.5}, {"per": 0.0}, {"dispersion": 0.5}])
def test_settings_out_of_range_are_refused(setting: dict[str, float]) -> None:
    with pytest.raises(ModelError, match="setting"):
        funnel.funnel(areas([50.0, 60.0] * 5), **setting)


# --- printed columns -----------------------------------------------------------------------------


def against(area: float, group: float, **changes: object) -> comparison.PrintedComparison:
    options = {
        "rank": 15, "force_rank": None, "benchmark": BENCHMARK, "dispersion": 1.0, **changes
    }  # fmt: skip
    of = options.pop("of", measure())
    return comparison.against_mean(of, area_rate=area, group_rate=group, **options)


def test_printed_rate_by_hand() -> None:
    # 0.065 per 1,000 of a million residents are 65 incidents: Byar's interval of 65, PHE workbook.
    result = against(0.065, 0.040)
    assert (result.count, result.expected) == pytest.approx((65, 40))
    assert result.ratio == pytest.approx(1.625)
    assert (result.low, result.high) == pytest.approx((50.163188 / 40, 82.849139 / 40), abs=2e-8)
    assert result.incidents == pytest.approx(25)
    assert (result.incidents_low, result.incidents_high) == pytest.approx(
        (10.163188, 42.849139), abs=1e-6
    )
    assert (result.standing, result.improvement) == (Standing.MORE, "worse")
    assert (result.areas_lower, result.areas_higher) == (14, 0)
    assert result.period == YEAR
    assert result.margin_pct == pytest.approx(100 * (50.163188 / 40 - 1))


@pytest.mark.parametrize(
    ("group", "standing", "improvement", "p_below"),
    [
        # limits of 65 in the PHE workbook: 42.880 and 94.000 (99.8%), 50.163 and 82.849 (95%)
        (0.042, Standing.MORE, "worse", 0.002),
        (0.048, Standing.MORE, "worse", 0.05),
        (0.060, Standing.NO_CLEAR, "", 1),
        (0.085, Standing.FEWER, "better", 0.05),
        (0.095, Standing.FEWER, "better", 0.002),
    ],
)
def test_standing_against_the_mean(
    group: float, standing: Standing, improvement: str, p_below: float
) -> None:
    result = against(0.065, group)
    assert (result.standing, result.improvement) == (standing, improvement)
    floor = {0.002: 0, 0.05: 0.002, 1: 0.05}[p_below]
    assert floor < result.p_value <= p_below


def test_overdispersion_takes_a_verdict_back_where_the_result_says() -> None:
    assert against(0.65, 0.60).standing is Standing.MORE
    assert against(0.65, 0.60, dispersion=10.0).standing is Standing.NO_CLEAR
    turn = against(0.65, 0.60).flip_dispersion
    assert turn is not None
    assert against(0.65, 0.60, dispersion=0.999 * turn).standing is Standing.MORE
    assert against(0.65, 0.60, dispersion=1.001 * turn).standing is Standing.NO_CLEAR
    assert against(0.065, 0.060).flip_dispersion is None  # not even without overdispersion


def test_a_known_swing_turns_later_than_one_estimated_from_little() -> None:
    # Where it turns, Byar's limit touches the mean. By hand with w = 650 / phi, mean / count = 0.8:
    # 3 sqrt(w) (1 - 1 / (9 w) - 0.8^(1/3)) = z. Student's t with 4 degrees of freedom asks 2.7764,
    # the normal distribution 1.9600; solved for w and put back, phi = 650 / w.
    def turn(z: float) -> float:
        # (1 - 0.8^(1/3)) x^2 - (z / 3) x - 1/9 = 0 with x = sqrt(w)
        a, b, c = 1 - 0.8 ** (1 / 3), -z / 3, -1 / 9
        return 650 / ((-b + math.sqrt(b * b - 4 * a * c)) / (2 * a)) ** 2

    estimated = Dispersion(
        value=1.0, df=4.0, months=12, total=650.0, monthly=1.0, autocorrelation=0.0, name="",
        n=60, period=None, excluded=(), source="by hand", method="",
    )  # fmt: skip
    result = against(0.65, 0.52, dispersion=estimated)
    assert result.flip_dispersion == pytest.approx(turn(2.7764), rel=1e-4)
    assert result.flip_if_known == pytest.approx(turn(1.95996), rel=1e-4)
    known = against(0.65, 0.52)
    assert known.flip_dispersion == known.flip_if_known == result.flip_if_known


def test_more_reports_are_not_plainly_worse() -> None:
    hidden = measure("hate-crime", fewer_is="neither")
    result = against(0.065, 0.040, of=hidden, rank=None)
    assert result.improvement == "neither"
    assert result.rank is result.areas_lower is result.areas_higher is None


def test_rates_that_cannot_be_compared_are_refused() -> None:
    for rates in ((0.1, 0.0), (-0.1, 0.1), (math.nan, 0.1), (0.1, math.inf)):
        with pytest.raises(ModelError, match="rates"):
            against(*rates)
    with pytest.raises(ModelError, match="dispersion"):
        against(0.1, 0.2, dispersion=0.5)


def judged(*pairs: tuple[float, float], **options: object) -> list[comparison.PrintedComparison]:
    """Pairs of rates judged as one family."""
    results = {str(place): against(*pair) for place, pair in enumerate(pairs)}
    settings = {"materiality_pct": 0.0, "small_count": 0.0, **options}
    return list(comparison.family(results, **settings).values())


def test_the_family_is_corrected_with_holm() -> None:
    # Byar's limits of 65 at 95%: a mean of 50 has p = 0.047 alone. With a second comparison that
    # is clear Holm asks 0.05 of the larger p, with a second that is not, 0.025.
    first, second = judged((0.065, 0.050), (0.065, 0.030))
    assert first.p_value < 0.05
    assert (first.standing, second.standing) == (Standing.MORE, Standing.MORE)
    first, second = judged((0.065, 0.050), (0.065, 0.060))
    assert first.p_adjusted == pytest.approx(2 * first.p_value)
    assert (first.standing, first.leans) == (Standing.NO_CLEAR, "more")
    assert (second.standing, second.leans) == (Standing.NO_CLEAR, "")
    # a dispersion below 1 would be needed for the first to be clear
    assert first.flip_dispersion is None
    assert {first.family_size, second.family_size} == {2}


def test_a_difference_too_small_to_matter_is_not_clear_and_does_not_lean() -> None:
    (result,) = judged((65.0, 63.0), materiality_pct=5.0)
    assert result.p_value < 1e-6
    assert (result.standing, result.leans) == (Standing.NO_CLEAR, "")


def test_too_few_is_said_where_both_counts_are_small() -> None:
    few, many = judged((0.001, 0.008), (0.001, 0.020), small_count=10)
    assert few.standing is Standing.TOO_FEW
    assert many.standing is Standing.FEWER


def test_what_is_set_apart_gets_no_verdict_and_counts_in_the_family() -> None:
    apart = against(0.065, 0.020, apart=Apart.UNFIT)
    assert (apart.standing, apart.improvement, apart.leans) == (Standing.APART, "", "")
    results = {"a": apart, "b": against(0.065, 0.050)}
    found = comparison.family(results, materiality_pct=0, small_count=0)
    assert found["a"].standing is Standing.APART
    assert found["b"].family_size == 2
    assert found["b"].p_adjusted == found["b"].p_value  # the larger of two
    assert comparison.family({}, materiality_pct=0, small_count=0) == {}


@settings(max_examples=20, deadline=None)
@given(
    rates=st.lists(st.tuples(st.floats(0, 200), st.floats(0.001, 200)), min_size=1, max_size=12),
    dispersion=st.floats(1, 80),
)
def test_a_verdict_never_says_more_than_its_interval(
    rates: list[tuple[float, float]], dispersion: float
) -> None:
    results = {
        str(i): against(area, group, dispersion=dispersion) for i, (area, group) in enumerate(rates)
    }
    for result in comparison.family(results, materiality_pct=5, small_count=10).values():
        if result.standing is Standing.MORE:
            assert result.low > 1 - 1e-9
            assert result.ratio >= 1.05 - 1e-9
            assert result.incidents_low > -1e-6
            assert result.margin_pct >= 0
        if result.standing is Standing.FEWER:
            assert result.high < 1 + 1e-9
            assert result.incidents_high < 1e-6
            assert result.margin_pct <= 0
        assert result.low <= result.ratio <= result.high
        assert result.p_adjusted >= result.p_value


def test_rates_per_household_take_the_households() -> None:
    result = against(0.1625, 0.1, of=measure(denominator="households"))
    assert result.population == 400_000
    assert result.count == pytest.approx(65)


def test_result_lists_what_the_print_does_not_allow() -> None:
    listed = " ".join(against(0.065, 0.040).cannot_say)
    for topic in ("unusual among the areas", "rank", "mean is taken over"):
        assert topic in listed


def test_printed_columns_are_read_in_order_and_blanks_left_out() -> None:
    index = pd.Index(["theft", "knife", "burglary"], name="measure_id")
    figures = pd.DataFrame(
        {
            "msg_rank": [5, None, 11],
            "group_rate": [9.6, None, 2.855],
            "area_rate": [6.9, None, 3.824],
            "force_rank": [5, None, None],
        },
        index=index,
        dtype="Float64",
    )
    text = pd.DataFrame({"iquanta_basis": ["", "", "Per 1,000 Households"]}, index=index)
    table = PrintedTable(
        quarter=Quarter(2023, 2), file="made up", text=text, figures=figures,
        decimals=figures.astype("Int64", errors="ignore"), headings={}, reasons={},
    )  # fmt: skip
    catalogue = Catalogue(
        {
            "theft": measure("theft", history="Theft"),
            "knife": measure("knife", denominator=""),
            "burglary": measure("burglary", denominator="households"),
        },
        {},
    )
    rng = np.random.default_rng(1)
    months = pd.date_range("2020-08-01", periods=36, freq="MS")
    history = pd.Series(rng.negative_binomial(60, 0.1, 36).astype(float), months, name="Theft")
    found = comparison.printed(table, catalogue, BENCHMARK, (), {"Theft": history})
    assert list(found) == ["theft", "burglary"]
    theft, burglary = found["theft"], found["burglary"]
    assert (theft.rank, theft.force_rank, burglary.force_rank) == (5, 5, None)
    assert burglary.basis == "Per 1,000 Households"
    assert theft.dispersion > 1
    assert theft.dispersion_source.startswith("monthly history of Theft")
    assert burglary.dispersion_source.startswith("no monthly history of its own")
    assert theft.low < 6.9 / 9.6 < theft.high
    figures.loc["theft", "group_rate"] = 0.0  # nothing can be compared with a mean of zero
    assert list(comparison.printed(table, catalogue, BENCHMARK, (), {"Theft": history})) == [
        "burglary"
    ]
    apart = comparison.printed(
        table, catalogue, BENCHMARK, (), {"Theft": history}, apart={"burglary": Apart.OTHER}
    )
    assert apart["burglary"].standing is Standing.APART
