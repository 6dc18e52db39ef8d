"""Sentences on one locality: never more than its counts bear, and nothing that is not shown."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from typing import Any

import pandas as pd

from bcsp_analysis.markup import escape, escape_own, plain, plain_own
from bcsp_analysis.models.change import ChangeResult, Verdict
from bcsp_analysis.models.control_charts import ControlChart, Variation
from bcsp_analysis.models.localities import (
    FEWEST_A_CALENDAR_MONTH,
    FEWEST_A_MONTH,
    Charted,
    Compared,
    LocalityResult,
    SeasonShown,
    ShareResult,
)
from bcsp_analysis.periods import Month
from bcsp_analysis.present.text.grades import points
from bcsp_analysis.present.text.numbers import (
    end_percent,
    interval,
    listing,
    more_or_fewer,
    number,
    percent,
    plural,
    probability,
    spelled,
)

_VERDICTS = {
    Verdict.RECORDING_CHANGED: "recording changed, so the two years cannot be compared",
    Verdict.TOO_FEW: "too few incidents to compare two years",
}
_HIDDEN = "too few incidents to be shown"


def inside(category: str) -> str:
    """A category as it stands inside a sentence: ``"anti-social behaviour"``."""
    return f"{category[:1].lower()}{category[1:]}"


def many(kind: str, count: int) -> str:
    """``"69 wards"``, ``"ten constituencies"``."""
    return plural(count, kind, f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s")


def banded(low: int, high: int) -> str:
    """A count as it may be shown: ``"1,204"``, ``"fewer than 5"``, ``"145 to 149"``."""
    if low == high:
        return number(low)
    return f"fewer than {number(high + 1)}" if low == 0 else f"{number(low)} to {number(high)}"


def summed(low: int, high: int) -> str:
    """A total as it may be shown, inside a sentence: ``"1,204"``, ``"between 86 and 90"``."""
    if low == high:
        return number(low) if low else "none"
    return f"between {number(low)} and {number(high)}"


def year_of(compared: Compared, *, earlier: bool = False) -> str:
    """``"the twelve months to September 2024"``, or how many of them are compared."""
    span, months = compared.after, len(compared.months_after)
    if earlier:
        span = compared.before
    whole = f"the twelve months to {span.last.label}"
    if months == len(span):
        return whole
    return f"{spelled(months)} of {whole}"


def locality_title(result: LocalityResult) -> str:
    """Title of the chart, plain text: the verdict on the last twelve months."""
    return plain_own(f"{plain(result.category)} in {plain(result.name)}: {_verdict(result)}")


def _verdict(result: LocalityResult) -> str:
    if result.hidden or result.change is None:
        return _HIDDEN
    verdict = result.change.verdict
    return _VERDICTS.get(verdict, f"{verdict} on the year before")


def locality(result: LocalityResult) -> str:
    """The answer: the last twelve months against the twelve before, as Markdown."""
    head = f"**{escape_own(locality_title(result))}.**"
    if result.change is None:
        return f"{head} {locality_hidden(result)}"
    parts = [head, _counted(result), *_how_sure(result, result.change)]
    return " ".join(part for part in parts if part)


def locality_hidden(result: LocalityResult) -> str:
    """Why nothing is shown of a locality; empty where it is shown."""
    if not result.hidden:
        return ""
    return (
        f"In more than half of the months of one of the last two years there were fewer than "
        f"{spelled(result.suppress_below)} incidents. Counts so small are not printed, nor is "
        f"anything that is worked out from them."
    )


def totals(result: LocalityResult) -> tuple[tuple[int, int], tuple[int, int]]:
    """Bands of the earlier and the later year's incidents, months compared."""
    if result.months is None:
        raise ValueError(f"nothing is shown of {result.area}")
    windows = (result.compared.months_before, result.compared.months_after)
    low, high = (
        [int(result.months.loc[stamps, end].sum()) for stamps in windows] for end in ("low", "high")
    )
    return (low[0], high[0]), (low[1], high[1])


def _counted(result: LocalityResult) -> str:
    earlier, later = totals(result)
    said = (
        f"There were {summed(*later)} incidents in {year_of(result.compared)}, and "
        f"{summed(*earlier)} in {year_of(result.compared, earlier=True)}"
    )
    change = result.change
    if change is None or change.pct_change is None:
        return f"{said}."
    about = "about " if earlier[0] != earlier[1] or later[0] != later[1] else ""
    moved = more_or_fewer(change.pct_change)
    if change.verdict is Verdict.TOO_FEW:
        return f"{said}."
    return f"{said}: {about}{moved}."


def _how_sure(result: LocalityResult, change: ChangeResult) -> list[str]:
    """The likely range, and what it allows to be said."""
    if change.verdict is Verdict.TOO_FEW:
        return ["So few say nothing of a change."]
    ranged = "From none, no percentage can be given."
    if change.pct_low is not None and change.pct_high is not None:
        ranged = f"The underlying change is {interval(change.pct_low, change.pct_high)}."
    if change.verdict is Verdict.RECORDING_CHANGED:
        return [
            "How much of the difference comes from recording cannot be told from the counts. Where "
            f"the new way touches every {result.kind} alike, the share of the whole can still be "
            "compared."
        ]
    if change.verdict is not Verdict.NO_CLEAR_CHANGE:
        worth = _worth(result.fewer_is, more=change.verdict is Verdict.INCREASE)
        return [ranged, worth]
    return [ranged, _pointing(result, change), locality_detectable(result)]


def _worth(fewer_is: str, *, more: bool) -> str:
    if fewer_is == "neither":
        return "Of these records neither more nor fewer is plainly better."
    return f"Fewer is better here, so this points to *{'worse' if more else 'better'}*."


def _pointing(result: LocalityResult, change: ChangeResult) -> str:
    """Why a range that leaves out no change is not yet a clear change."""
    way = points(change)
    if not way:
        return ""
    return (
        f"That range, taken alone, points {way}. Among {many(result.kind, result.family_size)} "
        "some ranges do so by chance, and this one is not far enough off to rule that out."
    )


def locality_detectable(result: LocalityResult) -> str:
    """The smallest change that the counts would have shown."""
    if result.smallest_seen is None:
        return ""
    fall, rise = result.smallest_seen
    return (
        f"*No clear change* does not mean that nothing changed: it takes a rise of about "
        f"{percent(rise)} or a fall of about {percent(-fall)} to be called clear four times in "
        "five."
    )


def locality_latest(result: LocalityResult) -> str:
    """The latest month, the same month a year before, and whether it is out of the ordinary."""
    if result.months is None:
        return ""
    month = result.latest
    twin = month + -12
    skipped = [m.label for m in result.period if m > month]
    head = (
        f"**{month.label}:** {_said(result, month)}; {twin.label}: {_said(result, twin)}. "
        f"{locality_chart(result)}"
    )
    if not skipped:
        return head
    verb = "is" if len(skipped) == 1 else "are"
    return f"{head} {listing(skipped)} {verb} known to be wrong and not judged."


def _said(result: LocalityResult, month: Month) -> str:
    row = _row(result, month)
    count = banded(int(row["low"]), int(row["high"]))
    return f"{count} incident{'' if count == '1' else 's'}"


def _row(result: LocalityResult, month: Month) -> dict[str, Any]:
    if result.months is None:
        raise ValueError(f"nothing is shown of {result.area}")
    return {str(k): v for k, v in result.months.loc[pd.Timestamp(month.start)].to_dict().items()}


def locality_chart(result: LocalityResult) -> str:
    """What the usual range says of the latest month."""
    if result.charted is Charted.TOO_FEW:
        return (
            f"There is no usual range: with fewer than {spelled(FEWEST_A_MONTH)} incidents in the "
            "average month its lower end would lie below zero, so that it could never show a fall."
        )
    if result.chart is None or result.charted is None:
        return ""
    month, row = result.latest, _row(result, result.latest)
    said = result.chart.variation(month)
    if said is Variation.NO_LIMITS:
        return (
            f"{month.label} cannot be judged: a usual range needs a year of months recorded in the "
            "same way."
        )
    usual = (
        f"for {month.name} {number(row['usual_low'])} to {number(row['usual_high'])} incidents are "
        "usual"
    )
    if said is Variation.COMMON:
        return f"That is within the usual ups and downs: {usual}."
    if said in (Variation.HIGHER, Variation.LOWER):
        return f"That is {said}: {usual}."
    more = said is Variation.PATTERN_HIGHER
    return (
        f"By itself it is not unusual, as {usual}; but it belongs to a run of months towards "
        f"{'more' if more else 'fewer'}."
    )


def locality_marks(result: LocalityResult) -> str:
    """How many months are marked, and how many chance marks on this and the other charts."""
    chart = result.chart
    if chart is None or result.charted is not Charted.YES:
        return ""
    marked = len(chart.signals)
    table = chart.false_alarms
    row = table.loc["correlated" if "correlated" in table.index else "independent"]
    chance = float(str(row["months_marked"]))
    expected = chance * result.family_size
    others = (
        f"Of {many(result.kind, result.family_size)} charted like this, chance alone would mark "
        f"about {spelled(max(1, round(expected)))} in any one month."
    )
    verb = "is" if marked == 1 else "are"
    head = f"Of the {number(_limited(chart))} months with a usual range, {spelled(marked)} {verb}"
    return (
        f"{head} marked. Where nothing happens at all, {probability(chance)} of the months are "
        f"marked. {others} {_usual_from(chart)}"
    )


def _limited(chart: ControlChart) -> int:
    return int(chart.phases.loc[chart.phases["baseline"] > 0, "n"].sum())


def _usual_from(chart: ControlChart) -> str:
    phases = chart.phases[chart.phases["baseline"] > 0]
    last = phases.iloc[-1]
    return (
        f"What counts as usual comes from the first {number(last['baseline'])} judged months since "
        f"{Month.parse(str(last['first'])).label}."
    )


def locality_share(result: LocalityResult, *, area: str) -> str:
    """The locality's share of all incidents of the area, and whether it moved."""
    share = result.share
    if share is None:
        return ""
    before = percent(100 * share.before, 1)
    return (
        f"**{percent(100 * share.share, 1)} of the incidents in {escape(area)}** fell on "
        f"{escape(result.name)} in {year_of(result.compared)}, likely between "
        f"{percent(100 * share.low, 1)} and {percent(100 * share.high, 1)}; the year before it was "
        f"{before}. {_share_moved(share, area)}"
    )


def _share_moved(share: ShareResult, area: str) -> str:
    change = share.change
    if change.verdict is Verdict.TOO_FEW or change.per_day_pct is None:
        return "So few say nothing of a change of the share."
    against = f"Against the rest of {escape(area)} there were {more_or_fewer(change.per_day_pct)}"
    low, high = 100 * (change.low - 1), 100 * (change.high - 1)
    ranged = f"{against}, {interval(low, high)}."
    if change.verdict is Verdict.NO_CLEAR_CHANGE:
        return f"{ranged} That is no clear change of the share."
    way = "grew" if change.verdict is Verdict.INCREASE else "shrank"
    return f"{ranged} The share clearly {way}."


def locality_family(result: LocalityResult) -> str:
    """Why a change must be larger to be called clear where many localities are judged."""
    alpha = float(str(result.settings["alpha"]))
    by_chance = (1 - float(str(result.settings["level"]))) * result.family_size
    return (
        f"{many(result.kind, result.family_size).capitalize()} are judged together. If nothing "
        f"changed anywhere, about {spelled(max(1, round(by_chance)))} of their likely "
        "ranges would leave out *no change* all the same. A change is called clear only if it is "
        "so far off that the chance of one or more false alarms among them all is "
        f"{percent(100 * alpha)} or less."
    )


def locality_small(result: LocalityResult) -> str:
    """Which months are given as a band and what that means; empty where all are shown."""
    if result.months is None:
        return ""
    months = result.months[result.months["low"] < result.months["high"]]
    few = int((months["low"] == 0).sum())
    others = len(months) - few
    if not len(months):
        return ""
    told = []
    if few:
        verb = "has" if few == 1 else "have"
        told.append(
            f"{plural(few, 'month').capitalize()} {verb} fewer than "
            f"{spelled(result.suppress_below)} incidents, and how many is not printed."
        )
    if others:
        verb = "is" if others == 1 else "are"
        which = "with more " if few else ""
        told.append(
            f"{plural(others, 'month').capitalize()} {which}{verb} given as a range, so that "
            f"small counts of another {result.kind} cannot be worked out by subtraction."
        )
    return " ".join(
        (*told, "Totals with such months are ranges; all figures here are worked out from them.")
    )


def locality_left_out(result: LocalityResult) -> str:
    """Months that are not compared because they are known to be wrong; empty without any."""
    left = result.compared.left_out
    if not left:
        return ""
    named = listing(month.name for month in left)
    return (
        f"Not compared: {named}, known to be wrong in one of the two years and so left out of both."
    )


def locality_season(result: LocalityResult, *, area: str) -> str:
    """Whose season is shown, why, and when it is high and low."""
    season = result.season
    if season is None:
        return ""
    name, whole = escape(result.name), escape(area)
    least = f"the calendar month with the fewest holds {number(season.fewest)} incidents"
    if season.shown is SeasonShown.OWN:
        return f"**{name} shows a season of its own.** {_peaks(season.profile)}"
    if season.shown is SeasonShown.WHOLE_TOO_FEW:
        why = (
            f"**The counts of one {result.kind} are too few to show a season of its own:** over "
            f"all years {least}. Below {number(FEWEST_A_CALENDAR_MONTH)}, chance alone moves a "
            "month by a tenth or more, as much as a season does."
        )
    else:
        why = (
            f"**No season of its own can be detected in {name}.** That does not show that there is "
            f"none: {least} over all years."
        )
    return f"{why} That of {whole} stands in. {_peaks(season.profile)}"


def _peaks(profile: pd.Series) -> str:
    months: Mapping[int, float] = {int(str(m)): float(v) for m, v in profile.items()}
    high, low = max(months, key=lambda m: months[m]), min(months, key=lambda m: months[m])
    return (
        f"Its highest month is {calendar.month_name[high]}, "
        f"{end_percent(100 * (months[high] - 1))} per day against the average month; its lowest is "
        f"{calendar.month_name[low]}, {end_percent(100 * (months[low] - 1))}."
    )
