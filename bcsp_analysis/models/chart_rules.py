"""The four rules that tell special-cause variation on a control chart from common-cause variation.

Every rule looks along the last axis of its arrays, so that many simulated series are judged at
once, and answers with int8 of the same shape: 1 where a month is part of a signal towards higher
values, -1 towards lower ones, 0 where it is part of none. A value on a line is on neither side.

The rules are those of the NHS Making Data Count programme (NHSRplotthedots), with one difference:
there, a point outside the limits does not count as one of the two near them; here it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

RUN = 7  # months in a row that make a trend or a shift
SAME = 1e-9  # relative difference below which two numbers are the same but for rounding


class Rule(StrEnum):
    """The rules, in the order in which they decide a month's direction."""

    OUTSIDE = "outside the limits"
    TREND = "seven rising or falling"
    NEAR = "two of three near a limit"
    SIDE = "seven on one side of the mean"


def sides(values: np.ndarray, line: np.ndarray | float) -> np.ndarray:
    """Side of the line on which each value lies: 1 above, -1 below, 0 on it."""
    values, line = np.broadcast_arrays(np.asarray(values, float), np.asarray(line, float))
    close = np.abs(values - line) <= SAME * np.maximum(np.abs(values), np.abs(line))
    return np.where(close, 0, np.sign(values - line)).astype("int8")


def outside(values: np.ndarray, low: np.ndarray | float, high: np.ndarray | float) -> np.ndarray:
    """Values above the upper limit (1) or below the lower one (-1)."""
    above = sides(values, high) == 1
    below = sides(values, low) == -1
    return above.astype("int8") - below.astype("int8")


def trend(values: np.ndarray, length: int = RUN) -> np.ndarray:
    """Values in a run of `length` or more that each rise (1) or each fall (-1).

    A turning point that ends one run and begins another belongs to the later one.
    """
    values = np.asarray(values, float)
    if values.shape[-1] < length:
        return np.zeros(values.shape, "int8")
    steps = sides(values[..., 1:], values[..., :-1])
    rising = _members(_whole_windows(steps == 1, length - 1), length, values.shape)
    falling = _members(_whole_windows(steps == -1, length - 1), length, values.shape)
    following = np.concatenate([steps, np.zeros_like(steps[..., :1])], axis=-1)
    alone = rising.astype("int8") - falling.astype("int8")
    return np.where(rising & falling, following, alone).astype("int8")


def one_side(values: np.ndarray, centre: np.ndarray | float, length: int = RUN) -> np.ndarray:
    """Values in a run of `length` or more above the centre line (1) or below it (-1)."""
    side = sides(values, centre)
    if side.shape[-1] < length:
        return np.zeros(side.shape, "int8")
    above = _members(_whole_windows(side == 1, length), length, side.shape)
    below = _members(_whole_windows(side == -1, length), length, side.shape)
    return above.astype("int8") - below.astype("int8")


def two_of_three(
    values: np.ndarray,
    centre: np.ndarray | float,
    near_low: np.ndarray | float,
    near_high: np.ndarray | float,
) -> np.ndarray:
    """Two of three consecutive values beyond a near limit, all three on that side of the centre.

    Only the values beyond the near limit are marked.
    """
    side = sides(values, centre)
    if side.shape[-1] < 3:
        return np.zeros(side.shape, "int8")
    marks = np.zeros(side.shape, "int8")
    for sign, near in ((1, near_high), (-1, near_low)):
        beyond = sides(values, near) == sign
        enough = sliding_window_view(beyond, 3, axis=-1).sum(axis=-1) >= 2
        found = enough & _whole_windows(side == sign, 3)
        marks += (sign * (_members(found, 3, side.shape) & beyond)).astype("int8")
    return marks


def judge(
    values: np.ndarray,
    centre: np.ndarray | float,
    sigma: np.ndarray | float,
    floor: float = -np.inf,
) -> dict[Rule, np.ndarray]:
    """All four rules, with limits at three sigma and near limits at two.

    Parameters
    ----------
    values : array, time along the last axis
    centre, sigma : arrays or numbers that broadcast against `values`
    floor : float
        Lowest value that a limit can have: 0 for counts.
    """
    centre, sigma = np.asarray(centre, float), np.asarray(sigma, float)
    return {
        Rule.OUTSIDE: outside(values, np.maximum(centre - 3 * sigma, floor), centre + 3 * sigma),
        Rule.TREND: trend(values),
        Rule.NEAR: two_of_three(
            values, centre, np.maximum(centre - 2 * sigma, floor), centre + 2 * sigma
        ),
        Rule.SIDE: one_side(values, centre),
    }


def directions(marks: Mapping[Rule, np.ndarray]) -> np.ndarray:
    """The direction of each value's signal: that of the first rule, in order, that marks it."""
    found = np.zeros_like(marks[Rule.OUTSIDE])
    for rule in Rule:
        found = np.where(found == 0, marks[rule], found)
    return found


def _whole_windows(flags: np.ndarray, length: int) -> np.ndarray:
    """Whether all flags are set in the window that starts at each place."""
    return np.asarray(sliding_window_view(flags, length, axis=-1).all(axis=-1))


def _members(starts: np.ndarray, length: int, shape: tuple[int, ...]) -> np.ndarray:
    """Every place in one of the windows that start where `starts` is set."""
    marks = np.zeros(shape, dtype=bool)
    for offset in range(length):
        marks[..., offset : offset + starts.shape[-1]] |= starts
    return marks
