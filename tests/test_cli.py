"""The bcsp command: what it prints, its exit status, and that help starts quickly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import small_project
from small_project import code, prose, write_notebook

from bcsp_analysis import cli, editions
from bcsp_analysis.errors import EditionError
from bcsp_analysis.publish import notebooks, serve, site


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BCSP_PROJECT", str(small_project.make(tmp_path)))
    monkeypatch.delenv(editions.SETTING, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Said:
    """Exit status and both outputs of one command."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def bcsp(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str) -> Said:
        status = 0
        try:
            cli.main(list(arguments))
        except SystemExit as ended:
            status = int(ended.code or 0)
        shown = capsys.readouterr()
        return Said(status, shown.out, shown.err)

    return run


def edit(root: Path, name: str, old: str, new: str) -> None:
    file = root / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- help and usage -----------------------------------------------------------------------------

HEAVY = ("pandas", "numpy", "scipy", "statsmodels", "matplotlib", "papermill", "nbformat", "yaml")


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom bcsp_analysis import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.endswith("[]\n")
    for command in ("build", "check", "audit", "change", "site", "serve", "new-edition", "refresh"):
        assert f"\n  {command} " in said.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "--enigne", "pandoc"],
        ["build", "--jobs", "0"],
        ["build", "--jobs", "two"],
        ["publish"],
        ["change", "1"],
        ["change", "1", "2"],
        ["change", "1", "-2", "--days", "92", "92"],
        ["change", "1", "2", "--days", "92"],
        ["change", "1", "2", "--days", "92", "92", "--dispersion", "0.5"],
        ["serve", "--port", "70000"],
        ["new-edition"],
    ],
)
def test_a_command_that_is_misspelt_ends_with_status_2(bcsp: Any, arguments: list[str]) -> None:
    said = bcsp(*arguments)
    assert said.status == 2
    assert said.out == ""
    assert "Error: " in said.err


def test_the_version_is_printed(bcsp: Any) -> None:
    assert bcsp("--version").out.startswith("bcsp ")


# --- build --------------------------------------------------------------------------------------


def test_a_build_ends_with_a_site_and_its_times(root: Path, bcsp: Any) -> None:
    said = bcsp("build", "--engine", "pandoc")
    assert (said.status, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "the embedded engine renders the site, as asked"
    assert f"The site is in {root / '_site'}; open {root / '_site' / 'index.html'}" == lines[-1]
    table = [line.split() for line in lines[-6:-1]]
    assert [row[0] for row in table] == [
        "page",
        "index",
        "asb/season",
        "violence/season",
        "methods",
    ]
    # Executed and rendered, each with its seconds; the hand-written page was only rendered.
    assert [len(row) for row in table] == [3, 5, 5, 5, 3]
    pages = sorted(
        p.relative_to(root / "_site").as_posix() for p in (root / "_site").rglob("*.html")
    )
    assert pages == ["asb/season.html", "index.html", "methods.html", "violence/season.html"]
    home = (root / "_site" / "index.html").read_text(encoding="utf-8")
    assert "How safe is Exampleham in July to September 2023?" in home
    assert 'href="violence/season.html"' in home


PUT_WRONG = [
    # (file, old, new, what the message says, where it says it is)
    ("editions/2023-24-q2.toml", 'series = "asb"', 'serie = "asb"', "serie", "page asb/season"),
    ("editions/2023-24-q2.toml", "birmingham.csv", "nowhere.csv", "nowhere.csv", "key monthly"),
    (
        *("data/report/2023-24-q2/performance.csv", '"3,332"', '"3,3O2"'),
        *("3,3O2", "performance.csv"),
    ),
    (
        *("data/report/2023-24-q2/performance.csv", "asb-incidents", "asb-incident"),
        *("asb-incident", "performance.csv"),
    ),
    (
        *("data/monthly/birmingham.csv", "2021-01,Anti-social behaviour,2082,4\n", ""),
        *("2021-01", "birmingham.csv"),
    ),
    (
        *("data/monthly/birmingham.csv", "2021-01,Anti-social behaviour,2082,4\n"),
        "2021-01,Anti-social behaviour,2082,4\n2021-01,Anti-social behaviour,2082,4\n",
        *("2021-01", "birmingham.csv"),
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "what", "where"), PUT_WRONG)
def test_what_is_wrong_is_named_and_the_last_site_stays(
    root: Path, bcsp: Any, file: str, old: str, new: str, what: str, where: str
) -> None:
    last = root / "_site"
    last.mkdir()
    (last / "index.html").write_text("last good site", encoding="utf-8")
    edit(root, file, old, new)
    for command in (["build", "--engine", "pandoc"], ["check"]):
        said = bcsp(*command)
        assert said.status == 1
        assert said.err.startswith("error: ")
        assert what in said.err
        assert where in said.err
        assert "Traceback" not in said.err
    assert [path.name for path in last.iterdir()] == ["index.html"]
    assert (last / "index.html").read_text(encoding="utf-8") == "last good site"
    assert not (root / "build" / "site").exists()


def test_a_file_that_is_not_the_recorded_one_is_named(root: Path, bcsp: Any) -> None:
    edit(root, "data/monthly/birmingham.csv", "behaviour,2257,0", "behaviour,2258,0")
    said = bcsp("check")
    assert said.status == 1
    assert "birmingham.csv" in said.err
    assert "not the one that its record describes" in said.err


def test_a_failing_notebook_is_named_without_a_traceback(root: Path, bcsp: Any) -> None:
    write_notebook(
        root / "notebooks" / "01-home.ipynb",
        prose("---\ntitle: Home\n---", "raw"),
        code('edition: str = "x"', "parameters"),
        code("{}['asb']"),
    )
    said = bcsp("build", "--engine", "pandoc")
    assert said.status == 1
    assert "notebooks/01-home.ipynb, cell 3 (page index)" in said.err
    assert "KeyError: 'asb'" in said.err
    assert "Traceback" not in said.err
    assert not (root / "_site").exists()


def test_the_place_in_the_code_is_shown_when_asked(root: Path) -> None:
    with pytest.raises(EditionError):
        cli.main(["check", "--edition", "1999-00-q1", "--traceback"])


# --- check, new-edition -------------------------------------------------------------------------


def test_check_says_what_was_checked(root: Path, bcsp: Any) -> None:
    said = bcsp("check")
    assert (said.status, said.err) == (0, "")
    assert "ok: notebooks: 3 pages of 2 notebooks" in said.out
    assert "ok: registers: 23 measures" in said.out


def test_the_next_edition_says_what_is_missing(root: Path, bcsp: Any) -> None:
    made = bcsp("new-edition", "2023/24 Q3")
    assert made.status == 0
    assert "made editions/2023-24-q3.toml and data/report/2023-24-q3/" in made.out
    for command in (["build", "--engine", "pandoc"], ["check"]):
        said = bcsp(*command)
        assert said.status == 1
        assert "184 figures of 23 measures are still missing" in said.err
        assert "asb-incidents: q_last_year, q_this_year, q_previous" in said.err
    assert bcsp("check", "--edition", "2023/24 Q2").status == 0
    again = bcsp("new-edition", "2023/24 Q3")
    assert again.status == 1
    assert "there already" in again.err


@pytest.mark.parametrize("quarter", ["2023/24", "2023/25 Q1", "next"])
def test_a_quarter_that_is_none_is_refused(root: Path, bcsp: Any, quarter: str) -> None:
    said = bcsp("new-edition", quarter)
    assert said.status == 1
    assert "not a quarter" in said.err


# --- audit, change ------------------------------------------------------------------------------


def test_the_audit_is_a_table_with_status_0(root: Path, bcsp: Any) -> None:
    said = bcsp("audit")
    assert (said.status, said.err) == (0, "")
    assert "findings from" in said.out
    # Table 1 of the report prints -11.3% for 82,757 to 74,296, which is -10.2% on the prior base.
    assert "-11.3%" in said.out
    assert "-10.2%" in said.out
    everything = bcsp("audit", "--all")
    assert "checks" in everything.out
    assert len(everything.out.splitlines()) > len(said.out.splitlines())


def test_the_audit_is_data_on_request(root: Path, bcsp: Any) -> None:
    said = bcsp("audit", "--json")
    data = json.loads(said.out)
    assert said.status == 0
    assert data["quarter"] == "2023/24 Q2"
    assert sum(data["checks"].values()) > len(data["findings"]) > 0
    assert {"rule", "printed", "implied", "seriousness"} <= set(data["findings"][0])


def test_a_second_audit_is_the_first_one_and_loads_nothing_heavy(root: Path, bcsp: Any) -> None:
    first = bcsp("audit", "--json")
    program = (
        "import sys\nfrom bcsp_analysis import cli\n"
        "try:\n    cli.main(['audit', '--json'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'pandas', 'numpy', 'pyarrow', 'yaml'} & set(sys.modules)))"
    )
    again = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert again.stdout == f"{first.out}[]\n"
    edit(root, "data/report/2023-24-q2/performance.csv", "74,296", "74,297")
    assert bcsp("audit", "--json").out != first.out


def test_brackets_in_a_label_are_shown_as_printed(root: Path, bcsp: Any) -> None:
    edit(
        root,
        "data/report/2023-24-q2/performance.csv",
        "total-recorded-crime,Total Recorded Crime",
        "total-recorded-crime,Total [bold]Recorded[/bold] Crime",
    )
    words = " ".join(bcsp("audit").out.split())
    assert "[bold]Recorded[/bold]" in words.replace(" ", "") or "[bold]Recorded" in words


def test_two_counts_are_compared(bcsp: Any) -> None:
    said = bcsp("change", "2493", "3332", "--days", "92", "92")
    assert said.status == 0
    # (3332 - 2493) / 2493 = 33.65%
    assert "+33.7%" in said.out
    assert "clear increase" in said.out
    assert "overdispersion: 1" in said.out
    data = json.loads(
        bcsp("change", "2493", "3332", "--days", "92", "92", "--dispersion", "40", "--json").out
    )
    assert data["dispersion"] == 40
    assert data["verdict"] == "no clear change"
    assert data["rate_ratio"] == pytest.approx(3332 / 2493)


def test_without_a_dispersion_the_verdict_is_conditional(bcsp: Any) -> None:
    said = bcsp("change", "2493", "3332", "--days", "92", "92").out
    condition = "incidents taken as independent: counts of police usually swing more"
    assert condition in said
    assert "verdict on that condition only: clear increase" in said
    assert "\nverdict: " not in said
    # (ln(3332/2493) / 1.959964)² / (1/2493 + 1/3332) = 31.24, by hand
    assert "not clear any more from an overdispersion of 31.2 on" in said
    # exact and score as in the project's statistical notes: 1.2686 to 1.4083, 1.2690 to 1.4077
    assert "exact: 1.269 to 1.408" in said
    assert "score: 1.269 to 1.408" in said
    data = json.loads(bcsp("change", "2493", "3332", "--days", "92", "92", "--json").out)
    assert data["condition"] == condition
    assert data["dispersion_source"] == condition


def test_with_a_dispersion_the_verdict_stands_with_three_intervals(bcsp: Any) -> None:
    given = ("change", "2493", "3332", "--days", "92", "92", "--dispersion", "30")
    said = bcsp(*given).out
    assert "\nverdict: clear increase\n" in said
    assert "independent: counts" not in said
    # statistical notes, three decimals: 1.006 to 1.776 at 30
    assert "quasi-Poisson: 1.006 to 1.776 (overdispersion 30)" in said
    assert "exact: 1.269 to 1.408 (incidents independent)" in said
    assert json.loads(bcsp(*given, "--json").out)["condition"] is None
    above = bcsp("change", "2493", "3332", "--days", "92", "92", "--dispersion", "40").out
    assert "clear only below an overdispersion of 31.2" in above


def test_an_interval_without_end_is_null(bcsp: Any) -> None:
    data = json.loads(bcsp("change", "0", "5", "--days", "92", "92", "--json").out)
    assert data["rate_ratio"] is None


# --- site, serve, refresh -----------------------------------------------------------------------


def test_any_website_is_rendered(root: Path, bcsp: Any, tmp_path: Path) -> None:
    website = tmp_path / "website"
    website.mkdir()
    (website / "_quarto.yml").write_text("project:\n  type: website\n", encoding="utf-8")
    (website / "index.qmd").write_text(
        "---\ntitle: One\n---\n\n[nowhere](nowhere.qmd)\n", encoding="utf-8"
    )
    said = bcsp("site", str(website), "--engine", "pandoc")
    assert said.status == 0
    assert "warning: index.qmd:5" in said.err
    assert said.out.splitlines()[-1] == f"The site is in {website / '_site'}"
    assert bcsp("site", str(tmp_path / "none")).status == 1


def test_serving_shows_the_site_on_this_machine_only(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("the site", encoding="utf-8")
    (tmp_path.parent / "secret.txt").write_text("not the site", encoding="utf-8")
    with serve.server(tmp_path, 0) as server:
        host, port = server.server_address[:2]
        assert host == "127.0.0.1"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            assert answer.read() == b"the site"
            assert answer.headers["Cache-Control"] == "no-store"
        for path in ("/../secret.txt", "/%2e%2e/secret.txt"):
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}")
            caught.value.close()
        server.shutdown()


def test_serving_nothing_is_an_error(root: Path, bcsp: Any) -> None:
    said = bcsp("serve", "--no-build")
    assert said.status == 1
    assert "there is no site to show" in said.err


def test_a_port_that_is_taken_is_an_error(root: Path, bcsp: Any, tmp_path: Path) -> None:
    site_folder = root / "_site"
    site_folder.mkdir()
    (site_folder / "index.html").write_text("the site", encoding="utf-8")
    with serve.server(tmp_path, 0) as server:
        said = bcsp("serve", "--no-build", "--port", str(server.server_address[1]))
    assert said.status == 1
    assert "not free" in said.err


def test_refresh_stores_outputs(root: Path, bcsp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = bcsp("refresh", "notebooks/02-season.ipynb")
    assert said.status == 0
    assert said.out.startswith("ran notebooks/02-season.ipynb in ")
    assert "asb 2023-24-q2" in (root / "notebooks" / "02-season.ipynb").read_text(encoding="utf-8")


# --- on a terminal ------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal")
def test_a_terminal_gets_a_bar_and_a_log_gets_lines(root: Path, bcsp: Any) -> None:
    import pty

    program = (
        "from types import SimpleNamespace\n"
        "from bcsp_analysis.publish import progress\n"
        "with progress.telling() as teller:\n"
        "    teller.say('engine [chosen]')\n"
        "    teller.begin('running notebooks', 2)\n"
        "    teller.ran(SimpleNamespace(page=SimpleNamespace(address='index'), seconds=1.25))\n"
    )
    plain = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert plain.stdout == "engine [chosen]\nrunning notebooks (2)\n  ran index in 1.2 s\n"
    main, terminal = pty.openpty()
    subprocess.run(
        [sys.executable, "-c", program],
        stdout=terminal,
        stderr=terminal,
        check=True,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(terminal)
    shown = os.read(main, 65536).decode()
    os.close(main)
    assert "engine [chosen]" in shown
    assert "1/2" in shown
    assert "ran index" not in shown


def test_the_table_of_times_has_every_page() -> None:
    run = notebooks.PageRun(_page("index"), Path("x"), 1.234, ())
    rendered = (site.RenderedPage("index.ipynb", 0.5), site.RenderedPage("a/methods.qmd", 0.25))
    from bcsp_analysis.publish import build, progress

    choice = site.Choice(site.Engine.PANDOC, "")
    built = build.Built(None, site.Site(Path("_site"), choice, rendered, ()), (run,), ())  # type: ignore[arg-type]
    assert progress.times(built).splitlines() == [
        "page        notebook  rendering",
        "index          1.2 s     0.50 s",
        "a/methods                0.25 s",
    ]


def _page(address: str) -> editions.Page:
    return editions.Page(Path("x.ipynb"), address, "", "", {})
