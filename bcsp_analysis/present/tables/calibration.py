"""The part of the methods page on how often the suite was right where the truth was known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text import calibration as words
from bcsp_analysis.present.text.boxes import folded
from bcsp_analysis.present.text.numbers import number, percent
from bcsp_analysis.sources.calibration import AimOutcome, CalibrationRun, Check

QUESTIONS = {
    "change-interval": "Range of a change holds the truth",
    "change-family": "A measure is called changed although none did",
    "season-false": "A season is seen although there is none",
    "season-index": "Range of a month's index holds the truth",
    "range-interval": "Range or set holds the truth",
    "living-false": "Something is found although prices have no effect",
    "living-interval": "Range of an effect of prices holds the truth",
    "shock-false": "A shock is found although none came",
    "outlook-range80": "80% range of a coming quarter holds what came",
    "outlook-range95": "95% range of a coming quarter holds what came",
    "outlook-false": "A winner is named although last year's months are best",
}
_NOTE = "<!-- Written by `make calibrate` from data/calibration.csv; a change by hand is lost. -->"


def calibration(checks: Sequence[Check], run: CalibrationRun) -> str:
    """The whole part, Markdown."""
    sections: list[tuple[str, Sequence[Callable[[Sequence[Check]], str]]]] = [
        (
            "Change",
            (words.changes, intervals_by_level, words.borrowing, words.change_power),
        ),
        ("Season", (words.seasons, season_power)),
        ("Cost of living", (words.prices, false_associations, words.dated)),
        ("Outlook", (words.outlook, ranges_by_method)),
        ("Control charts", (words.charts,)),
        ("Other ranges", (words.ranges,)),
    ]
    parts = [_NOTE, words.truths(checks), words.made(checks, run), aims(checks), words.UNTESTED]
    for title, writers in sections:
        parts.append(f"### {title}")
        parts += [writer(checks) for writer in writers]
    return "\n\n".join(parts) + "\n"


def aims(checks: Sequence[Check], *, label: str = "tbl-calibration") -> str:
    """Every question with an aim: what was found, and whether the aim is met."""
    columns = [
        Column("Question", share=4),
        Column("Aim", share=2),
        Column("Found", figures=True, share=2),
        Column("Largest error", figures=True, share=2),
        Column("Truths a level", figures=True, share=2),
        Column("Aim met", share=3),
    ]
    groups: dict[tuple[str, str], list[Check]] = {}
    for name in QUESTIONS:
        for check in checks:
            if check.check == name and check.outcome is not AimOutcome.NO_AIM and not check.pooled:
                groups.setdefault((name, _group(check)), []).append(check)
    rows = [
        [
            ": ".join(part for part in (QUESTIONS[name], subject) if part),
            words.aim(found[0]),
            words.span(found),
            percent(100 * max(c.mc_error for c in found), 1),
            words.runs(found),
            words.standing(found),
        ]
        for (name, subject), found in groups.items()
    ]
    caption = (
        "How often the suite was right in simulated truths: lowest and highest share over all"
        " levels that were tried, the largest Monte Carlo error of one share (its standard error,"
        " in points), and how many truths each level had. Within error: outside the aim by less"
        " than two such errors, which is no proof that the aim is met."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _group(check: Check) -> str:
    """What tells the rows of one question apart in the table; truths of one kind go together."""
    apart = ("change-interval", "change-family", "season-index", "range-interval")
    return check.subject if check.check in apart else ""


def intervals_by_level(checks: Sequence[Check]) -> str:
    """Coverage of the ranges of change by variation and carry-over, folded."""
    kinds = [
        (method, span)
        for method in (words.PUBLISHED, "Poisson")
        for span in ("quarter", "year to date")
    ]
    shares: dict[tuple[float, float], dict[tuple[str, str], str]] = {}
    for method, span in kinds:
        found = words.chosen(
            checks,
            "change-interval",
            method=method,
            subject=f"own history, {span}",
            size_pct=0.0,
        )
        for c in found:
            level = (c.phi or 1.0, c.autocorrelation or 0.0)
            shares.setdefault(level, {})[method, span] = words.share(c.share)
    columns = [
        Column("Variation over mean", figures=True),
        Column("Carry-over", figures=True),
        Column("Quarter", figures=True),
        Column("Year to date", figures=True),
        Column("Poisson: quarter", figures=True),
        Column("Poisson: year to date", figures=True),
    ]
    rows = [
        [number(phi), number(tie, 1), *(found[kind] for kind in kinds)]
        for (phi, tie), found in sorted(shares.items())
    ]
    caption = (
        "Share of ranges that hold the true change: measures with a history of their own, by how"
        " much a month's count varies over its mean and how much one month's error carries over to"
        " the next."
    )
    table = pipe(columns, rows, caption=caption, label="tbl-calibration-change")
    return folded(table, "Coverage by level of variation")


def season_power(checks: Sequence[Check]) -> str:
    """Share of true seasons that are seen, by their size and the length of the history, folded."""
    found = words.chosen(checks, "season-power")
    years = sorted({c.years for c in found if c.years is not None})
    sizes = sorted({c.size_pct for c in found if c.size_pct is not None})
    shares = {(c.size_pct, c.years): words.share(c.share) for c in found}
    columns = [Column("Peak above average", figures=True)]
    columns += [Column(f"{number(y)} years", figures=True) for y in years]
    rows = [[f"{number(size)}%", *(shares[size, y] for y in years)] for size in sizes]
    caption = "Share of series whose true season is said to be present."
    table = pipe(columns, rows, caption=caption, label="tbl-calibration-season")
    return folded(table, "Power by size of the season")


def false_associations(checks: Sequence[Check]) -> str:
    """What is found where prices have no effect, by kind of series and method, folded."""
    methods: dict[str, str] = {
        words.PUBLISHED: "This suite, any of six",
        "one regression": "One plain regression",
        "any of six regressions": "Any of six",
        "any of six regressions, HAC errors": "Any of six, HAC errors",
    }
    found = {m: words.chosen(checks, "living-false", method=m) for m in methods}
    kinds = list(dict.fromkeys(c.subject for c in found[words.PUBLISHED]))
    shares = {(m, c.subject): words.share(c.share) for m, rows in found.items() for c in rows}
    columns = [Column("Series and prices", share=3)]
    columns += [Column(title, figures=True) for title in methods.values()]
    rows = [[kind, *(shares[m, kind] for m in methods)] for kind in kinds]
    caption = "Share of truths without any effect in which something is found."
    table = pipe(columns, rows, caption=caption, label="tbl-calibration-prices")
    return folded(table, "False associations by kind of series")


def ranges_by_method(checks: Sequence[Check]) -> str:
    """Coverage of the ranges of every method, folded."""
    rows = []
    for narrow in (c for c in checks if c.check == "outlook-range80"):
        wide = words.chosen(
            checks,
            "outlook-range95",
            method=narrow.method,
            subject=narrow.subject,
            years=narrow.years or 0.0,
        )
        truth = f"{narrow.subject}, {number(narrow.years or 0)} years"
        rows.append([truth, narrow.method, words.share(narrow.share), words.share(wide[0].share)])
    columns = [
        Column("Series", share=3),
        Column("Method", share=3),
        Column("80% range", figures=True),
        Column("95% range", figures=True),
    ]
    caption = "Share of ranges of the next two quarters that held what came, by method."
    table = pipe(columns, rows, caption=caption, label="tbl-calibration-outlook")
    return folded(table, "Ranges by method")
