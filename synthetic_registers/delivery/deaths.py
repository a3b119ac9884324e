"""Statistics Sweden's dates of death."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synthetic_registers.delivery.draws import Draws
from synthetic_registers.delivery.frame import Frame, text
from synthetic_registers.history import FIRST_MONTH, N_YEARS, Presence, World

# Every form a date may be delivered in: complete first, then (for the damage) without its day or without its month.
COMPLETE, YEAR, YEAR_MONTH, YEAR_ZEROS, MONTH_ZEROS = range(5)
_DAYS = 29  # day 0 stands for "not known"


def dead(world: World, *, serial: npt.NDArray[np.int64], seed: int) -> Frame:
    """Dead of one chunk, ordered by serial number; ``_month`` and ``_day`` hold the date."""
    gone = world.history.presence == Presence.DEAD
    row = np.flatnonzero(gone[:, -1])
    month = FIRST_MONTH + gone[row].argmax(1)
    who = world.people.person[row]
    frame = Frame(
        {
            "_person": who,
            "_event": month,
            "_month": month,
            "_day": Draws(seed, "deaths.day").integers(who, low=1, high=28),
            "_form": np.full(len(row), COMPLETE),
            "LopNr": serial[row],
        }
    ).sort("LopNr")
    return with_dates(frame)


def with_dates(frame: Frame) -> Frame:
    """Frame with DodDatum written in each row's form."""
    month, day, form = frame["_month"], frame["_day"], frame["_form"]
    since = month - FIRST_MONTH
    full = since * _DAYS + np.where(form == MONTH_ZEROS, 0, day)
    offsets = np.cumsum([0, 12 * N_YEARS * _DAYS, N_YEARS, 12 * N_YEARS])
    codes = np.select(
        [form == YEAR, form == YEAR_MONTH, form == YEAR_ZEROS],
        [offsets[1] + since // 12, offsets[2] + since, offsets[3] + since // 12],
        default=full,
    )
    return frame.replace(DodDatum=text(codes, _words()))


def _words() -> tuple[str, ...]:
    years = [FIRST_MONTH // 12 + y for y in range(N_YEARS)]
    months = [f"{year}{m:02d}" for year in years for m in range(1, 13)]
    return (
        *(f"{month}{day:02d}" for month in months for day in range(_DAYS)),
        *(f"{year}" for year in years),
        *months,
        *(f"{year}0000" for year in years),
    )
