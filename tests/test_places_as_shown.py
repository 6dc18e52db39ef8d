"""Hot spots of localities whose months have pages of their own: rounded as these pages round them.

Three wards: one of 201 incidents a month, one of 50, one of 8 with a single month of 3, which its
page shows as "0 to 4" and which the month of the first ward, "200 to 204", keeps from being worked
out. Expected counts are worked out by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd
import pytest

from bcsp_analysis import editions, start
from bcsp_analysis.local import Local
from bcsp_analysis.periods import Month, Span
from bcsp_analysis.present import text

INDEX = pd.date_range("2020-10-01", periods=36, freq="MS", name="month")
NAMES = {"A": "Aston", "B": "Billesley", "C": "Castle Vale"}


@dataclass
class Wards:
    names = NAMES
    names_of_areas = NAMES
    denominators = None
    neighbours = None


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Local:
    counts = pd.DataFrame({"A": 201, "B": 50, "C": 8}, index=INDEX, dtype="int64").T.rename_axis(
        index="area", columns="month"
    )
    counts.loc["C", INDEX[-6]] = 3
    monkeypatch.setattr(Local, "counts", lambda self, category: counts)
    monkeypatch.setattr(Local, "places", Wards())
    monkeypatch.setattr(Local, "_groupings", ())
    page = start.Start(editions.load("2023-24-q2"), MappingProxyType({}))
    monkeypatch.setattr(Local, "span", Span(Month(2020, 10), Month(2023, 9)))
    return Local(page, {"kind": "ward"})


def test_the_first_ward_is_shown_though_its_month_guards_a_small_one(local: Local) -> None:
    spots = local.hot_spots("Anti-social behaviour")
    assert local.hidden(spots) == frozenset()
    assert spots.by_count.table["shrunken"].idxmax() == "A"


def test_counts_are_those_that_the_pages_of_the_wards_give_away(local: Local) -> None:
    counts = local.hot_spots("Anti-social behaviour").rates.counts["count"]
    # 11 months of 201 and one of 202; twelve of 50; 11 of 8 and one of 2
    assert counts.to_dict() == {"A": 2413, "B": 600, "C": 90}


def test_the_small_month_cannot_be_worked_out(local: Local) -> None:
    spots = local.hot_spots("Anti-social behaviour")
    rounding = local.rounding(spots)
    assert rounding.to_dict() == {"A": 2, "C": 2}
    # all wards together, as published, less what is shown leaves every month from 0 to 4 open
    whole = 201 * 12 + 50 * 12 + 8 * 11 + 3
    shown = spots.rates.counts["count"]
    open_months = {
        whole - first - shown["B"] - 8 * 11 for first in range(shown["A"] - 2, shown["A"] + 3)
    }
    assert open_months == {0, 1, 2, 3, 4}


def test_a_page_says_that_counts_are_rounded_and_by_how_much(local: Local) -> None:
    spots = local.hot_spots("Anti-social behaviour")
    said = text.hotspot_rounded_note(spots, local.rounding(spots), 5)
    assert said.startswith("The counts of two wards are rounded, by 2 at most")
    assert text.hotspot_rounded_note(spots, local.rounding(spots).iloc[:0], 5) == ""


def test_small_areas_without_pages_of_their_own_are_not_rounded(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Local(local.inputs, {"kind": "msoa"})
    assert other.hot_spots("Anti-social behaviour").rates.counts["count"]["C"] == 91
    assert other.rounding(other.hot_spots("Anti-social behaviour")).empty
