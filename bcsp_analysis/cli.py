"""The ``bcsp`` command. What a command needs is imported when it runs, so that help is quick.

The modules of the commands keep their annotations as objects: Typer evaluates those of every
command at each start, and as strings they would be compiled for it.
"""

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bcsp_analysis import (
    __version__,
    build_command,
    fetch_command,
    local_command,
    papers_command,
)
from bcsp_analysis.errors import BcspError

if TYPE_CHECKING:
    from bcsp_analysis.editions import Edition

app = typer.Typer(
    name="bcsp",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.command(name="build")(build_command.build)
app.command(name="serve")(build_command.serve)
app.add_typer(fetch_command.app, name="fetch")
app.command(name="local")(local_command.local)
app.command(name="workbook")(papers_command.workbook)
app.command(name="brief")(papers_command.brief)

_Edition = Annotated[
    str, typer.Option("--edition", help="Such as 2023-24-q2; the newest one if not given.")
]
_Engine = Annotated[
    str, typer.Option("--engine", help="auto (Quarto where it is found), quarto or pandoc.")
]
_Jobs = Annotated[int, typer.Option("--jobs", min=1, help="How many run at a time.")]
_Output = Annotated[Path | None, typer.Option("--output", help="Folder of the site.")]
_Json = Annotated[bool, typer.Option("--json", help="Print data instead of text.")]


def main(arguments: list[str] | None = None) -> None:
    """Run the command; an error that the user can put right is a message and exit status 1."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    wanted = [argument for argument in given if argument != "--traceback"]
    for stream in (sys.stdout, sys.stderr):
        # A console that cannot show an arrow must not end the command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    # Ended from outside, a command cleans up as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        app(wanted)
    except BcspError as error:
        if len(wanted) < len(given):
            raise
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bcsp {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Show where in the code an error arose.")
    ] = False,
) -> None:
    """Strategic assessments for community safety partnerships."""


def _edition(name: str) -> "Edition":
    from bcsp_analysis import editions

    return editions.load(name) if name else editions.default()


@app.command()
def check(edition: _Edition = "") -> None:
    """Check an edition's data, registers and parameters."""
    from bcsp_analysis.publish import checks

    chosen = _edition(edition)
    typer.echo(f"edition {chosen.slug}: {chosen.title}")
    problems = 0
    for done in checks.run(chosen):
        if done.problem:
            problems += 1
            typer.echo(f"error: {done.name}: {done.problem}", err=True)
        else:
            typer.echo(f"ok: {done.name}: {done.found}")
    if problems:
        raise typer.Exit(1)


@app.command()
def audit(
    edition: _Edition = "",
    as_json: _Json = False,
    all_rules: Annotated[
        bool, typer.Option("--all", help="Also the rules that found nothing.")
    ] = False,
) -> None:
    """Hold every printed figure against the others."""
    from bcsp_analysis import observed

    with observed.watching():  # before anything is imported that the audit may stand on
        from bcsp_analysis.publish import audited

        chosen = _edition(edition)
        found = audited.audited(chosen)
    if as_json:
        _print_json({"edition": chosen.slug, "quarter": chosen.quarter.label, **found})
        return
    from bcsp_analysis.publish import listing

    listing.print_findings(found["findings"])
    typer.echo(listing.checks(found["checks"], found["findings"], everything=all_rules))


@app.command()
def change(
    before: Annotated[float, typer.Argument(min=0, help="Count in the earlier period.")],
    after: Annotated[float, typer.Argument(min=0, help="Count in the later period.")],
    days: Annotated[
        tuple[float, float], typer.Option("--days", help="Days in the two periods: 92 92.")
    ],
    dispersion: Annotated[
        float | None,
        typer.Option(
            "--dispersion",
            min=1,
            help="Overdispersion, from the measure's own history; without it the verdict is "
            "given only on condition that incidents are independent.",
        ),
    ] = None,
    level: Annotated[float, typer.Option("--level", help="Coverage of the interval.")] = 0.95,
    as_json: _Json = False,
) -> None:
    """Compare two counts: change, interval, verdict."""
    from bcsp_analysis.models.change import compare
    from bcsp_analysis.publish import listing

    condition = listing.INDEPENDENT if dispersion is None else ""
    result = compare(
        before,
        after,
        *days,
        dispersion=1.0 if dispersion is None else dispersion,
        dispersion_source=condition or "given",
        level=level,
    )
    if as_json:
        _print_json({**_plain(result), "condition": condition or None})
        return
    typer.echo(listing.change(result, condition=condition))


@app.command()
def site(
    folder: Annotated[Path, typer.Argument(help="A website project: a folder with _quarto.yml.")],
    engine: _Engine = "auto",
    jobs: _Jobs = 2,
    output: _Output = None,
) -> None:
    """Render any website project of pages and notebooks."""
    from bcsp_analysis.publish import progress
    from bcsp_analysis.publish import site as publish_site

    with progress.telling() as teller:
        choice = publish_site.choose(engine)
        teller.say(choice.reason)
        rendered = publish_site.render(
            folder, output, choice=choice, jobs=jobs, on_page=teller.rendered
        )
    for warning in rendered.warnings:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(f"The site is in {rendered.output}")


@app.command(name="new-edition")
def new_edition(
    quarter: Annotated[str, typer.Argument(help='The next quarter: "2023/24 Q3".')],
    after: Annotated[
        str, typer.Option("--from", help="Edition to carry over; the newest one if not given.")
    ] = "",
) -> None:
    """Make the next edition from the last."""
    from bcsp_analysis import project
    from bcsp_analysis.periods import Quarter
    from bcsp_analysis.publish import new_edition as publish_new_edition

    made, folder = publish_new_edition.new_edition(Quarter.parse(quarter), _edition(after))
    typer.echo(f"made {project.relative(made)} and {project.relative(folder)}/")
    typer.echo(f"next: fill {project.relative(folder)}/performance.csv as printed,")
    typer.echo(f"then `bcsp check --edition {made.stem}` says which figures are still missing")


@app.command()
def forecast(
    edition: _Edition = "",
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Write over another forecast that is written down."),
    ] = False,
) -> None:
    """Write down an edition's forecast, for the next edition to score."""
    from bcsp_analysis import project
    from bcsp_analysis.publish import forecasts

    done = forecasts.write(_edition(edition), replace=replace)
    file = project.relative(done.file)
    typer.echo(f"{done.done}: {file}, {done.rows} rows, {', '.join(done.series)}")
    if done.done == "replaced":
        typer.echo("warning: a forecast that is rewritten afterwards is none", err=True)
    if not done.recorded:
        typer.echo("next: put it into data/sources.toml, source project-forecasts:")
        typer.echo(f'{{ file = "{file}", sha256 = "{done.sha256}" }}')


@app.command()
def ingest(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Street-level files of data.police.uk, folders, or archive zips."),
    ],
    store: Annotated[
        Path | None, typer.Option("--store", help="Folder of the store; data/store if not given.")
    ] = None,
    lookup: Annotated[
        Path | None,
        typer.Option("--lookup", help="ONS change file of small areas, LSOA 2011 to 2021."),
    ] = None,
    skip_refused: Annotated[
        bool, typer.Option("--skip-refused", help="Go on without files that cannot be read.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Count street-level extracts into the store."""
    from bcsp_analysis.publish import ingest_listing
    from bcsp_analysis.sources import ingest as sources_ingest

    with ingest_listing.telling(quiet=as_json) as tell:
        report = sources_ingest.ingest(
            paths, store, lookup=lookup, skip_refused=skip_refused, tell=tell
        )
    if as_json:
        _print_json(report.data())
    else:
        ingest_listing.print_report(report)


@app.command()
def comparators(
    export: Annotated[Path, typer.Argument(help="An iQuanta export: CSV, xlsx or ods.")],
    column_map: Annotated[
        Path, typer.Option("--map", help="TOML file that says what its columns are.")
    ],
    to: Annotated[Path, typer.Option("--to", help="CSV file to write.")],
    period: Annotated[
        str, typer.Option("--period", help="Last month, where there are several: 2023-06.")
    ] = "",
    edition: _Edition = "",
    replace: Annotated[bool, typer.Option("--replace", help="Write over a file.")] = False,
) -> None:
    """Turn an iQuanta export into the table of similar areas."""
    from bcsp_analysis import project
    from bcsp_analysis.measures import catalogue
    from bcsp_analysis.periods import Month
    from bcsp_analysis.sources import column_map as maps
    from bcsp_analysis.sources import iquanta, iquanta_comparators

    known = {key: measure.denominator for key, measure in catalogue.load().measures.items()}
    done = iquanta_comparators.write(
        iquanta.load(export, maps.load(column_map), known),
        to,
        area_code=_edition(edition).area_code,
        period_last=Month.parse(period) if period else None,
        replace=replace,
    )
    typer.echo(f"written: {project.relative(to)}, {len(done)} rows")
    typer.echo("next: name it in the edition file, under [data]:")
    typer.echo(f'comparators = "{project.relative(to)}"')
    typer.echo("iQuanta is not open data: ask before you publish rates of other areas", err=True)


@app.command(name="board-pack")
def board_pack(
    edition: _Edition = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", help="PDF file to write; board-pack.pdf in build/ if not given."),
    ] = None,
) -> None:
    """Typeset the board pack: a few pages to print, a tagged PDF."""
    from bcsp_analysis import project
    from bcsp_analysis.publish import board_pack as publish_board_pack

    file = output or project.path("build", publish_board_pack.NAME)
    for warning in publish_board_pack.write(_edition(edition), file).warnings:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(f"The board pack is {project.relative(file)}")


@app.command()
def refresh(
    notebooks: Annotated[
        list[Path] | None, typer.Argument(help="All committed notebooks if none is given.")
    ] = None,
) -> None:
    """Run the committed notebooks and store their outputs."""
    from bcsp_analysis import project
    from bcsp_analysis.publish import notebooks as publish_notebooks

    chosen = notebooks or sorted(project.path("notebooks").glob("*.ipynb"))
    for done in publish_notebooks.refresh(chosen):
        typer.echo(f"ran {project.relative(done.file)} in {done.seconds:.1f} s")
        for warning in done.warnings:
            typer.echo(f"warning: {project.relative(done.file)}, {warning}", err=True)


def _plain(result: object) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(result)  # type: ignore[call-overload]


def _print_json(data: object) -> None:
    import json

    typer.echo(json.dumps(_finite(data), ensure_ascii=False, indent=2, default=str))


def _finite(data: object) -> object:
    """JSON knows no infinity: an interval without an end is written as null."""
    if isinstance(data, dict):
        return {str(key): _finite(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_finite(value) for value in data]
    if isinstance(data, float) and (data != data or data in (float("inf"), float("-inf"))):
        return None
    return data
