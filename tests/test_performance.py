"""The recomputed table against calculation by hand from the printed counts."""

from pathlib import Path

import pytest

from bcsp_analysis.measures import catalogue, performance
from bcsp_analysis.periods import Quarter
from bcsp_analysis.sources import report

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def table():
    quarter = Quarter.parse("2023/24 Q2")
    known = catalogue.load(ROOT / "data" / "measures.toml")
    printed = report.load_performance(
        ROOT / "data" / "report" / "2023-24-q2", quarter, known.measures
    )
    return performance.quarterly_table(printed)


def test_the_first_quarter_of_last_year_is_implied(table):
    # 5,143 - 2,493 = 2,650, by hand from the printed row of ASB incidents
    assert table.counts.at["asb-incidents", "implied_earlier_last_year"] == 2650


@pytest.mark.parametrize(
    ("measure_id", "comparison", "difference", "per_cent"),
    [
        # 100 * (3332 - 2493) / 2493, and so on: calculator, two decimals
        ("asb-incidents", "quarter_on_year", 839, 33.65),
        ("asb-incidents", "quarter_on_quarter", 381, 12.91),
        ("asb-incidents", "year_to_date", 1140, 22.17),
        ("asb-incidents", "implied_first_quarters", 301, 11.36),
        ("theft-from-shop", "year_to_date", 1271, 43.11),
        ("robbery-personal", "year_to_date", 115, 5.68),
        # the year to date is recomputed where its quarters are printed: 1,189 + 1,509 = 2,698
        ("hate-crime", "year_to_date", -228, -7.79),
        ("violence-against-the-person", "year_to_date", -4103, -11.76),
    ],
)
def test_changes_have_the_prior_period_as_their_base(
    table, measure_id, comparison, difference, per_cent
):
    change = table.change(measure_id, comparison)
    assert change["difference"] == difference
    assert change["pct_change"] == pytest.approx(per_cent, abs=0.005)


def test_a_change_from_zero_has_no_percentage(table):
    change = table.change("female-genital-mutilation", "quarter_on_quarter")  # 0 to 1
    assert change["difference"] == 1
    assert change.isna()["pct_change"]


def test_a_measure_without_figures_stays_without(table):
    assert table.counts.loc["deliberate-fires"].isna().all()
    assert table.changes.loc["deliberate-fires"].isna().all(axis=None)


def test_the_comparisons_name_their_months(table):
    titles = {c.id: c.title for c in table.comparisons.values()}
    assert titles["year_to_date"] == "April to September 2023 on April to September 2022"
    assert titles["implied_first_quarters"] == "April to June 2023 on April to June 2022 (implied)"


def test_only_the_second_quarter_implies_a_first():
    for number, expected in ((1, False), (2, True), (3, False), (4, False)):
        found = performance.comparisons_of(Quarter(2023, number))
        assert ("implied_first_quarters" in found) is expected
