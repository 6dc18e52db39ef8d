"""The register of what can be downloaded: where it lies and what it must look like.

Data card
---------
Source : data/downloads.toml, written for the project from the publishers' own pages.
Rows : one download each, its address with places to fill in.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from bcsp_analysis import project
from bcsp_analysis.errors import RegisterError
from bcsp_analysis.sources import cells

KINDS = ("zip", "csv", "json", "features", "page")
"""zip: an archive with a checksum for each part (xlsx and ods too). csv: a heading and a row or
more. json: a list that is not empty. features: pages of a feature service. page: a web page."""

LOCAL = ("localhost", "127.0.0.1", "::1")
"""Hosts of this machine: the only ones that need no https."""


@dataclass(frozen=True)
class Downloadable:
    """One entry of the register.

    Parameters
    ----------
    id, title, publisher, licence, licence_url, landing_page, note : str
        What it is, and its terms.
    address : str
        With places such as ``{month}`` to fill in.
    hosts : tuple of str
        Hosts that the address may hand the request on to.
    kind : str
        One of `KINDS`.
    contains : tuple of str
        zip: endings of which each must occur among the names; csv: columns of the heading; json
        and features: keys; page: texts.
    min_bytes, max_bytes : int
        Size of a file that is not refused.
    per_second, burst : float, int
        Requests a second in the long run, and at once.
    """

    id: str
    title: str
    publisher: str
    licence: str
    licence_url: str
    landing_page: str
    address: str
    hosts: tuple[str, ...]
    kind: str
    contains: tuple[str, ...]
    min_bytes: int
    max_bytes: int
    per_second: float
    burst: int
    note: str

    @property
    def places(self) -> tuple[str, ...]:
        """Names of the places in the address."""
        return tuple(name for _, name, _, _ in string.Formatter().parse(self.address) if name)

    def filled(self, **values: str) -> str:
        """The address with its places filled in; values are quoted for an address.

        Raises
        ------
        RegisterError
            Other values than the address has places.
        """
        if set(values) != set(self.places):
            raise RegisterError(
                "an address is filled in wrongly",
                where=self.id,
                found=", ".join(sorted(values)) or "nothing",
                expected=", ".join(sorted(self.places)) or "nothing",
            )
        # A slash is part of a path; anything else that an address gives a meaning is quoted.
        return self.address.format(**{key: quote(text, safe="/") for key, text in values.items()})


def load(file: Path | None = None) -> dict[str, Downloadable]:
    """Read the register, by id.

    Raises
    ------
    MissingFileError, EncodingError
        See `cells.read_toml`.
    RegisterError
        It is not TOML, or empty; an entry lacks a key, has another one, one of the wrong type, an
        address that is not https, an unknown kind, sizes the wrong way round, or an id twice.
    """
    file = file or project.path("data", "downloads.toml")
    found: dict[str, Downloadable] = {}
    for number, entry in enumerate(cells.read_toml(file).get("download", []), start=1):
        where = f"{project.relative(file)}, download {number}"
        item = _read(entry, where)
        if item.id in found:
            raise RegisterError("a download id twice", where=where, found=item.id)
        found[item.id] = item
    if not found:
        raise RegisterError("the register of downloads is empty", where=project.relative(file))
    return found


def secure(address: str) -> bool:
    """Whether an address is https, or http on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOCAL))


def _read(entry: Any, where: str) -> Downloadable:
    known = {field.name: field for field in fields(Downloadable)}
    if not isinstance(entry, dict) or set(entry) != set(known):
        keys = sorted(entry) if isinstance(entry, dict) else [repr(entry)]
        raise RegisterError(
            "an entry with the wrong keys",
            where=where,
            found=", ".join(keys),
            expected=", ".join(sorted(known)),
        )
    for key, kind in _TYPES.items():
        value = entry[key]
        good = isinstance(value, kind) and not isinstance(value, bool)
        if isinstance(value, list):
            good = good and all(isinstance(text, str) and text for text in value)
        if not good:
            raise RegisterError(
                "a value of the wrong type",
                where=f"{where}, {key}",
                found=repr(value),
                expected=" or ".join(each.__name__ for each in kind),
            )
    _check_values(entry, where)
    values = {**entry, "hosts": tuple(entry["hosts"]), "contains": tuple(entry["contains"])}
    return Downloadable(**{**values, "per_second": float(entry["per_second"])})


def _check_values(entry: Mapping[str, Any], where: str) -> None:
    faults = {
        "address": not secure(entry["address"]),
        "kind": entry["kind"] not in KINDS,
        "max_bytes": not 0 <= entry["min_bytes"] <= entry["max_bytes"],
        "per_second": not entry["per_second"] > 0,
        "burst": entry["burst"] < 1,
        "contains": not entry["contains"],
    }
    for key, bad in faults.items():
        if bad:
            raise RegisterError(
                "a value that is not allowed",
                where=f"{where}, {key}",
                found=repr(entry[key]),
                expected="https addresses; a kind of " + ", ".join(KINDS) + "; min_bytes at most "
                "max_bytes; a pace above 0; something that it contains",
            )


_TYPES: dict[str, tuple[type, ...]] = {
    **{
        field.name: (str,)
        for field in fields(Downloadable)
        if field.name not in {"hosts", "contains", "min_bytes", "max_bytes", "per_second", "burst"}
    },
    "hosts": (list,),
    "contains": (list,),
    "min_bytes": (int,),
    "max_bytes": (int,),
    "per_second": (int, float),
    "burst": (int,),
}
