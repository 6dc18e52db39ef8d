"""The numbers inside a result, each by its path: what two pages have to agree on."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import numbers
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MOST_CELLS = 500  # of a table; a larger one stands for itself as a whole
_DEEPEST = 6


def quantities(result: object) -> dict[str, float | str]:
    """Every number of a result by its path, ``"table.counts[asb-incidents, q_this]"``.

    Dataclasses, mappings, sequences, Series and DataFrames are gone through, six levels deep. A
    table of more than 500 cells gives one text, the digest of its content. A result that says it is
    ``withheld`` gives none: it holds counts that no page shows.

    Parameters
    ----------
    result : object
        An answer of a page.
    """
    return dict(_within(result, "", 0))


def _within(value: object, path: str, depth: int) -> Iterator[tuple[str, float | str]]:
    import numpy as np
    import pandas as pd

    if isinstance(value, (bool, np.bool_)) or value is None or depth > _DEEPEST:
        return
    if isinstance(value, numbers.Real):
        if math.isfinite(value):
            yield path, float(value)
    elif isinstance(value, (pd.Series, pd.DataFrame)):
        yield from _cells(value, path)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        asked = hasattr(value, "_ledger_names")  # what is asked, not an answer
        if not (asked or getattr(value, "withheld", False)):
            for field in dataclasses.fields(value):
                name = f"{path}.{field.name}" if path else field.name
                yield from _within(getattr(value, field.name), name, depth + 1)
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from _within(held, f"{path}[{_said(key)}]", depth + 1)
    elif isinstance(value, (tuple, list)):
        for at, held in enumerate(value):
            yield from _within(held, f"{path}[{at}]", depth + 1)


def _cells(table: pd.Series | pd.DataFrame, path: str) -> Iterator[tuple[str, float | str]]:
    import pandas as pd

    numeric = table.select_dtypes("number") if isinstance(table, pd.DataFrame) else table
    if numeric.size > MOST_CELLS:
        content = pd.util.hash_pandas_object(numeric.astype("object").astype("str"))
        yield path, hashlib.sha256(content.to_numpy().tobytes()).hexdigest()
        return
    if isinstance(numeric, pd.Series):
        if not pd.api.types.is_numeric_dtype(numeric) or pd.api.types.is_bool_dtype(numeric):
            return
        columns = [("", numeric)]
    else:
        columns = [(f", {_said(name)}", numeric[name]) for name in numeric.columns]
    for name, column in columns:
        for row, value in zip(column.index, column.tolist(), strict=True):
            if isinstance(value, (int, float)) and math.isfinite(value):
                yield f"{path}[{_said(row)}{name}]", float(value)


def _said(key: object) -> str:
    import pandas as pd

    if isinstance(key, tuple):
        return ", ".join(map(_said, key))
    if isinstance(key, pd.Timestamp):
        return f"{key:%Y-%m}"
    return str(getattr(key, "label", key))
