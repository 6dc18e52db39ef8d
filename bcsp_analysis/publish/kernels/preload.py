"""What the fork server imports before it forks: what the notebooks and their runner will need.

The list is read off the package's own sources, so it cannot fall behind them. Imports alone: after
work in a library that keeps threads (linear algebra, Arrow, DuckDB), a fork can wait for ever.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]
# Stages on which a notebook stands; commands and publishing are none of them.
STAGES = ("sources", "measures", "models", "present")
# What a kernel imports by itself while it starts and runs its first cell, and what drawing needs.
# matplotlib_inline is left out: it looks for the kernel's shell when it is imported.
KERNEL = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "tornado.platform.asyncio",
    "psutil",
    "IPython.core.completer",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "matplotlib.backends.backend_agg",
    "matplotlib.pyplot",
    *(f"PIL.{kind}ImagePlugin" for kind in ("Bmp", "Gif", "Jpeg", "Png", "Ppm")),
    "pandas",
    "pyarrow.pandas_compat",
)
# What runs a notebook; those processes are forked too.
RUNNER = (
    "papermill",
    "nbclient",
    "nbformat.v4",
    "bcsp_analysis.publish.notebooks",
    "bcsp_analysis.publish.saved_once",
    "bcsp_analysis.publish.kernels.observing",
)
# Libraries that notebooks stand on, wherever a source imports them: at its top or in a function.
_LIBRARY = re.compile(
    r"^[ \t]*(?:from|import)[ \t]+((?:numpy|pandas|scipy|statsmodels|patsy|matplotlib|pyarrow)"
    r"(?:\.\w+)*)(?:[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#]+))?",
    re.MULTILINE,
)
# Libraries that wait until a page asks for them: it would pay for them on every page.
_LATER = re.compile(r"^(?:from|import)[ \t]+(?:requests|ibis|duckdb|typer)\b", re.MULTILINE)


def modules(*, own: bool) -> Iterator[str]:
    """Names of what to import, in order: ``"module"``, or ``"module:name"`` for ``load``.

    Parameters
    ----------
    own : bool
        Whether modules of this package are among them. They are for one build; a server that
        lives as long as an editor leaves them to each kernel, which then reads them afresh.
    """
    sources = {file: file.read_text(encoding="utf-8") for file in _files()}
    yield from KERNEL
    yield from dict.fromkeys(name for text in sources.values() for name in libraries(text))
    if own:
        yield from RUNNER
        yield from (_name(file) for file, text in sources.items() if not _LATER.search(text))


def _files() -> list[Path]:
    inner = [file for stage in STAGES for file in (PACKAGE / stage).rglob("*.py")]
    return [PACKAGE / "start.py", *sorted(inner)]


def _name(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def libraries(source: str) -> Iterator[str]:
    """What a source imports of the libraries under the notebooks, at its top or in a function."""
    for found in _LIBRARY.finditer(source):
        yield found[1]
        for name in re.findall(r"(\w+)(?:[ \t]+as[ \t]+\w+)?", found["names"] or ""):
            yield f"{found[1]}:{name}"


def load(name: str) -> None:
    """Import a module, or with ``"module:name"`` what ``from module import name`` would.

    A module that cannot be imported is left to the cell that needs it, which then says so.
    """
    module, _, member = name.partition(":")
    try:
        loaded = importlib.import_module(module)
        if member and not hasattr(loaded, member):
            importlib.import_module(f"{module}.{member}")
    except Exception:
        return
