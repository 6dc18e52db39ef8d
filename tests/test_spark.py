"""The same ingest and queries on Spark, in local mode: every frame equal, cell by cell."""

from pathlib import Path

import pandas as pd
import pytest
import street_files as sf

from bcsp_analysis.sources import ingest, store

pytest.importorskip("pyspark", reason='Spark is not installed: pip install "bcsp-analysis[spark]"')
# Spark's own warnings: about pandas 3, about the host's name, about sockets left to Java.
pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

QUERIES = (
    {"by": ("month", "category")},
    {"by": ("month", "force", "lsoa_code", "lsoa_name", "category")},
    {"by": ("lsoa_code",), "area": "City of London"},
    {"by": ("category",), "area": ["E01000914", "E01032739"]},
    {"by": ("month",), "area": "No location", "category": "Burglary"},
)


def frames(engine: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[pd.DataFrame]:
    monkeypatch.setenv("BCSP_ENGINE", engine)
    report = ingest.ingest([sf.REFERENCE], folder)
    assert report.engine == engine
    opened = store.open_store(folder)
    found = [store.counts(opened, **query, incomplete="keep") for query in QUERIES]
    series = store.series(opened, area="City of London", category="Robbery", incomplete="mask")
    return [*found, store.areas(opened), series.to_frame()]


def test_both_engines_give_the_same_frames(tmp_path, monkeypatch):
    here = frames("duckdb", tmp_path / "duckdb", monkeypatch)
    there = frames("local-spark", tmp_path / "spark", monkeypatch)
    for one, other in zip(here, there, strict=True):
        assert len(one)
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    for file in sorted((tmp_path / "duckdb" / "counts").iterdir()):
        assert file.read_bytes() == (tmp_path / "spark" / "counts" / file.name).read_bytes()
