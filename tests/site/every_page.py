"""What is asked of every page of the built site in a browser, at one width of the screen.

One test file for each width calls it, so that two processes share the work.
"""

from __future__ import annotations

from pathlib import Path

import accessibility
from playwright.sync_api import Browser

BROKEN = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"


def check(browser: Browser, site: Path, width: int, first: str) -> None:
    """Opened from disk: no axe-core violation, no sideways scrolling, no message, no request.

    In both colour schemes: a page is loaded in the first, and changed to the other in its place.
    """
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=first)  # type: ignore[arg-type]
    said, asked, faults = [], [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda r: asked.append(r.url) if not r.url.startswith("file:") else None)
    files = sorted(site.rglob("*.html"))
    assert files
    for file in files:
        name = file.relative_to(site).as_posix()
        page.goto(file.as_uri())
        page.evaluate("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
        page.wait_for_function(f"{BROKEN} === 0", timeout=10_000)
        for scheme, found in accessibility.in_each_scheme(page, first):
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, scheme)
            assert page.evaluate(BROKEN) == 0, (name, scheme)
            faults += [(name, scheme, v["id"], v["nodes"][0]["html"][:120]) for v in found]
    page.close()
    assert (faults, said, asked) == ([], [], [])
