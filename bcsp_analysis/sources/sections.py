"""The sections of the report that tell of activity, and the priority to which each belongs.

Data card
---------
Source : the partnership's annual report (see data/sources.toml), its headings.
Rows : one section each.
Known gaps : for the work of the community safety team the report names no priority; where this
    project assigns one, `assigned_by` says so.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.errors import DataError
from bcsp_analysis.sources import cells

COLUMNS = ("section", "title", "priority", "assigned_by")
ASSIGNED_BY = ("report", "project")


def load(file: Path) -> pd.DataFrame:
    """Read ``sections.csv``.

    Returns
    -------
    DataFrame
        `COLUMNS`, all str, in the order of the file; empty where none is entered yet.

    Raises
    ------
    MissingFileError, EncodingError, HeaderError, DuplicateRowError, DataError
        See `cells.read_table`; or `assigned_by` is another word than those of `ASSIGNED_BY`.
    """
    table = cells.read_table(file, COLUMNS, key=["section"], may_be_empty=True)
    for row, word in table["assigned_by"].items():
        if str(word) not in ASSIGNED_BY:
            raise DataError(
                "a section is assigned by nobody known",
                where=f"{project.relative(file)}, row {row}, column assigned_by",
                found=repr(str(word)),
                expected=" or ".join(ASSIGNED_BY),
            )
    return table.reset_index(drop=True)
