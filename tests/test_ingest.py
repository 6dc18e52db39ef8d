"""Ingest from files to report: real files, releases, refusals, and the traps of the data."""

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import street_files as sf

from bcsp_analysis.cli import main
from bcsp_analysis.errors import MissingFileError, RefusedFilesError, ReleaseError
from bcsp_analysis.sources import ingest, store
from bcsp_analysis.sources.ingest_report import (
    ADDED,
    SAME,
    SUPERSEDED,
    UNCHANGED,
    FileReport,
    IngestReport,
)
from bcsp_analysis.sources.record import Repeats

CITY = "City of London Police"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[IngestReport, Path]:
    """The real files but the two excerpts of ordinary months."""
    folder = tmp_path_factory.mktemp("real") / "store"
    files = sorted(sf.REFERENCE.glob("*.csv.gz"))
    return ingest.ingest(files, folder), folder


def file_of(report: IngestReport, name: str) -> FileReport:
    (found,) = [file for file in report.files if name in file.where]
    return found


@pytest.mark.parametrize(
    ("name", "rows", "asb", "violence", "no_location"),
    [
        ("2017-04-city", 626, 152, 73, 43),
        ("2017-05-city", 505, 0, 75, 47),
        ("2017-06-city", 606, 151, 95, 29),
        ("earlier-release", 464, 0, 86, 0),
        ("later-release", 651, 136, 96, 19),
        ("2020-03-city", 605, 56, 81, 41),
        ("2020-04-city", 236, 27, 23, 24),
        ("2020-05-city", 226, 51, 21, 19),
        ("2023-10-city", 851, 19, 134, 71),
        ("2024-01-dyfed", 1187, 277, 662, 361),
        ("2024-02-dyfed", 300, 204, 45, 24),
        ("2024-03-dyfed", 164, 121, 24, 2),
        ("2020-03-lancashire", 200, 0, 102, 0),
        ("2024-01-btp", 500, 0, 92, 0),
        ("2012-04-avon", 9, 0, 0, 0),
        ("2010-12-nottinghamshire", 20, 8, 3, 0),
    ],
)
def test_real_files_are_reported_as_their_readme_counts_them(
    real, name, rows, asb, violence, no_location
):
    file = file_of(real[0], name)
    assert file.rows == rows
    assert file.categories.get(sf.ASB, 0) == asb
    names = ("Violence and sexual offences", "Violent crime")
    assert sum(file.categories.get(category, 0) for category in names) == violence
    assert file.no_location == no_location


def test_real_repeats_places_and_codes_are_reported(real):
    report = real[0]
    assert file_of(report, "2017-04-city").repeats == Repeats(without_id=72)
    assert file_of(report, "2020-03-lancashire").repeats == Repeats(0, 65, 35, 0)
    assert file_of(report, "2020-03-lancashire").incidents == 100
    repeated = [file_of(report, f"{m}-city").repeats.ids for m in ("2020-03", "2020-04", "2020-05")]
    assert repeated == [11, 3, 6]
    assert file_of(report, "2023-10-city").repeats.ids == 22
    assert file_of(report, "2023-10-city").new_codes == 1
    assert file_of(report, "2024-01-dyfed").new_codes == 49
    assert file_of(report, "2012-04-avon").no_area == 9
    assert file_of(report, "2024-01-btp").incidents == 500


def test_real_faulty_months_are_flagged_and_no_other(real):
    found = [(flag.force, flag.month, flag.part, flag.status) for flag in real[0].flags]
    assert found == [
        (CITY, "2017-05", sf.ASB, "missing"),
        ("Dyfed-Powys Police", "2024-02", "Recorded crime", "incomplete"),
        ("Dyfed-Powys Police", "2024-03", "Recorded crime", "incomplete"),
    ]


def test_of_two_real_releases_the_later_wins_and_the_difference_is_reported(real):
    report, folder = real
    (difference,) = report.differences
    assert "later-release" in difference.later
    assert "earlier-release" in difference.earlier
    assert difference.decided_by == "outcomes"
    assert (difference.rows_earlier, difference.rows_later) == (464, 651)
    assert difference.ids_shared == difference.outcomes_changed == 451
    assert (difference.ids_only_later, difference.ids_only_earlier) == (63, 13)
    assert difference.categories[sf.ASB] == (0, 136)
    assert file_of(report, "earlier-release").state == SUPERSEDED
    opened = store.open_store(folder)
    held = store.counts(opened, ("month",), force=CITY, incomplete="keep").set_index("month")
    assert held.loc["2017-12", "incidents"] == 651


def test_the_store_agrees_with_pandas_on_the_real_files(real):
    """Counted anew: rows less those that repeat id, category and place, by area and category."""
    frames = []
    for file in sorted(sf.REFERENCE.glob("*.csv.gz")):
        if "earlier-release" in file.name:
            continue
        text = gzip.decompress(file.read_bytes()).decode("utf-8")
        frames.append(pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False))
    rows = pd.concat(frames).fillna("")
    key = ["Crime ID", "Crime type", "Longitude", "Latitude", "LSOA code", "Month", "Reported by"]
    rows = rows[(rows["Crime ID"] == "") | ~rows.duplicated(key)]
    keys = {"month": "Month", "force": "Reported by", "lsoa_code": "LSOA code"}
    keys["category"] = "Crime type"
    expected = rows.groupby(list(keys.values())).size()
    found = store.counts(store.open_store(real[1]), tuple(keys), incomplete="keep")
    assert found.set_index(list(keys))["incidents"].to_dict() == expected.to_dict()


def test_excerpts_with_locations_without_street_and_without_area_are_read(tmp_path):
    report = ingest.ingest([sf.REFERENCE / "excerpts"], tmp_path / "store")
    island = file_of(report, "2014-01-northern-ireland")
    assert (island.rows, island.no_location + island.no_area) == (62, 62)
    city = file_of(report, "2023-05-city")
    assert (city.rows, city.repeats.ids) == (85, 8)


# --- again, and in other forms ---------------------------------------------------------------


def two_months(folder: Path) -> None:
    sf.write(folder, sf.month_of_rows("2023-01", 40, 40))
    sf.write(folder, sf.month_of_rows("2023-02", 45, 45))


def test_the_same_files_again_change_nothing(tmp_path):
    two_months(tmp_path / "in")
    first = ingest.ingest([tmp_path / "in"], tmp_path / "store")
    before = sf.contents(tmp_path / "store")
    again = ingest.ingest([tmp_path / "in"], tmp_path / "store")
    assert sf.contents(tmp_path / "store") == before
    assert first.changed
    assert not again.changed
    assert {file.state for file in again.files} == {UNCHANGED}
    assert [file.rows for file in again.files] == [file.rows for file in first.files]
    assert again.forces == first.forces


def imported_by_an_ingest(tmp_path: Path) -> str:
    """Which of the large libraries a new process has after it, as a list in text."""
    code = (
        "import sys; from pathlib import Path; from bcsp_analysis.sources import ingest;"
        "ingest.ingest([Path(sys.argv[1])], Path(sys.argv[2]));"
        "print(sorted({'pandas', 'ibis', 'duckdb', 'pyarrow', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "in"), str(tmp_path / "store")],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_first_ingest_needs_no_pandas_and_the_same_files_again_no_engine(tmp_path):
    two_months(tmp_path / "in")
    assert imported_by_an_ingest(tmp_path) == "['duckdb', 'ibis', 'numpy', 'pyarrow']"
    assert imported_by_an_ingest(tmp_path) == "[]"


def test_a_file_with_another_time_but_the_same_content_changes_no_count(tmp_path):
    two_months(tmp_path / "in")
    ingest.ingest([tmp_path / "in"], tmp_path / "store")
    for file in (tmp_path / "in").rglob("*.csv"):
        os.utime(file, (1, 1))
    report = ingest.ingest([tmp_path / "in"], tmp_path / "store")
    assert not report.changed
    assert {file.state for file in report.files} == {UNCHANGED}
    assert not report.differences


def test_a_copy_of_a_file_is_not_another_release(tmp_path):
    file = sf.write(tmp_path / "in", sf.month_of_rows("2023-01"))
    shutil.copy(file, file.with_name("2023-01-west-midlands-street.copy.csv"))
    report = ingest.ingest([tmp_path / "in"], tmp_path / "store")
    assert sorted(each.state for each in report.files) == sorted([ADDED, SAME])
    assert not report.differences
    assert store.series(store.open_store(tmp_path / "store")).tolist() == [80.0]


def test_a_copy_under_the_name_of_another_month_or_force_is_refused(tmp_path):
    """Its content is known, but not as what the name says: that month would be missing unseen."""
    file = sf.write(tmp_path / "in", sf.month_of_rows("2023-01"))
    ingest.ingest([file], tmp_path / "store")
    for name in ("2023-02-west-midlands-street.csv", "2023-01-kent-street.csv"):
        copy = tmp_path / name
        shutil.copy(file, copy)
        with pytest.raises(RefusedFilesError, match="one file was refused"):
            ingest.ingest([copy], tmp_path / "store")


def test_a_copy_without_a_telling_name_is_the_same_file(tmp_path):
    file = sf.write(tmp_path / "in", sf.month_of_rows("2023-01"))
    shutil.copy(file, tmp_path / "copy.csv")
    report = ingest.ingest([file, tmp_path / "copy.csv"], tmp_path / "store")
    assert sorted(each.state for each in report.files) == sorted([ADDED, SAME])
    assert store.series(store.open_store(tmp_path / "store")).tolist() == [80.0]


def test_thousands_of_other_files_take_a_few_lines(tmp_path):
    two_months(tmp_path / "in")
    for number in range(30):
        (tmp_path / "in" / f"2023-01-force-{number}-outcomes.csv").write_bytes(b"")
    ingest.ingest([tmp_path / "in"], tmp_path / "store")
    text = (tmp_path / "store" / "ingest-report.md").read_text(encoding="utf-8")
    assert "outcomes, 30 files: " in text
    assert text.count("-outcomes.csv") == 6


def packed(files: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for file in sorted(files.rglob("*.csv")):
            made.write(file, file.relative_to(files).as_posix())
    return archive


def test_folder_archive_and_gzip_make_the_same_counts(tmp_path):
    two_months(tmp_path / "in")
    archive = packed(tmp_path / "in", tmp_path / "2023-02.zip")
    gzipped = tmp_path / "gz"
    gzipped.mkdir()
    for file in (tmp_path / "in").rglob("*.csv"):
        (gzipped / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    found = []
    for number, path in enumerate((tmp_path / "in", archive, gzipped)):
        ingest.ingest([path], tmp_path / f"store-{number}")
        found.append(
            {n: b for n, b in sf.contents(tmp_path / f"store-{number}").items() if "parquet" in n}
        )
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == 1


def test_months_one_after_the_other_make_the_counts_of_all_at_once(tmp_path):
    two_months(tmp_path / "in")
    ingest.ingest([tmp_path / "in"], tmp_path / "whole")
    for month in ("2023-02", "2023-01"):
        ingest.ingest([tmp_path / "in" / month], tmp_path / "parts")
    pd.testing.assert_frame_equal(
        *(
            store.counts(store.open_store(tmp_path / name), ("month", "lsoa_code", "category"))
            for name in ("whole", "parts")
        )
    )


def test_a_file_of_several_months_and_forces_is_taken_apart(tmp_path):
    rows = sf.month_of_rows("2023-01", 40, 40) + sf.month_of_rows("2023-02", 45, 45)
    rows += sf.month_of_rows("2023-01", 30, 5, force="Kent Police")
    (tmp_path / "joined.csv").write_bytes(sf.content(rows))
    report = ingest.ingest([tmp_path / "joined.csv"], tmp_path / "store")
    assert [(f.month, f.force, f.rows) for f in report.files] == [
        ("2023-01", "Kent Police", 35),
        ("2023-01", sf.FORCE, 80),
        ("2023-02", sf.FORCE, 90),
    ]
    opened = store.open_store(tmp_path / "store")
    assert store.series(opened, force=sf.FORCE).tolist() == [80.0, 90.0]


def test_many_rows_are_counted_in_several_goes(tmp_path, monkeypatch):
    from bcsp_analysis.sources import draft

    for number in range(1, 7):
        sf.write(tmp_path / "in", sf.month_of_rows(f"2023-0{number}", 30 + number, 0))
    monkeypatch.setattr(draft, "_ROWS_AT_ONCE", 50)
    ingest.ingest([tmp_path / "in"], tmp_path / "store")
    series = store.series(store.open_store(tmp_path / "store"))
    assert series.tolist() == [31.0, 32.0, 33.0, 34.0, 35.0, 36.0]


# --- releases --------------------------------------------------------------------------------


def release(folder: Path, crimes: int, outcome: str = "", name: str = "") -> Path:
    """January 2023 of one force with so many crimes, half of which have an outcome."""
    rows = sf.month_of_rows("2023-01", crimes, 5)
    for row in rows[: crimes // 2]:
        row["Last outcome category"] = outcome or row["Last outcome category"]
    file = sf.write(folder, rows)
    return file.rename(file.with_name(name)) if name else file


def only(report: IngestReport) -> tuple[str, int, int]:
    (difference,) = report.differences
    return difference.decided_by, difference.rows_earlier, difference.rows_later


def test_the_archive_s_name_decides_before_everything_else(tmp_path):
    release(tmp_path / "a", 40, "Local resolution")
    release(tmp_path / "b", 41)
    older = packed(tmp_path / "a", tmp_path / "2023-04.zip")
    newer = packed(tmp_path / "b", tmp_path / "2024-04.zip")
    os.utime(newer, (1, 1))
    for paths in ([older, newer], [newer, older]):
        folder = tmp_path / f"store-{paths[0].stem}"
        assert only(ingest.ingest(paths, folder)) == ("archive", 45, 46)
        assert store.series(store.open_store(folder)).tolist() == [46.0]


def test_an_older_archive_that_comes_later_does_not_win(tmp_path):
    release(tmp_path / "a", 40)
    release(tmp_path / "b", 41)
    older = packed(tmp_path / "a", tmp_path / "2023-04.zip")
    newer = packed(tmp_path / "b", tmp_path / "2024-04.zip")
    ingest.ingest([newer], tmp_path / "store")
    report = ingest.ingest([older], tmp_path / "store")
    assert only(report) == ("archive", 45, 46)
    assert not report.changed
    assert report.files[0].state == SUPERSEDED
    assert store.series(store.open_store(tmp_path / "store")).tolist() == [46.0]


def test_settled_outcomes_decide_where_no_archive_does(tmp_path):
    release(tmp_path / "in", 41, name="2023-01-west-midlands-street.a.csv")
    release(tmp_path / "in", 40, "Local resolution", name="2023-01-west-midlands-street.b.csv")
    assert only(ingest.ingest([tmp_path / "in"], tmp_path / "store")) == ("outcomes", 46, 45)


def test_the_order_of_reading_decides_between_files_that_say_nothing(tmp_path):
    first, second = release(tmp_path / "a", 40), release(tmp_path / "b", 41)
    report = ingest.ingest([first, second], tmp_path / "one")
    assert only(report) == ("order of reading", 45, 46)
    assert only(ingest.ingest([second, first], tmp_path / "two")) == ("order of reading", 46, 45)
    ingest.ingest([second], tmp_path / "three")
    assert only(ingest.ingest([first], tmp_path / "three")) == ("order of reading", 46, 45)


def test_the_time_of_the_file_decides_within_one_folder(tmp_path):
    first = release(tmp_path / "in", 40, name="2023-01-west-midlands-street.z.csv")
    second = release(tmp_path / "in", 41, name="2023-01-west-midlands-street.a.csv")
    os.utime(first, (1000, 1000))
    os.utime(second, (2000, 2000))
    report = ingest.ingest([tmp_path / "in"], tmp_path / "store")
    assert only(report) == ("time of the file", 45, 46)


def test_where_nothing_tells_the_later_release_neither_is_taken(tmp_path):
    for crimes, name in ((40, "a"), (41, "b")):
        file = release(tmp_path / "in", crimes, name=f"2023-01-west-midlands-street.{name}.csv")
        os.utime(file, (1000, 1000))
    with pytest.raises(ReleaseError) as caught:
        ingest.ingest([tmp_path / "in"], tmp_path / "store")
    assert "2023-01" in caught.value.found
    assert not (tmp_path / "store" / "current.json").exists()
    assert sf.contents(tmp_path / "store") == {}


def test_a_file_that_was_replaced_on_disk_wins_over_what_it_was(tmp_path):
    release(tmp_path / "in", 41, "Local resolution")
    ingest.ingest([tmp_path / "in"], tmp_path / "store")
    release(tmp_path / "in", 40)
    report = ingest.ingest([tmp_path / "in"], tmp_path / "store")
    (difference,) = report.differences
    assert difference.decided_by == "the file at this place was replaced"
    assert difference.ids_shared is None
    assert store.series(store.open_store(tmp_path / "store")).tolist() == [45.0]


def test_ids_are_compared_with_a_release_of_an_earlier_ingest(tmp_path):
    first, second = release(tmp_path / "a", 40), release(tmp_path / "b", 41)
    ingest.ingest([first], tmp_path / "store")
    (difference,) = ingest.ingest([second], tmp_path / "store").differences
    assert (difference.ids_shared, difference.ids_only_later) == (40, 1)


def test_without_the_earlier_file_rows_and_categories_are_compared(tmp_path):
    first, second = release(tmp_path / "a", 40), release(tmp_path / "b", 41)
    ingest.ingest([first], tmp_path / "store")
    first.unlink()
    (difference,) = ingest.ingest([second], tmp_path / "store").differences
    assert difference.ids_shared is None
    assert difference.categories == {"Burglary": (40, 41)}


def test_three_releases_leave_the_latest(tmp_path):
    paths = []
    for crimes, month in ((42, "2023-05"), (40, "2023-03"), (41, "2023-04")):
        release(tmp_path / month, crimes)
        paths.append(packed(tmp_path / month, tmp_path / f"{month}.zip"))
    report = ingest.ingest(paths, tmp_path / "store")
    assert len(report.differences) == 2
    assert store.series(store.open_store(tmp_path / "store")).tolist() == [47.0]


# --- refusals --------------------------------------------------------------------------------


def with_faults(folder: Path) -> None:
    two_months(folder)
    (folder / "2023-01" / "2023-01-kent-street.csv").write_bytes(b"<html></html>")
    rows = sf.month_of_rows("2023-02", 3, 0, force="Essex Police", longitude="52")
    sf.write(folder, rows, "essex")


def test_one_refused_file_leaves_the_store_and_all_are_listed(tmp_path):
    two_months(tmp_path / "in")
    ingest.ingest([tmp_path / "in"], tmp_path / "store")
    before = sf.contents(tmp_path / "store")
    with_faults(tmp_path / "in")
    sf.write(tmp_path / "in", sf.month_of_rows("2023-03"))
    with pytest.raises(RefusedFilesError) as caught:
        ingest.ingest([tmp_path / "in"], tmp_path / "store")
    text = str(caught.value)
    assert "2 files were refused" in text
    assert "2023-01-kent-street.csv, row 1" in text
    assert "2023-02-essex-street.csv, row 2" in text
    assert sf.contents(tmp_path / "store") == before


def test_refused_files_can_be_left_out_and_are_reported(tmp_path):
    with_faults(tmp_path / "in")
    report = ingest.ingest([tmp_path / "in"], tmp_path / "store", skip_refused=True)
    assert [(item.kind, item.problem) for item in report.refused] == [
        ("CoordinateError", "a place that is not in the British Isles"),
        ("HeaderError", "a file has not the columns of a street-level extract"),
    ]
    assert [force.force for force in report.forces] == [sf.FORCE]
    kept = json.loads((tmp_path / "store" / "ingest-report.json").read_text(encoding="utf-8"))
    assert len(kept["refused"]) == 2
    again = ingest.ingest([tmp_path / "in"], tmp_path / "store", skip_refused=True)
    assert len(again.refused) == 2


def test_nothing_but_refused_files_is_an_error_in_any_case(tmp_path):
    (tmp_path / "2023-01-kent-street.csv").write_bytes(b"x")
    with pytest.raises(RefusedFilesError, match="only file was refused"):
        ingest.ingest([tmp_path], tmp_path / "store", skip_refused=True)


def test_refused_archives_are_listed_with_the_files(tmp_path):
    with_faults(tmp_path / "in")
    (tmp_path / "in" / "2023-02.zip").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(RefusedFilesError) as caught:
        ingest.ingest([tmp_path / "in"], tmp_path / "store")
    assert "3 files were refused" in str(caught.value)


def test_an_ingest_that_ends_early_leaves_no_files_behind(tmp_path):
    with_faults(tmp_path / "in")
    with pytest.raises(RefusedFilesError):
        ingest.ingest([tmp_path / "in"], tmp_path / "store")
    assert sf.contents(tmp_path / "store") == {}


# --- the traps of the data: each with the way in which it goes wrong -------------------------


def naive_frame(folder: Path) -> pd.DataFrame:
    frames = [
        pd.read_csv(file, dtype=str, keep_default_na=False)
        for file in sorted(folder.rglob("*.csv"))
    ]
    return pd.concat(frames)


def ids_only(folder: Path) -> int:
    return len(naive_frame(folder).drop_duplicates("Crime ID"))


def whole_rows(folder: Path) -> int:
    return len(naive_frame(folder).drop_duplicates())


def row_by_row(folder: Path) -> int:
    return len(naive_frame(folder))


def with_an_area(folder: Path) -> int:
    frame = naive_frame(folder)
    return len(frame[frame["LSOA code"] != ""])


def of_2011(folder: Path) -> int:
    frame = naive_frame(folder)
    return int(frame["LSOA code"].le("E01033768").sum())


def of_the_force(folder: Path) -> int:
    frame = naive_frame(folder)
    return int(frame["Reported by"].eq(sf.FORCE).sum())


def in_birmingham(folder: Path) -> float:
    return store.series(store.open_store(folder), area="Birmingham", incomplete="keep").sum()


def everything(folder: Path) -> float:
    return store.series(store.open_store(folder), incomplete="keep").sum()


OUTCOMES = [{"last_outcome_category": o} for o in ("Under investigation", "Local resolution")]
TRAPS: dict[str, tuple[list[dict[str, str]], Callable[[Path], int], Callable, int]] = {
    "blank ids collapse": ([sf.nuisance()] * 9, ids_only, everything, 9),
    "equal rows without id collapse": ([sf.nuisance()] * 9, whole_rows, everything, 9),
    "blank ids of the transport police collapse": (
        [sf.incident(crime_id="")] * 4,
        ids_only,
        everything,
        4,
    ),
    "equal rows of one id count twice": ([sf.incident()] * 2, row_by_row, everything, 1),
    "two outcomes of one id count twice": (
        [sf.incident(**outcome) for outcome in OUTCOMES],
        whole_rows,
        everything,
        1,
    ),
    "separate offences of one id are lost": (
        [sf.incident(), sf.incident(crime_type="Robbery")],
        ids_only,
        everything,
        2,
    ),
    "rows without location are lost": (
        [sf.incident(), sf.unlocated(sf.nuisance())],
        with_an_area,
        everything,
        2,
    ),
    "codes of 2021 are lost": (
        [sf.nuisance(), sf.nuisance(lsoa_code="E01033999")],
        of_2011,
        in_birmingham,
        2,
    ),
    "other districts of the force are counted as the city": (
        [sf.nuisance(), sf.nuisance(lsoa_code="E01009000", lsoa_name="Solihull 001A")],
        of_the_force,
        in_birmingham,
        1,
    ),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_traps(tmp_path, trap):
    """The plain way gives another number; ours gives the right one."""
    rows, plain, ours, right = TRAPS[trap]
    sf.write(tmp_path / "in", rows)
    assert plain(tmp_path / "in") != right
    ingest.ingest([tmp_path / "in"], tmp_path / "store")
    assert ours(tmp_path / "store") == right


def test_districts_outside_the_force_are_reported(tmp_path):
    rows = sf.month_of_rows("2023-01", 150, 100)
    rows[0] |= {"LSOA code": "E01009001", "LSOA name": "Bromsgrove 001A"}
    sf.write(tmp_path / "in", rows)
    (force,) = ingest.ingest([tmp_path / "in"], tmp_path / "store").forces
    assert force.districts == {"Birmingham": 249, "Bromsgrove": 1}
    assert force.elsewhere == 1


# --- the command -----------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["ingest", *map(str, arguments)])
    assert ended.value.code in (0, None)
    return capsys.readouterr().out


def test_the_command_prints_what_was_found(tmp_path, capsys):
    two_months(tmp_path / "in")
    text = run(capsys, tmp_path / "in", "--store", tmp_path / "store")
    assert "added 2 months of a force: 170 rows, 170 incidents" in text
    assert "West Midlands Police: 2023-01 to 2023-02, 2 months, 170 incidents" in text
    assert "nothing new" in run(capsys, tmp_path / "in", "--store", tmp_path / "store")


def test_the_command_prints_data(tmp_path, capsys):
    two_months(tmp_path / "in")
    found = json.loads(run(capsys, tmp_path / "in", "--store", tmp_path / "store", "--json"))
    assert found["changed"] is True
    assert [file["rows"] for file in found["files"]] == [80, 90]


def test_the_command_ends_with_1_where_a_file_is_refused(tmp_path, capsys):
    with_faults(tmp_path / "in")
    with pytest.raises(SystemExit) as ended:
        main(["ingest", str(tmp_path / "in"), "--store", str(tmp_path / "store")])
    assert ended.value.code == 1
    assert "--skip-refused" in capsys.readouterr().err
    text = run(capsys, tmp_path / "in", "--store", tmp_path / "store", "--skip-refused")
    assert "2 files refused" in text


def test_text_from_files_does_nothing_in_the_report(tmp_path):
    name = "<b>|`x`| Police\u202e"
    rows = sf.month_of_rows("2023-01", 3, 0, force=name)
    (tmp_path / "one.csv").write_bytes(sf.content(rows))
    ingest.ingest([tmp_path / "one.csv"], tmp_path / "store")
    text = (tmp_path / "store" / "ingest-report.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "Police" in line]
    assert lines
    for line in lines:
        assert "`<b>" in line
        assert "\u202e" not in line
        assert "|`x`|" not in line


def test_no_path_at_all_is_named(tmp_path):
    with pytest.raises(MissingFileError):
        ingest.ingest([tmp_path / "nothing"], tmp_path / "store")
