"""Makes the next edition from the last: its file, and a folder of tables to fill."""

from __future__ import annotations

import csv
import re
import shutil
import tempfile
from pathlib import Path

from bcsp_analysis import editions, project
from bcsp_analysis.editions import Edition
from bcsp_analysis.errors import EditionError
from bcsp_analysis.periods import Quarter

REPORTS = "data/report"
# Columns of performance.csv that the next report prints again; all others are to be filled.
KEPT = ("measure_id", "printed_label")
# Columns of headings.csv likewise.
KEPT_HEADINGS = ("column",)

# A date that the next report states anew.
ANEW = "period_end"


def new_edition(quarter: Quarter, last: Edition) -> tuple[Path, Path]:
    """Write the files of an edition that does not exist yet.

    Parameters
    ----------
    quarter : Quarter
        The quarter of the new edition.
    last : Edition
        Whose pages, rules, series and table rows are carried over.

    Returns
    -------
    tuple of Path
        The edition file, and the folder with the tables to fill.

    Raises
    ------
    EditionError
        The edition or its folder is there already; nothing is overwritten.
    """
    slug = quarter.slug + last.slug.removeprefix(last.quarter.slug)
    file = project.path(editions.FOLDER, f"{slug}.toml")
    folder = project.path(*REPORTS.split("/"), slug)
    for path in (file, folder):
        if path.exists():
            raise EditionError(
                "the edition is there already",
                where=project.relative(path),
                hint="nothing was changed; remove it first if you want to begin again",
            )
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Folder first, edition file last: an interrupted run leaves no edition that cannot be read.
    scratch = Path(tempfile.mkdtemp(prefix=f".{slug}-", dir=folder.parent))
    try:
        _write_tables(last, scratch)
        scratch.chmod(0o755)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    text = _edition_text(last, quarter, project.relative(folder))
    beside = file.with_suffix(".new")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.rename(file)
    return file, folder


def _edition_text(last: Edition, quarter: Quarter, report: str) -> str:
    """The last edition's file with another quarter, title and folder, comments and all."""
    text = last.file.read_text(encoding="utf-8")
    title = last.title.replace(last.quarter.label, quarter.label)
    title = title.replace(last.quarter.financial_year, quarter.financial_year)
    for key, value in (
        ("title", title),
        ("quarter", quarter.label),
        ("published", ""),
        ("report", report),
    ):
        text = _with_value(text, key, value, count=1)
    return text


def _with_value(text: str, key: str, value: str, count: int = 0) -> str:
    """TOML text with another value for a key; the comment behind it stays."""
    old = re.compile(
        rf"""^({key}\s*=\s*)(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\d[\d-]*)""", re.MULTILINE
    )
    return old.sub(lambda match: match[1] + _quoted(value), text, count=count)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _write_tables(last: Edition, folder: Path) -> None:
    source = last.data.report
    _copy_rows(source / "performance.csv", folder / "performance.csv", KEPT)
    _copy_rows(source / "headings.csv", folder / "headings.csv", KEPT_HEADINGS)
    for file in sorted(source.iterdir()):
        target = folder / file.name
        if target.exists():
            continue
        if file.suffix == ".csv":
            header = file.read_text(encoding="utf-8-sig").splitlines()[:1]
            target.write_text("".join(f"{line}\n" for line in header), "utf-8", newline="\n")
        elif file.suffix == ".toml":
            target.write_text(_toml_template(file), encoding="utf-8", newline="\n")


def _toml_template(file: Path) -> str:
    """What a TOML file begins with: its comments, and settings without those of the last report.

    Tables in double brackets are records of the last report's own passages, and are left out.
    """
    text = file.read_text(encoding="utf-8")
    beginning = re.split(r"^\[\[", text, maxsplit=1, flags=re.MULTILINE)[0]
    lines = beginning.rstrip().splitlines()
    while lines and beginning != text and lines[-1].startswith("#") and "" in lines:
        # A comment right above the first record is its heading.
        lines.pop()
    return _with_value("\n".join(lines).rstrip() + "\n", ANEW, "")


def _copy_rows(source: Path, target: Path, kept: tuple[str, ...]) -> None:
    """A table's rows with the kept columns; every other cell blank."""
    with source.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        columns = list(reader.fieldnames or ())
        rows = [{name: row[name] if name in kept else "" for name in columns} for row in reader]
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
