"""Downloading: the only module that opens a network connection.

What is public is fetched over https through the proxies that the environment names. A download
that breaks off goes on where it stopped, provided the server's file is still the same; what came
is checked before it replaces anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import requests

from bcsp_analysis import __version__, project
from bcsp_analysis.errors import BcspError, ContentError, DownloadError
from bcsp_analysis.sources import connection, contents
from bcsp_analysis.sources import download_faults as faults
from bcsp_analysis.sources.connection import PassingFault, Settings
from bcsp_analysis.sources.downloadable import Downloadable, secure
from bcsp_analysis.sources.partial import Fetched, Partial, Version, checksum

_CHUNK = 1 << 14  # what is lost at most when a connection breaks off
_HOPS = 5
_ANY = TypeVar("_ANY")


class Connection:
    """A session and what its requests go by; made by `connected`."""

    def __init__(self, session: requests.Session, settings: Settings) -> None:
        self.session, self.settings = session, settings

    @property
    def say(self) -> Callable[[str], None]:
        """Tells a line."""
        return self.settings.listener.say


@contextmanager
def connected(settings: Settings | None = None) -> Iterator[Connection]:
    """A connection, closed at the end."""
    with requests.Session() as session:
        session.headers.update(
            {
                "User-Agent": f"bcsp-analysis/{__version__}",
                # compressed on the way, a file's length and its pieces would not be its own
                "Accept-Encoding": "identity",
            }
        )
        # A password file of the user is for other programs, not for publishers of open data.
        session.auth = lambda request: request
        yield Connection(session, settings or Settings())


def read(connection_: Connection, wanted: Downloadable, **values: str) -> bytes:
    """The content of a small reply, in memory.

    Parameters
    ----------
    wanted : Downloadable
        Entry of the register; `values` fill in its address.

    Raises
    ------
    DownloadError
        See `fetch`.
    """
    address = _address(connection_, wanted, values)

    def once() -> bytes:
        with _answer(connection_, wanted, address, {}) as response:
            _check_status(response, wanted)
            received = bytearray()
            for chunk in _chunks(response):
                received += chunk
                if len(received) > wanted.max_bytes:
                    raise faults.too_large(wanted, len(received))
            return bytes(received)

    return _persist(connection_, wanted, once, lambda: 0)


def fetch(
    connection_: Connection,
    wanted: Downloadable,
    file: Path,
    check: Callable[[Path], object] | None = None,
    **values: str,
) -> Fetched:
    """Download one file; what is there already is replaced only by a whole and checked one.

    Parameters
    ----------
    wanted : Downloadable
        Entry of the register; `values` fill in its address.
    file : Path
        Where it is to be; its folder is made.
    check : callable, optional
        Given the path of what came, after `contents.check`; raises a BcspError to refuse it.

    Returns
    -------
    Fetched
        The record, also written beside the file. Where the server says that the file has not
        changed since the last time, the earlier record.

    Raises
    ------
    DownloadError
        The service refuses, has moved elsewhere, asks to come back later, or does not answer after
        several attempts; the disk is full; another command fetches the same file. What came so far
        is kept and the same call goes on from there.
    ContentError
        What came is not what was asked for; it is removed.
    """
    address = _address(connection_, wanted, values)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = Partial(file)
    with partial.locked():
        for again in (True, False):
            resumed = partial.version(address) is not None
            unchanged = _transfer(connection_, wanted, address, partial)
            if unchanged:
                connection_.say(f"{file.name} has not changed")
                return unchanged
            try:
                contents.check(partial.part, wanted)
                if check:
                    check(partial.part)
                break
            except BcspError as error:
                partial.drop()
                if not (resumed and again):
                    raise faults.not_it(error, wanted) from error
                # Two versions may have been joined: begin anew, once.
                connection_.say(f"{file.name} does not fit together; beginning anew")
        return _finish(connection_, wanted, partial, address)


def _address(connection_: Connection, wanted: Downloadable, values: dict[str, str]) -> str:
    address = connection.mirrored(wanted.filled(**values), connection_.settings.mirror)
    if not secure(address):
        raise DownloadError("an address that is not safe", found=address, expected="https://...")
    return address


def _transfer(
    connection_: Connection, wanted: Downloadable, address: str, partial: Partial
) -> Fetched | None:
    """Bring the part to its full length; the earlier record where the file has not changed."""

    def once() -> Fetched | None:
        known = partial.version(address)
        record = partial.record()
        headers: dict[str, str] = {}
        if known and known.validator:
            headers = {"Range": f"bytes={partial.size}-", "If-Range": known.validator}
        elif record and record.address == address and record.etag:
            headers = {"If-None-Match": record.etag}
        with _answer(connection_, wanted, address, headers) as response:
            if response.status_code == 304 and record:
                return record
            if response.status_code == 416:
                if known and known.length == partial.size:
                    return None
                partial.drop()
                raise PassingFault("the server's file is shorter than what has come")
            _check_status(response, wanted)
            _accept(connection_, response, wanted, address, partial, known)
            _receive(connection_, response, wanted, partial)
        version = partial.version(address)
        if version and version.length is not None and partial.size != version.length:
            raise PassingFault(f"{partial.size:,} of {version.length:,} bytes have come")
        return None

    return _persist(connection_, wanted, once, lambda: partial.size)


def _accept(
    connection_: Connection,
    response: requests.Response,
    wanted: Downloadable,
    address: str,
    partial: Partial,
    known: Version | None,
) -> None:
    """Decide whether the answer goes on from the part or begins anew."""
    if response.status_code == 206:
        begins = f"bytes {partial.size}-"
        if known and response.headers.get("Content-Range", "").startswith(begins):
            connection_.say(f"{partial.file.name} goes on at {partial.size:,} bytes")
            return
        partial.drop()
        raise PassingFault("the server sent another piece than was asked for")
    if known:
        connection_.say(f"{partial.file.name} has changed or cannot be resumed; beginning anew")
    contents_type = response.headers.get("Content-Type", "")
    if wanted.kind != "page":
        contents.refuse_page(b"", wanted.title, contents_type)
    length = _length(response)
    if length is not None and length > wanted.max_bytes:
        raise faults.too_large(wanted, length)
    partial.begin(
        Version(
            address=address,
            etag="" if _encoded(response) else response.headers.get("ETag", ""),
            last_modified="" if _encoded(response) else response.headers.get("Last-Modified", ""),
            length=length,
        )
    )


def _receive(
    connection_: Connection, response: requests.Response, wanted: Downloadable, partial: Partial
) -> None:
    before = partial.size
    length = _length(response)
    total = None if length is None else before + length
    faults.check_room(partial.file, length or 0)
    received = before
    try:
        with partial.appending() as stream:
            for chunk in _chunks(response):
                if received == 0 and wanted.kind != "page":
                    contents.refuse_page(chunk, wanted.title)
                stream.write(chunk)
                received += len(chunk)
                if received > wanted.max_bytes:
                    raise faults.too_large(wanted, received)
                connection_.settings.listener.size(partial.file.name, received, total)
    except ContentError:
        partial.drop()
        raise
    except OSError as error:
        if isinstance(error, requests.RequestException):
            raise
        raise DownloadError(
            "a download cannot be written",
            where=project.relative(partial.part),
            found=error.strerror or str(error),
            hint="make room, then run the same command again; it goes on where it stopped",
        ) from error


def _finish(
    connection_: Connection, wanted: Downloadable, partial: Partial, address: str
) -> Fetched:
    version = partial.version(address)
    record = Fetched(
        file=partial.file.name,
        size=partial.size,
        sha256=checksum(partial.part),
        source=wanted.id,
        address=address,
        etag=version.etag if version else "",
        last_modified=version.last_modified if version else "",
        fetched=connection_.settings.clock.today().isoformat(timespec="seconds"),
    )
    partial.replace(record)
    return record


def _persist(
    connection_: Connection, wanted: Downloadable, once: Callable[[], _ANY], size: Callable[[], int]
) -> _ANY:
    """Call `once` until it succeeds; attempts that bring bytes do not count against the tries."""
    settings = connection_.settings
    failed, attempts = 0, 0
    while True:
        before = size()
        attempts += 1
        try:
            return once()
        except PassingFault as fault:
            why, asked = fault.why, fault.wait
        except requests.RequestException as error:
            why, asked = _passing(error, wanted), None
        failed = 1 if size() > before else failed + 1
        if failed >= settings.patience.tries or attempts >= settings.patience.most_tries:
            raise DownloadError(
                "a download did not succeed",
                where=wanted.title,
                found=f"{why}, after {attempts} attempts",
                hint="run the same command again; it goes on where it stopped"
                if size()
                else "try again later, or open the landing page: " + wanted.landing_page,
            )
        seconds = connection.wait_before(failed, asked, settings)
        connection_.say(f"{why}; again in {seconds:.0f} s")
        settings.clock.sleep(seconds)


@contextmanager
def _answer(
    connection_: Connection, wanted: Downloadable, address: str, headers: dict[str, str]
) -> Iterator[requests.Response]:
    """The answer, after redirects to declared hosts; raises PassingFault for one to try again."""
    settings = connection_.settings
    patience = settings.patience
    for _ in range(_HOPS):
        settings.pace(address, wanted.per_second, wanted.burst).wait()
        try:
            response = connection_.session.get(
                address,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(patience.connect, patience.read),
            )
        except ValueError as error:
            if isinstance(error, requests.RequestException):
                raise
            # the library looks at where an answer leads even when it is not to go there
            raise connection.elsewhere(address, str(error), wanted.hosts) from error
        with response:
            if response.status_code in connection.MOVED:
                location = response.headers.get("Location", "")
                address = connection.next_address(address, location, wanted.hosts)
                continue
            if response.status_code in connection.PASSING:
                raise PassingFault(
                    f"the service answered {response.status_code} {response.reason}".rstrip(),
                    connection.asked_wait(response.headers, settings.clock),
                )
            yield response
            return
    raise DownloadError("a download is handed on in a circle", where=address)


def _check_status(response: requests.Response, wanted: Downloadable) -> None:
    if response.status_code not in (200, 206):
        status = f"{response.status_code} {response.reason}".rstrip()
        raise faults.refused(response.url, response.status_code, status, wanted)


def _passing(error: requests.RequestException, wanted: Downloadable) -> str:
    """What to say of a broken connection; raises where another attempt makes no sense."""
    if isinstance(error, requests.exceptions.SSLError):
        raise DownloadError(
            "the certificate of a service is not trusted",
            where=wanted.title,
            found=str(error)[:200],
            hint="where your network inspects traffic, set REQUESTS_CA_BUNDLE to the file of "
            "your organisation's certificates",
        ) from error
    if isinstance(error, requests.exceptions.ProxyError):
        raise DownloadError(
            "the proxy does not let a download through",
            where=wanted.title,
            found=str(error)[:200],
            hint="check HTTPS_PROXY and NO_PROXY",
        ) from error
    if isinstance(
        error,
        requests.ConnectionError
        | requests.Timeout
        | requests.exceptions.ChunkedEncodingError
        | requests.exceptions.ContentDecodingError,
    ):
        slow = isinstance(error, requests.Timeout) or "timed out" in str(error)
        return "the service does not answer" if slow else "the connection broke off"
    raise DownloadError(
        "a download cannot be asked for", where=wanted.title, found=str(error)[:200]
    ) from error


def _chunks(response: requests.Response) -> Iterator[bytes]:
    yield from response.iter_content(_CHUNK)


def _encoded(response: requests.Response) -> bool:
    return response.headers.get("Content-Encoding", "identity") != "identity"


def _length(response: requests.Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() and not _encoded(response) else None
