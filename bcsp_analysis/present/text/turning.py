"""What it would take for a verdict to be another: a swing at which it turns, a larger change."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable

from bcsp_analysis import ledger
from bcsp_analysis.markup import escape
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.models.change import ChangeResult, Verdict
from bcsp_analysis.models.needed import NeededChange, needed_change
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.models.ratios import RatioOfRatios
from bcsp_analysis.present.text.grades import CLEAR, short_title
from bcsp_analysis.present.text.numbers import number, p_value, percent, signed_percent, spelled

_THIRD_PCT = 100 / 3
_MULTIPLES = {2: "double", 3: "triple", 4: "quadruple"}


def flip(result: ChangeResult) -> str:
    """At which variation of the counts by themselves the verdict would be another one.

    An estimate of the variation is held against Student's t, and so is the first turning point;
    the second is the one of a variation that is known. A verdict that recording changed rests on
    the register, not on a swing: there the sentence says what would be otherwise.
    """
    if math.isinf(result.dispersion_df):
        return f"{_basis(result, 'a swing')}; {_turning_if_known(result)}"
    return f"{_basis(result, 'an estimated swing')}; {_turning_as_estimated(result)}"


def _basis(result: ChangeResult, swing: str) -> str:
    """What the verdict, or what it would be, rests on."""
    size = f"{swing} {number(result.dispersion, 1)} times that of pure chance"
    if result.verdict is not Verdict.RECORDING_CHANGED:
        estimated = not math.isinf(result.dispersion_df)
        makes = ", which makes the difference clear" if estimated and _clear(result) else ""
        return f"The verdict rests on {size}{makes}"
    would = "make" if _clear(result) else "not make"
    return (
        "The verdict is that recording changed, whatever the swing. Had recording not changed, "
        f"{size} would {would} the difference clear"
    )


def _clear(result: ChangeResult) -> bool:
    return result.verdict_if_recorded_alike in CLEAR


def _turning_if_known(result: ChangeResult) -> str:
    if result.flip_dispersion is None:
        return "no other swing would change it."
    limit = number(result.flip_dispersion, 1)
    if _clear(result):
        return f"above {limit} times it would not be clear."
    return f"only if the true swing were below {limit} times would the difference count as clear."


def _turning_as_estimated(result: ChangeResult) -> str:
    turn, known = result.flip_dispersion, result.flip_if_known
    if known is None:
        return "no other swing would change it."
    history = "with as little history behind it"
    if _clear(result) and turn is not None:
        return (
            f"an estimated one, {history}, above {number(turn, 1)} times would not; were the swing "
            f"known for certain, one above {number(known, 1)} times would not."
        )
    first = f"no estimated swing {history} would make the difference clear"
    if turn is not None:
        first = (
            f"only an estimated swing, {history}, below {number(turn, 1)} times would make it clear"
            if result.verdict is Verdict.RECORDING_CHANGED
            else f"only an estimated swing, {history}, below {number(turn, 1)} times would make "
            "the difference clear"
        )
    certain = f"were the swing known for certain, one below {number(known, 1)} times would."
    short = ""
    if result.dispersion < known:
        short = (
            " So the swing used would make it clear if it were certain; the short history behind "
            "it leaves the question open."
        )
    return f"{first}; {certain}{short}"


def variation_notes(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    comparison: str,
    hidden: Iterable[str] = (),
) -> str:
    """Verdicts that hang on the variation: those that are clear, and those that nearly are."""
    withheld = set(hidden)  # how much a small count varies would tell its size
    named = [
        f"- **{escape(short_title(catalogue[name]))}.** {flip(result)}"
        for name, result in judged.results[comparison].items()
        if name not in withheld
        and (result.flip_dispersion or result.flip_if_known)
        and (result.p_value < result.alpha or _clear(result))
    ]
    return "\n".join(named) or "No verdict is close to turning."


def telling_apart(result: RatioOfRatios) -> str:
    """How little the counts would have to swing for two steps to be told apart; from a space on."""
    used = f"The history behind them gives {number(result.dispersion, 1)} times."
    known = number(result.flip_if_known or 1, 1)
    if math.isinf(result.dispersion_df):
        return (
            f" The figures would tell them apart only if such counts swung less than {known} times "
            f"as much as pure chance. {used}"
        )
    estimated = "no swing would be small enough"
    if result.flip_dispersion is not None:
        estimated = f"it would have to be below {number(result.flip_dispersion, 1)} times"
    return (
        " The figures would tell them apart if such counts were known to swing less than "
        f"{known} times as much as pure chance; estimated from as little history as there is, "
        f"{estimated}. {used}"
    )


def needed(found: NeededChange | None, nothing: str) -> str:
    """``"−67% or +96%"``: from which fall and which rise on the verdict would have been clear.

    `nothing` stands where the question does not apply. A fall that is clear only down to no case
    at all is "to none".
    """
    if found is None:
        return nothing
    fall = ""
    if found.fall_pct is not None:
        fall = "to none" if found.fall_pct <= -100 else signed_percent(found.fall_pct, 0)
    rise = "" if found.rise_pct is None else signed_percent(found.rise_pct, 0)
    return " or ".join(filter(None, (fall, rise))) or "no change would"


def power(judged: QuarterlyAssessment, catalogue: Catalogue, comparison: str) -> str:
    """How large a rise the test could have seen in the measures that it calls not clear.

    Empty where every verdict is another one.
    """
    rises = [
        math.inf if found.rise_pct is None else found.rise_pct
        for name, result in judged.results[comparison].items()
        if result.verdict is Verdict.NO_CLEAR_CHANGE
        and (found := needed_change(judged, catalogue[name], comparison)) is not None
    ]
    if not rises:
        return ""
    seen = sum(rise <= _THIRD_PCT for rise in rises)
    half = statistics.median_high(rises)
    first = (
        f"a rise of a third would have counted as clear for only {spelled(seen)}"
        if seen
        else "even a rise of a third would not have counted as clear for any"
    )
    return (
        "**“No clear change” is a weak statement here.** The monthly histories are short, so only "
        f"large changes can pass: {first} of these {spelled(len(rises))} measures; {_typical(half)}"
        ". The tables of the page Performance say for each measure how large a change would have "
        "counted."
    )


def _typical(rise_pct: float) -> str:
    """From which rise on half of the measures would have been called clear."""
    if math.isinf(rise_pct):
        return "for half of them no rise would have been enough"
    factor = 1 + rise_pct / 100
    word = _MULTIPLES.get(math.floor(factor))
    if word is not None:
        more = "more than " if factor > math.floor(factor) else ""
        return f"half of them would have had to {more}{ledger.number(factor, word)}"
    if factor > min(_MULTIPLES):
        return f"half of them would have had to rise to {number(factor, 1)} times as many or more"
    return f"half of them would have had to rise by {percent(rise_pct)} or more"


def false_finds(judged: QuarterlyAssessment, comparison: str) -> str:
    """What the weaker correction, Benjamini and Hochberg's, would let pass; it decides nothing."""
    results = judged.results[comparison].values()
    values = [result.p_fdr for result in results if result.p_fdr is not None]
    if not values:
        return ""
    alpha = judged.alpha
    passing = sum(value < alpha for value in values)
    holm = sum(r.p_adjusted is not None and r.p_adjusted < alpha for r in results)
    return (
        "Holm’s correction decides. It keeps the chance of even one false *clear* below "
        f"{percent(100 * alpha)}, and {spelled(holm)} of {spelled(len(values))} measures "
        f"{'passes' if holm <= 1 else 'pass'}. The weaker one of Benjamini and Hochberg limits the "
        f"share of false finds among what is found; {spelled(passing)} would pass it (smallest "
        f"value {p_value(min(values))})."
    )
