"""Recording changes on charts: a lettered line where each falls, explained below the chart."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from bcsp_analysis.markup import escape
from bcsp_analysis.measures.recording import EVERY_MEASURE, RecordingChange
from bcsp_analysis.periods import Month
from bcsp_analysis.present import style
from bcsp_analysis.present.text import numbers

_LETTER = "letter of a recording change"  # how its text is found again on the axes
_APART = 13.0  # points between the middles of two letters


def relevant(
    changes: Iterable[RecordingChange],
    first: Month,
    last: Month,
    *,
    measure_id: str = "",
    category: str = "",
) -> tuple[RecordingChange, ...]:
    """Changes between two months that touch, or may touch, a measure or a monthly category."""
    return tuple(
        change
        for change in changes
        if first < change.month <= last
        and (
            (measure_id and (change.touches(measure_id) or change.may_touch(measure_id)))
            or (category and {category, EVERY_MEASURE} & set(change.categories))
        )
    )


def letters_of(*drawn: Iterable[RecordingChange]) -> dict[Month, str]:
    """One series of letters for the months of all these changes, for a chart of several panels."""
    months = sorted({change.month for changes in drawn for change in changes})
    return dict(zip(months, string.ascii_uppercase, strict=False))


def lettered(
    changes: Iterable[RecordingChange],
    measure_id: str = "",
    letters: Mapping[Month, str] | None = None,
) -> list[tuple[str, Month, bool]]:
    """Letter, month, and whether the effect is certain; changes of one month share a letter."""
    drawn = list(changes)
    return [
        (letter, month, any(_certain(c, measure_id) for c in drawn if c.month == month))
        for month, letter in (letters_of(drawn) if letters is None else letters).items()
        if any(change.month == month for change in drawn)
    ]


def explained(changes: Iterable[RecordingChange], measure_id: str = "") -> str:
    """What the letters stand for, in one text."""
    return " ".join(
        f"{letter}: {month}, {titles}." for letter, month, titles in _meanings(changes, measure_id)
    )


def listed(
    changes: Iterable[RecordingChange],
    measure_id: str = "",
    letters: Mapping[Month, str] | None = None,
) -> str:
    """The same as a Markdown list, for the page; empty where there is no letter.

    `letters` are those of the whole chart, where it has several panels.
    """
    return "\n".join(
        f"- **{letter}**, {month}: {escape(titles)}."
        for letter, month, titles in _meanings(changes, measure_id, letters)
    )


def _meanings(
    changes: Iterable[RecordingChange],
    measure_id: str,
    letters: Mapping[Month, str] | None = None,
) -> Iterator[tuple[str, str, str]]:
    drawn = list(changes)
    for letter, month, _ in lettered(drawn, measure_id, letters):
        titles = [
            change.title
            + ("" if _certain(change, measure_id) else " (effect here not established)")
            for change in drawn
            if change.month == month
        ]
        yield letter, month.label, numbers.listing(titles)


def line(ax: Axes, at: float, letter: str, *, certain: bool) -> None:
    """Draw one change: a dashed line where it is certain, a dotted one where it is not.

    A white edge keeps the line in sight on dark bars. Letters of close neighbours stand on either
    side of their lines; the limits of the axis must be set before.
    """
    drawn = ax.axvline(
        at, ymax=0.93, color=style.PLUM, linewidth=1.4, linestyle="--" if certain else ":"
    )
    drawn.set_path_effects([withStroke(linewidth=3.4, foreground="white")])
    side = "center"
    for other in ax.texts:
        if other.get_gid() == _LETTER and _close(ax, other.xy[0], at):  # type: ignore[attr-defined]
            other.set_horizontalalignment("right" if other.xy[0] < at else "left")  # type: ignore[attr-defined]
            side = "left" if other.xy[0] < at else "right"  # type: ignore[attr-defined]
    ax.annotate(
        letter,
        (at, 0.93),
        xycoords=("data", "axes fraction"),
        gid=_LETTER,
        ha=side,
        va="bottom",
        color=style.PLUM,
        weight="bold",
    )


def _close(ax: Axes, one: float, other: float) -> bool:
    """Whether two places on the axis are so near that letters centred on them would touch."""
    left, right = (ax.transData.transform((at, 0.0))[0] for at in sorted((one, other)))
    return bool((right - left) * 72 / ax.figure.dpi < _APART)


def _certain(change: RecordingChange, measure_id: str) -> bool:
    return change.confirmed and (not measure_id or change.touches(measure_id))
