"""Parameters of notebooks: read from their parameters cell, and held against an edition's pages."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from bcsp_analysis import local, page_parameters, places, project
from bcsp_analysis.editions import Edition, Page, ParameterValue
from bcsp_analysis.editions_pages import CATALOGUE
from bcsp_analysis.errors import NotebookError, ParameterError
from bcsp_analysis.inputs import SERIES, unknown
from bcsp_analysis.publish import markdown

MOST = 8

_KIND_NAMES = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


def defaults(notebook: Path) -> dict[str, ParameterValue]:
    """Parameters of a notebook with their defaults, read from its cell tagged ``parameters``.

    Raises
    ------
    ParameterError
        The notebook has no such cell or several; a line of it is no assignment of plain text, a
        number or a boolean; or there are more than eight.
    """
    where = project.relative(notebook)
    tagged = [cell for cell in cells_of(notebook) if "parameters" in tags(cell)]
    if len(tagged) != 1:
        raise ParameterError(
            "a notebook needs one parameters cell",
            where=where,
            found=f"{len(tagged)} cells with the tag parameters",
            expected='one, with at least edition: str = "..."',
            hint="in Jupyter, add the tag under Property Inspector, Cell tags",
        )
    source = text_of(tagged[0])
    found = dict(_assignments(source, f"{where}, parameters cell"))
    if len(found) > MOST:
        raise ParameterError(
            "a notebook has too many parameters",
            where=where,
            found=f"{len(found)}: {', '.join(found)}",
            expected=f"at most {MOST}",
        )
    return found


def cells_of(notebook: Path) -> list[dict[str, Any]]:
    """Cells of a notebook file as stored; NotebookError where it is no notebook."""
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        return list(content["cells"])
    except (ValueError, KeyError, TypeError) as error:
        raise NotebookError(
            "a file is no Jupyter notebook",
            where=project.relative(notebook),
            found=str(error),
            expected="a notebook of format 4",
        ) from error


def text_of(cell: Mapping[str, Any]) -> str:
    """Source of a cell, which a file may store as one text or as a list of lines."""
    return "".join(cell["source"])


def tags(cell: Mapping[str, Any]) -> list[str]:
    """Tags of a cell."""
    return list(cell.get("metadata", {}).get("tags", []))


def _assignments(source: str, where: str) -> Iterable[tuple[str, ParameterValue]]:
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise ParameterError(
            "a parameters cell is not Python", where=f"{where}, line {error.lineno}"
        ) from error
    for statement in statements:
        target: ast.expr | None = None
        value: ast.expr | None = None
        if isinstance(statement, ast.AnnAssign):
            target, value = statement.target, statement.value
        elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
        literal = _literal(value)
        if not isinstance(target, ast.Name) or literal is None:
            raise ParameterError(
                "a line of a parameters cell is no parameter",
                where=f"{where}, line {statement.lineno}",
                found=ast.unparse(statement),
                expected='text, a number or a boolean, as in series: str = "asb"',
                hint="derive values in the next cell",
            )
        yield target.id, literal


def _literal(value: ast.expr | None) -> ParameterValue | None:
    try:
        literal = ast.literal_eval(value) if value else None
    except ValueError:
        return None
    return literal if isinstance(literal, str | int | float) else None


def check(edition: Edition) -> None:
    """Hold the parameters of every page against its notebook, before anything runs.

    Raises
    ------
    ParameterError
        A parameter that the notebook does not have, of another kind than its default, or with a
        value that is not known; a notebook without ``edition``; a mark without a value.
    """
    for page in edition.pages:
        known = defaults(page.notebook)
        where = f"{project.relative(edition.file)}, page {page.address}"
        if "edition" not in known:
            raise ParameterError(
                "a notebook does not take an edition",
                where=project.relative(page.notebook),
                expected='edition: str = "..." in its parameters cell',
            )
        for name, value in page.parameters.items():
            _check_one(name, value, known, f"{where}, parameter {name}", page)
        _check_marks(page, edition, known, where)


def _check_one(
    name: str, value: ParameterValue, known: Mapping[str, ParameterValue], where: str, page: Page
) -> None:
    if name not in known:
        raise ParameterError(
            "a page sets a parameter that its notebook does not have",
            where=where,
            found=name,
            expected=f"one of {', '.join(known)} ({project.relative(page.notebook)})",
        )
    wanted = type(known[name])
    if type(value) is not wanted and not (wanted is float and type(value) is int):
        raise ParameterError(
            "a parameter is of the wrong kind",
            where=where,
            found=f"{value!r} ({_KIND_NAMES[type(value)]})",
            expected=f"{_KIND_NAMES[wanted]}, as in {name} = {known[name]!r}",
        )
    if name in (*page_parameters.FIXED, *page_parameters.FROM_CATALOGUE):
        page_parameters.check({name: value}, where)


def _check_marks(
    page: Page, edition: Edition, known: Mapping[str, ParameterValue], where: str
) -> None:
    values = mark_values(edition, {**known, **page.parameters})
    for number, cell in enumerate(cells_of(page.notebook), start=1):
        used = markdown.marks(text_of(cell)) if cell["cell_type"] in ("markdown", "raw") else set()
        for mark in sorted(used - set(values)):
            raise ParameterError(
                f"a notebook uses the mark {{{mark}}}, and the page gives it no value",
                where=f"{where}; {project.relative(page.notebook)}, cell {number}",
                expected="a parameter series, for the mark series",
            )


def mark_values(edition: Edition, parameters: Mapping[str, ParameterValue]) -> dict[str, str]:
    """What the marks of a page's text stand for.

    Always area, quarter and months; series, measure, priority, kind and locality where the page has
    the parameter.
    """
    values = {
        "area": edition.area,
        "quarter": edition.quarter.label,
        "months": edition.quarter.months_label,
    }
    if parameters.get("series") in SERIES:
        values["series"] = SERIES[str(parameters["series"])]
    values |= of_catalogue(parameters)
    kind = str(parameters.get("kind", ""))
    if kind in local.KIND_NAMES:
        values["kind"] = local.KIND_NAMES[kind]
        if parameters.get("locality"):
            values["locality"] = _locality(edition, kind, str(parameters["locality"]))
    return values


def of_catalogue(parameters: Mapping[str, ParameterValue]) -> dict[str, str]:
    """Titles of the page's measure and priority."""
    wanted = [name for name in page_parameters.FROM_CATALOGUE if parameters.get(name)]
    if not wanted:
        return {}
    file = project.path(*CATALOGUE.split("/"))
    titles = _titles(file, file.stat().st_mtime_ns if file.is_file() else 0)
    return {
        name: titles[name][str(parameters[name])]
        for name in wanted
        if parameters[name] in titles[name]
    }


@lru_cache(maxsize=1)
def _titles(file: Path, changed: int) -> Mapping[str, Mapping[str, str]]:
    """Titles by id; a build asks for them once a page."""
    del file, changed  # which tell one catalogue from another
    from bcsp_analysis.measures import catalogue

    held = catalogue.load()
    return {
        "measure": {measure.id: measure.short_title for measure in held},
        "priority": held.priorities,
    }


def _locality(edition: Edition, kind: str, code: str) -> str:
    if edition.data.areas is None:
        return code
    known = _names(edition.data.areas, edition.area, kind)
    if code not in known:
        raise unknown("locality", code, tuple(known), project.relative(edition.data.areas))
    return known[code]


@lru_cache(maxsize=8)
def _names(folder: Path, area: str, kind: str) -> dict[str, str]:
    from bcsp_analysis.sources.area_folder import AreaFolder

    return places.names(AreaFolder(folder, area), kind)
