"""Cost of living and a monthly series: whether an association can be seen, and if not, how large
one would have had to be.

National prices are one series for the whole country: there is no area without the rise to compare
with, and within a few years prices, the aftermath of the pandemic and changes of recording all
move together. Therefore the questions are fixed in a register before anything is estimated, and
"association found" needs four things at once: a corrected p-value in the direction that was
expected, the same from month to month, prices of the future that do not foretell the counts as
well, and a control series that does not do the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models import association, beside, dynamics, monthly, multiplicity
from bcsp_analysis.models import shocks as dated_shocks
from bcsp_analysis.models.association import QUESTION, Estimate
from bcsp_analysis.models.association_result import Answer, AssociationResult
from bcsp_analysis.models.cross_correlation import Stationarity
from bcsp_analysis.models.shocks import InterruptedResult
from bcsp_analysis.periods import Month
from bcsp_analysis.sources.hypotheses import Hypothesis
from bcsp_analysis.sources.published_effects import PublishedEffect
from bcsp_analysis.sources.shocks import Shock

SHORTEST_HISTORY = 30
LEADS = (-1, -2, -3)
PROFILE = range(-3, 7)


@dataclass(frozen=True)
class _Data:
    histories: Mapping[str, pd.Series]
    prices: pd.DataFrame
    breaks: Mapping[str, tuple[Month, ...]]
    exclude: tuple[Month, ...]

    def counts(self, series: str) -> pd.Series:
        if series not in self.histories:
            raise ModelError(
                f"{QUESTION}: no such series",
                found=series,
                expected=", ".join(self.histories),
                hint="load it, or take its hypotheses out of the register",
            )
        return monthly.check_series(
            self.histories[series], at_least=SHORTEST_HISTORY, what_for=QUESTION
        )

    def price(self, hypothesis: Hypothesis) -> pd.Series:
        return association.transformed(self.prices, hypothesis.predictor, hypothesis.transformation)

    def estimate(
        self, hypothesis: Hypothesis, lags: Iterable[int], leads: Iterable[int] = ()
    ) -> dict[str, Estimate]:
        counts, price = self.counts(hypothesis.series), self.price(hypothesis)
        predictors = {"price": association.lagged_mean(price, counts.index, lags)}
        if leads:
            predictors["lead"] = association.lagged_mean(price, counts.index, leads)
        return association.estimate(
            counts,
            predictors,
            breaks=self.breaks.get(hypothesis.series, ()),
            exclude=self.exclude,
        )

    def interrupted(
        self, series: str, month: Month, elsewhere: bool, alpha: float
    ) -> InterruptedResult:
        return dated_shocks.interrupted(
            self.counts(series),
            month,
            breaks=self.breaks.get(series, ()),
            exclude=self.exclude,
            elsewhere=elsewhere,
            alpha=alpha,
        )

    def without(self, months: Iterable[Month]) -> _Data:
        more = tuple(sorted({*self.exclude, *months}))
        return _Data(self.histories, self.prices, self.breaks, more)


def analyse(
    series: str,
    histories: Mapping[str, pd.Series],
    prices: pd.DataFrame,
    hypotheses: Iterable[Hypothesis],
    *,
    breaks: Mapping[str, Iterable[Month]] | None = None,
    exclude: Iterable[Month] = (),
    faulty: Iterable[Month] = (),
    shocks: Iterable[Shock] = (),
    published: Iterable[PublishedEffect] = (),
    through_time: bool = True,
    alpha: float = 0.05,
    level: float = 0.95,
) -> AssociationResult:
    """Hold the hypotheses of one series against its history.

    Parameters
    ----------
    series : str
        The series that the answer is about, a key of `histories`.
    histories : mapping of name to Series
        Incidents a month of every series that the hypotheses name, complete "MS" index.
    prices : DataFrame
        Monthly, complete "MS" index, reaching twelve months and the longest lag further back than
        the histories and three months further on.
    hypotheses : iterable of Hypothesis
        The whole register: those of all subjects are the family that is corrected for.
    breaks : mapping of name to months
        Recording changes of each series; each enters as a step.
    exclude, faulty : iterable of Month
        Months left out throughout, and in a second run.
    shocks : iterable of Shock
        Dated shocks to hold against every subject; those without nine months on either side are
        left out.
    published : iterable of PublishedEffect
        What others found, to stand beside.
    through_time : bool
        Whether to run the bounds and the causality tests as well.

    Raises
    ------
    ModelError
        No hypothesis for the series, one without its control, a series that is not there, too
        short a history, or prices that do not cover it.
    """
    register = tuple(hypotheses)
    own = [h for h in register if h.series == series and h.role == "subject"]
    if not own:
        raise ModelError(
            f"{QUESTION}: nothing was asked of this series",
            found=series,
            expected="a hypothesis with this series as its subject",
            hint="add one to the register of hypotheses before looking at the data",
        )
    steps = {name: tuple(sorted(set(months))) for name, months in (breaks or {}).items()}
    data = _Data(histories, prices, steps, tuple(sorted(set(exclude))))
    counts = data.counts(series)
    subjects = [h for h in register if h.role == "subject"]
    estimates = {h.id: data.estimate(h, h.lags)["price"] for h in subjects}
    adjusted = multiplicity.holm_by_name({name: e.p_value for name, e in estimates.items()})
    table = pd.DataFrame.from_dict(
        {
            h.id: _row(data, h, estimates[h.id], adjusted, _control_of(h, register), alpha, level)
            for h in own
        },
        orient="index",
    ).rename_axis("hypothesis")
    left_out = tuple(sorted(set(faulty)))
    own_prices = {h.id: data.price(h) for h in own}
    own_steps = steps.get(series, ())
    control = _control_of(own[0], register).series
    tested = {h.series for h in subjects}
    dated = beside.shock_table(
        series,
        tested,
        control,
        [
            shock
            for shock in shocks
            if all(
                dated_shocks.can_be_tested(data.counts(name), shock.month)
                for name in {*tested, control}
            )
        ],
        data.interrupted,
        alpha=alpha,
    )
    smallest = float(table["detectable_adjusted_pct"].min())
    return AssociationResult(
        name=series,
        n=max(estimates[h.id].n for h in own),
        period=monthly.period_of(counts.index),
        answer=_together(list(table["answer"])),
        hypotheses=table,
        comparison=_comparison(data, [h for h in register if h.role == "comparison"], alpha, level),
        lags=_profile(data, own, level),
        stationarity=dynamics.stationarity(counts, {h.predictor: data.price(h) for h in own}),
        cross_correlations={
            name: dynamics.running_ahead(counts, price, own_steps)
            for name, price in own_prices.items()
        },
        sensitivity=_sensitivity(data.without(left_out), own, level) if left_out else None,
        detectable_pct=smallest,
        family=tuple(h.id for h in subjects),
        breaks=own_steps,
        excluded=data.exclude,
        faulty=left_out,
        alpha=alpha,
        level=level,
        bounds={
            name: dynamics.long_run(counts, price, own_steps, alpha=alpha)
            for name, price in own_prices.items()
        }
        if through_time
        else None,
        causality=dynamics.foretelling(counts, own_prices, own_steps, alpha=alpha)
        if through_time
        else None,
        shocks=dated,
        published=beside.published_table(
            tuple(published), series, smallest_price=smallest, dated=dated
        ),
    )


def _control_of(hypothesis: Hypothesis, register: Iterable[Hypothesis]) -> Hypothesis:
    def question(h: Hypothesis) -> tuple[object, ...]:
        return (h.predictor, h.transformation, h.first_lag, h.last_lag)

    for other in register:
        if other.role == "control" and question(other) == question(hypothesis):
            return other
    raise ModelError(
        f"{QUESTION}: a hypothesis without its control",
        where=hypothesis.id,
        expected="a control with the same predictor, transformation and lags",
        hint="add it to the register of hypotheses",
    )


def _row(
    data: _Data,
    hypothesis: Hypothesis,
    estimate: Estimate,
    corrected: Mapping[str, float],
    control: Hypothesis,
    alpha: float,
    level: float,
) -> dict[str, object]:
    adjusted = corrected[hypothesis.id]
    counts = data.counts(hypothesis.series)
    price = association.lagged_mean(data.price(hypothesis), counts.index, hypothesis.lags)
    lead = data.estimate(hypothesis, hypothesis.lags, LEADS)["lead"]
    other = data.estimate(control, control.lags)["price"]
    step, step_p = association.month_to_month(
        counts, price, breaks=data.breaks.get(hypothesis.series, ()), exclude=data.exclude
    )
    naive, naive_p = _naive(counts, price)
    return {
        "predictor": hypothesis.predictor,
        "transformation": hypothesis.transformation,
        "first_lag": hypothesis.first_lag,
        "last_lag": hypothesis.last_lag,
        "sign": hypothesis.sign,
        "reason": hypothesis.reason,
        "sd": estimate.sd,
        **_percent(estimate, level),
        "p_value": estimate.p_value,
        "p_adjusted": adjusted,
        "detectable_pct": 100 * estimate.detectable(alpha),
        # Holm's first step: what the strongest of the family has to pass.
        "detectable_adjusted_pct": 100 * estimate.detectable(alpha / len(corrected)),
        "r_squared": estimate.r_squared,
        "variance_inflation": estimate.variance_inflation,
        "month_to_month_pct": 100 * math.expm1(step),
        "month_to_month_p": step_p,
        "lead_pct": 100 * math.expm1(lead.effect),
        "lead_p": lead.p_value,
        "control": control.series,
        "control_pct": 100 * math.expm1(other.effect),
        "control_p": other.p_value,
        "naive_correlation": naive,
        "naive_p": naive_p,
        "hac_p_value": estimate.hac_p_value,
        "answer": judge(
            estimate.effect,
            adjusted,
            sign=hypothesis.sign,
            month_to_month=(step, step_p),
            placebos=((lead.effect, lead.p_value), (other.effect, other.p_value)),
            alpha=alpha,
        ),
    }


def judge(
    effect: float,
    p_adjusted: float,
    *,
    sign: int,
    month_to_month: tuple[float, float],
    placebos: Iterable[tuple[float, float]],
    alpha: float,
) -> Answer:
    """Answer to one hypothesis.

    Parameters
    ----------
    effect, p_adjusted : float
        Estimate and its corrected p-value.
    sign : int
        Direction that was expected, 1 or -1.
    month_to_month : (float, float)
        Effect and p-value of the differenced series.
    placebos : iterable of (float, float)
        Effect and p-value of what should show nothing: future prices, the control series.
    alpha : float
    """
    step, step_p = month_to_month
    if not (p_adjusted < alpha and step_p < alpha and step * effect > 0):
        return Answer.NOT_DETECTABLE
    if effect * sign < 0:
        return Answer.OPPOSITE
    if any(p < alpha and placebo * effect > 0 for placebo, p in placebos):
        return Answer.CONTRADICTED
    return Answer.FOUND


def _together(answers: list[Answer]) -> Answer:
    for answer in (Answer.FOUND, Answer.CONTRADICTED, Answer.OPPOSITE):
        if answer in answers:
            return answer
    return Answer.NOT_DETECTABLE


def _percent(estimate: Estimate, level: float) -> dict[str, float]:
    low, high = estimate.limits(level)
    return {
        "effect_pct": 100 * math.expm1(estimate.effect),
        "low_pct": 100 * math.expm1(low),
        "high_pct": 100 * math.expm1(high),
    }


def _naive(counts: pd.Series, price: pd.Series) -> tuple[float, float]:
    """Plain correlation of the two series, with the p-value that ignores that both wander."""
    from scipy import stats

    result = stats.pearsonr(counts / monthly.days_in(counts.index), price)
    return float(result.statistic), float(result.pvalue)


def _comparison(
    data: _Data, hypotheses: list[Hypothesis], alpha: float, level: float
) -> pd.DataFrame:
    columns = ["series", "predictor", "effect_pct", "low_pct", "high_pct", "p_value"]
    columns.append("detectable_pct")
    rows = {}
    for h in hypotheses:
        estimate = data.estimate(h, h.lags)["price"]
        rows[h.id] = {
            "series": h.series,
            "predictor": h.predictor,
            **_percent(estimate, level),
            "p_value": estimate.p_value,
            "detectable_pct": 100 * estimate.detectable(alpha),
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("hypothesis")


def _profile(data: _Data, hypotheses: list[Hypothesis], level: float) -> pd.DataFrame:
    rows = {}
    for h in hypotheses:
        for lag in PROFILE:
            estimate = data.estimate(h, [lag])["price"]
            rows[h.id, lag] = {**_percent(estimate, level), "p_value": estimate.p_value}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["hypothesis", "lag"])


def _sensitivity(data: _Data, hypotheses: list[Hypothesis], level: float) -> pd.DataFrame:
    rows = {}
    for h in hypotheses:
        estimate = data.estimate(h, h.lags)["price"]
        rows[h.id] = {**_percent(estimate, level), "p_value": estimate.p_value}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("hypothesis")


__all__ = ["Answer", "AssociationResult", "Stationarity", "analyse", "judge"]
