"""Charts of the quarterly table: intervals of change, and the quarters of one measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import matplotlib as mpl
from matplotlib.axes import Axes

from bcsp_analysis.errors import DataError
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.models.change import ChangeResult, Verdict
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.periods import Month, Quarter
from bcsp_analysis.present import style
from bcsp_analysis.present.figures import marks
from bcsp_analysis.present.text import numbers
from bcsp_analysis.present.text.change import verdict_title
from bcsp_analysis.present.text.grades import grade, short_title
from bcsp_analysis.present.text.quarterly import headline, quarters_of

# Shape, fill and colour say the verdict together, beside its words.
_LOOK = {
    Verdict.INCREASE: ("^", style.PLUM, style.PLUM, "solid"),
    Verdict.DECREASE: ("v", style.TEAL, style.TEAL, "solid"),
    Verdict.NO_CLEAR_CHANGE: ("o", "white", style.BLUE, "solid"),
    Verdict.RECORDING_CHANGED: ("s", "white", style.GREY, "dashed"),
}
_UNCLEAR = Verdict.NO_CLEAR_CHANGE
_HEADINGS = {
    Verdict.INCREASE: "Clear increase",
    Verdict.DECREASE: "Clear decrease",
    Verdict.NO_CLEAR_CHANGE: "No clear change",
    Verdict.RECORDING_CHANGED: "Recording changed: not comparable",
}
_POINTING = "Points one way, short of our bar"  # no clear change, and yet off no change
_ROW = 0.34  # inches
_TICKS = (-50, 0, 50, 100)  # per cent
_LIMITS = (-75.0, 100.0)  # per cent; an interval that goes on is cut with an arrow


@style.styled
def change_intervals(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    comparison: str,
    *,
    area: str,
    source: str,
    hidden: Iterable[str] = (),
) -> style.Chart:
    """Change of every measure with its interval, one row each, grouped by verdict.

    Measures with too few cases, and those whose counts are hidden, are named below. The title
    counts the measures of `judged`; of a single one it is the verdict. Without any, the chart says
    so.
    """
    kind = judged.table.comparisons[comparison]
    withheld = set(hidden)
    shown = {
        name: result
        for name, result in judged.results[comparison].items()
        if result.verdict in _LOOK and name not in withheld and result.pct_change is not None
    }
    rows = _rows(shown, catalogue)
    absent = [name for name in judged.results[comparison] if name not in shown]
    reasons = {
        "counts hidden": [name for name in absent if name in withheld],
        "too few cases": [name for name in absent if name not in withheld],
    }
    notes = [
        f"Not drawn, {why}: {numbers.listing(short_title(catalogue[n]) for n in names)}."
        for why, names in reasons.items()
        if names
    ]
    foot = "\n".join((*notes, source))
    chart, (ax,) = style.frame(
        _title(judged, catalogue, comparison),
        f"Change by the counts, with the likely range of the underlying change, {area}, "
        f"{kind.title}",
        foot,
        heights=(_ROW * max(len(rows), 1) + 0.1,),
        left=0.12,
        right=0.3,
    )
    if not rows:
        ax.text(0, 0.5, "No measure with figures to draw.", va="center", transform=ax.transAxes)
        ax.set_axis_off()
        return chart
    ax.set(xlim=_LIMITS, ylim=(len(rows) - 0.35, -0.75), yticks=[])
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_formatter(
        lambda value, _: numbers.signed_percent(value, 0).replace("+0", "0")
    )
    ax.set_xticks(_TICKS)
    for place, row in enumerate(rows):
        if isinstance(row, str):
            ax.text(_LIMITS[0], place - 0.05, row, weight="bold", va="center")
        else:
            _draw_interval(ax, place, *row)
    return chart


def _title(judged: QuarterlyAssessment, catalogue: Catalogue, comparison: str) -> str:
    results = judged.results[comparison]
    if not results:
        return "No measure with figures"
    if len(results) == 1:
        ((name, result),) = results.items()
        return verdict_title(result, catalogue[name])
    return headline(judged, comparison)


def _rows(
    shown: dict[str, ChangeResult], catalogue: Catalogue
) -> list[str | tuple[str, ChangeResult]]:
    """Headings and rows: clear changes first, then what points one way, then the rest."""
    groups: dict[str, list[tuple[str, ChangeResult]]] = {
        heading: []
        for verdict, heading in _HEADINGS.items()
        for heading in ((_POINTING, heading) if verdict is _UNCLEAR else (heading,))
    }
    for name, result in shown.items():
        heading = _POINTING if grade(result) else _HEADINGS[result.verdict]
        groups[heading].append((short_title(catalogue[name]), result))
    rows: list[str | tuple[str, ChangeResult]] = []
    for heading, group in groups.items():
        if group:
            rows += [heading, *sorted(group, key=lambda row: -(row[1].pct_change or 0))]
    return rows


def _draw_interval(ax: Axes, place: int, title: str, result: ChangeResult) -> None:
    marker, face, edge, dash = _LOOK[result.verdict]
    if grade(result):
        face = edge
    low, high, at = result.pct_low or 0.0, result.pct_high or 0.0, result.pct_change or 0.0
    y = place + 0.22
    for tick in _TICKS:  # in the row of the bar only, so that no line runs through a label
        colour = style.PALE if tick else style.GREY
        ax.plot((tick, tick), (y - 0.2, y + 0.2), color=colour, linewidth=1, zorder=1)
    ends = max(low, _LIMITS[0]), min(high, _LIMITS[1])
    ax.plot(ends, (y, y), color=edge, linestyle=dash, solid_capstyle="butt")
    for end, cut, arrow in ((ends[0], low < _LIMITS[0], "<"), (ends[1], high > _LIMITS[1], ">")):
        ax.plot(end, y, marker=arrow if cut else "|", color=edge, markersize=7, clip_on=False)
    inside = min(max(at, _LIMITS[0]), _LIMITS[1])
    ax.plot(inside, y, marker=marker, markerfacecolor=face, markeredgecolor=edge, clip_on=False)
    value = numbers.end_percent(at)
    ax.text(_LIMITS[0], place - 0.17, f"{title}  {value}", va="center", fontsize=9.5)


@style.styled
def quarters(
    judged: QuarterlyAssessment,
    measure: Measure,
    comparison: str,
    *,
    area: str,
    source: str,
    changes: Iterable[RecordingChange] = (),
    explain: bool = True,
) -> style.Chart:
    """Counts of one measure by quarter, as far as the table holds or implies them.

    What is implied and not printed is hatched and says so; recording changes are drawn where they
    fall. The title is the verdict of `comparison`. Without `explain` the chart does not say what
    the letters stand for: the page does, with `quarter_marks`.
    """
    result = judged.result(measure.id, comparison)
    bars = quarters_of(judged, measure.id)
    if not bars or result is None:
        raise DataError(
            "a chart of quarters has nothing to draw",
            where=f"measure {measure.id}, {comparison}",
            expected="counts of the compared quarters",
            hint="take the chart out of the notebook, or fill the figures in performance.csv",
        )
    drawn = drawn_at(bars, measure, changes)
    notes = marks.explained(drawn, measure.id) if explain else ""
    chart, (ax,) = style.frame(
        verdict_title(result, measure),
        f"{measure.unit.capitalize()} a quarter, {area}",
        "\n".join(filter(None, (notes, source))),
        heights=(2.3,),
        left=0.62,
        below=0.46,
    )
    draw_quarters(ax, bars, changes=drawn, measure_id=measure.id)
    return chart


def quarter_marks(
    judged: QuarterlyAssessment, measure: Measure, changes: Iterable[RecordingChange]
) -> str:
    """What the letters on the chart of a measure's quarters stand for, as a Markdown list."""
    bars = quarters_of(judged, measure.id)
    drawn = drawn_at(bars, measure, changes) if bars else ()
    return marks.listed(drawn, measure.id) or "No change of recording falls into these quarters."


def drawn_at(
    bars: Sequence[tuple[Quarter, float, bool]],
    measure: Measure,
    changes: Iterable[RecordingChange],
) -> tuple[RecordingChange, ...]:
    """The changes that touch, or may touch, a measure between its first quarter and its last."""
    first, last = bars[0][0].span.first, bars[-1][0].span.last
    return marks.relevant(changes, first, last, measure_id=measure.id)


def draw_quarters(
    ax: Axes,
    bars: Sequence[tuple[Quarter, float, bool]],
    *,
    changes: Iterable[RecordingChange],
    measure_id: str,
    letters: Mapping[Month, str] | None = None,
) -> None:
    """Bars on an axis from zero with their values; what is implied is hatched and says so.

    Quarters between the first and the last that have no bar say that they are not printed.
    `changes` are drawn as lettered lines where they fall; `letters` are those of the whole chart,
    where it has other panels.
    """
    first = bars[0][0]
    top = max(value for _, value, _ in bars) or 1.0
    for quarter, value, implied in bars:
        place = _since(first, quarter)
        ax.bar(
            place,
            value,
            width=0.82,
            color="white" if implied else style.BLUE,
            edgecolor=style.BLUE,
            hatch="///" if implied else None,
        )
        ax.text(
            place,
            value + 0.015 * top,
            numbers.number(value) + ("\nimplied" if implied else ""),
            ha="center",
            va="bottom",
            fontsize=9.5,
            linespacing=1.1,
            bbox=style.label_box(),
            zorder=5,  # above the line of a recording change
        )
    places = [_since(first, quarter) for quarter, _, _ in bars]
    ax.set(ylim=(0, 1.32 * top), xlim=(-0.6, places[-1] + 0.6))
    ax.set_xticks(places, [_short(quarter) for quarter, _, _ in bars], fontsize=9)
    for place in sorted(set(range(places[-1])) - set(places)):
        ax.text(place, 0.03 * top, "not\nprinted", ha="center", va="bottom", fontsize=9)
    ax.yaxis.set_major_formatter(lambda value, _: numbers.tick(value))
    ax.yaxis.set_major_locator(mpl.ticker.MaxNLocator(4, integer=True))
    ax.tick_params(axis="x", length=0)
    for letter, month, certain in marks.lettered(changes, measure_id, letters):
        quarter = month.quarter
        within = (month - quarter.span.first) / 3
        marks.line(ax, _since(first, quarter) - 0.5 + within, letter, certain=certain)


def draw_no_quarters(ax: Axes, quarters: Sequence[Quarter], words: str) -> None:
    """The same axis where no count is shown: words in the place of each bar."""
    first = quarters[0]
    places = [_since(first, quarter) for quarter in quarters]
    ax.set(ylim=(0, 1), xlim=(-0.6, places[-1] + 0.6), yticks=[])
    ax.set_xticks(places, [_short(quarter) for quarter in quarters], fontsize=9)
    ax.tick_params(axis="x", length=0)
    for place in places:
        ax.text(place, 0.05, words.replace(" ", "\n", 1), ha="center", va="bottom", fontsize=9)


def _since(first: Quarter, quarter: Quarter) -> int:
    return (quarter.year - first.year) * 4 + quarter.number - first.number


def _short(quarter: Quarter) -> str:
    months: tuple[Month, ...] = quarter.months
    return f"{months[0].name[:3]}\u2013{months[-1].name[:3]}\n{months[-1].year}"
