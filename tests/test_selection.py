"""What a page shows of the data: rows, sources, and tables of any quarter."""

import dataclasses

import pandas as pd
import pytest

from bcsp_analysis import project
from bcsp_analysis.errors import DataError
from bcsp_analysis.measures import catalogue, performance, recording
from bcsp_analysis.models import quarterly
from bcsp_analysis.periods import Quarter
from bcsp_analysis.present import disclosure, figures, provenance, selection, tables, text
from bcsp_analysis.sources import police, printed, report

FOLDER = project.path("data", "report", "2023-24-q2")


@pytest.fixture(scope="module")
def measures():
    return catalogue.load()


@pytest.fixture(scope="module")
def table(measures):
    return report.load_performance(FOLDER, Quarter(2023, 2), measures.measures)


@pytest.fixture(scope="module")
def activity():
    return printed.load_printed(FOLDER / "activity.csv")


def assessed(table, measures):
    monthly = police.load_monthly(project.path("data", "monthly", "birmingham.csv"))
    return quarterly.assess(
        performance.quarterly_table(table),
        measures,
        recording.load(),
        {name: police.series(monthly, name) for name in monthly["crime_type"].unique()},
        alpha=0.05,
        materiality_pct=5,
        small_count=10,
    )


def test_rows_are_chosen_by_section_in_the_order_asked_for(activity):
    chosen = selection.of_sections(activity, "4.5", "4.1")
    assert list(dict.fromkeys(chosen["section"])) == ["4.5", "4.1"]
    assert selection.of_sections(activity, "9.9").empty


def test_kinds_are_those_of_one_whole(activity):
    kinds = selection.kinds(activity, "Interventions at New Street Station")
    assert len(kinds) == 15
    # the report's list: 147 for begging, the largest; 868 by adding the printed parts by hand
    assert kinds.idxmax() == "Begging"
    assert kinds.sum() == 868
    whole = selection.whole(activity, "Interventions at New Street Station")
    assert whole is not None
    assert whole["printed"] == "898"
    assert selection.whole(activity, "Nothing") is None
    assert "(−30)" in text.kinds_total(activity, "Interventions at New Street Station")
    assert "no total is printed" in text.kinds_total(activity, "Breaches")


def test_the_measure_of_a_series_is_the_first_that_names_it(measures):
    found = measures.of_history("Violence and sexual offences")
    assert found.id == "violence-against-the-person"
    with pytest.raises(DataError, match="no measure"):
        measures.of_history("Treason")


def test_sources_are_found_by_the_files_that_a_page_uses():
    found = provenance.used(
        FOLDER, project.path("data", "monthly", "birmingham.csv"), FOLDER / "performance.csv"
    )
    assert [source.id for source in found] == ["bcsp-annual-report-2022-23", "police-uk-monthly"]
    assert "ship with the project" in text.sources(found)


def test_a_file_without_a_record_is_shown_as_such(tmp_path):
    (source,) = provenance.used(tmp_path / "new.csv")
    shown = text.sources([source])
    assert "no record of where they come from" in shown
    assert "the register does not hold" in shown


def test_small_counts_hide_a_row_whichever_column_holds_them():
    counts = pd.DataFrame(
        {"a": [10, 3, 0, 40], "b": [5, 50, 0, None], "c": [60, 70, 0, 4]},
        index=["w", "x", "y", "z"],
        dtype="Float64",
    )
    assert disclosure.hidden_measures(counts, 5) == {"x", "z"}
    assert disclosure.hidden_measures(counts, 11) == {"w", "x", "z"}


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_pages_of_any_quarter_can_be_made(table, measures, number):
    other = dataclasses.replace(table, quarter=Quarter(2023, number))
    judged = assessed(other, measures)
    asb = measures["asb-incidents"]
    words = {"area": "Birmingham", "source": "Source: x."}
    for comparison in judged.table.comparisons:
        assert text.summary(judged, measures, comparison)
        assert text.change(judged, asb, comparison)
        assert tables.verdicts(judged, measures, comparison, label="tbl-v")
    assert figures.change_intervals(judged, measures, "year_to_date", **words)
    chart = figures.quarters(judged, asb, "quarter_on_year", changes=recording.load(), **words)
    hatched = [bool(bar.get_hatch()) for bar in chart.axes[0].patches]
    assert any(hatched) == (number == 2)  # only then is one quarter implied
    step = text.step(judged.ratio_of_ratios(asb), asb, judged)
    assert ("does not hold the four quarters" in step) == (number != 2)
    assert ("implied" in tables.all_counts(judged, measures, label="tbl-c")) == (number == 2)


def test_a_measure_without_figures_is_told_not_drawn(table, measures):
    judged = assessed(table, measures)
    fires = measures["deliberate-fires"]
    assert "no figures" in text.change(judged, fires, "year_to_date")
    assert "prints no quarter" in text.quarter_counts(judged, fires)
    with pytest.raises(DataError, match="nothing to draw"):
        figures.quarters(judged, fires, "year_to_date", area="x", source="y")


def test_quarters_are_listed_in_order_with_what_is_implied(table, measures):
    judged = assessed(table, measures)
    shown = text.quarter_counts(judged, measures["asb-incidents"])
    assert shown == (
        "*In figures:* incidents by quarter: April to June 2022 2,650 (implied, not printed); "
        "July to September 2022 2,493; April to June 2023 2,951; July to September 2023 3,332."
    )


def test_a_report_without_such_figures_is_said_so(activity):
    """The next edition starts empty: no sentence with a hole, no chart that fails."""
    empty = activity.iloc[:0]
    assert text.activity_summary(empty) == "No figure of activity is entered for this report."
    assert text.kinds_total(empty, "Breaches") == "No figure by kind is entered for this report."
    assert text.claims_summary(()) == "No statement of this report is in the register yet."
    chart = figures.counts(
        selection.kinds(empty, "Breaches"), title="Nothing", subtitle="", source=""
    )
    (ax,) = chart.axes
    assert "No such figures are printed." in {label.get_text() for label in ax.texts}
