"""Parameters that a page may have, and the values that each can take."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bcsp_analysis.inputs import SERIES, unknown
from bcsp_analysis.local import KIND_NAMES

# Those with values of their own; `known` adds those whose values the catalogue of measures gives.
FIXED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"series": tuple(SERIES), "kind": tuple(KIND_NAMES)}
)
FROM_CATALOGUE = ("measure", "priority")
FREE = ("locality",)  # a code: any text, held against the lookup when the page runs


def check(parameters: Mapping[str, object], where: str = "") -> None:
    """ParameterError where a parameter or its value is not known."""
    for name, value in parameters.items():
        if name in FREE:
            continue
        if name not in (*FIXED, *FROM_CATALOGUE):
            raise unknown("parameter", name, (*FIXED, *FROM_CATALOGUE, *FREE), where)
        if value not in known(name):
            raise unknown(f"value of the parameter {name}", str(value), known(name), where)


def known(name: str) -> tuple[str, ...]:
    """Values that a parameter can have; none where any text will do.

    Raises
    ------
    MissingFileError, RegisterError
        The catalogue, which has the ids of measures and priorities, cannot be used.
    """
    if name not in FROM_CATALOGUE:
        return FIXED.get(name, ())
    from bcsp_analysis.measures import catalogue

    held = catalogue.load()
    return tuple(held.measures if name == "measure" else held.priorities)
