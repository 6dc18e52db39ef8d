"""An ingest report in words: lines for the terminal, and Markdown for the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bcsp_analysis.sources.ingest_report import (
    ADDED,
    SAME,
    SUPERSEDED,
    UNCHANGED,
    ForceReport,
    IngestReport,
)
from bcsp_analysis.sources.releases import Difference

_NAMED = 6


def markdown(report: IngestReport) -> str:
    """The report as Markdown; text from files is shown as code, so that nothing in it acts."""
    lines = [f"# Ingest of {report.written}", "", *_listed(summary(report))]
    for heading, found in (
        ("Refused", refusal_lines(report)),
        ("Months not to use as they are", flag_lines(report)),
        ("Two releases of one month", [difference_line(item) for item in report.differences]),
        ("Forces in the store", [force_line(item) for item in report.forces]),
    ):
        if found:
            lines += ["", f"## {heading}", "", *_listed(found)]
    lines += ["", "## Files", "", *_table(report)]
    if report.passed_over:
        lines += ["", "## Passed over", "", *_listed(_passed_over(report))]
    return "\n".join([*lines, ""])


def _listed(lines: Iterable[str]) -> list[str]:
    return [f"- {line}" for line in lines]


def summary(report: IngestReport) -> list[str]:
    """The most important findings, one line each; what was not found has no line."""
    added = [file for file in report.files if file.state == ADDED]
    states = [file.state for file in report.files]
    rows, incidents = sum(f.rows for f in added), sum(f.incidents for f in added)
    without_id = sum({f.where: f.repeats.without_id for f in added}.values())
    lines = ["nothing new: the store is as it was"]
    if added:
        lines = [
            f"added {_count(len(added), 'month')} of a force: {_count(rows, 'row')}, "
            f"{_count(incidents, 'incident')}"
        ]
    counted = (
        (states.count(UNCHANGED), "month", "of a force already in the store"),
        (states.count(SAME), "month", "of a force in a second copy of a file"),
        (states.count(SUPERSEDED), "month", "of a force in a later release than this file's"),
        (rows - incidents, "row", "not counted: they repeat a crime of the same id and place"),
        (without_id, "row", "without id equal to another and counted: nothing tells them apart"),
        (sum(f.no_location for f in added), "row", "without location, kept as such"),
        (sum(f.no_area for f in added), "row", "with a location but no LSOA, kept as such"),
        (sum(f.new_codes for f in added), "row", "with an LSOA code of 2021"),
        (len(report.flags), "month", "of a force missing or incomplete"),
        (len(report.refused), "file", "refused"),
        (len(report.passed_over), "other file", "passed over"),
    )
    lines += [f"{_count(number, what)} {text}" for number, what, text in counted if number]
    lines += [
        f"{item.force}: {item.rate:.2%} of {_count(item.rows, 'row')} match the lookup"
        for item in report.matches
    ]
    return lines


def refusal_lines(report: IngestReport) -> list[str]:
    """Refused files in words."""
    return [
        f"{_code(item.where)}: {item.problem} ({item.kind})"
        + (f", found {_code(item.found)}" if item.found else "")
        for item in report.refused
    ]


def flag_lines(report: IngestReport) -> list[str]:
    """Flags in words."""
    return [
        f"{_code(flag.force)}, {flag.month}: {flag.part.lower()} is {flag.status}; "
        f"{flag.incidents:,} where about {flag.usual:,.0f} are usual"
        for flag in report.flags
    ]


def difference_line(item: Difference) -> str:
    """A difference between two releases in words."""
    text = (
        f"{_code(item.force)}, {item.month}: {_code(item.later)} is the later release (by "
        f"{item.decided_by}) and takes the place of {_code(item.earlier)}; "
        f"{_count(item.rows_later, 'row')}, before {item.rows_earlier:,}"
    )
    if item.ids_shared is not None:
        text += (
            f"; {_count(item.ids_shared, 'id')} in both, {item.ids_only_later:,} only in the "
            f"later, {item.ids_only_earlier:,} only in the earlier, {item.outcomes_changed:,} "
            "with another outcome"
        )
    changed = [
        f"{name} {before:,} to {after:,}" for name, (before, after) in item.categories.items()
    ]
    return f"{text}; {', '.join(changed)}" if changed else text


def force_line(item: ForceReport) -> str:
    """A force in words."""
    text = (
        f"{_code(item.force)}: {item.first} to {item.last}, {_count(item.months, 'month')}, "
        f"{_count(item.incidents, 'incident')}, {item.no_location:,} rows without location"
    )
    if item.not_held:
        text += f"; not held: {_shortened(item.not_held)}"
    if item.elsewhere:
        text += f"; {item.elsewhere:,} in districts outside the force"
    if item.first_new_code:
        text += f"; LSOA codes of 2021 from {item.first_new_code}"
    return text


def _shortened(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _passed_over(report: IngestReport) -> list[str]:
    """By reason, with the first few: an archive of three years holds thousands."""
    by_reason: dict[str, list[str]] = {}
    for item in report.passed_over:
        by_reason.setdefault(item.reason, []).append(_code(item.where))
    return [
        f"{reason}, {_count(len(names), 'file')}: {_shortened(names)}"
        for reason, names in by_reason.items()
    ]


def _table(report: IngestReport) -> list[str]:
    headings = (
        *("file", "month", "force", "state", "rows", "incidents"),
        *("repeated ids", "no location", "no LSOA", "codes of 2021"),
    )
    lines = [f"| {' | '.join(headings)} |", "|---" * 4 + "|--:" * 6 + "|"]
    for file in report.files:
        state = f"{file.state}: {_code(file.by)}" if file.by else file.state
        numbers = (
            *(file.rows, file.incidents, file.repeats.ids),
            *(file.no_location, file.no_area, file.new_codes),
        )
        cells = [_code(file.where), file.month, _code(file.force), state]
        lines.append(f"| {' | '.join([*cells, *(f'{number:,}' for number in numbers)])} |")
    return lines


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _code(text: str) -> str:
    flat = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"`{flat.replace('`', chr(39)).replace('|', '¦')}`"
