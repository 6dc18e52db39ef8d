"""Every result says how it was made: settings, method, size, period and citation."""

from __future__ import annotations

import dataclasses
from typing import Any

import default_edition
import pytest

from bcsp_analysis import start
from bcsp_analysis.models import seasonality
from bcsp_analysis.models.needed import needed_change
from bcsp_analysis.periods import Span

EDITION = "2023-24-q2"


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """Each kind of result, as the pages of the project's own edition stand on it."""
    page = start.start(EDITION, series="asb")
    asked = ("assessment", "pooled_season", "control_chart", "cost_of_living", "outlook")
    default_edition.answered(page, *asked)
    judged, measure = page.assessment, page.measure
    change = judged.table.change(measure.id, "quarter_on_quarter")
    living = page.cost_of_living
    assert living.bounds is not None
    return {
        "assessment": judged,
        "change needed": needed_change(judged, measure, "quarter_on_year"),
        "change": judged.result(measure.id, "quarter_on_year"),
        "ratio of ratios": judged.ratio_of_ratios(measure),
        "season": page.seasonality,
        "season, official": page.seasonality.identifiable,
        "season, tests": page.seasonality.presence,
        "season, statement": page.seasonality.statement,
        "season elsewhere": page.pooled_season,
        "parts of a change": seasonality.decompose(
            page.seasonality,
            page.quarter.previous.span,
            page.quarter.span,
            (change["before"], change["after"]),
            dispersion=judged.dispersions[page.category, len(page.quarter.span)],
        ),
        "control chart": page.control_chart,
        "cost of living": living,
        "cross-correlation": living.cross_correlations["asb-food"],
        "bounds": living.bounds["asb-food"],
        "outlook": page.outlook,
        "comparison": page.comparison["violence-with-injury"],
    }


def test_every_result_is_frozen_and_says_how_it_was_made(results: dict[str, Any]) -> None:
    for name, result in results.items():
        assert dataclasses.is_dataclass(result), name
        field = dataclasses.fields(result)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(result, field, None)
        for told in ("method", "citation"):
            text = getattr(result, told)
            assert text, f"{name}: {told}"
            assert "\n" not in text, f"{name}: {told}"
        assert result.n > 0, name
        period = result.period
        assert isinstance(period, Span), name
        assert period.first <= period.last, name


def test_periods_of_results_are_those_of_the_figures(results: dict[str, Any]) -> None:
    # The report compares July to September 2023 with 2022; the monthly file holds August 2020 to
    # July 2023, the other forces January 2019 to 2023 (headers of the shipped files).
    periods = {name: result.period.label for name, result in results.items()}
    assert periods["change"] == "July 2022 to September 2023"
    assert periods["ratio of ratios"] == "April 2022 to September 2023"
    assert periods["parts of a change"] == "April to September 2023"
    seasons = ("season", "season, official", "season, tests", "season, statement")
    for name in (*seasons, "cost of living", "control chart", "bounds"):
        assert periods[name] == "August 2020 to July 2023", name


def test_settings_are_the_editions(results: dict[str, Any]) -> None:
    rules = start.start(EDITION, series="asb").rules
    change, living = results["change"], results["cost of living"]
    assert (change.alpha, change.level) == (rules.alpha, rules.level)
    assert change.materiality_pct == rules.materiality_pct
    assert change.small_count == rules.small_count
    assert (living.alpha, living.level) == (rules.alpha, rules.level)
    assert results["season"].level == rules.level
    assert results["control chart"].baseline == rules.baseline_months
    assert results["outlook"].alpha == rules.alpha
