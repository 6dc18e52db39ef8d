"""Every number that an executed page states, with what it was made from; and those that lack it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bcsp_analysis.editions import Edition, Page
from bcsp_analysis.errors import LedgerError
from bcsp_analysis.publish import cell_names, notebooks, records, tokens

CALCULATED, QUOTED = "calculated", "quoted"
_SAME = 1e-9  # relative: what another order of additions can do to a float
_LISTED = 40  # of untraced numbers in one message


@dataclass(frozen=True)
class Answer:
    """An answer that a cell stands on: how it was made, from which files, and its numbers."""

    key: str
    files: tuple[str, ...]
    period: str
    method: str
    values: Mapping[str, float | str]

    @property
    def name(self) -> str:
        """What it is called in the ledger: the key without the kind of its object."""
        return self.key.partition(".")[2]

    @property
    def digest(self) -> str:
        """Of its numbers: answers of two pages with the same one agree."""
        return records.digest(json.dumps(dict(self.values), sort_keys=True))

    @cached_property
    def by_value(self) -> dict[float, tuple[str, ...]]:
        """Paths by value: as it is, as a share in per cent, and as a ratio's change."""
        found: dict[float, tuple[str, ...]] = {}
        for path, value in self.values.items():
            if isinstance(value, float):
                for form in {_rounded(v) for v in (value, 100 * value, 100 * (value - 1))}:
                    found[form] = (*found.get(form, ()), path)
        return found


@dataclass(frozen=True)
class Stated:
    """A number on a page: as it stands, what it is, and the quantities that have its value.

    `value` is unrounded, and None for one that is quoted as it was printed.
    """

    text: str
    kind: str
    value: float | None
    quantities: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """A cell that ran, what a reader sees of it, and what it noted.

    `number` counts all cells of the executed notebook, from 1.
    """

    number: int
    text: str
    numbers: tuple[tuple[float, str], ...]
    covered: frozenset[str]
    quotes: tuple[str, ...]
    answers: tuple[Answer, ...]
    files: tuple[str, ...]

    @cached_property
    def untraced(self) -> tuple[tokens.Token, ...]:
        """Numbers that nothing noted."""
        return tuple(t for t in tokens.tokens(self.text) if t.text not in self.covered)

    @cached_property
    def stated(self) -> tuple[Stated, ...]:
        """Its numbers, each distinct one once, in the order in which they were made."""
        seen = {token.text for token in tokens.tokens(self.text)}
        found: dict[Stated, None] = {}
        made: set[str] = set()
        for value, text in self.numbers:
            parts = {token.text for token in tokens.tokens(text)}
            if parts <= seen if parts else re.search(rf"\b{re.escape(text)}\b", self.text, re.I):
                found[Stated(text, CALCULATED, value, self._quantities(value))] = None
                made |= parts
        for text in self.quotes:
            for token in tokens.tokens(text):
                if token.text in seen - made:
                    found[Stated(token.text, QUOTED, None, ())] = None
        return tuple(found)

    def _quantities(self, value: float) -> tuple[str, ...]:
        form = _rounded(value)
        return tuple(
            f"{answer.name}: {path}" if path else answer.name
            for answer in self.answers
            for path in answer.by_value.get(form, ())
        )


def _rounded(value: float) -> float:
    return float(f"{value:.10g}")


@dataclass(frozen=True)
class ExecutedPage:
    """A page that ran."""

    page: Page
    cells: tuple[Cell, ...]
    answers: tuple[Answer, ...]


def read(edition: Edition, executed: Path) -> tuple[ExecutedPage, ...]:
    """What every executed page of an edition states.

    Parameters
    ----------
    edition : Edition
    executed : Path
        Folder with ``ADDRESS.ipynb`` and what its cells noted beside it.
    """
    known: dict[str, Answer] = {}
    return tuple(read_page(page, executed, edition.slug, known) for page in edition.pages)


def read_page(
    page: Page, executed: Path, edition: str, known: dict[str, Answer] | None = None
) -> ExecutedPage:
    """The same of one page.

    Parameters
    ----------
    page : Page
    executed : Path
        As in `read`.
    edition : str
        Slug of the edition.
    known : dict of str to Answer, optional
        Answers of other pages; one that is the same here is taken from there, and new ones added.
    """
    file = executed / f"{page.address}.ipynb"
    notebook = json.loads(file.read_text(encoding="utf-8"))
    noted = file.with_suffix(notebooks.NOTED)
    lines = noted.read_text(encoding="utf-8").splitlines() if noted.exists() else []
    waiting = [json.loads(line) for line in lines]
    ran = [
        (number, cell)
        for number, cell in enumerate(notebook["cells"], 1)
        if cell["cell_type"] == "code" and "".join(cell["source"]).strip()
    ]
    notes = []
    for _, cell in ran:  # those before the page was started noted nothing
        fits = waiting and waiting[0]["source"] == "".join(cell["source"])
        notes.append(waiting.pop(0) if fits else _NOTHING)
    answers = _answers(notes, {} if known is None else known)
    return _joined(page, edition, answers, [(number, _seen(cell)) for number, cell in ran], notes)


_NOTHING: Mapping[str, Any] = {
    "source": "",
    "numbers": [],
    "periods": [],
    "quotes": [],
    "files": [],
    "answers": {},
}


def _joined(
    page: Page,
    edition: str,
    answers: Mapping[str, Answer],
    seen: Sequence[tuple[int, str]],
    notes: Sequence[Mapping[str, Any]],
) -> ExecutedPage:
    by_name: dict[str, dict[str, None]] = {}
    for note in notes:
        for key, told in note["answers"].items():
            by_name.setdefault(told["name"], {})[key] = None
    cells = []
    covered = [_covered(note) for note in notes]
    given = {edition, *map(str, page.parameters.values())}
    parameters = frozenset(t.text for value in given for t in tokens.tokens(value))
    for (number, text), note, behind in zip(
        seen, notes, cell_names.behind([note["source"] for note in notes]), strict=True
    ):
        own = [answers[key] for name in sorted(behind.answers) for key in by_name.get(name, ())]
        direct = {
            path
            for at in behind.cells
            for path, line in notes[at]["files"]
            if (at, line) in behind.lines
        }
        files = {path for answer in own for path in answer.files} | direct
        cells.append(
            Cell(
                number,
                text,
                tuple((value, text) for value, text in note["numbers"]),
                parameters.union(*(covered[at] for at in behind.cells)),
                tuple(note["quotes"]),
                tuple(own),
                tuple(sorted(files)),
            )
        )
    return ExecutedPage(page, tuple(cells), tuple(answers.values()))


def _answers(notes: Sequence[Mapping[str, Any]], known: dict[str, Answer]) -> dict[str, Answer]:
    """The answers that a page asked for, by key; each is told once, where it was first asked."""
    answers = {}
    for note in notes:
        for key, told in note["answers"].items():
            if "values" in told:
                words = told["period"], told["method"], told["values"]
                answer = Answer(key, tuple(told["files"]), *words)
                first = known.setdefault(key, answer)
                answers[key] = first if first == answer else answer
    return answers


def _covered(note: Mapping[str, Any]) -> frozenset[str]:
    said = [*(text for _, text in note["numbers"]), *note["periods"], *note["quotes"]]
    return frozenset(token.text for text in said for token in tokens.tokens(text))


def _seen(cell: Mapping[str, Any]) -> str:
    """What a reader sees of the outputs of a cell."""
    if "remove-cell" in cell["metadata"].get("tags", []):
        return ""
    found = []
    for output in cell["outputs"]:
        data = {kind: "".join(text) for kind, text in output.get("data", {}).items()}
        if "text/markdown" in data:
            found.append(tokens.seen_in_markdown(data["text/markdown"]))
        elif "image/svg+xml" in data:
            found.append(tokens.seen_in_svg(data["image/svg+xml"]))
        elif "image/png" not in data:
            found.append(data.get("text/plain", "") or "".join(output.get("text", "")))
    return "\n".join(found)


# --- what may not be ----------------------------------------------------------------------------


def untraced(pages: Iterable[ExecutedPage]) -> tuple[str, ...]:
    """Numbers that no formatter made and no data hold, a line each with page and cell."""
    return tuple(
        f"{page.page.address}, cell {cell.number}: {token.text} in “{token.around}”"
        for page in pages
        for cell in page.cells
        for token in dict.fromkeys(cell.untraced)
    )


def refuse(unknown: Sequence[str], disagreeing: Sequence[str]) -> None:
    """Refuse numbers of unknown origin, and pages that do not agree.

    Parameters
    ----------
    unknown, disagreeing : sequence of str
        Lines of `untraced` and of `disagreements`.

    Raises
    ------
    LedgerError
        There is one of them. Lists them.
    """
    if unknown:
        raise LedgerError(
            f"pages state {len(unknown)} numbers of unknown origin",
            found=_list(unknown),
            expected="numbers made by present/text/numbers.py, periods, or text quoted from data",
            hint="let the sentence pass its numbers through number(), percent() or plural(); "
            "text from data through markup.escape()",
        )
    if disagreeing:
        raise LedgerError(
            f"pages do not agree on {len(disagreeing)} quantities",
            found=_list(disagreeing),
            expected="one value for one quantity on every page of an edition",
            hint="ask the page for the answer instead of working it out in the notebook; an answer "
            "that depends on a parameter of the page belongs in start.py",
        )


def _list(lines: Sequence[str]) -> str:
    more = [f"and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
    return "".join(f"\n  - {line}" for line in [*lines[:_LISTED], *more])


def disagreements(pages: Iterable[ExecutedPage]) -> Iterator[str]:
    """Values that one quantity has on two pages, a line each."""
    known: dict[str, tuple[str, Answer]] = {}
    for page in pages:
        for answer in page.answers:
            where, first = known.setdefault(answer.key, (page.page.address, answer))
            if first is answer:
                continue
            for path in first.values.keys() | answer.values.keys():
                one, other = first.values.get(path, "none"), answer.values.get(path, "none")
                if not _equal(one, other):
                    yield (
                        f"{answer.key}: {path} is {one} on page {where} and {other} on page "
                        f"{page.page.address}"
                    )


def _equal(one: float | str, other: float | str) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_SAME, abs_tol=1e-12)
    return one == other
