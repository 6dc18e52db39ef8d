"""Downloads against a local server that misbehaves: what is kept, tried again, refused.

The server answers as object stores and the services named in data/downloads.toml do: entity tags,
ranges, 429 with Retry-After (RFC 9110), and replies that claim success and hold something else.
"""

from __future__ import annotations

import errno
import io
import json
import os
import random
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
import small_server
from hypothesis import given, settings
from hypothesis import strategies as st
from small_server import Reply

from bcsp_analysis.errors import BcspError, ContentError, DownloadError, RegisterError
from bcsp_analysis.sources import (
    connection,
    contents,
    download,
    download_faults,
    downloadable,
    partial,
)
from bcsp_analysis.sources.connection import Clock, Listener, Patience, Settings
from bcsp_analysis.sources.downloadable import Downloadable

PROPERTY = settings(deadline=None, max_examples=60)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def archive(seed: int = 1, size: int = 300_000) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        name = zipfile.ZipInfo("2023-07/2023-07-west-midlands-street.csv", (2023, 9, 1, 0, 0, 0))
        packed.writestr(name, random.Random(seed).randbytes(size))
    return out.getvalue()


WHOLE = archive()


def entry(address: str = "https://data.example/x.zip", **other: object) -> Downloadable:
    values: dict[str, object] = {
        "id": "x", "title": "An archive", "publisher": "p", "licence": "l", "licence_url": "",
        "landing_page": "https://data.example/", "address": address, "hosts": (), "kind": "zip",
        "contains": ("-street.csv",), "min_bytes": 10, "max_bytes": 10_000_000,
        "per_second": 1000.0, "burst": 1000, "note": "",
    }  # fmt: skip
    return Downloadable(**{**values, **other})  # type: ignore[arg-type]


@pytest.fixture
def server():
    with small_server.serving() as started:
        yield started


class Told:
    """A connection whose waits take no time, and what was told meanwhile."""

    def __init__(self, **patience: float) -> None:
        self.slept: list[float] = []
        self.lines: list[str] = []
        self.sizes: list[tuple[int, int | None]] = []
        self.time = 0.0
        clock = Clock(lambda: self.time, self.sleep, lambda: 0.5, lambda: NOW)
        listener = Listener(
            lambda _, done, total: self.sizes.append((done, total)), self.lines.append
        )
        self.settings = Settings(clock, Patience(**{"read": 5.0, **patience}), listener)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def fetch(self, wanted: Downloadable, file: Path, **more: object) -> partial.Fetched:
        with download.connected(self.settings) as connected:
            return download.fetch(connected, wanted, file, **more)  # type: ignore[arg-type]

    def read(self, wanted: Downloadable, **values: str) -> bytes:
        with download.connected(self.settings) as connected:
            return download.read(connected, wanted, **values)


def nothing_left(file: Path) -> bool:
    return not [other for other in file.parent.iterdir() if other != file]


# -- a plain download ------------------------------------------------------------------------------


def test_a_file_is_written_with_its_record(server, tmp_path):
    server.on("/x.zip", small_server.file(WHOLE))
    told = Told()
    file = tmp_path / "new" / "x.zip"
    done = told.fetch(entry(server.address + "/x.zip"), file)
    assert file.read_bytes() == WHOLE
    assert (done.size, done.etag) == (len(WHOLE), '"v1"')
    assert told.sizes[-1] == (len(WHOLE), len(WHOLE))
    record = json.loads((file.parent / "x.zip.fetched.json").read_text("utf-8"))
    assert record["sha256"] == partial.checksum(file)
    assert record["fetched"] == "2026-11-02T09:00:00+00:00"
    assert sorted(other.name for other in file.parent.iterdir()) == ["x.zip", "x.zip.fetched.json"]
    sent = server.asked[0].headers
    assert sent["Accept-Encoding"] == "identity"
    assert sent["User-Agent"].startswith("bcsp-analysis/")


def test_a_file_that_has_not_changed_is_not_sent_again(server, tmp_path):
    server.on("/x.zip", small_server.file(WHOLE))
    told, wanted, file = Told(), entry(server.address + "/x.zip"), tmp_path / "x.zip"
    first = told.fetch(wanted, file)
    assert told.fetch(wanted, file) == first
    assert server.asked[1].headers["If-None-Match"] == '"v1"'
    assert "x.zip has not changed" in told.lines
    file.write_bytes(b"broken")  # no longer what the record describes
    told.fetch(wanted, file)
    assert file.read_bytes() == WHOLE


def test_a_file_without_length_and_in_chunks_is_taken(server, tmp_path):
    server.on("/x.zip", Reply(body=WHOLE, length=-1))
    Told().fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert (tmp_path / "x.zip").read_bytes() == WHOLE


# -- broken off and resumed ------------------------------------------------------------------------


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(server, tmp_path):
    pieces = small_server.file(WHOLE, cut=6 * 16_384)  # pieces are written 16 KiB at a time
    server.on("/x.zip", pieces, pieces, small_server.file(WHOLE))
    told, file = Told(), tmp_path / "x.zip"
    told.fetch(entry(server.address + "/x.zip"), file)
    assert file.read_bytes() == WHOLE
    assert [a.headers.get("Range") for a in server.asked] == [
        None, "bytes=98304-", "bytes=196608-",
    ]  # fmt: skip
    assert all(a.headers["If-Range"] == '"v1"' for a in server.asked[1:])
    assert len(told.slept) == 2


def test_a_command_that_was_ended_goes_on_in_the_next_one(server, tmp_path):
    server.on("/x.zip", small_server.file(WHOLE, cut=120_000))
    wanted, file = entry(server.address + "/x.zip"), tmp_path / "x.zip"
    seen = []

    def ended(name: str, done: int, total: int | None) -> None:
        seen.append(done)
        if done > 60_000:
            raise KeyboardInterrupt

    told = Told()
    told.settings.listener = Listener(ended)
    with pytest.raises(KeyboardInterrupt):
        told.fetch(wanted, file)
    kept = (tmp_path / "x.zip.part").stat().st_size
    assert kept == seen[-1] > 60_000
    assert not file.exists()
    server.on("/x.zip", small_server.file(WHOLE))
    Told().fetch(wanted, file)
    assert server.asked[-1].headers["Range"] == f"bytes={kept}-"
    assert file.read_bytes() == WHOLE


# A file that changed between two attempts must not be joined from two halves: If-Range makes the
# server send the new one whole (RFC 9110, 13.1.5).
def test_a_file_that_changed_meanwhile_is_fetched_whole(server, tmp_path):
    newer = archive(2)
    server.on(
        "/x.zip", small_server.file(WHOLE, cut=100_000), small_server.file(newer, etag='"v2"')
    )
    told, file = Told(), tmp_path / "x.zip"
    done = told.fetch(entry(server.address + "/x.zip"), file)
    assert file.read_bytes() == newer
    assert done.etag == '"v2"'
    assert any("beginning anew" in line for line in told.lines)


def test_halves_of_two_versions_are_found_out_and_fetched_again(server, tmp_path):
    """A server that keeps its entity tag although the file changed."""
    newer = archive(2)
    server.on("/x.zip", small_server.file(WHOLE, cut=100_000), small_server.file(newer))
    wanted, file = entry(server.address + "/x.zip"), tmp_path / "x.zip"
    with pytest.raises(DownloadError):
        Told(tries=1).fetch(wanted, file)
    told = Told()
    told.fetch(wanted, file)
    assert file.read_bytes() == newer
    assert any("does not fit together" in line for line in told.lines)


def test_a_server_that_cannot_resume_begins_anew(server, tmp_path):
    whole = Reply(body=WHOLE)
    server.on("/x.zip", replace(whole, cut=100_000), whole)
    file = tmp_path / "x.zip"
    Told().fetch(entry(server.address + "/x.zip"), file)
    assert file.read_bytes() == WHOLE
    assert "Range" not in server.asked[1].headers  # nothing to know the version by


def test_a_weak_tag_is_no_reason_to_resume_but_a_date_is(server, tmp_path):
    date = "Wed, 02 Sep 2026 09:00:00 GMT"
    headers = {"ETag": 'W/"v1"', "Last-Modified": date}
    server.on("/x.zip", Reply(headers=headers, body=WHOLE, cut=50_000), Reply(body=WHOLE))
    Told().fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert server.asked[1].headers["If-Range"] == date


def test_a_piece_that_was_not_asked_for_is_not_joined(server, tmp_path):
    wrong = Reply(206, {"Content-Range": f"bytes 5-9/{len(WHOLE)}", "ETag": '"v1"'}, b"12345")
    server.on("/x.zip", small_server.file(WHOLE, cut=100_000), wrong, small_server.file(WHOLE))
    Told().fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert (tmp_path / "x.zip").read_bytes() == WHOLE


def test_a_piece_without_being_asked_for_is_not_taken_for_the_file(server, tmp_path):
    piece = Reply(206, {"Content-Range": f"bytes 0-{len(WHOLE) - 1}/{len(WHOLE)}"}, WHOLE)
    server.on("/x.zip", piece, small_server.file(WHOLE))
    told = Told()
    told.fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert len(server.asked) == 2
    assert any("another piece" in line for line in told.lines)


def test_a_server_that_sends_smaller_pieces_than_asked_for_is_asked_for_the_rest(server, tmp_path):
    def piece(asked: small_server.Asked) -> Reply:
        begin = int(asked.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        body = WHOLE[begin : begin + 60_000]
        headers = {"Content-Range": f"bytes {begin}-{begin + len(body) - 1}/{len(WHOLE)}"}
        return Reply(206, headers, body)

    server.on("/x.zip", small_server.file(WHOLE, cut=50_000), piece)
    Told().fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert (tmp_path / "x.zip").read_bytes() == WHOLE


def test_what_has_wholly_come_is_only_checked(server, tmp_path):
    server.on("/x.zip", small_server.file(WHOLE))
    wanted, file = entry(server.address + "/x.zip"), tmp_path / "x.zip"
    part = partial.Partial(file)
    part.begin(partial.Version(wanted.address, '"v1"', "", len(WHOLE)))
    part.part.write_bytes(WHOLE)
    Told().fetch(wanted, file)
    assert file.read_bytes() == WHOLE
    part.begin(partial.Version(wanted.address, '"v1"', "", None))
    part.part.write_bytes(WHOLE + b"more than the server has")
    Told().fetch(wanted, file)
    assert file.read_bytes() == WHOLE


def test_a_part_of_another_address_or_a_broken_record_is_not_used(server, tmp_path):
    server.on("/x.zip", small_server.file(WHOLE))
    wanted, file = entry(server.address + "/x.zip"), tmp_path / "x.zip"
    other = b'{"address": "https://other.example/", "etag": "\\"v1\\""}'
    for about in (other, b"{", b"[]", b'{"x": 1}'):
        (tmp_path / "x.zip.part").write_bytes(b"of something else")
        (tmp_path / "x.zip.part.json").write_bytes(about)
        (tmp_path / "x.zip.fetched.json").write_bytes(about)
        Told().fetch(wanted, file)
        assert file.read_bytes() == WHOLE
        assert not any("Range" in asked.headers for asked in server.asked)


@PROPERTY
@given(cuts=st.lists(st.integers(0, 330_000), max_size=6), change=st.integers(0, 6))
def test_however_often_it_breaks_off_one_version_arrives_whole(tmp_path_factory, cuts, change):
    newer = archive(2)
    replies = []
    for number, cut in enumerate(cuts):
        version = (newer, '"v2"') if number >= change else (WHOLE, '"v1"')
        replies.append(small_server.file(*version, cut=cut if cut < 300_000 else None))
    last = newer if len(cuts) >= change else WHOLE
    with small_server.serving() as started:
        tag = '"v2"' if last is newer else '"v1"'
        started.on("/x.zip", *replies, small_server.file(last, etag=tag))
        file = tmp_path_factory.mktemp("cuts") / "x.zip"
        Told(tries=20).fetch(entry(started.address + "/x.zip"), file)
    assert file.read_bytes() in (WHOLE, newer)


# -- answers that pass, and waiting ----------------------------------------------------------------


def test_a_service_that_fails_for_a_while_is_asked_again_ever_later(server, tmp_path):
    bad = Reply(500, body=b"<html>sorry</html>")
    server.on("/x.zip", bad, Reply(503), Reply(502), small_server.file(WHOLE))
    told = Told()
    told.fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert told.slept == [0.75, 1.5, 3.0]  # 1, 2, 4 seconds less a random share, here a quarter


def test_a_service_that_keeps_failing_is_given_up(server, tmp_path):
    server.on("/x.zip", Reply(500))
    told = Told()
    with pytest.raises(DownloadError, match="500 Internal Server Error, after 5 attempts"):
        told.fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert len(server.asked) == 5
    assert list(tmp_path.iterdir()) == []


def test_retry_after_is_waited_for_exactly(server, tmp_path):
    later = format_datetime(NOW + timedelta(seconds=90), usegmt=True)
    server.on(
        "/x.zip",
        Reply(429, {"Retry-After": "7"}),
        Reply(429, {"Retry-After": later}),
        Reply(429, {"Retry-After": "nonsense"}),
        small_server.file(WHOLE),
    )
    told = Told()
    told.fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert told.slept == [7.0, 90.0, 3.0]


def test_a_service_that_asks_to_come_back_in_hours_is_not_waited_for(server, tmp_path):
    server.on("/x.zip", Reply(429, {"Retry-After": "7200"}))
    told = Told()
    with pytest.raises(DownloadError, match="in 120 minutes"):
        told.fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert told.slept == []


def test_a_service_that_stalls_is_asked_again(server, tmp_path):
    stalls = Reply(headers={"ETag": '"v1"'}, body=WHOLE, cut=49_152, pause=2.0)
    server.on("/x.zip", stalls, small_server.file(WHOLE))
    told = Told(read=0.2)
    told.fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert (tmp_path / "x.zip").read_bytes() == WHOLE
    assert server.asked[1].headers["Range"] == "bytes=49152-"
    assert any("does not answer" in line for line in told.lines)


def test_nobody_there(tmp_path):
    with pytest.raises(DownloadError, match="connection broke off, after 2 attempts"):
        Told(tries=2).fetch(entry("http://127.0.0.1:9/x.zip"), tmp_path / "x.zip")


# Limit of data.police.uk: 15 requests a second, 30 at once.
def test_the_pace_of_a_service_is_kept(server):
    server.on("/api", Reply(body=b'[{"date": "2023-07"}]'))
    told = Told()
    wanted = entry(
        server.address + "/api", kind="json", contains=("date",), per_second=15.0, burst=30
    )
    for _ in range(60):
        told.read(wanted)
    assert told.time == pytest.approx(30 / 15)
    assert len(told.slept) == 30


@PROPERTY
@given(gaps=st.lists(st.floats(0, 3), min_size=1, max_size=120))
def test_no_window_of_time_has_more_requests_than_the_pace_allows(gaps):
    time = SimpleNamespace(now=0.0)

    def sleep(seconds: float) -> None:
        time.now += seconds

    pace = connection.Pace(15, 30, Clock(now=lambda: time.now, sleep=sleep))
    moments = []
    for gap in gaps:
        time.now += gap / 30
        pace.wait()
        moments.append(time.now)
    for first, begin in enumerate(moments):
        for last in range(first, len(moments)):
            assert last - first + 1 <= 30 + 15 * (moments[last] - begin) + 1e-6


# -- answers that are final ------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_refusal_is_final_and_nothing_is_touched(server, tmp_path, status):
    server.on("/x.zip", Reply(status, body=b"no"))
    file = tmp_path / "x.zip"
    file.write_bytes(b"what was there")
    with pytest.raises(DownloadError, match=str(status)):
        Told().fetch(entry(server.address + "/x.zip"), file)
    assert len(server.asked) == 1
    assert file.read_bytes() == b"what was there"
    assert nothing_left(file)


HTML = b"<!DOCTYPE html>\n<html><title>Sign in to the proxy</title></html>"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(body=HTML), "web page"),
        (Reply(body=b"\xef\xbb\xbf  <html>" + b" " * 400), "web page"),
        (Reply(headers={"Content-Type": "text/html; charset=utf-8"}, body=WHOLE), "web page"),
        (Reply(body=b"PK\x03\x04 no archive"), "whole zip archive"),
        (Reply(body=WHOLE[:-2000], length=-1), "whole zip archive"),
        (Reply(body=WHOLE[:5000] + b"\x00" + WHOLE[5001:]), "checksum"),
        (Reply(body=b""), "unlikely size"),
        (Reply(body=b"tiny"), "unlikely size"),
        (Reply(body=b"P" * 600_000, length=-1), "500,000 at most"),
        (Reply(body=b"", length=900_000), "500,000 at most"),
    ],
)
def test_content_that_is_not_it_is_refused_and_nothing_is_touched(
    server, tmp_path, reply, expected
):
    server.on("/x.zip", reply)
    file = tmp_path / "x.zip"
    file.write_bytes(b"what was there")
    with pytest.raises(ContentError, match=expected):
        Told().fetch(entry(server.address + "/x.zip", max_bytes=500_000), file)
    assert file.read_bytes() == b"what was there"
    assert nothing_left(file)
    assert len(server.asked) == 1


def test_a_web_page_without_end_is_refused_at_its_first_bytes(server, tmp_path):
    server.on("/x.zip", Reply(body=HTML + b" " * 5_000_000))
    told = Told()
    with pytest.raises(ContentError, match="web page"):
        told.fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert told.sizes == []


def test_a_length_that_is_not_kept_is_tried_again_and_given_up(server, tmp_path):
    server.on("/x.zip", Reply(headers={"ETag": '"v1"'}, body=WHOLE, length=len(WHOLE) + 9))
    with pytest.raises(DownloadError, match="attempts"):
        Told(most_tries=4).fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


def test_a_check_of_the_caller_can_refuse(server, tmp_path):
    server.on("/x.zip", small_server.file(WHOLE))

    def refuse(path: Path) -> None:
        raise BcspError("not this one", found=path.name, expected="another")

    with pytest.raises(ContentError, match="not this one"):
        Told().fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip", check=refuse)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"[]", b" [ ] ", b"{}", b"null", b"[1]", b'[{"a": 1}]', HTML])
def test_an_empty_or_other_reply_is_not_zero_incidents(server, content):
    server.on("/api", Reply(body=content))
    wanted = entry(server.address + "/api", kind="json", contains=("date",))
    with pytest.raises(ContentError):
        contents.parsed_list(Told().read(wanted), wanted.contains, wanted.title)


def test_a_small_reply_that_grows_or_breaks_off(server):
    wanted = entry(server.address + "/api", kind="json", contains=("date",), max_bytes=1000)
    good = Reply(body=b'[{"date": "2023-07"}]')
    server.on("/api", replace(good, cut=5), good)
    assert Told().read(wanted) == good.body
    server.on("/api", Reply(body=b"x" * 5000))
    with pytest.raises(ContentError, match="1,000 at most"):
        Told().read(wanted)


# -- where it may lead -----------------------------------------------------------------------------


def test_a_redirect_to_a_declared_host_is_followed(server, tmp_path):
    port = server.address.rsplit(":", 1)[1]
    server.on("/x.zip", Reply(302, {"Location": f"http://localhost:{port}/store/x.zip"}))
    server.on("/store/x.zip", small_server.file(WHOLE))
    wanted = entry(server.address + "/x.zip", hosts=("localhost",))
    Told().fetch(wanted, tmp_path / "x.zip")
    assert (tmp_path / "x.zip").read_bytes() == WHOLE


@pytest.mark.parametrize(
    "location",
    [
        "https://elsewhere.example/x.zip",
        "http://localhost:9/x.zip",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x.zip",
        "//elsewhere.example/x.zip",
        "",
        "https://[broken",
    ],
)
def test_a_redirect_elsewhere_is_refused(server, tmp_path, location):
    server.on("/x.zip", Reply(302, {"Location": location}))
    with pytest.raises(DownloadError, match="sent elsewhere"):
        Told().fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_redirects_in_a_circle_end(server, tmp_path):
    server.on("/x.zip", Reply(301, {"Location": "/x.zip"}))
    with pytest.raises(DownloadError, match="circle"):
        Told().fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")


def test_https_is_not_left_and_other_schemes_are_not_entered(tmp_path):
    with pytest.raises(DownloadError, match="sent elsewhere"):
        connection.next_address("https://a.example/x", "http://a.example/x", ())
    with pytest.raises(DownloadError, match="sent elsewhere"):
        connection.next_address("https://a.example/x", "http://localhost/x", ("localhost",))
    assert connection.next_address("https://a.example/x", "/y", ()) == "https://a.example/y"
    for address in ("http://a.example/x.zip", "file:///x.zip", "ftp://a.example/x"):
        with pytest.raises(DownloadError, match="not safe"):
            Told().fetch(entry(address), tmp_path / "x.zip")


def test_a_mirror_has_the_same_paths(server, tmp_path):
    server.on("/here/data/archive/2023-07.zip", small_server.file(WHOLE))
    told = Told()
    told.settings.mirror = server.address + "/here/"
    wanted = entry("https://data.example/data/archive/{month}.zip")
    told.fetch(wanted, tmp_path / "x.zip", month="2023-07")
    assert (tmp_path / "x.zip").read_bytes() == WHOLE
    with pytest.raises(DownloadError, match="mirror"):
        connection.mirrored("https://a.example/x", "http://b.example")


# -- the network between ---------------------------------------------------------------------------


def test_the_proxy_of_the_environment_is_used(server, tmp_path, monkeypatch):
    # A proxy is asked for the whole address; nothing listens at the address itself.
    address = "http://localhost:9/x.zip"
    server.on(address, small_server.file(WHOLE))
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, server.address)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
    Told().fetch(entry(address), tmp_path / "x.zip")
    assert server.paths() == [address]
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "localhost")
    with pytest.raises(DownloadError, match="connection broke off"):
        Told(tries=1).fetch(entry(address), tmp_path / "y.zip")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (requests.exceptions.SSLError("self-signed certificate"), "REQUESTS_CA_BUNDLE"),
        (requests.exceptions.ProxyError("407 Proxy Authentication Required"), "HTTPS_PROXY"),
        (requests.exceptions.InvalidURL("no host"), "cannot be asked for"),
    ],
)
def test_a_fault_that_waiting_does_not_mend_is_named_at_once(
    server, tmp_path, monkeypatch, error, expected
):
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(requests.Session, "get", fail)
    told = Told()
    with pytest.raises(DownloadError, match=expected):
        told.fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert told.slept == []


def test_a_password_file_of_the_user_is_not_sent(server, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.on("/x.zip", small_server.file(WHOLE))
    Told().fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert "Authorization" not in server.asked[0].headers


# -- the disk --------------------------------------------------------------------------------------


def test_a_disk_without_room_is_named_before_anything_comes(server, tmp_path, monkeypatch):
    server.on("/x.zip", small_server.file(WHOLE))
    free = SimpleNamespace(free=download_faults.SPARE + 1000)
    monkeypatch.setattr(download_faults.shutil, "disk_usage", lambda _: free)
    with pytest.raises(DownloadError, match="no room"):
        Told().fetch(entry(server.address + "/x.zip"), tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


def test_a_disk_that_fills_up_keeps_what_has_come(server, tmp_path, monkeypatch):
    server.on("/x.zip", small_server.file(WHOLE))
    wanted, file = entry(server.address + "/x.zip"), tmp_path / "x.zip"
    file.write_bytes(b"what was there")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(partial.os, "fsync", full)
        with pytest.raises(DownloadError, match="No space left"):
            Told().fetch(wanted, file)
    assert file.read_bytes() == b"what was there"
    Told().fetch(wanted, file)
    assert file.read_bytes() == WHOLE


def test_two_commands_do_not_fetch_one_file_at_once(server, tmp_path):
    server.on("/x.zip", small_server.file(WHOLE))
    file = tmp_path / "x.zip"
    with partial.Partial(file).locked(), pytest.raises(DownloadError, match="another command"):
        Told().fetch(entry(server.address + "/x.zip"), file)
    Told().fetch(entry(server.address + "/x.zip"), file)


@pytest.mark.skipif(os.name == "nt", reason="signals as on POSIX")
def test_a_kill_at_any_moment_leaves_the_old_file_or_the_new_one(server, tmp_path):
    import signal
    import subprocess
    import sys

    pieces = Reply(headers={"ETag": '"v1"'}, body=WHOLE, cut=150_000, pause=30.0)
    server.on("/x.zip", pieces, small_server.file(WHOLE))
    file = tmp_path / "x.zip"
    file.write_bytes(b"what was there")
    program = (
        "import sys, test_download as t; from pathlib import Path; "
        "t.Told(read=60).fetch(t.entry(sys.argv[1]), Path(sys.argv[2]))"
    )
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    process = subprocess.Popen(
        [sys.executable, "-c", program, server.address + "/x.zip", str(file)],
        env={**os.environ, "PYTHONPATH": paths},
    )
    part = tmp_path / "x.zip.part"
    while not (part.is_file() and part.stat().st_size) and process.poll() is None:
        pass
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert file.read_bytes() == b"what was there"
    Told().fetch(entry(server.address + "/x.zip"), file)
    assert file.read_bytes() == WHOLE


# -- content checks on their own -------------------------------------------------------------------


def test_a_table_needs_its_columns_and_a_row(tmp_path):
    file = tmp_path / "t.csv"
    for content, expected in (
        (b"", "nothing"),
        (b"a,b\n", "not zero"),
        (b"a,c\n1,2\n", "a column b"),
        (b"a,b\n\xff\xfe,2\n", "UTF-8"),
        (HTML, "web page"),
    ):
        file.write_bytes(content)
        with pytest.raises(ContentError, match=expected):
            contents.check(file, entry(kind="csv", contains=("a", "b"), min_bytes=0))
    file.write_bytes(b'\xef\xbb\xbf"a",b\r\n' + "é,2\r\n".encode() * 50_000)
    contents.check(file, entry(kind="csv", contains=("a", "b")))


def test_an_archive_that_grows_beyond_measure_or_lacks_its_files(tmp_path):
    file = tmp_path / "bomb.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a-street.csv", b"\0" * 200_000_000)
    with pytest.raises(ContentError, match="zip bomb"):
        contents.check(file, entry())
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("notes.txt", b"x" * 100)
    with pytest.raises(ContentError, match=r"-street\.csv"):
        contents.check(file, entry())


def test_a_page_of_features(tmp_path):
    good = contents.parsed_features(b'{"features": [{"attributes": {"A": 1}}]}', "x")
    assert len(good["features"]) == 1
    for bad in (b'{"error": {"code": 400}}', b"[]", b'{"features": 3}', b"{", HTML):
        with pytest.raises(ContentError):
            contents.parsed_features(bad, "x")


@PROPERTY
@given(start=st.integers(0, 5000), length=st.integers(0, 40), inserted=st.binary(max_size=6))
def test_a_damaged_archive_is_refused_or_holds_the_same(tmp_path_factory, start, length, inserted):
    good = archive(3, 4000)
    file = tmp_path_factory.mktemp("zip") / "x.zip"
    file.write_bytes(good[:start] + inserted + good[start + length :])
    try:
        names = contents.check_zip(file, ("-street.csv",), "x")
    except ContentError:
        return
    with zipfile.ZipFile(file) as found, zipfile.ZipFile(io.BytesIO(good)) as expected:
        assert found.read(names[0]) == expected.read(expected.namelist()[0])


# -- the register ----------------------------------------------------------------------------------


def test_the_shipped_register_is_well_formed():
    register = downloadable.load()
    assert {"police-archive", "ons-series", "lsoa-ward", "claimants"} <= set(register)
    for item in register.values():
        assert item.address.startswith("https://")
        assert item.licence_url.startswith("https://")
        filled = item.filled(**dict.fromkeys(item.places, "a b"))
        assert " " not in filled
        assert "{" not in filled


# Printed by the service's documentation: 15 requests a second, 30 at once.
def test_the_pace_of_the_police_service_is_its_documented_one():
    for key, item in downloadable.load().items():
        if "/api/" in item.address and "police" in key:
            assert (item.per_second, item.burst) == (15.0, 30)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('id = "police-dates"', 'id = "police-archive"', "twice"),
        ('kind = "zip"', 'kind = "rar"', "kind"),
        ('address = "https://data.police', 'address = "http://data.police', "address"),
        ("min_bytes = 200\n", "min_bytes = 9_000_000_000\n", "max_bytes"),
        ("burst = 4", "burst = 0", "burst"),
        ("burst = 4", "burst = true", "wrong type"),
        ('contains = ["-street.csv"]', "contains = []", "contains"),
        ('contains = ["-street.csv"]', 'contains = [""]', "wrong type"),
        ("per_second = 2.0", "per_second = 0.0", "per_second"),
        ('note = "All', 'notes = "All', "wrong keys"),
        ("[[download]]", "[[downloads]]", "empty"),
        ("[[download]]", "[[download", "TOML"),
    ],
)
def test_a_register_that_contradicts_itself_is_refused(tmp_path, old, new, expected):
    from bcsp_analysis import project

    text = project.path("data", "downloads.toml").read_text(encoding="utf-8")
    count = -1 if old == "[[download]]" else 1
    assert old in text
    (tmp_path / "d.toml").write_text(text.replace(old, new, count), encoding="utf-8")
    with pytest.raises(RegisterError, match=expected):
        downloadable.load(tmp_path / "d.toml")


def test_values_cannot_leave_their_place_in_an_address():
    wanted = entry("https://data.example/{force}/x?where=A='{name}'")
    filled = wanted.filled(force="west&x=1#y", name="Stoke ?&")
    assert filled == "https://data.example/west%26x%3D1%23y/x?where=A='Stoke%20%3F%26'"
    with pytest.raises(RegisterError, match="filled in wrongly"):
        wanted.filled(force="x")
