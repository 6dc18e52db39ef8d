"""Tables of prices and incidents: what was expected, what was found, and the placebos."""

from __future__ import annotations

from bcsp_analysis.markup import escape
from bcsp_analysis.models.cost_of_living import AssociationResult
from bcsp_analysis.present.tables.pipe import Column, pipe
from bcsp_analysis.present.text.living import predictor_name, price_name
from bcsp_analysis.present.text.numbers import number, p_value, signed_percent

_EXPECTED = {1: "more incidents", -1: "fewer incidents", 0: "no effect"}


def expectations(result: AssociationResult, *, label: str) -> str:
    """The hypotheses as they were fixed beforehand."""
    columns = [
        Column("When this is higher", share=4),
        Column("Expected", share=2),
        Column("Why", share=6),
    ]
    rows = [
        [
            f"{_name(row)}, {_lags(row)}",
            _EXPECTED[int(row["sign"])],
            escape(str(row["reason"])),
        ]
        for _, row in result.hypotheses.iterrows()
    ]
    caption = f"{result.name}: what was expected, fixed before anything was estimated."
    return pipe(columns, rows, caption=caption, label=label)


def _lags(row: object) -> str:
    first, last = int(row["first_lag"]), int(row["last_lag"])  # type: ignore[index]
    if first == last:
        return "in the same month" if first == 0 else f"{first} months before"
    if first == 0:
        return f"mean of the month and the {number(last)} before"
    return f"mean of {number(first)} to {number(last)} months before"


def effects(result: AssociationResult, *, label: str) -> str:
    """Effect of a usual swing of each predictor, beside the smallest that it could have shown."""
    columns = [
        Column("Predictor", share=3),
        Column("Usual swing, points", figures=True),
        Column("Effect on incidents", figures=True),
        Column("Likely range", figures=True, share=3),
        Column("Less would probably be missed", figures=True, share=3),
    ]
    rows = [
        [
            _name(row),
            number(row["sd"], 1),
            signed_percent(row["effect_pct"], 0),
            f"{signed_percent(row['low_pct'], 0)} to {signed_percent(row['high_pct'], 0)}",
            signed_percent(row["detectable_adjusted_pct"], 0),
        ]
        for _, row in result.hypotheses.iterrows()
    ]
    caption = (
        f"{result.name}: change in incidents for one standard deviation of each predictor, "
        f"{result.period.label}."
    )
    return pipe(columns, rows, caption=caption, label=label)


def effect_tests(result: AssociationResult, *, label: str) -> str:
    """The p-values behind each answer."""
    columns = [
        Column("Predictor", share=3),
        Column("p-value alone", figures=True),
        Column("p-value, HAC errors", figures=True),
        Column("Corrected for all", figures=True),
        Column("Month to month", figures=True),
        Column("Answer", share=3),
    ]
    rows = [
        [
            _name(row),
            p_value(row["p_value"]),
            p_value(row["hac_p_value"]),
            p_value(row["p_adjusted"]),
            p_value(row["month_to_month_p"]),
            escape(str(row["answer"])),
        ]
        for _, row in result.hypotheses.iterrows()
    ]
    caption = (
        f"{result.name}: p-values alone, with errors that allow for carry-over and uneven spread "
        f"(HAC, Newey and West), corrected for all {number(len(result.family))} hypotheses (Holm), "
        "and from month to month."
    )
    return pipe(columns, rows, caption=caption, label=label)


def _name(row: object) -> str:
    predictor, transformation = str(row["predictor"]), str(row["transformation"])  # type: ignore[index]
    return escape(price_name(predictor, transformation).capitalize())


def placebos(result: AssociationResult, *, label: str) -> str:
    """What should show nothing: prices still to come, and the control series."""
    control = ", ".join(dict.fromkeys(str(name) for name in result.hypotheses["control"]))
    columns = [
        Column("Predictor", share=3),
        Column("Its months still to come", figures=True, share=4),
        Column(escape(f"Control: {control}"), figures=True, share=4),
    ]
    rows = [
        [
            _name(row),
            f"{signed_percent(row['lead_pct'], 0)} (p {p_value(row['lead_p'])})",
            f"{signed_percent(row['control_pct'], 0)} (p {p_value(row['control_p'])})",
        ]
        for _, row in result.hypotheses.iterrows()
    ]
    caption = f"{result.name}: placebos, effect and p-value without correction."
    return pipe(columns, rows, caption=caption, label=label)


def where_others_found_it(result: AssociationResult, *, label: str) -> str:
    """The same method on a series for which published studies found an effect."""
    columns = [
        Column("Series and predictor", share=4),
        Column("Effect", figures=True),
        Column("Likely range", figures=True, share=3),
        Column("Less would probably be missed, taken alone", figures=True),
    ]
    rows = [
        [
            escape(f"{row['series']}, {predictor_name(result, str(row['predictor']))}"),
            signed_percent(row["effect_pct"], 0),
            f"{signed_percent(row['low_pct'], 0)} to {signed_percent(row['high_pct'], 0)}",
            signed_percent(row["detectable_pct"], 0),
        ]
        for _, row in result.comparison.iterrows()
    ]
    caption = "The same question of a series for which published studies found an effect."
    return pipe(columns, rows, caption=caption, label=label)


def lags(result: AssociationResult, *, label: str) -> str:
    """Effect of each lag by itself: the data behind the chart."""
    columns = [
        Column("Predictor", share=3),
        Column("Months ahead", figures=True),
        Column("Effect", figures=True),
        Column("Likely range", figures=True, share=4),
    ]
    rows = [
        [
            _name(question),
            number(float(str(lag))),
            signed_percent(values["effect_pct"], 0),
            f"{signed_percent(values['low_pct'], 0)} to {signed_percent(values['high_pct'], 0)}",
        ]
        for name, question in result.hypotheses.iterrows()
        for lag, values in result.lags.loc[str(name)].iterrows()
    ]
    caption = f"{result.name}: effect of each month's lead of the predictor by itself."
    return pipe(columns, rows, caption=caption, label=label)


def wandering(result: AssociationResult, *, label: str) -> str:
    """Whether the series wander, by two tests that ask from opposite sides."""
    columns = [
        Column("Series", share=4),
        Column("Wanders? p of ADF", figures=True),
        Column("Steady? p of KPSS", figures=True),
        Column("Read as", share=3),
    ]
    rows = [
        [
            escape(
                str(name)
                if str(name) == result.name
                else predictor_name(result, str(name)).capitalize()
            ),
            p_value(row["adf_p"]),
            p_value(row["kpss_p"]),
            escape(str(row["reading"])),
        ]
        for name, row in result.stationarity.iterrows()
    ]
    lengths = sorted({int(n) for n in result.stationarity["n"]})
    months = " to ".join(number(n) for n in dict.fromkeys((lengths[0], lengths[-1])))
    caption = f"{result.name}: whether the series wander, {months} months."
    return pipe(columns, rows, caption=caption, label=label)
