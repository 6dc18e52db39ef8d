"""Arrow columns as numpy arrays and back, without copies.

Arrow's own ways between Python and its arrays import pandas when they are first used. An ingest
needs no pandas, and importing it takes longer than reading a year of a large force.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa


def numbers(array: pa.Array) -> np.ndarray:
    """Values of an array of numbers; what stands in the place of a null means nothing.

    Parameters
    ----------
    array : pyarrow.Array
        Integers or floating-point numbers.
    """
    kind = np.dtype(array.type.to_pandas_dtype())
    if len(array) == 0:
        return np.zeros(0, kind)
    return np.frombuffer(array.buffers()[1], kind, len(array), array.offset * kind.itemsize)


def codes(array: pa.DictionaryArray) -> np.ndarray:
    """For each row the number of its text (int32); the column has no nulls."""
    return numbers(array.indices)


def flags(array: pa.Array) -> np.ndarray:
    """Values of an array of booleans without nulls."""
    return _bits(array, 1)


def nulls(array: pa.Array) -> np.ndarray:
    """Which values of an array are null."""
    if array.null_count == 0:
        return np.zeros(len(array), bool)
    return ~_bits(array, 0)


def _bits(array: pa.Array, buffer: int) -> np.ndarray:
    if len(array) == 0:
        return np.zeros(0, bool)
    packed = np.frombuffer(array.buffers()[buffer], np.uint8)
    end = array.offset + len(array)
    return np.unpackbits(packed, count=end, bitorder="little")[array.offset :].astype(bool)


def array(values: np.ndarray) -> pa.Array:
    """An array of numbers or of booleans, without nulls."""
    kind = pa.bool_() if values.dtype == bool else pa.from_numpy_dtype(values.dtype)
    data = np.packbits(values, bitorder="little") if values.dtype == bool else values
    return pa.Array.from_buffers(
        kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(data))]
    )


def texts(values: Sequence[str]) -> pa.Array:
    """An array of texts, without nulls."""
    written = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, written)], dtype=np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(written))]
    return pa.Array.from_buffers(pa.string(), len(written), buffers)


def coded(numbers_of_texts: np.ndarray, values: pa.Array | Sequence[str]) -> pa.DictionaryArray:
    """A column of texts from the number of each row's text (int32) and the texts."""
    known = values if isinstance(values, pa.Array) else texts(values)
    return pa.DictionaryArray.from_arrays(array(numbers_of_texts), known)
