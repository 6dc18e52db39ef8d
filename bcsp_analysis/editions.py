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

from bcsp_analysis import checked, editions_pages, project, rules
from bcsp_analysis.editions_pages import Page, ParameterValue
from bcsp_analysis.errors import EditionError, PeriodError
from bcsp_analysis.periods import Month, Quarter
from bcsp_analysis.rules import Rules

__all__ = [
    "DataPaths",
    "Edition",
    "Page",
    "ParameterValue",
    "Rules",
    "default",
    "files",
    "load",
]

SETTING = "BCSP_EDITION"
FOLDER = "editions"
ARCHIVE = "archive"  # where the sites of earlier editions stand in the newest one

# Keys of [data] that name a folder, and what lies in it.
_FOLDERS = {
    "report": "a folder with performance.csv",
    "store": "a folder that `bcsp ingest` has filled",
    "areas": "a folder with lsoa-ward.csv, as `bcsp fetch areas` writes it",
}

_AREA_CODE = re.compile(r"[A-Z]\d{8}")


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


def earlier(edition: Edition) -> Edition | None:
    """The latest edition of an earlier quarter and of the same area; None where there is none.

    Of several for one quarter the one with the same ending (as in ``2023-24-q1-local``) counts,
    else the first by name.

    Raises
    ------
    EditionError
        The file of an earlier edition cannot be used.
    """
    ending = edition.slug.removeprefix(edition.quarter.slug)
    before = [(_quarter_of(file), file) for file in files().values()]
    before = [(quarter, file) for quarter, file in before if quarter < edition.quarter]
    ranked = sorted(
        before,
        key=lambda one: (one[0], one[1].stem == one[0].slug + ending),
        reverse=True,
    )
    loaded = (load(file) for _, file in ranked)
    return next((one for one in loaded if one.area_code == edition.area_code), None)


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
        pages=editions_pages.read(top["pages"], where),
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
