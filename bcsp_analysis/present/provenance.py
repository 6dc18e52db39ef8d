"""Which records of the register of sources stand behind the files that a page uses."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bcsp_analysis import project
from bcsp_analysis.sources import registry
from bcsp_analysis.sources.registry import Source


def used(*paths: Path, records: Iterable[Source] | None = None) -> tuple[Source, ...]:
    """Records of the files or folders that a page reads, each once, in the order given.

    A file without a record gets one that says so: a page shows what is missing, it does not hide
    it.

    Parameters
    ----------
    *paths : Path
        Files, or folders of which any file counts.
    records : iterable of Source, optional
        The register; the project's own where none is given.
    """
    known = list(registry.load_sources().values() if records is None else records)
    found: dict[str, Source] = {}
    for path in paths:
        name = project.relative(path)
        behind = [
            source
            for source in known
            if any(f.file == name or f.file.startswith(f"{name}/") for f in source.files)
        ]
        for source in behind or [_unknown(path, name)]:
            found.setdefault(source.id, source)
    return tuple(found.values())


def _unknown(path: Path, name: str) -> Source:
    """The record of a store, or of the file in it that says what it holds; else one of nothing."""
    from bcsp_analysis.sources import area_folder, store_files, stored

    folder = path if path.is_dir() else path.parent
    if store_files.read_state(folder) is not None:
        return stored.record(folder)
    if (folder / area_folder.WARDS).is_file():
        return _unrecorded(project.relative(folder))  # its files belong together
    return _unrecorded(name)


def _unrecorded(name: str) -> Source:
    return Source(
        id=name,
        title=f"Figures in {name}",
        publisher="no record of where they come from",
        licence="not recorded",
        attribution="Add an entry to data/sources.toml before publication.",
        landing_page="",
        period="not recorded",
        file=name,
        sha256="",
        known_gaps=(),
    )
