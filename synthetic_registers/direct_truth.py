"""The truth of one small population, person by person and by line of outcomes, from the three worlds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synthetic_registers.annual import annual
from synthetic_registers.direct_outcomes import CHOSEN, OutcomeTable
from synthetic_registers.history import World
from synthetic_registers.outcomes import Line, Outcomes
from synthetic_registers.parameters import Scenario
from synthetic_registers.simulate import simulate
from synthetic_registers.truth import CLOCKS, ESTIMANDS, Treated, Truth, restrict, treated

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PersonTruth:
    """Outcomes of the treated with and without the employment.

    Attributes
    ----------
    who
        The treated, as in :func:`synthetic_registers.truth.treated`.
    lines
        Columns of the arrays.
    with_it
        ``{clock: (n, lines)}``.
    without
        ``{(estimand, clock): (n, lines)}``; on the clock ``exit_actual`` the mean over the drawn clocks (missing where all are).
    twin
        The same read at the treated's own clock.
    draws
        How many values each entry of ``without`` is the mean of.
    others
        ``{estimand: outcomes}`` of the treated, in the order of ``who``, in the world without.
    """

    who: Treated
    lines: tuple[Line, ...]
    with_it: dict[str, Floats]
    without: dict[tuple[str, str], Floats]
    twin: dict[tuple[str, str], Floats]
    draws: dict[tuple[str, str], npt.NDArray[np.int64]]
    others: dict[str, Outcomes]

    def sums(self, weight: Floats | None = None) -> dict[tuple[str, str], Floats]:
        """Sum and number of values with the employment, sum and number of those without (each draw counts), ``{(estimand, clock): (4, lines)}``.

        Added over populations and divided they are the pooled truth, weighted by the treated; ``weight``, (n,), counts each of them so much.
        """
        by = np.ones((len(self.who.row), 1)) if weight is None else weight[:, None]
        return {
            key: np.concatenate([_totals(self.with_it[key[1]], by), _totals(without, by * self.draws[key])])
            for key, without in self.without.items()
        }


def _totals(values: Floats, weight: Floats) -> Floats:
    """Sum and number of the values that are there, (2, lines)."""
    return np.stack([np.nansum(values * weight, axis=0), np.sum(~np.isnan(values) * weight, axis=0)])


def person_truth(
    scenario: Scenario, seed: int, world: World, outcomes: OutcomeTable, lines: Sequence[Line] = CHOSEN
) -> PersonTruth:
    """Simulate the treated of a population without their employment and read every line in the three worlds.

    Parameters
    ----------
    scenario, seed, world
        The population as it went.
    outcomes
        Its outcomes by the same ``lines``.
    """
    who = treated(world)
    here = restrict(world, who.row).people
    own = np.arange(len(who.row))
    zeros = dict(zip(CLOCKS, (who.start, who.planned, who.actual), strict=True))
    drawn = Truth(scenario, seed)._drawn_clocks(here, who)  # the same draws as in the truth of a delivery
    with_it = {clock: outcomes.at(who.row, zero) for clock, zero in zeros.items()}
    without, twin, seen, others = {}, {}, {}, {}
    for estimand, name in ESTIMANDS.items():
        other = simulate(scenario, seed, here, world=name, block=who.start)  # type: ignore[arg-type]
        others[estimand] = Outcomes(other, annual(scenario, other.people, other.history))
        table = OutcomeTable(others[estimand], lines)
        for clock, zero in zeros.items():
            key = (estimand, clock)
            y0 = twin[key] = table.at(own, zero)
            if clock == "exit_actual" and not scenario.changes_nothing:
                y0 = table.at(np.repeat(own, drawn.shape[1]), drawn.ravel())
            draws = y0.reshape(len(own), -1, len(lines))
            number = seen[key] = np.sum(~np.isnan(draws), axis=1)
            without[key] = np.where(number > 0, np.nansum(draws, axis=1) / np.maximum(number, 1), np.nan)
    return PersonTruth(who, tuple(lines), with_it, without, twin, seen, others)
