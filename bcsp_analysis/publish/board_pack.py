"""The board pack: two to four pages on paper, from the results and sentences of the site."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from bcsp_analysis.editions import Edition
from bcsp_analysis.errors import BcspError, SiteError
from bcsp_analysis.inputs import SERIES
from bcsp_analysis.publish import judgement, typst_text

if TYPE_CHECKING:
    from bcsp_analysis.measures.catalogue import Measure
    from bcsp_analysis.start import Start

NAME = "board-pack.pdf"
MOST_PAGES = 4
STANDARD: Final = "ua-1"
TEMPLATE = Path(__file__).with_name("board_pack.typ")

_DATA = "pack.json"
_WITHOUT_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed')
_NUMBERED = re.compile(r"\\u\{([0-9a-f]+)\}")
_NOTHING_WRITTEN = "The home page of this edition has no such part."
_LONGEST_FAULT = 800  # characters
_FIRST = "year_to_date"  # the comparison of every page
_SEE_THE_AUDIT = " (see the audit)"  # leads nowhere on paper; the first page lists the figures
_MESSAGES = ("violence", "asb", "shoplifting")  # series whose widest measure is a message
_CHARTS = ("asb", "violence")


@dataclass(frozen=True)
class BoardPack:
    """A board pack: the PDF, and what it had to do without."""

    pdf: bytes
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Content:
    """What the template is given: texts as nodes, and pictures by file name."""

    texts: dict[str, Any]
    pictures: dict[str, bytes]


def make(edition: Edition) -> BoardPack:
    """Typeset the board pack of an edition.

    Raises
    ------
    SiteError
        A chart could not be drawn, or the pages could not be set; the message names it.
    """
    from bcsp_analysis.start import Start

    content = _content(Start(edition, MappingProxyType({})))
    pdf, lacking = _typeset(content.texts, content.pictures)
    return BoardPack(pdf, tuple(lacking))


def write(edition: Edition, file: Path) -> BoardPack:
    """Typeset the board pack into a file; whatever fails, the last one stays."""
    made = make(edition)
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_bytes(made.pdf)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    return made


# --- what it says ------------------------------------------------------------------------------


def _content(page: Start) -> _Content:
    from bcsp_analysis.present.text import board_pack as words
    from bcsp_analysis.present.text import standing

    edition = page.edition
    charts = [_chart(page, series) for series in _CHARTS]
    texts = {
        "document": edition.title,
        "date": _date(edition),
        "title": typst_text.text(edition.title),
        "subtitle": typst_text.text(words.subtitle(edition)),
        "running": typst_text.text(edition.title),
        "foot": f"Board pack, {edition.quarter.label}",
        "standing": typst_text.blocks(standing(edition)),
        "first": [
            _section("The messages", _numbered(_messages(page))),
            _section("What changed", *_what_changed(page)),
            *_written(judgement.of_home(edition)),
        ],
        "measures": _all_measures(page),
        "charts": [part for part, _ in charts],
        "rest": _rest(page),
    }
    return _Content(texts, {part["image"]: picture for part, picture in charts if picture})


def _date(edition: Edition) -> list[int] | None:
    day = edition.published
    return None if day is None else [day.year, day.month, day.day]


def _section(heading: str, *markdown: str) -> dict[str, Any]:
    joined = "\n\n".join(filter(None, markdown))
    return {"heading": heading, "blocks": typst_text.blocks(joined)}


def _numbered(items: Iterable[str]) -> str:
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, start=1))


def _measure(page: Start, series: str) -> Measure:
    return page.catalogue.of_history(SERIES[series])


def _messages(page: Start) -> list[str]:
    from bcsp_analysis.present import text
    from bcsp_analysis.present.text import board_pack as words

    judged, measures = page.assessment, page.catalogue
    found = [
        words.message(judged, _measure(page, series), _FIRST, page.hidden, audit=page.audit)
        for series in _MESSAGES
    ]
    clear = text.what_is_clear(judged, measures, _FIRST, page.comparison, page.area)
    overall, _ = words.verdict_and_rest(text.summary(judged, measures, _FIRST))
    furthest = text.furthest(page.comparison, measures, page.area)
    apart = f"*Compared with similar areas.* {furthest}" if furthest else ""
    told = [clear, overall, *map(_on_paper, found), apart]
    return [one for one in told if one]


def _what_changed(page: Start) -> tuple[str, ...]:
    from bcsp_analysis.present import text
    from bcsp_analysis.present.text import board_pack as words

    judged, measures = page.assessment, page.catalogue
    _, rest = words.verdict_and_rest(text.summary(judged, measures, _FIRST))
    return (
        rest,
        text.power(judged, measures, _FIRST),
        words.recording_in_short(judged, _FIRST),
        text.to_correct(page.audit, measures),
    )


def _on_paper(told: str) -> str:
    return told.replace(_SEE_THE_AUDIT, "")


def _written(written: judgement.Judgement) -> list[dict[str, Any]]:
    """What the analyst has written on the home page: questions, and limits.

    Where nothing is written the paper says so; it does not hide it.
    """
    parts = {
        "What to ask next": [f"*{heading}* {ask}" for heading, ask in written.questions],
        "What these figures do not say": list(written.limits),
    }
    return [
        _section(heading, "\n".join(f"- {item}" for item in items) or _NOTHING_WRITTEN)
        for heading, items in parts.items()
    ]


def _all_measures(page: Start) -> dict[str, Any]:
    from bcsp_analysis.present import tables
    from bcsp_analysis.present.text import board_pack as words

    judged, measures = page.assessment, page.catalogue
    counts, verdicts = (
        _table(made(judged, measures, _FIRST, label="tbl-pack", hidden=page.hidden))
        for made in (tables.compared_counts, tables.verdicts)
    )
    joined = _side_by_side(counts, verdicts, [2, 3, 1])
    span = judged.table.comparisons[_FIRST].after_span.label
    joined["caption"] = [["text", words.table_caption(judged.table.comparisons[_FIRST])]]
    joined["widths"] = [3.0, 1.65, 1.65, 1.35, 2.15, 2.25, 3.3]
    notes = typst_text.blocks(words.table_reading(judged, page.rules))
    return {"heading": f"All measures, {span}", "blocks": [["table", joined], *notes]}


def _table(markdown: str) -> dict[str, Any]:
    (block,) = (block for block in typst_text.blocks(markdown) if block[0] == "table")
    found: dict[str, Any] = block[1]
    return found


def _side_by_side(
    left: dict[str, Any], right: dict[str, Any], places: Sequence[int]
) -> dict[str, Any]:
    """A table with some columns of another one that has the same first column.

    Both are as the site shows them, so that the pack can neither show another number nor one that
    the site hides.
    """
    rows = []
    for one, other in zip(left["rows"], right["rows"], strict=True):
        if one[0] != other[0]:
            raise ValueError(f"rows of two measures: {one[0]} and {other[0]}")
        rows.append([*one, *(other[place] for place in places)])
    return {
        "header": [*left["header"], *(right["header"][place] for place in places)],
        "right": [*left["right"], *(right["right"][place] for place in places)],
        "rows": rows,
    }


def _chart(page: Start, series: str) -> tuple[dict[str, Any], bytes]:
    """The answer of the site on one measure beside the chart of its quarters, and the picture.

    Without a picture where there are no figures, or none that may be shown.
    """
    from bcsp_analysis.present import text
    from bcsp_analysis.present.text import board_pack as words

    judged, measure = page.assessment, _measure(page, series)
    told = text.change(
        judged,
        measure,
        _FIRST,
        page.hidden,
        table=page.table,
        audit=page.audit,
        readings=page.sensitivity,
    )
    words_beside = typst_text.blocks(_on_paper(told))
    part = {"heading": text.short_title(measure), "blocks": words_beside, "image": None}
    if judged.result(measure.id, _FIRST) is None or measure.id in page.hidden:
        return part, b""
    alternative = typst_text.blocks(words.quarters_alternative(judged, measure, _FIRST))
    drawn = {
        "image": f"{series}.png",
        "alt": typst_text.plain(alternative),
        "caption": words.quarters_caption(measure),
    }
    return part | drawn, _picture(page, measure)


def _picture(page: Start, measure: Measure) -> bytes:
    """The chart of the site as PNG."""
    from bcsp_analysis.present import figures, provenance, text

    sources = provenance.used(page.edition.data.report)
    try:
        chart = figures.quarters(
            page.assessment,
            measure,
            _FIRST,
            area=page.area,
            source=text.source_line(sources, computed=True),
            changes=page.recording,
        )
        return chart.png()
    except BcspError:
        raise
    except Exception as error:
        raise SiteError(
            "a chart of the board pack could not be drawn",
            where=f"measure {measure.id}, quarters",
            found=f"{type(error).__name__}: {error}",
        ) from error


def _rest(page: Start) -> list[dict[str, Any]]:
    """Comparison with similar areas, methods, sources."""
    from bcsp_analysis.present import provenance, tables, text
    from bcsp_analysis.present.text import board_pack as words

    data, measures = page.edition.data, page.catalogue
    similar = _section(
        "Comparison with similar areas", text.similar_areas(page.comparison, measures, page.area)
    )
    if page.comparison:
        rates = _table(
            tables.similar_areas(page.comparison, page.table, measures, label="tbl-pack")
        )
        rates["widths"] = [3.0, 1.7, 1.7, 1.1, 3.6, 4.6]
        similar["blocks"].append(["table", rates])
        similar["blocks"] += typst_text.blocks(words.restricted(page.area))
    used = provenance.used(*filter(None, (data.report, data.incidents, data.comparators)))
    return [
        similar,
        _section("How the verdicts are made", words.methods_in_short(page.assessment, page.rules)),
        _section("Sources and licences", text.sources(used)),
    ]


# --- how it is set -----------------------------------------------------------------------------


def _typeset(texts: dict[str, Any], pictures: dict[str, bytes]) -> tuple[bytes, list[str]]:
    """The pages as PDF/UA-1, the same bytes for the same content; and what could not be shown.

    The standard allows no character without a glyph. The fonts that come with Typst lack some
    scripts: the system's fonts stand in there, and what these lack too is shown as its number.
    """
    with tempfile.TemporaryDirectory(prefix="bcsp-") as name:
        folder = Path(name)
        for file, picture in pictures.items():
            (folder / file).write_bytes(picture)
        shutil.copyfile(TEMPLATE, folder / TEMPLATE.name)
        data = json.dumps(texts, ensure_ascii=False)
        lacking: set[str] = set()
        system_fonts, pdf, fault = False, b"", ""
        while not pdf:
            (folder / _DATA).write_text(data, encoding="utf-8", newline="\n")
            pdf, fault = _compiled(folder, system_fonts=system_fonts)
            missing = _without_glyph(fault) - lacking
            if not pdf and not missing:
                told = fault[:_LONGEST_FAULT]
                raise SiteError("the board pack could not be set", where=NAME, found=told)
            if system_fonts:
                lacking |= missing
                data = _as_numbers(data, missing)
            system_fonts = True
    said = _too_long(pdf)
    said += [f"{NAME}: no font shows {c!r}, it stands as {_as_number(c)}" for c in sorted(lacking)]
    return pdf, said


def _too_long(pdf: bytes) -> list[str]:
    """A warning where the pages are more than a board is given; their number is in the file."""
    pages = re.search(rb"<xmpTPg:NPages>(\d+)<", pdf)
    if pages is None or int(pages[1]) <= MOST_PAGES:
        return []
    return [f"{NAME}: {int(pages[1])} pages, meant are {MOST_PAGES} at most"]


def _compiled(folder: Path, *, system_fonts: bool) -> tuple[bytes, str]:
    import typst

    try:
        pdf = typst.compile(
            folder / TEMPLATE.name,
            root=folder,
            format="pdf",
            pdf_standards=STANDARD,
            ignore_system_fonts=not system_fonts,
        )
    except typst.TypstError as error:
        return b"", error.diagnostic or str(error)
    return bytes(pdf), ""


def _without_glyph(fault: str) -> set[str]:
    """Characters that, as Typst says, the fonts lack; some of them it writes as ``\\u{378}``."""
    named = "".join(_WITHOUT_GLYPH.findall(fault))
    written = _NUMBERED.sub(lambda match: chr(int(match[1], 16)), named)
    return {character for character in written if not character.isascii()}


def _as_numbers(data: str, characters: Iterable[str]) -> str:
    return data.translate({ord(c): _as_number(c) for c in characters})


def _as_number(character: str) -> str:
    return f"[U+{ord(character):04X}]"
