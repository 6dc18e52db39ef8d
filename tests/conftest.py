"""Settings for all tests."""

from contextlib import ExitStack

import pytest
from hypothesis import settings

import bcsp_analysis  # noqa: F401  (before numpy: it keeps linear algebra to one thread)
from bcsp_analysis.publish.kernels import client

# How long an example takes says something of the machine, and never decides a test.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

_session = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """One fork server for the kernels of all tests, in however many processes they run.

    It imports nothing until the first test runs a notebook.
    """
    if not hasattr(config, "workerinput"):
        _session.enter_context(client.serving(at_once=False))


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the server."""
    _session.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Look at pages in the browser after a third of the other tests.

    By then another process has built the site, so that none waits for it.
    """
    late = [item for item in items if item.path.name == "test_site_in_browser.py"]
    rest = [item for item in items if item not in set(late)]
    files = list(dict.fromkeys(item.path for item in rest))
    first = set(files[: len(files) // 3])
    items[:] = [
        *(item for item in rest if item.path in first),
        *late,
        *(item for item in rest if item.path not in first),
    ]
