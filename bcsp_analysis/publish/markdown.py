"""Markdown as text: front matter, marks to fill, links to rewrite. Code is left as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bcsp_analysis.markup import escape

MARKS = ("area", "quarter", "months", "series", "kind", "locality", "measure", "priority")

_FENCE = re.compile(r"^ {0,3}(?:> ?)*(`{3,}|~{3,})(.*)$")
_RAW_HTML = re.compile(r"^\s*\{=html\}\s*$")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)

_NAMES = "|".join(MARKS)
# {area}, or a span [Birmingham]{.area} whose text a reader sees where nothing fills it.
_MARK = re.compile(
    rf"(?<![\w\\{{}}_^$])(?:\{{(?P<bare>{_NAMES})\}}|\[(?P<shown>[^\[\]]*)\]\{{\.(?P<span>{_NAMES})\}})"
)

_TARGETS = re.compile(
    r"""(?P<before>(?<!\\)\]\(\s*)(?P<inline><[^<>\n]*>|[^\s()<>]+(?:\([^\s()]*\)[^\s()<>]*)*)
      | (?P<begin>^\ {0,3}\[[^\]\n]+\]:\s*)(?P<reference><[^<>\n]*>|\S+)
      | (?P<attribute>\b(?:href|src)\s*=\s*)(?P<quote>["'])(?P<quoted>[^"'\n]+)(?P=quote)
      | (?P<include>\{\{<\s*include\s+)(?P<file>[^\s>]+)""",
    re.VERBOSE | re.MULTILINE,
)


def fill(markdown: str, values: Mapping[str, str]) -> str:
    """Put values in the place of marks, outside code.

    A mark is one of `MARKS` in braces, ``{area}``, or a span such as ``[Birmingham]{.area}``,
    which reads well where nothing fills it; a span that begins with a small letter gets its value
    with a small letter. A mark without a value stays as it is.

    Parameters
    ----------
    markdown : str
        Text of a cell or of a page.
    values : mapping of str to str
        Plain text by name of the mark; it is escaped here.
    """

    def value(match: re.Match[str]) -> str:
        text = values.get(match["bare"] or match["span"])
        if text is None:
            return match[0]
        if (match["shown"] or "")[:1].islower():
            text = text[:1].lower() + text[1:]
        return escape(text)

    return outside_code(markdown, lambda prose: _MARK.sub(value, prose))


def marks(markdown: str) -> set[str]:
    """Names of the marks that a text holds, outside code."""
    found: set[str] = set()

    def collect(prose: str) -> str:
        found.update(match["bare"] or match["span"] for match in _MARK.finditer(prose))
        return prose

    outside_code(markdown, collect)
    return found


def rewrite_links(markdown: str, target: Callable[[str], str]) -> str:
    """Pass every link, image, raw ``href`` or ``src`` and included file through `target`."""

    def replaced(match: re.Match[str]) -> str:
        if match["inline"] is not None:
            return match["before"] + _bracketed(match["inline"], target)
        if match["reference"] is not None:
            return match["begin"] + _bracketed(match["reference"], target)
        if match["quoted"] is not None:
            quote = match["quote"]
            return f"{match['attribute']}{quote}{target(match['quoted'])}{quote}"
        return match["include"] + target(match["file"])

    return outside_code(markdown, lambda prose: _TARGETS.sub(replaced, prose), raw_html=True)


def _bracketed(text: str, target: Callable[[str], str]) -> str:
    return f"<{target(text[1:-1])}>" if text.startswith("<") else target(text)


def outside_code(markdown: str, change: Callable[[str], str], *, raw_html: bool = False) -> str:
    """Apply `change` to the prose of a text: not to fenced code blocks, nor to code spans.

    With `raw_html`, a fenced block of raw HTML counts as prose.
    """
    parts: list[str] = []
    prose: list[str] = []
    fence = ""
    within = False
    for line in markdown.splitlines(keepends=True):
        match = _FENCE.match(line.rstrip("\r\n"))
        closes = bool(fence and match and match[1].startswith(fence) and not match[2].strip())
        opens = bool(not fence and match and not ("`" in match[1] and "`" in match[2]))
        if opens and match:
            fence, within = match[1], raw_html and bool(_RAW_HTML.match(match[2]))
        if fence and (opens or closes or not within):
            parts += [_prose("".join(prose), change), line]
            prose = []
        else:
            prose.append(line)
        if closes:
            fence = ""
    parts.append(_prose("".join(prose), change))
    return "".join(parts)


def _prose(text: str, change: Callable[[str], str]) -> str:
    parts: list[str] = []
    end = 0
    for span in _CODE_SPAN.finditer(text):
        parts += [change(text[end : span.start()]), span[0]]
        end = span.end()
    return "".join([*parts, change(text[end:])])


def split_front_matter(text: str, where: str) -> tuple[dict[str, Any], str]:
    """Front matter as a dict, and what follows it; an empty dict where there is none.

    Raises
    ------
    SiteError
        The front matter is not YAML, or no table of keys.
    """
    from bcsp_analysis.publish.pandoc.settings import read_yaml

    lines = text.splitlines(keepends=True)
    if not lines or lines[0].strip() != "---":
        return {}, text
    end = next((i for i, line in enumerate(lines[1:], 1) if line.strip() in ("---", "...")), 0)
    if not end:
        return {}, text
    return read_yaml("".join(lines[1:end]), where, 2), "".join(lines[end + 1 :])


def front_matter(matter: Mapping[str, Any]) -> str:
    """Front matter as text, with its two lines of dashes."""
    import yaml

    body = yaml.safe_dump(dict(matter), allow_unicode=True, sort_keys=False, width=1000)
    return f"---\n{body}---\n"
