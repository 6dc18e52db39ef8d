"""Rules for the figures in the report's text: what the register of relations says they imply.

The kinds of relation are documented at the top of an edition's ``relations.toml``. Every relation
gives one `Check`; where an operand is not printed the relation is not checked.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from bcsp_analysis.errors import RegisterError
from bcsp_analysis.measures.findings import (
    Check,
    Finding,
    Seriousness,
    column_name,
    count_text,
    size_of_gap,
)
from bcsp_analysis.sources.relations import OPERANDS, Relation
from bcsp_analysis.sources.report import ARROWS, PrintedTable

RULES = {
    "sum": "parts and total",
    "at_most": "part and whole",
    "share": "share",
    "difference": "difference in the text",
    "percentage": "percentage in the text",
    "equal": "same figure twice",
    "descending": "order",
    "count_of_directions": "count of measures",
    "count_of_rows": "count of measures",
    "count_of_items": "count of a list",
}


@dataclass(frozen=True)
class Operand:
    """A printed figure of the text or of the table, by its name in the register."""

    name: str
    value: float
    printed: str
    label: str
    column: str = ""

    @property
    def cited(self) -> str:
        """As a reader finds it: what it is, and how it is printed."""
        return f"{self.label} ({self.printed})"


def relations(
    register: Sequence[Relation], table: PrintedTable, printed: pd.DataFrame
) -> Iterator[Check]:
    """Check every relation.

    Parameters
    ----------
    register : sequence of Relation
    table : PrintedTable
    printed : DataFrame, index id
        Figures of the text: `item`, `printed`, `value` (Float64), `values` of alternatives.

    Raises
    ------
    RegisterError
        A relation names a figure that neither the text nor the table has.
    """
    for relation in register:
        figures = _Figures(relation, table, printed)
        rule = RULES[relation.kind]
        try:
            outcome = _KINDS[relation.kind](_spec(relation), figures)
        except _Missing:
            continue
        if outcome is None:
            continue
        finding = None
        if outcome.fault is not None:
            fault = outcome.fault
            doubt = "" if relation.certain else f" This rests on an assumption: {relation.note}"
            finding = Finding(
                id=f"{rule.replace(' ', '-')}:{relation.id}",
                rule=rule,
                where=f"Section {relation.place}: {outcome.subject.label}",
                measure_id="",
                column="",
                printed=outcome.subject.printed,
                implied=fault.implied,
                follows_from="; ".join(o.cited for o in outcome.others) or relation.note,
                seriousness=fault.seriousness if relation.certain else Seriousness.LOW,
                explanation=fault.explanation + doubt,
            )
        yield Check(rule, relation.id, finding)


def _spec(relation: Relation) -> dict[str, Any]:
    lists = OPERANDS[relation.kind]
    operands = {role: n if lists[role] else n[0] for role, n in relation.operands.items()}
    return {**operands, **relation.settings}


@dataclass(frozen=True)
class _Fault:
    implied: str
    seriousness: Seriousness
    explanation: str


@dataclass(frozen=True)
class _Outcome:
    subject: Operand
    others: tuple[Operand, ...]
    fault: _Fault | None


class _Missing(Exception):
    """An operand is not printed in this edition."""


@dataclass(frozen=True)
class _Figures:
    relation: Relation
    table: PrintedTable
    printed: pd.DataFrame

    def __call__(self, name: str) -> Operand:
        if name in self.printed.index:
            row = self.printed.loc[name]
            if pd.isna(row["value"]):
                raise _Missing(name)
            return Operand(name, float(row["value"]), str(row["printed"]), str(row["item"]))
        measure_id, _, column = name.rpartition(".")
        if measure_id not in self.table.figures.index or column not in self.table.figures.columns:
            raise self.unknown(name)
        value = self.table.figure(measure_id, column)
        if value is None:
            raise _Missing(name)
        title = self.table.cell(measure_id, "printed_label")
        label = f"{title}, {column_name(self.table, column)}"
        return Operand(name, value, self.table.cell(measure_id, column), label, column)

    def unknown(self, name: str) -> RegisterError:
        return RegisterError(
            "a relation names a figure that is not there",
            where=f"relation {self.relation.id}",
            found=name,
            expected="the id of a figure of the text, or measure-id.column of the table",
        )

    def all(self, names: Sequence[str]) -> tuple[Operand, ...]:
        return tuple(self(name) for name in names)


def _sum(spec: Mapping[str, Any], figures: _Figures) -> _Outcome:
    total, parts = figures(spec["total"]), figures.all(spec["parts"])
    implied = sum(part.value for part in parts)
    fault = None
    if implied != total.value:
        gap = count_text(abs(implied - total.value))
        side = "more" if implied > total.value else "fewer"
        fault = _Fault(
            count_text(implied),
            size_of_gap(total.value, implied),
            f"The parts add up to {count_text(implied)}, {gap} {side} than the printed total.",
        )
    return _Outcome(total, parts, fault)


def _at_most(spec: Mapping[str, Any], figures: _Figures) -> _Outcome:
    parts, wholes = figures.all(spec["part"]), figures.all(spec["whole"])
    part, whole = (sum(o.value for o in group) for group in (parts, wholes))
    subject = parts[0]
    if len(parts) > 1:
        cited = " and ".join(o.label for o in parts)
        subject = Operand("", part, " + ".join(o.printed for o in parts), cited)
    fault = None
    if part > whole:
        fault = _Fault(
            f"at most {count_text(whole)}",
            Seriousness.HIGH,
            f"The part ({count_text(part)}) is larger than the whole ({count_text(whole)}).",
        )
    return _Outcome(subject, wholes, fault)


def _share(spec: Mapping[str, Any], figures: _Figures) -> _Outcome | None:
    share, part, whole = (figures(spec[key]) for key in ("share", "part", "whole"))
    if whole.value == 0:
        return None
    implied = _rounded(100 * Decimal(str(part.value)) / Decimal(str(whole.value)), share.printed)
    return _Outcome(share, (part, whole), _percent_fault(share, implied))


def _difference(spec: Mapping[str, Any], figures: _Figures) -> _Outcome:
    result, a, b = (figures(spec[key]) for key in ("result", "minuend", "subtrahend"))
    implied = a.value - b.value
    fault = None
    if implied != result.value:
        fault = _Fault(
            count_text(implied),
            size_of_gap(result.value, implied),
            f"The two figures differ by {count_text(implied)}.",
        )
    return _Outcome(result, (a, b), fault)


def _percentage(spec: Mapping[str, Any], figures: _Figures) -> _Outcome | None:
    result, after, before = (figures(spec[key]) for key in ("result", "after", "before"))
    if before.value == 0:
        return None
    change = Decimal(str(after.value)) - Decimal(str(before.value))
    implied = _rounded(100 * change / Decimal(str(before.value)), result.printed)
    return _Outcome(result, (after, before), _percent_fault(result, implied))


def _equal(spec: Mapping[str, Any], figures: _Figures) -> _Outcome:
    first, *others = figures.all(spec["figures"])
    different = [o for o in others if o.value != first.value]
    fault = None
    if different:
        fault = _Fault(
            different[0].printed,
            size_of_gap(first.value, different[0].value),
            "The report gives two figures for what reads as the same thing.",
        )
    return _Outcome(first, tuple(others), fault)


def _descending(spec: Mapping[str, Any], figures: _Figures) -> _Outcome:
    ordered = figures.all(spec["figures"])
    for larger, smaller in itertools.pairwise(ordered):
        if larger.value < smaller.value:
            fault = _Fault(
                f"at least {smaller.printed}",
                Seriousness.MEDIUM,
                "It is named before a place with a larger figure.",
            )
            return _Outcome(larger, (smaller,), fault)
    return _Outcome(ordered[0], ordered[1:], None)


def _count_of_directions(spec: Mapping[str, Any], figures: _Figures) -> _Outcome:
    """The stated number of measures that rise or fall, against the arrows of the table."""
    wanted = {"up": 1, "down": -1, "same": 0}[spec["direction"]]
    arrows = figures.table.text[spec["column"]].map(lambda a: ARROWS.get(str(a).strip()))
    counted = int((arrows == wanted).sum())
    if spec["figure"] not in figures.printed.index:
        raise figures.unknown(spec["figure"])
    row = figures.printed.loc[spec["figure"]]
    parts = str(row["printed"]).split("/")
    if not all(part.strip().isdecimal() for part in parts):
        raise _Missing(spec["figure"])
    stated = [int(part) for part in parts]
    subject = Operand(spec["figure"], float(stated[0]), str(row["printed"]), str(row["item"]))
    of = figures(spec["of"])
    fault = None
    if stated != [counted]:
        by_counts = _directions_by_counts(figures.table).count(wanted)
        explained = set(stated) <= {counted, by_counts}
        fault = _Fault(
            f"{counted} by the arrows, {by_counts} by the two years",
            Seriousness.LOW if explained else size_of_gap(stated[0], counted),
            f"The table prints {counted} such arrows; its years to date give {by_counts}.",
        )
    return _Outcome(subject, (of,), fault)


def _directions_by_counts(table: PrintedTable) -> list[int]:
    directions = []
    for measure_id in (str(name) for name in table.figures.index):
        this, last = (table.figure(measure_id, c) for c in ("ytd_this_year", "ytd_last_year"))
        if this is not None and last is not None:
            directions.append((this > last) - (this < last))
    return directions


def _count_of_rows(spec: Mapping[str, Any], figures: _Figures) -> _Outcome:
    subject = figures(spec["figure"])
    counted = int(figures.table.figures[spec["column"]].notna().sum())
    return _Outcome(subject, (), _count_fault(subject, counted, "rows of the table hold a figure"))


def _count_of_items(spec: Mapping[str, Any], figures: _Figures) -> _Outcome:
    subject = figures(spec["figure"])
    return _Outcome(subject, (), _count_fault(subject, int(spec["items"]), "are listed"))


def _count_fault(subject: Operand, counted: int, what: str) -> _Fault | None:
    if counted == subject.value:
        return None
    return _Fault(str(counted), size_of_gap(subject.value, counted), f"{counted} {what}.")


def _percent_fault(printed: Operand, implied: Decimal) -> _Fault | None:
    stated = Decimal(str(printed.value))
    if stated == implied:
        return None
    last_digit = Decimal(1).scaleb(int(implied.as_tuple().exponent))
    low = abs(stated - implied) <= last_digit
    seriousness = Seriousness.LOW if low else size_of_gap(float(stated), float(implied))
    return _Fault(f"{implied}%", seriousness, f"The two figures give {implied}%.")


def _rounded(value: Decimal, printed: str) -> Decimal:
    places = len(printed.strip("%+-− ").partition(".")[2])
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


_KINDS: dict[str, Callable[[Mapping[str, Any], _Figures], _Outcome | None]] = {
    "sum": _sum,
    "at_most": _at_most,
    "share": _share,
    "difference": _difference,
    "percentage": _percentage,
    "equal": _equal,
    "descending": _descending,
    "count_of_directions": _count_of_directions,
    "count_of_rows": _count_of_rows,
    "count_of_items": _count_of_items,
}
