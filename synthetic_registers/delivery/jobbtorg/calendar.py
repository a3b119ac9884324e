"""Days of the enrolments and employments of one chunk, consistent with each other.

An enrolment covers the start of the employment that it leads to: in a shared first month it begins no later than the
employment, in a shared last month it ends no earlier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.days import NO_DATE, Days, on_day
from synthetic_registers.delivery.draws import Draws
from synthetic_registers.delivery.spells import LAST_MONTH
from synthetic_registers.history import NO_MONTH, World

_LAST_DAY = 28
_HALF = 14
_KEY = 2**20  # larger than any month: (row, month) in one number


@dataclass(frozen=True)
class Calendar:
    """Dates of each enrolment and employment, in the order of ``World``.

    Attributes
    ----------
    start_day, end_day : int64 arrays
        Days of the month on which each enrolment begins and ends; 28 where it is open.
    start, end : dates
        The same as dates; NaT where the enrolment is open.
    last_month : int64 array
        Last month of each enrolment within the registers.
    employment_day : int64 array
        Day of the month on which each employment begins.
    cover : int64 array
        Enrolment that covers the start of each employment; -1 where there is none.
    """

    start_day: npt.NDArray[np.int64]
    end_day: npt.NDArray[np.int64]
    start: Days
    end: Days
    last_month: npt.NDArray[np.int64]
    employment_day: npt.NDArray[np.int64]
    cover: npt.NDArray[np.int64]


def calendar(world: World, *, seed: int) -> Calendar:
    """Days of one chunk; the same for a person in every chunking."""
    who, spells, jobs = world.people.person, world.enrolments, world.employments
    first = spells.start_month.astype(np.int64)
    is_open = (spells.end_month == NO_MONTH) | (spells.end_month > LAST_MONTH)
    last = np.where(is_open, LAST_MONTH, spells.end_month).astype(np.int64)
    person, job_person = who[spells.row], who[jobs.row]
    job_day = Draws(seed, "employments.day").integers(
        job_person, jobs.start_month, low=np.where(_soon_after(world), _HALF + 1, 1), high=_LAST_DAY
    )
    cover = _cover(world, last)

    # Two enrolments of a person that share a month: the first ends in its first half, the second begins after.
    touching = np.zeros(len(first), dtype=bool)
    touching[1:] = (spells.row[1:] == spells.row[:-1]) & (first[1:] == last[:-1])
    touched = np.r_[touching[1:], False][: len(first)]
    low = np.where(touching, _HALF + 1, 1)
    start_day = Draws(seed, "enrolments.start_day").integers(person, first, low=low, high=_LAST_DAY)
    covered = np.flatnonzero(cover >= 0)
    same_start = covered[first[cover[covered]] == jobs.start_month[covered]]
    np.minimum.at(start_day, cover[same_start], job_day[same_start])

    floor = np.where(first == last, start_day, 1)
    same_end = covered[last[cover[covered]] == jobs.start_month[covered]]
    np.maximum.at(floor, cover[same_end], job_day[same_end])
    high = np.maximum(floor, np.where(touched, _HALF, _LAST_DAY))
    end_day = Draws(seed, "enrolments.end_day").integers(person, last, low=floor, high=high)
    end_day = np.where(is_open, _LAST_DAY, end_day)
    return Calendar(
        start_day=start_day,
        end_day=end_day,
        start=on_day(first, start_day),
        end=np.where(is_open, NO_DATE, on_day(last, end_day)),
        last_month=last,
        employment_day=job_day,
        cover=cover,
    )


def _soon_after(world: World) -> npt.NDArray[np.bool_]:
    """Employments that begin in the month after another: more than 14 days later, or they would pass for an extension."""
    jobs = world.employments
    soon = np.zeros(len(jobs.row), dtype=bool)
    soon[1:] = (jobs.row[1:] == jobs.row[:-1]) & (jobs.start_month[1:] <= jobs.actual_exit[:-1] + 1)
    return soon


def _cover(world: World, last: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Latest enrolment that began by each employment's first month and had not ended before it."""
    spells, jobs = world.enrolments, world.employments
    if not len(spells.row):
        return np.full(len(jobs.row), -1, dtype=np.int64)
    begun = spells.row.astype(np.int64) * _KEY + spells.start_month
    at = np.searchsorted(begun, jobs.row.astype(np.int64) * _KEY + jobs.start_month, side="right") - 1
    safe = np.maximum(at, 0)
    found = (at >= 0) & (spells.row[safe] == jobs.row) & (last[safe] >= jobs.start_month)
    return np.where(found, at, -1)
