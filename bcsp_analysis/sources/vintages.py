"""Two vintages of small areas: the LSOAs of the 2011 census and those of 2021.

data.police.uk went over to the codes of 2021 in 2023. Most codes are the same in both; where an
area was split, merged or redrawn, the old code ends and new ones begin, so a series of one code may
stop or start there without anything having happened. New codes follow on the last ones of 2011.

With the change file of the ONS (`lsoa_changes`) a store knows which codes are one *comparable area*
in both vintages, and its queries take them together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bcsp_analysis.errors import AreaCodeError

LAST_OF_2011 = {"E": "E01033768", "W": "W01001958"}
SMALLEST_MATCH = 0.99
_NAMED_CODES = 10

Lookup = Mapping[str, str]
"""Comparable area of each code of either vintage."""


@dataclass(frozen=True)
class Match:
    """How many of a force's rows with an LSOA have a code of the lookup."""

    force: str
    rows: int
    matched: int

    @property
    def rate(self) -> float:
        """Share from 0 to 1; 1 where no row has a code."""
        return self.matched / self.rows if self.rows else 1.0


def is_new(code: str) -> bool:
    """Whether a code exists in the vintage of 2021 only."""
    return code[:1] in LAST_OF_2011 and code > LAST_OF_2011[code[0]]


def read_lookup(file: Path) -> dict[str, str]:
    """Comparable area of each code; for the file and its errors see `lsoa_changes.load`."""
    from bcsp_analysis.sources import lsoa_changes

    areas = lsoa_changes.comparable(lsoa_changes.load(file))
    return dict(zip(areas.index, areas, strict=True))


def codes_of(code: str, lookup: Lookup) -> set[str]:
    """All codes of the comparable area to which a code belongs; itself where it is in none."""
    area = lookup.get(code)
    return {code} if area is None else {other for other, name in lookup.items() if name == area}


def match(rows: Mapping[str, Mapping[str, int]], lookup: Lookup) -> tuple[Match, ...]:
    """Match rates by force.

    Parameters
    ----------
    rows : mapping
        Rows by force and code; rows without a code are left out.

    Raises
    ------
    AreaCodeError
        Less than `SMALLEST_MATCH` of a force's rows have a code of the lookup, so that joining them
        would lose the rest. Names the first ten codes, those with most rows first.
    """
    matches = []
    for force, counts in sorted(rows.items()):
        unknown = Counter({code: count for code, count in counts.items() if code not in lookup})
        total = sum(counts.values())
        result = Match(force, total, total - unknown.total())
        if result.rate < SMALLEST_MATCH:
            codes = [code for code, _ in unknown.most_common(_NAMED_CODES)]
            more = ", ..." if len(unknown) > _NAMED_CODES else ""
            raise AreaCodeError(
                "codes of small areas are not in the lookup",
                where=force,
                found=f"{total - result.matched:,} of {total:,} rows ({1 - result.rate:.1%}) have "
                f"one of {len(unknown):,} unknown codes: {', '.join(codes)}{more}",
                expected=f"{SMALLEST_MATCH:.0%} or more of the rows in the lookup",
                hint="take the change file of the whole country, from LSOA 2011 to LSOA 2021",
            )
        matches.append(result)
    return tuple(matches)
