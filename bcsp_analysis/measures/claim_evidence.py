"""What a claim is, what its test may use, and what the test says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pandas as pd

from bcsp_analysis.measures.catalogue import Catalogue
from bcsp_analysis.measures.performance import QuarterlyTable
from bcsp_analysis.measures.recording import RecordingChange
from bcsp_analysis.sources.report import PrintedTable


class ClaimVerdict(StrEnum):
    """What the data at hand say of a claim."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    IN_PART = "holds in part"
    CANNOT_BE_TESTED = "cannot be tested"


@dataclass(frozen=True)
class Claim:
    """A checkable statement of the report, in the register's own words.

    `place` is where the report makes it, `test` and `arguments` what decides it, `needs` the data
    that would decide it where those at hand cannot.
    """

    id: str
    statement: str
    place: str
    test: str
    arguments: dict[str, Any]
    needs: str


@dataclass(frozen=True)
class Outcome:
    """Verdict of a test, the reason in one or two sentences, and the numbers it rests on."""

    verdict: ClaimVerdict
    reason: str
    evidence: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Assessment:
    """A claim with its outcome."""

    claim: Claim
    outcome: Outcome


@dataclass(frozen=True)
class Evidence:
    """What the tests may use.

    `printed` holds the other printed figures (index id, column `value`), `monthly` the monthly
    series by category, `models` outcomes of models by ``"test:series"``, `recording` the register
    of recording changes.
    """

    catalogue: Catalogue
    table: PrintedTable
    quarterly: QuarterlyTable
    printed: pd.DataFrame
    monthly: Mapping[str, pd.Series]
    models: Mapping[str, Outcome]
    recording: tuple[RecordingChange, ...] = ()
