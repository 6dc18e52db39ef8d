"""Both engines give the same site: headings, links, figures, tables, callouts, cross-references.

Where `quarto` is on PATH the project's own pages are rendered by both and compared; elsewhere that
test is skipped by name. The comparison itself is tested without Quarto: on HTML written as Quarto
writes it (https://quarto.org/docs: callouts, figures, tables, cross-references, footnotes; class
names as in `tests/quarto_corpus/extract.py`, read off pages that Quarto 1.10.18 made) and on what
Quarto made of the corpus.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from test_quarto_corpus import CORPUS, EXTRACT, GAPS, HOOKS, OTHER, PAGES

from bcsp_analysis.publish import site
from bcsp_analysis.publish.pandoc import render_site

ROOT = Path(__file__).parents[1]
Structure = dict[str, Any]
# What a reader of either site must find alike, by the kinds of `extract.facts`.
KINDS = ("heading", "link", "xref", "figure", "image", "table", "callout", "footnote", "text")


def parts(structure: Structure) -> Counter[tuple[str, str]]:
    """The facts of a page that both engines must agree on, with how often each is there."""
    return Counter((kind, what) for kind, what in EXTRACT.facts(structure) if kind in KINDS)


def differences(one: Structure, other: Structure) -> list[str]:
    """What only one of two pages has: ``- kind: fact`` for the first, ``+`` for the second."""
    first, second = parts(one), parts(other)
    lost = [f"- {kind}: {what}" for kind, what in (first - second).elements()]
    return lost + [f"+ {kind}: {what}" for kind, what in (second - first).elements()]


def structures(folder: Path) -> dict[str, Structure]:
    """Every page of a site by its address."""
    pages = [page for page in sorted(folder.rglob("*.html")) if "site_libs" not in page.parts]
    return {
        page.relative_to(folder).as_posix(): EXTRACT.extract(page, folder, HOOKS) for page in pages
    }


# ---- the comparison itself

QUARTO = """
<html lang="en-GB"><head><title>Noise – Town</title></head><body><div id="quarto-content">
<main class="content" id="quarto-document-content"><header id="title-block-header"
 class="quarto-title-block default"><div class="quarto-title"><h1 class="title">Noise</h1></div>
</header>
<section id="results" class="level2"><h2 class="anchored" data-anchor-id="results">Results</h2>
<p>See <a href="#fig-a" class="quarto-xref">Figure&nbsp;1</a>, <a href="#tbl-b"
 class="quarto-xref">Table&nbsp;1</a> and <a href="./about.html">about</a>.<a href="#fn1"
 class="footnote-ref" id="fnref1" role="doc-noteref"><sup>1</sup></a></p>
<div id="fig-a" class="quarto-float quarto-figure quarto-figure-center anchored">
<figure class="quarto-float quarto-float-fig figure"><div aria-describedby="fig-a-caption-0ceaefa1">
<img src="plan.png" class="img-fluid figure-img" alt="A plan"></div>
<figcaption class="quarto-float-caption-bottom quarto-float-caption quarto-float-fig"
 id="fig-a-caption-0ceaefa1">Figure&nbsp;1: The plan</figcaption></figure></div>
<div id="tbl-b" class="quarto-float quarto-figure quarto-figure-center anchored">
<figure class="quarto-float quarto-float-tbl figure">
<figcaption class="quarto-float-caption-top quarto-float-caption quarto-float-tbl"
 id="tbl-b-caption-0ceaefa1">Table&nbsp;1: Counts</figcaption>
<div aria-describedby="tbl-b-caption-0ceaefa1"><table class="caption-top table">
<thead><tr class="header"><th>Ward</th><th style="text-align: right;">n</th></tr></thead>
<tbody><tr class="odd"><td>A</td><td style="text-align: right;">1</td></tr></tbody></table></div>
</figure></div>
<div class="callout callout-style-default callout-note no-icon callout-titled">
<div class="callout-header d-flex align-content-center collapsed" data-bs-toggle="collapse"
 data-bs-target=".callout-1-contents" aria-controls="callout-1" aria-expanded="false"
 aria-label="Toggle callout"><div class="callout-icon-container"><i class="callout-icon"></i>
</div><div class="callout-title-container flex-fill"><span class="screen-reader-only">Note</span
>Show the data</div>
<div class="callout-btn-toggle d-inline-block border-0 py-1 ps-1 pe-0"></div></div>
<div id="callout-1" class="callout-1-contents callout-collapse collapse">
<div class="callout-body-container callout-body"><p>Twelve.</p></div></div></div>
</section>
<div id="quarto-appendix" class="default"><section id="footnotes" class="footnotes
 footnotes-end-of-document" role="doc-endnotes">
<h2 class="anchored quarto-appendix-heading">Footnotes</h2>
<ol><li id="fn1"><p>Table 1.<a href="#fnref1" class="footnote-back" role="doc-backlink">↩︎</a>
</p></li></ol></section></div></main></div></body></html>
"""
SOURCE = """\
---
title: Noise
---

## Results

See @fig-a, @tbl-b and [about](about.qmd).[^n]

![The plan](plan.png){#fig-a fig-alt="A plan"}

| Ward | n |
|------|--:|
| A    | 1 |

: Counts {#tbl-b}

::: {.callout-note collapse="true" title="Show the data" icon="false"}
Twelve.
:::

[^n]: Table 1.
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Structure, Structure]:
    """One page as Quarto writes it, and as the embedded engine does."""
    root = tmp_path_factory.mktemp("parity")
    config = "project:\n  type: website\nlang: en-GB\nwebsite:\n  title: Town\n"
    for name, text in (("_quarto.yml", config), ("noise.qmd", SOURCE), ("about.qmd", "x")):
        (root / name).write_text(text)
    (root / "plan.png").write_bytes(b"")
    report = render_site(root)
    quarto = EXTRACT.Page(QUARTO, "noise.html", HOOKS).structure()
    return quarto, EXTRACT.extract(report.output / "noise.html", report.output, HOOKS)


def test_a_page_written_by_hand_as_quarto_writes_it_is_read_in_full(
    both: tuple[Structure, Structure],
) -> None:
    found = parts(both[0])
    for fact in (
        ("heading", "2 | Results | results | "),
        ("link", "about | about.html"),
        ("xref", "Figure 1 | #fig-a"),
        ("xref", "Table 1 | #tbl-b"),
        ("figure", "fig-a | Figure 1: The plan"),
        ("image", "plan | A plan | "),
        ("table", "tbl-b | Table 1: Counts"),
        ("table", 'row | ["A", "1"]'),
        ("callout", "note | Show the data | closed | "),
        ("footnote", "1 | Table 1."),
    ):
        assert found[fact] == 1, (fact, found)


def test_the_embedded_engine_writes_the_same_page(both: tuple[Structure, Structure]) -> None:
    assert differences(*both) == []


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (">Results<", ">Result<", "heading"),
        ('href="./about.html"', 'href="./index.html"', "link"),
        ("Figure&nbsp;1</a>", "Figure&nbsp;2</a>", "xref"),
        ('alt="A plan"', 'alt="Plan"', "image"),
        ("The plan<", "A plan<", "figure"),
        ("<td>A</td>", "<td>B</td>", "table"),
        ('aria-expanded="false"', 'aria-expanded="true"', "callout"),
        ("<p>Table 1.", "<p>Table 2.", "footnote"),
        ("<p>Twelve.</p>", "", "text"),
    ],
)
def test_a_page_that_differs_is_found_out(
    both: tuple[Structure, Structure], old: str, new: str, kind: str
) -> None:
    assert QUARTO.count(old) == 1
    changed = EXTRACT.Page(QUARTO.replace(old, new), "noise.html", HOOKS).structure()
    found = differences(changed, both[1])
    assert found
    assert {line.split()[1] for line in found} <= {f"{kind}:", "text:"}
    assert any(line.startswith(f"- {kind}: ") or not new for line in found)


def test_an_image_without_a_text_is_none_without_a_text_in_both() -> None:
    """Quarto writes no alt attribute where the embedded engine writes an empty one."""
    bare, empty = (
        EXTRACT.Page(f"<main><p>Plan <img src='a.png'{alt}></p></main>", "a.html", HOOKS)
        for alt in ("", ' alt=""')
    )
    assert differences(bare.structure(), empty.structure()) == []


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("parity") / "site"
    return render_site(CORPUS / "sources", output=output).output


@pytest.mark.parametrize("page", [p for p in PAGES if p not in OTHER and p not in GAPS])
def test_what_quarto_made_of_the_corpus_agrees(corpus: Path, page: str) -> None:
    quarto = json.loads((CORPUS / "expected" / f"{page}.json").read_text("utf-8"))
    ours = EXTRACT.extract(corpus / f"{page}.html", corpus, HOOKS)
    assert differences(quarto, ours) == []
    assert differences({**quarto, "blocks": []}, ours), "an empty page must be a difference"


# ---- the project's own pages


@pytest.mark.skipif(not shutil.which("quarto"), reason="no quarto on PATH")
def test_quarto_and_the_embedded_engine_give_the_same_site(tmp_path: Path) -> None:
    source = tmp_path / "project"
    left = shutil.ignore_patterns("_site", ".*", "tests", "benchmarks", "data/store", "__pycache__")
    shutil.copytree(ROOT, source, ignore=left)
    sites = {}
    for engine in ("quarto", "pandoc"):
        made = site.render(source, output=tmp_path / engine, choice=site.choose(engine))
        sites[engine] = structures(made.output)
    assert sites["quarto"].keys() == sites["pandoc"].keys()
    found = {
        page: differences(structure, sites["pandoc"][page])
        for page, structure in sites["quarto"].items()
    }
    assert {page: said for page, said in found.items() if said} == {}
