"""Printed figures outside the quarterly table: the report's activity, its text, its neighbourhoods.

Data card
---------
Source : the partnership's annual report (see data/sources.toml), figures as printed.
Rows : one figure each; the words around it are the project's own.
Known gaps : a figure printed with "nearly" or "over" carries that word in its note only.
"""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pandas as pd

from bcsp_analysis.sources import cells

COLUMNS = ("id", "section", "item", "printed", "unit", "period", "note")
NEIGHBOURHOODS = ("neighbourhood", "incidents", "period", "note")
# The report spells small numbers out where it counts groups.
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_QUANTITY = re.compile(r"(?:\u00a3)?(?P<figure>[^\sk]+)(?P<scale>k| million)?")
_SCALES = {None: 1, "k": 1_000, " million": 1_000_000}


def load_printed(file: Path) -> pd.DataFrame:
    """Read printed figures outside the table: ``activity.csv`` or ``text_figures.csv``.

    Returns
    -------
    DataFrame
        Index ``id``; ``section``, ``item``, ``printed``, ``unit``, ``period``, ``note`` (str);
        ``value`` (Float64): pounds, per cent or a plain number as `unit` says, missing where
        ``printed`` is blank, gives alternatives (``"17/18"``) or says that there is no figure.

    Raises
    ------
    MissingFileError, EncodingError, HeaderError, DuplicateRowError, DataError
        See `cells.read_table`.
    FigureError
        A cell of ``printed`` that is none of these.
    """
    table = cells.read_table(file, COLUMNS, key=["id"], may_be_empty=True)
    values = [
        _read_quantity(file, int(str(row)), str(cell)) for row, cell in table["printed"].items()
    ]
    table["value"] = pd.array(values, dtype="Float64")
    return table.set_index("id")


def load_neighbourhoods(file: Path) -> pd.DataFrame:
    """Read the incidents of the neighbourhoods that the report names.

    Returns
    -------
    DataFrame
        ``neighbourhood`` (str), ``incidents`` (Int64), ``period``, ``note`` (str), as printed.

    Raises
    ------
    MissingFileError, EncodingError, HeaderError, DuplicateRowError, DataError
        See `cells.read_table`.
    FigureError
        Incidents that are not a whole number, 0 or more.
    """
    key = ["neighbourhood", "period"]
    table = cells.read_table(file, NEIGHBOURHOODS, key=key, may_be_empty=True)
    counts: list[int] = []
    for row, cell in table["incidents"].items():
        figure = cells.parse_figure(str(cell))
        if figure is None or figure.percent or figure.value < 0 or not figure.value.is_integer():
            expected = "a whole number, 0 or more"
            raise cells.no_figure(file, int(str(row)), "incidents", str(cell), expected)
        counts.append(int(figure.value))
    table["incidents"] = pd.array(counts, dtype="Int64")
    return table.reset_index(drop=True)


def _read_quantity(file: Path, row: int, cell: str) -> float | None:
    text = cell.strip()
    if text.casefold() in _WORDS:
        return float(_WORDS.index(text.casefold()))
    if not text or cells.says_no_figure(text):
        return None
    parts = text.split("/")
    if len(parts) > 1 and all(cells.parse_figure(part) for part in parts):
        return None
    match = _QUANTITY.fullmatch(text)
    figure = cells.parse_figure(match["figure"]) if match else None
    if match is None or figure is None or (figure.percent and len(match["figure"]) < len(text)):
        raise cells.no_figure(
            file, row, "printed", cell, 'a figure such as "1,260" or "\u00a3660k"'
        )
    return float(Decimal(str(figure.value)) * _SCALES[match["scale"]])
