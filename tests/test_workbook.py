"""The workbook: the Analysis Function's rules by name, its numbers, nasty text, both formats."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import hashlib
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import default_edition
import openpyxl
import pytest
import python_calamine
import small_project
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odf import opendocument
from odf import table as odf_table
from odf import text as odf_text
from odf.namespaces import OFFICENS, STYLENS, TABLENS

from bcsp_analysis import cli, editions, project
from bcsp_analysis.markup import plain
from bcsp_analysis.present import text as words
from bcsp_analysis.publish import (
    board_pack,
    build,
    workbook,
    workbook_front,
    workbook_quarter,
    workbook_series,
)
from bcsp_analysis.publish import workbook_parts as parts
from bcsp_analysis.publish.workbook_ods import ods
from bcsp_analysis.publish.workbook_parts import Column, Figure, Heading, Link, Sheet, Workbook
from bcsp_analysis.publish.workbook_xlsx import xlsx
from bcsp_analysis.start import Start

SHORTHAND = re.compile(r"\[[a-z]+\]")
FRONT = ["Cover", "Contents", "Notes", "Sources"]
Rows = list[list[object]]


@pytest.fixture(scope="module")
def edition() -> editions.Edition:
    return editions.load("2023-24-q2")


@pytest.fixture(scope="module")
def book(edition: editions.Edition) -> Workbook:
    with default_edition.shared():
        return workbook.make(edition)


@pytest.fixture(scope="module")
def written(book: Workbook) -> dict[str, bytes]:
    return workbook.files(book)


@pytest.fixture(scope="module")
def as_xlsx(written: dict[str, bytes]) -> Any:
    return openpyxl.load_workbook(io.BytesIO(written["measures.xlsx"]))


@pytest.fixture(scope="module")
def as_ods(written: dict[str, bytes]) -> Any:
    return opendocument.load(io.BytesIO(written["measures.ods"]))


# --- reading back ---------------------------------------------------------------------------------


def unescaped(value: object) -> object:
    """As a spreadsheet reads a text of ECMA-376, type ST_Xstring; openpyxl leaves that out."""
    if not isinstance(value, str):
        return value
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), value)


def cells_of_xlsx(content: bytes) -> dict[str, Rows]:
    found = openpyxl.load_workbook(io.BytesIO(content))
    return {
        sheet.title: [
            [unescaped(cell.value) for cell in row if cell.value is not None]
            for row in sheet.iter_rows()
        ]
        for sheet in found.worksheets
    }


def cells_of_ods(content: bytes) -> dict[str, Rows]:
    found = opendocument.load(io.BytesIO(content))
    return {
        made.getAttribute("name"): [
            [ods_value(cell) for cell in row.getElementsByType(odf_table.TableCell)]
            for row in made.getElementsByType(odf_table.TableRow)
        ]
        for made in found.spreadsheet.getElementsByType(odf_table.Table)
    }


def ods_value(cell: Any) -> object:
    if cell.getAttrNS(OFFICENS, "value-type") == "float":
        return float(cell.getAttrNS(OFFICENS, "value"))
    return "".join(str(part) for part in cell.getElementsByType(odf_text.P))


def cells_of(workbook_: Workbook) -> dict[str, Rows]:
    """What either file should hold, row by row."""

    def value(cell: object) -> object:
        return cell.value if isinstance(cell, Figure) else getattr(cell, "words", cell)

    found: dict[str, Rows] = {}
    for sheet in workbook_.sheets:
        rows: Rows = [[sheet.title], *([value(line)] for line in sheet.lines)]
        if sheet.rows:
            rows.append([column.heading for column in sheet.columns])
            rows += [[value(cell) for cell in row] for row in sheet.rows]
        found[sheet.name] = rows
    return found


def rows_of(book: Workbook, name: str) -> list[dict[str, object]]:
    """Rows of a table by heading; figures as numbers."""
    (sheet,) = (sheet for sheet in book.sheets if sheet.name == name)
    heads = [column.heading for column in sheet.columns]
    return [
        dict(zip(heads, [c.value if isinstance(c, Figure) else c for c in row], strict=True))
        for row in sheet.rows
    ]


def row_of(book: Workbook, name: str, key: str) -> dict[str, object]:
    (found,) = (row for row in rows_of(book, name) if next(iter(row.values())) == key)
    return found


# --- rules of the Analysis Function, "Releasing statistics in spreadsheets" -----------------------


def test_cover_contents_and_notes_come_first(book: Workbook, as_xlsx: Any, as_ods: Any) -> None:
    names = [sheet.name for sheet in book.sheets]
    assert names[:4] == FRONT
    assert len(names) == 15
    assert as_xlsx.sheetnames == names
    tables = as_ods.spreadsheet.getElementsByType(odf_table.Table)
    assert [made.getAttribute("name") for made in tables] == names
    assert as_xlsx.active.title == "Cover"


def test_sheets_have_short_meaningful_names_without_spaces(book: Workbook) -> None:
    for sheet in book.sheets:
        assert re.fullmatch(r"[A-Z][A-Za-z_]+", sheet.name)
        assert len(sheet.name) <= 31


def test_one_table_a_sheet_marked_as_a_table_in_xlsx(book: Workbook, as_xlsx: Any) -> None:
    seen = set()
    for sheet in book.sheets:
        made = as_xlsx[sheet.name]
        if sheet.name == "Cover":
            assert len(made.tables) == 0
            continue
        (found,) = made.tables.values()
        assert found.headerRowCount == 1
        assert found.autoFilter is None
        first, last = found.ref.split(":")
        assert first == f"A{sheet.top}"
        assert made[last].row == made.max_row == sheet.top + len(sheet.rows)
        assert made[last].column == made.max_column == len(sheet.columns)
        heads = [cell.value for cell in made[sheet.top]]
        assert [column.name for column in found.tableColumns] == heads
        assert len({head.casefold() for head in heads}) == len(heads)
        seen.add(found.displayName.casefold())
    assert len(seen) == len(book.sheets) - 1


def test_one_table_a_sheet_marked_as_a_table_in_ods(book: Workbook, as_ods: Any) -> None:
    ranges = as_ods.spreadsheet.getElementsByType(odf_table.DatabaseRange)
    areas = [one.getAttrNS(TABLENS, "target-range-address") for one in ranges]
    tables = as_ods.spreadsheet.getElementsByType(odf_table.Table)
    for made, sheet in zip(tables, book.sheets, strict=True):
        heads = made.getElementsByType(odf_table.TableHeaderRows)
        mine = [area for area in areas if area.startswith(f"'{sheet.name}'.A{sheet.top}:")]
        if sheet.name == "Cover":
            assert (heads, mine) == ([], [])
            continue
        (head,) = heads
        (row,) = head.getElementsByType(odf_table.TableRow)
        shown = [str(cell) for cell in row.getElementsByType(odf_table.TableCell)]
        assert shown == [column.heading for column in sheet.columns]
        (area,) = mine
        assert area.endswith(str(sheet.top + len(sheet.rows)))
    for one in ranges:
        assert one.getAttrNS(TABLENS, "contains-header") in (True, "true")
        assert one.getAttrNS(TABLENS, "display-filter-buttons") in (False, "false")


def test_no_cell_is_merged(as_xlsx: Any, written: dict[str, bytes]) -> None:
    assert all(not sheet.merged_cells.ranges for sheet in as_xlsx.worksheets)
    content = part(written["measures.ods"], "content.xml")
    for attribute in ("number-columns-spanned", "number-rows-spanned", "covered-table-cell"):
        assert attribute not in content


def test_no_cell_of_a_table_is_empty(book: Workbook, written: dict[str, bytes]) -> None:
    for cells in (cells_of_xlsx(written["measures.xlsx"]), cells_of_ods(written["measures.ods"])):
        for sheet in book.sheets:
            rows = cells[sheet.name]
            assert len(rows) == sheet.top - 1 + (len(sheet.rows) + 1 if sheet.rows else 0)
            for row in rows[sheet.top - 1 :]:
                assert len(row) == len(sheet.columns)
            for row in rows:  # no blank row either
                assert row
                assert all(str(value).strip() for value in row)


def test_nothing_is_hidden_frozen_or_filtered(as_xlsx: Any, written: dict[str, bytes]) -> None:
    for sheet in as_xlsx.worksheets:
        assert sheet.sheet_state == "visible"
        assert sheet.freeze_panes is None
        assert sheet.auto_filter.ref is None
        assert not any(row.hidden for row in sheet.row_dimensions.values())
        assert not any(column.hidden for column in sheet.column_dimensions.values())
        assert not any(row.outlineLevel for row in sheet.row_dimensions.values())
    content = part(written["measures.ods"], "content.xml")
    assert 'visibility="collapse"' not in content
    assert "table:filter" not in content


def test_cells_wrap_their_text(book: Workbook, as_xlsx: Any, as_ods: Any) -> None:
    for sheet in book.sheets:
        made = as_xlsx[sheet.name]
        first = sheet.top if sheet.rows else 2
        for row in made.iter_rows(min_row=first):
            heading = row[0].style == "Heading 2"
            assert heading or all(cell.alignment.wrap_text for cell in row)
    wrapped = {}
    for style in as_ods.automaticstyles.childNodes:
        for child in style.childNodes:
            if child.qname[1] == "table-cell-properties":
                wrapped[style.getAttrNS(STYLENS, "name")] = child.getAttribute("wrapoption")
    for made in as_ods.spreadsheet.getElementsByType(odf_table.TableHeaderRows):
        for cell in made.getElementsByType(odf_table.TableCell):
            assert wrapped[cell.getAttribute("stylename")] == "wrap"


def test_columns_have_widths_that_show_their_figures(book: Workbook, as_xlsx: Any) -> None:
    for sheet in book.sheets:
        for number, column in enumerate(sheet.columns, start=1):
            letter = openpyxl.utils.get_column_letter(number)
            assert as_xlsx[sheet.name].column_dimensions[letter].width == column.width
            longest = max(
                (len(f"{cell.value:,.{cell.places}f}"))
                for row in sheet.rows
                for cell in [row[number - 1]]
                if isinstance(cell, Figure)
            ) if sheet.figured[number - 1] else 0  # fmt: skip
            assert longest <= column.width


def test_every_shorthand_is_explained_in_the_notes(book: Workbook) -> None:
    explained = {
        str(row["Note"]).split(":")[0]
        for row in rows_of(book, "Notes")
        if row["Subject"] == "Shorthand"
    }
    assert explained == {"[c]", "[x]", "[z]", "[low]", "[b]", "[u]"}
    used = {
        found
        for sheet in book.sheets
        for row in sheet.rows
        for cell in row
        if not isinstance(cell, Figure)
        for found in SHORTHAND.findall(parts.words(cell))
    }
    assert {"[c]", "[x]", "[z]", "[low]"} <= used <= explained


def test_the_contents_lead_to_every_sheet(book: Workbook, as_xlsx: Any, as_ods: Any) -> None:
    rows = list(as_xlsx["Contents"].iter_rows(min_row=book.sheets[1].top + 1))
    listed = [str(row[0].value) for row in rows]
    assert listed == [sheet.name for sheet in book.sheets[2:]]
    for name, row in zip(listed, rows, strict=True):
        assert row[0].hyperlink.location == f"'{name}'!A1"
        assert row[1].value == as_xlsx[name]["A1"].value
    table = as_ods.spreadsheet.getElementsByType(odf_table.Table)[1]
    links = [link.getAttribute("href") for link in table.getElementsByType(odf_text.A)]
    assert links == [f"#'{name}'.A1" for name in listed]


def test_every_sheet_has_a_title_and_says_that_it_holds_one_table(as_xlsx: Any) -> None:
    for sheet in as_xlsx.worksheets:
        assert sheet["A1"].style == "Heading 1"
        if sheet.title != "Cover":
            assert sheet["A2"].value.startswith("This sheet holds one table")


def test_title_language_and_date_are_set(as_xlsx: Any, written: dict[str, bytes]) -> None:
    title = "Birmingham community safety: strategic assessment, 2023/24 Q2"
    assert as_xlsx.properties.title == title
    assert as_xlsx.properties.language == "en-GB"
    assert as_xlsx.properties.modified == datetime.datetime(2023, 12, 6)
    told = part(written["measures.ods"], "meta.xml")
    assert f"<dc:title>{title}</dc:title>" in told.replace(" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"", "")  # fmt: skip  # noqa: E501
    assert ">en-GB</dc:language>" in told
    assert 'fo:language="en"' in part(written["measures.ods"], "styles.xml")
    assert 'fo:country="GB"' in part(written["measures.ods"], "styles.xml")


def test_numbers_are_numbers_and_no_text_is_a_formula(book: Workbook, as_xlsx: Any) -> None:
    # The audit quotes as printed, "-115" and "17/18"; a section is a name, "4.10" is not 4.1.
    quoted = {"Audit", "Claims"}
    for sheet in book.sheets:
        for row in as_xlsx[sheet.name].iter_rows(min_row=sheet.top + 1):
            for cell in row:
                assert cell.data_type in ("n", "s")
                if sheet.name not in quoted and cell.data_type == "s":
                    assert not re.fullmatch(r"[-+\u2212]?[\d,.]+%?", str(cell.value))
        for row, given_ in zip(
            as_xlsx[sheet.name].iter_rows(min_row=sheet.top + 1), sheet.rows, strict=False
        ):
            for cell, one in zip(row, given_, strict=True):
                assert (cell.data_type == "n") == isinstance(one, Figure)


def test_the_cover_names_edition_and_date_and_invents_no_contact(book: Workbook) -> None:
    cover = book.sheets[0]
    told = [parts.words(line) for line in cover.lines]
    assert cover.title == "Birmingham community safety: strategic assessment, 2023/24 Q2"
    assert "Edition: 2023/24 Q2, July to September 2023." in told
    assert "Report published: 6 December 2023." in told
    assert told[-2] == "Contact"
    assert "adds an address here before publication" in told[-1]
    assert "@" not in " ".join(told)


def part(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read(name).decode("utf-8")


# --- the numbers ----------------------------------------------------------------------------------


def test_the_quarterly_table_holds_what_the_report_prints(book: Workbook) -> None:
    # Read off the file of printed cells with nothing of the project.
    file = project.path("data", "report", "2023-24-q2", "performance.csv")
    printed = {
        row["measure_id"]: row for row in csv.DictReader(file.read_text("utf-8").splitlines())
    }
    shop = row_of(book, "Quarterly_table", "Theft from shop or stall")
    cells = printed["theft-from-shop"]
    assert shop["July to September 2023, incidents"] == float(cells["q_this_year"].replace(",", ""))
    assert shop["Difference in per cent"] == 30.1
    assert shop["Arrow for the change of the year to date"] == "up ↑"
    assert shop["Group's rate per 1,000"] == float(cells["group_rate"])
    assert len(rows_of(book, "Quarterly_table")) == len(printed) == 23
    fires = row_of(book, "Quarterly_table", "Deliberate fires")
    assert fires["July to September 2022, incidents"] == "[x]"
    assert "No data available from WMFS" in str(fires["Printed in place of figures"])


def test_changes_hold_counts_ranges_and_verdicts(book: Workbook) -> None:
    shop = row_of(book, "Changes_quarter_on_year", "Theft from shop or stall")
    # 2,146 on 1,479 of the printed table, by hand: +45.0980392156863 per cent.
    assert shop["July to September 2022, incidents"] == 1479
    assert shop["July to September 2023, incidents"] == 2146
    assert shop["Change by the counts, per cent"] == pytest.approx(45.0980392156863, rel=1e-13)
    low, high = (shop[f"Likely range of the change, {end} end, per cent"] for end in LOW_HIGH)
    assert low < shop["Change by the counts, per cent"] < high  # type: ignore[operator]
    # 5,143 to 6,283 for the year to date: +22.166 per cent.
    asb = row_of(book, "Changes_year_to_date", "Anti-social behaviour incidents")
    assert asb["Change by the counts, per cent"] == pytest.approx(22.1660509, rel=1e-8)
    assert asb["Verdict"] == "no clear change"
    hate = row_of(book, "Changes_year_to_date", "Hate crime")
    assert "do not agree with each other" in str(hate["More on the verdict"])
    violence = row_of(book, "Changes_year_to_date", "Violence against the person")
    assert violence["Verdict"] == "recording changed"


LOW_HIGH = ("lower", "upper")


@pytest.mark.parametrize("kind", ["year_to_date", "quarter_on_year"])
def test_changes_equal_the_results_of_the_pages(
    book: Workbook, edition: editions.Edition, kind: str, page: Start
) -> None:
    for measure in page.catalogue:
        result = page.assessment.result(measure.id, kind)
        row = row_of(book, f"Changes_{kind}", words.short_title(measure))
        if result is None:
            assert row["p-value"] == "[x]"
            continue
        assert row["Verdict"] == result.verdict.value
        if measure.id in page.hidden:
            continue
        same(row["Likely range of the change, lower end, per cent"], result.pct_low)
        same(row["Likely range of the change, upper end, per cent"], result.pct_high)
        same(row["p-value"], result.p_value)
        same(row["Corrected p-value"], result.p_adjusted)


def same(shown: object, value: float | None) -> None:
    """A figure, or the shorthand that stands for one that has no end or would be shown as 0."""
    if isinstance(shown, float):
        assert value is not None
        assert shown == pytest.approx(value, rel=1e-13)
    else:
        missing = value is None or value != value or abs(value) == float("inf")
        assert shown == ("[z]" if missing else "[low]")


@pytest.fixture(scope="module")
def page(edition: editions.Edition) -> Start:
    return default_edition.answered(Start(edition, MappingProxyType({})), "assessment")


def test_the_comparison_holds_rates_ranks_and_distance(book: Workbook) -> None:
    robbery = row_of(book, "Comparison", "Personal robbery")
    assert robbery["Birmingham, rate per 1,000"] == 3.758
    assert robbery["Most similar group, mean rate per 1,000"] == 1.869
    assert robbery["Rank in the group"] == 15
    # 3.758 on 1.869, by hand: +101.07009 per cent.
    assert robbery["Rate against the mean, per cent"] == pytest.approx(101.0700910, rel=1e-8)
    assert robbery["Verdict"] == "clearly more"
    burglary = row_of(book, "Comparison", "Residential burglary")
    assert burglary["p-value"] == "[z]"
    assert burglary["Verdict"] == "set apart"


def test_the_monthly_series_equals_its_file_and_marks_recording_changes(book: Workbook) -> None:
    file = project.path("data", "monthly", "birmingham.csv")
    rows = rows_of(book, "Monthly_series")
    held = list(csv.DictReader(file.read_text("utf-8").splitlines()))
    counts = {(r["crime_type"], r["month"]): float(r["incidents"].replace(",", "")) for r in held}
    assert len(rows) == len(counts)
    for row in rows:
        month = f"{row['Year']:.0f}-{row['Number of the month']:02.0f}"
        assert row["Incidents"] == counts[str(row["Series"]), month]
    marked = {
        (row["Series"], row["Month"]): str(row["Recording changes and faults"]) for row in rows
    }
    asb = "Anti-social behaviour"
    assert "[b] New crime and incident system" in marked[asb, "April 2021"]
    assert marked[asb, "July 2023"].startswith("[u] ")
    assert marked[asb, "July 2022"] == "none"
    assert "[b] Home Office counting rules" in marked["Violence and sexual offences", "May 2023"]
    assert "counting rules" not in marked[asb, "May 2023"]


def test_sheets_of_the_models_have_a_row_for_each_result(book: Workbook) -> None:
    assert len(rows_of(book, "Control_charts")) == 72  # two series of 36 months
    assert len(rows_of(book, "Season")) == 24
    assert len(rows_of(book, "Cost_of_living")) == 6  # as registered in data/hypotheses.toml
    season = [row for row in rows_of(book, "Season") if row["Series"] == "Anti-social behaviour"]
    product = 1.0
    for row in season:
        product *= float(str(row["Index"])) / 100
    assert product == pytest.approx(1, abs=1e-9)  # indices over their geometric mean
    for row in rows_of(book, "Outlook"):
        ends = [float(str(row[f"{level}% range, {end} end"])) for level, end in NESTED]
        assert ends == sorted(ends)


NESTED = [("95", "lower"), ("80", "lower"), ("80", "upper"), ("95", "upper")]


def test_a_series_that_a_model_refuses_is_named_with_the_reason(edition: editions.Edition) -> None:
    # data/hypotheses.toml asks nothing of shop theft, which only serves as a comparison.
    page = Start(edition, MappingProxyType({"series": "shoplifting"}))
    sheet = workbook_series.cost_of_living([page])
    assert sheet.rows == ()
    (told,) = sheet.lines
    assert str(told).startswith("Shoplifting is left out: ")
    assert "nothing was asked of this series" in str(told)
    assert workbook_series.cost_of_living([]).lines == (
        "No page of the edition is about a monthly series.",
    )


def test_the_audit_and_the_claims_are_all_there(book: Workbook, page: Start) -> None:
    assert len(rows_of(book, "Audit")) == len(page.audit.findings) == 34
    robbery = row_of(book, "Audit", "Robbery (Personal), difference between the two years")
    assert (robbery["Printed"], robbery["Implied by other printed figures"]) == ("-115", "+115")
    assert len(rows_of(book, "Claims")) == 18


# --- suppression ----------------------------------------------------------------------------------


def test_a_suppressed_row_shows_no_figure_of_its_own(book: Workbook, page: Start) -> None:
    assert page.hidden == {"forced-marriage", "female-genital-mutilation"}
    for sheet in book.sheets:
        if sheet.name in FRONT:
            continue
        for row in sheet.rows:
            first = parts.words(row[0]).casefold()
            if not first.startswith(("forced marriage", "female genital mutilation")):
                continue
            assert not any(isinstance(cell, Figure) for cell in row)
            assert "[c]" in row


def test_a_higher_threshold_suppresses_more_in_every_sheet(edition: editions.Edition) -> None:
    rules = dataclasses.replace(edition.rules, suppress_below=200)
    page = Start(dataclasses.replace(edition, rules=rules), MappingProxyType({}))
    hidden = {"forced-marriage", "female-genital-mutilation", "modern-slavery"}
    hidden |= {"honour-based-abuse"}
    assert hidden <= page.hidden
    printed = workbook_quarter.printed(page)
    changes = workbook_quarter.changes(page, "year_to_date", "Changes")
    for sheet in (printed, changes):
        for row in sheet.rows:
            if row[0] == "Modern slavery":
                assert not any(isinstance(cell, Figure) for cell in row)
                assert row.count("[c]") >= 8
    for row in workbook_quarter.audit(page).rows:
        quoted = " ".join(parts.words(cell) for cell in row[1:])
        if str(row[0]).startswith(("Modern Slavery", "Honour Based Abuse")):
            assert not re.search(r"\d", quoted)


# --- text that could do harm ----------------------------------------------------------------------

NASTY = [
    "=1+1",
    "=HYPERLINK(\"http://example.org\")",
    "+44",
    "-2+3",
    "@SUM(A1)",
    "#N/A",
    "TRUE",
    "1,234",
    "2023-12-06",
    "_x0041_",
    "<b>&amp;\"quoted\" 'too'</b>",
    "]]> <!-- --> <![CDATA[",
    "{{< meta title >}} $x$ #let `code` \\",
    "tab\tnew\nline\r\nend\x00\x07\x1b",
    "\ufffe\uffff\ud800 lone",
    "\u202eturned",
    "\U0001f6a8 e\u0301 \u00a0 \u200b",
    "'apostrophe",
]  # fmt: skip
LONG = ["x" * 40_000, "_x0041_" * 5_000, "\U0001f6a8" * 20_000]
typed = st.sampled_from(NASTY) | st.text(max_size=40)
numbers = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**12), 10**12)
cell = st.one_of(
    st.builds(parts.text, typed),
    st.builds(parts.figure, numbers, st.integers(0, 4)),
    st.builds(parts.link, typed, st.sampled_from(["https://example.org/?a=1&b=2", "javascript:1"])),
    st.builds(Link, st.builds(parts.text, typed), sheet=st.just("Other")),
)


@st.composite
def books(draw: st.DrawFn) -> Workbook:
    heads = draw(st.lists(typed, min_size=1, max_size=4, unique_by=heading_of))
    row = st.tuples(*[cell for _ in heads])
    rows = draw(st.lists(row, max_size=4))
    lines = draw(st.lists(st.builds(parts.text, typed) | st.builds(Heading, st.just("A"))))
    columns = parts.columns(*((head, 12) for head in heads))
    first = Sheet("Nasty & <sheet>", parts.text(draw(typed)), tuple(lines), columns, tuple(rows))
    other = Sheet("Other", "Other", ("A line",))
    title = plain(draw(typed)) or "Title"
    return Workbook(title, title, datetime.date(2023, 12, 6), (first, other))


def heading_of(typed_: str) -> str:
    return parts.columns((typed_, 12))[0].heading.casefold()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(books())
def test_both_files_hold_the_same_cells_as_they_were_typed(made: Workbook) -> None:
    expected = cells_of(made)
    assert cells_of_xlsx(xlsx(made)) == expected
    assert cells_of_ods(ods(made)) == expected


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(books())
def test_another_program_reads_the_same_cells(made: Workbook) -> None:
    expected = cells_of(made)
    for content in (xlsx(made), ods(made)):
        found = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        assert found.sheet_names == list(expected)
        for name, rows in expected.items():
            read = found.get_sheet_by_name(name).to_python()
            assert [[value for value in row if value != ""] for row in read] == rows


@pytest.mark.parametrize("nasty", [*NASTY, *LONG])
def test_no_text_becomes_a_formula_an_error_or_a_number(nasty: str) -> None:
    sheet = Sheet("A", "Title", (), (Column("Heading"),), ((parts.text(nasty),),))
    made = Workbook("Title", "Subject", None, (sheet,))
    place = openpyxl.load_workbook(io.BytesIO(xlsx(made)))["A"]["A3"]
    assert place.data_type == "s"
    if str(place.value)[0] in "=+-@":
        assert place.quotePrefix
    content = part(ods(made), "content.xml")
    assert "table:formula" not in content
    assert content.count('office:value-type="string"') == 3


@pytest.mark.parametrize("long", LONG)
def test_a_long_text_is_the_same_in_both_files(long: str) -> None:
    sheet = Sheet("A", "Title", (), (Column("Heading"),), ((parts.text(long),),))
    made = Workbook("Title", "Subject", None, (sheet,))
    assert cells_of_xlsx(xlsx(made)) == cells_of_ods(ods(made)) == cells_of(made)


def test_a_text_that_is_too_long_for_a_cell_says_so() -> None:
    told = parts.text("\U0001f6a8" * 20_000)
    assert told.endswith(" [cut: too long for a cell]")
    assert len(told.encode("utf-16-le")) // 2 <= 32_767
    assert parts.text("a" * 32_767) == "a" * 32_767


def test_links_lead_to_the_web_and_nowhere_else() -> None:
    safe = parts.link("ONS", "https://www.ons.gov.uk/a?b=1&c=2")
    assert safe == Link("ONS", address="https://www.ons.gov.uk/a?b=1&c=2")
    for bad in ("javascript:alert(1)", "file:///etc/passwd", "", "https://a b", "https://a/" * 900):
        assert parts.link("ONS", bad) == "ONS"


def test_links_are_written_as_links() -> None:
    row = (parts.link("ONS", "https://www.ons.gov.uk/a?b=1&c=2"), Link("here", sheet="A"))
    sheet = Sheet("A", "Title", (), (Column("One"), Column("Two")), (row,))
    made = Workbook("Title", "Subject", None, (sheet,))
    places = openpyxl.load_workbook(io.BytesIO(xlsx(made)))["A"]
    assert places["A3"].hyperlink.target == "https://www.ons.gov.uk/a?b=1&c=2"
    assert places["B3"].hyperlink.location == "'A'!A1"
    found = opendocument.load(io.BytesIO(ods(made)))
    links = [link.getAttribute("href") for link in found.getElementsByType(odf_text.A)]
    assert links == ["https://www.ons.gov.uk/a?b=1&c=2", "#'A'.A1"]


# --- what a sheet refuses -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given_",
    [
        {"name": "x" * 32},
        {"name": "a/b"},
        {"name": " "},
        {"columns": (Column("A"), Column("a")), "rows": ()},
        {"columns": (Column(""),), "rows": ()},
        {"rows": (("one", "two"),)},
        {"rows": (("",),)},
    ],
)
def test_a_sheet_that_breaks_a_rule_is_refused(given_: Mapping[str, Any]) -> None:
    right: dict[str, Any] = {"name": "A", "title": "T", "columns": (Column("A"),), "rows": ()}
    assert Sheet(**right).rows == ()
    with pytest.raises(ValueError, match=r"."):
        Sheet(**{**right, **given_})


def test_two_sheets_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two sheets of one name"):
        Workbook("T", "S", None, (Sheet("A", "T"), Sheet("a", "T")))


def test_a_figure_is_never_a_false_zero_and_never_without_an_end() -> None:
    assert parts.figure(0.0004, 3) == "[low]"
    assert parts.figure(-0.0004, 3) == "[low]"
    assert parts.figure(0.0005, 3) == Figure(0.0005, 3)
    assert parts.figure(0, 3) == Figure(0.0, 3)
    for missing in (None, float("nan"), float("inf"), float("-inf")):
        assert parts.figure(missing) == "[z]"
    assert parts.figure(None, missing="[x]") == "[x]"


def test_a_table_without_rows_is_a_sentence() -> None:
    sheet = parts.table("A", "T", (), parts.columns(("H", 9)), [], otherwise="No finding.")
    assert (sheet.rows, sheet.lines) == ((), ("No finding.",))
    made = openpyxl.load_workbook(io.BytesIO(xlsx(Workbook("T", "S", None, (sheet,)))))["A"]
    assert len(made.tables) == 0
    assert made["A2"].value == "No finding."


# --- files ----------------------------------------------------------------------------------------


def test_the_same_workbook_gives_the_same_bytes(book: Workbook, written: dict[str, bytes]) -> None:
    assert workbook.files(book) == written
    for content in written.values():
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            assert {entry.date_time for entry in packed.infolist()} == {(2023, 12, 6, 0, 0, 0)}
    with zipfile.ZipFile(io.BytesIO(written["measures.ods"])) as packed:
        first = packed.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)


SMALL = """
import datetime, hashlib, sys
from bcsp_analysis.publish.workbook_parts import Column, Figure, Link, Sheet, Workbook
from bcsp_analysis.publish.workbook_ods import ods
from bcsp_analysis.publish.workbook_xlsx import xlsx
row = ("a", Figure(1.5, 1), Link("b", sheet="A"))
sheet = Sheet("A", "T", ("l",), (Column("x"), Column("y"), Column("z")), (row,))
made = Workbook("T", "S", datetime.date(2023, 12, 6), (sheet,))
print(hashlib.sha256(xlsx(made)).hexdigest(), hashlib.sha256(ods(made)).hexdigest())
"""


def test_the_bytes_do_not_hang_on_the_process() -> None:
    said = set()
    for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
        run = subprocess.run(
            [sys.executable, "-c", SMALL],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "TZ": zone, "PATH": ""},
        )
        said.add(run.stdout)
    assert len(said) == 1


def tiny(title: str = "Title") -> Workbook:
    sheet = Sheet("A", title, (), (Column("Heading"),), (("cell",),))
    return Workbook(title, "Subject", datetime.date(2023, 12, 6), (sheet,))


def test_a_write_that_fails_leaves_the_last_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edition: editions.Edition
) -> None:
    monkeypatch.setattr(workbook, "make", lambda _: tiny())
    assert [file.name for file in workbook.write(edition, tmp_path)] == list(workbook.NAMES)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}

    def fail(_: object) -> bytes:
        raise OSError("no space")

    monkeypatch.setattr("bcsp_analysis.publish.workbook_ods.ods", fail)
    with pytest.raises(OSError, match="no space"):
        workbook.write(edition, tmp_path)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_the_command_says_where_the_files_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workbook, "make", lambda _: tiny())
    with pytest.raises(SystemExit) as ended:
        cli.main(["workbook", "--edition", "2023-24-q2", "--output", str(tmp_path / "out")])
    assert not ended.value.code
    assert "measures.xlsx" in capsys.readouterr().out
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == sorted(workbook.NAMES)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = small_project.make(tmp_path / "project")
    monkeypatch.setenv("BCSP_PROJECT", str(folder))
    monkeypatch.chdir(folder)
    return folder


def test_the_workbook_is_made_where_a_page_leads_to_it() -> None:
    assert workbook.linked()


def test_a_site_whose_pages_lead_to_the_workbook_holds_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not workbook.linked()
    made = []
    monkeypatch.setattr(workbook, "make", lambda _: made.append(1) or tiny())
    monkeypatch.setattr(board_pack, "make", lambda _: board_pack.BoardPack(b"%PDF-", ()))
    built = build.build(editions.load("2023-24-q2"), engine="pandoc")
    assert not made
    assert not (built.site.output / "measures.xlsx").exists()
    file = root / "site" / "methods.qmd"
    told = file.read_text("utf-8") + "\nThe [workbook](measures.xlsx), also [ods](measures.ods).\n"
    file.write_text(told, "utf-8")
    built = build.build(editions.load("2023-24-q2"), engine="pandoc")
    assert built.warnings == ()
    for name, content in workbook.files(tiny()).items():
        held = (built.site.output / name).read_bytes()
        assert hashlib.sha256(held).digest() == hashlib.sha256(content).digest()


def test_a_contact_that_the_site_names_is_taken_over(root: Path) -> None:
    assert workbook_front.contact() == "To be filled in by the partnership that publishes these tables."  # fmt: skip  # noqa: E501
    (root / "site" / "about.qmd").write_text(
        "---\ntitle: About\n---\n\nContact: the [team](mailto:team@example.org),\nany day.\n\nMore.\n",  # noqa: E501
        "utf-8",
    )
    assert workbook_front.contact().endswith("says: the team, any day.")


def test_nasty_names_in_an_edition_stand_as_they_were_typed(edition: editions.Edition) -> None:
    nasty = dataclasses.replace(
        edition, title='=cmd|"/c calc"!A1 <b>{{< x >}}', area="@Example & *ham* [z]", published=None
    )
    page = Start(nasty, MappingProxyType({}))
    cover = workbook_front.cover(page, [])
    assert cover.title == '=cmd|"/c calc"!A1 <b>{{< x >}}'
    told = [parts.words(line) for line in cover.lines]
    assert "Tables of the strategic assessment for @Example & *ham* [z]." in told
    assert "Report published: not yet published." in told
    assert any("prints for @Example & *ham* [z];" in line for line in told)
    made = Workbook(nasty.title, nasty.area, None, (cover,))
    place = openpyxl.load_workbook(io.BytesIO(xlsx(made)))["Cover"]["A1"]
    assert (place.data_type, place.value) == ("s", nasty.title)
