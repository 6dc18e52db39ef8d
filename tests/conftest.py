"""Settings for all tests."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext

import default_edition
import pytest
from hypothesis import settings

import bcsp_analysis  # noqa: F401  (before numpy: it keeps linear algebra to one thread)
from bcsp_analysis.publish.kernels import client

# How long an example takes says something of the machine, and never decides a test.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Notebooks of the corpus are read by its tests; only those of `notebooks/` are run and compared.
collect_ignore_glob = ["*.ipynb"]

# Files are given to the processes in this order: first the one that builds the site for those that
# look at it, then what takes longest, so that at the end nobody waits for a long one.
FIRST = (
    "test_built_site.py",
    "test_kernels.py",
    "test_pages_on_a_phone.py",
    "test_pages_on_a_desktop.py",
    "test_local_edition.py",
    "test_engine_browser.py",
    "test_notebooks_run.py",
    "test_serve.py",
    "test_warm_build.py",
    "test_workbook.py",
    "test_store.py",
)

_session = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """One fork server for the kernels of all tests, in however many processes they run.

    It imports nothing until the first test runs a notebook.
    """
    # A shell that starts the tests in the background has them ignore interrupts, and so would
    # every command that a test starts and interrupts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        _session.enter_context(client.serving(at_once=False))
        _session.enter_context(default_edition.keeping())


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the server."""
    _session.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, and leave the others as they are."""
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Committed notebooks share what takes long, as the pages of a build do."""
    with default_edition.shared() if item.path.suffix == ".ipynb" else nullcontext():
        return (yield)
