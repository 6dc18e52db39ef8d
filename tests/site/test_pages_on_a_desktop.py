"""Every page of the built site at the width of a desktop, in both colour schemes."""

from pathlib import Path

import every_page
from playwright.sync_api import Browser


def test_pages_on_a_desktop(browser: Browser, site: Path) -> None:
    every_page.check(browser, site, 1280, first="dark")
