"""Reading the printed report: what is read, and what is refused by name."""

import csv
import io
import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis import project
from bcsp_analysis.errors import (
    DataError,
    DuplicateRowError,
    EncodingError,
    FigureError,
    HeaderError,
    MissingFileError,
    RegisterError,
    UnknownMeasureError,
)
from bcsp_analysis.periods import Month, Quarter
from bcsp_analysis.sources import cells, report

QUARTER = Quarter.parse("2023/24 Q2")
IDS = ["asb-incidents", "hate-crime", "deliberate-fires", "female-genital-mutilation"]
HEADER = ",".join(report.COLUMNS)
ASB = 'asb-incidents,ASB Incidents,"2,493","3,332","2,951","6,283","5,143","+1,140",+22%,↑,,,,,'
HATE = (
    'hate-crime,Hate Crime,"1,225","1,189","1,509","2,414","2,926",-512,-21%,↓,12,2.228,3.086,7,'
    "Racially / Religiously aggravated offences"
)
FIRES = (
    "deliberate-fires,Deliberate Fires (WMFS),No data available,N/A,"
    "NB: No data available from WMFS due to change in IT systems.,,,,,,,,,,"
)
# Slow disks and shared machines must not decide a test.
PROPERTY = settings(deadline=None, max_examples=150)


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "performance.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    real = project.path("data", "report", "2023-24-q2", "headings.csv")
    shutil.copy(real, folder / "headings.csv")
    return folder


def load(folder: Path) -> report.PrintedTable:
    return report.load_performance(folder, QUARTER, IDS)


def load_or_error(folder: Path) -> report.PrintedTable | DataError:
    try:
        return load(folder)
    except DataError as error:
        return error


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("report"), ASB, HATE, FIRES)


def test_figures_decimals_and_text_of_a_row(tmp_path):
    table = load(write(tmp_path, ASB, HATE, FIRES))
    assert list(table.text.index) == ["asb-incidents", "hate-crime", "deliberate-fires"]
    hate = table.figures.loc["hate-crime"]
    assert list(hate) == [1225, 1189, 1509, 2414, 2926, -512, -21, 12, 2.228, 3.086, 7]
    assert table.decimals.at["hate-crime", "area_rate"] == 3
    assert table.decimals.at["hate-crime", "pct_difference"] == 0
    assert table.text.at["asb-incidents", "difference"] == "+1,140"
    assert table.figures.loc["asb-incidents", list(report.IQUANTA)].isna().all()
    assert (table.figures.dtypes == "Float64").all()
    assert (table.decimals.dtypes == "Int64").all()
    assert table.quarter == QUARTER


def test_a_cell_that_says_why_there_is_no_figure_is_kept_as_the_reason(tmp_path):
    table = load(write(tmp_path, ASB, FIRES))
    assert table.figures.loc["deliberate-fires"].isna().all()
    assert table.reasons == {
        ("deliberate-fires", "q_last_year"): "No data available",
        ("deliberate-fires", "q_this_year"): "N/A",
        (
            "deliberate-fires",
            "q_previous",
        ): "NB: No data available from WMFS due to change in IT systems.",
    }


@pytest.mark.parametrize("text", ["=1+1", "<script>alert(1)</script>", '"@SUM(A1)"', "{{< x >}}"])
def test_markup_and_formulas_in_text_stay_text(tmp_path, text):
    table = load(write(tmp_path, ASB.replace("ASB Incidents", text)))
    assert table.text.at["asb-incidents", "printed_label"] == text.strip('"')


def test_columns_in_another_order_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    folder = write(tmp_path, ASB, HATE)
    rows = list(csv.reader(io.StringIO((folder / "performance.csv").read_text("utf-8"))))
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerows(
        [*([*row[::-1]] for row in rows), [""] * len(report.COLUMNS)]
    )
    (folder / "performance.csv").write_bytes(b"\xef\xbb\xbf" + stream.getvalue().encode())
    table = load(folder)
    assert table.figures.at["asb-incidents", "q_this_year"] == 3332
    assert list(table.text.columns) == list(report.COLUMNS[1:])


@pytest.mark.parametrize(
    ("old", "new", "column", "expected"),
    [
        ('"3,332"', '"3,3O2"', "q_this_year", "a figure"),
        ('"3,332"', '"1,23"', "q_this_year", "a figure"),
        ('"3,332"', '"33,32"', "q_this_year", "a figure"),
        ('"3,332"', "3 332", "q_this_year", "a figure"),
        ('"3,332"', "=3332", "q_this_year", "a figure"),
        ('"3,332"', "O", "q_this_year", "a figure"),
        ('"3,332"', '"l,332"', "q_this_year", "a figure"),
        ('"3,332"', "٣", "q_this_year", "a figure"),
        ('"3,332"', "nan", "q_this_year", "a figure"),
        ('"3,332"', "1e3", "q_this_year", "a figure"),
        ('"3,332"', "9" * 400, "q_this_year", "a figure"),
        ('"3,332"', '"-3,332"', "q_this_year", "a count"),
        ('"3,332"', "3332.5", "q_this_year", "a whole number"),
        ('"3,332"', "33%", "q_this_year", "per cent"),
        ("+22%", "+22%%", "pct_difference", "a figure"),
        ('"+1,140"', "+-1140", "difference", "a figure"),
        ("↑,,", "↑,0,", "msg_rank", "a rank"),
        ("↑,,,", "↑,,-0.5,", "group_rate", "a rate"),
        ("↑", "^", "travel", "one of"),
    ],
)
def test_a_figure_that_is_no_number_is_refused_by_file_row_and_column(
    tmp_path, old, new, column, expected
):
    folder = write(tmp_path, HATE, ASB.replace(old, new, 1))
    with pytest.raises(FigureError) as caught:
        load(folder)
    error = caught.value
    assert error.where.endswith(f"performance.csv, row 3, column {column}")
    assert error.found == repr(new.strip('",↑'))
    assert expected in error.expected
    assert error.hint


def test_unicode_minus_is_a_minus(tmp_path):
    table = load(write(tmp_path, HATE.replace("-512", "−512")))
    assert table.figures.at["hate-crime", "difference"] == -512
    assert table.text.at["hate-crime", "difference"] == "−512"


def test_unknown_measure_names_the_nearest(tmp_path):
    folder = write(tmp_path, ASB.replace("asb-incidents", "asb-incident"))
    with pytest.raises(UnknownMeasureError) as caught:
        load(folder)
    assert "row 2" in caught.value.where
    assert "asb-incidents" in caught.value.expected


def test_measure_twice_names_both_rows(tmp_path):
    with pytest.raises(DuplicateRowError) as caught:
        load(write(tmp_path, ASB, HATE, ASB))
    assert "row 4" in caught.value.where
    assert "row 2" in caught.value.found


@pytest.mark.parametrize(
    ("rows", "header", "error"),
    [
        ([ASB], HEADER.replace("travel", "arrow"), HeaderError),
        ([ASB], HEADER + ",extra", HeaderError),
        ([ASB], HEADER.replace("travel", "msg_rank"), HeaderError),
        ([ASB.replace(",", ";")], HEADER.replace(",", ";"), HeaderError),
        ([], "", HeaderError),
        ([], HEADER, DataError),
        ([ASB + ","], HEADER, DataError),
        ([ASB[:-1]], HEADER, DataError),
        ([ASB.replace('"5,143"', '"5,143')], HEADER, DataError),
    ],
)
def test_a_table_of_the_wrong_form_is_refused(tmp_path, rows, header, error):
    with pytest.raises(error) as caught:
        load(write(tmp_path, *rows, header=header))
    assert "performance.csv" in caught.value.where


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_another_encoding_is_refused(tmp_path, encoding):
    folder = write(tmp_path, ASB)
    text = ASB.replace("↑", "").replace("ASB", "Café")
    (folder / "performance.csv").write_bytes(f"{HEADER}\n{text}\n".encode(encoding))
    with pytest.raises(EncodingError, match="UTF-8"):
        load(folder)


@pytest.mark.parametrize("name", ["performance.csv", "headings.csv"])
def test_missing_file_is_named(tmp_path, name):
    folder = write(tmp_path, ASB)
    (folder / name).unlink()
    with pytest.raises(MissingFileError) as caught:
        load(folder)
    assert caught.value.where.endswith(name)


@pytest.mark.parametrize(("old", "new"), [("travel,Travel\n", ""), ("travel,", "arrow,")])
def test_headings_must_fit_the_table(tmp_path, old, new):
    folder = write(tmp_path, ASB)
    file = folder / "headings.csv"
    file.write_text(file.read_text("utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(HeaderError, match="headings"):
        load(folder)


def test_missing_figures_of_a_table_to_fill(tmp_path):
    empty = "asb-incidents,ASB Incidents" + "," * 13
    partly = HATE.replace("3.086", "").replace("-512", "")
    table = load(write(tmp_path, empty, partly, FIRES))
    missing = report.missing_figures(table)
    assert [column for measure, column in missing if measure == "asb-incidents"] == [
        *("q_last_year", "q_this_year", "q_previous", "ytd_this_year", "ytd_last_year"),
        *("difference", "pct_difference", "travel"),
    ]
    assert [c for m, c in missing if m == "hate-crime"] == ["difference", "area_rate"]
    assert "deliberate-fires" not in {measure for measure, _ in missing}


def test_nothing_is_missing_from_a_complete_table(tmp_path):
    assert report.missing_figures(load(write(tmp_path, ASB, HATE, FIRES))) == []


# Expected values by hand.
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("£660k", 660_000),
        ("1.15 million", 1_150_000),
        ("£5,450", 5450),
        ("£1700", 1700),
        ("74%", 74),
        ("7.7%", 7.7),
        ("six", 6),
        ("Four", 4),
        ("0", 0),
    ],
)
def test_quantities_of_the_text(tmp_path, text, value):
    assert printed_value(tmp_path, text) == value


@pytest.mark.parametrize("text", ["17/18", "", "N/A", "not printed"])
def test_quantities_without_a_single_value_are_missing(tmp_path, text):
    assert printed_value(tmp_path, text) is None


@pytest.mark.parametrize("text", ["1,23", "£", "3,3O2", "£80%", "12 thousand", "17/x", "about 40%"])
def test_quantities_that_cannot_be_read_are_refused(tmp_path, text):
    with pytest.raises(FigureError, match=r"row 2, column printed"):
        printed_value(tmp_path, text)


def printed_value(folder: Path, text: str) -> float | None:
    file = folder / "activity.csv"
    file.write_text(f'id,section,item,printed,unit,period,note\na,4.1,Orders,"{text}",x,y,\n')
    table = report.load_printed(file)
    assert table.at["a", "printed"] == text
    value = table.at["a", "value"]
    return None if value is table["value"].array.dtype.na_value else float(value)


def test_a_report_without_figures_in_its_text_is_read(tmp_path):
    file = tmp_path / "activity.csv"
    file.write_text("id,section,item,printed,unit,period,note\n")
    assert report.load_printed(file).empty
    file.write_text("neighbourhood,incidents,period,note\n")
    assert report.load_neighbourhoods(file).empty


@pytest.mark.parametrize("cell", ["-1", "12.5", "many", "", "12%"])
def test_neighbourhood_counts_are_whole_numbers(tmp_path, cell):
    file = tmp_path / "neighbourhoods.csv"
    file.write_text(f"neighbourhood,incidents,period,note\nLadywood,{cell},2023/24 Q2,\n")
    with pytest.raises(FigureError, match="column incidents"):
        report.load_neighbourhoods(file)


IQUANTA = 'period_end = "2023-07"\nmonths = 12\ngroup_size = 15\nforce_size = 7\n[where]\na = "b"\n'


def test_iquanta_span(tmp_path):
    file = tmp_path / "iquanta.toml"
    file.write_text(IQUANTA)
    assert report.load_iquanta(file).span.first == Month(2022, 8)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"2023-07"', '"July 2023"'),
        ("group_size = 15", "group_size = 0"),
        ("group_size = 15", 'group_size = "15"'),
        ("months = 12", "months = true"),
        ("force_size = 7\n", ""),
        ("months", "monhts"),
        ("= 12", "12"),
    ],
)
def test_iquanta_that_cannot_be_used_is_refused(tmp_path, old, new):
    file = tmp_path / "iquanta.toml"
    file.write_text(IQUANTA.replace(old, new, 1))
    with pytest.raises(RegisterError) as caught:
        report.load_iquanta(file)
    assert "iquanta.toml" in caught.value.where


RELATION = """[[relation]]
id = "breaches"
kind = "sum"
place = "4.1"
total = "a"
parts = ["b", "c"]
certain = true
note = ""
"""


def test_relation_operands(tmp_path):
    file = tmp_path / "relations.toml"
    file.write_text(RELATION)
    (relation,) = report.load_relations(file)
    assert relation.operands == {"total": ("a",), "parts": ("b", "c")}
    assert relation.names == ("a", "b", "c")
    assert relation.certain


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"sum"', '"product"'),
        ('total = "a"\n', ""),
        ("total", "totel"),
        ('["b", "c"]', '"b"'),
        ('["b", "c"]', "[]"),
        ('["b", "c"]', "[1]"),
        ("true", '"yes"'),
        ('"4.1"', "4.1"),
        ("[[relation]]", "[[relation"),
        ('kind = "sum"\n', ""),
    ],
)
def test_relation_that_cannot_be_used_is_refused(tmp_path, old, new):
    file = tmp_path / "relations.toml"
    file.write_text(RELATION.replace(old, new, 1))
    with pytest.raises(RegisterError) as caught:
        report.load_relations(file)
    assert "relations.toml" in caught.value.where


def test_relation_twice_is_refused(tmp_path):
    file = tmp_path / "relations.toml"
    file.write_text(RELATION * 2)
    with pytest.raises(RegisterError, match="twice"):
        report.load_relations(file)


def test_register_that_is_missing_or_not_text_is_refused(tmp_path):
    file = tmp_path / "relations.toml"
    with pytest.raises(MissingFileError):
        report.load_relations(file)
    file.write_bytes(RELATION.encode("utf-16"))
    with pytest.raises(EncodingError):
        report.load_relations(file)


@given(st.integers(-(10**12), 10**12), st.integers(0, 6), st.booleans(), st.booleans())
def test_python_formatted_numbers_are_read_as_they_are(number, places, commas, plus):
    value = Decimal(number).scaleb(-places)
    text = f"{value:{'+' if plus else ''}{',' if commas else ''}.{places}f}"
    figure = cells.parse_figure(text)
    assert figure is not None
    assert figure.value == float(value)
    assert figure.decimals == places


@given(st.text())
def test_text_is_a_figure_only_when_python_writes_the_same(text):
    figure = cells.parse_figure(text)
    if figure is None:
        return
    plain = text.strip().rstrip("%").lstrip("+").replace("−", "-")
    value = Decimal(plain.replace(",", ""))
    assert figure.value == float(value)
    places = figure.decimals
    assert plain in {f"{value:.{places}f}", f"{value:,.{places}f}"}


MUTANTS = st.one_of(
    st.text(alphabet="0123456789,.-+% O−l", max_size=9),
    st.text(max_size=12),
    st.sampled_from(["1,23", "3,3O2", "", "N/A", "no data", "=1", "1e9", "inf", "0x1F", "1_000"]),
)


@PROPERTY
@given(cell=MUTANTS, column=st.sampled_from([c for c in report.COLUMNS if c != "measure_id"]))
def test_a_mutated_cell_is_read_rightly_or_refused_by_name(scratch, cell, column):
    row = next(csv.reader([HATE]))
    row[report.COLUMNS.index(column)] = cell
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([report.COLUMNS, row])
    raw = stream.getvalue().encode("utf-8", "surrogatepass")
    (scratch / "performance.csv").write_bytes(raw)
    table = load_or_error(scratch)
    if isinstance(table, EncodingError):
        assert "\x00" in cell or re.search("[\ud800-\udfff]", cell)
        return
    if isinstance(table, DataError):
        assert isinstance(table, FigureError)
        assert f"row 2, column {column}" in table.where
        assert column in (*report.NUMERIC, "travel")
        return
    assert table.text.at["hate-crime", column] == cell
    if column in report.NUMERIC:
        figure = table.figures.at["hate-crime", column]
        said = ("hate-crime", column) in table.reasons
        if cell.strip() and not said:
            plain = cell.strip().rstrip("%").replace("−", "-").replace(",", "")
            assert float(figure) == float(plain)
        else:
            assert figure is table.figures[column].array.dtype.na_value
        assert said == bool(cell.strip() and cells.parse_figure(cell) is None)


@PROPERTY
@given(start=st.integers(0, 600), length=st.integers(0, 40), inserted=st.binary(max_size=8))
def test_a_damaged_file_is_read_rightly_or_refused_by_name(scratch, start, length, inserted):
    good = "\n".join([HEADER, ASB, HATE, FIRES, ""]).encode()
    bad = good[:start] + inserted + good[start + length :]
    (scratch / "performance.csv").write_bytes(bad)
    table = load_or_error(scratch)
    if isinstance(table, DataError):
        assert "performance.csv" in table.where
        return
    # What is accepted is what any other reader of CSV reads, cell by cell.
    text = bad.decode("utf-8-sig")
    header, *records = filter(any, csv.reader(io.StringIO(text, newline="")))
    rows = [dict(zip(header, record, strict=True)) for record in records]
    assert [row["measure_id"] for row in rows] == list(table.text.index)
    for row in rows:
        for column in report.COLUMNS[1:]:
            assert table.text.at[row["measure_id"], column] == row[column]
