"""Which engine evaluates table expressions; apart from `engines`, so that asking loads nothing."""

from __future__ import annotations

import os

SETTING = "BCSP_ENGINE"


def name() -> str:
    """The engine that ``BCSP_ENGINE`` asks for; ``duckdb`` where it is not set."""
    return os.environ.get(SETTING, "").strip() or "duckdb"
