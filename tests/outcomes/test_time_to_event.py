"""Waiting for a first month with an outcome."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.outcomes import OutcomeSpec, Panel, Presence
from evaluation.outcomes.dense import Grid
from evaluation.outcomes.time_to_event import Ending, time_to_event

N_MONTHS, FIRST = 24, 12 * 2010


def panel_of(worked: list[list[int]], presence: list[list[int]]) -> Panel:
    n = len(worked)
    grid = Grid(np.arange(1, n + 1), 2010, 2011)
    return Panel(
        grid=grid,
        spec=OutcomeSpec(),
        design_hash="a" * 64,
        state_year=np.zeros((n, 2), np.int8),
        presence=np.array(presence, np.int8),
        _annual={},
        _monthly={"work": np.array(worked, np.int8)},
    )


def months(*ones: int) -> list[int]:
    return [int(m in ones) for m in range(N_MONTHS)]


HERE = [int(Presence.RESIDENT)] * N_MONTHS


@pytest.mark.parametrize(
    ("worked", "presence", "zero", "time", "ending"),
    [
        (months(5), HERE, 0, 5, Ending.EVENT),
        (months(0, 5), HERE, 0, 5, Ending.EVENT),  # month T0 itself is not after it
        (months(3), HERE, 4, 19, Ending.CENSORED),
        (months(), HERE, 20, 3, Ending.CENSORED),
        (months(9), HERE[:6] + [int(Presence.DEAD)] * 18, 0, 6, Ending.DEAD),
        (months(9), HERE[:6] + [int(Presence.ABROAD)] * 2 + HERE[8:], 0, 6, Ending.ABROAD),
        (months(20), HERE, 0, 12, Ending.CENSORED),  # beyond ``until``
        (months(12), HERE, 0, 12, Ending.EVENT),
    ],
)
def test_what_ends_the_waiting(worked, presence, zero, time, ending) -> None:
    until = 12 if zero == 0 else 48
    found = time_to_event(panel_of([worked], [presence]), "work", [1], [FIRST + zero], until=until)
    assert (found[0].tolist(), found[1].tolist()) == ([time], [ending])


@pytest.mark.parametrize("zero", [-1, FIRST + N_MONTHS - 1, FIRST - 2])
def test_without_a_month_that_the_registers_cover_there_is_no_waiting(zero: int) -> None:
    time, ending = time_to_event(panel_of([months(3)], [HERE]), "work", [1], [zero])
    assert np.isnan(time).all()
    assert np.isnan(ending).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=N_MONTHS, max_size=N_MONTHS), st.integers(0, N_MONTHS - 2), st.integers(1, 30))
def test_the_event_has_happened_by_h_where_any_month_until_h_has_it(worked, zero, until) -> None:
    time, ending = time_to_event(panel_of([[int(w) for w in worked]], [HERE]), "work", [1], [FIRST + zero], until=until)
    for h in range(1, min(until, N_MONTHS - 1 - zero) + 1):
        assert (ending[0] == Ending.EVENT and time[0] <= h) == any(worked[zero + 1 : zero + h + 1])
