"""The register of cost-of-living hypotheses, fixed in a file before anything is estimated."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from bcsp_analysis import project
from bcsp_analysis.errors import RegisterError
from bcsp_analysis.sources import cells, prices

ROLES = ("subject", "comparison", "control")
TRANSFORMATIONS = ("as published", "change over twelve months")
SIGNS = {"up": 1, "down": -1, "none": 0}
LONGEST_LAG = 6


@dataclass(frozen=True)
class Hypothesis:
    """One expected association between a price and a monthly series.

    id : str
    series : str
        Monthly category.
    role : str
        ``"subject"``: tested, in the family; ``"comparison"``: the same method where others found
        an effect; ``"control"``: a series on which the price should have no effect.
    predictor : str
        Column of the price table.
    transformation : str
        ``"as published"``, or ``"change over twelve months"`` (per cent, by logarithms).
    first_lag, last_lag : int
        Months by which the price may run ahead, 0 to 6.
    sign : int
        1 or -1: expected direction; 0 for a control.
    reason : str
        Why it is expected, in one sentence, with its source.
    """

    id: str
    series: str
    role: str
    predictor: str
    transformation: str
    first_lag: int
    last_lag: int
    sign: int
    reason: str

    @property
    def lags(self) -> range:
        """The months by which the price may run ahead."""
        return range(self.first_lag, self.last_lag + 1)


def load(file: Path | None = None) -> tuple[Hypothesis, ...]:
    """Read the register in the order of the file.

    Raises
    ------
    RegisterError, MissingFileError
        An entry lacks a key, repeats an id or a question, or holds a value that is not allowed.
    """
    file = file or project.path("data", "hypotheses.toml")
    where = project.relative(file)
    entries = cells.read_toml(file).get("hypothesis", [])
    found: dict[str, Hypothesis] = {}
    questions: dict[tuple[object, ...], str] = {}
    for number, entry in enumerate(entries, start=1):
        place = f"{where}, hypothesis {number} ({entry.get('id', 'no id')})"
        hypothesis = _read(entry, place)
        question = (
            hypothesis.series,
            hypothesis.predictor,
            hypothesis.transformation,
            *hypothesis.lags,
        )
        if hypothesis.id in found or question in questions:
            raise RegisterError(
                "a hypothesis twice",
                where=place,
                found=questions.get(question, hypothesis.id),
                expected="each id and each question once",
                hint="remove one: a question asked twice counts twice in the family",
            )
        found[hypothesis.id] = hypothesis
        questions[question] = hypothesis.id
    if not any(hypothesis.role == "subject" for hypothesis in found.values()):
        raise RegisterError(
            "no hypothesis to test", where=where, expected='at least one with role = "subject"'
        )
    return tuple(found.values())


def _read(entry: dict[str, object], place: str) -> Hypothesis:
    keys = ({field.name for field in fields(Hypothesis)} - {"first_lag", "last_lag"}) | {"lags"}
    if set(entry) != keys:
        raise RegisterError(
            "an entry with other keys than a hypothesis has",
            where=place,
            found=", ".join(sorted(entry)),
            expected=", ".join(sorted(keys)),
        )
    allowed: dict[str, tuple[str, ...]] = {
        "role": ROLES,
        "transformation": TRANSFORMATIONS,
        "sign": tuple(SIGNS),
        "predictor": tuple(prices.SERIES),
    }
    for key, values in allowed.items():
        if entry[key] not in values:
            raise RegisterError(
                "a value that is not allowed",
                where=f"{place}, {key}",
                found=repr(entry[key]),
                expected=", ".join(values),
            )
    if (entry["role"] == "control") != (entry["sign"] == "none"):
        raise RegisterError(
            "a control has no expected direction, everything else has one",
            where=f"{place}, sign",
            found=repr(entry["sign"]),
        )
    lags = entry["lags"]
    if not (
        isinstance(lags, list)
        and len(lags) == 2
        and all(type(lag) is int for lag in lags)
        and 0 <= lags[0] <= lags[1] <= LONGEST_LAG
    ):
        raise RegisterError(
            "lags that cannot be used",
            where=f"{place}, lags",
            found=repr(lags),
            expected=f"first and last month, 0 to {LONGEST_LAG}, such as [0, 3]",
        )
    for key in ("id", "series", "reason"):
        if not (isinstance(entry[key], str) and str(entry[key]).strip()):
            raise RegisterError("an empty text", where=f"{place}, {key}", found=repr(entry[key]))
    return Hypothesis(
        id=str(entry["id"]),
        series=str(entry["series"]),
        role=str(entry["role"]),
        predictor=str(entry["predictor"]),
        transformation=str(entry["transformation"]),
        first_lag=lags[0],
        last_lag=lags[1],
        sign=SIGNS[str(entry["sign"])],
        reason=str(entry["reason"]),
    )
