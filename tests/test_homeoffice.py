"""The Home Office's tables of recorded crime: both file kinds, both sets of column names.

Layout: sheets of notes and one sheet a financial year; `Force Name` and `Number of Offences` in
older files, `Police Force` and `Offence Count` in newer ones (see docs of `homeoffice.COLUMNS`).
The figures are made up.
"""

import zipfile
from pathlib import Path

import pandas as pd
import pytest
import spreadsheets
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis.errors import (
    BcspError,
    DataError,
    DuplicateRowError,
    FigureError,
    HeaderError,
    MissingFileError,
    MissingMonthError,
    PeriodError,
    WorkbookError,
)
from bcsp_analysis.sources import homeoffice, workbooks

PROPERTY = settings(deadline=None, max_examples=60)
OLD = [
    "Financial Year", "Financial Quarter", "Force Name", "CSP Name", "Offence Description",
    "Offence Group", "Offence Subgroup", "Offence Code", "Number of Offences",
]  # fmt: skip
NEW = [{"Force Name": "Police Force", "Number of Offences": "Offence Count"}.get(n, n) for n in OLD]
NOTES = [
    ["Police recorded crime open data: Community Safety Partnerships"],
    ["Updated: 23 July 2026"],
    ["Force Notes"],
    ["Kent: due to IT issues some offences are recorded under Unassigned Kent."],
]


def row(year: str, quarter: object, csp: str, code: object, count: object) -> list[object]:
    group = "Violence against the person"
    return [
        year,
        quarter,
        "West Midlands",
        csp,
        f"Offence {code}",
        group,
        "With injury",
        code,
        count,
    ]


def year(label: str, quarters: tuple[int, ...] = (1, 2, 3, 4)) -> list[list[object]]:
    return [
        row(label, quarter, csp, code, 10 * quarter + n)
        for quarter in quarters
        for n, (csp, code) in enumerate(
            [("Birmingham", "8N"), ("Birmingham", 8), ("Unassigned West Midlands", "8N")]
        )
    ]


def tables(columns: list[str] = NEW) -> spreadsheets.Sheets:
    return {
        "Notes": NOTES,
        "2022_23": [columns, *year("2022/23")],
        "2023_24": [columns, *year("2023/24", (1, 2))],
    }


@pytest.mark.parametrize("name", ["prc-csp-mar2021-mar2026.ods", "prc-csp-mar16-dec24.xlsx"])
@pytest.mark.parametrize("columns", [OLD, NEW])
def test_both_kinds_of_file_and_both_sets_of_names_give_one_table(tmp_path, name, columns):
    crime = homeoffice.load(spreadsheets.write(tmp_path / name, tables(columns)))
    frame = crime.offences
    assert len(frame) == 18
    assert set(frame["offence_code"]) == {"8N", "8"}
    assert frame["offences"].dtype == "int64"
    assert frame["offences"].sum() == 2 * sum(10 * q for q in (1, 2)) * 3 + (30 + 40) * 3 + 6 * 3
    assert frame.loc[~frame["assigned"], "partnership"].unique().tolist() == [
        "Unassigned West Midlands"
    ]
    assert homeoffice.notes_about(crime, "Kent") == (NOTES[3][0],)


# Quarter 4 of 2022/23 is January to March 2023 (data card of the tables).
def test_quarter_four_lies_in_the_next_calendar_year(tmp_path):
    file = spreadsheets.write(tmp_path / "a.ods", {"2022_23": [NEW, *year("2022/23")]})
    series = homeoffice.quarterly(homeoffice.load(file).offences, "Birmingham")
    assert list(series.index) == [
        pd.Timestamp(text) for text in ("2022-04-01", "2022-07-01", "2022-10-01", "2023-01-01")
    ]
    assert list(series) == [21.0, 41.0, 61.0, 81.0]
    one = homeoffice.quarterly(homeoffice.load(file).offences, "Birmingham", codes=["8"])
    assert list(one) == [11.0, 21.0, 31.0, 41.0]
    with pytest.raises(DataError, match="9X"):
        homeoffice.quarterly(homeoffice.load(file).offences, "Birmingham", codes=["9X"])


def test_old_sheet_names_title_rows_and_blank_rows(tmp_path):
    rows = [["Table 1"], [], [" financial  year", *OLD[1:]], *year("2002/03"), ["", ""]]
    file = spreadsheets.write(tmp_path / "prc-csp-0203-to-0607-tabs.xlsx", {"2002-03": rows})
    assert len(homeoffice.load(file).offences) == 12


def test_only_the_partnerships_that_are_wanted(tmp_path):
    file = spreadsheets.write(tmp_path / "a.xlsx", tables())
    frame = homeoffice.load(file, ["Birmingham"]).offences
    assert set(frame["partnership"]) == {"Birmingham"}
    with pytest.raises(DataError, match="Birmingam"):
        homeoffice.load(file, ["Birmingam"])


def test_negative_corrections_are_kept_only_by_name(tmp_path):
    sheets = {"2022_23": [NEW, *year("2022/23"), row("2022/23", 1, "Solihull", "8N", -2)]}
    file = spreadsheets.write(tmp_path / "a.xlsx", sheets)
    with pytest.raises(FigureError, match="correct earlier quarters"):
        homeoffice.load(file)
    assert homeoffice.load(file, corrections=True).offences["offences"].min() == -2


@pytest.mark.parametrize(
    ("column", "cell", "error"),
    [
        (0, "2021/22", PeriodError),
        (1, 5, PeriodError),
        (1, "", PeriodError),
        (1, 1.5, PeriodError),
        (2, "", DataError),
        (3, " ", DataError),
        (7, "", DataError),
        (8, 3.5, FigureError),
        (8, "", FigureError),
        (8, "12a", FigureError),
        (8, "-", FigureError),
    ],
)
@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_cell_that_cannot_be_used_is_named(tmp_path, column, cell, error, suffix):
    rows = year("2022/23")
    rows[4][column] = cell
    file = spreadsheets.write(tmp_path / f"a.{suffix}", {"2022_23": [NEW, *rows]})
    with pytest.raises(error) as caught:
        homeoffice.load(file)
    known = {2: "Force Name", 8: "Number of Offences"}
    assert caught.value.where.endswith(
        f"sheet 2022_23, row 6, column {known.get(column, NEW[column])}"
    )


def test_repeats_gaps_and_sheets_are_named(tmp_path):
    twice = {"2022_23": [NEW, *year("2022/23"), year("2022/23")[0]]}
    with pytest.raises(DuplicateRowError, match="row 14"):
        homeoffice.load(spreadsheets.write(tmp_path / "a.xlsx", twice))
    gap = {"2022_23": [NEW, *year("2022/23", (1, 3, 4))]}
    frame = homeoffice.load(spreadsheets.write(tmp_path / "b.xlsx", gap)).offences
    with pytest.raises(MissingMonthError, match="2022/23 Q2"):
        homeoffice.quarterly(frame, "Birmingham")
    two = {"2022_23": [NEW, *year("2022/23")], "2022-23": [NEW, *year("2022/23")]}
    with pytest.raises(WorkbookError, match="two sheets"):
        homeoffice.load(spreadsheets.write(tmp_path / "c.xlsx", two))
    with pytest.raises(WorkbookError, match="without a sheet"):
        homeoffice.load(spreadsheets.write(tmp_path / "d.xlsx", {"Notes": NOTES}))
    lacking = {"2022_23": [NEW[:-1], *[r[:-1] for r in year("2022/23")]]}
    with pytest.raises(HeaderError, match="Offence Count"):
        homeoffice.load(spreadsheets.write(tmp_path / "e.xlsx", lacking))
    both = {"2022_23": [[*NEW, "Number of Offences"], *[[*r, 1] for r in year("2022/23")]]}
    with pytest.raises(HeaderError, match="two columns"):
        homeoffice.load(spreadsheets.write(tmp_path / "f.xlsx", both))


def test_files_that_are_no_spreadsheet_are_named(tmp_path, monkeypatch):
    file = tmp_path / "prc-csp.ods"
    with pytest.raises(MissingFileError):
        homeoffice.load(file)
    for content in (b"", b"<!DOCTYPE html><title>Sign in</title>", b"PK\x03\x04rest"):
        file.write_bytes(content)
        with pytest.raises(WorkbookError, match="cannot be read"):
            homeoffice.load(file)
    whole = spreadsheets.write(file, tables()).read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WorkbookError):
        homeoffice.load(file)
    spreadsheets.write(file, tables())
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 1000)
    with pytest.raises(WorkbookError, match="far too much"):
        homeoffice.load(file)


def test_a_part_that_does_not_fit_its_checksum_is_named(tmp_path):
    file = tmp_path / "a.ods"
    whole = spreadsheets.write(tmp_path / "b.ods", tables())
    # stored, not packed, so that a byte can be changed in place
    with zipfile.ZipFile(whole) as other, zipfile.ZipFile(file, "w") as packed:
        for name in other.namelist():
            packed.writestr(name, other.read(name))
    content = file.read_bytes()
    file.write_bytes(content.replace(b'office:value="10"', b'office:value="90"', 1))
    with pytest.raises(WorkbookError, match="checksum"):
        homeoffice.load(file)


def result_or_error(read, *arguments):
    try:
        return read(*arguments)
    except BcspError as error:
        return error


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homeoffice")


@PROPERTY
@given(
    suffix=st.sampled_from(["xlsx", "ods"]),
    place=st.floats(0, 1),
    length=st.integers(0, 40),
    inserted=st.binary(max_size=6),
)
def test_a_damaged_file_is_refused_by_name_or_read_the_same(
    scratch, suffix, place, length, inserted
):
    file = spreadsheets.write(scratch / f"a.{suffix}", tables())
    whole = file.read_bytes()
    expected = homeoffice.load(file).offences
    start = int(place * len(whole))
    file.write_bytes(whole[:start] + inserted + whole[start + length :])
    found = result_or_error(homeoffice.load, file)
    if isinstance(found, BcspError):
        assert f"a.{suffix}" in found.where
        return
    found = found.offences
    pd.testing.assert_frame_equal(found, expected)


@PROPERTY
@given(
    column=st.integers(0, 8),
    cell=st.one_of(
        st.integers(-3, 5), st.floats(-2, 5), st.text(alphabet="0123/-Q. N", max_size=8)
    ),
)
def test_a_mutated_cell_is_read_rightly_or_refused_by_name(scratch, column, cell):
    rows = year("2022/23")
    rows[4][column] = cell
    file = spreadsheets.write(scratch / "m.xlsx", {"2022_23": [NEW, *rows]})
    frame = result_or_error(homeoffice.load, file)
    if isinstance(frame, BcspError):
        assert "sheet 2022_23, row " in frame.where
        return
    frame = frame.offences
    total = sum(float(r[8]) for n, r in enumerate(year("2022/23")) if n != 4)
    expected = float(str(cell).strip()) if column == 8 else 21.0
    assert frame["offences"].sum() == total + expected
