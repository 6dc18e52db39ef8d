"""Pages of priorities, the strip of all measures, and what changed since the last edition.

Expected verdicts are those of the published performance page of 2023/24 Q2, counts those of the
report.
"""

from __future__ import annotations

import csv
import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import default_edition
import pandas as pd
import pytest
import table_of_measures as tables_of

from bcsp_analysis import editions, start
from bcsp_analysis.errors import DataError, ParameterError, RegisterError
from bcsp_analysis.measures import catalogue
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.models.comparison import Standing
from bcsp_analysis.present import about, figures, tables, text
from bcsp_analysis.present.text.sparkline import sparkline
from bcsp_analysis.sources import sections
from bcsp_analysis.start import Start

PRIORITIES = tuple(catalogue.load().priorities)
NONE_OF_ITS_OWN = "reducing-offending"


@pytest.fixture(scope="module")
def page() -> Start:
    page = Start(editions.load("2023-24-q2"), MappingProxyType({"priority": PRIORITIES[0]}))
    return default_edition.answered(page, "assessment", "comparison", "claims")


def verdicts(page: Start, priority: str) -> dict[str, Verdict | None]:
    results = page.assessment.results["year_to_date"]
    return {
        measure.id: results[measure.id].verdict if measure.id in results else None
        for measure in page.catalogue.in_priority(priority)
    }


# --- the answer -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("priority", "words"),
    [
        (
            "violence-reduction",
            ("none of seven measures", "For two the", "Five cannot be compared"),
        ),
        (
            "building-safer-neighbourhoods",
            ("none of eight measures", "One points one way", "Without figures: [deliberate fires]"),
        ),
        ("protecting-people-from-harm", ("Two point one way", "One has too few cases")),
        (NONE_OF_ITS_OWN, ("We cannot say", "holds no measure of this priority")),
    ],
)
def test_the_answer_counts_the_verdicts_of_its_measures(
    page: Start, priority: str, words: tuple[str, ...]
) -> None:
    told = text.priority_answer(page.assessment, page.catalogue, priority, page.edition, page.audit)
    for part in words:
        assert part in told
    assert "[total recorded crime]" in told


def test_the_bar_stays_that_of_the_whole_family(page: Start) -> None:
    own = page.catalogue.in_priority("violence-reduction")
    part = about.within(page.assessment, own)
    assert set(part.results["year_to_date"]) == {measure.id for measure in own}
    assert {result.family_size for result in part.results["year_to_date"].values()} == {22}
    assert len(page.assessment.results["year_to_date"]) == 22


@pytest.mark.parametrize("priority", PRIORITIES)
def test_every_measure_is_named_in_what_is_open_or_clear(page: Start, priority: str) -> None:
    told = text.priority_open(
        page.assessment,
        page.catalogue,
        priority,
        page.edition,
        audit=page.audit,
        claims=page.claims,
        comparison=page.comparison,
    )
    for name, verdict in verdicts(page, priority).items():
        if verdict not in (Verdict.INCREASE, Verdict.DECREASE):
            assert f"measure={name})" in told


def test_a_clear_change_is_no_open_question(page: Start) -> None:
    results = dict(page.assessment.results["year_to_date"])
    results["knife-crime"] = replace(results["knife-crime"], verdict=Verdict.DECREASE)
    judged = replace(page.assessment, results={**page.assessment.results, "year_to_date": results})
    told = text.priority_open(
        judged,
        page.catalogue,
        "violence-reduction",
        page.edition,
        audit=page.audit,
        claims=(),
        comparison={"knife-crime": page.comparison["robbery-personal"]},
    )
    assert "knife-crime" not in told


def test_claims_that_cannot_be_tested_say_what_it_would_take(page: Start) -> None:
    told = text.priority_open(
        page.assessment,
        page.catalogue,
        "building-safer-neighbourhoods",
        page.edition,
        audit=page.audit,
        claims=page.claims,
        comparison=page.comparison,
    )
    untested = [one for one in page.claims if one.outcome.verdict.value == "cannot be tested"]
    named = [one for one in untested if about.claims_about([one], page.catalogue["asb-incidents"])]
    assert len(named) > 1
    assert told.count("it cannot be tested") == len(named)  # each once
    assert "It would take: Five years or more of monthly incidents" in told


# --- what to ask ----------------------------------------------------------------------------------


def ask(page: Start, priority: str) -> str:
    return text.priority_ask(
        page.assessment,
        page.catalogue,
        priority,
        page.edition,
        audit=page.audit,
        comparison=page.comparison,
    )


def test_questions_go_to_those_who_record(page: Start) -> None:
    assert "*To West Midlands Fire Service:* when can there be figures of" in ask(
        page, "building-safer-neighbourhoods"
    )
    violence = ask(page, "violence-reduction")
    assert violence.count("from which day did the new way of recording apply") == 1
    assert "*To similar areas:* what do they do about [personal robbery]" in violence
    assert "which count, recorded by whom" in ask(page, NONE_OF_ITS_OWN)


def test_similar_areas_are_asked_only_about_what_is_clearly_more(page: Start) -> None:
    robbery = page.comparison["robbery-personal"]
    assert robbery.standing is Standing.MORE
    fewer = {"robbery-personal": replace(robbery, standing=Standing.NO_CLEAR)}
    told = text.measures_ask(
        page.assessment,
        (page.catalogue["robbery-personal"],),
        page.area,
        audit=page.audit,
        comparison=fewer,
    )
    assert "To similar areas" not in told
    assert "](" not in told  # on its own page the measure is no link


# --- what was done --------------------------------------------------------------------------------


def test_activity_is_of_the_sections_of_the_priority(page: Start) -> None:
    """Sections 4.6, 5.1.1, 5.1.2 and 5.1.3 of the report: 1, 2, 2 and 8 figures."""
    told = text.priority_activity(page.sections, page.printed_figures, "violence-reduction")
    assert "**The report prints 13 figures in four sections.**" in told
    assert "consequence management belongs here is this project's reading" in told
    table = tables.priority_activity(
        page.sections, page.printed_figures, "violence-reduction", title="x", label="tbl-x"
    )
    assert table.count("section 5.1.3") == 8
    assert "section 4.1" not in table


def test_a_priority_without_activity_says_so(page: Start) -> None:
    told = text.priority_activity(page.sections, page.printed_figures, NONE_OF_ITS_OWN)
    assert told.startswith("**The report prints no figure of activity for this priority.**")
    table = tables.priority_activity(
        page.sections, page.printed_figures, NONE_OF_ITS_OWN, title="x", label="tbl-x"
    )
    assert "|" not in table


def test_every_section_with_activity_belongs_to_one_priority(page: Start) -> None:
    """Sections 4 and 5 are about what was done; 2 and 3 are about the partnership and the city."""
    held = set(page.printed_figures["section"])
    done = {section for section in held if section[0] in "45"}
    assert set(page.sections["section"]) == done


def test_sections_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tables_of.copy(tmp_path)
    monkeypatch.setenv("BCSP_PROJECT", str(root))
    file = root / "data" / "report" / "2023-24-q2" / "sections.csv"
    text_of = file.read_text("utf-8")
    file.write_text(text_of.replace("violence-reduction,report", "violence-reduction,us"), "utf-8")
    with pytest.raises(DataError, match="column assigned_by"):
        sections.load(file)
    file.write_text(text_of.replace("violence-reduction", "violence"), "utf-8")
    with pytest.raises(RegisterError, match="'violence'"):
        start.start("2023-24-q2", priority="violence-reduction").sections  # noqa: B018
    file.write_text(text_of.partition("\n")[0] + "\n", "utf-8")
    assert sections.load(file).empty


def test_an_unknown_priority_is_named() -> None:
    with pytest.raises(ParameterError, match="did you mean violence-reduction"):
        start.start("2023-24-q2", priority="violence-reductions")
    with pytest.raises(ParameterError, match="no priority"):
        start.start("2023-24-q2", series="asb").priority  # noqa: B018


@pytest.mark.parametrize("priority", PRIORITIES)
def test_the_chart_of_a_priority_draws_its_measures(page: Start, priority: str) -> None:
    shown = about.across(page.catalogue) + page.catalogue.in_priority(priority)
    chart = figures.change_intervals(
        about.within(page.assessment, shown),
        page.catalogue,
        "year_to_date",
        area=page.area,
        source="Source: x.",
        hidden=page.hidden,
    )
    rows = [label.get_text() for label in chart.axes[0].texts]
    assert any(row.startswith("Total recorded crime") for row in rows)
    drawn = [m for m in shown if page.assessment.result(m.id, "year_to_date")]
    drawn = [m for m in drawn if m.id not in page.hidden]
    assert len([row for row in rows if row.endswith("%")]) == len(drawn)


# --- the strip ------------------------------------------------------------------------------------


def strips(page: Start) -> str:
    return tables.strips(
        page.assessment, page.catalogue, page.edition, hidden=page.hidden, audit=page.audit
    )


def test_the_strip_holds_every_measure_once_linked_to_its_page(page: Start) -> None:
    told = strips(page)
    for measure in page.catalogue:
        assert told.count(f"(11-measure.ipynb#measure={measure.id})") == 1
    for priority in page.catalogue.priorities:
        assert told.count(f"(12-priority.ipynb#priority={priority})") == 1
    assert told.count("{#tbl-strip") == 4  # one spans all priorities, one has no measure
    assert "The quarterly table holds no measure of this priority." in told


def test_the_strip_shows_no_hidden_count(page: Start) -> None:
    rows = {line.split("]")[0][3:]: line for line in strips(page).splitlines() if "| [" in line}
    assert len(rows) == 23
    for name in ("Female genital mutilation", "Forced marriage"):
        assert rows[name].count(r"\[c\]") == 2
        assert ".spark" not in rows[name]
    assert rows["Deliberate fires"].count(r"\[x\]") == 2
    assert "1,029" in rows["Personal robbery"]
    assert "points up" in rows["Theft from shop or stall"]
    assert rows["Hate crime"].endswith("printed figures disagree |")


def test_the_blocks_are_the_quarters_on_a_scale_from_zero(page: Start) -> None:
    """Robbery: 1,017 (implied), 1,008, not printed twice, 1,111, 1,029.

    Eighths of 1,111: 7.3, 7.3, 8, 7.4, so the 7th, 7th, 8th and 7th block.
    """
    seven, eight, gap = "\u2587", "\u2588", "\u00b7"
    told = sparkline(page.assessment, "robbery-personal")
    assert told.startswith(f"[{seven}{seven}{gap}{gap}{eight}{seven}]")
    assert 'role="img"' in told
    assert "April to June 2022 1,017 implied; July to September 2022 1,008" in told
    assert sparkline(page.assessment, "deliberate-fires") == ""


# --- since the last edition -----------------------------------------------------------------------


def since(page: Start) -> str:
    return text.since_last(
        page.assessment,
        page.catalogue,
        page.edition,
        page.earlier_edition,
        page.earlier_assessment,
        hidden=page.hidden_in_either,
    )


def first_quarter(root: Path, cells: dict[str, dict[str, str]]) -> None:
    """An edition of 2023/24 Q1 whose counts are the first quarters of the table of Q2."""
    folder = root / "data" / "report" / "2023-24-q1"
    shutil.copytree(root / "data" / "report" / "2023-24-q2", folder)
    with (root / tables_of.TABLE).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    first = {
        row["measure_id"]: {
            "q_this_year": row["q_previous"],
            "q_previous": row["q_previous"],
            "ytd_this_year": row["q_previous"],
            "q_last_year": row["q_last_year"],
            "ytd_last_year": row["q_last_year"],
        }
        for row in rows
        if row["measure_id"] != "deliberate-fires"
    }
    for name, changed in cells.items():
        first[name] |= changed
    tables_of.write(folder / "performance.csv", first)
    toml = (root / "editions" / "2023-24-q2.toml").read_text("utf-8")
    toml = toml.replace("2023/24 Q2", "2023/24 Q1").replace(
        'report = "data/report/2023-24-q2"', 'report = "data/report/2023-24-q1"'
    )
    (root / "editions" / "2023-24-q1.toml").write_text(toml, "utf-8")


def test_the_first_edition_says_that_it_is_the_first(page: Start) -> None:
    assert page.earlier_edition is None
    assert since(page).startswith("**This is the first edition held here.**")


def test_revised_counts_and_turned_verdicts_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tables_of.copy(tmp_path)
    monkeypatch.setenv("BCSP_PROJECT", str(root))
    revised = {"q_this_year": "1,100", "ytd_this_year": "1,100"}  # 1,111 in the table of Q2
    first_quarter(root, {"robbery-personal": revised})
    page = start.start("2023-24-q2")
    assert page.earlier_edition is not None
    assert page.earlier_edition.quarter.label == "2023/24 Q1"
    told = since(page)
    assert told.startswith("**Against the edition of 2023/24 Q1:")
    # 23 measures, less one without figures and two that are hidden
    assert "Of the 20 counts of April to June 2023 that both print, one differs: " in told
    assert (
        "personal robbery](11-measure.ipynb#measure=robbery-personal) (1,100 then, 1,111 now)"
        in told
    )
    before, now = page.earlier_assessment, page.assessment
    assert before is not None
    turned = [
        name
        for name, result in now.results["year_to_date"].items()
        if before.results["year_to_date"][name].verdict is not result.verdict
    ]
    for name in now.results["year_to_date"]:
        assert (f"measure={name}) (then " in told) == (name in turned)
    assert not re.search(r"measure=(forced-marriage|female-genital-mutilation)\) \(\d", told)


def test_an_edition_of_another_area_or_a_later_one_is_not_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tables_of.copy(tmp_path)
    monkeypatch.setenv("BCSP_PROJECT", str(root))
    first_quarter(root, {})
    file = root / "editions" / "2023-24-q1.toml"
    (root / "editions" / "2023-24-q1-local.toml").write_text(
        file.read_text("utf-8").replace("E08000025", "E08000026"), "utf-8"
    )
    now = editions.load("2023-24-q2")
    found = editions.earlier(now)
    assert found is not None
    assert found.slug == "2023-24-q1"
    assert editions.earlier(found) is None
    same = replace(now, slug="2023-24-q2-local", area_code="E08000026")
    other = editions.earlier(same)
    assert other is not None
    assert other.slug == "2023-24-q1-local"


def test_sections_are_text(page: Start) -> None:
    assert list(page.sections.columns) == list(sections.COLUMNS)
    assert all(pd.api.types.is_string_dtype(page.sections[name]) for name in sections.COLUMNS)
