"""The outcome panel: one dense array per outcome, read at horizons counted from any clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from evaluation.errors import EffectError, Problem
from evaluation.outcomes.dense import Grid, Located, months_to_years
from evaluation.outcomes.spec import OutcomeSpec
from evaluation.outcomes.states import Presence, State

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Panel:
    """Outcomes per person, year and month.

    Attributes
    ----------
    grid
        Sorted persons, years and months.
    spec
        What was read, by which rules.
    design_hash
        Hash of the frozen design that the outcomes were read for.
    state_year
        Codes of :class:`State`, int8 ``(n, n_years)``.
    presence
        Codes of :class:`Presence`, int8 ``(n, n_months)``.
    """

    grid: Grid
    spec: OutcomeSpec
    design_hash: str
    state_year: npt.NDArray[np.int8]
    presence: npt.NDArray[np.int8]
    _annual: Mapping[str, npt.NDArray] = field(repr=False)
    _monthly: Mapping[str, npt.NDArray[np.int8]] = field(repr=False)

    @property
    def persons(self) -> npt.NDArray[np.int64]:
        """Sorted ids, shape ``(n,)``."""
        return self.grid.persons

    @property
    def names(self) -> dict[str, list[str]]:
        """Names that :meth:`year` and :meth:`month` know."""
        return {"year": sorted(self._annual), "month": sorted(self._monthly)}

    def year(self, outcome: str, definition: str = "") -> Floats:
        """Values by year, float ``(n, n_years)``; NaN where the person is dead, abroad or without a row."""
        values = self._find(self._annual, outcome, definition, "year").astype(np.float64)
        values[self.state_year >= State.DEAD] = np.nan
        return values

    def month(self, outcome: str, definition: str = "") -> npt.NDArray[np.int8]:
        """Values by month, int8 ``(n, n_months)``; -1 where the person is dead or abroad at the end of the month."""
        values = self._find(self._monthly, outcome, definition, "month")
        return np.where(self.presence == Presence.RESIDENT, values, np.int8(-1))

    def at_years(
        self, outcome: str, person: npt.ArrayLike | Located, t0: npt.ArrayLike, k: int, definition: str = ""
    ) -> Floats:
        """Values in calendar year(T0) + k, aligned to ``person``.

        Parameters
        ----------
        outcome, definition
            As in :attr:`names`.
        person
            Ids, repeated as often as needed; or what :meth:`Grid.locate` made of them.
        t0
            Absolute month of time zero, one a row; negative where the clock has none.
        k
            Years after the calendar year of time zero.

        Returns
        -------
        float64, same length: NaN beyond the registers, without time zero, and, where the rule is to exclude them (always for earnings), for
        absent persons.
        """
        row, at, inside = self._positions(person, months_to_years(np.asarray(t0, dtype=np.int64)) + k, t0, unit="year")
        values = self._find(self._annual, outcome, definition, "year")[row, at].astype(np.float64)
        if outcome == "earnings" or self.spec.absent == "excluded":
            inside &= self.state_year[row, at] < State.DEAD
        return np.where(inside, values, np.nan)

    def at_months(
        self, outcome: str, person: npt.ArrayLike | Located, t0: npt.ArrayLike, h: int, definition: str = ""
    ) -> Floats:
        """Values in month T0 + h, aligned to ``person``; NaN as in :meth:`at_years`."""
        row, at, inside = self._positions(person, np.asarray(t0, dtype=np.int64) + h, t0, unit="month")
        values = self._find(self._monthly, outcome, definition, "month")[row, at].astype(np.float64)
        return self._drop_absent(values, inside, row, at)

    def sustained(self, definition: str, person: npt.ArrayLike | Located, t0: npt.ArrayLike, k: int) -> Floats:
        """1 where the person is established in every one of the years 1..k after T0; NaN where any of them is."""
        every = np.ones(len(self.grid.rows(person)))
        for year in range(1, k + 1):
            every = every * self.at_years("established", person, t0, year, definition)
        return every

    def returned(self, person: npt.ArrayLike | Located, t0: npt.ArrayLike, h: int) -> Floats:
        """1 where a new enrolment episode begins in any of the months T0 + 1 .. T0 + h."""
        starts = np.cumsum(self._find(self._monthly, "enrolment_begins", "", "month"), axis=1, dtype=np.int16)
        row, at, inside = self._positions(person, np.asarray(t0, dtype=np.int64) + h, t0, unit="month")
        before = np.asarray(t0, dtype=np.int64) - self.grid.first_month
        earlier = np.where(before >= 0, starts[row, np.clip(before, 0, self.grid.n_months - 1)], 0)
        return self._drop_absent((starts[row, at] > earlier).astype(np.float64), inside, row, at)

    def states_at(self, person: npt.ArrayLike | Located, t0: npt.ArrayLike, k: int) -> npt.NDArray[np.int8]:
        """Codes of :class:`State` in calendar year(T0) + k, aligned to ``person``; -1 beyond the registers."""
        row, at, inside = self._positions(person, months_to_years(np.asarray(t0, dtype=np.int64)) + k, t0, unit="year")
        return np.where(inside, self.state_year[row, at], np.int8(-1))

    def _drop_absent(self, values: Floats, inside: npt.NDArray[np.bool_], row: npt.NDArray, at: npt.NDArray) -> Floats:
        if self.spec.absent == "excluded":
            inside = inside & (self.presence[row, at] == Presence.RESIDENT)
        return np.where(inside, values, np.nan)

    def _positions(
        self, person: npt.ArrayLike | Located, period: npt.NDArray[np.int64], t0: npt.ArrayLike, *, unit: str
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        row = self.grid.rows(person)
        t0 = np.asarray(t0, dtype=np.int64)
        if row.shape != t0.shape:
            raise EffectError(
                Problem(
                    "outcomes, time zero",
                    f"{t0.size} values for {row.size} persons",
                    "one time zero a row",
                    "align them",
                )
            )
        if unknown := int((row < 0).sum()):
            raise EffectError(
                Problem(
                    "outcomes, persons",
                    f"{unknown} rows belong to persons whose outcomes were not read",
                    "persons given to read_outcomes",
                    "read them for these persons too: study.follow_up(design, everybody=True) reads all at risk",
                )
            )
        first, n = (
            (self.grid.first_year, self.grid.n_years) if unit == "year" else (self.grid.first_month, self.grid.n_months)
        )
        at = period - first
        inside = (t0 >= 0) & (at >= 0) & (at < n)
        return row, np.where(inside, at, 0), inside

    def _find(self, store: Mapping[str, npt.NDArray], outcome: str, definition: str, unit: str) -> npt.NDArray:
        name = key(outcome, definition)
        if name not in store:
            raise EffectError(
                Problem(f"outcomes by {unit}", f"no {name!r}", ", ".join(sorted(store)), "name one of them")
            )
        return store[name]

    def __str__(self) -> str:
        return (
            f"Panel: {len(self.persons)} persons, years {self.grid.first_year}-{self.grid.last_year}, "
            f"{len(self._annual)} outcomes by year, {len(self._monthly)} by month, design {self.design_hash[:12]}"
        )


def key(outcome: str, definition: str = "") -> str:
    """Name of an array: ``established:E2_scb``, ``earnings``."""
    return f"{outcome}:{definition}" if definition else outcome
