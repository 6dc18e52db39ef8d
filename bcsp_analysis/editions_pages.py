"""The pages of an edition file: notebook, parameters and address, one by one or one for each.

An entry with the key `each` stands for many pages: ``each = "measure"`` for one page of every
measure of ``data/measures.toml``, ``each = "priority"`` for one of every priority. The page gets
the parameter of that name, and its address may hold ``{measure}`` or ``{priority}``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bcsp_analysis import checked, project
from bcsp_analysis.errors import EditionError

ParameterValue = str | int | float | bool

CATALOGUE = "data/measures.toml"
# Values of `each`, and the marks that an address may hold then.
EACH: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"measure": ("measure", "priority"), "priority": ("priority",)}
)

_ADDRESS = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*)*")
_MARK = re.compile(r"\{([^{}]*)\}")
# Folders that an engine writes into the site, and names that Windows keeps for devices.
_TAKEN = {"site-libs", "assets", "search", "404", "con", "prn", "aux", "nul"} | {
    f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10)
}


@dataclass(frozen=True)
class Page:
    """One page: a notebook, the parameters it runs with, and its address on the site.

    `title` and `description` replace those of the notebook where they are not empty. They are
    text: markup in them is shown as it was typed. `menu` puts a page that ``_quarto.yml`` does not
    name into the menu of that name; `under` is the address of the page that leads to this one,
    which comes after it in the order of reading.
    """

    notebook: Path
    address: str
    title: str
    description: str
    parameters: Mapping[str, ParameterValue]
    menu: str = ""
    under: str = ""


def read(entries: list[Any], where: str) -> tuple[Page, ...]:
    """The pages of the edition file `where`.

    Raises
    ------
    EditionError
        No page; a key that is unknown, missing or of the wrong type; a notebook that is not there;
        an address that is used twice, cannot be one or leaves the site; or an entry for many pages
        that would give all of them one address.
    """
    if not entries:
        raise EditionError("an edition has no page", where=where, expected="one [[pages]] or more")
    pages: list[Page] = []
    numbers: dict[str, int] = {}
    for number, entry in enumerate(entries, start=1):
        for page in _entry(entry, f"{where}, page {number}"):
            if page.address in numbers:
                raise EditionError(
                    "two pages of an edition have the same address",
                    where=f"{where}, page {number}, key address",
                    found=f"{page.address} (page {numbers[page.address]} has it too)",
                    expected="an address of its own for each page",
                )
            numbers[page.address] = number
            pages.append(page)
    for page in pages:
        if page.under and page.under not in numbers:
            raise EditionError(
                "a page is listed by one that is not there",
                where=f"{where}, page {numbers[page.address]}, key under",
                found=page.under,
                expected="the address of another page of the edition",
            )
    return tuple(pages)


def _entry(entry: Any, where: str) -> Iterator[Page]:
    """The page of one entry, or with the key `each` its pages."""
    checked.of_type(entry, dict, where)
    keys = checked.keys(
        entry,
        where,
        required={"notebook": str, "address": str},
        optional={
            "title": str,
            "description": str,
            "parameters": dict,
            "menu": str,
            "under": str,
            "each": str,
        },
    )
    if "each" not in keys:
        yield _page(keys, where)
        return
    each = keys.pop("each")
    _check_each(each, keys, where)
    for values in _values(each, where):
        own = [key for key in keys if key in ("address", "under")]
        filled: dict[str, Any] = {key: _filled(keys[key], values) for key in own}
        if not filled.get("under"):  # a measure of no priority is under no page
            filled.pop("under", None)
        rest = {key: value for key, value in keys.items() if key not in ("address", "under")}
        parameters = {**keys.get("parameters", {}), each: values[each]}
        yield _page({**rest, **filled, "parameters": parameters}, where)


def _check_each(each: str, keys: Mapping[str, Any], where: str) -> None:
    if each not in EACH:
        raise EditionError(
            "pages cannot be made for each of these",
            where=f"{where}, key each",
            found=repr(each),
            expected=" or ".join(f'"{name}"' for name in EACH),
        )
    for key in ("title", "description"):
        if key in keys:
            raise EditionError(
                "one text for many pages",
                where=f"{where}, key {key}",
                expected=f"no {key}, as the entry stands for many pages (each)",
                hint=f"write it in the notebook's front matter, with the mark [...]{{.{each}}}",
            )
    if each in keys.get("parameters", {}):
        raise EditionError(
            "a parameter that the key each sets is set a second time",
            where=f"{where}, parameters, key {each}",
            hint="remove it",
        )
    for key in ("address", "under"):
        for mark in _MARK.findall(keys.get(key, "")):
            if mark not in EACH[each]:
                raise EditionError(
                    "a mark that an address cannot have",
                    where=f"{where}, key {key}",
                    found=f"{{{mark}}}",
                    expected=" or ".join(f"{{{name}}}" for name in EACH[each]),
                )
    if f"{{{each}}}" not in keys["address"]:
        raise EditionError(
            "many pages with one address",
            where=f"{where}, key address",
            found=repr(keys["address"]),
            expected=f'an address with {{{each}}}, as in "{each}s/{{{each}}}"',
        )


def _values(each: str, where: str) -> Iterator[dict[str, str]]:
    """What the marks stand for, page by page, in the order of the catalogue.

    The catalogue is checked whole where its measures are used; here ids are enough.
    """
    file = project.path(*CATALOGUE.split("/"))
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        rows = [(str(row["id"]), str(row.get("priority", ""))) for row in content[each]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EditionError(
            f"the catalogue does not say which pages there are for each {each}",
            where=f"{where}, key each; {CATALOGUE}",
            found=f"{type(error).__name__}: {error}",
            expected=f'[[{each}]] entries, each with id = "..."',
        ) from error
    for name, priority in rows:
        yield {"priority": name} if each == "priority" else {"measure": name, "priority": priority}


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The address with its marks filled; empty where one of them stands for nothing."""
    used = _MARK.findall(text)
    if not all(values[mark] for mark in used):
        return ""
    return _MARK.sub(lambda match: values[match[1]], text)


def _page(keys: Mapping[str, Any], where: str) -> Page:
    notebook = checked.inside(keys["notebook"], f"{where}, key notebook")
    if notebook.suffix != ".ipynb" or not notebook.is_file():
        raise EditionError(
            "the notebook of a page is no notebook",
            where=f"{where}, key notebook",
            found=keys["notebook"],
            expected="an .ipynb file",
        )
    return Page(
        notebook=notebook,
        address=_address(keys["address"], f"{where}, key address"),
        title=checked.line(keys.get("title", ""), f"{where}, key title", empty=True),
        description=checked.line(
            keys.get("description", ""), f"{where}, key description", empty=True
        ),
        parameters=_parameters(keys.get("parameters", {}), f"{where}, parameters"),
        menu=checked.line(keys.get("menu", ""), f"{where}, key menu", empty=True),
        under=_address(keys["under"], f"{where}, key under") if "under" in keys else "",
    )


def _address(text: str, where: str) -> str:
    taken = next((part for part in text.split("/") if part in _TAKEN), None)
    if not _ADDRESS.fullmatch(text) or taken:
        raise EditionError(
            "an address that a page cannot have",
            where=where,
            found=repr(text) + (f" ({taken} is taken)" if taken else ""),
            expected="small letters, digits and hyphens, folders parted by /, no ending: "
            '"asb/seasonality"',
        )
    return text


def _parameters(table: Mapping[str, Any], where: str) -> dict[str, ParameterValue]:
    for name, value in table.items():
        if name == "edition":
            raise EditionError(
                "a page sets its own edition",
                where=f"{where}, key edition",
                hint="remove it; every notebook of an edition runs with that edition",
            )
        checked.of_type(value, (str, int, float, bool), f"{where}, key {name}")
    return dict(table)
