"""From an iQuanta export to the table of similar areas that the comparison reads."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.errors import DataError, PeriodError
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import comparators
from bcsp_analysis.sources.iquanta import IquantaExport
from bcsp_analysis.sources.writing import write_checked


def rows(export: IquantaExport, period_last: Month | None = None) -> pd.DataFrame:
    """The rows of one period in the form of `comparators.COLUMNS`.

    Parameters
    ----------
    export : IquantaExport
        As `load` returns it.
    period_last : Month, optional
        Last month of the period; may be left out where the export has one period only.

    Returns
    -------
    DataFrame
        Columns of `comparators.COLUMNS`, as `comparators.load` returns them.

    Raises
    ------
    PeriodError
        No such period, or several and none named.
    DataError
        No area has a count: a funnel cannot be drawn from rates alone.
    """
    held = sorted(set(export.rows["period_last"]))
    stamp = pd.Timestamp(period_last.start) if period_last else held[0]
    if stamp not in held or (period_last is None and len(held) > 1):
        raise PeriodError(
            "no such period in an export" if period_last else "several periods in an export",
            where=export.file,
            found=str(period_last) if period_last else f"{len(held)} periods",
            expected=", ".join(f"{each:%Y-%m}" for each in held),
            hint="name the last month of the period",
        )
    chosen = export.rows[export.rows["period_last"] == stamp]
    if not chosen["count"].notna().any():
        raise DataError(
            "an export without counts",
            where=export.file,
            expected="a count for each area; a range cannot be drawn from rates alone",
            hint="map the column of counts under [columns]",
        )
    return chosen[list(comparators.COLUMNS)].reset_index(drop=True)


def write(
    export: IquantaExport,
    file: Path,
    *,
    area_code: str,
    period_last: Month | None = None,
    replace: bool = False,
) -> pd.DataFrame:
    """Write the rows of one period as the table that the comparison reads.

    Parameters
    ----------
    file : Path
        CSV file to write.
    area_code : str
        Code of the edition's area, which every measure must have a row for.
    replace : bool
        Whether a file that is there with other content may be replaced.

    Returns
    -------
    DataFrame
        What `comparators.load` reads from the file.

    Raises
    ------
    PeriodError, DataError
        See `rows` and `comparators.load`; a file is there with other content.
    """
    content = text(rows(export, period_last))
    if file.exists() and not replace and file.read_bytes() != content.encode():
        raise DataError(
            "a file is there with other content",
            where=project.relative(file),
            hint="name another one, or use --replace",
        )
    ids = set(export.rows["measure_id"])
    write_checked(file, content, lambda path: comparators.load(path, ids, area_code))
    return comparators.load(file, ids, area_code)


def text(table: pd.DataFrame) -> str:
    """Rows of `rows` as the CSV text that `comparators.load` reads."""
    out = io.StringIO()
    printed = table.copy()
    for name in ("period_first", "period_last"):
        printed[name] = printed[name].dt.strftime("%Y-%m")
    for name in ("count", "denominator"):
        printed[name] = ["" if value != value else f"{value:.10g}" for value in table[name]]
    printed.to_csv(out, index=False, lineterminator="\n")
    return out.getvalue()
