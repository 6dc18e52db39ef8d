"""What a street-level file may hold: columns, months, forces, categories, places.

`street` asks these rules of whole columns, `street_faults` of one cell after the other.
"""

from __future__ import annotations

import datetime
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

from bcsp_analysis.periods import Month

COLUMNS = (
    "Crime ID",
    "Month",
    "Reported by",
    "Falls within",
    "Longitude",
    "Latitude",
    "Easting",
    "Northing",
    "Location",
    "LSOA code",
    "LSOA name",
    "Crime type",
    "Last outcome category",
    "Context",
)
"""Every column of any layout, in the order in which they come."""

ALWAYS = frozenset({"Month", "Reported by", "Falls within", "Location", "Crime type"})
"""The columns that no layout lacks."""

_TOGETHER = (("Longitude", "Latitude"), ("Easting", "Northing"), ("LSOA code", "LSOA name"))

CATEGORIES = (
    "Anti-social behaviour",
    "Bicycle theft",
    "Burglary",
    "Criminal damage and arson",
    "Drugs",
    "Other crime",
    "Other theft",
    "Possession of weapons",
    "Public disorder and weapons",
    "Public order",
    "Robbery",
    "Shoplifting",
    "Theft from the person",
    "Vehicle crime",
    "Violence and sexual offences",
    "Violent crime",
)
ASB = "Anti-social behaviour"
UNDER_INVESTIGATION = "Under investigation"

FIRST_MONTH = Month(2010, 12)
"""The first month that data.police.uk published."""

# England, Wales and Scotland; data zones and super output areas of Northern Ireland.
AREA_CODE = re.compile(r"[EWS]01[0-9]{6}|N[0-9]{8}|95[A-Z]{2}[0-9]{2}[A-Z][0-9]")

_KNOWN = frozenset(CATEGORIES)
_CANONICAL = {name.casefold(): name for name in CATEGORIES}
_MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])")
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Expected:
    """What a file's name says that its rows must say too: None and empty where it says nothing."""

    month: Month | None = None
    force: str = ""


@dataclass(frozen=True)
class Box:
    """The British Isles in the units of a file, with a margin."""

    left: float
    right: float
    bottom: float
    top: float
    unit: str


# St Kilda to Lowestoft, Scilly to Shetland; the grid of Ordnance Survey itself.
_DEGREES = Box(-9.0, 2.1, 49.7, 61.0, "degrees (WGS 84)")
_METRES = Box(0.0, 700_000.0, 0.0, 1_250_000.0, "metres (British National Grid)")


def box_of(header: Sequence[str]) -> Box:
    """The box in the units of this layout."""
    return _METRES if "Easting" in header else _DEGREES


def is_layout(header: Sequence[str]) -> bool:
    """Whether these columns, in this order, are a layout of data.police.uk."""
    return (
        list(header) == [name for name in COLUMNS if name in header]
        and ALWAYS.issubset(header)
        and all((first in header) == (second in header) for first, second in _TOGETHER)
        and ("Longitude" in header) != ("Easting" in header)
    )


def is_month(text: str, expected: Month | None) -> bool:
    """Whether a cell holds the month of the file's name, or any that can have been published."""
    if not _MONTH.fullmatch(text):
        return False
    month = Month(int(text[:4]), int(text[5:])) if text >= str(FIRST_MONTH) else None
    return month is not None and month in {expected or month} and is_published(month)


def is_published(month: Month) -> bool:
    """Whether a month lies between the first that was published and today."""
    today = datetime.date.today()
    return FIRST_MONTH <= month <= Month(today.year, today.month)


def is_force(text: str, slug: str) -> bool:
    """Whether a cell names a force, and the one of the file's name where it has one.

    Every word of the file's name is in the force's name (west-midlands, West Midlands Police), or
    the file's name is its initials (btp, British Transport Police).
    """
    words = re.findall(r"[a-z0-9]+", text.casefold())
    if not words or len(text) > _LONGEST_NAME or any(ord(letter) < 32 for letter in text):
        return False
    wanted = set(slug.split("-")) - {"and", "of", ""}
    return wanted <= set(words) or slug == "".join(word[0] for word in words)


def category(text: str) -> str:
    """The category as police.uk writes it today, whatever its capitals; empty for no category."""
    return text if text in _KNOWN else _CANONICAL.get(text.casefold(), "")


def is_area(code: str, name: str) -> bool:
    """Whether an LSOA is named as it may be: by a code, or not at all."""
    return bool(AREA_CODE.fullmatch(code)) if code else not name.strip(string.whitespace)
