"""Sentences on season and cost of living at the edges of their results."""

import dataclasses
import re

import default_edition
import pandas as pd
import pytest

from bcsp_analysis import start
from bcsp_analysis.models import outcomes, seasonality
from bcsp_analysis.models.change import Verdict
from bcsp_analysis.models.cost_of_living import Answer
from bcsp_analysis.models.quarterly import Sensitivity
from bcsp_analysis.models.season_model import Peak
from bcsp_analysis.models.season_statement import StatementVerdict
from bcsp_analysis.models.seasonality import ChangeParts, Presence
from bcsp_analysis.periods import Month, Span
from bcsp_analysis.present import figures, tables, text

FOUND = re.compile(r"\b(a season is there|differ between the calendar months by more)\b")
CAUSE = re.compile(r"\b(because of|due to|caused by|leads to|drives?)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def page():
    page = start.start("2023-24-q2", series="asb")
    return default_edition.answered(page, "assessment", "cost_of_living")


@pytest.fixture(scope="module")
def season(page):
    return page.seasonality


@pytest.fixture(scope="module")
def living(page):
    return page.cost_of_living


def with_presence(result, verdict):
    return dataclasses.replace(
        result, presence=dataclasses.replace(result.presence, verdict=verdict)
    )


@pytest.mark.parametrize("verdict", list(Presence))
def test_only_an_agreed_season_is_called_one(season, verdict):
    sentence = text.season(with_presence(season, verdict))
    assert bool(FOUND.search(sentence)) == (verdict is Presence.PRESENT)
    assert "36 months" in sentence
    assert not re.search(r"p-value|Kruskal|Friedman", sentence)  # those stand with the tests


def test_a_season_that_hangs_on_unconfirmed_changes_is_not_headlined_as_there(page, season):
    confirmed = page.seasonality_confirmed_only
    assert season.presence.verdict is Presence.PRESENT  # with every change of the register
    assert confirmed.presence.verdict is not Presence.PRESENT
    title = text.season_title(season, confirmed)
    # April 2021 (new system) and July 2021 (Covid regulations) are unconfirmed in the register
    assert title == (
        "Anti-social behaviour: probably higher from April to August, but that hangs on two "
        "unconfirmed recording changes (April 2021 and July 2021)"
    )
    told = text.season(season, confirmed)
    assert "a season is there" not in told
    assert "if all of these changes took place" in told
    agreed = with_presence(confirmed, Presence.PRESENT)
    assert text.season_title(season, agreed).endswith("a season is there")
    none = with_presence(season, Presence.NOT_DETECTABLE)
    assert "hangs" not in text.season_title(none, confirmed)


def test_the_chart_of_months_has_the_same_title(page, season):
    chart = figures.month_indices(
        season, area="Birmingham", source="S.", confirmed=page.seasonality_confirmed_only
    )
    written = " ".join(t.get_text().replace("\n", " ") for t in chart.texts)
    assert "but that hangs on two unconfirmed recording changes" in written


def with_p_values(result, *values):
    """The result with other p-values and no season agreed."""
    made = with_presence(result, Presence.NOT_DETECTABLE)
    tests = tuple(
        dataclasses.replace(test, p_value=value)
        for test, value in zip(made.presence.tests, values, strict=True)
    )
    return dataclasses.replace(made, presence=dataclasses.replace(made.presence, tests=tests))


def test_tests_that_disagree_are_not_called_no_season(season):
    split = with_p_values(season, 0.016, 0.052, 0.067, 0.4)
    assert text.season_title(split) == "Anti-social behaviour: the tests for a season disagree"
    sentence = text.season(split)
    assert "the tests do not agree and three years are too few to be sure" in sentence
    assert "no season can be detected" not in sentence
    told = text.season_tests(split)
    assert "find a difference: F; that find none: Kruskal-Wallis, Friedman and QS." in told
    none = with_p_values(season, 0.06, 0.2, 0.3, 0.4)
    assert "no season can be detected in 36 months" in text.season_title(none)
    assert "not proof that they are alike" in text.season(none)
    assert "find a difference: none" in text.season_tests(none)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1.1, 1.5, "It looks higher from April to August"),
        (0.7, 0.9, "It looks lower"),
        (0.9, 1.2, "Some months stand out"),
    ],
)
def test_what_it_looks_like_follows_the_contrast(season, low, high, expected):
    split = with_p_values(season, 0.016, 0.052, 0.067, 0.4)
    statement = dataclasses.replace(season.statement, low=low, high=high)
    assert expected in text.season(dataclasses.replace(split, statement=statement))


def test_months_clear_of_the_average_are_named_as_a_lead(season):
    table = season.indices.assign(low_all=0.9, high_all=1.1)
    none = dataclasses.replace(with_presence(season, Presence.NOT_DETECTABLE), indices=table)
    assert text.months_clear(none).startswith("No month stays clear")
    table.loc[[6, 7], "low_all"], table.loc[12, "high_all"] = 1.01, 0.97
    some = dataclasses.replace(none, indices=table)
    assert text.months_clear(some).startswith(
        "June and July lie above the average month and December lies below the average month"
    )
    assert "not a finding" in text.months_clear(some)
    assert "not a finding" not in text.months_clear(with_presence(some, Presence.PRESENT))


def test_another_series_is_told_why_it_is_asked(season):
    own = text.season_question(season, said_of=season.name)
    assert "This page puts that statement to the figures" in own
    other = text.season_question(season, said_of="Burglary")
    assert "nothing of the kind about anti-social behaviour" in other


def test_a_model_below_the_yardstick_beside_a_count_that_is_not(season):
    scored = dataclasses.replace(season.statement, probability_high=0.79, share_high=0.88)
    made = dataclasses.replace(season, statement=scored)
    assert "whole range lies below 80%" in text.statement(made)
    reached = dataclasses.replace(scored, probability_high=0.85)
    assert "whole range" not in text.statement(dataclasses.replace(season, statement=reached))


def test_both_counts_of_single_months_are_told(season):
    scored = dataclasses.replace(
        season.statement, month_years=15, above=14, own_year_month_years=15, above_own_year=9
    )
    sentence = text.statement(dataclasses.replace(season, statement=scored))
    assert "Of 15 single months from April to August, 14 lay above the fitted trend" in sentence
    assert "plain mean of their own year, trend and all, it is 9 of 15" in sentence


@pytest.mark.parametrize("verdict", [Presence.NOT_DETECTABLE, Presence.TOO_SHORT])
@pytest.mark.parametrize(("low", "high"), [(0.9, 1.4), (1.1, 1.5)])
def test_months_together_never_become_a_season_by_the_back_door(season, verdict, low, high):
    statement = dataclasses.replace(season.statement, ratio=1.2, low=low, high=high)
    made = dataclasses.replace(with_presence(season, verdict), statement=statement)
    sentence = text.months_together(made)
    if low <= 1:
        assert "leaves open whether they differ" in sentence
    else:
        assert "does not call it a season" in sentence


@pytest.mark.parametrize("verdict", list(StatementVerdict))
def test_the_statement_gets_its_own_verdict(season, verdict):
    statement = dataclasses.replace(season.statement, verdict=verdict)
    sentence = text.statement(dataclasses.replace(season, statement=statement))
    assert sentence.startswith(f"**April to August: “highly likely” {verdict.value}.**")
    # 0.05 to the power of a third is 0.368; 14 years are needed for 80%: 0.05^(1/14) = 0.807
    assert "no more than 37%" in sentence
    assert "14 years" in sentence


def test_how_sure_the_peak_is_stands_beside_it(season):
    one = Peak(6, 0.953, (6,), 1, 0.4, (1, 2, 12))
    sentence = text.peak_month(dataclasses.replace(season, peak=one))
    assert "June is truly the highest month with a probability of 95%." in sentence
    assert "with 40%; at a confidence of 95% it is January, February or December" in sentence
    none = dataclasses.replace(one, candidates=tuple(range(1, 13)))
    sentence = text.peak_month(dataclasses.replace(season, peak=none))
    assert "at a confidence of 95% it is any month." in sentence


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        ((4, 5, 6, 7, 8), "April to August"),
        ((6, 7), "June and July"),
        ((1, 6, 12), "January, June and December"),
        ((7,), "July"),
    ],
)
def test_months_are_named_as_a_run_or_a_list(months, expected):
    assert text.month_names(months) == expected


def parts(remainder, low, high):
    return ChangeParts(
        before=Span(Month(2023, 4), Month(2023, 6)),
        after=Span(Month(2023, 7), Month(2023, 9)),
        counts=(2951.0, 3332.0),
        total=3332 / 2951,
        calendar=92 / 91,
        season=1.0,
        season_low=0.9,
        season_high=1.1,
        remainder=remainder,
        remainder_low=low,
        remainder_high=high,
        dispersion=10.0,
        dispersion_source="",
        level=0.95,
    )


def test_what_days_and_season_leave_is_a_finding_only_off_one(page):
    asb = page.catalogue["asb-incidents"]
    # 3332 / 2951 = 1.129; 92 / 91 = 1.011
    unclear = text.change_parts(parts(1.117, 0.9, 1.4), asb)
    assert "by the counts 13% more" in unclear
    assert "days alone would give 1.1% more" in unclear
    assert "leave open whether anything but days and the pattern of these years" in unclear
    clear = text.change_parts(parts(1.117, 1.02, 1.2), asb)
    assert "days and the pattern of these years do not explain" in clear
    assert "recording changed" not in clear
    rules = page.assessment.recording["quarter_on_quarter"]["violence-against-the-person"]
    changed = text.change_parts(parts(1.117, 1.02, 1.2), asb, rules)
    assert "recording changed (May 2023, Home Office counting rules" in changed


def test_confirmed_changes_alone_are_told_apart(season):
    assert "is confirmed" in text.with_confirmed_only(season, season)
    none = with_p_values(season, 0.06, 0.2, 0.3, 0.4)
    other = dataclasses.replace(with_presence(season, Presence.PRESENT), breaks=())
    turned = text.with_confirmed_only(none, other)
    assert turned.startswith("**The answer hangs on recording changes that are not confirmed.**")
    assert "April 2021" in turned
    assert "a season is there" in turned
    same = dataclasses.replace(season, breaks=())
    assert "do not turn the answer" in text.with_confirmed_only(season, same)


def test_the_official_test_stands_beside_and_decides_nothing(season):
    assert "does not enter the rule" in text.official_test(season)
    assert text.official_test(dataclasses.replace(season, identifiable=None)) == ""


def reading(judged, measure_id, **fields):
    """The assessment with one result changed."""
    results = dict(judged.results["year_to_date"])
    results[measure_id] = dataclasses.replace(results[measure_id], **fields)
    return dataclasses.replace(judged, results={**judged.results, "year_to_date": results})


def test_a_reading_that_turns_the_verdict_is_told_and_one_that_does_not_is_not(page):
    judged, asb = page.assessment, page.catalogue["asb-incidents"]
    same = Sensitivity(judged, {"other": judged})
    assert text.other_readings(same, asb.id, "year_to_date") == ""
    summary = text.readings_summary(same, page.catalogue, "year_to_date")
    assert "every verdict stays the same" in summary
    # of 22 measures only ASB and shop theft have a category to themselves (data/measures.toml)
    assert "20 of 22 measures have no monthly figures of their own" in summary
    # domestic abuse is a mark on crimes of several groups, so violence does not hold all of it
    assert (
        "for seven those of a wider category and for one those of another category stand in"
    ) in summary
    turned = reading(
        judged,
        asb.id,
        verdict=Verdict.INCREASE,
        verdict_if_recorded_alike=Verdict.INCREASE,
    )
    both = Sensitivity(judged, {"other": turned})
    sentence = text.change(judged, asb, "year_to_date", readings=both)
    assert "with the reading “other” the verdict would be clear increase" in sentence
    assert "no clear change.**" in sentence  # the published verdict stays in front
    alike = reading(judged, asb.id, verdict_if_recorded_alike=Verdict.INCREASE)
    only = text.other_readings(Sensitivity(judged, {"other": alike}), asb.id, "year_to_date")
    assert "taken as recorded alike, would show a clear increase" in only


def test_a_second_run_without_faulty_months_is_told_only_where_there_is_one(season):
    none = with_p_values(season, 0.06, 0.2, 0.3, 0.4)

    def without(presence):
        run = dataclasses.replace(none.sensitivity, presence=presence, statement=none.statement)
        return text.without_faulty(dataclasses.replace(none, sensitivity=run))

    assert "both answers stay the same" in without(none.presence)
    present = dataclasses.replace(none.presence, verdict=Presence.PRESENT)
    assert "the answers become: season present" in without(present)
    assert text.without_faulty(dataclasses.replace(none, sensitivity=None)) == ""


def test_a_pattern_without_noise_is_called_a_season():
    # twelve months that repeat exactly over five years, days taken out
    months = pd.date_range("2018-01-01", periods=60, freq="MS")
    shape = [80, 82, 90, 100, 110, 120, 125, 118, 105, 98, 90, 82]
    counts = [shape[m.month - 1] * m.days_in_month for m in months]
    wobble = [(-1) ** (i // 7) * (i % 5) for i in range(60)]
    series = pd.Series([float(c + w) for c, w in zip(counts, wobble, strict=True)], months)
    made = seasonality.analyse(series.rename("Made up"))
    assert "a season is there" in text.season(made)
    assert "July lies highest" in text.peak_month(made)


def answered(result, answer):
    rows = result.hypotheses.assign(answer=answer)
    return dataclasses.replace(result, hypotheses=rows, answer=answer)


@pytest.mark.parametrize("answer", list(Answer))
def test_an_association_is_never_a_cause(living, answer):
    sentence = text.living(answered(living, answer), said_of=living.name)
    assert not CAUSE.search(sentence), sentence
    assert "36 months" in sentence
    assert ("not a cause" in sentence) == (answer is Answer.FOUND)


def test_not_detectable_comes_with_what_could_have_been_seen(living):
    made = with_limits(living, [90.0, 60.0, 15.6])
    sentence = text.living(made, said_of=living.name)
    assert "no proof that there is no link" in sentence
    assert "The report's statement is neither supported nor ruled out" in sentence
    assert "report's statement" not in text.living(made, said_of="Burglary")
    assert "be 16% higher for a usual swing of the annual rate of energy price rises" in sentence
    assert "more than double" in text.smallest_effect(with_limits(living, [109.6, 120.0, 130.0]))
    assert "more than treble" in text.smallest_effect(with_limits(living, [209.6, 220.0, 230.0]))


LIMITS = "detectable_adjusted_pct"


def with_limits(result, limits):
    made = answered(result, Answer.NOT_DETECTABLE)
    return dataclasses.replace(made, hypotheses=made.hypotheses.assign(**{LIMITS: limits}))


def test_limits_allow_for_all_hypotheses(living):
    corrected = with_limits(living, [90.0, 60.0, 35.0])
    assert "be 35% higher" in text.smallest_effect(corrected)
    assert "allow for all six hypotheses" in text.limits_note(corrected)
    assert "+35%" in tables.effects(corrected, label="tbl-x")
    one = dataclasses.replace(corrected, family=("asb-prices",))
    assert "of the one hypothesis" in text.limits_note(one)


def test_an_estimate_never_stands_without_its_range_and_its_own_limit(living):
    rows = living.hypotheses.assign(
        effect_pct=[18.0, 86.0, 30.0], low_pct=[-55.0, -29.0, 10.0], high_pct=[90.0, 150.0, 50.0]
    )
    made = dataclasses.replace(living, hypotheses=rows.assign(**{LIMITS: [90.0, 95.0, 40.0]}))
    first, second, third = text.estimates(made).splitlines()
    assert "86% more (likely between 29% fewer and 150% more); that fits no effect" in second
    assert "95% more would probably have been missed" in second
    assert "fits no effect" in first
    assert "fits no effect" not in third


def test_a_chart_of_one_rate_has_the_limit_of_that_rate(living):
    made = with_limits(living, [90.0, 60.0, 15.6])
    assert "less than 90% more" in text.smallest_effect_title(made, "cpi_12m_rate_pct")
    assert text.smallest_effect_title(made, "unknown") == text.living_title(made)


def test_marks_off_the_line_are_counted_beside_what_chance_gives(living):
    none = dataclasses.replace(living, lags=living.lags.assign(p_value=0.5))
    # 3 rates, 10 lags each; 0.05 times 30 is 1.5
    assert "None of the 30 marks" in text.lags_off_line(none)
    table = none.lags.copy()
    for label in (("asb-prices", 4), ("asb-energy", 4), ("asb-food", -1)):
        table.loc[label, "p_value"] = 0.01
    told = text.lags_off_line(dataclasses.replace(living, lags=table))
    assert "Of 30 marks, three lie off the line" in told
    assert "1.5 of 30 (5%)" in told
    assert "food price rises, one month still to come" in told
    assert "Inside the bands fixed beforehand: one." in told  # energy: lags 0 to 6; prices: 0 to 3


def test_what_the_comparison_shows_follows_its_signs(living):
    def told(*effects):
        rows = living.comparison.assign(effect_pct=effects, low_pct=-90.0, high_pct=90.0)
        return text.where_others(dataclasses.replace(living, comparison=rows))

    assert "all three estimates are negative" in told(-19.0, -40.0, -13.0)
    assert "all three estimates are positive" in told(19.0, 40.0, 13.0)
    assert "two estimates of 3 point downwards" in told(-19.0, -40.0, 13.0)
    assert "every range fits no effect" in told(-19.0, -40.0, 13.0)


def test_a_contradicted_association_is_not_prices(living):
    sentence = text.living(answered(living, Answer.CONTRADICTED), said_of=living.name)
    assert "prices cannot be the reason" in sentence
    assert "does not support" in text.living(answered(living, Answer.OPPOSITE), said_of=living.name)


def test_prices_have_names_and_unknown_ones_stay_readable():
    assert text.price_name("cpi_food_12m_rate_pct") == "annual rate of food price rises"
    energy = "cpih_energy_index_2015_100"
    assert text.price_name(energy, "change over twelve months") == (
        "annual rate of energy price rises"
    )
    assert text.price_name(energy) == "energy prices"
    assert text.price_name("some_new_index") == "some new index"


def test_faulty_months_can_change_what_is_said_of_prices(living):
    assert "every range still holds no effect" in text.living_without_faulty(
        dataclasses.replace(living, sensitivity=living.sensitivity.assign(low_pct=-5, high_pct=5))
    )
    moved = text.living_without_faulty(
        dataclasses.replace(living, sensitivity=living.sensitivity.assign(low_pct=5, high_pct=9))
    )
    assert "leaves out no effect" in moved
    assert "not corrected" in moved
    assert text.living_without_faulty(dataclasses.replace(living, sensitivity=None)) == ""


def test_tables_of_models_hold_one_row_a_result(season, living):
    def rows(markdown):
        return len([line for line in markdown.splitlines() if line.startswith("| ")]) - 1

    assert rows(tables.month_indices(season, label="tbl-a")) == 12
    assert rows(tables.presence(season, label="tbl-b")) == len(season.presence.tests)
    assert rows(tables.by_steps(season, season, label="tbl-s")) == 3 + len(season.presence.tests)
    for make in (tables.expectations, tables.effects, tables.effect_tests, tables.placebos):
        assert rows(make(living, label="tbl-c")) == len(living.hypotheses)
    assert rows(tables.where_others_found_it(living, label="tbl-d")) == len(living.comparison)
    assert rows(tables.wandering(living, label="tbl-e")) == len(living.stationarity)


def test_an_effect_below_the_detectable_one_would_only_probably_have_been_missed(living):
    """The smallest detectable effect is that with a power of 80% (AssociationResult)."""
    made = dataclasses.replace(living, answer=Answer.NOT_DETECTABLE, detectable_pct=17.6)
    reason = outcomes.economic_link(made).reason
    assert (
        "A true effect below about 18% would probably have been missed (one of that size is found "
        "four times in five)." in reason
    )
    assert "could not have been seen" not in reason
