"""The register of the report's claims, each decided by a test.

Each claim of a report names a test of `claim_tests` and its arguments. The verdict is computed from
the printed table and the series at hand; what needs a model (season, economic link) is decided by
the model's own result, handed in as an `Outcome`.
"""

from __future__ import annotations

from pathlib import Path

from bcsp_analysis import project
from bcsp_analysis.errors import RegisterError
from bcsp_analysis.measures.claim_evidence import (
    Assessment,
    Claim,
    ClaimVerdict,
    Evidence,
    Outcome,
)
from bcsp_analysis.measures.claim_tests import TESTS
from bcsp_analysis.sources import cells

__all__ = ["Assessment", "Claim", "ClaimVerdict", "Evidence", "Outcome", "assess", "load"]


def load(file: Path) -> tuple[Claim, ...]:
    """Read a report's register; RegisterError names an entry with wrong keys or an unknown test."""
    claims: dict[str, Claim] = {}
    for number, entry in enumerate(cells.read_toml(file).get("claim", []), start=1):
        place = f"{project.relative(file)}, claim {number} ({entry.get('id', 'no id')})"
        if set(entry) != set(Claim.__dataclass_fields__):
            raise RegisterError(
                "an entry with the wrong keys",
                where=place,
                found=", ".join(sorted(entry)),
                expected=", ".join(Claim.__dataclass_fields__),
            )
        if entry["test"] not in TESTS:
            raise RegisterError(
                "no such test", where=place, found=entry["test"], expected=", ".join(TESTS)
            )
        if entry["id"] in claims:
            raise RegisterError("a claim id twice", where=place, found=entry["id"])
        claims[entry["id"]] = Claim(**entry)
    return tuple(claims.values())


def assess(claims: tuple[Claim, ...], evidence: Evidence) -> tuple[Assessment, ...]:
    """Decide every claim.

    Raises
    ------
    RegisterError
        A claim whose arguments do not fit its test.
    """
    return tuple(Assessment(claim, _decide(claim, evidence)) for claim in claims)


def _decide(claim: Claim, evidence: Evidence) -> Outcome:
    try:
        return TESTS[claim.test](evidence, **claim.arguments)
    except (TypeError, KeyError) as error:
        raise RegisterError(
            "the arguments of a claim do not fit its test",
            where=f"claim {claim.id}, test {claim.test}",
            found=str(error),
            hint="compare the entry with the test in bcsp_analysis/measures/claim_tests.py",
        ) from error
