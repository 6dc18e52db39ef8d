"""The embedded engine alone in Chromium: pages opened from disk, keyboard, axe, paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import accessibility
import pytest
from playwright.sync_api import Browser, Page

from bcsp_analysis.publish.pandoc import render_site

CORPUS = Path(__file__).parents[1] / "quarto_corpus" / "sources"
PAGES = [
    "index",
    *(f"components/{path.stem}" for path in sorted((CORPUS / "components").glob("*.qmd"))),
    "notebooks/executed",
    "references/tables",
    "text/code-blocks",
    "text/footnotes",
]
# Written by the author of the corpus: a heading that skips a level, a dark colour on a span.
OF_THE_AUTHOR = {("components/grid", "heading-order"), ("components/divs", "color-contrast")}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_site(CORPUS, output=tmp_path_factory.mktemp("browser") / "site").output


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()


def open_page(page: Page, site: Path, name: str) -> None:
    page.goto((site / f"{name}.html").as_uri())


@pytest.mark.parametrize(("width", "first"), [(390, "light"), (1280, "dark")])
def test_no_accessibility_violation_and_no_sideways_scrolling(
    browser: Browser, site: Path, width: int, first: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=first)
    found = []
    for name in PAGES:
        open_page(page, site, name)
        for scheme, faults in accessibility.in_each_scheme(page, first):
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            found += [
                (name, scheme, fault["id"], fault["nodes"][0]["html"][:120])
                for fault in faults
                if (name, fault["id"]) not in OF_THE_AUTHOR
            ]
    page.close()
    assert found == []


def test_no_console_message_and_no_request_to_another_host(page: Page, site: Path) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(request.url))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith(("file:", "data:")) else said.append(request.url)
        ),
    )
    for name in PAGES:
        open_page(page, site, name)
    assert said == []


def test_search_finds_a_word_by_keyboard(page: Page, site: Path) -> None:
    open_page(page, site, "components/grid")
    page.get_by_label("Search").focus()
    page.keyboard.type("apostrophe")
    page.get_by_role("status").get_by_text("1 result").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/text/typography.html*")
    assert "Typography" in page.locator("h1").inner_text()


def test_search_says_when_nothing_is_found_and_closes(page: Page, site: Path) -> None:
    open_page(page, site, "index")
    page.get_by_label("Search").fill("xyzzy <b>")
    page.get_by_role("status").get_by_text("Nothing found").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("#search-results").is_hidden()


def test_tabs_by_keyboard_and_in_their_group(page: Page, site: Path) -> None:
    open_page(page, site, "components/tabsets")
    first = page.get_by_role("tab", name="Count").first
    first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Rate"
    assert page.get_by_text("Second set, rate.").is_visible()
    assert page.get_by_text("Counts are").is_hidden()
    page.keyboard.press("Home")
    assert page.get_by_text("Counts are").is_visible()
    assert page.get_by_role("tab", selected=True).count() == 3


def test_a_link_into_a_closed_tab_opens_it(page: Page, site: Path) -> None:
    page.goto((site / "components/tabsets.html").as_uri() + "#deeper-heading-in-a-tab")
    assert page.get_by_role("heading", name="Deeper heading in a tab").is_visible()


def test_skip_link_menu_and_visible_focus(page: Page, site: Path) -> None:
    open_page(page, site, "index")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    menu = page.locator(".navbar summary")
    menu.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Figures"
    page.keyboard.press("Escape")
    assert page.locator(".navbar details").get_attribute("open") is None
    assert menu.evaluate("e => e === document.activeElement")


def test_menu_button_on_a_phone(browser: Browser, site: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    open_page(page, site, "index")
    assert page.get_by_role("link", name="Guidance").is_hidden()
    button = page.get_by_role("button", name="Menu")
    button.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    assert page.get_by_role("link", name="Guidance").is_visible()
    page.close()


def test_pages_can_be_read_without_a_script(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    open_page(page, site, "components/tabsets")
    assert page.get_by_text("Counts are").is_visible()
    assert page.get_by_text("Second set, rate.").is_visible()
    assert page.get_by_role("link", name="Guidance").is_visible()
    context.close()


def test_paper_shows_every_tab_and_every_closed_box(page: Page, site: Path) -> None:
    page.emulate_media(media="print")
    open_page(page, site, "components/tabsets")
    assert page.get_by_text("Second set, rate.").is_visible()
    assert page.locator(".navbar").is_hidden()
    open_page(page, site, "components/callouts-options")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.get_by_text("Body of the closed callout.").is_visible()


def note_shown(page: Page) -> str | None:
    """The text of the box that the mark with the focus, or under the pointer, is described by."""
    marks = page.locator("a[role=doc-noteref][aria-describedby]")
    if not marks.count():
        return None
    shown = page.locator("#" + str(marks.first.get_attribute("aria-describedby")))
    assert shown.get_attribute("role") == "tooltip"
    return shown.inner_text().strip()


def test_a_footnote_is_shown_on_focus_and_escape_closes_it(page: Page, site: Path) -> None:
    open_page(page, site, "text/footnotes")
    mark = page.locator("a[role=doc-noteref]").nth(1)
    mark.focus()
    assert note_shown(page) == "An inline note with markup and a link."
    page.keyboard.press("Escape")
    assert note_shown(page) is None
    assert mark.evaluate("e => e === document.activeElement")
    mark.press("Enter")
    assert page.url.endswith("#fn2")
    page.locator("#fn2 .footnote-back").press("Enter")
    assert page.url.endswith("#fnref2")


def test_a_footnote_stays_while_its_box_is_pointed_at(page: Page, site: Path) -> None:
    open_page(page, site, "text/footnotes")
    page.locator("a[role=doc-noteref]").first.hover()
    assert "It has two paragraphs" in str(note_shown(page))
    page.locator("#note-box").hover()
    page.wait_for_timeout(400)
    assert "It has two paragraphs" in str(note_shown(page))
    inside = page.evaluate(
        "(r => r.left >= 0 && r.right <= innerWidth)(document.querySelector('#note-box')"
        ".getBoundingClientRect())"
    )
    assert inside
    page.mouse.move(5, 5)
    page.wait_for_function("!document.querySelector('#note-box')")
    assert page.evaluate("document.querySelectorAll('[id=fn1]').length") == 1


def test_a_tap_shows_the_footnote_and_another_closes_it(browser: Browser, site: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True)
    page = context.new_page()
    open_page(page, site, "text/footnotes")
    page.locator("a[role=doc-noteref]").first.tap()
    assert "The method note." in str(note_shown(page))
    assert "#" not in page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    accessibility.put_in(page)
    assert accessibility.violations(page) == []
    page.locator("h1").tap()
    assert note_shown(page) is None
    page.locator("a[role=doc-noteref]").first.tap()
    page.get_by_role("link", name="Go to note 1").tap()
    assert page.url.endswith("#fn1")
    context.close()


def test_touch_targets_of_the_furniture(browser: Browser, site: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    open_page(page, site, "components/tabsets")
    page.get_by_role("button", name="Menu").click()
    small = page.evaluate(
        """[...document.querySelectorAll('nav a, nav summary, button, footer a, input')]
        .map(e => [e.textContent, e.getBoundingClientRect()])
        .filter(([text, box]) => box.width && Math.min(box.height, box.width) < 24)
        .map(([text]) => text)"""
    )
    page.close()
    assert small == []


def test_the_first_load_is_small(site: Path) -> None:
    assets = sum(path.stat().st_size for path in (site / "site_libs").rglob("*.*"))
    assert assets < 60_000
    assert assets + (site / "index.html").stat().st_size < 300_000
