"""The fork server: imports once, then forks a process for each kernel and each run of a page.

It is one process with one thread and does nothing but import, fork and pass on how its children
ended. It ends with the process that started it, and takes its children along; a child ends as soon
as the connection on which it was asked for is closed.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import os
import pickle
import random
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from bcsp_analysis import observed
from bcsp_analysis.publish.kernels import messages, preload
from bcsp_analysis.publish.kernels.messages import Ended, Message, Refused, Request, Started

PATIENCE = 10.0  # seconds within which whoever connects says what it wants
STANDARD = 3  # standard input, output and error, in this order, before any other file
MOST_FILES = 8
INLINE = "module://matplotlib_inline.backend_inline"
# What Python or a library reads while it is imported: a kernel that asks for another value of
# these gets an ordinary process.
READ_AT_IMPORT = ("PYTHON", "MPL", "MATPLOTLIB", "HOME", "XDG_", "LANG", "LC_", "LD_", "ARROW_")
Task = Callable[[], None]


class Server:
    """Answers requests on a listening socket until its owner has gone.

    Parameters
    ----------
    listener : socket
        On which requests come.
    owner : int
        File descriptor that is at its end when the owner has gone.
    own : bool
        Whether modules of this package are imported beforehand.
    """

    def __init__(self, listener: socket.socket, owner: int, *, own: bool) -> None:
        self._listener = listener
        self._owner = owner
        self._own = own
        self._imported = False
        self._environment = dict(os.environ)
        self._stamps: dict[str, tuple[int, int]] = {}
        self._blamed: dict[str, str] = {}
        self._connections: dict[socket.socket, int] = {}  # each with its child's process id
        self._children: set[int] = set()
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()

    def import_once(self) -> None:
        """Import everything, and note which import a thread came with."""
        if self._imported:
            return
        self._imported = True
        # Drawing looks at this when it is imported; a kernel sets it before.
        os.environ.setdefault("MPLBACKEND", INLINE)
        # Arrow's allocator would tidy up in a thread of its own.
        os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")
        before = set(other_threads())
        # A kernel is to tell which of all that was imported its page stands on.
        observed.follow()
        with _quiet():
            for name in preload.modules(own=self._own):
                preload.load(name)
                for thread in set(other_threads()) - before:
                    self._blamed.setdefault(thread, name.replace(":", "."))
        os.environ.clear()
        os.environ.update(self._environment)
        self._stamps = {file: stamp(file) for file in own_files()}
        # Children share this memory for as long as nobody touches its reference counts.
        gc.collect()
        gc.freeze()

    def serve(self) -> Task | None:
        """Answer until the owner has gone; in a forked process, what that process has to do."""
        for end in (self._woken, self._waker):
            end.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._listener.settimeout(PATIENCE)
        for watched in (self._owner, self._listener, self._woken):
            self._selector.register(watched, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj == self._owner:
                    if not os.read(self._owner, 1):
                        self._end()
                        return None
                elif key.fileobj is self._woken:
                    with contextlib.suppress(BlockingIOError):
                        self._woken.recv(1024)
                    self._reap()
                elif key.fileobj is self._listener:
                    task = self._answer()
                    if task:
                        return task
                elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._connections:
                    # Nothing more is said on it, so it has been closed.
                    self._end_child(self._forget(key.fileobj))

    def _answer(self) -> Task | None:
        """Fork for the next one who connects; in the forked process, what it has to do."""
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return None
        self.import_once()
        connection.settimeout(PATIENCE)
        files: list[int] = []
        try:
            request, files = messages.receive(connection, MOST_FILES)
            if not isinstance(request, Request) or len(files) < STANDARD:
                connection.close()
                return None
            reason = self._objection(request)
            if reason:
                messages.send(connection, Refused(reason))
                connection.close()
                return None
            server = os.getpid()
            child = os.fork()
            if child == 0:
                return self._become(request, files, connection, server)
            self._children.add(child)
            self._connections[connection] = child
            self._selector.register(connection, selectors.EVENT_READ)
            self._tell(connection, Started(child))
        except (OSError, pickle.UnpicklingError):
            connection.close()
        finally:
            _close(files)  # in both processes: the forked one has its own copies
        return None

    def _objection(self, request: Request) -> str:
        """Why a fork would not do what an ordinary process does; empty where it would."""
        alive = other_threads()
        if alive:
            told = [
                f"{name} (since the import of {self._blamed[name]})"
                if name in self._blamed
                else name
                for name in alive
            ]
            return f"a fork is not safe while another thread is alive: {', '.join(told)}"
        other = sorted(
            name
            for name in {*self._environment, *request.environment}
            if (name.startswith(READ_AT_IMPORT) or name.endswith("_NUM_THREADS"))
            and self._environment.get(name) != request.environment.get(name)
        )
        if other:
            return f"the environment differs in what imports read: {', '.join(other)}"
        changed = sorted(file for file, before in self._stamps.items() if stamp(file) != before)
        if changed:
            return f"changed since it was imported: {', '.join(changed)}"
        return ""

    def _become(
        self, request: Request, files: list[int], connection: socket.socket, server: int
    ) -> Task:
        """Make of this forked process what an ordinary one would be, and give what it has to do."""
        signal.set_wakeup_fd(-1)
        self._selector.close()
        for held in (self._listener, self._woken, self._waker, connection, *self._connections):
            held.close()
        os.setsid()
        for name in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(name, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, file in enumerate(files[:STANDARD]):
            os.dup2(file, number)
        rest = tuple(os.dup(file) for file in files[STANDARD:])
        os.environ.clear()
        os.environ.update(request.environment)
        _end_with(server)
        return lambda: _run(request, rest)

    def _reap(self) -> None:
        """Tell whoever asked for a child how it ended."""
        while self._children:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not child:
                return
            self._children.discard(child)
            for connection in [c for c, pid in self._connections.items() if pid == child]:
                self._forget(connection, Ended(os.waitstatus_to_exitcode(status)))

    def _forget(self, connection: socket.socket, last: Message | None = None) -> int:
        """Close a connection, with a last message if there is one; the child's process id."""
        self._selector.unregister(connection)
        if last:
            self._tell(connection, last)
        connection.close()
        return self._connections.pop(connection)

    @staticmethod
    def _tell(connection: socket.socket, message: Message) -> None:
        with contextlib.suppress(OSError):  # it may have gone
            messages.send(connection, message)

    def _end_child(self, child: int) -> None:
        if child in self._children:
            for kill in (os.killpg, os.kill):
                # It may not lead its group yet.
                with contextlib.suppress(ProcessLookupError):
                    kill(child, signal.SIGKILL)

    def _end(self) -> None:
        """End every child, and wait until they have."""
        for child in list(self._children):
            self._end_child(child)
        deadline = time.monotonic() + PATIENCE
        while self._children and time.monotonic() < deadline:
            self._reap()
            time.sleep(0.005)


def other_threads() -> list[str]:
    """Names of the threads of this process beside the first, Python's and others."""
    named = {thread.native_id: thread.name for thread in threading.enumerate()}
    tasks = Path("/proc/self/task")
    if not tasks.is_dir():
        return sorted(name for number, name in named.items() if number != threading.get_native_id())
    found = []
    for task in tasks.iterdir():
        number = int(task.name)
        if number != os.getpid():
            with contextlib.suppress(OSError):  # it may have just ended
                found.append(named.get(number) or (task / "comm").read_text().strip())
    return sorted(found)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Drop what imports say, such as the debugger on frozen modules: it is for no reader."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        if sys.stderr:
            sys.stderr.flush()
        os.dup2(kept, 2)
        _close([kept, nothing])


def own_files() -> list[str]:
    """Every file of this package that is imported."""
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    inside = str(preload.PACKAGE) + os.sep
    return sorted({file for file in files if file and file.startswith(inside)})


def stamp(file: str) -> tuple[int, int]:
    """What changes when a file is edited; zeros where there is none."""
    try:
        status = os.stat(file)
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def _close(files: list[int]) -> None:
    for file in files:
        with contextlib.suppress(OSError):
            os.close(file)


def _end_with(server: int) -> None:
    """Let the kernel of the system end this process with the server, where it can (Linux)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != server:
        os._exit(1)


def _run(request: Request, files: tuple[int, ...]) -> None:
    """Do what was asked, as a process that has just started."""
    os.chdir(request.folder)
    time.tzset()
    tempfile.tempdir = None
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    module, _, name = request.call.partition(":")
    getattr(importlib.import_module(module), name)(pickle.loads(request.argument), *files)


def main(listener: int, folder: str, *, own: bool, at_once: bool) -> None:
    """Serve until standard input is at its end.

    Parameters
    ----------
    listener : int
        File descriptor of the listening socket.
    folder : str
        Removed at the end: it holds the socket.
    own : bool
        Whether modules of this package are imported beforehand.
    at_once : bool
        Whether everything is imported now, or when the first one asks.
    """
    # As ipykernel does: what lies in the working directory is no library.
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    code = [0]
    atexit.register(_leave, code)  # the first, so the last to be called
    server = Server(socket.socket(fileno=listener), owner=0, own=own)
    if at_once:
        server.import_once()
    task = server.serve()
    if task is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    try:
        task()
    except SystemExit as leaving:
        code[0] = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        traceback.print_exc()
        code[0] = 1


def _leave(code: list[int]) -> None:
    """End at once: to take apart what was imported would take longer than most pages."""
    for stream in (sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(Exception):
            stream.flush()  # type: ignore[union-attr]
    os._exit(code[0])


if __name__ == "__main__":
    main(
        int(sys.argv[1]),
        sys.argv[2],
        own="own" in sys.argv[3:],
        at_once="at-once" in sys.argv[3:],
    )
