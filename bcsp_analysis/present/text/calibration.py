"""Sentences on how often the suite was right where the truth was known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from bcsp_analysis.periods import day_label
from bcsp_analysis.present.text.numbers import listing, number, percent, plural, rounded
from bcsp_analysis.sources.calibration import AimOutcome, CalibrationRun, Check

PUBLISHED = "published"
UNTESTED = (
    "Not put to the bench, so that nothing here speaks for them: the limits of funnels, and"
    " everything on places."
)
_LEVELS = "levels of variation and of carry-over from month to month"


def chosen(
    checks: Iterable[Check],
    check: str,
    *,
    method: str = PUBLISHED,
    subject: str | None = None,
    pooled: bool = False,
    **truth: float,
) -> list[Check]:
    """The rows of one question.

    Parameters
    ----------
    subject : str, optional
        How the subject begins; all where none is given.
    pooled : bool
        The row over all levels of variation instead of those of single levels.
    **truth : float
        `years`, `size_pct` and the like.
    """
    found = [c for c in checks if c.check == check and c.method == method]
    if subject is not None:
        found = [c for c in found if c.subject.startswith(subject)]
    return [
        c
        for c in found
        if c.pooled == pooled and all(getattr(c, name) == value for name, value in truth.items())
    ]


def share(value: float) -> str:
    """``"4.2%"``, and ``"0%"`` or ``"100%"`` without decimals where it is exactly that."""
    return percent(100 * value, 0 if value in (0.0, 1.0) else 1)


def span(checks: Sequence[Check]) -> str:
    """``"93.1% to 97.4%"``, or one share where there is one."""
    low, high = min(c.share for c in checks), max(c.share for c in checks)
    return share(low) if share(low) == share(high) else f"{share(low)} to {share(high)}"


def runs(checks: Sequence[Check]) -> str:
    """``"63"``, ``"63 to 105"``: truths of each level."""
    few, many = min(c.runs for c in checks), max(c.runs for c in checks)
    return number(few) if few == many else f"{number(few)} to {number(many)}"


def aim(check: Check) -> str:
    """``"93% to 97%"``, ``"at most 5%"``."""
    low, high = check.aim_low, check.aim_high
    if low is None and high is None:
        return "none"
    if low is None or high is None:
        return f"at least {_whole(low)}" if low is not None else f"at most {_whole(high or 0.0)}"
    return f"{_whole(low)} to {_whole(high)}"


def _whole(value: float) -> str:
    places = 0 if rounded(100 * value) == rounded(100 * value, 1) else 1
    return percent(100 * value, places)


def standing(checks: Sequence[Check]) -> str:
    """What became of the aim: ``"met"``, ``"met at 14, missed at 4 of 18 levels"``."""
    counts = {o: sum(c.outcome is o for c in checks) for o in AimOutcome}
    met, near = counts[AimOutcome.MET], counts[AimOutcome.WITHIN_ERROR]
    missed = counts[AimOutcome.MISSED]
    if met == len(checks):
        return "met"
    told = ((met, "met at {}"), (near, "within error at {}"), (missed, "**missed at {}**"))
    parts = [words.format(number(count)) for count, words in told if count]
    return f"{', '.join(parts)} of {_levels(len(checks))}"


def _levels(count: int) -> str:
    return f"{number(count)} level{'' if count == 1 else 's'}"


def made(checks: Sequence[Check], run: CalibrationRun) -> str:
    """When, with what, and how many."""
    versions = listing(f"{name} {version}" for name, version in run.versions.items())
    day = _day(run.made_on)
    if run.later:
        added = listing(f"{name} ({_day(on)})" for name, on in run.later.items())
        day += f" (experiments run on another day: {added})"
    aimed = [c for c in checks if c.outcome is not AimOutcome.NO_AIM and not c.pooled]
    missed = sum(c.outcome is AimOutcome.MISSED for c in aimed)
    near = sum(c.outcome is AimOutcome.WITHIN_ERROR for c in aimed)
    told = (
        f"Of {number(len(aimed))} shares with an aim, {number(len(aimed) - missed - near)} lie"
        f" within it, {number(near)} outside by less than two Monte Carlo errors, and"
        f" {number(missed)} miss it."
    )
    return (
        f"Simulated on {day}, seed {run.seed}, with {versions}. {told} The table beneath gives the"
        " lowest and the highest share over all truths that were tried; no check with an aim is"
        f" left out. It was a run of {number(run.scale, 1)} times the full length."
    )


def _day(day: date) -> str:
    return day_label(day)


def truths(checks: Sequence[Check]) -> str:
    """What was made up."""
    levels = [c for c in checks if c.check == "change-interval"]
    phis = sorted({c.phi for c in levels if c.phi is not None})
    ties = sorted({c.autocorrelation for c in levels if c.autocorrelation is not None})
    runs = sum(c.runs for c in chosen(checks, "change-family", subject="quarter"))
    varied = f"{number(phis[0])} to {number(phis[-1])} times"
    tied = f"{percent(100 * ties[0])} to {percent(100 * ties[-1])}"
    return (
        f"For the verdicts alone {number(runs)} partnerships were made up and judged like a report."
        " Their measures have the levels of the printed table; a month's count varies"
        f" {varied} as much as chance alone, and {tied} of"
        " one month's error carries over to the next; histories, recording changes and faulty"
        " months are those of the registers, their sizes drawn anew each time. The aims were fixed"
        " beforehand; the caution of the dated shocks was not: it was chosen on this bench."
    )


def changes(checks: Sequence[Check]) -> str:
    """Intervals and verdicts of change."""
    own = chosen(checks, "change-interval", subject="own history")
    plain = chosen(checks, "change-interval", method="Poisson", subject="own history")
    family = chosen(checks, "change-family", pooled=True)
    naive = chosen(checks, "change-family", method="Poisson, uncorrected", pooled=True)
    first = (
        f"Ranges of change of measures with a history of their own held the truth in {span(own)} of"
        f" the cases over all {_LEVELS}; ranges that take incidents as independent of each other"
        f" held it in {span(plain)}."
    )
    second = (
        f"In {number(family[0].runs)} simulated partnerships in which nothing changed,"
        f" {span(family)} had one false “clear” verdict or more ({aim(family[0])} is the aim)."
        " Without allowance for variation and for the number of measures it would have been"
        f" {span(naive)}."
    )
    unlike = chosen(checks, "change-interval", subject="own, unlike histories")
    alarms = [c for c in chosen(checks, "change-family") if c.subject.endswith("unlike histories")]
    third = (
        "The histories are taken as related to each other in how long swings last. Where they are"
        f" not, ranges held the truth in {span(unlike)} of the cases, and a false “clear” verdict"
        f" stood in {span(alarms)} of the partnerships."
    )
    return f"{first}\n\n{second}\n\n{third}"


def borrowing(checks: Sequence[Check]) -> str:
    """Measures without a history."""
    alike = chosen(checks, "change-interval", subject="borrowed, quarter")
    alike += chosen(checks, "change-interval", subject="borrowed, year to date")
    other = chosen(checks, "change-interval", subject="borrowed, small measures")
    return (
        "A measure without a history of its own borrows the largest relative swing of the histories"
        f" at hand. Where it swings by the same share as one of them, its range held the truth in"
        f" {span(alike)} of the cases. Where small measures vary by as much, over their mean, as"
        f" large ones, which the borrowing does not expect, it was {span(other)}."
    )


def change_power(checks: Sequence[Check]) -> str:
    """What true changes are seen."""
    rows = chosen(checks, "change-power", subject="quarter")
    kinds = dict.fromkeys(c.subject.removeprefix("quarter, ") for c in rows)
    told = []
    for size in sorted({c.size_pct for c in rows if c.size_pct is not None}):
        shares = [share(c.share) for c in rows if c.size_pct == size]
        told.append(f"{number(size)}% in {listing(shares)}")
    return (
        "The price of so few false alarms is that true changes are missed. With a variation of"
        f" {number(rows[0].phi or 0)} times the mean, a true change of a quarter was called clear,"
        f" for measures with {listing(kinds)} incidents a quarter: a change of {listing(told)} of"
        " the cases."
    )


def seasons(checks: Sequence[Check]) -> str:
    """Presence, power and indices of the season."""
    false = chosen(checks, "season-false", pooled=True)
    series = sum(c.runs for c in false)
    by_years = [f"{share(c.share)} with {plural(int(c.years or 0), 'year')}" for c in false]
    power = [
        f"{listing(share(c.share) for c in chosen(checks, 'season-power', size_pct=size))}"
        f" where the peak is {number(size)}% above the average"
        for size in (10.0, 20.0)
    ]
    years = listing(spelled_years(chosen(checks, "season-power", size_pct=10.0)))
    one = chosen(checks, "season-index", subject="one month")
    every = chosen(checks, "season-index", subject="all twelve")
    return (
        f"In {number(series)} series without any season, a season was said to be present in"
        f" {listing(by_years)}. A true season was seen, with {years} years: in {listing(power)}."
        f" The range of a single month's index held the truth in {span(one)} of the cases; all"
        f" twelve ranges at once did in {span(every)} of the series."
    )


def spelled_years(checks: Sequence[Check]) -> list[str]:
    """Lengths of the histories, in figures."""
    return [number(c.years or 0) for c in checks]


def prices(checks: Sequence[Check]) -> str:
    """Associations with prices where there are none, and where there are."""
    false = chosen(checks, "living-false")
    one = chosen(checks, "living-false", method="one regression")
    any_of = chosen(checks, "living-false", method="any of six regressions")
    robust = chosen(checks, "living-false", method="any of six regressions, HAC errors")
    power = chosen(checks, "living-power")
    inside = chosen(checks, "living-interval")
    kinds = dict.fromkeys(c.subject for c in power)
    told = [
        f"with {kind}, "
        + listing(
            f"{share(c.share)} for an effect of {number(c.size_pct or 0)}%"
            for c in power
            if c.subject == kind
        )
        for kind in kinds
    ]
    return (
        f"In {number(sum(c.runs for c in false))} sets of series that had nothing to do with the"
        f" prices, the answer was other than “not detectable” for any hypothesis in {span(false)}"
        f" ({aim(false[0])} is the aim). One plain regression of the counts on a price finds"
        f" something in {span(one)} of the cases, one of six of them in {span(any_of)}, and with"
        f" errors that are said to allow for the order of time still in {span(robust)}.\n\n"
        f"A true effect was found, {'; '.join(told)} (for one standard deviation of the price)."
        f" The range of the effect held the truth in {span(inside)} of the cases."
    )


def dated(checks: Sequence[Check]) -> str:
    """Dated shocks where there are none, and where there are."""
    false = chosen(checks, "shock-false")
    plain = chosen(checks, "shock-false", method="any of the textbook regressions")
    power = chosen(checks, "shock-power")
    told = listing(f"{share(c.share)} for a step of {number(c.size_pct or 0)}%" for c in power)
    return (
        f"A change at one of the dated shocks was reported in {span(false)} of"
        f" {number(sum(c.runs for c in false))} sets of series in which none came; the textbook"
        f" regression reports one in {span(plain)}. A true step was found in {told}. How cautious"
        " the test is was chosen on this same bench, and the ranges were widened by as much: these"
        " shares show that the choice does here what it was made for, not that it would elsewhere."
    )


def outlook(checks: Sequence[Check]) -> str:
    """Ranges of coming quarters, and winners."""
    wide = chosen(checks, "outlook-range95")
    narrow = chosen(checks, "outlook-range80")
    false = chosen(checks, "outlook-false")
    untested = chosen(checks, "outlook-false", method="smallest error, untested")
    winners = chosen(checks, "outlook-winner")
    named = listing(
        f"{share(c.share)} ({c.subject}, {plural(int(c.years or 0), 'year')})" for c in winners
    )
    return (
        f"Published ranges of the next two quarters held what came in {span(narrow)} (80% ranges)"
        f" and {span(wide)} (95% ranges) of the cases. Where nothing can beat last year's same"
        f" months, a winner was named in {span(false)} of {number(sum(c.runs for c in false))}"
        " series; the method with the smallest error so far would have been another one in"
        f" {span(untested)}. Elsewhere a winner was named in {named}."
    )


def charts(checks: Sequence[Check]) -> str:
    """Signals on charts on which nothing happens."""
    found = chosen(checks, "chart-false", subject="any month")
    said = chosen(checks, "chart-said")
    plain = chosen(checks, "chart-false", method="c chart", subject="any month")
    calm = [c for c in found if c.autocorrelation == 0]
    tied = [c for c in found if c.autocorrelation == max(f.autocorrelation or 0 for f in found)]
    return (
        "A control chart of three years on which nothing happens marks one month or more in"
        f" {span(calm)} of the cases where months are independent, and in {span(tied)} where errors"
        f" carry over most. The chart's own statement of this chance was {_beside(said, 0)} where"
        f" months are independent, and {_beside(said, tied[0].autocorrelation)} where errors carry"
        " over most: too high in calm series and too low in those that wander, because a few years"
        " say little of how alike months are. A plain c chart marks a month in"
        f" {span(plain)}."
    )


def ranges(checks: Sequence[Check]) -> str:
    """All other ranges that pages print, those that hold the truth too rarely first."""
    groups: dict[str, list[Check]] = {}
    for check in chosen(checks, "range-interval"):
        groups.setdefault(check.subject, []).append(check)
    below = {
        name: [c for c in rows if c.share < (c.aim_low or 0.0)] for name, rows in groups.items()
    }
    missed = [n for n, rows in below.items() if any(c.outcome is AimOutcome.MISSED for c in rows)]
    near = [name for name, rows in below.items() if rows and name not in missed]
    kept = [name for name in groups if name not in missed and name not in near]
    first = (
        f"Too narrow at some level of variation and carry-over: {_spans(groups, missed)}. Read"
        " these ranges as somewhat wider than they are printed."
        if missed
        else "No other range was clearly too narrow at any level that was tried."
    )
    second = (
        " Below the aim at some level, though by less than two Monte Carlo errors, so that chance"
        f" in the simulations may have done it: {_spans(groups, near)}."
        if near
        else ""
    )
    third = f" At no level below the aim: {_spans(groups, kept)}." if kept else ""
    return first + second + third


def _spans(groups: Mapping[str, Sequence[Check]], names: Iterable[str]) -> str:
    """``"month's index (93.3% to 94.7%); size of a step (92.4% to 100%)"``."""
    return "; ".join(f"{name} ({span(groups[name])})" for name in names)


def _beside(said: Sequence[Check], carried: float | None) -> str:
    return span([c for c in said if c.autocorrelation == carried])
