"""Shows a built site in a browser of this machine."""

from __future__ import annotations

import http.server
from functools import partial
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"  # never reachable from another machine


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without caching them and without a line for each request."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def server(folder: Path, port: int) -> http.server.ThreadingHTTPServer:
    """A server of a folder's files on this machine; `port` 0 takes any free one.

    Raises
    ------
    OSError
        The port is taken.
    """
    return http.server.ThreadingHTTPServer((HOST, port), partial(_Quiet, directory=str(folder)))
