"""Numbers of pages lead to their sources: what is noted, what is refused, and what is published.

Printed figures are those of the shipped table (data/report/2023-24-q2/performance.csv), read here
with the csv module alone.
"""

from __future__ import annotations

import csv
import io
import json
import pickle
import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import small_project
from hypothesis import given
from hypothesis import strategies as st
from small_project import code, prose, write_notebook

from bcsp_analysis import editions, ledger, markup, periods, project, run_cache
from bcsp_analysis.errors import LedgerError
from bcsp_analysis.present.text import numbers
from bcsp_analysis.publish import (
    cell_names,
    laid,
    ledger_file,
    markdown,
    notebooks,
    stated,
    tokens,
    trace,
)
from bcsp_analysis.quantities import MOST_CELLS, quantities

BEGIN = """
from IPython.display import Markdown

from bcsp_analysis import start
from bcsp_analysis.present import tables, text

page = start.start(edition)
judged, measures = page.assessment, page.catalogue
"""
ASB = 'text.quarter_counts(judged, measures["asb-incidents"])'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BCSP_PROJECT", str(small_project.make(tmp_path)))
    monkeypatch.delenv(editions.SETTING, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def page(root: Path, name: str, *cells: str, begin: str = BEGIN) -> None:
    """Write a notebook whose cells are hidden at first and then shown."""
    write_notebook(
        root / "notebooks" / f"{name}.ipynb",
        prose(f"---\ntitle: {name}\n---", "raw"),
        code('edition: str = "2023-24-q2"', "parameters", "remove-cell"),
        code(begin, "remove-cell"),
        *(code(cell) for cell in cells),
    )


def run(root: Path, **pages: tuple[str, ...]) -> tuple[stated.ExecutedPage, ...]:
    """What these pages state, by address and cells."""
    edition = small_project.EDITION.partition("[[pages]]")[0]
    for address, cells in pages.items():
        page(root, f"01-{address}", *cells)
        edition += f'\n[[pages]]\nnotebook = "notebooks/01-{address}.ipynb"\naddress = "{address}"'
    (root / "editions" / "2023-24-q2.toml").write_text(edition + "\n", encoding="utf-8")
    for file in (root / "notebooks").glob("*.ipynb"):
        if file.stem.removeprefix("01-") not in pages:
            file.unlink()
    loaded = editions.load("2023-24-q2")
    notebooks.run_pages(loaded, root / "done", jobs=2)
    return stated.read(loaded, root / "done", laid.hidden(loaded))


def printed(measure: str) -> dict[str, str]:
    """The row of a measure as the report prints it."""
    file = project.path("data", "report", "2023-24-q2", "performance.csv")
    with file.open(encoding="utf-8", newline="") as rows:
        return next(row for row in csv.DictReader(rows) if measure in row.values())


# --- numbers in a text --------------------------------------------------------------------------


def seen(text: str) -> list[str]:
    return [token.text for token in tokens.tokens(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2,493 of 6,283, or 39.7%", ["2,493", "6,283", "39.7%"]),
        ("+22.2% and −11.8%, printed as -11.3%", ["+22.2%", "−11.8%", "-11.3%"]),
        ("27% to 41%", ["27%", "41%"]),
        ("a 5–21 range, 5-21 again", ["5", "21", "5", "21"]),
        ("2023/24 Q2, as in 2022-23 and on 2023-12-06", ["2023/24", "2022-23", "2023-12-06"]),
        ("April to September 2023.", ["2023"]),
        ("the 19th of May", ["19th"]),
        ("X-11, licence v3.0, area E08000025, test M7", []),
        ("three of none", []),
        ("ends with 1.20.", ["1.20"]),
        ("Rule 1, 3", ["1", "3"]),
    ],
)
def test_numbers_are_found_as_they_stand(text: str, expected: list[str]) -> None:
    assert seen(text) == expected


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_whatever_a_formatter_makes_is_one_number(value: float, places: int) -> None:
    for made in (numbers.number, numbers.signed, numbers.percent, numbers.signed_percent):
        text = made(value, places)
        assert seen(f"There were {text}, it says.") == [text]
        assert seen(f"({text} to {text})") == [text, text]


@given(st.integers(1900, 2190), st.integers(1, 4), st.integers(0, 40))
def test_whatever_a_period_is_called_is_covered_by_its_own_label(
    year: int, number: int, months: int
) -> None:
    quarter = periods.Quarter(year, number)
    assert seen(f"in {quarter.label} alone") == [quarter.financial_year]
    span = periods.Span(quarter.span.first, quarter.span.first + months)
    assert set(seen(f"**{span.label}**")) <= {str(year) for year in range(year, year + 5)}


@given(st.text(), st.text(alphabet="0123456789,.%+-/ Qa", min_size=1))
def test_no_digit_of_a_text_escapes(before: str, text: str) -> None:
    left = tokens._NAME.sub("", f"{before} {text}")
    held = "".join(seen(left))
    assert sorted(c for c in left if c in "0123456789") == sorted(
        c for c in held if c in "0123456789"
    )


def test_addresses_and_attributes_are_not_seen_but_titles_and_descriptions_are() -> None:
    text = (
        '::: {.callout-note title="Show 12 counts" #x-1}\n[home](pages/2023.html#a7) \\-5%\n:::\n'
        '[▁▂]{.spark aria-label="By quarter: 31"} ![](<a-9.svg>){fig-alt="Bars, 4 of them"}\n'
        ": Table. {#tbl-77}"
    )
    assert seen(tokens.seen_in_markdown(text)) == ["12", "-5%", "31", "4"]


def test_words_of_a_chart_are_seen_and_its_coordinates_are_not() -> None:
    svg = '<svg><title>Up 5%</title><path d="M 12 7"/><text x="3"><tspan>A &amp; 40</tspan></text>'
    assert tokens.seen_in_svg(f"{svg}</svg>") == "Up 5%\nA & 40"


# --- what stands behind a cell ------------------------------------------------------------------


def test_a_variable_carries_on_what_it_was_made_from() -> None:
    cells = [
        "page = start.start(edition)\njudged, names = page.assessment, page.catalogue",
        "part = judged.table\nother = page.audit",
        "Markdown(text(part, 1))",
        "Markdown(text(names))",
        "%matplotlib inline",
    ]
    found = cell_names.behind(cells)
    assert found[2].answers == {"assessment"}
    assert found[2].cells == {0, 1, 2}
    assert found[3].answers == {"catalogue"}
    assert found[3].cells == {0, 3}
    assert found[4].cells == {4}


# --- values of results --------------------------------------------------------------------------


def test_numbers_of_a_result_are_named_by_their_place() -> None:
    import pandas as pd

    table = pd.DataFrame({"now": [3.0, None], "name": ["a", "b"]}, index=["x", "y"])
    assert quantities({"shares": (0.5, True), "table": table}) == {
        "[shares][0]": 0.5,
        "[table][x, now]": 3.0,
    }


def test_a_large_table_is_one_digest_that_changes_with_every_cell() -> None:
    import pandas as pd

    series = pd.Series(range(MOST_CELLS + 1), dtype="float64")
    (first,) = quantities(series).values()
    series.iloc[-1] += 1
    (second,) = quantities(series).values()
    assert first != second
    assert re.fullmatch("[0-9a-f]{64}", str(first))


# --- noting -------------------------------------------------------------------------------------


def test_nothing_is_noted_or_changed_outside_the_run_of_a_page(tmp_path: Path) -> None:
    asked = SimpleNamespace(answer=5)
    assert ledger.watched(asked) is asked
    assert type(asked) is SimpleNamespace
    assert (ledger.number(1.5, "2"), ledger.quoted("7%"), ledger.period("2023")) == (
        "2",
        "7%",
        "2023",
    )
    with ledger.working_out() as files:
        (tmp_path / "a.csv").write_text("x", encoding="utf-8")
        (tmp_path / "a.csv").read_text(encoding="utf-8")
    assert files == set()


def test_text_that_our_own_code_has_put_together_is_no_quotation() -> None:
    assert markup.escape_own("5 * 3") == markup.escape("5 * 3")
    assert markup.plain_own(" 5 \n 3") == markup.plain("5 3") == "5 3"


def test_a_kept_result_brings_its_files_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(run_cache.SETTING, str(tmp_path))
    data = tmp_path / "data"
    data.mkdir()
    (data / "counts.csv").write_text("1", encoding="utf-8")
    noted = ledger._Recorder(tmp_path / "noted.jsonl", (f"{data}/",))
    monkeypatch.setattr(ledger, "_recorder", noted)

    def make() -> str:
        ledger.opened([str(data / "counts.csv")])
        return "made"

    assert run_cache.shared("x", (), make) == "made"
    assert [name for name, _ in noted.files] == [str(data / "counts.csv")]
    noted.files.clear()
    assert run_cache.shared("x", (), lambda: "not made again") == "made"
    assert [name for name, _ in noted.files] == [str(data / "counts.csv")]


def test_a_kept_result_brings_its_words_along_whoever_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page knows the periods in a result that another page has worked out before it."""
    monkeypatch.setenv(run_cache.SETTING, str(tmp_path))

    def made() -> str:
        inner = run_cache.shared("inner", (), lambda: ledger.number(1234, "1,234"))
        return f"{inner} in {ledger.period('May 2023')}, {ledger.quoted('7 wards')}"

    noted = []
    for _ in range(2):
        recorder = ledger._Recorder(tmp_path / "noted.jsonl", ())
        monkeypatch.setattr(ledger, "_recorder", recorder)
        ledger.period("2022")  # said before, and no part of the result
        assert run_cache.shared("outer", (), made) == "1,234 in May 2023, 7 wards"
        noted.append([{*recorder.numbers}, {*recorder.periods}, {*recorder.quotes}])
    maker, user = noted
    assert maker == user == [{(1234.0, "1,234")}, {"2022", "May 2023"}, {"7 wards"}]
    kept = [pickle.loads(file.read_bytes())[3] for file in tmp_path.glob("*.pickle")]
    assert not any("2022" in words["periods"] for words in kept)


# --- pages --------------------------------------------------------------------------------------


def refuse(pages: Sequence[stated.ExecutedPage]) -> None:
    stated.refuse(stated.untraced(pages), tuple(stated.disagreements(pages)))


def test_a_page_that_passes_its_numbers_through_formatters_is_traced(root: Path) -> None:
    (home,) = run(root, index=(f"Markdown({ASB})",))
    refuse([home])
    cell = next(cell for cell in home.cells if cell.stated)
    assert cell.answers[0].key == "Start.assessment"
    assert "performance.csv" in " ".join(cell.files)
    assert len(ledger_file.rows([home])) == sum(len(cell.stated) for cell in home.cells)


def test_a_sentence_with_a_bare_number_fails_by_name(root: Path) -> None:
    sentence = 'Markdown(f"There are {17 + 4} reasons, and {text.listing(())}")'
    with pytest.raises(LedgerError) as caught:
        refuse(run(root, index=(f"Markdown({ASB})", sentence)))
    assert caught.value.problem == "pages state 1 numbers of unknown origin"
    assert "index, cell 6: 21 in “There are 21 reasons, and”" in caught.value.found
    assert "number()" in caught.value.hint


def test_a_number_of_another_cell_does_not_cover_a_bare_one(root: Path) -> None:
    # 3,332: anti-social behaviour incidents of July to September 2023, as printed
    with pytest.raises(LedgerError) as caught:
        refuse(run(root, index=(f"Markdown({ASB})", 'Markdown("Again 3,332.")')))
    assert "index, cell 6: 3,332" in caught.value.found


def test_a_page_that_was_never_started_states_nothing_that_can_be_traced(root: Path) -> None:
    (home,) = run(root, index=("print(12)",))
    page(root, "01-index", "print(12)", begin="x = 0")
    notebooks.run_pages(editions.load("2023-24-q2"), root / "done")
    (home,) = stated.read(editions.load("2023-24-q2"), root / "done")
    with pytest.raises(LedgerError, match="unknown origin"):
        refuse([home])


def test_text_quoted_from_data_passes_with_its_digits(root: Path) -> None:
    shown = (
        "from bcsp_analysis import markup\n"
        'Markdown(markup.escape(page.table.cell("asb-incidents", "q_this_year").strip()))'
    )
    (home,) = run(root, index=(shown,))
    refuse([home])
    (quoted,) = home.cells[-1].stated
    assert (quoted.text, quoted.kind) == (printed("asb-incidents")["q_this_year"].strip(), "quoted")


def test_two_pages_that_disagree_fail_by_name(root: Path) -> None:
    other = "import dataclasses\npage.__dict__['standing'] = dataclasses.replace(page.standing, "
    other += "largest_error=23.0)\nMarkdown(text.stands_on(page.standing))"
    pages = run(root, index=("Markdown(text.stands_on(page.standing))",), other=(other,))
    stated_there = json.dumps([dict(answer.values) for p in pages for answer in p.answers])
    assert "23.0" in stated_there
    with pytest.raises(LedgerError) as caught:
        refuse(pages)
    assert caught.value.problem == "pages do not agree on 1 quantities"
    # 22 incidents: the largest bound of an error in data/monthly/birmingham.csv
    assert (
        "Start.standing: largest_error is 22.0 on page index and 23.0 on page other"
        in caught.value.found
    )


def test_the_ledger_holds_the_headline_with_its_value_its_row_and_its_files(root: Path) -> None:
    pages = run(root, index=(f"Markdown({ASB})",))
    text = ledger_file.written(ledger_file.rows(pages)).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == list(ledger_file.COLUMNS)
    (row,) = [row for row in rows if row["stated"] == "“3,332”"]
    assert printed("asb-incidents")["q_this_year"].strip() == "3,332"
    assert row["value"] == "3332"
    assert row["kind"] == "calculated"
    assert "asb-incidents" in row["quantity"]
    assert "data/report/2023-24-q2/performance.csv" in row["files"]
    assert row["notebook"] == "notebooks/01-index.ipynb"
    # two half-years and their quarters; the months of the series that the swings come from
    assert row["period"].startswith("April to September 2022; April to September 2023; ")
    assert row["period"].endswith("swings learned from August 2020 to July 2023")
    assert "quasi-Poisson" in row["method"]
    assert "Annual Report of the Birmingham Community Safety Partnership" in row["source"]


def test_the_ledger_names_no_number_of_a_measure_that_is_hidden(root: Path) -> None:
    # forced marriage: 2 in July to September 2022; 3, 13, 7 and 6 are printed or implied elsewhere
    cells = (
        f"Markdown({ASB})",
        'Markdown(f"{text.number(13)} and {text.number(-71)}% and {text.number(7)}")',
    )
    (home,) = run(root, index=cells)
    told = {path for answer in home.answers for path in answer.values}
    assert any("asb-incidents" in path for path in told)
    hidden = ("forced-marriage", "female-genital-mutilation")
    assert not [path for path in told if any(name in path for name in hidden)]
    written = ledger_file.written(ledger_file.rows([home]), unrounded=True).decode("utf-8")
    assert "“13”" in written
    assert "forced-marriage" not in written


def test_marks_of_a_scale_are_no_quantities(root: Path) -> None:
    shown = (
        "from bcsp_analysis.present.text import numbers\n"
        "Markdown(f'From {numbers.tick(2000)} on, {text.number(3332)}')"
    )
    (home,) = run(root, index=(f"Markdown({ASB})", shown))
    refuse([home])
    found = {one.text: one for one in home.cells[-1].stated}
    assert (found["2,000"].kind, found["2,000"].quantities) == (stated.SCALE, ())
    assert found["3,332"].kind == stated.CALCULATED


def test_per_cent_alone_is_held_against_shares_and_ratios() -> None:
    values = {"share": 0.29, "ratio": 1.29, "count[a]": 29.0}
    answer = stated.Answer("Start.x", (), "", "", values)
    pairs = ((29.0, "29%"), (29.0, "29"))
    cell = stated.Cell(1, "29% of 29", pairs, frozenset({"29%", "29"}), (), (), (answer,), ())
    found = {one.text: set(one.quantities) for one in cell.stated}
    assert found == {"29%": {"x: share", "x: ratio", "x: count[a]"}, "29": {"x: count[a]"}}


def test_a_page_of_one_measure_does_not_stand_on_answers_about_others() -> None:
    about = stated.Answer("Start.a", ("a.csv",), "May", "m", {"t[hate-crime, q]": 70.0})
    others = stated.Answer("Start.b", ("b.csv",), "June", "n", {"t[drug-offences, q]": 70.0})
    neither = stated.Answer("Start.c", ("c.csv",), "", "", {"level": 0.95})
    answers = (about, others, neither)
    seen = (1, "70", ((70.0, "70"),), frozenset({"70"}), (), ())
    cell = stated.Cell(*seen, answers, (), "hate-crime")
    assert cell.files == ("a.csv", "c.csv")
    assert ledger_file.periods(cell) == ("May",)
    assert [one.quantities for one in cell.stated] == [("a: t[hate-crime, q]",)]
    everywhere = stated.Cell(*seen, answers, ())
    assert everywhere.files == ("a.csv", "b.csv", "c.csv")


def test_no_cell_of_the_ledger_starts_a_formula_or_tells_more_than_the_page(root: Path) -> None:
    pages = run(
        root,
        index=(
            'Markdown(tables.compared_counts(judged, measures, "year_to_date", label="tbl-x"))',
        ),
    )
    published = list(csv.reader(io.StringIO(ledger_file.written(ledger_file.rows(pages)).decode())))
    for row in published[1:]:
        assert not [cell for cell in row if re.match(r"[=+@]|-(?!\d)", cell)]
        shown, value = row[2].strip("“”"), row[4]
        if value and shown[-1] == "%":
            assert len(value.partition(".")[2]) == len(shown[:-1].partition(".")[2])
    kept = ledger_file.written(ledger_file.rows(pages), unrounded=True).decode()
    assert next(csv.reader(io.StringIO(kept)))[-1] == ledger_file.UNROUNDED


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("2,493", 2493.0, "2493"),
        ("−11.8%", -11.76, "-11.8"),
        ("+22.2%", 22.166, "22.2"),
        ("three", 3.0, "3"),
        ("below 1%", 0.02, ""),
        ("more than ten times as many", 11.4, ""),
    ],
)
def test_values_have_no_more_decimals_than_the_page(text: str, value: float, expected: str) -> None:
    one = stated.Stated(text, stated.CALCULATED, value, ())
    assert ledger_file.value_of(one) == expected


# --- marks --------------------------------------------------------------------------------------


def marked(root: Path, pages: tuple[stated.ExecutedPage, ...]) -> nbformat.NotebookNode:
    notebook = nbformat.read(root / "done" / "index.ipynb", as_version=4)
    titles = {"asb-incidents": "Anti-social behaviour incidents"}
    trace.mark(notebook, pages[0], titles)
    return notebook


def whole(notebook: nbformat.NotebookNode) -> str:
    outputs = [
        str(output.get("data", {}).get("text/markdown", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]
    return "\n\n".join([*outputs, *(cell.source for cell in notebook.cells)])


def test_every_mark_leads_to_a_note_and_every_note_back(root: Path) -> None:
    table = 'Markdown(tables.verdicts(judged, measures, "year_to_date", label="tbl-x"))'
    pages = run(root, index=(f"Markdown({ASB})", table, f"Markdown({ASB})"))
    text = whole(marked(root, pages))
    targets = re.findall(r"\]\(#(trace-[\w-]+)\)", text)
    ids = re.findall(r"\{#(trace[\w-]*)", text)
    assert set(targets) <= set(ids)
    assert len(ids) == len(set(ids))
    assert targets.count("trace-1") == 2, "both sentences share a note"
    assert re.search(r"^: Verdicts, .*\)\{#trace-from-2 .*\} \{#tbl-x\}$", text, re.M)
    assert (
        "Months covered: April to September 2022; April to September 2023; swings learned from"
        in text
    )


def test_a_page_without_numbers_has_no_marks(root: Path) -> None:
    pages = run(root, index=('Markdown("No number here.")',))
    before = nbformat.read(root / "done" / "index.ipynb", as_version=4)
    assert marked(root, pages) == before


def test_a_mark_stands_in_the_caption_of_a_figure() -> None:
    source = '#| label: fig-x\n#| fig-cap: "Say \\"so\\"."\nfigure'
    text, found = trace.marked_caption(source, iter([trace.mark_text(1, first=True)]))
    assert found
    caption = text.splitlines()[1].removeprefix("#| fig-cap: ")
    assert json.loads(caption) == f'Say "so".{trace.mark_text(1, first=True)}'


def test_a_mark_stands_outside_a_box_that_can_be_closed_where_there_is_a_sentence() -> None:
    box = '::: {.callout-note collapse="true" title="More"}\n\nInside, 5.\n\n:::'
    text, _ = trace.marked_markdown(f"Outside, 4.\n\n{box}", iter(["MARK"]))
    assert text.startswith("Outside, 4.MARK\n")
    text, _ = trace.marked_markdown(box, iter(["MARK"]))
    assert "Inside, 5.MARK" in text


def test_committed_notebooks_hold_no_marks() -> None:
    for file in project.path("notebooks").rglob("*.ipynb"):
        assert trace.HEADING not in file.read_text(encoding="utf-8"), file.name


def test_notes_are_escaped() -> None:
    cell = stated.Cell(1, "5", ((5.0, "5"),), frozenset({"5"}), (), (), (), ())
    assert trace.note_of(cell, {}) == "Set by the rules of this edition, not read from data."
    assert markdown.marks(trace.notes_text({"Source: a\\_b.": 1})) == set()
