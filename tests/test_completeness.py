"""Months that cannot be whole."""

import csv
import statistics

import pytest
import street_files as sf
from hypothesis import given
from hypothesis import strategies as st

from bcsp_analysis.periods import Month
from bcsp_analysis.sources import completeness
from bcsp_analysis.sources.completeness import RECORDED_CRIME, Flag

START = Month(2020, 1)


def series(*values: int) -> dict[Month, int]:
    return {START + step: value for step, value in enumerate(values)}


def months_of(found: dict[Month, tuple[int, float]]) -> list[int]:
    return [month - START for month in found]


def test_a_month_without_anything_between_two_of_150_is_found():
    assert completeness.short(series(152, 0, 151)) == {START + 1: (0, 151.5)}


def test_two_bad_months_in_a_row_are_both_found():
    """Dyfed-Powys, January to March 2024: rows of the files, and recorded crime alone."""
    assert months_of(completeness.short(series(1187, 300, 164))) == [1, 2]
    assert months_of(completeness.short(series(910, 96, 43))) == [1, 2]


def test_the_fall_of_spring_2020_is_not_a_fault():
    """City of London, December 2019 to November 2020, recorded crime."""
    real = series(678, 710, 678, 549, 209, 175, 276, 416, 448, 483, 500, 470)
    assert completeness.short(real) == {}


def test_few_incidents_are_not_judged():
    assert completeness.short(series(3, 11, 0, 2, 14, 20)) == {}
    assert completeness.short(series(29, 29, 0, 29)) == {}
    assert months_of(completeness.short(series(30, 30, 0, 30))) == [2]


def test_the_edge_of_a_third():
    assert completeness.short(series(90, 30, 90)) == {}
    assert months_of(completeness.short(series(90, 29, 90))) == [1]


def test_one_month_alone_and_none_are_not_judged():
    assert completeness.short(series(500)) == {}
    assert completeness.short({}) == {}


def test_the_last_month_is_judged_against_those_before():
    assert months_of(completeness.short(series(400, 420, 390, 410, 50))) == [4]


def test_a_lasting_change_of_level_is_not_a_fault():
    assert completeness.short(series(*[900] * 12, *[400] * 12)) == {}


def test_months_far_apart_are_judged_where_there_is_nothing_nearer():
    """A force that delivered nothing for years, then a file of 14 rows."""
    apart = {START: 30_000, START + 1: 31_000, START + 36: 14}
    assert months_of(completeness.short(apart)) == [36]
    nearer = {START: 30_000, START + 36: 14, START + 37: 15}
    assert START + 36 not in completeness.short(nearer)
    # Over three years a fall to a third can be real: City of London, 2020 and October 2023.
    assert completeness.short({START: 56, START + 1: 51, START + 42: 19}) == {}


def real_totals() -> dict[str, dict[Month, dict[str, int]]]:
    totals: dict[str, dict[Month, dict[str, int]]] = {}
    with (sf.REFERENCE / "monthly-totals.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            counts = {
                sf.ASB: int(row["anti_social_behaviour"]),
                "Burglary": int(row["recorded_crime"]),
            }
            totals.setdefault(row["force"], {})[Month.parse(row["month"])] = counts
    return totals


def test_of_274_real_months_only_the_faulty_ones_are_flagged():
    totals = real_totals()
    assert sum(len(months) for months in totals.values()) == 274
    assert [
        (flag.force, flag.month, flag.part, flag.status) for flag in completeness.judge(totals)
    ] == [
        ("city-of-london", "2017-05", sf.ASB, "missing"),
        ("city-of-london", "2017-09", sf.ASB, "missing"),
    ]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25])
def test_a_cut_in_a_real_month_is_found(share):
    """Each month of Bedfordshire's longest run is cut in turn."""
    months = {
        month: counts["Burglary"]
        for month, counts in real_totals()["bedfordshire"].items()
        if month >= Month(2023, 12)
    }
    for month in months:
        cut = months | {month: int(share * months[month])}
        assert list(completeness.short(cut)) == [month]


def test_parts_of_the_record_are_judged_apart():
    totals = {
        "A": {
            START + step: {sf.ASB: asb, "Burglary": burglary, "Robbery": 40}
            for step, (asb, burglary) in enumerate([(150, 300), (0, 310), (155, 305), (160, 10)])
        }
    }
    assert completeness.judge(totals) == (
        Flag("A", "2020-02", sf.ASB, "missing", 0, 155.0),
        Flag("A", "2020-04", RECORDED_CRIME, "incomplete", 50, 345.0),
    )


def test_a_force_without_any_anti_social_behaviour_is_not_at_fault():
    totals = {"British Transport Police": {START + n: {"Burglary": 400} for n in range(6)}}
    assert completeness.judge(totals) == ()


def test_a_category_that_is_absent_between_others_is_found():
    drugs = [60, 55, 62, 0, 58, 61, 59]
    totals = {"A": {START + n: {"Drugs": d, "Burglary": 500} for n, d in enumerate(drugs)}}
    assert completeness.judge(totals) == (Flag("A", "2020-04", "Drugs", "missing", 0, 59.0),)


def test_categories_that_begin_and_end_are_not_at_fault():
    """May 2013: "Violent crime" ends, "Violence and sexual offences" begins."""
    totals = {
        "A": {
            START + n: {"Burglary": 500, ("Violent crime" if n < 6 else "Robbery"): 300}
            for n in range(12)
        }
    }
    assert completeness.judge(totals) == ()


def test_months_that_are_not_held_are_listed():
    totals = {"A": {START: {"Burglary": 1}, START + 3: {"Burglary": 1}}, "B": {START: {"Drugs": 1}}}
    assert completeness.gaps(totals) == {"A": (START + 1, START + 2)}


def test_which_series_a_flag_concerns():
    crime = Flag("A", "2020-01", RECORDED_CRIME, "incomplete", 5, 100.0)
    asb = Flag("A", "2020-01", sf.ASB, "missing", 0, 100.0)
    drugs = Flag("A", "2020-01", "Drugs", "missing", 0, 100.0)
    assert [flag.concerns(None) for flag in (crime, asb, drugs)] == [True, True, True]
    assert [flag.concerns("Burglary") for flag in (crime, asb, drugs)] == [True, False, False]
    assert [flag.concerns(sf.ASB) for flag in (crime, asb, drugs)] == [False, True, False]
    assert [flag.concerns("Drugs") for flag in (crime, asb, drugs)] == [True, False, True]


@given(st.lists(st.integers(0, 3000), max_size=24))
def test_what_is_left_has_no_short_month(values):
    given_series = series(*values)
    found = completeness.short(given_series)
    left = {month: value for month, value in given_series.items() if month not in found}
    assert completeness.short(left) == {}
    for month, (incidents, usual) in found.items():
        assert incidents == given_series[month] < usual / 3
        assert usual >= completeness.ENOUGH


@given(st.lists(st.integers(60, 100), min_size=2, max_size=30))
def test_ordinary_variation_is_never_flagged(values):
    assert completeness.short(series(*values)) == {}
    assert statistics.median(values) >= completeness.ENOUGH
