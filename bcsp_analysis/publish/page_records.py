"""What an executed page stood on: its notebook, its parameters, and what its kernel read.

A page whose code, parameters and files are as they were keeps its outputs; where only its text
changed, the text is laid around them anew.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bcsp_analysis import project
from bcsp_analysis.editions import Edition, Page, ParameterValue
from bcsp_analysis.publish import parameters, records

TEXT = "its text"


@dataclass(frozen=True)
class Given:
    """What a page is told: parameters with the edition among them, and what its marks stand for."""

    page: Page
    parameters: Mapping[str, ParameterValue]
    marks: Mapping[str, str]

    @property
    def of_code(self) -> dict[str, str]:
        """Digests of what its outputs come from, by the name that a reason gives them."""
        name = project.relative(self.page.notebook)
        values = json.dumps(dict(sorted(self.parameters.items())), ensure_ascii=False)
        return {
            f"the code of {name}": _code(self.page.notebook),
            "its parameters": records.digest(values),
        }

    @property
    def of_text(self) -> dict[str, str]:
        """Digest of everything else that stands on the page."""
        own = [self.page.title, self.page.description, dict(sorted(self.marks.items()))]
        return {TEXT: records.digest(json.dumps([*own, _text(self.page.notebook)]))}


def given(edition: Edition, page: Page) -> Given:
    """What a page of an edition is told."""
    known = parameters.defaults(page.notebook)
    return Given(
        page,
        {"edition": edition.slug, **page.parameters},
        parameters.mark_values(edition, {**known, **page.parameters}),
    )


def _code(notebook: Path) -> str:
    cells = [cell for cell in parameters.cells_of(notebook) if cell["cell_type"] == "code"]
    kept = [(parameters.text_of(cell), parameters.tags(cell), cell.get("id")) for cell in cells]
    return records.digest(json.dumps(kept, sort_keys=True))


def _text(notebook: Path) -> list[Any]:
    return [
        {key: value for key, value in cell.items() if key not in records.OUTPUTS}
        for cell in parameters.cells_of(notebook)
    ]


def file_of(target: Path) -> Path:
    """Where the record of an executed page lies."""
    return target.with_suffix(records.SUFFIX)


def judge() -> records.Judge:
    """A judge of pages: of two kinds of file, not everything counts."""
    return records.Judge({"editions/": _without_pages, "data/sources.toml": _without_checksums})


@lru_cache(maxsize=64)
def _without_pages(path: str, found: str) -> str:
    """Of an edition all but its list of pages; who reads that says so (see `kernels.observing`)."""
    held = _toml(path)
    return found if held is None else _dumped({k: v for k, v in held.items() if k != "pages"})


@lru_cache(maxsize=64)
def _without_checksums(path: str, found: str) -> str:
    """Of the list of sources all but the checksums, which pages know as there or not there."""
    held = _toml(path)
    return found if held is None else _dumped(_bare(held))


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: bool(v) if k == "sha256" else _bare(v) for k, v in value.items()}
    return [_bare(one) for one in value] if isinstance(value, list) else value


def _toml(path: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _dumped(held: Mapping[str, Any]) -> str:
    return records.digest(json.dumps(held, sort_keys=True, default=str))


def keep(
    target: Path,
    given: Mapping[str, str],
    read: Path,
    outputs: Iterable[Path],
    *,
    began: int,
    said: Iterable[str],
    installed: str,
) -> None:
    """Write the record of a page that has just run.

    Parameters
    ----------
    target : Path
        The executed page.
    given : mapping of str to str
        What it was told: `Given.of_code` and `Given.of_text`, taken before it ran.
    read : Path
        What its kernel wrote down.
    outputs : iterable of Path
        Files that the run left.
    began : int
        When it began, nanoseconds since the epoch.
    said : iterable of str
        What it warned of.
    installed : str
        Digest of the versions, from `records.environment`.
    """
    try:
        seen = json.loads(read.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not known what it read: it runs again
        file_of(target).unlink(missing_ok=True)
        return
    judging = judge()
    record = judging.record(seen, began=began, given=given, said=said)
    record.environment = installed
    judging.keep(record, outputs, file_of(target))


def why_run(judging: records.Judge, told: Given, target: Path) -> Iterator[str]:
    """Why a page has to run again; nothing where its outputs hold."""
    record = records.load(file_of(target))
    yield from judging.changes(record, told.of_code)


def text_changed(told: Given, target: Path) -> bool:
    """Whether the text of a page, whose outputs hold, is another one now."""
    record = records.load(file_of(target))
    return record is None or record.given.get(TEXT) != told.of_text[TEXT]


def said(file: Path) -> list[str]:
    """What the page of a record warned of when it ran."""
    record = records.load(file)
    return record.said if record else []
