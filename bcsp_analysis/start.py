"""What a notebook starts with: its edition, its checked parameters, and the data it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from bcsp_analysis import editions
from bcsp_analysis.errors import ParameterError
from bcsp_analysis.inputs import SERIES, Inputs, unknown
from bcsp_analysis.local import KIND_NAMES, Local

if TYPE_CHECKING:
    import pandas as pd

    from bcsp_analysis.measures.catalogue import Measure
    from bcsp_analysis.measures.claims import Assessment, Claim, Outcome
    from bcsp_analysis.measures.recording import RecordingChange
    from bcsp_analysis.models.chart_limits import Kind
    from bcsp_analysis.models.comparators import Comparators
    from bcsp_analysis.models.comparison import PrintedComparison
    from bcsp_analysis.models.control_charts import ControlChart
    from bcsp_analysis.models.cost_of_living import AssociationResult
    from bcsp_analysis.models.forecast import ForecastResult, Score
    from bcsp_analysis.models.hotspots import NamedPlaces
    from bcsp_analysis.models.pooling import PooledSeason
    from bcsp_analysis.models.quarterly import QuarterlyAssessment, Sensitivity
    from bcsp_analysis.models.seasonality import SeasonalityResult
    from bcsp_analysis.periods import Month

# Every parameter that a notebook may pass on, with the values it can have.
KNOWN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"series": tuple(SERIES), "kind": tuple(KIND_NAMES)}
)
FREE = ("locality",)  # a code: any text, held against the lookup when the page runs


@dataclass(frozen=True)
class Start(Inputs):
    """An edition with the parameters of one page, and every answer that a page can ask for.

    Each answer is worked out once, when it is first asked for; data are as in `Inputs`.

    Parameters
    ----------
    edition : Edition
        The publication that the page belongs to.
    parameters : mapping of str to str
        Checked values, such as ``{"series": "asb"}``.
    """

    parameters: Mapping[str, str]

    @property
    def category(self) -> str:
        """Category of data.police.uk that the parameter `series` stands for.

        Raises
        ------
        ParameterError
            The page was started without `series`.
        """
        if "series" not in self.parameters:
            raise ParameterError(
                "the page has no series",
                expected=f"start(edition, series=...) with one of {', '.join(SERIES)}",
            )
        return SERIES[self.parameters["series"]]

    def monthly(self, category: str = "") -> pd.Series:
        """Monthly incidents of one category, float64 on a complete monthly DatetimeIndex.

        Without `category`, those of the page's own series.
        """
        return self.series(category or self.category)

    @cached_property
    def local(self) -> Local:
        """What the edition's street-level extracts say of places."""
        return Local(self, self.parameters)

    @cached_property
    def assessment(self) -> QuarterlyAssessment:
        """Every change of the quarterly table, judged by the edition's rules."""
        return self._assess(self.all_monthly)

    @cached_property
    def sensitivity(self) -> Sensitivity:
        """The same verdicts with other readings of how much the counts vary by themselves."""
        from bcsp_analysis.models import quarterly

        readings = quarterly.readings(self.all_monthly, self.recording)
        return quarterly.Sensitivity(
            self.assessment,
            {name: self._assess(series, steps) for name, (series, steps) in readings.items()},
        )

    def _assess(
        self,
        monthly: Mapping[str, pd.Series],
        steps: tuple[RecordingChange, ...] | None = None,
    ) -> QuarterlyAssessment:
        from bcsp_analysis.measures import performance
        from bcsp_analysis.models import quarterly

        return quarterly.assess(
            performance.quarterly_table(self.table),
            self.catalogue,
            self.recording,
            monthly,
            steps=steps,
            alpha=self.rules.alpha,
            materiality_pct=self.rules.materiality_pct,
            small_count=self.rules.small_count,
            level=self.rules.level,
        )

    def steps(self, category: str = "", *, confirmed_only: bool = False) -> tuple[Month, ...]:
        """Months at which the register says that the level of a monthly series may step."""
        import pandas as pd

        from bcsp_analysis.measures import recording
        from bcsp_analysis.models.monthly import period_of

        series = self.monthly(category)
        span = period_of(pd.DatetimeIndex(series.index))
        changes = [c for c in self.recording if c.confirmed or not confirmed_only]
        return recording.steps(changes, str(series.name), span.first, span.last)

    def faulty_months(self, category: str = "") -> tuple[Month, ...]:
        """Months of a monthly series that the register knows to be faulty."""
        from bcsp_analysis.measures import recording

        return recording.faulty_months(self.recording, category or self.category)

    @cached_property
    def seasonality(self) -> SeasonalityResult:
        """Seasonality of the page's series."""
        return self.season_of(self.category)

    @cached_property
    def seasonality_confirmed_only(self) -> SeasonalityResult:
        """The same with confirmed recording changes alone as steps."""
        return self.season_of(self.category, confirmed_only=True)

    def season_of(self, category: str, *, confirmed_only: bool = False) -> SeasonalityResult:
        """Seasonality of one category, with the register's changes as steps."""
        from bcsp_analysis.models import seasonality

        return seasonality.analyse(
            self.monthly(category),
            breaks=self.steps(category, confirmed_only=confirmed_only),
            faulty=self.faulty_months(category),
            level=self.rules.level,
        )

    @cached_property
    def pooled_season(self) -> PooledSeason | None:
        """The page's month indices drawn towards those of other forces.

        None where the edition names no figures of other forces, or these lack the category.
        """
        from bcsp_analysis.models import pooling
        from bcsp_analysis.sources import elsewhere

        if self.edition.data.elsewhere is None:
            return None
        frame = elsewhere.load_monthly(self.edition.data.elsewhere)
        if self.category not in set(frame["crime_type"]):
            return None
        return pooling.pool(self.seasonality, elsewhere.histories(frame, self.category))

    @cached_property
    def control_chart(self) -> ControlChart:
        """Control chart of the page's series, faulty months shown but not judged.

        The season taken out is the one pooled with other forces, unless the area does not belong
        to them or there are none: a season read off the months that are judged narrows the limits.
        """
        from bcsp_analysis.models import control_charts

        pooled = self.pooled_season
        season = (
            pooled.indices["pooled"]
            if pooled is not None and pooled.own_apart_p >= self.rules.alpha
            else True
        )
        return control_charts.chart(
            self.monthly(),
            baseline=self.rules.baseline_months,
            breaks=self.steps(),
            exclude=self.faulty_months(),
            season=season,
            fewer_is=self.measure.fewer_is,
        )

    @cached_property
    def control_chart_readings(self) -> dict[str, ControlChart]:
        """The control chart as published, and with one choice changed at a time."""
        from bcsp_analysis.models import chart_readings

        return chart_readings.readings(
            self.monthly(), self.control_chart, confirmed=self.steps(confirmed_only=True)
        )

    @cached_property
    def control_chart_kinds(self) -> dict[Kind, ControlChart]:
        """The control chart with each kind of limits."""
        from bcsp_analysis.models import chart_readings

        return chart_readings.by_kind(self.monthly(), self.control_chart)

    @cached_property
    def measure(self) -> Measure:
        """The measure whose history the page's series is; of several the widest."""
        return self.catalogue.of_history(self.category)

    @cached_property
    def outlook(self) -> ForecastResult:
        """Forecast of the page's series: to the fourth quarter after the edition's own."""
        from bcsp_analysis.models import forecast
        from bcsp_analysis.models.monthly import month_of

        series = self.monthly()
        return forecast.forecast(
            series,
            quarters=forecast.reach(month_of(series.index[-1]), self.quarter),
            breaks=self.steps(),
            faulty=self.faulty_months(),
            alpha=self.rules.alpha,
        )

    @cached_property
    def forecast_score(self) -> Score | None:
        """How these turned out for the page's series; None where none of them forecast it."""
        from bcsp_analysis.models import forecast

        if self.category not in set(self.forecast_records["series"]):
            return None
        return forecast.score(self.forecast_records, self.monthly())

    @cached_property
    def forecast_written(self) -> pd.DataFrame | None:
        """What this edition has written down of the page's series; None where it has not yet."""
        from bcsp_analysis.sources import forecasts

        file = forecasts.path(self.edition.slug)
        if not file.exists():
            return None
        rows = forecasts.load(file)
        return rows[rows["series"] == self.category]

    @cached_property
    def named_places(self) -> NamedPlaces:
        """The neighbourhoods that the report names, judged on their printed counts."""
        from bcsp_analysis.models import hotspots, quarterly

        counts = self.neighbourhoods.set_index("neighbourhood")["incidents"]
        months = len(self.quarter.months)
        mean = float(counts.mean())
        spread = quarterly.dispersion_of(self.assessment.dispersions, "", months, mean)
        return hotspots.named_places(counts, dispersion=spread, alpha=self.rules.alpha)

    @cached_property
    def comparison(self) -> dict[str, PrintedComparison]:
        """Every measure with printed rates of the area and of its most similar group, by id."""
        from bcsp_analysis.models import comparison
        from bcsp_analysis.models.comparison import Apart
        from bcsp_analysis.present import selection

        apart = dict.fromkeys(selection.other_offences(self.table), Apart.OTHER)
        apart |= dict.fromkeys(selection.not_fitting(self.audit), Apart.UNFIT)
        apart |= dict.fromkeys(self.hidden, Apart.HIDDEN)
        return comparison.printed(
            self.table,
            self.catalogue,
            self.benchmark,
            self.recording,
            self.all_monthly,
            apart=apart,
            alpha=self.rules.alpha,
            materiality_pct=self.rules.materiality_pct,
            small_count=self.rules.small_count,
            level=self.rules.level,
        )

    @cached_property
    def comparators(self) -> Comparators | None:
        """The area among all areas of its group; None where the edition names no table of them."""
        from bcsp_analysis.models import comparators as funnels
        from bcsp_analysis.sources import comparators

        if self.edition.data.comparators is None:
            return None
        return funnels.compare(
            comparators.load(
                self.edition.data.comparators, self.catalogue.measures, self.edition.area_code
            ),
            self.catalogue,
            self.recording,
            self.all_monthly,
            area_code=self.edition.area_code,
            suppress_below=self.rules.suppress_below,
            hidden=self.hidden,
        )

    @cached_property
    def cost_of_living(self) -> AssociationResult:
        """Prices and the page's series, by the hypotheses fixed beforehand."""
        return self.association_of(self.category)

    def association_of(self, category: str) -> AssociationResult:
        """Prices and one category, by the hypotheses fixed beforehand."""
        from bcsp_analysis.models import cost_of_living
        from bcsp_analysis.sources import hypotheses, published_effects, shocks

        return cost_of_living.analyse(
            category,
            self.all_monthly,
            self.prices,
            hypotheses.load(),
            breaks={name: self.steps(name) for name in self.all_monthly},
            faulty=self.faulty_months(category),
            shocks=shocks.load(),
            published=published_effects.load(),
            alpha=self.rules.alpha,
            level=self.rules.level,
        )

    @cached_property
    def claims(self) -> tuple[Assessment, ...]:
        """The report's claims, each with its computed verdict."""
        from bcsp_analysis.measures import claims

        register = claims.load(self.edition.data.report / "claims.toml")
        evidence = claims.Evidence(
            catalogue=self.catalogue,
            table=self.table,
            quarterly=self.assessment.table,
            printed=self.printed_figures,
            monthly=self.all_monthly,
            models=self._model_outcomes(register),
            recording=self.recording,
        )
        return claims.assess(register, evidence)

    def _model_outcomes(self, register: tuple[Claim, ...]) -> dict[str, Outcome]:
        """Outcomes of the claims that a model decides, by ``"test:series"``."""
        from bcsp_analysis.models import outcomes

        found: dict[str, Outcome] = {}
        for claim in register:
            series = str(claim.arguments.get("series", ""))
            if claim.test == "season":
                found[f"season:{series}"] = outcomes.season(
                    self.season_of(series),
                    claim.arguments["likelihood"],
                    self.season_of(series, confirmed_only=True),
                )
            elif claim.test == "economic_link":
                found[f"economic_link:{series}"] = outcomes.economic_link(
                    self.association_of(series)
                )
            elif claim.test == "beyond_season":
                ratio = self.assessment.ratio_of_ratios(self.catalogue[series])
                found[f"beyond_season:{series}"] = outcomes.beyond_season(ratio)
        return found


def start(edition: str, **parameters: str) -> Start:
    """Load the edition of a notebook, check its parameters and set the chart style.

    Parameters
    ----------
    edition : str
        Slug of an edition, ``"2023-24-q2"``.
    **parameters : str
        The page's own: ``series`` is one of ``asb``, ``violence``, ``shoplifting``,
        ``vehicle-crime``; ``kind`` is a kind of area, ``locality`` the code of one.

    Raises
    ------
    ParameterError
        A parameter or a value that is not known.
    EditionError
        The edition cannot be used.
    """
    check(parameters)
    loaded = editions.load(edition)
    from bcsp_analysis.present import style

    style.use()
    return Start(loaded, MappingProxyType(dict(parameters)))


def check(parameters: Mapping[str, object], where: str = "") -> None:
    """ParameterError where a parameter or its value is not known."""
    for name, value in parameters.items():
        if name in FREE:
            continue
        if name not in KNOWN:
            raise unknown("parameter", name, (*KNOWN, *FREE), where)
        if value not in KNOWN[name]:
            raise unknown(f"value of the parameter {name}", str(value), KNOWN[name], where)
