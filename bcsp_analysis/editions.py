"""Edition files: each the whole description of one publication, checked before anything runs."""

from __future__ import annotations

import datetime
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bcsp_analysis import checked, project, rules
from bcsp_analysis.errors import EditionError, PeriodError
from bcsp_analysis.periods import Month, Quarter
from bcsp_analysis.rules import Rules

SETTING = "BCSP_EDITION"
FOLDER = "editions"

ParameterValue = str | int | float | bool

# Keys of [data] that name a folder, and what lies in it.
_FOLDERS = {
    "report": "a folder with performance.csv",
    "store": "a folder that `bcsp ingest` has filled",
    "areas": "a folder with lsoa-ward.csv, as `bcsp fetch areas` writes it",
}

_ADDRESS = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*)*")
_AREA_CODE = re.compile(r"[A-Z]\d{8}")
# Folders that an engine writes into the site, and names that Windows keeps for devices.
_TAKEN = {"site-libs", "assets", "search", "404", "con", "prn", "aux", "nul"} | {
    f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10)
}


@dataclass(frozen=True)
class DataPaths:
    """Where the figures of an edition lie: a folder with the report's tables, and CSV files.

    Monthly incidents come from either `monthly`, a CSV file, or `store`, a folder that
    `bcsp ingest` has filled; the other one is None. With a store go `areas` (a folder of lookups
    and boundaries, see `sources.area_folder`) and `first_month` (where the series begin, if later
    than the store).
    `elsewhere` (monthly counts of other forces) and `comparators` (rates of the areas of the most
    similar group) are None where an edition does without.
    """

    report: Path
    prices: Path
    monthly: Path | None = None
    store: Path | None = None
    areas: Path | None = None
    first_month: Month | None = None
    elsewhere: Path | None = None
    comparators: Path | None = None

    @property
    def incidents(self) -> Path:
        """What the monthly incidents come from: the file, or the store."""
        found = self.monthly or self.store
        assert found is not None  # `load` sees to it
        return found


@dataclass(frozen=True)
class Page:
    """One page: a notebook, the parameters it runs with, and its address on the site.

    `title` and `description` replace those of the notebook where they are not empty. They are
    text: markup in them is shown as it was typed. `menu` puts a page that ``_quarto.yml`` does not
    name into the menu of that name; `under` is the address of the page that lists this one.
    """

    notebook: Path
    address: str
    title: str
    description: str
    parameters: Mapping[str, ParameterValue]
    menu: str = ""
    under: str = ""


@dataclass(frozen=True)
class Edition:
    """One publication: its quarter, area, data, rules and pages.

    `published` is None as long as the file holds an empty date.
    """

    slug: str
    file: Path
    title: str
    quarter: Quarter
    area: str
    area_code: str
    published: datetime.date | None
    data: DataPaths
    rules: Rules
    pages: tuple[Page, ...]


def files() -> dict[str, Path]:
    """Edition files of the project by slug, oldest quarter first.

    Raises
    ------
    EditionError
        A file whose name does not begin with a quarter, such as ``2023-24-q2.toml``.
    """
    found = {path.stem: path for path in project.path(FOLDER).glob("*.toml")}
    return {slug: found[slug] for slug in sorted(found, key=lambda s: (_quarter_of(found[s]), s))}


def default() -> Edition:
    """The edition that the setting ``BCSP_EDITION`` names, else the newest one.

    Raises
    ------
    EditionError
        There is no edition file, or the chosen one cannot be used.
    """
    chosen = os.environ.get(SETTING, "").strip()
    if chosen:
        return load(chosen)
    known = files()
    if not known:
        raise EditionError(
            "the project has no edition",
            where=f"{FOLDER}/",
            expected="a file such as 2023-24-q2.toml",
        )
    return load(list(known)[-1])


def load(name: str | Path) -> Edition:
    """Read and check one edition.

    Parameters
    ----------
    name : str or Path
        Slug (``"2023-24-q2"``), quarter (``"2023/24 Q2"``) or path of a ``.toml`` file.

    Raises
    ------
    EditionError
        No such edition; or a key that is unknown, missing, of the wrong type or out of range; a
        file that is not there; an address that is used twice or leaves the site.
    """
    file = _find(name)
    where = project.relative(file)
    top = checked.keys(
        _read(file),
        where,
        required={
            "title": str,
            "quarter": str,
            "area": str,
            "area_code": str,
            "published": (str, datetime.date),
            "data": dict,
            "rules": dict,
            "pages": list,
        },
    )
    quarter = _quarter(top["quarter"], where)
    if file.stem != quarter.slug and not file.stem.startswith(quarter.slug + "-"):
        raise EditionError(
            "the file name and the quarter do not agree",
            where=f"{where}, key quarter",
            found=f"{quarter.label} in {file.name}",
            expected=f"a file name that begins with {quarter.slug}",
        )
    return Edition(
        slug=file.stem,
        file=file,
        title=checked.line(top["title"], f"{where}, key title"),
        quarter=quarter,
        area=checked.line(top["area"], f"{where}, key area"),
        area_code=_area_code(top["area_code"], where),
        published=_published(top["published"], where),
        data=_data(top["data"], where),
        rules=rules.read(top["rules"], where),
        pages=_pages(top["pages"], where),
    )


def _find(name: str | Path) -> Path:
    text = str(name).strip()
    if isinstance(name, Path) or text.endswith(".toml"):
        file = Path(text) if Path(text).is_file() else project.path(text)
        if file.is_file():
            return file.resolve()
        raise EditionError("no such edition file", where=text, expected="an existing .toml file")
    try:
        slug = Quarter.parse(text).slug
    except PeriodError:
        slug = text
    known = files()
    if slug in known:
        return known[slug]
    raise EditionError(
        "no such edition",
        where=f"{FOLDER}/",
        found=repr(text),
        expected="one of " + (", ".join(known) or "(there is none)"),
        hint=f'`bcsp new-edition "{text}"` makes the next one from the last',
    )


def _read(file: Path) -> dict[str, Any]:
    where = project.relative(file)
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8"))
    except UnicodeDecodeError as error:
        raise EditionError(
            "an edition file is not UTF-8 text",
            where=f"{where}, byte {error.start}",
            hint="save it again with the encoding UTF-8",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise EditionError(
            "an edition file is not TOML",
            where=where,
            found=str(error),
            hint='text stands in quotes, as in title = "Assessment"',
        ) from error


def _quarter(text: str, where: str) -> Quarter:
    try:
        return Quarter.parse(text)
    except PeriodError as error:
        raise EditionError(
            error.problem,
            where=f"{where}, key quarter",
            found=error.found,
            expected=error.expected,
        ) from error


def _quarter_of(file: Path) -> Quarter:
    try:
        return Quarter.parse(file.stem[:10])
    except PeriodError as error:
        raise EditionError(
            "the name of an edition file does not begin with a quarter",
            where=project.relative(file),
            expected="a name such as 2023-24-q2.toml",
        ) from error


def _area_code(text: str, where: str) -> str:
    if not _AREA_CODE.fullmatch(text):
        raise EditionError(
            "not a code of an area",
            where=f"{where}, key area_code",
            found=repr(text),
            expected='one capital letter and eight digits, "E08000025"',
        )
    return text


def _published(value: str | datetime.date, where: str) -> datetime.date | None:
    if isinstance(value, datetime.date):
        return value
    if not value:
        return None
    try:
        return datetime.date.fromisoformat(value)
    except ValueError as error:
        raise EditionError(
            "not a date",
            where=f"{where}, key published",
            found=repr(value),
            expected='ISO text, "2023-12-31", or "" while it is not published',
        ) from error


def _data(table: Mapping[str, Any], where: str) -> DataPaths:
    where = f"{where}, [data]"
    keys = checked.keys(
        table,
        where,
        required={"report": str, "prices": str},
        optional=dict.fromkeys(
            ("monthly", "store", "areas", "first_month", "elsewhere", "comparators"), str
        ),
    )
    if ("monthly" in keys) == ("store" in keys):
        raise EditionError(
            "an edition takes its monthly incidents from one place",
            where=where,
            found="both monthly and store" if "store" in keys else "neither monthly nor store",
            expected='monthly = "data/monthly/birmingham.csv", or store = "data/store"',
        )
    for key in {"areas", "first_month"} & set(keys) if "store" not in keys else ():
        raise EditionError(
            f"the key {key} goes with a store",
            where=f"{where}, key {key}",
            expected='store = "data/store" in the place of monthly',
        )
    first = keys.pop("first_month", None)
    paths = {key: checked.inside(keys[key], f"{where}, key {key}") for key in keys}
    for key in paths.keys() - _FOLDERS.keys():
        if not paths[key].is_file():
            raise EditionError(
                "an edition names a folder where it needs a file",
                where=f"{where}, key {key}",
                found=keys[key],
                expected="a CSV file",
            )
    for key in paths.keys() & _FOLDERS.keys():
        if not paths[key].is_dir():
            raise EditionError(
                f"the {key} of an edition is a folder",
                where=f"{where}, key {key}",
                found=keys[key],
                expected=_FOLDERS[key],
            )
    return DataPaths(**paths, first_month=_month(first, where) if first else None)


def _month(text: str, where: str) -> Month:
    try:
        return Month.parse(text)
    except PeriodError as error:
        raise EditionError(
            error.problem,
            where=f"{where}, key first_month",
            found=error.found,
            expected=error.expected,
        ) from error


def _pages(entries: list[Any], where: str) -> tuple[Page, ...]:
    if not entries:
        raise EditionError("an edition has no page", where=where, expected="one [[pages]] or more")
    pages: list[Page] = []
    for number, entry in enumerate(entries, start=1):
        page = _page(entry, f"{where}, page {number}")
        for earlier_number, earlier in enumerate(pages, start=1):
            if page.address == earlier.address:
                raise EditionError(
                    "two pages of an edition have the same address",
                    where=f"{where}, page {number}, key address",
                    found=f"{page.address} (page {earlier_number} has it too)",
                    expected="an address of its own for each page",
                )
        pages.append(page)
    addresses = {page.address for page in pages}
    for number, page in enumerate(pages, start=1):
        if page.under and page.under not in addresses:
            raise EditionError(
                "a page is listed by one that is not there",
                where=f"{where}, page {number}, key under",
                found=page.under,
                expected="the address of another page of the edition",
            )
    return tuple(pages)


def _page(entry: Any, where: str) -> Page:
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
        },
    )
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
