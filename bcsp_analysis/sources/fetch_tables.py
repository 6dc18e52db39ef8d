"""Fetching tables of other publishers: prices, claimants, recorded crime."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.errors import BcspError, ContentError, DownloadError
from bcsp_analysis.periods import Month
from bcsp_analysis.sources import contents, download, nomis, ons, price_table, prices
from bcsp_analysis.sources.download import Connection
from bcsp_analysis.sources.downloadable import Downloadable
from bcsp_analysis.sources.writing import write_checked

_LINK = re.compile(r'https?://[^\s"\'<>]+/prc-csp-[^\s"\'<>/]+\.(?:xlsx|ods)', re.IGNORECASE)
_DATED = re.compile(r"-([0-9]{2})([0-9]{2})([0-9]{2})\.(?:xlsx|ods)$", re.IGNORECASE)


@dataclass(frozen=True)
class PricesFetch:
    """A table of prices made from what was fetched.

    file : the table; written : whether it is new; table : what it holds; changes : what differs
    from the shipped table (see `price_table.changes`).
    """

    file: Path
    written: bool
    table: price_table.PriceTable
    changes: pd.DataFrame


def prices_table(
    connection: Connection,
    register: Mapping[str, Downloadable],
    folder: Path,
    shipped: Path,
    *,
    replace: bool = False,
) -> PricesFetch:
    """Download the series of `prices.SERIES` and write a table beside the shipped one.

    Parameters
    ----------
    folder : Path
        Where the series are kept; an earlier release is kept beside the new one.
    shipped : Path
        The table that is there; the new one begins with its first month and never replaces it.
    replace : bool
        Whether a new table of the same release date may replace one that differs.

    Raises
    ------
    DownloadError, ContentError
        See `download.fetch`; a reply that is no series, or another series than was asked for.
    BcspError
        See `price_table.from_series` and `prices.load_monthly`; a table of that release date is
        there with other content.
    """
    for cdid in prices.SERIES.values():
        file = folder / f"{cdid.lower()}.csv"
        keep_release(file)
        download.fetch(
            connection, register["ons-series"], file, _is_series(cdid), series=cdid.lower()
        )
    before = prices.load_monthly(shipped)
    first = Month(before.index[0].year, before.index[0].month)
    table = price_table.from_series(price_table.load_folder(folder), first)
    beside = shipped.with_name(f"{shipped.stem}.released-{table.released}.csv")
    text = price_table.text(table)
    there = beside.read_text(encoding="utf-8") if beside.is_file() else None
    if there is not None and there != text and not replace:
        raise DownloadError(
            "a table of this release is there with other figures",
            where=project.relative(beside),
            hint="compare them, then use --replace",
        )
    if there != text:
        write_checked(beside, text, prices.load_monthly)
    return PricesFetch(beside, there != text, table, price_table.changes(table, before))


def keep_release(file: Path) -> Path | None:
    """Copy a series beside itself under the name of its release date; None where it is not there.

    A file that is no series is left to be replaced.
    """
    if not file.is_file():
        return None
    try:
        released: date = ons.load_series(file).release_date
    except BcspError:
        return None
    kept = file.with_name(f"{file.stem}.released-{released}{file.suffix}")
    if not kept.exists():
        shutil.copyfile(file, kept)
    return kept


def claimants(
    connection: Connection,
    register: Mapping[str, Downloadable],
    area_code: str,
    months: int,
    file: Path,
) -> pd.DataFrame:
    """Download the claimant count of a district for the last months.

    Returns
    -------
    DataFrame
        As `nomis.load` returns it.

    Raises
    ------
    DownloadError, ContentError
        See `download.fetch`; a reply that `nomis.load` refuses.
    """
    values = {"area_code": area_code, "months": str(months - 1)}
    download.fetch(connection, register["claimants"], file, nomis.load, **values)
    return nomis.load(file)


def recorded_crime(
    connection: Connection, register: Mapping[str, Downloadable], folder: Path
) -> Path:
    """Download the newest table of recorded crime by community safety partnership.

    The names vary, so the page that lists the files is read; the newest is the one with the latest
    date at the end of its name (``-230726`` is 23 July 2026).

    Raises
    ------
    DownloadError, ContentError
        See `download.fetch`; a page without such a file, or one that lists it on another host.
    """
    page, wanted = register["recorded-crime-page"], register["recorded-crime"]
    text = contents.page_text(download.read(connection, page), page.contains, page.title)
    links = sorted(set(_LINK.findall(text)), key=lambda link: (_dated(link), link))
    host = urlsplit(wanted.address).hostname
    if not links or urlsplit(links[-1]).hostname != host:
        raise ContentError(
            "a page without the table",
            where=page.title,
            found=links[-1] if links else "no link to a file prc-csp-...",
            expected=f"https://{host}/.../prc-csp-....ods",
            hint="open the page: " + page.landing_page,
        )
    path = urlsplit(links[-1]).path.lstrip("/")
    file = folder / path.rsplit("/", 1)[-1]
    download.fetch(connection, wanted, file, path=path)
    return file


def _is_series(cdid: str) -> Callable[[Path], None]:
    """A check that a file is this series."""

    def check(file: Path) -> None:
        found = ons.load_series(file).cdid
        if found != cdid:
            raise ContentError(
                "another series than was asked for", where=cdid, found=found, expected=cdid
            )

    return check


def _dated(link: str) -> date:
    match = _DATED.search(link)
    try:
        return datetime.strptime("".join(match.groups()), "%d%m%y").date() if match else date.min
    except ValueError:
        return date.min
