"""The control chart page: sentences, tables and the chart at the edges of what a chart can say."""

from __future__ import annotations

import dataclasses
import io
import re

import default_edition
import numpy as np
import pandas as pd
import pypandoc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from PIL import Image

from bcsp_analysis import start
from bcsp_analysis.measures import recording
from bcsp_analysis.models import chart_readings, control_charts
from bcsp_analysis.models.chart_season import SeasonFrom
from bcsp_analysis.models.control_charts import ControlChart, Kind, Rule, Variation
from bcsp_analysis.periods import Month, Quarter
from bcsp_analysis.present import figures, style, tables, text

WORDS = {"area": "Birmingham", "source": "Source: somewhere."}
LENGTHS = pd.date_range("2019-01-01", periods=60, freq="MS").days_in_month.to_numpy()
CLAIMS = re.compile(r"(?:is|:) (higher|lower) than the usual")


def drawn(values, *, fewer_is="better", **settings) -> ControlChart:
    """A c chart, season left in, of values per month of mean length."""
    values = np.asarray(values, float)
    index = pd.date_range("2019-01-01", periods=len(values), freq="MS", name="month")
    series = pd.Series(values * LENGTHS[: len(values)] / 30.4375, index, name="Made up")
    settings = {"kind": Kind.C, "season": False, "fewer_is": fewer_is} | settings
    return control_charts.chart(series, **settings)


# 24 months at 195 and 205 set centre 200 and limits 200 ± 3 * sqrt(200), 157.6 and 242.4.
BASE = [195.0, 205.0] * 12


def answered(series):
    page = start.start("2023-24-q2", series=series)
    return default_edition.answered(page, "assessment", "pooled_season", "control_chart")


@pytest.fixture(scope="module", params=["asb", "violence"])
def page(request):
    return answered(request.param)


@pytest.fixture(scope="module")
def asb():
    return answered("asb")


# --- sentences ------------------------------------------------------------------------------------


def test_a_month_like_the_others_is_called_so():
    result = drawn([*BASE, 210, 190])
    assert text.control_chart_title(result) == (
        "Made up: February 2021 is within the usual ups and downs"
    )
    told = text.control_chart(result)
    assert told.startswith("**February 2021 is within the usual ups and downs.**")
    assert "counts 190, within the limits of 158 and 242 around a usual level of 200" in told
    assert "usual level of 200, that of January 2019 to December 2020." in told
    assert "None of the four rules marks it." in told
    assert not re.search(r"better|worse", told)


@pytest.mark.parametrize(
    ("last", "fewer_is", "expected"),
    [
        (400, "better", ["is higher than the usual", "counts 400, above"]),
        (90, "better", ["is lower than the usual", "counts 90, below"]),
        (400, "neither", ["is higher than the usual", "counts 400, above"]),
        (90, "neither", ["is lower than the usual", "counts 90, below"]),
    ],
)
def test_a_month_beyond_a_limit_is_unusual_and_never_called_better_or_worse(
    last, fewer_is, expected
):
    result = drawn([*BASE, last], fewer_is=fewer_is)
    told = text.control_chart(result)
    for words in expected:
        assert words in told
    assert "is not called better or worse" in told
    assert len(re.findall(r"better|worse", told)) == 2
    assert "alarms" not in told  # one month is no run


def test_a_month_that_is_only_part_of_a_run_is_not_called_unusual():
    # seven at 210, and the 205 before them: eight above 200, on average 4.7% above (by hand)
    result = drawn([*BASE, *[210] * 7])
    told = text.control_chart(result)
    assert "July 2021 is not unusual by itself. It is the last of eight marked months" in told
    assert "The eight marked months from December 2020 together lie 5% above" in told
    assert "one finding, a level that is higher, not eight alarms" in told
    assert not CLAIMS.search(told)
    assert text.control_chart_title(result) == (
        "Made up: July 2021 is within the limits, but the last of eight months marked as higher"
    )


def test_a_rise_below_the_usual_level_is_no_higher_level():
    # after a run at 170, six rises of 2 that stay below the centre of 200
    result = drawn([*BASE, *[168, 170, 172, 174, 176, 178, 180]], kind=Kind.INDIVIDUALS)
    run = result.stretches.iloc[-1]
    assert run["direction"] == "higher"  # the trend decides before the side
    assert "marked as rising" in text.marked_stretches(result)
    assert "one finding, months that go up, not" in text.control_chart(result)
    assert "a level that is higher" not in text.control_chart(result)


def test_too_few_months_since_a_recording_change_are_not_judged():
    result = drawn([*BASE, 400, 400], breaks=[Month(2021, 1)])
    told = text.control_chart(result)
    assert told.startswith("**February 2021 cannot be judged.**")
    assert "Since the recording change of January 2021 there are two months." in told
    assert "The last month with limits, December 2020, is within the usual ups and downs" in told
    assert text.control_chart_title(result) == "Made up: February 2021 cannot be judged"
    assert not CLAIMS.search(told)
    assert "in a row" not in told
    run = text.control_chart(drawn([*BASE, *[210] * 7, 400], breaks=[Month(2021, 8)]))
    assert "July 2021, is within the limits, but part of a pattern towards more: 210" in run
    assert "It ends eight marked months in a row, which together lie 5% above" in run
    one = drawn([*BASE[:-1], 500, 400], breaks=[Month(2021, 1)])
    assert "there is one month." in text.control_chart(one)
    assert "December 2020, is higher than the usual ups and downs: 500" in text.control_chart(one)


def test_no_limits_anywhere_leave_nothing_to_say():
    result = drawn(BASE[:12], exclude=[Month(2019, 3)])
    told = text.control_chart(result)
    assert "cannot be judged" in told
    assert "recorded in the same way; there are 11 months." in told
    assert "last month with limits" not in told
    assert text.steady(result).startswith("No stretch between two recording changes")
    assert "cannot be tried" in text.marks_by_chance(result)
    assert text.limits_by_kind(result, {}) == ""
    assert tables.limits_by_kind({Kind.C: result}, label="tbl-k") == "No month has limits."
    assert text.marked_stretches(result) == "No month is marked."
    assert figures.control_chart(result, **WORDS).picture()


def test_months_known_to_be_wrong_are_left_out_and_named():
    result = drawn([*BASE, 210, 900], exclude=[Month(2021, 2)])
    told = text.control_chart(result)
    assert told.startswith("**January 2021, the latest month not known to be wrong, is within")
    assert "900" not in told


@pytest.mark.parametrize(
    ("quarter", "expected", "judged"),
    [
        ("2020/21 Q3", "October 2020: within the usual ups and downs; November 2020: within", True),
        ("2020/21 Q4", "March 2021 is known to be wrong", True),
        ("2021/22 Q1", "April to June 2021 are not in the monthly figures at hand", False),
        ("2018/19 Q3", "October to December 2018 are not in the monthly figures", False),
    ],
)
def test_a_quarter_is_judged_by_the_months_at_hand_alone(quarter, expected, judged):
    result = drawn([*BASE, 210, 190, 500], exclude=[Month(2021, 3)])
    told = text.control_chart_quarter(result, Quarter.parse(quarter))
    assert expected in told
    assert ("Nothing can be said" not in told) == judged


def test_a_quarter_without_limits_says_why():
    result = drawn([*BASE, 210, 190], breaks=[Month(2021, 1)])
    told = text.control_chart_quarter(result, Quarter.parse("2020/21 Q4"))
    assert "January and February 2021 are without limits, too soon after a change" in told
    assert "March 2021 is not in the monthly figures" in told
    assert told.startswith("**Nothing can be said here")


def test_marked_months_in_a_row_are_one_line_each_with_their_rules():
    result = drawn([*BASE, *[210] * 7, 90])
    lines = text.marked_stretches(result).splitlines()
    assert len(lines) == len(result.stretches) == 2
    assert lines[0].startswith("- **December 2020 to July 2021**, eight months marked as higher")
    assert lines[0].endswith("Marked by rule 4.")
    assert lines[1] == (
        "- **August 2021**, one month marked as lower: 55% below the usual level; one "
        "beyond a limit. Marked by rule 1."
    )
    assert not re.search("better|worse", " ".join(lines))


def test_a_baseline_that_moved_is_not_called_usual():
    calm = drawn([*BASE, 210])
    assert text.steady(calm) == (
        "The limits come from the first 24 judged months since January 2019, of which none is "
        "marked."
    )
    moved = drawn([*[150.0] * 12, *[250.0] * 12, 200])
    told = text.steady(moved)
    assert told.startswith("**What counts as usual was not steady.**")
    assert "24 of these are marked themselves" in told
    assert "does not say *out of the ordinary*" in told


@pytest.mark.parametrize(
    ("as_many", "expected"),
    [(0.049, "suggest that the level moved"), (0.05, "do not show that the level")],
)
def test_so_many_marks_are_more_than_chance_only_where_chance_seldom_makes_them(as_many, expected):
    result = drawn([*BASE, 400])
    table = result.false_alarms.assign(as_many=as_many)
    made = dataclasses.replace(result, false_alarms=table)
    told = text.marks_by_chance(made, alpha=0.05)
    assert expected in told
    assert "as alike as these" in told
    assert "know nothing of each other" in told


def test_a_chart_without_marks_or_a_short_one_says_so():
    calm = drawn([*BASE, 210])
    assert text.marks_by_chance(calm).endswith("Here no month is marked.")
    short = drawn(BASE[:20])
    assert list(short.false_alarms.index) == ["independent"]
    assert "as alike as these" not in text.marks_by_chance(short)
    assert tables.chart_rules(short, label="tbl-r").count("months as alike as these") == 0


def test_readings_that_differ_are_each_named():
    result = drawn([*BASE, 210])
    same = {chart_readings.PUBLISHED: result, "another": drawn([*BASE, 210])}
    assert "gets the same answer in each of the one other reading" in text.readings_agree(
        result, same
    )
    other = same | {"a third": drawn([*BASE, 400]), "a fourth": drawn([*BASE, 90])}
    told = text.readings_agree(result, other)
    assert told.startswith("**The answer for January 2021 hangs on choices.**")
    assert "So it is with another." in told
    assert "With a third: higher than the usual ups and downs." in told
    assert "With a fourth: lower than the usual ups and downs." in told


def test_limits_of_independent_incidents_are_called_narrow_only_where_they_are(asb):
    told = text.limits_by_kind(asb.control_chart, asb.control_chart_kinds)
    assert "times as much as independent incidents would" in told
    alike = drawn([*BASE, 210])
    kinds = dict.fromkeys(Kind, alike)
    assert "no more than independent incidents" in text.limits_by_kind(alike, kinds)


def test_which_season_is_taken_out_is_told_with_its_reason(asb):
    pooled = asb.pooled_season
    told = text.season_taken_out(asb.control_chart, pooled, area="Birmingham")
    assert "drawn towards Bedfordshire, Lancashire and Leicestershire" in told
    left_in = drawn([*BASE, 210])
    assert "left in" in text.season_taken_out(left_in, pooled, area="Birmingham")
    own = dataclasses.replace(asb.control_chart, season_from=SeasonFrom.SAME_MONTHS)
    alone = text.season_taken_out(own, None, area="Birmingham")
    assert "read off these months themselves" in alone
    assert "not that of the other forces" not in alone
    apart = text.season_taken_out(own, pooled, area="Birmingham")
    assert "The year of Birmingham is not that of the other forces" in apart


def test_an_area_apart_from_the_other_forces_keeps_its_own_season(asb):
    fresh = start.start("2023-24-q2", series="asb")
    pooled = dataclasses.replace(asb.pooled_season, own_apart_p=0.049)
    fresh.__dict__["pooled_season"] = pooled  # the cached value of the property
    assert fresh.control_chart.season_from is SeasonFrom.SAME_MONTHS
    assert asb.control_chart.season_from is SeasonFrom.GIVEN


VALUES = st.lists(st.integers(60, 400), min_size=13, max_size=40)


@settings(max_examples=25, deadline=None)
@given(
    values=VALUES,
    fewer_is=st.sampled_from(["better", "neither"]),
    step=st.integers(0, 40),
    faulty=st.integers(0, 3),
)
def test_sentences_never_say_more_than_the_chart(values, fewer_is, step, faulty):
    index = [Month(2019, 1) + i for i in range(len(values))]
    result = drawn(
        values,
        fewer_is=fewer_is,
        breaks=[Month(2019, 1) + step],
        exclude=index[len(index) - faulty :],
    )
    said, told = result.latest, text.control_chart(result)
    bold = told.split("**")[1]
    assert bold.startswith(result.latest_month.label)
    assert ("cannot be judged" in bold) == (said is Variation.NO_LIMITS)
    assert ("is higher than" in bold) == (said is Variation.HIGHER)
    assert ("is lower than" in bold) == (said is Variation.LOWER)
    assert ("not unusual by itself" in bold) == (said.name.startswith("PATTERN"))
    assert not re.search("better|worse", told.replace("not called better or worse", ""))
    lines = text.marked_stretches(result).splitlines()
    assert sum(line.startswith("- **") for line in lines) == len(result.stretches)
    assert result.stretches["n"].sum() == len(result.signals)
    for markdown in (
        tables.control_chart_data(result, label="tbl-a"),
        tables.marked_months(result, label="tbl-b"),
        tables.chart_rules(result, label="tbl-c"),
    ):
        assert "nan" not in markdown


# --- tables ---------------------------------------------------------------------------------------


def cells(markdown):
    """Rows of the only table that pandoc finds, the heading row first."""
    html = pypandoc.convert_text(markdown, "html", format="markdown", extra_args=["--wrap=none"])
    assert html.count("<table") == 1
    return [
        [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)
    ]


def test_the_data_behind_the_chart_hold_every_month_and_say_why_one_has_no_limits():
    result = drawn([*BASE, 190, 400, 210], breaks=[Month(2021, 3)], exclude=[Month(2021, 1)])
    rows = {row[0]: row[1:] for row in cells(tables.control_chart_data(result, label="tbl-d"))[1:]}
    assert len(rows) == 27
    # 400 in a month of 30.4375 days are 368 in the 28 days of February
    assert rows["February 2021"] == ["368", "400", "200", "158 to 242", "1"]
    assert rows["March 2021"][2:] == ["[z]"] * 3
    assert rows["January 2021"][4] == "known to be wrong, not judged"
    assert rows["March 2019"][4] == "none"


def test_marked_months_have_their_direction_and_no_word_on_better_or_worse():
    result = drawn([*BASE, 400, 90])
    rows = cells(tables.marked_months(result, label="tbl-m"))
    assert rows == [
        ["Month", "Against the usual level", "Marked as", "Rules"],
        ["January 2021", "400 against 200", "higher", "1"],
        ["February 2021", "90 against 200", "lower", "1"],
    ]
    assert tables.marked_months(drawn([*BASE, 210]), label="tbl-m") == "No month is marked."


def test_every_rule_has_its_chance(page):
    rows = cells(tables.chart_rules(page.control_chart, label="tbl-r"))
    assert len(rows) == 1 + len(Rule) + 1
    assert [row[0][0] for row in rows[1:-1]] == ["1", "2", "3", "4"]
    assert all(re.search(r"\d%", cell) for row in rows[1:] for cell in row[1:])


def test_readings_and_kinds_are_all_listed(page):
    readings, kinds = page.control_chart_readings, page.control_chart_kinds
    rows = cells(tables.chart_readings(readings, label="tbl-q"))
    assert len(rows) == 1 + len(readings)
    assert rows[0][1] == "May 2023"  # June and July 2023 are known to be wrong
    for row, chart in zip(rows[1:], readings.values(), strict=True):
        assert row[1] == chart.variation(Month(2023, 5)).value
    kind_rows = cells(tables.limits_by_kind(kinds, label="tbl-k"))
    assert len(kind_rows) == 1 + len(Kind)
    season = cells(tables.season_taken_out(readings, label="tbl-s"))
    assert len(season) == 13
    assert tables.season_taken_out({"x": drawn([*BASE, 1])}, label="tbl-s") == (
        "No season is taken out."
    )


# --- the chart ------------------------------------------------------------------------------------


def written(chart):
    """All text of a chart."""
    chart.draw_without_rendering()
    pieces = [t.get_text() for t in chart.texts]
    for ax in chart.axes:
        pieces += [t.get_text() for t in ax.texts]
        pieces += [t.get_text() for t in (*ax.get_xticklabels(), *ax.get_yticklabels())]
        legend = ax.get_legend()
        pieces += [t.get_text() for t in legend.get_texts()] if legend else []
    return " ".join(" ".join(pieces).split())


def points(ax):
    """Number of months drawn with each shape, fill and edge."""
    found = {}
    for line in ax.lines:
        if line.get_marker() not in ("None", "") and len(line.get_xdata()):
            key = line.get_marker(), line.get_markerfacecolor()
            found[key] = found.get(key, 0) + len(line.get_xdata())
    return found


def test_every_kind_of_month_has_a_shape_of_its_own():
    result = drawn(
        [*BASE, 400, 90, 210, 300, 210, 195],
        breaks=[Month(2021, 5)],
        exclude=[Month(2021, 4), Month(2021, 6)],
    )
    upper, strip = figures.control_chart(result, **WORDS).axes
    assert points(upper) == {
        ("^", style.ORANGE): 1,
        ("v", style.BLUE): 1,
        ("o", "#6B6B6B"): 25,
        ("o", "white"): 1,
        ("s", "white"): 2,
    }
    assert [tuple(ax.get_ydata()) for ax in strip.lines if ax.get_marker() in "^v"] == [(0,), (0,)]
    key = [t.get_text() for t in upper.get_legend().get_texts()]
    assert key == [
        "more: worse",
        "fewer: better",
        "not marked",
        "no limits",
        "known wrong",
        "usual level",
        "limits",
        "sets the limits",
    ]


def test_where_neither_is_better_the_colour_is_grey_and_the_shape_still_says_which_way():
    result = drawn([*BASE, 400, 90], fewer_is="neither")
    upper = figures.control_chart(result, **WORDS).axes[0]
    assert points(upper)["^", style.GREY] == 1
    assert points(upper)["v", style.GREY] == 1
    key = [t.get_text() for t in upper.get_legend().get_texts()]
    assert key[:2] == ["more", "fewer"]


def test_limits_are_those_of_the_result_and_shade_the_months_that_set_them(page):
    result = page.control_chart
    upper = figures.control_chart(result, **WORDS).axes[0]
    limited = result.months[result.months["centre"].notna()]
    steps = [p for p in upper.patches if hasattr(p, "get_data")]
    assert len(steps) == 3  # one phase with limits: low, high, centre
    for name, step in zip(("low", "high", "centre"), steps, strict=True):
        assert list(step.get_data().values) == list(limited[name])
    assert [p.get_linestyle() for p in steps] == ["--", "--", "solid"]


def test_each_rule_has_a_row_with_the_months_it_marks(page):
    result = page.control_chart
    strip = figures.control_chart(result, **WORDS).axes[1]
    assert [t.get_text() for t in strip.get_yticklabels()] == [
        "Rule 1",
        "Rule 2",
        "Rule 3",
        "Rule 4",
    ]
    for place, rule in enumerate(Rule):
        shown = sorted(
            x
            for line in strip.lines
            if line.get_marker() in ("^", "v") and line.get_ydata()[0] == place
            for x in line.get_xdata()
        )
        expected = result.signals.index[[rule in n.split("; ") for n in result.signals["rules"]]]
        assert shown == sorted(expected)


def test_the_chart_has_its_words_and_letters_and_fits_a_phone(page):
    chart = figures.control_chart(page.control_chart, changes=page.recording, **WORDS)
    words = written(chart)
    assert text.control_chart_title(page.control_chart) in words
    assert "The axis does not start at zero" in words
    assert "season taken out" in words
    assert chart.axes[0].get_ylim()[0] > 0
    told = figures.marks_explained(page.monthly(), recording.load()).splitlines()
    assert [line[4] for line in told] == [t.get_text() for t in chart.axes[0].texts]
    picture = chart.png()
    assert len(picture) < 80 * 1024
    width, _ = Image.open(io.BytesIO(picture)).size
    assert width == round(style.WIDTH * style.DPI)
    renderer = FigureCanvasAgg(chart).get_renderer()
    legend = chart.axes[0].get_legend().get_window_extent(renderer)
    head = min(t.get_window_extent(renderer).y0 for t in chart.texts[:2])
    assert legend.y1 <= head
    assert legend.x0 >= 0
    assert legend.x1 <= chart.bbox.width
    assert min(t.get_fontsize() for t in chart.axes[0].get_legend().get_texts()) >= 9
    for piece in chart.texts:
        box = piece.get_window_extent(renderer)
        assert box.x0 >= 0
        assert box.x1 <= chart.bbox.width + 1


def test_colours_are_of_the_palette(page):
    allowed = {
        to_rgb(c)
        for c in (style.BLUE, style.ORANGE, style.PLUM, style.GREY, style.PALE, "#6B6B6B", "white")
    }
    chart = figures.control_chart(page.control_chart, changes=page.recording, **WORDS)
    used = {to_rgb(line.get_color()) for ax in chart.axes for line in ax.lines}
    used |= {to_rgb(line.get_markerfacecolor()) for ax in chart.axes for line in ax.lines}
    assert used <= allowed


# --- what the pages of the edition say ------------------------------------------------------------


def test_the_edition_cannot_judge_its_own_quarter_and_says_so(page):
    # The monthly figures end in July 2023, which the register calls faulty; the quarter is July to
    # September 2023.
    told = text.control_chart_quarter(page.control_chart, page.quarter)
    assert told.startswith("**Nothing can be said here of the quarter of this edition")
    assert "July 2023 is known to be wrong" in told
    assert "August and September 2023 are not in the monthly figures at hand" in told
    assert page.control_chart.latest_month == Month(2023, 5)
    assert "May 2023, the latest month not known to be wrong" in text.control_chart(
        page.control_chart
    )


def test_a_series_whose_recording_changed_in_the_last_month_is_not_judged():
    # Home Office counting rules of May 2023 touch violence, and May is the last usable month.
    result = start.start("2023-24-q2", series="violence").control_chart
    assert result.latest is Variation.NO_LIMITS
    assert "Since the recording change of May 2023 there is one month" in text.control_chart(result)
