"""The ledger: every number that the site states, with where it comes from, as a CSV file.

One row for each distinct number of a page's cell. What stands in the published file is what the
page shows: a value has no more decimals than the page gives it, so that a count that is not shown
cannot be worked out from a rate that is. The build keeps a copy with unrounded values for itself.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Sequence
from pathlib import Path

from bcsp_analysis import project
from bcsp_analysis.ledger import KEY
from bcsp_analysis.present import provenance
from bcsp_analysis.publish import tokens
from bcsp_analysis.publish.stated import Cell, ExecutedPage, Stated

NAME = "downloads/ledger.csv"
COLUMNS = (
    "page",
    "cell",
    "stated",
    "kind",
    "value",
    "quantity",
    "period",
    "method",
    "source",
    "files",
    "notebook",
)
UNROUNDED = "unrounded"
_MOST = 3  # quantities with one and the same value that are named
_TABLES = (".csv", ".parquet", ".xlsx", ".ods")


def rows(pages: Sequence[ExecutedPage]) -> list[tuple[str, ...]]:
    """The rows of the ledger: `COLUMNS`, and last the unrounded value."""
    relative = functools.cache(lambda file: project.relative(Path(file)))
    found: list[tuple[str, ...]] = []
    for page in pages:
        notebook = project.relative(page.page.notebook)
        for cell in page.cells:
            if not cell.stated:
                continue
            behind = (
                "; ".join(periods(cell)),
                "; ".join(methods(cell)),
                "; ".join(sources(cell)),
                "; ".join(map(relative, cell.files)),
                notebook,
            )
            for stated in cell.stated:
                exact = "" if stated.value is None else repr(stated.value)
                found.append(
                    (
                        page.page.address,
                        str(cell.number),
                        f"“{stated.text}”",
                        stated.kind,
                        value_of(stated),
                        "; ".join(named(stated)),
                        *behind,
                        exact,
                    )
                )
    return found


def written(ledger: Sequence[tuple[str, ...]], *, unrounded: bool = False) -> bytes:
    """The ledger as CSV: UTF-8, one header row, numbers as numbers.

    Columns: ``page`` (address), ``cell`` (of the executed notebook, from 1), ``stated`` (the
    number as it stands, in quotation marks, so that none starts a formula), ``kind``
    (``calculated``, or ``quoted`` for text of data, registers and findings), ``value``,
    ``quantity`` (where in the results the value stands: row and column), ``period``, ``method``,
    ``source``, ``files``, ``notebook``.

    Parameters
    ----------
    ledger : sequence of tuples
        What `rows` gives.
    unrounded : bool
        A last column with the unrounded value; not for publication.
    """
    kept = io.StringIO(newline="")
    writer = csv.writer(kept, lineterminator="\n")
    columns = (*COLUMNS, UNROUNDED) if unrounded else COLUMNS
    writer.writerow(columns)
    writer.writerows(row[: len(columns)] for row in ledger)
    return kept.getvalue().encode("utf-8")


def keep(ledger: Sequence[tuple[str, ...]], file: Path) -> None:
    """Write the copy with unrounded values, which is not published."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(written(ledger, unrounded=True))


def named(stated: Stated) -> tuple[str, ...]:
    """Quantities that have the value of a number.

    Small numbers are the value of many. They are named where they are few, or where all belong to
    the same row, such as the count of a measure in several tables.
    """
    found = stated.quantities
    return found[:_MOST] if len(found) <= _MOST or keys(stated) else ()


def keys(stated: Stated) -> frozenset[str]:
    """Row, column and other keys that every quantity with the value of a number has."""
    each = [frozenset(KEY.findall(quantity)) for quantity in stated.quantities]
    return frozenset.intersection(*each) if each else frozenset()


def value_of(stated: Stated) -> str:
    """The number that a text states, with the decimals that it shows; empty for ``"below 1%"``."""
    found = [token.text for token in tokens.tokens(stated.text)]
    if not found and stated.value is not None and stated.value.is_integer():
        return str(int(stated.value))  # spelled, "three"
    if len(found) != 1 or found[0] != stated.text:
        return ""
    plain = stated.text.replace(",", "").replace("\u2212", "-").rstrip("%").lstrip("+")
    return plain if plain.lstrip("-").replace(".", "", 1).isdigit() else ""


def sources(cell: Cell) -> tuple[str, ...]:
    """Titles of the sources behind a cell: of its tables, or of registers where it has no table.

    A folder is a table too: the store of street-level extracts.
    """
    tables = tuple(f for f in cell.files if f.endswith(_TABLES) or not Path(f).suffix)
    mark = project.root() / project.MARK
    others = tuple(f for f in cell.files if Path(f) != mark and Path(f).exists())
    return _titles(tables or others)


@functools.lru_cache
def _titles(files: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(source.title for source in provenance.used(*map(Path, files)))


def periods(cell: Cell) -> tuple[str, ...]:
    """Months covered by the answers behind a cell, each once."""
    return tuple(dict.fromkeys(answer.period for answer in cell.behind if answer.period))


def methods(cell: Cell) -> tuple[str, ...]:
    """How the answers behind a cell were made, each once."""
    return tuple(dict.fromkeys(answer.method for answer in cell.behind if answer.method))
