"""The City's employments (visstid): the fixed-term ones, their extensions, and others that stand in the same extract.

An extension is a new row that begins within 14 days after the end of the first, with the same kind. The other
employments (holiday jobs, sheltered work, youth jobs) aren't fixed-term employments of the programme; only persons
without one have them, so that a chain of rows is never broken.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.days import NO_DATE, Days, days_between, first_day, last_day, month_of, on_day, plus
from synthetic_registers.delivery.draws import Draws
from synthetic_registers.delivery.frame import Column, Frame, text
from synthetic_registers.delivery.jobbtorg import words
from synthetic_registers.delivery.jobbtorg.calendar import Calendar
from synthetic_registers.delivery.jobbtorg.enrolments import supported_jobs
from synthetic_registers.delivery.keys import permute
from synthetic_registers.delivery.spells import LAST_MONTH, rank_within, runs
from synthetic_registers.history import FIRST_MONTH, NO_MONTH, Presence, Workplace, World

SLOTS = 64  # employment rows a person can have: 0..31 the fixed-term ones, from 32 the others
_OTHERS = 32
_FIRST_ID = 500_001
_FIRST_SUMMER, _LAST_SUMMER = 2008, 2016
_MOST_GAP = 14
_SHELTERED, _LONGEST_SHELTERED = 43, 24  # skat code, months
PLAIN, EXTENDED, EXTENSION = range(3)  # row of an employment that ran as agreed, of one with a row to follow, that row


def employments(world: World, dates: Calendar, *, persons: int, seed: int, extension_rate: float) -> Frame:
    """Employment rows of one chunk, in no particular order.

    ``_part`` tells plain rows, rows that an extension follows, and extensions; ``_job`` is the place of the
    fixed-term employment in ``World``, -1 for other kinds. An extension that is not stored as a row of its own
    (share ``1 - extension_rate``) shows as an actual end after the planned one.
    """
    parts = [
        _fixed_term(world, dates, seed=seed, extension_rate=extension_rate),
        _holiday_jobs(world, seed=seed),
        _sheltered_jobs(world, seed=seed),
        _youth_jobs(world, seed=seed),
    ]
    frame = parts[0].append(*parts[1:])
    number = frame["_person"] * SLOTS + frame["_event"]
    ids = _FIRST_ID + permute(number, size=persons * SLOTS, seed=seed, name="keys.employment")
    return frame.replace(AnstId=ids)


def _fixed_term(world: World, dates: Calendar, *, seed: int, extension_rate: float) -> Frame:
    jobs = world.employments
    row, who = jobs.row, world.people.person[jobs.row]
    slot = rank_within(row)
    if len(slot) and slot.max() >= _OTHERS // 2:
        raise ValueError(f"a person has more than {_OTHERS // 2} employments, which the numbering does not allow")
    first = jobs.start_month.astype(np.int64)
    start = on_day(first, dates.employment_day)
    planned = _end(who, jobs.planned_exit, first, dates.employment_day, stream="planned", seed=seed)
    extended = (jobs.extended_exit != NO_MONTH) & (jobs.actual_exit > jobs.planned_exit)
    own_row = extended & (Draws(seed, "employments.extension").uniform(who, slot) < extension_rate)

    # The last agreement and the actual end; an early end is on any day of its month.
    gap = Draws(seed, "employments.gap")
    next_day = gap.uniform(who, slot) < 0.7
    second_start = plus(planned, np.where(next_day, 1, gap.integers(who, slot + SLOTS, low=1, high=_MOST_GAP)))
    begun = np.where(own_row, second_start, start)
    agreed_month = np.where(extended, jobs.extended_exit, jobs.planned_exit)
    second_planned = _end(who, agreed_month, month_of(begun), _day(begun), stream="extended", seed=seed)
    agreed = np.where(extended, second_planned, planned)
    early = _end(who, jobs.actual_exit, month_of(begun), _day(begun), stream="early", seed=seed)
    actual = np.where(jobs.actual_exit == agreed_month, agreed, early)
    actual = np.where(jobs.actual_exit > LAST_MONTH, NO_DATE, actual)
    broken = (jobs.actual_exit < agreed_month) & ~np.isnat(actual)
    stop = Draws(seed, "employments.break").choice(who, slot, weights=(45, 15, 20, 8, 12))

    kind = np.where(jobs.workplace == Workplace.CREATED, words.CREATED, words.REGULAR)
    shared: dict[str, Column] = {
        "_row": row,
        "_person": who,
        "_job": np.arange(len(row)),
        "AnstTyp": text(kind, words.EMPLOYMENT_KINDS),
        "Forvaltning": text(_department(who, slot, kind, seed=seed), words.DEPARTMENTS),
        "Sysselsgrad": _extent(who, slot, seed=seed),
    }
    stops = np.where(broken, stop, -1)
    main = Frame(
        shared
        | {
            "_event": 2 * slot,
            "_part": np.where(own_row, EXTENDED, PLAIN),
            "FromDatum": start,
            "TomDatumPlan": planned,
            "TomDatumFaktisk": np.where(own_row, planned, actual),
            "AvbrottOrsak": text(np.where(own_row, -1, stops), words.BREAKS),
        }
    )
    more = Frame(
        shared
        | {
            "_event": 2 * slot + 1,
            "_part": np.full(len(row), EXTENSION),
            "FromDatum": second_start,
            "TomDatumPlan": second_planned,
            "TomDatumFaktisk": actual,
            "AvbrottOrsak": text(stops, words.BREAKS),
        }
    )
    return main.append(more.take(own_row))


def _end(
    who: npt.NDArray[np.int64],
    month: npt.NDArray[np.integer],
    start_month: npt.NDArray[np.int64],
    start_day: npt.NDArray[np.int64],
    *,
    stream: str,
    seed: int,
) -> Days:
    """A date in ``month``, often its last day, not before the start."""
    month = month.astype(np.int64)
    draws = Draws(seed, f"employments.{stream}")
    low = np.where(month == start_month, np.minimum(start_day, 28), 1)
    day = on_day(month, draws.integers(who, month, low=low, high=28))
    share = 0.2 if stream == "early" else 0.6
    date = np.where(draws.uniform(who, month + SLOTS * 1000) < share, last_day(month), day)
    return np.maximum(date, first_day(start_month) + (start_day - 1).astype("timedelta64[D]"))


def _day(date: Days) -> npt.NDArray[np.int64]:
    return days_between(first_day(month_of(date)), date) + 1


def _department(
    who: npt.NDArray[np.int64], slot: npt.NDArray[np.int64], kind: npt.NDArray[np.int64], *, seed: int
) -> npt.NDArray[np.int64]:
    draws = Draws(seed, "employments.department")
    ordinary = draws.choice(who, slot, weights=(30, 30, 8, 11, 11, 10))
    created = 6 + draws.choice(who, slot, weights=(70, 30))
    return np.where(kind == words.CREATED, created, ordinary)


def _extent(who: npt.NDArray[np.int64], slot: npt.NDArray[np.int64], *, seed: int) -> npt.NDArray[np.int64]:
    return np.array([100, 75, 50])[Draws(seed, "employments.extent").choice(who, slot, weights=(75, 17, 8))]


def _without_fixed_term(world: World) -> npt.NDArray[np.bool_]:
    free = np.ones(len(world.people), dtype=bool)
    free[world.employments.row] = False
    return free


def _others(
    world: World,
    row: npt.NDArray[np.int64],
    event: npt.NDArray[np.int64],
    start: Days,
    planned: Days,
    kind: npt.ArrayLike,
) -> Frame:
    n = len(row)
    actual = np.where(planned > last_day(LAST_MONTH), NO_DATE, planned)
    return Frame(
        {
            "_row": row,
            "_person": world.people.person[row],
            "_job": np.full(n, -1),
            "AnstTyp": text(np.broadcast_to(kind, n), words.EMPLOYMENT_KINDS),
            "Forvaltning": text(event % 6, words.DEPARTMENTS),
            "Sysselsgrad": np.full(n, 100),
            "_event": event,
            "_part": np.full(n, PLAIN),
            "FromDatum": start,
            "TomDatumPlan": planned,
            "TomDatumFaktisk": actual,
            "AvbrottOrsak": text(np.full(n, -1), words.BREAKS),
        }
    )


def _holiday_jobs(world: World, *, seed: int) -> Frame:
    """Summer jobs of 3 to 4 weeks for residents aged 16 to 19 who are not at Jobbtorg."""
    people, history = world.people, world.history
    years = np.arange(_FIRST_SUMMER, _LAST_SUMMER + 1)
    june = 12 * years + 5 - FIRST_MONTH
    age = years - people.birth_month[:, None] // 12
    able = (history.presence[:, june] == Presence.RESIDENT) & ~history.enrolled[:, june]
    able &= (age >= 16) & (age <= 19) & _without_fixed_term(world)[:, None]
    row, place = np.nonzero(able & (Draws(seed, "holiday.taken").uniform(people.person[:, None], years) < 0.12))
    who, year = people.person[row], years[place]
    draws = Draws(seed, "holiday.start")
    start = plus(on_day(12 * year + 5, 10), draws.integers(who, year, low=0, high=40))
    end = plus(start, draws.integers(who, year + 5000, low=20, high=27))
    return _others(world, row, _OTHERS + year - _FIRST_SUMMER, start, end, words.HOLIDAY)


def _sheltered_jobs(world: World, *, seed: int) -> Frame:
    """Sheltered work in the City, for most of those who have it at all: the months of category 43, at most two years."""
    people = world.people
    spell = runs(world.history.af_category == _SHELTERED)
    place = np.flatnonzero(_without_fixed_term(world)[spell.row] & (spell.start >= 12 * _FIRST_SUMMER))
    _, once = np.unique(spell.row[place], return_index=True)  # the first of each person
    place = place[once]
    place = place[Draws(seed, "sheltered.city").uniform(people.person[spell.row[place]]) < 0.8]
    row, month = spell.row[place], spell.start[place]
    start = on_day(month, Draws(seed, "sheltered.day").integers(people.person[row], low=1, high=28))
    planned = last_day(np.minimum(month + _LONGEST_SHELTERED - 1, spell.end[place]))
    still = (spell.end[place] == LAST_MONTH) & (month > LAST_MONTH - _LONGEST_SHELTERED + 1)
    planned = np.where(still, last_day(month + _LONGEST_SHELTERED - 1), planned)
    return _others(world, row, np.full(len(row), SLOTS - 1), start, planned, words.SHELTERED)


def _youth_jobs(world: World, *, seed: int) -> Frame:
    """Youth jobs in the City, for some of those under 25 who left Jobbtorg for a supported job."""
    spells, who = world.enrolments, world.people.person
    place = supported_jobs(world)
    place = place[_without_fixed_term(world)[spells.row[place]] & (spells.end_month[place] < LAST_MONTH)]
    place = place[(spells.end_month[place] - world.people.birth_month[spells.row[place]]) // 12 < 25]
    sheltered = (world.history.af_category == _SHELTERED).any(1)
    place = place[~sheltered[spells.row[place]]]
    _, once = np.unique(spells.row[place], return_index=True)
    place = place[once]
    place = place[Draws(seed, "youth.city").uniform(who[spells.row[place]]) < 0.5]
    row, month = spells.row[place], spells.end_month[place].astype(np.int64) + 1
    draws = Draws(seed, "youth.days")
    start = on_day(month, draws.integers(who[row], low=1, high=28))
    planned = last_day(month + draws.integers(who[row], 1, low=5, high=11))
    return _others(world, row, np.full(len(row), SLOTS - 2), start, planned, words.YOUTH_JOB)
