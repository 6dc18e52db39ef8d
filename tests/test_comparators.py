"""Reading the table of the areas in the group: what is read, and what is refused by name."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis.errors import (
    BcspError,
    DataError,
    DuplicateRowError,
    EncodingError,
    FigureError,
    HeaderError,
    MissingFileError,
    PeriodError,
    UnknownMeasureError,
)
from bcsp_analysis.sources import comparators

HEADER = ",".join(comparators.COLUMNS)
ROWS = [
    "robbery,Birmingham,E08000025,4300,1144900,2022-08,2023-07",
    'robbery,"=SUM(A1) <b>&</b> | *x*",E08000012,901,"486,100",2022-08,2023-07',
    "robbery,Leicester,E06000016,,368600,2022-08,2023-07",
    "knife,Birmingham,E08000025,12,1144900,2023-07,2023-07",
]
KNOWN = ("robbery", "knife", "theft")
AREA = "E08000025"
PROPERTY = settings(deadline=None, max_examples=100)


def write(file: Path, rows: list[str], header: str = HEADER) -> Path:
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return file


def load(file: Path) -> pd.DataFrame:
    return comparators.load(file, KNOWN, AREA)


def load_or_error(file: Path) -> pd.DataFrame | BcspError:
    try:
        return load(file)
    except BcspError as error:
        return error


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("comparators") / "group.csv"


def test_the_frame_has_the_documented_columns(tmp_path: Path) -> None:
    table = load(write(tmp_path / "g.csv", ROWS))
    assert list(table.columns) == list(comparators.COLUMNS)
    assert table["measure_id"].tolist() == ["robbery"] * 3 + ["knife"]
    assert table["count"].tolist()[:2] == [4300, 901]
    assert math.isnan(table.at[2, "count"])  # blank is not known, not zero
    assert table["denominator"].tolist() == [1144900, 486100, 368600, 1144900]
    assert table.at[3, "period_first"] == table.at[3, "period_last"] == pd.Timestamp("2023-07-01")
    assert (table[["count", "denominator"]].dtypes == "float64").all()


def test_names_that_look_like_formulas_or_markup_stay_text(tmp_path: Path) -> None:
    assert load(write(tmp_path / "g.csv", ROWS)).at[1, "area"] == "=SUM(A1) <b>&</b> | *x*"


@pytest.mark.parametrize(
    ("row", "old", "new", "error", "column"),
    [
        (0, "robbery", "robery", UnknownMeasureError, "measure_id"),
        (0, "robbery", "", UnknownMeasureError, "measure_id"),
        (0, "Birmingham", " ", DataError, "area"),
        (2, "E06000016", "E0600016", DataError, "area_code"),
        (2, "E06000016", "e06000016", DataError, "area_code"),
        (2, "E06000016", "", DataError, "area_code"),
        (0, "4300", "-1", FigureError, "count"),
        (0, "4300", "4300.5", FigureError, "count"),
        (0, "4300", "4,3OO", FigureError, "count"),
        (0, "4300", "N/A", FigureError, "count"),
        (0, "4300", "43%", FigureError, "count"),
        (0, "4300", "nan", FigureError, "count"),
        (0, "1144900", "0", FigureError, "denominator"),
        (0, "1144900", "-5", FigureError, "denominator"),
        (0, "1144900", "inf", FigureError, "denominator"),
        (0, "2022-08", "Aug-22", PeriodError, "period_first"),
        (0, "2023-07", "", PeriodError, "period_last"),
        (0, "2023-07", "2022-07", PeriodError, "period_last"),
        (1, "2022-08", "2022-09", PeriodError, "period_first"),
        (2, "Leicester", "Birmingham", DataError, "area_code"),
        (3, "Birmingham", "Brum", DataError, "area_code"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(
    tmp_path: Path, row: int, old: str, new: str, error: type[BcspError], column: str
) -> None:
    rows = list(ROWS)
    cells = rows[row].replace(old, f'"{new}"' if "," in new else new, 1)
    rows[row] = cells
    with pytest.raises(error) as caught:
        load(write(tmp_path / "g.csv", rows))
    assert caught.value.where.endswith(f"g.csv, row {row + 2}, column {column}")


def test_a_misspelt_measure_gets_the_nearest_id(tmp_path: Path) -> None:
    with pytest.raises(UnknownMeasureError) as caught:
        load(write(tmp_path / "g.csv", ["robery" + ROWS[0].removeprefix("robbery")]))
    assert "robbery" in caught.value.expected


def test_the_same_area_twice_and_the_edition_without_its_area_are_refused(tmp_path: Path) -> None:
    again = "robbery,Birmingham,E08000025,1,2,2022-08,2023-07"
    with pytest.raises(DuplicateRowError) as twice:
        load(write(tmp_path / "g.csv", [*ROWS, again]))
    assert "also in row 2" in twice.value.found
    with pytest.raises(DataError, match="area of the edition is missing") as missing:
        load(write(tmp_path / "g.csv", ROWS[1:]))
    assert "2 areas for robbery, none with the code E08000025" in missing.value.found


def test_a_file_of_the_wrong_form_is_named(tmp_path: Path) -> None:
    file = tmp_path / "g.csv"
    with pytest.raises(MissingFileError):
        load(tmp_path / "none.csv")
    with pytest.raises(HeaderError, match="population"):
        load(write(file, ROWS, HEADER.replace("denominator", "population")))
    with pytest.raises(HeaderError, match="commas"):
        load(write(file, ROWS, HEADER.replace(",", ";")))
    with pytest.raises(DataError, match="no rows"):
        load(write(file, []))
    with pytest.raises(DataError, match="number of cells"):
        load(write(file, [ROWS[0] + ",1"]))
    file.write_bytes("\n".join([HEADER, *ROWS]).encode("cp1252").replace(b"Leicester", b"\x96"))
    with pytest.raises(EncodingError):
        load(file)


@PROPERTY
@given(
    column=st.sampled_from(comparators.COLUMNS),
    cell=st.text(st.characters(codec="utf-8", exclude_characters='"\x00'), max_size=8),
)
def test_a_changed_cell_is_read_rightly_or_refused_by_name(
    scratch: Path, column: str, cell: str
) -> None:
    cells = ROWS[2].split(",")
    cells[comparators.COLUMNS.index(column)] = f'"{cell}"'
    table = load_or_error(write(scratch, [*ROWS[:2], ",".join(cells)]))
    if isinstance(table, BcspError):
        assert "group.csv" in table.where
        return
    found, typed = table.iloc[-1][column], cell.strip()
    if column in ("count", "denominator"):
        assert math.isnan(found) if not typed else found == float(typed.replace(",", ""))
    elif column.startswith("period"):
        assert f"{found:%Y-%m}" == typed
    else:
        assert found == typed


@PROPERTY
@given(start=st.integers(0, 300), length=st.integers(0, 40), inserted=st.binary(max_size=6))
def test_a_damaged_file_is_refused_by_name_or_read_as_pandas_reads_it(
    scratch: Path, start: int, length: int, inserted: bytes
) -> None:
    good = "\n".join([HEADER, *ROWS, ""]).encode()
    scratch.write_bytes(good[:start] + inserted + good[start + length :])
    table = load_or_error(scratch)
    if isinstance(table, BcspError):
        assert "group.csv" in table.where
        return
    other = pd.read_csv(scratch, thousands=",", skipinitialspace=True).dropna(how="all")
    assert table["count"].dropna().tolist() == other["count"].dropna().tolist()
    assert table["denominator"].dropna().tolist() == other["denominator"].dropna().tolist()
