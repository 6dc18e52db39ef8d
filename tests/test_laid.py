"""Pages at their places in the website project, kept from one build to the next.

The executed pages are written by hand, so that what is stated on them is known.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
import small_project

from bcsp_analysis import editions
from bcsp_analysis.errors import LedgerError
from bcsp_analysis.publish import laid, notebooks, places

SOURCE = "Markdown(text)"
PAGES = ("index", "asb/season", "violence/season")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BCSP_PROJECT", str(small_project.make(tmp_path)))
    monkeypatch.delenv(editions.SETTING, raising=False)
    for address in PAGES:
        execute(tmp_path, address, "The count is 21.", 21.0)
    return tmp_path


def execute(root: Path, address: str, shown: str, value: float, *, answer: float = 0.5) -> None:
    """An executed page with one sentence, whose number 21 came of a calculation."""
    file = root / "done" / f"{address}.ipynb"
    cell = nbformat.v4.new_code_cell(SOURCE, id="shown")
    cell.outputs = [nbformat.v4.new_output("display_data", {"text/markdown": shown})]
    front = nbformat.v4.new_raw_cell(f"---\ntitle: {address}\n---", id="front")
    notebooks.write(nbformat.v4.new_notebook(cells=[front, cell]), file)
    note: dict[str, Any] = {
        "source": SOURCE,
        "numbers": [[value, "21"]],
        "periods": [],
        "quotes": [],
        "scales": [],
        "files": [],
        "answers": {
            "Start.answer": {
                "name": "page.answer",
                "files": [],
                "period": "April 2023",
                "method": "counted",
                "values": {"share": answer},
            }
        },
    }
    file.with_suffix(notebooks.NOTED).write_text(json.dumps(note) + "\n", encoding="utf-8")


def lay(root: Path) -> tuple[laid.LaidPage, ...]:
    edition = editions.load("2023-24-q2")
    return laid.pages(edition, root / "done", places.of_edition(edition))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses of the pages that are laid, as they are."""
    found: list[str] = []
    plain = laid._lay

    def lay_one(page: editions.Page, *others: Any) -> dict[str, bytes]:
        found.append(page.address)
        return plain(page, *others)

    monkeypatch.setattr(laid, "_lay", lay_one)
    return found


def test_a_page_is_laid_once_and_is_the_same_afterwards(root: Path, counted: list[str]) -> None:
    first = lay(root)
    assert counted == list(PAGES)
    again = lay(root)
    assert counted == list(PAGES)
    assert again == first
    assert laid.summary(again) == "3 numbers on 3 pages, all traced"


def test_a_page_that_changed_is_laid_alone(root: Path, counted: list[str]) -> None:
    lay(root)
    counted.clear()
    execute(root, "asb/season", "The count is still 21.", 21.0)
    changed = lay(root)
    assert counted == ["asb/season"]
    assert b"still 21" in changed[1].notebook


def test_what_cells_noted_is_part_of_a_page(root: Path, counted: list[str]) -> None:
    lay(root)
    counted.clear()
    execute(root, "index", "The count is 21.", 21.4)
    assert lay(root)[0].ledger[0][-1] == "21.4"
    assert counted == ["index"]


def test_titles_of_measures_are_read_again_by_pages_that_name_them(
    root: Path, counted: list[str]
) -> None:
    lay(root)
    counted.clear()
    file = root / "data" / "measures.toml"
    file.write_text(file.read_text(encoding="utf-8") + "\n# a remark\n", encoding="utf-8")
    lay(root)
    assert counted == list(PAGES)


def test_an_address_that_moves_is_followed_on_every_page(root: Path, counted: list[str]) -> None:
    execute(root, "index", "[Season](02-season.ipynb), 21.", 21.0)
    assert b"[Season](asb/season.ipynb)" in lay(root)[0].notebook
    counted.clear()
    file = root / "editions" / "2023-24-q2.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"asb/season"', '"asb/months"'), encoding="utf-8")
    (root / "done" / "asb" / "season.ipynb").rename(root / "done" / "asb" / "months.ipynb")
    moved = lay(root)
    assert b"[Season](asb/months.ipynb)" in moved[0].notebook
    assert counted == ["index", "asb/months", "violence/season"]


def test_what_links_ask_for_is_asked_for_again(root: Path, counted: list[str]) -> None:
    (root / "data" / "a note.txt").write_text("x", encoding="utf-8")
    execute(root, "index", "[Note](../data/a%20note.txt), 21.", 21.0)
    edition = editions.load("2023-24-q2")
    first, again = places.of_edition(edition), places.of_edition(edition)
    laid.pages(edition, root / "done", first)
    counted.clear()
    laid.pages(edition, root / "done", again)
    assert counted == []
    assert again.asked() == first.asked()
    assert again.published == {"data/a note.txt"}


def test_kept_pages_are_held_against_the_others(root: Path) -> None:
    edition = editions.load("2023-24-q2")
    laid.check(edition, root / "done", lay(root))
    execute(root, "violence/season", "The count is 21.", 21.0, answer=0.75)
    with pytest.raises(LedgerError) as caught:
        laid.check(edition, root / "done", lay(root))
    assert "share is 0.5 on page index and 0.75 on page violence/season" in caught.value.found


def test_sums_that_were_added_in_another_order_agree(root: Path) -> None:
    # 0.1 + 0.2 is no 0.3 in binary; both are the same quantity
    execute(root, "index", "The count is 21.", 21.0, answer=0.1 + 0.2)
    for address in PAGES[1:]:
        execute(root, address, "The count is 21.", 21.0, answer=0.3)
    pages = lay(root)
    assert pages[0].answers != pages[1].answers
    laid.check(editions.load("2023-24-q2"), root / "done", pages)


def test_an_untraced_number_is_refused_also_where_the_page_is_kept(root: Path) -> None:
    execute(root, "index", "The count is 21, not 22.", 21.0)
    edition = editions.load("2023-24-q2")
    for _ in range(2):
        with pytest.raises(LedgerError, match="1 numbers of unknown origin"):
            laid.check(edition, root / "done", lay(root))
