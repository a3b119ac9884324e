"""From rows to arrays: persons and periods become axes, rows and spells become cells."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

Int64 = npt.NDArray[np.int64]


def months_to_years(month: Int64) -> Int64:
    """Calendar year of an absolute month (12 * year + month of the year - 1)."""
    return month // 12


@dataclass(frozen=True, eq=False)
class Located:
    """Persons by their rows in a grid, int64 (m,)."""

    rows: Int64

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, eq=False)
class Grid:
    """Persons by months and by calendar years.

    Attributes
    ----------
    persons
        Sorted, unique ids, shape ``(n,)``.
    first_year, last_year
        Both inclusive; months run from January of the first to December of the last.
    """

    persons: Int64
    first_year: int
    last_year: int

    @property
    def n_years(self) -> int:
        """Number of calendar years."""
        return self.last_year - self.first_year + 1

    @property
    def n_months(self) -> int:
        """Number of months."""
        return 12 * self.n_years

    @property
    def first_month(self) -> int:
        """Absolute month of the first column."""
        return 12 * self.first_year

    def locate(self, person: npt.ArrayLike) -> Located:
        """The rows of ids found once, to be given instead of the ids where many outcomes are read for the same persons."""
        return Located(self.rows(person))

    def rows(self, person: npt.ArrayLike | Located) -> Int64:
        """Row of each id; -1 for an id that is not among :attr:`persons`."""
        if isinstance(person, Located):
            return person.rows
        person = np.asarray(person, dtype=np.int64)
        if not len(self.persons):
            return np.full(person.shape, -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.persons, person), len(self.persons) - 1)
        return np.where(self.persons[at] == person, at, -1)

    def by_year(
        self, person: Int64, year: Int64, value: npt.NDArray, *, dtype: npt.DTypeLike, empty: int = 0
    ) -> npt.NDArray:
        """One value a person-year, shape ``(n, n_years)``; ``empty`` where there is no row."""
        out = np.full((len(self.persons), self.n_years), empty, dtype=dtype)
        row, column = self.rows(person), year - self.first_year
        inside = (row >= 0) & (column >= 0) & (column < self.n_years)
        out[row[inside], column[inside]] = value[inside]
        return out

    def by_spell(self, person: Int64, first: Int64, last: Int64) -> npt.NDArray[np.int8]:
        """1 in every month of ``first..last`` (absolute, inclusive; cut at the grid), shape ``(n, n_months)``."""
        out = np.zeros((len(self.persons), self.n_months), dtype=np.int8)
        _paint(
            out,
            self.rows(person),
            np.maximum(first - self.first_month, 0),
            np.minimum(last - self.first_month, self.n_months - 1),
        )
        return out

    def any_in_year(self, months: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
        """1 where any month of the year is 1."""
        return months.reshape(len(self.persons), self.n_years, 12).max(axis=2)

    def sum_in_year(self, months: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
        """Number of months of the year that are 1."""
        return months.reshape(len(self.persons), self.n_years, 12).sum(axis=2, dtype=np.int8)


@numba.njit(cache=True)
def _paint(out: npt.NDArray[np.int8], row: Int64, first: Int64, last: Int64) -> None:
    for i in range(len(row)):
        if row[i] >= 0:
            for month in range(first[i], last[i] + 1):
                out[row[i], month] = 1


def column(table: pa.Table, name: str) -> Int64:
    """Column as int64 without nulls."""
    return table.column(name).cast(pa.int64()).to_numpy()
