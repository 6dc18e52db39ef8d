"""Pages of an edition at their places in the website project, kept from one build to the next.

Laying a page follows its links, adds the marks that lead from its numbers to their sources, and
reads what it states and which tables it holds. All this hangs on the page and on the addresses of
the others, so that a page that has not changed is not laid again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bcsp_analysis.editions import Edition, Page
from bcsp_analysis.publish import (
    ledger_file,
    markdown,
    notebooks,
    page_tables,
    papers,
    records,
    stated,
    trace,
    warm,
)
from bcsp_analysis.publish.places import Places, followed

_FACTS = "facts.json"


@dataclass(frozen=True)
class LaidPage:
    """A page ready for an engine.

    Parameters
    ----------
    page : Page
    notebook : bytes
        What lies at its place.
    tables : dict of str to bytes
        CSV files of its tables, by place in the site.
    ledger : tuple of tuples of str
        Its rows of the ledger, the unrounded value last; see `ledger_file.rows`.
    untraced : tuple of str
        Numbers of unknown origin, a line each.
    answers : dict of str to str
        Digests of the values of the answers that it stands on, by key.
    asked : dict
        What its links ask of the site; see `Places.asked`.
    record : Path
        What it was laid from.
    """

    page: Page
    notebook: bytes
    tables: dict[str, bytes]
    ledger: tuple[tuple[str, ...], ...]
    untraced: tuple[str, ...]
    answers: dict[str, str]
    asked: dict[str, Any]
    record: Path


def pages(
    edition: Edition, executed: Path, places: Places, *, fresh: bool = False
) -> tuple[LaidPage, ...]:
    """Every page of an edition, laid now or as it was laid before.

    Parameters
    ----------
    edition : Edition
    executed : Path
        Folder with ``ADDRESS.ipynb`` and what its cells noted beside it.
    places : Places
        Where links lead; hears of everything that the pages ask for.
    fresh : bool
        Whether to lay all of them now.
    """
    judging = records.Judge()
    unseen = hidden(edition, fresh=fresh)
    around = records.digest(places.addresses())
    found = []
    for page in edition.pages:
        file = executed / f"{page.address}.ipynb"
        given = {
            "the page": judging.stamps.of(str(file), made=True),
            "what its cells noted": judging.stamps.of(
                str(file.with_suffix(notebooks.NOTED)), made=True
            ),
            "its place in the edition": records.digest(f"{edition.slug} {page!r}"),
            "the addresses of the site": around,
            "the measures of which no count is shown": records.digest(" ".join(unseen)),
        }

        def make(page: Page = page) -> papers.Made:
            return _lay(page, edition, executed, places.apart(), unseen), ()

        name = f"laid/{quote(page.address, safe='')}"
        laid = papers.paper(name, edition.slug, given, make, fresh=fresh, judging=judging)
        one = _read(page, laid)
        places.ask(one.asked)
        found.append(one)
    judging.stamps.save()
    return tuple(found)


def hidden(edition: Edition, *, fresh: bool = False) -> tuple[str, ...]:
    """Measures of which no count is shown, here or in an edition before."""

    def make() -> papers.Made:
        from bcsp_analysis.answers import Answers

        return {"ids": " ".join(sorted(Answers(edition).hidden_in_either)).encode()}, ()

    done = papers.paper("hidden", edition.slug, warm.told(edition), make, fresh=fresh)
    return tuple(done.files["ids"].decode().split())


def _lay(
    page: Page, edition: Edition, executed: Path, places: Places, unseen: Collection[str]
) -> dict[str, bytes]:
    import nbformat

    from bcsp_analysis.measures import catalogue

    source = page.notebook.relative_to(places.root).as_posix()
    place = f"{page.address}.ipynb"
    read = stated.read_page(page, executed, edition.slug, hidden=unseen)
    notebook = nbformat.read(executed / place, as_version=4)
    tables = page_tables.tables(notebook)
    if any(cell.stated for cell in read.cells):
        trace.mark(notebook, read, {measure.id: measure.title for measure in catalogue.load()})

    def link(text: str) -> str:
        return followed(text, source, place, places, page.parameters)

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = markdown.rewrite_links(cell.source, link)
        for output in cell.get("outputs", []):
            if "text/markdown" in output.get("data", {}):
                text = output.data["text/markdown"]
                output.data["text/markdown"] = markdown.rewrite_links(text, link)
    if tables:
        listed = page_tables.listed(page.address, tables)
        notebook.cells.append(nbformat.v4.new_markdown_cell(listed, id="tables-as-files"))
    facts = {
        "ledger": ledger_file.rows([read]),
        "untraced": stated.untraced([read]),
        "answers": {answer.key: answer.digest for answer in read.answers},
        "asked": places.asked(),
    }
    return {
        place: notebooks.written(notebook).encode("utf-8"),
        _FACTS: json.dumps(facts, ensure_ascii=False).encode("utf-8"),
        **page_tables.files(page.address, tables),
    }


def _read(page: Page, laid: papers.Paper) -> LaidPage:
    tables = dict(laid.files)
    notebook = tables.pop(f"{page.address}.ipynb")
    facts = json.loads(tables.pop(_FACTS))
    return LaidPage(
        page,
        notebook,
        tables,
        tuple(tuple(row) for row in facts["ledger"]),
        tuple(facts["untraced"]),
        facts["answers"],
        facts["asked"],
        laid.record,
    )


def check(edition: Edition, executed: Path, laid: Sequence[LaidPage]) -> None:
    """Refuse numbers of unknown origin, and pages that do not agree.

    Raises
    ------
    LedgerError
        See `stated.refuse`.
    """
    stated.refuse([line for page in laid for line in page.untraced], ())
    first: dict[str, LaidPage] = {}
    doubtful: dict[str, Page] = {}
    for one in laid:
        for key, digest in one.answers.items():
            other = first.setdefault(key, one)
            if other.answers[key] != digest:  # perhaps only in how a sum was rounded
                doubtful |= {p.page.address: p.page for p in (other, one)}
    unseen = hidden(edition) if doubtful else ()
    read = [
        stated.read_page(page, executed, edition.slug, hidden=unseen) for page in doubtful.values()
    ]
    stated.refuse((), tuple(stated.disagreements(read)))


def summary(laid: Sequence[LaidPage]) -> str:
    """``"4,512 numbers on 41 pages, all traced"``."""
    count = sum(len(page.ledger) for page in laid)
    return f"{count:,} numbers on {sum(bool(page.ledger) for page in laid)} pages, all traced"


def tables(laid: Sequence[LaidPage]) -> Mapping[str, bytes]:
    """The files of all tables, by place in the site."""
    return {place: content for page in laid for place, content in page.tables.items()}
