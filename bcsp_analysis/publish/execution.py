"""One notebook through papermill: executed, or an error that names the cell at which it stopped."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bcsp_analysis import observed, project
from bcsp_analysis.editions import ParameterValue
from bcsp_analysis.errors import NotebookError
from bcsp_analysis.publish import parameters

if TYPE_CHECKING:
    from nbformat import NotebookNode

CELL_SECONDS = 600  # a cell that runs longer counts as hung
KERNEL = "python3"
OBSERVING = "bcsp_analysis.publish.kernels.observing"
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def execute(
    source: Path,
    values: Mapping[str, ParameterValue] | None = None,
    *,
    label: str = "",
    cell_seconds: int = CELL_SECONDS,
) -> NotebookNode:
    """Execute a notebook in its own folder; the file itself is left alone.

    Raises
    ------
    NotebookError
        A cell failed, took too long, or its kernel died. Names the notebook and the cell.
    """
    # Another Python's kernel of the same name, registered for the user, must not win.
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from bcsp_analysis.publish import saved_once

    scratch = Path(tempfile.mkdtemp(prefix="bcsp-"))
    running = scratch / "running.ipynb"
    try:
        return papermill.execute_notebook(
            _literal(source),
            _literal(running),
            engine_name=saved_once.NAME,
            parameters=dict(values or {}),
            kernel_name=KERNEL,
            cwd=str(source.parent),
            progress_bar=False,
            execution_timeout=cell_seconds,
            # the kernel notes as an error that it was told to stop, which is how a run ends
            extra_arguments=["--log-level=CRITICAL", *_observing()],
        )
    except PapermillExecutionError as error:
        problem = "a cell of a notebook failed"
        found = _ANSI.sub("", f"{error.ename}: {error.evalue}").strip().rstrip(":")
        number = _cell_number(running)
    except CellTimeoutError:
        problem = "a cell of a notebook did not end"
        found = f"still running after {cell_seconds} seconds"
        number = _cell_number(running)
    except DeadKernelError:
        problem, found = "the kernel of a notebook died", "its process ended without a reply"
        number = _cell_number(running)
    except RuntimeError as error:  # so Jupyter says that a kernel did not start
        problem, found = "the kernel of a notebook did not start", str(error)
        number = 0
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    raise NotebookError(
        problem,
        where=f"{project.relative(source)}, cell {number}" + (f" ({label})" if label else ""),
        found=found.replace("\n", "\n    "),
        hint="open the notebook in Jupyter with the same parameters and run it to that cell",
    )


def _observing() -> list[str]:
    """What has a kernel note what it reads, where the run of a page asks for it."""
    wanted = os.environ.get(observed.SETTING)
    return [f"--InteractiveShellApp.extra_extensions={OBSERVING}"] if wanted else []


def _literal(path: Path) -> str:
    # papermill fills braces in a path with parameters.
    return str(path).replace("{", "{{").replace("}", "}}")


def _cell_number(running: Path) -> int:
    """Number, in the source, of the cell at which a run stopped."""
    cells = [
        cell
        for cell in json.loads(running.read_text(encoding="utf-8"))["cells"]
        if not {"papermill-error-cell-tag", "injected-parameters"} & set(parameters.tags(cell))
    ]
    started = [
        number
        for number, cell in enumerate(cells, start=1)
        if cell["metadata"].get("papermill", {}).get("start_time")
    ]
    return started[-1] if started else 0
