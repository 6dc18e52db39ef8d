"""The CSV files of the measures, read back as another program would read them."""

from __future__ import annotations

import csv
import datetime
import io
import re
from pathlib import Path

import default_edition
import pytest
import table_of_measures as tables_of

from bcsp_analysis import editions
from bcsp_analysis.measures import catalogue
from bcsp_analysis.publish import tables_csv

SHORTHAND = {"[c]", "[x]", "[z]"}
HIDDEN = ("female-genital-mutilation", "forced-marriage")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    with default_edition.shared():
        return tables_csv.files(editions.load("2023-24-q2"))


def rows(files: dict[str, bytes], measure: str) -> list[dict[str, str]]:
    content = files[f"downloads/measures/{measure}.csv"].decode("utf-8")
    return list(csv.DictReader(io.StringIO(content)))


def test_every_measure_has_a_file_and_one_text_explains_them(files: dict[str, bytes]) -> None:
    expected = {f"downloads/measures/{name}.csv" for name in catalogue.load().measures}
    assert set(files) == expected | {"downloads/measures/README.txt"}


def test_cells_are_numbers_dates_or_shorthand(files: dict[str, bytes]) -> None:
    for measure in catalogue.load():
        found = rows(files, measure.id)
        assert found, measure.id
        for row in found:
            assert row["measure_id"] == measure.id
            assert row["value"] in SHORTHAND or float(row["value"]) is not None
            for name in ("period_start", "period_end", "compared_start", "compared_end"):
                assert row[name] == "[z]" or datetime.date.fromisoformat(row[name])
            assert row["source"]
            assert row["licence"]
            assert "" not in row.values()


def test_figures_are_those_of_the_report(files: dict[str, bytes]) -> None:
    found = rows(files, "violence-against-the-person")
    counts = {
        (row["period_start"], row["period_end"]): (row["value"], row["as_printed"])
        for row in found
        if row["figure"] == "count"
    }
    assert counts["2023-07-01", "2023-09-30"] == ("14866", "14,866")
    # the quarters give 15,908 + 14,866; the report prints another year to date
    assert counts["2023-04-01", "2023-09-30"] == ("30774", "30,845")
    change = [row for row in found if row["as_printed"] == "-11.5%"]
    assert len(change) == 1
    assert float(change[0]["value"]) == pytest.approx(100 * (30774 - 34877) / 34877, abs=1e-4)
    assert change[0]["verdict"] == "recording changed"
    rates = [row["value"] for row in found if row["figure"] == "rate of the area"]
    assert rates == ["56.501"]


@pytest.mark.parametrize("measure", HIDDEN)
def test_hidden_measures_stay_hidden(files: dict[str, bytes], measure: str) -> None:
    found = rows(files, measure)
    assert {row["value"] for row in found} == {"[c]"}
    assert {row["as_printed"] for row in found} <= {"[c]", "[z]"}


def test_a_measure_without_figures_has_shorthand_and_the_words_of_the_report(
    files: dict[str, bytes],
) -> None:
    found = rows(files, "deliberate-fires")
    assert {row["value"] for row in found} == {"[x]"}
    assert "No data available" in {row["as_printed"] for row in found}


def test_no_cell_starts_a_formula(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tables_of.copy(tmp_path)
    monkeypatch.setenv("BCSP_PROJECT", str(root))
    file = root / "data" / "measures.toml"
    text = file.read_text("utf-8")
    assert 'title = "Knife crime"' in text
    text = text.replace('title = "Knife crime"', 'title = "@SUM(1)\\tcrime"')
    file.write_text(text.replace('unit = "fires"', "unit = '=HYPERLINK(\"x\")'"), "utf-8")
    made = tables_csv.files(editions.load("2023-24-q2"))
    cells_seen = 0
    for measure in catalogue.load():
        for row in rows(made, measure.id):
            for cell in row.values():
                cells_seen += 1
                harmless = re.fullmatch(r"[+-]?[\d,.]+%?", cell)
                assert cell[0] not in "=+-@\t\r" or harmless, cell
    assert cells_seen > 1000
    assert rows(made, "knife-crime")[0]["measure"] == "'@SUM(1) crime"
    assert rows(made, "deliberate-fires")[0]["unit"] == '\'=HYPERLINK("x")'


def test_the_text_names_columns_shorthand_sources_and_licences(files: dict[str, bytes]) -> None:
    text = files["downloads/measures/README.txt"].decode("utf-8")
    for column in tables_csv.COLUMNS:
        assert re.search(rf"\b{column}\b", text), column
    for shorthand in SHORTHAND:
        assert f"  {shorthand}: " in text
    assert "Open Government Licence v3.0" in text
    assert "iQuanta figures are not under the Open Government Licence" in text


def test_lines_end_alike_and_there_is_one_header(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        assert b"\r" not in content, name
        assert content.endswith(b"\n")
        if name.endswith(".csv"):
            assert content.count(b"measure_id,") == 1
