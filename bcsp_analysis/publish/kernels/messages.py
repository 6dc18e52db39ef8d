"""What goes between the fork server and those who ask it: pickled messages on a Unix socket.

The socket lies in a folder that only its owner can enter.
"""

from __future__ import annotations

import pickle
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LENGTH = struct.Struct("!I")
_MOST = 64 * 2**20  # a request holds an environment and the arguments of one call


@dataclass(frozen=True)
class Request:
    """Fork a process that does this.

    Parameters
    ----------
    call : str
        Function to call, ``"module:name"``, with one argument.
    argument : bytes
        The argument, pickled; only the forked process opens it.
    folder : str
        Its working directory.
    environment : mapping of str to str
        Its whole environment.
    """

    call: str
    argument: bytes
    folder: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Started:
    """The process runs; it leads a session and a process group of its own."""

    pid: int


@dataclass(frozen=True)
class Refused:
    """No process was forked, and why."""

    reason: str


@dataclass(frozen=True)
class Ended:
    """The process has ended; below zero, the signal that ended it, as `subprocess` has it."""

    code: int


Message = Request | Started | Refused | Ended


def send(to: socket.socket, message: Message, files: Sequence[int] = ()) -> None:
    """Send a message, and open files with it."""
    body = pickle.dumps(message)
    head = _LENGTH.pack(len(body))
    if files:
        socket.send_fds(to, [head], list(files))
    else:
        to.sendall(head)
    to.sendall(body)


def receive(source: socket.socket, most_files: int = 0) -> tuple[Message | None, list[int]]:
    """The next message and the files that came with it; None where the other side has gone."""
    files: list[int] = []
    if most_files:
        head, files, _, _ = socket.recv_fds(source, _LENGTH.size, most_files)
        head += _read(source, _LENGTH.size - len(head)) if head else b""
    else:
        head = _read(source, _LENGTH.size)
    length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else _MOST + 1
    body = _read(source, length) if length <= _MOST else b""
    if len(body) != length:
        return None, files
    message: Message = pickle.loads(body)  # from this user's own processes only
    return message, files


def _read(source: socket.socket, length: int) -> bytes:
    parts = []
    while length:
        part = source.recv(min(length, 2**20))
        if not part:
            break
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
