"""One replication: a small population, its person-months at risk, its matched sets, its outcomes and its truth.

Nothing is written to disk: ``synthetic_registers.cohorts`` gives the table that assembling a delivery without flaws would give.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from evaluation.matching import Matched, match
from evaluation.study.file import StudyFile, read_study_file
from synthetic_registers.annual import annual
from synthetic_registers.cohorts import NEVER, PersonMonths, person_months
from synthetic_registers.direct_outcomes import CHOSEN, OutcomeTable
from synthetic_registers.direct_truth import PersonTruth, person_truth
from synthetic_registers.outcomes import Outcomes
from synthetic_registers.parameters import load_scenario
from synthetic_registers.simulate import simulate_chunk
from synthetic_registers.truth import WINDOW
from tests.proofs.delivery import STUDY

PERSONS = 6_000
SCENARIOS = (
    "default",
    "null_effect",
    "strong_selection",
    "hidden_confounder",
    "heterogeneous",
    "early_leaving",
    "intense",
    "no_flaws",
)
_SEEDS_EACH = 1_000_000
LAST_START = 12 * 2014 + 11  # the generator starts no employment later: the hazard is zero from then on
Clock = Literal["start", "exit_planned", "exit_actual"]
Arrays = np.ndarray


def seed_of(scenario: str, number: int) -> int:
    """Seed of a replication: a million times the place of the scenario in :data:`SCENARIOS` (from 1), plus the number (from 1)."""
    if not 1 <= number < _SEEDS_EACH:
        raise ValueError(f"replications are numbered 1 to {_SEEDS_EACH - 1}, not {number}")
    return _SEEDS_EACH * (SCENARIOS.index(scenario) + 1) + number


@cache
def study() -> StudyFile:
    """The study file, whose score and matching are used."""
    return read_study_file(STUDY)


@dataclass(frozen=True, eq=False)
class Replication:
    """A population and what every estimator needs of it.

    Attributes
    ----------
    scenario, number
        Which replication of which scenario.
    months
        Person-months at risk from the first month of the window to :data:`LAST_START`; those of the window come first.
    outcomes, source
        Outcomes by row of person and month of time zero; and what they are read from.
    truth
        What the employments did.
    made
        See :meth:`shared`.
    """

    scenario: str
    number: int
    months: PersonMonths
    outcomes: OutcomeTable
    source: Outcomes
    truth: PersonTruth
    made: dict[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def in_window(self) -> int:
        """Number of person-months in the window: the first rows of ``months``."""
        return int(np.searchsorted(self.months.table["month"].to_numpy(), WINDOW[1], side="right"))

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The cohort's table of the window, terms of time as categories."""
        return prepared(self.months.table.iloc[: self.in_window])

    @cached_property
    def panel(self) -> pd.DataFrame:
        """The same and the months after the window of everybody at risk in it."""
        member = np.zeros(len(self.months.person), bool)
        member[self.months.row[: self.in_window]] = True
        return prepared(self.months.table[member[self.months.row]])

    @cached_property
    def matched(self) -> Matched:
        """The study's matching, score and all: up to five comparison persons a participant."""
        return match_study(self.frame)

    @cached_property
    def matched_pairs(self) -> Matched:
        """The same with one comparison person a participant."""
        return match_study(self.frame, score=self.ready_score, ratio=1)

    @property
    def ready_score(self) -> Arrays | None:
        """The fitted score; None where a level without participants has none, so that who matches again has to fit it again."""
        score = self.matched.score
        return score if np.isfinite(score).all() else None

    def members(self, matched: Matched, clock: Clock = "start") -> pd.DataFrame:
        """Memberships on a clock: set, id, unit, treated, weight, row (of the person) and t0, inherited from the participant of the set."""
        members = matched.members
        column = {"start": "month", "exit_planned": "planned_exit", "exit_actual": "actual_exit"}[clock]
        lead = (members["treated"] == 1).to_numpy()
        position = members["position"].to_numpy()
        zero = np.empty(int(members["set"].max()) + 1)
        zero[members["set"].to_numpy()[lead]] = self.frame[column].to_numpy(np.float64)[position[lead]]
        return members.assign(row=self.months.row[position], t0=zero[members["set"].to_numpy()].astype(np.int64))

    def values(self, members: pd.DataFrame) -> Arrays:
        """Outcomes of memberships, float64 ``(m, lines)``."""
        return self.outcomes.at(members["row"].to_numpy(), members["t0"].to_numpy())

    def participants_of(self, matched: Matched) -> Arrays:
        """Which of the treated of :attr:`truth` are in the sets, 0 or 1, float64 ``(n,)``."""
        lead = matched.members["treated"].to_numpy() == 1
        rows = self.months.row[matched.members["position"].to_numpy()[lead]]
        return np.isin(self.truth.who.row, rows).astype(np.float64)

    @cached_property
    def overlap(self) -> Arrays:
        """1 - e of the treated of :attr:`truth`, e their estimated score in the month they start; 0 where there is none, float64 ``(n,)``."""
        treated = np.flatnonzero(self.frame["treated"].to_numpy() == 1)
        weight = np.zeros(len(self.months.person))
        weight[self.months.row[treated]] = 1 - self.matched.score[treated]
        return np.nan_to_num(weight[self.truth.who.row])

    @cached_property
    def row_values(self) -> Arrays:
        """Outcomes of every row of :attr:`frame` counted from its month, float64 ``(rows, lines)``."""
        return self.outcomes.at(self.months.row[: len(self.frame)], self.frame["month"].to_numpy())

    def shared(self, name: str, make: Callable[[Replication], Any]) -> Any:
        """What several adapters need, made once."""
        if name not in self.made:
            self.made[name] = make(self)
        return self.made[name]

    def person_row(self, person: Arrays) -> Arrays:
        """Row of each person in the world."""
        order = np.argsort(self.months.person)
        return order[np.searchsorted(self.months.person[order], person)]

    @cached_property
    def begun(self) -> Arrays:
        """Month of the first employment of the person of every row of :attr:`frame`; ``NEVER`` without one."""
        return self.months.begun[self.months.row[: len(self.frame)]]


def replicate(scenario: str, number: int, *, persons: int = PERSONS) -> Replication:
    """Simulate a replication."""
    rules, seed = load_scenario(scenario), seed_of(scenario, number)
    world = simulate_chunk(rules, seed, 0, persons)
    registers = annual(rules, world.people, world.history)
    source = Outcomes(world, registers)
    outcomes = OutcomeTable(source, CHOSEN)
    known = person_truth(rules, seed, world, outcomes)
    months = person_months(world, registers, seed=seed, window=(WINDOW[0], LAST_START))
    return Replication(scenario, number, months, outcomes, source, known)


def prepared(table: pd.DataFrame) -> pd.DataFrame:
    """A table with categories that hold the levels in use only, terms of time among them: what the study's design does."""
    changed = {name: table[name].cat.remove_unused_categories() for name in table if table[name].dtype == "category"}
    return table.assign(**changed, **{name: table[name].astype("category") for name in study().score.time})


def score_covariates() -> list[str]:
    """Covariates and terms of time of the study's score."""
    return [*study().score.covariates, *study().score.time]


def late_covariates() -> list[str]:
    """Those of them that end later than 30 months before the start, whatever month it begins in: no work or earnings of the second
    and third calendar year before (how many times a person enrolled earlier stays)."""
    return [name for name in score_covariates() if not name.endswith(("_2", "_3"))]


def match_study(
    frame: pd.DataFrame, *, score: Arrays | None = None, covariates: Sequence[str] | None = None, **changes: object
) -> Matched:
    """Match as the study file says, with changes; a ready score spares fitting it again."""
    spec = study().matching
    options = {**spec.model_dump(exclude={"exact"}, exclude_none=True), **changes}
    by = [name for name in spec.strata if name != options.get("risk_set")]
    if score is not None:
        kept = frame[list(dict.fromkeys(["row", "person", "treated", *spec.strata]))].assign(ready_score=score)
        return match(kept, treatment="treated", score="ready_score", id="row", unit="person", exact=by, **options)
    return match(
        frame,
        treatment="treated",
        covariates=covariates or score_covariates(),
        id="row",
        unit="person",
        exact=by,
        **options,
    )


__all__ = ["NEVER", "PERSONS", "SCENARIOS", "Replication", "match_study", "prepared", "replicate", "seed_of"]
