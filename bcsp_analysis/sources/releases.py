"""Two releases of one month and force: which is the later, and in what they differ.

data.police.uk publishes every month again, with later outcomes and corrections; the later release
wins. What tells them apart, the first that does so deciding:

1. the archive that holds them: its name (``2023-09.zip``), else the newest month in it;
2. outcomes: crimes do not go back to "Under investigation", so the release with a smaller share of
   them is the later;
3. the order of reading: a later ingest, or a later path on the command line;
4. the time at which the file on disk was last changed.

Where nothing does, neither is taken: it is an error. A file that replaced another at the same place
on disk wins over what stood there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bcsp_analysis.errors import ReleaseError

if TYPE_CHECKING:
    import pyarrow as pa

ARCHIVE, OUTCOMES, ORDER, TIME = "archive", "outcomes", "order of reading", "time of the file"


@dataclass(frozen=True)
class Release:
    """One file's version of a month and force.

    Parameters
    ----------
    source : str
        Digest of the file.
    where : str
        How messages name it.
    archive : str
        ISO month of its archive; empty for a loose file.
    unsettled : float | None
        Share of its outcomes that say "Under investigation"; None where it has no outcomes.
    order, modified : int
        Number in the order of reading; time of change in nanoseconds.
    """

    source: str
    where: str
    archive: str
    unsettled: float | None
    order: int
    modified: int


@dataclass(frozen=True)
class Difference:
    """What a later release changed. Ids are None where the earlier file is no longer at hand."""

    force: str
    month: str
    earlier: str
    later: str
    decided_by: str
    rows_earlier: int
    rows_later: int
    ids_shared: int | None = None
    ids_only_earlier: int | None = None
    ids_only_later: int | None = None
    outcomes_changed: int | None = None
    categories: dict[str, tuple[int, int]] = field(default_factory=dict)


def latest(releases: Sequence[Release], what: str) -> tuple[Release, str]:
    """The latest of several releases, and by what it was decided against the one before it.

    Parameters
    ----------
    releases : sequence of Release
        One or more, of different content.
    what : str
        Month and force, for the message.

    Raises
    ------
    ReleaseError
        Nothing tells which is the later.
    """
    by_archive = all(release.archive for release in releases)
    by_outcome = all(release.unsettled is not None for release in releases)

    def rank(release: Release) -> tuple[str, float, int, int]:
        return (
            release.archive if by_archive else "",
            -(release.unsettled or 0.0) if by_outcome else 0.0,
            release.order,
            release.modified,
        )

    ordered = sorted(releases, key=rank)
    if len(ordered) == 1:
        return ordered[0], ""
    last, before = rank(ordered[-1]), rank(ordered[-2])
    for reason, mine, other in zip((ARCHIVE, OUTCOMES, ORDER, TIME), last, before, strict=True):
        if mine != other:
            return ordered[-1], reason
    raise ReleaseError(
        "two files of one month and police force, and nothing tells which is the later release",
        where=f"{ordered[-2].where}; {ordered[-1].where}",
        found=f"{what} twice, with different content",
        expected="one file, or two that their archive, outcomes or time tell apart",
        hint="name both on the command line, the later one last",
    )


def id_differences(earlier: pa.Table, later: pa.Table) -> dict[str, int]:
    """Ids shared and not shared by two tables of `street.read`, and how many changed outcome.

    Blank ids are not compared. An outcome has changed where the set of outcomes of an id has.
    """
    before, after = _outcomes(earlier), _outcomes(later)
    shared = before.keys() & after.keys()
    return {
        "ids_shared": len(shared),
        "ids_only_earlier": len(before.keys() - shared),
        "ids_only_later": len(after.keys() - shared),
        "outcomes_changed": sum(before[name] != after[name] for name in shared),
    }


def _outcomes(table: pa.Table) -> dict[str, set[str]]:
    outcomes: dict[str, set[str]] = {}
    columns = (table.column(name).to_pylist() for name in ("crime_id", "outcome"))
    for crime_id, outcome in zip(*columns, strict=True):
        if crime_id:
            outcomes.setdefault(crime_id, set()).add(outcome)
    return outcomes


def category_differences(
    earlier: dict[str, int], later: dict[str, int]
) -> dict[str, tuple[int, int]]:
    """Rows by category in both releases, where they differ."""
    names = sorted(earlier.keys() | later.keys())
    pairs = {name: (earlier.get(name, 0), later.get(name, 0)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
