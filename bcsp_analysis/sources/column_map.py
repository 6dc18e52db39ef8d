"""Column maps: what the columns of an iQuanta export are, said by the person who exported it.

Data card
---------
Source : a TOML file written by the analyst, beside the export.
Content : ``[export]`` with ``rank_1_is`` ("lowest rate" or "highest rate"), ``denominator``
    ("residents" or "households"), ``rate_per``, ``months`` (length of a period) and, for a
    spreadsheet, ``sheet`` and ``heading_row``; ``ignored``, columns that are left out on purpose;
    ``[columns]``, what to the name in the export; ``[measures]``, text of the export to measure id;
    ``[areas]``, text of the export to ONS code, where the export has no column of codes;
    ``[denominators]``, measure id to "residents" or "households" where it is another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bcsp_analysis import project
from bcsp_analysis.errors import ColumnMapError
from bcsp_analysis.sources import cells

RANK_1_IS = ("lowest rate", "highest rate")
DENOMINATORS = ("residents", "households")

REQUIRED = ("area", "measure", "period_end")
"""Columns that every export must have; ``area_code`` is optional."""

FIGURES: dict[str, tuple[float, bool]] = {
    "count": (0, True),
    "denominator": (1, False),
    "rate": (0, False),
    "rank": (1, True),
    "group_mean": (0, False),
    "n_in_group": (1, True),
}
"""Columns with figures, each optional: the least value, and whether it must be whole."""

_TABLES = ("export", "ignored", "columns", "measures", "areas", "denominators")
_EXPORT = ("rank_1_is", "denominator", "rate_per", "months", "sheet", "heading_row")


@dataclass(frozen=True)
class ColumnMap:
    """The meaning of an export.

    Parameters
    ----------
    rank_1_is : str
        "lowest rate" or "highest rate".
    denominator : str
        "residents" or "households", of the measures that `denominators` does not name.
    rate_per : float
        Rates are per so many of the denominator.
    months : int
        Months in a period.
    sheet : str
        Sheet of a spreadsheet; "" for its first.
    heading_row : int
        Row of the heading, the first row of the sheet = 1.
    columns, measures, areas, denominators : dict of str to str
        What to the name in the export; text to measure id; text to ONS code; measure id to
        denominator.
    ignored : tuple of str
        Columns that are left out on purpose.
    file : str
        Where the map was read.
    """

    rank_1_is: str
    denominator: str
    rate_per: float
    months: int
    sheet: str
    heading_row: int
    columns: dict[str, str]
    measures: dict[str, str]
    areas: dict[str, str]
    denominators: dict[str, str]
    ignored: tuple[str, ...]
    file: str


def load(file: Path) -> ColumnMap:
    """Read a column map.

    Raises
    ------
    MissingFileError, EncodingError, RegisterError
        See `cells.read_toml`.
    ColumnMapError
        Rank direction or denominator is not said; a key is unknown or of the wrong kind; a needed
        column is not named; a name stands for two columns; neither a column of codes nor [areas].
    """
    content = cells.read_toml(file)
    where = project.relative(file)
    _known(content, _TABLES, where)
    export = _table(content, "export", where)
    _known(export, _EXPORT, f"{where}, [export]")
    columns = _texts(content, "columns", where)
    _known(columns, (*REQUIRED, "area_code", *FIGURES), f"{where}, [columns]")
    ignored = content.get("ignored", [])
    if not isinstance(ignored, list) or not all(isinstance(name, str) for name in ignored):
        raise _wrong(f"{where}, ignored", repr(ignored), "a list of column names in quotes")
    areas = _texts(content, "areas", where) if "areas" in content else {}
    _check_columns(columns, tuple(ignored), areas, where)
    measures = _texts(content, "measures", where)
    return ColumnMap(
        rank_1_is=_one_of(export, "rank_1_is", RANK_1_IS, where),
        denominator=_one_of(export, "denominator", DENOMINATORS, where),
        rate_per=float(_number(export, "rate_per", where, whole=False)),
        months=int(_number(export, "months", where, whole=True)),
        sheet=_text(export.get("sheet", ""), f"{where}, sheet"),
        heading_row=int(_number({"heading_row": 1, **export}, "heading_row", where, whole=True)),
        columns=columns,
        measures=measures,
        areas=areas,
        denominators=_denominators(content, measures, where),
        ignored=tuple(ignored),
        file=where,
    )


def _check_columns(
    columns: dict[str, str], ignored: tuple[str, ...], areas: dict[str, str], where: str
) -> None:
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise _wrong(f"{where}, [columns]", ", ".join(columns), ", ".join(missing))
    named = [*columns.values(), *ignored]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise _wrong(f"{where}, [columns]", ", ".join(twice), "each column of the export once")
    if "area_code" not in columns and not areas:
        raise _wrong(where, "neither", "area_code under [columns], or a table [areas]")


def _denominators(content: dict[str, Any], measures: dict[str, str], where: str) -> dict[str, str]:
    if "denominators" not in content:
        return {}
    table = _texts(content, "denominators", where)
    _known(table, tuple(measures.values()), f"{where}, [denominators]")
    for measure in table:
        _one_of(table, measure, DENOMINATORS, where, "denominators")
    return table


def _wrong(where: str, found: str, expected: str) -> ColumnMapError:
    return ColumnMapError(
        "a column map that cannot be used",
        where=where,
        found=found,
        expected=expected,
        hint="data/README.md describes column maps",
    )


def _known(table: dict[str, Any], names: tuple[str, ...], where: str) -> None:
    unknown = [name for name in table if name not in names]
    if unknown:
        raise _wrong(where, ", ".join(unknown), "only " + ", ".join(names))


def _table(content: dict[str, Any], name: str, where: str) -> dict[str, Any]:
    table = content.get(name)
    if not isinstance(table, dict) or not table:
        raise _wrong(where, repr(table), f"a table [{name}]")
    return table


def _texts(content: dict[str, Any], name: str, where: str) -> dict[str, str]:
    table = _table(content, name, where)
    return {key: _text(value, f"{where}, [{name}], {key}") for key, value in table.items()}


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise _wrong(where, repr(value), "text in quotes")
    return value


def _one_of(
    table: dict[str, Any], name: str, allowed: tuple[str, ...], where: str, of: str = "export"
) -> str:
    value = table.get(name)
    if value not in allowed:
        found = "nothing" if value is None else repr(value)
        raise _wrong(f"{where}, [{of}], {name}", found, " or ".join(map(repr, allowed)))
    return str(value)


def _number(table: dict[str, Any], name: str, where: str, *, whole: bool) -> float:
    value = table.get(name)
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or (whole and not isinstance(value, int))
        or not 1 <= value < 10**9
    ):
        found = "nothing" if value is None else repr(value)
        kind = "a whole number" if whole else "a number"
        raise _wrong(f"{where}, [export], {name}", found, f"{kind}, 1 or more")
    return float(value)
