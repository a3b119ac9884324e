"""Annual control statements (KU): pay per person, employer and year, with first and last month."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.frame import Frame, text
from synthetic_registers.delivery.keys import permute
from synthetic_registers.delivery.places import SECTORS, sector
from synthetic_registers.history import CITY, FIRST_YEAR, N_MONTHS, NO_EMPLOYER, World

CITY_NUMBER = 212_000_0142  # the City of Stockholm, known by its corporate identity number
SMALLEST_PAY = 100  # SEK; statements are due above it
_FIRST_EMPLOYER = 3_000_000_001
_EMPLOYERS = 2**31
MONTH_WORDS = ("  ", *(f"{month:02d}" for month in range(1, 13)))  # blank where a mark is missing


def employer_numbers(employer: npt.NDArray[np.integer], *, seed: int) -> npt.NDArray[np.int64]:
    """Serial number of each employer; the City is a constant."""
    serial = _FIRST_EMPLOYER + permute(employer.astype(np.int64), size=_EMPLOYERS, seed=seed, name="keys.employer")
    return np.where(employer == CITY, CITY_NUMBER, serial)


def statements(world: World, *, serial: npt.NDArray[np.int64], seed: int) -> Frame:
    """Statements of all years of one chunk, ordered by year, person and employer.

    Columns of the register and ``_row``, ``_person``, ``_year``, ``_employer``, ``_first``, ``_last`` (months 1..12).
    """
    employer, wage = world.history.employer.ravel(), world.history.wage.ravel()
    cell = np.flatnonzero((wage > 0) & (employer != NO_EMPLOYER))
    at = employer[cell].astype(np.int64)
    year_cell = cell // 12  # one number a person and year
    new = np.ones(len(cell), dtype=bool)
    new[1:] = (at[1:] != at[:-1]) | (year_cell[1:] != year_cell[:-1])
    start = np.flatnonzero(new)
    end = np.r_[start[1:], len(cell)] - 1
    pay = np.add.reduceat(wage[cell].astype(np.int64), start) if len(start) else np.zeros(0, dtype=np.int64)
    # Someone who leaves and comes back in the year still gets one statement: runs are summed once more.
    order = np.lexsort((at[start], year_cell[start]))
    key_year, key_at = year_cell[start][order], at[start][order]
    first, last, pay = (cell[start] % 12)[order], (cell[end] % 12)[order], pay[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (key_year[1:] != key_year[:-1]) | (key_at[1:] != key_at[:-1])
    group = np.flatnonzero(new)
    if len(group):
        pay = np.add.reduceat(pay, group)
        last = np.maximum.reduceat(last, group)
    first, key_year, key_at = first[group], key_year[group], key_at[group]
    row = key_year // (N_MONTHS // 12)
    frame = Frame(
        {
            "_row": row,
            "_person": world.people.person[row],
            "_year": key_year % (N_MONTHS // 12) + FIRST_YEAR,
            "_employer": key_at,
            "_first": first + 1,
            "_last": last + 1,
            "KuLon": pay,
        }
    ).take(pay > SMALLEST_PAY)
    return frame_of(frame, serial=serial, seed=seed)


def frame_of(frame: Frame, *, serial: npt.NDArray[np.int64], seed: int) -> Frame:
    """Register columns added, sorted by year, person and employer."""
    numbers = employer_numbers(frame["_employer"], seed=seed)
    full = frame.replace(
        _event=frame["_year"] * 2**40 + frame["_employer"],
        LopNr_PersonNr=serial[frame["_row"]],
        LopNr_PeOrgNr=numbers,
        Manadfr=text(frame["_first"], MONTH_WORDS),
        Manadtill=text(frame["_last"], MONTH_WORDS),
        SektorKod=text(sector(frame["_employer"], seed=seed), SECTORS),
    )
    return full.sort("_year", "LopNr_PersonNr", "LopNr_PeOrgNr")
