"""The record of forecasts, and how they turned out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bcsp_analysis.errors import DataError, DuplicateRowError, FigureError, HeaderError, ModelError
from bcsp_analysis.models import monthly
from bcsp_analysis.periods import Month, Quarter

KEY = ("edition", "series", "quarter", "method")
RANGE = ("low95", "low80", "point", "high80", "high95")  # in rising order
RECORD = (
    "edition",
    "made_on",
    "series",
    "quarter",
    "method",
    "point",
    "low80",
    "high80",
    "low95",
    "high95",
)
"""Columns of the record: slug of the edition, last month of the history (ISO), name of the series,
slug of the quarter, method, and incidents in the quarter."""


@dataclass(frozen=True)
class Score:
    """How recorded forecasts of one series turned out.

    Attributes
    ----------
    name : str
    rows : DataFrame
        The record's rows of this series whose quarter is complete now, with ``observed``
        (incidents), ``error`` (observed less point), ``error_pct`` (per cent of observed, missing
        where that is zero), ``inside80``, ``inside95`` (bool) and ``known`` (months of the quarter
        that were known when the forecast was made).
    summary : DataFrame
        Index: method. ``scored`` (rows), ``inside80``, ``inside95`` (how many), ``mean_error_pct``
        (mean absolute error in per cent).
    waiting : tuple of str
        Slugs of recorded quarters that are not complete yet.
    n : int
        Rows scored.
    method : str
    """

    name: str
    rows: pd.DataFrame
    summary: pd.DataFrame
    waiting: tuple[str, ...]
    n: int
    method: str = "observed total of the quarter against the range written down before"


def score(record: pd.DataFrame, observed: pd.Series) -> Score:
    """Score the recorded forecasts of one series.

    Parameters
    ----------
    record : DataFrame
        Columns of `RECORD` at least, text or numbers, of one or more series and editions.
    observed : Series
        Incidents a month as known now, complete "MS" DatetimeIndex; its name picks the rows.

    Raises
    ------
    HeaderError, DuplicateRowError, FigureError, PeriodError
        Columns missing; a forecast twice; a range that holds no numbers in rising order; a month or
        quarter that cannot be read.
    DataError
        A row that was made when its quarter was over: that is no forecast.
    ModelError
        The record holds nothing of this series.
    """
    counts = monthly.check_series(observed, at_least=1, what_for="scoring forecasts")
    name = str(observed.name)
    rows = _read(record, name)
    index = pd.DatetimeIndex(counts.index)
    known = dict(zip(map(monthly.month_of, index), counts.to_numpy(), strict=True))
    quarters = [Quarter.parse(slug) for slug in rows["quarter"]]
    made = [Month.parse(text) for text in rows["made_on"]]
    for quarter, month, label in zip(quarters, made, rows.index, strict=True):
        if month >= quarter.span.last:
            raise DataError(
                "a forecast of a quarter that was over",
                where=f"row {label} of the record",
                found=f"made on {month}, {quarter.label}",
                expected="a history that ends before the quarter does",
            )
    complete = [all(month in known for month in quarter.months) for quarter in quarters]
    rows["observed"] = [
        sum(known[month] for month in quarter.months) if whole else np.nan
        for quarter, whole in zip(quarters, complete, strict=True)
    ]
    rows["known"] = [
        sum(m <= month for m in quarter.months)
        for quarter, month in zip(quarters, made, strict=True)
    ]
    waiting = dict.fromkeys(rows.loc[[not whole for whole in complete], "quarter"])
    scored = rows[complete].copy()
    scored["error"] = scored["observed"] - scored["point"]
    scored["error_pct"] = 100 * scored["error"] / scored["observed"].replace(0, np.nan)
    for level in ("80", "95"):
        scored[f"inside{level}"] = scored["observed"].between(
            scored[f"low{level}"], scored[f"high{level}"]
        )
    groups = scored.assign(size=scored["error_pct"].abs()).groupby("method", sort=False)
    summary = groups.agg(
        scored=("observed", "size"),
        inside80=("inside80", "sum"),
        inside95=("inside95", "sum"),
        mean_error_pct=("size", "mean"),
    )
    return Score(name, scored, summary, tuple(waiting), len(scored))


def _read(record: pd.DataFrame, name: str) -> pd.DataFrame:
    """The checked rows of one series."""
    missing = [column for column in RECORD if column not in record.columns]
    if missing:
        raise HeaderError(
            "a record of forecasts without its columns",
            found=f"no {', '.join(missing)}",
            expected=", ".join(RECORD),
        )
    rows = record[record["series"] == name].copy()
    if rows.empty:
        recorded = sorted(set(record["series"]))
        raise ModelError(
            "no forecast of this series in the record",
            found=repr(name),
            expected=" or ".join(recorded) or "a row",
        )
    twice = rows.duplicated(list(KEY))
    if twice.any():
        raise DuplicateRowError(
            "a forecast twice in the record",
            where=f"row {rows.index[twice][0]}",
            found=", ".join(str(rows.loc[twice, column].iloc[0]) for column in KEY),
            expected="each edition, series, quarter and method once",
        )
    for column in RANGE:
        rows[column] = pd.to_numeric(rows[column], errors="coerce").astype("float64")
    values = rows[list(RANGE)].to_numpy()
    # A point can lie outside its own range where a model's futures are skewed; ends cannot cross.
    ends = np.delete(values, RANGE.index("point"), axis=1)
    bad = ~np.isfinite(values).all(axis=1) | (np.diff(ends, axis=1) < 0).any(axis=1)
    if bad.any():
        raise FigureError(
            "a recorded range that cannot be scored",
            where=f"row {rows.index[bad][0]}",
            found=", ".join(f"{column} {rows.loc[bad, column].iloc[0]}" for column in RANGE),
            expected="numbers, low95 <= low80 <= high80 <= high95",
        )
    return rows
