"""Localities: what may be shown of them, year against year as one family, share, chart, season."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import (
    change,
    dispersion,
    localities,
    locality_family,
    locality_months,
    locality_swings,
    monthly,
    ratios,
)
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.models.chart_limits import Kind
from bcsp_analysis.models.localities import Charted, SeasonShown
from bcsp_analysis.periods import Month, Span

INDEX = pd.date_range("2018-10-01", periods=72, freq="MS", name="month")
RULES = {
    "level": 0.95,
    "alpha": 0.05,
    "materiality_pct": 5.0,
    "small_count": 10,
    "suppress_below": 5,
}
ONE = {"name": "Aston", "kind": "ward", "category": "Anti-social behaviour"}
PAGE = {"baseline": 24, "fewer_is": "better"}


def frame(rows: dict[str, list[int]], index: pd.DatetimeIndex = INDEX) -> pd.DataFrame:
    """Counts of localities, each list repeated to the length of the index."""
    values = {area: np.resize(row, len(index)) for area, row in rows.items()}
    table = pd.DataFrame.from_dict(values, orient="index").set_axis(index, axis=1)
    return table.rename_axis(index="area").astype("int64")


def city(means: list[float], *, seed: int = 1, months: int = 72, swing: float = 0.0):
    """Poisson counts with a summer, and a gamma swing of single months."""
    random = np.random.default_rng(seed)
    index = INDEX[-months:]
    season = 1 + 0.15 * np.cos(2 * np.pi * (index.month.to_numpy() - 7) / 12)
    level = np.array(means)[:, None] * season
    if swing:
        level = level * random.gamma(1 / swing, swing, level.shape)
    return frame({f"E{i:03d}": row for i, row in enumerate(random.poisson(level).tolist())}, index)


@pytest.fixture(scope="module")
def counts():
    """Forty wards: one tiny, one small, one that grows, one that falls."""
    table = city([2.0, 6.5, *np.linspace(15, 80, 38)], swing=0.03)
    table.loc["E010"] = (table.loc["E010"] * np.where(np.arange(72) < 60, 1, 2)).astype("int64")
    table.loc["E020"] = (table.loc["E020"] / np.where(np.arange(72) < 60, 1, 2)).astype("int64")
    return table


@pytest.fixture(scope="module")
def judged(counts):
    return localities.families(counts, **RULES)


def page(counts, judged, area, **more):
    return localities.analyse(counts, area, **ONE, **RULES, **(PAGE | more), judged=judged)


# --- what may be shown ----------------------------------------------------------------------------


def one_month(values: dict[str, int]) -> pd.DataFrame:
    """24 months of 40 with one month, the third last, as given."""
    table = frame({area: [40] for area in values}, INDEX[-24:])
    table[INDEX[-3]] = pd.Series(values)
    return table


def shown_as(values: dict[str, int], **more) -> dict[str, tuple[int, int]]:
    shown = locality_months.as_shown(one_month(values), 5, **more)
    month = INDEX[-3]
    return {a: (int(shown.low.at[a, month]), int(shown.high.at[a, month])) for a in values}


def test_a_small_month_takes_the_largest_of_that_month_with_it():
    # 3 is one of 0 to 4; 83 one of 80 to 84: their sum of 86 leaves 2, 3 and 4 for the first
    assert shown_as({"A": 3, "B": 83, "C": 40}) == {"A": (0, 4), "B": (80, 84), "C": (40, 40)}


def test_months_that_are_not_small_are_shown():
    assert shown_as({"A": 5, "B": 83, "C": 40}) == {"A": (5, 5), "B": (83, 83), "C": (40, 40)}


def test_two_small_months_protect_each_other_unless_their_sum_gives_them_away():
    held = shown_as({"A": 3, "B": 2, "C": 40})
    assert held == {"A": (0, 4), "B": (0, 4), "C": (40, 40)}
    # a sum of eight of two that are four at most: four each, so the largest joins them
    assert shown_as({"A": 4, "B": 4, "C": 41}) == {"A": (0, 4), "B": (0, 4), "C": (40, 44)}


def test_a_partner_at_the_end_of_its_band_calls_another():
    # 4 + 84 = 88 is the most that 0 to 4 and 80 to 84 can add up to
    held = shown_as({"A": 4, "B": 84, "C": 62, "D": 40})
    assert held == {"A": (0, 4), "B": (80, 84), "C": (60, 64), "D": (40, 40)}


def test_totals_of_larger_areas_are_protected_too():
    north = pd.Series({"A": "north", "B": "north", "C": "south", "D": "south"})
    held = shown_as({"A": 3, "B": 41, "C": 83, "D": 50}, groupings=[north])
    assert held["B"] == (40, 44)  # else north less B gives A
    assert held["D"] == (50, 50)
    with pytest.raises(ModelError, match="larger area"):
        shown_as({"A": 3, "E": 41}, groupings=[north])


def test_a_threshold_of_one_shows_everything():
    table = one_month({"A": 1, "B": 0, "C": 40})
    shown = locality_months.as_shown(table, 1)
    assert shown.low.equals(shown.high)
    assert not shown.hidden


def test_a_locality_with_more_small_months_than_others_in_a_year_is_hidden():
    half = frame({"A": [3] * 6 + [9] * 6, "B": [50]}, INDEX[-24:])
    assert locality_months.as_shown(half, 5).hidden == frozenset()
    more = frame({"A": [3] * 7 + [9] * 5, "B": [50]}, INDEX[-24:])
    assert locality_months.as_shown(more, 5).hidden == {"A"}


def test_no_month_of_a_hidden_locality_is_left_to_subtract():
    table = frame({"A": [3] * 7 + [9] * 5, "B": [52], "C": [31]}, INDEX[-24:])
    shown = locality_months.as_shown(table, 5)
    assert (shown.low.loc["A"] < shown.high.loc["A"]).all()
    assert (shown.low.loc["B"] < shown.high.loc["B"]).all()


def test_an_earlier_edition_bands_the_same_small_months(counts):
    now = locality_months.as_shown(counts, 5)
    for months in (60, 69, 71):
        then = locality_months.as_shown(counts.iloc[:, :months], 5)
        visible = [a for a in counts.index if a not in now.hidden | then.hidden]
        held = counts.loc[visible].iloc[:, :months] < 5
        for shown in (now, then):
            low = shown.low.loc[visible].iloc[:, :months]
            high = shown.high.loc[visible].iloc[:, :months]
            assert ((low == 0) & (high == 4))[held].sum().sum() == held.sum().sum()
        assert now.hidden == then.hidden
        assert now.low.iloc[:, :months].equals(then.low)


def possible(shown, month, members, total) -> dict[str, set[int]]:
    """Every value that each band can hold when all that is printed is known: by trying them all."""
    low, high = (part.loc[members, month] for part in (shown.low, shown.high))
    bands = [a for a in members if low[a] < high[a]]
    rest = total - int(low.drop(bands).sum())
    found: dict[str, set[int]] = {a: set() for a in bands}
    for guess in itertools.product(*(range(low[a], high[a] + 1) for a in bands)):
        if sum(guess) == rest:
            for area, value in zip(bands, guess, strict=True):
                found[area].add(value)
    return found


@settings(max_examples=150, deadline=None)
@given(
    values=st.lists(st.integers(0, 14), min_size=2, max_size=6),
    threshold=st.integers(2, 5),
    cut=st.integers(1, 5),
)
def test_no_small_month_can_be_worked_out_by_subtraction(values, threshold, cut):
    named = {f"A{i}": value for i, value in enumerate(values)}
    table, month = one_month(named), INDEX[-3]
    groups = pd.Series({a: "one" if i < cut else "two" for i, a in enumerate(named)})
    shown = locality_months.as_shown(table, threshold, groupings=[groups])
    for area, value in named.items():
        if value < threshold:
            assert shown.low.at[area, month] == 0
            assert shown.high.at[area, month] == threshold - 1
    for members in ([*named], *(list(part.index) for _, part in groups.groupby(groups))):
        bands = [a for a in members if shown.low.at[a, month] < shown.high.at[a, month]]
        if len(bands) == len(members):
            continue  # all are bands: the total is the caller's to hide, as the docstring says
        total = int(table.loc[members, month].sum())
        for area, values_left in possible(shown, month, members, total).items():
            if 0 < named[area] < threshold:
                assert len(values_left) > 1, (named, area)


def test_results_know_nothing_but_what_is_shown(counts):
    """Counts moved about within their bands, totals held, change no figure of any locality."""
    other = counts.copy()
    other.loc["E040"] = 3
    other = pd.concat([counts, other.loc[["E040"]].astype("int64")])
    moved = other.copy()
    both = [m for m in INDEX if other.at["E000", m] < 4 and other.at["E000", m] + 3 != 0]
    moved.loc["E000", both] += 1
    moved.loc["E040", both] -= 1
    assert not moved.equals(other)
    first, second = (localities.families(t, **RULES) for t in (other, moved))
    assert first.shown.low.equals(second.shown.low)
    assert first.shown.high.equals(second.shown.high)
    assert first.changes == second.changes
    assert first.shares == second.shares
    for area in ("E000", "E001", "E010"):
        one, two = (page(t, f, area) for t, f in ((other, first), (moved, second)))
        assert one.hidden == two.hidden
        for table in ("months", "rolling"):
            left, right = getattr(one, table), getattr(two, table)
            assert (left is None and right is None) or left.equals(right)
        assert repr(one.season) == repr(two.season)


def test_a_hidden_locality_has_no_figure(counts, judged):
    result = page(counts, judged, "E000")
    assert result.hidden
    for name in ("months", "rolling", "change", "share", "smallest_seen", "chart", "season"):
        assert getattr(result, name) is None, name
    table = localities.overview(
        counts, names={}, kind="ward", category="x", fewer_is="better", judged=judged, **RULES
    ).table
    assert table.index[-1] == "E000"
    assert table.loc["E000"].drop(["name", "hidden"]).isna().all()


def test_counts_in_bands_are_estimated_by_maximum_likelihood():
    """Poisson counts known as "fewer than 5" or exactly: the mean of a search by scipy."""
    values = np.random.default_rng(4).poisson(6, 48)
    table = frame({"A": values.tolist(), "B": [80], "C": [90]}, INDEX[-48:])
    shown = locality_months.as_shown(table, 5)
    small = values < 5

    def loss(mean: float) -> float:
        exact = stats.poisson.logpmf(values[~small], mean).sum()
        return -exact - small.sum() * stats.poisson.logcdf(4, mean)

    mean = optimize.minimize_scalar(loss, bounds=(0.1, 30), method="bounded").x
    assert shown.estimate.loc["A"].mean() == pytest.approx(mean, rel=1e-4)
    weights = stats.poisson.pmf(np.arange(5), mean)
    within = (weights * np.arange(5)).sum() / weights.sum()
    variance = (weights * (np.arange(5) - within) ** 2).sum() / weights.sum()
    month = shown.low.columns[small][0]
    assert shown.estimate.at["A", month] == pytest.approx(within, rel=1e-4)
    assert shown.variance.at["A", month] == pytest.approx(variance, rel=1e-4)
    assert (shown.variance.loc["A"][~small] == 0).all()


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda t: t.iloc[:0], "every locality once"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "every locality once"),
        (lambda t: t - 1000, "whole counts"),
        (lambda t: t + 0.5, "whole counts"),
        (lambda t: t * 0, "single incident"),
        (lambda t: t.iloc[:, :23], "longer history"),
        (lambda t: t.drop(columns=INDEX[-5]), "every month once"),
    ],
)
def test_counts_that_cannot_be_used_are_refused(counts, broken, message):
    with pytest.raises(ModelError, match=message):
        localities.families(broken(counts), **RULES)


# --- year against year ----------------------------------------------------------------------------


def test_the_last_twelve_months_are_compared_with_the_twelve_before():
    years = locality_family.compared(INDEX, ())
    assert years.after == Span(Month(2023, 10), Month(2024, 9))
    assert years.before == Span(Month(2022, 10), Month(2023, 9))
    assert len(years.months_after) == 12
    assert years.left_out == ()


def test_faulty_months_end_the_year_sooner_or_drop_out_with_their_twins():
    wrong = (Month(2024, 8), Month(2024, 9), Month(2023, 3))
    years = locality_family.compared(INDEX, wrong)
    assert years.after == Span(Month(2023, 8), Month(2024, 7))
    # March 2023 lies in the earlier year, so March 2024 is left out of the later one
    assert years.left_out == (Month(2024, 3),)
    months = [stamp.month for stamp in years.months_before]
    assert months == [stamp.month for stamp in years.months_after]
    assert 3 not in months


def test_two_years_are_needed():
    with pytest.raises(ModelError, match="two years"):
        locality_family.compared(INDEX[:24], (Month(2020, 9),))


def test_the_change_of_a_locality_is_that_of_its_own_counts(counts, judged):
    exact = "E030"
    row = counts.loc[exact]
    before, after = row.iloc[-24:-12].sum(), row.iloc[-12:].sum()
    result = judged.changes[exact]
    assert (result.before, result.after) == (before, after)
    assert result.pct_change == pytest.approx(100 * (after / before - 1))
    own = dispersion.overdispersion(row.rename(exact), months=12)
    assert result.before_days == 365
    assert result.after_days == 366
    # its own overdispersion, but for what the others say of how long swings last
    assert result.dispersion == pytest.approx(own.value, rel=0.35)
    assert result.family_size == len(counts)


def test_many_localities_at_once_get_the_dispersion_that_each_gets_by_the_general_way(counts):
    table = counts.astype("float64")
    steps, wrong = (Month(2021, 4), Month(2023, 5)), (Month(2024, 9),)
    many = locality_swings.swings(table, 12, breaks=steps, faulty=wrong)
    histories = {a: dispersion.History(table.loc[a].rename(a), wrong, steps) for a in table.index}
    each = dispersion.overdispersions(histories, [12])
    for area in table.index:
        one, other = many[area], each[area, 12]
        assert one.value == pytest.approx(other.value, rel=2e-3)
        assert one.df == pytest.approx(other.df, rel=2e-3)
        assert one.autocorrelation == pytest.approx(other.autocorrelation, abs=2e-3)
        assert (one.n, one.period, one.excluded) == (other.n, other.period, other.excluded)


def test_a_locality_without_incidents_borrows_its_dispersion():
    table = city([30, 40, 50]).astype("float64")
    table.loc["E001"] = 0.0
    found = locality_swings.swings(table, 12)
    assert "no monthly history of its own" in found["E001"].source
    assert found["E001"].value >= 1


def test_what_bands_leave_open_widens_the_interval(counts, judged):
    area = "E001"
    years, shown = judged.compared, judged.shown
    result, own = judged.changes[area], judged.dispersions[area]
    unknown = [
        shown.variance.loc[area, list(months)].sum()
        for months in (years.months_before, years.months_after)
    ]
    assert sum(unknown) > 0
    se2 = own.value * (1 / result.before + 1 / result.after)
    se2 += unknown[0] / result.before**2 + unknown[1] / result.after**2
    reach = stats.t.ppf(0.975, own.df) * math.sqrt(se2)
    ratio = result.after / result.before * 365 / 366
    assert result.low == pytest.approx(ratio * math.exp(-reach), rel=1e-9)
    assert result.high == pytest.approx(ratio * math.exp(reach), rel=1e-9)


def test_growth_and_fall_are_found_among_forty(judged):
    assert judged.changes["E010"].verdict is Verdict.INCREASE
    assert judged.changes["E020"].verdict is Verdict.DECREASE
    assert judged.shares["E010"].change.verdict is Verdict.INCREASE
    assert judged.shares["E020"].change.verdict is Verdict.DECREASE


def test_holm_is_over_all_localities(judged):
    """Adjusted p-values by hand: the k-th smallest times the number left, never falling."""
    ordered = sorted(judged.changes.values(), key=lambda result: result.p_value)
    running = 0.0
    for place, result in enumerate(ordered):
        running = max(running, min(1.0, (len(ordered) - place) * result.p_value))
        assert result.p_adjusted == pytest.approx(running)


def test_without_any_change_hardly_a_city_has_a_clear_one():
    """Among 20 cities the chance of more than four is 0.3% where the rate is 5% (binomial)."""
    means = np.linspace(12, 60, 25).tolist()
    alarms = 0
    for seed in range(20):
        found = localities.families(city(means, seed=100 + seed, swing=0.05), **RULES)
        alarms += any(locality_family.clear(result) for result in found.changes.values())
    assert alarms <= 4


def test_a_recording_change_between_the_years_is_the_verdict_of_all(counts):
    step = (Month(2023, 5),)
    found = localities.families(counts, breaks=step, **RULES)
    assert found.recording_changed
    assert {r.verdict for r in found.changes.values()} <= {
        Verdict.RECORDING_CHANGED,
        Verdict.TOO_FEW,
    }
    # it touches all alike, so that shares are judged all the same
    assert found.shares["E010"].change.verdict is Verdict.INCREASE
    unconfirmed = localities.families(counts, breaks=step, confirmed=(), **RULES)
    assert not unconfirmed.recording_changed
    before = localities.families(counts, breaks=(Month(2022, 10),), **RULES)
    assert not before.recording_changed  # in the first month itself: it touches all months


def test_the_share_moves_by_the_ratio_of_two_ratios(counts, judged):
    area = "E030"
    share, own = judged.shares[area], judged.changes[area]
    whole = counts.sum()
    before, after = whole.iloc[-24:-12].sum(), whole.iloc[-12:].sum()
    expected = ratios.ratio_of_ratios(
        before - own.before,
        after - own.after,
        own.before,
        own.after,
        dispersion=replace(judged.dispersions[area], value=own.dispersion),
    )
    assert share.change.rate_ratio == pytest.approx(expected.ratio)
    assert share.change.low == pytest.approx(expected.low)
    assert share.change.high == pytest.approx(expected.high)
    assert share.change.p_value == pytest.approx(expected.p_value)
    assert share.share == pytest.approx(own.after / after)
    assert share.before == pytest.approx(own.before / before)


def test_the_interval_of_a_share_is_wilsons(counts, judged):
    """Wilson (1927), written out, with incidents worth one over the dispersion."""
    area = "E030"
    share, own = judged.shares[area], judged.changes[area]
    n = counts.sum().iloc[-12:].sum() / own.dispersion
    p, z = share.share, stats.norm.ppf(0.975)
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    assert share.low == pytest.approx(middle - half)
    assert share.high == pytest.approx(middle + half)


def test_the_smallest_change_that_would_have_been_seen_by_hand():
    # (1.959964 + 0.841621) sqrt(2 / 400) = 0.198102; exp is 1.219085, its reciprocal 0.820287
    result = change.compare(400, 400, 365, 365)
    fall, rise = localities.smallest_seen(result)
    assert rise == pytest.approx(21.9085, abs=1e-3)
    assert fall == pytest.approx(-17.9713, abs=1e-3)
    assert localities.smallest_seen(change.compare(0, 10, 365, 365)) is None
    wide = replace(result, materiality_pct=30.0)
    assert localities.smallest_seen(wide) == (-30.0, 30.0)


@settings(max_examples=6, deadline=None)
@given(order=st.permutations(range(8)))
def test_the_order_of_the_localities_changes_nothing(order):
    table = city([3, 6, 12, 20, 30, 30, 45, 60], months=36)
    first = localities.families(table, **RULES)
    second = localities.families(table.iloc[list(order)], **RULES)
    assert first.changes == second.changes
    assert first.shares == second.shares
    assert first.shown.low.equals(second.shown.low)
    assert first.shown.hidden == second.shown.hidden


# --- one locality ---------------------------------------------------------------------------------


def test_rolling_sums_are_sums_of_what_is_shown(counts, judged):
    result = page(counts, judged, "E001")
    assert len(result.rolling) == 72 - 11
    for end in ("low", "high"):
        assert result.rolling[end].iloc[-1] == result.months[end].iloc[-12:].sum()
    assert result.rolling["low"].iloc[-1] <= counts.loc["E001"].iloc[-12:].sum()
    assert result.rolling["high"].iloc[-1] >= counts.loc["E001"].iloc[-12:].sum()
    exact = page(counts, judged, "E030")
    assert exact.rolling["low"].iloc[0] == counts.loc["E030"].iloc[:12].sum()


@pytest.mark.parametrize(("mean", "charted"), [(8.9, Charted.TOO_FEW), (9.1, Charted.YES)])
def test_limits_need_nine_incidents_in_the_average_month(mean, charted):
    # nine is where the lower limit of a c chart, mean - 3 sqrt(mean), reaches zero
    whole = [9] * 9 + [8] if mean < 9 else [9] * 9 + [10]
    table = frame({"A": whole, "B": [70, 80], "C": [60, 75, 64]})
    result = localities.analyse(table, "A", **ONE, **RULES, **PAGE, season=False)
    assert result.charted is charted
    assert (result.chart is None) == (charted is Charted.TOO_FEW)


def test_the_usual_range_is_the_charts_limits_in_incidents_of_the_month(counts, judged):
    result = page(counts, judged, "E030")
    chart, months = result.chart, result.months
    june = pd.Timestamp("2024-06-01")
    factor = 30 / monthly.MEAN_MONTH_DAYS * chart.season.loc[6]
    assert months.at[june, "usual_high"] == pytest.approx(chart.months.at[june, "high"] * factor)
    assert months.at[june, "usual_low"] == pytest.approx(chart.months.at[june, "low"] * factor)
    outside = months["low"] > months["usual_high"]
    over = chart.months["value"] > chart.months["high"]
    assert (outside == over).all()


def test_limits_are_never_narrower_than_chance_alone():
    # counts that hardly vary: Laney's limits would lie close to 40, Poisson's 19 apart
    table = frame({"A": [40, 41], "B": [60, 50, 55]})
    result = localities.analyse(table, "A", **ONE, **RULES, **PAGE, season=False)
    assert result.chart.kind is Kind.U
    centre = result.chart.months["centre"].iloc[-1]
    spread = result.chart.months["high"].iloc[-1] - centre
    days = 30 / monthly.MEAN_MONTH_DAYS
    assert spread == pytest.approx(3 * math.sqrt(centre / days))


def test_a_season_of_its_own_needs_counts_and_a_season():
    strong = city([60, 80, 40, 7], seed=3)
    own = localities.analyse(strong, "E001", **ONE, **RULES, **PAGE)
    assert own.season.shown is SeasonShown.OWN
    assert own.season.profile.idxmax() in (6, 7, 8)
    few = localities.analyse(strong, "E003", **ONE, **RULES, **PAGE)
    assert few.season.fewest < 100
    assert few.season.own is None
    assert few.season.shown is SeasonShown.WHOLE_TOO_FEW
    assert few.season.profile.equals(few.season.whole)
    flat = frame({"A": [50, 55, 52, 47, 51], "B": [80, 60, 70, 66, 90, 71, 75]})
    none = localities.analyse(flat, "A", **ONE, **RULES, **PAGE)
    assert none.season.shown is SeasonShown.WHOLE_NOT_SEEN


def test_the_season_of_the_city_can_be_given_or_left_in(counts, judged):
    given_season = pd.Series(np.exp(0.2 * np.cos(np.arange(12))), index=range(1, 13))
    result = page(counts, judged, "E030", season=given_season)
    scaled = given_season / np.exp(np.log(given_season).mean())
    assert np.allclose(result.chart.season, scaled)
    left_in = page(counts, judged, "E030", season=False)
    assert left_in.chart.season is None
    assert left_in.season is None


def test_faulty_months_are_shown_and_not_judged(counts):
    wrong = (Month(2024, 8), Month(2024, 9))
    result = localities.analyse(counts, "E030", **ONE, **RULES, **PAGE, faulty=wrong)
    assert result.latest == Month(2024, 7)
    assert result.months["faulty"].sum() == 2
    assert result.rolling["faulty"].sum() == 2
    assert (result.months.loc[result.months["faulty"], "direction"] == "").all()


def test_pages_refuse_what_does_not_belong_together(counts, judged):
    with pytest.raises(ModelError, match="not among the counts"):
        page(counts, judged, "E999")
    with pytest.raises(ModelError, match="another size"):
        page(counts, judged, "E030", family=69)
    with pytest.raises(ModelError, match="other counts"):
        page(counts + 1, judged, "E030")
    with pytest.raises(ModelError, match="other counts"):
        page(counts.iloc[:, 12:], judged, "E030")


def test_a_page_and_the_list_agree(counts, judged):
    residents = pd.Series(np.linspace(9000, 30000, len(counts)), index=counts.index)
    residents.iloc[3] = np.nan
    listed = localities.overview(
        counts,
        names={"E030": "Aston"},
        kind="ward",
        category="Anti-social behaviour",
        fewer_is="better",
        residents=residents,
        **RULES,
    )
    for area in ("E001", "E010", "E030"):
        row, result = listed.table.loc[area], page(counts, judged, area)
        assert row["verdict"] == result.change.verdict
        assert row["pct"] == result.change.pct_change
        assert row["share"] == result.share.share
        assert row["low"] == result.rolling["low"].iloc[-1]
    assert listed.table.at["E030", "name"] == "Aston"
    assert listed.table.at["E010", "name"] == "E010"
    assert listed.whole == (counts.iloc[:, -24:-12].sum().sum(), counts.iloc[:, -12:].sum().sum())
    rate = listed.table.at["E030", "rate"]
    assert rate == pytest.approx(1000 * listed.table.at["E030", "low"] / residents["E030"])
    assert pd.isna(listed.table.at["E003", "rate_rank"])
    ranked = listed.table[~listed.table["hidden"]]
    assert (ranked["rank_low"] <= ranked["rank"]).all()
    assert (ranked["rank"] <= ranked["rank_high"]).all()
