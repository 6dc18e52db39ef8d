"""A warm build does again what a change concerns, and nothing else: counted, never timed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import small_project
from small_project import ROOT, code, prose, write_notebook

from bcsp_analysis import cli, editions
from bcsp_analysis.errors import NotebookError
from bcsp_analysis.publish import board_pack, build, email_brief, records, tables_csv, warm

SLUG = "2023-24-q2"
ALL = ["index", "asb/season", "violence/season"]
SEASONS = ["asb/season", "violence/season"]

HOME = """
    from pathlib import Path
    print(Path("../data/home.txt").read_text())
    print(Path("../data/late.txt").exists())
    print(sorted(p.name for p in Path("../data/several").glob("*.txt")))
    """
SEASON = """
    from pathlib import Path
    from bcsp_analysis import run_cache
    print(Path(f"../data/{series}.txt").read_text())
    print(run_cache.shared("both", 1, lambda: Path("../data/both.txt").read_text()))
    """


def notebooks_of(folder: Path) -> None:
    """Notebooks whose pages each read a file of their own, and one of both seasons."""
    for name in ("home", "asb", "violence", "shoplifting", "both"):
        (folder / "data" / f"{name}.txt").write_text(f"{name} as it was\n", encoding="utf-8")
    (folder / "data" / "several").mkdir()
    write_notebook(
        folder / "notebooks" / "01-home.ipynb",
        prose("---\ntitle: Home\n---", "raw"),
        code('edition: str = "2023-24-q2"', "parameters", "remove-cell"),
        code(HOME),
    )
    write_notebook(
        folder / "notebooks" / "02-season.ipynb",
        prose('---\ntitle: "The season of [anti-social behaviour]{.series}"\n---', "raw"),
        prose("Back to [home](01-home.ipynb), at the zebra crossing."),
        code(
            'edition: str = "2023-24-q2"\nseries: str = "asb"',
            "parameters",
            "remove-cell",
        ),
        prose("## Results"),
        code(SEASON),
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has been built once, to be copied."""
    folder = small_project.make(tmp_path_factory.mktemp("built"))
    notebooks_of(folder)
    with pytest.MonkeyPatch.context() as patch:
        settle(patch, folder)
        assert [run.page.address for run in site().runs] == ALL
    return folder


@pytest.fixture
def root(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    shutil.copytree(built, folder)
    settle(monkeypatch, folder)
    return folder


def settle(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Work in a project; what stands beside its pages is not what is tested here."""
    patch.setenv("BCSP_PROJECT", str(folder))
    patch.delenv(editions.SETTING, raising=False)
    patch.chdir(folder)
    patch.setattr(board_pack, "make", lambda edition: board_pack.BoardPack(b"%PDF-", ()))
    patch.setattr(tables_csv, "files", lambda edition: {"downloads/a.csv": read_prices(edition)})
    patch.setattr(email_brief, "brief", lambda edition: "In short.")


def read_prices(edition: editions.Edition) -> bytes:
    """In the place of the tables: it reads one file of the edition."""
    return edition.data.prices.read_bytes()


def site(*, fresh: bool = False) -> build.Built:
    return build.build(editions.load(SLUG), engine="pandoc", fresh=fresh)


def ran(done: build.Built) -> list[str]:
    return [run.page.address for run in done.runs]


def rendered(done: build.Built) -> list[str]:
    return [page.source for page in done.site.pages]


def edit(root: Path, name: str, old: str, new: str) -> None:
    file = root / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def plan() -> warm.Plan:
    edition = editions.load(SLUG)
    return warm.plan(edition, Path("build/pages", SLUG).resolve())


def executed(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted((root / "build" / "pages").rglob("*.ipynb"))
    }


# --- which pages run ----------------------------------------------------------------------------


def test_nothing_changed_nothing_runs(root: Path) -> None:
    first = site()  # in its new place, where the site has not been put together yet
    assert ran(first) == []
    assert warm.changes(editions.load(SLUG), "pandoc", root / "_site") == ([], ())
    assert plan() == warm.Plan({}, {}, tuple(ALL))


def test_a_word_of_a_notebook_is_laid_around_the_outputs_that_are_there(root: Path) -> None:
    edit(root, "notebooks/02-season.ipynb", "zebra crossing", "level crossing")
    done = site()
    assert ran(done) == []
    assert "level crossing" in (root / "_site" / "asb" / "season.html").read_text("utf-8")
    laid = executed(root)
    assert ran(site(fresh=True)) == ALL
    assert executed(root) == laid  # byte for byte what a run gives


def test_front_matter_and_titles_of_the_edition_are_text_too(root: Path) -> None:
    edit(root, "editions/2023-24-q2.toml", "Violence & its *season*", "Violence by *month*")
    assert (plan().run, list(plan().lay)) == ({}, ["violence/season"])
    edit(root, "notebooks/01-home.ipynb", "title: Home", "title: The home page")
    assert (plan().run, list(plan().lay)) == ({}, ["index", "violence/season"])


def test_code_of_a_notebook_runs_its_pages(root: Path) -> None:
    edit(root, "notebooks/02-season.ipynb", "print(run_cache", "print('new', run_cache")
    assert list(plan().run) == SEASONS
    assert ran(site()) == SEASONS
    assert ran(site()) == []


def test_a_parameter_of_a_page_runs_that_page(root: Path) -> None:
    edit(
        root,
        "editions/2023-24-q2.toml",
        'parameters = { series = "violence" }',
        'parameters = { series = "shoplifting" }',
    )
    assert ran(site()) == ["violence/season"]
    assert "shoplifting as it was" in (root / "_site/violence/season.html").read_text("utf-8")


def test_a_new_page_runs(root: Path) -> None:
    file = root / "editions" / "2023-24-q2.toml"
    entry = '\n[[pages]]\nnotebook = "notebooks/02-season.ipynb"\naddress = "shop"\n'
    file.write_text(
        file.read_text("utf-8") + entry + 'parameters = { series = "shoplifting" }\n', "utf-8"
    )
    assert ran(site()) == ["shop"]


@pytest.mark.parametrize(
    ("name", "pages"),
    [
        ("home", ["index"]),
        ("violence", ["violence/season"]),
        ("both", SEASONS),  # worked out by one of them, and used by the other
        ("shoplifting", []),
    ],
)
def test_a_data_file_runs_the_pages_that_read_it(root: Path, name: str, pages: list[str]) -> None:
    edit(root, f"data/{name}.txt", "as it was", "as it is")
    found = plan().run
    assert list(found) == pages
    assert all(reason == (f"data/{name}.txt changed",) for reason in found.values())
    assert ran(site()) == pages


def test_a_file_that_was_looked_for_and_comes_runs_the_page(root: Path) -> None:
    (root / "data" / "late.txt").write_text("here", encoding="utf-8")
    assert plan().run == {"index": ("data/late.txt is new",)}


def test_a_folder_that_was_listed_and_grows_runs_the_page(root: Path) -> None:
    (root / "data" / "several" / "one.txt").write_text("here", encoding="utf-8")
    assert plan().run == {"index": ("files were added to data/several/ or removed from it",)}


def test_a_file_that_is_written_again_as_it_was_runs_nothing(root: Path) -> None:
    for name in ("data/home.txt", "notebooks/02-season.ipynb"):
        os.utime(root / name)
    edit(root, "notebooks/01-home.ipynb", '"outputs": []', '"outputs": [ ]')
    assert plan().run == {}


def test_an_installed_version_runs_everything(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "libraries" / "numbers-1.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path / "libraries"))
    records.environment.cache_clear()
    assert list(plan().run) == ALL
    assert ran(site()) == ALL
    assert ran(site()) == []
    (tmp_path / "libraries" / "numbers-1.0.dist-info").rename(
        tmp_path / "libraries" / "numbers-1.1.dist-info"
    )
    records.environment.cache_clear()
    assert list(plan().run) == ALL
    monkeypatch.undo()
    records.environment.cache_clear()


def test_checksums_in_the_list_of_sources_are_no_content_of_a_page(root: Path) -> None:
    """The list says of each file its checksum; a page that prints titles does not state it."""
    from bcsp_analysis.publish import page_records

    before = page_records.judge().of("data/sources.toml")
    file = root / "data" / "sources.toml"
    text = file.read_text(encoding="utf-8")
    at = text.index('sha256 = "') + len('sha256 = "')
    other = "0" if text[at] != "0" else "1"
    file.write_text(text[:at] + other + text[at + 1 :], encoding="utf-8")
    assert page_records.judge().of("data/sources.toml") == before
    assert page_records.judge().of("data/sources.toml", whole=True) != before
    file.write_text(text.replace("title = ", "title = ", 1) + "\n# a remark\n", encoding="utf-8")
    assert page_records.judge().of("data/sources.toml") == before
    edit(root, "data/sources.toml", 'licence = "', 'licence = "Other, ')
    assert page_records.judge().of("data/sources.toml") != before


# --- what goes wrong ----------------------------------------------------------------------------


def test_a_page_that_fails_is_never_as_it_should_be(root: Path) -> None:
    before = executed(root)
    edit(root, "notebooks/01-home.ipynb", "print(Path", "1 / 0; print(Path")
    for _ in range(2):
        with pytest.raises(NotebookError, match="ZeroDivisionError"):
            site()
        assert list(plan().run) == ["index"]
    assert executed(root) == before
    edit(root, "notebooks/01-home.ipynb", "1 / 0; print(Path", "print(Path")
    assert plan().run == {}  # the outputs of the last good run belong to it again


def test_a_build_that_fails_leaves_the_site_to_be_built(root: Path) -> None:
    site()
    edit(root, "notebooks/01-home.ipynb", "print(Path", "1 / 0; print(Path")
    with pytest.raises(NotebookError):
        site()
    edit(root, "notebooks/01-home.ipynb", "1 / 0; print(Path", "print(Path")
    changes, _ = warm.changes(editions.load(SLUG), "pandoc", root / "_site")
    assert changes == ["there is no earlier run"]


def test_pages_that_were_done_before_an_interrupt_are_done(root: Path) -> None:
    edit(root, "data/both.txt", "as it was", "as it is")

    class Stop(BaseException):
        pass

    def stop(run: object) -> None:
        raise Stop

    from bcsp_analysis.publish import notebooks

    edition, folder = editions.load(SLUG), root / "build" / "pages" / SLUG
    with pytest.raises(Stop):
        notebooks.run_pages(edition, folder, only=SEASONS, jobs=1, on_page=stop)
    assert list(plan().run) == ["violence/season"]


def test_an_executed_page_without_its_record_runs_again(root: Path) -> None:
    file = root / "build" / "pages" / SLUG / "index.ipynb"
    file.write_bytes(file.read_bytes() + b"\n")  # as if it was stopped before the record
    assert plan().run == {"index": (f"build/pages/{SLUG}/index.ipynb is not as it was left",)}


def test_a_site_that_somebody_changed_is_put_together_again(root: Path) -> None:
    site()
    (root / "_site" / "methods.html").unlink()
    changes, _ = warm.changes(editions.load(SLUG), "pandoc", root / "_site")
    assert changes == [f"{root / '_site'} is not as it was left"]
    done = site()
    assert (ran(done), (root / "_site" / "methods.html").is_file()) == ([], True)


# --- files beside the pages ---------------------------------------------------------------------


def test_a_paper_is_made_when_what_it_read_changed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    monkeypatch.setattr(
        tables_csv,
        "files",
        lambda edition: made.append(1) or {"downloads/a.csv": read_prices(edition)},
    )
    site()
    assert made == []
    edit(root, "data/home.txt", "as it was", "as it is")
    site()
    assert made == []
    file = root / "data" / "prices" / "prices_monthly.csv"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))  # the checksum reads both as one
    site()
    assert made == [1]
    assert (root / "_site" / "downloads" / "a.csv").read_bytes() == file.read_bytes()
    site()
    assert made == [1]


# --- the command --------------------------------------------------------------------------------


def test_explain_says_why_and_runs_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(root, "data/violence.txt", "as it was", "as it is")
    edit(root, "notebooks/01-home.ipynb", "title: Home", "title: The home page")
    before = executed(root)
    cli_build("--explain")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "lay anew index: text of the page changed (notebooks/01-home.ipynb)",
        "run violence/season: data/violence.txt changed",
        "as it is: 1 page",
    ]
    assert executed(root) == before


def cli_build(*arguments: str) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["build", "--engine", "pandoc", *arguments])
    assert not ended.value.code


def test_a_build_without_a_change_loads_nothing_heavy(root: Path) -> None:
    site()
    program = (
        "import sys\nfrom bcsp_analysis import cli\n"
        "try:\n    cli.main(['build', '--engine', 'pandoc'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'pandas', 'numpy', 'scipy', 'matplotlib', 'nbformat', 'yaml', 'jinja2',\n"
        "         'papermill', 'pypandoc', 'zmq', 'bcsp_analysis.publish.build'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines()[0] == "Nothing has changed since the last build"
    assert said.stdout.endswith("[]\n")


# --- modules of the package ---------------------------------------------------------------------


def test_a_module_of_the_package_runs_the_pages_that_stand_on_it(
    built: Path, tmp_path: Path
) -> None:
    """With a copy of the package, so that it can be edited: forked kernels and ordinary ones."""
    ignore = shutil.ignore_patterns("__pycache__")
    package = tmp_path / "bcsp_analysis"
    shutil.copytree(ROOT / "bcsp_analysis", package, ignore=ignore)
    folder = tmp_path / "project"
    shutil.copytree(built, folder)
    edit(
        folder,
        "notebooks/01-home.ipynb",
        "print(Path",
        "from bcsp_analysis.models import needed\\nprint(Path",
    )
    program = (
        "import json, sys\nfrom pathlib import Path\n"
        "from bcsp_analysis import editions\n"
        "from bcsp_analysis.publish import notebooks, warm\n"
        f"edition = editions.load({SLUG!r})\nfolder = Path('build/pages', {SLUG!r}).resolve()\n"
        "found = warm.plan(edition, folder).run\n"
        "if __name__ == '__main__':\n"
        "    if found:\n"
        "        notebooks.run_pages(edition, folder, only=found)\n"
        "    print(json.dumps(found))\n"
    )
    file = tmp_path / "run.py"
    file.write_text(program, encoding="utf-8")

    def pages(kernels: str) -> dict[str, list[str]]:
        settings = {"BCSP_PROJECT": str(folder), "PYTHONPATH": str(tmp_path)}
        environment = {k: v for k, v in os.environ.items() if "KERNEL" not in k}
        environment.pop("JUPYTER_DEFAULT_PROVISIONER_NAME", None)
        said = subprocess.run(
            [sys.executable, str(file)],
            capture_output=True,
            text=True,
            check=True,
            cwd=folder,
            env={**environment, **settings, "BCSP_KERNELS": kernels},
        )
        return dict(json.loads(said.stdout))

    assert list(pages("forked")) == ["index"]  # its code; the package is the same, elsewhere
    assert pages("forked") == {}
    for kernels in ("forked", "ordinary"):
        with (package / "models" / "intervals.py").open("a", encoding="utf-8") as stream:
            stream.write("# a remark\n")
        # `needed` imports `intervals`; the seasons import neither.
        (reason,) = pages(kernels).pop("index")
        assert reason.endswith("intervals.py changed")
        assert pages(kernels) == {}
    with (package / "run_cache.py").open("a", encoding="utf-8") as stream:
        stream.write("# a remark\n")
    assert list(pages("forked"))[-2:] == SEASONS


# --- which pages are rendered -------------------------------------------------------------------


def test_only_pages_whose_text_changed_are_rendered(root: Path) -> None:
    assert rendered(site()) == []
    edit(root, "notebooks/02-season.ipynb", "zebra crossing", "level crossing")
    assert rendered(site()) == ["asb/season.ipynb", "violence/season.ipynb"]
    index = (root / "_site" / "search-index.js").read_text(encoding="utf-8")
    assert (index.count("level crossing"), index.count("zebra crossing")) == (2, 0)
    edit(root, "site/methods.qmd", "page and", "page, and")
    assert rendered(site()) == ["methods.qmd"]
    assert rendered(site()) == []


def test_a_site_of_kept_pages_is_the_site_of_rendered_ones(root: Path) -> None:
    def files() -> dict[str, bytes]:
        found = (path for path in (root / "_site").rglob("*") if path.is_file())
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}

    site()
    kept = files()
    assert sorted(rendered(site(fresh=True))) == sorted(
        ["index.ipynb", "asb/season.ipynb", "violence/season.ipynb", "methods.qmd"]
    )
    assert files() == kept


def test_navigation_is_rendered_on_every_page(root: Path) -> None:
    site()
    edit(root, "_quarto.yml", "text: Seasons", "text: Months")
    done = site()
    assert (ran(done), len(rendered(done))) == ([], 4)
    edit(root, "notebooks/01-home.ipynb", "title: Home", "title: The home page")
    assert rendered(site()) == ["index.ipynb"]  # the menu has a text of its own


def test_a_style_sheet_is_copied_and_no_page_is_rendered(root: Path) -> None:
    site()
    edit(root, "site/look.css", "#333", "#444")
    done = site()
    assert (ran(done), rendered(done)) == ([], [])
    (css,) = (root / "_site").rglob("look.css")
    assert "#444" in css.read_text(encoding="utf-8")


def test_a_warning_of_a_kept_page_is_given_again(root: Path) -> None:
    file = root / "site" / "methods.qmd"
    told = file.read_text(encoding="utf-8") + "\n![A chart](chart.png)\n\n[Up](#nowhere)\n"
    file.write_text(told, encoding="utf-8")
    first = site()
    assert any("chart.png" in warning for warning in first.warnings)
    assert any("#nowhere" in warning for warning in first.warnings)
    (root / "site" / "look.css").touch()
    edit(root, "site/look.css", "#333", "#444")
    again = site()
    assert (rendered(again), again.warnings) == ([], first.warnings)


def test_the_engine_itself_renders_every_page_when_it_changes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bcsp_analysis.publish.pandoc import kept

    site()
    monkeypatch.setattr(kept, "_HERE", root / "site")  # other files than before
    (root / "site" / "page.html.j2").write_text("another template", encoding="utf-8")
    done = site()
    assert (ran(done), len(rendered(done))) == ([], 4)
