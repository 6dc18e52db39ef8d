"""How a process starts the fork server, or finds it, and asks it for processes."""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from bcsp_analysis.errors import BcspError, ParameterError
from bcsp_analysis.publish.kernels import messages
from bcsp_analysis.publish.kernels.messages import Ended, Refused, Request, Started

CHOICE = "BCSP_KERNELS"  # "forked" or "ordinary"; forked on Linux where it is not set
ADDRESS = "BCSP_KERNEL_SERVER"  # socket of a server that runs
JUPYTER = "JUPYTER_DEFAULT_PROVISIONER_NAME"  # Jupyter's own setting
PROVISIONER = "bcsp-fork"  # how pyproject.toml registers the provisioner
PATIENCE = 120.0  # seconds for the server's imports, on a machine that has much else to do
_LONGEST = 100  # bytes in the address of a Unix socket; some systems allow 103


class ForkError(BcspError):
    """The fork server did not fork; whoever asked starts an ordinary process."""


@dataclass(eq=False)
class Forked:
    """A forked process, with as much of `subprocess.Popen` as Jupyter uses.

    It is ended when `close` is called or this process ends.
    """

    pid: int
    connection: socket.socket
    returncode: int | None = None
    stdin = stdout = stderr = None

    def poll(self) -> int | None:
        """Exit code; below zero the signal that ended it; None while it runs."""
        return self._ask(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Exit code, when it has ended.

        Raises
        ------
        subprocess.TimeoutExpired
            It has not, after so many seconds.
        """
        code = self._ask(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"forked process {self.pid}", timeout or 0.0)
        return code

    def _ask(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self.connection.settimeout(timeout)
            try:
                message, _ = messages.receive(self.connection)
            except (BlockingIOError, TimeoutError):
                return None
            except OSError:
                message = None
            # Without a word the server has been ended, and its children with it.
            self.returncode = message.code if isinstance(message, Ended) else -signal.SIGKILL
            if not isinstance(message, Ended):
                self._signal_group(signal.SIGKILL)
            self.connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to it, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def close(self) -> None:
        """End it and what it started."""
        self.connection.close()


def fork(
    address: str,
    call: str,
    argument: object,
    files: Sequence[int],
    *,
    folder: str = "",
    environment: dict[str, str] | None = None,
) -> Forked:
    """Have the server at an address fork a process that calls a function.

    Parameters
    ----------
    address : str
        Path of its socket.
    call : str
        ``"module:name"`` of a function that takes the argument, then each file from the third on.
    argument : object
        What pickle can carry.
    files : sequence of int
        File descriptors: standard input, output and error of the process, then any others.
    folder, environment : optional
        Those of this process if they are not given.

    Raises
    ------
    ForkError
        It refused, and says why; or it is not there.
    """
    request = Request(
        call,
        pickle.dumps(argument),
        folder or os.getcwd(),
        dict(os.environ if environment is None else environment),
    )
    connection = socket.socket(socket.AF_UNIX)
    answer: messages.Message | None
    try:
        connection.settimeout(PATIENCE)
        connection.connect(address)
        messages.send(connection, request, files)
        answer, _ = messages.receive(connection)
    except OSError as error:
        answer = Refused(f"the fork server does not answer ({error})")
    if isinstance(answer, Started):
        return Forked(answer.pid, connection)
    connection.close()
    reason = answer.reason if isinstance(answer, Refused) else "the fork server has ended"
    raise ForkError("no process was forked", found=reason)


class RunningServer:
    """A fork server that this process started, and that ends with it.

    Parameters
    ----------
    own : bool
        Whether it imports this package's modules too: for one build, whose code stays the same.
    at_once : bool
        Whether it imports everything now, or when it is first asked for a process.
    """

    def __init__(self, *, own: bool, at_once: bool = True) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="bcsp-kernels-"))
        self.address = str(self._folder / "socket")
        if len(os.fsencode(self.address)) > _LONGEST:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise ForkError("no fork server", found=f"the path is too long: {self.address}")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(128)
            # Requests wait on the socket while the server imports.
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "bcsp_analysis.publish.kernels.server",
                    str(listener.fileno()),
                    str(self._folder),
                    *(["own"] if own else []),
                    *(["at-once"] if at_once else []),
                ],
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def close(self) -> None:
        """End it and everything that it forked."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def choice() -> str:
    """Why kernels are ordinary processes; empty where they are forked.

    Raises
    ------
    ParameterError
        The setting has another value than ``forked`` or ``ordinary``.
    """
    chosen = os.environ.get(CHOICE, "")
    if chosen not in ("", "forked", "ordinary"):
        raise ParameterError(
            f"{CHOICE} is neither forked nor ordinary", found=chosen, hint=f"unset {CHOICE}"
        )
    if chosen == "ordinary":
        return f"{CHOICE} is set to ordinary"
    if not hasattr(os, "fork") or not hasattr(socket, "send_fds"):
        return "this system does not fork"
    if not chosen and sys.platform != "linux":
        return f"tried on Linux only; {CHOICE}=forked asks for it elsewhere"
    if not entry_points(group="jupyter_client.kernel_provisioners", name=PROVISIONER):
        return "the provisioner is not registered; install the package again"
    return ""


@contextlib.contextmanager
def serving(*, at_once: bool = True) -> Iterator[str]:
    """Fork the kernels of this process, and of those that it starts, until the block ends.

    A server that is already named in the environment serves on. Gives the reason why kernels are
    ordinary processes, or an empty text.

    Parameters
    ----------
    at_once : bool
        Whether the server imports everything now, or when it is first asked for a process.
    """
    reason = choice()
    if reason or os.environ.get(ADDRESS):
        yield reason
        return
    try:
        server = RunningServer(own=True, at_once=at_once)
    except (OSError, ForkError) as error:
        yield f"the fork server cannot start ({error})"
        return
    before = {name: os.environ.get(name) for name in (ADDRESS, JUPYTER)}
    os.environ[ADDRESS] = server.address
    os.environ.setdefault(JUPYTER, PROVISIONER)
    try:
        yield ""
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        server.close()


_lock = threading.Lock()
_started: list[RunningServer] = []


def address() -> str:
    """Where the server answers: the one named in the environment, else one for this process alone.

    The latter is started when it is first asked for, leaves this package's modules to the kernels,
    and ends with this process.

    Raises
    ------
    ForkError
        Kernels are to be ordinary processes, and why; or it cannot start.
    """
    reason = choice()
    if reason:
        raise ForkError("kernels are ordinary processes", found=reason)
    named = os.environ.get(ADDRESS)
    if named:
        return named
    with _lock:
        if not _started:
            try:
                _started.append(RunningServer(own=False))
            except OSError as error:
                raise ForkError("no fork server", found=str(error)) from error
            atexit.register(_started[0].close)
        return _started[0].address
