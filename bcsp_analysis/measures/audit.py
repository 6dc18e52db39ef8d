"""The audit: every printed figure held against what the other printed figures imply.

It is arithmetic, not opinion: a finding says what is printed, what other printed figures imply,
and which ones. It does not say who is right, and a figure without a finding is not thereby true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.measures import benchmark_rules, relation_rules, table_rules
from bcsp_analysis.measures import catalogue as catalogue_module
from bcsp_analysis.measures.benchmark_rules import Benchmark
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.measures.findings import Finding, Seriousness
from bcsp_analysis.periods import Quarter
from bcsp_analysis.sources import printed as printed_figures
from bcsp_analysis.sources import reference, report
from bcsp_analysis.sources.relations import Relation, load_relations
from bcsp_analysis.sources.report import PrintedTable

ORDER = {seriousness: place for place, seriousness in enumerate(Seriousness)}


@dataclass(frozen=True)
class AuditResult:
    """All findings, the most serious first, and how many checks were made by each rule.

    `checked` maps a rule to the number of places where it could be applied.
    """

    quarter: Quarter
    findings: tuple[Finding, ...]
    checked: dict[str, int]

    def count(self, seriousness: Seriousness) -> int:
        """Number of findings of one seriousness."""
        return sum(finding.seriousness is seriousness for finding in self.findings)

    def of_measure(self, measure_id: str) -> tuple[Finding, ...]:
        """Findings about the row of one measure."""
        return tuple(f for f in self.findings if f.measure_id == measure_id)

    def frame(self) -> pd.DataFrame:
        """One row for each finding; columns are the fields of `Finding`, all text."""
        columns = list(Finding.__dataclass_fields__)
        rows = [[str(getattr(f, column)) for column in columns] for f in self.findings]
        return pd.DataFrame(rows, columns=columns, dtype="str")


def audit(
    table: PrintedTable,
    catalogue: Catalogue,
    *,
    benchmark: Benchmark | None = None,
    relations: Sequence[Relation] = (),
    printed: pd.DataFrame | None = None,
) -> AuditResult:
    """Hold a table, its comparison columns and the figures of the text against each other.

    Parameters
    ----------
    table : PrintedTable
    catalogue : Catalogue
    benchmark : Benchmark, optional
        What the comparison columns stand on; without it they are not checked.
    relations, printed : optional
        The register of relations, and the figures of the text (index id; columns item, printed,
        value).

    Raises
    ------
    UnknownMeasureError, RegisterError
        The table or a relation names what is not there.
    """
    checks = [check for rule in table_rules.TABLE_RULES for check in rule(table, catalogue)]
    if benchmark is not None:
        checks += benchmark_rules.ranks(table, benchmark)
        checks += benchmark_rules.rates(table, catalogue, benchmark)
    if relations:
        figures = printed if printed is not None else pd.DataFrame(columns=["item", "value"])
        checks += relation_rules.relations(relations, table, figures)
    checked: dict[str, int] = {}
    for check in checks:
        checked[check.rule] = checked.get(check.rule, 0) + 1
    findings = [check.finding for check in checks if check.finding is not None]
    return AuditResult(
        table.quarter, tuple(sorted(findings, key=lambda f: ORDER[f.seriousness])), checked
    )


def run(folder: Path, quarter: Quarter) -> AuditResult:
    """Audit one edition's report from the files in its folder.

    Parameters
    ----------
    folder : Path
        Folder with ``performance.csv`` and the other files of the report.
    quarter : Quarter
    """
    catalogue = catalogue_module.load()
    table = report.load_performance(folder, quarter, catalogue.measures)
    return audit(
        table,
        catalogue,
        benchmark=load_benchmark(folder),
        relations=load_relations(folder / "relations.toml"),
        printed=load_text_figures(folder),
    )


def load_text_figures(folder: Path) -> pd.DataFrame:
    """The printed figures of the report's prose and of its activities, index id."""
    return pd.concat(
        [
            printed_figures.load_printed(folder / name)
            for name in ("text_figures.csv", "activity.csv")
        ],
        verify_integrity=True,
    )


def load_benchmark(folder: Path) -> Benchmark:
    """What the comparison columns stand on: the report's own headings, and the populations."""
    iquanta = report.load_iquanta(folder / "iquanta.toml")
    figures = reference.load(project.path("data", "reference.toml"))
    return Benchmark(
        span=iquanta.span,
        group_size=iquanta.group_size,
        force_size=iquanta.force_size,
        residents=figures["residents"].value,
        households=figures["households"].value,
    )
