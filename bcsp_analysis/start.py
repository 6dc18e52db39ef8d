"""What a notebook starts with: its edition, its checked parameters, and the data it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from bcsp_analysis import editions, ledger, page_parameters, project
from bcsp_analysis.answers import Answers
from bcsp_analysis.errors import ParameterError
from bcsp_analysis.inputs import SERIES
from bcsp_analysis.local import Local

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from bcsp_analysis.measures.catalogue import Measure
    from bcsp_analysis.models.chart_limits import Kind
    from bcsp_analysis.models.control_charts import ControlChart
    from bcsp_analysis.models.cost_of_living import AssociationResult
    from bcsp_analysis.models.forecast import ForecastResult, Score
    from bcsp_analysis.models.pooling import PooledSeason
    from bcsp_analysis.models.seasonality import SeasonalityResult
    from bcsp_analysis.periods import Month


@dataclass(frozen=True)
class Start(Answers):
    """An edition with the parameters of one page, and every answer that a page can ask for.

    Each answer is worked out once, when it is first asked for; those about the whole edition are
    in `Answers`, data in `Inputs`.

    Parameters
    ----------
    edition : Edition
        The publication that the page belongs to.
    parameters : mapping of str to str
        Checked values, such as ``{"series": "asb"}``.
    """

    parameters: Mapping[str, str]

    @property
    def priority(self) -> str:
        """Id of the priority that the page is about.

        Raises
        ------
        ParameterError
            The page was started without `priority`.
        """
        if "priority" not in self.parameters:
            known = ", ".join(self.catalogue.priorities)
            raise ParameterError(
                "the page has no priority",
                expected=f"start(edition, priority=...) with one of {known}",
            )
        return self.parameters["priority"]

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
        return ledger.watched(Local(self, self.parameters))

    @property
    def months(self) -> pd.Series | None:
        """Monthly incidents of the category behind the page's measure; None where there are none.

        Nor are they given where no count of the measure may be shown and the category is its own.
        """
        history = self.measure.history
        own = history not in self.assessment.wider
        if history not in self.all_monthly or (own and self.measure.id in self.hidden):
            return None
        return self.all_monthly[history]

    @property
    def drawn_from(self) -> tuple[Path, ...]:
        """Files behind the chart of the page's measure."""
        data = self.edition.data
        return (data.report,) if self.months is None else (data.report, data.incidents)

    @property
    def series_name(self) -> str:
        """Value of the parameter `series` for the category behind the page's measure; or empty."""
        names = {category: name for name, category in SERIES.items()}
        return names.get(self.measure.history, "")

    def steps(self, category: str = "", *, confirmed_only: bool = False) -> tuple[Month, ...]:
        """`steps_of` for a category; without one, for the page's own series."""
        return self.steps_of(category or self.category, confirmed_only=confirmed_only)

    def faulty_months(self, category: str = "") -> tuple[Month, ...]:
        """`faulty_of` for a category; without one, for the page's own series."""
        return self.faulty_of(category or self.category)

    @cached_property
    def seasonality(self) -> SeasonalityResult:
        """Seasonality of the page's series."""
        return self.season_of(self.category)

    @cached_property
    def seasonality_confirmed_only(self) -> SeasonalityResult:
        """The same with confirmed recording changes alone as steps."""
        return self.season_of(self.category, confirmed_only=True)

    @cached_property
    def pooled_season(self) -> PooledSeason | None:
        """The page's month indices drawn towards those of other forces.

        None where the edition names no figures of other forces, or these lack the category.
        """
        return self._shared(f"pooled season of {self.category}", self._pool)

    def _pool(self) -> PooledSeason | None:
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
        name = f"control chart of {self.category}, {self.measure.id}"
        return self._shared(name, self._chart)

    def _chart(self) -> ControlChart:
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
            season=season,  # better or worse is for clear changes, never for a mark: no fewer_is
        )

    @cached_property
    def control_chart_readings(self) -> dict[str, ControlChart]:
        """The control chart as published, and with one choice changed at a time."""
        from bcsp_analysis.models import chart_readings

        return self._shared(
            f"readings of the control chart of {self.category}, {self.measure.id}",
            lambda: chart_readings.readings(
                self.monthly(), self.control_chart, confirmed=self.steps(confirmed_only=True)
            ),
        )

    @cached_property
    def control_chart_kinds(self) -> dict[Kind, ControlChart]:
        """The control chart with each kind of limits."""
        from bcsp_analysis.models import chart_readings

        return chart_readings.by_kind(self.monthly(), self.control_chart)

    @cached_property
    def measure(self) -> Measure:
        """The page's measure; of a page of a series the one whose history it is, the widest."""
        if "measure" in self.parameters:
            return self.catalogue[self.parameters["measure"]]
        return self.catalogue.of_history(self.category)

    @cached_property
    def outlook(self) -> ForecastResult:
        """Forecast of the page's series: to the fourth quarter after the edition's own."""
        return self._shared(f"outlook of {self.category}", self._forecast)

    def _forecast(self) -> ForecastResult:
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
    def cost_of_living(self) -> AssociationResult:
        """Prices and the page's series, by the hypotheses fixed beforehand."""
        return self.association_of(self.category)


def start(edition: str, **parameters: str) -> Start:
    """Load the edition of a notebook, check its parameters and set the chart style.

    Parameters
    ----------
    edition : str
        Slug of an edition, ``"2023-24-q2"``.
    **parameters : str
        The page's own: ``series`` is one of ``asb``, ``violence``, ``shoplifting``,
        ``vehicle-crime``; ``measure`` and ``priority`` are ids of the catalogue; ``kind`` is a
        kind of area, ``locality`` the code of one.

    Raises
    ------
    ParameterError
        A parameter or a value that is not known.
    EditionError
        The edition cannot be used.
    """
    page_parameters.check(parameters)
    loaded = editions.load(edition)
    from bcsp_analysis.present import style

    style.use()
    data = loaded.data
    ledger.begin(project.path("data"), data.incidents.parent, data.prices.parent, data.report)
    return ledger.watched(Start(loaded, MappingProxyType(dict(parameters))))
