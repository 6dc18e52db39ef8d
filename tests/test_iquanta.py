"""iQuanta exports through a column map. No layout is public: the columns here are made up."""

from pathlib import Path

import pandas as pd
import pytest
import small_project
import spreadsheets
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis import cli
from bcsp_analysis.errors import (
    BcspError,
    ColumnMapError,
    DataError,
    DuplicateRowError,
    FigureError,
    HeaderError,
    PeriodError,
    RegisterError,
    UnknownMeasureError,
)
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import column_map, comparators, iquanta, iquanta_comparators

PROPERTY = settings(deadline=None, max_examples=100)
IDS = {"violence-against-the-person": "residents", "burglary-residential": "households"}
MAP = """
ignored = ["Force"]

[export]
rank_1_is = "lowest rate"
denominator = "residents"
rate_per = 1000
months = 12

[columns]
area = "CSP"
area_code = "Code"
measure = "Crime group"
period_end = "Period ending"
count = "Offences"
denominator = "Population"
rate = "Rate"
rank = "Rank"
group_mean = "MSG mean"
n_in_group = "In group"

[measures]
"Violence" = "violence-against-the-person"
"Burglary (dwelling)" = "burglary-residential"

[denominators]
burglary-residential = "households"
"""
HEADER = "CSP,Code,Force,Crime group,Period ending,Offences,Population,Rate,Rank,MSG mean,In group"
# rate = 1000 x count / population, rounded to one decimal place, by hand
ROWS = [
    "Birmingham,E08000025,West Midlands,Violence,Jun 2023,50000,1144900,43.7,2,41.0,3",
    "Bradford,E08000032,West Yorkshire,Violence,Jun 2023,27000,546400,49.4,3,41.0,3",
    "Leeds,E08000035,West Yorkshire,Violence,Jun 2023,31000,811900,38.2,1,41.0,3",
    "Birmingham,E08000025,West Midlands,Burglary (dwelling),Jun 2023,,423456,,2,,3",
]


def read(folder: Path, rows: list[str], header: str = HEADER, text: str = MAP):
    (folder / "map.toml").write_text(text, encoding="utf-8")
    (folder / "export.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return iquanta.load(folder / "export.csv", column_map.load(folder / "map.toml"), IDS)


def test_an_export_is_read_with_its_meaning(tmp_path):
    export = read(tmp_path, ROWS)
    rows = export.rows
    assert list(rows["measure_id"].unique()) == sorted(IDS, reverse=True)
    assert list(rows["count"].iloc[:3]) == [50000.0, 27000.0, 31000.0]
    assert pd.isna(rows["count"].iloc[3])  # blank is not known, not zero
    assert rows["period_first"].iloc[0] == pd.Timestamp("2022-07-01")
    assert rows["period_last"].iloc[0] == pd.Timestamp("2023-06-01")
    assert export.column_map.rank_1_is == "lowest rate"
    assert export.column_map.denominators == {"burglary-residential": "households"}
    implied = iquanta.implied_count(export)
    assert implied.iloc[0] == pytest.approx(43.7 * 1144.9)


def test_the_rows_are_what_the_comparison_reads(tmp_path):
    export = read(tmp_path, ROWS[:3])
    rows = iquanta_comparators.rows(export)
    (tmp_path / "c.csv").write_text(iquanta_comparators.text(rows), encoding="utf-8")
    again = comparators.load(tmp_path / "c.csv", IDS, "E08000025")
    pd.testing.assert_frame_equal(again, rows, check_dtype=False)
    assert list(again.columns) == list(comparators.COLUMNS)


def test_the_command_writes_the_table_and_says_where_to_name_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("BCSP_PROJECT", str(small_project.make(tmp_path)))
    monkeypatch.chdir(tmp_path)
    read(tmp_path, ROWS[:3])
    command = ["comparators", "export.csv", "--map", "map.toml", "--to", "data/similar.csv"]
    assert run(command, capsys) == (0, True)
    made = comparators.load(tmp_path / "data/similar.csv", IDS, "E08000025")
    assert list(made["area"]) == ["Birmingham", "Bradford", "Leeds"]
    assert run(command, capsys)[0] == 0
    before = (tmp_path / "data/similar.csv").read_bytes()
    read(tmp_path, ROWS[:2])
    assert run(command, capsys)[0] == 1
    assert (tmp_path / "data/similar.csv").read_bytes() == before
    assert run([*command, "--replace"], capsys)[0] == 0
    read(tmp_path, ROWS[1:3])  # without the edition's own area
    assert run([*command, "--replace"], capsys)[0] == 1
    assert not [file for file in (tmp_path / "data").iterdir() if ".part" in file.name]


def run(arguments, capsys):
    status = 0
    try:
        cli.main(arguments)
    except SystemExit as ended:
        status = int(ended.code or 0)
    return status, 'comparators = "data/similar.csv"' in capsys.readouterr().out


def test_a_period_is_chosen_by_its_last_month(tmp_path):
    more = [row.replace("Jun 2023", "31/03/2023") for row in ROWS[:3]]
    export = read(tmp_path, [*ROWS[:3], *more])
    chosen = iquanta_comparators.rows(export, Month(2023, 3))
    assert set(chosen["period_last"]) == {pd.Timestamp("2023-03-01")}
    with pytest.raises(PeriodError, match="several periods"):
        iquanta_comparators.rows(export)
    with pytest.raises(PeriodError, match="2022-03"):
        iquanta_comparators.rows(export, Month(2022, 3))


def test_rates_alone_are_no_comparison(tmp_path):
    export = read(
        tmp_path, [",".join([*r.split(",")[:5], "", *r.split(",")[6:]]) for r in ROWS[:3]]
    )
    with pytest.raises(DataError, match="without counts"):
        iquanta_comparators.rows(export)


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_spreadsheet_with_title_rows_gives_the_same(tmp_path, suffix):
    cells = [[float(c) if c.replace(".", "").isdigit() else c for c in r.split(",")] for r in ROWS]
    sheet = [["iQuanta export"], [], HEADER.split(","), *cells]
    file = spreadsheets.write(tmp_path / f"e.{suffix}", {"About": [["x"]], "Data": sheet})
    text = MAP.replace("months = 12", 'months = 12\nsheet = "Data"\nheading_row = 3')
    (tmp_path / "map.toml").write_text(text, encoding="utf-8")
    export = iquanta.load(file, column_map.load(tmp_path / "map.toml"), IDS)
    pd.testing.assert_frame_equal(export.rows, read(tmp_path, ROWS).rows)


# Rank 15 of 15 is the highest rate or the lowest, as the system has it: the map must say which, and
# the rates must agree.
def test_ranks_that_run_against_the_rates_are_refused(tmp_path):
    with pytest.raises(ColumnMapError, match="run against") as caught:
        read(tmp_path, ROWS, text=MAP.replace("lowest rate", "highest rate"))
    assert caught.value.where.endswith("column Rank")
    beyond = ROWS[1].replace(",3,41.0,3", ",9,41.0,3")
    with pytest.raises(ColumnMapError, match="size of the group"):
        read(tmp_path, [ROWS[0], beyond, ROWS[2]])


def test_a_rate_that_its_count_contradicts_is_refused(tmp_path):
    with pytest.raises(ColumnMapError, match="contradict") as caught:
        read(tmp_path, ROWS, text=MAP.replace("rate_per = 1000", "rate_per = 100"))
    assert caught.value.where.endswith("row 2, column Rate")
    households = ROWS[0].replace("1144900", "423456")
    with pytest.raises(ColumnMapError, match="households"):
        read(tmp_path, [households])


@pytest.mark.parametrize(
    ("old", "new", "error", "place"),
    [
        ("50000", "50000.5", FigureError, "row 2, column Offences"),
        ("50000", "5O000", FigureError, "row 2, column Offences"),
        ("50000", "-1", FigureError, "row 2, column Offences"),
        ("1144900", "0", FigureError, "row 2, column Population"),
        ("43.7", "43.7%", FigureError, "row 2, column Rate"),
        (",2,41.0", ",0,41.0", FigureError, "row 2, column Rank"),
        ("Violence", "Violent crime", ColumnMapError, "row 2, column Crime group"),
        ("Jun 2023", "2022/23", PeriodError, "row 2, column Period ending"),
        ("E08000025", "", DataError, "row 2"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named(tmp_path, old, new, error, place):
    with pytest.raises(error) as caught:
        read(tmp_path, [ROWS[0].replace(old, new), *ROWS[1:3]])
    assert caught.value.where.endswith(place)


# Residential burglary is counted per household, the rest per resident: mixed up, a rate is 2.7
# times too high or too low.
def test_another_denominator_than_the_catalogue_has_is_refused(tmp_path):
    with pytest.raises(ColumnMapError, match="per households"):
        read(tmp_path, ROWS, text=MAP.split("[denominators]")[0])
    with pytest.raises(ColumnMapError, match="per residents"):
        read(
            tmp_path,
            ROWS,
            text=MAP.replace('denominator = "residents"', 'denominator = "households"'),
        )


def test_columns_measures_and_repeats_are_named(tmp_path):
    with pytest.raises(ColumnMapError, match="'Notes'"):
        read(tmp_path, [row + ",x" for row in ROWS], HEADER + ",Notes")
    with pytest.raises(HeaderError, match="'Rank'"):
        read(tmp_path, ROWS, HEADER.replace("Rank", "Position"))
    with pytest.raises(DuplicateRowError, match="row 5"):
        read(tmp_path, [*ROWS[:3], ROWS[0]])
    with pytest.raises(UnknownMeasureError, match="violence-against"):
        read(tmp_path, ROWS, text=MAP.replace("against-the-person", "against-people"))
    areas = MAP.replace('area_code = "Code"', "").replace('["Force"]', '["Force", "Code"]')
    named = areas + '[areas]\n"Birmingham" = "E08000025"\n'
    assert read(tmp_path, ROWS[:1], text=named).rows["area_code"].iloc[0] == "E08000025"
    with pytest.raises(ColumnMapError, match="Bradford"):
        read(tmp_path, ROWS, text=named)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('rank_1_is = "lowest rate"\n', "", "rank_1_is"),
        ('"lowest rate"', '"best"', "'lowest rate' or 'highest rate'"),
        ('denominator = "residents"\n', "", r"\[export\], denominator"),
        ('"residents"', '"people"', "'residents' or 'households'"),
        ("rate_per = 1000", "rate_per = 0", "rate_per"),
        ("rate_per = 1000", "rate_per = true", "rate_per"),
        ("months = 12", "months = 12.5", "a whole number"),
        ("months = 12", "month = 12", "only rank_1_is"),
        ('area = "CSP"', "", "area"),
        ('area_code = "Code"', "", "a table \\[areas\\]"),
        ('rate = "Rate"', 'rate = "Rank"', "once"),
        ('rate = "Rate"', "rate = 3", "text in quotes"),
        ('rate = "Rate"', 'rates = "Rate"', "only area"),
        ('ignored = ["Force"]', 'ignored = "Force"', "a list"),
        ("[measures]", "[mesures]", "only export"),
        ('"households"', '"homes"', "'households'"),
        ("burglary-residential = ", "burglary = ", "only violence"),
    ],
)
def test_a_column_map_that_leaves_something_open_is_refused(tmp_path, old, new, expected):
    assert old in MAP
    with pytest.raises(ColumnMapError, match=expected):
        read(tmp_path, ROWS, text=MAP.replace(old, new, 1))


def test_a_map_that_is_no_toml_is_named(tmp_path):
    with pytest.raises(RegisterError, match=r"map\.toml"):
        read(tmp_path, ROWS, text=MAP.replace("[columns]", "[columns"))


def result_or_error(read, *arguments):
    try:
        return read(*arguments)
    except BcspError as error:
        return error


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("iquanta")


@PROPERTY
@given(
    row=st.integers(0, 2),
    column=st.sampled_from([0, 1, 3, 4, 5, 6, 7, 8, 10]),
    cell=st.text(alphabet="0123456789.,-%=E JunViolec", max_size=9),
)
def test_a_mutated_cell_is_read_rightly_or_refused_by_name(scratch, row, column, cell):
    parts = ROWS[row].split(",")
    parts[column] = f'"{cell}"'
    rows = [*ROWS[:row], ",".join(parts), *ROWS[row + 1 :]]
    export = result_or_error(read, scratch, rows)
    if isinstance(export, BcspError):
        assert "export.csv" in export.where
        return
    name = {5: "count", 6: "denominator", 7: "rate", 8: "rank", 10: "n_in_group"}.get(column)
    if name:
        found = export.rows[name].iloc[row]
        assert (pd.isna(found) and not cell.strip()) or found == float(cell.replace(",", ""))
    elif column == 0:
        assert export.rows["area"].iloc[row] == cell.strip()
