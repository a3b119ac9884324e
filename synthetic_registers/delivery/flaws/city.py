"""Damage to the City's own files: enrolments, employments, meetings and assessments.

Persons whose number is damaged are spared, so that each flaw can be judged by itself.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.days import (
    LAST_DATE,
    NO_DATE,
    Days,
    can_swap,
    days_between,
    plus,
    swap_day_and_month,
)
from synthetic_registers.delivery.flaws.marks import Marks, key_text
from synthetic_registers.delivery.frame import Frame
from synthetic_registers.delivery.jobbtorg import words
from synthetic_registers.delivery.jobbtorg.employments import EXTENSION, PLAIN
from synthetic_registers.delivery.jobbtorg.enrolments import enrolment_ids

ENROLMENTS_KEY = key_text(InskrivId="InskrivId")
EMPLOYMENTS_KEY = key_text(AnstId="AnstId")
MEETINGS_KEY = key_text(PersonNr12="_number", date="Datum")

SYSTEM_CHANGE = np.datetime64("2012-12-31", "D")  # rows still open in the old system were closed on this day
_OLD = np.datetime64("2012-01-01", "D")
_CLOSED_LATE = np.datetime64("2012-10-01", "D")
_SHORTEST_MOVED = 60  # days of an enrolment that may be moved between offices


def damage_employments(jobs: Frame, enrolled: Frame, cover: npt.NDArray[np.int64], marks: Marks) -> tuple[Frame, Frame]:
    """Employments, and the enrolments that cover them.

    Parameters
    ----------
    jobs, enrolled : Frame
        Undamaged rows; the enrolments in the order of ``World``.
    cover : int64 array
        Enrolment that covers each fixed-term employment's start, -1 for none.
    marks : Marks
        Damage of the register ``employments`` over ``jobs``.

    Returns
    -------
    jobs, enrolled : Frame
        ``enrolled["_lost"]`` marks enrolments whose row is lost, ``enrolled["_late"]`` those entered too late.
    """
    extension = jobs["_part"] == EXTENSION
    marks.taken |= extension
    marks.list("extension_row", jobs.take(extension))

    covered = (jobs["_job"] >= 0) & ~extension
    covered[covered] = cover[jobs["_job"][covered]] >= 0
    uncovered = marks.draw("no_enrolment_cover", covered)
    lost = np.zeros(len(enrolled), dtype=bool)
    lost[cover[jobs["_job"][uncovered]]] = True
    late_jobs = marks.draw("enrolment_after_start", covered)
    enrolled, late = _enter_late(enrolled, jobs, late_jobs, cover, marks)

    plain = jobs["_part"] == PLAIN
    closed = plain & ~np.isnat(jobs["TomDatumFaktisk"])
    kind = jobs["AnstTyp"].codes
    jobs = jobs.put(marks.draw("holiday_job_as_fixed_term", kind == words.HOLIDAY), AnstTyp=words.REGULAR)
    jobs = jobs.put(marks.draw("sheltered_as_fixed_term", kind == words.SHELTERED), AnstTyp=words.REGULAR)
    rows = marks.draw("end_before_start", closed)
    jobs = jobs.put(rows, TomDatumFaktisk=_years_back(jobs["FromDatum"][rows], jobs["TomDatumFaktisk"][rows]))
    jobs = _swap(jobs, "FromDatum", "TomDatumFaktisk", plain, marks)
    jobs = jobs.put(marks.draw("missing_actual_end", closed), TomDatumFaktisk=NO_DATE)
    jobs = jobs.append(jobs.take(marks.draw("duplicate_row")))
    return jobs, enrolled.replace(_lost=lost, _late=late)


def _enter_late(
    enrolled: Frame, jobs: Frame, rows: npt.NDArray[np.int64], cover: npt.NDArray[np.int64], marks: Marks
) -> tuple[Frame, npt.NDArray[np.bool_]]:
    """Enrolments entered some days after the employment that they led to had begun."""
    place = cover[jobs["_job"][rows]]
    wait = marks.draws("enrolment_after_start").integers(jobs["_person"][rows], jobs["_event"][rows], low=1, high=20)
    entered = plus(jobs["FromDatum"][rows], wait)
    end = enrolled["AvslutDatum"][place]
    end = np.where(np.isnat(end), end, np.maximum(end, entered))
    late = np.zeros(len(enrolled), dtype=bool)
    late[place] = True
    return enrolled.put(place, InskrivDatum=entered, AvslutDatum=end), late


def damage_enrolments(frame: Frame, marks: Marks, *, persons: int, seed: int) -> Frame:
    """Enrolments; rows marked ``_lost`` are gone already and must be spared by ``marks``."""
    end, closed = frame["AvslutDatum"], ~np.isnat(frame["AvslutDatum"])
    frame = frame.put(marks.draw("missing_district"), StadsdelRemiss=None)
    frame = _own_words(frame, closed & (frame["AvslutOrsak"].codes < words.UNKNOWN_CODE), marks)
    frame = frame.put(marks.draw("missing_end", closed & (end < _OLD)), AvslutDatum=NO_DATE, AvslutOrsak=None)
    bulk = marks.draw("bulk_closed", closed & (end < _CLOSED_LATE))
    frame = frame.put(bulk, AvslutDatum=SYSTEM_CHANGE, AvslutOrsak=words.UNKNOWN_CODE)
    rows = marks.draw("end_before_start", closed)
    frame = frame.put(rows, AvslutDatum=_years_back(frame["InskrivDatum"][rows], end[rows]))
    frame = _swap(frame, "InskrivDatum", "AvslutDatum", np.ones(len(frame), dtype=bool), marks)
    frame, moved = _move(frame, marks, persons=persons, seed=seed)
    twice = frame.take(marks.draw("duplicate_row"))
    return frame.append(moved, twice)


def _own_words(frame: Frame, eligible: npt.NDArray[np.bool_], marks: Marks) -> Frame:
    rows = marks.draw("free_text_reason", eligible)
    which = marks.draws("free_text_reason").integers(
        frame["_person"][rows], frame["_event"][rows], low=0, high=words.FREE_TEXTS_EACH - 1
    )
    first = words.UNKNOWN_CODE + 1 + words.FREE_TEXTS_EACH * frame["AvslutOrsak"].codes[rows]
    return frame.put(rows, AvslutOrsak=first + which)


def _move(frame: Frame, marks: Marks, *, persons: int, seed: int) -> tuple[Frame, Frame]:
    """Moves between offices: the first row is closed up to six days after the second, elsewhere, was opened."""
    end = np.where(np.isnat(frame["AvslutDatum"]), LAST_DATE, frame["AvslutDatum"])
    length = days_between(frame["InskrivDatum"], end)
    rows = marks.draw("overlapping_transfer", length >= _SHORTEST_MOVED)
    who, slot = frame["_person"][rows], frame["_event"][rows]
    draws = marks.draws("overlapping_transfer")
    opened = plus(frame["InskrivDatum"][rows], draws.integers(who, 3 * slot, low=20, high=length[rows] - 20))
    first_end = plus(opened, draws.integers(who, 3 * slot + 1, low=0, high=6))
    offices = len(words.OFFICES)
    office = (frame["Jobbtorg"].codes[rows] + draws.integers(who, 3 * slot + 2, low=1, high=offices - 1)) % offices
    second = frame.take(rows)
    here = np.arange(len(rows))
    second = second.put(here, InskrivDatum=opened, RemissDatum=opened, Jobbtorg=office)
    second = second.replace(InskrivId=enrolment_ids(who, slot, persons=persons, seed=seed, transfer=True))
    marks.list("overlapping_transfer", second)
    return frame.put(rows, AvslutDatum=first_end, AvslutOrsak=words.UNKNOWN_CODE), second


def _years_back(start: Days, end: Days) -> Days:
    """End with the wrong year: moved back by whole years (of 365 days) to before the start."""
    return plus(end, -365 * (days_between(start, end) // 365 + 1))


def _swap(frame: Frame, first: str, second: str, eligible: npt.NDArray[np.bool_], marks: Marks) -> Frame:
    """Day and month changed about in one of the two dates (either, where both can be)."""
    can_first, can_second = can_swap(frame[first]), can_swap(frame[second])
    rows = marks.draw("day_month_swap", eligible & (can_first | can_second))
    coin = marks.draws("day_month_swap").uniform(frame["_person"][rows], frame["_event"][rows]) < 0.5
    at_first = can_first[rows] & (coin | ~can_second[rows])
    for name, at in ((first, rows[at_first]), (second, rows[~at_first])):
        frame = frame.put(at, **{name: swap_day_and_month(frame[name][at])})
    return frame


def damage_attendance(frame: Frame, marks: Marks) -> Frame:
    """Meetings delivered twice."""
    return frame.append(frame.take(marks.draw("duplicate_row")))


def damage_steps(frame: Frame, marks: Marks) -> Frame:
    """Assessments outside the scale: 0 or 9."""
    rows = marks.draw("out_of_range")
    nine = marks.draws("out_of_range").uniform(frame["_person"][rows], frame["_event"][rows]) < 0.5
    return frame.put(rows, Steg=np.where(nine, 9, 0))
