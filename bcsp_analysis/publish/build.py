"""The whole way of an edition: data checked, notebooks run, pages laid out, site rendered."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from bcsp_analysis import project, run_cache
from bcsp_analysis.editions import Edition
from bcsp_analysis.errors import BcspError
from bcsp_analysis.publish import (
    archive,
    assemble,
    board_pack,
    checks,
    email_brief,
    laid,
    ledger_file,
    notebooks,
    page_records,
    papers,
    parameters,
    places,
    site,
    warm,
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
    fresh: bool = False,
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
    fresh : bool
        Whether everything is run and rendered, also what stands on nothing that changed.

    Raises
    ------
    BcspError
        The first step that fails says what, where, and what to do.
    """
    tell = tell or Teller()
    choice = site.choose(engine)
    tell.say(choice.reason)
    output = (output or project.path(site.OUTPUT)).resolve()
    executed = project.path(BUILD, "pages", edition.slug)

    def earlier(one: Edition, folder: Path) -> None:
        tell.say(f"building the earlier edition {one.slug}")
        build(one, engine=engine, jobs=jobs, output=folder, tell=tell, archived=False)

    with warm.recorded(edition, engine, output) as record, run_cache.sharing():
        runs, said = _run(edition, executed, record, jobs=jobs, tell=tell, fresh=fresh)
        pages = laid.pages(edition, executed, places.of_edition(edition), fresh=fresh)
        laid.check(edition, executed, pages)
        tell.say(laid.summary(pages))
        made = _papers(edition, tell, fresh=fresh)
        record.held += [page.record for page in pages] + [paper.record for paper in made]
        ledger = [row for page in pages for row in page.ledger]
        ledger_file.keep(ledger, project.path(BUILD, "ledger", f"{edition.slug}.csv"))
        folders = archive.collect(edition, earlier, anew=archive_anew) if archived else {}
        downloads = {name: content for paper in made for name, content in paper.files.items()}
        assembled = assemble.assemble(
            edition,
            executed,
            project.path(BUILD, "site", edition.slug),
            downloads=downloads | {ledger_file.NAME: ledger_file.written(ledger)},
            pages=pages,
        )
        rendered_before = project.path(BUILD, "rendered", edition.slug)
        if fresh:
            shutil.rmtree(rendered_before, ignore_errors=True)
        tell.begin("rendering pages", len(assembled.sources))
        rendered = site.render(
            assembled.folder,
            output,
            choice=choice,
            jobs=jobs,
            sources=assembled.sources,
            folders=folders,
            on_page=tell.rendered,
            kept=rendered_before,
        )
        said += tuple(warning for paper in made for warning in paper.warnings)
        said += assembled.warnings + rendered.warnings
        record.keep(said)
    return Built(edition, rendered, runs, said)


def _run(
    edition: Edition,
    executed: Path,
    record: warm.SiteRecord,
    *,
    jobs: int,
    tell: Teller,
    fresh: bool,
) -> tuple[tuple[notebooks.PageRun, ...], tuple[str, ...]]:
    """Check the data and run the pages that have to run; these, and what all pages warned of."""
    try:
        parameters.check(edition)
        planned = warm.plan(edition, executed, fresh=fresh)
    except BcspError:
        checks.data(edition)  # which lists it among everything else that is wrong
        raise
    # The server of the kernels imports while the data are checked.
    with client.serving() if planned.run else nullcontext():
        record.held += _check(edition, fresh=fresh)
        if planned.kept or planned.lay:
            tell.say(warm.explained(planned, edition))
        runs: tuple[notebooks.PageRun, ...] = ()
        if planned.run:
            tell.begin("running notebooks", len(planned.run))
            runs = notebooks.run_pages(
                edition, executed, only=planned.run, jobs=jobs, on_page=tell.ran, tell=tell.say
            )
    for address, told in planned.lay.items():
        warm.lay_anew(told, executed / f"{address}.ipynb")
    said = []
    for page in edition.pages:
        record.held.append(page_records.file_of(executed / f"{page.address}.ipynb"))
        where = f"{project.relative(page.notebook)} (page {page.address})"
        said += [f"{where}, {one}" for one in page_records.said(record.held[-1])]
    return runs, tuple(said)


def _check(edition: Edition, *, fresh: bool) -> list[Path]:
    """Check the data, as far as they or the checks changed; the records of the checks."""
    held = []

    def once(name: str, check: Callable[[], str]) -> str:
        def make() -> papers.Made:
            return {"found": check().encode()}, ()

        place = f"check-{name.replace(' ', '-')}"
        done = papers.paper(place, edition.slug, warm.told(edition), make, fresh=fresh)
        held.append(done.record)
        return done.files["found"].decode()

    checks.data(edition, once)
    return held


def _papers(edition: Edition, tell: Teller, *, fresh: bool) -> list[papers.Paper]:
    """What stands beside the pages for readers, each made only if it has to be."""
    linked = workbook.linked()

    def pack() -> papers.Made:
        tell.say("setting the board pack")
        made = board_pack.make(edition)
        return {board_pack.NAME: made.pdf}, made.warnings

    def tables() -> papers.Made:
        tell.say("writing the workbook")
        return workbook.files(workbook.make(edition)), ()

    def figures() -> papers.Made:
        from bcsp_analysis.publish import tables_csv

        return tables_csv.files(edition), ()

    makers: dict[str, Callable[[], papers.Made]] = {
        "board-pack": pack,
        "measures": figures,
        "feed": lambda: (_feed(edition), ()),
        **({"workbook": tables} if linked else {}),
    }
    given = warm.told(edition)
    return [
        papers.paper(name, edition.slug, given, make, fresh=fresh) for name, make in makers.items()
    ]


def papers_to_make(edition: Edition) -> dict[str, tuple[str, ...]]:
    """What a build would make beside the pages, with the reasons; empty ones where it holds."""
    names = (
        "checks",
        "board-pack",
        "measures",
        "feed",
        *(["workbook"] if workbook.linked() else []),
    )
    given = warm.told(edition)
    return {name: papers.why(name, edition.slug, given) for name in names}


def _feed(edition: Edition) -> dict[str, bytes]:
    """This edition and the earlier ones, each with its summary for an email."""
    from bcsp_analysis.publish import feed

    entries = {"index.html": (edition, email_brief.brief(edition))}
    for one in archive.earlier(edition):
        entries[f"{archive.place(one)}/index.html"] = (one, email_brief.brief(one))
    title = f"Community safety in {edition.area}: strategic assessments"
    return {feed.NAME: feed.atom(entries, title=title)}
