"""One browser and one built site for all tests of pages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]
LONGEST_BUILD = 1200  # seconds after which another process no longer waits for the site
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; tests that ask for it are skipped where none is installed."""
    if CHROMIUM is None:
        pytest.skip("no chromium is installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as the build command makes it, in another folder than the last good one.

    It is built once for all processes that run tests: the first one that asks for it builds.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built"
    try:
        folder.mkdir()
    except FileExistsError:
        return _wait(folder)
    command = [sys.executable, "-m", "bcsp_analysis", "build", "--engine", "pandoc"]
    done = subprocess.run(
        [*command, "--output", str(folder / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    beside = folder / "said.new"
    beside.write_text(f"{done.returncode}\n{said}", "utf-8")
    beside.replace(folder / "said.txt")
    return _wait(folder)


def _wait(folder: Path) -> Path:
    until = time.monotonic() + LONGEST_BUILD
    while not (folder / "said.txt").is_file():
        assert time.monotonic() < until, "the site was not built"
        time.sleep(0.2)
    status, _, said = (folder / "said.txt").read_text("utf-8").partition("\n")
    assert status == "0", said
    assert "warning" not in said, said
    return folder / "site"
