"""The effects and the states together: what is hidden of the one is hidden of the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.disclosure.cells import Solved
from evaluation.disclosure.policy import Policy
from evaluation.disclosure.rules.beside import Cell, is_reference
from evaluation.disclosure.rules.effects import hide_effects
from evaluation.disclosure.rules.shares import hide_states
from evaluation.disclosure.rules.state_effects import (
    OUTCOME_OF_STATE,
    StateYear,
    effects_of_state_years,
    effects_of_states,
    nearly_the_state,
    states_of_effects,
)

Mask = npt.NDArray[np.bool_]


def hide_effects_and_states(
    effects: pd.DataFrame | None, states: pd.DataFrame | None, policy: Policy
) -> dict[str, Mask]:
    """Rows to hide of ``effects`` and ``states``, of those that are there and have rows.

    A state and the effect on it show the same shares, so what one hides, the other hides. Only where the effect is about a few others than the
    state does the effect alone go; the state then tells its number nearly, and subgroups are hidden as beside a number that is shown.
    """
    masks: dict[str, Mask] = {}
    solved: Solved = {}
    linked: frozenset[StateYear] = frozenset()
    if effects is not None and len(effects):
        masks["effects"] = hide_effects(effects, policy, solved=solved)
        linked = states_of_effects(effects[masks["effects"] & is_reference(effects)])
    if states is None or states.empty:
        return masks
    masks["states"] = hide_states(states, policy, linked=linked)
    if effects is None or effects.empty:
        return masks
    near = nearly_the_state(effects, states, policy)
    participants = (states["group"] == "participants").to_numpy()
    counts = _counts(states[participants])
    while True:  # until both hide the same: each turn hides states that were shown
        gone = effects_of_states(states[masks["states"]]) | near
        told = near - effects_of_states(states[masks["states"] & participants])
        if gone - effects_of_state_years(linked):
            masks["effects"] = hide_effects(
                effects, policy, linked=gone, told={cell: counts[cell] for cell in told}, solved=solved
            )
        pairs = states_of_effects(effects[masks["effects"] & is_reference(effects)])
        more = frozenset(pair for pair in pairs - linked if not effects_of_state_years([pair]) <= told)
        if not more:
            return masks
        linked |= more
        masks["states"] = hide_states(states, policy, linked=linked)


def _counts(states: pd.DataFrame) -> dict[Cell, float]:
    """Persons in each state that the effects show too, by the cell of its effect."""
    return {
        (*OUTCOME_OF_STATE[state], str(clock), int(year), "year"): float(n)
        for state, clock, year, n in zip(states["state"], states["clock"], states["year"], states["n"], strict=True)
        if state in OUTCOME_OF_STATE
    }
