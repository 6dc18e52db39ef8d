"""Changes of recording on a timeline, with the months that the figures cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bcsp_analysis import ledger
from bcsp_analysis.markup import plain
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.periods import Month, Span
from bcsp_analysis.present import style

_ROW = 0.44  # inches
_LEFT, _RIGHT = 0.12, 0.3
# The second may lie over the first, so it is striped.
_BANDS: tuple[dict[str, object], ...] = (
    {"facecolor": style.PALE, "edgecolor": "none"},
    {"facecolor": "none", "edgecolor": style.BLUE, "hatch": "///", "linewidth": 0, "alpha": 0.5},
)


@style.styled
def recording(
    changes: Sequence[RecordingChange],
    covered: Mapping[str, Span],
    *,
    title: str,
    subtitle: str,
    source: str,
) -> style.Chart:
    """One row a change, the oldest on top: its title, and a mark at its first month.

    Parameters
    ----------
    changes : sequence of RecordingChange
        Oldest first. A filled mark is a confirmed change, an empty one an unconfirmed one.
    covered : mapping of label to Span
        At most two stretches of months, drawn as bands.
    """
    titles = [
        style.wrapped(plain(change.title), 9.5, width=style.WIDTH - _LEFT - _RIGHT)
        for change in changes
    ]
    tall = [_ROW + 0.17 * (len(lines) - 1) for lines in titles]
    chart, (ax,) = style.frame(
        title,
        subtitle,
        source,
        heights=(max(sum(tall), _ROW),),
        left=_LEFT,
        right=_RIGHT,
        above=0.4,
    )
    if not changes:
        ax.text(0, 0.5, "The register holds no change.", va="center", transform=ax.transAxes)
        ax.set_axis_off()
        return chart
    spans = list(covered.values())
    first = min([change.month for change in changes] + [span.first for span in spans])
    last = max([change.month for change in changes] + [span.last for span in spans])
    ax.set(xlim=(first.year, last.year + 1), ylim=(sum(tall), 0), yticks=[])
    for span, look in zip(spans, _BANDS, strict=False):
        ax.axvspan(_at(span.first), _at(span.last + 1), **look)  # type: ignore[arg-type]
    top = 0.0
    for change, lines, height in zip(changes, titles, tall, strict=True):
        _row(ax, change, lines, top, height)
        top += height
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_formatter(lambda value, _: ledger.period(f"{value:.0f}"))
    style.key(ax, _key(covered), left=_LEFT)
    return chart


def _row(
    ax: Axes, change: RecordingChange, lines: Sequence[str], top: float, height: float
) -> None:
    bottom = top + height - 0.11
    left = ax.get_xlim()[0]
    ax.plot((left, _at(change.month)), (bottom, bottom), color=style.GREY, linewidth=0.7)
    ax.plot(
        _at(change.month),
        bottom,
        marker="o",
        color=style.PLUM,
        markerfacecolor=style.PLUM if change.confirmed else "white",
        markersize=6,
    )
    ax.text(
        left,
        top + 0.03,
        "\n".join(lines),
        va="top",
        fontsize=9.5,
        linespacing=1.15,
        bbox=style.label_box(),
    )


def _key(covered: Mapping[str, Span]) -> list[Line2D | Patch]:
    marks: list[Line2D | Patch] = [
        Line2D([], [], marker="o", linestyle="", color=style.PLUM, label="confirmed"),
        Line2D(
            [], [], marker="o", linestyle="", color=style.PLUM, markerfacecolor="white",
            label="unconfirmed",
        ),
    ]  # fmt: skip
    return marks + [
        Patch(label=label, **look)  # type: ignore[arg-type]
        for label, look in zip(covered, _BANDS, strict=False)
    ]


def _at(month: Month) -> float:
    return month.year + (month.number - 1) / 12
