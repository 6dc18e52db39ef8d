"""What the analysis of the cost of living says, as one result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from bcsp_analysis.models.bounds import BoundsResult
from bcsp_analysis.models.cross_correlation import CrossCorrelation
from bcsp_analysis.periods import Month, Span

CITATION = (
    "Cochrane and Orcutt (1949), JASA 44, 32-61 (errors that fade); Holm (1979); Granger and"
    " Newbold (1974), Journal of Econometrics 2, 111-120 (spurious regressions)"
)


class Answer(StrEnum):
    """What may be said of an association."""

    FOUND = "association found"
    NOT_DETECTABLE = "not detectable"
    OPPOSITE = "opposite to what was expected"
    CONTRADICTED = "contradicted by a placebo"


@dataclass(frozen=True)
class AssociationResult:
    """Prices and one series.

    Attributes
    ----------
    name : str
    n : int
        Months used.
    period : Span
    answer : Answer
        For the series; that of `hypotheses` which says most.
    hypotheses : DataFrame
        One row a hypothesis of this series, index its id. Text: ``predictor``, ``transformation``,
        ``control``, ``answer``, ``reason``; int: ``first_lag``, ``last_lag``, ``sign``; float, per
        cent for one standard deviation ``sd`` of the price: ``effect_pct``, ``low_pct``,
        ``high_pct``, ``detectable_pct`` (smallest that had an 80% chance to be seen alone),
        ``detectable_adjusted_pct`` (the same at alpha over the size of the family),
        ``month_to_month_pct``, ``lead_pct`` (future prices beside past ones), ``control_pct``;
        their p-values ``p_value``, ``p_adjusted`` (Holm, whole family), ``month_to_month_p``,
        ``lead_p``, ``control_p``; ``r_squared`` and ``variance_inflation`` of the price by trend,
        calendar month and steps; and, to show why they mislead, ``naive_correlation`` with
        ``naive_p`` of the plain series and ``hac_p_value``.
    comparison : DataFrame
        Series on which others found an effect, not in the family: ``series``, ``predictor``,
        ``effect_pct``, ``low_pct``, ``high_pct``, ``p_value``, ``detectable_pct``.
    lags : DataFrame
        Index (hypothesis, lag), lag -3 (price to come) to 6 months; each lag alone, to look at,
        not to conclude from: ``effect_pct``, ``low_pct``, ``high_pct``, ``p_value``.
    stationarity : DataFrame
        Index name of the series or price: ``adf``, ``adf_p``, ``kpss``, ``kpss_p``, ``reading``,
        ``n``; the counts as logarithm per day.
    cross_correlations : dict of hypothesis id to CrossCorrelation
        Pre-whitened.
    sensitivity : DataFrame or None
        ``effect_pct``, ``low_pct``, ``high_pct``, ``p_value`` without the faulty months.
    detectable_pct : float
        The smallest of the hypotheses' detectable effects, corrected for the family.
    family : tuple of str
        Ids of the hypotheses that Holm's correction counts.
    breaks, excluded, faulty : tuple of Month
    alpha, level : float
    method, citation : str
    bounds : dict of hypothesis id to BoundsResult, or None
        Long-run relation of the series with each price. This and what follows stands beside the
        answer and does not enter it.
    causality : DataFrame or None
        See `dynamics.foretelling`.
    shocks : DataFrame or None
        Dated shocks that the history covers, index shock id. Text: ``title``, ``answer``,
        ``control``; ``month`` (Month); int: ``sign``, ``before``, ``after``, ``other_months``,
        ``as_large`` (other months with at least as large a change), ``n``; float, per cent:
        ``level_pct``, ``level_low_pct``, ``level_high_pct`` (at the month), ``slope_pct``,
        ``slope_low_pct``, ``slope_high_pct`` (of the trend, a year), ``mean_pct``,
        ``mean_low_pct``, ``mean_high_pct`` (both, over the months after), ``detectable_pct``
        (smallest rise of the level with an 80% chance to be seen at alpha over all subjects and
        shocks),
        ``control_mean_pct``; p-values ``joint_p``, ``p_adjusted`` (Holm, all subjects and shocks,
        over `beside.CAUTION`), ``plain_joint_p`` (as the textbook has it), ``control_p``.
    published : DataFrame or None
        See `published_effects.table`; with ``smallest_detectable_pct``, the smallest effect that
        could have been seen here: of a dated shock on the level, or of one standard deviation of a
        price; missing where the published effect is of another kind.
    """

    name: str
    n: int
    period: Span
    answer: Answer
    hypotheses: pd.DataFrame
    comparison: pd.DataFrame
    lags: pd.DataFrame
    stationarity: pd.DataFrame
    cross_correlations: dict[str, CrossCorrelation]
    sensitivity: pd.DataFrame | None
    detectable_pct: float
    family: tuple[str, ...]
    breaks: tuple[Month, ...]
    excluded: tuple[Month, ...]
    faulty: tuple[Month, ...]
    alpha: float
    level: float
    method: str = (
        "quasi-Poisson regression on days, spline trend, calendar month, steps and the mean price"
        " over the lags; errors overdispersed and fading from month to month"
    )
    citation: str = CITATION
    bounds: dict[str, BoundsResult] | None = None
    causality: pd.DataFrame | None = None
    shocks: pd.DataFrame | None = None
    published: pd.DataFrame | None = None
