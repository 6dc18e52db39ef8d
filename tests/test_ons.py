"""Time series of the Office for National Statistics: what is read, and what is refused by name.

Layout of the files: the office's CSV generator, two quoted columns with a byte order mark; the
figures of D7G7 (CPI annual rate) and D7BT (CPI index) are those that the office published.
"""

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
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import ons, price_table, prices

PROPERTY = settings(deadline=None, max_examples=120)
RATE = [
    '"Title","CPI ANNUAL RATE 00: ALL ITEMS 2015=100"',
    '"CDID","D7G7"',
    '"Source dataset ID","MM23"',
    '"PreUnit",""',
    '"Unit","%"',
    '"Release date","16-08-2023"',
    '"Next release","20 September 2023"',
    '"Important notes",',
    '"2021","2.6"',
    '"2022","9.1"',
    '"2022 Q4","10.8"',
    '"2023 Q1","10.2"',
    '"2023 APR","8.7"',
    '"2023 MAY","8.7"',
    '"2023 JUN","7.9"',
    '"2023 JUL","6.8"',
]


def write(file: Path, lines: list[str]) -> Path:
    file.write_bytes(("\ufeff" + "\r\n".join([*lines, ""])).encode())
    return file


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ons") / "d7g7.csv"


def load_or_error(file: Path) -> ons.OnsSeries | BcspError:
    try:
        return ons.load_series(file)
    except BcspError as error:
        return error


# Published on 16 August 2023: 6.8% in July, 7.9% in June.
def test_months_are_kept_and_years_and_quarters_are_not(tmp_path):
    series = ons.load_series(write(tmp_path / "d7g7.csv", RATE))
    assert list(series.monthly) == [8.7, 8.7, 7.9, 6.8]
    assert series.monthly.index.freqstr == "MS"
    assert series.monthly.index[0] == pd.Timestamp("2023-04-01")
    assert series.monthly.dtype == "float64"
    assert (series.cdid, series.dataset, series.unit) == ("D7G7", "MM23", "%")
    assert str(series.release_date) == "2023-08-16"
    assert series.next_release == "20 September 2023"
    assert series.base_year == 2015


def test_release_date_may_be_written_out(tmp_path):
    lines = [line.replace("16-08-2023", "16 August 2023") for line in RATE]
    assert str(ons.load_series(write(tmp_path / "x.csv", lines)).release_date) == "2023-08-16"


@pytest.mark.parametrize(
    ("old", "new", "error", "place"),
    [
        ('"2023 JUL","6.8"', '"2023 JUL",""', FigureError, "row 16, column 2023 JUL"),
        ('"2023 JUL","6.8"', '"2023 JUL","6.8%"', FigureError, "row 16, column 2023 JUL"),
        ('"2023 JUL","6.8"', '"2023 JUL","6.B"', FigureError, "row 16, column 2023 JUL"),
        ('"2022 Q4","10.8"', '"2022 Q4","x"', FigureError, "row 11, column 2022 Q4"),
        ('"2023 JUL"', '"2023 Jul"', PeriodError, "row 16"),
        ('"2023 JUL"', '"2023 JULY"', PeriodError, "row 16"),
        ('"2023 JUL"', '"2023-07"', PeriodError, "row 16"),
        ('"2022 Q4"', '"2022 Q5"', PeriodError, "row 11"),
        ('"2023 JUL"', '"0023 JUL"', PeriodError, "row 16"),
        ('"2023 JUL","6.8"', '"2023 JUL","6.8","7.1"', DataError, "row 16"),
        ('"2023 JUL","6.8"', '"2023 JUN","6.8"', DuplicateRowError, "row 16"),
        ('"2023 JUN","7.9"', '"2023 AUG","7.9"', None, ""),
        ('"16-08-2023"', '"soon"', PeriodError, "column Release date"),
        ('"CDID","D7G7"', '"CDID",""', HeaderError, "d7g7.csv"),
        ('"CDID","D7G7"', '"CDID","CPI rate"', HeaderError, "column CDID"),
        ('"Unit","%"', '"Units","%"', HeaderError, "row 5"),
        ('"Unit","%"', '"Title","%"', DuplicateRowError, "row 5"),
        ('"Title",', '"<!DOCTYPE html>",', HeaderError, "row 1"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path, old, new, error, place):
    lines = [line.replace(old, new) for line in RATE]
    file = write(tmp_path / "d7g7.csv", lines)
    if error is None:  # June became August: April to August without June
        with pytest.raises(MissingMonthError, match="2023-06"):
            ons.load_series(file)
        return
    with pytest.raises(error) as caught:
        ons.load_series(file)
    assert caught.value.where.endswith(place)


def test_an_empty_reply_is_not_a_series(tmp_path):
    (tmp_path / "e.csv").write_bytes(b"")
    with pytest.raises(HeaderError, match="no description"):
        ons.load_series(tmp_path / "e.csv")
    with pytest.raises(DataError, match="without months"):
        ons.load_series(write(tmp_path / "y.csv", RATE[:12]))
    with pytest.raises(MissingFileError):
        ons.load_series(tmp_path / "none.csv")
    (tmp_path / "u.csv").write_bytes("\n".join(RATE).encode("utf-16"))
    with pytest.raises(EncodingError):
        ons.load_series(tmp_path / "u.csv")


def test_the_later_release_wins_and_its_revisions_are_listed(tmp_path):
    later = [line.replace("16-08-2023", "20-09-2023") for line in RATE]
    later = [line.replace('"2023 JUN","7.9"', '"2023 JUN","8.0"') for line in later]
    first = ons.load_series(write(tmp_path / "a.csv", RATE))
    second = ons.load_series(write(tmp_path / "b.csv", [*later, '"2023 AUG","6.7"']))
    assert ons.latest([second, first])["D7G7"] is second
    table = ons.revisions(first, second)
    assert list(table.index) == [pd.Timestamp("2023-06-01")]
    assert table["difference"].iloc[0] == pytest.approx(0.1)
    with pytest.raises(DataError, match="cannot be compared"):
        ons.revisions(second, first)


def test_one_release_with_two_contents_is_refused(tmp_path):
    other = [line.replace('"6.8"', '"6.9"') for line in RATE]
    both = [
        ons.load_series(write(tmp_path / name, lines))
        for name, lines in (("a.csv", RATE), ("b.csv", other))
    ]
    with pytest.raises(DataError, match="two files of one release"):
        ons.latest(both)


@PROPERTY
@given(
    row=st.integers(0, len(RATE) - 1),
    column=st.integers(0, 1),
    cell=st.text(alphabet="0123456789.-% QAJULN=,", max_size=9),
)
def test_a_mutated_cell_is_read_rightly_or_refused_by_name(scratch, row, column, cell):
    parts = RATE[row].split(",", 1)
    parts[column] = f'"{cell}"'
    result = load_or_error(write(scratch, [*RATE[:row], ",".join(parts), *RATE[row + 1 :]]))
    if isinstance(result, BcspError):
        assert "d7g7.csv" in result.where
        return
    expected = {"2023 APR": 8.7, "2023 MAY": 8.7, "2023 JUN": 7.9, "2023 JUL": 6.8}
    if row >= 12:
        label = RATE[row].split(",")[0].strip('"')
        value = expected.pop(label)
        expected[cell.strip() if column == 0 else label] = (
            value if column == 0 else float(cell.strip().replace(",", ""))
        )
    held = {f"{stamp:%Y %b}".upper(): value for stamp, value in result.monthly.items()}
    assert held == {key: value for key, value in expected.items() if " " in key and "Q" not in key}


@PROPERTY
@given(start=st.integers(0, 420), length=st.integers(0, 40), inserted=st.binary(max_size=6))
def test_a_damaged_file_is_refused_by_name_or_keeps_its_months(scratch, start, length, inserted):
    good = write(scratch, RATE).read_bytes()
    scratch.write_bytes(good[:start] + inserted + good[start + length :])
    result = load_or_error(scratch)
    if isinstance(result, BcspError):
        assert "d7g7.csv" in result.where
        return
    text = scratch.read_bytes().decode("utf-8-sig")
    for stamp, value in result.monthly.items():
        label = f"{stamp:%Y %b}".upper()
        assert any(label in line and f"{value:g}" in line for line in text.splitlines())


# -- the table of prices ---------------------------------------------------------------------------

TITLES = {
    "D7BT": "CPI INDEX 00: ALL ITEMS {base}=100",
    "D7G7": "CPI ANNUAL RATE 00: ALL ITEMS {base}=100",
    "L522": "CPIH INDEX 00: ALL ITEMS {base}=100",
    "L55O": "CPIH ANNUAL RATE 00: ALL ITEMS {base}=100",
    "L523": "CPIH INDEX 01: FOOD AND NON-ALCOHOLIC BEVERAGES {base}=100",
    "D7G8": "CPI ANNUAL RATE 01: FOOD AND NON-ALCOHOLIC BEVERAGES {base}=100",
    "L536": "CPIH INDEX 04.1: ACTUAL RENTALS FOR HOUSING {base}=100",
    "L53D": "CPIH INDEX 04.5: ELECTRICITY, GAS AND OTHER FUELS {base}=100",
    "L549": "CPIH INDEX 07.2.2: FUELS AND LUBRICANTS {base}=100",
}


def release(folder: Path, base: int = 2015, factor: float = 1.0) -> list[ons.OnsSeries]:
    """The shipped table as nine files of the office, the indices with another reference year."""
    shipped = prices.load_monthly(project.path("data", "prices", "prices_monthly.csv"))
    loaded = []
    for column, cdid in prices.SERIES.items():
        scale = factor if "index" in column else 1.0
        lines = [f'"Title","{TITLES[cdid].format(base=base)}"', f'"CDID","{cdid}"', *RATE[2:8]]
        lines += [f'"{s:%Y %b}","{v * scale:.10g}"'.upper() for s, v in shipped[column].items()]
        loaded.append(ons.load_series(write(folder / f"{cdid.lower()}.csv", lines)))
    return loaded


def test_nine_series_make_the_shipped_table_again(tmp_path):
    table = price_table.from_series(release(tmp_path))
    shipped_file = project.path("data", "prices", "prices_monthly.csv")
    (tmp_path / "p.csv").write_text(price_table.text(table), encoding="utf-8")
    again = prices.load_monthly(tmp_path / "p.csv")
    pd.testing.assert_frame_equal(again, prices.load_monthly(shipped_file))
    assert table.rescaled == ()
    assert str(table.released) == "2023-08-16"
    assert price_table.changes(table, again)["revised_months"].sum() == 0


def test_another_reference_year_is_brought_to_2015(tmp_path):
    table = price_table.from_series(release(tmp_path, base=2023, factor=0.77))
    assert len(table.rescaled) == 6
    shipped = prices.load_monthly(project.path("data", "prices", "prices_monthly.csv"))
    for column in table.rescaled:
        assert table.monthly.loc["2015", column].mean() == pytest.approx(100, abs=0.001)
        # the ratio of two months does not depend on the reference year
        ratio = table.monthly[column].iloc[-1] / table.monthly[column].iloc[0]
        assert ratio == pytest.approx(shipped[column].iloc[-1] / shipped[column].iloc[0], rel=2e-5)
    assert table.monthly["cpi_12m_rate_pct"].equals(shipped["cpi_12m_rate_pct"])


def test_a_missing_or_swapped_series_is_named(tmp_path):
    series = release(tmp_path)
    with pytest.raises(MissingFileError, match="L549"):
        price_table.from_series(series[:-1])
    swapped = [line.replace('"D7G7"', '"D7BT"') for line in RATE]
    rate_as_index = ons.load_series(write(tmp_path / "swapped.csv", swapped))
    others = [each for each in series if each.cdid != "D7BT"]
    with pytest.raises(DataError, match="does not fit its column"):
        price_table.from_series([*others, rate_as_index])


def test_first_month_and_months_in_common(tmp_path):
    series = release(tmp_path)
    table = price_table.from_series(series, Month(2020, 1))
    assert table.monthly.index[0] == pd.Timestamp("2020-01-01")
    with pytest.raises(DataError, match="month in common"):
        price_table.from_series(series, Month(2030, 1))


def test_changes_count_new_and_revised_months(tmp_path):
    table = price_table.from_series(release(tmp_path))
    shipped = table.monthly.iloc[:-2].copy()
    shipped.iloc[5, 0] += 0.1
    found = price_table.changes(table, shipped)
    assert set(found["new_months"]) == {2}
    assert found.at["cpi_index_2015_100", "revised_months"] == 1
    assert found.at["cpi_index_2015_100", "largest"] == pytest.approx(0.1)
    assert found["revised_months"].sum() == 1


def test_a_folder_without_series_is_named(tmp_path):
    with pytest.raises(MissingFileError, match="fetch prices"):
        price_table.load_folder(tmp_path)
    release(tmp_path)
    assert len(price_table.load_folder(tmp_path)) == len(prices.SERIES)
