"""Counting: repeated ids, rows without location, and the same frames from two engines."""

import gzip
from collections import Counter

import pyarrow as pa
import pytest
import street_files as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis.errors import EngineError
from bcsp_analysis.sources import counting, engines, street
from bcsp_analysis.sources.counting import NO_AREA, NO_LOCATION
from bcsp_analysis.sources.record import Repeats

PROPERTY = settings(deadline=None, max_examples=60)


def prepared(rows: list[dict[str, str]], source: int = 0) -> tuple[pa.Table, Repeats]:
    return counting.prepare(street.read(sf.content(rows), "x.csv"), source)


def counted(rows: list[dict[str, str]]) -> Counter:
    table = counting.count(prepared(rows)[0])
    assert table.schema == counting.SCHEMA
    return Counter(
        {
            (row["lsoa_code"], row["lsoa_name"], row["category"]): row["incidents"]
            for row in table.to_pylist()
        }
    )


def incidents(rows: list[dict[str, str]]) -> int:
    return sum(counting.count(prepared(rows)[0]).column("incidents").to_pylist())


def test_rows_without_id_never_collapse():
    rows = [sf.nuisance()] * 5 + [sf.incident(crime_id="", last_outcome_category="")] * 3
    assert incidents(rows) == 8
    assert prepared(rows)[1] == Repeats(without_id=6)


def test_an_id_of_spaces_is_blank():
    assert incidents([sf.incident(crime_id="  ")] * 3) == 3


def test_wholly_equal_rows_of_one_id_are_one_crime():
    rows = [sf.incident()] * 3
    assert incidents(rows) == 1
    assert prepared(rows)[1] == Repeats(same=2)


def test_another_outcome_is_the_same_crime():
    outcomes = ("Under investigation", "Offender given a caution", "Under investigation")
    rows = [sf.incident(last_outcome_category=outcome) for outcome in outcomes]
    assert incidents(rows) == 1
    assert prepared(rows)[1] == Repeats(same=1, other_outcome=1)


@pytest.mark.parametrize(
    "change",
    [
        {"crime_type": "Robbery"},
        {"longitude": "-1.898576"},
        {"latitude": "52.5"},
        {"lsoa_code": "E01008882", "lsoa_name": "Birmingham 031B"},
    ],
)
def test_another_place_or_category_is_a_separate_offence(change):
    rows = [sf.incident(), sf.incident(**change)]
    assert incidents(rows) == 2
    assert prepared(rows)[1] == Repeats(other_place=1)


def test_months_and_forces_of_a_joined_file_are_not_compared():
    rows = [sf.incident(), sf.incident(month="2023-02"), sf.incident(reported_by="Kent Police")]
    assert incidents(rows) == 3


def test_a_row_without_location_does_not_repeat_one_with():
    rows = [sf.incident(), sf.unlocated(sf.incident())]
    assert incidents(rows) == 2
    assert incidents([sf.unlocated(sf.incident())] * 2) == 1


def test_ids_of_other_lengths_are_compared_too():
    rows = [sf.incident(crime_id=name) for name in ("a", "b", "a", "abc", "b" * 64)]
    assert incidents(rows) == 4


def test_ids_that_agree_in_their_first_half_are_told_apart():
    head = sf.crime_id(1)[:32]
    rows = [sf.incident(crime_id=head + sf.crime_id(n)[32:]) for n in range(6)]
    assert incidents(rows) == 6
    assert prepared(rows)[1] == Repeats()


def test_rows_keep_their_number_beside_the_incidents():
    table = counting.count(prepared([sf.incident()] * 3)[0])
    assert table.column("rows").to_pylist() == [3]
    assert table.column("incidents").to_pylist() == [1]


def test_rows_without_location_are_counted_as_such():
    place = {"lsoa_code": "", "lsoa_name": ""}
    rows = [
        sf.incident(crime_id="a"),
        sf.unlocated(sf.incident(crime_id="b")),
        sf.incident(crime_id="c", **place, longitude="0", latitude="0"),
        sf.incident(crime_id="d", **place),
        sf.incident(crime_id="e", longitude="", latitude=""),
    ]
    assert counted(rows) == {
        ("E01008881", "Birmingham 031A", "Burglary"): 2,
        ("", NO_LOCATION, "Burglary"): 2,
        ("", NO_AREA, "Burglary"): 1,
    }


def test_one_longitude_of_zero_is_a_place():
    """Greenwich: only 0 and 0 together mean no place."""
    rows = [sf.incident(longitude="0", latitude="51.48", lsoa_code="", lsoa_name="")]
    assert counted(rows) == {("", NO_AREA, "Burglary"): 1}


def test_violent_crime_is_not_violence_and_sexual_offences():
    rows = [
        sf.incident(crime_id="a", crime_type="Violent crime"),
        sf.incident(crime_id="b", crime_type="Violence and sexual offences"),
    ]
    assert len(counted(rows)) == 2


def test_files_are_counted_apart():
    tables = [prepared([sf.incident()], source)[0] for source in (4, 7)]
    table = counting.count(pa.concat_tables(tables))
    assert sorted(table.column("source").to_pylist()) == [4, 7]


def by_hand(rows: list[dict[str, str]]) -> Counter:
    """The rule written a second time, row after row."""
    result: Counter = Counter()
    seen = set()
    for row in rows:
        place = (row["Longitude"], row["Latitude"], row["LSOA code"])
        crime = (row["Crime ID"], row["Crime type"], place)
        if row["Crime ID"] and crime in seen:
            continue
        seen.add(crime)
        blank = NO_AREA if row["Longitude"] else NO_LOCATION
        name = row["LSOA name"] if row["LSOA code"] else blank
        result[row["LSOA code"], name, row["Crime type"]] += 1
    return result


ANY_ROW = st.builds(
    lambda crime_id, category, area, outcome, located: sf.incident(
        crime_id=crime_id and sf.crime_id(crime_id),
        crime_type=category,
        lsoa_code=f"E0100888{area}" if area else "",
        lsoa_name=f"Birmingham 03{area}A" if area else "",
        longitude=f"-1.{area}" if located or area else "",
        latitude="52.4" if located or area else "",
        last_outcome_category=outcome,
    ),
    st.sampled_from(["", "a", "b", "c"]),
    st.sampled_from(["Burglary", "Robbery"]),
    st.sampled_from([0, 1, 2]),
    st.sampled_from(["Under investigation", "Local resolution"]),
    st.booleans(),
)


@PROPERTY
@given(st.lists(ANY_ROW, min_size=1, max_size=40))
def test_the_expression_agrees_with_the_rule_row_by_row(rows):
    assert counted(rows) == by_hand(rows)


@PROPERTY
@given(st.lists(ANY_ROW, min_size=1, max_size=30), st.randoms())
def test_the_order_of_rows_does_not_matter(rows, random):
    shuffled = rows.copy()
    random.shuffle(shuffled)
    assert counted(shuffled) == counted(rows)


@PROPERTY
@given(st.lists(ANY_ROW, min_size=1, max_size=30))
def test_repeats_add_up(rows):
    table, repeats = prepared(rows)
    counts = counting.count(table)
    assert sum(counts.column("rows").to_pylist()) == len(rows)
    dropped = len(rows) - sum(counts.column("incidents").to_pylist())
    assert dropped == repeats.same + repeats.other_outcome
    named = [row["Crime ID"] for row in rows if row["Crime ID"]]
    assert repeats.ids == len(named) - len(set(named))


@pytest.mark.parametrize(
    ("name", "expected", "not_counted"),
    [
        ("2020-03-lancashire-street.repeated-ids-first-200", Repeats(0, 65, 35, 0), 100),
        ("2020-03-city-of-london-street", Repeats(12, 0, 1, 10), 1),
        ("2023-10-city-of-london-street", Repeats(1, 3, 6, 13), 9),
        ("2017-04-city-of-london-street", Repeats(72, 0, 0, 0), 0),
        ("2024-01-btp-street.first-500", Repeats(251, 0, 0, 0), 0),
    ],
)
def test_repeats_of_real_files(name, expected, not_counted):
    """Expected: counted with pandas.DataFrame.duplicated over whole rows and over ids."""
    data = gzip.decompress((sf.REFERENCE / f"{name}.csv.gz").read_bytes())
    table, repeats = counting.prepare(street.read(data, name), 0)
    assert repeats == expected
    counts = counting.count(table)
    rows, counted_rows = (sum(counts.column(n).to_pylist()) for n in ("rows", "incidents"))
    assert rows - counted_rows == not_counted


def test_the_engine_keeps_nothing_of_what_it_counted():
    before = pa.total_allocated_bytes()
    table = prepared(sf.month_of_rows("2023-01", 2000, 2000))[0]
    for _ in range(5):
        counting.count(table)
    del table
    assert pa.total_allocated_bytes() - before < 100_000


def test_an_unknown_engine_is_refused(monkeypatch):
    monkeypatch.setenv("BCSP_ENGINE", "oracle://x")
    with pytest.raises(EngineError, match="unknown engine"):
        engines.connect()


def test_spark_that_is_not_installed_is_named_with_the_command(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(EngineError) as caught:
        engines.connect("spark://nowhere.example:7077")
    assert caught.value.hint == engines.INSTALL_SPARK
