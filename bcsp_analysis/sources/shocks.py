"""The register of dated shocks to household budgets, fixed before anything is estimated.

Data card
---------
Source : data/shocks.toml, written for the project; each entry names its own source.
Rows : one shock each.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from bcsp_analysis import project
from bcsp_analysis.errors import PeriodError, RegisterError
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import cells

SIGNS = {"up": 1, "down": -1}


@dataclass(frozen=True)
class Shock:
    """One dated shock.

    id, title : str
    month : Month
        First month in which households felt it.
    sign : int
        1 or -1: direction in which incidents are expected to move.
    reason, source : str
    """

    id: str
    title: str
    month: Month
    sign: int
    reason: str
    source: str


def load(file: Path | None = None) -> tuple[Shock, ...]:
    """Read the register in the order of the file.

    Raises
    ------
    RegisterError, MissingFileError
        An entry lacks a key, has another one, repeats an id or month, or holds a value that is not
        allowed; or there is none.
    """
    file = file or project.path("data", "shocks.toml")
    where = project.relative(file)
    found: dict[str, Shock] = {}
    for number, entry in enumerate(cells.read_toml(file).get("shock", []), start=1):
        place = f"{where}, shock {number} ({entry.get('id', 'no id')})"
        shock = _read(entry, place)
        if shock.id in found or shock.month in {other.month for other in found.values()}:
            raise RegisterError(
                "a shock twice",
                where=place,
                found=f"{shock.id}, {shock.month}",
                expected="each id and each month once",
                hint="two shocks in one month cannot be told apart: put them into one entry",
            )
        found[shock.id] = shock
    if not found:
        raise RegisterError("the register of shocks is empty", where=where)
    return tuple(found.values())


def _read(entry: dict[str, object], place: str) -> Shock:
    keys = {field.name for field in fields(Shock)}
    if set(entry) != keys:
        raise RegisterError(
            "an entry with other keys than a shock has",
            where=place,
            found=", ".join(sorted(entry)),
            expected=", ".join(sorted(keys)),
        )
    for key in sorted(keys):
        if not (isinstance(entry[key], str) and str(entry[key]).strip()):
            raise RegisterError("an empty text", where=f"{place}, {key}", found=repr(entry[key]))
    if entry["sign"] not in SIGNS:
        raise RegisterError(
            "a value that is not allowed",
            where=f"{place}, sign",
            found=repr(entry["sign"]),
            expected=", ".join(SIGNS),
        )
    try:
        month = Month.parse(str(entry["month"]))
    except PeriodError as error:
        raise RegisterError(
            "a month that cannot be read",
            where=f"{place}, month",
            found=repr(entry["month"]),
            expected='ISO text, "2021-10"',
        ) from error
    return Shock(
        id=str(entry["id"]),
        title=str(entry["title"]),
        month=month,
        sign=SIGNS[str(entry["sign"])],
        reason=str(entry["reason"]),
        source=str(entry["source"]),
    )
