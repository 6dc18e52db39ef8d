"""Notebook cells as Quarto Markdown: what the options and tags of a cell show, and how."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import Any

from bcsp_analysis.errors import SiteError

from .document import Document, Origin
from .settings import Settings, as_list, read_yaml

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FOLDERS = re.compile(
    r"\b[A-Za-z]:(?:\\[^\\/:*?\"<>|\n]+)*\\(?=[^\\/\s]+\.\w)"
    r"|(?<![\w./:<-])(?:/[\w.@~+-]+)*/(?=[\w.-]+\.\w)"
)
_OBJECT = re.compile(r"^[\[({\s]*(?:<|Text\(|array\(\[<)")
_IMAGES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif"}
_MIMES = ("text/html", *_IMAGES, "text/markdown", "text/latex", "text/plain")
_OPTION = re.compile(
    r"label|echo|output|include|eval|warning|error|message|results|code-[\w-]+|classes|column|"
    r"layout(-ncol|-nrow|-valign)?|(fig|tbl|lst|cap)-[\w-]+|tags|id"
)


def read_notebook(doc: Document, text: str) -> None:
    """Add the cells of a notebook. Raises SiteError when it is not one of format 4."""
    try:
        _read_cells(doc, text, json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        where = f"{doc.source}:{getattr(error, 'lineno', 1)}"
        raise SiteError("not a notebook of format 4", where=where, found=repr(error)) from None


def _read_cells(doc: Document, text: str, notebook: Settings) -> None:
    language = notebook["metadata"].get("kernelspec", {}).get("language", "python")
    rows, at = text.split("\n"), 0
    for number, cell in enumerate(notebook["cells"], 1):
        source = "".join(cell["source"])
        first = json.dumps(source.split("\n")[0], ensure_ascii=False)[:-1]
        at = next((i for i in range(at, len(rows)) if source and first in rows[i]), at)
        origin = (doc.source, at + 1)
        if cell["cell_type"] == "code":
            _add_cell(doc, cell, source, language, origin, f"{doc.stem}_files/cell-{number}")
            continue
        title = re.match(r"\s*# (.+?)(?: \{[^}]*\})?(?:\n|$)", source)
        if title and not doc.meta.get("title") and not any(doc.lines):
            doc.meta = {**doc.meta, "title": title[1]}
            source = source[title.end() :]
        (doc.write_page if number == 1 else doc.write)(source, origin)
        doc.add("", origin)


def _add_cell(
    doc: Document, cell: Settings, source: str, language: str, origin: Origin, stem: str
) -> None:
    """Add one code cell with its outputs, as far as its options and tags show them."""
    rows, tags = source.split("\n"), set(cell["metadata"].get("tags", []))
    head = next((i for i, row in enumerate(rows) if not row.startswith("#|")), len(rows))
    own = read_yaml("\n".join(re.sub(r"^#\| ?", "", row) for row in rows[:head]), *origin)
    for name in own:
        if not _OPTION.fullmatch(name):
            doc.warn(f"unknown cell option: {name}", origin)
    execute = doc.meta.get("execute")
    options = {**doc.meta, **(execute if isinstance(execute, dict) else {}), **own}
    if options.get("include") is False or tags & {"remove-cell", "hide-cell"}:
        return
    parts, code = [], "\n".join(rows[head:]).strip("\n")
    if code and options.get("echo") is not False and "hide-code" not in tags:
        if own.get("echo") == "fenced":
            kept = [row for row in rows[:head] if not re.match(r"#\|\s*echo:", row)]
            code, language = "\n".join([f"```{{{language}}}", *kept, code, "```"]), "markdown"
        block, listing = _fenced(code, f".{language}"), {"lst-cap": own.get("lst-cap")}
        if (fold := options.get("code-fold")) in (True, "show"):
            fold_head = f"<details class='code-fold'{' open' if fold == 'show' else ''}><summary>"
            summary = options.get("code-summary", "Code")
            block = f"{fold_head}\n{summary}\n</summary>\n\n{block}\n\n</details>"
        named = own.get("lst-label") or own.get("lst-cap")
        parts.append(_div(block, str(own.get("lst-label", "")), **listing) if named else block)
    if options.get("output") is not False and "hide-output" not in tags:
        parts.append(_outputs(doc, cell.get("outputs", []), options, own, stem))
    text = "\n\n".join(part for part in parts if part)
    label, classes = str(own.get("label", "")), [str(c) for c in as_list(own.get("classes"))]
    label = "" if re.match("(fig|tbl|lst)-", label) else label
    classes += [f"column-{own['column']}"] if "column" in own else []
    if text:
        doc.add(_div(text, label, *classes) if label or classes else text, origin)
        doc.add("", origin)


def _outputs(
    doc: Document, outputs: list[Settings], options: Settings, own: Settings, stem: str
) -> str:
    """The outputs of a cell as Markdown, with captions, labels and layout."""
    mimes = [next((m for m in _MIMES if m in output.get("data", {})), "") for output in outputs]
    label = str(own.get("label", ""))
    kind = "tbl" if label.startswith("tbl-") or "tbl-cap" in own else "fig"
    label = label if label.startswith(kind) else ""
    caption, subcaptions = own.get(f"{kind}-cap"), own.get(f"{kind}-subcap")
    layout = {key: own[key] for key in ("layout", "layout-ncol", "layout-nrow") if key in own}
    floats = [i for i, m in enumerate(mimes) if m in _IMAGES or (m and kind == "tbl")]
    panel = bool(floats and subcaptions) or (
        len(floats) > 1 and not isinstance(caption, list) and bool(label or caption)
    )
    parts = []
    for number, (output, mime) in enumerate(zip(outputs, mimes, strict=True)):
        told = mime == "text/plain" and output["output_type"] == "execute_result"
        if told and set(mimes) & set(_IMAGES) and _OBJECT.match(_text(output, mime)):
            continue  # the text of the object that the image shows
        place = floats.index(number) if number in floats else 0
        alt = {"fig-alt": _nth(own.get("fig-alt"), place)}
        text = _output(doc, output, mime, {**options, **alt}, f"{stem}-{number + 1}")
        if number in floats:
            cap = _nth(subcaptions if panel else caption, place)
            ident = f"{label}-{place + 1}" if panel and subcaptions else "" if panel else label
            text = _div(text, ident, **{f"{kind}-cap": cap}) if ident or cap else text
        parts.append(text)
    body = "\n\n".join(part for part in parts if part)
    if panel:
        return _div(body, label, **{f"{kind}-cap": caption}, **layout)
    body = _div(body, **layout) if layout else body
    return body if floats or not isinstance(caption, str) else f"{body}\n\n{caption}"


def _output(doc: Document, output: Settings, mime: str, options: Settings, stem: str) -> str:
    """One output: an image, or a code block that the filter turns into content."""
    if output["output_type"] in ("stream", "error"):
        name = output.get("name") or "error"
        text = "".join(output.get("text", [])) or "\n".join(output.get("traceback", []))
        if name == "stderr" and options.get("warning") is False:
            return ""
        if name == "stdout" and options.get("output") == "asis":
            return _fenced(text, ".output-asis")
        text = _ANSI.sub("", text if name == "stdout" else _FOLDERS.sub("", _ANSI.sub("", text)))
        return _fenced(text.rstrip("\n"), f".output-{name}")
    if not mime:
        doc.warn(f"an output of an unknown kind: {', '.join(output['data'])}", len(doc.lines) - 1)
        return ""
    text = _text(output, mime)
    if mime in _IMAGES:
        path = f"{stem}.{_IMAGES[mime]}"
        doc.media[path] = text.encode() if mime == "image/svg+xml" else base64.b64decode(text)
        return f"![](<{path}>){{{''.join(_attributes(**{'fig-alt': options['fig-alt']}))}}}"
    return _fenced(_ANSI.sub("", text), f".output-{mime.removeprefix('text/')}")


def _text(output: Settings, mime: str) -> str:
    return "".join(output["data"][mime])


def _nth(value: Any, place: int) -> Any:
    """What an option that may be a list says for one of several figures or tables."""
    if isinstance(value, list):
        return value[place] if place < len(value) else None
    return value


def _fenced(text: str, kind: str) -> str:
    """A code block whose fence is longer than any in the text."""
    ticks = "`" * (max([2, *map(len, re.findall("`+", text))]) + 1)
    return f"{ticks}{{{kind}}}\n{text}\n{ticks}"


def _div(text: str, ident: str = "", *classes: str, **attributes: Any) -> str:
    """A div around Markdown of this module, which closes the divs that it opens."""
    names = [f"#{ident}"] if ident else []
    head = " ".join([*names, *(f".{c}" for c in classes), *_attributes(**attributes)])
    return f"::: {{{head}}}\n{text}\n:::"


def _attributes(**values: Any) -> list[str]:
    """Pandoc attributes, quoted so that any text survives."""
    quoted = {
        key: html.escape(re.sub(r"\s*\n\s*", " ", str(value)).strip()).replace("\\", "\\\\")
        for key, value in values.items()
        if value is not None
    }
    return [f'{key}="{value}"' for key, value in quoted.items()]
