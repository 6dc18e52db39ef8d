"""A workbook as xlsx, with openpyxl."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from bcsp_analysis.publish.workbook_parts import (
    Cell,
    Figure,
    Heading,
    Link,
    Sheet,
    Workbook,
    words,
)
from bcsp_analysis.publish.workbook_zip import repacked

if TYPE_CHECKING:
    from openpyxl.cell import Cell as Place
    from openpyxl.worksheet.worksheet import Worksheet

FONT, SIZE = "Arial", 12
PAGE_WIDTH = 100  # characters of a sheet without a table
# What a reader of the format takes for an escaped character (ECMA-376, ST_Xstring).
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


def xlsx(workbook: Workbook) -> bytes:
    """The file; the same bytes for the same workbook."""
    import openpyxl

    book: Any = openpyxl.Workbook()
    book.remove(book.active)
    _styles(book)
    _properties(book, workbook)
    for number, sheet in enumerate(workbook.sheets, start=1):
        _sheet(book.create_sheet(sheet.name), sheet, number)
    written = io.BytesIO()
    book.save(written)
    day = workbook.day
    # The writer puts in the time at which it ran.
    modified = rb"\g<1>" + f"{day:%Y-%m-%dT%H:%M:%SZ}".encode() + rb"\g<2>"
    return repacked(
        written.getvalue(), day, {"docProps/core.xml": lambda core: _MODIFIED.sub(modified, core)}
    )


def _properties(book: Any, workbook: Workbook) -> None:
    told = book.properties
    told.title, told.subject = escaped(workbook.title), escaped(workbook.subject)
    told.language, told.creator = workbook.language, escaped(workbook.subject)
    told.created = workbook.day


def _styles(book: Any) -> None:
    from openpyxl.styles import Alignment, Font, NamedStyle

    left = Alignment(horizontal="left", vertical="top", wrap_text=True)
    over = Alignment(horizontal="left", vertical="top")
    for style in (
        NamedStyle("Heading 1", Font(FONT, 16, bold=True), alignment=over, builtinId=16),
        NamedStyle("Heading 2", Font(FONT, 14, bold=True), alignment=over, builtinId=17),
        NamedStyle("Text", Font(FONT, SIZE), alignment=left),
        NamedStyle("Line", Font(FONT, SIZE), alignment=over),
        NamedStyle("Column heading", Font(FONT, SIZE, bold=True), alignment=left),
        NamedStyle(
            "Figure",
            Font(FONT, SIZE),
            alignment=Alignment(horizontal="right", vertical="top", wrap_text=True),
        ),
        NamedStyle(
            "Hyperlink",
            Font(FONT, SIZE, underline="single", color="0563C1"),
            alignment=left,
            builtinId=8,
        ),
    ):
        book.add_named_style(style)


def _sheet(made: Worksheet, sheet: Sheet, number: int) -> None:
    from openpyxl.utils import get_column_letter

    _put(made.cell(1, 1), sheet.title, "Heading 1")
    line_style = "Line" if sheet.rows else "Text"  # above a table a line runs over its columns
    for at, line in enumerate(sheet.lines, start=2):
        _put(made.cell(at, 1), line, "Heading 2" if isinstance(line, Heading) else line_style)
    if not sheet.rows:
        made.column_dimensions["A"].width = PAGE_WIDTH
        return
    for at, column in enumerate(sheet.columns, start=1):
        _put(made.cell(sheet.top, at), column.heading, "Column heading")
        made.column_dimensions[get_column_letter(at)].width = column.width
    styles = ["Figure" if figured else "Text" for figured in sheet.figured]
    for place, row in enumerate(sheet.rows, start=sheet.top + 1):
        for at, cell in enumerate(row):
            _put(made.cell(place, at + 1), cell, styles[at])
    _mark_table(made, sheet, number)
    made.page_setup.orientation = "landscape"
    made.page_setup.paperSize = 9  # A4
    made.page_setup.fitToHeight = 0
    made.sheet_properties.pageSetUpPr.fitToPage = True
    made.print_title_rows = f"{sheet.top}:{sheet.top}"


def _mark_table(made: Worksheet, sheet: Sheet, number: int) -> None:
    """A table with its header row and no filter buttons: what a screen reader announces."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.table import Table, TableStyleInfo

    last = f"{get_column_letter(len(sheet.columns))}{sheet.top + len(sheet.rows)}"
    name = re.sub(r"\W+", "_", sheet.name.casefold(), flags=re.ASCII).strip("_")
    table = Table(displayName=f"table_{number}_{name}".rstrip("_"), ref=f"A{sheet.top}:{last}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    table._initialise_columns()
    for column, given in zip(table.tableColumns, sheet.columns, strict=True):
        column.name = escaped(given.heading)
    table.autoFilter = None
    made.add_table(table)


def _put(place: Place, cell: Cell | Heading, style: str) -> None:
    if isinstance(cell, Figure):
        place.value = int(cell.value) if cell.value.is_integer() else cell.value
        place.style = style
        whole = "#,##0" if cell.grouped else "0"
        place.number_format = f"{whole}{'.' if cell.places else ''}{'0' * cell.places}"
        return
    shown = escaped(words(cell))
    place.style = style
    if isinstance(cell, Link):
        _follow(place, cell)
    elif shown[0] in "=+-@":
        place.quotePrefix = True  # stays text when a reader edits the cell
    # As text, whatever it looks like: openpyxl takes "=1" for a formula and "#N/A" for an error,
    # and cuts what is longer only because some of it is escaped.
    place._value, place.data_type = shown, "s"


def _follow(place: Place, link: Link) -> None:
    from openpyxl.worksheet.hyperlink import Hyperlink

    if link.sheet:
        place.hyperlink = Hyperlink(ref=place.coordinate, location=f"'{link.sheet}'!A1")
    else:
        place.hyperlink = link.address
    place.style = "Hyperlink"


def escaped(text: str) -> str:
    """Text of which a reader makes no other characters: ``_x0041_`` is otherwise an A."""
    return _ESCAPED.sub("_x005F_", text)
