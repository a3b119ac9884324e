"""Damage to what Statistics Sweden and Socialstyrelsen deliver: LISA, KU, migration, deaths, social assistance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery import deaths, ku
from synthetic_registers.delivery.flaws.marks import Marks, key_text
from synthetic_registers.delivery.frame import MISSING, Frame
from synthetic_registers.delivery.lisa import LisaTables
from synthetic_registers.history import FIRST_YEAR, LAST_YEAR

LISA_KEY = key_text(LopNr="_serial", year="_year")
KU_KEY = key_text(LopNr="LopNr_PersonNr", employer="LopNr_PeOrgNr", year="_year")
ASSISTANCE_KEY = key_text(LopNr="LopNr", year="_year")
MIGRATION_KEY = key_text(LopNr="Lopnr_PersonNr", month="_month")
DEATHS_KEY = key_text(LopNr="LopNr")


def damage_lisa(
    tables: LisaTables,
    year: int,
    rows: npt.NDArray[np.int64],
    frame: Frame,
    marks: Marks,
    present: npt.NDArray[np.bool_],
) -> Frame:
    """LISA of a year: rows lost, and second rows under an earlier personal number.

    The second row has SenPNr 0 and the values of the year before, as someone gets who has changed number.
    ``present`` tells, for the rows of the chunk, who stood in LISA the year before.
    """
    older = max(year - 1, FIRST_YEAR)
    lost = marks.draw("missing_row")
    twice = marks.draw("duplicate_person_year", present[rows])
    again = tables.table(year, rows[twice], values_of=older)
    again = again.put(np.arange(len(twice)), SenPNr=0)
    kept = np.ones(len(frame), dtype=bool)
    kept[lost] = False
    return frame.take(kept).append(again).sort("_serial", "SenPNr")


def damage_ku(frame: Frame, marks: Marks, *, serial: npt.NDArray[np.int64], seed: int) -> Frame:
    """KU: statements without month marks, and December's pay that is paid in January and booked in the year after.

    The year's own statement is shorter by the month, or gone when it had no other; the pay is added to the employer's
    statement of the next year, or makes one that marks January. Both are listed, but not a statement that is gone.
    """
    unmarked = marks.draw("missing_month_marks")
    frame = frame.put(unmarked, Manadfr=0, Manadtill=0)

    months = frame["_last"] - frame["_first"] + 1
    part = frame["KuLon"] // months
    following = _next_year(frame)
    eligible = (frame["_last"] == 12) & (frame["_year"] < LAST_YEAR) & (part > ku.SMALLEST_PAY)
    eligible &= (months == 1) | (frame["KuLon"] - part > ku.SMALLEST_PAY)
    eligible &= (following < 0) | ~marks.taken[following]
    late = marks.draw("pay_next_year", eligible, listed=False)
    late = late[~np.isin(following[late], late)]  # no statement both loses and gains a December
    gains = following[late] >= 0
    receiver = following[late[gains]]
    moved = _january(frame.take(late[~gains]), part[late[~gains]], serial=serial, seed=seed)
    frame = frame.put(receiver, KuLon=frame["KuLon"][receiver] + part[late[gains]], Manadfr=1, _first=1)
    frame = frame.put(late, KuLon=frame["KuLon"][late] - part[late], Manadtill=11, _last=11)
    kept = np.ones(len(frame), dtype=bool)
    kept[late[months[late] == 1]] = False
    shorter = frame.take(late[months[late] > 1])
    marks.list("pay_next_year", shorter.append(frame.take(receiver), moved))
    return frame.take(kept).append(moved).sort("_year", "LopNr_PersonNr", "LopNr_PeOrgNr")


def _january(frame: Frame, pay: npt.NDArray[np.int64], *, serial: npt.NDArray[np.int64], seed: int) -> Frame:
    """Statements of the next year that hold a month's pay and mark January."""
    one = np.ones(len(frame), dtype=np.int64)
    moved = frame.replace(KuLon=pay, _year=frame["_year"] + 1, _first=one, _last=one)
    return ku.frame_of(moved, serial=serial, seed=seed)


def _next_year(frame: Frame) -> npt.NDArray[np.int64]:
    """Place of the next year's statement of the same person and employer; -1 where there is none."""
    order = np.lexsort((frame["_year"], frame["_employer"], frame["_person"]))
    person, employer, year = (frame[name][order] for name in ("_person", "_employer", "_year"))
    follows = (person[1:] == person[:-1]) & (employer[1:] == employer[:-1]) & (year[1:] == year[:-1] + 1)
    out = np.full(len(frame), -1, dtype=np.int64)
    out[order[:-1][follows]] = order[1:][follows]
    return out


def damage_assistance(frame: Frame, marks: Marks) -> Frame:
    """Social assistance: rows delivered twice, and rows without the household's number."""
    frame = frame.put(marks.draw("missing_household"), LopNr_HushallId=MISSING)
    return frame.append(frame.take(marks.draw("duplicate_row"))).sort("LopNr")


def damage_migration(frame: Frame, marks: Marks) -> Frame:
    """Migration: moves delivered twice."""
    return frame.append(frame.take(marks.draw("duplicate_row"))).sort("Lopnr_PersonNr", "_event")


def damage_deaths(frame: Frame, marks: Marks) -> Frame:
    """Deaths: dates without day or without month, left out or written as zeros."""
    rows = marks.draw("incomplete_date")
    form = 1 + marks.draws("incomplete_date").choice(frame["_person"][rows], weights=(3, 3, 2, 2))
    changed = frame["_form"].copy()
    changed[rows] = form
    return deaths.with_dates(frame.replace(_form=changed))
