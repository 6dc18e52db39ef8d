"""One chart style for every page: colours, sizes, and the frame of title, subtitle and source."""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

import matplotlib as mpl
import matplotlib.dates as mdates
import matplotlib.style
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath
from PIL import Image

from bcsp_analysis import ledger
from bcsp_analysis.present import svg

# Categorical palette of the Government Analysis Function (source named in bcsp.mplstyle); at most
# four of them in one chart.
BLUE, TEAL, PLUM, ORANGE, GREY, LILAC = (
    "#12436D",
    "#28A197",
    "#801650",
    "#F46A25",
    "#3D3D3D",
    "#A285D1",
)
PALE = "#DADADA"  # grid lines and bands; carries no meaning of its own

WIDTH = 4.4  # inches: text of 10 points keeps its size when the picture fills a phone of 390 px
DPI = 200
LARGEST_SVG = 80 * 1024  # bytes
COLOURS = 48  # in the palette of a stored picture, shades of smoothed edges included
TITLE, SUBTITLE, SOURCE = 12.0, 10.0, 9.0  # points
_LINE = 1.32  # line height over text size
_MARGIN = 0.06  # inches
_FILE = Path(__file__).with_name("bcsp.mplstyle")

P = ParamSpec("P")
R = TypeVar("R")


class Chart(Figure):
    """A figure that a notebook shows as SVG, the same bytes in every run of one environment.

    One with so many shapes that the SVG would be large, such as a map of hundreds of areas, is
    shown as PNG.
    """

    heading = ""  # its title, for those who open the file by itself

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        picture = self.picture()
        if picture.startswith(b"<svg"):
            return {"image/svg+xml": picture.decode("utf-8")}
        return {"image/png": base64.b64encode(picture).decode("ascii")}

    def picture(self) -> bytes:
        """The file that a page shows: SVG with words as words, or PNG."""
        with applied():
            drawn = svg.of(self, title=self.heading).encode("utf-8")
        return drawn if len(drawn) <= LARGEST_SVG else self.png()

    def png(self) -> bytes:
        """As PNG, `DPI` points to the inch."""
        drawn, small = io.BytesIO(), io.BytesIO()
        with applied():
            self.savefig(drawn, format="rgba", dpi=DPI)
        width = int(self.get_size_inches()[0] * DPI)
        size = (width, len(drawn.getbuffer()) // (4 * width))
        picture = Image.frombytes("RGBA", size, drawn.getvalue()).convert("RGB")
        # A chart has few colours: a palette makes the file a third of the size. Clustering keeps
        # the colour of small marks true.
        palette = picture.quantize(COLOURS, kmeans=1)
        palette.save(small, format="png", optimize=True)
        return small.getvalue()


def use() -> None:
    """Set the style for the session, so that an analyst's own charts have it too."""
    mpl.style.use(_FILE)


@contextmanager
def applied() -> Iterator[None]:
    """The style inside a ``with`` block, whatever the session has set."""
    with mpl.style.context(_FILE, after_reset=True):
        yield


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Decorate a drawing function so that it runs in the style."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        with applied():
            return draw(*args, **kwargs)

    return drawn


def frame(
    title: str,
    subtitle: str,
    source: str,
    *,
    heights: tuple[float, ...],
    left: float = 0.5,
    right: float = 0.12,
    below: float = 0.34,
    between: float = 0.5,
    above: float = 0.0,
) -> tuple[Chart, list[Axes]]:
    """A chart with its words in place and one set of axes a height, from top to bottom.

    Parameters
    ----------
    title, subtitle, source : str
        The finding; what is measured, in which unit, where and when; where the figures come from.
        Each is broken into lines that fit; a line break in the source stays one.
    heights : tuple of float
        Inches of each set of axes, without tick labels.
    left, right, below, between, above : float
        Inches left for tick labels and titles of axes: beside, under, between two sets of axes,
        and over the first.
    """
    head = wrapped(title, TITLE, bold=True), wrapped(subtitle, SUBTITLE)
    foot = [line for part in source.splitlines() for line in wrapped(part, SOURCE)]
    head_height = _height(head[0], TITLE) + 0.05 + _height(head[1], SUBTITLE) + 0.16 + above
    foot_height = _height(foot, SOURCE) + 0.1
    total = (
        head_height + sum(heights) + between * (len(heights) - 1) + below + foot_height + _MARGIN
    )
    chart = Chart(figsize=(WIDTH, total))
    chart.heading = title
    edge = _MARGIN / WIDTH
    top = 1 - _MARGIN / total
    chart.text(
        edge, top, "\n".join(head[0]), fontsize=TITLE, weight="bold", va="top", linespacing=1.2
    )
    top -= (_height(head[0], TITLE) + 0.05) / total
    chart.text(edge, top, "\n".join(head[1]), fontsize=SUBTITLE, va="top", linespacing=1.2)
    chart.text(
        edge, _MARGIN / total, "\n".join(foot), fontsize=SOURCE, va="bottom", linespacing=1.2
    )
    axes = []
    y = total - head_height
    for height in heights:
        y -= height
        box = (left / WIDTH, y / total, (WIDTH - left - right) / WIDTH, height / total)
        axes.append(chart.add_axes(box))
        y -= between
    return chart, axes


def wrapped(text: str, size: float, *, bold: bool = False, width: float = WIDTH - 0.2) -> list[str]:
    """`text` in lines that are at most `width` inches wide at `size` points."""
    font = FontProperties(size=size, weight="bold" if bold else "normal")
    lines: list[str] = []
    for word in text.split():
        candidate = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(candidate, font) <= width:
            lines[-1] = candidate
        else:
            lines.append(word)
    return lines


def years() -> Callable[[float, float], str]:
    """Labels of an axis of dates at the beginning of each year: ``"Jan"`` over ``"2023"``."""
    return lambda value, _: f"Jan\n{ledger.period(str(mdates.num2date(value).year))}"


def label_box() -> dict[str, object]:
    """White ground under a label, so that lines do not run through it."""
    return {"facecolor": "white", "edgecolor": "none", "pad": 0.8}


def text_width(text: str, font: FontProperties) -> float:
    """Width of a line of text in inches."""
    width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


def _height(lines: list[str], size: float) -> float:
    return len(lines) * size * _LINE / 72


def key(ax: Axes, handles: Sequence[Artist], *, left: float) -> None:
    """What shapes, lines and bands stand for, in three columns above a panel.

    Parameters
    ----------
    left : float
        Inches of tick labels left of the panel, as given to `frame`; the key begins at the edge of
        the picture.
    """
    ax.legend(
        handles=list(handles),
        loc="lower left",
        bbox_to_anchor=(-(left - _MARGIN) / (WIDTH - left - 2 * _MARGIN), 1.01),
        ncols=3,
        fontsize=9,
        frameon=False,
        borderaxespad=0.2,
        borderpad=0,
        handlelength=1.5,
        handletextpad=0.5,
        columnspacing=1.0,
        labelspacing=0.3,
    )
