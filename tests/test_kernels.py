"""Forked kernels: the same results as ordinary ones, every failure named, nothing left behind."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import nbformat
import pytest
import small_project
from jupyter_client.manager import KernelManager
from nbformat import NotebookNode
from small_project import ROOT, code, prose, write_notebook

from bcsp_analysis import editions
from bcsp_analysis.errors import NotebookError, ParameterError
from bcsp_analysis.publish import execution, notebooks
from bcsp_analysis.publish.kernels import client, messages, preload, server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux")


@pytest.fixture(scope="module")
def running() -> Iterator[client.RunningServer]:
    """A fork server for the tests of this file, which the environment names in each of them."""
    started = client.RunningServer(own=True)
    yield started
    started.close()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BCSP_PROJECT", str(small_project.make(tmp_path)))
    for setting in (editions.SETTING, client.CHOICE, client.ADDRESS, client.JUPYTER):
        monkeypatch.delenv(setting, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def served(
    root: Path, running: client.RunningServer, monkeypatch: pytest.MonkeyPatch
) -> client.RunningServer:
    monkeypatch.setenv(client.ADDRESS, running.address)
    monkeypatch.setenv(client.JUPYTER, client.PROVISIONER)
    return running


# Python imports this module when it starts.
LIGHT = """
import sys
if any("kernels.server" in argument for argument in sys.orig_argv):
    from bcsp_analysis.publish.kernels import preload
    first = tuple(n for n in preload.KERNEL if n.split(".")[0] not in ("matplotlib", "pandas"))
    preload.modules = lambda *, own: (*first, *preload.RUNNER)
"""


@pytest.fixture
def light(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Servers that are started now import what runs a notebook, and nothing that computes.

    For tests of how servers begin and end: it does not hang on what their kernels could compute,
    and each of them starts a server. All others have servers that import everything.
    """
    file = root / "sitecustomize.py"
    file.write_text(LIGHT, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(root))
    return file


def page(file: Path, *sources: str) -> Path:
    """A notebook with a parameters cell and code cells."""
    return write_notebook(
        file,
        prose("---\ntitle: A page\n---", "raw"),
        code('edition: str = "x"\nseries: str = "asb"', "parameters"),
        *map(code, sources),
    )


def printed(executed: NotebookNode) -> str:
    return "".join(o.text for c in executed.cells for o in c.get("outputs", []) if "text" in o)


def marked(mark: str) -> set[int]:
    """Processes that have a mark in the environment with which they were executed."""
    found = set()
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark.encode() in (folder / "environ").read_bytes():
                found.add(int(folder.name))
        except OSError:
            continue
    return found


def gone(mark: str, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while marked(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not marked(mark)


def run(root: Path, **settings: int) -> tuple[notebooks.PageRun, ...]:
    return notebooks.run_pages(editions.load("2023-24-q2"), root / "build", **settings)


# --- what a forked process is -------------------------------------------------------------------


def test_the_provisioner_is_registered_under_its_name() -> None:
    (found,) = entry_points(group="jupyter_client.kernel_provisioners", name=client.PROVISIONER)
    assert found.load().__name__ == "ForkProvisioner"


def test_a_kernel_is_forked_and_looks_like_one_that_was_started(
    root: Path, served: client.RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BCSP_TEST_SAID", "of this request")
    told = """
        import os, signal, sys, threading
        print("session", os.getsid(0) == os.getpid() == os.getpgid(0))
        print("folder", os.getcwd() == {folder!r})
        print("environment", os.environ["BCSP_TEST_SAID"], os.environ["MPLBACKEND"])
        print("interrupt", signal.getsignal(signal.SIGINT) is signal.default_int_handler)
        print("others", signal.getsignal(signal.SIGCHLD), signal.getsignal(signal.SIGTERM))
        print("input", os.read(0, 1))
        print("arguments", os.path.basename(sys.argv[0]), sys.argv[1])
        print("path", "" in sys.path, os.getcwd() in sys.path)
        print("main", __name__, sys.modules["__main__"].__name__)
        there = [os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
        print("sockets", sum("socket:" in os.readlink(f) for f in there if os.path.lexists(f)))
        """.format(folder=str(root / "notebooks"))
    notebook = page(
        root / "notebooks" / "01-home.ipynb",
        told,
        "print(os.getppid())",
        "import matplotlib, pandas; print(matplotlib.get_backend(), pandas.__version__)",
    )
    *forked, parent, drawn = printed(execution.execute(notebook)).splitlines()
    assert int(parent) == served.pid
    monkeypatch.setenv(client.CHOICE, "ordinary")
    *ordinary, other_parent, also_drawn = printed(execution.execute(notebook)).splitlines()
    assert int(other_parent) == os.getpid()
    assert forked == ordinary
    assert forked[2] == "environment of this request module://matplotlib_inline.backend_inline"
    assert drawn == also_drawn


def test_kernels_do_not_share_their_random_numbers(root: Path, served: object) -> None:
    notebook = page(
        root / "notebooks" / "01-home.ipynb",
        "import random, numpy; print(random.random(), numpy.random.random())",
    )
    first, second = (printed(execution.execute(notebook)).split() for _ in range(2))
    assert len({*first, *second}) == 4


@pytest.mark.parametrize(
    ("call", "argument", "code"),
    [
        ("sys:exit", 3, 3),
        ("sys:exit", None, 0),
        ("os:_exit", 5, 5),
        ("signal:raise_signal", int(signal.SIGKILL), -signal.SIGKILL),
        ("signal:raise_signal", int(signal.SIGTERM), -signal.SIGTERM),
        ("operator:neg", "no number", 1),  # it raises TypeError
        ("no_such_module:name", None, 1),
    ],
)
def test_the_exit_code_is_the_one_that_subprocess_gives(
    served: client.RunningServer, call: str, argument: object, code: int
) -> None:
    with open(os.devnull, "r+b") as nothing:
        process = client.fork(served.address, call, argument, [nothing.fileno()] * 3)
    assert process.wait(30) == code
    assert process.poll() == code
    process.send_signal(signal.SIGTERM)  # too late, and no error


def test_a_forked_process_ends_when_its_connection_is_closed(served: client.RunningServer) -> None:
    with open(os.devnull, "r+b") as nothing:
        process = client.fork(served.address, "time:sleep", 600, [nothing.fileno()] * 3)
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.close()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{process.pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(f"/proc/{process.pid}").exists()


def test_interrupt_and_restart_work_as_jupyter_has_them(served: client.RunningServer) -> None:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    asking = manager.client()
    asking.start_channels()
    try:
        asking.wait_for_ready(timeout=60)
        first = manager.provisioner.pid
        asking.execute("import time; print('begun', flush=True); time.sleep(600)")
        # Before its first word a cell has not begun: the kernel itself would be interrupted.
        while asking.get_iopub_msg(timeout=60)["msg_type"] != "stream":
            pass
        manager.interrupt_kernel()
        assert asking.get_shell_msg(timeout=60)["content"]["ename"] == "KeyboardInterrupt"
        manager.restart_kernel(now=True)
        asking.wait_for_ready(timeout=60)
        assert manager.provisioner.pid != first
        assert asking.execute_interactive("1 + 1", timeout=60)["content"]["status"] == "ok"
    finally:
        asking.stop_channels()
        manager.shutdown_kernel(now=True)
    assert not manager.is_alive()


# --- the same results ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["06-activity", "09-comparison", "10-named-places"])
def test_a_committed_notebook_gives_the_same_bytes_both_ways(
    running: client.RunningServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    forked: list[int] = []

    def counting(*given: object, **named: object) -> client.Forked:
        process = fork(*given, **named)  # type: ignore[arg-type]
        forked.append(process.pid)
        return process

    fork = client.fork
    monkeypatch.setattr(client, "fork", counting)
    monkeypatch.setenv(client.ADDRESS, running.address)
    monkeypatch.setenv(client.JUPYTER, client.PROVISIONER)
    written = []
    for way in ("forked", "ordinary"):
        monkeypatch.setenv(client.CHOICE, way)
        executed = execution.execute(ROOT / "notebooks" / f"{name}.ipynb")
        notebooks.take_stderr(executed)
        notebooks.clean(executed)
        written.append(nbformat.writes(executed, version=4))
    assert len(forked) == 1
    assert '"image/svg+xml"' in written[0]
    assert written[0] == written[1]


def test_one_server_forks_every_kernel_of_a_build_and_is_gone_after_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = f"mark-{uuid.uuid4()}"
    monkeypatch.setenv("BCSP_TEST_MARK", mark)
    noted = root / "noted"
    noted.mkdir()
    for name in ("01-home.ipynb", "02-season.ipynb"):
        page(
            root / "notebooks" / name,
            "import os, pathlib\n"
            f"pathlib.Path({str(noted)!r}, str(os.getpid())).write_text(str(os.getppid()))",
        )
    run(root)
    kernels = {int(file.name): int(file.read_text()) for file in noted.iterdir()}
    assert len(kernels) == 3
    assert len(set(kernels.values())) == 1
    assert os.getpid() not in kernels.values()
    assert marked(mark) <= {os.getpid()}
    assert client.ADDRESS not in os.environ


def test_pages_run_in_ordinary_kernels_where_that_is_asked_for(
    root: Path, served: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(client.CHOICE, "ordinary")
    heard: list[str] = []
    runs = notebooks.run_pages(editions.load("2023-24-q2"), root / "ordinary", tell=heard.append)
    assert len(runs) == 3
    assert heard == ["ordinary kernels: BCSP_KERNELS is set to ordinary"]
    monkeypatch.delenv(client.CHOICE)
    run(root)
    for done in runs:
        address = f"{done.page.address}.ipynb"
        assert (root / "build" / address).read_bytes() == done.file.read_bytes()


def test_an_unknown_setting_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(client.CHOICE, "fast")
    with pytest.raises(ParameterError, match="neither forked nor ordinary"):
        run(root)


# --- what goes wrong ----------------------------------------------------------------------------

HANGS = {
    "in Python": "while True: pass",
    "deaf to signals": (
        "import signal, time\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])\n"
        "time.sleep(600)"
    ),
}


@pytest.mark.parametrize("way", sorted(HANGS))
def test_a_hung_cell_is_named_in_time_and_the_other_pages_finish(
    root: Path, served: object, way: str
) -> None:
    page(root / "notebooks" / "01-home.ipynb", "1", HANGS[way])
    began = time.monotonic()
    with pytest.raises(NotebookError) as caught:
        run(root, cell_seconds=2)
    assert caught.value.where == "notebooks/01-home.ipynb, cell 4 (page index)"
    assert caught.value.found == "still running after 2 seconds"
    # far below the 600 seconds of the cell; a slow machine has time for its imports
    assert time.monotonic() - began < 120
    for address in ("asb", "violence"):
        assert (root / "build" / address / "season.ipynb").is_file()


def test_a_killed_kernel_is_named_and_the_other_pages_finish(root: Path, served: object) -> None:
    page(root / "notebooks" / "01-home.ipynb", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(NotebookError) as caught:
        run(root)
    assert caught.value.problem == "the kernel of a notebook died"
    assert caught.value.where == "notebooks/01-home.ipynb, cell 3 (page index)"
    for address in ("asb", "violence"):
        assert (root / "build" / address / "season.ipynb").is_file()


def test_a_killed_server_is_an_error_and_the_rest_goes_on_in_ordinary_kernels(
    root: Path, light: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = f"mark-{uuid.uuid4()}"
    monkeypatch.setenv("BCSP_TEST_MARK", mark)
    page(
        root / "notebooks" / "01-home.ipynb",
        "import os, pathlib\n"
        "parent = os.getppid()  # of an ordinary kernel it would be this test itself\n"
        "assert b'kernels.server' in pathlib.Path(f'/proc/{parent}/cmdline').read_bytes()\n"
        "os.kill(parent, 9)",
    )
    heard: list[str] = []
    with pytest.raises(NotebookError) as caught:
        notebooks.run_pages(editions.load("2023-24-q2"), root / "build", jobs=1, tell=heard.append)
    assert caught.value.problem == "the process that ran a notebook was ended from outside"
    assert len(heard) == 1
    assert "the fork server does not answer" in heard[0]
    for address in ("asb", "violence"):
        assert (root / "build" / address / "season.ipynb").is_file()
    assert marked(mark) <= {os.getpid()}


def test_a_process_whose_imports_leave_a_thread_is_not_forked(root: Path, light: Path) -> None:
    # The name says what the message has to say.
    light.write_text(
        f"{LIGHT}    import threading, time\n"
        "    threading.Thread(target=time.sleep, args=(600,), name='left over',"
        " daemon=True).start()\n",
        encoding="utf-8",
    )
    heard: list[str] = []
    runs = notebooks.run_pages(editions.load("2023-24-q2"), root / "build", tell=heard.append)
    assert len(runs) == 3
    assert heard == [
        "ordinary kernels: a fork is not safe while another thread is alive: left over"
    ]


def test_threads_are_told_by_name() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="counts in the background")
    before = server.other_threads()
    thread.start()
    try:
        assert "counts in the background" in server.other_threads()
    finally:
        stop.set()
        thread.join()
    assert "counts in the background" not in before


@pytest.mark.parametrize("name", ["PYTHONWARNINGS", "MPLBACKEND", "HOME", "OMP_NUM_THREADS"])
def test_what_imports_have_read_cannot_be_asked_otherwise(
    served: client.RunningServer, name: str
) -> None:
    with open(os.devnull, "r+b") as nothing, pytest.raises(client.ForkError) as caught:
        client.fork(
            served.address,
            "sys:exit",
            0,
            [nothing.fileno()] * 3,
            environment={**os.environ, name: "another"},
        )
    assert caught.value.found == f"the environment differs in what imports read: {name}"


def test_an_edited_module_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    assert server.stamp(str(file)) == (0, 0)
    file.write_text("a = 1\n", encoding="utf-8")
    before = server.stamp(str(file))
    os.utime(file, ns=(1, 1))
    assert server.stamp(str(file)) != before
    assert any(name.endswith("publish/notebooks.py") for name in server.own_files())


def test_a_message_cut_short_is_none() -> None:
    from socket import socketpair

    for sent in (b"", b"\0\0", b"\0\0\0\x09abc", b"\xff\xff\xff\xff"):
        here, there = socketpair()
        with here, there:
            there.sendall(sent)
            there.close()
            assert messages.receive(here) == (None, [])
    here, there = socketpair()
    with here, there:
        messages.send(there, messages.Ended(-9))
        assert messages.receive(here) == (messages.Ended(-9), [])


def test_a_request_is_refused_where_no_server_is(tmp_path: Path) -> None:
    with open(os.devnull, "r+b") as nothing, pytest.raises(client.ForkError) as caught:
        client.fork(str(tmp_path / "none"), "sys:exit", 0, [nothing.fileno()] * 3)
    assert "does not answer" in caught.value.found
    assert pickle.loads(pickle.dumps(caught.value)).found == caught.value.found


# --- nothing is left behind ---------------------------------------------------------------------


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_runs_on_after_a_build_that_was_ended(
    root: Path, light: Path, way: signal.Signals
) -> None:
    mark = f"mark-{uuid.uuid4()}"
    started = root / "started"
    page(
        root / "notebooks" / "01-home.ipynb",
        f"import pathlib, signal, time\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])\n"
        f"pathlib.Path({str(started)!r}).touch()\ntime.sleep(600)",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "bcsp_analysis", "build", "--engine", "pandoc"],
        env={**os.environ, "BCSP_TEST_MARK": mark},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert started.exists()
    assert len(marked(mark)) >= 2  # the command and its server; forks show the server's mark
    process.send_signal(way)  # to the command alone, as `kill` does
    process.wait(60)
    assert gone(mark)


# --- other programs -----------------------------------------------------------------------------


def test_nbval_uses_the_server_of_the_command_around_it(root: Path, light: Path) -> None:
    for name in ("a.ipynb", "b.ipynb"):
        page(
            root / name,
            "import os, pathlib\n"
            f"pathlib.Path({str(root / name)!r} + '.parent').write_text(str(os.getppid()))",
        )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bcsp_analysis.publish.kernels"),
            *(sys.executable, "-m", "pytest", "-q", "--nbval-lax", "--nbval-current-env"),
            *("-p", "no:cacheprovider", "a.ipynb", "b.ipynb"),
        ],
        cwd=root,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    parents = {(root / f"{name}.ipynb.parent").read_text() for name in "ab"}
    assert len(parents) == 1
    assert not Path(f"/proc/{parents.pop()}").exists()


def test_an_editor_gets_a_server_of_its_own_which_leaves_our_modules_to_the_kernel(
    root: Path,
) -> None:
    page(
        root / "notebooks" / "01-home.ipynb",
        "import os, sys\n"
        "print(os.getppid(), 'pandas' in sys.modules, 'bcsp_analysis.start' in sys.modules)",
    )
    program = (
        "import os, pathlib\n"
        "from bcsp_analysis.publish import execution\n"
        "file = pathlib.Path('notebooks/01-home.ipynb').resolve()\n"
        "said = [execution.execute(file).cells[-1].outputs[0].text for _ in range(2)]\n"
        "print(*said, os.getpid())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env={**os.environ, client.JUPYTER: client.PROVISIONER},
        capture_output=True,
        text=True,
        timeout=300,
    )
    first, second, own = done.stdout.strip().splitlines()
    assert first.split() == [first.split()[0], "True", "False"]
    assert second.split() == first.split()
    assert first.split()[0] != own
    assert not Path(f"/proc/{first.split()[0]}").exists()


# --- what is imported beforehand ----------------------------------------------------------------


def test_imports_are_read_off_a_source() -> None:
    source = (
        "import os\nimport numpy as np, sys\nfrom scipy import stats, optimize as o\n"
        "def f():\n    from statsmodels.tsa.api import (\n        STL,  # seasonal\n    )\n"
        "    import matplotlib.pyplot\nx = 'import pandas'\n"
    )
    assert list(preload.libraries(source)) == [
        "numpy",
        "scipy",
        "scipy:stats",
        "scipy:optimize",
        "statsmodels.tsa.api",
        "statsmodels.tsa.api:STL",
        "statsmodels.tsa.api:seasonal",
        "matplotlib.pyplot",
    ]


def test_what_the_notebooks_import_is_imported_beforehand() -> None:
    names = set(preload.modules(own=True))
    assert {"bcsp_analysis.start", "bcsp_analysis.present.figures", "scipy:stats"} <= names
    assert not {name for name in names if name.split(".")[0] in ("duckdb", "ibis", "requests")}
    assert not any("matplotlib_inline" in name for name in names)
    third_party = set(preload.modules(own=False))
    assert not {name for name in third_party if name.startswith("bcsp_analysis")}
