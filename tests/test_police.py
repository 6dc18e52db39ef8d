"""Reading monthly incidents: what is read, and what is refused by name."""

import csv
import io
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
    MissingMonthError,
    PeriodError,
)
from bcsp_analysis.sources import police

HEADER = "month,crime_type,incidents,max_error"
ROWS = [
    "2021-11,Shoplifting,100,0",
    "2021-12,Shoplifting,120,4",
    "2022-01,Shoplifting,90,4",
    "2022-02,Shoplifting,95,4.5",
    '2021-12,Anti-social behaviour,"1,721",5',
    "2022-01,Anti-social behaviour,2082,4",
]
PROPERTY = settings(deadline=None, max_examples=100)


def write(file: Path, rows: list[str], header: str = HEADER) -> Path:
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("police") / "monthly.csv"


def load_or_error(file: Path) -> pd.DataFrame | BcspError:
    try:
        return police.load_monthly(file)
    except BcspError as error:
        return error


def test_frame_has_the_documented_types_and_order(tmp_path):
    frame = police.load_monthly(write(tmp_path / "m.csv", ROWS))
    assert list(frame.columns) == ["month", "crime_type", "incidents", "max_error"]
    assert frame["month"].dt.is_month_start.all()
    assert frame["incidents"].dtype == frame["max_error"].dtype == "float64"
    assert list(frame["incidents"]) == [1721, 2082, 100, 120, 90, 95]
    assert frame["max_error"].iloc[-1] == 4.5


def test_series_is_complete_and_named(tmp_path):
    frame = police.load_monthly(write(tmp_path / "m.csv", ROWS))
    series = police.series(frame, "Shoplifting")
    assert series.name == "Shoplifting"
    assert series.index.freqstr == "MS"
    assert series.dtype == "float64"
    assert list(series) == [100, 120, 90, 95]
    assert series.index[0] == pd.Timestamp("2021-11-01")


def test_unknown_category_names_the_nearest(tmp_path):
    frame = police.load_monthly(write(tmp_path / "m.csv", ROWS))
    with pytest.raises(DataError) as caught:
        police.series(frame, "Antisocial behaviour")
    assert "Anti-social behaviour" in caught.value.expected


def test_series_of_a_frame_with_a_gap_or_a_month_twice_is_refused(tmp_path):
    frame = police.load_monthly(write(tmp_path / "m.csv", ROWS))
    gap = frame[frame["month"] != "2021-12-01"]
    with pytest.raises(MissingMonthError, match="2021-12"):
        police.series(gap, "Shoplifting")
    with pytest.raises(DuplicateRowError, match="2021-11"):
        police.series(pd.concat([frame, frame.iloc[[2]]]), "Shoplifting")


def test_missing_month_is_named(tmp_path):
    with pytest.raises(MissingMonthError) as caught:
        police.load_monthly(write(tmp_path / "m.csv", [ROWS[0], *ROWS[3:]]))
    assert "2021-12, 2022-01" in caught.value.found
    assert caught.value.where.endswith("m.csv, Shoplifting")


def test_month_twice_is_named(tmp_path):
    with pytest.raises(DuplicateRowError) as caught:
        police.load_monthly(write(tmp_path / "m.csv", [*ROWS, "2021-12,Shoplifting,7,0"]))
    assert caught.value.where.endswith("row 8")
    assert "2021-12, Shoplifting, also in row 3" in caught.value.found


@pytest.mark.parametrize(
    ("row", "error", "column"),
    [
        ("2021-12,Shoplifting,-5,0", FigureError, "incidents"),
        ("2021-12,Shoplifting,12.5,0", FigureError, "incidents"),
        ("2021-12,Shoplifting,,0", FigureError, "incidents"),
        ("2021-12,Shoplifting,N/A,0", FigureError, "incidents"),
        ("2021-12,Shoplifting,12O,0", FigureError, "incidents"),
        ('2021-12,Shoplifting,"1,23",0', FigureError, "incidents"),
        ("2021-12,Shoplifting,12%,0", FigureError, "incidents"),
        ("2021-12,Shoplifting,=12,0", FigureError, "incidents"),
        ("2021-12,Shoplifting,12,-1", FigureError, "max_error"),
        ("2021-12,Shoplifting,12,x", FigureError, "max_error"),
        ("2021-12,,12,0", DataError, "crime_type"),
        ("2021-13,Shoplifting,12,0", PeriodError, "month"),
        ("Dec-21,Shoplifting,12,0", PeriodError, "month"),
        ("2021-12-01,Shoplifting,12,0", PeriodError, "month"),
        ("0000-12,Shoplifting,12,0", PeriodError, "month"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(tmp_path, row, error, column):
    with pytest.raises(error) as caught:
        police.load_monthly(write(tmp_path / "m.csv", [ROWS[0], row]))
    assert caught.value.where.endswith(f"m.csv, row 3, column {column}")


def test_file_that_is_missing_or_of_the_wrong_form_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"none\.csv"):
        police.load_monthly(tmp_path / "none.csv")
    with pytest.raises(HeaderError, match="crime_type"):
        police.load_monthly(write(tmp_path / "m.csv", ROWS, header=HEADER.replace("_", " ")))
    with pytest.raises(DataError, match="no rows"):
        police.load_monthly(write(tmp_path / "m.csv", []))
    (tmp_path / "m.csv").write_bytes("\n".join([HEADER, *ROWS]).encode("utf-16"))
    with pytest.raises(EncodingError):
        police.load_monthly(tmp_path / "m.csv")


def test_markup_in_a_category_stays_text(tmp_path):
    rows = [row.replace("Shoplifting", "=<b>Shop</b>") for row in ROWS]
    frame = police.load_monthly(write(tmp_path / "m.csv", rows))
    assert list(police.series(frame, "=<b>Shop</b>")) == [100, 120, 90, 95]


@PROPERTY
@given(rows=st.permutations(ROWS))
def test_the_order_of_the_rows_does_not_matter(scratch, rows):
    frame = police.load_monthly(write(scratch, rows))
    assert list(frame["incidents"]) == [1721, 2082, 100, 120, 90, 95]


@PROPERTY
@given(dropped=st.sets(st.sampled_from(ROWS[:4]), max_size=3), doubled=st.sampled_from(ROWS))
def test_dropped_months_are_a_gap_or_a_shorter_series(scratch, dropped, doubled):
    kept = [row for row in ROWS if row not in dropped]
    frame = load_or_error(write(scratch, kept))
    places = [ROWS.index(row) for row in kept if "Shop" in row]
    if places[-1] - places[0] + 1 == len(places):
        assert len(frame) == len(kept)
    else:
        assert isinstance(frame, MissingMonthError)
    if doubled in kept:
        assert isinstance(load_or_error(write(scratch, [*kept, doubled])), DuplicateRowError)


@PROPERTY
@given(start=st.integers(0, 240), length=st.integers(0, 30), inserted=st.binary(max_size=6))
def test_a_damaged_file_is_read_rightly_or_refused_by_name(scratch, start, length, inserted):
    good = "\n".join([HEADER, *ROWS, ""]).encode()
    bad = good[:start] + inserted + good[start + length :]
    scratch.write_bytes(bad)
    frame = load_or_error(scratch)
    if isinstance(frame, BcspError):
        assert "monthly.csv" in frame.where
        return
    text = bad.decode("utf-8-sig")
    header, *records = filter(any, csv.reader(io.StringIO(text, newline="")))
    rows = [dict(zip(header, record, strict=True)) for record in records]
    expected = {
        (row["month"].strip(), row["crime_type"].strip()): float(row["incidents"].replace(",", ""))
        for row in rows
    }
    found = {(f"{row.month:%Y-%m}", row.crime_type): row.incidents for row in frame.itertuples()}
    assert found == expected
