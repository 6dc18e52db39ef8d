"""What monthly figures a page stands on, for the page to say so."""

from __future__ import annotations

from dataclasses import dataclass

from bcsp_analysis.periods import Month, Span


@dataclass(frozen=True)
class Standing:
    """Where the monthly incidents of an edition come from.

    Parameters
    ----------
    place : str
        Whose incidents.
    span : Span
        Months held.
    loaded : bool
        Whether they were counted from street-level extracts; else they ship with the project.
    faulty : tuple of Month
        Months known to be wrong.
    largest_error : float or None
        Most incidents by which a shipped figure can be off, from reading it off a chart.
    forces : tuple of str
        Whose extracts; empty where none are loaded.
    unlocated_share : float or None
        Share of the main force's incidents without a location.
    """

    place: str
    span: Span
    loaded: bool
    faulty: tuple[Month, ...] = ()
    largest_error: float | None = None
    forces: tuple[str, ...] = ()
    unlocated_share: float | None = None
