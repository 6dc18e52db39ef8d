"""Boxes that both engines know: the answer of a page, and data that unfolds."""

from __future__ import annotations


def answer(*paragraphs: str) -> str:
    """The answer of a page or section, set off from the text: Markdown paragraphs in one box."""
    body = "\n\n".join(part for part in paragraphs if part)
    return f"::: {{.answer}}\n{body}\n:::"


def folded(table: str, title: str = "Show the data") -> str:
    """A table behind a line that opens it."""
    return f'::: {{.callout-note collapse="true" title="{title}" icon="false"}}\n{table}\n:::'
