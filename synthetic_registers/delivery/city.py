"""The City's files of one chunk (Jobbtorg) and the key that links them to the serial numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.flaws import city as city_flaws
from synthetic_registers.delivery.flaws import numbers as number_flaws
from synthetic_registers.delivery.flaws.kinds import EXTENSION_ROW
from synthetic_registers.delivery.flaws.marks import Found, KeyText, Marks
from synthetic_registers.delivery.frame import Frame, Text
from synthetic_registers.delivery.jobbtorg.calendar import calendar
from synthetic_registers.delivery.jobbtorg.employments import employments
from synthetic_registers.delivery.jobbtorg.enrolments import enrolments
from synthetic_registers.delivery.jobbtorg.meetings import measures, meetings
from synthetic_registers.delivery.keys import NumberBook
from synthetic_registers.delivery.settings import Settings
from synthetic_registers.history import World


def city_tables(
    world: World, *, serial: npt.NDArray[np.int64], settings: Settings, book: NumberBook, found: Found
) -> Iterator[tuple[str, Frame]]:
    """The five files of Jobbtorg and the key table of one chunk, damaged, by name."""
    seed, persons, rates, people = settings.seed, settings.persons, settings.rates, world.people
    dates = calendar(world, seed=seed)
    enrolled = enrolments(world, dates, persons=persons, seed=seed)
    jobs = employments(world, dates, persons=persons, seed=seed, extension_rate=rates[EXTENSION_ROW])
    insats = measures(world, dates, enrolled, persons=persons, seed=seed)
    attendance, steps = meetings(world, dates, seed=seed)

    # The personal numbers of those the City knows.
    seen = ((enrolled["_row"], enrolled["InskrivDatum"]), (jobs["_row"], jobs["FromDatum"]))
    first_seen = number_flaws.first_dates(len(people), *seen)
    known = np.unique(np.concatenate([row for row, _ in seen]))
    clients = number_flaws.persons_frame(people, known, serial)
    key_marks = Marks("key", clients, key=number_flaws.KEY, rates=rates, found=found, seed=seed)
    numbers = number_flaws.draw_numbers(people, clients, first_seen[known], key_marks, book)
    words = numbers.words()

    def numbered(frame: Frame, date: str) -> Frame:
        place = numbers.places(frame["_row"], frame[date])
        number = Text(place.astype(np.int32), words)
        return frame.replace(PersonNr12=number, _number=numbers.current[frame["_row"]])

    def marks(register: str, frame: Frame, key: KeyText, spared: npt.NDArray[np.bool_]) -> Marks:
        return Marks(register, frame, key=key, rates=rates, found=found, seed=seed, spared=spared)

    enrolled, jobs = numbered(enrolled, "InskrivDatum"), numbered(jobs, "FromDatum")
    attendance, steps = numbered(attendance, "Datum"), numbered(steps, "Datum")
    spared = numbers.damaged

    job_marks = marks("employments", jobs, city_flaws.EMPLOYMENTS_KEY, spared[jobs["_row"]])
    jobs, enrolled = city_flaws.damage_employments(jobs, enrolled, dates.cover, job_marks)
    kept = enrolled.take(~enrolled["_lost"])
    untouchable = spared[kept["_row"]] | kept["_late"]
    enrolment_marks = marks("enrolments", kept, city_flaws.ENROLMENTS_KEY, untouchable)
    damaged = city_flaws.damage_enrolments(kept, enrolment_marks, persons=persons, seed=seed)
    yield "jobbtorg_inskrivning", damaged.sort("InskrivId")
    yield "jobbtorg_insats", insats.take(np.isin(insats["InskrivId"], kept["InskrivId"])).sort("InsatsId")
    yield "jobbtorg_visstid", jobs.sort("AnstId")
    meeting_marks = marks("attendance", attendance, city_flaws.MEETINGS_KEY, spared[attendance["_row"]])
    yield "jobbtorg_narvaro", city_flaws.damage_attendance(attendance, meeting_marks).sort("_number", "Datum")
    step_marks = marks("steps", steps, city_flaws.MEETINGS_KEY, spared[steps["_row"]])
    yield "jobbtorg_steg", city_flaws.damage_steps(steps, step_marks).sort("_number", "Datum")
    yield "nyckel", numbers.key_table(known, serial)
