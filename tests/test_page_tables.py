"""CSV files of the tables of a page: what the page shows, as programs read it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcsp_analysis.errors import NotebookError
from bcsp_analysis.markup import escape, plain
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.publish import page_tables

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
COLUMNS = [Column("Measure"), Column("Change", figures=True)]


def page(*texts: str) -> nbformat.NotebookNode:
    outputs = [nbformat.v4.new_output("execute_result", {"text/markdown": t}) for t in texts]
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("x", outputs=[output]) for output in outputs]
    )


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"))))


def table(rows: list[list[str]], label: str = "tbl-x", caption: str = "Changes.") -> str:
    return pipe(COLUMNS, rows, caption=caption, label=label)


def test_marks_go_and_numbers_become_numbers() -> None:
    rows = [
        ["[Knife crime](11-measure.ipynb#measure=knife-crime)", "−4.5%"],
        ["**Theft**", "+1,271"],
        ["Fires", escape("[x]")],
        ["Hate crime", "−9% to +87%"],
    ]
    (found,) = page_tables.tables(page("Text.\n\n" + table(rows) + "\n\nMore."))
    assert (found.label, found.caption, found.file) == ("tbl-x", "Changes.", "x.csv")
    assert read(found.csv()) == [
        ["Measure", "Change"],
        ["Knife crime", "-4.5%"],
        ["Theft", "1271"],
        ["Fires", "[x]"],
        ["Hate crime", "−9% to +87%"],
    ]


def test_a_cell_never_starts_a_formula() -> None:
    rows = [[escape("=SUM(A1)"), "+9% to +87%"], [escape("@cmd"), escape("-x")]]
    (found,) = page_tables.tables(page(table(rows)))
    cells = [cell for row in read(found.csv())[1:] for cell in row]
    assert cells == ["'=SUM(A1)", "'+9% to +87%", "'@cmd", "'-x"]


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]))


@given(st.lists(WORDS.filter(lambda t: plain(t).strip()), min_size=1, max_size=4))
def test_any_text_comes_back_as_it_was_typed(cells: list[str]) -> None:
    text = table([[escape(cell), "1"] for cell in cells])
    (found,) = page_tables.tables(page(text))
    held = [" ".join(row[0].removeprefix("'").split()) for row in read(found.csv())[1:]]
    typed = [" ".join(plain(cell).split()) for cell in cells]
    assert [h.replace(",", "").lstrip("+") for h in held] == [
        t.replace(",", "").lstrip("+").removeprefix("'").replace("\N{MINUS SIGN}", "-")
        if page_tables._NUMBER.fullmatch(t)
        else t.removeprefix("'").replace(",", "").lstrip("+")
        for t in typed
    ]


def test_two_tables_of_one_id_are_refused() -> None:
    with pytest.raises(NotebookError, match="tbl-x"):
        page_tables.tables(page(table([["a", "1"]]), table([["b", "2"]])))


def test_files_and_list_belong_together() -> None:
    found = page_tables.tables(page(table([["a", "1"]]), table([["b", "2"]], label="tbl-y")))
    files = page_tables.files("asb/season", found)
    assert list(files) == ["downloads/tables/asb/season/x.csv", "downloads/tables/asb/season/y.csv"]
    told = page_tables.listed("asb/season", found)
    assert all(f"(../{name})" in told for name in files)
    assert page_tables.listed("index", ()) == ""
    assert page_tables.files("index", ()) == {}


@pytest.mark.parametrize("file", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda f: f.stem)
def test_every_table_of_the_committed_pages_is_found(file: Path) -> None:
    notebook = nbformat.read(file, as_version=4)
    marks = sum(
        output.get("data", {}).get("text/markdown", "").count("{#tbl-")
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )
    found = page_tables.tables(notebook)
    assert len(found) == marks
    for one in found:
        rows = read(one.csv())
        assert {len(row) for row in rows} == {len(one.headings)}
        assert len(rows) > 1
