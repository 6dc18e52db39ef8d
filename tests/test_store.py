"""The store: queries, gaps and flags, vintages, and that nothing ends it."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import street_files as sf

from bcsp_analysis.errors import (
    AreaCodeError,
    DataError,
    MissingMonthError,
    StoreBusyError,
    StoreError,
)
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import ingest, store, store_files
from bcsp_analysis.sources.counting import NO_LOCATION

MONTHS = ("2022-11", "2022-12", "2023-01", "2023-02")


@pytest.fixture
def opened(tmp_path: Path) -> store.Store:
    """Four months of one force; the number of the month is the number of burglaries over 40."""
    for number, month in enumerate(MONTHS):
        rows = sf.month_of_rows(month, 40 + number, 50)
        rows += [sf.unlocated(sf.nuisance(month=month)) for _ in range(3)]
        rows += [
            sf.incident(
                crime_id=sf.crime_id((month, "b", n)),
                month=month,
                crime_type="Robbery",
                lsoa_code="E01008882",
                lsoa_name="Solihull 002B",
            )
            for n in range(2)
        ]
        sf.write(tmp_path / "in", rows)
    ingest.ingest([tmp_path / "in"], tmp_path / "store")
    return store.open_store(tmp_path / "store")


def test_a_series_is_complete_float_and_named(opened):
    series = store.series(opened, category="Burglary")
    assert series.tolist() == [40.0, 41.0, 42.0, 43.0]
    assert series.dtype == "float64"
    assert series.index.freqstr == "MS"
    assert (series.name, series.index.name) == ("Burglary", "month")
    assert series.index[0] == pd.Timestamp("2022-11-01")


def test_areas_are_codes_districts_places_without_and_collections(opened):
    def total(area: store.Area) -> float:
        return store.series(opened, area=area).sum()

    assert total("E01008882") == 8
    assert total("Solihull") == 8
    assert total(NO_LOCATION) == 12
    assert total(["E01008881", "E01008882"]) == total("Birmingham") + 8
    assert total(None) == total("Birmingham") + 8 + 12


def test_a_month_that_is_held_without_incidents_is_zero(opened):
    assert store.series(opened, area="E01008882", category="Burglary").tolist() == [0.0] * 4


def test_first_and_last_narrow_a_series(opened):
    series = store.series(opened, category="Burglary", first=Month(2022, 12), last=Month(2023, 1))
    assert series.tolist() == [41.0, 42.0]


def test_months_beyond_what_is_held_are_refused_by_name(opened):
    with pytest.raises(MissingMonthError) as caught:
        store.series(opened, first=Month(2022, 10), last=Month(2023, 3))
    assert "2022-10 (not held of West Midlands Police)" in caught.value.found
    assert "2023-03" in caught.value.found
    masked = store.series(opened, first=Month(2022, 10), incomplete="mask")
    assert masked.isna().tolist() == [True, False, False, False, False]


def test_names_that_are_not_there_are_refused_with_the_nearest(opened):
    for arguments in (
        {"category": "Burglry"},
        {"force": "West Midlands Polic"},
        {"area": "Birmingam"},
    ):
        with pytest.raises(DataError) as caught:
            store.series(opened, **arguments)
        assert caught.value.expected.split(" or ")[0] in ("Burglary", sf.FORCE, "Birmingham")
    with pytest.raises(DataError, match="no such area"):
        store.series(opened, area="E01000001")
    with pytest.raises(DataError, match="no such column"):
        store.counts(opened, ("lsoa",))


def test_a_district_is_not_the_beginning_of_another(tmp_path):
    rows = sf.month_of_rows("2023-01", 3, 0)
    rows[0]["LSOA name"] = "Newcastle upon Tyne 024A"
    rows[1]["LSOA name"] = "Newcastle 024A"
    sf.write(tmp_path / "in", rows)
    ingest.ingest([tmp_path / "in"], tmp_path / "store")
    assert store.series(store.open_store(tmp_path / "store"), area="Newcastle").sum() == 1


def test_counts_group_by_any_column(opened):
    frame = store.counts(opened, ("category", "month"))
    assert list(frame.columns) == ["category", "month", "incidents", "rows"]
    assert list(frame.dtypes.astype(str)) == ["str", "str", "int64", "int64"]
    expected = [(sf.ASB, m) for m in MONTHS] + [
        (c, m) for c in ("Burglary", "Robbery") for m in MONTHS
    ]
    assert list(zip(frame["category"], frame["month"], strict=True)) == expected
    robberies = store.counts(opened, ("lsoa_name",), category="Robbery", first=Month(2023, 1))
    assert robberies.to_dict("list") == {
        "lsoa_name": ["Solihull 002B"],
        "incidents": [4],
        "rows": [4],
    }


def test_areas_lists_codes_names_and_months(opened):
    frame = store.areas(opened)
    assert frame.to_dict("records")[1] == {
        "lsoa_code": "E01008882",
        "lsoa_name": "Solihull 002B",
        "district": "Solihull",
        "first": "2022-11",
        "last": "2023-02",
        "incidents": 8,
        "comparable": "E01008882",
    }
    assert store.forces(opened) == [sf.FORCE]
    assert [str(month) for month in store.months(opened)] == list(MONTHS)


def ingested(
    tmp_path: Path, *months: list[dict[str, str]], slug: str = "west-midlands"
) -> store.Store:
    for rows in months:
        sf.write(tmp_path / "in", rows, slug)
    ingest.ingest([tmp_path / "in"], tmp_path / "store")
    return store.open_store(tmp_path / "store")


def test_a_gap_between_months_is_refused(tmp_path):
    opened = ingested(tmp_path, sf.month_of_rows("2023-01"), sf.month_of_rows("2023-03"))
    with pytest.raises(MissingMonthError) as caught:
        store.series(opened)
    assert "2023-02" in caught.value.found
    with pytest.raises(MissingMonthError):
        store.series(opened, incomplete="keep")
    assert store.series(opened, incomplete="mask").isna().tolist() == [False, True, False]


def test_flagged_months_are_refused_masked_or_kept_as_the_caller_says(tmp_path):
    opened = ingested(
        tmp_path,
        sf.month_of_rows("2023-01", 50, 60),
        sf.month_of_rows("2023-02", 50, 0),
        sf.month_of_rows("2023-03", 50, 60),
    )
    assert [(flag.month, flag.part) for flag in opened.flags] == [("2023-02", sf.ASB)]
    for category in (sf.ASB, None):
        with pytest.raises(MissingMonthError, match="missing or incomplete") as caught:
            store.series(opened, category=category)
        assert "2023-02 (anti-social behaviour missing, West Midlands Police)" in caught.value.found
    assert store.series(opened, category="Burglary").tolist() == [50.0] * 3
    assert store.series(opened, category=sf.ASB, incomplete="keep").tolist() == [60.0, 0.0, 60.0]
    assert store.series(opened, category=sf.ASB, incomplete="mask").isna().tolist() == [0, 1, 0]
    with pytest.raises(MissingMonthError):
        store.counts(opened)
    assert store.counts(opened, category="Burglary")["incidents"].sum() == 150
    assert store.counts(opened, last=Month(2023, 1))["incidents"].sum() == 110
    assert store.counts(opened, incomplete="keep")["incidents"].sum() == 270


def test_a_force_with_a_small_share_need_not_have_every_month(tmp_path):
    sf.write(
        tmp_path / "in",
        sf.month_of_rows("2023-01", 3, 0, force="British Transport Police"),
        "btp",
    )
    opened = ingested(tmp_path, *(sf.month_of_rows(f"2023-0{n}", 50, 50) for n in (1, 2, 3)))
    assert store.series(opened, area="Birmingham").tolist() == [103.0, 100.0, 100.0]
    assert store.series(opened, force="British Transport Police").tolist() == [3.0]


def test_a_series_stands_on_the_months_that_the_main_forces_share(tmp_path):
    for month in ("2023-02", "2023-03"):
        sf.write(tmp_path / "in", sf.month_of_rows(month, 40, 0, force="Kent Police"), "kent")
    opened = ingested(tmp_path, *(sf.month_of_rows(f"2023-0{n}", 50, 50) for n in (1, 2)))
    assert store.series(opened).index.strftime("%Y-%m").tolist() == ["2023-02"]
    assert store.series(opened, force=sf.FORCE).tolist() == [100.0, 100.0]


CHANGES = (
    "LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND\n"
    "E01008881,A,E01033800,A1,S\nE01008881,A,E01033801,A2,S\nE01008882,B,E01008882,B,U\n"
)


def split_area(tmp_path: Path) -> Path:
    """E01008881 is split into two new codes in March 2023."""
    common = {"lsoa_name": "Birmingham 031F"}
    for month, code in (
        ("2023-01", "E01008881"),
        ("2023-02", "E01008881"),
        ("2023-03", "E01033800"),
    ):
        rows = sf.month_of_rows(month, 40, 20, lsoa_code=code, **common)
        if month == "2023-03":
            for row in rows[::2]:
                row["LSOA code"] = "E01033801"
        rows += sf.month_of_rows(month, 5, 5, lsoa_code="E01008882", lsoa_name="Birmingham 031B")[
            :5
        ]
        for number, row in enumerate(rows):
            if row["Crime ID"]:
                row["Crime ID"] = sf.crime_id((month, number))
        sf.write(tmp_path / "in", rows)
    (tmp_path / "changes.csv").write_text(CHANGES, encoding="utf-8")
    return tmp_path / "in"


def test_codes_that_end_or_begin_with_a_vintage_are_refused_without_a_lookup(tmp_path):
    ingest.ingest([split_area(tmp_path)], tmp_path / "store")
    opened = store.open_store(tmp_path / "store")
    for area in ("E01008881", "E01033800", ["E01008881", "E01008882"]):
        with pytest.raises(AreaCodeError, match="begin or end"):
            store.series(opened, area=area)
    assert store.series(opened, area="E01008882").tolist() == [5.0, 5.0, 5.0]
    assert store.series(opened, area="E01008881", last=Month(2023, 2)).tolist() == [60.0, 60.0]
    assert store.series(opened, area="Birmingham").tolist() == [65.0, 65.0, 65.0]


def test_with_a_lookup_the_codes_of_one_comparable_area_are_counted_together(tmp_path):
    folder = split_area(tmp_path)
    report = ingest.ingest([folder], tmp_path / "store", lookup=tmp_path / "changes.csv")
    assert [match.rate for match in report.matches] == [1.0]
    opened = store.open_store(tmp_path / "store")
    for code in ("E01008881", "E01033800", "E01033801"):
        assert store.series(opened, area=code).tolist() == [60.0, 60.0, 60.0]
    assert set(store.areas(opened)["comparable"]) == {"E01033800", "E01008882"}


def test_a_lookup_stays_with_the_store(tmp_path):
    folder = split_area(tmp_path)
    ingest.ingest([folder], tmp_path / "store", lookup=tmp_path / "changes.csv")
    sf.write(folder, sf.month_of_rows("2023-04", 40, 20, lsoa_code="E01033800"))
    report = ingest.ingest([folder], tmp_path / "store")
    assert report.changed
    assert report.matches[0].rate == 1.0
    assert store.lookup(store.open_store(tmp_path / "store"))["E01033801"] == "E01033800"


def test_a_match_rate_below_99_percent_names_the_codes_and_leaves_the_store(tmp_path):
    folder = split_area(tmp_path)
    ingest.ingest([folder], tmp_path / "store", lookup=tmp_path / "changes.csv")
    before = sf.contents(tmp_path / "store")
    rows = sf.month_of_rows("2023-04", 12, 0)
    for number, row in enumerate(rows):
        row["LSOA code"] = f"E010200{number:02d}"
    sf.write(folder, rows)
    with pytest.raises(AreaCodeError) as caught:
        ingest.ingest([folder], tmp_path / "store")
    assert "12 unknown codes" in caught.value.found
    assert caught.value.found.count("E010200") == 10
    assert sf.contents(tmp_path / "store") == before


def test_one_unknown_code_in_two_hundred_rows_is_a_match(tmp_path):
    rows = sf.month_of_rows("2023-01", 200, 0)
    rows[0]["LSOA code"] = "E01099999"
    sf.write(tmp_path / "in", rows)
    (tmp_path / "changes.csv").write_text(CHANGES, encoding="utf-8")
    report = ingest.ingest([tmp_path / "in"], tmp_path / "store", lookup=tmp_path / "changes.csv")
    assert report.matches[0].rate == 0.995


def test_opening_no_store_says_what_to_do(tmp_path):
    with pytest.raises(StoreError) as caught:
        store.open_store(tmp_path)
    assert "bcsp ingest" in caught.value.hint


def test_the_setting_names_the_store(tmp_path, monkeypatch):
    monkeypatch.setenv("BCSP_STORE", str(tmp_path / "there"))
    sf.write(tmp_path / "in", sf.month_of_rows("2023-01"))
    ingest.ingest([tmp_path / "in"])
    assert store.open_store().folder == tmp_path / "there"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 99}', '{"format": 1}', '{"format": 1, "generation": 1}']
)
def test_a_damaged_pointer_is_a_named_error(tmp_path, text):
    (tmp_path / "current.json").write_text(text)
    with pytest.raises(StoreError):
        store.open_store(tmp_path)


def test_a_missing_file_of_counts_is_a_named_error(opened):
    next((opened.folder / "counts").iterdir()).unlink()
    with pytest.raises(StoreError, match="file of the store is missing"):
        store.open_store(opened.folder)


def test_an_opened_store_is_not_changed_by_an_ingest(opened, tmp_path):
    before = store.series(opened, category="Burglary")
    sf.write(tmp_path / "in", sf.month_of_rows("2023-03"))
    ingest.ingest([tmp_path / "in"], opened.folder)
    pd.testing.assert_series_equal(store.series(opened, category="Burglary"), before)
    assert len(store.series(store.open_store(opened.folder), category="Burglary")) == 5


def test_older_generations_are_removed(tmp_path):
    for number in range(1, 6):
        ingested(tmp_path, sf.month_of_rows(f"2023-0{number}"))
    names = sorted(sf.contents(tmp_path / "store"))
    assert [name for name in names if name.startswith("counts/")] == [
        "counts/west-midlands-police-000-000004.parquet",
        "counts/west-midlands-police-000-000005.parquet",
    ]
    assert [name for name in names if name.startswith("record")] == [
        "record-000004.json",
        "record-000005.json",
    ]


def test_the_lock_keeps_a_second_ingest_out(tmp_path):
    sf.write(tmp_path / "in", sf.month_of_rows("2023-01"))
    with store_files.locked(tmp_path / "store"), pytest.raises(StoreBusyError):
        ingest.ingest([tmp_path / "in"], tmp_path / "store")
    assert ingest.ingest([tmp_path / "in"], tmp_path / "store").changed


def error_of(files: Path, folder: Path) -> StoreError | None:
    try:
        ingest.ingest([files], folder)
    except StoreError as error:
        return error
    return None


class Disk:
    """A disk with room for so many bytes below a folder."""

    def __init__(self, folder: Path, room: int) -> None:
        self.folder, self.room = folder, room
        self.open = Path.open

    def opened(self, file: Path, mode: str = "r", *arguments, **options):
        stream = self.open(file, mode, *arguments, **options)
        if "w" in mode and file.is_relative_to(self.folder):
            original = stream.write

            class Limited:
                def __getattr__(_, name: str):
                    return getattr(stream, name)

                def __enter__(_):
                    return _

                def __exit__(_, *error):
                    stream.close()

                def write(_, data) -> int:
                    size = memoryview(data).nbytes
                    if size > self.room:
                        original(bytes(data)[: self.room])
                        self.room = 0
                        raise OSError(errno.ENOSPC, "No space left on device")
                    self.room -= size
                    return original(data)

            return Limited()
        return stream


def test_a_disk_that_fills_at_any_byte_leaves_the_last_store(tmp_path, monkeypatch):
    folder = tmp_path / "store"
    sf.write(tmp_path / "in", sf.month_of_rows("2023-01", 40, 40))
    ingest.ingest([tmp_path / "in"], folder)
    before = sf.contents(folder)
    first = store.series(store.open_store(folder)).tolist()
    sf.write(tmp_path / "in", sf.month_of_rows("2023-02", 45, 45))
    room, failures = 0, 0
    while True:
        disk = Disk(folder, room)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", lambda file, *a, disk=disk, **k: disk.opened(file, *a, **k))
            error = error_of(tmp_path / "in", folder)
        if error is None:
            break
        assert error.problem == "the disk is full"
        failures += 1
        series = store.series(store.open_store(folder)).tolist()
        assert series in (first, [80.0, 90.0])
        if series == first:
            # Only counts and record of the last good state are left, and it is byte for byte that.
            assert {name: sf.contents(folder)[name] for name in before} == before
        room += 97
    assert failures > 20
    assert store.series(store.open_store(folder)).tolist() == [80.0, 90.0]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_an_error_of_the_disk_at_any_step_leaves_the_last_store(tmp_path, monkeypatch, call):
    folder = tmp_path / "store"
    sf.write(tmp_path / "in", sf.month_of_rows("2023-01", 40, 40))
    ingest.ingest([tmp_path / "in"], folder)
    sf.write(tmp_path / "in", sf.month_of_rows("2023-02", 45, 45))
    original = getattr(os, call)
    for step in range(50):
        left = [step]

        def failing(*arguments, left=left):
            if left[0] == 0:
                raise OSError(errno.EIO, "Input/output error")
            left[0] -= 1
            return original(*arguments)

        with monkeypatch.context() as patch:
            patch.setattr(os, call, failing)
            error = error_of(tmp_path / "in", folder)
        if error is None:
            break
        assert error.problem == "the store cannot be written"
        assert store.series(store.open_store(folder)).tolist() in ([80.0], [80.0, 90.0])
    assert step > 0
    assert store.series(store.open_store(folder)).tolist() == [80.0, 90.0]


# A process that has loaded everything makes a child for each line that it reads. The child ingests
# and is killed: at the given call of fsync or replace, or after the given time.
KILLED = """
import os, signal, sys
from pathlib import Path
from bcsp_analysis.sources import counting, draft, ingest, reading

for line in sys.stdin:
    how, number = line.split()
    child = os.fork()
    if not child:
        if how == "after":
            signal.setitimer(signal.ITIMER_REAL, float(number))
        left = [int(float(number))]
        def killing(original):
            def call(*arguments):
                if how == "call" and left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
                return original(*arguments)
            return call
        os.fsync, os.replace = killing(os.fsync), killing(os.replace)
        ingest.ingest([Path(sys.argv[1])], Path(sys.argv[2]))
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs fork and SIGKILL")
def test_a_kill_at_any_moment_leaves_the_last_store(tmp_path):
    files, folder = tmp_path / "in", tmp_path / "store"
    sf.write(files, sf.month_of_rows("2023-01", 40, 40))
    ingest.ingest([files], folder)
    sf.write(files, sf.month_of_rows("2023-02", 45, 45))
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(files), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        kills = 0
        orders = [f"after {0.02 * step:.2f}" for step in range(1, 11)]
        orders += [f"call {step}" for step in range(40)]
        for order in orders:
            process.stdin.write(f"{order}\n")
            process.stdin.flush()
            status = int(process.stdout.readline())
            series = store.series(store.open_store(folder)).tolist()
            assert series in ([80.0], [80.0, 90.0])
            if status == 0 and series == [80.0, 90.0]:
                break
            assert os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGALRM)
            kills += 1
        process.stdin.close()
    assert kills > 5
    assert ingest.ingest([files], folder).files
    assert store.series(store.open_store(folder)).tolist() == [80.0, 90.0]
    assert json.loads((folder / "current.json").read_text())["generation"] >= 2
