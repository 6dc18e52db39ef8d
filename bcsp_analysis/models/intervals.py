"""Two counts: their ratio of rates, its intervals and its p-values.

`days_ratio` is days after over days before throughout; `phi` the overdispersion, `df` its degrees
of freedom (infinite where it was given). Distributions are taken from scipy.special: these
functions are called many thousand times, and scipy.stats checks its arguments at each call.
"""

from __future__ import annotations

import math

from scipy import special

from bcsp_analysis.errors import ModelError
from bcsp_analysis.models.dispersion import Dispersion

CITATION = (
    "McCullagh and Nelder (1989), Generalized Linear Models, 2nd ed., section 6.2 (overdispersed"
    " counts); Gu, Ng, Tang and Schucany (2008), Biometrical Journal 50, 283-298 (ratio of rates)"
)
NO_DISPERSION = "none: incidents taken as independent of each other"


def check_counts(counts: tuple[float, ...], days: tuple[float, ...], level: float) -> None:
    """Refuse counts, days or a level that no comparison can use (ModelError)."""
    problems = [
        (not all(math.isfinite(c) and c >= 0 for c in counts), counts, "counts of zero or more"),
        (not all(math.isfinite(d) and d > 0 for d in days), days, "a number of days above zero"),
        (not 0 < level < 1, level, "a confidence level between 0 and 1"),
    ]
    for wrong, found, expected in problems:
        if wrong:
            raise ModelError("counts cannot be compared", found=str(found), expected=expected)


def dispersion_of(dispersion: float | Dispersion, source: str) -> tuple[float, float, str]:
    """Value, degrees of freedom and source sentence; ModelError below 1."""
    if isinstance(dispersion, Dispersion):
        return dispersion.value, dispersion.df, source or dispersion.source
    if not (math.isfinite(dispersion) and dispersion >= 1):
        raise ModelError(
            "a dispersion below 1 would claim less variation than chance",
            found=str(dispersion),
            expected="1 or more",
        )
    plain = NO_DISPERSION if dispersion == 1 else "given as a number"
    return float(dispersion), math.inf, source or plain


def ratio(before: float, after: float, days_ratio: float) -> float | None:
    """Rate per day after over before: infinite from zero, None where both are zero."""
    if before == 0:
        return math.inf if after else None
    return after / before / days_ratio


def quantile(probability: float, df: float) -> float:
    """Quantile of Student's t, of the normal distribution where `df` is infinite."""
    return float(special.ndtri(probability) if math.isinf(df) else special.stdtrit(df, probability))


def two_sided(z: float, df: float) -> float:
    """Two-sided p-value of a statistic with that distribution."""
    return float(2 * (special.ndtr(-abs(z)) if math.isinf(df) else special.stdtr(df, -abs(z))))


def exact(before: float, after: float, days_ratio: float, level: float) -> tuple[float, float]:
    """Clopper-Pearson limits of after / (before + after), turned into a ratio of rates.

    The beta form of the limits also takes counts that are not whole, which the widening needs.
    """
    tail = (1 - level) / 2
    low = special.betaincinv(after, before + 1, tail) if after > 0 else 0.0
    # What is left of the upper limit to 1: near 1 the limit itself has too few digits.
    left = special.betaincinv(before, after + 1, tail) if before > 0 else 0.0
    return (
        float(low / (1 - low) / days_ratio),
        math.inf if left <= 0 else float((1 - left) / left / days_ratio),
    )


def exact_p(before: float, after: float, days_ratio: float) -> float:
    """Twice the smaller tail of the conditional binomial, which agrees with `exact`."""
    share = days_ratio / (1 + days_ratio)
    at_least = special.betainc(after, before + 1, share) if after > 0 else 1.0
    at_most = special.betaincc(after + 1, before, share) if before > 0 else 1.0
    return float(min(1.0, 2 * min(at_least, at_most)))


def score(before: float, after: float, days_ratio: float, level: float) -> tuple[float, float]:
    """Wilson's limits of after / (before + after), which are those of the two-sample score test."""
    from statsmodels.stats.proportion import proportion_confint

    if before + after == 0:
        return 0.0, math.inf
    low, high = proportion_confint(after, before + after, alpha=1 - level, method="wilson")
    low, high = (0.0 if after == 0 else float(low)), (1.0 if before == 0 else float(high))
    return low / (1 - low) / days_ratio, math.inf if high >= 1 else high / (1 - high) / days_ratio


def widened(
    before: float, after: float, days_ratio: float, phi: float, df: float, level: float
) -> tuple[float, float, str]:
    """Interval of the ratio widened by the overdispersion, and the name of the method."""
    if before > 0 and after > 0:
        reach = quantile(1 - (1 - level) / 2, df) * math.sqrt(phi * (1 / before + 1 / after))
        ratio = after / before / days_ratio
        method = "ratio of rates per day, quasi-Poisson, log scale"
        return ratio * math.exp(-reach), ratio * math.exp(reach), method
    low, high = exact(before / phi, after / phi, days_ratio, level)
    return low, high, "ratio of rates per day, exact conditional on counts over the dispersion"


def p_value(before: float, after: float, days_ratio: float, phi: float, df: float) -> float:
    """Two-sided p-value that agrees with `widened`."""
    if before > 0 and after > 0:
        se = math.sqrt(phi * (1 / before + 1 / after))
        return two_sided(math.log(after / before / days_ratio) / se, df)
    return exact_p(before / phi, after / phi, days_ratio)


def at_least_one(dispersion: float) -> float | None:
    """A dispersion that can occur, else None."""
    return dispersion if dispersion >= 1 else None
