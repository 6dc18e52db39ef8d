"""Sentences on control charts: what a month, a run of months and a whole chart allow to be said.

A month inside the limits is never called unusual by itself, however many months beside it are
marked; a run of marked months is one finding; a month without limits or with a known fault is not
judged. No mark is called better or worse: those are words for clear changes.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from bcsp_analysis.markup import escape
from bcsp_analysis.models.chart_chance import CARRIED
from bcsp_analysis.models.control_charts import ControlChart, Rule, SeasonFrom, Variation
from bcsp_analysis.models.pooling import PooledSeason
from bcsp_analysis.periods import Month, Quarter, Span
from bcsp_analysis.present.text.numbers import (
    listing,
    number,
    percent,
    plural,
    probability,
    spelled,
)

_PATTERN = (Variation.PATTERN_HIGHER, Variation.PATTERN_LOWER)
_NO_WORTH = " A mark names no cause, and is not called better or worse."


def rule_numbers(rules: str) -> str:
    """Numbers of the rules named in a row of the chart: ``"1, 3"``; empty for none."""
    found = rules.split("; ")
    return ", ".join(number(at) for at, rule in enumerate(Rule, start=1) if rule in found)


def control_chart_title(result: ControlChart) -> str:
    """Title of the chart: what it says of the latest month that can be looked at; plain text."""
    month, said = result.latest_month.label, result.latest
    if said is Variation.NO_LIMITS:
        return f"{result.name}: {month} cannot be judged"
    if said in _PATTERN:
        run = _run_of(result, result.latest_month)
        return (
            f"{result.name}: {month} is within the limits, but the last of "
            f"{plural(int(run['n']), 'month')} marked as {_marked_as(run)}"
        )
    return f"{result.name}: {month} is {said}"


def control_chart(result: ControlChart) -> str:
    """The answer: what may be said of the latest month, Markdown."""
    month = result.latest_month
    if result.latest is not Variation.NO_LIMITS:
        told = f"{_latest(result)}{_judged(result, month)}{_unsteady(result, month)}"
        return f"{told}{_no_worth(result, month)}"
    last = result.latest_with_limits
    before = ""
    if last:
        clause = f"{_clause(result, last)}{_unsteady(result, last)}{_no_worth(result, last)}"
        before = f" The last month with limits, {last.label}, is {clause}"
    return f"{_latest(result)}{_no_limits(result)}{before}"


def _latest(result: ControlChart) -> str:
    month, said = result.latest_month, result.latest
    skipped = [m.label for m in result.excluded if m > month]
    which = f"{month.label}, the latest month not known to be wrong," if skipped else month.label
    if said is Variation.NO_LIMITS:
        return f"**{which} cannot be judged.** "
    if said in _PATTERN:
        run = _run_of(result, month)
        return (
            f"**{which} is not unusual by itself. It is the last of "
            f"{plural(int(run['n']), 'marked month')} in a row.** "
        )
    return f"**{which} is {said}.** "


def _unsteady(result: ControlChart, month: Month) -> str:
    """A warning in the answer itself, where a mark rests on months that were not steady."""
    row = result.phases.loc[_row(result, month)["phase"]]
    marked = int(row["baseline_signals"])
    if not marked or result.variation(month) is Variation.COMMON:
        return ""
    return (
        f" But {spelled(marked)} of the {number(row['baseline'])} months that set the usual level "
        "are marked themselves: it was not steady. So this says *other than in those months*, not "
        "*out of the ordinary*, and a comparison with another year can come out differently."
    )


def _no_worth(result: ControlChart, month: Month) -> str:
    return "" if result.variation(month) is Variation.COMMON else _NO_WORTH


def _no_limits(result: ControlChart) -> str:
    phase = result.phases.iloc[-1]
    held = plural(int(phase["n"]), "month")
    begun = Month.parse(str(phase["first"]))
    need = "Limits need a year of months recorded in the same way"
    if len(result.phases) == 1:
        return f"{need}; there is {held}." if phase["n"] == 1 else f"{need}; there are {held}."
    verb = "is" if phase["n"] <= 1 else "are"
    return f"{need}. Since the recording change of {begun.label} there {verb} {held}."


def _judged(result: ControlChart, month: Month) -> str:
    """One judged month: its value, its limits and, where it is marked, what that means."""
    row = _row(result, month)
    said = result.variation(month)
    value, centre, low, high = (number(row[c]) for c in ("value", "centre", "low", "high"))
    place = {Variation.HIGHER: "above", Variation.LOWER: "below"}.get(said, "within")
    text = (
        f"Made comparable with other months it counts {value}, {place} the limits of {low} and "
        f"{high} around a usual level of {centre}, that of {_usual_months(result, month)}."
    )
    if said is Variation.COMMON:
        return f"{text} None of the four rules marks it."
    run = _run_of(result, month)
    if run["n"] > 1:
        text += (
            f" The {spelled(int(run['n']))} marked months from {_month(run['first'])} together lie "
            f"{_level(run)} the usual level. That is one finding, {_moved(run)}, not "
            f"{spelled(int(run['n']))} alarms."
        )
    return text


def _clause(result: ControlChart, month: Month) -> str:
    said = result.variation(month)
    row = _row(result, month)
    value, low, high = (number(row[c]) for c in ("value", "low", "high"))
    text = f"{said}: {value} against limits of {low} and {high}."
    if said is Variation.COMMON:
        return text
    run = _run_of(result, month)
    if run["n"] > 1:
        text += (
            f" It ends {plural(int(run['n']), 'marked month')} in a row, which together lie "
            f"{_level(run)} the usual level, that of {_usual_months(result, month)}."
        )
    return text


def _usual_months(result: ControlChart, month: Month) -> str:
    """The months that set the limits of a month, ``"July 2021 to June 2022"``."""
    phase = _row(result, month)["phase"]
    base = result.months.index[result.months["baseline"] & (result.months["phase"] == phase)]
    first, last = (Month(stamp.year, stamp.month) for stamp in (base[0], base[-1]))
    return Span(first, last).label


def control_chart_quarter(result: ControlChart, quarter: Quarter) -> str:
    """What the chart can say of the edition's quarter, month by month, Markdown."""
    months = list(quarter.span)
    said = {month: result.variation(month) for month in months if month in result.period}
    judged = {month: v for month, v in said.items() if v not in _UNJUDGED}
    wrong = [month for month, v in said.items() if v is Variation.EXCLUDED]
    too_soon = [month for month, v in said.items() if v is Variation.NO_LIMITS]
    reasons = [
        _because(wrong, "known to be wrong"),
        _because(too_soon, "without limits, too soon after a change of recording"),
        _because([m for m in months if m not in said], "not in the monthly figures at hand"),
    ]
    told = listing([reason for reason in reasons if reason])
    told = f"{told[:1].upper()}{told[1:]}." if told else ""
    if not judged:
        return (
            f"**Nothing can be said here of the quarter of this edition, {quarter.span.label}.** "
            f"{told}"
        )
    each = "; ".join(f"{month.label}: {said}" for month, said in judged.items())
    head = (
        f"**Of the quarter of this edition, {quarter.span.label}, "
        f"{plural(len(judged), 'month')} can be judged.**"
    )
    return " ".join(part for part in (head, f"{each}.", told) if part)


_UNJUDGED = {Variation.EXCLUDED, Variation.NO_LIMITS}


def _because(months: list[Month], why: str) -> str:
    if not months:
        return ""
    return f"{_named(months)} {'is' if len(months) == 1 else 'are'} {why}"


def _named(months: list[Month]) -> str:
    """``"July 2023"``, ``"August and September 2023"``, ``"July to September 2023"``."""
    if len(months) > 2 and len(Span(months[0], months[-1])) == len(months):
        return Span(months[0], months[-1]).label
    if len({month.year for month in months}) == 1:
        return f"{listing(month.name for month in months)} {months[0].year}"
    return listing(month.label for month in months)


def marked_stretches(result: ControlChart) -> str:
    """Each run of marked months in one line, Markdown list; a sentence where there is none."""
    runs = result.stretches
    if not len(runs):
        return "No month is marked."
    return "\n".join(_stretch(run) for _, run in runs.iterrows())


def _stretch(run: pd.Series) -> str:
    first, last = (Month.parse(str(run[end])) for end in ("first", "last"))
    when = Span(first, last).label
    rules = "rule" if ";" not in run["rules"] else "rules"
    beyond, together = int(run["outside"]), " taken together" if run["n"] > 1 else ""
    outside = f"; {spelled(beyond)} beyond a limit" if beyond else ""
    return (
        f"- **{when}**, {plural(int(run['n']), 'month')} marked as {_marked_as(run)}: "
        f"{_level(run)} the usual level{together}{outside}. "
        f"Marked by {rules} {rule_numbers(run['rules'])}."
    )


def steady(result: ControlChart) -> str:
    """Whether the months that set the limits were steady, and what follows where they were not."""
    limited = result.phases[result.phases["baseline"] > 0]
    if not len(limited):
        return "No stretch between two recording changes is long enough for limits."
    parts = [_steady(row) for _, row in limited.iterrows()]
    if not limited["baseline_signals"].any():
        return " ".join(parts)
    return (
        f"**What counts as usual was not steady.** {' '.join(parts)} The level moved while it was "
        "being measured, so a mark says *other than the average of those months*. It does not say "
        "*out of the ordinary*."
    )


def _steady(row: pd.Series) -> str:
    first = Month.parse(str(row["first"]))
    marked, base = int(row["baseline_signals"]), int(row["baseline"])
    which = f"the first {number(base)} judged months since {first.label}"
    if not marked:
        return f"The limits come from {which}, of which none is marked."
    return f"The limits come from {which}, and {spelled(marked)} of these are marked themselves."


def marks_by_chance(result: ControlChart, *, alpha: float = 0.05) -> str:
    """How often the rules mark where nothing happens, and whether chance makes as many marks.

    Parameters
    ----------
    alpha : float
        Chance below which that many marks are called more than chance.
    """
    table, seen = result.false_alarms, len(result.signals)
    if not (result.phases["baseline"] > 0).any():
        return "Without limits the rules cannot be tried on made-up charts either."
    kind = "correlated" if "correlated" in table.index else "independent"
    row = table.loc[kind]
    alike = " and months are as alike as these" if kind == "correlated" else ""
    text = (
        f"On made-up charts of the same length, on which nothing happens{alike}, the rules mark "
        f"{_chance(row['months_marked'])} of the months, and {_chance(row['any_signal'])} "
        f"of the charts have at least one mark"
    )
    if kind == "correlated":
        one = table.loc["independent"]
        text += (
            f" (with months that know nothing of each other {_chance(one['months_marked'])} "
            f"and {_chance(one['any_signal'])})"
        )
    if not seen:
        return f"{text}. Here no month is marked."
    text += (
        f". The chance of as many as here, {number(seen)} or more, is {_chance(row['as_many'])}."
    )
    if row["as_many"] < alpha:
        text += " So many marks suggest that the level moved."
        more = result.as_many_more_alike
        if more is not None and more >= alpha:
            text += (
                " They do not prove it: were months more alike than these figures suggest, with "
                f"{percent(100 * CARRIED)} of a swing lasting into the next month, the chance "
                f"would be {_chance(more)}."
            )
        return text
    return (
        f"{text} Chance makes as many without anything happening, so these marks do not show that "
        "the level moved."
    )


def readings_agree(result: ControlChart, readings: Mapping[str, ControlChart]) -> str:
    """Whether the answer for the latest month stays the same where the chart is drawn otherwise."""
    month = result.latest_month
    others = {
        name: chart.variation(month) for name, chart in readings.items() if chart is not result
    }
    if set(others.values()) <= {result.latest}:
        return (
            f"**{month.label} gets the same answer in each of the "
            f"{plural(len(others), 'other reading')}:** {result.latest}."
        )
    same = [escape(name) for name, v in others.items() if v == result.latest]
    agreed = f" So it is with {listing(same)}." if same else ""
    differ = [f"With {escape(name)}: {v}." for name, v in others.items() if v != result.latest]
    return (
        f"**The answer for {month.label} hangs on choices.** As published: {result.latest}."
        f"{agreed} {' '.join(differ)}"
    )


def season_taken_out(result: ControlChart, pooled: PooledSeason | None, *, area: str) -> str:
    """Which season is taken out of the months, and why that one.

    Parameters
    ----------
    pooled : PooledSeason or None
        The season pooled with other forces, used or not.
    """
    if result.season_from is SeasonFrom.LEFT_IN:
        return "The season is left in, so a usual summer can be marked."
    if result.season_from is SeasonFrom.SAME_MONTHS or pooled is None:
        why = (
            ""
            if pooled is None
            else f" The year of {area} is not that of the other forces, so theirs is not used."
        )
        return (
            "The season taken out is read off these months themselves. That makes the limits "
            f"somewhat too narrow, and hides part of what is unusual in a single month.{why}"
        )
    weight = probability(float(pooled.indices["weight"].mean()))
    return (
        f"The season taken out is that of {escape(area)} drawn towards "
        f"{listing(escape(force) for force in pooled.forces)}; the figures of {escape(area)} have "
        f"a weight of {weight} in it. A season read off the same few months would take part of "
        "what is unusual in them for season, and make the limits too narrow."
    )


def limits_by_kind(result: ControlChart, kinds: Mapping[str, ControlChart]) -> str:
    """Why limits for independent incidents would be too narrow, or would do."""
    limited = result.phases[result.phases["baseline"] > 0]
    if not len(limited):
        return ""
    spread = float(limited["spread"].iloc[-1])
    poisson = kinds["u"].false_alarms
    kind = "correlated" if "correlated" in poisson.index else "independent"
    if spread <= 1:
        return (
            "These months vary no more than independent incidents would, so all four kinds of "
            "limits come out much alike."
        )
    return (
        f"From month to month these counts swing {number(spread, 1)} times as much as independent "
        "incidents would. The limits of a c or u chart allow for independent incidents alone: "
        f"where nothing happens they would mark {_chance(poisson.at[kind, 'months_marked'])} "
        "of the months."
    )


def _chance(value: object) -> str:
    return probability(float(str(value)))


def _row(result: ControlChart, month: Month) -> pd.Series:
    return result.within(Span(month, month)).iloc[0]


def _run_of(result: ControlChart, month: Month) -> pd.Series:
    """The run of marked months that ends with a month."""
    runs = result.stretches
    return runs[runs["last"] == str(month)].iloc[0]


def _month(text: object) -> str:
    return Month.parse(str(text)).label


def _level(run: pd.Series) -> str:
    side = "above" if run["level_pct"] > 0 else "below"
    size = abs(float(run["level_pct"]))
    return f"{percent(size) if size >= 0.5 else 'less than 1%'} {side}"


def _on_its_side(run: pd.Series) -> bool:
    """Whether the run lies on the side it points to; a rise can lie below the usual level."""
    return bool((run["level_pct"] > 0) == (run["direction"] == "higher"))


def _marked_as(run: pd.Series) -> str:
    if _on_its_side(run):
        return str(run["direction"])
    return "rising" if run["direction"] == "higher" else "falling"


def _moved(run: pd.Series) -> str:
    if _on_its_side(run):
        return f"a level that is {run['direction']}"
    return f"months that go {'up' if run['direction'] == 'higher' else 'down'}"
