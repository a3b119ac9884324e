"""Municipality of residence and employer sector: what several registers must say alike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.draws import Draws
from synthetic_registers.history import CITY, FIRST_YEAR, N_YEARS, NO_EMPLOYER, LeavingReason, World

MUNICIPALITIES = ("0180", "0127", "0126", "0123", "0163", "0184")  # Stockholm and neighbours in the county
SECTORS = (" ", "13", "21", "22", "14", "11", "24", "25")
_SECTOR_WEIGHTS = (12, 45, 22, 7, 5, 3, 6)  # of ordinary employers, in the order of SECTORS[1:]


def municipality(world: World, *, seed: int) -> npt.NDArray[np.int8]:
    """Position in MUNICIPALITIES of each person at the end of each year, shape (n, N_YEARS).

    A person whose enrolment ended with a move lives outside the City from that year until the next enrolment.
    """
    who, spells = world.people.person, world.enrolments
    place = np.zeros((len(who), N_YEARS), dtype=np.int8)
    moved = np.flatnonzero(spells.reason == LeavingReason.MOVED)
    if not len(moved):
        return place
    same = np.r_[spells.row[1:] == spells.row[:-1], False][moved]
    following = np.where(
        same, spells.start_month[np.minimum(moved + 1, len(spells.row) - 1)] // 12, FIRST_YEAR + N_YEARS
    )
    years = FIRST_YEAR + np.arange(N_YEARS)
    left = spells.end_month[moved] // 12
    away = (years >= left[:, None]) & (years < following[:, None])
    to = Draws(seed, "places.moved").integers(who[spells.row[moved]], left, low=1, high=len(MUNICIPALITIES) - 1)
    np.maximum.at(place, spells.row[moved], (away * to[:, None]).astype(np.int8))
    return place


def sector(employer: npt.NDArray[np.integer], *, seed: int) -> npt.NDArray[np.int8]:
    """Position in SECTORS of each employer: blank for none, 13 for the City."""
    drawn = 1 + Draws(seed, "places.sector").choice(employer, weights=_SECTOR_WEIGHTS)
    return np.where(employer == NO_EMPLOYER, 0, np.where(employer == CITY, 1, drawn)).astype(np.int8)
