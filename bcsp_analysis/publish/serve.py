"""Shows a built site in a browser of this machine, and builds it again while it is edited.

The script that reloads a page is added on the way to the browser; the published files have none.
"""

from __future__ import annotations

import html
import http.server
import io
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from bcsp_analysis import project
from bcsp_analysis.publish import records

HOST = "127.0.0.1"  # never reachable from another machine
PLACE = "/_live/"  # addresses that only this server has
EVERY = 0.5  # seconds between two looks at the files
WATCHED = ("notebooks", "data", "editions", "site")
_ALIVE = 15.0  # seconds after which a waiting browser hears that the server is there
_OF_PAGE = re.compile(r"\(page ([^\s()]+)\)")
_SCRIPT = """\
const heard = new EventSource("/_live/events?seen=" + document.currentScript.dataset.seen);
heard.onmessage = () => { heard.close(); location.reload(); };
addEventListener("pagehide", () => heard.close());
"""
_ERROR = """\
<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"><title>The build failed</title>
<style>body {{ font-family: system-ui, sans-serif; max-width: 60em; margin: 2em auto;
padding: 0 1em }} pre {{ white-space: pre-wrap; border-left: 4px solid #b00; padding: 1em }}</style>
</head><body><main><h1>The build failed</h1>
<p>The page comes back when its cause is put right and the file is saved.</p>
<pre>{error}</pre></main>
</body></html>
"""
_NOTE = (
    '<p role="status" style="background:#fff3cd;color:#332701;padding:.75em 1em;margin:0">'
    "The last build failed, so this page is as it was before: {error}</p>"
)


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


# --- live editing --------------------------------------------------------------------------------


class Live:
    """What browsers are told: how often the site has changed, and what the last build failed on.

    Parameters
    ----------
    folder : Path
        Of the site.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version = 0
        self.error = ""
        self.ended = False
        self._changed = threading.Condition()
        self._site = self._stamp()

    def _stamp(self) -> tuple[int, int]:
        try:
            status = os.stat(self.folder)
        except OSError:
            return (0, 0)
        return (status.st_ino, status.st_mtime_ns)

    def built(self, error: str) -> None:
        """Take in how a build ended; browsers hear of it if they would show something else."""
        site = self._stamp()
        with self._changed:
            if (site, error) != (self._site, self.error):
                self._site, self.error = site, error
                self.version += 1
                self._changed.notify_all()

    def settle(self) -> None:
        """Wait while a finished site takes the place of the last one, which takes two renames."""
        old = self.folder.with_name(f".{self.folder.name}.old")
        for _ in range(50):
            if self.folder.exists() or not old.exists():
                return
            time.sleep(0.02)

    def end(self) -> None:
        """Let everyone go who waits."""
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def wait(self, seen: int, seconds: float) -> bool:
        """Wait until the site is another one than the `seen`; whether it is."""
        with self._changed:
            self._changed.wait_for(lambda: self.ended or self.version != seen, seconds)
            return self.version != seen

    def failed(self, address: str) -> str:
        """What to show in the place of a page; empty where the page itself is to be shown."""
        named = set(_OF_PAGE.findall(self.error))
        return self.error if address in named else ""


class _LiveHandler(_Quiet):
    """Serves pages with the script that reloads them, and errors in the place of pages."""

    def __init__(self, *arguments: Any, live: Live, **settings: Any) -> None:
        self._live = live
        super().__init__(*arguments, **settings)

    def do_GET(self) -> None:
        """Answer a request."""
        self._live.settle()
        path = urlsplit(self.path)
        if path.path == f"{PLACE}events":
            self._events(parse_qs(path.query))
        elif path.path == f"{PLACE}live.js":
            self._send(_SCRIPT.encode(), "text/javascript; charset=utf-8")
        elif (page := self._page(path.path)) is not None:
            self._send(page, "text/html; charset=utf-8")
        else:
            super().do_GET()

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(content)

    def _page(self, path: str) -> bytes | None:
        """A page as it is to be shown; None for what is no page."""
        address = unquote(path).lstrip("/")
        if not address or address.endswith("/"):
            address += "index.html"
        if not address.endswith(".html"):
            return None
        error, version = self._live.error, self._live.version
        file = Path(self.translate_path("/" + address))
        shown = self._live.failed(address.removesuffix(".html"))
        if error and (shown or not file.is_file()):
            text = _ERROR.format(error=html.escape(error))
        elif text := _text(file):
            if error:
                note = _NOTE.format(error=html.escape(error.strip().splitlines()[0]))
                text = re.sub(r"(<body\b[^>]*>)", lambda m: m[1] + note, text, count=1)
        else:
            return None
        script = f'<script src="{PLACE}live.js" data-seen="{version}"></script>'
        head, mark, rest = text.rpartition("</body>")
        return f"{head}{script}{mark}{rest}".encode()

    def _events(self, asked: dict[str, list[str]]) -> None:
        """Keep a browser waiting until the site is another one (server-sent events)."""
        try:
            seen = int(asked.get("seen", ["-1"])[0])
        except ValueError:
            seen = -1
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        with suppress(ConnectionError):
            while not self._live.ended:
                if self._live.wait(seen, _ALIVE):
                    self.wfile.write(b"data: reload\n\n")
                    return
                self.wfile.write(b": still here\n\n")
                self.wfile.flush()


def _text(file: Path) -> str:
    """Text of a page; empty where there is none."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return ""


@contextmanager
def live_server(folder: Path, port: int) -> Iterator[tuple[http.server.HTTPServer, Live]]:
    """A server of a site that is being edited, until the block ends; see `server`."""
    live = Live(folder)
    handler = partial(_LiveHandler, directory=str(folder), live=live)
    serving = http.server.ThreadingHTTPServer((HOST, port), handler)
    serving.daemon_threads, serving.block_on_close = True, False
    with serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            yield serving, live
        finally:
            live.end()
            serving.shutdown()


# --- files and builds ----------------------------------------------------------------------------


def watched() -> list[Path]:
    """Files and folders whose change may change the site."""
    own = [project.path(name) for name in WATCHED]
    return [*own, *project.root().glob("*.qmd"), *project.root().glob("_*.yml"), records.PACKAGE]


def snapshot(paths: Sequence[Path]) -> dict[str, tuple[int, int]]:
    """Time and size of every file below some paths; hidden ones do not count."""
    found: dict[str, tuple[int, int]] = {}
    waiting = [str(path) for path in paths]
    while waiting:
        path = waiting.pop()
        try:
            if os.path.isdir(path):
                names = [n for n in os.listdir(path) if not n.startswith((".", "__"))]
                waiting += [os.path.join(path, name) for name in names]
                continue
            status = os.stat(path)
        except OSError:  # gone meanwhile
            continue
        found[path] = (status.st_mtime_ns, status.st_size)
    return found


def follow(build: Callable[[], str], live: Live, *, every: float = EVERY) -> None:
    """Build the site, and again whenever a file changes, until somebody interrupts.

    Parameters
    ----------
    build : callable
        Builds, and returns what went wrong, or an empty text.
    live : Live
        Hears of it.
    """
    seen = snapshot(watched())
    live.built(build())
    while True:
        time.sleep(every)
        now = snapshot(watched())
        if now == seen:
            continue
        time.sleep(every / 2)
        while (later := snapshot(watched())) != now:  # somebody is still writing
            now = later
            time.sleep(every / 2)
        seen = now
        live.built(build())


def build_once(arguments: Sequence[str]) -> str:
    """Run ``bcsp build`` in a process of its own, which has the code as it is now.

    Parameters
    ----------
    arguments : sequence of str
        Options of ``bcsp build``.

    Returns
    -------
    str
        The error, or an empty text.
    """
    command = [sys.executable, "-m", "bcsp_analysis", "build", *arguments]
    # Ctrl-C is for the server alone, which then ends the build.
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True
    ) as process:
        said = io.StringIO()
        try:
            for line in process.stderr or ():
                sys.stderr.write(line)
                said.write(line)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if not process.returncode:
        return ""
    found = said.getvalue().strip()
    return found[max(found.find("error: "), 0) :] or "the build ended without saying why"
