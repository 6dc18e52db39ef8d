"""Finding extracts, and reading archives without unpacking them."""

import gzip
import struct
import zipfile
from pathlib import Path

import pytest
import street_files as sf

from bcsp_analysis.errors import (
    ArchiveError,
    BcspError,
    DataError,
    MissingFileError,
    PeriodError,
    TruncatedError,
)
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import archives, extracts

STREET = "2023-01/2023-01-west-midlands-street.csv"
ROWS = sf.content([sf.incident()])


def make_zip(file: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file


def read(extract: extracts.Extract) -> bytes:
    with archives.reader() as content:
        return content(extract)


def the_refusal(*paths: Path) -> BcspError:
    found = extracts.find(paths)
    assert not found.extracts
    (error,) = found.refused
    return error


def test_a_folder_is_searched_and_other_kinds_are_named(tmp_path):
    sf.write(tmp_path, [sf.incident()])
    for name in ("outcomes", "stop-and-search"):
        (tmp_path / "2023-01" / f"2023-01-west-midlands-{name}.csv").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "areas.csv").write_text("x")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "2023-02-kent-street.csv").write_bytes(ROWS)
    found = extracts.find([tmp_path])
    (extract,) = found.extracts
    assert (extract.month, extract.force, extract.release) == (Month(2023, 1), "west-midlands", "")
    assert extract.name == "2023-01-west-midlands-street.csv"
    assert {item.where.rsplit("/")[-1]: item.reason for item in found.passed_over} == {
        "2023-01-west-midlands-outcomes.csv": "outcomes",
        "2023-01-west-midlands-stop-and-search.csv": "stop and search",
        "notes.txt": "not a table",
        "areas.csv": "no street-level name",
    }


@pytest.mark.parametrize(
    ("name", "month", "force"),
    [
        ("2023-01-west-midlands-street.csv", Month(2023, 1), "west-midlands"),
        ("2023-01-btp-street.csv.gz", Month(2023, 1), "btp"),
        ("2017-12-city-of-london-street.later-release.csv", Month(2017, 12), "city-of-london"),
        ("2017-12-City-of-London-street.CSV", Month(2017, 12), "city-of-london"),
    ],
)
def test_month_and_force_come_from_the_name(tmp_path, name, month, force):
    (tmp_path / name).write_bytes(ROWS)
    (extract,) = extracts.find([tmp_path]).extracts
    assert (extract.month, extract.force) == (month, force)


def test_a_file_that_is_named_itself_is_taken_whatever_its_name(tmp_path):
    file = tmp_path / "all of it.csv"
    file.write_bytes(ROWS)
    assert not extracts.find([tmp_path / "all of it.csv"]).extracts[0].force
    with pytest.raises(MissingFileError):
        extracts.find([tmp_path])


def test_a_file_under_two_paths_is_found_once(tmp_path):
    file = sf.write(tmp_path, [sf.incident()])
    assert len(extracts.find([tmp_path, file, file.parent]).extracts) == 1


def test_members_of_an_archive_are_read_without_unpacking(tmp_path):
    archive = make_zip(
        tmp_path / "2023-03.zip",
        {
            STREET: ROWS,
            "2023-01/2023-01-west-midlands-outcomes.csv": b"x",
            "__MACOSX/2023-01/._2023-01-west-midlands-street.csv": b"x",
        },
    )
    before = sorted(tmp_path.rglob("*"))
    found = extracts.find([archive])
    (extract,) = found.extracts
    assert extract.member == STREET
    assert extract.release == "2023-03"
    assert [item.reason for item in found.passed_over] == ["outcomes"]
    assert read(extract) == ROWS
    assert sorted(tmp_path.rglob("*")) == before


def test_an_archive_without_a_month_in_its_name_is_as_new_as_its_newest_month(tmp_path):
    members = {f"{m}/{m}-kent-street.csv": ROWS for m in ("2022-11", "2023-02", "2022-12")}
    found = extracts.find([make_zip(tmp_path / "latest.zip", members)])
    assert {extract.release for extract in found.extracts} == {"2023-02"}


def test_gzip_is_read_alone_and_inside_an_archive(tmp_path):
    loose = tmp_path / "2023-01-west-midlands-street.csv.gz"
    loose.write_bytes(gzip.compress(ROWS))
    inside = make_zip(tmp_path / "a.zip", {f"{STREET}.gz": gzip.compress(ROWS)})
    for path in (loose, inside):
        (extract,) = extracts.find([path]).extracts
        assert read(extract) == ROWS


def test_an_archive_is_known_by_its_content_not_its_name(tmp_path):
    wrong = make_zip(tmp_path / "2023-01-west-midlands-street.csv", {STREET: ROWS})
    assert extracts.find([wrong]).extracts[0].member == STREET
    page = tmp_path / "latest.zip"
    page.write_text("<html>busy</html>")
    (error,) = extracts.find([tmp_path]).refused
    assert "html" in error.found


@pytest.mark.parametrize(
    "name",
    [
        "../2023-01-a-street.csv",
        "/etc/2023-01-a-street.csv",
        "a/../../2023-01-a-street.csv",
        "..\\2023-01-a-street.csv",
        "C:\\2023-01-a-street.csv",
        "C:2023-01-a-street.csv",
    ],
)
def test_names_that_leave_the_archive_are_refused(tmp_path, name):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as made:
        info = zipfile.ZipInfo("x")
        info.filename = name
        made.writestr(info, ROWS)
    error = the_refusal(archive)
    assert isinstance(error, ArchiveError)
    assert "leaves the archive" in error.problem


@pytest.mark.parametrize("name", ["2022-01.zip", "2023-01/more.7z", "x.tar.gz"])
def test_an_archive_in_an_archive_is_refused(tmp_path, name):
    error = the_refusal(make_zip(tmp_path / "a.zip", {STREET: ROWS, name: b"PK\x03\x04"}))
    assert isinstance(error, ArchiveError)
    assert error.where.endswith(name)


def test_an_encrypted_member_is_refused(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {STREET: ROWS})
    data = bytearray(archive.read_bytes())
    at = data.index(b"PK\x01\x02") + 8
    data[at] |= 1  # the flag of the central directory
    archive.write_bytes(data)
    assert "encrypted" in the_refusal(archive).problem


def test_two_members_of_one_name_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(STREET, ROWS)
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr(STREET, b"other")
    assert "two files of one name" in the_refusal(tmp_path / "a.zip").problem


def test_a_bomb_is_refused_by_what_it_declares(tmp_path):
    bomb = make_zip(tmp_path / "a.zip", {STREET: b"\0" * (archives.RATIO_FREE + 1)})
    error = the_refusal(bomb)
    assert isinstance(error, ArchiveError)
    assert "beyond measure" in error.problem


def test_a_bomb_that_declares_little_stops_early(tmp_path):
    # Both headers are made to declare 10 bytes; the library stops there and finds the wrong sum.
    archive = make_zip(tmp_path / "a.zip", {STREET: b"\0" * 100_000})
    data = bytearray(archive.read_bytes())
    for sign, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(sign) + offset, 10)
    archive.write_bytes(data)
    (extract,) = extracts.find([archive]).extracts
    with pytest.raises(ArchiveError):
        read(extract)


def test_members_that_share_their_bytes_are_refused_together(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "RATIO_FREE", 1000)
    monkeypatch.setattr(archives, "RATIO_LIMIT", 12)
    body = sf.content(sf.month_of_rows("2023-01", 100, 0))
    names = [f"2023-{m:02d}/2023-{m:02d}-kent-street.csv" for m in range(1, 10)]
    archive = make_zip(tmp_path / "a.zip", dict.fromkeys(names, body))
    data = archive.read_bytes()
    directory = data[data.index(b"PK\x01\x02") :]
    first = data[: data.index(b"PK\x03\x04", 4)]
    # Every entry of the directory points at the one packed body.
    entries, at = bytearray(), 0
    while directory[at : at + 4] == b"PK\x01\x02":
        length = 46 + sum(struct.unpack_from("<HHH", directory, at + 28))
        entry = bytearray(directory[at : at + length])
        struct.pack_into("<I", entry, 42, 0)
        entries += entry
        at += length
    end = bytearray(directory[at:])
    struct.pack_into("<II", end, 12, len(entries), len(first))
    archive.write_bytes(first + entries + end)
    with zipfile.ZipFile(archive) as packed:
        assert all(i.file_size < 12 * i.compress_size for i in packed.infolist())
    error = the_refusal(archive)
    assert "beyond measure" in error.problem
    assert error.where.endswith("a.zip")


def test_a_gzip_bomb_stops_early(tmp_path):
    file = tmp_path / "2023-01-kent-street.csv.gz"
    file.write_bytes(gzip.compress(b"\0" * (archives.RATIO_FREE * 3)))
    (extract,) = extracts.find([file]).extracts
    with pytest.raises(ArchiveError, match="beyond measure"):
        read(extract)


def test_a_file_beyond_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "FILE_LIMIT", 100)
    (extract,) = extracts.find([sf.write(tmp_path, [sf.incident()])]).extracts
    with pytest.raises(ArchiveError, match="too large"):
        read(extract)
    assert "too large" in the_refusal(make_zip(tmp_path / "a.zip", {STREET: ROWS})).problem


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MEMBER_LIMIT", 1)
    assert "too many" in the_refusal(make_zip(tmp_path / "a.zip", {"a": b"", "b": b""})).problem


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.99])
def test_a_truncated_archive_is_refused(tmp_path, kept):
    archive = make_zip(tmp_path / "a.zip", {STREET: ROWS, "other": ROWS})
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data) * kept)])
    assert isinstance(the_refusal(archive), ArchiveError)


def test_damaged_packed_data_is_refused_when_it_is_read(tmp_path):
    archive = make_zip(tmp_path / "a.zip", {STREET: ROWS * 100})
    data = bytearray(archive.read_bytes())
    data[120] ^= 0xFF
    archive.write_bytes(data)
    (extract,) = extracts.find([archive]).extracts
    with pytest.raises(ArchiveError):
        read(extract)


@pytest.mark.parametrize("cut", [1, 8, 40])
def test_a_truncated_gzip_file_is_refused(tmp_path, cut):
    file = tmp_path / "2023-01-kent-street.csv.gz"
    file.write_bytes(gzip.compress(ROWS)[:-cut])
    (extract,) = extracts.find([file]).extracts
    with pytest.raises((TruncatedError, ArchiveError)):
        read(extract)


def test_a_gzip_file_with_a_wrong_sum_is_refused(tmp_path):
    file = tmp_path / "2023-01-kent-street.csv.gz"
    data = bytearray(gzip.compress(ROWS))
    data[-6] ^= 0xFF
    file.write_bytes(data)
    with pytest.raises(ArchiveError):
        read(extracts.find([file]).extracts[0])


def test_an_impossible_month_in_a_name_is_refused(tmp_path):
    (tmp_path / "2023-13-kent-street.csv").write_bytes(ROWS)
    assert isinstance(the_refusal(tmp_path), PeriodError)


def test_missing_paths_and_folders_without_extracts_are_named(tmp_path):
    with pytest.raises(MissingFileError, match="no such file"):
        extracts.find([tmp_path / "nothing"])
    with pytest.raises(MissingFileError, match="no street-level file"):
        extracts.find([tmp_path])


def test_a_file_that_disappears_is_named(tmp_path):
    file = sf.write(tmp_path, [sf.incident()])
    (extract,) = extracts.find([file]).extracts
    file.unlink()
    with pytest.raises(MissingFileError):
        read(extract)


def test_a_folder_in_the_place_of_a_file_is_a_named_error(tmp_path):
    file = sf.write(tmp_path, [sf.incident()])
    (extract,) = extracts.find([file]).extracts
    file.unlink()
    file.mkdir()
    with pytest.raises(DataError):
        read(extract)


def test_reading_keeps_an_archive_open_once(tmp_path, monkeypatch):
    names = [f"2023-{m:02d}/2023-{m:02d}-kent-street.csv" for m in range(1, 6)]
    archive = make_zip(tmp_path / "a.zip", dict.fromkeys(names, ROWS))
    found = extracts.find([archive]).extracts
    opened = []
    original = zipfile.ZipFile.__init__

    def counted(self, *arguments, **options):
        opened.append(arguments)
        original(self, *arguments, **options)

    monkeypatch.setattr(zipfile.ZipFile, "__init__", counted)
    with archives.reader() as content:
        assert {content(extract) for extract in found} == {ROWS}
    assert len(opened) == 1
