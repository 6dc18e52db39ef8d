"""How a build is told: a bar on a terminal, plain lines elsewhere, and a table of times."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from bcsp_analysis.publish import build, notebooks, site


class Teller:
    """Tells what a build does; without a `bar`, every step is a line."""

    def __init__(self, bar: Progress | None = None) -> None:
        self._bar = bar
        self._task: TaskID | None = None

    def say(self, line: str) -> None:
        """One line, above the bar where there is one."""
        if self._bar:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, flush=True)

    def begin(self, what: str, steps: int) -> None:
        """A new row of steps takes the place of the last one."""
        if not self._bar:
            self.say(f"{what} ({steps})")
            return
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(what, total=steps)

    def ran(self, run: notebooks.PageRun) -> None:
        """A page's notebook is done."""
        self._step(f"ran {run.page.address} in {run.seconds:.1f} s")

    def rendered(self, page: site.RenderedPage) -> None:
        """A page of the site is done."""
        self._step(f"rendered {page.source} in {page.seconds:.2f} s")

    def _step(self, line: str) -> None:
        if self._bar and self._task is not None:
            self._bar.advance(self._task)
        else:
            self.say(f"  {line}")


@contextmanager
def telling() -> Iterator[Teller]:
    """A Teller for this terminal, or for a log."""
    if not sys.stdout.isatty():
        yield Teller()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), transient=True) as bar:
        yield Teller(bar)


def times(built: build.Built) -> str:
    """How long each page took that was run or rendered, as a table of plain text."""
    ran = {run.page.address: run.seconds for run in built.runs}
    rendered = {page.source.rsplit(".", 1)[0]: page.seconds for page in built.site.pages}
    addresses = [*ran, *(address for address in rendered if address not in ran)]
    if not addresses:
        return ""
    width = max(len("page"), *(len(address) for address in addresses))
    lines = [f"{'page':<{width}}  {'notebook':>9}  {'rendering':>9}"]
    for address in addresses:
        cells = (_seconds(ran.get(address), 1), _seconds(rendered.get(address), 2))
        lines.append(f"{address:<{width}}  {cells[0]:>9}  {cells[1]:>9}")
    return "\n".join(lines)


def _seconds(value: float | None, places: int) -> str:
    return "" if value is None else f"{value:.{places}f} s"
