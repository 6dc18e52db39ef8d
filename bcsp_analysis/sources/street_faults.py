"""Naming what is wrong with a street-level file: the first row and column that cannot be right."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from bcsp_analysis.errors import (
    AreaCodeError,
    BcspError,
    CategoryError,
    CoordinateError,
    DataError,
    PeriodError,
    TruncatedError,
)
from bcsp_analysis.sources import street_rules as rules
from bcsp_analysis.sources.street_rules import Expected

_EDGE = np.frombuffer(b",\r\n", np.uint8)
_ROW_INSIDE = re.compile(rb"[\r\n][^\r\n]*?\d{4}-\d{2},")
_DOWNLOAD = "download the file again, or correct the cell if its right content is known"


def quotes_are_sound(content: bytes) -> bool:
    """Whether quotes open and close cells as CSV says, and no quoted cell swallows further rows."""
    if b'"' not in content:
        return True
    data = np.frombuffer(content, np.uint8)
    at = np.flatnonzero(data == ord('"'))
    return _misplaced(data, at) is None and _swallowing(content, data, at) is None


def _misplaced(data: np.ndarray, at: np.ndarray) -> int | None:
    """Position of the first quote that neither opens or closes a cell nor is one of a pair."""
    opening, closing = at[0::2], at[1::2]
    before = np.where(opening > 0, data[opening - 1], ord("\n"))
    after = np.where(closing + 1 < len(data), data[np.minimum(closing + 1, len(data) - 1)], 10)
    doubled = opening[1:] == closing[: len(opening) - 1] + 1
    opens = np.isin(before, _EDGE)
    opens[1:] |= doubled
    closes = np.isin(after, _EDGE)
    closes[: len(doubled)] |= doubled
    wrong = [*opening[~opens][:1], *closing[~closes][:1]]
    if len(at) % 2:
        wrong.append(at[-1])
    return int(min(wrong)) if wrong else None


def _swallowing(content: bytes, data: np.ndarray, at: np.ndarray) -> int | None:
    """Position of the first quoted cell whose line breaks begin what looks like rows.

    Such a cell is valid CSV, and is what two stray quotes make of the rows between them.
    """
    breaks = np.flatnonzero((data == ord("\n")) | (data == ord("\r")))
    before = np.searchsorted(at, breaks)
    for quote in np.unique(before[before % 2 == 1] - 1):
        if _ROW_INSIDE.search(content, int(at[quote]), int(at[quote + 1])):
            return int(at[quote])
    return None


def find(
    content: bytes, where: str, header: Sequence[str], expected: Expected, detail: str = ""
) -> BcspError:
    """The error for the first row of a file that cannot be right.

    Parameters
    ----------
    content, where : bytes, str
        UTF-8 text without byte order mark; how messages name the file.
    header : sequence of str
        Its columns, a known layout.
    expected : Expected
        What the file's name says.
    detail : str
        What the reader of whole columns said, for a file in which no row is wrong on its own.
    """
    data = np.frombuffer(content, np.uint8)
    at = np.flatnonzero(data == ord('"'))
    if len(at):
        position = _misplaced(data, at)
        if position is not None:
            return _quote(content, where, position, last=position == at[-1] and len(at) % 2 == 1)
        position = _swallowing(content, data, at)
        if position is not None:
            return DataError(
                "a quoted cell holds whole rows",
                where=f"{where}, line {_line(content, position)}",
                expected="a quote at each end of the cell",
                hint=_DOWNLOAD,
            )
    return next(_row_faults(content, where, header, expected), None) or DataError(
        "a file cannot be read as a street-level extract",
        where=where,
        found=detail or "columns that do not fit together",
        expected="one row for each incident, as data.police.uk publishes it",
        hint="download the file again",
    )


def _line(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _quote(content: bytes, where: str, position: int, *, last: bool) -> BcspError:
    place = f"{where}, line {_line(content, position)}"
    if last:
        return TruncatedError(
            "a file ends inside a quoted cell",
            where=place,
            expected="a closing quote",
            hint=_DOWNLOAD,
        )
    around = content[max(0, position - 20) : position + 20].decode("utf-8", "replace")
    return DataError(
        "a table is not well-formed",
        where=place,
        found=repr(around),
        expected="quotes around a whole cell, and doubled inside it",
        hint=_DOWNLOAD,
    )


def _row_faults(
    content: bytes, where: str, header: Sequence[str], expected: Expected
) -> Iterator[BcspError]:
    text = content.decode("utf-8")
    ends_whole = text.endswith(("\n", "\r"))
    forces: dict[str, int] = {}
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    numbered = enumerate(rows, start=1)
    row, previous = 0, None
    try:
        for row, cells in numbered:
            if previous:
                yield previous
            previous = None
            if row == 1 or not cells:
                continue
            if len(cells) != len(header):
                previous = _wrong_length(where, row, len(cells), len(header))
                continue
            record = dict(zip(header, cells, strict=True))
            yield from _cell_faults(record, where, row, expected)
            first = forces.setdefault(record["Reported by"], row)
            if expected.force and len(forces) > 1 and first == row:
                yield _other_force(where, row, record["Reported by"], next(iter(forces)))
    except csv.Error as error:
        yield DataError(
            "a table is not well-formed", where=f"{where}, row {row + 1}", found=str(error)
        )
    if previous:
        yield previous if ends_whole else _cut_off(previous)


def _wrong_length(where: str, row: int, found: int, expected: int) -> DataError:
    return DataError(
        "a row has the wrong number of cells",
        where=f"{where}, row {row}",
        found=f"{found} cells",
        expected=f"{expected} cells",
        hint="the file may be cut off or damaged here: download it again",
    )


def _cut_off(error: BcspError) -> TruncatedError:
    return TruncatedError(
        "a file ends in the middle of a row",
        where=error.where,
        found=error.found,
        expected=error.expected,
        hint="the download was cut off: download it again",
    )


def _other_force(where: str, row: int, found: str, first: str) -> DataError:
    return DataError(
        "a file of one police force names two",
        where=f"{where}, row {row}, column Reported by",
        found=repr(found[:100]),
        expected=repr(first[:100]),
        hint=_DOWNLOAD,
    )


def _cell_faults(
    record: dict[str, str], where: str, row: int, expected: Expected
) -> Iterator[BcspError]:
    def fault(kind: Callable[..., BcspError], problem: str, column: str, wanted: str) -> BcspError:
        return kind(
            problem,
            where=f"{where}, row {row}, column {column}",
            found=repr(record[column][:100]),
            expected=wanted,
            hint=_DOWNLOAD,
        )

    if not rules.is_month(record["Month"], expected.month):
        wanted = f"from {rules.FIRST_MONTH} to today, such as 2023-09"
        if expected.month:
            wanted = f"{expected.month}, as the file's name says, {wanted}"
        yield fault(PeriodError, "a month that cannot be right", "Month", wanted)
    if not rules.is_force(record["Reported by"], expected.force):
        wanted = f"the police force of the file's name, {expected.force}"
        yield fault(
            DataError,
            "a row names no police force, or another one",
            "Reported by",
            wanted if expected.force else "the name of a police force",
        )
    if not rules.category(record["Crime type"]):
        wanted = "one of " + ", ".join(rules.CATEGORIES)
        yield fault(CategoryError, "no category of police.uk", "Crime type", wanted)
    code, name = record.get("LSOA code", ""), record.get("LSOA name", "")
    if not rules.is_area(code, name):
        yield fault(
            AreaCodeError,
            "no code of a small area" if code else "a small area with a name but no code",
            "LSOA code",
            "a code such as E01008881, or code and name blank",
        )
    yield from _place_faults(record, where, row)


def _place_faults(record: dict[str, str], where: str, row: int) -> Iterator[BcspError]:
    box = rules.box_of(tuple(record))
    columns = ("Easting", "Northing") if "Easting" in record else ("Longitude", "Latitude")
    found = [record[column] for column in columns]
    try:
        # Blank, and the 0 that some years write, are a row without location.
        x, y = (float(text) if text else None for text in found)
    except ValueError:
        x, y = None, 0.0
    if (x is None and y is None) or (x == 0 and y == 0):
        return
    if x is None or y is None or not (box.left <= x <= box.right and box.bottom <= y <= box.top):
        yield CoordinateError(
            "a place that is not in the British Isles",
            where=f"{where}, row {row}, columns {columns[0]} and {columns[1]}",
            found=", ".join(repr(text[:40]) for text in found),
            expected=f"{box.left:g} to {box.right:g} and {box.bottom:g} to {box.top:g} {box.unit}, "
            "or both blank",
            hint=_DOWNLOAD,
        )
