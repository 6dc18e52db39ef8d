"""A local server that answers as the publishers do, and misbehaves when told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Headers = dict[str, str]


@dataclass
class Reply:
    """One answer.

    status, headers, body : what is sent; length : the Content-Length that is claimed (the body's
    own if None, none at all if -1); cut : bytes after which the connection is closed; pause :
    seconds before the rest after `cut` bytes.
    """

    status: int = 200
    headers: Headers = field(default_factory=dict)
    body: bytes = b""
    length: int | None = None
    cut: int | None = None
    pause: float = 0.0


@dataclass
class Asked:
    """A request as it arrived."""

    path: str
    headers: Headers


class SmallServer:
    """Answers by path; a path may have a list of answers, the last one for good."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked: list[Asked] = []
        self.routes: dict[str, list[Reply | Callable[[Asked], Reply]]] = {}

    def on(self, path: str, *replies: Reply | Callable[[Asked], Reply]) -> None:
        """Answer requests of a path, the query not looked at unless it is given."""
        self.routes[path] = list(replies)

    def reply(self, asked: Asked) -> Reply:
        """The answer to a request."""
        self.asked.append(asked)
        queue = self.routes.get(asked.path) or self.routes.get(asked.path.split("?")[0])
        if not queue:
            return Reply(404, body=b"no such page")
        chosen = queue.pop(0) if len(queue) > 1 else queue[0]
        return chosen(asked) if callable(chosen) else chosen

    def paths(self) -> list[str]:
        """Paths that were asked for, in order."""
        return [asked.path for asked in self.asked]


def file(body: bytes, etag: str = '"v1"', cut: int | None = None) -> Callable[[Asked], Reply]:
    """A file with an entity tag, in pieces where a range is asked for, as object stores do."""

    def answer(asked: Asked) -> Reply:
        headers = {"ETag": etag, "Accept-Ranges": "bytes", "Content-Type": "application/zip"}
        if asked.headers.get("If-None-Match") == etag:
            return Reply(304, headers)
        wanted = asked.headers.get("Range", "")
        if wanted and asked.headers.get("If-Range") == etag:
            begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(body):
                return Reply(416, {**headers, "Content-Range": f"bytes */{len(body)}"})
            headers["Content-Range"] = f"bytes {begin}-{len(body) - 1}/{len(body)}"
            return Reply(206, headers, body[begin:], cut=cut)
        return Reply(200, headers, body, cut=cut)

    return answer


@contextmanager
def serving() -> Iterator[SmallServer]:
    """A server on a free port of this machine until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            reply = server.reply(Asked(self.path, dict(self.headers)))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            length = len(reply.body) if reply.length is None else reply.length
            if reply.status != 304 and length >= 0:
                self.send_header("Content-Length", str(length))
            if length < 0 or reply.cut is not None or length != len(reply.body):
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            try:
                if reply.cut is None:
                    self.wfile.write(reply.body)
                    return
                self.wfile.write(reply.body[: reply.cut])
                self.wfile.flush()
                if reply.pause:
                    time.sleep(reply.pause)
                    self.wfile.write(reply.body[reply.cut :])
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the terminal of the tests."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is part of the test."""

    httpd = Quiet(("127.0.0.1", 0), Handler)
    server = SmallServer(f"http://127.0.0.1:{httpd.server_address[1]}")
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
