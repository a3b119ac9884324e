"""People at risk by month, their visible covariates and a weighting by the odds of starting: enough to ask whether an adjustment works.

Built from simulated arrays, not from register files, and with nothing of the evaluation: what is tested here is the simulation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from synthetic_registers.annual import annual
from synthetic_registers.constants import deflators
from synthetic_registers.history import FIRST_MONTH, FIRST_YEAR, N_MONTHS, NO_EMPLOYER, NO_MONTH, World
from synthetic_registers.outcomes import LINES, Outcomes
from synthetic_registers.parameters import load_scenario
from synthetic_registers.simulate import simulate_chunk
from synthetic_registers.truth import WINDOW, Truth

SHARE_OF_CONTROLS = 0.08
YEARS = [
    LINES.index(line)
    for line in LINES
    if (line.definition, line.outcome, line.horizon_unit) == ("E4_employed", "established", "year")
]
MONTH_6 = next(
    j
    for j, line in enumerate(LINES)
    if (line.definition, line.horizon, line.horizon_unit) == ("E4_employed", 6, "month")
)


@dataclass(frozen=True, eq=False)
class AtRisk:
    """Person-months at risk: all that start, a random part of the others."""

    covariates: npt.NDArray[np.float64]
    treated: npt.NDArray[np.bool_]
    stratum: npt.NDArray[np.int64]  # month x class of elapsed time
    outcomes: npt.NDArray[np.float64]  # employed in November of years 1-4 after the month
    own_exit: npt.NDArray[
        np.float64
    ]  # employed 6 months after the own exit from Jobbtorg, or the planned exit of the treated
    before: npt.NDArray[np.float64]  # share of months 30-36 before in which employed
    later: npt.NDArray[np.bool_]  # starts in a later month

    def difference(self, y: npt.NDArray[np.float64], weight: npt.NDArray[np.float64]) -> float:
        """Mean of the treated less the weighted mean of the others; missing values left out."""
        y0, w = y[~self.treated], weight[~self.treated]
        seen = ~np.isnan(y0)
        return float(np.nanmean(y[self.treated]) - np.sum(y0[seen] * w[seen]) / np.sum(w[seen]))

    def standard_error(self, y: npt.NDArray[np.float64], weight: npt.NDArray[np.float64]) -> float:
        """Of that difference, for given weights."""
        w = weight[~self.treated]
        share = np.sum(w**2) / np.sum(w) ** 2
        return float(np.sqrt(np.nanvar(y[self.treated]) / self.treated.sum() + np.nanvar(y[~self.treated]) * share))

    def odds(self) -> npt.NDArray[np.float64]:
        """Odds of starting given the covariates, by logistic regression: weights for the ATT."""
        x = (self.covariates - self.covariates.mean(axis=0)) / np.maximum(self.covariates.std(axis=0), 1e-12)
        model = LogisticRegression(C=1e6, max_iter=300).fit(x, self.treated)
        return np.exp(model.decision_function(x))

    def as_in_strata(self) -> npt.NDArray[np.float64]:
        """Weights that give the others the treated's distribution over months and classes of elapsed time, and nothing more."""
        size = self.stratum.max() + 1
        treated = np.bincount(self.stratum[self.treated], minlength=size)
        others = np.bincount(self.stratum[~self.treated], minlength=size)
        return (treated / np.maximum(others, 1))[self.stratum]


def population(scenario: str, *, seed: int, chunks: int, size: int = 20_000) -> tuple[AtRisk, Truth]:
    """Simulate a population and keep its person-months at risk in the window, and its truth."""
    rules = load_scenario(scenario)
    truth = Truth(rules, seed)
    parts = []
    for k in range(chunks):
        world = simulate_chunk(rules, seed, size * k, size)
        registers = annual(rules, world.people, world.history)
        truth.add(world, registers)
        parts.append(_at_risk(Outcomes(world, registers), np.random.default_rng((seed, k))))
    fields = AtRisk.__dataclass_fields__
    return AtRisk(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in fields}), truth


def first_start(world: World) -> npt.NDArray[np.int64]:
    """Month of the first fixed-term employment of each person; far away where there is none."""
    begun = np.full(len(world.people), 10**6)
    np.minimum.at(begun, world.employments.row, world.employments.start_month)
    return begun


def episode_bounds(world: World) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Start and end of the episode a person is in, by person and month, shape (n, N_MONTHS); -1 outside episodes."""
    shape = world.history.enrolled.shape
    start, end = np.full(shape, -1), np.full(shape, -1)
    e = world.enrolments
    for row, first, last in zip(e.row, e.start_month, e.end_month, strict=True):
        last_month = FIRST_MONTH + N_MONTHS - 1 if last == NO_MONTH else last
        months = slice(first - FIRST_MONTH, last_month - FIRST_MONTH + 1)
        start[row, months], end[row, months] = first, last_month
    return start, end


def _at_risk(outcomes: Outcomes, rng: np.random.Generator) -> AtRisk:
    world, registers = outcomes.world, outcomes.annual
    people, history, employments = world.people, world.history, world.employments
    begun = first_start(world)
    start, end = episode_bounds(world)
    window = np.arange(WINDOW[0], WINDOW[1] + 1)
    row, column = np.nonzero((start[:, window - FIRST_MONTH] >= 0) & (window <= begun[:, None]))
    month = window[column]
    keep = (begun[row] == month) | (rng.random(len(row)) < SHARE_OF_CONTROLS)
    row, month = row[keep], month[keep]
    treated = begun[row] == month
    t, year = month - FIRST_MONTH, month // 12 - 1 - FIRST_YEAR
    elapsed = np.digitize(month - start[row, t], [3, 6, 12, 24])

    def indicators(values: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.float64]:
        return np.eye(size)[values][:, 1:]

    in_register = registers.in_register[row, year]
    pay = np.where(in_register, registers.earnings[row, year], 0) * 100.0 * deflators()[year]
    december = (12 * (month // 12) - 1)[:, None]
    births = people.children_birth_month[row]
    children = ((births != NO_MONTH) & (births <= december) & (december < births + 216)).sum(axis=1) * in_register
    assisted = np.concatenate([np.zeros((len(people), 1)), np.cumsum(history.social_assistance > 0, axis=1)], axis=1)
    seen = np.maximum.accumulate(np.where(history.step > 0, np.arange(N_MONTHS), 0), axis=1)
    step = np.take_along_axis(history.step, seen, axis=1)[row, t - 1]
    covariates = np.column_stack(
        [
            indicators(elapsed, 5),
            indicators(month // 3 - WINDOW[0] // 3, 12),
            people.woman[row],
            month // 12 - people.birth_month[row] // 12,
            indicators(np.minimum(people.origin[row], 1).astype(np.int64), 2),
            indicators(np.array([3, 0, 0, 1, 1, 2, 2, 2])[people.education[row]], 4),
            people.married[row],
            children,
            indicators(people.district[row].astype(np.int64) - 1, 14),
            np.log1p(pay / 10_000),
            pay == 0,
            assisted[row, t] - assisted[row, t - 12],
            indicators(step.astype(np.int64), 6),
            np.where(in_register, registers.sick_days[row, year], 0),
        ]
    ).astype(np.float64)
    planned = np.zeros(len(people), dtype=np.int64)
    first = np.unique(employments.row, return_index=True)
    planned[first[0]] = employments.planned_exit[first[1]]
    past = t[:, None] - np.arange(30, 37)
    return AtRisk(
        covariates=covariates,
        treated=treated,
        stratum=(month - WINDOW[0]) * 5 + elapsed,
        outcomes=outcomes.at(row, month)[:, YEARS],
        own_exit=outcomes.at(row, np.where(treated, planned[row], end[row, t]))[:, MONTH_6],
        before=(history.employer[row[:, None], past] != NO_EMPLOYER).mean(axis=1),
        later=(begun[row] < 10**6) & ~treated,
    )
