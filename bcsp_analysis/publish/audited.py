"""The audit of an edition as data, worked out again only when what it stands on changed."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from bcsp_analysis.publish import papers, warm

if TYPE_CHECKING:
    from bcsp_analysis.editions import Edition

_FILE = "audit.json"


def audited(edition: Edition) -> dict[str, Any]:
    """Checks by rule (``checks``) and findings (``findings``, the fields of `Finding` each).

    Raises
    ------
    DataError
        The report's tables cannot be read.
    """

    def make() -> papers.Made:
        from bcsp_analysis.measures import audit

        result = audit.run(edition.data.report, edition.quarter)
        findings = [dataclasses.asdict(finding) for finding in result.findings]
        held = {"checks": dict(result.checked), "findings": findings}
        return {_FILE: json.dumps(held, ensure_ascii=False).encode()}, ()

    done = papers.paper("audit", edition.slug, warm.told(edition), make)
    held: dict[str, Any] = json.loads(done.files[_FILE])
    return held
