"""Neighbours, shapes and clusters, held to libpysal, esda and hand calculation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_areas import counties, grid, sids, square

from bcsp_analysis.errors import BoundaryError, ModelError
from bcsp_analysis.models import hotspots
from bcsp_analysis.models.hotspots import clusters, neighbours
from bcsp_analysis.models.hotspots.clusters import Cluster
from bcsp_analysis.sources.boundaries import Area, Boundaries

# --- neighbours and shapes -----------------------------------------------------------------------


def test_touching_areas_are_those_of_libpysal() -> None:
    found = hotspots.touching(counties())
    expected = {area: set(str(names).split()) for area, names in sids()["queen"].items()}
    assert {area: set(near) for area, near in found.mapping.items()} == expected
    assert found.islands == ()


def test_a_corner_is_enough_and_a_hole_is_a_border() -> None:
    around = ((1.0, 1.0), (1.0, 2.0), (2.0, 2.0), (2.0, 1.0), (1.0, 1.0))
    areas = (
        square("outer", 0, 0, around, size=3),
        square("inner", 1, 1),
        square("diagonal", 3, 3),
        square("far", 10, 10),
    )
    found = hotspots.touching(Boundaries(areas, "x"))
    assert found.mapping == {
        "outer": ("inner", "diagonal"), "inner": ("outer",), "diagonal": ("outer",), "far": (),
    }  # fmt: skip
    assert found.islands == ("far",)


def test_corners_within_a_tenth_of_a_metre_are_one() -> None:
    def two(gap: float) -> dict:
        areas = (square("A", 0, 52, size=0.01), square("B", 0.01 + gap, 52, size=0.01))
        return dict(hotspots.touching(Boundaries(areas, "x")).mapping)

    assert two(3e-7)["A"] == ("B",)
    assert two(1e-4)["A"] == ()


def test_boundaries_of_no_area_or_of_one_twice_are_refused() -> None:
    for areas in ((), (square("A", 0, 0), square("A", 1, 0))):
        with pytest.raises(BoundaryError):
            hotspots.touching(Boundaries(areas, "x"))


def test_middles_and_sizes_are_those_of_shapely_and_proj() -> None:
    data, made = sids(), hotspots.centroids(counties())
    assert made["x"].to_numpy() == pytest.approx(data["x"].to_numpy(), abs=2e-6)
    assert made["y"].to_numpy() == pytest.approx(data["y"].to_numpy(), abs=2e-6)
    # On the sphere: within half a per cent of the ellipsoid.
    assert hotspots.area_km2(counties()).to_numpy() == pytest.approx(
        data["km2"].to_numpy(), rel=0.005
    )


def test_a_hole_counts_neither_in_size_nor_in_the_middle() -> None:
    # By hand: a square of 4 x 4 less a square of 2 x 2 in its right upper corner:
    # (16 * 2 - 4 * 3) / 12 = 5/3.
    hole = ((2.0, 2.0), (4.0, 2.0), (4.0, 4.0), (2.0, 4.0), (2.0, 2.0))
    outer = Boundaries((square("A", 0, 0, hole, size=4),), "x")
    assert hotspots.centroids(outer).loc["A"].tolist() == pytest.approx([5 / 3, 5 / 3])
    whole = hotspots.area_km2(Boundaries((square("A", 0, 0, size=4),), "x"))["A"]
    # One degree of the meridian is 111.195 km on this sphere; at two degrees north nearly square.
    assert whole == pytest.approx(16 * 111.195**2, rel=0.001)
    assert hotspots.area_km2(outer)["A"] == pytest.approx(0.75 * whole, rel=0.001)


def test_an_area_that_encloses_nothing_is_named() -> None:
    flat = Area("F", "", ((((0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (0.0, 0.0)),),))
    with pytest.raises(BoundaryError, match="encloses nothing") as caught:
        hotspots.centroids(Boundaries((flat,), "x.geojson"))
    assert "area F" in caught.value.where


def test_nearest_middles_by_hand_in_metres_and_in_degrees() -> None:
    line = pd.DataFrame({"x": [0.0, 1000.0, 3000.0, 7000.0], "y": 200_000.0}, index=list("ABCD"))
    found = hotspots.nearest(line, k=2)
    assert found.mapping == {
        "A": ("B", "C"), "B": ("A", "C"), "C": ("B", "A"), "D": ("C", "B"),
    }  # fmt: skip
    # At 60 degrees north a degree of longitude is half as long as one of latitude.
    degrees = pd.DataFrame({"x": [0.0, 0.15, 0.0], "y": [60.0, 60.0, 60.1]}, index=list("ABC"))
    assert hotspots.nearest(degrees, k=1).mapping["A"] == ("B",)


def test_areas_in_the_same_place_are_neighbours_of_each_other_not_of_themselves() -> None:
    same = pd.DataFrame({"x": 0.0, "y": 52.0}, index=list("ABCD"))
    found = hotspots.nearest(same, k=2)
    assert all(area not in near and len(near) == 2 for area, near in found.mapping.items())
    assert hotspots.nearest(same.iloc[:1], k=3).mapping == {"A": ()}


@pytest.mark.parametrize(
    "wrong",
    [
        pd.DataFrame({"x": [np.nan], "y": [1.0]}, index=["A"]),
        pd.DataFrame({"x": [1.0, 2.0], "y": [1.0, 2.0]}, index=["A", "A"]),
        pd.DataFrame({"x": [], "y": []}),
    ],
)
def test_middles_that_are_missing_are_refused(wrong) -> None:
    with pytest.raises(ModelError):
        hotspots.nearest(wrong)


# --- clusters ------------------------------------------------------------------------------------

# esda/tests/test_getisord.py: six points, neighbours within 15 of each other.
POINTS = [(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)]
VALUES = pd.Series([2, 3, 3.2, 5, 8, 7], index=list("ABCDEF"))


def within_15() -> dict[str, list[str]]:
    return {
        one: [
            other
            for other, place in zip(VALUES.index, POINTS, strict=True)
            if other != one and math.dist(place, POINTS[list(VALUES.index).index(one)]) <= 15
        ]
        for one in VALUES.index
    }


def test_the_statistic_is_esdas() -> None:
    # esda/tests/test_getisord.py, TestGLocal: Gi* and Gi, binary weights, first point.
    star = hotspots.getis_ord(VALUES, within_15(), permutations=99)
    assert star.table.loc["A", "z"] == pytest.approx(-1.39727626, abs=5e-9)
    plain = hotspots.getis_ord(VALUES, within_15(), star=False, permutations=99)
    assert plain.table.loc["A", "z"] == pytest.approx(-1.0136729, abs=5e-8)
    data = sids()
    near = {area: str(names).split() for area, names in data["neighbours"].items()}
    for is_star, column in ((True, "gi_star_z"), (False, "gi_z")):
        made = hotspots.getis_ord(data["cases"], near, star=is_star, permutations=9).table
        linked = made["neighbours"] > 0
        assert made["z"][linked].to_numpy() == pytest.approx(data[column][linked].to_numpy())
        assert made["z"][~linked].isna().all()


def test_p_values_are_those_of_all_pairs_by_hand() -> None:
    # Point A has the neighbours 3 and 5, sum 8. Of the ten pairs of the other five values (3, 3.2,
    # 5, 8, 7) two have a sum of 8 or less (3 + 3.2, 3 + 5), nine one of 8 or more: 2 * 0.2 = 0.4.
    made = hotspots.getis_ord(VALUES, within_15(), permutations=60_000).table
    assert made.loc["A", "p_value"] == pytest.approx(0.4, abs=0.01)
    for area in VALUES.index:
        near = within_15()[area]
        others = VALUES.drop(area)
        sums = [sum(some) for some in itertools.combinations(others, len(near))]
        observed = VALUES[near].sum()
        tails = [
            np.mean([one >= observed - 1e-9 for one in sums]),
            np.mean([one <= observed + 1e-9 for one in sums]),
        ]
        exact = min(1.0, 2 * min(tails))
        assert made.loc[area, "p_value"] == pytest.approx(exact, abs=0.015), area


def test_a_block_of_high_counts_is_a_cluster_and_a_lone_peak_is_none() -> None:
    boundaries = grid(20, 20)
    random = np.random.default_rng(2)
    values = pd.Series(random.poisson(20.0, 400).astype(float), index=list(boundaries.codes))
    block = [f"{x}-{y}" for x in range(4, 8) for y in range(4, 8)]
    values[block] += 40
    values["15-15"] = 500
    near = hotspots.touching(boundaries)
    made = hotspots.getis_ord(clusters.normal_scores(values), near).table
    inside = [f"{x}-{y}" for x in (5, 6) for y in (5, 6)]
    assert (made.loc[inside, "cluster"] == Cluster.HIGH).all()
    assert made.loc["15-15", "cluster"] == Cluster.NONE
    assert (made["cluster"] == Cluster.HIGH).sum() < 40
    # By the counts themselves the peak is high by its own statistic, and yet no cluster; and it
    # hides the block: drawn as a neighbour by one permutation in fifty, it makes any sum higher.
    by_count = hotspots.getis_ord(values, near).table
    assert by_count.loc["15-15", "z"] > 4
    assert (by_count["cluster"] == Cluster.NONE).all()


def test_without_clustering_hardly_any_is_found() -> None:
    near = hotspots.touching(grid(15, 15))
    found = 0
    for seed in range(20):
        values = pd.Series(np.random.default_rng(seed).gamma(1, 30, 225), index=list(near.mapping))
        made = hotspots.getis_ord(values, near, permutations=19_999, seed=seed).table
        found += int((made["cluster"] != Cluster.NONE).any())
    # A false discovery rate of 5%: with none to be found, one world in twenty has any at all;
    # six or more of twenty have a chance below 0.1%.
    assert found <= 5


def test_a_high_area_amid_low_ones_is_not_called_high_together_with_them() -> None:
    boundaries = grid(12, 12)
    values = pd.Series(30.0, index=list(boundaries.codes))
    values += np.random.default_rng(4).normal(0, 4, 144)
    ring = [f"{x}-{y}" for x in (5, 6, 7) for y in (5, 6, 7)]
    values[ring] = 2.0
    values["6-6"] = 400.0
    made = hotspots.getis_ord(values, hotspots.touching(boundaries)).table.loc["6-6"]
    assert made["z"] > 1  # itself so high that the sum lies above the mean
    assert made["q_value"] < 0.05  # its neighbours so low that no chance makes them
    assert made["cluster"] == Cluster.NONE


def test_values_that_are_all_alike_and_islands_have_no_cluster() -> None:
    values = pd.Series(0.1, index=list("ABCD"))
    near = {"A": ["B"], "B": ["A", "C"], "C": ["B"], "D": []}
    made = hotspots.getis_ord(values, near, permutations=99).table
    assert made["z"].dropna().tolist() == [0, 0, 0]
    assert made["p_value"].dropna().tolist() == [1, 1, 1]
    assert made["cluster"].tolist() == [Cluster.NONE] * 3 + [Cluster.ALONE]
    alone = hotspots.getis_ord(VALUES, {area: [] for area in VALUES.index}, permutations=9)
    assert (alone.table["cluster"] == Cluster.ALONE).all()


def test_neighbours_outside_the_values_and_named_twice_do_not_count() -> None:
    near = {area: [*others, *others, area, "elsewhere"] for area, others in within_15().items()}
    first = hotspots.getis_ord(VALUES, within_15(), permutations=99).table
    pd.testing.assert_frame_equal(first, hotspots.getis_ord(VALUES, near, permutations=99).table)


@pytest.mark.parametrize(
    ("values", "near", "settings_"),
    [
        (VALUES.iloc[:2], {"A": ["B"], "B": ["A"]}, {}),
        (VALUES.where(VALUES > 2), within_15(), {}),
        (VALUES.rename({"B": "A"}), within_15(), {}),
        (VALUES, {"A": ["B"]}, {}),
        (VALUES, within_15(), {"fdr": 0.0}),
        (VALUES, within_15(), {"permutations": 0}),
    ],
)
def test_clusters_that_cannot_be_looked_for_are_refused(values, near, settings_) -> None:
    with pytest.raises(ModelError):
        hotspots.getis_ord(values, near, **settings_)


@settings(max_examples=30, deadline=None)
@given(
    values=st.lists(st.integers(0, 50), min_size=4, max_size=12),
    links=st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30),
)
def test_every_p_value_is_the_share_of_all_choices(values, links) -> None:
    names = [f"A{i}" for i in range(len(values))]
    series = pd.Series(values, index=names, dtype=float)
    near = {name: [] for name in names}
    for one, other in links:
        if max(one, other) < len(values) and one != other:
            near[names[one]].append(names[other])
    made = hotspots.getis_ord(series, near, permutations=4000).table
    for name in names:
        if not near[name]:
            assert math.isnan(made.loc[name, "p_value"])
            continue
        sums = np.array(
            [sum(some) for some in itertools.combinations(series.drop(name), len(near[name]))]
        )
        observed = series[near[name]].sum()
        exact = min(1.0, 2 * min((sums >= observed).mean(), (sums <= observed).mean()))
        # 4,000 permutations: six standard errors of the larger tail, twice.
        assert made.loc[name, "p_value"] == pytest.approx(exact, abs=0.06)


def test_the_false_discovery_rate_is_benjamini_and_hochbergs() -> None:
    # Benjamini and Hochberg (1995), section 3.2: of these 15 p-values four are rejected at 5%.
    published = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
        0.5719, 0.6528, 0.7590, 1.0,
    ]  # fmt: skip
    adjusted = clusters._adjusted(np.array([*published, np.nan]))
    assert (adjusted[:-1] <= 0.05).sum() == 4
    assert math.isnan(adjusted[-1])


def test_normal_scores_are_bloms() -> None:
    # Blom's (r - 3/8) / (n + 1/4) by hand: of five values the highest has 4.625 / 5.25 = 0.881, of
    # which tables of the normal distribution give 1.18.
    made = clusters.normal_scores(pd.Series([5.0, 1.0, 900.0, 3.0, 3.0]))
    assert made.iloc[2] == pytest.approx(1.18, abs=0.005)
    assert made.iloc[3] == made.iloc[4]
    assert clusters.normal_scores(pd.Series([3.0, 1.0, 2.0])).iloc[2] == pytest.approx(0)


def test_sums_over_neighbours_leave_the_own_value_out() -> None:
    linked = neighbours.links(pd.Index(["A", "B", "C"]), {"A": ["B", "C"], "B": ["A"], "C": []})
    assert linked.sums(np.array([1.0, 10.0, 100.0])).tolist() == [110, 1, 0]
    assert linked.degree.tolist() == [2, 1, 0]
