"""Notebooks read as analysis: their order of cells, their length, what they do not hold."""

import ast
import itertools
import re

import nbformat
import pytest
import yaml

from bcsp_analysis import project
from bcsp_analysis.publish import parameters

NOTEBOOKS = sorted(project.path("notebooks").glob("*.ipynb"))
# They need street-level extracts: committed without outputs, executed by test_local_edition.py.
LOCAL = sorted(project.path("notebooks", "local").glob("*.ipynb"))
NAME = re.compile(r"\d\d-[a-z]+(?:-[a-z]+)*")
KNOWN_TAGS = {"parameters", "remove-cell", "nbval-check-output", "nbval-skip"}
MARK = re.compile(r"\[[^\]]*\]\{\.(?:area|quarter|months|series|kind|locality|measure|priority)\}")
MOST_CODE_LINES, MOST_LINES_A_CELL = 120, 12
FORBIDDEN = re.compile(
    r"\b(?:read_csv|groupby|merge|sys\.path|filterwarnings|os\.environ|open\(|requests|pyplot)\b"
    r"|(?:^|[\"'])(?:/|[A-Z]:\\\\)"  # absolute paths
)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


@pytest.fixture(params=NOTEBOOKS + LOCAL, ids=lambda path: path.stem)
def source(request):
    """A notebook of which only what is written counts, not what it shows."""
    return nbformat.read(request.param, as_version=4)


@pytest.mark.parametrize("path", LOCAL, ids=lambda path: path.stem)
def test_a_notebook_that_needs_extracts_is_committed_without_outputs_and_skipped(path):
    cells = code(nbformat.read(path, as_version=4))
    assert all("nbval-skip" in tags(cell) for cell in cells)
    assert not any(cell.outputs or cell.execution_count for cell in cells)
    assert set(parameters.defaults(path)) <= {"edition", "series", "kind", "locality"}


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell):
    return set(cell.metadata.get("tags", []))


def options(cell):
    """Options in the first lines of a cell, and the lines after them."""
    lines = cell.source.splitlines()
    head = [line for line in lines if line.startswith("#| ")]
    assert lines[: len(head)] == head, "options stand before the code"
    return yaml.safe_load("\n".join(line[3:] for line in head)) or {}, lines[len(head) :]


def shown(cell):
    """Data of what a cell shows."""
    return [output.get("data", {}) for output in cell.outputs]


def test_there_are_notebooks_and_their_names_are_addresses():
    assert len(NOTEBOOKS) >= 6
    for path in NOTEBOOKS:
        assert NAME.fullmatch(path.stem), path.name
    numbers = [int(path.stem[:2]) for path in NOTEBOOKS]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_first_cell_is_front_matter(source):
    first = source.cells[0]
    assert first.cell_type == "raw"
    matter = yaml.safe_load(first.source.strip().strip("-"))
    assert {"title", "description"} <= set(matter)
    assert matter["execute"] == {"echo": False}


def test_the_question_comes_before_any_code(source):
    assert source.cells[1].cell_type == "markdown"
    assert not source.cells[1].source.startswith("#")


def test_parameters_and_set_up_are_the_first_code_cells_and_the_only_hidden_ones(source):
    first, second, *rest = code(source)
    assert tags(first) - {"nbval-skip"} == {"parameters", "remove-cell"}
    assert tags(second) - {"nbval-skip"} == {"remove-cell"}
    assert not any({"parameters", "remove-cell"} & tags(cell) for cell in rest)
    assert all(tags(cell) <= KNOWN_TAGS for cell in rest)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_parameters_are_known_to_the_start(path):
    found = parameters.defaults(path)
    assert set(found) <= {"edition", "series", "measure", "priority"}
    assert "edition" in found


def test_every_parameter_is_one_annotated_line_with_help(source):
    for line in code(source)[0].source.splitlines():
        assert re.fullmatch(r"\w+: (?:str|int|float|bool) = [^=#]+  # [^=#]+", line), line


def test_code_is_short_and_there_is_more_text_than_code(source):
    cells = code(source)
    lines = [len([ln for ln in cell.source.splitlines() if ln.strip()]) for cell in cells]
    assert max(lines) <= MOST_LINES_A_CELL
    assert sum(lines) <= MOST_CODE_LINES
    words = sum(len(c.source.split()) for c in source.cells if c.cell_type == "markdown")
    assert words >= 120


def test_code_only_asks_and_shows(source):
    for cell in code(source):
        tree = ast.parse(cell.source)
        for node in ast.walk(tree):
            assert not isinstance(
                node, (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.With, ast.Lambda)
            ), cell.source
        _, lines = options(cell)
        assert not FORBIDDEN.search("\n".join(lines)), cell.source


def test_no_number_is_typed_into_text(source):
    for cell in source.cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"\]\([^)]*\)", "]", MARK.sub("", cell.source))
            assert not re.search(r"\d", prose), prose
        if cell.cell_type == "code":
            texts, _ = options(cell)
            for key in ("fig-cap", "fig-alt", "tbl-cap"):
                assert not re.search(r"\d", texts.get(key, "")), texts


def test_headings_are_markdown_and_go_down_one_level_at_a_time(notebook):
    levels = [
        len(match[1])
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for match in re.finditer(r"^(#+) ", cell.source, re.MULTILINE)
    ]
    assert levels
    assert levels[0] == 2
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    for cell in code(notebook):
        for data in shown(cell):
            assert not re.search(r"^#+ ", data.get("text/markdown", ""), re.MULTILINE)


def test_every_figure_has_label_caption_and_text_alternative(notebook):
    labels = []
    for cell in code(notebook):
        pictures = [data for data in shown(cell) if any(k.startswith("image/") for k in data)]
        texts, _ = options(cell)
        assert bool(pictures) == bool(texts), cell.source
        assert len(pictures) <= 1
        if pictures:
            assert {"image/svg+xml", "image/png"} & set(pictures[0])
            assert re.fullmatch(r"fig-[a-z-]+", texts["label"])
            assert len(texts["fig-cap"]) > 20
            assert len(texts["fig-alt"]) > 40
            assert texts["fig-alt"] != texts["fig-cap"]
            labels.append(texts["label"])
    assert len(labels) == len(set(labels))


def test_tables_have_labels_of_their_own(notebook):
    text = "\n".join(
        data.get("text/markdown", "") for cell in code(notebook) for data in shown(cell)
    )
    labels = re.findall(r"\{#(tbl-[a-z-]+)\}", text)
    assert text.count("\n|:--") == len(labels)
    assert len(labels) == len(set(labels))


def test_outputs_are_markdown_or_pictures_without_errors_or_warnings(notebook):
    for cell in code(notebook):
        for output in cell.outputs:
            assert output.output_type == "execute_result", output
            kinds = set(output.data) - {"text/plain"}
            assert kinds in ({"text/markdown"}, {"image/svg+xml"}, {"image/png"}), kinds


def test_the_committed_run_is_complete_and_leaves_no_trace_of_the_machine(notebook):
    counts = [cell.execution_count for cell in code(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert notebook.metadata["kernelspec"]["name"] == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    for cell in notebook.cells:
        assert not set(cell.metadata) - {"tags"}


def test_a_page_says_how_far_it_goes_and_where_its_figures_come_from(notebook):
    headings = re.findall(
        r"^## (.+)$",
        "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown"),
        re.MULTILINE,
    )
    assert headings[-1] == "Sources"
    last = notebook.cells[-1]
    # the home page names its sources in one line and links to the page that has them in full
    short = 'Markdown(text.sources_in_short(sources, "../site/data.qmd"))'
    assert last.source in ("Markdown(text.sources(sources))", short)
    assert "Licence:" in last.outputs[0].data["text/markdown"]


def test_the_numbers_that_are_published_are_checked_by_nbval(notebook):
    checked = [cell for cell in code(notebook) if "nbval-check-output" in tags(cell)]
    assert checked
    assert all("text/markdown" in data for cell in checked for data in shown(cell))


def test_no_shortcode_can_run_in_an_output(notebook):
    for cell in code(notebook):
        for data in shown(cell):
            assert "{{<" not in data.get("text/markdown", "")
