"""``bcsp workbook`` and ``bcsp brief``: an edition without its site. Imports when it runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bcsp_analysis.editions import Edition

_Name = Annotated[
    str, typer.Option("--edition", help="Such as 2023-24-q2; the newest one if not given.")
]


def workbook(
    edition: _Name = "",
    output: Annotated[
        Path | None, typer.Option("--output", help="Folder for the files; build/ if not given.")
    ] = None,
) -> None:
    """Write the tables of an edition: measures.xlsx and measures.ods."""
    from bcsp_analysis import project
    from bcsp_analysis.publish import workbook as publish_workbook

    for file in publish_workbook.write(_edition(edition), output or project.path("build")):
        typer.echo(f"written: {project.relative(file)}")


def brief(edition: _Name = "") -> None:
    """Print a summary for an email, in under 300 words."""
    from bcsp_analysis.publish import email_brief

    typer.echo(email_brief.brief(_edition(edition)), nl=False)


def _edition(name: str) -> "Edition":
    from bcsp_analysis import editions

    return editions.load(name) if name else editions.default()
