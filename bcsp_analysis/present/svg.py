"""A chart as SVG with its words as words, small and the same in every run."""

from __future__ import annotations

import io
import re
from html import escape

import matplotlib as mpl
from matplotlib.figure import Figure

# Charts are laid out with DejaVu Sans, which ships with matplotlib. Verdana, on most machines that
# lack it, is as wide; Arial and what else there may be is narrower, so that words keep their room.
FAMILIES = "DejaVu Sans, Verdana, Arial, Helvetica, sans-serif"
_SALT = "bcsp"  # ids of shapes follow from it and from the shapes
_SAID_ONCE = re.compile(r" font-family: [^;\"]+;")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_NO_TURN = re.compile(r' transform="rotate\(-?0 [^)]*\)"')
_ATTRIBUTE = re.compile(r'="[^"]*"')


def of(figure: Figure, *, title: str = "") -> str:
    """SVG text of a figure.

    Parameters
    ----------
    figure : Figure
    title : str
        Name of the picture for those who open the file by itself.
    """
    drawn = io.StringIO()
    none = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": _SALT}):
        figure.savefig(drawn, format="svg", metadata=none)
    return _slim(drawn.getvalue(), title)


def _slim(text: str, title: str) -> str:
    """Without the prologue, with one font family for all and two decimals in coordinates."""
    text = text[text.index("<svg") :]
    text = _NO_TURN.sub("", _SAID_ONCE.sub("", text))
    text = _ATTRIBUTE.sub(lambda match: _LONG_NUMBER.sub(_short, match[0]).replace("\n", " "), text)
    text = re.sub(r">\s+<", "><", text)
    head = f'<svg role="img" font-family="{FAMILIES}" '
    text = text.replace("<svg ", head, 1)
    if title:
        end = text.index(">") + 1
        text = f"{text[:end]}<title>{escape(title)}</title>{text[end:]}"
    return text.strip() + "\n"


def _short(match: re.Match[str]) -> str:
    short = f"{float(match[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short
