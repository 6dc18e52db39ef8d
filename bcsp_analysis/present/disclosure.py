"""Which measures have counts so small that computed pages do not show them."""

from __future__ import annotations

import pandas as pd

SHORTHAND = "[c]"  # confidential, as official statistics in spreadsheets write it


def hidden_measures(counts: pd.DataFrame, suppress_below: int) -> frozenset[str]:
    """Measures of which no count is shown.

    A count from 1 up to, not including, `suppress_below` is small. Quarters, years to date and
    implied quarters of a row give each other back by subtraction, so one small count hides the
    whole row.

    Parameters
    ----------
    counts : DataFrame
        Numeric, index measure_id; every column that is printed or implied.
    suppress_below : int
        The edition's threshold; 0 or 1 shows everything.
    """
    small = (counts > 0) & (counts < suppress_below)
    return frozenset(str(name) for name in counts.index[small.fillna(False).any(axis=1)])
