"""Clocks of participants and comparison persons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.cohort import inherited, own_exit, pseudo_exit
from evaluation.errors import CohortError, FlaggedMethodWarning

TABLE = pd.DataFrame(
    {
        "row": range(6),
        "person": [1, 2, 3, 4, 5, 1],
        "episode": [1, 1, 1, 2, 1, 1],
        "month": [100, 100, 100, 101, 101, 101],
        "enrolment": [95, 90, 100, 99, 98, 95],
        "treated": [0, 1, 0, 1, 0, 0],
        "planned_exit": [np.nan, 105, np.nan, 112, np.nan, np.nan],
        "actual_exit": [np.nan, 103, np.nan, np.nan, np.nan, np.nan],
    }
)
MEMBERS = pd.DataFrame({"set": [0, 0, 0, 1, 1], "id": [1, 0, 2, 3, 5], "treated": [1, 0, 0, 1, 0]})
EPISODES = pd.DataFrame(
    {
        "person": [1, 2, 3, 4, 5],
        "episode": [1, 1, 1, 2, 1],
        "start": [95, 90, 100, 99, 98],
        "end": [120, 100, 100, 101, np.nan],
    }
)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("start", [100, 100, 100, 101, 101]),
        ("exit_planned", [105, 105, 105, 112, 112]),
        ("exit_actual", [103, 103, 103, np.nan, np.nan]),
    ],
)
def test_controls_inherit_the_clock_of_their_set(clock, expected) -> None:
    np.testing.assert_array_equal(inherited(MEMBERS, TABLE, clock=clock), expected)
    order = [3, 0, 4, 2, 1]
    np.testing.assert_array_equal(
        inherited(MEMBERS.iloc[order], TABLE, clock=clock), np.array(expected, dtype=float)[order]
    )


def test_a_set_without_one_treated_is_refused() -> None:
    with pytest.raises(CohortError, match="exactly one treated"):
        inherited(MEMBERS.iloc[1:], TABLE, clock="start")
    with pytest.raises(CohortError, match="exactly one treated"):
        inherited(pd.concat([MEMBERS, MEMBERS.iloc[:1]]), TABLE, clock="start")
    with pytest.raises(CohortError, match="exit_planned"):
        inherited(MEMBERS, TABLE, clock="exit")


def test_own_exit_is_flagged() -> None:
    with pytest.warns(FlaggedMethodWarning, match="own_exit"):
        months = own_exit(MEMBERS, TABLE, EPISODES)
    np.testing.assert_array_equal(months, [103, 120, 100, np.nan, 120])


def test_pseudo_exit_is_drawn_from_the_treated_and_kept_while_enrolled() -> None:
    rng = np.random.default_rng(4)
    enrolment = rng.integers(80, 110, 500)
    pool = pd.DataFrame({"person": np.arange(500), "enrolment": enrolment, "end": enrolment + rng.integers(0, 20, 500)})
    pool["end"] = pool["end"].where(pool["person"] % 7 > 0)
    treated = TABLE[TABLE["treated"] == 1]
    with pytest.warns(FlaggedMethodWarning, match="pseudo_exit"):
        drawn = pseudo_exit(pool, treated, seed=2, clock="exit_planned")
    to_start, to_exit = {10: 15, 2: 13}, drawn["exit"] - drawn["enrolment"]
    lag = drawn["start"] - drawn["enrolment"]
    assert set(lag) == set(to_start)
    assert (drawn["kept"] == (drawn["end"].isna() | (drawn["end"] >= drawn["start"]))).all()
    kept = drawn["kept"]
    assert drawn["exit"].notna().equals(kept)
    assert (to_exit[kept] == lag[kept].map(to_start)).all()
    with pytest.warns(FlaggedMethodWarning):
        again = pseudo_exit(pool.sample(frac=1, random_state=1), treated.iloc[::-1], seed=2, clock="exit_planned")
    pd.testing.assert_frame_equal(again.sort_index(), drawn)


def test_pseudo_exit_needs_somebody_to_draw_from() -> None:
    with pytest.warns(FlaggedMethodWarning), pytest.raises(CohortError, match="no treated"):
        pseudo_exit(EPISODES.rename(columns={"start": "enrolment"}), TABLE[TABLE["treated"] == 0], seed=1)
