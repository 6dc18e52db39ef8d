"""Tables of hot spots; what is hidden in the shown frame is hidden here."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from bcsp_analysis.markup import escape
from bcsp_analysis.models.hotspots import BY_COUNT, HotSpots, NamedPlaces
from bcsp_analysis.models.hotspots.ranks import Standing
from bcsp_analysis.present import areas_shown
from bcsp_analysis.present.disclosure import SHORTHAND
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.hotspots import class_counts, kinds, told_by, unit
from bcsp_analysis.present.text.numbers import begun, number, percent, probability, signed, spelled

CONFIDENTIAL, NOT_APPLICABLE, NOT_AVAILABLE = escape(SHORTHAND), escape("[z]"), escape("[x]")
_NOTABLE = (Standing.FAR_ABOVE, Standing.ABOVE, "high together with its neighbours")


def hotspot_ranks(
    spots: HotSpots,
    hidden: Collection[str] = (),
    *,
    label: str,
    rows: int = 15,
    denominator: str = BY_COUNT,
) -> str:
    """The highest areas with the range of their rank and how sure their place is."""
    frame = areas_shown.leading(areas_shown.shown(spots, hidden, denominator=denominator), rows)
    by_count = denominator == BY_COUNT
    columns = [
        Column(escape(spots.kind), share=4),
        Column("Incidents", figures=True),
        *([] if by_count else [Column("Rate", figures=True)]),
        Column("Level, likely range", figures=True, share=3),
        Column("Rank, likely range", figures=True, share=3),
        Column("Truly first", figures=True),
        Column("Among ten highest", figures=True),
    ]
    made = [
        [
            escape(str(row["name"])),
            number(row["count"]),
            *([] if by_count else [_rate(row["rate"])]),
            f"{_rate(row['low'])} to {_rate(row['high'])}",
            _ranks(row),
            probability(row["top1"]),
            probability(row["top10"]),
        ]
        for _, row in frame.iterrows()
    ]
    caption = (
        f"{spots.category}: the highest {kinds(spots)} {told_by(denominator)}, "
        f"{unit(spots, denominator)}, {spots.span.label}. Rank {number(1)} is the highest of "
        f"{number(spots.rankings[denominator].n)}."
    )
    return pipe(columns, made or [_nothing(len(columns))], caption=caption, label=label)


def _rate(value: float) -> str:
    return number(value, 0 if value >= 99.5 else 1)


def _ranks(row: pd.Series) -> str:
    low, high = int(row["rank_low"]), int(row["rank_high"])
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def _nothing(columns: int) -> list[str]:
    return ["Nothing that may be shown", *[NOT_APPLICABLE] * (columns - 1)]


def hotspot_denominators(
    spots: HotSpots, hidden: Collection[str] = (), *, label: str, rows: int = 10
) -> str:
    """The rank of the highest areas on every denominator, side by side."""
    names = list(spots.rankings)
    frames = {name: areas_shown.shown(spots, hidden, denominator=name) for name in names}
    chosen = list(
        dict.fromkeys(
            area
            for place in range(rows)
            for frame in frames.values()
            for area in areas_shown.leading(frame, rows).index[place : place + 1]
        )
    )[:rows]
    columns = [
        Column(escape(spots.kind), share=4),
        *(Column(escape(begun(told_by(name))), figures=True, share=3) for name in names),
    ]
    made = [
        [
            escape(spots.name(area)),
            *(_place(frames[name].loc[area]) for name in names),
        ]
        for area in chosen
    ]
    caption = (
        f"{spots.category}: rank of {kinds(spots)} on each count with its likely range, "
        f"{number(1)} the highest, {spots.span.label}. Taken in turn from the top of each list. "
        "[x]: not available."
    )
    return pipe(columns, made or [_nothing(len(columns))], caption=caption, label=label)


def _place(row: pd.Series) -> str:
    return NOT_AVAILABLE if pd.isna(row["rank"]) else f"{number(row['rank'])} ({_ranks(row)})"


def shown_areas(
    frame: pd.DataFrame, spots: HotSpots, *, label: str, most: int = 100, everything: bool = False
) -> str:
    """The areas of a map in words: class, count and rank, those that stand out first.

    Parameters
    ----------
    frame : DataFrame
        From `areas_shown.shown`; the map is drawn from the same one.
    most : int
        Rows; the caption says how many areas are left out.
    everything : bool
        Areas of every class, not only of those that stand out.
    """
    listed = frame if everything else frame[frame["shown_as"].isin(_NOTABLE)]
    rows = listed.head(most)
    columns = [
        Column(escape(spots.kind), share=4),
        Column("Shown as", share=4),
        Column("Incidents", figures=True),
        Column("Rank, likely range", figures=True, share=3),
    ]
    made = [
        [
            escape(str(row["name"])),
            escape(str(row["shown_as"])),
            CONFIDENTIAL if pd.isna(row["count"]) else number(row["count"]),
            _known_ranks(row),
        ]
        for _, row in rows.iterrows()
    ]
    left = len(frame) - len(rows)
    rest = f" {begun(kinds(spots, left))} more on the map are not listed." if left else ""
    caption = f"{spots.category}: the areas of the map, {spots.span.label}.{rest}"
    return pipe(columns, made or [_nothing(len(columns))], caption=caption, label=label)


def _known_ranks(row: pd.Series) -> str:
    if str(row["shown_as"]) == areas_shown.TOO_FEW:
        return CONFIDENTIAL
    return NOT_AVAILABLE if pd.isna(row["rank_low"]) else _ranks(row)


def map_classes(frame: pd.DataFrame, spots: HotSpots, *, label: str) -> str:
    """How many areas, and how many of the incidents shown, lie in each class of a map."""
    areas = class_counts(frame)
    incidents = frame.groupby("shown_as", observed=True)["count"].sum().to_dict()
    columns = [
        Column("Shown as", share=5),
        Column(escape(kinds(spots)), figures=True),
        Column("Incidents", figures=True),
    ]
    rows = [
        [
            escape(str(name)),
            number(many),
            CONFIDENTIAL if str(name) == areas_shown.TOO_FEW else number(incidents[name]),
        ]
        for name, many in areas.items()
    ]
    caption = f"{spots.category}: classes of the map, {spots.span.label}."
    return pipe(columns, rows, caption=caption, label=label)


def hotspot_lasting(
    spots: HotSpots, hidden: Collection[str] = (), *, label: str, rows: int = 15
) -> str:
    """Areas that were among the highest most often, beside chance."""
    found = spots.persistence
    columns = [
        Column(escape(spots.kind), share=4),
        Column("Months among highest", figures=True),
        Column("Quarters", figures=True),
        Column("Without a break up to the end", figures=True, share=3),
    ]
    if found is None:
        caption = f"{spots.category}: months among the highest."
        return pipe(columns, [_nothing(len(columns))], caption=caption, label=label)
    open_to_all = found.table[~found.table.index.isin(list(hidden)) & (found.table["months"] > 0)]
    top = open_to_all.sort_values(["months", "quarters"], ascending=False, kind="stable").head(rows)
    made = [
        [
            escape(spots.name(str(area))),
            f"{number(row['months'])} of {number(found.months)}",
            f"{number(row['quarters'])} of {number(found.quarters)}",
            number(row["run"]),
        ]
        for area, row in top.iterrows()
    ]
    caption = (
        f"{spots.category}: how often {kinds(spots)} were among the highest "
        f"{percent(100 * found.share)}, {found.span.label}. By chance every one would be "
        f"{number(found.expected, 1)} times."
    )
    return pipe(columns, made or [_nothing(len(columns))], caption=caption, label=label)


def hotspot_accuracy(spots: HotSpots, *, label: str) -> str:
    """Ways of choosing hot spots, scored on the months that followed."""
    found = spots.accuracy
    columns = [
        Column("Chosen by", share=4),
        Column("Of later incidents", figures=True),
        Column("PAI", figures=True, share=1),
        Column("PEI", figures=True, share=1),
        Column("Against the first, points", figures=True, share=4),
        Column("Verdict", share=3),
    ]
    if found is None:
        caption = f"{spots.category}: ways of choosing hot spots."
        return pipe(columns, [_nothing(len(columns))], caption=caption, label=label)
    made = [
        [
            escape(str(name)),
            percent(100 * row["hit_rate"], 1),
            number(row["pai"], 2),
            number(row["pei"], 2),
            _points(row, found.baseline == name),
            escape(str(row["verdict"])),
        ]
        for name, row in found.by_method.iterrows()
    ]
    caption = (
        f"{spots.category}: the {kinds(spots, found.chosen)} chosen from earlier months, scored on "
        f"the {spelled(found.ahead)} that followed, {found.span.label}. PAI: share of the "
        f"incidents over {found.measured_by}; PEI: hits over the most that as many could have had."
    )
    return pipe(columns, made, caption=caption, label=label)


def _points(row: pd.Series, baseline: bool) -> str:
    if baseline:
        return NOT_APPLICABLE
    at = signed(100 * row["difference"], 1)
    if pd.isna(row["low"]):
        return at
    return f"{at} ({signed(100 * row['low'], 1)} to {signed(100 * row['high'], 1)})"


def hotspot_concentration(spots: HotSpots, *, label: str) -> str:
    """What the highest areas hold, beside an even world with as many incidents."""
    found = spots.concentration
    columns = [
        Column(f"Highest {escape(kinds(spots))}", figures=True, share=3),
        Column("Of the incidents", figures=True),
        Column("By chance alone", figures=True, share=4),
        Column("Beyond chance, points", figures=True),
    ]
    rows = [
        [
            f"{number(row['number'])} ({percent(100 * float(str(share)))})",
            percent(100 * row["incidents"], 1),
            f"{percent(100 * row['even'], 1)} ({percent(100 * row['even_low'], 1)} to "
            f"{percent(100 * row['even_high'], 1)})",
            signed(100 * row["beyond"], 1),
        ]
        for share, row in found.tops.iterrows()
    ]
    caption = (
        f"{spots.category}: share of {number(found.total)} incidents in the highest of "
        f"{number(found.n)} {kinds(spots)}, {spots.span.label}. Gini coefficient "
        f"{number(found.gini_generalised, 2)}; {number(found.gini_even, 2)} by chance alone."
    )
    return pipe(columns, rows, caption=caption, label=label)


def named_places(result: NamedPlaces, *, label: str) -> str:
    """The named places with the ranges of their levels and ranks."""
    columns = [
        Column("Place", share=4),
        Column("Incidents", figures=True),
        Column("Level, likely range", figures=True, share=3),
        Column("Rank, likely range", figures=True, share=3),
        Column("Truly highest", figures=True),
    ]
    rows = [
        [
            escape(str(name)),
            number(row["count"]),
            f"{number(row['low'])} to {number(row['high'])}",
            _ranks(row),
            probability(row["highest"]),
        ]
        for name, row in result.table.iterrows()
    ]
    caption = "The places that the report names: what their counts alone can tell of their order."
    return pipe(columns, rows, caption=caption, label=label)
