"""Edition files: everything that is wrong is refused by name, with file and key."""

from __future__ import annotations

import csv
import datetime
import re
import tomllib
from pathlib import Path

import pytest
import small_project
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bcsp_analysis import editions, editions_pages, project, rules
from bcsp_analysis.errors import EditionError
from bcsp_analysis.periods import Quarter
from bcsp_analysis.publish import checks, new_edition


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BCSP_PROJECT", str(small_project.make(tmp_path)))
    monkeypatch.delenv(editions.SETTING, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edit(root: Path, old: str, new: str, slug: str = "2023-24-q2") -> None:
    file = root / "editions" / f"{slug}.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_edition_is_read_whole(root: Path) -> None:
    edition = editions.load("2023/24 Q2")
    assert edition == editions.load("2023-24-q2") == editions.load("editions/2023-24-q2.toml")
    assert edition.quarter == Quarter(2023, 2)
    assert edition.published == datetime.date(2023, 12, 6)
    assert edition.data.report == root / "data" / "report" / "2023-24-q2"
    assert edition.rules == rules.Rules(5.0, 10, 5, 0.05, 0.95, 12)
    assert [page.address for page in edition.pages] == ["index", "asb/season", "violence/season"]
    assert edition.pages[2].parameters == {"series": "violence"}
    assert edition.pages[2].title == "Violence & its *season*"


def test_the_projects_own_edition_is_well_formed() -> None:
    file = small_project.ROOT / "editions" / "2023-24-q2.toml"
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    assert content["quarter"] == "2023/24 Q2"
    assert content["area_code"] == "E08000025"


def test_a_date_may_be_written_as_a_date(root: Path) -> None:
    edit(root, 'published = "2023-12-06"', "published = 2023-12-06")
    assert editions.load("2023-24-q2").published == datetime.date(2023, 12, 6)


@pytest.mark.parametrize(
    ("old", "new", "problem", "place"),
    [
        ('title = "A', 'tilte = "A', "nothing reads", "key tilte"),
        ("alpha = 0.05\n", "", "lacks a key", "[rules]"),
        ("alpha = 0.05", 'alpha = "0.05"', "wrong type", "key alpha"),
        ("alpha = 0.05", "alpha = 5", "out of range", "key alpha"),
        ("level = 0.95", "level = 95.0", "out of range", "key level"),
        ("level = 0.95", "level = nan", "out of range", "key level"),
        ("baseline_months = 12", "baseline_months = 11", "out of range", "key baseline_months"),
        ("baseline_months = 12\n", "", "lacks a key", "[rules]"),
        ('prices = "', 'elsewhere = "data"\nprices = "', "needs a file", "key elsewhere"),
        ("small_count = 10", "small_count = true", "wrong type", "key small_count"),
        ("small_count = 10", "small_count = -1", "out of range", "key small_count"),
        ("small_count = 10", "small_count = 2.5", "wrong type", "key small_count"),
        ("materiality_pct = 5.0", "materiality_pct = inf", "out of range", "materiality_pct"),
        ('quarter = "2023/24 Q2"', 'quarter = "2023/25 Q2"', "not a quarter", "key quarter"),
        ('quarter = "2023/24 Q2"', 'quarter = "2023/24 Q3"', "do not agree", "key quarter"),
        ('area = "Exampleham"', 'area = ""', "empty", "key area"),
        ('area = "Exampleham"', 'area = "A\\nB"', "not a single line", "key area"),
        ("E08000025", "Birmingham", "not a code", "key area_code"),
        ('"2023-12-06"', '"6 December 2023"', "not a date", "key published"),
        ('"2023-12-06"', "12", "wrong type", "key published"),
        ("monthly/birmingham.csv", "monthly/exampleham.csv", "is not there", "key monthly"),
        ('"data/monthly/birmingham.csv"', '"data/monthly"', "needs a file", "key monthly"),
        ('"data/report/2023-24-q2"', '"data/measures.toml"', "is a folder", "key report"),
        ('"data/report/2023-24-q2"', '"../elsewhere"', "leaves the project", "key report"),
        ('"data/report/2023-24-q2"', '"/etc"', "leaves the project", "key report"),
        ("01-home.ipynb", "01-hom.ipynb", "is not there", "page 1, key notebook"),
        ("notebooks/01-home.ipynb", "site/methods.qmd", "no notebook", "page 1, key notebook"),
        ('"asb/season"', '"index"', "same address", "page 2, key address"),
        ('"asb/season"', '"../season"', "address", "page 2, key address"),
        ('"asb/season"', '"/season"', "address", "page 2, key address"),
        ('"asb/season"', '"asb//season"', "address", "page 2, key address"),
        ('"asb/season"', '"ASB/Season"', "address", "page 2, key address"),
        ('"asb/season"', '"asb/season.html"', "address", "page 2, key address"),
        ('"asb/season"', '"asb\\\\season"', "address", "page 2, key address"),
        ('"asb/season"', '"con/season"', "address", "page 2, key address"),
        ('"asb/season"', '""', "address", "page 2, key address"),
        ('series = "asb"', 'edition = "2023-24-q1"', "its own edition", "page 2, parameters"),
        ('series = "asb"', 'series = ["asb"]', "wrong type", "page 2, parameters, key series"),
        ('series = "asb"', "series = 2023-12-06", "wrong type", "page 2, parameters, key series"),
        ("[[pages]]", "[[page]]", "nothing reads", "key page"),
        ("[data]", "[data", "not TOML", "2023-24-q2.toml"),
    ],
)
def test_what_is_wrong_is_named(root: Path, old: str, new: str, problem: str, place: str) -> None:
    edit(root, old, new)
    with pytest.raises(EditionError) as caught:
        editions.load("2023-24-q2")
    assert problem in caught.value.problem
    assert caught.value.where.startswith("editions/2023-24-q2.toml")
    assert place in caught.value.where


def test_an_edition_that_is_not_utf8_is_refused(root: Path) -> None:
    file = root / "editions" / "2023-24-q2.toml"
    file.write_bytes(file.read_bytes().replace(b"Exampleham", b"Ex\xe4mpleham"))
    with pytest.raises(EditionError, match="UTF-8"):
        editions.load("2023-24-q2")


def test_a_near_miss_is_suggested(root: Path) -> None:
    edit(root, "alpha =", "alhpa =")
    with pytest.raises(EditionError) as caught:
        editions.load("2023-24-q2")
    assert caught.value.hint == "did you mean alpha?"


def test_an_unknown_edition_lists_those_that_are_there(root: Path) -> None:
    with pytest.raises(EditionError) as caught:
        editions.load("2022-23-q2")
    assert "2023-24-q2" in caught.value.expected


def test_markup_in_a_title_stays_text(root: Path) -> None:
    edit(root, "Assessment of Exampleham", "<b>{{< meta x >}}</b> = *SUM(A1)*")
    assert editions.load("2023-24-q2").title.startswith("<b>{{< meta x >}}</b> = *SUM(A1)*")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    line=st.integers(0, 40),
    text=st.text(alphabet=st.characters(codec="utf-8"), max_size=30),
)
@example(line=4, text="published = 2023-12-06T10:00:00")
@example(line=20, text="[[pages.x]]")
def test_a_changed_line_is_read_or_refused_by_name(root: Path, line: int, text: str) -> None:
    lines = small_project.EDITION.splitlines()
    lines[line % len(lines)] = text
    file = root / "editions" / "2023-24-q2.toml"
    file.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    try:
        edition = editions.load("2023-24-q2")
    except EditionError as error:
        refused = error
    else:
        assert edition.quarter.slug == "2023-24-q2"
        assert len({page.address for page in edition.pages}) == len(edition.pages)
        return
    assert refused.where.startswith("editions/2023-24-q2.toml")


@given(text=st.text(max_size=40))
@example(text="a/../../b")
@example(text="index\n")
def test_no_address_leaves_the_site(text: str) -> None:
    try:
        address = editions_pages._address(text, "page 1")
    except EditionError:
        return
    assert (Path("/site") / f"{address}.html").resolve().is_relative_to("/site")
    assert re.fullmatch(r"[a-z0-9/-]+", address)


# --- which edition ------------------------------------------------------------------------------


def test_the_newest_edition_is_the_default(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_edition.new_edition(Quarter(2023, 3), editions.load("2023-24-q2"))
    assert editions.default().slug == "2023-24-q3"
    monkeypatch.setenv(editions.SETTING, "2023/24 Q2")
    assert editions.default().slug == "2023-24-q2"


def test_a_project_without_an_edition_says_so(root: Path) -> None:
    (root / "editions" / "2023-24-q2.toml").unlink()
    with pytest.raises(EditionError, match="no edition"):
        editions.default()


# --- the next edition ---------------------------------------------------------------------------


def rows_of(folder: Path) -> list[list[str]]:
    with (folder / "performance.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_the_next_edition_carries_pages_and_rows(root: Path) -> None:
    last = editions.load("2023-24-q2")
    file, folder = new_edition.new_edition(Quarter(2023, 3), last)
    made = editions.load("2023-24-q3")
    assert file == root / "editions" / "2023-24-q3.toml"
    assert made.data.report == folder
    assert made.title == "Assessment of Exampleham, 2023/24 Q3"
    assert made.published is None
    assert (made.pages, made.rules) == (last.pages, last.rules)
    rows, before = rows_of(folder), rows_of(last.data.report)
    assert rows[0] == before[0]
    assert [row[:2] for row in rows] == [row[:2] for row in before]
    assert {cell for row in rows[1:] for cell in row[2:]} == {""}
    for name in ("activity.csv", "text_figures.csv", "neighbourhoods.csv"):
        header = (last.data.report / name).read_text(encoding="utf-8").splitlines()[0]
        assert (folder / name).read_text(encoding="utf-8") == header + "\n"
    assert "[[relation]]" not in (folder / "relations.toml").read_text(encoding="utf-8")


def test_missing_figures_are_named_by_measure_and_column(root: Path) -> None:
    new_edition.new_edition(Quarter(2023, 3), editions.load("2023-24-q2"))
    missing = checks.missing_figures(editions.load("2023-24-q3"))
    # The columns that every row of the report's table has: five counts, two changes, an arrow.
    assert len(missing) == 23
    assert missing["asb-incidents"] == (
        *("q_last_year", "q_this_year", "q_previous", "ytd_this_year", "ytd_last_year"),
        *("difference", "pct_difference", "travel"),
    )
    assert checks.missing_figures(editions.load("2023-24-q2")) == {}


def test_one_blank_cell_is_one_missing_figure(root: Path) -> None:
    file = root / "data" / "report" / "2023-24-q2" / "performance.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"2,493","3,332"', '"2,493",', 1), encoding="utf-8")
    missing = checks.missing_figures(editions.load("2023-24-q2"))
    assert missing == {"asb-incidents": ("q_this_year",)}


def test_nothing_is_overwritten(root: Path) -> None:
    last = editions.load("2023-24-q2")
    with pytest.raises(EditionError, match="there already"):
        new_edition.new_edition(Quarter(2023, 2), last)
    folder = root / "data" / "report" / "2023-24-q3"
    folder.mkdir()
    with pytest.raises(EditionError, match="there already"):
        new_edition.new_edition(Quarter(2023, 3), last)
    assert list(folder.iterdir()) == []
    assert not (root / "editions" / "2023-24-q3.toml").exists()


def test_quotes_in_a_title_survive(root: Path) -> None:
    edit(root, '"Assessment of Exampleham, 2023/24 Q2"', "'A \"safe\" C:\\new 2023/24 Q2'")
    new_edition.new_edition(Quarter(2023, 3), editions.load("2023-24-q2"))
    assert editions.load("2023-24-q3").title == 'A "safe" C:\\new 2023/24 Q3'


def test_project_paths_are_named_from_the_root(root: Path) -> None:
    assert project.relative(editions.load("2023-24-q2").file) == "editions/2023-24-q2.toml"
