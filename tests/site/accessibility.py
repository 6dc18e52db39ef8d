"""axe-core in a page that is open: put in once, run again after each change of the screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SCHEMES = ("light", "dark")
# Every rule runs. What passes is not reported: it would take half the time.
OPTIONS = {"preload": False, "resultTypes": ["violations"]}
# For the contrast of each word axe reads the colours of all that lies under it, the same few every
# time. What a text of CSS means as a colour does not change: it is read once.
COLOURS_ONCE = """() => {
  const colour = axe.commons.color.Color.prototype, parse = colour.parseString, known = new Map();
  colour.parseString = function (text) {
    const read = known.get(text);
    if (read) [this.r, this.g, this.b, this.alpha] = read;
    else {
      parse.call(this, text);
      known.set(text, [this.r, this.g, this.b, this.alpha]);
    }
    return this;
  };
}"""
SHOWN = """([dark, width]) => new Promise(done => {
  const look = () => matchMedia("(prefers-color-scheme: dark)").matches === dark
    && innerWidth === width
    && document.getAnimations().every(one => one.playState !== "running")
    ? requestAnimationFrame(() => done(true)) : requestAnimationFrame(look);
  look();
})"""
VIOLATIONS = "options => axe.run(options).then(found => found.violations)"


def put_in(page: Page) -> None:
    """Put axe-core into the page; once for as long as the page is not loaded again."""
    page.evaluate(Axe().axe_script)
    page.evaluate(COLOURS_ONCE)


def show(page: Page, scheme: str, width: int | None = None) -> None:
    """Change the colour scheme, or the width too, and wait until the page is laid out in it."""
    size = page.viewport_size
    assert size is not None
    if width is not None and width != size["width"]:
        page.set_viewport_size({"width": width, "height": size["height"]})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.evaluate(SHOWN, [scheme == "dark", width or size["width"]])


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe-core finds on the page as it is shown now."""
    found = page.evaluate(VIOLATIONS, OPTIONS)
    assert isinstance(found, list)
    return found


def in_each_scheme(page: Page, first: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Violations in the scheme in which the page was loaded, then in the other."""
    put_in(page)
    for scheme in (first, *(other for other in SCHEMES if other != first)):
        show(page, scheme)
        yield scheme, violations(page)
