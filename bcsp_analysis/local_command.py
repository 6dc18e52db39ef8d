"""``bcsp local``: from street-level extracts to a site with places. Imports when it runs."""

from pathlib import Path
from typing import Annotated

import typer


def local(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Street-level files of data.police.uk, folders, or archive zips."),
    ],
    areas: Annotated[
        Path | None,
        typer.Option(
            "--areas",
            help="Folder of lookups; a folder `areas` in one of the paths, "
            "else data/downloads/areas, if not given.",
        ),
    ] = None,
    store: Annotated[
        Path | None, typer.Option("--store", help="Folder of the store; data/store if not given.")
    ] = None,
    lookup: Annotated[
        Path | None,
        typer.Option(
            "--lookup", help="ONS change file, LSOA 2011 to 2021; that of the areas if not given."
        ),
    ] = None,
    edition: Annotated[
        str,
        typer.Option("--edition", help="Whose report and rules; the newest one if not given."),
    ] = "",
    name: Annotated[
        str, typer.Option("--name", help="What the new edition's name ends in.")
    ] = "local",
    first_month: Annotated[
        str, typer.Option("--from", help="First month to use: 2018-04; all if not given.")
    ] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Write the edition file anew.")
    ] = False,
    skip_refused: Annotated[
        bool, typer.Option("--skip-refused", help="Go on without files that cannot be read.")
    ] = False,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Notebooks at a time.")] = 2,
    engine: Annotated[str, typer.Option("--engine", help="auto, quarto or pandoc.")] = "auto",
    output: Annotated[
        Path | None, typer.Option("--output", help="Folder of the site; _site if not given.")
    ] = None,
) -> None:
    """From extracts to a site with hot spots and a page for each locality."""
    from bcsp_analysis import editions, project
    from bcsp_analysis.publish import build, ingest_listing, local_edition, progress
    from bcsp_analysis.sources import ingest
    from bcsp_analysis.sources.area_folder import CHANGES

    base = editions.load(edition) if edition else editions.default()
    folder = local_edition.areas_folder(paths, areas)
    counts = store or project.path("data", "store")
    changes = lookup or (folder / CHANGES if (folder / CHANGES).is_file() else None)
    with ingest_listing.telling(quiet=False) as tell:
        report = ingest.ingest(paths, counts, lookup=changes, skip_refused=skip_refused, tell=tell)
    ingest_listing.print_report(report)
    file = local_edition.file_of(base, name)
    if file.exists() and not replace:
        typer.echo(f"{project.relative(file)} is used as it is; --replace makes it anew")
    else:
        made = local_edition.make(
            base, counts, folder, ending=name, first_month=first_month, replace=replace
        )
        pages = ", ".join(f"{number} of kind {kind}" for kind, number in made.localities.items())
        typer.echo(f"made {project.relative(made.file)}: localities, {pages}")
    with progress.telling() as teller:
        built = build.build(
            editions.load(file), engine=engine, jobs=jobs, output=output, tell=teller
        )
    for warning in built.warnings:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(progress.times(built))
    typer.echo(f"The site is in {built.site.output}; open {built.site.output / 'index.html'}")
