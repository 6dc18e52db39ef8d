"""Where figures come from: the line under a chart, and the list at the end of a page."""

from __future__ import annotations

from collections.abc import Sequence

from bcsp_analysis.present.text.markup import escape, plain
from bcsp_analysis.present.text.numbers import listing
from bcsp_analysis.sources.registry import Source


def source_line(sources: Sequence[Source], *, computed: bool = False) -> str:
    """The source line of a chart, plain text.

    Parameters
    ----------
    sources : sequence of Source
    computed : bool
        Whether the chart shows what was worked out from them.
    """
    named = listing(f"{plain(source.title)} ({plain(source.publisher)})" for source in sources)
    word = "Source" if len(sources) == 1 else "Sources"
    return f"{word}: {named}{'; own calculation' if computed else ''}."


def sources(used: Sequence[Source]) -> str:
    """What the page stands on, and its sources: period covered, licence line, known gaps."""
    if all(source.sha256 for source in used):
        basis = (
            "This page stands on figures that ship with the project, not on extracts that an "
            "analyst has loaded."
        )
    else:
        basis = "This page stands, at least in part, on files that the register does not hold."
    return "\n".join([basis, "", *(_entry(source) for source in used)])


def _entry(source: Source) -> str:
    title = escape(source.title)
    if source.landing_page:
        title = f"[{title}]({_address(source.landing_page)})"
    licence = escape(source.licence)
    if source.licence_url:
        licence = f"[{licence}]({_address(source.licence_url)})"
    lines = [
        f"- **{title}**, {escape(source.publisher)}.",
        f"    - Period covered: {escape(source.period)}.",
        f"    - Licence: {licence}. {escape(source.attribution)}",
        *(f"    - Known gap: {escape(gap)}" for gap in source.known_gaps),
    ]
    if source.note:
        lines.append(f"    - Note: {escape(source.note)}")
    return "\n".join(lines)


def _address(address: str) -> str:
    """A link target that cannot end the link."""
    return "<" + plain(address).translate({ord(c): None for c in "<>{} "}) + ">"


def gaps(source: Source) -> str:
    """The known gaps of one source as one paragraph."""
    return " ".join(escape(gap) for gap in source.known_gaps)
