"""The direct path: person-months at risk and their covariates straight from simulated people, without register files.

The table is the one that an evaluation assembles from registers without flaws (``tests/synthetic/test_direct.py`` holds the two
against each other, column by column). It exists so that many small populations can be studied: a delivery of files costs a
hundred times as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synthetic_registers.annual import PRACTICE, PROGRAMMES, UNEMPLOYED, in_category
from synthetic_registers.constants import deflators
from synthetic_registers.delivery.keys import serial_numbers
from synthetic_registers.delivery.lisa import latest_immigration
from synthetic_registers.direct_months import (
    children_at_home,
    counted_before,
    find_at_risk,
    last_known,
    marked_months,
)
from synthetic_registers.history import FIRST_MONTH, FIRST_YEAR, NO_MONTH, Annual, Presence, World
from synthetic_registers.truth import WINDOW

AGES = (18, 64)
ELAPSED_CLASSES = (0, 3, 6, 12, 24)
NEVER = 99_999  # a month after every other
LAGS = (1, 2, 3)
ORIGINS = ("sweden", "nordic_eu", "europe", "africa", "asia", "other")
EDUCATIONS = ("compulsory", "upper_secondary", "post_secondary", "missing")
DISTRICTS = (*range(1, 15), 0)
STEPS = (0, 1, 2, 3, 4, 5)
WORKPLACES = ("regular", "created")
_ORIGIN_OF_CODE = np.array([0, 1, 1, 2, 3, 5, 5, 4])
_EDUCATION_OF_LEVEL = np.array([3, 0, 0, 1, 1, 2, 2, 2])
_MOST_CHILDREN = 3
_LOG_UNIT = 10_000

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PersonMonths:
    """Person-months at risk.

    Attributes
    ----------
    table
        One row a person-month, by month and person, with the columns of a cohort's table (see :func:`person_months`).
    row
        Row of the person in the world, int64, aligned to ``table``.
    episode_end
        Last month of the enrolment then current, :data:`NEVER` while open; aligned to ``table``.
    begun
        Month of the first employment of each person of the world, :data:`NEVER` without one.
    person
        Serial number of each person of the world.
    """

    table: pd.DataFrame
    row: Ints
    episode_end: Ints
    begun: Ints
    person: Ints


def person_months(
    world: World, registers: Annual, *, seed: int, window: tuple[int, int] = WINDOW, persons: int | None = None
) -> PersonMonths:
    """Everybody at risk in each month of the window, with what was visible the month before.

    At risk in a month: enrolled on its first day or enrolling in it, no employment begun before, of the right age, resident at the end of
    the month before, in the income register at least once.

    Parameters
    ----------
    world, registers
        People, their histories and yearly values.
    seed, persons
        Of the population (its size where the world is a part of it); serial numbers follow from them.
    window
        First and last absolute month.
    """
    people, history = world.people, world.history
    n = len(people)
    person = serial_numbers(people.person, persons=n if persons is None else persons, seed=seed)
    begun = first_employment(world)
    birth_year = (people.birth_month // 12).astype(np.int64)
    known = registers.in_register.any(axis=1)
    first_aged = np.where(known, 12 * (birth_year + AGES[0]), NEVER)
    row, month = find_at_risk(
        np.argsort(person),
        history.enrolled,
        begun,
        first_aged,
        12 * (birth_year + AGES[1]) + 11,
        history.presence == Presence.RESIDENT,
        *window,
        FIRST_MONTH,
    )
    episode = history.episode[row, month - FIRST_MONTH].astype(np.int64)
    starts, ends = _episodes(world)
    columns: dict[str, Any] = {"row": np.arange(len(row)), "person": person[row], "month": month.astype(np.int32)}
    columns |= _fixed(world, row, month, episode, starts[row, episode - 1], begun)
    columns |= _background(world, registers, row, month) | _income(world, registers, row, month)
    columns |= _monthly(world, row, month - FIRST_MONTH)
    columns["earlier_episodes"] = (episode - 1).astype(np.int16)
    step = last_known(history.step)[row, month - FIRST_MONTH]
    columns["step"] = _category(step, STEPS)
    return PersonMonths(pd.DataFrame(columns, copy=False), row, ends[row, episode - 1], begun, person)


def first_employment(world: World) -> Ints:
    """Month of the first fixed-term employment of each person; :data:`NEVER` without one."""
    begun = np.full(len(world.people), NEVER, np.int64)
    np.minimum.at(begun, world.employments.row, world.employments.start_month)
    return begun


def _episodes(world: World) -> tuple[Ints, Ints]:
    """First and last month of each enrolment, ``(n, most enrolments)``."""
    e = world.enrolments
    shape = (len(world.people), int(e.episode.max(initial=1)))
    starts, ends = np.full(shape, NO_MONTH, np.int64), np.full(shape, NEVER, np.int64)
    starts[e.row, e.episode - 1] = e.start_month
    ends[e.row, e.episode - 1] = np.where(e.end_month == NO_MONTH, NEVER, e.end_month)
    return starts, ends


def _fixed(world: World, row: Ints, month: Ints, episode: Ints, enrolment: Ints, begun: Ints) -> dict[str, Any]:
    """Time, treatment, and what was agreed in the employment that starts."""
    e = world.employments
    n = len(world.people)
    treated = begun[row] == month
    who, first = np.unique(e.row, return_index=True)

    def of_first(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        filled = np.full(n, np.nan, np.float32)
        filled[who] = values[first]
        return np.where(treated, filled[row], np.nan).astype(np.float32)

    planned = of_first(e.planned_exit)
    kind = np.nan_to_num(of_first(e.workplace), nan=0).astype(np.int64) - 1
    elapsed = month - enrolment
    return {
        "treated": treated.astype(np.int8),
        "elapsed": elapsed.astype(np.int16),
        "elapsed_class": (np.searchsorted(ELAPSED_CLASSES, elapsed, side="right") - 1).astype(np.int8),
        "episode": episode.astype(np.int16),
        "enrolment": enrolment.astype(np.int32),
        "quarter": (month // 3).astype(np.int32),
        "year": (month // 12).astype(np.int16),
        "planned_exit": planned,
        "actual_exit": of_first(e.actual_exit),
        "workplace_type": pd.Categorical.from_codes(kind, categories=list(WORKPLACES)),
        "planned_length": planned - month.astype(np.float32) + 1,
    }


def _background(world: World, registers: Annual, row: Ints, month: Ints) -> dict[str, Any]:
    """Traits; those that change are of the latest of the three years before that has a row."""
    people, year = world.people, month // 12
    present = np.column_stack([registers.in_register[row, year - lag - FIRST_YEAR] for lag in LAGS])
    latest = year - FIRST_YEAR - 1 - np.argmax(present, axis=1)
    some = present.any(axis=1)
    immigrated = latest_immigration(world)
    since = np.full(len(row), -1)
    for lag in reversed(LAGS):
        found = immigrated[row, year - lag - FIRST_YEAR]
        since = np.where(present[:, lag - 1] & (found != NO_MONTH), found // 12, since)
    children = children_at_home(people.children_birth_month)[row, latest]
    education = np.where(some, _EDUCATION_OF_LEVEL[people.education[row]], EDUCATIONS.index("missing"))
    return {
        "age": (year - people.birth_month[row] // 12).astype(np.int16),
        "woman": people.woman[row].astype(np.int8),
        "origin": _category(_ORIGIN_OF_CODE[people.origin[row]], ORIGINS),
        "years_since_immigration": np.where(since < 0, 0, np.clip(year - since, 0, 120)).astype(np.int16),
        "education": _category(education, EDUCATIONS),
        "married": (some & people.married[row]).astype(np.int8),
        "children": np.where(some, np.minimum(children, _MOST_CHILDREN), 0).astype(np.int8),
        "district": _category(people.district[row] - 1, DISTRICTS),
    }


def _income(world: World, registers: Annual, row: Ints, month: Ints) -> dict[str, Any]:
    """The income register of the three years before, pay statements of two; amounts in SEK of the last year of prices."""
    a, year = registers, month // 12 - FIRST_YEAR
    real = np.rint(np.where(a.in_register, 100.0 * a.earnings, 0.0) * deflators())
    log = np.log1p(np.maximum(real, 0) / _LOG_UNIT).astype(np.float32)
    employed = (a.in_register & (a.employed == 1)).astype(np.int8)
    worked = marked_months(world.history.employer, world.history.wage)
    past = {lag: year - lag for lag in LAGS}
    here = a.in_register[row, past[1]]
    return {
        **{f"earnings_{k}": real[row, y].astype(np.int32) for k, y in past.items()},
        **{f"log_earnings_{k}": log[row, y] for k, y in past.items()},
        **{f"zero_earnings_{k}": (real[row, y] <= 0).astype(np.int8) for k, y in past.items()},
        **{f"employed_{k}": employed[row, y] for k, y in past.items()},
        "sick_days_1": np.where(here, a.sick_days[row, past[1]], 0).astype(np.int16),
        "disability_1": (here & (a.disability[row, past[1]] > 0)).astype(np.int8),
        "student_1": (here & a.student[row, past[1]]).astype(np.int8),
        "no_row_1": (~here).astype(np.int8),
        **{f"work_months_{k}": worked[row, past[k]] for k in (1, 2)},
    }


def _monthly(world: World, row: Ints, t: Ints) -> dict[str, Any]:
    """Months with benefits, and with categories of the employment service, in the 12 or 24 months before."""
    history = world.history
    assisted = counted_before(history.social_assistance > 0)
    insured = counted_before(history.unemployment_insurance > 0)
    unemployed = counted_before(in_category(history.af_category, *UNEMPLOYED))
    programme = counted_before(in_category(history.af_category, *PROGRAMMES, PRACTICE))

    def over(counts: npt.NDArray[np.int16], months: int) -> npt.NDArray[np.int8]:
        return (counts[row, t] - counts[row, t - months]).astype(np.int8)

    return {
        "social_assistance_12": over(assisted, 12),
        "social_assistance_24": over(assisted, 24),
        "unemployed_12": over(unemployed, 12),
        "programme_12": over(programme, 12),
        "insurance_12": over(insured, 12),
    }


def _category(codes: npt.NDArray[Any], levels: Sequence[Any]) -> pd.Categorical:
    """Categories in their order; levels that nobody has are dropped, as a cohort drops them."""
    return pd.Categorical.from_codes(codes.astype(np.int8), categories=list(levels)).remove_unused_categories()
