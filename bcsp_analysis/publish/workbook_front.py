"""First sheets of the workbook: cover, contents, notes, sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bcsp_analysis import project
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.present import provenance
from bcsp_analysis.present import text as words
from bcsp_analysis.present.text.board_pack import methods_in_short, restricted
from bcsp_analysis.present.unmarked import unmarked
from bcsp_analysis.publish import markdown
from bcsp_analysis.publish.workbook_parts import (
    CONTENTS,
    HIDDEN,
    LOW,
    NOT_APPLICABLE,
    NOT_AVAILABLE,
    NOTES,
    Cell,
    Heading,
    Link,
    Sheet,
    columns,
    link,
    sentences,
    table,
    text,
)
from bcsp_analysis.publish.workbook_series import BREAK, UNRELIABLE, stands_on
from bcsp_analysis.sources.registry import Source
from bcsp_analysis.start import Start

SOURCES = "Sources"
_ABOUT = ("site", "about.qmd")
_CONTACT = re.compile(r"^Contact:\s*(?P<words>.+?)(?=\n\s*\n|\Z)", re.M | re.S)
_NO_CONTACT = "To be filled in by the partnership that publishes these tables."


def cover(page: Start, sheets: Iterable[str]) -> Sheet:
    """What the workbook is, for which edition, and whom to ask."""
    edition = page.edition
    day = edition.published
    put = f"{day.day} {day:%B %Y}" if day else "not yet published"
    return Sheet(
        "Cover",
        text(edition.title),
        (
            text(f"Tables of the strategic assessment for {edition.area}."),
            text(f"Edition: {edition.quarter.label}, {edition.quarter.months_label}."),
            f"Report published: {put}.",
            Heading("About these tables"),
            text(unmarked(words.standing(edition))),
            "The tables hold what the pages of the site show, as numbers. They are not official "
            "statistics.",
            "Empty cells do not occur: a figure that is missing has a shorthand in its place, "
            "which the sheet Notes explains.",
            Heading("Where to find what"),
            *(Link(name, sheet=name) for name in sheets),
            Heading("Contact"),
            contact(),
        ),
    )


def contact() -> str:
    """Whom to ask, as the page about the assessment says it."""
    file = project.path(*_ABOUT)
    if not file.is_file():
        return _NO_CONTACT
    _, body = markdown.split_front_matter(file.read_text(encoding="utf-8"), "/".join(_ABOUT))
    found = _CONTACT.search(body)
    told = unmarked(found["words"]) if found else ""
    return f"The site's page about the assessment says: {told}" if told else _NO_CONTACT


def contents(sheets: Sequence[Sheet]) -> Sheet:
    """A list of the sheets, with links."""
    return table(
        CONTENTS,
        "Contents",
        ("Each line leads to its sheet.",),
        columns(("Sheet", 34), ("What it holds", 90)),
        ((Link(sheet.name, sheet=sheet.name), sheet.title) for sheet in sheets),
        otherwise="There are no other sheets.",
    )


def notes(page: Start) -> Sheet:
    """Shorthand, and how the verdicts come about."""
    limit = words.number(page.rules.suppress_below)
    told = [
        (HIDDEN, f"Hidden, because a count of the row is below {limit} and not 0. The whole row is "
         "hidden, or its figures would give the small one back. The sheet Audit hides what it "
         "would quote from such a row."),
        (NOT_AVAILABLE, "Not available: the report prints no figure, or the series holds none."),
        (NOT_APPLICABLE, "Does not apply, such as a percentage of none, a test that is not made, "
         "or a range without an end."),
        (LOW, "Not zero, but shown as zero at the decimals of the column: a p-value below 0.0005, "
         "for one."),
        (BREAK, "Break: from this month on, recording changed or may have changed."),
        (UNRELIABLE, "Known to be faulty."),
    ]  # fmt: skip
    rows = [("Shorthand", text(f"{short}: {meaning}")) for short, meaning in told]
    rows += _under("How verdicts come about", methods_in_short(page.assessment, page.rules))
    rows += _under("What the monthly figures stand on", words.escape(stands_on(page)))
    rows += [("Recording changes", _change(change)) for change in page.recording]
    rows += _under("Similar areas", restricted(page.area))
    rows += _under(
        "Wording",
        "A likely range says between which values the underlying change lies. Where it leaves out "
        "no change and yet falls short of the bar for all measures together, the measure points "
        "up or down and is not called clear.",
    )
    return table(
        NOTES,
        "Notes: shorthand and methods",
        ("The methods page of the site says more.",),
        columns(("Subject", 34), ("Note", 110)),
        rows,
        otherwise="There are no notes.",
    )


def _under(subject: str, *markdowns: str) -> list[tuple[str, str]]:
    return [(subject, sentence) for told in markdowns for sentence in sentences(unmarked(told))]


def _change(change: RecordingChange) -> str:
    return text(
        f"{change.month.label}, {change.status}: {change.title}. {change.note} "
        f"(Source: {change.source})"
    )


def sources(page: Start) -> Sheet:
    """Where the figures come from, under which licence, and what is known to be missing."""
    data = page.edition.data
    used = provenance.used(*filter(None, (data.report, data.incidents, data.prices,
                                          data.elsewhere)))  # fmt: skip
    return table(
        SOURCES,
        "Sources and licences",
        ("Known gaps of each source stand in its last column.",),
        columns(
            ("Source", 44),
            ("Publisher", 40),
            ("Period covered", 24),
            ("Licence", 34),
            ("Attribution", 60),
            ("Known gaps and notes", 90),
        ),
        (_source(source) for source in used),
        otherwise="No source is recorded.",
    )


def _source(source: Source) -> tuple[Cell, ...]:
    gaps = " ".join(filter(None, (*source.known_gaps, source.note)))
    return (
        link(source.title, source.landing_page),
        text(source.publisher),
        text(source.period),
        link(source.licence, source.licence_url),
        text(source.attribution),
        text(gaps, "none known"),
    )
