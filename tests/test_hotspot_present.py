"""Sentences, tables, charts and maps of hot spots: nothing hidden leaks, nothing is overstated."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from small_areas import counties, grid, sids, table

from bcsp_analysis import project
from bcsp_analysis.errors import BoundaryError
from bcsp_analysis.models import hotspots
from bcsp_analysis.models.hotspots.clusters import Cluster
from bcsp_analysis.models.hotspots.ranks import Standing
from bcsp_analysis.present import areas_shown, disclosure, figures, tables, text
from bcsp_analysis.present.text.hotspots import kinds
from bcsp_analysis.sources import report
from bcsp_analysis.sources.boundaries import Boundaries

WORDS = {"area": "Birmingham", "source": "Source: made for a test."}
LARGEST_FILE = 80 * 1024  # bytes
CAUSE = re.compile(r"\b(because of|due to|caused by|leads to|drives?)\b", re.IGNORECASE)


def world(means: list[float], months: int = 24, seed: int = 1) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return table(random.poisson(np.array(means)[:, None] * np.ones((1, months))).tolist())


def analysed(counts: pd.DataFrame, boundaries: Boundaries | None = None, **more) -> object:
    if boundaries is not None:
        counts = counts.set_axis(pd.Index(boundaries.codes, name="area"))
        more["neighbours"] = hotspots.touching(boundaries)
    return hotspots.analyse(counts, category="Anti-social behaviour", **more)


@pytest.fixture(scope="module")
def spots():
    boundaries = grid(10, 8)
    means = list(np.random.default_rng(3).gamma(1.2, 3, 80))
    means[0] = 0.15  # a small count in the window
    sizes = pd.DataFrame({"residents": np.linspace(900, 2500, 80)}, index=list(boundaries.codes))
    sizes.loc["9-7", "residents"] = np.nan
    sizes["area_km2"] = hotspots.area_km2(boundaries)
    names = pd.Series({code: f"Place {code}" for code in boundaries.codes})
    return analysed(
        world(means), boundaries, denominators=sizes, names=names, kind="LSOA", unlocated=12
    )


@pytest.fixture(scope="module")
def hidden(spots):
    return disclosure.hidden_areas(spots.rates.counts["count"], 5)


# --- disclosure ----------------------------------------------------------------------------------


def test_a_small_count_takes_the_next_smallest_with_it() -> None:
    counts = pd.Series({"A": 3, "B": 40, "C": 12, "D": 0})
    assert disclosure.hidden_areas(counts, 5) == {"A", "C"}
    assert disclosure.hidden_areas(counts, 0) == frozenset()
    assert disclosure.hidden_areas(counts.drop("A"), 5) == frozenset()


def test_two_small_counts_protect_each_other_unless_their_sum_gives_them_away() -> None:
    enough = pd.Series({"A": 3, "B": 2, "C": 40})
    assert disclosure.hidden_areas(enough, 5) == {"A", "B"}
    few = pd.Series({"A": 1, "B": 1, "C": 40, "D": 90})  # a total of 2: one each
    assert disclosure.hidden_areas(few, 5) == {"A", "B", "C"}
    largest = pd.Series({"A": 4, "B": 4, "C": 40, "D": 90})  # a total of 8: four each
    assert disclosure.hidden_areas(largest, 5) == {"A", "B", "C"}
    ones = pd.Series({"A": 1, "B": 1, "C": 1, "D": 90})  # three that are 1 or 2 each add up to 3
    assert disclosure.hidden_areas(ones, 3) == {"A", "B", "C", "D"}


def test_totals_of_groups_are_protected_each_by_itself() -> None:
    counts = pd.Series({"A": 3, "B": 40, "C": 12, "D": 30, "E": 31})
    groups = pd.Series({"A": "X", "B": "X", "C": "Y", "D": "Y", "E": "Y"})
    assert disclosure.hidden_areas(counts, 5, groups) == {"A", "B"}


def test_a_small_count_in_any_column_hides_the_row_in_all() -> None:
    counts = pd.DataFrame({"year": [30, 50, 40], "quarter": [3, 20, 9]}, index=list("ABC"))
    assert disclosure.hidden_areas(counts, 5) == {"A", "C"}


@settings(max_examples=200, deadline=None)
@given(
    counts=st.lists(st.integers(0, 9), min_size=2, max_size=6), threshold=st.integers(2, 5)
)  # fmt: skip
def test_no_small_count_can_be_worked_out_from_the_total(counts, threshold) -> None:
    values = pd.Series(counts, index=[f"A{i}" for i in range(len(counts))])
    hidden = sorted(disclosure.hidden_areas(values, threshold))
    assert all(area in hidden for area in values.index if 0 < values[area] < threshold)
    small = [area for area in hidden if 0 < values[area] < threshold]
    if not small or len(hidden) == len(values):
        return  # all hidden: nothing but the total is known
    rest = int(values[hidden].sum())
    # What a reader who knows the rule can think of: every hidden area holds at least nothing, and
    # one that may be a primary one at least one and less than the threshold.
    secondary = any(values[area] == 0 or values[area] >= threshold for area in hidden)
    options = range(rest + 1) if secondary else range(1, threshold)
    possible: dict[str, set[int]] = {area: set() for area in hidden}
    for guess in itertools.product(options, repeat=len(hidden)):
        if sum(guess) == rest:
            for area, value in zip(hidden, guess, strict=True):
                possible[area].add(value)
    for area in small:
        assert len(possible[area]) > 1, (counts, hidden, area)


# --- one frame for map and table -----------------------------------------------------------------


def test_hidden_areas_have_no_figure_left(spots, hidden) -> None:
    assert hidden
    for by in (areas_shown.LEVELS, areas_shown.CLUSTERS):
        frame = areas_shown.shown(spots, hidden, by=by)
        assert len(frame) == spots.n
        rows = frame.loc[sorted(hidden)]
        assert (rows["shown_as"] == areas_shown.TOO_FEW).all()
        assert rows.drop(columns=["name", "shown_as"]).isna().all().all()
        others = frame.drop(index=sorted(hidden))
        assert others["count"].notna().all()
        assert not (others["shown_as"] == areas_shown.TOO_FEW).any()


def test_areas_come_highest_first_and_without_a_rate_last(spots) -> None:
    frame = areas_shown.shown(spots, denominator="residents")
    assert frame["rank"].dropna().is_monotonic_increasing
    last = frame.iloc[-1]
    assert last.name == "9-7"
    assert last["shown_as"] == areas_shown.NO_RATE
    assert areas_shown.leading(frame, 3)["rank"].tolist() == [1, 2, 3]


def test_unknown_classes_are_refused() -> None:
    plain = analysed(world([1, 2, 3]))
    for by in ("clusters", "nonsense"):
        with pytest.raises(ValueError, match="no classes"):
            areas_shown.shown(plain, by=by)


@pytest.mark.parametrize("by", [areas_shown.LEVELS, areas_shown.CLUSTERS])
def test_the_map_shows_each_area_as_the_table_says(spots, hidden, by) -> None:
    frame = areas_shown.shown(spots, hidden, by=by)
    boundaries = grid(10, 8)
    chart = figures.areas_map(
        frame, boundaries, title="A finding", subtitle="What", source="Source: x."
    )
    ax, key = chart.axes
    filled = {patch.get_gid(): patch for patch in ax.patches if patch.get_gid()}
    counts = frame["shown_as"].value_counts()
    for name, patch in filled.items():
        inside = patch.get_path()
        own = set(frame.index[frame["shown_as"] == name])
        for area in boundaries.areas:
            middle = np.array(area.polygons[0][0][:-1]).mean(axis=0)
            assert inside.contains_point(middle) == (area.code in own), (name, area.code)
    assert set(filled) == set(counts[counts > 0].index)
    told = [piece.get_text() for piece in key.texts]
    assert len(told) == len(filled)
    for line in told:
        name, many = line.rsplit(": ", 1)
        assert counts[name[0].lower() + name[1:]] == int(many)
    listed = tables.map_classes(frame, spots, label="tbl-classes")
    for name, many in counts[counts > 0].items():
        assert re.search(rf"\| {re.escape(str(name))} \| {many} \|", listed), name
    if by == areas_shown.LEVELS:
        numbers_ = {piece.get_text() for piece in ax.texts}
        assert numbers_ == {str(rank) for rank in areas_shown.leading(frame, 10)["rank"]}


def test_classes_differ_without_colour() -> None:
    # Grey value of fill (0 to 1) and hatching: no two classes of one map have both alike.
    from bcsp_analysis.present.figures import maps

    for looks in (maps._LOOKS, maps._PLAIN):
        for classes in areas_shown.CLASSES.values():
            seen = []
            for name in classes:
                face, hatch = looks[name]
                value = to_hex(face)
                grey = sum(int(value[i : i + 2], 16) for i in (1, 3, 5)) / 765
                assert all(
                    hatch != other_hatch or abs(grey - other) > 0.04 for other, other_hatch in seen
                ), (name, seen)
                seen.append((grey, hatch))


def test_holes_stay_open_whichever_way_their_rings_run() -> None:
    ring = ((0.0, 52.0), (0.3, 52.0), (0.3, 52.3), (0.0, 52.3), (0.0, 52.0))
    hole = ((0.1, 52.1), (0.2, 52.1), (0.2, 52.2), (0.1, 52.2), (0.1, 52.1))
    counts = table([[9, 4], [3, 8]]).set_axis(pd.Index(["outer", "far"], name="area"))
    frame = areas_shown.shown(hotspots.analyse(counts, category="x"))
    far = tuple((x + 1, y) for x, y in ring)
    for turned in (hole, hole[::-1]):
        areas = (("outer", ((ring, turned),)), ("far", ((far,),)))
        boundaries = Boundaries(
            tuple(type(counties().areas[0])(code, "", shape) for code, shape in areas), "x"
        )
        chart = figures.areas_map(frame, boundaries, title="T", subtitle="S", source="Source: x.")
        path = chart.axes[0].patches[0].get_path()
        crossings = path.to_polygons()
        signs = sorted(
            float(np.sign((p[:-1, 0] * p[1:, 1] - p[1:, 0] * p[:-1, 1]).sum())) for p in crossings
        )
        assert signs.count(-1.0) == 1


def test_an_area_without_a_boundary_is_named(spots) -> None:
    frame = areas_shown.shown(spots)
    fewer = Boundaries(grid(10, 8).areas[1:], "part.geojson")
    with pytest.raises(BoundaryError, match="cannot be mapped") as caught:
        figures.areas_map(frame, fewer, title="T", subtitle="S", source="Source: x.")
    assert "0-0" in caught.value.found
    assert caught.value.where == "part.geojson"


def test_real_outlines_are_drawn() -> None:
    data = sids()
    counts = table([[one] for one in data["cases"]]).set_axis(
        pd.Index(list(data.index), name="area")
    )
    found = hotspots.analyse(counts, category="Cases", kind="county")
    frame = areas_shown.shown(found)
    chart = figures.areas_map(frame, counties(), title="T", subtitle="S", source="Source: x.")
    assert len(chart.picture()) < LARGEST_FILE


# --- charts --------------------------------------------------------------------------------------


def written(chart) -> str:
    chart.draw_without_rendering()
    pieces = [t.get_text() for t in chart.texts]
    pieces += [t.get_text() for ax in chart.axes for t in ax.texts]
    return " ".join(" ".join(pieces).split())


def test_every_chart_has_its_words_and_stays_small(spots, hidden) -> None:
    named = hotspots.named_places(pd.Series({"A": 152, "B": 132}))
    frame = areas_shown.shown(spots, hidden)
    charts = {
        "ranks": figures.hotspot_ranks(spots, hidden, **WORDS),
        "residents": figures.hotspot_ranks(spots, hidden, denominator="residents", **WORDS),
        "curve": figures.hotspot_concentration(spots, **WORDS),
        "accuracy": figures.hotspot_accuracy(spots, **WORDS),
        "named": figures.named_places(named, subject="ASB", period="a quarter", **WORDS),
        "map": figures.areas_map(
            frame, grid(10, 8), title="A finding", subtitle="What", source=WORDS["source"]
        ),
    }
    for name, chart in charts.items():
        title, subtitle, source = chart.texts[:3]
        assert title.get_weight() == "bold", name
        assert len(title.get_text()) > 5, name
        assert len(subtitle.get_text()) > 3, name
        assert "Source" in source.get_text(), name
        assert len(chart.picture()) < LARGEST_FILE, name
    again = figures.hotspot_ranks(spots, hidden, **WORDS)
    assert charts["ranks"].picture() == again.picture()


def test_a_map_of_many_small_areas_stays_small() -> None:
    boundaries = grid(42, 40)
    counts = world(list(np.random.default_rng(5).gamma(1, 6, 1680)), months=12)
    counts = counts.set_axis(pd.Index(boundaries.codes, name="area"))
    found = hotspots.analyse(counts, category="Anti-social behaviour")
    chart = figures.areas_map(
        areas_shown.shown(found), boundaries, title="T", subtitle="S", source="Source: x."
    )
    assert len(chart.picture()) < LARGEST_FILE


def test_filled_markers_are_those_that_could_be_first(spots, hidden) -> None:
    chart = figures.hotspot_ranks(spots, hidden, **WORDS)
    markers = [line for line in chart.axes[0].lines if line.get_marker() == "o"]
    frame = areas_shown.leading(areas_shown.shown(spots, hidden), 15)
    filled = [line.get_markerfacecolor() != "white" for line in markers]
    assert filled == (frame["rank_low"] == 1).tolist()
    assert [float(line.get_xdata()[0]) for line in markers] == frame["rate"].tolist()
    assert "Place" in written(chart)


def test_a_chart_of_nothing_says_so() -> None:
    quiet = hotspots.analyse(table([[1], [2]]), category="x")
    everything = frozenset(quiet.names.index)
    assert "No count that may be shown" in written(
        figures.hotspot_ranks(quiet, everything, **WORDS)
    )
    assert "Nothing to score yet" in written(figures.hotspot_accuracy(quiet, **WORDS))


# --- tables --------------------------------------------------------------------------------------


def test_no_table_or_sentence_names_a_figure_of_a_hidden_area(spots, hidden) -> None:
    frame = areas_shown.shown(spots, hidden)
    made = [
        tables.hotspot_ranks(spots, hidden, label="tbl-a", rows=80),
        tables.hotspot_denominators(spots, hidden, label="tbl-b", rows=80),
        tables.shown_areas(frame, spots, label="tbl-c", everything=True),
        tables.hotspot_lasting(spots, hidden, label="tbl-d", rows=80),
    ]
    for one in made:
        for area in hidden:
            for line in one.splitlines():
                if f"Place {area} |" in line:
                    assert re.fullmatch(r"\| Place \S+ \| too few to show( \| \\\[c\\\])+ \|", line)
    listed = re.findall(r"^\| Place", made[2], re.MULTILINE)
    assert len(listed) == spots.n


def test_counts_in_the_tables_are_those_of_the_frame(spots, hidden) -> None:
    frame = areas_shown.leading(areas_shown.shown(spots, hidden), 5)
    rows = re.findall(
        r"^\| Place (\S+) \| ([\d,]+) \| ",
        tables.hotspot_ranks(spots, hidden, label="tbl-a", rows=5),
        re.MULTILINE,
    )
    assert [(code, int(count.replace(",", ""))) for code, count in rows] == [
        (str(area), int(row["count"])) for area, row in frame.iterrows()
    ]


def test_a_cut_list_says_how_many_are_left_out(spots) -> None:
    frame = areas_shown.shown(spots)
    cut = tables.shown_areas(frame, spots, label="tbl-c", most=3, everything=True)
    assert "77 LSOAs more on the map are not listed" in cut
    whole = tables.shown_areas(frame, spots, label="tbl-c", everything=True)
    assert "not listed" not in whole


def test_tables_without_anything_to_show_say_so() -> None:
    quiet = hotspots.analyse(table([[1], [2]]), category="x|y")
    everything = frozenset(quiet.names.index)
    for one in (
        tables.hotspot_ranks(quiet, everything, label="tbl-a"),
        tables.hotspot_denominators(quiet, everything, label="tbl-b"),
        tables.hotspot_lasting(quiet, label="tbl-c"),
        tables.hotspot_accuracy(quiet, label="tbl-d"),
    ):
        assert "Nothing that may be shown" in one
    assert "x\\|y" in tables.hotspot_concentration(quiet, label="tbl-e")


def test_missing_rates_are_marked_as_not_available(spots) -> None:
    made = tables.hotspot_denominators(spots, label="tbl-b", rows=80)
    line = next(line for line in made.splitlines() if line.startswith("| Place 9-7"))
    assert r"\[x\]" in line


# --- sentences -----------------------------------------------------------------------------------


def test_a_clear_first_place_is_called_one_and_equal_places_are_not() -> None:
    clear = analysed(world([200] + [3] * 30))
    assert text.hotspots_title(clear) == "Anti-social behaviour: A0 has the most incidents"
    assert "is above 99%" in text.hotspots(clear)
    alike = analysed(world([5.0] * 30))
    title = text.hotspots_title(alike)
    assert "cannot be told" in title
    # Equal places: about the 20 luckiest of 30 could be first, never one alone.
    assert int(re.search(r"(\d+) could be first", title)[1]) >= 10
    sentence = text.hotspots(alike)
    assert "cannot be told apart from it" in sentence
    assert "has the most" not in sentence.replace("which LSOA has the most", "")


def test_names_come_escaped_and_hidden_ones_do_not_come() -> None:
    counts = world([200, 180] + [3] * 20)
    names = pd.Series({"A0": "O'Neill *Road* |", "A1": "Plain"})
    found = analysed(counts, names=names)
    assert "O\\'Neill \\*Road\\* \\|" in text.hotspots(found)
    assert "*Road*" in text.hotspots_title(found)  # plain text: a chart draws it as it is
    withheld = text.hotspots(found, frozenset({"A0"}))
    assert "Neill" not in withheld
    assert "too small to name" in withheld
    assert "Neill" not in text.hotspot_denominators(
        analysed(counts, names=names, denominators=pd.DataFrame(
            {"residents": 1000.0}, index=counts.index)), frozenset({"A0"}))  # fmt: skip


def test_swings_are_told_where_they_were_measured() -> None:
    assert "The ranges here allow for that" in text.hotspot_swings(
        analysed(table([[10] * 12 + [40] * 12, [40] * 12 + [10] * 12] + [[25] * 24] * 8))
    )
    assert "no more than chance" in text.hotspot_swings(analysed(table([[9] * 24, [4] * 24])))
    assert "no earlier period" in text.hotspot_swings(analysed(table([[9], [4]])))


def test_denominators_that_disagree_are_said_to(spots) -> None:
    assert "No residents" in text.hotspot_denominators(analysed(world([3, 4])))
    told = text.hotspot_denominators(spots)
    assert told.startswith("In first place: Place ")
    assert "Without a figure: one LSOA for its residents" in told
    counts = table([[20], [10]])
    sizes = pd.DataFrame({"residents": [1000.0, 100.0]}, index=counts.index)
    split = text.hotspot_denominators(analysed(counts, denominators=sizes))
    assert "A0 by number; A1 for its residents" in split
    assert "depends on what is asked" in split
    same = sizes.assign(residents=500.0)
    assert "the same place on every count" in text.hotspot_denominators(
        analysed(counts, denominators=same)
    )


def test_clusters_need_neighbours_and_none_is_no_proof() -> None:
    assert "neighbours is not known" in text.hotspot_clusters(analysed(world([3, 4, 5])))
    flat = analysed(world([5.0] * 16), grid(4, 4))
    sentence = text.hotspot_clusters(flat)
    assert "no group of neighbouring LSOAs stands out" in sentence
    assert "not proof" in sentence
    means = [2.0] * 400
    for x, y in itertools.product(range(5, 10), range(5, 10)):
        means[20 * y + x] = 15.0
    high = analysed(world(means), grid(20, 20))
    assert (high.clusters.table["cluster"] == Cluster.HIGH).sum() > 5
    assert "are high together with their neighbours" in text.hotspot_clusters(high)
    assert "at most about 5%" in text.hotspot_clusters(high)


def test_what_lasts_is_set_against_chance() -> None:
    lasting = analysed(world([30] + [2] * 30, months=36))
    assert text.hotspot_lasting(lasting).startswith("**One LSOA was among the highest 10%")
    assert "hardly ever" in text.hotspot_lasting(lasting)
    assert "A0" in text.hotspot_lasting(lasting)
    assert "A0" not in text.hotspot_lasting(lasting, frozenset({"A0"}))
    fleeting = analysed(world([2.0] * 40, months=36))
    assert text.hotspot_lasting(fleeting).startswith("**No LSOA was among")
    assert "Fewer than three months" in text.hotspot_lasting(analysed(table([[3], [4]])))


def test_no_way_of_choosing_is_called_better_without_a_verdict() -> None:
    none = analysed(world(list(np.random.default_rng(1).gamma(2, 2, 60)), months=36))
    title = text.hotspot_accuracy_title(none)
    verdicts = set(none.accuracy.by_method["verdict"])
    assert ("chose better" in title) == ("better" in verdicts)
    sentence = text.hotspot_accuracy(none)
    assert "drawn at random" in sentence
    assert "known only afterwards" in sentence
    short = analysed(world([4.0] * 20, months=15))
    assert "too few to compare" in text.hotspot_accuracy(short)
    assert "too few months to score" in text.hotspot_accuracy(analysed(table([[3], [4]])))


def test_concentration_is_only_called_so_beyond_chance() -> None:
    even = analysed(table(np.full((50, 12), 1).tolist()))
    assert "no more than chance could make" in text.hotspot_concentration_title(even)
    assert "do not show" in text.hotspot_concentration(even)
    uneven = analysed(world([40] * 5 + [1] * 45, months=12))
    assert "; by chance " in text.hotspot_concentration_title(uneven)
    assert "concentrated beyond chance" in text.hotspot_concentration(uneven)


def test_missing_places_and_hidden_ones_are_told(spots, hidden) -> None:
    assert text.hotspot_unlocated(spots).startswith("12 incidents have no location")
    assert text.hotspot_unlocated(analysed(world([3, 4]))) == ""
    note = text.hotspot_hidden_note(spots, hidden, 5)
    assert note.lower().startswith(f"{text.spelled(len(hidden))} lsoas are not shown")
    assert "LSOAs" in note
    assert "one to four" in note
    assert text.hotspot_hidden_note(spots, frozenset(), 5) == ""


def test_kinds_have_their_plural() -> None:
    found = analysed(world([3, 4]), kind="constituency")
    assert (kinds(found), kinds(found, 1), kinds(found, 3)) == (
        "constituencies", "one constituency", "three constituencies",
    )  # fmt: skip


def test_no_sentence_names_a_cause(spots, hidden) -> None:
    sentences = [
        text.hotspots(spots, hidden), text.hotspot_swings(spots),
        text.hotspot_denominators(spots, hidden), text.hotspot_clusters(spots),
        text.hotspot_lasting(spots, hidden), text.hotspot_accuracy(spots),
        text.hotspot_concentration(spots),
    ]  # fmt: skip
    for sentence in sentences:
        assert not CAUSE.search(sentence), sentence
        assert sentence.strip() == sentence
        assert "  " not in sentence
        assert sentence.endswith(".")


@pytest.mark.parametrize("standing", list(Standing))
def test_every_standing_has_a_place_on_the_map(standing) -> None:
    assert str(standing) in areas_shown.CLASSES[areas_shown.LEVELS]


# --- the places that the report names ------------------------------------------------------------


def test_the_named_neighbourhoods_are_not_put_in_an_order() -> None:
    places = report.load_neighbourhoods(
        project.path("data", "report", "2023-24-q2", "neighbourhoods.csv")
    )
    found = hotspots.named_places(places.set_index("neighbourhood")["incidents"])
    title = text.named_places_title(found)
    assert title == (
        "Lozells and East Handsworth, Ladywood and South Yardley cannot be told apart by their "
        "counts"
    )
    sentence = text.named_places(found)
    # exp(ln(152/132) +- 1.96 sqrt(1/152 + 1/132)), by hand: 0.913 to 1.452
    assert "likely between 9% fewer and 45% more in the first than in the second" in sentence
    # ln(166 / 132) / sqrt(1/166 + 1/132) = 1.962, just beyond 1.960
    assert "about 166 in the first" in sentence
    assert "Not even if every incident were independent" in sentence
    limits = text.named_places_limits(found)
    assert limits.count("\n- ") == 2
    assert "not named" in limits
    assert "does not print of which months it is" in limits  # activity.csv: no period of the list
    assert "one period is printed" not in limits
    made = tables.named_places(found, label="tbl-named")
    assert "| Ladywood | 132 | " in made
    assert "1 to 3" in made


def test_places_that_can_be_told_apart_are() -> None:
    far = hotspots.named_places(pd.Series({"A": 90, "B": 400}))
    assert text.named_places_title(far) == "B and A: the counts bear this order"
    assert "it would take" not in text.named_places(far)
    part = hotspots.named_places(pd.Series({"A": 100, "B": 105, "C": 400}))
    assert "only part of this order" in text.named_places_title(part)
    one = hotspots.named_places(pd.Series({"A": 100}))
    assert text.named_places(one) == "**A is the only place that is named.**"
    swinging = hotspots.named_places(pd.Series({"A": 200, "B": 140}), dispersion=5.0)
    assert "counts of this kind swing" in text.named_places(swinging)
    assert "vary 5.0 times as much" in text.named_places_basis(swinging)
    assert "narrowest" in text.named_places_basis(one)
    none = hotspots.named_places(pd.Series({"A": 9, "B": 0}))
    assert "likely at least" in text.named_places(none)
