"""Fetching street-level crime: the archives that hold the months wanted, and neighbourhoods.

data.police.uk publishes an archive a month, each with the last 36 months of every force, so the
fewest archives are those counted back from the last month. A later archive can hold a month in a
later release, with more outcomes and sometimes more rows.
"""

from __future__ import annotations

import difflib
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bcsp_analysis import project
from bcsp_analysis.errors import ContentError, DownloadError, PeriodError
from bcsp_analysis.periods import Month, Span
from bcsp_analysis.sources import boundaries, contents, download, fetched
from bcsp_analysis.sources.download import Connection
from bcsp_analysis.sources.downloadable import Downloadable
from bcsp_analysis.sources.writing import write_checked

FIRST_ARCHIVE = Month(2013, 12)
FIRST_MONTH = Month(2010, 12)
MONTHS_HELD = 36
"""Months that an archive holds at most."""

_FORCE = re.compile(r"[a-z]+(?:-[a-z]+)*")
_STREET = re.compile(r"(?:^|/)([0-9]{4}-[0-9]{2})-([a-z-]+)-street\.csv$")
_ID = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class PoliceFetch:
    """Archives that hold the months wanted.

    files : tuple of Path
        Archives, the latest first, new ones and those that were there already.
    downloaded : tuple of Path
        The new ones.
    missing : tuple of Month
        Months for which no archive has a file of the force.
    """

    files: tuple[Path, ...]
    downloaded: tuple[Path, ...]
    missing: tuple[Month, ...]


def archives(
    connection: Connection,
    register: Mapping[str, Downloadable],
    force: str,
    span: Span,
    folder: Path,
) -> PoliceFetch:
    """Download the archives that hold the files of a force for a span of months.

    Months that an archive in `folder` holds already are not downloaded again.

    Parameters
    ----------
    force : str
        As data.police.uk writes it: ``west-midlands``.
    span : Span
        Months wanted.

    Raises
    ------
    PeriodError
        Months before the first or after the last that is published.
    DownloadError, ContentError
        See `download.fetch`; a force that no archive has.
    """
    if not _FORCE.fullmatch(force):
        raise DownloadError(
            "not the name of a police force", found=repr(force), expected="west-midlands"
        )
    latest = latest_month(connection, register["police-dates"])
    _check_span(span, latest)
    held = _held(folder)
    wanted = [m for m in span if not any((m, force) in files for files in held.values())]
    new: list[Path] = []
    for archive in plan(wanted):
        file = folder / f"{archive}.zip"
        download.fetch(connection, register["police-archive"], file, month=str(archive))
        held[file] = street_files(file)
        new.append(file)
    every = {key for files in held.values() for key in files}
    if not any((month, force) in every for month in span):
        forces = sorted({name for _, name in every})
        near = difflib.get_close_matches(force, forces, n=3, cutoff=0.4) or forces[:6]
        raise DownloadError(
            "no archive has files of this police force",
            where=project.relative(folder),
            found=force,
            expected=" or ".join(near) or "a force of data.police.uk",
            hint="the archives are kept; correct the name and run the command again",
        )
    used = [file for file in held if any((month, force) in held[file] for month in span)]
    return PoliceFetch(
        files=tuple(sorted(used, reverse=True)),
        downloaded=tuple(new),
        missing=tuple(month for month in span if (month, force) not in every),
    )


def plan(months: list[Month]) -> list[Month]:
    """The archives, named by their last month, that hold `months`: the fewest, the latest first."""
    left = sorted(months)
    found: list[Month] = []
    while left:
        archive = max(left[-1], FIRST_ARCHIVE)
        found.append(archive)
        first = FIRST_MONTH if archive == FIRST_ARCHIVE else archive + (1 - MONTHS_HELD)
        left = [month for month in left if month < first]
    return found


def street_files(file: Path) -> frozenset[tuple[Month, str]]:
    """Month and force of each street-level file in an archive.

    Raises
    ------
    ContentError
        The archive cannot be read.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            names = packed.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise ContentError(
            "an archive that cannot be read", where=project.relative(file), found=str(error)
        ) from error
    matches = (_STREET.search(name) for name in names)
    return frozenset((Month.parse(match[1]), match[2]) for match in matches if match)


def latest_month(connection: Connection, wanted: Downloadable) -> Month:
    """Last month for which street-level crime is published.

    Raises
    ------
    DownloadError, ContentError
        See `download.read`; an empty list, or one without months.
    """
    reply = contents.parsed_list(download.read(connection, wanted), wanted.contains, wanted.title)
    try:
        return max(Month.parse(str(item["date"])) for item in reply)
    except PeriodError as error:
        raise ContentError(
            "a download that is not what was asked for",
            where=wanted.title,
            found=error.found,
            expected='months such as "2023-07"',
        ) from error


def neighbourhoods(
    connection: Connection, register: Mapping[str, Downloadable], force: str, file: Path
) -> int:
    """Download the boundaries of a force's neighbourhoods as one GeoJSON file.

    Returns
    -------
    int
        Number of neighbourhoods.

    Raises
    ------
    DownloadError, ContentError, BoundaryError
        The service refuses, or a reply is empty or no boundary: then nothing is written.
    """
    if not _FORCE.fullmatch(force):
        raise DownloadError(
            "not the name of a police force", found=repr(force), expected="west-midlands"
        )
    wanted, boundary = register["police-neighbourhoods"], register["police-boundary"]
    reply = download.read(connection, wanted, force=force)
    listed = contents.parsed_list(reply, wanted.contains, wanted.title)
    features = []
    for number, item in enumerate(listed, start=1):
        code = str(item["id"])
        if not _ID.fullmatch(code):
            raise ContentError(
                "a neighbourhood with an unlikely id", where=wanted.title, found=repr(code)
            )
        reply = download.read(connection, boundary, force=force, neighbourhood=code)
        where = f"{boundary.title} {code}"
        points = contents.parsed_list(reply, boundary.contains, where)
        name = str(item["name"])
        features.append(boundaries.police_neighbourhood(code, name, points, where))
        connection.settings.listener.size(file.name, number, len(listed))
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    write_checked(file, text + "\n", boundaries.load)
    fetched.note(file, boundary)
    return len(features)


def _held(folder: Path) -> dict[Path, frozenset[tuple[Month, str]]]:
    """What the archives of a folder hold; one that cannot be read holds nothing."""
    found = {}
    for file in sorted(folder.glob("*.zip")) if folder.is_dir() else []:
        try:
            found[file] = street_files(file)
        except ContentError:
            continue
    return found


def _check_span(span: Span, latest: Month) -> None:
    if span.first < FIRST_MONTH or span.last > latest:
        raise PeriodError(
            "months that are not published",
            found=f"{span.first} to {span.last}",
            expected=f"months from {FIRST_MONTH} to {latest}",
            hint="street-level files of a month come out about two months later",
        )
