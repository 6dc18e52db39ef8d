"""The site's description, ``_quarto.yml``, with an edition's pages in place of committed files."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bcsp_analysis.errors import SiteError
from bcsp_analysis.publish import markdown, parameters
from bcsp_analysis.publish.places import (
    CHOICE,
    CONFIG,
    ELSEWHERE,
    PAGE_ENDINGS,
    Places,
    followed,
    moved,
)

_FILE = re.compile(r"\S{0,200}\.\w{1,12}")


def rewritten(config: dict[str, Any], places: Places, sources: list[str]) -> dict[str, Any]:
    """Settings of the assembled project.

    Parameters
    ----------
    config : dict
        Content of the repository's ``_quarto.yml``.
    places : Places
        Where its files lie; hears of every file that the settings need.
    sources : list of str
        Pages of the assembled project, which is all that an engine renders.

    Raises
    ------
    SiteError
        The navigation names a page that is not there.
    """
    kind = dict(config.get("project") or {})
    patterns = [str(pattern) for pattern in _listed(kind.pop("resources", None))]
    kind.pop("render", None)
    settings = _files_in({**config, "project": kind, "website": {}}, places)
    settings["website"] = {
        key: _navigation(value, key, places)
        if key in ("navbar", "sidebar", "page-footer")
        else _files_in(value, places)
        for key, value in (config.get("website") or {}).items()
    }
    _add_menus(settings["website"], places)
    _add_under(settings["website"], places)
    settings["project"] |= {
        "type": "website",
        "render": sources,
        "resources": _resources(patterns, places),
    }
    settings["execute"] = {"enabled": False}  # papermill did; an engine only renders
    return dict(settings)


def _files_in(value: Any, places: Places) -> Any:
    """The same value, with files at their places, links followed and marks filled."""
    if isinstance(value, dict):
        return {key: _files_in(item, places) for key, item in value.items()}
    if isinstance(value, list):
        return [_files_in(item, places) for item in value]
    if not isinstance(value, str):
        return value
    place = (
        places.of_file(value.removeprefix("/"), publish=False) if _FILE.fullmatch(value) else None
    )
    if place:
        return place
    text = markdown.fill(value, places.marks)
    return markdown.rewrite_links(text, lambda link: followed(link, CONFIG, CONFIG, places, {}))


def _resources(patterns: list[str], places: Places) -> list[str]:
    """Every file that pages and settings name, and those that the patterns of the project mean."""
    for pattern in patterns:
        if pattern.startswith("!"):
            continue
        for file in sorted(places.root.glob(pattern)):
            for one in sorted(file.rglob("*")) if file.is_dir() else [file]:
                if one.is_file():
                    places.of_file(one.relative_to(places.root).as_posix(), publish=True)
    dropped = [moved(pattern[1:]) for pattern in patterns if pattern.startswith("!")]
    return sorted(
        place
        for place in places.published
        if not any(fnmatch.fnmatch(place, pattern) for pattern in dropped)
    )


def _navigation(value: Any, kind: str, places: Places) -> Any:
    """Navbar, sidebars or footer, with the edition's pages in the place of committed files."""
    if isinstance(value, list):
        return _distinct(item for entry in value for item in _items(entry, kind, places))
    if isinstance(value, dict):
        lists = ("left", "right", "center", "tools", "contents", "menu")
        return {
            key: _navigation(item, "menu" if key == "menu" else kind, places)
            if key in lists and isinstance(item, list)
            else (item if key in ("href", "file") else _files_in(item, places))
            for key, item in value.items()
        }
    return _files_in(value, places)


def _distinct(entries: Iterable[Any]) -> list[Any]:
    """Entries without those that lead where an earlier one of the same list leads."""
    seen: set[str] = set()
    kept = []
    for entry in entries:
        href = entry.get("href") if isinstance(entry, dict) else entry
        if isinstance(href, str) and href.endswith(PAGE_ENDINGS):
            if href in seen:
                continue
            seen.add(href)
        kept.append(entry)
    return kept


def _items(entry: Any, kind: str, places: Places) -> list[Any]:
    """What one entry of a navigation becomes: usually one entry, several for several pages."""
    if isinstance(entry, str):
        targets = _targets(entry, places)
        return [entry] if targets is None else list(targets)
    if not isinstance(entry, dict):
        return [entry]
    entry = _navigation(entry, kind, places)
    href = entry.get("href", entry.get("file"))
    targets = None if href is None else _targets(str(href), places)
    if targets is None:
        return [entry]
    rest = {key: item for key, item in entry.items() if key not in ("href", "file")}
    if len(targets) == 1:
        return [{"href": targets[0], **rest}]
    if not targets:
        return [rest] if {"menu", "contents"} & set(rest) else []
    if kind == "menu":
        return _in_menu(targets, places)
    if "text" not in rest or kind == "page-footer":
        return [{"href": target} for target in targets]
    if kind == "sidebar":
        return [{"section": rest.pop("text"), **rest, "contents": targets}]
    return [{**rest, "menu": [{"href": target} for target in targets]}]


def _in_menu(targets: Sequence[str], places: Places) -> list[dict[str, str]]:
    """Several pages in one menu: measures by their names, under the priority that they serve."""
    pages = {f"{page.address}.ipynb": page for held in places.pages.values() for page in held}
    groups: dict[str, list[dict[str, str]]] = {}
    for target in targets:
        page = pages.get(target)
        named = parameters.of_catalogue(page.parameters) if page else {}
        above = pages.get(f"{page.under}.ipynb") if page else None
        heading = parameters.of_catalogue(above.parameters).get("priority", "") if above else ""
        entry = {"href": target} | ({"text": named["measure"]} if "measure" in named else {})
        groups.setdefault(heading, []).append(entry)
    entries = groups.pop("", [])
    for heading, held in groups.items():
        entries += [{"text": heading}, *held]
    return entries


def _targets(href: str, places: Places) -> list[str] | None:
    """Pages that an entry leads to; None where it is no page (an address elsewhere, a rule)."""
    path, mark, fragment = href.partition("#")
    if ELSEWHERE.match(href):
        return None
    source = posixpath.normpath(path.lstrip("/"))
    choice = CHOICE.fullmatch(fragment)
    if source in places.pages and choice:
        fitting = places.fitting(source, {choice[1]: choice[2]})
        if not fitting:
            places.warnings.append(f"{CONFIG}: {href} is no page of the edition and is left out")
        return [f"{page.address}.ipynb" for page in fitting]
    if source in places.pages:
        return [f"{page.address}.ipynb{mark}{fragment}" for page in places.pages[source]]
    if source in places.written:
        return [places.written[source] + mark + fragment]
    if "*" in source:
        return _matching(source, places)
    if not source.endswith(PAGE_ENDINGS):
        file = places.of_file(source, publish=True)
        return [file] if file else None
    if not (places.root / source).is_file():
        raise SiteError(
            "the navigation names a page that is not there",
            where=CONFIG,
            found=href,
            expected="a notebook or a .qmd file of the project",
        )
    places.warnings.append(f"{CONFIG}: {source} is no page of the edition and is left out")
    return []


def _matching(pattern: str, places: Places) -> list[str]:
    found = [
        f"{page.address}.ipynb"
        for source, pages in places.pages.items()
        if fnmatch.fnmatch(source, pattern)
        for page in pages
    ]
    return found + [
        place for source, place in places.written.items() if fnmatch.fnmatch(source, pattern)
    ]


def navigated(settings: Mapping[str, Any]) -> Iterator[str]:
    """Every page that a navigation leads to."""

    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield value.partition("#")[0]
        elif isinstance(value, (dict, list)):
            for item in value.values() if isinstance(value, dict) else value:
                yield from walk(item)

    website = settings["website"]
    for key in ("navbar", "sidebar", "page-footer"):
        yield from walk(website.get(key))


def _add_menus(website: dict[str, Any], places: Places) -> None:
    """Put pages that name a menu into it, and at the end of the reading order."""
    named = {target for target in navigated({"website": website}) if target}
    bar = website.get("navbar")
    side = website.get("sidebar")
    for page in (page for pages in places.pages.values() for page in pages if page.menu):
        place = f"{page.address}.ipynb"
        if place in named:
            continue
        if isinstance(bar, dict):
            left = bar.setdefault("left", [])
            menu = next((e for e in left if isinstance(e, dict) and e.get("text") == page.menu), {})
            if not menu:
                menu = {"text": page.menu, "menu": []}
                left.append(menu)
            menu["menu"].append({"href": place})
        if isinstance(side, dict) and isinstance(side.get("contents"), list):
            side["contents"].append({"href": place})


def _add_under(website: dict[str, Any], places: Places) -> None:
    """Put pages that stand under another one after it in the order of reading.

    The sidebar holds that order; a page that it names already, or whose parent it does not name at
    its first level, is left where it is.
    """
    side = website.get("sidebar")
    if not isinstance(side, dict) or not isinstance(side.get("contents"), list):
        return
    named = {target for target in navigated({"website": {"sidebar": side}}) if target}
    following: dict[str, list[dict[str, str]]] = {}
    for page in (page for pages in places.pages.values() for page in pages if page.under):
        place = f"{page.address}.ipynb"
        if place not in named:
            title = parameters.of_catalogue(page.parameters).get("measure")
            entry = {"href": place} | ({"text": title} if title else {})
            following.setdefault(f"{page.under}.ipynb", []).append(entry)
    contents = []
    for item in side["contents"]:
        contents.append(item)
        href = item.get("href") if isinstance(item, dict) else item
        contents += following.pop(str(href), [])
    side["contents"] = contents


def _listed(value: Any) -> Iterable[Any]:
    if value is None or isinstance(value, dict):
        return ()
    return value if isinstance(value, list) else (value,)
