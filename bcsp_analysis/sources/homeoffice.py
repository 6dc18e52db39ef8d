"""Recorded crime by community safety partnership, from the Home Office's open data tables.

Data card
---------
Source : Home Office, police recorded crime open data tables, files named ``prc-csp-...`` (xlsx or
    ods), https://www.gov.uk/government/statistics/police-recorded-crime-open-data-tables.
Rows : one financial quarter, partnership and offence code each; a sheet for each financial year
    (``2023_24``, in older files ``2002-03``) beside sheets of notes.
Columns : names vary from release to release (`COLUMNS`).
Unit : offences recorded in the quarter. Quarter 4 is January to March of the next calendar year.
Unassigned : offences that a force could not give to a partnership; kept, ``assigned`` is False.
Notes : the sheet of notes says which forces had faults in a year; kept as text.
Corrections : a negative number takes back offences of earlier quarters; kept where the caller
    allows it, refused otherwise.
Known gaps : no anti-social behaviour, no domestic abuse, no hate crime: these are no offence codes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.errors import (
    DataError,
    DuplicateRowError,
    FigureError,
    HeaderError,
    MissingMonthError,
    PeriodError,
    WorkbookError,
)
from bcsp_analysis.periods import Quarter
from bcsp_analysis.sources import cells, workbooks

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

COLUMNS: dict[str, tuple[str, ...]] = {
    "financial_year": ("Financial Year",),
    "financial_quarter": ("Financial Quarter",),
    "force": ("Force Name", "Police Force"),
    "partnership": ("CSP Name",),
    "offence": ("Offence Description",),
    "offence_group": ("Offence Group",),
    "offence_subgroup": ("Offence Subgroup",),
    "offence_code": ("Offence Code",),
    "offences": ("Number of Offences", "Offence Count"),
}
"""What each column of the result is called in the files."""

FILE_NAME = re.compile(r"prc-csp-[\w-]+\.(?:xlsx|ods)", re.IGNORECASE)
"""How the files are named: ``prc-csp-mar2021-mar2026-tables-230726.ods``."""

_SHEET = re.compile(r"(20[0-9]{2})[_-]([0-9]{2})")
_YEAR = re.compile(r"(20[0-9]{2})/([0-9]{2})")
_UNASSIGNED = re.compile(r"unassigned\b", re.IGNORECASE)
_KEY = ("quarter", "force", "partnership", "offence_code", "offence")
_TEXTS = ("force", "partnership", "offence", "offence_group", "offence_subgroup", "offence_code")
_HEADING_WITHIN = 20


@dataclass(frozen=True)
class RecordedCrime:
    """What one or more files hold.

    Parameters
    ----------
    offences : DataFrame
        ``quarter`` (datetime64, first day of its first month), ``force``, ``partnership``,
        ``offence``, ``offence_group``, ``offence_subgroup``, ``offence_code`` (category of str),
        ``offences`` (int64), ``assigned`` (bool), sorted by quarter, partnership and code.
    notes : tuple of str
        Lines of the sheets of notes, in order.
    file : str
        Where it was read.
    """

    offences: pd.DataFrame
    notes: tuple[str, ...]
    file: str


def load(
    file: Path, partnerships: Collection[str] | None = None, *, corrections: bool = False
) -> RecordedCrime:
    """Read a file of the open data tables.

    Parameters
    ----------
    file : Path
        xlsx or ods.
    partnerships : collection of str, optional
        Only these, by the names of the file; all of them and the unassigned offences if not given.
    corrections : bool
        Whether negative numbers are kept.

    Raises
    ------
    MissingFileError, WorkbookError
        See `workbooks.opened`; no sheet of a financial year; a year on two sheets.
    HeaderError
        A sheet without the columns of `COLUMNS` in its first rows, or with two for one thing.
    PeriodError
        A financial year that is not the sheet's, or a quarter that is not 1 to 4.
    FigureError
        A number of offences that is not whole, or negative and `corrections` False.
    DuplicateRowError
        The same quarter, partnership, offence code and description twice.
    DataError
        An empty force, partnership or code, or a partnership that the file does not have.
    """
    notes: list[str] = []
    parts: dict[str, pd.DataFrame] = {}
    wanted = frozenset(partnerships) if partnerships is not None else None
    with workbooks.opened(file) as workbook:
        for sheet in workbook.sheet_names:
            match = _SHEET.fullmatch(sheet.strip())
            if not match:
                notes.extend(_note_lines(file, workbook, sheet))
                continue
            year = f"{match[1]}/{match[2]}"
            if year in parts:
                raise WorkbookError(
                    "a financial year on two sheets",
                    where=f"{project.relative(file)}, sheet {sheet}",
                    found=year,
                    expected="a sheet for each year",
                )
            parts[year] = _read_sheet(file, workbook, sheet, year, wanted, corrections)
    if not parts:
        raise WorkbookError(
            "a spreadsheet file without a sheet of a financial year",
            where=project.relative(file),
            found=", ".join(notes[:3]) or "no sheets with content",
            expected='sheets named "2023_24" or "2002-03"',
            hint="take a file whose name begins with prc-csp-",
        )
    frame = _together(list(parts.values()))
    _check_partnerships(file, frame, wanted)
    return RecordedCrime(frame, tuple(notes), project.relative(file))


def quarterly(
    offences: pd.DataFrame, partnership: str, *, codes: Collection[str] | None = None
) -> pd.Series:
    """Offences a quarter of one partnership, all codes or some of them added up.

    Parameters
    ----------
    offences : DataFrame
        As in `RecordedCrime`.
    partnership : str
        A name of the file.
    codes : collection of str, optional
        Offence codes; all of them if not given.

    Returns
    -------
    Series of float64
        Indexed by ``quarter`` (first day of its first month), every quarter from the first to the
        last. A code without a row in a quarter had no offences there.

    Raises
    ------
    DataError
        No such partnership or code.
    MissingMonthError
        A quarter for which the partnership has no row at all.
    """
    rows = offences[offences["partnership"] == partnership]
    unknown = set(codes or ()) - set(rows["offence_code"])
    if rows.empty or unknown:
        raise DataError(
            "no such offences",
            found=f"{partnership}, {', '.join(sorted(unknown))}" if unknown else partnership,
            expected="a partnership and offence codes of the file",
        )
    held = pd.DatetimeIndex(sorted(rows["quarter"].unique()), name="quarter")
    needed = pd.date_range(held[0], held[-1], freq="QS-APR", name="quarter")
    missing = needed.difference(held)
    if len(missing):
        raise MissingMonthError(
            "a quarterly series has a gap",
            where=partnership,
            found=", ".join(_label(stamp) for stamp in missing[:6]),
            expected="every quarter from the first to the last",
            hint="load the file that holds these quarters too",
        )
    if codes is not None:
        rows = rows[rows["offence_code"].isin(list(codes))]
    total = rows.groupby("quarter", observed=True)["offences"].sum()
    return total.reindex(needed, fill_value=0).astype("float64").rename(partnership)


def notes_about(crime: RecordedCrime, *names: str) -> tuple[str, ...]:
    """Lines of the notes that name one of `names`, such as the force or the partnership."""
    wanted = [name.casefold() for name in names]
    return tuple(line for line in crime.notes if any(name in line.casefold() for name in wanted))


def _note_lines(file: Path, workbook: CalamineWorkbook, sheet: str) -> Iterator[str]:
    for row in workbooks.rows(file, workbook, sheet):
        line = " ".join(text for cell in row if (text := workbooks.text(cell)))
        if line:
            yield line


def _read_sheet(
    file: Path,
    workbook: CalamineWorkbook,
    sheet: str,
    year: str,
    wanted: frozenset[str] | None,
    corrections: bool,
) -> pd.DataFrame:
    places: dict[str, int] = {}
    kept: list[tuple[object, ...]] = []
    top: list[str] = []
    where = f"{project.relative(file)}, sheet {sheet}"
    for number, row in enumerate(workbooks.rows(file, workbook, sheet), start=1):
        if not places:
            places = _heading(row, where, number)
            top.append(" ".join(text for cell in row if (text := workbooks.text(cell))))
            if not places and number >= _HEADING_WITHIN:
                break
            continue
        if all(cell == "" for cell in row):
            continue
        if wanted is None or workbooks.text(row[places["partnership"]]) in wanted:
            kept.append((number, *(row[places[name]] for name in COLUMNS)))
    if not places:
        raise HeaderError(
            "a sheet without the columns of the open data tables",
            where=where,
            found="; ".join(filter(None, top))[:200] or "no text",
            expected=", ".join(" or ".join(names) for names in COLUMNS.values()),
            hint="the Home Office may have renamed a column; compare the first rows",
        )
    return _checked(pd.DataFrame(kept, columns=["row", *COLUMNS]), where, year, corrections)


def _heading(row: list[workbooks.Cell], where: str, number: int) -> dict[str, int]:
    """Where each column is, once the row that names them is reached."""
    names = [" ".join(workbooks.text(cell).split()).casefold() for cell in row]
    places: dict[str, int] = {}
    for column, known in COLUMNS.items():
        found = [n for n, name in enumerate(names) if name in {k.casefold() for k in known}]
        if len(found) > 1:
            raise HeaderError(
                "two columns for one thing",
                where=f"{where}, row {number}",
                found=", ".join(workbooks.text(row[n]) for n in found),
                expected=f"one of {', '.join(known)}",
            )
        if found:
            places[column] = found[0]
    return places if len(places) == len(COLUMNS) else {}


def _checked(table: pd.DataFrame, where: str, year: str, corrections: bool) -> pd.DataFrame:
    """The rows of a sheet with their types; a whole column at a time, for there are many rows."""
    texts = {name: table[name].map(workbooks.text) for name in (*_TEXTS, "financial_year")}
    for name in ("force", "partnership", "offence_code"):
        _refuse(
            texts[name] == "",
            table,
            name,
            where,
            DataError("an empty cell", expected=f"the {name}"),
        )
    _refuse(
        texts["financial_year"] != year,
        table,
        "financial_year",
        where,
        PeriodError("a financial year that is not the sheet's", expected=year),
    )
    quarters = table["financial_quarter"].map(workbooks.text).str.removeprefix("Q")
    _refuse(
        ~quarters.isin(list("1234")),
        table,
        "financial_quarter",
        where,
        PeriodError("not a financial quarter", expected="1 to 4; 4 is January to March"),
    )
    numbers = table["offences"].map(_number).astype("float64")
    bad = numbers.isna() | (numbers % 1 != 0) | ((numbers < 0) & (not corrections))
    kind = "a whole number" if corrections else "a whole number, 0 or more"
    hint = "" if corrections else "negative numbers correct earlier quarters; allow them by name"
    _refuse(bad, table, "offences", where, FigureError("not a number", expected=kind, hint=hint))
    starts = {text: _start(year, int(text)) for text in "1234"}
    frame = pd.DataFrame(
        {"quarter": quarters.map(starts), **{name: texts[name] for name in _TEXTS}}
    )
    frame["quarter"] = frame["quarter"].astype("datetime64[s]")
    frame = frame.astype(dict.fromkeys(_TEXTS, "str"))
    frame["offences"] = numbers.astype("int64")
    frame["assigned"] = ~frame["partnership"].str.match(_UNASSIGNED)
    twice = frame.duplicated(list(_KEY))
    _refuse(
        twice,
        table,
        "offence_code",
        where,
        DuplicateRowError("the same figure twice", expected="each " + ", ".join(_KEY) + " once"),
    )
    return frame


def _refuse(
    bad: pd.Series, table: pd.DataFrame, name: str, where: str, error: DataError | PeriodError
) -> None:
    """Raise `error` for the first row that is bad, with its place and what it holds."""
    if not bad.any():
        return
    row = table[bad.to_numpy()].iloc[0]
    printed = COLUMNS[name][0]
    found = repr(row[name])
    if isinstance(error, DuplicateRowError):
        found = ", ".join(
            workbooks.text(row[column])
            for column in ("financial_quarter", "force", "partnership", "offence_code")
        )
    raise type(error)(
        error.problem,
        where=f"{where}, row {row['row']}, column {printed}",
        found=found,
        expected=error.expected,
        hint=error.hint,
    )


def _number(cell: workbooks.Cell) -> float:
    if isinstance(cell, bool):
        return float("nan")
    if isinstance(cell, int | float):
        return float(cell)
    figure = cells.parse_figure(str(cell))
    return float("nan") if figure is None or figure.percent else figure.value


def _start(year: str, number: int) -> pd.Timestamp:
    return pd.Timestamp(Quarter(int(year[:4]), number).months[0].start)


def _label(stamp: pd.Timestamp) -> str:
    year = stamp.year - (stamp.month < 4)
    return Quarter(year, (stamp.month - 4) % 12 // 3 + 1).label


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.astype(dict.fromkeys(_TEXTS, "category"))
    return frame.sort_values(["quarter", "partnership", "offence_code"], ignore_index=True)


def _check_partnerships(file: Path, frame: pd.DataFrame, wanted: frozenset[str] | None) -> None:
    missing = sorted((wanted or frozenset()) - set(frame["partnership"]))
    if missing or frame.empty:
        raise DataError(
            "a partnership that the file does not have" if missing else "a file without offences",
            where=project.relative(file),
            found=", ".join(missing),
            expected="names as in the column CSP Name",
            hint="the Home Office writes some names in its own way, such as London, City of",
        )
