"""What holds for every simulated history."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from synthetic_registers.history import (
    CITY,
    FIRST_MONTH,
    N_MONTHS,
    NO_EMPLOYER,
    NO_MONTH,
    LeavingReason,
    Presence,
    Sickness,
    Study,
    Workplace,
)
from synthetic_registers.parameters import load_scenario
from synthetic_registers.population import draw_people
from synthetic_registers.simulate import simulate, simulate_chunk
from synthetic_registers.truth import restrict
from tests.synthetic.conftest import PERSONS, SEED
from tests.synthetic.risk_sets import episode_bounds

LAST_MONTH = FIRST_MONTH + N_MONTHS - 1


def same(one, other) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))


def same_world(one, other) -> bool:
    return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))


def test_the_same_seed_gives_the_same_arrays_and_another_seed_does_not(scenario, world):
    assert same_world(world, simulate_chunk(scenario, SEED, 0, PERSONS))
    assert not same_world(world, simulate_chunk(scenario, SEED + 1, 0, PERSONS))


@pytest.mark.parametrize(("first", "n"), [(0, 100), (37, 1), (2000, 700)])
def test_a_history_does_not_depend_on_who_else_is_simulated(scenario, world, first, n):
    part = simulate_chunk(scenario, SEED, first, n)
    assert same_world(part, restrict(world, np.arange(first, first + n)))


def test_no_flaws_has_the_people_of_the_default(world):
    clean = simulate_chunk(load_scenario("no_flaws"), SEED, 0, 500)
    assert same_world(clean, restrict(world, np.arange(500)))


@pytest.mark.parametrize("name", ["null_effect", "intense", "early_leaving", "heterogeneous", "strong_selection"])
def test_scenarios_share_their_people_and_their_deaths(world, name):
    other = simulate_chunk(load_scenario(name), SEED, 0, 500)
    assert same(other.people, restrict(world, np.arange(500)).people)
    assert np.array_equal(other.history.presence, world.history.presence[:500])


def test_people_are_plausible(world):
    p = world.people
    assert p.woman.mean() == pytest.approx(0.46, abs=0.03)
    assert (p.origin != 0).mean() == pytest.approx(0.63, abs=0.03)
    assert ((p.immigration_month == NO_MONTH) == (p.origin == 0)).all()
    assert (p.immigration_month[p.origin != 0] > p.birth_month[p.origin != 0]).all()
    assert np.corrcoef(p.ability, p.education)[0, 1] > 0.25
    assert set(np.unique(p.district)) == set(range(1, 15))
    births = np.where(p.children_birth_month == NO_MONTH, 10**6, p.children_birth_month)
    assert (np.diff(births, axis=1) >= 0).all()
    assert len(np.unique(p.person)) == len(p)


def test_the_dead_stay_dead_and_nothing_happens_to_the_absent(world):
    h = world.history
    dead = h.presence == Presence.DEAD
    assert (dead[:, 1:] >= dead[:, :-1]).all()
    absent = (h.presence != Presence.RESIDENT).copy()
    absent[:, 1:] &= absent[:, :-1]  # the month of leaving still holds what began before
    for name in (
        "employer",
        "wage",
        "business",
        "af_category",
        "enrolled",
        "social_assistance",
        "unemployment_insurance",
        "fixed_term",
    ):
        assert not getattr(h, name)[absent].any(), name


def test_pay_comes_with_an_employer(world):
    h = world.history
    assert ((h.wage > 0) == (h.employer != NO_EMPLOYER)).all()
    assert (h.employer[(h.employer > CITY)] >= 2).all()
    assert ((h.employer == CITY) == (h.fixed_term != Workplace.NONE)).all()
    assert (h.wage >= 0).all()
    assert h.wage.max() < 60_000
    assert not (h.business[h.employer != NO_EMPLOYER] > 0).any()


def test_enrolment_episodes_are_apart_and_match_the_months(world):
    e, h = world.enrolments, world.history
    start, _ = episode_bounds(world)
    assert np.array_equal(start >= 0, h.enrolled)
    same_person = e.row[1:] == e.row[:-1]
    gap = e.start_month[1:] - e.end_month[:-1]
    assert (gap[same_person] >= 3).all()  # at least two whole months between
    assert (e.end_month[:-1][same_person] != NO_MONTH).all()
    closed = e.end_month != NO_MONTH
    assert (e.end_month[closed] >= e.start_month[closed]).all()
    assert (e.reason[~closed] == LeavingReason.NONE).all()
    assert (e.reason[closed] != LeavingReason.NONE).all()
    assert e.start_month.min() >= 12 * 2008
    assert ((h.step > 0) == h.enrolled).all()
    assert h.step.max() <= 5
    assert ((h.episode > 0) == h.enrolled).all()
    assert (h.study[h.enrolled] <= Study.UNIVERSITY).all()


def test_only_people_of_working_age_without_work_are_referred(world):
    e, p, h = world.enrolments, world.people, world.history
    age = e.start_month // 12 - p.birth_month[e.row] // 12
    assert age.min() >= 18
    assert age.max() <= 64
    before = e.start_month - FIRST_MONTH - 1
    assert (h.presence[e.row, before] == Presence.RESIDENT).all()
    assert (h.sickness[e.row, before] != Sickness.DISABILITY).all()
    # a fixed-term employment may have ended on the last day of the month before
    assert np.isin(h.employer[e.row, before], [NO_EMPLOYER, CITY]).all()


def test_employments_start_from_jobbtorg_and_close_the_enrolment(world):
    v, h, e = world.employments, world.history, world.enrolments
    start, _ = episode_bounds(world)
    assert (start[v.row, v.start_month - FIRST_MONTH] >= 0).all()
    assert v.start_month.min() >= 12 * 2009
    assert v.start_month.max() <= 12 * 2014 + 11
    key = set(zip(e.row, e.end_month, strict=True))
    assert all((row, month) in key for row, month in zip(v.row, v.start_month, strict=True))
    gone = h.presence[v.row, v.actual_exit - FIRST_MONTH] != Presence.RESIDENT
    by_start = {(row, month): reason for row, month, reason in zip(e.row, e.end_month, e.reason, strict=True)}
    reasons = np.array([by_start[key] for key in zip(v.row, v.start_month, strict=True)])
    assert (reasons == LeavingReason.FIXED_TERM).all()
    assert (v.actual_exit <= LAST_MONTH).all()
    planned = v.planned_exit - v.start_month + 1
    assert set(np.unique(planned)) == set(range(6, 13))
    extended = v.extended_exit != NO_MONTH
    assert set(np.unique((v.extended_exit - v.planned_exit)[extended])) <= {3, 4, 5, 6}
    assert (v.actual_exit[extended] <= v.extended_exit[extended]).all()
    assert (v.actual_exit[extended] > v.planned_exit[extended]).all()
    assert (v.actual_exit[~extended] <= v.planned_exit[~extended]).all()
    assert ((v.actual_exit - v.start_month)[~gone] >= 1).all()
    for k in range(0, len(v.row), 7):
        months = slice(v.start_month[k] - FIRST_MONTH, v.actual_exit[k] - FIRST_MONTH + 1)
        assert (h.fixed_term[v.row[k], months] == v.workplace[k]).all()
    same_person = v.row[1:] == v.row[:-1]
    assert (v.start_month[1:][same_person] - v.actual_exit[:-1][same_person] >= 2).all()


def test_starting_comes_before_every_other_event_of_its_month(scenario, world):
    """Whoever starts is taken from those enrolled at the month's beginning: blocking the start leaves them at risk in that month."""
    v = world.employments
    rows = np.unique(v.row)
    start = v.start_month[np.unique(v.row, return_index=True)[1]]
    other = simulate(scenario, SEED, restrict(world, rows).people, world="not_now", block=start)
    assert other.history.enrolled[np.arange(len(rows)), start - FIRST_MONTH].all()


def test_populations_of_any_size(scenario):
    assert len(draw_people(scenario, seed=1, first=10**9, n=3)) == 3
    assert len(simulate_chunk(scenario, 1, 5, 0).people) == 0
