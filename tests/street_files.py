"""Small street-level files for the tests."""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

HEADER = [
    "Crime ID",
    "Month",
    "Reported by",
    "Falls within",
    "Longitude",
    "Latitude",
    "Location",
    "LSOA code",
    "LSOA name",
    "Crime type",
    "Last outcome category",
    "Context",
]
OLD_HEADER = [
    *("Month", "Reported by", "Falls within", "Easting", "Northing"),
    *("Location", "Crime type", "Context"),
]
ASB = "Anti-social behaviour"
FORCE = "West Midlands Police"
REFERENCE = Path(__file__).parent / "reference" / "police"


def crime_id(number: object) -> str:
    """An id as police.uk writes it: 64 hexadecimal digits."""
    return hashlib.sha256(str(number).encode()).hexdigest()


def incident(**changes: str) -> dict[str, str]:
    """One row of the present layout."""
    row = {
        "Crime ID": crime_id(1),
        "Month": "2023-01",
        "Reported by": FORCE,
        "Falls within": FORCE,
        "Longitude": "-1.898575",
        "Latitude": "52.489471",
        "Location": "On or near High Street",
        "LSOA code": "E01008881",
        "LSOA name": "Birmingham 031A",
        "Crime type": "Burglary",
        "Last outcome category": "Under investigation",
        "Context": "",
    }
    keys = {key.replace(" ", "_").casefold(): key for key in row}
    return row | {keys[name]: value for name, value in changes.items()}


def nuisance(**changes: str) -> dict[str, str]:
    """One row of anti-social behaviour: no id, no outcome."""
    return incident(**({"crime_id": "", "crime_type": ASB, "last_outcome_category": ""} | changes))


def unlocated(row: dict[str, str]) -> dict[str, str]:
    """The row without location."""
    blank = dict.fromkeys(("Longitude", "Latitude", "LSOA code", "LSOA name"), "")
    return row | blank | {"Location": "No Location"}


def content(
    rows: Iterable[dict[str, str]], header: Sequence[str] = HEADER, end: str = "\r\n"
) -> bytes:
    """The file of some rows, UTF-8."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator=end, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def month_of_rows(
    month: str, crimes: int = 40, nuisances: int = 40, force: str = FORCE, **changes: str
) -> list[dict[str, str]]:
    """A month with so many crimes, each with its own id, and so much anti-social behaviour."""
    common = {"month": month, "reported_by": force, "falls_within": force} | changes
    return [
        *(incident(crime_id=crime_id((month, force, n)), **common) for n in range(crimes)),
        *(nuisance(**common) for _ in range(nuisances)),
    ]


def write(
    folder: Path, rows: list[dict[str, str]], slug: str = "west-midlands", end: str = ""
) -> Path:
    """Write rows of one month under the name that police.uk gives the file."""
    month = rows[0]["Month"]
    file = folder / month / f"{month}-{slug}-street{end}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content(rows))
    return file


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a store but the lock."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.name != ".lock")
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(files)}
