"""The menus of the site: every measure can be reached from one, under the priority it serves."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from bcsp_analysis import editions, project
from bcsp_analysis.measures import catalogue
from bcsp_analysis.publish import navigation, places


@pytest.fixture(scope="module")
def website() -> dict[str, Any]:
    config = yaml.safe_load(project.path("_quarto.yml").read_text(encoding="utf-8"))
    held = places.of_edition(editions.load("2023-24-q2"))
    settings = navigation.rewritten(config, held, [])
    assert held.warnings == []
    return dict(settings["website"])


def menu(website: dict[str, Any], title: str) -> list[dict[str, str]]:
    (found,) = (one for one in website["navbar"]["left"] if one.get("text") == title)
    return list(found["menu"])


def test_every_measure_stands_under_its_priority(website: dict[str, Any]) -> None:
    measures = catalogue.load()
    under, heading = {}, ""
    for entry in menu(website, "All measures"):
        if "href" not in entry:
            heading = entry["text"]
        elif entry["href"].startswith("measures/"):
            under[entry["text"]] = heading
    assert under == {
        measure.short_title: measures.priorities.get(measure.priority, "") for measure in measures
    }


def test_a_priority_without_measures_has_no_heading(website: dict[str, Any]) -> None:
    headings = [entry["text"] for entry in menu(website, "All measures") if "href" not in entry]
    assert len(headings) == len(set(headings))
    assert "Reducing offending" not in headings  # the report prints no measure of it


def test_pages_of_series_keep_their_own_entries(website: dict[str, Any]) -> None:
    assert [entry["text"] for entry in menu(website, "Violence")] == [
        "Usual ups and downs",
        "Season",
        "Cost of living",
        "Outlook",
    ]


def test_the_foot_says_whose_reading_it_is_and_leads_to_the_paper(website: dict[str, Any]) -> None:
    foot = website["page-footer"]
    assert "not signed off by the partnership" in foot["left"]
    assert "board-pack.pdf" in [entry["href"] for entry in foot["right"]]
