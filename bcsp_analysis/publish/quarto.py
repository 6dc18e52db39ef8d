"""Renders a website project with Quarto, where Quarto is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bcsp_analysis.errors import SiteError

START_SECONDS = 60
INSTALL_SECONDS = 300

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PAGE = re.compile(r"^\s*\[\s*(\d+)/\d+\]\s+(\S.*)$")
_WARNING = re.compile(r"^\s*(?:\[?WARN(?:ING)?\]?|\(W\))[:\s]")


@dataclass(frozen=True)
class Quarto:
    """A Quarto that runs: its program file and its version."""

    program: Path
    version: str


@dataclass(frozen=True)
class QuartoPage:
    """A page that Quarto rendered, and the seconds that it took."""

    source: str
    seconds: float


@dataclass(frozen=True)
class QuartoReport:
    """What Quarto said while it rendered a project."""

    pages: tuple[QuartoPage, ...]
    warnings: tuple[str, ...]


def find() -> tuple[Quarto | None, str]:
    """The Quarto on the PATH or beside this Python, and a sentence that says what was found."""
    beside = Path(sys.executable).parent
    name = shutil.which("quarto") or shutil.which("quarto", path=str(beside))
    if not name:
        return None, "quarto not found on PATH"
    try:
        answer = subprocess.run(
            [name, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=START_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, f"quarto does not start ({error})"
    lines = _ANSI.sub("", answer.stdout).strip().splitlines()
    if answer.returncode or not lines:
        said = (lines or _ANSI.sub("", answer.stderr).strip().splitlines() or ["it says nothing"])[
            -1
        ]
        return None, f"quarto is installed but does not run ({said.strip()})"
    return Quarto(Path(name), lines[-1].strip()), f"quarto {lines[-1].strip()} found"


def render(
    quarto: Quarto,
    source: Path,
    output: str,
    *,
    on_page: Callable[[QuartoPage], None] | None = None,
) -> QuartoReport:
    """Render the website project in `source` into its folder `output`; nothing is executed.

    Parameters
    ----------
    quarto : Quarto
        From `find`.
    source : Path
        Folder with ``_quarto.yml``.
    output : str
        Name of the output folder, relative to `source`.
    on_page : callable, optional
        Called with each page as soon as the next one begins.

    Raises
    ------
    SiteError
        Quarto ended with an error; its last lines are in the message.
    """
    command = [str(quarto.program), "render", str(source), "--output-dir", output, "--no-execute"]
    environment = {**os.environ, "QUARTO_PYTHON": sys.executable}
    said: list[str] = []
    pages: list[QuartoPage] = []
    current, began = "", time.perf_counter()
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
        cwd=source,
        env=environment,
    ) as process:
        try:
            for raw in process.stdout or ():
                line = _ANSI.sub("", raw).rstrip()
                said.append(line)
                match = _PAGE.match(line)
                if match:
                    began = _page_done(current, began, pages, on_page)
                    current = match[2]
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise SiteError(
            "quarto could not render the site",
            where=str(source),
            found="\n    ".join(["", *[line for line in said if line.strip()][-12:]]),
            hint="`--engine pandoc` renders it without quarto",
        )
    _page_done(current, began, pages, on_page)
    warnings = tuple(line.strip() for line in said if _WARNING.match(line))
    return QuartoReport(tuple(pages), warnings)


def _page_done(
    source: str,
    began: float,
    pages: list[QuartoPage],
    on_page: Callable[[QuartoPage], None] | None,
) -> float:
    now = time.perf_counter()
    if source:
        pages.append(QuartoPage(source, now - began))
        if on_page:
            on_page(pages[-1])
    return now


def install(requirements: Path) -> str:
    """Try once to install the pinned Quarto wrapper; say in a sentence how it went.

    The wrapper downloads Quarto itself while it installs, which many networks do not allow. That
    is no error: the embedded engine publishes the same site.
    """
    found, finding = find()
    if found:
        return f"{finding}; nothing to install"
    command = [
        *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"),
        *("--retries", "1", "--timeout", "20", "--require-hashes", "-r", str(requirements)),
    ]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=INSTALL_SECONDS,
            check=False,
        )
        failed = f"pip ended with status {done.returncode}" if done.returncode else ""
    except subprocess.TimeoutExpired:
        failed = f"no end after {INSTALL_SECONDS} seconds"
    found, finding = find()
    if found:
        return f"{finding}; it will render the site"
    return (
        f"quarto could not be installed ({failed or finding}; its download is often out of reach); "
        "the embedded engine will render the site"
    )


def main(arguments: list[str]) -> int:
    """``python -m bcsp_analysis.publish.quarto install FILE``, for the Makefile."""
    if len(arguments) != 2 or arguments[0] != "install":
        print("usage: python -m bcsp_analysis.publish.quarto install FILE", file=sys.stderr)
        return 2
    print(install(Path(arguments[1])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
