"""Numbers in words. Rounding happens here and nowhere before: half away from zero."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from bcsp_analysis import ledger

MINUS = "\u2212"
_SPELLED = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SAME = "the same number"
_NEARLY_NONE = -99.5  # per cent; shown as "nearly none"
_MULTIPLE_FROM = 200.0  # per cent; from here on a multiple reads better than per cent
_LARGEST_MULTIPLE = 10.0


def rounded(value: float, places: int = 0) -> Decimal:
    """`value` rounded half away from zero; never minus zero."""
    result = Decimal(str(float(value))).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return abs(result) if result == 0 else result


def _digits(value: float, places: int, sign: bool = False) -> str:
    text = f"{rounded(value, places):,}".replace("-", MINUS)
    return f"+{text}" if sign and rounded(value, places) > 0 else text


def number(value: float, places: int = 0) -> str:
    """``"2,493"``, ``"−115"``, ``"1.20"``: thousands separators and a true minus sign."""
    return ledger.number(value, _digits(value, places))


def tick(value: float, places: int = 0) -> str:
    """A mark on the scale of a chart, written as `number` writes it; it states nothing."""
    return ledger.scale(_digits(value, places))


def signed(value: float, places: int = 0) -> str:
    """With its sign, ``"+1,140"``, ``"−115"``, and ``"0"``."""
    return ledger.number(value, _digits(value, places, sign=True))


def percent(value: float, places: int = 0) -> str:
    """``"22%"``."""
    return ledger.number(value, f"{_digits(value, places)}%")


def signed_percent(value: float, places: int = 1) -> str:
    """``"+22.2%"``, ``"−11.8%"``, ``"0.0%"``."""
    return ledger.number(value, f"{_digits(value, places, sign=True)}%")


def end_percent(value: float) -> str:
    """End of a range in whole per cent; with decimals where it would else hide its sign as 0%."""
    for places in (0, 1, 2):
        if rounded(value, places) or value == 0:
            return signed_percent(value, places)
    return ledger.number(value, f"just {'above' if value > 0 else 'below'} 0%")


def p_value(value: float) -> str:
    """``"0.52"``, ``"0.052"``, and ``"below 0.001"`` where it is."""
    if value < 0.001:
        return ledger.number(value, "below 0.001")
    return number(value, 3 if value < 0.0995 else 2)


def probability(value: float) -> str:
    """A probability in whole per cent, ``"49%"``; never a false ``"0%"`` or ``"100%"``."""
    if value < 0.005:
        return ledger.number(100 * value, "below 1%")
    if value >= 0.995:
        return ledger.number(100 * value, "above 99%")
    return percent(100 * value)


def spelled(count: int) -> str:
    """``"none"`` to ``"nine"`` in letters, from 10 on in figures."""
    if 0 <= count < len(_SPELLED):
        return ledger.number(count, _SPELLED[count])
    return number(count)


def begun(text: str) -> str:
    """The text with a capital at its beginning, the rest as it is: ``"One LSOA"``."""
    return f"{text[:1].upper()}{text[1:]}"


def sentences(parts: list[str]) -> str:
    """Joined; only the first begins small, since it follows a label."""
    return " ".join(part if place == 0 else begun(part) for place, part in enumerate(parts))


def plural(count: int, singular: str, plural_form: str = "") -> str:
    """``"one measure"``, ``"12 measures"``, ``"no measure"``."""
    if count == 0:
        return f"no {singular}"
    return f"{spelled(count)} {singular if count == 1 else plural_form or singular + 's'}"


def listing(items: Iterable[str], last: str = "and") -> str:
    """``"a, b and c"``."""
    parts = list(items)
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def more_or_fewer(pct: float | None) -> str:
    """A change of counts in words: ``"22% more"``, ``"0.3% fewer"``, ``"3.1 times as many"``.

    Below 10% one decimal is kept. None (nothing to compare with) gives an empty text.
    """
    if pct is None:
        return ""
    if pct == 0:
        return _SAME
    if pct >= _MULTIPLE_FROM:
        return _times(pct)
    if pct <= _NEARLY_NONE:
        return "all of them fewer" if pct <= -100 else "nearly all of them fewer"
    size = abs(pct)
    places = 1 if size < 9.95 else 0
    text = percent(size, places) if rounded(size, places) else ledger.number(size, "less than 0.1%")
    return f"{text} {'more' if pct > 0 else 'fewer'}"


def interval(low_pct: float, high_pct: float) -> str:
    """An interval of change in words, whole per cent.

    ``"likely between 27% and 41% more"``, ``"likely between 5% and 21% fewer"`` (the smaller change
    first), ``"likely between 8% fewer and 62% more"``.

    Raises
    ------
    ValueError
        The lower end lies above the upper one, or is no number.
    """
    if math.isnan(low_pct) or math.isnan(high_pct) or low_pct > high_pct:
        raise ValueError(f"no interval: {low_pct} to {high_pct}")
    if low_pct > 0 or high_pct < 0:
        near, far = sorted((low_pct, high_pct), key=abs)
        word = "more" if low_pct > 0 else "fewer"
        both_plain = _plain(near) and _plain(far)
        if both_plain and _size(near) == _size(far):
            return f"likely about {_size(near)} {word}"
        first = _size(near) if both_plain else _end(near)
        return f"likely between {first} and {_end(far)}"
    return f"likely between {_end(low_pct)} and {_end(high_pct)}"


def _plain(pct: float) -> bool:
    return _NEARLY_NONE < pct < _MULTIPLE_FROM


def _size(pct: float) -> str:
    size = abs(pct)
    return percent(size) if rounded(size) else ledger.number(size, "less than 1%")


def _end(pct: float) -> str:
    """One end of an interval."""
    if pct == 0:
        return _SAME
    if pct <= _NEARLY_NONE:
        return "nearly none"
    if pct >= _MULTIPLE_FROM:
        return _times(pct)
    return f"{_size(pct)} {'more' if pct > 0 else 'fewer'}"


def _times(pct: float) -> str:
    factor = 1 + pct / 100
    if factor > _LARGEST_MULTIPLE:
        return ledger.number(factor, "more than ten times as many")
    return f"{number(factor, 1)} times as many"
