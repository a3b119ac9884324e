"""Outcomes of a frozen design by person: what the tidy table does not hold, for researchers and their notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from evaluation.effects import CumulativeIncidence, EventStudy, cumulative_incidence, event_study
from evaluation.effects.quantile import QuantileEffects, quantile_effects
from evaluation.effects.ratio import risk_ratio
from evaluation.outcomes import Panel
from evaluation.outcomes.time_to_event import CAUSES, Ending, time_to_event
from evaluation.robustness import (
    EValue,
    PartialR2,
    Placebo,
    Reading,
    RosenbaumBounds,
    evalue,
    partial_r2_sensitivity,
    placebo,
    rosenbaum_bounds,
)
from evaluation.robustness.sensitivity import GRID
from evaluation.study.design import Design
from evaluation.study.effects_clocks import on_clock
from evaluation.study.estimators_matched import history

YEARS = tuple(range(-3, 5))
BEFORE_COVARIATES = -4  # calendar year from time zero that no covariate reaches back to


@dataclass(frozen=True, eq=False)
class FollowUp:
    """A frozen design and the outcomes read for it. Where a clock, definition or year is not named, it is the primary result's."""

    design: Design
    panel: Panel

    @cached_property
    def _samples(self) -> dict[str, pd.DataFrame]:
        return {}

    def sample(self, clock: str | None = None) -> pd.DataFrame:
        """Memberships with their month of time zero: set, unit, treated, weight, t0."""
        clock = clock or self.design.spec.primary.clock
        if clock not in self._samples:
            self._samples[clock] = on_clock(self.design, self.design.members, clock, estimand="not_yet")
        return self._samples[clock]

    def reading(
        self,
        outcome: str = "established",
        definition: str | None = None,
        *,
        clock: str | None = None,
        year: int | None = None,
    ) -> Reading:
        """Memberships and one outcome by year, aligned."""
        sample, primary = self.sample(clock), self.design.spec.primary
        values = history(self.panel, sample, outcome, self._definition(outcome, definition), [year or primary.year])
        return Reading(sample, values[:, 0])

    def event_study(
        self, outcome: str = "earnings", definition: str | None = None, *, clock: str = "start"
    ) -> EventStudy:
        """Differences from three calendar years before time zero to four after, against the year before."""
        sample = self.sample(clock)
        values = history(self.panel, sample, outcome, self._definition(outcome, definition), list(YEARS))
        return event_study(sample, values, years=YEARS, base=-1)

    def time_to_employment(self, *, clock: str | None = None, until: int = 48) -> CumulativeIncidence:
        """Months to the first one with a job, with death and emigration as competing events.

        On a clock that begins with the employment the participants have one at once: take a clock of the exit.
        """
        sample = self.sample(clock)
        time, ending = time_to_event(
            self.panel, "established", sample["unit"], sample["t0"], definition="E4_employed", until=until
        )
        return cumulative_incidence(
            sample, time, ending, causes={**CAUSES, int(Ending.EVENT): "employed"}, at=tuple(range(6, until + 1, 6))
        )

    def quantiles(
        self, outcome: str = "earnings", *, clock: str | None = None, year: int | None = None
    ) -> QuantileEffects:
        """Differences between quantiles of an amount."""
        reading = self.reading(outcome, "", clock=clock, year=year)
        return quantile_effects(reading.members, {outcome: reading.outcome})

    def evalue(self) -> EValue:
        """How strongly an unmeasured trait would have to go with both participation and outcome to explain the primary result away."""
        reading = self.reading()
        return evalue(risk_ratio(reading.members, reading.outcome))

    def rosenbaum_bounds(self) -> RosenbaumBounds:
        """How far the odds of participation may differ between people who look alike before the primary finding turns."""
        reading = self.reading()
        return rosenbaum_bounds(reading.members, reading.outcome)

    def partial_r2(self, *, grid: int = GRID, multiples: Sequence[float] = (1, 2, 3)) -> PartialR2:
        """Sensitivity of the primary result to an unmeasured trait, beside the covariates that were measured.

        ``multiples``: how many times as strong as a covariate; ``grid``: points along each axis of the contour.
        """
        reading, matched = self.reading(), self.design.matched
        read = pd.Series(reading.outcome, index=pd.MultiIndex.from_frame(reading.members[["set", "id"]]))
        aligned = read.reindex(pd.MultiIndex.from_frame(matched.members[["set", "id"]])).to_numpy()
        covariates = list(self.design.spec.score.covariates)
        return partial_r2_sensitivity(matched, aligned, covariates=covariates, multiples=multiples, grid=grid)

    def placebo(self, *definitions: str, year: int = BEFORE_COVARIATES) -> Placebo:
        """The matched difference in a calendar year before every covariate's (they reach back to year -3), where it ought to be nought.

        In establishment by the primary result's definition, and by others that are named.
        """
        named = dict.fromkeys((self.design.spec.primary.definition, *definitions))
        readings = {name: self.reading(definition=name, clock="start", year=year) for name in named}
        labels = {name: f"{name}, calendar year {year}" for name in named}
        before = 12 * (-1 - year)  # months from the end of that year to the January before time zero, at least
        return placebo(
            next(iter(readings.values())).members,
            {labels[name]: reading.outcome for name, reading in readings.items()},
            months={label: -before - 1 for label in labels.values()},
            covariate_window=before,
            margin=self.design.spec.margins.share,
            level=self.design.spec.effects.level,
        )

    def _definition(self, outcome: str, definition: str | None) -> str:
        if definition is not None:
            return definition
        return self.design.spec.primary.definition if outcome == "established" else ""
