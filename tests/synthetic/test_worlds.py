"""The three worlds: the same until the employment, different after only through it."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from synthetic_registers.history import FIRST_MONTH, NO_MONTH, Sickness
from synthetic_registers.parameters import load_scenario
from synthetic_registers.simulate import simulate, simulate_chunk
from synthetic_registers.truth import restrict, treated
from tests.synthetic.conftest import SEED


@pytest.fixture(scope="module")
def twins(scenario, world):
    who = treated(world)
    here = restrict(world, who.row)
    others = {name: simulate(scenario, SEED, here.people, world=name, block=who.start) for name in ("not_now", "never")}
    return who, here, others


@pytest.mark.parametrize("name", ["not_now", "never"])
def test_histories_are_the_same_before_the_start(twins, name):
    who, here, others = twins
    before = np.arange(here.history.presence.shape[1]) < (who.start - FIRST_MONTH)[:, None]
    after = 0
    for field in fields(here.history):
        one, other = getattr(here.history, field.name), getattr(others[name].history, field.name)
        assert np.array_equal(one[before], other[before]), field.name
        after += (one[~before] != other[~before]).sum()
    assert after > 0


@pytest.mark.parametrize("name", ["not_now", "never"])
def test_death_migration_and_sickness_are_the_same_in_every_world(twins, name):
    _, here, others = twins
    assert np.array_equal(here.history.presence, others[name].history.presence)
    assert np.array_equal(
        here.history.sickness == Sickness.DISABILITY, others[name].history.sickness == Sickness.DISABILITY
    )


def test_blocked_starts_do_not_happen(twins):
    who, _, others = twins
    later = others["not_now"].employments
    assert len(later.row) > 0
    assert (later.start_month > who.start[later.row]).all()
    assert len(others["never"].employments.row) == 0


def test_where_the_employment_changes_nothing_the_worlds_are_the_same():
    scenario = load_scenario("null_effect")
    world = simulate_chunk(scenario, SEED, 0, 4000)
    who = treated(world)
    here = restrict(world, who.row)
    assert len(who.row) > 100
    for name in ("not_now", "never"):
        other = simulate(scenario, SEED, here.people, world=name, block=who.start)
        for field in fields(here.history):
            if field.name != "fixed_term":
                assert np.array_equal(getattr(here.history, field.name), getattr(other.history, field.name)), field.name
        for field in fields(here.enrolments):
            assert np.array_equal(getattr(here.enrolments, field.name), getattr(other.enrolments, field.name))


def test_a_world_asks_for_its_block_months(scenario, world):
    people = restrict(world, np.arange(3)).people
    with pytest.raises(ValueError, match="needs block months"):
        simulate(scenario, SEED, people, world="never")
    with pytest.raises(ValueError, match="takes no block months"):
        simulate(scenario, SEED, people, block=np.full(3, NO_MONTH))
