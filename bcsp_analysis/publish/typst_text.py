"""Markdown as data for a Typst template: every text is a string there and never becomes markup.

Pandoc reads the Markdown as both engines of the site do. What is left of it are nodes, lists that
JSON can carry, each beginning with its kind:

- blocks: ``["para", inlines]``, ``["heading", level, inlines]``, ``["list", items]``,
  ``["numbered", items]`` (an item is a list of blocks), ``["table", table]`` with the keys
  ``caption`` and ``header`` (inlines), ``rows``, ``right`` (whether a column is aligned right);
- inlines: ``["text", str]``, ``["strong", inlines]``, ``["emph", inlines]``,
  ``["link", address, inlines]``, ``["break"]``.

Whatever else Markdown knows keeps its words and loses its form.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from typing import Any

from bcsp_analysis.errors import SiteError

Node = list[Any]

_QUOTES = {"SingleQuote": ("\u2018", "\u2019"), "DoubleQuote": ("\u201c", "\u201d")}
_SPACE = ("Space", "SoftBreak")
_AS_TEXT = {"Code", "Math", "RawInline"}  # [attributes or format, text]
_LONGEST = 24  # letters of a word that are left without a place to break
_WORD = re.compile(rf"\S{{{_LONGEST + 1},}}")
_BREAK = "\u200b"
_FOLDED = "callout-note"  # boxes that the site shows closed


def blocks(markdown: str) -> list[Node]:
    """The blocks of a Markdown text; what the site shows folded away is left out.

    Raises
    ------
    SiteError
        Pandoc cannot read the text.
    """
    import pypandoc

    done = subprocess.run(
        [pypandoc.get_pandoc_path(), "--from=markdown", "--to=json"],
        input=markdown,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise SiteError("pandoc could not read a text", found=done.stderr[-800:])
    return list(_blocks(json.loads(done.stdout)["blocks"]))


def text(typed: str) -> str:
    """A text for the template as it was typed, with places to break where a word is very long."""

    def broken(match: re.Match[str]) -> str:
        word = match[0]
        parts = [word[at : at + _LONGEST] for at in range(0, len(word), _LONGEST)]
        return _BREAK.join(parts)

    return _WORD.sub(broken, typed)


def plain(nodes: Iterable[Node]) -> str:
    """The words of blocks or inlines on one line: for alternative texts."""
    return " ".join("".join(_words(nodes)).replace(_BREAK, "").split())


def _words(nodes: Iterable[Any]) -> Iterator[str]:
    for node in nodes:
        if not isinstance(node, list):
            continue
        kind = node[0] if node else None
        if kind == "text":
            yield node[1]
        elif kind == "break":
            yield " "
        elif isinstance(kind, str):
            yield from _words(node[1:])
            yield " " if kind in ("para", "heading") else ""
        else:
            yield from _words(node)


def _blocks(nodes: Iterable[dict[str, Any]]) -> Iterator[Node]:
    for node in nodes:
        kind: str = node["t"]
        content: Any = node.get("c")
        if kind in ("Para", "Plain"):
            yield ["para", _inlines(content)]
        elif kind == "Header":
            yield ["heading", content[0], _inlines(content[2])]
        elif kind == "BulletList":
            yield ["list", [list(_blocks(item)) for item in content]]
        elif kind == "OrderedList":
            yield ["numbered", [list(_blocks(item)) for item in content[1]]]
        elif kind == "Div":
            if _FOLDED not in content[0][1]:
                yield from _blocks(content[1])
        elif kind == "BlockQuote":
            yield from _blocks(content)
        elif kind == "Table":
            yield ["table", _table(content)]
        elif kind in ("CodeBlock", "RawBlock"):
            yield ["para", [["text", text(content[1])]]]


def _table(content: list[Any]) -> dict[str, Any]:
    _, caption, columns, head, bodies, _ = content
    rows = [row for body in bodies for row in body[3]]
    return {
        "caption": [word for block in _blocks(caption[1]) for word in block[1]],
        "right": [column[0]["t"] == "AlignRight" for column in columns],
        "header": _cells(head[1][0]) if head[1] else [],
        "rows": [_cells(row) for row in rows],
    }


def _cells(row: list[Any]) -> list[Node]:
    return [[word for block in _blocks(cell[4]) for word in block[1]] for cell in row[1]]


def _inlines(nodes: Iterable[dict[str, Any]]) -> list[Node]:
    """Inlines with neighbouring pieces of text in one."""
    joined: list[Node] = []
    for inline in _each(nodes):
        if inline[0] == "text" and joined and joined[-1][0] == "text":
            joined[-1][1] += inline[1]
        else:
            joined.append(inline)
    return [["text", text(node[1])] if node[0] == "text" else node for node in joined]


def _each(nodes: Iterable[dict[str, Any]]) -> Iterator[Node]:
    for node in nodes:
        kind: str = node["t"]
        content: Any = node.get("c")
        if kind == "Str":
            yield ["text", content]
        elif kind in _SPACE:
            yield ["text", " "]
        elif kind == "LineBreak":
            yield ["break"]
        elif kind in ("Strong", "Emph"):
            yield [kind.lower(), _inlines(content)]
        elif kind == "Quoted":
            opening, closing = _QUOTES[content[0]["t"]]
            yield ["text", opening]
            yield from _each(content[1])
            yield ["text", closing]
        elif kind == "Link":
            yield from _link(content[2][0], content[1])
        elif kind in _AS_TEXT:
            yield ["text", content[1]]
        elif kind in ("Span", "Image", "Cite"):
            yield from _each(content[1])
        elif kind == "Note":
            yield ["text", " ("]
            yield from (word for block in _blocks(content) for word in block[1])
            yield ["text", ")"]
        elif isinstance(content, list):
            yield from _each(content)


def _link(address: str, shown: list[dict[str, Any]]) -> Iterator[Node]:
    """A link where it leads to the web; on paper one to a page of the site is its words."""
    if address.startswith(("https://", "http://", "mailto:")):
        yield ["link", address, _inlines(shown)]
    else:
        yield from _each(shown)
