"""The ledger of missing data and the page on recording changes.

Expected gaps are read off the shipped files by eye: data/report/2023-24-q2/performance.csv has no
figure of deliberate fires and twelve rows without comparison columns; data/monthly/birmingham.csv
ends with July 2023; data/recording_changes.toml names May to July 2023 as faulty.
"""

from __future__ import annotations

import dataclasses
import io

import pandas as pd
import pytest

from bcsp_analysis import start
from bcsp_analysis.measures import missing
from bcsp_analysis.measures.missing import Gap, Where
from bcsp_analysis.periods import Month, Span
from bcsp_analysis.present import figures, tables, text

COMPARED = Span(Month(2022, 4), Month(2023, 9))


@pytest.fixture(scope="module")
def page():
    return start.start("2023-24-q2")


@pytest.fixture(scope="module")
def gaps(page) -> tuple[Gap, ...]:
    return page.missing


def ledger(page, **changes) -> tuple[Gap, ...]:
    parts = {
        "table": page.table, "catalogue": page.catalogue, "monthly": page.all_monthly,
        "changes": page.recording, "quarter": page.quarter, "sources": (), **changes,
    }  # fmt: skip
    return missing.ledger(**parts)


def test_gaps_of_the_printed_table(gaps) -> None:
    of_table = [gap for gap in gaps if gap.where is Where.TABLE]
    held = {gap.what: [m.id for m in gap.measures] for gap in of_table}
    assert held["No count is printed."] == ["deliberate-fires"]
    compared = held["No rate or rank among similar areas is printed."]
    assert len(compared) == 12
    assert {"knife-crime", "asb-incidents", "domestic-abuse"} < set(compared)
    assert len(held) == 2


def test_gaps_of_the_monthly_figures(gaps, page) -> None:
    said = [gap.what for gap in gaps if gap.where is Where.MONTHLY]
    # the register: both last months of all four categories are faulty; a gap is told once
    four = "(Anti-social behaviour; Shoplifting; Vehicle crime; Violence and sexual offences)."
    for told in (
        "No month after July 2023 is held",
        "June 2023 is known to be faulty",
        "July 2023 is known to be faulty",
    ):
        assert said.count(f"{told} {four}") == 1
    (without,) = [g for g in gaps if g.what == "No monthly counts are at hand."]
    assert {m.id for m in without.measures} == {m.id for m in page.catalogue if not m.history}


def test_gaps_that_sources_state(gaps) -> None:
    stated = {gap.what for gap in gaps if gap.where is Where.SOURCE}
    assert "Prices of the United Kingdom, not of the city." in stated
    assert "August and September 2023 are not held." in stated


def test_a_row_with_some_counts_missing_is_told_apart(page) -> None:
    figures_ = page.table.figures.copy()
    figures_.loc["knife-crime", "q_previous"] = pd.NA
    figures_.loc["hate-crime", "area_rate"] = pd.NA
    held = {
        gap.what: [m.id for m in gap.measures]
        for gap in ledger(page, table=dataclasses.replace(page.table, figures=figures_))
    }
    assert held["Some counts are not printed."] == ["knife-crime"]
    assert held["Some figures of the comparison are not printed."] == ["hate-crime"]


def test_a_series_that_reaches_the_quarter_has_no_gap(page) -> None:
    index = pd.date_range("2020-10-01", "2023-09-01", freq="MS")
    series = pd.Series(100.0, index=index, name="Shoplifting")
    found = ledger(page, monthly={"Shoplifting": series}, changes=())
    assert [gap for gap in ledger(page, changes=()) if "No month after" in gap.what]
    assert not [gap for gap in found if "No month after" in gap.what or "faulty" in gap.what]


def test_sentences_count_the_gaps(gaps) -> None:
    told = text.missing_summary(gaps)
    assert told.startswith("**Figures are missing in the report's table, the monthly figures and")
    assert "no count is printed (one measure)" in told
    assert "no rate or rank among similar areas is printed (12 measures)" in told
    assert str(len(gaps)) not in told  # rows of tables, several of them the same gap
    assert "A gap is not a zero" in told
    assert text.missing_summary([]).startswith("**Nothing is known to be missing.**")
    (one,) = [g for g in gaps if g.what == "No count is printed."]
    assert text.missing_summary([one]).startswith("**Figures are missing in the report's table.**")


def test_the_table_names_measures_or_counts_them(gaps) -> None:
    told = tables.missing(gaps, "the report's table", label="tbl-x")
    assert "Deliberate fires" in told
    assert "| 12 measures |" in told
    assert "among them" not in told
    (line,) = [line for line in told.splitlines() if line.startswith("- ")]
    named = line.partition(": ")[2].replace(" and ", ", ").rstrip(".").split(", ")
    assert len(named) == 12
    assert {"Knife crime", "Domestic abuse crimes", "Forced marriage"} < set(named)
    assert tables.missing([], "a source", label="tbl-x") == "Nothing is known to be missing."


def test_changes_inside_the_compared_months_are_told(page) -> None:
    # July 2022 (fires) and May 2023 (counting rules) lie after April 2022; June 2023 is a fault.
    told = text.recording_summary(page.recording, COMPARED)
    assert "Two of them fall within April 2022 to September 2023" in told
    assert "July 2022 and May 2023" in told
    one = [c for c in page.recording if c.month == Month(2023, 5)]
    assert "One of them falls within" in text.recording_summary(one, COMPARED)
    early = [c for c in page.recording if c.month == Month(2020, 3)]
    assert "None falls within" in text.recording_summary(early, COMPARED)
    assert "holds no change" in text.recording_summary(page.recording[:1], COMPARED)  # new labels
    assert "holds no change" in text.recording_summary([], COMPARED)


def test_only_changes_of_recording_are_counted_as_such(page) -> None:
    """By hand: stalking 2017, Covid 2020 and 2021, Connect, fires, counting rules; two confirmed.

    The register's own notes call the LSOA codes "not a change of recording".
    """
    told = text.recording_summary(page.recording, COMPARED)
    assert told.startswith("**Six changes of recording, two of them confirmed.**")
    assert (
        "two inspections of recording, two relabellings of published categories and two faults in "
        "published figures" in told
    )
    assert text.recording_title(page.recording) == (
        "4 of 6 known changes of recording are not confirmed"
    )


def test_the_register_names_every_measure_that_it_touches_or_may(page) -> None:
    told = tables.recording_changes(page.recording, page.catalogue, label="tbl-x")
    (rules,) = [line for line in told.splitlines() if "| Home Office counting rules" in line]
    assert "| seven measures; perhaps 15 more measures |" in rules
    assert "fewer; of anti-social behaviour incidents more" in rules
    (named,) = [line for line in told.splitlines() if line.startswith("- **May 2023**")]
    for measure in page.catalogue:
        # all 22 measures of the police; fires are recorded by the fire service
        assert (measure.short_title in named) == (measure.id != "deliberate-fires")
    (covid,) = [line for line in told.splitlines() if "Breaches of Covid" in line]
    assert (
        "Anti-social behaviour incidents; perhaps Anti-social behaviour non-crime investigations"
    ) in covid


def test_the_timeline_holds_every_change(page) -> None:
    chart = figures.recording(
        page.recording,
        {"monthly figures": Span(Month(2020, 8), Month(2023, 7)), "months compared": COMPARED},
        title=text.recording_title(page.recording),
        subtitle="When",
        source="Source: a test.",
    )
    (ax,) = chart.axes
    written = " ".join(t.get_text().replace("\n", " ") for t in ax.texts)
    marks = [line for line in ax.lines if line.get_marker() == "o"]
    assert len(marks) == len(page.recording)
    for change, mark in zip(page.recording, marks, strict=True):
        assert change.title in written
        at = change.month.year + (change.month.number - 1) / 12
        assert mark.get_xdata()[0] == pytest.approx(at)
        assert (mark.get_markerfacecolor() == "white") == (not change.confirmed)
    drawn = io.BytesIO()
    chart.savefig(drawn)
    height = chart.bbox.height
    for written_text in ax.texts:
        box = written_text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= chart.bbox.width
        assert 0 <= box.y0 <= box.y1 <= height


def test_a_register_without_entries_has_a_chart_that_says_so() -> None:
    chart = figures.recording([], {}, title="T", subtitle="S", source="Source: a test.")
    assert "no change" in chart.axes[0].texts[0].get_text()
    assert tables.recording_changes([], None, label="tbl-x") == "The register holds no change."  # type: ignore[arg-type]
