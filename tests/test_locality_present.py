"""Sentences, tables and charts of localities: nothing small leaks, nothing is overstated."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pypandoc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_localities import INDEX, ONE, PAGE, RULES, city

from bcsp_analysis.measures import recording
from bcsp_analysis.models import change, localities
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.models.localities import Charted, LocalityResult
from bcsp_analysis.periods import Month
from bcsp_analysis.present import figures, tables, text
from bcsp_analysis.present.text.localities import banded, many, summed

AREA = {"area": "Birmingham"}
OTHERS = dict.fromkeys((f"E{i}" for i in range(68)), change.compare(500, 500, 365, 365))
LARGEST_FILE = 80 * 1024  # bytes
CAUSE = re.compile(r"\b(because of|due to|caused by|leads to|drives?)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def counts():
    table = city([2.0, 7.5, 30, 45, 60, 25, 50, 40, 35, 70], swing=0.02)
    table.loc["E003"] = (table.loc["E003"] * np.where(np.arange(72) < 60, 1, 2)).astype("int64")
    return table


@pytest.fixture(scope="module")
def judged(counts):
    return localities.families(counts, **RULES)


@pytest.fixture(scope="module")
def results(counts, judged) -> dict[str, LocalityResult]:
    return {
        area: localities.analyse(counts, area, **ONE, **RULES, **PAGE, judged=judged)
        for area in ("E000", "E001", "E003", "E005")
    }


@pytest.fixture(scope="module")
def overview(counts, judged):
    names = {area: f"Ward {area}" for area in counts.index} | {"E002": "St. *Bold* | =1+1"}
    return localities.overview(
        counts, names=names, kind="ward", category="Anti-social behaviour", fewer_is="better",
        judged=judged, **RULES,
    )  # fmt: skip


def every_sentence(result: LocalityResult) -> str:
    return "\n".join(
        (
            text.locality(result),
            text.locality_latest(result),
            text.locality_marks(result),
            text.locality_share(result, **AREA),
            text.locality_season(result, **AREA),
            text.locality_small(result),
            text.locality_left_out(result),
            text.locality_title(result),
        )
    )


def with_change(result: LocalityResult, before: float, after: float, **more) -> LocalityResult:
    """The same page with another change, judged among 69."""
    own = change.compare(before, after, 365, 365, **more)
    settled = change.family(
        {"own": own, **OTHERS}, alpha=0.05, materiality_pct=5.0, small_count=10
    )["own"]
    return replace(
        result,
        change=settled,
        smallest_seen=localities.smallest_seen(settled),
        family_size=69,
    )


# --- counts as they may be shown ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("band", "cell", "total"),
    [
        ((1204, 1204), "1,204", "1,204"),
        ((0, 4), "fewer than 5", "between 0 and 4"),
        ((145, 149), "145 to 149", "between 145 and 149"),
        ((0, 0), "0", "none"),
    ],
)
def test_counts_in_words(band, cell, total):
    assert banded(*band) == cell
    assert summed(*band) == total


def test_plurals_of_kinds():
    assert [many(k, 2) for k in ("ward", "constituency")] == ["two wards", "two constituencies"]


def test_small_months_are_printed_nowhere(counts, results):
    table = tables.locality_months(results["E001"], label="tbl-months")
    rows = {
        row.split("|")[1].strip(): row.split("|")[2].strip()
        for row in table.splitlines()
        if re.match(r"\| \w+ 20\d\d ", row)
    }
    assert len(rows) == 72
    small = counts.loc["E001"] < 5
    assert small.any()
    for month, value in counts.loc["E001"].items():
        cell = rows[f"{month:%B %Y}"]
        assert cell == ("fewer than 5" if value < 5 else f"{value}")
    assert "months have fewer than five incidents" in text.locality_small(results["E001"])


def test_a_year_with_small_months_is_a_range_in_the_sentence(results):
    told = text.locality(results["E001"])
    assert re.search(r"between \d+ and \d+ incidents in the twelve months to September 2024", told)
    assert re.search(r"about (less than )?[\d.]+% (more|fewer)", told)


def test_a_hidden_locality_shows_no_count_anywhere(results):
    hidden = results["E000"]
    told = every_sentence(hidden)
    assert "too few incidents to be shown" in told
    assert "fewer than five" in told
    assert not re.search(r"\d", told)
    assert tables.locality_months(hidden, label="tbl-x") == "Nothing that may be shown."
    assert tables.locality_season(hidden, label="tbl-x", **AREA) == "No season that may be shown."
    chart = figures.locality(hidden, source="Source: made for a test.", **AREA)
    assert not any(ax.lines or ax.collections for ax in chart.axes)


def test_partners_say_why_they_are_ranges(counts, judged):
    shown = judged.shown
    ranged = (shown.low > 0) & (shown.low < shown.high)
    partner = ranged.sum(axis=1).drop(sorted(shown.hidden)).idxmax()
    result = localities.analyse(counts, partner, **ONE, **RULES, **PAGE, judged=judged)
    assert "small counts of another ward cannot be worked out" in text.locality_small(result)


# --- verdicts -------------------------------------------------------------------------------------


def test_growth_is_told_with_its_range_and_what_it_points_to(results):
    told = text.locality(results["E003"])
    assert told.startswith("**Anti-social behaviour in Aston: clear increase on the year before.**")
    assert "The underlying change is likely between" in told
    assert "points to *worse*" in told
    neither = replace(results["E003"], fewer_is="neither")
    assert "neither more nor fewer is plainly better" in text.locality(neither)


def test_no_clear_change_says_what_would_have_been_seen(results):
    # 400 against 400 at phi 1 and 69 tests: z = 3.3831 + 0.8416, times sqrt(2/400) = 0.29874,
    # a rise of 34.8% and a fall of 25.8% (by hand)
    told = text.locality(with_change(results["E005"], 400, 400))
    assert "no clear change" in told
    assert "a rise of about 35% or a fall of about 26%" in told
    assert "does not mean that nothing changed" in told


def test_a_range_that_leaves_out_no_change_is_not_called_clear_among_many(results):
    # 400 and 470: z = 2.37, p = 0.018 alone, not among 69
    result = with_change(results["E005"], 400, 470)
    assert result.change.verdict is Verdict.NO_CLEAR_CHANGE
    told = text.locality(result)
    assert "taken alone, points up" in told
    assert "Among 69 wards some ranges do so by chance" in told
    assert "*worse*" not in told


@settings(max_examples=60, deadline=None)
@given(before=st.integers(0, 900), after=st.integers(0, 900), phi=st.floats(1, 6))
def test_the_sentence_never_says_more_than_the_verdict(results, before, after, phi):
    result = with_change(results["E005"], before, after, dispersion=phi)
    told = text.locality(result)
    verdict = result.change.verdict
    assert ("clear increase" in told) == (verdict is Verdict.INCREASE)
    assert ("clear decrease" in told) == (verdict is Verdict.DECREASE)
    assert ("points to *" in told) == (verdict in (Verdict.INCREASE, Verdict.DECREASE))
    assert ("too few" in told) == (verdict is Verdict.TOO_FEW)
    assert not CAUSE.search(told)


def test_a_clear_rise_from_none_is_told_without_a_percentage(results):
    result = with_change(results["E005"], 0, 14)
    assert result.change.verdict is Verdict.INCREASE
    told = text.locality(result)
    assert "clear increase" in told
    assert "From none, no percentage can be given." in told
    assert "points to *worse*" in told
    assert "say nothing" not in told


def test_a_recording_change_is_the_answer(counts):
    found = localities.families(counts, breaks=(Month(2023, 5),), **RULES)
    result = localities.analyse(
        counts, "E003", **ONE, **RULES, **PAGE, breaks=(Month(2023, 5),), judged=found
    )
    told = text.locality(result)
    assert "recording changed, so the two years cannot be compared" in told
    assert "points to" not in told
    assert "The share clearly grew" in text.locality_share(result, **AREA)


def test_months_left_out_are_named(counts):
    wrong = (Month(2024, 3), Month(2024, 9))
    result = localities.analyse(counts, "E005", **ONE, **RULES, **PAGE, faulty=wrong)
    assert "11 of the twelve months to August 2024" in text.locality(result)
    assert text.locality_left_out(result).startswith("Not compared: March,")
    assert "September 2024 is known to be wrong" in text.locality_latest(result)


# --- chart, share, season -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factor", "words"),
    [(4.0, "higher than the usual"), (0.0, "lower than the usual"), (1.0, "within the usual")],
)
def test_the_latest_month_is_told_by_its_limits(counts, factor, words):
    table = counts.copy()
    usual = table.loc["E004"].iloc[:60].mean()
    table.loc["E004", INDEX[-1]] = int(factor * usual)
    table = table.astype("int64")
    result = localities.analyse(table, "E004", **ONE, **RULES, **PAGE)
    told = text.locality_chart(result)
    assert words in told
    row = result.months.iloc[-1]
    assert f"{round(row['usual_low'])} to {round(row['usual_high'])} incidents" in told


def test_too_few_incidents_for_limits_are_said_to_be_so(results):
    assert results["E001"].charted is Charted.TOO_FEW
    assert "no usual range: with fewer than nine" in text.locality_chart(results["E001"])
    assert text.locality_marks(results["E001"]) == ""


def test_marks_come_with_what_chance_would_make(results):
    result = results["E005"]
    told = text.locality_marks(result)
    kind = "correlated" if "correlated" in result.chart.false_alarms.index else "independent"
    chance = result.chart.false_alarms.at[kind, "months_marked"]
    assert f"{round(100 * chance)}% of the months are marked" in told
    assert f"about {['', 'one', 'two', 'three'][max(1, round(10 * chance))]} in any one" in told


def test_a_season_of_too_few_is_said_to_be_the_citys(results):
    told = text.locality_season(results["E001"], **AREA)
    assert "too few to show a season of its own" in told
    assert f"holds {results['E001'].season.fewest} incidents" in told
    assert "That of Birmingham stands in" in told
    table = tables.locality_season(results["E001"], label="tbl-season", **AREA)
    assert "Likely range" not in table


def test_family_sentence_counts_false_alarms(results):
    # 5% of ten ranges: one, rounded up from a half
    told = text.locality_family(results["E005"])
    assert told.startswith("10 wards are judged together")
    assert "about one of their likely ranges" in told


# --- the list -------------------------------------------------------------------------------------


def test_the_list_names_clear_changes_and_links_to_pages(overview):
    told = text.localities(overview, **AREA)
    assert "one with a clear increase, none with a decrease" in told
    assert "A clear increase: Ward E003 (" in told
    table = tables.localities(overview, label="tbl-list", links={"E003": "wards/three.ipynb"})
    assert "[Ward E003](wards/three.ipynb)" in table
    assert "[Ward E005]" not in table
    hidden = next(row for row in table.splitlines() if row.startswith("| Ward E000"))
    assert not re.search(r"\d", hidden.replace("E000", ""))
    assert "One ward is not shown" in text.localities_small(overview)
    assert "about one of 10 likely ranges" in text.localities_family(overview)
    assert "had the most incidents" in text.localities_ranks(overview) or "could" in (
        text.localities_ranks(overview)
    )


def test_names_are_shown_as_they_are(overview):
    table = tables.localities(overview, label="tbl-list")
    shown = pypandoc.convert_text(table, "plain", format="markdown", extra_args=["--wrap=none"])
    assert "St. *Bold* | =1+1" in " ".join(shown.split())


def test_every_table_is_read_by_pandoc(results, overview):
    made = [
        tables.locality_months(results["E003"], label="tbl-a"),
        tables.locality_season(results["E003"], label="tbl-b", **AREA),
        tables.localities(overview, label="tbl-c"),
    ]
    for table in made:
        rows = sum(line.startswith("| ") for line in table.splitlines())
        html = pypandoc.convert_text(table, "html", format="markdown")
        assert html.count("<tr") == rows


# --- charts ---------------------------------------------------------------------------------------


def test_months_in_bands_are_drawn_as_bands(counts, results):
    result = results["E001"]
    chart = figures.locality(result, source="Source: made for a test.", **AREA)
    small = counts.loc["E001"].to_numpy() < 5
    upright = [c for c in chart.axes[0].collections if hasattr(c, "get_segments")]
    segments = [s[:, 1].tolist() for c in upright for s in c.get_segments()]
    assert segments == [[0.0, 4.0]] * int(small.sum())
    line = chart.axes[0].lines[0].get_ydata()
    for drawn, value, band in zip(line, counts.loc["E001"], small, strict=True):
        # within a band all months are drawn at one and the same estimate
        assert (drawn == value) != band or (band and drawn != round(drawn))
    assert len(set(np.asarray(line)[small])) == 1


def test_charts_say_the_verdict_and_are_small(results, overview):
    words = {"source": "Source: made for a test."} | AREA
    for result in results.values():
        chart = figures.locality(result, changes=recording.load(), **words)
        said = " ".join(chart.texts[0].get_text().split())
        assert said == text.locality_title(result)
        assert len(chart.picture()) < LARGEST_FILE
    chart = figures.localities(overview, **words)
    assert " ".join(chart.texts[0].get_text().split()) == text.localities_title(overview)
    assert [t.get_text() for t in chart.axes[0].texts] == ["Ward E003"]
    assert len(chart.picture()) < LARGEST_FILE


def test_the_dots_of_rolling_years_are_the_compared_years(results):
    result = results["E005"]
    chart = figures.locality(result, source="Source: made for a test.", **AREA)
    dots = chart.axes[1].lines[-1]
    assert dots.get_ydata().tolist() == [result.change.before, result.change.after]


def test_the_list_under_a_recording_change_draws_squares(counts):
    found = localities.overview(
        counts, names={}, kind="ward", category="Anti-social behaviour", fewer_is="better",
        breaks=(Month(2023, 5),), **RULES,
    )  # fmt: skip
    chart = figures.localities(found, source="Source: made for a test.", **AREA)
    assert {line.get_marker() for line in chart.axes[0].lines} <= {"s", "None", "<", ">", None}
    assert "Squares: recording changed" in " ".join(
        " ".join(t.get_text().split()) for t in chart.texts
    )
    assert not pd.isna(found.table["pct"]).all()
