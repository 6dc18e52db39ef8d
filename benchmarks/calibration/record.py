"""Writes what was found: the table, how it was made, the page's part, and the checksums.

All are written beside the files that they replace and renamed at the end, so that an interrupted
run leaves the old ones.
"""

from __future__ import annotations

import csv
import io
import json
import os
import platform
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from bcsp_analysis import project
from bcsp_analysis.errors import RegisterError
from bcsp_analysis.present import tables
from bcsp_analysis.sources.calibration import (
    COLUMNS,
    FILE,
    PLACES,
    SETTINGS,
    CalibrationRun,
    Check,
)

PAGE = "site/_calibration.md"
SOURCES = "data/sources.toml"
PACKAGES = ("numpy", "pandas", "scipy", "statsmodels")


def this_run(seed: int, scale: float, made_on: date) -> CalibrationRun:
    """Settings of a run that is made here and now."""
    versions = {"Python": platform.python_version()} | {name: version(name) for name in PACKAGES}
    return CalibrationRun(made_on, seed, float(scale), versions)


def updated(
    table: Iterable[Check],
    recorded: CalibrationRun,
    experiment: str,
    checks: Iterable[Check],
    run: CalibrationRun,
) -> tuple[tuple[Check, ...], CalibrationRun]:
    """The table with the rows of one experiment made anew, and how it was made by then.

    The questions of an experiment begin with its name.

    Raises
    ------
    RegisterError
        The rows were made with another seed, length or program than those that stay.
    """
    for name in ("seed", "scale", "versions"):
        if getattr(run, name) != getattr(recorded, name):
            raise RegisterError(
                "one experiment cannot be put among the others",
                where=f"{SETTINGS}, {name}",
                found=str(getattr(run, name)),
                expected=str(getattr(recorded, name)),
                hint="run the whole bench: make calibrate",
            )
    kept = [check for check in table if not check.check.startswith(f"{experiment}-")]
    later = {**recorded.later, experiment: run.made_on}
    return (*kept, *checks), replace(recorded, later=later)


def as_csv(checks: Iterable[Check]) -> str:
    """The table as `sources.calibration.load_checks` reads it."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for check in checks:
        writer.writerow([_cell(getattr(check, name)) for name in COLUMNS])
    return stream.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.{PLACES}f}".rstrip("0").rstrip(".")
    return str(value)


def as_toml(run: CalibrationRun) -> str:
    """How the table was made, as `sources.calibration.load_run` reads it."""
    lines = [
        "# How and when data/calibration.csv was made; `make calibrate` writes both.",
        f"made_on = {run.made_on.isoformat()}",
        f"seed = {run.seed}",
        f"scale = {float(run.scale)!r} # runs over those of a full run",
        "",
        "[versions]",
        *(f"{name} = {json.dumps(text)}" for name, text in run.versions.items()),
    ]
    if run.later:
        lines += ["", "[later]", *(f"{n} = {d.isoformat()}" for n, d in run.later.items())]
    return "\n".join(lines) + "\n"


def with_checksums(register: str, contents: dict[str, str]) -> str:
    """The register of sources with the checksums of the new files.

    Raises
    ------
    RegisterError
        A file has no entry, or more than one.
    """
    for name, content in contents.items():
        pattern = rf'(file = "{re.escape(name)}",?\s+sha256 = ")[0-9a-f]{{64}}"'
        digest = sha256(content.encode("utf-8")).hexdigest()
        register, found = re.subn(pattern, rf'\g<1>{digest}"', register)
        if found != 1:
            raise RegisterError(
                "the register of sources does not name the table once",
                where=SOURCES,
                found=f"{name}, {found} times",
                expected="an entry with its file and its sha256",
            )
    return register


def write(checks: tuple[Check, ...], run: CalibrationRun) -> list[Path]:
    """Write all files, or none.

    Raises
    ------
    RegisterError
        See `with_checksums`.
    """
    contents = {FILE: as_csv(checks), SETTINGS: as_toml(run)}
    register = project.path(SOURCES).read_text(encoding="utf-8")
    contents[SOURCES] = with_checksums(register, dict(contents))
    contents[PAGE] = tables.calibration(checks, run)
    beside = {name: project.path(f"{name}.new") for name in contents}
    try:
        for name, content in contents.items():
            beside[name].write_text(content, encoding="utf-8", newline="\n")
        for name, file in beside.items():
            os.replace(file, project.path(name))
    finally:
        for file in beside.values():
            file.unlink(missing_ok=True)
    return [project.path(name) for name in contents]
