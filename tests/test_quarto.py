"""Quarto as a program: found or not, run without execution, its output read.

A script stands in for Quarto: it takes the same command line and prints what Quarto 1.10 prints.
Where the real program is installed, it renders a page too.
"""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bcsp_analysis.errors import SiteError
from bcsp_analysis.publish import quarto, site

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a POSIX script")

STAND_IN = """#!{python}
import json, os, pathlib, sys
if sys.argv[1:] == ["--version"]:
    print("{version}")
    sys.exit({version_status})
pathlib.Path(__file__).with_name("called.json").write_text(
    json.dumps([sys.argv[1:], os.getcwd(), os.environ.get("QUARTO_PYTHON")]))
assert sys.argv[1] == "render" and sys.argv[3] == "--output-dir" and sys.argv[5] == "--no-execute"
root = pathlib.Path(sys.argv[2])
output = root / sys.argv[4]
output.mkdir()
pages = sorted(root.glob("*.qmd"))
for number, page in enumerate(pages, 1):
    print(f"\\x1b[34m[{{number}}/{{len(pages)}}] {{page.name}}\\x1b[39m", file=sys.stderr)
    (output / page.name).with_suffix(".html").write_text(page.read_text())
print("\\x1b[33mWARN: Unable to resolve link target: nowhere.qmd\\x1b[39m", file=sys.stderr)
if {status}:
    print("\\x1b[31mERROR: index.qmd: YAML is broken\\x1b[39m", file=sys.stderr)
    sys.exit({status})
print("Output created: _site/index.html", file=sys.stderr)
"""


@pytest.fixture
def website(tmp_path: Path) -> Path:
    folder = tmp_path / "website"
    folder.mkdir()
    (folder / "_quarto.yml").write_text("project:\n  type: website\n", encoding="utf-8")
    for name in ("index", "methods"):
        (folder / f"{name}.qmd").write_text(f"---\ntitle: {name}\n---\n", encoding="utf-8")
    return folder


def install(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    version: str = "1.10.18",
    version_status: int = 0,
    status: int = 0,
) -> Path:
    """Put the stand-in on a PATH that holds nothing else."""
    programs = folder / "programs"
    programs.mkdir()
    script = programs / "quarto"
    script.write_text(
        STAND_IN.format(
            python=sys.executable, version=version, version_status=version_status, status=status
        ),
        encoding="utf-8",
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(programs))
    return programs


def test_quarto_is_found_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = install(tmp_path, monkeypatch)
    assert quarto.find() == (
        quarto.Quarto(programs / "quarto", "1.10.18"),
        "quarto 1.10.18 found",
    )


def test_quarto_is_found_beside_this_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = install(tmp_path, monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    found, _ = quarto.find()
    assert found is not None
    assert found.program == programs / "quarto"


def without_quarto(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(sys, "executable", str(folder / "python"))


def test_no_quarto_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_quarto(monkeypatch, tmp_path)
    assert quarto.find() == (None, "quarto not found on PATH")


def test_a_quarto_that_does_not_run_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, version="no binary", version_status=1)
    found, finding = quarto.find()
    assert found is None
    assert finding == "quarto is installed but does not run (no binary)"
    assert site.choose("auto").reason.startswith(finding)


def test_rendering_reads_pages_and_warnings(
    website: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = install(tmp_path, monkeypatch)
    heard: list[str] = []
    done = site.render(
        website, choice=site.choose("auto"), on_page=lambda page: heard.append(page.source)
    )
    assert heard == ["index.qmd", "methods.qmd"] == [page.source for page in done.pages]
    assert all(page.seconds >= 0 for page in done.pages)
    assert done.warnings == ("WARN: Unable to resolve link target: nowhere.qmd",)
    assert sorted(path.name for path in done.output.iterdir()) == ["index.html", "methods.html"]
    called = (programs / "called.json").read_text(encoding="utf-8")
    assert '"render"' in called
    assert '"--no-execute"' in called
    assert f'"{sys.executable}"]' in called


def test_an_error_of_quarto_leaves_the_last_site(
    website: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, status=1)
    last = website / "_site"
    last.mkdir()
    (last / "index.html").write_text("last good site", encoding="utf-8")
    with pytest.raises(SiteError) as caught:
        site.render(website, choice=site.choose("quarto"))
    assert "ERROR: index.qmd: YAML is broken" in caught.value.found
    assert "\x1b" not in caught.value.found
    assert (last / "index.html").read_text(encoding="utf-8") == "last good site"
    assert sorted(path.name for path in website.iterdir()) == [
        *("_quarto.yml", "_site", "index.qmd", "methods.qmd")
    ]


# --- trying to install it -----------------------------------------------------------------------


def test_an_installed_quarto_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch)
    assert quarto.install(tmp_path / "none.lock") == "quarto 1.10.18 found; nothing to install"


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (subprocess.CompletedProcess([], 1), "pip ended with status 1"),
        (subprocess.TimeoutExpired("pip", 300), "no end after 300 seconds"),
    ],
)
def test_a_failed_installation_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: object, said: str
) -> None:
    without_quarto(monkeypatch, tmp_path)
    commands: list[list[str]] = []

    def pip(command: list[str], **settings: object) -> object:
        commands.append(command)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(subprocess, "run", pip)
    assert said in quarto.install(tmp_path / "quarto.lock")
    assert len(commands) == 1  # it is tried once
    assert "--require-hashes" in commands[0]


def test_the_command_of_the_makefile_says_how_it_is_used(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert quarto.main([]) == 2
    assert "install FILE" in capsys.readouterr().err


# --- the real program ---------------------------------------------------------------------------


@pytest.mark.skipif(quarto.find()[0] is None, reason="quarto is not installed")
def test_the_real_quarto_renders_a_website(website: Path) -> None:
    done = site.render(website, choice=site.choose("quarto"), sources=["index.qmd", "methods.qmd"])
    assert [page.source for page in done.pages] == ["index.qmd", "methods.qmd"]
    assert "methods" in (done.output / "methods.html").read_text(encoding="utf-8")
