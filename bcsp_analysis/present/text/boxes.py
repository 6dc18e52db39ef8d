"""Boxes that both engines know: the answer of a page, data that unfolds, sources in short."""

from __future__ import annotations

from collections.abc import Sequence

from bcsp_analysis.markup import escape
from bcsp_analysis.present.text.numbers import listing
from bcsp_analysis.sources.registry import Source


def answer(*paragraphs: str) -> str:
    """The answer of a page or section, set off from the text: Markdown paragraphs in one box."""
    body = "\n\n".join(part for part in paragraphs if part)
    return f"::: {{.answer}}\n{body}\n:::"


def folded(table: str, title: str = "Show the data") -> str:
    """A table behind a line that opens it."""
    return f'::: {{.callout-note collapse="true" title="{title}" icon="false"}}\n{table}\n:::'


def sources_in_short(used: Sequence[Source], page: str) -> str:
    """Sources in one paragraph: titles, periods and licences; the rest is told on `page`."""
    told = [
        f"{escape(source.title)}, {escape(source.publisher)} (Period covered: "
        f"{escape(source.period)}. Licence: {escape(source.licence)}. {escape(source.attribution)})"
        for source in used
    ]
    return f"{listing(told)}. Known gaps and notes: [Data and licences]({page})."
