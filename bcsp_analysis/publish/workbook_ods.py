"""A workbook as ods, with odfpy."""

from __future__ import annotations

import io
from typing import Any

from bcsp_analysis.publish.workbook_parts import (
    Cell,
    Figure,
    Heading,
    Link,
    Sheet,
    Workbook,
    words,
)
from bcsp_analysis.publish.workbook_xlsx import FONT, PAGE_WIDTH, SIZE
from bcsp_analysis.publish.workbook_zip import repacked

_CHARACTER = 0.25  # cm, of the font at its size


def ods(workbook: Workbook) -> bytes:
    """The file; the same bytes for the same workbook."""
    from odf.opendocument import OpenDocumentSpreadsheet

    document: Any = OpenDocumentSpreadsheet()
    _properties(document, workbook)
    styles = _Styles(document, workbook.language)
    for sheet in workbook.sheets:
        document.spreadsheet.addElement(_table(sheet, styles))
    _mark_tables(document, workbook)
    written = io.BytesIO()
    document.save(written)
    parts = ("content.xml", "styles.xml", "meta.xml", "settings.xml")
    return repacked(written.getvalue(), workbook.day, dict.fromkeys(parts, _canonical))


def _canonical(part: bytes) -> bytes:
    """The same XML without the namespaces that other documents of this process have used."""
    from xml.etree.ElementTree import canonicalize

    declared = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return (declared + canonicalize(part.decode("utf-8"))).encode("utf-8")


def _properties(document: Any, workbook: Workbook) -> None:
    from odf import dc, meta

    day = f"{workbook.day:%Y-%m-%dT%H:%M:%S}"
    for made in (
        dc.Title(text=workbook.title),
        dc.Subject(text=workbook.subject),
        dc.Language(text=workbook.language),
        dc.Creator(text=workbook.subject),
        dc.Date(text=day),
        meta.CreationDate(text=day),
    ):
        document.meta.addElement(made)


class _Styles:
    """Styles of one document; those for decimals and widths are made when first asked for."""

    def __init__(self, document: Any, language: str) -> None:
        from odf import style

        self._document = document
        self._made: dict[str, Any] = {}
        spoken, _, country = language.partition("-")
        default = style.DefaultStyle(family="table-cell")
        default.addElement(
            style.TextProperties(
                fontname=FONT, fontsize=f"{SIZE}pt", language=spoken, country=country
            )
        )
        document.styles.addElement(default)
        self._face(FONT)
        self._cell("Title", size=16, bold=True, wrap=False)
        self._cell("Heading", size=14, bold=True, wrap=False)
        self._cell("Text")
        self._cell("Line", wrap=False)
        self._cell("Column heading", bold=True)
        self._cell("Figure", align="end")

    def __getitem__(self, name: str) -> Any:
        return self._made[name]

    def figure(self, figure: Figure) -> Any:
        """Cells of numbers with as many decimals."""
        from odf import number

        grouping = str(figure.grouped).lower()
        name = f"Figure {figure.places} {grouping}"
        if name not in self._made:
            shown = number.NumberStyle(name=f"N{figure.places}{grouping}")
            shown.addElement(
                number.Number(
                    decimalplaces=str(figure.places), minintegerdigits="1", grouping=grouping
                )
            )
            self._document.automaticstyles.addElement(shown)
            self._cell(name, align="end", datastyle=shown)
        return self._made[name]

    def column(self, characters: int) -> Any:
        """Columns of a width."""
        from odf import style

        name = f"Column {characters}"
        if name not in self._made:
            made = style.Style(name=name.replace(" ", "_"), family="table-column")
            width = f"{characters * _CHARACTER:.2f}cm"
            made.addElement(style.TableColumnProperties(columnwidth=width))
            self._document.automaticstyles.addElement(made)
            self._made[name] = made
        return self._made[name]

    def _face(self, name: str) -> None:
        from odf import style

        self._document.fontfacedecls.addElement(
            style.FontFace(name=name, fontfamily=name, fontfamilygeneric="swiss")
        )

    def _cell(
        self,
        name: str,
        *,
        size: int = SIZE,
        bold: bool = False,
        wrap: bool = True,
        align: str = "start",
        datastyle: Any = None,
    ) -> None:
        from odf import style

        shown = {"datastylename": datastyle} if datastyle is not None else {}
        made = style.Style(name=name.replace(" ", "_"), family="table-cell", **shown)
        made.addElement(
            style.TableCellProperties(verticalalign="top", wrapoption="wrap" if wrap else "no-wrap")
        )
        made.addElement(style.ParagraphProperties(textalign=align))
        made.addElement(
            style.TextProperties(
                fontname=FONT, fontsize=f"{size}pt", fontweight="bold" if bold else "normal"
            )
        )
        self._document.automaticstyles.addElement(made)
        self._made[name] = made


def _table(sheet: Sheet, styles: _Styles) -> Any:
    from odf import table

    made = table.Table(name=sheet.name)
    widths = [column.width for column in sheet.columns] if sheet.rows else [PAGE_WIDTH]
    for width in widths:
        made.addElement(table.TableColumn(stylename=styles.column(width)))
    made.addElement(_row([(sheet.title, styles["Title"])]))
    line_style = styles["Line"] if sheet.rows else styles["Text"]
    for line in sheet.lines:
        style = styles["Heading"] if isinstance(line, Heading) else line_style
        made.addElement(_row([(line, style)]))
    if not sheet.rows:
        return made
    head = table.TableHeaderRows()
    head.addElement(_row([(column.heading, styles["Column heading"]) for column in sheet.columns]))
    made.addElement(head)
    plain = [styles["Figure" if figured else "Text"] for figured in sheet.figured]
    for row in sheet.rows:
        made.addElement(
            _row(
                [
                    (cell, styles.figure(cell) if isinstance(cell, Figure) else style)
                    for cell, style in zip(row, plain, strict=True)
                ]
            )
        )
    return made


def _row(cells: list[tuple[Cell | Heading, Any]]) -> Any:
    from odf import table

    made = table.TableRow()
    for cell, style in cells:
        made.addElement(_cell(cell, style))
    return made


def _cell(cell: Cell | Heading, style: Any) -> Any:
    from odf import table, text

    if isinstance(cell, Figure):
        made = table.TableCell(valuetype="float", value=repr(cell.value), stylename=style)
        made.addElement(text.P(text=f"{cell.value:{',' * cell.grouped}.{cell.places}f}"))
        return made
    made = table.TableCell(valuetype="string", stylename=style)
    shown = text.P()
    if isinstance(cell, Link):
        leads = cell.address or f"#'{cell.sheet}'.A1"
        shown.addElement(text.A(href=leads, type="simple", text=cell.words))
    else:
        shown.addText(words(cell))
    made.addElement(shown)
    return made


def _mark_tables(document: Any, workbook: Workbook) -> None:
    """A range with a header row and no filter buttons for each table."""
    from odf import table

    ranges = table.DatabaseRanges()
    for number, sheet in enumerate(workbook.sheets, start=1):
        if not sheet.rows:
            continue
        last = f"{_letters(len(sheet.columns))}{sheet.top + len(sheet.rows)}"
        ranges.addElement(
            table.DatabaseRange(
                name=f"table_{number}",
                targetrangeaddress=f"'{sheet.name}'.A{sheet.top}:'{sheet.name}'.{last}",
                containsheader="true",
                displayfilterbuttons="false",
            )
        )
    if ranges.childNodes:
        document.spreadsheet.addElement(ranges)


def _letters(column: int) -> str:
    """``"A"`` for 1, ``"AB"`` for 28."""
    found = ""
    while column:
        column, left = divmod(column - 1, 26)
        found = chr(ord("A") + left) + found
    return found
