"""The outlook's pages and record: sentences at the edges of results, the file, a next edition."""

from __future__ import annotations

import dataclasses
import io
import math
import re
from pathlib import Path
from typing import Any

import default_edition
import pandas as pd
import pytest
import small_project
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bcsp_analysis import cli, editions, start
from bcsp_analysis.errors import (
    BcspError,
    DataError,
    DuplicateRowError,
    EditionError,
    FigureError,
    HeaderError,
    PeriodError,
)
from bcsp_analysis.models import forecast as outlook_model
from bcsp_analysis.models import forecast_record
from bcsp_analysis.models.forecast import COUNT_MODEL, NAIVE, Finding, ForecastResult
from bcsp_analysis.models.forecast_methods import NaiveBasis
from bcsp_analysis.models.forecast_record import PrintedCheck
from bcsp_analysis.periods import Month, Quarter
from bcsp_analysis.present import figures, style, tables, text
from bcsp_analysis.publish import forecasts as publish_forecasts
from bcsp_analysis.sources import forecasts

SLUG = "2023-24-q2"
CAUSE = re.compile(r"\b(because of|due to|caused by|leads to|drives?|target)\b", re.IGNORECASE)
NUMBERS = ("low95", "low80", "point", "high80", "high95")


@pytest.fixture(scope="module")
def pages() -> dict[str, start.Start]:
    return {
        name: default_edition.answered(start.start(SLUG, series=name), "assessment", "outlook")
        for name in ("asb", "violence")
    }


@pytest.fixture(scope="module")
def asb(pages: dict[str, start.Start]) -> ForecastResult:
    return pages["asb"].outlook


@pytest.fixture(scope="module")
def violence(pages: dict[str, start.Start]) -> ForecastResult:
    return pages["violence"].outlook


def with_range(result: ForecastResult, *values: float, year_before: float = 1000) -> ForecastResult:
    """The result with one range for every quarter by the chosen method, and for their total."""
    ranges, together = result.ranges.copy(), result.together.copy()
    row = dict(zip(NUMBERS, values, strict=True))
    for quarter in result.quarters:
        for name, value in {**row, "year_before": year_before}.items():
            ranges.loc[(quarter.slug, result.chosen), name] = value
    for name, value in row.items():
        together.loc[result.chosen, name] = 4 * value
    return dataclasses.replace(result, ranges=ranges, together=together)


def found(result: ForecastResult, finding: Finding, **columns: list[float]) -> ForecastResult:
    winner = "SARIMA" if finding is Finding.BETTER else None
    return dataclasses.replace(
        result,
        finding=finding,
        winner=winner,
        chosen=winner or NAIVE,
        accuracy=result.accuracy.assign(**columns),
    )


# --- ranges in words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0"), (87.4, "87"), (914.4, "914"), (999.6, "1,000"), (1381, "1,380"),
        (1385, "1,390"), (14626, "14,600"), (78118, "78,100"),
    ],
)  # fmt: skip
def test_counts_are_rounded_to_three_figures(count: float, words: str) -> None:
    from bcsp_analysis.present.text.outlook import about

    assert about(count) == words


def test_a_useful_range_is_told_for_two_quarters_and_for_four_together(asb: ForecastResult) -> None:
    sentence = text.outlook(with_range(asb, 700, 800, 1000, 1200, 1400))
    assert "between 800 and 1,200 expected, October to December 2023" in sentence
    lines = [line for line in sentence.splitlines() if line.startswith("- ")]
    assert [re.search(r"\*\*(.+?):\*\*", line)[1] for line in lines] == [
        "October to December 2023",
        "January to March 2024",
        "October 2023 to September 2024, four quarters together",
    ]
    assert "about 4,000, between 3,200 and 4,800 (80% range)" in lines[2]
    assert "between 2,800 and 5,600 to be safer (95% range)" in lines[2]
    assert "four times out of five" in sentence
    assert "nineteen times out of twenty" in sentence
    assert "cannot say" not in sentence


def test_a_range_too_wide_to_help_is_called_that(asb: ForecastResult) -> None:
    wide = with_range(asb, 300, 400, 1000, 900, 3000)
    assert text.outlook_title(wide).endswith("the figures cannot say how many are to come")
    assert "For each of these" in text.outlook(wide)
    assert "the figures cannot say" in text.outlook(wide)
    # Only the total is too wide: the title keeps to the next quarter.
    part = with_range(asb, 700, 800, 1000, 1200, 1400)
    together = part.together.copy()
    together.loc[part.chosen, "high80"] = 9000
    sentence = text.outlook(dataclasses.replace(part, together=together))
    assert "between 800 and 1,200 expected" in sentence
    assert "For October 2023 to September 2024, four quarters together even" in sentence


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (1000, "neither a rise nor a fall on the year is foretold"),
        (1300, "fewer are likely, not certain"),
        (1500, "outside both ranges: fewer are to be expected"),
        (750, "more are likely, not certain"),
        (600, "outside both ranges: more are to be expected"),
    ],
)
def test_last_years_count_is_told_by_where_it_lies(
    violence: ForecastResult, before: float, expected: str
) -> None:
    made = with_range(violence, 700, 800, 1000, 1200, 1400, year_before=before)
    kept = made.accuracy.assign(inside80=14)  # 14 of 17: the 80% range has kept its promise
    sentence = text.outlook_compared(dataclasses.replace(made, accuracy=kept))
    assert expected in sentence
    assert "Recording changed in between (May 2023)" in sentence


@pytest.mark.parametrize(
    ("inside80", "level"),
    # 0.7 of 17 totals is 11.9: below that the 80% range leads no longer
    [(9, 95), (11, 95), (12, 80), (14, 80)],
)
def test_a_range_that_held_too_little_does_not_lead(
    asb: ForecastResult, inside80: int, level: int
) -> None:
    made = with_range(asb, 700, 800, 1000, 1200, 1400, year_before=1300)
    made.ranges["observed"] = 1
    record = made.accuracy.assign(inside80=inside80, inside95=16)
    result = dataclasses.replace(made, accuracy=record, without_excluded=None, unaware=None)
    title, told = text.outlook_title(result), text.outlook(result)
    ends = {80: "between 800 and 1,200 expected", 95: "between 700 and 1,400 expected"}
    assert ends[level] in title
    assert title.endswith("(95% range)") == (level == 95)
    first = told.split("four quarters together:** about 4,000, ")[1].split(" range")[0]
    leads = {80: "between 3,200 and 4,800 (80%", 95: "between 2,800 and 5,600 (95%"}
    assert first == leads[level]
    assert ("clearly fewer than it should; the 95% range held 16" in told) == (level == 95)
    # 1,300 lies outside the 80% range and inside the 95% range
    compared = text.outlook_compared(result)
    assert ("neither a rise nor a fall" in compared) == (level == 95)
    assert ("fewer are likely" in compared) == (level == 80)


def test_a_leading_range_that_is_too_wide_is_called_that(asb: ForecastResult) -> None:
    """700 to 1,400 is a factor of 2 and no more; 650 to 1,400 is more than 2."""
    record = asb.accuracy.assign(inside80=9, inside95=16)
    for low95, wide in ((700, False), (650, True)):
        made = with_range(asb, low95, 800, 1000, 1200, 1400)
        result = dataclasses.replace(made, accuracy=record)
        assert text.outlook_title(result).endswith("how many are to come") == wide
        assert (
            "the leading range has an upper end more than twice" in text.outlook(result)
        ) == wide


def test_violence_leads_with_the_wider_range(violence: ForecastResult) -> None:
    """The record of the page: 9 of 17 totals in the 80% range."""
    assert text.outlook_title(violence).endswith("(95% range)")


def test_repeating_last_year_foretells_no_change(asb: ForecastResult) -> None:
    assert "neither a rise nor a fall" in text.outlook_compared(asb)
    unknown = with_range(asb, 700, 800, 1000, 1200, 1400, year_before=math.nan)
    assert text.outlook_compared(unknown) == ""
    # With a month of the quarter counted the middle is no longer last year's count.
    begun = with_range(asb, 700, 800, 1000, 1200, 1400, year_before=1300)
    begun.ranges["observed"] = 1
    alone = dataclasses.replace(begun, without_excluded=None, unaware=None)
    assert "fewer are likely, not certain" in text.outlook_compared(alone)
    assert "(1 of 3 months known)" in text.outlook(begun)


def test_a_direction_that_another_reading_removes_is_not_foretold(asb: ForecastResult) -> None:
    """1,300 lies above 1,200, the published end, and below 1,350, that of the other reading."""
    begun = with_range(asb, 700, 800, 1000, 1200, 1400, year_before=1300)
    begun.ranges["observed"] = 1
    wide, narrow = (
        pd.DataFrame([[700, 800, 1000, high, 1500]], [asb.ahead[0].slug], NUMBERS, "float64")
        for high in (1350, 1250)
    )
    turned = dataclasses.replace(begun, without_excluded=None, unaware=wide)
    told = text.outlook_compared(turned)
    assert "inside it as if recording had never changed" in told
    assert "do not settle it" in told
    assert "are likely" not in told
    same = dataclasses.replace(begun, without_excluded=None, unaware=narrow)
    assert "fewer are likely, not certain" in text.outlook_compared(same)


def test_the_trials_stand_beside_the_promise(asb: ForecastResult) -> None:
    row = asb.accuracy.loc[asb.chosen]
    told = f"the 80% range held {row['inside80']:.0f} of {row['totals']:.0f} totals"
    assert told in text.outlook(asb)


# --- methods -------------------------------------------------------------------------------------


@pytest.mark.parametrize("finding", list(Finding))
def test_a_method_is_called_better_only_where_the_result_says_so(
    asb: ForecastResult, finding: Finding
) -> None:
    ahead = finding in (Finding.BETTER, Finding.NOT_CLEARLY)
    skill = [20.0, 0.0, -5.0, -9.0] if ahead else [0.0, -5.0, -6.0, -9.0]
    order = ["SARIMA", NAIVE, COUNT_MODEL, "exponential smoothing"]
    names = order if ahead else [NAIVE, *(name for name in order if name != NAIVE)]
    table = asb.accuracy.reindex(names)
    made = found(
        dataclasses.replace(asb, accuracy=table),
        finding,
        skill=skill,
        p_better=[0.013, math.nan, 0.6, 0.6] if ahead else [math.nan] * 4,
    )
    sentence = text.outlook_why(made)
    assert ("SARIMA does better than repeating last year" in sentence) == (
        finding is Finding.BETTER
    )
    assert ("errors were 20% smaller (p-value 0.013" in sentence) == (finding is Finding.BETTER)
    assert ("had a smaller scaled error" in sentence) == (finding is Finding.NO_BETTER)
    shown = finding in (Finding.NOT_CLEARLY, Finding.NO_BETTER)
    assert ("No model is shown to do better" in sentence) == shown
    assert ("too few to compare" in sentence) == (finding is Finding.TOO_SHORT)
    assert ("same months a year earlier" in sentence) == (finding is not Finding.BETTER)
    assert not CAUSE.search(sentence)
    # The width of another method's range does not come from changes on the year.
    assert (text.outlook_basis(made) == "") == (finding is Finding.BETTER)


def test_a_lead_without_a_test_and_one_that_fits_luck_are_told_apart(
    violence: ForecastResult,
) -> None:
    untested = text.outlook_why(violence)
    assert "two separate half-years only, and that can be luck" in untested
    assert "10 of the 12 trials set out before the recording change of May 2023" in untested
    tested = violence.accuracy.assign(p_better=[0.12, 0.3, 0.3, math.nan])
    sentence = text.outlook_why(dataclasses.replace(violence, accuracy=tested, half_years=4))
    assert "not clear of luck (p-value 0.12)" in sentence
    assert "half-years only" not in sentence


@pytest.mark.parametrize(
    ("excluded", "month", "expected"),
    [
        ((), Month(2023, 5), "as the three months since were against a year before."),
        ((Month(2023, 7),), Month(2023, 5), "and one of these months is known to be wrong"),
        ((Month(2023, 6), Month(2023, 7)), Month(2023, 5), "two of these months are known"),
        ((Month(2023, 7),), Month(2023, 7), "and that month is known to be wrong"),
    ],
)
def test_a_move_for_a_recording_change_says_what_it_stands_on(
    violence: ForecastResult, excluded: tuple[Month, ...], month: Month, expected: str
) -> None:
    basis = NaiveBasis(13, 11, 11, {month: -16.04})
    sentence = text.outlook_why(dataclasses.replace(violence, basis=basis, excluded=excluded))
    assert (
        f"Recording changed in {month.label}: months from before it are moved by −16%" in sentence
    )
    assert expected in sentence.replace(
        " Whatever else changed in that time is in this figure too", ""
    )
    assert f"From {(month + 12).label} on" in sentence
    assert "moved by" not in text.outlook_why(
        dataclasses.replace(violence, basis=dataclasses.replace(basis, moves={}))
    )


def test_what_the_width_stands_on_is_told(asb: ForecastResult) -> None:
    sentence = text.outlook_basis(asb)
    assert "from 13 changes on the year" in sentence
    assert "11 more lie across a recording change (April and July 2021)" in sentence
    # Of the run without the register: 843 to 4,670 and 466 to 9,940, drawn with a fixed seed.
    assert re.search(r"no recording change at all, .* between 8\d\d and 4,\d+ \(80%\)", sentence)
    kept = dataclasses.replace(asb, basis=NaiveBasis(24, 0, 11, {}))
    assert "11 of them lie across a recording change" in text.outlook_basis(kept)
    none = dataclasses.replace(asb, basis=NaiveBasis(24, 0, 0, {}), breaks=(), unaware=None)
    assert text.outlook_basis(none) == (
        "The width comes from 24 changes on the year, month by month."
    )


@pytest.mark.parametrize(
    ("inside", "expected", "absent"),
    [
        (9, "falls short", "more than promised"),
        (14, "14 in the 80% range", "falls short"),
        (17, "more than promised", "falls short"),
    ],
)
def test_trials_say_how_often_the_ranges_held(
    asb: ForecastResult, inside: int, expected: str, absent: str
) -> None:
    table = asb.accuracy.assign(inside80=inside, inside95=inside)
    sentence = text.outlook_trials(dataclasses.replace(asb, accuracy=table))
    # 0.8 times 17 is 13.6, 0.95 times 17 is 16.15.
    assert "(14 expected)" in sentence
    assert "(16 expected)" in sentence
    assert expected in sentence
    assert absent not in sentence
    assert "about two separate half-years" in sentence
    assert "From five of the 12 months" in sentence
    clear = dataclasses.replace(asb, accuracy=table, clear_origins=12)
    assert "too few changes" not in text.outlook_trials(clear)
    assert "No month" in text.outlook_trials(dataclasses.replace(asb, origins=0))


def test_methods_that_failed_are_named_with_their_reason(asb: ForecastResult) -> None:
    assert text.outlook_failed(asb) == ""
    failed = dataclasses.replace(asb, failed={"SARIMA": "its futures *run* away"})
    assert text.outlook_failed(failed) == (r"No forecast from SARIMA (its futures \*run\* away).")


def test_faulty_months_are_told_with_what_they_change(
    asb: ForecastResult, violence: ForecastResult
) -> None:
    same = text.outlook_without_faulty(asb)
    assert "June and July 2023 are known to be wrong" in same
    assert "The middle of the next quarter stays the same" in same
    assert "would be 6.6% more" in text.outlook_without_faulty(violence)
    assert text.outlook_without_faulty(dataclasses.replace(asb, without_excluded=None)) == ""


def test_no_sentence_gives_a_cause_or_a_target(
    asb: ForecastResult, violence: ForecastResult
) -> None:
    for result in (asb, violence):
        for make in (
            text.outlook, text.outlook_compared, text.outlook_why, text.outlook_trials,
            text.outlook_basis, text.outlook_without_faulty,
        ):  # fmt: skip
            assert not CAUSE.search(make(result)), make


# --- tables and chart ----------------------------------------------------------------------------


def rows(markdown: str) -> list[str]:
    return [line for line in markdown.splitlines() if line.startswith("| ")][1:]


def test_tables_hold_a_row_for_every_quarter_and_method(asb: ForecastResult) -> None:
    quarters = rows(tables.outlook_quarters(asb, label="tbl-a"))
    assert len(quarters) == 6
    assert "(1 of 3 months known)" in quarters[0]
    assert quarters[-1].startswith("| October 2023 to September 2024, together |")
    assert quarters[-1].count("not held") == 1
    methods = rows(tables.outlook_methods(asb, label="tbl-b"))
    assert len(methods) == 6 * 4
    assert sum("(published)" in row for row in methods) == 6
    assert len(rows(tables.outlook_readings(asb, label="tbl-c"))) == 3
    bare = dataclasses.replace(asb, unaware=None, without_excluded=None)
    assert len(rows(tables.outlook_readings(bare, label="tbl-c"))) == 1
    accuracy = rows(tables.outlook_accuracy(asb, label="tbl-d"))
    assert len(accuracy) == 4
    assert "| [z] | not tested |" in accuracy[0]
    without_error = asb.accuracy.assign(mase=math.nan, skill=math.nan, error_pct=math.nan)
    exact = dataclasses.replace(asb, accuracy=without_error)
    assert all(
        "| none | none |" in row for row in rows(tables.outlook_accuracy(exact, label="tbl-d"))
    )


def test_the_chart_has_the_finding_the_letters_and_both_ranges(pages: Any) -> None:
    for page in pages.values():
        chart = figures.outlook(
            page.monthly(),
            page.outlook,
            area="Birmingham",
            source="Source: x.",
            changes=page.recording,
        )
        (ax,) = chart.axes
        title = " ".join(chart.texts[0].get_text().split())
        assert title == text.outlook_title(page.outlook)
        letters = {each.get_text() for each in ax.texts}
        told = figures.marks_explained(page.monthly(), page.recording)
        assert letters == set(re.findall(r"\*\*([A-Z])\*\*", told))
        assert len(ax.collections) == 2
        key = [each.get_text() for each in ax.get_legend().get_texts()]
        assert key == ["counted", "80% range", "middle", "95% range", "known wrong"]
        top = float(page.outlook.months["high95"].max())
        assert ax.get_ylim()[0] == 0
        assert ax.get_ylim()[1] > top
        picture = chart.png()
        assert len(picture) < 80 * 1024
        assert Image.open(io.BytesIO(picture)).size[0] == round(style.WIDTH * style.DPI)
    bare = dataclasses.replace(pages["asb"].outlook, excluded=())
    chart = figures.outlook(pages["asb"].monthly(), bare, area="B", source="Source: x.")
    assert "known wrong" not in [t.get_text() for t in chart.axes[0].get_legend().get_texts()]


# --- the report's own count ----------------------------------------------------------------------


def check_of(page: start.Start) -> PrintedCheck | None:
    return forecast_record.against_printed(
        page.outlook, page.monthly(), page.assessment.table, page.measure.id
    )


def test_the_reports_count_stands_beside_the_range(pages: Any, asb: ForecastResult) -> None:
    page = pages["asb"]
    check = check_of(page)
    # As printed: 3,332; 2,951; 2,493; April to June 2022 is 5,143 - 2,493. Monthly: README of data.
    assert check.printed == 3332
    assert check.apart["printed"].tolist() == [2650, 2493, 2951]
    assert check.apart["monthly"].tolist() == [2499, 2457, 2838]
    assert check.apart["gap_pct"].tolist() == pytest.approx([6.0424, 1.4652, 3.9817], abs=1e-3)
    sentence = text.printed_beside(check, asb, page.measure, alike=True)
    assert "The report prints 3,332 for July to September 2023" in sentence
    assert "July 2023 was in the figures already and is known to be wrong" in sentence
    assert "1.5% to 6.0% more than the monthly figures in the three quarters" in sentence
    assert "the printed count was known when this page was made" in sentence


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (1000, "inside the 80% range"),
        (
            1230,
            "above the 80% range as printed, inside it in one of the two ways to bring the two "
            "sources into line",
        ),
        (1300, "above the 80% range, inside the 95% range"),
        (1500, "above both ranges"),
        (750, "below the 80% range, inside the 95% range"),
        (500, "below both ranges"),
    ],
)
def test_the_reports_count_is_told_by_where_it_lies(
    pages: Any, asb: ForecastResult, printed: float, expected: str
) -> None:
    expected_row = with_range(asb, 700, 800, 1000, 1200, 1400).range_of(Quarter.parse(SLUG))
    apart = pd.DataFrame({"gap_pct": [-2.0, 3.0]})
    check = PrintedCheck(Quarter.parse(SLUG), printed, expected_row, apart)
    sentence = text.printed_beside(check, asb, pages["asb"].measure, alike=True)
    assert f"{expected}.**" in sentence
    assert "−2.0% to +3.0% against the monthly figures" in sentence
    # 1,400 / 0.98 is more than the range's end; 1,000 stays inside whatever is taken off.
    inside = printed in (1000, 1230, 1300, 750)
    assert ("inside the 95% range twice" in sentence) == inside
    # 1,200 less 3% lies inside the 80% range, 1,300 / 1.03 = 1,262 does not
    assert ("as printed, inside it in" in sentence) == (printed == 1230)
    alone = dataclasses.replace(check, apart=apart.iloc[:0])
    told = text.printed_beside(alone, asb, pages["asb"].measure, alike=True)
    assert "not known how alike they count" in told


def test_a_wider_category_is_not_set_beside_a_measure(pages: Any, violence: ForecastResult) -> None:
    page = pages["violence"]
    assert not forecast_record.counts_alike(page.catalogue, page.category)
    assert forecast_record.counts_alike(page.catalogue, "Anti-social behaviour")
    sentence = text.printed_beside(check_of(page), violence, page.measure, alike=False)
    assert "No count of the report can be set beside this range" in sentence
    assert not re.search(r"\d", sentence)


def test_a_quarter_that_the_figures_hold_leaves_nothing_to_expect(pages: Any) -> None:
    page = pages["asb"]
    later = dataclasses.replace(page.outlook, quarters=page.outlook.quarters[1:])
    series, table = page.monthly(), page.assessment.table
    assert forecast_record.against_printed(later, series, table, page.measure.id) is None
    sentence = text.printed_beside(None, page.outlook, page.measure, alike=True)
    assert "nothing to set beside" in sentence
    assert tables.printed_gaps(None, label="tbl-a") == ""


# --- the record: file ----------------------------------------------------------------------------


def row(**changes: object) -> dict[str, object]:
    return {
        "edition": SLUG, "made_on": "2023-07", "series": "Burglary", "quarter": "2023-24-q3",
        "method": "seasonal naive", "published": "yes", "point": 90.0, "low80": 80.0,
        "high80": 110.0, "low95": 70.0, "high95": 130.0,
    } | changes  # fmt: skip


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BCSP_PROJECT", str(small_project.make(tmp_path)))
    monkeypatch.delenv(editions.SETTING, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "forecasts" / f"{SLUG}.csv").unlink()
    return tmp_path


def stored(root: Path, content: str, name: str = SLUG) -> Path:
    file = root / "data" / "forecasts" / f"{name}.csv"
    file.write_text(content, encoding="utf-8")
    return file


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9)
ENDS = st.lists(st.integers(0, 99_999), min_size=4, max_size=4).map(sorted)


@settings(max_examples=40, deadline=None)
@given(
    names=st.lists(NAMES, min_size=1, max_size=4, unique=True),
    ends=ENDS,
    point=st.integers(0, 99_999),
)
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], ends: list[int], point: int
) -> None:
    low95, low80, high80, high95 = (value / 10 for value in ends)
    values = {
        "point": point / 10,
        "low80": low80,
        "high80": high80,
        "low95": low95,
        "high95": high95,
    }
    record = pd.DataFrame([row(series=name, **values) for name in names])
    file = tmp_path_factory.mktemp("record") / f"{SLUG}.csv"
    file.write_text(forecasts.text(record), encoding="utf-8", newline="")
    read = forecasts.load(file)
    assert list(read.columns) == list(forecasts.COLUMNS)
    assert forecasts.alike(read, record)
    assert read[list(NUMBERS)].dtypes.eq("float64").all()


@settings(max_examples=150, deadline=None)
@given(
    column=st.sampled_from(forecasts.COLUMNS),
    cell=st.one_of(
        st.text(max_size=12), st.sampled_from(["-1", "1e9", "nan", "inf", "5%", "=1+1"])
    ),
)
def test_any_cell_is_read_or_refused_by_its_place(
    tmp_path_factory: pytest.TempPathFactory, column: str, cell: str
) -> None:
    record = pd.DataFrame([row()]).astype(object)
    record.loc[0, column] = cell
    stream = io.StringIO()
    record.to_csv(stream, index=False)
    file = tmp_path_factory.mktemp("record") / f"{SLUG}.csv"
    file.write_text(stream.getvalue(), encoding="utf-8", newline="")
    refused = None
    try:
        read = forecasts.load(file)
    except BcspError as error:
        refused = error
    if refused is not None:
        assert f"{SLUG}.csv" in refused.where
        return
    ends = read[["low95", "low80", "high80", "high95"]].iloc[0].tolist()
    assert ends == sorted(ends)
    assert all(math.isfinite(end) and end >= 0 for end in ends)
    assert Month.parse(read.at[2, "made_on"]) < Quarter.parse(read.at[2, "quarter"]).span.last


@pytest.mark.parametrize(
    ("content", "error", "place"),
    [
        ("edition,made_on\n", HeaderError, "row 1"),
        (forecasts.text(pd.DataFrame([row(), row()])), DuplicateRowError, "row 3"),
        (forecasts.text(pd.DataFrame([row(low80=60.0)])), FigureError, "row 2"),
        (forecasts.text(pd.DataFrame([row()])).replace("90.0", "x"), FigureError, "column point"),
        (forecasts.text(pd.DataFrame([row(made_on="2023-12")])), DataError, "row 2"),
        (forecasts.text(pd.DataFrame([row(quarter="autumn")])), PeriodError, "row 2"),
        (forecasts.text(pd.DataFrame([row(edition="2022-23-q1")])), DataError, "column edition"),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_used_is_refused(
    root: Path, content: str, error: type[BcspError], place: str
) -> None:
    with pytest.raises(error) as raised:
        forecasts.load(stored(root, content))
    assert place in raised.value.where
    assert f"data/forecasts/{SLUG}.csv" in raised.value.where


def test_a_file_that_is_no_editions_is_refused(root: Path) -> None:
    stored(root, forecasts.text(pd.DataFrame([row()])), "notes")
    with pytest.raises(PeriodError, match="does not begin with a quarter"):
        forecasts.load_before(Quarter.parse(SLUG))


def test_only_earlier_editions_are_scored(root: Path) -> None:
    for slug in ("2023-24-q1", SLUG, "2022-23-q4"):
        stored(root, forecasts.text(pd.DataFrame([row(edition=slug)])), slug)
    assert forecasts.load_before(Quarter.parse(SLUG))["edition"].tolist() == [
        "2022-23-q4",
        "2023-24-q1",
    ]
    first = forecasts.load_before(Quarter.parse("2022-23-q4"))
    assert first.empty
    assert list(first.columns) == list(forecasts.COLUMNS)


def test_a_forecast_is_written_once(root: Path) -> None:
    record = pd.DataFrame([row()])
    file = forecasts.path(SLUG)
    assert forecasts.write(SLUG, record) == "written"
    first = file.read_bytes()
    assert first.endswith(b"\n")
    assert b"\r" not in first
    # The last digits may differ between machines; the file stays as it is.
    assert forecasts.write(SLUG, pd.DataFrame([row(point=90.1)])) == "unchanged"
    assert file.read_bytes() == first
    for other in (row(point=95.0), row(made_on="2023-08"), row(published="no"), row(method="new")):
        with pytest.raises(DataError, match="nothing was changed"):
            forecasts.write(SLUG, pd.DataFrame([other]))
        assert file.read_bytes() == first
    assert forecasts.write(SLUG, pd.DataFrame([row(point=95.0)]), replace=True) == "replaced"
    assert forecasts.load(file)["point"].tolist() == [95.0]
    assert not list(file.parent.glob("*.new"))


# --- the record: command and page ----------------------------------------------------------------


def test_the_committed_record_is_what_the_models_give(pages: Any) -> None:
    made = pd.concat([page.outlook.to_record(SLUG) for page in pages.values()], ignore_index=True)
    held = forecasts.load(forecasts.path(SLUG))
    keys = list(forecasts.KEY)
    pd.testing.assert_frame_equal(
        held.set_index(keys), made.set_index(keys), check_dtype=False, rtol=0.01, atol=1.0
    )
    assert len(held) == 2 * 5 * 4
    assert set(held.loc[held["published"] == "yes", "method"]) == {NAIVE}


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = 0
    try:
        cli.main(list(arguments))
    except SystemExit as ended:
        status = int(ended.code or 0)
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_command_writes_a_forecast_and_does_not_rewrite_it(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = pd.DataFrame([row()])
    monkeypatch.setattr(publish_forecasts, "record", lambda edition: made)
    status, out, _ = run(capsys, "forecast")
    assert status == 0
    assert out.startswith(f"written: data/forecasts/{SLUG}.csv, 1 rows, Burglary\n")
    assert re.search(r'\{ file = "data/forecasts/2023-24-q2.csv", sha256 = "[0-9a-f]{64}" \}', out)
    assert run(capsys, "forecast", "--edition", SLUG)[1].startswith("unchanged: ")
    made = pd.DataFrame([row(point=99.0)])
    monkeypatch.setattr(publish_forecasts, "record", lambda edition: made)
    status, out, err = run(capsys, "forecast")
    assert status == 1
    assert "written down already; nothing was changed" in err
    assert "--replace" in err
    status, out, err = run(capsys, "forecast", "--replace")
    assert status == 0
    assert out.startswith("replaced: ")
    assert "a forecast that is rewritten afterwards is none" in err


def test_an_edition_without_series_has_nothing_to_forecast(root: Path) -> None:
    file = root / "editions" / f"{SLUG}.toml"
    file.write_text(small_project.EDITION.split('[[pages]]\nnotebook = "notebooks/02')[0], "utf-8")
    with pytest.raises(EditionError, match="no page of the edition has a series"):
        publish_forecasts.record(editions.load(SLUG))


def test_every_series_of_an_edition_is_forecast_once() -> None:
    assert list(publish_forecasts._series(editions.load(SLUG))) == ["asb", "violence"]


def next_edition(root: Path, counts: dict[str, list[int]]) -> start.Start:
    """The next edition of the small project: monthly figures go on, the report's quarter too."""
    monthly = root / "data" / "monthly" / "birmingham.csv"
    months = ["2023-08", "2023-09", "2023-10", "2023-11", "2023-12", "2024-01"]
    lines = [
        f"{month},{category},{count},0\n"
        for category, values in counts.items()
        for month, count in zip(months, values, strict=False)
    ]
    monthly.write_text(monthly.read_text("utf-8") + "".join(lines), "utf-8")
    text_of = small_project.EDITION.replace("2023/24 Q2", "2023/24 Q3")
    (root / "editions" / "2023-24-q3.toml").write_text(text_of, "utf-8")
    return start.start("2023-24-q3", series="asb")


ASB = "Anti-social behaviour"


def of_asb(**changes: object) -> dict[str, object]:
    values = {"point": 1900.0, "low80": 1400.0, "high80": 2800.0, "low95": 1000.0, "high95": 3800.0}
    return row(series=ASB, **values | changes)


def test_the_next_edition_scores_what_was_written_down(root: Path) -> None:
    record = pd.DataFrame(
        [
            of_asb(quarter=SLUG, point=2500.0, low80=2000.0, high80=3200.0),
            of_asb(),
            of_asb(method="SARIMA", published="no", point=2070.0),
            of_asb(quarter="2023-24-q4"),
        ]
    )
    forecasts.write(SLUG, record)
    # July 2023 had 953: 953 + 1,100 + 1,250 = 3,303 for the edition's quarter, outside its 80%
    # range; 900 + 700 + 600 = 2,200 for the next, inside; January alone is no quarter.
    page = next_edition(root, {ASB: [1100, 1250, 900, 700, 600, 650]})
    assert page.forecast_records["edition"].unique().tolist() == [SLUG]
    score = page.forecast_score
    assert score.n == 3
    assert score.published["observed"].tolist() == [3303, 2200]
    assert score.published["inside80"].tolist() == [False, True]
    assert score.waiting == ("2023-24-q4",)
    sentence = text.forecast_score(score)
    assert "Of two quarters forecast by earlier editions one lay inside the 80% range" in sentence
    assert "two lay inside the 95% range" in sentence
    # |3303 - 2500| / 3303 is 24.3%, |2200 - 1900| / 2200 is 13.6%: 19.0% on average.
    assert "off by 19.0% on average" in sentence
    assert "Still to be scored: January to March 2024" in sentence
    shown = rows(tables.forecast_score(score, label="tbl-a"))
    assert len(shown) == 2
    assert "| 3,303 | 95% |" in shown[0]
    assert "1 of 3 months known" in shown[0]
    assert "| 2,200 | 80% and 95% |" in shown[1]
    methods = rows(tables.score_by_method(score, label="tbl-b"))
    assert methods[1].startswith("| SARIMA |")
    assert "1 of 1" in methods[1]
    assert page.forecast_written is None


def test_a_next_edition_without_new_months_waits(root: Path) -> None:
    forecasts.write(SLUG, pd.DataFrame([of_asb()]))
    page = next_edition(root, {ASB: []})
    sentence = text.forecast_score(page.forecast_score)
    assert sentence.startswith("**Nothing to score yet:**")
    assert "October to December 2023" in sentence
    assert tables.forecast_score(page.forecast_score, label="tbl-a") == ""
    assert tables.score_by_method(page.forecast_score, label="tbl-b") == ""


def test_the_first_edition_has_nothing_to_score(pages: Any) -> None:
    page = pages["asb"]
    assert page.forecast_records.empty
    assert page.forecast_score is None
    assert "no earlier edition" in text.forecast_score(None)
    assert tables.forecast_score(None, label="tbl-a") == ""


def test_forecasts_of_other_series_score_nothing(root: Path) -> None:
    forecasts.write(SLUG, pd.DataFrame([row()]))
    assert next_edition(root, {ASB: [1100, 1250, 900]}).forecast_score is None


def test_the_page_says_whether_its_forecast_is_the_one_written_down(
    pages: Any, asb: ForecastResult
) -> None:
    written = pages["asb"].forecast_written
    assert "is written down in `data/forecasts/2023-24-q2.csv`" in text.forecast_written(
        asb, written, SLUG
    )
    other = written.assign(high95=written["high95"] * 2)
    assert "is not the one on this page" in text.forecast_written(asb, other, SLUG)
    for nothing in (None, written.iloc[:0]):
        assert "**not written down yet**" in text.forecast_written(asb, nothing, SLUG)


def test_earlier_methods_stay_readable(asb: ForecastResult) -> None:
    # A method of an earlier edition that is no longer used has no name of its own here.
    record = pd.DataFrame([of_asb(method="old rule", quarter="2023-24-q1", made_on="2023-04")])
    series = pd.Series([700.0] * 3, pd.date_range("2023-04-01", periods=3, freq="MS"), name=ASB)
    score = outlook_model.score(record, series)
    assert "| Old rule |" in tables.score_by_method(score, label="tbl-a")
