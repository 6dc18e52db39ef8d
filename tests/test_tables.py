"""Tables as Markdown: what pandoc reads in them, and what they must never show."""

import html
import json
import re

import pypandoc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis import project, start
from bcsp_analysis.measures import audit, catalogue, performance, recording
from bcsp_analysis.models import quarterly
from bcsp_analysis.periods import Quarter
from bcsp_analysis.present import disclosure, tables, text
from bcsp_analysis.sources import police, printed, report

QUARTER = Quarter.parse("2023/24 Q2")
FOLDER = project.path("data", "report", "2023-24-q2")


@pytest.fixture(scope="module")
def measures():
    return catalogue.load()


@pytest.fixture(scope="module")
def table(measures):
    return report.load_performance(FOLDER, QUARTER, measures.measures)


@pytest.fixture(scope="module")
def judged(table, measures):
    monthly = police.load_monthly(project.path("data", "monthly", "birmingham.csv"))
    return quarterly.assess(
        performance.quarterly_table(table),
        measures,
        recording.load(),
        {name: police.series(monthly, name) for name in monthly["crime_type"].unique()},
        alpha=0.05,
        materiality_pct=5,
        small_count=10,
    )


@pytest.fixture(scope="module")
def audited():
    return audit.run(FOLDER, QUARTER)


def cells(markdown):
    """Rows of the only table that pandoc finds, as text, the heading row first; and its caption."""
    html = pypandoc.convert_text(markdown, "html", format="markdown", extra_args=["--wrap=none"])
    assert html.count("<table") == 1, html[:300]
    rows = [
        [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)
    ]
    caption = re.search(r"<caption>(.*?)</caption>", html, re.DOTALL)
    return rows, caption[1].strip() if caption else "", html


COLUMNS = [tables.Column("What", share=3), tables.Column("Count", figures=True)]


def test_a_table_has_a_caption_an_id_a_region_and_figures_to_the_right():
    markdown = tables.pipe(COLUMNS, [["a", "1,234"]], caption="Things, 2023.", label="tbl-things")
    rows, caption, html = cells(markdown)
    assert rows == [["What", "Count"], ["a", "1,234"]]
    assert caption.startswith("Things, 2023.")
    assert "{#tbl-things}" in markdown  # which Quarto and the embedded engine turn into an id
    assert 'role="region"' in html
    assert 'tabindex="0"' in html
    assert 'aria-label="Things, 2023."' in html
    assert "text-align: right" in html


def test_a_wide_table_tells_the_style_sheet_its_headings():
    wide = [tables.Column("From", share=6), tables.Column("It's *sure*", share=6)]
    told = tables.pipe(wide, [["a", "b"]], caption="c", label="tbl-x")
    assert """style="--h1: 'From: '; --h2: 'Its sure: '\"""" in html.unescape(told)
    assert "style=" not in tables.pipe(COLUMNS, [["a", "1"]], caption="c", label="tbl-x")


@pytest.mark.parametrize(
    "row", [["a"], ["a", ""], ["a", "  "], ["a", "1\n2"], ["a", "1 | 2"], ["a", "1", "2"]]
)
def test_a_row_that_a_pipe_table_cannot_hold_is_refused(row):
    with pytest.raises(ValueError, match="tbl-x"):
        tables.pipe(COLUMNS, [row], caption="c", label="tbl-x")


@pytest.mark.parametrize("label", ["things", "tbl-", "tbl-A", "tbl-x y", "tbl-x}"])
def test_a_label_of_another_form_is_refused(label):
    with pytest.raises(ValueError, match="label"):
        tables.pipe(COLUMNS, [], caption="c", label=label)


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="{}<>[]#*_-:|\\`$@!&%.\"'/ 1aZ", min_size=1, max_size=30))
def test_text_from_data_stays_in_its_cell(typed):
    shown = text.plain(typed)
    if not shown:
        return
    markdown = tables.pipe(COLUMNS, [[text.escape(typed), "1"]], caption=typed, label="tbl-x")
    assert "{{<" not in markdown
    tree = json.loads(pypandoc.convert_text(markdown, "json", format="markdown"))["blocks"]
    assert [block["t"] for block in tree] == ["Div"]
    attributes = dict(tree[0]["c"][0][2])
    assert attributes["aria-label"] == shown
    assert [block["t"] for block in tree[0]["c"][1]] == ["Table"]


def test_verdicts_list_every_measure_with_its_words(judged, measures):
    rows, _, _ = cells(tables.verdicts(judged, measures, "year_to_date", label="tbl-v"))
    assert len(rows) == 1 + len(measures)
    by_title = {row[0]: row for row in rows}
    # 5,143 and 6,283 are printed; 100 * 1140 / 5143 = 22.2 by calculator
    asb = by_title["Anti-social behaviour incidents"]
    assert asb[1] == judged.results["year_to_date"]["asb-incidents"].verdict.value
    assert by_title["Deliberate fires"][1:] == ["no figures", "[x]", "[x]"]
    counts = cells(tables.compared_counts(judged, measures, "year_to_date", label="tbl-w"))[0]
    by_title = {row[0]: row for row in counts}
    assert by_title["Anti-social behaviour incidents"][1:] == ["5,143", "6,283", "+22.2%"]
    assert by_title["Deliberate fires"][1:] == ["[x]"] * 3


def test_the_change_that_was_needed_stands_beside_the_range(judged, measures):
    rows, _, _ = cells(tables.verdicts(judged, measures, "year_to_date", label="tbl-v"))
    assert rows[0][3] == "Would have had to change by"
    by_title = {row[0]: row for row in rows}
    # by hand in test_performance.py; a fall of ASB only down to none
    assert by_title["Violence against the person"][3] == "−15% or +17%"
    assert by_title["Anti-social behaviour incidents"][3].startswith("to none or +")
    assert by_title["Deliberate fires"][3] == "[x]"


def test_where_a_swing_comes_from_is_called_what_it_is(judged, measures):
    readings = quarterly.Sensitivity(judged, {})
    rows = cells(
        tables.variation(judged, measures, "year_to_date", label="tbl-d", readings=readings)
    )[0]
    source = {row[0]: row[-1] for row in rows[1:]}
    # only two categories are those of one measure (data/measures.toml); the rest is not its own
    own = {name for name, told in source.items() if told.startswith("Its own: ")}
    assert own == {"Anti-social behaviour incidents", "Theft from shop or stall"}
    wider = [n for n, told in source.items() if told.startswith("Taken from the wider category")]
    assert len(wider) == 7
    assert "Common assault" in wider
    # a mark on crimes of several groups is no part of one category (data/measures.toml)
    other = [n for n, told in source.items() if told.startswith("Taken from another category, ")]
    assert other == ["Domestic abuse crimes"]
    assert sum(told.startswith("Borrowed from") for told in source.values()) == 12
    # 14.8 used, with 3.6 degrees of freedom; turns at 3.7 so estimated, at 23.9 were it known
    shops = next(row for row in rows if row[0] == "Theft from shop or stall")
    assert (shops[1], shops[2], shops[4], shops[5]) == ("14.8", "3.6", "3.7", "23.9")
    # known turning point by hand: (ln(74/134) / 3.052)² / (1/134 + 1/74) = 1.8
    abuse = next(row for row in rows if row[0] == "Honour based abuse")
    assert abuse[4:6] == ["none", "1.8"]


def test_both_corrections_stand_side_by_side(judged, measures):
    hidden = disclosure.hidden_measures(judged.table.counts, 5)
    rows = cells(tables.p_values(judged, measures, "year_to_date", label="tbl-p", hidden=hidden))[0]
    assert rows[0][1:] == ["Alone", "Holm (decides)", "Benjamini and Hochberg"]
    # by calculator, the smallest two of 22 p-values being .005347 and .010127: Holm
    # 22 x .005347 = .118; by Benjamini and Hochberg both 22 x .010127 / 2 = .111
    violence = next(row for row in rows if row[0] == "Violence against the person")
    assert violence[1:] == ["0.005", "0.12", "0.11"]
    abuse = next(row for row in rows if row[0] == "Domestic abuse crimes")
    assert abuse[3] == "0.11"
    assert next(row for row in rows if row[0] == "Forced marriage")[1:] == ["[c]"] * 3


def test_a_null_headline_says_how_little_it_could_see(judged, measures):
    told = text.power(judged, measures, "year_to_date")
    # 14 measures have no clear change; the smallest rise that any of them needed is shop theft's
    # or that of theft from vehicles, far above a third
    assert "even a rise of a third would not have counted as clear for any of these 14" in told
    # the middle one of the 14 needs 224% (the higher of the two in the middle): times 3.24
    assert "half of them would have had to more than triple" in told
    assert "weak statement" in told
    assert "none of 22 measures passes" in text.false_finds(judged, "year_to_date")
    assert "none would pass it (smallest value 0.11)" in text.false_finds(judged, "year_to_date")


def test_a_few_measures_stand_in_the_order_asked(judged, measures):
    asked = ["asb-incidents", "theft-from-shop"]
    rows = cells(tables.at_a_glance(judged, measures, "year_to_date", asked, label="tbl-g"))[0]
    assert [row[0] for row in rows[1:]] == [
        "Anti-social behaviour incidents",
        "Theft from shop or stall",
    ]
    # 100 * (4219 - 2948) / 2948 = 43.1
    assert rows[2][1] == "+43.1% +9% to +87%"
    assert rows[2][2] == "points up, not confirmed"


def test_rows_at_a_glance_follow_from_the_results(judged, measures):
    page = start.start("2023-24-q2")
    ids = tables.glance_rows(judged, "year_to_date", page.comparison, ["asb-incidents"])
    # clearly off the mean of similar areas, as the comparison page says; then those that point
    assert ids == [
        "asb-incidents",
        "theft-from-shop",
        "theft-from-vehicle",
        "theft-of-vehicle",
        "robbery-personal",
        "honour-based-abuse",
        "modern-slavery",
    ]
    named = tables.at_a_glance(
        judged, measures, "year_to_date", ids, label="tbl-g", edition=page.edition
    )
    assert "[Personal robbery](11-measure.ipynb#measure=robbery-personal)" in named


def test_doubted_measures_say_so_beside_their_verdict(judged, measures, audited):
    rows = cells(tables.verdicts(judged, measures, "year_to_date", label="tbl-v", audit=audited))[0]
    doubted = {row[0] for row in rows if "printed figures disagree" in row[1]}
    # quarters and printed year to date: hate crime 1,509 + 1,189 against 2,414
    assert "Hate crime" in doubted
    assert "Total recorded crime" not in doubted


def test_the_first_quarters_stand_beside_the_second(judged, measures):
    markdown = tables.first_and_second(judged, measures, ["domestic-abuse"], label="tbl-q")
    # (6159 - (14319 - 7155)) / 7164 = -14.0 and (6051 - 7155) / 7155 = -15.4 by calculator
    assert cells(markdown)[0][1] == ["Domestic abuse crimes", "−14.0%", "−15.4%"]


def test_what_is_printed_stands_beside_what_is_computed(table, judged, measures):
    markdown = tables.printed_and_computed(table, judged, measures, label="tbl-p")
    rows = {row[0]: row[1:] for row in cells(markdown)[0]}
    # 2,140 - 2,025 = 115 more, while the report prints 115 fewer and an arrow down
    assert rows["Personal robbery"] == [
        "-115; -5.3%; arrow down",
        "+115; +5.7%; up",
        "difference, percentage, arrow",
    ]
    assert rows["Theft of motor vehicle"][2] == "none"
    # printed 512 fewer; 2,698 - 2,926 = 228 fewer
    assert rows["Hate crime"][2] == "year to date, difference, percentage"


def test_a_small_count_hides_its_whole_row(judged, measures):
    hidden = disclosure.hidden_measures(judged.table.counts, 5)
    # forced marriage: 2 in July to September 2022; female genital mutilation: 1
    assert hidden == {"forced-marriage", "female-genital-mutilation"}
    shown = [
        tables.verdicts(judged, measures, c, label="tbl-v", hidden=hidden)
        for c in judged.table.comparisons
    ]
    shown += [
        tables.compared_counts(judged, measures, c, label="tbl-w", hidden=hidden)
        for c in judged.table.comparisons
    ]
    shown.append(tables.all_counts(judged, measures, label="tbl-c", hidden=hidden))
    readings = quarterly.Sensitivity(judged, {})
    shown.append(
        tables.variation(
            judged, measures, "year_to_date", label="tbl-d", readings=readings, hidden=hidden
        )
    )
    shown.append(tables.p_values(judged, measures, "year_to_date", label="tbl-o", hidden=hidden))
    shown.append(
        tables.at_a_glance(
            judged, measures, "year_to_date", sorted(hidden), label="tbl-g", hidden=hidden
        )
    )
    for markdown in shown:
        for row in cells(markdown)[0]:
            if row[0] in ("Forced marriage", "Female genital mutilation"):
                assert not re.search(r"\d", "".join(row[1:])), row


def test_nothing_is_hidden_without_a_threshold(judged):
    assert disclosure.hidden_measures(judged.table.counts, 0) == frozenset()
    assert disclosure.hidden_measures(judged.table.counts, 1) == frozenset()


def test_the_implied_quarter_is_marked_as_implied(judged, measures):
    rows, _, _ = cells(tables.all_counts(judged, measures, label="tbl-c"))
    assert rows[0][1] == "April to June 2022, implied"
    asb = next(row for row in rows if row[0] == "Anti-social behaviour incidents")
    assert asb[1] == "2,650"  # 5,143 - 2,493


def test_every_finding_is_listed_once(audited):
    listed = [
        row
        for level in ("high", "medium", "low")
        for row in cells(tables.findings(audited, level, label="tbl-f"))[0][1:]
    ]
    assert len(listed) == len(audited.findings)
    assert all("From:" in row[3] for row in listed)
    turned = next(row for row in listed if row[0] == "Robbery (Personal), arrow")
    assert turned[1:3] == ["down ↓", "up ↑"]  # as the report prints it, and as its counts move
    checks = cells(tables.checks_made(audited, label="tbl-k"))[0]
    assert checks[-1][2] == text.number(len(audited.findings))


def test_no_finding_is_a_sentence_not_an_empty_table(audited):
    none = audit.AuditResult(audited.quarter, (), {})
    assert tables.findings(none, "high", label="tbl-f") == "There is no finding of this kind."


def test_the_parts_of_a_long_total_are_listed_under_the_table(audited):
    markdown = tables.findings(audited, "medium", label="tbl-f")
    table, _, under = markdown.partition('{.callout-note collapse="true"')
    assert "15 printed figures, listed under the table" in table  # section 4.10 of the report
    assert "begging (147)" not in table
    assert "begging (147)" in under


def test_kinds_stand_without_the_name_of_their_whole():
    figures = printed.load_printed(FOLDER / "activity.csv")
    rows, _, _ = cells(tables.printed_figures(figures, caption="All.", label="tbl-a"))
    assert ["Begging", "147"] in [row[:2] for row in rows]  # section 4.10 of the report


def test_printed_figures_appear_as_printed():
    figures = printed.load_printed(FOLDER / "activity.csv")
    rows, caption, _ = cells(tables.printed_figures(figures, caption="All.", label="tbl-a"))
    assert len(rows) == 1 + len(figures)
    assert caption.startswith("All.")
    assert {"1,260", "£5,450", "£660k"} <= {row[1] for row in rows}
