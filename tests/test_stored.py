"""Series and areas of one place from a store; expected numbers are counted by hand."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcsp_analysis.errors import AreaCodeError, MissingMonthError
from bcsp_analysis.periods import Month, Span
from bcsp_analysis.sources import containing, ingest
from bcsp_analysis.sources.areas import AreaLookup
from bcsp_analysis.sources.boundaries import Boundaries
from bcsp_analysis.sources.stored import Stored
from tests.small_areas import grid, square
from tests.street_files import ASB, month_of_rows, unlocated, write

MONTHS = [str(Month(2023, 1) + step) for step in range(5)]


def lookup(rows: dict[str, tuple[str, str]]) -> AreaLookup:
    table = pd.DataFrame(
        [(code, name, ward, f"Ward {ward}") for code, (name, ward) in rows.items()],
        columns=["code", "name", "to_code", "to_name"],
        dtype="str",
    )
    return AreaLookup("lsoa", "ward", "21", "22", table.set_index("code"), "lookup.csv")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    base = tmp_path_factory.mktemp("stored")
    for number, month in enumerate(MONTHS):
        here = month_of_rows(month, crimes=40, nuisances=50 + number)
        there = month_of_rows(
            month, 30, 30, lsoa_code="E01009500", lsoa_name="Coventry 001A", force="West"
        )
        there = [row | {"Reported by": here[0]["Reported by"],
                        "Falls within": here[0]["Falls within"]} for row in there]  # fmt: skip
        outside = month_of_rows(month, 1, 0, lsoa_code="E01032100", lsoa_name="Bromsgrove 001A")
        lost = [unlocated(row) for row in month_of_rows(month, 0, 10)]
        write(base / "files", [*here, *there, *outside, *lost])
    ingest.ingest([base / "files"], base / "store")
    return base / "store"


@pytest.fixture(scope="module")
def stored(folder):
    return Stored(folder, "Birmingham", Month(2023, 4))


def test_months_after_the_last_and_before_the_first_are_left_out(folder, stored):
    assert stored.span == Span(Month(2023, 1), Month(2023, 4))
    later = Stored(folder, "Birmingham", Month(2023, 12), first=Month(2023, 3))
    assert later.span == Span(Month(2023, 3), Month(2023, 5))
    with pytest.raises(MissingMonthError, match="no month that the edition covers"):
        _ = Stored(folder, "Birmingham", Month(2022, 12)).span


def test_a_series_is_that_of_the_place_alone(stored):
    assert list(stored.series(ASB)) == [50, 51, 52, 53]
    assert list(stored.series(ASB, area="Coventry")) == [30, 30, 30, 30]


def test_categories_are_those_with_an_incident_in_every_month(stored):
    assert stored.categories == (ASB, "Burglary")


def test_a_neighbours_district_with_a_few_incidents_is_no_district(stored):
    # Bromsgrove has 1 a month of Birmingham's 90 and more
    assert list(stored.districts) == ["Birmingham", "Coventry"]


def test_the_share_without_location_is_of_the_force(stored):
    # ten a month without location; with location 40 + 50.. + 60 + 1 a month
    located = sum(40 + 50 + number + 60 + 1 for number in range(4))
    assert stored.unlocated_share == pytest.approx(40 / (located + 40))


def test_units_take_the_ward_of_most_parts_and_say_where_they_straddle(stored, monkeypatch):
    known = {"E01008881": "E01033800", "E01033800": "E01033800", "E01033801": "E01033800",
             "E01033802": "E01033800", "E01008882": "E01008882"}  # fmt: skip
    monkeypatch.setattr("bcsp_analysis.sources.store.lookup", lambda _: known)
    found = Stored(stored.folder, stored.place, stored.last).units(
        lookup(
            {
                "E01033800": ("Birmingham 031D", "B"),
                "E01033801": ("Birmingham 031E", "A"),
                "E01033802": ("Birmingham 031F", "A"),
                "E01008882": ("Birmingham 031B", "B"),
            }
        )
    )
    assert found["to_code"].to_dict() == {"E01033800": "A", "E01008882": "B"}
    assert found["straddles"].to_dict() == {"E01033800": True, "E01008882": False}


def test_a_lookup_without_the_codes_is_refused_by_name(stored):
    with pytest.raises(AreaCodeError, match="E01008881"):
        stored.units(lookup({"E01000001": ("Birmingham 001A", "A")}))


def test_a_middle_lies_in_the_area_that_holds_it():
    outer = Boundaries((square("west", 0, 52, size=0.02), square("east", 0.02, 52, size=0.02)), "")
    found = containing.containing(grid(4, 2), outer)
    assert found.to_dict() == {
        f"{x}-{y}": "west" if x < 2 else "east" for x in range(4) for y in range(2)
    }


def test_a_middle_in_no_area_goes_to_the_nearest_and_another_place_is_refused():
    from bcsp_analysis.errors import BoundaryError

    outer = Boundaries((square("west", 0, 52, size=0.03), square("far", 5, 52, size=0.03)), "")
    assert set(containing.containing(grid(4, 2), outer)) == {"west"}
    with pytest.raises(BoundaryError, match="another place"):
        containing.containing(grid(4, 2), Boundaries((square("far", 5, 52),), "far.geojson"))


def test_a_hole_is_not_inside():
    # a ring of width 0.01 around a hole; the small area in the hole goes to the one that fills it
    hole = ((0.01, 52.01), (0.02, 52.01), (0.02, 52.02), (0.01, 52.02), (0.01, 52.01))
    outer = Boundaries(
        (square("ring", 0, 52, hole, size=0.03), square("core", 0.01, 52.01, size=0.01)), ""
    )
    found = containing.containing(grid(3, 3), outer)
    assert found["1-1"] == "core"
    assert set(found.drop("1-1")) == {"ring"}


@given(st.integers(1, 6), st.integers(1, 6), st.randoms())
def test_the_order_of_the_outer_areas_does_not_matter_where_they_do_not_overlap(x, y, random):
    outer = list(grid(x, y).areas)
    before = containing.containing(grid(x, y), Boundaries(tuple(outer), ""))
    random.shuffle(outer)
    after = containing.containing(grid(x, y), Boundaries(tuple(outer), ""))
    assert before.equals(after)
    assert list(before) == list(before.index)
