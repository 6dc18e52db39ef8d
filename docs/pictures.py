"""Take the README's pictures of the built site with the system's Chromium: `make pictures`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PAGES = {
    "home": "index.html",
    "performance": "performance.html",
    "measure": "measures/asb-incidents.html",
}
SIZE = {"width": 1280, "height": 860}


def main() -> int:
    """Write one PNG a page beside this file; status 1 without a browser or a site."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None or not (ROOT / "_site" / "index.html").is_file():
        print("pictures need a Chromium and a built site: run make site first", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        for name, address in PAGES.items():
            page.goto((ROOT / "_site" / address).as_uri())
            page.screenshot(path=ROOT / "docs" / f"{name}.png")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
