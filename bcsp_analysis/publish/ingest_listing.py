"""An ingest on a terminal: what is being read, and the report at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bcsp_analysis.sources import ingest_text
from bcsp_analysis.sources.ingest_report import IngestReport

Tell = Callable[[str], None]
_MOST_LINES = 40


@contextmanager
def telling(*, quiet: bool) -> Iterator[Tell | None]:
    """A function that shows the file that was just read; None where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status("looking for files") as status:
        read = 0

        def tell(where: str) -> None:
            nonlocal read
            read += 1
            status.update(f"read {read:,} files; {escape(where[-70:])}")

        yield tell


def print_report(report: IngestReport) -> None:
    """The findings as lines: totals, refusals, flags, releases, forces."""
    print(f"store {report.store}, state {report.generation}, in {report.seconds:.1f} s")
    _print("", ingest_text.summary(report))
    _print("refused", ingest_text.refusal_lines(report))
    _print("months not to use as they are", ingest_text.flag_lines(report))
    _print("two releases of one month", map(ingest_text.difference_line, report.differences))
    _print("in the store", map(ingest_text.force_line, report.forces))
    if report.changed:
        print(f"every file: {report.store}/ingest-report.md")


def _print(heading: str, lines: Iterator[str] | list[str]) -> None:
    listed = list(lines)
    if heading and listed:
        print(f"{heading}:")
    for line in listed[:_MOST_LINES]:
        print(f"  {line.replace('`', '')}")
    if len(listed) > _MOST_LINES:
        print(f"  and {len(listed) - _MOST_LINES} more")
