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
from bcsp_analysis.models.comparison import Overdispersion, Position
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
    result = comparison.funnel(table, per=100_000, overdispersion=Overdispersion.NONE)
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
        positions = comparison.funnel(table, overdispersion=mode).table["position"]
        flagged += (positions != Position.SIMILAR).sum()
        far += positions.isin([Position.FAR_HIGHER, Position.FAR_LOWER]).sum()
        if run < 10:
            exact = comparison.funnel(table, overdispersion=Overdispersion.NONE).table["position"]
            plain += (exact != Position.SIMILAR).sum()
    assert 0.02 < flagged / 2250 < 0.06
    assert far / 2250 < 0.006
    assert plain / 150 > 0.6


def test_one_area_out_of_line_is_found_and_does_not_hide_itself() -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(5000 * np.exp(rng.normal(0, 0.05, 15)))
    counts[6] = 9000
    result = comparison.funnel(areas(counts.tolist(), [250_000.0] * 15), fewer_is="better")
    row = result.table.loc["area 6"]
    assert (row["position"], row["improvement"]) == (Position.FAR_HIGHER, "worse")
    assert (row["rank"], row["rank_low"], row["rank_high"]) == (15, 15, 15)
    assert result.tau > 0
    assert result.phi == pytest.approx(result.phi_plain / 0.6786545589, rel=1e-6)


def test_areas_without_data_are_counted_and_named() -> None:
    table = areas([100.0, 120.0, np.nan, 90.0, 130.0])
    table.loc[4, "denominator"] = np.nan
    result = comparison.funnel(table, overdispersion=Overdispersion.NONE)
    assert (result.n, result.n_available) == (5, 3)
    assert result.missing == ("area 2", "area 4")
    assert result.table.index.tolist() == ["area 0", "area 1", "area 3"]
    assert result.target == pytest.approx(1000 * 310 / 3000)
    with pytest.raises(ModelError, match="too few areas") as caught:
        comparison.funnel(table)
    assert "3 of 5" in caught.value.found
    assert "area 2, area 4" in caught.value.found


def test_ranks_by_hand_and_their_intervals() -> None:
    counts = [400.0, 100.0, 4000.0, 100.0, 410.0]
    result = comparison.funnel(areas(counts), overdispersion=Overdispersion.NONE)
    assert result.table["rank"].tolist() == [3, 1, 5, 1, 4]
    # 400 and 410 cannot be told apart, 100 and 100 neither; 4,000 is surely the highest.
    assert result.table["rank_low"].tolist() == [3, 1, 5, 1, 3]
    assert result.table["rank_high"].tolist() == [4, 2, 5, 2, 4]
    wide = comparison.funnel(areas(counts), overdispersion=Overdispersion.NONE, dispersion=100)
    assert (wide.table["rank_high"] - wide.table["rank_low"]).sum() > 4


def test_rank_interval_against_the_chance_of_two_areas_changing_places() -> None:
    # Two areas, 100 and 130 on equal denominators: the lower one is truly higher with a chance of
    # about Phi(-30 / sqrt(230)) = 2.4%, just below the tail of a 95% interval; 128 is above it.
    for other, low in ((130, 2), (124, 1)):
        table = areas([100.0, float(other), 5000.0])
        found = comparison.funnel(table, overdispersion=Overdispersion.NONE).table
        chance = stats.norm.cdf(-(other - 100) / math.sqrt(100 + other))
        assert (chance < 0.025) == (low == 2)
        assert found.loc["area 1", "rank_low"] == low


def test_lines_of_the_funnel_meet_the_limits_of_the_areas() -> None:
    rng = np.random.default_rng(1)
    sizes = rng.uniform(1e5, 5e5, 12)
    table = areas(rng.poisson(sizes * 0.01).tolist(), sizes.tolist())
    for mode in Overdispersion:
        result = comparison.funnel(table, overdispersion=mode)
        lines = result.limits(sizes)
        for column in ("low95", "high95", "low998", "high998"):
            assert lines[column].to_numpy() == pytest.approx(result.table[column].to_numpy())


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
    result = comparison.funnel(table, overdispersion=mode)
    mixed = table.sample(frac=1, random_state=3)
    again = comparison.funnel(mixed, overdispersion=mode)
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
        comparison.funnel(table, overdispersion=Overdispersion.NONE)


@pytest.mark.parametrize("setting", [{"winsorise": 0.5}, {"per": 0.0}, {"dispersion": 0.5}])
def test_settings_out_of_range_are_refused(setting: dict[str, float]) -> None:
    with pytest.raises(ModelError, match="setting"):
        comparison.funnel(areas([50.0, 60.0] * 5), **setting)


# --- printed columns -----------------------------------------------------------------------------


def against(area: float, group: float, **changes: object) -> comparison.PrintedComparison:
    options = {
        "rank": 15, "force_rank": None, "benchmark": BENCHMARK, "dispersion": 1.0, **changes
    }  # fmt: skip
    of = options.pop("of", measure())
    return comparison.against_mean(of, area_rate=area, group_rate=group, **options)


def test_printed_rate_by_hand() -> None:
    # 0.065 per 1,000 of a million residents are 65 incidents: Byar's interval of 65.
    result = against(0.065, 0.040)
    assert result.count == pytest.approx(65)
    assert (result.low95, result.high95) == pytest.approx((0.050163188, 0.082849139), abs=5e-10)
    assert (result.low998, result.high998) == pytest.approx((0.042880, 0.094000), abs=5e-7)
    assert result.ratio == pytest.approx(1.625)
    assert result.ratio_low == pytest.approx(0.050163188 / 0.040)
    assert result.incidents == pytest.approx(25)
    assert result.difference == pytest.approx(0.025)
    assert result.position is Position.FAR_HIGHER
    assert result.improvement == "worse"
    assert (result.areas_lower, result.areas_higher) == (14, 0)
    assert result.span == YEAR


@pytest.mark.parametrize(
    ("group", "position", "improvement"),
    [
        (0.040, Position.FAR_HIGHER, "worse"),
        (0.048, Position.HIGHER, "worse"),
        (0.060, Position.SIMILAR, ""),
        (0.085, Position.LOWER, "better"),
        (0.099, Position.FAR_LOWER, "better"),
    ],
)
def test_position_against_the_mean(group: float, position: Position, improvement: str) -> None:
    result = against(0.065, group)
    assert (result.position, result.improvement) == (position, improvement)


def test_overdispersion_takes_a_verdict_back() -> None:
    assert against(0.65, 0.60).position is Position.HIGHER
    assert against(0.65, 0.60, dispersion=10.0).position is Position.SIMILAR


def test_more_reports_are_not_plainly_worse() -> None:
    hidden = measure("hate-crime", fewer_is="neither")
    result = against(0.065, 0.040, of=hidden, rank=None)
    assert result.improvement == "neither"
    assert result.rank is result.areas_lower is result.areas_higher is None


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
    assert theft.ratio_low < 6.9 / 9.6 < theft.ratio_high
