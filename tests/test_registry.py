"""The register of sources: what it must say, and files that are not what it says."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis.errors import ChecksumError, EncodingError, MissingFileError, RegisterError
from bcsp_analysis.sources import registry

# sha256 of "abc": FIPS 180-2, appendix B.1.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
SOURCE = f"""[[source]]
id = "x"
title = "Title"
publisher = "Publisher"
licence = "Open Government Licence v3.0"
licence_url = "https://example.org/licence"
attribution = "Source: Publisher."
landing_page = "https://example.org"
period = "2020"
file = "data/x.csv"
sha256 = "{ABC}"
companions = [{{ file = "data/y.csv", sha256 = "{ABC}" }}]
known_gaps = ["June is too low."]
note = ""
"""


def load(folder: Path, text: str) -> dict[str, registry.Source]:
    file = folder / "sources.toml"
    file.write_text(text, encoding="utf-8")
    return registry.load_sources(file)


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    for name in ("x.csv", "y.csv"):
        (tmp_path / "data" / name).write_bytes(b"abc")
    return tmp_path


def test_source_holds_what_the_register_says(tmp_path):
    source = load(tmp_path, SOURCE)["x"]
    assert source.title == "Title"
    assert source.known_gaps == ("June is too low.",)
    assert [each.file for each in source.files] == ["data/x.csv", "data/y.csv"]


def test_optional_keys_may_be_left_out(tmp_path):
    lines = SOURCE.splitlines()
    left = [line for line in lines if not line.startswith(("licence_url", "companions", "note"))]
    source = load(tmp_path, "\n".join(left))["x"]
    assert (source.licence_url, source.companions, source.note) == ("", (), "")


def test_digest_is_sha256_with_line_ends_read_as_lf(tmp_path):
    file = tmp_path / "x.csv"
    file.write_bytes(b"abc")
    assert registry.digest(file) == ABC
    file.write_bytes(b"a,b\n1,2\n")
    unix = registry.digest(file)
    file.write_bytes(b"a,b\r\n1,2\r\n")
    assert registry.digest(file) == unix


def test_files_that_fit_their_record_pass(shipped):
    registry.verify(load(shipped, SOURCE), root=shipped)


@pytest.mark.parametrize("name", ["x.csv", "y.csv"])
def test_changed_file_is_named_with_found_and_expected(shipped, name):
    sources = load(shipped, SOURCE)
    (shipped / "data" / name).write_bytes(b"abd")
    with pytest.raises(ChecksumError) as caught:
        registry.verify(sources, root=shipped)
    assert caught.value.where == f"data/{name} (x)"
    assert caught.value.expected == ABC
    # sha256sum of "abd", coreutils.
    assert caught.value.found.startswith("a52d159f262b2c6d")


def test_missing_file_is_named(shipped):
    sources = load(shipped, SOURCE)
    (shipped / "data" / "y.csv").unlink()
    with pytest.raises(MissingFileError, match=r"y\.csv"):
        registry.verify(sources, root=shipped)


@settings(deadline=None, max_examples=60)
@given(data=st.binary(max_size=40))
def test_any_other_content_is_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("registry")
    (folder / "data").mkdir()
    (folder / "data" / "y.csv").write_bytes(b"abc")
    (folder / "data" / "x.csv").write_bytes(b"abc" + data)
    sources = load(folder, SOURCE)
    if not data:
        registry.verify(sources, root=folder)
        return
    with pytest.raises(ChecksumError, match=r"x\.csv"):
        registry.verify(sources, root=folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('title = "Title"\n', ""),
        ("title", "titel"),
        ('"Title"', "3"),
        (ABC, ABC.upper()),
        (ABC, ABC[:-1]),
        ("data/x.csv", "../x.csv"),
        ("data/x.csv", "/data/x.csv"),
        ("data/x.csv", "C:/x.csv"),
        ("data/x.csv", "data/y.csv"),
        ('["June is too low."]', '"June is too low."'),
        ('["June is too low."]', "[1]"),
        ("[[source]]", "[[source"),
        ("[[source]]", "[[other]]"),
        ("[[source]]", "[source]"),
        ("{ file", "{ name"),
        ("companions = [", "companions = [1, "),
        ("companions = [", "companions = [[], "),
    ],
)
def test_an_entry_that_cannot_be_used_is_refused(tmp_path, old, new):
    with pytest.raises(RegisterError) as caught:
        load(tmp_path, SOURCE.replace(old, new, 1))
    assert "sources.toml" in caught.value.where


def test_id_twice_is_refused(tmp_path):
    with pytest.raises(RegisterError, match="a source id twice"):
        load(tmp_path, SOURCE + SOURCE)


def test_register_that_is_missing_or_not_text_is_refused(tmp_path):
    with pytest.raises(MissingFileError):
        registry.load_sources(tmp_path / "sources.toml")
    (tmp_path / "sources.toml").write_bytes(SOURCE.encode("utf-16"))
    with pytest.raises(EncodingError):
        registry.load_sources(tmp_path / "sources.toml")


@settings(deadline=None, max_examples=100)
@given(line=st.integers(0, len(SOURCE.splitlines()) - 1), text=st.text(max_size=20))
def test_a_register_with_a_line_changed_is_read_or_refused_by_name(tmp_path_factory, line, text):
    lines = SOURCE.splitlines()
    key = lines[line].partition(" = ")[0]
    lines[line] = f"{key} = {text}"
    file = tmp_path_factory.mktemp("registry") / "sources.toml"
    file.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    try:
        sources = registry.load_sources(file)
    except (RegisterError, EncodingError) as error:
        where = error.where
    else:
        where = "sources.toml"
        assert all(isinstance(source.title, str) for source in sources.values())
    assert "sources.toml" in where
