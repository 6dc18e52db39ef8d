"""Arrow columns and numpy arrays: the same values both ways, as Arrow itself converts them."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis.sources import arrow_columns

PROPERTY = settings(deadline=None)
NUMBERS = {
    np.int8: st.integers(-128, 127),
    np.int32: st.integers(-(2**31), 2**31 - 1),
    np.int64: st.integers(-(2**63), 2**63 - 1),
    np.float64: st.floats(allow_nan=False),
}


@pytest.mark.parametrize("kind", NUMBERS, ids=lambda kind: kind.__name__)
@PROPERTY
@given(st.data())
def test_numbers_go_both_ways(kind, data):
    values = np.array(data.draw(st.lists(NUMBERS[kind])), kind)
    start = data.draw(st.integers(0, len(values)))
    made = arrow_columns.array(values)
    assert made.equals(pa.array(values))
    back = arrow_columns.numbers(made.slice(start))
    assert back.dtype == kind
    assert back.tolist() == values[start:].tolist()


@PROPERTY
@given(st.lists(st.booleans()), st.integers(0, 40))
def test_booleans_go_both_ways(values, start):
    made = arrow_columns.array(np.array(values, bool))
    assert made.equals(pa.array(values, pa.bool_()))
    assert arrow_columns.flags(made.slice(start)).tolist() == values[start:]


@PROPERTY
@given(st.lists(st.none() | st.integers(0, 9)), st.integers(0, 40))
def test_nulls_are_found(values, start):
    part = pa.array(values, pa.int32()).slice(start)
    assert arrow_columns.nulls(part).tolist() == [value is None for value in values[start:]]


@PROPERTY
@given(st.lists(st.text(st.characters(codec="utf-8"))))
def test_texts_are_arrow_s(values):
    assert arrow_columns.texts(values).equals(pa.array(values, pa.string()))


@PROPERTY
@given(st.lists(st.integers(0, 2)), st.integers(0, 5))
def test_coded_texts_are_arrow_s(codes, start):
    known = ["", "Straße", "x"]
    column = arrow_columns.coded(np.array(codes, np.int32), known)
    assert column.to_pylist() == [known[code] for code in codes]
    assert arrow_columns.codes(column.slice(start)).tolist() == codes[start:]


def test_numbers_of_a_slice_of_another_column_are_its_own():
    column = pa.array([1.5, None, 2.5]).slice(2)
    assert arrow_columns.numbers(column).tolist() == [2.5]
