"""Assembling an edition's site, choosing an engine, and putting the result in place."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
import small_project
import yaml

from bcsp_analysis import editions
from bcsp_analysis.errors import SiteError
from bcsp_analysis.publish import assemble, notebooks, page_text, pandoc, parameters, quarto, site


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = small_project.make(tmp_path / "project")
    monkeypatch.setenv("BCSP_PROJECT", str(folder))
    monkeypatch.delenv(editions.SETTING, raising=False)
    monkeypatch.chdir(folder)
    return folder


def without_running(edition: editions.Edition, folder: Path) -> Path:
    """The edition's pages as they are after a run, but for their outputs."""
    for page in edition.pages:
        notebook = nbformat.read(page.notebook, as_version=4)
        known = parameters.defaults(page.notebook)
        marks = parameters.mark_values(edition, {**known, **page.parameters})
        notebooks.clean(notebook)
        page_text.fill(notebook, page, marks)
        notebooks.write(notebook, folder / f"{page.address}.ipynb")
    return folder


def assembled(root: Path) -> assemble.Assembled:
    edition = editions.load("2023-24-q2")
    executed = without_running(edition, root / "build" / "pages")
    return assemble.assemble(edition, executed, root / "build" / "site")


def config_of(done: assemble.Assembled) -> dict[str, Any]:
    return dict(yaml.safe_load((done.folder / "_quarto.yml").read_text(encoding="utf-8")))


def with_config(root: Path, old: str, new: str) -> None:
    file = root / "_quarto.yml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- assembling ---------------------------------------------------------------------------------


def test_pages_lie_at_their_addresses(root: Path) -> None:
    done = assembled(root)
    assert done.sources == (
        "index.ipynb",
        "asb/season.ipynb",
        "violence/season.ipynb",
        "methods.qmd",
    )
    assert done.warnings == ()
    config = config_of(done)
    assert config["project"]["render"] == list(done.sources)
    assert config["execute"] == {"enabled": False}
    # The landing page of a clone is not in the edition's site.
    assert not (done.folder / "index.qmd").exists()


def test_the_navigation_names_the_editions_pages(root: Path) -> None:
    navbar = config_of(assembled(root))["website"]["navbar"]["left"]
    assert navbar[0] == {"href": "index.ipynb", "text": "Home"}
    assert navbar[1] == {
        "text": "Seasons",
        "menu": [{"href": "asb/season.ipynb"}, {"href": "violence/season.ipynb"}],
    }
    assert navbar[2]["menu"] == [
        {"href": "methods.qmd", "text": "Methods"},
        {"text": "Elsewhere", "href": "https://example.org/"},
    ]


def test_a_sidebar_gets_a_section_for_a_notebook_of_several_pages(root: Path) -> None:
    with_config(
        root,
        "  page-footer:",
        "  sidebar:\n    contents:\n      - index.qmd\n      - section: Trends\n        contents:\n"
        "          - href: notebooks/02-season.ipynb\n            text: Season\n"
        "          - notebooks/02-season.ipynb#series=violence\n      - site/*.qmd\n"
        "      - text: '---'\n  page-footer:",
    )
    sidebar = config_of(assembled(root))["website"]["sidebar"]["contents"]
    assert sidebar == [
        "index.ipynb",
        {
            "section": "Trends",
            "contents": [
                {"section": "Season", "contents": ["asb/season.ipynb", "violence/season.ipynb"]},
                "violence/season.ipynb",
            ],
        },
        "methods.qmd",
        {"text": "---"},
    ]


def test_links_follow_the_pages(root: Path) -> None:
    done = assembled(root)
    home = (done.folder / "index.ipynb").read_text(encoding="utf-8")
    assert "[methods](methods.qmd)" in home
    assert "[season](asb/season.ipynb)" in home
    violence = (done.folder / "violence" / "season.ipynb").read_text(encoding="utf-8")
    assert "[home](../index.ipynb)" in violence
    # A notebook's link to itself leads to the page with the same series.
    assert "[this page](season.ipynb#results)" in violence
    methods = (done.folder / "methods.qmd").read_text(encoding="utf-8")
    assert "[the season](asb/season.ipynb#results)" in methods
    assert "[violence](violence/season.ipynb)" in methods
    assert "title: Methods for Exampleham" in methods
    note = (done.folder / "_note.md").read_text(encoding="utf-8")
    assert note == "Back to [home](index.ipynb).\n"
    assert config_of(done)["website"]["page-footer"]["left"] == "See [the methods](/methods.qmd)"


def test_links_in_outputs_follow_too(root: Path) -> None:
    edition = editions.load("2023-24-q2")
    executed = without_running(edition, root / "build" / "pages")
    page = nbformat.read(executed / "violence" / "season.ipynb", as_version=4)
    text = "To [home](01-home.ipynb), not \\[x\\](01-home.ipynb)"
    page.cells[-1].outputs = [nbformat.v4.new_output("display_data", {"text/markdown": text})]
    notebooks.write(page, executed / "violence" / "season.ipynb")
    done = assemble.assemble(edition, executed, root / "build" / "site")
    page = nbformat.read(done.folder / "violence" / "season.ipynb", as_version=4)
    shown = page.cells[-1].outputs[0].data["text/markdown"]
    assert shown == "To [home](../index.ipynb), not \\[x\\](01-home.ipynb)"


def test_files_that_pages_link_to_are_published(root: Path) -> None:
    (root / "site" / "plan of work.pdf").write_bytes(b"%PDF")
    page = root / "site" / "methods.qmd"
    page.write_text(page.read_text("utf-8") + "\n[plan](plan%20of%20work.pdf)\n", "utf-8")
    with_config(
        root, "  output-dir: _site\n", "  output-dir: _site\n  resources: ['data/*.toml']\n"
    )
    done = assembled(root)
    resources = config_of(done)["project"]["resources"]
    assert "data/monthly/birmingham.csv" in resources
    assert "data/measures.toml" in resources
    assert "plan of work.pdf" in resources
    assert all((done.folder / resource).is_file() for resource in resources)
    assert "(plan%20of%20work.pdf)" in (done.folder / "methods.qmd").read_text("utf-8")
    # A style sheet is for the engine, not for the reader.
    assert config_of(done)["format"]["html"]["css"] == "look.css"
    assert (done.folder / "look.css").is_file()
    assert "look.css" not in resources


def test_markup_of_an_edition_stays_text(root: Path) -> None:
    file = root / "editions" / "2023-24-q2.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"Exampleham"', '"<b>Ex</b> {{< meta x >}}"'), encoding="utf-8")
    done = assembled(root)
    sources = [p for p in done.folder.rglob("*") if p.suffix in (".yml", ".qmd", ".ipynb")]
    everything = "".join(path.read_text(encoding="utf-8") for path in sources)
    assert len(sources) == 5
    assert "{{< meta" not in everything
    assert "<b>" not in everything


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("href: site/methods.qmd", "href: site/method.qmd", "site/method.qmd"),
        ("href: notebooks/01-home.ipynb", "href: notebooks/home.ipynb", "notebooks/home.ipynb"),
    ],
)
def test_a_navigation_to_nowhere_is_refused(root: Path, old: str, new: str, place: str) -> None:
    with_config(root, old, new)
    with pytest.raises(SiteError) as caught:
        assembled(root)
    assert caught.value.where == "_quarto.yml"
    assert caught.value.found == place


def test_a_notebook_without_a_page_is_left_out_with_a_warning(root: Path) -> None:
    shutil.copy(root / "notebooks" / "01-home.ipynb", root / "notebooks" / "03-other.ipynb")
    with_config(root, "    left:\n", "    left:\n      - notebooks/03-other.ipynb\n")
    done = assembled(root)
    assert any("03-other.ipynb is no page" in warning for warning in done.warnings)
    assert "03-other" not in json.dumps(config_of(done))


def test_a_page_that_no_navigation_leads_to_is_a_warning(root: Path) -> None:
    (root / "site" / "about.qmd").write_text("---\ntitle: About\n---\n", encoding="utf-8")
    assert assembled(root).warnings == ("_quarto.yml: no navigation leads to about.qmd",)


def test_a_wished_page_that_is_not_there_is_a_warning(root: Path) -> None:
    page = root / "site" / "methods.qmd"
    text = "\n[x](../notebooks/02-season.ipynb#series=shoplifting)\n"
    page.write_text(page.read_text("utf-8") + text, "utf-8")
    (warning,) = assembled(root).warnings
    assert "series=shoplifting" in warning


def test_two_pages_of_one_address_are_refused(root: Path) -> None:
    (root / "site" / "asb").mkdir()
    (root / "site" / "asb" / "season.qmd").write_text("---\ntitle: X\n---\n", encoding="utf-8")
    with pytest.raises(SiteError, match="same address") as caught:
        assembled(root)
    assert caught.value.where == "site/asb/season.qmd"


def test_a_broken_description_is_named(root: Path) -> None:
    (root / "_quarto.yml").write_text("website: [", encoding="utf-8")
    with pytest.raises(SiteError) as caught:
        assembled(root)
    assert "_quarto.yml" in caught.value.where
    (root / "_quarto.yml").unlink()
    with pytest.raises(SiteError, match="no description"):
        assembled(root)


# --- the engine ---------------------------------------------------------------------------------


def test_auto_says_which_engine_it_took_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarto, "find", lambda: (None, "quarto not found on PATH"))
    choice = site.choose("auto")
    assert choice.engine is site.Engine.PANDOC
    assert choice.reason == "quarto not found on PATH; the embedded engine renders the site"
    found = quarto.Quarto(Path("quarto"), "1.10.18")
    monkeypatch.setattr(quarto, "find", lambda: (found, "quarto 1.10.18 found"))
    assert site.choose("auto") == site.Choice(
        site.Engine.QUARTO, "quarto 1.10.18 found; it renders the site", found
    )
    assert site.choose("pandoc").engine is site.Engine.PANDOC


def test_quarto_is_not_replaced_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarto, "find", lambda: (None, "quarto not found on PATH"))
    with pytest.raises(SiteError, match="asked for"):
        site.choose("quarto")
    with pytest.raises(SiteError, match="no such engine"):
        site.choose("hugo")


# --- rendering and putting in place -------------------------------------------------------------

PANDOC = site.Choice(site.Engine.PANDOC, "as asked")


@pytest.fixture
def website(tmp_path: Path) -> Path:
    folder = tmp_path / "website"
    folder.mkdir()
    (folder / "_quarto.yml").write_text(
        "project:\n  type: website\n  output-dir: public\nwebsite:\n  title: Small\n", "utf-8"
    )
    (folder / "index.qmd").write_text("---\ntitle: First\n---\n\nWords.\n", encoding="utf-8")
    return folder


def tree(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))


def test_a_website_is_rendered_and_replaced(website: Path) -> None:
    heard: list[str] = []
    done = site.render(website, choice=PANDOC, on_page=lambda page: heard.append(page.source))
    assert done.output == website / "public"
    assert heard == ["index.qmd"] == [page.source for page in done.pages]
    assert "Words." in (website / "public" / "index.html").read_text(encoding="utf-8")
    (website / "index.qmd").write_text("---\ntitle: Second\n---\n", encoding="utf-8")
    (website / "public" / "old.html").write_text("gone with the next site", encoding="utf-8")
    site.render(website, choice=PANDOC)
    assert tree(website / "public") == ["index.html"]
    assert "Second" in (website / "public" / "index.html").read_text(encoding="utf-8")
    assert not [path.name for path in website.iterdir() if path.name.startswith(".")]


def test_a_failed_rendering_leaves_the_last_site(
    website: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.render(website, choice=PANDOC)
    before = (website / "public" / "index.html").read_bytes()

    def fail(root: Path, *, output: Path, **settings: Any) -> None:
        output.mkdir()
        (output / "index.html").write_text("half", encoding="utf-8")
        raise SiteError("a page could not be rendered", where="index.qmd")

    monkeypatch.setattr(pandoc, "render_site", fail)
    with pytest.raises(SiteError, match="could not be rendered"):
        site.render(website, choice=PANDOC)
    assert (website / "public" / "index.html").read_bytes() == before
    assert sorted(path.name for path in website.iterdir()) == ["_quarto.yml", "index.qmd", "public"]


def test_a_site_without_all_its_pages_is_not_put_in_place(website: Path) -> None:
    with pytest.raises(SiteError, match="every page") as caught:
        site.render(website, choice=PANDOC, sources=["index.qmd", "asb/season.ipynb"])
    assert "asb/season.ipynb" in caught.value.found
    assert not (website / "public").exists()


def test_a_folder_that_is_no_site_is_never_replaced(website: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work", encoding="utf-8")
    for output in (precious, website, tmp_path, precious / "thesis.txt"):
        with pytest.raises(SiteError):
            site.render(website, output, choice=PANDOC)
    assert (precious / "thesis.txt").read_text(encoding="utf-8") == "years of work"
    assert (website / "index.qmd").is_file()


def test_a_folder_that_is_no_website_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="no website project"):
        site.render(tmp_path, choice=PANDOC)


def test_a_swap_that_fails_half_way_brings_the_site_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, fresh = tmp_path / "_site", tmp_path / "fresh"
    for folder, text in ((output, "good"), (fresh, "new")):
        folder.mkdir()
        (folder / "index.html").write_text(text, encoding="utf-8")
    rename = Path.rename
    calls: list[Path] = []

    def second_fails(self: Path, target: Path) -> Path:
        calls.append(self)
        if self.name == "._site.new":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", second_fails)
    with pytest.raises(KeyboardInterrupt):
        site.put_in_place(fresh, output)
    assert (output / "index.html").read_text(encoding="utf-8") == "good"
    assert len(calls) == 3


def test_a_swap_that_was_killed_half_way_is_mended_by_the_next_run(tmp_path: Path) -> None:
    old = tmp_path / "._site.old"
    old.mkdir()
    (old / "index.html").write_text("good", encoding="utf-8")
    site.recover(tmp_path / "_site")
    assert (tmp_path / "_site" / "index.html").read_text(encoding="utf-8") == "good"
    site.recover(tmp_path / "_site")
    assert not old.exists()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_sources_may_be_read_only(website: Path, tmp_path: Path) -> None:
    website.chmod(0o555)
    try:
        done = site.render(website, tmp_path / "out", choice=PANDOC)
    finally:
        website.chmod(0o755)
    assert (done.output / "index.html").is_file()
