"""Answers about the shipped edition, worked out once in a session of tests and used by many files.

They are what a build works out once for all its pages, by the same means (`run_cache`). Only what
stands on the shipped data and on the code as it is may be asked for here: a test that changes data,
rules or a function makes a page of its own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bcsp_analysis import editions, run_cache
from bcsp_analysis.start import Start

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "BCSP_TEST_ANSWERS"  # of this session, for all its processes


@contextmanager
def keeping() -> Iterator[None]:
    """Give the session a folder for its answers, and remove it at the end."""
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="bcsp-test-answers-")
    try:
        yield
    finally:
        shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True)


@contextmanager
def shared() -> Iterator[None]:
    """Within, an answer about the shipped edition is taken from the session's folder, or put there.

    It stands on the shipped project, whatever project a test around it has chosen.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BCSP_PROJECT", str(ROOT))
        patch.delenv(editions.SETTING, raising=False)
        patch.setenv(run_cache.SETTING, os.environ[FOLDER])
        yield


def answered(page: Start, *names: str) -> Start:
    """The same page, of the shipped edition, after it has been asked for these answers."""
    with shared():
        for name in names:
            getattr(page, name)
    return page
