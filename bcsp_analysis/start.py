"""What a notebook starts with: its edition, its checked parameters, and the data it stands on."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from bcsp_analysis import editions
from bcsp_analysis.editions import Edition, Rules
from bcsp_analysis.errors import ParameterError

if TYPE_CHECKING:
    import pandas as pd

    from bcsp_analysis.measures.audit import AuditResult
    from bcsp_analysis.measures.benchmark_rules import Benchmark
    from bcsp_analysis.measures.catalogue import Catalogue, Measure
    from bcsp_analysis.measures.claims import Assessment, Claim, Outcome
    from bcsp_analysis.measures.recording import RecordingChange
    from bcsp_analysis.models.chart_limits import Kind
    from bcsp_analysis.models.comparators import Comparators
    from bcsp_analysis.models.comparison import PrintedComparison
    from bcsp_analysis.models.control_charts import ControlChart
    from bcsp_analysis.models.cost_of_living import AssociationResult
    from bcsp_analysis.models.forecast import ForecastResult, Score
    from bcsp_analysis.models.pooling import PooledSeason
    from bcsp_analysis.models.quarterly import QuarterlyAssessment, Sensitivity
    from bcsp_analysis.models.seasonality import SeasonalityResult
    from bcsp_analysis.periods import Month, Quarter
    from bcsp_analysis.sources.registry import Source
    from bcsp_analysis.sources.report import PrintedTable

# Values of the parameter `series`, and the category of data.police.uk that each stands for.
SERIES: Mapping[str, str] = MappingProxyType(
    {
        "asb": "Anti-social behaviour",
        "violence": "Violence and sexual offences",
        "shoplifting": "Shoplifting",
        "vehicle-crime": "Vehicle crime",
    }
)

# Every parameter that a notebook may pass on, with the values it can have.
KNOWN: Mapping[str, tuple[str, ...]] = MappingProxyType({"series": tuple(SERIES)})


@dataclass(frozen=True)
class Start:
    """An edition with the parameters of one page; reads data once, when it is first asked for.

    Parameters
    ----------
    edition : Edition
        The publication that the page belongs to.
    parameters : mapping of str to str
        Checked values, such as ``{"series": "asb"}``.
    """

    edition: Edition
    parameters: Mapping[str, str]

    @property
    def area(self) -> str:
        """Name of the area, ``"Birmingham"``."""
        return self.edition.area

    @property
    def quarter(self) -> Quarter:
        """Quarter of the edition."""
        return self.edition.quarter

    @property
    def rules(self) -> Rules:
        """Thresholds of the edition."""
        return self.edition.rules

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

    @cached_property
    def catalogue(self) -> Catalogue:
        """The measures and priorities of the partnership."""
        from bcsp_analysis.measures import catalogue

        return catalogue.load()

    @cached_property
    def recording(self) -> tuple[RecordingChange, ...]:
        """The register of recording changes."""
        from bcsp_analysis.measures import recording

        return recording.load()

    @cached_property
    def table(self) -> PrintedTable:
        """The report's quarterly table as printed."""
        from bcsp_analysis.sources import report

        return report.load_performance(
            self.edition.data.report, self.quarter, self.catalogue.measures
        )

    @cached_property
    def prices(self) -> pd.DataFrame:
        """Monthly prices: float64 columns on a monthly DatetimeIndex."""
        from bcsp_analysis.sources import prices

        return prices.load_monthly(self.edition.data.prices)

    def monthly(self, category: str = "") -> pd.Series:
        """Monthly incidents of one category, float64 on a complete monthly DatetimeIndex.

        Without `category`, those of the page's own series.
        """
        from bcsp_analysis.sources import police

        return police.series(self._monthly_counts, category or self.category)

    @cached_property
    def _monthly_counts(self) -> pd.DataFrame:
        from bcsp_analysis.sources import police

        return police.load_monthly(self.edition.data.monthly)

    @cached_property
    def all_monthly(self) -> dict[str, pd.Series]:
        """Monthly incidents of every category at hand, by category."""
        return {name: self.monthly(name) for name in self._monthly_counts["crime_type"].unique()}

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

    @cached_property
    def audit(self) -> AuditResult:
        """The audit of the report's printed figures."""
        from bcsp_analysis.measures import audit

        return audit.run(self.edition.data.report, self.quarter)

    @cached_property
    def printed_figures(self) -> pd.DataFrame:
        """Printed figures of the report's prose and activities, index id; see `load_printed`."""
        from bcsp_analysis.measures import audit

        return audit.load_text_figures(self.edition.data.report)

    @cached_property
    def neighbourhoods(self) -> pd.DataFrame:
        """The neighbourhoods that the report names, with their incidents."""
        from bcsp_analysis.sources import printed

        return printed.load_neighbourhoods(self.edition.data.report / "neighbourhoods.csv")

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
    def forecast_records(self) -> pd.DataFrame:
        """What earlier editions forecast, columns as in `sources.forecasts.COLUMNS`."""
        from bcsp_analysis.sources import forecasts

        return forecasts.load_before(self.quarter)

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
    def benchmark(self) -> Benchmark:
        """Period, populations and sizes of groups behind the printed comparison."""
        from bcsp_analysis.measures import audit

        return audit.load_benchmark(self.edition.data.report)

    @cached_property
    def comparison(self) -> dict[str, PrintedComparison]:
        """Every measure with printed rates of the area and of its most similar group, by id."""
        from bcsp_analysis.models import comparison
        from bcsp_analysis.models.comparison import Apart
        from bcsp_analysis.present import selection

        apart = dict.fromkeys(selection.other_offences(self.table), Apart.OTHER)
        apart |= dict.fromkeys(selection.not_fitting(self.audit), Apart.UNFIT)
        apart |= dict.fromkeys(self._hidden, Apart.HIDDEN)
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
            hidden=self._hidden,
        )

    @cached_property
    def _hidden(self) -> frozenset[str]:
        """Measures of which no count is shown."""
        from bcsp_analysis.measures import performance
        from bcsp_analysis.present import disclosure

        counts = performance.quarterly_table(self.table).counts
        return disclosure.hidden_measures(counts, self.rules.suppress_below)

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
                    self.season_of(series), claim.arguments["likelihood"]
                )
            elif claim.test == "economic_link":
                found[f"economic_link:{series}"] = outcomes.economic_link(
                    self.association_of(series)
                )
            elif claim.test == "beyond_season":
                ratio = self.assessment.ratio_of_ratios(self.catalogue[series])
                found[f"beyond_season:{series}"] = outcomes.beyond_season(ratio)
        return found

    @cached_property
    def _registry(self) -> dict[str, Source]:
        from bcsp_analysis.sources import registry

        return registry.load_sources()

    def sources(self, *ids: str) -> tuple[Source, ...]:
        """Records of the named sources, in that order.

        Raises
        ------
        ParameterError
            An id that ``data/sources.toml`` does not have.
        """
        for name in ids:
            if name not in self._registry:
                raise _unknown("source", name, tuple(self._registry), "data/sources.toml")
        return tuple(self._registry[name] for name in ids)


def start(edition: str, **parameters: str) -> Start:
    """Load the edition of a notebook, check its parameters and set the chart style.

    Parameters
    ----------
    edition : str
        Slug of an edition, ``"2023-24-q2"``.
    **parameters : str
        The page's own: ``series`` is one of ``asb``, ``violence``, ``shoplifting``,
        ``vehicle-crime``.

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
        if name not in KNOWN:
            raise _unknown("parameter", name, tuple(KNOWN), where)
        if value not in KNOWN[name]:
            raise _unknown(f"value of the parameter {name}", str(value), KNOWN[name], where)


def _unknown(what: str, found: str, known: tuple[str, ...], where: str) -> ParameterError:
    near = difflib.get_close_matches(found, known, n=1)
    return ParameterError(
        f"unknown {what}",
        where=where,
        found=repr(found),
        expected="one of " + ", ".join(known),
        hint=f"did you mean {near[0]}?" if near else "",
    )
