"""Notebook cells as Quarto Markdown: what the options and tags of a cell show, and how."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import Any

from bcsp_analysis.errors import SiteError

from .document import Document, Origin, take_front_matter
from .settings import Settings, as_list, read_yaml

_FENCE = re.compile(r"^(`{3,}|~{3,})\s*([^`]*?)\s*$")
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
    r"layout(-ncol|-nrow|-valign)?|(fig|tbl|lst|cap)-[\w-]+|filename|tags|id"
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
        origin, stem = (doc.source, at + 1), f"{doc.stem}_files/cell-{number}"
        if cell["cell_type"] == "code":
            tags = set(cell["metadata"].get("tags", []))
            add_cell(doc, source, language, origin, cell.get("outputs", []), tags, stem)
            continue
        title = re.match(r"\s*# (.+?)(?: \{[^}]*\})?(?:\n|$)", source)
        if title and not doc.meta.get("title") and not any(doc.lines):
            doc.meta = {**doc.meta, "title": title[1]}
            source = source[title.end() :]
        for name, data in cell.get("attachments", {}).items():
            doc.media[f"{stem}-{name}"] = base64.b64decode(next(iter(data.values())))
            source = source.replace(f"attachment:{name}", f"<{stem}-{name}>")
        if "html" in cell["metadata"].get("raw_mimetype", ""):
            source = _fenced(source, "=html")
        if number == 1:
            take_front_matter(doc, source, origin)
        else:
            doc.add(source, origin)
        doc.add("", origin)


def show_code(doc: Document) -> None:
    """Code cells of a .qmd become code, as nothing is executed; ``{{python}}`` is shown as is."""
    lines, origins, doc.lines, doc.origins = doc.lines, doc.origins, [], []
    start = -1
    for number, (line, origin) in enumerate(zip(lines, origins, strict=True)):
        fence = _FENCE.match(line)
        if start < 0 and fence:
            start, ticks, info = number, fence[1], fence[2]
        elif start >= 0 and fence and not fence[2] and fence[1].startswith(ticks):
            body = "\n".join(lines[start + 1 : number])
            if cell := re.match(r"\{(\w+)[ ,}]", info):
                doc.warn("a code cell in a .qmd is not executed", origins[start])
                add_cell(doc, body, cell[1], origins[start])
            elif re.match(r"\{\{\w+\}\}$", info):
                doc.add(_fenced(f"{ticks}{info[1:-1]}\n{body}\n{ticks}", ".markdown"), origin, 0)
            else:
                doc.lines += lines[start : number + 1]
                doc.origins += origins[start : number + 1]
            start = -1
        elif start < 0:
            doc.add(line, origin)
    if start >= 0:
        doc.lines += lines[start:]
        doc.origins += origins[start:]


def add_cell(
    doc: Document,
    source: str,
    language: str,
    origin: Origin,
    outputs: list[Settings] | None = None,
    tags: set[str] = frozenset(),  # type: ignore[assignment]
    stem: str = "",
) -> None:
    """Add one code cell with its outputs, as far as its options and tags show them."""
    rows = source.split("\n")
    head = next((i for i, row in enumerate(rows) if not row.startswith("#|")), len(rows))
    own = read_yaml("\n".join(re.sub(r"^#\| ?", "", row) for row in rows[:head]), *origin)
    for name in own:
        if not _OPTION.fullmatch(name):
            doc.warn(f"unknown cell option: {name}", origin)
    execute = doc.meta.get("execute")
    options = {**doc.meta, **(execute if isinstance(execute, dict) else {}), **own}
    if options.get("include") is False or tags & {"remove-cell", "hide-cell"}:
        return
    parts = []
    code = "\n".join(rows[head:]).strip("\n")
    if code and options.get("echo") is not False and "hide-code" not in tags:
        if own.get("echo") == "fenced":
            kept = [row for row in rows[:head] if not re.match(r"#\|\s*echo:", row)]
            code, language = "\n".join([f"```{{{language}}}", *kept, code, "```"]), "markdown"
        fold = {True: "closed", "show": "open"}.get(options.get("code-fold"))
        summary = options.get("code-summary", "Code") if fold else None
        names = {"filename": own.get("filename"), "lst-cap": own.get("lst-cap")}
        ident = str(own.get("lst-label", ""))
        parts.append(_held(doc, code, f".{language}", ident, fold=fold, summary=summary, **names))
    if options.get("output") is not False and "hide-output" not in tags:
        parts.append(_outputs(doc, outputs or [], options, own, stem))
    text = "\n\n".join(part for part in parts if part)
    label, classes = str(own.get("label", "")), [str(c) for c in as_list(own.get("classes"))]
    label = "" if re.match("(fig|tbl|lst)-", label) else label
    classes += [f"column-{own['column']}"] if "column" in own else []
    if text:
        doc.add(_div(text, label, *classes) if label or classes else text, origin, 0)
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
        text = _output(doc, output, mime, options, f"{stem}-{number + 1}")
        if mime == "text/plain" and output["output_type"] == "execute_result":
            shows_image = any(m in _IMAGES for m in mimes)
            if shows_image and _OBJECT.match("".join(output["data"][mime])):
                continue  # the text of the object that the image shows
        if number in floats:
            place = floats.index(number)
            text = text.replace(
                "{}", f"{{{_attributes(**{'fig-alt': _nth(own.get('fig-alt'), place)})}}}"
            )
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
    """One output: an image, or a block whose text is held back."""
    kind, name = output["output_type"], output.get("name")
    if kind in ("stream", "error"):
        text = _ANSI.sub(
            "", "".join(output.get("text", [])) or "\n".join(output.get("traceback", []))
        )
        if name == "stderr" and options.get("warning") is False:
            return ""
        if name == "stdout" and options.get("output") == "asis":
            return _held(doc, text, ".output-asis")
        text = text if name == "stdout" else _FOLDERS.sub("", text)
        return _held(doc, text.rstrip("\n"), f".output-{name or 'error'}")
    if not mime:
        doc.warn(f"an output of an unknown kind: {', '.join(output['data'])}", len(doc.lines) - 1)
        return ""
    text = "".join(output["data"][mime])
    if mime in _IMAGES:
        path = f"{stem}.{_IMAGES[mime]}"
        doc.media[path] = text.encode() if mime == "image/svg+xml" else base64.b64decode(text)
        return f"![](<{path}>){{}}"
    return _held(doc, _ANSI.sub("", text), f".output-{mime.removeprefix('text/')}")


def _nth(value: Any, place: int) -> Any:
    """What an option that may be a list says for one of several figures or tables."""
    if isinstance(value, list):
        return value[place] if place < len(value) else None
    return value


def _held(doc: Document, text: str, kind: str, ident: str = "", **attributes: Any) -> str:
    """A code block whose text is held back until shortcodes have run."""
    doc.held.append(text)
    opening, *_, closing = _fenced(text, kind, ident, **attributes).split("\n")
    return f"{opening}\n\ue000{len(doc.held) - 1}\ue001\n{closing}"


def _fenced(text: str, kind: str, ident: str = "", **attributes: Any) -> str:
    """A code block whose fence is longer than any in the text."""
    ticks = "`" * (max([2, *map(len, re.findall("`+", text))]) + 1)
    head = _braces(kind, f"#{ident}" if ident else "", _attributes(**attributes))
    return f"{ticks}{head}\n{text}\n{ticks}"


def _div(text: str, ident: str = "", *classes: str, **attributes: Any) -> str:
    """A div around Markdown of this module, which closes the divs that it opens."""
    head = [f"#{ident}" if ident else "", *(f".{c}" for c in classes), _attributes(**attributes)]
    return f"::: {_braces(*head)}\n{text}\n:::"


def _braces(*parts: str) -> str:
    return "{" + " ".join(part for part in parts if part) + "}"


def _attributes(**values: Any) -> str:
    """Pandoc attributes, quoted so that any text survives."""
    quoted = {
        key: html.escape(re.sub(r"\s*\n\s*", " ", str(value)).strip()).replace("\\", "\\\\")
        for key, value in values.items()
        if value is not None
    }
    return " ".join(f'{key}="{value}"' for key, value in quoted.items())
