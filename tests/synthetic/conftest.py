"""Simulated worlds shared by the tests of this folder."""

from __future__ import annotations

import pytest

from synthetic_registers.annual import annual
from synthetic_registers.history import Annual, World
from synthetic_registers.parameters import Scenario, load_scenario
from synthetic_registers.simulate import simulate_chunk

SEED, PERSONS = 3, 8_000


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return load_scenario("default")


@pytest.fixture(scope="session")
def world(scenario: Scenario) -> World:
    return simulate_chunk(scenario, SEED, 0, PERSONS)


@pytest.fixture(scope="session")
def registers(scenario: Scenario, world: World) -> Annual:
    return annual(scenario, world.people, world.history)
