"""Effects that others published, to stand beside ours.

Data card
---------
Source : data/published_effects.toml, written for the project; each entry names its study.
Rows : one finding each.
Unit : per cent, for the change that `per` names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bcsp_analysis import project
from bcsp_analysis.errors import RegisterError
from bcsp_analysis.sources import cells

COMPARABLE = ("step", "price", "no")
TEXTS = ("id", "study", "address", "place", "of", "per", "comparable", "note")
ALL = "*"


@dataclass(frozen=True)
class PublishedEffect:
    """One published finding.

    id, study, address, place : str
    effect_pct, high_pct : float or None
        Per cent; `high_pct` where a range is published, both None where no percentage is.
    of, per : str
        What changes, and for which change of the cause.
    comparable : str
        ``"step"`` (with a dated shock), ``"price"`` (with a rise of a price) or ``"no"``.
    subjects : tuple of str
        Monthly categories that it speaks to; ``"*"`` stands for all.
    note : str
    """

    id: str
    study: str
    address: str
    place: str
    effect_pct: float | None
    high_pct: float | None
    of: str
    per: str
    comparable: str
    subjects: tuple[str, ...]
    note: str


def load(file: Path | None = None) -> tuple[PublishedEffect, ...]:
    """Read the register in the order of the file.

    Raises
    ------
    RegisterError, MissingFileError
        An entry lacks a key, has another one, repeats an id, or holds a value that is not allowed.
    """
    file = file or project.path("data", "published_effects.toml")
    where = project.relative(file)
    found: dict[str, PublishedEffect] = {}
    for number, entry in enumerate(cells.read_toml(file).get("effect", []), start=1):
        place = f"{where}, effect {number} ({entry.get('id', 'no id')})"
        effect = _read(entry, place)
        if effect.id in found:
            raise RegisterError("a finding twice", where=place, found=effect.id)
        found[effect.id] = effect
    return tuple(found.values())


def table(effects: Iterable[PublishedEffect], series: str) -> pd.DataFrame:
    """All findings, those that speak to one monthly category first.

    Returns
    -------
    DataFrame
        Index ``id``; ``study``, ``place``, ``of``, ``per``, ``comparable``, ``address``, ``note``
        (str), ``effect_pct``, ``high_pct`` (float64, missing where nothing was published),
        ``same_subject`` (bool).
    """
    columns = ["study", "place", "of", "per", "effect_pct", "high_pct"]
    columns += ["comparable", "address", "note"]
    found = [(bool({series, ALL} & set(effect.subjects)), effect) for effect in effects]
    rows = sorted(found, key=lambda pair: not pair[0])
    frame = pd.DataFrame(
        [[getattr(effect, column) for column in columns] for _, effect in rows],
        index=pd.Index([effect.id for _, effect in rows], name="id", dtype="str"),
        columns=columns,
    )
    frame["same_subject"] = np.array([same for same, _ in rows], dtype=bool)
    return frame.astype({"effect_pct": "float64", "high_pct": "float64"})


def _read(entry: dict[str, object], place: str) -> PublishedEffect:
    required, optional = {*TEXTS, "subjects"}, {"effect_pct", "high_pct"}
    if not required <= set(entry) <= required | optional:
        raise RegisterError(
            "an entry with other keys than a published effect has",
            where=place,
            found=", ".join(sorted(entry)),
            expected=", ".join(sorted(required)) + "; where published effect_pct, high_pct",
        )
    for key in TEXTS:
        if not (isinstance(entry[key], str) and str(entry[key]).strip()):
            raise RegisterError("an empty text", where=f"{place}, {key}", found=repr(entry[key]))
    if entry["comparable"] not in COMPARABLE:
        raise RegisterError(
            "a value that is not allowed",
            where=f"{place}, comparable",
            found=repr(entry["comparable"]),
            expected=", ".join(COMPARABLE),
        )
    subjects = entry["subjects"]
    if not (isinstance(subjects, list) and subjects and all(isinstance(s, str) for s in subjects)):
        raise RegisterError(
            "no list of monthly categories", where=f"{place}, subjects", found=repr(subjects)
        )
    numbers = {key: _number(entry.get(key), f"{place}, {key}") for key in sorted(optional)}
    low, high = numbers["effect_pct"], numbers["high_pct"]
    if (low is None and (high is not None or entry["comparable"] != "no")) or (
        low is not None and high is not None and high < low
    ):
        raise RegisterError(
            "figures that contradict each other",
            where=place,
            found=f"effect_pct {low}, high_pct {high}, comparable {entry['comparable']}",
            expected="a figure where it is comparable; high_pct not below effect_pct",
        )
    texts = {key: str(entry[key]) for key in TEXTS}
    return PublishedEffect(**texts, subjects=tuple(subjects), effect_pct=low, high_pct=high)


def _number(value: object, place: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RegisterError("not a number", where=place, found=repr(value), expected="per cent")
    return float(value)
