"""What pages of one build share is worked out once, also when they ask at the same time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bcsp_analysis import run_cache

# A page that says when it begins to work a result out, and takes its time over it.
PAGE = """
import pathlib, sys, time
from bcsp_analysis import run_cache
def make():
    with open("begun", "a") as file:
        file.write("x")
    while not pathlib.Path("go on").exists():
        time.sleep(0.01)
    return "made"
print(run_cache.shared("thing", sys.argv[1], make))
"""


def page(folder: Path, key: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PAGE, key],
        cwd=folder,
        env={**os.environ, run_cache.SETTING: str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )


def begun(folder: Path, times: int) -> None:
    """Wait until so many have begun to work something out."""
    until = time.monotonic() + 60
    while not (folder / "begun").exists() or len((folder / "begun").read_text()) < times:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_pages_that_ask_at_the_same_time_share_one_result(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="locks of files are POSIX")
    pages = [page(tmp_path, "same") for _ in range(3)]
    begun(tmp_path, 1)
    (tmp_path / "go on").touch()
    assert [one.communicate(timeout=60)[0] for one in pages] == ["made\n"] * 3
    assert (tmp_path / "begun").read_text() == "x"


def test_another_result_does_not_wait(tmp_path: Path) -> None:
    pages = [page(tmp_path, "one"), page(tmp_path, "other")]
    begun(tmp_path, 2)  # while neither is done
    (tmp_path / "go on").touch()
    assert [one.communicate(timeout=60)[0] for one in pages] == ["made\n"] * 2


def test_a_page_that_died_over_a_result_leaves_it_to_the_next(tmp_path: Path) -> None:
    first = page(tmp_path, "same")
    begun(tmp_path, 1)
    second = page(tmp_path, "same")
    first.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    first.communicate(timeout=60)
    begun(tmp_path, 2)
    (tmp_path / "go on").touch()
    assert second.communicate(timeout=60)[0] == "made\n"
