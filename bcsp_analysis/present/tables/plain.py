"""Tables of figures as they come: printed figures of the text, and the data behind a chart."""

from __future__ import annotations

import pandas as pd

from bcsp_analysis.markup import escape, prose
from bcsp_analysis.periods import month_label
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.numbers import number


def printed_figures(figures: pd.DataFrame, *, caption: str, label: str) -> str:
    """Printed figures of the report's text: what they are of, as printed, for which period.

    Parameters
    ----------
    figures : DataFrame
        Rows of `printed.load_printed`.
    """
    items = [str(item) for item in figures["item"]]
    columns = [
        Column("What", share=5),
        Column("As printed", figures=True, share=2),
        Column("Period, and section of the report", share=4),
    ]
    rows = [
        [
            _noted(_kind(str(figure["item"]), items), str(figure["note"])),
            escape(str(figure["printed"])),
            f"{escape(str(figure['period']))}; section {escape(str(figure['section']))}",
        ]
        for _, figure in figures.iterrows()
    ]
    return pipe(columns, rows, caption=caption, label=label)


def _kind(item: str, items: list[str]) -> str:
    """The kind alone where the row of its whole stands in the same table."""
    whole, _, kind = item.partition(": ")
    return f"{kind[:1].upper()}{kind[1:]}" if kind and whole in items else item


def _noted(item: str, note: str) -> str:
    return f"{prose(item)} ({prose(note)})" if note.strip() else prose(item)


def monthly(
    series: pd.Series,
    *,
    label: str,
    area: str,
    price: pd.Series | None = None,
    price_heading: str = "",
) -> str:
    """Incidents of every month, with a price of the same months beside them where one is given."""
    columns = [Column("Month", share=4), Column("Incidents", figures=True, share=3)]
    if price is not None:
        columns.append(Column(escape(price_heading), figures=True, share=4))
    rows = []
    for month, value in series.items():
        stamp = pd.Timestamp(str(month))
        cells = [month_label(stamp), number(float(value))]
        if price is not None:
            cells.append(number(float(price.loc[stamp]), 1))
        rows.append(cells)
    caption = f"{series.name}, {area}: incidents by month."
    return pipe(columns, rows, caption=caption, label=label)
