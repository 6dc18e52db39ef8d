"""The tests that decide the claims of a report: one function each, by the name in the register."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

import pandas as pd

from bcsp_analysis.measures import recording
from bcsp_analysis.measures.claim_evidence import ClaimVerdict, Evidence, Outcome
from bcsp_analysis.measures.findings import count_text
from bcsp_analysis.periods import Month, Quarter
from bcsp_analysis.sources.report import ARROWS

STATED_COMPARISONS = ("quarter_on_year", "quarter_on_quarter", "year_to_date")


def _count_of_falls(
    evidence: Evidence, stated: list[int], of: int, comparisons: Sequence[str] = STATED_COMPARISONS
) -> Outcome:
    """How many measures fall: by the printed arrows, and in each comparison."""
    arrows = evidence.table.text["travel"].map(lambda a: ARROWS.get(str(a).strip()))
    differences = evidence.quarterly.changes["difference"].unstack("comparison")  # noqa: PD010
    printed = evidence.table.figures
    falls = {
        "by the printed arrows": int((arrows == -1).sum()),
        "by the printed years to date": int(
            (printed["ytd_this_year"] < printed["ytd_last_year"]).sum()
        ),
    }
    for comparison in comparisons:
        title = evidence.quarterly.comparisons[comparison].title
        falls[title] = int((differences[comparison] < 0).sum())
    measured = int(differences[comparisons[0]].notna().sum())
    agreeing = [count in stated for count in falls.values()]
    if len(set(falls.values())) == 1 and all(agreeing) and measured == of:
        verdict = ClaimVerdict.HOLDS
    elif any(agreeing):
        verdict = ClaimVerdict.IN_PART
    else:
        verdict = ClaimVerdict.DOES_NOT_HOLD
    counted = "; ".join(f"{count} {name}" for name, count in falls.items())
    reason = f"Of {measured} measures with figures, the number that fall is: {counted}."
    return Outcome(verdict, reason, {**falls, "measures with figures": measured})


def _direction(
    evidence: Evidence, measures: list[str], comparisons: list[str], direction: str
) -> Outcome:
    """Whether each measure moves as stated in each comparison."""
    sign = {"down": -1, "up": 1}[direction]
    agree, numbers, against = 0, {}, []
    for measure_id in measures:
        for comparison in comparisons:
            change = evidence.quarterly.change(measure_id, comparison)
            if pd.isna(change["difference"]):
                return _cannot(f"No figures for {evidence.catalogue[measure_id].title}.")
            numbers[f"{measure_id}, {comparison}, per cent"] = float(change["pct_change"])
            if change["difference"] * sign > 0:
                agree += 1
            else:
                title = evidence.quarterly.comparisons[comparison].title
                against.append(
                    f"{evidence.catalogue[measure_id].title}, {title}: "
                    f"{count_text(change['before'])} to {count_text(change['after'])}"
                )
    total = len(measures) * len(comparisons)
    word = {-1: "fall", 1: "rise"}[sign]
    broken = _recorded_differently(evidence, measures, comparisons)
    if not against and broken:
        titles = ", ".join(evidence.catalogue[measure_id].title for measure_id in broken)
        return Outcome(
            ClaimVerdict.IN_PART,
            f"By the counts all {total} comparisons show a {word}. But recording changed in "
            f"between, so the counts do not show whether there is one: {titles}.",
            numbers,
        )
    if not against:
        return Outcome(
            ClaimVerdict.HOLDS,
            f"By the counts all {total} comparisons show a {word}; whether each is more than "
            "chance is the question of the performance page.",
            numbers,
        )
    reason = f"{agree} of {total} comparisons show a {word}. Not so: {'; '.join(against)}."
    verdict = ClaimVerdict.IN_PART if agree else ClaimVerdict.DOES_NOT_HOLD
    return Outcome(verdict, reason, numbers)


def _recorded_differently(
    evidence: Evidence, measures: list[str], comparisons: list[str]
) -> list[str]:
    """Measures that a confirmed recording change affects between two compared periods."""
    found = []
    for measure_id in measures:
        spans = [evidence.quarterly.comparisons[name] for name in comparisons]
        if any(
            recording.between(
                evidence.recording, measure_id, c.before_span.first, c.after_span.last
            )
            for c in spans
        ):
            found.append(measure_id)
    return found


def _figure(
    evidence: Evidence, measure: str, comparison: str, quantity: str, stated: float, places: int = 0
) -> Outcome:
    """Whether a stated change is that of the comparison that the sentence names.

    `quantity` is ``"difference"`` or ``"pct_change"``, `places` the decimals of `stated`.
    """
    return _stated_change(evidence, stated, measure, comparison, quantity, places)


def _stated_change(
    evidence: Evidence, stated: float, measure: str, comparison: str, column: str, decimals: int
) -> Outcome:
    values = {
        name: float(evidence.quarterly.change(measure, name)[column])
        for name in evidence.quarterly.comparisons
        if not pd.isna(evidence.quarterly.change(measure, name)[column])
    }
    if comparison not in values:
        return _cannot(f"No figures for {evidence.catalogue[measure].title}.")
    shown = {name: _rounded(value, decimals) for name, value in values.items()}
    unit = "%" if column == "pct_change" else ""
    title = evidence.quarterly.comparisons[comparison].title
    found = f"{title}: {_signed(shown[comparison], unit)}"
    target = Decimal(str(stated))
    numbers = {f"{name}, {column}": value for name, value in values.items()}
    if shown[comparison] == target:
        return Outcome(ClaimVerdict.HOLDS, f"{found}.", numbers)
    others = [name for name, value in shown.items() if value == target]
    reason = f"{found}, not {_signed(target, unit)}."
    if others:
        other = evidence.quarterly.comparisons[others[0]].title
        reason += f" The stated figure belongs to another comparison, {other}."
    return Outcome(ClaimVerdict.DOES_NOT_HOLD, reason, numbers)


def _share(
    evidence: Evidence,
    part: float,
    share_pct: float,
    measure: str,
    column: str,
    places: int = 0,
    assumes: str = "",
) -> Outcome:
    """Whether a stated part and a stated share belong to the table's total.

    `assumes` says what the statement does not: a misfit then refutes nothing.
    """
    total = evidence.table.figure(measure, column)
    if total is None:
        return _cannot(f"No figures for {evidence.catalogue[measure].title}.")
    share = 100 * part / total
    numbers = {"share, per cent": share, "total": total}
    text = f"{count_text(part)} of {count_text(total)} is {_rounded(share, 1)}%"
    if _rounded(share, places) == Decimal(str(share_pct)):
        return Outcome(ClaimVerdict.HOLDS, f"{text}.", numbers)
    half = 0.5 * 10**-places
    low, high = 100 * part / (share_pct + half), 100 * part / (share_pct - half)
    condition = f", if {assumes}" if assumes else ""
    return Outcome(
        ClaimVerdict.CANNOT_BE_TESTED if assumes else ClaimVerdict.DOES_NOT_HOLD,
        f"{text}, not {share_pct:g}%{condition}. The two stated figures together ask for a total "
        f"between {count_text(math.ceil(low))} and {count_text(math.floor(high))}; the table "
        f"prints {count_text(total)} in the column “{evidence.table.headings[column]}”.",
        numbers,
    )


def _first_rise_since(
    evidence: Evidence, series: str, measure: str, quarter: str, since: str
) -> Outcome:
    """Whether a quarter is the first since a month to lie above the same quarter a year before."""
    monthly = evidence.monthly.get(series)
    if monthly is None:
        return _cannot(f"No monthly figures of {series} are at hand.")
    stated = Quarter.parse(quarter)
    sums = _quarter_sums(monthly)
    if stated not in sums or stated.year_before not in sums:
        return _cannot(f"The monthly figures do not hold {stated.label} and the year before it.")
    first = Month.parse(since).quarter + 1
    earlier = [first + i for i in range(_quarters_between(first, stated))]
    compared = [q for q in earlier if q in sums and q.year_before in sums]
    risen = [q for q in compared if sums[q] > sums[q.year_before]]
    unknown = [q for q in earlier if q not in compared]
    numbers = {f"{q.label} on the year before": sums[q] / sums[q.year_before] for q in compared}
    numbers[f"{stated.label} on the year before"] = sums[stated] / sums[stated.year_before]
    change = _rounded(100 * (sums[stated] / sums[stated.year_before] - 1), 0)
    text = f"{stated.label} against the year before: {change:+}% by the monthly figures"
    implied = evidence.quarterly.comparisons.get("implied_first_quarters")
    if implied is not None and implied.after_span == stated.span:
        by_table = evidence.quarterly.change(measure, implied.id)["pct_change"]
        text += f", {_rounded(float(by_table), 0):+}% by the table"
    if sums[stated] <= sums[stated.year_before]:
        return Outcome(ClaimVerdict.DOES_NOT_HOLD, f"{text}.", numbers)
    if risen:
        names = ", ".join(q.label for q in risen)
        return Outcome(
            ClaimVerdict.DOES_NOT_HOLD,
            f"{text}. Above the year before already: {names}.",
            numbers,
        )
    reason = f"{text}. None of the {len(compared)} earlier quarters that can be compared rose"
    if unknown:
        names = ", ".join(q.label for q in unknown)
        return Outcome(ClaimVerdict.IN_PART, f"{reason}; {names} cannot be compared.", numbers)
    return Outcome(ClaimVerdict.HOLDS, f"{reason}.", numbers)


def _quarter_sums(monthly: pd.Series) -> dict[Quarter, float]:
    months = _by_month(monthly)
    quarters = {month.quarter for month in months}
    return {
        q: sum(months[m] for m in q.months) for q in quarters if all(m in months for m in q.months)
    }


def _by_month(monthly: pd.Series) -> dict[Month, float]:
    stamps = pd.DatetimeIndex(monthly.index)
    values = monthly.astype(float).tolist()
    return {Month(s.year, s.month): value for s, value in zip(stamps, values, strict=True)}


def _quarters_between(first: Quarter, last: Quarter) -> int:
    return max((last.year - first.year) * 4 + last.number - first.number, 0)


def _order_of_increases(evidence: Evidence, series: str, months: list[str]) -> Outcome:
    """Whether the rises on a year earlier have the stated order of size."""
    monthly = evidence.monthly.get(series)
    if monthly is None:
        return _cannot(f"No monthly figures of {series} are at hand.")
    counts = _by_month(monthly)
    wanted = [Month.parse(month) for month in months]
    missing = [m for month in wanted for m in (month, month + -12) if m not in counts]
    if missing:
        names = ", ".join(month.label for month in missing)
        return _cannot(f"The monthly figures at hand do not hold {names}.")
    rises = {month.label: counts[month] - counts[month + -12] for month in wanted}
    sizes = list(rises.values())
    holds = all(a > b for a, b in pairwise(sizes))
    text = ", ".join(f"{name} {rise:+,.0f}" for name, rise in rises.items())
    return Outcome(
        ClaimVerdict.HOLDS if holds else ClaimVerdict.DOES_NOT_HOLD,
        f"On the same month a year earlier: {text}.",
        dict(rises),
    )


def _largest_places(evidence: Evidence, places: list[str]) -> Outcome:
    """Whether the named places are the highest: the report prints counts of these places only."""
    return _cannot(
        f"The report prints counts of {len(places)} neighbourhoods only; whether others are "
        "higher, or higher for their residents, cannot be seen from them."
    )


def _needs_source(evidence: Evidence, sources: list[str]) -> Outcome:
    """A statement about data of which the suite holds none."""
    return _cannot(f"No figures at hand: {', '.join(s.replace('-', ' ') for s in sources)}.")


def _of_model(test: str) -> Callable[..., Outcome]:
    def decide(evidence: Evidence, series: str, **_: Any) -> Outcome:
        """Decided by a model's result, which the caller hands in."""
        outcome = evidence.models.get(f"{test}:{series}")
        return outcome or _cannot("The model for this claim was not run.")

    return decide


def _cannot(reason: str) -> Outcome:
    return Outcome(ClaimVerdict.CANNOT_BE_TESTED, reason)


def _rounded(value: float | Decimal, places: int) -> Decimal:
    exponent = Decimal(1).scaleb(-places)
    return Decimal(str(float(value))).quantize(exponent, rounding=ROUND_HALF_UP)


def _signed(value: Decimal, unit: str) -> str:
    return f"{value:+,}{unit}"


TESTS: dict[str, Callable[..., Outcome]] = {
    "count_of_falls": _count_of_falls,
    "direction": _direction,
    "figure": _figure,
    "share": _share,
    "first_rise_since": _first_rise_since,
    "order_of_increases": _order_of_increases,
    "largest_places": _largest_places,
    "season": _of_model("season"),
    "beyond_season": _of_model("beyond_season"),
    "economic_link": _of_model("economic_link"),
    "needs_source": _needs_source,
}
