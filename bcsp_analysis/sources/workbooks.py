"""Reading spreadsheet files (xlsx, xlsm, xls, ods) sheet by sheet, cell values as they are.

One library reads all of them, and refuses a part that does not fit its checksum.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bcsp_analysis import project
from bcsp_analysis.errors import MissingFileError, WorkbookError

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

MAX_UNPACKED = 8 * 1024**3
"""Bytes that the parts of a file may have together; the largest published one has 1.4 GB."""

Cell = int | float | str | bool | time | date | datetime | timedelta
"""Value of a cell; "" where it is blank."""


@contextmanager
def opened(file: Path) -> Iterator[CalamineWorkbook]:
    """A workbook, closed at the end.

    Raises
    ------
    MissingFileError
        There is no such file.
    WorkbookError
        It is no spreadsheet, is cut off or damaged, has a password, or would unpack to more than
        `MAX_UNPACKED`.
    """
    import python_calamine

    if not file.is_file():
        raise MissingFileError("a spreadsheet file is missing", where=project.relative(file))
    _check_packed(file)
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(file)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise _unreadable(file, str(error)) from error
    try:
        yield workbook
    finally:
        workbook.close()


def rows(file: Path, workbook: CalamineWorkbook, sheet: str) -> Iterator[list[Cell]]:
    """Rows of a sheet, from its first row; each as long as the widest.

    Raises
    ------
    WorkbookError
        The sheet cannot be read, such as one that is a chart.
    """
    import python_calamine

    try:
        found = workbook.get_sheet_by_name(sheet)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise _unreadable(file, f"sheet {sheet!r}: {error}") from error
    yield from found.iter_rows()


def text(cell: Cell) -> str:
    """A cell as text: whole numbers without ".0", spaces around it removed."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _check_packed(file: Path) -> None:
    if not zipfile.is_zipfile(file):
        return
    try:
        with zipfile.ZipFile(file) as packed:
            size = sum(part.file_size for part in packed.infolist())
            if size > MAX_UNPACKED:
                raise WorkbookError(
                    "a spreadsheet file that unpacks to far too much",
                    where=project.relative(file),
                    found=f"{size / 1024**3:.0f} GB",
                    expected=f"{MAX_UNPACKED / 1024**3:.0f} GB at most",
                    hint="ask who sent it; a file of this kind can fill a machine",
                )
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _unreadable(file, str(error)) from error


def _unreadable(file: Path, why: str) -> WorkbookError:
    return WorkbookError(
        "a spreadsheet file that cannot be read",
        where=project.relative(file),
        found=why,
        expected="a whole file of the kind xlsx or ods, without a password",
        hint="download it again; a saved web page can have the same name",
    )
