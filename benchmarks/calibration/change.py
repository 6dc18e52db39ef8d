"""Change: coverage of its intervals, false alarms of the family of 22, and its power."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from bcsp_analysis.models import quarterly
from bcsp_analysis.models.change import ChangeResult, Verdict
from benchmarks.calibration import partnership
from benchmarks.calibration.outcomes import Key, Outcome, Setting, with_pooled

ALPHA, MATERIALITY_PCT, SMALL_COUNT = 0.05, 5.0, 10.0
PHIS = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0)
AUTOCORRELATIONS = (0.0, 0.3, 0.6)
SIZES = (10.0, 20.0, 40.0)
RUNS, RUNS_OTHER = 150, 90
SIZE_CLASSES = (("under 300", 10, 300), ("300 to 3,000", 300, 3000), ("over 3,000", 3000, 1e9))
TITLES = {"quarter_on_year": "quarter", "year_to_date": "year to date"}
CLEAR = (Verdict.INCREASE, Verdict.DECREASE)


def settings() -> list[Setting]:
    """Nothing changed, over all levels of variation; borrowers of two kinds; true changes."""
    found = [
        Setting(f"none phi={phi:g} rho={rho:g}", partial(run, phi, rho, "share", 0.0), RUNS)
        for phi in PHIS
        for rho in AUTOCORRELATIONS
    ]
    found += [
        Setting(f"unlike phi={phi:g}", partial(run, phi, None, "share", 0.0), RUNS_OTHER)
        for phi in (2.0, 20.0)
    ]
    found += [
        Setting(f"same phi={phi:g}", partial(run, phi, 0.3, "phi", 0.0), RUNS_OTHER)
        for phi in (5.0, 10.0, 40.0)
    ]
    found += [
        Setting(f"change={size:g}", partial(run, 10.0, 0.3, "share", size), RUNS_OTHER)
        for size in SIZES
    ]
    return found


def run(
    phi: float, rho: float | None, borrowed: str, size: float, random: np.random.Generator
) -> Outcome:
    """One partnership, judged as the report is."""
    made = partnership.simulate(random, phi=phi, rho=rho, borrowed=borrowed, change_pct=size)
    catalogue, register, _ = partnership.fixed()
    assessed = quarterly.assess(
        made.table,
        catalogue,
        register,
        made.monthly,
        alpha=ALPHA,
        materiality_pct=MATERIALITY_PCT,
        small_count=SMALL_COUNT,
    )
    base = Key("", "", "", phi=phi, autocorrelation=rho, size_pct=size)
    outcome: dict[Key, tuple[float, int]] = {}
    for comparison, title in TITLES.items():
        results = assessed.results[comparison]
        true = made.ratios[comparison]
        if rho is None:
            for tie in partnership.UNLIKE:
                names = [n for n in made.judged if n in made.own and made.ties[n] == tie]
                key = replace(base, autocorrelation=tie)
                cases = [(results[n], true[n]) for n in names]
                outcome |= _coverage(key, f"own, unlike histories, {title}", cases)
            outcome |= _family(base, f"{title}, unlike histories", results)
            continue
        groups = {
            "own history": [n for n in made.judged if n in made.own],
            _BORROWERS[borrowed]: [n for n in made.judged if n not in made.own],
        }
        for group, names in groups.items():
            subject = f"{group}, {title}"
            if borrowed == "phi" and group == "own history":
                continue
            outcome |= _coverage(base, subject, [(results[n], true[n]) for n in names])
        if size == 0 and borrowed == "share":
            outcome |= with_pooled(_family(base, title, results))
        if size:
            outcome |= _power(base, title, results)
    return outcome


_BORROWERS = {"share": "borrowed", "phi": "borrowed, small measures vary as much"}


def _coverage(base: Key, subject: str, cases: list[tuple[ChangeResult, float]]) -> Outcome:
    inside = sum(r.low <= true <= r.high for r, true in cases)
    exact = sum(r.exact_low <= true <= r.exact_high for r, true in cases)
    return {
        base.of("change-interval", "published", subject): (inside, len(cases)),
        base.of("change-interval", "Poisson", subject): (exact, len(cases)),
    }


def _family(base: Key, title: str, results: dict[str, ChangeResult]) -> Outcome:
    """Whether any measure is called changed where none did, recording changes left aside."""
    few = Verdict.TOO_FEW
    clear = any(r.verdict_if_recorded_alike in CLEAR for r in results.values())
    plain = any(
        r.p_exact < ALPHA and r.verdict_if_recorded_alike is not few for r in results.values()
    )
    return {
        base.of("change-family", "published", title): (clear, 1),
        base.of("change-family", "Poisson, uncorrected", title): (plain, 1),
    }


def _power(base: Key, title: str, results: dict[str, ChangeResult]) -> Outcome:
    """Share of true changes that are called clear, by the size of the measure."""
    outcome = {}
    for words, low, high in SIZE_CLASSES:
        names = [n for n, level in partnership.levels().items() if low <= 3 * level < high]
        found = [results[n].verdict_if_recorded_alike in CLEAR for n in names]
        key = base.of("change-power", "published", f"{title}, {words}")
        outcome[key] = (sum(found), len(found))
    return outcome
