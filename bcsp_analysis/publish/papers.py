"""Files that a build makes beside its pages, made again only when what they stand on changed."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bcsp_analysis import observed, project
from bcsp_analysis.publish import records, warm
from bcsp_analysis.publish.kernels.observing import as_data

Made = tuple[Mapping[str, bytes], tuple[str, ...]]
_INDEX = "index.json"


@dataclass(frozen=True)
class Paper:
    """Files by their place in the site, what they had to do without, and the record behind them.

    `why` says why they were made now; it is empty where they were kept.
    """

    files: dict[str, bytes]
    warnings: tuple[str, ...]
    record: Path
    why: tuple[str, ...]


def why(
    name: str, slug: str, given: Mapping[str, str], judging: records.Judge | None = None
) -> tuple[str, ...]:
    """Why a paper of an edition has to be made again; nothing where it holds."""
    judge = judging or records.Judge()
    found = tuple(judge.changes(records.load(_record(name, slug)), given, whole=True))
    if judging is None:
        judge.stamps.save()
    return found


def paper(
    name: str,
    slug: str,
    given: Mapping[str, str],
    make: Callable[[], Made],
    *,
    fresh: bool = False,
    judging: records.Judge | None = None,
) -> Paper:
    """The files of a paper: those of the last build, or made now.

    Parameters
    ----------
    name, slug : str
        What it is called, and the edition.
    given : mapping of str to str
        What it is told besides the files that it reads.
    make : callable
        Makes its files by place, and warnings.
    fresh : bool
        Whether to make it now in any case.
    judging : Judge, optional
        Who judges, where many papers are asked for; what it learnt of files is for the caller to
        save.
    """
    file = _record(name, slug)
    folder = file.with_suffix("").with_suffix("")
    reasons = ("made anew, as asked",) if fresh else why(name, slug, given, judging)
    if not reasons:
        held = records.load(file)
        names = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        files = {place: (folder / str(number)).read_bytes() for number, place in enumerate(names)}
        return Paper(files, tuple(held.said if held else ()), file, ())
    began = time.time_ns()
    with observed.watching() as seen:
        made, said = make()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, content in enumerate(made.values()):
        (folder / str(number)).write_bytes(content)
    (folder / _INDEX).write_text(json.dumps(list(made)), encoding="utf-8")
    judge = judging or records.Judge()
    record = judge.record(
        as_data(seen.closed()),
        began=began,
        given=given,
        said=said,
        whole=True,
        imported=warm.IMPORTED,
    )
    outputs = [folder / _INDEX, *(folder / str(number) for number in range(len(made)))]
    judge.keep(record, outputs, file)
    if judging is None:
        judge.stamps.save()
    return Paper(dict(made), said, file, reasons)


def _record(name: str, slug: str) -> Path:
    return project.path("build", "papers", slug, name + records.SUFFIX)
