"""The checker itself: it finds in each scheme and width what is wrong there, and nothing else."""

from __future__ import annotations

from typing import Any

import accessibility
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

PAGE = """<!doctype html><html lang="en-GB"><head><title>A page</title><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><style>
body {{ background: #fff; color: #222 }}
@media (prefers-color-scheme: dark) {{ body {{ background: #111; color: #eee }} }}
{style}
</style></head><body><main><h1>A page</h1>{body}</main></body></html>"""
GREY = "#777"  # 4.48 to 1 on white, below the 4.5 of WCAG 2.2, 1.4.3; 4.2 to 1 on #111
FAULTS = f"""
@media (prefers-color-scheme: dark) {{ #dark {{ color: {GREY} }} }}
@media (prefers-color-scheme: light) {{ #light {{ color: {GREY} }} }}
@media (prefers-color-scheme: dark) and (max-width: 600px) {{ #dark-phone {{ color: {GREY} }} }}
@media (min-width: 601px) {{ #desktop {{ color: {GREY} }} }}
#button {{ display: none }}
@media (max-width: 600px) {{ #button {{ display: block }} }}
"""
BODY = "".join(f"<p id='{name}'>Words.</p>" for name in ("dark", "light", "dark-phone", "desktop"))
# Colours as CSS may write them, each over several backgrounds, some of which axe cannot tell.
COLOURS = (
    *("#777", "rgb(119 119 119 / 80%)", "rgba(10,20,30,.5)", "hsl(200 50% 45%)", "rebeccapurple"),
    *("oklch(60% 0.1 200)", "color-mix(in srgb, red, white)", "color(display-p3 0.5 0.5 0.5)"),
    *("transparent", "currentcolor", "lab(50% 20 30)"),
)
UNDER = ("#fff", "transparent", "rgba(0,0,0,.3)", "linear-gradient(red, blue)", "hwb(90 10% 10%)")


def opened(browser: Browser, style: str, body: str, scheme: str = "light") -> Any:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page.set_content(PAGE.format(style=style, body=body))
    return page


def found(page: Any) -> set[tuple[str, str]]:
    return {
        (fault["id"], node["target"][0])
        for fault in accessibility.violations(page)
        for node in fault["nodes"]
    }


def test_each_fault_is_found_where_it_shows_and_only_there(browser: Browser) -> None:
    """Low contrast in one scheme or one width, a button without a name at one width."""
    page = opened(browser, FAULTS, f"{BODY}<button id='button'></button>")
    accessibility.put_in(page)
    seen = {}
    for scheme, width in (("light", 1280), ("dark", 1280), ("dark", 390), ("light", 390)):
        accessibility.show(page, scheme, width)
        seen[scheme, width] = found(page)
    contrast, nameless = "color-contrast", ("button-name", "#button")
    assert seen == {
        ("light", 1280): {(contrast, "#light"), (contrast, "#desktop")},
        ("dark", 1280): {(contrast, "#dark"), (contrast, "#desktop")},
        ("dark", 390): {(contrast, "#dark"), (contrast, "#dark-phone"), nameless},
        ("light", 390): {(contrast, "#light"), nameless},
    }
    page.close()


def test_a_page_is_judged_in_the_scheme_of_its_loading_and_in_the_other(browser: Browser) -> None:
    page = opened(browser, FAULTS, BODY, scheme="dark")
    told = [
        (scheme, [node["target"][0] for fault in faults for node in fault["nodes"]])
        for scheme, faults in accessibility.in_each_scheme(page, "dark")
    ]
    assert told == [("dark", ["#dark", "#desktop"]), ("light", ["#light", "#desktop"])]
    page.close()


def test_colours_that_are_read_once_change_no_result(browser: Browser) -> None:
    """All that axe-core says, violations or not, with its own reading of colours and with ours."""
    body = "".join(
        f"<div style='background:{under}'><p style='color:{colour};background-color:{behind}'>"
        f"Words over <b style='opacity:.6;text-shadow:0 0 1px {behind}'>others</b></p></div>"
        for under in UNDER
        for colour in COLOURS
        for behind in COLOURS[:3]
    )
    told = []
    for once in (False, True):
        page = opened(browser, "", body)
        page.evaluate(Axe().axe_script)
        if once:
            page.evaluate(accessibility.COLOURS_ONCE)
        result = page.evaluate("axe.run({preload: false})")
        told.append({kind: result[kind] for kind in ("violations", "passes", "incomplete")})
        page.close()
    assert told[0] == told[1]
    kinds = {kind: {rule["id"] for rule in told[0][kind]} for kind in told[0]}
    assert all("color-contrast" in rules for rules in kinds.values())
