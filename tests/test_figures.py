"""Charts: what is drawn and what is written, not pixels."""

import dataclasses
import io
import itertools

import default_edition
import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from PIL import Image

from bcsp_analysis import project, start
from bcsp_analysis.measures import catalogue, performance, recording
from bcsp_analysis.models import quarterly, seasonality
from bcsp_analysis.periods import Month, Quarter
from bcsp_analysis.present import disclosure, figures, selection, style
from bcsp_analysis.sources import police, prices, printed, report

QUARTER = Quarter.parse("2023/24 Q2")
FOLDER = project.path("data", "report", "2023-24-q2")
WORDS = {"area": "Birmingham", "source": "Source: somewhere."}
LARGEST_FILE = 80 * 1024  # bytes


@pytest.fixture(scope="module")
def measures():
    return catalogue.load()


@pytest.fixture(scope="module")
def monthly():
    frame = police.load_monthly(project.path("data", "monthly", "birmingham.csv"))
    return {name: police.series(frame, name) for name in frame["crime_type"].unique()}


@pytest.fixture(scope="module")
def judged(measures, monthly):
    table = report.load_performance(FOLDER, QUARTER, measures.measures)
    return quarterly.assess(
        performance.quarterly_table(table),
        measures,
        recording.load(),
        monthly,
        alpha=0.05,
        materiality_pct=5,
        small_count=10,
    )


@pytest.fixture(scope="module")
def season(monthly):
    series = monthly["Anti-social behaviour"]
    return seasonality.analyse(series, breaks=[Month(2021, 4)])


@pytest.fixture(scope="module")
def living():
    page = start.start("2023-24-q2", series="asb")
    return default_edition.answered(page, "cost_of_living").cost_of_living


def written(chart):
    """All text of a chart."""
    pieces = [t.get_text() for t in chart.texts]
    for ax in chart.axes:
        pieces += [t.get_text() for t in ax.texts]
        chart.draw_without_rendering()
        pieces += [t.get_text() for t in (*ax.get_xticklabels(), *ax.get_yticklabels())]
    return " ".join(" ".join(pieces).split())


def markers(ax):
    """Shape, fill and edge of every line that shows a marker, with its number of points."""
    return [
        (line.get_marker(), line.get_markerfacecolor(), line.get_markeredgecolor())
        for line in ax.lines
        if line.get_marker() not in ("None", "|", "")
    ]


@pytest.fixture(scope="module")
def every(judged, measures, monthly, season, living):
    """One chart of each kind."""
    changes = recording.load()
    asb = measures["asb-incidents"]
    kinds = selection.kinds(
        printed.load_printed(FOLDER / "activity.csv"), "Interventions at New Street Station"
    )
    return {
        "changes": figures.change_intervals(judged, measures, "year_to_date", **WORDS),
        "quarters": figures.quarters(judged, asb, "year_to_date", changes=changes, **WORDS),
        "monthly": figures.monthly(
            monthly["Anti-social behaviour"], title="A finding", changes=changes, **WORDS
        ),
        "months": figures.month_indices(season, **WORDS),
        "above": figures.months_above(season.statement, **WORDS),
        "adjusted": figures.adjusted(season, title="A finding", **WORDS),
        "lags": figures.lags(living, **WORDS),
        "prices": figures.price_and_incidents(
            monthly["Anti-social behaviour"],
            prices.load_monthly(project.path("data", "prices", "prices_monthly.csv"))[
                "cpi_12m_rate_pct"
            ],
            title="A finding",
            unit="per cent",
            **WORDS,
        ),
        "counts": figures.counts(kinds, title="A finding", subtitle="What", source="Source: x."),
    }


def test_every_chart_has_a_finding_a_subtitle_and_a_source(every):
    for name, chart in every.items():
        title, subtitle, source = chart.texts[:3]
        assert title.get_weight() == "bold", name
        assert len(title.get_text()) > 5, name
        assert len(subtitle.get_text()) > 3, name
        assert "Source" in source.get_text(), name


def test_every_chart_fits_a_phone_and_a_small_file(every):
    for name, chart in every.items():
        picture = chart.png()
        assert len(picture) < LARGEST_FILE, name
        assert len(chart.picture()) < LARGEST_FILE, name
        assert chart.get_figwidth() == style.WIDTH, name
        width, _ = Image.open(io.BytesIO(picture)).size
        assert width == round(style.WIDTH * style.DPI), name
        smallest = min(
            t.get_fontsize() for t in [*chart.texts, *(t for ax in chart.axes for t in ax.texts)]
        )
        # 9 points at 390 px less margins of 30: 9 * 360 / (4.4 * 72) = 10.2 px
        assert smallest >= 9, name


def test_the_words_of_a_chart_stay_inside_it(every):
    for name, chart in every.items():
        renderer = FigureCanvasAgg(chart).get_renderer()
        for piece in chart.texts:
            box = piece.get_window_extent(renderer)
            assert box.x0 >= 0, name
            assert box.x1 <= chart.bbox.width + 1, (name, piece.get_text())


def test_the_same_chart_is_the_same_bytes(judged, measures):
    asb = measures["asb-incidents"]
    first, second = (figures.quarters(judged, asb, "year_to_date", **WORDS) for _ in range(2))
    assert first.picture() == second.picture()


def test_a_chart_does_not_depend_on_the_session(judged, measures):
    asb = measures["asb-incidents"]
    plain = figures.quarters(judged, asb, "year_to_date", **WORDS).picture()
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "red", "text.parse_math": True}):
        other = figures.quarters(judged, asb, "year_to_date", **WORDS).picture()
    assert plain == other


def test_colours_are_of_the_palette_and_at_most_four(every):
    palette = {to_rgb(c) for c in (style.BLUE, style.TEAL, style.PLUM, style.ORANGE)}
    neutral = {to_rgb(c) for c in ("white", style.GREY, style.PALE, "#6B6B6B")}
    for name, chart in every.items():
        used = {
            to_rgb(line.get_color())
            for ax in chart.axes
            for line in ax.lines
            if line.get_linestyle() != "None" or line.get_marker() != "None"
        }
        assert used <= palette | neutral, (name, used - palette - neutral)


def test_intervals_are_grouped_by_verdict_with_a_shape_for_each(judged, measures):
    hidden = disclosure.hidden_measures(judged.table.counts, 5)
    chart = figures.change_intervals(judged, measures, "year_to_date", hidden=hidden, **WORDS)
    words = written(chart)
    assert "No clear change" in words
    assert "Points one way, short of our bar" in words
    assert "Recording changed: not comparable" in words
    assert "Not drawn, counts hidden: Female genital mutilation and Forced marriage" in words
    assert "Not drawn, too few cases: Female genital mutilation" in written(
        figures.change_intervals(judged, measures, "year_to_date", **WORDS)
    )
    results = judged.results["year_to_date"]
    drawn = [r for n, r in results.items() if n not in hidden]
    shapes = [marker for marker, _, _ in markers(chart.axes[0]) if marker in "os^v"]
    assert len(shapes) == len(drawn)
    assert shapes.count("s") == sum(r.verdict == "recording changed" for r in drawn)
    assert shapes.count("o") == sum(r.verdict == "no clear change" for r in drawn)


def test_an_interval_that_goes_on_is_cut_with_an_arrow(judged, measures):
    wide = {
        "drug-offences": judged.results["year_to_date"]["drug-offences"],
    }
    wide["drug-offences"] = dataclasses.replace(
        wide["drug-offences"], pct_low=-95.0, pct_high=400.0
    )
    other = dataclasses.replace(judged, results={**judged.results, "year_to_date": wide})
    chart = figures.change_intervals(other, measures, "year_to_date", **WORDS)
    ends = [line.get_marker() for line in chart.axes[0].lines if line.get_marker() in "<>|"]
    assert sorted(ends) == ["<", ">"]


def test_an_implied_quarter_is_hatched_and_says_so(judged, measures):
    chart = figures.quarters(judged, measures["asb-incidents"], "year_to_date", **WORDS)
    bars = chart.axes[0].patches
    assert [round(bar.get_height()) for bar in bars] == [2650, 2493, 2951, 3332]
    assert [bool(bar.get_hatch()) for bar in bars] == [True, False, False, False]
    words = written(chart)
    assert "2,650 implied" in words
    assert words.count("not printed") == 2  # the two quarters between the years
    assert chart.axes[0].get_ylim()[0] == 0


def test_a_recording_change_is_drawn_and_explained(judged, measures):
    changes = recording.load()
    violence = measures["violence-against-the-person"]
    certain = figures.quarters(judged, violence, "year_to_date", changes=changes, **WORDS)
    assert "A: May 2023, Home Office counting rules" in written(certain)
    line = next(ln for ln in certain.axes[0].lines if ln.get_linestyle() == "--")
    # May is a third into the quarter April to June 2023, the fifth from the first one drawn
    assert line.get_xdata()[0] == pytest.approx(4 - 0.5 + 1 / 3)
    possible = figures.quarters(
        judged, measures["asb-incidents"], "year_to_date", changes=changes, **WORDS
    )
    assert "effect here not established" in written(possible)
    assert any(ln.get_linestyle() == ":" for ln in possible.axes[0].lines)


def test_the_page_says_what_letters_stand_for_where_the_chart_does_not(judged, measures):
    told = {"changes": recording.load(), "explain": False}
    chart = figures.quarters(judged, measures["asb-incidents"], "year_to_date", **told, **WORDS)
    assert "Home Office" not in written(chart)
    below = figures.quarter_marks(judged, measures["asb-incidents"], recording.load())
    assert below.startswith("- **A**, May 2023: Home Office counting rules")
    assert "effect here not established" in below
    assert "No change" in figures.quarter_marks(judged, measures["asb-incidents"], ())


def test_two_panels_share_one_series_of_letters(judged, measures, monthly):
    series = monthly["Violence and sexual offences"]
    chart = figures.measure(
        judged, measures["domestic-abuse"], changes=recording.load(), months=series, **WORDS
    )
    above, below = chart.axes
    # the register: April 2021 and June 2023 touch the months alone, May 2023 the quarters as well
    letters = {"A", "B", "C"}
    assert [t.get_text() for t in above.texts if t.get_text() in letters] == ["B"]
    assert [t.get_text() for t in below.texts] == ["A", "B", "C"]
    assert "May 2023," not in written(chart)  # the page says what the letters stand for
    told = figures.measure_marks(
        judged, measures["domestic-abuse"], changes=recording.load(), months=series
    ).splitlines()
    assert sorted({line[:12] for line in told}) == ["- **A**, Apr", "- **B**, May", "- **C**, Jun"]
    assert sum(line.startswith("- **B**, May 2023") for line in told) == 1
    none = figures.measure_marks(judged, measures["domestic-abuse"], changes=())
    assert none == "No change of recording falls into what is drawn."
    assert below.get_title(loc="left").replace("\n", " ") == (
        "All violence and sexual offences, monthly: not domestic abuse crimes alone"
    )


def test_letters_of_close_neighbours_stand_apart(judged, measures):
    chart = figures.quarters(judged, measures["asb-incidents"], "year_to_date", **WORDS)
    ax = chart.axes[0]
    for place, letter in ((2.0, "A"), (2.1, "B"), (4.0, "C")):
        figures.marks.line(ax, place, letter, certain=True)
    renderer = FigureCanvasAgg(chart).get_renderer()
    boxes = [t.get_window_extent(renderer) for t in ax.texts if t.get_text() in ("A", "B", "C")]
    assert not any(one.overlaps(other) for one, other in itertools.pairwise(boxes))


def test_a_series_is_drawn_whole_from_zero(monthly):
    series = monthly["Anti-social behaviour"]
    chart = figures.monthly(series, title="A finding", changes=recording.load(), **WORDS)
    ax = chart.axes[0]
    assert list(ax.lines[0].get_ydata()) == list(series)
    assert ax.get_ylim()[0] == 0
    assert "August 2020 to July 2023" in written(chart)
    assert "LSOA 2021 codes" not in written(chart)  # long notes stand in the text of the page
    told = figures.marks_explained(series, recording.load()).splitlines()
    letters = [t.get_text() for t in ax.texts]
    assert [line[4] for line in told] == letters
    assert "LSOA 2021 codes" in told[-1]
    assert "(not confirmed)" in told[0]


def test_letters_of_neighbouring_months_do_not_print_over_each_other(monthly):
    series = monthly["Violence and sexual offences"]  # May and June 2023 side by side
    chart = figures.monthly(series, title="A finding", changes=recording.load(), **WORDS)
    chart.draw_without_rendering()
    boxes = [t.get_window_extent() for t in chart.axes[0].texts]
    assert len(boxes) == 3
    assert not any(a.overlaps(b) for a, b in itertools.pairwise(boxes))


def test_month_indices_show_both_ranges_and_the_months_of_the_statement(season):
    ax = figures.month_indices(season, **WORDS).axes[0]
    points = [line for line in ax.lines if line.get_marker() in ("o", "s")]
    assert [line.get_marker() for line in points] == list("sssooooossss")  # April to August
    thick = [line for line in ax.lines if line.get_linewidth() == 3.4]
    assert [tuple(line.get_ydata()) for line in thick] == [
        pytest.approx((100 * low, 100 * high))
        for low, high in season.indices[["low", "high"]].itertuples(index=False)
    ]


def test_counts_stand_beside_their_dots_largest_first():
    values = pd.Series({"Some": 3.0, "Many $x$ {{< y >}}": 1200.0})
    chart = figures.counts(values, title="A finding", subtitle="What", source="Source: x.")
    texts = [t.get_text() for t in chart.axes[0].texts]
    assert texts == ["Many $x$ {{< y >}}", "1,200", "Some", "3"]
    assert chart.picture()  # a dollar sign in data is no formula


def test_lags_tell_prices_to_come_from_prices_that_were(living):
    chart = figures.lags(living, **WORDS)
    assert len(chart.axes) == len(living.hypotheses)
    for ax in chart.axes:
        shapes = [line.get_marker() for line in ax.lines if line.get_marker() in ("o", "s")]
        assert shapes == ["s"] * 3 + ["o"] * 7  # three months to come, then this one and six before
        low, high = ax.get_ylim()
        assert low == -high


def test_price_and_incidents_share_months_but_no_axes(every):
    upper, lower = every["prices"].axes
    assert upper.get_xlim() == lower.get_xlim()
    assert len(upper.lines[0].get_xdata()) == len(lower.lines[0].get_xdata()) == 36
    assert upper.bbox.y0 > lower.bbox.y1
