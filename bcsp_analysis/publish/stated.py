"""Every number that an executed page states, with what it was made from; and those that lack it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bcsp_analysis import ledger, project
from bcsp_analysis.editions import Edition, Page
from bcsp_analysis.errors import LedgerError
from bcsp_analysis.publish import cell_names, notebooks, records, tokens

CALCULATED, QUOTED, SCALE = "calculated", "quoted", "scale"
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

    @cached_property
    def rows(self) -> frozenset[str]:
        """Measures of which it holds a number."""
        keys = {key for path in self.values for key in ledger.KEY.findall(path)}
        return frozenset(keys & _measures())

    @property
    def digest(self) -> str:
        """Of its numbers: answers of two pages with the same one agree."""
        return records.digest(json.dumps(dict(self.values), sort_keys=True))

    @cached_property
    def by_value(self) -> dict[float, tuple[str, ...]]:
        """Paths by value."""
        found: dict[float, tuple[str, ...]] = {}
        for path, value in self.values.items():
            if isinstance(value, float):
                form = _rounded(value)
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

    `number` counts all cells of the executed notebook, from 1; `measure` is the one that the whole
    page is about, if it is about one; `direct` are the files that its own code opened.
    """

    number: int
    text: str
    numbers: tuple[tuple[float, str], ...]
    covered: frozenset[str]
    quotes: tuple[str, ...]
    scales: tuple[str, ...]
    answers: tuple[Answer, ...]
    direct: tuple[str, ...]
    measure: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """Files behind it: those of the answers, and those that its own code opened."""
        return tuple(sorted({path for a in self.behind for path in a.files} | {*self.direct}))

    @cached_property
    def behind(self) -> tuple[Answer, ...]:
        """The answers that the cell stands on.

        On the page of one measure these are not the answers that hold other measures and not this
        one: the page asks for them too, and they had nothing to say.
        """
        if not self.measure:
            return self.answers
        return tuple(a for a in self.answers if self.measure in a.rows or not a.rows)

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
                found[Stated(text, CALCULATED, value, self._quantities(value, text))] = None
                made |= parts
        for text in self.scales:
            if text in seen - made:
                found[Stated(text, SCALE, None, ())] = None
                made.add(text)
        for text in self.quotes:
            for token in tokens.tokens(text):
                if token.text in seen - made:
                    found[Stated(token.text, QUOTED, None, ())] = None
        return tuple(found)

    def _quantities(self, value: float, text: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for answer in self.behind:
            for form in _forms(value, text):
                for path in answer.by_value.get(form, ()):
                    others = answer.rows & set(ledger.KEY.findall(path)) - {self.measure}
                    if not (self.measure and others):  # of another measure, and equal by chance
                        found[f"{answer.name}: {path}" if path else answer.name] = None
        return tuple(found)


def _forms(value: float, text: str) -> set[float]:
    """What a number may be in a result: itself; per cent also a share, or the change of a ratio."""
    forms = (value, value / 100, value / 100 + 1) if text.endswith("%") else (value,)
    return {_rounded(form) for form in forms}


def _measures() -> frozenset[str]:
    from bcsp_analysis.measures import catalogue

    file = project.path("data", "measures.toml")
    return frozenset(catalogue.load(file).measures) if file.is_file() else frozenset()


def _rounded(value: float) -> float:
    return float(f"{value:.10g}")


@dataclass(frozen=True)
class ExecutedPage:
    """A page that ran."""

    page: Page
    cells: tuple[Cell, ...]
    answers: tuple[Answer, ...]


def read(
    edition: Edition, executed: Path, hidden: Collection[str] = ()
) -> tuple[ExecutedPage, ...]:
    """What every executed page of an edition states.

    Parameters
    ----------
    edition : Edition
    executed : Path
        Folder with ``ADDRESS.ipynb`` and what its cells noted beside it.
    hidden : collection of str
        Measures of which no count is shown: nothing that is read tells a number of theirs.
    """
    known: dict[str, Answer] = {}
    return tuple(read_page(page, executed, edition.slug, known, hidden) for page in edition.pages)


def read_page(
    page: Page,
    executed: Path,
    edition: str,
    known: dict[str, Answer] | None = None,
    hidden: Collection[str] = (),
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
    hidden : collection of str
        As in `read`.
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
    answers = _answers(notes, {} if known is None else known, frozenset(hidden))
    return _joined(page, edition, answers, [(number, _seen(cell)) for number, cell in ran], notes)


_NOTHING: Mapping[str, Any] = {
    "source": "",
    "numbers": [],
    "periods": [],
    "quotes": [],
    "scales": [],
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
        cells.append(
            Cell(
                number,
                text,
                tuple((value, text) for value, text in note["numbers"]),
                parameters.union(*(covered[at] for at in behind.cells)),
                tuple(note["quotes"]),
                tuple(note["scales"]),
                tuple(own),
                tuple(sorted(direct)),
                str(page.parameters.get("measure", "")),
            )
        )
    return ExecutedPage(page, tuple(cells), tuple(answers.values()))


def _answers(
    notes: Sequence[Mapping[str, Any]], known: dict[str, Answer], hidden: frozenset[str]
) -> dict[str, Answer]:
    """The answers that a page asked for, by key; each is told once, where it was first asked."""
    answers = {}
    for note in notes:
        for key, told in note["answers"].items():
            if "values" in told:
                values = {
                    path: value
                    for path, value in told["values"].items()
                    if not hidden & set(ledger.KEY.findall(path))
                }
                words = told["period"], told["method"], values
                answer = Answer(key, tuple(told["files"]), *words)
                first = known.setdefault(key, answer)
                answers[key] = first if first == answer else answer
    return answers


def _covered(note: Mapping[str, Any]) -> frozenset[str]:
    said = [
        *(text for _, text in note["numbers"]),
        *note["periods"],
        *note["quotes"],
        *note["scales"],
    ]
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
