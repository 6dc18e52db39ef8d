"""What became of the small areas (LSOA) of 2011 in 2021.

Data card
---------
Source : Office for National Statistics, Open Geography portal, "LSOA (2011) to LSOA (2021) to Local
    Authority District (2022) lookup for England and Wales", any version.
Rows : one pair of areas each. ``CHGIND``: U unchanged, S split into several, M merged from several,
    X changed in another way.
Columns : ``LSOA11CD`` (or ``F_LSOA11CD``), ``LSOA21CD``, ``CHGIND``; the others are left out.
Use : street-level files carry codes of either year, from about 2023 on a mixture. Counts of a split
    area cannot be divided, so both years are brought to the smallest areas that both can be
    counted for (`comparable`).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bcsp_analysis.errors import AreaCodeError, DataError, DuplicateRowError
from bcsp_analysis.sources import areas, cells, varying

CHANGES = {"U": "unchanged", "S": "split", "M": "merged", "X": "other"}


def load(file: Path) -> pd.DataFrame:
    """Read the change file.

    Returns
    -------
    DataFrame of str
        ``lsoa11``, ``lsoa21``, ``change`` (a key of `CHANGES`), one pair each, sorted.

    Raises
    ------
    MissingFileError, EncodingError, HeaderError, DataError
        See `varying.read`; a change that is not a key of `CHANGES`.
    AreaCodeError
        A code that is no LSOA; pairs that contradict their change, such as an unchanged area with
        another code.
    DuplicateRowError
        A pair twice.
    """
    table = varying.read(file)
    header = list(table.columns)
    wanted = {
        "lsoa11": ["LSOA11CD", "F_LSOA11CD"],
        "lsoa21": ["LSOA21CD", "F_LSOA21CD"],
        "change": ["CHGIND"],
    }
    names = varying.columns(file, header, wanted)
    frame = pd.DataFrame({what: table[name].str.strip() for what, name in names.items()})
    for what in ("lsoa11", "lsoa21"):
        areas.check_codes(file, frame[what], "lsoa")
    unknown = ~frame["change"].isin(list(CHANGES))
    if unknown.any():
        raise DataError(
            "a change that is not known",
            where=cells.place(file, int(str(frame.index[unknown][0])), names["change"]),
            found=repr(frame["change"][unknown].iloc[0]),
            expected=", ".join(f"{key} ({text})" for key, text in CHANGES.items()),
        )
    twice = frame.duplicated(["lsoa11", "lsoa21"])
    if twice.any():
        raise DuplicateRowError(
            "a pair of areas twice",
            where=cells.place(file, int(str(frame.index[twice][0]))),
            found=", ".join(frame.loc[twice, ["lsoa11", "lsoa21"]].iloc[0]),
            expected="each pair once",
        )
    _check_changes(file, frame)
    return frame.sort_values(["lsoa11", "lsoa21"], ignore_index=True)


def to_2021(changes: pd.DataFrame) -> pd.Series:
    """Codes of 2011 that lie wholly in one area of 2021, to that area.

    Returns
    -------
    Series of str
        Indexed by ``lsoa11``, named ``lsoa21``: unchanged and merged areas. Split areas and other
        changes are left out: their incidents cannot be told apart.
    """
    whole = changes[changes["change"].isin(["U", "M"])]
    return whole.set_index("lsoa11")["lsoa21"]


def comparable(changes: pd.DataFrame) -> pd.Series:
    """The smallest areas that can be counted with the codes of either year.

    A split area stays whole, areas that were merged are one, and a chain of changes is one area.

    Returns
    -------
    Series of str
        Indexed by code of 2011 or 2021; the value, the lowest code of 2021 in the area, names it.
    """
    parent: dict[str, str] = {}

    def root(code: str) -> str:
        while parent.setdefault(code, code) != code:
            parent[code] = parent[parent[code]]
            code = parent[code]
        return code

    # A code that stays in use for another shape must not join the two years by its name alone.
    for before, after in zip(changes["lsoa11"], changes["lsoa21"], strict=True):
        parent[root(f"11 {before}")] = root(f"21 {after}")
    lowest: dict[str, str] = {}
    for after in sorted(set(changes["lsoa21"])):
        lowest.setdefault(root(f"21 {after}"), after)
    found: dict[str, str] = {}
    for year, column in (("21", "lsoa21"), ("11", "lsoa11")):
        for code in changes[column]:
            name = lowest[root(f"{year} {code}")]
            if found.setdefault(code, name) != name:
                raise AreaCodeError(
                    "a code that means two areas",
                    found=f"{code}: in 2011 and in 2021 different ones",
                    expected="a code that was used again for the same area only",
                )
    return pd.Series(found, name="area", dtype="str").rename_axis("code").sort_index()


def _check_changes(file: Path, frame: pd.DataFrame) -> None:
    """The number of partners that each change implies, on either side."""
    befores = frame.groupby("lsoa21")["lsoa11"].transform("size")
    afters = frame.groupby("lsoa11")["lsoa21"].transform("size")
    unchanged, split, merged = (frame["change"] == key for key in "USM")
    wrong = (
        (unchanged & ((befores != 1) | (afters != 1) | (frame["lsoa11"] != frame["lsoa21"])))
        | (split & ((befores != 1) | (afters < 2)))
        | (merged & ((befores < 2) | (afters != 1)))
    )
    if wrong.any():
        row = frame[wrong].iloc[0]
        raise AreaCodeError(
            "a pair that contradicts its change",
            where=cells.place(file, int(str(frame.index[wrong][0]))),
            found=f"{row['lsoa11']} to {row['lsoa21']}, {CHANGES[row['change']]}; "
            f"{afters[wrong].iloc[0]} after, {befores[wrong].iloc[0]} before",
            expected="unchanged: one code on both sides; split: several after; merged: several "
            "before",
            hint="the file may be cut off, or filtered: load the whole lookup",
        )
