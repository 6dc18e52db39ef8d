"""The board pack: a tagged PDF whose words, numbers and hidden counts are those of the site.

What a PDF/UA-1 file has to hold is taken from ISO 14289-1: identification in the metadata (part
5), a title that the reader shows (7.1), the natural language (7.2), alternative texts of figures
(7.3), headers of tables (7.5) and headings in order (7.4).
"""

from __future__ import annotations

import dataclasses
import datetime
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import default_edition
import nbformat
import pytest
import small_project
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from bcsp_analysis import cli, editions, markup
from bcsp_analysis.errors import SiteError
from bcsp_analysis.present import figures
from bcsp_analysis.publish import assemble, board_pack, judgement, notebooks, site, typst_text
from bcsp_analysis.start import Start

ROOT = Path(__file__).resolve().parents[1]
HOSTILE = (
    "#strong[x] $a_1$ @cite <label> \\n \\u{41} \"q\" 's' {{< video x >}} {braces} *st* _em_ `c` "
    "= h // c /* d */ ~ -- ... [l](https://example.org) <b>b</b> #(1+1) ; & | % ^ 100% #import"
)
SHARED = ("assessment", "sensitivity", "comparison", "audit", "table", "all_monthly")


def start(edition: editions.Edition, like: Start | None = None) -> Start:
    """A page of an edition; with the results of another one that has the same data and rules."""
    page = Start(edition, MappingProxyType({}))
    if like is not None:
        page.__dict__.update({name: getattr(like, name) for name in SHARED})
    return page


@pytest.fixture(scope="module")
def shipped() -> Start:
    return default_edition.answered(start(editions.load("2023-24-q2")), *SHARED[:3])


@pytest.fixture(scope="module")
def content(shipped: Start) -> board_pack._Content:
    return board_pack._content(shipped)


@pytest.fixture(scope="module")
def pdf(content: board_pack._Content) -> bytes:
    made, said = board_pack._typeset(content.texts, content.pictures)
    assert said == []
    return made


@pytest.fixture(scope="module")
def reader(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def set_like(page: Start) -> PdfReader:
    content = board_pack._content(page)
    made, _ = board_pack._typeset(content.texts, content.pictures)
    return PdfReader(io.BytesIO(made))


def words(reader: PdfReader, *pages: int) -> str:
    """The text of some pages, or of all, on one line and without places to break."""
    chosen = [reader.pages[number] for number in pages] if pages else list(reader.pages)
    text = " ".join(page.extract_text() for page in chosen)
    return " ".join(text.replace("\u200b", "").split())


def close(text: str) -> str:
    """Without white space: lines break where they will."""
    return re.sub(r"[\s\u200b]+", "", text)


def elements(reader: PdfReader) -> list[tuple[str, Any]]:
    """Elements of the structure tree in reading order: type and dictionary."""

    def walk(node: Any) -> Iterator[tuple[str, Any]]:
        node = node.get_object()
        if isinstance(node, list):
            for kid in node:
                yield from walk(kid)
        elif hasattr(node, "get"):
            if "/S" in node:
                yield str(node["/S"]), node
            if "/K" in node:
                yield from walk(node["/K"])

    return list(walk(reader.trailer["/Root"]["/StructTreeRoot"]))


def of_type(reader: PdfReader, kind: str) -> list[Any]:
    return [node for found, node in elements(reader) if found == kind]


# --- the file ------------------------------------------------------------------------------------


def test_the_file_declares_pdf_ua_title_and_language(reader: PdfReader) -> None:
    root = reader.trailer["/Root"]
    metadata = root["/Metadata"].get_data().decode("utf-8")
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert "<rdf:li>en-GB</rdf:li>" in metadata
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Birmingham community safety: strategic assessment, 2023/24 Q2"


def test_it_has_at_most_four_pages_of_a4(reader: PdfReader) -> None:
    assert 2 <= len(reader.pages) <= 4
    # ISO 216: 210 mm by 297 mm, a point is 1/72 inch
    assert float(reader.pages[0].mediabox.width) == pytest.approx(210 / 25.4 * 72, abs=0.01)
    assert float(reader.pages[0].mediabox.height) == pytest.approx(297 / 25.4 * 72, abs=0.01)


def test_the_same_edition_gives_the_same_bytes_dated_by_its_publication(
    content: board_pack._Content, pdf: bytes, reader: PdfReader
) -> None:
    assert board_pack._typeset(content.texts, content.pictures)[0] == pdf
    assert reader.metadata is not None
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == datetime.date(2023, 12, 6)  # as on the report


def test_without_a_date_of_publication_the_file_has_none(content: board_pack._Content) -> None:
    texts = content.texts | {"date": None}
    made, _ = board_pack._typeset(texts, content.pictures)
    metadata = PdfReader(io.BytesIO(made)).metadata
    assert metadata is not None
    assert metadata.creation_date is None


def test_every_figure_has_an_alternative_text_with_its_counts(reader: PdfReader) -> None:
    asb, violence = (str(node["/Alt"]) for node in of_type(reader, "/Figure"))
    # July to September of two years, as the report's quarterly table prints them
    for count in ("2,493", "3,332"):
        assert count in asb
    for count in ("17,396", "14,866"):
        assert count in violence
    assert not re.search(r"[*_\\{}]", asb + violence)


def test_tables_have_a_row_of_column_headers(reader: PdfReader) -> None:
    tables = of_type(reader, "/Table")
    assert len(tables) == len(of_type(reader, "/THead")) == 2
    headers = of_type(reader, "/TH")
    assert len(headers) == 7 + 6  # columns of all measures, and of similar areas
    for header in headers:
        attributes = header["/A"].get_object()
        listed = attributes if isinstance(attributes, list) else [attributes]
        assert "/Column" in [one.get_object().get("/Scope") for one in listed]
    # measures of the report's table, and those of them with rates of similar areas
    assert len(of_type(reader, "/TD")) == 23 * 7 + 11 * 6


def test_headings_are_read_in_the_order_in_which_they_stand(reader: PdfReader) -> None:
    levels = [kind for kind, _ in elements(reader) if re.fullmatch(r"/H\d", kind)]
    assert set(levels) == {"/H1"}
    titles = [entry.title for entry in reader.outline]
    assert titles == [
        "The messages",
        "What changed",
        "What to ask next",
        "What these figures do not say",
        "All measures, April to September 2023",
        "Anti-social behaviour incidents",
        "Violence against the person",
        "Comparison with similar areas",
        "How the verdicts are made",
        "Sources and licences",
    ]
    assert len(levels) == len(titles)
    places = [(reader.get_destination_page_number(e), -float(e.top)) for e in reader.outline]
    assert places == sorted(places)


def test_every_page_has_its_number_and_the_later_ones_the_title(reader: PdfReader) -> None:
    total = len(reader.pages)
    for number in range(total):
        assert f"Page {number + 1} of {total}" in words(reader, number)
        title = "Birmingham community safety: strategic assessment, 2023/24 Q2"
        assert close(title) in close(words(reader, number))


# --- the first page ------------------------------------------------------------------------------


def home_answers() -> list[str]:
    """The bold beginning of each paragraph of the home page's answers, as plain text."""
    cells = json.loads((ROOT / "notebooks/01-home.ipynb").read_text(encoding="utf-8"))["cells"]
    found = []
    for cell in cells:
        for output in cell.get("outputs", []):
            told = "".join(output.get("data", {}).get("text/markdown", ""))
            if re.match(r":::+ \{\.answer\}\s+\*\*", told):
                bold = re.findall(r"(?:^|(?<=\n))(\*\*.+?\*\*)", told)
                found += [typst_text.plain(typst_text.blocks(one)) for one in bold]
    return found


def test_the_first_page_says_what_the_home_page_answers(reader: PdfReader) -> None:
    first = close(words(reader, 0))
    on_it = [answer for answer in home_answers() if close(answer) in first]
    assert 5 <= len(on_it) <= 8
    for beginning in (
        "April to September 2023 compared with",
        "Violence against the person:",
        "Anti-social behaviour incidents:",
        "Theft from shop or stall:",
        "What is clear:",
        "Printed figures to have corrected:",
    ):
        assert sum(answer.startswith(beginning) for answer in on_it) == 1


def test_each_message_on_a_measure_has_counts_and_a_likely_range(
    content: board_pack._Content,
) -> None:
    (messages,) = (p for p in content.texts["first"] if p["heading"] == "The messages")
    ((kind, items),) = messages["blocks"]
    assert kind == "numbered"
    told = [typst_text.plain(item) for item in items]
    # printed years to date, report's quarterly table; violence is the sum of its quarters
    for message, counts in zip(
        told[2:5], (("34,877", "30,774"), ("5,143", "6,283"), ("2,948", "4,219")), strict=True
    ):
        assert all(count in message for count in counts)
        assert "likely between" in message
    assert told[0].startswith(
        "What is clear: for its size, Birmingham records more personal robbery"
    )
    assert told[5].startswith("Compared with similar areas. Furthest above the mean")
    assert "likely between" in told[5]


def test_better_or_worse_is_not_said_where_nothing_is_clear(reader: PdfReader) -> None:
    assert "for the worse" not in words(reader, 0)
    assert "for the better" not in words(reader, 0)


def test_a_pack_that_runs_over_is_a_warning(content: board_pack._Content) -> None:
    long = [["para", [["text", "One more sentence that nobody has the time to read. " * 40]]]] * 6
    rest = [{"heading": "More", "blocks": long}] * 3
    made, said = board_pack._typeset(content.texts | {"rest": rest}, content.pictures)
    pages = len(PdfReader(io.BytesIO(made)).pages)
    assert pages > 4
    assert said == [f"board-pack.pdf: {pages} pages, meant are 4 at most"]


def test_the_first_page_ends_before_the_tables_begin(reader: PdfReader) -> None:
    second = words(reader, 1)
    # one page speaks of the months that the other tabulates
    assert "All measures, April to September 2023" in second
    assert "What these figures do not say" in words(reader, 0)
    assert "What these figures do not say" not in second


def test_paper_names_the_figures_and_leads_to_no_page_of_the_site(reader: PdfReader) -> None:
    first = words(reader, 0)
    assert "personal robbery (difference, per cent and arrow)" in first
    assert "see the audit" not in words(reader)
    assert "report published 6 December 2023" in first


def test_questions_and_limits_are_those_of_the_home_page(shipped: Start) -> None:
    written = judgement.of_home(shipped.edition)
    source = (ROOT / "notebooks/01-home.ipynb").read_text(encoding="utf-8")
    assert len(written.questions) == source.count("**Ask next.**")
    assert "They do not say why anything changed." in written.limits
    for text in (*written.limits, *(ask for _, ask in written.questions)):
        assert text.endswith((".", "?"))
        assert "](" not in text
    assert written.questions[0][0].endswith("?")


def test_sentences_that_only_lead_to_another_page_are_left_out() -> None:
    told = "Is it so? [Here](a.ipynb#x=y) [There](b.qmd). See [the law](https://example.org/)."
    assert judgement._without_leads(told) == "Is it so? See [the law](https://example.org/)."
    assert judgement._without_leads("As [told](a.ipynb) there.") == "As [told](a.ipynb) there."


def test_a_home_page_without_these_parts_is_told_on_the_paper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = small_project.make(tmp_path / "project")
    monkeypatch.setenv("BCSP_PROJECT", str(folder))
    written = judgement.of_home(editions.load("2023-24-q2"))
    assert written == judgement.Judgement((), ())
    ask, limits = board_pack._written(written)
    assert ask["heading"] == "What to ask next"
    assert limits["heading"] == "What these figures do not say"
    for part in (ask, limits):
        assert typst_text.plain(part["blocks"]) == "The home page of this edition has no such part."


# --- the tables ----------------------------------------------------------------------------------


def test_small_counts_stay_hidden(shipped: Start, content: board_pack._Content) -> None:
    table = content.texts["measures"]["blocks"][0][1]
    rows = {
        typst_text.plain(row[0]): [typst_text.plain(c) for c in row[1:]] for row in table["rows"]
    }
    assert len(rows) == 23  # of which the report prints no figure of deliberate fires
    # counts below five in the report's table
    for title in ("Female genital mutilation", "Forced marriage"):
        assert rows[title][:5] == ["[c]"] * 5
    assert rows["Deliberate fires"] == [*["[x]"] * 5, "no figures"]
    assert rows["Anti-social behaviour incidents"][:3] == ["5,143", "6,283", "+22.2%"]


def test_an_edition_that_hides_everything_shows_no_count(shipped: Start) -> None:
    rules = dataclasses.replace(shipped.edition.rules, suppress_below=1_000_000)
    edition = dataclasses.replace(shipped.edition, rules=rules)
    page = start(edition, shipped)
    page.__dict__.pop("comparison")
    shown = board_pack._content(page)
    assert shown.pictures == {}
    made, _ = board_pack._typeset(shown.texts, shown.pictures)
    reader = PdfReader(io.BytesIO(made))
    told = words(reader)
    assert "[c]" in told
    assert of_type(reader, "/Figure") == []
    counts = shipped.assessment.table.counts.to_numpy("float64").ravel()
    large = {f"{count:,.0f}" for count in counts if count > 999}
    assert len(large) > 50
    assert [count for count in large if count in told] == []


# --- text that is not markup ---------------------------------------------------------------------


def test_hostile_text_appears_as_it_was_typed(shipped: Start) -> None:
    edition = dataclasses.replace(shipped.edition, title=HOSTILE, area="O'Brien & *Sons* #x $y$")
    reader = set_like(start(edition, shipped))
    assert reader.metadata is not None
    assert reader.metadata.title == HOSTILE
    assert close(HOSTILE) in close(words(reader, 0))
    assert close("Board pack for O'Brien & *Sons* #x $y$: 2023/24 Q2") in close(words(reader, 0))
    assert close("prints for O'Brien & *Sons* #x $y$;") in close(words(reader, 0))
    assert 2 <= len(reader.pages) <= 4


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler is not installed")
def test_very_long_names_wrap(shipped: Start, tmp_path: Path) -> None:
    name = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 3
    edition = dataclasses.replace(shipped.edition, title=f"Assessment of {name}", area=name)
    shown = board_pack._content(start(edition, shipped))
    made, _ = board_pack._typeset(shown.texts, shown.pictures)
    file = tmp_path / "long.pdf"
    file.write_bytes(made)
    done = subprocess.run(
        ["pdftotext", "-bbox", str(file), "-"], capture_output=True, encoding="utf-8", check=True
    )
    ends = [float(end) for end in re.findall(r'<word[^>]* xMax="([\d.]+)"', done.stdout)]
    assert len(ends) > 500
    margin = 19 / 25.4 * 72
    assert max(ends) <= 210 / 25.4 * 72 - margin + 1
    reader = PdfReader(io.BytesIO(made))
    assert close(name) in close(words(reader, 0))


def test_a_character_that_no_font_shows_is_named_by_its_number(
    content: board_pack._Content,
) -> None:
    texts = content.texts | {"subtitle": "before \u0378 after"}  # not assigned in Unicode
    made, said = board_pack._typeset(texts, content.pictures)
    assert "before [U+0378] after" in words(PdfReader(io.BytesIO(made)), 0)
    assert len(said) == 1
    assert "[U+0378]" in said[0]


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), max_size=60))
def test_escaped_text_comes_back_as_typed(typed: str) -> None:
    shown = typst_text.plain(typst_text.blocks(f"**{markup.escape('x' + typed)}** y"))
    assert shown.replace("\u200b", "") == f"{markup.plain('x' + typed)} y".replace("\u200b", "")


@given(st.text(max_size=300))
def test_places_to_break_change_no_letter(typed: str) -> None:
    broken = typst_text.text(typed)
    assert broken.replace("\u200b", "") == typed.replace("\u200b", "")
    assert all(len(piece) <= 24 for piece in re.split(r"[\s\u200b]", broken))


def test_markdown_becomes_nodes() -> None:
    told = (
        "# Head {.x}\n\nA **b *c*** “d” [e](https://example.org/) [f](g.ipynb) `h`\n\n- i\n- j\n\n"
        "1. k\n\n::: {.answer}\nl\\[c\\]\n:::\n\n"
        '::: {.callout-note collapse="true"}\nfolded\n:::\n\n<script>m</script>'
    )
    assert typst_text.blocks(told) == [
        ["heading", 1, [["text", "Head"]]],
        [
            "para",
            [
                ["text", "A "],
                ["strong", [["text", "b "], ["emph", [["text", "c"]]]]],
                ["text", " “d” "],
                ["link", "https://example.org/", [["text", "e"]]],
                ["text", " f h"],
            ],
        ],
        ["list", [[["para", [["text", "i"]]]], [["para", [["text", "j"]]]]]],
        ["numbered", [[["para", [["text", "k"]]]]]],
        ["para", [["text", "l[c]"]]],
        ["para", [["text", "<script>m</script>"]]],
    ]


def test_a_pipe_table_becomes_cells() -> None:
    told = "| A | B |\n|:--|--:|\n| **c** | 1\\|2 |\n\n: Caption. {#tbl-x}\n"
    ((kind, table),) = typst_text.blocks(told)
    assert kind == "table"
    assert table == {
        "caption": [["text", "Caption."]],
        "right": [False, True],
        "header": [[["text", "A"]], [["text", "B"]]],
        "rows": [[[["strong", [["text", "c"]]]], [["text", "1|2"]]]],
    }


# --- the command, and the site -------------------------------------------------------------------


def test_the_command_writes_the_file(
    pdf: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        board_pack, "make", lambda edition: board_pack.BoardPack(pdf, (f"about {edition.slug}",))
    )
    file = tmp_path / "new" / "pack.pdf"
    with pytest.raises(SystemExit) as ended:
        cli.main(["board-pack", "--edition", "2023-24-q2", "--output", str(file)])
    assert ended.value.code in (0, None)
    assert file.read_bytes() == pdf
    assert [other.name for other in file.parent.iterdir()] == ["pack.pdf"]
    said = capsys.readouterr()
    assert "pack.pdf" in said.out
    assert said.err == "warning: about 2023-24-q2\n"


def test_pages_that_cannot_be_set_are_named_and_the_last_file_stays(
    shipped: Start,
    content: board_pack._Content,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    template = tmp_path / "board_pack.typ"
    template.write_text("#let broken = (", encoding="utf-8")
    monkeypatch.setattr(board_pack, "TEMPLATE", template)
    monkeypatch.setattr(board_pack, "_content", lambda page: content)
    file = tmp_path / "board-pack.pdf"
    file.write_bytes(b"the last one")
    with pytest.raises(SiteError) as raised:
        board_pack.write(shipped.edition, file)
    assert raised.value.where == "board-pack.pdf"
    assert "unclosed delimiter" in raised.value.found
    assert file.read_bytes() == b"the last one"


def test_a_chart_that_fails_to_draw_is_named(
    shipped: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any, **named: Any) -> None:
        raise ZeroDivisionError("no room")

    monkeypatch.setattr(figures, "quarters", broken)
    with pytest.raises(SiteError) as raised:
        board_pack._content(shipped)
    assert "asb-incidents" in raised.value.where
    assert raised.value.found == "ZeroDivisionError: no room"


def test_the_embedded_engine_puts_it_into_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = small_project.make(tmp_path / "project")
    monkeypatch.setenv("BCSP_PROJECT", str(folder))
    edition = editions.load("2023-24-q2")
    executed = folder / "executed"
    for page in edition.pages:
        notebook = nbformat.read(page.notebook, as_version=4)
        notebooks.write(notebook, executed / f"{page.address}.ipynb")
    done = assemble.assemble(
        edition, executed, folder / "laid", downloads={"board-pack.pdf": b"%PDF-"}
    )
    config = (done.folder / "_quarto.yml").read_text(encoding="utf-8")
    assert "- board-pack.pdf" in config
    rendered = site.render(done.folder, folder / "out", choice=site.choose("pandoc"))
    assert (rendered.output / "board-pack.pdf").read_bytes() == b"%PDF-"
