"""Replies of Nomis: what is read, and what is refused by name.

Layout: the API's CSV with `select=date_name,geography_name,geography_code,measure_name,
measures_name,obs_value,obs_status_name`; the figures are made up.
"""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis.errors import (
    BcspError,
    CutOffError,
    DataError,
    DuplicateRowError,
    FigureError,
    HeaderError,
    MissingMonthError,
    PeriodError,
)
from bcsp_analysis.sources import nomis

PROPERTY = settings(deadline=None, max_examples=120)
HEADER = (
    '"DATE_NAME","GEOGRAPHY_NAME","GEOGRAPHY_CODE","MEASURE_NAME","MEASURES_NAME","OBS_VALUE",'
    '"OBS_STATUS_NAME"'
)
ROWS = [
    '"May 2023","Birmingham","E08000025","Claimant count","value",61000,"Normal Value"',
    '"June 2023","Birmingham","E08000025","Claimant count","value",61255,"Normal Value"',
    '"July 2023","Birmingham","E08000025","Claimant count","value",62005,"Normal Value"',
    '"May 2023","Birmingham","E08000025","Claimants as a proportion","value",8.1,"Normal Value"',
]
WHAT = "Claimant count, value"


def write(file: Path, rows: list[str], header: str = HEADER) -> Path:
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return file


def result_or_error(read, *arguments):
    try:
        return read(*arguments)
    except BcspError as error:
        return error


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nomis") / "n.csv"


def test_a_reply_is_read_as_monthly_series(tmp_path):
    frame = nomis.load(write(tmp_path / "n.csv", ROWS))
    assert list(frame.columns) == [
        "date", "frequency", "area", "area_code", "what", "value", "status",
    ]  # fmt: skip
    series = nomis.series(frame, "E08000025", WHAT)
    assert list(series) == [61000.0, 61255.0, 62005.0]
    assert series.index.freqstr == "MS"
    assert series.name == WHAT
    with pytest.raises(DataError, match="several measures"):
        nomis.series(frame, "E08000025")
    with pytest.raises(DataError, match="no such figures"):
        nomis.series(frame, "E08000026", WHAT)


def test_a_status_that_is_no_value_is_missing_and_never_zero(tmp_path):
    rows = [ROWS[0], ROWS[1].replace('61255,"Normal Value"', '0,"Value suppressed"'), ROWS[2]]
    frame = nomis.load(write(tmp_path / "n.csv", rows))
    assert pd.isna(frame["value"].iloc[1])
    with pytest.raises(FigureError, match="2023-06: Value suppressed"):
        nomis.series(frame, "E08000025")


def test_population_of_a_year_by_area(tmp_path):
    header = HEADER.replace('"MEASURE_NAME"', '"GENDER_NAME"')
    rows = [
        '"2022","Birmingham","E08000025","Total","Value",1157603,"Normal Value"',
        '"2022","Solihull","E08000029","Total","Value",217487,"Normal Value"',
        '"2021","Solihull","E08000029","Total","Value",216000,"Normal Value"',
    ]
    frame = nomis.load(write(tmp_path / "n.csv", rows, header))
    residents = nomis.by_area(frame, pd.Timestamp("2022-01-01"))
    assert dict(residents) == {"E08000025": 1157603.0, "E08000029": 217487.0}
    with pytest.raises(DataError, match="figures of years"):
        nomis.series(frame, "E08000025")
    with pytest.raises(DataError, match="no such figures"):
        nomis.by_area(frame, pd.Timestamp("2019-01-01"))


# 25,000 rows are what the service sends at most without an account; it does not say that it cut.
def test_a_reply_of_the_guest_limit_is_refused(tmp_path):
    rows = [
        f'"May 2023","Area {n}","E01{n:06d}","Claimant count","value",1,"Normal Value"'
        for n in range(25_000)
    ]
    with pytest.raises(CutOffError, match="25,000 rows"):
        nomis.load(write(tmp_path / "n.csv", rows))
    assert len(nomis.load(write(tmp_path / "n.csv", rows[:-1]))) == 24_999


def test_the_services_own_count_of_rows_is_held_against_the_file(tmp_path):
    header = HEADER + ',"RECORD_COUNT"'
    whole = [row + ",3" for row in ROWS[:3]]
    assert len(nomis.load(write(tmp_path / "n.csv", whole, header))) == 3
    with pytest.raises(CutOffError, match="2 rows of 3"):
        nomis.load(write(tmp_path / "n.csv", whole[:2], header))
    with pytest.raises(FigureError, match="RECORD_COUNT"):
        nomis.load(write(tmp_path / "n.csv", [row + ",many" for row in ROWS[:3]], header))


@pytest.mark.parametrize(
    ("old", "new", "error", "column"),
    [
        ("June 2023", "Jun-23", PeriodError, "DATE_NAME"),
        ("June 2023", "2023-06", PeriodError, "DATE_NAME"),
        ("June 2023", "Juni 2023", PeriodError, "DATE_NAME"),
        ("E08000025", "1946157186", DataError, "GEOGRAPHY_CODE"),
        ("61255", "", FigureError, "OBS_VALUE"),
        ("61255", "-3", FigureError, "OBS_VALUE"),
        ("61255", "6l255", FigureError, "OBS_VALUE"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(tmp_path, old, new, error, column):
    rows = [ROWS[0], ROWS[1].replace(old, new)]
    with pytest.raises(error) as caught:
        nomis.load(write(tmp_path / "n.csv", rows))
    assert caught.value.where.endswith(f"n.csv, row 3, column {column}")


def test_repeats_gaps_columns_and_empty_replies_are_named(tmp_path):
    file = tmp_path / "n.csv"
    with pytest.raises(DuplicateRowError, match="row 2"):
        nomis.load(write(file, [ROWS[0], ROWS[0]]))
    frame = nomis.load(write(file, [ROWS[0], ROWS[2]]))
    with pytest.raises(MissingMonthError, match="2023-06"):
        nomis.series(frame, "E08000025")
    with pytest.raises(HeaderError, match="OBS_STATUS_NAME"):
        nomis.load(write(file, ROWS, HEADER.replace("OBS_STATUS_NAME", "STATUS")))
    with pytest.raises(HeaderError, match="twice"):
        nomis.load(write(file, ROWS, HEADER.replace("MEASURES_NAME", "MEASURE_NAME")))
    with pytest.raises(DataError, match="no rows"):
        nomis.load(write(file, []))
    with pytest.raises(DataError, match="number of cells"):
        nomis.load(write(file, [ROWS[0], ROWS[1][:36]]))


@PROPERTY
@given(
    row=st.integers(0, 2),
    column=st.sampled_from([0, 2, 5, 6]),
    cell=st.text(alphabet="0123456789.- EJunely2NormalV=", max_size=12),
)
def test_a_mutated_cell_is_read_rightly_or_refused_by_name(scratch, row, column, cell):
    parts = ROWS[row].split(",")
    parts[column] = f'"{cell}"'
    rows = [*ROWS[:row], ",".join(parts), *ROWS[row + 1 :]]
    frame = result_or_error(nomis.load, write(scratch, rows))
    if isinstance(frame, BcspError):
        assert f"row {row + 2}" in frame.where
        return
    assert len(frame) == 4
    value = frame["value"].iloc[row]
    if column == 6:
        assert pd.isna(value)
        assert frame["status"].iloc[row] == cell.strip()
    elif column == 5:
        assert value == float(cell.strip())


@PROPERTY
@given(start=st.integers(0, 480), length=st.integers(0, 40), inserted=st.binary(max_size=6))
def test_a_damaged_file_is_refused_by_name_or_read_as_pandas_reads_it(
    scratch, start, length, inserted
):
    good = write(scratch, ROWS).read_bytes()
    scratch.write_bytes(good[:start] + inserted + good[start + length :])
    frame = result_or_error(nomis.load, scratch)
    if isinstance(frame, BcspError):
        assert "n.csv" in frame.where
        return
    other = pd.read_csv(scratch, skipinitialspace=True, thousands=",")
    values = pd.to_numeric(other["OBS_VALUE"]).to_numpy("float64")
    for mine, theirs in zip(frame["value"], values, strict=True):
        assert mine == theirs or pd.isna(mine)
