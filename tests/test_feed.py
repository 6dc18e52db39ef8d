"""The Atom feed of the editions (RFC 4287) and the archive of earlier ones."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from bcsp_analysis import editions, start
from bcsp_analysis.editions import Edition
from bcsp_analysis.errors import SiteError
from bcsp_analysis.periods import Quarter
from bcsp_analysis.present import tables
from bcsp_analysis.publish import archive, feed

ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture(scope="module")
def newest() -> Edition:
    return editions.load("2023-24-q2")


def before(newest: Edition) -> Edition:
    return dataclasses.replace(
        newest,
        slug="2023-24-q1",
        quarter=Quarter(2023, 1),
        title="Earlier <edition> & more",
        published=datetime.date(2023, 9, 6),
    )


def read(content: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(content)


def found(element: ElementTree.Element, path: str) -> list[str]:
    return [e.text or "" for e in element.findall(path, ATOM)]


def test_a_feed_has_what_the_standard_asks_for(newest: Edition) -> None:
    # RFC 4287, 4.1.1 and 4.1.2: id, title, updated of the feed and of each entry; an author; an
    # alternate link of an entry without content.
    entries = {
        "index.html": (newest, "One"),
        "archive/2023-24-q1/index.html": (before(newest), "Two"),
    }
    content = feed.atom(entries, title="Community safety")
    root = read(content)
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    assert found(root, "a:author/a:name") == found(root, "a:title") == ["Community safety"]
    assert found(root, "a:updated") == ["2023-12-06T00:00:00Z"]
    assert found(root, "a:entry/a:updated") == ["2023-12-06T00:00:00Z", "2023-09-06T00:00:00Z"]
    # the day is that of the report, and is called so
    assert found(root, "a:entry/a:title")[1] == (
        "Earlier <edition> & more (report published 6 September 2023)"
    )
    assert found(root, "a:entry/a:summary") == [
        "Report published 6 December 2023.\n\nOne",
        "Report published 6 September 2023.\n\nTwo",
    ]
    links = [e.get("href") for e in root.findall("a:entry/a:link", ATOM)]
    assert links == ["index.html", "archive/2023-24-q1/index.html"]
    ids = found(root, "a:id") + found(root, "a:entry/a:id")
    assert len(set(ids)) == 3
    assert all(one.startswith("urn:uuid:") for one in ids)
    assert content == feed.atom(dict(reversed(entries.items())), title="Community safety")


def test_an_entry_keeps_its_id_when_words_and_address_change(newest: Edition) -> None:
    first = read(feed.atom({"index.html": (newest, "One")}, title="A"))
    other = dataclasses.replace(newest, title="Another title")
    later = read(feed.atom({"archive/x/index.html": (other, "Two")}, title="A"))
    assert found(first, "a:entry/a:id") == found(later, "a:entry/a:id")


def test_an_edition_without_a_day_is_not_in_the_feed(newest: Edition) -> None:
    draft = dataclasses.replace(newest, published=None)
    assert found(read(feed.atom({"index.html": (draft, "")}, title="A")), "a:entry/a:title") == []


@given(st.text(), st.text())
def test_any_text_gives_well_formed_xml(title: str, summary: str) -> None:
    edition = dataclasses.replace(editions.load("2023-24-q2"), title=title)
    root = read(feed.atom({"index.html": (edition, summary)}, title=title))
    assert len(root.findall("a:entry", ATOM)) == 1


# --- the archive ----------------------------------------------------------------------------------


PAGE = (
    '<html><body><main id="main" class="x"><h1>Home</h1>'
    '<a href="{up}archive/2022-23-q4/index.html">x</a></main></body></html>'
)


def make(edition: Edition, folder: Path) -> None:
    (folder / "asb").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE.format(up=""), "utf-8")
    (folder / "asb" / "page.html").write_text(PAGE.format(up="../"), "utf-8")
    (folder / "feed.xml").write_text(edition.slug, "utf-8")


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newest: Edition) -> Edition:
    """A project whose newest edition has one before it."""
    earlier = {newest.slug: before(newest)}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sources.toml").touch()
    monkeypatch.setenv("BCSP_PROJECT", str(tmp_path))
    monkeypatch.setattr(archive.editions, "earlier", lambda e: earlier.get(e.slug))
    return newest


def test_an_earlier_edition_is_built_once_and_says_what_it_is(two: Edition) -> None:
    built = []

    def making(edition: Edition, folder: Path) -> None:
        built.append(edition.slug)
        make(edition, folder)

    folders = archive.collect(two, making)
    assert archive.collect(two, making) == folders
    assert built == ["2023-24-q1"]
    assert list(folders) == ["archive/2023-24-q1"]
    folder = folders["archive/2023-24-q1"]
    for page, up in (("index.html", "../../"), ("asb/page.html", "../../../")):
        soup = BeautifulSoup((folder / page).read_text("utf-8"), "lxml")
        note = soup.select_one("main > p.earlier-edition")
        assert note is not None
        assert note.get_text().startswith("This is an earlier edition, 2023/24 Q1.")
        assert note.a["href"] == f"{up}index.html"
    # From archive/2023-24-q1/ another earlier edition lies one folder up.
    assert 'href="../2022-23-q4/index.html"' in (folder / "index.html").read_text("utf-8")
    assert 'href="../../2022-23-q4/index.html"' in (folder / "asb/page.html").read_text("utf-8")
    assert (folder / "feed.xml").read_text("utf-8") == "2023-24-q1"


def test_it_is_built_again_only_on_purpose(two: Edition) -> None:
    built = []
    archive.collect(two, lambda e, f: make(e, f))
    archive.collect(two, lambda e, f: (built.append(e.slug), make(e, f)), anew=True)
    assert built == ["2023-24-q1"]


def test_a_build_that_fails_keeps_nothing_half_done(two: Edition) -> None:
    def failing(edition: Edition, folder: Path) -> None:
        make(edition, folder)
        raise SiteError("no")

    with pytest.raises(SiteError):
        archive.collect(two, failing)
    built = []
    archive.collect(two, lambda e, f: (built.append(1), make(e, f)))
    assert built == [1]


def test_a_page_without_a_main_part_is_refused_by_name(two: Edition) -> None:
    def strange(edition: Edition, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "odd.html").write_text("<html></html>", "utf-8")

    with pytest.raises(SiteError, match="main part"):
        archive.collect(two, strange)


def test_the_first_edition_has_no_archive(newest: Edition) -> None:
    assert archive.earlier(newest) == ()
    assert archive.collect(newest, make) == {}


# --- the page of the editions ---------------------------------------------------------------------


def test_editions_stand_beside_each_other_with_their_verdicts(newest: Edition) -> None:
    page = start.start("2023-24-q2")
    then = dataclasses.replace(page.assessment, results={"year_to_date": {}})
    both = (*page.editions_judged, (before(newest), then))
    listed = tables.editions(both, label="tbl-x")
    assert "**2023/24 Q2**, this edition" in listed
    assert "[2023/24 Q1](archive/2023-24-q1/index.html)" in listed
    assert "Report published" in listed
    assert "6 December 2023" in listed
    draft = ((dataclasses.replace(newest, published=None), page.assessment),)
    assert "not yet" in tables.editions(draft, label="tbl-x")
    beside = tables.verdicts_by_edition(both, page.catalogue, label="tbl-y")
    rows = [line for line in beside.splitlines() if line.startswith("|")][2:]
    assert len(rows) == 22  # measures with counts for both years, read off the printed table
    for name, result in page.assessment.results["year_to_date"].items():
        (row,) = [r for r in rows if f"#measure={name})" in r]
        # the three of which the home page says that they point one way
        pointing = {"theft-from-shop": "up", "honour-based-abuse": "down", "modern-slavery": "down"}
        told = f"points {pointing[name]}, not confirmed" if name in pointing else result.verdict
        assert row.rstrip("|").split("|")[-2].strip() == told
        assert row.rstrip("|").split("|")[-1].strip() == "no figures"
