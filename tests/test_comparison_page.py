"""The comparison page: its sentences, tables and charts at the edges of the results."""

from __future__ import annotations

import dataclasses
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text

from bcsp_analysis import project, start
from bcsp_analysis.models import comparison
from bcsp_analysis.models.comparators import HIDDEN, NO_INCIDENT, NOT_ITSELF, TOO_FEW
from bcsp_analysis.models.comparison import Apart, Standing
from bcsp_analysis.models.funnel import Position
from bcsp_analysis.present import figures, tables, text
from bcsp_analysis.sources.comparators import COLUMNS

EDITION = "2023-24-q2"
AREA = "Birmingham"
CODE = "E08000025"
RESIDENTS = 1_144_900
UNUSUAL = re.compile(r"\bunusual\b")
VERDICT = re.compile(r"clearly|worse|better|unusual", re.IGNORECASE)


@pytest.fixture(scope="module")
def page():
    return start.start(EDITION)


@pytest.fixture(scope="module")
def results(page):
    """The report's rates with a fixed overdispersion, so that the verdicts can be worked out."""
    return judged_again(page.comparison, page.catalogue)


@pytest.fixture(scope="module")
def measures(page):
    return page.catalogue


def judged_again(results, measures, ratios=(), dispersion=20.0):
    """The printed comparisons with a fixed overdispersion; `ratios` replace those of the used."""
    made, left = {}, list(ratios)
    for name, result in results.items():
        ratio = left.pop(0) if left and not result.apart else result.ratio
        benchmark = comparison.Benchmark(
            result.period, result.group_size, result.force_size, result.population,
            result.population,
        )  # fmt: skip
        made[name] = comparison.against_mean(
            measures[name],
            area_rate=ratio * result.group_rate,
            group_rate=result.group_rate,
            rank=result.rank,
            force_rank=result.force_rank,
            benchmark=benchmark,
            dispersion=dispersion,
            basis=result.basis,
            apart=result.apart,
        )
    return comparison.family(made, materiality_pct=5, small_count=10)


def with_ratios(results, measures, *ratios):
    return judged_again(results, measures, ratios, dispersion=5.0)


def apart(results, reason, *names):
    return {
        name: dataclasses.replace(
            r,
            apart=reason,
            standing=Standing.APART,
            improvement="",
            flip_dispersion=None,
            flip_if_known=None,
        )
        if name in names
        else r
        for name, r in results.items()
    }


def cells(markdown):
    rows = [line for line in markdown.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def written(chart):
    chart.draw_without_rendering()
    return " ".join(" ".join(t.get_text() for t in chart.findobj(Text)).split())


# --- what the shipped edition says ---------------------------------------------------------------


def test_the_page_says_what_the_results_of_the_edition_allow(page, measures):
    results = page.comparison
    told = text.similar_areas(results, measures, AREA)
    used = [r for r in results.values() if not r.apart]
    assert len(used) == 8
    assert {n for n, r in results.items() if r.apart is Apart.OTHER} == {"hate-crime"}
    found = {standing: [r for r in used if r.standing is standing] for standing in Standing}
    for standing, words in ((Standing.MORE, "Clearly more"), (Standing.FEWER, "Clearly fewer")):
        listed = re.search(rf"{words}: (.*?)\.(?: [A-Z]|\n)", told)
        names = [measures[r.measure_id].title.lower() for r in found[standing]]
        assert bool(listed) == bool(names)
        assert all(name in listed[1] for name in names)
        for other in used:
            if other.standing is not standing and listed:
                assert measures[other.measure_id].title.lower() not in listed[1]
    assert page.rules.alpha == used[0].alpha
    assert (used[0].materiality_pct, used[0].small_count) == (
        page.rules.materiality_pct, page.rules.small_count)  # fmt: skip
    # 3.758 on 1.869, and the printed rank
    assert "personal robbery (101% more, highest of 15)" in told


def test_the_printed_columns_of_the_report(page, results, measures):
    # Overdispersion 20: violence against the person is 5.9% off, z = ln(1.059) sqrt(64,688 / 20)
    # = 3.3, p = .001, Holm's factor at most 11; the others are further off.
    told = text.similar_areas(results, measures, AREA)
    # 3.758 on 1.869 is 2.011; 5.229 on 3.221 1.623; 6.957 on 4.650 1.496; 56.501 on 53.352 1.059
    assert "for four of eight measures and clearly fewer for two" in told
    assert "personal robbery (101% more, highest of 15)" in told
    assert "violence against the person (5.9% more, rank 12 of 15)" in told
    # 3.267 on 4.649 is 0.703; 6.912 on 9.616 0.719
    assert "Clearly fewer: drug offences (30% fewer, rank 6 of 15) and theft from shop" in told
    assert "No clear difference: violence with injury and total recorded crime" in told
    # the audit's findings, and what is printed over the hate crime cells
    assert "hate crime (the rate counts other offences than the row)" in told
    assert "other theft and residential burglary (the rate does not fit" in told
    assert "all 11 printed comparisons looked at together" in told
    assert "It does not mean unusual" in told
    assert "Closest call: violence against the person" in told


def test_incidents_follow_from_rate_and_residents(results, measures):
    # (3.758 - 1.869) * 1,144.9 = 2,162.7 and (3.267 - 4.649) * 1,144.9 = -1,582.3
    told = text.furthest(results, measures, AREA)
    assert "**personal robbery**, 101% more" in told
    assert "about 2,160 more (likely" in told
    assert "about 1,580 fewer (likely" in told


def test_better_or_worse_only_where_fewer_is_better(page, results, measures):
    rows = {row[0]: row for row in cells(tables.similar_areas(
        results, page.table, measures, label="tbl-s"))}  # fmt: skip
    assert rows["Personal robbery"][-1] == "**clearly more**, worse"
    # what is recorded of shop theft hangs on how often shops report it
    assert rows["Theft from shop or stall"][-1] == "**clearly fewer**"
    assert rows["Drug offences"][-1] == "**clearly fewer**"
    assert rows["Personal robbery"][1:4] == ["3.758", "1.869", "15"]
    assert "Neither is said of" in text.better_or_worse(results, measures)


def test_what_is_set_apart_gets_no_verdict_anywhere(page, results, measures):
    names = ["Other theft", "Residential burglary", "Hate crime"]
    table = tables.similar_areas(results, page.table, measures, label="tbl-s")
    rows = {row[0]: row for row in cells(table)}
    for name in names:
        assert not VERDICT.search(" ".join(rows[name]))
        assert rows[name][-2] == r"\[z\]"
        assert rows[name][-1].startswith("set apart: the rate")
        assert name not in tables.similar_areas_tests(results, measures, label="tbl-t")
    assert "Racially / Religiously aggravated" in rows["Hate crime"][-1]
    chart = figures.ratios(results, measures, area=AREA, source="Source: x.")
    shown = written(chart)
    assert "Hate crime: other offences counted" in shown
    assert "Other theft: does not fit the counts" in shown
    squares = [line for line in chart.axes[0].lines if line.get_marker() == "s"]
    assert len(squares) == len(names)


def test_ranks_are_read_and_set_beside_the_mean(results, measures):
    told = text.ranks(results, measures)
    assert "personal robbery, 15 (14 areas with a lower rate, none with a higher one)" in told
    assert "theft from shop or stall, 5 (four areas with a lower rate, 10 with a higher" in told
    # 137.175 lies below 137.919, and yet nine of the other fourteen have a lower rate
    assert "Total recorded crime ranks 10, in the upper half, and yet lies below the mean" in told


def test_recording_changes_within_the_months_are_named(page, results, measures):
    told = text.recorded_within(results, page.recording, measures)
    assert "In May 2023: Home Office counting rules" in told
    assert "violence with injury and total recorded crime, and perhaps the others" in told
    assert "holds no recording change" in text.recorded_within(results, (), measures)


def test_the_rule_is_told_with_its_settings(results):
    told = text.comparison_rules(results)
    for setting in ("11 printed comparisons", "below 0.05", "5% or more", "95%", "fewer than 10"):
        assert setting in told


def test_what_cannot_be_said_is_a_list(results):
    lines = text.cannot_say(results, None).splitlines()
    assert [line[:10] for line in lines] == ["- Whether ", "- How many", "- What the"]


# --- edges ---------------------------------------------------------------------------------------


def test_all_similar(results, measures):
    made = with_ratios(results, measures, *[1.001] * 8)
    told = text.similar_areas(made, measures, AREA)
    assert told.startswith("**None of eight measures shows Birmingham clearly off the mean")
    assert "Clearly more" not in told
    assert "Closest call" not in told
    assert text.furthest(made, measures, AREA) == ""
    assert text.better_or_worse(made, measures) == ""
    assert text.mean_itself(made) == ""
    assert "for none of eight measures" in text.comparison_title(made, AREA)
    marks = {line.get_marker() for line in figures.ratios(
        made, measures, area=AREA, source="Source: x.").axes[0].lines}  # fmt: skip
    assert not marks & {"^", "v"}


@pytest.mark.parametrize(
    ("ratio", "word", "other"), [(1.8, "more", "fewer"), (0.5, "fewer", "more")]
)
def test_all_off_the_mean_on_one_side(results, measures, ratio, word, other):
    made = with_ratios(results, measures, *[ratio] * 8)
    told = text.similar_areas(made, measures, AREA)
    assert f"records clearly {word} than the mean" in told
    assert "for all eight measures.**" in told
    assert f"learly {other}" not in told
    assert "No clear difference" not in told


def test_one_measure_alone(results, measures):
    made = {"robbery-personal": results["robbery-personal"]}
    assert "for the one measure compared.**" in text.similar_areas(made, measures, AREA)
    alone = with_ratios(made, measures, 1.0)
    told = text.similar_areas(alone, measures, AREA)
    assert told.startswith("**Not even the one measure compared shows Birmingham clearly off")
    assert "with one comparison printed" in told


def test_a_measure_just_short_of_the_bar_leans_and_is_not_clear(results, measures):
    # By itself off the mean, z = 0.052 sqrt(11,009 / 5) = 2.4, p = .015; with eleven together not.
    made = with_ratios(results, measures, 1.0, 1.052, *[1.0] * 6)
    leaning = [r for r in made.values() if r.leans]
    assert [r.measure_id for r in leaning] == ["theft-from-shop"]
    told = text.similar_areas(made, measures, AREA)
    assert "Points one way, short of our bar: theft from shop or stall (5.2% more, rank 5" in told
    shown = written(figures.ratios(made, measures, area=AREA, source="Source: x."))
    assert "Theft from shop or stall: 5.2% more, short of our bar" in shown
    assert "clearly more" not in told.lower()


def test_none_usable(page, results, measures):
    made = apart(results, Apart.UNFIT, *results)
    told = text.similar_areas(made, measures, AREA)
    assert told.startswith("**Birmingham cannot be compared with similar areas")
    assert "clearly" not in told.lower()
    for empty in (text.furthest(made, measures, AREA), text.mean_itself(made),
                  text.recorded_within(made, page.recording, measures)):  # fmt: skip
        assert empty == ""
    assert "No rank" in text.ranks(made, measures)
    assert "No comparison is tested" in tables.similar_areas_tests(made, measures, label="tbl-t")
    chart = figures.ratios(made, measures, area=AREA, source="Source: x.")
    assert "no printed rate of similar areas can be used" in written(chart)


def test_nothing_printed(page, measures):
    assert text.similar_areas({}, measures, AREA).startswith("The report prints no rate")
    assert text.comparison_rules({}) == text.cannot_say({}, None) == ""
    assert "prints no rates" in tables.similar_areas({}, page.table, measures, label="tbl-s")
    assert "prints no ranks" in tables.among_areas(None, {}, measures, label="tbl-a")
    for chart in (
        figures.ratios({}, measures, area=AREA, source="Source: x."),
        figures.among_areas(None, {}, measures, area=AREA, source="Source: x."),
    ):
        assert re.search("No (rates|ranks) of similar areas are printed", written(chart))


def test_hidden_counts_show_no_figure(page, results, measures):
    made = apart(results, Apart.HIDDEN, "robbery-personal")
    row = next(r for r in cells(tables.similar_areas(made, page.table, measures, label="tbl-s"))
               if r[0] == "Personal robbery")  # fmt: skip
    assert not re.search(r"\d", "".join(row[1:]))
    shown = written(figures.ratios(made, measures, area=AREA, source="Source: x."))
    assert "Not drawn, counts hidden: Personal robbery" in shown
    assert "Personal robbery:" not in shown
    assert "personal robbery (its counts are too small" in text.set_apart(made, measures)


def test_too_few_to_say(results, measures):
    few = {"knife-crime": dataclasses.replace(
        results["robbery-personal"], measure_id="knife-crime", standing=Standing.TOO_FEW,
        improvement="")}  # fmt: skip
    told = text.similar_areas(few, measures, AREA)
    assert "Too few to say: knife crime" in told
    assert "clearly more" not in told.lower()


def test_no_rate_and_an_endless_range_can_be_drawn(results, measures):
    made = with_ratios(results, measures, 0.0, 30.0, 0.01)
    chart = figures.ratios(made, measures, area=AREA, source="Source: x.")
    low, high = chart.axes[0].get_xlim()
    assert (low, high) == pytest.approx((1 / 5, 5))
    assert {"<", ">"} <= {line.get_marker() for line in chart.axes[0].lines}
    assert "more than ten times as many" in text.similar_areas(made, measures, AREA)


def test_names_of_areas_are_escaped(results, measures):
    name = "*B* [x](y)"
    assert r"\*B\* \[x\](y)" in text.similar_areas(results, measures, name)


# --- with a table of the areas -------------------------------------------------------------------

GROUP = ("robbery-personal", "drug-offences", "theft-from-shop", "knife-crime")
STRANGE = "=SUM(A1) *x* | <b>&</b>"
MEANS = {"robbery-personal": 1.9, "drug-offences": 4.6, "theft-from-shop": 9.6, "knife-crime": 1.0}


def made_up(factors, *, spread=0.1, knife_areas=15, blank=()):
    """Rows of a made-up group of fifteen; `factors` times the mean are the area's own rates."""
    rng = np.random.default_rng(4)
    sizes = rng.integers(150_000, 600_000, 14)
    rows = []
    for measure in GROUP:
        own = round(RESIDENTS * MEANS[measure] / 1000 * factors.get(measure, 1.0))
        rows.append(f"{measure},{AREA},{CODE},{own},{RESIDENTS},2022-08,2023-07")
        for place, size in enumerate(sizes):
            rate = MEANS[measure] / 1000 * np.exp(rng.normal(0, spread))
            count = str(rng.poisson(size * rate))
            if (measure == "knife-crime" and place >= knife_areas - 1) or (measure, place) in blank:
                count = ""
            name = STRANGE if place == 2 else f"Area {place}"
            rows.append(f'{measure},"{name}",E0900{place:04d},{count},{size},2022-08,2023-07')
    return rows


@pytest.fixture
def with_table(tmp_path, monkeypatch):
    """Start the shipped edition in a copy of the project that names a table of areas."""

    def make(rows):
        for folder in ("data", "editions", "notebooks"):
            shutil.copytree(project.path(folder), tmp_path / folder)
        file = tmp_path / "editions" / f"{EDITION}.toml"
        edition = file.read_text(encoding="utf-8")
        file.write_text(
            edition.replace("[rules]", 'comparators = "data/group.csv"\n\n[rules]', 1), "utf-8"
        )
        (tmp_path / "data" / "group.csv").write_text(
            "\n".join([",".join(COLUMNS), *rows, ""]), encoding="utf-8"
        )
        monkeypatch.setenv("BCSP_PROJECT", str(tmp_path))
        return start.start(EDITION)

    return make


def test_without_a_table_the_page_says_what_is_needed(page, results, measures):
    assert page.comparators is None
    told = text.funnels(None, measures)
    assert told.startswith("**Not known")
    assert not UNUSUAL.search(told)
    needed = text.table_needed(None)
    assert all(f"`{column}`" in needed for column in COLUMNS)
    assert "`comparators` under `[data]`" in needed
    assert text.funnel_notes(None, measures) == ""
    chart = figures.among_areas(None, results, measures, area=AREA, source="Source: x.")
    assert "Personal robbery: 15 of 15" in written(chart)
    assert sum(line.get_marker() == "D" for line in chart.axes[0].lines) == 8
    rows = cells(tables.among_areas(None, results, measures, label="tbl-a"))
    assert rows[1] == ["Personal robbery", "15", "14", "0"]


def test_one_measure_out_of_line_is_the_only_one_called_unusual(with_table):
    page = with_table(made_up({"robbery-personal": 2.2, "drug-offences": 1.05}))
    group, measures = page.comparators, page.catalogue
    assert group.area == AREA
    told = text.funnels(group, measures)
    assert told.startswith("**Birmingham is unusual in its group for one of four measures.**")
    assert "It lies above the outer limits for personal robbery (rank 15 of 15, likely 15)" in told
    row = group.funnels["robbery-personal"].table.loc[AREA]
    assert (row["position"], row["improvement"]) == (Position.FAR_HIGHER, "worse")
    chart = figures.among_areas(group, page.comparison, measures, area=AREA, source="Source: x.")
    shown = written(chart)
    assert "Personal robbery: above the outer limits" in shown
    assert "Black: by chance alone; blue: with the spread of the others" in shown
    assert len(chart.axes) == 4
    for ax in chart.axes:
        diamonds = [line for line in ax.lines if line.get_marker() == "D"]
        assert len(diamonds) == 1
        assert AREA in [t.get_text() for t in ax.texts]
    rows = {r[0]: r for r in cells(tables.among_areas(
        group, page.comparison, measures, label="tbl-a"))}  # fmt: skip
    assert rows["Personal robbery"][3:6] == ["15 of 15", "above the outer limits",
                                             "above the outer limits"]  # fmt: skip
    assert text.table_needed(group) == ""


def test_an_area_like_its_group_is_unusual_in_nothing(with_table):
    page = with_table(made_up({}, spread=0.2))
    told = text.funnels(page.comparators, page.catalogue)
    assert told.startswith("**Birmingham is unusual in its group for none of four measures.**")
    assert "outer limits for" not in told


def test_a_spread_of_the_group_explains_what_chance_does_not(with_table):
    page = with_table(made_up({"robbery-personal": 1.25}, spread=0.3))
    told = text.funnels(page.comparators, page.catalogue)
    assert "for none of four measures" in told
    assert re.search(r"For [^.]*personal robbery[^.]* by more than chance, but not beyond", told)


def test_missing_and_too_few_areas_are_counted_and_named(with_table):
    blank = {("robbery-personal", 2), ("robbery-personal", 5)}
    page = with_table(made_up({"knife-crime": 3.0}, knife_areas=5, blank=blank))
    group, measures = page.comparators, page.catalogue
    assert group.available["robbery-personal"] == (13, 15)
    assert group.available["knife-crime"] == (5, 15)
    told = text.funnels(group, measures)
    # three times the rate of four other areas: far beyond chance, and still not called unusual
    assert "for none of three measures" in told
    assert "Too few areas with figures to see how far they lie apart: knife crime (5 of 15" in told
    notes = text.funnel_notes(group, measures)
    assert "Area 5 (two measures)" in notes
    chart = figures.among_areas(group, page.comparison, measures, area=AREA, source="Source: x.")
    assert "Knife crime: too few areas to say" in written(chart)
    # open points stay open where one of the compared measures has no funnel
    assert len(text.cannot_say(page.comparison, group).splitlines()) == 3


def test_measures_without_a_funnel_say_why(with_table):
    rows = [row for row in made_up({}, knife_areas=3) if not row.startswith("drug")]
    own = f"theft-from-shop,{AREA},{CODE},"
    rows = [re.sub(rf"^{own}\d+", own, row) for row in rows]
    rows += [f"modern-slavery,{AREA},{CODE},3,{RESIDENTS},2022-08,2023-07"]
    rows += [f"modern-slavery,Area {i},E0900{i:04d},2{i},300000,2022-08,2023-07" for i in (0, 1, 3)]
    rows += [f"domestic-abuse,{AREA},{CODE},50,{RESIDENTS},2022-08,2023-07"]
    rows += [f"domestic-abuse,Area {i},E0900{i:04d},0,300000,2022-08,2023-07" for i in (0, 1, 3)]
    page = with_table(rows)
    group = page.comparators
    assert group.left_out == {
        "theft-from-shop": NOT_ITSELF,
        "knife-crime": TOO_FEW,
        "modern-slavery": HIDDEN,  # three incidents, below the edition's five
        "domestic-abuse": NO_INCIDENT,
    }
    told = text.funnels(group, page.catalogue)
    assert "knife crime (too few areas with figures, 3 of 15 areas)" in told
    assert set(group.funnels) == {"robbery-personal"}
    assert "is not unusual in its group for the one measure compared" in told


def test_no_funnel_at_all(with_table):
    page = with_table([f"knife-crime,{AREA},{CODE},50,{RESIDENTS},2022-08,2023-07"])
    told = text.funnels(page.comparators, page.catalogue)
    assert told.startswith("**No measure of the table has figures for a funnel.**")
    chart = figures.among_areas(
        page.comparators, page.comparison, page.catalogue, area=AREA, source="Source: x."
    )
    assert "Ranks are printed" in written(chart)


def test_two_periods_are_named_apart(with_table):
    rows = [row.replace("2022-08,2023-07", "2022-04,2023-03") if row.startswith("drug") else row
            for row in made_up({})]  # fmt: skip
    page = with_table(rows)
    notes = text.funnel_notes(page.comparators, page.catalogue)
    assert "April 2022 to March 2023 (drug offences)" in notes
    assert "August 2022 to July 2023 (personal robbery" in notes


def test_names_from_the_table_never_become_markup(with_table):
    page = with_table(made_up({}, blank={("robbery-personal", 2)}))
    notes = text.funnel_notes(page.comparators, page.catalogue)
    assert r"\*x\* \| \<b\>" in notes
    assert "<b>" not in notes.replace(r"\<b", "")


def test_the_notebook_runs_with_a_table(with_table, tmp_path: Path):
    import nbclient
    import nbformat

    with_table(made_up({"robbery-personal": 2.2}))
    notebook = nbformat.read(project.path("notebooks", "09-comparison.ipynb"), as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    shown = "\n".join(
        output.data.get("text/markdown", "")
        for cell in notebook.cells if cell.cell_type == "code"
        for output in cell.outputs
    )  # fmt: skip
    assert "unusual in its group for one of four measures" in shown
    assert "data/group.csv" in shown  # a source without a record says so
