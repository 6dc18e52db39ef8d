"""The summary for an email: short, plain, and with no number that the home page does not state."""

from __future__ import annotations

import dataclasses
import json
import re
from types import MappingProxyType

import default_edition
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcsp_analysis import cli, editions, project
from bcsp_analysis.markup import escape, plain
from bcsp_analysis.present.text import brief as words
from bcsp_analysis.present.unmarked import unmarked
from bcsp_analysis.publish import email_brief
from bcsp_analysis.start import Start

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
QUESTIONS = [
    "Is it getting worse?",
    "How sure are we?",
    "How does Birmingham compare with similar areas?",
    "What should we ask next?",
]


@pytest.fixture(scope="module")
def edition() -> editions.Edition:
    return editions.load("2023-24-q2")


@pytest.fixture(scope="module")
def page(edition: editions.Edition) -> Start:
    return default_edition.answered(
        Start(edition, MappingProxyType({})), "assessment", "comparison"
    )


@pytest.fixture(scope="module")
def told(edition: editions.Edition) -> str:
    with default_edition.shared():
        return email_brief.brief(edition)


def of(page: Start, edition: editions.Edition, *questions: str) -> str:
    return words.brief(
        edition,
        page.assessment,
        page.catalogue,
        page.comparison,
        audit=page.audit,
        questions=questions,
    )


def home_page() -> str:
    """Text of the committed home page: its cells in words, and what its sentences put out."""
    file = project.path("notebooks", "01-home.ipynb")
    parts = []
    for cell in json.loads(file.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            parts.append("".join(cell["source"]))
        for output in cell.get("outputs", []):
            parts.append("".join(output.get("data", {}).get("text/markdown", [])))
    return "\n".join(parts)


# --- the brief ------------------------------------------------------------------------------------


def test_it_has_fewer_than_300_words(told: str) -> None:
    assert 150 < len(told.split()) < 300


def test_it_answers_the_four_questions_in_their_order(told: str) -> None:
    lines = told.splitlines()
    places = [lines.index(question) for question in QUESTIONS]
    assert places == sorted(places)
    for place in places:
        assert lines[place - 1] == ""
        assert lines[place + 1]


def test_it_holds_no_markup(told: str) -> None:
    assert not re.search(r"[*_`#\\|<>\[\]{}]|:::|\]\(|^\s*[-+] ", told, re.M)


def test_its_lines_are_short_enough_for_an_email(told: str) -> None:
    assert max(map(len, told.splitlines())) <= 72
    assert told.endswith(".\n")


def test_every_number_in_it_stands_on_the_home_page(told: str) -> None:
    title, _, body = told.partition("\n\n")
    assert title == "Birmingham community safety: strategic assessment, 2023/24 Q2"
    held = set(NUMBER.findall(home_page()))
    found = NUMBER.findall(body)
    assert len(found) > 10
    assert [number for number in found if number not in held] == []


def test_every_sentence_stands_on_the_home_page(told: str) -> None:
    held = " ".join(unmarked(part) for part in home_page().split("\n\n"))
    body = told.partition("\n\n")[2].replace("\n\n", "\n")
    for question in QUESTIONS:
        body = body.replace(f"{question}\n", "")
    closing = "The site has every measure"
    for sentence in re.split(r"(?<=[.?!])\s+(?=[A-Z\u201c])", " ".join(body.split())):
        if sentence and not sentence.startswith(closing):
            assert sentence in held


def test_it_is_short_for_an_area_with_an_endless_name(
    page: Start, edition: editions.Edition
) -> None:
    endless = dataclasses.replace(edition, area="Very long " * 500, title="So long " * 500)
    made = of(page, endless, "Which?")
    assert len(made.split()) < 300
    assert "How sure are we?" in made


def test_nasty_names_stand_as_they_were_typed(page: Start, edition: editions.Edition) -> None:
    nasty = dataclasses.replace(edition, area="St. Mary & *Co* [a](b) {{< x >}}", title="# <b>")
    made = of(page, nasty, r"Who is **asked**, and by [whom](02-performance.ipynb)?")
    assert made.startswith("# <b>\n\n")
    assert "prints for St. Mary & *Co* [a](b) {{< x >}};" in " ".join(made.split())
    assert "Who is asked, and by whom?" in made


def test_an_edition_whose_home_page_asks_nothing_has_no_such_part(
    page: Start, edition: editions.Edition
) -> None:
    made = of(page, edition)
    assert "ask next" not in made
    assert "Is it getting worse?" in made


def test_the_command_prints_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []
    monkeypatch.setattr(email_brief, "brief", lambda edition: asked.append(edition) or "Short.\n")
    with pytest.raises(SystemExit) as ended:
        cli.main(["brief", "--edition", "2023-24-q2"])
    assert not ended.value.code
    assert capsys.readouterr().out == "Short.\n"
    assert [edition.slug for edition in asked] == ["2023-24-q2"]


# --- what fits ------------------------------------------------------------------------------------


def test_the_first_sentence_of_every_section_goes_first() -> None:
    # By hand: title 1, closing 1, headings 1 + 1, sentences 2 each: 8 words are the four
    # single ones and two sentences; the next pair would make 10, and there is room for 10.
    sections = [("A?", ["a one.", "a two.", "a three."]), ("B?", ["b one.", "b two."])]
    assert words.within("T", sections, "C.", 8) == "T\n\nA?\na one.\n\nB?\nb one.\n\nC.\n"
    assert words.within("T", sections, "C.", 10) == "T\n\nA?\na one. a two.\n\nB?\nb one.\n\nC.\n"


def test_a_section_ends_with_the_first_sentence_that_does_not_fit() -> None:
    sections = [("A?", ["one.", "far too long a sentence.", "short."])]
    assert words.within("T", sections, "C.", 8) == "T\n\nA?\none.\n\nC.\n"


sentence = st.lists(st.sampled_from(["word", "two", "**bold**"]), min_size=1, max_size=30).map(
    lambda parts: " ".join(parts) + "."
)


@given(
    st.lists(st.tuples(st.sampled_from(["", "Head?"]), st.lists(sentence, max_size=6)), max_size=5),
    st.integers(10, 120),
)
def test_never_more_words_than_asked_for(
    sections: list[tuple[str, list[str]]], longest: int
) -> None:
    made = words.within("A title", sections, "The end.", longest)
    assert len(made.split()) <= longest
    assert "*" not in made


# --- Markdown to text -----------------------------------------------------------------------------


@given(st.text())
def test_escaped_text_comes_back_as_it_was_typed(typed: str) -> None:
    assert unmarked(escape(typed)) == plain(typed)


@given(st.text(), st.text())
def test_so_it_does_inside_bold_text_and_links(one: str, other: str) -> None:
    markdown = f"**{escape(one)}:** see [*{escape(other)}*](<https://example.org/a(b)>)."
    assert unmarked(markdown) == " ".join(f"{plain(one)}: see {plain(other)}.".split())


def test_boxes_lists_and_spans_keep_their_words() -> None:
    markdown = "::: {.answer}\n**Yes.**\n\n- *One:* a\n- [two]{.area} b\n:::"
    assert unmarked(markdown) == "Yes. One: a two b"
