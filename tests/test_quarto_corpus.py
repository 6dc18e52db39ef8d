"""The embedded engine against what Quarto 1.10.18 made of the documents in tests/quarto_corpus.

`expected/` holds the structure of each page as Quarto rendered it; `extract.py` turns our pages
into the same structure. `known_gaps.toml` records what is not reached, and may only shrink.
`OTHER` names the documents about features that the pages of the suite do not use: there the engine
warns with file and line, shows no raw markup, loses no text and publishes nothing that is hidden.
"""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bcsp_analysis.publish.pandoc import SiteReport, render_site

CORPUS = Path(__file__).parent / "quarto_corpus"
PAGES = sorted(
    p.relative_to(CORPUS / "expected").with_suffix("").as_posix()
    for p in (CORPUS / "expected").rglob("*.json")
)
GAPS: dict[str, dict[str, Any]] = tomllib.loads((CORPUS / "known_gaps.toml").read_text("utf-8"))
CONTENT, FURNITURE = 0.98, 1.0
# Document: what a warning of it must say, and the text that the named line of the source holds.
OTHER = {
    "components/margin": [("aside", ".aside")],
    "composition/shortcodes": [
        ("kbd", "{{< kbd"),
        ("env", "{{< env"),
        ("pagebreak", "{{< pagebreak"),
        ("edition.areas", "{{< meta edition.areas"),
    ],
    "references/sections-unnumbered": [("thm-total", "thm-total"), ("proof", ".proof")],
    "references/tables-grid": [("list-table", ".list-table")],
    "text/citations": [("citations are not supported: holm1979", "@holm1979")],
    "text/citations-appendix": [("bibliography is not", "bibliography:"), ("newey1987", "@newey")],
    "text/code-blocks": [("filename", "filename="), ("lst-cap", "lst-cap="), ("lst-rate", "lst-")],
}


def load_extract() -> ModuleType:
    spec = importlib.util.spec_from_file_location("quarto_extract", CORPUS / "extract.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EXTRACT = load_extract()
HOOKS = EXTRACT.load_hooks(str(CORPUS / "hooks.json"))


@pytest.fixture(scope="session")
def corpus_site(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    output = tmp_path_factory.mktemp("corpus") / "site"
    return render_site(CORPUS / "sources", output=output)


def structures(site: SiteReport, page: str) -> tuple[dict[str, Any], dict[str, Any]]:
    expected = json.loads((CORPUS / "expected" / f"{page}.json").read_text("utf-8"))
    return expected, EXTRACT.extract(site.output / f"{page}.html", site.output, HOOKS)


@pytest.mark.parametrize("page", [page for page in PAGES if page not in OTHER])
def test_page_is_what_quarto_makes_of_it(corpus_site: SiteReport, page: str) -> None:
    result = EXTRACT.compare(*structures(corpus_site, page))
    gap = GAPS.get(page)
    if gap is None:
        missing = {
            k: (v["missing"], v["extra"])
            for k, v in result["kinds"].items()
            if v["missing"] or v["extra"]
        }
        assert result["content"] >= CONTENT, missing
        assert result["furniture"] == FURNITURE, missing
        return
    for part in ("content", "furniture"):
        recorded = gap.get(part, FURNITURE)
        assert result[part] >= recorded - 0.0005, f"{page}: {part} is worse than recorded"
        assert result[part] <= recorded + 0.0005, f"{page}: {part} is better: tighten the record"


@pytest.mark.parametrize("page", OTHER)
def test_a_feature_that_no_page_needs_is_a_warning_with_its_line(
    corpus_site: SiteReport, page: str
) -> None:
    assert EXTRACT.compare(*structures(corpus_site, page))["furniture"] == FURNITURE
    lines = (CORPUS / "sources" / f"{page}.qmd").read_text("utf-8").split("\n")
    said = {(w.line, w.message) for w in corpus_site.warnings if w.file == f"{page}.qmd"}
    for what, needle in OTHER[page]:
        found = [line for line, message in said if what in message]
        assert found, (page, what, said)
        assert any(needle in lines[line - 1] for line in found), (page, what, found)


def test_known_gaps_name_a_reason_and_are_needed() -> None:
    assert GAPS.keys() <= set(PAGES) - OTHER.keys()
    assert len(GAPS) <= 2, "the list may only shrink"
    for page, gap in GAPS.items():
        assert len(gap["reason"]) > 20, page
        assert gap["content"] < CONTENT or gap.get("furniture", FURNITURE) < FURNITURE, page


def words(structure: dict[str, Any]) -> set[str]:
    kinds = (
        "text heading table figure callout code output math footnote page tabset bibliography toc"
    )
    text = " ".join(value for kind, value in EXTRACT.facts(structure) if kind in kinds.split())
    return set(re.findall(r"[\w£%'’–-]{2,}", text))


# Words that only one of the two shows; each is a row of the behaviours table marked "better" or
# "same", or a feature that is shown as a plain block with a warning.
ONLY_QUARTO = {
    "composition/shortcodes": {
        "quarter-b58fc729-690b-4000-b19f-365a4093b2ff7b7b3c207661722071756172746572203e7d7d"
    },
    "notebooks/outputs": {"Kinds", "of"},
    "text/code-blocks": {"python"},  # the language of an example of a cell, without its braces
}
KEYS = {"example2023", "holm1979", "newey1987"}  # citations show their keys
ONLY_HERE = {
    "composition/shortcodes": {
        *("kbd", "pagebreak", "env", "NOT_SET_VARIABLE", "quarter-202324-q2"),
    },
    "notebooks/format-echo": {"script", "and"},
    "notebooks/outputs": {"meta", "title"},
    "references/sections-unnumbered": {"thm-total", "total"},
    "text/citations": KEYS | {"cleveland1990", "704-705", "pp"},
    "text/citations-appendix": KEYS,
    "text/code-blocks": {"lst-rate"},
}


@pytest.mark.parametrize("page", PAGES)
def test_no_text_is_lost_and_nothing_hidden_is_published(
    corpus_site: SiteReport, page: str
) -> None:
    expected, found = (words(s) for s in structures(corpus_site, page))
    lost = expected - found - ONLY_QUARTO.get(page, set())
    if page in OTHER:  # what Quarto makes up, such as a bibliography, is not the author's text
        source = (CORPUS / "sources" / f"{page}.qmd").read_text("utf-8")
        body = source.split("\n---\n", 1)[-1]
        lost &= set(re.findall(r"[\w£%'’–-]{2,}", body))
    assert lost == set()
    assert found - expected - ONLY_HERE.get(page, set()) == set()


MARKUP = re.compile(r":::|\{#|\{\.|#\||\{\{<|^\s*[*-] \[|\]\(")


@pytest.mark.parametrize("page", PAGES)
def test_no_raw_markup_is_shown_that_quarto_does_not_show(
    corpus_site: SiteReport, page: str
) -> None:
    expected, found = (
        [v for k, v in EXTRACT.facts(s) if k in ("text", "heading", "figure", "table", "callout")]
        for s in structures(corpus_site, page)
    )
    shown = [text for text in found if MARKUP.search(text) and text not in expected]
    if page == "notebooks/format-echo":  # Quarto swallows the rest of this sentence
        shown.remove(", {{< >}}, :::, $ and |.")
    if page == "notebooks/outputs":  # Quarto runs the shortcode in data
        shown.remove("{{< meta title >}} ::: $x$")
    assert shown == []


def test_every_fault_of_the_page_of_broken_things_is_named_with_its_line(
    corpus_site: SiteReport,
) -> None:
    said = {(w.line, w.message) for w in corpus_site.warnings if w.file == "references/broken.qmd"}
    lines = (CORPUS / "sources/references/broken.qmd").read_text("utf-8").split("\n")
    for needle in (
        "not-there.qmd", "../notebooks/gone.ipynb", "../about.qmd#nowhere", "fig-nowhere",
        "tbl-nowhere", "sec-nowhere", "eq-nowhere", "../images/not-there.png",
        "../images/also-not-there.svg", "fig-twice", "unknown-shortcode", "no.such.key",
        "no_such_variable",
    ):  # fmt: skip
        found = [line for line, message in said if needle in message]
        assert found, needle
        assert any(needle in lines[line - 1] for line in found), needle


def test_other_faults_of_the_corpus_are_named(corpus_site: SiteReport) -> None:
    said = [str(w) for w in corpus_site.warnings]
    for place, what in (
        ("components/callouts-basic.qmd:42: ", "callout: question"),
        ("components/tabsets.qmd:56: ", "tabset without headings"),
        ("composition/_with-front-matter.md:1: ", "front matter replaces"),
        ("notebooks/options.ipynb:", "unknown cell option: no-such-option"),
        ("references/tables-grid.qmd:24: ", "list-table"),
        ("text/special-characters.qmd:36: ", "citations are not supported: notacitation"),
    ):
        assert [s for s in said if s.startswith(place) and what in s], (place, what)


def test_no_page_asks_another_host(corpus_site: SiteReport) -> None:
    for page in corpus_site.output.rglob("*.html"):
        text = page.read_text("utf-8")
        for tag in re.findall(r"<(?:link|script|img|iframe|source)\b[^>]*>", text):
            assert not re.search(r"(?:src|href)=\"(?:https?:)?//", tag), (page.name, tag)
    for asset in (corpus_site.output / "site_libs").rglob("*.*"):
        assert not re.search(r"https?://|@import|url\(", asset.read_text("utf-8")), asset.name
