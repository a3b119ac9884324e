"""Outcomes of a frozen design by person: what the tidy table does not hold, for researchers and their notebooks."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from evaluation.effects import CumulativeIncidence, EventStudy, cumulative_incidence, event_study
from evaluation.effects.quantile import QuantileEffects, quantile_effects
from evaluation.effects.ratio import risk_ratio
from evaluation.errors import CensoredHorizonWarning, EffectError, Problem
from evaluation.matching.spec_values import whole
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
SUSTAINED = "sustained_established"
STEP = 6  # months between the times that waiting times are told for
BEFORE_COVARIATES = -4  # calendar year from time zero that no covariate reaches back to


@dataclass(frozen=True, eq=False)
class FollowUp:
    """A frozen design and the outcomes read for it. Where a clock, definition or year is not named, it is the primary result's."""

    design: Design
    panel: Panel

    def __repr__(self) -> str:
        n = len(self.panel.grid.persons)
        return f"Outcomes of {n:,} persons, read for the frozen design {self.design.hash[:8]}: {', '.join(self.panel.names)}"

    @cached_property
    def _samples(self) -> dict[str, pd.DataFrame]:
        return {}

    def sample(self, clock: str | None = None) -> pd.DataFrame:
        """Memberships with their month of time zero: set, unit, treated, weight, t0."""
        clock = self.design.spec.primary.clock if clock is None else clock
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
        """Memberships and one outcome by year, aligned; ``sustained_established`` in every year from 1 to ``year``.

        Raises
        ------
        EffectError
            A clock that there is not; a year that is no whole number, or that the registers hold for none of the participants.

        Warns
        -----
        CensoredHorizonWarning
            A year that the registers hold for some of the participants only: the reading speaks of those.
        """
        sample = self.sample(clock)
        year = self.design.spec.primary.year if year is None else year
        if not whole(year):
            raise EffectError(
                Problem("year", f"{year!r}", "a whole number of years after the calendar year of time zero")
            )
        self._check_followed(sample, int(year))
        return self.read(outcome, definition, clock=clock, year=int(year))

    def read(self, outcome: str, definition: str | None, *, clock: str | None, year: int) -> Reading:
        """:meth:`reading` that says nothing of who is followed; missing values where nobody is."""
        sample = self.sample(clock)
        name = self._definition(outcome, definition)
        if outcome == SUSTAINED:
            if year < 1:
                raise EffectError(Problem("year", f"{year}", f"from 1: {SUSTAINED} is every year from 1 to it"))
            values = self.panel.sustained(name, sample["unit"].to_numpy(), sample["t0"].to_numpy(), int(year))
        else:
            values = history(self.panel, sample, outcome, name, [int(year)])[:, 0]
        return Reading(sample, values)

    def _check_followed(self, sample: pd.DataFrame, year: int) -> None:
        """Refuse a year outside the registers for all, and tell of one outside them for some."""
        grid = self.panel.grid
        read = sample.loc[sample["treated"] == 1, "t0"].to_numpy() // 12 + year
        # as in the table of effects: of all whom the design matched, those without a month on this clock too
        everybody = int((self.design.members["treated"] == 1).sum())
        share = float(((grid.first_year <= read) & (read <= grid.last_year)).sum()) / max(everybody, 1)
        if share == 0:
            raise EffectError(
                Problem(
                    "year",
                    f"{year}: outside the registers ({grid.first_year}-{grid.last_year}) for every participant",
                    "a year that the registers hold",
                    "take an earlier or later one",
                )
            )
        if share < 1:
            warnings.warn(
                f"Year {year} lies inside the registers ({grid.first_year}-{grid.last_year}) for {100 * share:.1f} % of the participants: the reading speaks of "
                "those only. Take another year, or say whom it is about.",
                CensoredHorizonWarning,
                stacklevel=3,
            )

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
        if not whole(until) or until < STEP:
            raise EffectError(Problem("until", f"{until!r}", f"a whole number of months from {STEP}"))
        sample = self.sample(clock)
        time, ending = time_to_event(
            self.panel, "established", sample["unit"], sample["t0"], definition="E4_employed", until=until
        )
        return cumulative_incidence(
            sample,
            time,
            ending,
            causes={**CAUSES, int(Ending.EVENT): "employed"},
            at=tuple(range(STEP, until + 1, STEP)),
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
        if not whole(year) or year >= 0:
            raise EffectError(
                Problem("year", f"{year!r}", f"a calendar year before time zero, {BEFORE_COVARIATES} or earlier")
            )
        named = dict.fromkeys((self.design.spec.primary.definition, *definitions))
        readings = {name: self.reading(definition=name, clock="start", year=year) for name in named}
        labels = {name: f"{name}, calendar year {year}" for name in named}
        before = 12 * (-1 - year)  # months from the end of that year to the January before time zero, at least
        return placebo(
            next(iter(readings.values())).members,
            {labels[name]: reading.outcome for name, reading in readings.items()},
            months={label: -before - 1 for label in labels.values()},
            covariate_window=12 * (-1 - BEFORE_COVARIATES),
            margin=self.design.spec.margins.share,
            level=self.design.spec.effects.level,
        )

    def _definition(self, outcome: str, definition: str | None) -> str:
        if definition is not None:
            return definition
        return self.design.spec.primary.definition if outcome in ("established", SUSTAINED) else ""
