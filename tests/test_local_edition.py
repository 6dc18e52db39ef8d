"""From fetched extracts to a site with places: the whole way, and what it writes on it."""

from __future__ import annotations

import csv
import io
import re
import shutil
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from bcsp_analysis import cli, editions, project
from bcsp_analysis.errors import BcspError, EditionError, MissingFileError, ParameterError
from bcsp_analysis.publish import execution, local_edition, parameters
from bcsp_analysis.sources.area_folder import AreaFolder
from benchmarks.ingest import areas, generate
from tests import small_server

WARDS, MONTHS = 2, 36
KEPT = ("data", "editions", "notebooks", "site", "index.qmd", "_quarto.yml", "pyproject.toml")
BUT_HOME = r"^\[\[pages\]\]\nnotebook = \"notebooks/(?!01-home).*?(?=^\[\[|\Z)"


def archive(folder: Path) -> bytes:
    """The archive of the last month, with the files of every month, as data.police.uk packs it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for file in sorted(folder.rglob("*-street.csv")):
            target.write(file, file.relative_to(folder).as_posix())
    return packed.getvalue()


@pytest.fixture(scope="module")
def extracts(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("extracts")
    generate.generate(folder, rows=150_000, months=MONTHS, first="2020-10")
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A copy of the project with the home page alone, and a folder of areas."""
    folder = tmp_path_factory.mktemp("project")
    for name in KEPT:
        source = project.path(name)
        if source.is_dir():
            ignored = shutil.ignore_patterns("store", "downloads")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    for file in (folder / "editions").glob("*-local*.toml"):
        file.unlink()
    edition = folder / "editions" / "2023-24-q2.toml"
    edition.write_text(
        re.sub(BUT_HOME, "", edition.read_text("utf-8"), flags=re.M | re.S), encoding="utf-8"
    )
    places = folder / "data" / "downloads" / "areas"
    areas.write(places, wards=WARDS)
    for name in ("lsoa-constituency.csv", "msoa-names.csv", "local-partnerships.csv"):
        (places / name).unlink()  # each kind of place is a page more to run
    return folder


@pytest.fixture
def here(root, monkeypatch) -> Path:
    monkeypatch.setenv("BCSP_PROJECT", str(root))
    monkeypatch.delenv(editions.SETTING, raising=False)
    monkeypatch.delenv("BCSP_STORE", raising=False)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def built(here, extracts, monkeypatch, capsys) -> Path:
    """The site, built from what two commands fetched from a server and read."""
    if not (here / "_site").exists():
        with small_server.serving() as server:
            monkeypatch.setenv("BCSP_MIRROR", server.address)
            months = [
                f'{{"date":"{month}","stop-and-search":[]}}'
                for month in generate.months_from("2020-10", MONTHS)
            ]
            dates = f"[{','.join(months)}]".encode()
            server.on("/api/crimes-street-dates", small_server.file(dates))
            server.on("/data/archive/2023-09.zip", small_server.file(archive(extracts)))
            run(
                "fetch",
                "police",
                "--force",
                "west-midlands",
                "--from",
                "2020-10",
                "--to",
                "2023-09",
            )
        run("local", "data/downloads/2023-09.zip", "--engine", "pandoc")
        said = capsys.readouterr()
        assert f"{WARDS} of kind ward" in said.out
        assert "no navigation leads" not in said.err
    return here / "_site"


def run(*arguments: str) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(list(arguments))
    assert not ended.value.code


def text_of(file: Path) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", file.read_text("utf-8"))


def test_two_commands_lead_from_a_server_to_a_page_for_every_ward(built):
    for address in (
        "index",
        "asb/hot-spots",
        "violence/hot-spots-ward",
        "wards",
        *(f"wards/ward-{number:02d}" for number in range(1, WARDS + 1)),
        "asb/other-areas",
    ):
        assert (built / f"{address}.html").is_file(), address
    assert "Extracts" not in text_of(built / "wards" / "ward-01.html")


def test_the_list_links_to_every_ward_and_the_menus_to_the_pages(built):
    listed = (built / "wards.html").read_text("utf-8")
    for number in range(1, WARDS + 1):
        assert f'href="wards/ward-{number:02d}.html"' in listed
    for address in ("asb/hot-spots.html", "violence/other-areas.html", "wards.html"):
        assert address in (built / "index.html").read_text("utf-8")


def test_pages_say_that_they_stand_on_loaded_extracts(built):
    for address in ("asb/hot-spots", "wards/ward-02", "asb/other-areas"):
        told = text_of(built / f"{address}.html")
        assert "Street-level extracts of data.police.uk" in told, address
        assert "read off published charts" not in told, address


def test_no_page_shows_a_count_below_the_threshold(built):
    seen = 0
    for file in sorted((built / "wards").glob("*.html")):
        for table in BeautifulSoup(file.read_text("utf-8"), "lxml").find_all("table"):
            heads = [cell.get_text(strip=True) for cell in table.find_all("th")]
            if "Incidents" not in heads:
                continue
            at = heads.index("Incidents")
            for row in table.find_all("tr"):
                cells = [cell.get_text(strip=True) for cell in row.find_all(["th", "td"])]
                assert cells[at] not in {"1", "2", "3", "4"}, f"{file.name}: {cells}"
                seen += 1
    assert seen > 2 * MONTHS


def test_numbers_of_places_are_traced_to_the_extracts(built):
    with (built / "downloads" / "ledger.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["kind"] == "calculated"]
    for page in ("wards/ward-01", "wards", "asb/hot-spots", "violence/hot-spots-ward"):
        own = [row for row in rows if row["page"] == page]
        assert own, page
        for row in own:
            assert "Street-level extracts of West Midlands Police" in row["source"], row
            assert "data/store" in row["files"].split("; "), row
        assert any(row["method"] and row["period"] for row in own), page


def test_the_edition_stands_on_the_store_and_keeps_its_comments(here, built):
    file = here / "editions" / "2023-24-q2-local.toml"
    content = tomllib.loads(file.read_text("utf-8"))
    assert content["data"]["store"] == "data/store"
    assert "monthly" not in content["data"]
    assert "# smallest" not in file.read_text("utf-8")
    assert "# a smaller change is never called" in file.read_text("utf-8")
    pages = [page for page in content["pages"] if page.get("under") == "wards"]
    assert len(pages) == WARDS
    assert editions.load(file).data.incidents == here / "data" / "store"


def test_nothing_is_written_over_unless_it_is_asked_for(here, built):
    base = editions.load("2023-24-q2")
    store, folder = here / "data" / "store", here / "data" / "downloads" / "areas"
    before = local_edition.file_of(base).read_text("utf-8")
    with pytest.raises(EditionError, match="there already"):
        local_edition.make(base, store, folder)
    again = local_edition.make(editions.load("2023-24-q2-local"), store, folder, replace=True)
    assert again.localities["ward"] == WARDS
    assert local_edition.file_of(base).read_text("utf-8") == before


def test_a_page_of_places_in_an_edition_without_extracts_says_what_to_do(here):
    with pytest.raises(BcspError, match="needs street-level extracts"):
        execution.execute(
            here / "notebooks" / "local" / "hot-spots.ipynb", {"edition": "2023-24-q2"}
        )


def test_a_locality_that_the_lookup_lacks_is_refused_before_anything_runs(here, built):
    file = here / "editions" / "2023-24-q2-wrong.toml"
    text = local_edition.file_of(editions.load("2023-24-q2")).read_text("utf-8")
    file.write_text(text.replace('locality = "E05011118"', 'locality = "E05011199"'), "utf-8")
    try:
        with pytest.raises(ParameterError, match="E05011199"):
            parameters.check(editions.load(file))
    finally:
        file.unlink()


def test_a_store_or_a_folder_that_is_not_there_is_named(here, tmp_path):
    base = editions.load("2023-24-q2")
    with pytest.raises(MissingFileError, match="lsoa-ward"):
        local_edition.make(base, here / "data", tmp_path, ending="other")
    assert not (here / "editions" / "2023-24-q2-other.toml").exists()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Bordesley & Highgate", "bordesley-highgate"),
        ("King's Norton North", "kings-norton-north"),
        ("Ynys Môn", "ynys-mon"),
        ("  ", ""),
    ],
)
def test_names_become_addresses(name, expected):
    assert local_edition.slug(name) == expected


def test_all_69_wards_of_a_lookup_get_a_page(tmp_path, monkeypatch, built):
    """As many as Birmingham has; two of one name keep apart, one without a name goes by code."""
    areas.write(tmp_path / "data" / "areas", wards=69)
    lookup = tmp_path / "data" / "areas" / "lsoa-ward.csv"
    text = lookup.read_text("utf-8").replace("Ward 02", "Ward 01").replace(",Ward 03,", ",,")
    lookup.write_text(text, encoding="utf-8")
    for name in ("notebooks", "editions"):
        shutil.copytree(project.path(name), tmp_path / name)
    for file in (tmp_path / "editions").glob("*-local*.toml"):
        file.unlink()
    for name in ("report", "monthly", "prices", "elsewhere"):
        shutil.copytree(project.path("data", name), tmp_path / "data" / name)
    for name in ("sources.toml", "measures.toml"):
        shutil.copy(project.path("data", name), tmp_path / "data")
    shutil.copytree(built.parent / "data" / "store", tmp_path / "data" / "store")
    monkeypatch.setenv("BCSP_PROJECT", str(tmp_path))
    base = editions.load("2023-24-q2")
    made = local_edition.make(base, tmp_path / "data" / "store", tmp_path / "data" / "areas")
    assert made.localities["ward"] == 69
    pages = [page for page in editions.load(made.file).pages if page.under == "wards"]
    assert len({page.address for page in pages}) == 69
    assert "wards/e05011120" in {page.address for page in pages}
    assert {"wards/ward-01", "wards/ward-01-e05011119"} <= {page.address for page in pages}


@pytest.fixture
def bare(tmp_path, monkeypatch) -> Path:
    """A project that holds no lookups."""
    (tmp_path / "project" / "data").mkdir(parents=True)
    (tmp_path / "project" / "data" / "sources.toml").touch()
    monkeypatch.setenv("BCSP_PROJECT", str(tmp_path / "project"))
    return tmp_path


def test_lookups_beside_the_extracts_are_copied_into_the_project(bare):
    areas.write(bare / "extracts" / "areas", wards=WARDS)
    usual = bare / "project" / "data" / "downloads" / "areas"
    assert local_edition.areas_folder([bare / "extracts"]) == usual
    brought = sorted(file.name for file in (bare / "extracts" / "areas").iterdir())
    assert sorted(file.name for file in usual.iterdir()) == brought
    assert [file.name for file in usual.parent.iterdir()] == ["areas"]
    # what the project holds is never written over
    (usual / "lsoa-ward.csv").write_text("own", "utf-8")
    assert local_edition.areas_folder([bare / "extracts"]) == usual
    with pytest.raises(EditionError, match="outside the project"):
        local_edition.areas_folder([], bare / "extracts" / "areas")
    assert (usual / "lsoa-ward.csv").read_text("utf-8") == "own"


def test_lookups_that_are_nowhere_are_named_before_anything_is_read(bare):
    with pytest.raises(MissingFileError, match="lsoa-ward"):
        local_edition.areas_folder([bare / "extracts"])
    with pytest.raises(MissingFileError, match="elsewhere"):
        local_edition.areas_folder([], bare / "elsewhere")
    inside = bare / "project" / "lookups"
    areas.write(inside, wards=WARDS)
    assert local_edition.areas_folder([], inside) == inside


def test_kinds_are_those_whose_files_are_there(tmp_path):
    areas.write(tmp_path, wards=WARDS)
    folder = AreaFolder(tmp_path, "Birmingham")
    assert folder.kinds == ("lsoa", "msoa", "ward", "partnership", "constituency")
    (tmp_path / "msoa-names.csv").unlink()
    (tmp_path / "local-partnerships.csv").unlink()
    assert AreaFolder(tmp_path, "Birmingham").kinds == ("lsoa", "ward", "constituency")


def test_a_lookup_of_the_whole_country_is_cut_to_the_place(tmp_path):
    areas.write(tmp_path, wards=WARDS)
    file = tmp_path / "lsoa-ward.csv"
    own = len(AreaFolder(tmp_path, "Birmingham").wards.table)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(
            "E01000001,City of London 001A,E05009288,Aldersgate,E09000001,City of London\n"
        )
        stream.write("E01009999,Birmingham Airport 001A,E05009999,Elsewhere,E08000099,Elsewhere\n")
    assert len(AreaFolder(tmp_path, "Birmingham").wards.table) == own
    with pytest.raises(BcspError, match="Coventry"):
        _ = AreaFolder(tmp_path, "Coventry").wards


def test_residents_of_other_districts_are_sums_of_their_small_areas(tmp_path):
    (tmp_path / "lsoa-ward.csv").write_text(
        "LSOA21CD,LSOA21NM,WD22CD,WD22NM\n"
        "E01000001,Here 001A,E05000001,One\n"
        "E01000002,Here 002A,E05000001,One\n"
        "E01000003,Here and There 001A,E05000002,Two\n"
        "E01000004,Away 001A,E05000003,Three\n"
        "E01000005,Away 001B,E05000003,Three\n",
        encoding="utf-8",
    )
    folder = AreaFolder(tmp_path, "Here")
    assert folder.residents_of_districts() == {}
    # no residents for one small area of Away: its sum would be too small
    (tmp_path / "lsoa-residents.csv").write_text(
        "area_code,residents\nE01000001,1500\nE01000002,1700\nE01000003,900\nE01000004,1600\n",
        encoding="utf-8",
    )
    assert folder.residents_of_districts() == {"Here": 3200.0, "Here and There": 900.0}


def test_executed_pages_hold_pictures_with_alternative_text(here, built):
    file = here / "build" / "pages" / "2023-24-q2-local" / "wards" / "ward-01.ipynb"
    notebook = nbformat.read(file, as_version=4)
    drawn = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        and any("image/svg+xml" in output.get("data", {}) for output in cell.outputs)
    ]
    assert drawn
    assert all("#| fig-alt:" in cell.source for cell in drawn)
