"""The answers of the home page in under 300 words of plain text, for an email."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from bcsp_analysis.editions import Edition
from bcsp_analysis.markup import escape
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.models.comparison import PrintedComparison
from bcsp_analysis.models.quarterly import QuarterlyAssessment
from bcsp_analysis.present.text.comparison import similar_areas
from bcsp_analysis.present.text.home import borrowed, to_correct
from bcsp_analysis.present.text.quarterly import standing, summary
from bcsp_analysis.present.text.turning import power
from bcsp_analysis.present.unmarked import unmarked

LONGEST = 290  # words
_WIDTH = 72
_LONGEST_TITLE = 40  # words
_CLOSING = "The site has every measure with its likely range, and what the figures do not say."
# Not behind a dot that stands in a name: `escape` has marked it.
_END = re.compile(r"(?<!\\)(?<=[.?!])\*{0,3}\s+(?=[A-Z*\u201c])|(?<=[.?!]\*\*)\s+|(?<=[.?!]\*)\s+")


def brief(
    edition: Edition,
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    compared: Mapping[str, PrintedComparison],
    *,
    audit: AuditResult,
    questions: Iterable[str] = (),
) -> str:
    """Is it getting worse, how sure, compared with whom, what to ask next.

    Parameters
    ----------
    edition : Edition
    judged, catalogue, compared, audit
        As for the sentences of the home page.
    questions : iterable of str
        What the home page says to ask next, Markdown.
    """
    kind = "year_to_date"
    name = escape(edition.area)
    worse = [summary(judged, catalogue, kind)]
    sure = [
        power(judged, catalogue, kind),
        borrowed(judged, catalogue, kind),
        to_correct(audit, catalogue),
    ]
    similar = similar_areas(compared, catalogue, edition.area).split("\n\n")[:1]
    return within(
        escape(edition.title),
        [
            ("", _sentences([standing(edition)])),
            ("Is it getting worse?", _sentences(worse)),
            ("How sure are we?", _sentences(sure)),
            (f"How does {name} compare with similar areas?", _sentences(similar)),
            ("What should we ask next?", _sentences(questions)),
        ],
        _CLOSING,
    )


def within(
    title: str,
    sections: Sequence[tuple[str, Sequence[str]]],
    closing: str,
    longest: int = LONGEST,
) -> str:
    """As many sentences as fit: the first of each section, then the second of each, and so on.

    A section ends with the first of its sentences that does not fit, so that none is left out
    between two others. All texts are Markdown; the result is plain text with short lines.
    """
    heads = [_cut(unmarked(head)) for head, _ in sections]
    told = [[unmarked(sentence) for sentence in sentences] for _, sentences in sections]
    kept: list[list[str]] = [[] for _ in sections]
    left = longest - _words(_cut(unmarked(title))) - _words(closing)
    open_sections = set(range(len(sections)))
    for turn in range(max(map(len, told), default=0)):
        for at in sorted(open_sections):
            cost = _words(told[at][turn]) if turn < len(told[at]) else left + 1
            cost += _words(heads[at]) if turn == 0 else 0
            if cost > left:
                open_sections.discard(at)
                continue
            kept[at].append(told[at][turn])
            left -= cost
    parts = [_filled(_cut(unmarked(title)))]
    for head, sentences in zip(heads, kept, strict=True):
        if sentences:
            parts.append("\n".join(filter(None, (_filled(head), _filled(" ".join(sentences))))))
    return "\n\n".join([*parts, _filled(closing)]) + "\n"


def _sentences(paragraphs: Iterable[str]) -> list[str]:
    return [
        sentence
        for paragraph in paragraphs
        for sentence in _END.split(paragraph.strip())
        if sentence
    ]


def _words(text: str) -> int:
    return len(text.split())


def _cut(title: str) -> str:
    """A title that leaves room for what it stands over."""
    found = title.split()
    return title if len(found) <= _LONGEST_TITLE else " ".join(found[:_LONGEST_TITLE]) + " \u2026"


def _filled(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
