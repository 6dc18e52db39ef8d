"""The page of a measure: its sentences match its verdict, and nothing that is hidden shows.

Expected numbers are worked out by hand from the printed table of the report (2023/24 Q2).
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import default_edition
import nbformat
import pytest
import table_of_measures as tables_of

from bcsp_analysis import editions, start
from bcsp_analysis.errors import ParameterError
from bcsp_analysis.measures import catalogue
from bcsp_analysis.measures.findings import Seriousness
from bcsp_analysis.models import needed
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.present import about, disclosure, figures, tables, text
from bcsp_analysis.publish import parameters
from bcsp_analysis.start import Start

MEASURES = tuple(catalogue.load().measures)
HIDDEN = ("female-genital-mutilation", "forced-marriage")  # counts of 1 and 2 are printed
NUMBER = re.compile(r"\d")


def page_of(measure: str) -> Start:
    """The same edition for every measure: its answers are worked out once."""
    return Start(EDITION, MappingProxyType({"measure": measure}))


EDITION = editions.load("2023-24-q2")


@pytest.fixture(scope="module")
def whole() -> Start:
    return default_edition.answered(page_of("knife-crime"), "assessment", "comparison", "claims")


def of(whole: Start, measure: str) -> Start:
    """A page of another measure that shares what the first one has worked out."""
    page = replace(whole, parameters=MappingProxyType({"measure": measure}))
    for name in ("assessment", "comparison", "claims", "audit", "table", "catalogue", "hidden"):
        page.__dict__[name] = getattr(whole, name)
    return page


def answer(page: Start) -> str:
    return text.measure_answer(
        page.assessment,
        page.measure,
        hidden=page.hidden,
        table=page.table,
        audit=page.audit,
        similar=text.similar_in_short(page.comparison, page.measure, page.area),
    )


def everything(page: Start) -> str:
    """All that the page of a measure says, but for its chart and its sources."""
    judged, one, hidden = page.assessment, page.measure, page.hidden
    names = about.hidden_names(hidden, page.catalogue, page.table)
    return "\n\n".join(
        (
            answer(page),
            text.measures_ask(
                judged, (one,), page.area, audit=page.audit, comparison=page.comparison
            ),
            text.measure_definition(one, page.catalogue, page.edition),
            tables.measure_printed(page.table, judged, one, label="tbl-a", hidden=hidden),
            text.measure_needed(judged, one, hidden),
            tables.measure_changes(judged, one, label="tbl-b", hidden=hidden),
            text.measure_tests(judged, one, hidden),
            text.measure_similar(page.comparison, one, page.table, page.area),
            text.measure_checks(page.audit, page.claims, one, page.table),
            tables.measure_findings(page.audit, one, label="tbl-c", hidden=hidden, names=names),
            tables.measure_claims(page.claims, one, label="tbl-d", names=names),
            text.measure_caveats(judged, one, hidden),
            text.measure_needs(judged, one, page.comparison, page.audit),
        )
    )


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_has_a_page_that_says_its_verdict(whole: Start, measure: str) -> None:
    page = of(whole, measure)
    result = page.assessment.result(measure, "year_to_date")
    told = answer(page)
    assert told.startswith(f"**{page.measure.short_title}: ")
    expected = "no figures" if result is None else result.verdict.value
    assert expected in told.partition("**.")[0].partition(".**")[0]
    assert everything(page).strip()


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_has_its_chart(whole: Start, measure: str) -> None:
    page = of(whole, measure)
    chart = figures.measure(
        page.assessment,
        page.measure,
        area=page.area,
        source="Source: x.",
        changes=page.recording,
        months=page.months,
        hidden=page.hidden,
    )
    above, *below = chart.axes
    words = [label.get_text() for label in above.texts]
    if measure in HIDDEN:
        assert words == ["not\nshown"] * 3
        assert not below
    elif measure == "deliberate-fires":
        assert words == ["not\nprinted"] * 3
    else:
        assert len([word for word in words if NUMBER.search(word)]) == 4  # quarters, one implied
    assert len(below) == (page.months is not None)


def test_a_measure_without_monthly_figures_has_one_panel(whole: Start) -> None:
    assert of(whole, "knife-crime").months is None
    assert of(whole, "asb-incidents").months is not None


def test_the_answer_of_a_measure_by_hand(whole: Start) -> None:
    """Robbery: 2,025 and 2,140 are printed, 115 more, 5.7%; 3.758 on 1.869 is 101% more."""
    told = answer(of(whole, "robbery-personal"))
    assert "2,025 crimes from April to September 2022, 2,140 from April to September 2023" in told
    assert "5.7% more" in told
    assert "**1,029** crimes, against 1,008" in told
    assert "clearly more** (101% more than their mean, rank 15 of 15" in told
    assert "leave open whether anything changed" in told


def test_what_would_be_clear_is_what_the_table_of_all_measures_says(whole: Start) -> None:
    page = of(whole, "robbery-personal")
    told = text.measure_needed(page.assessment, page.measure, page.hidden)
    table = tables.verdicts(page.assessment, page.catalogue, "year_to_date", label="tbl-x")
    (row,) = (line for line in table.splitlines() if line.startswith("| Personal robbery"))
    fall, rise = re.findall(r"by (\d+)%", told)
    assert f"\u2212{fall}% or +{rise}%" in row
    assert "Of true changes of just that size about half would be found" in told


def test_a_fall_that_the_test_cannot_see_is_called_a_limit_of_the_test(whole: Start) -> None:
    """ASB: its range explodes near none, so that no fall short of none passes."""
    page = of(whole, "asb-incidents")
    told = text.measure_needed(page.assessment, page.measure, page.hidden)
    assert told.startswith("**No fall short of none can pass this test, which is blunt where few")
    assert "a rise would have had to reach 159%" in told
    assert "Of true rises of just that size about half" in told
    assert "Of true changes" not in told
    assert "a fall to none" not in told


def test_a_fall_to_none_is_not_called_a_size_that_half_the_tests_would_find(whole: Start) -> None:
    notes = text.table_notes(whole.rules)
    assert "the smallest fall and the smallest rise, in the counts, that we would have" in notes
    assert "“To none” is not such a size" in notes


def test_a_likely_range_promises_no_more_than_it_was_made_for() -> None:
    """How often it held is measured on the methods page, which the sentence names."""
    notebook = EDITION.file.parents[1] / "notebooks" / "11-measure.ipynb"
    cells = nbformat.read(notebook, as_version=4).cells
    written = " ".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert "*likely* range is meant to hold the true change nineteen times in twenty" in written
    assert "methods.qmd#how-often-the-suite-is-wrong" in written
    assert "Two printed figures differ" not in written  # only where there is a finding


def test_only_where_the_cap_decides_it_is_said_to(whole: Start) -> None:
    """phi = 1 + alpha mu, with the largest alpha of the histories (the methods page)."""
    judged = whole.assessment
    lent = [d for (_, months), d in judged.dispersions.items() if months == 6]
    alpha = max((d.value - 1) / d.total for d in lent)
    counts = judged.table.change("total-recorded-crime", "year_to_date")
    uncapped = 1 + alpha * (float(counts["before"]) + float(counts["after"])) / 2
    factor = math.sqrt(uncapped / max(d.value for d in lent))
    assert factor > 2
    told = text.measure_caveats(judged, whole.catalogue["total-recorded-crime"], whole.hidden)
    assert f"about {factor:.1f} times as wide" in told
    assert "careful, not exact" not in told
    capped = [
        m.id for m in whole.catalogue if needed.widened_without_cap(judged, m, "year_to_date")
    ]
    assert capped == ["total-recorded-crime"]
    robbery = text.measure_caveats(judged, whole.catalogue["robbery-personal"], whole.hidden)
    assert "careful, not exact" in robbery


def test_a_category_that_does_not_hold_the_measure_is_not_called_wider(whole: Start) -> None:
    page = of(whole, "domestic-abuse")
    months = text.measure_months(page.assessment, page.measure, page.all_monthly, page.standing, "")
    for told in (months, text.measure_caveats(page.assessment, page.measure, page.hidden)):
        assert "another category" in told
        assert "wider" not in told
    part = of(whole, "common-assault")
    assert "wider category" in text.measure_caveats(part.assessment, part.measure, part.hidden)


def test_what_the_counting_rules_do_is_told_for_the_measure_itself(whole: Start) -> None:
    """ASB goes up by them, violence down (the register's note)."""
    asb, violence, fires, abuse = (
        text.measure_recording(whole.recording, whole.catalogue[name], whole.assessment)
        for name in ("asb-incidents", "common-assault", "deliberate-fires", "honour-based-abuse")
    )
    (rules,) = [line for line in asb.splitlines() if line.startswith("- **May 2023**")]
    assert "if it did, it makes counts larger by itself" in rules
    assert "smaller" not in rules
    assert "It touches this measure; it makes counts smaller by itself" in violence
    assert "Connect" not in fires
    assert "Fire service systems change" in fires
    assert "- **May 2023**, between the compared figures" in abuse


def test_two_figures_that_differ_are_spoken_of_only_where_there_is_a_finding(whole: Start) -> None:
    differ = "Where two printed figures differ, which of them is right is not known."
    for measure in ("robbery-personal", "knife-crime", "burglary-residential", "deliberate-fires"):
        page = of(whole, measure)
        told = text.measure_checks(page.audit, page.claims, page.measure, page.table)
        assert (differ in told) == bool(about.findings_on(page.audit, page.measure))


def test_what_points_one_way_against_similar_areas_is_called_that_everywhere(whole: Start) -> None:
    leaning = {name for name, result in whole.comparison.items() if result.leans}
    assert leaning  # one measure at least points one way, short of the bar
    for name, result in whole.comparison.items():
        told = text.similar_in_short(whole.comparison, whole.catalogue[name], whole.area)
        assert ("short of our bar" in told) == bool(result.leans)
        if result.leans:
            assert "does not differ clearly" not in told


# --- verdicts at their edges ---------------------------------------------------------------------

EDGES = {
    # before, after: verdict, words that must stand, words that must not
    (100, 5000): (
        Verdict.INCREASE,
        ("for the worse", "more than such counts move", "looked at together in each comparison"),
        ("leave open",),
    ),
    (5000, 100): (
        Verdict.DECREASE,
        ("for the better", "more than such counts"),
        ("for the worse",),
    ),
    (900, 950): (Verdict.NO_CLEAR_CHANGE, ("leave open", "can still be real"), ("worse", "better")),
    (5, 5): (Verdict.NO_CLEAR_CHANGE, ("leave open",), ("the worse", "the better")),
}


@pytest.mark.parametrize(("before", "after"), EDGES)
def test_sentences_match_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int, after: int
) -> None:
    root = tables_of.copy(tmp_path, {"knife-crime": tables_of.counts(before, after)})
    monkeypatch.setenv("BCSP_PROJECT", str(root))
    page = start.start("2023-24-q2", measure="knife-crime")
    result = page.assessment.result("knife-crime", "year_to_date")
    verdict, there, absent = EDGES[before, after]
    assert result is not None
    assert result.verdict is verdict
    told = answer(page)
    for words in there:
        assert words in told
    for words in absent:
        assert words not in told.partition("*Against similar")[0]


@pytest.mark.parametrize(
    ("before", "after", "verdict", "words"),
    [
        # a year to date is twice the quarter; below 10 in both is too few by the edition's rule
        (0, 4, Verdict.TOO_FEW, "The counts are not shown"),  # 4 is below 5: hidden
        (0, 0, Verdict.TOO_FEW, "No crimes from April to September 2022, none from"),
        (0, 40, None, "from none, no percentage can be worked out"),
    ],
)
def test_small_counts_and_none(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: int,
    after: int,
    verdict: Verdict | None,
    words: str,
) -> None:
    root = tables_of.copy(tmp_path, {"knife-crime": tables_of.counts(before, after)})
    monkeypatch.setenv("BCSP_PROJECT", str(root))
    page = start.start("2023-24-q2", measure="knife-crime")
    result = page.assessment.result("knife-crime", "year_to_date")
    assert result is not None
    assert verdict is None or result.verdict is verdict
    assert words in answer(page)
    assert everything(page)


def test_fewer_of_a_hidden_harm_is_not_called_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tables_of.copy(tmp_path, {"honour-based-abuse": tables_of.counts(9000, 100)})
    monkeypatch.setenv("BCSP_PROJECT", str(root))
    page = start.start("2023-24-q2", measure="honour-based-abuse")
    result = page.assessment.result("honour-based-abuse", "year_to_date")
    assert result is not None
    assert result.verdict is Verdict.DECREASE
    told = answer(page)
    assert "for the better" not in told
    assert "not plainly worse, nor fewer better" in told


# --- what is hidden, what is missing --------------------------------------------------------------


@pytest.mark.parametrize("measure", HIDDEN)
def test_no_count_of_a_hidden_measure_is_shown(whole: Start, measure: str) -> None:
    page = of(whole, measure)
    assert measure in page.hidden
    told = everything(page)
    rows = [line for line in told.splitlines() if line.startswith("|") and "---" not in line]
    cells = [cell.strip() for row in rows for cell in row.strip("|").split("|")[1:]]
    shown = [cell for cell in cells if re.fullmatch(r"[\\+\u2212-]*[\d,.]+%?", cell)]
    assert shown == []
    assert rf"\{disclosure.SHORTHAND[:-1]}\]" in told
    counts = page.assessment.table.counts.loc[measure].dropna()
    assert f"{int(counts['ytd_last_year'])} records" not in told
    assert "p-values and swing are not shown" in told


def test_a_finding_that_quotes_a_hidden_measure_shows_no_figure(whole: Start) -> None:
    page = of(whole, "total-recorded-crime")
    first = page.audit.findings[0]
    quoting = replace(
        first,
        measure_id="total-recorded-crime",
        explanation="It would hold the 2 of Forced Marriage.",
        follows_from="Forced Marriage (2)",
        printed="7",
        implied="9",
        seriousness=Seriousness.HIGH,
    )
    audit = replace(page.audit, findings=(quoting,))
    names = about.hidden_names(page.hidden, page.catalogue, page.table)
    told = tables.measure_findings(
        audit, page.measure, label="tbl-x", hidden=page.hidden, names=names
    )
    assert "Forced Marriage (2)" not in told
    assert "| 7 |" not in told
    assert r"\[c\]" in told


def test_a_measure_without_figures_says_what_is_missing(whole: Start) -> None:
    page = of(whole, "deliberate-fires")
    told = answer(page)
    assert told.startswith("**Deliberate fires: no figures.**")
    assert "No data available from WMFS due to change in IT systems" in told
    assert "*What is missing:* fires in this quarter" in told
    assert "West Midlands Fire Service" in told
    assert "agree with each other" not in text.measure_checks(
        page.audit, page.claims, page.measure, page.table
    )


# --- what belongs to a measure --------------------------------------------------------------------


def test_findings_are_those_on_its_own_cells(whole: Start) -> None:
    """Robbery is printed as -115 and down, though 2,140 is more than 2,025."""
    found = about.findings_on(whole.audit, whole.catalogue["robbery-personal"])
    assert {finding.column for finding in found} == {"difference", "pct_difference", "travel"}
    assert all(finding.seriousness is Seriousness.HIGH for finding in found)


@pytest.mark.parametrize(
    ("measure", "claims"),
    [
        ("domestic-abuse", {"domestic-abuse-and-hate-crime-fell"}),
        ("common-assault", {"violence-fell-on-year", "violence-fell-on-quarter"}),
        ("total-recorded-crime", {"total-crime-fell"}),
        ("knife-crime", set()),
        # the season and the cost of living are claimed of the category that bears its name
        (
            "asb-incidents",
            {
                "three-measures-rose",
                "asb-rose-in-first-quarter",
                "asb-per-cent-on-year",
                "asb-difference-on-year",
                "asb-difference-on-quarter",
                "order-of-monthly-increases",
                "season-april-to-august",
                "more-than-season",
                "cost-of-living",
                "nuisance-share",
            },
        ),
        # its monthly category is wider: what is said of it is not said of the measure
        ("theft-from-vehicle", set()),
    ],
)
def test_claims_are_those_that_name_it(whole: Start, measure: str, claims: set[str]) -> None:
    found = about.claims_about(whole.claims, whole.catalogue[measure])
    assert {one.claim.id for one in found} == claims


def test_links_lead_to_pages_that_the_edition_has(whole: Start) -> None:
    told = text.measure_definition(
        whole.catalogue["common-assault"], whole.catalogue, whole.edition
    )
    assert (
        "[violence against the person](11-measure.ipynb#measure=violence-against-the-person)"
        in told
    )
    assert "[Violence reduction](12-priority.ipynb#priority=violence-reduction)" in told
    bare = replace(whole.edition, pages=())
    assert "](" not in text.measure_definition(
        whole.catalogue["common-assault"], whole.catalogue, bare
    )


def test_pages_of_its_series_are_linked(whole: Start) -> None:
    assert of(whole, "asb-incidents").series_name == "asb"
    assert "(07-control-charts.ipynb#series=asb)" in text.series_links(whole.edition, "asb")
    assert of(whole, "knife-crime").series_name == ""
    assert text.series_links(whole.edition, "") == ""


# --- the parameter --------------------------------------------------------------------------------


def test_an_unknown_measure_is_named_before_anything_runs() -> None:
    with pytest.raises(ParameterError, match="did you mean knife-crime") as raised:
        start.start("2023-24-q2", measure="knife-crimes")
    assert "theft-from-shop" in str(raised.value)


def test_a_page_of_an_unknown_measure_is_refused_by_the_check() -> None:
    pages = (
        *EDITION.pages,
        replace(
            EDITION.pages[-1],
            notebook=EDITION.file.parents[1] / "notebooks" / "11-measure.ipynb",
            address="measures/other",
            parameters={"measure": "arson"},
        ),
    )
    with pytest.raises(ParameterError, match="arson") as raised:
        parameters.check(replace(EDITION, pages=pages))
    assert "page measures/other" in str(raised.value)
    assert "parameter measure" in str(raised.value)


@pytest.mark.parametrize(
    ("given", "marks"),
    [
        ({"measure": "serious-youth-violence"}, {"measure": "Serious youth violence"}),
        ({"priority": "reducing-offending"}, {"priority": "Reducing offending"}),
        ({}, {}),
    ],
)
def test_marks_stand_for_titles(given: dict[str, str], marks: dict[str, str]) -> None:
    values = parameters.mark_values(EDITION, given)
    assert {name: values[name] for name in ("measure", "priority") if name in values} == marks
