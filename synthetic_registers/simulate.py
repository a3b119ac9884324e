"""Simulates the persons of a chunk in one of three worlds."""

from __future__ import annotations

from dataclasses import fields
from typing import Literal

import numpy as np
import numpy.typing as npt

from synthetic_registers import sections
from synthetic_registers.behaviour.kernel import FREE, MAX_EMPLOYMENTS, MAX_EPISODES, NEVER, NOT_NOW, kernel
from synthetic_registers.behaviour.state import TRAITS
from synthetic_registers.constants import deflators
from synthetic_registers.history import N_MONTHS, NO_MONTH, Employments, Enrolments, History, People, World
from synthetic_registers.macro import economy
from synthetic_registers.parameters import Scenario
from synthetic_registers.population import draw_people

WorldName = Literal["free", "not_now", "never"]
_WORLDS = {"free": FREE, "not_now": NOT_NOW, "never": NEVER}
_DTYPES = {
    "presence": "i1",
    "employer": "i4",
    "wage": "i4",
    "business": "i4",
    "af_category": "i2",
    "enrolled": "?",
    "episode": "i1",
}
_DTYPES |= {
    "step": "i1",
    "social_assistance": "i4",
    "unemployment_insurance": "i4",
    "study": "i1",
    "sickness": "i1",
    "fixed_term": "i1",
}
_EDUCATION_GROUPS = np.array([3, 0, 0, 1, 1, 2, 2, 2])  # of Sun2000niva_old 0 (missing), 1..7


def simulate_chunk(scenario: Scenario, seed: int, first_person: int, n: int) -> World:
    """The world as it went for persons ``first_person`` to ``first_person + n - 1``.

    A person's history depends on the scenario, the seed and the person's number only: any split into chunks gives the same.
    """
    return simulate(scenario, seed, draw_people(scenario, seed=seed, first=first_person, n=n))


def simulate(
    scenario: Scenario,
    seed: int,
    people: People,
    *,
    world: WorldName = "free",
    block: npt.NDArray[np.int64] | None = None,
) -> World:
    """Histories of the people in a world.

    Parameters
    ----------
    scenario, seed
        The same in every world of a population.
    people
        Any subset of a population.
    world
        ``free``: as it went. ``not_now``: no fixed-term employment starts in the month of ``block``, later ones may. ``never``: none starts
        in that month or after.
    block
        Absolute month a person, shape ``(n,)``; needed in ``not_now`` and ``never``. Until then a history is the same in every world.
    """
    if (block is None) != (world == "free"):
        raise ValueError(f"world {world!r} {'needs' if block is None else 'takes no'} block months")
    n = len(people)
    months = np.full(n, NO_MONTH, np.int64) if block is None else np.ascontiguousarray(block, np.int64)
    history = History(**{f.name: np.zeros((n, N_MONTHS), _DTYPES[f.name]) for f in fields(History)})
    episodes = [np.full((n, MAX_EPISODES), NO_MONTH, np.int32) for _ in range(2)] + [
        np.zeros((n, MAX_EPISODES), np.int8)
    ]
    jobs = [np.full((n, MAX_EMPLOYMENTS), NO_MONTH, np.int32) for _ in range(4)] + [
        np.zeros((n, MAX_EMPLOYMENTS), np.int8)
    ]
    eco = economy(scenario)
    rules = (sections.Labour, sections.Life, sections.Support, sections.Jobbtorg, sections.Start, sections.Employment)
    kernel()(
        _traits(people),
        np.uint64(seed),
        months,
        _WORLDS[world],
        (eco.finding, eco.loss, eco.wages, eco.norm),
        deflators().copy(),
        *(scenario.record(kind) for kind in rules),
        tuple(getattr(history, f.name) for f in fields(History)),
        (*episodes, *jobs),
    )
    return World(people, history, _enrolments(*episodes), _employments(*jobs))


def _traits(people: People) -> npt.NDArray[np.void]:
    """The people as one record each, as the kernel reads them."""
    traits = np.zeros(len(people), TRAITS)
    for name in (
        "person",
        "birth_month",
        "immigration_month",
        "woman",
        "married",
        "partner",
        "ability",
        "health",
        "motivation",
    ):
        traits[name] = getattr(people, name)
    traits["foreign"] = people.origin != 0
    traits["education"] = _EDUCATION_GROUPS[people.education]
    traits["child"] = people.children_birth_month
    traits["district"] = people.district - 1
    return traits


def _enrolments(start: npt.NDArray, end: npt.NDArray, reason: npt.NDArray) -> Enrolments:  # type: ignore[type-arg]
    row, k = np.nonzero(start != NO_MONTH)
    return Enrolments(row, (k + 1).astype(np.int8), start[row, k], end[row, k], reason[row, k])


def _employments(start, planned, actual, extended, workplace) -> Employments:  # type: ignore[no-untyped-def]
    row, k = np.nonzero(start != NO_MONTH)
    return Employments(row, start[row, k], planned[row, k], actual[row, k], extended[row, k], workplace[row, k])
