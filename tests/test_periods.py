"""Periods against the calendar and against definitions written by hand."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcsp_analysis.errors import PeriodError
from bcsp_analysis.periods import Month, Quarter, Span

months = st.builds(Month, st.integers(1950, 2150), st.integers(1, 12))
quarters = st.builds(Quarter, st.integers(1950, 2150), st.integers(1, 4))


def test_the_quarter_of_the_report():
    quarter = Quarter.parse("2023/24 Q2")
    assert [str(m) for m in quarter.months] == ["2023-07", "2023-08", "2023-09"]
    assert quarter.days == 31 + 31 + 30
    assert quarter.previous.label == "2023/24 Q1"
    assert quarter.year_before.label == "2022/23 Q2"
    assert quarter.year_to_date == Span(Month(2023, 4), Month(2023, 9))
    assert quarter.year_to_date.days == 183  # 30+31+30+31+31+30
    assert quarter.year_to_date.label == "April to September 2023"
    assert quarter.months_label == "July to September 2023"
    assert quarter.slug == "2023-24-q2"


def test_the_fourth_quarter_lies_in_the_next_calendar_year():
    quarter = Quarter.parse("2023/24 Q4")
    assert [str(m) for m in quarter.months] == ["2024-01", "2024-02", "2024-03"]
    assert quarter.days == 31 + 29 + 31  # 2024 is a leap year
    assert quarter.next.label == "2024/25 Q1"
    assert quarter.year_to_date.label == "April 2023 to March 2024"
    assert quarter.year_to_date.days == 366


def test_the_turn_of_a_century():
    assert Quarter.parse("1999/00 Q3").financial_year == "1999/00"


@pytest.mark.parametrize(
    "text", ["2023/25 Q2", "2023/24 Q5", "2023 Q2", "2023/24", "Q2 2023/24", "", "2023/24 Q2 x"]
)
def test_other_texts_are_no_quarters(text):
    with pytest.raises(PeriodError, match="not a quarter"):
        Quarter.parse(text)


@pytest.mark.parametrize("text", ["2023-13", "2023-00", "23-04", "2023-4", "April 2023", ""])
def test_other_texts_are_no_months(text):
    with pytest.raises(PeriodError):
        Month.parse(text)


def test_a_span_does_not_end_before_it_begins():
    with pytest.raises(PeriodError, match="ends before it begins"):
        Span(Month(2023, 5), Month(2023, 4))


@given(quarters)
def test_a_quarter_is_read_back_from_its_label_and_slug(quarter):
    assert Quarter.parse(quarter.label) == quarter == Quarter.parse(quarter.slug)


@given(quarters)
def test_four_quarters_make_a_year(quarter):
    assert quarter + -4 == quarter.year_before
    year = [Quarter(quarter.year, n) for n in (1, 2, 3, 4)]
    assert (
        sum(q.days for q in year) == (date(quarter.year + 1, 4, 1) - date(quarter.year, 4, 1)).days
    )
    assert year[-1].year_to_date.days == sum(q.days for q in year)


@given(months, st.integers(-600, 600))
def test_adding_and_subtracting_months_are_inverse(month, count):
    assert (month + count) - month == count


@given(months)
def test_a_month_ends_the_day_before_the_next(month):
    assert month.end + timedelta(days=1) == (month + 1).start
    assert month in month.quarter.span
