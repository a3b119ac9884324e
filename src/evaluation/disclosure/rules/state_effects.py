"""States that the effects show too: which row of one table stands for which of the other."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from evaluation.disclosure.policy import Policy
from evaluation.disclosure.rules.beside import Cell, cell_of, is_reference

StateYear = tuple[str, str, int]
"""State, clock and year."""

OUTCOME_OF_STATE = {"established": ("established", "E2_scb"), "studying": ("studying", "")}


def states_of_effects(rows: pd.DataFrame) -> frozenset[StateYear]:
    """States, clocks and years that rows of effects (on everybody, by year) are about."""
    return frozenset(key for key, _ in _pairs(rows))


def effects_of_state_years(states: Iterable[StateYear]) -> frozenset[Cell]:
    """Cells of the effects on these states."""
    return frozenset((*OUTCOME_OF_STATE[state], clock, year, "year") for state, clock, year in states)


def effects_of_states(rows: pd.DataFrame) -> frozenset[Cell]:
    """Cells of the effects that show the same as these rows of ``states.csv``."""
    keys = zip(rows["state"].astype(str), rows["clock"].astype(str), rows["year"].astype(int), strict=True)
    return effects_of_state_years(key for key in keys if key[0] in OUTCOME_OF_STATE)


def nearly_the_state(effects: pd.DataFrame, states: pd.DataFrame, policy: Policy) -> frozenset[Cell]:
    """Cells of *studying* whose participants with the outcome are a few others than those in the state.

    A student who is established as well stands in the state *established*: the outcome less the state would count those persons.
    """
    part = states[
        (states["group"] == "participants") & (states["state"] == "studying") & (states["status"] == "released")
    ]
    in_state = {(str(c), int(y)): float(n) for c, y, n in zip(part["clock"], part["year"], part["n"], strict=True)}
    main = effects[is_reference(effects) & (effects["status"] == "released").to_numpy()]
    found = set()
    for (state, clock, year), place in _pairs(main):
        if state != "studying" or (clock, year) not in in_state:
            continue
        count = float(main["n_treated"].iloc[place]) * float(main["treated_mean"].iloc[place])
        if policy.leaves_too_few(count - in_state[clock, year]):
            found.add((state, clock, year))
    return effects_of_state_years(found)


def _pairs(rows: pd.DataFrame) -> list[tuple[StateYear, int]]:
    """State, clock and year of each row of effects that is about one, with the place of the row."""
    named = {outcome: state for state, outcome in OUTCOME_OF_STATE.items()}
    cells = [
        cell_of(row)
        for row in rows[["outcome", "definition", "clock", "horizon", "horizon_unit"]].itertuples(index=False)
    ]
    return [
        ((named[cell[:2]], cell[2], cell[3]), i)
        for i, (cell, subgroup) in enumerate(zip(cells, rows["subgroup"], strict=True))
        if cell[:2] in named and cell[4] == "year" and subgroup == "all"
    ]
