"""Everything that has to hold before a notebook runs: shipped files, registers, figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from bcsp_analysis import project
from bcsp_analysis.editions import Edition
from bcsp_analysis.errors import BcspError, DataError
from bcsp_analysis.publish import parameters


@dataclass(frozen=True)
class Check:
    """One check of an edition: its name, a line about what was found, or what is wrong."""

    name: str
    found: str
    problem: BcspError | None = None


Once = Callable[[str, Callable[[], str]], str]


def _always(name: str, check: Callable[[], str]) -> str:
    del name
    return check()


def run(edition: Edition, once: Once = _always) -> Iterator[Check]:
    """Run every check of an edition, each even where an earlier one found something.

    `once` is called with the name of each check and what runs it; a build leaves out those that
    stand on nothing that changed.
    """
    for name, check in _CHECKS.items():
        try:
            yield Check(name, once(name, partial(check, edition)))
        except BcspError as problem:
            yield Check(name, "", problem)


def data(edition: Edition, once: Once = _always) -> None:
    """Every check, see `run`; raises the problem that was found, or one error that lists all."""
    problems = [check.problem for check in run(edition, once) if check.problem]
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise DataError(
            f"the edition {edition.slug} has {len(problems)} problems",
            found="".join("\n  - " + str(each).replace("\n", "\n  ") for each in problems),
        )


def missing_figures(edition: Edition) -> dict[str, tuple[str, ...]]:
    """Columns of the quarterly table that still lack a figure, by measure id."""
    from bcsp_analysis.measures import catalogue
    from bcsp_analysis.sources import report

    table = report.load_performance(edition.data.report, edition.quarter, catalogue.load().measures)
    missing: dict[str, tuple[str, ...]] = {}
    for measure, column in report.missing_figures(table):
        missing[measure] = (*missing.get(measure, ()), column)
    return missing


def _sources(edition: Edition) -> str:
    from bcsp_analysis.sources import registry

    sources = registry.load_sources()
    registry.verify(sources)
    return f"{len(sources)} sources, every file as recorded"


def _registers(edition: Edition) -> str:
    from bcsp_analysis.measures import catalogue, claims, recording

    measures = catalogue.load().measures
    changes = recording.load()
    stated = claims.load(edition.data.report / "claims.toml")
    return f"{len(measures)} measures, {len(changes)} recording changes, {len(stated)} claims"


def _table(edition: Edition) -> str:
    missing = missing_figures(edition)
    if missing:
        cells = sum(len(columns) for columns in missing.values())
        lines = "".join(f"\n    {measure}: {', '.join(c)}" for measure, c in missing.items())
        raise DataError(
            f"{cells} figures of {len(missing)} measures are still missing",
            where=project.relative(edition.data.report / "performance.csv"),
            found="blank cells, by measure and column:" + lines,
            expected="the figure as printed, or words that say why there is none",
            hint="fill the cells and run the command again",
        )
    return "the quarterly table has every figure"


def _headings(edition: Edition) -> str:
    from bcsp_analysis.sources import report

    file = edition.data.report / "headings.csv"
    headings = report.load_headings(file)
    blank = [column for column, heading in headings.items() if not heading.strip()]
    if blank:
        raise DataError(
            f"{len(blank)} headings of the quarterly table are still missing",
            where=project.relative(file),
            found="blank: " + ", ".join(blank),
            expected="each heading as printed",
        )
    return f"{len(headings)} headings"


def _report(edition: Edition) -> str:
    from bcsp_analysis.measures import audit
    from bcsp_analysis.sources import printed

    folder = edition.data.report
    result = audit.run(folder, edition.quarter)
    places = len(printed.load_neighbourhoods(folder / "neighbourhoods.csv"))
    return (
        f"{sum(result.checked.values())} figures held against each other, "
        f"{len(result.findings)} findings; {places} neighbourhoods"
    )


def _series(edition: Edition) -> str:
    from bcsp_analysis.inputs import Inputs
    from bcsp_analysis.sources import prices

    series = Inputs(edition).all_monthly
    months = max(map(len, series.values()), default=0)
    place = project.relative(edition.data.incidents)
    return (
        f"{len(series)} categories over {months} months of {place}, "
        f"prices over {len(prices.load_monthly(edition.data.prices))} months"
    )


def _forecasts(edition: Edition) -> str:
    from bcsp_analysis.sources import forecasts

    earlier = forecasts.load_before(edition.quarter)["edition"].nunique()
    file = forecasts.path(edition.slug)
    if not file.exists():
        own = "this one's is not written down, `bcsp forecast` does that"
    else:
        own = f"this one's has {len(forecasts.load(file))} rows"
    return f"forecasts of {earlier} earlier editions; {own}"


def _others(edition: Edition) -> str:
    from bcsp_analysis.measures import catalogue
    from bcsp_analysis.sources import comparators, elsewhere

    found = []
    if edition.data.elsewhere is not None:
        forces = elsewhere.load_monthly(edition.data.elsewhere)["force"].nunique()
        found.append(f"{forces} other forces")
    if edition.data.comparators is not None:
        table = comparators.load(
            edition.data.comparators, catalogue.load().measures, edition.area_code
        )
        found.append(f"{table['area_code'].nunique()} areas to compare with")
    return ", ".join(found) or "none named"


def _notebooks(edition: Edition) -> str:
    parameters.check(edition)
    notebooks = {page.notebook for page in edition.pages}
    return f"{len(edition.pages)} pages of {len(notebooks)} notebooks, parameters as declared"


_CHECKS: dict[str, Callable[[Edition], str]] = {
    "sources": _sources,
    "registers": _registers,
    "quarterly table": _table,
    "headings": _headings,
    "report": _report,
    "series": _series,
    "other areas": _others,
    "forecasts": _forecasts,
    "notebooks": _notebooks,
}
