"""Rules for the comparison columns: rates against counts, ranks against the group's size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.measures.findings import Check, Seriousness, cell_finding, count_text
from bcsp_analysis.periods import Quarter, Span
from bcsp_analysis.sources.report import PrintedTable

# A printed twelve-month rate and the quarters inside those twelve months need not agree exactly:
# half of the months are not printed, and they have a season. A third either way is beyond both.
RATE_TOLERANCE = 4 / 3
ENOUGH_MONTHS = 6


@dataclass(frozen=True)
class Benchmark:
    """What the comparison columns stand on.

    `span` is the period of the rates, `residents` and `households` the area's populations,
    `group_size` and `force_size` how many areas are ranked.
    """

    span: Span
    group_size: int
    force_size: int
    residents: float
    households: float

    def population(self, denominator: str) -> float:
        """Residents or households, by the catalogue's name of the denominator."""
        return self.households if denominator == "households" else self.residents


def ranks(table: PrintedTable, benchmark: Benchmark) -> Iterator[Check]:
    """A rank is not larger than the number of areas ranked."""
    rule = "rank"
    for column, size in (("msg_rank", benchmark.group_size), ("force_rank", benchmark.force_size)):
        for measure_id in (str(name) for name in table.figures.index):
            rank = table.figure(measure_id, column)
            if rank is None:
                continue
            finding = None
            if rank > size:
                finding = cell_finding(
                    table,
                    rule,
                    measure_id,
                    column,
                    implied=f"1 to {size}",
                    follows_from=f"the group has {size} areas",
                    seriousness=Seriousness.MEDIUM,
                    explanation=f"There are only {size} areas to rank.",
                )
            yield Check(rule, f"{measure_id}.{column}", finding)


def rates(table: PrintedTable, catalogue: Catalogue, benchmark: Benchmark) -> Iterator[Check]:
    """The rate times the population against the printed quarters of the same twelve months."""
    rule = "rate and count"
    for measure_id in (str(name) for name in table.figures.index):
        rate = table.figure(measure_id, "area_rate")
        denominator = catalogue[measure_id].denominator
        basis = table.cell(measure_id, "iquanta_basis").strip()
        if rate is None or not denominator or (basis and not basis.lower().startswith("per ")):
            continue  # the rate is of another group of offences, as its own heading says
        estimate = annual_count(_quarters(table, measure_id), benchmark.span)
        if estimate is None:
            continue
        by_rate = rate * benchmark.population(denominator) / 1000
        finding = None
        if not 1 / RATE_TOLERANCE <= by_rate / estimate <= RATE_TOLERANCE:
            finding = cell_finding(
                table,
                rule,
                measure_id,
                "area_rate",
                implied=f"about {1000 * estimate / benchmark.population(denominator):.1f} "
                f"per 1,000 {denominator}",
                follows_from=f"the printed quarters that lie in {benchmark.span.label}, "
                f"{count_text(benchmark.population(denominator))} {denominator}",
                seriousness=Seriousness.LOW,
                explanation=f"The rate stands for about {count_text(round(by_rate, -1))} in twelve "
                f"months, the printed quarters for about {count_text(round(estimate, -1))}. "
                "This rests on an assumption: that both count the same offences."
                + _other_denominator(rate, estimate, denominator, benchmark),
            )
        yield Check(rule, f"{measure_id}.area_rate", finding)


def annual_count(printed: Mapping[Quarter, float], span: Span) -> float | None:
    """Count in `span` as the printed quarters inside it suggest, at their daily rate.

    None where fewer than half a year of it is printed.
    """
    count, days, months = 0.0, 0, 0
    for quarter, value in printed.items():
        inside = [month for month in quarter.months if month in span]
        inside_days = sum(month.days for month in inside)
        count += value * inside_days / quarter.days
        days += inside_days
        months += len(inside)
    if months < ENOUGH_MONTHS or count == 0:
        return None
    return count / days * span.days


def _quarters(table: PrintedTable, measure_id: str) -> dict[Quarter, float]:
    quarter = table.quarter
    columns = {
        quarter.year_before: "q_last_year",
        quarter.previous: "q_previous",
        quarter: "q_this_year",
    }
    found = {q: table.figure(measure_id, column) for q, column in columns.items()}
    return {q: value for q, value in found.items() if value is not None}


def _other_denominator(rate: float, estimate: float, denominator: str, base: Benchmark) -> str:
    other = "residents" if denominator == "households" else "households"
    by_other = rate * base.population(other) / 1000
    if 1 / RATE_TOLERANCE <= by_other / estimate <= RATE_TOLERANCE:
        return f" Per 1,000 {other} it would stand for about {count_text(round(by_other, -1))}."
    return " It may count a wider or a narrower set of offences than the row does."
