"""``bcsp serve``: a real server, a real HTTP client, real edits."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import small_project

from bcsp_analysis import editions
from bcsp_analysis.publish import serve

PATIENCE = 120  # seconds in which a build on a busy machine is done


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return str(answer.read().decode("utf-8"))


def next_change(url: str, page: str) -> str:
    """What the server sends to a browser that shows a page, once it has something to say."""
    seen = re.search(r'data-seen="(\d+)"', page)
    assert seen
    with urllib.request.urlopen(f"{url}_live/events?seen={seen[1]}", timeout=PATIENCE) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        return next(line.decode() for line in stream if line.startswith(b"data:"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@contextmanager
def serving(root: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The command as a user runs it, and the address that it prints."""
    command = [sys.executable, "-m", "bcsp_analysis", "serve", "--port", "0", "--engine", "pandoc"]
    environment = {k: v for k, v in os.environ.items() if k != editions.SETTING}
    environment["BCSP_PROJECT"] = str(root)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        assert process.stdout
        try:
            found = re.search(r"http://\S+/", process.stdout.readline())
            assert found
            yield found[0], process
        finally:
            process.kill()


def wait_for_the_first_build(url: str) -> None:
    """Until the server has heard that the first build is done."""
    for _ in range(10 * PATIENCE):
        try:
            if 'data-seen="1"' in get(url):
                return
        except urllib.error.HTTPError as error:
            error.close()
        time.sleep(0.1)
    raise AssertionError("no first build")


def test_an_edit_is_shown_and_an_error_takes_the_place_of_its_page(tmp_path: Path) -> None:
    root = small_project.make(tmp_path)
    season, home = (root / "notebooks" / f"{name}.ipynb" for name in ("02-season", "01-home"))
    with serving(root) as (url, process):
        wait_for_the_first_build(url)
        page = get(f"{url}asb/season.html")

        edit(season, "Back to", "Return to")
        assert next_change(url, page) == "data: reload\n"
        page = get(f"{url}asb/season.html")
        assert "Return to" in page

        edit(home, 'Markdown(\\"Edition', '1 / 0; Markdown(\\"Edition')
        assert next_change(url, page) == "data: reload\n"
        failed, page = get(f"{url}index.html"), get(f"{url}asb/season.html")
        assert "ZeroDivisionError" in failed
        assert "notebooks/01-home.ipynb, cell 4" in failed
        assert "The last build failed" in page
        assert "Return to" in page

        edit(home, "1 / 0; ", "")
        assert next_change(url, failed) == "data: reload\n"
        assert "ZeroDivisionError" not in get(f"{url}index.html")
        assert "The last build failed" not in get(f"{url}asb/season.html")

        published = (root / "_site" / "index.html").read_text(encoding="utf-8")
        assert "_live" in get(url)
        assert "_live" not in published

        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert out.splitlines()[-1] == "stopped"
        assert "Traceback" not in out


def test_what_is_served_is_the_site_with_a_script(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<html><body>Home</body></html>", encoding="utf-8")
    (tmp_path / "note.txt").write_text("as it is", encoding="utf-8")
    (tmp_path.parent / "secret.html").write_text("not the site", encoding="utf-8")
    with serve.live_server(tmp_path, 0) as (server, _):
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        assert server.server_address[0] == "127.0.0.1"
        script = '<script src="/_live/live.js" data-seen="0"></script>'
        assert get(url) == f"<html><body>Home{script}</body></html>"
        assert get(f"{url}note.txt") == "as it is"
        assert "EventSource" in get(f"{url}_live/live.js")
        for path in ("../secret.html", "%2e%2e/secret.html", "none.html"):
            with pytest.raises(urllib.error.HTTPError) as caught:
                get(url + path)
            assert caught.value.code == 404
            caught.value.close()


def test_errors_are_shown_as_text_on_the_pages_that_they_name(tmp_path: Path) -> None:
    for name in ("index", "other"):
        (tmp_path / f"{name}.html").write_text("<html><body>There</body></html>", "utf-8")
    with serve.live_server(tmp_path, 0) as (server, live):
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        live.built("error: <b>no</b>\n  where: a.ipynb, cell 2 (page index)\n")
        assert "There" not in get(url)
        assert "&lt;b&gt;no&lt;/b&gt;" in get(url)
        assert "There" in get(f"{url}other.html")
        assert "The last build failed" in get(f"{url}other.html")
        assert "cell 2" in get(f"{url}new-page.html")
        live.built("")
        assert get(f"{url}other.html").startswith("<html><body>There<script")


def test_browsers_hear_only_of_what_they_would_show_otherwise(tmp_path: Path) -> None:
    live = serve.Live(tmp_path)
    live.built("")
    assert (live.version, live.wait(0, 0)) == (0, False)
    live.built("error: one")
    live.built("error: one")
    assert (live.version, live.wait(0, 0), live.wait(1, 0)) == (1, True, False)
    (tmp_path / "index.html").write_text("new", encoding="utf-8")
    live.built("error: one")
    assert live.version == 2


def test_a_snapshot_sees_every_kind_of_edit(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    file = tmp_path / "inner" / "a.csv"
    file.write_text("1", encoding="utf-8")
    (tmp_path / ".hidden").write_text("1", encoding="utf-8")
    first = serve.snapshot([tmp_path])
    assert list(first) == [str(file)]
    os.utime(file, ns=(1, 1))
    assert serve.snapshot([tmp_path]) != first
    file.write_text("12", encoding="utf-8")
    grown = serve.snapshot([tmp_path])
    assert grown[str(file)][1] == 2
    (tmp_path / ".hidden").write_text("12", encoding="utf-8")
    assert serve.snapshot([tmp_path]) == grown
    file.unlink()
    assert serve.snapshot([tmp_path]) == {}
    assert serve.snapshot([file]) == {}
