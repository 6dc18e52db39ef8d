"""Links to the pages of measures and priorities, where the edition has such pages."""

from __future__ import annotations

from bcsp_analysis.editions import Edition
from bcsp_analysis.markup import escape
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.present.about import page_of
from bcsp_analysis.present.text.grades import inner_title, short_title

# What a page of a monthly series answers, by the notebook that makes it.
_QUESTIONS = {
    "control-charts": "Is the latest month unusual?",
    "seasonality": "Does it have a season?",
    "cost-of-living": "Is the cost of living behind it?",
    "outlook": "What is to be expected?",
}


def measure_link(edition: Edition, measure: Measure, *, inside: bool = False) -> str:
    """The measure's short title, as Markdown, linked to its page.

    `inside` writes it as it stands inside a sentence.
    """
    title = inner_title(measure) if inside else short_title(measure)
    return _linked(edition, "measure", measure.id, title)


def priority_link(edition: Edition, catalogue: Catalogue, priority: str) -> str:
    """The priority's title, as Markdown, linked to its page."""
    return _linked(edition, "priority", priority, catalogue.priorities[priority])


def _linked(edition: Edition, parameter: str, value: str, title: str) -> str:
    page = page_of(edition, parameter, value)
    if page is None:
        return escape(title)
    return f"[{escape(title)}]({page.notebook.name}#{parameter}={value})"


def series_links(edition: Edition, series: str) -> str:
    """Links to the edition's pages about one monthly series; empty where it has none.

    `series` is a value of the parameter of that name, such as ``"asb"``.
    """
    found = []
    for page in edition.pages:
        question = _QUESTIONS.get(page.notebook.stem.partition("-")[2])
        if question and series and page.parameters.get("series") == series:
            found.append(f"[{question}]({page.notebook.name}#series={series})")
    return " ".join(found)
