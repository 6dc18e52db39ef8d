"""The numbers that a reader sees in the output of a cell, and the words around each."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

_DIV = re.compile(r"^\s*:::+.*$", re.M)
_TITLE = re.compile(r'\btitle="([^"]*)"')
_TARGET = re.compile(r"\]\((?:<[^<>\n]*>|[^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)\)")
_ALTERNATIVE = re.compile(r'(?:fig-alt|aria-label)="([^"]*)"')
_ATTRIBUTES = re.compile(r"(?<!\\)\{[^{}\n]*\}")
_ESCAPED = re.compile(r"\\([^\w\s])")
_WORDS = re.compile(r"<(?P<tag>text|title)\b[^>]*>(?P<text>.*?)</(?P=tag)>", re.S)
_TAG = re.compile(r"<[^<>]*>")
# "Q2", "X-11", "v3.0", "E01008881" are names, not numbers.
_NAME = re.compile(r"\b(?:[A-Z]-\d+|[A-Za-z_]\w*\d\w*(?:\.\d+)*)\b")
# A word that begins with digits ("19th"); a financial year or an ISO date; a number with its sign
# and per cent.
_TOKEN = re.compile(
    r"\b\d+[A-Za-z_]\w*\b"
    r"|\b\d{4}[/-]\d{2}(?:-\d{2})?(?![\d/])"
    r"|(?:(?<![\w.)])[+\u2212-])?\d+(?:,\d{3})*(?:\.\d+)?%?"
)
_AROUND = 40  # characters to each side


@dataclass(frozen=True)
class Token:
    """A number as it stands, and the text around it."""

    text: str
    around: str


def tokens(text: str) -> Iterator[Token]:
    """Every number of a text that a reader sees, in order.

    A number keeps its sign, thousands separators, decimals and per cent: ``"−11.8%"``. A financial
    year (``"2023/24"``) and an ISO date are one token each. A hyphen after a letter or a digit is
    no sign. A word that begins with a letter is a name (``"Q2"``, ``"X-11"``) and states nothing.
    """
    text = _NAME.sub(lambda name: "#" * len(name[0]), text)
    for found in _TOKEN.finditer(text):
        begin, end = max(found.start() - _AROUND, 0), found.end() + _AROUND
        yield Token(found[0], " ".join(text[begin:end].split()))


def seen_in_markdown(text: str) -> str:
    """What a reader sees, or hears, of Markdown made by code: no targets of links, no attributes.

    Titles of boxes and alternative texts of pictures count as seen.
    """
    text = _DIV.sub(lambda div: html.unescape(" ".join(_TITLE.findall(div[0]))), text)
    text = _TARGET.sub("]", text)
    text = _ATTRIBUTES.sub(lambda braces: " ".join(_ALTERNATIVE.findall(braces[0])), text)
    return _ESCAPED.sub(r"\1", text)


def seen_in_svg(text: str) -> str:
    """The words of a chart, one piece a line."""
    return "\n".join(html.unescape(_TAG.sub("", found["text"])) for found in _WORDS.finditer(text))
