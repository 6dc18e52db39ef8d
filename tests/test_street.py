"""Reading one street-level file: what is read, and what is refused by name."""

import csv
import gzip
import io

import pyarrow as pa
import pytest
import street_files as sf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bcsp_analysis.errors import (
    AreaCodeError,
    BcspError,
    CategoryError,
    CoordinateError,
    DataError,
    EncodingError,
    HeaderError,
    PeriodError,
    TruncatedError,
)
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import street, street_faults, street_rules
from bcsp_analysis.sources.street_rules import Expected

NAMED = Expected(Month(2023, 1), "west-midlands")
PROPERTY = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(data: bytes, expected: Expected = NAMED):
    return street.read(data, "x.csv", expected)


def refusal(data: bytes, expected: Expected = NAMED) -> BcspError:
    with pytest.raises(BcspError) as caught:
        read(data, expected)
    return caught.value


def with_cell(column: str, text: str) -> bytes:
    """Three good rows and, as row 3 of the file, one with another cell."""
    rows = [sf.incident(crime_id=sf.crime_id(n)) for n in range(4)]
    rows[1][column] = text
    return sf.content(rows)


REAL = sorted(sf.REFERENCE.rglob("*.csv.gz"))


@pytest.mark.parametrize("file", REAL, ids=lambda file: file.name.split(".csv")[0])
def test_real_files_are_read_cell_by_cell(file):
    """Against the csv module of the standard library."""
    data = gzip.decompress(file.read_bytes())
    name, slug = file.name[:7], file.name[8:].split("-street")[0]
    table = read(data, Expected(Month.parse(name), slug))
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))
    assert table.num_rows == len(rows)
    for column, kept in (
        ("Crime ID", "crime_id"),
        ("Month", "month"),
        ("Reported by", "force"),
        ("LSOA code", "lsoa_code"),
        ("LSOA name", "lsoa_name"),
        ("Crime type", "category"),
        ("Last outcome category", "outcome"),
    ):
        assert table.column(kept).to_pylist() == [row.get(column, "") for row in rows]
    for column, older, kept in (("Longitude", "Easting", "x"), ("Latitude", "Northing", "y")):
        cells = [row.get(column, row.get(older)) for row in rows]
        assert table.column(kept).to_pylist() == [float(cell) if cell else None for cell in cells]


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_mark_make_no_difference(end, mark):
    rows = sf.month_of_rows("2023-01", 3, 2)
    assert read(mark + sf.content(rows, end=end)).equals(read(sf.content(rows)))


def test_a_last_line_without_end_and_blank_lines_make_no_difference():
    data = sf.content(sf.month_of_rows("2023-01", 3, 2))
    assert read(data.rstrip()).equals(read(data))
    assert read(data + b"\r\n\r\n").equals(read(data))


def test_the_layout_of_2012_has_metres_and_neither_id_nor_area():
    row = sf.incident(month="2012-04") | {"Easting": "360667", "Northing": "169714"}
    table = read(sf.content([row], sf.OLD_HEADER), Expected(Month(2012, 4), "west-midlands"))
    assert table.to_pylist() == [
        {
            "crime_id": "",
            "month": "2012-04",
            "force": sf.FORCE,
            "x": 360667.0,
            "y": 169714.0,
            "lsoa_code": "",
            "lsoa_name": "",
            "category": "Burglary",
            "outcome": "",
        }
    ]


def test_a_layout_with_fewer_columns_is_read():
    without = [name for name in sf.HEADER if name not in ("Last outcome category", "Context")]
    table = read(sf.content([sf.incident()], without))
    assert table.column("outcome").to_pylist() == [""]
    assert table.column("lsoa_code").to_pylist() == ["E01008881"]


@pytest.mark.parametrize(
    "missing", ["Month", "Reported by", "Longitude", "LSOA name", "Crime type"]
)
def test_a_header_without_a_column_it_must_have_is_refused(missing):
    data = sf.content([sf.incident()], [name for name in sf.HEADER if name != missing])
    assert isinstance(refusal(data), HeaderError)


@pytest.mark.parametrize(
    "header",
    [
        [*sf.HEADER, "Extra"],
        [*sf.HEADER[:-1], "Month"],
        [sf.HEADER[1], sf.HEADER[0], *sf.HEADER[2:]],
        ["crime id", *sf.HEADER[1:]],
    ],
)
def test_unknown_repeated_and_moved_columns_are_refused(header):
    data = sf.content([sf.incident()]).replace(
        ",".join(sf.HEADER).encode(), ",".join(header).encode()
    )
    assert isinstance(refusal(data), HeaderError)


def test_a_page_or_an_outcomes_file_is_refused_by_its_header():
    assert isinstance(refusal(b"<html><body>busy</body></html>"), HeaderError)
    outcomes = b"Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,"
    error = refusal(outcomes + b"LSOA name,Outcome type\r\n")
    assert isinstance(error, HeaderError)
    assert "Outcome type" in error.found
    assert isinstance(refusal(b""), HeaderError)


def test_latin_1_is_refused_with_the_byte():
    data = sf.content([sf.incident(location="On or near Caf\u00e9")]).decode().encode("latin-1")
    error = refusal(data)
    assert isinstance(error, EncodingError)
    assert "0xe9" in error.found
    assert "line 2" in error.found


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused(encoding):
    assert isinstance(refusal(sf.content([sf.incident()]).decode().encode(encoding)), EncodingError)


def test_letters_outside_ascii_are_read():
    rows = [sf.incident(lsoa_name="Sir G\u00e2r 001A", reported_by="Heddlu West Midlands \u00f4")]
    table = read(sf.content(rows))
    assert table.column("lsoa_name").to_pylist() == ["Sir G\u00e2r 001A"]


def test_commas_quotes_and_line_breaks_inside_quoted_cells_are_text():
    rows = [
        sf.incident(crime_id="a", lsoa_name="Bristol, City of 001A"),
        sf.incident(crime_id="b", location='On or near "The Crown", Bath'),
        sf.incident(crime_id="c", location="On or near\r\nNew Street"),
        sf.incident(crime_id="d", location='"'),
        sf.incident(crime_id="e", location='x""y'),
    ]
    table = read(sf.content(rows))
    assert table.column("crime_id").to_pylist() == list("abcde")
    assert table.column("lsoa_name").to_pylist()[0] == "Bristol, City of 001A"


def test_rows_longer_than_the_blocks_of_the_reader_are_read(monkeypatch):
    monkeypatch.setattr(street, "_BLOCK", 1000)
    rows = [sf.incident(crime_id=sf.crime_id(n)) for n in range(40)]
    rows[5]["Location"] = "On or near\n" + "High Street " * 100
    rows[30]["Location"] = "On or near " + "Church Road " * 100
    assert read(sf.content(rows)).column("crime_id").to_pylist() == [
        sf.crime_id(n) for n in range(40)
    ]


def test_markup_and_formulas_stay_text():
    texts = ['=HYPERLINK("http://x","y")', "<script>alert(1)</script>", "@SUM(A1)", "-1+1", "`|`"]
    rows = [sf.incident(crime_id=str(n), location=t, context=t) for n, t in enumerate(texts)]
    assert read(sf.content(rows)).num_rows == len(texts)


def test_two_stray_quotes_that_swallow_rows_are_refused():
    """The rows between them would be one valid cell, and would be lost."""
    lines = (
        sf.content([sf.incident(crime_id=sf.crime_id(n)) for n in range(5)]).decode().split("\r\n")
    )
    lines[2] = lines[2].replace("On or near High Street", '"On or near High Street')
    lines[4] = lines[4].replace("On or near High Street", 'On or near High Street"')
    data = "\r\n".join(lines).encode()
    assert len(list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))) == 4
    error = refusal(data)
    assert "holds whole rows" in error.problem
    assert "line 3" in error.where


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ('"On or near', TruncatedError),
        ('On or "near', TruncatedError),
        ('"On" or near', DataError),
        ('On "or" near', DataError),
    ],
)
def test_quotes_in_wrong_places_are_refused(cell, kind):
    data = sf.content([sf.incident()]).replace(b"On or near High Street", cell.encode())
    error = refusal(data)
    assert type(error) is kind
    assert "line 2" in error.where


@pytest.mark.parametrize("cut", range(3, 200, 9))
def test_a_file_cut_off_in_a_row_is_refused(cut):
    data = sf.content(sf.month_of_rows("2023-01", 5, 0))[:-cut]
    assert isinstance(refusal(data), TruncatedError)


def test_a_header_without_rows_is_refused():
    assert isinstance(refusal(sf.content([])), TruncatedError)


def test_a_short_and_a_long_row_are_named():
    lines = sf.content(sf.month_of_rows("2023-01", 5, 0)).split(b"\r\n")
    for change in (lines[3][:-1], lines[3] + b",x"):
        error = refusal(b"\r\n".join([*lines[:3], change, *lines[4:]]))
        assert type(error) is DataError
        assert error.where == "x.csv, row 4"


@pytest.mark.parametrize(
    "text",
    [
        "2023-13",
        "2023-00",
        "2023-1",
        "Jan 2023",
        "2023/01",
        "",
        "2010-11",
        "9999-12",
        "2023-02",
        "2023-01-01",
        " 2023-01",
        "\u0662\u0660\u0662\u0663-01",
    ],
)
def test_impossible_and_other_months_are_refused(text):
    error = refusal(with_cell("Month", text))
    assert isinstance(error, PeriodError)
    assert error.where == "x.csv, row 3, column Month"
    assert "2023-01" in error.expected


def test_without_a_month_in_the_name_rows_may_be_of_any_published_month():
    assert read(with_cell("Month", "2015-07"), Expected()).num_rows == 4
    for text in ("2010-11", "2023-13", "2199-01"):
        assert isinstance(refusal(with_cell("Month", text), Expected()), PeriodError)


def test_a_month_in_the_future_is_refused_even_if_the_name_agrees():
    data = sf.content([sf.incident(month="2199-01")])
    assert isinstance(refusal(data, Expected(Month(2199, 1), "west-midlands")), PeriodError)


@pytest.mark.parametrize("text", ["", "   ", "West Mercia Police", "x" * 101, "West\x07Midlands"])
def test_another_force_than_the_name_says_is_refused(text):
    error = refusal(with_cell("Reported by", text))
    assert error.where == "x.csv, row 3, column Reported by"


def test_one_file_of_a_force_names_one_force():
    error = refusal(with_cell("Reported by", "West Midlands Polic"))
    assert "names two" in error.problem
    assert read(with_cell("Reported by", "Kent Police"), Expected()).num_rows == 4


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("west-midlands", "West Midlands Police"),
        ("btp", "British Transport Police"),
        ("metropolitan", "Metropolitan Police Service"),
        ("northern-ireland", "Police Service of Northern Ireland"),
        ("devon-and-cornwall", "Devon & Cornwall Police"),
        ("dyfed-powys", "Dyfed-Powys Police"),
        ("city-of-london", "City of London Police"),
    ],
)
def test_the_names_of_files_fit_the_names_of_their_forces(slug, name):
    assert street_rules.is_force(name, slug)
    assert not street_rules.is_force("Kent Police", slug)


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [
        ("52.489471", "-1.898575"),
        ("-9.5", "52"),
        ("2.2", "52"),
        ("-1.8", "49"),
        ("-1.8", "61.5"),
        ("-1.8", ""),
        ("", "52"),
        ("nan", "nan"),
        ("inf", "52"),
        ("0", "0.5"),
        ("abc", "52"),
        ("-1,8", "52"),
    ],
)
def test_places_outside_the_country_and_half_a_place_are_refused(longitude, latitude):
    rows = [sf.incident(), sf.incident(longitude=longitude, latitude=latitude)]
    error = refusal(sf.content(rows))
    assert isinstance(error, CoordinateError)
    assert error.where == "x.csv, row 3, columns Longitude and Latitude"


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [
        ("", ""),
        ("0", "0"),
        ("0.000000", "0.0"),
        ("-8.65", "57.8"),
        ("1.77", "52.5"),
        ("0", "51.48"),
        ("-1.0", "60.85"),
        ("-6.4", "49.86"),
    ],
)
def test_blank_zero_and_the_edges_of_the_country_are_read(longitude, latitude):
    assert read(sf.content([sf.incident(longitude=longitude, latitude=latitude)])).num_rows == 1


def test_metres_have_their_own_bounds():
    expected = Expected(Month(2012, 4), "west-midlands")
    for easting, northing, good in (
        ("360667", "169714", True),
        ("0", "0", True),
        ("-1.8", "52.4", False),
        ("800000", "169714", False),
    ):
        row = sf.incident(month="2012-04") | {"Easting": easting, "Northing": northing}
        data = sf.content([row], sf.OLD_HEADER)
        if good:
            assert read(data, expected).num_rows == 1
        else:
            assert isinstance(refusal(data, expected), CoordinateError)


@pytest.mark.parametrize("text", ["E0100888", "E010088811", "e01008881", "W02000001", "Birmingham"])
def test_a_code_that_is_no_small_area_is_refused(text):
    error = refusal(with_cell("LSOA code", text))
    assert isinstance(error, AreaCodeError)
    assert error.where == "x.csv, row 3, column LSOA code"


def test_a_name_without_a_code_is_refused():
    error = refusal(with_cell("LSOA code", ""))
    assert isinstance(error, AreaCodeError)
    assert "no code" in error.problem


@pytest.mark.parametrize("text", ["", "Burglry", "Burglary ", "-3", "0.5"])
def test_an_unknown_category_is_refused(text):
    error = refusal(with_cell("Crime type", text))
    assert isinstance(error, CategoryError)
    assert "Burglary" in error.expected


def test_capitals_of_older_files_are_today_s():
    rows = [
        sf.incident(crime_type="Criminal Damage And Arson"),
        sf.incident(crime_type="Criminal damage and arson"),
        sf.incident(crime_type="Violent crime"),
    ]
    assert read(sf.content(rows)).column("category").to_pylist() == [
        "Criminal damage and arson",
        "Criminal damage and arson",
        "Violent crime",
    ]


ROWS = [
    *sf.month_of_rows("2023-01", 4, 3),
    sf.unlocated(sf.nuisance()),
    sf.incident(lsoa_name="Bristol, City of 001A", crime_id=sf.crime_id("x")),
]


def plain(data: bytes) -> list[dict[str, str]] | None:
    """Rows as the csv module reads them; None where it cannot."""
    try:
        text = data.decode("utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except (UnicodeDecodeError, csv.Error):
        return None
    if any(len(row) != len(rows[0]) for row in rows):
        return None
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def read_or_error(data: bytes) -> pa.Table | BcspError:
    try:
        return read(data)
    except BcspError as error:
        return error


def check_read_rightly_or_refused(data: bytes) -> None:
    table = read_or_error(data)
    if isinstance(table, BcspError):
        assert table.where.startswith("x.csv")
        assert table.problem
        return
    rows = plain(data)
    assert rows is not None
    assert table.column("crime_id").to_pylist() == [row["Crime ID"] for row in rows]
    assert set(table.column("month").to_pylist()) == {"2023-01"} == {row["Month"] for row in rows}
    assert table.column("force").to_pylist() == [row["Reported by"] for row in rows]
    assert table.column("lsoa_code").to_pylist() == [row["LSOA code"] for row in rows]
    categories = [name.casefold() for name in table.column("category").to_pylist()]
    assert categories == [row["Crime type"].casefold() for row in rows]
    for kept, column in (("x", "Longitude"), ("y", "Latitude")):
        numbers = [float(row[column]) if row[column] else None for row in rows]
        assert table.column(kept).to_pylist() == numbers


@PROPERTY
@given(st.data())
def test_a_changed_byte_is_read_rightly_or_refused(data):
    content = bytearray(sf.content(ROWS))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.sampled_from(b'",\r\n\x00\xff0-9aE. \xc3'))
    check_read_rightly_or_refused(bytes(content))


@PROPERTY
@given(st.data())
def test_inserted_and_removed_bytes_are_read_rightly_or_refused(data):
    content = sf.content(ROWS)
    at = data.draw(st.integers(0, len(content)))
    removed = data.draw(st.integers(0, 40))
    put = data.draw(st.binary(max_size=4) | st.sampled_from([b'"', b'""', b",", b"\r\n", b"\n"]))
    check_read_rightly_or_refused(content[:at] + put + content[at + removed :])


@PROPERTY
@given(st.integers(0, 5000))
def test_a_file_cut_anywhere_is_read_rightly_or_refused(kept):
    check_read_rightly_or_refused(sf.content(ROWS)[:kept])


@PROPERTY
@given(st.data())
def test_a_changed_cell_is_read_rightly_or_refused(data):
    rows = [dict(row) for row in ROWS]
    row = data.draw(st.sampled_from(rows))
    row[data.draw(st.sampled_from(sf.HEADER))] = data.draw(
        st.text(max_size=12)
        | st.sampled_from(["0", "-1", "1e1", "nan", "51.5", "2023-01", "E01000001", "Robbery", '"'])
    )
    check_read_rightly_or_refused(sf.content(rows))


CELL = st.sampled_from(["On or near A, B", 'the "Bell"', "two\nlines", "", "On or near Straße"])


@PROPERTY
@given(
    st.lists(st.tuples(CELL, st.integers(0, 3)), min_size=1, max_size=60), st.integers(300, 3000)
)
def test_blocks_make_no_difference(monkeypatch, cells, block):
    """Rows read in blocks of any size are those that were written, in their order."""
    rows = [
        sf.incident(
            crime_id=sf.crime_id(at),
            location=location,
            lsoa_code=f"E0100888{kind}" if kind else "",
            lsoa_name=f"Birmingham 00{kind}A" if kind else "",
            last_outcome_category=street_rules.UNDER_INVESTIGATION if kind % 2 else "",
        )
        for at, (location, kind) in enumerate(cells)
    ]
    monkeypatch.setattr(street, "_BLOCK", block)
    table = read(sf.content(rows))
    for name, column in (
        *(("Crime ID", "crime_id"), ("LSOA code", "lsoa_code"), ("LSOA name", "lsoa_name")),
        *(("Month", "month"), ("Crime type", "category"), ("Last outcome category", "outcome")),
    ):
        assert table.column(column).to_pylist() == [row[name] for row in rows]
        assert table.column(column).num_chunks == 1


@PROPERTY
@given(
    st.lists(st.sampled_from(['"', ",", "a", "\n", "\r\n", '""', '","', "2023-01,"]), max_size=12)
)
def test_quotes_are_judged_as_the_csv_module_does(parts):
    """A text with sound quotes parses strictly, and has no quote inside a bare cell."""
    data = "".join(parts).encode()
    if not street_faults.quotes_are_sound(data):
        return
    cells = [
        c for row in csv.reader(io.StringIO(data.decode(), newline=""), strict=True) for c in row
    ]
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    assert "".join(cells).count('"') <= data.count(b'"') // 2
