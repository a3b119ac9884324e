"""Gaps and islands: which spells of a person are one, given the gap that may lie between them.

A spell opens a new island when it starts later than the latest end of all earlier spells plus the gap. ``number_islands`` writes this
for the engine, ``number_islands_frame`` in numpy: the same rule, tested against each other and against brute force.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import numpy as np
import pandas as pd


def number_islands(
    spells: ibis.Table, *, by: Sequence[str], start: str, end: str, gap: int, tie: Sequence[str], name: str = "island"
) -> ibis.Table:
    """Add the number of the island each spell belongs to: 1, 2, ... within ``by`` in order of start.

    Parameters
    ----------
    spells
        One row a spell; ``start`` and ``end`` (included) are both integers or both dates and never null.
    by
        Columns that spells of one island share.
    gap
        Greatest difference between a start and the latest end so far that still joins (days for dates).
    tie
        Columns that make the order of spells with one start unique.
    """
    order = [start, *tie]
    before = ibis.window(group_by=list(by), order_by=order, rows=(None, -1))
    until = ibis.window(group_by=list(by), order_by=order, rows=(None, 0))
    room = ibis.interval(days=gap) if spells[start].type().is_date() else gap
    reached = spells.mutate(_reach=spells[end].max().over(before))
    opened = reached.mutate(
        _opens=ibis.ifelse(reached._reach.isnull(), 1, ibis.ifelse(reached[start] > reached._reach + room, 1, 0))
    )
    return opened.mutate(**{name: opened._opens.sum().over(until).cast("int32")}).drop("_reach", "_opens")


def number_islands_frame(frame: pd.DataFrame, *, by: str, start: str, end: str, gap: int) -> np.ndarray:
    """Island number of every row of ``frame`` (integer ``start`` and ``end``), in the order of its rows.

    The order of rows, and of spells with the same start, does not matter.
    """
    person, first, last = (frame[c].to_numpy(dtype=np.int64) for c in (by, start, end))
    order = np.lexsort((last, first, person))
    person, first, last = person[order], first[order], last[order]
    new_person = np.r_[True, person[1:] != person[:-1]][: len(person)]
    group = np.cumsum(new_person) - 1
    # running maximum of ends within a person: an offset a group keeps the maximum from reaching into the next one
    low, high = (last.min(), last.max()) if len(last) else (0, 0)
    offset = group * (high - low + 1)
    reach = np.maximum.accumulate(last - low + offset) - offset + low if len(last) else last
    opens = new_person | np.r_[True, first[1:] > reach[:-1] + gap][: len(person)]
    total = np.cumsum(opens)
    starts = total[new_person] - 1
    result = np.empty(len(frame), dtype=np.int32)
    result[order] = total - starts[group] if len(group) else total
    return result
