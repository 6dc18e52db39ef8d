"""Where figures come from: the line under a chart, and the list at the end of a page."""

from __future__ import annotations

from collections.abc import Sequence

from bcsp_analysis.markup import plain, prose
from bcsp_analysis.present.text.boxes import folded
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
    """What the page stands on: a line for each source, with its known gaps folded below."""
    if all(source.sha256 for source in used):
        basis = (
            "This page stands on figures that ship with the project, not on extracts that an "
            "analyst has loaded."
        )
    else:
        basis = "This page stands, at least in part, on files that the register does not hold."
    gaps = [_gaps(source) for source in used if source.known_gaps or source.note]
    lines = [basis, "", *(_entry(source) for source in used)]
    if gaps:
        lines += ["", folded("\n".join(gaps), title="Known gaps of these figures")]
    return "\n".join(lines)


def _entry(source: Source) -> str:
    title = prose(source.title)
    if source.landing_page:
        title = f"[{title}]({_address(source.landing_page)})"
    licence = prose(source.licence)
    if source.licence_url:
        licence = f"[{licence}]({_address(source.licence_url)})"
    publisher = "" if source.publisher in source.attribution else f" {prose(source.publisher)}."
    return (
        f"- **{title}.**{publisher} Period covered: {prose(source.period)}. Licence: {licence}. "
        f"{prose(source.attribution)}"
    )


def _gaps(source: Source) -> str:
    sentences = [*source.known_gaps, source.note] if source.note else source.known_gaps
    return "\n".join(
        [f"- {prose(source.title)}:", *(f"    - {prose(sentence)}" for sentence in sentences)]
    )


def _address(address: str) -> str:
    """A link target that cannot end the link."""
    return "<" + plain(address).translate({ord(c): None for c in "<>{} "}) + ">"
