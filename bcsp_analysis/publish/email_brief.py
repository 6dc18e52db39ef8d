"""The summary of an edition for an email."""

from __future__ import annotations

from types import MappingProxyType

from bcsp_analysis.editions import Edition
from bcsp_analysis.publish import judgement


def brief(edition: Edition) -> str:
    """The answers of the home page in under 300 words of plain text."""
    from bcsp_analysis.present.text import brief as words
    from bcsp_analysis.start import Start

    page = Start(edition, MappingProxyType({}))
    return words.brief(
        edition,
        page.assessment,
        page.catalogue,
        page.comparison,
        audit=page.audit,
        questions=[question for _, question in judgement.of_home(edition).questions],
    )
