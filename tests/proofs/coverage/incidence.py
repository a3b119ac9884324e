"""Time to the first month with work, death and emigration competing: Aalen-Johansen on the matched sets, and its truth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.effects.survival.incidence import cumulative_incidence
from synthetic_registers.direct_outcomes import CHOSEN
from synthetic_registers.history import FIRST_MONTH, Presence
from synthetic_registers.outcomes import Line, Outcomes
from tests.proofs.coverage.replication import Clock, Replication

MONTHS = (12, 24, 36, 48)
BY = tuple(Line("employed_by", "E4_employed", month, "month") for month in MONTHS)
"""Whether work came before death and emigration, by so many months after time zero."""
LABELLED = (*CHOSEN, *BY)
"""Every line that has a place in the tables."""
CLOCKS: tuple[Clock, ...] = ("start", "exit_planned")


def aalen_johansen(replication: Replication, clock: str) -> pd.DataFrame:
    """Differences of cumulative incidence at :data:`MONTHS`."""
    members = replication.members(replication.matched, clock)  # type: ignore[arg-type]
    time, event = first_event(replication.source, members["row"].to_numpy(), members["t0"].to_numpy())
    found = cumulative_incidence(members, time, event, at=MONTHS)
    return found.table.assign(line=np.arange(len(CHOSEN), len(LABELLED)))


def first_event(outcomes: Outcomes, rows: np.ndarray, zero: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Months from time zero to the first event, int64 (m,), and what it was: 1 work, 2 death or emigration, 0 nothing until the last month."""
    place = (zero - FIRST_MONTH)[:, None] + np.arange(1, MONTHS[-1] + 1)
    works = outcomes.months["E4_employed"][rows[:, None], place]
    gone = outcomes.world.history.presence[rows[:, None], place] != Presence.RESIDENT
    some = works | gone
    first = some.argmax(axis=1)
    kind = np.where(works[np.arange(len(rows)), first], 1, 2)
    found = some.any(axis=1)
    return np.where(found, first + 1, MONTHS[-1]), np.where(found, kind, 0)


def truth_by(replication: Replication, weight: np.ndarray) -> dict[tuple[str, str], np.ndarray]:
    """Sums of the truth of :data:`BY` as in ``PersonTruth.sums``, against not yet."""
    who = replication.truth.who
    other, own = replication.truth.others["not_yet"], np.arange(len(who.row))
    sums = {}
    for clock, zero in zip(CLOCKS, (who.start, who.planned), strict=True):
        parts = []
        for outcomes, rows in ((replication.source, who.row), (other, own)):
            time, event = first_event(outcomes, rows, zero)
            by = (event == 1)[:, None] & (time[:, None] <= np.array(MONTHS))
            parts += [(weight[:, None] * by).sum(axis=0), np.full(len(MONTHS), weight.sum())]
        sums["not_yet", clock] = np.array(parts)
    return sums
