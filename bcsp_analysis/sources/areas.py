"""Which small area belongs to which larger one, and how many live there.

Data card
---------
Source : Office for National Statistics, Open Geography portal, best-fit lookups (LSOA to ward,
    MSOA, constituency, district); House of Commons Library, MSOA names; the project's own lookups
    to local partnerships; residents and households by area from Nomis or the census.
Rows : one small area each.
Columns : codes and names carry the kind of area and the year of its boundaries: ``LSOA21CD``,
    ``WD22NM``, ``msoa21hclnm``, ``PCON24CD``. Other columns are left out. A lookup made for the
    project has ``local_partnership`` beside a code of a ward or LSOA.
Best fit : a small area that straddles a border belongs wholly to the area with most of its
    residents, so counts of wards made of LSOAs are not exactly those inside the ward's border.
Vintages : codes of 2011 and 2021 overlap but are not the same areas; see `lsoa_changes`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.errors import AreaCodeError, DuplicateRowError, HeaderError
from bcsp_analysis.sources import cells, varying

KINDS: Mapping[str, tuple[str, str]] = {
    "lsoa": ("LSOA", "[EW]01"),
    "msoa": ("MSOA", "[EW]02"),
    "ward": ("WD", "[EW]05"),
    "district": ("LAD", "[EW]0[6-9]"),
    "constituency": ("PCON", "E14|W07"),
    "partnership": ("CSP", "[EW]22"),
}
"""Kind of area to the beginning of its column names and of its codes."""

LOCAL_PARTNERSHIP = "local_partnership"
"""A kind without codes: the name serves as the code."""

MATCH_NEEDED = 0.99
"""Share of the rows with a code that a lookup must know."""

_NAME_ENDINGS = ("HCLNM", "NM")
_LSOA_NAME = r"^(.+ [0-9]{3})[A-Z]+$"
_FEW = 8


@dataclass(frozen=True)
class AreaLookup:
    """Small areas and the larger area that each belongs to.

    Parameters
    ----------
    kind, to : str
        Kinds of `KINDS`, or `LOCAL_PARTNERSHIP`.
    year, to_year : str
        Two digits of the boundaries' year, such as "21"; "" for a local partnership.
    table : DataFrame of str
        Index ``code`` (the small area); ``name`` ("" where the file has none), ``to_code``,
        ``to_name``.
    file : str
        Where it was read.
    """

    kind: str
    to: str
    year: str
    to_year: str
    table: pd.DataFrame
    file: str


def load_lookup(file: Path, kind: str, to: str, *, year: str = "", to_year: str = "") -> AreaLookup:
    """Read a lookup.

    Parameters
    ----------
    file : Path
        CSV.
    kind, to : str
        Which columns: kinds of `KINDS`, `to` also `LOCAL_PARTNERSHIP`.
    year, to_year : str
        Two digits, needed where the file has several years of a kind.

    Raises
    ------
    MissingFileError, EncodingError, DataError
        See `varying.read`.
    HeaderError
        No column of codes of a kind, or several years and none named.
    AreaCodeError
        A code that is not of the kind; an area with two names; a small area in two larger ones.
    """
    table = varying.read(file)
    code, found_year = _code_column(file, list(table.columns), kind, year)
    name = _name_column(list(table.columns), kind, found_year)
    to_name: str | None
    if to == LOCAL_PARTNERSHIP:
        to_code = _plain_column(file, list(table.columns), LOCAL_PARTNERSHIP)
        to_name, found_to_year = to_code, ""
    else:
        to_code, found_to_year = _code_column(file, list(table.columns), to, to_year)
        to_name = _name_column(list(table.columns), to, found_to_year)
        check_codes(file, table[to_code], to)
    check_codes(file, table[code], kind)
    frame = pd.DataFrame(
        {
            "code": table[code].str.strip(),
            "name": table[name].str.strip() if name else "",
            "to_code": table[to_code].str.strip(),
            "to_name": table[to_name].str.strip() if to_name else "",
        }
    ).astype("str")
    _check_filled(file, frame, to_code)
    _check_one_name(file, frame, "to_code", "to_name")
    lookup = _one_row_each(file, frame)
    return AreaLookup(kind, to, found_year, found_to_year, lookup, project.relative(file))


def load_names(file: Path, kind: str, *, year: str = "") -> pd.Series:
    """Names of areas by code, such as the House of Commons Library's names of MSOAs.

    Returns
    -------
    Series of str
        Indexed by ``code``, named ``name``.

    Raises
    ------
    HeaderError
        No column of codes or of names of that kind.
    AreaCodeError
        A code that is not of the kind, or an area with two names.
    """
    table = varying.read(file)
    code, found = _code_column(file, list(table.columns), kind, year)
    name = _name_column(list(table.columns), kind, found)
    if name is None:
        raise HeaderError(
            "a table without names",
            where=cells.place(file, 1),
            found=", ".join(table.columns),
            expected=f"{KINDS[kind][0]}{found}NM",
        )
    check_codes(file, table[code], kind)
    frame = pd.DataFrame({"code": table[code].str.strip(), "name": table[name].str.strip()})
    _check_one_name(file, frame, "code", "name")
    return frame.drop_duplicates("code").set_index("code")["name"]


def msoa_by_name(lsoas: AreaLookup, names: Path) -> AreaLookup:
    """The lookup of small areas to MSOAs that their names carry.

    The office names an LSOA after its MSOA and a letter: ``Birmingham 069B`` lies in ``Birmingham
    069``, to which the House of Commons Library's table gives code and name.

    Parameters
    ----------
    lsoas : AreaLookup
        Of LSOAs, with their names.
    names : Path
        The Library's table: ``msoa21cd``, ``msoa21nm``, ``msoa21hclnm``.

    Raises
    ------
    HeaderError
        See `load_names`; no column of the office's own names.
    AreaCodeError
        A small area without a name of that form, or whose MSOA the table does not have.
    """
    table = varying.read(names)
    code, year = _code_column(names, list(table.columns), "msoa", "")
    office = str(
        varying.column(names, list(table.columns), [f"MSOA{year}NM"], "the office's names")
    )
    shown = load_names(names, "msoa", year=year)
    codes = dict(zip(table[office].str.strip(), table[code].str.strip(), strict=True))
    found = lsoas.table["name"].str.extract(_LSOA_NAME, expand=False).map(codes)
    missing = found.isna()
    if missing.any():
        raise _unknown(
            project.relative(names),
            sorted(lsoas.table.index[missing]),
            "the MSOA of every small area, by its name",
        )
    result = pd.DataFrame(
        {"name": lsoas.table["name"], "to_code": found, "to_name": found.map(shown)}
    ).astype("str")
    return AreaLookup("lsoa", "msoa", lsoas.year, year, result, project.relative(names))


def through(first: AreaLookup, second: AreaLookup) -> AreaLookup:
    """The lookup of `first`'s small areas to `second`'s larger ones: LSOA to ward to partnership.

    Raises
    ------
    AreaCodeError
        They do not meet in one kind and year, or `second` lacks an area that `first` leads to.
    """
    if (first.to, first.to_year) != (second.kind, second.year):
        raise AreaCodeError(
            "two lookups that do not meet",
            where=second.file,
            found=f"{second.kind} {second.year}",
            expected=f"{first.to} {first.to_year}, which {first.file} leads to",
        )
    missing = sorted(set(first.table["to_code"]) - set(second.table.index))
    if missing:
        raise _unknown(second.file, missing, f"every {first.to} that {first.file} names")
    ends = second.table.loc[first.table["to_code"], ["to_code", "to_name"]]
    table = first.table.copy()
    for name in ("to_code", "to_name"):
        table[name] = ends[name].to_numpy()
    return AreaLookup(first.kind, second.to, first.year, second.to_year, table, second.file)


def match_share(counts: pd.Series, codes: Collection[str]) -> float:
    """Share of the rows with a code whose code is one of `codes`.

    Parameters
    ----------
    counts : Series of numbers
        Rows by code; the code "" (no location) does not count.
    """
    located = counts[counts.index != ""]
    total = float(located.sum())
    return float(located[located.index.isin(list(codes))].sum()) / total if total else 1.0


def assign(
    counts: pd.Series, lookup: AreaLookup, *, needed: float = MATCH_NEEDED
) -> tuple[pd.Series, pd.Series]:
    """Add up counts of small areas by the larger area.

    Parameters
    ----------
    counts : Series of numbers
        Indexed by code of the small area; "" for rows without location.
    lookup : AreaLookup
        Small to larger areas.
    needed : float
        Least share that must match.

    Returns
    -------
    by_area : Series of float64
        Indexed by ``to_code``, every area of the lookup, 0 where nothing was counted.
    unmatched : Series of float64
        Counts by code that the lookup does not know, and of "".

    Raises
    ------
    AreaCodeError
        Fewer than `needed` of the rows with a code match; names the codes with most rows.
    """
    counts = counts.groupby(level=0).sum().astype("float64")
    share = match_share(counts, lookup.table.index)
    known = counts.index.isin(lookup.table.index)
    unmatched = counts[~known]
    if share < needed:
        lost = unmatched[unmatched.index != ""].sort_values(ascending=False)
        raise AreaCodeError(
            "too many rows whose area the lookup does not know",
            where=lookup.file,
            found=f"{share:.1%} match; most rows: "
            + ", ".join(f"{code} ({count:,.0f})" for code, count in lost.head(_FEW).items()),
            expected=f"{needed:.0%} or more",
            hint="the codes may be of another year than the lookup; load the change file",
        )
    larger = lookup.table["to_code"]
    by_area = counts[known].groupby(larger.reindex(counts.index[known]).to_numpy()).sum()
    every = pd.Index(sorted(set(larger)), name="to_code")
    return by_area.reindex(every, fill_value=0.0), unmatched


def _code_column(file: Path, header: list[str], kind: str, year: str) -> tuple[str, str]:
    start = KINDS[kind][0]
    # The portal puts F_ before a column that it has indexed.
    form = re.compile(rf"(?:F_)?{start}([0-9]{{2}})CD", re.IGNORECASE)
    found = {match[1]: name for name in header if (match := form.fullmatch(name))}
    if year:
        found = {key: name for key, name in found.items() if key == year}
    if len(found) == 1:
        [(key, name)] = found.items()
        return name, key
    raise HeaderError(
        f"a table without codes of the kind {kind}" if not found else "several years of one kind",
        where=cells.place(file, 1),
        found=", ".join(found.values() if found else header[:12]),
        expected=f"{start}{year or '..'}CD",
        hint="name the year of the boundaries" if found else "use the lookup's CSV download",
    )


def _name_column(header: list[str], kind: str, year: str) -> str | None:
    """Column of names; the House of Commons Library's names before the numbered ones."""
    for ending in _NAME_ENDINGS:
        wanted = f"{KINDS[kind][0]}{year}{ending}".casefold()
        for name in header:
            if name.casefold().removeprefix("f_") == wanted:
                return name
    return None


def _plain_column(file: Path, header: list[str], name: str) -> str:
    found = varying.column(file, header, [name], name)
    return str(found)


def check_codes(file: Path, codes: pd.Series, kind: str) -> None:
    """Refuse codes that are not of a kind of area.

    Parameters
    ----------
    codes : Series of str
        Indexed by the row in the file; its name is the column's.
    kind : str
        A key of `KINDS`.

    Raises
    ------
    AreaCodeError
        Names the first row.
    """
    form = rf"(?:{KINDS[kind][1]})[0-9]+"
    stripped = codes.str.strip()
    good = stripped.str.fullmatch(form) & (stripped.str.len() == 9)
    if not good.all():
        row = int(str(codes.index[~good][0]))
        raise AreaCodeError(
            "not a code of this kind of area",
            where=cells.place(file, row, str(codes.name)),
            found=repr(codes[row]),
            expected=f"a code of the kind {kind}, nine characters beginning {KINDS[kind][1]}",
        )


def _check_filled(file: Path, frame: pd.DataFrame, column: str) -> None:
    blank = frame["to_code"] == ""
    if blank.any():
        raise AreaCodeError(
            "a small area without a larger one",
            where=cells.place(file, int(str(frame.index[blank][0])), column),
            found=frame["code"][blank].iloc[0],
            expected="an area in every row",
        )


def _check_one_name(file: Path, frame: pd.DataFrame, code: str, name: str) -> None:
    names = frame.groupby(code)[name].nunique()
    if (names > 1).any():
        which = str(names.index[names > 1][0])
        held = frame.loc[frame[code] == which, name].drop_duplicates()
        raise AreaCodeError(
            "an area with two names",
            where=cells.place(file, int(str(held.index[1]))),
            found=f"{which}: {', '.join(held)}",
            expected="one name for a code",
        )


def _one_row_each(file: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """Several rows of one small area are one where they agree, as lookups of postcodes have."""
    ends = frame.groupby("code")["to_code"].nunique()
    if (ends > 1).any():
        which = str(ends.index[ends > 1][0])
        held = frame.loc[frame["code"] == which, "to_code"].drop_duplicates()
        raise DuplicateRowError(
            "a small area in two larger ones",
            where=cells.place(file, int(str(held.index[1]))),
            found=f"{which}: {', '.join(held)}",
            expected="each small area in one larger one",
            hint="take a best-fit lookup",
        )
    return frame.drop_duplicates("code").set_index("code").sort_index()


def _unknown(file: str, codes: Collection[str], expected: str) -> AreaCodeError:
    more = f" and {len(codes) - _FEW} more" if len(codes) > _FEW else ""
    return AreaCodeError(
        "a lookup lacks areas",
        where=file,
        found=f"without {', '.join(list(codes)[:_FEW])}{more}",
        expected=expected,
        hint="the codes may be of another year",
    )
