"""Tables of what the verdicts stand against: the swing of the counts, and similar areas."""

from __future__ import annotations

from collections.abc import Iterable

from bcsp_analysis.markup import escape
from bcsp_analysis.measures.audit import AuditResult
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.models.quarterly import QuarterlyAssessment, Sensitivity
from bcsp_analysis.present.disclosure import SHORTHAND
from bcsp_analysis.present.selection import not_fitting
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.tables.quarterly import NOT_APPLICABLE
from bcsp_analysis.present.text.change import lender, other_readings, short_title, yardstick
from bcsp_analysis.present.text.numbers import number, plural
from bcsp_analysis.sources.report import PrintedTable


def variation(
    judged: QuarterlyAssessment,
    catalogue: Catalogue,
    comparison: str,
    *,
    label: str,
    readings: Sensitivity,
    hidden: Iterable[str] = (),
) -> str:
    """How much each measure varies by itself, and at which variation its verdict would turn.

    `readings` adds the range of the variation over other readings of the histories, and whether
    one of them gives another verdict.
    """
    columns = [
        Column("Measure", share=4),
        Column("Swing used, times pure chance", figures=True),
        Column("Over all readings", figures=True, share=3),
        Column("Would turn at", figures=True),
        Column("With other readings", share=3),
        Column("Where the swing comes from", share=6),
    ]
    rows = []
    withheld = set(hidden)
    for name, result in judged.results[comparison].items():
        measure = catalogue[name]
        if name in withheld:  # how much a small count varies would tell its size
            cells = [escape(SHORTHAND)] * 5
            rows.append([escape(short_title(measure)), *cells])
            continue
        turn = escape(NOT_APPLICABLE)
        if result.flip_dispersion is not None:
            turn = number(result.flip_dispersion, 1)
        rows.append(
            [
                escape(short_title(measure)),
                number(result.dispersion, 1),
                " to ".join(number(v, 1) for v in readings.dispersions(name, comparison)),
                turn,
                _kept(readings, name, comparison),
                _where_from(judged, measure, comparison),
            ]
        )
    kind = judged.table.comparisons[comparison]
    return pipe(
        columns,
        rows,
        caption=f"How much the counts vary by themselves, {kind.title}.",
        label=label,
    )


def _kept(readings: Sensitivity, name: str, comparison: str) -> str:
    published = readings.published.results[comparison][name].verdict
    if any(verdict is not published for verdict in readings.verdicts(name, comparison).values()):
        return "another verdict"
    if other_readings(readings, name, comparison):
        return "the same verdict; another one had recording not changed"
    return "the same verdict"


def _where_from(judged: QuarterlyAssessment, measure: Measure, comparison: str) -> str:
    history = yardstick(judged, measure, comparison)
    name = escape(history.name[:1].lower() + history.name[1:])
    if lender(judged, measure, comparison):
        return f"Borrowed from {name}: no monthly figures of its own"
    period = f", {history.period.label}" if history.period is not None else ""
    out = len(history.excluded)
    faulty = f", {plural(out, 'faulty month')} left out" if out else ""
    return f"Its own: {name}{period}, {number(history.n)} months used{faulty}"


def similar_areas(
    table: PrintedTable, catalogue: Catalogue, audit: AuditResult, *, label: str
) -> str:
    """The comparison with similar areas as the report prints it; rows that do not fit are marked.

    A rate that the audit finds not to fit the counts says so in its row.
    """
    columns = [
        Column("Measure", share=4),
        Column(escape(table.headings["msg_rank"]), figures=True),
        Column(escape(table.headings["group_rate"]), figures=True),
        Column(escape(table.headings["area_rate"]), figures=True),
        Column("What is counted", share=3),
    ]
    filled = table.text[table.text["msg_rank"].str.strip() != ""]
    unfit = not_fitting(audit)
    rows = []
    for name, cells in filled.iterrows():
        basis = escape(str(cells["iquanta_basis"]).strip()) or "as the measure"
        flag = "; the audit finds that this does not fit the counts" if name in unfit else ""
        rows.append(
            [
                escape(short_title(catalogue[str(name)])),
                *(escape(str(cells[c])) for c in ("msg_rank", "group_rate", "area_rate")),
                f"{basis}{flag}",
            ]
        )
    caption = (
        f"Comparison with similar areas as printed: {table.headings['iquanta']}. MSG: most similar "
        "group, the areas that iQuanta, a system of the Home Office, finds most alike; rank 1 is "
        "the lowest rate."
    )
    return pipe(columns, rows, caption=caption, label=label)
