"""Measures (insats), booked meetings (narvaro) and caseworkers' assessments (steg) during an enrolment."""

from __future__ import annotations

import numpy as np

from synthetic_registers.delivery.days import LAST_DATE, NO_DATE, days_between, on_day, plus
from synthetic_registers.delivery.draws import Draws
from synthetic_registers.delivery.frame import Frame, text
from synthetic_registers.delivery.jobbtorg import words
from synthetic_registers.delivery.jobbtorg.calendar import Calendar
from synthetic_registers.delivery.jobbtorg.enrolments import SLOTS
from synthetic_registers.delivery.keys import permute
from synthetic_registers.history import FIRST_MONTH, World

_FIRST_ID = 700_001
_MEASURES_EACH = 8
_ASSESSED_EVERY = 3  # months
# Share of enrolments with each measure (after coach, which all have): born in Sweden, born abroad.
_SHARES = ((0.25, 0.25), (0.0, 0.30), (0.02, 0.15), (0.03, 0.08), (0.12, 0.12))
_EXTENTS = (25, 50, 75, 100)


def measures(world: World, dates: Calendar, enrolled: Frame, *, persons: int, seed: int) -> Frame:
    """Measures of one chunk: a coach throughout, and others in parallel."""
    foreign = world.people.origin[enrolled["_row"]] > 0
    who, slot = enrolled["_person"], enrolled["_slot"]
    end = np.where(np.isnat(dates.end), LAST_DATE, dates.end)
    length = days_between(dates.start, end)
    open_end = np.isnat(dates.end)
    parts = []
    for kind in range(len(words.MEASURES)):
        draws = Draws(seed, f"measures.{words.MEASURES[kind]}")
        if kind == 0:
            taken = np.ones(len(who), dtype=bool)
            start, finish = dates.start, dates.end
        else:
            born_here, abroad = _SHARES[kind - 1]
            taken = draws.uniform(who, slot) < np.where(foreign, abroad, born_here)
            start = plus(dates.start, draws.integers(who, slot + SLOTS, low=0, high=length))
            finish = plus(start, draws.integers(who, slot + 2 * SLOTS, low=14, high=120))
            finish = np.where((finish > end) & open_end, NO_DATE, np.minimum(finish, end))
        extent = draws.choice(who, slot + 3 * SLOTS, weights=(70, 20, 5, 5) if kind == 0 else (10, 35, 15, 40))
        parts.append(
            Frame(
                {
                    "_row": enrolled["_row"],
                    "_person": who,
                    "_event": slot * _MEASURES_EACH + kind,
                    "InskrivId": enrolled["InskrivId"],
                    "InsatsTyp": text(np.full(len(who), kind), words.MEASURES),
                    "FromDatum": start,
                    "TomDatum": finish,
                    "Omfattning": np.array(_EXTENTS)[extent],
                }
            ).take(taken)
        )
    frame = parts[0].append(*parts[1:])
    number = frame["_person"] * SLOTS * _MEASURES_EACH + frame["_event"]
    size = persons * SLOTS * _MEASURES_EACH
    return frame.replace(InsatsId=_FIRST_ID + permute(number, size=size, seed=seed, name="keys.measure"))


def meetings(world: World, dates: Calendar, *, seed: int) -> tuple[Frame, Frame]:
    """Attendance (one booked meeting a month enrolled) and assessments (at enrolment, every third month, on change)."""
    spells = world.enrolments
    first = spells.start_month.astype(np.int64)
    count = dates.last_month - first + 1
    spell = np.repeat(np.arange(len(first)), count)
    since = np.arange(len(spell)) - np.repeat(np.cumsum(count) - count, count)
    row, month = spells.row[spell], first[spell] + since
    who = world.people.person[row]
    low = np.where(since == 0, dates.start_day[spell], 1)
    high = np.where(month == dates.last_month[spell], dates.end_day[spell], 28)
    day = Draws(seed, "attendance.day").integers(who, month, low=low, high=high)
    absent = 0.2 - 0.05 * np.clip(world.people.motivation[row], -2, 2)
    draw = Draws(seed, "attendance.status").uniform(who, month)
    status = np.where(draw < 0.5 * absent, 2, np.where(draw < absent, 1, 0))
    attendance = Frame(
        {
            "_row": row,
            "_person": who,
            "_event": month,
            "Datum": on_day(month, day),
            "Status": text(status, words.ATTENDANCE),
        }
    )
    step = world.history.step[row, month - FIRST_MONTH].astype(np.int64)
    before = np.r_[0, step[:-1]][: len(step)]
    told = (step > 0) & ((since % _ASSESSED_EVERY == 0) | (step != before))
    day = Draws(seed, "steps.day").integers(who, month, low=low, high=high)
    steps = Frame({"_row": row, "_person": who, "_event": month, "Datum": on_day(month, day), "Steg": step})
    return attendance, steps.take(told)
