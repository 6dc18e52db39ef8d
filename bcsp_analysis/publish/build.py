"""The whole way of an edition: data checked, notebooks run, pages laid out, site rendered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bcsp_analysis import project
from bcsp_analysis.editions import Edition
from bcsp_analysis.publish import assemble, board_pack, checks, notebooks, site, workbook
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

    Raises
    ------
    BcspError
        The first step that fails says what, where, and what to do.
    """
    tell = tell or Teller()
    choice = site.choose(engine)
    tell.say(choice.reason)
    checks.data(edition)
    executed = project.path(BUILD, "pages", edition.slug)
    tell.begin("running notebooks", len(edition.pages))
    runs = notebooks.run_pages(edition, executed, jobs=jobs, on_page=tell.ran)
    tell.say("setting the board pack")
    pack = board_pack.make(edition)
    tell.say("writing the workbook")
    tables = workbook.files(workbook.make(edition)) if workbook.linked() else {}
    assembled = assemble.assemble(
        edition,
        executed,
        project.path(BUILD, "site", edition.slug),
        downloads={board_pack.NAME: pack.pdf, **tables},
    )
    tell.begin("rendering pages", len(assembled.sources))
    rendered = site.render(
        assembled.folder,
        output or project.path(site.OUTPUT),
        choice=choice,
        jobs=jobs,
        sources=assembled.sources,
        on_page=tell.rendered,
    )
    said = tuple(
        f"{project.relative(run.page.notebook)} (page {run.page.address}), {warning}"
        for run in runs
        for warning in run.warnings
    )
    said += pack.warnings + assembled.warnings + rendered.warnings
    return Built(edition, rendered, runs, said)
