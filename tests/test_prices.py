"""Reading monthly prices: what is read, and what is refused by name."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis import project
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
from bcsp_analysis.sources import prices

HEADER = "month," + ",".join(prices.SERIES)
ROWS = [
    "2012-01,94.6,3.6,94.677,3.2,97.795,3.5,91.003,93.972,120.683",
    "2012-02,95.1,3.4,95.157,3.1,98.973,3.7,91.002,93.119,122.281",
    "2012-03,95.4,-3.5,95.411,3.1,98.503,4.6,91.077,92.59,125.016",
]
PROPERTY = settings(deadline=None, max_examples=100)


def write(file: Path, rows: list[str], header: str = HEADER) -> Path:
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prices") / "prices.csv"


def load_or_error(file: Path) -> pd.DataFrame | BcspError:
    try:
        return prices.load_monthly(file)
    except BcspError as error:
        return error


# Published by the Office for National Statistics: the CPI 12-month rate peaked at 11.1% in October
# 2022 and was 6.8% in July 2023; the index is 100 on average in 2015.
def test_shipped_prices_are_those_that_the_office_published():
    table = prices.load_monthly(project.path("data", "prices", "prices_monthly.csv"))
    assert table.at[pd.Timestamp("2022-10-01"), "cpi_12m_rate_pct"] == 11.1
    assert table["cpi_12m_rate_pct"].max() == 11.1
    assert table.at[pd.Timestamp("2023-07-01"), "cpi_12m_rate_pct"] == 6.8
    indices = [column for column in table if column.endswith("index_2015_100")]
    assert (table.loc["2015", indices].mean() - 100).abs().max() < 0.05


def test_frame_has_the_documented_index_and_types(tmp_path):
    table = prices.load_monthly(write(tmp_path / "p.csv", ROWS[::-1]))
    assert list(table.columns) == list(prices.SERIES)
    assert (table.dtypes == "float64").all()
    assert table.index.freqstr == "MS"
    assert table.index.name == "month"
    assert list(table["cpi_12m_rate_pct"]) == [3.6, 3.4, -3.5]


@pytest.mark.parametrize(
    ("old", "new", "error", "column"),
    [
        ("95.1", "95.I", FigureError, "cpi_index_2015_100"),
        ("95.1", "", FigureError, "cpi_index_2015_100"),
        ("95.1", "N/A", FigureError, "cpi_index_2015_100"),
        ("95.1", "0", FigureError, "cpi_index_2015_100"),
        ("95.1", "-95.1", FigureError, "cpi_index_2015_100"),
        ("3.4", "3.4%", FigureError, "cpi_12m_rate_pct"),
        ("3.4", "=3.4", FigureError, "cpi_12m_rate_pct"),
        ("2012-02", "2012 FEB", PeriodError, "month"),
        ("2012-02", "Feb-12", PeriodError, "month"),
        ("2012-02", "2012-2", PeriodError, "month"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(tmp_path, old, new, error, column):
    rows = [ROWS[0], ROWS[1].replace(old, new, 1)]
    with pytest.raises(error) as caught:
        prices.load_monthly(write(tmp_path / "p.csv", rows))
    assert caught.value.where.endswith(f"p.csv, row 3, column {column}")


def test_gap_and_month_twice_are_named(tmp_path):
    with pytest.raises(MissingMonthError, match="2012-02"):
        prices.load_monthly(write(tmp_path / "p.csv", [ROWS[0], ROWS[2]]))
    with pytest.raises(DuplicateRowError, match="2012-01, also in row 2"):
        prices.load_monthly(write(tmp_path / "p.csv", [*ROWS, ROWS[0]]))


def test_file_that_is_missing_or_of_the_wrong_form_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"none\.csv"):
        prices.load_monthly(tmp_path / "none.csv")
    with pytest.raises(HeaderError, match="cpi_index"):
        prices.load_monthly(write(tmp_path / "p.csv", ROWS, header=HEADER.replace("cpi_", "x_")))
    with pytest.raises(DataError, match="number of cells"):
        prices.load_monthly(write(tmp_path / "p.csv", [ROWS[0] + ",1"]))
    (tmp_path / "p.csv").write_bytes("\n".join([HEADER, *ROWS]).encode("utf-16"))
    with pytest.raises(EncodingError):
        prices.load_monthly(tmp_path / "p.csv")


@PROPERTY
@given(
    row=st.integers(0, 2),
    column=st.integers(1, 9),
    cell=st.text(alphabet="0123456789.-+%eE_ O,", max_size=7),
)
def test_a_mutated_cell_is_read_rightly_or_refused_by_name(scratch, row, column, cell):
    cells = ROWS[row].split(",")
    cells[column] = f'"{cell}"'
    rows = [*ROWS[:row], ",".join(cells), *ROWS[row + 1 :]]
    table = load_or_error(write(scratch, rows))
    name = list(prices.SERIES)[column - 1]
    if isinstance(table, BcspError):
        assert isinstance(table, FigureError)
        assert table.where.endswith(f"row {row + 2}, column {name}")
        return
    assert table[name].iloc[row] == float(cell.strip().replace(",", ""))


@PROPERTY
@given(start=st.integers(0, 500), length=st.integers(0, 30), inserted=st.binary(max_size=6))
def test_a_damaged_file_is_refused_by_name_or_read_as_pandas_reads_it(
    scratch, start, length, inserted
):
    good = "\n".join([HEADER, *ROWS, ""]).encode()
    scratch.write_bytes(good[:start] + inserted + good[start + length :])
    table = load_or_error(scratch)
    if isinstance(table, BcspError):
        assert "prices.csv" in table.where
        return
    other = pd.read_csv(scratch, index_col="month", skipinitialspace=True, thousands=",")
    other = other.dropna(how="all").sort_index()[list(prices.SERIES)]
    assert table.to_numpy().tolist() == other.to_numpy("float64").tolist()
