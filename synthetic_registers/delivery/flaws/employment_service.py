"""Damage to Arbetsformedlingen's periods and categories."""

from __future__ import annotations

import numpy as np

from synthetic_registers.delivery.days import NO_DATE, plus
from synthetic_registers.delivery.flaws.marks import Marks, key_text
from synthetic_registers.delivery.frame import Frame

CATEGORIES_KEY = key_text(LopNr="Person_LopNr", row="LopRad")
PERIODS_KEY = key_text(LopNr="Person_LopNr", period="InskrivNr")


def damage_periods(frame: Frame, marks: Marks) -> Frame:
    """Periods: a second row, entered by mistake and closed to the day before it began (entered rows cannot be deleted)."""
    rows = marks.draw("end_before_start", listed=False)
    wrong = frame.take(rows)
    back = marks.draws("end_before_start").integers(wrong["_person"], wrong["_event"], low=1, high=14)
    wrong = wrong.replace(
        InskrivNr=wrong["InskrivNr"] + 1,
        AvregDatum=plus(wrong["InskrivDatum"], -back),
    ).put(np.arange(len(rows)), Avorsak=2)
    marks.list("end_before_start", wrong)
    return frame.append(wrong).sort("Person_LopNr", "InskrivNr")


def damage_categories(frame: Frame, marks: Marks) -> Frame:
    """Categories: negative rows, rows that run on into the next, last rows left open after deregistration."""
    rows = marks.draw("end_before_start", listed=False)
    wrong = frame.take(rows)
    draws = marks.draws("end_before_start")
    back = draws.integers(wrong["_person"], wrong["_event"], low=1, high=14)
    wrong = wrong.replace(LopRad=wrong["LopRad"] + 1, utskadm=plus(wrong["inskadm"], -back))

    followed = marks.draw("overlap", ~frame["_closes"])
    over = marks.draws("overlap").integers(frame["_person"][followed], frame["_event"][followed], low=1, high=30)
    frame = frame.put(followed, utskadm=plus(frame["utskadm"][followed], over))

    last = marks.draw("open_past_deregistration", frame["_closes"] & ~np.isnat(frame["utskadm"]))
    frame = frame.put(last, utskadm=NO_DATE)
    marks.list("end_before_start", wrong)
    return frame.append(wrong).sort("Person_LopNr", "LopRad")
