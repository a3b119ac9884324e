"""A small random but consistent world for the tests of the delivery: no behaviour, only arrays that fit together."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np

from synthetic_registers.history import (
    CITY,
    FIRST_MONTH,
    N_MONTHS,
    N_YEARS,
    NO_MONTH,
    Annual,
    Employments,
    Enrolments,
    History,
    LeavingReason,
    People,
    Presence,
    Workplace,
    World,
)

LAST = FIRST_MONTH + N_MONTHS - 1


@dataclass(frozen=True)
class FakeScenario:
    """Only what the delivery reads of a scenario."""

    flaws: dict[str, float] = field(default_factory=dict)


def fake_people(n: int, rng: np.random.Generator) -> People:
    foreign = rng.random(n) < 0.6
    birth = rng.integers(12 * 1948, 12 * 1993, n).astype(np.int32)
    children = np.where(rng.random((n, 3)) < 0.3, rng.integers(12 * 1995, 12 * 2014, (n, 3)), NO_MONTH)
    married = rng.random(n) < 0.3
    return People(
        person=np.arange(n, dtype=np.int64),
        birth_month=birth,
        birth_day=rng.integers(1, 29, n).astype(np.int8),
        woman=rng.random(n) < 0.5,
        origin=np.where(foreign, rng.integers(1, 8, n), 0).astype(np.int8),
        immigration_month=np.where(
            foreign, np.maximum(birth + 12, rng.integers(12 * 1990, 12 * 2012, n)), NO_MONTH
        ).astype(np.int32),
        education=rng.integers(0, 8, n).astype(np.int8),
        married=married,
        partner=married | (rng.random(n) < 0.2),
        children_birth_month=children.astype(np.int32),
        district=rng.integers(1, 15, n).astype(np.int8),
        household=np.arange(n, dtype=np.int64) // 2,
        ability=rng.normal(size=n),
        health=rng.normal(size=n),
        motivation=rng.normal(size=n),
    )


def _runs(n: int, rng: np.random.Generator, values: np.ndarray, share: float, mean: float) -> np.ndarray:
    """Monthly states in runs: 0 or one of ``values``."""
    change = rng.random((n, N_MONTHS)) < 1 / mean
    change[:, 0] = True
    drawn = np.where(rng.random((n, N_MONTHS)) < share, rng.choice(values, (n, N_MONTHS)), 0)
    place = np.maximum.accumulate(np.where(change, np.arange(N_MONTHS), 0), axis=1)
    return np.take_along_axis(drawn, place, axis=1)


def fake_world(n: int = 1000, seed: int = 1) -> World:
    """People, histories, enrolments (from 2008) and employments (2009-2014) of ``n`` persons."""
    rng = np.random.default_rng(seed)
    people = fake_people(n, rng)
    months = FIRST_MONTH + np.arange(N_MONTHS)

    death = np.where(rng.random(n) < 0.05, rng.integers(FIRST_MONTH + 1, LAST + 1, n), LAST + 100)
    presence = _runs(n, rng, np.array([1]), 0.05, 40)
    presence[(people.immigration_month[:, None] > months)] = Presence.ABROAD
    arrives = (people.immigration_month[:, None] <= months) & (people.immigration_month[:, None] + 12 > months)
    presence[arrives] = Presence.RESIDENT
    presence[months >= death[:, None]] = Presence.DEAD
    home = presence == Presence.RESIDENT

    spells, jobs, enrolled, episode, fixed = _jobbtorg(n, rng, death)
    employer = np.where(home & ~enrolled, _runs(n, rng, np.arange(2, 400), 0.5, 14), 0)
    employer[fixed > 0] = CITY
    wage = np.where(employer > 0, rng.integers(50, 30_000, employer.shape), 0)
    free = home & (employer == 0)
    step = np.where(enrolled, _runs(n, rng, np.arange(1, 6), 1.0, 6), 0)
    history = History(
        presence=presence.astype(np.int8),
        employer=employer.astype(np.int32),
        wage=wage.astype(np.int32),
        business=np.where(home & (rng.random((n, 1)) < 0.03), 5000, 0).astype(np.int32),
        af_category=np.where(free, _runs(n, rng, np.array([11, 14, 21, 22, 33, 43, 54, 69, 70, 79]), 0.5, 5), 0).astype(
            np.int16
        ),
        enrolled=enrolled,
        episode=episode,
        step=step.astype(np.int8),
        social_assistance=np.where(free, _runs(n, rng, np.arange(3000, 9000, 500), 0.3, 6), 0).astype(np.int32),
        unemployment_insurance=np.where(free, _runs(n, rng, np.arange(2000, 15000, 1000), 0.1, 5), 0).astype(np.int32),
        study=np.where(home, _runs(n, rng, np.arange(1, 5), 0.1, 8), 0).astype(np.int8),
        sickness=np.where(home, _runs(n, rng, np.array([1, 2]), 0.05, 5), 0).astype(np.int8),
        fixed_term=fixed,
    )
    return World(people, history, spells, jobs)


def _jobbtorg(n: int, rng: np.random.Generator, death: np.ndarray) -> tuple:
    enrolled = np.zeros((n, N_MONTHS), dtype=bool)
    episode = np.zeros((n, N_MONTHS), dtype=np.int8)
    fixed = np.zeros((n, N_MONTHS), dtype=np.int8)
    spells: list[tuple[int, ...]] = []
    jobs: list[tuple[int, ...]] = []
    for row in range(n):
        month = 12 * 2008 + int(rng.integers(0, 60))
        last = min(LAST, int(death[row]))
        for number in range(1, int(rng.integers(0, 5)) + 1):
            end = month + int(rng.integers(0, 20 if rng.random() < 0.7 else 2))
            if month > last - 1:
                break
            is_open = end > LAST
            end = min(end, last)
            drawn = LeavingReason(int(rng.integers(1, 12)) if rng.random() < 0.7 else LeavingReason.FIXED_TERM)
            reason = LeavingReason.NONE if is_open else drawn
            reason = LeavingReason.DEAD if end == death[row] else reason
            starts = reason == LeavingReason.FIXED_TERM and 12 * 2009 <= end < 12 * 2015
            if reason == LeavingReason.FIXED_TERM and not starts:
                reason = LeavingReason.STUDIES
            spells.append((row, number, month, NO_MONTH if is_open else end, int(reason)))
            enrolled[row, month - FIRST_MONTH : end - FIRST_MONTH + 1] = True
            episode[row, month - FIRST_MONTH : end - FIRST_MONTH + 1] = number
            month = end + int(rng.integers(1, 30))
            if starts:
                planned = end + int(rng.integers(3, 13))
                extended = planned + int(rng.integers(1, 7)) if rng.random() < 0.3 else NO_MONTH
                agreed = planned if extended == NO_MONTH else extended
                actual = (
                    agreed
                    if extended != NO_MONTH
                    else max(end, planned - int(rng.integers(0, 3)) * int(rng.random() < 0.3))
                )
                workplace = int(rng.choice([Workplace.REGULAR, Workplace.CREATED]))
                jobs.append((row, end, planned, actual, extended, workplace))
                fixed[row, end - FIRST_MONTH : actual - FIRST_MONTH + 1] = workplace
                month = max(month, actual + 1) if rng.random() < 0.7 else actual + 1
    kinds = (np.int64, np.int8, np.int32, np.int32, np.int8)
    e = [np.array([s[i] for s in spells], dtype=kind) for i, kind in enumerate(kinds)]
    kinds = (np.int64, np.int32, np.int32, np.int32, np.int32, np.int8)
    j = [np.array([s[i] for s in jobs], dtype=kind) for i, kind in enumerate(kinds)]
    return Enrolments(*e), Employments(*j), enrolled, episode, fixed


def fake_annual(world: World, seed: int = 1) -> Annual:
    """Annual values with the right types; sums of wages are real, the rest is random."""
    rng = np.random.default_rng(seed)
    n, history = len(world.people), world.history

    def sums(values: np.ndarray) -> np.ndarray:
        return (values.reshape(n, N_YEARS, 12).sum(2) + 50) // 100

    years = FIRST_MONTH // 12 + np.arange(N_YEARS)
    presence = history.presence[:, 11::12]
    age = years - world.people.birth_month[:, None] // 12
    earnings = sums(history.wage).astype(np.int32)
    november = history.employer[:, 10::12] > 0
    shape = (n, N_YEARS)
    values = {f.name: rng.integers(0, 200, shape).astype(np.int32) for f in fields(Annual)}
    days = {k: rng.integers(0, 366, shape).astype(np.int16) for k in values if k.endswith("_days")}
    values |= days | {
        "in_register": (presence == Presence.RESIDENT) & (age >= 16),
        "presence": presence,
        "employed": np.where(november, 1, np.where(earnings > 0, 5, 6)).astype(np.int8),
        "earnings": earnings,
        "business": sums(history.business).astype(np.int32),
        "social_assistance_family": sums(history.social_assistance).astype(np.int32),
        "social_assistance": (sums(history.social_assistance) // 2).astype(np.int32),
        "unemployment_insurance": sums(history.unemployment_insurance).astype(np.int32),
        "student": history.study[:, 9::12] > 0,
        "study_kind": history.study[:, 9::12],
        "affiliation": rng.integers(1, 8, shape).astype(np.int8),
        "weakly_established": rng.integers(-1, 2, shape).astype(np.int8),
        "months_marked": rng.integers(0, 13, shape).astype(np.int8),
    }
    return Annual(**values)


def cut(world: World, annual: Annual, first: int, last: int) -> tuple[World, Annual]:
    """The chunk of rows ``first..last - 1``."""
    rows = slice(first, last)

    def sliced(value):
        return type(value)(**{f.name: getattr(value, f.name)[rows] for f in fields(value)})

    def events(value):
        inside = (value.row >= first) & (value.row < last)
        kept = {f.name: getattr(value, f.name)[inside] for f in fields(value)}
        return type(value)(**{**kept, "row": kept["row"] - first})

    chunk = World(sliced(world.people), sliced(world.history), events(world.enrolments), events(world.employments))
    return chunk, sliced(annual)
