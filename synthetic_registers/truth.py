"""What the employments did, known because every treated history is also simulated without them.

Three worlds from the same random numbers: with the employment; without it in its month but free to start later (the counterfactual of
``not_yet``); without any from that month on (of ``never``). Truth is the sample ATT among persons whose first fixed-term employment began in the window.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synthetic_registers.annual import annual
from synthetic_registers.history import Annual, Employments, Enrolments, History, People, Workplace, World
from synthetic_registers.outcomes import LINES, Outcomes
from synthetic_registers.parameters import Scenario
from synthetic_registers.simulate import simulate
from synthetic_registers.streams import Stream, uniforms

WINDOW = (12 * 2009, 12 * 2011 + 11)  # months in which an employment that is evaluated begins
LONG_FROM = 9  # months of planned length
CLOCK_DRAWS = 20
ESTIMANDS = {"not_yet": "not_now", "never": "never"}  # counterfactual world of each
CLOCKS = ("start", "exit_planned", "exit_actual")
_COLUMNS = [
    "outcome",
    "definition",
    "subgroup",
    "clock",
    "horizon",
    "horizon_unit",
    "estimand",
    "truth",
    "truth_twin",
    "n_treated",
]


@dataclass(frozen=True)
class Treated:
    """Treated persons of a chunk, one a person, shape ``(n,)`` each."""

    row: npt.NDArray[np.int64]  # row within the chunk
    start: npt.NDArray[np.int64]
    planned: npt.NDArray[np.int64]
    actual: npt.NDArray[np.int64]
    workplace: npt.NDArray[np.int8]


def treated(world: World) -> Treated:
    """Persons whose first fixed-term employment began in the window."""
    e = world.employments
    row, first = np.unique(e.row, return_index=True)  # employments are ordered by (row, start)
    start = e.start_month[first].astype(np.int64)
    keep = (start >= WINDOW[0]) & (start <= WINDOW[1])
    first = first[keep]
    return Treated(
        row[keep],
        start[keep],
        e.planned_exit[first].astype(np.int64),
        e.actual_exit[first].astype(np.int64),
        e.workplace[first],
    )


def restrict(world: World, rows: npt.NDArray[np.int64]) -> World:
    """The world of some of its people, renumbered from 0 in the order given (rows must rise)."""
    position = np.full(len(world.people), -1)
    position[rows] = np.arange(len(rows))

    def of(kind: People | History) -> dict[str, Any]:
        return {name: getattr(kind, name)[rows] for name in kind.__dataclass_fields__}

    def spells(kind: Enrolments | Employments) -> dict[str, Any]:
        keep = position[kind.row] >= 0
        kept = {name: getattr(kind, name)[keep] for name in kind.__dataclass_fields__}
        return {**kept, "row": position[kept["row"]]}

    return World(
        People(**of(world.people)),
        History(**of(world.history)),
        Enrolments(**spells(world.enrolments)),
        Employments(**spells(world.employments)),
    )


def subgroups(people: People, who: Treated) -> dict[str, npt.NDArray[np.bool_]]:
    """Masks over the treated by subgroup, in the order of the truth table."""
    woman, foreign = people.woman[who.row], people.origin[who.row] != 0
    age = who.start // 12 - people.birth_month[who.row] // 12
    education = people.education[who.row]
    length = who.planned - who.start + 1
    masks = {
        "all": np.ones(len(who.row), dtype=bool),
        "sex=women": woman,
        "sex=men": ~woman,
        "origin=born_in_sweden": ~foreign,
        "origin=foreign_born": foreign,
        "age=18-29": age < 30,
        "age=30-49": (age >= 30) & (age < 50),
        "age=50-64": age >= 50,
        "education=compulsory": (education == 1) | (education == 2),
        "education=upper_secondary": (education == 3) | (education == 4),
        "education=post_secondary": education >= 5,
        "education=missing": education == 0,
        "workplace_type=regular": who.workplace == Workplace.REGULAR,
        "workplace_type=created": who.workplace == Workplace.CREATED,
        "planned_length=short": length < LONG_FROM,
        "planned_length=long": length >= LONG_FROM,
    }
    return masks | {
        f"start_year={year}": who.start // 12 == year for year in range(WINDOW[0] // 12, WINDOW[1] // 12 + 1)
    }


@dataclass
class Truth:
    """Sums over chunks, from which the table of true effects is computed; its size does not depend on the population."""

    scenario: Scenario
    seed: int
    sums: dict[tuple[str, str, str], npt.NDArray[np.float64]] = field(default_factory=dict)

    def add(self, world: World, registers: Annual) -> Treated:
        """Add a chunk of the factual world; returns its treated persons."""
        who = treated(world)
        if len(who.row) == 0:
            return who
        masks = subgroups(world.people, who)
        here = restrict(world, who.row)
        own = np.arange(len(who.row))
        factual = Outcomes(here, _take_years(registers, who.row))
        drawn = self._drawn_clocks(here.people, who)
        with_it = {clock: factual.at(own, zero) for clock, zero in _zeros(who)}
        for estimand, name in ESTIMANDS.items():
            other = simulate(self.scenario, self.seed, here.people, world=name, block=who.start)  # type: ignore[arg-type]
            counterfactual = Outcomes(other, annual(self.scenario, other.people, other.history))
            for clock, zero in _zeros(who):
                y1, twin = with_it[clock], counterfactual.at(own, zero)
                y0 = twin
                if clock == "exit_actual" and not self.scenario.changes_nothing:
                    y0 = counterfactual.at(np.repeat(own, CLOCK_DRAWS), drawn.ravel())
                self._collect(estimand, clock, masks, y1, twin, y0)
        return who

    def _drawn_clocks(self, people: People, who: Treated) -> npt.NDArray[np.int64]:
        """Actual exit months each treated person would have had with the durations of like treated persons, shape (n, draws).

        Alike: same start year, kind of workplace, planned length class and sex, within the chunk. Where the employment changes nothing the
        drawn clocks are not used: the duration is then unrelated to what happens, the expectation of the contrast is the twin's zero.
        """
        cell = np.stack([who.start // 12, who.workplace, who.planned - who.start + 1 >= LONG_FROM, people.woman])
        _, cell = np.unique(cell, axis=1, return_inverse=True)
        order = np.lexsort((people.person, cell))
        sizes = np.bincount(cell)
        first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        u = np.column_stack([uniforms(self.seed, people.person, Stream.CLOCK, month=k) for k in range(CLOCK_DRAWS)])
        donor = order[first[cell][:, None] + np.floor(u * sizes[cell][:, None]).astype(np.int64)]
        return who.start[:, None] + (who.actual - who.start)[donor]

    def _collect(self, estimand, clock, masks, y1, twin, y0) -> None:  # type: ignore[no-untyped-def]
        repeats = len(y0) // len(y1)
        for name, mask in masks.items():
            many = np.repeat(mask, repeats)
            parts = [y1[mask], twin[mask], y0[many]]
            total = np.concatenate([[np.nansum(p, axis=0), np.sum(~np.isnan(p), axis=0)] for p in parts])
            key = (estimand, clock, name)
            self.sums[key] = self.sums[key] + total if key in self.sums else total

    def table(self) -> pd.DataFrame:
        """The true effects, one row an outcome, horizon, subgroup, clock and estimand; empty where nobody is observed."""
        return pd.DataFrame(list(self._rows()), columns=_COLUMNS)

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for (estimand, clock, name), total in sorted(self.sums.items()):
            with np.errstate(invalid="ignore", divide="ignore"):
                y1, twin, y0 = total[0] / total[1], total[2] / total[3], total[4] / total[5]
            for j, line in enumerate(LINES):
                yield (
                    line.outcome,
                    line.definition,
                    name,
                    clock,
                    line.horizon,
                    line.horizon_unit,
                    estimand,
                    y1[j] - y0[j],
                    y1[j] - twin[j],
                    int(total[1, j]),
                )

    def write(self, path: Path) -> None:
        """Write the table as CSV, ten significant digits."""
        table = self.table()
        table.to_csv(path, index=False, float_format="%.10g", lineterminator="\n")


def _zeros(who: Treated) -> tuple[tuple[str, npt.NDArray[np.int64]], ...]:
    return tuple(zip(CLOCKS, (who.start, who.planned, who.actual), strict=True))


def _take_years(registers: Annual, rows: npt.NDArray[np.int64]) -> Annual:
    return replace(registers, **{name: getattr(registers, name)[rows] for name in registers.__dataclass_fields__})
