"""The embedded engine on small projects: what it shows, hides, refuses and warns about.

Expected texts follow Quarto's documentation and the behaviours table in quarto_corpus/README.md;
the image sizes follow the PNG and SVG specifications.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bcsp_analysis.errors import SiteError
from bcsp_analysis.publish.pandoc import PageReport, SiteReport, render_site
from bcsp_analysis.publish.pandoc.document import Document
from bcsp_analysis.publish.pandoc.notebook import read_notebook
from bcsp_analysis.publish.pandoc.page import image_size
from bcsp_analysis.publish.pandoc.worker import Worker

CONFIG = """\
project:
  type: website
lang: en-GB
website:
  title: Small site
"""
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 300, 200) + b"\x08\x02\0\0\0"


def project(root: Path, files: dict[str, str | bytes], config: str = CONFIG) -> Path:
    for name, text in {"_quarto.yml": config, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def render(root: Path, files: dict[str, str | bytes], config: str = CONFIG) -> SiteReport:
    shutil.rmtree(root / "_site", ignore_errors=True)
    return render_site(project(root, files, config))


def notebook(*cells: dict[str, Any]) -> str:
    return json.dumps(
        {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5},
        indent=1,
        ensure_ascii=False,
    )


def markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source: str, *outputs: dict[str, Any], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {"tags": list(tags)} if tags else {},
        "source": source,
        "outputs": list(outputs),
    }


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def shown(mime: str, text: str) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {mime: text}}


def body(report: SiteReport, address: str = "index.html") -> str:
    text = (report.output / address).read_text("utf-8")
    match = re.search(r"<main\b.*</main>", text, re.S)
    assert match
    return match[0]


def messages(report: SiteReport) -> list[str]:
    return [str(warning) for warning in report.warnings]


# ---- text from data


HOSTILE = [
    "{{< meta title >}}",
    "{{< include _secret.md >}}",
    "::: {.callout-note}\nopened and never closed",
    "```\nfence\n````` longer",
    "---\ntitle: Taken over\n---",
    "<script>alert(1)</script>",
    "\ue0000\ue001",
    "# heading {#main}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_printed_text_is_shown_as_it_was_printed(tmp_path: Path, text: str) -> None:
    cells = [markdown("---\ntitle: Mine\n---"), code("x", stream(text)), markdown("After it.")]
    report = render(tmp_path, {"index.ipynb": notebook(*cells), "_secret.md": "SECRET"})
    found = re.findall(r"<pre><code>(.*?)</code></pre>", body(report), re.S)
    assert html.unescape(found[0]) == text
    assert "<p>After it.</p>" in body(report)
    assert "SECRET" not in body(report)
    assert '<h1 class="title">Mine</h1>' in body(report)


@pytest.mark.parametrize("mime", ["text/markdown", "text/html"])
def test_no_shortcode_or_include_runs_in_a_result(tmp_path: Path, mime: str) -> None:
    text = "{{< meta title >}}\n\n{{< include _secret.md >}}\n\n{{< env HOME >}}"
    cells = [markdown("---\ntitle: Mine\n---"), code("x", shown(mime, text))]
    report = render(tmp_path, {"index.ipynb": notebook(*cells), "_secret.md": "SECRET"})
    page = html.unescape(body(report))
    assert "{{< meta title >}}" in page
    assert "SECRET" not in page
    assert "{{< include _secret.md >}}" in page
    assert "{{< env HOME >}}" in page


def test_a_markdown_result_is_content_that_ends_with_the_result(tmp_path: Path) -> None:
    result = "::: {.callout-warning}\n## Few counts\nSmall.\n\n<div>\n\n```\nopen fence"
    cells = [code("x", shown("text/markdown", result)), markdown("Outside.")]
    page = body(render(tmp_path, {"index.ipynb": notebook(*cells)}))
    assert "callout-warning" in page
    assert "Few counts" in page
    inside = page[: page.index("<p>Outside.</p>")]
    assert inside.count("<div") == inside.count("</div")


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), min_size=1)
        .map(lambda text: text.strip("\n"))
        .filter(bool),
        min_size=1,
        max_size=8,
    )
)
def test_any_printed_text_survives(tmp_path: Path, texts: list[str]) -> None:
    cells = [code("#| echo: false", stream(text)) for text in texts]
    page = body(render(tmp_path, {"index.ipynb": notebook(*cells)}))
    found = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.S)
    assert [html.unescape(text).rstrip("\n") for text in found] == [t.rstrip("\n") for t in texts]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_any_alternative_text_survives(tmp_path: Path, text: str) -> None:
    option = json.dumps(text, ensure_ascii=False)
    image = shown("image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>')
    cells = [code(f"#| label: fig-a\n#| fig-cap: A plan\n#| fig-alt: {option}\nx", image)]
    page = body(render(tmp_path, {"index.ipynb": notebook(*cells)}))
    found = re.search(r'<img [^>]*alt="([^"]*)"', page)
    assert found
    assert html.unescape(found[1]).split() == text.split()


def test_a_script_in_a_sentence_is_shown_and_swallows_nothing(tmp_path: Path) -> None:
    page = body(render(tmp_path, {"index.qmd": "Reported as <script> by the caller.\n\nNext.\n"}))
    assert "&lt;script&gt;" in page
    assert "by the caller." in page
    assert "<p>Next.</p>" in page


def test_titles_and_navigation_are_escaped(tmp_path: Path) -> None:
    config = (
        CONFIG
        + "  sidebar:\n    contents:\n      - text: 'A <b> & \"c\"'\n        href: index.qmd\n"
    )
    report = render(tmp_path, {"index.qmd": '---\npagetitle: "<i>x</i>"\n---\n\nText.\n'}, config)
    text = (report.output / "index.html").read_text("utf-8")
    assert "A &lt;b&gt; &amp;" in text
    assert "<title>&lt;i&gt;x&lt;/i&gt; – Small site</title>" in text


# ---- what Quarto hides


def test_hidden_cells_outputs_and_pages_are_not_published(tmp_path: Path) -> None:
    cells = [
        code("secret_one = 1", stream("secret one"), tags=("remove-cell",)),
        code("secret_two = 2", stream("secret two"), tags=("hide-cell",)),
        code("shown = 3", stream("secret three"), tags=("hide-output",)),
        code("#| include: false\nsecret_four = 4", stream("secret four")),
        code("#| echo: false\nsecret_five = 5", stream("shown too")),
        code("#| output: false\nx = 6", stream("secret six")),
        code("#| warning: false\nx = 7", stream("secret seven", "stderr")),
    ]
    files = {
        "index.ipynb": notebook(*cells),
        "draft.qmd": "---\ndraft: true\n---\n\nsecret draft\n",
    }
    report = render(tmp_path, files)
    everything = "".join(p.read_text("utf-8") for p in report.output.rglob("*.html"))
    everything += (report.output / "search-index.js").read_text("utf-8")
    assert "secret" not in everything
    assert "shown too" in everything


def test_folder_settings_hide_code_too(tmp_path: Path) -> None:
    files = {
        "deep/_metadata.yml": "execute:\n  echo: false\n",
        "deep/page.ipynb": notebook(code("hidden = 1", stream("result"))),
    }
    page = body(render(tmp_path, files), "deep/page.html")
    assert "hidden" not in page
    assert "result" in page


def test_paths_of_the_machine_are_not_published(tmp_path: Path) -> None:
    error = {
        "output_type": "error", "ename": "E", "evalue": "x",
        "traceback": [r'File "C:\Users\A Person\work\run.py", line 3', "/srv/data/a b.csv"],
    }  # fmt: skip
    warning = stream("/home/someone/venv/lib/thing.py:12: UserWarning: 3 / 4.5\n", "stderr")
    page = body(render(tmp_path, {"index.ipynb": notebook(code("x", warning, error))}))
    assert "someone" not in page
    assert "A Person" not in page
    assert "thing.py:12: UserWarning: 3 / 4.5" in html.unescape(page)
    assert 'File "run.py", line 3' in html.unescape(page)


# ---- faults


@pytest.mark.parametrize("value", ["31/01/2024", "today", "2024-13-01", "January 2024"])
def test_a_date_that_is_not_iso_is_refused_with_file_and_line(tmp_path: Path, value: str) -> None:
    with pytest.raises(SiteError, match="not ISO") as caught:
        render(tmp_path, {"a/page.qmd": f"---\ntitle: x\ndate: {value}\n---\n"})
    assert caught.value.where == "a/page.qmd:3"
    assert caught.value.found == value


@pytest.mark.parametrize(
    ("files", "where"),
    [
        ({"index.qmd": "---\ntitle: [open\n---\n"}, "index.qmd:3"),
        ({"index.qmd": "Text.\n\n{{< include gone.md >}}\n"}, "index.qmd:3"),
        ({"index.qmd": "{{< include _a.md >}}\n", "_a.md": "{{< include _a.md >}}\n"}, "_a.md:1"),
        ({"index.ipynb": '{"cells": [\n'}, "index.ipynb:2"),
        ({"index.ipynb": notebook(code("#| label: [x\nx"))}, "index.ipynb:"),
        ({"index.qmd": "caf\xe9".encode("latin-1")}, "index.qmd"),
        ({"index.qmd": "x", "_variables.yml": "- a list\n"}, "_variables.yml:1"),
        ({"_readme.txt": "no pages"}, "_quarto.yml:1"),
    ],
)
def test_a_fault_names_its_place(tmp_path: Path, files: dict[str, Any], where: str) -> None:
    with pytest.raises(SiteError) as caught:
        render(tmp_path, files)
    assert caught.value.where.startswith(where)


def test_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="not a website"):
        render_site(tmp_path)
    with pytest.raises(SiteError, match="not a website"):
        render(tmp_path, {"index.qmd": "x"}, "project:\n  type: book\n")


def test_a_folder_that_holds_something_is_not_written_to(tmp_path: Path) -> None:
    root = project(tmp_path / "p", {"index.qmd": "x"})
    precious = tmp_path / "documents"
    precious.mkdir()
    (precious / "letter.txt").write_text("keep")
    for target in (precious, root, precious / "letter.txt"):
        with pytest.raises(SiteError, match="not empty"):
            render_site(root, output=target)
    assert sorted(path.name for path in precious.iterdir()) == ["letter.txt"]
    assert sorted(path.name for path in root.iterdir()) == ["_quarto.yml", "index.qmd"]


def test_an_interrupted_run_ends_its_processes(tmp_path: Path) -> None:
    root = project(tmp_path, {"index.qmd": "First.", "two.qmd": "Second."})

    def interrupt(_: PageReport) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_site(root, on_page=interrupt)
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    if not children.exists():
        pytest.skip("processes are listed on Linux only")
    names = [Path(f"/proc/{pid}/comm").read_text() for pid in children.read_text().split()]
    assert not [name for name in names if name.startswith("pandoc")]


def test_one_process_a_job_converts_every_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Worker] = []
    start = Worker.__init__

    def count(worker: Worker) -> None:
        started.append(worker)
        start(worker)

    monkeypatch.setattr(Worker, "__init__", count)
    files: dict[str, str | bytes] = {f"p{i}.qmd": f"# Page {i}\n" for i in range(12)}
    report = render_site(project(tmp_path, files), jobs=2)
    assert len(started) == 2
    assert len(report.pages) == 12
    assert all(f"Page {i}" in body(report, f"p{i}.html") for i in range(12))


# ---- warnings with file and line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Text.\n\n::: {.callout-question}\nx\n:::\n", "index.qmd:3: unknown kind of callout"),
        ("Text.\n\n{{< video x.mp4 >}}\n", "index.qmd:3: shortcode not supported"),
        ("Text.\n\n![x](gone.png)\n", "index.qmd:3: an image that is not there: gone.png"),
        ("Text.\n\n[x](gone.qmd)\n", "index.qmd:3: a page or file that is not there: gone.qmd"),
        ("Text.\n\n[x](#gone)\n", "index.qmd:3: index.html has nothing with the anchor"),
        ("Text.\n\n@fig-gone\n", "index.qmd:3: nothing is labelled fig-gone"),
        ("Text.\n\n::: {.list-table}\n* * a\n:::\n", "index.qmd:3: not supported, shown"),
        ("Text.\n\n::: {#thm-a}\nx\n:::\n", "index.qmd:3: not supported, shown as a plain"),
        ("Text.\n\nA [note]{.aside} here\n", "index.qmd:3: an aside stays in its place"),
        ("Text.\n\nSee [@key2000]\n", "index.qmd:3: citations are not supported: key2000"),
        ("Text.\n\n``` {.r filename='a.R'}\n```\n", "index.qmd:3: not supported on a block"),
        ("Text.\n\n::: {layout='[[1],[]]'}\na\n:::\n", "index.qmd:3: a layout that is no list"),
        ("---\ndate-format: iso\n---\n", "index.qmd:2: date-format is not supported"),
        ("Text.\n\n::: {.note}\nnever closed\n", "index.qmd:3: "),
        ("---\nlisting: x\n---\n", "index.qmd:2: listing is not supported"),
        ("Text.\n\n```{python}\n1\n```\n", "index.qmd:3: a code cell in a .qmd is not executed"),
        ("Text.\n\n![x](https://example.org/a.png)\n", "index.qmd:3: the page asks another host"),
        ("Text.\n\n![](a.png)\n", "index.qmd:3: an image without alternative text: a.png"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_named(tmp_path: Path, text: str, expected: str) -> None:
    report = render(tmp_path, {"index.qmd": text, "a.png": PNG})
    assert [m for m in messages(report) if m.startswith(expected)], messages(report)


def test_warnings_of_a_notebook_and_of_an_included_file_name_their_lines(tmp_path: Path) -> None:
    text = notebook(markdown("One.\n\nTwo."), code("#| no-such: 1\nx"), markdown("See @fig-gone."))
    files = {
        "nb.ipynb": text,
        "index.qmd": "{{< include _part.md >}}\n",
        "_part.md": "a\n\n@tbl-gone\n",
    }
    report = render(tmp_path, files)
    lines = text.split("\n")
    for warning in report.warnings:
        if warning.file == "nb.ipynb":
            assert any(word in lines[warning.line - 1] for word in ("no-such", "@fig-gone"))
    assert {w.file for w in report.warnings} == {"nb.ipynb", "_part.md"}
    assert "_part.md:3: nothing is labelled tbl-gone" in messages(report)


def test_project_settings_that_are_not_known_are_named(tmp_path: Path) -> None:
    config = CONFIG + "  comments:\n    hypothesis: true\n  navbar:\n    left:\n      - gone.qmd\n"
    said = messages(render(tmp_path, {"index.qmd": "x"}, config))
    assert "_quarto.yml:6: website: comments is not supported" in said
    assert "_quarto.yml:10: navbar names a page that is not there: gone.qmd" in said


# ---- pages, addresses, furniture


def test_render_patterns_folders_and_negations(tmp_path: Path) -> None:
    config = CONFIG.replace(
        "website\nlang",
        "website\n  output-dir: out\n  resources: [data]\n"
        "  render: ['*.qmd', reports/, '!reports/old/']\nlang",
    )
    files = {
        "b.qmd": "x", "a.qmd": "x", "_part.qmd": "x", "reports/one.ipynb": notebook(markdown("x")),
        "reports/old/two.qmd": "x", "notes/three.qmd": "x", "data/deep/a.csv": "1,2",
    }  # fmt: skip
    report = render(tmp_path, files, config)
    assert [page.address for page in report.pages] == ["a.html", "b.html", "reports/one.html"]
    assert report.output == tmp_path / "out"
    assert (report.output / "data/deep/a.csv").read_text() == "1,2"
    again = render_site(tmp_path, output=tmp_path / "again")
    assert [page.source for page in again.pages] == ["a.qmd", "b.qmd", "reports/one.ipynb"]


def test_reports_come_in_order_with_their_warnings(tmp_path: Path) -> None:
    seen: list[PageReport] = []
    root = project(tmp_path, {"a.qmd": "@fig-x", "b.qmd": "Fine."})
    report = render_site(root, on_page=seen.append)
    assert tuple(seen) == report.pages
    assert [page.source for page in seen] == ["a.qmd", "b.qmd"]
    assert [len(page.warnings) for page in seen] == [1, 0]
    assert all(page.seconds > 0 for page in seen)


def test_head_of_a_page(tmp_path: Path) -> None:
    page = '---\ntitle: "Noise & *more*"\ndescription: "A \\"short\\" note"\n---\n\nText.\n'
    text = (render(tmp_path, {"index.qmd": page}).output / "index.html").read_text("utf-8")
    assert '<html lang="en-GB">' in text
    assert '<meta charset="utf-8">' in text
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    assert "<title>Noise &amp; more – Small site</title>" in text
    assert '<meta name="description" content="A “short” note">' in text
    assert text.count("<h1") == 1
    assert "og:" not in text


def test_social_cards_where_the_site_wants_them(tmp_path: Path) -> None:
    """What Quarto's website guide has for `open-graph` and `twitter-card`, without pictures."""
    config = CONFIG.replace(
        "  title: Small site\n", "  title: Small site\n  open-graph: true\n  twitter-card: true\n"
    )
    page = '---\ntitle: "Noise & *more*"\ndescription: "A \\"short\\" note"\n---\n\nText.\n'
    report = render(tmp_path, {"index.qmd": page, "bare.qmd": "# Alone\n"}, config)
    assert report.warnings == ()
    site = report.output
    found = re.findall(
        r'<meta (?:property|name)="((?:og|twitter):\w+)" content="([^"]*)">',
        (site / "index.html").read_text("utf-8"),
    )
    both = {"title": "Noise &amp; more – Small site", "description": "A “short” note"}
    assert dict(found) == {
        **{f"og:{name}": text for name, text in both.items()},
        **{f"twitter:{name}": text for name, text in both.items()},
        "og:site_name": "Small site",
        "twitter:card": "summary",
    }
    bare = (site / "bare.html").read_text("utf-8")
    assert 'og:title" content="' in bare
    assert "og:description" not in bare
    fuller = render(
        tmp_path / "fuller",
        {"index.qmd": page},
        config.replace("open-graph: true", "open-graph:\n    locale: en_GB"),
    )
    (said,) = fuller.warnings
    assert said.message == "website: open-graph is not supported"


def test_footer_links_suit_the_depth_of_the_page(tmp_path: Path) -> None:
    config = (
        CONFIG + '  page-footer:\n    left: "[About](about.qmd) and [us](https://example.org/)"\n'
    )
    report = render(tmp_path, {"about.qmd": "x", "deep/er/page.qmd": "x"}, config)
    text = (report.output / "deep/er/page.html").read_text("utf-8")
    assert 'href="../../about.html"' in text
    assert 'href="https://example.org/"' in text


def test_the_search_index_holds_each_section(tmp_path: Path) -> None:
    page = "---\ntitle: Noise\n---\n\nOpening words.\n\n## By ward {#ward}\n\nNorth & south.\n"
    report = render(tmp_path, {"a/noise.qmd": page})
    text = (report.output / "search-index.js").read_text("utf-8")
    entries = json.loads(text.removeprefix("window.searchIndex=").removesuffix(";\n"))
    assert entries == [
        ["a/noise.html", "Noise", "", "Opening words."],
        ["a/noise.html#ward", "Noise", "By ward", "North & south."],
    ]


def test_dates_as_the_language_writes_them(tmp_path: Path) -> None:
    for lang, expected in (
        ("en-GB", "5 January 2024"),
        ("en-US", "January 5, 2024"),
        ("cy", "2024-01-05"),
    ):
        page = f"---\nlang: {lang}\ndate: 2024-01-05\n---\n"
        assert f'<dd class="date">{expected}</dd>' in body(render(tmp_path, {"index.qmd": page}))


def test_yaml_words_are_words_and_only_true_is_true(tmp_path: Path) -> None:
    page = "---\nanswer: yes\ncode: 012\nwhen: 2024-01-05\non: true\n---\n\n" + "\n\n".join(
        f"{{{{< meta {key} >}}}}" for key in ("answer", "code", "when", "on")
    )
    found = re.findall(r"<p>(.*?)</p>", body(render(tmp_path, {"index.qmd": page})))
    assert found == ["yes", "012", "2024-01-05", "true"]


def test_styles_of_project_and_page_follow_the_engines_own(tmp_path: Path) -> None:
    config = CONFIG + "format:\n  html:\n    css: styles/site.css\n"
    files = {
        "styles/site.css": "p {}",
        "deep/own.css": "p {}",
        "deep/p.qmd": "---\ncss: own.css\n---\n",
    }
    report = render(tmp_path, files, config)
    text = (report.output / "deep/p.html").read_text("utf-8")
    assert re.findall(r'rel="stylesheet" href="([^"]*)"', text) == [
        "../site_libs/bcsp/site.css", "../styles/site.css", "own.css",
    ]  # fmt: skip
    assert (report.output / "styles/site.css").exists()
    assert (report.output / "deep/own.css").exists()


def test_images_have_sizes_and_tables_scroll(tmp_path: Path) -> None:
    page = "![Plan](plan.png)\n\n![Wide](plan.png){width=150}\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    text = body(render(tmp_path, {"index.qmd": page, "plan.png": PNG}))
    assert re.search(r'<img src="plan.png"[^>]* width="300" height="200"', text)
    assert re.search(r'<img src="plan.png"[^>]* width="150"[^>]* height="100"', text)
    assert re.search(r'<section class="scroll" tabindex="0" aria-label="[^"]+">\s*<table', text)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (PNG, (300, 200)),
        (b"<svg width='72pt' height='36pt'>", (96, 48)),
        (b'<?xml version="1.0"?>\n<svg viewBox="0 0 40.2 30" xmlns="x">', (40, 30)),
        (b'<svg width="100%" viewBox="0 0 40 30">', (40, 30)),
        (b'<svg width="2in" height="1in">', (192, 96)),
        (b"GIF89a", None),
        (b"", None),
        (PNG[:20], None),
    ],
)
def test_image_size(data: bytes, size: tuple[int, int] | None) -> None:
    assert image_size(data) == size


@given(st.binary(max_size=200))
def test_image_size_reads_anything(data: bytes) -> None:
    size = image_size(data)
    assert size is None or (size[0] > 0 and size[1] > 0)


def test_a_notebook_from_a_windows_editor(tmp_path: Path) -> None:
    text = ("\ufeff---\ntitle: Kept\n---\n\n::: {.callout-tip}\nx\n:::\n").replace("\n", "\r\n")
    page = body(render(tmp_path, {"index.qmd": text}))
    assert '<h1 class="title">Kept</h1>' in page
    assert "callout-tip" in page
    assert ":::" not in page


def test_links_with_spaces_and_letters_beyond_ascii(tmp_path: Path) -> None:
    config = CONFIG + "  navbar:\n    left:\n      - href: 'a page.qmd'\n        text: Ward\n"
    report = render(
        tmp_path, {"a page.qmd": "## Café\n", "index.qmd": "[x](<a page.qmd#café>)"}, config
    )
    assert 'href="a%20page.html' in body(report)
    assert messages(report) == []


def test_code_cells_of_a_page_are_left_out_and_examples_of_them_are_shown(tmp_path: Path) -> None:
    page = "```{python}\n#| label: fig-x\n#| include: false\nplot()\n```\n\nAfter.\n\n"
    page += "```{{r}}\n#| echo: true\nmean(1)\n```\n"
    report = render(tmp_path, {"index.qmd": page})
    text = html.unescape(re.sub(r"<[^>]+>", "", body(report)))
    assert "plot()" not in text
    assert "fig-x" not in text
    assert "After." in text
    assert "#| echo: true\nmean(1)" in text
    assert messages(report) == [
        "index.qmd:1: a code cell in a .qmd is not executed: it is left out"
    ]


# ---- footnotes, as in Pandoc's manual and Quarto's pages (text/footnotes of the corpus)


def test_a_footnote_of_the_text_is_linked_both_ways(tmp_path: Path) -> None:
    text = body(render(tmp_path, {"index.qmd": "Fell.[^a]\n\n[^a]: Counted *by hand*.\n"}))
    assert re.search(r'<a href="#fn1" class="footnote-ref" id="fnref1" role="doc-noteref">', text)
    notes = text[text.index('<section id="footnotes"') :]
    assert "<h2>Footnotes</h2>" in notes
    assert re.search(r'<li id="fn1"><p>Counted <em>by hand</em>\.<a href="#fnref1"', notes)


def test_footnotes_of_results_stand_at_the_end_of_the_page_in_its_order(tmp_path: Path) -> None:
    cells = [
        markdown("Text.[^own]\n\n[^own]: Of the text."),
        code("x", shown("text/markdown", "**12**[^n1] rose.\n\n[^n1]: Source: table 1.")),
        code("y", shown("text/markdown", "| a |\n|---|\n| 3[^later] |\n\nAnd 4.[^own]")),
        code("z", shown("text/markdown", "[^later]: From another cell,\n    in two lines.")),
        markdown("See too.[^later]"),
    ]
    report = render(tmp_path, {"index.ipynb": notebook(*cells)})
    notes = body(report)
    notes = notes[notes.index('<section id="footnotes"') :]
    found = [
        re.sub(r"\s+", " ", re.sub("<[^>]+>", "", n))
        for n in re.findall("<li.*?</li>", notes, re.S)
    ]
    assert [n.strip("↩︎ ") for n in found] == [
        "Of the text.", "Source: table 1.", "From another cell, in two lines.", "Of the text.",
        "From another cell, in two lines.",
    ]  # fmt: skip
    assert "[^" not in body(report)
    assert messages(report) == []


def test_a_footnote_that_nothing_explains_stays_as_it_is_written(tmp_path: Path) -> None:
    cells = [code("x", shown("text/markdown", "12[^gone] rose."), stream("[^gone] printed"))]
    text = body(render(tmp_path, {"index.ipynb": notebook(*cells)}))
    assert "<p>12[^gone] rose.</p>" in text
    assert "<code>[^gone] printed</code>" in text


def test_two_renderings_are_the_same_byte_by_byte(tmp_path: Path) -> None:
    tabs = "::: {.panel-tabset}\n## A\n| a |\n|---|\n| 1 |\n## B\nTwo.\n:::\n"
    root = project(tmp_path, {f"p{i}.qmd": tabs for i in range(4)})
    sites = [render_site(root, output=tmp_path / run).output for run in ("one", "two")]
    texts = [(site / f"p{i}.html").read_text("utf-8") for site in sites for i in range(4)]
    assert len(texts) == 8
    assert len({re.sub(r"p\d", "p", text) for text in texts}) == 1


def test_names_with_spaces_and_brackets(tmp_path: Path) -> None:
    image = shown("image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>')
    cells = [code("#| fig-alt: Plan\nx", image)]
    report = render(tmp_path, {"a (first) note.ipynb": notebook(*cells)})
    address = re.search(r'<img src="([^"]*)"[^>]* width="4"', body(report, "a (first) note.html"))
    assert address
    assert (report.output / "a (first) note_files/cell-1-1.svg").exists()
    assert messages(report) == []


def test_a_caption_in_an_attribute_is_a_caption(tmp_path: Path) -> None:
    page = '![](a.png){#fig-a fig-cap="In *short*" fig-alt="Plan"}\n\nSee @fig-a.\n'
    text = body(render(tmp_path, {"index.qmd": page, "a.png": PNG}))
    assert "<figcaption>Figure\u00a01: In <em>short</em></figcaption>" in text
    assert '<a href="#fig-a" class="quarto-xref">Figure\u00a01</a>' in text


def test_two_pages_with_one_address_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="one address"):
        render(tmp_path, {"a.qmd": "x", "a.ipynb": notebook(markdown("x"))})


def test_files_outside_the_project_are_not_published(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret")
    report = render(tmp_path / "p", {"index.qmd": "[x](../secret.csv)"})
    assert not list(report.output.rglob("secret.csv"))
    assert not (tmp_path / "p" / "secret.csv").exists()
    assert messages(report) == ["index.qmd:1: a page or file that is not there: ../secret.csv"]


@settings(max_examples=30, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["cells", "metadata", "source", "cell_type", "outputs", "data", "output_type"]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_what_is_not_a_notebook_is_refused_by_name(value: Any) -> None:
    doc = Document("nb.ipynb", {})
    try:
        read_notebook(doc, json.dumps(value))
    except SiteError as error:
        assert error.where.startswith("nb.ipynb:")  # noqa: PT017
