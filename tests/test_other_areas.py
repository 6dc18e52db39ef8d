"""Other areas: changes pooled and compared, months that move together, and what may be said."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from scipy import stats

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import area_movement, area_pool, change, other_areas, random_effects
from bcsp_analysis.models.funnel import Overdispersion
from bcsp_analysis.models.other_areas import Elsewhere, LeftOut
from bcsp_analysis.periods import Month, Quarter
from bcsp_analysis.present import figures, style, tables, text

QUARTER = Quarter.parse("2023/24 Q2")
CAUSE = re.compile(r"\b(because of|due to|caused by|leads to)\b", re.IGNORECASE)
SOURCE = "Source: made for a test."
LARGEST_FILE = 80 * 1024  # bytes

# Niel-Weise et al. (2008), infections with treated and other catheters: events and days, by trial.
CATHETERS = [(7, 1344, 11, 1988), (8, 1600, 8, 1461), (3, 12012, 14, 10962), (6, 1536, 10, 1503)]
CATHETERS += [(1, 370, 1, 483), (1, 729, 8, 913), (17, 6760, 15, 6840), (3, 1107, 7, 1015)]
CATHETERS += [(2, 320, 3, 440)]


def area(
    level: float,
    ratio: float = 1.0,
    *,
    seed: int = 0,
    months: int = 36,
    last: str = "2023-09",
    swings: np.ndarray | float = 0.0,
    spread: float = 4.0,
) -> pd.Series:
    """Monthly counts with a season, overdispersed, whose last twelve months are `ratio` times."""
    index = pd.date_range(end=last, periods=months, freq="MS")
    at = np.arange(months)
    step = np.where(at >= months - 12, ratio, 1.0)
    expected = level * index.days_in_month / 30.4 * np.exp(swings) * step
    expected = expected * (1 + 0.1 * np.sin(2 * np.pi * index.month / 12))
    counts = np.random.default_rng(seed).negative_binomial(expected / spread, 1 / (1 + spread))
    return pd.Series(counts.astype(float), index, name="Anti-social behaviour")


def world(own: float = 1.0, others: int = 6, elsewhere: float = 0.95, **more) -> dict:
    """Birmingham and some others, of which each changed a little differently."""
    each = {
        f"Area {at}": area(800.0 * at, elsewhere * (1 + 0.01 * (at % 3)), seed=at, **more)
        for at in range(1, others + 1)
    }
    return {"Birmingham": area(4000, own, seed=99, **more), **each}


def compared(series: dict, **more):
    settings_of = {"breaks": {}, "materiality_pct": 5.0, "small_count": 10} | more
    return other_areas.compare(series, "Birmingham", **settings_of)


@pytest.fixture(scope="module")
def same():
    forces = dict.fromkeys(world(), "West Midlands Police") | {"Area 1": "Other Police"}
    return compared(world(), quarter=QUARTER, forces=forces)


@pytest.fixture(scope="module")
def more():
    return compared(world(1.5))


# --- pooling -------------------------------------------------------------------------------------


def trials() -> list[change.ChangeResult]:
    return [change.compare(x2, x1, t2, t1) for x1, t1, x2, t2 in CATHETERS]


def test_changes_are_pooled_as_metafor_pools_incidence_rate_ratios() -> None:
    # metafor's tests of Stijnen, Hamza and Ozdemir (2010), Statistics in Medicine 29, 3046-3067,
    # table VIII: rma(measure="IRR"): estimate -.3963, standard error .2268, tau .3060; escalc of
    # the first trial: -.0605 with variance .2338.
    first = trials()[0]
    assert area_pool.log_ratio(first) == pytest.approx(-0.0605, abs=5e-5)
    assert area_pool.variance(first) == pytest.approx(0.2338, abs=5e-5)
    pool = area_pool.pool(first, trials(), level=0.95, chance=0.05)
    assert pool.heterogeneity.between == pytest.approx(0.3060, abs=1e-4)
    fixed = random_effects.fit(
        [np.array([area_pool.log_ratio(trial)]) for trial in trials()],
        [np.array([[area_pool.variance(trial)]]) for trial in trials()],
        between=0.3060,
    )
    assert fixed.mean[0][0] == pytest.approx(-0.3963, abs=1e-4)
    assert math.sqrt(fixed.mean[1][0, 0]) == pytest.approx(0.2268, abs=1e-4)
    # Averaged over what is unsure about tau: near metafor's .6728 (.4314 to 1.0494), wider.
    assert pool.mean == pytest.approx(0.6728, abs=0.03)
    assert pool.mean_low < 0.4314 < 1.0494 < pool.mean_high


def test_ranges_hold_the_share_of_draws_that_they_say() -> None:
    # Drawn from the same distributions by another way: tau, then mean, then the next area.
    own, others = change.compare(900, 1000, 365, 365, dispersion=4.0), trials()
    pool = area_pool.pool(own, others, level=0.9, chance=0.2)
    fit = random_effects.fit(
        [np.array([area_pool.log_ratio(trial)]) for trial in others],
        [np.array([[area_pool.variance(trial)]]) for trial in others],
    )
    random = np.random.default_rng(1)
    tau = random.choice(len(fit.taus), size=200_000, p=fit.weights)
    mean = random.normal(fit.means[tau, 0], np.sqrt(fit.mean_covariances[tau, 0, 0]))
    new = random.normal(mean, fit.taus[tau])
    counted = random.normal(new, math.sqrt(4 / 900 + 4 / 1000))
    for values, (low, high), level in (
        (mean, (pool.mean_low, pool.mean_high), 0.9),
        (new, (pool.spread_low, pool.spread_high), 0.9),
        (counted, (pool.expected_low, pool.expected_high), 0.8),
    ):
        inside = (values > math.log(low)) & (values < math.log(high))
        assert inside.mean() == pytest.approx(level, abs=0.005)
    above = (counted > math.log(1000 / 900)).mean()
    assert pool.p_value == pytest.approx(2 * min(above, 1 - above), abs=0.01)


def test_difference_of_two_areas_is_the_interaction_of_a_poisson_regression() -> None:
    # Each count in two rows, which changes neither estimate nor standard error.
    counts = np.array([1246, 1247, 1666, 1666, 900, 900, 950, 950])
    columns = np.repeat([[1, 0, 1, 0], [1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 0, 0]], 2, axis=0)
    fitted = sm.GLM(counts, columns, family=sm.families.Poisson()).fit()
    low, high = fitted.conf_int()[3]
    found = area_pool.difference(
        change.compare(2493, 3332, 92, 92), change.compare(1800, 1900, 92, 92), level=0.95
    )
    assert found.log == pytest.approx(fitted.params[3], abs=1e-6)
    assert (math.log(found.low), math.log(found.high)) == pytest.approx((low, high), abs=1e-5)
    assert found.p_value == pytest.approx(fitted.pvalues[3], rel=1e-4)


def test_uncertain_swings_widen_a_pair_by_the_degrees_of_freedom_of_satterthwaite() -> None:
    # Equal pieces of variance with 4 degrees of freedom each have 8 together, by hand.
    one = replace(change.compare(1000, 1000, 1, 1, dispersion=5.0), dispersion_df=4.0)
    found = area_pool.difference(one, one, level=0.95)
    se = math.sqrt(2 * 5 * (1 / 1000 + 1 / 1000))
    assert math.log(found.high) == pytest.approx(stats.t.ppf(0.975, 8) * se)


COUNTS = st.integers(min_value=20, max_value=50_000)
CHANGES = st.builds(
    lambda before, after, phi: change.compare(before, after, 365, 365, dispersion=phi),
    COUNTS,
    COUNTS,
    st.floats(min_value=1, max_value=60),
)


@settings(max_examples=15, deadline=None)
@given(CHANGES, st.lists(CHANGES, min_size=3, max_size=6), st.randoms())
def test_the_pool_does_not_know_the_order_and_its_band_decides_as_its_p_value(
    own, others, random
) -> None:
    found = area_pool.pool(own, others, level=0.95, chance=0.05)
    shuffled = list(others)
    random.shuffle(shuffled)
    again = area_pool.pool(own, shuffled, level=0.95, chance=0.05)
    assert again.p_value == pytest.approx(found.p_value, abs=1e-5)
    assert again.expected_low == pytest.approx(found.expected_low, rel=1e-4)
    assert found.expected_low <= found.spread_low <= found.mean_low <= found.mean
    assert found.mean <= found.mean_high <= found.spread_high <= found.expected_high
    inside = found.expected_low < own.rate_ratio < found.expected_high
    assert inside == (found.p_value > 0.05) or found.p_value == pytest.approx(0.05, abs=1e-6)
    assert found.difference.ratio == pytest.approx(own.rate_ratio / found.mean)


@settings(max_examples=30, deadline=None)
@given(CHANGES, CHANGES)
def test_a_pair_seen_from_the_other_side_is_turned_round(one, other) -> None:
    there = area_pool.difference(one, other, level=0.95)
    back = area_pool.difference(other, one, level=0.95)
    assert (back.low, back.high) == pytest.approx((1 / there.high, 1 / there.low))
    assert back.p_value == pytest.approx(there.p_value)


@pytest.mark.parametrize(("areas", "tau"), [(3, 0.05), (8, 0.08)])
def test_an_area_that_is_one_of_them_is_seldom_called_different(areas, tau) -> None:
    random = np.random.default_rng(20 + areas)
    runs, alarms = 80, 0
    for _ in range(runs):
        results = []
        for truth in random.normal(-0.05, tau, areas + 1):
            mean = random.uniform(2000, 40000)
            before, after = (
                random.normal(m, math.sqrt(5 * m)) for m in (mean, mean * math.exp(truth))
            )
            results.append(change.compare(before, after, 365, 365, dispersion=5.0))
        pool = area_pool.pool(results[0], results[1:], level=0.95, chance=0.05)
        alarms += pool.p_value < 0.05
    # The bound leaves a chance of 1 in 100 that a rate of 5% is called too high.
    assert alarms <= stats.binom.ppf(0.99, runs, 0.05)


def test_from_monthly_counts_an_area_that_is_one_of_them_is_seldom_called_different() -> None:
    random = np.random.default_rng(7)
    runs, alarms = 12, 0
    for run in range(runs):
        changes = np.exp(random.normal(-0.05, 0.05, 7))
        names = ["Birmingham", *(f"Area {at}" for at in range(6))]
        series = {
            name: area(random.uniform(500, 4000), ratio, seed=1000 * run + at)
            for at, (name, ratio) in enumerate(zip(names, changes, strict=True))
        }
        found = other_areas.compare(series, "Birmingham", breaks={})
        alarms += found.year.verdict is not Elsewhere.NO_CLEAR
    assert alarms <= stats.binom.ppf(0.99, runs, 0.05)


# --- verdicts ------------------------------------------------------------------------------------


def test_a_rise_that_others_do_not_share_is_more_and_a_shared_one_is_not(same, more) -> None:
    assert more.year.verdict is Elsewhere.MORE
    assert compared(world(0.6)).year.verdict is Elsewhere.LESS
    assert same.year.verdict is Elsewhere.NO_CLEAR
    assert compared(world(1.5, elsewhere=1.5)).year.verdict is Elsewhere.NO_CLEAR


def test_a_difference_smaller_than_the_edition_speaks_of_is_none(more) -> None:
    gap = 100 * (more.year.pool.difference.ratio - 1)
    assert compared(world(1.5), materiality_pct=gap - 0.01).year.verdict is Elsewhere.MORE
    found = compared(world(1.5), materiality_pct=gap + 0.01)
    assert found.year.verdict is Elsewhere.NO_CLEAR
    assert "lies outside, but it differs" in text.other_areas(found)


def test_it_takes_three_other_areas() -> None:
    assert compared(world(1.5, others=3)).year.verdict is not Elsewhere.TOO_FEW_AREAS
    found = compared(world(1.5, others=2))
    assert found.year.verdict is Elsewhere.TOO_FEW_AREAS
    assert found.year.pool is None
    assert list(found.year.differences) == ["Area 1", "Area 2"]
    told = text.other_areas(found)
    assert "needs three other areas" in told
    assert "there are two" in told
    alone = compared({"Birmingham": area(4000)})
    assert alone.year.verdict is Elsewhere.TOO_FEW_AREAS
    assert alone.movement is None
    assert "there are none" in text.other_areas(alone)


def test_counts_add_up_to_the_twelve_months_by_hand(same) -> None:
    counts = world()["Area 2"]
    found = same.year.changes["Area 2"]
    assert (found.before, found.after) == (counts.iloc[12:24].sum(), counts.iloc[24:].sum())
    assert (found.before_days, found.after_days) == (365, 365)
    assert same.year.period.label == "October 2022 to September 2023"
    quarter = same.quarter.changes["Area 2"]
    assert (quarter.before, quarter.after) == (counts.iloc[21:24].sum(), counts.iloc[33:].sum())
    assert same.quarter.period.label == "July to September 2023"


def test_the_chance_of_a_false_alarm_is_shared_out(same, more) -> None:
    assert (same.year.chance, same.quarter.chance) == (0.025, 0.025)
    assert more.year.chance == 0.05


def test_the_order_in_which_areas_come_changes_nothing(same) -> None:
    forces = dict.fromkeys(world(), "West Midlands Police") | {"Area 1": "Other Police"}
    turned = dict(reversed(world().items()))
    again = compared(turned, quarter=QUARTER, forces=forces)
    assert text.other_areas(again) == text.other_areas(same)
    assert tables.other_areas_changes(again, label="tbl-a") == tables.other_areas_changes(
        same, label="tbl-a"
    )


def test_a_copy_of_the_area_among_the_others_makes_it_less_unlike(more) -> None:
    with_copy = compared(world(1.5) | {"Copy": world(1.5)["Birmingham"]})
    assert with_copy.year.differences["Copy"].ratio == pytest.approx(1)
    assert with_copy.year.pool.p_value > more.year.pool.p_value


def test_small_counts_are_neither_compared_nor_shown() -> None:
    tiny = world() | {"Area 7": area(0.4, seed=3), "Area 8": area(900, seed=5) * 0}
    found = compared(tiny)
    assert found.year.left_out == {
        "Area 7": LeftOut.FEW_INCIDENTS,
        "Area 8": LeftOut.FEW_INCIDENTS,
    }
    assert "Area 7" not in tables.other_areas_changes(found, label="tbl-a")
    assert "Area 7" not in found.movement.rolling.columns
    assert "Area 7 and Area 8" in text.other_areas_months(found)
    own = compared(world() | {"Birmingham": area(0.4, seed=3)})
    assert own.year.verdict is Elsewhere.TOO_FEW_INCIDENTS
    assert own.year.change is None
    assert "Fewer than 10" in text.other_areas(own)
    assert "**Birmingham**" not in tables.other_areas_changes(own, label="tbl-a")


def test_the_threshold_itself_is_enough() -> None:
    counts = area(100)
    counts.iloc[12:] = [*[1.0] * 10, 0.0, 0.0, *[1.0] * 10, 0.0, 0.0]
    held = compared(world() | {"Edge": counts}).year
    assert held.changes["Edge"].after == 10
    assert "Edge" not in compared(world() | {"Edge": counts}, small_count=11).year.changes


# --- months and recording ------------------------------------------------------------------------


def test_only_months_that_both_hold_are_compared() -> None:
    late = world() | {"Late": area(900, 0.9, seed=50, last="2023-06")}
    found = compared(late)
    assert found.year.left_out == {"Late": LeftOut.SOME_MONTHS}
    assert found.year.common["Late"][-1] == Month(2023, 6)
    assert len(found.year.common["Late"]) == 9
    counts = late["Late"]
    assert found.year.changes["Late"].after == counts["2022-10":].sum()
    assert found.year.changes["Late"].before == counts["2021-10":"2022-06"].sum()
    mine = late["Birmingham"]
    ratio = mine["2022-10":"2023-06"].sum() / mine["2021-10":"2022-06"].sum()
    its = counts["2022-10":].sum() / counts["2021-10":"2022-06"].sum()
    assert found.year.differences["Late"].ratio == pytest.approx(ratio / its)
    assert "Late (October 2022 to June 2023)" in text.other_areas_months(found)


def test_an_area_with_less_than_half_of_the_months_is_named_and_not_compared() -> None:
    found = compared(world() | {"Short": area(900, months=36, last="2023-02")})
    assert found.year.left_out == {"Short": LeftOut.FEW_MONTHS}
    assert "too few months in common: Short" in text.other_areas_months(found)


def test_a_faulty_month_goes_with_its_counterpart() -> None:
    wrong = Month(2023, 1)
    found = compared(world(), faulty={"Birmingham": (wrong,)})
    assert found.year.missing == (wrong,)
    counts = world()["Birmingham"]
    assert found.year.change.before == counts.iloc[12:24].sum() - counts["2022-01-01"]
    assert "January 2023 is left out" in text.other_areas_months(found)
    assert found.movement.rolling["Birmingham"].isna().sum() == 9


def test_a_short_history_borrows_the_swings_of_the_others() -> None:
    found = compared(world() | {"New": area(900, months=20, seed=8)})
    assert found.year.left_out == {"New": LeftOut.SOME_MONTHS}
    assert "no monthly history of its own" in found.year.changes["New"].dispersion_source


def test_a_recording_change_of_all_cancels_and_one_of_the_area_alone_does_not() -> None:
    when = (Month(2023, 5),)
    everywhere = compared(world(), breaks=dict.fromkeys(world(), when))
    assert everywhere.year.left_out == {}
    assert everywhere.year.changes["Area 1"].verdict is change.Verdict.RECORDING_CHANGED
    assert "Recording changed in Birmingham" in text.other_areas_recording(everywhere)
    here = compared(world(), breaks={"Birmingham": when})
    assert set(here.year.left_out.values()) == {LeftOut.RECORDING}
    assert here.year.verdict is Elsewhere.TOO_FEW_AREAS
    there = compared(world(), breaks={"Area 1": when})
    assert there.year.left_out == {"Area 1": LeftOut.RECORDING}
    long_ago = compared(world(), breaks={"Area 1": (Month(2021, 4),)})
    assert long_ago.year.left_out == {}


def test_the_caller_may_say_whether_the_change_is_confirmed() -> None:
    when = dict.fromkeys(world(), (Month(2023, 5),))
    found = compared(world(), breaks=when, recording_changed=False)
    assert found.year.changes["Area 1"].verdict is not change.Verdict.RECORDING_CHANGED


def test_the_caveat_on_other_forces_always_stands(same, more) -> None:
    for result in (same, more):
        assert "Another force may have changes of its own" in text.other_areas_recording(result)
    assert "six areas in the average, five belong" in text.other_areas_recording(same)
    one = replace(same, forces=dict.fromkeys(same.areas, "West Midlands Police"))
    assert "All areas in the average belong to the same force" in text.other_areas_recording(one)


@pytest.mark.parametrize(
    ("series", "settings_of", "message"),
    [
        ({"Area 1": area(900)}, {}, "without the area itself"),
        ({"Birmingham": area(900, months=17)}, {}, "two years of the area itself|no fallback"),
        ({"Birmingham": area(900).iloc[::2]}, {}, "every month once"),
        ({"Birmingham": area(900)}, {"alpha": 1.0}, "out of range"),
        ({"Birmingham": -area(900)}, {}, "a count for every month"),
    ],
)
def test_what_cannot_be_compared_is_refused(series, settings_of, message) -> None:
    with pytest.raises(ModelError, match=message):
        compared(series, **settings_of)


def test_a_quarter_that_is_not_held_is_not_compared() -> None:
    found = compared(world(), quarter=Quarter.parse("2024/25 Q1"))
    assert found.quarter is None
    assert "2024/25 Q1 is not compared" in text.other_areas_quarter(found)
    assert tables.other_areas_quarter(found, label="tbl-q") == "The quarter is not compared."


# --- months that move together -------------------------------------------------------------------


def test_the_interval_of_a_correlation_is_that_of_scipy() -> None:
    # One series lasts from month to month and the other turns: no month counts for less.
    random = np.random.default_rng(4)
    index = pd.date_range("2018-01-01", periods=60, freq="MS")
    lasting, turning = np.zeros(60), np.zeros(60)
    for at in range(1, 60):
        lasting[at] = 0.6 * lasting[at - 1] + random.normal()
        turning[at] = -0.6 * turning[at - 1] + random.normal()
    one, other = pd.Series(lasting, index), pd.Series(turning, index)
    found = area_movement.correlation(one, other, 1, 0.95)
    expected = stats.pearsonr(one, other)
    assert found["correlation"] == pytest.approx(expected.statistic)
    assert (found["low"], found["high"]) == pytest.approx(
        tuple(expected.confidence_interval(0.95)), abs=1e-6
    )


def test_months_that_last_count_for_less_by_bartlett() -> None:
    # 1 - r1 r2 over 1 + r1 r2 by hand, r1 = r2 the correlation of a series with itself a month on.
    index = pd.date_range("2018-01-01", periods=80, freq="MS")
    waves = pd.Series(np.sin(2 * np.pi * np.arange(80) / 20), index)
    other = pd.Series(np.cos(2 * np.pi * np.arange(80) / 20), index)
    fades = [float(s.to_numpy()[1:] @ s.to_numpy()[:-1] / (s @ s)) for s in (waves, other)]
    free = 79 * (1 - math.prod(fades)) / (1 + math.prod(fades))
    found = area_movement.correlation(waves, other, 1, 0.95)
    reach = stats.norm.ppf(0.975) / math.sqrt(max(free - 2, 1))
    assert found["high"] == pytest.approx(math.tanh(math.atanh(found["correlation"]) + reach))


def test_areas_that_share_their_swings_move_together_and_others_do_not() -> None:
    shared = np.random.default_rng(11).normal(0, 0.15, 60)
    together = compared(world(months=60, swings=shared))
    assert together.movement.together_low > 0.5
    assert "points to causes that areas share" in text.other_areas_movement(together)
    apart = compared(world(months=60))
    assert apart.movement.together_low < 0 < apart.movement.together_high
    assert "points to" not in text.other_areas_movement(apart)
    assert not CAUSE.search(text.other_areas_movement(together))


def test_unrelated_areas_seldom_move_together() -> None:
    random = np.random.default_rng(3)
    runs, alarms = 100, 0
    for _ in range(runs):
        pair = {
            name: pd.Series(
                random.poisson(500, 48).astype(float),
                pd.date_range("2019-01", periods=48, freq="MS"),
            )
            for name in ("here", "there")
        }
        found = area_movement.movement(pair, "here", faulty={})
        alarms += not found.together_low < 0 < found.together_high
    assert alarms <= stats.binom.ppf(0.99, runs, 0.05)


def test_rolling_years_stand_on_a_common_base(same) -> None:
    rolling = same.movement.rolling
    assert rolling.iloc[0].tolist() == pytest.approx([100] * 7)
    counts = world()["Area 3"]
    expected = 100 * counts.iloc[24:].sum() / counts.iloc[:12].sum()
    assert rolling["Area 3"].iloc[-1] == pytest.approx(expected)


# --- rates ---------------------------------------------------------------------------------------


def test_rates_need_the_residents_of_every_area() -> None:
    residents = dict.fromkeys(world(), 100000.0)
    assert compared(world(), residents=residents).rates is not None
    assert compared(world()).rates is None
    del residents["Area 1"]
    lacking = compared(world(), residents=residents)
    assert lacking.rates is None
    assert "cannot be ranked" in text.other_areas_rates(lacking)
    assert "residents of every area are not loaded" in text.other_areas_rates(lacking)


def test_rates_by_hand_and_limits_only_with_eight_others() -> None:
    few = compared(world(), residents=dict.fromkeys(world(), 200000.0))
    counts = world()["Birmingham"].iloc[24:].sum()
    assert few.rates.table.at["Birmingham", "rate"] == pytest.approx(counts / 200)
    others = [world()[f"Area {at}"].iloc[24:].sum() for at in range(1, 7)]
    assert few.rates.target == pytest.approx(sum(others) / 1200)
    assert few.rates.overdispersion is Overdispersion.NONE
    assert "nothing is called unusual" in text.other_areas_rates(few)
    assert "Limits" not in tables.other_areas_rates(few, label="tbl-r")
    many = world(others=9)
    found = compared(many, residents=dict.fromkeys(many, 200000.0))
    assert found.rates.overdispersion is Overdispersion.ADDITIVE
    assert "Limits" in tables.other_areas_rates(found, label="tbl-r")


# --- words, tables and charts --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "mean", "verdict", "words"),
    [
        ((1.2, 1.1, 1.3), (1.05, 1.0, 1.1), Elsewhere.MORE, "rose more in B than elsewhere"),
        ((1.2, 1.1, 1.3), (0.9, 0.8, 1.0), Elsewhere.MORE, "rose in B, but not clearly elsewhere"),
        ((1.2, 1.1, 1.3), (1.0, 0.9, 1.1), Elsewhere.MORE, "rose in B, but not clearly elsewhere"),
        ((1.2, 1.1, 1.3), (1.6, 1.5, 1.7), Elsewhere.LESS, "rose less in B than elsewhere"),
        ((0.8, 0.7, 0.9), (0.5, 0.4, 0.6), Elsewhere.MORE, "fell less in B than elsewhere"),
        ((0.8, 0.7, 0.9), (0.95, 0.9, 1.0), Elsewhere.LESS, "fell more in B than elsewhere"),
        ((0.8, 0.7, 0.9), (1.1, 1.0, 1.2), Elsewhere.LESS, "fell in B, but not clearly elsewhere"),
        ((1.0, 0.9, 1.1), (0.7, 0.6, 0.8), Elsewhere.MORE, "fell elsewhere, but not clearly in B"),
        ((1.0, 0.9, 1.1), (1.5, 1.4, 1.6), Elsewhere.LESS, "rose elsewhere, but not clearly in B"),
        ((1.0, 0.9, 1.1), (0.8, 0.6, 1.1), Elsewhere.MORE, "did not change in B as it did elsewh"),
    ],
)
def test_the_title_says_which_way_each_moved(more, own, mean, verdict, words) -> None:
    names = ("rate_ratio", "low", "high")
    here = replace(more.year.change, **dict(zip(names, own, strict=True)))
    there = dict(zip(("mean", "mean_low", "mean_high"), mean, strict=True))
    year = replace(
        more.year,
        own="B",
        changes=more.year.changes | {"B": here},
        pool=replace(more.year.pool, **there),
        verdict=verdict,
    )
    assert words in text.other_areas_title(replace(more, own="B", year=year))


def test_the_answer_names_both_changes_and_the_range(more) -> None:
    told = text.other_areas(more)
    held, pool = more.year.change, more.year.pool
    assert f"{text.percent(100 * (held.rate_ratio - 1))} more incidents per day" in told
    assert "In six other areas" in told
    assert "its change lies outside" in told
    gap = 100 * (1 - 1 / pool.difference.ratio)
    assert f"there would have been {text.percent(gap)} fewer incidents" in told


def test_areas_with_as_many_as_before_are_counted_too(same) -> None:
    level = replace(same.year.changes["Area 1"], rate_ratio=1.0)
    year = replace(same.year, changes=same.year.changes | {"Area 1": level})
    told = text.other_areas(replace(same, year=year))
    assert re.search(r"; (?:\w+ counted more, one as many and \w+ fewer)\.", told)


def test_no_difference_shown_is_not_called_the_same(same) -> None:
    told = text.other_areas(same)
    assert "no clear difference between Birmingham and elsewhere" in told
    assert "lies inside" in told
    assert "does not show that the change was the same" in told
    assert "lies outside" not in told


def test_more_than_chance_from_the_average_but_within_the_spread_is_said(same) -> None:
    pool = same.year.pool
    nearer = replace(pool, difference=replace(pool.difference, p_value=0.001))
    told = text.other_areas(replace(same, year=replace(same.year, pool=nearer)))
    assert "by more than chance, but areas differ from each other as well" in told


@pytest.mark.parametrize("name", ["<b>|*#", "=cmd|' /C calc'!A0", "St. Helens [x](y) {{< x >}}"])
def test_names_from_data_are_shown_as_typed_and_do_nothing(name) -> None:
    series = world(others=4)
    series[name] = series.pop("Area 4")
    found = compared(series, residents=dict.fromkeys(series, 100000.0))
    everything = "\n".join(
        (
            text.other_areas(found),
            text.other_areas_months(found),
            tables.other_areas_changes(found, label="tbl-a"),
            tables.other_areas_pairs(found, label="tbl-p"),
            tables.other_areas_rates(found, label="tbl-r"),
        )
    )
    assert "<b>" not in everything.replace("\\<b", "")
    assert "{{<" not in everything
    assert "[x](y)" not in everything
    assert figures.other_areas(found, source=SOURCE) is not None


def test_the_table_has_every_area_compared_and_no_ranks(same) -> None:
    table = tables.other_areas_changes(same, label="tbl-a")
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 8
    assert rows[0].startswith("| **Birmingham** (this area) |")
    assert rows[-1].startswith("| Average of the others |")
    assert [row.split("|")[1].strip() for row in rows[1:7]] == [f"Area {at}" for at in range(1, 7)]
    assert "not ranked" in table


def test_the_own_area_is_marked_by_shape_and_word_and_the_band_is_the_one_that_decides(same):
    chart = figures.other_areas(same, source=SOURCE)
    ax = chart.axes[0]
    words = [label.get_text() for label in ax.texts]
    assert words[0].startswith("Birmingham (this area)")
    own = [line for line in ax.lines if line.get_marker() == "D"]
    assert len(own) == 1
    assert to_hex(own[0].get_color()).upper() == style.BLUE
    assert own[0].get_xdata()[0] == pytest.approx(100 * (same.year.change.rate_ratio - 1))
    low, high = ax.patches[0].get_x(), ax.patches[0].get_x() + ax.patches[0].get_width()
    pool = same.year.pool
    assert (low, high) == pytest.approx(
        (100 * (pool.expected_low - 1), 100 * (pool.expected_high - 1))
    )


def test_many_areas_share_the_height_and_go_without_names(more) -> None:
    many = {f"Place {at}": more.year.changes["Area 1"] for at in range(300)}
    year = replace(
        more.year,
        changes={"Birmingham": more.year.change} | many,
        pooled=tuple(many),
    )
    chart = figures.other_areas(replace(more, year=year), source=SOURCE)
    assert chart.get_size_inches()[1] < 9
    assert len(chart.axes[0].texts) == 2
    assert len(chart.picture()) < LARGEST_FILE


def test_charts_say_why_there_is_nothing_to_draw() -> None:
    empty = compared({name: area(0.3, seed=at) for at, name in enumerate(world())})
    for chart in (
        figures.other_areas(empty, source=SOURCE),
        figures.other_areas_rolling(compared({"Birmingham": area(900)}), source=SOURCE),
    ):
        assert chart.axes[0].texts[0].get_text().startswith("No ")


def test_charts_are_small_and_the_same_in_every_run(same) -> None:
    for draw in (figures.other_areas, figures.other_areas_rolling):
        first, again = (draw(same, source=SOURCE).picture() for _ in range(2))
        assert first == again
        assert len(first) < LARGEST_FILE


def test_the_title_of_rolling_years_reads_the_ends_of_the_lines(same) -> None:
    last = same.movement.rolling.iloc[-1]
    title = text.other_areas_rolling_title(same)
    assert f"Birmingham stands at {last['Birmingham']:.0f}" in title
    assert f"{last.drop('Birmingham').min():.0f} and {last.drop('Birmingham').max():.0f}" in title
