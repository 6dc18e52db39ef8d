"""Where the files of a folder of downloads come from, written down as they are fetched.

Data card
---------
Source : ``fetched.json`` beside the files, written by `bcsp fetch`.
Rows : one file each: what it is, whose, under which licence, the day, its sha256.
"""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

from bcsp_analysis import project
from bcsp_analysis.periods import day_label
from bcsp_analysis.sources.downloadable import Downloadable
from bcsp_analysis.sources.registry import Source, digest
from bcsp_analysis.sources.writing import write_checked

NAME = "fetched.json"
_TERMS = ("id", "title", "publisher", "licence", "licence_url", "landing_page")


def note(file: Path, wanted: Downloadable) -> None:
    """Write down that a file has just been fetched.

    Parameters
    ----------
    file : Path
        In its place.
    wanted : Downloadable
        Entry of the register of downloads.
    """
    held = _held(file.parent)
    terms = {name: getattr(wanted, name) for name in _TERMS}
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    held[file.name] = {**terms, "fetched": day, "sha256": digest(file)}
    text = json.dumps(held, indent=1, ensure_ascii=False) + "\n"
    write_checked(file.with_name(NAME), text, lambda path: json.loads(path.read_text("utf-8")))


def record(file: Path) -> Source | None:
    """The record of a file that is as it was fetched; None for any other file."""
    told = _held(file.parent).get(file.name)
    if not isinstance(told, dict) or not file.is_file() or told.get("sha256") != digest(file):
        return None
    boundaries = file.suffix == ".geojson"
    day = datetime.date.fromisoformat(told["fetched"])
    os_data = f" Contains OS data © Crown copyright and database right {day.year}."
    return Source(
        **{name: told[name] for name in _TERMS},
        attribution=f"Source: {told['publisher']}, licensed under the {told['licence']}."
        + (os_data if boundaries else ""),
        period=f"as fetched on {day_label(day)}",
        file=project.relative(file),
        sha256=told["sha256"],
        known_gaps=(),
    )


def _held(folder: Path) -> dict[str, Any]:
    try:
        held = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}
