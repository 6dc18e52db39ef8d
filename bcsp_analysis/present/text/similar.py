"""The comparison with similar areas in words, as the report prints it."""

from __future__ import annotations

from bcsp_analysis.markup import escape
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.benchmark_rules import Benchmark
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.present.selection import not_fitting, other_offences
from bcsp_analysis.present.text.change import inner_title
from bcsp_analysis.present.text.numbers import listing, number, plural, spelled
from bcsp_analysis.sources.report import PrintedTable


def similar_areas(
    table: PrintedTable, catalogue: Catalogue, audit: AuditResult, benchmark: Benchmark, area: str
) -> str:
    """Which printed rates stand above and below the group's mean, and the highest rank.

    Rates that do not fit the counts, and those of other offences, are left out by name.
    """
    filled = [
        str(name)
        for name in table.figures.index
        if table.figures.loc[str(name), ["msg_rank", "group_rate", "area_rate"]].notna().all()
    ]
    unfit = [name for name in filled if name in not_fitting(audit)]
    other = [name for name in filled if name in other_offences(table) and name not in unfit]
    used = [name for name in filled if name not in (*unfit, *other)]
    if not used:
        return "The report prints no rate of similar areas that can be set beside its counts."

    def rate(name: str, column: str) -> float:
        return table.figure(name, column) or 0.0

    def told(names: list[str]) -> str:
        return listing(
            f"{escape(inner_title(catalogue[name]))} "
            f"({escape(table.cell(name, 'area_rate'))} on "
            f"{escape(table.cell(name, 'group_rate'))}; rank "
            f"{escape(table.cell(name, 'msg_rank'))})"
            for name in sorted(names, key=lambda n: -rate(n, "msg_rank"))
        )

    above = [name for name in used if rate(name, "area_rate") > rate(name, "group_rate")]
    below = [name for name in used if rate(name, "area_rate") < rate(name, "group_rate")]
    top = max(rate(name, "msg_rank") for name in used)
    highest = [name for name in used if rate(name, "msg_rank") == top]
    size = benchmark.group_size
    parts = [
        f"**As printed, {escape(area)} has a higher rate than the mean of its group for "
        f"{spelled(len(above))} of {plural(len(used), 'measure')}; it ranks highest for "
        f"{_titles(highest, catalogue)}, {number(top)} of {size}.**",
        f"Rank 1 is the lowest rate and {size} the highest; the rates are per 1,000, "
        f"{benchmark.span.label}, {escape(area)} first, then the group.",
        f"Above the group: {told(above)}." if above else "",
        f"Below it: {told(below)}." if below else "",
        f"Left out: {_titles(unfit, catalogue)}, where the audit finds that the rate does not fit "
        "the counts."
        if unfit
        else "",
        f"Left out as well: {_titles(other, catalogue)}, where other offences are counted."
        if other
        else "",
        "As printed; not tested here: the report prints no spread of the group.",
    ]
    return " ".join(part for part in parts if part)


def _titles(names: list[str], catalogue: Catalogue) -> str:
    return listing(escape(inner_title(catalogue[name])) for name in names)
