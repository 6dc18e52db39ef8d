"""The ``bcsp fetch`` commands. What a command needs is imported when it runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bcsp_analysis.sources.connection import Listener
    from bcsp_analysis.sources.download import Connection
    from bcsp_analysis.sources.downloadable import Downloadable

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

_FOLDER = "data/downloads"
_Force = Annotated[str, typer.Option("--force", help="As data.police.uk names it: west-midlands.")]
_Folder = Annotated[
    Path | None, typer.Option("--folder", help=f"Where to put it; {_FOLDER} if not given.")
]
_Mirror = Annotated[
    str,
    typer.Option(
        "--mirror", envvar="BCSP_MIRROR", help="Another server with the same paths: https://..."
    ),
]
_Edition = Annotated[
    str, typer.Option("--edition", help="Whose area it is for; the newest one if not given.")
]


@app.callback()
def fetch() -> None:
    """Download public data; a download that broke off goes on."""


@app.command()
def police(
    force: _Force,
    first: Annotated[str, typer.Option("--from", help="First month: 2020-08.")],
    last: Annotated[str, typer.Option("--to", help="Last month: 2023-07.")],
    folder: _Folder = None,
    mirror: _Mirror = "",
) -> None:
    """Archives of street-level crime that hold a span of months."""
    from bcsp_analysis import project
    from bcsp_analysis.periods import Month, Span
    from bcsp_analysis.sources import fetch_police

    span = Span(Month.parse(first), Month.parse(last))
    target = folder or project.path(_FOLDER)
    with _connected(mirror) as (connection, register):
        done = fetch_police.archives(connection, register, force, span, target)
    for file in done.files:
        state = "fetched" if file in done.downloaded else "was there"
        typer.echo(f"{state}: {project.relative(file)}, {file.stat().st_size:,} bytes")
    if done.missing:
        months = ", ".join(map(str, done.missing))
        typer.echo(f"warning: no archive has {force} in {months}; not zero, missing", err=True)
    typer.echo(f"next: bcsp ingest {project.relative(target)}")


@app.command()
def prices(
    folder: _Folder = None,
    mirror: _Mirror = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over a table of the same release.")
    ] = False,
) -> None:
    """Consumer prices of the Office for National Statistics."""
    from bcsp_analysis import project
    from bcsp_analysis.sources import fetch_tables, registry

    target = folder or project.path(_FOLDER, "prices")
    shipped = project.path("data", "prices", "prices_monthly.csv")
    with _connected(mirror) as (connection, register):
        done = fetch_tables.prices_table(connection, register, target, shipped, replace=replace)
    file = project.relative(done.file)
    index = done.table.monthly.index
    state = "written" if done.written else "the same as before"
    typer.echo(f"{state}: {file}, {index[0]:%Y-%m} to {index[-1]:%Y-%m}")
    new, revised = done.changes["new_months"].max(), done.changes["revised_months"]
    typer.echo(f"beside the shipped table: {new} new months, {revised.sum()} revised figures")
    for column, row in done.changes[revised > 0].iterrows():
        typer.echo(f"  {column!s}: {row['revised_months']:g} revised, by {row['largest']:g}")
    if done.table.rescaled:
        typer.echo("brought to 2015 = 100: " + ", ".join(done.table.rescaled))
    typer.echo("next: name it in the edition file, under [data]:")
    typer.echo(f'prices = "{file}"')
    typer.echo("and put it into data/sources.toml, source ons-prices, companions:")
    typer.echo(f'{{ file = "{file}", sha256 = "{registry.digest(done.file)}" }}')


@app.command()
def areas(edition: _Edition = "", folder: _Folder = None, mirror: _Mirror = "") -> None:
    """Lookups, boundaries, residents and households of small areas."""
    from bcsp_analysis import editions, project
    from bcsp_analysis.sources import fetch_areas

    chosen = editions.load(edition) if edition else editions.default()
    target = folder or project.path(_FOLDER, "areas")
    with _connected(mirror) as (connection, register):
        for done in fetch_areas.everything(
            connection, register, chosen.area_code, chosen.area, target
        ):
            typer.echo(f"fetched: {project.relative(done.file)}, {done.rows:,} rows, {done.title}")
    typer.echo("Local partnerships are the partnership's own: write local-partnerships.csv there,")
    typer.echo("with the columns WD22CD and local_partnership")


@app.command()
def neighbourhoods(force: _Force, folder: _Folder = None, mirror: _Mirror = "") -> None:
    """Boundaries of a police force's neighbourhoods."""
    from bcsp_analysis import project
    from bcsp_analysis.sources import fetch_police

    target = folder or project.path(_FOLDER, "areas")
    file = target / f"{force}-neighbourhoods.geojson"
    with _connected(mirror) as (connection, register):
        number = fetch_police.neighbourhoods(connection, register, force, file)
    typer.echo(f"fetched: {project.relative(file)}, {number} neighbourhoods")


@app.command(name="recorded-crime")
def recorded_crime(folder: _Folder = None, mirror: _Mirror = "") -> None:
    """The Home Office's newest table of recorded crime."""
    from bcsp_analysis import project
    from bcsp_analysis.sources import fetch_tables

    with _connected(mirror) as (connection, register):
        target = folder or project.path(_FOLDER, "recorded-crime")
        file = fetch_tables.recorded_crime(connection, register, target)
    typer.echo(f"fetched: {project.relative(file)}, {file.stat().st_size:,} bytes")


@app.command()
def claimants(
    edition: _Edition = "",
    months: Annotated[int, typer.Option("--months", min=1, max=600, help="How many.")] = 37,
    folder: _Folder = None,
    mirror: _Mirror = "",
) -> None:
    """Claimant count of the edition's area, from Nomis."""
    from bcsp_analysis import editions, project
    from bcsp_analysis.sources import fetch_tables

    chosen = editions.load(edition) if edition else editions.default()
    file = (folder or project.path(_FOLDER)) / f"claimants-{chosen.area_code}.csv"
    with _connected(mirror) as (connection, register):
        frame = fetch_tables.claimants(connection, register, chosen.area_code, months, file)
    dates = frame["date"]
    typer.echo(
        f"fetched: {project.relative(file)}, {dates.min():%Y-%m} to {dates.max():%Y-%m}; "
        "the last month is provisional"
    )


@contextmanager
def _connected(mirror: str) -> "Iterator[tuple[Connection, dict[str, Downloadable]]]":
    """A connection that tells on this terminal, and the register of downloads."""
    from bcsp_analysis.sources import download, downloadable
    from bcsp_analysis.sources.connection import Settings

    register = downloadable.load()
    with _telling() as listener:
        settings = Settings(listener=listener, mirror=mirror)
        try:
            with download.connected(settings) as connection:
                yield connection, register
        except KeyboardInterrupt:
            listener.say("stopped; the same command goes on where it stopped")
            raise typer.Exit(130) from None


@contextmanager
def _telling() -> "Iterator[Listener]":
    """A bar of bytes on a terminal; elsewhere lines alone."""
    from bcsp_analysis.sources.connection import Listener

    if not sys.stdout.isatty():
        yield Listener(say=lambda line: print(line, flush=True))
        return
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn(), TimeRemainingColumn(), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def size(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
            bar.update(tasks[name], completed=done, total=total)

        def say(line: str) -> None:
            bar.console.print(line, markup=False, highlight=False, soft_wrap=True)

        yield Listener(size, say)
