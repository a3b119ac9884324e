"""Enrolments at Jobbtorg (inskrivning)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.days import plus
from synthetic_registers.delivery.draws import Draws
from synthetic_registers.delivery.frame import Frame, digits, text
from synthetic_registers.delivery.jobbtorg import words
from synthetic_registers.delivery.jobbtorg.calendar import Calendar
from synthetic_registers.delivery.keys import permute
from synthetic_registers.delivery.spells import rank_within
from synthetic_registers.history import FIRST_MONTH, LeavingReason, Sickness, Study, World

SLOTS = 32  # enrolments a person can have
_FIRST_ID = 100_001
_PROGRAMMES = (54, 55, 67, 69, 70, 71, 72, 73, 75, 76, 79, 80, 81, 83, 87, 88)


def enrolment_ids(
    person: npt.NDArray[np.int64], slot: npt.NDArray[np.int64], *, persons: int, seed: int, transfer: bool = False
) -> npt.NDArray[np.int64]:
    """InskrivId of a person's enrolment ``slot``, or of its continuation at another office."""
    if len(slot) and slot.max() >= SLOTS:
        raise ValueError(f"a person has more than {SLOTS} enrolments, which the numbering does not allow")
    number = 2 * (person * SLOTS + slot) + transfer
    return _FIRST_ID + permute(number, size=2 * persons * SLOTS, seed=seed, name="keys.enrolment")


def enrolments(world: World, dates: Calendar, *, persons: int, seed: int) -> Frame:
    """Enrolments of one chunk in the order of ``World``; ``_place`` is that order."""
    people, spells = world.people, world.enrolments
    row = spells.row
    who, month = people.person[row], spells.start_month.astype(np.int64)
    slot = rank_within(row)
    reason = np.where(np.isnat(dates.end), -1, spells.reason.astype(np.int64) - 1)
    reason = np.where((reason < 0) & ~np.isnat(dates.end), words.UNKNOWN_CODE, reason)
    group = _target_group(world, seed=seed)
    office = np.where(
        group == words.RESOURCE, words.RESOURCE_OFFICE, np.array(words.DISTRICT_OFFICE)[people.district[row] - 1]
    )
    wait = Draws(seed, "enrolments.referral").integers(who, month, low=3, high=35)
    return Frame(
        {
            "_row": row,
            "_person": who,
            "_event": slot,
            "_slot": slot,
            "_place": np.arange(len(row)),
            "InskrivId": enrolment_ids(who, slot, persons=persons, seed=seed),
            "Jobbtorg": text(office, words.OFFICES),
            "StadsdelRemiss": digits(people.district[row], low=1, high=14, width=2),
            "RemissDatum": plus(dates.start, -wait),
            "InskrivDatum": dates.start,
            "AvslutDatum": dates.end,
            "AvslutOrsak": text(reason, words.ALL_REASONS),
            "Malgrupp": text(group, words.TARGET_GROUPS),
            "ForsorjningVidStart": text(_support(world), words.SUPPORT),
        }
    )


def _target_group(world: World, *, seed: int) -> npt.NDArray[np.int64]:
    """Young people by age; those with poor health or far from work at the unit for other obstacles, by chance."""
    people, spells = world.people, world.enrolments
    age = (spells.start_month - people.birth_month[spells.row]) // 12
    step = world.history.step[spells.row, spells.start_month - FIRST_MONTH]
    chance = np.where(people.health[spells.row] < -1, 0.5, 0.08) + np.where(step == 1, 0.25, 0)
    resource = Draws(seed, "enrolments.group").uniform(people.person[spells.row], spells.start_month) < chance
    return np.where(age < 25, words.YOUTH, np.where(resource, words.RESOURCE, words.ORDINARY))


def _support(world: World) -> npt.NDArray[np.int64]:
    """How the person was supported in the month of enrolment."""
    spells, history = world.enrolments, world.history
    at = (spells.row, spells.start_month - FIRST_MONTH)
    return np.select(
        [
            history.social_assistance[at] > 0,
            history.unemployment_insurance[at] > 0,
            np.isin(history.af_category[at], _PROGRAMMES),
            history.sickness[at] != Sickness.NONE,
            np.isin(history.study[at], (Study.ADULT, Study.UPPER_SECONDARY, Study.UNIVERSITY)),
            history.wage[at] > 0,
        ],
        [0, 1, 2, 3, 4, 5],
        default=6,
    )


def supported_jobs(world: World) -> npt.NDArray[np.int64]:
    """Enrolments that ended in a supported job."""
    return np.flatnonzero(world.enrolments.reason == LeavingReason.SUPPORTED_JOB)
