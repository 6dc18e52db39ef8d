"""Text from data made safe for a page: shown as it was typed, in either engine."""

from __future__ import annotations

import re
import unicodedata

from bcsp_analysis import ledger

# Everything that pandoc or Quarto may read as markup, wherever it stands.
_SPECIAL = re.compile(
    r"[\\`*_{}\[\]<>#|~^$@\"'&!]"
    r"|-(?=-)|(?<=-)-|\.(?=\.)|(?<=\.)\.|:(?=[:/])|(?<=:):"  # dashes, dots, divs, addresses
    r"|^[-+:(%=]"  # starts of lists and definitions
)
_NUMBERED = re.compile(r"^(\w+)(?=[.)](?: |$))")  # "1. item", "b) item"
# Pandoc's list: it joins the next word to these, unless their dot is marked.
_ABBREVIATION = re.compile(
    r"\b(aet|aetat|al|Apr|Aug|bk|Bros|c|Capt|cf|chap|chs?|Co|col|Corp|cp|d|Dec|Dr|e\.g|eds?|esp|"
    r"fasc|Feb|ff?|fig|fl|fols?|Fr|Gen|Gov|Hon|i\.e|ill|Inc|incl|Jan|Jr|Jul|Jun|Ltd|M\.A|M\.D|Mar|"
    r"Mrs?|Ms|nn?|n\.b|No|Nov|Oct|pp?|Ph\.D|Pres|Prof|pt|q\.v|Rep|Rev|s\.vv?|saec|sec|Sen|Sept?|"
    r"Sgt|Sr|St|univ|viz|vol|vs)\.(?= )"
)
_UNSEEN = {"Cc", "Cs", "Co", "Cn"}
_APOSTROPHE = re.compile(r"(?<=\w)'")
_TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str) -> str:
    """One line of visible text: white space in one piece, no control or direction characters."""
    return plain_own(ledger.quoted(text))


def plain_own(text: str) -> str:
    """The same for text that our own code has put together: it counts as no quotation."""
    kept = (
        " " if c.isspace() else c
        for c in text
        if c.isspace() or (unicodedata.category(c) not in _UNSEEN and c not in _TURNING)
    )
    return " ".join("".join(kept).split())


def escape(text: str) -> str:
    """Markdown that shows `text` exactly as it was typed, on one line.

    It can start no heading, list, footnote, citation, raw HTML, div or shortcode, neither in
    Quarto nor in the embedded engine, nor leave the cell of a pipe table.
    """
    return escape_own(ledger.quoted(text))


def escape_own(text: str) -> str:
    """The same for text that our own code has put together: it counts as no quotation."""
    marked = _SPECIAL.sub(lambda match: f"\\{match[0]}", plain_own(text))
    marked = _ABBREVIATION.sub(lambda match: f"{match[1]}\\.", marked)
    return _NUMBERED.sub(lambda match: f"{match[1]}\\", marked)


def prose(text: str) -> str:
    """Markdown of a sentence from data: as `escape`, its apostrophes set as in print."""
    return escape(_APOSTROPHE.sub("\u2019", text))
