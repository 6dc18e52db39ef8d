"""Lines of cells as CSV files for readers, which no spreadsheet program takes for formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from bcsp_analysis.markup import plain

_FORMULA = re.compile(r"^[=+\-@]")
_FIGURE = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?%?")  # as printed: a number, which starts no formula


def as_csv(lines: Iterable[Iterable[str]]) -> bytes:
    """Lines of cells as a CSV file: UTF-8, line feeds, no cell that starts a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    for cells in lines:
        writer.writerow([_safe(cell) for cell in cells])
    return stream.getvalue().encode("utf-8")


def _safe(text: str) -> str:
    """Text on one line that no spreadsheet takes for a formula; numbers stay numbers."""
    shown = plain(text)
    harmless = not _FORMULA.match(shown) or _FIGURE.fullmatch(shown)
    return shown if harmless else f"'{shown}"
