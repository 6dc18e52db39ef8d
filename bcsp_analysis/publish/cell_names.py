"""Which answers of its page stand behind a cell, read off the code of the cells."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

START = "start"
PARTS = ("local",)  # of a page, which have answers of their own


@dataclass
class Behind:
    """What something stands on: answers of the page by name, lines of cells, earlier cells."""

    answers: set[str] = field(default_factory=set)
    lines: set[tuple[int, int]] = field(default_factory=set)
    cells: set[int] = field(default_factory=set)

    def add(self, other: Behind) -> None:
        """Take in what another thing stands on."""
        self.answers |= other.answers
        self.lines |= other.lines
        self.cells |= other.cells


def behind(sources: Sequence[str]) -> list[Behind]:
    """What each cell of a notebook stands on, itself included.

    A variable carries on what the right-hand side of its assignment stood on, so a figure drawn
    from ``judged`` stands on ``page.assessment``.

    Parameters
    ----------
    sources : sequence of str
        Python code of the cells, in the order in which they run.
    """
    names: dict[str, Behind] = {}
    pages: set[str] = set()
    found = []
    for number, source in enumerate(sources):
        cell = Behind(cells={number})
        for statement in _statements(source):
            said = _said(statement, names, pages)
            said.cells.add(number)
            said.lines |= {(number, at) for at in range(statement.lineno, _last(statement) + 1)}
            cell.add(said)
            if isinstance(statement, ast.Assign):
                if _starts(statement.value) or _is_part(statement.value, pages):
                    pages |= {name for target in statement.targets for name in _targets(target)}
                for target, value in _pairs(statement):
                    given = _said(value, names, pages)
                    given.cells.add(number)
                    given.lines |= {(number, at) for at in range(value.lineno, _last(value) + 1)}
                    names |= dict.fromkeys(_targets(target), given)
        found.append(cell)
    return found


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except SyntaxError:  # a cell that only IPython understands: it stands on itself alone
        return []


def _said(node: ast.AST, names: dict[str, Behind], pages: set[str]) -> Behind:
    found = Behind()
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and (
            _is_page(part.value, pages) or _is_part(part.value, pages)
        ):
            found.answers.add(part.attr)
        if isinstance(part, ast.Name) and part.id in names:
            found.add(names[part.id])
    return found


def _starts(value: ast.expr) -> bool:
    called = value.func if isinstance(value, ast.Call) else None
    return (
        isinstance(called, (ast.Attribute, ast.Name))
        and getattr(called, "attr", getattr(called, "id", "")) == START
    )


def _is_part(value: ast.expr, pages: set[str]) -> bool:
    return isinstance(value, ast.Attribute) and value.attr in PARTS and _is_page(value.value, pages)


def _is_page(value: ast.expr, pages: set[str]) -> bool:
    return isinstance(value, ast.Name) and value.id in pages


def _pairs(statement: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    for target in statement.targets:
        value = statement.value
        if (
            isinstance(target, ast.Tuple)
            and isinstance(value, ast.Tuple)
            and len(target.elts) == len(value.elts)
        ):
            yield from zip(target.elts, value.elts, strict=True)
        else:
            yield target, value


def _targets(target: ast.expr) -> list[str]:
    return [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]


def _last(node: ast.stmt | ast.expr) -> int:
    return node.end_lineno or node.lineno
