"""How requests are made: at which pace, how often again, over which hosts.

`download` is the only module that uses the network; this one holds what it goes by.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit, urlunsplit

from bcsp_analysis.errors import DownloadError
from bcsp_analysis.sources.downloadable import secure

PASSING = (408, 425, 429, 500, 502, 503, 504)
"""Answers that may be another one a little later."""

MOVED = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Clock:
    """Time as functions, so that tests need not wait.

    now : seconds that only grow; sleep : wait so many seconds; chance : a number in [0, 1);
    today : the time of day, with its zone.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    today: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True)
class Patience:
    """How long, how often.

    tries : attempts without progress; most_tries : attempts in all; first_wait, longest_wait :
    seconds between attempts, doubled each time; longest_asked : seconds that a service may ask to
    wait; connect, read : seconds without an answer, and without a byte.
    """

    tries: int = 5
    most_tries: int = 60
    first_wait: float = 1.0
    longest_wait: float = 60.0
    longest_asked: float = 600.0
    connect: float = 15.0
    read: float = 60.0


class Pace:
    """At most `burst` requests at once and `per_second` in the long run (a token bucket)."""

    def __init__(self, per_second: float, burst: int, clock: Clock) -> None:
        self._per_second, self._burst, self._clock = per_second, burst, clock
        self._held = float(burst)
        self._seen = clock.now()

    def wait(self) -> None:
        """Wait until a request is allowed, and take it."""
        now = self._clock.now()
        self._held = min(self._burst, self._held + (now - self._seen) * self._per_second)
        self._seen = now
        if self._held < 1:
            short = (1 - self._held) / self._per_second
            self._clock.sleep(short)
            self._seen = self._clock.now()
            self._held = min(self._burst, self._held + (self._seen - now) * self._per_second)
        self._held -= 1


@dataclass(frozen=True)
class Listener:
    """Who is told what happens: `size` (name, bytes so far, bytes in all or None), `say` (line)."""

    size: Callable[[str, int, int | None], None] = lambda name, done, total: None
    say: Callable[[str], None] = lambda line: None


class PassingFault(Exception):
    """A fault after which another attempt makes sense; `wait` is what the service asks for."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.why, self.wait = why, wait


@dataclass
class Settings:
    """What requests go by.

    mirror : another host that has the same paths, "https://mirror.example/x"; "" for none.
    """

    clock: Clock = field(default_factory=Clock)
    patience: Patience = field(default_factory=Patience)
    listener: Listener = field(default_factory=Listener)
    mirror: str = ""
    paces: dict[str, Pace] = field(default_factory=dict)

    def pace(self, address: str, per_second: float, burst: int) -> Pace:
        """The pace of the address's host; the slowest that was asked for first stays."""
        host = urlsplit(address).netloc
        key = f"{host} {per_second:g} {burst}"
        return self.paces.setdefault(key, Pace(per_second, burst, self.clock))


def mirrored(address: str, mirror: str) -> str:
    """The address at the mirror; the address itself where there is none.

    Raises
    ------
    DownloadError
        The mirror is not https, nor on this machine.
    """
    if not mirror:
        return address
    if not secure(mirror):
        raise DownloadError(
            "a mirror that is not safe",
            found=mirror,
            expected="https://...",
            hint="only a server on this machine may be without https",
        )
    there, wanted = urlsplit(mirror), urlsplit(address)
    path = there.path.rstrip("/") + wanted.path
    return urlunsplit((there.scheme, there.netloc, path, wanted.query, ""))


def next_address(address: str, location: str, hosts: tuple[str, ...]) -> str:
    """Where an answer hands the request on to.

    Raises
    ------
    DownloadError
        To a host that is not declared, from https to http, or nowhere.
    """
    try:
        there = urljoin(address, location)
        before, after = urlsplit(address), urlsplit(there)
    except ValueError as error:
        raise elsewhere(address, location, hosts) from error
    downgraded = before.scheme == "https" and after.scheme != "https"
    declared = after.hostname in {before.hostname, *hosts}
    if not location or downgraded or not declared or not secure(there):
        raise elsewhere(address, location, hosts)
    return there


def elsewhere(address: str, location: str, hosts: tuple[str, ...]) -> DownloadError:
    """The error for an answer that leads to a host that is not declared."""
    return DownloadError(
        "a download was sent elsewhere",
        where=address,
        found=location or "no address",
        expected=f"https and {urlsplit(address).hostname}"
        + (f" or {', '.join(hosts)}" if hosts else ""),
        hint="a proxy may want you to sign in; if the publisher has moved, add the new host to "
        "`hosts` in data/downloads.toml",
    )


def asked_wait(headers: Mapping[str, str], clock: Clock) -> float | None:
    """Seconds that a service asks to wait (Retry-After: a number or a date), or None."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - clock.today()).total_seconds())


def wait_before(attempt: int, asked: float | None, settings: Settings) -> float:
    """Seconds before the next attempt: what the service asks, else doubled each time, with a
    random share taken off so that many clients do not come back at one moment.

    Raises
    ------
    DownloadError
        The service asks for longer than anyone would wait at a terminal.
    """
    patience = settings.patience
    if asked is not None:
        if asked > patience.longest_asked:
            raise DownloadError(
                "a service asks to come back later",
                found=f"in {asked / 60:,.0f} minutes",
                expected=f"{patience.longest_asked / 60:g} minutes at most",
                hint="run the same command again then; it goes on where it stopped",
            )
        return asked
    longest = min(patience.longest_wait, patience.first_wait * 2 ** (attempt - 1))
    return longest * (0.5 + 0.5 * settings.clock.chance())
