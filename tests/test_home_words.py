"""What the home page leads with, held to the printed table and to its columns of similar areas."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bcsp_analysis import start
from bcsp_analysis.measures.findings import Seriousness
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.models.comparison import Standing
from bcsp_analysis.present import about, figures, text
from bcsp_analysis.present.text.grades import inner_title
from bcsp_analysis.present.text.turning import _typical
from bcsp_analysis.start import Start

KIND = "year_to_date"


@pytest.fixture(scope="module")
def page() -> Start:
    return start.start("2023-24-q2")


def clear(page: Start, judged=None, similar=None) -> str:
    return text.what_is_clear(
        page.assessment if judged is None else judged,
        page.catalogue,
        KIND,
        page.comparison if similar is None else similar,
        page.area,
    )


def with_verdict(page: Start, verdict: Verdict, *names: str):
    results = dict(page.assessment.results[KIND])
    results |= {name: replace(results[name], verdict=verdict) for name in names}
    return replace(page.assessment, results={**page.assessment.results, KIND: results})


# --- what is clear --------------------------------------------------------------------------------


def test_the_clear_result_of_the_comparison_stands_first(page: Start) -> None:
    # printed: robbery 2.01 times the mean and rank 15 of 15; theft of a vehicle 62% and from a
    # vehicle 50% above it, shop theft 28% below it (by calculator from the printed rates)
    assert clear(page) == (
        "**What is clear:** for its size, Birmingham records more personal robbery (about twice "
        "the mean, the highest of 15), theft of motor vehicle (62% more) and theft from motor "
        "vehicle (about half as much again) than the mean of similar areas, and less theft from "
        "shop or stall (28% fewer). **What is not clear:** whether anything rose or fell since "
        "last year."
    )


def test_nothing_is_called_clear_where_nothing_is(page: Start) -> None:
    unclear = {n: replace(r, standing=Standing.NO_CLEAR) for n, r in page.comparison.items()}
    for similar in ({}, unclear):
        told = clear(page, similar=similar)
        assert told.startswith("**What is not clear:**")
        assert "What is clear" not in told
        assert "similar areas" not in told


def test_one_side_alone_is_told_by_itself(page: Start) -> None:
    fewer = {"theft-from-shop": page.comparison["theft-from-shop"]}
    assert (
        "Birmingham records less theft from shop or stall (28% fewer) than the mean of similar "
        "areas."
    ) in clear(page, similar=fewer)


def test_a_clear_change_is_named_and_the_others_stay_open(page: Start) -> None:
    judged = with_verdict(page, Verdict.INCREASE, "knife-crime")
    told = clear(page, judged, {})
    assert told.startswith("**What is clear:** knife crime rose.")
    # 22 measures have figures of both years
    assert told.endswith("whether any of the other 21 measures rose or fell since last year.")
    everything = with_verdict(page, Verdict.DECREASE, *page.assessment.results[KIND])
    assert "What is not clear" not in clear(page, everything, {})


# --- what to correct ------------------------------------------------------------------------------


def test_every_measure_with_a_serious_finding_is_named(page: Start) -> None:
    told = text.to_correct(page.audit, page.catalogue)
    serious = [f for f in page.audit.findings if f.seriousness is Seriousness.HIGH]
    for name in {finding.measure_id for finding in serious if finding.measure_id}:
        assert inner_title(page.catalogue[name]) in told
    # printed -115, -5.3% and an arrow down for 2,025 and then 2,140 robberies
    assert "personal robbery (difference, per cent and arrow)" in told
    # two column headings, and a number and a percentage of one sentence of section 3.2
    assert told.endswith("and four in headings and in the text.")


def test_of_some_measures_only_their_own_figures_are_named(page: Start) -> None:
    own = text.to_correct(page.audit, page.catalogue, only=["hate-crime", "knife-crime"])
    assert own == "**Printed figures to have corrected:** hate crime (year to date and per cent)."
    assert text.to_correct(page.audit, page.catalogue, only=["knife-crime"]) == ""
    assert text.to_correct(replace(page.audit, findings=()), page.catalogue) == ""


# --- borrowed histories, rises, blocks ------------------------------------------------------------


def test_borrowed_histories_are_counted(page: Start) -> None:
    # only anti-social behaviour and shop theft have a monthly category of their own
    told = text.borrowed(page.assessment, page.catalogue, KIND)
    assert told.startswith("For 20 of 22 measures there is no monthly history of their own")
    own = about.within(page.assessment, [page.catalogue["asb-incidents"]])
    assert text.borrowed(own, page.catalogue, KIND) == ""


@pytest.mark.parametrize(
    ("rise", "words"),
    [
        (40.0, "had to rise by 40% or more"),
        (100.0, "had to double"),
        (130.0, "had to more than double"),
        (224.0, "had to more than triple"),
        (480.0, "had to rise to 5.8 times as many or more"),
        (float("inf"), "no rise would have been enough"),
    ],
)
def test_a_large_rise_is_told_as_a_multiple(rise: float, words: str) -> None:
    assert _typical(rise).endswith(words)


def test_the_legend_of_the_blocks_says_what_is_not_printed(page: Start) -> None:
    assert "first block is implied" in text.spark_legend(page.assessment)
    counts = page.assessment.table.counts.assign(implied_earlier_last_year=float("nan"))
    printed = replace(page.assessment, table=replace(page.assessment.table, counts=counts))
    assert "implied" not in text.spark_legend(printed)


# --- the chart of a priority ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("priority", "title"),
    [
        # of 7, 8 and 6 measures with figures; the page in words counts the same ones
        ("violence-reduction", "None of seven measures changes clearly"),
        ("building-safer-neighbourhoods", "None of eight measures changes clearly"),
        ("protecting-people-from-harm", "None of six measures changes clearly"),
    ],
)
def test_the_chart_of_a_priority_counts_what_its_text_counts(
    page: Start, priority: str, title: str
) -> None:
    own = about.within(page.assessment, page.catalogue.in_priority(priority))
    chart = figures.change_intervals(own, page.catalogue, KIND, area=page.area, source="s")
    assert chart.heading.startswith(title)
    told = text.priority_answer(page.assessment, page.catalogue, priority, page.edition)
    assert title.removeprefix("None of ").split()[0] in told.split(":")[1]


def test_one_measure_has_its_verdict_for_a_title_and_none_says_so(page: Start) -> None:
    one = about.within(page.assessment, [page.catalogue["knife-crime"]])
    chart = figures.change_intervals(one, page.catalogue, KIND, area=page.area, source="s")
    assert chart.heading == "Knife crime: no clear change"
    none = about.within(page.assessment, [])
    empty = figures.change_intervals(none, page.catalogue, KIND, area=page.area, source="s")
    assert empty.heading == "No measure with figures"
    assert any("to draw" in words.get_text() for words in empty.axes[0].texts)


# --- a verdict in a few lines ---------------------------------------------------------------------


def in_short(page: Start, measure: str, judged=None, hidden=()) -> str:
    judged = page.assessment if judged is None else judged
    return text.change_in_short(
        judged, page.catalogue[measure], KIND, page.edition, hidden, table=page.table
    )


def test_the_short_form_says_what_the_long_one_says_and_leads_to_it(page: Start) -> None:
    # the report prints 34,877 and 17,396 + 13,378 crimes; 30,774 / 34,877 is 11.8% fewer
    for measure in page.assessment.results[KIND]:
        short = in_short(page, measure)
        long = text.change(
            page.assessment, page.catalogue[measure], KIND, table=page.table
        ).splitlines()
        *points, blank, last = short.splitlines()
        kept = [line for line in points if not line.startswith("- *Recording:*")]
        assert [line for line in kept if line not in long] == []
        assert next(line for line in long if line.startswith("- *How sure:*")) in kept
        assert "How firm" not in short
        assert blank == ""
        assert f"(11-measure.ipynb#measure={measure})" in last


def test_the_short_form_says_when_recording_changed_and_which_way_that_moves(page: Start) -> None:
    # the register: counting rules of mid-May 2023, fewer crimes of violence by themselves;
    # whether they touch shop theft is not established
    assert (
        "- *Recording:* it changed from May 2023, so the two figures do not count the same thing. "
        "The new way of recording makes counts smaller by itself."
    ) in in_short(page, "violence-against-the-person")
    assert "a change from May 2023 may play a part; that it touched this measure is not" in (
        in_short(page, "theft-from-shop")
    )


def test_the_short_form_holds_back_what_is_hidden_and_what_is_not_there(page: Start) -> None:
    # printed: 2,948 and 4,219 thefts from shops
    assert "2,948" in in_short(page, "theft-from-shop")
    told = in_short(page, "theft-from-shop", hidden={"theft-from-shop"})
    assert not any(figure in told for figure in ("2,948", "4,219", "43%", "30.1%"))
    none = replace(page.assessment, results={**page.assessment.results, KIND: {}})
    assert "no figures" in in_short(page, "theft-from-shop", none)
