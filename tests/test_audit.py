"""The audit: silent on faultless tables, and finds each kind of fault that its rules imply."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bcsp_analysis.errors import RegisterError
from bcsp_analysis.measures import audit
from bcsp_analysis.measures.benchmark_rules import Benchmark, annual_count
from bcsp_analysis.measures.catalogue import Catalogue, Measure
from bcsp_analysis.measures.findings import Seriousness
from bcsp_analysis.periods import Month, Quarter, Span
from bcsp_analysis.sources import report
from bcsp_analysis.sources.relations import Relation

ROOT = Path(__file__).parents[1]
QUARTER = Quarter.parse("2023/24 Q2")
BENCHMARK = Benchmark(Span(Month(2022, 8), Month(2023, 7)), 15, 7, 1_000_000, 400_000)


def measure(measure_id, nested_in=(), denominator="residents"):
    return Measure(
        measure_id, measure_id.title(), measure_id.title(), "crimes", "", tuple(nested_in),
        "better", "Police", "", denominator, "",
    )  # fmt: skip


CATALOGUE = Catalogue(
    {m.id: m for m in (measure("whole"), measure("part", ["whole"]), measure("rare"))}, {}
)


def percent_text(this, last, places):
    if last == 0:
        return "0%" if this == 0 else ""
    value = Decimal(100 * (this - last)) / Decimal(last)
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{rounded}%"


def table(rows, quarter=QUARTER, **headings):
    """A table as `load_performance` reads it, from (id, counts, places of per cent)."""
    before, previous = quarter.year_before, quarter.previous
    names = {
        "printed_label": "Measure",
        "q_last_year": f"Q{before.number} {before.months_label}",
        "q_this_year": f"Q{quarter.number} {quarter.months_label}",
        "q_previous": f"Q{previous.number} {previous.months_label}",
        "ytd_this_year": f"YTD {quarter.financial_year}",
        "ytd_last_year": f"YTD {before.financial_year}",
        "difference": "Difference", "pct_difference": "% Difference", "travel": "Travel",
        "msg_rank": "MSG Rank", "group_rate": "Group Rate", "area_rate": "Area Rate",
        "force_rank": "Force Rank",
    }  # fmt: skip
    text = {}
    for measure_id, counts, places in rows:
        last, this, prev, ytd_this, ytd_last = counts
        change = ytd_this - ytd_last
        text[measure_id] = {
            "printed_label": measure_id.title(),
            "q_last_year": f"{last:,}", "q_this_year": f"{this:,}", "q_previous": f"{prev:,}",
            "ytd_this_year": f"{ytd_this:,}", "ytd_last_year": f"{ytd_last:,}",
            "difference": f"{change:+,}" if change else "0",
            "pct_difference": percent_text(ytd_this, ytd_last, places),
            "travel": "↑" if change > 0 else "↓" if change < 0 else "↔",
            "msg_rank": "", "group_rate": "", "area_rate": "", "force_rank": "",
            "iquanta_basis": "",
        }  # fmt: skip
    return read(text, quarter, {**names, **headings})


def read(text, quarter, headings):
    frame = pd.DataFrame.from_dict(text, orient="index", dtype="str")
    frame.index.name = "measure_id"
    cleaned = frame[list(report.NUMERIC)].map(lambda cell: cell.strip("%+").replace(",", ""))
    figures = cleaned.map(lambda c: float(c) if c else None).astype("Float64")
    decimals = cleaned.map(lambda c: len(c.partition(".")[2])).astype("Int64")
    return report.PrintedTable(quarter, "a test", frame, figures, decimals, headings, {})


def changed(printed, measure_id, **cells):
    """The table with some cells printed otherwise."""
    text = {m: dict(row) for m, row in printed.text.iterrows()}
    text[measure_id].update(cells)
    return read(text, printed.quarter, printed.headings)


@st.composite
def faultless(draw):
    """Rows in which every printed figure follows from the counts."""
    number = draw(st.integers(1, 4))
    quarter = Quarter(2023, number)
    places = draw(st.integers(0, 2))

    def row(limit):
        this, prev, last = (draw(st.integers(0, limit)) for _ in range(3))
        earlier_this = 0 if number <= 2 else draw(st.integers(0, limit))
        earlier_last = 0 if number == 1 else draw(st.integers(0, limit))
        ytd_this = this if number == 1 else this + prev + earlier_this
        return last, this, prev, ytd_this, last + earlier_last

    part = row(5_000)
    whole = tuple(p + draw(st.integers(0, 50_000)) for p in row(0))
    # the whole holds the part and others, each consistent by itself
    other = row(50_000)
    whole = tuple(p + o for p, o in zip(part, other, strict=True))
    rows = [("whole", whole, places), ("part", part, places), ("rare", row(3), places)]
    return table(rows, quarter)


@given(faultless())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_faultless_table_has_no_finding(printed):
    assert audit.audit(printed, CATALOGUE, benchmark=BENCHMARK).findings == ()


@given(faultless(), st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_changed_figure_is_found(printed, data):
    """Whatever single figure of the changes is altered, the audit names that cell."""
    measure_id = data.draw(st.sampled_from(["whole", "part", "rare"]))
    column = data.draw(st.sampled_from(["difference", "pct_difference", "travel"]))
    row = printed.text.loc[measure_id]
    if column == "travel":
        arrow = data.draw(st.sampled_from(["↑", "↓", "↔"]))
        assume(arrow != row["travel"])
        faulty = changed(printed, measure_id, travel=arrow)
    else:
        assume(row[column])
        value = printed.figures.at[measure_id, column]
        wrong = float(value) + data.draw(st.sampled_from([-7, -1, 1, 13, 400]))
        places = int(printed.decimals.at[measure_id, column]) if column != "difference" else 0
        suffix = "%" if column == "pct_difference" else ""
        faulty = changed(printed, measure_id, **{column: f"{wrong:,.{places}f}{suffix}"})
    found = audit.audit(faulty, CATALOGUE).findings
    assert [(f.measure_id, f.column) for f in found] == [(measure_id, column)]
    assert found[0].printed == faulty.text.at[measure_id, column]


@given(faultless(), st.integers(1, 500))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_quarters_that_do_not_add_up_are_found(printed, gap):
    assume(printed.quarter.number <= 2)
    value = float(printed.figures.at["part", "ytd_this_year"]) + gap
    faulty = changed(printed, "part", ytd_this_year=f"{value:,.0f}")
    found = {(f.rule, f.column) for f in audit.audit(faulty, CATALOGUE).findings}
    assert ("quarters and year to date", "ytd_this_year") in found


PLAIN = table(
    [
        ("whole", (1000, 900, 950, 1850, 2100), 1),
        ("part", (100, 120, 130, 250, 210), 1),
        ("rare", (2, 3, 1, 4, 3), 0),
    ]
)


@pytest.mark.parametrize(
    ("cells", "implied", "words", "seriousness"),
    [
        # 40 / 210 = 19.05 %, 40 / 250 = 16.0 %: by hand
        ({"pct_difference": "+16.0%"}, "+19.0%", "this year's figure instead of last", "high"),
        ({"pct_difference": "-19.0%"}, "+19.0%", "its sign is the opposite", "high"),
        ({"pct_difference": "+19.1%"}, "+19.0%", "Neither year's figure", "low"),
        ({"pct_difference": "+18.0%"}, "+19.0%", "Neither year's figure", "medium"),
        ({"pct_difference": "+50.0%"}, "+19.0%", "Neither year's figure", "high"),
        ({"difference": "-40"}, "+40", "the sign does not", "high"),
        ({"difference": "+41"}, "+40", "differ by +40", "medium"),
        ({"travel": "↓"}, "↑", "the arrow shows a fall", "high"),
        ({"travel": "↔"}, "↑", "the arrow shows no change", "high"),
    ],
)
def test_what_is_implied_and_how_serious(cells, implied, words, seriousness):
    (finding,) = audit.audit(changed(PLAIN, "part", **cells), CATALOGUE).findings
    assert finding.implied == implied
    assert words in finding.explanation
    assert finding.seriousness == seriousness


def test_a_percentage_that_was_cut_off_is_of_low_seriousness():
    # 1 / 3 = 33.3 %; 2 / 3 = 66.67 %: cut off 66, rounded 67
    printed = table([("rare", (2, 3, 2, 5, 3), 0)])
    (finding,) = audit.audit(changed(printed, "rare", pct_difference="66%"), CATALOGUE).findings
    assert finding.implied == "+67%"
    assert finding.explanation.endswith("cut off instead of rounded.")
    assert finding.seriousness is Seriousness.LOW


def test_a_percentage_that_other_quarters_would_change_says_so():
    # 250 printed, 120 + 150 = 270 by the quarters: (270 - 210) / 210 = 28.6 % by hand
    printed = changed(PLAIN, "part", q_previous="150", pct_difference="20.0%")
    found = {f.column: f for f in audit.audit(printed, CATALOGUE).findings}
    assert "it would be +28.6%" in found["pct_difference"].explanation


def test_a_percentage_of_zero_is_undefined():
    printed = changed(table([("rare", (0, 1, 1, 2, 0), 0)]), "rare", pct_difference="200%")
    (finding,) = audit.audit(printed, CATALOGUE).findings
    assert finding.implied == "undefined"


def test_exchanged_years_are_suggested():
    printed = table([("rare", (2, 6, 7, 13, 20), 0)])
    faulty = changed(
        printed, "rare", ytd_this_year="20", ytd_last_year="13", difference="+7",
        pct_difference="54%", travel="↑",
    )  # fmt: skip
    (finding,) = audit.audit(faulty, CATALOGUE).findings
    assert finding.column == "ytd_this_year"
    assert "may be exchanged" in finding.explanation


def test_a_part_larger_than_its_whole_is_found():
    printed = table([("whole", (10, 10, 10, 20, 20), 0), ("part", (10, 11, 9, 20, 20), 0)])
    (finding,) = audit.audit(printed, CATALOGUE).findings
    assert (finding.rule, finding.column, finding.implied) == (
        "part and whole", "q_this_year", "at most 10",
    )  # fmt: skip


def test_parts_that_add_up_to_more_than_their_whole_are_found():
    rows = [
        ("whole", (10, 10, 10, 20, 20), 0),
        ("part", (6, 6, 6, 12, 12), 0),
        ("rare", (4, 5, 4, 9, 8), 0),
    ]
    known = replace(CATALOGUE, disjoint=(("whole", ("part", "rare")),))
    found = {(f.column, f.implied) for f in audit.audit(table(rows), known).findings}
    assert found == {("q_this_year", "at least 11"), ("ytd_this_year", "at least 21")}
    assert audit.audit(table(rows), CATALOGUE).findings == ()


@pytest.mark.parametrize(
    ("column", "heading", "named"),
    [
        ("ytd_this_year", "YTD 2023/24 (Apr 23 - Mar 24)", "April 2023 to March 2024 (12 months)"),
        ("q_this_year", "Q3 Jul - Sep 2023", "Q3"),
        ("q_last_year", "Q2 Jul - Sep 2023", "July to September 2023 (3 months)"),
        ("ytd_last_year", "YTD 2023/24", "2023/24"),
    ],
)
def test_a_heading_that_names_another_period_is_found(column, heading, named):
    faulty = replace(PLAIN, headings={**PLAIN.headings, column: heading})
    (finding,) = audit.audit(faulty, CATALOGUE).findings
    assert finding.column == column
    assert named in finding.explanation


@pytest.mark.parametrize(
    "heading",
    ["YTD 2023/24 (Apr 23 - Sep 23)", "YTD Apr - Sep 2023", "April to September 2023", "YTD"],
)
def test_a_heading_that_names_the_right_period_is_not(heading):
    fine = replace(PLAIN, headings={**PLAIN.headings, "ytd_this_year": heading})
    assert audit.audit(fine, CATALOGUE).findings == ()


def test_a_rank_beyond_the_group_is_found():
    printed = changed(PLAIN, "part", msg_rank="16", force_rank="7")
    (finding,) = audit.audit(printed, CATALOGUE, benchmark=BENCHMARK).findings
    assert (finding.column, finding.implied) == ("msg_rank", "1 to 15")


def test_the_annual_count_by_hand():
    # Aug 2022 to Jul 2023 holds 61 of the 92 days of Jul-Sep 2022, all 91 of Apr-Jun 2023 and
    # 31 of the 92 of Jul-Sep 2023: (920 * 61/92 + 910 + 920 * 31/92) / 183 * 365 = 3650
    printed = {QUARTER.year_before: 920.0, QUARTER.previous: 910.0, QUARTER: 920.0}
    assert annual_count(printed, BENCHMARK.span) == pytest.approx(3650)
    assert annual_count({QUARTER.year_before: 920.0}, BENCHMARK.span) is None


@pytest.mark.parametrize(("rate", "found"), [("3.650", 0), ("4.500", 0), ("7.300", 1), ("2.0", 1)])
def test_a_rate_that_the_counts_do_not_bear_out_is_found(rate, found):
    printed = changed(table([("whole", (920, 920, 910, 1830, 1900), 0)]), "whole", area_rate=rate)
    assert len(audit.audit(printed, CATALOGUE, benchmark=BENCHMARK).findings) == found


TEXT = pd.DataFrame(
    {
        "item": ["Total", "First", "Second", "Share", "Falls", "Of"],
        "printed": ["30", "10", "20", "33%", "17/18", "3"],
        "value": pd.array([30, 10, 20, 33, None, 3], dtype="Float64"),
    },
    index=["total", "first", "second", "share", "falls", "of"],
)


def relation(kind, certain=True, settings=None, **operands):
    operands = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in operands.items()}
    return Relation(kind, kind, "1", operands, settings or {}, certain, "a note")


@pytest.mark.parametrize(
    ("good", "bad", "implied"),
    [
        (
            relation("sum", total="total", parts=["first", "second"]),
            relation("sum", total="total", parts=["first", "first"]),
            "20",
        ),
        (
            relation("at_most", part=["first"], whole=["total"]),
            relation("at_most", part=["total"], whole=["first", "first"]),
            "at most 20",
        ),
        (
            relation("share", share="share", part="first", whole="total"),
            relation("share", share="share", part="second", whole="total"),
            "67%",
        ),
        (
            relation("difference", result="first", minuend="total", subtrahend="second"),
            relation("difference", result="second", minuend="total", subtrahend="second"),
            "10",
        ),
        (
            relation("percentage", result="share", after="part.ytd_this_year", before="of"),
            relation("percentage", result="share", after="total", before="second"),
            "50%",
        ),
        (
            relation("equal", figures=["total", "total"]),
            relation("equal", figures=["total", "first"]),
            "10",
        ),
        (
            relation("descending", figures=["total", "second", "first"]),
            relation("descending", figures=["first", "second"]),
            "at least 20",
        ),
        (
            relation("count_of_rows", settings={"column": "ytd_this_year"}, figure="of"),
            relation("count_of_rows", settings={"column": "ytd_this_year"}, figure="first"),
            "3",
        ),
        (
            relation("count_of_items", settings={"items": 3}, figure="of"),
            relation("count_of_items", settings={"items": 4}, figure="of"),
            "4",
        ),
    ],
)
def test_relations_of_each_kind(good, bad, implied):
    text = TEXT
    if good.kind == "percentage":  # 4 on 3 is 33 %
        good = relation("percentage", result="share", after="rare.ytd_this_year", before="of")
    result = audit.audit(PLAIN, CATALOGUE, relations=[good], printed=text)
    assert result.findings == ()
    (finding,) = audit.audit(PLAIN, CATALOGUE, relations=[bad], printed=text).findings
    assert finding.implied == implied
    assert finding.printed


def test_a_relation_that_rests_on_an_assumption_is_of_low_seriousness():
    doubtful = relation("sum", certain=False, total="total", parts=["first"])
    (finding,) = audit.audit(PLAIN, CATALOGUE, relations=[doubtful], printed=TEXT).findings
    assert finding.seriousness is Seriousness.LOW
    assert "rests on an assumption" in finding.explanation


def test_the_count_of_falls_reads_alternatives():
    falls = relation(
        "count_of_directions", settings={"column": "travel", "direction": "down"},
        figure="falls", of="of",
    )  # fmt: skip
    (finding,) = audit.audit(PLAIN, CATALOGUE, relations=[falls], printed=TEXT).findings
    assert (finding.printed, finding.implied) == ("17/18", "1 by the arrows, 1 by the two years")
    assert finding.seriousness is Seriousness.HIGH


@pytest.mark.parametrize("printed", ["", "N/A", "1/x"])
def test_a_count_that_is_not_printed_is_not_checked(printed):
    falls = relation(
        "count_of_directions", settings={"column": "travel", "direction": "down"},
        figure="falls", of="of",
    )  # fmt: skip
    text = TEXT.assign(printed=TEXT["printed"].where(TEXT.index != "falls", printed))
    result = audit.audit(PLAIN, CATALOGUE, relations=[falls], printed=text)
    assert "count of measures" not in result.checked


def test_a_relation_of_an_unknown_figure_is_refused():
    with pytest.raises(RegisterError) as caught:
        audit.audit(
            PLAIN, CATALOGUE, relations=[relation("equal", figures=["x", "y"])], printed=TEXT
        )
    assert caught.value.found == "x"


@pytest.fixture(scope="module")
def shipped():
    return audit.run(ROOT / "data" / "report" / "2023-24-q2", QUARTER)


def test_the_findings_of_the_report(shipped):
    """Every row of the printed table checked by hand with a calculator."""
    found = {f.id: f.implied for f in shipped.findings if f.seriousness is not Seriousness.LOW}
    assert found == {
        "quarters-and-year-to-date:violence-against-the-person:ytd_this_year": "30,774",
        "quarters-and-year-to-date:forced-marriage:ytd_this_year": "13",
        "quarters-and-year-to-date:hate-crime:ytd_this_year": "2,698",
        "difference:robbery-personal:difference": "+115",
        "difference:domestic-abuse:difference": "-2,109",
        "arrow:robbery-personal:travel": "↑",
        "heading:ytd_this_year": "April to September 2023",
        "heading:ytd_last_year": "April to September 2022",
        "percentage:total-recorded-crime:pct_difference": "-10.2%",
        "percentage:theft-from-shop:pct_difference": "+43.1%",
        "percentage:theft-other:pct_difference": "+4.5%",
        "percentage:honour-based-abuse:pct_difference": "-45%",
        "percentage:forced-marriage:pct_difference": "-77%",
        "percentage:robbery-personal:pct_difference": "+5.7%",
        "percentage:domestic-abuse:pct_difference": "-14.7%",
        "percentage:hate-crime:pct_difference": "-17%",
        "difference-in-the-text:asb-increase-on-same-quarter": "839",
        "percentage-in-the-text:asb-per-cent-on-same-quarter": "34%",
        # 91+147+3+11+90+40+30+53+27+17+134+12+94+74+45
        "parts-and-total:network-rail-interventions": "868",
    }


def test_cut_off_percentages_of_the_report(shipped):
    """The rows whose last digit was cut off: 16.79, 11.56, 6.70, ... by calculator."""
    cut = {
        f.measure_id: f.implied
        for f in shipped.findings
        if "cut off instead of rounded." in f.explanation and f.seriousness is Seriousness.LOW
    }
    assert cut == {
        "theft-from-vehicle": "-16.8%",
        "violence-against-the-person": "-11.6%",
        "violence-with-injury": "-6.7%",
        "serious-youth-violence": "-9.4%",
        "common-assault": "-2.3%",
        "drug-offences": "-10.6%",
        "modern-slavery": "-44%",
        "burglary-residential": "-0.3%",
        "asb-non-crime-investigations": "-16.8%",
    }


def test_findings_that_rest_on_an_assumption(shipped):
    """Rates by hand: 10.504 x 1,144.9 = 12,026; the quarters (1,554 x 61/92 + 1,583 + 1,594 x
    31/92) / 183 x 365 = 6,284 and / 1,144.9 = 5.5. Burglary likewise, per 423.456 thousand
    households."""
    found = {f.id: f.implied for f in shipped.findings if "assumption" in f.explanation}
    assert found["rate-and-count:theft-other:area_rate"] == "about 5.5 per 1,000 residents"
    assert found["rate-and-count:burglary-residential:area_rate"] == (
        "about 12.0 per 1,000 households"
    )
    low = {f.id: f.implied for f in shipped.findings if f.seriousness is Seriousness.LOW}
    assert set(found) <= set(low)
    assert low["count-of-measures:falling-measures"] == "18 by the arrows, 17 by the two years"


def test_findings_come_most_serious_first_and_have_their_own_ids(shipped):
    places = [list(Seriousness).index(f.seriousness) for f in shipped.findings]
    assert places == sorted(places)
    assert len({f.id for f in shipped.findings}) == len(shipped.findings)
    assert len(shipped.frame()) == len(shipped.findings)
