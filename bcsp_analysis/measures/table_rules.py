"""Rules that hold a quarterly table against itself, row by row and heading by heading.

Every rule is a generator of `Check`: one for each place where the figures that it needs are
printed, with a `Finding` where they disagree. A figure that is not printed is not checked.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from bcsp_analysis.errors import PeriodError
from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.measures.findings import (
    Check,
    Finding,
    Seriousness,
    cell_finding,
    cited,
    column_name,
    count_text,
    signed_text,
    size_of_gap,
)
from bcsp_analysis.periods import Month, Span
from bcsp_analysis.sources.report import ARROWS, COUNTS, PrintedTable

DRAWN = {1: "↑", -1: "↓", 0: "↔"}
WORDS = {1: "a rise", -1: "a fall", 0: "no change"}


def quarters_sum(table: PrintedTable, catalogue: Catalogue) -> Iterator[Check]:
    """The year to date against its quarters: equal where all are printed, else not smaller."""
    number = table.quarter.number
    this = ["q_this_year"] if number == 1 else ["q_previous", "q_this_year"]
    yield from _period(table, "ytd_this_year", this, number <= 2)
    yield from _period(table, "ytd_last_year", ["q_last_year"], number == 1)


def _period(table: PrintedTable, total: str, parts: list[str], whole: bool) -> Iterator[Check]:
    rule = "quarters and year to date"
    for measure_id, row in _rows(table, total, *parts):
        printed, implied = row[total], sum(row[part] for part in parts)
        if printed == implied or (not whole and printed > implied):
            yield Check(rule, f"{measure_id}.{total}", None)
            continue
        least = "" if whole else "at least "
        names = [cited(table, measure_id, part) for part in parts]
        gap = count_text(abs(implied - printed))
        finding = cell_finding(
            table,
            rule,
            measure_id,
            total,
            implied=least + count_text(implied),
            follows_from=" and ".join(names),
            seriousness=size_of_gap(printed, implied),
            explanation=f"The quarters give {least}{count_text(implied)}, {gap} "
            f"{'more' if implied > printed else 'fewer'} than the printed year to date."
            f"{_twin(table, measure_id, total)}",
        )
        yield Check(rule, f"{measure_id}.{total}", finding)


def _twin(table: PrintedTable, measure_id: str, total: str) -> str:
    """Which other figures of the row give the printed total, where some do (a likely slip)."""
    values = {column: table.figure(measure_id, column) for column in COUNTS}
    previous, this, last = (values[c] for c in ("q_previous", "q_this_year", "q_last_year"))
    other = values["ytd_last_year"]
    quarters = None if previous is None or this is None else previous + this
    if total == "ytd_this_year" and quarters is not None and other == quarters:
        name = column_name(table, "ytd_last_year")
        return f" The sum is what {name} shows; the two may be exchanged."
    for column, value in (("q_this_year", this), ("q_previous", previous)):
        if last is not None and value is not None and last + value == values[total]:
            first, second = column_name(table, "q_last_year"), column_name(table, column)
            return f" The printed figure is the sum of {first} and {second}."
    return ""


def difference(table: PrintedTable, catalogue: Catalogue) -> Iterator[Check]:
    """The printed difference against the two years to date."""
    rule = "difference"
    for measure_id, row in _rows(table, "ytd_this_year", "ytd_last_year", "difference"):
        implied = row["ytd_this_year"] - row["ytd_last_year"]
        printed = row["difference"]
        finding = None
        if printed != implied:
            sign_only = printed == -implied
            finding = cell_finding(
                table,
                rule,
                measure_id,
                "difference",
                implied=signed_text(implied),
                follows_from=_years(table, measure_id),
                seriousness=Seriousness.HIGH
                if printed * implied < 0
                else size_of_gap(printed, implied),
                explanation="The size agrees with the two years, the sign does not."
                if sign_only
                else f"The two years differ by {signed_text(implied)}.",
            )
        yield Check(rule, f"{measure_id}.difference", finding)


def percentage(table: PrintedTable, catalogue: Catalogue) -> Iterator[Check]:
    """The printed per cent against the two years, on last year's figure as its base."""
    rule = "percentage"
    for measure_id, row in _rows(table, "ytd_this_year", "ytd_last_year", "pct_difference"):
        yield Check(
            rule, f"{measure_id}.pct_difference", _percentage_finding(table, rule, measure_id, row)
        )


def _percentage_finding(
    table: PrintedTable, rule: str, measure_id: str, row: Mapping[str, float]
) -> Finding | None:
    printed = Decimal(str(row["pct_difference"]))
    places = _places(table, measure_id)
    this, last = Decimal(str(row["ytd_this_year"])), Decimal(str(row["ytd_last_year"]))
    change = this - last
    if last == 0:
        if this == 0 and printed == 0:
            return None
        return cell_finding(
            table,
            rule,
            measure_id,
            "pct_difference",
            implied="undefined",
            follows_from=_years(table, measure_id),
            seriousness=Seriousness.MEDIUM,
            explanation="A change from zero has no percentage.",
        )
    implied = _rounded(100 * change / last, places, ROUND_HALF_UP)
    if printed == implied:
        return None
    difference = table.figure(measure_id, "difference")
    how = _reproduced(
        printed, places, this, last, None if difference is None else Decimal(str(difference))
    )
    if printed * implied < 0:
        seriousness = Seriousness.HIGH
    elif abs(printed - implied) <= Decimal(1).scaleb(-places):
        seriousness = Seriousness.LOW
    else:
        seriousness = size_of_gap(float(printed), float(implied))
    return cell_finding(
        table,
        rule,
        measure_id,
        "pct_difference",
        implied=f"{implied:+}%" if implied else f"{implied}%",
        follows_from=_years(table, measure_id),
        seriousness=seriousness,
        explanation=how + _from_quarters(table, measure_id, places),
    )


def _from_quarters(table: PrintedTable, measure_id: str, places: int) -> str:
    """What the percentage would be where the quarters give another year to date than printed."""
    if table.quarter.number != 2:
        return ""
    figures = {c: table.figure(measure_id, c) for c in COUNTS}
    previous, this, last = (figures[c] for c in ("q_previous", "q_this_year", "ytd_last_year"))
    if previous is None or this is None or not last or previous + this == figures["ytd_this_year"]:
        return ""
    change = Decimal(str(previous + this - last)) / Decimal(str(last))
    value = _rounded(100 * change, places, ROUND_HALF_UP)
    return f" With the year to date that the quarters give it would be {value:+}%."


def _reproduced(
    printed: Decimal, places: int, this: Decimal, last: Decimal, difference: Decimal | None
) -> str:
    """Which numerator, base and rounding give the printed percentage."""
    numerators = [("the difference between the two years", this - last)]
    if difference is not None and abs(difference) != abs(this - last):
        numerators.append(("the printed difference", difference))
    bases = [("last year's figure", last), ("this year's figure instead of last year's", this)]
    roundings = [("", ROUND_HALF_UP), (" and cut off instead of rounded", ROUND_DOWN)]
    for numerator_name, numerator in numerators:
        for base_name, base in bases:
            for rounding_name, rounding in roundings:
                if base == 0:
                    continue
                value = _rounded(100 * numerator / base, places, rounding)
                sign = "" if value == printed else "; its sign is the opposite"
                if abs(value) == abs(printed):
                    return (
                        f"The printed value is {numerator_name}, divided by {base_name}"
                        f"{rounding_name}{sign}."
                    )
    return "Neither year's figure as the base gives the printed value."


def _places(table: PrintedTable, measure_id: str) -> int:
    return len(table.cell(measure_id, "pct_difference").strip(" %").partition(".")[2])


def _rounded(value: Decimal, places: int, rounding: str) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=rounding)


def direction(table: PrintedTable, catalogue: Catalogue) -> Iterator[Check]:
    """The arrow, and the signs of difference and percentage, against the two years."""
    for measure_id, row in _rows(table, "ytd_this_year", "ytd_last_year"):
        change = row["ytd_this_year"] - row["ytd_last_year"]
        implied = (change > 0) - (change < 0)
        arrow = table.cell(measure_id, "travel").strip()
        if arrow not in ARROWS:
            continue
        finding = None
        if ARROWS[arrow] != implied:
            finding = cell_finding(
                table,
                "arrow",
                measure_id,
                "travel",
                implied=DRAWN[implied],
                follows_from=_years(table, measure_id),
                seriousness=Seriousness.HIGH,
                explanation=f"The two years show {WORDS[implied]}; the arrow shows "
                f"{WORDS[ARROWS[arrow]]}.",
            )
        yield Check("arrow", f"{measure_id}.travel", finding)


def nesting(table: PrintedTable, catalogue: Catalogue) -> Iterator[Check]:
    """A part is not larger than the whole that the catalogue nests it in."""
    rule = "part and whole"
    for part in (str(measure_id) for measure_id in table.figures.index):
        for whole in catalogue[part].nested_in:
            if whole not in table.figures.index:
                continue
            for column in COUNTS:
                count, limit = table.figure(part, column), table.figure(whole, column)
                if count is None or limit is None:
                    continue
                finding = None
                if count > limit:
                    name = table.cell(whole, "printed_label")
                    finding = cell_finding(
                        table,
                        rule,
                        part,
                        column,
                        implied=f"at most {count_text(limit)}",
                        follows_from=f"{name}, {cited(table, whole, column)}",
                        seriousness=Seriousness.HIGH,
                        explanation=f"It is counted within {name}, which shows fewer.",
                        suffix=whole,
                    )
                yield Check(rule, f"{part}.{column} in {whole}", finding)


def disjoint_parts(table: PrintedTable, catalogue: Catalogue) -> Iterator[Check]:
    """Parts that cannot share a record are together not larger than their whole."""
    rule = "parts and whole"
    for whole, parts in catalogue.disjoint:
        printed = [part for part in parts if part in table.figures.index]
        if whole not in table.figures.index or len(printed) < 2:
            continue
        for column in COUNTS:
            found = {part: table.figure(part, column) for part in printed}
            counts = {part: count for part, count in found.items() if count is not None}
            limit = table.figure(whole, column)
            if limit is None or len(counts) < 2:
                continue
            total = sum(counts.values())
            finding = None
            if total > limit:
                names = ", ".join(table.cell(part, "printed_label") for part in counts)
                finding = cell_finding(
                    table,
                    rule,
                    whole,
                    column,
                    implied=f"at least {count_text(total)}",
                    follows_from=names,
                    seriousness=Seriousness.HIGH,
                    explanation="Its parts, which cannot share a record, add up to more.",
                )
            yield Check(rule, f"{whole}.{column}", finding)


def headings(table: PrintedTable, catalogue: Catalogue) -> Iterator[Check]:
    """The period that a heading names against the period that the column covers."""
    rule = "heading"
    quarter = table.quarter
    covered = {
        "q_last_year": quarter.year_before.span,
        "q_this_year": quarter.span,
        "q_previous": quarter.previous.span,
        "ytd_this_year": quarter.year_to_date,
        "ytd_last_year": quarter.year_to_date.year_before,
    }
    for column, span in covered.items():
        heading = table.headings.get(column, "")
        wrong = list(_wrong_periods(heading, span, is_quarter=column.startswith("q_")))
        if not heading:
            continue
        finding = None
        if wrong:
            finding = Finding(
                id=f"{rule}:{column}",
                rule=rule,
                where=f"Heading of the column for {column_name(table, column)}",
                measure_id="",
                column=column,
                printed=heading,
                implied=span.label,
                follows_from=f"the table is for {quarter.label}, {quarter.months_label}",
                seriousness=Seriousness.HIGH,
                explanation="The heading names " + " and ".join(wrong) + ".",
            )
        yield Check(rule, column, finding)


_MONTH_RANGE = re.compile(
    r"([A-Z][a-z]{2,8})\.?\s*(\d{4}|\d{2})?\s*(?:[-–—]|to)\s*([A-Z][a-z]{2,8})\.?\s*(\d{4}|\d{2})"
)
_FINANCIAL_YEAR = re.compile(r"\b(20\d\d)/(\d\d)\b")
_QUARTER_NUMBER = re.compile(r"\bQ(?:uarter )?([1-4])\b")


def _wrong_periods(heading: str, span: Span, *, is_quarter: bool) -> Iterator[str]:
    for first, first_year, last, last_year in _MONTH_RANGE.findall(heading):
        named = _named_span(first, first_year or last_year, last, last_year)
        if named is not None and named != span:
            yield f"{named.label} ({len(named)} months), the column covers {span.label}"
    year = span.first.quarter.financial_year
    for start, end in _FINANCIAL_YEAR.findall(heading):
        if f"{start}/{end}" != year:
            yield f"{start}/{end}, the column is of {year}"
    for number in _QUARTER_NUMBER.findall(heading):
        if is_quarter and int(number) != span.first.quarter.number:
            yield f"Q{number}, the column is Q{span.first.quarter.number}"


def _named_span(first: str, first_year: str, last: str, last_year: str) -> Span | None:
    names = {name.lower(): n for n, name in enumerate(calendar.month_abbr) if name}
    a, b = names.get(first[:3].lower()), names.get(last[:3].lower())
    if not a or not b:
        return None
    try:
        return Span(Month(_year(first_year), a), Month(_year(last_year), b))
    except PeriodError:
        return None


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _rows(table: PrintedTable, *columns: str) -> Iterator[tuple[str, dict[str, float]]]:
    """Measures of which all these figures are printed, with the figures."""
    for measure_id in (str(name) for name in table.figures.index):
        found = {column: table.figure(measure_id, column) for column in columns}
        figures = {column: value for column, value in found.items() if value is not None}
        if len(figures) == len(columns):
            yield measure_id, figures


def _years(table: PrintedTable, measure_id: str) -> str:
    return " and ".join(cited(table, measure_id, c) for c in ("ytd_this_year", "ytd_last_year"))


Rule = Callable[[PrintedTable, Catalogue], Iterator[Check]]
TABLE_RULES: tuple[Rule, ...] = (
    quarters_sum,
    difference,
    percentage,
    direction,
    nesting,
    disjoint_parts,
    headings,
)
