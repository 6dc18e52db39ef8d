"""Tables of the built site on a phone: they open at their first column and name their cells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

WIDTH = 390
_SCROLLED = """[...document.querySelectorAll('.table-region, .scroll')]
    .filter(region => region.scrollLeft > 0).map(region => region.getAttribute('aria-label'))"""
_LABELS = """[...document.querySelectorAll('.cards tbody tr:first-child')].map(row =>
    [...row.cells].slice(1).map(cell => getComputedStyle(cell, '::before').content))"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": WIDTH, "height": 844})
    yield page
    page.close()


def open_at(page: Page, site: Path, name: str) -> None:
    page.goto((site / name).as_uri())
    page.wait_for_load_state("load")


def test_every_wide_table_opens_at_its_first_column(page: Page, site: Path) -> None:
    for file in sorted(site.rglob("*.html")):
        open_at(page, site, file.relative_to(site).as_posix())
        page.evaluate("document.querySelectorAll('details').forEach(box => { box.open = true })")
        assert page.evaluate(_SCROLLED) == [], file.name


def test_cells_of_cards_say_what_they_hold(page: Page, site: Path) -> None:
    open_at(page, site, "recording.html")
    rows = page.evaluate(_LABELS)
    assert rows
    for row in rows:
        assert row
        for label in row:
            assert label.strip('"').strip().endswith(":"), row
    assert '"Confirmed: "' in rows[0]


def test_the_verdicts_of_the_home_page_are_in_sight(page: Page, site: Path) -> None:
    open_at(page, site, "index.html")
    ends = page.evaluate(
        "[...document.querySelectorAll('#tbl-glance td:last-child')]"
        ".map(cell => cell.getBoundingClientRect().right)"
    )
    assert ends
    assert max(ends) <= WIDTH


def test_the_answer_about_a_measure_begins_on_the_first_screen(page: Page, site: Path) -> None:
    for file in sorted((site / "measures").glob("*.html")):
        open_at(page, site, f"measures/{file.name}")
        box = page.locator(".answer").first.bounding_box()
        assert box is not None
        assert box["y"] < 844 - 100, file.name
