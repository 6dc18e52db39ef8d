"""Markdown of the sentences as plain text, for an email or a cell: the words, and no markup."""

from __future__ import annotations

import re

_TEXT = r"(?:\\.|[^\[\]\\])"
_MARK = re.compile(
    r"\\(?P<typed>.)"
    rf"|\[(?P<link>{_TEXT}*)\]\((?:<[^<>]*>|[^()\s]*)\)"  # a link keeps its words
    rf"|\[(?P<span>{_TEXT}*)\]\{{[^{{}}]*\}}"
    r"|\*{1,3}",
    re.S,
)
_FENCE = re.compile(r"^ *:{3,}.*$", re.M)
_BULLET = re.compile(r"^ *[-*] +", re.M)


def unmarked(markdown: str) -> str:
    """The text of one paragraph, list or box, on one line.

    Knows what the sentences of this project use: bold, italics, links, spans, lists, boxes and
    characters kept from being markup by a backslash. ``unmarked(escape(text))`` is ``plain(text)``.
    """
    lines = _BULLET.sub("", _FENCE.sub("", markdown))
    return " ".join(_without_marks(lines).split())


def _without_marks(markdown: str) -> str:
    def words(match: re.Match[str]) -> str:
        if match["typed"] is not None:
            return match["typed"]
        return _without_marks(match["link"] or match["span"] or "")

    return _MARK.sub(words, markdown)
