"""Running notebooks: parameters are checked first, good pages kept, failures named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pypandoc
import pytest
import small_project
from small_project import code, prose, write_notebook

from bcsp_analysis import editions, start
from bcsp_analysis.errors import NotebookError, ParameterError
from bcsp_analysis.publish import execution, markdown, notebooks, parameters


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BCSP_PROJECT", str(small_project.make(tmp_path)))
    monkeypatch.delenv(editions.SETTING, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_parameters(root: Path, source: str) -> Path:
    """The home notebook with another parameters cell."""
    return write_notebook(
        root / "notebooks" / "01-home.ipynb",
        prose("---\ntitle: Home\n---", "raw"),
        code(source, "parameters"),
    )


def edit_edition(root: Path, old: str, new: str) -> None:
    file = root / "editions" / "2023-24-q2.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- parameters ---------------------------------------------------------------------------------


def test_parameters_are_read_with_their_defaults(root: Path) -> None:
    notebook = with_parameters(
        root,
        """
        edition: str = "2023-24-q2"  # a slug, of the form year-quarter
        share: float = 0.5
        months = 36
        adjusted: bool = False
        below = -1
        """,
    )
    assert parameters.defaults(notebook) == {
        "edition": "2023-24-q2",
        "share": 0.5,
        "months": 36,
        "adjusted": False,
        "below": -1,
    }


def test_papermill_sees_the_same_parameters(root: Path) -> None:
    for notebook in (root / "notebooks").glob("*.ipynb"):
        assert set(papermill.inspect_notebook(str(notebook))) == set(parameters.defaults(notebook))


@pytest.mark.parametrize(
    ("source", "problem", "place"),
    [
        ('edition: str = "x"\nnow = print', "no parameter", "line 2"),
        ('edition: str = "x"\ntwice = 2 * 3', "no parameter", "line 2"),
        ('edition: str = "x"\nfor i in []: pass', "no parameter", "line 2"),
        ('edition: str = "x"\nseries: str = None', "no parameter", "line 2"),
        ('edition: str = "x"\nmany: list = ["a"]', "no parameter", "line 2"),
        ('edition: str = "x"\na, b = 1, 2', "no parameter", "line 2"),
        ('edition: str = "x"\nlater: int', "no parameter", "line 2"),
        ('edition: str = "x', "not Python", "line 1"),
        ("\n".join(f"p{i} = {i}" for i in range(9)), "too many", "01-home.ipynb"),
    ],
)
def test_a_parameters_cell_holds_plain_values(
    root: Path, source: str, problem: str, place: str
) -> None:
    notebook = with_parameters(root, source)
    with pytest.raises(ParameterError) as caught:
        parameters.defaults(notebook)
    assert problem in caught.value.problem
    assert "notebooks/01-home.ipynb" in caught.value.where
    assert place in caught.value.where


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('series = "asb"', 'serie = "asb"', "does not have"),
        ('series = "asb"', "series = 1", "wrong kind"),
        ('series = "asb"', "series = true", "wrong kind"),
        ('series = "asb"', 'series = "asbo"', "unknown value"),
    ],
)
def test_a_wrong_parameter_stops_before_anything_runs(
    root: Path, old: str, new: str, problem: str
) -> None:
    edit_edition(root, old, new)
    with pytest.raises(ParameterError) as caught:
        notebooks.run_pages(editions.load("2023-24-q2"), root / "build")
    assert problem in caught.value.problem
    assert "page asb/season" in caught.value.where
    assert not (root / "build").exists()


def test_a_whole_number_will_do_where_a_number_is_wanted(root: Path) -> None:
    with_parameters(root, 'edition: str = "x"\nshare: float = 0.5')
    edit_edition(root, 'address = "index"', 'address = "index"\nparameters = { share = 1 }')
    parameters.check(editions.load("2023-24-q2"))
    edit_edition(root, "share = 1", 'share = "1"')
    with pytest.raises(ParameterError, match="wrong kind"):
        parameters.check(editions.load("2023-24-q2"))


def test_a_notebook_without_a_parameters_cell_is_refused(root: Path) -> None:
    write_notebook(root / "notebooks" / "01-home.ipynb", prose("# Home"), code("1 + 1"))
    with pytest.raises(ParameterError, match="needs one parameters cell"):
        parameters.check(editions.load("2023-24-q2"))


def test_a_notebook_that_takes_no_edition_is_refused(root: Path) -> None:
    with_parameters(root, 'series: str = "asb"')
    with pytest.raises(ParameterError, match="does not take an edition"):
        parameters.check(editions.load("2023-24-q2"))


def test_a_mark_without_a_value_is_refused(root: Path) -> None:
    write_notebook(
        root / "notebooks" / "01-home.ipynb",
        prose("---\ntitle: Home\n---", "raw"),
        prose("About {series}."),
        code('edition: str = "x"', "parameters"),
    )
    with pytest.raises(ParameterError) as caught:
        parameters.check(editions.load("2023-24-q2"))
    assert "{series}" in caught.value.problem
    assert "cell 2" in caught.value.where


def test_a_file_that_is_no_notebook_is_refused(root: Path) -> None:
    (root / "notebooks" / "01-home.ipynb").write_text("<html>", encoding="utf-8")
    with pytest.raises(NotebookError, match="no Jupyter notebook"):
        parameters.check(editions.load("2023-24-q2"))


# --- marks and links ----------------------------------------------------------------------------

VALUES = {"area": "Exampleham", "series": "Violence and sexual offences"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("In {area}.", "In Exampleham."),
        ("## [Anti-social behaviour]{.series} here", "## Violence and sexual offences here"),
        ("How [anti-social behaviour]{.series} varies", "How violence and sexual offences varies"),
        ("`{area}` and ``[x]{.area}``", "`{area}` and ``[x]{.area}``"),
        ("```\n{area}\n```\n{area}", "```\n{area}\n```\nExampleham"),
        ("~~~~\n~~~\n{area}\n~~~~\n", "~~~~\n~~~\n{area}\n~~~~\n"),
        ("$x_{area}$ and \\frac{area}{2}", "$x_{area}$ and \\frac{area}{2}"),
        ("{unknown} {months}", "{unknown} {months}"),
    ],
)
def test_marks_are_filled_outside_code(text: str, filled: str) -> None:
    assert markdown.fill(text, VALUES) == filled


def test_a_value_is_never_markup() -> None:
    value = "A *b* {{< meta x >}} <script> [c](d) ::: {.e} ` $f$ @g"
    shown = pypandoc.convert_text(
        markdown.fill("In {area}", {"area": value}), "plain", "markdown", ["--wrap=none"]
    )
    assert shown.strip() == f"In {value}"


def test_links_are_found_wherever_markdown_has_them() -> None:
    text = (
        "[a](a.qmd) ![b](<b c.png>){width=5} [d][e] <a href='f.qmd'>x</a> `[g](g.qmd)` \\](h.qmd)\n"
        "{{< include _i.md >}}\n[e]: e.qmd 'title'\n```{=html}\n<img src=\"j.png\">\n```\n"
        "```\n[k](k.qmd)\n```\n[l](l_(m).qmd#n)\n"
    )
    seen: list[str] = []

    def note(target: str) -> str:
        seen.append(target)
        return target

    assert markdown.rewrite_links(text, note) == text
    assert seen == ["a.qmd", "b c.png", "f.qmd", "_i.md", "e.qmd", "j.png", "l_(m).qmd#n"]


# --- running ------------------------------------------------------------------------------------


def run(root: Path, **settings: Any) -> tuple[notebooks.PageRun, ...]:
    return notebooks.run_pages(editions.load("2023-24-q2"), root / "build", **settings)


def test_pages_run_with_their_parameters(root: Path) -> None:
    heard: list[str] = []
    runs = run(root, on_page=lambda done: heard.append(done.page.address))
    assert [done.page.address for done in runs] == ["index", "asb/season", "violence/season"]
    assert sorted(heard) == ["asb/season", "index", "violence/season"]
    page = nbformat.read(root / "build" / "violence" / "season.ipynb", as_version=4)
    nbformat.validate(page)
    assert page.cells[-1].outputs[0].text == "violence 2023-24-q2\n"
    injected = next(c for c in page.cells if "injected-parameters" in c.metadata.get("tags", []))
    assert "remove-cell" in injected.metadata.tags
    assert "papermill" not in json.dumps(page)
    assert [c.execution_count for c in page.cells if c.cell_type == "code"] == [1, 2, 3]
    assert page.metadata.language_info == {"name": "python"}
    # The edition's title is text: its markup is escaped.
    assert markdown.split_front_matter(page.cells[0].source, "") == (
        {"title": r"Violence \& its \*season\*"},
        "",
    )
    asb = nbformat.read(root / "build" / "asb" / "season.ipynb", as_version=4)
    assert "title: The season of anti-social behaviour" in asb.cells[0].source
    # The same run gives the same file.
    first = (root / "build" / "index.ipynb").read_bytes()
    run(root, jobs=1)
    assert (root / "build" / "index.ipynb").read_bytes() == first


def test_one_page_of_each_notebook_begins_before_the_second_of_any(root: Path) -> None:
    addresses = [page.address for page in notebooks._in_turn(editions.load("2023-24-q2").pages)]
    assert addresses == ["index", "asb/season", "violence/season"]
    file = root / "editions" / "2023-24-q2.toml"
    head, home, *seasons = file.read_text(encoding="utf-8").split("[[pages]]")
    file.write_text("[[pages]]".join([head, *seasons, f"{home}"]), encoding="utf-8")
    addresses = [page.address for page in notebooks._in_turn(editions.load("2023-24-q2").pages)]
    assert addresses == ["asb/season", "index", "violence/season"]


@pytest.mark.parametrize(("source", "fails"), [("1 + 1", False), ("1 / 0", True)])
def test_a_running_notebook_is_written_once_a_run_not_once_a_cell(
    root: Path, monkeypatch: pytest.MonkeyPatch, source: str, fails: bool
) -> None:
    written: list[str] = []

    def write(notebook: Any, place: str) -> None:
        written.append(place)
        papermill.iorw.write_ipynb(notebook, place)

    monkeypatch.setattr("papermill.engines.write_ipynb", write)
    file = root / "notebooks" / "01-home.ipynb"
    cells = [code('edition: str = "x"', "parameters"), *[code("0")] * 10, code(source)]
    write_notebook(file, prose("---\ntitle: Home\n---", "raw"), *cells)
    if fails:
        with pytest.raises(NotebookError, match="cell 13"):
            execution.execute(file)
    else:
        assert len(execution.execute(file).cells) == 13
    # when it begins and when it ends; papermill by itself: before and after each cell too
    assert len(written) == 2


def only_home(root: Path) -> None:
    """An edition of one page, which runs sooner."""
    file = root / "editions" / "2023-24-q2.toml"
    pages = file.read_text(encoding="utf-8").split("[[pages]]")
    file.write_text("[[pages]]".join(pages[:2]), encoding="utf-8")


def test_a_notebook_knows_its_folder_and_project_and_warnings_are_told(root: Path) -> None:
    only_home(root)
    write_notebook(
        root / "notebooks" / "01-home.ipynb",
        prose("---\ntitle: Home\n---", "raw"),
        code('edition: str = "x"', "parameters"),
        code("import os, pathlib; print(pathlib.Path.cwd().name, os.environ['BCSP_PROJECT'])"),
        code("import warnings; warnings.warn('old figures'); print('seen')"),
    )
    done = run(root)[0]
    assert "old figures" in done.warnings[0]
    page = nbformat.read(root / "build" / "index.ipynb", as_version=4)
    assert page.cells[-2].outputs[0].text == f"notebooks {root}\n"
    assert [output.text for output in page.cells[-1].outputs] == ["seen\n"]


def failing(root: Path, name: str, source: str) -> None:
    write_notebook(
        root / "notebooks" / name,
        prose("---\ntitle: Fails\n---", "raw"),
        prose("Words."),
        code('edition: str = "x"\nseries: str = "asb"', "parameters"),
        code(source),
        code("print('never')"),
    )


def test_a_failing_cell_is_named_and_the_good_page_stays(root: Path) -> None:
    only_home(root)
    run(root)
    good = (root / "build" / "index.ipynb").read_bytes()
    failing(root, "01-home.ipynb", "figures = {}\nfigures['asb']")
    with pytest.raises(NotebookError) as caught:
        run(root)
    assert caught.value.where == "notebooks/01-home.ipynb, cell 4 (page index)"
    assert caught.value.found == "KeyError: 'asb'"
    assert (root / "build" / "index.ipynb").read_bytes() == good
    assert not list((root / "build").glob(".*"))


def test_all_failures_are_listed_and_the_others_run(root: Path) -> None:
    failing(root, "02-season.ipynb", "raise ValueError(series)")
    with pytest.raises(NotebookError) as caught:
        run(root)
    message = str(caught.value)
    assert "2 of 3" in message
    assert "page asb/season" in message
    assert "ValueError: asb" in message
    assert "page violence/season" in message
    assert "ValueError: violence" in message
    assert (root / "build" / "index.ipynb").is_file()


@pytest.mark.parametrize(
    ("source", "problem", "found"),
    [
        (
            "from bcsp_analysis.start import start\nstart('2020-21-q1')",
            "failed",
            "one of 2023-24-q2",
        ),
        ("raise SystemExit(3)", "failed", "SystemExit: 3"),
        ("import os; os._exit(1)", "died", "without a reply"),
        ("import time; time.sleep(60)", "did not end", "after 2 seconds"),
    ],
)
def test_every_way_to_fail_names_the_cell(
    root: Path, source: str, problem: str, found: str
) -> None:
    failing(root, "01-home.ipynb", source)
    seconds = 2 if "sleep" in source else 120  # the others have time on a busy machine
    with pytest.raises(NotebookError) as caught:
        execution.execute(root / "notebooks" / "01-home.ipynb", cell_seconds=seconds)
    assert problem in caught.value.problem
    assert found in caught.value.found
    assert caught.value.where == "notebooks/01-home.ipynb, cell 4"


def test_a_page_without_a_title_is_refused(root: Path) -> None:
    only_home(root)
    write_notebook(
        root / "notebooks" / "01-home.ipynb", code('edition: str = "x"', "parameters"), code("1")
    )
    with pytest.raises(NotebookError, match="no title"):
        run(root)


def test_braces_in_the_path_of_a_project_are_no_parameters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "{x} & ä"
    folder.mkdir()
    monkeypatch.setenv("BCSP_PROJECT", str(small_project.make(folder)))
    executed = execution.execute(folder / "notebooks" / "02-season.ipynb", {"series": "violence"})
    assert executed.cells[-1].outputs[0].text == "violence 2023-24-q2\n"


# --- committed notebooks ------------------------------------------------------------------------


def test_outputs_are_stored_in_place(root: Path) -> None:
    notebook = root / "notebooks" / "02-season.ipynb"
    assert notebooks.execute_in_place(notebook) == ()
    content = nbformat.read(notebook, as_version=4)
    nbformat.validate(content)
    assert content.cells[-1].outputs[0].text == "asb 2023-24-q2\n"
    assert content.metadata.kernelspec.name == "python3"
    assert "injected" not in notebook.read_text(encoding="utf-8")
    # Marks stay: they are filled for each page.
    assert "[anti-social behaviour]{.series}" in content.cells[0].source
    first = notebook.read_bytes()
    notebooks.execute_in_place(notebook)
    assert notebook.read_bytes() == first


def test_a_failed_refresh_leaves_the_file(root: Path) -> None:
    failing(root, "01-home.ipynb", "1 / 0")
    before = (root / "notebooks" / "01-home.ipynb").read_bytes()
    done = []
    with pytest.raises(NotebookError, match="failed"):
        done.extend(notebooks.refresh(sorted((root / "notebooks").glob("*.ipynb"))))
    assert (root / "notebooks" / "01-home.ipynb").read_bytes() == before
    season = nbformat.read(root / "notebooks" / "02-season.ipynb", as_version=4)
    assert season.cells[-1].outputs


# --- interruption -------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal to a process group")
@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_build_leaves_the_last_site(root: Path, way: signal.Signals) -> None:
    site = root / "_site"
    site.mkdir()
    (site / "index.html").write_text("last good site", encoding="utf-8")
    started = root / "started"
    failing(
        root,
        "01-home.ipynb",
        f"import os, pathlib, time\nfile = pathlib.Path({str(started)!r})\n"
        "file.with_suffix('.new').write_text(str(os.getpid()))\n"
        "file.with_suffix('.new').rename(file)\ntime.sleep(60)",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "bcsp_analysis", "build", "--engine", "pandoc"],
        cwd=root,
        env={**os.environ, "BCSP_PROJECT": str(root)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert started.exists()
    kernel = int(started.read_text())
    os.killpg(process.pid, way)
    _, said = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "Traceback" not in said
    assert (site / "index.html").read_text(encoding="utf-8") == "last good site"
    assert [file.name for file in site.iterdir()] == ["index.html"]
    deadline = time.monotonic() + 20
    while is_running(kernel) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_running(kernel)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


# --- what a notebook starts with ----------------------------------------------------------------


def test_start_gives_a_notebook_its_data(root: Path) -> None:
    begun = start.start("2023-24-q2", series="violence")
    assert (begun.area, begun.quarter.label) == ("Exampleham", "2023/24 Q2")
    assert begun.rules.small_count == 10
    assert begun.category == "Violence and sexual offences"
    # data/monthly/birmingham.csv, first and last row of the category as published.
    monthly = begun.monthly()
    assert str(monthly.index[0].date()) == "2020-08-01"
    assert begun.monthly("Anti-social behaviour").iloc[0] == 2257
    assert begun.table.text.at["asb-incidents", "q_this_year"] == "3,332"
    assert begun.prices.loc["2012-01", "cpi_index_2015_100"].item() == 94.6
    assert begun.table is begun.table
    assert begun.sources("police-uk-monthly")[0].file == "data/monthly/birmingham.csv"
    assert len(begun.catalogue.measures) == 23
    assert begun.recording


@pytest.mark.parametrize(
    ("given_parameters", "problem"),
    [
        ({"series": "asbo"}, "unknown value of the parameter series"),
        ({"serie": "asb"}, "unknown parameter"),
    ],
)
def test_start_refuses_what_it_does_not_know(
    root: Path, given_parameters: dict[str, str], problem: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        start.start("2023-24-q2", **given_parameters)
    assert caught.value.problem == problem
    assert "asb" in caught.value.hint or "series" in caught.value.hint


def test_start_without_a_series_has_no_series(root: Path) -> None:
    begun = start.start("2023-24-q2")
    with pytest.raises(ParameterError, match="no series"):
        begun.monthly()
    with pytest.raises(ParameterError, match="unknown source"):
        begun.sources("police")
