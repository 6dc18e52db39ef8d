"""An Atom feed of the editions, so that readers hear of a new one.

Format: RFC 4287. Addresses are relative to the feed, because the address of the site is not known
here; the ids are name-based UUIDs of the area and the edition, which stay the same.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import date
from xml.etree import ElementTree

from bcsp_analysis.editions import Edition
from bcsp_analysis.periods import day_label
from bcsp_analysis.present.text.numbers import begun

NAME = "feed.xml"
_ATOM = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_IDS = uuid.uuid5(uuid.NAMESPACE_OID, "bcsp-analysis editions")


def atom(entries: Mapping[str, tuple[Edition, str]], *, title: str) -> bytes:
    """The feed as UTF-8 XML, the newest edition first.

    Parameters
    ----------
    entries : mapping of address to (Edition, str)
        Home page of each edition, relative to the feed, with a plain-text summary. Editions
        without a day of publication are left out: a feed has no entry without a date.
    title : str
        Of the site.
    """
    ElementTree.register_namespace("", _ATOM)
    dated = [
        (edition.published, address, edition, summary)
        for address, (edition, summary) in entries.items()
        if edition.published is not None
    ]
    dated.sort(key=lambda entry: (entry[0], entry[2].slug), reverse=True)
    feed = ElementTree.Element(f"{{{_ATOM}}}feed", {"xml:lang": "en-GB"})
    _add(feed, "title", title)
    _add(feed, "id", _urn("feed", *sorted({edition.area_code for *_, edition, _ in dated})))
    _add(feed, "updated", _moment(dated[0][0] if dated else date(1970, 1, 1)))
    _add(feed, "link", rel="self", href=NAME)
    _add(feed, "link", rel="alternate", href="index.html")
    author = ElementTree.SubElement(feed, f"{{{_ATOM}}}author")
    _add(author, "name", title)
    for published, address, edition, summary in dated:
        entry = ElementTree.SubElement(feed, f"{{{_ATOM}}}entry")
        # The day is the report's; that of the site itself is not known here.
        put = f"report published {day_label(published)}"
        _add(entry, "title", f"{edition.title} ({put})")
        _add(entry, "id", _urn(edition.area_code, edition.slug))
        _add(entry, "updated", _moment(published))
        _add(entry, "published", _moment(published))
        _add(entry, "link", rel="alternate", type="text/html", href=address)
        _add(entry, "summary", f"{begun(put)}.\n\n{summary}", type="text")
    ElementTree.indent(feed)
    text = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> None:
    element = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    if text:
        element.text = _allowed(text)


def _allowed(text: str) -> str:
    """Without the control characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("", text)


def _moment(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _urn(*parts: str) -> str:
    return uuid.uuid5(_IDS, "/".join(parts)).urn
