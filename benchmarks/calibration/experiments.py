"""The experiments by name, in the order of the page."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.calibration import change, charts, living, outlook, ranges, season, shock
from benchmarks.calibration.outcomes import Setting

EXPERIMENTS: dict[str, Callable[[], list[Setting]]] = {
    "change": change.settings,
    "season": season.settings,
    "living": living.settings,
    "shock": shock.settings,
    "outlook": outlook.settings,
    "charts": charts.settings,
    "range": ranges.settings,
}
