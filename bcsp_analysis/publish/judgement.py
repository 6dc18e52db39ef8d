"""What an analyst has written on the home page, for papers that carry it on."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bcsp_analysis.editions import Edition
from bcsp_analysis.publish import markdown, parameters

HOME = "index"
_HEADING = re.compile(r"^#{1,6} +(?P<text>.+?)(?: +\{[^}]*\})? *$")
_ASK = re.compile(r"^\*\*Ask next\.?\*\* *(?P<text>.+)$", re.S)
_LIMITS = re.compile(r"do not say", re.I)
# A sentence that is nothing but a link to another page of the site.
_LINK_ALONE = re.compile(
    r"(?:(?<=[.?!])|^)\s*\[[^\[\]]*\]\((?!https?:)[^()\s]*\)[.?!]?(?=\s|$)", re.M
)


@dataclass(frozen=True)
class Judgement:
    """Questions to ask, each with the heading under which it stands, and limits: Markdown."""

    questions: tuple[tuple[str, str], ...]
    limits: tuple[str, ...]


def of_home(edition: Edition) -> Judgement:
    """The paragraphs "Ask next" and the list "What these figures do not say" of the home page.

    What only leads on to another page of the site is left out. Nothing is found where the edition
    has no page with the address ``index``, or that page has no such parts.
    """
    page = next((page for page in edition.pages if page.address == HOME), None)
    if page is None:
        return Judgement((), ())
    values = parameters.mark_values(edition, page.parameters)
    questions: list[tuple[str, str]] = []
    limits: list[str] = []
    heading = ""
    for cell in parameters.cells_of(page.notebook):
        if cell["cell_type"] != "markdown":
            continue
        text = markdown.fill(parameters.text_of(cell), values)
        for part in re.split(r"\n\s*\n", text):
            part = part.strip()
            if found := _HEADING.match(part):
                heading = found["text"]
            elif ask := _ASK.match(part):
                questions.append((heading, _without_leads(ask["text"])))
            elif _LIMITS.search(heading) and part.startswith("- "):
                limits += [_without_leads(item) for item in re.split(r"\n?^- ", part, flags=re.M)]
    return Judgement(tuple(questions), tuple(filter(None, limits)))


def _without_leads(text: str) -> str:
    shorter = _LINK_ALONE.sub("", text)
    while shorter != text:  # the next link now follows the end of a sentence
        text, shorter = shorter, _LINK_ALONE.sub("", shorter)
    return " ".join(text.split())
