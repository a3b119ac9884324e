"""Time from time zero to a first month with an outcome, with death and emigration as competing events."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from evaluation.outcomes.dense import Int64
from evaluation.outcomes.panel import Floats, Panel
from evaluation.outcomes.states import Presence


class Ending(IntEnum):
    """How the months of waiting end."""

    CENSORED = 0
    EVENT = 1
    DEAD = 2
    ABROAD = 3

    @property
    def label(self) -> str:
        """Name in tables: ``event``, ``dead``, ``abroad``."""
        return self.name.lower()


CAUSES = {int(ending): ending.label for ending in Ending if ending is not Ending.CENSORED}


def time_to_event(
    panel: Panel, outcome: str, person: npt.ArrayLike, t0: npt.ArrayLike, *, definition: str = "", until: int = 48
) -> tuple[Floats, Floats]:
    """Months from T0 to the first month T0 + 1, T0 + 2, … with the outcome, and how the waiting ended.

    Death and emigration, as they stand at the end of a month, end it too; who moved out and back again has still left. In one month
    the outcome comes first. Whoever has met neither by month T0 + ``until``, or by the end of the registers, is censored there.

    Parameters
    ----------
    outcome, definition
        An outcome by month, as in :attr:`Panel.names`; 1 is the event.
    person, t0
        Ids and absolute months of time zero, one a row; negative where the clock has none.

    Returns
    -------
    time, ending
        float64, aligned to ``person``: months, and codes of :class:`Ending`; NaN without time zero, or where no month after it is covered.
    """
    store = np.asarray(panel.month(outcome, definition))
    row, zero = panel.grid.rows(person), np.asarray(t0, dtype=np.int64)
    first = zero + 1 - panel.grid.first_month
    known = (row >= 0) & (zero >= 0) & (first >= 0) & (first < panel.grid.n_months)
    row, first = np.where(known, row, 0), np.where(known, first, 0)
    stop = np.minimum(first + until, panel.grid.n_months)

    def next_month(hit: npt.NDArray[np.bool_]) -> Int64:
        """First month at or after ``first`` with a hit, as a column; ``n_months`` where there is none."""
        return _next_hit(hit)[row, first]

    months = np.stack(
        [
            next_month(store == 1),
            next_month(panel.presence == Presence.DEAD),
            next_month(panel.presence == Presence.ABROAD),
        ]
    )
    soonest = months.min(axis=0)
    # argmin takes the first of equals: the outcome, then death, then emigration
    ended = np.argmin(months, axis=0) + 1
    within = soonest < stop
    time = np.where(within, soonest, stop - 1) - first + 1
    ending = np.where(within, ended, int(Ending.CENSORED))
    return np.where(known, time, np.nan).astype(np.float64), np.where(known, ending, np.nan).astype(np.float64)


def _next_hit(hit: npt.NDArray[np.bool_]) -> Int64:
    """For each month the next month with a hit, that month included; ``(n, n_months)``."""
    n_months = hit.shape[1]
    places = np.where(hit, np.arange(n_months, dtype=np.int32), np.int32(n_months))
    return np.minimum.accumulate(places[:, ::-1], axis=1)[:, ::-1].astype(np.int64)
