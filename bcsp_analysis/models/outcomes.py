"""Claims that need a model: what its result decides, as the claims register wants it."""

from __future__ import annotations

from bcsp_analysis.measures.claims import ClaimVerdict, Outcome
from bcsp_analysis.models.cost_of_living import Answer, AssociationResult
from bcsp_analysis.models.ratios import RatioOfRatios
from bcsp_analysis.models.season_statement import StatementVerdict
from bcsp_analysis.models.season_tests import Presence
from bcsp_analysis.models.seasonality import SeasonalityResult


def season(
    result: SeasonalityResult, words: str, confirmed: SeasonalityResult | None = None
) -> Outcome:
    """Whether the named months are as likely to be raised as `words` say.

    A contrast that is clear and a probability that is not are two things: then the statement holds
    in part, the season but not the likelihood. A contrast that is clear only with recording changes
    that nobody has confirmed is not enough for that.

    Parameters
    ----------
    confirmed : SeasonalityResult, optional
        The same with confirmed recording changes alone as steps.
    """
    statement = result.statement
    low, high = (round(100 * value) for value in statement.yardstick)
    model = round(100 * statement.probability)
    model_low, model_high = (
        round(100 * value) for value in (statement.probability_low, statement.probability_high)
    )
    raised = statement.low > 1
    reason = (
        f"“{words}” stands for about {low}% to {high}%. The model gives a single such month a "
        f"chance of {model}% ({model_low}% to {model_high}%) to lie above its trend; "
        f"{statement.above} of {statement.month_years} such months lay above a trend fitted "
        f"together with the season, {statement.above_own_year} of "
        f"{statement.own_year_month_years} above the mean of their own year. "
        f"{statement.years} complete years by counting alone could show at most "
        f"{round(100 * statement.bound_if_all_agree)}%."
    )
    verdicts = {
        StatementVerdict.HOLDS: ClaimVerdict.HOLDS,
        StatementVerdict.FAILS: ClaimVerdict.IN_PART if raised else ClaimVerdict.DOES_NOT_HOLD,
        StatementVerdict.UNDECIDED: ClaimVerdict.IN_PART
        if raised
        else ClaimVerdict.CANNOT_BE_TESTED,
    }
    verdict = verdicts[statement.verdict]
    hangs = raised and confirmed is not None and confirmed.statement.low <= 1
    if verdict is ClaimVerdict.IN_PART:
        found = (
            "Per day these months together lie above the others"
            f" ({statement.ratio:.2f} times, {statement.low:.2f} to {statement.high:.2f})"
        )
        if result.presence.verdict is not Presence.PRESENT:
            found += ", although tests for any season at all do not agree that there is one"
        reason = f"{found}. That it is so likely is not shown. {reason}"
        if hangs and confirmed is not None:
            other = confirmed.statement
            verdict = ClaimVerdict.CANNOT_BE_TESTED
            reason += (
                " All this takes recording changes for granted that are not confirmed: with the "
                f"confirmed ones alone the months lie {other.ratio:.2f} times the others "
                f"({other.low:.2f} to {other.high:.2f}), which fits no difference, and a single "
                f"such month has a chance of {round(100 * other.probability)}%."
            )
    return Outcome(
        verdict,
        reason,
        {
            "rate in these months over the others": statement.ratio,
            "low": statement.low,
            "high": statement.high,
            "probability": statement.probability,
            "probability, low": statement.probability_low,
            "probability, high": statement.probability_high,
        },
    )


def economic_link(result: AssociationResult) -> Outcome:
    """Whether prices and the series move together as the statement has it.

    An association is not a cause: even one that is found makes the statement hold in part only.
    """
    best = result.hypotheses.sort_values("p_adjusted").iloc[0]
    text = (
        f"Over {result.n} months, {result.period.label}: the strongest of {len(result.hypotheses)} "
        f"hypotheses fixed beforehand gives {best['effect_pct']:+.1f}% for a price rise of one "
        f"standard deviation ({best['low_pct']:+.1f}% to {best['high_pct']:+.1f}%), corrected "
        f"p-value {best['p_adjusted']:.2f}. A true effect below about "
        f"{result.detectable_pct:.0f}% would probably have been missed (one of that size is found "
        "four times in five)."
    )
    numbers = {
        "effect, per cent": float(best["effect_pct"]),
        "low": float(best["low_pct"]),
        "high": float(best["high_pct"]),
        "corrected p-value": float(best["p_adjusted"]),
        "smallest detectable effect, per cent": result.detectable_pct,
    }
    verdicts = {
        Answer.FOUND: (ClaimVerdict.IN_PART, "They move together; that one causes the other "
                       "cannot be shown from one national series of prices."),
        Answer.OPPOSITE: (ClaimVerdict.DOES_NOT_HOLD, "They move against each other."),
        Answer.CONTRADICTED: (
            ClaimVerdict.CANNOT_BE_TESTED,
            "Something that prices cannot have caused shows the same pattern.",
        ),
        Answer.NOT_DETECTABLE: (ClaimVerdict.CANNOT_BE_TESTED, "No link is detectable."),
    }  # fmt: skip
    verdict, reason = verdicts[result.answer]
    return Outcome(verdict, f"{reason} {text}", numbers)


def beyond_season(ratio: RatioOfRatios | None) -> Outcome:
    """Whether this year's step between two quarters is larger than last year's.

    A season that is the same each year cancels in the ratio of the two ratios.
    """
    if ratio is None or ratio.ratio is None:
        return Outcome(
            ClaimVerdict.CANNOT_BE_TESTED,
            "The table does not hold the four quarters that the comparison needs.",
        )
    text = (
        "From the first to the second quarter this year's ratio is "
        f"{ratio.ratio:.2f} times last year's ({ratio.low:.2f} to {ratio.high:.2f}); a season "
        "that is the same each year would give 1."
    )
    numbers = {
        "ratio of ratios": ratio.ratio,
        "low": ratio.low,
        "high": ratio.high,
        "dispersion": ratio.dispersion,
    }
    if ratio.low > 1:
        return Outcome(ClaimVerdict.HOLDS, text, numbers)
    if ratio.high < 1:
        return Outcome(ClaimVerdict.DOES_NOT_HOLD, text, numbers)
    return Outcome(
        ClaimVerdict.CANNOT_BE_TESTED,
        text + " The interval holds 1: with the swings of this measure's own history, the "
        "figures cannot tell.",
        numbers,
    )
