"""Every answer about a whole edition that a page can ask for, each worked out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from bcsp_analysis import editions, project, run_cache
from bcsp_analysis.errors import RegisterError
from bcsp_analysis.inputs import Inputs

if TYPE_CHECKING:
    import pandas as pd

    from bcsp_analysis.editions import Edition
    from bcsp_analysis.measures.claims import Assessment, Claim, Outcome
    from bcsp_analysis.measures.recording import RecordingChange
    from bcsp_analysis.models.comparators import Comparators
    from bcsp_analysis.models.comparison import PrintedComparison
    from bcsp_analysis.models.cost_of_living import AssociationResult
    from bcsp_analysis.models.hotspots import NamedPlaces
    from bcsp_analysis.models.quarterly import QuarterlyAssessment, Sensitivity
    from bcsp_analysis.models.seasonality import SeasonalityResult
    from bcsp_analysis.periods import Month

T = TypeVar("T")


@dataclass(frozen=True)
class Answers(Inputs):
    """The answers of an edition that do not hang on the parameters of a page.

    Parameters
    ----------
    edition : Edition
        The publication.
    """

    def steps_of(self, category: str, *, confirmed_only: bool = False) -> tuple[Month, ...]:
        """Months at which the register says that the level of a monthly series may step."""
        import pandas as pd

        from bcsp_analysis.measures import recording
        from bcsp_analysis.models.monthly import period_of

        series = self.series(category)
        span = period_of(pd.DatetimeIndex(series.index))
        changes = [c for c in self.recording if c.confirmed or not confirmed_only]
        return recording.steps(changes, str(series.name), span.first, span.last)

    def faulty_of(self, category: str) -> tuple[Month, ...]:
        """Months of a monthly series that the register knows to be faulty."""
        from bcsp_analysis.measures import recording

        return recording.faulty_months(self.recording, category)

    @cached_property
    def _earlier(self) -> Answers | None:
        found = editions.earlier(self.edition)
        return None if found is None else Answers(found)

    @cached_property
    def editions_judged(self) -> tuple[tuple[Edition, QuarterlyAssessment], ...]:
        """This edition and every earlier one of the area with their verdicts, newest first."""
        before = () if self._earlier is None else self._earlier.editions_judged
        return ((self.edition, self.assessment), *before)

    @property
    def earlier_edition(self) -> Edition | None:
        """The edition before this one, as far as ``editions/`` has one of the same area."""
        return None if self._earlier is None else self._earlier.edition

    @property
    def earlier_assessment(self) -> QuarterlyAssessment | None:
        """The quarterly table of that edition, judged by its own rules."""
        return None if self._earlier is None else self._earlier.assessment

    @property
    def hidden_in_either(self) -> frozenset[str]:
        """Measures of which no count is shown, here or in the edition before."""
        return self.hidden if self._earlier is None else self.hidden | self._earlier.hidden

    @cached_property
    def sections(self) -> pd.DataFrame:
        """Sections of the report with activity, and the priority of each.

        Raises
        ------
        RegisterError
            A section belongs to a priority that the catalogue does not have.
        """
        from bcsp_analysis.sources import sections

        file = self.edition.data.report / "sections.csv"
        table = sections.load(file)
        for priority in table["priority"]:
            if priority not in self.catalogue.priorities:
                raise RegisterError(
                    "a section of the report belongs to an unknown priority",
                    where=f"{project.relative(file)}, column priority",
                    found=repr(str(priority)),
                    expected=", ".join(self.catalogue.priorities),
                )
        return table

    @cached_property
    def assessment(self) -> QuarterlyAssessment:
        """Every change of the quarterly table, judged by the edition's rules."""
        return self._shared("assessment", lambda: self._assess(self.all_monthly))

    @cached_property
    def sensitivity(self) -> Sensitivity:
        """The same verdicts with other readings of how much the counts vary by themselves."""
        return self._shared("sensitivity", self._sensitivity)

    def _sensitivity(self) -> Sensitivity:
        from bcsp_analysis.models import quarterly

        readings = quarterly.readings(self.all_monthly, self.recording)
        return quarterly.Sensitivity(
            self.assessment,
            {name: self._assess(series, steps) for name, (series, steps) in readings.items()},
        )

    def _shared(self, name: str, make: Callable[[], T]) -> T:
        """An answer that is the same on every page of the edition, worked out once in a build."""
        return run_cache.shared(name, (self.edition.slug, self.rules), make)

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

    def season_of(self, category: str, *, confirmed_only: bool = False) -> SeasonalityResult:
        """Seasonality of one category, with the register's changes as steps."""
        from bcsp_analysis.models import seasonality

        return self._shared(
            f"season of {category}{', confirmed only' if confirmed_only else ''}",
            lambda: seasonality.analyse(
                self.series(category),
                breaks=self.steps_of(category, confirmed_only=confirmed_only),
                faulty=self.faulty_of(category),
                level=self.rules.level,
            ),
        )

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
        return self._shared("comparison", self._compare)

    def _compare(self) -> dict[str, PrintedComparison]:
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

    def association_of(self, category: str) -> AssociationResult:
        """Prices and one category, by the hypotheses fixed beforehand."""
        return self._shared(f"association of {category}", lambda: self._associate(category))

    def _associate(self, category: str) -> AssociationResult:
        from bcsp_analysis.models import cost_of_living
        from bcsp_analysis.sources import hypotheses, published_effects, shocks

        return cost_of_living.analyse(
            category,
            self.all_monthly,
            self.prices,
            hypotheses.load(),
            breaks={name: self.steps_of(name) for name in self.all_monthly},
            faulty=self.faulty_of(category),
            shocks=shocks.load(),
            published=published_effects.load(),
            alpha=self.rules.alpha,
            level=self.rules.level,
        )

    @cached_property
    def claims(self) -> tuple[Assessment, ...]:
        """The report's claims, each with its computed verdict."""
        return self._shared("claims", self._claims)

    def _claims(self) -> tuple[Assessment, ...]:
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
