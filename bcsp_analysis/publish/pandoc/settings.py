"""What project, folder and page say in YAML, read as Quarto reads it."""

from __future__ import annotations

import posixpath
import re
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bcsp_analysis.errors import SiteError

Settings = dict[str, Any]


_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, if here


class _Yaml(_Loader):  # type: ignore[valid-type, misc]
    """YAML 1.2 scalars: ``yes`` and dates stay text."""


_Yaml.yaml_implicit_resolvers = {
    first: [(tag, rx) for tag, rx in rules if not tag.endswith((":timestamp", ":bool", ":int"))]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _kind, _pattern in (("bool", "true|True|false|False"), ("int", r"[-+]?(?:0|[1-9]\d*)")):
    _Yaml.add_implicit_resolver(
        f"tag:yaml.org,2002:{_kind}", re.compile(f"^(?:{_pattern})$"), list("tTfF-+0123456789")
    )


def read_text(path: Path, name: str) -> str:
    """The text of a UTF-8 file. Raises SiteError for any other encoding, or without the file."""
    try:
        return path.read_text("utf-8-sig")
    except (UnicodeDecodeError, OSError) as error:
        raise SiteError(
            "cannot read the file as UTF-8 text", where=name, found=str(error)
        ) from None


def read_yaml(text: str, name: str, first_line: int = 1) -> Settings:
    """A mapping from YAML text. Raises SiteError with file and line when it is not one."""
    try:
        value = yaml.load(text, Loader=_Yaml) or {}
    except yaml.YAMLError as error:
        line = first_line + getattr(getattr(error, "problem_mark", None), "line", 0)
        problem = getattr(error, "problem", None) or str(error)
        raise SiteError("not valid YAML", where=f"{name}:{line}", found=problem) from None
    if not isinstance(value, dict):
        where = f"{name}:{first_line}"
        raise SiteError("YAML that is not a mapping", where=where, found=repr(value)[:80])
    return value


def settings(meta: Settings, folder: str) -> Settings:
    """What a mapping says for HTML pages, its paths (from ``folder``) made the project's."""
    form = meta.get("format")
    html = form.get("html") if isinstance(form, dict) else None
    flat = merge(html if isinstance(html, dict) else {}, meta)
    if "css" in flat:
        flat["css"] = [in_project(str(path), folder) for path in as_list(flat["css"])]
    return flat


def merge(base: Settings, over: Settings) -> Settings:
    """``over`` laid on ``base``; mappings merge, style sheets add up."""
    out = dict(base)
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merge(out[key], value)
        elif key == "css" and key in out:
            out[key] = list(dict.fromkeys([*as_list(out[key]), *as_list(value)]))
        else:
            out[key] = value
    return out


def in_project(path: str, folder: str) -> str:
    """A path as written in a file of ``folder``, from the project's root, where ``/`` starts."""
    path = path.lstrip("/") if path.startswith("/") else f"{folder}/{path}".lstrip("/")
    return posixpath.normpath(path or ".").removeprefix("./")


def as_list(value: Any) -> list[Any]:
    """A value that may stand alone, as a list."""
    return [] if value is None else value if isinstance(value, list) else [value]


def show_date(value: Any, lang: str, where: str) -> str:
    """An ISO date as the reader sees it. Raises SiteError for a date in any other form."""
    try:
        day = date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        raise SiteError(
            "a date that is not ISO", where=where, found=str(value), expected="such as 2024-01-31"
        ) from None
    if not lang.startswith("en"):
        return day.isoformat()
    american = lang in ("en", "en-US")
    return f"{day:%B} {day.day}, {day.year}" if american else f"{day.day} {day:%B} {day.year}"
