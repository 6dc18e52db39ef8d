"""An opened store, and which of its rows a query is about."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from bcsp_analysis import ledger, project
from bcsp_analysis.errors import AreaCodeError, DataError, StoreError
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import store_files, vintages
from bcsp_analysis.sources.completeness import Flag
from bcsp_analysis.sources.store_files import State
from bcsp_analysis.sources.street_rules import AREA_CODE, CATEGORIES

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, Table

EXPECTED_AFTER = 10
NAME_END = 5  # " 031A" after the district

Area = str | Collection[str] | None
"""None for everything; a code of a small area; a district (``"Birmingham"``) as the names of small
areas begin; `counting.NO_LOCATION` or `counting.NO_AREA`; or a collection of codes."""


@dataclass(frozen=True)
class Store:
    """An opened store: one state of it, which an ingest under way does not change."""

    folder: Path
    state: State

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Months that should not be used as they are."""
        return tuple(Flag(**flag) for flag in self.state.flags)


def open_store(folder: Path | None = None) -> Store:
    """Open a store; ``BCSP_STORE``, else ``data/store``, if no folder is given.

    Raises
    ------
    StoreError
        There is none, or it cannot be read.
    """
    chosen = folder or store_files.default_folder()
    state = store_files.read_state(chosen)
    if state is None:
        raise StoreError(
            "there is no store",
            where=project.relative(chosen),
            hint="read street-level files with `bcsp ingest PATH`",
        )
    return Store(chosen, state)


def forces(store: Store) -> list[str]:
    """Police forces of the store, as their files name them."""
    return sorted(store.state.months)


def months(store: Store, force: str | None = None) -> list[Month]:
    """Months held, of one force or of any, in order."""
    names = [known_force(store, force)] if force else forces(store)
    return sorted({Month.parse(month) for name in names for month in store.state.months[name]})


def lookup(store: Store) -> vintages.Lookup:
    """Comparable area of each code; empty where the store has no lookup."""
    return _lookup(store.folder, store.state.lookup) if store.state.lookup else {}


@lru_cache(maxsize=4)
def _lookup(folder: Path, name: str) -> dict[str, str]:
    return store_files.read_json(folder, name)


def frame(expression: Table, texts: Sequence[str]) -> pd.DataFrame:
    """Rows of an expression; the columns of `texts` are str."""
    from bcsp_analysis.sources import engines

    return engines.evaluate(expression).to_pandas().astype(dict.fromkeys(texts, "str"))


def names_codes(area: Area) -> bool:
    """Whether an area is given by codes of small areas."""
    return area is not None and not (isinstance(area, str) and not AREA_CODE.fullmatch(area))


def select(store: Store, area: Area, force: str | None) -> Table:
    """Counts of an area and a force; see `counting.SCHEMA` for the columns."""
    table = table_of(store, known_force(store, force) if force else None)
    chosen = _in_area(store, table, area)
    return table if chosen is None else table.filter(chosen)


def _in_area(store: Store, table: Table, area: Area) -> BooleanValue | None:
    from bcsp_analysis.sources import counting

    if area is None:
        return None
    if isinstance(area, str):
        if area in (counting.NO_LOCATION, counting.NO_AREA):
            return table.lsoa_name == area
        if not AREA_CODE.fullmatch(area):
            length = table.lsoa_name.length() == len(area) + NAME_END
            return table.lsoa_name.startswith(f"{area} ") & length
        area = [area]
    found = lookup(store)
    codes = sorted({code for wanted in area for code in vintages.codes_of(wanted, found)})
    return table.lsoa_code == codes[0] if len(codes) == 1 else table.lsoa_code.isin(codes)


def table_of(store: Store, force: str | None = None) -> Table:
    """All counts, or those of one force."""
    from bcsp_analysis.sources import engine_setting, engines, partitions

    ledger.opened([str(store.folder)])  # the engine reads the files by itself, unseen
    names = [store.state.partitions[force]] if force else store.state.partitions.values()
    files = tuple(str(store.folder / name) for name in sorted(names))
    return engines.read_parquet(files, partitions.SCHEMA, engine_setting.name())


def known_force(store: Store, force: str) -> str:
    """The force, once it is in the store."""
    if force not in store.state.months:
        raise unknown("no such police force in the store", force, forces(store))
    return force


def check_category(category: str | None) -> None:
    """DataError where a category is given and is none of police.uk."""
    if category is not None and category not in CATEGORIES:
        raise unknown("no such category", category, CATEGORIES)


def check_vintage(store: Store, rows: pd.DataFrame, first: Month, last: Month) -> None:
    """Refuse codes of small areas that only begin, or end, where the codes of 2021 come in.

    Without a lookup their series would start from, or fall to, zeros that mean nothing. A code is
    held to have ended where, at its rate before, `EXPECTED_AFTER` incidents or more were expected
    from then on and there is none.

    Parameters
    ----------
    rows : DataFrame
        ``lsoa_code``, ``month`` and ``incidents`` of the small areas that were asked for.
    """
    if store.state.lookup or not store.state.new_codes:
        return
    begins = Month.parse(min(store.state.new_codes.values()))
    if not first < begins <= last:
        return
    before, after = begins - first, last - begins + 1
    old, new = (rows["incidents"].where(rows["month"] < str(begins), 0), rows["incidents"])
    sums = pd.DataFrame({"lsoa_code": rows["lsoa_code"], "before": old, "after": new - old})
    sums = sums.groupby("lsoa_code", as_index=False).sum()
    begun = sums["lsoa_code"].map(vintages.is_new)
    ended = (sums["after"] == 0) & (sums["before"] * after >= EXPECTED_AFTER * before)
    codes = sorted(sums.loc[begun | ended, "lsoa_code"])
    if codes:
        raise AreaCodeError(
            "small areas begin or end where the codes of 2021 come in",
            where=f"{first} to {last}",
            found=", ".join(codes[:10]) + (f" and {len(codes) - 10} more" if codes[10:] else ""),
            expected=f"codes that are the same before and from {begins} on",
            hint="give the ONS change file once, `bcsp ingest PATH --lookup FILE`; then the areas "
            "are counted together",
        )


def unknown(problem: str, found: str, known: Sequence[str]) -> DataError:
    """The error for a name that is not there; names the nearest ones."""
    near = difflib.get_close_matches(found, known, n=3, cutoff=0.4) or list(known)[:6]
    return DataError(problem, found=repr(found), expected=" or ".join(near))
