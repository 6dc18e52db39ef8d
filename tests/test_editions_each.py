"""Entries of an edition file that stand for many pages, and where these pages come in the site."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest
import small_project
import table_of_measures as tables_of

from bcsp_analysis import editions
from bcsp_analysis.errors import EditionError
from bcsp_analysis.periods import Quarter
from bcsp_analysis.publish import assemble, local_edition, navigation, new_edition, parameters
from bcsp_analysis.publish.places import of_edition as places_of

FILE = small_project.ROOT / "data" / "measures.toml"
CATALOGUE = tomllib.loads(FILE.read_text("utf-8"))
MEASURES = {row["id"]: row["priority"] for row in CATALOGUE["measure"]}
PRIORITIES = [row["id"] for row in CATALOGUE["priority"]]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BCSP_PROJECT", str(tables_of.copy(tmp_path)))
    monkeypatch.delenv(editions.SETTING, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edit(root: Path, old: str, new: str) -> None:
    file = root / "editions" / "2023-24-q2.toml"
    text = file.read_text("utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), "utf-8")


def pages_of(edition: editions.Edition, parameter: str) -> dict[str, editions.Page]:
    return {
        str(page.parameters[parameter]): page
        for page in edition.pages
        if parameter in page.parameters
    }


def test_one_entry_makes_a_page_for_every_measure(root: Path) -> None:
    edition = editions.load("2023-24-q2")
    pages = pages_of(edition, "measure")
    assert list(pages) == list(MEASURES)  # in the order of the catalogue
    for measure, priority in MEASURES.items():
        assert pages[measure].address == f"measures/{measure}"
        assert pages[measure].under == (f"priorities/{priority}" if priority else "")
        assert pages[measure].parameters == {"measure": measure}
    assert list(pages_of(edition, "priority")) == PRIORITIES
    parameters.check(edition)


def test_a_measure_that_is_added_to_the_catalogue_gets_a_page(root: Path) -> None:
    file = root / "data" / "measures.toml"
    text = file.read_text("utf-8")
    entry = text[text.index("[[measure]]") :].partition("\n\n")[0]
    added = entry.replace("total-recorded-crime", "arson")
    file.write_text(text.replace(entry, f"{entry}\n\n{added}"), "utf-8")
    assert "measures/arson" in {page.address for page in editions.load("2023-24-q2").pages}


@pytest.mark.parametrize(
    ("old", "new", "problem", "place"),
    [
        ('each = "measure"', 'each = "mesure"', "cannot be made for each", "key each"),
        ('each = "measure"', "each = 1", "wrong type", "key each"),
        (
            'address = "measures/{measure}"',
            'address = "measures/all"',
            "many pages with one address",
            "key address",
        ),
        (
            'address = "measures/{measure}"',
            'address = "measures/{measure}-{year}"',
            "a mark that an address cannot have",
            "key address",
        ),
        (
            'under = "priorities/{priority}"',
            'under = "priorities/{unit}"',
            "a mark that an address cannot have",
            "key under",
        ),
        (
            'under = "priorities/{priority}"',
            'under = "aims/{priority}"',
            "listed by one that is not there",
            "key under",
        ),
        (
            'each = "measure"',
            'each = "measure"\nparameters = { measure = "knife-crime" }',
            "a second time",
            "key measure",
        ),
        ('each = "measure"', 'each = "measure"\ntitle = "x"', "one text for many", "key title"),
        (
            'address = "measures/{measure}"',
            'address = "Measures/{measure}"',
            "an address that a page cannot have",
            "key address",
        ),
        (
            'address = "priorities/{priority}"',
            'address = "{priority}"\neach = "priority"\n\n[[pages]]\n'
            'notebook = "notebooks/12-priority.ipynb"\naddress = "{priority}"',
            "the same address",
            "key address",
        ),
    ],
)
def test_what_is_wrong_is_refused_by_name(
    root: Path, old: str, new: str, problem: str, place: str
) -> None:
    edit(root, old, new)
    with pytest.raises(EditionError, match=problem) as raised:
        editions.load("2023-24-q2")
    assert raised.value.where.startswith("editions/2023-24-q2.toml, page ")
    assert place in raised.value.where


@pytest.mark.parametrize("content", ["", "measure = 3", "[[measure]]\ntitle = 'x'\n", "[[", None])
def test_a_catalogue_without_ids_is_named(root: Path, content: str | None) -> None:
    file = root / "data" / "measures.toml"
    if content is None:
        file.unlink()
    else:
        file.write_text(content, "utf-8")
    with pytest.raises(EditionError, match="does not say which pages") as raised:
        editions.load("2023-24-q2")
    assert "data/measures.toml" in raised.value.where


def test_the_next_edition_carries_the_pages_on(root: Path) -> None:
    last = editions.load("2023-24-q2")
    file, folder = new_edition.new_edition(Quarter(2023, 3), last)
    made = editions.load("2023-24-q3")
    assert [page.address for page in made.pages] == [page.address for page in last.pages]
    assert 'each = "measure"' in file.read_text("utf-8")
    # the next report numbers its sections anew
    assert (folder / "sections.csv").read_text("utf-8") == "section,title,priority,assigned_by\n"
    parameters.check(made)


def test_an_edition_on_a_store_carries_the_pages_on(root: Path) -> None:
    base = editions.load("2023-24-q2")
    text = local_edition._on_store(base, "data/store", "data/downloads/areas", "")
    pages = tomllib.loads(text)["pages"]
    assert [page.get("each") for page in pages if "each" in page] == ["priority", "measure"]


# --- where they come in the site -----------------------------------------------------------------


def settings(edition: editions.Edition) -> dict[str, object]:
    places = places_of(edition)
    sources = [f"{page.address}.ipynb" for page in edition.pages]
    made = navigation.rewritten(assemble._config(places), places, sources)
    assert places.warnings == []
    return made["website"]  # type: ignore[no-any-return]


def test_measures_follow_their_priority_in_the_order_of_reading(root: Path) -> None:
    side = settings(editions.load("2023-24-q2"))["sidebar"]["contents"]  # type: ignore[index]
    order = [entry["href"].removesuffix(".ipynb") for entry in side]
    assert order[:3] == ["index", "performance", "measures/total-recorded-crime"]
    for priority in PRIORITIES:
        own = [f"measures/{name}" for name, of in MEASURES.items() if of == priority]
        at = order.index(f"priorities/{priority}")
        assert order[at + 1 : at + 1 + len(own)] == own
    assert len(order) == len(set(order))
    named = {entry["href"]: entry.get("text") for entry in side}
    assert named["measures/serious-youth-violence.ipynb"] == "Serious youth violence"


def test_the_bar_on_top_has_the_priorities_and_every_measure_once(root: Path) -> None:
    bar = settings(editions.load("2023-24-q2"))["navbar"]["left"]  # type: ignore[index]
    menus = {entry["text"]: entry.get("menu", []) for entry in bar}
    assert [entry["href"] for entry in menus["Priorities"]] == [
        f"priorities/{name}.ipynb" for name in PRIORITIES
    ]
    measures = [e for menu in menus.values() for e in menu if "measures/" in e.get("href", "")]
    assert sorted(e["href"] for e in measures) == sorted(f"measures/{m}.ipynb" for m in MEASURES)


def test_a_sidebar_without_the_parent_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = small_project.make(tmp_path / "project")
    monkeypatch.setenv("BCSP_PROJECT", str(root))
    file = root / "editions" / "2023-24-q2.toml"
    text = file.read_text("utf-8").replace(
        'parameters = { series = "asb" }', 'parameters = { series = "asb" }\nunder = "index"'
    )
    file.write_text(text, "utf-8")
    shutil.copy(root / "_quarto.yml", root / "before.yml")
    quarto = (root / "_quarto.yml").read_text("utf-8")
    (root / "_quarto.yml").write_text(
        quarto.replace(
            "  page-footer:", "  sidebar:\n    contents:\n      - site/methods.qmd\n  page-footer:"
        ),
        "utf-8",
    )
    side = settings(editions.load("2023-24-q2"))["sidebar"]  # type: ignore[index]
    assert side == {"contents": ["methods.qmd"]}
