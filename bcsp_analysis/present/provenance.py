"""Which records of the register of sources stand behind the files that a page uses."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bcsp_analysis import project
from bcsp_analysis.sources import registry
from bcsp_analysis.sources.registry import Source

_TABLES = (".csv", ".geojson")  # of a folder of areas; what they were unpacked from is beside them


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
        for source in behind or _unknown(path, name):
            found.setdefault(source.id, source)
    return tuple(found.values())


def _unknown(path: Path, name: str) -> list[Source]:
    """Records of a store, or of files that were fetched; for what has none, one that says so."""
    from bcsp_analysis.sources import area_folder, fetched, store_files, stored

    folder = path if path.is_dir() else path.parent
    if store_files.read_state(folder) is not None:
        return [stored.record(folder)]
    if not (folder / area_folder.WARDS).is_file():
        return [fetched.record(path) or _unrecorded(name)]
    listed = sorted(folder.iterdir()) if path.is_dir() else [path]
    files = [file for file in listed if file.suffix in _TABLES]
    known = [record for file in files if (record := fetched.record(file))]
    if len(known) < len(files):
        known.append(_unrecorded(project.relative(folder)))  # the others belong together
    return known


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
