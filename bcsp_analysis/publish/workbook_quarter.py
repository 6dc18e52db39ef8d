"""Sheets of the quarterly table: as printed, what changed, similar areas, audit, claims."""

from __future__ import annotations

from bcsp_analysis.measures.catalogue import Measure
from bcsp_analysis.measures.findings import Finding, column_name
from bcsp_analysis.models.change import ChangeResult
from bcsp_analysis.models.comparison import Apart, PrintedComparison, Standing
from bcsp_analysis.present import about
from bcsp_analysis.present import text as words
from bcsp_analysis.present.selection import doubted
from bcsp_analysis.present.tables.quarterly import verdict_words
from bcsp_analysis.present.text.change import DOUBT
from bcsp_analysis.present.text.checks import in_words
from bcsp_analysis.present.unmarked import unmarked
from bcsp_analysis.publish.workbook_parts import (
    HIDDEN,
    NOT_APPLICABLE,
    NOT_AVAILABLE,
    Cell,
    Sheet,
    columns,
    figure,
    table,
    text,
)
from bcsp_analysis.sources.report import CHANGES, COUNTS, IQUANTA, PrintedTable
from bcsp_analysis.start import Start

_MEASURE, _WIDE = 34, 60
NONE = "none"
_WORTH = {"better": "better", "worse": "worse", "neither": "neither better nor worse"}


def printed(page: Start) -> Sheet:
    """The report's table as it is printed, nothing corrected."""
    held = page.table
    shown = (*COUNTS, *CHANGES)
    heads = columns(
        ("Measure", _MEASURE),
        *((_heading(held, column), 16) for column in (*shown, "travel", *IQUANTA)),
        ("Printed in place of figures", 40),
    )
    rows = [_printed_row(page, str(name)) for name in held.text.index]
    return table(
        "Quarterly_table",
        f"Quarterly table as printed in the report, {page.area}, {page.quarter.label}",
        (
            "Figures stand as printed, nothing is corrected: the sheet Audit says which of them "
            "do not agree with each other. Rank 1 is the lowest rate.",
        ),
        heads,
        rows,
        otherwise="The report prints no measure.",
    )


def _heading(held: PrintedTable, column: str) -> str:
    name = column_name(held, column)
    unit = {"difference": ", incidents", "travel": " for the change of the year to date"}
    counted = ", incidents" if column in COUNTS else unit.get(column, "")
    return f"{name[:1].upper()}{name[1:]}{counted}"


def _printed_row(page: Start, name: str) -> tuple[Cell, ...]:
    held = page.table
    title = text(words.short_title(page.catalogue[name]))
    if name in page.hidden:
        return (title, *[HIDDEN] * (len((*COUNTS, *CHANGES, *IQUANTA)) + 1), NONE)

    def cell(column: str) -> Cell:
        return figure(held.figure(name, column), _places(held, name, column), NOT_AVAILABLE)

    arrow = held.cell(name, "travel")
    reasons = [held.reasons[key] for key in held.reasons if key[0] == name]
    return (
        title,
        *(cell(column) for column in (*COUNTS, *CHANGES)),
        text(unmarked(in_words(arrow))) if arrow.strip() else NOT_AVAILABLE,
        *(cell(column) for column in IQUANTA),
        text("; ".join(reasons), NONE),
    )


def _places(held: PrintedTable, name: str, column: str) -> int:
    decimals = held.decimals.at[name, column]
    return 0 if held.figure(name, column) is None else int(decimals)  # type: ignore[arg-type]


def changes(page: Start, comparison: str, name: str) -> Sheet:
    """Counts, change, likely range, verdict and p-values of every measure in one comparison."""
    judged = page.assessment
    kind = judged.table.comparisons[comparison]
    heads = columns(
        ("Measure", _MEASURE),
        (f"{kind.before_span.label}, incidents", 16),
        (f"{kind.after_span.label}, incidents", 16),
        ("Change by the counts, per cent", 14),
        ("Likely range of the change, lower end, per cent", 16),
        ("Likely range of the change, upper end, per cent", 16),
        ("Verdict", 22),
        ("More on the verdict", 44),
        ("p-value", 12),
        ("Corrected p-value", 12),
        ("Verdict had recording not changed", 22),
        ("Variation used, times pure chance", 14),
        ("Where the variation comes from", 44),
    )
    doubts = doubted(page.audit) if comparison == "year_to_date" else frozenset()
    rows = [
        _change_row(page, measure, judged.result(measure.id, comparison), measure.id in doubts)
        for measure in page.catalogue
        if measure.id in judged.table.counts.index
    ]
    level = words.percent(100 * page.rules.level)
    return table(
        name,
        f"Changes, {kind.title}, {page.area}",
        (
            f"Likely range: {level} interval of the underlying change, widened by how much the "
            "measure swings by itself. Corrected p-value: after Holm's correction for all measures "
            f"of this table. A change is clear below {words.number(page.rules.alpha, 2)} and from "
            f"{words.percent(page.rules.materiality_pct)} per day on.",
        ),
        heads,
        rows,
        otherwise="The report prints no counts that can be compared.",
    )


def _change_row(
    page: Start, measure: Measure, result: ChangeResult | None, doubt: bool
) -> tuple[Cell, ...]:
    title = text(words.short_title(measure))
    if result is None:
        x = NOT_AVAILABLE
        return (title, x, x, x, x, x, "no figures", NONE, x, x, x, x, x)
    more = unmarked(verdict_words(result, measure)).removeprefix(result.verdict.value)
    reading = "; ".join(filter(None, (more.lstrip(",; "), DOUBT if doubt else "")))
    numbers: list[Cell] = [
        figure(result.before),
        figure(result.after),
        figure(result.pct_change, 1),
        figure(result.pct_low, 1),
        figure(result.pct_high, 1),
        figure(result.p_value, 3),
        figure(result.p_adjusted, 3),
    ]
    variation = figure(result.dispersion, 1)
    if measure.id in page.hidden:
        numbers = [HIDDEN] * len(numbers)
        variation = HIDDEN  # it hangs on the size of the counts
    return (
        title,
        *numbers[:5],
        result.verdict.value,
        text(reading, NONE),
        *numbers[5:],
        result.verdict_if_recorded_alike.value,
        variation,
        text(result.dispersion_source),
    )


def comparison(page: Start) -> Sheet:
    """Rates beside those of the most similar group, and whether they lie clearly apart."""
    results = page.comparison
    heads = columns(
        ("Measure", _MEASURE),
        (f"{page.area}, rate per 1,000", 16),
        ("Most similar group, mean rate per 1,000", 16),
        ("Rank in the group", 12),
        ("Areas in the group", 12),
        ("Rate against the mean, per cent", 14),
        ("Likely range, lower end, per cent", 14),
        ("Likely range, upper end, per cent", 14),
        ("Incidents off the group's rate", 14),
        ("Incidents, lower end", 14),
        ("Incidents, upper end", 14),
        ("p-value", 12),
        ("Corrected p-value", 12),
        ("Verdict", 24),
        ("More on the verdict", 44),
    )
    rows = [_comparison_row(page, result) for result in results.values()]
    lines = [
        "Rates and ranks are printed in the report, from iQuanta, the Home Office's restricted "
        "service. Rank 1 is the lowest rate. The likely range allows for the ups and downs of the "
        "area's own count; the mean is taken as it is printed. A higher rate is not a worse "
        "service."
    ]
    if results:
        span = next(iter(results.values())).period
        lines.append(f"The rates are for {span.label}.")
    return table(
        "Comparison",
        f"Comparison of {page.area} with similar areas",
        lines,
        heads,
        rows,
        otherwise="The report prints no rates of similar areas.",
    )


def _comparison_row(page: Start, result: PrintedComparison) -> tuple[Cell, ...]:
    title = text(words.short_title(page.catalogue[result.measure_id]))
    if result.apart is Apart.HIDDEN:
        return (title, *[HIDDEN] * 12, result.standing.value, result.apart.value)
    name, held = result.measure_id, page.table
    rank = figure(result.rank, missing=NOT_AVAILABLE)
    tested: list[Cell] = [
        figure(100 * (result.ratio - 1), 1),
        figure(100 * (result.low - 1), 1),
        figure(100 * (result.high - 1), 1),
        figure(result.incidents),
        figure(result.incidents_low),
        figure(result.incidents_high),
        figure(result.p_value, 3),
        figure(result.p_adjusted, 3),
    ]
    if result.apart or result.standing is Standing.TOO_FEW:
        tested = [NOT_APPLICABLE] * len(tested)
    leans = f"points to {result.leans}" if result.leans else ""
    basis = result.basis if result.apart is Apart.OTHER else ""
    more = ": ".join(filter(None, (result.apart.value, basis)))
    return (
        title,
        figure(result.area_rate, _places(held, name, "area_rate")),
        figure(result.group_rate, _places(held, name, "group_rate")),
        rank,
        figure(result.group_size),
        *tested,
        result.standing.value,
        text(more or _WORTH.get(result.improvement, leans), NONE),
    )


def audit(page: Start) -> Sheet:
    """Printed figures that other printed figures do not bear out."""
    heads = columns(
        ("Figure", 44),
        ("Printed", 18),
        ("Implied by other printed figures", 18),
        ("Seriousness", 14),
        ("Rule", 24),
        ("Why", _WIDE),
        ("From which printed figures", _WIDE),
    )
    checks = sum(page.audit.checked.values())
    return table(
        "Audit",
        f"Audit of the printed figures, {page.area}, {page.quarter.label}",
        (
            "A finding is a printed figure that other printed figures do not bear out; it does not "
            "say which of them is right. Figures are quoted as text, as they are printed.",
        ),
        heads,
        (_finding_row(page, finding) for finding in page.audit.findings),
        otherwise=f"{words.number(checks)} checks, no finding.",
    )


def _finding_row(page: Start, finding: Finding) -> tuple[Cell, ...]:
    told = [
        text(unmarked(in_words(finding.printed))),
        text(unmarked(in_words(finding.implied))),
        finding.seriousness.value,
        text(finding.rule),
        text(finding.explanation),
        text(finding.follows_from),
    ]
    if about.withheld(finding, page.hidden, page.hidden_names):
        told = [HIDDEN, HIDDEN, *told[2:4], HIDDEN, HIDDEN]
    return (text(finding.where), *told)


def claims(page: Start) -> Sheet:
    """Statements of the report, each with its verdict."""
    heads = columns(
        ("Statement of the report", _WIDE),
        ("Section", 14),
        ("Verdict", 20),
        ("Why", 80),
        ("What it would take to decide it", _WIDE),
    )
    rows = []
    for one in page.claims:
        reason = one.outcome.reason
        withheld = about.quotes(reason, page.hidden_names)
        rows.append(
            (
                text(one.claim.statement),
                text(one.claim.place),
                one.outcome.verdict.value,
                HIDDEN if withheld else text(reason),
                text(one.claim.needs, NOT_APPLICABLE),
            )
        )
    return table(
        "Claims",
        f"Statements of the report, decided, {page.area}, {page.quarter.label}",
        ("Statements are paraphrased.",),
        heads,
        rows,
        otherwise="No statement of this report is in the register yet.",
    )
