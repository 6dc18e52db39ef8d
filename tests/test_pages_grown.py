"""What the pages on season and cost of living say beside their answers, at the edges of results.

Expected words follow from the definitions in the docstrings of the results; numbers in them are
worked out by hand where they are asserted.
"""

import dataclasses
import io
import itertools
import re

import default_edition
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from PIL import Image

from bcsp_analysis import start
from bcsp_analysis.models.bounds import LongRun
from bcsp_analysis.models.season_statement import StatementVerdict
from bcsp_analysis.models.seasonality import Presence
from bcsp_analysis.models.shocks import ShockAnswer
from bcsp_analysis.periods import Month
from bcsp_analysis.present import figures, style, tables, text
from bcsp_analysis.sources import elsewhere
from bcsp_analysis.sources import shocks as shocks_register

CAUSE = re.compile(r"\b(because of|due to|caused by|leads to|drives?|drove)\b", re.IGNORECASE)
WORDS = {"area": "Birmingham", "source": "Source: somewhere."}
AREA = {"area": "Birmingham"}


@pytest.fixture(scope="module")
def page():
    page = start.start("2023-24-q2", series="violence")
    return default_edition.answered(page, "assessment", "pooled_season", "cost_of_living")


@pytest.fixture(scope="module")
def season(page):
    return page.seasonality


@pytest.fixture(scope="module")
def pooled(page):
    return page.pooled_season


@pytest.fixture(scope="module")
def held(page):
    return elsewhere.histories(elsewhere.load_monthly(page.edition.data.elsewhere), page.category)


@pytest.fixture(scope="module")
def living(page):
    return page.cost_of_living


def rows(markdown):
    return len([line for line in markdown.splitlines() if line.startswith("| ")]) - 1


# --- the season elsewhere -----------------------------------------------------------------------


def with_pool(pooled, *, apart=0.5, common=0.0001, weight=0.1, alike=(0.9, 0.8, 1.0), **statement):
    """The pooled result with other tests, weight, likeness, and a ratio that shows in the text."""
    scored = {"ratio": 1.777, "low": 1.5, "high": 1.999, **statement}
    return dataclasses.replace(
        pooled,
        own_apart_p=apart,
        mean_p=common,
        alike=alike[0],
        alike_low=alike[1],
        alike_high=alike[2],
        indices=pooled.indices.assign(weight=weight),
        statement=dataclasses.replace(pooled.statement, **scored),
    )


def told(season, made):
    """Everything outside the folded tables that the page says of the other forces."""
    return "\n".join(
        (
            text.elsewhere_in_short(season, made, **AREA),
            text.season_elsewhere(season, made, **AREA),
            text.elsewhere_title(season, made, **AREA),
            text.pooled_peak(season, made),
            text.elsewhere_limit(season, made, **AREA),
        )
    )


def test_without_other_forces_the_page_stands_on_the_area_alone(season):
    assert "No figures of other forces on violence" in text.season_elsewhere(season, None, **AREA)
    for sentence in (
        text.elsewhere_in_short(season, None, **AREA),
        text.pooled_peak(season, None),
        text.pooling_explained(None),
        text.how_alike(season, None),
        text.elsewhere_months(season, None, **AREA),
        text.elsewhere_sensitivity(season, None),
        text.pooled_confirmed_only(season, None, None),
        text.elsewhere_limit(season, None, **AREA),
    ):
        assert sentence == ""
    for table in (
        tables.alone_and_pooled(season, None, label="tbl-a"),
        tables.profiles(season, None, label="tbl-a", **AREA),
        tables.likeness(season, None, label="tbl-a"),
        tables.months_held(None, {}, label="tbl-a"),
    ):
        assert table == "No figures of other forces are at hand."


@settings(max_examples=60, deadline=None)
@given(
    apart=st.floats(0, 1),
    common=st.floats(0, 1),
    weight=st.floats(0, 1),
    low=st.floats(-1, 1),
    verdict=st.sampled_from(list(StatementVerdict)),
)
def test_the_pooled_answer_is_given_only_where_it_may_be_used(
    season, pooled, apart, common, weight, low, verdict
):
    made = with_pool(
        pooled,
        apart=apart,
        common=common,
        weight=weight,
        alike=(max(low, 0.0), low, 1.0),
        verdict=verdict,
    )
    sentences = told(season, made)
    usable = apart >= 0.05 and common < 0.05
    assert ("78% more" in sentences) == usable  # the ratio 1.777
    assert ("with the other forces" in text.season_elsewhere(season, made, **AREA)) == usable
    assert not CAUSE.search(sentences)


def test_an_area_that_does_not_belong_is_told_so_and_not_pooled(season, pooled):
    made = with_pool(pooled, apart=0.01)
    sentence = text.season_elsewhere(season, made, **AREA)
    assert "does not seem to belong with them" in sentence
    assert "should not be used" in sentence
    assert "(p-value 0.010)" in sentence
    assert "is not that of the other forces" in text.elsewhere_title(season, made, **AREA)
    assert "does not look like theirs" in text.elsewhere_in_short(season, made, **AREA)
    assert "does not seem to belong" in text.how_alike(season, made)
    table = tables.alone_and_pooled(season, made, label="tbl-a")
    assert "printed for the record and not used" in table
    assert "With the others" not in tables.profiles(season, made, label="tbl-a", **AREA)


def test_forces_without_a_common_season_give_nothing_to_draw_towards(season, pooled):
    made = with_pool(pooled, common=0.2)
    assert "none to draw towards" in text.season_elsewhere(season, made, **AREA)
    assert "They share no season" in text.elsewhere_in_short(season, made, **AREA)
    assert "is not shown (p-value 0.20)" in text.how_alike(season, made)


@pytest.mark.parametrize(
    ("alike", "expected"),
    [
        ((0.95, 0.8, 1.0), "much the same shape"),
        ((0.8, 0.6, 0.95), "how similar is unsure"),
        ((0.5, 0.1, 0.9), "has in common is unsure"),
        ((0.2, -0.1, 0.4), "little in common"),
    ],
)
def test_how_alike_the_areas_are_called_follows_the_range(season, pooled, alike, expected):
    made = with_pool(pooled, alike=alike)
    assert expected in text.elsewhere_title(season, made, **AREA)
    assert f"{alike[0]:.2f} (likely between" in text.how_alike(season, made)


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        (0.06, "does not say that Birmingham has shown it"),
        (0.5, "as much as on Birmingham itself"),
        (0.9, "the others change little"),
    ],
)
def test_the_weight_of_its_own_figures_says_what_the_answer_is_about(
    season, pooled, weight, expected
):
    sentence = text.season_elsewhere(season, with_pool(pooled, weight=weight), **AREA)
    assert f"weight of about {100 * weight:.0f}%" in sentence
    assert expected in sentence


@pytest.mark.parametrize(
    ("own", "drawn"), list(itertools.product(StatementVerdict, StatementVerdict))
)
def test_highly_likely_is_told_as_both_verdicts_have_it(season, pooled, own, drawn):
    alone = dataclasses.replace(
        season, statement=dataclasses.replace(season.statement, verdict=own)
    )
    sentence = text.season_elsewhere(alone, with_pool(pooled, verdict=drawn), **AREA)
    last = sentence.rpartition("“Highly likely”")[2]
    assert own.value in last
    assert drawn.value in last
    assert ("without them and with them" in last) == (own is drawn)


def test_a_pooled_range_that_holds_no_difference_leaves_it_open(season, pooled):
    clear = text.season_elsewhere(season, with_pool(pooled), **AREA)
    assert "leaves open whether they differ" not in clear
    made = with_pool(pooled, ratio=1.02, low=0.9, high=1.2)
    assert "leaves open whether they differ" in text.season_elsewhere(season, made, **AREA)


def test_the_highest_month_is_told_alone_and_with_the_others(season, pooled):
    def told_of(own, drawn):
        alone = dataclasses.replace(
            season, peak=dataclasses.replace(season.peak, month=own, probability=0.49)
        )
        peak = dataclasses.replace(pooled.peak, month=drawn, probability=0.9)
        return text.pooled_peak(alone, dataclasses.replace(with_pool(pooled), peak=peak))

    assert told_of(6, 7) == (
        "The highest month is June alone, with a probability of 49%, and July with the other "
        "forces, with 90%."
    )
    assert "is June, with a probability of 49% alone and 90%" in told_of(6, 6)


def test_months_left_out_of_the_others_are_named_and_how_many_the_area_keeps(season, pooled):
    sentence = text.elsewhere_months(season, pooled, **AREA)
    # 26 March 2020 to 18 July 2021; the area's figures begin in August 2020: 11 months to June 2021
    assert "March 2020 to June 2021" in sentence
    assert "hold 11 of these months" in sentence
    assert "months of legal limits on contact" in sentence
    other = dataclasses.replace(pooled, excluded=(Month(2019, 12), Month(2022, 3)))
    assert "Left out of their figures: December 2019 and March 2022." in text.elsewhere_months(
        season, other, **AREA
    )
    none = dataclasses.replace(pooled, excluded=())
    assert "Left out" not in text.elsewhere_months(season, none, **AREA)


def test_the_second_run_with_every_month_is_told_by_its_own_tests(season, pooled):
    usable = with_pool(pooled)
    same = dataclasses.replace(usable, sensitivity=with_pool(pooled, ratio=1.3))
    assert "had 30% more" in text.elsewhere_sensitivity(season, same)
    lost = dataclasses.replace(usable, sensitivity=with_pool(pooled, apart=0.01))
    assert "could not be used" in text.elsewhere_sensitivity(season, lost)
    unusable = dataclasses.replace(
        with_pool(pooled, apart=0.01), sensitivity=with_pool(pooled, ratio=1.3)
    )
    assert "no reason to use them" in text.elsewhere_sensitivity(season, unusable)
    none = dataclasses.replace(usable, sensitivity=None)
    assert text.elsewhere_sensitivity(season, none) == ""


def test_the_pooled_answer_is_held_against_confirmed_changes_alone(season, pooled):
    usable = with_pool(pooled)
    assert "does not turn on the rest" in text.pooled_confirmed_only(season, usable, usable)
    turned = with_pool(pooled, ratio=1.05, low=0.9, high=1.2)
    assert "turns on the rest" in text.pooled_confirmed_only(season, usable, turned)
    apart = with_pool(pooled, apart=0.01)
    assert "could not be used" in text.pooled_confirmed_only(season, usable, apart)
    assert text.pooled_confirmed_only(season, apart, usable) == ""
    table = tables.alone_and_pooled(season, usable, confirmed=turned, label="tbl-a")
    assert "confirmed recording changes alone" in table
    assert "+5% (−10% to +20%)" in table


def test_months_held_are_told_in_runs_without_a_gap_and_of_one_release(pooled):
    months = pd.to_datetime(["2014-01", "2014-02", "2014-04", "2014-05", "2014-06"])
    history = pd.DataFrame({"incidents": 1.0, "release_run": [1, 1, 1, 2, 2]}, index=months)
    held = dict.fromkeys(pooled.forces, history)
    table = tables.months_held(pooled, held, label="tbl-a")
    runs = "January 2014 to February 2014; April 2014; May 2014 to June 2014"
    assert table.count(runs) == len(pooled.forces)


def test_tables_of_the_other_forces_have_a_row_for_each_thing(season, pooled, held):
    assert rows(tables.profiles(season, pooled, label="tbl-a", **AREA)) == 12
    assert rows(tables.likeness(season, pooled, label="tbl-a")) == len(pooled.forces)
    assert rows(tables.months_held(pooled, held, label="tbl-a")) == len(pooled.forces)
    assert rows(tables.alone_and_pooled(season, pooled, label="tbl-a")) == 9


# --- methods beside the season, and what few years support --------------------------------------


def test_strength_is_told_beside_what_chance_gives(season):
    above = dataclasses.replace(season, strength=0.95, strength_by_chance=0.86)
    assert "this is more than chance gives" in text.strength(above)
    below = dataclasses.replace(season, strength=0.8, strength_by_chance=0.86)
    assert "no more than chance" in text.strength(below)
    table = season.indices.assign(low=0.9, high=1.1, stl=[1.0] * 11 + [1.2])
    assert "for 11 of 12 months" in text.strength(dataclasses.replace(season, indices=table))
    assert rows(tables.beside_stl(season, label="tbl-a")) == 12


@pytest.mark.parametrize("verdict", list(Presence))
def test_without_a_season_taking_out_the_months_is_called_part_chance(season, verdict):
    made = dataclasses.replace(
        season, presence=dataclasses.replace(season.presence, verdict=verdict)
    )
    agreed = verdict is Presence.PRESENT
    assert ("part of what is taken out is chance itself" in text.adjusted_pattern(made)) != agreed
    assert rows(tables.adjusted(made, label="tbl-a")) == len(made.per_day)


def test_the_title_of_the_adjusted_series_is_per_day(season):
    # 30.4375 days in a mean month: 608.75 and 1,217.5 incidents are 20 and 40 a day
    series = pd.Series([608.75, 1217.5], index=season.adjusted.index[:2])
    made = dataclasses.replace(season, adjusted=series)
    assert "between 20 and 40 incidents a day" in text.adjusted_title(made)


def test_what_few_years_support_follows_each_part_of_the_result(season):
    scored = dataclasses.replace(
        season.statement, ratio=1.2, low=0.9, high=1.5, years=3, years_needed=14
    )
    open_ = dataclasses.replace(season, statement=scored)
    table = tables.years_support(open_, open_, label="tbl-a")
    assert "Left open: 20% more" in table
    assert "14 are needed" in table
    assert "No: three years" in table
    for verdict in StatementVerdict:
        made = dataclasses.replace(
            open_, statement=dataclasses.replace(scored, verdict=verdict, low=1.1)
        )
        table = tables.years_support(made, made, label="tbl-a")
        assert verdict.value[1:] in table
        assert "Yes, by this model: 20% more" in table
    below = dataclasses.replace(scored, ratio=0.8, low=0.7, high=0.9, years=14)
    table = tables.years_support(
        dataclasses.replace(season, statement=below), season, label="tbl-a"
    )
    assert "No, below them: 20% fewer" in table
    assert "Yes, if all of 14 years agreed" in table
    one = dataclasses.replace(season.peak, candidates=(6,), probability=0.97)
    table = tables.years_support(dataclasses.replace(season, peak=one), season, label="tbl-a")
    assert "June, with a probability of 97%" in table


def test_months_that_differ_only_with_unconfirmed_steps_are_told_so(season):
    present = dataclasses.replace(
        season, presence=dataclasses.replace(season.presence, verdict=Presence.PRESENT)
    )
    short = dataclasses.replace(
        season, presence=dataclasses.replace(season.presence, verdict=Presence.TOO_SHORT)
    )
    table = tables.years_support(present, short, label="tbl-a")
    assert "With every recording change as a step: a season is there; with the confirmed" in table
    assert "A season is there" in tables.years_support(present, present, label="tbl-a")


# --- dated shocks -------------------------------------------------------------------------------


def shocked(living, **columns):
    return dataclasses.replace(living, shocks=living.shocks.assign(**columns))


@pytest.mark.parametrize("answer", list(ShockAnswer))
def test_a_shock_is_told_by_its_answer_and_never_as_a_cause(living, answer):
    sign = -1 if answer is ShockAnswer.OPPOSITE else 1
    made = shocked(
        living,
        answer=answer,
        mean_pct=sign * 30.0,
        mean_low_pct=20.0 if sign > 0 else -40.0,
        mean_high_pct=40.0 if sign > 0 else -20.0,
        p_adjusted=0.6 if answer is ShockAnswer.NOT_DETECTABLE else 0.001,
        as_large=0,
    )
    each, box, title = text.shocks_each(made), text.shocks(made), text.shocks_title(made)
    assert not CAUSE.search(each + box)
    assert each.count(answer.value) >= len(made.shocks)
    hidden = answer is ShockAnswer.NOT_DETECTABLE
    assert ("no change can be tied" in title) == hidden
    assert ("would probably have been missed" in each) == hidden
    assert ("no proof that nothing happened" in box) == hidden
    assert ("a change as expected" in title) == (answer is ShockAnswer.FOUND)
    assert ("against what was expected" in title) == (answer is ShockAnswer.OPPOSITE)
    assert ("control series shows too" in title) == (answer is ShockAnswer.CONTRADICTED)
    assert ("That is a change at that time" in each) == (answer is ShockAnswer.FOUND)
    assert ("does not support the statement" in each) == (answer is ShockAnswer.OPPOSITE)
    assert ("cannot be told from whatever moved both" in each) == (
        answer is ShockAnswer.CONTRADICTED
    )


@pytest.mark.parametrize(
    ("p_adjusted", "as_large", "expected"),
    [
        (0.00001, 2, "two of 18 other months show at least as large a change"),
        (0.00001, 1, "one of 18 other months shows at least as large a change"),
        (0.4, 0, "No other month shows as large a change, but corrected"),
        (0.4, 5, "Chance can explain it (corrected p-value 0.40), and five of 18"),
    ],
)
def test_why_a_change_is_not_counted_is_told(living, p_adjusted, as_large, expected):
    made = shocked(
        living,
        answer=ShockAnswer.NOT_DETECTABLE,
        p_adjusted=p_adjusted,
        as_large=as_large,
        other_months=18,
        mean_pct=-44.0,
        mean_low_pct=-53.0,
        mean_high_pct=-33.0,
        sign=1,
    )
    each = text.shocks_each(made)
    assert expected in each
    assert "It also goes against what was expected" in each
    loud = p_adjusted < 0.05
    assert ("more than chance explains" in each) == loud
    assert ("more than chance explains" in text.shocks(made)) == loud
    assert "no change can be tied to any of three shocks" in text.shocks_title(made)


def test_answers_that_differ_between_shocks_are_each_named(living):
    first, second, third = ShockAnswer.FOUND, ShockAnswer.NOT_DETECTABLE, ShockAnswer.OPPOSITE
    made = shocked(living, answer=[first, second, third], p_adjusted=0.3)
    title = text.shocks_title(made)
    assert "a change as expected from October 2021" in title
    assert "against what was expected from October 2022" in title
    assert "April 2022" not in title
    assert "At April 2022 a rise of the level" in text.shocks(made)


def test_without_a_shock_the_page_says_so(living):
    none = dataclasses.replace(living, shocks=None)
    assert "has nine months of figures on either side" in text.shocks(none)
    assert "no dated shock can be tested" in text.shocks_title(none)
    assert text.shocks_each(none) == text.shocks_limit(none) == text.shocks_numbered(none) == ""
    for make in (tables.shock_changes, tables.shock_tests):
        assert make(none, label="tbl-a") == "No dated shock can be tested on these months."
    assert "No dated shock" in tables.shocks_expected(none, (), label="tbl-a")


def test_tables_of_shocks_cite_their_sources_and_keep_their_rows(living):
    register = shocks_register.load()
    expected = tables.shocks_expected(living, register, label="tbl-a")
    assert rows(expected) == len(living.shocks)
    assert "](<https://commonslibrary.parliament.uk/research-briefings/cbp-9491/>)" in expected
    assert not re.search(r"(?<!<)https", expected)  # every address is a link
    assert rows(tables.shock_changes(living, label="tbl-a")) == len(living.shocks)
    assert rows(tables.shock_tests(living, label="tbl-a")) == len(living.shocks)
    flat = shocked(living, slope_pct=np.nan)
    assert "not in the model" in tables.shock_changes(flat, label="tbl-a")


def test_a_large_limit_reads_as_a_multiple(living):
    made = shocked(living, answer=ShockAnswer.NOT_DETECTABLE, detectable_pct=210.0)
    assert "to less than 3.1 times as many" in text.shocks_each(made)
    made = shocked(living, answer=ShockAnswer.NOT_DETECTABLE, detectable_pct=12.6)
    assert "by less than 13% would" in text.shocks_each(made)


# --- methods beside the answer on prices --------------------------------------------------------


def with_readings(living, *readings, effect=-0.02):
    made = {
        name: dataclasses.replace(
            test, reading=reading, long_run=test.long_run.assign(effect=effect)
        )
        for (name, test), reading in zip(living.bounds.items(), readings, strict=True)
    }
    return dataclasses.replace(living, bounds=made)


@pytest.mark.parametrize("readings", list(itertools.product(LongRun, repeat=3)))
def test_a_long_run_relation_stands_beside_and_never_enters_the_answer(living, readings):
    sentence = text.long_run(with_readings(living, *readings))
    related = LongRun.RELATED in readings
    assert ("they do with" in sentence) == related
    assert ("they do not with" in sentence) == (LongRun.UNRELATED in readings)
    assert ("cannot be said of" in sentence) == (LongRun.INCONCLUSIVE in readings)
    assert ("stands beside the answer and does not enter it" in sentence) == related
    assert ("against what was expected" in sentence) == related
    assert not CAUSE.search(sentence)


def test_the_sign_of_a_long_run_relation_is_held_against_what_was_expected(living):
    one = (LongRun.RELATED, LongRun.UNRELATED, LongRun.UNRELATED)
    made = with_readings(living, *one, effect=0.02)
    sd = made.hypotheses["sd"].iloc[0]
    assert ", as was expected" in text.long_run(made)
    more = 100 * (np.exp(0.02 * sd) - 1)
    assert f"{more:.1f}% more" in text.long_run(made)
    assert "a relation with one of three rates, as was expected" in text.other_methods(made)
    against = with_readings(living, *one, effect=-0.02)
    assert "one of three rates, against what was expected" in text.other_methods(against)


def with_foretelling(living, ahead, placebo):
    table = living.causality.copy()
    direction = table.index.get_level_values("direction")
    for column in ("small_sample_p", "small_sample_p_bh"):
        table.loc[direction == "price first", column] = ahead
        table.loc[direction == "incidents first", column] = placebo
    return dataclasses.replace(living, causality=table)


@pytest.mark.parametrize(("ahead", "placebo"), list(itertools.product((0.01, 0.5), repeat=2)))
def test_a_placebo_that_speaks_takes_the_word_from_prices(living, ahead, placebo):
    made = with_foretelling(living, ahead, placebo)
    sentence, short = text.foretelling(made), text.other_methods(made)
    assert "cannot move national prices" in sentence
    assert ("is fooled here" in sentence) == (placebo < 0.05)
    assert ("falls for its own placebo for three of three rates" in short) == (placebo < 0.05)
    assert ("to foretell is not to cause" in sentence) == (ahead < 0.05 <= placebo)
    assert ("The past of no rate does" in sentence) == (ahead >= 0.05)
    assert ("says so of none of three rates" in short) == (ahead >= 0.05)


def test_methods_that_were_not_run_are_not_told(living):
    none = dataclasses.replace(living, bounds=None, causality=None)
    assert text.long_run(none) == text.foretelling(none) == ""
    assert text.other_methods(none).endswith("series that drift.")
    assert tables.bounds(none, label="tbl-a") == "These tests were not made."
    assert tables.foretelling(none, label="tbl-a") == "These tests were not made."


def test_correlations_outside_the_band_are_counted_beside_chance(living):
    def with_outside(*outside):
        found = {
            name: dataclasses.replace(c, values=c.values.assign(outside=False))
            for name, c in living.cross_correlations.items()
        }
        for name, lag in outside:
            found[name].values.loc[lag, "outside"] = True
        return dataclasses.replace(living, cross_correlations=found)

    # 3 rates, 13 lags each; 0.05 times 39 is 1.95
    none = text.running_ahead(with_outside())
    assert "No correlation lies outside its band" in none
    assert "about two of 39" in none
    some = text.running_ahead(with_outside(("violence-food", -1), ("violence-prices", 2)))
    assert "Two lie outside the band" in some
    assert "food price rises, one month still to come" in some
    assert "consumer price rises, two months ahead" in some
    table = tables.cross_correlations(with_outside(("violence-food", -1)), label="tbl-a")
    assert table.count("**") == 2
    assert rows(table) == 13 + 2


def test_variance_inflation_is_told_as_the_width_of_ranges(living):
    def told_of(*values):
        table = living.hypotheses.assign(variance_inflation=values)
        return text.inflation(dataclasses.replace(living, hypotheses=table))

    # errors grow with the square root of the variance inflation
    assert "about 2 to 10 times as wide" in told_of(4.0, 25.0, 100.0)
    assert "about 5 times as wide" in told_of(25.0, 25.0, 25.0)
    assert rows(tables.identification(living, label="tbl-a")) == len(living.hypotheses)


def test_tables_through_time_have_a_row_for_each_test(living):
    assert rows(tables.bounds(living, label="tbl-a")) == len(living.bounds)
    table = tables.foretelling(living, label="tbl-a")
    assert rows(table) == len(living.causality)
    assert table.count("incidents first (placebo)") == len(living.hypotheses)
    case_two = {
        name: dataclasses.replace(test, t=np.nan, t_low=np.nan, t_high=np.nan)
        for name, test in living.bounds.items()
    }
    made = dataclasses.replace(living, bounds=case_two)
    assert tables.bounds(made, label="tbl-a").count("not used") == len(living.bounds)


# --- published effects --------------------------------------------------------------------------


def with_published(living, limits, same_subject=True):
    """Two findings with a size, of 6.5% and of 3 to 4%, beside other limits."""
    chosen = living.published.loc[["tiratelli-2022", "draca-2019", "hale-1998"]]
    made = chosen.assign(
        smallest_detectable_pct=[*limits, np.nan], same_subject=[same_subject, same_subject, False]
    )
    return dataclasses.replace(living, published=made)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ((12.0, 20.0), "**Both are smaller than what could probably have been seen here.**"),
        ((5.0, 20.0), "One of them is smaller"),
        ((5.0, 3.5), "None of them is smaller"),  # 4% is the end of the range of 3 to 4%
        ((5.0, 4.5), "One of them is smaller"),
    ],
)
def test_published_effects_are_called_smaller_only_by_their_numbers(living, limits, expected):
    sentence = text.published(with_published(living, limits))
    assert expected in sentence
    assert "6.5%" in sentence
    assert "3 to 4%" in sentence
    assert "Of three published findings in the register two give a size" in sentence
    assert "orders of size" in sentence


def test_studies_of_another_subject_are_told_so(living):
    assert "None of them is about" in text.published(
        with_published(living, (12.0, 20.0), same_subject=False)
    )
    assert "about violence" not in text.published(with_published(living, (12.0, 20.0)))


def test_without_a_comparable_size_nothing_is_compared(living):
    sentence = text.published(with_published(living, (np.nan, np.nan)))
    assert "none gives a size" in sentence
    assert "smaller" not in sentence
    none = dataclasses.replace(living, published=None)
    assert text.published(none) == "No published effect is in the register."
    assert tables.published(none, label="tbl-a") == "No published effect is in the register."
    one = with_published(living, (12.0, np.nan))
    assert "**That is smaller than" in text.published(one)


def test_the_table_of_studies_has_all_of_them_with_their_address(living):
    table = tables.published(living, label="tbl-a")
    assert rows(table) == len(living.published)
    assert "](<https://doi.org/10.1093/bjc/azac043>)" in table
    assert table.count("another kind") == living.published["smallest_detectable_pct"].isna().sum()


# --- charts -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def charts(page, season, pooled, living):
    return {
        "elsewhere": figures.season_elsewhere(season, pooled, **WORDS),
        "apart": figures.season_elsewhere(season, with_pool(pooled, apart=0.01), **WORDS),
        "shocks": figures.dated_shocks(living, page.monthly(), changes=page.recording, **WORDS),
        "adjusted": figures.adjusted(
            season, title=text.adjusted_title(season), changes=page.recording, **WORDS
        ),
    }


def test_charts_fit_a_phone_and_their_words_stay_inside(charts):
    for name, chart in charts.items():
        picture = chart.png()
        assert len(picture) < 80 * 1024, name
        assert Image.open(io.BytesIO(picture)).size[0] == round(style.WIDTH * style.DPI), name
        renderer = FigureCanvasAgg(chart).get_renderer()
        chart.draw_without_rendering()
        words = [*chart.texts, *(piece for ax in chart.axes for piece in ax.texts)]
        for piece in words:
            box = piece.get_window_extent(renderer)
            assert piece.get_fontsize() >= 9, (name, piece.get_text())
            inside = min(box.x0, box.y0, chart.bbox.width - box.x1, chart.bbox.height - box.y1)
            assert inside >= 0, (name, piece.get_text())


def names(chart):
    return [piece.get_text() for piece in chart.axes[0].texts]


def test_every_year_is_named_and_told_apart_by_mark_and_line(charts, pooled):
    chart = charts["elsewhere"]
    assert sorted(names(chart)) == sorted(
        [*pooled.forces, "Birmingham\nalone", "Birmingham\nwith the others"]
    )
    markers = {line.get_marker() for line in chart.axes[0].lines} - {"None", "o"}
    assert len(markers) == len(pooled.forces)
    chart.draw_without_rendering()
    boxes = [piece.get_window_extent() for piece in chart.axes[0].texts]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_a_year_that_may_not_be_used_is_not_drawn(charts):
    assert "Birmingham\nwith the others" not in names(charts["apart"])
    bands = [c for c in charts["apart"].axes[0].collections if isinstance(c, PolyCollection)]
    assert not bands
    orange = [line for line in charts["apart"].axes[0].lines if line.get_color() == style.ORANGE]
    assert not orange


def test_shocks_have_numbers_where_recording_changes_have_letters(charts, living):
    found = names(charts["shocks"])
    assert [label for label in found if label.isdigit()] == ["1", "2", "3"]
    assert "A" in found
    none = dataclasses.replace(living, shocks=None)
    series = pd.Series(
        [1.0, 2.0, 3.0], pd.date_range("2021-01-01", periods=3, freq="MS"), name=living.name
    )
    assert names(figures.dated_shocks(none, series, **WORDS)) == []


def test_what_is_numbered_below_the_chart_is_what_is_drawn(living):
    lines = text.shocks_numbered(living).splitlines()
    assert [line[:7] for line in lines] == ["- **1**", "- **2**", "- **3**"]
    assert [month.label in line for month, line in zip(living.shocks["month"], lines, strict=True)]
