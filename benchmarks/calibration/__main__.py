"""The command: `python -m benchmarks.calibration [--only NAME [--update]]`; --help says more."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from bcsp_analysis.errors import BcspError
from bcsp_analysis.sources.calibration import AimOutcome, Check, load_checks, load_run
from benchmarks.calibration import aims, pool
from benchmarks.calibration.experiments import EXPERIMENTS
from benchmarks.calibration.outcomes import Setting, tally

SEED = 2023
FEWEST_RUNS = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, count, write; exit status 1 where the files cannot be written."""
    options = _options(arguments)
    # Ended from outside, the command ends its processes as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    chosen = [options.only] if options.only else list(EXPERIMENTS)
    experiments = {name: scaled(EXPERIMENTS[name](), options.runs_scale) for name in chosen}
    started = time.monotonic()
    try:
        checks = simulate(experiments, jobs=options.jobs, progress=_Progress(started))
    except KeyboardInterrupt:
        print("interrupted; the table stays as it was", file=sys.stderr)
        return 130
    for check in checks:
        if check.outcome is not AimOutcome.NO_AIM:
            print(line(check))
    if options.only and not options.update:
        print("a part of the bench: nothing is written", file=sys.stderr)
        return 0
    from benchmarks.calibration import record

    run = record.this_run(SEED, options.runs_scale, date.today())
    try:
        if options.only:
            table, recorded = load_checks(), load_run()
            checks, run = record.updated(table, recorded, options.only, checks, run)
        files = record.write(checks, run)
    except BcspError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"written: {', '.join(file.name for file in files)}")
    return 0


def simulate(
    experiments: Mapping[str, list[Setting]],
    *,
    jobs: int | None = None,
    progress: pool.Progress = lambda name, done, total: None,
    seed: int = SEED,
) -> tuple[Check, ...]:
    """All shares of these experiments."""
    outcomes = pool.run_all(experiments, seed, jobs=jobs, progress=progress)
    return tuple(check for name in outcomes for check in tally(outcomes[name], aims.aim))


def scaled(settings: Sequence[Setting], scale: float) -> list[Setting]:
    """The same truths with fewer or more runs."""
    return [replace(s, runs=max(FEWEST_RUNS, round(s.runs * scale))) for s in settings]


def line(check: Check) -> str:
    """One share for a terminal."""
    truth = [
        f"{name} {value:g}"
        for name, value in (
            ("phi", check.phi),
            ("autocorrelation", check.autocorrelation),
            ("years", check.years),
            ("size %", check.size_pct),
        )
        if value is not None
    ]
    low = "" if check.aim_low is None else f"{check.aim_low:.0%} "
    high = "" if check.aim_high is None else f" {check.aim_high:.0%}"
    names = ", ".join(part for part in (check.check, check.subject, *truth) if part)
    share = f"{check.share:.1%} ± {check.mc_error:.1%}"
    return f"{names}: {share} of {check.cases:,} (aim {low}to{high}), {check.outcome}"


class _Progress:
    """A line for every tenth of an experiment."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._told: dict[str, int] = {}

    def __call__(self, name: str, done: int, total: int) -> None:
        tenth = 10 * done // total
        if tenth > self._told.get(name, 0):
            self._told[name] = tenth
            minutes = (time.monotonic() - self._started) / 60
            print(f"{minutes:6.1f} min  {name}: {done:,} of {total:,}", file=sys.stderr, flush=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.calibration",
        description="Measure how often the suite is right when the truth is known.",
    )
    parser.add_argument(
        "--runs-scale", type=_positive, default=1.0, help="runs over those of a full run"
    )
    parser.add_argument("--jobs", type=int, help="processes; one for each core if not given")
    parser.add_argument(
        "--only", choices=list(EXPERIMENTS), help="run a part and print it; nothing is written"
    )
    parser.add_argument(
        "--update",
        action="store_true",
        help="with --only: put its rows in place of the old ones, made with the same --runs-scale",
    )
    options = parser.parse_args(arguments)
    if options.update and not options.only:
        parser.error("--update needs --only")
    return options


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"not above 0: {text}")
    return value


if __name__ == "__main__":
    sys.exit(main())
