"""The table of the calibration bench: how often the suite was right where the truth was known.

Data card
---------
Source : python -m benchmarks.calibration, simulated partnerships; no figure is of a real one.
Rows : one question, method and truth each.
Unit : share of the cases, 0 to 1, with its Monte Carlo error.
Known gaps : only what was simulated is known; real counts may vary in other ways.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from bcsp_analysis import project
from bcsp_analysis.errors import DataError, FigureError, PeriodError, RegisterError
from bcsp_analysis.sources import cells

FILE = "data/calibration.csv"
SETTINGS = "data/calibration.toml"
KEY = ("check", "method", "subject", "phi", "autocorrelation", "years", "size_pct")
COLUMNS = (*KEY, "runs", "cases", "share", "mc_error", "aim_low", "aim_high", "outcome")
PLACES = 5
ERRORS_ALLOWED = 2.0
POOLED = "all levels"
CHECKS = (
    *("change-interval", "change-family", "change-power"),
    *("season-false", "season-power", "season-index"),
    *("living-false", "living-power", "living-interval", "shock-false", "shock-power"),
    *("outlook-range80", "outlook-range95", "outlook-false", "outlook-winner"),
    *("chart-false", "chart-said"),
    "range-interval",
)
"""Questions that the table can hold."""


class AimOutcome(StrEnum):
    """Whether a share lies where it should."""

    MET = "met"
    WITHIN_ERROR = "missed by less than two Monte Carlo errors"
    MISSED = "missed"
    NO_AIM = "no aim"


@dataclass(frozen=True)
class Check:
    """One share.

    Parameters
    ----------
    check : str
        The question: ``"change-interval"``.
    method : str
        Who answers it: ``"published"``, or a method beside it.
    subject : str
        Of what, in words; "" where the question says all.
    phi : float or None
        True variance over mean of a month's count.
    autocorrelation : float or None
        True correlation of one month's error with the next.
    years : float or None
        Length of the history.
    size_pct : float or None
        Size of the true effect, per cent; 0: none.
    runs, cases : int
        Truths simulated, and answers counted on them.
    share, mc_error : float
        Share of the cases that have what the question counts, and its Monte Carlo standard error.
    aim_low, aim_high : float or None
        Where the share should lie; None: no limit on this side.
    outcome : AimOutcome
    """

    check: str
    method: str
    subject: str
    phi: float | None
    autocorrelation: float | None
    years: float | None
    size_pct: float | None
    runs: int
    cases: int
    share: float
    mc_error: float
    aim_low: float | None
    aim_high: float | None
    outcome: AimOutcome

    @property
    def pooled(self) -> bool:
        """Whether it is over all levels of variation of its question."""
        return self.subject.endswith(POOLED)

    @property
    def key(self) -> tuple[object, ...]:
        """What no two rows have in common."""
        return tuple(getattr(self, name) for name in KEY)


@dataclass(frozen=True)
class CalibrationRun:
    """How and when the table was made.

    made_on : date
    seed : int
    scale : float
        Runs over those of a full run.
    versions : dict of str to str
        Of the programs behind the numbers.
    later : dict of str to date
        Experiments that were run again, or for the first time, on another day: with the same seed,
        length and programs.
    """

    made_on: date
    seed: int
    scale: float
    versions: dict[str, str]
    later: dict[str, date] = field(default_factory=dict)


def judge(share: float, error: float, low: float | None, high: float | None) -> AimOutcome:
    """Whether a share lies within its aim, or no further outside than its own error explains."""
    if low is None and high is None:
        return AimOutcome.NO_AIM
    missed = max(0.0 if low is None else low - share, 0.0 if high is None else share - high)
    # A limit that the file rounds is met by a share that it rounds to the same.
    if missed <= 10.0**-PLACES / 2:
        return AimOutcome.MET
    return AimOutcome.WITHIN_ERROR if missed < ERRORS_ALLOWED * error else AimOutcome.MISSED


def judged(**values: Any) -> Check:
    """A row with its numbers as the file holds them and its outcome."""
    for name in ("share", "mc_error", "aim_low", "aim_high"):
        value = values[name]
        values[name] = None if value is None else round(float(value), PLACES)
    limits = (values["aim_low"], values["aim_high"])
    return Check(**values, outcome=judge(values["share"], values["mc_error"], *limits))


def load_checks(file: Path | None = None) -> tuple[Check, ...]:
    """Read the table in the order of the file.

    Parameters
    ----------
    file : Path, optional
        CSV with the columns of `COLUMNS`; data/calibration.csv where none is given.

    Raises
    ------
    MissingFileError, EncodingError, HeaderError, DataError
        See `cells.read_table`; also an unknown question, a method without a name, an aim whose
        lower limit lies above the upper one, or an outcome that does not follow from the
        share and its aim.
    FigureError
        A number that cannot be read or is out of range.
    DuplicateRowError
        The same question, method and truth twice.
    """
    path = file or project.path(FILE)
    table = cells.read_table(path, COLUMNS, KEY)
    return tuple(_check(path, int(str(row)), record) for row, record in table.iterrows())


def _check(file: Path, row: int, record: Any) -> Check:
    if record["check"] not in CHECKS:
        raise DataError(
            "an unknown question",
            where=cells.place(file, row, "check"),
            found=repr(record["check"]),
            expected="one of " + ", ".join(CHECKS),
        )
    if not record["method"].strip():
        place = cells.place(file, row, "method")
        raise DataError("an empty cell", where=place, expected="the name of a method")
    numbers: dict[str, Any] = {
        name: _number(file, row, name, record[name])
        for name in ("phi", "autocorrelation", "years", "size_pct", "aim_low", "aim_high")
    }
    for name in ("share", "mc_error", "runs", "cases"):
        numbers[name] = _number(file, row, name, record[name], needed=True)
    for name in ("runs", "cases"):
        numbers[name] = _whole(file, row, name, numbers[name])
    low, high = numbers["aim_low"], numbers["aim_high"]
    if low is not None and high is not None and low > high:
        raise DataError(
            "an aim that nothing can meet",
            where=cells.place(file, row, "aim_low"),
            found=f"{low:g} to {high:g}",
            expected="the lower limit first",
        )
    texts = {name: record[name] for name in ("check", "method", "subject")}
    found = judged(**texts, **numbers)
    if found.outcome != record["outcome"]:
        raise DataError(
            "an outcome that does not follow from its share and aim",
            where=cells.place(file, row, "outcome"),
            found=repr(record["outcome"]),
            expected=str(found.outcome),
            hint="restore the file, or run `make calibrate`",
        )
    return found


_RANGES = {
    "phi": (1.0, math.inf),
    "autocorrelation": (0.0, 1.0),
    "years": (0.0, math.inf),
    "size_pct": (0.0, math.inf),
    "runs": (1.0, math.inf),
    "cases": (1.0, math.inf),
    "share": (0.0, 1.0),
    "mc_error": (0.0, 1.0),
    "aim_low": (0.0, 1.0),
    "aim_high": (0.0, 1.0),
}


def _number(file: Path, row: int, name: str, cell: str, *, needed: bool = False) -> float | None:
    if not cell.strip() and not needed:
        return None
    figure = cells.parse_figure(cell)
    low, high = _RANGES[name]
    if figure is None or figure.percent or not low <= figure.value <= high:
        raise cells.no_figure(file, row, name, cell, f"a number from {low:g} to {high:g}")
    return figure.value


def _whole(file: Path, row: int, name: str, value: float) -> int:
    if not value.is_integer():
        raise cells.no_figure(file, row, name, str(value), "a whole number")
    return int(value)


def load_run(file: Path | None = None) -> CalibrationRun:
    """Read how and when the table was made; data/calibration.toml where no file is given.

    Raises
    ------
    MissingFileError, EncodingError
        See `cells.read_toml`.
    RegisterError, FigureError, PeriodError
        A key is missing, unknown or of the wrong type, a number is out of range, a date is none.
    """
    path = file or project.path(SETTINGS)
    where = cells.place(path)
    content = cells.read_toml(path)
    names = {part.name for part in fields(CalibrationRun)}
    content.setdefault("later", {})
    if set(content) != names:
        raise RegisterError(
            "wrong keys", where=where, found=", ".join(sorted(content)), expected=", ".join(names)
        )
    made_on, seed, scale = content["made_on"], content["seed"], content["scale"]
    if type(made_on) is not date:
        raise PeriodError(
            "not a date", where=f"{where}, made_on", found=repr(made_on), expected="2023-12-06"
        )
    counts = type(seed) is int and seed >= 0
    if not counts or type(scale) is not float or not 0 < scale < math.inf:
        raise FigureError(
            "a number that cannot be one",
            where=where,
            found=f"seed {seed!r}, scale {scale!r}",
            expected="a whole number, 0 or more, and one with a point, above 0",
        )
    versions = content["versions"]
    if not isinstance(versions, dict) or not all(isinstance(v, str) for v in versions.values()):
        raise RegisterError(
            "versions that are no texts", where=f"{where}, versions", found=repr(versions)
        )
    later = content["later"]
    if not isinstance(later, dict) or not all(type(v) is date for v in later.values()):
        raise PeriodError(
            "not a date", where=f"{where}, later", found=repr(later), expected="range = 2023-12-06"
        )
    return CalibrationRun(made_on, seed, scale, dict(versions), dict(later))
