"""Sentences on season and cost of living at the edges of their results."""

import dataclasses
import re

import pandas as pd
import pytest

from bcsp_analysis import start
from bcsp_analysis.models import seasonality
from bcsp_analysis.models.cost_of_living import Answer
from bcsp_analysis.models.season_model import Peak
from bcsp_analysis.models.season_statement import StatementVerdict
from bcsp_analysis.models.seasonality import ChangeParts, Presence
from bcsp_analysis.periods import Month, Span
from bcsp_analysis.present import tables, text

FOUND = re.compile(r"\b(a season is there|differ between the calendar months by more)\b")
CAUSE = re.compile(r"\b(because of|due to|caused by|leads to|drives?)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def page():
    return start.start("2023-24-q2", series="asb")


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
    if verdict is Presence.NOT_DETECTABLE:
        assert "not proof that they are alike" in sentence


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
    assert "with 40%; with 95% it is January, February or December" in sentence


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
    assert "on paper 13% more" in unclear
    assert "days alone would give 1.1% more" in unclear
    assert "leave open whether anything but days and season" in unclear
    clear = text.change_parts(parts(1.117, 1.02, 1.2), asb)
    assert "days and the usual season do not explain" in clear


def test_a_second_run_without_faulty_months_is_told_only_where_there_is_one(season):
    assert "both answers stay the same" in text.without_faulty(season)
    assert text.without_faulty(dataclasses.replace(season, sensitivity=None)) == ""
    other = dataclasses.replace(
        season.sensitivity,
        presence=dataclasses.replace(season.sensitivity.presence, verdict=Presence.PRESENT),
    )
    changed = text.without_faulty(dataclasses.replace(season, sensitivity=other))
    assert "the answers become: season present" in changed


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
    sentence = text.living(answered(living, answer))
    assert not CAUSE.search(sentence), sentence
    assert "36 months" in sentence
    assert ("not a cause" in sentence) == (answer is Answer.FOUND)


def test_not_detectable_comes_with_what_could_have_been_seen(living):
    made = dataclasses.replace(answered(living, Answer.NOT_DETECTABLE), detectable_pct=15.6)
    sentence = text.living(made)
    assert "no proof that there is no link" in sentence
    assert "at least 16% more incidents" in sentence


def test_a_contradicted_association_is_not_prices(living):
    sentence = text.living(answered(living, Answer.CONTRADICTED))
    assert "prices cannot be the reason" in sentence
    assert "does not support" in text.living(answered(living, Answer.OPPOSITE))


def test_prices_have_names_and_unknown_ones_stay_readable():
    assert text.price_name("cpi_food_12m_rate_pct") == "food prices"
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
    for make in (tables.expectations, tables.effects, tables.placebos):
        assert rows(make(living, label="tbl-c")) == len(living.hypotheses)
    assert rows(tables.where_others_found_it(living, label="tbl-d")) == len(living.comparison)
    assert rows(tables.wandering(living, label="tbl-e")) == len(living.stationarity)
