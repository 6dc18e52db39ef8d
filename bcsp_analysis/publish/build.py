"""The whole way of an edition: data checked, notebooks run, pages laid out, site rendered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bcsp_analysis import project, run_cache
from bcsp_analysis.editions import Edition
from bcsp_analysis.publish import (
    archive,
    assemble,
    board_pack,
    checks,
    email_brief,
    feed,
    notebooks,
    site,
    tables_csv,
    workbook,
)
from bcsp_analysis.publish.kernels import client
from bcsp_analysis.publish.progress import Teller

BUILD = "build"


@dataclass(frozen=True)
class Built:
    """An edition's site: what ran, what was rendered, and everything that was warned of."""

    edition: Edition
    site: site.Site
    runs: tuple[notebooks.PageRun, ...]
    warnings: tuple[str, ...]


def build(
    edition: Edition,
    *,
    engine: str = site.Engine.AUTO,
    jobs: int = 2,
    output: Path | None = None,
    tell: Teller | None = None,
    archived: bool = True,
    archive_anew: bool = False,
) -> Built:
    """Build the site of an edition; whatever fails, the last good site stays.

    Parameters
    ----------
    edition : Edition
        What to publish.
    engine : str
        ``auto``, ``quarto`` or ``pandoc``.
    jobs : int
        Notebooks, and pages, at a time.
    output : Path, optional
        Where the site goes; ``_site`` of the project where it is not given.
    tell : Teller, optional
        Hears of the chosen engine, each executed notebook, each rendered page.
    archived, archive_anew : bool
        Whether the sites of earlier editions become part of this one, and whether they are built
        again where they are kept already.

    Raises
    ------
    BcspError
        The first step that fails says what, where, and what to do.
    """
    tell = tell or Teller()
    choice = site.choose(engine)
    tell.say(choice.reason)
    executed = project.path(BUILD, "pages", edition.slug)
    with run_cache.sharing():
        # The server of the kernels imports while the data are checked.
        with client.serving():
            checks.data(edition)
            tell.begin("running notebooks", len(edition.pages))
            runs = notebooks.run_pages(
                edition, executed, jobs=jobs, on_page=tell.ran, tell=tell.say
            )
        tell.say("setting the board pack")
        pack = board_pack.make(edition)
        tell.say("writing the workbook")
        tables = workbook.files(workbook.make(edition)) if workbook.linked() else {}
        tables |= tables_csv.files(edition)

    def earlier(one: Edition, folder: Path) -> None:
        tell.say(f"building the earlier edition {one.slug}")
        build(one, engine=engine, jobs=jobs, output=folder, tell=tell, archived=False)

    folders = archive.collect(edition, earlier, anew=archive_anew) if archived else {}
    assembled = assemble.assemble(
        edition,
        executed,
        project.path(BUILD, "site", edition.slug),
        downloads={board_pack.NAME: pack.pdf, feed.NAME: _feed(edition), **tables},
    )
    tell.begin("rendering pages", len(assembled.sources))
    rendered = site.render(
        assembled.folder,
        output or project.path(site.OUTPUT),
        choice=choice,
        jobs=jobs,
        sources=assembled.sources,
        folders=folders,
        on_page=tell.rendered,
    )
    said = tuple(
        f"{project.relative(run.page.notebook)} (page {run.page.address}), {warning}"
        for run in runs
        for warning in run.warnings
    )
    said += pack.warnings + assembled.warnings + rendered.warnings
    return Built(edition, rendered, runs, said)


def _feed(edition: Edition) -> bytes:
    """This edition and the earlier ones, each with its summary for an email."""
    entries = {"index.html": (edition, email_brief.brief(edition))}
    for one in archive.earlier(edition):
        entries[f"{archive.place(one)}/index.html"] = (one, email_brief.brief(one))
    return feed.atom(entries, title=f"Community safety in {edition.area}: strategic assessments")
