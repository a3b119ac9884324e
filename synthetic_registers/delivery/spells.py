"""Runs of equal states in monthly histories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synthetic_registers.history import FIRST_MONTH, N_MONTHS

LAST_MONTH = FIRST_MONTH + N_MONTHS - 1


@dataclass(frozen=True)
class Runs:
    """Runs of one value, ordered by (row, start): row of the person, absolute first and last month, value."""

    row: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    value: npt.NDArray[np.int64]


def runs(states: npt.NDArray[np.integer]) -> Runs:
    """Runs of equal states other than zero in ``states``, shape (n, N_MONTHS)."""
    flat = states.ravel()
    first = np.ones(len(flat), dtype=bool)
    first[1:] = flat[1:] != flat[:-1]
    first[::N_MONTHS] = True  # a new person
    start = np.flatnonzero(first)
    end = np.r_[start[1:], len(flat)] - 1 if len(start) else start
    used = flat[start] != 0
    start, end = start[used], end[used]
    return Runs(
        row=start // N_MONTHS,
        start=start % N_MONTHS + FIRST_MONTH,
        end=end % N_MONTHS + FIRST_MONTH,
        value=flat[start].astype(np.int64),
    )


def rank_within(row: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Running number, from 0, of each entry within its row; equal rows must stand together."""
    if not len(row):
        return np.zeros(0, dtype=np.int64)
    new = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    return np.arange(len(row)) - np.repeat(new, np.diff(np.r_[new, len(row)]))
