"""A whole partnership made up: the 22 measures of the quarterly table, and four monthly histories.

Levels are those of the printed table. Measures that contain others are their sum and a rest; all
that does not contain another varies on its own. The histories are those of the categories that the
catalogue names, with the recording changes of the register as steps of unknown size and its faulty
months; four tables like this one are never alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.measures import catalogue as catalogues
from bcsp_analysis.measures import performance, recording
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.measures.performance import QuarterlyTable
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.periods import Month, Quarter, Span
from bcsp_analysis.sources import report
from benchmarks.calibration import truth

QUARTER = Quarter(2023, 2)
FIRST, MONTHS, HISTORY = "2020-08", 38, 36
COMPARISONS = ("quarter_on_year", "year_to_date")
# Which measures make up a monthly category; the catalogue says which measures borrow from it.
CATEGORIES = {
    "Anti-social behaviour": ("asb-incidents",),
    "Shoplifting": ("theft-from-shop",),
    "Vehicle crime": ("theft-from-vehicle", "theft-of-vehicle"),
    "Violence and sexual offences": ("violence-against-the-person",),
}
REST = "rest of "
SEASON_PCT = 10.0
UNLIKE = (0.0, 0.2, 0.4, 0.6)
LARGEST_STEP = 0.15
FAULT = 0.935  # what the register says of two months: 6 to 7% too low
FEWEST = 10.0  # a quarter; of measures with fewer no interval is judged


@dataclass(frozen=True)
class Partnership:
    """What the suite gets to see, and what is true.

    table : QuarterlyTable
        With the comparisons of `COMPARISONS`.
    monthly : dict of category to Series
    ratios : DataFrame
        Index measure id, column comparison id: true ratio of rates per day.
    own : frozenset of str
        Measures with a history; the others borrow.
    judged : tuple of str
        Measures with ten incidents or more expected in a quarter.
    ties : dict of measure id to float
        True autocorrelation of the measure's errors.
    """

    table: QuarterlyTable
    monthly: dict[str, pd.Series]
    ratios: pd.DataFrame
    own: frozenset[str]
    judged: tuple[str, ...]
    ties: dict[str, float]


@cache
def fixed() -> tuple[Catalogue, tuple[RecordingChange, ...], report.PrintedTable]:
    """What ships: the catalogue, the register of recording changes, the printed table."""
    catalogue = catalogues.load()
    folder = project.path("data", "report", QUARTER.slug)
    printed = report.load_performance(folder, QUARTER, catalogue.measures)
    return catalogue, recording.load(catalogue=catalogue), printed


@cache
def levels() -> dict[str, float]:
    """Incidents in a month of mean length by measure, from the printed quarter of last year."""
    _, _, printed = fixed()
    quarter = printed.figures["q_last_year"].dropna()
    days = QUARTER.year_before.days
    return {str(name): float(count) / days * truth.MEAN_MONTH for name, count in quarter.items()}


def simulate(
    random: np.random.Generator,
    *,
    phi: float,
    rho: float | None,
    borrowed: str,
    change_pct: float = 0.0,
) -> Partnership:
    """Make up one partnership.

    Parameters
    ----------
    phi : float
        Of every monthly history and of the measures that have one.
    rho : float or None
        Likewise; None: the histories are unlike each other, `UNLIKE` in drawn order.
    borrowed : str
        How measures without a history vary. ``"share"``: by the same share of their level as one
        of the histories, drawn anew for each; ``"phi"``: with the same variance over mean as the
        histories, however small they are.
    change_pct : float
        True change per day of every measure from last year to this one, its sign drawn for each
        measure; it comes with April 2023, in one step.
    """
    catalogue, _, _ = fixed()
    index = truth.months(FIRST, MONTHS)
    names = [*levels(), *(f"{REST}{whole}" for whole, _ in catalogue.disjoint)]
    parts = dict(catalogue.disjoint)
    level = dict(levels())
    for whole, members in parts.items():
        level[f"{REST}{whole}"] = level[whole] - sum(level[m] for m in members)
    leaves = [name for name in names if name not in parts]
    means = np.column_stack([_means(random, index, n, level[n], change_pct) for n in leaves])
    spread = np.array([_phi(random, n, level[n], phi, borrowed) for n in leaves])
    ties = _ties(random, rho)
    tie = np.array([ties[_category(name)] for name in leaves])
    paths = dict(zip(leaves, truth.counts(random, means, spread, tie).T, strict=True))
    truths = dict(zip(leaves, means.T, strict=True))
    for whole in sorted(parts, key=lambda w: len(catalogue[w].nested_in), reverse=True):
        added = [*parts[whole], f"{REST}{whole}"]
        paths[whole] = sum(paths[m] for m in added)
        truths[whole] = sum(truths[m] for m in added)
    order = list(levels())
    frame = pd.DataFrame({name: paths[name] for name in order}, index=index)
    table = _table(frame)
    quarter = {n: level[n] * 3 for n in order}
    return Partnership(
        table=table,
        monthly=_histories(frame),
        ratios=_ratios(table, pd.DataFrame({n: truths[n] for n in order}, index=index)),
        own=frozenset(m.id for m in catalogue if m.history),
        judged=tuple(n for n in order if quarter[n] >= FEWEST),
        ties={name: ties[_category(name)] for name in order},
    )


def _ties(random: np.random.Generator, rho: float | None) -> dict[str, float]:
    """Autocorrelation by category; "" stands for what has no history."""
    names = [*CATEGORIES, ""]
    if rho is not None:
        return dict.fromkeys(names, rho)
    drawn = random.permutation(UNLIKE)
    return dict(zip(names, [*drawn.tolist(), float(random.choice(UNLIKE))], strict=True))


def _category(name: str) -> str:
    """The monthly category behind a measure or a rest; "" for none."""
    catalogue, _, _ = fixed()
    return catalogue[name.removeprefix(REST)].history


def _means(
    random: np.random.Generator,
    index: pd.DatetimeIndex,
    name: str,
    level: float,
    change_pct: float,
) -> np.ndarray:
    ratio = 1 + change_pct / 100
    steps = {"2023-04": float(ratio if random.random() < 0.5 else 1 / ratio)}
    for month in _steps(_category(name)):
        # The quarters that are compared lie after these changes and count alike.
        steps[str(month)] = random.uniform(1 - LARGEST_STEP, 1 + LARGEST_STEP)
    season = truth.wave(SEASON_PCT, random.uniform(1, 13))
    return truth.expected(index, level, season=season, steps=steps)


@cache
def _steps(category: str) -> tuple[Month, ...]:
    """Recording changes of a category before the first of the compared months."""
    _, register, _ = fixed()
    first, last = Month.parse(FIRST), QUARTER.year_to_date.year_before.first
    return recording.steps(register, category, first, last) if category else ()


def _phi(random: np.random.Generator, name: str, level: float, phi: float, borrowed: str) -> float:
    if name.startswith(REST) or _category(name) or borrowed == "phi":
        return phi
    category = list(CATEGORIES)[random.integers(len(CATEGORIES))]
    swinging = sum(levels()[m] for m in CATEGORIES[category])
    return 1 + (phi - 1) * level / swinging


def _histories(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """The first 36 months of each category, with its faulty months."""
    _, register, _ = fixed()
    index = pd.DatetimeIndex(frame.index[:HISTORY])
    found = {}
    for category, members in CATEGORIES.items():
        values = frame[list(members)].sum(axis=1).to_numpy()[:HISTORY]
        for month in recording.faulty_months(register, category):
            at = index == pd.Timestamp(month.start)
            values = np.where(at, np.round(values * FAULT), values)
        found[category] = truth.series(index, values, category)
    return found


def _table(frame: pd.DataFrame) -> QuarterlyTable:
    _, _, printed = fixed()
    last, this = QUARTER.year_before, QUARTER
    figures = printed.figures.copy()
    spans = {
        "q_last_year": last.span,
        "q_this_year": this.span,
        "q_previous": this.previous.span,
        "ytd_this_year": this.year_to_date,
        "ytd_last_year": this.year_to_date.year_before,
    }
    for column, span in spans.items():
        figures[column] = _total(frame, span).reindex(figures.index).astype("Float64")
    table = performance.quarterly_table(replace(printed, figures=figures))
    return replace(table, comparisons={c: table.comparisons[c] for c in COMPARISONS})


def _total(frame: pd.DataFrame, span: Span) -> pd.Series:
    return frame.loc[pd.Timestamp(span.first.start) : pd.Timestamp(span.last.start)].sum()


def _ratios(table: QuarterlyTable, means: pd.DataFrame) -> pd.DataFrame:
    """True ratios per day; a season that repeats itself cancels."""
    return pd.DataFrame(
        {
            c.id: _total(means, c.after_span)
            / c.after_span.days
            / (_total(means, c.before_span) / c.before_span.days)
            for c in table.comparisons.values()
        }
    )
