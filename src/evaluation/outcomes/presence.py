"""Who is alive and in Sweden, month by month: absence is a state of its own, never a missing value by silence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from evaluation.outcomes.dense import Grid, Int64, column
from evaluation.outcomes.states import Presence, State


def presence_by_month(grid: Grid, deaths: pa.Table, moves: pa.Table) -> npt.NDArray[np.int8]:
    """Codes of :class:`Presence` on the last day of each month, shape ``(n, n_months)``.

    Parameters
    ----------
    grid
        Persons and months.
    deaths
        Columns ``person, month``; absent from the month of death on.
    moves
        Columns ``person, month, kind`` (``in``, ``out``). A move into and one out of Sweden in the same month cancel. Before a first
        move into Sweden the person is abroad; without any move, resident.
    """
    out = np.full((len(grid.persons), grid.n_months), Presence.RESIDENT, dtype=np.int8)
    row, month, direction = _net_moves(grid, moves)
    seen: set[int] = set()
    for i, at, sign in zip(row.tolist(), (month - grid.first_month).tolist(), direction.tolist(), strict=True):
        at = max(at, 0)
        if i not in seen and sign > 0:
            out[i, :at] = Presence.ABROAD
        seen.add(i)
        out[i, at:] = Presence.RESIDENT if sign > 0 else Presence.ABROAD
    died = grid.rows(column(deaths, "person"))
    at = np.clip(column(deaths, "month") - grid.first_month, 0, grid.n_months)
    for i, first in zip(died.tolist(), at.tolist(), strict=True):
        if i >= 0:
            out[i, first:] = Presence.DEAD
    return out


def _net_moves(grid: Grid, moves: pa.Table) -> tuple[Int64, Int64, Int64]:
    """Rows, months and directions (+1 in, -1 out) in time order, one a person-month, without those that cancel."""
    row, month = grid.rows(column(moves, "person")), column(moves, "month")
    sign = np.where(np.asarray(moves.column("kind").to_pylist(), dtype=object) == "in", 1, -1).astype(np.int64)
    known = row >= 0
    row, month, sign = row[known], month[known], sign[known]
    key, inverse = np.unique(np.stack([row, month], axis=1), axis=0, return_inverse=True)
    net = np.zeros(len(key), dtype=np.int64)
    np.add.at(net, inverse.ravel(), sign)
    keep = net != 0
    return key[keep, 0], key[keep, 1], np.sign(net[keep])


def state_by_year(grid: Grid, classes: npt.NDArray[np.int8], presence: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Codes of :class:`State`, shape ``(n, n_years)``: the class where there is a row (-1: none), else why there is none.

    A row is evidence of being alive and resident on 31 December, so it outweighs an incomplete date of death.
    """
    december = presence[:, 11::12]
    reason = np.select(
        [december == Presence.DEAD, december == Presence.ABROAD],
        [int(State.DEAD), int(State.ABROAD)],
        int(State.NO_ROW),
    )
    return np.where(classes >= 0, classes, reason).astype(np.int8)
