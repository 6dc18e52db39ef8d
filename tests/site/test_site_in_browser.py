"""The built site in a browser, opened from disk: search, keyboard, paper, steadiness."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader


def test_search_finds_words_of_several_pages(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    for word, address in (
        ("overdispersion", "methods"),
        ("robbery", "robbery-personal"),
        ("season", "seasonality"),
    ):
        box = page.get_by_role("searchbox")
        box.fill(word)
        page.wait_for_function(
            "part => document.querySelector(`[role=search] a[href*=${part}]`) !== null",
            arg=address,
            timeout=5_000,
        )
    page.close()


FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  return {
    name: `${e.tagName} ${(e.textContent || e.getAttribute("aria-label") || "").trim()}`,
    seen: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
      || style.boxShadow !== "none",
    inside: box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth,
  };
}"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["index.html", "performance.html"])
def test_a_page_can_be_walked_by_keyboard(
    browser: Browser, site: Path, name: str, width: int
) -> None:
    """Every stop of the Tab key is in sight and marked; the first is the skip link."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((site / name).as_uri())
    stops = []
    for _ in range(400):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:
            break
        stops.append(stop)
    assert stops[0]["name"].endswith("Skip to main content")
    assert len(stops) > 15
    assert [s["name"] for s in stops if not s["seen"]] == []
    assert [s["name"] for s in stops if not s["inside"]] == []
    links = page.locator("main a[href]:visible").count()
    assert len(stops) >= links  # none of the page's own links is left out
    page.close()


def test_the_way_back_leads_back(browser: Browser, site: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((site / "index.html").as_uri())
    page.locator("main a[href$='.html']").first.click()
    page.wait_for_load_state()
    there = page.url
    assert there != (site / "index.html").as_uri()
    page.go_back()
    assert page.url == (site / "index.html").as_uri()
    page.go_forward()
    assert page.url == there
    page.close()


@pytest.mark.parametrize("name", ["index.html", "asb/seasonality.html"])
def test_a_page_prints_with_its_words_and_without_the_furniture(
    browser: Browser, site: Path, name: str
) -> None:
    page = browser.new_page()
    page.goto((site / name).as_uri())
    heading = page.locator("h1").inner_text()
    page.evaluate("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
    printed = PdfReader(io.BytesIO(page.pdf(format="A4")))
    text = " ".join(" ".join(sheet.extract_text() for sheet in printed.pages).split())
    assert " ".join(heading.split()) in text
    assert "Sources" in text
    assert "Skip to main content" not in text
    assert "On this page" not in text
    # every sheet is as wide as the paper: nothing is cut off at the right
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def test_figures_do_not_move_the_page(browser: Browser, site: Path) -> None:
    """The cumulative layout shift of a page with figures, as web browsers measure it, is none."""
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "e => window.shift += e.value)).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto((site / "asb" / "seasonality.html").as_uri())
    for _ in range(12):
        page.mouse.wheel(0, 800)
        page.wait_for_timeout(40)
    assert page.evaluate("window.shift") < 0.01
    page.close()
