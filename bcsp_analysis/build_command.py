"""``bcsp build`` and ``bcsp serve``: an edition's site. Imports when they run."""

import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bcsp_analysis.errors import SiteError

if TYPE_CHECKING:
    from bcsp_analysis.editions import Edition

_Edition = Annotated[
    str, typer.Option("--edition", help="Such as 2023-24-q2; the newest one if not given.")
]
_Engine = Annotated[
    str, typer.Option("--engine", help="auto (Quarto where it is found), quarto or pandoc.")
]
_Jobs = Annotated[int, typer.Option("--jobs", min=1, help="How many run at a time.")]
_Output = Annotated[Path | None, typer.Option("--output", help="Folder of the site.")]


def build(
    edition: _Edition = "",
    engine: _Engine = "auto",
    jobs: _Jobs = 2,
    output: _Output = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Run and render everything, changed or not.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say which pages would run and why; run nothing.")
    ] = False,
    archive_anew: Annotated[
        bool, typer.Option(help="Build the sites of earlier editions again as well.")
    ] = False,
) -> None:
    """Publish an edition: check, run the notebooks, render."""
    from bcsp_analysis import editions, observed, project

    with observed.watching():  # before anything is imported that a page may stand on
        from bcsp_analysis.publish import warm

        chosen = editions.load(edition) if edition else editions.default()
        place = (output or project.path("_site")).resolve()
        anew = fresh or archive_anew
        changes, warnings = ([], ()) if anew else warm.changes(chosen, engine, place)
        if explain:
            typer.echo(_explained(chosen, changes, fresh=fresh))
            return
        if anew or changes:
            warnings = _built(chosen, engine, jobs, place, fresh=fresh, archive_anew=archive_anew)
        for warning in warnings:
            typer.echo(f"warning: {warning}", err=True)
        if not anew and not changes:
            typer.echo("Nothing has changed since the last build")
        typer.echo(f"The site is in {place}; open {place / 'index.html'}")


def _built(
    edition: "Edition", engine: str, jobs: int, output: Path, *, fresh: bool, archive_anew: bool
) -> tuple[str, ...]:
    from bcsp_analysis.publish import build, progress

    with progress.telling() as teller:
        built = build.build(
            edition,
            engine=engine,
            jobs=jobs,
            output=output,
            tell=teller,
            archive_anew=archive_anew,
            fresh=fresh,
        )
    for line in progress.times(built).splitlines():
        typer.echo(line)
    return built.warnings


def _explained(edition: "Edition", changes: list[str], *, fresh: bool) -> str:
    from bcsp_analysis.publish import warm

    if not changes and not fresh:
        return "Nothing has changed since the last build"
    from bcsp_analysis import project
    from bcsp_analysis.publish import build, parameters

    parameters.check(edition)
    executed = project.path(build.BUILD, "pages", edition.slug)
    lines = [warm.explained(warm.plan(edition, executed, fresh=fresh), edition)]
    lines += [] if fresh else [warm.reasons(build.papers_to_make(edition))]
    lines += ["the site is put together again:", *(f"  {warm.plain(one)}" for one in changes)]
    return "\n".join(filter(None, lines))


def serve(
    edition: _Edition = "",
    engine: _Engine = "auto",
    jobs: _Jobs = 2,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any.")] = 8000,
    existing: Annotated[
        bool, typer.Option("--no-build", help="Show the site that is there.")
    ] = False,
) -> None:
    """Build the site, show it on this machine, follow every edit."""
    from bcsp_analysis import project
    from bcsp_analysis.publish import serve as publish_serve

    folder = project.path("_site")
    if existing and not (folder / "index.html").is_file():
        raise SiteError("there is no site to show", where=str(folder), hint="run `bcsp build`")
    options = [
        "--engine",
        engine,
        "--jobs",
        str(jobs),
        *(["--edition", edition] if edition else []),
    ]
    with ExitStack() as stack:
        try:
            server, live = stack.enter_context(publish_serve.live_server(folder, port))
        except OSError as error:
            raise SiteError(
                "the port is not free", found=f"{port}: {error.strerror}", hint="try --port 0"
            ) from error
        host, taken = server.server_address[:2]
        typer.echo(f"The site is at http://{host!s}:{taken}/ until Ctrl-C")
        with suppress(KeyboardInterrupt):
            if existing:
                threading.Event().wait()
            publish_serve.follow(lambda: publish_serve.build_once(options), live)
    typer.echo("stopped")
