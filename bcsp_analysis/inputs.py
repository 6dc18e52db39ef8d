"""The data that an edition stands on, each read once, when it is first asked for."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bcsp_analysis import project
from bcsp_analysis.editions import Edition, Rules
from bcsp_analysis.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

    from bcsp_analysis.measures.audit import AuditResult
    from bcsp_analysis.measures.benchmark_rules import Benchmark
    from bcsp_analysis.measures.catalogue import Catalogue
    from bcsp_analysis.measures.missing import Gap
    from bcsp_analysis.measures.recording import RecordingChange
    from bcsp_analysis.periods import Quarter, Span
    from bcsp_analysis.sources.registry import Source
    from bcsp_analysis.sources.report import PrintedTable
    from bcsp_analysis.sources.standing import Standing
    from bcsp_analysis.sources.stored import Stored

# Values of the parameter `series`, and the category of data.police.uk that each stands for.
SERIES: Mapping[str, str] = MappingProxyType(
    {
        "asb": "Anti-social behaviour",
        "violence": "Violence and sexual offences",
        "shoplifting": "Shoplifting",
        "vehicle-crime": "Vehicle crime",
    }
)


@dataclass(frozen=True)
class Inputs:
    """Tables, registers and series of one edition.

    Parameters
    ----------
    edition : Edition
        The publication.
    """

    edition: Edition

    @property
    def area(self) -> str:
        """Name of the area, ``"Birmingham"``."""
        return self.edition.area

    @property
    def quarter(self) -> Quarter:
        """Quarter of the edition."""
        return self.edition.quarter

    @property
    def rules(self) -> Rules:
        """Thresholds of the edition."""
        return self.edition.rules

    @cached_property
    def catalogue(self) -> Catalogue:
        """The measures and priorities of the partnership."""
        from bcsp_analysis.measures import catalogue

        return catalogue.load()

    @cached_property
    def recording(self) -> tuple[RecordingChange, ...]:
        """The register of recording changes.

        Entries about faults of the shipped monthly figures are left out where the edition stands
        on a store.
        """
        from bcsp_analysis.measures import recording

        changes = recording.load()
        if self.stored is not None:
            return tuple(change for change in changes if not change.faulty_months)
        return changes

    @cached_property
    def table(self) -> PrintedTable:
        """The report's quarterly table as printed."""
        from bcsp_analysis.sources import report

        return report.load_performance(
            self.edition.data.report, self.quarter, self.catalogue.measures
        )

    @cached_property
    def prices(self) -> pd.DataFrame:
        """Monthly prices: float64 columns on a monthly DatetimeIndex."""
        from bcsp_analysis.sources import prices

        return prices.load_monthly(self.edition.data.prices)

    @cached_property
    def stored(self) -> Stored | None:
        """The edition's store, up to its quarter; None where it stands on a CSV file."""
        from bcsp_analysis.sources.stored import Stored

        data = self.edition.data
        if data.store is None:
            return None
        return Stored(data.store, self.area, self.quarter.span.last, data.first_month)

    def series(self, category: str) -> pd.Series:
        """Monthly incidents of one category, float64 on a complete monthly DatetimeIndex."""
        from bcsp_analysis.sources import police

        if self.stored is not None:
            return self.stored.series(category)
        return police.series(self._monthly_counts, category)

    @cached_property
    def _monthly_counts(self) -> pd.DataFrame:
        from bcsp_analysis.sources import police

        return police.load_monthly(self.edition.data.incidents)

    @cached_property
    def all_monthly(self) -> dict[str, pd.Series]:
        """Monthly incidents of every category at hand, by category."""
        names = (
            self.stored.categories
            if self.stored is not None
            else self._monthly_counts["crime_type"].unique()
        )
        return {name: self.series(name) for name in names}

    @cached_property
    def standing(self) -> Standing:
        """What the monthly incidents of the edition come from."""
        from bcsp_analysis.measures import recording
        from bcsp_analysis.periods import Month, Span
        from bcsp_analysis.sources.standing import Standing

        if self.stored is not None:
            return Standing(
                place=self.area,
                span=self.stored.span,
                loaded=True,
                forces=(self.stored.districts[self.area],),
                unlocated_share=self.stored.unlocated_share,
            )
        counts = self._monthly_counts
        first, last = counts["month"].min(), counts["month"].max()
        faulty = {
            month
            for category in counts["crime_type"].unique()
            for month in recording.faulty_months(self.recording, category)
        }
        return Standing(
            place=self.area,
            span=Span(Month(first.year, first.month), Month(last.year, last.month)),
            loaded=False,
            faulty=tuple(sorted(faulty)),
            largest_error=float(counts["max_error"].max()),
        )

    @cached_property
    def audit(self) -> AuditResult:
        """The audit of the report's printed figures."""
        from bcsp_analysis.measures import audit

        return audit.run(self.edition.data.report, self.quarter)

    @property
    def recording_file(self) -> Path:
        """The register of recording changes."""
        return project.path("data", "recording_changes.toml")

    @property
    def months_compared(self) -> Span:
        """From the first to the last month that the year to date compares."""
        from bcsp_analysis.periods import Span

        return Span(self.quarter.year_to_date.year_before.first, self.quarter.span.last)

    @property
    def months_covered(self) -> dict[str, Span]:
        """The months of the monthly figures and those compared, by what they are."""
        return {"monthly figures": self.standing.span, "months compared": self.months_compared}

    @cached_property
    def missing(self) -> tuple[Gap, ...]:
        """What the edition's figures lack."""
        from bcsp_analysis.measures import missing
        from bcsp_analysis.present import provenance

        data = self.edition.data
        files = [data.report, data.incidents, data.prices]
        files += [data.elsewhere] if data.elsewhere else []
        return missing.ledger(
            self.table,
            self.catalogue,
            self.all_monthly,
            self.recording,
            self.quarter,
            provenance.used(*files),
        )

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Measures of which no count is shown."""
        from bcsp_analysis.measures import performance
        from bcsp_analysis.present import disclosure

        counts = performance.quarterly_table(self.table).counts
        return disclosure.hidden_measures(counts, self.rules.suppress_below)

    @cached_property
    def hidden_names(self) -> tuple[str, ...]:
        """What the report and the pages call the measures of which no count is shown."""
        from bcsp_analysis.present import about

        return about.hidden_names(self.hidden, self.catalogue, self.table)

    @cached_property
    def printed_figures(self) -> pd.DataFrame:
        """Printed figures of the report's prose and activities, index id; see `load_printed`."""
        from bcsp_analysis.measures import audit

        return audit.load_text_figures(self.edition.data.report)

    @cached_property
    def neighbourhoods(self) -> pd.DataFrame:
        """The neighbourhoods that the report names, with their incidents."""
        from bcsp_analysis.sources import printed

        return printed.load_neighbourhoods(self.edition.data.report / "neighbourhoods.csv")

    @cached_property
    def forecast_records(self) -> pd.DataFrame:
        """What earlier editions forecast, columns as in `sources.forecasts.COLUMNS`."""
        from bcsp_analysis.sources import forecasts

        return forecasts.load_before(self.quarter)

    @cached_property
    def benchmark(self) -> Benchmark:
        """Period, populations and sizes of groups behind the printed comparison."""
        from bcsp_analysis.measures import audit

        return audit.load_benchmark(self.edition.data.report)

    @cached_property
    def _registry(self) -> dict[str, Source]:
        from bcsp_analysis.sources import registry

        return registry.load_sources()

    def sources(self, *ids: str) -> tuple[Source, ...]:
        """Records of the named sources, in that order.

        Raises
        ------
        ParameterError
            An id that ``data/sources.toml`` does not have.
        """
        for name in ids:
            if name not in self._registry:
                raise unknown("source", name, tuple(self._registry), "data/sources.toml")
        return tuple(self._registry[name] for name in ids)


def unknown(what: str, found: str, known: tuple[str, ...], where: str) -> ParameterError:
    """The error for a name that is not among those known; it offers the nearest one."""
    near = difflib.get_close_matches(found, known, n=1)
    return ParameterError(
        f"unknown {what}",
        where=where,
        found=repr(found),
        expected="one of " + ", ".join(known),
        hint=f"did you mean {near[0]}?" if near else "",
    )
