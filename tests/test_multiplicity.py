"""Corrections for many tests, held to published examples and to statsmodels."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from bcsp_analysis.models import multiplicity

# Benjamini and Hochberg (1995), table 1: fifteen hypotheses on thrombolysis, in order.
PUBLISHED = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]
P_VALUES = st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=30)


def test_the_published_example() -> None:
    # The paper: at 5% their procedure rejects the first four, Hochberg's (and Holm's) the first
    # three, 0.0095 being compared with .05 / 12 = .00417.
    assert (multiplicity.benjamini_hochberg(PUBLISHED) <= 0.05).sum() == 4
    adjusted = multiplicity.holm(PUBLISHED)
    assert (adjusted <= 0.05).sum() == 3
    assert adjusted[:4] == pytest.approx([0.0015, 0.0056, 0.0247, 0.1140])


@given(P_VALUES)
def test_both_agree_with_statsmodels(p_values: list[float]) -> None:
    for ours, name in ((multiplicity.holm, "holm"), (multiplicity.benjamini_hochberg, "fdr_bh")):
        with mock.patch("gc.collect"):  # statsmodels collects garbage at each call
            theirs = multipletests(p_values, method=name)[1]
        assert ours(p_values) == pytest.approx(theirs, abs=1e-12)


def test_names_stay_with_their_tests() -> None:
    assert multiplicity.holm_by_name({"b": 0.04, "a": 0.01}) == pytest.approx(
        {"b": 0.04, "a": 0.02}
    )


def test_no_test_needs_no_correction() -> None:
    for correct in (multiplicity.holm, multiplicity.benjamini_hochberg):
        assert np.asarray(correct([])).size == 0
