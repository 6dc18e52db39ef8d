"""An extension of IPython that notes what the page of a kernel reads (see `observed`).

The run of a page loads it in the kernel and names a file; after each cell the kernel writes there
what it has read so far.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack
from typing import Any

from bcsp_analysis import observed
from bcsp_analysis.editions import Edition

NAME = __name__
PAGES = "pages of "  # before the file of an edition whose list of pages was read
_until_the_end = ExitStack()


class _Pages:
    """The attribute `pages` of editions, which notes that it was read.

    A page that asks for no other page need not run again when the list of pages changes.
    """

    def __get__(self, edition: Edition | None, owner: type) -> Any:
        if edition is None:
            raise AttributeError("pages")  # as a field without a default has it
        observed.note(observed.Seen(others={f"{PAGES}{edition.file}"}))
        return edition.__dict__["pages"]

    def __set__(self, edition: Edition, value: Any) -> None:
        edition.__dict__["pages"] = value


def load_ipython_extension(shell: Any) -> None:
    """Begin to note, if the run of the page asks for it."""
    file = os.environ.get(observed.SETTING, "")
    if not file:
        return
    seen = _until_the_end.enter_context(observed.watching())
    Edition.pages = _Pages()  # type: ignore[assignment]

    def write(result: Any) -> None:
        del result
        with open(file, "w", encoding="utf-8") as stream:
            json.dump(as_data(seen.closed()), stream)

    shell.events.register("post_run_cell", write)


def as_data(seen: observed.Seen) -> dict[str, list[str]]:
    """What was read as JSON can carry it; modules as their files."""
    modules = {getattr(sys.modules.get(name), "__file__", None) for name in seen.modules}
    return {
        "files": sorted(seen.files | {os.path.abspath(file) for file in modules if file}),
        "folders": sorted(seen.folders),
        "others": sorted(seen.others),
    }
